/* The wire against a server in this process that does what a script says. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "backend/aws/aws.h"
#include "backend/aws/credentials.h"
#include "backend/aws/tree.h"
#include "backend/base/mem.h"
#include "backend/base/timefmt.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* --- the server --- */

enum manner {
    WHOLE,        /* as it should be */
    THEN_CLOSE,   /* and close without saying so */
    CUT,          /* half of the body, then close */
    RESET,        /* close with a reset before anything is sent */
    HANG,         /* headers never come */
    DRIP,         /* a byte now and then, without end */
};

struct reply {
    int status;
    const char *body;
    const char *header; /* "Name: value\r\n" or NULL */
    enum manner manner;
};

#define MAX_SEEN 64
struct server {
    int listener;
    int port;
    pthread_t thread;
    pthread_mutex_t lock;
    const struct reply *script; /* the last row goes on for ever */
    size_t n_script;
    size_t n_seen;
    char seen[MAX_SEEN][4096]; /* requests, head and body */
    bool is_ending;
    int n_open;
};

static bool is_ending(struct server *s)
{
    pthread_mutex_lock(&s->lock);
    bool ending = s->is_ending;
    pthread_mutex_unlock(&s->lock);
    return ending;
}

/* Reads one request; false if the peer closed or the server ends. */
static bool read_request(struct server *s, int fd, char *out, size_t size)
{
    size_t n = 0, want = 0;
    while (n + 1 < size) {
        struct pollfd p = {.fd = fd, .events = POLLIN};
        if (is_ending(s))
            return false;
        if (poll(&p, 1, 20) == 0)
            continue;
        ssize_t got = recv(fd, out + n, size - 1 - n, 0);
        if (got <= 0)
            return false;
        n += (size_t)got;
        out[n] = '\0';
        if (out[0] == 0x16) /* a TLS handshake, which this server answers as if it were HTTP */
            return true;
        const char *end = strstr(out, "\r\n\r\n");
        if (end && want == 0) {
            const char *length = strcasestr(out, "content-length:");
            want = (size_t)(end + 4 - out) + (length && length < end ? strtoul(length + 15, NULL, 10) : 0);
        }
        if (want > 0 && n >= want)
            return true;
    }
    return true;
}

static bool wait_or_end(struct server *s, int ms)
{
    for (; ms > 0; ms -= 10) {
        if (is_ending(s))
            return false;
        usleep(10000);
    }
    return true;
}

static void put(int fd, const char *bytes, size_t len)
{
    ssize_t ignored = send(fd, bytes, len, MSG_NOSIGNAL);
    (void)ignored;
}

/* False: close the connection. */
static bool send_reply(struct server *s, int fd, const struct reply *r)
{
    char head[1024];
    size_t len = strlen(r->body);
    if (r->manner == RESET) {
        struct linger linger = {.l_onoff = 1};
        (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
        return false;
    }
    if (r->manner == HANG) {
        (void)wait_or_end(s, 5000);
        return false;
    }
    int n = snprintf(head, sizeof head, "HTTP/1.1 %d X\r\nContent-Length: %zu\r\n%s\r\n", r->status,
                     r->manner == DRIP ? 1000 : len, r->header ? r->header : "");
    put(fd, head, (size_t)n);
    if (r->manner == DRIP) {
        for (int i = 0; i < 1000 && wait_or_end(s, 100); i++)
            put(fd, " ", 1);
        return false;
    }
    put(fd, r->body, r->manner == CUT ? len / 2 : len);
    return r->manner == WHOLE;
}

struct connection {
    struct server *server;
    int fd;
};

static void *serve_connection(void *ctx)
{
    struct connection c = *(struct connection *)ctx;
    struct server *s = c.server;
    char request[4096];
    free(ctx);
    while (read_request(s, c.fd, request, sizeof request)) {
        pthread_mutex_lock(&s->lock);
        size_t at = s->n_seen < s->n_script ? s->n_seen : s->n_script - 1;
        if (s->n_seen < MAX_SEEN)
            memcpy(s->seen[s->n_seen], request, sizeof request);
        s->n_seen++;
        const struct reply *reply = &s->script[at];
        pthread_mutex_unlock(&s->lock);
        if (!send_reply(s, c.fd, reply))
            break;
    }
    close(c.fd);
    pthread_mutex_lock(&s->lock);
    s->n_open--;
    pthread_mutex_unlock(&s->lock);
    return NULL;
}

static void *serve(void *ctx)
{
    struct server *s = ctx;
    while (!is_ending(s)) {
        struct pollfd p = {.fd = s->listener, .events = POLLIN};
        if (poll(&p, 1, 20) <= 0)
            continue;
        int fd = accept(s->listener, NULL, NULL);
        if (fd < 0)
            continue;
        struct connection *c = malloc(sizeof *c);
        pthread_t thread;
        *c = (struct connection){s, fd};
        pthread_mutex_lock(&s->lock);
        s->n_open++;
        pthread_mutex_unlock(&s->lock);
        if (pthread_create(&thread, NULL, serve_connection, c) == 0)
            pthread_detach(thread);
    }
    return NULL;
}

static void server_start(struct server *s, const struct reply *script, size_t n)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t len = sizeof address;
    memset(s, 0, sizeof *s);
    s->script = script;
    s->n_script = n;
    pthread_mutex_init(&s->lock, NULL);
    s->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(s->listener, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(s->listener, 64), 0);
    assert_int_equal(getsockname(s->listener, (struct sockaddr *)&address, &len), 0);
    s->port = ntohs(address.sin_port);
    assert_int_equal(pthread_create(&s->thread, NULL, serve, s), 0);
}

static void server_stop(struct server *s)
{
    pthread_mutex_lock(&s->lock);
    s->is_ending = true;
    pthread_mutex_unlock(&s->lock);
    pthread_join(s->thread, NULL);
    for (int open = 1; open > 0; usleep(5000)) {
        pthread_mutex_lock(&s->lock);
        open = s->n_open;
        pthread_mutex_unlock(&s->lock);
    }
    close(s->listener);
    pthread_mutex_destroy(&s->lock);
}

