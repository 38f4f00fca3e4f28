#include "backend/judge/internal.h"
#include "backend/judge/rules.h"

#include <string.h>

#define DAY 86400

/* ---- what several tests ask ------------------------------------------------------------------ */

/* The rest of "and something depends on it": open if so, unknown if that could not be seen whole.
 */
static enum finding_state if_depended_on(const struct judgement *j, const struct record *r,
                                         struct finding *out)
{
    struct dependents d = judge_dependents(j, r->node);
    if (d.all > 0) {
        out->reason = arena_printf(j->arena, "%s%llu dependent%s", d.is_at_least ? "at least " : "",
                                   (unsigned long long)d.all, d.all == 1 ? "" : "s");
        return FINDING_OPEN;
    }
    if (!d.is_at_least)
        return FINDING_NONE;
    out->reason = "its dependents were not all read";
    return FINDING_UNKNOWN;
}

static bool in_state(const struct record *r, const char *state)
{
    return value_is(r, ATTR_KEY_STATE, state);
}

/* A database under the key has a clock: after seven days without it, only a restore helps.
 * https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Overview.Encryption.html */
static bool has_database(const struct judgement *j, uint32_t key)
{
    struct record r;
    enum edge edge;
    for (struct hang h = hang_on(j->generation, key); hang_next(&h, &r, &edge);)
        if (edge == EDGE_ENCRYPTED_UNDER &&
            (r.kind == KIND_DB_INSTANCE || r.kind == KIND_DB_CLUSTER))
            return true;
    return false;
}

/* ---- states ---------------------------------------------------------------------------------- */

RULE_TEST(key_pending_deletion)
{
    if (!in_state(r, "PendingDeletion"))
        return FINDING_NONE;
    enum finding_state state = if_depended_on(j, r, out);
    int64_t date;
    if (state == FINDING_OPEN && value_number(r, ATTR_KEY_DELETION_DATE, &date))
        out->reason = arena_printf(j->arena, "%s, deleted at %s", out->reason, told_time(j, date));
    return state;
}

RULE_TEST(key_pending_deletion_unproved)
{
    if (!in_state(r, "PendingDeletion"))
        return FINDING_NONE;
    struct dependents d = judge_dependents(j, r->node);
    if (d.all > 0)
        return FINDING_NONE;
    const struct slice *grants = record_children(r, FACET_KEY_GRANTS);
    if (d.is_at_least)
        out->reason = "its dependents were not all read";
    else if (slice_rows(grants) > 0)
        out->reason = arena_printf(j->arena, "it has %u grants", slice_rows(grants));
    else {
        out->reason = truth_is_sure(slice_truth(grants)) ? "when it was last used is not read"
                                                         : "its grants were not read";
        return FINDING_UNKNOWN;
    }
    return FINDING_OPEN;
}

RULE_TEST(key_pending_replica_deletion)
{
    (void)j, (void)out;
    return in_state(r, "PendingReplicaDeletion") ? FINDING_OPEN : FINDING_NONE;
}

RULE_TEST(key_disabled)
{
    if (!in_state(r, "Disabled"))
        return FINDING_NONE;
    enum finding_state state = if_depended_on(j, r, out);
    out->perhaps = judge_dependents(j, r->node).is_at_least ? SEVERITY_CRITICAL : SEVERITY_NONE;
    if (state == FINDING_OPEN && has_database(j, r->node)) {
        out->severity = SEVERITY_CRITICAL;
        out->reason = arena_printf(j->arena, "%s, databases among them: seven days", out->reason);
    }
    return state;
}

RULE_TEST(key_pending_import)
{
    return in_state(r, "PendingImport") ? if_depended_on(j, r, out) : FINDING_NONE;
}

