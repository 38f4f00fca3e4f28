#include "backend/change/desk.h"

#include "backend/aws/credentials.h"
#include "backend/base/timefmt.h"
#include "backend/collect/collect.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_REGION "us-east-1"
#define STEP_MS 100
#define MAX_AT_ONCE 64

/* How an account is entered. */
struct entry {
    char account[16], region[40];
    struct identity *base, *reads, *changes; /* owned; reads may be base, changes NULL */
    char *who;                               /* changes things there; NULL: nobody asked yet */
};

struct desk {
    struct desk_settings settings;
    char partition[24];
    VEC(struct entry *) entries;
};

/* ---- one call ---------------------------------------------------------------------------------------------------- */

struct asked {
    cJSON *pages;
    struct err err;
    bool is_done;
};

static void answered(void *ctx, const struct wire_answer *answer)
{
    struct asked *a = ctx;
    if (answer->err.code == ERR_OK && answer->page == 0) {
        cJSON_Delete(a->pages);
        a->pages = cJSON_CreateArray();
    }
    if (answer->err.code == ERR_OK)
        cJSON_AddItemToArray(a->pages, cJSON_Duplicate(answer->tree, true));
    a->err = answer->err;
    a->is_done = answer->last;
}

typedef VEC(struct param) param_vec;

/* The texts of what is not text are kept until the call is sent. */
static void add_params(const cJSON *params, param_vec *out, struct arena *arena)
{
    const cJSON *p;
    cJSON_ArrayForEach(p, params)
    {
        struct param one = {.name = p->string, .type = PARAM_TEXT};
        if (cJSON_IsString(p)) {
            one.value = p->valuestring;
        } else {
            char *text = cJSON_PrintUnformatted(p);
            one.type = cJSON_IsBool(p) ? PARAM_BOOL : cJSON_IsNumber(p) ? PARAM_INT : PARAM_JSON;
            one.value = arena_strdup(arena, text);
            cJSON_free(text);
        }
        VEC_PUSH(*out, one);
    }
}

struct call_to {
    struct identity *who;
    const char *account, *region;
    enum op_id op;
};

static uint64_t send(struct desk *desk, const struct call_to *to, const cJSON *params, struct asked *asked)
{
    struct arena *arena = arena_new();
    param_vec list = {0};
    add_params(params, &list, arena);
    uint64_t ticket = wire_send(desk->settings.wire, &(struct wire_request){.op = to->op,
                                                                            .who = to->who,
                                                                            .account = to->account,
                                                                            .region = to->region,
                                                                            .params = list.items,
                                                                            .n_params = list.n,
                                                                            .answered = answered,
                                                                            .ctx = asked});
    VEC_FREE(list);
    arena_free(arena);
    return ticket;
}

static bool is_cancelled(const struct desk *desk)
{
    return desk->settings.is_cancelled && desk->settings.is_cancelled(desk->settings.ctx);
}

/* Whoever cancels still waits for the answer: it is the only one that says whether a change was made. */
static void wait_for(struct desk *desk, const struct asked *asked, uint64_t ticket, bool may_cancel)
{
    bool was_cancelled = false;
    while (!asked->is_done) {
        if (may_cancel && !was_cancelled && is_cancelled(desk)) {
            wire_cancel(desk->settings.wire, ticket);
            was_cancelled = true;
        }
        wire_step(desk->settings.wire, STEP_MS);
    }
}

/* ---- doors ------------------------------------------------------------------------------------------------------- */

static void entry_free(struct entry *e)
{
    if (e->changes)
        identity_free(e->changes);
    if (e->reads && e->reads != e->base)
        identity_free(e->reads);
    if (e->base)
        identity_free(e->base);
    mem_free(e->who);
    mem_free(e);
}

