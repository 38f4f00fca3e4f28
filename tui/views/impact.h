/* impact: what the files of the impact page share. Nobody else includes this.
 *
 *   impact_lines.c  consequences as lines of a tree: groups, what is folded
 *   impact.c        the page: judging, drawing, keys; what happens to each
 *   chain.c         the same tree, told by what each hangs on */
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

/* What is told of each line. Text is appended. */
struct impact_page;
struct impact_look {
    const char *place;
    const struct table_column *columns;
    int n_columns;
    void (*cell)(const struct impact_page *p, const struct line *line, int column, struct buf *text, enum role *role);
    void (*head)(const struct impact_page *p, struct grid *g, struct rect r); /* two lines */
    void (*foot)(const struct impact_page *p, const struct line *line, struct grid *g, struct rect r); /* of one line */
};
extern const struct impact_look impact_look_chain;

struct impact_page {
    struct page page;
    const struct impact_look *look;
    uint32_t wanted; /* a node that the cursor goes to once it is judged; 0 */
    VEC(uint32_t) nodes; /* the targets, all together */
    const char *action; /* NULL: the kind's default */
    size_t statement;   /* the target is this one of the key's policy, from 1 on; 0: it is the node */
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

/* "db-instance orders-db", "42 db-snapshots"; "key prod, vault main", of many the first. Appended. */
void impact_name(const struct impact_page *p, const struct line *line, struct buf *out);
void impact_targets(const struct impact_page *p, struct buf *out);
/* While a scope holds for all else: that it does not for what falls. */
void impact_beyond(const struct impact_page *p, struct grid *g, struct rect r);
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
void impact_go_to(struct impact_page *p, uint32_t node); /* and what is folded about it is unfolded */

#endif
