/* The wire's outside: making it, its step, its end. */
#include "backend/aws/aws_internal.h"

#include "backend/base/hash.h"
#include "backend/base/timefmt.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#define MAX_CALLS_A_STEP                                                                           \
    512 /* refused for one reason or other before the network is looked at again */
#define MAX_CLOSING_ROUNDS 1000

static struct aws *self(struct wire *wire)
{
    return (struct aws *)wire;
}

int64_t aws_utc(const struct aws *aws)
{
    return aws->settings.fixed_now ? aws->settings.fixed_now : time_now_utc();
}

/* --- starting calls --- */

/* One call that may go now: it flies, waits for its credentials, or is refused. */
static void start_call(struct aws *aws, struct call *call)
{
    struct credentials keys;
    struct err err = {0};
    if (call->class->lane->down_until_ms > aws->now_ms) {
        aws_call_finish(aws, call, &call->class->lane->down);
        return;
    }
    if (call->row->is_unsigned) {
        aws_flight_begin(aws, call, NULL);
        return;
    }
    /* may send calls of its own: nothing taken from the heaps before is valid after */
    switch (identity_get(call->who, aws_utc(aws), &keys, &err)) {
    case IDENTITY_READY:
        aws_flight_begin(aws, call, &keys);
        break;
    case IDENTITY_PENDING:
        aws_call_park(aws, call);
        break;
    case IDENTITY_FAILED:
        if (err.code == ERR_OK)
            (void)err_set(&err, ERR_CREDENTIALS, "no credentials from %s",
                          identity_describe(call->who));
        aws_call_finish(aws, call, &err);
        break;
    }
}

static void start_calls(struct aws *aws)
{
    for (int i = 0; i < MAX_CALLS_A_STEP; i++) {
        struct call *call = NULL;
        if (aws->stats.in_flight < (unsigned)aws->settings.max_in_flight
            && !aws_budget_is_spent(aws))
            call = aws_queue_next(aws);
        if (!call || !aws_budget_allows(aws, call->row))
            return;
        start_call(aws, call);
    }
}

/* --- ending transfers --- */

static void settle_done(struct aws *aws)
{
    struct CURLMsg *message;
    int left;
    while ((message = curl_multi_info_read(aws->multi, &left))) {
        struct flight *f = NULL;
        CURLcode result = message->data.result;
        if (message->msg != CURLMSG_DONE ||
            curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&f) != CURLE_OK)
            continue;
        if (f->call)
            aws_settle(aws, f, result);
        else
            aws_side_fetched(aws, f, result);
    }
}

/* libcurl knows no limit on silence finer than a second, and none before the request is sent. */
static void end_stalled(struct aws *aws)
{
    int stall_ms = aws->settings.stall_timeout_ms;
    if (aws->now_ms < aws->next_stall_check_ms)
        return;
    aws->next_stall_check_ms = aws->now_ms + (stall_ms < 400 ? stall_ms / 4 + 1 : 100);
    for (size_t i = aws->flying.n; i-- > 0;) {
        /* the callback of one may have taken others out of the air */
        struct flight *f = i < aws->flying.n ? aws->flying.items[i] : NULL;
        if (!f || !f->call || !f->is_connected || aws->now_ms - f->byte_ms < stall_ms)
            continue;
        f->is_stalled = true;
        aws_settle(aws, f, CURLE_OPERATION_TIMEDOUT);
    }
}

/* --- the step --- */

static int wait_ms(struct aws *aws, int timeout_ms)
{
    int64_t now = time_mono_ms();
    int64_t due = aws_queue_due_ms(aws);
    const struct heap_node *timer = heap_top(&aws->timers);
    if (timer && timer->key < due)
        due = timer->key;
    if (aws->stats.in_flight > 0 && aws->next_stall_check_ms < due)
        due = aws->next_stall_check_ms;
    if (aws->finished.first || aws->wake_parked || aws->fetches || due <= now)
        return 0;
    return due - now < timeout_ms ? (int)(due - now) : timeout_ms;
}

