/* What there is to tell of an estate that was kept: the same as of one that is read, from what its slices say. */
#include "backend/refresh/internal.h"

#include <stdio.h>
#include <string.h>

/* An account's record says how it was read; that of one that was only named does not. */
static void count_accounts(const struct generation *g, struct refresh_status *s)
{
    struct record account;
    for (struct walk w = walk_kind(g, KIND_ACCOUNT); walk_next(&w, &account); s->accounts++) {
        bool is_read = record_facet(&account, FACET_ACCOUNT_IDENTITY).truth == TRUTH_KNOWN;
        s->accounts_ready += is_read;
        s->accounts_failed += !is_read;
    }
}

static void note_failure(struct refresh *r, uint32_t slot, uint32_t failure, int64_t at)
{
    struct failure f;
    struct refresh_error e = {.first_utc = at, .last_utc = at};
    uint32_t scope = slot_scope(r->estate, slot);
    if (!failure)
        return;
    failure_get(r->estate, failure, &f);
    e.code = f.code;
    (void)snprintf(e.operation, sizeof e.operation, "%s", f.operation);
    (void)snprintf(e.account, sizeof e.account, "%s", scope_account(r->estate, scope));
    (void)snprintf(e.region, sizeof e.region, "%s", scope_region(r->estate, scope));
    (void)snprintf(e.aws_code, sizeof e.aws_code, "%s", f.aws_code);
    (void)snprintf(e.text, sizeof e.text, "%s", f.text);
    (void)snprintf(e.request_id, sizeof e.request_id, "%s", f.request_id);
    status_add_error(r, &e);
}

static void note_facets(struct refresh *r, const struct generation *g, const struct slice *s)
{
    struct record record;
    for (uint32_t row = 0; slice_record(g, s, row, &record); row++) {
        const struct kind_row *k = kind_row(record.kind);
        for (int f = (int)k->first_facet; f < (int)k->end_facet; f++) {
            struct facet_state state = record_facet(&record, (enum facet)f);
            if (facet_row((enum facet)f)->index >= 0)
                note_failure(r, slice_slot(s), state.failure, state.read_at);
        }
    }
}

void kept_tell(struct refresh *r)
{
    const struct generation *g = estate_acquire(r->estate);
    for (uint32_t slot = 1; slot <= estate_slot_count(r->estate); slot++) {
        const struct slice *s = generation_slice(g, slot);
        if (!s)
            continue;
        note_failure(r, slot, slice_failure(s), slice_tried_at(s));
        note_facets(r, g, s);
    }
    r->status.oldest_utc = status_oldest(r);
    r->status.next_cycle_utc = r->status.budget_renews_utc = TIME_NONE;
    r->status.has_read = true;
    count_accounts(g, &r->status);
    generation_release(g);
}
