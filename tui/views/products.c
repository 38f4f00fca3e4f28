/* products: what products keep in the estate, on one page: EKM keys, Druva's storage credentials, and the matrix
 * of AutoBackup: a row for each alias of a setup, a column for each Region. The foot tells of the row of the
 * cursor what is wrong and what to do. */
#include "backend/judge/products.h"
#include "tui/panels/panel.h"
#include "tui/panels/show.h"
#include "tui/views/app.h"
#include "tui/widgets/mark.h"
#include "tui/widgets/matrix.h"
#include "tui/widgets/paragraph.h"

#include <stdio.h>
#include <string.h>

enum box { BOX_EKM, BOX_CREDENTIALS, BOX_MATRIX, BOX_COUNT };

/* One of the two lists. */
struct list_box {
    struct products *page;
    const struct panel *panel;
    const struct view *view;
    struct selection rows;
    struct table_column columns[TABLE_COLUMNS_MAX];
    struct table_state state;
};

/* A row of the matrix: an alias of a setup. */
struct replica_row {
    const char *setup, *alias;
};

struct products {
    struct page page;
    struct snapshot *snapshot;
    struct arena *arena;           /* of the matrix */
    struct list_box lists[2];
    VEC(struct replica_row) aliases;
    VEC(const char *) regions;
    uint32_t *cells;               /* aliases.n x regions.n records; 0: not replicated there */
    struct matrix_state matrix;
    enum box focus;
    size_t pages[BOX_COUNT];       /* rows seen of each; 0: the box is not drawn */
    struct rect rects[BOX_COUNT];
    uint32_t told;                 /* what the foot tells of */
};

static struct view_context context_of(const struct products *p)
{
    return snapshot_context(p->snapshot, p->page.app->frame);
}

/* ---- what there is ---------------------------------------------------------------------------------- */

static const char *text_of(const struct record *r, enum attr attr)
{
    struct value v = record_value(r, attr);
    return v.is == VALUE_KNOWN ? v.text : "";
}

static size_t alias_row(struct products *p, const struct record *r)
{
    const char *setup = text_of(r, ATTR_AUTOBACKUP_SETUP), *alias = text_of(r, ATTR_AUTOBACKUP_ALIAS_NAME);
    for (size_t i = 0; i < p->aliases.n; i++)
        if (strcmp(p->aliases.items[i].setup, setup) == 0 && strcmp(p->aliases.items[i].alias, alias) == 0)
            return i;
    VEC_PUSH(p->aliases, ((struct replica_row){setup, alias}));
    return p->aliases.n - 1;
}

static size_t region_column(struct products *p, const char *region)
{
    for (size_t i = 0; i < p->regions.n; i++)
        if (strcmp(p->regions.items[i], region) == 0)
            return i;
    VEC_PUSH(p->regions, region);
    return p->regions.n - 1;
}

/* In the order of the view, which is that of account, Region and id. */
static void build_matrix(struct products *p)
{
    struct view_context c = context_of(p);
    const struct view *view = view_by_name("autobackup");
    struct selection all;
    struct record r;
    p->aliases.n = p->regions.n = 0;
    arena_reset(p->arena);
    c.scratch = p->arena;
    if (view_select(&c, view, NULL, (struct sort_key){.column = -1}, 0, NULL, &all) != ERR_OK)
        return;
    for (size_t i = 0; i < all.n; i++)
        if (view_record(&c, view, all.items[i], &r)) {
            (void)alias_row(p, &r);
            (void)region_column(p, record_region(&r));
        }
    p->cells = arena_alloc(p->arena, (p->aliases.n * p->regions.n + 1) * sizeof *p->cells);
    for (size_t i = 0; i < all.n; i++)
        if (view_record(&c, view, all.items[i], &r))
            p->cells[alias_row(p, &r) * p->regions.n + region_column(p, record_region(&r))] = r.node;
    selection_free(&all);
}

static void build_list(struct list_box *l)
{
    struct view_context c = context_of(l->page);
    struct sort_key sort = {.column = view_column(l->view, l->panel->columns[0].look.id)};
    selection_free(&l->rows);
    if (view_select(&c, l->view, NULL, sort, 0, NULL, &l->rows) != ERR_OK)
        l->rows = (struct selection){0};
}

