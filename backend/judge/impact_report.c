#include "backend/judge/impact_walk.h"

#include <stdlib.h>
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

int consequence_order_phases(const struct consequence *a, const struct consequence *b)
{
    int order = 0;
    for (int i = 0; i < a->n_phases && i < b->n_phases && order == 0; i++) {
        const struct impact_phase *x = &a->phases[i], *y = &b->phases[i];
        order = (int)y->effect - (int)x->effect;
        if (order == 0)
            order = (int)x->when - (int)y->when;
        if (order == 0)
            order = (x->from_utc > y->from_utc) - (x->from_utc < y->from_utc);
    }
    return order != 0 ? order : b->n_phases - a->n_phases;
}

/* A second consequence of the same record. */
static bool is_more_of_parent(const struct walker *w, const struct step *s)
{
    return s->parent != NO_STEP && w->steps.items[s->parent].node == s->node;
}

static void count_clock(struct walker *w, const struct step *s)
{
    struct impact_phase phases[2];
    int n;
    int64_t *end = &w->impact->point_of_no_return;
    phases_of(w, s, phases, &n);
    if (n < 2 || phases[1].when != WHEN_DATE)
        return;
    if (*end == TIME_NONE || phases[1].from_utc < *end)
        *end = phases[1].from_utc;
    if (phases[0].when == WHEN_ALREADY && clock_since(w, s) == TIME_NONE)
        impact_caveat(w->impact, "Since when its key is unusable not every service says: the dates of those that do not are "
                                 "the latest.");
}

static void count(struct walker *w)
{
    struct impact *impact = w->impact;
    for (size_t i = 0; i < w->steps.n; i++) {
        const struct step *s = &w->steps.items[i];
        const struct timeline *t = &w->timelines.items[s->timeline];
        impact->counts[s->effect]++;
        if (s->rule->clock_hours)
            count_clock(w, s);
        if ((t->has_first || !t->has_last ? t->first_when : t->last_when) == WHEN_ALREADY) {
            struct impact_phase phases[2];
            int n;
            phases_of(w, s, phases, &n);
            if (phases[0].effect != EFFECT_SAFE)
                impact->now_counts[phases[0].effect]++;
        }
        if ((enum severity)s->severity > impact->severity)
            impact->severity = (enum severity)s->severity;
        if (!s->node)
            impact->n_unread++;
        else if (s->is_dependent)
            impact->dependents++;
        else
            impact->others[is_more_of_parent(w, s) ? KIND_NONE : node_kind(w->j->estate, s->node)]++;
    }
    impact->n_all = w->steps.n;
}

static void add_number(struct buf *out, uint64_t n, const char *one, const char *many)
{
    if (n > 0)
        buf_printf(out, "%s%llu %s", out->len > 0 ? ", " : "", (unsigned long long)n, n == 1 ? one : many);
}

/* What goes with its place hangs on nothing: it is told by kind alone. */
void impact_sum(const struct impact *i, struct buf *out)
{
    add_number(out, i->dependents, "dependent", "dependents");
    for (int k = 1; k < KIND_COUNT; k++)
        add_number(out, i->others[k], kind_row((enum kind)k)->name, kind_row((enum kind)k)->plural);
    add_number(out, i->others[KIND_NONE], "open question", "open questions");
    add_number(out, i->n_named, "principal or flow", "principals and flows");
    add_number(out, i->n_unread, "list not read", "lists not read");
}

/* ---- which are listed, in which order --------------------------------------------------------- */

/* By kind and ARN, what was not read last. */
static int order_who(const struct walker *w, uint32_t i, uint32_t k)
{
    const struct step *x = &w->steps.items[i], *y = &w->steps.items[k];
    if (!x->node || !y->node) {
        if (x->node || y->node)
            return x->node ? -1 : 1;
        const struct unread *a = &w->unread.items[x->unread], *b = &w->unread.items[y->unread];
        int order = strcmp(a->account, b->account);
        if (order == 0)
            order = strcmp(a->region, b->region);
        return order != 0 ? order : (int)a->list - (int)b->list;
    }
    int order = (int)node_kind(w->j->estate, x->node) - (int)node_kind(w->j->estate, y->node);
    if (order == 0)
        order = node_compare(w->j->estate, x->node, y->node);
    return order != 0 ? order : i < k ? -1 : i > k;
}

