#include "tui/widgets/scroll.h"

static void back(struct scroll *s, size_t by)
{
    s->cursor = s->cursor > by ? s->cursor - by : 0;
    s->top = s->top > by ? s->top - by : 0;
}

void scroll_move(struct scroll *s, enum scroll_motion motion, size_t n, size_t page)
{
    size_t half = page / 2 > 0 ? page / 2 : 1, whole = page > 1 ? page - 1 : 1;

    switch (motion) {
    case SCROLL_UP:
        s->cursor -= s->cursor > 0;
        break;
    case SCROLL_DOWN:
        s->cursor++;
        break;
    case SCROLL_HALF_UP:
        back(s, half);
        break;
    case SCROLL_PAGE_UP:
        back(s, whole);
        break;
    case SCROLL_HALF_DOWN:
        s->cursor += half;
        s->top += half;
        break;
    case SCROLL_PAGE_DOWN:
        s->cursor += whole;
        s->top += whole;
        break;
    case SCROLL_FIRST:
        s->cursor = 0;
        break;
    case SCROLL_LAST:
        s->cursor = n;
        break;
    }
    scroll_fit(s, n, page);
}

void scroll_fit(struct scroll *s, size_t n, size_t page)
{
    if (page == 0)
        page = 1;
    if (s->cursor >= n)
        s->cursor = n > 0 ? n - 1 : 0;
    if (s->top > s->cursor)
        s->top = s->cursor;
    if (s->cursor - s->top >= page)
        s->top = s->cursor - page + 1;
    if (n <= page)
        s->top = 0;
    else if (s->top > n - page)
        s->top = n - page;
}