static void begin_work(struct aws *aws)
{
    aws->now_ms = time_mono_ms();
    aws_side_fire(aws);
    if (aws->wake_parked) {
        aws->wake_parked = false;
        aws_call_unpark_all(aws);
    }
    aws_queue_wake(aws);
    aws_side_begin(aws);
    aws_budget_step(aws);
    start_calls(aws);
}

static void end_work(struct aws *aws)
{
    aws->now_ms = time_mono_ms();
    settle_done(aws);
    end_stalled(aws);
    (void)aws_call_deliver(aws);
}

static void aws_step(struct wire *wire, int timeout_ms)
{
    struct aws *aws = self(wire);
    begin_work(aws);
    aws_loop_turn(aws, wait_ms(aws, timeout_ms));
    end_work(aws);
}

static void aws_wakeup(struct wire *wire)
{
    aws_loop_wake(self(wire));
}

/* --- the rest of the contract --- */

static uint64_t aws_send(struct wire *wire, const struct wire_request *request)
{
    return aws_call_send(self(wire), op_get(request->op), request);
}

uint64_t aws_send_row(struct wire *wire, const struct op *row, const struct wire_request *request)
{
    return aws_call_send(self(wire), row, request);
}

enum err_code aws_where(struct wire *wire, const struct op *row, const struct wire_request *request,
                        char out[ENDPOINT_URL_SIZE], struct err *err)
{
    struct class *class;
    enum err_code code = aws_queue_class(self(wire), row, request, &class, err);
    if (code == ERR_OK)
        (void)snprintf(out, ENDPOINT_URL_SIZE, "%s", class->key.route->endpoint.base);
    return code;
}

void aws_identity_changed(struct wire *wire)
{
    self(wire)->wake_parked = true;
}

static void aws_cancel(struct wire *wire, uint64_t ticket)
{
    struct call *call = aws_call_find(self(wire), ticket);
    if (call)
        aws_call_cancel(self(wire), call);
}

static void aws_reprioritize(struct wire *wire, uint64_t ticket, int priority)
{
    struct call *call = aws_call_find(self(wire), ticket);
    if (!call || call->priority == priority)
        return;
    call->priority = priority;
    aws_queue_moved(self(wire), call);
}

static void name_oldest(const struct aws *aws, char *out, size_t size)
{
    const struct flight *oldest = NULL;
    for (size_t i = 0; i < aws->flying.n; i++)
        if (!oldest || aws->flying.items[i]->sent_ms < oldest->sent_ms)
            oldest = aws->flying.items[i];
    const char *url = oldest && oldest->fetch ? oldest->fetch->url
                      : oldest                ? oldest->call->class->lane->origin
                                              : aws->last_origin;
    const char *host = url ? strstr(url, "://") : NULL;
    int len = host ? (int)(host + 3 - url + (ptrdiff_t)strcspn(host + 3, "/?#")) : 0;
    (void)snprintf(out, size, "%.*s", len, url ? url : "");
}

static void aws_stats(struct wire *wire, struct wire_stats *out)
{
    struct aws *aws = self(wire);
    *out = aws->stats;
    out->queued -= out->in_flight;
    out->connections = aws->connections;
    out->slowest_rate = aws_queue_slowest(aws);
    name_oldest(aws, out->waits_for, sizeof out->waits_for);
}

static void cancel_all(struct aws *aws)
{
    for (size_t i = 0; i < aws->slots.n; i++) {
        struct call *call = aws->slots.items[i].call;
        if (call && call->state != CALL_FINISHED)
            aws_call_cancel(aws, call);
    }
}

static void aws_free(struct wire *wire)
{
    struct aws *aws = self(wire);
    aws->is_closing = true;
    for (int i = 0; i < MAX_CLOSING_ROUNDS; i++) {
        bool had_side = aws->multi && aws_side_cancel(aws);
        cancel_all(aws);
        if (aws_call_deliver(aws) == 0 && !had_side)
            break;
    }
    aws_call_free_all(aws);
    aws_flight_free_all(aws);
    (void)curl_multi_cleanup(aws->multi);
    (void)curl_share_cleanup(aws->share);
    aws_loop_free(aws);
    aws_side_free(aws);
    aws_queue_free(aws);
    sign_free(aws->signer);
    strtab_free(aws->names);
    mem_free(aws);
}

