/* Easy handles: what a request is made of, and what its callbacks gather. */
#include "backend/aws/aws_internal.h"

#include "backend/base/timefmt.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#define DEFAULT_CONNECT_TIMEOUT_MS 5000
#define MAX_KEPT_BODY_BYTES (64u << 10)

/* libcurl's setters fail only when memory runs out or for an option this libcurl lacks; either
 * shows in the transfer. */
#define SET(easy, option, value) ((void)curl_easy_setopt((easy), (option), (value)))

/* --- header lines --- */

static void add_line(struct flight *f, const char *name, const char *value)
{
    f->line_at[f->n_lines++] = f->lines.len;
    buf_adds(&f->lines, name);
    buf_adds(&f->lines, value);
    buf_addc(&f->lines, '\0');
}

/* libcurl wants a list; it only reads it, so the nodes can be ours. */
static struct curl_slist *link_lines(struct flight *f)
{
    for (size_t i = 0; i < f->n_lines; i++) {
        f->line[i].data = f->lines.data + f->line_at[i];
        f->line[i].next = i + 1 < f->n_lines ? &f->line[i + 1] : NULL;
    }
    return f->n_lines > 0 ? &f->line[0] : NULL;
}

static void add_invocation(struct flight *f, const struct call *call)
{
    const unsigned char *b = call->id;
    char id[40], attempt[48];
    (void)snprintf(id, sizeof id,
                   "%02x%02x%02x%02x-%02x%02x-4%01x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", b[0],
                   b[1], b[2], b[3], b[4], b[5], b[6] & 15, b[7], 0x80 | (b[8] & 0x3f), b[9], b[10],
                   b[11], b[12], b[13], b[14], b[15]);
    (void)snprintf(attempt, sizeof attempt, "attempt=%d; max=%d", call->attempts,
                   f->aws->settings.max_attempts);
    add_line(f, "amz-sdk-invocation-id: ", id);
    add_line(f, "amz-sdk-request: ", attempt);
}

static void add_content_headers(struct flight *f)
{
    if (f->built.content_type)
        add_line(f, "Content-Type: ", f->built.content_type);
    else
        add_line(f, "Content-Type:", ""); /* else libcurl makes one up for an empty POST */
    if (f->built.target[0])
        add_line(f, "X-Amz-Target: ", f->built.target);
}

static void add_param_headers(struct flight *f, const struct call *call)
{
    for (size_t i = 0; i < call->n_params; i++) {
        if (call->params[i].type != PARAM_HEADER)
            continue;
        char name[64];
        (void)snprintf(name, sizeof name, "%s: ", call->params[i].name);
        buf_reserve(&f->lines, strlen(call->params[i].value) + 1024);
        add_line(f, name, call->params[i].value);
    }
}

static enum err_code add_signature(struct flight *f, const struct call *call,
                                   const struct credentials *keys, struct err *err)
{
    struct aws *aws = f->aws;
    const struct endpoint *endpoint = &call->class->key.route->endpoint;
    const struct service *service = service_get(call->row->service);
    struct sign_header signed_headers[3];
    size_t n = 0;
    struct signature signature;
    enum err_code code = ERR_OK;
    if (f->built.content_type)
        signed_headers[n++] = (struct sign_header){"content-type", f->built.content_type};
    if (f->built.target[0])
        signed_headers[n++] = (struct sign_header){"x-amz-target", f->built.target};
    if (service->sends_hash) {
        code = sign_hash(aws->signer, f->built.body.data, f->built.body.len, f->hash, err);
        signed_headers[n++] = (struct sign_header){"x-amz-content-sha256", f->hash};
        add_line(f, "X-Amz-Content-SHA256: ", f->hash);
    }
    const struct sign_key key = {.access_key = keys->access_key,
                                 .secret_key = keys->secret_key,
                                 .session_token = keys->session_token,
                                 .region = endpoint->signing_region,
                                 .service = service->signing_name,
                                 .is_path_final = service->is_path_final};
    const struct sign_request request = {.method = f->built.method,
                                         .host = f->host,
                                         .path = f->url.data + f->path_at,
                                         .query = f->built.query.data,
                                         .headers = signed_headers,
                                         .n_headers = n,
                                         .body = f->built.body.data,
                                         .body_len = f->built.body.len};
    if (code == ERR_OK)
        code = sign(aws->signer, &key, &request, f->sent_utc + f->offset_s, &signature, err);
    if (code != ERR_OK)
        return code;
    add_line(f, "X-Amz-Date: ", signature.date);
    if (keys->session_token)
        add_line(f, "X-Amz-Security-Token: ", keys->session_token);
    add_line(f, "Authorization: ", signature.authorization);
    return ERR_OK;
}

