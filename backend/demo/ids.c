#include "backend/demo/ids.h"

#include <string.h>

/* FNV-1a, then splitmix64's last step: short texts that differ little must differ everywhere. */
uint64_t ids_hash(uint64_t hash, const char *text)
{
    for (const unsigned char *at = (const unsigned char *)text; *at; at++)
        hash = (hash ^ *at) * UINT64_C(0x100000001b3);
    return (hash ^ '/') * UINT64_C(0x100000001b3);
}

uint64_t ids_mix(uint64_t hash)
{
    hash += UINT64_C(0x9e3779b97f4a7c15);
    hash = (hash ^ (hash >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    hash = (hash ^ (hash >> 27)) * UINT64_C(0x94d049bb133111eb);
    return hash ^ (hash >> 31);
}

/* The last digits of a number; a book has so many that printf would be a tenth of reading it. */
static void add_digits(uint64_t number, int n, struct buf *out)
{
    while (n-- > 0)
        buf_addc(out, "0123456789abcdef"[number >> (4 * n) & 15]);
}

void ids_uuid(uint64_t hash, struct buf *out)
{
    uint64_t high = ids_mix(hash), low = ids_mix(high);
    add_digits(high >> 32, 8, out);
    buf_addc(out, '-');
    add_digits(high >> 16, 4, out);
    buf_adds(out, "-4");
    add_digits(high, 3, out);
    buf_addc(out, '-');
    add_digits(0x8000 | (low >> 48 & 0x3fff), 4, out);
    buf_addc(out, '-');
    add_digits(low, 12, out);
}

void ids_hex(uint64_t hash, struct buf *out)
{
    add_digits(ids_mix(hash), 16, out);
}

void ids_hex32(uint64_t hash, struct buf *out)
{
    uint64_t high = ids_mix(hash);
    add_digits(high, 16, out);
    add_digits(ids_mix(high), 16, out);
}

static void add_letters(uint64_t hash, const char *alphabet, int n, struct buf *out)
{
    size_t size = strlen(alphabet);
    for (int i = 0; i < n; i++) {
        hash = ids_mix(hash);
        buf_addc(out, alphabet[(hash >> 7) % size]);
    }
}

void ids_caps(uint64_t hash, struct buf *out)
{
    add_letters(hash, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 17, out);
}

void ids_word(uint64_t hash, struct buf *out)
{
    add_letters(hash, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", 48, out);
}
