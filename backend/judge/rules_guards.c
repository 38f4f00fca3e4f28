/* Findings about what should be forbidden and is not. */
#include "backend/judge/principal_access.h"
#include "backend/judge/rules.h"

/* Whether an SCP over the account denies something: what, of the resource if that counts. */
static enum tri governing_guards(const struct judgement *j, const char *account,
                                 bool (*denies)(const struct policy *policy, const char *arn), const char *arn)
{
    struct governing scps;
    struct arena *scratch = arena_new();
    enum tri out = TRI_NO;
    judge_governing(j, scratch, account, LIST_SCPS, &scps);
    for (size_t i = 0; i < scps.n && out != TRI_YES; i++) {
        if (scps.levels[i].is_unknown)
            out = TRI_UNKNOWN;
        for (size_t k = 0; k < scps.levels[i].n && out != TRI_YES; k++) {
            const struct policy *policy = scps.levels[i].items[k];
            out = !policy ? TRI_UNKNOWN : denies(policy, arn) ? TRI_YES : out;
        }
    }
    arena_free(scratch);
    return out;
}

static bool denies_deletion(const struct policy *policy, const char *arn)
{
    (void)arn;
    return policy_guards_deletion(policy);
}

/* An SCP over the record's account denies it; asked once for each account. */
static enum tri account_guards(const struct judgement *j, const struct record *r)
{
    uint8_t *known = &j->texts->guards[area_of_record(j, r)->account_first];
    if (!*known)
        *known = (uint8_t)(1 + governing_guards(j, record_account(r), denies_deletion, NULL));
    return (enum tri)(*known - 1);
}

RULE_TEST(key_deletion_unguarded)
{
    if (!value_is(r, ATTR_KEY_MANAGER, "CUSTOMER"))
        return FINDING_NONE;
    struct dependents d = judge_dependents(j, r->node);
    if (d.all == 0 && !d.is_at_least)
        return FINDING_NONE;
    enum tri guards = tri_or(has_trait(j, r, TRAIT_GUARDS_DELETION), account_guards(j, r));
    if (guards == TRI_YES)
        return FINDING_NONE;
    out->reason = "the service control policies over its account were not read";
    if (guards == TRI_UNKNOWN && d.is_at_least)
        return FINDING_UNKNOWN;
    if (!d.has_points && !d.is_at_least)
        return FINDING_NONE;
    if (guards == TRI_NO)
        out->reason = d.has_points ? "" : "what is under it was not all read";
    return d.has_points && guards == TRI_NO ? FINDING_OPEN : FINDING_UNKNOWN;
}

/* What IAM denies to one or the other says nothing of the rest: only an SCP is for all of an account. */
RULE_TEST(credential_unguarded)
{
    struct buf arn = {0};
    uint32_t parameter = value_node(r, ATTR_CREDENTIAL_PARAMETER);
    if (!parameter)
        return FINDING_NONE; /* F-SSM-01's */
    node_arn(j->estate, parameter, &arn);
    enum tri guards = governing_guards(j, record_account(r), policy_guards_parameter, arn.data);
    buf_free(&arn);
    out->cause = parameter;
    out->reason = guards == TRI_UNKNOWN ? "the service control policies over its account were not read" : "";
    return guards == TRI_YES ? FINDING_NONE : guards == TRI_NO ? FINDING_OPEN : FINDING_UNKNOWN;
}
