/* menu: a short list to choose from, in a box over the screen. One thread per object. */
#ifndef KEYFALL_TUI_MENU_H
#define KEYFALL_TUI_MENU_H

#include "tui/term/event.h"
#include "tui/term/grid.h"
#include "tui/widgets/scroll.h"

#include <stdbool.h>
#include <stddef.h>

struct menu_item {
    int key;            /* chooses at once; 0: none */
    const char *text;   /* what it is */
    const char *detail; /* behind it, dim; may be NULL */
    const char *reason; /* why it is off; NULL: it is on */
};

struct menu {
    const char *title;
    const struct menu_item *items; /* not owned */
    size_t n;
    struct scroll scroll;
    size_t page; /* set by menu_draw */
};

enum menu_result { MENU_OPEN, MENU_CHOSEN, MENU_CLOSED };

/* MENU_CHOSEN: *chosen is an item that is on. */
enum menu_result menu_event(struct menu *m, const struct event *ev, size_t *chosen);
void menu_draw(struct grid *g, struct rect outer, struct menu *m);

#endif
