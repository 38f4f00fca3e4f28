/* line: the lines that never move: who and where, the panels, what is happening, the keys.
 * Texts may be hostile. One thread per grid. */
#ifndef KEYFALL_TUI_LINE_H
#define KEYFALL_TUI_LINE_H

#include "tui/term/grid.h"

#include <stdbool.h>
#include <stddef.h>

struct span {
    enum role role;
    const char *text;
};

/* One text after the other. Returns the cells taken. */
int spans_draw(struct grid *g, int x, int y, int width, const struct span *spans, size_t n);
int spans_width(struct grid *g, const struct span *spans, size_t n);
/* left at the left edge, right at the right one, whole; left is cut when they meet: its last span
 * is shortened in the middle. Line 1. */
void spans_draw_ends(struct grid *g, int x, int y, int width, const struct span *left, size_t n_left,
                     const struct span *right, size_t n_right);

struct tab {
    const char *key;   /* "4" */
    const char *title; /* "Keys" */
    const char *brief; /* when there is little room; NULL: title */
    const char *count; /* "214", "31+"; NULL: none */
};
/* [1 Overview]  2 Accounts 6 ...: gives up blanks, then titles, then counts until it fits. */
void tabs_draw(struct grid *g, int x, int y, int width, const struct tab *tabs, size_t n,
               size_t active);
/* The tab at column x of what tabs_draw drew; n if there is none. */
size_t tabs_at(struct grid *g, int x, int width, const struct tab *tabs, size_t n, size_t active,
               int at);

struct key_hint {
    const char *key;   /* "enter" */
    const char *label; /* "open" */
    bool is_off;       /* shown in brackets, dim */
    bool is_pinned;    /* help, quit: kept when others must go */
};
/* As many as fit; pinned ones always. */
void key_hints_draw(struct grid *g, int x, int y, int width, const struct key_hint *hints, size_t n);

#endif
