#include "backend/base/bytes.h"

#include "backend/base/timefmt.h"

#include <string.h>

#define MIN_TIME (-INT64_C(62135596800))
#define MAX_TIME INT64_C(253402300799)
#define MORE 0x80u
#define BITS 7
#define LAST_SHIFT 63 /* of the tenth byte, which holds one bit */

void bytes_add_number(struct buf *out, uint64_t number)
{
    for (; number >= MORE; number >>= BITS)
        buf_addc(out, (char)(unsigned char)(number | MORE));
    buf_addc(out, (char)number);
}

void bytes_add_signed(struct buf *out, int64_t number)
{
    bytes_add_number(out, (uint64_t)number << 1 ^ (number < 0 ? UINT64_MAX : 0));
}

void bytes_add_text(struct buf *out, const char *text, size_t len)
{
    bytes_add_number(out, len);
    buf_add(out, text, len);
}

struct bytes_in bytes_in(const char *bytes, size_t len)
{
    const char *at = bytes ? bytes : "";
    return (struct bytes_in){.at = at, .end = at + len};
}

size_t bytes_left(const struct bytes_in *in)
{
    return (size_t)(in->end - in->at);
}

unsigned char bytes_one(struct bytes_in *in)
{
    if (in->at == in->end)
        in->is_bad = true;
    return in->is_bad ? 0 : (unsigned char)*in->at++;
}

uint64_t bytes_number(struct bytes_in *in)
{
    uint64_t number = 0;
    for (int shift = 0; shift <= LAST_SHIFT; shift += BITS) {
        unsigned char byte = bytes_one(in);
        bool is_too_large = shift == LAST_SHIFT && byte > 1;
        bool is_too_long = shift > 0 && byte == 0;
        if (in->is_bad || is_too_large || is_too_long)
            break;
        number |= (uint64_t)(byte & ~MORE) << shift;
        if (!(byte & MORE))
            return number;
    }
    in->is_bad = true;
    return 0;
}

int64_t bytes_signed(struct bytes_in *in)
{
    uint64_t folded = bytes_number(in);
    return (int64_t)(folded >> 1 ^ (folded & 1 ? UINT64_MAX : 0));
}

int64_t bytes_time(struct bytes_in *in)
{
    int64_t utc = bytes_signed(in);
    if (utc != TIME_NONE && (utc < MIN_TIME || utc > MAX_TIME))
        in->is_bad = true;
    return in->is_bad ? TIME_NONE : utc;
}

uint32_t bytes_below(struct bytes_in *in, uint32_t limit)
{
    uint64_t number = bytes_number(in);
    if (number >= limit)
        in->is_bad = true;
    return in->is_bad ? 0 : (uint32_t)number;
}

const char *bytes_take(struct bytes_in *in, size_t len)
{
    if (len > bytes_left(in))
        in->is_bad = true;
    if (in->is_bad)
        return "";
    const char *at = in->at;
    in->at += len;
    return at;
}

const char *bytes_text(struct bytes_in *in, size_t *len)
{
    uint64_t n = bytes_number(in);
    *len = 0;
    if (n > bytes_left(in))
        in->is_bad = true;
    if (in->is_bad)
        return "";
    *len = (size_t)n;
    return bytes_take(in, (size_t)n);
}
