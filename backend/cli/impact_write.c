#include "backend/cli/impact.h"

#include "backend/base/csv.h"
#include "backend/base/timefmt.h"
#include "backend/base/version.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* ---- order -------------------------------------------------------------------------------------------- */

struct ordering {
    const struct impact *impact;
    const struct estate *e;
};

int impact_order_nodes(const struct estate *e, uint32_t a, uint32_t b)
{
    if (a == b)
        return 0;
    return a == 0 ? 1 : b == 0 ? -1 : node_compare(e, a, b);
}

static int order_text(const char *a, const char *b)
{
    return strcmp(a ? a : "", b ? b : "");
}

static int order_items(const void *pa, const void *pb, void *ctx)
{
    const struct ordering *o = ctx;
    uint32_t ia = *(const uint32_t *)pa, ib = *(const uint32_t *)pb;
    const struct consequence *a = &o->impact->items[ia], *b = &o->impact->items[ib];
    int order = (int)b->severity - (int)a->severity;
    if (order == 0)
        order = (int)consequence_worst(b) - (int)consequence_worst(a);
    if (order == 0)
        order = order_text(a->account, b->account);
    if (order == 0)
        order = order_text(a->region, b->region);
    if (order == 0)
        order = impact_order_nodes(o->e, a->node, b->node);
    if (order == 0)
        order = (int)a->list - (int)b->list;
    return order != 0 ? order : (ia > ib) - (ia < ib);
}

uint32_t *impact_order(const struct answer *a, const struct impact *impact)
{
    struct ordering o = {impact, generation_estate(a->generation)};
    uint32_t *order = mem_alloc_array(impact->n + 1, sizeof *order);
    for (size_t i = 0; i < impact->n; i++)
        order[i] = (uint32_t)i;
    qsort_r(order, impact->n, sizeof *order, order_items, &o);
    return order;
}

/* ---- what a consequence hangs on ---------------------------------------------------------------------- */

static bool is_target(const struct impact *impact, uint32_t node)
{
    for (size_t i = 0; i < impact->n_targets; i++)
        if (impact->targets[i] == node)
            return true;
    return false;
}

/* By the fields of the record that make the edge. */
static bool targets_by_edge(const struct answer *a, const struct impact *impact,
                            const struct consequence *c, void (*fn)(void *ctx, uint32_t node), void *ctx)
{
    struct record r;
    bool is_any = false;
    if (!c->node || !generation_record(a->generation, c->node, &r))
        return false;
    const struct kind_row *kind = kind_row(r.kind);
    for (int at = (int)kind->first_attr; at < (int)kind->end_attr; at++) {
        struct value v = record_value(&r, (enum attr)at);
        if (attr_row((enum attr)at)->edge != c->edge || v.is != VALUE_KNOWN || v.type != TYPE_REF
            || !is_target(impact, v.node))
            continue;
        fn(ctx, v.node);
        is_any = true;
    }
    return is_any;
}

void impact_targets_of(const struct answer *a, const struct impact *impact, const struct consequence *c,
                       void (*fn)(void *ctx, uint32_t node), void *ctx)
{
    if (c->depth == 0)
        return;
    if (impact->n_targets > 1 && c->edge != EDGE_NONE && targets_by_edge(a, impact, c, fn, ctx))
        return;
    for (size_t i = 0; i < impact->n_targets; i++)
        fn(ctx, impact->targets[i]);
}

struct id_list {
    const struct estate *e;
    struct buf *out;
    bool is_json, is_begun;
};

static void add_name(struct id_list *l, const char *name)
{
    if (l->is_begun)
        buf_addc(l->out, l->is_json ? ',' : ';');
    l->is_begun = true;
    if (l->is_json)
        export_json_text(l->out, name);
    else
        buf_adds(l->out, name);
}

static void add_id(void *ctx, uint32_t node)
{
    struct id_list *l = ctx;
    struct buf arn = {0};
    node_arn(l->e, node, &arn);
    add_name(l, arn.data);
    buf_free(&arn);
}

static void add_targets(const struct impact *impact, struct id_list *l)
{
    for (size_t i = 0; i < impact->n_targets; i++)
        if (impact->names)
            add_name(l, impact->names[i]);
        else
            add_id(l, impact->targets[i]);
}

