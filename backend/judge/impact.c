#include "backend/judge/impact_walk.h"

#include "backend/base/hash.h"

#include <stdio.h>
#include <string.h>

/* ---- steps ----------------------------------------------------------------------------------- */

void phases_of(const struct walker *w, const struct step *s, struct impact_phase phases[2], int *n)
{
    const struct timeline *t = &w->timelines.items[s->timeline];
    const struct impact_rule *rule = s->rule;
    enum impact_effect first = rule->first, last = rule->last;
    *n = 0;
    if (t->cap == EFFECT_SAFE)
        first = last = EFFECT_SAFE;
    else if (last == EFFECT_LOST)
        last = t->cap;
    if (rule->by_health)
        first = last = (enum impact_effect)s->effect;
    if (t->has_first || !t->has_last)
        phases[(*n)++] = (struct impact_phase){first, t->first_when, t->first_at};
    if (t->has_last && (*n == 0 || last != first))
        phases[(*n)++] = (struct impact_phase){last, t->last_when, t->last_at};
}

static enum severity severity_of(const struct walker *w, const struct step *s)
{
    const struct timeline *t = &w->timelines.items[s->timeline];
    if (s->effect == EFFECT_SAFE)
        return SEVERITY_NONE;
    bool comes_to_the_end = t->has_last && (s->rule->last != EFFECT_LOST || t->cap != EFFECT_DOWN);
    return comes_to_the_end || s->rule->by_health ? s->rule->last_severity
                                                  : s->rule->first_severity;
}

/* Whether what stays can be relied on: only if its key is known to work. What is under a key that goes was
 * hit before. */
static enum impact_effect effect_by_health(const struct walker *w, const struct record *r)
{
    bool works = r->kind == KIND_KEY ? judge_key(w->j, r->node) == KEY_USABLE
                                     : judge_restorable(w->j, r) == TRI_YES;
    return works ? EFFECT_SAFE : EFFECT_UNKNOWN;
}

static void step_add(struct walker *w, uint32_t parent, const struct record *r, enum edge edge,
                     const struct impact_rule *rule, uint16_t timeline)
{
    struct step s = {.node = r->node,
                     .parent = parent,
                     .rule = rule,
                     .timeline = timeline,
                     .edge = (uint8_t)edge,
                     .fall = (uint8_t)rule->then};
    s.depth = parent == NO_STEP ? 1 : (uint16_t)(w->steps.items[parent].depth + 1);
    struct impact_phase phases[2];
    int n;
    s.effect = rule->by_health ? (uint8_t)effect_by_health(w, r) : 0;
    phases_of(w, &s, phases, &n);
    for (int i = 0; i < n; i++)
        if (phases[i].effect > (enum impact_effect)s.effect)
            s.effect = (uint8_t)phases[i].effect;
    s.severity = (uint8_t)severity_of(w, &s);
    VEC_PUSH(w->steps, s);
    if (rule->also && s.effect != EFFECT_SAFE)
        step_add(w, (uint32_t)(w->steps.n - 1), r, edge, rule->also, timeline);
}

/* Each record is hit once; a recovery point and the snapshot that it is are one. */
static bool is_new(struct walker *w, uint32_t identity)
{
    if (identity > w->j->n_nodes)
        return false;
    uint8_t bit = (uint8_t)(1u << (identity & 7));
    bool was = w->seen[identity >> 3] & bit;
    w->seen[identity >> 3] |= bit;
    return !was;
}

/* ---- what was not read ----------------------------------------------------------------------- */

static const struct impact_rule not_read = {
    .first = EFFECT_UNKNOWN,
    .last = EFFECT_UNKNOWN,
    .remedy = "Let the reading role read it (see the blind spots).",
    .page = "docs.aws.amazon.com/kms/latest/developerguide/deleting-keys-determining-usage.html",
};

struct unread_ctx {
    struct walker *w;
    uint32_t parent;
};

static void unread_add(struct walker *w, uint32_t parent, struct unread u, enum severity severity)
{
    char key[96];
    int len = snprintf(key, sizeof key, "%.15s/%.39s/%d", u.account, u.region, (int)u.list);
    uint32_t hash = (uint32_t)hash_bytes(key, (size_t)len, 0);
    w->impact->is_complete = false;
    if (!nodemap_add(&w->unread_seen, hash ? hash : 1, 0))
        return;
    struct timeline t = timeline_blank();
    t.has_first = true;
    struct step s = {.parent = parent,
                     .rule = &not_read,
                     .timeline = timeline_add(w, t),
                     .effect = EFFECT_UNKNOWN,
                     .severity = (uint8_t)severity,
                     .unread = (uint32_t)w->unread.n};
    s.depth = parent == NO_STEP ? 1 : (uint16_t)(w->steps.items[parent].depth + 1);
    u.account = arena_strdup(w->impact->arena, u.account);
    u.region = arena_strdup(w->impact->arena, u.region);
    VEC_PUSH(w->unread, u);
    VEC_PUSH(w->steps, s);
}

