/* nodemap: a hash table from a node to a 32-bit value, for walks. Zero-initialise; nodemap_free. One thread. */
#ifndef KEYFALL_JUDGE_NODEMAP_H
#define KEYFALL_JUDGE_NODEMAP_H

#include <stdbool.h>
#include <stdint.h>

struct nodemap {
    uint32_t *cells; /* node, value, node, value ...; node 0: free */
    uint32_t n, mask;
};

/* True if the node was not there; else the old value stays. node must not be 0. */
bool nodemap_add(struct nodemap *m, uint32_t node, uint32_t value);
/* NULL if it is not there. */
uint32_t *nodemap_at(const struct nodemap *m, uint32_t node);
/* Each of them, in no order: *at begins as 0. False: no more. */
bool nodemap_next(const struct nodemap *m, uint32_t *at, uint32_t *node, uint32_t *value);
void nodemap_free(struct nodemap *m);

#endif
