/* list: a panel's rows, filtered and sorted on a thread of their own. What is shown is always one selection
 * with the snapshot it was made from. */
#include "tui/panels/panel.h"
#include "tui/panels/show.h"
#include "tui/views/app.h"
#include "tui/widgets/mark.h"

#include <stdio.h>
#include <string.h>

struct list_page {
    struct page page;
    const struct panel *panel;
    const struct view *view;
    struct table_column columns[TABLE_COLUMNS_MAX];
    struct table_state state;
    char *filter;
    bool shows_hidden;
    char *filter_error;
    struct sort_key sort;
    struct snapshot *snapshot;     /* of the selection; NULL: none yet */
    struct selection selection;
    size_t rows_seen;              /* page, of the last drawing */
    struct page *inspector;        /* detail of the row where the cursor rests; NULL: none */
};

/* ---- selecting ------------------------------------------------------------------------------------- */

struct select_job {
    struct job job;
    struct list_page *list;        /* may be gone while the job runs */
    const struct view *view;
    struct snapshot *snapshot;
    struct filter *filter;
    struct sort_key sort;
    uint32_t follow;               /* node that the cursor stays on */
    struct selection selection;
    size_t follow_at;
    enum err_code code;
};

static void select_run(struct job *job)
{
    struct select_job *s = (struct select_job *)job;
    struct arena *scratch = arena_new();
    struct view_context c = {.generation = s->snapshot->generation,
                             .judgement = s->snapshot->judgement,
                             .scratch = scratch,
                             .now_utc = s->snapshot->now_utc};
    s->code = view_select(&c, s->view, s->filter, s->sort, 0, &job->cancel, &s->selection);
    s->follow_at = SIZE_MAX;
    if (s->code == ERR_OK && s->follow)
        s->follow_at = selection_find(&c, s->view, &s->selection, s->follow);
    arena_free(scratch);
}

/* The row of the cursor stays where the eye is. */
static void follow(struct list_page *l, size_t at)
{
    struct scroll *scroll = &l->state.scroll;
    size_t below_top = scroll->cursor - scroll->top;
    if (at == SIZE_MAX)
        return;
    scroll->cursor = at;
    scroll->top = at > below_top ? at - below_top : 0;
}

static void select_done(struct job *job)
{
    struct select_job *s = (struct select_job *)job;
    struct list_page *l = s->list;
    if (s->code != ERR_OK)
        return;
    struct selection old = l->selection;
    l->selection = s->selection;
    s->selection = old;
    struct snapshot *old_snapshot = l->snapshot;
    l->snapshot = snapshot_retain(s->snapshot);
    snapshot_release(old_snapshot);
    follow(l, s->follow_at);
    l->page.app->is_dirty = true;
}

static void select_drop(struct job *job)
{
    struct select_job *s = (struct select_job *)job;
    selection_free(&s->selection);
    filter_free(s->filter);
    snapshot_release(s->snapshot);
    mem_free(s);
}

static struct view_context list_context(struct list_page *l)
{
    return (struct view_context){.generation = l->snapshot->generation,
                                 .judgement = l->snapshot->judgement,
                                 .scratch = l->page.app->frame,
                                 .now_utc = l->snapshot->now_utc};
}

static uint32_t list_node(struct page *p)
{
    struct list_page *l = (struct list_page *)p;
    if (!l->snapshot || l->state.scroll.cursor >= l->selection.n)
        return 0;
    struct view_context c = list_context(l);
    return view_node(&c, l->view, l->selection.items[l->state.scroll.cursor]);
}

/* So few rows are put in order before the next key is looked at, so that typed-ahead keys find them; more
 * are left to the sorting thread. */
#define AT_ONCE_ROWS 6000

static bool is_small(const struct list_page *l, const struct snapshot *s)
{
    uint64_t n = 0;
    for (const enum kind *kind = l->view->kinds; kind && *kind != KIND_NONE; kind++)
        n += s->counts[*kind];
    size_t n_findings = 0;
    if (!l->view->kinds)
        judgement_findings(s->judgement, &n_findings);
    return n + n_findings <= AT_ONCE_ROWS;
}