/* --- the client --- */

#define MAX_ANSWERS 64
struct heard {
    enum err_code code;
    int status, page, attempts;
    bool last;
    char text[512], aws_code[96], tree[600];
    int64_t server_utc;
    int tag;
};

struct rig {
    struct server server;
    struct wire *wire;
    struct identity *who;
    char url[64];
    struct heard heard[MAX_ANSWERS];
    size_t n_heard;
};

static struct rig rig; /* one at a time: the tests run one after another */

struct listener {
    int tag;
    uint64_t cancel; /* from inside the callback */
};

static void hear(void *ctx, const struct wire_answer *answer)
{
    struct listener *listener = ctx;
    struct heard *h = &rig.heard[rig.n_heard++ % MAX_ANSWERS];
    char *printed = answer->tree ? cJSON_PrintUnformatted(answer->tree) : NULL;
    *h = (struct heard){.code = answer->err.code,
                        .status = answer->err.http_status,
                        .page = answer->page,
                        .attempts = answer->attempts,
                        .last = answer->last,
                        .server_utc = answer->server_utc,
                        .tag = listener ? listener->tag : 0};
    (void)snprintf(h->text, sizeof h->text, "%s", answer->err.text);
    (void)snprintf(h->aws_code, sizeof h->aws_code, "%s", answer->err.aws_code);
    (void)snprintf(h->tree, sizeof h->tree, "%s", printed ? printed : "");
    cJSON_free(printed);
    if (listener && listener->cancel)
        wire_cancel(rig.wire, listener->cancel);
}

static void rig_open(const struct reply *script, size_t n, struct aws_settings settings)
{
    struct err err = {0};
    memset(&rig, 0, sizeof rig);
    if (script) {
        server_start(&rig.server, script, n);
        (void)snprintf(rig.url, sizeof rig.url, "http://127.0.0.1:%d", rig.server.port);
        settings.endpoint_url = rig.url;
    }
    assert_int_equal(aws_new(&settings, &rig.wire, &err), ERR_OK);
    assert_int_equal(identity_from_profile(rig.wire, NULL, &rig.who, &err), ERR_OK);
}

static void rig_close(void)
{
    identity_free(rig.who);
    wire_free(rig.wire);
    if (rig.server.script)
        server_stop(&rig.server);
}

static uint64_t ask(enum op_id op, const struct param *params, size_t n, int priority,
                    struct listener *listener)
{
    const struct wire_request request = {.op = op,
                                         .who = rig.who,
                                         .account = "111122223333",
                                         .region = "eu-central-1",
                                         .params = params,
                                         .n_params = n,
                                         .priority = priority,
                                         .answered = hear,
                                         .ctx = listener};
    return wire_send(rig.wire, &request);
}

/* Steps until so many answers were heard, at most 10 s. */
static void run_until(size_t n)
{
    int64_t end = time_mono_ms() + 10000;
    while (rig.n_heard < n && time_mono_ms() < end)
        wire_step(rig.wire, 100);
    assert_int_equal(rig.n_heard, n);
}

static size_t n_requests(void)
{
    pthread_mutex_lock(&rig.server.lock);
    size_t n = rig.server.n_seen;
    pthread_mutex_unlock(&rig.server.lock);
    return n;
}

#define OPEN(script, ...)                                                                          \
    rig_open(script, sizeof(script) / sizeof *(script), (struct aws_settings){__VA_ARGS__})
#define ERROR_BODY(code) "{\"__type\":\"" code "\",\"message\":\"m\"}"
#define HTML "<html><body><h1>503</h1><br></body></html>"

/* --- one call, one script --- */

struct scripted {
    const char *name;
    enum op_id op;
    struct reply script[6];
    size_t n_script;
    size_t n_answers; /* heard */
    enum err_code code; /* of the last */
    int attempts;       /* of the last */
    size_t n_requests;
    const char *has; /* in its text or tree */
};

