#include "tui/views/app.h"

#include "tui/panels/panel.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- snapshots ------------------------------------------------------------------------------------ */

struct snapshot *snapshot_retain(struct snapshot *s)
{
    atomic_fetch_add(&s->refs, 1);
    return s;
}

void snapshot_release(struct snapshot *s)
{
    if (!s || atomic_fetch_sub(&s->refs, 1) != 1)
        return;
    posture_free(s->posture);
    judgement_free(s->judgement);
    generation_release(s->generation);
    mem_free(s);
}

static void count_kinds(struct snapshot *s)
{
    struct estate *e = generation_estate(s->generation);
    for (int k = 1; k < KIND_COUNT; k++)
        for (uint32_t i = 0, slot; (slot = kind_slot(e, (enum kind)k, i)); i++) {
            const struct slice *slice = generation_slice(s->generation, slot);
            s->counts[k] += slice_rows(slice);
            s->at_least[k] |= !truth_is_sure(slice_truth(slice)) && slice_truth(slice) != TRUTH_STALE;
        }
}

/* Of the regions those that are on. */
static void count_regions(struct snapshot *s)
{
    struct record r;
    s->counts[KIND_REGION] = 0;
    for (struct walk w = walk_kind(s->generation, KIND_REGION); walk_next(&w, &r);) {
        struct value selected = record_value(&r, ATTR_REGION_SELECTED);
        s->counts[KIND_REGION] += selected.is == VALUE_KNOWN && selected.number;
    }
}

struct judge_job {
    struct job job;
    struct app *app;
    struct snapshot *snapshot;
};

static void judge_run(struct job *job)
{
    struct judge_job *j = (struct judge_job *)job;
    j->snapshot->judgement = judge(j->snapshot->generation, j->snapshot->now_utc);
    count_kinds(j->snapshot);
    count_regions(j->snapshot);
    j->snapshot->posture = posture_new(j->snapshot->generation, j->snapshot->judgement,
                                       j->snapshot->now_utc);
}

static void judge_done(struct job *job)
{
    struct judge_job *j = (struct judge_job *)job;
    snapshot_release(j->app->snapshot);
    j->app->snapshot = snapshot_retain(j->snapshot);
    for (struct page *p = j->app->top; p; p = p->below)
        if (p->ops->renew)
            p->ops->renew(p);
    j->app->is_dirty = true;
}

static void judge_drop(struct job *job)
{
    struct judge_job *j = (struct judge_job *)job;
    snapshot_release(j->snapshot);
    mem_free(j);
}

/* Has the newest generation judged, unless it is what we have. */
static void judge_newest(struct app *app)
{
    if (app->is_frozen)
        return;
    const struct generation *g = estate_acquire(app->estate);
    if (app->snapshot && generation_number(app->snapshot->generation) == generation_number(g)) {
        generation_release(g);
        return;
    }
    struct judge_job *j = mem_alloc(sizeof *j);
    j->job.tag = &app->snapshot;
    j->job.run = judge_run;
    j->job.done = judge_done;
    j->job.drop = judge_drop;
    j->app = app;
    j->snapshot = mem_alloc(sizeof *j->snapshot);
    j->snapshot->refs = 1;
    j->snapshot->generation = g;
    j->snapshot->now_utc = app_now(app);
    worker_post(app->judging, &j->job);
}

/* ---- what pages ask of the app --------------------------------------------------------------------- */

int64_t app_now(const struct app *app)
{
    if (app->options->fixed_now)
        return app->options->fixed_now;
    return app->status.now_utc > 0 ? app->status.now_utc : time_now_utc();
}

struct view_context app_context(struct app *app)
{
    return (struct view_context){.generation = app->snapshot->generation,
                                 .judgement = app->snapshot->judgement,
                                 .scratch = app->frame,
                                 .now_utc = app->snapshot->now_utc};
}

void app_say(struct app *app, enum role role, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    vsnprintf(app->message, sizeof app->message, fmt, args);
    va_end(args);
    app->message_role = role;
    app->is_dirty = true;
}

static void page_free(struct page *p)
{
    p->ops->free(p);
}

void app_push(struct app *app, struct page *page)
{
    page->below = app->top;
    if (!page->tab && page->below)
        page->tab = page->below->tab;
    app->top = page;
    app->is_dirty = true;
}

void app_back(struct app *app)
{
    if (!app->top->below) {
        app_say(app, ROLE_MESSAGE, "this is the first screen; q quits");
        return;
    }
    struct page *old = app->top;
    app->top = old->below;
    page_free(old);
    app->is_dirty = true;
}

