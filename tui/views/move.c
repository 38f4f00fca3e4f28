#include "tui/views/app.h"

static const struct {
    enum action action;
    enum scroll_motion motion;
} motions[] = {
    {ACTION_UP, SCROLL_UP},           {ACTION_DOWN, SCROLL_DOWN},
    {ACTION_HALF_UP, SCROLL_HALF_UP}, {ACTION_HALF_DOWN, SCROLL_HALF_DOWN},
    {ACTION_PAGE_UP, SCROLL_PAGE_UP}, {ACTION_PAGE_DOWN, SCROLL_PAGE_DOWN},
    {ACTION_FIRST, SCROLL_FIRST},     {ACTION_LAST, SCROLL_LAST},
};

bool action_motion(enum action action, enum scroll_motion *motion)
{
    for (size_t i = 0; i < sizeof motions / sizeof *motions; i++)
        if (motions[i].action == action) {
            *motion = motions[i].motion;
            return true;
        }
    return false;
}

bool action_scroll(enum action action, struct scroll *scroll, size_t n, size_t page)
{
    enum scroll_motion motion;
    if (!action_motion(action, &motion))
        return false;
    scroll_move(scroll, motion, n, page);
    return true;
}

const char *severity_mark(enum severity severity)
{
    static const char *const marks[SEVERITY_COUNT] = {".", "I", "L", "M", "H", "C"};
    return severity < SEVERITY_COUNT ? marks[severity] : "?";
}
