/* Buckets that pace calls, the quota of retries, and the heap that orders who waits. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "backend/aws/heap.h"
#include "backend/aws/rate.h"

#include <math.h>
#include <stdlib.h>

/* Calls that get through in a span when there is always one waiting. */
static int drain(struct rate_bucket *b, int64_t from_ms, int64_t to_ms, bool answered)
{
    int n = 0;
    for (int64_t now = from_ms; now < to_ms;) {
        int64_t wait = rate_wait_ms(b, now);
        if (wait > 0) {
            now += wait;
            continue;
        }
        rate_take(b);
        if (answered)
            rate_answered(b);
        n++;
    }
    return n;
}

static void test_published_rates(void **state)
{
    static const struct {
        double published, burst, share;
        int first, sustained; /* calls in the first second, and in ten later ones */
    } rows[] = {
        {1000, 0, 0.5, 550, 5000}, {100, 0, 0.5, 55, 500}, {20, 100, 0.25, 30, 50},
        {12, 300, 0.25, 78, 30},   {5, 0, 0.5, 3, 25},     {1, 2, 0.5, 1, 5},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct rate_bucket b;
        rate_init(&b, rows[i].published, rows[i].burst, rows[i].share, 0);
        int first = drain(&b, 0, 1000, true);
        int ten = drain(&b, 1000, 11000, true);
        assert_in_range(first, rows[i].first - 1, rows[i].first + 1);
        assert_in_range(ten, rows[i].sustained * 95 / 100 - 1, rows[i].sustained + 1);
    }
}

static void test_unknown_rate_climbs(void **state)
{
    struct rate_bucket b;
    (void)state;
    rate_init(&b, 0, 0, 0.5, 0);
    assert_in_range(drain(&b, 0, 1000, true), 4, 7);
    drain(&b, 1000, 30000, true);
    assert_true(b.rate > 15);
    drain(&b, 30000, 120000, true);
    assert_true(b.rate <= RATE_UNKNOWN_CEILING && b.rate > 45);
}

/* A rate that nobody waits for proves nothing and does not climb. */
static void test_idle_rate_stays(void **state)
{
    struct rate_bucket b;
    (void)state;
    rate_init(&b, 0, 0, 0.5, 0);
    for (int i = 0; i < 100; i++) {
        assert_int_equal(rate_wait_ms(&b, i * 1000), 0);
        rate_take(&b);
        rate_answered(&b);
    }
    assert_true(b.rate == RATE_UNKNOWN_START);
}

static void test_throttle_cuts_once_a_volley(void **state)
{
    struct rate_bucket b;
    (void)state;
    rate_init(&b, 100, 0, 0.5, 0);
    for (int i = 0; i < 20; i++)
        rate_throttled(&b, 10, 100); /* all sent before the first cut */
    assert_true(fabs(b.rate - 35) < 0.001);
    assert_true(b.is_held);
    assert_true(rate_wait_ms(&b, 100) > 0);
    rate_throttled(&b, 150, 200);
    assert_true(fabs(b.rate - 24.5) < 0.001);
    for (int i = 0; i < 100; i++)
        rate_throttled(&b, 1000 + i, 1000 + i);
    assert_true(b.rate == RATE_FLOOR);
    assert_in_range(rate_wait_ms(&b, 1100), 1, 2000);
}

static void test_held_rate_recovers(void **state)
{
    struct rate_bucket b;
    (void)state;
    rate_init(&b, 100, 0, 0.5, 0);
    rate_throttled(&b, 0, 0);
    drain(&b, 0, 5000, true);
    assert_true(b.is_held);
    drain(&b, 5000, 30000, true);
    assert_true(b.rate == b.ceiling);
    assert_false(b.is_held);
}

static void test_fresh(void **state)
{
    struct rate_bucket b;
    (void)state;
    rate_init(&b, 100, 0, 0.5, 0);
    assert_true(rate_is_fresh(&b, 0));
    rate_take(&b);
    assert_false(rate_is_fresh(&b, 1));
    assert_true(rate_is_fresh(&b, 1000));
    rate_throttled(&b, 1000, 1000);
    assert_false(rate_is_fresh(&b, 100000));
}

static void test_quota(void **state)
{
    struct retry_quota q = {RETRY_QUOTA_FULL};
    int taken = 0;
    (void)state;
    while (retry_quota_take(&q, 14))
        taken++;
    assert_int_equal(taken, 35);
    assert_int_equal(q.tokens, 10);
    assert_true(retry_quota_take(&q, 5));
    retry_quota_refund(&q, 14);
    assert_int_equal(q.tokens, 19);
    retry_quota_refund(&q, 0);
    assert_int_equal(q.tokens, 20);
    for (int i = 0; i < 1000; i++)
        retry_quota_refund(&q, 0);
    assert_int_equal(q.tokens, RETRY_QUOTA_FULL);
}

static void test_window(void **state)
{
    struct window w = {.size = WINDOW_START};
    (void)state;
    for (int i = 0; i < 1000; i++)
        window_answered(&w, 20 + i % 5, 300); /* a host with room */
    assert_int_equal(w.size, 300);
    for (int i = 0; i < 1000; i++)
        window_answered(&w, 60, 300); /* slower, but no crowd */
    assert_int_equal(w.size, 300);
    window_failed(&w);
    assert_int_equal(w.size, 150);
    for (int i = 0; i < 10; i++)
        window_failed(&w);
    assert_int_equal(w.size, WINDOW_START);

    /* one core, 5 ms a call: what more is sent only waits longer */
    w = (struct window){.size = WINDOW_START};
    for (int i = 0; i < 1000; i++)
        window_answered(&w, i == 0 ? 5 : 5 * w.size, 300);
    assert_int_equal(w.size, WINDOW_START);
}

/* Random pushes, moves and removals, compared with looking at every node. */
static void test_heap_against_search(void **state)
{
    enum { N = 300 };
    static struct heap_node nodes[N];
    struct heap heap = {0};
    (void)state;
    srand(7);
    for (int step = 0; step < 20000; step++) {
        struct heap_node *node = &nodes[rand() % N];
        bool is_in = node->at != 0;
        if (is_in && rand() % 3 == 0) {
            heap_remove(&heap, node);
            assert_int_equal(node->at, 0);
        } else {
            node->key = rand() % 50;
            node->tie = (uint64_t)(node - nodes);
            if (is_in)
                heap_moved(&heap, node);
            else
                heap_push(&heap, node);
        }
        const struct heap_node *best = NULL;
        for (int i = 0; i < N; i++)
            if (nodes[i].at != 0 && (!best || nodes[i].key < best->key ||
                                     (nodes[i].key == best->key && nodes[i].tie < best->tie)))
                best = &nodes[i];
        assert_ptr_equal(heap_top(&heap), best);
    }
    heap_remove(&heap, &(struct heap_node){0});
    heap_free(&heap);
    assert_null(heap_top(&heap));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_published_rates),
        cmocka_unit_test(test_unknown_rate_climbs),
        cmocka_unit_test(test_idle_rate_stays),
        cmocka_unit_test(test_throttle_cuts_once_a_volley),
        cmocka_unit_test(test_held_rate_recovers),
        cmocka_unit_test(test_fresh),
        cmocka_unit_test(test_quota),
        cmocka_unit_test(test_window),
        cmocka_unit_test(test_heap_against_search),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
