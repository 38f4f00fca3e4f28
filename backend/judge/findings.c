#include "backend/judge/internal.h"

#include <string.h>

#define MAX_RULES_OF_KIND 24

struct kind_rules {
    const struct finding_row *rows[MAX_RULES_OF_KIND];
    int n;
};

static void rules_of_kind(enum kind kind, bool on_stubs, struct kind_rules *out)
{
    size_t n;
    const struct finding_row *rows = finding_rows(&n);
    out->n = 0;
    for (size_t i = 0; i < n; i++)
        for (int k = 0; k < 4 && rows[i].kinds[k] != KIND_NONE; k++)
            if (rows[i].kinds[k] == kind && rows[i].on_stubs == on_stubs &&
                out->n < MAX_RULES_OF_KIND)
                out->rows[out->n++] = &rows[i];
}

typedef VEC(struct area *) area_vec; /* of each finding; NULL: nowhere that is known */

static void finding_add(struct judgement *j, const struct finding *f, struct area *a,
                        area_vec *areas)
{
    VEC_PUSH(j->findings, *f);
    if (!j->first_finding[f->node])
        j->first_finding[f->node] = (uint32_t)j->findings.n;
    unsigned open = j->worst[f->node] & 15u, unproved = j->worst[f->node] >> 4;
    if (f->state == FINDING_OPEN && (unsigned)f->severity > open)
        open = (unsigned)f->severity;
    if (f->state == FINDING_UNKNOWN && (unsigned)f->severity > unproved)
        unproved = (unsigned)f->severity;
    j->worst[f->node] = (uint8_t)(unproved << 4 | open);
    VEC_PUSH(*areas, a);
}

/* An effect folds under its cause where the cause is in the same place and counts as at least as
 * bad. */
static bool folds(const struct judgement *j, const struct finding *f, const struct area *a)
{
    struct record r;
    if (!f->cause || f->cause == f->node || f->cause > j->n_nodes ||
        !generation_record(j->generation, f->cause, &r) || area_of_record(j, &r) != a)
        return false;
    unsigned open = j->worst[f->cause] & 15u, unproved = j->worst[f->cause] >> 4;
    return open >= (unsigned)f->severity ||
           (f->state == FINDING_UNKNOWN && unproved >= (unsigned)f->severity);
}

static void tally(struct judgement *j, const area_vec *areas)
{
    for (size_t i = 0; i < j->findings.n; i++) {
        const struct finding *f = &j->findings.items[i];
        struct area *a = areas->items[i];
        if (a && !folds(j, f, a))
            (f->state == FINDING_OPEN ? a->sum.findings : a->sum.unknown)[f->severity]++;
    }
}

/* The first needed facet that is not sure; FACET_LIST_ if all are. */
static enum facet first_unsure(const struct finding_row *rule, const struct record *r,
                               enum truth *truth)
{
    for (int i = 0; i < 4 && rule->needs[i] != FACET_LIST_; i++) {
        *truth = record_facet(r, rule->needs[i]).truth;
        if (!truth_is_sure(*truth))
            return rule->needs[i];
    }
    return FACET_LIST_;
}

/* A fact that never was known leaves the question open. One that was known and may have changed
 * proves a fault, but not its absence. */
static void apply(struct judgement *j, const struct finding_row *rule, const struct record *r,
                  struct area *a, area_vec *areas)
{
    struct finding f = {.rule = rule, .node = r->node, .severity = rule->severity, .reason = ""};
    enum truth truth = TRUTH_KNOWN;
    enum facet unsure = rule->on_stubs ? FACET_LIST_ : first_unsure(rule, r, &truth);
    if (unsure == FACET_LIST_ || truth == TRUTH_STALE)
        f.state = rule->test(j, r, &f);
    if (unsure != FACET_LIST_ && f.state == FINDING_NONE) {
        f.state = FINDING_UNKNOWN;
        f.reason = arena_printf(j->arena, "%s: %s", facet_row(unsure)->name, truth_text(truth));
    }
    if (f.state != FINDING_NONE)
        finding_add(j, &f, a, areas);
}

/* A Region that is left out is not asked anything. */
static bool is_judged(const struct record *r)
{
    int64_t selected;
    return r->kind != KIND_REGION || (value_number(r, ATTR_REGION_SELECTED, &selected) && selected);
}

static void judge_kind(struct judgement *j, enum kind kind, area_vec *areas)
{
    struct kind_rules rules;
    rules_of_kind(kind, false, &rules);
    if (rules.n == 0)
        return;
    struct record r;
    for (struct walk w = walk_kind(j->generation, kind); walk_next(&w, &r);) {
        if (r.node > j->n_nodes || !is_judged(&r))
            continue; /* the first: named after the judgement began, so not of this generation */
        struct area *a = area_of_record(j, &r);
        for (int i = 0; i < rules.n; i++)
            apply(j, rules.rows[i], &r, a, areas);
    }
}

