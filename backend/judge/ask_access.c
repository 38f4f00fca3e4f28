#include "backend/judge/ask_access.h"

#include "backend/judge/internal.h"
#include "backend/judge/key_access.h"
#include "backend/judge/key_who.h"
#include "backend/judge/principal_access.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- the context ------------------------------------------------------------------------------------------ */

static enum err_code add_given(struct request *r, const char *const *context, struct err *err)
{
    for (; context && *context; context++) {
        const char *equal = strchr(*context, '=');
        if (!equal || equal == *context)
            return err_set(err, ERR_USAGE, "--context \"%.80s\" is not NAME=VALUE", *context);
        const char *name = arena_strndup(r->arena, *context, (size_t)(equal - *context));
        const char *value = equal + 1;
        if (request_context(r, name))
            return err_set(err, ERR_USAGE, "--context %.80s is given twice: capitals make no other name", name);
        if (strcmp(value, "?") == 0)
            request_add_unknown(r, name);
        else
            request_add(r, name, &value, 1);
    }
    return ERR_OK;
}

/* What statements ask about and nobody told may be there, and be anything. What a service asks for somebody comes
 * from AWS's own network: no address, network or endpoint of the caller's is there.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-sourceip */
static void add_open(struct request *r, const struct policy *policy)
{
    static const char *const networks[] = {"aws:SourceIp", "aws:SourceVpc", "aws:SourceVpce", "aws:VpcSourceIp"};
    bool is_by_service = request_context(r, "kms:ViaService");
    for (size_t i = 0; policy && i < policy->n; i++)
        for (size_t c = 0; c < policy->statements[i].n_conditions; c++) {
            const char *key = policy->statements[i].conditions[c].key;
            bool is_network = false;
            for (size_t n = 0; n < sizeof networks / sizeof *networks; n++)
                is_network = is_network || strcasecmp(networks[n], key) == 0;
            if (!is_network || !is_by_service)
                request_add_unknown(r, key);
        }
}

static void add_open_sets(struct request *r, const struct policy_set *sets, size_t n)
{
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < sets[i].n; k++)
            add_open(r, sets[i].items[k]);
}

/* ---- questions about one key ----------------------------------------------------------------------------------- */

struct access_desk {
    const struct judgement *j;
    struct arena *arena;
    uint32_t key;
    const char *key_arn;
    struct access_input in;       /* of the key, and of the last principal */
    const char *principal;        /* the last; NULL */
    bool is_read;                 /* its own policies were */
    struct access_input assumed;  /* the same as `in`, but with all allowed by policies that were not read */
};

static const char all_is_allowed[] =
    "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Sid\":\"assumed\",\"Effect\":\"Allow\","
    "\"Action\":\"*\",\"Resource\":\"*\"}]}";

struct access_desk *access_desk_new(const struct judgement *j, struct arena *arena, uint32_t key)
{
    struct access_desk *d = arena_alloc(arena, sizeof *d);
    struct buf arn = {0};
    node_arn(j->estate, key, &arn);
    *d = (struct access_desk){.j = j, .arena = arena, .key = key,
                              .key_arn = arena_strdup(arena, arn.data ? arn.data : "")};
    key_access_facts(j, arena, key, &d->in);
    buf_free(&arn);
    return d;
}

const struct access_input *access_desk_facts(const struct access_desk *d)
{
    return &d->in;
}

/* Policies of an account that is not ours are taken to allow what its principals ask; so are those over it. */
static void assume(struct access_desk *d, const struct request *r)
{
    const struct policy **all = arena_alloc(d->arena, sizeof *all);
    d->assumed = d->in;
    if (d->is_read || policy_parse(d->arena, all_is_allowed, sizeof all_is_allowed - 1, all, NULL) != ERR_OK)
        return;
    d->assumed.identity = (struct policy_set){.items = all, .n = 1};
    d->assumed.boundaries = (struct policy_set){.n = 0};
    if (!account_is_ours(d->j, r->caller.account))
        d->assumed.n_scps = 0;
}

static void read_principal(struct access_desk *d, const char *principal, const struct request *r)
{
    if (d->principal && strcmp(d->principal, principal) == 0)
        return;
    uint32_t node = judge_principal(d->j, principal);
    principal_access_facts(d->j, d->arena, node, &d->in);
    bool is_aws_internal = strncmp(r->caller.role_name, "aws:", 4) == 0; /* "aws:ec2-infrastructure", EC2's own */
    if (r->caller.kind == CALLER_SERVICE || r->caller.kind == CALLER_ROOT || is_aws_internal) /* can have none */
        d->in.identity = d->in.boundaries = (struct policy_set){.n = 0};
    organization_access_facts(d->j, d->arena, r->caller.account, r->owner, &d->in);
    d->principal = arena_strdup(d->arena, principal);
    d->is_read = node != 0;
    assume(d, r);
}

/* The levels that there are, and one more that allows all but what the policy denies. */
static void add_scp(struct access_desk *d, const struct policy *scp, struct access_input *in)
{
    struct policy_set *levels = arena_alloc(d->arena, (in->n_scps + 1) * sizeof *levels);
    const struct policy **both = arena_alloc(d->arena, 2 * sizeof *both);
    if (policy_parse(d->arena, all_is_allowed, sizeof all_is_allowed - 1, &both[0], NULL) != ERR_OK)
        return;
    both[1] = scp;
    if (in->n_scps > 0)
        memcpy(levels, in->scps, in->n_scps * sizeof *levels);
    levels[in->n_scps] = (struct policy_set){.items = both, .n = 2};
    in->scps = levels;
    in->n_scps++;
}

