/* grid: whatever is put, cells stay cells: clipped, clean, wide characters whole. */
#include "tui/term/grid.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

static void expect_screen(const struct grid *g, const char *want)
{
    struct buf b = {0};

    grid_dump(g, &b);
    assert_string_equal(b.data, want);
    buf_free(&b);
}

static void put_is_clipped_and_clean(void **state)
{
    static const struct {
        int x, width;
        const char *text, *want;
        int used;
    } rows[] = {
        {0, 8, "hello", "hello\n", 5},
        {0, 3, "hello", "hel\n", 3},
        {6, 8, "hello", "      he\n", 5},
        {-2, 8, "hello", "llo\n", 5},
        {9, 8, "hello", "\n", 5},
        {0, 0, "hello", "\n", 0},
        {0, 8, "a\tb\nc", "a b c\n", 5},
        {0, 8, "a\x1b[31mb", "a\xef\xbf\xbd[31mb\n", 7},
        {0, 8, "\xff\xfe", "\xef\xbf\xbd\xef\xbf\xbd\n", 2},
        {0, 8, "a\xe2\x80\xae" "b", "a\xef\xbf\xbd" "b\n", 3},  /* bidi override */
        {0, 8, "e\xcc\x81x", "e\xcc\x81x\n", 2},                /* a mark takes no cell */
        {0, 8, "\xe2\x98\x80\xef\xb8\x8f!", "\xe2\x98\x80!\n", 2}, /* variation selector goes */
        {0, 8, "日本", "日本\n", 4},
        {0, 3, "日本", "日\n", 2},
        {7, 8, "日", "\n", 2},   /* half of it would stand outside: a blank */
        {-1, 8, "日x", " x\n", 3},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct grid g;

        grid_init(&g, 8, 1, false);
        assert_int_equal(grid_put(&g, rows[i].x, 0, rows[i].width, ROLE_NORMAL, rows[i].text),
                         rows[i].used);
        expect_screen(&g, rows[i].want);
        grid_free(&g);
    }
}

static void ascii_has_no_other_bytes(void **state)
{
    struct grid g;
    struct buf b = {0};

    (void)state;
    grid_init(&g, 12, 4, true);
    grid_box(&g, (struct rect){0, 0, 12, 4}, ROLE_BORDER);
    grid_put_fit(&g, 1, 1, 10, ROLE_NORMAL, "日本-ünïcödé-long", 0);
    for (int i = 0; i < GLYPH_COUNT; i++)
        grid_glyph(&g, 1 + i % 10, 2, ROLE_NORMAL, (enum glyph)i);
    grid_dump(&g, &b);
    for (size_t i = 0; i < b.len; i++)
        assert_true((b.data[i] >= 0x20 && b.data[i] < 0x7f) || b.data[i] == '\n');
    buf_free(&b);
    grid_free(&g);
}

static void glyphs_are_one_cell_in_both_forms(void **state)
{
    struct grid g;

    (void)state;
    for (int ascii = 0; ascii < 2; ascii++) {
        grid_init(&g, 4, 1, ascii != 0);
        for (int i = 0; i < GLYPH_COUNT; i++)
            assert_int_equal(grid_text_width(&g, glyph_text((enum glyph)i, ascii != 0)), 1);
        grid_free(&g);
    }
}

static void half_a_wide_character_becomes_a_blank(void **state)
{
    struct grid g;

    (void)state;
    grid_init(&g, 6, 1, false);
    grid_put(&g, 0, 0, 6, ROLE_NORMAL, "日本語");
    grid_put(&g, 1, 0, 1, ROLE_NORMAL, "x"); /* over the right half of the first */
    expect_screen(&g, " x本語\n");
    grid_put(&g, 4, 0, 1, ROLE_NORMAL, "y"); /* over the left half of the last */
    expect_screen(&g, " x本y\n");
    grid_put(&g, 1, 0, 2, ROLE_NORMAL, "字"); /* over a cell and half of the next */
    expect_screen(&g, " 字 y\n");
    grid_free(&g);
}

static void marks_never_overflow_a_cell(void **state)
{
    struct grid g;
    char text[64] = "\xf0\xa0\x80\x80"; /* a base of 4 bytes */

    (void)state;
    for (int i = 0; i < 6; i++)
        strcat(text, "\xf0\x9d\x85\xa5"); /* marks of 4 bytes */
    grid_init(&g, 4, 1, false);
    grid_put(&g, 0, 0, 4, ROLE_NORMAL, text);
    assert_true(strlen(grid_at(&g, 0, 0)->text) <= CELL_TEXT_BYTES - 1);
    assert_int_equal(grid_at(&g, 0, 0)->width, 2);
    grid_free(&g);
}

