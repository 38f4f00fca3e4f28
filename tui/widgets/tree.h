/* tree: which nodes of a tree are seen when some are folded, and the lines that lead to them.
 *
 * Nodes are in preorder and known by their number; a node's depth is all that is told. Any number of
 * nodes; depths over TREE_DEPTH_MAX are drawn as TREE_DEPTH_MAX. One thread per object. */
#ifndef KEYFALL_TUI_TREE_H
#define KEYFALL_TUI_TREE_H

#include "tui/term/grid.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TREE_DEPTH_MAX 24

struct tree_branch {
    int depth;
    bool has_children, is_folded, is_last;
    uint32_t through; /* bit d: the line of depth d goes on below this row */
};

struct tree {
    uint32_t *visible; /* node numbers, top to bottom */
    uint32_t *through;
    size_t n_visible;
    size_t n;
    uint8_t *depths;
    bool *is_folded; /* by node; the caller may set these, then tree_fold_done */
    size_t cap;
};

/* Zero-initialise. Takes n depths (depth(ctx, i)); folds of nodes that stay are kept. */
void tree_build(struct tree *t, size_t n, int (*depth)(void *ctx, size_t node), void *ctx);
void tree_free(struct tree *t);

void tree_fold(struct tree *t, size_t node, bool is_folded);
/* Folds everything at this depth and below, opens everything above. */
void tree_fold_to(struct tree *t, int depth);

void tree_branch(const struct tree *t, size_t row, struct tree_branch *out);
/* The row of a node, or of the folded node that hides it. */
size_t tree_row_of(const struct tree *t, size_t node);

/* Draws the lines in front of a name. Returns the cells they took. */
int tree_draw_branch(struct grid *g, int x, int y, int width, const struct tree_branch *branch);

#endif
