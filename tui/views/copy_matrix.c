/* copy_matrix: from which accounts and Regions backups are copied to which, and whether they can be. Enter opens the
 * paths of a cell. */
#include "backend/judge/copy_matrix.h"

#include "tui/panels/show.h"
#include "tui/views/app.h"
#include "tui/widgets/matrix.h"
#include "tui/widgets/paragraph.h"

#include <stdio.h>
#include <string.h>

struct copies_page {
    struct page page;
    struct snapshot *snapshot; /* NULL: none yet */
    const struct copy_matrix *copies; /* the snapshot's */
    struct matrix_state state;
    struct rect rect;          /* of the matrix, as it was drawn last */
    size_t told_row, told_column; /* what the foot tells of: where the cursor rested last */
};

/* ---- cells ---------------------------------------------------------------------------------------------- */

static const char *place_text(const struct copies_page *p, const struct copy_place *place)
{
    char brief[16] = "?";
    if (place->region[0])
        show_region_short(place->region, brief);
    return arena_printf(p->page.app->frame, "%s %s",
                        place->account[0] ? show_account_name(p->snapshot->generation, place->account) : "?", brief);
}

static void row_title(void *ctx, size_t row, struct table_cell *out)
{
    struct copies_page *p = ctx;
    out->text = place_text(p, &p->copies->sources[row]);
}

static void column_group(void *ctx, size_t column, struct table_cell *out)
{
    struct copies_page *p = ctx;
    const char *account = p->copies->destinations[column].account;
    out->text = account[0] ? show_account_name(p->snapshot->generation, account) : "?";
}

static void column_title(void *ctx, size_t column, struct table_cell *out)
{
    struct copies_page *p = ctx;
    const char *region = p->copies->destinations[column].region;
    char brief[16] = "?";
    if (region[0])
        show_region_short(region, brief);
    snprintf(out->own, sizeof out->own, "%s", brief);
    out->text = out->own;
}

/* "H 2/7", "? 1/3", ". 5", "-"; a ? behind: there may be more. */
static void matrix_cell(void *ctx, size_t row, size_t column, struct table_cell *out)
{
    static const struct {
        const char *mark;
        enum tri counts;
        enum role role;
    } looks[] = {
        [COPIES_NONE] = {"-", TRI_NO, ROLE_ABSENT},
        [COPIES_READY] = {".", TRI_YES, ROLE_OK},
        [COPIES_UNKNOWN] = {"?", TRI_UNKNOWN, ROLE_UNKNOWN},
        [COPIES_BROKEN] = {"H", TRI_NO, ROLE_SEV_HIGH},
    };
    struct copies_page *p = ctx;
    const struct copy_cell *cell = copy_matrix_at(p->copies, row, column);
    enum copies_state state = copies_state_of(p->copies, row, cell);
    uint32_t n = cell ? cell->n[looks[state].counts] : 0;
    uint32_t all = cell ? cell->n[TRI_NO] + cell->n[TRI_UNKNOWN] + cell->n[TRI_YES] : 0;
    const char *more = cell && p->copies->sources[row].hides ? "?" : "";
    if (!cell)
        snprintf(out->own, sizeof out->own, "%s", looks[state].mark);
    else if (n == all)
        snprintf(out->own, sizeof out->own, "%s %u%s", looks[state].mark, n, more);
    else
        snprintf(out->own, sizeof out->own, "%s %u/%u%s", looks[state].mark, n, all, more);
    out->text = out->own;
    out->role = looks[state].role;
}

static struct matrix matrix_of(struct copies_page *p)
{
    return (struct matrix){.n_rows = p->copies->n_sources,
                           .n_columns = p->copies->n_destinations,
                           .ctx = p,
                           .corner = "FROM, TO",
                           .title_cols = 22,
                           .cell_cols = 9,
                           .row_title = row_title,
                           .column_group = column_group,
                           .column_title = column_title,
                           .cell = matrix_cell};
}

/* ---- the page ------------------------------------------------------------------------------------------- */

static const struct copy_cell *marked_cell(const struct copies_page *p)
{
    return p->copies ? copy_matrix_at(p->copies, p->state.rows.cursor, p->state.columns.cursor) : NULL;
}

static void draw_head(struct copies_page *p, struct grid *g, struct rect r)
{
    uint32_t n[3] = {0};
    for (size_t i = 0; i < p->copies->n_sources; i++)
        for (int is = TRI_NO; is <= TRI_YES; is++)
            n[is] += p->copies->sources[i].n[is];
    char text[128];
    snprintf(text, sizeof text, "COPY PATHS  broken %u   not known %u   ready %u", n[TRI_NO], n[TRI_UNKNOWN], n[TRI_YES]);
    grid_put_fit(g, r.x + 1, r.y, r.w - 2, ROLE_STRONG, text, 0);
    snprintf(text, sizeof text, "%zu of %zu", p->state.rows.cursor + 1, p->copies->n_sources);
    grid_put_fit(g, r.x + 1, r.y, r.w - 2, ROLE_DIM, text, FIT_RIGHT);
}

