/* widgets: what is drawn, cell by cell; no terminal. */
#include "tui/widgets/box.h"
#include "tui/widgets/confirm.h"
#include "tui/widgets/gauge.h"
#include "tui/widgets/help.h"
#include "tui/widgets/line.h"
#include "tui/widgets/mark.h"
#include "tui/widgets/matrix.h"
#include "tui/widgets/menu.h"
#include "tui/widgets/paragraph.h"
#include "tui/widgets/prompt.h"
#include "tui/widgets/table.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void expect_screen(const struct grid *g, const char *want)
{
    struct buf b = {0};

    grid_dump(g, &b);
    if (strcmp(b.data, want) != 0)
        fail_msg("drawn:\n%s\nwanted:\n%s", b.data, want);
    buf_free(&b);
}

static struct event key_event(const char *name)
{
    struct event ev = {.kind = EV_KEY, .key = event_key_parse(name, strlen(name))};

    assert_int_not_equal(ev.key, 0);
    return ev;
}

/* ---- marks and countdowns ------------------------------------------------------------------------ */

static void a_zero_is_a_fact(void **state)
{
    static const struct {
        uint64_t n;
        bool is_loading, is_at_least;
        const char *text;
    } rows[] = {{0, false, false, "0"}, {0, true, false, ".."}, {0, false, true, "?"},  {0, true, true, ".."},
                {9, false, false, "9"}, {9, true, false, "9+"}, {9, false, true, "9+"}};
    char text[COUNT_SIZE];

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        count_text(rows[i].n, rows[i].is_loading, rows[i].is_at_least, text);
        assert_string_equal(text, rows[i].text);
    }
}

static void marks_have_their_roles(void **state)
{
    static const struct {
        const char *text;
        enum role role;
    } rows[] = {
        {"C", ROLE_SEV_CRITICAL}, {"H 4", ROLE_SEV_HIGH}, {"M", ROLE_SEV_MEDIUM},
        {"C?", ROLE_SEV_CRITICAL}, {"H~", ROLE_SEV_HIGH}, {"CA", ROLE_LINK},
        {"L 1", ROLE_SEV_LOW},    {"I", ROLE_SEV_INFO},   {".", ROLE_SEV_NONE},
        {"?", ROLE_UNKNOWN},      {"? 2", ROLE_UNKNOWN},  {"..", ROLE_LOADING},
        {"-", ROLE_ABSENT},       {"~9m", ROLE_STALE},    {"", ROLE_LINK},
        {"Cold", ROLE_LINK},      {"462+", ROLE_LINK},    {"...", ROLE_LINK},
        {"-1", ROLE_LINK},        {"?x", ROLE_LINK},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_int_equal(mark_role(rows[i].text, ROLE_LINK), rows[i].role);
}

static void countdowns_are_words(void **state)
{
    static const struct {
        int64_t seconds;
        const char *want;
        enum role role;
    } rows[] = {
        {6 * 86400 + 4 * 3600, "6d 04h", ROLE_SEV_CRITICAL},
        {7 * 86400, "7d 00h", ROLE_SEV_HIGH},
        {27 * 86400 + 11 * 3600, "27d 11h", ROLE_SEV_MEDIUM},
        {3 * 3600 + 600, "3h 10m", ROLE_SEV_CRITICAL},
        {59, "0m", ROLE_SEV_CRITICAL},
        {0, "now", ROLE_SEV_CRITICAL},
        {-5, "now", ROLE_SEV_CRITICAL},
        {INT64_MAX, "106751991167300d 15h", ROLE_SEV_MEDIUM},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char out[COUNTDOWN_SIZE];

        countdown_text(rows[i].seconds, out);
        assert_string_equal(out, rows[i].want);
        assert_int_equal(countdown_role(rows[i].seconds), rows[i].role);
    }
}

/* ---- scrolling ----------------------------------------------------------------------------------- */

static void scrolling_keeps_the_cursor_in_sight(void **state)
{
    static const struct {
        size_t cursor, top, n, page;
        enum scroll_motion motion;
        size_t want_cursor, want_top;
    } rows[] = {
        {0, 0, 100, 10, SCROLL_UP, 0, 0},
        {0, 0, 100, 10, SCROLL_DOWN, 1, 0},
        {9, 0, 100, 10, SCROLL_DOWN, 10, 1},
        {5, 5, 100, 10, SCROLL_UP, 4, 4},
        {99, 90, 100, 10, SCROLL_DOWN, 99, 90},
        {3, 0, 100, 10, SCROLL_HALF_DOWN, 8, 5},
        {8, 5, 100, 10, SCROLL_HALF_UP, 3, 0},
        {3, 0, 100, 10, SCROLL_PAGE_DOWN, 12, 9},
        {97, 90, 100, 10, SCROLL_PAGE_DOWN, 99, 90},
        {50, 45, 100, 10, SCROLL_FIRST, 0, 0},
        {50, 45, 100, 10, SCROLL_LAST, 99, 90},
        {0, 0, 0, 10, SCROLL_DOWN, 0, 0},
        {0, 0, 0, 10, SCROLL_LAST, 0, 0},
        {5, 2, 3, 10, SCROLL_DOWN, 2, 0},
        {0, 0, 5, 0, SCROLL_DOWN, 1, 1},
        {999999, 999990, 1000000, 10, SCROLL_DOWN, 999999, 999990},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct scroll s = {rows[i].cursor, rows[i].top};

        scroll_move(&s, rows[i].motion, rows[i].n, rows[i].page);
        if (s.cursor != rows[i].want_cursor || s.top != rows[i].want_top)
            fail_msg("row %zu: cursor %zu, top %zu", i, s.cursor, s.top);
    }
}

static void a_shorter_list_moves_the_window(void **state)
{
    struct scroll s = {80, 75};

    (void)state;
    scroll_fit(&s, 12, 10);
    assert_int_equal(s.cursor, 11);
    assert_int_equal(s.top, 2);
    scroll_fit(&s, 12, 20);
    assert_int_equal(s.top, 0);
}

/* ---- tables -------------------------------------------------------------------------------------- */

static const struct table_column columns[] = {
    {"name", "NAME", 6, 10, 0, TABLE_NAME},
    {"state", "STATE", 5, 8, 1, 0},
    {"used", "USED", 4, 5, 2, TABLE_RIGHT},
    {"arn", "ARN", 8, 20, 3, TABLE_MIDDLE},
};
#define N_COLUMNS 4

static void layout_gives_by_priority(void **state)
{
    static const struct {
        int width, first_column;
        bool is_wide;
        const char *want; /* column@x+width ... (dropped) */
    } rows[] = {
        {6, 0, false, "0@0+2 (3)"},
        {12, 0, false, "0@0+8 (3)"},
        {17, 0, false, "0@0+6 1@8+5 (2)"},
        {20, 0, false, "0@0+9 1@11+5 (2)"},
        {23, 0, false, "0@0+6 1@8+5 2@15+4 (1)"},
        {28, 0, false, "0@0+10 1@12+6 2@20+4 (1)"},
        {29, 0, false, "0@0+6 1@8+5 2@15+4 3@21+8 (0)"},
        {35, 0, false, "0@0+10 1@12+7 2@21+4 3@27+8 (0)"},
        {36, 0, false, "0@0+10 1@12+8 2@22+4 3@28+8 (0)"},
        {49, 0, false, "0@0+10 1@12+8 2@22+5 3@29+20 (0)"},
        {55, 0, false, "0@0+16 1@18+8 2@28+5 3@35+20 (0)"},
        {80, 0, false, "0@0+20 1@24+8 2@36+5 3@45+20 (0)"},
        {49, 1, false, "0@0+16 2@18+5 3@25+20 (1)"},
        {40, 0, true, "0@0+19 1@21+8 2@31+5 (1)"},
        {60, 2, true, "0@0+20 3@24+20 (2)"},
        {27, 2, true, "0@0+10 3@12+11 (2)"}, /* beside the name what there is room for, less than its ideal too */
        {0, 0, false, "0@0+0 (3)"},
        {-5, 0, false, "0@0+0 (3)"},
    };
    int n_wrong = 0;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct table_layout l;
        struct buf b = {0};

        table_layout(columns, N_COLUMNS, rows[i].width, rows[i].first_column, rows[i].is_wide, &l);
        for (int k = 0; k < l.n; k++)
            buf_printf(&b, "%d@%d+%d ", l.slots[k].column, l.slots[k].x, l.slots[k].w);
        buf_printf(&b, "(%d)", l.n_dropped);
        if (strcmp(b.data, rows[i].want) != 0)
            print_error("row %zu (width %d): %s instead of %s\n", i, rows[i].width, b.data, rows[i].want);
        n_wrong += strcmp(b.data, rows[i].want) != 0;
        buf_free(&b);
    }
    assert_int_equal(n_wrong, 0);
}

