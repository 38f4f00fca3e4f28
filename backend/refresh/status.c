#include "backend/refresh/internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define OLDEST_EVERY_MS 5000
#define OFFLINE_AFTER 3 /* calls in a row; one, if nothing was ever reached */

/* ---- the error log ------------------------------------------------------------------------------ */

static bool is_same_error(const struct refresh_error *a, const struct refresh_error *b)
{
    return a->code == b->code && strcmp(a->operation, b->operation) == 0
           && strcmp(a->account, b->account) == 0 && strcmp(a->region, b->region) == 0
           && strcmp(a->aws_code, b->aws_code) == 0 && strcmp(a->target, b->target) == 0;
}

/* The line of this error: its own, a new one, or that of what was silent longest. */
static struct refresh_error *error_line(struct refresh *r, const struct refresh_error *key)
{
    struct refresh_error *oldest = NULL;
    for (size_t i = 0; i < r->errors.n; i++) {
        struct refresh_error *e = &r->errors.items[i];
        if (is_same_error(e, key))
            return e;
        if (!oldest || e->last_utc < oldest->last_utc)
            oldest = e;
    }
    if (r->errors.n < ERRORS_MAX) {
        VEC_PUSH(r->errors, *key);
        return &r->errors.items[r->errors.n - 1];
    }
    *oldest = *key;
    return oldest;
}

void status_add_error(struct refresh *r, const struct refresh_error *error)
{
    struct refresh_error *e = error_line(r, error);
    e->last_utc = e->last_utc > error->last_utc ? e->last_utc : error->last_utc;
    e->count++;
}

static void note_last_failure(struct refresh *r, const struct refresh_error *e, const struct err *err)
{
    r->status.last_failure = *err;
    err_prefix(&r->status.last_failure, "%s%s%s%s%s", e->operation, e->account[0] ? " in " : "", e->account,
               e->region[0] ? " " : "", e->region);
}

void status_note_error(struct refresh *r, enum op_id op, const struct account *a, const char *region,
                       const char *who, const struct err *err)
{
    int64_t now = refresh_now_utc(r);
    struct refresh_error key = {.code = err->code, .first_utc = now};
    bool is_about_all = err->code == ERR_BUDGET; /* one line, not one a place */
    if (is_about_all)
        a = NULL, region = "";
    (void)snprintf(key.operation, sizeof key.operation, "%s", is_about_all ? "every call" : op_get(op)->id);
    (void)snprintf(key.account, sizeof key.account, "%s", a ? a->id : "");
    (void)snprintf(key.region, sizeof key.region, "%s", region);
    (void)snprintf(key.aws_code, sizeof key.aws_code, "%s", err->aws_code);
    if (who && !a && !is_about_all)
        (void)snprintf(key.target, sizeof key.target, "%.*s", (int)sizeof key.target - 1, who);
    if (!who && a && a->entrance)
        who = a->entrance->describe;
    struct explain about = {.action = op_iam_action(op_get(op)),
                            .principal = a ? a->principal : NULL,
                            .account = a ? a->id : NULL,
                            .region = region,
                            .who = who};
    explain_fix(err, &about, key.fix, sizeof key.fix);
    pthread_mutex_lock(&r->lock);
    struct refresh_error *e = error_line(r, &key);
    explain_said(err, e->text, sizeof e->text);
    (void)snprintf(e->request_id, sizeof e->request_id, "%s", err->request_id);
    memcpy(e->fix, key.fix, sizeof e->fix);
    e->last_utc = now;
    e->count++;
    note_last_failure(r, e, err);
    pthread_mutex_unlock(&r->lock);
    r->is_dirty = true;
}

static int newest_first(const void *a, const void *b)
{
    const struct refresh_error *x = a, *y = b;
    if (x->last_utc != y->last_utc)
        return x->last_utc < y->last_utc ? 1 : -1;
    int by_call = strcmp(x->operation, y->operation), by_account = strcmp(x->account, y->account);
    return by_call ? by_call : by_account ? by_account : strcmp(x->region, y->region);
}

