#include "backend/judge/impact_walk.h"

#include <stdlib.h>
#include <string.h>

/* ---- steps ----------------------------------------------------------------------------------- */

void phases_of(const struct walker *w, const struct step *s, struct impact_phase phases[2], int *n)
{
    const struct timeline *t = &w->timelines.items[s->timeline];
    const struct impact_rule *rule = s->rule;
    enum impact_effect first = rule->first, last = rule->last;
    *n = 0;
    if (t->cap == EFFECT_SAFE)
        first = last = EFFECT_SAFE;
    else if (last == EFFECT_LOST)
        last = t->cap;
    if (rule->by_health)
        first = last = (enum impact_effect)s->effect;
    if (t->has_first || !t->has_last)
        phases[(*n)++] = (struct impact_phase){first, t->first_when, t->first_at};
    if (t->has_last && (*n == 0 || last != first))
        phases[(*n)++] = (struct impact_phase){last, t->last_when, t->last_at};
}

static enum severity severity_of(const struct walker *w, const struct step *s)
{
    const struct timeline *t = &w->timelines.items[s->timeline];
    if (s->effect == EFFECT_SAFE)
        return SEVERITY_NONE;
    bool comes_to_the_end = t->has_last && (s->rule->last != EFFECT_LOST || t->cap != EFFECT_DOWN);
    return comes_to_the_end || s->rule->by_health ? s->rule->last_severity
                                                  : s->rule->first_severity;
}

/* Whether what stays can be relied on: only if its key is known to work. What is under a key that goes was
 * hit before. */
static enum impact_effect effect_by_health(const struct walker *w, const struct record *r)
{
    bool works = r->kind == KIND_KEY ? judge_key(w->j, r->node) == KEY_USABLE
                                     : judge_restorable(w->j, r) == TRI_YES;
    return works ? EFFECT_SAFE : EFFECT_UNKNOWN;
}

/* Effect and severity go by rule and time, which mostly stay the same from one to the next. */
static void step_judge(struct walker *w, const struct record *r, struct step *s)
{
    if (!s->rule->by_health && w->last.rule == s->rule && w->last.timeline == s->timeline) {
        s->effect = w->last.effect;
        s->severity = w->last.severity;
        return;
    }
    struct impact_phase phases[2];
    int n;
    s->effect = s->rule->by_health ? (uint8_t)effect_by_health(w, r) : 0;
    phases_of(w, s, phases, &n);
    for (int i = 0; i < n; i++)
        if (phases[i].effect > (enum impact_effect)s->effect)
            s->effect = (uint8_t)phases[i].effect;
    s->severity = (uint8_t)severity_of(w, s);
    w->last = *s;
}

/* Who hangs on an alias or in a key store hangs on the key or the store. */
static void step_count(struct step *s, const struct step *parent)
{
    bool counts = !parent || (parent->hands_on && parent->node != s->node);
    s->is_dependent = counts && s->edge != EDGE_NONE && counts_as_dependent((enum edge)s->edge);
    s->hands_on = counts && (s->edge == EDGE_ALIAS_OF || s->edge == EDGE_STORED_IN);
}

void step_add(struct walker *w, uint32_t parent, const struct record *r, enum edge edge,
              const struct impact_rule *rule, uint16_t timeline)
{
    struct step s = {.node = r->node,
                     .parent = parent,
                     .rule = rule,
                     .timeline = timeline,
                     .depth = 1,
                     .edge = (uint8_t)edge,
                     .fall = (uint8_t)rule->then};
    const struct step *above = parent == NO_STEP ? NULL : &w->steps.items[parent];
    if (above)
        s.depth = (uint16_t)(above->depth + 1);
    step_count(&s, above);
    const struct holding *h = w->j->copies.n > 0 ? holding_of(r->kind) : NULL;
    s.resource = h && h->source != ATTR_NONE ? value_node(r, h->source) : 0;
    step_judge(w, r, &s);
    VEC_PUSH(w->steps, s);
    if (rule->also && s.effect != EFFECT_SAFE)
        step_add(w, (uint32_t)(w->steps.n - 1), r, edge, rule->also, timeline);
}