static struct identity *assume(struct desk *desk, struct identity *source, const struct door *door, const char *arn,
                               const char *region)
{
    return identity_assume(desk->settings.wire, source,
                           &(struct identity_role){.arn = arn,
                                                   .external_id = door->external_id,
                                                   .mfa_serial = door->mfa_serial,
                                                   .region = region});
}

static enum err_code enter(struct desk *desk, struct entry *e, const struct door *door, struct err *err)
{
    const char *first = desk->settings.first_region;
    if (!desk->settings.anonymous) {
        enum err_code code = identity_from_profile(desk->settings.wire, door->profile, &e->base, err);
        if (code != ERR_OK)
            return code;
        const char *own = identity_settings(e->base)->region;
        first = first ? first : own;
    }
    (void)snprintf(e->region, sizeof e->region, "%s", first ? first : DEFAULT_REGION);
    if (desk->settings.anonymous)
        return ERR_OK;
    e->reads = door->role_arn ? assume(desk, e->base, door, door->role_arn, e->region) : e->base;
    if (door->change_role_arn)
        e->changes = assume(desk, e->base, door, door->change_role_arn, e->region);
    return ERR_OK;
}

/* Who it is that comes in there. */
static enum err_code identify(struct desk *desk, struct entry *e, const struct door *door, struct err *err)
{
    struct asked asked = {0};
    struct caller caller;
    cJSON *params = cJSON_CreateObject();
    if (desk->settings.anonymous)
        cJSON_AddStringToObject(params, "profile", door->profile);
    struct call_to to = {e->reads, "", e->region, OP_STS_GET_CALLER_IDENTITY};
    uint64_t ticket = send(desk, &to, params, &asked);
    wait_for(desk, &asked, ticket, true);
    cJSON_Delete(params);
    *err = asked.err;
    enum err_code code = asked.err.code;
    if (code == ERR_OK)
        code = collect_caller(cJSON_GetArrayItem(asked.pages, 0), &caller, err);
    if (code == ERR_OK) {
        (void)snprintf(e->account, sizeof e->account, "%s", caller.account);
        if (!desk->partition[0])
            (void)snprintf(desk->partition, sizeof desk->partition, "%s", caller.partition);
    } else {
        err_prefix(err, "%s", door->profile ? door->profile : "the default profile");
    }
    cJSON_Delete(asked.pages);
    return code;
}

static struct entry *entry_of(const struct desk *desk, const char *account)
{
    for (size_t i = 0; i < desk->entries.n; i++)
        if (strcmp(desk->entries.items[i]->account, account) == 0)
            return desk->entries.items[i];
    return NULL;
}

/* An account of the organization that has no door of its own is entered through the first. */
static struct entry *entry_through(struct desk *desk, const char *account)
{
    const struct desk_settings *s = &desk->settings;
    if (!s->org_role || s->anonymous || desk->entries.n == 0)
        return NULL;
    const struct entry *first = desk->entries.items[0];
    struct door door = {.external_id = s->org_external_id};
    struct entry *e = mem_alloc(sizeof *e);
    (void)snprintf(e->account, sizeof e->account, "%s", account);
    (void)snprintf(e->region, sizeof e->region, "%s", first->region);
    char *arn = mem_printf("arn:%s:iam::%s:role/%s", desk->partition, account, s->org_role);
    e->reads = assume(desk, first->reads, &door, arn, e->region);
    mem_free(arn);
    if (s->org_change_role) {
        arn = mem_printf("arn:%s:iam::%s:role/%s", desk->partition, account, s->org_change_role);
        e->changes = assume(desk, first->reads, &door, arn, e->region);
        mem_free(arn);
    }
    VEC_PUSH(desk->entries, e);
    return e;
}

