/* deletions: whether a key that others need is about to go is asked more often than anything else. */
#include "backend/refresh/internal.h"

/* An alias or a grant is no use of a key; what hangs on the alias is. */
static bool has_dependents(const struct generation *g, uint32_t node, int depth)
{
    struct hang h = hang_on(g, node);
    struct record dependent;
    enum edge edge;
    while (hang_next(&h, &dependent, &edge)) {
        if (edge == EDGE_ALIAS_OF) {
            if (depth == 0 && has_dependents(g, dependent.node, depth + 1))
                return true;
        } else if (edge != EDGE_GRANT_ON && edge != EDGE_RELATIVE_OF) {
            return true;
        }
    }
    return false;
}

static void ask_keys(struct refresh *r, const struct generation *g, struct site *site)
{
    const struct feed *feed = feed_get(FEED_KEY_METADATA);
    struct record key;
    const struct slice *s = generation_slice(
        g, estate_find_slot(r->estate, site->place.scope, LIST_KEYS, 0));
    for (uint32_t row = 0; slice_record(g, s, row, &key); row++) {
        bool is_customers = feed_applies(feed_get(FEED_KEY_POLICY), &key) != APPLIES_NO;
        if (is_customers && has_dependents(g, key.node, 0))
            lane_ask(r, lane_get(r, site, feed), key.node, false);
    }
}

void deletions_step(struct refresh *r, int64_t now_ms)
{
    if (r->once || now_ms < r->deletions_due_ms)
        return;
    r->deletions_due_ms = now_ms + with_jitter(r, r->deletions_ms);
    if (!r->first_read_over)
        return;
    const struct generation *g = estate_acquire(r->estate);
    for (size_t i = 0; i < r->accounts.n; i++) {
        struct account *a = r->accounts.items[i];
        for (size_t j = 0; j < a->sites.n; j++)
            if (a->sites.items[j]->is_on)
                ask_keys(r, g, a->sites.items[j]);
    }
    generation_release(g);
}
