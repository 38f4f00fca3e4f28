#include "backend/base/strtab.h"

#include "backend/base/hash.h"
#include "backend/base/mem.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>

/* Strings live in chunks that never move. An id is an address: the chunk in the upper bits, the
 * offset in units of 4 bytes in the lower. A string too long for a chunk gets several in a row,
 * allocated as one. At an id stand the length (4 bytes), the bytes and a NUL. */
#define UNIT 4u
#define CHUNK_BYTES (1u << 20)
#define CHUNK_UNITS (CHUNK_BYTES / UNIT)
#define MAX_CHUNKS (1u << 14)
#define MAX_STRING_BYTES ((size_t)16 << 20)

/* The index is open addressing with a byte of the hash before each id, so that a look-up reads
 * hardly any string but its own. 5 bytes a slot, filled between 63 % and 88 %: at most 8 a string.
 */
#define FIRST_SLOTS 1024
#define FULL_PERCENT 88
#define GROWTH_PERCENT 140

struct slots {
    size_t n;
    _Atomic uint8_t *tags; /* 0: free; released after the id is written */
    _Atomic uint32_t *ids;
};

struct strtab {
    /* Entries are written before the ids that need them leave the owner. */
    char **chunks;
    uint32_t n_chunks;
    uint32_t filling; /* the chunk that short strings go to */
    uint32_t used;    /* bytes of it */
    VEC(char *) rows; /* what was allocated: one chunk or several */
    uint64_t seed;
    struct slots slots;
    pthread_mutex_t lock; /* held by finders, and by the owner while it exchanges slots */
    _Atomic size_t n_strings;
    _Atomic size_t n_bytes; /* of chunks and slots */
};

static struct slots slots_new(size_t n)
{
    return (struct slots){
        .n = n,
        .tags = mem_alloc_array(n, sizeof(_Atomic uint8_t)),
        .ids = mem_alloc_array(n, sizeof(_Atomic uint32_t)),
    };
}

static void slots_free(struct slots *slots)
{
    mem_free((void *)slots->tags);
    mem_free((void *)slots->ids);
}

static size_t slots_bytes(size_t n)
{
    return n * (sizeof(_Atomic uint8_t) + sizeof(_Atomic uint32_t));
}

static const char *entry_at(const struct strtab *t, uint32_t id)
{
    return t->chunks[id / CHUNK_UNITS] + (size_t)(id % CHUNK_UNITS) * UNIT;
}

static size_t entry_len(const char *entry)
{
    uint32_t len;
    memcpy(&len, entry, sizeof len);
    return len;
}

const char *strtab_get(const struct strtab *t, uint32_t id, size_t *len)
{
    if (id == 0) {
        if (len != NULL)
            *len = 0;
        return "";
    }
    const char *entry = entry_at(t, id);
    if (len != NULL)
        *len = entry_len(entry);
    return entry + sizeof(uint32_t);
}

static size_t first_slot(const struct slots *slots, uint64_t hash)
{
    return (size_t)(((hash >> 32) * slots->n) >> 32);
}

static uint8_t tag_of(uint64_t hash)
{
    uint8_t tag = (uint8_t)hash;
    return tag == 0 ? 1 : tag;
}

static uint32_t find(const struct strtab *t, const char *bytes, size_t len, uint64_t hash)
{
    const struct slots *slots = &t->slots;
    uint8_t wanted = tag_of(hash), tag;
    size_t i = first_slot(slots, hash);

    while ((tag = atomic_load_explicit(&slots->tags[i], memory_order_acquire)) != 0) {
        if (tag == wanted) {
            uint32_t id = atomic_load_explicit(&slots->ids[i], memory_order_relaxed);
            const char *entry = entry_at(t, id);
            if (entry_len(entry) == len && memcmp(entry + sizeof(uint32_t), bytes, len) == 0)
                return id;
        }
        if (++i == slots->n)
            i = 0;
    }
    return 0;
}

static void insert(struct slots *slots, uint64_t hash, uint32_t id)
{
    size_t i = first_slot(slots, hash);
    while (atomic_load_explicit(&slots->tags[i], memory_order_relaxed) != 0)
        if (++i == slots->n)
            i = 0;
    atomic_store_explicit(&slots->ids[i], id, memory_order_relaxed);
    atomic_store_explicit(&slots->tags[i], tag_of(hash), memory_order_release);
}

/* The new slots are filled aside; finders wait only for the exchange. */
static void grow_slots(struct strtab *t)
{
    struct slots old = t->slots, grown = slots_new(old.n / 100 * GROWTH_PERCENT + 64);

    for (size_t i = 0; i < old.n; i++) {
        uint32_t id = atomic_load_explicit(&old.ids[i], memory_order_relaxed);
        if (id == 0)
            continue;
        size_t len;
        const char *bytes = strtab_get(t, id, &len);
        insert(&grown, hash_bytes(bytes, len, t->seed), id);
    }
    pthread_mutex_lock(&t->lock);
    t->slots = grown;
    pthread_mutex_unlock(&t->lock);
    slots_free(&old);
    atomic_fetch_add(&t->n_bytes, slots_bytes(grown.n) - slots_bytes(old.n));
}

