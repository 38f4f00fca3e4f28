#include "tui/views/app.h"

#include "tui/panels/panel.h"
#include "tui/views/first_screen.h"
#include "tui/views/posture.h"

#include <stdio.h>
#include <string.h>

/* ---- what pages ask of the app --------------------------------------------------------------------- */

int64_t app_now(const struct app *app)
{
    if (app->options->fixed_now)
        return app->options->fixed_now;
    return app->status.now_utc > 0 ? app->status.now_utc : time_now_utc();
}

struct view_context app_context(struct app *app)
{
    return snapshot_context(app->snapshot, app->frame);
}

void app_say(struct app *app, enum role role, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    vsnprintf(app->message, sizeof app->message, fmt, args);
    va_end(args);
    app->message_role = role;
    app->is_asked = false;
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
    buf_clear(&app->marked); /* that was the other page's */
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
    buf_clear(&app->marked);
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

/* What has to be read for a kind: of what follows from other records, those. */
static enum kind asked_for(enum kind kind)
{
    return kind == KIND_EKM || kind == KIND_AUTOBACKUP ? KIND_KEY : kind == KIND_CREDENTIAL ? KIND_PARAMETER : kind;
}

void app_go(struct app *app, const char *view, const char *filter)
{
    app_replace(app, page_overview(app));
    if (strcmp(view, "products") == 0)
        app_push(app, page_products(app));
    else if (strcmp(view, "overview") != 0)
        app_push(app, page_list(app, view, filter));
    const struct panel *panel = panel_by_view(view);
    const struct view *v = view_by_name(view);
    if (panel && v && v->kinds && app->refresh)
        refresh_look_at(app->refresh, asked_for(v->kinds[0]), "", "");
}

void app_open_node(struct app *app, uint32_t node)
{
    if (!node || !app->snapshot)
        return;
    if (app->refresh)
        refresh_evidence(app->refresh, node);
    app_push(app, page_detail(app, node));
}

uint32_t app_key_of(struct app *app, uint32_t node)
{
    struct record r;
    enum kind kind = node_kind(app->estate, node);
    if (kind == KIND_KEY || kind == KIND_ALIAS)
        return judge_resolve_key(app->snapshot->judgement, node);
    enum attr attr = attr_by_name(kind, "key_arn");
    if (!attr || !generation_record(app->snapshot->generation, node, &r))
        return 0;
    struct value v = record_value(&r, attr);
    return v.is == VALUE_KNOWN && v.type == TYPE_REF ? judge_resolve_key(app->snapshot->judgement, v.node) : 0;
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
    bool has_record = app->snapshot && ops->node(app->top) != 0;
    if (has_record)
        have |= NEED_RECORD;
    if (app->snapshot && (ops->has_row ? ops->has_row(app->top) : has_record))
        have |= NEED_ROW;
    if (wizard_shows_plan(app))
        have |= NEED_PLAN;
    if (!app->options->is_viewer)
        have |= NEED_EXPORT;
    if (app->options->export_dir)
        have |= NEED_EXPORT;
    if (!app->options->is_kept)
        have |= NEED_LIVE;
    if (!app->options->is_viewer)
        have |= NEED_CHANGES;
    if (!app->options->cli->posture)
        have |= NEED_DESK;
    if (!app->options->is_linear)
        have |= NEED_SCREEN;
    return have;
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
    enum prompt_result result = prompt_event(&app->command_prompt, ev);
    app->message[0] = '\0';
    if (result == PROMPT_COMPLETE)
        app_complete(app, &app->command_prompt);
    look_while_typing(app, result == PROMPT_CANCELLED ? "" : prompt_text(&app->command_prompt));
    if (result == PROMPT_COMPLETE)
        return;
    app_forget_completions(app);
    if (result == PROMPT_ACCEPTED || result == PROMPT_CANCELLED)
        app->input = INPUT_NONE;
    if (result == PROMPT_ACCEPTED)
        app_command(app, prompt_text(&app->command_prompt));
}

static void swallow_event(struct app *app, const struct event *ev)
{
    if (ev->kind == EV_KEY && (ev->key == TKEY_ENTER || ev->key == TKEY_ESC || ev->key == ('c' | KEY_CTRL)))
        app->input = INPUT_NONE;
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

void app_cover(struct app *app, struct overlay *overlay)
{
    if (app->overlay)
        app->overlay->free(app->overlay);
    app->overlay = overlay;
}

static void overlay_event(struct app *app, const struct event *ev)
{
    struct overlay *o = app->overlay;
    if (!o->take(o, ev) && app->overlay == o)
        app_cover(app, NULL);
}

static void mouse_event(struct app *app, const struct event *ev)
{
    if (!term_has_mouse() || app->help_items || app->overlay || app->input != INPUT_NONE)
        return; /* what is over the page hides what would be clicked */
    if (ev->y == 1 && ev->button == MOUSE_LEFT)
        frame_click_tab(app, ev->x);
    else if (app->top->ops->mouse)
        app->top->ops->mouse(app->top, frame_body(&app->grid), ev);
}

static bool page_takes(struct app *app, const struct event *ev)
{
    if (!app->top->ops->take)
        return false;
    if (ev->kind == EV_KEY)
        app->message[0] = '\0';
    return app->top->ops->take(app->top, ev);
}

void app_event(struct app *app, const struct event *ev)
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
    } else if (app->overlay) {
        overlay_event(app, ev);
    } else if (app->input == INPUT_FILTER) {
        filter_event(app, ev);
    } else if (app->input == INPUT_COMMAND) {
        command_event(app, ev);
    } else if (app->input == INPUT_SWALLOW) {
        swallow_event(app, ev);
    } else if (page_takes(app, ev)) {
        return;
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
    struct grid *g = &app->grid;
    if (app_has_nothing(app) || app_is_reading(app)) {
        grid_printf(g, 0, 0, g->w, ROLE_NORMAL, "keyfall: %s (%dx%d needed) q",
                    app_is_reading(app) ? "reading ..." : "nothing could be read", SMALLEST_W, SMALLEST_H);
        return;
    }
    const struct place *all = &app->snapshot->posture->all;
    grid_printf(g, 0, 0, g->w, ROLE_NORMAL, "keyfall C %u H %u ?%u (%dx%d needed) q",
                all->findings[SEVERITY_CRITICAL], all->findings[SEVERITY_HIGH], all->blind_spots, SMALLEST_W,
                SMALLEST_H);
}

void app_compose(struct app *app, int w, int h)
{
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
        if (!(app->options->is_linear && app->overlay)) /* there nothing lies over anything */
            app->top->ops->draw(app->top, &app->grid, body);
        grid_unclip(&app->grid, clip);
        frame_draw(app);
        if (app->help_items)
            help_draw(&app->grid, body, &app->help);
        else if (app->overlay)
            app->overlay->draw(app->overlay, &app->grid, body);
    }
    app->is_dirty = false;
}

