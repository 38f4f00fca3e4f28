#include "backend/cli/check.h"

#include "backend/base/version.h"

#include <inttypes.h>
#include <string.h>

static void add_counts(struct buf *out, const char *name, const uint32_t counts[SEVERITY_COUNT])
{
    buf_printf(out, ",\n\"%s\":{", name);
    for (int s = SEVERITY_CRITICAL; s > SEVERITY_NONE; s--)
        buf_printf(out, "%s\"%s\":%u", s < SEVERITY_CRITICAL ? "," : "", severity_word((enum severity)s),
                   counts[s]);
    buf_addc(out, '}');
}

static void add_member(struct buf *out, const char *name, const char *text)
{
    buf_printf(out, ",\"%s\":", name);
    export_json_text(out, text && text[0] ? text : NULL);
}

static void add_node(const struct answer *a, struct buf *out, uint32_t node)
{
    struct buf arn = {0};
    if (node)
        node_arn(generation_estate(a->generation), node, &arn);
    export_json_text(out, node ? arn.data : NULL);
    buf_free(&arn);
}

static void add_place(const struct answer *a, struct buf *out, uint32_t node)
{
    struct record r;
    char account[16], region[40];
    bool has_record = generation_record(a->generation, node, &r);
    if (!has_record)
        node_place(generation_estate(a->generation), node, account, region);
    add_member(out, "account", has_record ? record_account(&r) : account);
    add_member(out, "region", has_record ? record_region(&r) : region);
}

static void add_texts(struct buf *b, const char *name, const struct texts *texts)
{
    buf_printf(b, ",\"%s\":[", name);
    for (size_t i = 0; i < texts->n; i++) {
        buf_adds(b, i > 0 ? "," : "");
        export_json_text(b, texts->items[i]);
    }
    buf_addc(b, ']');
}

static void add_suppressions(const struct answer *a, struct buf *b)
{
    size_t n;
    const struct suppression *s = judgement_suppressions(a->judgement, &n);
    buf_adds(b, ",\n\"suppressions\":[");
    for (size_t i = 0; i < n; i++) {
        buf_adds(b, i > 0 ? ",\n{\"name\":" : "\n{\"name\":");
        export_json_text(b, s[i].said->name);
        add_texts(b, "findings", &s[i].said->findings);
        add_texts(b, "records", &s[i].said->records);
        add_member(b, "reason", s[i].said->reason);
        add_member(b, "owner", s[i].said->owner);
        add_member(b, "until", s[i].said->until);
        add_member(b, "state", suppression_state_word(s[i].state));
        buf_printf(b, ",\"count\":%u}", s[i].n);
    }
    buf_addc(b, ']');
}

static void add_finding(const struct answer *a, struct buf *b, const struct finding *f)
{
    buf_adds(b, "{\"id\":");
    add_node(a, b, f->node);
    add_place(a, b, f->node);
    add_member(b, "finding", f->rule->id);
    add_member(b, "title", f->rule->title);
    add_member(b, "severity", severity_word(f->severity));
    add_member(b, "state", finding_state_word(f->state));
    buf_adds(b, ",\"cause\":");
    add_node(a, b, f->cause);
    add_member(b, "reason", f->reason);
    add_member(b, "remedy", f->rule->remedy);
    add_member(b, "source", f->rule->page);
    buf_adds(b, ",\"facts_at\":");
    export_json_time(b, f->facts_at);
    buf_printf(b, ",\"effects\":%u", f->n_effects);
    add_member(b, "suppressed_by", f->suppression ? f->suppression->name : NULL);
    buf_addc(b, '}');
}

void check_write_json(const struct answer *a, const struct check *c, FILE *out)
{
    struct buf b = {0};
    struct export_scope scope = options_scope(a->options);
    bool is_complete = c->n_blind == 0 && !a->is_cut_short;
    buf_adds(&b, "{\"schema\":\"keyfall.check/1\",\n\"tool\":\"keyfall " KEYFALL_VERSION
                 "\",\n\"generated_at\":");
    export_json_time(&b, a->now_utc);
    buf_adds(&b, ",\n\"scope\":");
    export_json_scope(&b, &scope);
    buf_printf(&b, ",\n\"fail_on\":\"%s\",\n\"bad\":%s,\n\"complete\":%s", severity_word(c->fail_on),
               c->status == CLI_BAD ? "true" : "false", is_complete ? "true" : "false");
    add_counts(&b, "counts", c->open);
    add_counts(&b, "unknown", c->unknown);
    buf_printf(&b, ",\n\"suppressed\":%zu,\n\"effects\":%zu,\n\"things_to_do\":%zu",
               c->n_suppressed, c->n_effects, c->n_lines);
    add_suppressions(a, &b);
    buf_adds(&b, ",\n\"blind_spots\":");
    (void)fwrite(b.data, 1, b.len, out);
    export_write_blind_spots(out, a->judgement);
    (void)fputs(",\n\"findings\":[", out);
    for (size_t i = 0; i < c->n && !ferror(out); i++) {
        buf_clear(&b);
        buf_adds(&b, i > 0 ? ",\n" : "\n");
        add_finding(a, &b, c->items[i]);
        (void)fwrite(b.data, 1, b.len, out);
    }
    (void)fputs(c->n > 0 ? "\n]}\n" : "]}\n", out);
    buf_free(&b);
}
