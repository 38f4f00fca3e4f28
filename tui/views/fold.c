#include "tui/views/fold.h"

#include "backend/base/hash.h"
#include "tui/views/posture.h"

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
    mem_free(f->keys);
    mem_free(f->worst);
    mem_free(f->likes);
    VEC_FREE(f->rows);
    VEC_FREE(f->root_of);
    *f = (struct fold){0};
}

/* Which item each one stands under (itself: by itself), and where what a root leads is seen first. */
struct plan {
    size_t n;
    uint32_t *root, *at;
};

#define FOLD_FROM ALIKE_FROM /* fewer are as soon read as opened */

/* ---- findings ------------------------------------------------------------------------------- */

static bool is_unread_policy(const struct finding *f)
{
    return f->state == FINDING_OPEN && strcmp(f->rule->slug, "policy-not-readable") == 0;
}

/* A question to the key's policy that nothing can answer as long as that is not read. */
static bool hangs_on_policy(const struct finding *f)
{
    bool needs = false;
    for (int i = 0; i < RULE_NEEDS; i++)
        needs |= f->rule->needs[i] == FACET_KEY_POLICY;
    return needs && f->state == FINDING_UNKNOWN;
}

/* Of one record; they stand where the first of them would, so that folding puts nothing lower. */
static void fold_unread_policies(struct plan *p, const struct finding *all, const struct selection *s)
{
    leader_vec unread = {0};
    for (size_t i = 0; i < p->n; i++) {
        const struct finding *f = &all[s->items[i].row];
        if (is_unread_policy(f))
            VEC_PUSH(unread, ((struct leader){f->node, (uint32_t)i, f->state, f->severity}));
    }
    if (unread.n > 1)
        qsort(unread.items, unread.n, sizeof *unread.items, by_node);
    for (size_t i = 0; unread.n > 0 && i < p->n; i++) {
        const struct finding *f = &all[s->items[i].row];
        struct leader key = {.node = f->node, .severity = SEVERITY_MEDIUM};
        const struct leader *l = !hangs_on_policy(f) || p->root[i] != i ? NULL
                                 : bsearch(&key, unread.items, unread.n, sizeof *unread.items, by_node);
        if (!l)
            continue;
        uint32_t root = p->root[l->at];
        p->root[i] = root;
        p->at[root] = p->at[root] < i ? p->at[root] : (uint32_t)i;
    }
    VEC_FREE(unread);
}

/* What stands by itself and is told in the same words: the first of them leads. */
static void fold_likes(struct plan *p, const struct finding *all, size_t n_all, const struct selection *s)
{
    uint32_t *n_alike = mem_alloc_array(n_all + 1, sizeof *n_alike), *lead = mem_alloc_array(n_all + 1, sizeof *lead);
    uint8_t *leads = mem_alloc(p->n + 1);
    for (size_t i = 0; i < p->n; i++)
        leads[p->root[i]] |= p->root[i] != i;
    for (size_t i = p->n; i-- > 0;) {
        uint32_t like = all[s->items[i].row].like;
        if (p->root[i] != i || leads[i])
            continue;
        n_alike[like]++;
        lead[like] = (uint32_t)i; /* the first of those that are seen */
    }
    for (size_t i = 0; i < p->n; i++) {
        uint32_t like = all[s->items[i].row].like;
        if (p->root[i] == i && !leads[i] && n_alike[like] >= FOLD_FROM)
            p->root[i] = lead[like];
    }
    mem_free(leads);
    mem_free(lead);
    mem_free(n_alike);
}

static void plan_findings(struct plan *p, const struct judgement *j, const struct selection *s)
{
    size_t n_all;
    const struct finding *all = judgement_findings(j, &n_all);
    leader_vec leaders = {0};
    for (size_t i = 0; i < s->n; i++) {
        const struct finding *finding = &all[s->items[i].row];
        struct leader l = {finding->node, (uint32_t)i, finding->state, finding->severity};
        if (finding->n_effects > 0)
            VEC_PUSH(leaders, l);
    }
    if (leaders.n > 1)
        qsort(leaders.items, leaders.n, sizeof *leaders.items, by_node);
    for (size_t i = 0; i < s->n; i++)
        p->root[i] = root_item(&leaders, all, s, i);
    fold_unread_policies(p, all, s);
    fold_likes(p, all, n_all, s);
    VEC_FREE(leaders);
}

