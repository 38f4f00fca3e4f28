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

void confirm_draw(struct grid *g, struct rect outer, struct confirm *c)
{
    int w = CONFIRM_COLS < outer.w ? CONFIRM_COLS : outer.w;
    int lines = paragraph_lines(g, w - 4, c->text), typed = c->phrase ? 3 : 0;
    struct rect in = box_draw_over(g, outer, w, lines + typed + 3, c->title,
                                   c->phrase ? "enter run   esc back" : "enter yes   esc back");

    paragraph_draw(g, (struct rect){in.x, in.y, in.w, in.h - typed}, ROLE_NORMAL, c->text, 0);
    if (!c->phrase)
        return;

    int y = in.y + in.h - 2;
    int used = grid_put(g, in.x, y, in.w - 10, ROLE_STRONG, c->ask ? c->ask : "Type to go on:");

    prompt_draw(g, (struct rect){in.x + used + 1, y, in.w - used - 1, 1}, " ", &c->prompt);
    if (c->is_wrong)
        grid_put_fit(g, in.x, y + 1, in.w, ROLE_WARNING, "that is not the same; nothing was done", 0);
}

void confirm_free(struct confirm *c)
{
    prompt_free(&c->prompt);
}
