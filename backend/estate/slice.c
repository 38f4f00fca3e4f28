#include "backend/estate/internal.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* ---- rows --------------------------------------------------------------------------------------- */

/* INT and TIME take two words; absent is INT64_MIN. BOOL: 0 absent, 1 false, 2 true. Others: an id or 0. */
static void put_number(uint32_t *word, int64_t number)
{
    memcpy(word, &number, sizeof number);
}

static bool is_wide(enum attr_type type)
{
    return type == TYPE_INT || type == TYPE_TIME;
}

static void row_clear(uint32_t *row, const struct attr_row *attr)
{
    if (is_wide(attr->type))
        put_number(row + attr->word, INT64_MIN);
    else
        row[attr->word] = 0;
}

void row_init(uint32_t *row, enum kind kind, uint32_t node)
{
    const struct kind_row *k = kind_row(kind);
    row[0] = node;
    for (int a = (int)k->first_attr; a < (int)k->end_attr; a++)
        row_clear(row, attr_row((enum attr)a));
}

void row_clear_facet(uint32_t *row, enum kind kind, enum facet facet)
{
    const struct kind_row *k = kind_row(kind);
    for (int a = (int)k->first_attr; a < (int)k->end_attr; a++)
        if (attr_row((enum attr)a)->facet == facet)
            row_clear(row, attr_row((enum attr)a));
}

void row_copy_facets(uint32_t *to, const uint32_t *from, enum kind kind)
{
    const struct kind_row *k = kind_row(kind);
    for (int a = (int)k->first_attr; a < (int)k->end_attr; a++) {
        const struct attr_row *attr = attr_row((enum attr)a);
        if (attr->facet != FACET_LIST_)
            memcpy(to + attr->word, from + attr->word, is_wide(attr->type) ? 8 : 4);
    }
}

void row_text(struct estate *e, uint32_t *row, enum attr attr, const char *s, size_t len)
{
    row[attr_row(attr)->word] = estate_string(e, s, len);
}

void row_number(uint32_t *row, enum attr attr, int64_t number)
{
    const struct attr_row *a = attr_row(attr);
    if (is_wide(a->type))
        put_number(row + a->word, number);
    else
        row[a->word] = number ? 2 : 1;
}

void row_node(uint32_t *row, enum attr attr, uint32_t node)
{
    row[attr_row(attr)->word] = node;
}

void row_ref(struct estate *e, uint32_t *row, enum attr attr, const char *arn, size_t len)
{
    row_node(row, attr, estate_node(e, kind_of_arn(arn, len), arn, len));
}

uint32_t rows_find(const uint32_t *rows, uint32_t n_rows, uint32_t row_words, uint32_t node)
{
    uint32_t low = 0, high = n_rows;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (rows[(size_t)middle * row_words] < node)
            low = middle + 1;
        else
            high = middle;
    }
    return low < n_rows && rows[(size_t)low * row_words] == node ? low : UINT32_MAX;
}

/* ---- the graph of a body ------------------------------------------------------------------------ */

typedef VEC(uint64_t) edge_vec; /* target << 32 | edge << 27 | row */

static void edge_add(edge_vec *edges, uint32_t target, enum edge edge, uint32_t row)
{
    if (target)
        VEC_PUSH(*edges, (uint64_t)target << 32 | (uint32_t)edge << SOURCE_ROW_BITS | row);
}

static void edges_of_refs(struct estate *e, edge_vec *edges, uint32_t string, enum edge edge, uint32_t row)
{
    size_t len;
    const char *at = estate_text(e, string, &len), *end = at + len;
    for (; at < end; at += strlen(at) + 1)
        edge_add(edges, estate_node(e, kind_of_arn(at, strlen(at)), at, strlen(at)), edge, row);
}

