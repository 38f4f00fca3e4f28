/* Findings about the roles that backup plans work with. */
#include "backend/base/timefmt.h"
#include "backend/judge/key_access.h"
#include "backend/judge/principal_access.h"
#include "backend/judge/rules.h"

#include <string.h>

/* A selection is made with a role that is there: one that is younger has the name of another, whose id key policies
 * may still hold. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids */
static enum finding_state if_role_is_another(const struct judgement *j, const struct record *selection,
                                             const struct record *role, struct finding *out)
{
    int64_t made, role_made;
    if (!value_number(selection, ATTR_SELECTION_CREATED, &made) || !value_number(role, ATTR_PRINCIPAL_CREATED, &role_made) ||
        role_made <= made)
        return FINDING_NONE;
    out->cause = role->node;
    out->reason = arena_printf(j->arena, "%s was made on %s, after the selection that names it",
                               value_text(role, ATTR_PRINCIPAL_NAME), told_time(j, role_made));
    return FINDING_OPEN;
}

RULE_TEST(selection_role_missing)
{
    struct record role;
    char account[16];
    const char *arn = value_text(r, ATTR_SELECTION_ROLE);
    if (!principal_account(arn, account))
        return FINDING_NONE;
    uint32_t node = estate_find_node(j->estate, KIND_PRINCIPAL, arn, strlen(arn));
    bool is_there = node && generation_record(j->generation, node, &role);
    if (is_there && truth_is_sure(slice_truth(role.slice)))
        return if_role_is_another(j, r, &role, out);
    const struct area *a = area_find(j, account, "");
    bool is_gone = !is_there && a && truth_is_sure(area_truth(a, LIST_PRINCIPALS));
    out->reason = is_gone ? arn : "the roles of its account were not read";
    return is_gone ? FINDING_OPEN : FINDING_UNKNOWN;
}

/* What the role does with keys of its own account, as AWS's policy for backup roles has it:
 * https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSBackupServiceRolePolicyForBackup.html */
static const char *const calls[] = {"kms:DescribeKey", "kms:CreateGrant", "kms:Decrypt", "kms:GenerateDataKey"};

static const char all_is_allowed[] =
    "{\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":\"*\",\"Resource\":\"*\"}]}";

/* Conditions on what nobody here knows leave it open. */
static void add_unknowns(struct request *request, const struct governing *scps)
{
    for (size_t l = 0; l < scps->n; l++)
        for (size_t k = 0; k < scps->levels[l].n; k++) {
            const struct policy *policy = scps->levels[l].items[k];
            for (size_t s = 0; policy && s < policy->n; s++)
                for (size_t c = 0; c < policy->statements[s].n_conditions; c++)
                    request_add_unknown(request, policy->statements[s].conditions[c].key);
        }
}

static enum verdict ask(const struct judgement *j, struct arena *scratch, const struct governing *scps,
                        const struct governing *rcps, const struct policy *all, const struct record *selection,
                        const char *action)
{
    struct request request;
    struct access_result result = {0};
    struct access_input in = {.key_policy = all, .key_state = "Enabled", .identity = {&all, 1, false},
                              .scps = scps->levels, .n_scps = scps->n, .caller_is_management = scps->is_management,
                              .rcps = rcps->levels, .n_rcps = rcps->n, .owner_is_management = rcps->is_management};
    const char *region = record_region(selection);
    const char *key = arena_printf(scratch, "arn:aws:kms:%s:%s:key/00000000-0000-0000-0000-000000000000", region,
                                   record_account(selection));
    enum verdict verdict = VERDICT_UNKNOWN;
    if (request_init(&request, scratch, value_text(selection, ATTR_SELECTION_ROLE), action, key, NULL) == ERR_OK) {
        request_add(&request, "aws:RequestedRegion", &region, 1);
        organization_context(j, &request);
        request_add_implied(&request);
        add_unknowns(&request, scps);
        add_unknowns(&request, rcps);
        access_evaluate(&request, &in, &result);
        verdict = result.verdict;
    }
    access_result_free(&result);
    request_free(&request);
    return verdict;
}

RULE_TEST(selection_role_denied)
{
    char account[16];
    struct governing scps, rcps;
    enum finding_state state = FINDING_NONE;
    const struct policy *all;
    if (!principal_account(value_text(r, ATTR_SELECTION_ROLE), account))
        return FINDING_NONE;
    struct arena *scratch = arena_new();
    judge_governing(j, scratch, account, LIST_SCPS, &scps);
    judge_governing(j, scratch, record_account(r), LIST_RCPS, &rcps);
    bool is_governed = scps.n + rcps.n > 0 &&
                       policy_parse(scratch, all_is_allowed, sizeof all_is_allowed - 1, &all, NULL) == ERR_OK;
    for (size_t i = 0; is_governed && i < sizeof calls / sizeof *calls && state != FINDING_OPEN; i++) {
        enum verdict verdict = ask(j, scratch, &scps, &rcps, all, r, calls[i]);
        if (verdict == VERDICT_ALLOWED || (verdict == VERDICT_UNKNOWN && state == FINDING_UNKNOWN))
            continue;
        state = verdict == VERDICT_UNKNOWN ? FINDING_UNKNOWN : FINDING_OPEN;
        out->reason = state == FINDING_UNKNOWN ? "the control policies over its account leave it open"
                                               : arena_printf(j->arena, "%s is denied", calls[i]);
    }
    arena_free(scratch);
    return state;
}