/* ---- blind spots ---------------------------------------------------------------------------- */

/* Services have words of their own for the same refusal. */
static const char *why_blind(const struct blind_spot *b)
{
    return b->is_denied ? "denied" : b->error;
}

static uint32_t spot_hash(const struct blind_spot *b)
{
    uint64_t hash = hash_bytes(b->account, strlen(b->account), (uint64_t)b->truth);
    hash = hash_bytes(b->region, strlen(b->region), hash);
    hash = hash_bytes(why_blind(b), strlen(why_blind(b)), hash);
    return (uint32_t)(hash ^ hash >> 32);
}

static bool is_of_one(const struct blind_spot *a, const struct blind_spot *b)
{
    return a->truth == b->truth && strcmp(a->account, b->account) == 0 && strcmp(a->region, b->region) == 0 &&
           strcmp(why_blind(a), why_blind(b)) == 0;
}

struct spot {
    const struct blind_spot *blind;
    uint32_t at;
};

static int by_reason(const void *x, const void *y)
{
    const struct spot *p = x, *q = y;
    const struct blind_spot *a = p->blind, *b = q->blind;
    int order = (int)a->truth - (int)b->truth;
    if (order == 0)
        order = strcmp(a->account, b->account);
    if (order == 0)
        order = strcmp(a->region, b->region);
    if (order == 0)
        order = strcmp(why_blind(a), why_blind(b));
    return order != 0 ? order : p->at < q->at ? -1 : p->at > q->at;
}

static void plan_blind_spots(struct plan *p, const struct judgement *j, const struct selection *s)
{
    size_t n_all;
    const struct blind_spot *all = judgement_blind_spots(j, &n_all);
    struct spot *spots = mem_alloc_array(s->n + 1, sizeof *spots);
    for (size_t i = 0; i < s->n; i++)
        spots[i] = (struct spot){&all[s->items[i].row], (uint32_t)i};
    qsort(spots, s->n, sizeof *spots, by_reason);
    for (size_t i = 0, end; i < s->n; i = end) {
        for (end = i + 1; end < s->n && is_of_one(spots[i].blind, spots[end].blind);)
            end++;
        for (size_t k = i; k < end; k++)
            p->root[spots[k].at] = spots[end - i < FOLD_FROM ? k : i].at;
    }
    mem_free(spots);
}

/* ---- both ----------------------------------------------------------------------------------- */

/* The roots in order, what stands under each behind one another. */
static void lay_out(struct fold *f, const struct plan *p)
{
    uint32_t *n_under = mem_alloc_array(p->n + 1, sizeof *n_under),
             *seen_at = mem_alloc_array(p->n + 1, sizeof *seen_at); /* of a place: 1 + the root seen there */
    for (size_t i = 0; i < p->n; i++) {
        f->n_roots += p->root[i] == i;
        n_under[p->root[i]] += p->root[i] != i;
        if (p->root[i] == i)
            seen_at[p->at[i]] = (uint32_t)i + 1;
    }
    f->n_effects = p->n - f->n_roots;
    f->roots = mem_alloc_array(f->n_roots + 1, sizeof *f->roots);
    f->first = mem_alloc_array(f->n_roots + 1, sizeof *f->first);
    f->effects = mem_alloc_array(f->n_effects + 1, sizeof *f->effects);
    size_t n = 0;
    uint32_t at = 0;
    for (size_t i = 0; i < p->n; i++) {
        if (!seen_at[i])
            continue;
        uint32_t root = seen_at[i] - 1;
        f->roots[n] = root;
        f->first[n++] = at;
        at += n_under[root];
        n_under[root] = f->first[n - 1]; /* from here on: where the next one goes */
    }
    f->first[n] = at;
    for (size_t i = 0; i < p->n; i++)
        if (p->root[i] != i)
            f->effects[n_under[p->root[i]]++] = (uint32_t)i;
    mem_free(n_under);
    mem_free(seen_at);
}

