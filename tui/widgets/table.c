#include "tui/widgets/table.h"

#include "tui/widgets/mark.h"
#include "tui/widgets/paragraph.h"

#include <stdio.h>
#include <string.h>

static int header_rows(const struct table_look *look)
{
    return look->no_header ? 0 : 1;
}

size_t table_page(struct rect r, const struct table_look *look)
{
    int rows = r.h - header_rows(look);

    return rows > 0 ? (size_t)rows : 0;
}

static void draw_title(struct grid *g, struct rect r, const struct table_column *c,
                       const struct table_slot *slot, int sort)
{
    int x = r.x + TABLE_GUTTER_COLS + slot->x, w = slot->w;
    bool is_right = (c->flags & TABLE_RIGHT) != 0;

    if (sort && x + w >= r.x + r.w)
        w--; /* the arrow stands in the gap, and here is none */

    int used = grid_put_fit(g, x, r.y, w, ROLE_HEADER, c->title, is_right ? FIT_RIGHT : 0);

    if (sort)
        grid_glyph(g, is_right ? x + w : x + used, r.y, ROLE_SECTION,
                   sort < 0 ? GLYPH_SORT_DOWN : GLYPH_SORT_UP);
}

static void draw_header(struct grid *g, struct rect r, const struct table *t,
                        const struct table_state *state, const struct table_layout *layout)
{
    char dropped[16];

    for (int i = 0; i < layout->n; i++) {
        const struct table_slot *slot = &layout->slots[i];
        int sort = slot->column != state->sort_column ? 0 : state->is_descending ? -1 : 1;

        draw_title(g, r, &t->columns[slot->column], slot, sort);
    }
    if (layout->n_dropped > 0) {
        snprintf(dropped, sizeof dropped, " +%d", layout->n_dropped);

        int w = (int)strlen(dropped);

        grid_put(g, r.x + r.w - w, r.y, w, ROLE_SECTION, dropped);
    }
}

static void draw_cell(struct grid *g, int x, int y, int w, const struct table *t,
                      const struct table_slot *slot, size_t row, const struct table_row *info)
{
    const struct table_column *c = &t->columns[slot->column];
    struct table_cell cell = {.text = "", .role = ROLE_NORMAL};
    unsigned flags = (c->flags & TABLE_RIGHT ? FIT_RIGHT : 0) |
                     (c->flags & TABLE_MIDDLE ? FIT_MIDDLE : 0);

    t->cell(t->ctx, row, slot->column, &cell);
    if (cell.role == ROLE_NORMAL)
        cell.role = c->flags & TABLE_NAME ? info->role : mark_role(cell.text, info->role);
    if ((c->flags & TABLE_NAME) && info->has_branch) {
        int used = tree_draw_branch(g, x, y, w, &info->branch);

        x += used;
        w -= used;
    }
    if ((c->flags & TABLE_NAME) && info->is_marked)
        cell.role = ROLE_MARK;
    grid_put_fit(g, x, y, w, cell.role, cell.text, flags);
}

/* Bytes are two rows of what is highlighted: at 80 columns the name, from 100 on more whole columns,
 * so that a move of the cursor stays inside its budget on a slow line. */
static int highlight_budget(const struct grid *g)
{
    return g->w >= 160 ? 66 : g->w >= 100 ? 52 : 0;
}

static int highlight_cols(const struct grid *g, struct rect r, const struct table_layout *layout,
                          const struct table *t, const struct table_look *look)
{
    int budget = highlight_budget(g), cols = 0;

    if (look->highlight_cols > 0)
        return look->highlight_cols < r.w ? look->highlight_cols : r.w;
    if (r.w <= budget)
        return r.w;
    for (int i = 0; i < layout->n; i++) {
        int end = TABLE_GUTTER_COLS + layout->slots[i].x + layout->slots[i].w;
        bool is_name = (t->columns[layout->slots[i].column].flags & TABLE_NAME) != 0;

        if (end <= budget || is_name)
            cols = end;
    }
    return cols < r.w ? cols : r.w;
}