size_t refresh_errors(struct refresh *r, struct refresh_error *out, size_t max)
{
    pthread_mutex_lock(&r->lock);
    size_t n = r->errors.n;
    struct refresh_error *all = mem_alloc_array(n, sizeof *all);
    if (n > 0)
        memcpy(all, r->errors.items, n * sizeof *all);
    pthread_mutex_unlock(&r->lock);
    qsort(all, n, sizeof *all, newest_first);
    n = n < max ? n : max;
    if (n > 0)
        memcpy(out, all, n * sizeof *out);
    mem_free(all);
    return n;
}

/* Whether the network is there at all. */
void status_note_answer(struct refresh *r, const struct err *err)
{
    if (err->code == ERR_CANCELLED)
        return;
    if (err->code == ERR_BUDGET)
        courtesy_refused(r);
    bool is_lost = err->code == ERR_UNREACHABLE || err->code == ERR_TIMEOUT || err->code == ERR_TLS;
    r->n_offline = is_lost ? r->n_offline + 1 : 0;
    r->is_dirty = true;
}

/* ---- the status --------------------------------------------------------------------------------- */

static void count_accounts(const struct refresh *r, struct refresh_status *s)
{
    for (size_t i = 0; i < r->accounts.n; i++) {
        const struct account *a = r->accounts.items[i];
        s->accounts += !a->is_gone;
        s->accounts_ready += !a->is_gone && a->entrance && a->has_regions;
        s->accounts_narrowed += !a->is_gone && a->entrance && a->has_regions && identity_is_narrowed(a->entrance->who);
        s->accounts_failed += !a->is_gone && a->err.code != ERR_OK && a->n_lost == 0;
        if (!a->is_gone && a->n_lost > 0 && s->regions_lost == 0)
            memcpy(s->lost_region, a->lost_region, sizeof s->lost_region);
        s->regions_lost += a->is_gone ? 0 : a->n_lost;
    }
    for (size_t i = 0; i < r->entrances.n; i++) {
        const struct entrance *en = r->entrances.items[i];
        bool is_nameless = !en->account && !en->wanted[0];
        s->accounts += is_nameless;
        s->accounts_failed += is_nameless && en->state == ENTRANCE_FAILED;
    }
}

int64_t status_oldest(const struct refresh *r)
{
    int64_t oldest = TIME_NONE;
    const struct generation *g = estate_acquire(r->estate);
    for (uint32_t slot = 1, n = estate_slot_count(r->estate); slot <= n; slot++) {
        const struct slice *s = generation_slice(g, slot);
        int64_t seen = slice_rows(s) > 0 ? slice_seen_at(s) : TIME_NONE;
        if (seen != TIME_NONE && (oldest == TIME_NONE || seen < oldest))
            oldest = seen;
    }
    generation_release(g);
    return oldest;
}

static int64_t next_cycle(const struct refresh *r, int64_t now_ms, int64_t now_utc)
{
    const struct heap_node *top = heap_top(&r->due);
    if (!top)
        return TIME_NONE;
    return now_utc + (top->key > now_ms ? (top->key - now_ms) / 1000 : 0);
}

/* What a screen shows while nothing is being read; then counters move with every call. */
static bool looks_different(const struct refresh_status *a, const struct refresh_status *b)
{
    return a->accounts != b->accounts || a->accounts_ready != b->accounts_ready
           || a->accounts_failed != b->accounts_failed || a->regions_lost != b->regions_lost
           || a->accounts_narrowed != b->accounts_narrowed || a->is_first_read != b->is_first_read
           || a->is_reading != b->is_reading || a->is_frozen != b->is_frozen
           || a->is_offline != b->is_offline || a->is_budget_spent != b->is_budget_spent || a->logins != b->logins
           || a->errors != b->errors
           || a->last_failure.code != b->last_failure.code
           || (a->is_first_read && a->calls_done != b->calls_done);
}