RULE_TEST(key_store_down)
{
    struct record store;
    bool is_unavailable = in_state(r, "Unavailable");
    uint32_t node = value_node(r, ATTR_KEY_KEY_STORE);
    if (!node || !generation_record(j->generation, node, &store)) {
        out->reason = is_unavailable || !node ? "" : "its custom key store was not read";
        return is_unavailable ? FINDING_OPEN : node ? FINDING_UNKNOWN : FINDING_NONE;
    }
    out->cause = node;
    if (value_is(&store, ATTR_KEY_STORE_STATE, "CONNECTED") && !is_unavailable)
        return FINDING_NONE;
    rests_on(&store, FACET_LIST_, out);
    out->reason = arena_printf(j->arena, "store %s %s", value_text(&store, ATTR_KEY_STORE_STATE),
                               value_text(&store, ATTR_KEY_STORE_ERROR));
    return FINDING_OPEN;
}

RULE_TEST(key_material_expires)
{
    int64_t valid_to;
    if (!value_is(r, ATTR_KEY_EXPIRATION, "KEY_MATERIAL_EXPIRES") ||
        !value_number(r, ATTR_KEY_VALID_TO, &valid_to))
        return FINDING_NONE;
    int64_t left = valid_to - j->now_utc;
    out->severity = left <= 7 * DAY    ? SEVERITY_CRITICAL
                    : left <= 30 * DAY ? SEVERITY_HIGH
                                       : SEVERITY_MEDIUM;
    enum finding_state state = if_depended_on(j, r, out);
    if (state == FINDING_OPEN)
        out->reason = arena_printf(j->arena, "%s, material expires at %s", out->reason, told_time(j, valid_to));
    return state;
}

#define UNUSED_DAYS 90

/* https://docs.aws.amazon.com/kms/latest/APIReference/API_GetKeyLastUsage.html: never since it is tracked, or long
 * ago. It is asked for when somebody looks at the key. */
RULE_TEST(key_unused)
{
    int64_t used, tracked, long_ago = j->now_utc - (int64_t)UNUSED_DAYS * DAY;
    struct dependents d = judge_dependents(j, r->node);
    if (!value_is(r, ATTR_KEY_MANAGER, "CUSTOMER") || !in_state(r, "Enabled") || d.all > 0)
        return FINDING_NONE;
    bool is_known = truth_is_sure(record_facet(r, FACET_KEY_LAST_USE).truth);
    bool has_use = value_number(r, ATTR_KEY_LAST_USED, &used);
    bool is_tracked = value_number(r, ATTR_KEY_USE_TRACKED, &tracked);
    if (is_known && (has_use ? used > long_ago : is_tracked && tracked > long_ago))
        return FINDING_NONE;
    out->reason = !is_known                  ? "when it was last used is read when somebody looks at it"
                  : d.is_at_least            ? "its dependents were not all read"
                  : !has_use && !is_tracked ? "AWS did not say since when its use is tracked" : "";
    if (!is_known || d.is_at_least || (!has_use && !is_tracked))
        return FINDING_UNKNOWN;
    out->reason = has_use ? arena_printf(j->arena, "last used %lld days ago", (long long)((j->now_utc - used) / DAY))
                          : "never used since AWS tracks it";
    return FINDING_OPEN;
}

/* Asked of the primary: a replica that is a vault's key is in use. */
RULE_TEST(key_wide_for_nothing)
{
    int64_t is_multi;
    if (!value_number(r, ATTR_KEY_MULTI_REGION, &is_multi) || !is_multi ||
        value_is(r, ATTR_KEY_MULTI_REGION_TYPE, "REPLICA"))
        return FINDING_NONE;
    struct relatives set = key_relatives(j, r->node);
    struct dependents own = judge_dependents(j, r->node);
    bool is_used = false, is_sure = set.is_whole, is_backup = own.has_vaults || own.has_products;
    for (size_t i = 0; i < set.nodes.n && !is_used; i++) {
        struct dependents d = judge_dependents(j, set.nodes.items[i]);
        is_used = d.all > 0;
        is_sure &= !d.is_at_least;
    }
    VEC_FREE(set.nodes);
    if (is_used)
        return FINDING_NONE;
    is_sure &= is_backup || !own.is_at_least;
    if (!is_sure)
        out->reason = "what is under it and its relatives was not all read";
    return !is_sure ? FINDING_UNKNOWN : is_backup ? FINDING_OPEN : FINDING_NONE;
}

