/* SARIF 2.1.0: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html. What could not be proved is a
 * result of the kind "open", a blind spot a notification. */
#include "backend/cli/check.h"

#include "backend/base/version.h"

#include <stdlib.h>
#include <string.h>

#define SCHEMA "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"

static const char *level_of(enum severity s)
{
    return s >= SEVERITY_HIGH ? "error" : s == SEVERITY_MEDIUM ? "warning" : "note";
}

static void add_text(struct buf *b, const char *member, const char *text)
{
    buf_printf(b, "\"%s\":", member);
    export_json_text(b, text);
}

/* {"text": ...}, as SARIF has every message. */
static void add_message(struct buf *b, const char *member, const char *text)
{
    buf_printf(b, "\"%s\":{", member);
    add_text(b, "text", text);
    buf_addc(b, '}');
}

/* ---- rules ---------------------------------------------------------------------------------------------- */

static void add_tags(struct buf *b, const char *controls)
{
    buf_adds(b, "\"properties\":{\"tags\":[");
    for (const char *p = controls; *p;) {
        size_t len = strcspn(p, ";");
        char *tag = mem_strndup(p, len);
        if (p > controls)
            buf_addc(b, ',');
        export_json_text(b, tag);
        mem_free(tag);
        p += len + (p[len] == ';');
    }
    buf_adds(b, "]}");
}

static void add_rule(struct buf *b, const struct finding_row *rule)
{
    char *uri = mem_printf("https://%s", rule->page);
    buf_addc(b, '{');
    add_text(b, "id", rule->id);
    buf_addc(b, ',');
    add_text(b, "name", rule->slug);
    buf_addc(b, ',');
    add_message(b, "shortDescription", rule->title);
    buf_addc(b, ',');
    add_message(b, "fullDescription", rule->why);
    buf_addc(b, ',');
    add_message(b, "help", rule->remedy);
    buf_addc(b, ',');
    add_text(b, "helpUri", uri);
    buf_printf(b, ",\"defaultConfiguration\":{\"level\":\"%s\"},", level_of(rule->severity));
    add_tags(b, rule->controls);
    buf_addc(b, '}');
    mem_free(uri);
}

static void write_tool(struct buf *b)
{
    size_t n;
    const struct finding_row *rules = finding_rows(&n);
    buf_adds(b, "\"tool\":{\"driver\":{\"name\":\"keyfall\",\"version\":\"" KEYFALL_VERSION "\",\"rules\":[");
    for (size_t i = 0; i < n; i++) {
        buf_adds(b, i > 0 ? ",\n" : "\n");
        add_rule(b, &rules[i]);
    }
    buf_adds(b, "]}}");
}

/* ---- what was not seen ------------------------------------------------------------------------------------ */

static void add_notification(struct buf *b, const struct blind_spot *spot)
{
    char *text = mem_printf("not seen: %s, in %s%s%s (%s %s)", spot->hides,
                            spot->account[0] ? spot->account : "the estate", spot->region[0] ? " " : "",
                            spot->region, spot->operation, spot->error[0] ? spot->error : truth_text(spot->truth));
    buf_adds(b, "{\"level\":\"warning\",\"descriptor\":{\"id\":\"blind-spot\"},");
    add_message(b, "message", text);
    buf_addc(b, '}');
    mem_free(text);
}

/* That one ended, or covers nothing: nobody would look for it. */
static void add_suppression_notes(const struct answer *a, struct buf *b, bool is_first)
{
    size_t n;
    const struct suppression *s = judgement_suppressions(a->judgement, &n);
    for (size_t i = 0; i < n; i++) {
        if (s[i].state == SUPPRESSION_HOLDS)
            continue;
        struct buf text = {0};
        check_suppression_text(&s[i], &text);
        buf_adds(b, is_first ? "\n" : ",\n");
        buf_adds(b, "{\"level\":\"note\",\"descriptor\":{\"id\":\"suppression\"},");
        add_message(b, "message", text.data);
        buf_addc(b, '}');
        buf_free(&text);
        is_first = false;
    }
}

