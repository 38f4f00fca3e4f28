/* Findings about what is not backed up, not far enough away, or not tested. */
#include "backend/judge/rules.h"
#include "backend/judge/schedule.h"

#include <stdlib.h>
#include <string.h>

#define DAY 86400

/* ---- where the backups of a resource are --------------------------------------------------------- */

/* Made anew for each resource; three rules ask of it one after the other. */
static void note_backup(const struct judgement *j, const struct record *r, struct spread *s)
{
    if (!holding_is_whole(r))
        return;
    const char *account = record_account(r), *region = record_region(r);
    s->n++;
    s->is_apart_account |= s->account && strcmp(s->account, account) != 0;
    s->is_apart_region |= s->region && strcmp(s->region, region) != 0;
    s->account = account;
    s->region = region;
    struct value key = holding_key(r);
    uint32_t node = key.is == VALUE_KNOWN ? judge_resolve_key(j, key.node) : 0;
    uint64_t family = node ? key_family(j, node) : 0;
    if (key.is == VALUE_ABSENT && (holding_is_aws_owned(r) || !holding_key_is_unnamed(r)))
        s->is_apart_key = true; /* no key can take it away */
    else if (!family)
        s->is_key_unknown = true;
    else if (s->family && s->family != family)
        s->is_apart_key = true;
    s->family = s->family ? s->family : family;
    if (family && family == s->family && (!s->key || node_compare(j->estate, node, s->key) < 0))
        s->key = node;
}

static void note_plan(const struct judgement *j, const struct record *point, struct spread *s)
{
    int64_t created;
    struct value plan = record_value(point, ATTR_POINT_PLAN_ID);
    if (point->kind != KIND_POINT || plan.is != VALUE_KNOWN || !value_number(point, ATTR_POINT_CREATED, &created) ||
        (s->plan_id && created < s->planned_at))
        return;
    if (s->plan_id && created == s->planned_at && strcmp(plan.text, estate_text(j->estate, s->plan_id, NULL)) >= 0)
        return;
    s->planned_at = created;
    s->plan_id = plan.string;
}

static const struct spread *spread_of(const struct judgement *j, uint32_t resource)
{
    struct spread *s = &j->texts->spread;
    struct record r;
    enum edge edge;
    if (s->resource == resource)
        return s;
    *s = (struct spread){.resource = resource};
    for (struct hang h = hang_on(j->generation, resource); hang_next(&h, &r, &edge);) {
        if (edge != EDGE_BACKUP_OF)
            continue;
        note_plan(j, &r, s);
        if (!is_twin_of_another(&r, resource, edge))
            note_backup(j, &r, s);
    }
    return s;
}

/* There are backups, all in one place: proved, if no other list could hold more. */
static enum finding_state if_together(const struct judgement *j, const struct spread *s, bool is_apart,
                                      struct finding *out)
{
    bool is_sure = truth_is_sure(j->backups_truth), is_old = j->backups_truth == TRUTH_STALE && s->n > 0;
    if (is_apart || (s->n == 0 && is_sure))
        return FINDING_NONE;
    if (is_old)
        out->facts_at = j->backups_at;
    else if (!is_sure)
        out->reason = "not every list of backups was read";
    return is_sure || is_old ? FINDING_OPEN : FINDING_UNKNOWN;
}

RULE_TEST(copies_under_one_key)
{
    const struct spread *s = spread_of(j, value_node(r, ATTR_PROTECTED_RESOURCE));
    /* nobody can delete a key that AWS manages */
    if (s->is_apart_key || (s->key && !s->is_key_unknown && key_is_aws_managed(j, s->key) == TRI_YES))
        return FINDING_NONE;
    enum finding_state state = if_together(j, s, false, out);
    out->cause = s->key;
    if (state != FINDING_OPEN)
        return state;
    out->reason = s->is_key_unknown ? "the keys of its backups are not all known"
                                    : arena_printf(j->arena, "%u of them", s->n);
    return s->is_key_unknown ? FINDING_UNKNOWN : FINDING_OPEN;
}

RULE_TEST(copies_in_one_account)
{
    const struct spread *s = spread_of(j, value_node(r, ATTR_PROTECTED_RESOURCE));
    return if_together(j, s, s->is_apart_account, out);
}

RULE_TEST(copies_in_one_region)
{
    const struct spread *s = spread_of(j, value_node(r, ATTR_PROTECTED_RESOURCE));
    return if_together(j, s, s->is_apart_region, out);
}

/* ---- when it was backed up last ------------------------------------------------------------------ */

