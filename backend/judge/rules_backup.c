#include "backend/judge/internal.h"
#include "backend/judge/rules.h"

#include <string.h>

#define HOUR 3600
#define DAY 86400

/* ---- what several tests ask ------------------------------------------------------------------ */

/* One text for all that is under keys of a state. */
static const char *key_reason(const struct judgement *j, const struct record *key)
{
    struct value state = record_value(key, ATTR_KEY_STATE);
    const uint32_t *known = nodemap_at(&j->texts->reason_of_state, state.string);
    if (known)
        return j->texts->texts.items[*known];
    const char *reason = arena_printf(j->arena, "its key is %s", state.is == VALUE_KNOWN ? state.text : "");
    if (state.string)
        nodemap_add(&j->texts->reason_of_state, state.string, (uint32_t)j->texts->texts.n);
    VEC_PUSH(j->texts->texts, reason);
    return reason;
}

/* The account that the ARN of a key names, "" if it names none, and what to say of what is under the key and in
 * another. What comes before a node's name tells the account. */
static const char *account_of_key(const struct judgement *j, uint32_t key, const char **reason)
{
    char account[16], region[40];
    struct texts_memo *memo = j->texts;
    uint32_t head = node_head(j->estate, key);
    const uint32_t *known = nodemap_at(&memo->account_of_head, head);
    size_t at = known ? *known : memo->texts.n;
    if (!known) {
        node_place(j->estate, key, account, region);
        VEC_PUSH(memo->texts, arena_strdup(j->arena, account));
        VEC_PUSH(memo->texts, arena_printf(j->arena, "key of account %s", account));
        if (head)
            nodemap_add(&memo->account_of_head, head, (uint32_t)at);
    }
    *reason = memo->texts.items[at + 1];
    return memo->texts.items[at];
}

enum finding_state if_key_fails(const struct judgement *j, uint32_t reference, struct finding *out)
{
    uint32_t key = judge_resolve_key(j, reference);
    struct record r;
    out->cause = key ? key : reference;
    switch (judge_key(j, key)) {
    case KEY_USABLE:
        return FINDING_NONE;
    case KEY_GONE:
        out->reason = "its key is deleted";
        out->severity = SEVERITY_CRITICAL;
        out->facts_at = key_gone_by_list_of(j, key);
        return FINDING_OPEN;
    case KEY_UNUSABLE:
        if (!generation_record(j->generation, key, &r))
            return FINDING_UNKNOWN;
        if (value_is(&r, ATTR_KEY_STATE, "PendingDeletion"))
            out->severity = SEVERITY_CRITICAL;
        out->reason = key_reason(j, &r);
        rests_on(&r, FACET_KEY_METADATA, out);
        return FINDING_OPEN;
    case KEY_UNKNOWN:
        break;
    }
    out->reason = "the state of its key is not known";
    return FINDING_UNKNOWN;
}

/* Another account's rule copies into this vault, or its points came from one. */
static enum tri is_foreign_destination(const struct judgement *j, const struct record *vault)
{
    struct record r;
    enum edge edge;
    for (struct hang h = hang_on(j->generation, vault->node); hang_next(&h, &r, &edge);)
        if (edge == EDGE_WRITES_TO && strcmp(record_account(&r), record_account(vault)) != 0)
            return TRI_YES;
    return j->rules_are_sure ? TRI_NO : TRI_UNKNOWN;
}

static enum finding_state if_foreign_destination(const struct judgement *j,
                                                 const struct record *vault, struct finding *out)
{
    enum tri is = is_foreign_destination(j, vault);
    if (is == TRI_UNKNOWN)
        out->reason = "not every backup plan was read";
    return is == TRI_YES ? FINDING_OPEN : is == TRI_NO ? FINDING_NONE : FINDING_UNKNOWN;
}

static bool is_air_gapped(const struct record *vault)
{
    return value_is(vault, ATTR_VAULT_TYPE, "LOGICALLY_AIR_GAPPED_BACKUP_VAULT");
}

/* ---- vaults ---------------------------------------------------------------------------------- */

RULE_TEST(vault_key_fails)
{
    struct value key = record_value(r, ATTR_VAULT_KEY);
    return key.is == VALUE_KNOWN ? if_key_fails(j, key.node, out) : FINDING_NONE;
}

RULE_TEST(vault_cannot_receive)
{
    uint32_t key = value_node(r, ATTR_VAULT_KEY);
    enum tri aws = key_is_aws_managed(j, key);
    bool is_default = value_is(r, ATTR_VAULT_NAME, "Default");
    if (is_air_gapped(r) || (!is_default && (!key || aws == TRI_NO)))
        return FINDING_NONE;
    enum finding_state state = if_foreign_destination(j, r, out);
    if (state != FINDING_OPEN)
        return state;
    if (!is_default && aws == TRI_UNKNOWN) {
        out->reason = "whose key it is under is not known";
        return FINDING_UNKNOWN;
    }
    out->reason = is_default ? "it is the default vault" : "it is under an AWS managed key";
    return FINDING_OPEN;
}

