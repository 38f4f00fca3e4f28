/* Clean text is UTF-8 without a byte that moves a cursor, within its limits, and stays as it is. */
#include "backend/base/csv.h"
#include "backend/base/mem.h"
#include "backend/base/text.h"
#include "backend/base/timefmt.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
    if (!holds)
        abort();
}

static void check_clean(const char *text, size_t len, size_t max_bytes, bool ascii)
{
    struct buf once = {0}, twice = {0}, cut = {0};

    text_clean(&once, text, len, max_bytes, ascii);
    must(once.len <= max_bytes && once.len == strlen(once.data));
    must(text_is_utf8(once.data, once.len));
    for (size_t i = 0; i < once.len; i++) {
        unsigned char c = (unsigned char)once.data[i];
        must(c >= 0x20 && c != 0x7f && !(ascii && c > 0x7e));
    }
    text_clean(&twice, once.data, once.len, max_bytes, ascii);
    must(strcmp(once.data, twice.data) == 0);

    int width = text_width(once.data), used;
    must(width >= 0 && (size_t)width <= 2 * once.len);
    must(text_fit(once.data, width, &used) == once.len && used == width);
    for (int room = 0; room < width && room < 40; room++) {
        buf_clear(&cut);
        buf_adds(&cut, "");
        text_shorten(&cut, once.data, room, room % 2, ascii ? "..." : "\xe2\x80\xa6");
        must(text_width(cut.data) <= room && text_is_utf8(cut.data, cut.len));
    }
    buf_free(&once);
    buf_free(&twice);
    buf_free(&cut);
}

static void check_csv(const char *text, size_t len)
{
    char *sheet = NULL;
    size_t sheet_len = 0;
    struct csv_out csv = {.file = open_memstream(&sheet, &sheet_len)};
    must(csv.file != NULL);
    csv_cell_text(&csv, text, len);
    csv_end_row(&csv);
    must(csv_finish(&csv, NULL) == ERR_OK);
    fclose(csv.file);
    must(sheet_len >= 4 && text_is_utf8(sheet, sheet_len));
    must(strchr("=+-@\t\r", sheet[1]) == NULL);
    free(sheet);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    const char *text = (const char *)data + 1;
    size_t len = size - 1, max_bytes = data[0] < 128 ? data[0] : 100000;

    check_clean(text, len, max_bytes, false);
    check_clean(text, len, max_bytes, true);
    check_csv(text, len);

    char *copy = mem_strndup(text, len);
    int64_t utc;
    char shown[TIME_ISO_SIZE];
    if (time_parse_iso(copy, &utc)) {
        int64_t back;
        time_format_iso(utc, shown);
        must(utc < 0 || (time_parse_iso(shown, &back) && back == utc));
    }
    (void)time_parse_http(copy, &utc);
    must(text_contains(text, len, copy) || strlen(copy) > len);
    mem_free(copy);
    return 0;
}
