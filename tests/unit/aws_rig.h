/* The wire, a scripted server that it talks to, and what was answered. One rig at a time. Include
 * cmocka first. */
#ifndef KEYFALL_TESTS_AWS_RIG_H
#define KEYFALL_TESTS_AWS_RIG_H

#include "backend/aws/aws.h"
#include "backend/aws/credentials.h"
#include "backend/base/timefmt.h"
#include "tests/unit/loopback.h"

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

__attribute__((unused)) static void hear(void *ctx, const struct wire_answer *answer)
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

__attribute__((unused)) static void rig_open(const struct reply *script, size_t n,
                                             struct aws_settings settings)
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

__attribute__((unused)) static void rig_close(void)
{
    identity_free(rig.who);
    wire_free(rig.wire);
    if (rig.server.script)
        server_stop(&rig.server);
}

__attribute__((unused)) static uint64_t ask(enum op_id op, const struct param *params, size_t n,
                                            int priority, struct listener *listener)
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
__attribute__((unused)) static void run_until(size_t n)
{
    int64_t end = time_mono_ms() + 10000;
    while (rig.n_heard < n && time_mono_ms() < end)
        wire_step(rig.wire, 100);
    assert_int_equal(rig.n_heard, n);
}

__attribute__((unused)) static size_t n_requests(void)
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

__attribute__((unused)) static int rig_set_up(void **state)
{
    (void)state;
    static const char *const clear[] = {"AWS_PROFILE",         "AWS_ENDPOINT_URL", "AWS_CA_BUNDLE",
                                        "AWS_DEFAULT_PROFILE", "http_proxy",       "https_proxy",
                                        "HTTPS_PROXY",         "all_proxy",        "ALL_PROXY"};
    for (size_t i = 0; i < sizeof clear / sizeof *clear; i++)
        unsetenv(clear[i]);
    return setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE", 1) |
           setenv("AWS_SECRET_ACCESS_KEY", "SECRET", 1) | setenv("AWS_SESSION_TOKEN", "TOKEN", 1) |
           setenv("AWS_CONFIG_FILE", "/dev/null", 1) |
           setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null", 1);
}

/* A port that nobody listens on. */
__attribute__((unused)) static int dead_port(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t len = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
    close(fd);
    return ntohs(address.sin_port);
}

#endif
