#include "backend/policy/traits.h"

#include "backend/policy/condition.h"
#include "backend/policy/pattern.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define ACCOUNT_DIGITS 12

struct looking {
    const struct policy *policy;
    const char *owner, *key_arn;
};

static const char *const use_actions[] = {
    "kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey", "kms:GenerateDataKeyWithoutPlaintext",
    "kms:ReEncryptFrom", "kms:ReEncryptTo", "kms:CreateGrant", NULL,
};
static const char *const manage_actions[] = {
    "kms:PutKeyPolicy", "kms:ScheduleKeyDeletion", "kms:DisableKey", "kms:EnableKey",
    "kms:CreateAlias", "kms:TagResource", NULL,
};

/* ---- what a statement says ------------------------------------------------------------------------------ */

static bool covers(const struct policy_statement *s, const char *action)
{
    bool is_listed = false;
    for (size_t i = 0; i < s->actions.n && !is_listed; i++)
        is_listed = pattern_matches_action(s->actions.items[i], action);
    return s->has_action && is_listed != s->is_not_action;
}

static bool covers_any(const struct policy_statement *s, const char *const *actions)
{
    for (; *actions; actions++)
        if (covers(s, *actions))
            return true;
    return false;
}

static bool allows_any(const struct policy_statement *s, const char *const *actions)
{
    return s->effect == POLICY_ALLOW && covers_any(s, actions);
}

static bool is_for_everybody(const struct policy_statement *s)
{
    for (size_t i = 0; i < s->n_principals && !s->is_not_principal; i++)
        if (s->principals[i].type == PRINCIPAL_EVERYBODY)
            return true;
    return false;
}

static const struct policy_condition *condition_on(const struct policy_statement *s, const char *key)
{
    for (size_t i = 0; i < s->n_conditions; i++)
        if (strcasecmp(s->conditions[i].key, key) == 0)
            return &s->conditions[i];
    return NULL;
}

static bool has_condition_on(const struct policy_statement *s, const char *const *keys)
{
    for (; *keys; keys++)
        if (condition_on(s, *keys))
            return true;
    return false;
}

/* The account of a principal's ARN or id; NULL: it names none. */
static const char *account_in(const char *principal)
{
    const char *id = strncmp(principal, "arn:", 4) == 0 ? strstr(principal, "::") : NULL;
    id = id ? id + 2 : principal;
    size_t digits = strspn(id, "0123456789");
    return digits == ACCOUNT_DIGITS && (id[digits] == '\0' || id[digits] == ':') ? id : NULL;
}

/* ---- conditions that say whose caller it must be ------------------------------------------------------------ */

static const char *const caller_keys[] = {
    "kms:CallerAccount",   "aws:PrincipalAccount", "aws:PrincipalOrgID", "aws:PrincipalOrgPaths",
    "aws:PrincipalArn",    "aws:SourceAccount",    "aws:SourceArn",      "aws:SourceOrgID",
    "aws:userid",          NULL,
};

/* Wildcards are fine behind the account of an ARN, and nowhere else. */
static bool is_fixed(const char *value)
{
    if (strstr(value, "${"))
        return false;
    if (strncmp(value, "arn:", 4) == 0 || strncmp(value, "o-", 2) == 0)
        return account_in(value) || (value[0] == 'o' && value[2] != '*' && value[2] != '?');
    return !strpbrk(value, "*?");
}

static bool binds_caller(const struct policy_condition *c)
{
    bool is_caller = false;
    for (size_t i = 0; caller_keys[i] && !is_caller; i++)
        is_caller = strcasecmp(caller_keys[i], c->key) == 0;
    if (!is_caller || !c->operator || c->if_exists || c->quantifier == QUANTIFIER_ALL ||
        condition_is_negated(c) || !condition_compares(c))
        return false;
    for (size_t i = 0; i < c->values.n; i++)
        if (!is_fixed(c->values.items[i]))
            return false;
    return c->values.n > 0;
}

static bool is_bound(const struct policy_statement *s)
{
    for (size_t i = 0; i < s->n_conditions; i++)
        if (binds_caller(&s->conditions[i]))
            return true;
    return false;
}

