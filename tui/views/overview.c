/* overview: what should I do first? Findings by severity, keys that are being deleted, how far we are, where it
 * is worst, and the worst findings as a list. */
#include "tui/panels/show.h"
#include "tui/views/app.h"
#include "tui/views/posture.h"
#include "tui/widgets/box.h"
#include "tui/widgets/gauge.h"
#include "tui/widgets/mark.h"
#include "tui/widgets/matrix.h"
#include "tui/widgets/paragraph.h"
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
};

static void draw_findings(struct app *app, struct grid *g, int x, int y, int w)
{
    struct place all = {0};
    judgement_place(app->snapshot->judgement, NULL, NULL, &all);
    uint32_t unknown = 0;
    for (int s = 0; s < SEVERITY_COUNT; s++)
        unknown += all.unknown[s];
    int at = x + grid_put(g, x, y, w, ROLE_SECTION, "FINDINGS") + 2;
    for (int s = SEVERITY_CRITICAL; s >= SEVERITY_LOW; s--) {
        char text[32];
        snprintf(text, sizeof text, "%s %u", severity_mark((enum severity)s), all.findings[s]);
        at += grid_put(g, at, y, w, all.findings[s] ? mark_role(severity_mark((enum severity)s), ROLE_NORMAL) : ROLE_DIM, text) + 3;
    }
    char text[96];
    snprintf(text, sizeof text, "? %u not provable, %u not seen", unknown, all.blind_spots);
    grid_put_fit(g, at, y, w - (at - x), unknown || all.blind_spots ? ROLE_UNKNOWN : ROLE_DIM, text, 0);
}

static void draw_deletion(struct overview *o, struct grid *g, struct rect r, size_t i)
{
    struct app *app = o->page.app;
    const struct deletion *d = &app->snapshot->posture->deletions.items[i];
    struct buf name = {0};
    char left[COUNTDOWN_SIZE] = "?", breaks[64], region[16], account[16], full_region[40];
    bool is_cursor = o->focus == BOX_DELETIONS && i == o->deletions.cursor;
    if (is_cursor)
        grid_glyph(g, r.x, r.y, ROLE_CURSOR, GLYPH_CURSOR);
    grid_put(g, r.x + 1, r.y, 2, mark_role(worst_mark(d->worst), ROLE_NORMAL), worst_mark(d->worst));
    show_node_name(app->snapshot->generation, d->key, &name);
    int name_cols = r.w >= 76 ? 22 : 16;
    grid_put_fit(g, r.x + 3, r.y, name_cols, is_cursor ? ROLE_CURSOR : ROLE_STRONG, name.data, 0);
    buf_free(&name);
    node_place(app->estate, d->key, account, full_region);
    show_region_short(full_region, region);
    int x = r.x + 4 + name_cols;
    grid_put_fit(g, x, r.y, 10, ROLE_NORMAL, show_account_name(app->snapshot->generation, account), 0);
    grid_put(g, x + 11, r.y, 5, ROLE_NORMAL, region);
    x += 17;
    int64_t seconds = d->at_utc == INT64_MAX ? 0 : d->at_utc - app->snapshot->now_utc;
    if (d->at_utc != INT64_MAX)
        countdown_text(seconds, left);
    int rest = r.w - (x - r.x) - 9 - 17;
    if (rest > 8)
        ruler_draw(g, x, r.y, rest, seconds, 30, countdown_role(seconds));
    grid_put_fit(g, r.x + r.w - 25, r.y, 8, countdown_role(seconds), left, FIT_RIGHT);
    snprintf(breaks, sizeof breaks, "breaks %llu%s", (unsigned long long)d->dependents.all,
             d->dependents.is_at_least ? "+" : "");
    grid_put_fit(g, r.x + r.w - 15, r.y, 15, d->dependents.all || d->dependents.is_at_least ? ROLE_NORMAL : ROLE_DIM,
                 breaks, 0);
}

