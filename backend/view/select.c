/* Selecting and ordering: the sort keys of all rows are read once, as numbers that mostly decide; only ties look
 * at texts. When only the first rows are wanted, a heap keeps the best of them, the rest is only counted. */
#include "backend/view/cells.h"
#include "backend/view/filter.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define LOOK_EVERY 4096 /* rows between looks at the cancel flag */

/* What a row is ordered by. */
struct entry {
    uint64_t rank;  /* of the cell: class in the top two bits, then the value or how the text begins */
    uint32_t place; /* rank of (account, region) */
    uint32_t at;    /* index of its details */
};

struct text_key {
    const char *text;
    uint32_t len, node;
};

struct details {
    struct text_key text; /* of a text column */
    uint32_t node, row;   /* index in items */
};

#define RANKS_KEPT 64

struct sorter {
    struct view_context c; /* with a scratch arena of its own */
    const struct view *view;
    const struct estate *estate;
    struct sort_key key;
    bool has_texts;
    const struct column *quick;  /* the key's, if it has an order of its own; NULL */
    VEC(struct item) items;      /* all that match */
    VEC(struct entry) entries;   /* of all, or the heap of the first */
    VEC(struct details) details; /* one more than entries in the heap: room for the next */
    size_t first;                /* size of the heap; 0: all are put in order */
    uint32_t room;               /* index of the details that no entry in the heap has */
    VEC(uint32_t) rank_of_scope; /* by account, then Region */
    struct {
        uint32_t string;
        uint64_t rank;
    } ranks[RANKS_KEPT];         /* how strings of the estate begin */
    struct arena *kept;          /* texts that were made for us */
    struct filter_memo memo;
    const _Atomic bool *cancel;
    size_t n_all;
};

/* ---- places ---------------------------------------------------------------------------------- */

struct scope_place {
    const char *account, *region;
    uint32_t scope;
};

static int place_order(const void *a, const void *b)
{
    const struct scope_place *x = a, *y = b;
    int order = strcmp(x->account, y->account);
    return order != 0 ? order : strcmp(x->region, y->region);
}

/* All of them, whether or not anything there was asked for: what keyfall.conf names may lie where nothing is read. */
static void rank_places(struct sorter *s)
{
    VEC(struct scope_place) places = {0};
    uint32_t n = estate_scope_count(s->estate);
    for (uint32_t scope = 1; scope <= n; scope++) {
        struct scope_place p = {scope_account(s->estate, scope), scope_region(s->estate, scope), scope};
        VEC_PUSH(places, p);
    }
    if (places.n)
        qsort(places.items, places.n, sizeof *places.items, place_order);
    VEC_RESERVE(s->rank_of_scope, (size_t)n + 1);
    for (uint32_t i = 0; i < n; i++)
        s->rank_of_scope.items[places.items[i].scope] = i;
    s->rank_of_scope.n = (size_t)n + 1;
    VEC_FREE(places);
}

/* Of a slot with a slice: its scope was there before the generation was. */
static uint32_t place_of_slot(const struct sorter *s, uint32_t slot)
{
    uint32_t scope = slot_scope(s->estate, slot);
    assert(scope < s->rank_of_scope.n);
    return s->rank_of_scope.items[scope];
}

/* A slot that was asked for; it may have no rows. */
struct slot_of {
    uint32_t slot, place, nth; /* nth: of those of its kind */
};
typedef VEC(struct slot_of) slot_vec;

/* By place, and what is in one place as it came: a counting sort. */
static void slots_sort(slot_vec *slots)
{
    uint32_t last = 0;
    for (size_t i = 0; i < slots->n; i++)
        last = slots->items[i].place > last ? slots->items[i].place : last;
    size_t *at = mem_alloc_array((size_t)last + 2, sizeof *at);
    struct slot_of *sorted = mem_alloc_array(slots->n + 1, sizeof *sorted);
    for (size_t i = 0; i < slots->n; i++)
        at[slots->items[i].place + 1]++;
    for (size_t p = 0; p < last; p++)
        at[p + 1] += at[p];
    for (size_t i = 0; i < slots->n; i++)
        sorted[at[slots->items[i].place]++] = slots->items[i];
    mem_free(at);
    mem_free(slots->items);
    slots->items = sorted;
    slots->cap = slots->n + 1;
}

