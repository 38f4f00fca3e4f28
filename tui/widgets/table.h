/* table: rows under columns, of which only those seen are ever asked for.
 *
 * Each row begins with four cells: the cursor's mark, two of the severity, the mark of a marked row.
 * The cursor's row is highlighted but for the severity, whose colour stays. The caller keeps where the cursor is (struct table_state); rows, cells and tree lines come through
 * callbacks, so a million rows cost what a screenful costs. Columns share the width as
 * table_layout says. Text may be hostile. One thread per grid. */
#ifndef KEYFALL_TUI_TABLE_H
#define KEYFALL_TUI_TABLE_H

#include "tui/term/grid.h"
#include "tui/widgets/scroll.h"
#include "tui/widgets/tree.h"

#include <stdbool.h>
#include <stddef.h>

#define TABLE_COLUMNS_MAX 48
#define TABLE_GUTTER_COLS 4
#define TABLE_GAP_COLS 2
#define TABLE_DROPPED_COLS 4 /* kept free at the end of the header for "+3" when columns are dropped */

#define TABLE_EXTRA 6 /* priorities from here on: only when the first columns have their ideal widths */

#define TABLE_NAME 1u   /* the one column that never goes and takes what is left over; one a table */
#define TABLE_RIGHT 2u  /* numbers */
#define TABLE_MIDDLE 4u /* too long: keep both ends */
#define TABLE_FIXED 16u /* of the width that it asks for, also when there is room */
#define TABLE_GROW 8u   /* a name that may take all the room there is, not twice its ideal at most */

struct table_column {
    const char *id, *title;
    int min_cols, ideal_cols;
    int priority; /* the lowest number is given room first */
    unsigned flags;
};

#define TABLE_CELL_BYTES 128

struct table_cell {
    const char *text;           /* set by the callback; "" at first */
    char own[TABLE_CELL_BYTES]; /* room that text may point to */
    enum role role;             /* ROLE_NORMAL at first: then the row's, or that of a mark */
};

struct table_row {
    const char *severity; /* a mark (mark.h), at most two cells; "" at first */
    bool is_marked;
    enum { TABLE_NO_FOLD, TABLE_FOLDED, TABLE_UNFOLDED } fold; /* shown where a mark would be */
    bool has_branch; /* then branch is drawn in front of the name */
    struct tree_branch branch;
    enum role role; /* of cells that have none */
};

struct table {
    const struct table_column *columns;
    int n_columns;
    size_t n_rows;
    void *ctx;
    void (*row)(void *ctx, size_t row, struct table_row *out); /* may be NULL */
    void (*cell)(void *ctx, size_t row, int column, struct table_cell *out);
    const char *empty; /* what an empty table says; may be NULL */
};

struct table_state {
    struct scroll scroll;
    int first_column;  /* so many columns beside the name are scrolled away to the left */
    bool is_wide;      /* columns at their ideal width, in order, as many as there is room for */
    int sort_column;   /* shown in the header; -1: none */
    bool is_descending;
};

struct table_look {
    bool is_focused;
    bool no_header;
    bool no_cursor;     /* a table to look at */
    int highlight_cols; /* cells of the cursor's row that are highlighted; 0: as many whole columns as
                           a slow line can bear, the name at least */
};

struct table_slot {
    int column, x, w;
};
struct table_layout {
    struct table_slot slots[TABLE_COLUMNS_MAX];
    int n;
    int n_dropped;
};

/* Gives every column its least width by priority until the room is full, then grows to ideal by
 * priority, then the name to its most, then the gaps a little. width is without the gutter; x counts
 * from 0. */
void table_layout(const struct table_column *columns, int n_columns, int width, int first_column,
                  bool is_wide, struct table_layout *out);

/* Draws, and brings state's scroll into range. */
void table_draw(struct grid *g, struct rect r, const struct table *t, struct table_state *state,
                const struct table_look *look);
/* Rows that are seen in r: the page of scroll_move. */
size_t table_page(struct rect r, const struct table_look *look);
/* The row at a cell (mouse). False if there is none. */
bool table_row_at(struct rect r, const struct table *t, const struct table_state *state,
                  const struct table_look *look, int x, int y, size_t *row);
/* The column whose title is at a cell (mouse); -1: none. */
int table_title_at(struct rect r, const struct table *t, const struct table_state *state, int x, int y);
/* Scrolls columns; by is -1 or 1. */
void table_scroll_columns(const struct table *t, struct table_state *state, struct rect r, int by);

#endif
