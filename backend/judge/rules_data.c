#include "backend/judge/internal.h"
#include "backend/judge/rules.h"

#include <string.h>
#include <strings.h>

/* ---- parameters ------------------------------------------------------------------------------ */

static bool is_secure(const struct record *r)
{
    return value_is(r, ATTR_PARAMETER_TYPE, "SecureString");
}

/* alias/aws/ssm may be named without the alias or its key having been seen. */
static enum tri is_under_aws(const struct judgement *j, const struct record *r)
{
    uint32_t key = value_node(r, ATTR_PARAMETER_KEY);
    if (key && node_kind(j->estate, key) == KIND_ALIAS && alias_is_aws(j, key))
        return TRI_YES;
    return key_is_aws_managed(j, judge_resolve_key(j, key));
}

RULE_TEST(parameter_key_fails)
{
    if (!is_secure(r) || is_under_aws(j, r) == TRI_YES)
        return FINDING_NONE;
    enum finding_state state = if_key_fails(j, value_node(r, ATTR_PARAMETER_KEY), out);
    out->severity = SEVERITY_HIGH;
    return state;
}

RULE_TEST(parameter_in_clear)
{
    (void)j, (void)out;
    return is_druva_credential(r) && !is_secure(r) ? FINDING_OPEN : FINDING_NONE;
}

RULE_TEST(parameter_under_aws)
{
    if (!is_druva_credential(r) || !is_secure(r))
        return FINDING_NONE;
    enum tri aws = is_under_aws(j, r);
    if (aws == TRI_UNKNOWN)
        out->reason = "its key was not read";
    return aws == TRI_YES ? FINDING_OPEN : aws == TRI_NO ? FINDING_NONE : FINDING_UNKNOWN;
}

RULE_TEST(parameter_alias_moved)
{
    struct record alias;
    int64_t moved, written;
    uint32_t node = value_node(r, ATTR_PARAMETER_KEY);
    if (!is_secure(r) || !node || node_kind(j->estate, node) != KIND_ALIAS || alias_is_aws(j, node))
        return FINDING_NONE;
    out->cause = node;
    if (!generation_record(j->generation, node, &alias)) {
        out->reason = "its alias was not read";
        return FINDING_UNKNOWN;
    }
    rests_on(&alias, FACET_LIST_, out);
    bool has_dates = value_number(&alias, ATTR_ALIAS_UPDATED, &moved) &&
                     value_number(r, ATTR_PARAMETER_MODIFIED, &written);
    return has_dates && moved > written ? FINDING_OPEN : FINDING_NONE;
}

/* ---- databases, volumes, snapshots ----------------------------------------------------------- */

RULE_TEST(database_locked_out)
{
    (void)j;
    const char *status = value_text(r, holding_of(r->kind)->status);
    if (strncmp(status, "inaccessible-encryption-credentials", 35) != 0)
        return FINDING_NONE;
    out->cause = judge_resolve_key(j, holding_key(r).node);
    out->reason = status;
    return FINDING_OPEN;
}

enum finding_state if_under_customer_key(const struct judgement *j, const struct record *r,
                                         struct finding *out)
{
    struct value key = holding_key(r);
    if (key.is != VALUE_KNOWN)
        return FINDING_NONE;
    enum tri aws = key_is_aws_managed(j, judge_resolve_key(j, key.node));
    if (aws == TRI_UNKNOWN)
        out->reason = "its key was not read";
    return aws == TRI_YES ? FINDING_NONE : aws == TRI_NO ? FINDING_OPEN : FINDING_UNKNOWN;
}

RULE_TEST(database_without_backup)
{
    int64_t days;
    if (!value_number(r, ATTR_DB_INSTANCE_RETENTION, &days) || days != 0)
        return FINDING_NONE;
    /* a member of a cluster is backed up by the cluster */
    if (value_text(r, ATTR_DB_INSTANCE_CLUSTER)[0])
        return FINDING_NONE;
    return if_under_customer_key(j, r, out);
}

RULE_TEST(volume_key_fails)
{
    struct value key = holding_key(r);
    if (key.is != VALUE_KNOWN || !value_is(r, ATTR_VOLUME_STATUS, "in-use"))
        return FINDING_NONE;
    enum finding_state state = if_key_fails(j, key.node, out);
    out->severity = SEVERITY_HIGH;
    return state;
}

