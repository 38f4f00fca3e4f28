/* Of any estate, on a page of any size, what to do first has room on the overview, and nothing else stands empty. */
#include "tui/views/overview.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define SMALLEST 10 /* rows of the page on a terminal of 60x16 */
#define LARGEST 120
#define ON_80X24 18

static const size_t amounts[] = {0, 1, 2, 3, 4, 5, 7, 20, 50, 2000};
#define AMOUNTS (sizeof amounts / sizeof *amounts)

static int rows_of_first(const int rows[BAND_COUNT], int h)
{
    int left = h - 2; /* the line of findings and the one below it */
    for (int b = 0; b < BAND_COUNT; b++)
        left -= rows[b] > 0 ? rows[b] + 1 : 0;
    return left;
}

static void check(const struct posture *p, int h)
{
    int rows[BAND_COUNT];
    overview_fit(p, h, rows);
    assert_true(rows_of_first(rows, h) >= 4);
    assert_true(rows[BAND_DELETIONS] >= (p->deletions.n ? 2 : 1));
    assert_true((size_t)rows[BAND_DELETIONS] <= p->deletions.n + 1);
    assert_true(rows[BAND_MATRIX] == 0 || rows[BAND_MATRIX] >= 3); /* its head, a row and its foot */
    assert_true((size_t)rows[BAND_MATRIX] <= p->accounts.n + 2);
    assert_true(rows[BAND_BARS] >= 0 && rows[BAND_BARS] <= COVERAGES);
    if (rows[BAND_BARS] > 0) /* they go before it does */
        assert_true(rows[BAND_MATRIX] > 0 || p->accounts.n == 0);
}

static void what_to_do_first_has_room(void **state)
{
    (void)state;
    for (int h = SMALLEST; h <= LARGEST; h++)
        for (size_t a = 0; a < AMOUNTS; a++)
            for (size_t d = 0; d < AMOUNTS; d++)
                check(&(struct posture){.regions.n = 5, .accounts.n = amounts[a], .deletions.n = amounts[d]}, h);
}

/* On the screen that most people have, of 2,000 accounts the two that are worst are seen. */
static void on_80x24_all_are_seen(void **state)
{
    int rows[BAND_COUNT];
    (void)state;
    overview_fit(&(struct posture){.regions.n = 5, .accounts.n = 2000, .deletions.n = 2}, ON_80X24, rows);
    assert_int_equal(rows[BAND_DELETIONS], 3);
    assert_int_equal(rows[BAND_BARS], 2);
    assert_int_equal(rows[BAND_MATRIX], 4);
}

static void a_tall_page_shows_all_of_a_small_estate(void **state)
{
    int rows[BAND_COUNT];
    (void)state;
    overview_fit(&(struct posture){.regions.n = 5, .accounts.n = 7, .deletions.n = 2}, 30, rows);
    assert_int_equal(rows[BAND_BARS], COVERAGES);
    assert_int_equal(rows[BAND_MATRIX], 9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_to_do_first_has_room),
        cmocka_unit_test(on_80x24_all_are_seen),
        cmocka_unit_test(a_tall_page_shows_all_of_a_small_estate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
