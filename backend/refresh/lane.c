#include "backend/refresh/internal.h"

#include <string.h>

#define RETRY_MOST 2                /* times the first delay: what recovers is seen within half a minute */
#define DENIED_MOST 30              /* what is denied is not asked too often */
#define YOUNG_PERCENT 80            /* of a period: what was read since then is not asked again */

int64_t with_jitter(struct refresh *r, int64_t ms)
{
    /* xorshift: only so that thousands of places do not ask in step */
    r->random ^= r->random << 13;
    r->random ^= r->random >> 7;
    r->random ^= r->random << 17;
    return ms - ms / 10 + (int64_t)(r->random % (uint64_t)(ms / 5 + 1));
}

int64_t retry_in_ms(struct refresh *r, int tries, bool is_denied)
{
    int64_t ms = r->retry_first_ms, most = ms * (is_denied ? DENIED_MOST : RETRY_MOST);
    for (int i = 1; i < tries && ms < most; i++)
        ms *= 2;
    return with_jitter(r, ms < most ? ms : most);
}

/* ---- lists of records --------------------------------------------------------------------------- */

static uint32_t nodes_left(const struct nodes *list)
{
    return list ? list->n - list->head : 0;
}

static void nodes_push(struct nodes **list, uint32_t node)
{
    struct nodes *l = *list;
    if (!l || l->n == l->cap) {
        uint32_t cap = l ? l->cap * 2 : 2, n = l ? l->n : 0, head = l ? l->head : 0;
        l = *list = mem_resize(l, 1, sizeof *l + cap * sizeof *l->items);
        *l = (struct nodes){.head = head, .n = n, .cap = cap};
    }
    l->items[l->n++] = node;
}

static void nodes_free(struct nodes **list)
{
    mem_free(*list);
    *list = NULL;
}

/* Moves a record that waits to the head. */
static void nodes_first(struct nodes *list, uint32_t node)
{
    for (uint32_t i = list->head; i < list->n; i++)
        if (list->items[i] == node) {
            memmove(&list->items[list->head + 1], &list->items[list->head],
                    (i - list->head) * sizeof *list->items);
            list->items[list->head] = node;
            return;
        }
}

/* ---- which records are under way ---------------------------------------------------------------- */

static uint64_t busy_key(const struct lane *lane, uint32_t node)
{
    return ((uint64_t)lane->feed->id + 1) << 32 | node;
}

static size_t busy_place(const struct busy *b, uint64_t key)
{
    size_t i = (size_t)(key * 0x9e3779b97f4a7c15u >> 32) & b->mask;
    while (b->keys[i] && b->keys[i] != key)
        i = (i + 1) & b->mask;
    return i;
}

static void busy_grow(struct busy *b)
{
    struct busy grown = {.n = b->n, .mask = b->keys ? b->mask * 2 + 1 : 1023};
    grown.keys = mem_alloc_array(grown.mask + 1, sizeof *grown.keys);
    for (size_t i = 0; b->keys && i <= b->mask; i++)
        if (b->keys[i])
            grown.keys[busy_place(&grown, b->keys[i])] = b->keys[i];
    mem_free(b->keys);
    *b = grown;
}

/* False if it was there. */
static bool busy_add(struct busy *b, uint64_t key)
{
    if (!b->keys || b->n * 2 >= b->mask)
        busy_grow(b);
    size_t i = busy_place(b, key);
    if (b->keys[i])
        return false;
    b->keys[i] = key;
    b->n++;
    return true;
}

/* Moves up what stands behind, so that no hole cuts a search short. */
static void busy_remove(struct busy *b, uint64_t key)
{
    size_t i = b->keys ? busy_place(b, key) : 0;
    if (!b->keys || !b->keys[i])
        return;
    b->keys[i] = 0;
    b->n--;
    for (size_t j = (i + 1) & b->mask; b->keys[j]; j = (j + 1) & b->mask) {
        uint64_t moved = b->keys[j];
        b->keys[j] = 0;
        b->keys[busy_place(b, moved)] = moved;
    }
}

