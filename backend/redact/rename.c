#include "backend/redact/rename.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

/* ---- SipHash-2-4, a keyed hash that tells nothing of its key (https://www.aumasson.jp/siphash/siphash.pdf) ---------- */

static uint64_t rotated(uint64_t x, int by)
{
    return x << by | x >> (64 - by);
}

static void sip_round(uint64_t v[4])
{
    v[0] += v[1], v[2] += v[3];
    v[1] = rotated(v[1], 13) ^ v[0], v[3] = rotated(v[3], 16) ^ v[2];
    v[0] = rotated(v[0], 32);
    v[2] += v[1], v[0] += v[3];
    v[1] = rotated(v[1], 17) ^ v[2], v[3] = rotated(v[3], 21) ^ v[0];
    v[2] = rotated(v[2], 32);
}

static void sip_take(uint64_t v[4], uint64_t word)
{
    v[3] ^= word;
    sip_round(v), sip_round(v);
    v[0] ^= word;
}

static uint64_t sip(const struct rename *r, const void *bytes, size_t len)
{
    const unsigned char *p = bytes;
    uint64_t v[4] = {r->key[0] ^ 0x736f6d6570736575u, r->key[1] ^ 0x646f72616e646f6du, r->key[0] ^ 0x6c7967656e657261u,
                     r->key[1] ^ 0x7465646279746573u};
    uint64_t last = (uint64_t)len << 56, word;
    for (; len >= 8; len -= 8, p += 8) {
        word = 0;
        for (int i = 0; i < 8; i++)
            word |= (uint64_t)p[i] << 8 * i;
        sip_take(v, word);
    }
    for (size_t i = 0; i < len; i++)
        last |= (uint64_t)p[i] << 8 * i;
    sip_take(v, last);
    v[2] ^= 0xff;
    for (int i = 0; i < 4; i++)
        sip_round(v);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

enum err_code rename_secret(struct rename *out, struct err *err)
{
    ssize_t n = getrandom(out->key, sizeof out->key, 0);
    return n == (ssize_t)sizeof out->key ? ERR_OK
                                         : err_set(err, ERR_IO, "the kernel gives no random numbers: %s", strerror(errno));
}

/* ---- words -------------------------------------------------------------------------------------------------- */

/* Letters become letters of the same row: what is hexadecimal stays so. */
static const char *const alphabets[] = {"0123456789", "abcdef", "ghijklmnopqrstuvwxyz"};

/* A way through all n letters that leaves none where it was (Sattolo's), drawn from random: 64 bits hold more than
 * enough of them for twenty letters. */
static char shuffled(const char *alphabet, char letter, uint64_t random)
{
    char to[32];
    size_t n = strlen(alphabet);
    memcpy(to, alphabet, n);
    for (size_t i = n - 1; i > 0; i--) {
        size_t with = random % i;
        random /= i;
        char kept = to[i];
        to[i] = to[with];
        to[with] = kept;
    }
    return to[strchr(alphabet, letter) - alphabet];
}

static bool is_upper(char c)
{
    return c >= 'A' && c <= 'Z';
}

static char lower(char c)
{
    return is_upper(c) ? (char)(c - 'A' + 'a') : c;
}

void rename_word(const struct rename *r, const char *word, size_t len, struct buf *out)
{
    uint64_t before[2] = {0, 0}; /* what the letters before came to, and the last of them */
    for (size_t i = 0; i < len; i++) {
        char c = lower(word[i]), to = c;
        before[0] = sip(r, before, sizeof before);
        before[1] = (uint64_t)(unsigned char)c;
        for (size_t a = 0; a < sizeof alphabets / sizeof *alphabets; a++)
            if (strchr(alphabets[a], c))
                to = shuffled(alphabets[a], c, before[0]);
        buf_addc(out, is_upper(word[i]) ? (char)(to - 'a' + 'A') : to);
    }
}

void rename_point(const struct rename *r, uint32_t point, struct buf *out)
{
    uint64_t random = sip(r, &point, sizeof point);
    for (int i = 0; i < 4; i++, random /= 20)
        buf_addc(out, alphabets[2][random % 20]);
}

unsigned rename_octet(const struct rename *r, const unsigned char *before, size_t n, unsigned octet)
{
    return (octet + 1 + sip(r, before, n) % 255) % 256;
}
