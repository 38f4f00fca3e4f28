#include "backend/refresh/internal.h"

#include <stdio.h>
#include <string.h>

#define DEFAULT_REGION "us-east-1"

/* Where credentials can be checked if the region that was asked for is not enabled: AWS refuses them there
 * as if they were bad (https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-regions.html). */
static const struct {
    const char *prefix, *region;
} always_on[] = {
    {"cn-", "cn-north-1"},
    {"us-gov-", "us-gov-west-1"},
    {"", DEFAULT_REGION},
};

static char *copy(const char *s)
{
    return s ? mem_strdup(s) : NULL;
}

static void account_of_role(const char *role_arn, char out[13])
{
    const char *at = role_arn;
    for (int colons = 0; at && colons < 4; colons++) {
        at = strchr(at, ':');
        at = at ? at + 1 : NULL;
    }
    if (at && strspn(at, "0123456789") == 12 && at[12] == ':')
        memcpy(out, at, 12);
}

void entrances_step_at(struct refresh *r, int64_t ms)
{
    if (ms < r->entrances_due_ms)
        r->entrances_due_ms = ms;
}

/* When to start or to try again. */
static void entrance_due(struct entrance *en, int64_t ms)
{
    en->retry_ms = ms;
    entrances_step_at(en->refresh, ms);
}

struct entrance *entrance_new(struct refresh *r, const char *profile, const char *role_arn,
                              const char *external_id)
{
    struct entrance *en = mem_alloc(sizeof *en);
    en->refresh = r;
    en->profile = copy(profile);
    en->role_arn = copy(role_arn);
    en->external_id = copy(external_id);
    if (role_arn)
        account_of_role(role_arn, en->wanted);
    en->describe = mem_strdup(role_arn ? role_arn : profile ? profile : "default");
    en->org_ms = NEVER_MS;
    entrance_due(en, 0);
    VEC_PUSH(r->entrances, en);
    return en;
}

void entrance_forget(struct entrance *en)
{
    if (en->refused)
        identity_free(en->refused);
    if (en->changes)
        identity_free(en->changes);
    if (en->who && en->who != en->base)
        identity_free(en->who);
    if (en->base)
        identity_free(en->base);
    en->refused = en->changes = en->who = en->base = NULL;
}

void entrance_free(struct entrance *en)
{
    org_accounts_clear(&en->listed);
    mem_free(en->profile);
    mem_free(en->role_arn);
    mem_free(en->mfa_serial);
    mem_free(en->external_id);
    mem_free(en->change_role_arn);
    mem_free(en->login);
    mem_free(en->describe);
    for (size_t i = 0; en->regions && en->regions[i]; i++)
        mem_free(en->regions[i]);
    mem_free(en->regions);
    mem_free(en);
}

/* ---- what can go wrong -------------------------------------------------------------------------- */

static struct account *wanted_account(struct refresh *r, const struct entrance *en)
{
    return en->wanted[0] ? account_find(r, en->wanted) : NULL;
}

/* The role that an entrance leads to, also when it stands in the profile; NULL if there is none. */
static const char *role_of(const struct entrance *en)
{
    const struct identity *who = en->who ? en->who : en->base ? en->base : en->refused;
    if (en->role_arn)
        return strncmp(en->role_arn, "arn:", 4) == 0 ? en->role_arn : NULL;
    return who ? strstr(identity_describe(who), "arn:") : NULL;
}

static void entrance_failed(struct entrance *en, const struct err *err)
{
    struct refresh *r = en->refresh;
    en->err = *err;
    en->state = ENTRANCE_FAILED;
    en->tries++;
    if (!r->once)
        entrance_due(en, courtesy_not_before_ms(
                             r, time_mono_ms() + retry_in_ms(r, en->tries, err->code == ERR_DENIED)));
    const char *role = role_of(en);
    if (role && !en->wanted[0])
        account_of_role(role, en->wanted);
    if (role && en->wanted[0] && !wanted_account(r, en)) {
        char partition[24];
        size_t len = strcspn(role + 4, ":");
        (void)snprintf(partition, sizeof partition, "%.*s", (int)(len < 23 ? len : 23), role + 4);
        (void)account_get(r, en->wanted, partition);
    }
    struct account *a = wanted_account(r, en);
    if (a && !a->entrance)
        account_identity_failed(r, a, err, refresh_now_utc(r));
    status_note_error(r, OP_STS_GET_CALLER_IDENTITY, a, en->region, en->describe, err);
    r->accounts_changed = true;
}

