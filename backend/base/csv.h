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
#include <stdio.h>

struct csv_out {
    FILE *file; /* not owned */
    bool row_begun;
    struct buf scratch;
};

void csv_cell_text(struct csv_out *csv, const char *s, size_t len);
/* Our own words and numbers, never guarded; without quotes unless they need them. */
void csv_cell_raw(struct csv_out *csv, const char *s);
void csv_cell_absent(struct csv_out *csv); /* nothing between the delimiters */
void csv_end_row(struct csv_out *csv);     /* CRLF */
/* Flushes, reports, frees the scratch. */
NODISCARD enum err_code csv_finish(struct csv_out *csv, struct err *err);

/* The text without its guard, if it has one. */
const char *csv_unguard(const char *cell);

#endif
