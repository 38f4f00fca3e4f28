/* overview: what should I do first? Findings by severity, keys that are being deleted, how far we are, where it
 * is worst, and the worst findings as a list. */
#include "tui/panels/show.h"
#include "tui/views/app.h"
#include "tui/views/posture.h"
#include "tui/widgets/box.h"
#include "tui/widgets/gauge.h"
#include "tui/widgets/mark.h"
#include "tui/widgets/matrix.h"
#include "tui/widgets/table.h"

#include <stdio.h>
#include <string.h>

/* ---- the page ------------------------------------------------------------------------------------------ */

enum box { BOX_DELETIONS, BOX_MATRIX, BOX_FIRST, BOX_COUNT };

struct overview {
    struct page page;
    enum box focus;
    bool has_moved;          /* until then the focus is the first box that is drawn */
    struct scroll deletions;
    struct matrix_state matrix;
    struct table_state first;
    size_t pages[BOX_COUNT]; /* rows seen of each; 0: the box is not drawn */
    bool is_drawn;           /* keys may come before the first picture */
    struct {
        struct finding finding; /* its texts are not looked at: they were another judgement's */
        uint32_t key;
        char account[16], region[40];
    } at;                    /* under the cursors */
};

/* Whether what is not there may be all the same: something of the kind was not seen. */
static bool may_hide(const struct app *app, enum kind kind)
{
    return app->snapshot->at_least[kind] || !app->snapshot->is_seen[kind];
}

static void draw_findings(struct app *app, struct grid *g, int x, int y, int w)
{
    const struct place *all = &app->snapshot->posture->all;
    uint32_t unknown = 0;
    for (int s = 0; s < SEVERITY_COUNT; s++)
        unknown += all->unknown[s];
    int at = x + grid_put(g, x, y, w, ROLE_SECTION, "FINDINGS") + 2;
    for (int s = SEVERITY_CRITICAL; s >= SEVERITY_LOW; s--) {
        const char *mark = severity_mark((enum severity)s);
        char count[COUNT_SIZE], text[32];
        count_text(all->findings[s], app_is_reading(app), unknown || all->blind_spots, count);
        snprintf(text, sizeof text, "%s %s", mark, count);
        at += grid_put(g, at, y, w, all->findings[s] ? mark_role(mark, ROLE_NORMAL) : ROLE_DIM, text) + 3;
    }
    char text[96] = "? ..";
    if (!app_is_reading(app))
        snprintf(text, sizeof text, "? %u not provable, %u not seen", unknown, all->blind_spots);
    grid_put_fit(g, at, y, w - (at - x), unknown || all->blind_spots ? ROLE_UNKNOWN : ROLE_DIM, text, 0);
}

#define DELETION_NAME_COLS 20
#define DELETION_ACCOUNT_COLS 13
#define DELETION_LEFT_COLS 8
#define DELETION_BREAKS_COLS 14

static void draw_deletion(struct overview *o, struct grid *g, struct rect r, size_t i)
{
    struct app *app = o->page.app;
    const struct deletion *d = &app->snapshot->posture->deletions.items[i];
    struct buf name = {0};
    char left[COUNTDOWN_SIZE] = "?", count[COUNT_SIZE], region[16], account[16], full_region[40];
    bool is_cursor = o->focus == BOX_DELETIONS && i == o->deletions.cursor;
    if (is_cursor)
        grid_glyph(g, r.x, r.y, ROLE_CURSOR, GLYPH_CURSOR);
    grid_put(g, r.x + 1, r.y, 2, mark_role(worst_mark(d->worst), ROLE_NORMAL), worst_mark(d->worst));
    int x = r.x + TABLE_GUTTER_COLS;
    show_node_name(app->snapshot->generation, d->key, &name);
    grid_put_fit(g, x, r.y, DELETION_NAME_COLS, is_cursor ? ROLE_CURSOR : ROLE_STRONG, name.data, 0);
    buf_free(&name);
    node_place(app->estate, d->key, account, full_region);
    show_region_short(full_region, region);
    x += DELETION_NAME_COLS + 1;
    grid_put_fit(g, x, r.y, DELETION_ACCOUNT_COLS, ROLE_NORMAL,
                 show_account_name(app->snapshot->generation, account), 0);
    x += DELETION_ACCOUNT_COLS + 1;
    grid_put(g, x, r.y, 5, ROLE_NORMAL, region);
    x += 6;
    int64_t seconds = d->at_utc == INT64_MAX ? 0 : d->at_utc - app->snapshot->now_utc;
    if (d->at_utc != INT64_MAX)
        countdown_text(seconds, left);
    int end = r.x + r.w - DELETION_BREAKS_COLS, rest = end - 2 - DELETION_LEFT_COLS - 1 - x;
    if (rest > 6)
        ruler_draw(g, x, r.y, rest, seconds, 30, countdown_role(seconds));
    grid_put_fit(g, end - 2 - DELETION_LEFT_COLS, r.y, DELETION_LEFT_COLS, countdown_role(seconds), left, FIT_RIGHT);
    count_text(d->dependents.all, app_is_reading(app), d->dependents.is_at_least, count);
    grid_put_fit(g, end, r.y, 7, ROLE_LABEL, "breaks ", 0);
    grid_put_fit(g, end + 7, r.y, DELETION_BREAKS_COLS - 7, d->dependents.all ? ROLE_STRONG : ROLE_DIM, count, 0);
}

