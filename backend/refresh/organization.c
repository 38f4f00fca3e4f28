#include "backend/refresh/internal.h"

#include <string.h>

/* The accounts of the organization that an entrance leads into. */

void organization_due(struct entrance *en, int64_t ms)
{
    en->org_ms = ms;
    entrances_step_at(en->refresh, ms);
}

/* ---- the accounts that were listed --------------------------------------------------------------- */

static void replace(char **text, const char *by)
{
    mem_free(*text);
    *text = by && by[0] ? mem_strdup(by) : NULL;
}

static bool is_active(const char *state)
{
    return state[0] == '\0' || strcmp(state, "ACTIVE") == 0;
}

static bool has_entrance(const struct refresh *r, const struct account *a)
{
    for (size_t i = 0; i < r->entrances.n; i++) {
        const struct entrance *en = r->entrances.items[i];
        bool is_own = en->account == a || strcmp(en->wanted, a->id) == 0;
        if (is_own && en->state != ENTRANCE_DOUBLE)
            return true;
    }
    return false;
}

/* An account that AWS has closed or suspended answers nobody, and yet may hold what others need. */
static void account_inactive(struct refresh *r, struct account *a)
{
    struct err err;
    (void)err_set(&err, ERR_REJECTED, "the account is %s: it is not entered", a->state);
    if (a->entrance)
        account_closed(r, a);
    account_identity_failed(r, a, &err, refresh_now_utc(r));
}

static void enter_through(struct entrance *en, struct account *a)
{
    struct refresh *r = en->refresh;
    char *role = mem_printf("arn:%s:iam::%s:role/%s", a->partition, a->id, r->org_role);
    struct entrance *own = entrance_new(r, NULL, role, r->org_external_id);
    own->through = en;
    if (r->org_change_role)
        own->change_role_arn =
            mem_printf("arn:%s:iam::%s:role/%s", a->partition, a->id, r->org_change_role);
    mem_free(role);
}

static void take_listed(struct entrance *en, const struct org_account *listed)
{
    struct refresh *r = en->refresh;
    struct account *a = account_get(r, listed->id, en->account->partition);
    a->listed_by = en;
    a->is_gone = false;
    replace(&a->name, listed->name);
    replace(&a->org_arn, listed->arn);
    replace(&a->state, listed->state);
    if (is_active(listed->state) && !has_entrance(r, a))
        enter_through(en, a);
}

static bool is_listed(const struct entrance *en, const struct account *a)
{
    for (size_t i = 0; i < en->listed.n; i++)
        if (strcmp(en->listed.items[i].id, a->id) == 0)
            return true;
    return false;
}

/* Accounts that came through this organization and are in it no longer. */
static void forget_missing(struct entrance *en)
{
    struct refresh *r = en->refresh;
    for (size_t i = 0; i < r->accounts.n; i++) {
        struct account *a = r->accounts.items[i];
        bool came_through = a->entrance && a->entrance->through == en;
        if (!came_through || is_listed(en, a))
            continue;
        a->entrance->state = ENTRANCE_DOUBLE;
        a->is_gone = true;
        account_closed(r, a);
    }
}

/* ---- the call ------------------------------------------------------------------------------------ */

static void org_done(struct entrance *en)
{
    struct refresh *r = en->refresh;
    en->org = ORG_LISTED;
    en->org_tries = 0;
    if (!r->once)
        organization_due(en, time_mono_ms() + with_jitter(r, r->period_ms[TIER_INVENTORY]));
    for (size_t i = 0; i < en->listed.n; i++)
        take_listed(en, &en->listed.items[i]);
    forget_missing(en);
    accounts_write(r);
    for (size_t i = 0; i < en->listed.n; i++) {
        struct account *a = account_find(r, en->listed.items[i].id);
        if (a && !is_active(en->listed.items[i].state))
            account_inactive(r, a);
    }
    org_accounts_clear(&en->listed);
}

static void org_failed(struct entrance *en, const struct err *err)
{
    struct refresh *r = en->refresh;
    static const struct feed as_feed = {.op = OP_ORGANIZATIONS_LIST_ACCOUNTS};
    en->org = ORG_FAILED;
    en->org_err = *err;
    en->org_truth = feed_truth(&as_feed, err);
    en->org_tries++;
    if (!r->once)
        organization_due(en, courtesy_not_before_ms(r, time_mono_ms()
                                                           + retry_in_ms(r, en->org_tries,
                                                                         err->code == ERR_DENIED)));
    status_note_error(r, OP_ORGANIZATIONS_LIST_ACCOUNTS, en->account, en->region, en->describe, err);
    org_accounts_clear(&en->listed);
    r->accounts_changed = true;
}

static void org_answered(void *ctx, const struct wire_answer *a)
{
    struct entrance *en = ctx;
    struct err err = a->err;
    status_note_answer(en->refresh, &err);
    if (a->page == 0)
        org_accounts_clear(&en->listed);
    if (err.code == ERR_OK && en->org_err.code == ERR_OK
        && collect_org_page(a->tree, &en->listed, &err) != ERR_OK)
        en->org_err = err;
    if (!a->last)
        return;
    en->org_ticket = 0;
    en->refresh->n_entering--;
    if (err.code == ERR_OK && en->org_err.code == ERR_OK)
        org_done(en);
    else if (err.code != ERR_CANCELLED)
        org_failed(en, err.code != ERR_OK ? &err : &en->org_err);
}

void organization_ask(struct entrance *en)
{
    struct refresh *r = en->refresh;
    en->org = ORG_ASKED;
    en->org_ms = NEVER_MS;
    en->org_err = (struct err){0};
    r->n_entering++;
    en->org_ticket = wire_send(r->wire, &(struct wire_request){.op = OP_ORGANIZATIONS_LIST_ACCOUNTS,
                                                               .who = en->who,
                                                               .account = en->account->id,
                                                               .region = en->region,
                                                               .priority = 1,
                                                               .answered = org_answered,
                                                               .ctx = en});
}