static int draw_told(struct grid *g, struct rect r, const char *label, enum role role, const char *text)
{
    if (r.h <= 0 || !text[0])
        return 0;
    grid_put(g, r.x + 1, r.y, 9, ROLE_LABEL, label);
    return paragraph_draw_cut(g, (struct rect){r.x + 11, r.y, r.w - 12, r.h}, role, text);
}

/* What is in the way of the worst path of the cell, and what mends it. */
static void draw_foot(struct copies_page *p, struct grid *g, struct rect r)
{
    const struct copy_matrix *m = p->copies;
    if (p->told_row >= m->n_sources || p->told_column >= m->n_destinations)
        return;
    const struct copy_cell *cell = copy_matrix_at(m, p->told_row, p->told_column);
    const struct copy_path *worst = cell ? cell->worst : NULL;
    enum copies_state state = copies_state_of(m, p->told_row, cell);
    struct arena *frame = p->page.app->frame;
    const char *which = arena_printf(frame, "%s to %s", place_text(p, &m->sources[p->told_row]),
                                     place_text(p, &m->destinations[p->told_column]));
    const char *counts = cell ? arena_printf(frame, "%u broken, %u not known, %u ready; enter opens them", cell->n[TRI_NO],
                                             cell->n[TRI_UNKNOWN], cell->n[TRI_YES])
                         : state == COPIES_NONE ? "nothing is copied on this way"
                                                : "what copies from there could not be read: ! shows why";
    bool is_whole = !worst || worst->ready == TRI_YES;
    const struct {
        const char *label, *text;
        enum role role;
    } rows[] = {
        {"WAY", which, ROLE_STRONG},
        {"PATHS", counts, state == COPIES_UNKNOWN ? ROLE_UNKNOWN : ROLE_NORMAL},
        {"LINK", is_whole ? "" : arena_printf(frame, "%s: %s", path_link_word(worst->broken_at), worst->reason),
         state == COPIES_BROKEN ? ROLE_SEV_HIGH : ROLE_UNKNOWN},
        {"MEND", is_whole ? "" : worst->remedy, ROLE_NORMAL},
        {"STATEMENT", is_whole ? "" : worst->statement, ROLE_NORMAL},
        {"SOURCE", is_whole ? "" : worst->page, ROLE_DIM},
    };
    int y = r.y, end = r.y + r.h;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        y += draw_told(g, (struct rect){r.x, y, r.w, end - y}, rows[i].label, rows[i].role, rows[i].text);
}

static void copies_draw(struct page *page, struct grid *g, struct rect body)
{
    struct copies_page *p = (struct copies_page *)page;
    if (!p->snapshot) {
        grid_put(g, body.x + 1, body.y, body.w - 2, ROLE_LOADING, "Reading ...");
        return;
    }
    struct matrix m = matrix_of(p);
    int foot = body.h >= 30 ? 12 : body.h >= 16 ? 9 : 5, y = body.y + body.h - foot;
    p->rect = (struct rect){body.x, body.y + 1, body.w, y - body.y - 2};
    if (m.n_rows > 0 && m.n_columns > 0)
        matrix_draw(g, p->rect, &m, &p->state, true);
    else
        grid_put(g, body.x + 3, body.y + 1, body.w - 3, ROLE_NORMAL,
                 app_is_reading(page->app) ? "Reading ..." : "Nothing that was read copies anything, and no copy was found.");
    draw_head(p, g, body);
    grid_put_fit(g, body.x + 1, y - 1, body.w - 2, ROLE_DIM,
                 "H broken of all   ? not known, or not all read   . ready   - nothing is copied", 0);
    grid_hline(g, body.x, y, body.w, ROLE_BORDER, GLYPH_H);
    if (app_rested(page->app)) {
        p->told_row = p->state.rows.cursor;
        p->told_column = p->state.columns.cursor;
    }
    draw_foot(p, g, (struct rect){body.x, y + 1, body.w, foot - 1});
}

/* ---- keys ----------------------------------------------------------------------------------------------- */

static void add_term(struct buf *out, const char *column, const char *value)
{
    buf_printf(out, "%s%s%s%s", out->len > 0 ? " " : "", column, value[0] ? "=" : ":", value);
}

static void open_cell(struct copies_page *p)
{
    const struct copy_cell *cell = marked_cell(p);
    struct buf filter = {0};
    if (!cell)
        return;
    const struct copy_place *from = &p->copies->sources[cell->source], *to = &p->copies->destinations[cell->destination];
    add_term(&filter, "account", from->account);
    add_term(&filter, "region", from->region);
    add_term(&filter, "destination_account", to->account);
    add_term(&filter, "destination_region", to->region);
    const char *label = arena_printf(p->page.app->frame, "%s to %s", place_text(p, from), place_text(p, to));
    app_push(p->page.app, page_list_in(p->page.app, "copy-paths", filter.data, label));
    buf_free(&filter);
}

