/* command: a line typed after ':'. A view's name goes there, what follows is its filter; a key's word does
 * what the key does; an ARN, an id or a name opens that record. */
#include "tui/panels/panel.h"
#include "tui/panels/show.h"
#include "tui/views/list.h"

#include <stdio.h>
#include <string.h>

struct own_command {
    const char *name, *help;
    void (*run)(struct app *app, const char *argument);
    void (*offer)(struct app *app, const char *begin); /* words that may follow; NULL: none */
};

static void run_theme(struct app *app, const char *name)
{
    if (*name)
        look_keep(app, name);
    else
        look_choose(app);
}

static void run_columns(struct app *app, const char *wanted)
{
    struct list_page *l = list_of(app->top);
    struct err err = {0};
    if (!l) {
        app_say(app, ROLE_WARNING, "a list has columns, and this is none");
    } else if (!*wanted) {
        list_choose_columns(l);
    } else if (list_show_columns(l, wanted, &err) != ERR_OK) {
        app_say(app, ROLE_WARNING, "%s", err.text);
    } else {
        hands_set_columns(&app->hands, l->panel->view, wanted);
        app_remember(app);
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
    app->is_quitting = wizard_may_quit(app);
}

static void run_save(struct app *app, const char *name)
{
    saved_save(app, name);
}

static void run_view(struct app *app, const char *name)
{
    saved_open(app, name);
}

static void run_forget(struct app *app, const char *name)
{
    saved_forget(app, name);
}

/* ---- completion ------------------------------------------------------------------------------------- */

static void offer(struct app *app, const char *begin, const char *word)
{
    for (size_t i = 0; i < app->completions.n; i++)
        if (strcmp(app->completions.items[i], word) == 0)
            return;
    if (strncmp(word, begin, strlen(begin)) == 0)
        VEC_PUSH(app->completions, mem_strdup(word));
}

static void offer_themes(struct app *app, const char *begin)
{
    size_t n;
    char **names = theme_names(&n);
    for (size_t i = 0; i < n; i++)
        offer(app, begin, names[i]);
    theme_names_free(names, n);
}

static void offer_saved(struct app *app, const char *begin)
{
    for (size_t i = 0; i < app->hands.views.n; i++)
        offer(app, begin, app->hands.views.items[i].name);
}

static void offer_wizards(struct app *app, const char *begin)
{
    wizard_offer(app, begin, offer);
}

static void offer_columns_of(struct app *app, const struct view *view, const char *begin)
{
    for (size_t i = 0; i < view->n_columns; i++)
        offer(app, begin, view->columns[i].name);
}

static void offer_columns(struct app *app, const char *begin)
{
    if (list_of(app->top))
        offer_columns_of(app, list_of(app->top)->view, begin);
}

static void run_scope(struct app *app, const char *words)
{
    scope_set(app, words);
}

static void offer_scope(struct app *app, const char *begin)
{
    scope_offer(app, offer, begin);
}

static const struct own_command commands[] = {
    {"overview", "the first screen", run_overview, NULL},
    {"theme", "choose a theme, by name or by looking", run_theme, offer_themes},
    {"columns", "choose the columns of this list", run_columns, offer_columns},
    {"scope", "show one account, one Region, or both alone", run_scope, offer_scope},
    {"save", "save this list under a name", run_save, offer_saved},
    {"view", "open a list that was saved", run_view, offer_saved},
    {"forget", "forget a list that was saved", run_forget, offer_saved},
    {"wizard", "a guided change, by name or by looking", wizard_open_named, offer_wizards},
    {"diff", "what changed since a posture file, a CSV or a time", diff_open, NULL},
    {"q", "quit", run_quit, NULL},
    {"quit", "quit", run_quit, NULL},
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

static void offer_first_words(struct app *app, const char *begin)
{
    size_t n_panels;
    const struct panel *const *panels = panel_all(&n_panels);
    for (size_t i = 0; i < n_panels; i++)
        offer(app, begin, panels[i]->view);
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        offer(app, begin, commands[i].name);
    for (int a = 1; a < ACTION_COUNT; a++)
        offer(app, begin, action_word((enum action)a));
}

/* What may follow the first word: of a panel its columns, which a filter names. */
static void offer_more_words(struct app *app, const char *line, const char *begin)
{
    char first[64];
    snprintf(first, sizeof first, "%.*s", (int)strcspn(line, " "), line);
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        if (strcmp(first, commands[i].name) == 0 && commands[i].offer)
            commands[i].offer(app, begin);
    if (panel_by_view(first))
        offer_columns_of(app, view_by_name(first), begin);
}

void app_forget_completions(struct app *app)
{
    for (size_t i = 0; i < app->completions.n; i++)
        mem_free(app->completions.items[i]);
    VEC_FREE(app->completions);
    mem_free(app->stem);
    app->stem = NULL;
}

/* Says what else there is, so that tab need not be pressed to find out. */
static void say_completions(struct app *app)
{
    struct buf text = {0};
    for (size_t i = 0; i < app->completions.n; i++)
        buf_printf(&text, "%s%s", i ? " " : "", app->completions.items[i]);
    app_say(app, ROLE_MESSAGE, "%s", text.data);
    buf_free(&text);
}

void app_complete(struct app *app, struct prompt *prompt)
{
    const char *line = prompt_text(prompt), *blank = strrchr(line, ' ');
    if (!app->stem) {
        const char *begin = blank ? blank + 1 : line;
        app->stem = mem_strndup(line, (size_t)(begin - line));
        app->completion = 0;
        if (blank)
            offer_more_words(app, line, begin);
        else
            offer_first_words(app, begin);
        if (app->completions.n == 0)
            app_say(app, ROLE_MESSAGE, "nothing begins with \"%s\"", begin);
    } else if (app->completions.n > 0) {
        app->completion = (app->completion + 1) % app->completions.n;
    }
    if (app->completions.n == 0)
        return;
    char *text = mem_printf("%s%s", app->stem, app->completions.items[app->completion]);
    prompt_set(prompt, text);
    mem_free(text);
    if (app->completions.n > 1)
        say_completions(app);
}
