#include "backend/base/text.h"

#include "backend/base/utf8.h"

#include <locale.h>
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>
#include <wchar.h>

#include <cmocka.h>

#define T(text) text, sizeof(text) - 1
#define BAD "\xef\xbf\xbd" /* U+FFFD */

static void test_is_utf8(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t len;
        bool ok;
    } cases[] = {
        {T(""), true},
        {T("plain"), true},
        {T("\0"), true},
        {T("\xc2\x80\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf\xf0\x90\x80\x80\xf4\x8f\xbf\xbf"), true},
        {T("\x80"), false},
        {T("\xbf"), false},
        {T("\xc0\xaf"), false},
        {T("\xc1\xbf"), false},
        {T("\xe0\x9f\xbf"), false},
        {T("\xed\xa0\x80"), false},
        {T("\xed\xbf\xbf"), false},
        {T("\xf0\x8f\xbf\xbf"), false},
        {T("\xf4\x90\x80\x80"), false},
        {T("\xf5\x80\x80\x80"), false},
        {T("\xf8\x88\x80\x80\x80"), false},
        {T("\xfe"), false},
        {T("\xff"), false},
        {T("ab\xc3"), false},
        {T("ab\xe2\x82"), false},
        {T("ab\xf0\x9f\x94"), false},
        {T("\xc3("), false},
        {T("\xe2(\xa1"), false},
        {T("\xf0\x9f(\x94"), false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        if (text_is_utf8(cases[i].text, cases[i].len) != cases[i].ok)
            fail_msg("case %zu", i);
}

static void test_utf8_round_trip(void **state)
{
    (void)state;
    for (uint32_t point = 0; point < 0x110000; point++) {
        char bytes[4];
        uint32_t back = 0;
        if (point >= 0xd800 && point <= 0xdfff)
            continue;
        size_t n = utf8_encode(point, bytes);
        if (utf8_decode(bytes, n, &back) != n || back != point)
            fail_msg("U+%04X", point);
        if (n > 1 && utf8_decode(bytes, n - 1, &back) != 0)
            fail_msg("U+%04X cut", point);
    }
}

struct clean_case {
    const char *text;
    size_t len;
    const char *clean;
    const char *ascii;
};

static const struct clean_case clean_cases[] = {
    {T(""), "", ""},
    {T("prod-backup"), "prod-backup", "prod-backup"},
    {T("a\tb\nc\r\nd"), "a b c d", "a b c d"},
    {T("a\rb"), "a" BAD "b", "a?b"},
    {T("a\0b\x01\x1b[31m\x7f"), "a" BAD "b" BAD BAD "[31m" BAD, "a?b??[31m?"},
    {T("\xc2\x9b"
       "2J\xc2\x85"),
     BAD "2J" BAD, "?2J?"},
    {T("caf\xc3\xa9 \xe6\x97\xa5\xe6\x9c\xac"), "caf\xc3\xa9 \xe6\x97\xa5\xe6\x9c\xac", "caf? ??"},
    /* bidi overrides and isolates, marks, zero width, BOM, word joiner, separators, soft hyphen */
    {T("a\xe2\x80\xae"
       "b\xe2\x81\xa6"
       "c\xe2\x81\xa9"),
     "a" BAD "b" BAD "c" BAD, "a?b?c?"},
    {T("\xe2\x80\x8b\xe2\x80\x8f\xe2\x80\x8d"), BAD BAD BAD, "???"},
    {T("\xef\xbb\xbfx\xe2\x81\xa0"), BAD "x" BAD, "?x?"},
    {T("\xe2\x80\xa8\xe2\x80\xa9\xc2\xad"), BAD BAD BAD, "???"},
    {T("x\xf3\xa0\x80\x81\xf3\xa0\x81\x81\xf3\xa0\x81\xbf"), "x" BAD BAD BAD, "x???"},
    /* private use of all three planes, unassigned, non-characters, a surrogate */
    {T("\xee\x80\x80\xf3\xb0\x80\x80\xf4\x80\x80\x80"), BAD BAD BAD, "???"},
    {T("\xcd\xb8\xef\xb7\x90\xef\xbf\xbf\xf0\x9f\xbf\xbf"), BAD BAD BAD BAD, "????"},
    {T("\xed\xa0\x80"), BAD BAD BAD, "???"},
    {T("\xff\xfe\xc3"), BAD BAD BAD, "???"},
    /* two marks stay, the third goes; without a base there is nothing to stand on */
    {T("e\xcc\x81\xcc\x82\xcc\x83\xcc\x84x\xcc\x81"), "e\xcc\x81\xcc\x82x\xcc\x81", "e??x?"},
    {T("\xcc\x81x"), BAD "x", "?x"},
    {T("\n\xcc\x81"), " \xcc\x81", " ?"},
    {T("~"), "~", "~"},
};

static void test_clean(void **state)
{
    (void)state;
    struct buf b = {0};
    for (size_t i = 0; i < sizeof clean_cases / sizeof clean_cases[0]; i++) {
        const struct clean_case *c = &clean_cases[i];
        buf_clear(&b);
        text_clean(&b, c->text, c->len, 1000, false);
        if (strcmp(b.data, c->clean) != 0)
            fail_msg("case %zu: \"%s\", not \"%s\"", i, b.data, c->clean);
        buf_clear(&b);
        text_clean(&b, c->text, c->len, 1000, true);
        if (strcmp(b.data, c->ascii) != 0)
            fail_msg("case %zu in ASCII: \"%s\", not \"%s\"", i, b.data, c->ascii);
    }
    buf_free(&b);
    text_clean(&b, NULL, 0, 10, false);
    assert_string_equal(b.data, "");
    buf_free(&b);
}

static void test_clean_stops_between_characters(void **state)
{
    (void)state;
    static const char text[] = "ab\xc3\xa9\xe2\x82\xac\xf0\x9f\x94\x91\xff"
                               "cd";
    static const size_t ends[] = {0, 1, 2, 4, 7, 11, 14, 15, 16};
    struct buf b = {0};
    for (size_t max = 0; max < 30; max++) {
        size_t expected = 0;
        for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++)
            if (ends[i] <= max)
                expected = ends[i];
        buf_clear(&b);
        buf_adds(&b, "x:");
        text_clean(&b, text, sizeof text - 1, max, false);
        assert_int_equal(b.len, expected + 2);
        assert_true(text_is_utf8(b.data, b.len));
    }
    buf_free(&b);
}

