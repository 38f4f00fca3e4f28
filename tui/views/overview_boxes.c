#include "tui/views/overview.h"

#include "tui/panels/show.h"
#include "tui/widgets/gauge.h"
#include "tui/widgets/mark.h"

#include <stdio.h>
#include <string.h>

/* ---- of the snapshot, else of earlier ------------------------------------------------------------- */

const struct posture *overview_posture(const struct app *app)
{
    return app->snapshot ? app->snapshot->posture : &app->earlier->posture;
}

static void told_key(struct app *app, size_t i, struct told_key *out)
{
    if (app->snapshot)
        tell_key(app->snapshot, i, app->frame, out);
    else
        *out = app->earlier->keys.items[i];
}

static void told_finding(struct app *app, size_t i, struct told_finding *out)
{
    if (app->snapshot)
        tell_finding(app->snapshot, i, app->frame, out);
    else
        *out = app->earlier->findings.items[i];
}

static bool place_at(const struct app *app, size_t account, size_t region, struct place *out)
{
    const struct posture *p = overview_posture(app);
    if (app->snapshot)
        return judgement_place(app->snapshot->judgement, p->accounts.items[account].id,
                               p->regions.items[region].id, out);
    *out = app->earlier->places.items[account * p->regions.n + region];
    return true;
}

/* ---- findings ------------------------------------------------------------------------------------- */

/* Whether what is not there may be all the same: something of the kind was not seen. */
static bool may_hide(const struct app *app, enum kind kind)
{
    const struct tally *t = app_tally(app);
    return t->at_least[kind] || !t->is_seen[kind];
}

/* What somebody answers for, and whose day is over. */
static void draw_suppressed(struct app *app, struct grid *g, int x, int y, int w)
{
    char text[64];
    size_t n = 0, n_ended = 0;
    const struct suppression *s = app->snapshot ? judgement_suppressions(app->snapshot->judgement, &n) : NULL;
    uint32_t n_suppressed = overview_posture(app)->all.suppressed;
    for (size_t i = 0; i < n; i++)
        n_ended += s[i].state == SUPPRESSION_ENDED;
    if (n == 0)
        return;
    int len = snprintf(text, sizeof text, "- %u suppressed, %zu ended", n_suppressed, n_ended);
    if (len > w)
        snprintf(text, sizeof text, "- %u", n_suppressed);
    grid_put_fit(g, x, y, w, ROLE_DIM, text, 0);
}

#define DRIFT_COLS 24
#define DRIFT_LEAST 2 /* hours: one alone tells nothing */

/* How many findings are critical or high, by the hour: what the store remembers. */
static void draw_drift(struct app *app, struct grid *g, int x, int y, int w)
{
    static const char label[] = "C H by the hour ";
    struct store_drift drift[DRIFT_COLS];
    int64_t values[DRIFT_COLS];
    int label_cols = (int)sizeof label - 1;
    bool is_told = app->store && (!app->snapshot || view_scope_is_all(&app->snapshot->scope)); /* it is of everything */
    size_t n = is_told ? store_drift(app->store, drift, DRIFT_COLS) : 0;
    if (n < DRIFT_LEAST || w < label_cols + DRIFT_COLS)
        return;
    for (size_t i = 0; i < n; i++)
        values[i] = (int64_t)drift[i].counts[DRIFT_CRITICAL] + drift[i].counts[DRIFT_HIGH];
    int at = x + w - (int)n - label_cols;
    grid_put(g, at, y, label_cols, ROLE_DIM, label);
    spark_draw(g, at + label_cols, y, (int)n, values, n);
}

void overview_draw_findings(struct app *app, struct grid *g, struct rect r)
{
    int x = r.x, y = r.y, w = r.w;
    const struct place *all = &overview_posture(app)->all;
    uint32_t unknown = 0;
    for (int s = 0; s < SEVERITY_COUNT; s++)
        unknown += all->unknown[s];
    int at = x + grid_put(g, x, y, w, ROLE_SECTION, "FINDINGS") + 2;
    for (int s = SEVERITY_CRITICAL; s >= SEVERITY_LOW; s--) {
        const char *mark = severity_mark((enum severity)s);
        char count[COUNT_SIZE], text[32];
        count_text(all->findings[s], app_is_reading(app), unknown || all->blind_spots, count);
        snprintf(text, sizeof text, "%s %s", mark, count);
        at += grid_put(g, at, y, w, all->findings[s] ? mark_role(mark, ROLE_NORMAL) : ROLE_DIM,
                       text) +
              3;
    }
    char text[96] = "? ..";
    if (!app_is_reading(app))
        snprintf(text, sizeof text, "? %u unproved, %u not seen", unknown, all->blind_spots);
    at += grid_put_fit(g, at, y, w - (at - x), unknown || all->blind_spots ? ROLE_UNKNOWN : ROLE_DIM, text, 0) + 2;
    draw_suppressed(app, g, at, y, w - (at - x));
    draw_drift(app, g, x, y + 1, w);
}

