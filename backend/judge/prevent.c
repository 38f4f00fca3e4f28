#include "backend/judge/prevent.h"

#include "backend/judge/internal.h"
#include "backend/judge/key_access.h"
#include "backend/judge/rules.h"

#include <string.h>

#define SID "KeyfallDenyDeletion"

/* What ends a key: with imported material, taking that away too. */
static const char *actions_of(const struct record *key)
{
    return value_is(key, ATTR_KEY_ORIGIN, "EXTERNAL")
               ? "[\"kms:ScheduleKeyDeletion\",\"kms:DeleteImportedKeyMaterial\"]"
               : "\"kms:ScheduleKeyDeletion\"";
}

static const struct policy *parse(struct arena *arena, const char *text)
{
    const struct policy *policy = NULL;
    return policy_parse(arena, text, strlen(text), &policy, NULL) == ERR_OK ? policy : NULL;
}

/* The key's policy with the statement behind those that it has. */
static const struct policy *with_statement(struct arena *arena, const struct policy *policy, const char *statement)
{
    const struct policy *extra = parse(arena, arena_printf(arena, "{\"Statement\":[%s]}", statement));
    struct policy *more = arena_alloc(arena, sizeof *more);
    if (!extra)
        return NULL;
    *more = *policy;
    more->statements = arena_alloc(arena, (policy->n + 1) * sizeof *more->statements);
    if (policy->n > 0)
        memcpy(more->statements, policy->statements, policy->n * sizeof *more->statements);
    more->statements[more->n++] = extra->statements[0];
    return more;
}

static void judge_statement(const struct judgement *j, const struct record *key, struct prevention *p)
{
    struct access_input in;
    struct buf printed = {0};
    key_access_facts(j, p->arena, key->node, &in);
    const struct policy *then = in.key_policy ? with_statement(p->arena, in.key_policy, p->statement) : NULL;
    if (!then)
        return;
    policy_print(then, &printed);
    p->fits = printed.len <= KEY_POLICY_MAX_BYTES;
    buf_free(&printed);
    judge_key_edit(j, key->node, then, &p->edit);
    p->has_edit = true;
}

struct prevention *judge_prevention(const struct judgement *j, uint32_t key)
{
    struct record r;
    struct buf arn = {0};
    if (!key || !generation_record(j->generation, key, &r) || r.kind != KIND_KEY)
        return NULL;
    struct prevention *p = mem_alloc(sizeof *p);
    *p = (struct prevention){.arena = arena_new(), .dependents = judge_dependents(j, key)};
    node_arn(j->estate, key, &arn);
    p->statement = arena_printf(p->arena,
                                "{\"Sid\":\"" SID "\",\"Effect\":\"Deny\",\"Principal\":\"*\",\"Action\":%s,"
                                "\"Resource\":\"*\"}",
                                actions_of(&r));
    p->scp = arena_printf(p->arena,
                          "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Sid\":\"" SID "\",\"Effect\":\"Deny\","
                          "\"Action\":%s,\"Resource\":\"%s\"}]}",
                          actions_of(&r), arn.data);
    p->pattern = arena_printf(p->arena,
                              "{\"source\":[\"aws.kms\"],\"detail-type\":[\"AWS API Call via CloudTrail\"],\"detail\":"
                              "{\"eventSource\":[\"kms.amazonaws.com\"],\"eventName\":[\"ScheduleKeyDeletion\","
                              "\"DisableKey\",\"DeleteImportedKeyMaterial\",\"PutKeyPolicy\"],\"requestParameters\":"
                              "{\"keyId\":[\"%s\",\"%s\"]}}}",
                              arn.data, value_text(&r, ATTR_KEY_KEY_ID));
    buf_free(&arn);
    p->is_warned = place_warns(j, area_of_record(j, &r), &p->warner);
    judge_statement(j, &r, p);
    judge_key_scp(j, key, parse(p->arena, p->scp), &p->under_scp);
    return p;
}

void prevention_free(struct prevention *p)
{
    if (!p)
        return;
    if (p->has_edit)
        key_edit_free(&p->edit);
    key_edit_free(&p->under_scp);
    arena_free(p->arena);
    mem_free(p);
}