static enum err_code entry_find(struct desk *desk, const char *account, struct entry **out, struct err *err)
{
    *out = entry_of(desk, account);
    if (!*out)
        *out = entry_through(desk, account);
    if (*out)
        return ERR_OK;
    struct buf have = {0};
    for (size_t i = 0; i < desk->entries.n; i++)
        buf_printf(&have, "%s%s", i ? ", " : "", desk->entries.items[i]->account);
    (void)err_set(err, ERR_CREDENTIALS,
                  "there is no way into account %.12s, only into %.200s; add --profile, --target or --org-role",
                  account, have.data ? have.data : "none");
    buf_free(&have);
    return ERR_CREDENTIALS;
}

/* ---- opening ------------------------------------------------------------------------------------------------------ */

enum err_code desk_open(const struct desk_settings *settings, struct desk **out, struct err *err)
{
    struct desk *desk = *out = mem_alloc(sizeof *desk);
    desk->settings = *settings;
    if (!settings->wire) {
        struct aws_settings aws = *settings->aws;
        aws.allow_write = settings->changes;
        enum err_code code = aws_new(&aws, &desk->settings.wire, err);
        if (code != ERR_OK)
            return code;
    }
    for (size_t i = 0; i < settings->n_doors; i++) {
        struct entry *e = mem_alloc(sizeof *e);
        enum err_code code = enter(desk, e, &settings->doors[i], err);
        if (code == ERR_OK)
            code = identify(desk, e, &settings->doors[i], err);
        if (code != ERR_OK || entry_of(desk, e->account)) {
            entry_free(e);
            if (code != ERR_OK)
                return code;
        } else {
            VEC_PUSH(desk->entries, e);
        }
    }
    return ERR_OK;
}

void desk_close(struct desk *desk)
{
    if (!desk)
        return;
    for (size_t i = desk->entries.n; i-- > 0;)
        entry_free(desk->entries.items[i]);
    VEC_FREE(desk->entries);
    wire_free(desk->settings.wire);
    mem_free(desk);
}

/* ---- what is asked of it ------------------------------------------------------------------------------------------- */

enum err_code desk_call(struct desk *desk, const char *account, const char *region, enum op_id op, const cJSON *params,
                        bool changes, cJSON **pages, struct err *err)
{
    struct asked asked = {0};
    struct entry *e;
    *pages = NULL;
    enum err_code code = entry_find(desk, account, &e, err);
    if (code != ERR_OK)
        return code;
    struct call_to to = {changes && e->changes ? e->changes : e->reads, account, region[0] ? region : e->region, op};
    uint64_t ticket = send(desk, &to, params, &asked);
    wait_for(desk, &asked, ticket, op_get(op)->effect == EFFECT_READ);
    *err = asked.err;
    if (err->code == ERR_OK)
        *pages = asked.pages;
    else
        cJSON_Delete(asked.pages);
    return err->code;
}

static const char *member(const cJSON *object, const char *name)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, name));
    return text ? text : "";
}

/* "first second" where a fact is of two things. */
static cJSON *params_of(const struct fact *fact, const char *of)
{
    cJSON *params = fact->params ? cJSON_Parse(fact->params) : cJSON_CreateObject();
    const char *blank = fact->second ? strchr(of, ' ') : NULL;
    if (fact->subject) {
        char *first = mem_strndup(of, blank ? (size_t)(blank - of) : strlen(of));
        cJSON_AddStringToObject(params, fact->subject, first);
        mem_free(first);
    }
    if (blank)
        cJSON_AddStringToObject(params, fact->second, blank + 1);
    return params;
}

static bool says_gone(const struct fact *fact, const struct err *err)
{
    for (size_t i = 0; i < sizeof fact->gone / sizeof *fact->gone && fact->gone[i]; i++)
        if (strcmp(fact->gone[i], err->aws_code) == 0)
            return true;
    return false;
}

/* AWS denies it, does not have it there, or something that stands in for AWS does not know it. */
static const char *why_unknown(const struct fact *fact, const struct err *err)
{
    bool is_no_aws = err->code == ERR_REJECTED && !err->aws_code[0];
    bool may_fail = fact->is_evidence && err->code != ERR_OK && err->code != ERR_CANCELLED;
    if (err->code != ERR_DENIED && err->code != ERR_UNSUPPORTED && !is_no_aws && !may_fail)
        return NULL;
    return err->aws_code[0] ? err->aws_code : err_word(err->code);
}

