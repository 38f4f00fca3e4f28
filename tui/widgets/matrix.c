#include "tui/widgets/matrix.h"

#include "tui/widgets/mark.h"

#include <stdio.h>
#include <string.h>

#define MARKER_COLS 2 /* the cursor's mark and a blank */

static int first_x(struct rect r, const struct matrix *m)
{
    return r.x + MARKER_COLS + m->title_cols + TABLE_GAP_COLS;
}

size_t matrix_page_columns(struct rect r, const struct matrix *m)
{
    /* the last cell needs no blank behind it */
    int room = r.x + r.w - first_x(r, m) + 1;

    return room > 0 && m->cell_cols > 0 ? (size_t)(room / m->cell_cols) : 0;
}

static int head_rows(const struct matrix *m)
{
    return m->column_group ? 2 : 1;
}

size_t matrix_page_rows(struct rect r, const struct matrix *m)
{
    return r.h > head_rows(m) ? (size_t)(r.h - head_rows(m)) : 0;
}

static void draw_groups(struct grid *g, struct rect r, const struct matrix *m, const struct matrix_state *state,
                        size_t page)
{
    size_t top = state->columns.top, n = m->n_columns - top < page ? m->n_columns - top : page;
    for (size_t i = 0, end; i < n; i = end) {
        struct table_cell group = {.text = ""}, next = {.text = ""};
        m->column_group(m->ctx, top + i, &group);
        for (end = i + 1; end < n; end++) {
            m->column_group(m->ctx, top + end, &next);
            if (strcmp(next.text, group.text) != 0)
                break;
        }
        grid_put_fit(g, first_x(r, m) + (int)i * m->cell_cols, r.y, (int)(end - i) * m->cell_cols - 1, ROLE_SECTION,
                     group.text, 0);
    }
}

static void draw_head(struct grid *g, struct rect r, const struct matrix *m,
                      const struct matrix_state *state, size_t page)
{
    int x = first_x(r, m);
    char more[24];

    if (m->column_group)
        draw_groups(g, (struct rect){r.x, r.y - 1, r.w, 1}, m, state, page);
    if (m->corner)
        grid_put_fit(g, r.x + MARKER_COLS, r.y, m->title_cols, ROLE_SECTION, m->corner, 0);
    for (size_t i = 0; i < page && state->columns.top + i < m->n_columns; i++) {
        struct table_cell cell = {.text = "", .role = ROLE_NORMAL};

        m->column_title(m->ctx, state->columns.top + i, &cell);
        grid_put_fit(g, x, r.y, m->cell_cols - 1, cell.role ? cell.role : ROLE_HEADER, cell.text, 0);
        x += m->cell_cols;
    }
    if (m->n_columns > page) {
        snprintf(more, sizeof more, " +%zu", m->n_columns - page);
        grid_put(g, r.x + r.w - (int)strlen(more), r.y, (int)strlen(more), ROLE_SECTION, more);
    }
}

static void draw_row(struct grid *g, struct rect r, int y, const struct matrix *m,
                     const struct matrix_state *state, size_t row, size_t page, bool is_focused)
{
    struct table_cell title = {.text = "", .role = ROLE_NORMAL};
    int x = first_x(r, m);

    m->row_title(m->ctx, row, &title);
    grid_put_fit(g, r.x + MARKER_COLS, y, m->title_cols, title.role, title.text, 0);
    if (is_focused && row == state->rows.cursor)
        grid_glyph(g, r.x, y, ROLE_CURSOR_UNFOCUSED, GLYPH_CURSOR);
    for (size_t i = 0; i < page && state->columns.top + i < m->n_columns; i++) {
        size_t column = state->columns.top + i;
        struct table_cell cell = {.text = "", .role = ROLE_NORMAL};

        m->cell(m->ctx, row, column, &cell);
        grid_put_fit(g, x, y, m->cell_cols - 1,
                     cell.role ? cell.role : mark_role(cell.text, ROLE_NORMAL), cell.text, 0);
        if (is_focused && row == state->rows.cursor && column == state->columns.cursor)
            grid_role(g, (struct rect){x + 1, y, m->cell_cols - 2, 1}, ROLE_CURSOR); /* the mark keeps its colour */
        x += m->cell_cols;
    }
}

void matrix_draw(struct grid *g, struct rect r, const struct matrix *m, struct matrix_state *state,
                 bool is_focused)
{
    size_t n_columns = matrix_page_columns(r, m), n_rows = matrix_page_rows(r, m);
    int head = head_rows(m);
    struct rect old = grid_clip(g, r);

    scroll_fit(&state->columns, m->n_columns, n_columns);
    scroll_fit(&state->rows, m->n_rows, n_rows);
    draw_head(g, (struct rect){r.x, r.y + head - 1, r.w, 1}, m, state, n_columns);
    for (size_t i = 0; i < n_rows && state->rows.top + i < m->n_rows; i++)
        draw_row(g, r, r.y + head + (int)i, m, state, state->rows.top + i, n_columns, is_focused);
    grid_unclip(g, old);
}

bool matrix_cell_at(struct rect r, const struct matrix *m, const struct matrix_state *state, int x,
                    int y, size_t *row, size_t *column)
{
    int line = y - r.y - head_rows(m), cell = x - first_x(r, m);

    if (line < 0 || line >= r.h - head_rows(m) || cell < 0 || x >= r.x + r.w || m->cell_cols <= 0)
        return false;
    *row = state->rows.top + (size_t)line;
    *column = state->columns.top + (size_t)(cell / m->cell_cols);
    return *row < m->n_rows && *column < m->n_columns;
}