void app_replace(struct app *app, struct page *page)
{
    if (app->top && app->top->tab) {
        mem_free(app->last_place);
        app->last_place = mem_strdup(app->top->tab);
    }
    while (app->top) {
        struct page *old = app->top;
        app->top = old->below;
        page_free(old);
    }
    app_push(app, page);
}

void app_go(struct app *app, const char *view, const char *filter)
{
    app_replace(app, page_overview(app));
    if (strcmp(view, "overview") != 0)
        app_push(app, page_list(app, view, filter));
    const struct panel *panel = panel_by_view(view);
    const struct view *v = view_by_name(view);
    if (panel && v && v->kinds && app->refresh)
        refresh_look_at(app->refresh, v->kinds[0], "", "");
}

void app_open_node(struct app *app, uint32_t node)
{
    if (node && app->snapshot)
        app_push(app, page_detail(app, node));
}

void app_open_impact(struct app *app, uint32_t node)
{
    if (node && app->snapshot)
        app_push(app, page_impact(app, node));
}

#define REST_MS 150

bool app_rested(struct app *app)
{
    int64_t left = app->last_key_ms + REST_MS - time_mono_ms();
    if (left > 0)
        app->redraw_at_ms = time_mono_ms() + left;
    return left <= 0;
}

unsigned app_have(struct app *app)
{
    unsigned have = 0;
    const struct page_ops *ops = app->top->ops;
    if (app->snapshot && (ops->has_row ? ops->has_row(app->top) : ops->node(app->top) != 0))
        have |= NEED_ROW;
    if (!app->options->is_viewer)
        have |= NEED_EXPORT;
    if (app->options->export_dir)
        have |= NEED_EXPORT;
    if (!app->options->is_demo)
        have |= NEED_LIVE;
    return have;
}

/* ---- actions that mean the same everywhere ---------------------------------------------------------- */

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
    if (!app->top->ops->filter) {
        app_say(app, ROLE_MESSAGE, "there is nothing to filter here");
        return;
    }
    mem_free(app->filter_before);
    app->filter_before = mem_strdup(app->top->ops->filter(app->top));
    prompt_set(&app->filter_prompt, app->filter_before);
    app->input = INPUT_FILTER;
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
    app->input = INPUT_COMMAND;
}

static void do_impact(struct app *app, enum action action)
{
    (void)action;
    app_open_impact(app, app->top->ops->node(app->top));
}

static void do_policy(struct app *app, enum action action)
{
    (void)action;
    app_push(app, page_policy(app, app->top->ops->node(app->top)));
}

static void do_errors(struct app *app, enum action action)
{
    (void)action;
    app_push(app, page_errors(app));
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
    if (action == ACTION_COPY_ROW && app->top->ops->row_text)
        app->top->ops->row_text(app->top, &text);
    else
        node_arn(app->estate, app->top->ops->node(app->top), &text);
    copy(app, &text, action == ACTION_COPY_ROW ? "row" : "ARN");
    buf_free(&text);
}

static void do_refresh(struct app *app, enum action action)
{
    uint32_t node = app->top->ops->node ? app->top->ops->node(app->top) : 0;
    if (action == ACTION_REFRESH && node) {
        refresh_node(app->refresh, node);
        app_say(app, ROLE_MESSAGE, "reading this row again");
        return;
    }
    const struct view *v = app->top->tab ? view_by_name(app->top->tab) : NULL;
    refresh_kind(app->refresh, v && v->kinds ? v->kinds[0] : KIND_NONE);
    app_say(app, ROLE_MESSAGE, "reading %s again", v && v->kinds ? v->name : "everything");
}

static void do_freeze(struct app *app, enum action action)
{
    (void)action;
    app->is_frozen = !app->is_frozen;
    refresh_freeze(app->refresh, app->is_frozen);
    judge_newest(app);
}

