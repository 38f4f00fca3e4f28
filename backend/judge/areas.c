#include "backend/judge/impact_rules.h"
#include "backend/judge/internal.h"

#include <stdlib.h>
#include <string.h>

/* How little a truth says: the worst of several lists is what can be said of them together. */
static const int badness[TRUTH_COUNT] = {
    [TRUTH_UNSUPPORTED] = 0, [TRUTH_ABSENT] = 1,    [TRUTH_KNOWN] = 2,  [TRUTH_STALE] = 3,
    [TRUTH_LOADING] = 4,     [TRUTH_NOT_ASKED] = 5, [TRUTH_FAILED] = 6, [TRUTH_DENIED] = 7,
};

enum truth truth_worse(enum truth a, enum truth b)
{
    return badness[a] >= badness[b] ? a : b;
}

static int area_order(const void *a, const void *b)
{
    const struct area *x = a, *y = b;
    int order = strcmp(x->account, y->account);
    return order != 0 ? order : strcmp(x->region, y->region);
}

const struct area *area_find(const struct judgement *j, const char *account, const char *region)
{
    struct area key = {.account = account, .region = region};
    return j->areas.n ? bsearch(&key, j->areas.items, j->areas.n, sizeof key, area_order) : NULL;
}

static struct area *add_area(struct judgement *j, const char *account, const char *region)
{
    struct area a = {.account = account, .region = region, .keys_whole_at = TIME_NONE};
    a.sum.seen_at = TIME_NONE;
    VEC_PUSH(j->areas, a);
    return &j->areas.items[j->areas.n - 1];
}

static void gather_scopes(struct judgement *j)
{
    uint32_t n_slots = estate_slot_count(j->estate);
    for (uint32_t slot = 1; slot <= n_slots; slot++) {
        if (!generation_slice(j->generation, slot) || list_row(slot_list(j->estate, slot))->is_derived)
            continue; /* what follows from tags and settings does not make a place that is read */
        uint32_t scope = slot_scope(j->estate, slot);
        while (j->area_of_scope.n <= scope)
            VEC_PUSH(j->area_of_scope, 0);
        if (j->area_of_scope.items[scope])
            continue;
        j->area_of_scope.items[scope] = 1;
        add_area(j, scope_account(j->estate, scope), scope_region(j->estate, scope))->scope = scope;
    }
}

static void gather_records(struct judgement *j)
{
    struct record r;
    for (struct walk w = walk_kind(j->generation, KIND_ACCOUNT); walk_next(&w, &r);) {
        add_area(j, record_account(&r), "")->record = r.node;
        if (record_value(&r, ATTR_ACCOUNT_ORG_ARN).is == VALUE_KNOWN)
            j->org_is_known = true;
    }
    for (struct walk w = walk_kind(j->generation, KIND_REGION); walk_next(&w, &r);)
        add_area(j, record_account(&r), record_region(&r));
}

static void merge_area(struct area *into, const struct area *other)
{
    if (other->record)
        into->record = other->record;
    if (other->scope)
        into->scope = other->scope;
}

static void sort_areas(struct judgement *j)
{
    if (j->areas.n == 0)
        return;
    qsort(j->areas.items, j->areas.n, sizeof *j->areas.items, area_order);
    size_t n = 1;
    for (size_t i = 1; i < j->areas.n; i++)
        if (area_order(&j->areas.items[n - 1], &j->areas.items[i]) != 0)
            j->areas.items[n++] = j->areas.items[i];
        else
            merge_area(&j->areas.items[n - 1], &j->areas.items[i]);
    j->areas.n = n;
    for (size_t i = 1; i < n; i++) {
        const struct area *before = &j->areas.items[i - 1];
        bool is_same = strcmp(before->account, j->areas.items[i].account) == 0;
        j->areas.items[i].account_first = is_same ? before->account_first : (uint32_t)i;
    }
    for (uint32_t scope = 0; scope < j->area_of_scope.n; scope++) {
        if (!j->area_of_scope.items[scope])
            continue;
        const struct area *a =
            area_find(j, scope_account(j->estate, scope), scope_region(j->estate, scope));
        j->area_of_scope.items[scope] = (uint32_t)(a - j->areas.items) + 1;
    }
}