static int draw_deletions(struct overview *o, struct grid *g, struct rect r, size_t most)
{
    struct app *app = o->page.app;
    size_t n = app->snapshot->posture->deletions.n;
    grid_put(g, r.x + 1, r.y, r.w, ROLE_SECTION, "KEYS BEING DELETED");
    o->pages[BOX_DELETIONS] = n < most ? n : most;
    if (n == 0) {
        bool is_doubted = may_hide(app, KIND_KEY);
        grid_put_fit(g, r.x + 21, r.y, r.w - 21, is_doubted && !app_is_reading(app) ? ROLE_UNKNOWN : ROLE_DIM,
                     app_is_reading(app) ? ".."
                     : is_doubted        ? "? none of those that could be seen"
                                         : "none", 0);
        return 1;
    }
    scroll_fit(&o->deletions, n, o->pages[BOX_DELETIONS]);
    for (size_t i = 0; i < o->pages[BOX_DELETIONS]; i++)
        draw_deletion(o, g, (struct rect){r.x, r.y + 1 + (int)i, r.w, 1}, o->deletions.top + i);
    if (n > most) {
        char more[64];
        snprintf(more, sizeof more, "%zu of %zu", most, n);
        grid_put_fit(g, r.x, r.y, r.w, ROLE_DIM, more, FIT_RIGHT);
    }
    return 1 + (int)o->pages[BOX_DELETIONS];
}

#define COVERAGE_X 38
#define COVERAGE_TEXT_COLS 27

static int draw_coverage(struct overview *o, struct grid *g, struct rect r, int most)
{
    struct app *app = o->page.app;
    int n = 0;
    for (; n < COVERAGES && n < most; n++) {
        const struct coverage *c = &app->snapshot->posture->coverages[n];
        int y = r.y + n, bar = r.w - COVERAGE_X - COVERAGE_TEXT_COLS - 1;
        char text[80], unknown[32] = "";
        grid_put_fit(g, r.x + 1, y, COVERAGE_X - 2, ROLE_LABEL, c->what, 0);
        if (c->whole == 0) {
            bool is_doubted = may_hide(app, c->kind);
            grid_put_fit(g, r.x + COVERAGE_X, y, r.w - COVERAGE_X, is_doubted ? ROLE_UNKNOWN : ROLE_ABSENT,
                         app_is_reading(app) ? ".." : is_doubted ? "? not seen" : "- there are none", 0);
            continue;
        }
        if (bar > 4)
            bar_draw(g, r.x + COVERAGE_X, y, bar, c->part, c->unknown, c->whole);
        if (c->unknown)
            snprintf(unknown, sizeof unknown, ", %llu ?", (unsigned long long)c->unknown);
        snprintf(text, sizeof text, "%3llu%%  %llu of %llu%s%s", (unsigned long long)(c->part * 100 / c->whole),
                 (unsigned long long)c->part, (unsigned long long)c->whole,
                 app->snapshot->at_least[c->kind] ? "+" : "", unknown);
        grid_put_fit(g, r.x + r.w - COVERAGE_TEXT_COLS, y, COVERAGE_TEXT_COLS, ROLE_NORMAL, text, 0);
    }
    return n;
}

