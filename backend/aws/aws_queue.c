/* Routes, lanes, groups and classes, and which call goes next. */
#include "backend/aws/aws_internal.h"

#include "backend/base/hash.h"

#include <string.h>

/* --- finding and making --- */

static bool is_lane(const void *item, const void *key)
{
    return strcmp(((const struct lane *)item)->origin, key) == 0;
}

static bool is_route(const void *item, const void *key)
{
    return memcmp(&((const struct route *)item)->key, key, sizeof(struct route_key)) == 0;
}

static bool is_group(const void *item, const void *key)
{
    return memcmp(&((const struct group *)item)->key, key, sizeof(struct group_key)) == 0;
}

static bool is_class(const void *item, const void *key)
{
    return memcmp(&((const struct class *)item)->key, key, sizeof(struct class_key)) == 0;
}

static const char *intern(struct aws *aws, const char *s, uint32_t *id)
{
    uint32_t found = strtab_adds(aws->names, s);
    if (id)
        *id = found;
    return s ? strtab_get(aws->names, found, NULL) : NULL;
}

static struct lane *lane_get(struct aws *aws, const struct endpoint *endpoint)
{
    char origin[ENDPOINT_URL_SIZE];
    memcpy(origin, endpoint->base, endpoint->origin_len);
    origin[endpoint->origin_len] = '\0';
    uint64_t hash = hash_bytes(origin, endpoint->origin_len, aws->seed);
    struct lane *lane = map_find(&aws->lanes_by_origin, hash, is_lane, origin);
    if (!lane) {
        lane = mem_alloc(sizeof *lane);
        lane->origin = intern(aws, origin, NULL);
        lane->is_custom = endpoint->is_custom;
        lane->window.size = WINDOW_START;
        map_add(&aws->lanes_by_origin, hash, lane);
    }
    return lane;
}

/* The custom endpoint of a service, as the SDKs look for it
 * (https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html). */
static const char *custom_url(const struct aws *aws, const struct identity *who,
                              const struct profile_settings *profile, const struct service *service,
                              enum service_id id)
{
    if (aws->settings.endpoint_url)
        return aws->settings.endpoint_url;
    if (aws->env.ignore || profile->ignore_configured_endpoints)
        return NULL;
    if (aws->env.url[id])
        return aws->env.url[id];
    if (aws->env.url_all)
        return aws->env.url_all;
    const char *url = identity_endpoint_url(who, service->env_id);
    return url ? url : profile->endpoint_url;
}

static enum err_code route_make(struct aws *aws, const struct route_key *key,
                                const struct endpoint_query *query, const char *ca_bundle,
                                struct route **out, struct err *err)
{
    struct endpoint endpoint;
    enum err_code code = endpoint_resolve(query, &endpoint, err);
    if (code != ERR_OK)
        return code;
    struct route *route = mem_alloc(sizeof *route);
    route->key = *key;
    route->endpoint = endpoint;
    route->lane = lane_get(aws, &endpoint);
    route->region = intern(aws, query->region, NULL);
    route->ca_bundle = intern(aws, ca_bundle, NULL);
    *out = route;
    return ERR_OK;
}

static enum err_code route_get(struct aws *aws, const struct op *row,
                               const struct wire_request *request, struct route **out,
                               struct err *err)
{
    const struct service *service = service_get(row->service);
    const struct profile_settings *profile = identity_settings(request->who);
    const char *ca_bundle = aws->ca_bundle ? aws->ca_bundle : profile->ca_bundle;
    struct endpoint_query query = {
        .service = row->service,
        .region = request->region ? request->region : "",
        .url = custom_url(aws, request->who, profile, service, row->service),
        .use_fips = aws->env.has_fips ? aws->env.use_fips : profile->use_fips,
        .use_dualstack = aws->env.has_dualstack ? aws->env.use_dualstack : profile->use_dualstack,
        .use_global_sts = profile->use_global_sts,
    };
    struct route_key key = {.service = (uint32_t)row->service,
                            .flags = (query.use_fips ? 1u : 0) | (query.use_dualstack ? 2u : 0) |
                                     (query.use_global_sts ? 4u : 0)};
    (void)intern(aws, query.region, &key.region);
    (void)intern(aws, query.url, &key.url);
    (void)intern(aws, ca_bundle, &key.ca_bundle);
    uint64_t hash = hash_bytes(&key, sizeof key, aws->seed);
    *out = map_find(&aws->routes, hash, is_route, &key);
    if (*out)
        return ERR_OK;
    enum err_code code = route_make(aws, &key, &query, ca_bundle, out, err);
    if (code == ERR_OK)
        map_add(&aws->routes, hash, *out);
    return code;
}

