/* list: a panel's rows, filtered and sorted on a thread of their own. What is shown is always one
 * selection with the snapshot it was made from. */
#include "tui/views/list.h"

#include "tui/panels/show.h"
#include "tui/widgets/mark.h"

#include <stdio.h>
#include <string.h>

static uint32_t list_node(struct page *p)
{
    struct list_page *l = (struct list_page *)p;
    return list_row_node(l, l->state.scroll.cursor);
}

/* ---- drawing -------------------------------------------------------------------------------- */

/* marked.n: it is not. */
static size_t mark_at(const struct list_page *l, uint32_t node)
{
    size_t i = 0;
    while (i < l->marked.n && (l->marked.items[i] != node || node == 0))
        i++;
    return i;
}

static void draw_row(void *ctx, size_t row, struct table_row *out)
{
    struct list_page *l = ctx;
    struct view_context c;
    struct view_row r;
    struct cell cell;
    enum fold_row fold = list_fold(l, row);
    int severity = view_column(l->view, "severity");
    if (severity < 0 || !list_read_worst(l, row, &c, &r))
        return;
    view_cell(&c, l->view, &r, severity, &cell);
    out->severity = cell_mark(&cell);
    out->is_marked = mark_at(l, list_row_node(l, row)) < l->marked.n;
    out->fold = fold == FOLD_CLOSED ? TABLE_FOLDED
                : fold == FOLD_OPEN ? TABLE_UNFOLDED
                                    : TABLE_NO_FOLD;
    out->has_branch = fold == FOLD_EFFECT || fold == FOLD_LAST_EFFECT;
    out->branch = (struct tree_branch){.depth = 1, .is_last = fold == FOLD_LAST_EFFECT};
}

static enum role cell_role(const struct cell *cell)
{
    if (cell->is == CELL_UNKNOWN)
        return cell->truth == TRUTH_DENIED    ? ROLE_DENIED
               : cell->truth == TRUTH_LOADING ? ROLE_LOADING
                                              : ROLE_UNKNOWN;
    return cell->is == CELL_ABSENT ? ROLE_ABSENT : cell->is_stale ? ROLE_STALE : ROLE_NORMAL;
}

/* Of n that are alike; NULL: in this column all are as this one is. A filter may leave some of them out, and so some
 * of their places. */
static const char *likes_text(struct list_page *l, uint32_t n, const char *column, const struct finding *f)
{
    size_t n_all;
    const struct finding *first = &judgement_findings(l->snapshot->judgement, &n_all)[f->like];
    if (strcmp(column, "id") == 0)
        return arena_printf(l->page.app->frame, "%u %s", n, kind_row(node_kind(l->page.app->estate, f->node))->plural);
    if (strcmp(column, "account") == 0 && first->alike.accounts > 1)
        return n == first->alike.n ? arena_printf(l->page.app->frame, "%u accounts", first->alike.accounts) : "";
    return strcmp(column, "region") == 0 && first->alike.places > 1 ? "" : NULL;
}

/* What a row says of those that are folded under it; false: nothing in this column. */
static bool draw_folded(struct list_page *l, size_t row, const char *column, const struct view_row *r,
                        struct table_cell *out)
{
    uint32_t n = fold_under(&l->fold, row);
    const char *text = NULL;
    if (r->blind && strcmp(column, "hides") == 0)
        text = arena_printf(l->page.app->frame, "%s +%u", r->blind->hides, n);
    else if (r->blind && strcmp(column, "operation") == 0)
        text = arena_printf(l->page.app->frame, "%u calls", n + 1);
    else if (r->finding && fold_is_of_likes(&l->fold, row))
        text = likes_text(l, n + 1, column, r->finding);
    else if (r->finding && r->finding->n_effects == 0 && strcmp(column, "effects") == 0)
        text = arena_printf(l->page.app->frame, "%u", n);
    if (text)
        out->text = text;
    return text != NULL;
}