/* Any columns, any width: nothing overlaps, nothing leaves the width, the name is there. */
static void layout_never_overlaps(void **state)
{
    struct table_column some[12] = {{0}};

    (void)state;
    srand(3);
    for (int n = 0; n < 3000; n++) {
        struct table_layout l;
        int n_columns = 1 + rand() % 12, width = rand() % 200, end = 0;
        bool has_name = false;

        for (int i = 0; i < n_columns; i++) {
            int min = 1 + rand() % 20;

            some[i] = (struct table_column){"x", "X", min, min + rand() % 30, rand() % 5, 0};
        }
        some[rand() % n_columns].flags = TABLE_NAME;
        table_layout(some, n_columns, width, rand() % 3, rand() % 2, &l);
        for (int i = 0; i < l.n; i++) {
            assert_true(l.slots[i].x >= end);
            end = l.slots[i].x + l.slots[i].w;
            has_name = has_name || (some[l.slots[i].column].flags & TABLE_NAME);
        }
        assert_true(end <= width);
        assert_true(has_name);
        assert_int_equal(l.n + l.n_dropped, n_columns);
    }
}

struct counter {
    size_t n_rows, least, most;
};

static void counted_row(void *ctx, size_t row, struct table_row *out)
{
    struct counter *c = ctx;

    c->n_rows++;
    c->least = row < c->least ? row : c->least;
    c->most = row > c->most ? row : c->most;
    out->severity = row % 3 == 0 ? "C" : row % 3 == 1 ? ".." : "?";
    out->is_marked = row % 4 == 1;
}

static void counted_cell(void *ctx, size_t row, int column, struct table_cell *out)
{
    static const char *const arn = "arn:aws:kms:eu-west-1:111122223333:key/1234";

    (void)ctx;
    if (column == 0)
        snprintf(out->own, sizeof out->own, "name %zu", row);
    else if (column == 2)
        snprintf(out->own, sizeof out->own, "%zu+", row % 100);
    out->text = column == 1 ? (row % 3 ? "?" : "DEL 6d") : column == 3 ? arn : out->own;
}

static void table_is_drawn(void **state)
{
    struct counter c = {.least = SIZE_MAX};
    const struct table t = {columns, N_COLUMNS, 5, &c, counted_row, counted_cell, NULL};
    struct table_state s = {.sort_column = 2, .is_descending = true};
    const struct table_look look = {.is_focused = true};
    struct grid g;

    (void)state;
    s.scroll.cursor = 1;
    grid_init(&g, 53, 6, false);
    table_draw(&g, (struct rect){0, 0, 53, 6}, &t, &s, &look);
    expect_screen(&g, "    NAME        STATE      USED↓ ARN\n"
                      " C  name 0      DEL 6d       0+  arn:aws:km…:key/1234\n"
                      ">..*name 1      ?            1+  arn:aws:km…:key/1234\n"
                      " ?  name 2      ?            2+  arn:aws:km…:key/1234\n"
                      " C  name 3      DEL 6d       3+  arn:aws:km…:key/1234\n"
                      " .. name 4      ?            4+  arn:aws:km…:key/1234\n");
    grid_free(&g);
}