static const struct scripted scripted[] = {
    {"an answer", OP_KMS_DESCRIBE_KEY, {{200, "{\"KeyMetadata\":{\"KeyId\":\"k\"}}", 0, WHOLE}}, 1, 1, ERR_OK, 1,
     1, "\"KeyId\":\"k\""},
    {"500, then fine", OP_KMS_DESCRIBE_KEY, {{500, "", 0, WHOLE}, {200, "{\"a\":1}", 0, WHOLE}}, 2, 1, ERR_OK, 2,
     2, "\"a\":1"},
    {"500 without end", OP_KMS_DESCRIBE_KEY, {{500, ERROR_BODY("KMSInternalException"), 0, WHOLE}}, 1, 1,
     ERR_SERVER, 3, 3, "KMSInternalException"},
    {"HTML 503", OP_RDS_DESCRIBE_DB_CLUSTERS, {{503, HTML, 0, WHOLE}}, 1, 1, ERR_SERVER, 3, 3, "HTTP 503"},
    {"throttled, then fine", OP_KMS_DESCRIBE_KEY,
     {{400, ERROR_BODY("ThrottlingException"), 0, WHOLE}, {200, "{}", 0, WHOLE}}, 2, 1, ERR_OK, 2, 2, "{}"},
    {"cut, then fine", OP_KMS_LIST_KEYS, {{200, "{\"Keys\":[]}", 0, CUT}, {200, "{\"Keys\":[]}", 0, WHOLE}}, 2, 1,
     ERR_OK, 2, 2, "Keys"},
    {"cut without end", OP_KMS_LIST_KEYS, {{200, "{\"Keys\":[]}", 0, CUT}}, 1, 1, ERR_SERVER, 3, 3, "127.0.0.1"},
    {"malformed without end: read twice", OP_KMS_LIST_KEYS, {{200, "{\"Keys\":[", 0, WHOLE}}, 1, 1, ERR_PARSE, 2,
     2, ""},
    {"malformed, then fine", OP_KMS_LIST_KEYS, {{200, "{\"Keys\":[", 0, WHOLE}, {200, "{\"Keys\":[]}", 0, WHOLE}},
     2, 1, ERR_OK, 2, 2, "Keys"},
    {"HTML with 200", OP_RDS_DESCRIBE_DB_CLUSTERS, {{200, HTML, 0, WHOLE}}, 1, 1, ERR_PARSE, 2, 2, "XML"},
    {"reset, then fine", OP_KMS_DESCRIBE_KEY, {{0, "", 0, RESET}, {200, "{}", 0, WHOLE}}, 2, 1, ERR_OK, 2, 2, "{}"},
    {"denied", OP_KMS_DESCRIBE_KEY, {{400, ERROR_BODY("AccessDeniedException"), 0, WHOLE}}, 1, 1, ERR_DENIED, 1, 1,
     "AccessDeniedException: m"},
    {"expired keys: renewed and tried once more", OP_KMS_DESCRIBE_KEY,
     {{400, ERROR_BODY("ExpiredTokenException"), 0, WHOLE}}, 1, 1, ERR_EXPIRED, 2, 2, "ExpiredToken"},
    {"unknown keys", OP_KMS_DESCRIBE_KEY, {{400, ERROR_BODY("UnrecognizedClientException"), 0, WHOLE}}, 1, 1,
     ERR_CREDENTIALS, 2, 2, "UnrecognizedClientException"},
    {"pages, one empty", OP_KMS_LIST_KEYS,
     {{200, "{\"Keys\":[{\"KeyId\":\"1\"}],\"Truncated\":true,\"NextMarker\":\"a\"}", 0, WHOLE},
      {200, "{\"Keys\":[],\"Truncated\":true,\"NextMarker\":\"b\"}", 0, WHOLE},
      {200, "{\"Keys\":[{\"KeyId\":\"3\"}],\"Truncated\":false}", 0, WHOLE}},
     3, 3, ERR_OK, 1, 3, "\"KeyId\":\"3\""},
    {"the same token twice", OP_KMS_LIST_KEYS,
     {{200, "{\"Keys\":[],\"Truncated\":true,\"NextMarker\":\"a\"}", 0, WHOLE}}, 1, 2, ERR_SERVER, 1, 2,
     "same page token"},
    {"more, but not where", OP_KMS_LIST_KEYS, {{200, "{\"Keys\":[],\"Truncated\":true}", 0, WHOLE}}, 1, 1, ERR_PARSE,
     2, 2, "there is more"},
    {"a stale token: again from the first page", OP_KMS_LIST_KEYS,
     {{200, "{\"Keys\":[],\"Truncated\":true,\"NextMarker\":\"a\"}", 0, WHOLE},
      {400, ERROR_BODY("InvalidMarkerException"), 0, WHOLE},
      {200, "{\"Keys\":[{\"KeyId\":\"z\"}],\"Truncated\":false}", 0, WHOLE}},
     3, 2, ERR_OK, 1, 3, "\"KeyId\":\"z\""},
    {"a stale token without end", OP_KMS_LIST_KEYS,
     {{200, "{\"Keys\":[],\"Truncated\":true,\"NextMarker\":\"a\"}", 0, WHOLE},
      {400, ERROR_BODY("InvalidMarkerException"), 0, WHOLE},
      {200, "{\"Keys\":[],\"Truncated\":true,\"NextMarker\":\"b\"}", 0, WHOLE},
      {400, ERROR_BODY("InvalidMarkerException"), 0, WHOLE}},
     4, 3, ERR_STALE_TOKEN, 1, 4, "InvalidMarkerException"},
    {"the wrapper of the query protocol is taken off, secrets are dropped", OP_RDS_DESCRIBE_DB_INSTANCES,
     {{200,
       "<DescribeDBInstancesResponse><DescribeDBInstancesResult><DBInstances><DBInstance><P>"
       "<MasterUserPassword>x</MasterUserPassword><Q>1</Q></P></DBInstance></DBInstances>"
       "</DescribeDBInstancesResult></DescribeDBInstancesResponse>",
       0, WHOLE}},
     1, 1, ERR_OK, 1, 1, "{\"DBInstances\":{\"DBInstance\":{\"P\":{\"Q\":\"1\"}}}}"},
    {"a write is refused", OP_KMS_ENABLE_KEY, {{200, "", 0, WHOLE}}, 1, 1, ERR_VIEWER, 0, 0, "no confirmed plan"},
};

static void test_scripts(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof scripted / sizeof *scripted; i++) {
        const struct scripted *s = &scripted[i];
        print_message("%s\n", s->name);
        rig_open(s->script, s->n_script, (struct aws_settings){.no_rate_limit = true});
        ask(s->op, NULL, 0, 0, NULL);
        run_until(s->n_answers);
        const struct heard *last = &rig.heard[s->n_answers - 1];
        assert_int_equal(last->code, s->code);
        assert_int_equal(last->attempts, s->attempts);
        assert_true(last->last);
        assert_true(strstr(last->text, s->has) || strstr(last->tree, s->has));
        assert_int_equal(n_requests(), s->n_requests);
        for (size_t j = 0; j + 1 < s->n_answers; j++)
            assert_false(rig.heard[j].last);
        rig_close();
    }
}

