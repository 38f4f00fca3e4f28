#include "backend/base/ini.h"

#include "backend/base/mem.h"
#include "backend/base/timefmt.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

struct value_case {
    const char *text;
    const char *section, *key;
    const char *value; /* NULL: absent */
};

static const struct value_case value_cases[] = {
    {"", "", "a", NULL},
    {"a = 1", "", "a", "1"},
    {"a=1", "", "a", "1"},
    {"a: 1\n", "", "a", "1"},
    {"a = b=c:d\n", "", "a", "b=c:d"},
    {"a: b = c\n", "", "a", "b = c"},
    {"[default]\nRegion = eu-west-1\n", "default", "region", "eu-west-1"},
    {"[default]\nRegion = eu-west-1\n", "default", "Region", NULL},
    {"[default]\nregion = eu-west-1\n", "", "region", NULL},
    {"[ profile a ]\nx = 1\n", "profile a", "x", "1"},
    {"[profile \"two words\"]\nx = 1\n", "profile \"two words\"", "x", "1"},
    {"[a] # comment\nx = 1\n", "a", "x", "1"},
    {"[a]\nx =   y  \t \r\n", "a", "x", "y"},
    {"\xef\xbb\xbf[a]\r\nx = 1\r\n", "a", "x", "1"},
    {"[a]\nx = 1 # not a comment\n", "a", "x", "1 # not a comment"},
    {"[a]\nx = 1 ; nor this\n", "a", "x", "1 ; nor this"},
    {"# c\n; c\n   # c\n[a]\n#x = 2\nx = 1\n", "a", "x", "1"},
    {"[a]\nx =\ny = 1\n", "a", "x", ""},
    {"[a]\nx = one\n  two\n\tthree\ny = 1\n", "a", "x", "one\ntwo\nthree"},
    {"[a]\nx = one\n  # skipped\n  two\n", "a", "x", "one\ntwo"},
    {"[a]\nx = one\n\n  two\n\n\n[b]\n", "a", "x", "one\n\ntwo"},
    {"[a]\nx = one\n  [not a section]\n", "a", "x", "one\n[not a section]"},
    {"[a]\ns3 =\n  max = 20\n  style = path\nx = 1", "a", "s3", "\nmax = 20\nstyle = path"},
    {"[a]\ns3 =\n  max = 20\n  style = path\nx = 1", "a", "x", "1"},
    {"[a]\n  x = 1\n  y = 2\n", "a", "y", "2"},
    {"[a]\n  x = 1\n    more\n  y = 2\n", "a", "x", "1\nmore"},
    {"[a]\nx = 1\n[b]\nx = 2\n[a]\ny = 3\n", "a", "y", "3"},
    {"[a]\nx = 1\n[b]\nx = 2\n[a]\ny = 3\n", "b", "x", "2"},
    {"a b c = 1\n", "", "a b c", "1"},
    {"k\xc3\xa9y = v\xc3\xa9\n", "", "k\xc3\xa9y", "v\xc3\xa9"},
};

static void test_values(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof value_cases / sizeof value_cases[0]; i++) {
        const struct value_case *c = &value_cases[i];
        struct ini ini;
        struct err err = {0};
        /* Exactly as long as it is, so that the sanitizer sees a read beyond it. */
        size_t len = strlen(c->text);
        char *exact = mem_resize(NULL, len, 1);
        memcpy(exact, c->text, len);
        if (ini_parse("config", exact, len, &ini, &err) != ERR_OK)
            fail_msg("case %zu: %s", i, err.text);
        mem_free(exact);
        const char *value = ini_get(&ini, c->section, c->key);
        if ((value == NULL) != (c->value == NULL) ||
            (value != NULL && strcmp(value, c->value) != 0))
            fail_msg("case %zu: got \"%s\", not \"%s\"", i, value ? value : "(absent)",
                     c->value ? c->value : "(absent)");
        ini_free(&ini);
    }
}