static void draw_cell(void *ctx, size_t row, int column, struct table_cell *out)
{
    struct list_page *l = ctx;
    struct view_context c;
    struct view_row r;
    if (!list_read(l, row, &c, &r))
        return;
    const struct panel_column *pc = &l->panel_columns[column];
    if (list_fold(l, row) == FOLD_CLOSED && draw_folded(l, row, pc->look.id, &r, out))
        return;
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
    if (l->filter_error)
        return "";
    if (!l->snapshot || app_is_reading(app))
        return "Reading ...";
    if (l->selection.n_all > 0 && *l->filter)
        return "Nothing matches; esc clears the filter.";
    if (l->selection.n_all > 0 && l->panel->hidden && !l->shows_hidden)
        return "Everything here is hidden as AWS's own or off: 0 shows it.";
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

/* What is seen of what there is, and why that is all. */
static void summary_text(struct list_page *l, struct buf *out)
{
    const struct scroll *s = &l->state.scroll;
    size_t n = list_rows(l), last = s->top + l->rows_seen < n ? s->top + l->rows_seen : n;
    bool is_reading = app_is_reading(l->page.app);
    if (l->selection.n_all == 0 && (is_reading || l->filter_error))
        buf_adds(out, is_reading ? " reading ..." : " ");
    else
        buf_printf(out, " %zu-%zu of %zu shown, %zu%s in all", n ? s->top + 1 : 0, last, n,
                   *l->scope ? l->n_in_scope : l->selection.n_all, is_reading ? "+" : "");
    if (l->filter_error)
        buf_printf(out, "   filter: %s", l->filter_error);
    else if (*l->filter)
        buf_printf(out, "   filter: %s", l->filter);
    if (l->fold.n_effects)
        buf_printf(out, "   %zu %s, enter unfolds", l->fold.n_effects,
                   l->view->rows == ROWS_FINDINGS ? "are effects or alike" : "are folded");
    if (l->marked.n > 0)
        buf_printf(out, "   %zu marked, i: all together", l->marked.n);
    if (l->panel->hidden && !l->shows_hidden)
        buf_adds(out, "   0 shows all");
    if (l->sort.column >= 0)
        buf_printf(out, "   sort: %s", l->view->columns[l->sort.column].name);
    if (l->n_ordered < l->selection.n)
        buf_adds(out, " ...");
}

static void draw_summary(struct list_page *l, struct grid *g, int y)
{
    struct buf text = {0};
    summary_text(l, &text);
    int w = table_rect((struct rect){0, 0, g->w, 2}).w;
    grid_put_fit(g, 0, y, w, l->filter_error ? ROLE_WARNING : ROLE_DIM, text.data, 0);
    buf_free(&text);
}

static struct table list_table(struct list_page *l)
{
    return (struct table){.columns = l->columns,
                          .n_columns = l->n_columns,
                          .n_rows = list_rows(l),
                          .ctx = l,
                          .row = draw_row,
                          .cell = draw_cell,
                          .empty = empty_text(l)};
}

static void draw_inspector(struct list_page *l, struct grid *g, struct rect r)
{
    struct view_context c;
    struct view_row row;
    uint32_t node = list_node(&l->page);
    bool has_row = list_read(l, l->state.scroll.cursor, &c, &row);
    const struct copy_path *path = has_row ? row.path : NULL;
    bool is_other = !l->inspector || !detail_shows(l->inspector, node, path);
    bool is_resting = !is_other || app_rested(l->page.app);
    grid_vline(g, r.x - 1, r.y, r.h, ROLE_BORDER, GLYPH_V);
    if (is_other) {
        if (l->inspector)
            l->inspector->ops->free(l->inspector);
        l->inspector = !is_resting ? NULL /* while the cursor runs nothing follows it */
                       : path      ? page_path(l->page.app, path)
                       : node      ? page_detail(l->page.app, node)
                                   : NULL;
    }
    if (l->inspector)
        l->inspector->ops->draw(l->inspector, g, r);
}

static void list_draw(struct page *p, struct grid *g, struct rect body)
{
    struct list_page *l = (struct list_page *)p;
    struct table t = list_table(l);
    struct table_look look = {.is_focused = true};
    if (app_has_nothing(p->app) && l->selection.n_all == 0) {
        nothing_draw(p->app, g, body);
        return;
    }
    l->state.sort_column = -1;
    for (int i = 0; i < l->n_columns && l->sort.column >= 0; i++)
        if (strcmp(l->columns[i].id, l->view->columns[l->sort.column].name) == 0)
            l->state.sort_column = i;
    l->state.is_descending = l->sort.descending;
    l->rows_seen = table_page(table_rect(body), &look);
    table_draw(g, table_rect(body), &t, &l->state, &look);
    draw_summary(l, g, body.y + body.h - 1);
    if (body.w >= INSPECTOR_FROM_COLS && l->snapshot)
        draw_inspector(
            l, g, (struct rect){body.x + body.w - INSPECTOR_COLS, body.y, INSPECTOR_COLS, body.h});
}

/* ---- keys ----------------------------------------------------------------------------------- */

/* Sorts by the next column that is on the panel; the first turn is the panel's own order. */
static void next_sort(struct list_page *l)
{
    int n = l->n_columns, at = n;
    for (int i = 0; i < n && l->sort.column >= 0; i++)
        if (strcmp(l->columns[i].id, l->view->columns[l->sort.column].name) == 0)
            at = i;
    const char *name = at == n      ? l->columns[0].id
                       : at + 1 < n ? l->columns[at + 1].id
                                    : l->panel->sort;
    l->sort.column = view_column(l->view, name);
    l->sort.descending = strcmp(name, "severity") == 0;
    list_select(l);
}

/* The rows of another panel that belong to this one. */
static void open_panel(struct list_page *l, const struct view_context *c, const struct view_row *r)
{
    struct buf scope = {0}, value = {0}, label = {0};
    struct cell cell;
    const char *own =
        strcmp(l->panel->opens_filter, "vault") == 0 ? "name" : l->panel->opens_filter;
    view_cell(c, l->view, r, view_column(l->view, own), &cell);
    cell_format(c, &cell, &value);
    buf_printf(&scope, "%s=\"%s\"", l->panel->opens_filter, value.data ? value.data : "");
    if (strcmp(own, "account") != 0 && r->has_record)
        buf_printf(&scope, " account=%s", record_account(&r->record));
    if (strcmp(own, "name") == 0 && r->has_record)
        buf_printf(&scope, " region=%s", record_region(&r->record));
    show_node_name(c->generation, view_row_node(r), &label);
    app_push(l->page.app, page_list_in(l->page.app, l->panel->opens, scope.data, label.data));
    buf_free(&scope);
    buf_free(&value);
    buf_free(&label);
}

static void list_open(struct list_page *l)
{
    size_t row = l->state.scroll.cursor;
    struct view_context c;
    struct view_row r;
    if (!list_read(l, row, &c, &r))
        return;
    if (list_fold(l, row) == FOLD_CLOSED)
        list_unfold(l, row, true);
    else if (r.blind)
        app_push(l->page.app, page_errors(l->page.app, r.blind));
    else if (r.path && l->page.app->snapshot)
        app_push(l->page.app, page_path(l->page.app, r.path));
    else if (view_row_node(&r) && l->panel->opens)
        open_panel(l, &c, &r);
    else
        app_open_node(l->page.app, view_row_node(&r));
}

/* Left and right open and close what folds; elsewhere they scroll the columns. */
static void list_sideways(struct list_page *l, bool is_right, struct rect whole)
{
    enum fold_row fold = list_fold(l, l->state.scroll.cursor);
    if (is_right && fold == FOLD_CLOSED) {
        list_unfold(l, l->state.scroll.cursor, true);
    } else if (!is_right &&
               (fold == FOLD_OPEN || fold == FOLD_EFFECT || fold == FOLD_LAST_EFFECT)) {
        list_unfold(l, l->state.scroll.cursor, false);
    } else {
        struct table t = list_table(l);
        table_scroll_columns(&t, &l->state, whole, is_right ? 1 : -1);
    }
}

static void list_export(struct list_page *l);

/* Marks or unmarks the row, and goes on to the next. */
static void mark_row(struct list_page *l)
{
    uint32_t node = list_row_node(l, l->state.scroll.cursor);
    size_t at = mark_at(l, node);
    if (!node || !judge_actions(node_kind(l->page.app->estate, node))[0]) {
        app_say(l->page.app, ROLE_WARNING, "nothing can be asked of this row");
        return;
    }
    if (at < l->marked.n) {
        l->marked.n--;
        memmove(&l->marked.items[at], &l->marked.items[at + 1], (l->marked.n - at) * sizeof *l->marked.items);
    } else {
        VEC_PUSH(l->marked, node);
    }
    (void)action_scroll(ACTION_DOWN, &l->state.scroll, list_rows(l), l->rows_seen);
    l->has_moved = true;
}

static const uint32_t *list_marks(struct page *p, size_t *n)
{
    struct list_page *l = (struct list_page *)p;
    *n = l->marked.n;
    return l->marked.items;
}

static bool list_act(struct page *p, enum action action)
{
    struct list_page *l = (struct list_page *)p;
    if (action_scroll(action, &l->state.scroll, list_rows(l), l->rows_seen)) {
        l->has_moved = action != ACTION_FIRST;
        return true;
    }
    struct rect whole =
        table_rect((struct rect){0, 3, l->page.app->grid.w, l->page.app->grid.h - 6});
    switch (action) { /* keys of a list that are no motion */
    case ACTION_LEFT:
    case ACTION_RIGHT:
        list_sideways(l, action == ACTION_RIGHT, whole);
        return true;
    case ACTION_OPEN:
        list_open(l);
        return true;
    case ACTION_MARK:
        mark_row(l);
        return true;
    case ACTION_UNMARK:
        l->marked.n = 0;
        return true;
    case ACTION_NEXT_WORST_ROW:
    case ACTION_PREVIOUS_WORST_ROW:
        list_next_worst(l, action == ACTION_NEXT_WORST_ROW ? 1 : -1);
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
    case ACTION_COLUMNS:
        list_choose_columns(l);
        return true;
    default:
        return false;
    }
}

/* A click on a title sorts by it; another one turns the order round. */
static void sort_by_title(struct list_page *l, int title)
{
    int column = view_column(l->view, l->columns[title].id);
    if (column < 0)
        return;
    bool is_again = column == l->sort.column;
    l->sort = (struct sort_key){column, is_again && !l->sort.descending};
    list_select(l);
}

static bool list_mouse(struct page *p, struct rect body, const struct event *ev)
{
    struct list_page *l = (struct list_page *)p;
    struct table t = list_table(l);
    struct table_look look = {.is_focused = true};
    size_t row;
    int title = table_title_at(table_rect(body), &t, &l->state, ev->x, ev->y);
    if (ev->button == MOUSE_LEFT && title >= 0) {
        sort_by_title(l, title);
        return true;
    }
    if (ev->button == MOUSE_WHEEL_UP || ev->button == MOUSE_WHEEL_DOWN) {
        enum scroll_motion motion = ev->button == MOUSE_WHEEL_UP ? SCROLL_UP : SCROLL_DOWN;
        for (int i = 0; i < 3; i++)
            scroll_move(&l->state.scroll, motion, list_rows(l), l->rows_seen);
        l->has_moved = true;
        return true;
    }
    if (ev->button != MOUSE_LEFT ||
        !table_row_at(table_rect(body), &t, &l->state, &look, ev->x, ev->y, &row))
        return false;
    if (row == l->state.scroll.cursor)
        list_open(l);
    l->state.scroll.cursor = row;
    l->has_moved = true;
    return true;
}

static void list_renew(struct page *p)
{
    struct list_page *l = (struct list_page *)p;
    if (l->inspector)
        l->inspector->ops->renew(l->inspector);
    if (!l->snapshot || view_scope_is(&l->snapshot->scope, &p->app->snapshot->scope)) {
        list_follow_snapshot(l);
        return;
    }
    list_show_or_say(l, l->show); /* a column may be the same in all rows now */
    list_select(l);
}

static void list_place(struct page *p, struct buf *out)
{
    struct list_page *l = (struct list_page *)p;
    if (*l->label)
        buf_printf(out, "%s > ", l->label);
    buf_adds(out, l->view->name);
}

static void list_marked(struct page *p, struct buf *out)
{
    uint32_t node = list_node(p);
    if (node)
        node_arn(p->app->estate, node, out);
}

static bool list_has_row(struct page *p)
{
    struct list_page *l = (struct list_page *)p;
    return l->state.scroll.cursor < list_rows(l);
}

static void list_row_text(struct page *p, struct buf *out)
{
    struct list_page *l = (struct list_page *)p;
    struct view_row r;
    struct cell cell;
    struct view_context c;
    if (!list_read(l, l->state.scroll.cursor, &c, &r))
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
    fold_free(&l->fold);
    VEC_FREE(l->open);
    VEC_FREE(l->marked);
    snapshot_release(l->snapshot);
    mem_free(l->scope);
    mem_free(l->label);
    mem_free(l->filter);
    mem_free(l->filter_error);
    mem_free(l->show);
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
    .marks = list_marks,
    .has_row = list_has_row,
    .row_text = list_row_text,
    .filter = list_filter,
    .set_filter = list_set_filter,
    .mouse = list_mouse,
    .free = list_free,
};

struct list_page *list_of(struct page *p)
{
    return p->ops == &list_ops ? (struct list_page *)p : NULL;
}

/* Whether a scope has the same value of a column in all rows. */
static bool is_fixed(const char *scope, const char *column)
{
    size_t len = strlen(column);
    for (const char *at = scope; (at = strstr(at, column)); at += len)
        if ((at == scope || at[-1] == ' ') && at[len] == '=')
            return true;
    return false;
}

enum err_code list_show_columns(struct list_page *l, const char *wanted, struct err *err)
{
    struct columns chosen;
    struct buf confined = {0};
    enum err_code code = ERR_OK;
    if (wanted)
        code = columns_parse(l->panel, l->view, wanted, &chosen, err);
    else
        columns_of_panel(l->panel, &chosen);
    if (code != ERR_OK)
        return code;
    scope_filter(l->page.app->snapshot, &confined);
    l->n_columns = 0;
    for (int i = 0; i < chosen.n; i++) {
        const struct table_column *look = &chosen.items[i].look;
        if (!wanted && !(look->flags & TABLE_NAME) && (is_fixed(l->scope, look->id) || is_fixed(confined.data, look->id)))
            continue;
        l->panel_columns[l->n_columns] = chosen.items[i];
        l->columns[l->n_columns++] = *look;
    }
    buf_free(&confined);
    char *copy = wanted ? mem_strdup(wanted) : NULL;
    mem_free(l->show);
    l->show = copy;
    l->state.first_column = 0;
    return ERR_OK;
}

void list_show_or_say(struct list_page *l, const char *wanted)
{
    struct err err = {0};
    if (list_show_columns(l, wanted, &err) != ERR_OK)
        app_say(l->page.app, ROLE_WARNING, "columns of %s: %s", l->panel->view, err.text);
}

static struct page *new_list(struct app *app, const char *view, const char *scope,
                             const char *label, const char *filter)
{
    struct list_page *l = mem_alloc(sizeof *l);
    l->page = (struct page){.ops = &list_ops, .app = app};
    l->panel = panel_by_view(view);
    l->view = view_by_name(view);
    l->page.tab = l->panel->digit ? l->panel->view : NULL;
    l->scope = mem_strdup(scope);
    l->label = mem_strdup(label);
    l->filter = mem_strdup(filter);
    l->shows_hidden = *scope || *filter;
    l->sort = (struct sort_key){view_column(l->view, l->panel->sort), true};
    list_show_or_say(l, NULL);
    if (hands_columns(&app->hands, view))
        list_show_or_say(l, hands_columns(&app->hands, view));
    return &l->page;
}

struct page *page_list(struct app *app, const char *view, const char *filter)
{
    struct page *p = new_list(app, view, "", "", filter ? filter : "");
    struct list_page *l = (struct list_page *)p;
    l->shows_hidden = *l->filter;
    list_select(l);
    return p;
}

struct page *page_list_in(struct app *app, const char *view, const char *scope, const char *label)
{
    struct page *p = new_list(app, view, scope, label, "");
    list_select((struct list_page *)p);
    return p;
}

struct page *page_list_saved(struct app *app, const struct saved_view *v)
{
    const char *scope = v->scope ? v->scope : "", *sort = v->sort ? v->sort : "";
    struct page *p = new_list(app, v->panel, scope, v->name, v->filter ? v->filter : "");
    struct list_page *l = (struct list_page *)p;
    int column = view_column(l->view, sort + (*sort == '-'));
    if (column >= 0)
        l->sort = (struct sort_key){column, *sort == '-'};
    if (v->show)
        list_show_or_say(l, v->show);
    list_select(l);
    return p;
}

static void list_export(struct list_page *l)
{
    struct buf columns = {0};
    if (l->n_ordered < l->selection.n) {
        app_say(l->page.app, ROLE_WARNING, "the rows are still being put in order: once more, please");
        return;
    }
    for (int i = 0; l->show && i < l->n_columns; i++)
        buf_printf(&columns, "%s%s", i > 0 ? "," : "", l->columns[i].id);
    app_export(l->page.app, l->view, columns.data, l->snapshot, &l->selection);
    buf_free(&columns);
}
