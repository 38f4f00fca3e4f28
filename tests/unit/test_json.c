#include "backend/base/json.h"

#include "backend/base/mem.h"
#include "backend/base/timefmt.h"
#include "backend/base/utf8.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* Text with its length, so that it may hold NUL. */
#define T(text) text, sizeof(text) - 1

struct scan_case {
    const char *text;
    size_t len;
    const char *refused; /* the end of the error, NULL: accepted */
};

static const struct scan_case scan_cases[] = {
    {T("{}"), NULL},
    {T("[]"), NULL},
    {T(" \t\r\n[ ]\n"), NULL},
    {T("{\"a\":[1,-2,3.5,1e3,1E+3,1e-3,0,-0,0.0],\"b\":{\"c\":null}}"), NULL},
    {T("true"), NULL},
    {T("\"x\""), NULL},
    {T("12"), NULL},
    {T("-0.5e10"), NULL},
    {T("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\ud83d\\udd11\""), NULL},
    {T("\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x94\x91\x7f\""), NULL},
    {T("{\"a\":{\"a\":[{\"a\":1},{\"a\":2}]}}"), NULL},
    {T("{\"a\":1,\"A\":2,\"\":3}"), NULL},
    {T("[[1,2],[3]]"), NULL},

    {T(""), "line 1, column 1: the text ends too early"},
    {T("  "), "column 3: the text ends too early"},
    {T("{"), "column 2: the text ends too early"},
    {T("["), "column 2: the text ends too early"},
    {T("[1"), "column 3: the text ends too early"},
    {T("[1,"), "column 4: the text ends too early"},
    {T("{\"a\""), "column 5: the text ends too early"},
    {T("{\"a\":"), "column 6: the text ends too early"},
    {T("\"abc"), "column 5: the text ends too early"},
    {T("\"abc\\"), "column 6: the text ends too early"},
    {T("-"), "column 2: the text ends too early"},
    {T("1."), "column 3: the text ends too early"},
    {T("1e"), "column 3: the text ends too early"},
    {T("tru"), "column 1: a value was expected"},
    {T("{} x"), "column 4: something follows the value"},
    {T("{}{}"), "column 3: something follows the value"},
    {T("\xef\xbb\xbf{}"), "column 1: a value was expected"},
    {T("01"), "column 2: something follows the value"},
    {T("[01]"), "column 3: a comma or the end of the list was expected"},
    {T("[1.]"), "column 4: a digit was expected"},
    {T("[.5]"), "column 2: a value was expected"},
    {T("[+1]"), "column 2: a value was expected"},
    {T("[-a]"), "column 3: a digit was expected"},
    {T("[1e+]"), "column 5: a digit was expected"},
    {T("[1e400]"), "column 2: a number too large"},
    {T("[-1e400]"), "column 2: a number too large"},
    {T("[0x10]"), "column 3: a comma or the end of the list was expected"},
    {T("[NaN]"), "column 2: a value was expected"},
    {T("[Infinity]"), "column 2: a value was expected"},
    {T("[1,]"), "column 4: a value was expected"},
    {T("[,1]"), "column 2: a value was expected"},
    {T("[1 2]"), "column 4: a comma or the end of the list was expected"},
    {T("[1}"), "column 3: a comma or the end of the list was expected"},
    {T("{\"a\":1]"), "column 7: a comma or the end of the list was expected"},
    {T("{\"a\":1,}"), "column 8: a member name was expected"},
    {T("{a:1}"), "column 2: a member name was expected"},
    {T("{'a':1}"), "column 2: a member name was expected"},
    {T("{\"a\" 1}"), "column 6: a colon was expected"},
    {T("{\"a\"=1}"), "column 5: a colon was expected"},
    {T("[\"a\nb\"]"), "line 1, column 4: a control character in a string"},
    {T("[\"a\tb\"]"), "column 4: a control character in a string"},
    {T("[\"a\0b\"]"), "column 4: a control character in a string"},
    {T("[\"\x1b[2J\"]"), "column 3: a control character in a string"},
    {T("[\"\\u0000\"]"), "column 3: \\u0000 is not accepted"},
    {T("[\"\\ud83d\"]"), "column 3: half of a surrogate pair"},
    {T("[\"\\udd11\"]"), "column 3: half of a surrogate pair"},
    {T("[\"\\ud83d\\u0041\"]"), "column 3: half of a surrogate pair"},
    {T("[\"\\ud83dxx\"]"), "column 3: half of a surrogate pair"},
    {T("[\"\\u00g0\"]"), "column 3: \\u needs four hexadecimal digits"},
    {T("[\"\\u00"), "column 3: \\u needs four hexadecimal digits"},
    {T("[\"\\x41\"]"), "column 3: no such escape"},
    {T("[\"\\'\"]"), "column 3: no such escape"},
    {T("[\"\xff\"]"), "column 3: not UTF-8"},
    {T("[\"\xc0\x80\"]"), "column 3: not UTF-8"},
    {T("[\"\xe0\x80\xaf\"]"), "column 3: not UTF-8"},
    {T("[\"\xed\xa0\x80\"]"), "column 3: not UTF-8"},
    {T("[\"\xf4\x90\x80\x80\"]"), "column 3: not UTF-8"},
    {T("[\"\xe2\x82\"]"), "column 3: not UTF-8"},
    {T("[\"\x80\"]"), "column 3: not UTF-8"},
    {T("{\"a\":1,\"b\":2,\n  \"a\":3}"), "line 2, column 3: a member that the object already has"},
    {T("{\"a\":1,\"\\u0061\":3}"), "column 8: a member that the object already has"},
    {T("{\"\":1,\"\":3}"), "column 7: a member that the object already has"},
    {T("[{\"b\":{\"a\":1,\"a\":1}}]"), "column 14: a member that the object already has"},
    {T("{\"\xc3\xa9\":1,\"\\u00e9\":3}"), "column 8: a member that the object already has"},
    {T("{\"k\":1,\"\\ud83d\\udd11\":2,\"\xf0\x9f\x94\x91\":3}"),
     "column 25: a member that the object already has"},
    {T("/* */ {}"), "column 1: a value was expected"},
    {T("{\"\xc3\xa9\xc3\xa9\":x}"), "column 7: a value was expected"},
};