static uint32_t plan_of_id(const struct judgement *j, uint32_t plan_id)
{
    struct record r;
    struct texts_memo *memo = j->texts;
    for (struct walk w = walk_kind(j->generation, KIND_PLAN); !memo->has_plans && walk_next(&w, &r);) {
        struct value id = record_value(&r, ATTR_PLAN_ID);
        if (id.is == VALUE_KNOWN && id.string)
            nodemap_add(&memo->plan_of_id, id.string, r.node);
    }
    memo->has_plans = true;
    const uint32_t *node = nodemap_at(&memo->plan_of_id, plan_id);
    return node ? *node : 0;
}

/* How often the plan backs up, at its most frequent; 0: that is not known. */
static int64_t interval_of_plan(const struct judgement *j, uint32_t plan_id)
{
    struct record plan, rule;
    int64_t best = 0;
    if (!generation_record(j->generation, plan_of_id(j, plan_id), &plan) ||
        !truth_is_sure(record_facet(&plan, FACET_PLAN_RULES).truth))
        return 0;
    const struct slice *rules = record_children(&plan, FACET_PLAN_RULES);
    for (uint32_t i = 0; slice_record(j->generation, rules, i, &rule); i++) {
        int64_t every = schedule_interval_s(value_text(&rule, ATTR_RULE_SCHEDULE));
        if (every == 0)
            return 0;
        best = best == 0 || every < best ? every : best;
    }
    return best;
}

/* Of kinds that keyfall lists. */
static enum tri is_still_there(const struct judgement *j, uint32_t resource)
{
    struct record r;
    char account[16], region[40];
    enum kind kind = node_kind(j->estate, resource);
    if (generation_record(j->generation, resource, &r))
        return TRI_YES;
    node_place(j->estate, resource, account, region);
    const struct area *a = area_find(j, account, region);
    for (int l = 1; a && kind != KIND_OTHER && l < LIST_COUNT; l++)
        if (list_row((enum list)l)->kind == kind)
            return truth_is_sure(area_truth(a, (enum list)l)) ? TRI_NO : TRI_UNKNOWN;
    return TRI_UNKNOWN;
}

RULE_TEST(backup_overdue)
{
    int64_t last;
    uint32_t resource = value_node(r, ATTR_PROTECTED_RESOURCE);
    const struct spread *s = spread_of(j, resource);
    enum tri is_there = is_still_there(j, resource);
    if (is_there == TRI_NO || (!s->plan_id && truth_is_sure(j->backups_truth)))
        return FINDING_NONE; /* it is gone, or no plan is for it */
    int64_t every = s->plan_id ? interval_of_plan(j, s->plan_id) : 0;
    bool has_date = value_number(r, ATTR_PROTECTED_LAST_BACKUP, &last);
    if (every > 0 && has_date && j->now_utc - last <= 2 * (every > DAY ? every : DAY))
        return FINDING_NONE;
    out->reason = !s->plan_id ? "not every list of backups was read"
                  : every == 0 ? "how often its plan backs up is not known"
                  : !has_date  ? "when it was backed up last is not told"
                               : "whether it is still there was not read";
    if (every == 0 || !has_date || is_there == TRI_UNKNOWN)
        return FINDING_UNKNOWN;
    out->reason = arena_printf(j->arena, "the last is of %s, its plan makes one every %lld h", told_time(j, last),
                               (long long)(every / 3600));
    return FINDING_OPEN;
}

/* ---- successive copies --------------------------------------------------------------------------- */

struct copied {
    uint32_t resource, place, key, job; /* place: what the vaults of one account and Region have in common */
    int64_t created;
};

static int copied_order(const void *a, const void *b, void *ctx)
{
    const struct copied *x = a, *y = b;
    const struct judgement *j = ctx;
    if (x->resource != y->resource)
        return x->resource < y->resource ? -1 : 1;
    if (x->place != y->place)
        return x->place < y->place ? -1 : 1;
    if (x->created != y->created)
        return x->created < y->created ? -1 : 1;
    return node_compare(j->estate, x->job, y->job);
}

typedef VEC(struct copied) copied_vec;

/* The key of the copies that the i-th one came after, the newest of them; 0: there were none, or one was under its own.
 * Those of one moment have no order. */
static uint32_t key_before(const copied_vec *jobs, size_t i)
{
    const struct copied *job = &jobs->items[i], *before = NULL;
    for (; i-- > 0 && jobs->items[i].resource == job->resource && jobs->items[i].place == job->place;) {
        const struct copied *other = &jobs->items[i];
        if (other->created == job->created)
            continue;
        if (before && other->created != before->created)
            break;
        before = other;
        if (other->key == job->key)
            return 0;
    }
    return before ? before->key : 0;
}