static int edge_order(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static void edges_gather(struct estate *e, enum kind kind, const struct body *b, edge_vec *edges)
{
    const struct kind_row *k = kind_row(kind);
    for (int a = (int)k->first_attr; a < (int)k->end_attr; a++) {
        const struct attr_row *attr = attr_row((enum attr)a);
        if (attr->edge == EDGE_NONE)
            continue;
        for (uint32_t r = 0; r < b->n_rows; r++) {
            uint32_t word = b->rows[(size_t)r * b->row_words + (size_t)attr->word];
            if (word && attr->type == TYPE_REFS)
                edges_of_refs(e, edges, word, attr->edge, r);
            else
                edge_add(edges, word, attr->edge, r);
        }
    }
    if (edges->n > 1)
        if (edges->n > 1)
        qsort(edges->items, edges->n, sizeof *edges->items, edge_order);
}

static void body_set_graph(struct body *b, const edge_vec *edges)
{
    uint32_t n_targets = 0;
    for (size_t i = 0; i < edges->n; i++)
        if (i == 0 || edges->items[i] >> 32 != edges->items[i - 1] >> 32)
            n_targets++;
    size_t words = (size_t)n_targets * 2 + 1 + edges->n;
    b->n_targets = n_targets;
    b->targets = mem_alloc_array(words, sizeof(uint32_t));
    b->offsets = b->targets + n_targets;
    b->sources = b->offsets + n_targets + 1;
    b->graph_bytes = words * sizeof(uint32_t);
    uint32_t t = 0;
    for (size_t i = 0; i < edges->n; i++) {
        if (i == 0 || edges->items[i] >> 32 != edges->items[i - 1] >> 32) {
            b->targets[t] = (uint32_t)(edges->items[i] >> 32);
            b->offsets[t++] = (uint32_t)i;
        }
        b->sources[i] = (uint32_t)edges->items[i];
    }
    b->offsets[n_targets] = (uint32_t)edges->n;
}

bool body_has_target(const struct body *b, uint32_t node, uint32_t *at, uint32_t *end)
{
    uint32_t i = b->n_targets ? rows_find(b->targets, b->n_targets, 1, node) : UINT32_MAX;
    if (i == UINT32_MAX)
        return false;
    *at = b->offsets[i];
    *end = b->offsets[i + 1];
    return true;
}

struct body *body_new(struct estate *e, enum kind kind, uint32_t *rows, uint32_t n_rows)
{
    assert(n_rows <= SOURCE_ROW_MASK);
    struct body *b = mem_alloc(sizeof *b);
    atomic_init(&b->refs, 1);
    b->rows = rows;
    b->n_rows = n_rows;
    b->row_words = (uint32_t)kind_row(kind)->row_words;
    b->row_bytes = (size_t)n_rows * b->row_words * sizeof(uint32_t);
    edge_vec edges = {0};
    edges_gather(e, kind, b, &edges);
    if (edges.n > 0)
        body_set_graph(b, &edges);
    VEC_FREE(edges);
    atomic_fetch_add(&e->slice_bytes, sizeof *b + b->row_bytes);
    atomic_fetch_add(&e->graph_bytes, b->graph_bytes);
    return b;
}

void body_release(struct estate *e, struct body *b)
{
    if (atomic_fetch_sub(&b->refs, 1) != 1)
        return;
    atomic_fetch_sub(&e->slice_bytes, sizeof *b + b->row_bytes);
    atomic_fetch_sub(&e->graph_bytes, b->graph_bytes);
    mem_free(b->rows);
    mem_free(b->targets);
    mem_free(b);
}

/* ---- slices ------------------------------------------------------------------------------------- */

size_t slice_facet_bytes(const struct slice *s)
{
    return (size_t)s->body->n_rows * (size_t)kind_row(s->kind)->n_own_facets
           * sizeof(struct facet_cell);
}

void slice_release(const struct slice *s)
{
    struct slice *own = (struct slice *)s;
    if (!own || atomic_fetch_sub(&own->refs, 1) != 1)
        return;
    atomic_fetch_sub(&own->estate->slice_bytes, sizeof *own + slice_facet_bytes(own));
    body_release(own->estate, own->body);
    mem_free(own->facets);
    mem_free(own);
}

enum truth slice_truth(const struct slice *s)
{
    return s ? s->truth : TRUTH_NOT_ASKED;
}

bool slice_is_complete(const struct slice *s)
{
    return s && s->is_complete;
}

int64_t slice_seen_at(const struct slice *s)
{
    return s ? s->seen_at : TIME_NONE;
}

int64_t slice_tried_at(const struct slice *s)
{
    return s ? s->tried_at : TIME_NONE;
}

int64_t slice_missed_at(const struct slice *s)
{
    return s ? s->missed_at : TIME_NONE;
}

uint32_t slice_failure(const struct slice *s)
{
    return s ? s->failure : 0;
}

uint32_t slice_rows(const struct slice *s)
{
    return s ? s->body->n_rows : 0;
}

static bool is_of_earlier_run(const struct slice *s, struct facet_cell cell)
{
    struct failure failure;
    if (cell_truth(cell) != TRUTH_STALE || !(cell.truth_failure >> 4))
        return false;
    failure_get(s->estate, cell.truth_failure >> 4, &failure);
    return failure.code == ERR_EARLIER;
}

static bool has_cell(const struct slice *s, bool (*is)(const struct slice *s, struct facet_cell cell))
{
    const struct kind_row *k = kind_row(s->kind);
    for (int f = (int)k->first_facet; f < (int)k->end_facet; f++) {
        const struct facet_row *facet = facet_row((enum facet)f);
        for (uint32_t r = 0; facet->index >= 0 && !facet->on_demand && r < s->body->n_rows; r++)
            if (is(s, s->facets[(size_t)r * (size_t)k->n_own_facets + (size_t)facet->index]))
                return true;
    }
    return false;
}

static bool is_on_its_way(const struct slice *s, struct facet_cell cell)
{
    return cell_truth(cell) == TRUTH_LOADING || is_of_earlier_run(s, cell);
}

static bool is_unread(const struct slice *s, struct facet_cell cell)
{
    return cell_truth(cell) == TRUTH_NOT_ASKED || is_on_its_way(s, cell);
}

bool slice_is_loading(const struct slice *s)
{
    return s && has_cell(s, is_on_its_way);
}

bool slice_is_read(const struct slice *s)
{
    bool is_over = s && s->truth != TRUTH_NOT_ASKED && s->truth != TRUTH_LOADING;
    return is_over && !has_cell(s, is_unread);
}

uint32_t slice_slot(const struct slice *s)
{
    return s->slot;
}