static bool ends_with(const char *text, const char *end)
{
    size_t n = strlen(text), m = strlen(end);
    return n >= m && strcmp(text + n - m, end) == 0;
}

/* In memory of exactly that length, so that the sanitizer sees a read beyond it. */
static enum err_code scan_exact(const char *text, size_t len, struct err *err)
{
    char *copy = mem_resize(NULL, len, 1);
    memcpy(copy, text, len);
    cJSON *tree = NULL;
    enum err_code code = json_scan(copy, len, err);
    if (json_parse(copy, len, &tree, NULL) != code || (tree != NULL) != (code == ERR_OK))
        fail_msg("scan and parse disagree about %.*s", (int)len, text);
    cJSON_Delete(tree);
    mem_free(copy);
    return code;
}

static void test_scan(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof scan_cases / sizeof scan_cases[0]; i++) {
        const struct scan_case *c = &scan_cases[i];
        struct err err = {0};
        enum err_code code = scan_exact(c->text, c->len, &err);
        if (c->refused == NULL && code != ERR_OK)
            fail_msg("case %zu, %s: %s", i, c->text, err.text);
        if (c->refused != NULL && (code != ERR_PARSE || !ends_with(err.text, c->refused)))
            fail_msg("case %zu, %s: got \"%s\", not \"%s\"", i, c->text, err.text, c->refused);
    }
}

/* Every beginning of a good text is bad. */
static void test_every_cut_is_seen(void **state)
{
    (void)state;
    static const char text[] =
        "{\"Keys\":[{\"KeyId\":\"a\\u00e9\xc3\xa9\",\"n\":-1.5e3,\"t\":true},null],\"x\":{}}";
    struct err err;
    assert_int_equal(scan_exact(T(text), &err), ERR_OK);
    for (size_t len = 0; len < sizeof text - 1; len++)
        assert_int_equal(scan_exact(text, len, &err), ERR_PARSE);
}

static void nest(struct buf *b, size_t depth, const char *opening, const char *closing)
{
    buf_clear(b);
    for (size_t i = 0; i < depth; i++)
        buf_adds(b, opening);
    buf_adds(b, "1");
    for (size_t i = 0; i < depth; i++)
        buf_adds(b, closing);
}

static void test_depth(void **state)
{
    (void)state;
    struct buf b = {0};
    struct err err;
    nest(&b, JSON_MAX_DEPTH, "[", "]");
    assert_int_equal(scan_exact(b.data, b.len, &err), ERR_OK);
    nest(&b, JSON_MAX_DEPTH, "{\"a\":", "}");
    assert_int_equal(scan_exact(b.data, b.len, &err), ERR_OK);
    nest(&b, JSON_MAX_DEPTH + 1, "[", "]");
    assert_int_equal(scan_exact(b.data, b.len, &err), ERR_PARSE);
    assert_true(ends_with(err.text, "nested too deeply"));
    nest(&b, JSON_MAX_DEPTH + 1, "{\"a\":", "}");
    assert_int_equal(scan_exact(b.data, b.len, &err), ERR_PARSE);
    nest(&b, 100000, "[", "]");
    assert_int_equal(scan_exact(b.data, b.len, &err), ERR_PARSE);
    buf_free(&b);
}

static void test_size(void **state)
{
    (void)state;
    struct err err;
    char *blanks = mem_alloc(JSON_MAX_BYTES + 1);
    memset(blanks, ' ', JSON_MAX_BYTES + 1);
    blanks[0] = '1';
    assert_int_equal(json_scan(blanks, JSON_MAX_BYTES, &err), ERR_OK);
    assert_int_equal(json_scan(blanks, JSON_MAX_BYTES + 1, &err), ERR_LIMIT);
    mem_free(blanks);
}

