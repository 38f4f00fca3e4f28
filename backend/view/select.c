/* Selecting and ordering: the sort keys of all rows are read once, as numbers that mostly decide;
 * only ties look at texts. When only the first rows are wanted, a heap keeps the best of them. */
#include "backend/view/filter.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define LOOK_EVERY 4096 /* rows between looks at the cancel flag */

/* What a row is ordered by. */
struct entry {
    uint64_t
        rank; /* of the cell: class in the top two bits, then the value or how the text begins */
    uint32_t place; /* rank of (account, region) */
    uint32_t row;   /* index in items, nodes, texts */
};

struct text_key {
    const char *text;
    uint32_t len, node;
};

struct sorter {
    struct view_context c; /* with a scratch arena of its own */
    const struct view *view;
    const struct estate *estate;
    struct sort_key key;
    bool has_texts;
    VEC(struct entry) entries;
    VEC(struct item) items;
    VEC(uint32_t) nodes;
    VEC(struct text_key) texts;
    VEC(uint32_t) place_of_slot; /* rank + 1; 0: not known yet */
    struct arena *kept;          /* texts that were made for us */
    struct filter_memo memo;
    const _Atomic bool *cancel;
    size_t n_all;
};

/* ---- places ---------------------------------------------------------------------------------- */

struct slot_place {
    const char *account, *region;
    uint32_t slot;
};

static int place_order(const void *a, const void *b)
{
    const struct slot_place *x = a, *y = b;
    int order = strcmp(x->account, y->account);
    return order != 0 ? order : strcmp(x->region, y->region);
}

typedef VEC(struct slot_place) place_vec;

static void place_add(const struct sorter *s, place_vec *places, uint32_t slot)
{
    uint32_t scope = slot_scope(s->estate, slot);
    struct slot_place p = {scope_account(s->estate, scope), scope_region(s->estate, scope), slot};
    VEC_PUSH(*places, p);
}

/* Ranks the slots that rows stand in by account and region. */
static void rank_places(struct sorter *s)
{
    place_vec places = {0};
    uint32_t slot;
    for (const enum kind *k = s->view->kinds; k && *k != KIND_NONE; k++)
        for (uint32_t i = 0; (slot = kind_slot(s->estate, *k, i)); i++)
            place_add(s, &places, slot);
    for (slot = 1; !s->view->kinds && slot <= estate_slot_count(s->estate); slot++)
        place_add(s, &places, slot);
    if (places.n)
        qsort(places.items, places.n, sizeof *places.items, place_order);
    uint32_t rank = 0;
    for (size_t i = 0; i < places.n; i++) {
        if (i > 0 && place_order(&places.items[i - 1], &places.items[i]) != 0)
            rank++;
        while (s->place_of_slot.n <= places.items[i].slot)
            VEC_PUSH(s->place_of_slot, 0);
        s->place_of_slot.items[places.items[i].slot] = rank;
    }
    VEC_FREE(places);
}

/* ---- keys ------------------------------------------------------------------------------------ */

#define VALUE_BITS 62

static uint64_t rank_of_number(int64_t n)
{
    const int64_t limit = INT64_C(1) << (VALUE_BITS - 2);
    n = n < -limit ? -limit : n > limit ? limit : n;
    return (uint64_t)(n + limit);
}

static uint64_t rank_of_text(const char *text, size_t len)
{
    uint64_t rank = 0;
    for (size_t i = 0; i < 7; i++)
        rank = rank << 8 | (i < len ? (unsigned char)text[i] : 0);
    return rank;
}

static uint64_t rank_of(const struct sorter *s, const struct cell *cell, bool is_text)
{
    static const uint64_t classes[] = {[CELL_KNOWN] = 0, [CELL_UNKNOWN] = 1, [CELL_ABSENT] = 2};
    uint64_t value = 0;
    bool has_order = cell->type == CELL_SEVERITY && cell->is != CELL_ABSENT && cell->truth != TRUTH_LOADING;
    if (cell->is == CELL_KNOWN || has_order) {
        /* how an ARN begins tells nothing: all begin alike */
        value = has_order    ? rank_of_number(cell->order)
                : !is_text   ? rank_of_number(cell->number)
                : cell->node ? 0
                             : rank_of_text(cell->text, cell->len);
        if (s->key.descending)
            value = (UINT64_C(1) << VALUE_BITS) - 1 - value;
    }
    return classes[has_order ? CELL_KNOWN : cell->is] << VALUE_BITS | value;
}

