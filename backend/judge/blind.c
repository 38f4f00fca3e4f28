#include "backend/judge/blind.h"

#include "backend/judge/internal.h"

#include <stdlib.h>
#include <string.h>

/* The call that reads a list or a facet, for those that never were asked and so left no failure. */
static const char *const list_calls[LIST_COUNT] = {
    [LIST_ACCOUNTS] = "organizations:ListAccounts",
    [LIST_REGIONS] = "ec2:DescribeRegions",
    [LIST_KEYS] = "kms:ListKeys",
    [LIST_KEY_STORES] = "kms:DescribeCustomKeyStores",
    [LIST_ALIASES] = "kms:ListAliases",
    [LIST_GRANTS] = "kms:ListGrants",
    [LIST_PARAMETERS] = "ssm:DescribeParameters",
    [LIST_VAULTS] = "backup:ListBackupVaults",
    [LIST_POINTS] = "backup:ListRecoveryPointsByBackupVault",
    [LIST_PLANS] = "backup:ListBackupPlans",
    [LIST_RULES] = "backup:GetBackupPlan",
    [LIST_SELECTIONS] = "backup:ListBackupSelections",
    [LIST_COPY_JOBS] = "backup:ListCopyJobs",
    [LIST_PROTECTED] = "backup:ListProtectedResources",
    [LIST_DB_INSTANCES] = "rds:DescribeDBInstances",
    [LIST_DB_CLUSTERS] = "rds:DescribeDBClusters",
    [LIST_DB_SNAPSHOTS] = "rds:DescribeDBSnapshots",
    [LIST_DB_AWSBACKUP_SNAPSHOTS] = "rds:DescribeDBSnapshots",
    [LIST_DB_CLUSTER_SNAPSHOTS] = "rds:DescribeDBClusterSnapshots",
    [LIST_DB_AWSBACKUP_CLUSTER_SNAPSHOTS] = "rds:DescribeDBClusterSnapshots",
    [LIST_VOLUMES] = "ec2:DescribeVolumes",
    [LIST_EBS_SNAPSHOTS] = "ec2:DescribeSnapshots",
#define CONSUMER(id, name, plural, service, resource, call, ...) [LIST_##id] = call,
#include "backend/estate/consumers.def"
#define STORE(id, name, plural, service, resource, call, ...) [LIST_##id] = call,
#include "backend/estate/stores.def"
    [LIST_PRINCIPALS] = "iam:GetAccountAuthorizationDetails",
    [LIST_IAM_POLICIES] = "iam:GetAccountAuthorizationDetails",
    [LIST_ROOTS] = "organizations:ListRoots",
    [LIST_UNITS] = "organizations:ListOrganizationalUnitsForParent",
    [LIST_ORG_ACCOUNTS] = "organizations:ListAccountsForParent",
    [LIST_SCPS] = "organizations:ListPolicies",
    [LIST_RCPS] = "organizations:ListPolicies",
    [LIST_KEY_EVENTS] = "cloudtrail:LookupEvents",
    [LIST_IMAGES] = "ec2:DescribeImages",
    [LIST_LIFECYCLES] = "dlm:GetLifecyclePolicies",
    [LIST_EVENT_RULES] = "events:ListRules",
    [LIST_RESTORE_TESTS] = "backup:ListRestoreTestingPlans",
    [LIST_RESTORE_SELECTIONS] = "backup:ListRestoreTestingSelections",
    [LIST_LEGAL_HOLDS] = "backup:ListLegalHolds",
    [LIST_FAILED_BACKUPS] = "backup:ListBackupJobs",
    [LIST_FAILED_RESTORES] = "backup:ListRestoreJobs",
};