#define DELETION_NAME_COLS 20
#define DELETION_ACCOUNT_COLS 13
#define DELETION_LEFT_COLS 8
#define DELETION_BREAKS_COLS 14

static void draw_deletion(struct overview *o, struct grid *g, struct rect r, size_t i)
{
    struct app *app = o->page.app;
    const struct deletion *d = &overview_posture(app)->deletions.items[i];
    struct told_key key;
    char left[COUNTDOWN_SIZE] = "?", count[COUNT_SIZE];
    bool is_cursor = o->focus == BOX_DELETIONS && i == o->deletions.cursor;
    told_key(app, i, &key);
    if (is_cursor)
        grid_glyph(g, r.x, r.y, ROLE_CURSOR, GLYPH_CURSOR);
    grid_put(g, r.x + 1, r.y, 2, mark_role(worst_mark(d->worst), ROLE_NORMAL),
             worst_mark(d->worst));
    int x = r.x + TABLE_GUTTER_COLS;
    grid_put_fit(g, x, r.y, DELETION_NAME_COLS, is_cursor ? ROLE_CURSOR : ROLE_STRONG, key.name, 0);
    x += DELETION_NAME_COLS + 1;
    grid_put_fit(g, x, r.y, DELETION_ACCOUNT_COLS, ROLE_NORMAL, key.account, 0);
    x += DELETION_ACCOUNT_COLS + 1;
    grid_put(g, x, r.y, 5, ROLE_NORMAL, key.region);
    x += 6;
    int64_t now_utc = app->snapshot ? app->snapshot->now_utc : app_now(app);
    int64_t seconds = d->at_utc == INT64_MAX ? 0 : d->at_utc - now_utc;
    if (d->at_utc != INT64_MAX)
        countdown_text(seconds, left);
    int end = r.x + r.w - DELETION_BREAKS_COLS, rest = end - 2 - DELETION_LEFT_COLS - 1 - x;
    if (rest > 6)
        ruler_draw(g, x, r.y, rest, seconds, 30, countdown_role(seconds));
    grid_put_fit(g, end - 2 - DELETION_LEFT_COLS, r.y, DELETION_LEFT_COLS, countdown_role(seconds),
                 left, FIT_RIGHT);
    count_text(d->dependents.all, app_is_reading(app), d->dependents.is_at_least, count);
    grid_put_fit(g, end, r.y, 7, ROLE_LABEL, "breaks ", 0);
    grid_put_fit(g, end + 7, r.y, DELETION_BREAKS_COLS - 7,
                 d->dependents.all ? ROLE_STRONG : ROLE_DIM, count, 0);
}

void overview_draw_deletions(struct overview *o, struct grid *g, struct rect r)
{
    struct app *app = o->page.app;
    size_t n = overview_posture(app)->deletions.n;
    grid_put(g, r.x + 1, r.y, r.w, ROLE_SECTION, "KEYS BEING DELETED");
    o->pages[BOX_DELETIONS] = n < (size_t)r.h ? n : (size_t)r.h - 1;
    if (n == 0) {
        bool is_doubted = may_hide(app, KIND_KEY);
        grid_put_fit(g, r.x + 21, r.y, r.w - 21,
                     is_doubted && !app_is_reading(app) ? ROLE_UNKNOWN : ROLE_DIM,
                     app_is_reading(app) ? ".."
                     : is_doubted        ? "? none of those that could be seen"
                                         : "none",
                     0);
        return;
    }
    scroll_fit(&o->deletions, n, o->pages[BOX_DELETIONS]);
    for (size_t i = 0; i < o->pages[BOX_DELETIONS]; i++)
        draw_deletion(o, g, (struct rect){r.x, r.y + 1 + (int)i, r.w - 1, 1}, o->deletions.top + i);
    if (n > o->pages[BOX_DELETIONS])
        grid_printf(g, r.x + 21, r.y, r.w - 21, ROLE_DIM, "+%zu", n - o->pages[BOX_DELETIONS]);
}