static enum err_code settle(cJSON *wanted, const struct fact *fact, const struct asked *asked, struct err *err)
{
    enum err_code code = asked->err.code;
    if (says_gone(fact, &asked->err)) {
        cJSON_AddTrueToObject(wanted, "absent");
        return ERR_OK;
    }
    const char *unknown = why_unknown(fact, &asked->err);
    if (unknown) {
        cJSON_AddStringToObject(wanted, "unknown", unknown);
        return ERR_OK;
    }
    if (code != ERR_OK) {
        *err = asked->err;
        err_prefix(err, "%s of %.100s", op_get(fact->op)->id, member(wanted, "of"));
        return code;
    }
    cJSON *is = cJSON_CreateObject();
    const cJSON *page;
    cJSON_ArrayForEach(page, asked->pages)
        if (code == ERR_OK)
            code = fact_add_page(fact, member(wanted, "of"), is, page, err);
    bool is_there = is->child != NULL;
    cJSON_AddItemToObject(wanted, is_there ? "is" : "absent", is_there ? is : cJSON_CreateTrue());
    if (!is_there)
        cJSON_Delete(is);
    return code;
}

static enum err_code send_fact(struct desk *desk, const cJSON *wanted, struct asked *asked, uint64_t *ticket,
                               struct err *err)
{
    const struct fact *fact = fact_by_name(member(wanted, "fact"));
    const char *region = member(wanted, "region");
    struct entry *e;
    enum err_code code = entry_find(desk, member(wanted, "account"), &e, err);
    if (code != ERR_OK && fact->is_extra) {
        (void)err_set(&asked->err, ERR_DENIED, "%s", err->text);
        (void)snprintf(asked->err.aws_code, sizeof asked->err.aws_code, "no way into the account");
        asked->is_done = true;
        return ERR_OK;
    }
    if (code != ERR_OK)
        return code;
    cJSON *params = params_of(fact, member(wanted, "of"));
    struct call_to to = {e->reads, e->account, region[0] ? region : e->region, fact->op};
    *ticket = send(desk, &to, params, asked);
    cJSON_Delete(params);
    return ERR_OK;
}

/* So many that they can be cancelled and waited for together. */
static enum err_code read_some(struct desk *desk, cJSON **wanted, size_t n, struct err *err)
{
    struct asked asked[MAX_AT_ONCE] = {0};
    uint64_t tickets[MAX_AT_ONCE] = {0};
    enum err_code code = ERR_OK;
    size_t n_sent = 0;
    while (n_sent < n && code == ERR_OK) {
        code = send_fact(desk, wanted[n_sent], &asked[n_sent], &tickets[n_sent], err);
        n_sent += code == ERR_OK;
    }
    for (size_t i = 0; i < n_sent; i++) {
        wait_for(desk, &asked[i], tickets[i], true);
        if (code == ERR_OK)
            code = settle(wanted[i], fact_by_name(member(wanted[i], "fact")), &asked[i], err);
        cJSON_Delete(asked[i].pages);
    }
    return code;
}

enum err_code desk_read(struct desk *desk, cJSON *wanted, struct err *err)
{
    cJSON *some[MAX_AT_ONCE], *one;
    size_t n = 0;
    enum err_code code = ERR_OK;
    cJSON_ArrayForEach(one, wanted)
    {
        some[n++] = one;
        if (n == MAX_AT_ONCE || !one->next) {
            if (code == ERR_OK)
                code = read_some(desk, some, n, err);
            n = 0;
        }
    }
    return code;
}

