/* How often a backup rule runs, from what AWS Backup takes as its schedule. */
#include "backend/judge/schedule.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>

#include <cmocka.h>

#define HOUR 3600
#define DAY 86400

static void test_intervals(void **state)
{
    (void)state;
    static const struct {
        const char *expression;
        int64_t seconds;
    } rows[] = {
        {"", DAY}, /* AWS's own: daily at five */
        {"cron(0 5 ? * * *)", DAY},
        {"cron(0 5 * * ? *)", DAY},
        {"cron(0 0/8 ? * * *)", DAY},
        {"cron(15 * ? * * *)", HOUR},
        {"cron(0 5 ? * SUN *)", 7 * DAY},
        {"cron(0 5 ? * 2,5 *)", 7 * DAY},
        {"cron(0 5 ? * MON-FRI *)", 3 * DAY},
        {"cron(0 5 1 * ? *)", 31 * DAY},
        {"cron(0 5 */2 * ? *)", 2 * DAY},
        {"cron(0 5 L 1,7 ? *)", INT64_C(366) * DAY},
        {"rate(1 hour)", HOUR},
        {"rate(12 hours)", 12 * HOUR},
        {"rate(5 minutes)", HOUR},
        {"rate(1 day)", DAY},
        {"rate(0 days)", 0},
        {"rate(3 fortnights)", 0},
        {"cron(0 5)", 0},
        {"often", 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (schedule_interval_s(rows[i].expression) != rows[i].seconds)
            fail_msg("%s: %lld", rows[i].expression, (long long)schedule_interval_s(rows[i].expression));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_intervals)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
