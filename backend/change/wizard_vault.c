/* A vault's key cannot be changed: what moves is where backups go. A new vault under the other key, the rules that
 * write to the old one pointed at it, and copies of what is in the old one. Nothing is deleted.
 * https://docs.aws.amazon.com/aws-backup/latest/devguide/create-a-vault.html
 * https://docs.aws.amazon.com/aws-backup/latest/devguide/recov-point-create-a-copy.html */
#include "backend/change/kit.h"
#include "backend/change/plan.h"
#include "backend/change/statements.h"
#include "backend/change/texts.h"
#include "backend/change/vaults.h"
#include "backend/change/wizards.h"

#include <string.h>

#define MOST_COPIES 100

struct move {
    struct place at;
    const char *old_arn, *old_name, *new_arn, *new_name, *key, *role;
};

static struct move read_inputs(struct making *m)
{
    struct move v = {.old_arn = input_text(m, "vault"),
                     .new_name = input_text(m, "new"),
                     .key = input_text(m, "key"),
                     .role = input_text(m, "role")};
    const char *colon = strrchr(v.old_arn, ':');
    v.at = arn_place(m, v.old_arn);
    v.old_name = colon ? colon + 1 : "";
    v.new_arn = arena_printf(m->arena, "%.*s%s", (int)(v.old_name - v.old_arn), v.old_arn, v.new_name);
    return v;
}

static void check_old(struct making *m, const struct move *v, const cJSON *old)
{
    if (fact_is_absent(old))
        refuse(m, "there is no vault %s in account %s, %s", v->old_name, v->at.account, v->at.region);
    if (strcmp(fact_text(old, "VaultType"), "BACKUP_VAULT") != 0)
        refuse(m, "%s is of the type %.60s: only plain vaults can be moved", v->old_name, fact_text(old, "VaultType"));
    if (strcmp(fact_text(old, "EncryptionKeyArn"), v->key) == 0)
        refuse(m, "%s is under this key already", v->old_name);
    if (fact_is_true(old, "Locked"))
        warn(m, "%s is locked and stays so. The new vault is not: keyfall locks nothing. Lock it once all is well.",
             v->old_name);
}

static void check_places(struct making *m, const struct move *v)
{
    struct place key_at = arn_place(m, v->key), role_at = arn_place(m, v->role);
    if (strcmp(key_at.region, v->at.region) != 0)
        refuse(m, "the key is in %s, the vault in %s: a vault is under a key of its own Region", key_at.region,
               v->at.region);
    if (strcmp(role_at.account, v->at.account) != 0)
        refuse(m, "the role is of account %s, the vault of %s", role_at.account, v->at.account);
    kit_check_principal(m, v->role);
    (void)kit_usable_key(m, key_at, v->key);
}

/* ---- the new vault -------------------------------------------------------------------------------------------------- */

/* Statements that name the old vault name the new one. */
static void rename_vault(const struct move *v, cJSON *value, struct arena *arena)
{
    if (cJSON_IsString(value) && strcmp(value->valuestring, v->old_arn) == 0)
        (void)cJSON_SetValuestring(value, arena_strdup(arena, v->new_arn));
    for (cJSON *child = value ? value->child : NULL; child; child = child->next)
        rename_vault(v, child, arena);
}

static void add_policy(struct making *m, const struct move *v)
{
    const cJSON *old = fact_item(see(m, FACT_VAULT_POLICY, v->at, v->old_name), "Policy");
    if (!old)
        return;
    cJSON *policy = policy_copy(old);
    rename_vault(v, policy, m->arena);
    (void)step_put_vault_policy(m, v->at, v->new_name, NULL, policy, "Give it the access policy of the old vault");
    cJSON_Delete(policy);
}

/* ---- the rules ------------------------------------------------------------------------------------------------------- */

