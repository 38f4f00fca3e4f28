/* overview: what should I do first? Findings by severity, keys that are being deleted, how far we
 * are, where it is worst, and the worst findings as a list. */
#include "tui/views/overview.h"

#include "tui/panels/show.h"

#include <stdio.h>
#include <string.h>

/* ---- drawing -------------------------------------------------------------------------------- */

#define FINDINGS_ROWS 2    /* their line and the one below it */
#define FIRST_LEAST_ROWS 4 /* of what to do first: the head and three of it */
#define TALL_ROWS 24

/* What gives way, in this order, so that what to do first has room, and down to how many rows. */
static const struct {
    enum band band;
    int least;
} gives[] = {
    {BAND_MATRIX, 4}, {BAND_BARS, 0}, {BAND_MATRIX, 0}, {BAND_DELETIONS, 2},
};

static void wanted_rows(const struct posture *p, int h, int rows[BAND_COUNT])
{
    int most_deletions = h >= TALL_ROWS ? 5 : 3;
    rows[BAND_DELETIONS] = 1 + (p->deletions.n < (size_t)most_deletions ? (int)p->deletions.n : most_deletions);
    rows[BAND_BARS] = h >= TALL_ROWS ? COVERAGES : COVERAGES - 1;
    rows[BAND_MATRIX] = p->accounts.n == 0 || p->regions.n == 0 ? 0
                        : p->accounts.n < (size_t)h             ? (int)p->accounts.n + 2 /* its head and its foot */
                                                                : h;
}

/* Rows that are too many: of the bands, each with an empty one below it, and of what to do first, which has a
 * quarter of the page if it is large. */
static int rows_over(const int rows[BAND_COUNT], int h)
{
    int over = FINDINGS_ROWS + (h / 4 > FIRST_LEAST_ROWS ? h / 4 : FIRST_LEAST_ROWS) - h;
    for (int b = 0; b < BAND_COUNT; b++)
        over += rows[b] > 0 ? rows[b] + 1 : 0;
    return over;
}

void overview_fit(const struct posture *p, int h, int rows[BAND_COUNT])
{
    wanted_rows(p, h, rows);
    for (size_t i = 0; i < sizeof gives / sizeof *gives; i++)
        while (rows_over(rows, h) > 0 && rows[gives[i].band] > gives[i].least)
            rows[gives[i].band]--;
    if (rows[BAND_MATRIX] < gives[0].least && (size_t)rows[BAND_MATRIX] < p->accounts.n + 2)
        rows[BAND_MATRIX] = 0;
}

static void remember_places(struct overview *o);
static void next_box(struct overview *o, int step);

static void (*const draws[BAND_COUNT])(struct overview *o, struct grid *g, struct rect r) = {
    [BAND_DELETIONS] = overview_draw_deletions,
    [BAND_BARS] = overview_draw_coverage,
    [BAND_MATRIX] = overview_draw_matrix,
};

static void overview_draw(struct page *page, struct grid *g, struct rect body)
{
    struct overview *o = (struct overview *)page;
    struct app *app = page->app;
    if (app_has_nothing(app)) {
        memset(o->pages, 0, sizeof o->pages);
        nothing_draw(app, g, body);
        return;
    }
    int rows[BAND_COUNT], y = body.y;
    struct rect r = {body.x, y + FINDINGS_ROWS, body.w, 0};
    overview_fit(overview_posture(app), body.h, rows);
    if (!o->has_moved)
        o->focus = overview_posture(app)->deletions.n ? BOX_DELETIONS : BOX_MATRIX;
    overview_draw_findings(app, g, (struct rect){body.x + 1, y, body.w - 2, FINDINGS_ROWS});
    for (int b = 0; b < BAND_COUNT; b++) {
        r.h = rows[b];
        draws[b](o, g, r);
        r.y += r.h > 0 ? r.h + 1 : 0;
    }
    if (rows[BAND_MATRIX] == 0 && overview_posture(app)->accounts.n > 0)
        grid_printf(g, body.x + 1, y + 1, body.w - 2, ROLE_DIM, "+%zu accounts: 2 lists them",
                    overview_posture(app)->accounts.n);
    r.h = body.y + body.h - r.y;
    overview_draw_first(o, g, r);
    if (app->snapshot)
        remember_places(o);
    o->is_drawn = true;
    if (o->has_moved &&
        o->pages[o->focus] ==
            0) { /* the terminal became smaller: the keys go to a box that is seen */
        next_box(o, 1);
        app->redraw_at_ms = time_mono_ms();
    }
}

/* ---- keys ----------------------------------------------------------------------------------- */

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
    if (has_box(o, BOX_FIRST) && overview_finding(page->app, o->first.scroll.cursor))
        return overview_finding(page->app, o->first.scroll.cursor)->node;
    if (has_box(o, BOX_MATRIX) && o->matrix.rows.cursor < p->accounts.n)
        return show_account_node(page->app->snapshot->generation,
                                 p->accounts.items[o->matrix.rows.cursor].id);
    return 0;
}

static void overview_marked(struct page *page, struct buf *out)
{
    struct overview *o = (struct overview *)page;
    const struct finding *f = overview_finding(page->app, o->first.scroll.cursor);
    if (has_box(o, BOX_FIRST) && f)
        buf_printf(out, "%s: %s", f->rule->title, f->rule->remedy);
    else if (has_box(o, BOX_MATRIX))
        overview_matrix_text(o, out);
    else if (overview_node(page))
        node_arn(page->app->estate, overview_node(page), out);
}

/* Where the cursors stand, by name: the next snapshot has its own order. */
static void remember_places(struct overview *o)
{
    const struct posture *p = o->page.app->snapshot->posture;
    const struct finding *f = overview_finding(o->page.app, o->first.scroll.cursor);
    o->at.finding = f ? *f : (struct finding){0};
    o->at.key =
        o->deletions.cursor < p->deletions.n ? p->deletions.items[o->deletions.cursor].key : 0;
    snprintf(o->at.account, sizeof o->at.account, "%s",
             o->matrix.rows.cursor < p->accounts.n ? p->accounts.items[o->matrix.rows.cursor].id
                                                   : "");
    snprintf(o->at.region, sizeof o->at.region, "%s",
             o->matrix.columns.cursor < p->regions.n ? p->regions.items[o->matrix.columns.cursor].id
                                                     : "");
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
    app_push(app, page_list_in(app,
                               findings            ? "findings"
                               : place.blind_spots ? "blind-spots"
                                                   : "keys",
                               filter, label));
}

/* A line of several: the findings that it tells. */
static void open_likes(struct overview *o, const struct finding *f)
{
    char filter[128];
    snprintf(filter, sizeof filter, "finding=%s severity=%s state=%s", f->rule->id, severity_word(f->severity),
             finding_state_word(f->state));
    app_push(o->page.app, page_list_in(o->page.app, "findings", filter, f->rule->id));
}

static void overview_open(struct overview *o)
{
    const struct posture *p = o->page.app->snapshot ? o->page.app->snapshot->posture : NULL;
    size_t at = o->first.scroll.cursor;
    if (has_box(o, BOX_MATRIX))
        open_place(o);
    else if (has_box(o, BOX_FIRST) && at < p->first.n && finding_tells_many(p->first.items[at]))
        open_likes(o, p->first.items[at]);
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
    if (!page->app->snapshot || app_has_nothing(page->app))
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
    if (page->app->top == page && (!page->app->snapshot || view_scope_is_all(&page->app->snapshot->scope)))
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
