#include "tui/views/posture.h"

#include "tui/panels/show.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The worst news first: what falls with the key, then the day. */
static int by_news(const void *a, const void *b)
{
    const struct deletion *x = a, *y = b;
    int rank = worst_rank(y->worst) - worst_rank(x->worst);
    return rank ? rank : (x->at_utc > y->at_utc) - (x->at_utc < y->at_utc);
}

static bool is_in(const struct view_scope *scope, const struct record *r)
{
    return view_scope_has(scope, record_account(r), record_region(r));
}

static void gather_deletions(struct posture *p, const struct generation *g,
                             const struct judgement *j, const struct view_scope *scope)
{
    struct record r;
    for (struct walk w = walk_kind(g, KIND_KEY); walk_next(&w, &r);) {
        struct value state = record_value(&r, ATTR_KEY_STATE),
                     date = record_value(&r, ATTR_KEY_DELETION_DATE);
        if (state.is != VALUE_KNOWN || strcmp(state.text, "PendingDeletion") != 0 || !is_in(scope, &r))
            continue;
        struct deletion d = {.key = r.node,
                             .at_utc = date.is == VALUE_KNOWN ? date.number : INT64_MAX,
                             .dependents = judge_dependents(j, r.node),
                             .worst = judgement_worst(j, r.node)};
        VEC_PUSH(p->deletions, d);
    }
    if (p->deletions.n > 1)
        qsort(p->deletions.items, p->deletions.n, sizeof *p->deletions.items, by_news);
}

static void cover(struct coverage *c, int is)
{
    c->whole++;
    c->part += is > 0;
    c->unknown += is < 0;
}

/* 1: under a key of the customer's, 0: not, -1: cannot be told. */
static int under_own_key(const struct generation *g, const struct judgement *j,
                         const struct record *r)
{
    struct value key = record_value(r, ATTR_POINT_KEY);
    struct record k;
    if (key.is == VALUE_ABSENT)
        return 0;
    uint32_t node = key.is == VALUE_KNOWN ? judge_resolve_key(j, key.node) : 0;
    if (!node || !generation_record(g, node, &k))
        return -1;
    struct value manager = record_value(&k, ATTR_KEY_MANAGER);
    return manager.is == VALUE_KNOWN ? strcmp(manager.text, "CUSTOMER") == 0 : -1;
}

void posture_name_coverages(struct posture *p)
{
    static const struct coverage empty[COVERAGES] = {
        {.what = "recovery points under your own keys", .kind = KIND_POINT},
        {.what = "vaults locked (WORM)", .kind = KIND_VAULT},
        {.what = "keys whose policy was read", .kind = KIND_KEY},
    };
    memcpy(p->coverages, empty, sizeof empty);
}

static void gather_coverage(struct posture *p, const struct generation *g,
                            const struct judgement *j, const struct view_scope *scope)
{
    struct record r;
    posture_name_coverages(p);
    for (struct walk w = walk_kind(g, KIND_POINT); walk_next(&w, &r);)
        if (is_in(scope, &r))
            cover(&p->coverages[0], under_own_key(g, j, &r));
    for (struct walk w = walk_kind(g, KIND_VAULT); walk_next(&w, &r);) {
        struct value locked = record_value(&r, ATTR_VAULT_LOCKED);
        if (is_in(scope, &r))
            cover(&p->coverages[1],
                  locked.is == VALUE_UNKNOWN ? -1 : locked.is == VALUE_KNOWN && locked.number);
    }
    for (struct walk w = walk_kind(g, KIND_KEY); walk_next(&w, &r);)
        if (is_in(scope, &r))
            cover(&p->coverages[2], truth_is_sure(record_facet(&r, FACET_KEY_POLICY).truth) ? 1 : -1);
}

/* Worst first, what is not seen before what is fine, then by name. */
static int by_worst(const void *a, const void *b)
{
    const struct scope_row *x = a, *y = b;
    for (int s = SEVERITY_CRITICAL; s > SEVERITY_NONE; s--)
        if (x->place.findings[s] != y->place.findings[s])
            return x->place.findings[s] > y->place.findings[s] ? -1 : 1;
    if ((x->place.blind_spots > 0) != (y->place.blind_spots > 0))
        return x->place.blind_spots > 0 ? -1 : 1;
    return strcmp(x->name, y->name);
}

/* Where a finding is. */
struct found_at {
    char account[16], region[40];
};

static struct found_at found_at(const struct generation *g, const struct finding *f)
{
    struct found_at at;
    struct record r;
    node_place(generation_estate(g), f->node, at.account, at.region);
    if (generation_record(g, f->node, &r)) {
        (void)snprintf(at.account, sizeof at.account, "%s", record_account(&r));
        (void)snprintf(at.region, sizeof at.region, "%s", record_region(&r));
    }
    return at;
}

