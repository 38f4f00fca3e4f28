#include "backend/judge/principal_access.h"

#include "backend/judge/internal.h"
#include "backend/judge/key_access.h"

#include <stdio.h>
#include <string.h>

#define MAX_LEVELS 16 /* AWS allows a root and five levels of units */

typedef VEC(const struct policy *) policy_vec;
typedef VEC(uint32_t) node_vec;

/* A list that was read whole, and is not an old one: what it says may have changed since. */
static bool is_whole(const struct slice *s)
{
    return slice_is_complete(s) && truth_is_sure(slice_truth(s));
}

static struct policy_set set_of(struct arena *arena, const policy_vec *from, bool is_unknown)
{
    const struct policy **items = arena_alloc(arena, (from->n + 1) * sizeof *items);
    if (from->n > 0)
        memcpy(items, from->items, from->n * sizeof *items);
    return (struct policy_set){.items = items, .n = from->n, .is_unknown = is_unknown};
}

/* ---- principals -------------------------------------------------------------------------------- */

static bool is_named(const struct record *r, const char *type, const char *name, size_t len)
{
    const char *own = value_text(r, ATTR_PRINCIPAL_NAME);
    return value_is(r, ATTR_PRINCIPAL_TYPE, type) && strlen(own) == len && memcmp(own, name, len) == 0;
}

/* Names are unique in an account, whatever the path. */
static uint32_t find_named(const struct judgement *j, const char *account, const char *type, const char *name,
                           size_t len)
{
    struct record r;
    for (uint32_t i = 0, slot; (slot = kind_slot(j->estate, KIND_PRINCIPAL, i)); i++) {
        if (strcmp(scope_account(j->estate, slot_scope(j->estate, slot)), account) != 0)
            continue;
        const struct slice *s = generation_slice(j->generation, slot);
        for (uint32_t row = 0; slice_record(j->generation, s, row, &r); row++)
            if (is_named(&r, type, name, len))
                return r.node;
    }
    return 0;
}

uint32_t judge_principal(const struct judgement *j, const char *arn)
{
    struct record r;
    const char *session = strstr(arn, ":assumed-role/");
    uint32_t node = estate_find_node(j->estate, KIND_PRINCIPAL, arn, strlen(arn));
    if (node && generation_record(j->generation, node, &r))
        return node;
    if (!session || session - arn < 12)
        return 0;
    char account[13];
    (void)snprintf(account, sizeof account, "%.12s", session - 12);
    const char *name = session + strlen(":assumed-role/");
    return find_named(j, account, "role", name, strcspn(name, "/"));
}

uint32_t judge_group(const struct judgement *j, const char *account, const char *name)
{
    return find_named(j, account, "group", name, strlen(name));
}

/* A managed policy that a principal names; NULL if it was not read. */
static const struct policy *managed_policy(const struct judgement *j, struct arena *arena, const char *arn)
{
    struct record r;
    uint32_t node = estate_find_node(j->estate, KIND_IAM_POLICY, arn, strlen(arn));
    return node && generation_record(j->generation, node, &r)
               ? record_policy(arena, &r, ATTR_IAM_POLICY_DOCUMENT)
               : NULL;
}

static void add_policies_of(const struct judgement *j, struct arena *arena, const struct record *principal,
                            policy_vec *out)
{
    struct value attached = record_value(principal, ATTR_PRINCIPAL_ATTACHED);
    struct record policy;
    enum edge edge;
    for (const char *arn = NULL; (arn = value_next(&attached, arn));)
        VEC_PUSH(*out, managed_policy(j, arena, arn));
    for (struct hang h = hang_on(j->generation, principal->node); hang_next(&h, &policy, &edge);)
        if (policy.kind == KIND_IAM_POLICY && edge == EDGE_PART_OF)
            VEC_PUSH(*out, record_policy(arena, &policy, ATTR_IAM_POLICY_DOCUMENT));
}

static void add_groups(const struct judgement *j, struct arena *arena, const struct record *user,
                       policy_vec *out)
{
    struct value groups = record_value(user, ATTR_PRINCIPAL_GROUPS);
    struct record group;
    for (const char *name = NULL; (name = value_next(&groups, name));) {
        uint32_t node = judge_group(j, record_account(user), name);
        if (node && generation_record(j->generation, node, &group))
            add_policies_of(j, arena, &group, out);
        else
            VEC_PUSH(*out, NULL);
    }
}

static bool policies_are_whole(const struct judgement *j, const struct record *principal)
{
    uint32_t slot = estate_find_slot(j->estate, slot_scope(j->estate, principal->slot), LIST_IAM_POLICIES,
                                     slot_parent(j->estate, principal->slot));
    return is_whole(principal->slice) && is_whole(generation_slice(j->generation, slot));
}

