#include "backend/view/cells.h"

#include <stdio.h>
#include <string.h>

/* ---- who and where --------------------------------------------------------------------------- */

uint32_t view_row_node(const struct view_row *row)
{
    if (row->finding)
        return row->finding->node;
    if (row->blind)
        return row->blind->parent;
    if (row->record.kind != KIND_PROTECTED)
        return row->record.node;
    struct value resource = record_value(&row->record, ATTR_PROTECTED_RESOURCE);
    return resource.is == VALUE_KNOWN ? resource.node : row->record.node;
}

uint32_t view_node(const struct view_context *c, const struct view *v, struct item item)
{
    struct view_row row;
    return view_row(c, v, item, &row) ? view_row_node(&row) : 0;
}

CELL(id)
{
    if (!row->blind) {
        say_node(out, view_row_node(row));
        return;
    }
    const struct blind_spot *b = row->blind;
    say_text(out,
             arena_printf(c->scratch, "keyfall:blind-spot/%s/%s/%s/%s/%s", b->account, b->region,
                          b->what, b->operation, b->error[0] ? b->error : truth_text(b->truth)));
}

bool view_scope_is_all(const struct view_scope *s)
{
    return !s->account[0] && !s->region[0];
}

bool view_scope_is(const struct view_scope *a, const struct view_scope *b)
{
    return strcmp(a->account, b->account) == 0 && strcmp(a->region, b->region) == 0;
}

bool view_scope_has(const struct view_scope *s, const char *account, const char *region)
{
    return (!s->account[0] || strcmp(s->account, account) == 0) &&
           (!s->region[0] || !region[0] || strcmp(s->region, region) == 0);
}

bool row_is_in_scope(const struct view_context *c, const struct view_row *row)
{
    char account[16], region[40];
    if (view_scope_is_all(&c->scope))
        return true;
    if (row->blind)
        return view_scope_has(&c->scope, row->blind->account, row->blind->region);
    if (row->has_record)
        return view_scope_has(&c->scope, record_account(&row->record), record_region(&row->record));
    node_place(generation_estate(c->generation), view_row_node(row), account, region);
    return view_scope_has(&c->scope, account, region);
}

/* A stub is where its ARN says. */
static void say_place(const struct view_context *c, const struct view_row *row, bool is_region,
                      struct cell *out)
{
    const char *text = "";
    if (row->has_record && !row->blind) {
        text = is_region ? record_region(&row->record) : record_account(&row->record);
    } else if (row->blind) {
        text = is_region ? row->blind->region : row->blind->account;
    } else if (row->finding) {
        char account[16], region[40];
        node_place(generation_estate(c->generation), row->finding->node, account, region);
        text = arena_strdup(c->scratch, is_region ? region : account);
    }
    if (text[0])
        say_text(out, text);
}

uint32_t view_account_node(const struct generation *g, const char *account)
{
    static const char *const partitions[] = {"aws", "aws-us-gov", "aws-cn", "aws-eusc"};
    for (size_t i = 0; account[0] && i < sizeof partitions / sizeof *partitions; i++) {
        char arn[64];
        struct record r;
        int len = snprintf(arn, sizeof arn, "arn:%s:iam::%.16s:root", partitions[i], account);
        uint32_t node = estate_find_node(generation_estate(g), KIND_ACCOUNT, arn, (size_t)len);
        if (generation_record(g, node, &r))
            return node;
    }
    return 0;
}

const char *view_account_name(const struct generation *g, const char *account)
{
    struct record r;
    if (!generation_record(g, view_account_node(g, account), &r))
        return NULL;
    struct value name = record_value(&r, ATTR_ACCOUNT_NAME);
    return name.is == VALUE_KNOWN && name.len > 0 ? name.text : NULL;
}

CELL(account)
{
    say_place(c, row, false, out);
}

CELL(region)
{
    say_place(c, row, true, out);
}

/* ---- what is wrong --------------------------------------------------------------------------- */