static void build(struct products *p)
{
    snapshot_release(p->snapshot);
    p->snapshot = p->page.app->snapshot ? snapshot_retain(p->page.app->snapshot) : NULL;
    if (!p->snapshot)
        return;
    for (size_t i = 0; i < 2; i++)
        build_list(&p->lists[i]);
    build_matrix(p);
}

static size_t rows_of(const struct products *p, enum box box)
{
    return box == BOX_MATRIX ? p->aliases.n : p->lists[box].rows.n;
}

static struct scroll *scroll_of(struct products *p, enum box box)
{
    return box == BOX_MATRIX ? &p->matrix.rows : &p->lists[box].state.scroll;
}

static uint32_t products_node(struct page *page)
{
    struct products *p = (struct products *)page;
    if (!p->snapshot || scroll_of(p, p->focus)->cursor >= rows_of(p, p->focus))
        return 0;
    if (p->focus == BOX_MATRIX)
        return p->matrix.columns.cursor < p->regions.n
                   ? p->cells[p->matrix.rows.cursor * p->regions.n + p->matrix.columns.cursor]
                   : 0;
    struct view_context c = context_of(p);
    const struct list_box *l = &p->lists[p->focus];
    return view_node(&c, l->view, l->rows.items[l->state.scroll.cursor]);
}

/* ---- drawing the lists -------------------------------------------------------------------------------- */

static const char *mark_of(const struct products *p, uint32_t node)
{
    return worst_mark(judgement_worst(p->snapshot->judgement, node));
}

static void draw_list_row(void *ctx, size_t row, struct table_row *out)
{
    struct list_box *l = ctx;
    struct view_context c = context_of(l->page);
    out->severity = mark_of(l->page, view_node(&c, l->view, l->rows.items[row]));
}

static void draw_list_cell(void *ctx, size_t row, int column, struct table_cell *out)
{
    struct list_box *l = ctx;
    struct view_context c = context_of(l->page);
    struct view_row r;
    struct cell cell;
    struct buf text = {0};
    const struct panel_column *pc = &l->panel->columns[column];
    if (!view_row(&c, l->view, l->rows.items[row], &r))
        return;
    if (pc->show) {
        pc->show(&c, &r, out);
        return;
    }
    view_cell(&c, l->view, &r, view_column(l->view, pc->look.id), &cell);
    cell_format_short(&c, &cell, &text);
    out->text = arena_strdup(c.scratch, text.data ? text.data : "");
    out->role = cell.is == CELL_UNKNOWN ? ROLE_UNKNOWN : cell.is == CELL_ABSENT ? ROLE_ABSENT : ROLE_NORMAL;
    buf_free(&text);
}

/* What nothing means while not everything was read. */
static const char *empty_text(const struct products *p, const struct panel *panel)
{
    size_t n;
    if (app_is_reading(p->page.app))
        return "Reading ...";
    judgement_blind_spots(p->snapshot->judgement, &n);
    return n > 0 ? "None of those that could be seen; not everything could be read: ! shows why." : panel->empty;
}

static void draw_list(struct products *p, struct grid *g, enum box box, struct rect r)
{
    struct list_box *l = &p->lists[box];
    struct table t = {.columns = l->columns,
                      .n_columns = (int)l->panel->n_columns,
                      .n_rows = l->rows.n,
                      .ctx = l,
                      .row = draw_list_row,
                      .cell = draw_list_cell,
                      .empty = empty_text(p, l->panel)};
    struct table_look look = {.is_focused = p->focus == box};
    l->state.sort_column = -1;
    table_draw(g, r, &t, &l->state, &look);
    p->pages[box] = table_page(r, &look);
}

/* ---- drawing the matrix ------------------------------------------------------------------------------- */

static void row_title(void *ctx, size_t row, struct table_cell *out)
{
    struct products *p = ctx;
    const struct replica_row *r = &p->aliases.items[row];
    const char *alias = strncmp(r->alias, "alias/", 6) == 0 ? r->alias + 6 : r->alias;
    out->text = arena_printf(p->page.app->frame, "%s  %s", r->setup, *alias ? alias : "?");
}

static void column_title(void *ctx, size_t column, struct table_cell *out)
{
    struct products *p = ctx;
    char text[16];
    show_region_short(p->regions.items[column], text);
    out->text = arena_strdup(p->page.app->frame, text);
}

