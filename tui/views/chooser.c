/* chooser: one of several things, in a box over the page. */
#include "tui/views/app.h"
#include "tui/widgets/menu.h"

#include <string.h>

struct chooser {
    struct overlay overlay;
    struct app *app;
    const struct choice *choice;
    struct choice_item *given;
    struct menu_item *items; /* texts are given's */
    struct menu menu;
};

static void chooser_draw(struct overlay *o, struct grid *g, struct rect body)
{
    menu_draw(g, body, &((struct chooser *)o)->menu);
}

static bool chooser_take(struct overlay *o, const struct event *ev)
{
    struct chooser *c = (struct chooser *)o;
    size_t before = c->menu.scroll.cursor, at = before;
    enum menu_result result = menu_event(&c->menu, ev, &at);
    if (result == MENU_CHOSEN)
        c->choice->choose(c->app, c->given[at].name);
    else if (result == MENU_CLOSED && c->choice->leave)
        c->choice->leave(c->app);
    else if (c->menu.scroll.cursor != before && c->choice->look)
        c->choice->look(c->app, c->given[c->menu.scroll.cursor].name);
    return result == MENU_OPEN;
}

static void chooser_free(struct overlay *o)
{
    struct chooser *c = (struct chooser *)o;
    for (size_t i = 0; i < c->menu.n; i++) {
        mem_free(c->given[i].name);
        mem_free(c->given[i].detail);
    }
    mem_free(c->given);
    mem_free(c->items);
    mem_free(c);
}

void app_choose(struct app *app, const struct choice *choice, struct choice_item *items, size_t n, size_t at)
{
    struct chooser *c = mem_alloc(sizeof *c);
    c->overlay = (struct overlay){chooser_draw, chooser_take, chooser_free};
    c->app = app;
    c->choice = choice;
    c->given = items;
    c->items = mem_alloc_array(n + 1, sizeof *c->items);
    for (size_t i = 0; i < n; i++)
        c->items[i] = (struct menu_item){.text = items[i].name, .detail = items[i].detail};
    c->menu = (struct menu){.title = choice->title, .items = c->items, .n = n, .scroll.cursor = at};
    app_cover(app, &c->overlay);
}