static double rate_share(const struct aws *aws, const struct service *service)
{
    double own = service->rate_share > 0 ? service->rate_share : RATE_SHARE / 100.0;
    double wanted = service->rate_share > 0 ? aws->settings.rate_share_cautious : aws->settings.rate_share;
    return wanted > 0 ? wanted : own;
}

static struct group *group_get(struct aws *aws, const struct route *route, uint32_t account)
{
    struct group_key key = {.route = route, .account = account};
    uint64_t hash = hash_bytes(&key, sizeof key, aws->seed);
    struct group *group = map_find(&aws->groups, hash, is_group, &key);
    if (group)
        return group;
    const struct service *service = service_get((enum service_id)route->key.service);
    group = mem_alloc(sizeof *group);
    group->key = key;
    group->quota.tokens = RETRY_QUOTA_FULL;
    group->has_total = service->total_rate > 0;
    if (group->has_total)
        rate_init(&group->total, service->total_rate, service->total_burst,
                  rate_share(aws, service), aws->now_ms);
    map_add(&aws->groups, hash, group);
    return group;
}

static struct class *class_get(struct aws *aws, const struct op *row, struct route *route,
                               uint32_t account)
{
    struct class_key key = {.route = route, .row = row, .account = account};
    uint64_t hash = hash_bytes(&key, sizeof key, aws->seed);
    struct class *class = map_find(&aws->classes, hash, is_class, &key);
    if (class)
        return class;
    aws_queue_sweep(aws);
    const struct service *service = service_get(row->service);
    class = mem_alloc(sizeof *class);
    class->key = key;
    class->lane = route->lane;
    class->group = group_get(aws, route, account);
    class->group->n_classes++;
    /* an operation without a rate of its own has the whole of its service's */
    if (row->rate > 0)
        rate_init(&class->rate, row->rate, row->burst, rate_share(aws, service), aws->now_ms);
    else
        rate_init(&class->rate, service->total_rate, service->total_burst, rate_share(aws, service),
                  aws->now_ms);
    map_add(&aws->classes, hash, class);
    return class;
}

enum err_code aws_queue_class(struct aws *aws, const struct op *row,
                              const struct wire_request *request, struct class **out,
                              struct err *err)
{
    struct route *route;
    uint32_t account;
    enum err_code code = route_get(aws, row, request, &route, err);
    if (code != ERR_OK)
        return code;
    (void)intern(aws, request->account ? request->account : "", &account);
    *out = class_get(aws, row, route, account);
    return ERR_OK;
}

bool aws_queue_reroute(struct aws *aws, struct call *call, const char *region)
{
    struct err err;
    struct class *class;
    const struct wire_request request = {.who = call->who,
                                         .account = strtab_get(aws->names, call->class->key.account, NULL),
                                         .region = region};
    if (strcmp(call->class->key.route->endpoint.signing_region, region) == 0 ||
        aws_queue_class(aws, call->row, &request, &class, &err) != ERR_OK)
        return false;
    call->class->n_calls--;
    call->class = class;
    class->n_calls++;
    return true;
}

/* --- standing in line --- */

/* One host that hangs must not hold all places, unless it is the only one there is. */
static int lane_largest(const struct aws *aws, const struct lane *lane)
{
    int all = aws->settings.max_in_flight;
    if (aws->settings.max_per_host > 0)
        return aws->settings.max_per_host;
    return lane->is_custom || all < 2 ? all : all / 2;
}

static int lane_limit(const struct aws *aws, const struct lane *lane)
{
    if (!lane->is_warm)
        return 1;
    int largest = lane_largest(aws, lane);
    return lane->window.size < largest ? lane->window.size : largest;
}

static void lane_refresh(struct aws *aws, struct lane *lane)
{
    const struct heap_node *best = heap_top(&lane->ready);
    if (!best || lane->in_flight + lane->n_kept >= lane_limit(aws, lane)) {
        heap_remove(&aws->lanes, &lane->node);
        return;
    }
    lane->node.key = best->key;
    lane->node.tie = best->tie;
    if (lane->node.at == 0)
        heap_push(&aws->lanes, &lane->node);
    else
        heap_moved(&aws->lanes, &lane->node);
}

static void class_leave(struct aws *aws, struct class *class)
{
    if (class->place == CLASS_READY)
        heap_remove(&class->lane->ready, &class->node);
    else if (class->place == CLASS_WAITING)
        heap_remove(&aws->classes_waiting, &class->node);
    class->place = CLASS_IDLE;
}

