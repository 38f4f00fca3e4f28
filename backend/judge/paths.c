#include "backend/judge/path_links.h"

#include <stdlib.h>
#include <string.h>

/* What a plan has backed up into a vault, from the recovery points there: the newest tells the key. All
 * rules of a plan are for the same resources. */
struct backed_up {
    uint32_t resource;
    int64_t created;
    struct copy_path path; /* without rule and destination */
};

/* What one plan has backed up into a vault. */
struct plan_sources {
    VEC(struct backed_up) sources;
    struct nodemap source_at; /* resource to index of sources */
};

struct making {
    const struct judgement *j;
    struct arena *arena;
    uint32_t vault; /* that the plans' sources are of: all rules of a vault come one after the other */
    VEC(struct plan_sources) plans;
    struct nodemap plan_at; /* a plan's id, as a string, to index of plans */
    path_vec paths;
};

/* ---- what is copied ------------------------------------------------------------------------------------- */

static void read_point(const struct making *m, const struct record *point, struct copy_path *out)
{
    struct value key = record_value(point, ATTR_POINT_KEY);
    out->source_is = VALUE_KNOWN;
    out->source = value_node(point, ATTR_POINT_RESOURCE);
    out->source_type = value_text(point, ATTR_POINT_RESOURCE_TYPE);
    out->is_fully_managed = record_value(point, ATTR_POINT_SAME_AS).is == VALUE_ABSENT;
    out->key_is = key.is;
    out->source_key = key.is == VALUE_KNOWN ? judge_resolve_key(m->j, key.node) : 0;
}

static void add_source(struct making *m, struct plan_sources *plan, const struct record *point)
{
    int64_t created = 0;
    uint32_t resource = value_node(point, ATTR_POINT_RESOURCE);
    (void)value_number(point, ATTR_POINT_CREATED, &created);
    if (!resource)
        return;
    if (nodemap_add(&plan->source_at, resource, (uint32_t)plan->sources.n))
        VEC_PUSH(plan->sources, ((struct backed_up){.resource = resource, .created = INT64_MIN}));
    struct backed_up *b = &plan->sources.items[*nodemap_at(&plan->source_at, resource)];
    if (created <= b->created)
        return;
    b->created = created;
    read_point(m, point, &b->path);
}

static void forget_sources(struct making *m)
{
    for (size_t i = 0; i < m->plans.n; i++) {
        VEC_FREE(m->plans.items[i].sources);
        nodemap_free(&m->plans.items[i].source_at);
    }
    m->plans.n = 0;
    nodemap_free(&m->plan_at);
}

static struct plan_sources *sources_of(const struct making *m, uint32_t plan_id)
{
    const uint32_t *at = plan_id ? nodemap_at(&m->plan_at, plan_id) : NULL;
    return at ? &m->plans.items[*at] : NULL;
}

/* A copy is not copied on by the rule that made it; only what a plan itself backed up is. */
static void gather_sources(struct making *m, uint32_t vault, const struct slice *points)
{
    struct record point;
    if (m->vault == vault)
        return;
    m->vault = vault;
    forget_sources(m);
    for (uint32_t i = 0; points && i < slice_rows(points); i++) {
        if (!slice_record(m->j->generation, points, i, &point) ||
            record_value(&point, ATTR_POINT_SOURCE_VAULT).is != VALUE_ABSENT)
            continue;
        struct value plan_id = record_value(&point, ATTR_POINT_PLAN_ID);
        if (plan_id.is != VALUE_KNOWN || !plan_id.string)
            continue;
        if (nodemap_add(&m->plan_at, plan_id.string, (uint32_t)m->plans.n))
            VEC_PUSH(m->plans, (struct plan_sources){.source_at = {0}});
        add_source(m, sources_of(m, plan_id.string), &point);
    }
}

/* ---- paths of rules ------------------------------------------------------------------------------------- */

static void add_path(struct making *m, const struct copy_path *from, uint32_t rule, uint32_t source_vault,
                     uint32_t destination)
{
    struct copy_path path = *from;
    struct record vault;
    path.rule = rule;
    path.source_vault = source_vault;
    path.destination_vault = destination;
    path.source_type = path.source_type ? path.source_type : "";
    if (generation_record(m->j->generation, destination, &vault))
        path.destination_key = judge_resolve_key(m->j, value_node(&vault, ATTR_VAULT_KEY));
    node_where(m->j, m->arena, source_vault ? source_vault : rule, &path.source_account, &path.source_region);
    node_where(m->j, m->arena, destination, &path.destination_account, &path.destination_region);
    VEC_PUSH(m->paths, path);
}

