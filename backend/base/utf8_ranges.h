/* utf8_ranges: the classes of all assigned characters, in ascending order. */
#ifndef KEYFALL_BASE_UTF8_RANGES_H
#define KEYFALL_BASE_UTF8_RANGES_H

#include <stddef.h>
#include <stdint.h>

struct utf8_range {
    uint32_t first, last;
    uint8_t class; /* enum utf8_class */
};

extern const struct utf8_range utf8_ranges[];
extern const size_t utf8_n_ranges;

#endif
