/* snapshot: a generation and what the judge says of it, made on the judging thread. */
#include "tui/views/app.h"
#include "tui/views/first_screen.h"
#include "tui/views/posture.h"

#include <stdatomic.h>

struct snapshot *snapshot_retain(struct snapshot *s)
{
    atomic_fetch_add(&s->refs, 1);
    return s;
}

void snapshot_release(struct snapshot *s)
{
    if (!s || atomic_fetch_sub(&s->refs, 1) != 1)
        return;
    posture_free(s->posture);
    judgement_free(s->judgement);
    generation_release(s->generation);
    mem_free(s);
}

static void count_slice(struct snapshot *s, enum kind kind, uint32_t slot)
{
    const struct slice *slice = generation_slice(s->generation, slot);
    enum truth truth = slice_truth(slice);
    bool is_seen = slice_seen_at(slice) != TIME_NONE || slice_rows(slice) > 0;
    s->tally.counts[kind] += slice_rows(slice);
    s->tally.at_least[kind] |= !truth_is_sure(truth) && truth != TRUTH_STALE;
    s->tally.is_seen[kind] |= is_seen;
    const struct estate *e = generation_estate(s->generation);
    s->tally.lists_seen += is_seen && *scope_region(e, slot_scope(e, slot)) &&
                     !list_row(slot_list(e, slot))->is_derived;
}

static void count_kinds(struct snapshot *s)
{
    for (int k = 1; k < KIND_COUNT; k++)
        for (uint32_t i = 0, slot;
             (slot = kind_slot(generation_estate(s->generation), (enum kind)k, i)); i++)
            count_slice(s, (enum kind)k, slot);
}

/* Where all vaults were seen and there is none, no recovery point is unseen either. */
static void count_childless(struct tally *t)
{
    for (int l = 1; l < LIST_COUNT; l++) {
        const struct list_row *list = list_row((enum list)l);
        t->is_seen[list->kind] |= list->parent && t->is_seen[list->parent] && !t->at_least[list->parent] &&
                                  t->counts[list->parent] == 0;
    }
}

/* Of the regions those that are on. */
static void count_regions(struct snapshot *s)
{
    struct record r;
    s->tally.counts[KIND_REGION] = 0;
    for (struct walk w = walk_kind(s->generation, KIND_REGION); walk_next(&w, &r);) {
        struct value selected = record_value(&r, ATTR_REGION_SELECTED);
        s->tally.counts[KIND_REGION] += selected.is == VALUE_KNOWN && selected.number;
    }
}

struct judge_job {
    struct job job;
    struct app *app;
    struct snapshot *snapshot;
};

/* What the next start shows first. While the first read goes on, what stands there already is more. */
static void keep_first_screen(const struct judge_job *j)
{
    struct buf bytes = {0};
    if (!j->app->store || !j->snapshot->is_whole)
        return;
    first_screen_pack(j->snapshot, &bytes);
    store_keep_summary(j->app->store, &bytes);
}

static void remember(const struct judge_job *j)
{
    judgement_remember(j->snapshot->judgement, &j->app->past);
    if (j->app->store && j->snapshot->is_whole)
        store_keep_findings(j->app->store, j->snapshot->judgement);
}

static void judge_run(struct job *job)
{
    struct judge_job *j = (struct judge_job *)job;
    j->snapshot->judgement = judge_with(j->snapshot->generation, j->snapshot->now_utc,
                                        &j->app->options->settings->allow);
    remember(j);
    count_kinds(j->snapshot);
    count_childless(&j->snapshot->tally);
    count_regions(j->snapshot);
    j->snapshot->failing = status_failing(j->snapshot->judgement);
    j->snapshot->posture =
        posture_new(j->snapshot->generation, j->snapshot->judgement, j->snapshot->now_utc);
    keep_first_screen(j);
}

/* Before anything is read, what is known of earlier tells more. */
static bool is_better(const struct judge_job *j)
{
    return !j->app->earlier || j->snapshot->is_whole || j->snapshot->tally.lists_seen > 0;
}

static void take_snapshot(const struct judge_job *j)
{
    first_screen_free(j->app->earlier);
    j->app->earlier = NULL;
    snapshot_release(j->app->snapshot);
    j->app->snapshot = snapshot_retain(j->snapshot);
    for (struct page *p = j->app->top; p; p = p->below)
        if (p->ops->renew)
            p->ops->renew(p);
    j->app->is_dirty = true;
}

static void judge_done(struct job *job)
{
    struct judge_job *j = (struct judge_job *)job;
    j->app->is_judging = false;
    if (is_better(j))
        take_snapshot(j);
    if (j->app->has_newer)
        app_judge_newest(j->app);
}

static void judge_drop(struct job *job)
{
    struct judge_job *j = (struct judge_job *)job;
    snapshot_release(j->snapshot);
    mem_free(j);
}

void app_judge_newest(struct app *app)
{
    app->has_newer = app->is_judging;
    if (app->is_frozen || app->is_judging)
        return;
    const struct generation *g = estate_acquire(app->estate);
    bool is_whole = !app->status.is_first_read;
    if (app->snapshot && generation_number(app->snapshot->generation) == generation_number(g)
        && app->snapshot->is_whole == is_whole) {
        generation_release(g);
        return;
    }
    struct judge_job *j = mem_alloc(sizeof *j);
    j->job.tag = &app->snapshot;
    j->job.run = judge_run;
    j->job.done = judge_done;
    j->job.drop = judge_drop;
    j->app = app;
    j->snapshot = mem_alloc(sizeof *j->snapshot);
    j->snapshot->refs = 1;
    j->snapshot->generation = g;
    j->snapshot->now_utc = app_now(app);
    j->snapshot->is_whole = is_whole;
    app->is_judging = true;
    worker_post(app->judging, &j->job);
}

const struct tally *app_tally(const struct app *app)
{
    return app->snapshot ? &app->snapshot->tally : app->earlier ? &app->earlier->tally : NULL;
}
