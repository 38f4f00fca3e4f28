#include "backend/judge/key_use.h"

#include "backend/judge/internal.h"
#include "backend/judge/key_access.h"

#include <string.h>
#include <strings.h>

/* What "Add another AWS account" of the console allows; the last is for AWS's services alone. */
static const struct {
    const char *action;
    bool is_grant;
} rights[] = {
    {"kms:Encrypt", false},         {"kms:Decrypt", false},
    {"kms:ReEncryptFrom", false},   {"kms:ReEncryptTo", false},
    {"kms:GenerateDataKey", false}, {"kms:GenerateDataKeyWithoutPlaintext", false},
    {"kms:DescribeKey", false},     {"kms:CreateGrant", true},
};

static const char all_is_allowed[] =
    "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"*\",\"Resource\":\"*\"}]}";

/* Of a caller that is known to be of another organization, or of none: both are tried, and have to agree. */
enum outside { OUTSIDE_NOT_KNOWN, OUTSIDE_NONE, OUTSIDE_OTHER };

struct using {
    const struct judgement *j;
    struct arena *arena;
    struct access_input input;
    const struct policy *all_is_allowed;
    const char *principal, *key_arn;
    bool is_own, is_outside;
};

static void add(struct request *r, const char *key, const char *value)
{
    request_add(r, key, &value, 1);
}

/* What a statement asks about and nobody knows may be there, and be anything; but what a caller without an
 * organization lacks is not there. */
static void add_unknown(struct request *r, const struct policy *policy, bool has_organization)
{
    for (size_t i = 0; policy && i < policy->n; i++)
        for (size_t c = 0; c < policy->statements[i].n_conditions; c++) {
            const char *key = policy->statements[i].conditions[c].key;
            if (has_organization || strncasecmp(key, "aws:PrincipalOrg", 16) != 0)
                request_add_unknown(r, key);
        }
}

static void add_context(struct request *r, const struct using *u, bool is_grant, enum outside outside)
{
    if (is_grant)
        add(r, "kms:GrantIsForAWSResource", "true");
    add(r, "aws:SecureTransport", "true");
    if (outside == OUTSIDE_OTHER) {
        add(r, "aws:PrincipalOrgID", "o-another");
        add(r, "aws:PrincipalOrgPaths", "o-another/r-another/");
    }
    request_add_implied(r);
    add_unknown(r, u->input.key_policy, outside != OUTSIDE_NONE);
}

/* The condition key of the statement that denies; "" if it has none. */
static const char *denying_condition(const struct access_result *result)
{
    for (size_t i = 0; i < result->decided_by.n; i++) {
        const struct policy_statement *s = result->decided_by.items[i].statement;
        if (s && s->effect == POLICY_DENY && s->n_conditions > 0)
            return s->conditions[0].key;
    }
    return "";
}

static const char *why_unknown(const struct using *u, const struct access_result *result)
{
    for (size_t i = 0; i < result->unknown_because.n; i++) {
        const char *because = result->unknown_because.items[i];
        if (strcmp(because, access_source_name(SOURCE_KEY_POLICY)) == 0)
            return "the key's policy was not read";
        if (strcmp(because, access_source_name(SOURCE_GRANT)) == 0)
            return "the key's grants were not read";
    }
    return result->unknown_because.n > 0
               ? arena_printf(u->arena, "it hangs on %s", result->unknown_because.items[0])
               : "it cannot be told";
}

static struct key_use ask(const struct using *u, const char *action, bool is_grant, enum outside outside)
{
    struct request r;
    struct access_result result = {0};
    struct key_use out = {.may = TRI_UNKNOWN, .reason = "the principal cannot be told", .condition = ""};
    if (request_init(&r, u->arena, u->principal, action, u->key_arn, NULL) == ERR_OK) {
        add_context(&r, u, is_grant, outside);
        access_evaluate(&r, &u->input, &result);
        bool denies = result.verdict == VERDICT_EXPLICITLY_DENIED;
        out.may = result.verdict == VERDICT_ALLOWED ? TRI_YES
                  : result.verdict == VERDICT_UNKNOWN ? TRI_UNKNOWN
                                                      : TRI_NO;
        out.condition = denies ? arena_strdup(u->arena, denying_condition(&result)) : "";
        out.reason = out.may == TRI_YES       ? ""
                     : out.may == TRI_UNKNOWN ? why_unknown(u, &result)
                                              : arena_printf(u->arena, "%s is %s", action,
                                                             denies ? "denied" : "not allowed");
    }
    access_result_free(&result);
    request_free(&r);
    return out;
}

