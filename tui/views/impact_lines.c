#include "tui/views/impact.h"

#include <stdlib.h>
#include <string.h>

static const struct impact *sorting; /* qsort has no context; terminal thread only */
static const struct estate *sorting_in;

static enum kind kind_of(const struct consequence *c)
{
    return c->node ? node_kind(sorting_in, c->node) : KIND_NONE;
}

static bool same_fall(const struct consequence *a, const struct consequence *b)
{
    return a->because == b->because && a->text == b->text && a->severity == b->severity &&
           a->node && b->node && kind_of(a) == kind_of(b) && a->edge == b->edge &&
           consequence_order_phases(a, b) == 0;
}

static int by_fall(const void *x, const void *y)
{
    uint32_t i = *(const uint32_t *)x, j = *(const uint32_t *)y;
    const struct consequence *a = &sorting->items[i], *b = &sorting->items[j];
    if (a->because != b->because)
        return a->because < b->because ? -1 : 1;
    if (a->severity != b->severity)
        return a->severity > b->severity ? -1 : 1;
    int order = consequence_order_phases(a, b);
    if (order != 0)
        return order;
    order = a->text && b->text ? strcmp(a->text, b->text) : 0;
    if (order != 0)
        return order;
    if (kind_of(a) != kind_of(b))
        return kind_of(a) < kind_of(b) ? -1 : 1;
    if (a->edge != b->edge)
        return a->edge < b->edge ? -1 : 1;
    return i < j ? -1 : i > j;
}

struct weaver {
    struct impact_page *page;
    const uint32_t *order; /* consequences, those with the same cause together */
    size_t n;
};

static void weave(struct weaver *w, uint32_t because, int depth);

static void weave_item(struct weaver *w, uint32_t item, int depth)
{
    struct line line = {.item = item, .count = 1, .depth = depth};
    VEC_PUSH(w->page->lines, line);
    if (depth < TREE_DEPTH_MAX)
        weave(w, item, depth + 1);
}

/* The first place in the order whose cause is not before `because`: the root cause sorts last. */
static size_t lower(const struct weaver *w, uint32_t because)
{
    size_t low = 0, high = w->n;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (w->page->impact->items[w->order[middle]].because < because)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void weave(struct weaver *w, uint32_t because, int depth)
{
    const struct consequence *items = w->page->impact->items;
    size_t i = lower(w, because);
    while (i < w->n && items[w->order[i]].because == because) {
        size_t end = i + 1;
        while (end < w->n && same_fall(&items[w->order[i]], &items[w->order[end]]))
            end++;
        int below = depth;
        if (end - i > 1) {
            struct line group = {.item = w->order[i], .count = (uint32_t)(end - i), .depth = depth};
            VEC_PUSH(w->page->lines, group);
            below++;
        }
        for (; i < end; i++)
            weave_item(w, w->order[i], below);
    }
}

static int line_depth(void *ctx, size_t node)
{
    return ((struct impact_page *)ctx)->lines.items[node].depth;
}

/* What has no record of its own is known by its place. */
static uint64_t line_key(const struct impact_page *p, const struct line *line)
{
    const struct consequence *c = &p->impact->items[line->item];
    uint64_t own = c->name ? UINT64_C(1) << 32 | line->item : c->node;
    return own << 1 | (line->count > 1);
}

static bool is_turned(const struct impact_page *p, size_t line)
{
    uint64_t key = line_key(p, &p->lines.items[line]);
    for (size_t i = 0; i < p->turned.n; i++)
        if (p->turned.items[i] == key)
            return true;
    return false;
}

/* Groups are folded, single things are not; unless the user turned them. */
static void fold_lines(struct impact_page *p)
{
    for (size_t i = 0; i < p->lines.n; i++) {
        bool is_folded = (p->lines.items[i].count > 1) != is_turned(p, i);
        if (is_folded || p->tree.is_folded[i])
            tree_fold(&p->tree, i, is_folded);
    }
}

static void turn_line(struct impact_page *p, size_t line)
{
    uint64_t key = line_key(p, &p->lines.items[line]);
    bool was = is_turned(p, line);
    size_t n = 0;
    for (size_t i = 0; i < p->turned.n; i++)
        if (p->turned.items[i] != key)
            p->turned.items[n++] = p->turned.items[i];
    p->turned.n = n;
    if (!was)
        VEC_PUSH(p->turned, key);
    tree_fold(&p->tree, line, !p->tree.is_folded[line]);
}

void impact_fit_lines(struct impact_page *p, size_t rows)
{
    if (p->is_fitted)
        return;
    p->is_fitted = true;
    for (int severity = SEVERITY_CRITICAL; severity >= SEVERITY_NONE; severity--)
        for (size_t row = 0; row < p->tree.n_visible; row++) {
            size_t line = p->tree.visible[row];
            if (!p->tree.is_folded[line] ||
                (int)impact_item(p, &p->lines.items[line])->severity != severity ||
                p->tree.n_visible + p->lines.items[line].count > rows)
                continue;
            turn_line(p, line);
            if (p->tree.n_visible > rows) /* what hangs on its members takes too much room */
                turn_line(p, line);
        }
}

void impact_make_lines(struct impact_page *p)
{
    const struct impact *impact = p->impact;
    uint32_t *order = mem_alloc_array(impact->n + 1, sizeof *order);
    for (uint32_t i = 0; i < impact->n; i++)
        order[i] = i;
    sorting = impact;
    sorting_in = p->page.app->estate;
    qsort(order, impact->n, sizeof *order, by_fall);
    p->lines.n = 0;
    weave(&(struct weaver){p, order, impact->n}, UINT32_MAX, 0);
    mem_free(order);
    tree_build(&p->tree, p->lines.n, line_depth, p);
    fold_lines(p);
}

void impact_follow(struct impact_page *p, uint64_t key)
{
    for (size_t i = 0; i < p->lines.n; i++)
        if (line_key(p, &p->lines.items[i]) == key) {
            p->state.scroll.cursor = tree_row_of(&p->tree, i);
            return;
        }
}

/* A recovery point is shown as the snapshot that it is: their ARN is one. */
static bool is_of(const struct impact_page *p, const struct line *line, uint32_t node)
{
    uint32_t own = impact_item(p, line)->node;
    return line->count == 1 && own && node_compare(p->page.app->estate, own, node) == 0;
}

void impact_go_to(struct impact_page *p, uint32_t node)
{
    size_t at = 0;
    while (at < p->lines.n && !is_of(p, &p->lines.items[at], node))
        at++;
    if (at == p->lines.n)
        return;
    for (size_t i = at, depth = (size_t)p->lines.items[at].depth; i-- > 0 && depth > 0;)
        if ((size_t)p->lines.items[i].depth < depth) {
            depth = (size_t)p->lines.items[i].depth;
            if (p->tree.is_folded[i])
                turn_line(p, i);
        }
    p->is_fitted = true;
    p->state.scroll.cursor = tree_row_of(&p->tree, at);
}

void impact_turn_row(struct impact_page *p, size_t row)
{
    turn_line(p, p->tree.visible[row]);
}

uint64_t impact_row_key(const struct impact_page *p, size_t row)
{
    return row < p->tree.n_visible ? line_key(p, &p->lines.items[p->tree.visible[row]]) : 0;
}

const struct consequence *impact_item(const struct impact_page *p, const struct line *line)
{
    return &p->impact->items[line->item];
}

const struct line *impact_line(const struct impact_page *p, size_t row)
{
    return row < p->tree.n_visible ? &p->lines.items[p->tree.visible[row]] : NULL;
}