/* Everybody of one account, if a condition says so; else NULL. */
static const char *only_account(const struct policy_statement *s)
{
    static const char *const keys[] = {"kms:CallerAccount", "aws:PrincipalAccount"};
    for (size_t k = 0; k < 2; k++) {
        const struct policy_condition *c = condition_on(s, keys[k]);
        if (c && binds_caller(c) && c->values.n == 1)
            return c->values.items[0];
    }
    return NULL;
}

/* Does it name a principal of another account? */
static bool is_for_foreigners(const struct looking *l, const struct policy_statement *s)
{
    const char *only = is_for_everybody(s) ? only_account(s) : NULL;
    if (only)
        return strcmp(only, l->owner) != 0;
    for (size_t i = 0; i < s->n_principals && !s->is_not_principal; i++) {
        const char *account = s->principals[i].type == PRINCIPAL_AWS
                                  ? account_in(s->principals[i].value) : NULL;
        if (account && strncmp(account, l->owner, ACCOUNT_DIGITS) != 0)
            return true;
    }
    return false;
}

/* ---- the tests, one a trait ------------------------------------------------------------------------------ */

static bool is_public(const struct looking *l, const struct policy_statement *s)
{
    (void)l;
    return is_for_everybody(s) && allows_any(s, use_actions) && s->n_conditions == 0;
}

static bool is_public_unbound(const struct looking *l, const struct policy_statement *s)
{
    (void)l;
    return is_for_everybody(s) && allows_any(s, use_actions) && s->n_conditions > 0 && !is_bound(s);
}

static bool is_foreign_admin(const struct looking *l, const struct policy_statement *s)
{
    return is_for_foreigners(l, s) && allows_any(s, manage_actions);
}

static bool is_grant_narrowed(const struct policy_statement *s)
{
    const struct policy_condition *service = condition_on(s, "kms:GrantIsForAWSResource");
    if (service && !service->if_exists && service->values.n == 1 &&
        strcasecmp(service->values.items[0], "true") == 0)
        return true;
    return condition_on(s, "kms:GrantOperations") && condition_on(s, "kms:GranteePrincipal");
}

static bool is_foreign_grants(const struct looking *l, const struct policy_statement *s)
{
    return is_for_foreigners(l, s) && s->effect == POLICY_ALLOW && covers(s, "kms:CreateGrant") &&
           !is_grant_narrowed(s);
}

static bool is_half_shared(const struct looking *l, const struct policy_statement *s)
{
    if (s->effect != POLICY_ALLOW || !is_for_foreigners(l, s) || !covers(s, "kms:Decrypt"))
        return false;
    for (size_t i = 0; i < l->policy->n; i++) {
        const struct policy_statement *other = &l->policy->statements[i];
        if (other->effect == POLICY_ALLOW && is_for_foreigners(l, other) &&
            covers(other, "kms:ReEncryptFrom"))
            return false;
    }
    return true;
}

static bool is_everybody_of_one(const struct looking *l, const struct policy_statement *s)
{
    (void)l;
    return s->effect == POLICY_ALLOW && is_for_everybody(s) && only_account(s);
}

/* https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids */
static bool is_dead_principal(const struct looking *l, const struct policy_statement *s)
{
    static const char *const prefixes[] = {"AROA", "AIDA", "AGPA"};
    (void)l;
    for (size_t i = 0; i < s->n_principals; i++)
        for (size_t p = 0; p < 3; p++)
            if (s->principals[i].type == PRINCIPAL_AWS &&
                strncmp(s->principals[i].value, prefixes[p], 4) == 0)
                return true;
    return false;
}

static bool names(const char *resource, const char *arn)
{
    struct arena *scratch = arena_new();
    struct pattern p = pattern_of(scratch, resource, false, true, NULL);
    bool is = pattern_matches(p.text, arn);
    arena_free(scratch);
    return is;
}

static bool names_the_key(const struct looking *l, const char *resource)
{
    return names(resource, l->key_arn);
}

static bool is_without_effect(const struct looking *l, const struct policy_statement *s)
{
    if (!s->has_action || !s->has_resource)
        return true;
    if (s->is_not_resource)
        return false;
    for (size_t i = 0; i < s->resources.n; i++)
        if (strcmp(s->resources.items[i], "*") == 0 || names_the_key(l, s->resources.items[i]))
            return false;
    return true;
}

static bool is_not_principal(const struct looking *l, const struct policy_statement *s)
{
    (void)l;
    return s->is_not_principal && s->effect == POLICY_DENY;
}

