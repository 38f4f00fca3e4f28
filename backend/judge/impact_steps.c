/* What is hit: each record once, by the worst that reaches it. */
#include "backend/judge/impact_walk.h"

#define HIT_TARGET UINT32_MAX
#define HOUR 3600

/* ---- one step ---------------------------------------------------------------------------------- */

static enum impact_effect capped(const struct timeline *t, enum impact_effect effect)
{
    return t->cap == EFFECT_SAFE ? EFFECT_SAFE : effect == EFFECT_LOST ? t->cap : effect;
}

int64_t clock_since(const struct walker *w, const struct step *s)
{
    struct record r;
    int64_t since;
    bool says = generation_record(w->j->generation, s->node, &r) && r.kind == KIND_TABLE &&
                value_number(&r, ATTR_TABLE_INACCESSIBLE, &since);
    return says ? since : TIME_NONE;
}

/* What a service gives up before the key is gone for good, and though a relative of the key could mend it: the time runs
 * until somebody does. */
static void add_clock(const struct walker *w, const struct step *s, struct impact_phase phases[2], int *n)
{
    const struct timeline *t = &w->timelines.items[s->timeline];
    enum impact_effect effect = t->cap == EFFECT_SAFE ? EFFECT_SAFE : s->rule->clock_effect, now = phases[0].effect;
    int64_t begin = t->first_when == WHEN_DATE      ? t->first_at
                    : t->first_when == WHEN_ALREADY ? clock_since(w, s)
                                                    : TIME_NONE;
    int64_t end = (begin != TIME_NONE ? begin : w->j->now_utc) + s->rule->clock_hours * HOUR;
    bool is_over_before = *n == 2 && (phases[1].when != WHEN_DATE || phases[1].from_utc <= end);
    if (t->stands_still || now == EFFECT_LOST || now == EFFECT_SAFE || is_over_before)
        return;
    phases[1] = (struct impact_phase){effect, WHEN_DATE, end};
    *n = 2;
}