void principal_access_facts(const struct judgement *j, struct arena *arena, uint32_t principal,
                            struct access_input *out)
{
    struct record r;
    policy_vec own = {0}, bound = {0};
    out->identity = out->boundaries = (struct policy_set){.is_unknown = true};
    if (!principal || !generation_record(j->generation, principal, &r))
        return;
    add_policies_of(j, arena, &r, &own);
    add_groups(j, arena, &r, &own);
    out->identity = set_of(arena, &own, !policies_are_whole(j, &r));
    struct record boundary;
    uint32_t node = value_node(&r, ATTR_PRINCIPAL_BOUNDARY);
    if (node)
        VEC_PUSH(bound, generation_record(j->generation, node, &boundary)
                            ? record_policy(arena, &boundary, ATTR_IAM_POLICY_DOCUMENT)
                            : NULL);
    out->boundaries = set_of(arena, &bound, false);
    VEC_FREE(own);
    VEC_FREE(bound);
}

/* ---- the organization -------------------------------------------------------------------------- */

/* The account as the organization lists it; false if nobody who may see it was read. */
static bool find_member(const struct judgement *j, const char *account, struct record *out)
{
    static const char *const partitions[] = {"aws", "aws-cn", "aws-us-gov", "aws-eusc", "aws-iso",
                                             "aws-iso-b", "aws-iso-e", "aws-iso-f"};
    enum edge edge;
    for (size_t i = 0; i < sizeof partitions / sizeof *partitions; i++) {
        char arn[64];
        int len = snprintf(arn, sizeof arn, "arn:%s:iam::%.12s:root", partitions[i], account);
        uint32_t node = estate_find_node(j->estate, KIND_ACCOUNT, arn, (size_t)len);
        for (struct hang h = hang_on(j->generation, node); hang_next(&h, out, &edge);)
            if (out->kind == KIND_ORG_ACCOUNT && edge == EDGE_SAME_AS)
                return true;
    }
    return false;
}

/* What the account itself could tell. */
static const struct record *find_account(const struct judgement *j, const char *account, struct record *out)
{
    for (struct walk w = walk_kind(j->generation, KIND_ACCOUNT); walk_next(&w, out);)
        if (strcmp(record_account(out), account) == 0)
            return out;
    return NULL;
}

/* Without a word of the organization's tree. */
static void govern_alone(const struct judgement *j, const char *account, struct governing *out)
{
    static const struct policy_set unknown = {.is_unknown = true};
    static const uint32_t nobody = 0;
    static const uint32_t *const no_documents[] = {&nobody};
    struct record r;
    const struct record *own = find_account(j, account, &r);
    if (own && record_facet(own, FACET_ACCOUNT_ORGANIZATION).truth == TRUTH_UNSUPPORTED)
        return; /* it is in no organization */
    out->is_management = own && value_is(own, ATTR_ACCOUNT_MANAGEMENT, account);
    if (out->is_management)
        return;
    out->levels = &unknown;
    out->nodes = &nobody;
    out->documents = no_documents;
    out->n = 1;
}

/* From the account up to the root; false if a unit on the way was not read. */
static bool climb(const struct judgement *j, const struct record *member, node_vec *path, struct record *root)
{
    uint32_t unit = value_node(member, ATTR_ORG_ACCOUNT_UNIT);
    VEC_PUSH(*path, value_node(member, ATTR_ORG_ACCOUNT_ACCOUNT));
    for (int level = 0; level < MAX_LEVELS && generation_record(j->generation, unit, root); level++) {
        VEC_PUSH(*path, unit);
        unit = value_node(root, ATTR_UNIT_PARENT);
        if (!unit)
            return true;
    }
    return false;
}

/* All policies of a type, and what each hangs on. */
static bool policies_are_known(const struct judgement *j, const struct record *root, enum list list)
{
    uint32_t slot = estate_find_slot(j->estate, slot_scope(j->estate, root->slot), list,
                                     slot_parent(j->estate, root->slot));
    const struct slice *s = generation_slice(j->generation, slot);
    struct record policy, home;
    if (!is_whole(s))
        return false;
    for (uint32_t row = 0; slice_record(j->generation, s, row, &policy); row++) {
        enum truth truth = generation_record(j->generation, policy.node, &home)
                               ? record_facet(&home, FACET_ORG_POLICY_TARGETS).truth
                               : TRUTH_NOT_ASKED;
        if (truth != TRUTH_KNOWN)
            return false;
    }
    return true;
}