/* When the key ends by itself, as things stand. */
static bool end_of_key(const struct record *key, int64_t *at)
{
    if (in_state(key, "PendingDeletion"))
        return value_number(key, ATTR_KEY_DELETION_DATE, at);
    return value_is(key, ATTR_KEY_EXPIRATION, "KEY_MATERIAL_EXPIRES") && value_number(key, ATTR_KEY_VALID_TO, at);
}

RULE_TEST(key_outlived)
{
    struct record point;
    enum edge edge;
    unsigned long long n = 0;
    int64_t end, delete_at;
    if (!end_of_key(r, &end))
        return FINDING_NONE;
    for (struct hang h = hang_on(j->generation, r->node); hang_next(&h, &point, &edge);)
        if (edge == EDGE_ENCRYPTED_UNDER && point.kind == KIND_POINT)
            n += !value_number(&point, ATTR_POINT_DELETE_AT, &delete_at) || delete_at > end;
    if (n > 0) {
        out->reason = arena_printf(j->arena, "%llu recovery points", n);
        return FINDING_OPEN;
    }
    if (!judge_dependents(j, r->node).is_at_least)
        return FINDING_NONE;
    out->reason = "its dependents were not all read";
    return FINDING_UNKNOWN;
}

RULE_TEST(key_rotation_off)
{
    (void)j, (void)out;
    if (!value_is(r, ATTR_KEY_MANAGER, "CUSTOMER") || !value_is(r, ATTR_KEY_ORIGIN, "AWS_KMS") ||
        !value_is(r, ATTR_KEY_SPEC, "SYMMETRIC_DEFAULT") || !in_state(r, "Enabled"))
        return FINDING_NONE;
    /* a replica rotates with its primary */
    if (value_is(r, ATTR_KEY_MULTI_REGION_TYPE, "REPLICA"))
        return FINDING_NONE;
    int64_t rotates;
    return value_number(r, ATTR_KEY_ROTATION, &rotates) && !rotates ? FINDING_OPEN : FINDING_NONE;
}

RULE_TEST(key_gone)
{
    if (judge_key(j, r->node) != KEY_GONE)
        return FINDING_NONE;
    struct dependents d = judge_dependents(j, r->node);
    if (d.all == 0)
        return FINDING_NONE;
    out->reason = arena_printf(j->arena, "%llu dependents name it", (unsigned long long)d.all);
    out->facts_at = key_gone_by_list_of(j, r->node);
    return FINDING_OPEN;
}

RULE_TEST(key_relatives_differ)
{
    int64_t is_multi;
    if (!value_number(r, ATTR_KEY_MULTI_REGION, &is_multi) || !is_multi)
        return FINDING_NONE;
    struct value replicas = record_value(r, ATTR_KEY_REPLICAS);
    enum finding_state state = FINDING_NONE;
    const char *state_here = value_text(r, ATTR_KEY_STATE);
    for (const char *arn = NULL; (arn = value_next(&replicas, arn));) {
        struct record other;
        uint32_t node = estate_find_node(j->estate, KIND_KEY, arn, strlen(arn));
        if (node == r->node)
            continue;
        const char *state_there = "";
        if (generation_record(j->generation, node, &other))
            state_there = value_text(&other, ATTR_KEY_STATE);
        if (state_there[0] && strcmp(state_there, state_here) != 0) {
            out->cause = node;
            out->reason = arena_printf(j->arena, "%s here, %s in %s", state_here, state_there,
                                       record_region(&other));
            rests_on(&other, FACET_KEY_METADATA, out);
            return FINDING_OPEN;
        }
        if (!state_there[0]) {
            out->reason = "a relative was not read";
            state = FINDING_UNKNOWN;
        }
    }
    return state;
}