/* One allocation of n chunks; false if no id is left for it. */
static bool add_row(struct strtab *t, uint32_t n)
{
    if (n > MAX_CHUNKS - t->n_chunks)
        return false;
    char *row = mem_resize(NULL, n, CHUNK_BYTES);
    VEC_PUSH(t->rows, row);
    for (uint32_t i = 0; i < n; i++)
        t->chunks[t->n_chunks + i] = row + (size_t)i * CHUNK_BYTES;
    t->n_chunks += n;
    atomic_fetch_add(&t->n_bytes, (size_t)n * CHUNK_BYTES);
    return true;
}

/* Room for an entry of size bytes; gives its id, 0 if none is left. */
static uint32_t reserve(struct strtab *t, size_t size)
{
    if (size > CHUNK_BYTES) {
        uint32_t first = t->n_chunks;
        uint32_t n = (uint32_t)((size + CHUNK_BYTES - 1) / CHUNK_BYTES);
        return add_row(t, n) ? first * CHUNK_UNITS : 0;
    }
    if (size > CHUNK_BYTES - t->used) {
        if (!add_row(t, 1))
            return 0;
        t->filling = t->n_chunks - 1;
        t->used = 0;
    }
    uint32_t id = t->filling * CHUNK_UNITS + t->used / UNIT;
    t->used += (uint32_t)size;
    return id;
}

struct strtab *strtab_new(void)
{
    struct strtab *t = mem_alloc(sizeof *t);
    size_t fixed = sizeof *t + MAX_CHUNKS * sizeof *t->chunks + slots_bytes(FIRST_SLOTS);

    pthread_mutex_init(&t->lock, NULL);
    atomic_init(&t->n_bytes, fixed);
    t->chunks = mem_alloc_array(MAX_CHUNKS, sizeof *t->chunks);
    t->seed = hash_seed();
    t->slots = slots_new(FIRST_SLOTS);
    add_row(t, 1);
    t->used = UNIT; /* no entry has the id 0 */
    return t;
}

void strtab_free(struct strtab *t)
{
    if (t == NULL)
        return;
    for (size_t i = 0; i < t->rows.n; i++)
        mem_free(t->rows.items[i]);
    VEC_FREE(t->rows);
    mem_free(t->chunks);
    slots_free(&t->slots);
    pthread_mutex_destroy(&t->lock);
    mem_free(t);
}

uint32_t strtab_add(struct strtab *t, const char *bytes, size_t len)
{
    if (len > MAX_STRING_BYTES)
        return 0;
    uint64_t hash = hash_bytes(bytes, len, t->seed);
    uint32_t id = find(t, bytes, len, hash);
    if (id != 0)
        return id;

    size_t size = (sizeof(uint32_t) + len + 1 + UNIT - 1) / UNIT * UNIT;
    id = reserve(t, size);
    if (id == 0)
        return 0;
    char *entry = t->chunks[id / CHUNK_UNITS] + (size_t)(id % CHUNK_UNITS) * UNIT;
    uint32_t stored_len = (uint32_t)len;
    memcpy(entry, &stored_len, sizeof stored_len);
    if (len > 0)
        memcpy(entry + sizeof stored_len, bytes, len);
    entry[sizeof stored_len + len] = '\0';

    size_t n = atomic_load_explicit(&t->n_strings, memory_order_relaxed) + 1;
    if (n * 100 > t->slots.n * FULL_PERCENT)
        grow_slots(t);
    insert(&t->slots, hash, id);
    atomic_store_explicit(&t->n_strings, n, memory_order_relaxed);
    return id;
}

uint32_t strtab_adds(struct strtab *t, const char *s)
{
    return s == NULL ? 0 : strtab_add(t, s, strlen(s));
}

uint32_t strtab_find(const struct strtab *t, const char *bytes, size_t len)
{
    uint64_t hash = hash_bytes(bytes, len, t->seed);
    pthread_mutex_t *lock = (pthread_mutex_t *)&t->lock; /* a look-up changes nothing else */
    pthread_mutex_lock(lock);
    uint32_t id = find(t, bytes, len, hash);
    pthread_mutex_unlock(lock);
    return id;
}

size_t strtab_count(const struct strtab *t)
{
    return atomic_load_explicit(&t->n_strings, memory_order_relaxed);
}

size_t strtab_bytes(const struct strtab *t)
{
    return atomic_load_explicit(&t->n_bytes, memory_order_relaxed);
}
