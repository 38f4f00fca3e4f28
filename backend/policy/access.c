#include "backend/policy/access.h"

#include "backend/policy/condition.h"
#include "backend/policy/operation.h"
#include "backend/policy/pattern.h"
#include "backend/policy/principal.h"

#include <string.h>
#include <strings.h>

static const char *const source_names[SOURCE_COUNT] = {
    [SOURCE_KEY_POLICY] = "keyPolicy",
    [SOURCE_IDENTITY] = "identityPolicies",
    [SOURCE_BOUNDARY] = "permissionsBoundaries",
    [SOURCE_SESSION] = "sessionPolicies",
    [SOURCE_SCP] = "serviceControlPolicies",
    [SOURCE_RCP] = "resourceControlPolicies",
    [SOURCE_ENDPOINT] = "vpcEndpointPolicies",
    [SOURCE_GRANT] = "grants",
    [SOURCE_KEY_STATE] = "keyState",
    [SOURCE_KMS] = "kms",
    [SOURCE_REGION] = "region",
};

const char *access_source_name(enum access_source source)
{
    return source_names[source];
}

const char *verdict_name(enum verdict verdict)
{
    static const char *const names[] = {
        [VERDICT_ALLOWED] = "allowed",
        [VERDICT_EXPLICITLY_DENIED] = "explicitly_denied",
        [VERDICT_IMPLICITLY_DENIED] = "implicitly_denied",
        [VERDICT_UNKNOWN] = "unknown",
    };
    return names[verdict];
}

/* What one kind of source says, all its statements together. For a key policy and grants `allow` is apart by
 * how the caller is meant; elsewhere all of it is in allow.itself. */
struct says {
    struct meant allow;
    enum tri deny;
};

struct asking {
    const struct request *request;
    const struct access_input *input;
    struct access_result *out;
};

static void because(const struct asking *a, const char *what)
{
    for (size_t i = 0; i < a->out->unknown_because.n; i++)
        if (strcmp(a->out->unknown_because.items[i], what) == 0)
            return;
    VEC_PUSH(a->out->unknown_because, what);
}

/* ---- does a statement apply? ---------------------------------------------------------------------------- */

static enum tri action_applies(const struct asking *a, const struct policy_statement *s)
{
    bool is_listed = false;
    for (size_t i = 0; i < s->actions.n && !is_listed; i++)
        is_listed = pattern_matches_action(s->actions.items[i], a->request->action);
    return tri_of(s->has_action && is_listed != s->is_not_action);
}

/* The word of Resource that made it unknown goes to *detail. */
static enum tri resource_listed(const struct asking *a, const struct policy_statement *s,
                                bool has_variables, const char **detail)
{
    enum tri listed = TRI_NO;
    for (size_t i = 0; i < s->resources.n && listed != TRI_YES; i++) {
        struct pattern p = pattern_of(a->request->arena, s->resources.items[i], has_variables, true,
                                      a->request);
        if (p.is_resolved == TRI_YES)
            listed = tri_or(listed, tri_of(pattern_matches(p.text, a->request->resource)));
        else if (p.is_resolved == TRI_UNKNOWN)
            listed = tri_or(listed, TRI_UNKNOWN);
        if (p.is_resolved == TRI_UNKNOWN)
            *detail = p.variable;
    }
    return listed;
}

/* In a key policy the resource is the key. AWS documents only "*"; the key's own ARN is taken like it. What
 * another one does is not documented: it allows nothing, and may deny.
 * https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-overview.html */
static enum tri resource_applies(const struct asking *a, enum access_source source,
                                 const struct policy_statement *s, bool has_variables,
                                 const char **detail)
{
    if (!s->has_resource)
        return TRI_NO;
    enum tri listed = resource_listed(a, s, has_variables, detail);
    if (s->is_not_resource)
        return tri_not(listed);
    bool is_foreign = listed == TRI_NO && source == SOURCE_KEY_POLICY && s->effect == POLICY_DENY;
    return is_foreign ? TRI_UNKNOWN : listed;
}

