#include "backend/base/csv.h"

#include <csv.h>
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define T(text) text, sizeof(text) - 1
#define BAD "\xef\xbf\xbd"

static const struct {
    const char *text;
    size_t len;
    const char *written;
} text_cases[] = {
    {T(""), "\"\""},
    {T("abc"), "\"abc\""},
    {T("a,b"), "\"a,b\""},
    {T("a\"b"), "\"a\"\"b\""},
    {T("a\r\nb\tc"), "\"a\r\nb\tc\""},
    {T("caf\xc3\xa9"), "\"caf\xc3\xa9\""},
    {T("=1+1"), "\"'=1+1\""},
    {T("+1"), "\"'+1\""},
    {T("-1"), "\"'-1\""},
    {T("@SUM(A1)"), "\"'@SUM(A1)\""},
    {T("\tx"), "\"'\tx\""},
    {T("\rx"), "\"'\rx\""},
    {T("'x"), "\"''x\""},
    {T("''"), "\"'''\""},
    {T("'"), "\"''\""},
    {T(" =1"), "\" =1\""},
    {T("a=1"), "\"a=1\""},
    {T("=HYPERLINK(\"x\",\"y\")"), "\"'=HYPERLINK(\"\"x\"\",\"\"y\"\")\""},
    {T("a\0b"), "\"a" BAD "b\""},
    {T("\0=1"), "\"" BAD "=1\""},
    {T("a\x1b[31m\x7f"), "\"a" BAD "[31m" BAD "\""},
    {T("\xc2\x9bx"), "\"" BAD "x\""},
    {T("a\xff\xc3"), "\"a" BAD BAD "\""},
    {T("=\xff"), "\"'=" BAD "\""},
};

/* What was written so far, as a string that the caller frees. */
struct sheet {
    char *text;
    size_t len;
    struct csv_out csv;
};

static struct sheet *sheet_new(void)
{
    struct sheet *s = mem_alloc(sizeof *s);
    s->csv.file = open_memstream(&s->text, &s->len);
    assert_non_null(s->csv.file);
    return s;
}

static void sheet_finish(struct sheet *s)
{
    struct err err;
    assert_int_equal(csv_finish(&s->csv, &err), ERR_OK);
}

static void sheet_free(struct sheet *s)
{
    fclose(s->csv.file);
    free(s->text);
    mem_free(s);
}

static void test_text_cells(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof text_cases / sizeof text_cases[0]; i++) {
        struct sheet *s = sheet_new();
        csv_cell_text(&s->csv, text_cases[i].text, text_cases[i].len);
        sheet_finish(s);
        if (strcmp(s->text, text_cases[i].written) != 0)
            fail_msg("case %zu: %s, not %s", i, s->text, text_cases[i].written);
        sheet_free(s);
    }
}

static void test_rows(void **state)
{
    (void)state;
    struct sheet *s = sheet_new();
    csv_cell_raw(&s->csv, "id");
    csv_cell_raw(&s->csv, "points");
    csv_end_row(&s->csv);
    csv_cell_absent(&s->csv);
    csv_cell_raw(&s->csv, "-42");
    csv_cell_absent(&s->csv);
    csv_end_row(&s->csv);
    csv_cell_text(&s->csv, T("x"));
    csv_cell_raw(&s->csv, "?");
    csv_cell_raw(&s->csv, "a,b");
    csv_cell_raw(&s->csv, "say \"x\"");
    csv_cell_raw(&s->csv, "");
    csv_end_row(&s->csv);
    sheet_finish(s);
    assert_string_equal(s->text,
                        "id,points\r\n,-42,\r\n\"x\",?,\"a,b\",\"say \"\"x\"\"\",\"\"\r\n");
    sheet_free(s);
}

static void test_cells_of_any_length(void **state)
{
    (void)state;
    char *quotes = mem_alloc(5000);
    memset(quotes, '"', 5000);
    for (size_t len = 500; len < 520; len++) {
        struct sheet *s = sheet_new();
        csv_cell_text(&s->csv, quotes, len);
        sheet_finish(s);
        assert_int_equal(s->len, 2 * len + 2);
        assert_int_equal(strspn(s->text, "\""), s->len);
        sheet_free(s);
    }
    struct sheet *s = sheet_new();
    quotes[0] = '=';
    quotes[4999] = '\x1b';
    csv_cell_text(&s->csv, quotes, 5000);
    sheet_finish(s);
    assert_int_equal(s->len, 1 + 1 + 1 + 2 * 4998 + 3 + 1);
    sheet_free(s);
    mem_free(quotes);
}

/* Reads the cells back with libcsv, into one text with '|' behind each. */
static void gather(void *cell, size_t len, void *out)
{
    buf_adds(out, csv_unguard(cell));
    buf_addc(out, '|');
    assert_int_equal(strlen(cell), len);
}

static int is_never_space(unsigned char c)
{
    (void)c;
    return 0;
}

static void test_what_is_read_back(void **state)
{
    (void)state;
    static const char *const texts[] = {"",          "x",   "=1",    "'=1", "''=1",       "'",
                                        "''",        "'x",  "-1",    "a'b", "  blanks ",  "@",
                                        "\t",        "\r",  "\"q\"", "a,b", "+\"",        "'+",
                                        "line\nend", "''x", "x'",    "-",   "caf\xc3\xa9"};
    struct sheet *s = sheet_new();
    struct buf expected = {0}, got = {0};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        csv_cell_text(&s->csv, texts[i], strlen(texts[i]));
        buf_adds(&expected, texts[i]);
        buf_addc(&expected, '|');
    }
    csv_end_row(&s->csv);
    sheet_finish(s);

    struct csv_parser parser;
    assert_int_equal(csv_init(&parser, CSV_STRICT | CSV_STRICT_FINI | CSV_APPEND_NULL), 0);
    csv_set_space_func(&parser, is_never_space);
    assert_int_equal(csv_parse(&parser, s->text, s->len, gather, NULL, &got), s->len);
    assert_int_equal(csv_fini(&parser, gather, NULL, &got), 0);
    csv_free(&parser);
    assert_string_equal(got.data, expected.data);
    buf_free(&expected);
    buf_free(&got);
    sheet_free(s);
}

static void test_unguard_leaves_the_rest(void **state)
{
    (void)state;
    static const char *const kept[] = {"", "x", "'", "'x", "=1", "-", "a'=", "' =1"};
    for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++)
        assert_string_equal(csv_unguard(kept[i]), kept[i]);
    assert_string_equal(csv_unguard("'=1"), "=1");
    assert_string_equal(csv_unguard("''x"), "'x");
}

static void test_full_disk_is_an_error(void **state)
{
    (void)state;
    struct csv_out csv = {.file = fopen("/dev/full", "w")};
    struct err err = {0};
    assert_non_null(csv.file);
    for (int i = 0; i < 10000; i++) {
        csv_cell_text(&csv, T("some text"));
        csv_end_row(&csv);
    }
    assert_int_equal(csv_finish(&csv, &err), ERR_IO);
    assert_true(strlen(err.text) > 0);
    fclose(csv.file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text_cells),
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_cells_of_any_length),
        cmocka_unit_test(test_what_is_read_back),
        cmocka_unit_test(test_unguard_leaves_the_rest),
        cmocka_unit_test(test_full_disk_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
