#include "tui/widgets/tree.h"

#include "backend/base/mem.h"

static int depth_of(const struct tree *t, size_t node)
{
    return t->depths[node];
}

static bool has_children(const struct tree *t, size_t node)
{
    return node + 1 < t->n && depth_of(t, node + 1) > depth_of(t, node);
}

/* From the bottom up: a line goes on below a row if a later row has its depth before a lesser one. */
static void draw_through(struct tree *t)
{
    uint32_t open = 0;

    for (size_t row = t->n_visible; row-- > 0;) {
        int depth = depth_of(t, t->visible[row]);

        t->through[row] = open & ((2u << depth) - 1);
        open = t->through[row] | 1u << depth;
    }
}

static void show(struct tree *t)
{
    int hidden_below = TREE_DEPTH_MAX + 1;

    t->n_visible = 0;
    for (size_t node = 0; node < t->n; node++) {
        int depth = depth_of(t, node);

        if (depth > hidden_below)
            continue;
        hidden_below = t->is_folded[node] ? depth : TREE_DEPTH_MAX + 1;
        t->visible[t->n_visible++] = (uint32_t)node;
    }
    draw_through(t);
}

void tree_build(struct tree *t, size_t n, int (*depth)(void *ctx, size_t node), void *ctx)
{
    if (n > t->cap) {
        t->visible = mem_resize(t->visible, n, sizeof *t->visible);
        t->through = mem_resize(t->through, n, sizeof *t->through);
        t->depths = mem_resize(t->depths, n, sizeof *t->depths);
        t->is_folded = mem_resize(t->is_folded, n, sizeof *t->is_folded);
        t->cap = n;
    }
    for (size_t i = t->n; i < n; i++)
        t->is_folded[i] = false;
    t->n = n;
    for (size_t i = 0; i < n; i++) {
        int d = depth(ctx, i);

        t->depths[i] = (uint8_t)(d < 0 ? 0 : d > TREE_DEPTH_MAX ? TREE_DEPTH_MAX : d);
    }
    show(t);
}

void tree_free(struct tree *t)
{
    mem_free(t->visible);
    mem_free(t->through);
    mem_free(t->depths);
    mem_free(t->is_folded);
    *t = (struct tree){0};
}

void tree_fold(struct tree *t, size_t node, bool is_folded)
{
    if (node >= t->n)
        return;
    t->is_folded[node] = is_folded && has_children(t, node);
    show(t);
}

void tree_fold_to(struct tree *t, int depth)
{
    for (size_t node = 0; node < t->n; node++)
        t->is_folded[node] = depth_of(t, node) >= depth && has_children(t, node);
    show(t);
}

void tree_branch(const struct tree *t, size_t row, struct tree_branch *out)
{
    *out = (struct tree_branch){0};
    if (row >= t->n_visible)
        return;

    size_t node = t->visible[row];

    out->depth = depth_of(t, node);
    out->has_children = has_children(t, node);
    out->is_folded = t->is_folded[node];
    out->through = t->through[row];
    out->is_last = !(t->through[row] >> out->depth & 1);
}

size_t tree_row_of(const struct tree *t, size_t node)
{
    size_t low = 0, high = t->n_visible;

    while (low < high) {
        size_t mid = low + (high - low) / 2;

        if (t->visible[mid] <= node)
            low = mid + 1;
        else
            high = mid;
    }
    return low > 0 ? low - 1 : 0;
}

int tree_draw_branch(struct grid *g, int x, int y, int width, const struct tree_branch *b)
{
    struct rect old = grid_clip(g, (struct rect){x, y, width, 1});
    enum glyph fold = !b->has_children ? GLYPH_LEAF : b->is_folded ? GLYPH_FOLDED : GLYPH_OPEN;
    int at = x;

    for (int d = 1; d < b->depth; d++, at += 2) {
        if (b->through >> d & 1)
            grid_glyph(g, at, y, ROLE_BORDER, GLYPH_BRANCH_THROUGH);
    }
    if (b->depth > 0)
        grid_glyph(g, at++, y, ROLE_BORDER, b->is_last ? GLYPH_BRANCH_LAST : GLYPH_BRANCH);
    if (b->depth > 0 || b->has_children) {
        grid_glyph(g, at, y, b->has_children ? ROLE_NORMAL : ROLE_BORDER, fold);
        at += 2;
    }
    grid_unclip(g, old);
    return at - x;
}
