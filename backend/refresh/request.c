#include "backend/refresh/internal.h"

#include <stdio.h>
#include <string.h>

/* ---- any thread: asking ------------------------------------------------------------------------- */

static void request_push(struct refresh *r, struct request request)
{
    if (!r->wire) { /* what was kept is not asked again */
        mem_free_secret(request.code);
        return;
    }
    pthread_mutex_lock(&r->lock);
    VEC_PUSH(r->requests, request);
    pthread_mutex_unlock(&r->lock);
    wire_wakeup(r->wire);
}

void refresh_look_at(struct refresh *r, enum kind kind, const char *account, const char *region)
{
    struct request request = {.what = REQUEST_LOOK, .kind = kind};
    (void)snprintf(request.account, sizeof request.account, "%s", account);
    (void)snprintf(request.region, sizeof request.region, "%s", region);
    request_push(r, request);
}

void refresh_node(struct refresh *r, uint32_t node)
{
    request_push(r, (struct request){.what = REQUEST_NODE, .node = node});
}

void refresh_evidence(struct refresh *r, uint32_t node)
{
    request_push(r, (struct request){.what = REQUEST_EVIDENCE, .node = node});
}

void refresh_kind(struct refresh *r, enum kind kind)
{
    request_push(r, (struct request){.what = REQUEST_KIND, .kind = kind});
}

void refresh_log_in(struct refresh *r, unsigned id, const char *code)
{
    request_push(r, (struct request){
                        .what = REQUEST_LOGIN, .login = id, .code = code ? mem_strdup(code) : NULL});
}

void refresh_log_in_cancel(struct refresh *r, unsigned id)
{
    request_push(r, (struct request){.what = REQUEST_DECLINE, .login = id});
}

void refresh_freeze(struct refresh *r, bool frozen)
{
    request_push(r, (struct request){.what = REQUEST_FREEZE, .frozen = frozen});
}

/* ---- what the user looks at --------------------------------------------------------------------- */

static bool is_about(const struct feed *feed, enum kind kind)
{
    return feed->of == kind || feed_fills(feed, kind);
}

/* What must be known before this feed can be asked. */
static bool comes_before(const struct feed *feed, const struct feed *later)
{
    bool lists_it = later->of != KIND_NONE && feed_fills(feed, later->of);
    return lists_it || (later->after != FACET_LIST_ && feed->facet == later->after);
}

static void look_at(struct refresh *r, const struct request *request)
{
    bool grows = request->kind != KIND_NONE;
    r->look = *request;
    for (int f = 0; f < FEED_COUNT; f++)
        r->looked[f] = grows && is_about(feed_get((enum feed_id)f), request->kind);
    while (grows) {
        grows = false;
        for (int f = 0; f < FEED_COUNT; f++)
            for (int l = 0; l < FEED_COUNT && !r->looked[f]; l++)
                if (r->looked[l] && comes_before(feed_get((enum feed_id)f), feed_get((enum feed_id)l)))
                    r->looked[f] = grows = true;
    }
    lanes_reorder(r);
    calls_reprioritize(r);
}

/* ---- reading again ------------------------------------------------------------------------------ */

static struct site *site_of(struct refresh *r, const struct record *record)
{
    uint32_t scope = slot_scope(r->estate, record->slot);
    const char *region = record->kind == KIND_REGION ? record_region(record)
                                                     : scope_region(r->estate, scope);
    if (record->kind == KIND_ACCOUNT)
        return site_find(r, record_account(record), "");
    return site_find(r, scope_account(r->estate, scope), region);
}

/* Records about which nothing is asked one by one are read with their list. */
static void ask_list_of(struct refresh *r, struct site *site, uint32_t slot)
{
    for (int f = 0; f < FEED_COUNT; f++) {
        const struct feed *feed = feed_get((enum feed_id)f);
        enum list lists[FEED_LISTS];
        bool fills = false;
        for (size_t n = feed_lists(feed, lists); n > 0; n--)
            fills |= lists[n - 1] == slot_list(r->estate, slot);
        if (fills && !feed->is_fallback)
            lane_ask(r, lane_get(r, site, feed), slot_parent(r->estate, slot), true);
    }
}

/* What was read on demand is read again with the record; what follows from that comes by itself. */
static bool is_read_again(struct refresh *r, struct site *site, const struct feed *feed,
                          const struct record *record)
{
    if (!op_get(feed->op)->on_demand)
        return true;
    return !facet_row(feed->after)->on_demand && lane_was_asked(r, lane_get(r, site, feed), record);
}

