#include "backend/judge/internal.h"

#include <string.h>

/* ---- small readers --------------------------------------------------------------------------- */

bool value_is(const struct record *r, enum attr attr, const char *text)
{
    struct value v = record_value(r, attr);
    return v.is == VALUE_KNOWN && strcmp(v.text, text) == 0;
}

const char *value_text(const struct record *r, enum attr attr)
{
    struct value v = record_value(r, attr);
    return v.is == VALUE_KNOWN ? v.text : "";
}

bool value_number(const struct record *r, enum attr attr, int64_t *out)
{
    struct value v = record_value(r, attr);
    *out = v.number;
    return v.is == VALUE_KNOWN;
}

uint32_t value_node(const struct record *r, enum attr attr)
{
    struct value v = record_value(r, attr);
    return v.is == VALUE_KNOWN ? v.node : 0;
}

/* ---- one key --------------------------------------------------------------------------------- */

/* Whether a record named its key before then: it was read before, or cannot have changed its key since. */
static bool named_before(const struct record *r, int64_t at)
{
    const struct holding *h = holding_of(r->kind);
    enum attr since = attr_by_name(r->kind, "last_modified");
    int64_t date;
    if (since == ATTR_NONE && h && h->source != ATTR_NONE)
        since = attr_by_name(r->kind, "created"); /* a backup keeps its key */
    int64_t seen = slice_seen_at(r->slice);
    return (seen != TIME_NONE && seen < at) ||
           (since != ATTR_NONE && value_number(r, since, &date) && date < at);
}

/* A key that a dependent names and that its own Region's whole list lacks is deleted. A list that could not
 * be read again proves it of keys that were named before: a key id never comes back.
 * https://docs.aws.amazon.com/kms/latest/developerguide/deleting-keys.html */
static enum key_health health_of_stub(const struct judgement *j, uint32_t key, int64_t *old_list_at)
{
    struct record r;
    enum edge edge;
    char account[16], region[40];
    node_place(j->estate, key, account, region);
    const struct area *a = area_find(j, account, region);
    *old_list_at = TIME_NONE;
    if (!a || !a->has[LIST_KEYS] || a->keys_whole_at == TIME_NONE)
        return KEY_UNKNOWN;
    if (a->truth[LIST_KEYS] == TRUTH_KNOWN)
        return KEY_GONE;
    *old_list_at = a->keys_whole_at;
    for (struct hang h = hang_on(j->generation, key); hang_next(&h, &r, &edge);)
        if (named_before(&r, a->keys_whole_at))
            return KEY_GONE;
    return KEY_UNKNOWN;
}

int64_t key_gone_by_list_of(const struct judgement *j, uint32_t key)
{
    int64_t at;
    return health_of_stub(j, key, &at) == KEY_GONE ? at : TIME_NONE;
}

/* CONNECTED is the best that can be said of a custom store.
 * https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html */
static enum key_health health_of_store(const struct judgement *j, const struct record *key)
{
    struct value store = record_value(key, ATTR_KEY_KEY_STORE);
    if (store.is != VALUE_KNOWN)
        return store.is == VALUE_ABSENT ? KEY_USABLE : KEY_UNKNOWN;
    struct record r;
    if (!generation_record(j->generation, store.node, &r))
        return KEY_UNKNOWN;
    struct value state = record_value(&r, ATTR_KEY_STORE_STATE);
    if (state.is != VALUE_KNOWN)
        return KEY_UNKNOWN;
    return strcmp(state.text, "CONNECTED") == 0 ? KEY_USABLE : KEY_UNUSABLE;
}

static enum key_health health_of(const struct judgement *j, const struct record *key)
{
    struct value state = record_value(key, ATTR_KEY_STATE);
    if (state.is != VALUE_KNOWN)
        return KEY_UNKNOWN;
    if (strcmp(state.text, "Enabled") != 0 && strcmp(state.text, "Updating") != 0)
        return KEY_UNUSABLE;
    /* an old "Enabled" proves nothing about now */
    if (!truth_is_sure(record_facet(key, FACET_KEY_METADATA).truth))
        return KEY_UNKNOWN;
    return health_of_store(j, key);
}

enum key_health judge_key(const struct judgement *j, uint32_t key)
{
    if (!key || key > j->n_nodes || node_kind(j->estate, key) != KIND_KEY)
        return KEY_UNKNOWN;
    int64_t old_list_at;
    return j->health[key] ? (enum key_health)(j->health[key] - 1) : health_of_stub(j, key, &old_list_at);
}