static void unread_list(void *ctx, const char *account, const char *region, enum list list,
                        enum truth truth)
{
    struct unread_ctx *u = ctx;
    struct unread row = {.account = account, .region = region, .list = list};
    if (list == LIST_NONE)
        row.text = "nothing in this account and Region was read";
    else
        row.text =
            arena_printf(u->w->impact->arena, "%s: %s", list_row(list)->name, truth_text(truth));
    unread_add(u->w, u->parent, row,
               list == LIST_NONE ? SEVERITY_CRITICAL : impact_rule_severity(list_row(list)->kind));
}

/* The lists that hold what can hang on things other than keys. */
static const struct {
    enum kind kind;
    enum list list;
} lists_by_kind[] = {
    {KIND_ALIAS, LIST_PARAMETERS}, {KIND_VAULT, LIST_POINTS},    {KIND_VAULT, LIST_RULES},
    {KIND_PLAN, LIST_RULES},       {KIND_PLAN, LIST_SELECTIONS}, {KIND_KEY_STORE, LIST_KEYS},
#define CONSUMER(id, ...) {KIND_ALIAS, LIST_##id},
#include "backend/estate/consumers.def"
};

static void unread_of(struct walker *w, uint32_t node, uint32_t parent)
{
    enum kind kind = node_kind(w->j->estate, node);
    struct unread_ctx ctx = {w, parent};
    struct record r;
    if (kind == KIND_KEY) {
        judge_unsure_lists(w->j, node, unread_list, &ctx);
        if (!generation_record(w->j->generation, node, &r))
            return;
        enum truth grants = record_facet(&r, FACET_KEY_GRANTS).truth;
        if (!truth_is_sure(grants))
            unread_list(&ctx, record_account(&r), record_region(&r), LIST_GRANTS, grants);
        return;
    }
    const char *account, *region;
    node_where(w->j, w->impact->arena, node, &account, &region);
    const struct area *a = area_find(w->j, account, region);
    for (size_t i = 0; i < sizeof lists_by_kind / sizeof *lists_by_kind; i++) {
        enum list list = lists_by_kind[i].list;
        enum truth t = a ? area_truth(a, list) : TRUTH_NOT_ASKED;
        if (lists_by_kind[i].kind == kind && !truth_is_sure(t))
            unread_list(&ctx, account, region, list, t);
    }
    if (kind == KIND_VAULT && !w->j->rules_are_sure) {
        struct unread other = {
            .account = "",
            .region = "",
            .list = LIST_RULES,
            .text = "rules of other places, which may copy into it, were not all read"};
        unread_add(w, parent, other, SEVERITY_HIGH);
    }
}

/* A target that only others name: what becomes of itself cannot be told. */
static void unread_target(struct walker *w, uint32_t target)
{
    const char *account, *region;
    enum kind kind = node_kind(w->j->estate, target);
    if (kind == KIND_OTHER || (kind == KIND_KEY && judge_key(w->j, target) == KEY_GONE))
        return;
    node_where(w->j, w->impact->arena, target, &account, &region);
    struct unread own = {
        .account = account, .region = region, .text = "the target itself was not read"};
    for (int l = 1; l < LIST_COUNT && !own.list; l++)
        if (list_row((enum list)l)->kind == kind)
            own.list = (enum list)l;
    unread_add(w, NO_STEP, own, SEVERITY_CRITICAL);
}

static void unread_within(struct walker *w, const char *account, const char *region)
{
    struct unread_ctx ctx = {w, NO_STEP};
    bool any = false;
    for (size_t i = 0; i < w->j->areas.n; i++) {
        const struct area *a = &w->j->areas.items[i];
        if (strcmp(a->account, account) != 0 || !a->region[0] || !a->is_read ||
            (region && strcmp(a->region, region) != 0))
            continue;
        any = true;
        enum truth keys = area_truth(a, LIST_KEYS);
        if (!truth_is_sure(keys))
            unread_list(&ctx, account, a->region, LIST_KEYS, keys);
        for (const enum list *l = w->j->dependent_lists; *l != LIST_NONE; l++)
            if (!truth_is_sure(area_truth(a, *l)))
                unread_list(&ctx, account, a->region, *l, area_truth(a, *l));
    }
    if (!any)
        unread_list(&ctx, account, region ? region : "", LIST_NONE, TRUTH_NOT_ASKED);
}