static void slots_of_kind(const struct sorter *s, enum kind kind, slot_vec *out)
{
    uint32_t slot;
    out->n = 0;
    for (uint32_t i = 0; (slot = kind_slot(s->estate, kind, i)); i++) {
        if (!generation_slice(s->c.generation, slot))
            continue;
        struct slot_of of = {.slot = slot, .place = place_of_slot(s, slot), .nth = i};
        VEC_PUSH(*out, of);
    }
    slots_sort(out);
}

/* ---- keys ------------------------------------------------------------------------------------ */

#define VALUE_BITS 62

static uint64_t rank_of_number(int64_t n)
{
    const int64_t limit = INT64_C(1) << (VALUE_BITS - 2);
    n = n < -limit ? -limit : n > limit ? limit : n;
    return (uint64_t)(n + limit);
}

static uint64_t rank_of_bytes(const char *text, size_t len)
{
    uint64_t rank = 0;
    for (size_t i = 0; i < 7; i++)
        rank = rank << 8 | (i < len ? (unsigned char)text[i] : 0);
    return rank;
}

/* How an ARN begins tells nothing: all begin alike. */
static uint64_t rank_of_text(struct sorter *s, const struct cell *cell)
{
    if (cell->node)
        return 0;
    if (!cell->string)
        return rank_of_bytes(cell->text, cell->len);
    uint32_t at = cell->string % RANKS_KEPT;
    if (s->ranks[at].string != cell->string) {
        s->ranks[at].string = cell->string;
        s->ranks[at].rank = rank_of_bytes(cell->text, cell->len);
    }
    return s->ranks[at].rank;
}

static uint64_t in_direction(const struct sorter *s, uint64_t value)
{
    return s->key.descending ? (UINT64_C(1) << VALUE_BITS) - 1 - value : value;
}

static uint64_t rank_of(struct sorter *s, const struct cell *cell)
{
    static const uint64_t classes[] = {[CELL_KNOWN] = 0, [CELL_UNKNOWN] = 1, [CELL_ABSENT] = 2};
    bool has_order = cell->type == CELL_SEVERITY && cell->is != CELL_ABSENT && cell->truth != TRUTH_LOADING;
    if (has_order)
        return in_direction(s, rank_of_number(cell->order));
    if (cell->is != CELL_KNOWN)
        return classes[cell->is] << VALUE_BITS;
    return in_direction(s, s->has_texts ? rank_of_text(s, cell) : rank_of_number(cell->number));
}

/* The rank of a row; its text, if it has one, lies in the scratch arena or stays. */
static uint64_t key_of(struct sorter *s, const struct view_row *row, struct cell *cell)
{
    cell->is = CELL_ABSENT;
    if (s->quick)
        return in_direction(s, rank_of_number(s->quick->order(&s->c, row)));
    if (s->key.column < 0)
        return 0;
    cell->type = s->view->columns[s->key.column].type;
    enum attr attr = s->view->columns[s->key.column].attr;
    if (attr != ATTR_NONE && row->has_record)
        say_value_of(&row->record, attr, cell); /* all but how sure it is */
    else
        view_cell(&s->c, s->view, row, s->key.column, cell);
    return rank_of(s, cell);
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
    const struct details *x = &s->details.items[a->at], *y = &s->details.items[b->at];
    if (s->has_texts) {
        int order = compare_texts(s, &x->text, &y->text);
        if (order != 0)
            return s->key.descending ? -order : order;
    }
    if (a->place != b->place)
        return a->place < b->place ? -1 : 1;
    int order = x->node && y->node ? node_compare(s->estate, x->node, y->node) : 0;
    return order != 0 ? order : x->row < y->row ? -1 : x->row > y->row;
}

/* ---- the first ------------------------------------------------------------------------------- */

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

static bool heap_is_full(const struct sorter *s)
{
    return s->first > 0 && s->entries.n == s->first;
}

/* The worst of the heap goes for one that comes before it. */
static void heap_take(struct sorter *s, struct entry e)
{
    if (compare(s, &e, &s->entries.items[0]) >= 0)
        return;
    s->room = s->entries.items[0].at;
    s->entries.items[0] = e;
    sift_down(s, s->entries.items, s->entries.n, 0);
}

/* ---- gathering ------------------------------------------------------------------------------- */

static uint32_t node_of(const struct view_row *row)
{
    return row->blind ? 0 : view_row_node(row); /* they come by place, most without a record */
}

