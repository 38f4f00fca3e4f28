#include "backend/store/posture_past.h"

#include "backend/base/bytes.h"
#include "backend/base/hash.h"
#include "backend/store/posture.h"
#include "backend/store/since.h"

#include <stdlib.h>
#include <string.h>

#define PART_FULL (256u << 10)
#define ROWS_MOST 1024 /* in one entry: the rest of a long list follows in others */

/* ---- packing -------------------------------------------------------------------------------------- */

struct row_since {
    uint32_t node;
    int64_t at;
};

struct packing {
    const struct judgement *judgement;
    const struct estate *estate;
    const struct posture_past_out *out;
    VEC(struct row_since) rows; /* of a list */
    struct buf part, name, made;
};

static void put_part(struct packing *p, enum frame_kind kind, size_t full)
{
    if (p->part.len <= full)
        return;
    p->out->put(p->out->ctx, kind, &p->part);
    buf_clear(&p->part);
}

static void put_name(struct packing *p, const char *name, size_t len)
{
    buf_clear(&p->made);
    if (p->out->rename)
        p->out->rename(p->out->ctx, name, len, &p->made);
    else
        buf_add(&p->made, name, len);
    bytes_add_text(&p->part, p->made.data ? p->made.data : "", p->made.len);
}

static void put_word(struct packing *p, const char *word)
{
    bytes_add_text(&p->part, word, strlen(word));
}

static void put_node(struct packing *p, uint32_t node)
{
    buf_clear(&p->name);
    if (node)
        node_arn(p->estate, node, &p->name);
    put_name(p, p->name.data ? p->name.data : "", p->name.len);
}

static int by_arn(const void *a, const void *b, void *estate)
{
    const struct row_since *x = a, *y = b;
    return node_compare(estate, x->node, y->node);
}

/* Gathers the rows that differ from the earliest of them, which is given back. */
static int64_t gather_rows(struct packing *p, const struct generation *g, const struct slice *s)
{
    struct record r;
    int64_t first = TIME_NONE;
    size_t n = 0;
    p->rows.n = 0;
    for (uint32_t row = 0; slice_record(g, s, row, &r); row++) {
        struct row_since since = {r.node, judgement_record_since(p->judgement, &r)};
        if (since.at != TIME_NONE && (first == TIME_NONE || since.at < first))
            first = since.at;
        VEC_PUSH(p->rows, since);
    }
    for (size_t i = 0; i < p->rows.n; i++)
        if (p->rows.items[i].at != first)
            p->rows.items[n++] = p->rows.items[i];
    p->rows.n = n;
    if (n > 1)
        qsort_r(p->rows.items, n, sizeof *p->rows.items, by_arn, (void *)p->estate);
    return first;
}

static void put_list(struct packing *p, const struct generation *g, uint32_t slot)
{
    uint32_t scope = slot_scope(p->estate, slot);
    int64_t first = gather_rows(p, g, generation_slice(g, slot));
    size_t at = 0;
    if (first == TIME_NONE)
        return;
    do {
        size_t n = p->rows.n - at < ROWS_MOST ? p->rows.n - at : ROWS_MOST;
        put_name(p, scope_account(p->estate, scope), strlen(scope_account(p->estate, scope)));
        put_word(p, scope_region(p->estate, scope));
        put_word(p, list_row(slot_list(p->estate, slot))->name);
        put_node(p, slot_parent(p->estate, slot));
        bytes_add_signed(&p->part, first);
        bytes_add_number(&p->part, n);
        for (size_t end = at + n; at < end; at++) {
            put_node(p, p->rows.items[at].node);
            bytes_add_signed(&p->part, p->rows.items[at].at);
        }
        put_part(p, FRAME_SINCE, PART_FULL);
    } while (at < p->rows.n);
}

static void put_finding(struct packing *p, const struct finding *f)
{
    int64_t at = judgement_finding_since(p->judgement, f);
    if (at == TIME_NONE)
        return;
    put_word(p, f->rule->id);
    put_word(p, kind_row(node_kind(p->estate, f->node))->name);
    put_node(p, f->node);
    bytes_add_signed(&p->part, at);
    put_part(p, FRAME_FOUND, PART_FULL);
}

void posture_past_pack(const struct judgement *j, const struct posture_past_out *out)
{
    const struct generation *g = judgement_generation(j);
    struct packing p = {.judgement = j, .estate = generation_estate(g), .out = out};
    size_t n;
    const struct finding *found = judgement_findings(j, &n);
    for (uint32_t slot = 1; slot <= estate_slot_count(p.estate); slot++)
        put_list(&p, g, slot);
    put_part(&p, FRAME_SINCE, 0);
    for (size_t i = 0; i < n; i++)
        put_finding(&p, &found[i]);
    put_part(&p, FRAME_FOUND, 0);
    VEC_FREE(p.rows);
    buf_free(&p.part);
    buf_free(&p.name);
    buf_free(&p.made);
}

/* ---- taking in ------------------------------------------------------------------------------------ */

