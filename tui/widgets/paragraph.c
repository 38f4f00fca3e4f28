#include "tui/widgets/paragraph.h"

#include "backend/base/text.h"

#include <string.h>

#define PARAGRAPH_MAX_BYTES (64 * 1024)

/* Bytes of the first line of clean text, blanks at its end left out; *next: where the rest begins. */
static size_t first_line(const char *clean, int width, size_t *next)
{
    int used = 0;
    size_t fit = text_fit(clean, width > 0 ? width : 1, &used), cut = fit;

    if (fit == 0 && clean[0]) { /* not even one character: go on all the same */
        *next = strlen(clean);
        return 0;
    }
    if (clean[fit]) {
        while (cut > 0 && clean[cut] != ' ')
            cut--;
        if (cut == 0) { /* one long word */
            cut = fit;
            while (cut > 0 && !strchr("/:-_,.;=", clean[cut - 1]))
                cut--;
            cut = cut > fit / 2 ? cut : fit;
        }
    }
    *next = cut;
    while (clean[*next] == ' ')
        (*next)++;
    while (cut > 0 && clean[cut - 1] == ' ' && clean[fit])
        cut--;
    return cut;
}

int paragraph_draw(struct grid *g, struct rect r, enum role role, const char *text, int top)
{
    struct buf clean = {0}, line = {0};
    size_t len = strnlen(text, PARAGRAPH_MAX_BYTES);
    int n = 0;

    for (size_t at = 0; at <= len;) {
        const char *end = memchr(text + at, '\n', len - at);
        size_t part = end ? (size_t)(end - (text + at)) : len - at;

        buf_clear(&clean);
        text_clean(&clean, text + at, part, PARAGRAPH_MAX_BYTES, g->is_ascii);
        for (size_t from = 0, next = 0;; from += next) {
            size_t cut = first_line(clean.data + from, r.w, &next);

            if (n >= top && n - top < r.h) {
                buf_clear(&line);
                buf_add(&line, clean.data + from, cut);
                grid_put(g, r.x, r.y + n - top, r.w, role, line.data);
            }
            n++;
            if (!clean.data[from + next])
                break;
        }
        at += part + 1;
    }
    buf_free(&clean);
    buf_free(&line);
    return n;
}

int paragraph_lines(struct grid *g, int width, const char *text)
{
    return paragraph_draw(g, (struct rect){0, 0, width, 0}, ROLE_NORMAL, text, 0);
}

int paragraph_draw_cut(struct grid *g, struct rect r, enum role role, const char *text)
{
    int n = paragraph_draw(g, r, role, text, 0);
    if (n <= r.h || r.h < 1)
        return n;
    int mark = g->is_ascii ? 2 : 1;
    grid_put(g, r.x + r.w - mark - 1, r.y + r.h - 1, mark + 1, role, g->is_ascii ? " .." : " \u2026");
    return r.h;
}
