#include "backend/aws/map.h"

#include "backend/base/mem.h"

static size_t place_of(const struct map *m, uint64_t hash)
{
    size_t at = hash & (m->cap - 1);
    while (m->items[at])
        at = (at + 1) & (m->cap - 1);
    return at;
}

static void put(struct map *m, uint64_t hash, void *item)
{
    size_t at = place_of(m, hash);
    m->items[at] = item;
    m->hashes[at] = hash;
    m->n++;
}

static struct map with_room(size_t cap)
{
    return (struct map){.items = mem_alloc_array(cap, sizeof(void *)),
                        .hashes = mem_alloc_array(cap, sizeof(uint64_t)),
                        .cap = cap};
}

void *map_find(const struct map *m, uint64_t hash, map_test *is_it, const void *key)
{
    if (m->cap == 0)
        return NULL;
    for (size_t at = hash & (m->cap - 1); m->items[at]; at = (at + 1) & (m->cap - 1))
        if (m->hashes[at] == hash && is_it(m->items[at], key))
            return m->items[at];
    return NULL;
}

void map_add(struct map *m, uint64_t hash, void *item)
{
    if ((m->n + 1) * 4 > m->cap * 3) {
        struct map larger = with_room(m->cap > 0 ? m->cap * 2 : 64);
        for (size_t i = 0; i < m->cap; i++)
            if (m->items[i])
                put(&larger, m->hashes[i], m->items[i]);
        map_free(m);
        *m = larger;
    }
    put(m, hash, item);
}

void map_keep(struct map *m, bool (*keep)(void *ctx, void *item), void *ctx)
{
    if (m->cap == 0)
        return;
    struct map kept = with_room(m->cap);
    for (size_t i = 0; i < m->cap; i++)
        if (m->items[i] && keep(ctx, m->items[i]))
            put(&kept, m->hashes[i], m->items[i]);
    map_free(m);
    *m = kept;
}

void map_each(const struct map *m, void (*visit)(void *ctx, void *item), void *ctx)
{
    for (size_t i = 0; i < m->cap; i++)
        if (m->items[i])
            visit(ctx, m->items[i]);
}

void map_free(struct map *m)
{
    mem_free(m->items);
    mem_free(m->hashes);
    *m = (struct map){0};
}
