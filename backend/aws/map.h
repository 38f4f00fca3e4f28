/* map: pointers to things, found by a hash of their key. Owns its arrays only. Things are never
 * taken out one by one: map_keep drops those that are no longer wanted. One thread. */
#ifndef KEYFALL_AWS_MAP_H
#define KEYFALL_AWS_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct map {
    void **items; /* NULL: free place */
    uint64_t *hashes;
    size_t n, cap;
};

typedef bool map_test(const void *item, const void *key);

void *map_find(const struct map *m, uint64_t hash, map_test *is_it,
               const void *key); /* NULL: not there */
void map_add(struct map *m, uint64_t hash, void *item);
/* Forgets the items for which keep says no; keep frees them itself. */
void map_keep(struct map *m, bool (*keep)(void *ctx, void *item), void *ctx);
void map_each(const struct map *m, void (*visit)(void *ctx, void *item), void *ctx);
void map_free(struct map *m);

#endif
