#include "backend/aws/heap.h"

#include "backend/base/mem.h"

#include <stdbool.h>

static bool before(const struct heap_node *a, const struct heap_node *b)
{
    return a->key != b->key ? a->key < b->key : a->tie < b->tie;
}

static void place(struct heap *h, struct heap_node *node, size_t at)
{
    h->items[at - 1] = node;
    node->at = at;
}

static size_t sift_up(struct heap *h, struct heap_node *node, size_t at)
{
    while (at > 1 && before(node, h->items[at / 2 - 1])) {
        place(h, h->items[at / 2 - 1], at);
        at /= 2;
    }
    place(h, node, at);
    return at;
}

static void sift_down(struct heap *h, struct heap_node *node, size_t at)
{
    for (;;) {
        size_t child = at * 2;
        if (child > h->n)
            break;
        if (child < h->n && before(h->items[child], h->items[child - 1]))
            child++;
        if (!before(h->items[child - 1], node))
            break;
        place(h, h->items[child - 1], at);
        at = child;
    }
    place(h, node, at);
}

void heap_push(struct heap *h, struct heap_node *node)
{
    h->items = mem_grow(h->items, &h->cap, h->n + 1, sizeof *h->items);
    h->n++;
    (void)sift_up(h, node, h->n);
}

void heap_moved(struct heap *h, struct heap_node *node)
{
    if (sift_up(h, node, node->at) == node->at)
        sift_down(h, node, node->at);
}

void heap_remove(struct heap *h, struct heap_node *node)
{
    size_t at = node->at;
    if (at == 0)
        return;
    struct heap_node *last = h->items[h->n - 1];
    h->n--;
    node->at = 0;
    if (last == node)
        return;
    place(h, last, at);
    heap_moved(h, last);
}

struct heap_node *heap_top(const struct heap *h)
{
    return h->n > 0 ? h->items[0] : NULL;
}

void heap_free(struct heap *h)
{
    mem_free(h->items);
    *h = (struct heap){0};
}
