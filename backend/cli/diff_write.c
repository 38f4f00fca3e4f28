#include "backend/cli/diff.h"

#include "backend/base/version.h"
#include "backend/cli/verb.h"

#include <string.h>

#define SHOWN 20
#define MAX_LINE 400

/* ---- text ------------------------------------------------------------------------------------------- */

static void put_change(FILE *out, const struct diff_change *c, struct buf *line)
{
    buf_printf(line, "   %s %s", c->rule[0] ? c->rule : c->view->name, c->id);
    if (c->account[0] && !strstr(c->id, c->account))
        buf_printf(line, " (%s%s%s)", c->account, c->region[0] ? " " : "", c->region);
    if (c->column[0])
        buf_printf(line, ": %s %s -> %s", c->column, c->was[0] ? c->was : "(none)", c->is[0] ? c->is : "(none)");
    put_line(out, MAX_LINE, line);
}

static void put_kind(const struct diff_report *r, enum diff_kind kind, int64_t max, FILE *out)
{
    struct buf line = {0};
    int64_t n = 0;
    if (r->counts[kind] == 0)
        return;
    buf_printf(&line, "%s %s: %zu", diff_is_worse(kind) ? "!" : " ", diff_word(kind), r->counts[kind]);
    put_line(out, MAX_LINE, &line);
    for (size_t i = 0; i < r->changes.n && n < max; i++)
        if (r->changes.items[i].kind == kind) {
            put_change(out, &r->changes.items[i], &line);
            n++;
        }
    if ((size_t)n < r->counts[kind]) {
        buf_printf(&line, "   and %zu more: --format csv has them all, --max N more of them", r->counts[kind] - (size_t)n);
        put_line(out, MAX_LINE, &line);
    }
    buf_free(&line);
}

static void add_side(struct buf *line, const char *name, int64_t utc)
{
    char iso[TIME_ISO_SIZE];
    time_format_iso(utc, iso);
    buf_printf(line, "%s%s%s", name, iso[0] ? ", " : "", iso);
}

void diff_write_text(const struct diff_report *r, int64_t max, FILE *out)
{
    struct buf line = {0};
    add_side(&line, r->was_name, r->was_utc);
    buf_adds(&line, "  ->  ");
    add_side(&line, r->is_name, r->is_utc);
    put_line(out, MAX_LINE, &line);
    for (int k = 0; k < DIFF_KIND_COUNT; k++)
        put_kind(r, (enum diff_kind)k, max ? max : SHOWN, out);
    buf_adds(&line, r->changes.n == 0 ? "  nothing changed" : r->is_worse ? "! marks what got worse" : "  nothing got worse");
    if (!r->is_whole)
        buf_adds(&line, "; not all could be seen: keyfall export --view blind-spots");
    put_line(out, MAX_LINE, &line);
    buf_free(&line);
}

/* ---- CSV -------------------------------------------------------------------------------------------- */

void diff_write_csv(const struct diff_report *r, int64_t max, FILE *out)
{
    static const char *const head[] = {"change", "worse", "view", "id", "account", "region", "finding", "column", "was", "is"};
    struct csv_out csv = {.file = out};
    struct err ignored = {0};
    (void)max;
    for (size_t i = 0; i < sizeof head / sizeof *head; i++)
        csv_cell_raw(&csv, head[i]);
    csv_end_row(&csv);
    for (size_t i = 0; i < r->changes.n; i++) {
        const struct diff_change *c = &r->changes.items[i];
        const char *texts[] = {c->id, c->account, c->region, c->rule, c->column, c->was, c->is};
        csv_cell_raw(&csv, diff_word(c->kind));
        csv_cell_raw(&csv, diff_is_worse(c->kind) ? "true" : "false");
        csv_cell_raw(&csv, c->view->name);
        for (size_t t = 0; t < sizeof texts / sizeof *texts; t++)
            if (texts[t][0])
                csv_cell_text(&csv, texts[t], strlen(texts[t]));
            else
                csv_cell_absent(&csv);
        csv_end_row(&csv);
    }
    if (csv_finish(&csv, &ignored) != ERR_OK)
        return; /* who closes the file tells */
}

/* ---- JSON ------------------------------------------------------------------------------------------- */

static void add_member(struct buf *out, const char *name, const char *text)
{
    buf_printf(out, ",\"%s\":", name);
    export_json_text(out, text[0] ? text : NULL);
}

static void add_json_side(struct buf *out, const char *side, const char *name, int64_t utc)
{
    buf_printf(out, ",\n\"%s\":{\"name\":", side);
    export_json_text(out, name);
    buf_adds(out, ",\"taken_at\":");
    export_json_time(out, utc);
    buf_addc(out, '}');
}

void diff_write_json(const struct diff_report *r, int64_t max, FILE *out)
{
    struct buf line = {0};
    (void)max;
    buf_adds(&line, "{\"schema\":\"keyfall.diff/1\",\n\"tool\":\"keyfall " KEYFALL_VERSION "\"");
    add_json_side(&line, "was", r->was_name, r->was_utc);
    add_json_side(&line, "is", r->is_name, r->is_utc);
    buf_printf(&line, ",\n\"worse\":%s,\"complete\":%s,\n\"counts\":{", r->is_worse ? "true" : "false",
               r->is_whole ? "true" : "false");
    for (int k = 0; k < DIFF_KIND_COUNT; k++)
        buf_printf(&line, "%s\"%s\":%zu", k > 0 ? "," : "", diff_word((enum diff_kind)k), r->counts[k]);
    buf_adds(&line, "},\n\"rows\":[");
    for (size_t i = 0; i < r->changes.n && !ferror(out); i++) {
        const struct diff_change *c = &r->changes.items[i];
        buf_printf(&line, "%s\n{\"change\":\"%s\",\"worse\":%s,\"view\":\"%s\"", i > 0 ? "," : "", diff_word(c->kind),
                   diff_is_worse(c->kind) ? "true" : "false", c->view->name);
        add_member(&line, "id", c->id);
        add_member(&line, "account", c->account);
        add_member(&line, "region", c->region);
        add_member(&line, "finding", c->rule);
        add_member(&line, "column", c->column);
        add_member(&line, "was", c->was);
        add_member(&line, "is", c->is);
        buf_addc(&line, '}');
        (void)fwrite(line.data, 1, line.len, out);
        buf_clear(&line);
    }
    buf_adds(&line, "\n]}\n");
    (void)fwrite(line.data, 1, line.len, out);
    buf_free(&line);
}
