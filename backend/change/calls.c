#include "backend/change/calls.h"

#include <stddef.h>
#include <string.h>

static const struct change_call calls[] = {
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