static const char *const facet_calls[FACET_COUNT] = {
    [FACET_ACCOUNT_IDENTITY] = "sts:GetCallerIdentity",
    [FACET_ACCOUNT_BACKUP_SETTINGS] = "backup:DescribeGlobalSettings",
    [FACET_REGION_EBS_ENCRYPTION] = "ec2:GetEbsEncryptionByDefault",
    [FACET_REGION_EBS_KEY] = "ec2:GetEbsDefaultKmsKeyId",
    [FACET_REGION_BACKUP_SETTINGS] = "backup:DescribeRegionSettings",
    [FACET_REGION_ALLOWED_IMAGES] = "ec2:GetAllowedImagesSettings",
    [FACET_REGION_PUBLIC_SNAPSHOTS] = "ec2:DescribeSnapshots",
    [FACET_KEY_METADATA] = "kms:DescribeKey",
    [FACET_KEY_POLICY] = "kms:GetKeyPolicy",
    [FACET_KEY_ROTATION] = "kms:GetKeyRotationStatus",
    [FACET_KEY_TAGS] = "kms:ListResourceTags",
    [FACET_KEY_MATERIALS] = "kms:ListKeyRotations",
    [FACET_KEY_GRANTS] = "kms:ListGrants",
    [FACET_VAULT_ACCESS_POLICY] = "backup:GetBackupVaultAccessPolicy",
    [FACET_VAULT_POINTS] = "backup:ListRecoveryPointsByBackupVault",
    [FACET_PLAN_RULES] = "backup:GetBackupPlan",
    [FACET_PLAN_SELECTIONS] = "backup:ListBackupSelections",
    [FACET_SELECTION_DETAIL] = "backup:GetBackupSelection",
    [FACET_KEY_LAST_USE] = "kms:GetKeyLastUsage",
    [FACET_KEY_LAST_USER] = "cloudtrail:LookupEvents",
    [FACET_KEY_EVENTS] = "cloudtrail:LookupEvents",
    [FACET_PARAMETER_TAGS] = "ssm:ListTagsForResource",
#define CONSUMER(...)
#define DESCRIBED(id, name, plural, service, resource, call, detail, ...) [FACET_##id##_DETAIL] = detail,
#include "backend/estate/consumers.def"
#define STORE(...)
#define STORE_BACKUP(...)
#define STORE_DETAILED(id, name, plural, service, resource, call, detail, ...) [FACET_##id##_DETAIL] = detail,
#define BACKUP_DETAILED STORE_DETAILED
#include "backend/estate/stores.def"
    [FACET_ACCOUNT_ORGANIZATION] = "organizations:DescribeOrganization",
    [FACET_UNIT_UNITS] = "organizations:ListOrganizationalUnitsForParent",
    [FACET_UNIT_ACCOUNTS] = "organizations:ListAccountsForParent",
    [FACET_ORG_POLICY_CONTENT] = "organizations:DescribePolicy",
    [FACET_ORG_POLICY_TARGETS] = "organizations:ListTargetsForPolicy",
    [FACET_LIFECYCLE_DETAIL] = "dlm:GetLifecyclePolicy",
    [FACET_EVENT_RULE_TARGETS] = "events:ListTargetsByRule",
    [FACET_VAULT_AIR_GAP] = "backup:DescribeBackupVault",
    [FACET_RESTORE_TEST_DETAIL] = "backup:GetRestoreTestingPlan",
    [FACET_RESTORE_TEST_SELECTIONS] = "backup:ListRestoreTestingSelections",
    [FACET_RESTORE_SELECTION_DETAIL] = "backup:GetRestoreTestingSelection",
    [FACET_LEGAL_HOLD_DETAIL] = "backup:GetLegalHold",
};

const char *blind_call_of_list(enum list list)
{
    return list_calls[list];
}

const char *blind_call_of_facet(enum facet facet)
{
    return facet_calls[facet];
}

/* One thing that was not seen, before those of a kind are put together. */
struct miss {
    uint32_t area; /* index */
    uint32_t node; /* 0: a whole list */
    int what;      /* list, or LIST_COUNT + facet */
    enum truth truth;
    const char *operation, *aws_code; /* interned: equal if the same pointer */
    uint32_t failure;
    int64_t since;
};
typedef VEC(struct miss) miss_vec;

static struct miss miss_of(const struct judgement *j, const struct area *a, uint32_t node, int what,
                           struct facet_state state)
{
    struct miss m = {.area = (uint32_t)(a - j->areas.items),
                     .node = node,
                     .what = what,
                     .truth = state.truth,
                     .failure = state.failure,
                     .since = state.read_at};
    const char *call = what < LIST_COUNT ? blind_call_of_list((enum list)what)
                                         : blind_call_of_facet((enum facet)(what - LIST_COUNT));
    struct failure f = {.operation = "", .aws_code = ""};
    if (state.failure)
        failure_get(j->estate, state.failure, &f);
    m.operation = f.operation[0] ? f.operation : call ? call : "";
    m.aws_code = state.failure && !f.aws_code[0] ? err_word(f.code) : f.aws_code;
    return m;
}

