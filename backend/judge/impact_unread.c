/* What could hang on what falls and was not read. */
#include "backend/judge/drivers.h"
#include "backend/judge/impact_walk.h"

#include "backend/base/hash.h"

#include <string.h>

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

/* Its place stands beside the label. Texts are made of what is listed alone: there may be very many. */
void unread_tell(const struct walker *w, const struct unread *u, struct consequence *out)
{
    struct arena *arena = w->impact->arena;
    const char *what = u->list ? list_row(u->list)->name : "everything";
    out->list = u->list;
    out->account = arena_strdup(arena, u->account);
    out->region = arena_strdup(arena, u->region);
    out->label = u->account[0] ? what : arena_printf(arena, "%s elsewhere", what);
    out->text = u->text   ? u->text
                : u->list ? arena_printf(arena, "%s: %s", list_row(u->list)->name, truth_text(u->truth))
                          : "nothing in this account and Region was read";
}

static void unread_add(struct walker *w, uint32_t parent, struct unread u, enum severity severity)
{
    uint64_t place = hash_bytes(u.region, strlen(u.region), hash_bytes(u.account, strlen(u.account), 0));
    uint32_t hash = (uint32_t)hash_bytes(&u.list, sizeof u.list, place);
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
    VEC_PUSH(w->unread, u);
    VEC_PUSH(w->steps, s);
}

static void unread_list(void *ctx, const char *account, const char *region, enum list list,
                        enum truth truth)
{
    struct unread_ctx *u = ctx;
    struct unread row = {.account = account, .region = region, .list = list, .truth = truth};
    unread_add(u->w, u->parent, row,
               list == LIST_NONE ? SEVERITY_CRITICAL : impact_rule_severity(list_row(list)->kind));
}

/* The lists that hold what can hang on things other than keys. */
static const struct {
    enum kind kind;
    enum list list;
} lists_by_kind[] = {
    {KIND_VAULT, LIST_POINTS},    {KIND_VAULT, LIST_RULES},   {KIND_PLAN, LIST_RULES},
    {KIND_PLAN, LIST_SELECTIONS}, {KIND_KEY_STORE, LIST_KEYS},
    {KIND_VAULT, LIST_RESTORE_TESTS}, {KIND_VAULT, LIST_LEGAL_HOLDS},
    {KIND_EBS_SNAPSHOT, LIST_IMAGES}, {KIND_FUNCTION, LIST_EVENT_RULES},
};

/* Whatever is under a key may name it by an alias. */
static void unread_of_alias(struct walker *w, const struct area *a, const char *account, const char *region,
                            struct unread_ctx *ctx)
{
    for (const enum list *l = w->j->dependent_lists; *l != LIST_NONE; l++) {
        enum truth t = a ? area_truth(a, *l) : TRUTH_NOT_ASKED;
        if (!truth_is_sure(t))
            unread_list(ctx, account, region, *l, t);
    }
}

/* Rules about backups of the key's own place, and what they drive. */
static void unread_drivers(struct walker *w, const struct record *key, uint32_t parent)
{
    const struct area *a = area_of_record(w->j, key);
    enum truth truth = a ? area_truth(a, LIST_EVENT_RULES) : TRUTH_NOT_ASKED;
    struct record rule;
    for (struct walk walk = walk_kind(w->j->generation, KIND_EVENT_RULE); walk_next(&walk, &rule);)
        if (area_of_record(w->j, &rule) == a && rule_is_on(&rule))
            truth = truth_worse(truth, record_facet(&rule, FACET_EVENT_RULE_TARGETS).truth);
    struct unread row = {.account = record_account(key), .region = record_region(key), .list = LIST_EVENT_RULES,
                         .truth = truth};
    if (!truth_is_sure(truth))
        unread_add(w, parent, row, SEVERITY_MEDIUM);
}

void unread_of(struct walker *w, uint32_t node, uint32_t parent)
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
        enum truth tags = record_facet(&r, FACET_KEY_TAGS).truth; /* they say which products rely on it */
        if (!truth_is_sure(tags))
            unread_list(&ctx, record_account(&r), record_region(&r), LIST_EKM, tags);
        unread_drivers(w, &r, parent);
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
    if (kind == KIND_ALIAS)
        unread_of_alias(w, a, account, region, &ctx);
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
void unread_target(struct walker *w, uint32_t target)
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

void unread_within(struct walker *w, const char *account, const char *region)
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
