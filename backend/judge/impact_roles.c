/* What runs as a role, or was given to it: named by its ARN, as a text. */
#include "backend/judge/impact_walk.h"

#include <string.h>

static const struct {
    enum attr attr;
    enum edge edge;
    enum list list;
} bearers[] = {
    {ATTR_SELECTION_ROLE, EDGE_RUNS_AS, LIST_SELECTIONS},
    {ATTR_LIFECYCLE_ROLE, EDGE_RUNS_AS, LIST_LIFECYCLES},
    {ATTR_RESTORE_SELECTION_ROLE, EDGE_RUNS_AS, LIST_RESTORE_SELECTIONS},
    {ATTR_AUTOBACKUP_VAULT_ROLE, EDGE_RUNS_AS, LIST_NONE},
    {ATTR_GRANT_GRANTEE, EDGE_GIVEN_TO, LIST_GRANTS},
    {ATTR_FUNCTION_ROLE, EDGE_RUNS_AS, LIST_FUNCTION},
};
#define N_BEARERS (sizeof bearers / sizeof *bearers)

enum attr role_attr(enum kind kind)
{
    for (size_t i = 0; i < N_BEARERS; i++)
        if (attr_row(bearers[i].attr)->kind == kind)
            return bearers[i].attr;
    return ATTR_NONE;
}

static void hit_bearer(struct walker *w, const struct record *r, size_t i, const char *arn, uint16_t timeline)
{
    struct value v = record_value(r, bearers[i].attr);
    struct hit hit = {.identity = r->node, .parent = NO_STEP, .edge = bearers[i].edge, .timeline = timeline,
                      .rule = impact_rule_find(KIND_PRINCIPAL, FALL_DELETED, bearers[i].edge, r)};
    if (v.is == VALUE_UNKNOWN && bearers[i].list)
        unread_here(w, area_of_record(w->j, r), bearers[i].list, record_facet(r, attr_row(bearers[i].attr)->facet).truth);
    else if (hit.rule && v.is == VALUE_KNOWN && v.type == TYPE_TEXT && strcmp(v.text, arn) == 0)
        step_hit(w, r, &hit);
}

/* A role serves its own account; a grant may be given to one of another account. */
static void unread_bearers(struct walker *w, const char *account)
{
    for (size_t a = 0; a < w->j->areas.n; a++) {
        struct area *area = &w->j->areas.items[a];
        if (strcmp(area->account, account) != 0 || !area->region[0] || !area->is_read)
            continue;
        for (size_t i = 0; i < N_BEARERS; i++)
            if (bearers[i].list && !truth_is_sure(area_truth(area, bearers[i].list)))
                unread_here(w, area, bearers[i].list, area_truth(area, bearers[i].list));
    }
}

void hit_bearers(struct walker *w, uint32_t role, uint16_t timeline)
{
    struct buf arn = {0};
    struct record r;
    const char *account, *region;
    node_arn(w->j->estate, role, &arn);
    for (size_t i = 0; i < N_BEARERS; i++)
        for (struct walk walk = walk_kind(w->j->generation, attr_row(bearers[i].attr)->kind); walk_next(&walk, &r);)
            hit_bearer(w, &r, i, arn.data, timeline);
    node_where(w->j, w->impact->arena, role, &account, &region);
    unread_bearers(w, account);
    buf_free(&arn);
}