enum err_code entrances_problem(const struct refresh *r, struct err *err)
{
    const struct entrance *first = NULL;
    for (size_t i = 0; i < r->entrances.n; i++) {
        const struct entrance *en = r->entrances.items[i];
        if (en->state == ENTRANCE_FAILED && !first)
            first = en;
    }
    for (size_t i = 0; i < r->accounts.n; i++) {
        const struct account *a = r->accounts.items[i];
        for (size_t j = 0; j < a->sites.n; j++)
            if (a->sites.items[j]->is_on)
                return ERR_OK;
    }
    if (first) {
        char fix[240];
        *err = first->err;
        if (err->advice_at && err->code == ERR_CREDENTIALS)
            return err->code; /* says what was tried and what to type */
        explain_fix(err, &(struct explain){.account = first->wanted, .region = first->region,
                                           .who = first->describe}, fix, sizeof fix);
        char said[331], text[sizeof err->text];
        explain_said(&first->err, said, sizeof said);
        (void)snprintf(text, sizeof text, "%s%s%.*s", said, fix[0] ? "; " : "", 179, fix);
        (void)snprintf(err->text, sizeof err->text, "%s", text);
        err->advice_at = 0;
        if (first->region[0])
            err_prefix(err, "%.100s: sts:GetCallerIdentity in %s", first->describe, first->region);
        else /* nothing was sent yet: a file could not be read */
            err_prefix(err, "%.100s", first->describe);
        return err->code;
    }
    for (size_t i = 0; i < r->accounts.n; i++)
        if (r->accounts.items[i]->err.code != ERR_OK) {
            *err = r->accounts.items[i]->err;
            return err->code;
        }
    return err_set(err, ERR_NOT_FOUND, "there is nothing to read");
}

/* ---- who is it? --------------------------------------------------------------------------------- */

static void write_identity(struct refresh *r, struct account *a, const cJSON *tree, int64_t at)
{
    struct err err;
    struct reading *reading = reading_new(r->collector, feed_get(FEED_IDENTITY), &a->home.place, a->node);
    if (reading_page(reading, tree, 0, &err) == ERR_OK)
        (void)reading_done(reading, at);
    else
        (void)reading_failed(reading, &err, at);
    reading_free(reading);
}

static void entrance_opened(struct entrance *en, const struct wire_answer *answer,
                            const struct caller *caller)
{
    struct refresh *r = en->refresh;
    struct account *a = account_get(r, caller->account, caller->partition);
    en->account = a;
    en->err = (struct err){0};
    en->tries = 0;
    en->retry_ms = NEVER_MS;
    r->accounts_changed = true;
    if (a->entrance && a->entrance != en) {
        en->state = ENTRANCE_DOUBLE;
        return;
    }
    en->state = ENTRANCE_OPEN;
    bool has_organization = r->org_role && !en->through;
    if (has_organization)
        en->org = ORG_ASKED; /* until then the list of accounts is not whole */
    explain_principal(caller->arn, a->principal, sizeof a->principal);
    account_opened(r, a, en);
    write_identity(r, a, answer->tree, r->fixed_now || answer->server_utc <= 0 ? refresh_now_utc(r)
                                                                                : answer->server_utc);
    if (has_organization)
        organization_ask(en);
}

static const char *always_on_region(const char *region)
{
    size_t i = 0;
    while (strncmp(region, always_on[i].prefix, strlen(always_on[i].prefix)) != 0)
        i++;
    return always_on[i].region;
}

/* The same credentials may be good elsewhere. */
static bool try_elsewhere(struct entrance *en, const struct err *err)
{
    const char *region = always_on_region(en->region);
    if (err->code != ERR_CREDENTIALS || !err->aws_code[0] || en->tried_elsewhere
        || strcmp(region, en->region) == 0)
        return false;
    en->tried_elsewhere = true;
    (void)snprintf(en->region, sizeof en->region, "%s", region);
    en->refused = en->who != en->base ? en->who : NULL; /* the wire still holds it */
    en->who = NULL;
    en->state = ENTRANCE_NEW;
    entrance_due(en, 0);
    return true;
}

static void identified(void *ctx, const struct wire_answer *a)
{
    struct entrance *en = ctx;
    struct err err = a->err;
    struct caller caller;
    status_note_answer(en->refresh, &err);
    if (!a->last)
        return;
    en->ticket = 0;
    en->refresh->n_entering--;
    if (err.code == ERR_CANCELLED)
        return;
    if (err.code == ERR_OK && collect_caller(a->tree, &caller, &err) == ERR_OK)
        entrance_opened(en, a, &caller);
    else if (!try_elsewhere(en, &err))
        entrance_failed(en, &err);
}

static void set_describe(struct entrance *en)
{
    if (!en->who)
        return;
    mem_free(en->describe);
    en->describe = mem_strdup(identity_describe(en->who));
}

static struct identity *assume(struct entrance *en, const char *role_arn)
{
    struct identity *source = en->through ? en->through->who : en->base;
    return identity_assume(en->refresh->wire, source,
                           &(struct identity_role){.arn = role_arn,
                                                   .external_id = en->external_id,
                                                   .mfa_serial = en->mfa_serial,
                                                   .region = en->region});
}

struct identity *entrance_changes(struct entrance *en)
{
    if (!en->changes && en->change_role_arn && en->who)
        en->changes = assume(en, en->change_role_arn);
    return en->changes;
}