static void test_request_on_the_wire(void **state)
{
    static const struct reply script[] = {{200, "{}", 0, WHOLE}};
    (void)state;
    OPEN(script, .no_rate_limit = true);
    struct param key = {"KeyId", "k", PARAM_TEXT};
    ask(OP_KMS_DESCRIBE_KEY, &key, 1, 0, NULL);
    run_until(1);
    const char *seen = rig.server.seen[0];
    static const char *const wanted[] = {
        "POST / HTTP/1.1\r\n", "\r\nContent-Type: application/x-amz-json-1.1\r\n",
        "\r\nX-Amz-Target: TrentService.DescribeKey\r\n", "\r\nX-Amz-Date: ",
        "\r\nX-Amz-Security-Token: TOKEN\r\n",
        ("/eu-central-1/kms/aws4_request, SignedHeaders=content-type;host;x-amz-date;x-amz-security-token;"
         "x-amz-target, Signature="),
        "\r\namz-sdk-invocation-id: ", "\r\namz-sdk-request: attempt=1; max=3\r\n",
        "\r\nUser-Agent: keyfall/", "\r\n\r\n{\"KeyId\":\"k\"}"};
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
        assert_non_null(strstr(seen, wanted[i]));
    assert_null(strstr(seen, "SECRET"));
    assert_null(strcasestr(seen, "\r\nExpect:"));
    rig_close();
}

static void test_rest_request(void **state)
{
    static const struct reply script[] = {{200, "{\"BackupVaultList\":[]}", 0, WHOLE}};
    (void)state;
    OPEN(script, .no_rate_limit = true);
    ask(OP_BACKUP_LIST_BACKUP_VAULTS, NULL, 0, 0, NULL);
    run_until(1);
    assert_non_null(strstr(rig.server.seen[0], "GET /backup-vaults/?maxResults=1000 HTTP/1.1\r\n"));
    assert_null(strcasestr(rig.server.seen[0], "\r\nContent-Type:"));
    rig_close();
}

/* A server that closes kept connections costs nothing but a new one. */
static void test_closed_keep_alive(void **state)
{
    static const struct reply script[] = {{200, "{}", 0, THEN_CLOSE}};
    (void)state;
    OPEN(script, .no_rate_limit = true);
    for (size_t i = 0; i < 5; i++) {
        ask(OP_KMS_DESCRIBE_KEY, NULL, 0, 0, NULL);
        run_until(i + 1);
        assert_int_equal(rig.heard[i].code, ERR_OK);
        usleep(20000);
    }
    rig_close();
}

static void test_silence_ends(void **state)
{
    static const struct {
        enum manner manner;
        int stall_ms, total_ms;
        const char *has;
    } rows[] = {{HANG, 200, 5000, "sent nothing for 200 ms"}, {DRIP, 400, 700, "timed out"}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct reply script[] = {{200, "{}", 0, rows[i].manner}};
        int64_t begin = time_mono_ms();
        OPEN(script, .no_rate_limit = true, .stall_timeout_ms = rows[i].stall_ms,
             .total_timeout_ms = rows[i].total_ms, .max_attempts = 1);
        ask(OP_KMS_DESCRIBE_KEY, NULL, 0, 0, NULL);
        run_until(1);
        assert_int_equal(rig.heard[0].code, ERR_TIMEOUT);
        assert_non_null(strstr(rig.heard[0].text, rows[i].has));
        assert_in_range(time_mono_ms() - begin, 150, 5000);
        rig_close();
    }
}

/* A port that nobody listens on. */
static int dead_port(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t len = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
    close(fd);
    return ntohs(address.sin_port);
}

static void test_nobody_listens(void **state)
{
    char url[64], port[16];
    int dead = dead_port();
    (void)state;
    (void)snprintf(url, sizeof url, "http://127.0.0.1:%d", dead);
    (void)snprintf(port, sizeof port, "port %d", dead);
    rig_open(NULL, 0, (struct aws_settings){.endpoint_url = url});
    for (int i = 0; i < 40; i++)
        ask(OP_KMS_DESCRIBE_KEY, NULL, 0, 0, NULL);
    int64_t begin = time_mono_ms();
    run_until(40);
    assert_true(time_mono_ms() - begin < 5000);
    for (int i = 0; i < 40; i++) {
        assert_int_equal(rig.heard[i].code, ERR_UNREACHABLE);
        assert_non_null(strstr(rig.heard[i].text, "127.0.0.1"));
        assert_non_null(strstr(rig.heard[i].text, port));
    }
    /* the first was tried in earnest, those after it were spared */
    assert_int_equal(rig.heard[0].attempts, 3);
    assert_int_equal(rig.heard[39].attempts, 0);
    rig_close();
}

static void test_unknown_host(void **state)
{
    (void)state;
    rig_open(NULL, 0, (struct aws_settings){.endpoint_url = "http://no-such-host.invalid:81"});
    ask(OP_KMS_DESCRIBE_KEY, NULL, 0, 0, NULL);
    run_until(1);
    assert_int_equal(rig.heard[0].code, ERR_UNREACHABLE);
    assert_non_null(strstr(rig.heard[0].text, "no-such-host.invalid port 81"));
    rig_close();
}

static void test_tls_failures(void **state)
{
    static const struct reply script[] = {{200, "{}", 0, WHOLE}};
    struct server server;
    char url[64];
    (void)state;
    server_start(&server, script, 1);
    (void)snprintf(url, sizeof url, "https://127.0.0.1:%d", server.port);
    rig_open(NULL, 0, (struct aws_settings){.endpoint_url = url, .max_attempts = 1});
    ask(OP_KMS_DESCRIBE_KEY, NULL, 0, 0, NULL);
    run_until(1);
    assert_int_equal(rig.heard[0].code, ERR_TLS);
    rig_close();

    rig_open(NULL, 0, (struct aws_settings){.endpoint_url = url, .ca_bundle = "/no/such/bundle.pem"});
    ask(OP_KMS_DESCRIBE_KEY, NULL, 0, 0, NULL);
    run_until(1);
    assert_int_equal(rig.heard[0].code, ERR_TLS);
    assert_non_null(strstr(rig.heard[0].text, "/no/such/bundle.pem"));
    rig_close();
    server_stop(&server);
}