/* ---- the matrix ------------------------------------------------------------------------------------------ */

static void matrix_account(void *ctx, size_t row, struct table_cell *out)
{
    struct app *app = ((struct overview *)ctx)->page.app;
    out->text = app->snapshot->posture->accounts.items[row].name;
}

static void matrix_region(void *ctx, size_t column, struct table_cell *out)
{
    struct app *app = ((struct overview *)ctx)->page.app;
    char text[16];
    show_region_short(app->snapshot->posture->regions.items[column].id, text);
    snprintf(out->own, sizeof out->own, "%s", text);
    out->text = out->own;
}

/* Nothing was seen there: because there is nothing, because it is still to come, or because the account
 * cannot be entered, which is not the same as empty. */
static const char *unseen_mark(struct app *app, const char *account)
{
    struct place whole;
    if (judgement_place(app->snapshot->judgement, account, "", &whole) && whole.blind_spots > 0)
        return "?";
    return app_is_reading(app) ? ".." : "-";
}

static void matrix_cell(void *ctx, size_t row, size_t column, struct table_cell *out)
{
    struct app *app = ((struct overview *)ctx)->page.app;
    const struct posture *p = app->snapshot->posture;
    const char *account = p->accounts.items[row].id;
    struct place place;
    if (!judgement_place(app->snapshot->judgement, account, p->regions.items[column].id, &place)
        || (place.seen_at == TIME_NONE && !place.blind_spots && !place.is_loading && !place.records)) {
        out->text = unseen_mark(app, account);
    } else {
        struct worst worst = place_worst(&place);
        bool is_doubted = worst.unproved != SEVERITY_NONE || place.blind_spots;
        if (worst.open > SEVERITY_NONE) {
            snprintf(out->own, sizeof out->own, "%s %u%s", severity_mark(worst.open), place.findings[worst.open],
                     is_doubted ? "?" : "");
            out->text = out->own;
        } else {
            out->text = place.is_loading || app_is_reading(app) ? ".." : is_doubted ? "?" : ".";
        }
    }
    out->role = mark_role(out->text, ROLE_NORMAL);
}

static struct matrix overview_matrix(struct overview *o)
{
    const struct posture *p = o->page.app->snapshot->posture;
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

static void draw_matrix(struct overview *o, struct grid *g, struct rect r)
{
    struct matrix m = overview_matrix(o);
    if (m.n_rows == 0 || m.n_columns == 0 || r.h < 3) {
        o->pages[BOX_MATRIX] = 0;
        return;
    }
    int rows = (int)m.n_rows + 1 < r.h - 1 ? (int)m.n_rows + 1 : r.h - 1;
    struct rect body = {r.x + 1, r.y, r.w - 1, rows};
    o->pages[BOX_MATRIX] = matrix_page_rows(body);
    matrix_draw(g, body, &m, &o->matrix, o->focus == BOX_MATRIX);
    grid_put_fit(g, r.x + 1, r.y + rows, r.w - 1, ROLE_DIM,
                 ". none   - nothing there   ? not all seen or proved   .. being read", 0);
    if (m.n_rows > o->pages[BOX_MATRIX])
        grid_printf(g, r.x + 71, r.y + rows, r.w - 71, ROLE_DIM, "%zu of %zu accounts", o->pages[BOX_MATRIX],
                    m.n_rows);
}

static void matrix_text(struct overview *o, struct buf *out)
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
    buf_printf(out, "  %llu%s keys, %llu%s vaults", (unsigned long long)place.keys.n, place.keys.is_at_least ? "+" : "",
               (unsigned long long)place.vaults.n, place.vaults.is_at_least ? "+" : "");
}

/* ---- what to do first -------------------------------------------------------------------------------------- */

static const struct finding *finding_at(struct app *app, size_t i)
{
    const struct posture *p = app->snapshot->posture;
    return i < p->first.n ? p->first.items[i] : NULL;
}