static void draw_row(struct grid *g, struct rect r, int y, const struct table *t, size_t row,
                     const struct table_layout *layout)
{
    struct table_row info = {.severity = "", .role = ROLE_NORMAL};

    if (t->row)
        t->row(t->ctx, row, &info);

    grid_put(g, r.x + 1, y, 2, mark_role(info.severity, ROLE_NORMAL), info.severity);
    if (info.is_marked)
        grid_glyph(g, r.x + 3, y, ROLE_MARK, GLYPH_MARK);
    else if (info.fold != TABLE_NO_FOLD)
        grid_glyph(g, r.x + 3, y, ROLE_NORMAL, info.fold == TABLE_FOLDED ? GLYPH_FOLDED : GLYPH_OPEN);
    for (int i = 0; i < layout->n; i++)
        draw_cell(g, r.x + TABLE_GUTTER_COLS + layout->slots[i].x, y, layout->slots[i].w, t,
                  &layout->slots[i], row, &info);
}

void table_draw(struct grid *g, struct rect r, const struct table *t, struct table_state *state,
                const struct table_look *look)
{
    struct rect old = grid_clip(g, r);
    struct table_layout layout;
    size_t page = table_page(r, look);
    int top = r.y + header_rows(look);

    table_layout(t->columns, t->n_columns, r.w - TABLE_GUTTER_COLS, state->first_column,
                 state->is_wide, &layout);
    scroll_fit(&state->scroll, t->n_rows, page);
    if (!look->no_header)
        draw_header(g, r, t, state, &layout);
    if (t->n_rows == 0 && t->empty)
        paragraph_draw(g, (struct rect){r.x + TABLE_GUTTER_COLS, top, r.w - TABLE_GUTTER_COLS, r.h - 1},
                       ROLE_MESSAGE, t->empty, 0);

    int cols = highlight_cols(g, r, &layout, t, look);

    for (size_t i = 0; i < page && state->scroll.top + i < t->n_rows; i++) {
        size_t row = state->scroll.top + i;
        int y = top + (int)i;

        draw_row(g, r, y, t, row, &layout);
        if (row != state->scroll.cursor || look->no_cursor || !look->is_focused)
            continue;
        grid_glyph(g, r.x, y, ROLE_CURSOR_UNFOCUSED, GLYPH_CURSOR);
        grid_role(g, (struct rect){r.x + TABLE_GUTTER_COLS, y, cols - TABLE_GUTTER_COLS, 1}, ROLE_CURSOR);
    }
    grid_unclip(g, old);
}

bool table_row_at(struct rect r, const struct table *t, const struct table_state *state,
                  const struct table_look *look, int x, int y, size_t *row)
{
    int line = y - r.y - header_rows(look);

    if (x < r.x || x >= r.x + r.w || y < r.y || y >= r.y + r.h || line < 0)
        return false;
    *row = state->scroll.top + (size_t)line;
    return *row < t->n_rows;
}

int table_title_at(struct rect r, const struct table *t, const struct table_state *state, int x, int y)
{
    struct table_layout layout;

    table_layout(t->columns, t->n_columns, r.w - TABLE_GUTTER_COLS, state->first_column, state->is_wide, &layout);
    for (int i = 0; y == r.y && i < layout.n; i++) {
        int from = r.x + TABLE_GUTTER_COLS + layout.slots[i].x;

        if (x >= from && x < from + layout.slots[i].w)
            return layout.slots[i].column;
    }
    return -1;
}

void table_scroll_columns(const struct table *t, struct table_state *state, struct rect r, int by)
{
    struct table_layout layout;

    table_layout(t->columns, t->n_columns, r.w - TABLE_GUTTER_COLS, state->first_column,
                 state->is_wide, &layout);
    if (by < 0 && state->first_column > 0)
        state->first_column--;
    if (by > 0 && layout.n_dropped > state->first_column)
        state->first_column++;
}
