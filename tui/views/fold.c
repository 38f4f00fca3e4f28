#include "tui/views/fold.h"

#include <stdlib.h>
#include <string.h>

/* A finding that others fold under. */
struct leader {
    uint32_t node, at; /* index into the selection */
    enum finding_state state;
    enum severity severity;
};
typedef VEC(struct leader) leader_vec;

static int by_node(const void *a, const void *b)
{
    const struct leader *x = a, *y = b;
    if (x->node != y->node)
        return x->node < y->node ? -1 : 1;
    return (x->severity < y->severity) - (x->severity > y->severity);
}

/* The worst leader of the cause that an effect of this state may fold under; SIZE_MAX: it is not
 * there. */
static size_t find_leader(const leader_vec *leaders, const struct finding *effect)
{
    size_t low = 0, high = leaders->n;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (leaders->items[middle].node < effect->cause)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < leaders->n && leaders->items[low].node == effect->cause; low++)
        if (leaders->items[low].state <= effect->state)
            return leaders->items[low].at;
    return SIZE_MAX;
}

#define CHAIN_MAX 8

/* An effect of an effect stands under the first cause. */
static uint32_t root_item(const leader_vec *leaders, const struct finding *all,
                          const struct selection *s, size_t i)
{
    size_t root = i;
    for (int hops = 0; hops < CHAIN_MAX && all[s->items[root].row].is_effect; hops++) {
        size_t up = find_leader(leaders, &all[s->items[root].row]);
        if (up == SIZE_MAX || up == i)
            break;
        root = up;
    }
    return (uint32_t)root;
}

void fold_free(struct fold *f)
{
    mem_free(f->roots);
    mem_free(f->first);
    mem_free(f->effects);
    VEC_FREE(f->rows);
    VEC_FREE(f->root_of);
    *f = (struct fold){0};
}

void fold_build(struct fold *f, const struct judgement *j, const struct selection *s)
{
    size_t n_all;
    const struct finding *all = judgement_findings(j, &n_all);
    leader_vec leaders = {0};
    uint32_t *root = mem_alloc_array(s->n + 1, sizeof *root),
             *n_under = mem_alloc_array(s->n + 1, sizeof *n_under);
    for (size_t i = 0; i < s->n; i++) {
        const struct finding *finding = &all[s->items[i].row];
        struct leader l = {finding->node, (uint32_t)i, finding->state, finding->severity};
        if (finding->n_effects > 0)
            VEC_PUSH(leaders, l);
    }
    if (leaders.n > 1)
        qsort(leaders.items, leaders.n, sizeof *leaders.items, by_node);
    fold_free(f);
    for (size_t i = 0; i < s->n; i++) {
        root[i] = root_item(&leaders, all, s, i);
        f->n_roots += root[i] == i;
        n_under[root[i]] += root[i] != i;
    }
    f->n_effects = s->n - f->n_roots;
    f->roots = mem_alloc_array(f->n_roots + 1, sizeof *f->roots);
    f->first = mem_alloc_array(f->n_roots + 1, sizeof *f->first);
    f->effects = mem_alloc_array(f->n_effects + 1, sizeof *f->effects);
    size_t n = 0;
    uint32_t at = 0;
    for (size_t i = 0; i < s->n; i++) {
        if (root[i] != i)
            continue;
        f->roots[n] = (uint32_t)i;
        f->first[n++] = at;
        at += n_under[i];
        n_under[i] = f->first[n - 1]; /* from here on: where the next one goes */
    }
    f->first[n] = at;
    for (size_t i = 0; i < s->n; i++)
        if (root[i] != i)
            f->effects[n_under[root[i]]++] = (uint32_t)i;
    VEC_FREE(leaders);
    mem_free(root);
    mem_free(n_under);
}

static bool is_open(const uint32_t *open, size_t n_open, uint32_t node)
{
    for (size_t i = 0; i < n_open; i++)
        if (open[i] == node)
            return true;
    return false;
}

static void add_row(struct fold *f, uint32_t item, size_t root)
{
    VEC_PUSH(f->rows, item);
    VEC_PUSH(f->root_of, (uint32_t)root);
}

void fold_show(struct fold *f, const struct judgement *j, const struct selection *s,
               const uint32_t *open, size_t n_open)
{
    size_t n_all;
    const struct finding *all = judgement_findings(j, &n_all);
    f->rows.n = f->root_of.n = 0;
    for (size_t i = 0; i < f->n_roots; i++) {
        add_row(f, f->roots[i], i);
        if (f->first[i] == f->first[i + 1] ||
            !is_open(open, n_open, all[s->items[f->roots[i]].row].node))
            continue;
        for (uint32_t e = f->first[i]; e < f->first[i + 1]; e++)
            add_row(f, f->effects[e], i);
    }
}

enum fold_row fold_row(const struct fold *f, size_t row)
{
    uint32_t root = f->root_of.items[row];
    bool has_more = row + 1 < f->rows.n && f->root_of.items[row + 1] == root;
    if (f->rows.items[row] != f->roots[root])
        return has_more ? FOLD_EFFECT : FOLD_LAST_EFFECT;
    if (f->first[root] == f->first[root + 1])
        return FOLD_ALONE;
    return has_more ? FOLD_OPEN : FOLD_CLOSED;
}

size_t fold_cause_row(const struct fold *f, size_t row)
{
    while (row > 0 && f->rows.items[row] != f->roots[f->root_of.items[row]])
        row--;
    return row;
}
