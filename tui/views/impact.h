/* impact: what the files of the impact page share. Nobody else includes this.
 *
 *   impact_lines.c  consequences as lines of a tree: groups, what is folded
 *   impact.c        the page: judging, drawing, keys */
#ifndef KEYFALL_TUI_IMPACT_H
#define KEYFALL_TUI_IMPACT_H

#include "tui/views/app.h"
#include "tui/widgets/table.h"
#include "tui/widgets/tree.h"

/* A line: a consequence, or a group of several. */
struct line {
    uint32_t item;  /* consequence; of a group its first */
    uint32_t count; /* over 1: a group */
    int depth;
};

struct impact_page {
    struct page page;
    VEC(uint32_t) nodes; /* the targets, all together */
    const char *action; /* NULL: the kind's default */
    struct snapshot *snapshot;
    struct impact *impact; /* NULL until judged */
    VEC(struct line) lines;
    struct tree tree;
    struct table_state state;
    VEC(uint64_t) turned; /* lines that the user folded or unfolded: see line_key */
    bool is_fitted; /* groups were unfolded where there is room; not again once the user folds */
    size_t rows;
    size_t told_row; /* the row that the foot tells of: where the cursor rested last */
};

const struct consequence *impact_item(const struct impact_page *p, const struct line *line);
const struct line *impact_line(const struct impact_page *p,
                               size_t row); /* NULL: there is no such row */

/* Makes the lines of p->impact; what the user folded stays so. */
void impact_make_lines(struct impact_page *p);
/* Unfolds groups, the worst first, as long as all rows are seen at once; only before the user
 * folds. */
void impact_fit_lines(struct impact_page *p, size_t rows);
void impact_turn_row(struct impact_page *p, size_t row); /* folds or unfolds */
/* What the line of a row is, whatever its place in the next judgement; 0: there is no such row. */
uint64_t impact_row_key(const struct impact_page *p, size_t row);
void impact_follow(struct impact_page *p, uint64_t key); /* the cursor goes there */

#endif
