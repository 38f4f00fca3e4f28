#include "backend/view/diff.h"

#include <stdlib.h>
#include <string.h>

static const struct {
    const char *word;
    bool is_worse;
} kinds[DIFF_KIND_COUNT] = {
#define X(id, word, is_worse) [DIFF_##id] = {word, is_worse},
    DIFF_KINDS(X)
#undef X
};

const char *diff_word(enum diff_kind kind)
{
    return kinds[kind].word;
}

bool diff_is_worse(enum diff_kind kind)
{
    return kinds[kind].is_worse;
}

/* ---- the rows of one side ------------------------------------------------------------------------ */

struct row {
    const char **cells; /* one a column of the view; NULL: the side does not have it */
    uint32_t slot;      /* of the list that holds it; 0: none, or a CSV's */
};
struct rows {
    const struct diff_side *side;
    const struct view *view;
    struct arena *arena;
    int id, account, region, rule; /* columns; rule -1: not findings */
    VEC(struct row) items;
};

static const char *cell_at(const struct row *row, int column)
{
    return column >= 0 && row->cells[column] ? row->cells[column] : "";
}

static int compare_rows(const struct rows *rows, const struct row *a, const struct row *b)
{
    const int key[] = {rows->account, rows->region, rows->id, rows->rule};
    int order = 0;
    for (size_t i = 0; i < sizeof key / sizeof *key && order == 0; i++)
        order = strcmp(cell_at(a, key[i]), cell_at(b, key[i]));
    return order;
}

static int in_order(const void *a, const void *b, void *rows)
{
    return compare_rows(rows, a, b);
}

static const char *cell_words(struct rows *rows, const struct view_row *row, int column, struct buf *scratch)
{
    struct cell cell = {0};
    const struct view_context *c = rows->side->context;
    view_cell(c, rows->view, row, column, &cell);
    buf_clear(scratch);
    cell_format(c, &cell, scratch);
    struct buf clean = {0};
    csv_clean(&clean, scratch->data ? scratch->data : "", scratch->len);
    const char *words = arena_strdup(rows->arena, clean.data ? clean.data : "");
    buf_free(&clean);
    return words;
}

static void load_item(struct rows *rows, struct item item, struct buf *scratch)
{
    struct view_row opened;
    struct row row = {.cells = arena_alloc(rows->arena, rows->view->n_columns * sizeof *row.cells)};
    if (!view_row(rows->side->context, rows->view, item, &opened))
        return;
    row.slot = opened.has_record ? opened.record.slot : 0;
    for (size_t i = 0; i < rows->view->n_columns; i++)
        row.cells[i] = cell_words(rows, &opened, (int)i, scratch);
    VEC_PUSH(rows->items, row);
    arena_reset(rows->side->context->scratch);
}

static void load_table(struct rows *rows)
{
    const struct csv_table *t = rows->side->table;
    for (size_t r = 0; r < t->n_rows; r++) {
        struct row row = {.cells = arena_alloc(rows->arena, rows->view->n_columns * sizeof *row.cells)};
        for (size_t i = 0; i < rows->view->n_columns; i++) {
            size_t column = csv_column(t, rows->view->columns[i].name);
            row.cells[i] = column == SIZE_MAX ? NULL : csv_at(t, r, column);
        }
        VEC_PUSH(rows->items, row);
    }
}

static struct rows load(const struct diff_side *side, const struct view *view)
{
    struct rows rows = {.side = side,
                        .view = view,
                        .arena = arena_new(),
                        .id = view_column(view, "id"),
                        .account = view_column(view, "account"),
                        .region = view_column(view, "region"),
                        .rule = view->rows == ROWS_FINDINGS ? view_column(view, "finding") : -1};
    struct selection selection = {0};
    struct buf scratch = {0};
    if (!side->context)
        load_table(&rows);
    else if (view_select(side->context, view, NULL, (struct sort_key){.column = -1}, 0, NULL, &selection) == ERR_OK)
        for (size_t i = 0; i < selection.n; i++)
            load_item(&rows, selection.items[i], &scratch);
    if (rows.items.n > 1)
        qsort_r(rows.items.items, rows.items.n, sizeof *rows.items.items, in_order, &rows);
    selection_free(&selection);
    buf_free(&scratch);
    return rows;
}

static void rows_free(struct rows *rows)
{
    VEC_FREE(rows->items);
    arena_free(rows->arena);
}

/* ---- whether a list was read whole ----------------------------------------------------------------- */

static uint32_t same_node(const struct estate *from, uint32_t node, const struct estate *to)
{
    struct buf arn = {0};
    node_arn(from, node, &arn);
    uint32_t found = estate_find_node(to, node_kind(from, node), arn.data, arn.len);
    buf_free(&arn);
    return found;
}