static bool is_all_but(const struct looking *l, const struct policy_statement *s)
{
    (void)l;
    return s->is_not_principal && s->effect == POLICY_ALLOW;
}

/* Services that work with the key for somebody are hit although every user is excepted:
 * https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Overview.Encryption.Keys.html */
static bool is_denying_services(const struct looking *l, const struct policy_statement *s)
{
    (void)l;
    if (s->effect != POLICY_DENY || !is_for_everybody(s) || !covers_any(s, use_actions))
        return false;
    for (size_t i = 0; i < s->n_conditions; i++) {
        const char *key = s->conditions[i].key;
        bool is_user = strcasecmp(key, "aws:PrincipalArn") == 0 || strcasecmp(key, "aws:userid") == 0 ||
                       strcasecmp(key, "aws:username") == 0;
        if (!is_user || !condition_is_negated(&s->conditions[i]))
            return false;
    }
    return true;
}

static bool is_denying_outsiders(const struct looking *l, const struct policy_statement *s)
{
    static const char *const keys[] = {"aws:PrincipalOrgID", "aws:PrincipalOrgPaths", "aws:SourceVpc",
                                       "aws:SourceVpce", "aws:SourceIp"};
    static const char *const spare[] = {"kms:CallerAccount", "aws:PrincipalAccount", "aws:PrincipalArn",
                                        NULL};
    (void)l;
    if (s->effect != POLICY_DENY || !is_for_everybody(s) || !covers_any(s, use_actions) ||
        has_condition_on(s, spare))
        return false;
    for (size_t k = 0; k < sizeof keys / sizeof *keys; k++) {
        const struct policy_condition *c = condition_on(s, keys[k]);
        if (c && condition_is_negated(c))
            return true;
    }
    return false;
}

static bool is_via_backup_only(const struct looking *l, const struct policy_statement *s)
{
    const struct policy_condition *c = condition_on(s, "kms:ViaService");
    (void)l;
    if (s->effect != POLICY_ALLOW || !c || condition_is_negated(c) || !covers_any(s, use_actions))
        return false;
    for (size_t i = 0; i < c->values.n; i++)
        if (strncmp(c->values.items[i], "backup.", 7) != 0)
            return false;
    return c->values.n > 0;
}

static bool is_network_bound(const struct looking *l, const struct policy_statement *s)
{
    static const char *const networks[] = {"aws:SourceIp", "aws:SourceVpc", "aws:SourceVpce",
                                           "aws:VpcSourceIp", NULL};
    static const char *const spare[] = {"aws:ViaAWSService", "kms:ViaService", "aws:PrincipalIsAWSService",
                                        "kms:GrantIsForAWSResource", NULL};
    (void)l;
    return covers_any(s, use_actions) && has_condition_on(s, networks) && !has_condition_on(s, spare);
}

static bool lets_manage(const struct policy_statement *s)
{
    return s->effect == POLICY_ALLOW && s->has_resource && covers(s, "kms:PutKeyPolicy");
}

static bool is_of_owner(const struct looking *l, const struct policy_principal *p)
{
    const char *account = p->type == PRINCIPAL_AWS ? account_in(p->value) : NULL;
    return account && strncmp(account, l->owner, ACCOUNT_DIGITS) == 0;
}

static bool is_root(const char *principal)
{
    size_t len = strlen(principal);
    return len == ACCOUNT_DIGITS || (len > 5 && strcmp(principal + len - 5, ":root") == 0);
}

static bool root_manages(const struct looking *l, const struct policy_statement *s)
{
    for (size_t i = 0; i < s->n_principals && !s->is_not_principal; i++)
        if (lets_manage(s) && s->n_conditions == 0 &&
            (s->principals[i].type == PRINCIPAL_EVERYBODY ||
             (is_of_owner(l, &s->principals[i]) && is_root(s->principals[i].value))))
            return true;
    return false;
}

static bool somebody_manages(const struct looking *l, const struct policy_statement *s)
{
    for (size_t i = 0; i < s->n_principals && !s->is_not_principal; i++)
        if (lets_manage(s) &&
            (s->principals[i].type == PRINCIPAL_EVERYBODY || is_of_owner(l, &s->principals[i])))
            return true;
    return false;
}

/* ---- guarding the key -------------------------------------------------------------------------------------- */

