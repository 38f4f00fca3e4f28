/* command: a line typed after ':'. A view's name goes there, what follows is its filter; a key's word does
 * what the key does; an ARN, an id or a name opens that record. */
#include "tui/panels/panel.h"
#include "tui/panels/show.h"
#include "tui/views/app.h"

#include <stdio.h>
#include <string.h>

struct own_command {
    const char *name, *help;
    void (*run)(struct app *app, const char *argument);
};

static void run_theme(struct app *app, const char *name)
{
    struct err err = {0};
    struct theme theme;
    if (!*name) {
        app_act(app, ACTION_THEME);
    } else if (theme_load(name, &theme, &err) != ERR_OK) {
        app_say(app, ROLE_ERROR, "%s", err.text);
    } else {
        app->theme = theme;
        term_set_theme(&app->theme);
        app_say(app, ROLE_MESSAGE, "theme %s: %s", theme.name, theme.suits);
    }
}

static void run_overview(struct app *app, const char *argument)
{
    (void)argument;
    app_go(app, "overview", NULL);
}

static void run_quit(struct app *app, const char *argument)
{
    (void)argument;
    app->is_quitting = true;
}

static const struct own_command commands[] = {
    {"overview", "the first screen", run_overview},
    {"theme", "choose a theme by name", run_theme},
    {"q", "quit", run_quit},
    {"quit", "quit", run_quit},
};

/* Kinds that a name may mean, likeliest first. */
static uint32_t find_named(struct app *app, const char *name)
{
    const struct generation *g = app->snapshot->generation;
    size_t len = strlen(name);
    uint32_t node = estate_find_node(app->estate, kind_of_arn(name, len), name, len);
    if (node)
        return node;
    for (int k = 1; k < KIND_COUNT; k++) {
        struct record r;
        for (struct walk w = walk_kind(g, (enum kind)k); walk_next(&w, &r);) {
            enum attr attr = attr_by_name((enum kind)k, "name");
            struct value v = attr ? record_value(&r, attr) : (struct value){0};
            const char *text = v.is == VALUE_KNOWN && v.text ? v.text : "";
            if (strcmp(text, name) == 0 || strcmp(node_tail(app->estate, r.node), name) == 0
                || (k == KIND_ALIAS && strncmp(text, "alias/", 6) == 0 && strcmp(text + 6, name) == 0))
                return r.node;
        }
    }
    return 0;
}

void app_command(struct app *app, const char *line)
{
    char word[64];
    while (*line == ' ')
        line++;
    size_t len = strcspn(line, " ");
    const char *rest = line + len + strspn(line + len, " ");
    if (len == 0)
        return;
    snprintf(word, sizeof word, "%.*s", (int)(len < 63 ? len : 63), line);
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        if (strcmp(word, commands[i].name) == 0) {
            commands[i].run(app, rest);
            return;
        }
    if (panel_by_view(word)) {
        app_go(app, word, rest);
        return;
    }
    enum action action = action_find(word);
    uint32_t node = app->snapshot ? find_named(app, line) : 0;
    if (action != ACTION_NONE)
        app_act(app, action);
    else if (node)
        app_open_node(app, node);
    else
        app_say(app, ROLE_WARNING, "no view, command or record is called \"%s\"; tab completes", word);
}

/* The n-th word that begins with what was typed: views, commands, what keys do. NULL: there are fewer. */
static const char *completion(const char *stem, size_t n)
{
    size_t len = strlen(stem), n_panels;
    const struct panel *const *panels = panel_all(&n_panels);
    for (size_t i = 0; i < n_panels; i++)
        if (strncmp(panels[i]->view, stem, len) == 0 && n-- == 0)
            return panels[i]->view;
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        if (strncmp(commands[i].name, stem, len) == 0 && n-- == 0)
            return commands[i].name;
    for (int a = 1; a < ACTION_COUNT; a++)
        if (strncmp(action_word((enum action)a), stem, len) == 0 && n-- == 0)
            return action_word((enum action)a);
    return NULL;
}

void app_complete(struct app *app, struct prompt *prompt)
{
    bool is_first = !app->stem;
    if (is_first)
        app->stem = mem_strdup(prompt_text(prompt));
    app->completion = is_first ? 0 : app->completion + 1;
    const char *word = completion(app->stem, app->completion);
    if (!word) { /* round again */
        app->completion = 0;
        word = completion(app->stem, 0);
    }
    if (word)
        prompt_set(prompt, word);
    else
        app_say(app, ROLE_MESSAGE, "nothing begins with \"%s\"", app->stem);
}