static void draw(struct app *app)
{
    int w, h;
    term_size(&w, &h);
    app_compose(app, w, h);
    term_flush(&app->grid);
}

/* A filter or a sort is usually answered within this time: better than painting twice. */
#define SORT_PATIENCE_MS 8

/* Milliseconds until a redrawing is due; -1: none is. */
static int rest_left(const struct app *app)
{
    int64_t left = app->redraw_at_ms - time_mono_ms();
    return !app->redraw_at_ms ? -1 : left > 0 ? (int)left : 0;
}

static void take_status(struct app *app)
{
    bool was_offline = app->status.is_offline;
    refresh_status(app->refresh, &app->status);
    if (app->status.is_offline && !was_offline)
        app->offline_since_utc = app_now(app);
    if (app->is_asked && !app->status.is_reading && app->status.calls_total > app->calls_before) {
        app->is_asked = false;
        app->message[0] = '\0'; /* "reading keys again" */
    }
}

/* Why nothing is kept for the next start: said once. */
static void tell_store(struct app *app)
{
    struct err err;
    if (app->store && store_trouble(app->store, &err))
        app_say(app, ROLE_WARNING, "%s", err.text);
}

void app_listen(const struct app *app, struct pollfd fds[APP_FDS])
{
    fds[0] = (struct pollfd){refresh_fd(app->refresh), POLLIN, 0};
    fds[1] = (struct pollfd){worker_fd(app->judging), POLLIN, 0};
    fds[2] = (struct pollfd){worker_fd(app->sorting), POLLIN, 0};
    fds[3] = (struct pollfd){wizard_fd(app), POLLIN, 0};
}