static void list_select(struct list_page *l)
{
    struct app *app = l->page.app;
    if (!app->snapshot)
        return;
    struct buf text = {0};
    if (l->panel->hidden && !l->shows_hidden)
        buf_adds(&text, l->panel->hidden);
    buf_printf(&text, " %s", l->filter);
    struct err err = {0};
    struct filter *filter = NULL;
    enum err_code code = filter_parse(l->view, text.data, &filter, &err);
    buf_free(&text);
    mem_free(l->filter_error);
    l->filter_error = code == ERR_OK ? NULL : mem_strdup(err.text);
    if (code != ERR_OK)
        return; /* half a word is being typed: the rows stay */
    struct select_job *s = mem_alloc(sizeof *s);
    s->job = (struct job){.tag = l, .run = select_run, .done = select_done, .drop = select_drop};
    s->list = l;
    s->view = l->view;
    s->snapshot = snapshot_retain(app->snapshot);
    s->filter = filter;
    s->sort = l->sort;
    s->follow = list_node(&l->page);
    worker_forget(app->sorting, l);
    if (!is_small(l, app->snapshot)) {
        worker_post(app->sorting, &s->job);
        return;
    }
    select_run(&s->job);
    select_done(&s->job);
    select_drop(&s->job);
}

/* ---- drawing --------------------------------------------------------------------------------------- */

static void draw_row(void *ctx, size_t row, struct table_row *out)
{
    struct list_page *l = ctx;
    struct view_context c = list_context(l);
    struct view_row r;
    struct cell cell;
    int severity = view_column(l->view, "severity");
    if (severity < 0 || !view_row(&c, l->view, l->selection.items[row], &r))
        return;
    view_cell(&c, l->view, &r, severity, &cell);
    out->severity = cell_mark(&cell);
}

static enum role cell_role(const struct cell *cell)
{
    if (cell->is == CELL_UNKNOWN)
        return cell->truth == TRUTH_DENIED    ? ROLE_DENIED
               : cell->truth == TRUTH_LOADING ? ROLE_LOADING
                                              : ROLE_UNKNOWN;
    return cell->is == CELL_ABSENT ? ROLE_ABSENT : cell->is_stale ? ROLE_STALE : ROLE_NORMAL;
}

static void draw_cell(void *ctx, size_t row, int column, struct table_cell *out)
{
    struct list_page *l = ctx;
    struct view_context c = list_context(l);
    struct view_row r;
    if (!view_row(&c, l->view, l->selection.items[row], &r))
        return;
    const struct panel_column *pc = &l->panel->columns[column];
    if (pc->show) {
        pc->show(&c, &r, out);
        return;
    }
    int at = view_column(l->view, pc->look.id);
    if (at < 0)
        return;
    struct cell cell;
    struct buf text = {0};
    view_cell(&c, l->view, &r, at, &cell);
    cell_format_short(&c, &cell, &text);
    out->text = arena_strdup(l->page.app->frame, text.data ? text.data : "");
    out->role = cell_role(&cell);
    buf_free(&text);
}

/* What an empty list means depends on why it is empty. */
static const char *empty_text(struct list_page *l)
{
    struct app *app = l->page.app;
    if (!l->snapshot || app->status.is_first_read)
        return "Reading ...";
    if (l->selection.n_all > 0)
        return l->panel->hidden && !l->shows_hidden && !*l->filter
                   ? "Everything here is hidden as AWS's own or off: 0 shows it."
                   : "Nothing matches; esc clears the filter.";
    size_t n;
    judgement_blind_spots(l->snapshot->judgement, &n);
    return n > 0 && l->view->rows == ROWS_RECORDS
               ? "Nothing was seen, but not everything could be read: ! shows why."
               : l->panel->empty;
}

/* A wide screen shows beside the list what enter would open. */
#define INSPECTOR_FROM_COLS 150
#define INSPECTOR_COLS 64

static struct rect table_rect(struct rect body)
{
    int inspector = body.w >= INSPECTOR_FROM_COLS ? INSPECTOR_COLS + 1 : 0;
    return (struct rect){body.x, body.y, body.w - inspector, body.h - 1};
}

static void draw_summary(struct list_page *l, struct grid *g, int y)
{
    struct buf text = {0};
    const struct scroll *s = &l->state.scroll;
    size_t last = s->top + l->rows_seen < l->selection.n ? s->top + l->rows_seen : l->selection.n;
    buf_printf(&text, " %zu-%zu of %zu shown, %zu in all", l->selection.n ? s->top + 1 : 0, last,
               l->selection.n, l->selection.n_all);
    if (l->filter_error)
        buf_printf(&text, "   filter: %s", l->filter_error);
    else if (*l->filter)
        buf_printf(&text, "   filter: %s", l->filter);
    if (l->panel->hidden && !l->shows_hidden)
        buf_adds(&text, "   0 shows all");
    if (l->sort.column >= 0)
        buf_printf(&text, "   sort: %s", l->view->columns[l->sort.column].name);
    int w = table_rect((struct rect){0, 0, g->w, 2}).w;
    grid_put_fit(g, 0, y, w, l->filter_error ? ROLE_WARNING : ROLE_DIM, text.data, 0);
    buf_free(&text);
}

