#include "backend/cli/impact.h"

#include "backend/base/csv.h"
#include "backend/base/text.h"
#include "backend/base/timefmt.h"
#include "backend/base/version.h"
#include "backend/cli/target.h"

#include <inttypes.h>
#include <string.h>

#define NAMED 6 /* of what a key is the only one of, in text */
#define MAX_LINE 600

static const enum impact_effect told[] = {EFFECT_LOST, EFFECT_DOWN, EFFECT_DEGRADED, EFFECT_SAFE, EFFECT_UNKNOWN};
#define N_TOLD (sizeof told / sizeof *told)

static size_t rows_of(const struct answer *a, const struct ranking *r)
{
    return a->options->max > 0 && (size_t)a->options->max < r->n ? (size_t)a->options->max : r->n;
}

static void place_of(const struct answer *a, uint32_t node, char account[16], char region[40])
{
    node_place(generation_estate(a->generation), node, account, region);
}

/* ---- text --------------------------------------------------------------------------------------------- */

static void text_head(const struct key_rank *k, struct buf *line)
{
    size_t n = 0;
    buf_printf(line, "%c  ", severity_letter(k->severity));
    for (size_t i = 0; i < N_TOLD; i++)
        if (k->counts[told[i]])
            buf_printf(line, "%s%" PRIu64 "%s %s", n++ ? ", " : "", k->counts[told[i]],
                       k->is_complete || told[i] == EFFECT_SAFE || told[i] == EFFECT_UNKNOWN ? "" : "+",
                       effect_word(told[i]));
    if (n == 0)
        buf_adds(line, "nothing");
}

static void text_sole(const struct answer *a, const struct ranking *r, const struct key_rank *k, struct buf *line)
{
    buf_printf(line, "   the only key of %u%s: ", k->n_sole, r->sole_is_sure ? "" : ", as far as was seen");
    for (uint32_t i = 0; i < k->n_sole && i < NAMED; i++) {
        buf_adds(line, i ? ", " : "");
        target_label(a->generation, r->sole[k->first_sole + i], line);
    }
    if (k->n_sole > NAMED)
        buf_printf(line, " and %u more", k->n_sole - NAMED);
}

void impact_all_text(const struct answer *a, const struct ranking *r, FILE *out)
{
    struct buf line = {0};
    size_t n = rows_of(a, r);
    buf_printf(&line, "%zu key%s by what each takes down%s: %s", r->n, r->n == 1 ? "" : "s",
               r->is_complete ? "" : ", as far as was seen", r->action);
    put_line(out, MAX_LINE, &line);
    for (size_t i = 0; i < n && !ferror(out); i++) {
        const struct key_rank *k = &r->items[i];
        char account[16], region[40], iso[TIME_ISO_SIZE];
        place_of(a, k->key, account, region);
        text_head(k, &line);
        buf_adds(&line, "  ");
        target_label(a->generation, k->key, &line);
        buf_printf(&line, "  %s %s", account, region);
        if (k->point_of_no_return != TIME_NONE) {
            time_format_iso(k->point_of_no_return, iso);
            buf_printf(&line, "  no way back after %s", iso);
        }
        put_line(out, MAX_LINE, &line);
        if (k->n_sole > 0) {
            text_sole(a, r, k, &line);
            put_line(out, MAX_LINE, &line);
        }
    }
    if (n < r->n)
        (void)fprintf(out, "and %zu more\n", r->n - n);
    buf_free(&line);
}

/* ---- JSON --------------------------------------------------------------------------------------------- */

static void add_id(const struct answer *a, uint32_t node, struct buf *out)
{
    node_arn(generation_estate(a->generation), node, out);
}

static void json_id(const struct answer *a, uint32_t node, struct buf *out)
{
    struct buf arn = {0};
    add_id(a, node, &arn);
    export_json_text(out, arn.data);
    buf_free(&arn);
}

