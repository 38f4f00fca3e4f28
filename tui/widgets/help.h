/* help: every key that works here, in groups, searched by typing; enter runs the marked one.
 * Rows come from the table of keys (tui/keys/keys.h). One thread per object. */
#ifndef KEYFALL_TUI_HELP_H
#define KEYFALL_TUI_HELP_H

#include "tui/widgets/prompt.h"
#include "tui/widgets/scroll.h"

struct help_item {
    const char *group;  /* items of a group stand together */
    const char *keys;   /* "j down" */
    const char *text;   /* "line down" */
    const char *reason; /* why it is off; NULL: it is on */
    int action;         /* what help_event hands back */
};

struct help {
    const char *title;
    const struct help_item *items; /* not owned */
    size_t n;
    struct prompt search;
    struct scroll scroll; /* among the items that match */
    size_t page;          /* set by help_draw */
};

enum help_result { HELP_OPEN, HELP_RUN, HELP_CLOSED };

/* HELP_RUN: *action is that of the marked item, which is on. */
enum help_result help_event(struct help *h, const struct event *ev, int *action);
void help_draw(struct grid *g, struct rect outer, struct help *h);
void help_free(struct help *h);

#endif
