#include "backend/judge/impact_walk.h"

#include <stdlib.h>
#include <string.h>

/* ---- the walk -------------------------------------------------------------------------------- */

/* A key that is not known to be of a set may be named by its other members only, or name them. */
static void hit_relatives(struct walker *w, uint32_t key, uint32_t parent, uint16_t timeline)
{
    struct relatives set = key_relatives(w->j, key);
    for (size_t i = 0; i < set.nodes.n; i++) {
        struct record r;
        if (!generation_record(w->j->generation, set.nodes.items[i], &r))
            continue;
        const struct impact_rule *rule = impact_rule_find(KIND_KEY, FALL_KEY, EDGE_RELATIVE_OF, &r);
        struct hit hit = {.identity = r.node, .parent = parent, .rule = rule, .edge = EDGE_RELATIVE_OF,
                          .timeline = timeline};
        if (rule)
            step_hit(w, &r, &hit);
    }
    VEC_FREE(set.nodes);
}

/* Who hangs on a node and is hit when it falls. */
struct hits {
    struct hang hang;
    struct impact_choice *choice;
    enum kind of;
    enum fall fall;
    struct record record; /* the next one */
    enum edge edge;
    const struct impact_rule *rule;
    uint32_t identity;
};

static struct hits hits_on(const struct walker *w, uint32_t node, enum fall fall)
{
    return (struct hits){.hang = hang_on(w->j->generation, node), .choice = &w->hit->choice,
                         .of = node_kind(w->j->estate, node), .fall = fall};
}

static bool hits_next(struct hits *h)
{
    while (hang_next(&h->hang, &h->record, &h->edge)) {
        h->rule = impact_choose(h->choice, h->of, h->fall, h->edge, &h->record);
        h->identity = h->rule ? holding_identity(&h->record) : 0;
        bool is_twin =
            h->identity != h->record.node && is_twin_of_another(&h->record, h->hang.node, h->edge);
        if (h->rule && !is_twin)
            return true;
    }
    return false;
}

/* What does not name the key that falls, and is hit all the same. */
static void hit_beside_key(struct walker *w, uint32_t key, uint32_t parent, uint16_t timeline)
{
    hit_relatives(w, key, parent, timeline);
    hit_drivers(w, key, parent, timeline);
}

static void hit_unread(struct walker *w, uint32_t node, uint16_t timeline)
{
    if (w->timelines.items[timeline].cap != EFFECT_SAFE)
        unread_of(w, node);
    else if (judge_dependents(w->j, node).is_at_least)
        w->impact->is_complete = false;
}

typedef VEC(struct hit) hit_vec;

/* By the ARNs of what falls: who is hit as badly from two sides is hit from the first, in whichever order they came. */
static int order_hits(const void *a, const void *b, void *ctx)
{
    const struct walker *w = ctx;
    const struct hit *x = a, *y = b;
    return x->from == y->from ? 0 : node_compare(w->j->estate, x->from, y->from);
}

/* What hangs on what goes on. Of 300,000 recovery points most are nobody's source. */
static void gather_hits(struct walker *w, const struct visit *v, hit_vec *out)
{
    for (struct hits h = hits_on(w, v->node, (enum fall)v->fall); hits_next(&h);) {
        struct hit hit = {.identity = h.identity, .node = h.record.node, .from = v->node, .parent = v->step,
                          .rule = h.rule, .edge = h.edge, .timeline = v->timeline};
        if (hit_matters(w, &h.record, &hit))
            VEC_PUSH(*out, hit);
    }
}

static void add_hits(struct walker *w, const hit_vec *hits)
{
    struct record r;
    for (size_t i = 0; i < hits->n; i++)
        if (generation_record(w->j->generation, hits->items[i].node, &r))
            step_hit(w, &r, &hits->items[i]);
}

