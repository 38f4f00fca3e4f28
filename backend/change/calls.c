#include "backend/change/calls.h"

#include <stddef.h>
#include <string.h>

static const struct change_call calls[] = {
    {.op = OP_KMS_CANCEL_KEY_DELETION, .cost = "nothing", .time = "at once"},
    {.op = OP_BACKUP_CREATE_BACKUP_VAULT, .cost = "nothing", .time = "at once"},
    {.op = OP_BACKUP_PUT_BACKUP_VAULT_ACCESS_POLICY, .cost = "nothing", .time = "at once"},
    {.op = OP_BACKUP_UPDATE_BACKUP_PLAN, .cost = "what the backups cost that it makes", .time = "with the next backup"},
    {.op = OP_BACKUP_UPDATE_GLOBAL_SETTINGS, .cost = "nothing", .time = "within 15 minutes"},
    {.op = OP_BACKUP_START_COPY_JOB, .cost = "storage of the copy, and transfer to another Region",
     .time = "minutes to hours"},
    {.op = OP_KMS_CREATE_KEY, .cost = "1 USD a month, and as much for each of its first two rotations",
     .time = "at once"},
    {.op = OP_KMS_CREATE_ALIAS, .cost = "nothing", .time = "within minutes everywhere"},
    {.op = OP_KMS_TAG_RESOURCE, .cost = "nothing", .time = "within minutes everywhere"},
    {.op = OP_KMS_PUT_KEY_POLICY, .cost = "nothing", .time = "within seconds"},
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
