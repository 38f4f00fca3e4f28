#include "backend/judge/products.h"
#include "backend/judge/rules.h"

#include <string.h>
#include <strings.h>

#define WEEK (7 * 86400)

/* What is not allowed is proved by a policy that was read; what cannot be told stays open. */
static enum finding_state state_of(enum tri holds)
{
    return holds == TRI_YES ? FINDING_NONE : holds == TRI_NO ? FINDING_OPEN : FINDING_UNKNOWN;
}

/* ---- EKM --------------------------------------------------------------------------------------- */

static uint32_t ekm_key(const struct record *r)
{
    return value_node(r, ATTR_EKM_KEY);
}

/* Open if the key cannot be used; severity is the row's, whatever the key's state. */
static enum finding_state if_ekm_key_fails(const struct judgement *j, const struct record *r, struct finding *out)
{
    enum severity severity = out->severity;
    enum finding_state state = if_key_fails(j, ekm_key(r), out);
    out->severity = severity;
    return state;
}

RULE_TEST(ekm_key_fails)
{
    return ekm_is_current(r) ? if_ekm_key_fails(j, r, out) : FINDING_NONE;
}

RULE_TEST(ekm_switch_broken)
{
    return ekm_is_current(r) || ekm_is_former(r) ? FINDING_NONE : if_ekm_key_fails(j, r, out);
}

RULE_TEST(ekm_access_denied)
{
    if (ekm_is_former(r))
        return FINDING_NONE;
    struct key_use use = judge_ekm_access(j, j->arena, r);
    out->reason = use.reason;
    if (use.may != TRI_YES)
        out->cause = ekm_key(r);
    return use.is_rcps_alone ? FINDING_NONE /* that is F-EKM-07's */ : state_of(use.may);
}

/* The condition that asks where the caller is at home, or which network it comes from; NULL: none does. */
static const char *asks_for_home(const struct policy_statement *s)
{
    static const char *const at_home[] = {"aws:PrincipalOrg", "aws:SourceVpc", "aws:VpcSource", "aws:SourceIp",
                                          "aws:ResourceOrg",  "aws:SourceOrg"};
    for (size_t c = 0; s && c < s->n_conditions; c++)
        for (size_t i = 0; i < sizeof at_home / sizeof *at_home; i++)
            if (strncasecmp(s->conditions[c].key, at_home[i], strlen(at_home[i])) == 0)
                return s->conditions[c].key;
    return NULL;
}

RULE_TEST(ekm_org_only)
{
    if (ekm_is_former(r))
        return FINDING_NONE;
    struct key_use use = judge_ekm_access(j, j->arena, r);
    const char *condition = asks_for_home(use.denied_by);
    out->cause = ekm_key(r);
    out->reason = condition ? arena_printf(j->arena, "a Deny asks for %s", condition) : use.reason;
    return condition ? FINDING_OPEN : use.is_rcps_alone ? FINDING_UNKNOWN : FINDING_NONE;
}

/* The key's record, where its metadata was read; else the finding's reason says that it was not. */
static bool has_metadata(const struct judgement *j, const struct record *r, struct record *key, struct finding *out)
{
    if (generation_record(j->generation, ekm_key(r), key) && record_value(key, ATTR_KEY_STATE).is == VALUE_KNOWN)
        return true;
    out->reason = "its key was not read";
    return false;
}

RULE_TEST(ekm_key_kind)
{
    struct record key;
    if (!has_metadata(j, r, &key, out))
        return FINDING_UNKNOWN;
    out->cause = key.node;
    const char *wrong = value_is(&key, ATTR_KEY_MANAGER, "AWS")                     ? "AWS manages it"
                        : !value_is(&key, ATTR_KEY_SPEC, "SYMMETRIC_DEFAULT")       ? value_text(&key, ATTR_KEY_SPEC)
                        : !value_is(&key, ATTR_KEY_USAGE, "ENCRYPT_DECRYPT")        ? value_text(&key, ATTR_KEY_USAGE)
                                                                                    : NULL;
    out->reason = wrong ? wrong : "";
    return wrong ? FINDING_OPEN : FINDING_NONE;
}