#define COVERAGE_X 38
#define COVERAGE_TEXT_COLS 27

void overview_draw_coverage(struct overview *o, struct grid *g, struct rect r)
{
    struct app *app = o->page.app;
    for (int n = 0; n < COVERAGES && n < r.h; n++) {
        const struct coverage *c = &overview_posture(app)->coverages[n];
        int y = r.y + n, end = r.x + r.w - 1, bar = end - r.x - COVERAGE_X - COVERAGE_TEXT_COLS - 1;
        char text[80], unknown[32] = "";
        grid_put_fit(g, r.x + 1, y, COVERAGE_X - 2, ROLE_LABEL, c->what, 0);
        if (c->whole == 0) {
            bool is_doubted = may_hide(app, c->kind);
            grid_put_fit(g, r.x + COVERAGE_X, y, r.w - COVERAGE_X,
                         is_doubted ? ROLE_UNKNOWN : ROLE_ABSENT,
                         app_is_reading(app) ? ".."
                         : is_doubted        ? "? not seen"
                                             : "- there are none",
                         0);
            continue;
        }
        if (bar > 4)
            bar_draw(g, r.x + COVERAGE_X, y, bar, c->part, c->unknown, c->whole);
        if (c->unknown)
            snprintf(unknown, sizeof unknown, ", %llu ?", (unsigned long long)c->unknown);
        snprintf(text, sizeof text, "%3llu%%  %llu of %llu%s%s",
                 (unsigned long long)(c->part * 100 / c->whole), (unsigned long long)c->part,
                 (unsigned long long)c->whole, app_tally(app)->at_least[c->kind] ? "+" : "",
                 unknown);
        grid_put_fit(g, end - COVERAGE_TEXT_COLS, y, COVERAGE_TEXT_COLS, ROLE_NORMAL, text,
                     0);
    }
}

/* ---- the matrix ----------------------------------------------------------------------------- */

static void matrix_account(void *ctx, size_t row, struct table_cell *out)
{
    struct app *app = ((struct overview *)ctx)->page.app;
    out->text = overview_posture(app)->accounts.items[row].name;
}

static void matrix_region(void *ctx, size_t column, struct table_cell *out)
{
    struct app *app = ((struct overview *)ctx)->page.app;
    char text[16];
    show_region_short(overview_posture(app)->regions.items[column].id, text);
    snprintf(out->own, sizeof out->own, "%s", text);
    out->text = out->own;
}

/* Nothing was seen there: because there is nothing, because it is still to come, or because the
 * account cannot be entered, which is not the same as empty. */
static const char *unseen_mark(struct app *app, const char *account)
{
    struct place whole;
    if (app->snapshot && judgement_place(app->snapshot->judgement, account, "", &whole) && whole.blind_spots > 0)
        return "?";
    return app_is_reading(app) ? ".." : "-";
}

static void matrix_cell(void *ctx, size_t row, size_t column, struct table_cell *out)
{
    struct app *app = ((struct overview *)ctx)->page.app;
    const char *account = overview_posture(app)->accounts.items[row].id;
    struct place place;
    if (!place_at(app, row, column, &place) ||
        (place.seen_at == TIME_NONE && !place.blind_spots && !place.is_loading && !place.records)) {
        out->text = unseen_mark(app, account);
    } else {
        struct worst worst = place_worst(&place);
        bool is_doubted = worst.unproved != SEVERITY_NONE || place.blind_spots;
        if (worst.open > SEVERITY_NONE) {
            snprintf(out->own, sizeof out->own, "%s %u%s", severity_mark(worst.open),
                     place.findings[worst.open], is_doubted ? "?" : "");
            out->text = out->own;
        } else {
            out->text = place.is_loading || app_is_reading(app) ? ".." : is_doubted ? "?" : ".";
        }
    }
    out->role = mark_role(out->text, ROLE_NORMAL);
}

static struct matrix overview_matrix(struct overview *o)
{
    const struct posture *p = overview_posture(o->page.app);
    return (struct matrix){.n_rows = p->accounts.n,
                           .n_columns = p->regions.n,
                           .ctx = o,
                           .corner = "WORST FINDING",
                           .title_cols = 17,
                           .cell_cols = 7,
                           .row_title = matrix_account,
                           .column_title = matrix_region,
                           .cell = matrix_cell};
}

