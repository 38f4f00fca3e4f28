#include "backend/base/csv.h"

#include <csv.h>
#include <string.h>

struct reading {
    struct csv_table *table;
    VEC(const char *) cells;
    size_t n_in_row, n_rows; /* rows that ended, the header included */
    bool is_bad;             /* a row of another length, a NUL */
    bool is_large;
};

static void take_cell(void *text, size_t len, void *ctx)
{
    struct reading *r = ctx;
    char *cell = arena_strndup(r->table->arena, text ? text : "", len);
    r->is_bad |= strlen(cell) != len || ++r->n_in_row > CSV_MAX_COLUMNS;
    VEC_PUSH(r->cells, csv_unguard(cell));
}

static void end_row(int end, void *ctx)
{
    struct reading *r = ctx;
    (void)end;
    if (r->n_rows == 0)
        r->table->n_columns = r->n_in_row;
    r->is_bad |= r->n_in_row != r->table->n_columns;
    r->n_rows += !r->is_bad;
    r->is_large |= r->n_rows > CSV_MAX_ROWS || r->cells.n > CSV_MAX_CELLS;
    r->n_in_row = 0;
}

static int keep_blanks(unsigned char c)
{
    (void)c;
    return 0;
}

/* A byte order mark is not a part of the first name. */
static size_t skip_mark(const char *bytes, size_t n)
{
    return n >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
}

static bool read_all(FILE *in, struct csv_parser *parser, struct reading *r)
{
    char bytes[65536];
    uint64_t total = 0;
    size_t n;
    while ((n = fread(bytes, 1, sizeof bytes, in)) > 0) {
        size_t skip = total == 0 ? skip_mark(bytes, n) : 0;
        total += n;
        r->is_large |= total > CSV_MAX_BYTES;
        if (r->is_large || csv_parse(parser, bytes + skip, n - skip, take_cell, end_row, r) != n - skip || r->is_bad)
            return false;
    }
    return !ferror(in) && csv_fini(parser, take_cell, end_row, r) == 0 && !r->is_bad && r->n_rows > 0;
}

enum err_code csv_read(FILE *in, struct csv_table *out, struct err *err)
{
    struct csv_parser parser;
    struct reading r = {.table = out};
    *out = (struct csv_table){.arena = arena_new()};
    if (csv_init(&parser, CSV_STRICT | CSV_STRICT_FINI | CSV_APPEND_NULL) != 0)
        return err_set(err, ERR_LIMIT, "libcsv does not start");
    csv_set_space_func(&parser, keep_blanks);
    bool is_good = read_all(in, &parser, &r);
    csv_free(&parser);
    out->cells = r.cells.items;
    out->n_rows = is_good ? r.n_rows - 1 : 0;
    if (is_good)
        return ERR_OK;
    if (r.is_large)
        return err_set(err, ERR_LIMIT, "it is larger than any sheet of keyfall's");
    return err_set(err, ERR_PARSE, "row %zu of it is no CSV of %zu columns", r.n_rows + 1, out->n_columns);
}

void csv_table_free(struct csv_table *t)
{
    mem_free(t->cells);
    arena_free(t->arena);
    *t = (struct csv_table){0};
}

size_t csv_column(const struct csv_table *t, const char *name)
{
    for (size_t i = 0; i < t->n_columns; i++)
        if (strcmp(t->cells[i], name) == 0)
            return i;
    return SIZE_MAX;
}
