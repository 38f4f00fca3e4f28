/* A wire that sends nothing: the test answers what was asked, and files and environment of its own.
 * For one program each: everything is static. */
#ifndef KEYFALL_TESTS_CREDENTIALS_FAKE_H
#define KEYFALL_TESTS_CREDENTIALS_FAKE_H

#include "backend/aws/aws.h"
#include "backend/aws/credentials.h"
#include "backend/base/mem.h"
#include "backend/base/timefmt.h"

#include <ftw.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NOW 1800000000

struct fetch {
    char method[8], url[256], header[512]; /* the first header */
    int timeout_ms;
    bool no_proxy;
    void (*answered)(void *ctx, int status, const char *body, size_t len, const struct err *err);
    void *ctx;
};
struct sent {
    uint64_t ticket;
    char text[2048]; /* "sts:AssumeRole eu-west-1 RoleArn=... RoleSessionName=..." */
    struct identity *who;
    void (*answered)(void *ctx, const struct wire_answer *answer);
    void *ctx;
    bool is_cancelled;
};
struct timer {
    int delay_ms;
    void (*fired)(void *ctx);
    void *ctx;
};
struct watch {
    int fd;
    void (*ready)(void *ctx);
    void *ctx;
};
static struct fake {
    struct wire wire;
    struct aws_settings settings;
    struct fetch fetches[8];
    struct sent sent[8];
    struct timer timers[64];
    struct watch watches[8];
    int n_fetches, n_sent, n_timers, n_watches, n_changed;
    uint64_t last_ticket;
    char home[64];
} fake;

void aws_fetch(struct wire *aws, const struct http_request *r)
{
    (void)aws;
    assert_true(fake.n_fetches < 8);
    struct fetch *f = &fake.fetches[fake.n_fetches++];
    *f = (struct fetch){.timeout_ms = r->timeout_ms, .no_proxy = r->no_proxy,
                        .answered = r->answered, .ctx = r->ctx};
    (void)snprintf(f->method, sizeof f->method, "%s", r->method);
    (void)snprintf(f->url, sizeof f->url, "%s", r->url);
    for (int i = 0; r->headers && r->headers[i]; i++)
        (void)snprintf(f->header + strlen(f->header), sizeof f->header - strlen(f->header), "%s\n",
                       r->headers[i]);
}

uint64_t aws_send_row(struct wire *aws, const struct op *row, const struct wire_request *r)
{
    (void)aws;
    assert_true(fake.n_sent < 8);
    assert_int_equal(row->effect, EFFECT_READ);
    struct sent *s = &fake.sent[fake.n_sent++];
    *s = (struct sent){.ticket = ++fake.last_ticket, .who = r->who, .answered = r->answered, .ctx = r->ctx};
    int n = snprintf(s->text, sizeof s->text, "%s %s", row->id, r->region);
    for (size_t i = 0; i < r->n_params; i++)
        n += snprintf(s->text + n, sizeof s->text - (size_t)n, " %s=%s", r->params[i].name,
                      r->params[i].value);
    return s->ticket;
}

enum err_code aws_where(struct wire *aws, const struct op *row, const struct wire_request *r,
                        char out[ENDPOINT_URL_SIZE], struct err *err)
{
    (void)aws;
    (void)err;
    (void)snprintf(out, ENDPOINT_URL_SIZE, "https://%s.%s.test", service_get(row->service)->name,
                   r->region);
    return ERR_OK;
}

const struct aws_settings *aws_settings(const struct wire *aws)
{
    (void)aws;
    return &fake.settings;
}

void aws_identity_changed(struct wire *aws)
{
    (void)aws;
    fake.n_changed++;
}

void aws_watch(struct wire *aws, int fd, void (*ready)(void *ctx), void *ctx)
{
    (void)aws;
    fake.watches[fake.n_watches++] = (struct watch){fd, ready, ctx};
}

void aws_unwatch(struct wire *aws, int fd)
{
    (void)aws;
    for (int i = 0; i < fake.n_watches; i++)
        if (fake.watches[i].fd == fd)
            fake.watches[i] = fake.watches[--fake.n_watches];
}

void aws_timer(struct wire *aws, int delay_ms, void (*fired)(void *ctx), void *ctx)
{
    (void)aws;
    assert_true(fake.n_timers < 64);
    fake.timers[fake.n_timers++] = (struct timer){delay_ms, fired, ctx};
}