static void write_invocation(const struct answer *a, const struct check *c, struct buf *b)
{
    size_t n;
    const struct blind_spot *spots = judgement_blind_spots(a->judgement, &n);
    buf_printf(b, "\"invocations\":[{\"executionSuccessful\":true,\"exitCode\":%d,\"endTimeUtc\":", c->status);
    export_json_time(b, a->now_utc);
    buf_adds(b, ",\"toolExecutionNotifications\":[");
    for (size_t i = 0; i < n; i++) {
        buf_adds(b, i > 0 ? ",\n" : "\n");
        add_notification(b, &spots[i]);
    }
    add_suppression_notes(a, b, n == 0);
    buf_adds(b, "]}]");
}

/* ---- results ------------------------------------------------------------------------------------------------ */

/* An ARN is a URI once the characters that a URI has no room for are written in hexadecimal. */
static char *uri_of(const char *id)
{
    static const char kept[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~:/@!$&'()*+,;=";
    struct buf out = {0};
    for (const char *at = id; *at; at++)
        if (strchr(kept, *at))
            buf_addc(&out, *at);
        else
            buf_printf(&out, "%%%02X", (unsigned)(unsigned char)*at);
    return buf_take(&out);
}

static void add_location(struct buf *b, const char *id)
{
    char *uri = uri_of(id);
    buf_adds(b, "\"locations\":[{\"physicalLocation\":{\"artifactLocation\":{");
    add_text(b, "uri", uri);
    buf_adds(b, "}},\"logicalLocations\":[{\"kind\":\"resource\",");
    add_text(b, "fullyQualifiedName", id);
    buf_adds(b, "}]}]");
    mem_free(uri);
}

/* All results have the member where one has: SARIF 2.1.0, 3.27.23. */
static void add_suppression(struct buf *b, const struct suppression_settings *s)
{
    buf_adds(b, "\"suppressions\":[");
    if (s) {
        buf_adds(b, "{\"kind\":\"external\",\"status\":\"accepted\",");
        add_text(b, "justification", s->reason);
        buf_adds(b, ",\"properties\":{");
        add_text(b, "owner", s->owner);
        buf_addc(b, ',');
        add_text(b, "until", s->until);
        buf_adds(b, "}}");
    }
    buf_adds(b, "],");
}

static void add_result(const struct answer *a, struct buf *b, const struct finding *f, size_t rule_index)
{
    bool is_open = !f->is_unproved;
    struct buf id = {0};
    node_arn(generation_estate(a->generation), f->node, &id);
    char *text = mem_printf("%s%s%s", f->rule->title, f->reason[0] ? ": " : "", f->reason);
    char *print = mem_printf("%s %s", f->rule->id, id.data);
    buf_addc(b, '{');
    add_text(b, "ruleId", f->rule->id);
    buf_printf(b, ",\"ruleIndex\":%zu,\"kind\":\"%s\",\"level\":\"%s\",", rule_index, is_open ? "fail" : "open",
               is_open ? level_of(f->severity) : "none");
    add_message(b, "message", text);
    buf_addc(b, ',');
    add_location(b, id.data);
    buf_addc(b, ',');
    add_suppression(b, f->suppression);
    buf_adds(b, "\"partialFingerprints\":{");
    add_text(b, "finding/v1", print);
    buf_printf(b, "},\"properties\":{\"severity\":\"%s\",\"effects\":%u}}", severity_word(f->severity),
               f->n_effects);
    mem_free(print);
    mem_free(text);
    buf_free(&id);
}

static void flush(struct buf *b, FILE *out)
{
    (void)fwrite(b->data, 1, b->len, out);
    buf_clear(b);
}

void check_write_sarif(const struct answer *a, const struct check *c, FILE *out)
{
    size_t n_rules;
    const struct finding_row *rules = finding_rows(&n_rules);
    struct buf b = {0};
    buf_adds(&b, "{\"$schema\":\"" SCHEMA "\",\n\"version\":\"2.1.0\",\n\"runs\":[{");
    write_tool(&b);
    buf_adds(&b, ",\n");
    write_invocation(a, c, &b);
    buf_adds(&b, ",\n\"results\":[");
    for (size_t i = 0; i < c->n && !ferror(out); i++) {
        buf_adds(&b, i > 0 ? ",\n" : "\n");
        add_result(a, &b, c->items[i], (size_t)(c->items[i]->rule - rules));
        flush(&b, out);
    }
    buf_adds(&b, "\n]}]}\n");
    flush(&b, out);
    buf_free(&b);
}