/* Asked when somebody looks at the key. AWS tells only what it has tracked:
 * https://docs.aws.amazon.com/kms/latest/APIReference/API_GetKeyLastUsage.html */
RULE_TEST(ekm_unused)
{
    struct record key;
    int64_t created, used = TIME_NONE, since = TIME_NONE;
    if (!ekm_is_current(r) || judge_key(j, ekm_key(r)) != KEY_USABLE || !generation_record(j->generation, ekm_key(r), &key))
        return FINDING_NONE; /* F-EKM-01's */
    out->cause = key.node;
    if (value_number(&key, ATTR_KEY_CREATED, &created) && j->now_utc - created < WEEK)
        return FINDING_NONE;
    enum truth truth = record_facet(&key, FACET_KEY_LAST_USE).truth;
    bool is_used = value_number(&key, ATTR_KEY_LAST_USED, &used);
    bool is_tracked = value_number(&key, ATTR_KEY_USE_TRACKED, &since);
    if (is_used && j->now_utc - used < WEEK)
        return FINDING_NONE;
    if (!truth_is_sure(truth) || !is_tracked) {
        out->reason = "when the key was last used was not asked: see its page";
        return FINDING_UNKNOWN;
    }
    out->reason = arena_printf(j->arena, is_used ? "last used at %s" : "not once since %s, when AWS began to track it",
                               told_time(j, is_used ? used : since));
    return is_used || j->now_utc - since >= WEEK ? FINDING_OPEN : FINDING_UNKNOWN;
}

RULE_TEST(ekm_former_deleted)
{
    struct record key;
    if (!ekm_is_former(r))
        return FINDING_NONE;
    if (judge_key(j, ekm_key(r)) == KEY_GONE) {
        out->cause = ekm_key(r);
        out->reason = "it is deleted";
        return FINDING_OPEN;
    }
    if (!has_metadata(j, r, &key, out))
        return FINDING_UNKNOWN;
    out->cause = key.node;
    return strncmp(value_text(&key, ATTR_KEY_STATE), "Pending", 7) == 0 &&
                   !value_is(&key, ATTR_KEY_STATE, "PendingImport")
               ? FINDING_OPEN
               : FINDING_NONE;
}

RULE_TEST(ekm_fragile_origin)
{
    struct record key;
    if (ekm_is_former(r) || !has_metadata(j, r, &key, out))
        return ekm_is_former(r) ? FINDING_NONE : FINDING_UNKNOWN;
    out->cause = key.node;
    if (value_is(&key, ATTR_KEY_EXPIRATION, "KEY_MATERIAL_EXPIRES"))
        out->reason = "its imported material expires";
    else if (value_node(&key, ATTR_KEY_KEY_STORE))
        out->reason = "it is in a custom key store";
    else
        return FINDING_NONE;
    return FINDING_OPEN;
}

/* Whom else the policy lets in who is neither ours nor the registered account. */
RULE_TEST(ekm_other_account)
{
    struct record key;
    const char *druva = value_text(r, ATTR_EKM_DRUVA_ACCOUNT);
    if (!generation_record(j->generation, ekm_key(r), &key) ||
        record_value(&key, ATTR_KEY_EXTERNAL_ACCOUNTS).is == VALUE_UNKNOWN) {
        out->reason = "its key's policy was not read";
        return FINDING_UNKNOWN;
    }
    struct value accounts = record_value(&key, ATTR_KEY_EXTERNAL_ACCOUNTS);
    for (const char *account = NULL; (account = value_next(&accounts, account));) {
        if (strcmp(account, druva) == 0 || account_is_ours(j, account) || account_is_allowed(j, account))
            continue;
        out->cause = key.node;
        out->reason = arena_printf(j->arena, druva[0] ? "it lets in %s, Druva's is %s"
                                                      : "it lets in %s; which account is Druva's is not said%s",
                                   account, druva);
        return druva[0] ? FINDING_OPEN : FINDING_UNKNOWN;
    }
    return FINDING_NONE;
}

