/* diff: what changed since an earlier posture, what got worse first. Compared on the judging thread. */
#include "backend/cli/diff.h"

#include "tui/views/app.h"
#include "tui/widgets/paragraph.h"
#include "tui/widgets/table.h"

#include <stdio.h>
#include <string.h>

#define FOOT_ROWS 6

struct diff_page {
    struct page page;
    bool is_ready;
    struct err err;                          /* is_ready: why there is no report */
    struct diff_report report;
    VEC(const struct diff_change *) changes; /* of the report, by their kinds */
    size_t rows;
    struct table_state state;
};

/* ---- comparing -------------------------------------------------------------------------------- */

struct diff_job {
    struct job job;
    struct diff_page *page; /* there as long as the job may be done: its end forgets the job */
    struct snapshot *snapshot;
    const struct cli_options *options;
    char *old;
    struct err err; /* ERR_OK: there is a report */
    struct diff_report report;
};

static void diff_run(struct job *job)
{
    struct diff_job *d = (struct diff_job *)job;
    struct arena *scratch = arena_new();
    struct view_context now = snapshot_context(d->snapshot, scratch);
    d->err.code = diff_report_make(d->options, d->old, &now, !d->snapshot->is_whole, &d->report, &d->err);
    arena_free(scratch);
}

static void diff_done(struct job *job)
{
    struct diff_job *d = (struct diff_job *)job;
    struct diff_page *v = d->page;
    v->is_ready = true;
    v->err = d->err;
    v->report = d->report;
    d->report = (struct diff_report){0};
    for (int k = 0; k < DIFF_KIND_COUNT; k++)
        for (size_t i = 0; i < v->report.changes.n; i++)
            if ((int)v->report.changes.items[i].kind == k)
                VEC_PUSH(v->changes, &v->report.changes.items[i]);
    v->page.app->is_dirty = true;
}

static void diff_drop(struct job *job)
{
    struct diff_job *d = (struct diff_job *)job;
    diff_report_free(&d->report);
    snapshot_release(d->snapshot);
    mem_free(d->old);
    mem_free(d);
}

/* ---- drawing ---------------------------------------------------------------------------------- */

static const struct diff_change *current(const struct diff_page *v)
{
    return v->state.scroll.cursor < v->changes.n ? v->changes.items[v->state.scroll.cursor] : NULL;
}

static const struct table_column columns[] = {
    {"change", "CHANGE", 10, 10, 0, 0}, {"view", "WHAT", 8, 16, 1, 0},
    {"id", "ID", 24, 64, 0, TABLE_NAME | TABLE_MIDDLE},
    {"column", "COLUMN", 8, 14, 2, 0},  {"was", "WAS", 8, 20, 3, 0},
    {"is", "IS", 8, 20, 4, 0},
};

static void cell(void *ctx, size_t row, int column, struct table_cell *out)
{
    const struct diff_page *v = ctx;
    const struct diff_change *c = v->changes.items[row];
    const char *texts[] = {"", *c->rule ? c->rule : c->view->name, c->id, c->column, c->was, c->is};
    out->text = texts[column];
    if (column > 0)
        return;
    snprintf(out->own, sizeof out->own, "%s%s", diff_is_worse(c->kind) ? "!" : " ", diff_word(c->kind));
    out->text = out->own;
    out->role = diff_is_worse(c->kind) ? ROLE_WARNING : ROLE_NORMAL;
}

static void add_side(struct buf *out, const char *name, int64_t utc)
{
    char iso[TIME_ISO_SIZE];
    time_format_iso(utc, iso);
    buf_adds(out, name);
    if (*iso && strcmp(iso, name) != 0)
        buf_printf(out, ", %s", iso);
}

static void draw_head(const struct diff_page *v, struct grid *g, struct rect r)
{
    struct buf text = {0};
    size_t n_worse = 0;
    for (int k = 0; k < DIFF_KIND_COUNT; k++)
        n_worse += diff_is_worse((enum diff_kind)k) ? v->report.counts[k] : 0;
    add_side(&text, v->report.was_name, v->report.was_utc);
    buf_adds(&text, " -> ");
    add_side(&text, v->report.is_name, v->report.is_utc);
    grid_put_fit(g, r.x + 1, r.y, r.w - 2, ROLE_NORMAL, text.data, 0);
    buf_clear(&text);
    buf_printf(&text, "%zu changes, %zu for the worse (!)%s", v->changes.n, n_worse,
               v->report.is_whole ? "" : "; not all could be seen: :blind-spots");
    grid_put_fit(g, r.x + 1, r.y + 1, r.w - 2, n_worse > 0 ? ROLE_WARNING : ROLE_NORMAL, text.data, 0);
    buf_free(&text);
}