RULE_TEST(vault_policy_absent)
{
    if (record_value(r, ATTR_VAULT_ACCESS_POLICY).is != VALUE_ABSENT || is_air_gapped(r))
        return FINDING_NONE;
    return if_foreign_destination(j, r, out);
}

RULE_TEST(vault_unlocked)
{
    (void)j;
    int64_t locked;
    if (is_air_gapped(r))
        return FINDING_NONE;
    if (!value_number(r, ATTR_VAULT_LOCKED, &locked)) {
        out->reason = "AWS did not say whether it is locked";
        return FINDING_UNKNOWN;
    }
    return locked ? FINDING_NONE : FINDING_OPEN;
}

RULE_TEST(vault_lock_grace)
{
    int64_t date;
    if (!value_number(r, ATTR_VAULT_LOCK_DATE, &date) || date <= j->now_utc ||
        date - j->now_utc >= 72 * HOUR)
        return FINDING_NONE;
    out->reason = arena_printf(j->arena, "locked for good at %s", told_time(j, date));
    return FINDING_OPEN;
}

RULE_TEST(vault_keeps_for_ever)
{
    int64_t date, delete_at;
    if (!value_number(r, ATTR_VAULT_LOCK_DATE, &date) || date > j->now_utc)
        return FINDING_NONE;
    const struct slice *points = record_children(r, FACET_VAULT_POINTS);
    struct record point;
    uint32_t first = 0;
    for (uint32_t i = 0; slice_record(j->generation, points, i, &point); i++)
        if (!value_number(&point, ATTR_POINT_DELETE_AT, &delete_at) &&
            (!first || node_compare(j->estate, point.node, first) < 0))
            first = point.node;
    if (!first)
        return FINDING_NONE;
    out->reason = node_tail(j->estate, first);
    return FINDING_OPEN;
}

RULE_TEST(vault_own_key_air_gapped)
{
    char account[16], region[40];
    uint32_t key = value_node(r, ATTR_VAULT_KEY);
    if (!is_air_gapped(r) || !value_is(r, ATTR_VAULT_KEY_TYPE, "CUSTOMER_MANAGED_KMS_KEY") || !key)
        return FINDING_NONE;
    node_place(j->estate, key, account, region);
    out->cause = key;
    return strcmp(account, record_account(r)) == 0 ? FINDING_OPEN : FINDING_NONE;
}

RULE_TEST(vault_failed)
{
    int64_t created;
    if (value_is(r, ATTR_VAULT_STATE, "FAILED"))
        return FINDING_OPEN;
    if (!value_is(r, ATTR_VAULT_STATE, "CREATING") ||
        !value_number(r, ATTR_VAULT_CREATED, &created))
        return FINDING_NONE;
    out->reason = "being created for more than an hour";
    return j->now_utc - created > HOUR ? FINDING_OPEN : FINDING_NONE;
}

static bool jobs_are_sure(const struct judgement *j, const struct record *r)
{
    const struct area *a = area_of_record(j, r);
    return a && truth_is_sure(area_truth(a, LIST_FAILED_BACKUPS)) &&
           truth_is_sure(area_truth(a, LIST_FAILED_RESTORES));
}

/* AWS keeps jobs for 30 days; what failed a week ago may have been mended since. */
static enum finding_state if_jobs_failed(const struct judgement *j, const struct record *r, struct finding *out)
{
    const struct failed_jobs *jobs = failed_jobs_of(j, r->node);
    struct record newest;
    char when[TIME_ISO_SIZE] = "?";
    if (!jobs || !generation_record(j->generation, jobs->newest, &newest)) {
        out->reason = "jobs that failed were not read";
        return jobs_are_sure(j, r) ? FINDING_NONE : FINDING_UNKNOWN;
    }
    rests_on(&newest, FACET_LIST_, out);
    if (jobs->newest_at != TIME_NONE)
        time_format_iso(jobs->newest_at, when);
    bool is_old = jobs->newest_at != TIME_NONE && jobs->newest_at < j->now_utc - 7 * DAY;
    out->severity = is_old ? SEVERITY_MEDIUM : SEVERITY_HIGH;
    out->reason = arena_printf(j->arena, "%u backup and %u restore jobs failed in 30 days, last %s: %s",
                               jobs->n_backups, jobs->n_restores, when,
                               value_text(&newest, ATTR_FAILED_JOB_MESSAGE));
    return FINDING_OPEN;
}

RULE_TEST(vault_jobs_fail)
{
    const struct failed_jobs *jobs = failed_jobs_of(j, r->node);
    out->cause = jobs && jobs->key ? jobs->key : value_node(r, ATTR_VAULT_KEY);
    return if_jobs_failed(j, r, out);
}

/* Jobs that were not read can have failed for a key that backups are under. */
RULE_TEST(key_jobs_fail)
{
    enum finding_state state = if_jobs_failed(j, r, out);
    struct dependents d = judge_dependents(j, r->node);
    return state == FINDING_UNKNOWN && !d.has_vaults && !d.has_points ? FINDING_NONE : state;
}