RULE_TEST(ekm_key_shared)
{
    struct record other;
    enum edge edge;
    uint64_t n = 0;
    for (struct hang h = hang_on(j->generation, ekm_key(r)); hang_next(&h, &other, &edge);)
        n += edge == EDGE_ENCRYPTED_UNDER || edge == EDGE_VAULT_KEY;
    out->cause = ekm_key(r);
    if (n == 0 && !judge_dependents(j, ekm_key(r)).is_at_least)
        return FINDING_NONE;
    out->reason = n == 0 ? "what is under its key was not all read"
                         : arena_printf(j->arena, "%llu records of AWS are under it", (unsigned long long)n);
    return n > 0 ? FINDING_OPEN : FINDING_UNKNOWN;
}

/* ---- AutoBackup -------------------------------------------------------------------------------- */

static enum finding_state if_not_ready(struct readiness ready, struct finding *out)
{
    out->reason = ready.reason;
    out->cause = ready.cause;
    return state_of(ready.ready);
}

RULE_TEST(autobackup_alias_fails)
{
    return if_not_ready(judge_autobackup_alias(j, j->arena, r), out);
}

RULE_TEST(autobackup_not_shared)
{
    uint32_t key = judge_autobackup_alias(j, j->arena, r).key;
    return key ? if_not_ready(judge_autobackup_sharing(j, j->arena, r), out) : FINDING_NONE; /* F-AB-01 says it */
}

/* The PROTECTED keys that it reads under: fn returns the state of one. The worst is the finding. */
static enum finding_state of_source_keys(const struct judgement *j, const struct record *r, struct finding *out,
                                         enum finding_state (*fn)(const struct judgement *j, const struct record *r,
                                                                  uint32_t key, struct finding *out))
{
    struct value keys = record_value(r, ATTR_AUTOBACKUP_SOURCE_KEYS);
    enum finding_state state = FINDING_NONE;
    for (const char *arn = NULL; (arn = value_next(&keys, arn));) {
        struct finding one = *out;
        uint32_t key = estate_find_node(j->estate, KIND_KEY, arn, strlen(arn));
        enum finding_state s = key ? fn(j, r, key, &one) : FINDING_NONE;
        if (s == FINDING_OPEN || (s == FINDING_UNKNOWN && state == FINDING_NONE)) {
            *out = one;
            state = s;
        }
        if (state == FINDING_OPEN)
            break;
    }
    return state;
}

static enum finding_state source_closed(const struct judgement *j, const struct record *r, uint32_t key,
                                        struct finding *out)
{
    struct key_use use = judge_key_use(j, j->arena, key, value_text(r, ATTR_AUTOBACKUP_VAULT_ROLE));
    out->cause = key;
    out->reason = use.reason;
    return state_of(use.may);
}

RULE_TEST(autobackup_source_closed)
{
    if (!autobackup_has_mode(r, "protected-key") || !value_text(r, ATTR_AUTOBACKUP_VAULT_ROLE)[0])
        return FINDING_NONE;
    return of_source_keys(j, r, out, source_closed);
}

/* Whether something of this account and Region is under a key that AWS manages. */
static uint64_t count_aws_managed(const struct judgement *j, const struct value *accounts, const char *region)
{
    static const enum kind kinds[] = {KIND_VOLUME, KIND_DB_INSTANCE, KIND_DB_CLUSTER};
    uint64_t n = 0;
    struct record r;
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
        for (struct walk w = walk_kind(j->generation, kinds[k]); walk_next(&w, &r);) {
            bool is_protected = false;
            for (const char *a = NULL; strcmp(record_region(&r), region) == 0 && (a = value_next(accounts, a));)
                is_protected |= strcmp(a, record_account(&r)) == 0;
            struct value key = holding_key(&r);
            if (is_protected && key.is == VALUE_KNOWN &&
                key_is_aws_managed(j, judge_resolve_key(j, key.node)) == TRI_YES)
                n++;
        }
    return n;
}