/* Under each of the two the same, or it is not known. */
static struct key_use ask_from_outside(const struct using *u, const char *action, bool is_grant)
{
    struct key_use none = ask(u, action, is_grant, OUTSIDE_NONE), other = ask(u, action, is_grant, OUTSIDE_OTHER);
    if (none.may == other.may)
        return none;
    return (struct key_use){.may = TRI_UNKNOWN, .condition = "", .reason = "it hangs on aws:PrincipalOrgID"};
}

/* In the key's own account the key's policy is enough where it names the principal; where it leaves it to IAM,
 * policies that are not read decide. */
static struct key_use ask_own(struct using *u, const char *action, bool is_grant)
{
    u->input.identity = (struct policy_set){.n = 0};
    struct key_use alone = ask(u, action, is_grant, OUTSIDE_NOT_KNOWN);
    u->input.identity = (struct policy_set){.items = &u->all_is_allowed, .n = 1};
    struct key_use with_iam = ask(u, action, is_grant, OUTSIDE_NOT_KNOWN);
    if (alone.may != TRI_NO || with_iam.may == TRI_NO)
        return alone.may != TRI_NO ? alone : with_iam;
    return (struct key_use){.may = TRI_UNKNOWN,
                            .condition = "",
                            .is_delegated = true,
                            .reason = "the key's account leaves it to IAM policies that are not read"};
}

/* The account of "111122223333" or of an ARN; "" if it has none. */
static const char *account_of(struct arena *arena, const char *principal)
{
    const char *at = principal;
    for (int colons = 0; strncmp(principal, "arn:", 4) == 0 && at && colons < 4; colons++) {
        at = strchr(at, ':');
        at = at ? at + 1 : NULL;
    }
    return at && strspn(at, "0123456789") == 12 ? arena_strndup(arena, at, 12) : "";
}

/* Worse of two: what is denied, then what is not known. */
static struct key_use worse(struct key_use a, struct key_use b)
{
    return b.may < a.may ? b : a;
}

struct key_use judge_key_use(const struct judgement *j, struct arena *arena, uint32_t key, const char *principal)
{
    struct record r;
    struct buf arn = {0};
    struct using u = {.j = j, .arena = arena, .principal = principal};
    struct key_use out = {.may = TRI_YES, .reason = "", .condition = ""};
    key_access_facts(j, arena, key, &u.input);
    u.input.key_state = "Enabled"; /* the key's state is another question */
    node_arn(j->estate, key, &arn);
    u.key_arn = arena_strndup(arena, arn.data ? arn.data : "", arn.len);
    buf_free(&arn);
    const char *account = account_of(arena, principal);
    bool is_seen = generation_record(j->generation, key, &r);
    u.is_own = is_seen && strcmp(account, record_account(&r)) == 0;
    u.is_outside = !u.is_own && j->org_is_known && !account_is_ours(j, account);
    if (policy_parse(arena, all_is_allowed, sizeof all_is_allowed - 1, &u.all_is_allowed, NULL) == ERR_OK)
        u.input.identity = (struct policy_set){.items = &u.all_is_allowed, .n = 1};
    for (size_t i = 0; i < sizeof rights / sizeof *rights; i++) {
        const char *action = rights[i].action;
        bool is_grant = rights[i].is_grant;
        out = worse(out, u.is_own       ? ask_own(&u, action, is_grant)
                         : u.is_outside ? ask_from_outside(&u, action, is_grant)
                                        : ask(&u, action, is_grant, OUTSIDE_NOT_KNOWN));
    }
    if (is_seen && out.may == TRI_YES && !truth_is_sure(record_facet(&r, FACET_KEY_POLICY).truth))
        out = (struct key_use){.may = TRI_UNKNOWN, .condition = "", .reason = "the key's policy was not read again"};
    return out;
}