/* Clean text is clean: doing it again changes nothing, and nothing in it moves a cursor. */
static void test_clean_twice_is_clean_once(void **state)
{
    (void)state;
    struct buf once = {0}, twice = {0};
    uint32_t random = 12345;
    for (int round = 0; round < 3000; round++) {
        char text[64];
        for (size_t i = 0; i < sizeof text; i++) {
            random = random * 1664525u + 1013904223u;
            text[i] = (char)(random >> 24);
            if (random % 3 == 0)
                text[i] = (char)"\xcc\x81\xe2\x80\xae\x1b\n a"[random / 3 % 9];
        }
        for (int ascii = 0; ascii < 2; ascii++) {
            buf_clear(&once);
            buf_clear(&twice);
            text_clean(&once, text, sizeof text, 500, ascii);
            text_clean(&twice, once.data, once.len, 500, ascii);
            assert_string_equal(once.data, twice.data);
            assert_int_equal(once.len, strlen(once.data));
            assert_true(text_is_utf8(once.data, once.len));
            for (size_t i = 0; i < once.len; i++) {
                unsigned char c = (unsigned char)once.data[i];
                assert_true(c >= 0x20 && c != 0x7f && (!ascii || c < 0x7f));
            }
        }
    }
    buf_free(&once);
    buf_free(&twice);
}

static void test_width_and_fit(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int width;
        int fit_in;
        size_t fit_bytes;
        int used;
    } cases[] = {
        {"", 0, 10, 0, 0},
        {"abc", 3, 2, 2, 2},
        {"abc", 3, 3, 3, 3},
        {"abc", 3, 0, 0, 0},
        {"caf\xc3\xa9", 4, 4, 5, 4},
        {"caf\xc3\xa9", 4, 3, 3, 3},
        {"\xe6\x97\xa5\xe6\x9c\xac", 4, 3, 3, 2},
        {"\xe6\x97\xa5\xe6\x9c\xac", 4, 1, 0, 0},
        {"e\xcc\x81x", 2, 1, 3, 1},
        {"\xf0\x9f\x94\x91k", 3, 2, 4, 2},
        {"\xff\xff", 2, 1, 1, 1},
        {"\xe1\x84\x92\xe1\x85\xa1\xe1\x86\xab", 2, 2, 9, 2},
        {"abc", 3, -1, 0, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int used = -1;
        assert_int_equal(text_width(cases[i].text), cases[i].width);
        assert_int_equal(text_fit(cases[i].text, cases[i].fit_in, &used), cases[i].fit_bytes);
        assert_int_equal(used, cases[i].used);
        assert_int_equal(text_fit(cases[i].text, cases[i].fit_in, NULL), cases[i].fit_bytes);
    }
}

/* Whoever draws asks the C library; a few hundred characters differ between its versions. */
static void test_width_agrees_with_libc(void **state)
{
    (void)state;
    if (setlocale(LC_CTYPE, "C.UTF-8") == NULL)
        fail_msg("no C.UTF-8 locale");
    int n_different = 0, n_checked = 0;
    for (uint32_t point = 0x20; point < 0x110000; point++) {
        enum utf8_class class = utf8_class_of(point);
        if (class < UTF8_COMBINING)
            continue;
        int width = class == UTF8_WIDE ? 2 : class == UTF8_COMBINING ? 0 : 1;
        n_checked++;
        n_different += wcwidth((wchar_t)point) != width;
    }
    setlocale(LC_CTYPE, "C");
    assert_true(n_checked > 140000);
    assert_true(n_different < 300);
}

