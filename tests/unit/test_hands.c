/* hands: what the dashboard remembers is written whole, read back the same, and a wrong line is told by its place. */
#include "backend/base/mem.h"
#include "tui/views/columns.h"
#include "tui/views/hands.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char dir[] = "/tmp/keyfall-hands-XXXXXX";

static char *file(void)
{
    return mem_printf("%s/keyfall/screen.conf", dir);
}

static void remove_file(void)
{
    char *path = file();

    unlink(path);
    mem_free(path);
}

static void write_text(const char *text)
{
    char *path = file(), *folder = mem_printf("%s/keyfall", dir);

    (void)mkdir(folder, 0700);
    FILE *f = fopen(path, "w");

    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
    mem_free(path);
    mem_free(folder);
}

static void what_is_written_is_read(void **state)
{
    struct hands h = {0}, back = {0};
    struct err err = {0};
    struct saved_view v = {.name = "no-lock", .panel = "vaults", .filter = "name:\"a b\" sev>=H", .sort = "-points",
                           .show = "name:30 points", .scope = "account=111122223333"};

    (void)state;
    remove_file();
    hands_read(&h);
    assert_int_equal(h.complaints.n, 0); /* a file that is not there is none */
    hands_set_theme(&h, "dark");
    hands_set_theme(&h, "night");
    hands_set_columns(&h, "keys", "aliases:30 state");
    hands_set_columns(&h, "vaults", "name");
    hands_set_columns(&h, "vaults", NULL);
    hands_save_view(&h, &v);
    v.name = "other";
    v.filter = NULL;
    hands_save_view(&h, &v);
    assert_int_equal(hands_write(&h, &err), ERR_OK);

    hands_read(&back);
    assert_int_equal(back.complaints.n, 0);
    assert_string_equal(back.theme, "night");
    assert_string_equal(hands_columns(&back, "keys"), "aliases:30 state");
    assert_null(hands_columns(&back, "vaults"));
    assert_int_equal(back.views.n, 2);
    const struct saved_view *r = hands_view(&back, "no-lock");

    assert_string_equal(r->panel, "vaults");
    assert_string_equal(r->filter, "name:\"a b\" sev>=H");
    assert_string_equal(r->sort, "-points");
    assert_string_equal(r->show, "name:30 points");
    assert_string_equal(r->scope, "account=111122223333");
    assert_null(hands_view(&back, "other")->filter);
    assert_true(hands_forget_view(&back, "no-lock"));
    assert_false(hands_forget_view(&back, "no-lock"));
    assert_non_null(hands_view(&back, "other"));
    hands_free(&h);
    hands_free(&back);
}

static void wrong_lines_have_a_place(void **state)
{
    static const struct {
        const char *text, *want;
    } rows[] = {
        {"[screen]\ncolour = red\n", "screen.conf:2:1: colour is nothing that stands here"},
        {"[columns nothing]\nshow = a\n", "screen.conf:2:1: show stands under a panel that there is not"},
        {"[view a b]\npanel = keys\n", "screen.conf:2:1: panel stands in a view whose name"},
        {"[view a]\npanel = keys\nwidth = 3\n", "screen.conf:3:1: width is nothing that a view has"},
        {"[view a]\npanel = fish\n", "screen.conf:2:1: panel names no panel"},
        {"[view a]\nfilter = x\n", "[view a] names no panel"},
        {"[screen]\ntheme = a\ntheme = b\n", "screen.conf:3:1"},
        {"nonsense\n", "screen.conf:1:1"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct hands h = {0};
        struct err err = {0};

        write_text(rows[i].text);
        hands_read(&h);
        if (h.complaints.n == 0 || !strstr(h.complaints.items[0], rows[i].want))
            fail_msg("row %zu: %s", i, h.complaints.n ? h.complaints.items[0] : "no complaint");
        assert_int_equal(hands_write(&h, &err), ERR_PARSE); /* what a person wrote is not written over */
        hands_free(&h);
    }
    remove_file();
}

static void names_of_views_are_plain(void **state)
{
    (void)state;
    assert_true(hands_is_name("no-lock_2.b"));
    assert_false(hands_is_name(""));
    assert_false(hands_is_name("a b"));
    assert_false(hands_is_name("a]"));
    assert_false(hands_is_name("a\nb"));
}

static void columns_are_texts(void **state)
{
    static const struct {
        const char *text, *back; /* NULL: the message that comes */
        const char *why;
    } rows[] = {
        {"aliases account state", "aliases account state", NULL},
        {"  state:20   aliases:40 ", "state:20 aliases:40", NULL},
        {"state account", "aliases state account", NULL}, /* the name stands in front */
        {"aliases spec multi_region", "aliases spec multi_region", NULL}, /* of the view, not of the panel */
        {"aliases nothing", NULL, "column 9: there is no column nothing"},
        {"aliases state aliases", NULL, "column 15: aliases stands there twice"},
        {"state:x", NULL, "column 7: a width is a number"},
        {"state:2", NULL, "column 7: a width is a number"},
        {"state:999999", NULL, "column 7: a width is a number"},
        {"severity", NULL, "there is no column severity"}, /* it is the mark of each row */
        {"", NULL, "no column is named"},
    };
    const struct panel *panel = panel_by_view("keys");
    const struct view *view = view_by_name("keys");
    struct columns there_are;

    (void)state;
    columns_there_are(panel, view, &there_are);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct columns c;
        struct err err = {0};
        struct buf text = {0};
        enum err_code code = columns_parse(panel, view, rows[i].text, &c, &err);

        if (rows[i].back) {
            assert_int_equal(code, ERR_OK);
            columns_print(&c, &there_are, &text);
            assert_string_equal(text.data, rows[i].back);
        } else {
            assert_int_equal(code, ERR_PARSE);
            if (!strstr(err.text, rows[i].why))
                fail_msg("row %zu: %s", i, err.text);
        }
        buf_free(&text);
    }
}

static void every_panel_has_a_name_and_room(void **state)
{
    size_t n;
    const struct panel *const *panels = panel_all(&n);

    (void)state;
    for (size_t i = 0; i < n; i++) {
        const struct view *view = view_by_name(panels[i]->view);
        struct columns all, back;
        struct buf text = {0};
        struct err err = {0};
        int n_names = 0;

        columns_there_are(panels[i], view, &all);
        assert_true(all.n < TABLE_COLUMNS_MAX); /* none was left out */
        assert_true((size_t)all.n + 1 >= view->n_columns);
        for (int c = 0; c < all.n; c++)
            n_names += (all.items[c].look.flags & TABLE_NAME) != 0;
        assert_int_equal(n_names, 1);
        columns_print(&all, &all, &text);
        assert_int_equal(columns_parse(panels[i], view, text.data, &back, &err), ERR_OK);
        assert_int_equal(back.n, all.n);
        buf_free(&text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read),  cmocka_unit_test(wrong_lines_have_a_place),
        cmocka_unit_test(names_of_views_are_plain), cmocka_unit_test(columns_are_texts),
        cmocka_unit_test(every_panel_has_a_name_and_room),
    };

    model_init();
    if (!mkdtemp(dir) || setenv("XDG_CONFIG_HOME", dir, 1) != 0)
        return 1;
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    char *folder = mem_printf("%s/keyfall", dir);

    remove_file();
    rmdir(folder);
    rmdir(dir);
    mem_free(folder);
    return failed;
}