struct area *area_of_slot(const struct judgement *j, uint32_t slot)
{
    uint32_t scope = slot_scope(j->estate, slot);
    uint32_t index = scope < j->area_of_scope.n ? j->area_of_scope.items[scope] : 0;
    return index ? &j->areas.items[index - 1] : NULL;
}

struct area *area_of_record(const struct judgement *j, const struct record *r)
{
    if (r->kind == KIND_ACCOUNT || r->kind == KIND_REGION)
        return (struct area *)area_find(j, record_account(r), record_region(r));
    return area_of_slot(j, r->slot);
}

static void note_slice(struct area *a, enum list list, const struct slice *s)
{
    enum truth t = slice_truth(s);
    a->truth[list] = a->has[list] ? truth_worse(a->truth[list], t) : t;
    a->has[list] = true;
    if (a->region[0])
        a->is_read = true;
    if (t == TRUTH_LOADING)
        a->sum.is_loading = true;
    int64_t seen = slice_seen_at(s);
    if (seen != TIME_NONE && (a->sum.seen_at == TIME_NONE || seen < a->sum.seen_at))
        a->sum.seen_at = seen;
    a->sum.records += slice_rows(s);
    if (list == LIST_KEYS)
        a->sum.keys.n += slice_rows(s);
    if (list == LIST_KEYS && slice_is_complete(s))
        a->keys_whole_at = seen;
    if (list == LIST_VAULTS)
        a->sum.vaults.n += slice_rows(s);
}

static void note_regions(struct judgement *j)
{
    struct record r;
    for (struct walk w = walk_kind(j->generation, KIND_REGION); walk_next(&w, &r);) {
        int64_t selected;
        struct area *a = area_of_record(j, &r);
        if (a && value_number(&r, ATTR_REGION_SELECTED, &selected))
            a->is_read = selected != 0;
    }
}

static bool list_has_edge(enum list list, enum edge edge)
{
    const struct kind_row *kind = kind_row(list_row(list)->kind);
    for (int a = (int)kind->first_attr; a < (int)kind->end_attr; a++)
        if (attr_row((enum attr)a)->edge == edge)
            return true;
    return false;
}

bool is_dependent_edge(enum edge edge)
{
    return edge == EDGE_ENCRYPTED_UNDER || edge == EDGE_ALSO_UNDER || edge == EDGE_VAULT_KEY ||
           edge == EDGE_ALIAS_OF || edge == EDGE_RELIES_ON || edge == EDGE_READS_UNDER ||
           edge == EDGE_COPIES_UNDER;
}

static bool list_hangs_on_keys(enum list list)
{
    for (int edge = 1; edge < EDGE_COUNT; edge++)
        if (is_dependent_edge((enum edge)edge) && list_has_edge(list, (enum edge)edge))
            return true;
    return false;
}

static void find_dependent_lists(struct judgement *j)
{
    int n = 0, n_backups = 0;
    for (int l = 1; l < LIST_COUNT; l++) {
        j->severity_of_list[l] = (uint8_t)impact_rule_severity(list_row((enum list)l)->kind);
        if (list_hangs_on_keys((enum list)l))
            j->dependent_lists[n++] = (enum list)l;
        if (list_has_edge((enum list)l, EDGE_BACKUP_OF))
            j->backup_lists[n_backups++] = (enum list)l;
    }
    j->dependent_lists[n] = j->backup_lists[n_backups] = LIST_NONE;
}

void areas_build(struct judgement *j)
{
    find_dependent_lists(j);
    gather_scopes(j);
    gather_records(j);
    sort_areas(j);
    uint32_t n_slots = estate_slot_count(j->estate);
    for (uint32_t slot = 1; slot <= n_slots; slot++) {
        const struct slice *s = generation_slice(j->generation, slot);
        struct area *a = s ? area_of_slot(j, slot) : NULL;
        if (a)
            note_slice(a, slot_list(j->estate, slot), s);
    }
    note_regions(j);
}

void areas_free(struct judgement *j)
{
    VEC_FREE(j->areas);
    VEC_FREE(j->area_of_scope);
    VEC_FREE(j->regions);
}