/* What follows from the steps that go on, and from those that became worse. */
static void walk_on(struct walker *w, size_t begin, size_t end)
{
    hit_vec hits = {0};
    visit_vec visits = w->again;
    w->again = (visit_vec){0};
    for (size_t i = begin; i < end; i++) {
        const struct step *s = &w->steps.items[i];
        struct visit v = {.node = s->node, .step = (uint32_t)i, .timeline = s->timeline, .fall = s->fall};
        if (s->fall != FALL_NONE && s->node)
            VEC_PUSH(visits, v);
    }
    for (size_t i = 0; i < visits.n; i++) {
        hit_unread(w, visits.items[i].node, visits.items[i].timeline);
        gather_hits(w, &visits.items[i], &hits);
    }
    if (hits.n > 1)
        qsort_r(hits.items, hits.n, sizeof *hits.items, order_hits, w);
    add_hits(w, &hits);
    for (size_t i = 0; i < visits.n; i++) {
        const struct visit *v = &visits.items[i];
        if (v->fall == FALL_KEY && node_kind(w->j->estate, v->node) == KIND_KEY)
            hit_beside_key(w, v->node, v->step, v->timeline);
    }
    VEC_FREE(visits);
    VEC_FREE(hits);
}

/* What a policy lets in from outside, and what keyfall has no list for, can never be seen from
 * here. */
static void caveats_of_key(struct walker *w, uint32_t key)
{
    struct record r;
    impact_caveat(w->impact,
                  "S3 objects and services that keyfall does not read may be under the key too.");
    if (!generation_record(w->j->generation, key, &r))
        return;
    if (judge_dependents(w->j, key).has_products)
        impact_caveat(w->impact, "How many backups Druva keeps under the key cannot be seen from AWS.");
    struct value external = record_value(&r, ATTR_KEY_EXTERNAL_ACCOUNTS);
    struct buf list = {0};
    for (const char *account = NULL; (account = value_next(&external, account));)
        if (!account_is_ours(w->j, account))
            buf_printf(&list, "%s%s", list.len ? ", " : "", account);
    if (list.len)
        impact_caveat(w->impact,
                      arena_printf(w->impact->arena,
                                   "The key policy lets in %s: what they keep under the key cannot "
                                   "be seen from here.",
                                   list.data));
    buf_free(&list);
}

static void caveats_of_vault(struct walker *w, uint32_t vault)
{
    struct record r;
    int64_t locked;
    impact_caveat(w->impact, "AWS deletes a vault only when it is empty.");
    if (generation_record(w->j->generation, vault, &r) &&
        value_number(&r, ATTR_VAULT_LOCKED, &locked) && locked)
        impact_caveat(w->impact,
                      "The vault is locked: its points cannot be deleted before their time.");
}

static bool is_within(const struct record *r, const char *account, const char *region)
{
    return strcmp(record_account(r), account) == 0 &&
           (!region || strcmp(record_region(r), region) == 0);
}

static void hit_within(struct walker *w, uint32_t place, uint16_t timeline)
{
    struct record r, target;
    enum kind kind = node_kind(w->j->estate, place);
    char account[16], region[40];
    const char *in_account = account, *in_region = kind == KIND_REGION ? region : NULL;
    node_place(w->j->estate, place, account, region);
    if (generation_record(w->j->generation, place, &target)) {
        in_account = record_account(&target);
        in_region = kind == KIND_REGION ? record_region(&target) : NULL;
    }
    const struct impact_rule *rule;
    for (size_t i = 0; (rule = impact_rule_within(kind, i)); i++)
        for (struct walk walk = walk_kind(w->j->generation, rule->kind); walk_next(&walk, &r);)
            if (is_within(&r, in_account, in_region)) {
                struct hit hit = {.identity = holding_identity(&r), .parent = NO_STEP, .rule = rule,
                                  .edge = EDGE_NONE, .timeline = timeline};
                step_hit(w, &r, &hit);
            }
    unread_within(w, in_account, in_region);
}