static enum tri conditions_apply(const struct asking *a, const struct policy_statement *s,
                                 bool has_variables, const char **detail)
{
    enum tri all = TRI_YES;
    for (size_t i = 0; i < s->n_conditions && all != TRI_NO; i++) {
        const char *hangs_on;
        enum tri holds = condition_holds(a->request->arena, &s->conditions[i], has_variables, a->request,
                                         &hangs_on);
        if (holds < all)
            *detail = hangs_on ? hangs_on : s->conditions[i].key;
        all = tri_and(all, holds);
    }
    return all;
}

/* Key, resource control and endpoint policies name principals. */
static bool has_principals(enum access_source source)
{
    return source == SOURCE_KEY_POLICY || source == SOURCE_RCP || source == SOURCE_ENDPOINT;
}

static void step_element(struct access_step *step, enum element element, enum tri holds)
{
    if (holds < step->applies) {
        step->applies = holds;
        step->element = element;
    }
}

static void say_what_is_unknown(const struct asking *a, const struct access_step *step)
{
    static const char *const elements[] = {"", "Principal", "Action", "Resource", "Condition"};
    const char *what = step->detail[0] ? step->detail : elements[step->element];
    because(a, step->element == ELEMENT_CONDITION && step->detail[0]
                   ? arena_printf(a->request->arena, "context %s", step->detail)
                   : arena_printf(a->request->arena, "%s statement %zu: %s",
                                  source_names[step->source], step->index, what));
}

/* Principal, action, resource, condition: the first that fails is what a reader is told. */
static struct meant statement_applies(const struct asking *a, const struct policy *policy,
                                      struct access_step *step)
{
    const struct policy_statement *s = step->statement;
    struct meant meant = {.itself = TRI_YES};
    const char *detail = "";
    if (has_principals(step->source))
        meant = s->has_principal ? statement_means(s, &a->request->caller)
                                 : (struct meant){TRI_NO, TRI_NO, TRI_NO};
    step->applies = TRI_YES;
    step_element(step, ELEMENT_PRINCIPAL, meant_at_all(meant));
    step_element(step, ELEMENT_ACTION, action_applies(a, s));
    if (step->applies != TRI_NO)
        step_element(step, ELEMENT_RESOURCE,
                     resource_applies(a, step->source, s, policy->has_variables, &detail));
    if (step->applies != TRI_NO) {
        const char *of_condition = "";
        step_element(step, ELEMENT_CONDITION,
                     conditions_apply(a, s, policy->has_variables, &of_condition));
        detail = step->element == ELEMENT_CONDITION ? of_condition : detail;
    }
    step->detail = detail;
    meant.itself = tri_and(meant.itself, step->applies);
    meant.as_role = tri_and(meant.as_role, step->applies);
    meant.delegated = tri_and(meant.delegated, step->applies);
    return meant;
}

static void add_says(struct says *to, const struct says *from)
{
    to->allow.itself = tri_or(to->allow.itself, from->allow.itself);
    to->allow.as_role = tri_or(to->allow.as_role, from->allow.as_role);
    to->allow.delegated = tri_or(to->allow.delegated, from->allow.delegated);
    to->deny = tri_or(to->deny, from->deny);
}

/* What nobody could read may say anything. */
static const struct says unread = {{TRI_UNKNOWN, TRI_UNKNOWN, TRI_UNKNOWN}, TRI_UNKNOWN};

static struct says document_says(const struct asking *a, enum access_source source, size_t level,
                                 size_t document, const struct policy *policy)
{
    struct says says = {{TRI_NO, TRI_NO, TRI_NO}, TRI_NO};
    if (!policy) {
        because(a, source_names[source]);
        return unread;
    }
    for (size_t i = 0; i < policy->n; i++) {
        const struct policy_statement *s = &policy->statements[i];
        struct access_step step = {.source = source, .level = level, .document = document, .index = i,
                                   .statement = s, .detail = "", .is_allow = s->effect == POLICY_ALLOW};
        struct meant applies = statement_applies(a, policy, &step);
        if (step.is_allow)
            add_says(&says, &(struct says){applies, TRI_NO});
        else
            says.deny = tri_or(says.deny, step.applies);
        if (step.applies == TRI_UNKNOWN)
            say_what_is_unknown(a, &step);
        VEC_PUSH(a->out->steps, step);
    }
    return says;
}