/* ---- who else -------------------------------------------------------------------------------- */

/* Whether an account is a stranger: only the organization's list can tell. */
enum finding_state if_stranger(const struct judgement *j, const char *account, struct finding *out)
{
    if (strcmp(account, "*") == 0) {
        out->reason = "it names everybody (*): its conditions decide";
        return FINDING_UNKNOWN;
    }
    if (account_is_known(j, account))
        return FINDING_NONE;
    out->reason = arena_printf(j->arena,
                               j->org_is_known ? "account %s is not in the organization"
                                               : "account %s is not one that keyfall reads",
                               account);
    return j->org_is_known ? FINDING_OPEN : FINDING_UNKNOWN;
}

RULE_TEST(policy_stranger)
{
    struct value accounts = record_value(r, ATTR_KEY_EXTERNAL_ACCOUNTS);
    struct finding unproved = *out;
    enum finding_state state = FINDING_NONE;
    for (const char *account = NULL; (account = value_next(&accounts, account));) {
        enum finding_state one = if_stranger(j, account, out);
        if (one == FINDING_OPEN)
            return one;
        if (one == FINDING_UNKNOWN) {
            unproved = *out;
            state = one;
        }
    }
    *out = unproved;
    return state;
}

RULE_TEST(policy_too_long)
{
    struct value policy = record_value(r, ATTR_KEY_POLICY);
    if (policy.is != VALUE_KNOWN || policy.len <= 28 * 1024)
        return FINDING_NONE;
    out->reason = arena_printf(j->arena, "%zu of %u bytes", policy.len, KEY_POLICY_MAX_BYTES);
    return FINDING_OPEN;
}

RULE_TEST(policy_denied)
{
    (void)j, (void)out;
    return record_facet(r, FACET_KEY_POLICY).truth == TRUTH_DENIED ? FINDING_OPEN : FINDING_NONE;
}

bool principal_account(const char *principal, char account[16])
{
    if (strncmp(principal, "arn:", 4) != 0) {
        bool is_id = strspn(principal, "0123456789") == 12 && principal[12] == '\0';
        if (is_id)
            memcpy(account, principal, 13);
        return is_id;
    }
    const char *p = principal;
    for (int i = 0; i < 4 && p; i++) {
        p = strchr(p, ':');
        p = p ? p + 1 : NULL;
    }
    if (!p || strspn(p, "0123456789") != 12 || p[12] != ':')
        return false;
    memcpy(account, p, 12);
    account[12] = '\0';
    return true;
}

RULE_TEST(grant_stranger)
{
    char account[16];
    const char *grantee = value_text(r, ATTR_GRANT_GRANTEE);
    out->cause = value_node(r, ATTR_GRANT_KEY);
    if (!principal_account(grantee, account) || strcmp(account, record_account(r)) == 0)
        return FINDING_NONE;
    return if_stranger(j, account, out);
}

RULE_TEST(grant_passes_on)
{
    char account[16];
    const char *grantee = value_text(r, ATTR_GRANT_GRANTEE);
    if (!principal_account(grantee, account))
        return FINDING_NONE;
    struct value operations = record_value(r, ATTR_GRANT_OPERATIONS);
    for (const char *item = NULL; (item = value_next(&operations, item));)
        if (strcmp(item, "CreateGrant") == 0) {
            out->cause = value_node(r, ATTR_GRANT_KEY);
            out->reason = arena_printf(j->arena, "grantee %s", grantee);
            return FINDING_OPEN;
        }
    return FINDING_NONE;
}

RULE_TEST(key_material_missing)
{
    struct value missing = record_value(r, ATTR_KEY_MISSING_MATERIALS);
    const char *first = value_next(&missing, NULL);
    if (!first)
        return FINDING_NONE;
    out->reason = arena_printf(j->arena, "%.16s... is to be imported%s", first,
                               value_next(&missing, first) ? ", and others" : "");
    return FINDING_OPEN;
}
