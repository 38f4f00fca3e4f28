/* aws_internal: the insides of the wire, shared by aws*.c alone.
 *
 * A call waits in the queue of its class, which is one operation of one account in one region. A class
 * that has tokens stands in its lane's heap of ready classes, one without them in the heap of waiting
 * ones. A lane is a host; it stands in the heap of lanes as long as one more connection to it is allowed.
 * So the best call that may go now is found from the top of three heaps, however many are queued, and
 * a class that is throttled or a host that hangs is in nobody's way.
 *
 * A call that goes takes a flight (an easy handle and its buffers) until its answer is read. Nothing
 * here calls back but aws_answer.c, aws_side.c and their kind from inside aws_step. */
#ifndef KEYFALL_AWS_AWS_INTERNAL_H
#define KEYFALL_AWS_AWS_INTERNAL_H

#include "backend/aws/aws.h"
#include "backend/aws/build.h"
#include "backend/aws/credentials.h"
#include "backend/aws/endpoint.h"
#include "backend/aws/heap.h"
#include "backend/aws/map.h"
#include "backend/aws/rate.h"
#include "backend/aws/retry.h"
#include "backend/aws/sign.h"
#include "backend/base/mem.h"
#include "backend/base/strtab.h"

#include <curl/curl.h>

#include <poll.h>

#ifndef KEYFALL_VERSION
#define KEYFALL_VERSION "0.1.0"
#endif

#define MAX_PAGES 100000
#define FLIGHT_MAX_LINES 16
#define RANDOM_POOL_BYTES 4096

/* --- what calls wait in --- */

struct lane {
    struct heap_node node; /* in aws->lanes; first, so that a node is its lane */
    struct heap ready;     /* of classes */
    const char *origin;    /* "https://host[:port]" */
    bool is_custom;
    bool is_warm;          /* a connection was made; until then calls go one at a time */
    struct window window;
    int in_flight;
    int n_kept;            /* places kept for calls that could not reach it and try again soon */
    int64_t down_until_ms; /* calls are refused with `down` until then */
    struct err down;
    int64_t clock_offset_s; /* its clock minus ours */
};

/* Where the calls of one service in one region go, as one profile has it. */
struct route_key {
    uint32_t service, region, url, ca_bundle, flags;
};
struct route {
    struct route_key key;
    struct lane *lane;
    struct endpoint endpoint;
    const char *region, *ca_bundle; /* interned; ca_bundle NULL: curl's own */
};

/* What all operations of one service share for one account. */
struct group_key {
    const struct route *route;
    uint32_t account, zero;
};
struct group {
    struct group_key key;
    struct rate_bucket total;
    bool has_total;
    struct retry_quota quota;
    int n_classes;
};

enum class_place { CLASS_IDLE, CLASS_READY, CLASS_WAITING };

struct class_key {
    const struct route *route;
    const struct op *row;
    uint32_t account, zero;
};
struct class {
    struct heap_node node; /* in lane->ready or aws->classes_waiting; first */
    struct class_key key;
    enum class_place place;
    struct heap queue; /* of calls */
    struct lane *lane;
    struct group *group;
    struct rate_bucket rate;
    int n_calls; /* that name it, wherever they are */
};

/* --- calls --- */

enum call_state { CALL_QUEUED, CALL_DELAYED, CALL_PARKED, CALL_FLYING, CALL_ANSWERING, CALL_FINISHED };

struct call {
    struct heap_node node; /* in its class's queue or in aws->calls_delayed; first */
    struct call *prev, *next; /* among the parked or the finished */
    enum call_state state;
    uint64_t ticket, order;
    int priority;
    enum op_id op;
    const struct op *row;
    struct identity *who;
    struct class *class; /* NULL: it could not be routed */
    struct flight *flight;
    void (*answered)(void *ctx, const struct wire_answer *answer);
    void *ctx;
    struct param *params; /* one block with its strings */
    size_t n_params;
    char *token; /* of the page wanted; NULL: the first */
    int page, attempts, last_cost;
    bool is_restarted, is_resigned, is_renewed, is_reread; /* what is done at most once */
    bool is_cancelled; /* while its callback runs */
    bool keeps_place;  /* in its lane, while it is delayed */
    struct err *final; /* why it is finished */
    unsigned char id[16]; /* of the invocation */
};

struct call_list {
    struct call *first, *last;
};

struct call_slot {
    struct call *call; /* NULL: free */
    uint32_t generation;
};

/* What is known about the keys of one identity, by a hash of the access key. */
struct holder {
    const struct identity *who;
    uint64_t current, good, refused;
};

/* --- transfers --- */

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
    struct call *call;   /* one of these two */
    struct fetch *fetch;
    const char *ca_bundle;
    size_t at; /* place in aws->flying */
    struct built built;
    struct buf url, lines, body;
    size_t line_at[FLIGHT_MAX_LINES];
    struct curl_slist line[FLIGHT_MAX_LINES];
    size_t n_lines;
    char why[CURL_ERROR_SIZE];
    /* the answer's head */
    char request_id[64], error_type[128], query_error[128];
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