/* A list of the place that a slot of another estate is of; 0. */
static uint32_t slot_there(const struct estate *from, uint32_t slot, enum list list, uint32_t parent,
                           const struct estate *to)
{
    uint32_t scope = slot_scope(from, slot), other;
    for (uint32_t i = 0; (other = kind_slot(to, list_row(list)->kind, i)); i++) {
        uint32_t other_scope = slot_scope(to, other);
        if (slot_list(to, other) == list && slot_parent(to, other) == parent
            && strcmp(scope_account(to, other_scope), scope_account(from, scope)) == 0
            && strcmp(scope_region(to, other_scope), scope_region(from, scope)) == 0)
            return other;
    }
    return 0;
}

static bool is_whole(const struct slice *s)
{
    return s && slice_is_complete(s) && truth_is_sure(slice_truth(s));
}

/* What no call answers follows from keys with their tags and from parameters. */
static bool is_source_seen(const struct estate *e, uint32_t slot, const struct generation *other)
{
    static const enum list sources[] = {LIST_KEYS, LIST_PARAMETERS};
    const struct estate *f = generation_estate(other);
    for (size_t i = 0; i < sizeof sources / sizeof *sources; i++) {
        uint32_t there = slot_there(e, slot, sources[i], 0, f);
        if (!there || !is_whole(generation_slice(other, there)))
            return false;
    }
    return true;
}

/* Whether the other side would have what stands in this slot, were it there. What stood under a record that is
 * gone is gone with it. An account or a Region that is not there was not asked about: neither ends in a night. */
static bool is_seen_by(const struct generation *own, uint32_t slot, const struct generation *other)
{
    const struct estate *e = generation_estate(own), *f = generation_estate(other);
    const struct list_row *list = list_row(slot_list(e, slot));
    uint32_t above = slot_parent(e, slot);
    struct record parent, there;
    if (list->kind == KIND_ACCOUNT || list->kind == KIND_REGION)
        return false;
    if (list->is_derived)
        return is_source_seen(e, slot, other);
    uint32_t same = slot_there(e, slot, slot_list(e, slot), above ? same_node(e, above, f) : 0, f);
    if (same && generation_slice(other, same))
        return is_whole(generation_slice(other, same));
    if (!above || !generation_record(own, above, &parent) || parent.slot == slot)
        return false;
    return !generation_record(other, same_node(e, above, f), &there) && is_seen_by(own, parent.slot, other);
}

/* Of a row of a CSV: every list of its place that could hold such a thing was read whole. */
static bool is_place_seen(const struct rows *rows, const struct row *row, const struct generation *g)
{
    const struct estate *e = generation_estate(g);
    bool has_any = false;
    for (const enum kind *k = rows->view->kinds; k && *k != KIND_NONE; k++)
        for (uint32_t i = 0, slot; (slot = kind_slot(e, *k, i)); i++) {
            const struct slice *s = generation_slice(g, slot);
            uint32_t scope = slot_scope(e, slot);
            if (strcmp(scope_account(e, scope), cell_at(row, rows->account)) != 0
                || strcmp(scope_region(e, scope), cell_at(row, rows->region)) != 0)
                continue;
            if (!is_whole(s))
                return false;
            has_any = true;
        }
    return has_any;
}

/* Many rows stand in one list. */
struct sight {
    const struct generation *own, *other; /* own NULL: a CSV; other NULL likewise */
    signed char *of_slot;                 /* 0: not asked yet; 1; -1 */
};

static bool is_seen(struct sight *sight, const struct rows *rows, const struct row *row)
{
    if (!sight->other)
        return false;
    if (!sight->own)
        return is_place_seen(rows, row, sight->other);
    signed char *at = &sight->of_slot[row->slot];
    if (*at == 0)
        *at = row->slot && is_seen_by(sight->own, row->slot, sight->other) ? 1 : -1;
    return *at > 0;
}

/* ---- comparing ------------------------------------------------------------------------------------ */

struct diffing {
    const struct diff_side *was_side, *is_side;
    struct sight forth, back; /* what was, seen by what is; and the other way */
    void (*tell)(void *ctx, const struct diff_change *change);
    void *ctx;
};

static void tell(const struct diffing *d, enum diff_kind kind, const struct rows *rows, const struct row *row,
                 const char *column, const char *was, const char *is)
{
    struct diff_change change = {.kind = kind,
                                 .view = rows->view,
                                 .id = cell_at(row, rows->id),
                                 .account = cell_at(row, rows->account),
                                 .region = cell_at(row, rows->region),
                                 .rule = cell_at(row, rows->rule),
                                 .column = column,
                                 .was = was,
                                 .is = is};
    d->tell(d->ctx, &change);
}