static void test_viewer(void **state)
{
    static const struct reply script[] = {{200, "{}", 0, WHOLE}};
    static const struct {
        bool viewer, allow;
        enum err_code code;
        size_t n_requests;
    } rows[] = {{true, false, ERR_VIEWER, 0}, {true, true, ERR_VIEWER, 0}, {false, false, ERR_VIEWER, 0},
                {false, true, ERR_OK, 1}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        OPEN(script, .viewer = rows[i].viewer, .allow_write = rows[i].allow);
        struct param key = {"KeyId", "k", PARAM_TEXT};
        ask(OP_KMS_CANCEL_KEY_DELETION, &key, 1, 0, NULL);
        assert_int_equal(rig.n_heard, 0);
        run_until(1);
        assert_int_equal(rig.heard[0].code, rows[i].code);
        assert_int_equal(n_requests(), rows[i].n_requests);
        rig_close();
    }
}

/* What may have been done already is not done again. */
static void test_writes_are_not_repeated(void **state)
{
    static const struct {
        struct reply reply;
        size_t n_requests;
    } rows[] = {{{500, "", 0, WHOLE}, 1},
                {{200, "{\"x\"", 0, WHOLE}, 1},
                {{0, "", 0, RESET}, 1},
                {{400, ERROR_BODY("LimitExceededException"), 0, WHOLE}, 1},
                {{400, ERROR_BODY("ThrottlingException"), 0, WHOLE}, 2}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        rig_open(&rows[i].reply, 1, (struct aws_settings){.allow_write = true, .max_attempts = 2});
        ask(OP_KMS_ENABLE_KEY, NULL, 0, 0, NULL);
        run_until(1);
        assert_int_not_equal(rig.heard[0].code, ERR_OK);
        assert_int_equal(n_requests(), rows[i].n_requests);
        rig_close();
    }
}

static void http_date(int64_t utc, char *out, size_t size)
{
    time_t t = (time_t)utc;
    struct tm tm;
    gmtime_r(&t, &tm);
    strftime(out, size, "Date: %a, %d %b %Y %H:%M:%S GMT\r\n", &tm);
}

static void test_clock_is_corrected(void **state)
{
    char date[64], with_age[96], stamp[TIME_ISO_SIZE];
    int64_t theirs = time_now_utc() + 7200;
    (void)state;
    http_date(theirs, date, sizeof date);
    const struct reply script[] = {{403, ERROR_BODY("InvalidSignatureException"), date, WHOLE},
                                   {200, "{}", date, WHOLE}};
    OPEN(script, .no_rate_limit = true);
    ask(OP_KMS_DESCRIBE_KEY, NULL, 0, 0, NULL);
    run_until(1);
    assert_int_equal(rig.heard[0].code, ERR_OK);
    assert_in_range(rig.heard[0].server_utc, theirs - 5, theirs + 15);
    time_format_basic(theirs, stamp);
    stamp[11] = '\0'; /* date and hour */
    assert_non_null(strstr(strstr(rig.server.seen[1], "X-Amz-Date: "), stamp));
    struct wire_stats stats;
    wire_stats(rig.wire, &stats);
    assert_in_range(stats.clock_offset_s, 7190, 7210);
    rig_close();

    /* a date out of a cache says nothing */
    (void)snprintf(with_age, sizeof with_age, "%sAge: 7200\r\n", date);
    const struct reply cached[] = {{403, ERROR_BODY("InvalidSignatureException"), with_age, WHOLE}};
    OPEN(cached, .no_rate_limit = true);
    ask(OP_KMS_DESCRIBE_KEY, NULL, 0, 0, NULL);
    run_until(1);
    wire_stats(rig.wire, &stats);
    assert_int_equal(stats.clock_offset_s, 0);
    assert_int_equal(rig.heard[0].code, ERR_CREDENTIALS);
    rig_close();
}

static void test_cancel(void **state)
{
    static const struct reply script[] = {{200, "{}", 0, HANG}};
    struct wire_stats stats;
    (void)state;
    OPEN(script, .no_rate_limit = true, .max_in_flight = 1);
    uint64_t flying = ask(OP_KMS_DESCRIBE_KEY, NULL, 0, 0, NULL);
    uint64_t queued = ask(OP_KMS_DESCRIBE_KEY, NULL, 0, 0, NULL);
    for (int i = 0; i < 20 && n_requests() == 0; i++)
        wire_step(rig.wire, 20);
    assert_int_equal(n_requests(), 1);
    wire_cancel(rig.wire, queued);
    wire_cancel(rig.wire, queued);
    wire_cancel(rig.wire, flying);
    assert_int_equal(rig.n_heard, 0);
    run_until(2);
    assert_int_equal(rig.heard[0].code, ERR_CANCELLED);
    assert_int_equal(rig.heard[1].code, ERR_CANCELLED);
    wire_cancel(rig.wire, flying);
    wire_cancel(rig.wire, 0);
    wire_cancel(rig.wire, UINT64_MAX);
    wire_step(rig.wire, 0);
    assert_int_equal(rig.n_heard, 2);
    wire_stats(rig.wire, &stats);
    assert_int_equal(stats.queued + stats.in_flight, 0);
    rig_close();
}

static void test_cancel_between_pages(void **state)
{
    static const struct reply script[] = {
        {200, "{\"Keys\":[],\"Truncated\":true,\"NextMarker\":\"a\"}", 0, WHOLE}};
    struct listener listener = {0};
    (void)state;
    OPEN(script, .no_rate_limit = true);
    listener.cancel = ask(OP_KMS_LIST_KEYS, NULL, 0, 0, &listener);
    run_until(2);
    assert_false(rig.heard[0].last);
    assert_int_equal(rig.heard[1].code, ERR_CANCELLED);
    assert_true(rig.heard[1].last);
    assert_int_equal(n_requests(), 1);
    rig_close();
}

