/* scroll: a cursor in a list of n rows of which page are seen. Pure, any thread. */
#ifndef KEYFALL_TUI_SCROLL_H
#define KEYFALL_TUI_SCROLL_H

#include <stddef.h>

struct scroll {
    size_t cursor, top; /* rows, from 0 */
};

enum scroll_motion {
    SCROLL_UP,
    SCROLL_DOWN,
    SCROLL_HALF_UP,
    SCROLL_HALF_DOWN,
    SCROLL_PAGE_UP,
    SCROLL_PAGE_DOWN,
    SCROLL_FIRST,
    SCROLL_LAST
};

void scroll_move(struct scroll *s, enum scroll_motion motion, size_t n, size_t page);
/* Brings the cursor into the list and the window over the cursor, moving it as little as it can. */
void scroll_fit(struct scroll *s, size_t n, size_t page);

#endif
