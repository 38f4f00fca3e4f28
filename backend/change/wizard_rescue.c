#include "backend/change/wizards.h"

#include "backend/change/kit.h"
#include "backend/change/texts.h"

#include <string.h>

static bool is_one_of(const char *text, const char *const *words)
{
    for (; *words; words++)
        if (strcmp(text, *words) == 0)
            return true;
    return false;
}

static const char *const doomed[] = {"PendingDeletion", "PendingReplicaDeletion", NULL};
static const char *const curable[] = {"PendingDeletion", "PendingReplicaDeletion", "Disabled", NULL};

bool fits_rescue(const struct record *key)
{
    struct value state = record_value(key, ATTR_KEY_STATE);
    return state.is == VALUE_KNOWN && is_one_of(state.text, curable);
}

/* What only something else can end. https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html */
static const struct {
    const char *state, *cure;
} others[] = {
    {"PendingImport", "its material is gone or has expired: import the same material again (kms:ImportKeyMaterial)"},
    {"Unavailable", "its custom key store is disconnected: connect it again (kms:ConnectCustomKeyStore)"},
    {"Creating", "it is being made: try again in some minutes"},
    {"Updating", "it is being updated: try again in some minutes"},
};

static void refuse_state(struct making *m, const char *state)
{
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (strcmp(others[i].state, state) == 0)
            refuse(m, "the key is in the state %s; %s", state, others[i].cure);
    refuse(m, "the key is in the state %.60s: there is nothing to rescue", state);
}

static void add_cancel(struct making *m, struct place at, const char *arn, const char *state)
{
    cJSON *step = step_call(m, OP_KMS_CANCEL_KEY_DELETION, at, kit_key_name(m, at, arn), "Cancel the deletion");
    step_param(step, "KeyId", arn);
    step_before(step, FACT_KEY, at, arn, object_of("KeyState", state, NULL));
    cJSON *is = cJSON_CreateObject();
    cJSON_AddItemToObject(is, "KeyState", array_of("Disabled", "Enabled", NULL));
    step_after(step, FACT_KEY, at, arn, is);
    step_undo_by_hand(step, "keyfall schedules no deletion: aws kms schedule-key-deletion does, if it must be");
}

static void add_enable(struct making *m, struct place at, const char *arn)
{
    cJSON *step = step_call(m, OP_KMS_ENABLE_KEY, at, kit_key_name(m, at, arn), "Enable the key");
    step_param(step, "KeyId", arn);
    step_before(step, FACT_KEY, at, arn, object_of("KeyState", "Disabled", NULL));
    step_after(step, FACT_KEY, at, arn, object_of("KeyState", "Enabled", NULL));
    step_undo(step, "kms:DisableKey", object_of("KeyId", arn, NULL));
}

/* What does not come back by itself. https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Overview.Encryption.Keys.html */
static void add_follow_ups(struct making *m)
{
    cJSON *step = step_human(m, "See after what fell with the key", "the consoles of what uses it",
                             "type done once you have looked", "done");
    step_line(step, "RDS, Aurora: what is inaccessible-encryption-credentials-recoverable was stopped: start it, "
                    "within 7 days. A replica, or what has replicas, must be restored.");
    step_line(step, "DynamoDB: a table comes back by itself within 7 days, a replica within 20 hours.");
    step_line(step, "Redshift: within 14 days; then AWS deletes the warehouse.");
    step_line(step, "DocumentDB, Neptune: restore the cluster from its snapshot.");
    step_line(step, "EBS: what could not be attached can be attached again; EFS: mount it again.");
    step_line(step, "Backups: run those again that failed meanwhile. keyfall shows them under failed jobs.");
    step_line(step, "Find out who did it, and how: CloudTrail, DisableKey and ScheduleKeyDeletion of this key.");
}

void rescue_steps(struct making *m, struct place at, const char *arn, const char *state)
{
    bool is_doomed = is_one_of(state, doomed);
    if (!is_one_of(state, curable))
        refuse_state(m, state);
    if (is_doomed)
        warn(m, "%s", text_get(TEXT_CANCEL_LEAVES_DISABLED));
    warn(m, "%s", text_get(TEXT_DO_NOT_DETACH));
    if (is_doomed)
        add_cancel(m, at, arn, state);
    add_enable(m, at, arn);
}

void make_rescue(struct making *m)
{
    const char *arn = input_text(m, "key");
    struct place at = arn_place(m, arn);
    const cJSON *key = see(m, FACT_KEY, at, arn);
    m->phrase = kit_key_name(m, at, arn);
    if (fact_is_absent(key))
        refuse(m, "the key does not exist: a deleted key is gone for good, and what is under it alone with it");
    if (strcmp(fact_text(key, "KeyManager"), "AWS") == 0)
        refuse(m, "%s", text_get(TEXT_AWS_MANAGED));
    if (fact_is_true(key, "MultiRegion"))
        warn(m, "This is one member of a multi-Region set: the others have states of their own.");
    rescue_steps(m, at, arn, fact_text(key, "KeyState"));
    add_follow_ups(m);
}
