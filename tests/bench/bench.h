/* bench: what the benchmarks of the synthetic estate share. One thread. */
#ifndef KEYFALL_TESTS_BENCH_H
#define KEYFALL_TESTS_BENCH_H

#include "backend/demo/synthetic.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static inline double clock_seconds(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static inline double seconds(void)
{
    return clock_seconds(CLOCK_MONOTONIC);
}

/* What others on the machine do not add to, or little: their use of its caches. */
static inline double cpu_seconds(void)
{
    return clock_seconds(CLOCK_PROCESS_CPUTIME_ID);
}

static int bench_is_over;

static inline void figure(const char *what, double value, const char *unit, double limit)
{
    bool over = limit > 0 && value > limit;
    bench_is_over |= over;
    printf("%-44s %12.3f %-6s", what, value, unit);
    if (limit > 0)
        printf(" limit %8.1f %s", limit, over ? "OVER" : "ok");
    printf("\n");
}

/* DESIGN's estate; the first argument is how many recovery points and snapshots, keys being a tenth. */
static inline struct synthetic_settings bench_settings(int argc, char **argv)
{
    uint32_t points = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 1000000;
    return (struct synthetic_settings){.accounts = points < 1000000 ? 1 + points / 500 : 2000,
                                       .regions = 17,
                                       .keys = points / 10,
                                       .points = points,
                                       .seed = 1,
                                       .now_utc = 1787443200};
}

#endif
