#include "backend/estate/internal.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* ---- drafts ------------------------------------------------------------------------------------- */

struct draft {
    struct estate *estate;
    uint32_t slot;
    enum kind kind;
    uint32_t row_words;
    uint32_t *rows;
    size_t n, cap; /* rows; cap counts words */
};

struct draft *draft_new(struct estate *e, uint32_t slot)
{
    struct draft *d = mem_alloc(sizeof *d);
    d->estate = e;
    d->slot = slot;
    d->kind = list_row(slot_list(e, slot))->kind;
    d->row_words = (uint32_t)kind_row(d->kind)->row_words;
    return d;
}

void draft_reset(struct draft *d)
{
    d->n = 0;
}

void draft_free(struct draft *d)
{
    if (d)
        mem_free(d->rows);
    mem_free(d);
}

uint32_t *draft_row(struct draft *d, uint32_t node)
{
    d->rows = mem_grow(d->rows, &d->cap, (d->n + 1) * d->row_words, sizeof *d->rows);
    uint32_t *row = d->rows + d->n++ * d->row_words;
    row_init(row, d->kind, node);
    return row;
}

size_t draft_count(const struct draft *d)
{
    return d->n;
}

static int order_u64(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* The draft's rows by node, the later one of two with the same node. */
static uint32_t *draft_sorted(const struct draft *d, uint32_t *n_rows)
{
    uint64_t *order = mem_alloc_array(d->n + 1, sizeof *order);
    for (size_t i = 0; i < d->n; i++)
        order[i] = (uint64_t)d->rows[i * d->row_words] << 32 | i;
    qsort(order, d->n, sizeof *order, order_u64);
    uint32_t *rows = mem_alloc_array(d->n * d->row_words + 1, sizeof *rows);
    uint32_t n = 0;
    for (size_t i = 0; i < d->n; i++) {
        if (i + 1 < d->n && order[i] >> 32 == order[i + 1] >> 32)
            continue;
        memcpy(rows + (size_t)n++ * d->row_words, d->rows + (size_t)(uint32_t)order[i] * d->row_words,
               d->row_words * sizeof *rows);
    }
    mem_free(order);
    *n_rows = n;
    return rows;
}

/* ---- work: a slot's changes --------------------------------------------------------------------- */

void work_free(struct work *w)
{
    if (!w)
        return;
    mem_free(w->body.rows);
    mem_free(w->slice.facets);
    mem_free(w);
}

static size_t own_facets(enum kind kind)
{
    return (size_t)kind_row(kind)->n_own_facets;
}

/* The slot's work, begun from its newest slice if there is none yet. Rows are copied only when needed. */
static struct work *slot_work(struct estate *e, uint32_t id)
{
    struct slot *slot = slot_at(e, id);
    if (slot->work)
        return slot->work;
    struct work *w = slot->work = mem_alloc(sizeof *w);
    const struct slice *from = slot->newest;
    w->slice = (struct slice){.estate = e,
                              .slot = id,
                              .kind = list_row(slot->list)->kind,
                              .seen_at = TIME_NONE,
                              .tried_at = TIME_NONE,
                              .missed_at = TIME_NONE};
    if (from) {
        w->slice.truth = from->truth;
        w->slice.is_complete = from->is_complete;
        w->slice.seen_at = from->seen_at;
        w->slice.tried_at = from->tried_at;
        w->slice.missed_at = from->missed_at;
        w->slice.failure = from->failure;
        w->body.n_rows = from->body->n_rows;
        w->body.rows = mem_alloc_array(w->body.n_rows * (size_t)from->body->row_words + 1, 4);
        memcpy(w->body.rows, from->body->rows, from->body->row_bytes);
        w->slice.facets = mem_alloc(slice_facet_bytes(from) + 1);
        if (from->facets)
            memcpy(w->slice.facets, from->facets, slice_facet_bytes(from));
    }
    w->body.row_words = (uint32_t)kind_row(w->slice.kind)->row_words;
    w->slice.body = &w->body;
    if (!slot->is_dirty) {
        slot->is_dirty = true;
        slot->next_dirty = e->dirty;
        e->dirty = id;
    }
    return w;
}

/* New rows: what a record had of other facets stays with it. Takes rows. */
static void work_set_rows(struct work *w, uint32_t *rows, uint32_t n_rows)
{
    size_t words = w->body.row_words, facets = own_facets(w->slice.kind);
    struct facet_cell *cells = mem_alloc_array(n_rows * facets + 1, sizeof *cells);
    for (uint32_t r = 0; facets > 0 && r < n_rows; r++) {
        uint32_t old = rows_find(w->body.rows, w->body.n_rows, w->body.row_words, rows[r * words]);
        if (old == UINT32_MAX)
            continue;
        row_copy_facets(rows + r * words, w->body.rows + old * words, w->slice.kind);
        memcpy(cells + r * facets, w->slice.facets + old * facets, facets * sizeof *cells);
    }
    mem_free(w->body.rows);
    mem_free(w->slice.facets);
    w->body.rows = rows;
    w->body.n_rows = n_rows;
    w->slice.facets = cells;
    w->rows_changed = true;
}

static bool slot_holds(const struct estate *e, uint32_t slot, uint32_t node)
{
    const struct slot *own = slot_at(e, slot);
    const struct slice *s = own->work ? &own->work->slice : own->newest;
    return s && rows_find(s->body->rows, s->body->n_rows, s->body->row_words, node) != UINT32_MAX;
}

/* A record stands in the first list that holds it. Readers of older generations, where that list does not
 * hold it yet, see a stub. */
static void claim_rows(struct estate *e, uint32_t slot, const struct body *b)
{
    for (uint32_t r = 0; r < b->n_rows; r++) {
        uint32_t node = b->rows[(size_t)r * b->row_words];
        uint32_t home = node_home(e, node);
        if (home != slot && (!home || !slot_holds(e, home, node)))
            node_set_home(e, node, slot);
    }
}

static void work_set_draft(struct work *w, const struct draft *d)
{
    uint32_t n_rows;
    uint32_t *rows = draft_sorted(d, &n_rows);
    work_set_rows(w, rows, n_rows);
    claim_rows(d->estate, d->slot, &w->body);
}

void estate_complete(struct draft *d, int64_t seen_at)
{
    struct work *w = slot_work(d->estate, d->slot);
    work_set_draft(w, d);
    w->slice.truth = TRUTH_KNOWN;
    w->slice.is_complete = true;
    w->slice.seen_at = w->slice.tried_at = seen_at;
    w->slice.missed_at = TIME_NONE;
    w->slice.failure = 0;
    draft_free(d);
}

static bool slot_is_complete(const struct slot *slot)
{
    return slot->work ? slot->work->slice.is_complete : slice_is_complete(slot->newest);
}

void estate_loading(struct estate *e, uint32_t slot, const struct draft *so_far)
{
    if (slot_is_complete(slot_at(e, slot)))
        return;
    struct work *w = slot_work(e, slot);
    if (so_far)
        work_set_draft(w, so_far);
    if (so_far || w->slice.truth == TRUTH_NOT_ASKED)
        w->slice.truth = TRUTH_LOADING;
}

void estate_failed(struct estate *e, uint32_t slot, const struct draft *so_far, enum truth truth,
                   uint32_t failure, int64_t tried_at)
{
    struct work *w = slot_work(e, slot);
    if (!w->slice.is_complete && so_far && draft_count(so_far) > 0)
        work_set_draft(w, so_far);
    bool keeps = w->slice.is_complete && truth != TRUTH_UNSUPPORTED;
    w->slice.truth = keeps ? TRUTH_STALE : truth;
    w->slice.tried_at = tried_at;
    if (w->slice.missed_at == TIME_NONE)
        w->slice.missed_at = tried_at;
    w->slice.failure = failure;
}

static bool has_values(enum truth t)
{
    return t == TRUTH_KNOWN || t == TRUTH_ABSENT || t == TRUTH_STALE;
}

/* What AWS said of then (known, absent, not supported) is a value that is old. */
static void outdate_row(struct work *w, uint32_t row, uint32_t failure)
{
    const struct kind_row *k = kind_row(w->slice.kind);
    struct facet_cell *cells = &w->slice.facets[row * own_facets(w->slice.kind)];
    for (int f = (int)k->first_facet; f < (int)k->end_facet; f++) {
        const struct facet_row *facet = facet_row((enum facet)f);
        if (facet->index < 0)
            continue;
        struct facet_cell *cell = &cells[facet->index];
        bool is_kept = !facet->on_demand && (has_values(cell_truth(*cell)) || cell_truth(*cell) == TRUTH_UNSUPPORTED);
        if (!is_kept)
            row_clear_facet(w->body.rows + (size_t)row * w->body.row_words, w->slice.kind, (enum facet)f);
        *cell = is_kept ? (struct facet_cell){cell->read_at, failure << 4 | (uint32_t)TRUTH_STALE}
                        : cell_make(TRUTH_NOT_ASKED, 0, 0);
    }
}

void estate_outdate(struct estate *e, uint32_t failure)
{
    for (uint32_t id = e->dirty; id; id = slot_at(e, id)->next_dirty) {
        struct work *w = slot_at(e, id)->work;
        w->slice.truth = w->slice.is_complete ? TRUTH_STALE : TRUTH_NOT_ASKED;
        w->slice.failure = w->slice.is_complete ? failure : 0;
        for (uint32_t r = 0; r < w->body.n_rows; r++)
            outdate_row(w, r, failure);
        w->rows_changed = true;
    }
}

void estate_drop(struct estate *e, uint32_t slot)
{
    if (!slot)
        return;
    struct work *w = slot_work(e, slot);
    work_set_rows(w, mem_alloc(1), 0);
    w->slice.truth = TRUTH_ABSENT;
    w->slice.is_complete = true;
    w->slice.missed_at = TIME_NONE;
    w->slice.failure = 0;
}

static void set_cells(struct work *w, const struct draft *d, const struct facet_cell *cells)
{
    size_t n = own_facets(w->slice.kind);
    for (size_t i = 0; n > 0 && i < d->n; i++) {
        uint32_t row = rows_find(w->body.rows, w->body.n_rows, w->body.row_words, d->rows[i * d->row_words]);
        memcpy(w->slice.facets + row * n, cells + i * n, n * sizeof *cells);
    }
}

void estate_restore(const struct draft *d, const struct slice_state *state, const struct facet_cell *cells)
{
    struct work *w = slot_work(d->estate, d->slot);
    work_set_rows(w, mem_alloc(1), 0); /* nothing of what was there stays with the new rows */
    work_set_draft(w, d);
    set_cells(w, d, cells);
    w->slice.truth = state->truth;
    w->slice.is_complete = state->is_complete;
    w->slice.seen_at = state->seen_at;
    w->slice.tried_at = state->tried_at;
    w->slice.missed_at = state->missed_at;
    w->slice.failure = state->failure;
}

/* ---- facets ------------------------------------------------------------------------------------- */

static uint32_t slot_find_row(struct estate *e, uint32_t slot, uint32_t node, struct work **work)
{
    *work = slot_work(e, slot);
    return rows_find((*work)->body.rows, (*work)->body.n_rows, (*work)->body.row_words, node);
}

uint32_t *estate_edit(struct estate *e, uint32_t slot, uint32_t node, enum facet facet)
{
    struct work *w;
    uint32_t at = slot_find_row(e, slot, node, &w);
    if (at == UINT32_MAX)
        return NULL;
    uint32_t *row = w->body.rows + (size_t)at * w->body.row_words;
    row_clear_facet(row, w->slice.kind, facet);
    w->rows_changed = true;
    return row;
}

void estate_set_facet(struct estate *e, uint32_t slot, uint32_t node, enum facet facet, enum truth truth,
                      uint32_t failure, int64_t read_at)
{
    struct work *w;
    uint32_t at = slot_find_row(e, slot, node, &w);
    int index = facet_row(facet)->index;
    assert(index >= 0 && facet_row(facet)->kind == w->slice.kind);
    if (at == UINT32_MAX)
        return;
    struct facet_cell *cell = &w->slice.facets[at * own_facets(w->slice.kind) + (size_t)index];
    bool had = has_values(cell_truth(*cell)), is_missed = truth == TRUTH_DENIED || truth == TRUTH_FAILED;
    bool was_missed = cell_truth(*cell) == TRUTH_DENIED || cell_truth(*cell) == TRUTH_FAILED;
    if (had && truth == TRUTH_LOADING)
        return;
    if (is_missed && was_missed)
        read_at = cell->read_at ? (int64_t)cell->read_at : read_at;
    if (had && is_missed) {
        *cell = (struct facet_cell){.read_at = cell->read_at,
                                    .truth_failure = failure << 4 | (uint32_t)TRUTH_STALE};
        return;
    }
    if (truth == TRUTH_ABSENT || truth == TRUTH_UNSUPPORTED) {
        row_clear_facet(w->body.rows + (size_t)at * w->body.row_words, w->slice.kind, facet);
        w->rows_changed = true;
    }
    *cell = cell_make(truth, failure, read_at);
}

bool estate_current(struct estate *e, uint32_t node, struct record *out)
{
    uint32_t home = node_home(e, node);
    if (!home)
        return false;
    const struct slot *slot = slot_at(e, home);
    const struct slice *s = slot->work ? &slot->work->slice : slot->newest;
    if (!s)
        return false;
    uint32_t row = rows_find(s->body->rows, s->body->n_rows, s->body->row_words, node);
    return slice_record(e->current, s, row, out);
}

uint32_t estate_home(const struct estate *e, uint32_t node)
{
    return node ? node_home(e, node) : 0;
}

/* ---- freezing and publishing -------------------------------------------------------------------- */

static void mention_targets(struct estate *e, uint32_t slot, const struct body *b, const struct body *before)
{
    uint32_t at, end;
    for (uint32_t t = 0; t < b->n_targets; t++)
        if (!before || !body_has_target(before, b->targets[t], &at, &end))
            node_mention(e, b->targets[t], slot, before != NULL);
}

static bool same_rows(const struct body *a, const struct body *b)
{
    return a->n_rows == b->n_rows
           && (a->n_rows == 0 || memcmp(a->rows, b->rows, (size_t)a->n_rows * a->row_words * sizeof *a->rows) == 0);
}

/* Whether a reader would see another truth or failure anywhere; times do not count. */
static bool same_truths(const struct slice *a, const struct slice *b)
{
    if (a->truth != b->truth || a->is_complete != b->is_complete || a->failure != b->failure
        || a->body->n_rows != b->body->n_rows)
        return false;
    size_t n = a->body->n_rows * own_facets(a->kind);
    for (size_t i = 0; i < n; i++)
        if (a->facets[i].truth_failure != b->facets[i].truth_failure)
            return false;
    return true;
}

static struct body *freeze_body(struct estate *e, uint32_t slot, struct work *w, const struct slice *before,
                                bool *differs)
{
    if (before && (!w->rows_changed || same_rows(&w->body, before->body))) {
        atomic_fetch_add(&before->body->refs, 1);
        return before->body;
    }
    *differs = true;
    uint32_t *rows = w->body.rows ? w->body.rows : mem_alloc(4);
    w->body.rows = NULL;
    struct body *body = body_new(e, w->slice.kind, rows, w->body.n_rows);
    mention_targets(e, slot, body, before ? before->body : NULL);
    return body;
}

/* Turns a slot's work into its newest slice. True if a reader could see a difference. */
static bool slot_freeze(struct estate *e, uint32_t id)
{
    struct slot *slot = slot_at(e, id);
    struct work *w = slot->work;
    const struct slice *before = slot->newest;
    bool differs = !before || !same_truths(&w->slice, before);
    struct slice *s = mem_alloc(sizeof *s);
    *s = w->slice;
    atomic_init(&s->refs, 1);
    s->body = freeze_body(e, id, w, before, &differs);
    w->slice.facets = NULL;
    slot->newest = s;
    atomic_fetch_add(&e->slice_bytes, sizeof *s + slice_facet_bytes(s));
    slice_release(before);
    work_free(w);
    slot->work = NULL;
    return differs;
}

static struct page *page_copy(const struct page *from)
{
    struct page *p = mem_alloc(sizeof *p);
    atomic_init(&p->refs, 1);
    for (uint32_t i = 0; from && i < PAGE_SLOTS; i++) {
        p->slices[i] = from->slices[i];
        if (p->slices[i])
            atomic_fetch_add(&((struct slice *)p->slices[i])->refs, 1);
    }
    return p;
}

static struct generation *generation_next(struct estate *e)
{
    const struct generation *from = e->current;
    uint32_t n_slots = estate_slot_count(e), n_pages = (n_slots >> PAGE_BITS) + 1;
    struct generation *g = mem_alloc(sizeof *g + n_pages * sizeof *g->pages);
    atomic_init(&g->refs, 1);
    g->estate = e;
    g->number = from->number + 1;
    g->n_slots = n_slots;
    g->n_pages = n_pages;
    for (uint32_t i = 0; i < n_pages; i++) {
        if (i < from->n_pages) {
            g->pages[i] = from->pages[i];
            atomic_fetch_add(&g->pages[i]->refs, 1);
        } else {
            g->pages[i] = page_copy(NULL);
        }
    }
    return g;
}

/* A page that other generations share is copied before its first change in this one. */
static void generation_put(struct generation *g, const struct generation *from, uint32_t slot,
                           const struct slice *s)
{
    uint32_t at = slot >> PAGE_BITS;
    if (at < from->n_pages && g->pages[at] == from->pages[at]) {
        struct page *own = page_copy(from->pages[at]);
        page_release(g->pages[at]);
        g->pages[at] = own;
    }
    const struct slice **place = &g->pages[at]->slices[slot & (PAGE_SLOTS - 1)];
    atomic_fetch_add(&((struct slice *)s)->refs, 1);
    slice_release(*place);
    *place = s;
}

bool estate_publish(struct estate *e)
{
    if (!e->dirty && !e->has_new_slots)
        return false;
    bool differs = e->has_new_slots;
    struct generation *g = generation_next(e), *from = e->current;
    while (e->dirty) {
        uint32_t id = e->dirty;
        struct slot *slot = slot_at(e, id);
        e->dirty = slot->next_dirty;
        slot->is_dirty = false;
        differs |= slot_freeze(e, id);
        generation_put(g, from, id, slot->newest);
    }
    e->has_new_slots = false;
    pthread_mutex_lock(&e->current_lock);
    e->current = g;
    pthread_mutex_unlock(&e->current_lock);
    generation_release(from);
    return differs;
}