static void miss_add(const struct judgement *j, miss_vec *misses, const struct area *a, uint32_t node,
                     int what, struct facet_state state)
{
    struct miss m = miss_of(j, a, node, what, state);
    VEC_PUSH(*misses, m);
}

/* Lists that stand for themselves: not those that are a facet of a parent record. */
static bool is_child_list(enum list list)
{
    enum kind parent = list_row(list)->parent;
    return parent != KIND_NONE && parent != KIND_ACCOUNT;
}

/* Each target has a list of the accounts that it leads to; what one hides another does not. */
static uint32_t target_of(const struct judgement *j, uint32_t slot)
{
    return slot_list(j->estate, slot) == LIST_ACCOUNTS ? slot_parent(j->estate, slot) : 0;
}

/* What an account is told of its organization: only the management account and those that it trusts see it. */
static bool is_of_organization(enum list list)
{
    return list == LIST_ROOTS || list == LIST_SCPS || list == LIST_RCPS;
}

static const char *organization_of(const struct judgement *j, const char *account)
{
    struct record r;
    for (struct walk w = walk_kind(j->generation, KIND_ACCOUNT); walk_next(&w, &r);)
        if (strcmp(record_account(&r), account) == 0)
            return value_text(&r, ATTR_ACCOUNT_ORG_ID);
    return "";
}

/* Somebody else of the organization sees the list. */
static bool is_seen_elsewhere(const struct judgement *j, enum list list, const char *account)
{
    const char *organization = is_of_organization(list) ? organization_of(j, account) : "";
    for (size_t i = 0; organization[0] && i < j->areas.n; i++) {
        const struct area *a = &j->areas.items[i];
        if (!a->region[0] && a->has[list] && truth_is_sure(a->truth[list])
            && strcmp(organization_of(j, a->account), organization) == 0)
            return true;
    }
    return false;
}

/* What is asked once of each account that can be entered. */
static void miss_account_lists(struct judgement *j, miss_vec *misses)
{
    struct record r;
    for (struct walk w = walk_kind(j->generation, KIND_ACCOUNT); walk_next(&w, &r);) {
        const struct area *a = area_of_record(j, &r);
        bool is_entered = a && record_facet(&r, FACET_ACCOUNT_IDENTITY).truth == TRUTH_KNOWN;
        for (int l = 1; is_entered && l < LIST_COUNT; l++)
            if (list_row((enum list)l)->parent == KIND_ACCOUNT && l != LIST_REGIONS
                && !is_of_organization((enum list)l) && !a->has[l])
                miss_add(j, misses, a, 0, l, (struct facet_state){TRUTH_NOT_ASKED, 0, TIME_NONE});
    }
}

static void miss_lists(struct judgement *j, miss_vec *misses)
{
    uint32_t n_slots = estate_slot_count(j->estate);
    for (uint32_t slot = 1; slot <= n_slots; slot++) {
        const struct slice *s = generation_slice(j->generation, slot);
        enum list list = slot_list(j->estate, slot);
        if (!s || is_child_list(list) || truth_is_sure(slice_truth(s))
            || is_seen_elsewhere(j, list, scope_account(j->estate, slot_scope(j->estate, slot))))
            continue;
        struct facet_state state = {slice_truth(s), slice_failure(s), slice_seen_at(s)};
        if (state.truth != TRUTH_STALE)
            state.read_at = slice_missed_at(s);
        if (area_of_slot(j, slot))
            miss_add(j, misses, area_of_slot(j, slot), target_of(j, slot), (int)list, state);
    }
}

/* Whether the facet tells what the record hangs on: then the list does not, as long as it is not known. */
static bool has_dependent_edge(enum kind kind, enum facet facet)
{
    const struct kind_row *row = kind_row(kind);
    for (int a = (int)row->first_attr; a < (int)row->end_attr; a++)
        if (attr_row((enum attr)a)->facet == facet && is_dependent_edge(attr_row((enum attr)a)->edge))
            return true;
    return false;
}

static void note_list(struct area *a, enum list list, enum truth t)
{
    a->truth[list] = a->has[list] ? truth_worse(a->truth[list], t) : t;
    a->has[list] = true;
}

/* An account that cannot be reached is one blind spot, and a Region that is left out is none. */
static bool facet_counts(const struct record *r, enum facet facet)
{
    int64_t selected;
    if (r->kind == KIND_ACCOUNT && facet != FACET_ACCOUNT_IDENTITY)
        return truth_is_sure(record_facet(r, FACET_ACCOUNT_IDENTITY).truth);
    if (r->kind == KIND_REGION)
        return value_number(r, ATTR_REGION_SELECTED, &selected) && selected;
    return true;
}