/* The causes that are in the scope, each alike with what is in it too: findings that are stand in the order of their
 * places. */
static void gather_told(struct posture *p, const struct generation *g, const struct finding *all, size_t n,
                        const struct view_scope *scope)
{
    uint32_t *line_of = mem_alloc_array(n + 1, sizeof *line_of); /* of the first that is alike: 0, or its line + 1 */
    VEC(struct found_at) last = {0};                             /* of each line: where the last alike was */
    for (size_t i = 0; i < n; i++) {
        struct found_at at = found_at(g, &all[i]);
        if (all[i].is_effect || !view_scope_has(scope, at.account, at.region))
            continue;
        uint32_t *line = &line_of[all[i].like], own = (uint32_t)p->told.n;
        bool is_new = *line == 0;
        VEC_PUSH(p->told, all[i]);
        VEC_PUSH(last, at);
        *line = is_new ? own + 1 : *line;
        struct finding *first = &p->told.items[*line - 1];
        struct found_at *before = &last.items[*line - 1];
        bool is_elsewhere = is_new || strcmp(before->account, at.account) != 0;
        p->told.items[own].like = *line - 1;
        memset(&p->told.items[own].alike, 0, sizeof first->alike);
        first->alike.n++;
        first->alike.accounts += is_elsewhere;
        first->alike.places += is_elsewhere || strcmp(before->region, at.region) != 0;
        *before = at;
    }
    VEC_FREE(last);
    mem_free(line_of);
}

static void gather_first(struct posture *p, const struct generation *g, const struct judgement *j,
                         const struct view_scope *scope)
{
    size_t n;
    const struct finding *f = judgement_findings(j, &n);
    if (!view_scope_is_all(scope)) {
        gather_told(p, g, f, n, scope);
        f = p->told.items;
        n = p->told.n;
    }
    for (size_t i = 0; i < n; i++)
        if (finding_has_line(f, i))
            VEC_PUSH(p->first, &f[i]);
}

static void add_to_region(struct posture *p, const char *region, const struct place *place)
{
    size_t i = 0;
    while (i < p->regions.n && strcmp(p->regions.items[i].id, region) != 0)
        i++;
    if (i == p->regions.n) {
        struct scope_row row = {.id = region, .name = region};
        VEC_PUSH(p->regions, row);
    }
    struct place *sum = &p->regions.items[i].place;
    sum->blind_spots += place->blind_spots;
    for (int s = 0; s < SEVERITY_COUNT; s++)
        sum->findings[s] += place->findings[s];
}

static const char *or_any(const char *name)
{
    return name[0] ? name : NULL;
}

static void gather_places(struct posture *p, const struct generation *g, const struct judgement *j,
                          const struct view_scope *scope)
{
    struct record r;
    struct place place;
    (void)judgement_sum(j, or_any(scope->account), or_any(scope->region), &p->all);
    for (struct walk w = walk_kind(g, KIND_ACCOUNT); walk_next(&w, &r);) {
        struct scope_row row = {.id = record_account(&r)};
        if (!is_in(scope, &r))
            continue;
        row.name = show_account_name(g, row.id);
        (void)judgement_sum(j, row.id, or_any(scope->region), &row.place);
        VEC_PUSH(p->accounts, row);
    }
    for (struct walk w = walk_kind(g, KIND_REGION); walk_next(&w, &r);) {
        struct value selected = record_value(&r, ATTR_REGION_SELECTED);
        if (selected.is == VALUE_KNOWN && selected.number && is_in(scope, &r) &&
            judgement_place(j, record_account(&r), record_region(&r), &place) &&
            (place.records > 0 || place.blind_spots > 0 || place.is_loading))
            add_to_region(p, record_region(&r), &place);
    }
    if (p->accounts.n > 1)
        qsort(p->accounts.items, p->accounts.n, sizeof *p->accounts.items, by_worst);
    if (p->regions.n > 1)
        qsort(p->regions.items, p->regions.n, sizeof *p->regions.items, by_worst);
}

struct posture *posture_new(const struct generation *g, const struct judgement *j, const struct view_scope *scope)
{
    struct posture *p = mem_alloc(sizeof *p);
    gather_deletions(p, g, j, scope);
    gather_coverage(p, g, j, scope);
    gather_places(p, g, j, scope);
    gather_first(p, g, j, scope);
    return p;
}

void posture_free(struct posture *p)
{
    if (!p)
        return;
    VEC_FREE(p->deletions);
    VEC_FREE(p->accounts);
    VEC_FREE(p->regions);
    VEC_FREE(p->first);
    VEC_FREE(p->told);
    mem_free(p);
}
