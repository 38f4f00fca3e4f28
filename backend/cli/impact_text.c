#include "backend/cli/impact.h"

#include "backend/base/timefmt.h"
#include "backend/cli/target.h"
#include "backend/cli/wrap.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define INDENT 11          /* of what follows "   remedy  " */
#define MAX_NAMES 12       /* in one block */
#define MAX_NAMES_BYTES 280

struct page {
    const struct answer *a;
    const struct impact *impact;
    FILE *out;
    struct buf line; /* scratch */
};

/* ---- lines -------------------------------------------------------------------------------------------- */

static void wrapped(struct page *p, const char *head, int indent, const char *text)
{
    wrap_write(p->out, head, indent, text, p->a->options->is_ascii);
}

static void add_when(struct buf *out, int64_t utc, int64_t now_utc)
{
    char iso[TIME_ISO_SIZE], span[TIME_ISO_SIZE];
    time_format_iso(utc, iso);
    time_format_span(utc > now_utc ? utc - now_utc : now_utc - utc, span);
    buf_printf(out, "%s (%s%s%s)", iso, utc > now_utc ? "in " : "", span, utc > now_utc ? "" : " ago");
}

/* ---- the head ----------------------------------------------------------------------------------------- */

static const char *phrase(const char *action)
{
    static const struct {
        const char *action, *phrase;
    } phrases[] = {
        {"delete", "is deleted"},
        {"schedule-deletion", "is scheduled for deletion"},
        {"disable", "is disabled"},
        {"revoke", "is revoked"},
        {"repoint", "names another key"},
        {"replace", "is replaced"},
        {"expire-material", "loses its imported key material"},
        {"disconnect-store", "is disconnected"},
        {"suspend-account", "is suspended"},
        {"lose-role", "is lost"},
    };
    for (size_t i = 0; i < sizeof phrases / sizeof *phrases; i++)
        if (strcmp(phrases[i].action, action) == 0)
            return phrases[i].phrase;
    return action;
}

static void write_counts(struct page *p, const char *head, const uint64_t counts[EFFECT_COUNT])
{
    buf_clear(&p->line);
    buf_adds(&p->line, "");
    for (int e = EFFECT_LOST; e >= EFFECT_SAFE; e--)
        if (counts[e] > 0)
            buf_printf(&p->line, "%s%" PRIu64 " %s", p->line.len > 0 ? ", " : "", counts[e],
                       effect_word((enum impact_effect)e));
    if (p->line.len > 0)
        wrapped(p, head, INDENT, p->line.data);
}

/* Who names an alias often means the key behind it. */
static void write_keys(struct page *p)
{
    struct record r;
    for (size_t i = 0; i < p->impact->n_targets; i++) {
        if (!generation_record(p->a->generation, p->impact->targets[i], &r) || r.kind != KIND_ALIAS)
            continue;
        struct value key = record_value(&r, ATTR_ALIAS_KEY);
        if (key.is != VALUE_KNOWN)
            continue;
        buf_clear(&p->line);
        buf_adds(&p->line, "an alias is only a name; of its key: keyfall impact ");
        node_arn(generation_estate(p->a->generation), key.node, &p->line);
        wrapped(p, "   ", 3, p->line.data);
    }
}

static void write_head(struct page *p)
{
    const struct impact *impact = p->impact;
    struct buf title = {0};
    if (impact->n_targets > 1)
        (void)fputs("If all of this happens:\n", p->out);
    for (size_t i = 0; i < impact->n_targets; i++) {
        buf_clear(&title);
        buf_adds(&title, impact->n_targets > 1 ? "" : "If ");
        buf_adds(&title, impact->names ? "a statement of the policy of " : "");
        target_label(p->a->generation, impact->targets[i], &title);
        buf_printf(&title, " %s:", phrase(impact->actions[i]));
        wrapped(p, impact->n_targets > 1 ? "   " : "", 3, title.data);
        buf_clear(&title);
        if (impact->names)
            buf_adds(&title, impact->names[i]);
        else
            node_arn(generation_estate(p->a->generation), impact->targets[i], &title);
        wrapped(p, "     ", 5, title.data);
    }
    buf_free(&title);
    write_keys(p);
    if (impact->n_all > 0)
        (void)fputc('\n', p->out);
    write_counts(p, impact->severity == SEVERITY_NONE ? "" : severity_word(impact->severity), impact->counts);
    buf_clear(&p->line);
    impact_sum(impact, &p->line);
    if (impact->n_all > 0)
        wrapped(p, "these are", INDENT, p->line.data);
    write_counts(p, "already", impact->now_counts);
    if (impact->point_of_no_return != TIME_NONE) {
        buf_clear(&p->line);
        buf_adds(&p->line, "the point of no return is ");
        add_when(&p->line, impact->point_of_no_return, p->a->now_utc);
        wrapped(p, "", INDENT, p->line.data);
    }
}

