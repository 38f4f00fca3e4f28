#include "tui/widgets/confirm.h"

#include "tui/widgets/box.h"
#include "tui/widgets/paragraph.h"

#include <string.h>

#define CONFIRM_COLS 76

enum confirm_result confirm_event(struct confirm *c, const struct event *ev)
{
    enum prompt_result result = prompt_event(&c->prompt, ev);

    if (result == PROMPT_CANCELLED)
        return CONFIRM_NO;
    if (result == PROMPT_CHANGED)
        c->is_wrong = false;
    if (result != PROMPT_ACCEPTED)
        return CONFIRM_OPEN;
    if (!c->phrase || strcmp(prompt_text(&c->prompt), c->phrase) == 0)
        return CONFIRM_YES;
    c->is_wrong = true;
    return CONFIRM_OPEN;
}

/* A paragraph at the top of r, which gets less. */
static void put(struct grid *g, struct rect *r, enum role role, const char *text)
{
    int n = text ? paragraph_draw(g, *r, role, text, 0) : 0;
    r->y += n;
    r->h -= n;
}

static int rows_of(struct grid *g, int width, const char *text)
{
    return text ? paragraph_lines(g, width, text) : 0;
}

void confirm_draw(struct grid *g, struct rect outer, struct confirm *c)
{
    int w = CONFIRM_COLS < outer.w ? CONFIRM_COLS : outer.w;
    const char *shown = c->shows_phrase ? c->phrase : NULL, *asked = shown ? c->ask : NULL;
    int told = rows_of(g, w - 4, c->text) + rows_of(g, w - 4, c->care);
    int typed = c->phrase ? rows_of(g, w - 4, asked) + rows_of(g, w - 4, shown) + 3 : 0;
    struct rect in = box_draw_over(g, outer, w, told + typed + 2, c->title,
                                   c->phrase ? "enter run   esc back" : "enter yes   esc back");
    struct rect top = {in.x, in.y, in.w, in.h - typed};

    put(g, &top, ROLE_NORMAL, c->text);
    put(g, &top, ROLE_WARNING, c->care);
    if (!c->phrase)
        return;

    struct rect end = {in.x, in.y + in.h - typed + 1, in.w, typed - 1};
    put(g, &end, ROLE_NORMAL, asked);
    put(g, &end, ROLE_STRONG, shown);
    int used = shown ? 0 : grid_put(g, end.x, end.y, in.w - 10, ROLE_STRONG, c->ask ? c->ask : "Type to go on:") + 1;

    prompt_draw(g, (struct rect){end.x + used, end.y, in.w - used, 1}, shown ? "> " : "", &c->prompt);
    if (c->is_wrong)
        grid_put_fit(g, end.x, end.y + 1, in.w, ROLE_WARNING, "that is not the same; nothing was done", 0);
}

void confirm_free(struct confirm *c)
{
    prompt_free(&c->prompt);
}
