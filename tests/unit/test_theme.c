/* theme: files become looks; what is wrong in one is named with file, line and column. */
#include "tui/term/theme.h"

#include "backend/base/mem.h"
#include "tui/term/themes_builtin.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static enum err_code parse(const char *text, struct theme *theme, struct err *err)
{
    *err = (struct err){0};
    return theme_parse("my.theme", text, strlen(text), theme, err);
}

static void colours_are_read(void **state)
{
    static const struct {
        const char *value;
        int32_t fg_rgb;
        int fg_256, fg_16, bg_256;
        unsigned attrs;
    } rows[] = {
        {"default", -1, -1, -1, -1, 0},
        {"red", 1, 1, 1, -1, 0},
        {"bright-blue", 0x5c5cff, 12, 12, -1, 0},
        {"208", 0xff8700, 208, 3, -1, 0},
        {"#ff8800", 0xff8800, 208, 3, -1, 0},
        {"#ff8800/208/red", 0xff8800, 208, 1, -1, 0},
        {"red/208/#ff8800", 0xff8800, 208, 1, -1, 0},
        {"203/bright-red default bold", 0xff5f5f, 203, 9, -1, STYLE_BOLD},
        {"default 16/black", -1, -1, -1, 16, 0},
        {"16/black 231/white bold underline", 0x000000, 16, 0, 231, STYLE_BOLD | STYLE_UNDERLINE},
        {"bold reverse", -1, -1, -1, -1, STYLE_BOLD | STYLE_REVERSE},
        {"DEFAULT Bold", -1, -1, -1, -1, STYLE_BOLD},
        {"dim italic", -1, -1, -1, -1, STYLE_DIM | STYLE_ITALIC},
        {"255", 0xeeeeee, 255, 7, -1, 0},
        {"", -1, -1, -1, -1, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[128];
        struct theme theme;
        struct err err;

        snprintf(text, sizeof text, "[roles]\nerror = %s\n", rows[i].value);
        if (parse(text, &theme, &err))
            fail_msg("row %zu: %s", i, err.text);

        const struct style *s = &theme.styles[ROLE_ERROR];

        assert_int_equal(s->fg.rgb, rows[i].fg_rgb);
        assert_int_equal(s->fg.c256, rows[i].fg_256);
        assert_int_equal(s->fg.c16, rows[i].fg_16);
        assert_int_equal(s->bg.c256, rows[i].bg_256);
        assert_int_equal(s->attrs, rows[i].attrs);
    }
}

static void mistakes_are_placed(void **state)
{
    static const struct {
        const char *text, *want;
    } rows[] = {
        {"[roles]\nerror = purple\n", "my.theme:2:9: purple is no colour"},
        {"[roles]\n\n# a remark\nerror =   red  blue  pink\n", "my.theme:4:22: pink is no"},
        {"[roles]\nerror = red/green2\n", "my.theme:2:9: red/green2"},
        {"[roles]\nerror = 256\n", "my.theme:2:9: 256"},
        {"[roles]\nerror = #12345\n", "my.theme:2:9: #12345"},
        {"[roles]\nerror = #12345g\n", "my.theme:2:9: #12345g"},
        {"[roles]\nerror = #+12345\n", "my.theme:2:9: #+12345"},
        {"[roles]\nerror = red green blue\n", "my.theme:2:19: blue"},
        {"[roles]\nerror = red /\n", "my.theme:2:13: /"},
        {"[roles]\nnormal = red\nblink = red\n", "my.theme:3:1: there is no role blink"},
        {"[theme]\nnmae = x\n", "my.theme:2:1: [theme] has name"},
        {"[theme]\nground =  black\n", "my.theme:2:11: ground is a colour as #12161b, not black"},
        {"[theme]\nink = #12345\n", "my.theme:2:7: ink is a colour"},
        {"[colours]\nred = 1\n", "my.theme:2:1: a theme has [theme] and [roles]"},
        {"error = red\n", "my.theme:1:1: a theme has"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct theme theme;
        struct err err;

        assert_int_not_equal(parse(rows[i].text, &theme, &err), ERR_OK);
        if (strncmp(err.text, rows[i].want, strlen(rows[i].want)) != 0)
            fail_msg("row %zu: %s", i, err.text);
    }
}

static void what_is_left_out_looks_like_its_fallback(void **state)
{
    struct theme theme;
    struct err err;

    (void)state;
    assert_int_equal(parse("[roles]\nsev_critical = 9\nok = 10\n", &theme, &err), ERR_OK);
    assert_int_equal(theme.styles[ROLE_LOST].fg.c16, 9);
    assert_int_equal(theme.styles[ROLE_SAFE].fg.c16, 10);
    assert_int_equal(theme.styles[ROLE_BORDER].fg.c16, COLOR_DEFAULT);
    assert_true(theme.styles[ROLE_CURSOR].attrs & STYLE_REVERSE); /* never unseen */
}

static void every_role_has_a_name_and_an_end(void **state)
{
    (void)state;
    for (int i = 0; i < ROLE_COUNT; i++) {
        enum role role = (enum role)i;
        const char *word = role_word(role);

        assert_int_equal(role_find(word, strlen(word)), role);
        for (int n = 0; role != ROLE_NORMAL; n++) { /* fallbacks do not run in circles */
            assert_true(n < ROLE_COUNT);
            role = role_fallback(role);
        }
    }
    assert_int_equal(role_find("sev", 3), ROLE_COUNT);
}

/* The part of a built-in theme's text that gives this role. */
static bool names_role(const struct theme_file *file, const char *word)
{
    size_t len = strlen(word);

    for (const char *line = file->text; line && *line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, word, len) == 0 && (line[len] == ' ' || line[len] == '='))
            return true;
    }
    return false;
}

