#include "backend/judge/nodemap.h"

#include "backend/base/mem.h"

static uint32_t home_of(const struct nodemap *m, uint32_t node)
{
    return (uint32_t)((node * UINT64_C(0x9e3779b97f4a7c15)) >> 32) & m->mask;
}

static uint32_t *cell_of(const struct nodemap *m, uint32_t node)
{
    uint32_t i = home_of(m, node);
    while (m->cells[2 * (size_t)i] && m->cells[2 * (size_t)i] != node)
        i = (i + 1) & m->mask;
    return m->cells + 2 * (size_t)i;
}

static void grow(struct nodemap *m)
{
    struct nodemap grown = {.n = m->n, .mask = m->cells ? m->mask * 2 + 1 : 15};
    grown.cells = mem_alloc_array(2 * ((size_t)grown.mask + 1), sizeof *grown.cells);
    for (size_t i = 0; m->cells && i <= m->mask; i++) {
        const uint32_t *from = m->cells + 2 * i;
        if (!from[0])
            continue;
        uint32_t *to = cell_of(&grown, from[0]);
        to[0] = from[0];
        to[1] = from[1];
    }
    mem_free(m->cells);
    *m = grown;
}

bool nodemap_add(struct nodemap *m, uint32_t node, uint32_t value)
{
    if (!m->cells || (uint64_t)m->n * 2 >= m->mask)
        grow(m);
    uint32_t *cell = cell_of(m, node);
    if (cell[0])
        return false;
    cell[0] = node;
    cell[1] = value;
    m->n++;
    return true;
}

uint32_t *nodemap_at(const struct nodemap *m, uint32_t node)
{
    if (!m->cells || !node)
        return NULL;
    uint32_t *cell = cell_of(m, node);
    return cell[0] ? cell + 1 : NULL;
}

bool nodemap_next(const struct nodemap *m, uint32_t *at, uint32_t *node, uint32_t *value)
{
    for (; m->cells && *at <= m->mask; ++*at) {
        const uint32_t *cell = m->cells + 2 * (size_t)*at;
        if (!cell[0])
            continue;
        *node = cell[0];
        *value = cell[1];
        ++*at;
        return true;
    }
    return false;
}

void nodemap_free(struct nodemap *m)
{
    mem_free(m->cells);
    *m = (struct nodemap){0};
}