/* --- what libcurl calls --- */

static size_t on_body(char *data, size_t size, size_t n, void *ctx)
{
    struct flight *f = ctx;
    size_t len = size * n;
    f->byte_ms = time_mono_ms();
    if (f->body.len + len > f->aws->settings.max_answer_bytes) {
        f->is_too_large = true;
        return 0;
    }
    buf_add(&f->body, data, len);
    f->aws->stats.bytes_in += len;
    return len;
}

static void copy_value(char *out, size_t size, const char *value, size_t len)
{
    if (len >= size)
        len = size - 1;
    memcpy(out, value, len);
    out[len] = '\0';
}

static void take_date(struct flight *f, const char *value, size_t len)
{
    char text[64];
    copy_value(text, sizeof text, value, len);
    if (!time_parse_http(text, &f->date_utc))
        f->date_utc = TIME_NONE;
    f->date_seen_utc = aws_utc(f->aws);
}

static void take_age(struct flight *f, const char *value, size_t len)
{
    (void)value;
    (void)len;
    f->has_age = true;
}

static void take_request_id(struct flight *f, const char *value, size_t len)
{
    copy_value(f->request_id, sizeof f->request_id, value, len);
}

static void take_error_type(struct flight *f, const char *value, size_t len)
{
    copy_value(f->error_type, sizeof f->error_type, value, len);
}

static void take_bucket_region(struct flight *f, const char *value, size_t len)
{
    copy_value(f->bucket_region, sizeof f->bucket_region, value, len);
}

static void take_query_error(struct flight *f, const char *value, size_t len)
{
    copy_value(f->query_error, sizeof f->query_error, value, len);
}

static void take_hint(struct flight *f, const char *value, size_t len)
{
    char text[16];
    copy_value(text, sizeof text, value, len);
    bool is_number = text[0] && strspn(text, "0123456789") == strlen(text) && len < 10;
    f->hint_ms = is_number ? strtol(text, NULL, 10) : RETRY_HINT_NONE;
}

static const struct {
    const char *name;
    size_t len;
    void (*take)(struct flight *f, const char *value, size_t len);
} header_rows[] = {
#define HEADER(name, take)                                                                         \
    {                                                                                              \
        name, sizeof(name) - 1, take                                                               \
    }
    HEADER("date", take_date),
    HEADER("age", take_age),
    HEADER("x-amzn-requestid", take_request_id),
    HEADER("x-amz-request-id", take_request_id),
    HEADER("x-amzn-errortype", take_error_type),
    HEADER("x-amzn-query-error", take_query_error),
    HEADER("x-amz-retry-after", take_hint),
    HEADER("x-amz-bucket-region", take_bucket_region),
#undef HEADER
};

static void forget_head(struct flight *f)
{
    f->request_id[0] = f->error_type[0] = f->query_error[0] = f->bucket_region[0] = '\0';
    f->date_utc = TIME_NONE;
    f->hint_ms = RETRY_HINT_NONE;
    f->has_age = false;
}