static void first_row(void *ctx, size_t row, struct table_row *out)
{
    out->severity = finding_mark(finding_at(((struct overview *)ctx)->page.app, row));
}

static void where_text(struct app *app, uint32_t node, struct buf *out)
{
    char account[16], region[40], brief[16];
    struct record r;
    node_place(app->estate, node, account, region);
    if (generation_record(app->snapshot->generation, node, &r)) {
        snprintf(account, sizeof account, "%s", record_account(&r));
        snprintf(region, sizeof region, "%s", record_region(&r));
    }
    show_region_short(region, brief);
    buf_printf(out, "%s %s", show_account_name(app->snapshot->generation, account), brief);
}

/* What there is to do, without its reasons: they stand below when the cursor is there. */
static void remedy_text(const char *remedy, struct buf *out)
{
    buf_add(out, remedy, strcspn(remedy, ".,;:("));
    while (out->len > 0 && out->data[out->len - 1] == ' ')
        out->data[--out->len] = '\0';
}

static void first_cell(void *ctx, size_t row, int column, struct table_cell *out)
{
    struct app *app = ((struct overview *)ctx)->page.app;
    const struct finding *f = finding_at(app, row);
    struct buf text = {0};
    switch (column) { /* the columns of `first_columns` */
    case 0:
        show_node_name(app->snapshot->generation, f->node, &text);
        break;
    case 1:
        buf_adds(&text, f->rule->title);
        break;
    case 2:
        where_text(app, f->node, &text);
        break;
    default:
        remedy_text(f->rule->remedy, &text);
    }
    out->text = arena_strdup(app->frame, text.data ? text.data : "");
    buf_free(&text);
}

static const struct table_column first_columns[] = {
    {"name", "WHAT TO DO FIRST", 16, 20, 0, TABLE_NAME},
    {"title", "WHY", 20, 56, 1, 0},
    {"where", "WHERE", 18, 22, 2, 0},
    {"remedy", "REMEDY", 20, 56, 3, 0},
};

static void draw_first(struct overview *o, struct grid *g, struct rect r)
{
    struct app *app = o->page.app;
    o->pages[BOX_FIRST] = 0;
    if (r.h < 3)
        return;
    struct table t = {.columns = first_columns,
                      .n_columns = 4,
                      .n_rows = app->snapshot->posture->first.n,
                      .ctx = o,
                      .row = first_row,
                      .cell = first_cell,
                      .empty = app_is_reading(app)                   ? "Reading ..."
                               : app->snapshot->posture->all.blind_spots ? "Nothing found in what could be read."
                                                                     : "Nothing found."};
    struct table_look look = {.is_focused = o->focus == BOX_FIRST};
    o->first.sort_column = -1;
    o->pages[BOX_FIRST] = table_page(r, &look);
    table_draw(g, r, &t, &o->first, &look);
}

/* ---- drawing ------------------------------------------------------------------------------------------------ */

#define COVERAGE_FROM_ROWS 14 /* below that where it is worst matters more */
#define FIRST_LEAST_ROWS 4
#define FIRST_GOOD_ROWS 10

/* Rows for the matrix: all it needs, but on a tall screen no more than leaves a list of what to do. */
static int matrix_rows(int left, int wanted)
{
    int most = left - 1 - FIRST_GOOD_ROWS > wanted / 2 && left > 2 * FIRST_GOOD_ROWS ? left - 1 - FIRST_GOOD_ROWS : left;
    return wanted < most ? wanted : most;
}

static void remember_places(struct overview *o);
static void next_box(struct overview *o, int step);

