/* aws_call: a call from its sending to its last answer. Private to aws*.c; one thread. Callbacks
 * run from aws_call_answer and aws_call_deliver alone, inside the wire's step. */
#ifndef KEYFALL_AWS_AWS_CALL_H
#define KEYFALL_AWS_AWS_CALL_H

#include "backend/aws/heap.h"
#include "backend/aws/wire.h"

struct aws;
struct class;
struct flight;

enum call_state {
    CALL_QUEUED,
    CALL_DELAYED,
    CALL_PARKED,
    CALL_FLYING,
    CALL_ANSWERING,
    CALL_FINISHED
};

struct call {
    struct heap_node node;    /* in its class's queue or in aws->calls_delayed; first */
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
    bool is_restarted, is_resigned, is_renewed, is_reread, is_redirected; /* what is done at most once */
    bool is_cancelled;                                     /* while its callback runs */
    bool keeps_place;                                      /* in its lane, while it is delayed */
    struct err *final;                                     /* why it is finished */
    unsigned char id[16];                                  /* of the invocation */
};

struct call_list {
    struct call *first, *last;
};

struct call_slot {
    struct call *call; /* NULL: free */
    uint32_t generation;
};

uint64_t aws_call_send(struct aws *aws, const struct op *row, const struct wire_request *request);
bool aws_call_is_private(const struct call *call); /* a row of credentials*.c */
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

#endif