static void find_changed_keys(const struct judgement *j, struct nodemap *out)
{
    copied_vec jobs = {0};
    struct record r;
    for (struct walk w = walk_kind(j->generation, KIND_COPY_JOB); walk_next(&w, &r);) {
        uint32_t vault = value_node(&r, ATTR_COPY_JOB_DESTINATION_VAULT);
        struct copied c = {value_node(&r, ATTR_COPY_JOB_RESOURCE), vault ? node_head(j->estate, vault) : 0,
                           value_node(&r, ATTR_COPY_JOB_DESTINATION_KEY), r.node, 0};
        if (c.resource && c.place && c.key && value_is(&r, ATTR_COPY_JOB_STATE, "COMPLETED") &&
            value_number(&r, ATTR_COPY_JOB_CREATED, &c.created))
            VEC_PUSH(jobs, c);
    }
    if (jobs.n > 1)
        qsort_r(jobs.items, jobs.n, sizeof *jobs.items, copied_order, (void *)j);
    for (size_t i = 1; i < jobs.n; i++) {
        uint32_t before = key_before(&jobs, i);
        if (before)
            nodemap_add(out, jobs.items[i].job, before);
    }
    VEC_FREE(jobs);
}

RULE_TEST(copies_change_key)
{
    struct texts_memo *memo = j->texts;
    if (!memo->has_changed_keys)
        find_changed_keys(j, &memo->key_before);
    memo->has_changed_keys = true;
    const uint32_t *before = nodemap_at(&memo->key_before, r->node);
    if (!before)
        return FINDING_NONE;
    out->reason = arena_printf(j->arena, "the one before was under %s", node_tail(j->estate, *before));
    out->cause = value_node(r, ATTR_COPY_JOB_DESTINATION_VAULT);
    return FINDING_OPEN;
}

/* ---- what is not protected, not tested ----------------------------------------------------------- */

/* AWS Backup's words for what it can be told to leave out. */
static const char *backup_type(enum kind kind)
{
    static const struct {
        enum kind kind;
        const char *type;
    } types[] = {{KIND_DB_INSTANCE, "RDS"}, {KIND_DB_CLUSTER, "Aurora"}, {KIND_VOLUME, "EBS"}, {KIND_TABLE, "DynamoDB"},
                 {KIND_EFS, "EFS"},         {KIND_FSX, "FSx"},           {KIND_REDSHIFT, "Redshift"}};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (types[i].kind == kind)
            return types[i].type;
    return "";
}

static bool region_record(const struct judgement *j, const char *account, const char *region, struct record *out)
{
    char *id = mem_printf("keyfall:region/%s/%s", account, region);
    uint32_t node = estate_find_node(j->estate, KIND_REGION, id, strlen(id));
    mem_free(id);
    return node && generation_record(j->generation, node, out);
}

/* The Region's record says for which types AWS Backup is on; those whose word it knows. */
static bool is_opted_out(const struct judgement *j, const struct record *r)
{
    struct record region;
    if (!region_record(j, record_account(r), record_region(r), &region))
        return false;
    struct value types = record_value(&region, ATTR_REGION_BACKUP_OPT_IN);
    for (const char *type = NULL; types.is == VALUE_KNOWN && (type = value_next(&types, type));)
        if (strcmp(type, backup_type(r->kind)) == 0)
            return false;
    return types.is == VALUE_KNOWN;
}

RULE_TEST(resource_unprotected)
{
    struct record protector;
    enum edge edge;
    if (r->kind == KIND_DB_INSTANCE && value_text(r, ATTR_DB_INSTANCE_CLUSTER)[0])
        return FINDING_NONE; /* backed up with its cluster */
    bool was_protected = false;
    for (struct hang h = hang_on(j->generation, r->node); hang_next(&h, &protector, &edge);) {
        if (protector.kind != KIND_PROTECTED && protector.kind != KIND_POINT)
            continue;
        if (truth_is_sure(slice_truth(protector.slice)))
            return FINDING_NONE;
        was_protected = true;
    }
    enum finding_state state = was_protected ? FINDING_UNKNOWN
                                             : lacking_in(area_slice(j, area_of_record(j, r), LIST_PROTECTED), out);
    out->reason = state == FINDING_UNKNOWN ? "whether it is backed up was not read"
                  : is_opted_out(j, r)     ? arena_printf(j->arena, "AWS Backup is switched off for %s in this Region",
                                                          backup_type(r->kind))
                                           : "";
    return state;
}

