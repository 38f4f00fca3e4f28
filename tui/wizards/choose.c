/* choose: the wizards that fit, and what each does. */
#include "tui/wizards/pages.h"

#include "tui/widgets/paragraph.h"
#include "tui/widgets/table.h"

static void cell(void *ctx, size_t row, int column, struct table_cell *out)
{
    const struct wizard *wizard = ((struct wizarding *)ctx)->offered.items[row];
    out->text = column == 0 ? wizard->title : wizard->name;
}

static const struct table_column columns[] = {
    {"title", "WIZARD", 30, 60, 0, TABLE_NAME},
    {"name", "NAME", 17, 17, 1, 0},
};

#define FOOT_ROWS 6

static void choose_draw(struct wizarding *w, struct grid *g, struct rect body)
{
    struct table t = {.columns = columns, .n_columns = 2, .n_rows = w->offered.n, .ctx = w, .cell = cell,
                      .empty = "No wizard fits this record."};
    struct table_state state = {.scroll = w->chosen, .sort_column = -1};
    struct table_look look = {.is_focused = true};
    struct rect list = {body.x, body.y, body.w, body.h - FOOT_ROWS};
    table_draw(g, list, &t, &state, &look);
    w->chosen = state.scroll;
    struct rect foot = {body.x + 1, body.y + list.h, body.w - 2, FOOT_ROWS};
    grid_hline(g, body.x, foot.y, body.w, ROLE_BORDER, GLYPH_H);
    if (w->offered.n == 0)
        return;
    const struct wizard *at = w->offered.items[w->chosen.cursor];
    struct rect r = {foot.x, foot.y + 1, foot.w, foot.h - 1};
    int used = paragraph_draw(g, r, ROLE_NORMAL, at->what, 0);
    size_t shown = (size_t)list.h - 1, top = w->chosen.top, n = w->offered.n;
    const char *where = shown < n ? arena_printf(w->app->frame, "   %zu-%zu of %zu", top + 1,
                                                 top + shown < n ? top + shown : n, n) : "";
    grid_put_fit(g, r.x, r.y + used, r.w, ROLE_DIM,
                 arena_printf(w->app->frame, "It shows all that it would do before anything is sent.%s", where), 0);
}

static bool choose_act(struct wizarding *w, enum action action)
{
    if (action_scroll(action, &w->chosen, w->offered.n, 8))
        return true;
    if (action != ACTION_GO_ON)
        return false;
    if (w->offered.n > 0)
        inputs_begin(w, w->offered.items[w->chosen.cursor]);
    return true;
}

const struct stage_ops choose_ops = {.word = "choose", .draw = choose_draw, .act = choose_act};