static void matrix_cell(void *ctx, size_t row, size_t column, struct table_cell *out)
{
    struct products *p = ctx;
    struct record r;
    uint32_t node = p->cells[row * p->regions.n + column];
    if (!node || !generation_record(p->snapshot->generation, node, &r)) {
        out->text = "-";
        out->role = ROLE_ABSENT;
        return;
    }
    enum tri ready = judge_autobackup(p->snapshot->judgement, p->page.app->frame, &r).ready;
    out->text = ready == TRI_YES ? "ready" : ready == TRI_NO ? "! no" : "?";
    out->role = ready == TRI_YES ? ROLE_OK : ready == TRI_NO ? ROLE_SEV_HIGH : ROLE_UNKNOWN;
}

static struct matrix matrix_of(struct products *p)
{
    return (struct matrix){.n_rows = p->aliases.n,
                           .n_columns = p->regions.n,
                           .ctx = p,
                           .corner = "AUTOBACKUP",
                           .title_cols = 30,
                           .cell_cols = 7,
                           .row_title = row_title,
                           .column_title = column_title,
                           .cell = matrix_cell};
}

static void draw_matrix(struct products *p, struct grid *g, struct rect r)
{
    struct matrix m = matrix_of(p);
    p->pages[BOX_MATRIX] = matrix_page_rows(r, &m);
    scroll_fit(&p->matrix.columns, p->regions.n, matrix_page_columns(r, &m));
    if (p->aliases.n > 0) {
        matrix_draw(g, r, &m, &p->matrix, p->focus == BOX_MATRIX);
        return;
    }
    grid_put(g, r.x + 2, r.y, r.w - 2, ROLE_SECTION, "AUTOBACKUP");
    grid_put_fit(g, r.x + 4, r.y + 1, r.w - 4, ROLE_DIM, empty_text(p, panel_by_view("autobackup")), 0);
}

/* ---- the foot: what is wrong with the row of the cursor, and what to do ---------------------------------- */

#define FOOT_ROWS 5
#define FOOT_TALL_ROWS 9

static int foot_line(struct grid *g, struct rect r, int y, const char *label, enum role role, const char *text)
{
    struct rect para = {r.x + 8, y, r.w - 9, r.y + r.h - y};
    if (!text[0] || para.h <= 0)
        return y;
    grid_put(g, r.x + 1, y, 7, ROLE_LABEL, label);
    int lines = paragraph_lines(g, para.w, text);
    para.h = lines < para.h ? lines : para.h;
    paragraph_draw(g, para, role, text, 0);
    return y + para.h;
}

/* Why AutoBackup is not ready, what an EKM key's product may not. */
static const char *reason_of(const struct products *p, const struct record *r)
{
    struct arena *arena = p->page.app->frame;
    if (r->kind == KIND_AUTOBACKUP)
        return judge_autobackup(p->snapshot->judgement, arena, r).reason;
    return r->kind == KIND_EKM ? judge_ekm_use(p->snapshot->judgement, arena, r, NULL).reason : "";
}

/* What falls if it goes; of credentials, if their parameter does. Nothing hangs on these, so it is told at once. */
static void draw_falls(struct products *p, struct grid *g, struct rect r, int y, const struct record *record)
{
    struct value parameter = {.is = VALUE_ABSENT};
    uint32_t target = record->node;
    if (record->kind == KIND_CREDENTIAL) {
        parameter = record_value(record, ATTR_CREDENTIAL_PARAMETER);
        target = parameter.is == VALUE_KNOWN ? parameter.node : 0;
    }
    struct impact *impact = target ? judge_impact(p->snapshot->judgement, &target, 1, NULL, 4) : NULL;
    for (size_t i = 0; impact && i < impact->n; i++)
        if (impact->items[i].node == target)
            y = foot_line(g, r, y, i == 0 ? "falls" : "", ROLE_NORMAL, impact->items[i].text);
    impact_free(impact);
}