RULE_TEST(snapshot_error)
{
    (void)j;
    const char *message = value_text(r, ATTR_EBS_SNAPSHOT_MESSAGE);
    if (!value_is(r, ATTR_EBS_SNAPSHOT_STATUS, "error") ||
        (!strcasestr(message, "kms") && !strcasestr(message, "grant")))
        return FINDING_NONE;
    out->reason = message;
    return FINDING_OPEN;
}

RULE_TEST(resource_plain)
{
    struct value encrypted = record_value(r, holding_of(r->kind)->encrypted);
    if (encrypted.is != VALUE_KNOWN || encrypted.number)
        return FINDING_NONE;
    struct record protector;
    enum edge edge;
    for (struct hang h = hang_on(j->generation, r->node); hang_next(&h, &protector, &edge);)
        if (protector.kind == KIND_PROTECTED || protector.kind == KIND_POINT)
            return FINDING_OPEN;
    const struct area *a = area_of_record(j, r);
    if (a && truth_is_sure(area_truth(a, LIST_PROTECTED)))
        return FINDING_NONE;
    out->reason = "whether it is backed up was not read";
    return FINDING_UNKNOWN;
}

RULE_TEST(aws_owned_key)
{
    (void)j;
    if (r->kind == KIND_VAULT)
        return value_is(r, ATTR_VAULT_KEY_TYPE, "AWS_OWNED_KMS_KEY") ? FINDING_OPEN : FINDING_NONE;
    enum attr type = r->kind == KIND_DB_INSTANCE ? ATTR_DB_INSTANCE_ENCRYPTION_TYPE
                                                 : ATTR_DB_CLUSTER_ENCRYPTION_TYPE;
    out->reason = "StorageEncryptionType sse-rds";
    return value_is(r, type, "sse-rds") ? FINDING_OPEN : FINDING_NONE;
}

RULE_TEST(region_ebs_plain)
{
    (void)j, (void)out;
    int64_t encrypted;
    return value_number(r, ATTR_REGION_EBS_ENCRYPTED, &encrypted) && !encrypted ? FINDING_OPEN
                                                                                : FINDING_NONE;
}

/* ---- accounts -------------------------------------------------------------------------------- */

/* Something that is read depends on a key or vault of the account. */
static bool account_is_needed(const struct judgement *j, const char *account)
{
    struct record r;
    enum edge edge;
    for (uint32_t node = 1; node <= j->n_nodes; node++) {
        enum kind kind = node_kind(j->estate, node);
        char owner[16], region[40];
        if (kind != KIND_KEY && kind != KIND_VAULT)
            continue;
        node_place(j->estate, node, owner, region);
        if (strcmp(owner, account) != 0)
            continue;
        for (struct hang h = hang_on(j->generation, node); hang_next(&h, &r, &edge);)
            if (strcmp(record_account(&r), account) != 0)
                return true;
    }
    return false;
}

RULE_TEST(account_suspended)
{
    const char *state = value_text(r, ATTR_ACCOUNT_STATE);
    if (strcmp(state, "SUSPENDED") != 0 && strcmp(state, "PENDING_CLOSURE") != 0 &&
        strcmp(state, "CLOSED") != 0)
        return FINDING_NONE;
    bool is_needed = account_is_needed(j, record_account(r));
    out->reason = arena_printf(j->arena, "%s%s", state,
                               is_needed ? ", and other accounts depend on its keys or vaults"
                                         : "; what it holds cannot be read");
    return is_needed ? FINDING_OPEN : FINDING_UNKNOWN;
}

RULE_TEST(account_not_read)
{
    (void)j;
    struct facet_state s = record_facet(r, FACET_ACCOUNT_IDENTITY);
    if (s.truth != TRUTH_DENIED && s.truth != TRUTH_FAILED && s.truth != TRUTH_STALE)
        return FINDING_NONE;
    struct failure f = {.text = ""};
    if (s.failure)
        failure_get(j->estate, s.failure, &f);
    out->reason = f.text;
    return FINDING_OPEN;
}