void phases_of(const struct walker *w, const struct step *s, struct impact_phase phases[2], int *n)
{
    const struct timeline *t = &w->timelines.items[s->timeline];
    const struct impact_rule *rule = s->rule;
    enum impact_effect first = capped(t, rule->first), last = capped(t, rule->last);
    *n = 0;
    if (rule->by_health)
        first = last = (enum impact_effect)s->effect;
    if (t->has_first || !t->has_last)
        phases[(*n)++] = (struct impact_phase){first, t->first_when, t->first_at};
    if (t->has_last && (*n == 0 || last != first))
        phases[(*n)++] = (struct impact_phase){last, t->last_when, t->last_at};
    if (rule->clock_hours)
        add_clock(w, s, phases, n);
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

static struct step step_of(struct walker *w, const struct record *r, const struct hit *hit)
{
    struct step s = {.node = r->node,
                     .parent = hit->parent,
                     .rule = hit->rule,
                     .timeline = hit->timeline,
                     .depth = 1,
                     .edge = (uint8_t)hit->edge,
                     .fall = (uint8_t)hit->rule->then};
    const struct step *above = hit->parent == NO_STEP ? NULL : &w->steps.items[hit->parent];
    if (above)
        s.depth = (uint16_t)(above->depth + 1);
    step_count(&s, above);
    const struct holding *h = w->j->copies.n > 0 ? holding_of(r->kind) : NULL;
    s.resource = h && h->source != ATTR_NONE ? value_node(r, h->source) : 0;
    step_judge(w, r, &s);
    return s;
}

/* ---- the worse of two --------------------------------------------------------------------------- */

/* Lost before down, and that before what goes on or may: of those two severity tells. */
static const uint8_t weights[EFFECT_COUNT] = {
    [EFFECT_UNKNOWN] = 1, [EFFECT_DEGRADED] = 1, [EFFECT_DOWN] = 2, [EFFECT_LOST] = 3};

static uint32_t weight_of_timeline(const struct walker *w, uint16_t timeline)
{
    const struct timeline *t = &w->timelines.items[timeline];
    enum impact_effect end = t->has_last || t->cap == EFFECT_SAFE ? t->cap : EFFECT_DOWN;
    bool is_so = t->has_first && t->first_when == WHEN_ALREADY;
    return (uint32_t)weights[end] << 1 | is_so;
}

static uint32_t badness(const struct walker *w, const struct step *s)
{
    uint32_t weight = weights[s->effect], severity = weight == weights[EFFECT_UNKNOWN] ? s->severity : 0;
    return weight << 12 | severity << 8 | (uint32_t)s->effect << 4 | weight_of_timeline(w, s->timeline);
}

static bool follows_from(const struct walker *w, uint32_t step, uint32_t other)
{
    while (step != NO_STEP && step != other)
        step = w->steps.items[step].parent;
    return step == other;
}

static void go_on(struct walker *w, uint32_t node, uint32_t step, uint8_t fall, uint16_t timeline)
{
    struct visit again = {.node = node, .step = step, .timeline = timeline, .fall = fall};
    VEC_PUSH(w->again, again);
}

/* Nothing that more targets bring makes a row milder: the worse verdict stays with what it follows from, and so do
 * the higher severity and what goes on from there. */
static void take_worse(struct walker *w, uint32_t at, const struct step *s)
{
    struct step *was = &w->steps.items[at], both = *was;
    bool is_worse = badness(w, s) > badness(w, was) && !follows_from(w, s->parent, at);
    if (is_worse) {
        both = *s;
        w->has_moved = true;
    }
    both.severity = was->severity > s->severity ? was->severity : s->severity;
    both.fall = was->fall != FALL_NONE ? was->fall : s->fall;
    both.is_dependent = was->is_dependent || s->is_dependent;
    both.hands_on = was->hands_on || s->hands_on;
    if (s->fall != FALL_NONE && (is_worse || was->fall == FALL_NONE))
        go_on(w, s->node, at, s->fall, s->timeline);
    *was = both;
}

/* It has no row that another target could make worse, but what hangs on it has. */
static void target_goes_on(struct walker *w, const struct record *r, const struct hit *hit)
{
    uint32_t weight = weight_of_timeline(w, hit->timeline) + 1, *was = nodemap_at(&w->again_from, r->node);
    if (hit->rule->then == FALL_NONE || (was && *was >= weight))
        return;
    if (was)
        *was = weight;
    else
        (void)nodemap_add(&w->again_from, r->node, weight);
    go_on(w, r->node, NO_STEP, (uint8_t)hit->rule->then, hit->timeline);
}

/* ---- who was hit -------------------------------------------------------------------------------- */

struct hit_marks hit_marks_new(const struct judgement *j)
{
    return (struct hit_marks){.at = mem_alloc_array(j->n_nodes + j->areas.n * LIST_COUNT + 1, sizeof(uint32_t))};
}

void hit_marks_free(struct hit_marks *m)
{
    mem_free(m->at);
    VEC_FREE(m->set);
}

void hit_marks_wipe(struct hit_marks *m)
{
    for (size_t i = 0; i < m->set.n; i++)
        m->at[m->set.items[i]] = 0;
    m->set.n = 0;
}

/* False: it was already. */
static bool mark(struct hit_marks *m, uint32_t at, uint32_t value)
{
    if (m->at[at])
        return false;
    m->at[at] = value;
    VEC_PUSH(m->set, at);
    return true;
}

void mark_target(struct walker *w, uint32_t identity)
{
    if (identity <= w->j->n_nodes)
        (void)mark(w->hit, identity, HIT_TARGET);
}

bool was_hit(const struct walker *w, uint32_t identity)
{
    return identity > w->j->n_nodes || w->hit->at[identity];
}

enum impact_effect effect_on(const struct walker *w, uint32_t identity)
{
    uint32_t at = identity <= w->j->n_nodes ? w->hit->at[identity] : 0;
    return at == HIT_TARGET ? EFFECT_LOST : at ? (enum impact_effect)w->steps.items[at - 1].effect : EFFECT_SAFE;
}

bool is_new_list(struct walker *w, const struct area *a, enum list list)
{
    uint32_t area = (uint32_t)(a - w->j->areas.items);
    return mark(w->hit, w->j->n_nodes + 1 + area * LIST_COUNT + (uint32_t)list, HIT_TARGET);
}

/* ---- hitting ------------------------------------------------------------------------------------- */

/* A second consequence of the same record has no mark of its own. */
static void hit_also(struct walker *w, const struct record *r, const struct hit *hit, uint32_t own)
{
    struct hit more = *hit;
    more.rule = hit->rule->also;
    more.parent = own;
    struct step s = step_of(w, r, &more);
    const uint32_t *was = nodemap_at(&w->also, r->node);
    if (was) {
        take_worse(w, *was, &s);
        return;
    }
    (void)nodemap_add(&w->also, r->node, (uint32_t)w->steps.n);
    VEC_PUSH(w->steps, s);
}

bool hit_matters(struct walker *w, const struct record *r, const struct hit *hit)
{
    if (hit->identity > w->j->n_nodes)
        return false;
    uint32_t at = w->hit->at[hit->identity];
    if (!at || hit->rule->also)
        return true;
    if (at == HIT_TARGET)
        return hit->rule->then != FALL_NONE;
    const struct step *was = &w->steps.items[at - 1], s = step_of(w, r, hit);
    return badness(w, &s) > badness(w, was) || s.severity > was->severity || s.is_dependent > was->is_dependent ||
           (was->fall == FALL_NONE && s.fall != FALL_NONE);
}

static void step_put(struct walker *w, const struct record *r, const struct hit *hit, uint32_t *at)
{
    struct step s = step_of(w, r, hit);
    if (at && *at)
        take_worse(w, *at - 1, &s);
    else
        VEC_PUSH(w->steps, s);
    uint32_t own = at && *at ? *at - 1 : (uint32_t)(w->steps.n - 1);
    if (hit->rule->also && s.effect != EFFECT_SAFE)
        hit_also(w, r, hit, own);
}

void step_hit(struct walker *w, const struct record *r, const struct hit *hit)
{
    if (hit->identity > w->j->n_nodes)
        return;
    uint32_t *at = &w->hit->at[hit->identity];
    if (*at == HIT_TARGET)
        target_goes_on(w, r, hit);
    else if (mark(w->hit, hit->identity, (uint32_t)w->steps.n + 1))
        step_put(w, r, hit, NULL);
    else
        step_put(w, r, hit, at);
}

void step_of_target(struct walker *w, const struct record *r, const struct impact_rule *rule, uint16_t timeline)
{
    struct hit self = {.parent = NO_STEP, .rule = rule, .edge = EDGE_NONE, .timeline = timeline};
    size_t begin = w->steps.n;
    step_put(w, r, &self, NULL);
    for (size_t i = begin; i < w->steps.n; i++)
        w->steps.items[i].depth--;
}

/* What took a worse parent may stand deeper, and what follows from it too. */
void settle_depths(struct walker *w)
{
    for (bool again = w->has_moved; again;) {
        again = false;
        for (size_t i = 0; i < w->steps.n; i++) {
            struct step *s = &w->steps.items[i];
            uint16_t depth = s->parent == NO_STEP ? s->depth : (uint16_t)(w->steps.items[s->parent].depth + 1);
            again |= depth != s->depth;
            s->depth = depth;
        }
    }
}
