#include "backend/demo/ids.h"

#include <inttypes.h>
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

void ids_uuid(uint64_t hash, struct buf *out)
{
    uint64_t high = ids_mix(hash), low = ids_mix(high);
    buf_printf(out, "%08" PRIx64 "-%04" PRIx64 "-4%03" PRIx64 "-%04" PRIx64 "-%012" PRIx64,
               high >> 32, high >> 16 & 0xffff, high & 0xfff, 0x8000 | (low >> 48 & 0x3fff),
               low & UINT64_C(0xffffffffffff));
}

void ids_hex(uint64_t hash, struct buf *out)
{
    buf_printf(out, "%016" PRIx64, ids_mix(hash));
}

void ids_hex32(uint64_t hash, struct buf *out)
{
    uint64_t high = ids_mix(hash);
    buf_printf(out, "%016" PRIx64 "%016" PRIx64, high, ids_mix(high));
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