struct hit_marks hit_marks_new(const struct judgement *j)
{
    return (struct hit_marks){.bits = mem_alloc(((j->n_nodes + j->areas.n * LIST_COUNT) >> 3) + 1)};
}

void hit_marks_free(struct hit_marks *m)
{
    mem_free(m->bits);
    VEC_FREE(m->set);
}

static void hit_marks_wipe(struct hit_marks *m)
{
    for (size_t i = 0; i < m->set.n; i++)
        m->bits[m->set.items[i] >> 3] = 0;
    m->set.n = 0;
}

static bool is_marked(const struct hit_marks *m, uint32_t at)
{
    return m->bits[at >> 3] & 1u << (at & 7);
}

/* False: it was already. */
static bool mark(struct hit_marks *m, uint32_t at)
{
    if (is_marked(m, at))
        return false;
    m->bits[at >> 3] |= (uint8_t)(1u << (at & 7));
    VEC_PUSH(m->set, at);
    return true;
}

static bool was_hit(const struct walker *w, uint32_t identity)
{
    return identity > w->j->n_nodes || is_marked(w->hit, identity);
}

bool is_new(struct walker *w, uint32_t identity)
{
    return identity <= w->j->n_nodes && mark(w->hit, identity);
}

bool is_new_list(struct walker *w, const struct area *a, enum list list)
{
    uint32_t area = (uint32_t)(a - w->j->areas.items);
    return mark(w->hit, w->j->n_nodes + 1 + area * LIST_COUNT + (uint32_t)list);
}

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
        if (rule && is_new(w, r.node))
            step_add(w, parent, &r, EDGE_RELATIVE_OF, rule, timeline);
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

/* A step that follows from another of the level before. */
struct hit {
    uint32_t parent, node;
    enum edge edge;
    const struct impact_rule *rule;
};
typedef VEC(struct hit) hit_vec;

/* By the ARNs of what falls: who is hit from two sides is hit from the first, in whichever order they came. */
static int order_hits(const void *a, const void *b, void *ctx)
{
    const struct walker *w = ctx;
    const struct hit *x = a, *y = b;
    if (x->parent == y->parent)
        return 0;
    return node_compare(w->j->estate, w->steps.items[x->parent].node, w->steps.items[y->parent].node);
}

/* What hangs on a step and was not hit before. Of 300,000 recovery points most are nobody's source. */
static void gather_hits(const struct walker *w, uint32_t parent, hit_vec *out)
{
    const struct step *s = &w->steps.items[parent];
    for (struct hits h = hits_on(w, s->node, (enum fall)s->fall); hits_next(&h);)
        if (!was_hit(w, h.identity)) {
            struct hit hit = {parent, h.record.node, h.edge, h.rule};
            VEC_PUSH(*out, hit);
        }
}

static void add_hits(struct walker *w, const hit_vec *hits)
{
    for (size_t i = 0; i < hits->n; i++) {
        const struct hit *h = &hits->items[i];
        struct record r;
        if (generation_record(w->j->generation, h->node, &r) && is_new(w, holding_identity(&r)))
            step_add(w, h->parent, &r, h->edge, h->rule, w->steps.items[h->parent].timeline);
    }
}