void app_hear(struct app *app, const struct pollfd fds[APP_FDS])
{
    if (fds[0].revents) {
        refresh_drain(app->refresh);
        take_status(app);
        tell_store(app);
        app_judge_newest(app);
        app->is_dirty = true;
    }
    if (fds[1].revents)
        worker_collect(app->judging);
    if (fds[2].revents)
        worker_collect(app->sorting);
    if (fds[3].revents)
        wizard_collect(app);
}

static void turn(struct app *app)
{
    struct pollfd fds[APP_FDS];
    int timeout = app->is_dirty ? worker_is_awaited(app->sorting) ? SORT_PATIENCE_MS : 0 : rest_left(app);
    app_listen(app, fds);
    int ready = term_wait(fds, APP_FDS, timeout);
    app_hear(app, fds);
    if (app->redraw_at_ms && time_mono_ms() >= app->redraw_at_ms)
        app->is_dirty = true;
    struct event ev;
    while (!app->is_quitting && term_next_event(&ev))
        app_event(app, &ev);
    if (app->is_dirty && (ready > 0 ? !worker_is_awaited(app->sorting) : true))
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
    wizard_free(app);
    app_cover(app, NULL);
    while (app->top) {
        struct page *old = app->top;
        app->top = old->below;
        page_free(old);
    }
    worker_free(app->judging); /* which pages told to forget them */
    worker_free(app->sorting);
    snapshot_release(app->snapshot);
    first_screen_free(app->earlier);
    arena_free(app->frame);
    grid_free(&app->grid);
    prompt_free(&app->filter_prompt);
    prompt_free(&app->command_prompt);
    help_free(&app->help);
    mem_free(app->help_items);
    buf_free(&app->marked);
    for (size_t i = 0; i < app->wrong_lines.n; i++)
        mem_free(app->wrong_lines.items[i]);
    VEC_FREE(app->wrong_lines);
    mem_free(app->filter_before);
    mem_free(app->last_filter);
    app_forget_completions(app);
    mem_free(app->last_place);
    mem_free(app->theme_kept);
    mem_free(app->theme_shown);
    hands_free(&app->hands);
}

enum err_code app_run(const struct app_options *options, const struct session *session, struct err *err)
{
    struct app app = {.options = options,
                      .estate = session->estate,
                      .refresh = session->refresh,
                      .store = session->store,
                      .past = session->past,
                      .started_ms = time_mono_ms()};
    keymap_default(&app.keys);
    hands_read(&app.hands);
    struct term_options term = {.no_color = options->no_color, .no_programs = options->is_viewer,
                                .is_alt_key = is_alt_key};
    enum err_code code = look_start(&app, err);
    if (code != ERR_OK)
        err->code = code = ERR_USAGE;
    else if (!options->is_linear)
        code = term_start(&term, err);
    if (code != ERR_OK) {
        app_free(&app);
        return code;
    }
    app_take_settings(&app);
    app.is_ascii = options->is_ascii || (!options->is_linear && !term_is_utf8());
    term_set_theme(&app.theme);
    term_set_title("keyfall");
    if (*term_notice())
        app_say(&app, ROLE_WARNING, "%s", term_notice());
    if (session->store_problem.code != ERR_OK)
        app_say(&app, ROLE_WARNING, "%s", session->store_problem.text);
    app.frame = arena_new();
    grid_init(&app.grid, 80, 24, app.is_ascii);
    app.judging = worker_new();
    app.sorting = worker_new();
    if (!app.judging || !app.sorting) {
        code = err_set(err, ERR_IO, "no thread could be started");
    } else {
        take_status(&app);
        app.earlier = first_screen_unpack(session->summary.data, session->summary.len);
        app_replace(&app, page_overview(&app));
        if (!options->is_linear)
            draw(&app); /* before anything is asked of AWS */
        refresh_begin(app.refresh);
        app_judge_newest(&app);
        app.is_dirty = true;
        if (options->is_linear)
            linear_run(&app);
        while (!app.is_quitting && !options->is_linear)
            turn(&app);
    }
    app_free(&app);
    term_stop();
    return code;
}