/* ---- the walk -------------------------------------------------------------------------------- */

static void hit_dependents(struct walker *w, uint32_t node, enum fall fall, uint32_t parent,
                           uint16_t timeline)
{
    enum kind kind = node_kind(w->j->estate, node);
    struct record r;
    enum edge edge;
    for (struct hang h = hang_on(w->j->generation, node); hang_next(&h, &r, &edge);) {
        const struct impact_rule *rule = impact_rule_find(kind, fall, edge, &r);
        if (rule && is_new(w, holding_identity(&r)))
            step_add(w, parent, &r, edge, rule, timeline);
    }
    if (w->timelines.items[timeline].cap != EFFECT_SAFE)
        unread_of(w, node, parent);
    else if (judge_dependents(w->j, node).is_at_least)
        w->impact->is_complete = false;
}

/* What a policy lets in from outside, and what keyfall has no list for, can never be seen from
 * here. */
static void caveats_of_key(struct walker *w, uint32_t key)
{
    struct record r;
    impact_caveat(w->impact,
                  "S3 objects and services that keyfall does not read may be under the key too.");
    if (!generation_record(w->j->generation, key, &r))
        return;
    struct value external = record_value(&r, ATTR_KEY_EXTERNAL_ACCOUNTS);
    struct buf list = {0};
    for (const char *account = NULL; (account = value_next(&external, account));)
        if (!account_is_ours(w->j, account))
            buf_printf(&list, "%s%s", list.len ? ", " : "", account);
    if (list.len)
        impact_caveat(w->impact,
                      arena_printf(w->impact->arena,
                                   "The key policy lets in %s: what they keep under the key cannot "
                                   "be seen from here.",
                                   list.data));
    buf_free(&list);
}

static void caveats_of_vault(struct walker *w, uint32_t vault)
{
    struct record r;
    int64_t locked;
    impact_caveat(w->impact, "AWS deletes a vault only when it is empty.");
    if (generation_record(w->j->generation, vault, &r) &&
        value_number(&r, ATTR_VAULT_LOCKED, &locked) && locked)
        impact_caveat(w->impact,
                      "The vault is locked: its points cannot be deleted before their time.");
}

static bool is_within(const struct record *r, const char *account, const char *region)
{
    return strcmp(record_account(r), account) == 0 &&
           (!region || strcmp(record_region(r), region) == 0);
}

static void hit_within(struct walker *w, uint32_t place, uint16_t timeline)
{
    struct record r, target;
    enum kind kind = node_kind(w->j->estate, place);
    char account[16], region[40];
    const char *in_account = account, *in_region = kind == KIND_REGION ? region : NULL;
    node_place(w->j->estate, place, account, region);
    if (generation_record(w->j->generation, place, &target)) {
        in_account = record_account(&target);
        in_region = kind == KIND_REGION ? record_region(&target) : NULL;
    }
    const struct impact_rule *rule;
    for (size_t i = 0; (rule = impact_rule_within(kind, i)); i++)
        for (struct walk walk = walk_kind(w->j->generation, rule->kind); walk_next(&walk, &r);)
            if (is_within(&r, in_account, in_region) && is_new(w, holding_identity(&r)))
                step_add(w, NO_STEP, &r, EDGE_NONE, rule, timeline);
    unread_within(w, in_account, in_region);
}

static void hit_target(struct walker *w, uint32_t target, const struct impact_action *action)
{
    struct record r;
    enum kind kind = node_kind(w->j->estate, target);
    uint16_t timeline = timeline_add(w, timeline_of(w, target, action));
    bool is_seen = generation_record(w->j->generation, target, &r);
    const struct impact_rule *self = is_seen ? impact_rule_self(kind, action->fall, &r) : NULL;
    if (self) {
        step_add(w, NO_STEP, &r, EDGE_NONE, self, timeline);
        for (size_t i = w->steps.n; i-- > 0 && w->steps.items[i].node == target;)
            w->steps.items[i].depth--;
    }
    if (!is_seen)
        unread_target(w, target);
    if (kind == KIND_KEY)
        caveats_of_key(w, target);
    if (kind == KIND_VAULT)
        caveats_of_vault(w, target);
    if (action->fall == FALL_PLACE)
        hit_within(w, target, timeline);
    else
        hit_dependents(w, target, action->fall, NO_STEP, timeline);
}

