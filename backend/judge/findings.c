#include "backend/base/strtab.h"
#include "backend/judge/enders.h"

#include <stdlib.h>
#include <string.h>

struct kind_rules {
    const struct finding_row **rows; /* in the judgement's arena */
    int n;
};

static void rules_of_kind(struct judgement *j, enum kind kind, bool on_stubs, struct kind_rules *out)
{
    size_t n;
    const struct finding_row *rows = finding_rows(&n);
    out->rows = arena_alloc(j->arena, n * sizeof *out->rows);
    out->n = 0;
    for (size_t i = 0; i < n; i++)
        for (int k = 0; k < RULE_KINDS && rows[i].kinds[k] != KIND_NONE; k++)
            if (rows[i].kinds[k] == kind && rows[i].on_stubs == on_stubs)
                out->rows[out->n++] = &rows[i];
}

static enum severity worst_of_rule(const struct finding_row *rule)
{
    return rule->worst > rule->severity ? rule->worst : rule->severity;
}

void rules_gather(struct judgement *j)
{
    size_t n;
    const struct finding_row *rows = finding_rows(&n);
    for (size_t i = 0; i < n; i++)
        for (int k = 0; k < RULE_KINDS && rows[i].kinds[k] != KIND_NONE; k++)
            if (!rows[i].on_stubs && worst_of_rule(&rows[i]) > j->worst_of_kind[rows[i].kinds[k]])
                j->worst_of_kind[rows[i].kinds[k]] = worst_of_rule(&rows[i]);
}

typedef VEC(struct area *) area_vec; /* of each finding; NULL: nowhere that is known */

/* The byte of a node: open severity, whether that is by old facts, unprovable severity. */
#define WORST_STALE 8u
#define WORST_UNPROVED_SHIFT 4

static void note_worst(struct judgement *j, uint32_t node, enum severity severity, bool is_open, bool is_stale)
{
    struct worst w = {.open = (enum severity)(j->worst[node] & 7u),
                      .unproved = (enum severity)(j->worst[node] >> WORST_UNPROVED_SHIFT),
                      .is_stale = j->worst[node] & WORST_STALE};
    if (!is_open && severity > w.unproved)
        w.unproved = severity;
    if (is_open && severity == w.open)
        w.is_stale &= is_stale;
    if (is_open && severity > w.open)
        w = (struct worst){severity, w.unproved, is_stale};
    j->worst[node] = (uint8_t)((unsigned)w.unproved << WORST_UNPROVED_SHIFT | (w.is_stale ? WORST_STALE : 0u) |
                               (unsigned)w.open);
}

static struct worst worst_of_byte(unsigned byte)
{
    struct worst w = {.open = (enum severity)(byte & 7u), .is_stale = byte & WORST_STALE};
    if ((enum severity)(byte >> WORST_UNPROVED_SHIFT) > w.open)
        w.unproved = (enum severity)(byte >> WORST_UNPROVED_SHIFT);
    return w;
}

struct worst node_worst(const struct judgement *j, uint32_t node)
{
    return worst_of_byte(node <= j->n_nodes ? j->worst[node] : 0);
}

static void rank_worst(struct judgement *j)
{
    for (unsigned byte = 0; byte < 256; byte++)
        if ((byte & 7u) < SEVERITY_COUNT && byte >> WORST_UNPROVED_SHIFT < SEVERITY_COUNT)
            j->rank_of_worst[byte] = worst_rank(worst_of_byte(byte));
}

static void finding_add(struct judgement *j, const struct finding *f, struct area *a,
                        area_vec *areas)
{
    VEC_PUSH(j->findings, *f);
    if (!j->first_finding[f->node])
        j->first_finding[f->node] = (uint32_t)j->findings.n;
    if (f->state != FINDING_SUPPRESSED) {
        note_worst(j, f->node, f->severity, f->state == FINDING_OPEN, f->facts_at != TIME_NONE);
        note_worst(j, f->node, f->perhaps, false, false);
    }
    VEC_PUSH(*areas, a);
}

/* Where a record stands, or the ARN of what is only named says. */
static struct area *area_of_node(const struct judgement *j, uint32_t node)
{
    struct record r;
    char account[16], region[40];
    if (generation_record(j->generation, node, &r))
        return area_of_record(j, &r);
    node_place(j->estate, node, account, region);
    return (struct area *)area_find(j, account, region);
}