static void draw_foot(struct products *p, struct grid *g, struct rect r)
{
    struct record record;
    struct buf who = {0};
    size_t n;
    int y = r.y + 1;
    grid_hline(g, r.x, r.y, r.w, ROLE_BORDER, GLYPH_H);
    if (app_rested(p->page.app))
        p->told = products_node(&p->page);
    if (!p->told || !generation_record(p->snapshot->generation, p->told, &record))
        return;
    const struct finding *f = judgement_of(p->snapshot->judgement, p->told, &n);
    buf_printf(&who, "%s; said by its %s", text_of(&record, attr_by_name(record.kind, "name")),
               text_of(&record, attr_by_name(record.kind, "said_by")));
    y = foot_line(g, r, y, "which", ROLE_STRONG, who.data);
    for (size_t i = 0; i < n; i++) {
        char text[512];
        snprintf(text, sizeof text, "%s %s %s%s%s", finding_mark(&f[i]), f[i].rule->id, f[i].rule->title,
                 *f[i].reason ? ": " : "", f[i].reason);
        y = foot_line(g, r, y, i == 0 ? "found" : "", mark_role(finding_mark(&f[i]), ROLE_NORMAL), text);
    }
    if (n == 0)
        y = foot_line(g, r, y, "why", ROLE_UNKNOWN, reason_of(p, &record));
    if (n > 0)
        y = foot_line(g, r, y, "remedy", ROLE_NORMAL, f[0].rule->remedy);
    draw_falls(p, g, r, y, &record);
    buf_free(&who);
}

/* ---- the page ----------------------------------------------------------------------------------------- */

/* Each box gets what it needs; what is too much is taken from the largest. */
static void share_rows(const struct products *p, int room, int heights[BOX_COUNT])
{
    int sum = 0;
    for (int b = 0; b < BOX_COUNT; b++) {
        size_t n = rows_of(p, (enum box)b);
        heights[b] = 1 + (n > 200 ? 200 : n > 0 ? (int)n : 1);
        sum += heights[b];
    }
    for (; sum > room; sum--) {
        int largest = 0;
        for (int b = 1; b < BOX_COUNT; b++)
            largest = heights[b] > heights[largest] ? b : largest;
        if (heights[largest]-- <= 2)
            return;
    }
}

static void products_draw(struct page *page, struct grid *g, struct rect body)
{
    struct products *p = (struct products *)page;
    int heights[BOX_COUNT], y = body.y, foot = body.h < 18 ? 0 : body.h < 24 ? FOOT_ROWS : FOOT_TALL_ROWS;
    if (!p->snapshot) {
        grid_put(g, body.x + 1, body.y, body.w - 1, ROLE_LOADING, "Reading ...");
        return;
    }
    share_rows(p, body.h - foot - 2, heights);
    for (int b = 0; b < BOX_COUNT; b++) {
        struct rect r = {body.x, y, body.w, heights[b]};
        p->rects[b] = r;
        if (b == BOX_MATRIX)
            draw_matrix(p, g, r);
        else
            draw_list(p, g, (enum box)b, r);
        y += heights[b] + 1;
    }
    if (foot)
        draw_foot(p, g, (struct rect){body.x, y < body.y + body.h - foot ? y : body.y + body.h - foot, body.w, foot});
}

static void products_move(struct products *p, enum scroll_motion motion)
{
    struct scroll *s = scroll_of(p, p->focus), before = *s;
    scroll_move(s, motion, rows_of(p, p->focus), p->pages[p->focus]);
    /* over the edge of one box into the next */
    int step = motion == SCROLL_DOWN ? 1 : motion == SCROLL_UP ? -1 : 0;
    int next = (int)p->focus + step;
    while (step && next >= 0 && next < BOX_COUNT && rows_of(p, (enum box)next) == 0)
        next += step;
    if (step && before.cursor == s->cursor && next >= 0 && next < BOX_COUNT)
        p->focus = (enum box)next;
}