/* ---- blocks: consequences that differ only in whom they hit ---------------------------------------------- */

static int order_text(const char *a, const char *b)
{
    return a == b ? 0 : strcmp(a ? a : "", b ? b : "");
}

static int order_number(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

static uint32_t cause_of(const struct impact *impact, const struct consequence *c)
{
    return c->because == UINT32_MAX ? 0 : impact->items[c->because].node;
}

/* The flow that stops; NULL. */
static const char *flow_of(const struct impact *impact, const struct consequence *c)
{
    return c->because == UINT32_MAX ? NULL : impact->items[c->because].name;
}

struct block_order {
    const struct impact *impact;
    const struct estate *e;
};

/* Worst first; 0: one block. */
static int order_blocks(const struct block_order *o, uint32_t ia, uint32_t ib)
{
    const struct consequence *a = &o->impact->items[ia], *b = &o->impact->items[ib];
    int orders[] = {
        (int)b->severity - (int)a->severity,
        (int)consequence_worst(b) - (int)consequence_worst(a),
        consequence_order_phases(a, b),
        (int)node_kind(o->e, a->node) - (int)node_kind(o->e, b->node),
        order_text(a->account, b->account),
        order_text(a->region, b->region),
        impact_order_nodes(o->e, cause_of(o->impact, a), cause_of(o->impact, b)),
        order_text(flow_of(o->impact, a), flow_of(o->impact, b)),
        (int)a->edge - (int)b->edge,
        order_text(a->text, b->text),
        order_text(a->evidence, b->evidence),
        order_text(a->remedy, b->remedy),
    };
    for (size_t i = 0; i < sizeof orders / sizeof *orders; i++)
        if (orders[i] != 0)
            return orders[i];
    return 0;
}

static int order_items(const void *a, const void *b, void *ctx)
{
    const struct block_order *o = ctx;
    uint32_t ia = *(const uint32_t *)a, ib = *(const uint32_t *)b;
    int order = order_blocks(o, ia, ib);
    if (order == 0)
        order = impact_order_nodes(o->e, o->impact->items[ia].node, o->impact->items[ib].node);
    return order != 0 ? order : order_number(ia, ib);
}

static void add_phases(struct buf *out, const struct consequence *c, int64_t now_utc)
{
    static const char *const words[] = {[WHEN_ALREADY] = " already", [WHEN_DONE] = " once done"};
    for (int i = 0; i < c->n_phases; i++) {
        const struct impact_phase *phase = &c->phases[i];
        bool is_same = i > 0 && phase->effect == c->phases[0].effect;
        buf_printf(out, "%s%s", i > 0 ? ", " : "", is_same ? "for good" : effect_word(phase->effect));
        if (phase->effect == EFFECT_SAFE)
            continue;
        if (phase->when == WHEN_DATE) {
            buf_adds(out, " from ");
            add_when(out, phase->from_utc, now_utc);
        } else {
            buf_adds(out, words[phase->when]);
        }
    }
}

static void add_place(struct buf *out, const struct consequence *c)
{
    const char *account = c->account ? c->account : "", *region = c->region ? c->region : "";
    if (account[0] || region[0])
        buf_printf(out, " in %s%s%s", account, account[0] && region[0] ? " " : "", region);
}

static void add_names(struct page *p, const uint32_t *items, size_t n, struct buf *out)
{
    size_t i = 0;
    for (; i < n && i < MAX_NAMES && out->len < MAX_NAMES_BYTES; i++) {
        const struct consequence *c = &p->impact->items[items[i]];
        buf_adds(out, i > 0 ? ", " : "");
        if (c->name)
            buf_adds(out, c->name);
        else
            target_name(p->a->generation, c->node, out);
    }
    if (i < n)
        buf_printf(out, " and %zu more", n - i);
}

static void write_member(struct page *p, const char *head, const char *text)
{
    if (text && text[0])
        wrapped(p, head, INDENT, text);
}

static void write_why(struct page *p, const struct consequence *c)
{
    buf_clear(&p->line);
    uint32_t cause = cause_of(p->impact, c);
    const char *flow = flow_of(p->impact, c);
    buf_adds(&p->line, edge_text(c->edge));
    if (flow)
        buf_printf(&p->line, "needs the flow \"%s\"", flow);
    if (cause || (p->line.len > 0 && !flow))
        buf_adds(&p->line, p->line.len > 0 ? ": " : "because of ");
    if (cause)
        target_label(p->a->generation, cause, &p->line);
    else if (p->line.len > 0 && !flow)
        buf_adds(&p->line, p->impact->n_targets > 1 ? "one of the targets" : "the target");
    if (c->evidence && c->evidence[0])
        buf_printf(&p->line, "%s(%s)", p->line.len > 0 ? " " : "", c->evidence);
    write_member(p, "   why", p->line.data);
}

static void write_block(struct page *p, const uint32_t *items, size_t n)
{
    const struct consequence *c = &p->impact->items[items[0]];
    const char head[] = {severity_letter(c->severity), '\0'};
    (void)fputc('\n', p->out);
    buf_clear(&p->line);
    add_phases(&p->line, c, p->a->now_utc);
    buf_printf(&p->line, ": ");
    if (n > 1)
        buf_printf(&p->line, "%zu ", n);
    if (c->name)
        buf_printf(&p->line, "%s%s", c->label, n > 1 ? "s" : "");
    else
        target_kind(node_kind(generation_estate(p->a->generation), c->node), n > 1, &p->line);
    add_place(&p->line, c);
    wrapped(p, head, 3, p->line.data);
    buf_clear(&p->line);
    add_names(p, items, n, &p->line);
    wrapped(p, "   ", 3, p->line.data);
    write_member(p, "   what", c->text);
    write_why(p, c);
    write_member(p, "   remedy", c->remedy);
    write_member(p, "   see", c->source);
}

static void write_blocks(struct page *p)
{
    uint32_t *items = mem_alloc_array(p->impact->n + 1, sizeof *items);
    struct block_order order = {p->impact, generation_estate(p->a->generation)};
    size_t n = 0;
    for (size_t i = 0; i < p->impact->n; i++)
        if (p->impact->items[i].node || p->impact->items[i].name)
            items[n++] = (uint32_t)i;
    qsort_r(items, n, sizeof *items, order_items, &order);
    for (size_t i = 0, end; i < n && !ferror(p->out); i = end) {
        for (end = i + 1; end < n && order_blocks(&order, items[i], items[end]) == 0;)
            end++;
        write_block(p, items + i, end - i);
    }
    if (n == 0)
        (void)fputs("\nNothing that was read hangs on it.\n", p->out);
    if (p->impact->n < p->impact->n_all)
        (void)fprintf(p->out, "\nand %zu more; without --max all are listed\n",
                      p->impact->n_all - p->impact->n);
    mem_free(items);
}

/* ---- the end ------------------------------------------------------------------------------------------ */

static void write_caveats(struct page *p)
{
    if (p->impact->n_caveats > 0)
        (void)fputs("\nMind\n", p->out);
    for (int i = 0; i < p->impact->n_caveats; i++)
        wrapped(p, "   ", 3, p->impact->caveats[i]);
}

static size_t write_unread_lists(struct page *p)
{
    uint32_t *order = impact_order(p->a, p->impact);
    size_t n = 0;
    for (size_t i = 0; i < p->impact->n; i++) {
        const struct consequence *c = &p->impact->items[order[i]];
        if (c->node || c->name)
            continue;
        if (n++ == 0)
            (void)fputs("\nNot read, so more may fall\n", p->out);
        buf_clear(&p->line);
        buf_adds(&p->line, c->text);
        add_place(&p->line, c);
        wrapped(p, "?", 3, p->line.data);
    }
    mem_free(order);
    return n;
}

static void write_unread(struct page *p)
{
    size_t n = write_unread_lists(p);
    if (p->a->is_cut_short)
        (void)fputs("\nReading was cut short: more may fall.\n", p->out);
    else if (n == 0 && p->impact->is_complete)
        (void)fputs("\nEvery list that could hold more was read.\n", p->out);
    else if (n == 0)
        (void)fputs("\nNot everything was read: more may fall.\n", p->out);
}

void impact_write_text(const struct answer *a, const struct impact *impact, FILE *out)
{
    struct page p = {.a = a, .impact = impact, .out = out};
    write_head(&p);
    write_blocks(&p);
    write_caveats(&p);
    write_unread(&p);
    buf_free(&p.line);
}
