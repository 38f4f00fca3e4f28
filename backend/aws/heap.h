/* heap: who goes next. A binary heap of nodes that sit inside the caller's own structs, so that any
 * of them can be moved or taken out in O(log n). Smallest key first; equal keys go by tie. Owns its
 * array only, never the nodes. One thread. */
#ifndef KEYFALL_AWS_HEAP_H
#define KEYFALL_AWS_HEAP_H

#include <stddef.h>
#include <stdint.h>

struct heap_node {
    int64_t key;
    uint64_t tie;
    size_t at; /* place in the heap, from 1; 0: in none */
};

struct heap {
    struct heap_node **items;
    size_t n, cap;
};

void heap_push(struct heap *h, struct heap_node *node);
void heap_remove(struct heap *h, struct heap_node *node); /* nothing happens if it is in no heap */
void heap_moved(struct heap *h, struct heap_node *node);  /* its key or tie was changed */
struct heap_node *heap_top(const struct heap *h);         /* NULL if empty */
void heap_free(struct heap *h);

#endif