uint32_t judge_resolve_key(const struct judgement *j, uint32_t key_or_alias)
{
    return holding_resolve(j->generation, key_or_alias);
}

bool alias_is_aws(const struct judgement *j, uint32_t alias)
{
    struct buf arn = {0};
    node_arn(j->estate, alias, &arn);
    bool is_aws = arn.data && strstr(arn.data, ":alias/aws/") != NULL;
    buf_free(&arn);
    return is_aws;
}

enum tri key_is_aws_managed(const struct judgement *j, uint32_t key)
{
    struct record r;
    if (!key || !generation_record(j->generation, key, &r))
        return TRI_UNKNOWN;
    struct value manager = record_value(&r, ATTR_KEY_MANAGER);
    if (manager.is != VALUE_KNOWN)
        return TRI_UNKNOWN;
    return strcmp(manager.text, "AWS") == 0 ? TRI_YES : TRI_NO;
}

uint64_t key_family(const struct judgement *j, uint32_t key)
{
    struct record r;
    if (!key || !generation_record(j->generation, key, &r))
        return 0;
    enum tri aws = key_is_aws_managed(j, key);
    if (aws == TRI_YES) {
        const struct area *a = area_find(j, record_account(&r), "");
        if (!a)
            a = area_of_record(j, &r);
        return a ? (UINT64_C(1) << 32) + (uint64_t)(a - j->areas.items) : 0;
    }
    struct value multi = record_value(&r, ATTR_KEY_MULTI_REGION);
    if (aws == TRI_UNKNOWN || multi.is == VALUE_UNKNOWN)
        return 0;
    if (multi.is != VALUE_KNOWN || !multi.number)
        return key;
    return value_node(&r, ATTR_KEY_PRIMARY);
}

/* ---- multi-Region sets ----------------------------------------------------------------------- */

static void relative_add(struct relatives *set, uint32_t key, uint32_t node)
{
    for (size_t i = 0; i < set->nodes.n; i++)
        if (set->nodes.items[i] == node)
            return;
    if (node && node != key)
        VEC_PUSH(set->nodes, node);
}

/* What one member says of the set. True if it says all: both primary and replicas name every member.
 * https://docs.aws.amazon.com/kms/latest/APIReference/API_MultiRegionConfiguration.html */
static bool relatives_say(const struct judgement *j, const struct record *member, uint32_t key,
                          struct relatives *set)
{
    struct value replicas = record_value(member, ATTR_KEY_REPLICAS);
    relative_add(set, key, member->node);
    relative_add(set, key, value_node(member, ATTR_KEY_PRIMARY));
    for (const char *arn = NULL; (arn = value_next(&replicas, arn));)
        relative_add(set, key, estate_find_node(j->estate, KIND_KEY, arn, strlen(arn)));
    return truth_is_sure(record_facet(member, FACET_KEY_METADATA).truth);
}

/* A key id that begins so is of such a set.
 * https://docs.aws.amazon.com/kms/latest/developerguide/multi-region-keys-overview.html */
#define MULTI_REGION_PREFIX "mrk-"

struct relatives key_relatives(const struct judgement *j, uint32_t key)
{
    struct relatives set = {.is_whole = strncmp(node_tail(j->estate, key), MULTI_REGION_PREFIX,
                                                strlen(MULTI_REGION_PREFIX)) != 0};
    struct record r;
    enum edge edge;
    struct value multi = {.is = VALUE_UNKNOWN};
    if (generation_record(j->generation, key, &r))
        multi = record_value(&r, ATTR_KEY_MULTI_REGION);
    if (multi.is != VALUE_UNKNOWN) /* a key of one Region stays one */
        set.is_whole = relatives_say(j, &r, key, &set) || !multi.number;
    for (struct hang h = hang_on(j->generation, key); !set.is_whole && hang_next(&h, &r, &edge);)
        if (edge == EDGE_RELATIVE_OF)
            set.is_whole |= relatives_say(j, &r, key, &set);
    return set;
}

/* ---- which lists could hold dependents of a key ---------------------------------------------- */

typedef void unsure_fn(void *ctx, const struct area *area, const char *account, const char *region, enum list list,
                       enum truth truth);

