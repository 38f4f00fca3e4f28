#include "backend/refresh/internal.h"

#include <string.h>

#define UNREACHABLE_IN_A_ROW 4 /* then the rest of a lane is not tried either */

static const char *op_name(const struct feed *feed)
{
    return op_get(feed->op)->id;
}

int64_t refresh_now_utc(const struct refresh *r)
{
    return r->fixed_now ? r->fixed_now : time_now_utc() + r->clock_offset_s;
}

static int64_t answered_at(const struct refresh *r, const struct wire_answer *a)
{
    return r->fixed_now || a->server_utc <= 0 ? refresh_now_utc(r) : a->server_utc;
}

/* ---- order -------------------------------------------------------------------------------------- */

static bool is_looked_at(const struct refresh *r, const struct lane *lane)
{
    const struct request *look = &r->look;
    return r->looked[lane->feed->id]
           && (!look->account[0] || strcmp(look->account, lane->site->place.account) == 0)
           && (!look->region[0] || strcmp(look->region, lane->site->place.region) == 0);
}

int lane_order(const struct refresh *r, const struct lane *lane)
{
    return lane->is_urgent || is_looked_at(r, lane) ? 0 : lane->feed->order < ORDERS ? lane->feed->order : ORDERS - 1;
}

void calls_reprioritize(struct refresh *r)
{
    for (struct call *c = r->calls; c; c = c->next)
        wire_reprioritize(r->wire, c->ticket, lane_order(r, c->lane));
}

/* ---- the calls that are with the wire ----------------------------------------------------------- */

static struct call *call_new(struct refresh *r, struct lane *lane, uint32_t node)
{
    struct call *c = mem_alloc(sizeof *c);
    c->refresh = r;
    c->lane = lane;
    c->node = node;
    c->next = r->calls;
    if (c->next)
        c->next->previous = c;
    r->calls = c;
    r->n_calls++;
    lane->calls++;
    return c;
}

static void call_free(struct call *c)
{
    struct refresh *r = c->refresh;
    if (c->previous)
        c->previous->next = c->next;
    else
        r->calls = c->next;
    if (c->next)
        c->next->previous = c->previous;
    r->n_calls--;
    reading_free(c->reading);
    mem_free(c->err);
    mem_free(c);
}

/* Ends a call; its lane may ask for the next record. */
static void call_end(struct call *c)
{
    struct refresh *r = c->refresh;
    struct lane *lane = c->lane;
    call_free(c);
    lane->calls--;
    lane_make_ready(r, lane);
}

void calls_cancel(struct refresh *r, const struct site *site)
{
    for (struct call *c = r->calls; c; c = c->next)
        if (!site || c->lane->site == site) {
            c->is_dropped = true;
            wire_cancel(r->wire, c->ticket);
        }
}

void calls_after_step(struct refresh *r)
{
    for (struct call *c = r->calls; c; c = c->next)
        if (c->is_cancelled) {
            c->is_cancelled = false;
            wire_cancel(r->wire, c->ticket);
        }
}

/* ---- failures ----------------------------------------------------------------------------------- */

static bool is_unreachable(enum err_code code)
{
    return code == ERR_UNREACHABLE || code == ERR_TIMEOUT || code == ERR_TLS || code == ERR_CREDENTIALS
           || code == ERR_EXPIRED;
}

/* The records of a list as readers have it; for what follows from it when it cannot be read anew. */
static void follow_known(struct refresh *r, struct lane *lane, uint32_t parent)
{
    const struct generation *g = estate_acquire(r->estate);
    uint32_t slot = estate_find_slot(r->estate, lane->site->place.scope, lane->feed->list, parent);
    const struct slice *s = generation_slice(g, slot);
    VEC(uint32_t) nodes = {0};
    struct record record;
    for (uint32_t row = 0; slice_record(g, s, row, &record); row++)
        VEC_PUSH(nodes, record.node);
    follow_list(r, lane->site, lane->feed->list, nodes.items, nodes.n);
    VEC_FREE(nodes);
    generation_release(g);
}

static void follow_failed_list(struct refresh *r, struct lane *lane, const struct reading *reading,
                               uint32_t node)
{
    size_t n;
    const uint32_t *nodes = reading_nodes(reading, &n);
    follow_list(r, lane->site, lane->feed->list, nodes, n);
    follow_known(r, lane, node);
}