static void key_add(struct sorter *s, const struct view_row *row, struct entry *e)
{
    struct cell cell;
    e->rank = 0;
    if (s->key.column < 0)
        return;
    view_cell(&s->c, s->view, row, s->key.column, &cell);
    e->rank = rank_of(s, &cell, s->has_texts);
    if (!s->has_texts)
        return;
    struct text_key key = {.node = cell.node, .len = (uint32_t)cell.len, .text = cell.text};
    if (cell.is == CELL_KNOWN && !cell.node && !cell.string)
        key.text = arena_strndup(s->kept, cell.text, cell.len);
    VEC_PUSH(s->texts, key);
}

static int compare_texts(const struct sorter *s, const struct text_key *a, const struct text_key *b)
{
    if (a->node || b->node) /* a column of ARNs; absent ones have a rank of their own */
        return a->node && b->node ? node_compare(s->estate, a->node, b->node) : 0;
    if (a->text == b->text)
        return 0;
    int order = memcmp(a->text, b->text, a->len < b->len ? a->len : b->len);
    return order != 0 ? order : a->len < b->len ? -1 : a->len > b->len;
}

static int compare(const struct sorter *s, const struct entry *a, const struct entry *b)
{
    if (a->rank != b->rank)
        return a->rank < b->rank ? -1 : 1;
    if (s->has_texts) {
        int order = compare_texts(s, &s->texts.items[a->row], &s->texts.items[b->row]);
        if (order != 0)
            return s->key.descending ? -order : order;
    }
    if (a->place != b->place)
        return a->place < b->place ? -1 : 1;
    uint32_t x = s->nodes.items[a->row], y = s->nodes.items[b->row];
    int order = x && y ? node_compare(s->estate, x, y) : 0;
    return order != 0 ? order : a->row < b->row ? -1 : a->row > b->row;
}

/* ---- gathering ------------------------------------------------------------------------------- */

static void row_add(struct sorter *s, const struct filter *f, const struct view_row *row,
                    uint32_t place)
{
    if (++s->n_all % 256 == 0)
        arena_reset(s->c.scratch);
    if (f && !filter_matches_with(f, &s->c, &s->memo, row))
        return;
    struct entry e = {.place = place, .row = (uint32_t)s->items.n};
    key_add(s, row, &e);
    VEC_PUSH(s->items, row->item);
    VEC_PUSH(s->entries, e);
    uint32_t node =
        row->blind ? 0 : view_row_node(row); /* they come by place, most without a record */
    VEC_PUSH(s->nodes, node);
}

static bool is_cancelled(const struct sorter *s)
{
    return s->cancel && atomic_load_explicit(s->cancel, memory_order_relaxed);
}

static uint32_t place_of(const struct sorter *s, const struct view_row *row)
{
    uint32_t slot = row->record.slot;
    return row->has_record && !row->blind && slot < s->place_of_slot.n
               ? s->place_of_slot.items[slot]
               : UINT32_MAX;
}

static void gather_records(struct sorter *s, const struct filter *f)
{
    for (const enum kind *k = s->view->kinds; *k != KIND_NONE; k++) {
        struct view_row row = {.has_record = true};
        for (struct walk w = walk_kind(s->c.generation, *k); walk_next(&w, &row.record);) {
            if (s->n_all % LOOK_EVERY == 0 && is_cancelled(s))
                return;
            if (s->view->includes && !s->view->includes(s->c.generation, &row.record))
                continue;
            row.item = (struct item){row.record.slot, row.record.row};
            row_add(s, f, &row, place_of(s, &row));
        }
    }
}

static void gather_judged(struct sorter *s, const struct filter *f)
{
    struct view_row row;
    for (uint32_t i = 0; view_row(&s->c, s->view, (struct item){0, i}, &row); i++) {
        if (i % LOOK_EVERY == 0 && is_cancelled(s))
            return;
        row_add(s, f, &row, place_of(s, &row));
    }
}

/* ---- ordering -------------------------------------------------------------------------------- */

static void merge(const struct sorter *s, const struct entry *from, struct entry *to, size_t low,
                  size_t middle, size_t high)
{
    size_t a = low, b = middle;
    for (size_t i = low; i < high; i++) {
        bool take_a = a < middle && (b >= high || compare(s, &from[a], &from[b]) <= 0);
        to[i] = take_a ? from[a++] : from[b++];
    }
}