/* --- the wire --- */

struct loop {
    VEC(struct pollfd) fds;
    VEC(struct pollfd) moved; /* of fds, in the last wait */
    size_t n_moved_sockets;   /* the first of moved; watched descriptors come after them */
    int wake[2];
    int64_t due_ms; /* when libcurl wants to be called without any socket */
};

struct aws {
    struct wire wire; /* first */
    struct aws_settings settings; /* defaults filled in; strings interned */
    struct endpoint_env env;
    const char *ca_bundle; /* the settings' or the environment's, else NULL */
    struct strtab *names;
    struct signer *signer;
    CURLM *multi;
    CURLSH *share;
    struct loop loop;
    uint64_t seed;
    int64_t now_ms; /* of this step */
    bool is_closing, wake_parked;

    struct map lanes_by_origin, routes, groups, classes, holders;
    size_t sweep_at; /* number of classes that calls for forgetting idle ones */
    struct heap lanes, classes_waiting, calls_delayed, timers;
    int n_held; /* classes whose rate a throttle holds back */

    VEC(struct call_slot) slots;
    VEC(uint32_t) free_slots;
    uint64_t next_order;
    struct call_list parked, finished;

    VEC(struct flight *) flying;
    VEC(struct flight *) idle;
    struct fetch *fetches, **fetches_end;
    int64_t next_stall_check_ms;
    VEC(struct watch) watches;

    unsigned char random[RANDOM_POOL_BYTES];
    size_t random_at;
    unsigned connections;
    struct wire_stats stats;
};

int64_t aws_utc(const struct aws *aws);

/* aws_queue.c: routes, classes, and who goes next */
NODISCARD enum err_code aws_queue_class(struct aws *aws, const struct op *row,
                                        const struct wire_request *request, struct class **out,
                                        struct err *err);
void aws_queue_add(struct aws *aws, struct call *call);
void aws_queue_delay(struct aws *aws, struct call *call, int64_t delay_ms, bool keeps_place);
void aws_queue_remove(struct aws *aws, struct call *call); /* from either */
void aws_queue_moved(struct aws *aws, struct call *call);  /* its priority changed */
void aws_queue_wake(struct aws *aws);                      /* what has waited long enough */
struct call *aws_queue_next(struct aws *aws);              /* NULL: nothing may go now; stays queued */
void aws_queue_took(struct aws *aws, struct call *call);   /* it went: tokens and a place are used */
void aws_queue_landed(struct aws *aws, struct lane *lane); /* the place is free again */
void aws_queue_took_ms(struct aws *aws, struct lane *lane, int64_t took_ms); /* an answer; -1: none */
void aws_queue_warm(struct aws *aws, struct lane *lane, bool is_warm);
int64_t aws_queue_due_ms(const struct aws *aws);           /* when aws_queue_wake has work; INT64_MAX */
void aws_queue_sweep(struct aws *aws);
void aws_queue_throttled(struct aws *aws, struct class *class, int64_t sent_ms);
void aws_queue_answered(struct aws *aws, struct class *class);
double aws_queue_slowest(const struct aws *aws);
void aws_queue_free(struct aws *aws);

/* aws_call.c: calls from send to answer */
uint64_t aws_call_send(struct aws *aws, const struct op *row, const struct wire_request *request);
struct call *aws_call_find(const struct aws *aws, uint64_t ticket);
void aws_call_cancel(struct aws *aws, struct call *call);
void aws_call_park(struct aws *aws, struct call *call);
void aws_call_unpark_all(struct aws *aws);
/* Answered with err at the next delivery. */
void aws_call_finish(struct aws *aws, struct call *call, const struct err *err);
/* Runs the callback; the call is gone if last. */
void aws_call_answer(struct aws *aws, struct call *call, const struct err *err, const cJSON *tree,
                     int64_t server_utc, bool last);
int aws_call_deliver(struct aws *aws); /* how many finished calls were answered */
void aws_call_free_all(struct aws *aws);

/* aws_flight.c: easy handles */
void aws_flight_begin(struct aws *aws, struct call *call, const struct credentials *keys);
void aws_flight_fetch(struct aws *aws, struct fetch *fetch);
void aws_flight_abort(struct aws *aws, struct flight *flight);
void aws_flight_release(struct aws *aws, struct flight *flight); /* out of the multi, ready for another */
void aws_flight_free_all(struct aws *aws);

/* aws_settle.c: a transfer ended */
void aws_settle(struct aws *aws, struct flight *flight, CURLcode result);
struct holder *aws_settle_holder(struct aws *aws, const struct identity *who);
uint64_t aws_settle_key_hash(const struct aws *aws, const struct credentials *keys);

/* aws_transfer.c: what went wrong below HTTP, in words */
void aws_transfer_explain(const struct flight *flight, CURLcode result, enum err_code code, struct err *err);

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

/* aws_random.c */
void aws_random_bytes(struct aws *aws, void *out, size_t n);
double aws_random_fraction(struct aws *aws);

#endif