static size_t on_header(char *data, size_t size, size_t n, void *ctx)
{
    struct flight *f = ctx;
    size_t len = size * n, all = len;
    f->byte_ms = time_mono_ms();
    f->aws->stats.bytes_in += len;
    /* a new head: the one before was an interim answer */
    if (len > 5 && memcmp(data, "HTTP/", 5) == 0) {
        forget_head(f);
        return all;
    }
    const char *colon = memchr(data, ':', len);
    if (!colon)
        return all;
    size_t name_len = (size_t)(colon - data);
    for (size_t i = 0; i < sizeof header_rows / sizeof *header_rows; i++) {
        if (header_rows[i].len != name_len || strncasecmp(data, header_rows[i].name, name_len) != 0)
            continue;
        const char *value = colon + 1;
        len -= name_len + 1;
        while (len > 0 && isspace((unsigned char)*value))
            value++, len--;
        while (len > 0 && isspace((unsigned char)value[len - 1]))
            len--;
        header_rows[i].take(f, value, len);
        break;
    }
    return all;
}

static int on_connected(void *ctx, char *ip, char *local_ip, int port, int local_port)
{
    struct flight *f = ctx;
    (void)ip;
    (void)local_ip;
    (void)port;
    (void)local_port;
    f->is_connected = true;
    f->byte_ms = time_mono_ms();
    if (f->call && !f->call->class->lane->is_warm)
        aws_queue_warm(f->aws, f->call->class->lane, true);
    return CURL_PREREQFUNC_OK;
}

/* Our own sockets: counted, and closed in the children that credential_process starts. */
static curl_socket_t on_open(void *ctx, curlsocktype purpose, struct curl_sockaddr *address)
{
    struct aws *aws = ctx;
    (void)purpose;
    int fd = socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
    if (fd < 0)
        return CURL_SOCKET_BAD;
    aws->connections++;
    return fd;
}

static int on_close(void *ctx, curl_socket_t fd)
{
    struct aws *aws = ctx;
    aws->connections--;
    return close(fd);
}

/* --- options --- */

/* CAPATH stays NULL: Debian's built-in one keeps libcurl from caching the parsed bundle, at 30 ms
 * of CPU for each new connection (https://curl.se/libcurl/c/CURLOPT_CA_CACHE_TIMEOUT.html). */