/* The worst finding of a node that one of this state can fold under: an open one only under an open one. */
static struct finding *leading(struct judgement *j, uint32_t node, enum finding_state state)
{
    size_t n;
    struct finding *of = (struct finding *)judgement_of(j, node, &n), *best = NULL;
    for (size_t i = 0; i < n; i++)
        if (of[i].state <= state &&
            (!best || of[i].severity > best->severity ||
             (of[i].severity == best->severity && of[i].state < best->state)))
            best = &of[i];
    return best;
}

/* A cause, as the findings that follow one another mostly have the same. */
struct cause {
    uint32_t node;
    const struct area *area;
    struct finding *leading[FINDING_UNKNOWN + 1];
};

static void look_at_cause(struct judgement *j, uint32_t node, struct cause *out)
{
    if (out->node == node)
        return;
    out->node = node;
    out->area = area_of_node(j, node);
    for (int state = FINDING_OPEN; state <= FINDING_UNKNOWN; state++)
        out->leading[state] = leading(j, node, (enum finding_state)state);
}

/* An effect folds under its cause where the cause is in the same place and at least as bad. What is suppressed
 * stands by itself. */
static void tally(struct judgement *j, const area_vec *areas)
{
    struct cause cause = {.node = 0};
    for (size_t i = 0; i < j->findings.n; i++) {
        struct finding *f = &j->findings.items[i], *under = NULL;
        struct area *a = areas->items[i];
        if (f->state == FINDING_SUPPRESSED) {
            if (a)
                a->sum.suppressed++;
            continue;
        }
        if (a && f->cause && f->cause != f->node && f->cause <= j->n_nodes) {
            look_at_cause(j, f->cause, &cause);
            under = cause.area == a ? cause.leading[f->state] : NULL;
        }
        f->is_effect = under && under->severity >= f->severity;
        if (f->is_effect)
            under->n_effects++;
        else if (a)
            (f->state == FINDING_OPEN ? a->sum.findings : a->sum.unknown)[f->severity]++;
    }
}

/* A record and where its facets stand: asked once for all rules. */
struct suspect {
    const struct record *record;
    struct area *area;
    enum truth truth[FACET_COUNT]; /* of the kind's own and children */
};

static void look_at_facets(struct suspect *s)
{
    const struct kind_row *kind = kind_row(s->record->kind);
    for (int f = (int)kind->first_facet; f < (int)kind->end_facet; f++)
        s->truth[f] = facet_row((enum facet)f)->on_demand ? TRUTH_NOT_ASKED : record_facet(s->record, (enum facet)f).truth;
}

static bool is_needed(const struct suspect *s, enum facet facet)
{
    return facet_row(facet)->kind == s->record->kind;
}

/* The first needed facet that is not sure; FACET_LIST_ if all are. */
static enum facet first_unsure(const struct finding_row *rule, const struct suspect *s)
{
    for (int i = 0; i < RULE_NEEDS && rule->needs[i] != FACET_LIST_; i++)
        if (is_needed(s, rule->needs[i]) && !truth_is_sure(s->truth[rule->needs[i]]))
            return rule->needs[i];
    return FACET_LIST_;
}

const char *told_time(const struct judgement *j, int64_t utc)
{
    char iso[TIME_ISO_SIZE];
    time_format_iso(utc, iso);
    return arena_strdup(j->arena, iso);
}

void rests_on_slice(const struct slice *s, struct finding *out)
{
    int64_t seen = slice_seen_at(s);
    if (slice_truth(s) == TRUTH_STALE && (out->facts_at == TIME_NONE || seen < out->facts_at))
        out->facts_at = seen;
}

enum finding_state lacking_in(const struct slice *s, struct finding *out)
{
    bool is_whole = slice_is_complete(s) && (truth_is_sure(slice_truth(s)) || slice_truth(s) == TRUTH_STALE);
    if (is_whole)
        rests_on_slice(s, out);
    return is_whole ? FINDING_OPEN : FINDING_UNKNOWN;
}

void rests_on(const struct record *r, enum facet facet, struct finding *out)
{
    struct facet_state s = {slice_truth(r->slice), 0, slice_seen_at(r->slice)};
    if (facet != FACET_LIST_)
        s = record_facet(r, facet);
    if (s.truth == TRUTH_STALE && (out->facts_at == TIME_NONE || s.read_at < out->facts_at))
        out->facts_at = s.read_at;
}