static bool is_compared(const char *column)
{
    static const char *const left_out[] = {"id",         "account",  "region", "severity", "findings", "blind", "seen_at",
                                           "first_seen", "facts_at", "since",  "request_id"};
    for (size_t i = 0; i < sizeof left_out / sizeof *left_out; i++)
        if (strcmp(column, left_out[i]) == 0)
            return false;
    return true;
}

static void compare_cells(const struct diffing *d, const struct rows *rows, const struct row *was, const struct row *is)
{
    for (size_t i = 0; i < rows->view->n_columns; i++) {
        const char *column = rows->view->columns[i].name;
        if (is_compared(column) && was->cells[i] && is->cells[i] && strcmp(was->cells[i], is->cells[i]) != 0)
            tell(d, DIFF_CHANGED, rows, is, column, was->cells[i], is->cells[i]);
    }
}

static enum severity severity_of(const struct rows *rows, const struct row *row)
{
    enum severity s = SEVERITY_NONE;
    (void)severity_parse(cell_at(row, view_column(rows->view, "severity")), &s);
    return s;
}

static bool is_open(const struct rows *rows, const struct row *row)
{
    return strcmp(cell_at(row, view_column(rows->view, "state")), "open") == 0;
}

/* A finding that is suppressed or cannot be proved any more is a change of its state, not the end of it. */
static void compare_findings(const struct diffing *d, const struct rows *rows, const struct row *was,
                             const struct row *is)
{
    int severity = view_column(rows->view, "severity");
    if (is_open(rows, is) && !is_open(rows, was))
        tell(d, DIFF_OPENED, rows, is, "state", cell_at(was, view_column(rows->view, "state")), "open");
    else if (severity_of(rows, is) > severity_of(rows, was))
        tell(d, DIFF_WORSENED, rows, is, "severity", cell_at(was, severity), cell_at(is, severity));
    else
        compare_cells(d, rows, was, is);
}

static void row_went(struct diffing *d, const struct rows *rows, const struct row *row)
{
    enum diff_kind kind = DIFF_GONE;
    if (rows->view->rows == ROWS_BLIND_SPOTS)
        kind = DIFF_SIGHTED;
    else if (!is_seen(&d->forth, rows, row))
        kind = DIFF_NOT_SEEN;
    else if (rows->view->rows == ROWS_FINDINGS)
        kind = DIFF_CLOSED;
    tell(d, kind, rows, row, "", "", "");
}

static void row_came(struct diffing *d, const struct rows *rows, const struct row *row)
{
    enum diff_kind kind = DIFF_APPEARED;
    if (rows->view->rows == ROWS_BLIND_SPOTS)
        kind = DIFF_BLIND;
    else if (rows->view->rows == ROWS_FINDINGS && is_open(rows, row))
        kind = DIFF_OPENED;
    else if (!is_seen(&d->back, rows, row))
        kind = DIFF_SEEN_NOW;
    tell(d, kind, rows, row, "", "", "");
}

static void compare_view(struct diffing *d, const struct view *view)
{
    struct rows was = load(d->was_side, view), is = load(d->is_side, view);
    size_t i = 0, j = 0;
    while (i < was.items.n || j < is.items.n) {
        int order = i == was.items.n   ? 1
                    : j == is.items.n ? -1
                                      : compare_rows(&is, &was.items.items[i], &is.items.items[j]);
        if (order < 0)
            row_went(d, &was, &was.items.items[i++]);
        else if (order > 0)
            row_came(d, &is, &is.items.items[j++]);
        else if (view->rows == ROWS_FINDINGS)
            compare_findings(d, &is, &was.items.items[i++], &is.items.items[j++]);
        else
            compare_cells(d, &is, &was.items.items[i++], &is.items.items[j++]);
    }
    rows_free(&was);
    rows_free(&is);
}

static struct sight sight_of(const struct diff_side *own, const struct diff_side *other)
{
    struct sight s = {.own = own->context ? own->context->generation : NULL,
                      .other = other->context ? other->context->generation : NULL};
    if (s.own)
        s.of_slot = mem_alloc((size_t)estate_slot_count(generation_estate(s.own)) + 1);
    return s;
}

void diff_compare(const struct diff_side *was, const struct diff_side *is,
                  void (*tell_fn)(void *ctx, const struct diff_change *change), void *ctx)
{
    struct diffing d = {.was_side = was,
                        .is_side = is,
                        .forth = sight_of(was, is),
                        .back = sight_of(is, was),
                        .tell = tell_fn,
                        .ctx = ctx};
    size_t n;
    const struct view *const *views = view_all(&n);
    for (size_t i = 0; i < n; i++)
        if (was->context ? views[i]->rows != ROWS_COPY_MATRIX : was->view == views[i]) /* it tells of paths, again */
            compare_view(&d, views[i]);
    mem_free(d.forth.of_slot);
    mem_free(d.back.of_slot);
}