void overview_draw_matrix(struct overview *o, struct grid *g, struct rect r)
{
    struct matrix m = overview_matrix(o);
    o->pages[BOX_MATRIX] = 0;
    if (m.n_rows == 0 || m.n_columns == 0 || r.h < 3)
        return;
    struct rect body = {r.x + 1, r.y, r.w - 1, r.h - 1};
    int x = r.x + 1, y = r.y + r.h - 1;
    o->pages[BOX_MATRIX] = matrix_page_rows(body, &m);
    matrix_draw(g, body, &m, &o->matrix, o->focus == BOX_MATRIX);
    if (m.n_rows > o->pages[BOX_MATRIX]) { /* a row of its own, under the names */
        grid_printf(g, x + 2, y, m.title_cols, ROLE_SECTION, "+%zu accounts", m.n_rows - o->pages[BOX_MATRIX]);
        x += 2 + m.title_cols + 1;
    }
    grid_put_fit(g, x, y, r.x + r.w - x, ROLE_DIM, ". none  - empty  ? unseen or unproved  .. being read", 0);
}

void overview_matrix_text(struct overview *o, struct buf *out)
{
    struct app *app = o->page.app;
    const struct posture *p = app->snapshot->posture;
    const struct scope_row *account = &p->accounts.items[o->matrix.rows.cursor];
    const char *region = p->regions.items[o->matrix.columns.cursor].id;
    struct place place = {0};
    uint32_t unknown = 0;
    judgement_place(app->snapshot->judgement, account->id, region, &place);
    buf_printf(out, "%s %s:", account->name, region);
    for (int s = SEVERITY_CRITICAL; s > SEVERITY_NONE; s--) {
        if (place.findings[s])
            buf_printf(out, " %s %u", severity_mark((enum severity)s), place.findings[s]);
        unknown += place.unknown[s];
    }
    if (unknown)
        buf_printf(out, "  %u not provable", unknown);
    if (place.blind_spots)
        buf_printf(out, "  %u blind spot%s", place.blind_spots, place.blind_spots == 1 ? "" : "s");
    buf_printf(out, "  %llu%s keys, %llu%s vaults", (unsigned long long)place.keys.n,
               place.keys.is_at_least ? "+" : "", (unsigned long long)place.vaults.n,
               place.vaults.is_at_least ? "+" : "");
}

/* ---- what to do first ----------------------------------------------------------------------- */

const struct finding *overview_finding(struct app *app, size_t i)
{
    const struct posture *p = app->snapshot ? app->snapshot->posture : NULL;
    return p && i < p->first.n ? p->first.items[i] : NULL;
}

static void first_row(void *ctx, size_t row, struct table_row *out)
{
    struct told_finding told;
    told_finding(((struct overview *)ctx)->page.app, row, &told);
    out->severity = told.mark;
}

static void first_cell(void *ctx, size_t row, int column, struct table_cell *out)
{
    struct told_finding told;
    told_finding(((struct overview *)ctx)->page.app, row, &told);
    const char *texts[] = {told.name, told.title, told.where, told.remedy};
    out->text = texts[column]; /* as in first_columns */
}

static const struct table_column first_columns[] = {
    {"name", "WHAT TO DO FIRST", 16, 20, 0, TABLE_NAME},
    {"title", "WHY", 20, 56, 1, 0},
    {"where", "WHERE", 18, 22, 2, 0},
    {"remedy", "REMEDY", 20, 56, 3, 0},
};

void overview_draw_first(struct overview *o, struct grid *g, struct rect r)
{
    struct app *app = o->page.app;
    o->pages[BOX_FIRST] = 0;
    if (r.h < 3)
        return;
    struct table t = {.columns = first_columns,
                      .n_columns = 4,
                      .n_rows = overview_posture(app)->first.n,
                      .ctx = o,
                      .row = first_row,
                      .cell = first_cell,
                      .empty = app_is_reading(app) ? "Reading ..."
                               : overview_posture(app)->all.blind_spots
                                   ? "Nothing found in what could be read."
                                   : "Nothing found."};
    struct table_look look = {.is_focused = o->focus == BOX_FIRST};
    o->first.sort_column = -1;
    o->pages[BOX_FIRST] = table_page(r, &look);
    table_draw(g, r, &t, &o->first, &look);
}