const struct aws_settings *aws_settings(const struct wire *wire)
{
    return &((const struct aws *)wire)->settings;
}

static const struct wire_ops aws_ops = {
    .send = aws_send,
    .cancel = aws_cancel,
    .reprioritize = aws_reprioritize,
    .step = aws_step,
    .wakeup = aws_wakeup,
    .stats = aws_stats,
    .free = aws_free,
};

/* --- making it --- */

static const char *keep(struct aws *aws, const char *s)
{
    return s && *s ? strtab_get(aws->names, strtab_adds(aws->names, s), NULL) : NULL;
}

static int descriptor_share(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur > 1 << 20)
        return INT_MAX;
    return limit.rlim_cur < 4 ? 1 : (int)limit.rlim_cur / 2;
}

static void fill_defaults(struct aws_settings *s)
{
    int most = descriptor_share();
    s->max_in_flight = s->max_in_flight > 0 ? s->max_in_flight : 512;
    s->max_in_flight = s->max_in_flight < most ? s->max_in_flight : most;
    s->connect_timeout_ms = s->connect_timeout_ms > 0 ? s->connect_timeout_ms : 5000;
    s->total_timeout_ms = s->total_timeout_ms > 0 ? s->total_timeout_ms : 30000;
    s->stall_timeout_ms = s->stall_timeout_ms > 0 ? s->stall_timeout_ms : 10000;
    s->max_attempts = s->max_attempts > 0 ? s->max_attempts : 3;
    s->max_answer_bytes = s->max_answer_bytes > 0 ? s->max_answer_bytes : 32u << 20;
}

/* The environment may change under us; what was read at the start counts. */
static void read_environment(struct aws *aws)
{
    endpoint_env_read(&aws->env);
    for (int i = 0; i < SERVICE_COUNT; i++)
        aws->env.url[i] = keep(aws, aws->env.url[i]);
    aws->env.url_all = keep(aws, aws->env.url_all);
    aws->settings.endpoint_url = keep(aws, aws->settings.endpoint_url);
    aws->settings.ca_bundle = keep(aws, aws->settings.ca_bundle);
    aws->ca_bundle =
        aws->settings.ca_bundle ? aws->settings.ca_bundle : keep(aws, getenv("AWS_CA_BUNDLE"));
}

static enum err_code open_curl(struct aws *aws, struct err *err)
{
    /* keys and tokens are in the requests and answers that libcurl holds for a while */
    if (curl_global_init_mem(CURL_GLOBAL_DEFAULT, mem_wiping_malloc, mem_wiping_free,
                             mem_wiping_realloc, mem_wiping_strdup, mem_wiping_calloc) != CURLE_OK)
        return err_set(err, ERR_UNSUPPORTED, "libcurl could not be started");
    aws->multi = curl_multi_init();
    aws->share = curl_share_init();
    if (!aws->multi || !aws->share)
        return err_set(err, ERR_UNSUPPORTED, "libcurl could not be started");
    (void)curl_share_setopt(aws->share, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
    (void)curl_multi_setopt(aws->multi, CURLMOPT_MAXCONNECTS, (long)aws->settings.max_in_flight);
    return aws_loop_open(aws, err);
}

enum err_code aws_new(const struct aws_settings *settings, struct wire **out, struct err *err)
{
    struct aws *aws = mem_alloc(sizeof *aws);
    aws->wire.ops = &aws_ops;
    aws->settings = *settings;
    fill_defaults(&aws->settings);
    aws->names = strtab_new();
    aws->signer = sign_new();
    aws->seed = hash_seed();
    aws->now_ms = time_mono_ms();
    aws->fetches_end = &aws->fetches;
    aws->sweep_at = 1024;
    aws->random_at = sizeof aws->random;
    read_environment(aws);
    enum err_code code = open_curl(aws, err);
    *out = code == ERR_OK ? &aws->wire : NULL;
    if (code != ERR_OK)
        aws_free(&aws->wire);
    return code;
}