/* Whether volumes or databases of one of the accounts were not all seen. */
static bool hides_sources(const struct judgement *j, const struct value *accounts, const char *region)
{
    static const enum list lists[] = {LIST_VOLUMES, LIST_DB_INSTANCES, LIST_DB_CLUSTERS};
    for (const char *account = NULL; (account = value_next(accounts, account));) {
        const struct area *a = area_find(j, account, region);
        for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
            if (!a || !truth_is_sure(area_truth(a, lists[i])))
                return true;
    }
    return false;
}

/* Which resources a setup protects stands in AutoBackup alone: it may be none of these. */
RULE_TEST(autobackup_aws_managed)
{
    struct value accounts = record_value(r, ATTR_AUTOBACKUP_PROTECTED_ACCOUNTS);
    bool is_told = accounts.is == VALUE_KNOWN;
    uint64_t n = is_told ? count_aws_managed(j, &accounts, record_region(r)) : 0;
    if (n == 0 && !(is_told && hides_sources(j, &accounts, record_region(r))))
        return FINDING_NONE;
    if (n == 0)
        out->reason = "the volumes and databases of the accounts that it protects were not all read";
    else
        out->reason = arena_printf(j->arena, "%llu volumes and databases in this Region; which of them the setup "
                               "protects is not known", (unsigned long long)n);
    return FINDING_UNKNOWN;
}

/* What stands for a role that was deleted: https://docs.aws.amazon.com/IAM/latest/UserGuide/
 * reference_policies_elements_principal.html: its unique id. */
