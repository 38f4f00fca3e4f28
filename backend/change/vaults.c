#include "backend/change/vaults.h"

#include "backend/change/plan.h"

#define COPY_WITHIN_S (24 * 3600) /* first copies are full */

void step_new_vault(struct making *m, struct place at, const struct new_vault *vault)
{
    const char *nonce = input_text(m, "nonce");
    cJSON *step = step_call(m, OP_BACKUP_CREATE_BACKUP_VAULT, at, vault->name, vault->title);
    step_param(step, "backupVaultName", vault->name);
    step_param(step, "EncryptionKeyArn", vault->key);
    step_param(step, "CreatorRequestId", nonce);
    if (vault->tags)
        step_param_json(step, "BackupVaultTags", vault->tags);
    step_before(step, FACT_VAULT, at, vault->name, NULL);
    step_after(step, FACT_VAULT, at, vault->name,
               object_of("EncryptionKeyArn", vault->key, "CreatorRequestId", nonce, NULL));
    step_undo_by_hand(step, arena_printf(m->arena, "keyfall deletes no vault: while it is empty, aws backup "
                                                   "delete-backup-vault --region %s --backup-vault-name %s does", at.region,
                                         vault->name));
}

static cJSON *is_object(const char *member, const cJSON *value)
{
    cJSON *is = cJSON_CreateObject();
    cJSON_AddItemToObject(is, member, cJSON_Duplicate(value, true));
    return is;
}

static cJSON *plan_params(const char *id, const cJSON *body)
{
    cJSON *params = object_of("backupPlanId", id, NULL);
    cJSON_AddItemToObject(params, "BackupPlan", cJSON_Duplicate(body, true));
    return params;
}

void step_update_plan(struct making *m, struct place at, const char *id, const char *title, cJSON *body)
{
    const cJSON *was = fact_item(see(m, FACT_PLAN, at, id), "BackupPlan");
    if (was && body && !json_same(was, body)) {
        const char *name = json_text(body, "BackupPlanName");
        cJSON *step = step_call(m, OP_BACKUP_UPDATE_BACKUP_PLAN, at, name[0] ? name : id, title);
        step_param(step, "backupPlanId", id);
        step_param_json(step, "BackupPlan", cJSON_Duplicate(body, true));
        step_before(step, FACT_PLAN, at, id, is_object("BackupPlan", was));
        step_after(step, FACT_PLAN, at, id, is_object("BackupPlan", body));
        step_undo(step, "backup:UpdateBackupPlan", plan_params(id, was));
    }
    cJSON_Delete(body);
}

/* ---- copies ---------------------------------------------------------------------------------------------------------- */

static const char *job_of(struct making *m, const struct copy *copy)
{
    return arena_printf(m->arena, "${keyfall:copy-%d}", copy->n);
}

static void fails_if_the_job_does(cJSON *step, struct place at, const char *job)
{
    cJSON *failed = cJSON_CreateObject();
    cJSON_AddItemToObject(failed, "State", array_of("FAILED", "PARTIAL", NULL));
    step_fails(step, FACT_COPY, at, job, failed);
}

void step_copy(struct making *m, struct place at, const struct copy *copy)
{
    const char *job = job_of(m, copy);
    cJSON *step = step_call(m, OP_BACKUP_START_COPY_JOB, at, copy->resource, "Start the copy of its newest backup");
    step_param(step, "RecoveryPointArn", copy->point);
    step_param(step, "SourceBackupVaultName", copy->from);
    step_param(step, "DestinationBackupVaultArn", copy->to);
    step_param(step, "IamRoleArn", copy->role);
    step_param(step, "IdempotencyToken", arena_printf(m->arena, "%s-%d", input_text(m, "nonce"), copy->n));
    if (copy->lifecycle)
        step_param_json(step, "Lifecycle", cJSON_Duplicate(copy->lifecycle, true));
    step_gives(step, arena_printf(m->arena, "copy-%d", copy->n), "CopyJobId");
    cJSON *begun = cJSON_CreateObject();
    cJSON_AddItemToObject(begun, "State", array_of("CREATED", "RUNNING", "COMPLETED", NULL));
    step_after(step, FACT_COPY, at, job, begun);
    fails_if_the_job_does(step, at, job);
    step_no_way_back(step, "keyfall deletes no backup: the copy expires by itself, or is deleted by hand");
}

void step_copy_wait(struct making *m, struct place at, const struct copy *copy, bool gives)
{
    const char *job = job_of(m, copy);
    cJSON *step = step_wait(m, arena_printf(m->arena, "Wait for the copy of %s", copy->resource), COPY_WITHIN_S);
    step_after(step, FACT_COPY, at, job,
               object_of("State", "COMPLETED", "DestinationEncryptionKeyArn", copy->key, NULL));
    fails_if_the_job_does(step, at, job);
    if (gives)
        step_gives(step, arena_printf(m->arena, "point-%d", copy->n), "DestinationRecoveryPointArn");
}