static void read_node(struct refresh *r, uint32_t node)
{
    struct record record;
    struct site *site = node && estate_current(r->estate, node, &record) ? site_of(r, &record) : NULL;
    if (!site)
        return;
    bool is_asked = false;
    enum kind kind = record.kind;
    uint32_t slot = record.slot;
    for (int f = 0; f < FEED_COUNT; f++) {
        const struct feed *feed = feed_get((enum feed_id)f);
        if (feed->of != kind || feed->is_fallback || !is_read_again(r, site, feed, &record)
            || (kind == KIND_ACCOUNT && !account_is_asked(site->account, feed)))
            continue;
        if (feed_applies(feed, &record) == APPLIES_YES)
            lane_ask(r, lane_get(r, site, feed), node, true);
        is_asked |= !op_get(feed->op)->on_demand;
    }
    if (!is_asked)
        ask_list_of(r, site, slot);
}

/* What follows from one of these is asked when that is known. */
static void read_evidence(struct refresh *r, uint32_t node)
{
    struct record record;
    struct site *site = node && estate_current(r->estate, node, &record) ? site_of(r, &record) : NULL;
    enum kind kind = site ? record.kind : KIND_NONE;
    for (int f = 0; site && f < FEED_COUNT; f++) {
        const struct feed *feed = feed_get((enum feed_id)f);
        if (feed->of == kind && op_get(feed->op)->on_demand && !facet_row(feed->after)->on_demand)
            lane_ask_if_old(r, lane_get(r, site, feed), node, true);
    }
}

/* The lists of a kind. Those under records are reached through the records, so their lists come too. */
static void ask_lists(struct refresh *r, struct site *site, enum kind kind, int64_t now_utc)
{
    bool is_home = site == &site->account->home;
    for (int f = 0; f < FEED_COUNT; f++) {
        const struct feed *feed = feed_get((enum feed_id)f);
        if (!feed_fills(feed, kind) || feed->is_fallback)
            continue;
        if (feed->of == KIND_NONE && !is_home) {
            lane_ask(r, lane_get(r, site, feed), 0, false);
        } else if (is_home && account_is_asked(site->account, feed)) {
            lane_ask(r, lane_get(r, site, feed), site->node, false);
        } else if (feed->of != KIND_NONE && feed->of != KIND_ACCOUNT) {
            lane_get(r, site, feed)->forced_utc = now_utc;
            if (feed->of != kind) /* a unit stands under a unit */
                ask_lists(r, site, feed->of, now_utc);
        }
    }
}

/* And what is asked of each of its records, however young. */
static void read_site(struct refresh *r, struct site *site, enum kind kind, int64_t now_utc)
{
    if (!site->is_on)
        return;
    for (int f = 0; f < FEED_COUNT; f++) {
        const struct feed *feed = feed_get((enum feed_id)f);
        if (feed->of == kind && feed->of != KIND_NONE)
            lane_get(r, site, feed)->forced_utc = now_utc;
    }
    ask_lists(r, site, kind, now_utc);
}

static void read_all(struct refresh *r, struct site *site, enum kind kind, int64_t now_utc)
{
    for (int k = 1; k < KIND_COUNT; k++)
        if (kind == KIND_NONE || kind == (enum kind)k)
            read_site(r, site, (enum kind)k, now_utc);
}

static void read_kind(struct refresh *r, enum kind kind)
{
    int64_t now_utc = refresh_now_utc(r);
    if (kind == KIND_NONE || kind == KIND_ACCOUNT)
        entrances_retry(r);
    for (size_t i = 0; i < r->accounts.n; i++) {
        struct account *a = r->accounts.items[i];
        read_all(r, &a->home, kind, now_utc);
        for (size_t j = 0; j < a->sites.n; j++)
            read_all(r, a->sites.items[j], kind, now_utc);
    }
}

static void freeze(struct refresh *r, bool frozen)
{
    r->frozen = frozen;
    r->is_dirty = true; /* also what came in meanwhile */
}

static void request_run(struct refresh *r, const struct request *request)
{
    if (request->what == REQUEST_LOOK)
        look_at(r, request);
    else if (request->what == REQUEST_NODE)
        read_node(r, request->node);
    else if (request->what == REQUEST_EVIDENCE)
        read_evidence(r, request->node);
    else if (request->what == REQUEST_KIND)
        read_kind(r, request->kind);
    else if (request->what == REQUEST_LOGIN)
        login_begin(r, request->login, request->code);
    else if (request->what == REQUEST_DECLINE)
        login_decline(r, request->login);
    else
        freeze(r, request->frozen);
}

void requests_take(struct refresh *r)
{
    VEC(struct request) taken = {0};
    pthread_mutex_lock(&r->lock);
    memcpy(&taken, &r->requests, sizeof taken);
    memset(&r->requests, 0, sizeof r->requests);
    pthread_mutex_unlock(&r->lock);
    for (size_t i = 0; i < taken.n; i++) {
        request_run(r, &taken.items[i]);
        mem_free_secret(taken.items[i].code);
    }
    VEC_FREE(taken);
}
