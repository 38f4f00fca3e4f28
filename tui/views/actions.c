/* actions: the keys that mean the same on every page. */
#include "tui/panels/panel.h"
#include "tui/views/app.h"

#include <string.h>

static void do_panel(struct app *app, enum action action)
{
    static const struct {
        enum action action;
        int digit;
    } panels[] = {{ACTION_PANEL_2, '2'}, {ACTION_PANEL_3, '3'}, {ACTION_PANEL_4, '4'},
                  {ACTION_PANEL_5, '5'}, {ACTION_PANEL_6, '6'}};
    for (size_t i = 0; i < sizeof panels / sizeof *panels; i++)
        if (panels[i].action == action && panel_by_digit(panels[i].digit))
            app_go(app, panel_by_digit(panels[i].digit)->view, NULL);
    if (action == ACTION_PANEL_1)
        app_go(app, "overview", NULL);
}

static void do_products(struct app *app, enum action action)
{
    (void)action;
    app_go(app, "products", NULL);
}

static void do_help(struct app *app, enum action action)
{
    (void)action;
    size_t max = ACTION_COUNT;
    mem_free(app->help_items);
    app->help_items = mem_alloc_array(max, sizeof *app->help_items);
    help_free(&app->help);
    app->help = (struct help){.title = "KEYS", .items = app->help_items};
    app->help.n = keys_help(&app->keys, app->top->ops->context, app_have(app), app->help_items, max);
}

static void do_filter(struct app *app, enum action action)
{
    (void)action;
    mem_free(app->filter_before);
    app->filter_before = mem_strdup(app->top->ops->filter(app->top));
    prompt_set(&app->filter_prompt, app->filter_before);
    app->input = INPUT_FILTER;
}

/* What is typed after it is no key either. */
static void do_no_filter(struct app *app, enum action action)
{
    (void)action;
    app->input = INPUT_SWALLOW;
}

static void do_repeat_filter(struct app *app, enum action action)
{
    (void)action;
    if (app->top->ops->set_filter && app->last_filter)
        app->top->ops->set_filter(app->top, app->last_filter);
}

static void do_command(struct app *app, enum action action)
{
    (void)action;
    prompt_set(&app->command_prompt, "");
    app->message[0] = '\0';
    app->input = INPUT_COMMAND;
}

/* What is marked, else the row of the cursor. */
static void open_tree(struct app *app, struct page *(*page)(struct app *app, const uint32_t *nodes, size_t n))
{
    size_t n = 0;
    const uint32_t *marks = app->top->ops->marks ? app->top->ops->marks(app->top, &n) : NULL;
    uint32_t node = app->top->ops->node(app->top);
    if (n > 0 && app->snapshot)
        app_push(app, page(app, marks, n));
    else if (node && app->snapshot)
        app_push(app, page(app, &node, 1));
}

static void do_impact(struct app *app, enum action action)
{
    (void)action;
    open_tree(app, page_impact);
}

static void do_chain(struct app *app, enum action action)
{
    (void)action;
    open_tree(app, page_chain);
}

static void do_policy(struct app *app, enum action action)
{
    (void)action;
    app_push(app, page_policy(app, app->top->ops->node(app->top)));
}

static void do_who(struct app *app, enum action action)
{
    (void)action;
    struct page *page = page_who(app, app->top->ops->node(app->top));
    if (page)
        app_push(app, page);
    else
        app_say(app, ROLE_WARNING, "this is no key, and which key it is under is not known");
}

static void do_wizard(struct app *app, enum action action)
{
    (void)action;
    wizard_open(app, app->top->ops->node(app->top));
}

static void do_errors(struct app *app, enum action action)
{
    (void)action;
    app_push(app, page_errors(app, NULL));
}

static void copy(struct app *app, const struct buf *text, const char *what)
{
    switch (term_copy(text->data ? text->data : "", text->len)) {
    case TERM_COPIED:
        app_say(app, ROLE_MESSAGE, "%s sent to your terminal's clipboard", what);
        break;
    case TERM_COPY_TOO_LONG:
        app_say(app, ROLE_WARNING, "too long for the terminal's clipboard; e exports it to a file");
        break;
    default:
        app_say(app, ROLE_WARNING, "this terminal has no clipboard that keyfall can reach");
    }
}

static void do_copy(struct app *app, enum action action)
{
    struct buf text = {0};
    const struct page_ops *ops = app->top->ops;
    if (action == ACTION_COPY_ROW && ops->row_text)
        ops->row_text(app->top, &text);
    else if (ops->copied)
        ops->copied(app->top, &text);
    else
        node_arn(app->estate, ops->node(app->top), &text);
    bool is_arn = text.data && !strchr(text.data, ' ');
    copy(app, &text, action == ACTION_COPY_ROW ? "row" : is_arn ? "ARN" : "name");
    buf_free(&text);
}

static void do_refresh(struct app *app, enum action action)
{
    uint32_t node = app->top->ops->node ? app->top->ops->node(app->top) : 0;
    const struct view *v = app->top->tab ? view_by_name(app->top->tab) : NULL;
    app->calls_before = app->status.calls_total;
    if (action == ACTION_REFRESH && node) {
        refresh_node(app->refresh, node);
        app_say(app, ROLE_MESSAGE, "reading this row again");
    } else {
        refresh_kind(app->refresh, v && v->kinds ? v->kinds[0] : KIND_NONE);
        app_say(app, ROLE_MESSAGE, "reading %s again", v && v->kinds ? v->name : "everything");
    }
    app->is_asked = true; /* what came of it the line above tells */
}

