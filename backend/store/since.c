#include "backend/store/since.h"

#include "backend/base/hash.h"
#include "backend/base/mem.h"

#include <stdarg.h>
#include <string.h>

#define FIRST_MASK 255

uint64_t since_name(uint64_t seed, const char *word, ...)
{
    uint64_t hash = seed;
    va_list words;
    va_start(words, word);
    for (; word; word = va_arg(words, const char *))
        hash = hash_bytes(word, strlen(word) + 1, hash);
    va_end(words);
    return hash ? hash : 1;
}

static size_t place(const struct since_map *m, uint64_t name)
{
    size_t i = (size_t)name & m->mask;
    while (m->items[i].name && m->items[i].name != name)
        i = (i + 1) & m->mask;
    return i;
}

static void grow(struct since_map *m)
{
    struct since_map grown = {.n = m->n, .mask = m->items ? m->mask * 2 + 1 : FIRST_MASK};
    grown.items = mem_alloc_array(grown.mask + 1, sizeof *grown.items);
    for (size_t i = 0; m->items && i <= m->mask; i++)
        if (m->items[i].name)
            grown.items[place(&grown, m->items[i].name)] = m->items[i];
    mem_free(m->items);
    *m = grown;
}

void since_put(struct since_map *m, struct since s)
{
    if (!m->items || m->n + m->n / 2 >= m->mask)
        grow(m);
    struct since *at = &m->items[place(m, s.name)];
    m->n += !at->name;
    *at = s;
}

const struct since *since_get(const struct since_map *m, uint64_t name)
{
    const struct since *at = m->items ? &m->items[place(m, name)] : NULL;
    return at && at->name ? at : NULL;
}

void since_free(struct since_map *m)
{
    mem_free(m->items);
    *m = (struct since_map){0};
}