static enum err_code make_identity(struct entrance *en, struct err *err)
{
    struct refresh *r = en->refresh;
    if (en->refused)
        identity_free(en->refused);
    en->refused = NULL;
    if (r->anonymous || en->who)
        return ERR_OK;
    if (!en->base && !en->through) {
        enum err_code code = identity_from_profile(r->wire, en->profile, &en->base, err);
        if (code != ERR_OK)
            return code;
    }
    if (!en->region[0]) {
        const char *own = en->base ? identity_settings(en->base)->region : NULL;
        (void)snprintf(en->region, sizeof en->region, "%s", own ? own : DEFAULT_REGION);
    }
    en->who = en->role_arn ? assume(en, en->role_arn) : en->base;
    set_describe(en);
    return ERR_OK;
}

static void set_region(struct entrance *en)
{
    struct refresh *r = en->refresh;
    if (en->region[0])
        return;
    if (en->through)
        (void)snprintf(en->region, sizeof en->region, "%s", en->through->region);
    else if (r->first_region)
        (void)snprintf(en->region, sizeof en->region, "%s", r->first_region);
    else if (r->anonymous)
        (void)snprintf(en->region, sizeof en->region, "%s", DEFAULT_REGION);
}

static void entrance_start(struct entrance *en)
{
    struct refresh *r = en->refresh;
    struct err err = {0};
    struct param profile = {"profile", en->profile ? en->profile : en->wanted, PARAM_TEXT};
    en->retry_ms = NEVER_MS;
    set_region(en);
    if (make_identity(en, &err) != ERR_OK) {
        mem_free(en->describe);
        en->describe = mem_printf("profile %s", en->profile ? en->profile : "default");
        entrance_failed(en, &err);
        return;
    }
    en->state = ENTRANCE_ASKED;
    r->n_entering++;
    en->ticket = wire_send(r->wire, &(struct wire_request){.op = OP_STS_GET_CALLER_IDENTITY,
                                                           .who = en->who,
                                                           .account = r->anonymous ? "" : en->wanted,
                                                           .region = en->region,
                                                           .params = &profile,
                                                           .n_params = r->anonymous,
                                                           .answered = identified,
                                                           .ctx = en});
}

/* ---- all of them -------------------------------------------------------------------------------- */

static int64_t next_due(const struct refresh *r)
{
    int64_t due = NEVER_MS;
    for (size_t i = 0; i < r->entrances.n; i++) {
        const struct entrance *en = r->entrances.items[i];
        bool may_start = en->state == ENTRANCE_NEW || en->state == ENTRANCE_FAILED;
        if (may_start && en->retry_ms < due)
            due = en->retry_ms;
        if (en->state == ENTRANCE_OPEN && courtesy_not_before_ms(r, en->org_ms) < due)
            due = courtesy_not_before_ms(r, en->org_ms);
    }
    return due;
}

void entrances_step(struct refresh *r, int64_t now_ms)
{
    if (now_ms < r->entrances_due_ms)
        return;
    for (size_t i = 0; i < r->entrances.n; i++) {
        struct entrance *en = r->entrances.items[i];
        bool may_start = en->state == ENTRANCE_NEW || en->state == ENTRANCE_FAILED;
        if (may_start && en->retry_ms <= now_ms)
            entrance_start(en);
        if (en->state == ENTRANCE_OPEN && courtesy_not_before_ms(r, en->org_ms) <= now_ms
            && !en->org_ticket)
            organization_ask(en);
    }
    r->entrances_due_ms = next_due(r);
}

static void retry_account(struct refresh *r, struct account *a)
{
    for (int f = 0; f < FEED_COUNT; f++) {
        if (a->home.lanes[f])
            lane_retry(r, a->home.lanes[f]);
        for (size_t i = 0; i < a->sites.n; i++)
            if (a->sites.items[i]->lanes[f])
                lane_retry(r, a->sites.items[i]->lanes[f]);
    }
}

void entrance_retry(struct entrance *en)
{
    struct refresh *r = en->refresh;
    for (size_t i = 0; i < r->entrances.n; i++) {
        struct entrance *other = r->entrances.items[i];
        if (other != en && other->through != en)
            continue;
        if (other->who || other->base)
            identity_retry(other->who ? other->who : other->base);
        if (other->state == ENTRANCE_FAILED)
            entrance_due(other, 0);
        if (other->account && other->account->entrance == other)
            retry_account(r, other->account);
    }
}

void entrances_retry(struct refresh *r)
{
    for (size_t i = 0; i < r->entrances.n; i++) {
        struct entrance *en = r->entrances.items[i];
        if (en->state == ENTRANCE_FAILED)
            entrance_due(en, 0);
        if (en->state == ENTRANCE_OPEN && en->org != ORG_NOT_ASKED && !en->org_ticket)
            organization_due(en, 0);
    }
}

void entrances_cancel(struct refresh *r)
{
    for (size_t i = 0; i < r->entrances.n; i++) {
        const struct entrance *en = r->entrances.items[i];
        if (en->ticket)
            wire_cancel(r->wire, en->ticket);
        if (en->org_ticket)
            wire_cancel(r->wire, en->org_ticket);
    }
}

bool entrances_are_settled(const struct refresh *r)
{
    for (size_t i = 0; i < r->entrances.n; i++) {
        const struct entrance *en = r->entrances.items[i];
        if (en->state == ENTRANCE_NEW || en->state == ENTRANCE_ASKED || en->org == ORG_ASKED)
            return false;
    }
    return true;
}
