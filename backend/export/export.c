#include "backend/export/export.h"

#include "backend/base/csv.h"
#include "backend/base/json.h"
#include "backend/base/timefmt.h"

#include <inttypes.h>
#include <string.h>

/* ---- columns ------------------------------------------------------------------------------------------ */

/* Exported columns go by their own names only: what the filter also understands is no header. */
static int column_named(const struct view *view, const char *name, size_t len)
{
    for (size_t i = 0; i < view->n_columns; i++)
        if (strlen(view->columns[i].name) == len && memcmp(view->columns[i].name, name, len) == 0)
            return (int)i;
    return -1;
}

static enum err_code unknown_column(const struct view *view, const char *name, size_t len,
                                    struct err *err)
{
    struct buf known = {0};
    for (size_t i = 0; i < view->n_columns; i++)
        buf_printf(&known, "%s%s", i > 0 ? ", " : "", view->columns[i].name);
    enum err_code code = err_set(err, ERR_USAGE, "the view %s has no column \"%.*s\"; it has %s",
                                 view->name, (int)(len < 64 ? len : 64), name, known.data);
    buf_free(&known);
    return code;
}

enum err_code export_columns(const struct view *view, const char *names, int **columns, size_t *n,
                             struct err *err)
{
    VEC(int) found = {0};
    for (const char *at = names;; at++) {
        size_t len = strcspn(at, ",");
        int column = column_named(view, at, len);
        if (column < 0) {
            VEC_FREE(found);
            return unknown_column(view, at, len, err);
        }
        VEC_PUSH(found, column);
        at += len;
        if (*at == '\0')
            break;
    }
    *columns = found.items;
    *n = found.n;
    return ERR_OK;
}

/* ---- rows --------------------------------------------------------------------------------------------- */

struct writer {
    const struct export_request *request;
    const struct view_context *context;
    FILE *out;
    struct csv_out csv;
    struct buf line; /* of JSON; a cell's text for CSV */
    size_t n_columns, n_written;
};

static int column_at(const struct writer *w, size_t i)
{
    return w->request->columns ? w->request->columns[i] : (int)i;
}

static const char *column_name(const struct writer *w, size_t i)
{
    return w->request->view->columns[column_at(w, i)].name;
}

static void csv_cell(struct writer *w, const struct cell *cell)
{
    if (cell->is == CELL_ABSENT) {
        csv_cell_absent(&w->csv);
        return;
    }
    if (cell->is == CELL_KNOWN && cell->type == CELL_TEXT && !cell->node) {
        csv_cell_text(&w->csv, cell->text, cell->len);
        return;
    }
    buf_clear(&w->line);
    buf_adds(&w->line, "");
    cell_format(w->context, cell, &w->line);
    if (cell->is == CELL_KNOWN && (cell->type == CELL_LIST || cell->type == CELL_TEXT))
        csv_cell_text(&w->csv, w->line.data, w->line.len);
    else
        csv_cell_raw(&w->csv, w->line.data);
}

static void csv_head(struct writer *w)
{
    for (size_t i = 0; i < w->n_columns; i++)
        csv_cell_raw(&w->csv, column_name(w, i));
    csv_end_row(&w->csv);
}

static void csv_row(struct writer *w, const struct view_row *row)
{
    for (size_t i = 0; i < w->n_columns; i++) {
        struct cell cell = {0};
        view_cell(w->context, w->request->view, row, column_at(w, i), &cell);
        csv_cell(w, &cell);
    }
    csv_end_row(&w->csv);
}

static void json_list(struct writer *w, const struct cell *cell)
{
    size_t n;
    const char **items = cell_items(w->context, cell, &n);
    buf_addc(&w->line, '[');
    for (size_t i = 0; i < n; i++) {
        if (i > 0)
            buf_addc(&w->line, ',');
        json_add_string(&w->line, items[i], strlen(items[i]));
    }
    buf_addc(&w->line, ']');
}

/* What has no form of its own in JSON is the text that CSV has. */
static void json_formatted(struct writer *w, const struct cell *cell)
{
    struct buf text = {0};
    buf_adds(&text, "");
    cell_format(w->context, cell, &text);
    json_add_string(&w->line, text.data, text.len);
    buf_free(&text);
}

static void json_text(struct writer *w, const struct cell *cell)
{
    size_t len;
    const char *text = cell_text(w->context, cell, &len);
    json_add_string(&w->line, text, len);
}

