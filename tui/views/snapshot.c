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
    if (s->judged) {
        snapshot_release(s->judged);
    } else {
        judgement_free(s->judgement);
        generation_release(s->generation);
    }
    mem_free(s);
}

struct view_context snapshot_context(const struct snapshot *s, struct arena *scratch)
{
    return (struct view_context){.generation = s->generation,
                                 .judgement = s->judgement,
                                 .scratch = scratch,
                                 .now_utc = s->now_utc,
                                 .scope = s->scope};
}

static void count_slice(struct snapshot *s, enum kind kind, uint32_t slot)
{
    const struct estate *e = generation_estate(s->generation);
    uint32_t place = slot_scope(e, slot);
    const struct slice *slice = generation_slice(s->generation, slot);
    enum truth truth = slice_truth(slice);
    bool is_seen = slice_seen_at(slice) != TIME_NONE || slice_rows(slice) > 0;
    s->tally.lists_seen += is_seen && *scope_region(e, place) && !list_row(slot_list(e, slot))->is_derived;
    if (!view_scope_has(&s->scope, scope_account(e, place), scope_region(e, place)))
        return;
    s->tally.counts[kind] += slice_rows(slice);
    s->tally.at_least[kind] |= !truth_is_sure(truth) && truth != TRUTH_STALE;
    s->tally.is_seen[kind] |= is_seen;
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

/* Of the regions those that are on. Accounts are listed by one of them. */
static void count_places(struct snapshot *s)
{
    struct record r;
    s->tally.counts[KIND_REGION] = s->tally.counts[KIND_ACCOUNT] = 0;
    for (struct walk w = walk_kind(s->generation, KIND_REGION); walk_next(&w, &r);) {
        struct value selected = record_value(&r, ATTR_REGION_SELECTED);
        s->tally.counts[KIND_REGION] += selected.is == VALUE_KNOWN && selected.number &&
                                        view_scope_has(&s->scope, record_account(&r), record_region(&r));
    }
    for (struct walk w = walk_kind(s->generation, KIND_ACCOUNT); walk_next(&w, &r);)
        s->tally.counts[KIND_ACCOUNT] += view_scope_has(&s->scope, record_account(&r), "");
}

/* What is told of it: all that its scope confines. */
static void tell(struct snapshot *s, struct view_scope scope)
{
    s->scope = scope;
    s->tally = (struct tally){0};
    count_kinds(s);
    count_childless(&s->tally);
    count_places(s);
    s->failing = status_failing(s);
    posture_free(s->posture);
    s->posture = posture_new(s->generation, s->judgement, &s->scope);
}

struct judge_job {
    struct job job;
    struct app *app;
    struct snapshot *snapshot;
    struct view_scope scope;
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
    struct snapshot *s = j->snapshot;
    if (!s->judged) {
        s->judgement = judge_with(s->generation, s->now_utc, &j->app->options->settings->allow);
        remember(j);
        tell(s, (struct view_scope){.account = ""});
        keep_first_screen(j);
    }
    if (!s->posture || !view_scope_is_all(&j->scope))
        tell(s, j->scope);
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
    if (app->is_judging)
        return;
    struct snapshot *now = app->snapshot;
    const struct generation *g = estate_acquire(app->estate);
    bool is_whole = !app->status.is_first_read;
    bool is_newest = app->is_frozen || (now && generation_number(now->generation) == generation_number(g) &&
                                        now->is_whole == is_whole);
    if (is_newest && (!now || view_scope_is(&now->scope, &app->scope))) {
        generation_release(g);
        return;
    }
    struct judge_job *j = mem_alloc(sizeof *j);
    j->job = (struct job){.tag = &app->snapshot, .run = judge_run, .done = judge_done, .drop = judge_drop};
    j->app = app;
    j->scope = app->scope;
    j->snapshot = mem_alloc(sizeof *j->snapshot);
    if (is_newest) {
        generation_release(g);
        *j->snapshot = (struct snapshot){.judged = snapshot_retain(now->judged ? now->judged : now),
                                         .generation = now->generation,
                                         .judgement = now->judgement,
                                         .now_utc = now->now_utc,
                                         .is_whole = now->is_whole};
    } else {
        *j->snapshot = (struct snapshot){.generation = g, .now_utc = app_now(app), .is_whole = is_whole};
    }
    j->snapshot->refs = 1;
    app->is_judging = true;
    worker_post(app->judging, &j->job);
}

const struct tally *app_tally(const struct app *app)
{
    return app->snapshot ? &app->snapshot->tally : app->earlier ? &app->earlier->tally : NULL;
}
