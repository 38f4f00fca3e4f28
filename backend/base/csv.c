#include "backend/base/csv.h"

#include "backend/base/utf8.h"

#include <csv.h>
#include <errno.h>
#include <stdint.h>
#include <string.h>

#define GUARD '\''

/* What makes a spreadsheet run a cell; the guard itself is one of them, so that it can be removed.
 */
static bool needs_guard(const char *s, size_t len)
{
    return len > 0 && s[0] != '\0' && strchr("=+-@\t\r'", s[0]) != NULL;
}

static bool is_clean(uint32_t point)
{
    return point == '\t' || point == '\n' || point == '\r' ||
           !(point < 0x20 || point == 0x7f || (point >= 0x80 && point < 0xa0));
}

/* The length of the run that needs no cleaning. */
static size_t clean_run(const char *s, size_t len)
{
    size_t at = 0;
    for (;;) {
        uint32_t point;
        at += utf8_plain_run(s + at, len - at);
        size_t n = utf8_decode(s + at, len - at, &point);
        if (n == 0 || !is_clean(point))
            return at;
        at += n;
    }
}

static void begin_cell(struct csv_out *csv)
{
    if (csv->row_begun)
        putc_unlocked(',', csv->file);
    csv->row_begun = true;
}

/* libcsv puts the quotes; it may double every byte. */
static void write_quoted(struct csv_out *csv, const char *s, size_t len)
{
    char room[1024];
    if (len <= (sizeof room - 2) / 2) {
        size_t n = csv_write(room, sizeof room, s, len);
        fwrite_unlocked(room, 1, n, csv->file);
    } else {
        csv_fwrite(csv->file, s, len);
    }
}

void csv_clean(struct buf *out, const char *s, size_t len)
{
    size_t at = 0;
    for (;;) {
        size_t run = clean_run(s + at, len - at);
        buf_add(out, s + at, run);
        at += run;
        if (at == len)
            return;
        uint32_t point;
        size_t n = utf8_decode(s + at, len - at, &point);
        buf_adds(out, "\xef\xbf\xbd");
        at += n == 0 ? 1 : n;
    }
}

void csv_cell_text(struct csv_out *csv, const char *s, size_t len)
{
    begin_cell(csv);
    bool is_guarded = needs_guard(s, len);
    if (!is_guarded && clean_run(s, len) == len) {
        write_quoted(csv, s, len);
        return;
    }

    buf_clear(&csv->scratch);
    if (is_guarded)
        buf_addc(&csv->scratch, GUARD);
    csv_clean(&csv->scratch, s, len);
    write_quoted(csv, csv->scratch.data, csv->scratch.len);
}

void csv_cell_raw(struct csv_out *csv, const char *s)
{
    begin_cell(csv);
    if (s[0] == '\0' || strpbrk(s, ",\"\r\n") != NULL)
        write_quoted(csv, s, strlen(s));
    else
        fputs_unlocked(s, csv->file);
}

void csv_cell_absent(struct csv_out *csv)
{
    begin_cell(csv);
}

void csv_end_row(struct csv_out *csv)
{
    fwrite_unlocked("\r\n", 1, 2, csv->file);
    csv->row_begun = false;
}

enum err_code csv_finish(struct csv_out *csv, struct err *err)
{
    buf_free(&csv->scratch);
    errno = 0;
    /* A write that failed earlier left its mark on the stream, but not its errno. */
    if (fflush(csv->file) == 0 && !ferror(csv->file))
        return ERR_OK;
    return err_set(err, ERR_IO, "writing CSV: %s", errno != 0 ? strerror(errno) : "write failed");
}

const char *csv_unguard(const char *cell)
{
    return cell[0] == GUARD && needs_guard(cell + 1, strlen(cell + 1)) ? cell + 1 : cell;
}