/* Since when the facts could not be read again that prove it. */
static void date_facts(const struct finding_row *rule, const struct suspect *s, struct finding *f)
{
    if (slice_truth(s->record->slice) == TRUTH_STALE)
        rests_on(s->record, FACET_LIST_, f);
    for (int i = 0; i < RULE_NEEDS && rule->needs[i] != FACET_LIST_; i++)
        if (is_needed(s, rule->needs[i]) && s->truth[rule->needs[i]] == TRUTH_STALE)
            rests_on(s->record, rule->needs[i], f);
}

static const char *unsure_reason(struct judgement *j, enum facet facet, enum truth truth)
{
    const char **known = &j->texts->unsure[facet][truth];
    if (!*known)
        *known = arena_printf(j->arena, "%s: %s", facet_row(facet)->name, truth_text(truth));
    return *known;
}

/* A fact that never was known leaves the question open. One that was known and may have changed
 * proves a fault, but not its absence. */
static void apply(struct judgement *j, const struct finding_row *rule, const struct suspect *s, area_vec *areas)
{
    const struct finding blank = {.rule = rule, .node = s->record->node, .severity = rule->severity,
                                  .reason = "", .facts_at = TIME_NONE};
    struct finding f = blank;
    enum facet unsure = rule->on_stubs ? FACET_LIST_ : first_unsure(rule, s);
    if (unsure == FACET_LIST_ || s->truth[unsure] == TRUTH_STALE)
        f.state = rule->test(j, s->record, &f);
    if (unsure != FACET_LIST_ && f.state == FINDING_NONE) {
        f = blank;
        f.state = FINDING_UNKNOWN;
        f.reason = unsure_reason(j, unsure, s->truth[unsure]);
    }
    if (f.state == FINDING_OPEN && !rule->on_stubs)
        date_facts(rule, s, &f);
    if (f.state == FINDING_NONE)
        return;
    f.is_unproved = f.state == FINDING_UNKNOWN;
    if (f.is_unproved)
        f.perhaps = rule->worst;
    suppress(j, &f);
    finding_add(j, &f, s->area, areas);
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
    rules_of_kind(j, kind, false, &rules);
    if (rules.n == 0)
        return;
    struct record r;
    for (struct walk w = walk_kind(j->generation, kind); walk_next(&w, &r);) {
        if (r.node > j->n_nodes || !is_judged(&r))
            continue; /* the first: named after the judgement began, so not of this generation */
        struct suspect suspect;
        suspect.record = &r;
        suspect.area = area_of_record(j, &r);
        look_at_facets(&suspect);
        for (int i = 0; i < rules.n; i++)
            apply(j, rules.rows[i], &suspect, areas);
        if (slice_truth(r.slice) == TRUTH_STALE) /* that old facts say nothing bad rules nothing out */
            note_worst(j, r.node, j->worst_of_kind[kind], false, false);
    }
}

static void judge_stubs(struct judgement *j, area_vec *areas)
{
    struct kind_rules rules[KIND_COUNT];
    for (int k = 0; k < KIND_COUNT; k++)
        rules_of_kind(j, (enum kind)k, true, &rules[k]);
    for (uint32_t node = 1; node <= j->n_nodes; node++) {
        const struct kind_rules *of = &rules[node_kind(j->estate, node)];
        struct record r;
        if (of->n == 0 || generation_record(j->generation, node, &r))
            continue;
        char account[16], region[40];
        node_place(j->estate, node, account, region);
        struct record stub = {
            .generation = j->generation, .node = node, .kind = node_kind(j->estate, node)};
        struct suspect suspect = {.record = &stub, .area = (struct area *)area_find(j, account, region)};
        for (int i = 0; i < of->n; i++)
            apply(j, of->rows[i], &suspect, areas);
    }
}

/* ---- order ----------------------------------------------------------------------------------- */

/* One pass of a counting sort, which keeps the order of what is equal. key_of gives less than n_keys. */
static void sort_by(const struct judgement *j, const uint32_t *from, uint32_t *to, size_t n_keys,
                    const uint32_t *key_of)
{
    size_t n = j->findings.n;
    size_t *at = mem_alloc_array(n_keys + 1, sizeof *at);
    for (size_t i = 0; i < n; i++)
        at[key_of[from[i]] + 1]++;
    for (size_t k = 0; k < n_keys; k++)
        at[k + 1] += at[k];
    for (size_t i = 0; i < n; i++)
        to[at[key_of[from[i]]]++] = from[i];
    mem_free(at);
}

