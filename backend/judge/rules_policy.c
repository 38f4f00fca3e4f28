/* Findings about key policies as texts. A policy that stands at several keys is read once a judgement. */
#include "backend/judge/rules.h"

#include "backend/policy/traits.h"

#include <string.h>

struct seen_policy {
    const char *owner;
    size_t n_statements;
    bool is_readable;
    struct policy_traits traits;
};

struct policy_memory {
    struct arena *scratch;
    struct nodemap at; /* string of the policy to index + 1 */
    VEC(struct seen_policy) items;
};

void policy_memory_free(struct policy_memory *m)
{
    if (!m)
        return;
    arena_free(m->scratch);
    nodemap_free(&m->at);
    VEC_FREE(m->items);
    mem_free(m);
}

static struct seen_policy look_at(const struct judgement *j, struct arena *scratch, const struct record *key,
                                  const struct value *text)
{
    struct seen_policy seen = {.owner = record_account(key)};
    const struct policy *policy;
    struct buf arn = {0};
    node_arn(j->estate, key->node, &arn);
    if (policy_parse(scratch, text->text, text->len, &policy, NULL) == ERR_OK) {
        seen.is_readable = true;
        seen.n_statements = policy->n;
        policy_traits(policy, seen.owner, arn.data, &seen.traits);
    }
    buf_free(&arn);
    arena_reset(scratch);
    return seen;
}

/* The same text at a key of another account is another policy. */
static struct seen_policy seen_policy(const struct judgement *j, const struct record *key,
                                      const struct value *text)
{
    struct policy_memory *m = j->policies;
    const uint32_t *at = nodemap_at(&m->at, text->string);
    if (at && strcmp(m->items.items[*at].owner, record_account(key)) == 0)
        return m->items.items[*at];
    struct seen_policy seen = look_at(j, m->scratch, key, text);
    if (!at) {
        (void)nodemap_add(&m->at, text->string, (uint32_t)m->items.n);
        VEC_PUSH(m->items, seen);
    }
    return seen;
}

struct policy_memory *policy_memory_new(void)
{
    struct policy_memory *m = mem_alloc(sizeof *m);
    m->scratch = arena_new();
    return m;
}

/* NONE: the key has no policy of the customer's. */
static enum finding_state policy_of(const struct judgement *j, const struct record *key,
                                    struct seen_policy *seen, struct finding *out)
{
    struct value text = record_value(key, ATTR_KEY_POLICY);
    if (text.is != VALUE_KNOWN)
        return FINDING_NONE;
    *seen = seen_policy(j, key, &text);
    if (seen->is_readable)
        return FINDING_OPEN;
    out->reason = "its policy is not one that keyfall can read";
    return FINDING_UNKNOWN;
}

static enum finding_state if_trait(const struct judgement *j, const struct record *key,
                                   enum policy_trait trait, struct finding *out)
{
    struct seen_policy seen;
    enum finding_state state = policy_of(j, key, &seen, out);
    if (state != FINDING_OPEN || !seen.traits.at[trait])
        return state == FINDING_OPEN ? FINDING_NONE : state;
    out->reason = arena_printf(j->arena, "statement %u of %zu", seen.traits.at[trait], seen.n_statements);
    return FINDING_OPEN;
}

#define OF_TRAIT(name, trait)                                                                      \
    RULE_TEST(name)                                                                                \
    {                                                                                              \
        return if_trait(j, r, trait, out);                                                         \
    }

OF_TRAIT(policy_public, TRAIT_PUBLIC)
OF_TRAIT(policy_public_unbound, TRAIT_PUBLIC_UNBOUND)
OF_TRAIT(policy_foreign_admin, TRAIT_FOREIGN_ADMIN)
OF_TRAIT(policy_foreign_grants, TRAIT_FOREIGN_GRANTS)
OF_TRAIT(policy_dead_principal, TRAIT_DEAD_PRINCIPAL)
OF_TRAIT(policy_without_effect, TRAIT_WITHOUT_EFFECT)
OF_TRAIT(policy_denies_services, TRAIT_DENIES_SERVICES)
OF_TRAIT(policy_half_shared, TRAIT_HALF_SHARED)
OF_TRAIT(policy_everybody_of_one, TRAIT_EVERYBODY_OF_ONE)

/* Nobody but AWS Support can repair a key whose policy nobody may change. */
RULE_TEST(policy_unmanaged)
{
    struct seen_policy seen;
    enum finding_state state = policy_of(j, r, &seen, out);
    if (state != FINDING_OPEN || seen.traits.at[TRAIT_ROOT_MANAGES])
        return state == FINDING_OPEN ? FINDING_NONE : state;
    bool is_somebody = seen.traits.at[TRAIT_SOMEBODY_MANAGES];
    out->severity = is_somebody ? SEVERITY_HIGH : SEVERITY_CRITICAL;
    out->reason = is_somebody ? "the account itself may not change it, single principals may"
                              : "nobody of the account may change it";
    return FINDING_OPEN;
}

RULE_TEST(policy_not_principal)
{
    enum finding_state state = if_trait(j, r, TRAIT_ALL_BUT, out);
    if (state == FINDING_OPEN)
        out->severity = SEVERITY_HIGH;
    return state == FINDING_NONE ? if_trait(j, r, TRAIT_NOT_PRINCIPAL, out) : state;
}

/* Only where somebody outside is let in by another statement. */
RULE_TEST(policy_denies_outsiders)
{
    if (record_value(r, ATTR_KEY_EXTERNAL_ACCOUNTS).is != VALUE_KNOWN)
        return FINDING_NONE;
    return if_trait(j, r, TRAIT_DENIES_OUTSIDERS, out);
}

/* Kinds whose backups AWS Backup copies through their own service: EC2, RDS, FSx. */
static bool is_copied_by_its_service(enum kind kind)
{
    static const enum kind kinds[] = {KIND_VOLUME,  KIND_EBS_SNAPSHOT, KIND_DB_INSTANCE,
                                      KIND_DB_CLUSTER, KIND_DB_SNAPSHOT, KIND_DB_CLUSTER_SNAPSHOT};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (kinds[i] == kind)
            return true;
    return false;
}

static bool has_dependent(const struct judgement *j, uint32_t key, bool (*is_one)(enum kind kind))
{
    struct record r;
    enum edge edge;
    for (struct hang h = hang_on(j->generation, key); hang_next(&h, &r, &edge);)
        if (edge == EDGE_ENCRYPTED_UNDER && is_one(r.kind))
            return true;
    return false;
}

RULE_TEST(policy_via_backup_only)
{
    enum finding_state state = if_trait(j, r, TRAIT_VIA_BACKUP_ONLY, out);
    if (state == FINDING_OPEN && !has_dependent(j, r->node, is_copied_by_its_service))
        return FINDING_NONE;
    return state;
}

static bool is_kept_by_a_service(enum kind kind)
{
    return kind != KIND_PARAMETER && kind != KIND_VAULT;
}

RULE_TEST(policy_network_bound)
{
    enum finding_state state = if_trait(j, r, TRAIT_NETWORK_BOUND, out);
    if (state == FINDING_OPEN && !has_dependent(j, r->node, is_kept_by_a_service))
        return FINDING_NONE;
    return state;
}
