#include "backend/base/closest.h"

#include "backend/base/mem.h"
#include "backend/base/text.h"

#include <ctype.h>
#include <string.h>

#define MAX_WORD 256
#define MAX_SLIPS 4 /* of the finger, in one word, be it long */

static size_t least(size_t a, size_t b, size_t c)
{
    size_t m = a < b ? a : b;
    return m < c ? m : c;
}

size_t words_apart(const char *a, const char *b, size_t limit)
{
    size_t row[MAX_WORD + 1];
    size_t len_a = strlen(a), len_b = strlen(b);
    size_t difference = len_a > len_b ? len_a - len_b : len_b - len_a;
    if (difference > limit || len_b > MAX_WORD)
        return limit + 1;
    for (size_t k = 0; k <= len_b; k++)
        row[k] = k;
    for (size_t i = 1; i <= len_a; i++) {
        size_t diagonal = row[0], best = i;
        row[0] = i;
        for (size_t k = 1; k <= len_b; k++) {
            size_t above = row[k];
            bool is_same = tolower((unsigned char)a[i - 1]) == tolower((unsigned char)b[k - 1]);
            row[k] = least(above + 1, row[k - 1] + 1, diagonal + !is_same);
            diagonal = above;
            if (row[k] < best)
                best = row[k];
        }
        if (best > limit)
            return limit + 1;
    }
    return row[len_b] > limit ? limit + 1 : row[len_b];
}

void closest_offer(struct closest *c, const char *name)
{
    size_t wanted_len = strlen(c->wanted);
    if (wanted_len == 0 || name[0] == '\0')
        return;
    /* A part of the name is what people remember. */
    size_t limit = wanted_len < 4 * MAX_SLIPS - 4 ? 1 + wanted_len / 4 : MAX_SLIPS;
    bool is_part = wanted_len >= 3 && text_contains(name, strlen(name), c->wanted);
    size_t apart = is_part ? 1 : words_apart(c->wanted, name, limit);
    if (apart > limit || (c->n == CLOSEST && apart >= c->items[CLOSEST - 1].apart))
        return;
    for (size_t i = 0; i < c->n; i++)
        if (strcmp(c->items[i].name, name) == 0)
            return;
    if (c->n == CLOSEST)
        mem_free(c->items[--c->n].name);
    size_t at = c->n++;
    for (; at > 0 && c->items[at - 1].apart > apart; at--)
        c->items[at] = c->items[at - 1];
    c->items[at].apart = apart;
    c->items[at].name = mem_strdup(name);
}

void closest_free(struct closest *c)
{
    for (size_t i = 0; i < c->n; i++)
        mem_free(c->items[i].name);
    c->n = 0;
}