static void sift_down(const struct walker *w, uint32_t *heap, size_t n, size_t at)
{
    uint32_t x = heap[at];
    for (size_t child; (child = 2 * at + 1) < n; at = child) {
        if (child + 1 < n && order_who(w, heap[child], heap[child + 1]) < 0)
            child++;
        if (order_who(w, x, heap[child]) >= 0)
            break;
        heap[at] = heap[child];
    }
    heap[at] = x;
}

/* The first `room` of the steps of one severity. */
static size_t first_of(const struct walker *w, enum severity severity, size_t room, uint32_t *out)
{
    size_t n = 0;
    for (size_t i = 0; i < w->steps.n && room > 0; i++) {
        if ((enum severity)w->steps.items[i].severity != severity)
            continue;
        if (n < room) {
            out[n++] = (uint32_t)i;
            for (size_t at = n / 2; n == room && at-- > 0;)
                sift_down(w, out, n, at);
        } else if (order_who(w, (uint32_t)i, out[0]) < 0) {
            out[0] = (uint32_t)i;
            sift_down(w, out, n, 0);
        }
    }
    return n;
}

#define LEFT_OUT NO_STEP
#define LISTED (NO_STEP - 1)

/* Marks the worst max steps in place[], and those that they follow from; how many. */
static size_t choose(const struct walker *w, size_t max, uint32_t *place)
{
    size_t n = 0, n_chosen = 0;
    max = max < w->steps.n ? max : w->steps.n;
    uint32_t *chosen = mem_alloc_array(max + 1, sizeof *chosen);
    memset(place, 0xff, w->steps.n * sizeof *place);
    for (int severity = SEVERITY_CRITICAL; severity >= SEVERITY_NONE; severity--)
        n_chosen += first_of(w, (enum severity)severity, max - n_chosen, chosen + n_chosen);
    for (size_t i = 0; i < n_chosen; i++)
        for (uint32_t s = chosen[i]; s != NO_STEP && place[s] == LEFT_OUT; s = w->steps.items[s].parent) {
            place[s] = LISTED;
            n++;
        }
    mem_free(chosen);
    return n;
}

struct ordering {
    const struct walker *w;
    const uint32_t *place;
};

static int order_listed(const void *a, const void *b, void *ctx)
{
    const struct ordering *o = ctx;
    uint32_t i = *(const uint32_t *)a, k = *(const uint32_t *)b;
    const struct step *x = &o->w->steps.items[i], *y = &o->w->steps.items[k];
    uint32_t above_x = x->parent == NO_STEP ? 0 : o->place[x->parent] + 1;
    uint32_t above_y = y->parent == NO_STEP ? 0 : o->place[y->parent] + 1;
    int orders[] = {(above_x > above_y) - (above_x < above_y), (int)y->severity - (int)x->severity,
                    (int)y->effect - (int)x->effect};
    for (size_t n = 0; n < sizeof orders / sizeof *orders; n++)
        if (orders[n] != 0)
            return orders[n];
    return order_who(o->w, i, k);
}

/* Gives the listed steps their places, depth by depth: one's own order begins with its cause's place. */
static void put_in_order(const struct walker *w, size_t n, uint32_t *place, uint32_t *listed)
{
    struct ordering ordering = {w, place};
    size_t n_placed = 0;
    for (uint16_t depth = 0; n_placed < n; depth++) {
        size_t begin = n_placed, end = begin;
        for (size_t i = 0; i < w->steps.n; i++)
            if (place[i] == LISTED && w->steps.items[i].depth == depth)
                listed[end++] = (uint32_t)i;
        if (end - begin > 1)
            qsort_r(listed + begin, end - begin, sizeof *listed, order_listed, &ordering);
        for (; n_placed < end; n_placed++)
            place[listed[n_placed]] = (uint32_t)n_placed;
    }
}

/* ---- what is told of each ---------------------------------------------------------------------- */

static bool names(const struct record *r, enum attr attr, uint32_t node)
{
    struct value v = record_value(r, attr);
    struct buf arn = {0};
    bool found = v.is == VALUE_KNOWN && v.type == TYPE_REF && v.node == node;
    if (v.is == VALUE_KNOWN && v.type == TYPE_REFS)
        node_arn(generation_estate(r->generation), node, &arn);
    for (const char *item = NULL; arn.data && !found && (item = value_next(&v, item));)
        found = strcmp(item, arn.data) == 0;
    buf_free(&arn);
    return found;
}

