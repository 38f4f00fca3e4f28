#include "backend/aws/session_policy.h"

#include "backend/aws/op.h"
#include "backend/base/mem.h"

#include <string.h>

/* What may be admitted with all that begins so. Get is not among the verbs of every service: s3:GetObject,
 * ssm:GetParameter, glue:GetConnection, secretsmanager:GetSecretValue. */
static const struct {
    const char *service, *verb; /* service "": any */
} whole[] = {
    {"", "Describe"},
    {"", "List"},
    {"backup", "Get"},
    {"kms", "GetKey"},
};

static char *pattern_of(const char *action)
{
    size_t len = strcspn(action, ":");
    const char *name = action + len + 1;
    for (size_t i = 0; i < sizeof whole / sizeof *whole; i++) {
        const char *service = whole[i].service;
        bool is_here = !*service || (strlen(service) == len && memcmp(service, action, len) == 0);
        if (is_here && strncmp(name, whole[i].verb, strlen(whole[i].verb)) == 0)
            return mem_printf("%.*s:%s*", (int)len, action, whole[i].verb);
    }
    return mem_strdup(action);
}

/* Once each: the names hold no character that JSON would escape, and none is the beginning of another with the
 * quotes around it. */
static void add(struct buf *out, const char *action)
{
    char *pattern = pattern_of(action), *quoted = mem_printf("\"%s\"", pattern);
    if (!strstr(out->data, quoted))
        buf_printf(out, ",%s", quoted);
    mem_free(quoted);
    mem_free(pattern);
}

char *session_policy(void)
{
    struct buf out = {0};
    buf_adds(&out, "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Resource\":\"*\","
                   "\"Action\":[\"sts:AssumeRole\"");
    for (int i = 0; i < OP_COUNT; i++) {
        const struct op *op = op_get((enum op_id)i);
        if (op->effect == EFFECT_READ && op_iam_action(op)[0])
            add(&out, op_iam_action(op));
    }
    buf_adds(&out, "]}]}");
    return buf_take(&out);
}
