#include "backend/estate/internal.h"

#include <string.h>

/* ---- truth -------------------------------------------------------------------------------------- */

static const struct {
    const char *text;
    bool is_sure;
} truths[TRUTH_COUNT] = {
#define X(id, text, sure) [TRUTH_##id] = {text, sure},
    TRUTHS(X)
#undef X
};

const char *truth_text(enum truth t)
{
    return truths[t].text;
}

bool truth_is_sure(enum truth t)
{
    return truths[t].is_sure;
}

bool facet_is_unseen(enum facet facet, enum truth t)
{
    bool is_waiting = t == TRUTH_NOT_ASKED || t == TRUTH_LOADING;
    return !truth_is_sure(t) && !(is_waiting && facet_row(facet)->on_demand);
}

/* ---- holding a generation ----------------------------------------------------------------------- */

const struct generation *generation_retain(const struct generation *g)
{
    atomic_fetch_add(&((struct generation *)g)->refs, 1);
    return g;
}

const struct generation *estate_acquire(struct estate *e)
{
    pthread_mutex_lock(&e->current_lock);
    const struct generation *g = generation_retain(e->current);
    pthread_mutex_unlock(&e->current_lock);
    return g;
}

void page_release(struct page *p)
{
    if (!p || atomic_fetch_sub(&p->refs, 1) != 1)
        return;
    for (uint32_t i = 0; i < PAGE_SLOTS; i++)
        slice_release(p->slices[i]);
    mem_free(p);
}

void generation_release(const struct generation *g)
{
    struct generation *own = (struct generation *)g;
    if (!own || atomic_fetch_sub(&own->refs, 1) != 1)
        return;
    for (uint32_t i = 0; i < own->n_pages; i++)
        page_release(own->pages[i]);
    mem_free(own);
}

uint64_t generation_number(const struct generation *g)
{
    return g->number;
}

struct estate *generation_estate(const struct generation *g)
{
    return g->estate;
}

const struct slice *generation_slice(const struct generation *g, uint32_t slot)
{
    return slot && slot <= g->n_slots ? g->pages[slot >> PAGE_BITS]->slices[slot & (PAGE_SLOTS - 1)]
                                      : NULL;
}

uint32_t generation_changed(const struct generation *g, const struct generation *before, uint32_t slot)
{
    for (slot++; slot <= g->n_slots; slot++) {
        uint32_t page = slot >> PAGE_BITS;
        if (before && page < before->n_pages && g->pages[page] == before->pages[page])
            slot |= PAGE_SLOTS - 1;
        else if (generation_slice(g, slot) && (!before || generation_slice(g, slot) != generation_slice(before, slot)))
            return slot;
    }
    return 0;
}

#define FETCH_LINE_WORDS 16 /* 32-bit words that memory brings at once */
#define FETCH_WORDS 1024    /* what follows in a row it brings by itself */

void generation_fetch(const struct generation *g, uint32_t slot, enum fetch step)
{
    const struct slice *s = generation_slice(g, slot);
    if (!s)
        return;
    if (step == FETCH_SLICE)
        __builtin_prefetch(s);
    if (step == FETCH_BODY)
        __builtin_prefetch(s->body);
    if (step != FETCH_ROWS)
        return;
    size_t words = (size_t)s->body->n_rows * s->body->row_words;
    for (size_t at = 0; at < words && at < FETCH_WORDS; at += FETCH_LINE_WORDS)
        __builtin_prefetch(s->body->rows + at);
}

/* ---- records ------------------------------------------------------------------------------------ */

static const uint32_t *record_row(const struct record *r)
{
    return r->slice->body->rows + (size_t)r->row * r->slice->body->row_words;
}

bool slice_record(const struct generation *g, const struct slice *s, uint32_t row, struct record *out)
{
    if (!s || row >= s->body->n_rows)
        return false;
    *out = (struct record){.generation = g, .slice = s, .row = row, .slot = s->slot, .kind = s->kind};
    out->node = record_row(out)[0];
    return true;
}

bool generation_record(const struct generation *g, uint32_t node, struct record *out)
{
    if (!node)
        return false;
    const struct slice *s = generation_slice(g, node_home(g->estate, node));
    if (!s)
        return false;
    uint32_t row = rows_find(s->body->rows, s->body->n_rows, s->body->row_words, node);
    return slice_record(g, s, row, out);
}

struct walk walk_kind(const struct generation *g, enum kind kind)
{
    return (struct walk){.generation = g,
                         .kind = kind,
                         .n_slots = stable_count(&g->estate->kind_slots[kind])};
}

/* A record that two lists hold stands in one of them: its home. */
bool walk_next(struct walk *w, struct record *out)
{
    for (; w->at_slot < w->n_slots; w->at_slot++, w->at_row = 0) {
        uint32_t slot = kind_slot(w->generation->estate, w->kind, w->at_slot);
        const struct slice *s = generation_slice(w->generation, slot);
        while (s && slice_record(w->generation, s, w->at_row, out)) {
            w->at_row++;
            if (node_home(w->generation->estate, out->node) == slot)
                return true;
        }
    }
    return false;
}

static const char *own_text(const struct record *r, enum attr attr)
{
    struct value v = record_value(r, attr);
    return v.is == VALUE_KNOWN ? v.text : "";
}

/* Accounts and regions stand in wider scopes than the place that they name. */
const char *record_account(const struct record *r)
{
    if (r->kind == KIND_ACCOUNT)
        return own_text(r, ATTR_ACCOUNT_ID);
    return scope_account(r->generation->estate, slot_scope(r->generation->estate, r->slot));
}