static int by_arn(const void *a, const void *b, void *ctx)
{
    const struct judgement *j = ctx;
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    int order = node_compare(j->estate, j->findings.items[x].node, j->findings.items[y].node);
    return order != 0 ? order : x < y ? -1 : x > y;
}

struct sorted {
    uint32_t *at;         /* the finding that stands there: index */
    const uint32_t *area; /* of a finding: index; that of no place comes last */
    uint32_t *last;       /* of the first of those that are alike: the area of the last that was met */
};

static void note_alike(struct judgement *j, const struct sorted *s, size_t i)
{
    uint32_t like = j->worst_first[i].like, area = s->area[s->at[i]];
    struct finding *first = &j->worst_first[like];
    const struct area *areas = j->areas.items;
    uint32_t last = like == i ? UINT32_MAX : s->last[like];
    first->alike.n++;
    first->alike.places += last != area;
    first->alike.accounts += like == i || strcmp(areas[area].account, areas[last].account) != 0;
    s->last[like] = area;
}

/* Those of one rule that are as bad and as sure, from begin to end: by their cause. What follows from another folds
 * under that. */
static void liken(struct judgement *j, const struct sorted *s, size_t begin, size_t end)
{
    struct nodemap first_of = {.n = 0};
    uint32_t alone = UINT32_MAX; /* the first that has no cause */
    for (size_t i = begin; i < end; i++) {
        struct finding *f = &j->worst_first[i];
        f->like = (uint32_t)i;
        if (f->is_effect || s->area[s->at[i]] == j->areas.n)
            continue;
        if (!f->cause || f->cause == f->node)
            f->like = alone = alone == UINT32_MAX ? (uint32_t)i : alone;
        else if (!nodemap_add(&first_of, f->cause, (uint32_t)i))
            f->like = *nodemap_at(&first_of, f->cause);
        note_alike(j, s, i);
    }
    nodemap_free(&first_of);
}

int finding_badness(const struct finding *f)
{
    return f->state == FINDING_SUPPRESSED ? 0 : (int)f->severity * 2 + (f->state == FINDING_OPEN);
}

bool finding_tells_many(const struct finding *f)
{
    return f->alike.n >= ALIKE_FROM;
}

bool finding_has_line(const struct finding *all, size_t i)
{
    bool is_told_elsewhere = all[i].is_effect || (all[i].like != i && finding_tells_many(&all[all[i].like]));
    return all[i].state != FINDING_SUPPRESSED && !is_told_elsewhere;
}

/* Smaller stands first. */
static uint32_t rank_of(const struct finding *f, size_t n_rules, size_t rule)
{
    size_t severity = (size_t)(SEVERITY_CRITICAL - f->severity) * 2 + f->is_unproved;
    if (f->state == FINDING_SUPPRESSED)
        severity += SEVERITY_COUNT * 2;
    return (uint32_t)(severity * n_rules + rule);
}

/* Worst first, open before unknown, suppressed last, in the table's order, by account, Region and ARN. */
static void sort_findings(struct judgement *j, const area_vec *areas)
{
    size_t n_rules, n = j->findings.n;
    const struct finding_row *rows = finding_rows(&n_rules);
    uint32_t *area = mem_alloc_array(n + 1, sizeof *area), *rank = mem_alloc_array(n + 1, sizeof *rank);
    uint32_t *one = mem_alloc_array(n + 1, sizeof *one), *other = mem_alloc_array(n + 1, sizeof *other);
    for (size_t i = 0; i < n; i++) {
        const struct finding *f = &j->findings.items[i];
        rank[i] = rank_of(f, n_rules, (size_t)(f->rule - rows));
        area[i] = areas->items[i] ? (uint32_t)(areas->items[i] - j->areas.items) : (uint32_t)j->areas.n;
        one[i] = (uint32_t)i;
    }
    sort_by(j, one, other, j->areas.n + 1, area);
    sort_by(j, other, one, SEVERITY_COUNT * 4 * n_rules, rank);
    for (size_t i = 0, end; i < n; i = end) {
        for (end = i + 1; end < n && rank[one[end]] == rank[one[i]] && area[one[end]] == area[one[i]];)
            end++;
        size_t in_order = i + 1;
        while (in_order < end && by_arn(&one[in_order - 1], &one[in_order], j) < 0)
            in_order++;
        if (in_order < end)
            qsort_r(one + i, end - i, sizeof *one, by_arn, j);
    }
    j->worst_first = mem_alloc_array(n + 1, sizeof *j->worst_first);
    for (size_t i = 0; i < n; i++)
        j->worst_first[i] = j->findings.items[one[i]];
    const struct sorted sorted = {.at = one, .area = area, .last = other};
    for (size_t i = 0, end; i < n; i = end) {
        for (end = i + 1; end < n && rank[one[end]] == rank[one[i]];)
            end++;
        liken(j, &sorted, i, end);
    }
    mem_free(other);
    mem_free(one);
    mem_free(rank);
    mem_free(area);
}