static void miss_facets(struct judgement *j, miss_vec *misses, const struct record *r)
{
    const struct kind_row *kind = kind_row(r->kind);
    struct area *a = area_of_record(j, r);
    for (int f = (int)kind->first_facet; a && f < (int)kind->end_facet; f++) {
        struct facet_state state = record_facet(r, (enum facet)f);
        enum list children = facet_row((enum facet)f)->children;
        if (!facet_is_unseen((enum facet)f, state.truth) && !truth_is_sure(state.truth))
            continue; /* nobody has looked */
        if (children != LIST_NONE)
            note_list(a, children, state.truth);
        else if (has_dependent_edge(r->kind, (enum facet)f))
            note_list(a, slot_list(j->estate, r->slot), state.truth);
        if (truth_is_sure(state.truth) || !facet_counts(r, (enum facet)f))
            continue;
        miss_add(j, misses, a, r->node, LIST_COUNT + f, state);
    }
}

static int text_order(const char *a, const char *b)
{
    return a == b ? 0 : strcmp(a, b);
}

/* 0: one blind spot. */
static int miss_order(const void *x, const void *y, void *estate)
{
    const struct miss *a = x, *b = y;
    if (a->area != b->area)
        return a->area < b->area ? -1 : 1;
    if (a->what != b->what)
        return a->what < b->what ? -1 : 1;
    if (a->what < LIST_COUNT && a->node != b->node) /* targets */
        return !a->node || !b->node ? (a->node ? 1 : -1) : node_compare(estate, a->node, b->node);
    int order = text_order(a->operation, b->operation);
    if (order == 0)
        order = text_order(a->aws_code, b->aws_code);
    return order != 0 || a->aws_code[0] ? order : (int)a->truth - (int)b->truth;
}

/* Puts the first by ARN of misses of one blind spot first: what it says is told, where the worst of them stands,
 * and since when the first is missed. */
static void tell_first(const struct judgement *j, struct miss *m, size_t n)
{
    size_t first = 0;
    int64_t since = m[0].since;
    enum truth truth = m[0].truth;
    for (size_t i = 1; i < n; i++) {
        truth = truth_worse(truth, m[i].truth);
        if (m[i].node && m[first].node && node_compare(j->estate, m[i].node, m[first].node) < 0)
            first = i;
        if (m[i].since != TIME_NONE && (since == TIME_NONE || m[i].since < since))
            since = m[i].since;
    }
    m[0] = m[first];
    m[0].since = since;
    m[0].truth = truth;
}

/* "profile audit": what keyfall:target/... names. */
static const char *target_name(struct judgement *j, uint32_t node)
{
    static const char mark[] = "keyfall:target/";
    struct buf id = {0};
    node_arn(j->estate, node, &id);
    const char *name = strncmp(id.data, mark, sizeof mark - 1) == 0 ? id.data + sizeof mark - 1 : id.data;
    const char *kept = arena_printf(j->arena, "profile %s", name);
    buf_free(&id);
    return kept;
}

static const char *hides_of(struct judgement *j, const struct miss *m, uint32_t n)
{
    if (m->what < LIST_COUNT && m->node)
        return arena_printf(j->arena, "the accounts of %s", target_name(j, m->node));
    if (m->what < LIST_COUNT)
        return list_row((enum list)m->what)->name;
    enum facet facet = (enum facet)(m->what - LIST_COUNT);
    if (facet == FACET_ACCOUNT_IDENTITY)
        return "everything in the account";
    const struct kind_row *kind = kind_row(facet_row(facet)->kind);
    if (n == 1)
        return arena_printf(j->arena, "%s of %s %s", facet_row(facet)->name, kind->name,
                            node_tail(j->estate, m->node));
    return arena_printf(j->arena, "%s of %u %s", facet_row(facet)->name, n, kind->plural);
}

static const char *what_of(struct judgement *j, const struct miss *m)
{
    if (m->what >= LIST_COUNT)
        return facet_row((enum facet)(m->what - LIST_COUNT))->name;
    const char *list = list_row((enum list)m->what)->name;
    return m->node ? arena_printf(j->arena, "%s of %s", list, target_name(j, m->node)) : list;
}