/* Whom a Deny spares: some principals, or who has proved to be present. */
static const char *const sparing_keys[] = {
    "aws:PrincipalArn", "aws:userid",  "aws:username", "aws:PrincipalAccount", "aws:PrincipalOrgID",
    "aws:PrincipalTag", "kms:CallerAccount", NULL,
};

static bool is_sparing(const struct policy_condition *c)
{
    if (!strncasecmp(c->key, "aws:MultiFactorAuth", 19))
        return true;
    for (size_t i = 0; sparing_keys[i]; i++)
        if (strncasecmp(sparing_keys[i], c->key, strlen(sparing_keys[i])) == 0)
            return condition_is_negated(c);
    return false;
}

/* Shorter windows than the longest are denied.
 * https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html */
static bool is_window(const struct policy_condition *c)
{
    if (strcasecmp(c->key, "kms:ScheduleKeyDeletionPendingWindowInDays") != 0 || c->values.n == 0 ||
        strncasecmp(c->written, "NumericLessThan", 15) != 0)
        return false;
    for (size_t i = 0; i < c->values.n; i++)
        if (atoi(c->values.items[i]) < (strcasecmp(c->written, "NumericLessThan") == 0 ? 30 : 29))
            return false;
    return true;
}

static bool reaches_all_but_the_spared(const struct policy_statement *s)
{
    for (size_t i = 0; i < s->n_conditions; i++)
        if (!is_sparing(&s->conditions[i]) && !is_window(&s->conditions[i]))
            return false;
    return true;
}

static bool is_denying_deletion(const struct policy_statement *s)
{
    return s->effect == POLICY_DENY && covers(s, "kms:ScheduleKeyDeletion") && reaches_all_but_the_spared(s);
}

static bool is_guarding_deletion(const struct looking *l, const struct policy_statement *s)
{
    (void)l;
    return is_denying_deletion(s) && (is_for_everybody(s) || s->is_not_principal);
}

static bool is_for_every_resource(const struct policy_statement *s)
{
    for (size_t i = 0; i < s->resources.n && !s->is_not_resource; i++)
        if (strcmp(s->resources.items[i], "*") == 0)
            return true;
    return false;
}

bool policy_guards_deletion(const struct policy *policy)
{
    for (size_t i = 0; i < policy->n; i++)
        if (is_denying_deletion(&policy->statements[i]) && is_for_every_resource(&policy->statements[i]))
            return true;
    return false;
}

static bool is_denying(const struct policy_statement *s, const char *action, const char *arn)
{
    bool is_listed = false;
    for (size_t i = 0; i < s->resources.n && !is_listed; i++)
        is_listed = names(s->resources.items[i], arn);
    return s->effect == POLICY_DENY && covers(s, action) && is_listed != s->is_not_resource &&
           reaches_all_but_the_spared(s);
}

bool policy_guards_parameter(const struct policy *policy, const char *arn)
{
    static const char *const actions[] = {"ssm:DeleteParameter", "ssm:DeleteParameters", "ssm:PutParameter"};
    for (size_t a = 0; a < sizeof actions / sizeof *actions; a++) {
        bool is_denied = false;
        for (size_t i = 0; i < policy->n && !is_denied; i++)
            is_denied = is_denying(&policy->statements[i], actions[a], arn);
        if (!is_denied)
            return false;
    }
    return true;
}

static bool policy_allows_any(const struct policy *policy, const char *const *actions)
{
    for (size_t i = 0; i < policy->n; i++)
        if (allows_any(&policy->statements[i], actions))
            return true;
    return false;
}

bool policy_allows_copies(const struct policy *policy)
{
    static const char *const actions[] = {"ec2:CopySnapshot", "ec2:CopyImage", "rds:CopyDBSnapshot",
                                          "rds:CopyDBClusterSnapshot", "fsx:CopyBackup", NULL};
    return policy_allows_any(policy, actions);
}

bool policy_allows_copy_jobs(const struct policy *policy)
{
    static const char *const actions[] = {"backup:StartCopyJob", NULL};
    return policy_allows_any(policy, actions);
}

/* ---- vaults ------------------------------------------------------------------------------------------------ */

static bool is_open_vault(const struct looking *l, const struct policy_statement *s)
{
    (void)l;
    return s->effect == POLICY_ALLOW && is_for_everybody(s) && covers(s, "backup:CopyIntoBackupVault") &&
           !is_bound(s);
}

