#include "backend/base/err.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void test_every_code_has_words(void **state)
{
    (void)state;
    for (int a = 0; a < ERR_COUNT; a++) {
        assert_true(strlen(err_word((enum err_code)a)) > 0);
        assert_true(strlen(err_sentence((enum err_code)a)) > 0);
        for (int b = 0; b < a; b++)
            assert_string_not_equal(err_word((enum err_code)a), err_word((enum err_code)b));
    }
    assert_string_equal(err_word(ERR_DENIED), "denied");
    assert_string_equal(err_word((enum err_code)ERR_COUNT), "unknown");
    assert_string_equal(err_word((enum err_code) - 1), "unknown");
}

static void test_set_empties_what_was_there(void **state)
{
    (void)state;
    struct err err;
    memset(&err, 0x55, sizeof err);
    assert_int_equal(err_set(&err, ERR_PARSE, "line %d", 3), ERR_PARSE);
    assert_int_equal(err.code, ERR_PARSE);
    assert_int_equal(err.http_status, 0);
    assert_string_equal(err.aws_code, "");
    assert_string_equal(err.request_id, "");
    assert_string_equal(err.text, "line 3");
    assert_int_equal(err_set(NULL, ERR_IO, "nobody asks"), ERR_IO);
    err_prefix(NULL, "nobody asks");
}

static void test_text_may_be_its_own_argument(void **state)
{
    (void)state;
    struct err err = {0};
    assert_int_equal(err_set(&err, ERR_IO, "disk full"), ERR_IO);
    assert_int_equal(err_set(&err, ERR_LIMIT, "saving: %s", err.text), ERR_LIMIT);
    assert_string_equal(err.text, "saving: disk full");
    err_prefix(&err, "%s of %s", "export", err.text);
    assert_string_equal(err.text, "export of saving: disk full: saving: disk full");
    assert_int_equal(err.code, ERR_LIMIT);
}

/* 512 bytes end within a character of two, three and four bytes; none is left in half. */
static void test_cut_between_characters(void **state)
{
    (void)state;
    static const char *const characters[] = {"\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x94\x91"};
    for (size_t i = 0; i < sizeof characters / sizeof characters[0]; i++) {
        for (size_t shift = 0; shift < 4; shift++) {
            char text[700] = "";
            size_t n = strlen(characters[i]);
            memset(text, 'x', shift);
            for (size_t at = shift; at + n < sizeof text; at += n)
                memcpy(text + at, characters[i], n);
            struct err err;
            assert_int_equal(err_set(&err, ERR_IO, "%s", text), ERR_IO);
            size_t len = strlen(err.text);
            assert_true(len > 507 && len < sizeof err.text);
            assert_int_equal((len - shift) % n, 0);
            assert_memory_equal(err.text, text, len);
            err_prefix(&err, "p");
            len = strlen(err.text);
            assert_true(len > 507 && len < sizeof err.text);
            assert_int_equal((len - 3 - shift) % n, 0);
        }
    }
}

static void test_advice(void **state)
{
    (void)state;
    struct err err;
    (void)err_set(&err, ERR_IO, "it broke; badly; mend it");
    assert_int_equal(err.advice_at, 0);
    err_note_advice(&err);
    assert_string_equal(err.text + err.advice_at, "mend it");
    err_prefix(&err, "%s", "here");
    assert_string_equal(err.text, "here: it broke; badly; mend it");
    assert_string_equal(err.text + err.advice_at, "mend it");
    char longest[500];
    memset(longest, 'x', sizeof longest);
    longest[sizeof longest - 1] = '\0';
    err_prefix(&err, "%s", longest); /* which pushes it out */
    assert_int_equal(err.advice_at, 0);
    (void)err_set(&err, ERR_IO, "it broke; ");
    err_note_advice(&err);
    assert_int_equal(err.advice_at, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_code_has_words),
        cmocka_unit_test(test_set_empties_what_was_there),
        cmocka_unit_test(test_text_may_be_its_own_argument),
        cmocka_unit_test(test_cut_between_characters),
        cmocka_unit_test(test_advice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
