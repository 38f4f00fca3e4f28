#include "backend/judge/ranking.h"

#include "backend/judge/impact_walk.h"

#include <stdlib.h>
#include <string.h>

/* ---- the only key of something ---------------------------------------------------------------------------------- */

/* A resource, or what is left of one: which key can read it. */
struct subject {
    uint32_t node;
    uint32_t key;   /* the last that was met; 0: none, or not known */
    bool is_shared; /* another key, or no key at all, can */
};

struct gathering {
    const struct judgement *j;
    uint32_t *index;        /* of a node its subject + 1; 0 */
    struct nodemap sources; /* of snapshots that are recovery points: what those are of */
    VEC(struct subject) subjects;
};

static struct subject *subject_of(struct gathering *g, uint32_t node)
{
    uint32_t *at = &g->index[node];
    if (!*at) {
        VEC_PUSH(g->subjects, ((struct subject){.node = node}));
        *at = (uint32_t)g->subjects.n;
    }
    return &g->subjects.items[*at - 1];
}

/* What a backup is of. A snapshot does not always say; the recovery point that it is does. */
static uint32_t source_of(const struct gathering *g, const struct record *r, const struct holding *h)
{
    uint32_t source = value_node(r, h->source);
    const uint32_t *by_point = nodemap_at(&g->sources, r->node);
    return by_point ? *by_point : source;
}

/* A backup counts for what it is of, if it is whole and not under a key that is dead already. */
static void gather(struct gathering *g, const struct record *r, const struct holding *h)
{
    uint32_t source = h->source != ATTR_NONE ? source_of(g, r, h) : 0;
    if (h->source != ATTR_NONE && (!holding_is_whole(r) || judge_restorable(g->j, r) == TRI_NO))
        return;
    struct value key = holding_key(r);
    uint32_t node = key.is == VALUE_KNOWN ? judge_resolve_key(g->j, key.node) : 0;
    struct subject *s = subject_of(g, source ? source : r->node);
    s->is_shared = s->is_shared || !node || (s->key && s->key != node);
    s->key = node;
}

/* What only runs under a key, or only is to be under it, holds nothing to read. */
static bool holds_data(const struct holding *h)
{
    return h && h->kind != KIND_VAULT && (!h->has_no_backups || h->kind == KIND_PARAMETER);
}

static void gather_all(struct gathering *g)
{
    struct record r;
    for (struct walk w = walk_kind(g->j->generation, KIND_POINT); walk_next(&w, &r);)
        if (holding_twin(&r) && value_node(&r, ATTR_POINT_RESOURCE))
            (void)nodemap_add(&g->sources, holding_twin(&r), value_node(&r, ATTR_POINT_RESOURCE));
    for (int kind = KIND_NONE + 1; kind < KIND_COUNT; kind++) {
        const struct holding *h = holding_of((enum kind)kind);
        if (!holds_data(h))
            continue;
        for (struct walk w = walk_kind(g->j->generation, (enum kind)kind); walk_next(&w, &r);)
            gather(g, &r, h);
    }
}

static int by_key(const void *a, const void *b, void *ctx)
{
    const struct subject *x = a, *y = b;
    if (x->key != y->key)
        return x->key < y->key ? -1 : 1;
    return node_compare(ctx, x->node, y->node);
}

/* Members of a multi-Region set stand in for each other. */
static bool has_usable_relative(const struct judgement *j, uint32_t key)
{
    struct relatives set = key_relatives(j, key);
    bool has = false;
    for (size_t i = 0; i < set.nodes.n; i++)
        has = has || (set.nodes.items[i] != key && judge_key(j, set.nodes.items[i]) == KEY_USABLE);
    VEC_FREE(set.nodes);
    return has;
}

/* Those that are under one key alone, key by key. */
static void keep_sole(struct gathering *g)
{
    size_t n = 0;
    for (size_t i = 0; i < g->subjects.n; i++)
        if (g->subjects.items[i].key && !g->subjects.items[i].is_shared)
            g->subjects.items[n++] = g->subjects.items[i];
    g->subjects.n = n;
    if (n > 1)
        qsort_r(g->subjects.items, n, sizeof *g->subjects.items, by_key, (void *)g->j->estate);
}

static void add_sole(const struct gathering *g, struct key_rank *k)
{
    size_t low = 0, high = g->subjects.n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (g->subjects.items[middle].key < k->key)
            low = middle + 1;
        else
            high = middle;
    }
    size_t end = low;
    while (end < g->subjects.n && g->subjects.items[end].key == k->key)
        end++;
    if (low == end || has_usable_relative(g->j, k->key))
        return;
    k->first_sole = (uint32_t)low;
    k->n_sole = (uint32_t)(end - low);
}