const char *record_region(const struct record *r)
{
    if (r->kind == KIND_REGION)
        return own_text(r, ATTR_REGION_NAME);
    return scope_region(r->generation->estate, slot_scope(r->generation->estate, r->slot));
}

const struct slice *record_children(const struct record *r, enum facet facet)
{
    struct estate *e = r->generation->estate;
    uint32_t scope = slot_scope(e, r->slot);
    return generation_slice(r->generation,
                            estate_find_slot(e, scope, facet_row(facet)->children, r->node));
}

struct facet_state record_facet(const struct record *r, enum facet facet)
{
    const struct slice *s = r->slice;
    if (facet_row(facet)->children != LIST_NONE)
        s = record_children(r, facet);
    int index = facet_row(facet)->index;
    if (index < 0)
        return (struct facet_state){slice_truth(s), slice_failure(s),
                                    slice_seen_at(s) != TIME_NONE ? slice_seen_at(s) : slice_missed_at(s)};
    struct facet_cell c = s->facets[r->row * (uint32_t)kind_row(r->kind)->n_own_facets + (uint32_t)index];
    return (struct facet_state){.truth = cell_truth(c),
                                .failure = c.truth_failure >> 4,
                                .read_at = c.read_at ? (int64_t)c.read_at : TIME_NONE};
}

/* ---- values ------------------------------------------------------------------------------------- */

/* Whether the row's words of a facet mean anything. */
static enum value_is facet_values(const struct record *r, enum facet facet)
{
    int index = facet_row(facet)->index;
    if (index < 0)
        return VALUE_KNOWN; /* the list said so, or the record would not be here */
    struct facet_cell c = r->slice->facets[r->row * (uint32_t)kind_row(r->kind)->n_own_facets
                                           + (uint32_t)index];
    switch (cell_truth(c)) {
    case TRUTH_KNOWN:
    case TRUTH_STALE:
        return VALUE_KNOWN;
    case TRUTH_ABSENT:
    case TRUTH_UNSUPPORTED:
        return VALUE_ABSENT;
    default:
        return VALUE_UNKNOWN;
    }
}

static bool value_of_word(const struct estate *e, const uint32_t *word, struct value *v)
{
    switch (v->type) {
    case TYPE_INT:
    case TYPE_TIME:
        memcpy(&v->number, word, sizeof v->number);
        return v->number != INT64_MIN;
    case TYPE_BOOL:
        v->number = *word == 2;
        return *word != 0;
    case TYPE_REF:
        v->node = *word;
        return *word != 0;
    default:
        v->string = *word;
        v->text = estate_text(e, *word, &v->len);
        return *word != 0;
    }
}

struct value record_value(const struct record *r, enum attr attr)
{
    const struct attr_row *a = attr_row(attr);
    struct value v = {.type = a->type, .text = ""};
    if (a->kind != r->kind)
        return v;
    enum value_is state = facet_values(r, a->facet);
    bool has = state == VALUE_KNOWN
               && value_of_word(r->generation->estate, record_row(r) + a->word, &v);
    v.is = has ? VALUE_KNOWN : state == VALUE_KNOWN ? VALUE_ABSENT : state;
    return v;
}

const char *value_next(const struct value *v, const char *item)
{
    const char *next = item ? item + strlen(item) + 1 : v->text;
    return v->is == VALUE_KNOWN && next < v->text + v->len ? next : NULL;
}

size_t value_items(const struct value *v)
{
    size_t n = 0;
    for (const char *item = NULL; (item = value_next(v, item));)
        n++;
    return n;
}

/* ---- who hangs on a node ------------------------------------------------------------------------ */

struct hang hang_on(const struct generation *g, uint32_t node)
{
    struct hang h = {.generation = g, .node = node};
    if (node)
        h.mention = atomic_load_explicit(&node_at(g->estate, node)->mentions, memory_order_acquire);
    return h;
}

/* The rows of a key's dependents lie all over the memory: they are fetched before they are asked for. Inline, since gcc
 * leaves out calls of a function that does nothing else. */
#define AHEAD 8u

static inline __attribute__((always_inline)) void fetch_rows(const struct hang *h, uint32_t from, uint32_t to)
{
    const struct body *b = h->slice->body;
    for (uint32_t i = from; i < to && i < h->end; i++)
        __builtin_prefetch(b->rows + (size_t)(b->sources[i] & SOURCE_ROW_MASK) * b->row_words);
}

static bool hang_next_slot(struct hang *h)
{
    while (h->mention) {
        const struct mention *m = stable_at(&h->generation->estate->mentions, h->mention);
        h->mention = m->next;
        h->slice = generation_slice(h->generation, m->slot);
        if (h->slice && body_has_target(h->slice->body, h->node, &h->at, &h->end)) {
            fetch_rows(h, h->at, h->at + AHEAD);
            return true;
        }
    }
    return false;
}

bool hang_next(struct hang *h, struct record *dependent, enum edge *edge)
{
    for (;;) {
        if (h->at == h->end && !hang_next_slot(h))
            return false;
        fetch_rows(h, h->at + AHEAD, h->at + AHEAD + 1);
        uint32_t source = h->slice->body->sources[h->at++];
        *edge = (enum edge)(source >> SOURCE_ROW_BITS);
        if (slice_record(h->generation, h->slice, source & SOURCE_ROW_MASK, dependent)
            && dependent->node != h->node
            && node_home(h->generation->estate, dependent->node) == dependent->slot)
            return true;
    }
}
