/* look: which theme is on: chosen with itself as the preview, and remembered. */
#include "tui/views/app.h"

#include <string.h>

static void replace(char **text, const char *by)
{
    char *copy = mem_strdup(by);
    mem_free(*text);
    *text = copy;
}

static bool put_on(struct app *app, const char *name)
{
    struct err err = {0};
    struct theme theme;
    if (app->options->is_guest && strchr(name, '/')) { /* what is wrong with a file would tell of its contents */
        app_say(app, ROLE_WARNING, "who comes over SSH chooses among the themes that are installed");
        return false;
    }
    if (theme_load(name, &theme, &err) != ERR_OK) {
        app_say(app, ROLE_ERROR, "%s", err.text);
        return false;
    }
    app->theme = theme;
    term_set_theme(&app->theme);
    replace(&app->theme_shown, name);
    app->is_dirty = true;
    app_say(app, ROLE_MESSAGE, "theme %s: %s", name, theme.suits);
    return true;
}

enum err_code look_start(struct app *app, struct err *err)
{
    const char *said = app->options->theme, *name = said ? said : app->hands.theme ? app->hands.theme : THEME_DEFAULT;
    enum err_code code = theme_load(name, &app->theme, err);
    if (code != ERR_OK && !said) { /* a remembered one that is gone is no reason to stay away */
        VEC_PUSH(app->wrong_lines, mem_printf("%s: %s", app->hands.path ? app->hands.path : "screen.conf", err->text));
        name = THEME_DEFAULT;
        code = theme_load(name, &app->theme, err);
    }
    replace(&app->theme_kept, name);
    replace(&app->theme_shown, name);
    return code;
}

static void look_at(struct app *app, const char *name)
{
    (void)put_on(app, name);
}

void look_keep(struct app *app, const char *name)
{
    if (!put_on(app, name))
        return;
    replace(&app->theme_kept, name);
    hands_set_theme(&app->hands, name);
    if (app->options->settings->general.theme)
        app_say(app, ROLE_MESSAGE, "theme %s, until the next start: keyfall.conf says %s", name,
                app->options->settings->general.theme);
    app_remember(app);
}

void look_back(struct app *app)
{
    if (strcmp(app->theme_shown, app->theme_kept) == 0)
        return;
    if (put_on(app, app->theme_kept))
        app->message[0] = '\0';
}

static size_t theme_at(char **names, size_t n, const char *name)
{
    size_t at = 0;
    while (at < n && strcmp(names[at], name) != 0)
        at++;
    return at;
}

void look_next(struct app *app)
{
    size_t n;
    char **names = theme_names(&n);
    size_t at = theme_at(names, n, app->theme_kept);
    look_keep(app, at + 1 < n ? names[at + 1] : names[0]);
    theme_names_free(names, n);
}

/* What a theme is for; of one that is wrong, where. */
static char *suits(const char *name)
{
    struct theme theme;
    struct err err = {0};
    return mem_strdup(theme_load(name, &theme, &err) == ERR_OK ? theme.suits : err.text);
}

void look_choose(struct app *app)
{
    static const struct choice choice = {
        .title = "THEME", .look = look_at, .choose = look_keep, .leave = look_back};
    size_t n;
    char **names = theme_names(&n);
    struct choice_item *items = mem_alloc_array(n, sizeof *items);
    for (size_t i = 0; i < n; i++)
        items[i] = (struct choice_item){mem_strdup(names[i]), suits(names[i])};
    app_choose(app, &choice, items, n, theme_at(names, n, app->theme_kept));
    theme_names_free(names, n);
}

static bool is_theme(const char *name)
{
    size_t n;
    char **names = theme_names(&n);
    bool is_one = theme_at(names, n, name) < n;
    theme_names_free(names, n);
    return is_one;
}

void look_while_typing(struct app *app, const char *line)
{
    static const char word[] = "theme ";
    size_t len = sizeof word - 1;
    const char *wanted = app->theme_kept;
    if (strncmp(line, word, len) == 0 && is_theme(line + len))
        wanted = line + len;
    if (wanted == app->theme_kept)
        look_back(app);
    else if (strcmp(wanted, app->theme_shown) != 0)
        look_at(app, wanted);
}
