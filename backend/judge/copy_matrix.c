#include "backend/judge/copy_matrix.h"

#include "backend/base/strtab.h"
#include "backend/judge/internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef VEC(struct copy_place) place_vec;

/* Texts, and in which order they came. */
struct numbers {
    struct strtab *texts;
    struct nodemap at;
    uint32_t n;
};

struct summing {
    const struct judgement *j;
    struct arena *arena;
    struct numbers source_at, destination_at, cell_at;
    place_vec sources, destinations;
    VEC(struct copy_cell) cells;
};

const char *copies_state_word(enum copies_state state)
{
    static const char *const words[] = {"none", "ready", "unknown", "broken"};
    return words[state];
}

static uint32_t number_of(struct numbers *x, const char *text, int len)
{
    uint32_t id = strtab_add(x->texts, text, (size_t)len);
    const uint32_t *at = nodemap_at(&x->at, id);
    if (at)
        return *at;
    (void)nodemap_add(&x->at, id, x->n);
    return x->n++;
}

static void numbers_free(struct numbers *x)
{
    strtab_free(x->texts);
    nodemap_free(&x->at);
}

/* ---- places --------------------------------------------------------------------------------------------- */

/* What paths are made from; automated backups that are replicated are found where they go to. */
static bool hides_paths(const struct area *a)
{
    static const enum list lists[] = {LIST_RULES, LIST_LIFECYCLES};
    if (!a->region[0])
        return !truth_is_sure(area_truth(a, LIST_REGIONS));
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        if (a->is_read && !truth_is_sure(area_truth(a, lists[i])))
            return true;
    return false;
}

static uint32_t place_at(struct numbers *at, place_vec *places, const char *account, const char *region)
{
    char key[64];
    uint32_t i = number_of(at, key, snprintf(key, sizeof key, "%.16s %.40s", account, region));
    if (i == places->n)
        VEC_PUSH(*places, ((struct copy_place){.account = account, .region = region}));
    return i;
}

/* Whence nothing is copied that was seen. */
static void add_silent_sources(struct summing *s)
{
    for (size_t i = 0; i < s->j->areas.n; i++) {
        const struct area *a = &s->j->areas.items[i];
        bool hides = hides_paths(a);
        if (!a->account[0] || (!hides && !(a->is_read && a->sum.vaults.n > 0)))
            continue;
        uint32_t at = place_at(&s->source_at, &s->sources, a->account, a->region);
        s->sources.items[at].hides = hides;
    }
}

/* ---- cells ---------------------------------------------------------------------------------------------- */

static void add_path(struct summing *s, const struct copy_path *p)
{
    char key[32];
    uint32_t source = place_at(&s->source_at, &s->sources, p->source_account, p->source_region);
    uint32_t destination =
        place_at(&s->destination_at, &s->destinations, p->destination_account, p->destination_region);
    uint32_t at = number_of(&s->cell_at, key, snprintf(key, sizeof key, "%u %u", source, destination));
    if (at == s->cells.n)
        VEC_PUSH(s->cells, ((struct copy_cell){.source = source, .destination = destination, .worst = p}));
    struct copy_cell *cell = &s->cells.items[at];
    cell->n[p->ready]++;
    if (p->ready < cell->worst->ready || (p->ready == cell->worst->ready && p->broken_at < cell->worst->broken_at))
        cell->worst = p;
    s->sources.items[source].n[p->ready]++;
    s->destinations.items[destination].n[p->ready]++;
}

static void add_nowhere(struct summing *s)
{
    for (uint32_t i = 0; i < s->sources.n; i++) {
        const uint32_t *n = s->sources.items[i].n;
        if (n[TRI_NO] + n[TRI_UNKNOWN] + n[TRI_YES] == 0)
            VEC_PUSH(s->cells, ((struct copy_cell){.source = i, .destination = COPIES_NOWHERE}));
    }
}

/* ---- order ---------------------------------------------------------------------------------------------- */

static int order_counts(const struct copy_place *a, const struct copy_place *b)
{
    static const enum tri order[] = {TRI_NO, TRI_UNKNOWN, TRI_YES};
    for (size_t i = 0; i < sizeof order / sizeof *order; i++)
        if (a->n[order[i]] != b->n[order[i]])
            return a->n[order[i]] > b->n[order[i]] ? -1 : 1;
    return (int)b->hides - (int)a->hides;
}

static int order_names(const struct copy_place *a, const struct copy_place *b)
{
    int order = strcmp(a->account, b->account);
    return order != 0 ? order : strcmp(a->region, b->region);
}

