/* The smaller remedies that findings name: a plan of one call each. */
#include "backend/change/kit.h"
#include "backend/change/statements.h"
#include "backend/change/texts.h"
#include "backend/change/wizards.h"

#include <string.h>

/* ---- rotation -------------------------------------------------------------------------------------------------------- */

/* https://docs.aws.amazon.com/kms/latest/developerguide/rotate-keys.html */
void make_rotation(struct making *m)
{
    const char *arn = input_text(m, "key");
    struct place at = arn_place(m, arn);
    const cJSON *key = kit_usable_key(m, at, arn), *rotation = see(m, FACT_ROTATION, at, arn);
    m->phrase = kit_key_name(m, at, arn);
    if (strcmp(fact_text(key, "Origin"), "AWS_KMS") != 0)
        refuse(m, "AWS rotates only keys whose material it made itself: this one's origin is %.40s", fact_text(key, "Origin"));
    if (fact_is_true(rotation, "KeyRotationEnabled"))
        refuse(m, "it is rotated already");
    if (kit_days(m, "days") == 0)
        refuse(m, "every how many days is it to be rotated?");
    if (fact_is_true(key, "MultiRegion"))
        warn(m, "Of a multi-Region set the primary alone is rotated, and the others with it.");
    warn(m, "Rotation keeps the ARN and the old material: nothing has to be changed anywhere, and nothing is encrypted anew.");
    kit_rotate(m, at, arn, m->phrase, kit_days(m, "days"));
}

/* ---- a statement that a key's policy lacks ----------------------------------------------------------------------------- */

/* An account stands for itself, a role or user by its ARN. The caller's. */
static cJSON *principals_of(struct making *m, struct place at, const cJSON *grantees)
{
    cJSON *out = cJSON_CreateArray();
    const cJSON *g;
    cJSON_ArrayForEach(g, grantees)
    {
        const char *who = strncmp(g->valuestring, "arn:", 4) == 0 ? g->valuestring : root_of(m, at.region, g->valuestring);
        cJSON_AddItemToArray(out, cJSON_CreateString(who));
    }
    return out;
}

static void warn_of_grantees(struct making *m, struct place at, const cJSON *grantees)
{
    const cJSON *g;
    bool is_foreign = false, is_account = false;
    cJSON_ArrayForEach(g, grantees)
    {
        bool is_arn = strncmp(g->valuestring, "arn:", 4) == 0;
        const char *account = is_arn ? arn_place(m, g->valuestring).account : g->valuestring;
        bool is_other = strcmp(account, at.account) != 0;
        is_foreign |= is_other;
        is_account |= !is_arn && is_other;
        if (is_arn)
            kit_check_principal(m, g->valuestring);
    }
    if (is_account)
        warn(m, "%s", text_get(TEXT_ROOT_TRUSTS_ALL));
    if (is_foreign)
        warn(m, "The key's policy is half of it: IAM in the other account must allow it too. %s", text_get(TEXT_UNPROVEN));
}

static void put_right(struct making *m, const char *arn, cJSON *policy, const char *right, const cJSON *principals)
{
    const char *const *needed = use_of_keys;
    if (strcmp(right, "account") == 0) {
        policy_put(policy, statement_root(m, arn_place(m, arn)));
    } else if (strcmp(right, "administer") == 0) {
        policy_put(policy, statement_admins(principals));
        needed = care_of_keys;
    } else {
        policy_put(policy, statement_use("Allow use of the key", principals));
    }
    if (strcmp(right, "use-and-grants") == 0) {
        policy_put(policy, statement_grants("Allow attachment of persistent resources", principals));
        needed = use_and_grants_of_keys;
    }
    policy_check_denials(m, arn, policy, principals, needed, false);
}

/* What was read of a key's policy; nobody edits that of AWS's own. */
static const cJSON *policy_of(struct making *m, struct place at, const char *arn)
{
    const cJSON *key = see(m, FACT_KEY, at, arn);
    if (strcmp(fact_text(key, "KeyManager"), "AWS") == 0)
        refuse(m, "%s", text_get(TEXT_AWS_MANAGED));
    const char *state = fact_text(key, "KeyState");
    if (state[0] && strcmp(state, "Enabled") != 0)
        warn(m, "The key is in the state %s: a policy does not end that, and nobody can use the key until something does (the "
                "wizard rescue, if it is Disabled or PendingDeletion).", state);
    m->phrase = kit_key_name(m, at, arn);
    return fact_item(see(m, FACT_POLICY, at, arn), "Policy");
}