/* The field of a record that names what it hangs on, in AWS's word where there is one. Roles are named by a text. */
static bool prove(const struct record *r, enum edge edge, uint32_t on, struct consequence *out)
{
    const struct kind_row *kind = kind_row(r->kind);
    for (int a = (int)kind->first_attr; edge != EDGE_NONE && a < (int)kind->end_attr; a++) {
        const struct attr_row *attr = attr_row((enum attr)a);
        bool is_role = (edge == EDGE_RUNS_AS || edge == EDGE_GIVEN_TO) && role_attr(r->kind) == (enum attr)a;
        if (!is_role && (attr->edge != edge || !names(r, (enum attr)a, on)))
            continue;
        out->evidence = attr->member[0] ? attr->member : attr->name;
        out->evidence_of = r->node;
        out->read_at = attr->facet == FACET_LIST_ ? slice_seen_at(r->slice) : record_facet(r, attr->facet).read_at;
        return true;
    }
    return false;
}

/* Of several targets any may be the one; a multi-Region relative may be named by the other only; a copy names
 * the vault that it came from. */
static void find_proof(const struct walker *w, const struct step *s, struct consequence *out)
{
    struct record r, other;
    enum edge edge = (enum edge)s->edge;
    if (!generation_record(w->j->generation, s->node, &r))
        return;
    const uint32_t *on = s->parent == NO_STEP ? w->targets : &w->steps.items[s->parent].node;
    size_t n = s->parent == NO_STEP ? w->impact->n_targets : 1;
    uint32_t vault = edge == EDGE_COPIED_FROM ? value_node(&r, ATTR_POINT_SOURCE_VAULT) : 0;
    bool done = vault && prove(&r, edge, vault, out);
    for (size_t i = 0; i < n && !done; i++)
        done = prove(&r, edge, on[i], out) || (generation_record(w->j->generation, on[i], &other) &&
                                               prove(&other, edge, s->node, out));
}

void consequence_proof(const struct judgement *j, const struct consequence *c, struct buf *out)
{
    char iso[TIME_ISO_SIZE];
    if (!c->evidence[0] || !c->evidence_of)
        return;
    buf_printf(out, "%s %s: %s", kind_row(node_kind(j->estate, c->evidence_of))->name,
               node_tail(j->estate, c->evidence_of), c->evidence);
    if (c->read_at == TIME_NONE)
        return;
    time_format_iso(c->read_at, iso);
    buf_printf(out, ", read %s", iso);
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
                                .read_at = TIME_NONE,
                                .label = "",
                                .source = rule->page ? rule->page : ""};
    out->because = s->parent == NO_STEP ? UINT32_MAX : place[s->parent];
    phases_of(w, s, out->phases, &out->n_phases);
    out->remedy = remedy_of(w, s, out);
    if (!s->node) {
        unread_tell(w, &w->unread.items[s->unread], out);
        return;
    }
    bool is_lost = t->has_last && rule->last_text && t->cap > EFFECT_DOWN;
    out->text = is_lost ? rule->last_text : rule->first_text;
    if (t->cap == EFFECT_SAFE && !rule->by_health) {
        out->text = t->never;
        out->remedy = "";
    } else if (rule->by_health && s->effect == EFFECT_UNKNOWN)
        out->text = "whether it can be relied on is not known";
    node_where(w->j, w->impact->arena, out->node, &out->account, &out->region);
    find_proof(w, s, out);
}

void impact_report(struct walker *w, size_t max)
{
    struct impact *impact = w->impact;
    count(w);
    uint32_t *place = mem_alloc_array(w->steps.n + 1, sizeof *place);
    impact->n = choose(w, max, place);
    uint32_t *listed = mem_alloc_array(impact->n + 1, sizeof *listed);
    put_in_order(w, impact->n, place, listed);
    impact->items = arena_alloc(impact->arena, (impact->n + 1) * sizeof *impact->items);
    for (size_t i = 0; i < impact->n; i++)
        tell(w, &w->steps.items[listed[i]], place, &impact->items[i]);
    mem_free(listed);
    mem_free(place);
}