/* Freeing answers what is left. */
static void test_free_answers(void **state)
{
    static const struct reply script[] = {{200, "{}", 0, HANG}};
    (void)state;
    OPEN(script, .no_rate_limit = true, .max_in_flight = 1);
    ask(OP_KMS_DESCRIBE_KEY, NULL, 0, 0, NULL);
    ask(OP_KMS_DESCRIBE_KEY, NULL, 0, 0, NULL);
    wire_step(rig.wire, 20);
    rig_close();
    assert_int_equal(rig.n_heard, 2);
    assert_int_equal(rig.heard[0].code, ERR_CANCELLED);
    assert_int_equal(rig.heard[1].code, ERR_CANCELLED);
}

static void test_priority(void **state)
{
    static const struct reply script[] = {{200, "{}", 0, WHOLE}};
    static const enum op_id ops[] = {OP_KMS_DESCRIBE_KEY, OP_KMS_GET_KEY_POLICY, OP_SSM_LIST_TAGS_FOR_RESOURCE};
    struct listener listeners[12];
    uint64_t tickets[12];
    (void)state;
    OPEN(script, .no_rate_limit = true, .max_in_flight = 1);
    for (int i = 0; i < 12; i++) {
        listeners[i] = (struct listener){.tag = i};
        tickets[i] = ask(ops[i % 3], NULL, 0, 5, &listeners[i]);
    }
    wire_reprioritize(rig.wire, tickets[7], 1);
    wire_reprioritize(rig.wire, tickets[10], 0);
    wire_reprioritize(rig.wire, tickets[0], 9);
    run_until(12);
    static const int order[] = {10, 7, 1, 2, 3, 4, 5, 6, 8, 9, 11, 0};
    for (int i = 0; i < 12; i++)
        assert_int_equal(rig.heard[i].tag, order[i]);
    rig_close();
}

/* A class that has used its rate up lets others pass. */
static void test_a_slow_class_is_in_nobodys_way(void **state)
{
    static const struct reply script[] = {{200, "{}", 0, WHOLE}};
    struct listener slow = {.tag = 1}, fast = {.tag = 2};
    (void)state;
    OPEN(script, .rate_share = 0.5);
    for (int i = 0; i < 10; i++)
        ask(OP_KMS_GET_KEY_LAST_USAGE, NULL, 0, 0, &slow); /* 2.5 a second */
    for (int i = 0; i < 20; i++)
        ask(OP_KMS_DESCRIBE_KEY, NULL, 0, 9, &fast);
    int64_t begin = time_mono_ms();
    run_until(23);
    assert_true(time_mono_ms() - begin > 500); /* one at once, two more at 400 and 800 ms */
    int n_slow = 0;
    for (int i = 0; i < 23; i++)
        n_slow += rig.heard[i].tag == 1;
    assert_int_equal(n_slow, 3);
    assert_int_equal(rig.heard[22].tag, 1);
    rig_close();
}

static void test_throttle_slows_down(void **state)
{
    static const struct reply script[] = {{400, ERROR_BODY("ThrottlingException"), 0, WHOLE}};
    struct wire_stats stats;
    (void)state;
    OPEN(script, .max_attempts = 1);
    wire_stats(rig.wire, &stats);
    assert_true(stats.slowest_rate == 0);
    ask(OP_KMS_LIST_GRANTS, NULL, 0, 0, NULL);
    run_until(1);
    wire_stats(rig.wire, &stats);
    assert_true(stats.slowest_rate > 34.9 && stats.slowest_rate < 35.1); /* 100 / 2 x 0.7 */
    assert_int_equal(stats.throttles, 1);
    rig_close();
}

static void test_limits(void **state)
{
    static const struct reply script[] = {{200, "{\"a\":\"0123456789012345678901234567890123456789\"}", 0, WHOLE}};
    (void)state;
    OPEN(script, .max_answer_bytes = 20);
    ask(OP_KMS_DESCRIBE_KEY, NULL, 0, 0, NULL);
    run_until(1);
    assert_int_equal(rig.heard[0].code, ERR_LIMIT);
    assert_non_null(strstr(rig.heard[0].text, "20 bytes"));
    rig_close();
}

static void test_bad_requests(void **state)
{
    static const struct reply script[] = {{200, "{}", 0, WHOLE}};
    struct param vault = {"backupVaultName", "", PARAM_TEXT};
    (void)state;
    OPEN(script, .no_rate_limit = true);
    struct wire_request request = {.op = OP_KMS_LIST_KEYS, .who = rig.who, .account = "", .region = "not a region",
                                   .answered = hear};
    wire_send(rig.wire, &request);
    ask(OP_BACKUP_DESCRIBE_BACKUP_VAULT, &vault, 1, 0, NULL);
    request = (struct wire_request){.op = OP_KMS_LIST_KEYS, .region = "eu-central-1", .answered = hear};
    wire_send(rig.wire, &request);
    request = (struct wire_request){.op = OP_COUNT, .who = rig.who, .region = "eu-central-1", .answered = hear};
    wire_send(rig.wire, &request);
    run_until(4);
    for (int i = 0; i < 4; i++)
        assert_true(rig.heard[i].code == ERR_USAGE || rig.heard[i].code == ERR_CREDENTIALS);
    assert_int_equal(n_requests(), 0);
    rig_close();
}

