#include "backend/judge/key_use.h"

#include "backend/judge/internal.h"
#include "backend/judge/key_access.h"
#include "backend/judge/principal_access.h"

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
    struct policy_set own_identity, own_boundaries; /* of a caller in the key's account; unknown: not read */
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

static void add_unknowns(struct request *r, const struct policy_set *sets, size_t n, bool has_organization)
{
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < sets[i].n; k++)
            add_unknown(r, sets[i].items[k], has_organization);
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
    add_unknowns(r, &u->input.identity, 1, outside != OUTSIDE_NONE);
    add_unknowns(r, &u->input.boundaries, 1, outside != OUTSIDE_NONE);
    add_unknowns(r, u->input.rcps, u->input.n_rcps, outside != OUTSIDE_NONE);
}

/* The statement that denies, one with conditions first: it is the one that somebody may be exempt from. */
static const struct policy_statement *denying(const struct access_result *result)
{
    const struct policy_statement *out = NULL;
    for (size_t i = 0; i < result->decided_by.n; i++) {
        const struct policy_statement *s = result->decided_by.items[i].statement;
        if (s && s->effect == POLICY_DENY && (!out || (out->n_conditions == 0 && s->n_conditions > 0)))
            out = s;
    }
    return out;
}

static const char *why_unknown(const struct using *u, const struct access_result *result)
{
    static const struct {
        enum access_source source;
        const char *told;
    } not_read[] = {
        {SOURCE_KEY_POLICY, "the key's policy was not read"},
        {SOURCE_GRANT, "the key's grants were not read"},
        {SOURCE_RCP, "the resource control policies over the key's account were not read"},
    };
    for (size_t k = 0; k < sizeof not_read / sizeof *not_read; k++)
        for (size_t i = 0; i < result->unknown_because.n; i++)
            if (strcmp(result->unknown_because.items[i], access_source_name(not_read[k].source)) == 0)
                return not_read[k].told;
    return result->unknown_because.n > 0
               ? arena_printf(u->arena, "it hangs on %s", result->unknown_because.items[0])
               : "it cannot be told";
}

static struct key_use ask(const struct using *u, const char *action, bool is_grant, enum outside outside)
{
    struct request r;
    struct access_result result = {0};
    struct key_use out = {.may = TRI_UNKNOWN, .reason = "the principal cannot be told"};
    if (request_init(&r, u->arena, u->principal, action, u->key_arn, NULL) == ERR_OK) {
        add_context(&r, u, is_grant, outside);
        access_evaluate(&r, &u->input, &result);
        bool denies = result.verdict == VERDICT_EXPLICITLY_DENIED;
        out.denied_by = denies ? denying(&result) : NULL;
        out.may = result.verdict == VERDICT_ALLOWED ? TRI_YES
                  : result.verdict == VERDICT_UNKNOWN ? TRI_UNKNOWN
                                                      : TRI_NO;
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
    return (struct key_use){.may = TRI_UNKNOWN, .reason = "it hangs on aws:PrincipalOrgID"};
}

/* In the key's own account the key's policy is enough where it names the principal. Where it leaves it to IAM, the
 * principal's own policies may say yes; that they do not is no fault of the key's. */
static struct key_use ask_own(struct using *u, const char *action, bool is_grant)
{
    u->input.identity = (struct policy_set){.n = 0};
    struct key_use alone = ask(u, action, is_grant, OUTSIDE_NOT_KNOWN);
    u->input.identity = (struct policy_set){.items = &u->all_is_allowed, .n = 1};
    struct key_use with_iam = ask(u, action, is_grant, OUTSIDE_NOT_KNOWN);
    if (alone.may != TRI_NO || with_iam.may == TRI_NO)
        return alone.may != TRI_NO ? alone : with_iam;
    u->input.identity = u->own_identity;
    u->input.boundaries = u->own_boundaries;
    struct key_use own = ask(u, action, is_grant, OUTSIDE_NOT_KNOWN);
    u->input.boundaries = (struct policy_set){.n = 0};
    if (own.may == TRI_YES)
        return own;
    return (struct key_use){.may = TRI_UNKNOWN,
                            .is_delegated = true,
                            .reason = u->own_identity.is_unknown
                                          ? "the key's account leaves it to IAM policies that are not read"
                                          : "the key's account leaves it to IAM policies, which may not allow it"};
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

static struct key_use ask_all(struct using *u)
{
    struct key_use out = {.may = TRI_YES, .reason = ""};
    for (size_t i = 0; i < sizeof rights / sizeof *rights; i++) {
        const char *action = rights[i].action;
        bool is_grant = rights[i].is_grant;
        out = worse(out, u->is_own       ? ask_own(u, action, is_grant)
                         : u->is_outside ? ask_from_outside(u, action, is_grant)
                                         : ask(u, action, is_grant, OUTSIDE_NOT_KNOWN));
    }
    return out;
}

static void add_own(struct using *u)
{
    struct access_input own = {0};
    principal_access_facts(u->j, u->arena, judge_principal(u->j, u->principal), &own);
    u->own_identity = own.identity;
    u->own_boundaries = own.boundaries;
}

/* Once more without the resource control policies, if it hangs on nothing else than those that were not read. */
static struct key_use ask_under(struct using *u, const struct governing *rcps)
{
    bool is_unknown = false;
    u->input.owner_is_management = rcps->is_management;
    u->input.rcps = rcps->levels;
    u->input.n_rcps = rcps->n;
    for (size_t i = 0; i < rcps->n; i++)
        is_unknown |= rcps->levels[i].is_unknown;
    struct key_use out = ask_all(u);
    u->input.n_rcps = 0;
    out.is_rcps_alone = out.may == TRI_UNKNOWN && is_unknown && ask_all(u).may == TRI_YES;
    return out;
}

struct key_use judge_key_use(const struct judgement *j, struct arena *arena, uint32_t key, const char *principal)
{
    return judge_key_use_with(j, arena, key, principal, NULL);
}

struct key_use judge_key_use_with(const struct judgement *j, struct arena *arena, uint32_t key, const char *principal,
                                  const struct policy *instead)
{
    struct record r;
    struct buf arn = {0};
    struct governing rcps;
    struct using u = {.j = j, .arena = arena, .principal = principal};
    key_access_facts(j, arena, key, &u.input);
    u.input.key_policy = instead ? instead : u.input.key_policy;
    u.input.key_state = "Enabled"; /* the key's state is another question */
    node_arn(j->estate, key, &arn);
    u.key_arn = arena_strndup(arena, arn.data ? arn.data : "", arn.len);
    buf_free(&arn);
    if (!generation_record(j->generation, key, &r) ||
        policy_parse(arena, all_is_allowed, sizeof all_is_allowed - 1, &u.all_is_allowed, NULL) != ERR_OK)
        return (struct key_use){.may = TRI_UNKNOWN, .reason = "the key was not read"};
    const char *account = account_of(arena, principal);
    u.is_own = strcmp(account, record_account(&r)) == 0;
    u.is_outside = !u.is_own && j->org_is_known && !account_is_ours(j, account);
    u.input.identity = (struct policy_set){.items = &u.all_is_allowed, .n = 1};
    if (u.is_own)
        add_own(&u);
    judge_governing(j, arena, record_account(&r), LIST_RCPS, &rcps);
    struct key_use out = ask_under(&u, &rcps);
    if (!instead && (out.may == TRI_YES || out.is_rcps_alone) && !truth_is_sure(record_facet(&r, FACET_KEY_POLICY).truth))
        out = (struct key_use){.may = TRI_UNKNOWN, .reason = "the key's policy was not read again"};
    return out;
}
