#include "backend/cli/check.h"

#include "backend/base/version.h"
#include "backend/cli/wrap.h"

#include <stdlib.h>
#include <string.h>

#define INDENT 11

static int by_id(const void *a, const void *b)
{
    return strcmp((*(const struct finding_row *const *)a)->id, (*(const struct finding_row *const *)b)->id);
}

/* The caller's. */
static const struct finding_row **sorted_rules(size_t *n)
{
    const struct finding_row *rows = finding_rows(n), **sorted = mem_alloc_array(*n + 1, sizeof *sorted);
    for (size_t i = 0; i < *n; i++)
        sorted[i] = &rows[i];
    qsort(sorted, *n, sizeof *sorted, by_id);
    return sorted;
}

static bool has_rule(const char *id)
{
    size_t n;
    const struct finding_row *rows = finding_rows(&n);
    for (size_t i = 0; i < n; i++)
        if (strcmp(rows[i].id, id) == 0)
            return true;
    return false;
}

/* Those that are still left: begin with NULL. */
static const struct rule_left *next_left(const struct rule_left *last, bool is_part)
{
    size_t n;
    const struct rule_left *rows = rules_left(&n);
    for (const struct rule_left *r = last ? last + 1 : rows; r < rows + n; r++)
        if (r->is_part == is_part && has_rule(r->id) == is_part)
            return r;
    return NULL;
}

/* ---- text --------------------------------------------------------------------------------------------- */

static void write_rule(const struct finding_row *r, bool is_ascii, FILE *out)
{
    char head[32];
    struct buf line = {0};
    (void)snprintf(head, sizeof head, "%-9.9s%c", r->id, severity_letter(r->severity));
    buf_printf(&line, "%s.", r->title);
    if (r->controls[0])
        buf_printf(&line, " Controls: %s.", r->controls);
    wrap_write(out, head, INDENT, line.data, is_ascii);
    (void)fprintf(out, "%*shttps://%s\n", INDENT, "", r->page);
    buf_free(&line);
}

static void write_left(const char *title, bool is_part, bool is_ascii, FILE *out)
{
    struct buf line = {0};
    (void)fprintf(out, "\n%s\n", title);
    for (const struct rule_left *r = NULL; (r = next_left(r, is_part));) {
        buf_clear(&line);
        buf_printf(&line, "%s: %s", r->what, r->why);
        wrap_write(out, r->id, INDENT, line.data, is_ascii);
    }
    buf_free(&line);
}

void check_rules_text(bool is_ascii, FILE *out)
{
    size_t n;
    const struct finding_row **rules = sorted_rules(&n);
    (void)fprintf(out, "%zu rules. A rule may find something worse or less bad than its letter.\n\n", n);
    for (size_t i = 0; i < n; i++)
        write_rule(rules[i], is_ascii, out);
    write_left("Judged in part:", true, is_ascii, out);
    write_left("Not judged:", false, is_ascii, out);
    mem_free(rules);
}

/* ---- JSON --------------------------------------------------------------------------------------------- */

static void add_text(struct buf *out, const char *name, const char *text)
{
    buf_printf(out, "%s\"%s\":", out->data[out->len - 1] == '{' ? "" : ",", name);
    export_json_text(out, text);
}

static void add_controls(struct buf *out, const char *controls)
{
    buf_adds(out, ",\"controls\":[");
    for (const char *p = controls; *p;) {
        size_t len = strcspn(p, ";");
        char *one = mem_strndup(p, len);
        if (p != controls)
            buf_addc(out, ',');
        export_json_text(out, one);
        mem_free(one);
        p += len + (p[len] == ';');
    }
    buf_addc(out, ']');
}

static void add_rule(struct buf *out, const struct finding_row *r)
{
    buf_addc(out, '{');
    add_text(out, "finding", r->id);
    add_text(out, "slug", r->slug);
    add_text(out, "severity", severity_word(r->severity));
    add_text(out, "title", r->title);
    add_text(out, "why", r->why);
    add_text(out, "remedy", r->remedy);
    add_controls(out, r->controls);
    add_text(out, "source", r->page);
    buf_addc(out, '}');
}

static void add_left(struct buf *out, const char *name, bool is_part)
{
    bool is_first = true;
    buf_printf(out, ",\n\"%s\":[", name);
    for (const struct rule_left *r = NULL; (r = next_left(r, is_part)); is_first = false) {
        buf_adds(out, is_first ? "\n{" : ",\n{");
        add_text(out, "finding", r->id);
        add_text(out, "what", r->what);
        add_text(out, "reason", r->why);
        buf_addc(out, '}');
    }
    buf_addc(out, ']');
}

void check_rules_json(FILE *out)
{
    size_t n;
    struct buf b = {0};
    const struct finding_row **rules = sorted_rules(&n);
    buf_adds(&b, "{\"schema\":\"keyfall.rules/1\",\n\"tool\":\"keyfall " KEYFALL_VERSION "\",\n\"rules\":[");
    for (size_t i = 0; i < n; i++) {
        buf_adds(&b, i > 0 ? ",\n" : "\n");
        add_rule(&b, rules[i]);
    }
    buf_addc(&b, ']');
    add_left(&b, "in_part", true);
    add_left(&b, "not_judged", false);
    buf_adds(&b, "}\n");
    (void)fwrite(b.data, 1, b.len, out);
    buf_free(&b);
    mem_free(rules);
}
