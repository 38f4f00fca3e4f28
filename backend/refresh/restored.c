#include "backend/refresh/internal.h"

/* Shown at once: reading may take long. */
void restored_take(struct refresh *r)
{
    if (!r->restore)
        return;
    while (!atomic_load(&r->stop) && r->restore(r->restore_ctx, r->estate))
        ;
    r->is_dirty = true; /* what follows from it */
    status_notify(r);
}

/* What was not seen then either is not asked again yet. */
static bool is_of_earlier_run(const struct refresh *r, const struct slice *s)
{
    struct failure failure;
    if (slice_truth(s) == TRUTH_NOT_ASKED)
        return true;
    if (slice_truth(s) != TRUTH_STALE || !slice_failure(s))
        return false;
    failure_get(r->estate, slice_failure(s), &failure);
    return failure.code == ERR_EARLIER;
}

static bool are_regions_sure(const struct refresh *r, const struct generation *g, const struct account *a)
{
    return truth_is_sure(slice_truth(
        generation_slice(g, estate_find_slot(r->estate, a->home.place.scope, LIST_REGIONS, a->node))));
}

static bool has_failed_entrance(const struct refresh *r)
{
    for (size_t i = 0; i < r->entrances.n; i++)
        if (r->entrances.items[i]->state == ENTRANCE_FAILED || r->entrances.items[i]->org == ORG_FAILED)
            return true;
    return false;
}

/* Whether nobody could look. Else all was asked that there is to ask, and nobody asked for this. */
static bool may_still_be(const struct refresh *r, const struct generation *g, uint32_t slot)
{
    const char *id = scope_account(r->estate, slot_scope(r->estate, slot));
    const struct account *a = account_find((struct refresh *)r, id);
    if (id[0] == '\0')
        return true;
    if (!a || a->is_gone)
        return has_failed_entrance(r);
    return !a->entrance || !are_regions_sure(r, g, a);
}

void restored_settle(struct refresh *r)
{
    if (!r->restore)
        return;
    const struct generation *g = estate_acquire(r->estate);
    for (uint32_t slot = 1, n = estate_slot_count(r->estate); slot <= n; slot++) {
        const struct slice *s = generation_slice(g, slot);
        if (!s || !is_of_earlier_run(r, s) || may_still_be(r, g, slot))
            continue;
        estate_drop(r->estate, slot);
        r->is_dirty = r->must_sweep = true;
    }
    generation_release(g);
}
