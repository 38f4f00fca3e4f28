/* rate: how fast keyfall lets itself call. A bucket of tokens whose refill rate falls when AWS
 * throttles and climbs back slowly; and the retry quota of the AWS SDKs' standard mode. Times are
 * monotonic milliseconds that the caller passes in; rates are calls per second. Pure, no clock,
 * nothing owned. */
#ifndef KEYFALL_AWS_RATE_H
#define KEYFALL_AWS_RATE_H

#include <stdbool.h>
#include <stdint.h>

#define RATE_FLOOR 0.5            /* never slower than one call in two seconds */
#define RATE_UNKNOWN_START 5.0    /* where AWS publishes no rate */
#define RATE_UNKNOWN_CEILING 50.0 /* how far such a rate may climb */
#define RATE_CUT 0.7              /* what a throttle leaves of the rate */

struct rate_bucket {
    double rate;    /* refill now */
    double ceiling; /* refill when nothing is held back */
    double burst;   /* tokens it can hold */
    double tokens;
    int64_t at_ms;  /* when tokens was true */
    int64_t cut_ms; /* last cut; calls sent before it do not cut again */
    bool is_held;   /* a throttle holds it below its ceiling */
    bool is_short;  /* someone waited since the last raise */
};

/* published 0: unknown. published_burst 0: a tenth of a second's worth. */
void rate_init(struct rate_bucket *b, double published, double published_burst, double share,
               int64_t now_ms);
/* 0: a token is there; else how long until one is. */
int64_t rate_wait_ms(struct rate_bucket *b, int64_t now_ms);
void rate_take(struct rate_bucket *b);
/* The call that was sent at sent_ms was throttled, or answered. */
void rate_throttled(struct rate_bucket *b, int64_t sent_ms, int64_t now_ms);
void rate_answered(struct rate_bucket *b);
/* Full and not held back: forgetting it costs at most what it learned of an unknown rate. */
bool rate_is_fresh(struct rate_bucket *b, int64_t now_ms);

/* How many calls a host gets at once: more as long as its answers do not slow down. AWS's hosts
 * take as many as the rates allow; a small stand-in on one core is left at the start. */
#define WINDOW_START 16
struct window {
    double base_ms; /* what an answer takes when nobody queues; 0: not known yet */
    int size;
};
void window_answered(struct window *w, int64_t took_ms, int largest);
void window_failed(struct window *w); /* no answer, or the host said that it cannot cope */

/* https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html */
#define RETRY_QUOTA_FULL 500
struct retry_quota {
    int tokens;
};
bool retry_quota_take(struct retry_quota *q, int cost);
/* A call succeeded; cost is that of its last retry, 0 if it had none. */
void retry_quota_refund(struct retry_quota *q, int cost);

#endif