/* The calls that were met, by where their names lie; names of one call may lie in two places. */
static const char *service_of(struct judgement *j, const char *operation)
{
    struct call_service *known = &j->services[(uintptr_t)operation / 8 % SERVICES_KEPT];
    const char *colon = strchr(operation, ':');
    if (known->operation != operation)
        *known = (struct call_service){
            operation, colon ? arena_strndup(j->arena, operation, (size_t)(colon - operation)) : ""};
    return known->service;
}

/* Accounts that nobody can reach say why in their state, if no call failed. */
static const char *text_of(struct judgement *j, const struct miss *m, const struct failure *f)
{
    struct record r;
    if (m->failure || m->what != LIST_COUNT + FACET_ACCOUNT_IDENTITY ||
        !generation_record(j->generation, m->node, &r))
        return f->text;
    const char *state = value_text(&r, ATTR_ACCOUNT_STATE);
    return state[0] && strcmp(state, "ACTIVE") != 0
               ? arena_printf(j->arena, "the account's state is %s", state)
               : f->text;
}

/* Whether things that may hang on a key are behind it, and not only who may do what. */
static bool has_holdings(enum list list)
{
    return list == LIST_ACCOUNTS || list == LIST_REGIONS || list_row(list)->parent == KIND_NONE;
}

/* The worst that could be there. Of a record of which only a facet is not known the findings say so. */
static enum severity worst_hidden(const struct judgement *j, const struct area *a, int what)
{
    enum list list = what < LIST_COUNT ? (enum list)what
                                       : facet_row((enum facet)(what - LIST_COUNT))->children;
    bool is_place = list != LIST_NONE && !a->region[0] && has_holdings(list);
    if (what == LIST_COUNT + FACET_ACCOUNT_IDENTITY || is_place)
        return SEVERITY_CRITICAL;
    return list != LIST_NONE ? j->worst_of_kind[list_row(list)->kind] : SEVERITY_NONE;
}

static void note_hidden(struct area *a, enum severity hidden)
{
    a->sum.blind_spots++;
    if (hidden > a->sum.hidden)
        a->sum.hidden = hidden;
}

static struct blind_spot spot_of(struct judgement *j, const struct miss *m, uint32_t n)
{
    const struct area *a = &j->areas.items[m->area];
    struct failure f = {.operation = "", .aws_code = "", .text = "", .request_id = ""};
    if (m->failure)
        failure_get(j->estate, m->failure, &f);
    bool is_list = m->what < LIST_COUNT;
    return (struct blind_spot){
        .account = a->account,
        .region = a->region,
        .parent = n == 1 && !is_list ? m->node : 0,
        .service = service_of(j, m->operation),
        .operation = m->operation,
        .error = m->aws_code,
        .text = text_of(j, m, &f),
        .request_id = f.request_id,
        .what = what_of(j, m),
        .truth = m->truth,
        .is_denied = m->failure && f.code == ERR_DENIED,
        .since = m->since,
        .records = is_list ? 0 : n,
        .hides = hides_of(j, m, n),
        .hides_holdings = is_list ? has_holdings((enum list)m->what) : m->what == LIST_COUNT + FACET_ACCOUNT_IDENTITY,
    };
}

static void spot_add(struct judgement *j, const struct miss *m, uint32_t n)
{
    struct area *a = &j->areas.items[m->area];
    struct blind_spot b = spot_of(j, m, n);
    if (!a->region[0] && b.hides_holdings)
        VEC_PUSH(j->blind_holdings, (uint32_t)j->blind.n);
    VEC_PUSH(j->blind, b);
    note_hidden(a, worst_hidden(j, a, m->what));
}

/* By area first, by counting; in one area they mostly come in order. */
static void misses_sort(const struct judgement *j, miss_vec *misses)
{
    size_t *at = mem_alloc_array(j->areas.n + 2, sizeof *at);
    struct miss *sorted = mem_alloc_array(misses->n + 1, sizeof *sorted);
    for (size_t i = 0; i < misses->n; i++)
        at[misses->items[i].area + 2]++;
    for (size_t a = 1; a <= j->areas.n; a++)
        at[a + 1] += at[a];
    for (size_t i = 0; i < misses->n; i++)
        sorted[at[misses->items[i].area + 1]++] = misses->items[i];
    for (size_t a = 0; a < j->areas.n; a++) {
        struct miss *own = sorted + at[a];
        size_t n = at[a + 1] - at[a], i = 1;
        while (i < n && miss_order(&own[i - 1], &own[i], (void *)j->estate) <= 0)
            i++;
        if (i < n)
            qsort_r(own, n, sizeof *own, miss_order, (void *)j->estate);
    }
    mem_free(at);
    mem_free(misses->items);
    misses->items = sorted;
    misses->cap = misses->n + 1;
}