static enum list list_of_kind(enum kind kind)
{
    for (int l = 1; l < LIST_COUNT; l++)
        if (list_row((enum list)l)->kind == kind)
            return (enum list)l;
    return LIST_NONE;
}

enum truth area_truth(const struct area *a, enum list list)
{
    return (enum truth)a->stands[list];
}

const struct slice *area_slice(const struct judgement *j, const struct area *a, enum list list)
{
    uint32_t slot = a && a->scope ? estate_find_slot(j->estate, a->scope, list, 0) : 0;
    return slot ? generation_slice(j->generation, slot) : NULL;
}

static enum truth stands(const struct area *a, enum list list, const enum list *parents)
{
    const struct list_row *row = list_row(list);
    if (row->is_derived && !a->has[list])
        return TRUTH_KNOWN;
    if (row->parent == KIND_NONE || row->parent == KIND_ACCOUNT)
        return a->has[list] ? a->truth[list] : TRUTH_NOT_ASKED;
    enum truth above = stands(a, parents[list], parents);
    if (!truth_is_sure(above))
        return a->has[list] ? truth_worse(above, a->truth[list]) : above;
    return a->has[list] ? a->truth[list] : above;
}

static void areas_stand(struct judgement *j)
{
    enum list parents[LIST_COUNT];
    for (int l = 1; l < LIST_COUNT; l++)
        parents[l] = list_of_kind(list_row((enum list)l)->parent);
    for (size_t i = 0; i < j->areas.n; i++) {
        struct area *a = &j->areas.items[i];
        for (int l = 1; l < LIST_COUNT; l++)
            a->stands[l] = (uint8_t)stands(a, (enum list)l, parents);
        for (const enum list *l = j->dependent_lists; *l != LIST_NONE; l++)
            a->hides_dependents |= !truth_is_sure(area_truth(a, *l));
    }
}

/* ---- sums ------------------------------------------------------------------------------------ */

static int region_order(const void *a, const void *b)
{
    return strcmp(((const struct region_sum *)a)->region, ((const struct region_sum *)b)->region);
}

static struct region_sum *region_at(struct judgement *j, const char *region)
{
    for (size_t i = 0; i < j->regions.n; i++)
        if (strcmp(j->regions.items[i].region, region) == 0)
            return &j->regions.items[i];
    struct region_sum sum = {.region = region};
    VEC_PUSH(j->regions, sum);
    return &j->regions.items[j->regions.n - 1];
}

/* Where the lists of an account stand of which not even the Regions are known: nobody got in, and of one that
 * is closed nobody will. */
static enum truth truth_of_account(const struct judgement *j, const struct area *a)
{
    struct record r;
    enum truth regions = area_truth(a, LIST_REGIONS);
    if (truth_is_sure(regions) || !a->record || !generation_record(j->generation, a->record, &r))
        return regions;
    const char *state = value_text(&r, ATTR_ACCOUNT_STATE);
    if (state[0] && strcmp(state, "ACTIVE") != 0)
        return TRUTH_UNSUPPORTED;
    enum truth identity = record_facet(&r, FACET_ACCOUNT_IDENTITY).truth;
    return truth_is_sure(identity) ? regions : identity;
}

static void count_stands(const struct area *a, enum list list, struct place_count *count)
{
    count->truth = area_truth(a, list);
    count->is_at_least = !truth_is_sure(count->truth);
}

static void note_backups(struct judgement *j, const struct area *a, enum truth truth)
{
    j->backups_truth = truth_worse(j->backups_truth, truth);
    if (truth == TRUTH_STALE && (j->backups_at == TIME_NONE || a->sum.seen_at < j->backups_at))
        j->backups_at = a->sum.seen_at;
}