/* To one destination: a path for each resource that its plan has backed up into the rule's vault. */
static void add_paths_to(struct making *m, const struct record *rule, uint32_t vault, const struct plan_sources *plan,
                         bool is_whole, const char *to)
{
    struct copy_path none = {.source_is = is_whole ? VALUE_ABSENT : VALUE_UNKNOWN};
    uint32_t destination = estate_find_node(m->j->estate, KIND_VAULT, to, strlen(to));
    if (!destination)
        return;
    for (size_t i = 0; plan && i < plan->sources.n; i++)
        add_path(m, &plan->sources.items[i].path, rule->node, vault, destination);
    if (!plan || plan->sources.n == 0 || !is_whole)
        add_path(m, &none, rule->node, vault, destination);
}

static void add_rule(struct making *m, const struct record *rule)
{
    struct value copies = record_value(rule, ATTR_RULE_COPIES);
    uint32_t vault = value_node(rule, ATTR_RULE_VAULT), air_gapped = value_node(rule, ATTR_RULE_AIR_GAPPED_VAULT);
    struct record at;
    const struct slice *points = NULL;
    const struct plan_sources *plan = NULL;
    if (copies.is != VALUE_KNOWN && !air_gapped)
        return;
    if (vault && generation_record(m->j->generation, vault, &at))
        points = record_children(&at, FACET_VAULT_POINTS);
    gather_sources(m, vault, points);
    if (generation_record(m->j->generation, value_node(rule, ATTR_RULE_PLAN), &at))
        plan = sources_of(m, record_value(&at, ATTR_PLAN_ID).string);
    bool is_whole = points && slice_is_complete(points);
    for (const char *to = NULL; copies.is == VALUE_KNOWN && (to = value_next(&copies, to));)
        add_paths_to(m, rule, vault, plan, is_whole, to);
    if (air_gapped) {
        struct buf arn = {0};
        node_arn(m->j->estate, air_gapped, &arn);
        add_paths_to(m, rule, vault, plan, is_whole, arn.data);
        buf_free(&arn);
    }
}

static int by_vault(const void *a, const void *b)
{
    uint32_t x = value_node(a, ATTR_RULE_VAULT), y = value_node(b, ATTR_RULE_VAULT);
    return (x > y) - (x < y);
}

static void add_rules(struct making *m)
{
    VEC(struct record) rules = {0};
    struct record rule;
    for (struct walk w = walk_kind(m->j->generation, KIND_RULE); walk_next(&w, &rule);)
        VEC_PUSH(rules, rule);
    if (rules.n > 1)
        qsort(rules.items, rules.n, sizeof *rules.items, by_vault);
    m->vault = UINT32_MAX;
    for (size_t i = 0; i < rules.n; i++)
        add_rule(m, &rules.items[i]);
    forget_sources(m);
    VEC_FREE(m->plans);
    VEC_FREE(rules);
}

/* ---- order, and one path each --------------------------------------------------------------------------- */

static int node_order(const struct judgement *j, uint32_t a, uint32_t b)
{
    if (a == b)
        return 0;
    return a && b ? node_compare(j->estate, a, b) : (a > b) - (a < b);
}

/* Where a rule and a copy that is there tell of the same path, the rule's comes first. */
static int path_order(const void *a, const void *b, void *ctx)
{
    const struct judgement *j = ctx;
    const struct copy_path *x = a, *y = b;
    int order = node_order(j, x->source, y->source);
    if (order == 0)
        order = node_order(j, x->source_vault, y->source_vault);
    if (order == 0)
        order = node_order(j, x->destination_vault, y->destination_vault);
    if (order == 0)
        order = -node_order(j, x->rule, y->rule);
    if (order == 0)
        order = strcmp(x->destination_region, y->destination_region);
    return order != 0 ? order : node_order(j, x->source_key, y->source_key);
}

static bool is_same_path(const struct copy_path *a, const struct copy_path *b)
{
    return a->source && a->source == b->source && a->source_vault == b->source_vault &&
           a->destination_vault == b->destination_vault;
}

static void sort_paths(struct making *m)
{
    size_t n = 0;
    if (m->paths.n == 0)
        return;
    qsort_r(m->paths.items, m->paths.n, sizeof *m->paths.items, path_order, (void *)m->j);
    for (size_t i = 0; i < m->paths.n; i++)
        if (n == 0 || m->paths.items[i].rule || !is_same_path(&m->paths.items[n - 1], &m->paths.items[i]))
            m->paths.items[n++] = m->paths.items[i];
    m->paths.n = n;
}

