#include "backend/aws/rate.h"

#include <math.h>

static double larger(double a, double b)
{
    return a > b ? a : b;
}

static double smaller(double a, double b)
{
    return a < b ? a : b;
}

void rate_init(struct rate_bucket *b, double published, double published_burst, double share,
               int64_t now_ms)
{
    bool is_known = published > 0;
    double rate = is_known ? larger(published * share, RATE_FLOOR) : RATE_UNKNOWN_START;
    *b = (struct rate_bucket){
        .rate = rate,
        .ceiling = is_known ? rate : RATE_UNKNOWN_CEILING,
        .burst = larger(1, published_burst > 0 ? published_burst * share : rate * 0.1),
        .at_ms = now_ms,
        .cut_ms = now_ms - 1,
    };
    b->tokens = b->burst;
}

static void refill(struct rate_bucket *b, int64_t now_ms)
{
    /* a bucket that is held back must not save up for a burst */
    double room = b->is_held ? larger(1, smaller(b->burst, b->rate * 0.1)) : b->burst;
    if (now_ms > b->at_ms)
        b->tokens += b->rate * (double)(now_ms - b->at_ms) / 1000.0;
    b->tokens = smaller(b->tokens, room);
    b->at_ms = now_ms;
}

int64_t rate_wait_ms(struct rate_bucket *b, int64_t now_ms)
{
    refill(b, now_ms);
    /* sums of fractions of a token fall a hair short of one */
    if (b->tokens >= 1.0 - 1e-9)
        return 0;
    b->is_short = true;
    return (int64_t)larger(1, ceil((1.0 - b->tokens) / b->rate * 1000.0));
}

void rate_take(struct rate_bucket *b)
{
    b->tokens -= 1.0;
}

void rate_throttled(struct rate_bucket *b, int64_t sent_ms, int64_t now_ms)
{
    if (sent_ms < b->cut_ms)
        return;
    refill(b, now_ms);
    b->rate = larger(RATE_FLOOR, b->rate * RATE_CUT);
    b->tokens = smaller(b->tokens, 0);
    b->cut_ms = now_ms;
    b->is_held = b->rate < b->ceiling;
}

void rate_answered(struct rate_bucket *b)
{
    if (b->rate >= b->ceiling || !b->is_short)
        return;
    /* one answer adds its share of a second's raise: 2 % of the ceiling a second, at least 0.2
     * calls/s */
    b->rate = smaller(b->ceiling, b->rate + larger(0.2, b->ceiling * 0.02) / b->rate);
    b->is_held = b->is_held && b->rate < b->ceiling;
    b->is_short = false;
}

bool rate_is_fresh(struct rate_bucket *b, int64_t now_ms)
{
    refill(b, now_ms);
    return !b->is_held && b->tokens >= b->burst;
}

/* Twice the usual time is no crowd yet, four times is; in between the size stays. Operations differ
 * in how long they take, so the usual time creeps up and the size never falls below the start. */
void window_answered(struct window *w, int64_t took_ms, int largest)
{
    double took = larger(1, (double)took_ms);
    w->base_ms = w->base_ms > 0 ? smaller(took, w->base_ms * 1.001) : took;
    if (took <= w->base_ms * 2 + 5 && w->size < largest)
        w->size++;
    else if (took > w->base_ms * 4 + 20 && w->size > WINDOW_START)
        w->size--;
}

void window_failed(struct window *w)
{
    w->size = w->size / 2 > WINDOW_START ? w->size / 2 : WINDOW_START;
}

bool retry_quota_take(struct retry_quota *q, int cost)
{
    if (q->tokens < cost)
        return false;
    q->tokens -= cost;
    return true;
}

void retry_quota_refund(struct retry_quota *q, int cost)
{
    q->tokens += cost > 0 ? cost : 1;
    if (q->tokens > RETRY_QUOTA_FULL)
        q->tokens = RETRY_QUOTA_FULL;
}