struct posture_past {
    const struct estate *estate;
    uint64_t seed, n_taken;
    struct since_map known; /* by rule, slot and node, of which two say what it is */
};

struct posture_past *posture_past_new(const struct estate *e)
{
    struct posture_past *p = mem_alloc(sizeof *p);
    *p = (struct posture_past){.estate = e, .seed = hash_seed()};
    return p;
}

void posture_past_free(struct posture_past *p)
{
    if (p)
        since_free(&p->known);
    mem_free(p);
}

/* Of a list: slot; of a row in it: slot and node; of a finding: rule and node. */
static uint64_t name_of(const struct posture_past *p, const char *rule, size_t len, uint32_t slot, uint32_t node)
{
    uint32_t place[2] = {slot, node};
    uint64_t name = hash_bytes(place, sizeof place, hash_bytes(rule, len, p->seed));
    return name ? name : 1;
}

static void keep(struct posture_past *p, uint64_t name, int64_t at)
{
    since_put(&p->known, (struct since){.name = name, .at = at});
}

static uint32_t take_node(const struct posture_past *p, struct bytes_in *in, enum kind kind)
{
    size_t len;
    const char *arn = bytes_text(in, &len);
    return kind == KIND_NONE || len == 0 ? 0 : estate_find_node(p->estate, kind, arn, len);
}

/* 0: the estate has no such list. */
static uint32_t take_slot(const struct posture_past *p, struct bytes_in *in)
{
    size_t account_len, region_len, list_len;
    const char *account = bytes_text(in, &account_len), *region = bytes_text(in, &region_len);
    const char *name = bytes_text(in, &list_len);
    enum list list = list_by_name(name, list_len);
    enum kind above = list == LIST_NONE ? KIND_NONE : list_row(list)->parent;
    uint32_t scope = estate_find_scope(p->estate, account, account_len, region, region_len);
    uint32_t parent = take_node(p, in, above);
    if (!scope || list == LIST_NONE || (above != KIND_NONE && !parent))
        return 0;
    return estate_find_slot(p->estate, scope, list, parent);
}

static void take_list(struct posture_past *p, struct bytes_in *in)
{
    uint32_t slot = take_slot(p, in);
    enum kind kind = slot ? list_row(slot_list(p->estate, slot))->kind : KIND_NONE;
    int64_t at = bytes_time(in);
    uint32_t n = bytes_below(in, ROWS_MOST + 1);
    p->n_taken += n;
    if (slot)
        keep(p, name_of(p, "", 0, slot, 0), at);
    for (uint32_t i = 0; i < n && !in->is_bad; i++) {
        uint32_t node = take_node(p, in, kind);
        at = bytes_time(in);
        if (node)
            keep(p, name_of(p, "", 0, slot, node), at);
    }
}

static bool is_rule(const char *id, size_t len)
{
    size_t n;
    const struct finding_row *rules = finding_rows(&n);
    for (size_t i = 0; i < n; i++)
        if (strlen(rules[i].id) == len && memcmp(rules[i].id, id, len) == 0)
            return true;
    return false;
}

static void take_finding(struct posture_past *p, struct bytes_in *in)
{
    size_t rule_len, kind_len;
    char kind[32] = "";
    const char *rule = bytes_text(in, &rule_len), *word = bytes_text(in, &kind_len);
    if (kind_len < sizeof kind)
        memcpy(kind, word, kind_len);
    uint32_t node = take_node(p, in, kind_by_name(kind));
    int64_t at = bytes_time(in);
    if (node && is_rule(rule, rule_len))
        keep(p, name_of(p, rule, rule_len, 0, node), at);
}

bool posture_past_take(struct posture_past *p, enum frame_kind kind, const char *bytes, size_t len)
{
    struct bytes_in in = bytes_in(bytes, len);
    while (bytes_left(&in) > 0 && !in.is_bad) {
        if (kind == FRAME_SINCE)
            take_list(p, &in);
        else
            take_finding(p, &in);
        if (++p->n_taken > 2 * POSTURE_RECORDS_MAX)
            in.is_bad = true;
    }
    return !in.is_bad;
}

/* ---- telling -------------------------------------------------------------------------------------- */

static int64_t record_since(void *ctx, const struct record *r)
{
    const struct posture_past *p = ctx;
    const struct since *own = since_get(&p->known, name_of(p, "", 0, r->slot, r->node));
    const struct since *known = own ? own : since_get(&p->known, name_of(p, "", 0, r->slot, 0));
    return known ? known->at : TIME_NONE;
}

static int64_t finding_since(void *ctx, const struct judgement *j, const struct finding *f)
{
    const struct posture_past *p = ctx;
    const struct since *known = since_get(&p->known, name_of(p, f->rule->id, strlen(f->rule->id), 0, f->node));
    (void)j;
    return known ? known->at : TIME_NONE;
}

struct past posture_past_told(struct posture_past *p)
{
    return (struct past){.ctx = p, .finding_since = finding_since, .record_since = record_since};
}
