#include "backend/judge/impact_walk.h"

#include <string.h>

void impact_caveat(struct impact *impact, const char *text)
{
    for (int i = 0; i < impact->n_caveats; i++)
        if (strcmp(impact->caveats[i], text) == 0)
            return;
    if (impact->n_caveats < (int)(sizeof impact->caveats / sizeof *impact->caveats))
        impact->caveats[impact->n_caveats++] = text;
}

enum impact_effect consequence_worst(const struct consequence *c)
{
    enum impact_effect worst = EFFECT_SAFE;
    for (int i = 0; i < c->n_phases; i++)
        if (c->phases[i].effect > worst)
            worst = c->phases[i].effect;
    return worst;
}

static void count(struct walker *w)
{
    struct impact *impact = w->impact;
    for (size_t i = 0; i < w->steps.n; i++) {
        const struct step *s = &w->steps.items[i];
        struct impact_phase phases[2];
        int n;
        phases_of(w, s, phases, &n);
        impact->counts[s->effect]++;
        if (n > 0 && phases[0].when == WHEN_ALREADY && phases[0].effect != EFFECT_SAFE)
            impact->now_counts[phases[0].effect]++;
        if ((enum severity)s->severity > impact->severity)
            impact->severity = (enum severity)s->severity;
    }
    impact->n_all = w->steps.n;
}

/* The worst max steps, each with those that it follows from. place: index in the list, NO_STEP:
 * left out. */
static size_t choose(const struct walker *w, size_t max, uint32_t *place)
{
    size_t n = 0;
    memset(place, 0xff, w->steps.n * sizeof *place);
    for (int severity = SEVERITY_CRITICAL; severity >= SEVERITY_NONE; severity--) {
        for (size_t i = 0; i < w->steps.n && n < max; i++) {
            if ((int)w->steps.items[i].severity != severity)
                continue;
            for (uint32_t s = (uint32_t)i; s != NO_STEP && place[s] == NO_STEP;
                 s = w->steps.items[s].parent) {
                place[s] = 0;
                n++;
            }
        }
    }
    n = 0;
    for (size_t i = 0; i < w->steps.n; i++)
        if (place[i] != NO_STEP)
            place[i] = (uint32_t)n++;
    return n;
}

/* The field of the dependent that names what it hangs on, in AWS's word where there is one. */
static const char *evidence_of(const struct record *r, enum edge edge, uint32_t on)
{
    const struct kind_row *kind = kind_row(r->kind);
    const char *found = "";
    for (int a = (int)kind->first_attr; a < (int)kind->end_attr; a++) {
        const struct attr_row *attr = attr_row((enum attr)a);
        if (attr->edge != edge || edge == EDGE_NONE)
            continue;
        const char *word = attr->member[0] ? attr->member : attr->name;
        if (attr->type != TYPE_REF || value_node(r, (enum attr)a) == on)
            return word;
        found = word;
    }
    return found;
}

static uint32_t node_of_cause(const struct walker *w, const struct step *s)
{
    if (s->parent != NO_STEP)
        return w->steps.items[s->parent].node;
    return w->impact->n_targets == 1 ? w->impact->targets[0] : 0;
}

/* A recovery point that is a snapshot is shown as the snapshot, whichever of the two was met first.
 */
static uint32_t shown_node(const struct walker *w, const struct step *s)
{
    struct record r;
    if (!s->node || !generation_record(w->j->generation, s->node, &r))
        return s->node;
    uint32_t twin = holding_twin(&r);
    return twin ? twin : s->node;
}

static void tell(const struct walker *w, const struct step *s, const uint32_t *place,
                 struct consequence *out)
{
    const struct timeline *t = &w->timelines.items[s->timeline];
    const struct impact_rule *rule = s->rule;
    *out = (struct consequence){.node = shown_node(w, s),
                                .edge = (enum edge)s->edge,
                                .depth = s->depth,
                                .severity = (enum severity)s->severity,
                                .evidence = "",
                                .remedy = rule->remedy ? rule->remedy : "",
                                .source = rule->page ? rule->page : ""};
    out->because = s->parent == NO_STEP ? UINT32_MAX : place[s->parent];
    phases_of(w, s, out->phases, &out->n_phases);
    if (!s->node) {
        const struct unread *u = &w->unread.items[s->unread];
        out->text = u->text;
        out->list = u->list;
        out->account = u->account;
        out->region = u->region;
        return;
    }
    bool is_lost =
        t->has_last && rule->last_text && rule->last != rule->first && t->cap > EFFECT_DOWN;
    out->text = is_lost ? rule->last_text : rule->first_text;
    if (t->cap == EFFECT_SAFE && !rule->by_health)
        out->text = "depends on it, and this cannot happen to it";
    else if (rule->by_health && s->effect == EFFECT_UNKNOWN)
        out->text = "whether it can be relied on is not known";
    node_where(w->j, w->impact->arena, out->node, &out->account, &out->region);
    struct record r;
    if (generation_record(w->j->generation, out->node, &r))
        out->evidence = evidence_of(&r, out->edge, node_of_cause(w, s));
}

void impact_report(struct walker *w, size_t max)
{
    struct impact *impact = w->impact;
    count(w);
    uint32_t *place = mem_alloc_array(w->steps.n + 1, sizeof *place);
    impact->n = choose(w, max, place);
    impact->items = arena_alloc(impact->arena, (impact->n + 1) * sizeof *impact->items);
    for (size_t i = 0; i < w->steps.n; i++)
        if (place[i] != NO_STEP)
            tell(w, &w->steps.items[i], place, &impact->items[place[i]]);
    mem_free(place);
}