static void sort_small(const struct sorter *s, struct entry *e, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        struct entry x = e[i];
        size_t at = i;
        for (; at > 0 && compare(s, &x, &e[at - 1]) < 0; at--)
            e[at] = e[at - 1];
        e[at] = x;
    }
}

#define RUN 16

/* False: cancelled. */
static bool sort_entries(const struct sorter *s, struct entry *entries, size_t n)
{
    for (size_t low = 0; low < n; low += RUN)
        sort_small(s, entries + low, n - low < RUN ? n - low : RUN);
    struct entry *from = entries, *to = mem_alloc_array(n + 1, sizeof *to), *room = to;
    bool goes_on = true;
    for (size_t width = RUN; goes_on && width < n; width *= 2) {
        for (size_t low = 0; goes_on && low < n; low += 2 * width) {
            size_t middle = low + width < n ? low + width : n;
            size_t high = low + 2 * width < n ? low + 2 * width : n;
            merge(s, from, to, low, middle, high);
            goes_on = !is_cancelled(s);
        }
        struct entry *swap = from;
        from = to;
        to = swap;
    }
    if (goes_on && from != entries)
        memcpy(entries, from, n * sizeof *entries);
    mem_free(room);
    return goes_on;
}

static void sift_down(const struct sorter *s, struct entry *heap, size_t n, size_t at)
{
    struct entry x = heap[at];
    for (size_t child; (child = 2 * at + 1) < n; at = child) {
        if (child + 1 < n && compare(s, &heap[child], &heap[child + 1]) < 0)
            child++;
        if (compare(s, &x, &heap[child]) >= 0)
            break;
        heap[at] = heap[child];
    }
    heap[at] = x;
}

/* Brings the first k of all entries to the front, in no order. */
static void choose_first(const struct sorter *s, struct entry *entries, size_t n, size_t k)
{
    for (size_t i = k / 2; i-- > 0;)
        sift_down(s, entries, k, i);
    for (size_t i = k; i < n; i++) {
        if (compare(s, &entries[i], &entries[0]) >= 0)
            continue;
        struct entry out = entries[0];
        entries[0] = entries[i];
        entries[i] = out;
        sift_down(s, entries, k, 0);
    }
}

static bool order(struct sorter *s, size_t first)
{
    size_t n = s->entries.n;
    if (first == 0 || first * 8 >= n)
        return sort_entries(s, s->entries.items, n);
    choose_first(s, s->entries.items, n, first);
    return sort_entries(s, s->entries.items, first);
}

/* ---- the whole ------------------------------------------------------------------------------- */

static void sorter_free(struct sorter *s)
{
    filter_memo_free(&s->memo);
    arena_free(s->kept);
    arena_free(s->c.scratch);
    VEC_FREE(s->place_of_slot);
    VEC_FREE(s->texts);
    VEC_FREE(s->nodes);
    VEC_FREE(s->items);
    VEC_FREE(s->entries);
}

enum err_code view_select(const struct view_context *c, const struct view *v,
                          const struct filter *f, struct sort_key sort, size_t first,
                          const _Atomic bool *cancel, struct selection *out)
{
    struct sorter s = {.c = *c, .view = v, .key = sort, .cancel = cancel, .kept = arena_new()};
    s.c.scratch = arena_new();
    s.estate = generation_estate(c->generation);
    enum cell_type type = sort.column >= 0 ? v->columns[sort.column].type : CELL_NUMBER;
    s.has_texts = type == CELL_TEXT || type == CELL_LIST;
    *out = (struct selection){.generation = generation_number(c->generation)};
    rank_places(&s);
    if (v->rows == ROWS_RECORDS)
        gather_records(&s, f);
    else
        gather_judged(&s, f);
    bool goes_on = !is_cancelled(&s) && order(&s, first);
    if (goes_on) {
        out->n = s.entries.n;
        out->n_all = s.n_all;
        out->items = mem_alloc_array(out->n + 1, sizeof *out->items);
        for (size_t i = 0; i < out->n; i++)
            out->items[i] = s.items.items[s.entries.items[i].row];
    }
    sorter_free(&s);
    return goes_on ? ERR_OK : ERR_CANCELLED;
}

void selection_free(struct selection *s)
{
    mem_free(s->items);
    *s = (struct selection){0};
}

size_t selection_find(const struct view_context *c, const struct view *v, const struct selection *s,
                      uint32_t node)
{
    for (size_t i = 0; node && i < s->n; i++)
        if (view_node(c, v, s->items[i]) == node)
            return i;
    return SIZE_MAX;
}