static void do_theme(struct app *app, enum action action)
{
    (void)action;
    size_t n;
    char **names = theme_names(&n);
    size_t at = 0;
    while (at < n && strcmp(names[at], app->theme.name) != 0)
        at++;
    struct err err = {0};
    const char *next = n ? names[(at + 1) % n] : THEME_DEFAULT;
    if (theme_load(next, &app->theme, &err) == ERR_OK)
        app_say(app, ROLE_MESSAGE, "theme %s: %s", app->theme.name, app->theme.suits);
    else
        app_say(app, ROLE_ERROR, "%s", err.text);
    term_set_theme(&app->theme);
    theme_names_free(names, n);
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

static void do_suspend(struct app *app, enum action action)
{
    (void)app;
    (void)action;
    term_suspend();
}

static void do_quit(struct app *app, enum action action)
{
    (void)action;
    app->is_quitting = true;
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
    {ACTION_IMPACT, do_impact},      {ACTION_POLICY, do_policy},     {ACTION_ERRORS, do_errors},
    {ACTION_FILTER, do_filter},      {ACTION_REPEAT_FILTER, do_repeat_filter},
    {ACTION_COMMAND, do_command},    {ACTION_COPY, do_copy},         {ACTION_COPY_ROW, do_copy},
    {ACTION_REFRESH, do_refresh},    {ACTION_REFRESH_ALL, do_refresh}, {ACTION_FREEZE, do_freeze},
    {ACTION_THEME, do_theme},        {ACTION_ASCII, do_ascii},       {ACTION_MOUSE, do_mouse},
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

/* ---- events ----------------------------------------------------------------------------------------- */

static void filter_event(struct app *app, const struct event *ev)
{
    switch (prompt_event(&app->filter_prompt, ev)) {
    case PROMPT_CHANGED:
        app->top->ops->set_filter(app->top, prompt_text(&app->filter_prompt));
        break;
    case PROMPT_ACCEPTED:
        mem_free(app->last_filter);
        app->last_filter = mem_strdup(prompt_text(&app->filter_prompt));
        app->top->ops->set_filter(app->top, app->last_filter);
        app->input = INPUT_NONE;
        break;
    case PROMPT_CANCELLED:
        app->top->ops->set_filter(app->top, app->filter_before);
        app->input = INPUT_NONE;
        break;
    default:
        break;
    }
}

static void command_event(struct app *app, const struct event *ev)
{
    switch (prompt_event(&app->command_prompt, ev)) {
    case PROMPT_COMPLETE:
        app_complete(app, &app->command_prompt);
        break;
    case PROMPT_ACCEPTED:
        app->input = INPUT_NONE;
        app_command(app, prompt_text(&app->command_prompt));
        break;
    case PROMPT_CANCELLED:
        app->input = INPUT_NONE;
        break;
    default:
        break;
    }
}

static void help_key(struct app *app, const struct event *ev)
{
    int action = ACTION_NONE;
    enum help_result result = help_event(&app->help, ev, &action);
    if (result == HELP_OPEN)
        return;
    mem_free(app->help_items);
    app->help_items = NULL;
    if (result == HELP_RUN)
        app_act(app, (enum action)action);
}

static void mouse_event(struct app *app, const struct event *ev)
{
    if (ev->y == 1 && ev->button == MOUSE_LEFT)
        frame_click_tab(app, ev->x);
    else if (app->top->ops->mouse)
        app->top->ops->mouse(app->top, frame_body(&app->grid), ev);
}

static void handle_event(struct app *app, const struct event *ev)
{
    app->is_dirty = true;
    app->last_key_ms = time_mono_ms();
    if (ev->kind == EV_QUIT) {
        app->is_quitting = true;
    } else if (ev->kind == EV_REPAINT || ev->kind == EV_RESIZE) {
        term_repaint();
    } else if (ev->kind == EV_MOUSE) {
        mouse_event(app, ev);
    } else if (app->help_items) {
        help_key(app, ev);
    } else if (app->input == INPUT_FILTER) {
        filter_event(app, ev);
    } else if (app->input == INPUT_COMMAND) {
        command_event(app, ev);
    } else if (ev->kind == EV_PASTE) {
        app_say(app, ROLE_MESSAGE, "text is pasted into / or : only");
    } else if (ev->kind == EV_KEY) {
        app->message[0] = '\0';
        app_act(app, keymap_find(&app->keys, app->top->ops->context, ev->key));
    }
}

/* ---- the loop --------------------------------------------------------------------------------------- */

#define SMALLEST_W 60
#define SMALLEST_H 16

static void draw_small(struct app *app)
{
    struct place all = {0};
    if (app->snapshot)
        judgement_place(app->snapshot->judgement, NULL, NULL, &all);
    grid_printf(&app->grid, 0, 0, app->grid.w, ROLE_NORMAL, "keyfall C %u H %u ?%u (%dx%d needed) q",
                all.findings[SEVERITY_CRITICAL], all.findings[SEVERITY_HIGH], all.blind_spots, SMALLEST_W,
                SMALLEST_H);
}

static void draw(struct app *app)
{
    int w, h;
    term_size(&w, &h);
    app->redraw_at_ms = 0;
    arena_reset(app->frame);
    grid_reset(&app->grid, w, h);
    app->grid.is_ascii = app->is_ascii;
    app->grid.cursor_x = app->grid.cursor_y = -1;
    if (w < SMALLEST_W || h < SMALLEST_H) {
        draw_small(app);
    } else {
        struct rect body = frame_body(&app->grid);
        struct rect clip = grid_clip(&app->grid, body);
        app->top->ops->draw(app->top, &app->grid, body);
        grid_unclip(&app->grid, clip);
        frame_draw(app);
        if (app->help_items)
            help_draw(&app->grid, body, &app->help);
    }
    term_flush(&app->grid);
    app->is_dirty = false;
}

/* A filter or a sort is usually answered within this time: better than painting twice. */
#define SORT_PATIENCE_MS 8

/* Milliseconds until a redrawing is due; -1: none is. */
static int rest_left(const struct app *app)
{
    int64_t left = app->redraw_at_ms - time_mono_ms();
    return !app->redraw_at_ms ? -1 : left > 0 ? (int)left : 0;
}

static void turn(struct app *app)
{
    struct pollfd fds[] = {{refresh_fd(app->refresh), POLLIN, 0},
                           {worker_fd(app->judging), POLLIN, 0},
                           {worker_fd(app->sorting), POLLIN, 0}};
    int timeout = app->is_dirty ? worker_is_busy(app->sorting) ? SORT_PATIENCE_MS : 0 : rest_left(app);
    int ready = term_wait(fds, 3, timeout);
    if (fds[0].revents) {
        refresh_drain(app->refresh);
        refresh_status(app->refresh, &app->status);
        judge_newest(app);
        app->is_dirty = true;
    }
    if (fds[1].revents)
        worker_collect(app->judging);
    if (fds[2].revents)
        worker_collect(app->sorting);
    if (app->redraw_at_ms && time_mono_ms() >= app->redraw_at_ms)
        app->is_dirty = true;
    struct event ev;
    while (!app->is_quitting && term_next_event(&ev))
        handle_event(app, &ev);
    if (app->is_dirty && (ready > 0 ? !worker_is_busy(app->sorting) : true))
        draw(app);
}

static bool is_alt_key(int key)
{
    struct keymap map;
    keymap_default(&map);
    return keymap_uses(&map, key);
}

static void app_free(struct app *app)
{
    worker_free(app->judging);
    while (app->top) {
        struct page *old = app->top;
        app->top = old->below;
        page_free(old);
    }
    worker_free(app->sorting); /* which pages told to forget them */
    snapshot_release(app->snapshot);
    arena_free(app->frame);
    grid_free(&app->grid);
    prompt_free(&app->filter_prompt);
    prompt_free(&app->command_prompt);
    help_free(&app->help);
    mem_free(app->help_items);
    buf_free(&app->marked);
    mem_free(app->filter_before);
    mem_free(app->last_filter);
    mem_free(app->last_place);
}

enum err_code app_run(const struct app_options *options, struct estate *estate, struct refresh *refresh,
                      struct err *err)
{
    struct app app = {.options = options, .estate = estate, .refresh = refresh};
    keymap_default(&app.keys);
    enum err_code code = theme_load(options->theme ? options->theme : THEME_DEFAULT, &app.theme, err);
    if (code != ERR_OK)
        return code;
    struct term_options term = {.no_color = options->no_color, .is_alt_key = is_alt_key};
    code = term_start(&term, err);
    if (code != ERR_OK)
        return code;
    app.is_ascii = options->is_ascii || !term_is_utf8();
    term_set_theme(&app.theme);
    term_set_title("keyfall");
    if (*term_notice())
        app_say(&app, ROLE_WARNING, "%s", term_notice());
    app.frame = arena_new();
    grid_init(&app.grid, 80, 24, app.is_ascii);
    app.judging = worker_new();
    app.sorting = worker_new();
    if (!app.judging || !app.sorting) {
        code = err_set(err, ERR_IO, "no thread could be started");
    } else {
        refresh_status(refresh, &app.status);
        app_replace(&app, page_overview(&app));
        judge_newest(&app);
        app.is_dirty = true;
        while (!app.is_quitting)
            turn(&app);
    }
    app_free(&app);
    term_stop();
    return code;
}