/* ---- recovery points ------------------------------------------------------------------------- */

RULE_TEST(point_plain)
{
    (void)j, (void)out;
    int64_t encrypted;
    return value_number(r, ATTR_POINT_ENCRYPTED, &encrypted) && !encrypted ? FINDING_OPEN
                                                                           : FINDING_NONE;
}

RULE_TEST(point_key_fails)
{
    struct value key = record_value(r, ATTR_POINT_KEY);
    out->severity = SEVERITY_HIGH;
    enum finding_state state =
        key.is == VALUE_KNOWN ? if_key_fails(j, key.node, out) : FINDING_NONE;
    if (state == FINDING_UNKNOWN)
        out->severity = SEVERITY_CRITICAL;
    return state;
}

RULE_TEST(point_foreign_key)
{
    struct record vault;
    uint32_t key = value_node(r, ATTR_POINT_KEY);
    const char *reason, *account = key ? account_of_key(j, key, &reason) : "";
    if (!account[0] || strcmp(account, record_account(r)) == 0)
        return FINDING_NONE;
    if (generation_record(j->generation, value_node(r, ATTR_POINT_VAULT), &vault) &&
        is_air_gapped(&vault))
        return FINDING_NONE;
    out->cause = key;
    out->reason = reason;
    return FINDING_OPEN;
}

static enum finding_state if_point_is(const struct record *r, const char *status,
                                      struct finding *out)
{
    if (!value_is(r, ATTR_POINT_STATUS, status))
        return FINDING_NONE;
    out->reason = value_text(r, ATTR_POINT_MESSAGE);
    return FINDING_OPEN;
}

RULE_TEST(point_expired)
{
    (void)j;
    return if_point_is(r, "EXPIRED", out);
}

RULE_TEST(point_stopped)
{
    (void)j;
    return if_point_is(r, "STOPPED", out);
}

RULE_TEST(point_partial)
{
    (void)j;
    return if_point_is(r, "PARTIAL", out);
}

/* ---- rules and copies ------------------------------------------------------------------------ */

RULE_TEST(rule_retention)
{
    struct record vault;
    int64_t days, min, max;
    uint32_t node = value_node(r, ATTR_RULE_VAULT);
    if (!generation_record(j->generation, node, &vault)) {
        out->reason = "its vault was not read";
        return FINDING_UNKNOWN;
    }
    bool has_days = value_number(r, ATTR_RULE_DELETE_AFTER, &days);
    out->cause = node;
    rests_on(&vault, FACET_LIST_, out);
    if (value_number(&vault, ATTR_VAULT_MIN_RETENTION, &min) && has_days && days < min) {
        out->reason = arena_printf(j->arena, "%lld days, the vault takes no less than %lld",
                                   (long long)days, (long long)min);
        return FINDING_OPEN;
    }
    if (value_number(&vault, ATTR_VAULT_MAX_RETENTION, &max) && (!has_days || days > max)) {
        out->reason =
            arena_printf(j->arena, "the vault takes no more than %lld days", (long long)max);
        return FINDING_OPEN;
    }
    return FINDING_NONE;
}

static enum finding_state if_vault_missing(const struct judgement *j, uint32_t vault,
                                           struct finding *out)
{
    struct record r;
    char account[16], region[40];
    if (!vault || generation_record(j->generation, vault, &r))
        return FINDING_NONE;
    node_place(j->estate, vault, account, region);
    const struct area *a = area_find(j, account, region);
    bool is_gone = a && a->has[LIST_VAULTS] && a->truth[LIST_VAULTS] == TRUTH_KNOWN;
    out->cause = vault;
    out->reason = arena_printf(j->arena, "%s in %s %s %s", node_tail(j->estate, vault), account,
                               region, is_gone ? "does not exist" : "was not read");
    return is_gone ? FINDING_OPEN : FINDING_UNKNOWN;
}

RULE_TEST(rule_vault_missing)
{
    enum finding_state state = if_vault_missing(j, value_node(r, ATTR_RULE_VAULT), out);
    struct value copies = record_value(r, ATTR_RULE_COPIES);
    for (const char *arn = NULL; state != FINDING_OPEN && (arn = value_next(&copies, arn));) {
        struct finding one = *out;
        uint32_t vault =
            estate_find_node(j->estate, kind_of_arn(arn, strlen(arn)), arn, strlen(arn));
        enum finding_state found = if_vault_missing(j, vault, &one);
        if (found == FINDING_NONE || (found == FINDING_UNKNOWN && state == FINDING_UNKNOWN))
            continue;
        *out = one;
        state = found;
    }
    return state;
}

RULE_TEST(copy_failed)
{
    if (!value_is(r, ATTR_COPY_JOB_STATE, "FAILED") && !value_is(r, ATTR_COPY_JOB_STATE, "PARTIAL"))
        return FINDING_NONE;
    (void)j;
    out->cause = value_node(r, ATTR_COPY_JOB_DESTINATION_VAULT);
    out->reason = value_text(r, ATTR_COPY_JOB_MESSAGE);
    return FINDING_OPEN;
}