static void regions_failed(struct refresh *r, struct lane *lane, const struct err *err, int64_t at)
{
    struct account *a = lane->site->account;
    if (lane->feed->is_fallback)
        account_guess_regions(r, a, lane->feed, err, at);
    else
        lane_ask(r, lane_get(r, lane->site, feed_get(FEED_REGIONS_OF_ACCOUNT)), a->node, false);
}

/* A record that AWS no longer knows is gone from its list too: soon enough that shows. */
static void read_list_soon(struct refresh *r, struct lane *lane)
{
    for (int f = 0; f < FEED_COUNT; f++) {
        const struct feed *feed = feed_get((enum feed_id)f);
        struct lane *list = lane->site->lanes[f];
        if (feed->list != LIST_NONE && list_row(feed->list)->kind == lane->feed->of && list
            && list->cycle_ms != NEVER_MS)
            lane_set_cycle(r, list, r->retry_first_ms);
    }
}

static void note_failure(struct refresh *r, struct lane *lane, uint32_t node, struct reading *reading,
                         const struct err *err, int64_t at)
{
    const struct feed *feed = lane->feed;
    enum truth truth = reading_failed(reading, err, at);
    r->is_dirty = true;
    bool is_failure = truth == TRUTH_DENIED || truth == TRUTH_FAILED;
    if (is_failure)
        status_note_error(r, feed->op, lane->site->account, lane->site->place.region, NULL, err);
    if (feed->list == LIST_REGIONS)
        regions_failed(r, lane, err, at);
    else if (feed->list != LIST_NONE && is_failure)
        follow_failed_list(r, lane, reading, node);
    if (err->code == ERR_NOT_FOUND)
        read_list_soon(r, lane);
    if (is_failure)
        lane_failed(r, lane, node, truth);
    else
        lane_done(r, lane, node);
    if (feed->of == KIND_NONE || feed->id == FEED_REGIONS)
        lane_set_cycle(r, lane, with_jitter(r, r->period_ms[feed->tier]));
}

/* One reading a record, although nothing was answered: it knows where the truth is kept. */
static void fail_without_call(struct refresh *r, struct lane *lane, uint32_t node, const struct err *err)
{
    struct reading *reading = reading_new(r->collector, lane->feed, &lane->site->place, node);
    note_failure(r, lane, node, reading, err, refresh_now_utc(r));
    reading_free(reading);
}

static void count_unreachable(struct refresh *r, struct lane *lane, const struct err *err)
{
    if (!is_unreachable(err->code)) {
        lane->n_unreachable = 0;
        return;
    }
    if (++lane->n_unreachable < UNREACHABLE_IN_A_ROW)
        return;
    lane->n_unreachable = 0;
    for (uint32_t node; lane_take(r, lane, &node);)
        fail_without_call(r, lane, node, err);
}

/* ---- answers ------------------------------------------------------------------------------------ */

static void list_done(struct refresh *r, struct lane *lane, struct reading *reading)
{
    const struct feed *feed = lane->feed;
    size_t n;
    const uint32_t *nodes = reading_nodes(reading, &n);
    if (feed->list == LIST_REGIONS)
        account_list_regions(r, lane->site->account, reading);
    else
        follow_list(r, lane->site, feed->list, nodes, n);
    if (feed->of == KIND_NONE || feed->list == LIST_REGIONS)
        lane_set_cycle(r, lane_get(r, lane->site, feed->is_fallback ? feed_get(FEED_REGIONS) : feed),
                       with_jitter(r, r->period_ms[feed->tier]));
}

/* What was asked under a record that went away meanwhile belongs nowhere. */
static bool parent_is_gone(const struct refresh *r, const struct lane *lane, uint32_t node)
{
    struct record record;
    return lane->feed->list != LIST_NONE && node && !estate_current(r->estate, node, &record);
}

