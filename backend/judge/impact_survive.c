/* What survives: copies in other vaults, and what can be restored from its backups. */
#include "backend/judge/impact_walk.h"

#define BACKUP "docs.aws.amazon.com/aws-backup/latest/devguide/"
#define ALWAYS(effect, severity)                                                                   \
    .first = EFFECT_##effect, .last = EFFECT_##effect, .first_severity = SEVERITY_##severity,      \
    .last_severity = SEVERITY_##severity

static const struct impact_rule copy_elsewhere = {
    ALWAYS(SAFE, HIGH), .by_health = true, .first_text = "copy under another key",
    .remedy = "Keep it, and its key.", .page = BACKUP "recov-point-create-a-copy.html"};

/* What is deleted by itself is only down if one of its backups can bring it back. */
static const struct impact_rule restorable[] = {
    [TRI_YES] = {ALWAYS(DOWN, HIGH), .first_text = "gone until it is restored from one of its backups",
                 .remedy = "Restore it from a backup whose key works.", .page = BACKUP "restoring-a-backup.html"},
    [TRI_UNKNOWN] = {ALWAYS(UNKNOWN, CRITICAL),
                     .first_text = "gone; whether one of its backups can be restored is not known",
                     .remedy = "Find out which key its backups are under.",
                     .page = BACKUP "restoring-a-backup.html"},
};

/* ---- copies ---------------------------------------------------------------------------------- */

/* One of several steps that fell for the same reason: the first by ARN. */
static void keep_first(const struct walker *w, struct nodemap *steps, uint32_t node, uint32_t step)
{
    uint32_t *was = nodemap_at(steps, node);
    if (!was)
        nodemap_add(steps, node, step);
    else if (node_compare(w->j->estate, w->steps.items[step].node, w->steps.items[*was].node) < 0)
        *was = step;
}

/* Of what the lost backups are backups, if there are copies of it, and one of those; vaults that go: node to step. */
static void find_lost(const struct walker *w, struct nodemap *resources, struct nodemap *vaults)
{
    for (size_t i = 0; i < w->steps.n; i++) {
        const struct step *s = &w->steps.items[i];
        if (s->effect < EFFECT_DOWN || !s->node)
            continue;
        if (node_kind(w->j->estate, s->node) == KIND_VAULT)
            keep_first(w, vaults, s->node, (uint32_t)i);
        if (s->resource && nodemap_at(&w->j->copies_of, s->resource))
            keep_first(w, resources, s->resource, (uint32_t)i);
    }
}

static void copies_add(struct walker *w, uint32_t resource, uint32_t lost, const struct nodemap *vaults,
                       uint16_t timeline)
{
    const uint32_t *last = nodemap_at(&w->j->copies_of, resource);
    for (uint32_t i = last ? *last : UINT32_MAX; i != UINT32_MAX; i = w->j->copies.items[i].next) {
        const struct copy *copy = &w->j->copies.items[i];
        const uint32_t *from = nodemap_at(vaults, copy->vault);
        struct record r;
        if (!generation_record(w->j->generation, copy->point, &r) || judge_restorable(w->j, &r) == TRI_NO)
            continue;
        struct hit hit = {.identity = holding_identity(&r), .parent = from ? *from : lost, .rule = &copy_elsewhere,
                          .edge = EDGE_COPIED_FROM, .timeline = timeline};
        if (!was_hit(w, hit.identity))
            step_hit(w, &r, &hit);
    }
}

void find_copies(struct walker *w)
{
    struct nodemap resources = {0}, vaults = {0};
    if (w->j->copies.n == 0)
        return;
    struct timeline t = timeline_blank();
    t.has_first = true;
    uint16_t timeline = timeline_add(w, t);
    find_lost(w, &resources, &vaults);
    for (uint32_t at = 0, resource, lost; nodemap_next(&resources, &at, &resource, &lost);)
        copies_add(w, resource, lost, &vaults, timeline);
    nodemap_free(&vaults);
    nodemap_free(&resources);
}

/* ---- sources --------------------------------------------------------------------------------- */

/* Whether one of its backups is left and can be restored, once all of the targets are gone. */
static enum tri can_restore(const struct walker *w, uint32_t resource)
{
    static const enum tri is_left[EFFECT_COUNT] = {TRI_YES, TRI_UNKNOWN, TRI_YES, TRI_YES, TRI_NO}; /* by enum impact_effect */
    enum tri can = TRI_NO;
    struct record r;
    enum edge edge;
    for (struct hang h = hang_on(w->j->generation, resource); hang_next(&h, &r, &edge);)
        if (edge == EDGE_BACKUP_OF && !is_twin_of_another(&r, resource, edge) && holding_is_whole(&r))
            can = tri_or(can, tri_and(judge_restorable(w->j, &r), is_left[effect_on(w, holding_identity(&r))]));
    return can == TRI_NO && !truth_is_sure(w->j->backups_truth) ? TRI_UNKNOWN : can;
}

void soften_sources(struct walker *w)
{
    for (size_t i = 0; i < w->steps.n; i++) {
        struct step *s = &w->steps.items[i];
        enum kind kind = s->depth == 0 && s->node ? node_kind(w->j->estate, s->node) : KIND_NONE;
        const struct holding *h = holding_of(kind);
        if (!h || h->source != ATTR_NONE || h->has_no_backups || kind == KIND_VAULT || kind == KIND_PARAMETER)
            continue;
        enum tri can = can_restore(w, s->node);
        if (can == TRI_NO)
            continue;
        s->rule = &restorable[can];
        s->effect = (uint8_t)s->rule->last;
        s->severity = (uint8_t)s->rule->last_severity;
    }
}
