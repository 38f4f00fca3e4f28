#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "backend/aws/cost.h"

#include <stdio.h>
#include <string.h>

static void test_every_operation_has_a_price(void **state)
{
    (void)state;
    for (int i = 0; i < OP_COUNT; i++) {
        const struct price *price = cost_price(op_get((enum op_id)i));
        assert_true(price->nanousd >= 0);
        assert_non_null(strstr(price->page, "aws.amazon.com/"));
    }
}

static void test_prices(void **state)
{
    static const struct {
        struct op op;
        int64_t nanousd;
    } rows[] = {
        {{.id = "kms:ListKeys"}, 3000},      {{.id = "s3:ListBuckets"}, 5000},
        {{.id = "s3:ListBucketsX"}, 400},    {{.id = "s3:GetBucketEncryption"}, 400},
        {{.id = "sqs:ListQueues"}, 400},     {{.id = "sts:GetCallerIdentity"}, 0},
        {{.id = "nobody:KnowsThis"}, 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(cost_of(&rows[i].op), rows[i].nanousd);
}

static void test_budgets(void **state)
{
    static const struct {
        const char *text;
        uint64_t requests;
        int64_t nanousd;
        const char *words;
    } good[] = {
        {"1", 1, 0, "1 request"},
        {"20000", 20000, 0, "20000 requests"},
        {"999999999", 999999999, 0, "999999999 requests"},
        {"0.25USD", 0, NANOUSD / 4, "$0.25"},
        {"$0.25", 0, NANOUSD / 4, "$0.25"},
        {"3USD", 0, INT64_C(3) * NANOUSD, "$3.00"},
        {"$0.0001", 0, 100000, "$0.0001"},
        {"$0.000005", 0, 5000, "$0.000005"}, /* not rounded: what was taken stands beside it */
        {"5,$0.00001234", 5, 12340, "5 requests or $0.00001234"},
        {"20000,0.25USD", 20000, NANOUSD / 4, "20000 requests or $0.25"},
        {"$2,7", 7, INT64_C(2) * NANOUSD, "7 requests or $2.00"},
    };
    static const char *const bad[] = {"",      "0",      "-1",    "1.5",   "x",       "10x",   "1,2",
                                      "$1,$2", "0USD",   "$",     "USD",   "1,",      ",1",    "1,2USD,3",
                                      "1 ",    "1usd",   "$1USD", "1.USDx", "9999999999", "1e3", "$.5"};
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        struct budget b;
        char words[BUDGET_WORDS_SIZE];
        assert_null(budget_parse(good[i].text, &b));
        assert_int_equal(b.requests, good[i].requests);
        assert_int_equal(b.nanousd, good[i].nanousd);
        budget_words(&b, words);
        assert_string_equal(words, good[i].words);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct budget b = {1, 1};
        if (!budget_parse(bad[i], &b))
            fail_msg("taken: %s", bad[i]);
        assert_int_equal(b.requests, 0);
        assert_int_equal(b.nanousd, 0);
    }
}

static void test_words(void **state)
{
    static const struct {
        int64_t nanousd;
        const char *words;
    } rows[] = {
        {0, "$0"},           {1, "$0.0001"},          {100000, "$0.0001"},
        {100001, "$0.0002"}, {10000000, "$0.01"},     {12340000, "$0.0124"},
        {NANOUSD, "$1.00"},  {INT64_C(1234500000), "$1.2345"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char words[COST_WORDS_SIZE];
        cost_words(rows[i].nanousd, words);
        assert_string_equal(words, rows[i].words);
    }
}

static void test_taken(void **state)
{
    static const struct {
        uint64_t requests;
        int64_t nanousd;
        const char *words;
    } rows[] = {
        {0, 0, "0 requests for $0.00"},
        {1, 3000, "1 request for $0.000003"},
        {40, INT64_C(12) * NANOUSD + 500000000, "40 requests for $12.50"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char words[BUDGET_WORDS_SIZE];
        budget_taken_words(rows[i].requests, rows[i].nanousd, words);
        assert_string_equal(words, rows[i].words);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_operation_has_a_price),
        cmocka_unit_test(test_prices),
        cmocka_unit_test(test_budgets),
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