/* What follows from those steps that go on. */
static void walk_on(struct walker *w, size_t begin, size_t end)
{
    hit_vec hits = {0};
    for (size_t i = begin; i < end; i++) {
        struct step s = w->steps.items[i];
        if (s.fall == FALL_NONE || !s.node)
            continue;
        hit_unread(w, s.node, s.timeline);
        gather_hits(w, (uint32_t)i, &hits);
    }
    if (hits.n > 1)
        qsort_r(hits.items, hits.n, sizeof *hits.items, order_hits, w);
    add_hits(w, &hits);
    for (size_t i = begin; i < end; i++) {
        struct step s = w->steps.items[i];
        if (s.fall == FALL_KEY && node_kind(w->j->estate, s.node) == KIND_KEY)
            hit_beside_key(w, s.node, (uint32_t)i, s.timeline);
    }
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
    struct record product;
    enum edge edge;
    for (struct hang h = hang_on(w->j->generation, key); hang_next(&h, &product, &edge);)
        if (product.kind == KIND_EKM)
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
            if (is_within(&r, in_account, in_region) && is_new(w, holding_identity(&r)))
                step_add(w, NO_STEP, &r, EDGE_NONE, rule, timeline);
    unread_within(w, in_account, in_region);
}

static void hit_dependents(struct walker *w, uint32_t target, enum fall fall, uint16_t timeline)
{
    for (struct hits h = hits_on(w, target, fall); hits_next(&h);)
        if (is_new(w, h.identity))
            step_add(w, NO_STEP, &h.record, h.edge, h.rule, timeline);
    if (fall == FALL_KEY && node_kind(w->j->estate, target) == KIND_KEY)
        hit_beside_key(w, target, NO_STEP, timeline);
    hit_unread(w, target, timeline);
}

static void hit_target(struct walker *w, uint32_t target, const struct impact_action *action)
{
    struct record r;
    enum kind kind = node_kind(w->j->estate, target);
    uint16_t timeline = timeline_add(w, timeline_of(w, target, action));
    bool is_seen = generation_record(w->j->generation, target, &r);
    const struct impact_rule *self = is_seen ? impact_rule_self(kind, action->fall, &r) : NULL;
    if (self) {
        step_add(w, NO_STEP, &r, EDGE_NONE, self, timeline);
        for (size_t i = w->steps.n; i-- > 0 && w->steps.items[i].node == target;)
            w->steps.items[i].depth--;
    }
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

static void walk(struct walker *w, const struct impact_action *const *actions)
{
    struct impact *impact = w->impact;
    for (size_t i = 0; i < impact->n_targets; i++) {
        struct record r;
        bool is_seen = generation_record(w->j->generation, impact->targets[i], &r);
        is_new(w, is_seen ? holding_identity(&r) : impact->targets[i]); /* no target follows from another */
        if (actions[i]->fall == FALL_KEY)
            nodemap_add(&w->falling, impact->targets[i], 0);
    }
    /* what is worst for what hangs there comes first: it is hit once */
    static const enum fall order[] = {FALL_KEY, FALL_PLACE, FALL_DELETED, FALL_MOVED};
    for (size_t o = 0; o < sizeof order / sizeof *order; o++)
        for (size_t i = 0; i < impact->n_targets; i++)
            if (actions[i]->fall == order[o])
                hit_target(w, impact->targets[i], actions[i]);
    for (size_t begin = 0, end; begin < w->steps.n; begin = end) {
        end = w->steps.n;
        walk_on(w, begin, end);
    }
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
    struct impact *impact = judge_impact_of(j, targets, actions, n_targets, max);
    mem_free(actions);
    return impact;
}

struct impact *judge_impact_of(const struct judgement *j, const uint32_t *targets, const char *const *names,
                               size_t n_targets, size_t max)
{
    struct hit_marks marks = hit_marks_new(j);
    struct impact *impact = impact_with_marks(j, &marks, targets, names, n_targets, max);
    hit_marks_free(&marks);
    return impact;
}

struct impact *impact_with_marks(const struct judgement *j, struct hit_marks *marks, const uint32_t *targets,
                                 const char *const *names, size_t n_targets, size_t max)
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
    walk(&w, actions);
    struct record key;
    for (size_t t = 0; t < n_targets; t++)
        if (generation_record(j->generation, targets[t], &key) && key.kind == KIND_KEY)
            note_unseen(&w, &key);
    impact_report(&w, max);
    hit_marks_wipe(marks);
    nodemap_free(&w.unread_seen);
    nodemap_free(&w.falling);
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
