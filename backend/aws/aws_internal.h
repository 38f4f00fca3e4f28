/* aws_internal: the insides of the wire, shared by aws*.c alone. One thread. */
#ifndef KEYFALL_AWS_AWS_INTERNAL_H
#define KEYFALL_AWS_AWS_INTERNAL_H

#include "backend/aws/aws.h"
#include "backend/aws/aws_call.h"
#include "backend/aws/aws_flight.h"
#include "backend/aws/aws_queue.h"
#include "backend/aws/credentials.h"
#include "backend/aws/map.h"
#include "backend/aws/retry.h"
#include "backend/aws/sign.h"
#include "backend/base/strtab.h"
#include "backend/base/version.h"

#define MAX_PAGES 100000
#define RANDOM_POOL_BYTES 4096

/* What is known about the keys of one identity, by a hash of the access key. */
struct holder {
    const struct identity *who;
    uint64_t current, good, refused;
};

struct aws {
    struct wire wire;             /* first */
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
    const char *last_origin; /* of the last call that flew; NULL: none did */
    int64_t next_stall_check_ms;
    VEC(struct watch) watches;

    unsigned char random[RANDOM_POOL_BYTES];
    size_t random_at;
    unsigned connections;
    struct wire_stats stats;
    int64_t budget_began_ms; /* with the first request; 0: none yet */
};

int64_t aws_utc(const struct aws *aws);

/* aws_settle.c: a transfer ended */
void aws_settle(struct aws *aws, struct flight *flight, CURLcode result);
struct holder *aws_settle_holder(struct aws *aws, const struct identity *who);
uint64_t aws_settle_key_hash(const struct aws *aws, const struct credentials *keys);

/* aws_budget.c */
void aws_budget_count(struct aws *aws, const struct op *row); /* a request goes */
bool aws_budget_is_spent(const struct aws *aws);
/* Whether a request may still go. One that costs more than is left uses the budget up: it never overruns. */
bool aws_budget_allows(struct aws *aws, const struct op *row);
void aws_budget_step(struct aws *aws); /* refuses what waits, or begins anew */

/* aws_random.c */
void aws_random_bytes(struct aws *aws, void *out, size_t n);
double aws_random_fraction(struct aws *aws);

#endif