/* ---- what survives: copies in other vaults --------------------------------------------------- */

static const struct impact_rule copy_elsewhere = {
    .edge = EDGE_COPIED_FROM,
    .kind = KIND_POINT,
    .first = EFFECT_SAFE,
    .last = EFFECT_SAFE,
    .last_severity = SEVERITY_HIGH,
    .by_health = true,
    .first_text = "copy under another key",
    .remedy = "Keep it, and its key.",
    .page = "docs.aws.amazon.com/aws-backup/latest/devguide/recov-point-create-a-copy.html",
};

/* Of what the lost backups are backups, and one of those: node to step; vaults that go: node to
 * step. */
static void find_lost(const struct walker *w, struct nodemap *resources, struct nodemap *vaults)
{
    struct record r;
    for (size_t i = 0; i < w->steps.n; i++) {
        const struct step *s = &w->steps.items[i];
        if (s->effect < EFFECT_DOWN || !generation_record(w->j->generation, s->node, &r))
            continue;
        const struct holding *h = holding_of(r.kind);
        if (r.kind == KIND_VAULT)
            nodemap_add(vaults, r.node, (uint32_t)i);
        uint32_t resource = h && h->source != ATTR_NONE ? value_node(&r, h->source) : 0;
        if (resource)
            nodemap_add(resources, resource, (uint32_t)i);
    }
}

/* Copies in other vaults of what a lost backup was a backup of. */
static void find_copies(struct walker *w)
{
    struct nodemap resources = {0}, vaults = {0};
    struct record r;
    if (w->j->copies.n > 0)
        find_lost(w, &resources, &vaults);
    struct timeline t = timeline_blank();
    t.has_first = true;
    uint16_t timeline = timeline_add(w, t);
    for (size_t i = 0; resources.n > 0 && i < w->j->copies.n; i++) {
        if (!generation_record(w->j->generation, w->j->copies.items[i], &r))
            continue;
        const uint32_t *of = nodemap_at(&resources, value_node(&r, ATTR_POINT_RESOURCE));
        const uint32_t *from = nodemap_at(&vaults, value_node(&r, ATTR_POINT_SOURCE_VAULT));
        if (of && judge_restorable(w->j, &r) != TRI_NO && is_new(w, holding_identity(&r)))
            step_add(w, from ? *from : *of, &r, EDGE_COPIED_FROM, &copy_elsewhere, timeline);
    }
    nodemap_free(&vaults);
    nodemap_free(&resources);
}

/* What is deleted by itself is only down if one of its backups can bring it back. */
static void soften_sources(struct walker *w)
{
    static const struct impact_rule
        from_backup =
            {
                .first = EFFECT_DOWN,
                .last = EFFECT_DOWN,
                .first_severity = SEVERITY_HIGH,
                .last_severity = SEVERITY_HIGH,
                .first_text = "gone until it is restored from one of its backups",
                .remedy = "Restore it from a backup whose key works.",
                .page = "docs.aws.amazon.com/aws-backup/latest/devguide/restoring-a-backup.html",
            },
        perhaps = {
            .first = EFFECT_UNKNOWN,
            .last = EFFECT_UNKNOWN,
            .first_severity = SEVERITY_CRITICAL,
            .last_severity = SEVERITY_CRITICAL,
            .first_text = "gone; whether one of its backups can be restored is not known",
            .remedy = "Find out which key its backups are under.",
            .page = "docs.aws.amazon.com/aws-backup/latest/devguide/restoring-a-backup.html",
        };
    for (size_t i = 0; i < w->steps.n; i++) {
        struct step *s = &w->steps.items[i];
        if (s->depth != 0)
            continue;
        enum kind kind = node_kind(w->j->estate, s->node);
        if (kind != KIND_DB_INSTANCE && kind != KIND_DB_CLUSTER && kind != KIND_VOLUME)
            continue;
        enum tri can = judge_copies(w->j, s->node).restorable;
        if (can == TRI_NO)
            continue;
        s->rule = can == TRI_YES ? &from_backup : &perhaps;
        s->effect = (uint8_t)s->rule->last;
        s->severity = (uint8_t)s->rule->last_severity;
    }
}

/* ---- asking ---------------------------------------------------------------------------------- */