static void clip_keeps_everything_else(void **state)
{
    struct grid g;

    (void)state;
    grid_init(&g, 6, 3, false);
    grid_blank(&g, (struct rect){0, 0, 6, 3}, ROLE_NORMAL);
    for (int y = 0; y < 3; y++)
        grid_put(&g, 0, y, 6, ROLE_NORMAL, "......");

    struct rect old = grid_clip(&g, (struct rect){1, 1, 3, 1});
    struct rect inner = grid_clip(&g, (struct rect){-5, -5, 8, 20}); /* never wider than before */

    grid_put(&g, 0, 1, 6, ROLE_NORMAL, "abcdef");
    grid_put(&g, 0, 0, 6, ROLE_NORMAL, "abcdef");
    grid_unclip(&g, inner);
    grid_glyph(&g, 3, 1, ROLE_NORMAL, GLYPH_CURSOR);
    grid_box(&g, (struct rect){0, 0, 6, 3}, ROLE_NORMAL);
    grid_unclip(&g, old);
    expect_screen(&g, "......\n.bc>..\n......\n");
    grid_free(&g);
}

static void fit_shortens_and_aligns(void **state)
{
    static const struct {
        const char *text;
        unsigned flags;
        const char *want;
    } rows[] = {
        {"short", 0, "short\n"},
        {"short", FIT_RIGHT, "     short\n"},
        {"short", FIT_CENTRE, "  short\n"},
        {"much too long", 0, "much too …\n"},
        {"much too long", FIT_MIDDLE, "much …long\n"},
        {"日本語日本語", 0, "日本語日…\n"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct grid g;

        grid_init(&g, 10, 1, false);
        grid_put_fit(&g, 0, 0, 10, ROLE_NORMAL, rows[i].text, rows[i].flags);
        expect_screen(&g, rows[i].want);
        grid_free(&g);
    }
}

static void roles_stay_with_cells(void **state)
{
    struct grid g;

    (void)state;
    grid_init(&g, 6, 1, false);
    grid_put(&g, 0, 0, 6, ROLE_SEV_HIGH, "H日x");
    assert_int_equal(grid_at(&g, 2, 0)->role, ROLE_SEV_HIGH);
    grid_role(&g, (struct rect){0, 0, 99, 99}, ROLE_CURSOR);
    assert_int_equal(grid_at(&g, 5, 0)->role, ROLE_CURSOR);
    assert_string_equal(grid_at(&g, 1, 0)->text, "日");
    assert_null(grid_at(&g, 6, 0));
    assert_null(grid_at(&g, 0, -1));
    grid_free(&g);
}

static void sizes_are_bounded(void **state)
{
    struct grid g;

    (void)state;
    grid_init(&g, -3, 100000, false);
    assert_int_equal(g.w, 1);
    assert_int_equal(g.h, GRID_SIDE_MAX);
    grid_box(&g, (struct rect){-5, -5, 1, 1}, ROLE_NORMAL);
    grid_box(&g, (struct rect){0, 0, 0, 0}, ROLE_NORMAL);
    grid_put(&g, 0, 5000, 3, ROLE_NORMAL, "x");
    grid_free(&g);
}

/* Anything anywhere: a wide character is always followed by its right half, and by nothing else. */
static void random_puts_keep_the_cells_whole(void **state)
{
    static const char *const texts[] = {"日本語", "abc", "e\xcc\x81", "\xf0\x9f\x98\x80", "x日", " ", "\x01"};
    struct grid g;

    (void)state;
    srand(7);
    grid_init(&g, 11, 3, false);
    for (int n = 0; n < 20000; n++) {
        struct rect old = grid_clip(&g, (struct rect){rand() % 13 - 1, 0, rand() % 12, 3});

        grid_put(&g, rand() % 15 - 2, rand() % 4 - 1, rand() % 14, ROLE_NORMAL, texts[rand() % 7]);
        grid_unclip(&g, old);
        for (int y = 0; y < 3; y++) {
            for (int x = 0; x < 11; x++) {
                const struct grid_cell *c = grid_at(&g, x, y);

                if (c->width == 2)
                    assert_true(x + 1 < 11 && c[1].width == 0 && c[1].text[0] == '\0');
                if (c->width == 0)
                    assert_true(x > 0 && c[-1].width == 2);
                if (c->width > 0)
                    assert_true(c->text[0] != '\0');
            }
        }
    }
    grid_free(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(put_is_clipped_and_clean),
        cmocka_unit_test(ascii_has_no_other_bytes),
        cmocka_unit_test(glyphs_are_one_cell_in_both_forms),
        cmocka_unit_test(half_a_wide_character_becomes_a_blank),
        cmocka_unit_test(marks_never_overflow_a_cell),
        cmocka_unit_test(clip_keeps_everything_else),
        cmocka_unit_test(fit_shortens_and_aligns),
        cmocka_unit_test(roles_stay_with_cells),
        cmocka_unit_test(sizes_are_bounded),
        cmocka_unit_test(random_puts_keep_the_cells_whole),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
