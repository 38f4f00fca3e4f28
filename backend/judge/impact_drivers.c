/* Copies that a rule's function makes: key, role that may copy under it, function that runs as the role, EventBridge rule that
 * drives the function. Nothing names the key there: whether the role may is asked of all policies. */
#include "backend/judge/ask_access.h"
#include "backend/judge/drivers.h"
#include "backend/judge/impact_walk.h"
#include "backend/judge/key_access.h"
#include "backend/judge/principal_access.h"
#include "backend/policy/traits.h"

#include <string.h>

bool rule_is_on(const struct record *rule)
{
    return !value_is(rule, ATTR_EVENT_RULE_STATE, "DISABLED");
}

bool function_is_driven(const struct record *function)
{
    struct record rule;
    enum edge edge;
    for (struct hang h = hang_on(function->generation, function->node); hang_next(&h, &rule, &edge);)
        if (edge == EDGE_DRIVES && rule_is_on(&rule))
            return true;
    return false;
}

struct driving {
    struct walker *w;
    struct arena *scratch;
    struct access_desk *desk; /* of the key */
    uint32_t key, parent;
    uint16_t timeline;
};

static const struct impact_rule not_known = {
    .of = KIND_KEY, .fall = FALL_KEY, .edge = EDGE_MAY_USE, .kind = KIND_FUNCTION,
    .first = EFFECT_UNKNOWN, .last = EFFECT_UNKNOWN,
    .first_severity = SEVERITY_MEDIUM, .last_severity = SEVERITY_MEDIUM,
    .first_text = "a rule about backups drives it: whether its role copies under the key is not known",
    .remedy = "See the blind spots: its role's policies, or the key's, were not read.",
    .page = "docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html"};

static enum tri allows(const struct driving *d, const struct record *function, bool (*what)(const struct policy *))
{
    struct access_input own = {0};
    principal_access_facts(d->w->j, d->scratch, value_node(function, ATTR_FUNCTION_ROLE), &own);
    bool is_unknown = own.identity.is_unknown;
    for (size_t i = 0; i < own.identity.n; i++) {
        if (own.identity.items[i] && what(own.identity.items[i]))
            return TRI_YES;
        is_unknown |= !own.identity.items[i];
    }
    return is_unknown ? TRI_UNKNOWN : TRI_NO;
}

/* Copy jobs are of points of the function's own place. */
static bool keeps_points_of(const struct driving *d, const struct record *function)
{
    struct record r;
    enum edge edge;
    for (struct hang h = hang_on(d->w->j->generation, d->key); hang_next(&h, &r, &edge);)
        if ((edge == EDGE_VAULT_KEY || (edge == EDGE_ENCRYPTED_UNDER && r.kind == KIND_POINT)) &&
            strcmp(record_account(&r), record_account(function)) == 0 &&
            strcmp(record_region(&r), record_region(function)) == 0)
            return true;
    return false;
}

/* Every service that copies makes a grant:
 * https://docs.aws.amazon.com/ebs/latest/userguide/share-kms-key.html */
static enum tri may_use(const struct driving *d, const char *role)
{
    static const char *const for_services[] = {"kms:GrantIsForAWSResource=true", NULL};
    struct access_question q = {.principal = role, .action = "kms:CreateGrant", .context = for_services,
                                .is_open = true};
    struct access_result result;
    enum tri may = TRI_UNKNOWN;
    if (access_desk_ask(d->desk, &q, &result, NULL) != ERR_OK)
        return may;
    if (result.verdict != VERDICT_UNKNOWN)
        may = result.verdict == VERDICT_ALLOWED ? TRI_YES : TRI_NO;
    access_result_free(&result);
    return may;
}

static void hit_function(struct driving *d, const struct record *function)
{
    struct record role;
    struct buf arn = {0};
    uint32_t node = value_node(function, ATTR_FUNCTION_ROLE);
    if (!node)
        return;
    node_arn(d->w->j->estate, node, &arn);
    enum tri copies = tri_and(allows(d, function, policy_allows_copies), may_use(d, arn.data));
    if (copies != TRI_YES && keeps_points_of(d, function))
        copies = tri_or(copies, allows(d, function, policy_allows_copy_jobs));
    buf_free(&arn);
    struct hit hit = {.identity = function->node, .parent = d->parent, .rule = &not_known, .edge = EDGE_MAY_USE,
                      .timeline = d->timeline};
    if (copies == TRI_UNKNOWN)
        step_hit(d->w, function, &hit);
    if (copies != TRI_YES || !generation_record(d->w->j->generation, node, &role))
        return;
    hit.identity = node;
    hit.rule = impact_rule_find(KIND_KEY, FALL_KEY, EDGE_MAY_USE, &role);
    if (hit.rule)
        step_hit(d->w, &role, &hit);
}

void hit_drivers(struct walker *w, uint32_t key, uint32_t parent, uint16_t timeline)
{
    struct driving d = {.w = w, .key = key, .parent = parent, .timeline = timeline};
    struct record function;
    for (struct walk walk = walk_kind(w->j->generation, KIND_FUNCTION); walk_next(&walk, &function);) {
        if (!function_is_driven(&function))
            continue;
        d.scratch = d.scratch ? d.scratch : arena_new();
        d.desk = d.desk ? d.desk : access_desk_new(w->j, d.scratch, key);
        hit_function(&d, &function);
    }
    if (d.scratch)
        arena_free(d.scratch);
}