static void walk(struct walker *w, const struct impact_action *const *actions)
{
    struct impact *impact = w->impact;
    for (size_t i = 0; i < impact->n_targets; i++) {
        struct record r;
        bool is_seen = generation_record(w->j->generation, impact->targets[i], &r);
        is_new(w, is_seen ? holding_identity(&r) : impact->targets[i]); /* no target follows from another */
        if (actions[i]->fall == FALL_KEY)
            nodemap_add(&w->falling, impact->targets[i], 0);
    }
    /* what is worst for what hangs there comes first: it is hit once */
    static const enum fall order[] = {FALL_KEY, FALL_PLACE, FALL_DELETED, FALL_MOVED};
    for (size_t o = 0; o < sizeof order / sizeof *order; o++)
        for (size_t i = 0; i < impact->n_targets; i++)
            if (actions[i]->fall == order[o])
                hit_target(w, impact->targets[i], actions[i]);
    for (size_t i = 0; i < w->steps.n; i++) {
        struct step s = w->steps.items[i];
        if (s.fall != FALL_NONE && s.node)
            hit_dependents(w, s.node, (enum fall)s.fall, (uint32_t)i, s.timeline);
    }
    find_copies(w);
    soften_sources(w);
}

static bool find_actions(const struct judgement *j, const uint32_t *targets, size_t n,
                         const char *name, const struct impact_action **out)
{
    for (size_t i = 0; i < n; i++) {
        out[i] = targets[i] ? impact_action_find(node_kind(j->estate, targets[i]), name) : NULL;
        if (!out[i])
            return false;
    }
    return n > 0;
}

/* Whether an account, "" being one without a known number, may keep things under a key: it owns it, or the
 * key's policy lets it in. */
static bool may_use(const struct record *key, const char *account)
{
    if (strcmp(record_account(key), account) == 0)
        return true;
    struct value allowed = record_value(key, ATTR_KEY_EXTERNAL_ACCOUNTS);
    for (const char *id = NULL; (id = value_next(&allowed, id));)
        if (*id == '*' || *account == '\0' || strcmp(id, account) == 0)
            return true;
    return allowed.is == VALUE_UNKNOWN;
}

/* What was not seen of a key itself, or of an account that may use it, may hold more. */
static void note_unseen(struct walker *w, const struct record *key)
{
    size_t n;
    const struct blind_spot *blind = judgement_blind_spots(w->j, &n);
    for (size_t i = 0; i < n; i++)
        if (blind[i].region[0] == '\0' && may_use(key, blind[i].account)) {
            w->impact->is_complete = false;
            impact_caveat(w->impact, "An account that may use the key could not be read: what it keeps under "
                                     "the key is not known.");
        }
    for (int f = (int)kind_row(KIND_KEY)->first_facet; f < (int)kind_row(KIND_KEY)->end_facet; f++)
        if (!truth_is_sure(record_facet(key, (enum facet)f).truth))
            w->impact->is_complete = false;
}

struct impact *judge_impact(const struct judgement *j, const uint32_t *targets, size_t n_targets,
                            const char *action, size_t max)
{
    struct arena *arena = arena_new();
    const struct impact_action **actions = arena_alloc(arena, (n_targets + 1) * sizeof *actions);
    if (!find_actions(j, targets, n_targets, action, actions)) {
        arena_free(arena);
        return NULL;
    }
    struct impact *impact = arena_alloc(arena, sizeof *impact);
    uint32_t *own = arena_alloc(arena, n_targets * sizeof *own);
    memcpy(own, targets, n_targets * sizeof *own);
    impact->arena = arena;
    impact->targets = own;
    impact->n_targets = n_targets;
    impact->action = actions[0]->name;
    impact->is_complete = true;
    impact->point_of_no_return = TIME_NONE;
    struct walker w = {.j = j, .impact = impact, .seen = mem_alloc((j->n_nodes >> 3) + 1)};
    walk(&w, actions);
    struct record key;
    for (size_t t = 0; t < n_targets; t++)
        if (generation_record(j->generation, targets[t], &key) && key.kind == KIND_KEY)
            note_unseen(&w, &key);
    impact_report(&w, max);
    mem_free(w.seen);
    nodemap_free(&w.unread_seen);
    nodemap_free(&w.falling);
    VEC_FREE(w.unread);
    VEC_FREE(w.timelines);
    VEC_FREE(w.steps);
    return impact;
}

void impact_free(struct impact *i)
{
    if (i)
        arena_free(i->arena);
}