void findings_build(struct judgement *j)
{
    area_vec areas = {0};
    struct texts_memo *texts = mem_alloc(sizeof *texts);
    texts->guards = mem_alloc(j->areas.n + 1);
    j->texts = texts;
    for (int kind = 1; kind < KIND_COUNT; kind++)
        judge_kind(j, (enum kind)kind, &areas);
    judge_stubs(j, &areas);
    tally(j, &areas);
    rank_worst(j);
    sort_findings(j, &areas);
    VEC_FREE(areas);
    j->texts = NULL;
    nodemap_free(&texts->account_of_head);
    nodemap_free(&texts->reason_of_state);
    VEC_FREE(texts->texts);
    mem_free(texts->guards);
    enders_free(texts->enders);
    mem_free(texts->next_path);
    nodemap_free(&texts->path_of_rule);
    nodemap_free(&texts->plan_of_id);
    nodemap_free(&texts->key_before);
    nodemap_free(&texts->namesake_of);
    VEC_FREE(texts->aliases_by_name);
    if (texts->granted)
        strtab_free(texts->granted);
    mem_free(texts);
}

/* ---- a judgement ----------------------------------------------------------------------------- */

struct judgement *judge(const struct generation *g, int64_t now_utc)
{
    return judge_with(g, now_utc, NULL);
}

struct judgement *judge_with(const struct generation *g, int64_t now_utc, const struct allow_settings *allow)
{
    struct judgement *j = mem_alloc(sizeof *j);
    j->allow = allow;
    j->generation = generation_retain(g);
    j->estate = generation_estate(g);
    j->now_utc = now_utc;
    j->arena = arena_new();
    j->n_nodes = estate_node_count(j->estate);
    j->first_finding = mem_alloc_array((size_t)j->n_nodes + 1, sizeof *j->first_finding);
    j->worst = mem_alloc_array((size_t)j->n_nodes + 1, sizeof *j->worst);
    j->paths = paths_new();
    rules_gather(j);
    areas_build(j);
    known_build(j);
    suppressions_build(j);
    blind_build(j);
    areas_finish(j);
    keys_build(j);
    jobs_build(j);
    findings_build(j);
    return j;
}

void judgement_free(struct judgement *j)
{
    if (!j)
        return;
    paths_free(j->paths);
    mem_free(j->worst);
    mem_free(j->first_finding);
    mem_free(j->worst_first);
    VEC_FREE(j->findings);
    VEC_FREE(j->blind);
    VEC_FREE(j->blind_holdings);
    VEC_FREE(j->registered);
    VEC_FREE(j->dependents);
    jobs_free(j);
    VEC_FREE(j->copies);
    nodemap_free(&j->copies_of);
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

void judgement_remember(struct judgement *j, const struct past *past)
{
    j->past = *past;
}

int64_t judgement_finding_since(const struct judgement *j, const struct finding *f)
{
    return j->past.finding_since ? j->past.finding_since(j->past.ctx, j, f) : TIME_NONE;
}

int64_t judgement_record_since(const struct judgement *j, const struct record *r)
{
    return j->past.record_since ? j->past.record_since(j->past.ctx, r) : TIME_NONE;
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

int judgement_rank(const struct judgement *j, uint32_t node)
{
    return j->rank_of_worst[node <= j->n_nodes ? j->worst[node] : 0];
}

struct worst judgement_worst(const struct judgement *j, uint32_t node)
{
    struct record r;
    struct place place;
    enum kind kind = node && node <= j->n_nodes ? node_kind(j->estate, node) : KIND_NONE;
    bool is_place = (kind == KIND_ACCOUNT || kind == KIND_REGION) &&
                    generation_record(j->generation, node, &r) &&
                    judgement_place(j, record_account(&r),
                                    kind == KIND_REGION ? record_region(&r) : NULL, &place);
    return is_place ? place_worst(&place) : node_worst(j, node);
}