static void succeed(struct call *c, int64_t at)
{
    struct refresh *r = c->refresh;
    struct lane *lane = c->lane;
    lane->n_unreachable = 0;
    r->is_dirty = r->has_read = true;
    if (reading_done(c->reading, at))
        r->must_sweep = true;
    if (parent_is_gone(r, lane, c->node))
        r->must_sweep = true;
    lane_done(r, lane, c->node);
    if (lane->feed->list != LIST_NONE)
        list_done(r, lane, c->reading);
    else
        follow_facet(r, lane->site, lane->feed->facet, c->node);
}

static void fail(struct call *c, const struct err *err, int64_t at)
{
    struct refresh *r = c->refresh;
    struct lane *lane = c->lane;
    note_failure(r, lane, c->node, c->reading, err, at);
    count_unreachable(r, lane, err);
    if (lane->feed->list == LIST_NONE) /* one denied call hides no more than it must */
        follow_facet(r, lane->site, lane->feed->facet, c->node);
}

static void read_page(struct call *c, const struct wire_answer *a)
{
    struct err err;
    if (c->err)
        return;
    if (a->err.code != ERR_OK)
        err = a->err;
    else if (reading_page(c->reading, a->tree, a->page, &err) == ERR_OK)
        return;
    c->err = mem_alloc(sizeof *c->err);
    *c->err = err;
    c->is_cancelled = !a->last; /* the other pages would be of no use */
}

static void answered(void *ctx, const struct wire_answer *a)
{
    struct call *c = ctx;
    struct refresh *r = c->refresh;
    status_note_answer(r, &a->err);
    if (!c->err && a->err.code == ERR_CANCELLED)
        c->is_dropped = true;
    if (!c->is_dropped) {
        if (!c->reading)
            c->reading = reading_new(r->collector, c->lane->feed, &c->lane->site->place, c->node);
        read_page(c, a);
    }
    if (!a->last) {
        if (!c->is_dropped && !c->err)
            reading_show(c->reading);
        r->is_dirty = true;
        return;
    }
    if (c->is_dropped)
        lane_done(r, c->lane, c->node);
    else if (c->err)
        fail(c, c->err, answered_at(r, a));
    else
        succeed(c, answered_at(r, a));
    call_end(c);
}

/* ---- sending ------------------------------------------------------------------------------------ */

static void show_loading(struct refresh *r, struct lane *lane, uint32_t node)
{
    const struct feed *feed = lane->feed;
    struct record record;
    enum list lists[FEED_LISTS];
    size_t n = feed_lists(feed, lists);
    for (size_t i = 0; i < n; i++)
        estate_loading(r->estate, estate_slot(r->estate, lane->site->place.scope, lists[i], node), NULL);
    if (n == 0 && estate_current(r->estate, node, &record)
        && record_facet(&record, feed->facet).truth == TRUTH_NOT_ASKED)
        estate_set_facet(r->estate, record.slot, node, feed->facet, TRUTH_LOADING, 0, 0);
}

static void call_send(struct refresh *r, struct lane *lane, uint32_t node, int priority)
{
    struct record record;
    struct call_params params;
    struct err err = {0};
    const struct account *a = lane->site->account;
    bool has_record = node && estate_current(r->estate, node, &record);
    if ((node && !has_record) || !a->entrance) {
        lane_done(r, lane, node);
        return;
    }
    if (collect_params(r->collector, lane->feed, &lane->site->place, has_record ? &record : NULL, &params,
                       &err)
        != ERR_OK) {
        err_prefix(&err, "%s cannot be asked", op_name(lane->feed));
        fail_without_call(r, lane, node, &err);
        return;
    }
    struct call *c = call_new(r, lane, node);
    c->ticket = wire_send(r->wire, &(struct wire_request){.op = lane->feed->op,
                                                          .who = a->entrance->who,
                                                          .account = a->id,
                                                          .region = lane->site->place.region,
                                                          .params = params.items,
                                                          .n_params = params.n,
                                                          .priority = priority,
                                                          .answered = answered,
                                                          .ctx = c});
    show_loading(r, lane, node);
    r->is_dirty = true;
}

void calls_send(struct refresh *r)
{
    struct lane *lane;
    while (r->n_calls < MAX_CALLS && (lane = lane_pop_ready(r))) {
        uint32_t node;
        int priority = lane_order(r, lane);
        if (lane_take(r, lane, &node))
            call_send(r, lane, node, priority);
        lane_make_ready(r, lane);
    }
}