static void test_wrong_lines_are_named(void **state)
{
    (void)state;
    static const struct {
        const char *text, *error;
    } cases[] = {
        {"[a\nx = 1\n", "config:1:1: a section without its closing bracket: [a]"},
        {"[]\n", "config:1:1: a section without a name: []"},
        {"[  ]\n", "config:1:1: a section without a name: []"},
        {"[a] x = 1\n", "config:1:5: something follows the section: [a]"},
        {"[a]\nx\n", "config:2:1: neither a [section] nor key = value"},
        {"[a]\nx = 1\ny\n", "config:3:1: neither a [section] nor key = value"},
        {"[a]\n  y\n", "config:2:3: neither a [section] nor key = value"},
        {"[a]\n= 1\n", "config:2:1: a value without a key"},
        {"[a]\nx = 1\n\n# c\nX = 2\n", "config:5:1: x stands in this section already, in line 2"},
        {"[a]\nx = 1\n[b]\nx = 1\n[a]\n\n x = 3\n", "config:7:2: x stands in this section already, in line 2"},
        {"[b]\nz = 1\nz = 2\n[a]\ny = 1\ny = 2\n", "config:3:1: z stands in this section already, in line 2"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct ini ini;
        struct err err = {0};
        assert_int_equal(ini_parse("config", cases[i].text, strlen(cases[i].text), &ini, &err),
                         ERR_PARSE);
        assert_string_equal(err.text, cases[i].error);
        assert_null(ini.entries);
        assert_null(ini.text);
    }
}

static void test_nul_is_refused(void **state)
{
    (void)state;
    struct ini ini;
    struct err err;
    assert_int_equal(ini_parse("config", "a=1\0b", 5, &ini, &err), ERR_PARSE);
    assert_int_equal(ini_parse("config", NULL, 0, &ini, &err), ERR_OK);
    assert_int_equal(ini.n, 0);
    ini_free(&ini);
}

static void test_sections_and_places(void **state)
{
    (void)state;
    static const char text[] = "top = 0\n[empty]\n[a]\n  one = 1\n      more\n# c\n  two: 2\n";
    struct ini ini;
    struct err err;
    assert_int_equal(ini_parse("config", text, sizeof text - 1, &ini, &err), ERR_OK);
    assert_true(ini_has_section(&ini, "empty"));
    assert_true(ini_has_section(&ini, "a"));
    assert_false(ini_has_section(&ini, "b"));
    assert_false(ini_has_section(&ini, ""));
    assert_int_equal(ini.n, 3);
    assert_string_equal(ini.entries[0].section, "");
    assert_int_equal(ini.entries[0].line, 1);
    assert_int_equal(ini.entries[1].line, 4);
    assert_int_equal(ini.entries[1].column, 3);
    assert_int_equal(ini.entries[2].line, 7);
    assert_string_equal(ini.entries[2].key, "two");
    ini_free(&ini);
    assert_false(ini_has_section(&ini, "a"));
}

static void test_nested(void **state)
{
    (void)state;
    static const char text[] = "[services x]\n"
                               "kms =\n"
                               "  endpoint_url = http://127.0.0.1:1\n"
                               "  # comment\n"
                               "  retries=3\n"
                               "  no mark\n"
                               "flat = endpoint_url = http://127.0.0.1:2\n"
                               "s3 =\n"
                               "  Endpoint_URL =   http://127.0.0.1:3?a=b  \n";
    struct ini ini;
    struct err err;
    assert_int_equal(ini_parse("config", text, sizeof text - 1, &ini, &err), ERR_OK);
    static const struct {
        const char *key, *sub, *value;
    } cases[] = {
        {"kms", "endpoint_url", "http://127.0.0.1:1"},
        {"kms", "retries", "3"},
        {"kms", "retrie", NULL},
        {"kms", "no mark", NULL},
        {"s3", "endpoint_url", "http://127.0.0.1:3?a=b"},
        {"flat", "endpoint_url", NULL},
        {"none", "endpoint_url", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char *value = ini_get_nested(&ini, "services x", cases[i].key, cases[i].sub);
        if (cases[i].value == NULL)
            assert_null(value);
        else
            assert_string_equal(value, cases[i].value);
        mem_free(value);
    }
    ini_free(&ini);
}

/* A value of one line, blank lines behind it or not, is not copied out of the text that is wiped.
 */
static void test_one_copy_of_a_value(void **state)
{
    (void)state;
    static const char text[] = "[a]\nsecret = x1\n\n\n[b]\nsecret = x2\n# c\n\nlast = x3\n";
    struct ini ini;
    struct err err;
    assert_int_equal(ini_parse("config", text, sizeof text - 1, &ini, &err), ERR_OK);
    assert_int_equal(ini.n, 3);
    for (size_t i = 0; i < ini.n; i++)
        assert_true(ini.entries[i].value > ini.text &&
                    ini.entries[i].value < ini.text + sizeof text);
    ini_free(&ini);
}

/* 60,000 keys: seconds if each were compared with each. */
static void test_many_keys(void **state)
{
    (void)state;
    struct buf b = {0};
    struct ini ini;
    struct err err;
    for (int i = 0; i < 60000; i++)
        buf_printf(&b, "key%d = %d\n", i, i);
    int64_t start = time_mono_ms();
    assert_int_equal(ini_parse("big", b.data, b.len, &ini, &err), ERR_OK);
    assert_true(time_mono_ms() - start < 3000);
    assert_string_equal(ini_get(&ini, "", "key59999"), "59999");
    ini_free(&ini);
    buf_free(&b);
}

static void test_files(void **state)
{
    (void)state;
    char folder[] = "/tmp/keyfall-ini-XXXXXX", path[100];
    struct ini ini;
    struct err err = {0};
    assert_non_null(mkdtemp(folder));

    snprintf(path, sizeof path, "%s/config", folder);
    assert_int_equal(ini_read_file(path, 1000, &ini, &err), ERR_NOT_FOUND);
    assert_non_null(strstr(err.text, path));
    ini_free(&ini);

    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs("[default]\nregion = eu-west-1\n", f);
    assert_int_equal(fclose(f), 0);
    assert_int_equal(ini_read_file(path, 29, &ini, &err), ERR_OK);
    assert_string_equal(ini_get(&ini, "default", "region"), "eu-west-1");
    assert_string_equal(ini.path, path);
    ini_free(&ini);
    assert_int_equal(ini_read_file(path, 28, &ini, &err), ERR_LIMIT);
    ini_free(&ini);
    assert_int_equal(ini_read_file(folder, 1000, &ini, &err), ERR_IO);
    ini_free(&ini);

    unlink(path);
    rmdir(folder);
}

/* ---- a file in which a wrong line does not take the others with it ------------------------------- */

static void note(void *ctx, const struct err *err)
{
    struct buf *told = ctx;
    buf_printf(told, "%s\n", err->text);
}

static void test_what_is_right(void **state)
{
    (void)state;
    static const char text[] = "[a]\nx = 1\n  more\nnonsense\ny =  2\nx = 3\n[b\nz = 4\n  w = 5\n[c]\nz = 6\n= 7\nx = 8\nX = 9\n";
    struct buf told = {0};
    struct ini ini;
    struct err err = {0};
    assert_int_equal(ini_parse_what_is_right("f", text, strlen(text), note, &told, &ini, &err), ERR_OK);
    assert_string_equal(told.data, "f:4:1: neither a [section] nor key = value\n"
                                   "f:7:1: a section without its closing bracket: [b] and the lines under it "
                                   "are ignored\n"
                                   "f:12:1: a value without a key\n"
                                   "f:6:1: x stands in this section already, in line 2, which counts\n"
                                   "f:14:1: x stands in this section already, in line 13, which counts\n");
    assert_int_equal(ini.n, 4);
    assert_string_equal(ini_get(&ini, "a", "x"), "1\nmore");
    assert_string_equal(ini_get(&ini, "a", "y"), "2");
    assert_int_equal(ini.entries[1].value_column, 6);
    assert_null(ini_get(&ini, "a", "z")); /* stands under a section that could not be read */
    assert_string_equal(ini_get(&ini, "c", "z"), "6");
    assert_string_equal(ini_get(&ini, "c", "x"), "8");
    assert_int_equal(ini.n_sections, 3);
    assert_true(ini.sections[1].is_lost);
    assert_string_equal(ini.sections[1].name, "b");
    assert_false(ini_has_section(&ini, "b"));
    assert_false(ini.sections[2].is_lost);
    assert_int_equal(ini.sections[2].line, 10);
    ini_free(&ini);
    buf_free(&told);
    assert_int_equal(ini_parse_what_is_right("f", "a\0", 2, note, &told, &ini, &err), ERR_PARSE);
    assert_null(told.data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),         cmocka_unit_test(test_wrong_lines_are_named),
        cmocka_unit_test(test_nul_is_refused), cmocka_unit_test(test_sections_and_places),
        cmocka_unit_test(test_nested),         cmocka_unit_test(test_one_copy_of_a_value),
        cmocka_unit_test(test_many_keys),      cmocka_unit_test(test_files),
        cmocka_unit_test(test_what_is_right),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
