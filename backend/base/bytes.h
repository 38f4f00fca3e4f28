/* bytes: numbers and texts as few bytes as they need, and back, for files and databases of our own.
 *
 * A number takes 7 bits a byte, the lowest first; a signed one is folded so that small ones of either sign are
 * short; a text is its length and its bytes. Each has one spelling only. Reading is for hostile bytes: what does
 * not fit makes the reader bad, which it stays, and gives 0 or ""; ask once at the end. Pure, any thread. */
#ifndef KEYFALL_BASE_BYTES_H
#define KEYFALL_BASE_BYTES_H

#include "backend/base/mem.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

void bytes_add_number(struct buf *out, uint64_t number);
void bytes_add_signed(struct buf *out, int64_t number);
void bytes_add_text(struct buf *out, const char *text, size_t len);

struct bytes_in {
    const char *at, *end;
    bool is_bad;
};
struct bytes_in bytes_in(const char *bytes, size_t len);
size_t bytes_left(const struct bytes_in *in);
unsigned char bytes_one(struct bytes_in *in);
uint64_t bytes_number(struct bytes_in *in);
int64_t bytes_signed(struct bytes_in *in);
/* UTC seconds of the years 1 to 9999: what is done with them cannot overflow; or TIME_NONE. */
int64_t bytes_time(struct bytes_in *in);
/* A number below a limit. */
uint32_t bytes_below(struct bytes_in *in, uint32_t limit);
/* Points into what is read; not NUL-terminated. Never NULL. */
const char *bytes_text(struct bytes_in *in, size_t *len);
const char *bytes_take(struct bytes_in *in, size_t len);

#endif