static void json_row(const struct answer *a, const struct ranking *r, const struct key_rank *k, struct buf *b)
{
    char account[16], region[40];
    place_of(a, k->key, account, region);
    buf_adds(b, "{\"id\":");
    json_id(a, k->key, b);
    buf_printf(b, ",\"account\":\"%s\",\"region\":\"%s\",\"severity\":\"%s\",\"complete\":%s,\"counts\":{", account, region,
               severity_word(k->severity), k->is_complete ? "true" : "false");
    for (size_t i = 0; i < N_TOLD; i++)
        buf_printf(b, "%s\"%s\":%" PRIu64, i ? "," : "", effect_word(told[i]), k->counts[told[i]]);
    buf_adds(b, "},\"point_of_no_return\":");
    export_json_time(b, k->point_of_no_return);
    buf_adds(b, ",\"sole_key_of\":[");
    for (uint32_t i = 0; i < k->n_sole; i++) {
        buf_adds(b, i ? "," : "");
        json_id(a, r->sole[k->first_sole + i], b);
    }
    buf_adds(b, "]}");
}

void impact_all_json(const struct answer *a, const struct ranking *r, FILE *out)
{
    struct export_scope scope = options_scope(a->options);
    struct buf b = {0};
    size_t n = rows_of(a, r);
    buf_adds(&b, "{\"schema\":\"keyfall.impact-all/1\",\n\"tool\":\"keyfall " KEYFALL_VERSION "\",\n\"generated_at\":");
    export_json_time(&b, a->now_utc);
    buf_adds(&b, ",\n\"scope\":");
    export_json_scope(&b, &scope);
    buf_printf(&b, ",\n\"action\":\"%s\",\n\"complete\":%s,\n\"sole_is_sure\":%s,\n\"n_keys\":%zu,\n\"rows\":[", r->action,
               r->is_complete && !a->is_cut_short ? "true" : "false", r->sole_is_sure ? "true" : "false", r->n);
    for (size_t i = 0; i < n && !ferror(out); i++) {
        buf_adds(&b, i ? ",\n" : "\n");
        json_row(a, r, &r->items[i], &b);
        (void)fwrite(b.data, 1, b.len, out);
        buf_clear(&b);
    }
    buf_adds(&b, "],\n\"blind_spots\":");
    (void)fwrite(b.data, 1, b.len, out);
    export_write_blind_spots(out, a->judgement);
    (void)fputs("}\n", out);
    buf_free(&b);
}

/* ---- CSV ---------------------------------------------------------------------------------------------- */

static void csv_row(const struct answer *a, const struct ranking *r, const struct key_rank *k, struct csv_out *csv)
{
    char account[16], region[40], text[TIME_ISO_SIZE];
    struct buf b = {0};
    place_of(a, k->key, account, region);
    add_id(a, k->key, &b);
    csv_cell_text(csv, b.data, b.len);
    csv_cell_raw(csv, account);
    csv_cell_raw(csv, region);
    csv_cell_raw(csv, severity_word(k->severity));
    for (size_t i = 0; i < N_TOLD; i++) {
        (void)snprintf(text, sizeof text, "%" PRIu64, k->counts[told[i]]);
        csv_cell_raw(csv, text);
    }
    text[0] = '\0';
    if (k->point_of_no_return != TIME_NONE)
        time_format_iso(k->point_of_no_return, text);
    csv_cell_raw(csv, text);
    buf_clear(&b);
    for (uint32_t i = 0; i < k->n_sole; i++) {
        buf_adds(&b, i ? ";" : "");
        add_id(a, r->sole[k->first_sole + i], &b);
    }
    if (b.len > 0)
        csv_cell_text(csv, b.data, b.len);
    else
        csv_cell_absent(csv);
    csv_end_row(csv);
    buf_free(&b);
}

void impact_all_csv(const struct answer *a, const struct ranking *r, FILE *out)
{
    static const char *const head[] = {"id",   "account",  "region", "severity", "lost",
                                       "down", "degraded", "safe",   "unknown",  "point_of_no_return",
                                       "sole_key_of"};
    struct csv_out csv = {.file = out};
    size_t n = rows_of(a, r);
    for (size_t i = 0; i < sizeof head / sizeof *head; i++)
        csv_cell_raw(&csv, head[i]);
    csv_end_row(&csv);
    for (size_t i = 0; i < n && !ferror(out); i++)
        csv_row(a, r, &r->items[i], &csv);
    buf_free(&csv.scratch);
}