/* Accounts and Regions show what is in them. */
static bool place_of(const struct view_context *c, const struct view_row *row, struct place *out)
{
    enum kind kind = row->has_record ? row->record.kind : KIND_NONE;
    if (row->finding || row->blind || (kind != KIND_ACCOUNT && kind != KIND_REGION))
        return false;
    return judgement_place(c->judgement, record_account(&row->record),
                           kind == KIND_REGION ? record_region(&row->record) : NULL, out);
}

/* Worst first, then what is sure, then what others follow from; what is suppressed under all of them. */
static void say_finding_severity(const struct finding *f, struct cell *out)
{
    say_number(out, f->severity);
    out->mark = finding_mark(f);
    out->is_stale = f->facts_at != TIME_NONE;
    out->order = (int)f->severity * 4 + (f->is_unproved ? 0 : 2) + (f->is_effect ? 0 : 1);
    if (f->state == FINDING_SUPPRESSED)
        out->order -= SEVERITY_COUNT * 4;
}

static void say_worst(struct worst w, struct cell *out)
{
    if (w.open == SEVERITY_NONE && w.unproved != SEVERITY_NONE)
        say_unknown(out, TRUTH_KNOWN);
    else
        say_number(out, w.open);
    out->is_at_least = w.unproved != SEVERITY_NONE;
    out->is_stale = w.is_stale;
    out->order = worst_rank(w);
}

CELL(severity)
{
    if (row->blind)
        return;
    if (row->finding)
        say_finding_severity(row->finding, out);
    else if (c->judgement)
        say_worst(judgement_worst(c->judgement, view_row_node(row)), out);
    else
        say_unknown(out, TRUTH_LOADING);
}

int order_severity(const struct view_context *c, const struct view_row *row)
{
    enum kind kind = row->record.kind;
    if (kind == KIND_ACCOUNT || kind == KIND_REGION)
        return worst_rank(judgement_worst(c->judgement, row->record.node));
    return judgement_rank(c->judgement, kind == KIND_PROTECTED ? view_row_node(row) : row->record.node);
}

static void list_place_findings(const struct place *p, struct buf *items)
{
    for (int s = SEVERITY_CRITICAL; s > SEVERITY_NONE; s--)
        if (p->findings[s] || p->unknown[s]) {
            buf_printf(items, "%s:%u", severity_word((enum severity)s), p->findings[s]);
            if (p->unknown[s])
                buf_printf(items, "+%u?", p->unknown[s]);
            buf_addc(items, '\0');
        }
}

static void list_findings(const struct finding *f, size_t n, struct buf *items)
{
    for (size_t i = 0; i < n; i++) {
        buf_adds(items, f[i].rule->id);
        buf_adds(items, f[i].state == FINDING_UNKNOWN ? "?" : f[i].state == FINDING_SUPPRESSED ? "-" : "");
        buf_addc(items, '\0');
    }
}

CELL(findings)
{
    struct place place;
    struct buf items = {0};
    size_t n = 0;
    if (row->finding || row->blind)
        return;
    if (!c->judgement) {
        say_unknown(out, TRUTH_LOADING);
        return;
    }
    bool is_place = place_of(c, row, &place);
    const struct finding *f = is_place ? NULL : judgement_of(c->judgement, view_row_node(row), &n);
    if (n == 1 && f->state == FINDING_OPEN) { /* most that have any: nothing is copied */
        say_text(out, f->rule->id);
        out->len++; /* the NUL ends the item */
        return;
    }
    if (is_place)
        list_place_findings(&place, &items);
    else
        list_findings(f, n, &items);
    say_list(c, out, &items);
    buf_free(&items);
}

/* ---- what was not seen ----------------------------------------------------------------------- */

static void list_truth(struct buf *items, const char *what, enum truth truth)
{
    char one[128];
    snprintf(one, sizeof one, "%s:%s", what, truth_text(truth));
    list_item(items, one);
}

