/* text: what comes from AWS is hostile; here it becomes clean for a screen or a file.
 *
 * Pure, any thread. Widths are terminal cells, lengths are bytes. The model keeps the original. */
#ifndef KEYFALL_BASE_TEXT_H
#define KEYFALL_BASE_TEXT_H

#include "backend/base/mem.h"

#include <stdbool.h>
#include <stddef.h>

bool text_is_utf8(const char *s, size_t len);

/* Appends s as one clean line of UTF-8: control characters (C0, DEL, C1), bidi and other format
 * characters (Cf), line separators, unassigned and private characters, and invalid bytes each
 * become U+FFFD (tab, newline, CR LF: one space); at most 2 combining marks stay on a base, and one
 * without a base becomes U+FFFD. At most max_bytes are written, cut between characters. ascii:
 * everything above 0x7e becomes '?'. */
void text_clean(struct buf *out, const char *s, size_t len, size_t max_bytes, bool ascii);

/* Cells that clean text takes. Wide characters are 2, combining 0. */
int text_width(const char *clean);
/* Bytes of the longest prefix of clean text that fits in width cells; *used gets its cells. */
size_t text_fit(const char *clean, int width, int *used);
/* Shortens clean text to width cells with an ellipsis. middle: keeps both ends (ARNs). */
void text_shorten(struct buf *out, const char *clean, int width, bool middle, const char *ellipsis);

/* Case-insensitive (ASCII) substring search in hostile text. */
bool text_contains(const char *haystack, size_t len, const char *needle);

#endif