static void json_number(struct writer *w, const struct cell *cell)
{
    buf_printf(&w->line, "%" PRId64, cell->number);
}

static void json_bool(struct writer *w, const struct cell *cell)
{
    buf_adds(&w->line, cell->number ? "true" : "false");
}

static void json_cell(struct writer *w, const struct cell *cell)
{
    static void (*const known[])(struct writer *, const struct cell *) = {
        [CELL_TEXT] = json_text, [CELL_NUMBER] = json_number,  [CELL_BOOL] = json_bool,
        [CELL_LIST] = json_list, [CELL_TIME] = json_formatted, [CELL_SEVERITY] = json_formatted,
    };
    if (cell->is == CELL_ABSENT)
        buf_adds(&w->line, "null");
    else if (cell->is == CELL_UNKNOWN)
        buf_adds(&w->line, "\"?\"");
    else
        known[cell->type](w, cell);
}

static void json_head(struct writer *w)
{
    const struct export_request *r = w->request;
    struct buf *b = &w->line;
    const struct judgement *j = w->context->judgement;
    size_t n_blind = 1;
    if (j)
        (void)judgement_blind_spots(j, &n_blind);
    buf_printf(b, "{\"schema\":\"keyfall.%s/1\",\n\"tool\":", r->view->name);
    export_json_text(b, r->tool);
    buf_adds(b, ",\n\"generated_at\":");
    export_json_time(b, w->context->now_utc);
    buf_adds(b, ",\n\"scope\":");
    export_json_scope(b, r->scope);
    buf_adds(b, ",\n\"filter\":");
    export_json_text(b, r->filter);
    buf_printf(b, ",\n\"complete\":%s,\n\"blind_spots\":",
               n_blind == 0 && !r->is_cut_short ? "true" : "false");
    (void)fwrite(b->data, 1, b->len, w->out);
    export_write_blind_spots(w->out, j);
    (void)fputs(",\n\"rows\":[", w->out);
}

static void json_row(struct writer *w, const struct view_row *row)
{
    buf_clear(&w->line);
    buf_adds(&w->line, w->n_written > 0 ? ",\n{" : "\n{");
    for (size_t i = 0; i < w->n_columns; i++) {
        struct cell cell = {0};
        view_cell(w->context, w->request->view, row, column_at(w, i), &cell);
        buf_adds(&w->line, i > 0 ? ",\"" : "\"");
        buf_adds(&w->line, column_name(w, i));
        buf_adds(&w->line, "\":");
        json_cell(w, &cell);
    }
    buf_addc(&w->line, '}');
    (void)fwrite(w->line.data, 1, w->line.len, w->out);
}

static void json_tail(struct writer *w)
{
    (void)fputs(w->n_written > 0 ? "\n]}\n" : "]}\n", w->out);
}

static void csv_tail(struct writer *w)
{
    (void)w;
}

static const struct {
    void (*head)(struct writer *w);
    void (*row)(struct writer *w, const struct view_row *row);
    void (*tail)(struct writer *w);
} formats[] = {
    [EXPORT_CSV] = {csv_head, csv_row, csv_tail},
    [EXPORT_JSON] = {json_head, json_row, json_tail},
};

enum err_code export_rows(enum export_format format, const struct export_request *request,
                          const struct view_context *context, const struct selection *selection,
                          FILE *out, struct err *err)
{
    struct writer w = {.request = request, .context = context, .out = out, .csv = {.file = out}};
    w.n_columns = request->columns ? request->n_columns : request->view->n_columns;
    /* Items of another generation would be rows left out without a word. */
    if (selection->generation != generation_number(context->generation))
        return err_set(err, ERR_CANCELLED, "the rows were chosen from another state of the estate");
    formats[format].head(&w);
    for (size_t i = 0; i < selection->n && !ferror(out); i++) {
        struct view_row row;
        if (view_row(context, request->view, selection->items[i], &row)) {
            formats[format].row(&w, &row);
            w.n_written++;
        }
        arena_reset(context->scratch);
    }
    formats[format].tail(&w);
    enum err_code code = csv_finish(&w.csv, err);
    if (code != ERR_OK && export_reader_is_gone(out))
        code = ERR_OK;
    buf_free(&w.line);
    return code;
}