static void only_seen_rows_are_asked_for(void **state)
{
    struct counter c = {.least = SIZE_MAX};
    const struct table t = {columns, N_COLUMNS, 1000000, &c, counted_row, counted_cell, NULL};
    struct table_state s = {.sort_column = -1};
    const struct table_look look = {.is_focused = true};
    struct grid g;

    (void)state;
    grid_init(&g, 80, 24, false);
    s.scroll.cursor = 777777;
    table_draw(&g, (struct rect){0, 0, 80, 24}, &t, &s, &look);
    assert_int_equal(c.n_rows, 23);
    assert_true(c.least <= 777777 && c.most >= 777777 && c.most - c.least == 22);
    grid_free(&g);
}

static void cursor_is_seen_in_every_form(void **state)
{
    struct counter c = {0};
    const struct table t = {columns, N_COLUMNS, 3, &c, counted_row, counted_cell, NULL};
    struct table_state s = {.sort_column = -1};
    struct table_look look = {.is_focused = true};
    struct grid g;
    size_t row;

    (void)state;
    grid_init(&g, 80, 5, false);
    table_draw(&g, (struct rect){0, 0, 80, 5}, &t, &s, &look);
    assert_int_equal(grid_at(&g, 0, 1)->role, ROLE_CURSOR_UNFOCUSED);
    assert_int_equal(grid_at(&g, 1, 1)->role, ROLE_SEV_CRITICAL); /* how bad it is stays in its colour */
    assert_int_equal(grid_at(&g, 4, 1)->role, ROLE_CURSOR);
    assert_int_not_equal(grid_at(&g, 79, 1)->role, ROLE_CURSOR); /* the byte budget at 80 columns */
    assert_int_equal(grid_at(&g, 3, 2)->role, ROLE_MARK);
    assert_string_equal(grid_at(&g, 0, 1)->text, ">");

    grid_reset(&g, 80, 5);
    look.is_focused = false;
    table_draw(&g, (struct rect){0, 0, 80, 5}, &t, &s, &look);
    assert_string_equal(grid_at(&g, 0, 1)->text, " "); /* one cursor a screen */
    assert_int_not_equal(grid_at(&g, 4, 1)->role, ROLE_CURSOR);

    assert_true(table_row_at((struct rect){0, 0, 80, 5}, &t, &s, &look, 5, 3, &row) && row == 2);
    assert_false(table_row_at((struct rect){0, 0, 80, 5}, &t, &s, &look, 5, 0, &row));
    assert_false(table_row_at((struct rect){0, 0, 80, 5}, &t, &s, &look, 5, 4, &row));
    grid_free(&g);
}

static void columns_scroll(void **state)
{
    struct counter c = {0};
    const struct table t = {columns, N_COLUMNS, 1, &c, counted_row, counted_cell, NULL};
    struct table_state s = {.sort_column = -1};
    const struct table_look look = {0};
    const struct rect r = {0, 0, 25, 2};
    struct grid g;

    (void)state;
    grid_init(&g, 25, 2, false);
    table_draw(&g, r, &t, &s, &look);
    expect_screen(&g, "    NAME        STATE  +2\n C  name 0      DEL …\n");
    table_scroll_columns(&t, &s, r, 1);
    grid_reset(&g, 25, 2);
    table_draw(&g, r, &t, &s, &look);
    expect_screen(&g, "    NAME         USED  +2\n C  name 0         0+\n");
    for (int i = 0; i < 9; i++)
        table_scroll_columns(&t, &s, r, 1);
    assert_true(s.first_column <= 3);
    for (int i = 0; i < 9; i++)
        table_scroll_columns(&t, &s, r, -1);
    assert_int_equal(s.first_column, 0);
    grid_free(&g);
}

static void empty_tables_say_so(void **state)
{
    const struct table t = {columns, N_COLUMNS, 0, NULL, counted_row, counted_cell,
                            "No backup vaults in 6 accounts, 9 regions."};
    struct table_state s = {.sort_column = -1};
    const struct table_look look = {0};
    struct grid g;

    (void)state;
    grid_init(&g, 31, 4, false);
    table_draw(&g, (struct rect){0, 0, 31, 4}, &t, &s, &look);
    expect_screen(&g, "    NAME        STATE  USED  +1\n    No backup vaults in 6\n    accounts, 9 regions.\n\n");
    grid_free(&g);
}

/* ---- trees --------------------------------------------------------------------------------------- */

static const int depths[] = {0, 1, 2, 2, 1, 2, 3, 0};

static int depth_of(void *ctx, size_t node)
{
    (void)ctx;
    return depths[node];
}

static void draw_tree(struct grid *g, const struct tree *t)
{
    grid_reset(g, 10, 8);
    for (size_t row = 0; row < t->n_visible; row++) {
        struct tree_branch b;

        tree_branch(t, row, &b);
        grid_printf(g, tree_draw_branch(g, 0, (int)row, 10, &b), (int)row, 10, ROLE_NORMAL, "%u",
                    (unsigned)t->visible[row]);
    }
}

static void trees_fold(void **state)
{
    struct tree t = {0};
    struct grid g;

    (void)state;
    grid_init(&g, 10, 8, false);
    tree_build(&t, 8, depth_of, NULL);
    draw_tree(&g, &t);
    expect_screen(&g, "▾ 0\n├▾ 1\n│ ├─ 2\n│ └─ 3\n└▾ 4\n  └▾ 5\n    └─ 6\n7\n");
    tree_fold(&t, 1, true);
    tree_fold(&t, 2, true); /* a leaf has nothing to fold */
    draw_tree(&g, &t);
    expect_screen(&g, "▾ 0\n├▸ 1\n└▾ 4\n  └▾ 5\n    └─ 6\n7\n\n\n");
    assert_int_equal(tree_row_of(&t, 3), 1); /* hidden: the row that hides it */
    assert_int_equal(tree_row_of(&t, 6), 4);
    tree_fold(&t, 1, false);
    tree_fold_to(&t, 1);
    draw_tree(&g, &t);
    expect_screen(&g, "▾ 0\n├▸ 1\n└▸ 4\n7\n\n\n\n\n");
    tree_fold_to(&t, 9);
    assert_int_equal(t.n_visible, 8);
    tree_build(&t, 5, depth_of, NULL); /* shorter */
    assert_int_equal(t.n_visible, 5);
    tree_build(&t, 0, depth_of, NULL);
    assert_int_equal(t.n_visible, 0);
    tree_free(&t);
    grid_free(&g);
}