static void built_in_themes_are_whole(void **state)
{
    struct theme_file file;
    size_t n = 0;

    (void)state;
    for (; themes_builtin(n, &file); n++) {
        struct theme theme;
        struct err err = {0};

        if (theme_parse(file.name, file.text, file.len, &theme, &err))
            fail_msg("%s", err.text);
        assert_string_equal(theme.name, file.name);
        assert_true(theme.author[0] && theme.suits[0]);
        for (int i = 0; i < ROLE_COUNT; i++) {
            if (!names_role(&file, role_word((enum role)i)))
                fail_msg("%s does not name %s", file.name, role_word((enum role)i));
        }
        assert_memory_not_equal(&theme.styles[ROLE_CURSOR], &theme.styles[ROLE_NORMAL],
                                sizeof(struct style));
    }
    assert_true(n >= 11);
}

static void mono_has_no_colour(void **state)
{
    struct theme theme;
    struct err err = {0};

    (void)state;
    assert_int_equal(theme_load(THEME_MONO, &theme, &err), ERR_OK);
    for (int i = 0; i < ROLE_COUNT; i++) {
        assert_int_equal(theme.styles[i].fg.c16, COLOR_DEFAULT);
        assert_int_equal(theme.styles[i].bg.c16, COLOR_DEFAULT);
    }
}

static void ground_of_the_default_is_the_terminals(void **state)
{
    struct theme theme;
    struct err err = {0};

    (void)state;
    assert_int_equal(theme_load(THEME_DEFAULT, &theme, &err), ERR_OK);
    for (int i = 0; i < ROLE_COUNT; i++) {
        assert_int_equal(theme.styles[i].bg.c16, COLOR_DEFAULT);
        assert_int_not_equal(theme.styles[i].fg.c16, 0); /* black text is no text on black */
    }
}

static void write_file(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");

    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
}

static void users_themes_come_first(void **state)
{
    char dir[] = "/tmp/keyfall-theme-XXXXXX";
    struct theme theme;
    struct err err = {0};
    size_t n = 0;
    bool has_own = false;

    (void)state;
    assert_non_null(mkdtemp(dir));
    char *base = mem_printf("%s/keyfall", dir), *themes = mem_printf("%s/themes", base);
    char *own = mem_printf("%s/own.theme", themes), *dark = mem_printf("%s/dark.theme", themes);
    char *bad = mem_printf("%s/bad.theme", themes);

    assert_int_equal(mkdir(base, 0700), 0);
    assert_int_equal(mkdir(themes, 0700), 0);
    write_file(own, "[roles]\nerror = green\n");
    write_file(dark, "[theme]\nname = my dark\n[roles]\nerror = blue\n");
    write_file(bad, "[roles]\nerror = nothing\n");
    setenv("XDG_CONFIG_HOME", dir, 1);

    assert_int_equal(theme_load("own", &theme, &err), ERR_OK);
    assert_string_equal(theme.name, "own"); /* the file's name when it has none of its own */
    assert_int_equal(theme_load("dark", &theme, &err), ERR_OK);
    assert_string_equal(theme.name, "my dark");
    assert_int_equal(theme_load(own, &theme, &err), ERR_OK);
    assert_int_equal(theme.styles[ROLE_ERROR].fg.c16, 2);
    assert_int_equal(theme_load("bad", &theme, &err), ERR_PARSE);
    assert_non_null(strstr(err.text, "bad.theme:2:9: nothing"));
    assert_int_equal(theme_load("none", &theme, &err), ERR_NOT_FOUND);
    assert_int_equal(theme_load("..", &theme, &err), ERR_NOT_FOUND);
    assert_int_equal(theme_load("", &theme, &err), ERR_NOT_FOUND);

    char **names = theme_names(&n);

    for (size_t i = 0; i < n; i++) {
        has_own = has_own || strcmp(names[i], "own") == 0;
        assert_true(i == 0 || strcmp(names[i - 1], names[i]) < 0); /* sorted, none twice */
    }
    assert_true(has_own);
    theme_names_free(names, n);
    unsetenv("XDG_CONFIG_HOME");

    unlink(own);
    unlink(dark);
    unlink(bad);
    rmdir(themes);
    rmdir(base);
    assert_int_equal(rmdir(dir), 0);
    mem_free(own);
    mem_free(dark);
    mem_free(bad);
    mem_free(themes);
    mem_free(base);
}

static void large_files_are_refused(void **state)
{
    struct theme theme;
    struct err err = {0};
    char *text = mem_alloc(THEME_MAX_BYTES + 2);

    (void)state;
    memset(text, '#', THEME_MAX_BYTES + 1);
    assert_int_equal(theme_parse("x", text, THEME_MAX_BYTES + 1, &theme, &err), ERR_LIMIT);
    mem_free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(colours_are_read),
        cmocka_unit_test(mistakes_are_placed),
        cmocka_unit_test(what_is_left_out_looks_like_its_fallback),
        cmocka_unit_test(every_role_has_a_name_and_an_end),
        cmocka_unit_test(built_in_themes_are_whole),
        cmocka_unit_test(mono_has_no_colour),
        cmocka_unit_test(ground_of_the_default_is_the_terminals),
        cmocka_unit_test(users_themes_come_first),
        cmocka_unit_test(large_files_are_refused),
    };

    unsetenv("XDG_CONFIG_HOME");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