/* Takes the policy. */
static void put_if_other(struct making *m, struct place at, const char *arn, const cJSON *was, cJSON *policy,
                         const char *title)
{
    if (was && json_same(was, policy))
        refuse(m, "the key's policy says so already");
    else if (was)
        step_put_key_policy(m, at, arn, m->phrase, was, policy, title);
    cJSON_Delete(policy);
}

void make_key_statement(struct making *m)
{
    const char *arn = input_text(m, "key");
    struct place at = arn_place(m, arn);
    const cJSON *was = policy_of(m, at, arn), *grantees = input_list(m, "who");
    cJSON *policy = policy_copy(was), *principals = principals_of(m, at, grantees);
    bool is_account = input_is(m, "right", "account");
    if (!is_account && !grantees->child)
        refuse(m, "who is to get the right? Give who, or right=account");
    if (is_account && grantees->child)
        refuse(m, "right=account is for the key's own account: leave who out");
    warn_of_grantees(m, at, grantees);
    put_right(m, arn, policy, input_text(m, "right"), principals);
    put_if_other(m, at, arn, was, policy, "Add what the key's policy lacks");
    cJSON_Delete(principals);
}

/* ---- what keeps a key from being ended ---------------------------------------------------------------------------------- */

void make_prevent_deletion(struct making *m)
{
    const char *arn = input_text(m, "key"), *break_glass = input_text(m, "break_glass");
    struct place at = arn_place(m, arn);
    const cJSON *was = policy_of(m, at, arn);
    cJSON *policy = policy_copy(was);
    if (break_glass[0])
        kit_check_break_glass(m, at, break_glass);
    else
        warn(m, "Nobody will be able to disable or delete the key until the statement is taken out again.");
    warn(m, "It stops accidents, not malice: who may put the key's policy can take it out. It touches management alone, so "
            "it stops no service.");
    warn(m, "%s", text_get(TEXT_LOCK_IS_NO_GUARD));
    policy_put(policy, statement_deny_deletion(break_glass));
    cJSON *glass = break_glass[0] ? array_of(break_glass, NULL) : cJSON_CreateArray();
    policy_check_denials(m, arn, policy, glass, end_of_keys, false);
    cJSON_Delete(glass);
    put_if_other(m, at, arn, was, policy, "Deny the key's end");
}

/* ---- a vault that takes copies --------------------------------------------------------------------------------------------- */

void make_vault_access(struct making *m)
{
    const char *arn = input_text(m, "vault"), *name = strrchr(arn, ':') + 1;
    struct place at = arn_place(m, arn);
    const cJSON *vault = see(m, FACT_VAULT, at, name), *read = see(m, FACT_VAULT_POLICY, at, name), *account;
    const cJSON *was = fact_item(read, "Policy");
    cJSON *policy = policy_copy(was), *roots = roots_of(m, at.region, input_list(m, "accounts"));
    m->phrase = name;
    if (fact_is_absent(vault))
        refuse(m, "there is no vault %s in account %s, %s", name, at.account, at.region);
    if (strcmp(name, "Default") == 0)
        refuse(m, "the default vault's key cannot be shared: AWS Backup copies nothing into it from another account");
    cJSON_ArrayForEach(account, input_list(m, "accounts")) kit_check_account(m, at.account, account->valuestring, true);
    warn(m, "%s", text_get(TEXT_ROOT_TRUSTS_ALL));
    policy_put(policy, statement_copy_into("Allow copies into the vault", roots));
    policy_check_denials(m, arn, policy, roots, copies_into_vaults, false);
    if (was && json_same(was, policy))
        refuse(m, "the vault's access policy says so already");
    step_put_vault_policy(m, at, name, was, policy, "Let the accounts copy into the vault");
    cJSON_Delete(roots);
    cJSON_Delete(policy);
}