/* A list of a Region that nobody asked: there may be millions of such spots, alike but for the place. */
struct unasked {
    int list; /* LIST_COUNT ends them */
    struct blind_spot spot;
    enum severity hidden;
};

static void gather_unasked(struct judgement *j, struct unasked out[LIST_COUNT])
{
    static const struct area nowhere = {.account = "", .region = "nowhere"};
    for (int l = 1; l < LIST_COUNT; l++) {
        const struct list_row *row = list_row((enum list)l);
        if (row->parent != KIND_NONE || l == LIST_ACCOUNTS || row->is_derived)
            continue;
        struct miss m = miss_of(j, j->areas.items, 0, l, (struct facet_state){TRUTH_NOT_ASKED, 0, TIME_NONE});
        *out++ = (struct unasked){l, spot_of(j, &m, 1), worst_hidden(j, &nowhere, l)};
    }
    out->list = LIST_COUNT;
}

/* Those from one list to before another: they stand in no list of misses. */
static void spots_not_asked(struct judgement *j, struct area *a, const struct unasked *u, int from, int to)
{
    for (; a->is_read && a->region[0] && u->list < to; u++) {
        if (u->list < from || a->has[u->list])
            continue;
        VEC_PUSH(j->blind, u->spot);
        struct blind_spot *b = &j->blind.items[j->blind.n - 1];
        b->account = a->account;
        b->region = a->region;
        note_hidden(a, u->hidden);
    }
}

/* Those of one area, which begin at a place of misses; where the next area's begin. */
static size_t spots_of_area(struct judgement *j, uint32_t area, const struct unasked *unasked, const miss_vec *misses,
                            size_t at)
{
    struct area *a = &j->areas.items[area];
    int list = 1; /* those before are told */
    for (size_t end; at < misses->n && misses->items[at].area == area; at = end) {
        struct miss *m = &misses->items[at];
        for (end = at + 1; end < misses->n && miss_order(m, &misses->items[end], (void *)j->estate) == 0;)
            end++;
        spots_not_asked(j, a, unasked, list, m->what < LIST_COUNT ? m->what : LIST_COUNT);
        list = m->what < LIST_COUNT ? m->what + 1 : LIST_COUNT;
        tell_first(j, m, end - at);
        spot_add(j, m, (uint32_t)(end - at));
    }
    spots_not_asked(j, a, unasked, list, LIST_COUNT);
    return at;
}

void blind_build(struct judgement *j)
{
    miss_vec misses = {0};
    if (j->areas.n == 0)
        return;
    miss_lists(j, &misses);
    miss_account_lists(j, &misses);
    for (int kind = 1; kind < KIND_COUNT; kind++) {
        if (kind_row((enum kind)kind)->first_facet == kind_row((enum kind)kind)->end_facet)
            continue;
        struct record r;
        for (struct walk w = walk_kind(j->generation, (enum kind)kind); walk_next(&w, &r);)
            miss_facets(j, &misses, &r);
    }
    misses_sort(j, &misses);
    struct unasked unasked[LIST_COUNT];
    gather_unasked(j, unasked);
    size_t at = 0;
    for (size_t i = 0; i < j->areas.n; i++)
        at = spots_of_area(j, (uint32_t)i, unasked, &misses, at);
    VEC_FREE(misses);
}

const struct blind_spot *judgement_blind_spots(const struct judgement *j, size_t *n)
{
    *n = j->blind.n;
    return j->blind.items;
}

/* They are in the order of the areas: by account, then region. */
static int spot_order(const struct blind_spot *b, const char *account, const char *region)
{
    int order = strcmp(b->account, account);
    return order != 0 || !region ? order : strcmp(b->region, region);
}

const struct blind_spot *judgement_blind_in(const struct judgement *j, const char *account,
                                            const char *region, size_t *n)
{
    size_t low = 0, high = j->blind.n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (spot_order(&j->blind.items[middle], account, region) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    *n = 0;
    while (low + *n < j->blind.n && spot_order(&j->blind.items[low + *n], account, region) == 0)
        ++*n;
    return j->blind.items + low;
}
