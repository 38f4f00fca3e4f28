/* wire: how calls are sent and answered, whoever answers: AWS over HTTPS (aws.c) or a built-in book
 * of answers (the demo). One thread owns a wire and calls everything here but wire_wakeup.
 *
 * A call is queued by wire_send and answered through its callback from inside wire_step, never from
 * inside wire_send. A paged operation is answered page by page; if its token goes stale the list
 * starts again at page 0, once, so a consumer that sees page 0 forgets what it gathered. Exactly one
 * answer has last = true (also errors and cancellations), after which the call is gone. */
#ifndef KEYFALL_AWS_WIRE_H
#define KEYFALL_AWS_WIRE_H

#include "backend/aws/op.h"
#include "backend/base/err.h"

#include <cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct identity; /* credentials.h: who signs */
struct wire_answer;

enum param_type { PARAM_TEXT, PARAM_INT, PARAM_BOOL, PARAM_JSON, PARAM_HEADER };
/* Members by wire name. Query lists are spelled out by the caller ("Owner.1"). PARAM_JSON: the value
 * is JSON text that is put in as it is (json and rest-json bodies only). PARAM_HEADER: the name is that of
 * a header, which is not signed (rows of credentials*.c only). */
struct param {
    const char *name, *value;
    enum param_type type;
};

struct wire_request {
    enum op_id op;
    struct identity *who;  /* not owned; must outlive the call */
    const char *account;   /* 12 digits, or "" while unknown: rates and statistics go by it */
    const char *region;
    const struct param *params; /* copied */
    size_t n_params;
    int priority;          /* lower goes first; 0 is what the user looks at */
    void (*answered)(void *ctx, const struct wire_answer *answer);
    void *ctx;
};

struct wire_answer {
    uint64_t ticket;
    enum op_id op;
    struct err err;      /* err.code == ERR_OK: tree is the answer */
    const cJSON *tree;   /* JSON as it came; XML as objects: an element with children is an object whose
                            members may repeat, one without is a string. The result wrapper of the query
                            protocol is taken off. Valid during the callback only. */
    int page;            /* from 0 */
    bool last;
    int64_t server_utc;  /* when the answer came, by AWS's clock */
    int attempts;
};

/* What was taken of one service. Counters only grow. */
struct wire_use {
    uint64_t requests, pages, throttles, retries;
    int64_t nanousd;          /* what AWS asks for the requests, at most (cost.h) */
    int64_t held_ms;          /* the longest that an operation in one place has waited for its rate */
};

/* Totals. Counters only grow. */
struct wire_stats {
    struct wire_use by_service[SERVICE_COUNT];
    uint64_t budget_requests; /* taken of the budget so far */
    int64_t budget_nanousd;
    int64_t budget_renews_ms; /* monotonic; calls are refused until then. 0: it is not used up */
    uint64_t calls, attempts, answers, errors, throttles, retries, bytes_in, bytes_out;
    unsigned queued, in_flight, peak_in_flight, connections;
    double slowest_rate;      /* the lowest rate a throttled class is held at now; 0: none is */
    int64_t clock_offset_s;   /* AWS's clock minus ours, as last measured */
    char waits_for[128];      /* "https://host" that has been asked longest, or was last; "": nobody was */
};

struct wire;
struct wire_ops {
    uint64_t (*send)(struct wire *w, const struct wire_request *request);
    void (*cancel)(struct wire *w, uint64_t ticket);   /* answered with ERR_CANCELLED at the next step */
    void (*reprioritize)(struct wire *w, uint64_t ticket, int priority);
    void (*step)(struct wire *w, int timeout_ms);      /* waits, moves bytes, runs callbacks */
    void (*wakeup)(struct wire *w);                    /* any thread: ends a step's wait */
    void (*stats)(struct wire *w, struct wire_stats *out);
    void (*free)(struct wire *w);
};
struct wire {
    const struct wire_ops *ops;
};

static inline uint64_t wire_send(struct wire *w, const struct wire_request *request)
{
    return w->ops->send(w, request);
}
static inline void wire_cancel(struct wire *w, uint64_t ticket)
{
    w->ops->cancel(w, ticket);
}
static inline void wire_reprioritize(struct wire *w, uint64_t ticket, int priority)
{
    w->ops->reprioritize(w, ticket, priority);
}
static inline void wire_step(struct wire *w, int timeout_ms)
{
    w->ops->step(w, timeout_ms);
}
static inline void wire_wakeup(struct wire *w)
{
    w->ops->wakeup(w);
}
static inline void wire_stats(struct wire *w, struct wire_stats *out)
{
    w->ops->stats(w, out);
}
static inline void wire_free(struct wire *w)
{
    if (w)
        w->ops->free(w);
}

#endif
