#include "backend/base/hash.h"

#include "backend/base/timefmt.h"

#include <string.h>
#include <sys/random.h>
#include <unistd.h>

/* Odd 64-bit constants with as many ones as zeros, from wyhash (public domain). */
#define SECRET_0 0xa0761d6478bd642fu
#define SECRET_1 0xe7037ed1a0b428dbu
#define SECRET_2 0x8ebc6af09c88c6e3u

static uint64_t mix(uint64_t a, uint64_t b)
{
    __extension__ unsigned __int128 product = (unsigned __int128)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static uint64_t read64(const unsigned char *p)
{
    uint64_t v;
    memcpy(&v, p, sizeof v);
    return v;
}

static uint64_t read32(const unsigned char *p)
{
    uint32_t v;
    memcpy(&v, p, sizeof v);
    return v;
}

uint64_t hash_bytes(const void *bytes, size_t len, uint64_t seed)
{
    const unsigned char *p = bytes;
    size_t left = len;
    uint64_t a = 0, b = 0;

    seed ^= SECRET_0;
    for (; left > 16; left -= 16, p += 16)
        seed = mix(read64(p) ^ SECRET_1, read64(p + 8) ^ seed);
    if (left >= 8) {
        a = read64(p);
        b = read64(p + left - 8);
    } else if (left >= 4) {
        a = read32(p);
        b = read32(p + left - 4);
    } else if (left > 0) {
        a = (uint64_t)p[0] << 16 | (uint64_t)p[left / 2] << 8 | p[left - 1];
    }
    return mix(SECRET_1 ^ len, mix(a ^ SECRET_2, b ^ seed));
}

uint64_t hash_seed(void)
{
    uint64_t seed;
    if (getrandom(&seed, sizeof seed, GRND_NONBLOCK) == (ssize_t)sizeof seed)
        return seed;
    /* Early in a boot there may be none; then the addresses and the clock must do. */
    return mix((uint64_t)time_mono_ms() ^ SECRET_0, (uint64_t)(uintptr_t)&seed ^ SECRET_2) ^
           (uint64_t)getpid();
}