/* ---- lanes -------------------------------------------------------------------------------------- */

struct lane *lane_get(struct refresh *r, struct site *site, const struct feed *feed)
{
    struct lane **place = &site->lanes[feed->id];
    if (!*place) {
        struct lane *lane = *place = mem_alloc(sizeof *lane);
        lane->site = site;
        lane->feed = feed;
        lane->due.tie = r->next_tie++;
        lane->cycle_ms = lane->failed_ms = lane->denied_ms = NEVER_MS;
        lane->forced_utc = TIME_NONE;
    }
    return *place;
}

static void lane_set_due(struct refresh *r, struct lane *lane)
{
    int64_t ms = lane->cycle_ms;
    ms = lane->failed_ms < ms ? lane->failed_ms : ms;
    ms = lane->denied_ms < ms ? lane->denied_ms : ms;
    heap_remove(&r->due, &lane->due);
    lane->due.key = ms;
    if (ms != NEVER_MS)
        heap_push(&r->due, &lane->due);
}

void lane_set_cycle(struct refresh *r, struct lane *lane, int64_t in_ms)
{
    if (r->once || !lane->site->is_on)
        return;
    lane->cycle_ms = time_mono_ms() + in_ms;
    lane_set_due(r, lane);
}

void lane_make_ready(struct refresh *r, struct lane *lane)
{
    if (lane->is_ready || nodes_left(lane->waiting) == 0 || lane->calls >= MAX_LANE_CALLS)
        return;
    int order = lane_order(r, lane);
    lane->is_ready = true;
    lane->next = NULL;
    if (r->ready[order])
        r->ready_last[order]->next = lane;
    else
        r->ready[order] = lane;
    r->ready_last[order] = lane;
    r->ready_mask |= (uint64_t)1 << order;
}

struct lane *lane_pop_ready(struct refresh *r)
{
    if (!r->ready_mask)
        return NULL;
    int order = __builtin_ctzll(r->ready_mask);
    struct lane *lane = r->ready[order];
    r->ready[order] = lane->next;
    if (!lane->next)
        r->ready_mask &= ~((uint64_t)1 << order);
    lane->is_ready = false;
    return lane;
}

void lanes_reorder(struct refresh *r)
{
    struct lane *all = NULL;
    for (int order = 0; order < ORDERS; order++) {
        for (struct lane *lane = r->ready[order], *next; lane; lane = next) {
            next = lane->next;
            lane->is_ready = false;
            lane->next = all;
            all = lane;
        }
        r->ready[order] = NULL;
    }
    r->ready_mask = 0;
    for (struct lane *next; all; all = next) {
        next = all->next;
        lane_make_ready(r, all);
    }
}

static void lane_unready(struct refresh *r, struct lane *lane)
{
    struct lane *before = NULL;
    for (int order = 0; lane->is_ready && order < ORDERS; order++, before = NULL)
        for (struct lane *at = r->ready[order]; at; before = at, at = at->next) {
            if (at != lane)
                continue;
            *(before ? &before->next : &r->ready[order]) = lane->next;
            if (!lane->next)
                r->ready_last[order] = before;
            if (!r->ready[order])
                r->ready_mask &= ~((uint64_t)1 << order);
            lane->is_ready = false;
            break;
        }
}

void lane_forgive(struct refresh *r, struct lane *lane)
{
    nodes_free(&lane->failed);
    nodes_free(&lane->denied);
    lane->failed_ms = lane->denied_ms = NEVER_MS;
    lane->tries = lane->denied_tries = lane->n_unreachable = 0;
    lane_set_due(r, lane);
}

void lane_retry(struct refresh *r, struct lane *lane)
{
    if (lane->failed_ms == NEVER_MS)
        return;
    lane->failed_ms = time_mono_ms();
    lane_set_due(r, lane);
}

void lane_clear(struct refresh *r, struct lane *lane)
{
    for (uint32_t node; lane_take(r, lane, &node);)
        lane_done(r, lane, node);
    lane_unready(r, lane);
    lane->cycle_ms = NEVER_MS;
    lane_forgive(r, lane);
}

