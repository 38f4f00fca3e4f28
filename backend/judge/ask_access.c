#include "backend/judge/ask_access.h"

#include "backend/judge/internal.h"
#include "backend/judge/key_access.h"
#include "backend/judge/principal_access.h"

#include <stdlib.h>
#include <string.h>

/* ---- the context ------------------------------------------------------------------------------------------ */

static enum err_code add_given(struct request *r, const char *const *context, struct err *err)
{
    for (; context && *context; context++) {
        const char *equal = strchr(*context, '=');
        if (!equal || equal == *context)
            return err_set(err, ERR_USAGE, "--context \"%.80s\" is not NAME=VALUE", *context);
        const char *name = arena_strndup(r->arena, *context, (size_t)(equal - *context));
        const char *value = equal + 1;
        if (strcmp(value, "?") == 0)
            request_add_unknown(r, name);
        else
            request_add(r, name, &value, 1);
    }
    return ERR_OK;
}

/* ---- one question ------------------------------------------------------------------------------------------- */

enum err_code judge_access(const struct judgement *j, struct arena *arena, const struct access_question *q,
                           struct access_result *out, struct err *err)
{
    struct access_input in;
    struct request r;
    struct buf arn = {0};
    *out = (struct access_result){.verdict = VERDICT_UNKNOWN};
    node_arn(j->estate, q->key, &arn);
    enum err_code code = request_init(&r, arena, q->principal, q->action, arn.data ? arn.data : "", err);
    if (code == ERR_OK)
        code = add_given(&r, q->context, err);
    if (code == ERR_OK) {
        if (r.caller.kind != CALLER_SERVICE)
            organization_context(j, &r);
        request_add_implied(&r);
        key_access_facts(j, arena, q->key, &in);
        in.key_policy = q->instead ? q->instead : in.key_policy;
        principal_access_facts(j, arena, judge_principal(j, q->principal), &in);
        organization_access_facts(j, arena, r.caller.account, r.owner, &in);
        access_evaluate(&r, &in, out);
    }
    request_free(&r);
    buf_free(&arn);
    return code;
}

/* ---- who might -------------------------------------------------------------------------------------------------- */

typedef VEC(const char *) text_vec;

static bool is_principal_arn(const char *text)
{
    return strstr(text, ":role/") || strstr(text, ":user/") || strstr(text, ":assumed-role/") ||
           strstr(text, ":root") || strstr(text, ".amazonaws.com") ||
           (strlen(text) == 12 && strspn(text, "0123456789") == 12);
}

static void add_named(const struct judgement *j, struct arena *arena, uint32_t key, text_vec *out)
{
    struct access_input in;
    key_access_facts(j, arena, key, &in);
    for (size_t i = 0; in.key_policy && i < in.key_policy->n; i++) {
        const struct policy_statement *s = &in.key_policy->statements[i];
        for (size_t p = 0; p < s->n_principals; p++)
            if (is_principal_arn(s->principals[p].value))
                VEC_PUSH(*out, s->principals[p].value);
    }
    for (size_t i = 0; i < in.n_grants; i++)
        if (in.grants[i].grantee && is_principal_arn(in.grants[i].grantee))
            VEC_PUSH(*out, arena_strdup(arena, in.grants[i].grantee));
}

static bool is_let_in(const struct record *key, const char *account)
{
    struct value others = record_value(key, ATTR_KEY_EXTERNAL_ACCOUNTS);
    if (strcmp(account, record_account(key)) == 0)
        return true;
    for (const char *other = NULL; (other = value_next(&others, other));)
        if (strcmp(other, account) == 0 || strcmp(other, "*") == 0)
            return true;
    return false;
}

static void add_read(const struct judgement *j, struct arena *arena, const struct record *key, text_vec *out)
{
    struct record r;
    for (struct walk w = walk_kind(j->generation, KIND_PRINCIPAL); walk_next(&w, &r);) {
        struct buf arn = {0};
        node_arn(j->estate, r.node, &arn);
        if (is_let_in(key, record_account(&r)) && !strstr(arn.data, ":group/"))
            VEC_PUSH(*out, arena_strndup(arena, arn.data, arn.len));
        buf_free(&arn);
    }
}

static int text_order(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

const char **judge_possible_users(const struct judgement *j, struct arena *arena, uint32_t key, size_t *n)
{
    text_vec found = {0};
    struct record r;
    add_named(j, arena, key, &found);
    if (generation_record(j->generation, key, &r))
        add_read(j, arena, &r, &found);
    const char **out = arena_alloc(arena, (found.n + 1) * sizeof *out);
    if (found.n > 0)
        qsort(found.items, found.n, sizeof *found.items, text_order);
    *n = 0;
    for (size_t i = 0; i < found.n; i++)
        if (*n == 0 || strcmp(out[*n - 1], found.items[i]) != 0)
            out[(*n)++] = found.items[i];
    VEC_FREE(found);
    return out;
}