static struct says set_says(const struct asking *a, enum access_source source, size_t level,
                            const struct policy_set *set)
{
    struct says says = {{TRI_NO, TRI_NO, TRI_NO}, TRI_NO};
    if (set->is_unknown) {
        because(a, source_names[source]);
        says = unread;
    }
    for (size_t i = 0; i < set->n; i++) {
        struct says one = document_says(a, source, level, i, set->items[i]);
        add_says(&says, &one);
    }
    return says;
}

/* A kind of policy that only narrows: without any it does not. */
static enum tri narrows_to(const struct says *says, const struct policy_set *set)
{
    return set->n == 0 && !set->is_unknown ? TRI_YES : meant_at_all(says->allow);
}

/* ---- grants --------------------------------------------------------------------------------------------- */

/* The names of pairs in any case of letters, the values letter by letter.
 * https://docs.aws.amazon.com/kms/latest/APIReference/API_GrantConstraints.html */
static enum tri has_pair(const struct request *request, const char *name, const char *value)
{
    char *key = mem_printf("kms:EncryptionContext:%s", name);
    const struct context_entry *entry = request_context(request, key);
    mem_free(key);
    if (entry && entry->is_unknown)
        return TRI_UNKNOWN;
    return tri_of(entry && entry->n_values == 1 && strcmp(entry->values[0], value) == 0);
}

static enum tri has_no_more_pairs(const struct request *request, size_t n)
{
    const struct context_entry *keys = request_context(request, "kms:EncryptionContextKeys");
    if (keys && keys->is_unknown)
        return TRI_UNKNOWN;
    return tri_of((keys ? keys->n_values : 0) == n);
}

static enum tri context_suits(const struct request *request, const struct access_grant *grant)
{
    enum tri suits = TRI_YES;
    if (!grant->has_context || !operation_has_context(request->action))
        return TRI_YES;
    for (size_t i = 0; i < grant->n_pairs; i++)
        suits = tri_and(suits, has_pair(request, grant->context[2 * i], grant->context[2 * i + 1]));
    return grant->is_subset ? suits : tri_and(suits, has_no_more_pairs(request, grant->n_pairs));
}

static enum tri source_suits(const struct request *request, const struct access_grant *grant)
{
    const struct context_entry *source = request_context(request, "aws:SourceArn");
    if (!grant->source_arn)
        return TRI_YES;
    if (source && source->is_unknown)
        return TRI_UNKNOWN;
    return tri_of(source && source->n_values == 1 && strcmp(source->values[0], grant->source_arn) == 0);
}

static bool grant_lists(const struct access_grant *grant, const char *action)
{
    if (strncasecmp(action, "kms:", 4) != 0)
        return false;
    for (size_t i = 0; i < grant->operations.n; i++)
        if (strcasecmp(grant->operations.items[i], action + 4) == 0)
            return true;
    return false;
}

static struct meant grant_applies(const struct asking *a, const struct access_grant *grant,
                                  struct access_step *step)
{
    struct meant meant = {.itself = TRI_UNKNOWN};
    if (grant->grantee)
        meant = grantee_means(grant->grantee, &a->request->caller);
    step->applies = TRI_YES;
    step_element(step, ELEMENT_PRINCIPAL, meant_at_all(meant));
    step_element(step, ELEMENT_ACTION, tri_of(grant_lists(grant, a->request->action)));
    step_element(step, ELEMENT_CONDITION,
                 tri_and(context_suits(a->request, grant), source_suits(a->request, grant)));
    step->detail = step->element == ELEMENT_CONDITION ? "Constraints" : "";
    meant.itself = tri_and(tri_or(meant.itself, meant.as_role), step->applies);
    meant.delegated = tri_and(meant.delegated, step->applies);
    meant.as_role = TRI_NO;
    return meant;
}

