/* matrix: rows by columns of short cells, one of them under the cursor. Only what is seen is asked
 * for. One thread per grid. */
#ifndef KEYFALL_TUI_MATRIX_H
#define KEYFALL_TUI_MATRIX_H

#include "tui/term/grid.h"
#include "tui/widgets/scroll.h"
#include "tui/widgets/table.h"

#include <stdbool.h>
#include <stddef.h>

struct matrix {
    size_t n_rows, n_columns;
    void *ctx;
    const char *corner; /* above the row titles; may be NULL */
    int title_cols;     /* of a row's title */
    int cell_cols;      /* of a cell and the blank behind it */
    void (*row_title)(void *ctx, size_t row, struct table_cell *out);
    void (*column_title)(void *ctx, size_t column, struct table_cell *out);
    void (*cell)(void *ctx, size_t row, size_t column, struct table_cell *out);
    void (*column_group)(void *ctx, size_t column, struct table_cell *out); /* above the titles of neighbours that have
                                                                               the same; NULL: nothing is */
};

struct matrix_state {
    struct scroll rows, columns;
};

void matrix_draw(struct grid *g, struct rect r, const struct matrix *m, struct matrix_state *state,
                 bool is_focused);
/* Columns that are seen in r: the page of scroll_move. */
size_t matrix_page_columns(struct rect r, const struct matrix *m);
size_t matrix_page_rows(struct rect r, const struct matrix *m);
/* The cell at a place (mouse). */
bool matrix_cell_at(struct rect r, const struct matrix *m, const struct matrix_state *state, int x,
                    int y, size_t *row, size_t *column);

#endif