/* Puts a class where it belongs after its queue changed. One that waits for tokens goes on waiting.
 */
static void class_refresh(struct aws *aws, struct class *class)
{
    const struct heap_node *best = heap_top(&class->queue);
    if (!best) {
        class_leave(aws, class);
    } else if (class->place != CLASS_WAITING) {
        class->node.key = best->key;
        class->node.tie = best->tie;
        if (class->place == CLASS_READY)
            heap_moved(&class->lane->ready, &class->node);
        else
            heap_push(&class->lane->ready, &class->node);
        class->place = CLASS_READY;
    }
    lane_refresh(aws, class->lane);
}

static void class_wait(struct aws *aws, struct class *class, int64_t wait_ms)
{
    struct wire_use *use = &aws->stats.by_service[class->key.row->service];
    class->held_ms += wait_ms;
    if (class->held_ms > use->held_ms)
        use->held_ms = class->held_ms;
    class_leave(aws, class);
    class->node.key = aws->now_ms + wait_ms;
    heap_push(&aws->classes_waiting, &class->node);
    class->place = CLASS_WAITING;
    lane_refresh(aws, class->lane);
}

void aws_queue_add(struct aws *aws, struct call *call)
{
    call->state = CALL_QUEUED;
    call->node.key = call->priority;
    call->node.tie = call->order;
    heap_push(&call->class->queue, &call->node);
    class_refresh(aws, call->class);
}

/* A call that found nobody at home goes first when it tries again: were all the others to knock
 * meanwhile, each would spend its attempts and the quota of retries on the same closed door. */
void aws_queue_delay(struct aws *aws, struct call *call, int64_t delay_ms, bool keeps_place)
{
    call->state = CALL_DELAYED;
    call->keeps_place = keeps_place;
    call->class->lane->n_kept += keeps_place;
    lane_refresh(aws, call->class->lane);
    call->node.key = aws->now_ms + delay_ms;
    call->node.tie = call->order;
    heap_push(&aws->calls_delayed, &call->node);
}

static void end_delay(struct aws *aws, struct call *call)
{
    heap_remove(&aws->calls_delayed, &call->node);
    call->class->lane->n_kept -= call->keeps_place;
    call->keeps_place = false;
    lane_refresh(aws, call->class->lane);
}

void aws_queue_remove(struct aws *aws, struct call *call)
{
    if (call->state == CALL_DELAYED) {
        end_delay(aws, call);
        return;
    }
    heap_remove(&call->class->queue, &call->node);
    class_refresh(aws, call->class);
}

void aws_queue_moved(struct aws *aws, struct call *call)
{
    if (call->state != CALL_QUEUED)
        return;
    call->node.key = call->priority;
    heap_moved(&call->class->queue, &call->node);
    class_refresh(aws, call->class);
}

void aws_queue_wake(struct aws *aws)
{
    struct heap_node *node;
    while ((node = heap_top(&aws->calls_delayed)) && node->key <= aws->now_ms) {
        end_delay(aws, (struct call *)node);
        aws_queue_add(aws, (struct call *)node);
    }
    while ((node = heap_top(&aws->classes_waiting)) && node->key <= aws->now_ms) {
        struct class *class = (struct class *)node;
        class_leave(aws, class);
        class_refresh(aws, class);
    }
}

struct reached {
    const struct route *route;
    bool is_reached;
};

static void note_reached(void *ctx, void *item)
{
    struct reached *r = ctx;
    const struct route *other = item;
    r->is_reached |= other->lane->is_warm && other->lane != r->route->lane &&
                     other->key.region == r->route->key.region;
}

bool aws_queue_region_is_reached(const struct aws *aws, const struct route *route)
{
    struct reached r = {.route = route};
    map_each(&aws->routes, note_reached, &r);
    return r.is_reached;
}

int64_t aws_queue_due_ms(const struct aws *aws)
{
    const struct heap_node *call = heap_top(&aws->calls_delayed);
    const struct heap_node *class = heap_top(&aws->classes_waiting);
    int64_t due = call ? call->key : INT64_MAX;
    return class && class->key < due ? class->key : due;
}

static int64_t tokens_wait_ms(struct aws *aws, struct class *class)
{
    if (aws->settings.no_rate_limit)
        return 0;
    int64_t wait = rate_wait_ms(&class->rate, aws->now_ms);
    if (wait == 0 && class->group->has_total)
        wait = rate_wait_ms(&class->group->total, aws->now_ms);
    return wait;
}

