#include "tui/panels/panel.h"
#include "tui/panels/show.h"
#include "tui/views/app.h"

#include <stdio.h>
#include <string.h>

#define TABS 6

static const char *const tab_views[TABS] = {"overview", "accounts", "regions",
                                            "keys",     "parameters", "vaults"};

/* Counts are short so that six tabs fit in 80 columns: 214, 1.2k, 31+. */
static void short_count(const struct snapshot *s, enum kind kind, char out[12])
{
    uint32_t n = s->counts[kind];
    const char *more = s->at_least[kind] ? "+" : "";
    if (n == 0 && (s->at_least[kind] || s->counts[KIND_REGION] == 0))
        snprintf(out, 12, "?"); /* nothing seen is not none */
    else if (n < 1000)
        snprintf(out, 12, "%u%s", n, more);
    else if (n < 10000)
        snprintf(out, 12, "%u.%uk%s", n / 1000, n % 1000 / 100, more);
    else
        snprintf(out, 12, "%uk%s", n / 1000 % 10000000, more);
}

static size_t make_tabs(struct app *app, struct tab tabs[TABS], char counts[TABS][12], size_t *active)
{
    static const char *const keys[TABS] = {"1", "2", "3", "4", "5", "6"};
    *active = TABS;
    for (size_t i = 0; i < TABS; i++) {
        const struct panel *panel = panel_by_view(tab_views[i]);
        const struct view *view = view_by_name(tab_views[i]);
        tabs[i] = (struct tab){.key = keys[i],
                               .title = panel ? panel->title : "Overview",
                               .brief = panel ? panel->brief : "Over"};
        if (app->snapshot && view && view->kinds) {
            short_count(app->snapshot, view->kinds[0], counts[i]);
            tabs[i].count = counts[i];
        }
        if (app->top->tab && strcmp(app->top->tab, tab_views[i]) == 0)
            *active = i;
    }
    return TABS;
}

void frame_click_tab(struct app *app, int x)
{
    struct tab tabs[TABS];
    char counts[TABS][12];
    size_t active, n = make_tabs(app, tabs, counts, &active);
    size_t at = tabs_at(&app->grid, 0, app->grid.w, tabs, n, active, x);
    if (at < n)
        app_go(app, tab_views[at], NULL);
}

static void places_of(struct page *p, struct buf *out)
{
    if (p->below)
        places_of(p->below, out);
    struct buf place = {0};
    p->ops->place(p, &place);
    if (place.len > 0)
        buf_printf(out, " > %s", place.data);
    buf_free(&place);
}

/* The time on line 1 is that of the newest data, not a clock: an idle screen sends nothing. */
static void draw_line_1(struct app *app)
{
    struct buf where = {0};
    buf_printf(&where, " %s", app->options->what);
    places_of(app->top, &where);
    char time[TIME_ISO_SIZE] = "";
    if (app->snapshot)
        time_format_clock(app->snapshot->now_utc, time);
    struct span left[] = {{ROLE_BRAND, " keyfall"}, {ROLE_SCOPE, where.data}};
    struct span right[] = {{app->options->is_viewer ? ROLE_MODE_VIEWER : ROLE_MODE_READ,
                            app->options->is_viewer ? "VIEWER" : "READ"},
                           {ROLE_DIM, "  "},
                           {app->is_frozen ? ROLE_FROZEN : ROLE_DIM, app->is_frozen ? "FROZEN " : ""},
                           {ROLE_DIM, time},
                           {ROLE_DIM, " "}};
    spans_draw_ends(&app->grid, 0, 0, app->grid.w, left, 2, right, 5);
    buf_free(&where);
}

/* ---- the line above the keys: what is being typed, said, marked, or going on --------------------------- */

static void status_reading(struct app *app, struct buf *out)
{
    const struct refresh_status *s = &app->status;
    if (s->is_first_read)
        buf_printf(out, "reading %u of %u accounts, %llu of %llu calls", s->accounts_ready, s->accounts,
                   (unsigned long long)s->calls_done,
                   (unsigned long long)(s->calls_done + s->calls_queued));
    else
        buf_printf(out, "%u account%s current", s->accounts_ready, s->accounts_ready == 1 ? "" : "s");
    if (s->accounts_failed)
        buf_printf(out, ", %u not reached", s->accounts_failed);
    if (s->is_offline)
        buf_adds(out, s->has_read ? ", no network: showing what was read before"
                                  : ", no network: nothing could be read yet");
    if (s->slowest_rate > 0)
        buf_printf(out, ", throttled: %.1f calls/s", s->slowest_rate);
}

static void status_line(struct app *app, struct buf *out)
{
    size_t n = 0;
    if (app->is_frozen)
        buf_adds(out, "frozen: z goes on - ");
    if (app->snapshot)
        judgement_blind_spots(app->snapshot->judgement, &n);
    if (n > 0 && !app->status.is_first_read)
        buf_printf(out, "%zu blind spot%s, ! shows why - ", n, n == 1 ? "" : "s");
    status_reading(app, out);
}

static void draw_message(struct app *app, int y)
{
    struct grid *g = &app->grid;
    struct rect r = {1, y, g->w - 2, 1};
    struct buf text = {0};
    bool is_status = false;
    if (app->input == INPUT_FILTER) {
        prompt_draw(g, r, "/ ", &app->filter_prompt);
    } else if (app->input == INPUT_COMMAND) {
        prompt_draw(g, r, ": ", &app->command_prompt);
    } else if (app->message[0]) {
        grid_put_fit(g, 1, y, g->w - 2, app->message_role, app->message, 0);
    } else {
        if (app_rested(app)) { /* while the cursor runs the name does not: a slow line has little room */
            buf_clear(&app->marked);
            if (app->top->ops->marked && app->snapshot && !app->status.is_first_read)
                app->top->ops->marked(app->top, &app->marked);
        }
        is_status = app->marked.len == 0;
        if (is_status)
            status_line(app, &text);
        else
            buf_add(&text, app->marked.data, app->marked.len);
        grid_put_fit(g, 1, y, g->w - 2, ROLE_MESSAGE, text.data, is_status ? 0 : FIT_MIDDLE);
    }
    buf_free(&text);
}

void frame_draw(struct app *app)
{
    struct grid *g = &app->grid;
    draw_line_1(app);
    struct tab tabs[TABS];
    char counts[TABS][12];
    size_t active, n = make_tabs(app, tabs, counts, &active);
    tabs_draw(g, 0, 1, g->w, tabs, n, active);
    grid_hline(g, 0, 2, g->w, ROLE_BORDER, GLYPH_H);
    grid_hline(g, 0, g->h - 3, g->w, ROLE_BORDER, GLYPH_H);
    draw_message(app, g->h - 2);
    struct key_hint hints[ACTION_COUNT];
    size_t n_hints = keys_hints(&app->keys, app->top->ops->context, app_have(app), hints, ACTION_COUNT);
    key_hints_draw(g, 0, g->h - 1, g->w, hints, n_hints);
}
