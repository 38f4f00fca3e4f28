/* rename: words become other words, the same ones everywhere.
 *
 * A letter becomes another letter and a digit another digit, by a secret and by what stands before it in the word: so
 * words that differ stay different, words that begin alike still do, hexadecimal stays hexadecimal, and a pattern
 * matches what it matched. What a letter became tells nothing about another word's letters behind a different
 * beginning. Lengths stay, and who knows many of the words can tell some of them: it hides names, it is no cipher.
 * Pure but for rename_secret; any thread. */
#ifndef KEYFALL_REDACT_RENAME_H
#define KEYFALL_REDACT_RENAME_H

#include "backend/base/err.h"
#include "backend/base/mem.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rename {
    uint64_t key[2];
};

/* A secret that nobody has seen and nobody keeps. */
NODISCARD enum err_code rename_secret(struct rename *out, struct err *err);
/* Appends what a word of ASCII letters and digits becomes. */
void rename_word(const struct rename *r, const char *word, size_t len, struct buf *out);
/* Appends what a character beyond ASCII (or a byte that is none) becomes: letters. */
void rename_point(const struct rename *r, uint32_t point, struct buf *out);
/* What a number from 0 to 255 becomes behind a number of others (of an IP address). */
unsigned rename_octet(const struct rename *r, const unsigned char *before, size_t n, unsigned octet);

#endif