static bool denies_everybody(const struct policy_statement *s, const char *action)
{
    return s->effect == POLICY_DENY && is_for_everybody(s) && covers(s, action) && reaches_all_but_the_spared(s);
}

/* What AWS Backup Audit Manager asks for:
 * https://docs.aws.amazon.com/aws-backup/latest/devguide/controls-and-remediation.html */
static bool is_keeping_points(const struct looking *l, const struct policy_statement *s)
{
    static const char *const actions[] = {"backup:DeleteRecoveryPoint", "backup:UpdateRecoveryPointLifecycle",
                                          "backup:PutBackupVaultAccessPolicy"};
    if (!denies_everybody(s, actions[0]))
        return false;
    for (size_t a = 1; a < sizeof actions / sizeof *actions; a++) {
        bool is_denied = false;
        for (size_t i = 0; i < l->policy->n; i++)
            is_denied |= denies_everybody(&l->policy->statements[i], actions[a]);
        if (!is_denied)
            return false;
    }
    return true;
}

static bool is_denying_restore(const struct looking *l, const struct policy_statement *s)
{
    static const char *const actions[] = {"backup:StartRestoreJob", "backup:StartCopyJob",
                                          "backup:DescribeRecoveryPoint", NULL};
    (void)l;
    return s->effect == POLICY_DENY && is_for_everybody(s) && s->n_conditions == 0 && covers_any(s, actions);
}

/* ---- identities -------------------------------------------------------------------------------------------- */

/* All keys of an account or Region, or more:
 * https://docs.aws.amazon.com/securityhub/latest/userguide/kms-controls.html */
static bool is_every_key(const char *resource)
{
    size_t len = strlen(resource);
    const char *kms = strstr(resource, ":kms:");
    return strcmp(resource, "*") == 0 || (kms && resource[len - 1] == '*' && (!strchr(kms, '/') ||
                                                                           strcmp(strchr(kms, '/'), "/*") == 0));
}

static bool is_for_every_key(const struct policy_statement *s)
{
    for (size_t i = 0; i < s->resources.n && !s->is_not_resource; i++)
        if (is_every_key(s->resources.items[i]))
            return true;
    return s->is_not_resource;
}

/* Security Hub does not look at conditions either. */
static bool is_decrypting_all(const struct looking *l, const struct policy_statement *s)
{
    (void)l;
    return s->effect == POLICY_ALLOW && is_for_every_key(s) &&
           (covers(s, "kms:Decrypt") || covers(s, "kms:ReEncryptFrom"));
}

static bool is_asking_aliases(const struct looking *l, const struct policy_statement *s)
{
    (void)l;
    return condition_on(s, "kms:ResourceAliases") != NULL;
}

bool policy_statement_ends_keys(const struct policy_statement *s)
{
    static const char *const actions[] = {"kms:ScheduleKeyDeletion", "kms:DisableKey", "kms:PutKeyPolicy",
                                          "kms:DeleteImportedKeyMaterial", NULL};
    return allows_any(s, actions);
}

static bool is_ending_keys(const struct looking *l, const struct policy_statement *s)
{
    (void)l;
    return policy_statement_ends_keys(s);
}

static bool is_naming_enders(const struct looking *l, const struct policy_statement *s)
{
    bool is_named = false;
    for (size_t i = 0; i < s->n_principals && !is_named; i++)
        is_named = is_of_owner(l, &s->principals[i]) && !is_root(s->principals[i].value);
    return is_named && policy_statement_ends_keys(s);
}

