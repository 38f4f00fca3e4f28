/* list: what the files of a list page share. Nobody else includes this.
 *
 *   list_select.c  which rows are seen, in which order: filter, sort, fold
 *   columns_box.c  which columns
 *   saved.c        lists that are found again
 *   list.c         the page: drawing and keys */
#ifndef KEYFALL_TUI_LIST_H
#define KEYFALL_TUI_LIST_H

#include "tui/panels/panel.h"
#include "tui/views/app.h"
#include "tui/views/columns.h"
#include "tui/views/fold.h"

struct list_page {
    struct page page;
    const struct panel *panel;
    const struct view *view;
    struct table_column columns[TABLE_COLUMNS_MAX];
    struct panel_column panel_columns[TABLE_COLUMNS_MAX]; /* of each: those that were chosen, or the panel's but
                                                             those that the scope makes the same in all rows */
    int n_columns;
    struct table_state state;
    char *scope, *label; /* what the page is about: stays; "" */
    char *filter;        /* what the user typed */
    char *show;          /* columns that were chosen (columns.h); NULL: none were */
    bool shows_hidden;
    char *filter_error;
    bool has_moved; /* the cursor follows its row; until it was moved, the first one */
    struct sort_key sort;
    struct snapshot *snapshot; /* of the selection; NULL: none yet */
    struct selection selection;
    size_t n_ordered;       /* of its rows; the others are not shown before they are in order too */
    bool is_selecting, is_outdated; /* rows are on their way; there is a newer snapshot than theirs */
    size_t n_in_scope;      /* rows without the user's filter */
    struct fold fold;       /* of findings */
    VEC(uint32_t) open;     /* keys (fold.h) of what is unfolded */
    VEC(uint32_t) marked;   /* records, in the order of marking */
    size_t rows_seen;       /* page, of the last drawing */
    struct page *inspector; /* detail of the row where the cursor rests; NULL: none */
};

/* NULL if a page is no list. */
struct list_page *list_of(struct page *p);
/* NULL: the panel's own. Those that are shown stay if it fails. */
NODISCARD enum err_code list_show_columns(struct list_page *l, const char *wanted, struct err *err);
void list_show_or_say(struct list_page *l, const char *wanted);
/* columns_box.c: lets the user choose them. */
void list_choose_columns(struct list_page *l);

/* Asks for the rows anew, which a key did: at once if they are few, else on the sorting thread, the first screenful
 * before the others. */
void list_select(struct list_page *l);
/* The same for a newer snapshot: what answers a key is not disturbed. */
void list_follow_snapshot(struct list_page *l);
size_t list_rows(const struct list_page *l);
/* The cursor goes to the next row (step 1; -1: the one before) that is as bad as any; of very many rows only the nearest
 * are looked at. */
void list_next_worst(struct list_page *l, int step);
/* The row of the table, opened; false if it is not there. */
bool list_read(struct list_page *l, size_t row, struct view_context *c, struct view_row *out);
/* The same, but of a row that others are folded under the worst of them all. */
bool list_read_worst(struct list_page *l, size_t row, struct view_context *c, struct view_row *out);
uint32_t list_row_node(struct list_page *l, size_t row); /* 0 */
enum fold_row list_fold(const struct list_page *l, size_t row);
/* Shows or hides the effects under the cause of a row; the cursor goes to the cause. */
void list_unfold(struct list_page *l, size_t row, bool is_open);

#endif