static void hit_dependents(struct walker *w, uint32_t target, enum fall fall, uint16_t timeline)
{
    for (struct hits h = hits_on(w, target, fall); hits_next(&h);) {
        struct hit hit = {.identity = h.identity, .parent = NO_STEP, .rule = h.rule, .edge = h.edge,
                          .timeline = timeline};
        step_hit(w, &h.record, &hit);
    }
    if (fall == FALL_KEY && node_kind(w->j->estate, target) == KIND_KEY)
        hit_beside_key(w, target, NO_STEP, timeline);
    if (fall == FALL_DELETED && node_kind(w->j->estate, target) == KIND_PRINCIPAL)
        hit_bearers(w, target, timeline);
    hit_unread(w, target, timeline);
}

static void hit_target(struct walker *w, uint32_t target, const struct impact_action *action)
{
    struct record r;
    enum kind kind = node_kind(w->j->estate, target);
    uint16_t timeline = timeline_add(w, timeline_of(w, target, action));
    bool is_seen = generation_record(w->j->generation, target, &r);
    const struct impact_rule *self = is_seen ? impact_rule_self(kind, action->fall, &r) : NULL;
    if (self)
        step_of_target(w, &r, self, timeline);
    if (!is_seen)
        unread_target(w, target);
    if (kind == KIND_KEY)
        caveats_of_key(w, target);
    if (kind == KIND_VAULT)
        caveats_of_vault(w, target);
    if (action->fall == FALL_PLACE)
        hit_within(w, target, timeline);
    else
        hit_dependents(w, target, action->fall, timeline);
}

/* ---- asking ---------------------------------------------------------------------------------- */

static int order_targets(const void *a, const void *b, void *ctx)
{
    const struct walker *w = ctx;
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    int order = x == y ? 0 : node_compare(w->j->estate, w->impact->targets[x], w->impact->targets[y]);
    return order != 0 ? order : x < y ? -1 : x > y;
}

/* By their ARNs, in whichever order they were named. */
static const uint32_t *sort_targets(struct walker *w)
{
    size_t n = w->impact->n_targets;
    uint32_t *order = arena_alloc(w->impact->arena, (n + 1) * sizeof *order);
    uint32_t *sorted = arena_alloc(w->impact->arena, (n + 1) * sizeof *sorted);
    for (size_t i = 0; i < n; i++)
        order[i] = (uint32_t)i;
    if (n > 1)
        qsort_r(order, n, sizeof *order, order_targets, w);
    for (size_t i = 0; i < n; i++)
        sorted[i] = w->impact->targets[order[i]];
    w->targets = sorted;
    return order;
}

static void walk(struct walker *w, const struct impact_action *const *actions, const int *waiting_days)
{
    struct impact *impact = w->impact;
    const uint32_t *in_order = sort_targets(w);
    for (size_t i = 0; i < impact->n_targets; i++) {
        struct record r;
        bool is_seen = generation_record(w->j->generation, impact->targets[i], &r);
        mark_target(w, is_seen ? holding_identity(&r) : impact->targets[i]); /* no target follows from another */
        if (actions[i]->fall == FALL_KEY)
            nodemap_add(&w->falling, impact->targets[i], waiting_days ? (uint32_t)waiting_days[i] : 0);
    }
    /* what is worst for what hangs there comes first */
    static const enum fall order[] = {FALL_KEY, FALL_PLACE, FALL_DELETED, FALL_MOVED};
    for (size_t o = 0; o < sizeof order / sizeof *order; o++)
        for (size_t i = 0; i < impact->n_targets; i++)
            if (actions[in_order[i]]->fall == order[o])
                hit_target(w, impact->targets[in_order[i]], actions[in_order[i]]);
    for (size_t begin = 0, end; begin < w->steps.n || w->again.n > 0; begin = end) {
        end = w->steps.n;
        walk_on(w, begin, end);
    }
    settle_depths(w);
    find_copies(w);
    soften_sources(w);
}

static bool find_actions(const struct judgement *j, const uint32_t *targets, size_t n,
                         const char *const *names, const struct impact_action **out)
{
    for (size_t i = 0; i < n; i++) {
        out[i] = targets[i] ? impact_action_find(node_kind(j->estate, targets[i]), names[i]) : NULL;
        if (!out[i])
            return false;
    }
    return n > 0;
}

