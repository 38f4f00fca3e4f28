#include "backend/view/cells.h"

#include <string.h>

/* ---- saying ---------------------------------------------------------------------------------- */

void say_unknown(struct cell *out, enum truth why)
{
    out->is = CELL_UNKNOWN;
    out->truth = why;
}

void say_number(struct cell *out, int64_t number)
{
    out->is = CELL_KNOWN;
    out->number = number;
}

void say_since(struct cell *out, int64_t utc)
{
    if (utc == TIME_NONE)
        say_unknown(out, TRUTH_KNOWN);
    else
        say_number(out, utc);
}

void say_bool(struct cell *out, bool is)
{
    say_number(out, is);
}

void say_text(struct cell *out, const char *text)
{
    out->is = CELL_KNOWN;
    out->text = text;
    out->len = strlen(text);
}

void say_node(struct cell *out, uint32_t node)
{
    out->is = node ? CELL_KNOWN : CELL_ABSENT;
    out->node = node;
}

void say_at_least(struct cell *out, uint64_t n, bool is_at_least, enum truth why)
{
    if (is_at_least && n == 0) {
        say_unknown(out, truth_is_sure(why) ? TRUTH_KNOWN : why);
        return;
    }
    say_number(out, (int64_t)n);
    out->is_at_least = is_at_least;
}

void say_tri(struct cell *out, enum tri is, enum truth why)
{
    if (is == TRI_UNKNOWN)
        say_unknown(out, why);
    else
        say_bool(out, is == TRI_YES);
}

void list_item(struct buf *items, const char *item)
{
    size_t len = strlen(item) + 1;
    for (size_t at = 0; at < items->len; at += strlen(items->data + at) + 1)
        if (strcmp(items->data + at, item) == 0)
            return;
    buf_add(items, item, len);
}

void say_list(const struct view_context *c, struct cell *out, const struct buf *items)
{
    if (items->len == 0)
        return;
    out->is = CELL_KNOWN;
    out->len = items->len;
    out->text = arena_strndup(c->scratch, items->data, items->len);
}

/* ---- attributes ------------------------------------------------------------------------------ */

void say_value_of(const struct record *r, enum attr attr, struct cell *out)
{
    static const enum cell_is is[] = {
        [VALUE_UNKNOWN] = CELL_UNKNOWN, [VALUE_ABSENT] = CELL_ABSENT, [VALUE_KNOWN] = CELL_KNOWN};
    struct value v = record_value(r, attr);
    out->is = is[v.is];
    out->number = v.number;
    out->node = v.node;
    out->string = v.type == TYPE_TEXT ? v.string : 0;
    out->text = v.text;
    out->len = v.len;
    bool is_text = v.type != TYPE_REF && v.type != TYPE_INT && v.type != TYPE_TIME && v.type != TYPE_BOOL;
    if (is_text && v.is == VALUE_KNOWN && v.len == 0)
        out->is = CELL_ABSENT;
}

void say_attr(const struct record *r, enum attr attr, struct cell *out)
{
    enum facet facet = attr_row(attr)->facet;
    say_value_of(r, attr, out);
    out->truth = facet == FACET_LIST_ ? slice_truth(r->slice) : record_facet(r, facet).truth;
    out->is_stale = out->truth == TRUTH_STALE;
    if (out->is != CELL_UNKNOWN)
        out->truth = TRUTH_KNOWN;
}

void say_children(const struct record *r, enum facet facet, struct cell *out)
{
    const struct slice *s = record_children(r, facet);
    enum truth truth = slice_truth(s);
    if (truth == TRUTH_UNSUPPORTED || truth == TRUTH_ABSENT)
        return;
    out->is_stale = truth == TRUTH_STALE;
    say_at_least(out, slice_rows(s), !truth_is_sure(truth) && !slice_is_complete(s), truth);
}

const struct slice *neighbour(const struct record *r, enum list list)
{
    const struct estate *e = generation_estate(r->generation);
    return generation_slice(r->generation, estate_find_slot(e, slot_scope(e, r->slot), list, 0));
}

/* ---- keys of what holds data ----------------------------------------------------------------- */

void say_key_of(const struct record *r, struct cell *out)
{
    if (!holding_of(r->kind)) {
        say_unknown(out, TRUTH_KNOWN);
        return;
    }
    struct value key = holding_key(r);
    enum facet facet = attr_row(holding_of(r->kind)->key)->facet;
    enum truth truth = facet == FACET_LIST_ ? slice_truth(r->slice) : record_facet(r, facet).truth;
    out->is_stale = truth == TRUTH_STALE;
    if (key.is == VALUE_UNKNOWN) {
        say_unknown(out, truth);
    } else if (key.is == VALUE_ABSENT && holding_key_is_unnamed(r)) {
        say_unknown(out, TRUTH_KNOWN);
    } else if (key.is == VALUE_KNOWN) {
        uint32_t node = holding_resolve(r->generation, key.node);
        if (node)
            say_node(out, node);
        else
            say_unknown(out, truth_is_sure(slice_truth(neighbour(r, LIST_ALIASES)))
                                 ? TRUTH_KNOWN
                                 : slice_truth(neighbour(r, LIST_ALIASES)));
    }
}

void say_key_state(const struct view_context *c, uint32_t key, struct cell *out)
{
    struct record r;
    if (generation_record(c->generation, key, &r))
        say_attr(&r, ATTR_KEY_STATE, out);
    else
        say_unknown(out, TRUTH_KNOWN);
}

uint32_t by_scope(const struct record *r)
{
    bool has_own = r->kind == KIND_ACCOUNT || r->kind == KIND_REGION;
    return has_own ? 0 : slot_scope(generation_estate(r->generation), r->slot);
}

uint32_t by_key(const struct record *r)
{
    struct value key = holding_key(r);
    return key.is == VALUE_KNOWN ? key.node : 0;
}

CELL(key)
{
    (void)c;
    say_key_of(&row->record, out);
}

CELL(key_state)
{
    struct cell key = {.is = CELL_ABSENT, .text = ""};
    say_key_of(&row->record, &key);
    if (key.is == CELL_KNOWN)
        say_key_state(c, key.node, out);
    else if (key.is == CELL_UNKNOWN)
        say_unknown(out, key.truth);
}