static bool is_in_force(const struct record *root, enum list list)
{
    const char *wanted = list == LIST_SCPS ? "SERVICE_CONTROL_POLICY" : "RESOURCE_CONTROL_POLICY";
    struct value types = record_value(root, ATTR_UNIT_POLICY_TYPES);
    for (const char *type = NULL; (type = value_next(&types, type));)
        if (strcmp(type, wanted) == 0)
            return true;
    return false;
}

static struct policy_set level_set(const struct judgement *j, struct arena *arena, uint32_t node,
                                   enum list list, bool is_unknown, const uint32_t **documents)
{
    policy_vec policies = {0};
    node_vec nodes = {0};
    struct record r;
    enum edge edge;
    for (struct hang h = hang_on(j->generation, node); hang_next(&h, &r, &edge);) {
        if (r.kind != KIND_ORG_POLICY || edge != EDGE_GOVERNS || slot_list(j->estate, r.slot) != list)
            continue;
        VEC_PUSH(policies, record_policy(arena, &r, ATTR_ORG_POLICY_DOCUMENT));
        VEC_PUSH(nodes, r.node);
    }
    uint32_t *kept = arena_alloc(arena, (nodes.n + 1) * sizeof *kept);
    if (nodes.n > 0)
        memcpy(kept, nodes.items, nodes.n * sizeof *kept);
    *documents = kept;
    struct policy_set set = set_of(arena, &policies, is_unknown);
    VEC_FREE(policies);
    VEC_FREE(nodes);
    return set;
}

static void set_levels(const struct judgement *j, struct arena *arena, const node_vec *path, enum list list,
                       bool is_unknown, struct governing *out)
{
    struct policy_set *levels = arena_alloc(arena, path->n * sizeof *levels);
    uint32_t *nodes = arena_alloc(arena, path->n * sizeof *nodes);
    const uint32_t **documents = arena_alloc(arena, path->n * sizeof *documents);
    for (size_t i = 0; i < path->n; i++) {
        nodes[i] = path->items[path->n - 1 - i]; /* the root comes first */
        levels[i] = level_set(j, arena, nodes[i], list, is_unknown, &documents[i]);
    }
    out->levels = levels;
    out->nodes = nodes;
    out->documents = documents;
    out->n = path->n;
}

/* The ARN of a member names the account that manages the organization:
 * https://docs.aws.amazon.com/organizations/latest/APIReference/API_Account.html */
static bool manages(const struct judgement *j, const struct record *member, const char *account)
{
    char owner[16], region[40];
    node_place(j->estate, member->node, owner, region);
    return strcmp(owner, account) == 0;
}

void judge_governing(const struct judgement *j, struct arena *arena, const char *account, enum list list,
                     struct governing *out)
{
    struct record member, root;
    node_vec path = {0};
    *out = (struct governing){.n = 0};
    if (!find_member(j, account, &member)) {
        govern_alone(j, account, out);
        return;
    }
    out->is_management = manages(j, &member, account);
    bool is_climbed = !out->is_management && climb(j, &member, &path, &root);
    if (!out->is_management && (!is_climbed || is_in_force(&root, list)))
        set_levels(j, arena, &path, list, !is_climbed || !policies_are_known(j, &root, list), out);
    VEC_FREE(path);
}

/* arn:aws:organizations::ID:account/o-abc/111122223333 */
void organization_context(const struct judgement *j, struct request *request)
{
    struct record account;
    const struct area *a = area_find(j, request->caller.account, "");
    const char *id = NULL;
    if (a && a->record && generation_record(j->generation, a->record, &account) &&
        truth_is_sure(slice_truth(account.slice)))
        id = strstr(value_text(&account, ATTR_ACCOUNT_ORG_ARN), ":account/");
    request_add_unknown(request, "aws:PrincipalOrgPaths");
    if (!id) {
        request_add_unknown(request, "aws:PrincipalOrgID");
        return;
    }
    id += strlen(":account/");
    const char *value = arena_strndup(request->arena, id, strcspn(id, "/"));
    request_add(request, "aws:PrincipalOrgID", &value, 1);
}

void organization_access_facts(const struct judgement *j, struct arena *arena, const char *caller_account,
                               const char *key_account, struct access_input *out)
{
    struct governing scps, rcps;
    judge_governing(j, arena, caller_account, LIST_SCPS, &scps);
    judge_governing(j, arena, key_account, LIST_RCPS, &rcps);
    out->scps = scps.levels;
    out->n_scps = scps.n;
    out->caller_is_management = scps.is_management;
    out->rcps = rcps.levels;
    out->n_rcps = rcps.n;
    out->owner_is_management = rcps.is_management;
}
