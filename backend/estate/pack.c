#include "backend/estate/pack.h"

#include "backend/base/bytes.h"
#include "backend/estate/pack_words.h"

#include <stdlib.h>
#include <string.h>

/* ---- first uses: from an id of the estate to its place in the order in which a slice mentions them -------- */

struct uses {
    uint32_t *ids, *places; /* open addressing; id 0: free */
    uint32_t n, mask;
};

static uint32_t uses_at(const struct uses *u, uint32_t id)
{
    uint32_t i = id * 2654435769u >> 7 & u->mask;
    while (u->ids[i] && u->ids[i] != id)
        i = (i + 1) & u->mask;
    return i;
}

static void uses_grow(struct uses *u)
{
    struct uses grown = {.n = u->n, .mask = u->ids ? u->mask * 2 + 1 : 255};
    grown.ids = mem_alloc_array((size_t)grown.mask + 1, sizeof *grown.ids);
    grown.places = mem_alloc_array((size_t)grown.mask + 1, sizeof *grown.places);
    for (uint32_t i = 0; u->ids && i <= u->mask; i++) {
        if (!u->ids[i])
            continue;
        uint32_t at = uses_at(&grown, u->ids[i]);
        grown.ids[at] = u->ids[i];
        grown.places[at] = u->places[i];
    }
    mem_free(u->ids);
    mem_free(u->places);
    *u = grown;
}

/* Its place, from 1 on; *is_first: it has just got it. */
static uint32_t uses_place(struct uses *u, uint32_t id, bool *is_first)
{
    if (!u->ids || u->n + u->n / 2 >= u->mask)
        uses_grow(u);
    uint32_t at = uses_at(u, id);
    *is_first = !u->ids[at];
    if (*is_first) {
        u->ids[at] = id;
        u->places[at] = ++u->n;
    }
    return u->places[at];
}

/* A table that one large slice has grown is not swept for each small one. */
static void uses_clear(struct uses *u)
{
    if (u->n > 0 && u->mask / 8 > u->n) {
        mem_free(u->ids);
        mem_free(u->places);
        *u = (struct uses){0};
    } else if (u->n > 0) {
        memset(u->ids, 0, ((size_t)u->mask + 1) * sizeof *u->ids);
        u->n = 0;
    }
}

static void uses_free(struct uses *u)
{
    mem_free(u->ids);
    mem_free(u->places);
}

/* ---- the packer --------------------------------------------------------------------------------- */

struct digest {
    unsigned char bytes[DIGEST_BYTES];
};

struct packer {
    const struct estate *estate;
    pack_doc *doc;
    void *ctx;
    struct uses strings, nodes, failures; /* of the slice */
    struct uses docs;                     /* of all: the string's place in digests */
    VEC(struct digest) digests;
    VEC(uint32_t) failed;                 /* failures of the slice, in order */
    bool has_no_digest;
    struct buf *out;
};

struct packer *packer_new(const struct estate *e, pack_doc *doc, void *ctx)
{
    struct packer *p = mem_alloc(sizeof *p);
    p->estate = e;
    p->doc = doc;
    p->ctx = ctx;
    return p;
}

void packer_free(struct packer *p)
{
    if (!p)
        return;
    uses_free(&p->strings);
    uses_free(&p->nodes);
    uses_free(&p->failures);
    uses_free(&p->docs);
    VEC_FREE(p->digests);
    VEC_FREE(p->failed);
    mem_free(p);
}

static void put_name(struct packer *p, const char *name)
{
    bytes_add_text(p->out, name, strlen(name));
}

/* A string by its place; in full where it is mentioned first. */
static void put_string(struct packer *p, uint32_t string)
{
    bool is_first = false;
    size_t len;
    bytes_add_number(p->out, string ? uses_place(&p->strings, string, &is_first) : 0);
    if (!is_first)
        return;
    const char *text = estate_text(p->estate, string, &len);
    bytes_add_text(p->out, text, len);
}

static void put_node(struct packer *p, uint32_t node)
{
    bool is_first = false;
    bytes_add_number(p->out, node ? uses_place(&p->nodes, node, &is_first) : 0);
    if (!is_first)
        return;
    put_name(p, kind_row(node_kind(p->estate, node))->name);
    put_string(p, node_head(p->estate, node));
    put_name(p, node_tail(p->estate, node));
}

