#include "backend/base/timefmt.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#define BAD TIME_NONE

struct parse_case {
    const char *text;
    int64_t utc; /* BAD: refused */
};

static const struct parse_case iso_cases[] = {
    {"2026-08-29T18:20:00Z", 1788027600},
    {"2026-08-29T18:20:00.123Z", 1788027600},
    {"2026-08-29T18:20:00.123456789+00:00", 1788027600},
    {"2026-08-29T18:20:00.999999Z", 1788027600},
    {"2026-08-29t18:20:00z", 1788027600},
    {"2026-08-29 18:20:00Z", 1788027600},
    {"2026-08-29 18:20:00 UTC", 1788027600},
    {"2026-08-29T18:20:00UTC", 1788027600},
    {"2026-08-29T20:20:00+02:00", 1788027600},
    {"2026-08-29T20:20:00+0200", 1788027600},
    {"2026-08-29T20:20:00+02", 1788027600},
    {"2026-08-29T12:50:00.000-05:30", 1788027600},
    {"1970-01-01T00:00:00Z", 0},
    {"1969-12-31T23:59:59Z", -1},
    {"2000-02-29T00:00:00Z", 951782400},
    {"2024-02-29T12:00:00Z", 1709208000},
    {"2016-12-31T23:59:60Z", 1483228800},
    {"9999-12-31T23:59:59Z", 253402300799},
    {"0001-01-01T00:00:00Z", -62135596800},
    {"2023-02-29T12:00:00Z", BAD},
    {"1900-02-29T12:00:00Z", BAD},
    {"2026-13-01T00:00:00Z", BAD},
    {"2026-00-01T00:00:00Z", BAD},
    {"2026-01-32T00:00:00Z", BAD},
    {"2026-01-00T00:00:00Z", BAD},
    {"2026-01-01T24:00:00Z", BAD},
    {"2026-01-01T00:60:00Z", BAD},
    {"2026-01-01T00:00:61Z", BAD},
    {"2026-01-01T00:00:00", BAD},
    {"2026-01-01T00:00Z", BAD},
    {"2026-01-01", BAD},
    {"2026-01-01T00:00:00Zx", BAD},
    {"2026-01-01T00:00:00Z ", BAD},
    {" 2026-01-01T00:00:00Z", BAD},
    {"2026-01-01T00:00:00.Z", BAD},
    {"2026-01-01T00:00:00+24:00", BAD},
    {"2026-01-01T00:00:00+01:60", BAD},
    {"2026-01-01T00:00:00+1", BAD},
    {"2026-01-01T00:00:00+01:", BAD},
    {"26-01-01T00:00:00Z", BAD},
    {"2026-1-1T00:00:00Z", BAD},
    {"+026-01-01T00:00:00Z", BAD},
    {"2026-01-01T-1:00:00Z", BAD},
    {"", BAD},
};

static const struct parse_case http_cases[] = {
    {"Sun, 06 Nov 1994 08:49:37 GMT", 784111777},
    {"Sunday, 06-Nov-94 08:49:37 GMT", 784111777},
    {"Sun Nov  6 08:49:37 1994", 784111777},
    {"Wed Nov 16 08:49:37 1994", 784975777},
    {"Sat, 29 Aug 2026 18:20:00 GMT", 1788027600},
    {"Saturday, 29-Aug-26 18:20:00 GMT", 1788027600},
    {"Sun, 6 Nov 1994 08:49:37 GMT", BAD},
    {"Sun, 06 Nov 1994 08:49:37", BAD},
    {"Sun, 06 Nov 1994 08:49:37 CET", BAD},
    {"Sun, 06 Nov 1994 08:49:37 GMT ", BAD},
    {"sun, 06 nov 1994 08:49:37 gmt", BAD},
    {"Son, 06 Nov 1994 08:49:37 GMT", BAD},
    {"Sun, 06 Nav 1994 08:49:37 GMT", BAD},
    {"Sun, 31 Nov 1994 08:49:37 GMT", BAD},
    {"Sun, 06 Nov 1994 25:49:37 GMT", BAD},
    {"Thu, 01 Jan 1970 00:00:00 GMT", 0},
    {"0", BAD},
    {"", BAD},
};

static void run_cases(const struct parse_case *cases, size_t n,
                      bool (*parse)(const char *, int64_t *))
{
    for (size_t i = 0; i < n; i++) {
        int64_t utc = 42;
        bool ok = parse(cases[i].text, &utc);
        int64_t got = ok ? utc : BAD;
        if (got != cases[i].utc)
            fail_msg("\"%s\": got %lld, not %lld", cases[i].text, (long long)got,
                     (long long)cases[i].utc);
    }
}