/* What may be among the first. */
static void entry_add(struct sorter *s, const struct view_row *row, struct entry e, const struct cell *cell)
{
    struct details d = {.node = node_of(row), .row = (uint32_t)s->items.n};
    if (s->has_texts)
        d.text = (struct text_key){.node = cell->node, .len = (uint32_t)cell->len, .text = cell->text};
    if (s->has_texts && cell->is == CELL_KNOWN && !cell->node && !cell->string)
        d.text.text = arena_strndup(s->kept, cell->text, cell->len);
    if (heap_is_full(s)) {
        e.at = s->room;
        s->details.items[e.at] = d;
        heap_take(s, e);
        return;
    }
    e.at = (uint32_t)s->details.n;
    VEC_PUSH(s->details, d);
    VEC_PUSH(s->entries, e);
    if (!heap_is_full(s))
        return;
    s->room = (uint32_t)s->details.n;
    VEC_PUSH(s->details, d);
    for (size_t i = s->first / 2; i-- > 0;)
        sift_down(s, s->entries.items, s->first, i);
}

/* At a glance: most rows come after the last of the heap, or are as good and stand in a later place. */
static bool may_be_first(const struct sorter *s, const struct entry *e, const struct cell *cell)
{
    const struct entry *last = &s->entries.items[0];
    if (e->rank != last->rank || e->place <= last->place)
        return e->rank <= last->rank;
    return s->has_texts && (cell->node || cell->text != s->details.items[last->at].text.text);
}

/* There is room for it in items. */
static void row_add(struct sorter *s, const struct filter *f, const struct view_row *row, uint32_t place)
{
    if (!row_is_in_scope(&s->c, row))
        return;
    struct cell cell;
    if (++s->n_all % 256 == 0)
        arena_reset(s->c.scratch);
    if (f && !filter_matches_with(f, &s->c, &s->memo, row))
        return;
    struct entry e = {.rank = key_of(s, row, &cell), .place = place};
    if (!heap_is_full(s) || may_be_first(s, &e, &cell))
        entry_add(s, row, e, &cell);
    s->items.items[s->items.n++] = row->item;
}

static bool is_cancelled(const struct sorter *s)
{
    return s->cancel && atomic_load_explicit(s->cancel, memory_order_relaxed);
}

/* Whether a record may stand in several lists of its kind: then one of them is its home. */
static bool has_many_lists(enum kind kind)
{
    int n = 0;
    for (int l = 1; l < LIST_COUNT; l++)
        n += list_row((enum list)l)->kind == kind;
    return n > 1;
}

/* All rows of a slot, none of which comes before those that were found. */
static void slot_count(struct sorter *s, uint32_t slot, uint32_t n)
{
    size_t at = s->items.n;
    VEC_RESERVE(s->items, at + n);
    for (uint32_t row = 0; row < n; row++)
        s->items.items[at + row] = (struct item){slot, row};
    s->items.n += n;
    s->n_all += n;
}

/* False: cancelled. */
static bool slot_add(struct sorter *s, const struct filter *f, enum kind kind, bool is_plain,
                     const struct slot_of *of)
{
    struct view_row row = {.has_record = true};
    const struct slice *slice = generation_slice(s->c.generation, of->slot);
    struct walk w = walk_kind(s->c.generation, kind);
    w.at_slot = of->nth;
    w.n_slots = of->nth + 1;
    VEC_RESERVE(s->items, s->items.n + slice_rows(slice));
    for (uint32_t i = 0; is_plain ? slice_record(s->c.generation, slice, i, &row.record)
                                  : walk_next(&w, &row.record); i++) {
        if (s->n_all % LOOK_EVERY == 0 && is_cancelled(s))
            return false;
        if (s->view->includes && !s->view->includes(s->c.generation, &row.record))
            continue;
        row.item = (struct item){of->slot, row.record.row};
        row_add(s, f, &row, of->place);
    }
    return true;
}

/* So many slots before they are read, a step nearer each time. */
#define FETCH_AHEAD 8

static void fetch_ahead(const struct sorter *s, const slot_vec *slots, size_t i)
{
    for (int step = 0; step < FETCH_STEPS; step++) {
        size_t ahead = i + (size_t)(FETCH_STEPS - step) * FETCH_AHEAD;
        if (ahead < slots->n)
            generation_fetch(s->c.generation, slots->items[ahead].slot, (enum fetch)step);
    }
}

