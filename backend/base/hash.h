/* hash: a fast 64-bit hash of bytes for tables in memory.
 *
 * Not for anything that is stored or sent: with a seed of the process (hash_seed) no one outside
 * can make keys that collide. Pure but for hash_seed; any thread. */
#ifndef KEYFALL_BASE_HASH_H
#define KEYFALL_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

uint64_t hash_bytes(const void *bytes, size_t len, uint64_t seed);

/* A random number. */
uint64_t hash_seed(void);

#endif