static void test_parse_iso(void **state)
{
    (void)state;
    run_cases(iso_cases, sizeof iso_cases / sizeof iso_cases[0], time_parse_iso);
}

static void test_parse_http(void **state)
{
    (void)state;
    run_cases(http_cases, sizeof http_cases / sizeof http_cases[0], time_parse_http);
}

/* Against the C library, over 6,000 years and through all forms and back. */
static void test_formats_agree_with_libc(void **state)
{
    (void)state;
    for (int64_t utc = -62135596800; utc < 253402300800; utc += 86400 * 37 + 12345) {
        char text[TIME_ISO_SIZE], expected[64];
        struct tm tm;
        time_t t = (time_t)utc;
        assert_non_null(gmtime_r(&t, &tm));

        time_format_iso(utc, text);
        snprintf(expected, sizeof expected, "%04d-%02d-%02dT%02d:%02d:%02dZ", tm.tm_year + 1900,
                 tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
        assert_string_equal(text, expected);
        int64_t back = 0;
        assert_true(time_parse_iso(text, &back));
        assert_true(back == utc);

        strftime(expected, sizeof expected, "%a, %d %b ", &tm);
        snprintf(expected + strlen(expected), 30, "%04d %02d:%02d:%02d GMT", tm.tm_year + 1900,
                 tm.tm_hour, tm.tm_min, tm.tm_sec);
        assert_true(time_parse_http(expected, &back));
        assert_true(back == utc);
    }
}

static void test_formats(void **state)
{
    (void)state;
    static const struct {
        int64_t utc;
        const char *iso, *basic, *clock, *date;
    } cases[] = {
        {1788027600, "2026-08-29T18:20:00Z", "20260829T182000Z", "18:20Z", "2026-08-29"},
        {0, "1970-01-01T00:00:00Z", "19700101T000000Z", "00:00Z", "1970-01-01"},
        {-1, "1969-12-31T23:59:59Z", "19691231T235959Z", "23:59Z", "1969-12-31"},
        {TIME_NONE, "", "", "", ""},
        {INT64_MAX, "292277026596-12-04T15:30:07Z", "2922770265961204T153007Z", "15:30Z",
         "292277026596-12-04"},
        {INT64_MIN + 1, "-292277022657-01-27T08:29:53Z", "-2922770226570127T082953Z", "08:29Z",
         "-292277022657-01-27"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[TIME_ISO_SIZE];
        time_format_iso(cases[i].utc, text);
        assert_string_equal(text, cases[i].iso);
        time_format_basic(cases[i].utc, text);
        assert_string_equal(text, cases[i].basic);
        time_format_clock(cases[i].utc, text);
        assert_string_equal(text, cases[i].clock);
        time_format_date(cases[i].utc, text);
        assert_string_equal(text, cases[i].date);
    }
}

static void test_spans(void **state)
{
    (void)state;
    static const struct {
        int64_t seconds;
        const char *span, *age;
    } cases[] = {
        {0, "0s", "0s"},
        {45, "45s", "45s"},
        {59, "59s", "59s"},
        {60, "1m", "1m"},
        {3599, "59m", "59m"},
        {3600, "1h00m", "1h"},
        {5 * 3600 + 12 * 60, "5h12m", "5h"},
        {86399, "23h59m", "23h"},
        {86400, "1d00h", "1d"},
        {6 * 86400 + 4 * 3600, "6d04h", "6d"},
        {27 * 86400 + 11 * 3600 + 3599, "27d11h", "27d"},
        {100 * 86400 - 1, "99d23h", "99d"},
        {100 * 86400, "100d", "100d"},
        {402 * 86400, "402d", "402d"},
        {-(6 * 86400 + 4 * 3600), "-6d04h", "0s"},
        {-1, "-1s", "0s"},
        {INT64_MIN, "-106751991167300d", "0s"},
        {INT64_MAX, "106751991167300d", "106751991167300d"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[TIME_ISO_SIZE];
        time_format_span(cases[i].seconds, text);
        assert_string_equal(text, cases[i].span);
        time_format_age(cases[i].seconds, text);
        assert_string_equal(text, cases[i].age);
    }
}

static void test_clocks(void **state)
{
    (void)state;
    int64_t before = (int64_t)time(NULL), now = time_now_utc(), mono = time_mono_ms();
    assert_true(now >= before && now <= before + 5);
    struct timespec nap = {.tv_nsec = 20000000};
    nanosleep(&nap, NULL);
    int64_t passed_ms = time_mono_ms() - mono;
    assert_true(passed_ms >= 19 && passed_ms < 5000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse_iso),
        cmocka_unit_test(test_parse_http),
        cmocka_unit_test(test_formats_agree_with_libc),
        cmocka_unit_test(test_formats),
        cmocka_unit_test(test_spans),
        cmocka_unit_test(test_clocks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
