/* utf8: one character at a time, and what it does to a line of cells.
 *
 * No locale: the answers are the same on every machine. Pure, any thread. */
#ifndef KEYFALL_BASE_UTF8_H
#define KEYFALL_BASE_UTF8_H

#include <stddef.h>
#include <stdint.h>

#define UTF8_REPLACEMENT 0xfffdu

enum utf8_class {
    UTF8_UNASSIGNED, /* private use and surrogates too: no terminal agrees on their width */
    UTF8_CONTROL,    /* C0, DEL, C1 */
    UTF8_FORMAT,     /* Cf, line and paragraph separators: seen by nobody, felt by the line */
    UTF8_COMBINING,  /* no cell of its own */
    UTF8_NARROW,
    UTF8_WIDE,
};

/* The length of the run of printable ASCII (0x20 to 0x7e) that s begins with. */
size_t utf8_plain_run(const char *s, size_t len);

/* The length of the character that s begins with, 0 if its bytes are not UTF-8 or len is 0. */
size_t utf8_decode(const char *s, size_t len, uint32_t *point);

/* Writes the 1 to 4 bytes of a valid code point and returns their number. */
size_t utf8_encode(uint32_t point, char out[4]);

enum utf8_class utf8_class_of(uint32_t point);

#endif