/* A hundred thousand calls wait without anything growing slow. */
static void test_many_queued(void **state)
{
    enum { N = 100000 };
    static const struct reply script[] = {{200, "{}", 0, WHOLE}};
    uint64_t *tickets = calloc(N, sizeof *tickets);
    struct wire_stats stats;
    (void)state;
    OPEN(script, .rate_share = 0.5);
    int64_t begin = time_mono_ms();
    for (int i = 0; i < N; i++) {
        char account[16];
        (void)snprintf(account, sizeof account, "%012d", i % 500);
        const struct wire_request request = {.op = i % 2 ? OP_KMS_LIST_GRANTS : OP_KMS_DESCRIBE_KEY,
                                             .who = rig.who, .account = account, .region = "eu-central-1",
                                             .priority = i % 7, .answered = hear};
        tickets[i] = wire_send(rig.wire, &request);
    }
    for (int i = 0; i < 50; i++)
        wire_step(rig.wire, 1);
    wire_stats(rig.wire, &stats);
    assert_true(stats.queued + stats.in_flight > 50000);
    for (int i = 0; i < N; i++)
        wire_reprioritize(rig.wire, tickets[i], (i * 7) % 11);
    for (int i = 0; i < N; i++)
        wire_cancel(rig.wire, tickets[i]);
    while (rig.n_heard < N)
        wire_step(rig.wire, 0);
    print_message("%d calls sent, moved and cancelled in %d ms\n", N, (int)(time_mono_ms() - begin));
    assert_true(time_mono_ms() - begin < 8000);
    assert_int_equal(rig.n_heard, N);
    free(tickets);
    rig_close();
}

/* --- what credentials use --- */

static int n_fired;
static void fired(void *ctx)
{
    (void)ctx;
    n_fired++;
}

static int fetched_status;
static char fetched_body[64];
static void fetched(void *ctx, int status, const char *body, size_t len, const struct err *err)
{
    (void)ctx;
    (void)err;
    fetched_status = status;
    (void)snprintf(fetched_body, sizeof fetched_body, "%.*s", (int)len, body);
    n_fired++;
}

static void ready(void *ctx)
{
    int *fd = ctx;
    char bytes[8];
    if (read(*fd, bytes, sizeof bytes) <= 0)
        aws_unwatch(rig.wire, *fd);
    n_fired++;
}

static void run_until_fired(int n)
{
    int64_t end = time_mono_ms() + 5000;
    while (n_fired < n && time_mono_ms() < end)
        wire_step(rig.wire, 200);
    assert_int_equal(n_fired, n);
}

static void test_side_doors(void **state)
{
    static const struct reply script[] = {{201, "role-name", 0, WHOLE}};
    static const char *const headers[] = {"X-aws-ec2-metadata-token: t", NULL};
    int ends[2];
    (void)state;
    OPEN(script, .no_rate_limit = true);
    n_fired = 0;
    int64_t begin = time_mono_ms();
    aws_timer(rig.wire, 60, fired, NULL);
    run_until_fired(1);
    assert_in_range(time_mono_ms() - begin, 55, 3000);

    char url[96];
    (void)snprintf(url, sizeof url, "%s/latest/api/token", rig.url);
    const struct http_request request = {.method = "PUT", .url = url, .headers = headers, .body = "",
                                         .timeout_ms = 1000, .no_proxy = true, .answered = fetched};
    aws_fetch(rig.wire, &request);
    assert_int_equal(n_fired, 1);
    run_until_fired(2);
    assert_int_equal(fetched_status, 201);
    assert_string_equal(fetched_body, "role-name");
    assert_non_null(strstr(rig.server.seen[0], "PUT /latest/api/token HTTP/1.1\r\n"));
    assert_non_null(strstr(rig.server.seen[0], "\r\nX-aws-ec2-metadata-token: t\r\n"));
    assert_null(strstr(rig.server.seen[0], "Authorization"));

    assert_int_equal(pipe(ends), 0);
    aws_watch(rig.wire, ends[0], ready, &ends[0]);
    assert_int_equal(write(ends[1], "x", 1), 1);
    run_until_fired(3);
    close(ends[1]);
    run_until_fired(4); /* closing is told too */
    begin = time_mono_ms();
    wire_step(rig.wire, 50);
    assert_true(time_mono_ms() - begin >= 45); /* and no longer after it was let go */
    close(ends[0]);
    aws_timer(rig.wire, 100000, fired, NULL);
    aws_fetch(rig.wire, &request);
    rig_close();
    assert_int_equal(n_fired, 6); /* closing lets nobody wait */
}

static void *wake_soon(void *ctx)
{
    usleep(50000);
    wire_wakeup(ctx);
    return NULL;
}

static void test_wakeup(void **state)
{
    pthread_t thread;
    (void)state;
    rig_open(NULL, 0, (struct aws_settings){0});
    int64_t begin = time_mono_ms();
    assert_int_equal(pthread_create(&thread, NULL, wake_soon, rig.wire), 0);
    wire_step(rig.wire, 5000);
    assert_in_range(time_mono_ms() - begin, 40, 4000);
    pthread_join(thread, NULL);
    rig_close();
}

static void test_endpoint_from_the_environment(void **state)
{
    static const struct reply script[] = {{200, "{}", 0, WHOLE}};
    struct server server;
    char url[64];
    (void)state;
    server_start(&server, script, 1);
    (void)snprintf(url, sizeof url, "http://127.0.0.1:%d", server.port);
    setenv("AWS_ENDPOINT_URL_KMS", url, 1);
    (void)snprintf(url, sizeof url, "http://127.0.0.1:%d", dead_port());
    setenv("AWS_ENDPOINT_URL", url, 1);
    rig_open(NULL, 0, (struct aws_settings){0});
    unsetenv("AWS_ENDPOINT_URL");
    unsetenv("AWS_ENDPOINT_URL_KMS");
    ask(OP_KMS_DESCRIBE_KEY, NULL, 0, 0, NULL);
    run_until(1);
    assert_int_equal(rig.heard[0].code, ERR_OK);
    ask(OP_SSM_DESCRIBE_PARAMETERS, NULL, 0, 0, NULL);
    run_until(2);
    assert_int_equal(rig.heard[1].code, ERR_UNREACHABLE);
    rig_close();
    server_stop(&server);
}