static bool names_deleted_role(const char *policy)
{
    for (const char *at = policy; (at = strstr(at, "\"AROA")); at++)
        if (strspn(at + 5, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") >= 12)
            return true;
    return false;
}

static enum finding_state role_replaced(const struct judgement *j, const struct record *r, uint32_t key,
                                        struct finding *out)
{
    struct record k;
    enum truth policy = TRUTH_NOT_ASKED;
    (void)r;
    if (generation_record(j->generation, key, &k))
        policy = record_facet(&k, FACET_KEY_POLICY).truth;
    out->cause = key;
    if (!truth_is_sure(policy)) {
        out->reason = arena_printf(j->arena, "the key's policy: %s", truth_text(policy));
        return FINDING_UNKNOWN;
    }
    return names_deleted_role(value_text(&k, ATTR_KEY_POLICY)) ? FINDING_OPEN : FINDING_NONE;
}

RULE_TEST(autobackup_role_replaced)
{
    uint32_t key = judge_autobackup_alias(j, j->arena, r).key;
    struct finding source = *out;
    enum finding_state state = key ? role_replaced(j, r, key, out) : FINDING_NONE;
    enum finding_state of_sources = state == FINDING_OPEN ? FINDING_NONE : of_source_keys(j, r, &source, role_replaced);
    if (of_sources == FINDING_NONE || (of_sources == FINDING_UNKNOWN && state == FINDING_UNKNOWN))
        return state;
    *out = source;
    return of_sources;
}

/* ---- Druva's storage credentials --------------------------------------------------------------- */

/* Missing only where every list that could hold it was seen. */
RULE_TEST(credential_missing)
{
    if (value_node(r, ATTR_CREDENTIAL_PARAMETER))
        return FINDING_NONE;
    enum tri is_seen = TRI_UNKNOWN;
    for (size_t i = 0; i < j->areas.n; i++) {
        const struct area *a = &j->areas.items[i];
        bool is_here = strcmp(a->account, record_account(r)) == 0 &&
                       (!record_region(r)[0] || strcmp(a->region, record_region(r)) == 0);
        if (!is_here || !(a->is_read || !a->region[0]))
            continue;
        enum truth t = area_truth(a, a->region[0] ? LIST_PARAMETERS : LIST_REGIONS);
        if (!truth_is_sure(t)) {
            is_seen = TRI_NO;
            out->reason = arena_printf(j->arena, "parameters: %s", truth_text(t));
        } else if (is_seen == TRI_UNKNOWN && a->region[0]) {
            is_seen = TRI_YES;
        }
    }
    if (is_seen == TRI_UNKNOWN)
        out->reason = "nothing of this place was read";
    return is_seen == TRI_YES ? FINDING_OPEN : FINDING_UNKNOWN;
}

/* The same string has the same name wherever it was authorised. */
RULE_TEST(credential_alone)
{
    struct record other;
    if (!value_node(r, ATTR_CREDENTIAL_PARAMETER) || value_is(r, ATTR_CREDENTIAL_E_KEY, "no"))
        return FINDING_NONE;
    const char *name = value_text(r, ATTR_CREDENTIAL_NAME);
    for (struct walk w = walk_kind(j->generation, KIND_CREDENTIAL); walk_next(&w, &other);)
        if (other.node != r->node && value_node(&other, ATTR_CREDENTIAL_PARAMETER) &&
            value_is(&other, ATTR_CREDENTIAL_NAME, name))
            return FINDING_NONE;
    if (value_is(r, ATTR_CREDENTIAL_E_KEY, "yes"))
        return FINDING_OPEN;
    out->reason = "whether it is the E-Key's is not said: ekey = yes or no";
    return FINDING_UNKNOWN;
}

/* CloudRanger's role in an account, as Druva documents it. */
RULE_TEST(credential_closed)
{
    struct record parameter;
    uint32_t key = judge_credential_key(j, r), node = value_node(r, ATTR_CREDENTIAL_PARAMETER);
    if (!node || !generation_record(j->generation, node, &parameter) ||
        !value_is(&parameter, ATTR_PARAMETER_TYPE, "SecureString") || !key || key_is_aws_managed(j, key) == TRI_YES)
        return FINDING_NONE; /* a key that cannot be told is F-SSM-02's */
    struct buf arn = {0};
    node_arn(j->estate, key, &arn);
    const char *partition = arena_strndup(j->arena, arn.data + 4, strcspn(arn.data + 4, ":"));
    buf_free(&arn);
    struct key_use use = judge_key_use(j, j->arena, key,
                                       arena_printf(j->arena, "arn:%s:iam::%s:role/cloudranger-orchestration-%s",
                                                    partition, record_account(r), record_account(r)));
    out->cause = key;
    out->reason = use.reason;
    return use.may == TRI_UNKNOWN && use.is_delegated ? FINDING_NONE : state_of(use.may);
}

/* ---- all three --------------------------------------------------------------------------------- */

RULE_TEST(registration_conflict)
{
    static const enum attr attrs[KIND_COUNT] = {[KIND_EKM] = ATTR_EKM_CONFLICT,
                                                [KIND_CREDENTIAL] = ATTR_CREDENTIAL_CONFLICT,
                                                [KIND_AUTOBACKUP] = ATTR_AUTOBACKUP_CONFLICT};
    struct record key;
    out->reason = value_text(r, attrs[r->kind]);
    if (out->reason[0])
        return FINDING_OPEN;
    if (r->kind != KIND_EKM || !generation_record(j->generation, ekm_key(r), &key) ||
        truth_is_sure(record_facet(&key, FACET_KEY_TAGS).truth) || key_is_aws_managed(j, key.node) == TRI_YES)
        return FINDING_NONE;
    out->cause = key.node;
    out->reason = "the key's tags were not read: they may say otherwise";
    return FINDING_UNKNOWN;
}