static bool products_act(struct page *page, enum action action)
{
    struct products *p = (struct products *)page;
    enum scroll_motion motion;
    if (!p->snapshot)
        return false;
    if (action_motion(action, &motion)) {
        products_move(p, motion);
        return true;
    }
    struct matrix m = matrix_of(p);
    switch (action) { /* keys of this page that are no motion */
    case ACTION_OPEN:
        app_open_node(page->app, products_node(page));
        return true;
    case ACTION_NEXT_BOX:
    case ACTION_PREVIOUS_BOX:
        p->focus = (enum box)(((int)p->focus + (action == ACTION_NEXT_BOX ? 1 : BOX_COUNT - 1)) % BOX_COUNT);
        return true;
    case ACTION_LEFT:
    case ACTION_RIGHT:
        if (p->focus == BOX_MATRIX)
            scroll_move(&p->matrix.columns, action == ACTION_LEFT ? SCROLL_UP : SCROLL_DOWN, p->regions.n,
                        matrix_page_columns(p->rects[BOX_MATRIX], &m));
        return true;
    default:
        return false;
    }
}

static bool products_mouse(struct page *page, struct rect body, const struct event *ev)
{
    struct products *p = (struct products *)page;
    (void)body;
    if (ev->button != MOUSE_LEFT || !p->snapshot)
        return false;
    for (int b = 0; b < BOX_COUNT; b++) {
        const struct rect *r = &p->rects[b];
        size_t at = ev->y > r->y ? (size_t)(ev->y - r->y - 1) + scroll_of(p, (enum box)b)->top : 0;
        if (ev->y <= r->y || ev->y >= r->y + r->h || at >= rows_of(p, (enum box)b))
            continue;
        struct matrix m = matrix_of(p);
        size_t row = at, column = p->matrix.columns.cursor;
        if (b == BOX_MATRIX && !matrix_cell_at(*r, &m, &p->matrix, ev->x, ev->y, &row, &column))
            continue;
        uint32_t before = products_node(page);
        p->focus = (enum box)b;
        scroll_of(p, p->focus)->cursor = row;
        p->matrix.columns.cursor = column;
        if (before && before == products_node(page))
            app_open_node(page->app, before);
        return true;
    }
    return false;
}

/* The cursors stay on what they were on. */
static void products_renew(struct page *page)
{
    struct products *p = (struct products *)page;
    uint32_t node = products_node(page);
    build(p);
    struct view_context c = p->snapshot ? context_of(p) : (struct view_context){0};
    if (!node || !p->snapshot)
        return;
    if (p->focus != BOX_MATRIX) {
        struct list_box *l = &p->lists[p->focus];
        size_t at = selection_find(&c, l->view, &l->rows, node);
        l->state.scroll.cursor = at == SIZE_MAX ? l->state.scroll.cursor : at;
        return;
    }
    for (size_t i = 0; i < p->aliases.n * p->regions.n; i++)
        if (p->cells[i] == node) {
            p->matrix.rows.cursor = i / p->regions.n;
            p->matrix.columns.cursor = i % p->regions.n;
        }
}

static void products_place(struct page *page, struct buf *out)
{
    (void)page;
    buf_adds(out, "products");
}

static void products_marked(struct page *page, struct buf *out)
{
    if (products_node(page))
        node_arn(page->app->estate, products_node(page), out);
}

static void products_free(struct page *page)
{
    struct products *p = (struct products *)page;
    snapshot_release(p->snapshot);
    for (size_t i = 0; i < 2; i++)
        selection_free(&p->lists[i].rows);
    VEC_FREE(p->aliases);
    VEC_FREE(p->regions);
    arena_free(p->arena);
    mem_free(p);
}

static const struct page_ops products_ops = {
    .context = KEYS_OVERVIEW,
    .draw = products_draw,
    .act = products_act,
    .renew = products_renew,
    .place = products_place,
    .marked = products_marked,
    .node = products_node,
    .mouse = products_mouse,
    .free = products_free,
};

struct page *page_products(struct app *app)
{
    static const char *const views[] = {"ekm", "credentials"};
    struct products *p = mem_alloc(sizeof *p);
    p->page = (struct page){.ops = &products_ops, .app = app, .tab = "products"};
    p->arena = arena_new();
    for (size_t i = 0; i < 2; i++) {
        struct list_box *l = &p->lists[i];
        l->page = p;
        l->panel = panel_by_view(views[i]);
        l->view = view_by_name(views[i]);
        for (size_t k = 0; k < l->panel->n_columns; k++)
            l->columns[k] = l->panel->columns[k].look;
    }
    build(p);
    for (int b = 0; b < BOX_COUNT && rows_of(p, p->focus) == 0; b++)
        p->focus = (enum box)b;
    return &p->page;
}