const char *access_other_half(const struct judgement *j, struct arena *arena, const char *account)
{
    return arena_printf(arena, "what account %s itself allows, which %s", account,
                        account_is_ours(j, account) ? "was not read" : "cannot be seen from here");
}

/* Of an account that was not read all is open: that it is the policies of this or that kind tells nobody more. */
static void tell_other_half(const struct access_desk *d, const struct request *r, struct access_result *out)
{
    static const enum access_source own[] = {SOURCE_IDENTITY, SOURCE_BOUNDARY, SOURCE_SCP};
    const char *account = r->caller.account;
    size_t n = 0;
    bool is_told = false;
    if (out->verdict != VERDICT_UNKNOWN || out->key_side != TRI_YES || !account[0] || strcmp(account, r->owner) == 0 ||
        judge_iam_is_read(d->j, account))
        return;
    for (size_t i = 0; i < out->unknown_because.n; i++) {
        const char *because = out->unknown_because.items[i];
        bool is_own = false;
        for (size_t k = 0; k < sizeof own / sizeof *own; k++)
            is_own = is_own || strcmp(because, access_source_name(own[k])) == 0;
        if (!is_own || !is_told)
            out->unknown_because.items[n++] = is_own ? access_other_half(d->j, d->arena, account) : because;
        is_told = is_told || is_own;
    }
    out->unknown_because.n = n;
}

enum err_code access_desk_ask(struct access_desk *d, const struct access_question *q, struct access_result *out,
                              struct err *err)
{
    struct request r;
    *out = (struct access_result){.verdict = VERDICT_UNKNOWN};
    enum err_code code = request_init(&r, d->arena, q->principal, q->action, d->key_arn, err);
    if (code == ERR_OK)
        code = add_given(&r, q->context, err);
    if (code == ERR_OK) {
        if (r.caller.kind != CALLER_SERVICE)
            organization_context(d->j, &r);
        request_add_implied(&r);
        read_principal(d, q->principal, &r);
        struct access_input in = q->iam_allows ? d->assumed : d->in;
        in.key_policy = q->instead ? q->instead : in.key_policy;
        if (q->scp && strcmp(r.caller.account, r.owner) == 0)
            add_scp(d, q->scp, &in);
        if (q->is_open) {
            const struct policy_set own[] = {in.identity, in.boundaries};
            add_open(&r, in.key_policy);
            add_open_sets(&r, own, 2);
            add_open_sets(&r, in.scps, in.n_scps);
            add_open_sets(&r, in.rcps, in.n_rcps);
        }
        access_evaluate(&r, &in, out);
        tell_other_half(d, &r, out);
    }
    request_free(&r);
    return code;
}

enum err_code judge_access(const struct judgement *j, struct arena *arena, const struct access_question *q,
                           struct access_result *out, struct err *err)
{
    return access_desk_ask(access_desk_new(j, arena, q->key), q, out, err);
}

/* ---- why ------------------------------------------------------------------------------------------------------- */

void access_step_text(const struct access_step *step, struct buf *out)
{
    buf_adds(out, access_source_name(step->source));
    if (step->statement)
        buf_printf(out, " statement %zu", step->index + 1);
    if (step->source == SOURCE_GRANT)
        buf_printf(out, " %zu", step->index + 1);
    if (step->statement && step->statement->sid && step->statement->sid[0])
        buf_printf(out, " (%s)", step->statement->sid);
}

/* The first of each source that says yes: those that allow everybody everything (control policies, boundaries) tell
 * nothing. */
static bool is_worth_telling(const struct access_result *result, size_t at)
{
    const struct access_step *step = &result->decided_by.items[at];
    bool is_allowed = result->verdict == VERDICT_ALLOWED;
    if (is_allowed && step->source != SOURCE_KEY_POLICY && step->source != SOURCE_GRANT &&
        step->source != SOURCE_IDENTITY)
        return false;
    for (size_t i = 0; i < at; i++)
        if (!is_allowed || result->decided_by.items[i].source == step->source)
            return false;
    return true;
}

const char *access_because(struct arena *arena, const struct access_result *result)
{
    struct buf out = {0};
    if (result->verdict == VERDICT_UNKNOWN)
        return result->unknown_because.n > 0 ? arena_printf(arena, "hangs on %s", result->unknown_because.items[0])
                                             : "it cannot be told";
    for (size_t i = 0; i < result->decided_by.n; i++) {
        if (!is_worth_telling(result, i))
            continue;
        buf_adds(&out, out.len > 0 ? " + " : "");
        access_step_text(&result->decided_by.items[i], &out);
    }
    const char *told = out.len > 0 ? arena_strndup(arena, out.data, out.len) : "no statement or grant allows it";
    buf_free(&out);
    return told;
}

/* ---- who might -------------------------------------------------------------------------------------------------- */

typedef VEC(const char *) text_vec;

bool access_is_principal(const char *text)
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
            if (access_is_principal(s->principals[p].value))
                VEC_PUSH(*out, s->principals[p].value);
    }
    for (size_t i = 0; i < in.n_grants; i++)
        if (in.grants[i].grantee && access_is_principal(in.grants[i].grantee))
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