void lane_free(struct refresh *r, struct lane *lane)
{
    if (!lane)
        return;
    heap_remove(&r->due, &lane->due);
    nodes_free(&lane->waiting);
    nodes_free(&lane->failed);
    nodes_free(&lane->denied);
    mem_free(lane);
}

/* ---- asking ------------------------------------------------------------------------------------- */

static bool is_under_way(struct refresh *r, struct lane *lane, uint32_t node)
{
    if (node)
        return !busy_add(&r->busy, busy_key(lane, node));
    return lane->calls > 0 || nodes_left(lane->waiting) > 0;
}

void lane_ask(struct refresh *r, struct lane *lane, uint32_t node, bool first)
{
    if (!lane->site->is_on)
        return;
    bool is_there = is_under_way(r, lane, node);
    if (!is_there) {
        nodes_push(&lane->waiting, node);
        r->n_waiting++;
    }
    if (first && lane->waiting) {
        nodes_first(lane->waiting, node);
        lane_unready(r, lane);
        lane->is_urgent = true;
    }
    lane_make_ready(r, lane);
}

bool lane_take(struct refresh *r, struct lane *lane, uint32_t *node)
{
    if (nodes_left(lane->waiting) == 0)
        return false;
    *node = lane->waiting->items[lane->waiting->head++];
    lane->is_urgent = false;
    if (nodes_left(lane->waiting) == 0)
        nodes_free(&lane->waiting);
    r->n_waiting--;
    return true;
}

void lane_done(struct refresh *r, struct lane *lane, uint32_t node)
{
    r->n_done++;
    if (node)
        busy_remove(&r->busy, busy_key(lane, node));
    bool is_idle = lane->calls == 0 && nodes_left(lane->waiting) == 0;
    if (is_idle && !lane->failed)
        lane->tries = 0;
    if (is_idle && !lane->denied)
        lane->denied_tries = 0;
}

/* ---- asking again ------------------------------------------------------------------------------- */

static void add_failed(struct refresh *r, struct lane *lane, uint32_t node, bool is_denied)
{
    /* the next whole reading asks about all that a fallback is for */
    if (r->once || !lane->site->is_on || lane->feed->is_fallback)
        return;
    if (is_denied && op_get(lane->feed->op)->on_demand)
        return; /* a right that only who looks needs: he asks again */
    nodes_push(is_denied ? &lane->denied : &lane->failed, node);
    int64_t *when = is_denied ? &lane->denied_ms : &lane->failed_ms;
    if (*when != NEVER_MS)
        return;
    uint8_t *tries = is_denied ? &lane->denied_tries : &lane->tries;
    *tries = *tries < UINT8_MAX ? (uint8_t)(*tries + 1) : UINT8_MAX;
    *when = courtesy_not_before_ms(r, time_mono_ms() + retry_in_ms(r, *tries, is_denied));
    lane_set_due(r, lane);
}

void lane_failed(struct refresh *r, struct lane *lane, uint32_t node, enum truth truth)
{
    add_failed(r, lane, node, truth == TRUTH_DENIED);
    lane_done(r, lane, node);
}

static void ask_all(struct refresh *r, struct lane *lane, struct nodes **list)
{
    struct nodes *l = *list;
    *list = NULL;
    for (uint32_t i = l ? l->head : 0; l && i < l->n; i++) {
        if (l->items[i])
            lane_ask_if_old(r, lane, l->items[i], false);
        else
            lane_ask(r, lane, 0, false);
    }
    mem_free(l);
}

static void lane_step(struct refresh *r, struct lane *lane, int64_t now_ms)
{
    if (lane->cycle_ms <= now_ms) {
        lane->cycle_ms = NEVER_MS; /* set again by the answer */
        lane_ask(r, lane, lane->feed->of == KIND_ACCOUNT ? lane->site->node : 0, false);
    }
    if (lane->failed_ms <= now_ms) {
        lane->failed_ms = NEVER_MS;
        ask_all(r, lane, &lane->failed);
    }
    if (lane->denied_ms <= now_ms) {
        lane->denied_ms = NEVER_MS;
        ask_all(r, lane, &lane->denied);
    }
    lane_set_due(r, lane);
}

