/* since: when things were first seen, by the hash of what they are called: 24 bytes each, so that a million fit.
 * Private to store/; one thread at a time. */
#ifndef KEYFALL_STORE_SINCE_H
#define KEYFALL_STORE_SINCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct since {
    uint64_t name; /* since_name; 0: free */
    int64_t at, id; /* UTC seconds; a row of the file, 0: none */
};
struct since_map {
    struct since *items; /* open addressing */
    size_t n, mask;
};
/* Of words; NULL-ended. The seed is the process's, so that nobody outside can make names that collide. */
uint64_t since_name(uint64_t seed, const char *word, ...) __attribute__((sentinel));
void since_put(struct since_map *m, struct since s); /* in the place of one of that name */
const struct since *since_get(const struct since_map *m, uint64_t name); /* NULL */
void since_free(struct since_map *m);

#endif