static int deep(void *ctx, size_t node)
{
    (void)ctx;
    return (int)node;
}

static void deep_trees_are_bounded(void **state)
{
    struct tree t = {0};
    struct tree_branch b;
    struct grid g;

    (void)state;
    grid_init(&g, 20, 1, true);
    tree_build(&t, 1000, deep, NULL);
    tree_branch(&t, 999, &b);
    assert_int_equal(b.depth, TREE_DEPTH_MAX);
    tree_draw_branch(&g, 0, 0, 20, &b);
    tree_branch(&t, 5000, &b);
    assert_int_equal(b.depth, 0);
    tree_free(&t);
    grid_free(&g);
}

/* ---- gauges -------------------------------------------------------------------------------------- */

static void bars_never_lie(void **state)
{
    static const struct {
        uint64_t part, unknown, whole;
        const char *want;
    } rows[] = {
        {0, 0, 10, "..........\n"},
        {10, 0, 10, "##########\n"},
        {5, 0, 10, "#####.....\n"},
        {1, 0, 1000000, "#.........\n"},
        {999999, 0, 1000000, "#########.\n"},
        {999999, 1, 1000000, "#########?\n"},
        {0, 1000, 1000, "??????????\n"},
        {0, 1, 1000, "?.........\n"},
        {500, 499, 1000, "####?????.\n"},
        {0, 0, 0, "..........\n"},
        {20, 0, 10, "##########\n"},
        {UINT64_MAX, 0, UINT64_MAX, "##########\n"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct grid g;

        grid_init(&g, 10, 1, true);
        bar_draw(&g, 0, 0, 10, rows[i].part, rows[i].unknown, rows[i].whole);
        expect_screen(&g, rows[i].want);
        grid_free(&g);
    }
}

static void rulers_are_to_scale(void **state)
{
    static const struct {
        int64_t days;
        const char *want;
    } rows[] = {
        {0, "o\n"},
        {-3, "o\n"},
        {7, "|------o\n"},
        {15, "|--------------o\n"},
        {30, "|-----------------------------o\n"},
        {31, "|----------------------------->\n"},
        {INT64_MAX / 86400, "|----------------------------->\n"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct grid g;

        grid_init(&g, 31, 1, true);
        ruler_draw(&g, 0, 0, 31, rows[i].days * 86400, 30, ROLE_NORMAL);
        expect_screen(&g, rows[i].want);
        grid_free(&g);
    }

    struct grid g;

    grid_init(&g, 42, 1, true);
    ruler_draw_head(&g, 0, 0, 42, 30);
    expect_screen(&g, "now------7d-------14d-------21d--------30d\n");
    grid_reset(&g, 12, 1);
    ruler_draw_head(&g, 0, 0, 12, 30); /* little room: fewer days */
    expect_screen(&g, "now-14d--30d\n");
    grid_free(&g);
}

static void sparks_show_the_newest(void **state)
{
    static const int64_t values[] = {99, 0, 1, 2, 4, SPARK_UNKNOWN, 8};
    static const int64_t same[] = {7, 7, 7}, zero[] = {0, 0}, close[] = {100, 101, 102};
    struct grid g;

    (void)state;
    grid_init(&g, 6, 1, false);
    spark_draw(&g, 0, 0, 6, values, 7);
    expect_screen(&g, "▁▂▃▅?█\n");
    grid_reset(&g, 6, 1);
    spark_draw(&g, 0, 0, 6, zero, 2);
    expect_screen(&g, "    ▁▁\n");
    grid_reset(&g, 6, 1);
    spark_draw(&g, 0, 0, 6, same, 3);
    expect_screen(&g, "   ███\n");
    grid_reset(&g, 6, 1);
    spark_draw(&g, 0, 0, 6, close, 3);
    expect_screen(&g, "   ▁▅█\n");
    spark_draw(&g, 0, 0, 0, values, 7);
    spark_draw(&g, 0, 0, 6, values, 0);
    grid_free(&g);
}

/* ---- matrix -------------------------------------------------------------------------------------- */

static void row_title(void *ctx, size_t row, struct table_cell *out)
{
    (void)ctx;
    snprintf(out->own, sizeof out->own, "account-%zu", row);
    out->text = out->own;
}

static void column_title(void *ctx, size_t column, struct table_cell *out)
{
    (void)ctx;
    snprintf(out->own, sizeof out->own, "reg%zu", column);
    out->text = out->own;
}

static void matrix_cell(void *ctx, size_t row, size_t column, struct table_cell *out)
{
    (void)ctx;
    out->text = row == column ? "C 3" : column > row ? "-" : ".";
}

/* Of three columns an account. */
static void column_group(void *ctx, size_t column, struct table_cell *out)
{
    (void)ctx;
    snprintf(out->own, sizeof out->own, "a-long-name-%zu", column / 3);
    out->text = out->own;
}

static void matrix_has_groups(void **state)
{
    const struct matrix m = {.n_rows = 5, .n_columns = 8, .corner = "WORST", .title_cols = 9, .cell_cols = 5,
                             .row_title = row_title, .column_title = column_title, .cell = matrix_cell,
                             .column_group = column_group};
    struct matrix_state s = {{1, 0}, {4, 0}};
    const struct rect r = {0, 0, 30, 4};
    struct grid g;
    size_t row, column;

    (void)state;
    grid_init(&g, 30, 4, false);
    assert_int_equal(matrix_page_rows(r, &m), 2);
    matrix_draw(&g, r, &m, &s, true);
    expect_screen(&g, "             a-l\xe2\x80\xa6 a-long-n\xe2\x80\xa6\n"
                      "  WORST      reg2 reg3 reg4 +5\n"
                      "  account-0  -    -    -\n"
                      "> account-1  -    -    -\n");
    assert_true(matrix_cell_at(r, &m, &s, 24, 3, &row, &column) && row == 1 && column == 4);
    assert_false(matrix_cell_at(r, &m, &s, 24, 1, &row, &column));
    grid_free(&g);
}

static void matrix_is_drawn(void **state)
{
    const struct matrix m = {5, 8, NULL, "WORST", 9, 5, row_title, column_title, matrix_cell, NULL};
    struct matrix_state s = {{1, 0}, {1, 0}};
    const struct rect r = {0, 0, 30, 4};
    struct grid g;
    size_t row, column;

    (void)state;
    grid_init(&g, 30, 4, false);
    matrix_draw(&g, r, &m, &s, true);
    expect_screen(&g, "  WORST      reg0 reg1 reg2 +5\n"
                      "  account-0  C 3  -    -\n"
                      "> account-1  .    C 3  -\n"
                      "  account-2  .    .    C 3\n");
    assert_int_equal(grid_at(&g, 19, 2)->role, ROLE_CURSOR);
    assert_int_equal(grid_at(&g, 18, 2)->role, ROLE_SEV_CRITICAL); /* what it says stays in its colour */
    assert_int_equal(grid_at(&g, 13, 1)->role, ROLE_SEV_CRITICAL);
    assert_true(matrix_cell_at(r, &m, &s, 24, 3, &row, &column) && row == 2 && column == 2);
    assert_false(matrix_cell_at(r, &m, &s, 3, 3, &row, &column));

    s.rows.cursor = 4;
    s.columns.cursor = 7;
    grid_reset(&g, 30, 4);
    matrix_draw(&g, r, &m, &s, false);
    expect_screen(&g, "  WORST      reg5 reg6 reg7 +5\n"
                      "  account-2  -    -    -\n"
                      "  account-3  -    -    -\n"
                      "  account-4  -    -    -\n");
    grid_free(&g);
}

/* ---- lines --------------------------------------------------------------------------------------- */

static void tabs_give_up_the_least(void **state)
{
    static const struct tab tabs[] = {{"1", "Overview", "Over", NULL},
                                      {"2", "Accounts", "Accts", "6"},
                                      {"3", "Keys", NULL, "214"}};
    static const struct {
        int width;
        size_t active;
        const char *want;
    } rows[] = {
        {60, 0, "[1 Overview]  2 Accounts 6   3 Keys 214\n"},
        {40, 0, "[1 Overview]  2 Accounts 6   3 Keys 214\n"},
        {38, 0, "[1 Overview] 2 Accounts 6  3 Keys 214\n"},
        {36, 1, " 1 Overview[2 Accounts 6]3 Keys 214\n"},
        {33, 1, " 1 Over[2 Accounts 6]3 Keys 214\n"},
        {29, 2, " 1 Over 2 Accts 6[3 Keys 214]\n"},
        {26, 2, " 1 Over 2 Accts[3 Keys 214\n"},
        {10, 2, " 1 Over 2\n"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct grid g;

        grid_init(&g, rows[i].width, 1, false);
        tabs_draw(&g, 0, 0, rows[i].width, tabs, 3, rows[i].active);
        expect_screen(&g, rows[i].want);
        grid_free(&g);
    }

    struct grid g;

    grid_init(&g, 60, 1, false);
    assert_int_equal(tabs_at(&g, 0, 60, tabs, 3, 0, 15), 1);
    assert_int_equal(tabs_at(&g, 0, 60, tabs, 3, 0, 55), 3);
    grid_free(&g);
}

static void key_hints_keep_the_pinned(void **state)
{
    static const struct key_hint hints[] = {{"enter", "open", false, false},
                                            {"i", "impact", false, false},
                                            {"x", "actions", true, false},
                                            {"?", "help", false, true},
                                            {"q", "quit", false, true}};
    static const struct {
        int width;
        const char *want;
    } rows[] = {
        {60, "enter open  i impact  (x actions)  ? help  q quit\n"},
        {49, "enter open  i impact  (x actions)  ? help  q quit\n"},
        {48, "enter open  i impact  ? help  q quit\n"},
        {26, "enter open  ? help  q quit\n"},
        {14, "? help  q quit\n"},
        {9, "? help\n"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct grid g;

        grid_init(&g, 60, 1, false);
        key_hints_draw(&g, 0, 0, rows[i].width, hints, 5);
        expect_screen(&g, rows[i].want);
        grid_free(&g);
    }
}

static void ends_meet_in_the_middle(void **state)
{
    const struct span left[] = {{ROLE_BRAND, "keyfall "}, {ROLE_SCOPE, "acme > prod-data > eu-west-1 > keys"}};
    const struct span right[] = {{ROLE_MODE_VIEWER, "VIEWER"}, {ROLE_DIM, " 14:02Z"}};
    struct grid g;

    (void)state;
    grid_init(&g, 60, 1, false);
    spans_draw_ends(&g, 0, 0, 60, left, 2, right, 2);
    expect_screen(&g, "keyfall acme > prod-data > eu-west-1 > keys    VIEWER 14:02Z\n");
    grid_reset(&g, 44, 1);
    spans_draw_ends(&g, 0, 0, 44, left, 2, right, 2);
    expect_screen(&g, "keyfall acme > pro…t-1 > keys  VIEWER 14:02Z\n");
    grid_free(&g);
}

/* ---- boxes and paragraphs ------------------------------------------------------------------------ */

static void boxes_are_drawn(void **state)
{
    struct grid g;

    (void)state;
    grid_init(&g, 24, 4, false);
    struct rect in = box_draw(&g, (struct rect){0, 0, 24, 4}, "4 Keys", "8 of 214", false);
    expect_screen(&g, "┌─ 4 Keys ─────────────┐\n│                      │\n│                      │\n"
                      "└─────────── 8 of 214 ─┘\n");
    assert_int_equal(in.x, 2);
    assert_int_equal(in.w, 20);
    assert_int_equal(in.h, 2);
    grid_reset(&g, 24, 4);
    box_draw(&g, (struct rect){0, 0, 12, 2}, "much too long a title", "and a footer", true);
    expect_screen(&g, "┌─ much … ─┐\n└─ and a… ─┘\n\n\n");
    box_draw(&g, (struct rect){0, 0, 1, 1}, "x", "y", true);
    box_draw(&g, (struct rect){0, 0, 0, 0}, NULL, NULL, true);
    grid_free(&g);
}

static void paragraphs_are_wrapped(void **state)
{
    static const struct {
        const char *text, *want;
        int lines;
    } rows[] = {
        {"", "\n\n\n\n", 1},
        {"one two three four", "one two\nthree four\n\n\n", 2},
        {"one\n\ntwo", "one\n\ntwo\n\n", 3},
        {"exactly 10", "exactly 10\n\n\n\n", 1},
        {"exactly 10 ", "exactly 10\n\n\n\n", 1},
        {"abcdefghijklmno", "abcdefghij\nklmno\n\n\n", 2},
        {"key/1234-5678", "key/1234-\n5678\n\n\n", 2},
        {"日本語日本語", "日本語日本\n語\n\n\n", 2},
        {"a  b", "a  b\n\n\n\n", 1},
        {"a\x1b[2Jb", "a\xef\xbf\xbd[2Jb\n\n\n\n", 1},
        {"1\n2\n3\n4\n5\n6", "1\n2\n3\n4\n", 6},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct grid g;

        grid_init(&g, 10, 4, false);
        assert_int_equal(
            paragraph_draw(&g, (struct rect){0, 0, 10, 4}, ROLE_NORMAL, rows[i].text, 0), rows[i].lines);
        expect_screen(&g, rows[i].want);
        assert_int_equal(paragraph_lines(&g, 10, rows[i].text), rows[i].lines);
        grid_free(&g);
    }

    struct grid g;

    grid_init(&g, 10, 2, false);
    paragraph_draw(&g, (struct rect){0, 0, 10, 2}, ROLE_NORMAL, "1\n2\n3\n4", 2);
    expect_screen(&g, "3\n4\n");
    assert_int_equal(paragraph_lines(&g, 0, "any text"), 7); /* no room at all: it ends */
    assert_int_equal(paragraph_lines(&g, 1, "日本"), 1);
    grid_free(&g);
}

/* ---- prompt -------------------------------------------------------------------------------------- */

static void prompts_edit(void **state)
{
    static const struct {
        const char *keys, *want;
        size_t at;
    } rows[] = {
        {"h e l l o", "hello", 5},
        {"a b left left x", "xab", 1},
        {"a b ^a x ^e y", "xaby", 4},
        {"a é b left left backspace", "éb", 0},
        {"a é b left backspace", "ab", 1},
        {"日 本 left delete", "日", 3},
        {"a b c ^u", "", 0},
        {"a b c left ^k", "ab", 2},
        {"o n e space t w o ^w", "one ", 4},
        {"o n e space space ^w", "", 0},
        {"^w ^u ^k backspace delete left right", "", 0},
        {"a ^b ^b ^f ^d", "a", 1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct prompt p = {0};
        char keys[128];

        snprintf(keys, sizeof keys, "%s", rows[i].keys);
        for (char *save, *name = strtok_r(keys, " ", &save); name; name = strtok_r(NULL, " ", &save)) {
            struct event ev = key_event(name);

            prompt_event(&p, &ev);
        }
        if (strcmp(prompt_text(&p), rows[i].want) != 0 || p.at != rows[i].at)
            fail_msg("row %zu: %s at %zu", i, prompt_text(&p), p.at);
        prompt_free(&p);
    }
}

static void prompts_keep_marks_with_their_base(void **state)
{
    struct prompt p = {0};
    struct event left = key_event("left"), del = key_event("delete");

    (void)state;
    prompt_set(&p, "ae\xcc\x81z");
    prompt_event(&p, &left);
    prompt_event(&p, &left);
    assert_int_equal(p.at, 1);
    prompt_event(&p, &del);
    assert_string_equal(prompt_text(&p), "az");
    prompt_free(&p);
}

static void prompts_remember(void **state)
{
    struct prompt p = {0};
    struct event up = key_event("up"), down = key_event("down"), enter = key_event("enter");

    (void)state;
    assert_int_equal(prompt_event(&p, &up), PROMPT_MOVED);
    for (int i = 0; i < PROMPT_HISTORY_MAX + 5; i++) {
        char text[24];

        snprintf(text, sizeof text, "line %d", i);
        prompt_set(&p, text);
        assert_int_equal(prompt_event(&p, &enter), PROMPT_ACCEPTED);
        assert_int_equal(prompt_event(&p, &enter), PROMPT_ACCEPTED); /* the same twice is once */
    }
    assert_int_equal(p.history.n, PROMPT_HISTORY_MAX);
    prompt_set(&p, "typed");
    assert_int_equal(prompt_event(&p, &up), PROMPT_CHANGED);
    assert_string_equal(prompt_text(&p), "line 104");
    prompt_event(&p, &up);
    assert_string_equal(prompt_text(&p), "line 103");
    prompt_event(&p, &down);
    prompt_event(&p, &down);
    assert_string_equal(prompt_text(&p), "typed");
    assert_int_equal(prompt_event(&p, &down), PROMPT_MOVED);
    prompt_free(&p);
}

static void pastes_are_clean_and_bounded(void **state)
{
    struct prompt p = {0};
    char *big = mem_alloc(PROMPT_MAX_BYTES * 2);
    struct event paste = {.kind = EV_PASTE, .text = "arn:aws\rq\x1b[2J\r\n", .len = 15};
    struct event big_paste = {.kind = EV_PASTE, .text = big, .len = PROMPT_MAX_BYTES * 2};
    struct event mouse = {.kind = EV_MOUSE}, f5 = key_event("f5"), esc = key_event("esc"),
                 ctrl_c = key_event("^c"), tab = key_event("tab");

    (void)state;
    memset(big, 'x', PROMPT_MAX_BYTES * 2);
    assert_int_equal(prompt_event(&p, &paste), PROMPT_CHANGED);
    assert_string_equal(prompt_text(&p), "arn:aws q[2J");
    assert_int_equal(prompt_event(&p, &big_paste), PROMPT_CHANGED);
    assert_int_equal(p.text.len, PROMPT_MAX_BYTES);
    assert_int_equal(prompt_event(&p, &big_paste), PROMPT_MOVED);
    assert_int_equal(prompt_event(&p, &mouse), PROMPT_IGNORED);
    assert_int_equal(prompt_event(&p, &f5), PROMPT_IGNORED);
    assert_int_equal(prompt_event(&p, &esc), PROMPT_CANCELLED);
    assert_int_equal(prompt_event(&p, &ctrl_c), PROMPT_CANCELLED);
    assert_int_equal(prompt_event(&p, &tab), PROMPT_COMPLETE);
    mem_free(big);
    prompt_free(&p);
}

static void prompts_scroll_to_the_cursor(void **state)
{
    struct prompt p = {0};
    struct event home = key_event("home");
    struct grid g;

    (void)state;
    grid_init(&g, 12, 1, false);
    prompt_set(&p, "abcdefghijklmnop");
    prompt_draw(&g, (struct rect){0, 0, 12, 1}, "/ ", &p);
    expect_screen(&g, "/ hijklmnop\n");
    assert_int_equal(g.cursor_x, 11);
    prompt_event(&p, &home);
    grid_reset(&g, 12, 1);
    prompt_draw(&g, (struct rect){0, 0, 12, 1}, "/ ", &p);
    expect_screen(&g, "/ abcdefghij\n");
    assert_int_equal(g.cursor_x, 2);
    prompt_free(&p);
    grid_free(&g);
}

/* ---- overlays ------------------------------------------------------------------------------------ */

static void confirm_wants_the_phrase(void **state)
{
    struct confirm c = {.title = "CONFIRM", .text = "This starts 400 copy jobs.", .ask = "Type it:",
                        .phrase = "prod-vault"};
    struct event enter = key_event("enter"), esc = key_event("esc"), y = key_event("y");
    struct event paste = {.kind = EV_PASTE, .text = "prod-vault", .len = 10};
    struct grid g;

    (void)state;
    assert_int_equal(confirm_event(&c, &enter), CONFIRM_OPEN); /* nothing typed: nothing done */
    assert_true(c.is_wrong);
    assert_int_equal(confirm_event(&c, &y), CONFIRM_OPEN);
    assert_int_equal(confirm_event(&c, &enter), CONFIRM_OPEN);
    grid_init(&g, 60, 9, false);
    confirm_draw(&g, (struct rect){0, 0, 60, 9}, &c);
    expect_screen(&g, "\n"
                      "┌─ CONFIRM ────────────────────────────────────────────────┐\n"
                      "│ This starts 400 copy jobs.                               │\n"
                      "│                                                          │\n"
                      "│ Type it: y                                               │\n"
                      "│ that is not the same; nothing was done                   │\n"
                      "└─────────────────────────────────── enter run   esc back ─┘\n\n\n");
    c.care = "! No way back.";
    c.shows_phrase = true;
    grid_reset(&g, 60, 9);
    confirm_draw(&g, (struct rect){0, 0, 60, 9}, &c);
    expect_screen(&g, "┌─ CONFIRM ────────────────────────────────────────────────┐\n"
                      "│ This starts 400 copy jobs.                               │\n"
                      "│ ! No way back.                                           │\n"
                      "│                                                          │\n"
                      "│ Type it:                                                 │\n"
                      "│ prod-vault                                               │\n"
                      "│ > y                                                      │\n"
                      "│ that is not the same; nothing was done                   │\n"
                      "└─────────────────────────────────── enter run   esc back ─┘\n");
    confirm_free(&c);
    assert_int_equal(confirm_event(&c, &paste), CONFIRM_OPEN);
    assert_int_equal(confirm_event(&c, &enter), CONFIRM_YES);
    assert_int_equal(confirm_event(&c, &esc), CONFIRM_NO);
    confirm_free(&c);
    grid_free(&g);
}

static void menus_choose(void **state)
{
    static const struct menu_item items[] = {{'1', "cancel the deletion", "2 calls", NULL},
                                             {'2', "write the plan", NULL, "off: viewer mode"},
                                             {0, "copy", "", NULL}};
    struct menu m = {.title = "Actions", .items = items, .n = 3};
    struct event one = key_event("1"), two = key_event("2"), j = key_event("j"), enter = key_event("enter"),
                 esc = key_event("esc"), end = key_event("G");
    size_t chosen = 9;
    struct grid g;

    (void)state;
    grid_init(&g, 50, 7, false);
    menu_draw(&g, (struct rect){0, 0, 50, 7}, &m);
    expect_screen(&g, "\n ┌─ Actions ───────────────────────────────────┐\n"
                      " │ > 1  cancel the deletion  2 calls           │\n"
                      " │   2  write the plan       off: viewer mode  │\n"
                      " │      copy                                   │\n"
                      " └─────────────────── enter choose   esc back ─┘\n\n");
    assert_int_equal(menu_event(&m, &one, &chosen), MENU_CHOSEN);
    assert_int_equal(chosen, 0);
    assert_int_equal(menu_event(&m, &two, &chosen), MENU_OPEN); /* off */
    assert_int_equal(menu_event(&m, &enter, &chosen), MENU_OPEN);
    assert_int_equal(menu_event(&m, &j, &chosen), MENU_OPEN);
    assert_int_equal(menu_event(&m, &end, &chosen), MENU_OPEN);
    assert_int_equal(menu_event(&m, &enter, &chosen), MENU_CHOSEN);
    assert_int_equal(chosen, 2);
    assert_int_equal(menu_event(&m, &esc, &chosen), MENU_CLOSED);
    grid_free(&g);
}

static void help_searches_and_runs(void **state)
{
    static const struct help_item items[] = {{"MOVE", "j down", "one line down", NULL, 11},
                                             {"MOVE", "k up", "one line up", NULL, 12},
                                             {"LOOK", "i", "what falls", NULL, 13},
                                             {"CHANGE", "x", "actions", "off: viewer mode", 14}};
    struct help h = {.title = "KEYS", .items = items, .n = 4};
    struct event down = key_event("down"), enter = key_event("enter"), esc = key_event("esc"),
                 help = key_event("?"), f = key_event("f"), a = key_event("a"), c = key_event("c");
    struct grid g;
    int action = 0;

    (void)state;
    grid_init(&g, 44, 11, false);
    help_draw(&g, (struct rect){0, 0, 44, 11}, &h);
    expect_screen(&g, " ┌─ KEYS ─────────────────────────────────┐\n"
                      " │ MOVE                                   │\n"
                      " │ > j down  one line down                │\n"
                      " │   k up    one line up                  │\n"
                      " │ LOOK                                   │\n"
                      " │   i       what falls                   │\n"
                      " │ CHANGE                                 │\n"
                      " │   x       actions                      │\n"
                      " │ type to search:          one line down │\n"
                      " └─ enter runs the marked key   esc clo… ─┘\n\n");
    assert_int_equal(help_event(&h, &down, &action), HELP_OPEN);
    assert_int_equal(help_event(&h, &enter, &action), HELP_RUN);
    assert_int_equal(action, 12);
    assert_int_equal(help_event(&h, &f, &action), HELP_OPEN);
    assert_int_equal(help_event(&h, &a, &action), HELP_OPEN); /* "fa": what falls */
    assert_int_equal(help_event(&h, &enter, &action), HELP_RUN);
    assert_int_equal(action, 13);
    prompt_set(&h.search, "");
    h.scroll.cursor = 0;
    assert_int_equal(help_event(&h, &a, &action), HELP_OPEN);
    assert_int_equal(help_event(&h, &c, &action), HELP_OPEN); /* "ac": actions, and it is off */
    assert_int_equal(help_event(&h, &enter, &action), HELP_OPEN);
    prompt_set(&h.search, "nothing like it");
    assert_int_equal(help_event(&h, &enter, &action), HELP_OPEN);
    help_draw(&g, (struct rect){0, 0, 44, 11}, &h);
    prompt_set(&h.search, "");
    assert_int_equal(help_event(&h, &help, &action), HELP_CLOSED);
    assert_int_equal(help_event(&h, &esc, &action), HELP_CLOSED);
    help_free(&h);
    grid_free(&g);
}

/* Everything at every size, down to nothing: no read or write outside (the sanitizer watches). */
static void every_size_is_survived(void **state)
{
    static const struct help_item help_items[] = {{"MOVE", "j", "down", NULL, 1}};
    static const struct menu_item menu_items[] = {{'1', "one", "detail", NULL}};
    static const struct tab tabs[] = {{"1", "Overview", "Over", "3"}};
    static const struct key_hint hints[] = {{"q", "quit", false, true}};
    struct counter c = {0};
    const struct table t = {columns, N_COLUMNS, 7, &c, counted_row, counted_cell, "none"};
    const struct matrix m = {5, 8, NULL, "WORST", 9, 5, row_title, column_title, matrix_cell, NULL};
    struct table_state ts = {.sort_column = 3};
    struct matrix_state ms = {{3, 0}, {5, 0}};
    struct help help = {.title = "KEYS", .items = help_items, .n = 1};
    struct menu menu = {.title = "MENU", .items = menu_items, .n = 1};
    struct confirm confirm = {.title = "C", .text = "text text text", .phrase = "x"};
    const struct table_look look = {.is_focused = true};
    struct grid g;

    (void)state;
    grid_init(&g, 1, 1, false);
    for (int w = 1; w < 40; w++) {
        for (int h = 1; h < 8; h++) {
            struct rect r = {0, 0, w, h}, outside = {-3, -2, w + 9, h + 9};

            grid_reset(&g, w, h);
            table_draw(&g, r, &t, &ts, &look);
            table_draw(&g, outside, &t, &ts, &look);
            matrix_draw(&g, r, &m, &ms, true);
            help_draw(&g, r, &help);
            menu_draw(&g, r, &menu);
            confirm_draw(&g, r, &confirm);
            tabs_draw(&g, 0, 0, w, tabs, 1, 0);
            key_hints_draw(&g, 0, h - 1, w, hints, 1);
            bar_draw(&g, 0, 0, w - 3, 1, 1, 3);
            ruler_draw_head(&g, 0, 0, w - 5, 30);
            ruler_draw(&g, 0, 0, w - 5, 86400, 30, ROLE_NORMAL);
            paragraph_draw(&g, r, ROLE_NORMAL, "some text to wrap", 0);
        }
    }
    help_free(&help);
    confirm_free(&confirm);
    grid_free(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(marks_have_their_roles),
        cmocka_unit_test(a_zero_is_a_fact),
        cmocka_unit_test(countdowns_are_words),
        cmocka_unit_test(scrolling_keeps_the_cursor_in_sight),
        cmocka_unit_test(a_shorter_list_moves_the_window),
        cmocka_unit_test(layout_gives_by_priority),
        cmocka_unit_test(layout_never_overlaps),
        cmocka_unit_test(table_is_drawn),
        cmocka_unit_test(only_seen_rows_are_asked_for),
        cmocka_unit_test(cursor_is_seen_in_every_form),
        cmocka_unit_test(columns_scroll),
        cmocka_unit_test(empty_tables_say_so),
        cmocka_unit_test(trees_fold),
        cmocka_unit_test(deep_trees_are_bounded),
        cmocka_unit_test(bars_never_lie),
        cmocka_unit_test(rulers_are_to_scale),
        cmocka_unit_test(sparks_show_the_newest),
        cmocka_unit_test(matrix_is_drawn),
        cmocka_unit_test(matrix_has_groups),
        cmocka_unit_test(tabs_give_up_the_least),
        cmocka_unit_test(key_hints_keep_the_pinned),
        cmocka_unit_test(ends_meet_in_the_middle),
        cmocka_unit_test(boxes_are_drawn),
        cmocka_unit_test(paragraphs_are_wrapped),
        cmocka_unit_test(prompts_edit),
        cmocka_unit_test(prompts_keep_marks_with_their_base),
        cmocka_unit_test(prompts_remember),
        cmocka_unit_test(pastes_are_clean_and_bounded),
        cmocka_unit_test(prompts_scroll_to_the_cursor),
        cmocka_unit_test(confirm_wants_the_phrase),
        cmocka_unit_test(menus_choose),
        cmocka_unit_test(help_searches_and_runs),
        cmocka_unit_test(every_size_is_survived),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