void lanes_step(struct refresh *r, int64_t now_ms)
{
    for (struct heap_node *top; (top = heap_top(&r->due)) && top->key <= now_ms;)
        lane_step(r, (struct lane *)((char *)top - offsetof(struct lane, due)), now_ms);
}

/* ---- what follows from what --------------------------------------------------------------------- */

struct known {
    enum truth truth;
    int64_t at;
};

static struct known known_of(struct refresh *r, const struct lane *lane, const struct record *record)
{
    if (lane->feed->list == LIST_NONE) {
        struct facet_state f = record_facet(record, lane->feed->facet);
        return (struct known){f.truth, f.read_at};
    }
    uint32_t slot = estate_find_slot(r->estate, lane->site->place.scope, lane->feed->list, record->node);
    const struct generation *g = estate_acquire(r->estate);
    const struct slice *s = generation_slice(g, slot);
    struct known k = {slice_truth(s), slice_tried_at(s)};
    generation_release(g);
    return k;
}

bool lane_was_asked(struct refresh *r, const struct lane *lane, const struct record *record)
{
    return known_of(r, lane, record).truth != TRUTH_NOT_ASKED;
}

/* Evidence that was read before what it is about says nothing of it. */
static bool is_overtaken(const struct lane *lane, const struct record *record, struct known k)
{
    enum facet after = lane->feed->after;
    return facet_row(after)->on_demand && record_facet(record, after).read_at > k.at;
}

static bool is_young(const struct refresh *r, const struct lane *lane, struct known k)
{
    int64_t period_s = r->period_ms[lane->feed->tier] / 1000;
    return truth_is_sure(k.truth) && k.at != TIME_NONE
           && (lane->forced_utc == TIME_NONE || k.at > lane->forced_utc)
           && refresh_now_utc(r) - k.at < period_s * YOUNG_PERCENT / 100;
}

static void set_unsupported(struct refresh *r, struct lane *lane, uint32_t node)
{
    struct reading *reading = reading_new(r->collector, lane->feed, &lane->site->place, node);
    reading_unsupported(reading, refresh_now_utc(r));
    reading_free(reading);
    r->is_dirty = true;
}

void lane_ask_if_old(struct refresh *r, struct lane *lane, uint32_t node, bool first)
{
    struct record record;
    if (!estate_current(r->estate, node, &record))
        return;
    struct known known = known_of(r, lane, &record);
    enum applies applies = feed_applies(lane->feed, &record);
    if (applies == APPLIES_NO && known.truth != TRUTH_UNSUPPORTED)
        set_unsupported(r, lane, node);
    if (applies != APPLIES_YES)
        return;
    if (!is_young(r, lane, known) || is_overtaken(lane, &record, known))
        lane_ask(r, lane, node, first);
    else if (lane->feed->list == LIST_NONE)
        follow_facet(r, lane->site, lane->feed->facet, node);
}

void follow_list(struct refresh *r, struct site *site, enum list list, const uint32_t *nodes, size_t n)
{
    enum kind kind = list_row(list)->kind;
    for (int f = 0; f < FEED_COUNT; f++) {
        const struct feed *feed = feed_get((enum feed_id)f);
        if (feed->of != kind || feed->after != FACET_LIST_ || feed->is_fallback
            || op_get(feed->op)->on_demand)
            continue;
        for (size_t i = 0; i < n; i++)
            lane_ask_if_old(r, lane_get(r, site, feed), nodes[i], false);
    }
}

void follow_facet(struct refresh *r, struct site *site, enum facet facet, uint32_t node)
{
    for (int f = 0; f < FEED_COUNT; f++) {
        const struct feed *feed = feed_get((enum feed_id)f);
        bool is_wanted = facet_row(facet)->on_demand || !op_get(feed->op)->on_demand;
        if (feed->after == facet && is_wanted)
            lane_ask_if_old(r, lane_get(r, site, feed), node, facet_row(facet)->on_demand);
    }
}
