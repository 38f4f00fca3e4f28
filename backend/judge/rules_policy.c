/* Findings about key policies as texts: what collect/ has told of them when they came. */
#include "backend/judge/rules.h"

#include "backend/policy/traits.h"

#include <stdlib.h>
#include <string.h>

/* Where the text of a policy stands, and what was told of it when it came. */
static const struct text_of {
    enum kind kind;
    enum attr text, traits;
} texts_of[] = {
    {KIND_KEY, ATTR_KEY_POLICY, ATTR_KEY_POLICY_TRAITS},
    {KIND_VAULT, ATTR_VAULT_ACCESS_POLICY, ATTR_VAULT_POLICY_TRAITS},
    {KIND_IAM_POLICY, ATTR_IAM_POLICY_DOCUMENT, ATTR_IAM_POLICY_TRAITS},
};

static void note_trait(struct policy_told *told, const char *item)
{
    const char *colon = strchr(item, ':');
    if (strncmp(item, POLICY_TRAITS_OF, strlen(POLICY_TRAITS_OF)) == 0) {
        told->traits_of = (int)strtol(colon + 1, NULL, 10);
        return;
    }
    enum policy_trait trait = colon ? policy_trait_by_name(item, (size_t)(colon - item)) : TRAIT_COUNT;
    if (trait != TRAIT_COUNT)
        told->at[trait] = colon + 1;
}

/* Kept by a keyfall that did not know the trait, it says nothing of it. */
static enum tri tell(const struct policy_told *told, enum policy_trait trait)
{
    return told->at[trait] ? TRI_YES : told->traits_of < policy_trait_since(trait) ? TRI_UNKNOWN : TRI_NO;
}

/* A dozen rules ask of one policy, one after the other. */
static const struct policy_told *told_of(const struct judgement *j, const struct record *r)
{
    struct policy_told *told = &j->texts->told;
    const struct text_of *of = texts_of;
    if (told->node == r->node)
        return told;
    while (of->kind != r->kind)
        of++;
    struct value traits = record_value(r, of->traits);
    *told = (struct policy_told){.node = r->node, .traits_of = 1, .is_there = record_value(r, of->text).is == VALUE_KNOWN,
                                 .is_readable = traits.is != VALUE_KNOWN || strcmp(traits.text, POLICY_UNREADABLE) != 0};
    for (const char *item = NULL; (item = value_next(&traits, item));)
        note_trait(told, item);
    return told;
}

/* OPEN: there is a policy of the customer's, and it can be read. */
static enum finding_state state_of(const struct policy_told *told, struct finding *out)
{
    if (!told->is_there || told->is_readable)
        return told->is_there ? FINDING_OPEN : FINDING_NONE;
    out->reason = "its policy is not one that keyfall can read";
    return FINDING_UNKNOWN;
}

static enum finding_state if_trait(const struct judgement *j, const struct record *r, enum policy_trait trait,
                                   struct finding *out)
{
    const struct policy_told *told = told_of(j, r);
    enum finding_state state = state_of(told, out);
    enum tri has = tell(told, trait);
    if (state != FINDING_OPEN || has == TRI_NO)
        return state == FINDING_OPEN ? FINDING_NONE : state;
    out->reason = has == TRI_YES ? arena_printf(j->arena, "statement %s of its policy", told->at[trait])
                                 : "an older keyfall read it, which did not look for this";
    return has == TRI_YES ? FINDING_OPEN : FINDING_UNKNOWN;
}