static void overview_draw(struct page *page, struct grid *g, struct rect body)
{
    struct overview *o = (struct overview *)page;
    struct app *app = page->app;
    if (app_has_nothing(app)) {
        memset(o->pages, 0, sizeof o->pages);
        nothing_draw(app, g, body);
        return;
    }
    bool is_tall = body.h >= 24;
    int y = body.y;
    if (!o->has_moved)
        o->focus = app->snapshot->posture->deletions.n ? BOX_DELETIONS : BOX_MATRIX;
    draw_findings(app, g, body.x + 1, y, body.w - 2);
    y += 2;
    y += draw_deletions(o, g, (struct rect){body.x, y, body.w - 1, 0}, is_tall ? 5 : 3) + 1;
    if (body.h >= COVERAGE_FROM_ROWS)
        y += draw_coverage(o, g, (struct rect){body.x, y, body.w - 1, 0}, is_tall ? 3 : 2) + 1;
    int left = body.y + body.h - y;
    int matrix = matrix_rows(left, (int)app->snapshot->posture->accounts.n + 2);
    int first = left - matrix - 1 >= FIRST_LEAST_ROWS ? left - matrix - 1 : 0;
    draw_matrix(o, g, (struct rect){body.x, y, body.w, first ? matrix : left});
    draw_first(o, g, (struct rect){body.x, y + matrix + 1, body.w, first});
    remember_places(o);
    o->is_drawn = true;
    if (o->has_moved && o->pages[o->focus] == 0) { /* the terminal became smaller: the keys go to a box that is seen */
        next_box(o, 1);
        app->redraw_at_ms = time_mono_ms();
    }
}

/* ---- keys ----------------------------------------------------------------------------------------------------- */

static bool has_box(const struct overview *o, enum box box)
{
    return o->page.app->snapshot && o->focus == box && o->pages[box] > 0;
}

static uint32_t overview_node(struct page *page)
{
    struct overview *o = (struct overview *)page;
    const struct posture *p = page->app->snapshot ? page->app->snapshot->posture : NULL;
    if (has_box(o, BOX_DELETIONS) && o->deletions.cursor < p->deletions.n)
        return p->deletions.items[o->deletions.cursor].key;
    if (has_box(o, BOX_FIRST) && finding_at(page->app, o->first.scroll.cursor))
        return finding_at(page->app, o->first.scroll.cursor)->node;
    if (has_box(o, BOX_MATRIX) && o->matrix.rows.cursor < p->accounts.n)
        return show_account_node(page->app->snapshot->generation, p->accounts.items[o->matrix.rows.cursor].id);
    return 0;
}

static void overview_marked(struct page *page, struct buf *out)
{
    struct overview *o = (struct overview *)page;
    const struct finding *f = finding_at(page->app, o->first.scroll.cursor);
    if (has_box(o, BOX_FIRST) && f)
        buf_printf(out, "%s: %s", f->rule->title, f->rule->remedy);
    else if (has_box(o, BOX_MATRIX))
        matrix_text(o, out);
    else if (overview_node(page))
        node_arn(page->app->estate, overview_node(page), out);
}

/* Where the cursors stand, by name: the next snapshot has its own order. */
static void remember_places(struct overview *o)
{
    const struct posture *p = o->page.app->snapshot->posture;
    const struct finding *f = finding_at(o->page.app, o->first.scroll.cursor);
    o->at.finding = f ? *f : (struct finding){0};
    o->at.key = o->deletions.cursor < p->deletions.n ? p->deletions.items[o->deletions.cursor].key : 0;
    snprintf(o->at.account, sizeof o->at.account, "%s",
             o->matrix.rows.cursor < p->accounts.n ? p->accounts.items[o->matrix.rows.cursor].id : "");
    snprintf(o->at.region, sizeof o->at.region, "%s",
             o->matrix.columns.cursor < p->regions.n ? p->regions.items[o->matrix.columns.cursor].id : "");
}

static void overview_renew(struct page *page)
{
    struct overview *o = (struct overview *)page;
    const struct posture *p = page->app->snapshot->posture;
    if (!o->has_moved)
        return;
    for (size_t i = 0; i < p->deletions.n; i++)
        if (p->deletions.items[i].key == o->at.key)
            o->deletions.cursor = i;
    for (size_t i = 0; i < p->accounts.n; i++)
        if (strcmp(p->accounts.items[i].id, o->at.account) == 0)
            o->matrix.rows.cursor = i;
    for (size_t i = 0; i < p->regions.n; i++)
        if (strcmp(p->regions.items[i].id, o->at.region) == 0)
            o->matrix.columns.cursor = i;
    for (size_t i = 0; i < p->first.n; i++)
        if (p->first.items[i]->node == o->at.finding.node && p->first.items[i]->rule == o->at.finding.rule)
            o->first.scroll.cursor = i;
}