static void test_shorten(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int width;
        bool middle;
        const char *ellipsis, *result;
    } cases[] = {
        {"prod-backup", 11, false, "...", "prod-backup"},
        {"prod-backup", 10, false, "...", "prod-ba..."},
        {"prod-backup", 10, true, "...", "prod...kup"},
        {"prod-backup", 10, true, "\xe2\x80\xa6",
         "prod-\xe2\x80\xa6"
         "ckup"},
        {"prod-backup", 3, true, "...", "..."},
        {"prod-backup", 2, false, "...", ".."},
        {"prod-backup", 0, false, "...", ""},
        {"prod-backup", 1, true, "\xe2\x80\xa6", "\xe2\x80\xa6"},
        {"prod-backup", 2, true, "\xe2\x80\xa6", "p\xe2\x80\xa6"},
        {"prod-backup", 3, true, "\xe2\x80\xa6",
         "p\xe2\x80\xa6"
         "p"},
        {"\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e", 5, false, "\xe2\x80\xa6",
         "\xe6\x97\xa5\xe6\x9c\xac\xe2\x80\xa6"},
        {"\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e", 4, false, "\xe2\x80\xa6",
         "\xe6\x97\xa5\xe2\x80\xa6"},
        {"\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e", 4, true, "\xe2\x80\xa6",
         "\xe6\x97\xa5\xe2\x80\xa6"},
        {"abcde\xcc\x81", 3, true, ".", "a.e\xcc\x81"},
        {"abcd\xcc\x81\x65", 3, true, ".", "a.e"},
        {"", 0, true, "...", ""},
    };
    struct buf b = {0};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        buf_clear(&b);
        buf_adds(&b, "");
        text_shorten(&b, cases[i].text, cases[i].width, cases[i].middle, cases[i].ellipsis);
        if (strcmp(b.data, cases[i].result) != 0)
            fail_msg("case %zu: \"%s\", not \"%s\"", i, b.data, cases[i].result);
        assert_true(text_width(b.data) <= cases[i].width);
    }
    buf_free(&b);
}

static void test_contains(void **state)
{
    (void)state;
    static const struct {
        const char *haystack;
        size_t len;
        const char *needle;
        bool found;
    } cases[] = {
        {T(""), "", true},
        {T(""), "a", false},
        {T("arn:aws:kms:eu-west-1:111122223333:key/1"), "KMS", true},
        {T("Prod-Backup"), "prod-backup", true},
        {T("Prod-Backup"), "prod-backups", false},
        {T("aaaaaaab"), "aab", true},
        {T("ababac"), "abac", true},
        {T("xa\0bY"), "by", true},
        {T("xyz"), "z", true},
        {T("[\\]^_`"), "{|}~", false},
        {T("@"), "`", false},
        {T("caf\xc3\xa9"), "F\xc3\xa9", true},
        {T("caf\xc3\x89"), "\xc3\xa9", false},
        {T("\xc1"), "\xe1", false},
        {T("0123456789abcdef0123456789ABCDEFx"), "fX", true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char *exact = mem_resize(NULL, cases[i].len, 1);
        memcpy(exact, cases[i].haystack, cases[i].len);
        if (text_contains(exact, cases[i].len, cases[i].needle) != cases[i].found)
            fail_msg("case %zu", i);
        mem_free(exact);
    }
}

/* Against the plain way, over texts of three letters, where everything nearly matches. */
static void test_contains_agrees_with_the_plain_way(void **state)
{
    (void)state;
    uint32_t random = 1;
    for (int round = 0; round < 20000; round++) {
        char haystack[40], needle[6];
        size_t len = (random >> 16) % sizeof haystack, n = (random >> 8) % 5;
        for (size_t i = 0; i < sizeof haystack; i++) {
            random = random * 1664525u + 1013904223u;
            haystack[i] = "abBA\x41\xc1"[(random >> 24) % 6];
        }
        memset(needle, 0, sizeof needle);
        for (size_t i = 0; i < n; i++) {
            random = random * 1664525u + 1013904223u;
            needle[i] = "abAB"[(random >> 24) % 4];
        }
        bool expected = false;
        for (size_t at = 0; at + n <= len; at++)
            expected = expected || strncasecmp(haystack + at, needle, n) == 0;
        if (text_contains(haystack, len, needle) != expected)
            fail_msg("%.*s in %.*s", (int)n, needle, (int)len, haystack);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_is_utf8),
        cmocka_unit_test(test_utf8_round_trip),
        cmocka_unit_test(test_clean),
        cmocka_unit_test(test_clean_stops_between_characters),
        cmocka_unit_test(test_clean_twice_is_clean_once),
        cmocka_unit_test(test_width_and_fit),
        cmocka_unit_test(test_width_agrees_with_libc),
        cmocka_unit_test(test_shorten),
        cmocka_unit_test(test_contains),
        cmocka_unit_test(test_contains_agrees_with_the_plain_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
