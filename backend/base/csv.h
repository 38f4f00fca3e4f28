/* csv: RFC 4180 rows out, over libcsv.
 *
 * A cell that a spreadsheet would run (it begins with = + - @ TAB CR or ') gets a leading ' on the
 * way out, which csv_unguard removes: reversible, because a leading ' is guarded too. Numbers that
 * keyfall writes itself are not guarded. Cells are cleaned of invalid UTF-8 and of control
 * characters other than tab, CR and LF. One writer, one thread. */
#ifndef KEYFALL_BASE_CSV_H
#define KEYFALL_BASE_CSV_H

#include "backend/base/err.h"
#include "backend/base/mem.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct csv_out {
    FILE *file; /* not owned */
    bool row_begun;
    struct buf scratch;
};

void csv_cell_text(struct csv_out *csv, const char *s, size_t len);
/* What such a cell holds without its guard: appends s, cleaned. */
void csv_clean(struct buf *out, const char *s, size_t len);
/* Our own words and numbers, never guarded; without quotes unless they need them. */
void csv_cell_raw(struct csv_out *csv, const char *s);
void csv_cell_absent(struct csv_out *csv); /* nothing between the delimiters */
void csv_end_row(struct csv_out *csv);     /* CRLF */
/* Flushes, reports, frees the scratch. */
NODISCARD enum err_code csv_finish(struct csv_out *csv, struct err *err);

/* The text without its guard, if it has one. */
const char *csv_unguard(const char *cell);

/* ---- reading ------------------------------------------------------------------------------------ */

#define CSV_MAX_COLUMNS 256
#define CSV_MAX_BYTES (UINT64_C(1) << 30)
#define CSV_MAX_ROWS 4000000
#define CSV_MAX_CELLS (UINT64_C(1) << 26)

/* A file read whole: all its rows have as many cells as its header. */
struct csv_table {
    struct arena *arena;
    const char **cells;  /* row by row, the header first; guards removed; NUL-terminated */
    size_t n_columns, n_rows; /* without the header */
};
/* Strict: a quote that does not close, a row of another length, a NUL are errors that name the row (ERR_PARSE); more than
 * the limits is ERR_LIMIT. *out is the caller's (csv_table_free) in any case. */
NODISCARD enum err_code csv_read(FILE *in, struct csv_table *out, struct err *err);
void csv_table_free(struct csv_table *t);
/* SIZE_MAX: there is none of that name. */
size_t csv_column(const struct csv_table *t, const char *name);
static inline const char *csv_at(const struct csv_table *t, size_t row, size_t column)
{
    return t->cells[(row + 1) * t->n_columns + column];
}

#endif