#define TESTED_DAYS 90

/* A plan of the same place takes the vault in, by name or all of them, and has run lately. */
static enum tri is_tested_by(const struct judgement *j, const struct record *plan, const struct record *vault)
{
    int64_t last;
    struct value includes = record_value(plan, ATTR_RESTORE_TEST_INCLUDES);
    bool has_it = false;
    for (const char *item = NULL; (item = value_next(&includes, item));) {
        struct buf arn = {0};
        node_arn(j->estate, vault->node, &arn);
        has_it |= strcmp(item, "*") == 0 || (arn.data && strcmp(item, arn.data) == 0);
        buf_free(&arn);
    }
    if (!truth_is_sure(record_facet(plan, FACET_RESTORE_TEST_DETAIL).truth))
        return TRI_UNKNOWN;
    return tri_of(has_it && value_number(plan, ATTR_RESTORE_TEST_LAST_RUN, &last) &&
                  j->now_utc - last <= (int64_t)TESTED_DAYS * DAY);
}

RULE_TEST(vault_untested)
{
    struct record plan;
    const struct area *a = area_of_record(j, r);
    const struct slice *plans = area_slice(j, a, LIST_RESTORE_TESTS), *points = record_children(r, FACET_VAULT_POINTS);
    bool has_points = slice_rows(points) > 0;
    if (!has_points && truth_is_sure(slice_truth(points)))
        return FINDING_NONE;
    enum tri is_tested = TRI_NO;
    for (uint32_t i = 0; slice_record(j->generation, plans, i, &plan); i++)
        is_tested = tri_or(is_tested, is_tested_by(j, &plan, r));
    if (is_tested == TRI_YES && truth_is_sure(slice_truth(plans)))
        return FINDING_NONE;
    enum finding_state state = is_tested == TRI_NO ? lacking_in(plans, out) : FINDING_UNKNOWN;
    out->reason = state == FINDING_UNKNOWN ? "the restore testing plans were not all read"
                  : !has_points            ? "its recovery points were not read" : "";
    return has_points ? state : FINDING_UNKNOWN;
}

/* ---- accounts and Regions ------------------------------------------------------------------------ */

static const enum list data_lists[] = {LIST_DB_INSTANCES, LIST_DB_CLUSTERS, LIST_VOLUMES, LIST_TABLE,
                                       LIST_EFS,          LIST_FSX,         LIST_REDSHIFT};

RULE_TEST(account_without_plan)
{
    bool has_data = false, is_sure = true;
    const struct area *whole = area_find(j, record_account(r), "");
    for (const struct area *a = whole; a && a < j->areas.items + j->areas.n; a++) {
        if (strcmp(a->account, record_account(r)) != 0)
            break;
        struct record region;
        if (!a->region[0])
            continue;
        if (!a->is_read) { /* left out: only where nothing can be, nothing is */
            is_sure &= region_record(j, a->account, a->region, &region) &&
                       value_is(&region, ATTR_REGION_OPT_IN, "not-opted-in");
            continue;
        }
        const struct slice *plans = area_slice(j, a, LIST_PLANS);
        if (slice_rows(plans) > 0 && truth_is_sure(slice_truth(plans)))
            return FINDING_NONE;
        is_sure &= slice_rows(plans) == 0 && lacking_in(plans, out) == FINDING_OPEN;
        for (size_t l = 0; l < sizeof data_lists / sizeof *data_lists; l++) {
            bool is_here = slice_rows(area_slice(j, a, data_lists[l])) > 0;
            has_data |= is_here;
            is_sure &= is_here || truth_is_sure(area_truth(a, data_lists[l]));
        }
    }
    is_sure &= whole && truth_is_sure(area_truth(whole, LIST_REGIONS));
    if (!has_data && is_sure)
        return FINDING_NONE;
    if (!has_data || !is_sure)
        out->reason = "its data and backup plans were not all read";
    return has_data && is_sure ? FINDING_OPEN : FINDING_UNKNOWN;
}

/* KMS's own events come only after the loss; those of CloudTrail name the call.
 * https://docs.aws.amazon.com/kms/latest/developerguide/kms-events.html */
static bool tells_of_keys(const struct record *rule)
{
    const char *pattern = value_text(rule, ATTR_EVENT_RULE_PATTERN);
    bool is_on = strncmp(value_text(rule, ATTR_EVENT_RULE_STATE), "ENABLED", 7) == 0;
    bool names_calls = strstr(pattern, "\"eventName\"") != NULL;
    return is_on && strstr(pattern, "aws.kms") &&
           (!names_calls || (strstr(pattern, "ScheduleKeyDeletion") && strstr(pattern, "DisableKey")));
}