/* Keys from a process: each run makes others, after 100 ms. */
static char config_path[64];
static void use_process(void)
{
    (void)snprintf(config_path, sizeof config_path, "/tmp/keyfall_test_aws.%d", (int)getpid());
    FILE *f = fopen(config_path, "w");
    assert_non_null(f);
    fprintf(f, "[profile p]\ncredential_process = sh -c 'sleep 0.1; echo x >> %s.runs; n=$(wc -l < %s.runs); "
               "echo \"{\\\"Version\\\":1,\\\"AccessKeyId\\\":\\\"AKIDRUN$((n))\\\",\\\"SecretAccessKey\\\":"
               "\\\"S\\\"}\"'\n",
            config_path, config_path);
    fclose(f);
    setenv("AWS_CONFIG_FILE", config_path, 1);
}

static void forget_process(void)
{
    char runs[80];
    (void)snprintf(runs, sizeof runs, "%s.runs", config_path);
    unlink(runs);
    unlink(config_path);
    setenv("AWS_CONFIG_FILE", "/dev/null", 1);
}

static void open_process_rig(const struct reply *script, size_t n)
{
    struct err err = {0};
    use_process();
    rig_open(script, n, (struct aws_settings){.no_rate_limit = true, .max_in_flight = 4});
    identity_free(rig.who);
    if (identity_from_profile(rig.wire, "p", &rig.who, &err) != ERR_OK)
        fail_msg("%s", err.text);
}

static void test_calls_wait_for_their_keys(void **state)
{
    static const struct reply script[] = {{200, "{}", 0, WHOLE}};
    (void)state;
    open_process_rig(script, 1);
    for (int i = 0; i < 6; i++)
        ask(OP_KMS_DESCRIBE_KEY, NULL, 0, 0, NULL);
    wire_cancel(rig.wire, ask(OP_KMS_DESCRIBE_KEY, NULL, 0, 0, NULL));
    for (int i = 0; i < 3; i++)
        wire_step(rig.wire, 1);
    assert_int_equal(n_requests(), 0);
    run_until(7);
    for (int i = 1; i < 7; i++)
        assert_int_equal(rig.heard[i].code, ERR_OK);
    assert_non_null(strstr(rig.server.seen[5], "Credential=AKIDRUN1/"));
    rig_close();
    forget_process();
}

/* Four calls are refused with the same old keys: they are renewed once, and all four get through. */
static void test_old_keys_are_renewed_once(void **state)
{
    static const struct reply old = {400, ERROR_BODY("ExpiredTokenException"), 0, WHOLE};
    const struct reply script[] = {{200, "{}", 0, WHOLE}, old, old, old, old, {200, "{}", 0, WHOLE}};
    (void)state;
    open_process_rig(script, 6);
    ask(OP_KMS_DESCRIBE_KEY, NULL, 0, 0, NULL);
    run_until(1);
    for (int i = 0; i < 4; i++)
        ask(OP_KMS_DESCRIBE_KEY, NULL, 0, 0, NULL);
    run_until(5);
    for (int i = 0; i < 5; i++)
        assert_int_equal(rig.heard[i].code, ERR_OK);
    assert_int_equal(n_requests(), 9);
    assert_non_null(strstr(rig.server.seen[1], "Credential=AKIDRUN1/"));
    for (int i = 5; i < 9; i++)
        assert_non_null(strstr(rig.server.seen[i], "Credential=AKIDRUN2/"));
    rig_close();
    forget_process();
}

/* Keys that have just worked are not the reason why a Region refuses them. */
static void test_good_keys_are_not_renewed(void **state)
{
    static const struct reply script[] = {{200, "{}", 0, WHOLE},
                                          {400, ERROR_BODY("UnrecognizedClientException"), 0, WHOLE}};
    (void)state;
    open_process_rig(script, 2);
    ask(OP_KMS_DESCRIBE_KEY, NULL, 0, 0, NULL);
    run_until(1);
    ask(OP_KMS_GET_KEY_POLICY, NULL, 0, 0, NULL);
    run_until(2);
    assert_int_equal(rig.heard[1].code, ERR_CREDENTIALS);
    assert_int_equal(rig.heard[1].attempts, 1);
    rig_close();
    forget_process();
}

static int set_up(void **state)
{
    (void)state;
    static const char *const clear[] = {"AWS_PROFILE",       "AWS_ENDPOINT_URL", "AWS_CA_BUNDLE",
                                        "AWS_DEFAULT_PROFILE", "http_proxy",     "https_proxy",
                                        "HTTPS_PROXY",       "all_proxy",        "ALL_PROXY"};
    for (size_t i = 0; i < sizeof clear / sizeof *clear; i++)
        unsetenv(clear[i]);
    return setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE", 1) | setenv("AWS_SECRET_ACCESS_KEY", "SECRET", 1) |
           setenv("AWS_SESSION_TOKEN", "TOKEN", 1) | setenv("AWS_CONFIG_FILE", "/dev/null", 1) |
           setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null", 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scripts),
        cmocka_unit_test(test_request_on_the_wire),
        cmocka_unit_test(test_rest_request),
        cmocka_unit_test(test_closed_keep_alive),
        cmocka_unit_test(test_silence_ends),
        cmocka_unit_test(test_nobody_listens),
        cmocka_unit_test(test_unknown_host),
        cmocka_unit_test(test_tls_failures),
        cmocka_unit_test(test_viewer),
        cmocka_unit_test(test_writes_are_not_repeated),
        cmocka_unit_test(test_clock_is_corrected),
        cmocka_unit_test(test_cancel),
        cmocka_unit_test(test_cancel_between_pages),
        cmocka_unit_test(test_free_answers),
        cmocka_unit_test(test_priority),
        cmocka_unit_test(test_a_slow_class_is_in_nobodys_way),
        cmocka_unit_test(test_throttle_slows_down),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_bad_requests),
        cmocka_unit_test(test_many_queued),
        cmocka_unit_test(test_side_doors),
        cmocka_unit_test(test_wakeup),
        cmocka_unit_test(test_endpoint_from_the_environment),
        cmocka_unit_test(test_calls_wait_for_their_keys),
        cmocka_unit_test(test_old_keys_are_renewed_once),
        cmocka_unit_test(test_good_keys_are_not_renewed),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