/* What folds under the root is not of it, but beside it. */
static bool tells_likes(const struct fold *f, const struct finding *all, const struct selection *s, size_t root)
{
    return f->first[root] < f->first[root + 1] && all[s->items[f->effects[f->first[root]]].row].like ==
                                                      all[s->items[f->roots[root]].row].like;
}

/* By what a root is known again, and what of it is worst. */
static void name_roots(struct fold *f, const struct view *v, const struct judgement *j, const struct selection *s)
{
    size_t n;
    const struct finding *findings = judgement_findings(j, &n);
    const struct blind_spot *spots = judgement_blind_spots(j, &n);
    f->keys = mem_alloc_array(f->n_roots + 1, sizeof *f->keys);
    f->worst = mem_alloc_array(f->n_roots + 1, sizeof *f->worst);
    f->likes = mem_alloc_array(f->n_roots + 1, sizeof *f->likes);
    for (size_t i = 0; i < f->n_roots; i++) {
        uint32_t row = s->items[f->roots[i]].row;
        f->worst[i] = f->roots[i];
        bool is_alike = v->rows == ROWS_FINDINGS && tells_likes(f, findings, s, i);
        f->likes[i] = is_alike;
        f->keys[i] = v->rows != ROWS_FINDINGS ? spot_hash(&spots[row])
                     : is_alike ? (uint32_t)hash_bytes(findings[row].rule->id, strlen(findings[row].rule->id),
                                                       findings[row].node)
                                : findings[row].node;
        for (uint32_t e = f->first[i]; v->rows == ROWS_FINDINGS && e < f->first[i + 1]; e++)
            if (finding_badness(&findings[s->items[f->effects[e]].row]) > finding_badness(&findings[s->items[f->worst[i]].row]))
                f->worst[i] = f->effects[e];
    }
}

void fold_build(struct fold *f, const struct view *v, const struct judgement *j, const struct selection *s)
{
    struct plan p = {.n = s->n,
                     .root = mem_alloc_array(s->n + 1, sizeof *p.root),
                     .at = mem_alloc_array(s->n + 1, sizeof *p.at)};
    for (size_t i = 0; i < s->n; i++)
        p.root[i] = p.at[i] = (uint32_t)i;
    if (v->rows == ROWS_FINDINGS)
        plan_findings(&p, j, s);
    else
        plan_blind_spots(&p, j, s);
    fold_free(f);
    lay_out(f, &p);
    name_roots(f, v, j, s);
    mem_free(p.root);
    mem_free(p.at);
}

static bool is_open(const uint32_t *open, size_t n_open, uint32_t key)
{
    for (size_t i = 0; i < n_open; i++)
        if (open[i] == key)
            return true;
    return false;
}

static void add_row(struct fold *f, uint32_t item, size_t root)
{
    VEC_PUSH(f->rows, item);
    VEC_PUSH(f->root_of, (uint32_t)root);
}

void fold_show(struct fold *f, const uint32_t *open, size_t n_open)
{
    f->rows.n = f->root_of.n = 0;
    for (size_t i = 0; i < f->n_roots; i++) {
        add_row(f, f->roots[i], i);
        bool is_shut = f->n_roots > 1 && !is_open(open, n_open, f->keys[i]); /* one alone is shown whole */
        if (f->first[i] == f->first[i + 1] || is_shut)
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

uint32_t fold_key(const struct fold *f, size_t row)
{
    return f->keys[f->root_of.items[row]];
}

uint32_t fold_under(const struct fold *f, size_t row)
{
    uint32_t root = f->root_of.items[row];
    return f->first[root + 1] - f->first[root];
}

uint32_t fold_worst(const struct fold *f, size_t row)
{
    return f->worst[f->root_of.items[row]];
}

bool fold_is_of_likes(const struct fold *f, size_t row)
{
    return f->likes[f->root_of.items[row]];
}
