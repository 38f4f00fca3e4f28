/* aws_queue: what calls wait in, and which goes next. Private to aws*.c; one thread.
 *
 * A call waits in the queue of its class, which is one operation of one account in one region. A
 * class that has tokens stands in its lane's heap of ready classes, one without them in the heap of
 * waiting ones. A lane is a host; it stands in the heap of lanes as long as one more connection to
 * it is allowed. So the best call that may go now is found from the top of three heaps, however
 * many are queued, and a class that is throttled or a host that hangs is in nobody's way. */
#ifndef KEYFALL_AWS_AWS_QUEUE_H
#define KEYFALL_AWS_AWS_QUEUE_H

#include "backend/aws/endpoint.h"
#include "backend/aws/heap.h"
#include "backend/aws/rate.h"
#include "backend/aws/wire.h"

struct aws;
struct call;

struct lane {
    struct heap_node node; /* in aws->lanes; first, so that a node is its lane */
    struct heap ready;     /* of classes */
    const char *origin;    /* "https://host[:port]" */
    bool is_custom;
    bool is_warm; /* a connection was made; until then calls go one at a time */
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
struct class
{
    struct heap_node node; /* in lane->ready or aws->classes_waiting; first */
    struct class_key key;
    enum class_place place;
    struct heap queue; /* of calls */
    struct lane *lane;
    struct group *group;
    struct rate_bucket rate;
    int64_t held_ms; /* that it has waited for its rate, in all */
    int n_calls; /* that name it, wherever they are */
};

NODISCARD enum err_code aws_queue_class(struct aws *aws, const struct op *row,
                                        const struct wire_request *request, struct class **out,
                                        struct err *err);
/* The call goes to another Region from now on; it is neither queued nor flying. False: it goes there already. */
bool aws_queue_reroute(struct aws *aws, struct call *call, const char *region);
void aws_queue_add(struct aws *aws, struct call *call);
void aws_queue_delay(struct aws *aws, struct call *call, int64_t delay_ms, bool keeps_place);
void aws_queue_remove(struct aws *aws, struct call *call); /* from either */
void aws_queue_moved(struct aws *aws, struct call *call);  /* its priority changed */
void aws_queue_wake(struct aws *aws);                      /* what has waited long enough */
struct call *aws_queue_next(struct aws *aws); /* NULL: nothing may go now; stays queued */
void aws_queue_took(struct aws *aws, struct call *call); /* it went: tokens and a place are used */
void aws_queue_landed(struct aws *aws, struct lane *lane); /* the place is free again */
void aws_queue_took_ms(struct aws *aws, struct lane *lane,
                       int64_t took_ms); /* an answer; -1: none */
void aws_queue_warm(struct aws *aws, struct lane *lane, bool is_warm);
/* Whether a host of another service was reached for the same Region: names are resolved there, then. */
bool aws_queue_region_is_reached(const struct aws *aws, const struct route *route);
int64_t aws_queue_due_ms(const struct aws *aws); /* when aws_queue_wake has work; INT64_MAX */
void aws_queue_sweep(struct aws *aws);
void aws_queue_throttled(struct aws *aws, struct class *class, int64_t sent_ms);
void aws_queue_answered(struct aws *aws, struct class *class);
double aws_queue_slowest(const struct aws *aws);
void aws_queue_free(struct aws *aws);

#endif
