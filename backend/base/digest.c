#include "backend/base/digest.h"

#include <openssl/evp.h>

#include <stdio.h>

static bool digest_two(const void *first, size_t first_len, const void *second, size_t second_len,
                       unsigned char out[DIGEST_BYTES])
{
    EVP_MD_CTX *sha = EVP_MD_CTX_new();
    bool is_good = sha && EVP_DigestInit_ex(sha, EVP_sha256(), NULL) == 1
                   && (first_len == 0 || EVP_DigestUpdate(sha, first, first_len) == 1)
                   && (second_len == 0 || EVP_DigestUpdate(sha, second, second_len) == 1)
                   && EVP_DigestFinal_ex(sha, out, NULL) == 1;
    EVP_MD_CTX_free(sha);
    return is_good;
}

bool digest_of(const void *bytes, size_t len, unsigned char out[DIGEST_BYTES])
{
    return digest_two(NULL, 0, bytes, len, out);
}

bool digest_chain(const unsigned char before[DIGEST_BYTES], const void *bytes, size_t len,
                  unsigned char out[DIGEST_BYTES])
{
    return digest_two(before, DIGEST_BYTES, bytes, len, out);
}

void digest_hex(const unsigned char digest[DIGEST_BYTES], char out[DIGEST_HEX_SIZE])
{
    for (size_t i = 0; i < DIGEST_BYTES; i++)
        (void)snprintf(out + 2 * i, 3, "%02x", digest[i]);
}