static bool status_update(struct refresh *r, int64_t now_ms)
{
    struct wire_stats w;
    wire_stats(r->wire, &w);
    struct refresh_status s = {
        .calls_done = r->n_done,
        .calls_queued = r->n_waiting + r->n_calls + r->n_entering,
        .calls_total = w.calls,
        .throttles = w.throttles,
        .errors = w.errors,
        .in_flight = w.in_flight,
        .slowest_rate = w.slowest_rate,
        .is_first_read = !r->first_read_over,
        .is_frozen = r->frozen,
        .has_read = r->has_read,
        .is_budget_spent = w.budget_renews_ms != 0,
        .budget_renews_utc = courtesy_renews_utc(r, &w, now_ms),
    };
    memcpy(s.waits_for, w.waits_for, sizeof s.waits_for);
    s.is_reading = s.calls_queued > 0;
    count_accounts(r, &s);
    s.is_offline = r->n_offline >= (s.accounts_ready > 0 ? OFFLINE_AFTER : 1);
    bool is_oldest_due = now_ms >= r->oldest_due_ms;
    if (is_oldest_due) {
        s.oldest_utc = status_oldest(r);
        r->oldest_due_ms = now_ms + OLDEST_EVERY_MS;
    }
    pthread_mutex_lock(&r->lock);
    r->clock_offset_s = w.clock_offset_s;
    courtesy_update(r, &w, now_ms);
    s.last_failure = r->status.last_failure;
    s.logins = r->status.logins;
    if (!is_oldest_due)
        s.oldest_utc = r->status.oldest_utc;
    s.now_utc = refresh_now_utc(r);
    s.next_cycle_utc = next_cycle(r, now_ms, s.now_utc);
    bool differs = looks_different(&s, &r->status);
    r->status = s;
    pthread_mutex_unlock(&r->lock);
    return differs;
}

void refresh_status(struct refresh *r, struct refresh_status *out)
{
    pthread_mutex_lock(&r->lock);
    *out = r->status;
    out->now_utc = refresh_now_utc(r);
    pthread_mutex_unlock(&r->lock);
}

/* ---- publishing --------------------------------------------------------------------------------- */

void status_notify(struct refresh *r)
{
    /* a pipe that is full is readable already */
    ssize_t written = write(r->fds[1], "", 1);
    (void)written;
}

/* Lists under records that went away. Right after publishing: then the newest generation is what the
 * writer has. */
static void sweep(struct refresh *r)
{
    struct record parent;
    const struct generation *g = estate_acquire(r->estate);
    for (int l = 1; l < LIST_COUNT; l++) {
        const struct list_row *list = list_row((enum list)l);
        if (list->parent == KIND_NONE || list->parent == KIND_ACCOUNT)
            continue;
        for (uint32_t i = 0, slot; (slot = kind_slot(r->estate, list->kind, i)); i++) {
            const struct slice *s = generation_slice(g, slot);
            bool is_dropped = !s || (slice_truth(s) == TRUTH_ABSENT && slice_rows(s) == 0);
            if (is_dropped || estate_current(r->estate, slot_parent(r->estate, slot), &parent))
                continue;
            estate_drop(r->estate, slot);
            r->is_dirty = r->must_sweep = true; /* what stood under these goes next */
        }
    }
    generation_release(g);
}

static bool publish(struct refresh *r)
{
    if (r->accounts_changed)
        accounts_write(r);
    r->is_dirty = false;
    bool differs = estate_publish(r->estate);
    if (r->must_sweep) {
        r->must_sweep = false;
        sweep(r);
    }
    if (products_write(r->products)) /* what follows from what was just published */
        differs |= estate_publish(r->estate);
    return differs;
}

void status_tick(struct refresh *r, int64_t now_ms)
{
    bool is_awaited = r->once && !r->first_read_over; /* a verb may have to tell what it waits for */
    if (!(r->is_dirty || is_awaited) || now_ms < r->publish_due_ms)
        return;
    r->publish_due_ms = now_ms + PUBLISH_EVERY_MS;
    bool differs = false;
    if (r->frozen)
        r->is_dirty = false;
    else
        differs = publish(r);
    differs |= status_update(r, now_ms);
    if (differs)
        status_notify(r);
}

void status_settle(struct refresh *r)
{
    struct err nothing = {0};
    while (publish(r) || r->is_dirty)
        ;
    bool has_nothing = entrances_problem(r, &nothing) != ERR_OK;
    r->oldest_due_ms = 0;
    (void)status_update(r, time_mono_ms());
    pthread_mutex_lock(&r->lock);
    r->is_settled = true;
    if (has_nothing)
        r->nothing = nothing;
    pthread_cond_broadcast(&r->settled);
    pthread_mutex_unlock(&r->lock);
    status_notify(r);
}