/* Indexes of places, the worst first. */
static int order_places(const void *a, const void *b, void *ctx)
{
    const struct copy_place *places = ctx, *x = &places[*(const uint32_t *)a], *y = &places[*(const uint32_t *)b];
    int order = order_counts(x, y);
    return order != 0 ? order : order_names(x, y);
}

static uint32_t *worst_first(const place_vec *places)
{
    uint32_t *order = mem_alloc_array(places->n + 1, sizeof *order);
    for (size_t i = 0; i < places->n; i++)
        order[i] = (uint32_t)i;
    if (places->n > 1)
        qsort_r(order, places->n, sizeof *order, order_places, places->items);
    return order;
}

/* The Regions of an account stand together, where the worst of them is. */
static void gather_accounts(const place_vec *places, uint32_t *order)
{
    for (size_t at = 0; at < places->n; at++) {
        size_t end = at + 1;
        for (size_t i = end; i < places->n; i++) {
            uint32_t one = order[i];
            if (strcmp(places->items[one].account, places->items[order[at]].account) != 0)
                continue;
            memmove(&order[end + 1], &order[end], (i - end) * sizeof *order);
            order[end++] = one;
        }
        at = end - 1;
    }
}

/* The places in their order; *place_of: where each of them stands then. */
static const struct copy_place *put(struct arena *arena, const place_vec *places, uint32_t *order, uint32_t *place_of)
{
    struct copy_place *out = arena_alloc(arena, (places->n + 1) * sizeof *out);
    for (uint32_t i = 0; i < places->n; i++) {
        out[i] = places->items[order[i]];
        place_of[order[i]] = i;
    }
    mem_free(order);
    return out;
}

static int order_cells(const void *a, const void *b)
{
    const struct copy_cell *x = a, *y = b;
    int order = (x->source > y->source) - (x->source < y->source);
    return order != 0 ? order : (x->destination > y->destination) - (x->destination < y->destination);
}

static void put_in_order(struct summing *s, struct copy_matrix *out)
{
    uint32_t *source_of = mem_alloc_array(s->sources.n + 1, sizeof *source_of);
    uint32_t *destination_of = mem_alloc_array(s->destinations.n + 1, sizeof *destination_of);
    uint32_t *destinations = worst_first(&s->destinations);
    gather_accounts(&s->destinations, destinations);
    out->sources = put(s->arena, &s->sources, worst_first(&s->sources), source_of);
    out->destinations = put(s->arena, &s->destinations, destinations, destination_of);
    out->n_sources = s->sources.n;
    out->n_destinations = s->destinations.n;
    struct copy_cell *cells = arena_alloc(s->arena, (s->cells.n + 1) * sizeof *cells);
    for (size_t i = 0; i < s->cells.n; i++) {
        cells[i] = s->cells.items[i];
        cells[i].source = source_of[cells[i].source];
        if (cells[i].destination != COPIES_NOWHERE)
            cells[i].destination = destination_of[cells[i].destination];
    }
    if (s->cells.n > 1)
        qsort(cells, s->cells.n, sizeof *cells, order_cells);
    out->cells = cells;
    out->n_cells = s->cells.n;
    mem_free(source_of);
    mem_free(destination_of);
}

/* ---- all ------------------------------------------------------------------------------------------------ */

void copy_matrix_make(const struct judgement *j, struct arena *arena, const struct copy_path *paths, size_t n,
                      struct copy_matrix *out)
{
    struct summing s = {.j = j, .arena = arena, .source_at = {.texts = strtab_new()},
                        .destination_at = {.texts = strtab_new()}, .cell_at = {.texts = strtab_new()}};
    for (size_t i = 0; i < n; i++)
        add_path(&s, &paths[i]);
    add_silent_sources(&s);
    add_nowhere(&s);
    put_in_order(&s, out);
    VEC_FREE(s.sources);
    VEC_FREE(s.destinations);
    VEC_FREE(s.cells);
    numbers_free(&s.source_at);
    numbers_free(&s.destination_at);
    numbers_free(&s.cell_at);
}

const struct copy_cell *copy_matrix_at(const struct copy_matrix *m, size_t source, size_t destination)
{
    struct copy_cell key = {.source = (uint32_t)source, .destination = (uint32_t)destination};
    return bsearch(&key, m->cells, m->n_cells, sizeof key, order_cells);
}

enum copies_state copies_state_of(const struct copy_matrix *m, size_t source, const struct copy_cell *cell)
{
    if (cell && cell->n[TRI_NO])
        return COPIES_BROKEN;
    if (m->sources[source].hides || (cell && cell->n[TRI_UNKNOWN]))
        return COPIES_UNKNOWN;
    return cell && cell->n[TRI_YES] ? COPIES_READY : COPIES_NONE;
}