static void put_failure(struct packer *p, uint32_t failure)
{
    bool is_first = false;
    struct failure f;
    bytes_add_number(p->out, failure ? uses_place(&p->failures, failure, &is_first) : 0);
    if (!is_first)
        return;
    VEC_PUSH(p->failed, failure);
    failure_get(p->estate, failure, &f);
    put_name(p, err_word(f.code));
    put_name(p, f.operation);
    put_name(p, f.aws_code);
    put_name(p, f.text);
}

static void put_doc(struct packer *p, uint32_t string)
{
    bool is_first = false;
    size_t len;
    bytes_add_number(p->out, string ? 1 : 0);
    if (!string)
        return;
    uint32_t place = uses_place(&p->docs, string, &is_first);
    if (is_first) {
        struct digest d = {{0}};
        const char *text = estate_text(p->estate, string, &len);
        p->has_no_digest |= !digest_of(text, len, d.bytes);
        VEC_PUSH(p->digests, d);
        if (p->doc)
            p->doc(p->ctx, d.bytes, text, len);
    }
    buf_add(p->out, p->digests.items[place - 1].bytes, DIGEST_BYTES);
}

/* ---- rows --------------------------------------------------------------------------------------- */

static bool is_absent(const struct attr_row *attr, const uint32_t *row)
{
    int64_t number;
    if (attr->type != TYPE_INT && attr->type != TYPE_TIME)
        return row[attr->word] == 0;
    memcpy(&number, row + attr->word, sizeof number);
    return number == INT64_MIN;
}

/* 0: absent. */
static void put_value(struct packer *p, const struct attr_row *attr, const uint32_t *row)
{
    int64_t number;
    switch (attr->type) {
    case TYPE_INT:
    case TYPE_TIME:
        memcpy(&number, row + attr->word, sizeof number);
        buf_addc(p->out, is_absent(attr, row) ? 0 : 1);
        if (!is_absent(attr, row))
            bytes_add_signed(p->out, number);
        break;
    case TYPE_BOOL:
        bytes_add_number(p->out, row[attr->word]);
        break;
    case TYPE_REF:
        put_node(p, row[attr->word]);
        break;
    case TYPE_DOC:
        put_doc(p, row[attr->word]);
        break;
    default:
        put_string(p, row[attr->word]);
    }
}

static const uint32_t *row_at(const struct body *b, uint32_t row)
{
    return b->rows + (size_t)row * b->row_words;
}

static bool has_values(const struct body *b, const struct attr_row *attr)
{
    for (uint32_t r = 0; r < b->n_rows; r++)
        if (!is_absent(attr, row_at(b, r)))
            return true;
    return false;
}

typedef VEC(const struct attr_row *) attr_vec;

/* The attributes that any row has. */
static void put_columns(struct packer *p, const struct slice *s, attr_vec *columns)
{
    const struct kind_row *k = kind_row(s->kind);
    for (int a = (int)k->first_attr; a < (int)k->end_attr; a++)
        if (has_values(s->body, attr_row((enum attr)a)))
            VEC_PUSH(*columns, attr_row((enum attr)a));
    bytes_add_number(p->out, columns->n);
    for (size_t i = 0; i < columns->n; i++) {
        put_name(p, columns->items[i]->name);
        buf_addc(p->out, type_letters[columns->items[i]->type]);
    }
}

static void put_facet_names(struct packer *p, const struct slice *s)
{
    const struct kind_row *k = kind_row(s->kind);
    bytes_add_number(p->out, (uint64_t)k->n_own_facets);
    for (int f = (int)k->first_facet; f < (int)k->end_facet; f++)
        if (facet_row((enum facet)f)->index >= 0)
            put_name(p, facet_row((enum facet)f)->name);
}

struct order {
    const struct estate *estate;
    const struct body *body;
};

static int by_arn(const void *a, const void *b, void *ctx)
{
    const struct order *o = ctx;
    const uint32_t *x = a, *y = b;
    return node_compare(o->estate, row_at(o->body, *x)[0], row_at(o->body, *y)[0]);
}