static void judge_stubs(struct judgement *j, area_vec *areas)
{
    struct kind_rules rules[KIND_COUNT];
    for (int k = 0; k < KIND_COUNT; k++)
        rules_of_kind((enum kind)k, true, &rules[k]);
    for (uint32_t node = 1; node <= j->n_nodes; node++) {
        const struct kind_rules *of = &rules[node_kind(j->estate, node)];
        struct record r;
        if (of->n == 0 || generation_record(j->generation, node, &r))
            continue;
        char account[16], region[40];
        node_place(j->estate, node, account, region);
        struct record stub = {
            .generation = j->generation, .node = node, .kind = node_kind(j->estate, node)};
        struct area *a = (struct area *)area_find(j, account, region);
        for (int i = 0; i < of->n; i++)
            apply(j, of->rows[i], &stub, a, areas);
    }
}

/* Worst first, open before unknown, then in the table's order: a counting sort. */
static void sort_findings(struct judgement *j)
{
    size_t n_rules;
    const struct finding_row *rows = finding_rows(&n_rules);
    size_t n_buckets = SEVERITY_COUNT * 2 * n_rules;
    size_t *at = mem_alloc_array(n_buckets + 1, sizeof *at);
    j->worst_first = mem_alloc_array(j->findings.n + 1, sizeof *j->worst_first);
    for (int pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < j->findings.n; i++) {
            const struct finding *f = &j->findings.items[i];
            size_t bucket =
                ((size_t)(SEVERITY_CRITICAL - f->severity) * 2 + (f->state == FINDING_UNKNOWN)) *
                    n_rules +
                (size_t)(f->rule - rows);
            if (pass == 0)
                at[bucket + 1]++;
            else
                j->worst_first[at[bucket]++] = *f;
        }
        for (size_t b = 0; pass == 0 && b < n_buckets; b++)
            at[b + 1] += at[b];
    }
    mem_free(at);
}

void findings_build(struct judgement *j)
{
    area_vec areas = {0};
    for (int kind = 1; kind < KIND_COUNT; kind++)
        judge_kind(j, (enum kind)kind, &areas);
    judge_stubs(j, &areas);
    tally(j, &areas);
    VEC_FREE(areas);
    sort_findings(j);
}

/* ---- a judgement ----------------------------------------------------------------------------- */

struct judgement *judge(const struct generation *g, int64_t now_utc)
{
    struct judgement *j = mem_alloc(sizeof *j);
    j->generation = generation_retain(g);
    j->estate = generation_estate(g);
    j->now_utc = now_utc;
    j->arena = arena_new();
    j->n_nodes = estate_node_count(j->estate);
    j->first_finding = mem_alloc_array((size_t)j->n_nodes + 1, sizeof *j->first_finding);
    j->worst = mem_alloc_array((size_t)j->n_nodes + 1, sizeof *j->worst);
    areas_build(j);
    blind_build(j);
    areas_finish(j);
    keys_build(j);
    findings_build(j);
    return j;
}

void judgement_free(struct judgement *j)
{
    if (!j)
        return;
    mem_free(j->worst);
    mem_free(j->first_finding);
    mem_free(j->worst_first);
    VEC_FREE(j->findings);
    VEC_FREE(j->blind);
    VEC_FREE(j->dependents);
    VEC_FREE(j->copies);
    mem_free(j->health);
    nodemap_free(&j->dependents_of);
    areas_free(j);
    arena_free(j->arena);
    generation_release(j->generation);
    mem_free(j);
}

const struct generation *judgement_generation(const struct judgement *j)
{
    return j->generation;
}

int64_t judgement_now(const struct judgement *j)
{
    return j->now_utc;
}

const struct finding *judgement_findings(const struct judgement *j, size_t *n)
{
    *n = j->findings.n;
    return j->worst_first;
}

const struct finding *judgement_of(const struct judgement *j, uint32_t node, size_t *n)
{
    *n = 0;
    if (node > j->n_nodes || !j->first_finding[node])
        return NULL;
    size_t first = j->first_finding[node] - 1;
    while (first + *n < j->findings.n && j->findings.items[first + *n].node == node)
        ++*n;
    return &j->findings.items[first];
}

enum severity judgement_worst(const struct judgement *j, uint32_t node, bool *is_unknown)
{
    unsigned both = node <= j->n_nodes ? j->worst[node] : 0;
    if (is_unknown)
        *is_unknown = both >> 4 > (both & 15u);
    return (enum severity)(both & 15u);
}