static void test_numbers_as_long_as_cjson_reads(void **state)
{
    (void)state;
    char text[80];
    memset(text, '1', sizeof text);
    struct err err;
    assert_int_equal(scan_exact(text, 63, &err), ERR_OK);
    assert_int_equal(scan_exact(text, 64, &err), ERR_PARSE);
    assert_true(ends_with(err.text, "a number of more than 63 characters"));
}

static void add_members(struct buf *b, size_t n, const char *prefix)
{
    buf_clear(b);
    for (size_t i = 0; i < n; i++)
        buf_printf(b, "%c\"%s%zu\":0", i == 0 ? '{' : ',', prefix, i);
}

/* 200,000 members of one object: seconds if each were compared with each. */
static void test_many_members(void **state)
{
    (void)state;
    struct buf b = {0};
    struct err err;
    add_members(&b, 200000, "member");
    buf_adds(&b, "}");
    int64_t start = time_mono_ms();
    assert_int_equal(json_scan(b.data, b.len, &err), ERR_OK);
    assert_true(time_mono_ms() - start < 3000);
    b.len--;
    buf_adds(&b, ",\"member77777\":1}");
    assert_int_equal(json_scan(b.data, b.len, &err), ERR_PARSE);
    assert_true(ends_with(err.text, "a member that the object already has"));
    buf_free(&b);
}

static void test_parse_reads_values(void **state)
{
    (void)state;
    static const char text[] =
        "{\"n\":1700000000.123,\"s\":\"a\\u00e9\",\"l\":[1,2,3],\"z\":null}x";
    cJSON *tree = NULL;
    struct err err;
    assert_int_equal(json_parse(text, sizeof text - 2, &tree, &err), ERR_OK);
    const cJSON *n = cJSON_GetObjectItemCaseSensitive(tree, "n");
    assert_true(n->valuedouble > 1700000000.122 && n->valuedouble < 1700000000.124);
    assert_string_equal(cJSON_GetObjectItemCaseSensitive(tree, "s")->valuestring, "a\xc3\xa9");
    assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(tree, "l")), 3);
    assert_true(cJSON_IsNull(cJSON_GetObjectItemCaseSensitive(tree, "z")));
    cJSON_Delete(tree);
    assert_int_equal(json_parse(text, sizeof text - 1, &tree, &err), ERR_PARSE);
    assert_null(tree);
}

static void test_add_string(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t len;
        const char *json;
    } cases[] = {
        {T(""), "\"\""},
        {T("plain / text"), "\"plain / text\""},
        {T("\"\\\b\f\n\r\t"), "\"\\\"\\\\\\b\\f\\n\\r\\t\""},
        {T("\0\x01\x1b\x7f"), "\"\\u0000\\u0001\\u001b\\u007f\""},
        {T("\xc2\x9b"), "\"\\u009b\""},
        {T("\xc3\xa9\xe2\x82\xac\xf0\x9f\x94\x91"), "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x94\x91\""},
        {T("a\xe2\x80\xae"
           "b"),
         "\"a\\u202eb\""},
        {T("\xe2\x80\xa8\xef\xbb\xbf"), "\"\\u2028\\ufeff\""},
        {T("\xf3\xa0\x81\x81"), "\"\\udb40\\udc41\""},
        {T("a\xff\xc3"), "\"a\xef\xbf\xbd\xef\xbf\xbd\""},
    };
    struct buf b = {0};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        buf_clear(&b);
        json_add_string(&b, cases[i].text, cases[i].len);
        assert_string_equal(b.data, cases[i].json);
    }
    buf_free(&b);
}

/* What is written is accepted, and read back it is the same, for every character but NUL. */
static void test_add_string_and_back(void **state)
{
    (void)state;
    struct buf in = {0}, out = {0};
    for (uint32_t point = 1; point < 0x110000; point += point < 0x3000 ? 1 : 101) {
        if (point >= 0xd800 && point <= 0xdfff)
            continue;
        char bytes[4];
        buf_clear(&in);
        buf_clear(&out);
        buf_add(&in, bytes, utf8_encode(point, bytes));
        json_add_string(&out, in.data, in.len);
        cJSON *tree = NULL;
        struct err err = {0};
        if (json_parse(out.data, out.len, &tree, &err) != ERR_OK)
            fail_msg("U+%04X: %s", point, err.text);
        assert_string_equal(tree->valuestring, in.data);
        cJSON_Delete(tree);
    }
    buf_free(&in);
    buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scan),
        cmocka_unit_test(test_every_cut_is_seen),
        cmocka_unit_test(test_depth),
        cmocka_unit_test(test_size),
        cmocka_unit_test(test_numbers_as_long_as_cjson_reads),
        cmocka_unit_test(test_many_members),
        cmocka_unit_test(test_parse_reads_values),
        cmocka_unit_test(test_add_string),
        cmocka_unit_test(test_add_string_and_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