static void want(cJSON *wanted, enum fact_id fact, const char *account, const char *region, const char *key)
{
    cJSON *one = cJSON_CreateObject();
    cJSON_AddStringToObject(one, "fact", fact_get(fact)->name);
    cJSON_AddStringToObject(one, "account", account);
    cJSON_AddStringToObject(one, "region", region);
    cJSON_AddStringToObject(one, "of", key);
    cJSON_AddItemToArray(wanted, one);
}

/* The tags of all keys there, and whose those are that do not tell theirs: AWS's own never do. */
static enum err_code read_keys(struct desk *desk, const char *account, const char *region, cJSON *tags, cJSON *silent,
                               struct err *err)
{
    cJSON *pages = NULL, *none = cJSON_CreateObject();
    const cJSON *page, *one;
    enum err_code code = desk_call(desk, account, region, OP_KMS_LIST_KEYS, none, false, &pages, err);
    cJSON_ArrayForEach(page, pages) cJSON_ArrayForEach(one, cJSON_GetObjectItemCaseSensitive(page, "Keys"))
        want(tags, FACT_TAGS, account, region, member(one, "KeyArn"));
    if (code == ERR_OK)
        code = desk_read(desk, tags, err);
    cJSON_ArrayForEach(one, tags) if (fact_unknown(one)) want(silent, FACT_KEY, account, region, member(one, "of"));
    if (code == ERR_OK)
        code = desk_read(desk, silent, err);
    cJSON_Delete(none);
    cJSON_Delete(pages);
    return code;
}

enum err_code desk_find_key(struct desk *desk, const char *account, const char *region, const char *nonce,
                            char **arn, char **unread, struct err *err)
{
    cJSON *tags = cJSON_CreateArray(), *silent = cJSON_CreateArray();
    const cJSON *one;
    const char *found = "", *closed = "";
    enum err_code code = read_keys(desk, account, region, tags, silent, err);
    cJSON_ArrayForEach(one, tags) if (strcmp(fact_text(one, PLAN_TAG), nonce) == 0) found = member(one, "of");
    cJSON_ArrayForEach(one, silent) if (strcmp(fact_text(one, "KeyManager"), "AWS") != 0) closed = member(one, "of");
    *arn = mem_strdup(found);
    *unread = mem_strdup(closed);
    cJSON_Delete(silent);
    cJSON_Delete(tags);
    return code;
}

enum err_code desk_knows(const struct desk *desk, const char *account, struct err *err)
{
    struct entry *e;
    return entry_find((struct desk *)desk, account, &e, err);
}

const char *desk_partition(const struct desk *desk)
{
    return desk->partition;
}

int desk_settle_s(const struct desk *desk)
{
    return desk->settings.settle_s > 0 ? desk->settings.settle_s : 60;
}

bool desk_sleep(struct desk *desk, int ms)
{
    for (int64_t until_ms = time_mono_ms() + ms; time_mono_ms() < until_ms;) {
        if (is_cancelled(desk))
            return false;
        int64_t left = until_ms - time_mono_ms();
        wire_step(desk->settings.wire, left > STEP_MS ? STEP_MS : left < 1 ? 1 : (int)left);
    }
    return true;
}

const char *desk_who(struct desk *desk, const char *account)
{
    struct entry *e;
    struct err err;
    struct caller caller;
    cJSON *pages = NULL, *none = cJSON_CreateObject();
    enum err_code code = entry_find(desk, account, &e, &err);
    if (code == ERR_OK && !e->who) {
        code = desk_call(desk, account, "", OP_STS_GET_CALLER_IDENTITY, none, true, &pages, &err);
        if (code == ERR_OK)
            code = collect_caller(cJSON_GetArrayItem(pages, 0), &caller, &err);
        e->who = code == ERR_OK ? mem_strdup(caller.arn)
                                : mem_printf("%s, who did not say who that is: %s",
                                             identity_describe(e->changes ? e->changes : e->reads), err.text);
    }
    cJSON_Delete(pages);
    cJSON_Delete(none);
    return e ? e->who : "";
}