/* The row of the cursor, whole. */
static void draw_foot(const struct diff_page *v, struct grid *g, struct rect r)
{
    const struct diff_change *c = current(v);
    grid_hline(g, r.x, r.y, r.w, ROLE_BORDER, GLYPH_H);
    if (!c)
        return;
    struct buf text = {0};
    buf_printf(&text, "%s\n%s %s", c->id, c->account, c->region);
    if (*c->column)
        buf_printf(&text, "\n%s: %s -> %s", c->column, *c->was ? c->was : "(none)", *c->is ? c->is : "(none)");
    (void)paragraph_draw_cut(g, (struct rect){r.x + 1, r.y + 1, r.w - 2, r.h - 1}, ROLE_NORMAL, text.data);
    buf_free(&text);
}

static void diff_draw(struct page *p, struct grid *g, struct rect body)
{
    struct diff_page *v = (struct diff_page *)p;
    struct rect all = {body.x + 1, body.y, body.w - 2, body.h};
    if (!v->is_ready || v->err.code != ERR_OK) {
        (void)paragraph_draw_cut(g, all, v->is_ready ? ROLE_ERROR : ROLE_LOADING,
                                 v->is_ready ? v->err.text : "comparing ...");
        return;
    }
    struct table t = {.columns = columns, .n_columns = 6, .n_rows = v->changes.n, .ctx = v, .cell = cell,
                      .empty = "Nothing changed."};
    struct table_look look = {.is_focused = true};
    struct rect list = {body.x, body.y + 2, body.w, body.h - 2 - FOOT_ROWS};
    draw_head(v, g, body);
    v->rows = table_page(list, &look);
    table_draw(g, list, &t, &v->state, &look);
    draw_foot(v, g, (struct rect){body.x, body.y + body.h - FOOT_ROWS, body.w, FOOT_ROWS});
}

/* ---- the page --------------------------------------------------------------------------------- */

static uint32_t diff_node(struct page *p)
{
    const struct diff_change *c = current((struct diff_page *)p);
    size_t len = c ? strlen(c->id) : 0;
    return c ? estate_find_node(p->app->estate, kind_of_arn(c->id, len), c->id, len) : 0;
}

static bool diff_has_row(struct page *p)
{
    return current((struct diff_page *)p) != NULL;
}

static bool diff_act(struct page *p, enum action action)
{
    struct diff_page *v = (struct diff_page *)p;
    if (action_scroll(action, &v->state.scroll, v->changes.n, v->rows))
        return true;
    if (action != ACTION_OPEN)
        return false;
    if (diff_node(p))
        app_open_node(p->app, diff_node(p));
    else
        app_say(p->app, ROLE_MESSAGE, "it is no record that is seen now");
    return true;
}

static void diff_row_text(struct page *p, struct buf *out)
{
    const struct diff_change *c = current((struct diff_page *)p);
    if (c)
        buf_printf(out, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s", diff_word(c->kind), c->view->name, c->id,
                   c->account, c->region, c->rule, c->column, c->was, c->is);
}

static void diff_place(struct page *p, struct buf *out)
{
    (void)p;
    buf_adds(out, "diff");
}

static void diff_free(struct page *p)
{
    struct diff_page *v = (struct diff_page *)p;
    worker_forget(p->app->judging, v);
    diff_report_free(&v->report);
    VEC_FREE(v->changes);
    mem_free(v);
}

static const struct page_ops diff_ops = {
    .context = KEYS_DETAIL,
    .draw = diff_draw,
    .act = diff_act,
    .place = diff_place,
    .node = diff_node,
    .has_row = diff_has_row,
    .row_text = diff_row_text,
    .free = diff_free,
};

static struct page *page_diff(struct app *app, const char *old)
{
    struct diff_page *v = mem_alloc(sizeof *v);
    struct diff_job *d = mem_alloc(sizeof *d);
    v->page = (struct page){.ops = &diff_ops, .app = app};
    v->state.sort_column = -1;
    d->job = (struct job){.tag = v, .run = diff_run, .done = diff_done, .drop = diff_drop};
    d->page = v;
    d->snapshot = snapshot_retain(app->snapshot);
    d->options = app->options->cli;
    d->old = mem_strdup(old);
    worker_post(app->judging, &d->job);
    return &v->page;
}

void diff_open(struct app *app, const char *old)
{
    int64_t at_utc;
    if (!*old)
        app_say(app, ROLE_WARNING, "since when? :diff FILE of keyfall snapshot, FILE.csv of a view, or a time");
    else if (app->options->is_guest && !time_parse_iso(old, &at_utc))
        app_say(app, ROLE_WARNING, "over SSH no file can be named: give a time, as 2026-08-23T14:02:00Z");
    else if (!app->snapshot)
        app_say(app, ROLE_WARNING, "nothing was read yet that an earlier posture could be compared with");
    else
        app_push(app, page_diff(app, old));
}