static void fake_cancel(struct wire *w, uint64_t ticket)
{
    (void)w;
    for (int i = 0; i < fake.n_sent; i++)
        if (fake.sent[i].ticket == ticket)
            fake.sent[i].is_cancelled = true;
}

static const struct wire_ops fake_ops = {.cancel = fake_cancel};

/* Fires the timers of at most max_ms, once each. */
static void fire_timers(int max_ms)
{
    for (int i = 0; i < fake.n_timers;) {
        struct timer timer = fake.timers[i];
        if (timer.delay_ms > max_ms) {
            i++;
            continue;
        }
        fake.timers[i] = fake.timers[--fake.n_timers];
        timer.fired(timer.ctx);
    }
}

/* Answers the oldest request. status 0: err alone. */
static inline void answer_fetch(int status, const char *body, enum err_code code)
{
    assert_true(fake.n_fetches > 0);
    struct fetch f = fake.fetches[0];
    struct err err = {0};
    memmove(fake.fetches, fake.fetches + 1, sizeof *fake.fetches * 7);
    fake.n_fetches--;
    if (code != ERR_OK)
        (void)err_set(&err, code, "could not connect");
    f.answered(f.ctx, status, body, strlen(body), &err);
}

/* Moves bytes until `id` is no longer pending. */
static inline enum identity_state settle(struct identity *id, struct credentials *out, struct err *err)
{
    enum identity_state state = identity_get(id, NOW, out, err);
    for (int round = 0; state == IDENTITY_PENDING && round < 500 && fake.n_watches + fake.n_timers;
         round++) {
        struct pollfd fds[8];
        nfds_t n = (nfds_t)fake.n_watches;
        for (nfds_t i = 0; i < n; i++)
            fds[i] = (struct pollfd){.fd = fake.watches[i].fd, .events = POLLIN};
        if (poll(fds, n, 10) > 0) {
            for (nfds_t i = 0; i < n; i++)
                for (int w = 0; fds[i].revents && w < fake.n_watches; w++)
                    if (fake.watches[w].fd == fds[i].fd) {
                        fake.watches[w].ready(fake.watches[w].ctx);
                        break;
                    }
        }
        fire_timers(1000);
        state = identity_get(id, NOW, out, err);
    }
    return state;
}

static void write_file(const char *name, const char *text)
{
    char path[160];
    (void)snprintf(path, sizeof path, "%s/%s", fake.home, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
    (void)st;
    (void)kind;
    (void)at;
    return remove(path);
}

static void clear_environment(void)
{
    static const char *const names[] = {
        "AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN", "AWS_CREDENTIAL_EXPIRATION", "AWS_REGION",
        "AWS_DEFAULT_REGION", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE",
        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
        "AWS_EC2_METADATA_DISABLED", "AWS_EC2_METADATA_SERVICE_ENDPOINT",
        "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "AWS_EC2_METADATA_V1_DISABLED",
        "AWS_IMDS_USE_IPV6", "AWS_METADATA_SERVICE_TIMEOUT", "AWS_METADATA_SERVICE_NUM_ATTEMPTS",
        "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
        "AWS_USE_FIPS_ENDPOINT", "AWS_USE_DUALSTACK_ENDPOINT", "AWS_STS_REGIONAL_ENDPOINTS",
        "AWS_ROLE_ARN", "AWS_ROLE_SESSION_NAME", "AWS_LOGIN_CACHE_DIRECTORY",
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        assert_int_equal(unsetenv(names[i]), 0);
}

/* Each test: a home of its own, no AWS variable, nothing asked. */
static int set_up(void **state)
{
    (void)state;
    fake = (struct fake){.wire.ops = &fake_ops, .home = "/tmp/keyfall-credentials-XXXXXX"};
    clear_environment();
    if (!mkdtemp(fake.home))
        return -1;
    char aws[96];
    (void)snprintf(aws, sizeof aws, "%s/.aws", fake.home);
    return mkdir(aws, 0700) || setenv("HOME", fake.home, 1) || setenv("USER", "ann", 1);
}

static int tear_down(void **state)
{
    (void)state;
    while (fake.n_timers)
        fire_timers(1 << 30);
    while (fake.n_fetches)
        answer_fetch(0, "", ERR_CANCELLED);
    return nftw(fake.home, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

#endif