static void do_login(struct app *app, enum action action)
{
    (void)action;
    app_push(app, page_logins(app));
}

static void do_freeze(struct app *app, enum action action)
{
    (void)action;
    app->is_frozen = !app->is_frozen;
    refresh_freeze(app->refresh, app->is_frozen);
    app_judge_newest(app);
}

static void do_theme(struct app *app, enum action action)
{
    (void)action;
    look_next(app);
}

static void do_views(struct app *app, enum action action)
{
    (void)action;
    saved_open(app, "");
}

static void do_ascii(struct app *app, enum action action)
{
    (void)action;
    app->is_ascii = !app->is_ascii;
}

static void do_mouse(struct app *app, enum action action)
{
    (void)action;
    term_set_mouse(!term_has_mouse());
    app_say(app, ROLE_MESSAGE, "mouse %s", term_has_mouse() ? "on: select text with shift held" : "off");
}

static void do_repaint(struct app *app, enum action action)
{
    (void)app;
    (void)action;
    term_repaint();
}

static void do_export_all(struct app *app, enum action action)
{
    (void)action;
    app_export_all(app);
}

static void do_copy_matrix(struct app *app, enum action action)
{
    (void)action;
    app_push(app, page_copy_matrix(app));
}

static void do_guards(struct app *app, enum action action)
{
    (void)action;
    app_push(app, page_guards(app));
}

static void do_suspend(struct app *app, enum action action)
{
    (void)app;
    (void)action;
    term_suspend();
}

static void do_quit(struct app *app, enum action action)
{
    (void)action;
    app->is_quitting = wizard_may_quit(app);
}

static void do_back(struct app *app, enum action action)
{
    (void)action;
    const struct page_ops *ops = app->top->ops;
    if (ops->filter && *ops->filter(app->top))
        ops->set_filter(app->top, "");
    else
        app_back(app);
}

static void do_last_place(struct app *app, enum action action)
{
    (void)action;
    char *place = app->last_place;
    app->last_place = NULL;
    if (place)
        app_go(app, place, NULL);
    mem_free(place);
}

static void do_next_panel(struct app *app, enum action action)
{
    static const char *const order[] = {"overview", "accounts", "regions", "keys", "parameters", "vaults"};
    size_t n = sizeof order / sizeof *order, at = 0;
    while (at < n && (!app->top->tab || strcmp(order[at], app->top->tab) != 0))
        at++;
    app_go(app, order[(at + (action == ACTION_NEXT_BOX ? 1 : n - 1)) % n], NULL);
}

static const struct {
    enum action action;
    void (*act)(struct app *app, enum action action);
} everywhere[] = {
    {ACTION_PANEL_1, do_panel},      {ACTION_PANEL_2, do_panel},     {ACTION_PANEL_3, do_panel},
    {ACTION_PANEL_4, do_panel},      {ACTION_PANEL_5, do_panel},     {ACTION_PANEL_6, do_panel},
    {ACTION_BACK, do_back},          {ACTION_LAST_PLACE, do_last_place},
    {ACTION_NEXT_BOX, do_next_panel}, {ACTION_PREVIOUS_BOX, do_next_panel},
    {ACTION_PRODUCTS, do_products},  {ACTION_COPY_MATRIX, do_copy_matrix},
    {ACTION_IMPACT, do_impact},      {ACTION_CHAIN, do_chain},       {ACTION_POLICY, do_policy},
    {ACTION_WHO, do_who},            {ACTION_ERRORS, do_errors},
    {ACTION_FILTER, do_filter},      {ACTION_NO_FILTER, do_no_filter}, {ACTION_REPEAT_FILTER, do_repeat_filter},
    {ACTION_COMMAND, do_command},    {ACTION_COPY, do_copy},         {ACTION_COPY_ROW, do_copy},
    {ACTION_COPY_PLAN, do_copy},     {ACTION_WIZARD, do_wizard},
    {ACTION_REFRESH, do_refresh},    {ACTION_REFRESH_ALL, do_refresh}, {ACTION_FREEZE, do_freeze}, {ACTION_LOGIN, do_login},
    {ACTION_THEME, do_theme},        {ACTION_VIEWS, do_views},       {ACTION_ASCII, do_ascii},       {ACTION_MOUSE, do_mouse},
    {ACTION_GUARDS, do_guards},      {ACTION_EXPORT_ALL, do_export_all},
    {ACTION_REPAINT, do_repaint},    {ACTION_SUSPEND, do_suspend},   {ACTION_HELP, do_help},
    {ACTION_QUIT, do_quit},
};

void app_act(struct app *app, enum action action)
{
    const char *reason = action_reason(action, app_have(app));
    if (reason) {
        app_say(app, ROLE_WARNING, "%s is %s", action_label(action), reason);
        return;
    }
    app->is_dirty = true;
    if (app->top->ops->act(app->top, action))
        return;
    for (size_t i = 0; i < sizeof everywhere / sizeof *everywhere; i++)
        if (everywhere[i].action == action) {
            everywhere[i].act(app, action);
            return;
        }
}