void areas_finish(struct judgement *j)
{
    areas_stand(j);
    j->rules_are_sure = true;
    j->backups_truth = TRUTH_KNOWN;
    j->backups_at = TIME_NONE;
    for (size_t i = 0; i < j->areas.n; i++) {
        struct area *a = &j->areas.items[i];
        if (!a->region[0]) {
            a->sum.keys.truth = a->sum.vaults.truth = truth_of_account(j, a);
            a->sum.keys.is_at_least = a->sum.vaults.is_at_least = !truth_is_sure(area_truth(a, LIST_REGIONS));
            continue;
        }
        if (!a->is_read) { /* left out: NOT_ASKED */
            a->sum.keys.is_at_least = a->sum.vaults.is_at_least = true;
            continue;
        }
        count_stands(a, LIST_KEYS, &a->sum.keys);
        count_stands(a, LIST_VAULTS, &a->sum.vaults);
        j->rules_are_sure &= truth_is_sure(area_truth(a, LIST_RULES));
        for (const enum list *l = j->backup_lists; *l != LIST_NONE; l++)
            note_backups(j, a, area_truth(a, *l));
        region_at(j, a->region)->hides_dependents |= a->hides_dependents;
    }
    if (j->regions.n)
        qsort(j->regions.items, j->regions.n, sizeof *j->regions.items, region_order);
}

static void count_add(struct place_count *to, const struct place_count *from)
{
    to->n += from->n;
    to->is_at_least |= from->is_at_least;
    to->truth = truth_worse(to->truth, from->truth);
}

static void place_add(struct place *to, const struct place *from)
{
    count_add(&to->keys, &from->keys);
    count_add(&to->vaults, &from->vaults);
    to->records += from->records;
    for (int s = 0; s < SEVERITY_COUNT; s++) {
        to->findings[s] += from->findings[s];
        to->unknown[s] += from->unknown[s];
    }
    to->suppressed += from->suppressed;
    if (from->hidden > to->hidden)
        to->hidden = from->hidden;
    to->blind_spots += from->blind_spots;
    to->is_loading |= from->is_loading;
    if (from->seen_at != TIME_NONE && (to->seen_at == TIME_NONE || from->seen_at < to->seen_at))
        to->seen_at = from->seen_at;
}

/* The first area of an account; areas.n if there is none. */
static size_t first_area(const struct judgement *j, const char *account)
{
    size_t low = 0, high = j->areas.n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(j->areas.items[middle].account, account) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static const struct place nowhere = {
    .seen_at = TIME_NONE, .keys.truth = TRUTH_KNOWN, .vaults.truth = TRUTH_KNOWN};

bool judgement_sum(const struct judgement *j, const char *account, const char *region, struct place *out)
{
    bool found = false;
    *out = nowhere;
    for (size_t i = account ? first_area(j, account) : 0; i < j->areas.n; i++) {
        const struct area *a = &j->areas.items[i];
        if (account && strcmp(a->account, account) != 0)
            break;
        if (region && a->region[0] && strcmp(a->region, region) != 0)
            continue;
        found = true;
        if (a->is_read || !a->region[0])
            place_add(out, &a->sum);
    }
    return found;
}

bool judgement_place(const struct judgement *j, const char *account, const char *region,
                     struct place *out)
{
    if (!account || !region)
        return judgement_sum(j, account, NULL, out);
    const struct area *a = area_find(j, account, region);
    *out = a ? a->sum : nowhere;
    return a != NULL;
}

struct worst place_worst(const struct place *p)
{
    struct worst w = {.unproved = p->hidden};
    for (int s = SEVERITY_INFO; s < SEVERITY_COUNT; s++) {
        if (p->findings[s])
            w.open = (enum severity)s;
        if (p->unknown[s] && (enum severity)s > w.unproved)
            w.unproved = (enum severity)s;
    }
    if (w.unproved <= w.open)
        w.unproved = SEVERITY_NONE;
    return w;
}

bool account_is_ours(const struct judgement *j, const char *account)
{
    size_t i = first_area(j, account);
    return i < j->areas.n && strcmp(j->areas.items[i].account, account) == 0;
}

void node_where(const struct judgement *j, struct arena *arena, uint32_t node, const char **account,
                const char **region)
{
    struct record r;
    if (generation_record(j->generation, node, &r)) {
        *account = record_account(&r);
        *region = record_region(&r);
        return;
    }
    char a[16], g[40];
    node_place(j->estate, node, a, g);
    *account = arena_strdup(arena, a);
    *region = arena_strdup(arena, g);
}