/* The next cell with a path that is broken, row by row. */
static void next_broken(struct copies_page *p, bool is_back)
{
    const struct copy_matrix *m = p->copies;
    size_t n = m->n_cells, at = 0;
    while (at < n && (m->cells[at].source < p->state.rows.cursor ||
                      (m->cells[at].source == p->state.rows.cursor && m->cells[at].destination < p->state.columns.cursor)))
        at++;
    bool is_on = at < n && &m->cells[at] == marked_cell(p);
    for (size_t step = is_on || is_back ? 1 : 0; step <= n; step++) {
        const struct copy_cell *cell = &m->cells[(at + (is_back ? n * 2 - step : step)) % n];
        if (!cell->n[TRI_NO])
            continue;
        p->state.rows.cursor = cell->source;
        p->state.columns.cursor = cell->destination;
        return;
    }
}

static bool copies_act(struct page *page, enum action action)
{
    struct copies_page *p = (struct copies_page *)page;
    if (!p->copies || p->copies->n_sources == 0 || p->copies->n_destinations == 0)
        return false;
    struct matrix m = matrix_of(p);
    if (action_scroll(action, &p->state.rows, m.n_rows, matrix_page_rows(p->rect, &m)))
        return true;
    switch (action) { /* keys of a matrix that move no row */
    case ACTION_LEFT:
    case ACTION_RIGHT:
        scroll_move(&p->state.columns, action == ACTION_LEFT ? SCROLL_UP : SCROLL_DOWN, m.n_columns,
                    matrix_page_columns(p->rect, &m));
        return true;
    case ACTION_NEXT_WORST:
    case ACTION_PREVIOUS_WORST:
        if (p->copies->n_cells > 0)
            next_broken(p, action == ACTION_PREVIOUS_WORST);
        return true;
    case ACTION_OPEN:
        open_cell(p);
        return true;
    default:
        return false;
    }
}

static bool copies_mouse(struct page *page, struct rect body, const struct event *ev)
{
    struct copies_page *p = (struct copies_page *)page;
    size_t row, column;
    (void)body;
    if (ev->button != MOUSE_LEFT || !p->copies)
        return false;
    struct matrix m = matrix_of(p);
    if (!matrix_cell_at(p->rect, &m, &p->state, ev->x, ev->y, &row, &column))
        return false;
    bool is_again = row == p->state.rows.cursor && column == p->state.columns.cursor;
    p->state.rows.cursor = row;
    p->state.columns.cursor = column;
    if (is_again)
        open_cell(p);
    return true;
}

/* The cursor stays on its place, wherever that stands now. */
static size_t find_place(const struct copy_place *places, size_t n, const struct copy_place *was, size_t otherwise)
{
    for (size_t i = 0; was && i < n; i++)
        if (strcmp(places[i].account, was->account) == 0 && strcmp(places[i].region, was->region) == 0)
            return i;
    return otherwise;
}

static void copies_renew(struct page *page)
{
    struct copies_page *p = (struct copies_page *)page;
    struct snapshot *before = p->snapshot;
    const struct copy_matrix *was = p->copies;
    size_t row = p->state.rows.cursor, column = p->state.columns.cursor;
    if (!page->app->snapshot)
        return;
    p->snapshot = snapshot_retain(page->app->snapshot);
    p->copies = judge_copy_matrix(p->snapshot->judgement);
    if (was && (row > 0 || column > 0)) {
        p->state.rows.cursor = find_place(p->copies->sources, p->copies->n_sources,
                                          row < was->n_sources ? &was->sources[row] : NULL, row);
        p->state.columns.cursor = find_place(p->copies->destinations, p->copies->n_destinations,
                                             column < was->n_destinations ? &was->destinations[column] : NULL, column);
    }
    snapshot_release(before);
}

static bool copies_has_row(struct page *page)
{
    return marked_cell((struct copies_page *)page) != NULL;
}

static uint32_t copies_node(struct page *page)
{
    (void)page;
    return 0; /* a cell sums up many records and is about none of them */
}

static void copies_place(struct page *page, struct buf *out)
{
    (void)page;
    buf_adds(out, "copy-matrix");
}

static void copies_marked(struct page *page, struct buf *out)
{
    struct copies_page *p = (struct copies_page *)page;
    if (p->copies && p->state.rows.cursor < p->copies->n_sources &&
        p->state.columns.cursor < p->copies->n_destinations)
        buf_printf(out, "%s to %s", place_text(p, &p->copies->sources[p->state.rows.cursor]),
                   place_text(p, &p->copies->destinations[p->state.columns.cursor]));
}

static void copies_free(struct page *page)
{
    snapshot_release(((struct copies_page *)page)->snapshot);
    mem_free(page);
}

static const struct page_ops copies_ops = {
    .context = KEYS_MATRIX,
    .draw = copies_draw,
    .act = copies_act,
    .renew = copies_renew,
    .place = copies_place,
    .marked = copies_marked,
    .node = copies_node,
    .has_row = copies_has_row,
    .mouse = copies_mouse,
    .free = copies_free,
};

struct page *page_copy_matrix(struct app *app)
{
    struct copies_page *p = mem_alloc(sizeof *p);
    p->page = (struct page){.ops = &copies_ops, .app = app};
    copies_renew(&p->page);
    return &p->page;
}
