/* swar: eight bytes at once in one word. A test gives 0x80 in each byte that passes it; bytes above
 * the first that passes may be wrong, so a caller that needs all of them looks again at each. */
#ifndef KEYFALL_BASE_SWAR_H
#define KEYFALL_BASE_SWAR_H

#include <stdint.h>
#include <string.h>

#define SWAR_ONES 0x0101010101010101u
#define SWAR_HIGH 0x8080808080808080u

static inline uint64_t swar_load(const char *s)
{
    uint64_t v;
    memcpy(&v, s, sizeof v);
    return v;
}

/* Bytes that are c. */
static inline uint64_t swar_is(uint64_t v, unsigned char c)
{
    uint64_t x = v ^ SWAR_ONES * c;
    return (x - SWAR_ONES) & ~x & SWAR_HIGH;
}

/* Bytes outside 0x20 to 0x7e. */
static inline uint64_t swar_not_plain(uint64_t v)
{
    return ((v - SWAR_ONES * 0x20) & ~v & SWAR_HIGH) | (v & SWAR_HIGH) | swar_is(v, 0x7f);
}

#endif