/* ---- paths that copies tell of -------------------------------------------------------------------------- */

struct seen_copy {
    uint32_t source_vault, vault, resource, point;
};

static int copy_order(const void *a, const void *b)
{
    return memcmp(a, b, offsetof(struct seen_copy, point));
}

/* The key of what was copied: of the newest point of the resource in the source vault. */
static void find_original(const struct making *m, const struct seen_copy *copy, struct copy_path *path)
{
    struct record point;
    enum edge edge;
    int64_t newest = INT64_MIN, created;
    for (struct hang h = hang_on(m->j->generation, copy->resource); hang_next(&h, &point, &edge);) {
        if (point.kind != KIND_POINT || edge != EDGE_BACKUP_OF ||
            value_node(&point, ATTR_POINT_VAULT) != copy->source_vault)
            continue;
        created = 0;
        (void)value_number(&point, ATTR_POINT_CREATED, &created);
        if (created > newest) {
            newest = created;
            read_point(m, &point, path);
        }
    }
}

static void add_seen_path(struct making *m, const struct seen_copy *copy)
{
    struct record point;
    struct copy_path path = {.source = copy->resource, .source_is = VALUE_KNOWN, .key_is = VALUE_UNKNOWN};
    if (generation_record(m->j->generation, copy->point, &point)) {
        path.source_type = value_text(&point, ATTR_POINT_RESOURCE_TYPE);
        path.is_fully_managed = record_value(&point, ATTR_POINT_SAME_AS).is == VALUE_ABSENT;
    }
    find_original(m, copy, &path);
    add_path(m, &path, 0, copy->source_vault, copy->vault);
}

static void add_seen_copies(struct making *m)
{
    VEC(struct seen_copy) seen = {0};
    struct record point;
    for (size_t i = 0; i < m->j->copies.n; i++) {
        if (!generation_record(m->j->generation, m->j->copies.items[i].point, &point))
            continue;
        struct seen_copy copy = {value_node(&point, ATTR_POINT_SOURCE_VAULT),
                                 value_node(&point, ATTR_POINT_VAULT),
                                 value_node(&point, ATTR_POINT_RESOURCE), point.node};
        if (copy.source_vault && copy.vault && copy.resource)
            VEC_PUSH(seen, copy);
    }
    if (seen.n > 0)
        qsort(seen.items, seen.n, sizeof *seen.items, copy_order);
    for (size_t i = 0; i < seen.n; i++)
        if (i == 0 || copy_order(&seen.items[i - 1], &seen.items[i]) != 0)
            add_seen_path(m, &seen.items[i]);
    VEC_FREE(seen);
}

/* ---- all ------------------------------------------------------------------------------------------------ */

static void make_paths(const struct judgement *j, struct path_list *out)
{
    struct making m = {.j = j, .arena = arena_new()};
    add_rules(&m);
    add_seen_copies(&m);
    path_ways(j, m.arena, &m.paths);
    sort_paths(&m);
    path_links_check(j, m.arena, m.paths.items, m.paths.n);
    out->arena = m.arena;
    out->items = m.paths.items;
    out->n = m.paths.n;
    out->is_made = true;
}

struct path_list *paths_new(void)
{
    struct path_list *list = mem_alloc(sizeof *list);
    (void)pthread_mutex_init(&list->lock, NULL); /* the default kind cannot fail */
    return list;
}

void paths_free(struct path_list *list)
{
    mem_free(list->items);
    arena_free(list->arena);
    (void)pthread_mutex_destroy(&list->lock);
    mem_free(list);
}

static struct path_list *list_of(const struct judgement *j)
{
    struct path_list *list = j->paths;
    (void)pthread_mutex_lock(&list->lock);
    if (!list->is_made)
        make_paths(j, list);
    (void)pthread_mutex_unlock(&list->lock);
    return list;
}

const struct copy_path *judge_paths(const struct judgement *j, size_t *n)
{
    const struct path_list *list = list_of(j);
    *n = list->n;
    return list->items;
}

const struct copy_matrix *judge_copy_matrix(const struct judgement *j)
{
    struct path_list *list = list_of(j);
    (void)pthread_mutex_lock(&list->lock);
    if (!list->has_matrix)
        copy_matrix_make(j, list->arena, list->items, list->n, &list->matrix);
    list->has_matrix = true;
    (void)pthread_mutex_unlock(&list->lock);
    return &list->matrix;
}