/* Hundreds of lists, the same in each of many places: what was said is marked, not looked for in the text. */
struct unsure {
    struct buf *items;
    size_t n_own; /* bytes of items that were there before */
    bool is_said[LIST_COUNT][TRUTH_COUNT];
};

static void list_unsure(void *ctx, const struct area *area, const char *account, const char *region, enum list list,
                        enum truth truth)
{
    struct unsure *u = ctx;
    (void)area, (void)account, (void)region;
    if (u->is_said[list][truth])
        return;
    u->is_said[list][truth] = true;
    char one[128];
    int len = snprintf(one, sizeof one, "%s:%s", list == LIST_NONE ? "account" : list_row(list)->name,
                       truth_text(truth));
    for (size_t at = 0; at < u->n_own; at += strlen(u->items->data + at) + 1)
        if (strcmp(u->items->data + at, one) == 0)
            return;
    buf_add(u->items, one, (size_t)len + 1);
}

static void list_place_blind(const struct view_context *c, const struct record *r,
                             struct buf *items)
{
    size_t n = 0;
    const struct blind_spot *b = NULL;
    if (c->judgement)
        b = judgement_blind_in(c->judgement, record_account(r),
                               r->kind == KIND_REGION ? record_region(r) : NULL, &n);
    for (size_t i = 0; i < n; i++)
        list_truth(items, b[i].what, b[i].truth);
}

/* What can be backed up, and is no backup itself: its copies may be in any place. */
static bool has_copies(const struct record *r)
{
    const struct holding *h = holding_of(r->kind);
    return r->kind == KIND_PROTECTED ||
           (h && h->source == ATTR_NONE && r->kind != KIND_VAULT && r->kind != KIND_PARAMETER);
}

CELL(blind)
{
    struct buf items = {0};
    if (row->blind) {
        list_truth(&items, row->blind->what, row->blind->truth);
    } else if (row->has_record) {
        const struct record *r = &row->record;
        const struct kind_row *kind = kind_row(r->kind);
        if (!truth_is_sure(slice_truth(r->slice)))
            list_truth(&items, list_row(slot_list(generation_estate(c->generation), r->slot))->name,
                       slice_truth(r->slice));
        bool is_place = r->kind == KIND_ACCOUNT || r->kind == KIND_REGION;
        for (int f = (int)kind->first_facet; !is_place && f < (int)kind->end_facet; f++) {
            enum truth truth = record_facet(r, (enum facet)f).truth;
            if (facet_is_unseen((enum facet)f, truth))
                list_truth(&items, facet_row((enum facet)f)->name, truth);
        }
        if (is_place)
            list_place_blind(c, r, &items);
        if (has_copies(r) && c->judgement && !row->finding) {
            struct copies copies = judge_copies(c->judgement, view_row_node(row));
            if (!copies.is_sure)
                list_truth(&items, "copies", copies.truth);
        }
        if (r->kind == KIND_KEY && c->judgement && !row->finding) {
            struct unsure unsure = {.items = &items, .n_own = items.len};
            judge_unsure_lists(c->judgement, r->node, list_unsure, &unsure);
        }
    }
    say_list(c, out, &items);
    buf_free(&items);
}

CELL(seen_at)
{
    (void)c;
    int64_t seen = row->has_record && !row->blind ? slice_seen_at(row->record.slice) : TIME_NONE;
    if (row->has_record && !row->blind && seen == TIME_NONE)
        say_unknown(out, slice_truth(row->record.slice));
    else if (seen != TIME_NONE)
        say_number(out, seen);
    out->is_stale = row->has_record && slice_truth(row->record.slice) == TRUTH_STALE;
}

CELL(owner)
{
    const char *owner = NULL;
    if (c->judgement)
        owner = judge_owner(c->judgement, c->scratch, view_row_node(row));
    if (owner)
        say_text(out, owner);
    else
        say_unknown(out, c->judgement ? TRUTH_KNOWN : TRUTH_LOADING);
}