static const struct {
    const char *name;
    bool (*test)(const struct looking *l, const struct policy_statement *s);
    enum policy_of of;
    int since; /* see POLICY_TRAITS_OF */
} traits[TRAIT_COUNT] = {
    [TRAIT_PUBLIC] = {"public", is_public, POLICY_OF_KEY, 1},
    [TRAIT_PUBLIC_UNBOUND] = {"public-unbound", is_public_unbound, POLICY_OF_KEY, 1},
    [TRAIT_FOREIGN_ADMIN] = {"foreign-admin", is_foreign_admin, POLICY_OF_KEY, 1},
    [TRAIT_FOREIGN_GRANTS] = {"foreign-grants", is_foreign_grants, POLICY_OF_KEY, 1},
    [TRAIT_HALF_SHARED] = {"half-shared", is_half_shared, POLICY_OF_KEY, 1},
    [TRAIT_EVERYBODY_OF_ONE] = {"everybody-of-one", is_everybody_of_one, POLICY_OF_KEY, 1},
    [TRAIT_DEAD_PRINCIPAL] = {"dead-principal", is_dead_principal, POLICY_OF_KEY, 1},
    [TRAIT_WITHOUT_EFFECT] = {"without-effect", is_without_effect, POLICY_OF_KEY, 1},
    [TRAIT_NOT_PRINCIPAL] = {"not-principal", is_not_principal, POLICY_OF_KEY, 1},
    [TRAIT_ALL_BUT] = {"all-but", is_all_but, POLICY_OF_KEY, 1},
    [TRAIT_DENIES_SERVICES] = {"denies-services", is_denying_services, POLICY_OF_KEY, 1},
    [TRAIT_DENIES_OUTSIDERS] = {"denies-outsiders", is_denying_outsiders, POLICY_OF_KEY, 1},
    [TRAIT_VIA_BACKUP_ONLY] = {"via-backup-only", is_via_backup_only, POLICY_OF_KEY, 1},
    [TRAIT_NETWORK_BOUND] = {"network-bound", is_network_bound, POLICY_OF_KEY, 1},
    [TRAIT_ROOT_MANAGES] = {"root-manages", root_manages, POLICY_OF_KEY, 1},
    [TRAIT_SOMEBODY_MANAGES] = {"somebody-manages", somebody_manages, POLICY_OF_KEY, 1},
    [TRAIT_GUARDS_DELETION] = {"guards-deletion", is_guarding_deletion, POLICY_OF_KEY, 1},
    [TRAIT_NAMES_ENDERS] = {"names-enders", is_naming_enders, POLICY_OF_KEY, 2},
    [TRAIT_OPEN_VAULT] = {"open", is_open_vault, POLICY_OF_VAULT, 1},
    [TRAIT_KEEPS_POINTS] = {"keeps-points", is_keeping_points, POLICY_OF_VAULT, 1},
    [TRAIT_DENIES_RESTORE] = {"denies-restore", is_denying_restore, POLICY_OF_VAULT, 1},
    [TRAIT_DECRYPTS_ALL] = {"decrypts-all", is_decrypting_all, POLICY_OF_IDENTITY, 1},
    [TRAIT_ASKS_ALIASES] = {"asks-aliases", is_asking_aliases, POLICY_OF_IDENTITY, 1},
    [TRAIT_ENDS_KEYS] = {"ends-keys", is_ending_keys, POLICY_OF_IDENTITY, 2},
};

enum policy_trait policy_trait_by_name(const char *name, size_t len)
{
    int t = 0;
    while (t < TRAIT_COUNT && (strncmp(traits[t].name, name, len) != 0 || traits[t].name[len] != '\0'))
        t++;
    return (enum policy_trait)t;
}

int policy_trait_since(enum policy_trait trait)
{
    return traits[trait].since;
}

void policy_traits(enum policy_of of, const struct policy *policy, const char *owner, const char *arn,
                   struct policy_traits *out)
{
    struct looking l = {policy, owner, arn};
    memset(out, 0, sizeof *out);
    for (size_t t = 0; t < TRAIT_COUNT; t++)
        for (size_t i = 0; traits[t].of == of && i < policy->n && i < UINT16_MAX && !out->at[t]; i++)
            if (traits[t].test(&l, &policy->statements[i]))
                out->at[t] = (uint16_t)(i + 1);
}

void policy_traits_say(enum policy_of of, const char *text, size_t len, const char *owner, const char *arn,
                       struct buf *out)
{
    struct arena *arena = arena_new();
    const struct policy *policy;
    struct policy_traits found = {.at = {0}};
    bool is_readable = policy_parse(arena, text, len, &policy, NULL) == ERR_OK;
    if (is_readable)
        policy_traits(of, policy, owner, arn, &found);
    for (size_t t = 0; t < TRAIT_COUNT; t++)
        if (found.at[t]) {
            buf_printf(out, "%s:%u", traits[t].name, found.at[t]);
            buf_addc(out, '\0');
        }
    buf_printf(out, is_readable ? POLICY_TRAITS_OF "%d" : POLICY_UNREADABLE, POLICY_TRAITS_NOW);
    buf_addc(out, '\0');
    arena_free(arena);
}