static void gather_records(struct sorter *s, const struct filter *f)
{
    slot_vec slots = {0};
    bool goes_on = true;
    for (const enum kind *k = s->view->kinds; goes_on && *k != KIND_NONE; k++) {
        bool is_plain = !has_many_lists(*k);
        bool only_place = !f && view_scope_is_all(&s->c.scope) && !s->view->includes && s->key.column < 0 && is_plain;
        slots_of_kind(s, *k, &slots);
        for (size_t i = 0; goes_on && i < slots.n; i++) {
            const struct slot_of *of = &slots.items[i];
            fetch_ahead(s, &slots, i);
            if (only_place && heap_is_full(s) && of->place > s->entries.items[0].place)
                slot_count(s, of->slot, slice_rows(generation_slice(s->c.generation, of->slot)));
            else
                goes_on = slot_add(s, f, *k, is_plain, of);
        }
    }
    VEC_FREE(slots);
}

static void gather_judged(struct sorter *s, const struct filter *f)
{
    struct view_row row;
    for (uint32_t i = 0; view_row(&s->c, s->view, (struct item){0, i}, &row); i++) {
        if (i % LOOK_EVERY == 0 && is_cancelled(s))
            return;
        bool has_place = row.has_record && !row.blind;
        VEC_RESERVE(s->items, s->items.n + 1);
        row_add(s, f, &row, has_place ? place_of_slot(s, row.record.slot) : UINT32_MAX);
    }
}

/* ---- ordering -------------------------------------------------------------------------------- */

/* What it leaves when it is cancelled is of no use. */
static void merge(const struct sorter *s, const struct entry *from, struct entry *to, size_t low,
                  size_t middle, size_t high)
{
    size_t a = low, b = middle;
    for (size_t i = low; i < high; i++) {
        if (i % LOOK_EVERY == 0 && is_cancelled(s))
            return;
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
    for (size_t low = 0; low < n && !(low % LOOK_EVERY == 0 && is_cancelled(s)); low += RUN)
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

/* ---- the whole ------------------------------------------------------------------------------- */

static void sorter_free(struct sorter *s)
{
    filter_memo_free(&s->memo);
    arena_free(s->kept);
    arena_free(s->c.scratch);
    VEC_FREE(s->rank_of_scope);
    VEC_FREE(s->details);
    VEC_FREE(s->items);
    VEC_FREE(s->entries);
}

static int by_index(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

static void put_rest(const struct sorter *s, size_t from, size_t to, struct item **out)
{
    if (to > from)
        memcpy(*out, s->items.items + from, (to - from) * sizeof **out);
    *out += to - from;
}

/* Those in order first, then the rest as it comes. */
static void put_out(const struct sorter *s, struct selection *out)
{
    size_t n = s->entries.n, from = 0;
    uint32_t *rows = mem_alloc_array(n + 1, sizeof *rows);
    out->n = s->items.n;
    out->n_all = s->n_all;
    out->items = mem_alloc_array(out->n + 1, sizeof *out->items);
    for (size_t i = 0; i < n; i++) {
        rows[i] = s->details.items[s->entries.items[i].at].row;
        out->items[i] = s->items.items[rows[i]];
    }
    if (n < out->n) {
        struct item *rest = out->items + n;
        qsort(rows, n, sizeof *rows, by_index);
        for (size_t i = 0; i < n; from = (size_t)rows[i++] + 1)
            put_rest(s, from, rows[i], &rest);
        put_rest(s, from, out->n, &rest);
    }
    mem_free(rows);
}

enum err_code view_select(const struct view_context *c, const struct view *v,
                          const struct filter *f, struct sort_key sort, size_t first,
                          const _Atomic bool *cancel, struct selection *out)
{
    struct sorter s = {
        .c = *c, .view = v, .key = sort, .first = first, .cancel = cancel, .kept = arena_new()};
    s.c.scratch = arena_new();
    s.estate = generation_estate(c->generation);
    enum cell_type type = sort.column >= 0 ? v->columns[sort.column].type : CELL_NUMBER;
    s.has_texts = type == CELL_TEXT || type == CELL_LIST;
    if (sort.column >= 0 && v->columns[sort.column].order && c->judgement && v->rows == ROWS_RECORDS)
        s.quick = &v->columns[sort.column];
    *out = (struct selection){.generation = generation_number(c->generation)};
    rank_places(&s);
    if (v->rows == ROWS_RECORDS)
        gather_records(&s, f);
    else
        gather_judged(&s, f);
    bool goes_on = !is_cancelled(&s) && sort_entries(&s, s.entries.items, s.entries.n);
    if (goes_on)
        put_out(&s, out);
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