static void open_place(struct overview *o)
{
    struct app *app = o->page.app;
    const struct posture *p = app->snapshot->posture;
    const struct scope_row *account = &p->accounts.items[o->matrix.rows.cursor];
    const char *region = p->regions.items[o->matrix.columns.cursor].id;
    struct place place;
    char filter[96], label[96], brief[16];
    show_region_short(region, brief);
    snprintf(filter, sizeof filter, "account=%.16s region=%.40s", account->id, region);
    snprintf(label, sizeof label, "%.60s %s", account->name, brief);
    judgement_place(app->snapshot->judgement, account->id, region, &place);
    uint32_t findings = 0;
    for (int s = SEVERITY_INFO; s < SEVERITY_COUNT; s++)
        findings += place.findings[s] + place.unknown[s];
    app_push(app, page_list_in(app, findings ? "findings" : place.blind_spots ? "blind-spots" : "keys", filter, label));
}

static void overview_open(struct overview *o)
{
    if (has_box(o, BOX_MATRIX))
        open_place(o);
    else
        app_open_node(o->page.app, overview_node(&o->page));
}

static void overview_move(struct overview *o, enum scroll_motion motion)
{
    const struct posture *p = o->page.app->snapshot->posture;
    o->has_moved = true;
    struct scroll *scrolls[BOX_COUNT] = {&o->deletions, &o->matrix.rows, &o->first.scroll};
    size_t n[BOX_COUNT] = {p->deletions.n, p->accounts.n, p->first.n};
    struct scroll before = *scrolls[o->focus];
    scroll_move(scrolls[o->focus], motion, n[o->focus], o->pages[o->focus]);
    /* over the edge of one box into the next */
    int step = motion == SCROLL_DOWN ? 1 : motion == SCROLL_UP ? -1 : 0;
    if (step && before.cursor == scrolls[o->focus]->cursor) {
        int next = (int)o->focus + step;
        while (next >= 0 && next < BOX_COUNT && o->pages[next] == 0)
            next += step;
        if (next >= 0 && next < BOX_COUNT)
            o->focus = (enum box)next;
    }
}

static void next_box(struct overview *o, int step)
{
    for (int i = 0; i < BOX_COUNT; i++) {
        o->focus = (enum box)(((int)o->focus + step + BOX_COUNT) % BOX_COUNT);
        if (o->pages[o->focus] || !o->is_drawn)
            return;
    }
}

static bool overview_act(struct page *page, enum action action)
{
    struct overview *o = (struct overview *)page;
    enum scroll_motion motion;
    if (app_has_nothing(page->app))
        return false;
    if (action_motion(action, &motion)) {
        overview_move(o, motion);
        return true;
    }
    switch (action) { /* keys of the overview that are no motion */
    case ACTION_OPEN:
        overview_open(o);
        return true;
    case ACTION_LEFT:
    case ACTION_RIGHT:
        o->has_moved = true;
        scroll_move(&o->matrix.columns, action == ACTION_LEFT ? SCROLL_UP : SCROLL_DOWN,
                    page->app->snapshot->posture->regions.n, 1);
        return true;
    case ACTION_NEXT_BOX:
    case ACTION_PREVIOUS_BOX:
        o->has_moved = true;
        next_box(o, action == ACTION_NEXT_BOX ? 1 : -1);
        return true;
    default:
        return false;
    }
}

static void overview_place(struct page *page, struct buf *out)
{
    if (page->app->top == page)
        buf_printf(out, "all accounts > %s", page->app->options->regions);
}

static void overview_free(struct page *page)
{
    mem_free(page);
}

static const struct page_ops overview_ops = {
    .context = KEYS_OVERVIEW,
    .draw = overview_draw,
    .act = overview_act,
    .renew = overview_renew,
    .place = overview_place,
    .marked = overview_marked,
    .node = overview_node,
    .free = overview_free,
};

struct page *page_overview(struct app *app)
{
    struct overview *o = mem_alloc(sizeof *o);
    o->page = (struct page){.ops = &overview_ops, .app = app, .tab = "overview"};
    return &o->page;
}