static void unsure_in(const struct judgement *j, const char *account, const char *region,
                      unsure_fn *fn, void *ctx)
{
    const struct area *a = area_find(j, account, region);
    if (!a) {
        fn(ctx, NULL, account, region, LIST_NONE, TRUTH_NOT_ASKED);
        return;
    }
    for (const enum list *l = j->dependent_lists; a->hides_dependents && *l != LIST_NONE; l++) {
        enum truth t = area_truth(a, *l);
        if (!truth_is_sure(t))
            fn(ctx, a, account, region, *l, t);
    }
}

static void unsure_everywhere(const struct judgement *j, const char *account, const char *region,
                              unsure_fn *fn, void *ctx)
{
    bool own_seen = false;
    for (size_t i = 0; i < j->areas.n; i++) {
        const struct area *a = &j->areas.items[i];
        if (strcmp(a->region, region) != 0)
            continue;
        bool is_own = strcmp(a->account, account) == 0;
        own_seen |= is_own;
        if (is_own || a->is_read)
            unsure_in(j, a->account, region, fn, ctx);
    }
    if (!own_seen)
        unsure_in(j, account, region, fn, ctx);
}

/* Who else may use a key stands in its policy; while that is not known, it may be anybody. */
static bool users_are_known(const struct record *key, struct value *external)
{
    *external = record_value(key, ATTR_KEY_EXTERNAL_ACCOUNTS);
    if (!truth_is_sure(record_facet(key, FACET_KEY_POLICY).truth))
        return false;
    for (const char *item = NULL; (item = value_next(external, item));)
        if (strcmp(item, "*") == 0)
            return false;
    return true;
}

void judge_unsure_lists(const struct judgement *j, uint32_t key, unsure_fn *fn, void *ctx)
{
    struct record r;
    struct value external;
    char account[16], region[40];
    if (!generation_record(j->generation, key, &r)) {
        node_place(j->estate, key, account, region);
        unsure_everywhere(j, account, region, fn, ctx);
    } else if (!users_are_known(&r, &external)) {
        unsure_everywhere(j, record_account(&r), record_region(&r), fn, ctx);
    } else {
        unsure_in(j, record_account(&r), record_region(&r), fn, ctx);
        for (const char *other = NULL; (other = value_next(&external, other));)
            if (account_is_ours(j, other) && strcmp(other, record_account(&r)) != 0)
                unsure_in(j, other, record_region(&r), fn, ctx);
    }
}

static bool hides_dependents(const struct judgement *j, const char *account, const char *region)
{
    const struct area *a = area_find(j, account, region);
    return !a || a->hides_dependents;
}

/* The same, only whether there are any. */
static bool key_is_at_least(const struct judgement *j, uint32_t key)
{
    struct record r;
    struct value external = {.is = VALUE_UNKNOWN};
    char account[16], region[40];
    bool is_seen = generation_record(j->generation, key, &r);
    /* its tags say which products rely on it */
    if (is_seen && !truth_is_sure(record_facet(&r, FACET_KEY_TAGS).truth))
        return true;
    if (!is_seen)
        node_place(j->estate, key, account, region);
    const char *own = is_seen ? record_account(&r) : account, *in = is_seen ? record_region(&r) : region;
    bool unsure = hides_dependents(j, own, in);
    bool is_anybodys = !is_seen || !users_are_known(&r, &external);
    for (size_t i = 0; is_anybodys && i < j->regions.n; i++)
        unsure |= j->regions.items[i].hides_dependents && strcmp(j->regions.items[i].region, in) == 0;
    for (const char *other = NULL; !is_anybodys && !unsure && (other = value_next(&external, other));)
        unsure = account_is_ours(j, other) && hides_dependents(j, other, in);
    return unsure;
}

/* ---- dependents ------------------------------------------------------------------------------ */

bool counts_as_dependent(enum edge edge)
{
    static const bool counts[EDGE_COUNT] = {
        [EDGE_ENCRYPTED_UNDER] = true, [EDGE_ALSO_UNDER] = true, [EDGE_VAULT_KEY] = true, [EDGE_STORED_IN] = true,
        [EDGE_IN_VAULT] = true,        [EDGE_BACKUP_OF] = true, [EDGE_PART_OF] = true,
        [EDGE_WRITES_TO] = true,       [EDGE_RELIES_ON] = true, [EDGE_READS_UNDER] = true,
        [EDGE_COPIES_UNDER] = true,    [EDGE_MADE_OF] = true,
    };
    return counts[edge];
}

