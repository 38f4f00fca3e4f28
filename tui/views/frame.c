#include "tui/panels/panel.h"
#include "tui/panels/show.h"
#include "tui/views/app.h"
#include "tui/views/first_screen.h"

#include <stdio.h>
#include <string.h>

#define TABS 6

static const char *const tab_views[TABS] = {"overview", "accounts", "regions",
                                            "keys",     "parameters", "vaults"};

/* Counts are short so that six tabs fit in 80 columns: 214, 1.2k, 31+. Nothing seen is not none. */
static void short_count(const struct app *app, enum kind kind, char out[12])
{
    const struct tally *t = app_tally(app);
    uint32_t n = t->counts[kind];
    const char *more = t->at_least[kind] ? "+" : "";
    if (n == 0 && (t->at_least[kind] || !t->is_seen[kind] || t->counts[KIND_REGION] == 0))
        snprintf(out, 12, "%s", app_is_reading(app) ? ".." : "?");
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
        if (app_tally(app) && view && view->kinds) {
            short_count(app, view->kinds[0], counts[i]);
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
    struct buf scope = {0};
    scope_label(app->snapshot, &scope);
    buf_printf(&where, " %s%s%s", app->options->what, scope.len > 0 ? " > " : "", scope.data);
    buf_free(&scope);
    places_of(app->top, &where);
    char time[TIME_ISO_SIZE] = "";
    if (app->snapshot)
        time_format_clock(app->snapshot->now_utc, time);
    else if (app->earlier)
        show_when(app->earlier->now_utc, app_now(app), time);
    struct buf guarded = {0};
    guards_words(app, &guarded);
    struct span left[] = {{ROLE_BRAND, " keyfall"}, {ROLE_SCOPE, where.data}};
    struct span right[CARE_SPANS + 6];
    size_t n = app_care_words(app, right, CARE_SPANS);
    if (guarded.len > 0)
        right[n++] = (struct span){ROLE_DIM, guarded.data};
    if (wizard_is_running(app))
        right[n++] = (struct span){ROLE_MODE_CHANGES, "CHANGES"};
    else
        right[n++] = (struct span){app->options->is_viewer ? ROLE_MODE_VIEWER : ROLE_MODE_READ,
                                   app->options->is_viewer ? "VIEWER" : "READ"};
    right[n++] = (struct span){ROLE_DIM, "  "};
    right[n++] = (struct span){app->is_frozen ? ROLE_FROZEN : ROLE_DIM, app->is_frozen ? "FROZEN " : ""};
    right[n++] = (struct span){ROLE_DIM, time};
    right[n++] = (struct span){ROLE_DIM, " "};
    spans_draw_ends(&app->grid, 0, 0, app->grid.w, left, 2, right, n);
    buf_free(&guarded);
    buf_free(&where);
}

/* ---- the line above the keys: what is being typed, said, or marked --------------------------------------- */

static void draw_message(struct app *app, int y)
{
    struct grid *g = &app->grid;
    struct rect r = {1, y, g->w - 2, 1};
    if (app->input == INPUT_FILTER) {
        prompt_draw(g, r, "/ ", &app->filter_prompt);
        return;
    }
    if (app->input == INPUT_COMMAND) {
        int w = grid_text_width(g, app->message), most = r.w / 2;
        w = w < most ? w : most;
        grid_put_fit(g, r.x + r.w - w, y, w, app->message_role, app->message, 0);
        r.w -= w ? w + 2 : 0;
        prompt_draw(g, r, ": ", &app->command_prompt);
        return;
    }
    if (app->input == INPUT_SWALLOW) {
        grid_put_fit(g, 1, y, g->w - 2, ROLE_WARNING, "/ there is nothing to filter on this page; esc goes on", 0);
        return;
    }
    if (app->message[0]) {
        grid_put_fit(g, 1, y, g->w - 2, app->message_role, app->message, 0);
        return;
    }
    if (app_rested(app)) { /* while the cursor runs the name does not: a slow line has little room */
        buf_clear(&app->marked);
        if (app->top->ops->marked && app->snapshot && !app_is_reading(app))
            app->top->ops->marked(app->top, &app->marked);
    }
    if (app->marked.len > 0) /* a name keeps both ends, a sentence its beginning */
        grid_put_fit(g, 1, y, g->w - 2, ROLE_MESSAGE, app->marked.data,
                     strchr(app->marked.data, ' ') ? 0 : FIT_MIDDLE);
}

static void draw_keys(struct app *app, int y)
{
    struct key_hint hints[ACTION_COUNT];
    size_t n = 0;
    const struct page *top = app->top;
    const struct key_hint *typing = top->ops->typing ? top->ops->typing(app->top, &n) : NULL;
    if (!typing)
        n = keys_hints(&app->keys, top->ops->context, app_have(app), hints, ACTION_COUNT);
    key_hints_draw(&app->grid, 0, y, app->grid.w, typing ? typing : hints, n);
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
    if (app->status.logins > 0)
        logins_notice(app, (struct rect){0, 2, g->w, 1});
    status_draw(app, g->h - 3);
    draw_message(app, g->h - 2);
    draw_keys(app, g->h - 1);
}