static void add_causes(const struct answer *a, const struct impact *impact, const struct consequence *c,
                       bool is_json, struct buf *out)
{
    struct id_list l = {generation_estate(a->generation), out, is_json, false};
    const struct consequence *cause = c->because == UINT32_MAX ? NULL : &impact->items[c->because];
    if (!cause && impact->names)
        add_targets(impact, &l);
    else if (!cause)
        impact_targets_of(a, impact, c, add_id, &l);
    else if (cause->name)
        add_name(&l, cause->name);
    else if (cause->node)
        add_id(&l, cause->node);
}

static enum kind kind_of(const struct answer *a, const struct consequence *c)
{
    if (c->node)
        return node_kind(generation_estate(a->generation), c->node);
    return list_row(c->list)->kind;
}

static const char *kind_word(const struct answer *a, const struct consequence *c)
{
    enum kind kind = kind_of(a, c);
    return c->name ? c->label : kind == KIND_NONE ? "" : kind_row(kind)->word;
}

/* ARN, or what keyfall calls it. */
static void id_of(const struct answer *a, const struct consequence *c, struct buf *out)
{
    if (c->name)
        buf_adds(out, c->name);
    else if (c->node)
        node_arn(generation_estate(a->generation), c->node, out);
}

/* "already", "done", or the time. */
static const char *phase_from(const struct impact_phase *p, char iso[TIME_ISO_SIZE])
{
    static const char *const words[] = {[WHEN_ALREADY] = "already", [WHEN_DONE] = "done"};
    if (p->when != WHEN_DATE)
        return words[p->when];
    time_format_iso(p->from_utc, iso);
    return iso;
}

/* ---- JSON --------------------------------------------------------------------------------------------- */

static void add_counts(struct buf *out, const char *name, const uint64_t counts[EFFECT_COUNT])
{
    static const enum impact_effect order[] = {EFFECT_LOST, EFFECT_DOWN, EFFECT_DEGRADED, EFFECT_SAFE,
                                               EFFECT_UNKNOWN};
    buf_printf(out, "\"%s\":{", name);
    for (size_t i = 0; i < sizeof order / sizeof *order; i++)
        buf_printf(out, "%s\"%s\":%" PRIu64, i > 0 ? "," : "", effect_word(order[i]), counts[order[i]]);
    buf_addc(out, '}');
}

static void json_head(const struct answer *a, const struct impact *impact, struct buf *b)
{
    struct export_scope scope = options_scope(a->options);
    struct id_list targets = {generation_estate(a->generation), b, true, false};
    buf_adds(b, "{\"schema\":\"keyfall.impact/1\",\n\"tool\":\"keyfall " KEYFALL_VERSION
                "\",\n\"generated_at\":");
    export_json_time(b, a->now_utc);
    buf_adds(b, ",\n\"scope\":");
    export_json_scope(b, &scope);
    buf_adds(b, ",\n\"targets\":[");
    add_targets(impact, &targets);
    buf_adds(b, "],\n\"action\":");
    export_json_text(b, impact->action);
    buf_adds(b, ",\n\"actions\":[");
    for (size_t i = 0; i < impact->n_targets; i++) {
        buf_adds(b, i > 0 ? "," : "");
        export_json_text(b, impact->actions[i]);
    }
    buf_adds(b, "],\n\"severity\":");
    export_json_text(b, severity_word(impact->severity));
    buf_printf(b, ",\n\"complete\":%s,\n", impact->is_complete && !a->is_cut_short ? "true" : "false");
    add_counts(b, "counts", impact->counts);
    buf_adds(b, ",\n");
    add_counts(b, "now_counts", impact->now_counts);
    buf_adds(b, ",\n\"point_of_no_return\":");
    export_json_time(b, impact->point_of_no_return);
    buf_printf(b, ",\n\"n_consequences\":%zu,\n\"consequences\":[", impact->n_all);
}

static void add_member(struct buf *b, const char *name, const char *text)
{
    buf_printf(b, ",\"%s\":", name);
    export_json_text(b, text && text[0] ? text : NULL);
}

static void add_phases(struct buf *b, const struct consequence *c)
{
    char iso[TIME_ISO_SIZE];
    buf_adds(b, ",\"phases\":[");
    for (int i = 0; i < c->n_phases; i++)
        buf_printf(b, "%s{\"effect\":\"%s\",\"from\":\"%s\"}", i > 0 ? "," : "",
                   effect_word(c->phases[i].effect), phase_from(&c->phases[i], iso));
    buf_addc(b, ']');
}