/* What the rule wrote to the old vault, it writes to the new one. */
static void turn_rule(const struct move *v, cJSON *rule)
{
    cJSON *target = cJSON_GetObjectItemCaseSensitive(rule, "TargetBackupVaultName"), *copy;
    if (cJSON_IsString(target) && strcmp(target->valuestring, v->old_name) == 0)
        (void)cJSON_SetValuestring(target, v->new_name);
    cJSON_ArrayForEach(copy, cJSON_GetObjectItemCaseSensitive(rule, "CopyActions"))
    {
        cJSON *to = cJSON_GetObjectItemCaseSensitive(copy, "DestinationBackupVaultArn");
        if (cJSON_IsString(to) && strcmp(to->valuestring, v->old_arn) == 0)
            (void)cJSON_SetValuestring(to, v->new_arn);
    }
}

static void add_plan(struct making *m, const struct move *v, const char *id)
{
    cJSON *body = cJSON_Duplicate(fact_item(see(m, FACT_PLAN, v->at, id), "BackupPlan"), true), *rule;
    cJSON_ArrayForEach(rule, cJSON_GetObjectItemCaseSensitive(body, "Rules")) turn_rule(v, rule);
    step_update_plan(m, v->at, id, "Let the plan's rules write to the new vault", body);
}

static void add_plans(struct making *m, const struct move *v)
{
    const cJSON *plan;
    cJSON_ArrayForEach(plan, fact_item(see(m, FACT_PLANS, v->at, "all"), "Ids"))
        if (cJSON_IsString(plan)) /* a plan file may say anything */
            add_plan(m, v, plan->valuestring);
}

/* ---- the copies ------------------------------------------------------------------------------------------------------ */

static struct copy copy_of(const struct move *v, const cJSON *point, int n)
{
    return (struct copy){.n = n,
                         .resource = json_text(point, "ResourceArn"),
                         .point = json_text(point, "RecoveryPointArn"),
                         .from = v->old_name,
                         .to = v->new_arn,
                         .role = v->role,
                         .key = v->key,
                         .lifecycle = cJSON_GetObjectItemCaseSensitive(point, "Lifecycle")};
}

/* All are started before the first is waited for. */
static void add_copies(struct making *m, const struct move *v)
{
    const cJSON *points = fact_item(see(m, FACT_POINTS, v->at, v->old_name), "Points"), *point;
    int n = 0;
    if (cJSON_GetArraySize(points) > MOST_COPIES)
        refuse(m, "%d resources have backups in %s, more than %d copies at once: use copy=none, and let the plan make new "
                  "ones", cJSON_GetArraySize(points), v->old_name, MOST_COPIES);
    cJSON_ArrayForEach(point, points)
    {
        struct copy copy = copy_of(v, point, ++n);
        step_copy(m, v->at, &copy);
        if (!copy.lifecycle)
            warn(m, "The backup of %.200s never expires, and neither will its copy.", copy.resource);
    }
    n = 0;
    cJSON_ArrayForEach(point, points)
    {
        struct copy copy = copy_of(v, point, ++n);
        step_copy_wait(m, v->at, &copy, false);
    }
}

void make_move_vault(struct making *m)
{
    struct move v = read_inputs(m);
    m->phrase = v.old_name;
    check_places(m, &v);
    check_old(m, &v, see(m, FACT_VAULT, v.at, v.old_name));
    const cJSON *taken = see(m, FACT_VAULT, v.at, v.new_name);
    if (taken && !fact_is_absent(taken))
        refuse(m, "there is a vault %s already", v.new_name);
    warn(m, "%s", text_get(TEXT_VAULT_KEY_STAYS));
    warn(m, "%s", text_get(TEXT_NEVER_DELETE));
    warn(m, "The old vault and its backups stay where they are, under their key, until they expire.");
    warn(m, "The key of a vault encrypts backups of S3, EFS, DynamoDB and what else AWS Backup manages in full, and every "
            "copy. The first backup of EBS, RDS and others stays under the key of what is backed up.");
    warn(m, "The first copy and the first backup in the new vault are full, and cost as such.");
    warn(m, "Rules in other accounts and Regions that copy into %s are not changed: make a plan there.", v.old_name);
    step_new_vault(m, v.at, &(struct new_vault){.name = v.new_name,
                                               .title = "Make the new vault",
                                               .key = v.key,
                                               .tags = object_of("keyfall:moved-from", v.old_name, NULL)});
    add_policy(m, &v);
    add_plans(m, &v);
    if (input_is(m, "copy", "newest"))
        add_copies(m, &v);
}