static struct table list_table(struct list_page *l)
{
    return (struct table){.columns = l->columns,
                          .n_columns = (int)l->panel->n_columns,
                          .n_rows = l->selection.n,
                          .ctx = l,
                          .row = draw_row,
                          .cell = draw_cell,
                          .empty = empty_text(l)};
}

static void draw_inspector(struct list_page *l, struct grid *g, struct rect r)
{
    uint32_t node = list_node(&l->page);
    bool is_other = !l->inspector || l->inspector->ops->node(l->inspector) != node;
    grid_vline(g, r.x - 1, r.y, r.h, ROLE_BORDER, GLYPH_V);
    if (is_other && !app_rested(l->page.app))
        node = 0; /* while the cursor runs nothing follows it */
    if (is_other) {
        if (l->inspector)
            l->inspector->ops->free(l->inspector);
        l->inspector = node ? page_detail(l->page.app, node) : NULL;
    }
    if (l->inspector)
        l->inspector->ops->draw(l->inspector, g, r);
}

static void list_draw(struct page *p, struct grid *g, struct rect body)
{
    struct list_page *l = (struct list_page *)p;
    struct table t = list_table(l);
    struct table_look look = {.is_focused = true};
    l->state.sort_column = -1;
    for (size_t i = 0; i < l->panel->n_columns && l->sort.column >= 0; i++)
        if (strcmp(l->columns[i].id, l->view->columns[l->sort.column].name) == 0)
            l->state.sort_column = (int)i;
    l->state.is_descending = l->sort.descending;
    l->rows_seen = table_page(table_rect(body), &look);
    table_draw(g, table_rect(body), &t, &l->state, &look);
    draw_summary(l, g, body.y + body.h - 1);
    if (body.w >= INSPECTOR_FROM_COLS && l->snapshot)
        draw_inspector(l, g, (struct rect){body.x + body.w - INSPECTOR_COLS, body.y, INSPECTOR_COLS, body.h});
}

/* ---- keys ------------------------------------------------------------------------------------------ */

/* Sorts by the next column that is on the panel; the first turn is the panel's own order. */
static void next_sort(struct list_page *l)
{
    size_t n = l->panel->n_columns, at = n;
    for (size_t i = 0; i < n && l->sort.column >= 0; i++)
        if (strcmp(l->columns[i].id, l->view->columns[l->sort.column].name) == 0)
            at = i;
    const char *name = at == n ? l->columns[0].id : at + 1 < n ? l->columns[at + 1].id : l->panel->sort;
    l->sort.column = view_column(l->view, name);
    l->sort.descending = strcmp(name, "severity") == 0;
    list_select(l);
}

static void list_open(struct list_page *l)
{
    struct app *app = l->page.app;
    uint32_t node = list_node(&l->page);
    if (!node)
        return;
    if (!l->panel->opens) {
        app_open_node(app, node);
        return;
    }
    struct view_context c = list_context(l);
    struct view_row r;
    struct buf filter = {0}, value = {0};
    struct cell cell;
    if (view_row(&c, l->view, l->selection.items[l->state.scroll.cursor], &r)) {
        static const char *const ids[] = {"vault", "name"};
        const char *own = strcmp(l->panel->opens_filter, ids[0]) == 0 ? ids[1] : l->panel->opens_filter;
        view_cell(&c, l->view, &r, view_column(l->view, own), &cell);
        cell_format(&c, &cell, &value);
        buf_printf(&filter, "%s=\"%s\"", l->panel->opens_filter, value.data ? value.data : "");
        if (strcmp(own, "account") != 0 && r.has_record)
            buf_printf(&filter, " account=%s", record_account(&r.record));
        if (strcmp(own, "name") == 0 && r.has_record)
            buf_printf(&filter, " region=%s", record_region(&r.record));
        app_push(app, page_list(app, l->panel->opens, filter.data));
    }
    buf_free(&filter);
    buf_free(&value);
}

static void list_export(struct list_page *l);