enum tri has_trait(const struct judgement *j, const struct record *r, enum policy_trait trait)
{
    const struct policy_told *told = told_of(j, r);
    return !told->is_there ? TRI_NO : told->is_readable ? tell(told, trait) : TRI_UNKNOWN;
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
OF_TRAIT(vault_open, TRAIT_OPEN_VAULT)
OF_TRAIT(vault_denies_restore, TRAIT_DENIES_RESTORE)

/* Nobody but AWS Support can repair a key whose policy nobody may change. */
RULE_TEST(policy_unmanaged)
{
    const struct policy_told *told = told_of(j, r);
    enum finding_state state = state_of(told, out);
    if (state != FINDING_OPEN || told->at[TRAIT_ROOT_MANAGES])
        return state == FINDING_OPEN ? FINDING_NONE : state;
    bool is_somebody = told->at[TRAIT_SOMEBODY_MANAGES] != NULL;
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

bool has_dependent(const struct judgement *j, uint32_t key, bool (*is_one)(enum kind kind))
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

/* ---- vaults and identities --------------------------------------------------------------------- */

/* Nobody deletes from an air-gapped vault. */
RULE_TEST(vault_points_deletable)
{
    if (value_is(r, ATTR_VAULT_TYPE, "LOGICALLY_AIR_GAPPED_BACKUP_VAULT"))
        return FINDING_NONE;
    if (record_value(r, ATTR_VAULT_ACCESS_POLICY).is != VALUE_KNOWN) {
        out->reason = "it has no access policy";
        return FINDING_OPEN;
    }
    const struct policy_told *told = told_of(j, r);
    enum finding_state state = state_of(told, out);
    return state == FINDING_OPEN && told->at[TRAIT_KEEPS_POINTS] ? FINDING_NONE : state;
}

/* What AWS wrote is not the customer's to change. */
RULE_TEST(identity_decrypts_all)
{
    return value_is(r, ATTR_IAM_POLICY_TYPE, "aws-managed") ? FINDING_NONE
                                                            : if_trait(j, r, TRAIT_DECRYPTS_ALL, out);
}

/* https://docs.aws.amazon.com/kms/latest/developerguide/resource-limits.html: 50 aliases a key */
#define ALIASES_MOST 50

static uint32_t count_aliases(const struct judgement *j, uint32_t key)
{
    struct record r;
    enum edge edge;
    uint32_t n = 0;
    for (struct hang h = hang_on(j->generation, key); hang_next(&h, &r, &edge);)
        n += edge == EDGE_ALIAS_OF;
    return n;
}

/* A policy of the key's account asks for the aliases of keys. */
static enum tri asks_for_aliases(const struct judgement *j, const char *account)
{
    struct record r;
    const struct area *a = area_find(j, account, "");
    for (struct walk w = walk_kind(j->generation, KIND_IAM_POLICY); walk_next(&w, &r);)
        if (strcmp(record_account(&r), account) == 0 && has_trait(j, &r, TRAIT_ASKS_ALIASES) == TRI_YES)
            return TRI_YES;
    return a && truth_is_sure(area_truth(a, LIST_IAM_POLICIES)) ? TRI_NO : TRI_UNKNOWN;
}

/* Keys of a place come one after the other. */
static const struct slice *aliases_beside(const struct judgement *j, const struct record *key)
{
    const struct area *a = area_of_record(j, key);
    if (j->texts->aliases_of != a) {
        j->texts->aliases_of = a;
        j->texts->aliases = area_slice(j, a, LIST_ALIASES);
    }
    return j->texts->aliases;
}

/* The condition then denies everybody. Hardly any place has so many aliases. */
RULE_TEST(key_aliases_too_many)
{
    const struct slice *aliases = aliases_beside(j, r);
    if (!truth_is_sure(slice_truth(aliases))) {
        out->reason = "its aliases were not read";
        return FINDING_UNKNOWN;
    }
    uint32_t n = slice_rows(aliases) > ALIASES_MOST ? count_aliases(j, r->node) : 0;
    enum tri asks = n > ALIASES_MOST ? asks_for_aliases(j, record_account(r)) : TRI_NO;
    if (asks == TRI_NO)
        return FINDING_NONE;
    out->reason = asks == TRI_YES ? arena_printf(j->arena, "%u aliases", n)
                                  : "it has more than 50 aliases, and its account's IAM policies were not read";
    return asks == TRI_YES ? FINDING_OPEN : FINDING_UNKNOWN;
}
