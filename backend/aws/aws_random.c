#include "backend/aws/aws_internal.h"

#include <openssl/rand.h>

#include <stdlib.h>
#include <string.h>

/* From a pool: a generator of random bytes costs as much for 16 as for 4096. */
void aws_random_bytes(struct aws *aws, void *out, size_t n)
{
    if (aws->random_at + n > sizeof aws->random) {
        /* ids and jitter need no secrecy, so a generator that fails is no reason to stop */
        if (RAND_bytes(aws->random, (int)sizeof aws->random) != 1)
            for (size_t i = 0; i < sizeof aws->random; i++)
                aws->random[i] = (unsigned char)random();
        aws->random_at = 0;
    }
    memcpy(out, aws->random + aws->random_at, n);
    aws->random_at += n;
}

double aws_random_fraction(struct aws *aws)
{
    uint32_t bits;
    aws_random_bytes(aws, &bits, sizeof bits);
    return (double)bits / 4294967296.0;
}
