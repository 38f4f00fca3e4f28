#include "backend/estate/copy.h"

#include "backend/estate/internal.h"

#include <stdio.h>
#include <string.h>

/* What an id of the one estate is in the other; 0: not met yet. */
struct ids {
    uint32_t *items;
    size_t cap;
};

struct copying {
    const struct generation *generation;
    const struct estate *from;
    struct estate *to;
    copy_text *text;
    void *ctx;
    struct ids nodes, failures, strings[COPIED_DOCUMENT + 1];
    struct buf made;
};

static uint32_t *id_at(struct ids *ids, uint32_t id)
{
    size_t had = ids->cap;
    ids->items = mem_grow(ids->items, &ids->cap, (size_t)id + 1, sizeof *ids->items);
    if (ids->cap > had)
        memset(ids->items + had, 0, (ids->cap - had) * sizeof *ids->items);
    return &ids->items[id];
}

static const char *text_of(struct copying *c, enum copied what, const char *text, size_t len)
{
    buf_clear(&c->made);
    buf_adds(&c->made, "");
    c->text(c->ctx, what, text, len, &c->made);
    return c->made.data;
}

static uint32_t copy_node(struct copying *c, uint32_t node)
{
    struct buf arn = {0};
    if (!node)
        return 0;
    uint32_t *id = id_at(&c->nodes, node);
    if (!*id) {
        node_arn(c->from, node, &arn);
        const char *made = text_of(c, COPIED_NAME, arn.data, arn.len);
        *id = estate_node(c->to, node_kind(c->from, node), made, c->made.len);
        buf_free(&arn);
    }
    return *id;
}

/* An attribute's text; of a list each item, with its NUL. */
static void make_text(struct copying *c, enum copied what, bool is_list, const char *text, size_t len)
{
    buf_clear(&c->made);
    buf_adds(&c->made, "");
    for (const char *end = text + len; is_list && text < end; text += len + 1) {
        len = strlen(text);
        c->text(c->ctx, what, text, len, &c->made);
        buf_addc(&c->made, '\0');
    }
    if (!is_list)
        c->text(c->ctx, what, text, len, &c->made);
}

static enum copied what_of(const struct attr_row *attr)
{
    return attr->type == TYPE_DOC ? COPIED_DOCUMENT : attr->is_word ? COPIED_WORD : COPIED_NAME;
}

static uint32_t copy_string(struct copying *c, const struct attr_row *attr, uint32_t string)
{
    size_t len;
    bool is_list = attr->type == TYPE_LIST || attr->type == TYPE_REFS || attr->type == TYPE_MAP;
    if (!string)
        return 0;
    uint32_t *id = id_at(&c->strings[what_of(attr)], string);
    if (!*id) {
        const char *text = estate_text(c->from, string, &len);
        make_text(c, what_of(attr), is_list, text, len);
        *id = estate_string(c->to, c->made.data, c->made.len);
    }
    return *id;
}

static uint32_t copy_failure(struct copying *c, uint32_t failure)
{
    if (!failure)
        return 0;
    uint32_t *id = id_at(&c->failures, failure);
    if (!*id) {
        struct failure f;
        struct err err = {0};
        failure_get(c->from, failure, &f);
        err.code = f.code;
        (void)snprintf(err.aws_code, sizeof err.aws_code, "%s", text_of(c, COPIED_WORD, f.aws_code, strlen(f.aws_code)));
        *id = estate_failure(c->to, f.operation, &err);
    }
    return *id;
}

static void copy_row(struct copying *c, const struct slice *s, uint32_t row, uint32_t *to)
{
    const struct kind_row *k = kind_row(s->kind);
    const uint32_t *from = s->body->rows + (size_t)row * s->body->row_words;
    for (int a = (int)k->first_attr; a < (int)k->end_attr; a++) {
        const struct attr_row *attr = attr_row((enum attr)a);
        if (attr->type == TYPE_INT || attr->type == TYPE_TIME)
            memcpy(to + attr->word, from + attr->word, sizeof(int64_t));
        else if (attr->type == TYPE_BOOL)
            to[attr->word] = from[attr->word];
        else if (attr->type == TYPE_REF)
            to[attr->word] = copy_node(c, from[attr->word]);
        else
            to[attr->word] = copy_string(c, attr, from[attr->word]);
    }
}

static void copy_cells(struct copying *c, const struct slice *s, struct facet_cell *to)
{
    size_t n = (size_t)s->body->n_rows * (size_t)kind_row(s->kind)->n_own_facets;
    for (size_t i = 0; i < n; i++) {
        to[i] = s->facets[i];
        to[i].truth_failure = copy_failure(c, to[i].truth_failure >> 4) << 4 | (to[i].truth_failure & 15);
    }
}

static uint32_t copy_slot(struct copying *c, uint32_t slot)
{
    char account[16];
    uint32_t scope = slot_scope(c->from, slot), parent = copy_node(c, slot_parent(c->from, slot));
    const char *said = scope_account(c->from, scope);
    (void)snprintf(account, sizeof account, "%s", text_of(c, COPIED_NAME, said, strlen(said)));
    return estate_slot(c->to, estate_scope(c->to, account, scope_region(c->from, scope)), slot_list(c->from, slot), parent);
}

static void copy_slice(struct copying *c, const struct slice *s)
{
    struct slice_state state = {.truth = s->truth,
                                .is_complete = s->is_complete,
                                .seen_at = s->seen_at,
                                .tried_at = s->tried_at,
                                .missed_at = s->missed_at,
                                .failure = copy_failure(c, s->failure)};
    uint32_t slot = copy_slot(c, s->slot);
    struct draft *draft = draft_new(c->to, slot);
    struct facet_cell *cells = mem_alloc_array((size_t)s->body->n_rows * (size_t)kind_row(s->kind)->n_own_facets + 1,
                                               sizeof *cells);
    for (uint32_t row = 0; row < s->body->n_rows; row++) {
        uint32_t node = s->body->rows[(size_t)row * s->body->row_words];
        copy_row(c, s, row, draft_row(draft, copy_node(c, node)));
    }
    copy_cells(c, s, cells);
    estate_restore(draft, &state, cells);
    for (uint32_t row = 0; row < s->body->n_rows; row++) {
        uint32_t node = s->body->rows[(size_t)row * s->body->row_words];
        if (node_home(c->from, node) == s->slot)
            node_set_home(c->to, copy_node(c, node), slot);
    }
    draft_free(draft);
    mem_free(cells);
}

void estate_copy(const struct generation *g, struct estate *to, copy_text *text, void *ctx)
{
    struct copying c = {.generation = g, .from = generation_estate(g), .to = to, .text = text, .ctx = ctx};
    for (uint32_t slot = 1, n = estate_slot_count(c.from); slot <= n; slot++) {
        const struct slice *s = generation_slice(g, slot);
        if (s)
            copy_slice(&c, s);
    }
    for (size_t i = 0; i < sizeof c.strings / sizeof *c.strings; i++)
        mem_free(c.strings[i].items);
    mem_free(c.nodes.items);
    mem_free(c.failures.items);
    buf_free(&c.made);
}