struct call *aws_queue_next(struct aws *aws)
{
    struct heap_node *top;
    while ((top = heap_top(&aws->lanes))) {
        struct lane *lane = (struct lane *)top;
        struct class *class = (struct class *)heap_top(&lane->ready);
        struct call *call = (struct call *)heap_top(&class->queue);
        if (lane->down_until_ms > aws->now_ms)
            return call;
        int64_t wait = tokens_wait_ms(aws, class);
        if (wait == 0)
            return call;
        class_wait(aws, class, wait);
    }
    return NULL;
}

void aws_queue_took(struct aws *aws, struct call *call)
{
    struct class *class = call->class;
    if (!aws->settings.no_rate_limit) {
        rate_take(&class->rate);
        if (class->group->has_total)
            rate_take(&class->group->total);
    }
    class->lane->in_flight++;
    aws_queue_remove(aws, call);
}

void aws_queue_landed(struct aws *aws, struct lane *lane)
{
    lane->in_flight--;
    lane_refresh(aws, lane);
}

void aws_queue_took_ms(struct aws *aws, struct lane *lane, int64_t took_ms)
{
    if (took_ms < 0)
        window_failed(&lane->window);
    else
        window_answered(&lane->window, took_ms, lane_largest(aws, lane));
    lane_refresh(aws, lane);
}

void aws_queue_warm(struct aws *aws, struct lane *lane, bool is_warm)
{
    lane->is_warm = is_warm;
    lane_refresh(aws, lane);
}

/* --- rates and forgetting --- */

void aws_queue_throttled(struct aws *aws, struct class *class, int64_t sent_ms)
{
    bool was_held = class->rate.is_held;
    rate_throttled(&class->rate, sent_ms, aws->now_ms);
    aws->n_held += class->rate.is_held - was_held;
}

void aws_queue_answered(struct aws *aws, struct class *class)
{
    bool was_held = class->rate.is_held;
    rate_answered(&class->rate);
    aws->n_held += class->rate.is_held - was_held;
}

static void find_slowest(void *ctx, void *item)
{
    const struct class *class = item;
    double *slowest = ctx;
    if (class->rate.is_held && (*slowest == 0 || class->rate.rate < *slowest))
        *slowest = class->rate.rate;
}

double aws_queue_slowest(const struct aws *aws)
{
    double slowest = 0;
    if (aws->n_held > 0)
        map_each(&aws->classes, find_slowest, &slowest);
    return slowest;
}

static void class_free(struct class *class)
{
    heap_free(&class->queue);
    mem_free(class);
}

static bool keep_class(void *ctx, void *item)
{
    struct aws *aws = ctx;
    struct class *class = item;
    if (class->n_calls > 0 || !rate_is_fresh(&class->rate, aws->now_ms))
        return true;
    class->group->n_classes--;
    class_free(class);
    return false;
}

static bool keep_group(void *ctx, void *item)
{
    struct aws *aws = ctx;
    struct group *group = item;
    bool is_full = group->quota.tokens == RETRY_QUOTA_FULL &&
                   (!group->has_total || rate_is_fresh(&group->total, aws->now_ms));
    if (group->n_classes > 0 || !is_full)
        return true;
    mem_free(group);
    return false;
}

/* A large estate has a million classes, of which few are busy at any time. */
void aws_queue_sweep(struct aws *aws)
{
    if (aws->classes.n < aws->sweep_at)
        return;
    map_keep(&aws->classes, keep_class, aws);
    map_keep(&aws->groups, keep_group, aws);
    aws->sweep_at = aws->classes.n * 2 + 1024;
}

static bool drop_class(void *ctx, void *item)
{
    (void)ctx;
    class_free(item);
    return false;
}

static bool drop_lane(void *ctx, void *item)
{
    (void)ctx;
    heap_free(&((struct lane *)item)->ready);
    mem_free(item);
    return false;
}

static bool drop(void *ctx, void *item)
{
    (void)ctx;
    mem_free(item);
    return false;
}

void aws_queue_free(struct aws *aws)
{
    map_keep(&aws->classes, drop_class, NULL);
    map_keep(&aws->groups, drop, NULL);
    map_keep(&aws->routes, drop, NULL);
    map_keep(&aws->lanes_by_origin, drop_lane, NULL);
    map_keep(&aws->holders, drop, NULL);
    map_free(&aws->classes);
    map_free(&aws->groups);
    map_free(&aws->routes);
    map_free(&aws->lanes_by_origin);
    map_free(&aws->holders);
    heap_free(&aws->lanes);
    heap_free(&aws->classes_waiting);
    heap_free(&aws->calls_delayed);
    heap_free(&aws->timers);
}
