/* aws: the wire to AWS (or to an endpoint that stands in for it): builds, signs, paces, sends,
 * retries and reads calls with libcurl's multi interface. One thread owns it.
 *
 * WRITE operations are refused before signing unless settings.allow_write, and always in viewer mode.
 * Retries follow the AWS SDKs' standard mode of 2026
 * (https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html). */
#ifndef KEYFALL_AWS_AWS_H
#define KEYFALL_AWS_AWS_H

#include "backend/aws/cost.h"
#include "backend/aws/endpoint.h"
#include "backend/aws/wire.h"

/* Of AWS's published rates, in percent, if nothing else is said; the second for those that all of an account
 * share (EC2, RDS). */
#define RATE_SHARE 50
#define RATE_SHARE_CAUTIOUS 25

struct aws_settings {
    bool viewer;                /* refuse WRITE before signing */
    const struct credentials_ahead *ahead; /* what a viewer's programs printed (credentials.h); NULL: nothing. Outlives
                                              the wire */
    bool allow_write;           /* set only while a confirmed plan runs */
    int max_in_flight;          /* 0: 512; at most half of the descriptors the process may open */
    int max_per_host;           /* connections to one host. 0: half of max_in_flight, all of it for a custom
                                   endpoint; in either case it begins with 16 and gets more as long as
                                   its answers do not slow down */
    int connect_timeout_ms;     /* 0: 5000 */
    int total_timeout_ms;       /* of one attempt; 0: 30000 */
    int stall_timeout_ms;       /* no byte for so long ends an attempt; 0: 10000 */
    int max_attempts;           /* 0: 3 */
    size_t max_answer_bytes;    /* 0: 32 MiB */
    double rate_share;          /* of AWS's published rates; 0: RATE_SHARE percent */
    double rate_share_cautious; /* of those that all of an account share; 0: RATE_SHARE_CAUTIOUS percent */
    const char *endpoint_url;   /* --endpoint-url: all services; NULL: AWS_ENDPOINT_URL[_X], profile, AWS */
    const char *ca_bundle;      /* NULL: AWS_CA_BUNDLE, profile, curl's own */
    struct budget budget;       /* of requests, credentials' own included; when it is used up what has not been
                                   sent is answered with ERR_BUDGET. Zeroes: none */
    int64_t budget_every_ms;    /* when there is a new one; 0: never */
    bool no_rate_limit;         /* benchmarks against a local server only */
    int64_t fixed_now;          /* tests; 0: the clock */
};

/* Settings are copied. *out is the caller's (wire_free): freeing answers what is left with
 * ERR_CANCELLED, so the callbacks' contexts must outlive it. Free the identities first. */
NODISCARD enum err_code aws_new(const struct aws_settings *settings, struct wire **out, struct err *err);

/* For credentials.c: one plain request outside the tables, unsigned, no proxy for link-local and
 * loopback hosts, answered from inside wire_step with the status (0: no answer) and body. */
struct http_request {
    const char *method, *url;
    const char *const *headers; /* "Name: value", NULL-ended; copied */
    const char *body;
    int timeout_ms;
    bool no_proxy;
    void (*answered)(void *ctx, int status, const char *body, size_t len, const struct err *err);
    void *ctx;
};
void aws_fetch(struct wire *aws, const struct http_request *request);

/* For credentials.c: sends an operation that is not in the table (STS AssumeRole); otherwise as
 * wire_send. The row must stay alive; its effect must be READ. */
uint64_t aws_send_row(struct wire *aws, const struct op *row, const struct wire_request *request);

/* For credentials*.c: as they were given, with defaults filled in. */
const struct aws_settings *aws_settings(const struct wire *aws);

/* For credentials.c: where such a call goes, "https://host" and the path of a custom endpoint. */
NODISCARD enum err_code aws_where(struct wire *aws, const struct op *row,
                                  const struct wire_request *request, char out[ENDPOINT_URL_SIZE],
                                  struct err *err);

/* For credentials.c: an identity became ready or failed; parked calls look again. */
void aws_identity_changed(struct wire *aws);

/* For credentials.c: watch a pipe in the step's wait; called when it is readable or closed.
 * aws_unwatch must come before the fd is closed. */
void aws_watch(struct wire *aws, int fd, void (*ready)(void *ctx), void *ctx);
void aws_unwatch(struct wire *aws, int fd);

/* A one-time callback from inside wire_step once delay_ms have passed. */
void aws_timer(struct wire *aws, int delay_ms, void (*fired)(void *ctx), void *ctx);

#endif