static bool list_act(struct page *p, enum action action)
{
    struct list_page *l = (struct list_page *)p;
    if (action_scroll(action, &l->state.scroll, l->selection.n, l->rows_seen))
        return true;
    struct table t = list_table(l);
    struct rect whole = table_rect((struct rect){0, 3, l->page.app->grid.w, l->page.app->grid.h - 6});
    switch (action) { /* keys of a list that are no motion */
    case ACTION_LEFT:
    case ACTION_RIGHT:
        table_scroll_columns(&t, &l->state, whole, action == ACTION_LEFT ? -1 : 1);
        return true;
    case ACTION_OPEN:
        list_open(l);
        return true;
    case ACTION_SORT:
        next_sort(l);
        return true;
    case ACTION_REVERSE:
        l->sort.descending = !l->sort.descending;
        list_select(l);
        return true;
    case ACTION_WIDE:
        l->state.is_wide = !l->state.is_wide;
        return true;
    case ACTION_HIDE_ZERO:
        l->shows_hidden = !l->shows_hidden;
        list_select(l);
        return true;
    case ACTION_EXPORT:
        list_export(l);
        return true;
    default:
        return false;
    }
}

static bool list_mouse(struct page *p, struct rect body, const struct event *ev)
{
    struct list_page *l = (struct list_page *)p;
    struct table t = list_table(l);
    struct table_look look = {.is_focused = true};
    size_t row;
    if (ev->button == MOUSE_WHEEL_UP || ev->button == MOUSE_WHEEL_DOWN) {
        enum scroll_motion motion = ev->button == MOUSE_WHEEL_UP ? SCROLL_UP : SCROLL_DOWN;
        for (int i = 0; i < 3; i++)
            scroll_move(&l->state.scroll, motion, l->selection.n, l->rows_seen);
        return true;
    }
    if (ev->button != MOUSE_LEFT
        || !table_row_at(table_rect(body), &t, &l->state, &look, ev->x, ev->y, &row))
        return false;
    if (row == l->state.scroll.cursor)
        list_open(l);
    l->state.scroll.cursor = row;
    return true;
}

static void list_renew(struct page *p)
{
    struct list_page *l = (struct list_page *)p;
    if (l->inspector)
        l->inspector->ops->renew(l->inspector);
    list_select(l);
}

static void list_place(struct page *p, struct buf *out)
{
    buf_adds(out, ((struct list_page *)p)->view->name);
}

static void list_marked(struct page *p, struct buf *out)
{
    uint32_t node = list_node(p);
    if (node)
        node_arn(p->app->estate, node, out);
}

static void list_row_text(struct page *p, struct buf *out)
{
    struct list_page *l = (struct list_page *)p;
    struct view_row r;
    struct cell cell;
    if (!l->snapshot || l->state.scroll.cursor >= l->selection.n)
        return;
    struct view_context c = list_context(l);
    if (!view_row(&c, l->view, l->selection.items[l->state.scroll.cursor], &r))
        return;
    for (size_t i = 0; i < l->view->n_columns; i++) {
        view_cell(&c, l->view, &r, (int)i, &cell);
        if (i)
            buf_addc(out, '\t');
        cell_format(&c, &cell, out);
    }
}

static const char *list_filter(struct page *p)
{
    return ((struct list_page *)p)->filter;
}

static void list_set_filter(struct page *p, const char *text)
{
    struct list_page *l = (struct list_page *)p;
    char *copy = mem_strdup(text);
    mem_free(l->filter);
    l->filter = copy;
    list_select(l);
}

static void list_free(struct page *p)
{
    struct list_page *l = (struct list_page *)p;
    worker_forget(p->app->sorting, l);
    if (l->inspector)
        l->inspector->ops->free(l->inspector);
    selection_free(&l->selection);
    snapshot_release(l->snapshot);
    mem_free(l->filter);
    mem_free(l->filter_error);
    mem_free(l);
}

static const struct page_ops list_ops = {
    .context = KEYS_LIST,
    .draw = list_draw,
    .act = list_act,
    .renew = list_renew,
    .place = list_place,
    .marked = list_marked,
    .node = list_node,
    .row_text = list_row_text,
    .filter = list_filter,
    .set_filter = list_set_filter,
    .mouse = list_mouse,
    .free = list_free,
};

struct page *page_list(struct app *app, const char *view, const char *filter)
{
    struct list_page *l = mem_alloc(sizeof *l);
    l->page = (struct page){.ops = &list_ops, .app = app};
    l->panel = panel_by_view(view);
    l->view = view_by_name(view);
    l->page.tab = l->panel->digit ? l->panel->view : NULL;
    for (size_t i = 0; i < l->panel->n_columns; i++)
        l->columns[i] = l->panel->columns[i].look;
    l->filter = mem_strdup(filter ? filter : "");
    l->shows_hidden = filter && *filter;
    l->sort = (struct sort_key){view_column(l->view, l->panel->sort), true};
    list_select(l);
    return &l->page;
}

static void list_export(struct list_page *l)
{
    app_export(l->page.app, l->view, l->snapshot, &l->selection);
}
