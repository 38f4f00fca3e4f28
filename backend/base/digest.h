/* digest: SHA-256 of bytes, over libcrypto. Pure, any thread. Lengths are bytes. */
#ifndef KEYFALL_BASE_DIGEST_H
#define KEYFALL_BASE_DIGEST_H

#include <stdbool.h>
#include <stddef.h>

#define DIGEST_BYTES 32
#define DIGEST_HEX_SIZE (2 * DIGEST_BYTES + 1)

/* False if the library gives no SHA-256 (a FIPS provider that is broken, memory). */
bool digest_of(const void *bytes, size_t len, unsigned char out[DIGEST_BYTES]);
/* Of what `before` stands for and these bytes: a chain, in which each depends on all that came before. */
bool digest_chain(const unsigned char before[DIGEST_BYTES], const void *bytes, size_t len,
                  unsigned char out[DIGEST_BYTES]);
void digest_hex(const unsigned char digest[DIGEST_BYTES], char out[DIGEST_HEX_SIZE]);

#endif