static uint32_t *rows_by_arn(const struct packer *p, const struct body *b)
{
    struct order o = {p->estate, b};
    uint32_t *rows = mem_alloc_array((size_t)b->n_rows + 1, sizeof *rows);
    for (uint32_t r = 0; r < b->n_rows; r++)
        rows[r] = r;
    qsort_r(rows, b->n_rows, sizeof *rows, by_arn, &o);
    return rows;
}

static const struct facet_cell *cells_at(const struct slice *s, uint32_t row)
{
    return s->facets + (size_t)row * (size_t)kind_row(s->kind)->n_own_facets;
}

static void put_row(struct packer *p, const struct slice *s, uint32_t row, const attr_vec *columns)
{
    const uint32_t *words = row_at(s->body, row);
    put_node(p, words[0]);
    buf_addc(p->out, node_home(p->estate, words[0]) == s->slot ? ROW_AT_HOME : 0);
    for (size_t i = 0; i < columns->n; i++)
        put_value(p, columns->items[i], words);
    for (int f = 0; f < kind_row(s->kind)->n_own_facets; f++) {
        struct facet_cell cell = cells_at(s, row)[f];
        buf_addc(p->out, truth_letters[cell_truth(cell)]);
        put_failure(p, cell.truth_failure >> 4);
    }
}

/* ---- slices ------------------------------------------------------------------------------------- */

static void put_head(struct packer *p, const struct slice *s)
{
    uint32_t scope = slot_scope(p->estate, s->slot);
    buf_addc(p->out, PACK_VERSION);
    put_name(p, list_row(slot_list(p->estate, s->slot))->name);
    put_name(p, scope_account(p->estate, scope));
    put_name(p, scope_region(p->estate, scope));
    put_node(p, slot_parent(p->estate, s->slot));
    buf_addc(p->out, truth_letters[s->truth]);
    buf_addc(p->out, s->is_complete);
    put_failure(p, s->failure);
}

/* Each facet's reading against the one before it: most were read within seconds. A failure's request id is one
 * of many that failed alike, so it is no content either. */
static void put_times(struct packer *p, const struct slice *s, const uint32_t *rows, struct buf *times)
{
    int64_t before = 0;
    struct failure failure;
    bytes_add_signed(times, s->seen_at);
    bytes_add_signed(times, s->tried_at);
    bytes_add_signed(times, s->missed_at);
    bytes_add_number(times, p->failed.n);
    for (size_t i = 0; i < p->failed.n; i++) {
        failure_get(p->estate, p->failed.items[i], &failure);
        bytes_add_text(times, failure.request_id, strlen(failure.request_id));
    }
    for (uint32_t i = 0; i < s->body->n_rows; i++)
        for (int f = 0; f < kind_row(s->kind)->n_own_facets; f++) {
            int64_t at = cells_at(s, rows[i])[f].read_at;
            bytes_add_signed(times, at - before);
            before = at;
        }
}

enum err_code pack_slice(struct packer *p, const struct slice *s, struct buf *content, struct buf *times,
                         struct err *err)
{
    attr_vec columns = {0};
    uint32_t *rows = rows_by_arn(p, s->body);
    uses_clear(&p->strings);
    uses_clear(&p->nodes);
    uses_clear(&p->failures);
    p->failed.n = 0;
    p->out = content;
    put_head(p, s);
    put_columns(p, s, &columns);
    put_facet_names(p, s);
    bytes_add_number(content, s->body->n_rows);
    for (uint32_t i = 0; i < s->body->n_rows; i++)
        put_row(p, s, rows[i], &columns);
    put_times(p, s, rows, times);
    VEC_FREE(columns);
    mem_free(rows);
    if (p->has_no_digest)
        return err_set(err, ERR_UNSUPPORTED, "a policy has no SHA-256: the library does not give it");
    return ERR_OK;
}

/* "key key_id:t policy:d ...": its attributes with their types. Facets stand in each slice. */
void pack_model(struct buf *out)
{
    for (int k = KIND_NONE + 1; k < KIND_COUNT; k++) {
        const struct kind_row *kind = kind_row((enum kind)k);
        buf_adds(out, kind->name);
        for (int a = (int)kind->first_attr; a < (int)kind->end_attr; a++)
            buf_printf(out, " %s:%c", attr_row((enum attr)a)->name, type_letters[attr_row((enum attr)a)->type]);
        buf_addc(out, '\n');
    }
}