/* Whether an account, "" being one without a known number, may keep things under a key: it owns it, or the
 * key's policy lets it in. */
static bool may_use(const struct record *key, const char *account)
{
    if (strcmp(record_account(key), account) == 0)
        return true;
    struct value allowed = record_value(key, ATTR_KEY_EXTERNAL_ACCOUNTS);
    for (const char *id = NULL; (id = value_next(&allowed, id));)
        if (*id == '*' || *account == '\0' || strcmp(id, account) == 0)
            return true;
    return allowed.is == VALUE_UNKNOWN;
}

/* What was not seen of a key itself, or of an account that may use it, may hold more. */
static void note_unseen(struct walker *w, const struct record *key)
{
    for (size_t i = 0; i < w->j->blind_holdings.n; i++)
        if (may_use(key, w->j->blind.items[w->j->blind_holdings.items[i]].account)) {
            w->impact->is_complete = false;
            impact_caveat(w->impact, "An account that may use the key could not be read: what it keeps under "
                                     "the key is not known.");
        }
    for (int f = (int)kind_row(KIND_KEY)->first_facet; f < (int)kind_row(KIND_KEY)->end_facet; f++)
        if (!facet_row((enum facet)f)->on_demand && !truth_is_sure(record_facet(key, (enum facet)f).truth))
            w->impact->is_complete = false;
}

struct impact *judge_impact(const struct judgement *j, const uint32_t *targets, size_t n_targets,
                            const char *action, size_t max)
{
    const char **actions = mem_alloc_array(n_targets + 1, sizeof *actions);
    for (size_t i = 0; i < n_targets; i++)
        actions[i] = action;
    struct impact *impact = judge_impact_of(j, targets, actions, NULL, n_targets, max);
    mem_free(actions);
    return impact;
}

struct impact *judge_impact_of(const struct judgement *j, const uint32_t *targets, const char *const *names,
                               const int *waiting_days, size_t n_targets, size_t max)
{
    struct hit_marks marks = hit_marks_new(j);
    struct impact *impact = impact_with_marks(j, &marks, targets, names, waiting_days, n_targets, max);
    hit_marks_free(&marks);
    return impact;
}

struct impact *impact_with_marks(const struct judgement *j, struct hit_marks *marks, const uint32_t *targets,
                                 const char *const *names, const int *waiting_days, size_t n_targets, size_t max)
{
    struct arena *arena = arena_new();
    const struct impact_action **actions = arena_alloc(arena, (n_targets + 1) * sizeof *actions);
    if (!find_actions(j, targets, n_targets, names, actions)) {
        arena_free(arena);
        return NULL;
    }
    struct impact *impact = arena_alloc(arena, sizeof *impact);
    uint32_t *own = arena_alloc(arena, n_targets * sizeof *own);
    memcpy(own, targets, n_targets * sizeof *own);
    impact->arena = arena;
    impact->targets = own;
    impact->n_targets = n_targets;
    const char **done = arena_alloc(arena, n_targets * sizeof *done);
    for (size_t i = 0; i < n_targets; i++)
        done[i] = actions[i]->name;
    impact->action = done[0];
    impact->actions = done;
    impact->is_complete = true;
    impact->point_of_no_return = TIME_NONE;
    struct walker w = {.j = j, .impact = impact, .hit = marks};
    walk(&w, actions, waiting_days);
    struct record key;
    for (size_t t = 0; t < n_targets; t++)
        if (generation_record(j->generation, targets[t], &key) && key.kind == KIND_KEY)
            note_unseen(&w, &key);
    impact_report(&w, max);
    hit_marks_wipe(marks);
    nodemap_free(&w.unread_seen);
    nodemap_free(&w.falling);
    nodemap_free(&w.also);
    nodemap_free(&w.again_from);
    VEC_FREE(w.again);
    VEC_FREE(w.unread);
    VEC_FREE(w.timelines);
    VEC_FREE(w.steps);
    return impact;
}

void impact_free(struct impact *i)
{
    if (i)
        arena_free(i->arena);
}