static struct meant grants_say(const struct asking *a)
{
    const struct access_input *in = a->input;
    struct says says = {{TRI_NO, TRI_NO, TRI_NO}, TRI_NO};
    if (in->grants_unknown) {
        because(a, source_names[SOURCE_GRANT]);
        says.allow = (struct meant){.itself = TRI_UNKNOWN};
    }
    for (size_t i = 0; i < in->n_grants; i++) {
        struct access_step step = {.source = SOURCE_GRANT, .index = i, .detail = "", .is_allow = true};
        struct meant applies = grant_applies(a, &in->grants[i], &step);
        add_says(&says, &(struct says){applies, TRI_NO});
        if (step.applies == TRI_UNKNOWN)
            say_what_is_unknown(a, &step);
        VEC_PUSH(a->out->steps, step);
    }
    return says.allow;
}

/* ---- all together --------------------------------------------------------------------------------------- */

static bool scps_apply(const struct asking *a)
{
    const struct caller *c = &a->request->caller;
    bool is_managers = a->input->caller_is_management ||
                       (a->input->owner_is_management && strcmp(c->account, a->request->owner) == 0);
    return c->kind != CALLER_SERVICE && !c->is_service_linked && !is_managers;
}

/* Every level must allow. */
static struct says scps_say(const struct asking *a)
{
    struct says all = {{.itself = TRI_YES}, TRI_NO};
    for (size_t i = 0; scps_apply(a) && i < a->input->n_scps; i++) {
        struct says level = set_says(a, SOURCE_SCP, i, &a->input->scps[i]);
        all.allow.itself = tri_and(all.allow.itself, meant_at_all(level.allow));
        all.deny = tri_or(all.deny, level.deny);
    }
    return all;
}

/* They can only deny: what AWS attaches to allow the rest cannot be taken off. */
static enum tri rcps_deny(const struct asking *a)
{
    const struct access_input *in = a->input;
    bool apply = !in->owner_is_management && !in->is_aws_managed &&
                 !a->request->caller.is_service_linked && !operation_is_beyond_rcps(a->request->action);
    enum tri deny = TRI_NO;
    for (size_t i = 0; apply && i < in->n_rcps; i++)
        deny = tri_or(deny, set_says(a, SOURCE_RCP, i, &in->rcps[i]).deny);
    return deny;
}

static void add_fact(const struct asking *a, enum access_source source, enum tri works)
{
    struct access_step step = {.source = source, .applies = tri_not(works), .detail = ""};
    if (works == TRI_UNKNOWN)
        because(a, source_names[source]);
    if (works != TRI_YES)
        VEC_PUSH(a->out->steps, step);
}

/* What neither policy nor grant can change. */
static enum tri kms_works(const struct asking *a)
{
    const struct request *r = a->request;
    bool is_foreign = r->caller.account[0] && strcmp(r->caller.account, r->owner) != 0;
    enum tri state = TRI_UNKNOWN, crosses = TRI_YES;
    if (a->input->key_state)
        state = operation_works(r->action, a->input->key_state);
    if (is_foreign)
        crosses = tri_of(operation_crosses_accounts(r->action));
    enum tri region = tri_of(!is_foreign || !a->input->region_is_off);
    add_fact(a, SOURCE_KEY_STATE, state);
    add_fact(a, SOURCE_KMS, crosses);
    add_fact(a, SOURCE_REGION, region);
    return tri_and(state, tri_and(crosses, region));
}

/* What the caller's own account lets it do. Root needs no policy; a service has none. */
static enum tri identity_allows(const struct asking *a, const struct says *identity)
{
    enum caller_kind kind = a->request->caller.kind;
    if (kind == CALLER_SERVICE)
        return TRI_NO;
    return kind == CALLER_ROOT ? TRI_YES : meant_at_all(identity->allow);
}

