#include "backend/base/text.h"

#include "backend/base/swar.h"
#include "backend/base/utf8.h"

#include <stdint.h>
#include <string.h>

#define MAX_MARKS 2 /* combining marks that stay on one base */

bool text_is_utf8(const char *s, size_t len)
{
    size_t at = 0;
    while (at < len) {
        uint32_t point;
        size_t n = utf8_decode(s + at, len - at, &point);
        if (n == 0)
            return false;
        at += n;
    }
    return true;
}

/* What a hostile character becomes; *n_marks counts the marks on the current base. 0: dropped. */
static uint32_t cleaned(uint32_t point, int *n_marks, bool has_base)
{
    switch (utf8_class_of(point)) {
    case UTF8_COMBINING:
        if (!has_base)
            return UTF8_REPLACEMENT;
        return ++*n_marks <= MAX_MARKS ? point : 0;
    case UTF8_NARROW:
    case UTF8_WIDE:
        *n_marks = 0;
        return point;
    case UTF8_CONTROL:
        *n_marks = 0;
        return point == '\t' || point == '\n' ? ' ' : UTF8_REPLACEMENT;
    case UTF8_FORMAT:
    case UTF8_UNASSIGNED:
        break;
    }
    *n_marks = 0;
    return UTF8_REPLACEMENT;
}

void text_clean(struct buf *out, const char *s, size_t len, size_t max_bytes, bool ascii)
{
    size_t at = 0, written = 0;
    int n_marks = 0;

    buf_add(out, "", 0); /* even nothing is a string */
    while (at < len) {
        size_t run = utf8_plain_run(s + at, len - at);
        if (run > max_bytes - written)
            run = max_bytes - written;
        if (run > 0) {
            buf_add(out, s + at, run);
            at += run;
            written += run;
            n_marks = 0;
            continue;
        }

        uint32_t point = UTF8_REPLACEMENT;
        size_t n = utf8_decode(s + at, len - at, &point);
        if (n == 1 && point == '\r' && at + 1 < len && s[at + 1] == '\n') {
            at++; /* one line end, one space */
            continue;
        }
        at += n == 0 ? 1 : n;
        point = n == 0 ? UTF8_REPLACEMENT : cleaned(point, &n_marks, written > 0);
        if (point == 0)
            continue;

        char bytes[4];
        size_t n_bytes = utf8_encode(ascii && point > 0x7e ? '?' : point, bytes);
        if (n_bytes > max_bytes - written)
            return;
        buf_add(out, bytes, n_bytes);
        written += n_bytes;
    }
}

/* The cells of the character that s begins with, and its length. A stray byte takes one cell. */
static size_t step(const char *s, size_t len, int *cells)
{
    uint32_t point;
    size_t n = utf8_decode(s, len, &point);
    if (n == 0) {
        *cells = 1;
        return 1;
    }
    enum utf8_class class = n == 1 ? UTF8_NARROW : utf8_class_of(point);
    *cells = class == UTF8_WIDE ? 2 : class == UTF8_COMBINING ? 0 : 1;
    return n;
}

int text_width(const char *clean)
{
    size_t len = strlen(clean), at = 0;
    int width = 0, cells;
    while (at < len) {
        at += step(clean + at, len - at, &cells);
        width += cells;
    }
    return width;
}

size_t text_fit(const char *clean, int width, int *used)
{
    size_t len = strlen(clean), at = 0;
    int total = 0, cells;
    while (at < len) {
        size_t n = step(clean + at, len - at, &cells);
        if (total + cells > width)
            break;
        total += cells;
        at += n;
    }
    if (used != NULL)
        *used = total;
    return at;
}

/* Where the longest suffix of at most width cells begins; never with a mark that lost its base. */
static size_t suffix_start(const char *clean, int total, int width)
{
    size_t len = strlen(clean), at = 0;
    int cells;
    while (at < len) {
        size_t n = step(clean + at, len - at, &cells);
        if (total <= width && cells > 0)
            break;
        total -= cells;
        at += n;
    }
    return at;
}

void text_shorten(struct buf *out, const char *clean, int width, bool middle, const char *ellipsis)
{
    int total = text_width(clean);
    if (total <= width) {
        buf_adds(out, clean);
        return;
    }
    int room = width - text_width(ellipsis);
    if (room < 0) {
        buf_add(out, ellipsis, text_fit(ellipsis, width, NULL));
        return;
    }
    int tail = middle ? room / 2 : 0;
    buf_add(out, clean, text_fit(clean, room - tail, NULL));
    buf_adds(out, ellipsis);
    if (tail > 0)
        buf_adds(out, clean + suffix_start(clean, total, tail));
}

static unsigned char lower(char c)
{
    return (unsigned char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
}

static bool same_letters(const char *a, const char *b, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (lower(a[i]) != lower(b[i]))
            return false;
    return true;
}

static unsigned char upper(unsigned char small)
{
    return (unsigned char)(small >= 'a' && small <= 'z' ? small - ('a' - 'A') : small);
}

/* Bytes that are c in either case; c is lower case. */
static uint64_t is_letter(const char *s, unsigned char c)
{
    uint64_t v = swar_load(s);
    return swar_is(v, c) | swar_is(v, upper(c));
}

bool text_contains(const char *haystack, size_t len, const char *needle)
{
    size_t n = strlen(needle);
    if (n == 0)
        return true;
    if (n > len)
        return false;

    /* Few places have both the first and the last byte right; only there is all of it compared. */
    unsigned char first = lower(needle[0]), last = lower(needle[n - 1]);
    size_t n_starts = len - n + 1, at = 0;
    for (; n_starts - at >= sizeof(uint64_t); at += sizeof(uint64_t)) {
        if ((is_letter(haystack + at, first) & is_letter(haystack + at + n - 1, last)) == 0)
            continue;
        for (size_t i = at; i < at + sizeof(uint64_t); i++)
            if (lower(haystack[i]) == first && same_letters(haystack + i, needle, n))
                return true;
    }
    for (; at < n_starts; at++)
        if (lower(haystack[at]) == first && same_letters(haystack + at, needle, n))
            return true;
    return false;
}