/* ---- every key ----------------------------------------------------------------------------------------------------- */

static void add_key(const struct judgement *j, const struct gathering *g, struct hit_marks *marks, struct ranking *out,
                    uint32_t key)
{
    struct impact *impact = impact_with_marks(j, marks, &key, &out->action, NULL, 1, 0);
    if (!impact)
        return;
    struct key_rank *k = &out->items[out->n++];
    *k = (struct key_rank){.key = key,
                           .severity = impact->severity,
                           .point_of_no_return = impact->point_of_no_return,
                           .is_complete = impact->is_complete};
    memcpy(k->counts, impact->counts, sizeof k->counts);
    out->is_complete = out->is_complete && k->is_complete;
    impact_free(impact);
    add_sole(g, k);
}

static int by_rank(const void *a, const void *b, void *ctx)
{
    static const enum impact_effect order[] = {EFFECT_LOST, EFFECT_DOWN, EFFECT_DEGRADED, EFFECT_UNKNOWN};
    const struct key_rank *x = a, *y = b;
    if (x->severity != y->severity)
        return x->severity > y->severity ? -1 : 1;
    for (size_t i = 0; i < sizeof order / sizeof *order; i++)
        if (x->counts[order[i]] != y->counts[order[i]])
            return x->counts[order[i]] > y->counts[order[i]] ? -1 : 1;
    return node_compare(ctx, x->key, y->key);
}

static bool is_key_action(const char *action)
{
    for (const char *const *a = judge_actions(KIND_KEY); *a; a++)
        if (!action || strcmp(*a, action) == 0)
            return true;
    return false;
}

/* Whether a key could stand where nobody could look: a list of keys, or a place as a whole. */
static bool every_key_is_seen(const struct judgement *j)
{
    size_t n;
    const struct blind_spot *b = judgement_blind_spots(j, &n);
    for (size_t i = 0; i < n; i++)
        if (b[i].hides_holdings || (b[i].parent == 0 && strcmp(b[i].what, list_row(LIST_KEYS)->name) == 0))
            return false;
    return true;
}

typedef VEC(uint32_t) key_vec;

/* Those that have a record, that something hangs on, or that an alias means. */
static void find_keys(const struct judgement *j, key_vec *keys)
{
    struct nodemap by_alias = {0};
    struct record r;
    for (struct walk w = walk_kind(j->generation, KIND_ALIAS); walk_next(&w, &r);)
        if (value_node(&r, ATTR_ALIAS_KEY))
            (void)nodemap_add(&by_alias, value_node(&r, ATTR_ALIAS_KEY), 1);
    for (uint32_t node = 1; node <= j->n_nodes; node++)
        if (node_kind(j->estate, node) == KIND_KEY &&
            (generation_record(j->generation, node, &r) || judge_dependents(j, node).all > 0 ||
             nodemap_at(&by_alias, node)))
            VEC_PUSH(*keys, node);
    nodemap_free(&by_alias);
}

struct ranking *judge_rank_keys(const struct judgement *j, const char *action)
{
    if (!is_key_action(action))
        return NULL;
    struct gathering g = {.j = j, .index = mem_alloc_array((size_t)j->n_nodes + 1, sizeof *g.index)};
    struct ranking *out = mem_alloc(sizeof *out);
    *out = (struct ranking){.action = action ? action : judge_actions(KIND_KEY)[0],
                            .is_complete = every_key_is_seen(j),
                            .sole_is_sure = truth_is_sure(j->backups_truth)};
    key_vec keys = {0};
    find_keys(j, &keys);
    gather_all(&g);
    keep_sole(&g);
    out->items = mem_alloc_array(keys.n + 1, sizeof *out->items);
    struct hit_marks marks = hit_marks_new(j);
    for (size_t i = 0; i < keys.n; i++)
        add_key(j, &g, &marks, out, keys.items[i]);
    hit_marks_free(&marks);
    if (out->n > 1)
        qsort_r(out->items, out->n, sizeof *out->items, by_rank, (void *)j->estate);
    out->sole = mem_alloc_array(g.subjects.n + 1, sizeof *out->sole);
    for (size_t i = 0; i < g.subjects.n; i++)
        out->sole[i] = g.subjects.items[i].node;
    VEC_FREE(keys);
    VEC_FREE(g.subjects);
    mem_free(g.index);
    nodemap_free(&g.sources);
    return out;
}

void ranking_free(struct ranking *r)
{
    if (!r)
        return;
    mem_free(r->items);
    mem_free(r->sole);
    mem_free(r);
}
