#include "backend/base/utf8.h"

#include "backend/base/swar.h"
#include "backend/base/utf8_ranges.h"

size_t utf8_plain_run(const char *s, size_t len)
{
    size_t n = 0;
    while (len - n >= sizeof(uint64_t) && swar_not_plain(swar_load(s + n)) == 0)
        n += sizeof(uint64_t);
    while (n < len && s[n] >= 0x20 && s[n] < 0x7f)
        n++;
    return n;
}

size_t utf8_decode(const char *s, size_t len, uint32_t *point)
{
    const unsigned char *p = (const unsigned char *)s;
    if (len == 0)
        return 0;
    if (p[0] < 0x80) {
        *point = p[0];
        return 1;
    }

    /* The least value of each length refuses overlong forms. */
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t n = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : p[0] >= 0xc0 ? 2 : 0;
    if (n == 0 || p[0] > 0xf4 || n > len)
        return 0;
    uint32_t value = p[0] & (0x7fu >> n);
    for (size_t i = 1; i < n; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return 0;
        value = value << 6 | (p[i] & 0x3fu);
    }
    if (value < least[n] || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff))
        return 0;
    *point = value;
    return n;
}

size_t utf8_encode(uint32_t point, char out[4])
{
    if (point < 0x80) {
        out[0] = (char)point;
        return 1;
    }
    size_t n = point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    for (size_t i = n - 1; i > 0; i--) {
        out[i] = (char)(0x80 | (point & 0x3f));
        point >>= 6;
    }
    static const unsigned char lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
    out[0] = (char)(lead[n] | point);
    return n;
}

enum utf8_class utf8_class_of(uint32_t point)
{
    if (point >= 0x20 && point < 0x7f)
        return UTF8_NARROW;
    size_t low = 0, high = utf8_n_ranges;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (point > utf8_ranges[middle].last)
            low = middle + 1;
        else
            high = middle;
    }
    if (low < utf8_n_ranges && point >= utf8_ranges[low].first)
        return (enum utf8_class)utf8_ranges[low].class;
    return UTF8_UNASSIGNED;
}