static void json_consequence(const struct answer *a, const struct impact *impact,
                             const struct consequence *c, struct buf *b)
{
    struct buf id = {0};
    id_of(a, c, &id);
    buf_adds(b, "{\"id\":");
    export_json_text(b, id.data);
    buf_free(&id);
    add_member(b, "kind", kind_word(a, c));
    add_member(b, "account", c->account);
    add_member(b, "region", c->region);
    add_phases(b, c);
    add_member(b, "severity", severity_word(c->severity));
    buf_adds(b, ",\"because\":[");
    add_causes(a, impact, c, true, b);
    buf_addc(b, ']');
    add_member(b, "relation", edge_text(c->edge));
    add_member(b, "text", c->text);
    add_member(b, "evidence", c->evidence);
    add_member(b, "remedy", c->remedy);
    add_member(b, "source", c->source);
    buf_addc(b, '}');
}

static void json_caveats(const struct impact *impact, struct buf *b)
{
    buf_adds(b, "],\n\"caveats\":[");
    for (int i = 0; i < impact->n_caveats; i++) {
        buf_adds(b, i > 0 ? "," : "");
        export_json_text(b, impact->caveats[i]);
    }
    buf_adds(b, "],\n\"blind_spots\":");
}

static void flush_buf(struct buf *b, FILE *out)
{
    (void)fwrite(b->data, 1, b->len, out);
    buf_clear(b);
}

void impact_write_json(const struct answer *a, const struct impact *impact, FILE *out)
{
    struct buf b = {0};
    uint32_t *order = impact_order(a, impact);
    json_head(a, impact, &b);
    for (size_t i = 0; i < impact->n && !ferror(out); i++) {
        buf_adds(&b, i > 0 ? ",\n" : "\n");
        json_consequence(a, impact, &impact->items[order[i]], &b);
        flush_buf(&b, out);
    }
    json_caveats(impact, &b);
    flush_buf(&b, out);
    export_write_blind_spots(out, a->judgement);
    (void)fputs("}\n", out);
    mem_free(order);
    buf_free(&b);
}

/* ---- CSV ---------------------------------------------------------------------------------------------- */

static void cell(struct csv_out *csv, const char *text)
{
    if (text && text[0])
        csv_cell_text(csv, text, strlen(text));
    else
        csv_cell_absent(csv);
}

static void csv_consequence(const struct answer *a, const struct impact *impact,
                            const struct consequence *c, struct csv_out *csv)
{
    char iso[TIME_ISO_SIZE];
    struct buf text = {0};
    id_of(a, c, &text);
    cell(csv, text.data);
    cell(csv, kind_word(a, c));
    cell(csv, c->account);
    cell(csv, c->region);
    for (int i = 0; i < 2; i++) {
        cell(csv, i < c->n_phases ? effect_word(c->phases[i].effect) : "");
        cell(csv, i < c->n_phases ? phase_from(&c->phases[i], iso) : "");
    }
    cell(csv, severity_word(c->severity));
    buf_clear(&text);
    add_causes(a, impact, c, false, &text);
    cell(csv, text.len > 0 ? text.data : "");
    cell(csv, edge_text(c->edge));
    cell(csv, c->text);
    cell(csv, c->evidence);
    cell(csv, c->remedy);
    cell(csv, c->source);
    csv_end_row(csv);
    buf_free(&text);
}

void impact_write_csv(const struct answer *a, const struct impact *impact, FILE *out)
{
    static const char *const head[] = {"id",         "kind",     "account",  "region", "effect",
                                       "from",       "later_effect", "later_from", "severity", "because",
                                       "relation",   "text",     "evidence", "remedy", "source"};
    struct csv_out csv = {.file = out};
    uint32_t *order = impact_order(a, impact);
    for (size_t i = 0; i < sizeof head / sizeof *head; i++)
        csv_cell_raw(&csv, head[i]);
    csv_end_row(&csv);
    for (size_t i = 0; i < impact->n && !ferror(out); i++)
        csv_consequence(a, impact, &impact->items[order[i]], &csv);
    mem_free(order);
    buf_free(&csv.scratch);
}