enum tri place_warns(const struct judgement *j, const struct area *a, const char **name)
{
    struct record rule;
    const struct slice *rules = area_slice(j, a, LIST_EVENT_RULES);
    bool is_sure = truth_is_sure(slice_truth(rules));
    *name = "";
    for (uint32_t i = 0; slice_record(j->generation, rules, i, &rule); i++)
        if (tells_of_keys(&rule)) {
            *name = value_text(&rule, ATTR_EVENT_RULE_NAME);
            return is_sure ? TRI_YES : TRI_UNKNOWN;
        }
    return is_sure && slice_is_complete(rules) ? TRI_NO : TRI_UNKNOWN;
}

RULE_TEST(region_without_alarm)
{
    struct record rule;
    const struct area *a = area_of_record(j, r);
    const struct slice *keys = area_slice(j, a, LIST_KEYS), *rules = area_slice(j, a, LIST_EVENT_RULES);
    bool has_keys = slice_rows(keys) > 0, has_rule = false;
    if (!has_keys && truth_is_sure(slice_truth(keys)))
        return FINDING_NONE;
    for (uint32_t i = 0; !has_rule && slice_record(j->generation, rules, i, &rule); i++)
        has_rule = tells_of_keys(&rule);
    if (has_rule && truth_is_sure(slice_truth(rules)))
        return FINDING_NONE;
    enum finding_state state = has_keys && !has_rule ? lacking_in(rules, out) : FINDING_UNKNOWN;
    out->reason = state == FINDING_OPEN ? "" : has_keys ? "its event rules were not read" : "its keys were not read";
    return state;
}

/* ---- what leaves the estate ---------------------------------------------------------------------- */

static const char *first_of(const struct judgement *j, const struct value *list, size_t *n)
{
    const char *first = value_next(list, NULL);
    *n = 0;
    for (const char *at = NULL; (at = value_next(list, at));)
        ++*n;
    return *n > 1 ? arena_printf(j->arena, "%s +%zu", first, *n - 1) : first;
}

static enum finding_state if_snapshots_public(const struct judgement *j, const struct record *r, struct finding *out)
{
    size_t n;
    struct value ids = record_value(r, ATTR_REGION_PUBLIC_SNAPSHOTS);
    const char *first = first_of(j, &ids, &n);
    if (n == 0)
        return FINDING_NONE;
    out->reason = arena_printf(j->arena, "EBS %s", first);
    return FINDING_OPEN;
}

/* Images of its own account are always allowed; those that AWS Backup copies are of another one:
 * https://docs.aws.amazon.com/aws-backup/latest/devguide/create-cross-account-backup.html */
RULE_TEST(region_images_refused)
{
    struct value providers = record_value(r, ATTR_REGION_IMAGE_PROVIDERS);
    const struct area *a = area_of_record(j, r);
    if (!value_is(r, ATTR_REGION_ALLOWED_IMAGES, "enabled"))
        return FINDING_NONE;
    for (const char *who = NULL; (who = value_next(&providers, who));)
        if (strcmp(who, "aws-backup-vault") == 0 || strcmp(who, "*") == 0)
            return FINDING_NONE;
    if (a && a->sum.vaults.n == 0 && !a->sum.vaults.is_at_least)
        return FINDING_NONE;
    out->reason = a && a->sum.vaults.n > 0 ? "" : "its vaults were not read";
    return a && a->sum.vaults.n > 0 ? FINDING_OPEN : FINDING_UNKNOWN;
}

RULE_TEST(image_public)
{
    int64_t is_public;
    if (r->kind == KIND_REGION)
        return if_snapshots_public(j, r, out);
    return value_number(r, ATTR_IMAGE_PUBLIC, &is_public) && is_public ? FINDING_OPEN : FINDING_NONE;
}

RULE_TEST(lifecycle_shares)
{
    struct value accounts = record_value(r, ATTR_LIFECYCLE_SHARED_WITH);
    enum finding_state state = FINDING_NONE;
    for (const char *account = NULL; state != FINDING_OPEN && (account = value_next(&accounts, account));) {
        struct finding one = *out;
        enum finding_state found = if_stranger(j, account, &one);
        if (found == FINDING_OPEN || (found == FINDING_UNKNOWN && state == FINDING_NONE)) {
            *out = one;
            state = found;
        }
    }
    return state;
}