static enum tri decide_allow(const struct asking *a, const struct meant *key, const struct meant *grants,
                             enum tri identity, enum tri narrowed)
{
    const struct request *r = a->request;
    bool is_own = r->caller.kind == CALLER_SERVICE || strcmp(r->caller.account, r->owner) == 0;
    enum tri itself = key->itself, as_role = tri_and(key->as_role, narrowed);
    enum tri by_iam = tri_and(identity, narrowed);
    enum tri policies = tri_and(tri_or(itself, tri_or(key->as_role, key->delegated)), by_iam);
    if (is_own)
        policies = tri_or(tri_or(itself, as_role), tri_and(key->delegated, by_iam));
    enum tri granted = tri_or(grants->itself, tri_and(grants->delegated, by_iam));
    return tri_or(policies, granted);
}

static enum verdict verdict_of(enum tri allow, enum tri deny)
{
    if (deny == TRI_YES)
        return VERDICT_EXPLICITLY_DENIED;
    if (allow == TRI_NO)
        return VERDICT_IMPLICITLY_DENIED; /* whatever the unknown denies say */
    return allow == TRI_YES && deny == TRI_NO ? VERDICT_ALLOWED : VERDICT_UNKNOWN;
}

/* The statements that the verdict rests on: what denies, what allows, what is in the way, what is open. */
static void name_deciders(struct access_result *out)
{
    for (size_t i = 0; i < out->steps.n; i++) {
        const struct access_step *step = &out->steps.items[i];
        bool is_fact = step->source >= SOURCE_KEY_STATE;
        bool decides = step->applies == TRI_YES;
        if (out->verdict == VERDICT_UNKNOWN)
            decides = step->applies == TRI_UNKNOWN;
        else if (out->verdict == VERDICT_IMPLICITLY_DENIED)
            decides = decides && is_fact;
        else if (out->verdict == VERDICT_EXPLICITLY_DENIED)
            decides = decides && !step->is_allow && !is_fact;
        if (decides)
            VEC_PUSH(out->decided_by, *step);
    }
}

void access_evaluate(const struct request *request, const struct access_input *in,
                     struct access_result *out)
{
    *out = (struct access_result){0};
    struct asking a = {request, in, out};
    struct says key = document_says(&a, SOURCE_KEY_POLICY, 0, 0, in->key_policy);
    struct says identity = {{TRI_NO, TRI_NO, TRI_NO}, TRI_NO};
    /* Neither a service nor a root user has any. */
    if (request->caller.kind != CALLER_SERVICE && request->caller.kind != CALLER_ROOT)
        identity = set_says(&a, SOURCE_IDENTITY, 0, &in->identity);
    struct says boundary = set_says(&a, SOURCE_BOUNDARY, 0, &in->boundaries);
    struct says session = set_says(&a, SOURCE_SESSION, 0, &in->session);
    struct says endpoint = set_says(&a, SOURCE_ENDPOINT, 0, &in->endpoints);
    struct says scps = scps_say(&a);
    struct meant grants = grants_say(&a);
    enum tri narrowed = tri_and(narrows_to(&boundary, &in->boundaries),
                                narrows_to(&session, &in->session));
    enum tri deny = tri_or(tri_or(key.deny, identity.deny), tri_or(boundary.deny, session.deny));
    deny = tri_or(deny, tri_or(tri_or(scps.deny, endpoint.deny), rcps_deny(&a)));
    enum tri own = identity_allows(&a, &identity);
    enum tri allow = decide_allow(&a, &key.allow, &grants, own, narrowed);
    allow = tri_and(allow, tri_and(scps.allow.itself, narrows_to(&endpoint, &in->endpoints)));
    allow = tri_and(allow, kms_works(&a));
    out->key_side = tri_or(meant_at_all(key.allow), meant_at_all(grants));
    out->identity_side = tri_and(own, narrowed);
    out->verdict = verdict_of(allow, deny);
    name_deciders(out);
    if (out->verdict != VERDICT_UNKNOWN)
        out->unknown_because.n = 0;
}

void access_result_free(struct access_result *result)
{
    VEC_FREE(result->steps);
    VEC_FREE(result->decided_by);
    VEC_FREE(result->unknown_because);
}