bool is_twin_of_another(const struct record *r, uint32_t node, enum edge edge)
{
    struct record twin;
    enum attr same_as = kind_row(r->kind)->same_as;
    if (same_as == ATTR_NONE || (edge != EDGE_ENCRYPTED_UNDER && edge != EDGE_BACKUP_OF) ||
        !generation_record(r->generation, value_node(r, same_as), &twin))
        return false;
    const struct holding *h = holding_of(twin.kind);
    enum attr attr = !h                             ? ATTR_NONE
                     : edge == EDGE_ENCRYPTED_UNDER ? h->key
                     : edge == EDGE_BACKUP_OF       ? h->source
                                                    : ATTR_NONE;
    return attr != ATTR_NONE && value_node(&twin, attr) == node;
}

enum hanger judge_hanger(const struct record *r, uint32_t node, enum edge edge)
{
    return !counts_as_dependent(edge)               ? HANGER_NAME
           : is_twin_of_another(r, node, edge) ? HANGER_TWIN
                                               : HANGER_DEPENDENT;
}

/* Once over what hangs there: a key may have very many. A record that names the node twice in the same way comes
 * twice, one after the other; some only name it on the way to what depends on it. */
static struct dependents count_dependents(const struct judgement *j, uint32_t node)
{
    struct dependents d = {0};
    uint32_t last = 0;
    struct record r;
    enum edge edge;
    for (struct hang h = hang_on(j->generation, node); hang_next(&h, &r, &edge); last = r.node) {
        if (edge == EDGE_ALIAS_OF)
            d.all += count_dependents(j, r.node).direct;
        else if (edge == EDGE_STORED_IN)
            d.all += judge_dependents(j, r.node).all;
        if (r.node != last && judge_hanger(&r, node, edge) == HANGER_DEPENDENT)
            d.direct++;
        d.has_vaults |= edge == EDGE_VAULT_KEY;
        d.has_products |= edge == EDGE_RELIES_ON && r.kind == KIND_EKM;
        d.has_points |= edge == EDGE_ENCRYPTED_UNDER && r.kind == KIND_POINT;
    }
    d.all += d.direct;
    return d;
}

static bool node_is_at_least(const struct judgement *j, uint32_t node)
{
    struct record r;
    if (node_kind(j->estate, node) == KIND_KEY)
        return key_is_at_least(j, node);
    if (!generation_record(j->generation, node, &r))
        return true;
    if (r.kind == KIND_VAULT)
        return !truth_is_sure(record_facet(&r, FACET_VAULT_POINTS).truth) || !j->rules_are_sure;
    const struct holding *h = holding_of(r.kind);
    bool has_backups_elsewhere = h && h->source == ATTR_NONE; /* copies of it may be in any place */
    return hides_dependents(j, record_account(&r), record_region(&r)) ||
           (has_backups_elsewhere && !truth_is_sure(j->backups_truth));
}

struct dependents judge_dependents(const struct judgement *j, uint32_t node)
{
    const uint32_t *known = nodemap_at(&j->dependents_of, node);
    if (!node || known)
        return node ? j->dependents.items[*known] : (struct dependents){0};
    struct dependents d = count_dependents(j, node);
    d.is_at_least = node_is_at_least(j, node);
    return d;
}

static void gather_copies(struct judgement *j)
{
    struct record r;
    for (struct walk w = walk_kind(j->generation, KIND_POINT); walk_next(&w, &r);) {
        struct copy c = {.point = r.node, .vault = value_node(&r, ATTR_POINT_SOURCE_VAULT), .next = UINT32_MAX};
        uint32_t resource = c.vault ? value_node(&r, ATTR_POINT_RESOURCE) : 0;
        if (!resource)
            continue;
        uint32_t *last = nodemap_at(&j->copies_of, resource);
        if (last) {
            c.next = *last;
            *last = (uint32_t)j->copies.n;
        } else {
            nodemap_add(&j->copies_of, resource, (uint32_t)j->copies.n);
        }
        VEC_PUSH(j->copies, c);
    }
}

void keys_build(struct judgement *j)
{
    struct record r;
    j->health = mem_alloc((size_t)j->n_nodes + 1);
    for (struct walk w = walk_kind(j->generation, KIND_KEY); walk_next(&w, &r);) {
        j->health[r.node] = (uint8_t)(health_of(j, &r) + 1);
        struct dependents d = judge_dependents(j, r.node);
        nodemap_add(&j->dependents_of, r.node, (uint32_t)j->dependents.n);
        VEC_PUSH(j->dependents, d);
    }
    gather_copies(j);
}
