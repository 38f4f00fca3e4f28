/* aws_flight: what is on its way: an easy handle and its buffers, for a call or a plain fetch; and
 * what else the wire waits for. Private to aws*.c; one thread but for aws_loop_wake. */
#ifndef KEYFALL_AWS_AWS_FLIGHT_H
#define KEYFALL_AWS_AWS_FLIGHT_H

#include "backend/aws/answer.h"
#include "backend/aws/build.h"
#include "backend/aws/endpoint.h"
#include "backend/aws/heap.h"
#include "backend/base/mem.h"

#include <curl/curl.h>

#include <poll.h>

#define FLIGHT_MAX_LINES 16

struct aws;
struct call;
struct credentials;

struct fetch {
    struct fetch *next; /* among those not begun */
    struct curl_slist *headers;
    char *method, *url, *body;
    int timeout_ms;
    bool no_proxy;
    void (*answered)(void *ctx, int status, const char *body, size_t len, const struct err *err);
    void *ctx;
};

struct flight {
    struct aws *aws;
    CURL *easy;
    struct call *call; /* one of these two */
    struct fetch *fetch;
    const char *ca_bundle;
    size_t at; /* place in aws->flying */
    struct built built;
    struct buf url, lines, body;
    char host[ENDPOINT_URL_SIZE + 64]; /* as it is signed */
    char hash[65];                     /* x-amz-content-sha256, where that is sent */
    size_t path_at;                    /* in url */
    size_t line_at[FLIGHT_MAX_LINES];
    struct curl_slist line[FLIGHT_MAX_LINES];
    size_t n_lines;
    char why[CURL_ERROR_SIZE];
    /* the answer's head */
    char request_id[64], error_type[128], query_error[128], bucket_region[ANSWER_REGION_SIZE];
    int64_t date_utc, date_seen_utc, hint_ms;
    bool has_age;
    bool is_connected, is_stalled, is_too_large;
    /* the attempt */
    int64_t sent_ms, sent_utc, byte_ms, offset_s;
    uint64_t key_hash;
};

struct timer {
    struct heap_node node; /* key: when; first */
    void (*fired)(void *ctx);
    void *ctx;
};

struct watch {
    int fd;
    void (*ready)(void *ctx);
    void *ctx;
};

struct loop {
    VEC(struct pollfd) fds;
    VEC(struct pollfd) moved; /* of fds, in the last wait */
    size_t n_moved_sockets;   /* the first of moved; watched descriptors come after them */
    int wake[2];
    int64_t due_ms; /* when libcurl wants to be called without any socket */
};

void aws_flight_begin(struct aws *aws, struct call *call, const struct credentials *keys);
void aws_flight_fetch(struct aws *aws, struct fetch *fetch);
void aws_flight_abort(struct aws *aws, struct flight *flight);
void aws_flight_release(struct aws *aws,
                        struct flight *flight); /* out of the multi, ready for another */
void aws_flight_free_all(struct aws *aws);

/* aws_transfer.c: what went wrong below HTTP, in words */
void aws_transfer_explain(const struct flight *flight, CURLcode result, enum err_code code,
                          struct err *err);

/* aws_side.c: fetches, timers, watches */
void aws_side_begin(struct aws *aws);
void aws_side_fetched(struct aws *aws, struct flight *flight, CURLcode result);
void aws_side_fire(struct aws *aws);
bool aws_side_cancel(struct aws *aws); /* everything, while closing; true if there was anything */
void aws_side_free(struct aws *aws);

/* aws_loop.c: waiting */
NODISCARD enum err_code aws_loop_open(struct aws *aws, struct err *err);
void aws_loop_turn(struct aws *aws, int timeout_ms); /* waits, moves bytes, calls watchers */
void aws_loop_wake(struct aws *aws);                 /* any thread */
void aws_loop_free(struct aws *aws);

#endif