static void set_common(struct flight *f)
{
    CURL *easy = f->easy;
    curl_easy_reset(easy);
    SET(easy, CURLOPT_PRIVATE, f);
    SET(easy, CURLOPT_NOSIGNAL, 1L);
    SET(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    SET(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    SET(easy, CURLOPT_PATH_AS_IS, 1L);
    SET(easy, CURLOPT_CAPATH, NULL);
    SET(easy, CURLOPT_SHARE, f->aws->share);
    SET(easy, CURLOPT_ERRORBUFFER, f->why);
    SET(easy, CURLOPT_WRITEFUNCTION, on_body);
    SET(easy, CURLOPT_WRITEDATA, f);
    SET(easy, CURLOPT_HEADERFUNCTION, on_header);
    SET(easy, CURLOPT_HEADERDATA, f);
    SET(easy, CURLOPT_PREREQFUNCTION, on_connected);
    SET(easy, CURLOPT_PREREQDATA, f);
    SET(easy, CURLOPT_OPENSOCKETFUNCTION, on_open);
    SET(easy, CURLOPT_OPENSOCKETDATA, f->aws);
    SET(easy, CURLOPT_CLOSESOCKETFUNCTION, on_close);
    SET(easy, CURLOPT_CLOSESOCKETDATA, f->aws);
    SET(easy, CURLOPT_USERAGENT, "keyfall/" KEYFALL_VERSION);
    if (f->ca_bundle)
        SET(easy, CURLOPT_CAINFO, f->ca_bundle);
}

static void set_request(struct flight *f, const char *method, const char *url, const char *body,
                        size_t body_len, struct curl_slist *headers)
{
    CURL *easy = f->easy;
    bool is_get = strcmp(method, "GET") == 0;
    SET(easy, CURLOPT_URL, url);
    SET(easy, CURLOPT_HTTPHEADER, headers);
    if (!is_get) {
        SET(easy, CURLOPT_POSTFIELDS, body ? body : "");
        SET(easy, CURLOPT_POSTFIELDSIZE, (long)body_len);
    }
    if (!is_get && strcmp(method, "POST") != 0)
        SET(easy, CURLOPT_CUSTOMREQUEST, method);
}

static struct flight *flight_take(struct aws *aws, const char *ca_bundle)
{
    struct flight *f = aws->idle.n > 0 ? aws->idle.items[--aws->idle.n] : NULL;
    if (!f) {
        f = mem_alloc(sizeof *f);
        f->aws = aws;
        f->easy = curl_easy_init();
    }
    f->ca_bundle = ca_bundle;
    f->call = NULL;
    f->fetch = NULL;
    f->n_lines = 0;
    f->why[0] = '\0';
    f->is_connected = f->is_stalled = f->is_too_large = false;
    forget_head(f);
    buf_clear(&f->url);
    buf_clear(&f->lines);
    buf_clear(&f->body);
    f->sent_ms = f->byte_ms = aws->now_ms;
    f->sent_utc = aws_utc(aws);
    return f;
}

static bool flight_start(struct aws *aws, struct flight *f)
{
    if (!f->easy || curl_multi_add_handle(aws->multi, f->easy) != CURLM_OK)
        return false;
    f->at = aws->flying.n;
    VEC_PUSH(aws->flying, f);
    return true;
}

static void wipe(struct buf *b)
{
    if (b->data)
        mem_wipe(b->data, b->len);
}

static void flight_put_back(struct aws *aws, struct flight *f)
{
    /* headers may hold a session token, what a credentials endpoint is asked and answers all sorts */
    wipe(&f->lines);
    if (f->fetch || (f->call && aws_call_is_private(f->call))) {
        wipe(&f->body);
        wipe(&f->built.body);
    }
    /* one large page must not stay for ever in each of the buffers */
    if (f->body.cap > MAX_KEPT_BODY_BYTES)
        buf_free(&f->body);
    f->call = NULL;
    f->fetch = NULL;
    VEC_PUSH(aws->idle, f);
}

/* --- calls --- */

/* The endpoint's URL and the path; a bucket stands before AWS's own hosts. */
static void add_url(struct flight *f, const struct call *call)
{
    const struct endpoint *endpoint = &call->class->key.route->endpoint;
    if (!endpoint->is_custom)
        build_move_bucket(call->row, &f->built);
    const char *dot = f->built.bucket[0] ? "." : "";
    const char *host = strstr(endpoint->base, "://");
    size_t scheme = host ? (size_t)(host - endpoint->base) + 3 : 0;
    (void)snprintf(f->host, sizeof f->host, "%s%s%s", f->built.bucket, dot, endpoint->host);
    buf_add(&f->url, endpoint->base, scheme);
    buf_printf(&f->url, "%s%s%s", f->built.bucket, dot, endpoint->base + scheme);
    f->path_at = endpoint->origin_len + strlen(f->built.bucket) + strlen(dot);
    buf_add(&f->url, f->built.path.data, f->built.path.len);
}

static enum err_code prepare(struct flight *f, struct call *call, const struct credentials *keys,
                             struct err *err)
{
    enum err_code code =
        build_request(call->row, call->params, call->n_params, call->token, &f->built, err);
    if (code != ERR_OK)
        return code;
    add_url(f, call);
    if (keys)
        code = add_signature(f, call, keys, err);
    if (code != ERR_OK)
        return code;
    add_content_headers(f);
    add_param_headers(f, call);
    if (f->built.query.len > 0) {
        buf_addc(&f->url, '?');
        buf_add(&f->url, f->built.query.data, f->built.query.len);
    }
    add_invocation(f, call);
    add_line(f, "Accept:", "");
    add_line(f, "Expect:", "");
    return ERR_OK;
}

static void set_limits(struct flight *f)
{
    const struct aws_settings *settings = &f->aws->settings;
    SET(f->easy, CURLOPT_CONNECTTIMEOUT_MS, (long)settings->connect_timeout_ms);
    SET(f->easy, CURLOPT_TIMEOUT_MS, (long)settings->total_timeout_ms);
    /* on a connection that died while it was idle, libcurl would send it a second time on its own */
    SET(f->easy, CURLOPT_FRESH_CONNECT, op_may_repeat(f->call->row) ? 0L : 1L);
    if (f->built.bucket[0]) /* nobody asks that host again soon */
        SET(f->easy, CURLOPT_FORBID_REUSE, 1L);
}

void aws_flight_begin(struct aws *aws, struct call *call, const struct credentials *keys)
{
    struct err err = {0};
    struct flight *f = flight_take(aws, call->class->key.route->ca_bundle);
    f->offset_s = aws->settings.fixed_now ? 0 : call->class->lane->clock_offset_s;
    f->call = call;
    call->attempts++;
    if (prepare(f, call, keys, &err) != ERR_OK) {
        flight_put_back(aws, f);
        aws_call_finish(aws, call, &err);
        return;
    }
    f->key_hash = keys ? aws_settle_key_hash(aws, keys) : 0;
    if (keys)
        aws_settle_holder(aws, call->who)->current = f->key_hash;
    set_common(f);
    set_limits(f);
    set_request(f, f->built.method, f->url.data, f->built.body.data, f->built.body.len,
                link_lines(f));
    if (!flight_start(aws, f)) {
        flight_put_back(aws, f);
        (void)err_set(&err, ERR_LIMIT, "libcurl refuses another transfer");
        aws_call_finish(aws, call, &err);
        return;
    }
    aws_queue_took(aws, call);
    call->flight = f;
    call->state = CALL_FLYING;
    aws->last_origin = call->class->lane->origin;
    aws->stats.attempts++;
    aws_budget_count(aws, call->row);
    aws->stats.bytes_out += f->url.len + f->lines.len + f->built.body.len;
    aws->stats.in_flight++;
    if (aws->stats.in_flight > aws->stats.peak_in_flight)
        aws->stats.peak_in_flight = aws->stats.in_flight;
}

/* --- plain fetches --- */

void aws_flight_fetch(struct aws *aws, struct fetch *fetch)
{
    struct flight *f = flight_take(aws, aws->ca_bundle);
    f->fetch = fetch;
    set_common(f);
    SET(f->easy, CURLOPT_TIMEOUT_MS, (long)fetch->timeout_ms);
    SET(f->easy, CURLOPT_CONNECTTIMEOUT_MS,
        (long)(fetch->timeout_ms > 0 ? fetch->timeout_ms : DEFAULT_CONNECT_TIMEOUT_MS));
    if (fetch->no_proxy)
        SET(f->easy, CURLOPT_PROXY, "");
    set_request(f, fetch->method, fetch->url, fetch->body, fetch->body ? strlen(fetch->body) : 0,
                fetch->headers);
    if (!flight_start(aws, f))
        aws_side_fetched(aws, f, CURLE_FAILED_INIT);
}

/* --- ending --- */

void aws_flight_release(struct aws *aws, struct flight *f)
{
    if (f->at < aws->flying.n && aws->flying.items[f->at] == f) {
        (void)curl_multi_remove_handle(aws->multi, f->easy);
        struct flight *last = aws->flying.items[--aws->flying.n];
        aws->flying.items[f->at] = last;
        last->at = f->at;
        if (f->call) {
            f->call->flight = NULL;
            aws->stats.in_flight--;
            aws_queue_landed(aws, f->call->class->lane);
        }
    }
    flight_put_back(aws, f);
}

void aws_flight_abort(struct aws *aws, struct flight *f)
{
    aws_flight_release(aws, f);
}

static void flight_free(struct flight *f)
{
    curl_easy_cleanup(f->easy);
    build_free(&f->built);
    buf_free(&f->url);
    buf_free(&f->lines);
    buf_free(&f->body);
    mem_free(f);
}

void aws_flight_free_all(struct aws *aws)
{
    for (size_t i = 0; i < aws->idle.n; i++)
        flight_free(aws->idle.items[i]);
    VEC_FREE(aws->idle);
    VEC_FREE(aws->flying);
}
