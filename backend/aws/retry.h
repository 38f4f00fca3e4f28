/* retry: what a failure means and whether to try again, as the AWS SDKs' standard mode has it
 * (https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html). What must be
 * sent once is tried again only when AWS throttled it or when nothing was sent. Pure, any thread. */
#ifndef KEYFALL_AWS_RETRY_H
#define KEYFALL_AWS_RETRY_H

#include "backend/base/err.h"

#include <stdbool.h>
#include <stdint.h>

enum retry { RETRY_NEVER, RETRY_TRANSIENT, RETRY_THROTTLED };

struct failure {
    enum err_code err;
    enum retry retry;
    bool is_clock;       /* may come from a wrong clock: sign again if the clock is off */
    bool is_credentials; /* may come from old credentials: renew them and sign again, once */
    bool is_token;       /* the page token is no longer valid: start the list again, once */
};

struct failure_context {
    bool is_write;
    bool has_token; /* the request carried a page token */
    bool is_once;   /* must not be sent again if it may have been served: not op_may_repeat */
};

/* An answer of AWS with a status that is not 2xx. code "" if the body told none: the status
 * decides. */
struct failure retry_classify(const char *code, int status, struct failure_context context);

/* A transfer that ended with a CURLcode. nothing_sent: it failed before the request went out. */
struct failure retry_classify_transfer(int curl_code, bool nothing_sent, bool is_once);

#define RETRY_CLOCK_LIMIT_S 240 /* a clock this wrong explains a refused signature */
#define RETRY_HINT_NONE (-1)

/* Milliseconds before the next attempt. failed: attempts so far. random: in [0, 1). hint_ms: what
 * x-amz-retry-after says, RETRY_HINT_NONE if nothing usable. */
int64_t retry_delay_ms(enum retry why, int failed, double random, int64_t hint_ms);
int retry_cost(enum retry why);

#endif