static int draw_deletions(struct overview *o, struct grid *g, struct rect r, size_t most)
{
    const struct posture *p = o->page.app->snapshot->posture;
    size_t n = p->deletions.n;
    grid_put(g, r.x + 1, r.y, r.w, ROLE_SECTION, "KEYS BEING DELETED");
    if (n == 0) {
        grid_put(g, r.x + 22, r.y, r.w - 22, ROLE_DIM, "none that was seen");
        o->pages[BOX_DELETIONS] = 0;
        return 1;
    }
    o->pages[BOX_DELETIONS] = n < most ? n : most;
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

static int draw_coverage(struct overview *o, struct grid *g, struct rect r, int most)
{
    const struct posture *p = o->page.app->snapshot->posture;
    int n = 0;
    for (; n < COVERAGES && n < most; n++) {
        const struct coverage *c = &p->coverages[n];
        int y = r.y + n;
        char text[80];
        grid_put_fit(g, r.x + 1, y, 36, ROLE_LABEL, c->what, 0);
        if (c->whole == 0) {
            grid_put(g, r.x + 38, y, r.w - 38, ROLE_ABSENT, "- none seen");
            continue;
        }
        int bar = r.w - 38 - 26;
        if (bar > 4)
            bar_draw(g, r.x + 38, y, bar, c->part, c->unknown, c->whole);
        snprintf(text, sizeof text, "%3llu%%  %llu of %llu%s", (unsigned long long)(c->part * 100 / c->whole),
                 (unsigned long long)c->part, (unsigned long long)c->whole, c->unknown ? ", ?" : "");
        grid_put_fit(g, r.x + r.w - 25, y, 25, ROLE_NORMAL, text, 0);
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
    show_region_short(app->snapshot->posture->regions[column], text);
    snprintf(out->own, sizeof out->own, "%s", text);
    out->text = out->own;
}

static void matrix_cell(void *ctx, size_t row, size_t column, struct table_cell *out)
{
    struct app *app = ((struct overview *)ctx)->page.app;
    const struct posture *p = app->snapshot->posture;
    struct place place;
    if (!judgement_place(app->snapshot->judgement, p->accounts.items[row].account, p->regions[column], &place)
        || (place.seen_at == TIME_NONE && !place.blind_spots && !place.is_loading && !place.records)) {
        struct place whole; /* an account that cannot be entered is not an empty one */
        bool is_unseen = judgement_place(app->snapshot->judgement, p->accounts.items[row].account, "", &whole)
                         && whole.blind_spots > 0;
        out->text = is_unseen ? "?" : "-";
        out->role = is_unseen ? ROLE_UNKNOWN : ROLE_ABSENT;
        return;
    }
    int worst = SEVERITY_CRITICAL;
    while (worst > SEVERITY_NONE && place.findings[worst] == 0)
        worst--;
    if (worst > SEVERITY_NONE) {
        snprintf(out->own, sizeof out->own, "%s %u%s", severity_mark((enum severity)worst), place.findings[worst],
                 place.blind_spots ? "?" : "");
        out->text = out->own;
        out->role = mark_role(severity_mark((enum severity)worst), ROLE_NORMAL);
    } else if (place.is_loading) {
        out->text = "..";
    } else {
        out->text = place.blind_spots ? "?" : ".";
    }
    if (worst == SEVERITY_NONE)
        out->role = mark_role(out->text, ROLE_NORMAL);
}

static struct matrix overview_matrix(struct overview *o)
{
    const struct posture *p = o->page.app->snapshot->posture;
    return (struct matrix){.n_rows = p->accounts.n,
                           .n_columns = p->n_regions,
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
                 ". none   - nothing there   ? not all seen   .. being read", 0);
}

/* ---- what to do first -------------------------------------------------------------------------------------- */

static const struct finding *finding_at(struct app *app, size_t i)
{
    const struct posture *p = app->snapshot->posture;
    return i < p->first.n ? p->first.items[i] : NULL;
}

static void first_row(void *ctx, size_t row, struct table_row *out)
{
    const struct finding *f = finding_at(((struct overview *)ctx)->page.app, row);
    out->severity = finding_mark(f);
}

static void first_cell(void *ctx, size_t row, int column, struct table_cell *out)
{
    struct app *app = ((struct overview *)ctx)->page.app;
    const struct finding *f = finding_at(app, row);
    struct buf text = {0};
    char account[16], region[40], brief[16];
    struct record r;
    switch (column) { /* the columns of `first_columns` */
    case 0:
        show_node_name(app->snapshot->generation, f->node, &text);
        break;
    case 1:
        buf_adds(&text, f->rule->title);
        break;
    case 2:
        node_place(app->estate, f->node, account, region);
        show_region_short(region, brief);
        if (generation_record(app->snapshot->generation, f->node, &r)) {
            snprintf(account, sizeof account, "%s", record_account(&r));
            show_region_short(record_region(&r), brief);
        }
        buf_printf(&text, "%s %s", show_account_name(app->snapshot->generation, account), brief);
        break;
    default:
        buf_adds(&text, f->rule->remedy);
    }
    out->text = arena_strdup(app->frame, text.data ? text.data : "");
    buf_free(&text);
}

static const struct table_column first_columns[] = {
    {"name", "WHAT TO DO FIRST", 16, 28, 0, TABLE_NAME},
    {"title", "WHY", 20, 56, 1, 0},
    {"where", "WHERE", 12, 20, 2, 0},
    {"remedy", "REMEDY", 20, 70, 3, 0},
};

static void draw_first(struct overview *o, struct grid *g, struct rect r)
{
    o->pages[BOX_FIRST] = 0;
    if (r.h < 3)
        return;
    struct table t = {.columns = first_columns,
                      .n_columns = 4,
                      .n_rows = o->page.app->snapshot->posture->first.n,
                      .ctx = o,
                      .row = first_row,
                      .cell = first_cell,
                      .empty = "Nothing found in what was read."};
    struct table_look look = {.is_focused = o->focus == BOX_FIRST};
    o->first.sort_column = -1;
    o->pages[BOX_FIRST] = table_page(r, &look);
    table_draw(g, r, &t, &o->first, &look);
}

/* ---- drawing ------------------------------------------------------------------------------------------------ */

static void draw_waiting(struct app *app, struct grid *g, struct rect body)
{
    const struct refresh_status *s = &app->status;
    bool is_nothing = s->accounts > 0 && s->accounts_failed == s->accounts;
    if (is_nothing)
        grid_put(g, 2, body.y + 1, body.w - 4, ROLE_ERROR, "No account could be reached; keyfall tries again.");
    else
        grid_printf(g, 2, body.y + 1, body.w - 4, ROLE_LOADING, "Reading %u of %u accounts ...",
                    s->accounts_ready, s->accounts);
    struct refresh_error why;
    struct rect para = {2, body.y + 3, body.w - 4, body.h - 3};
    if (refresh_errors(app->refresh, &why, 1) == 0)
        return;
    paragraph_draw(g, para, ROLE_WARNING, why.text, 0);
    para.y += paragraph_lines(g, para.w, why.text) + 1;
    paragraph_draw(g, para, ROLE_NORMAL, why.fix, 0);
}

static void overview_draw(struct page *page, struct grid *g, struct rect body)
{
    struct overview *o = (struct overview *)page;
    struct app *app = page->app;
    if (!app->snapshot || app->snapshot->posture->accounts.n == 0) {
        draw_waiting(app, g, body);
        return;
    }
    bool is_tall = body.h >= 24;
    int y = body.y;
    if (!o->has_moved)
        o->focus = app->snapshot->posture->deletions.n ? BOX_DELETIONS : BOX_MATRIX;
    draw_findings(app, g, body.x + 1, y, body.w - 2);
    y += 2;
    y += draw_deletions(o, g, (struct rect){body.x, y, body.w - 1, 0}, is_tall ? 5 : 3) + 1;
    y += draw_coverage(o, g, (struct rect){body.x, y, body.w - 1, 0}, is_tall ? 3 : 2) + 1;
    int left = body.y + body.h - y;
    int matrix = (int)app->snapshot->posture->accounts.n + 2;
    int first = left - matrix - 1 >= 4 ? left - matrix - 1 : 0;
    draw_matrix(o, g, (struct rect){body.x, y, body.w, first ? matrix : left});
    draw_first(o, g, (struct rect){body.x, y + matrix + 1, body.w, first});
}

/* ---- keys ----------------------------------------------------------------------------------------------------- */

static uint32_t overview_node(struct page *page)
{
    struct overview *o = (struct overview *)page;
    const struct posture *p = page->app->snapshot ? page->app->snapshot->posture : NULL;
    if (!p || o->pages[o->focus] == 0)
        return 0;
    if (o->focus == BOX_DELETIONS && o->deletions.cursor < p->deletions.n)
        return p->deletions.items[o->deletions.cursor].key;
    if (o->focus == BOX_FIRST && finding_at(page->app, o->first.scroll.cursor))
        return finding_at(page->app, o->first.scroll.cursor)->node;
    if (o->focus == BOX_MATRIX && o->matrix.rows.cursor < p->accounts.n) {
        char arn[64];
        int len = snprintf(arn, sizeof arn, "arn:aws:iam::%.16s:root",
                           p->accounts.items[o->matrix.rows.cursor].account);
        return estate_find_node(page->app->estate, KIND_ACCOUNT, arn, (size_t)len);
    }
    return 0;
}

static void open_place(struct overview *o)
{
    const struct posture *p = o->page.app->snapshot->posture;
    struct place place;
    const char *account = p->accounts.items[o->matrix.rows.cursor].account;
    const char *region = p->regions[o->matrix.columns.cursor];
    char filter[96];
    snprintf(filter, sizeof filter, "account=%.16s region=%.40s", account, region);
    judgement_place(o->page.app->snapshot->judgement, account, region, &place);
    uint32_t findings = 0;
    for (int s = SEVERITY_INFO; s < SEVERITY_COUNT; s++)
        findings += place.findings[s] + place.unknown[s];
    app_push(o->page.app, page_list(o->page.app, findings ? "findings" : place.blind_spots ? "blind-spots" : "keys",
                                    filter));
}

static void overview_open(struct overview *o)
{
    if (o->focus == BOX_MATRIX && o->pages[BOX_MATRIX])
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

static bool overview_act(struct page *page, enum action action)
{
    struct overview *o = (struct overview *)page;
    if (!page->app->snapshot)
        return false;
    enum scroll_motion motion;
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
        scroll_move(&o->matrix.columns, action == ACTION_LEFT ? SCROLL_UP : SCROLL_DOWN,
                    page->app->snapshot->posture->n_regions, 1);
        return true;
    case ACTION_NEXT_BOX:
    case ACTION_PREVIOUS_BOX:
        o->has_moved = true;
        for (int i = 0; i < BOX_COUNT; i++) {
            o->focus = (enum box)((o->focus + (action == ACTION_NEXT_BOX ? 1 : BOX_COUNT - 1)) % BOX_COUNT);
            if (o->pages[o->focus])
                break;
        }
        return true;
    default:
        return false;
    }
}

static void overview_place(struct page *page, struct buf *out)
{
    if (!page->app->options->has_region_choice && page->app->top == page)
        buf_adds(out, "all accounts > all regions");
}

static void overview_free(struct page *page)
{
    mem_free(page);
}

static const struct page_ops overview_ops = {
    .context = KEYS_OVERVIEW,
    .draw = overview_draw,
    .act = overview_act,
    .place = overview_place,
    .node = overview_node,
    .free = overview_free,
};

struct page *page_overview(struct app *app)
{
    struct overview *o = mem_alloc(sizeof *o);
    o->page = (struct page){.ops = &overview_ops, .app = app, .tab = "overview"};
    return &o->page;
}
