#include "backend/change/calls.h"

#include <stddef.h>
#include <string.h>

static const struct change_call calls[] = {
    {.op = OP_KMS_CREATE_KEY, .cost = "about US$1 a month, and the same again for each of its first two rotations",
     .time = "at once"},
    {.op = OP_KMS_CREATE_ALIAS, .cost = "nothing", .time = "at once; it may take some minutes to be seen everywhere"},
    {.op = OP_KMS_PUT_KEY_POLICY, .cost = "nothing", .time = "within seconds; at most some minutes"},
    {.op = OP_KMS_TAG_RESOURCE, .cost = "nothing", .time = "at once"},
    {.op = OP_KMS_ENABLE_KEY_ROTATION, .cost = "about US$1 a month more for each of the first two rotations",
     .time = "the first rotation comes a period later"},
    {.op = OP_KMS_DISABLE_KEY, .cost = "nothing; the key is paid for as before",
     .time = "at once: everything under the key alone is unreadable until it is enabled again"},
    {.op = OP_BACKUP_CREATE_BACKUP_VAULT, .cost = "nothing; what will be stored in it is paid for", .time = "at once"},
    {.op = OP_BACKUP_PUT_BACKUP_VAULT_ACCESS_POLICY, .cost = "nothing", .time = "at once"},
    {.op = OP_BACKUP_START_COPY_JOB, .cost = "a whole backup's storage, and the transfer if it leaves the Region",
     .time = "minutes to hours; the first copy is a full one"},
    {.op = OP_BACKUP_UPDATE_BACKUP_PLAN, .cost = "what the new copies or backups take", .time = "from the next backup on"},
    {.op = OP_BACKUP_UPDATE_GLOBAL_SETTINGS, .cost = "nothing", .time = "within 15 minutes"},
    {.op = OP_KMS_CANCEL_KEY_DELETION, .cost = "nothing", .time = "at once"},
    {.op = OP_KMS_ENABLE_KEY, .cost = "nothing", .time = "at once; services may take some minutes to see it"},
};

const struct change_call *change_call_get(enum op_id op)
{
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
        if (calls[i].op == op)
            return &calls[i];
    return NULL;
}

const struct change_call *change_call_by_id(const char *id)
{
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
        if (strcmp(op_get(calls[i].op)->id, id) == 0)
            return &calls[i];
    return NULL;
}

/* https://docs.aws.amazon.com/kms/latest/APIReference/API_PutKeyPolicy.html#API_PutKeyPolicy_Errors */
static const struct {
    const char *code, *hint;
} hints[] = {
    {"MalformedPolicyDocumentException", "; a principal in it does not exist, or was made seconds ago: take it up again then"},
    {"LimitExceededException", "; a quota of the account is used up"},
    {"AlreadyExistsException", "; somebody made it meanwhile: make a new plan"},
    {"KMSInvalidStateException", "; somebody changed the key's state meanwhile"},
};

const char *change_hint(const char *aws_code)
{
    for (size_t i = 0; i < sizeof hints / sizeof *hints; i++)
        if (strcmp(hints[i].code, aws_code) == 0)
            return hints[i].hint;
    return "";
}
