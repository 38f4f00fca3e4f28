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

/* Of a place of which nothing is known. Its names are kept: who asks may have made them. */
static bool is_new_elsewhere(struct walker *w, struct unread *u)
{
    uint64_t place = hash_bytes(u->region, strlen(u->region), hash_bytes(u->account, strlen(u->account), 0));
    uint32_t hash = (uint32_t)hash_bytes(&u->list, sizeof u->list, place);
    if (!nodemap_add(&w->unread_seen, hash ? hash : 1, 0))
        return false;
    u->account = arena_strdup(w->impact->arena, u->account);
    u->region = arena_strdup(w->impact->arena, u->region);
    return true;
}

/* It hangs on the targets themselves: which of those that go would be named by what was not read is not known. */
static void unread_add(struct walker *w, const struct area *a, struct unread u, enum severity severity)
{
    w->impact->is_complete = false;
    if (!(a ? is_new_list(w, a, u.list) : is_new_elsewhere(w, &u)))
        return;
    if (w->unread.n == 0) {
        struct timeline t = timeline_blank();
        t.has_first = true;
        w->unread_timeline = timeline_add(w, t);
    }
    struct step s = {.parent = NO_STEP,
                     .depth = 1,
                     .rule = &not_read,
                     .timeline = w->unread_timeline,
                     .effect = EFFECT_UNKNOWN,
                     .severity = (uint8_t)severity,
                     .unread = (uint32_t)w->unread.n};
    VEC_PUSH(w->unread, u);
    VEC_PUSH(w->steps, s);
}

static void unread_list(void *ctx, const struct area *a, const char *account, const char *region, enum list list,
                        enum truth truth)
{
    struct unread row = {.account = account, .region = region, .list = list, .truth = truth};
    struct walker *w = ctx;
    unread_add(w, a, row, list == LIST_NONE ? SEVERITY_CRITICAL : (enum severity)w->j->severity_of_list[list]);
}

void unread_here(struct walker *w, const struct area *a, enum list list, enum truth truth)
{
    if (a)
        unread_list(w, a, a->account, a->region, list, truth);
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
    {KIND_DB_INSTANCE, LIST_DB_SNAPSHOTS}, {KIND_DB_INSTANCE, LIST_DB_AUTO_BACKUP},
    {KIND_DB_CLUSTER, LIST_DB_CLUSTER_SNAPSHOTS}, {KIND_DB_CLUSTER, LIST_DB_CLUSTER_AUTO_BACKUP},
};

/* Whatever is under a key may name it by an alias. */
static void unread_of_alias(struct walker *w, const struct area *a, const char *account, const char *region)
{
    for (const enum list *l = w->j->dependent_lists; *l != LIST_NONE; l++) {
        enum truth t = a ? area_truth(a, *l) : TRUTH_NOT_ASKED;
        if (!truth_is_sure(t))
            unread_list(w, a, account, region, *l, t);
    }
}

/* Rules about backups of the key's own place, and what they drive. */
static void unread_drivers(struct walker *w, const struct record *key)
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
        unread_add(w, a, row, SEVERITY_MEDIUM);
}

static void unread_of_key(struct walker *w, uint32_t key)
{
    struct record r;
    judge_unsure_lists(w->j, key, unread_list, w);
    if (!generation_record(w->j->generation, key, &r))
        return;
    const struct area *a = area_of_record(w->j, &r);
    enum truth grants = record_facet(&r, FACET_KEY_GRANTS).truth;
    if (!truth_is_sure(grants))
        unread_list(w, a, record_account(&r), record_region(&r), LIST_GRANTS, grants);
    enum truth tags = record_facet(&r, FACET_KEY_TAGS).truth; /* they say which products rely on it */
    if (!truth_is_sure(tags))
        unread_list(w, a, record_account(&r), record_region(&r), LIST_EKM, tags);
    unread_drivers(w, &r);
}

static void unread_of_lists(struct walker *w, enum kind kind, const struct area *a, const char *account,
                            const char *region)
{
    for (size_t i = 0; i < sizeof lists_by_kind / sizeof *lists_by_kind; i++) {
        enum list list = lists_by_kind[i].list;
        enum truth t = a ? area_truth(a, list) : TRUTH_NOT_ASKED;
        if (lists_by_kind[i].kind == kind && !truth_is_sure(t))
            unread_list(w, a, account, region, list, t);
    }
}

static bool has_lists(enum kind kind)
{
    bool has = kind == KIND_ALIAS;
    for (size_t i = 0; i < sizeof lists_by_kind / sizeof *lists_by_kind; i++)
        has |= lists_by_kind[i].kind == kind;
    return has;
}

static void unread_of_other(struct walker *w, uint32_t node, enum kind kind)
{
    const char *account, *region;
    node_where(w->j, w->impact->arena, node, &account, &region);
    const struct area *a = area_find(w->j, account, region);
    unread_of_lists(w, kind, a, account, region);
    if (kind == KIND_ALIAS)
        unread_of_alias(w, a, account, region);
    if (kind == KIND_VAULT && !w->j->rules_are_sure) {
        struct unread other = {
            .account = "",
            .region = "",
            .list = LIST_RULES,
            .text = "rules of other places, which may copy into it, were not all read"};
        unread_add(w, NULL, other, SEVERITY_HIGH);
    }
}

void unread_of(struct walker *w, uint32_t node)
{
    enum kind kind = node_kind(w->j->estate, node);
    uint32_t slot = estate_home(w->j->estate, node);
    if (kind == KIND_KEY)
        unread_of_key(w, node);
    else if (slot && slot == w->told_of)
        return; /* the 100,000 snapshots of a list have one place */
    w->told_of = slot;
    if (has_lists(kind))
        unread_of_other(w, node, kind);
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
    unread_add(w, area_find(w->j, account, region), own, SEVERITY_CRITICAL);
}

void unread_within(struct walker *w, const char *account, const char *region)
{
    static const struct {
        enum list list;
        enum severity severity;
    } beside[] = {{LIST_KEYS, SEVERITY_CRITICAL}, {LIST_PLANS, SEVERITY_HIGH}, {LIST_RULES, SEVERITY_HIGH}};
    bool any = false;
    for (size_t i = 0; i < w->j->areas.n; i++) {
        const struct area *a = &w->j->areas.items[i];
        if (strcmp(a->account, account) != 0 || !a->region[0] || !a->is_read ||
            (region && strcmp(a->region, region) != 0))
            continue;
        any = true;
        for (size_t l = 0; l < sizeof beside / sizeof *beside; l++) { /* what falls and hangs on no key */
            struct unread row = {.account = account, .region = a->region, .list = beside[l].list,
                                 .truth = area_truth(a, beside[l].list)};
            if (!truth_is_sure(row.truth))
                unread_add(w, a, row, beside[l].severity);
        }
        for (const enum list *l = w->j->dependent_lists; *l != LIST_NONE; l++)
            if (!truth_is_sure(area_truth(a, *l)))
                unread_list(w, a, account, a->region, *l, area_truth(a, *l));
    }
    const char *in_region = region ? region : "";
    if (!any)
        unread_list(w, area_find(w->j, account, in_region), account, in_region, LIST_NONE, TRUTH_NOT_ASKED);
}
