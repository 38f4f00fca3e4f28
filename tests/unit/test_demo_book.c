/* How the demo's book is filled in: texts, times, ranges and schedules. */
#include "backend/base/mem.h"
#include "backend/demo/entries.h"
#include "backend/demo/expand.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#define NOW INT64_C(1787407320) /* 2026-08-22T14:02:00Z */
#define DAY_S 86400

static void texts_are_filled_in(void **state)
{
    (void)state;
    static const struct {
        const char *template, *text; /* NULL: refused */
    } cases[] = {
        {"plain", "plain"},
        {"", ""},
        {"${account} in ${region}", "111122223333 in eu-west-1"},
        {"${name}-${n}", "thing-7"},
        {"${id:audit}", "777788889999"},
        {"${vault:a@us-east-1@legacy}", "arn:aws:backup:us-east-1:555566667777:backup-vault:a"},
        {"${nothing|else}", "else"},
        {"${nothing|${account}}", "111122223333"},
        {"${color}", "red"},
        {"${id:${who}}", "333344445555"},
        {"${resource:bucket/b}", "arn:aws:s3:::b"},
        {"${date}", "2026-08-22"},
        {"${nothing}", NULL},
        {"${id:nobody}", NULL},
        {"${key:a@eu-west-1@nobody}", NULL},
        {"${resource:spoon/s}", NULL},
        {"${account", NULL},
    };
    struct book *book = NULL;
    struct book_place place;
    assert_int_equal(book_new(NOW, &book, NULL), ERR_OK);
    assert_true(book_find(book, "prod-data", "eu-west-1", &place));
    cJSON *entry = cJSON_Parse("{\"color\": \"red\", \"who\": \"shared-backup\"}");
    struct scope s = {.place = &place, .entry = entry, .name = "thing", .n = 7, .at_utc = NOW};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buf out = {0};
        struct err err = {0};
        enum err_code code = expand_text(&s, cases[i].template, &out, &err);
        assert_int_equal(code, cases[i].text ? ERR_OK : ERR_PARSE);
        if (cases[i].text)
            assert_string_equal(out.data ? out.data : "", cases[i].text);
        else
            assert_string_not_equal(err.text, "");
        buf_free(&out);
    }
    cJSON_Delete(entry);
    book_free(book);
}

static void times_are_relative(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool is_time;
        int64_t from_now;
    } cases[] = {
        {"now", true, 0},
        {"now-3h", true, -3 * 3600},
        {"now+6d04h40m", true, 6 * DAY_S + 4 * 3600 + 40 * 60},
        {"now-9d", true, -9 * DAY_S},
        {"at", true, -DAY_S},
        {"at+26m", true, -DAY_S + 26 * 60},
        {"at+35d", true, 34 * DAY_S},
        {"nowhere", false, 0},
        {"attached", false, 0},
        {"now-", true, 0},
        {"now-3x", false, 0},
        {"now-3h2d", false, 0},
        {"", false, 0},
    };
    struct book *book = NULL;
    struct book_place place;
    assert_int_equal(book_new(NOW, &book, NULL), ERR_OK);
    assert_true(book_find(book, "111122223333", "eu-west-1", &place));
    struct scope s = {.place = &place, .at_utc = NOW - DAY_S};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t utc = 0;
        assert_int_equal(expand_time(&s, cases[i].text, &utc), cases[i].is_time);
        if (cases[i].is_time)
            assert_int_equal(utc - NOW, cases[i].from_now);
    }
    /* long ago has an hour of its own, and the age in days is what was written */
    int64_t long_ago = 0;
    assert_true(expand_time(&s, "now-400d", &long_ago));
    assert_int_equal((NOW - long_ago) / DAY_S, 400);
    book_free(book);
}

static void names_have_ranges(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        long n, i;
        const char *name;
    } cases[] = {
        {"plain", 1, 0, "plain"},        {"a-{1..3}", 3, 2, "a-3"}, {"{7..9}/b", 3, 0, "7/b"},
        {"${n}-{2..2}", 1, 0, "${n}-2"}, {"${n}", 1, 0, "${n}"},    {"{3..1}", 1, 0, "{3..1}"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buf out = {0};
        assert_int_equal(entries_count(cases[i].text), cases[i].n);
        entries_name(cases[i].text, cases[i].i, &out);
        assert_string_equal(out.data, cases[i].name);
        buf_free(&out);
    }
}

static void schedules_run_daily_and_never_too_late(void **state)
{
    (void)state;
    struct book *book = NULL;
    struct book_place place;
    cJSON *spec = cJSON_Parse("{\"Daily\": \"03:30\", \"Every\": 7, \"Until\": \"now-20h\"}");
    assert_int_equal(book_new(NOW, &book, NULL), ERR_OK);
    assert_true(book_find(book, "prod-data", "eu-west-1", &place));
    int64_t newest = entries_schedule(&place, spec, 0, "x");
    assert_true(newest <= NOW - 20 * 3600 && newest > NOW - 20 * 3600 - DAY_S - 1500);
    for (long i = 0; i < 20; i++) {
        int64_t at = entries_schedule(&place, spec, i, "x");
        int64_t second = at % DAY_S - (3 * 3600 + 1800);
        assert_true(second >= 0 && second < 1500);
        assert_true(llabs(newest - at - i * 7 * DAY_S) < 1500);
    }
    cJSON_Delete(spec);
    book_free(book);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_are_filled_in),
        cmocka_unit_test(times_are_relative),
        cmocka_unit_test(names_have_ranges),
        cmocka_unit_test(schedules_run_daily_and_never_too_late),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
