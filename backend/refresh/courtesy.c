/* courtesy: what reading takes of AWS, and what happens when its budget is used up: nothing is asked until
 * there is a new one, and what could not be asked is a blind spot. */
#include "backend/refresh/internal.h"

void courtesy_refused(struct refresh *r)
{
    struct wire_stats w;
    wire_stats(r->wire, &w);
    r->budget_renews_ms = w.budget_renews_ms;
}

void courtesy_step(struct refresh *r, int64_t now_ms)
{
    if (now_ms >= r->budget_renews_ms)
        r->budget_renews_ms = 0;
}

int64_t courtesy_not_before_ms(const struct refresh *r, int64_t ms)
{
    return ms > r->budget_renews_ms ? ms : r->budget_renews_ms;
}

static void add_use(struct wire_use *sum, const struct wire_use *use)
{
    sum->requests += use->requests;
    sum->pages += use->pages;
    sum->throttles += use->throttles;
    sum->retries += use->retries;
    sum->nanousd += use->nanousd;
    if (use->held_ms > sum->held_ms)
        sum->held_ms = use->held_ms;
}

int64_t courtesy_renews_utc(const struct refresh *r, const struct wire_stats *w, int64_t now_ms)
{
    bool is_known = w->budget_renews_ms != 0 && w->budget_renews_ms != INT64_MAX;
    return is_known ? refresh_now_utc(r) + (w->budget_renews_ms - now_ms) / 1000 : TIME_NONE;
}

void courtesy_update(struct refresh *r, const struct wire_stats *w, int64_t now_ms)
{
    struct refresh_courtesy *c = &r->courtesy;
    bool was_first = c->first_requests == 0;
    c->all = (struct wire_use){0};
    for (int i = 0; i < SERVICE_COUNT; i++) {
        c->by_service[i] = w->by_service[i];
        add_use(&c->all, &w->by_service[i]);
    }
    c->calls = w->calls;
    c->budget = r->budget;
    c->budget_requests = w->budget_requests;
    c->budget_nanousd = w->budget_nanousd;
    c->is_budget_spent = w->budget_renews_ms != 0;
    c->budget_renews_utc = courtesy_renews_utc(r, w, now_ms);
    if (!was_first)
        return;
    c->took_ms = now_ms - r->began_ms;
    if (r->first_read_over) {
        c->first_requests = c->all.requests;
        c->first_nanousd = c->all.nanousd;
    }
}

void refresh_courtesy(struct refresh *r, struct refresh_courtesy *out)
{
    pthread_mutex_lock(&r->lock);
    *out = r->courtesy;
    pthread_mutex_unlock(&r->lock);
}
