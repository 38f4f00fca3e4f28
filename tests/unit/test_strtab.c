#include "backend/base/strtab.h"

#include "backend/base/hash.h"
#include "backend/base/mem.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define MIB ((size_t)1 << 20)

static void test_none_and_empty(void **state)
{
    (void)state;
    struct strtab *t = strtab_new();
    size_t len = 42;
    assert_string_equal(strtab_get(t, 0, &len), "");
    assert_int_equal(len, 0);
    assert_int_equal(strtab_adds(t, NULL), 0);
    assert_int_equal(strtab_find(t, "", 0), 0);
    assert_int_equal(strtab_count(t), 0);
    uint32_t empty = strtab_add(t, NULL, 0);
    assert_int_not_equal(empty, 0);
    assert_int_equal(strtab_adds(t, ""), empty);
    assert_int_equal(strtab_find(t, "", 0), empty);
    assert_string_equal(strtab_get(t, empty, &len), "");
    assert_int_equal(len, 0);
    assert_int_equal(strtab_count(t), 1);
    strtab_free(t);
    strtab_free(NULL);
}

static void test_bytes_are_kept(void **state)
{
    (void)state;
    struct strtab *t = strtab_new();
    uint32_t a = strtab_add(t, "a\0b", 3), b = strtab_add(t, "a\0c", 3), c = strtab_add(t, "a", 1);
    uint32_t d = strtab_add(t, "a\0", 2);
    size_t len;
    assert_true(a != b && b != c && c != d && a != d && a != c && b != d);
    assert_memory_equal(strtab_get(t, a, &len), "a\0b", 4);
    assert_int_equal(len, 3);
    assert_memory_equal(strtab_get(t, d, &len), "a\0", 3);
    assert_int_equal(len, 2);
    assert_string_equal(strtab_get(t, c, NULL), "a");
    assert_int_equal(strtab_find(t, "a\0c", 3), b);
    assert_int_equal(strtab_find(t, "a\0d", 3), 0);
    strtab_free(t);
}

static size_t make_name(char *out, size_t size, unsigned i)
{
    return (size_t)snprintf(out, size, "arn:aws:kms:eu-west-1:%012u:key/%08x-%04x-4000-8000-%012x",
                            i / 100, i * 2654435761u, i & 0xffff, i);
}

/* Across many chunks and growths: the same id for the same string, and no string ever moves. */
static void test_many(void **state)
{
    (void)state;
    enum { N = 150000 };
    struct strtab *t = strtab_new();
    uint32_t *ids = mem_alloc_array(N, sizeof *ids);
    const char **where = mem_alloc_array(N, sizeof *where);
    size_t bytes = 0;
    char name[100];

    for (unsigned i = 0; i < N; i++) {
        size_t len = make_name(name, sizeof name, i);
        bytes += (len + 1 + 4 + 3) / 4 * 4;
        ids[i] = strtab_add(t, name, len);
        where[i] = strtab_get(t, ids[i], NULL);
        assert_int_not_equal(ids[i], 0);
        if (i % 1000 == 0)
            assert_int_equal(strtab_find(t, name, len), ids[i]);
    }
    assert_int_equal(strtab_count(t), N);
    for (unsigned i = 0; i < N; i++) {
        size_t len = make_name(name, sizeof name, i), got;
        assert_int_equal(strtab_add(t, name, len), ids[i]);
        assert_int_equal(strtab_find(t, name, len), ids[i]);
        assert_ptr_equal(strtab_get(t, ids[i], &got), where[i]);
        assert_int_equal(got, len);
        assert_string_equal(where[i], name);
    }
    assert_int_equal(strtab_count(t), N);
    for (unsigned i = N; i < N + 1000; i++)
        assert_int_equal(strtab_find(t, name, make_name(name, sizeof name, i)), 0);

    size_t fixed = 2 * MIB; /* the directory and half-filled chunks */
    assert_true(strtab_bytes(t) <= bytes + 8 * (size_t)N + fixed);
    assert_true(strtab_bytes(t) >= bytes);
    mem_free(ids);
    mem_free(where);
    strtab_free(t);
}

/* Lengths around the size of a chunk, in between short ones. */
static void test_long_strings(void **state)
{
    (void)state;
    static const size_t lengths[] = {MIB - 9,     MIB - 8, MIB - 6, MIB - 5,  MIB - 4,
                                     MIB,         MIB + 1, 3 * MIB, 700000,   700001,
                                     2 * MIB - 5, 65536,   1,       16 * MIB, 16 * MIB - 1};
    enum { N = sizeof lengths / sizeof lengths[0] };
    struct strtab *t = strtab_new();
    uint32_t ids[N], small[N];
    char *text = mem_alloc(16 * MIB + 1), name[40];

    memset(text, 'x', 16 * MIB + 1);
    for (size_t i = 0; i < N; i++) {
        ids[i] = strtab_add(t, text, lengths[i]);
        small[i] = strtab_add(t, name, (size_t)snprintf(name, sizeof name, "small-%zu", i));
        assert_int_not_equal(ids[i], 0);
        assert_int_not_equal(small[i], 0);
    }
    for (size_t i = 0; i < N; i++) {
        size_t len;
        const char *got = strtab_get(t, ids[i], &len);
        assert_int_equal(len, lengths[i]);
        assert_int_equal(memcmp(got, text, len), 0);
        assert_int_equal(got[len], 0);
        assert_int_equal(strtab_find(t, text, lengths[i]), ids[i]);
        snprintf(name, sizeof name, "small-%zu", i);
        assert_string_equal(strtab_get(t, small[i], NULL), name);
    }
    assert_int_equal(strtab_add(t, text, 16 * MIB + 1), 0);
    assert_int_equal(strtab_count(t), 2 * N);
    mem_free(text);
    strtab_free(t);
}

static void test_hash_spreads(void **state)
{
    (void)state;
    /* Every length differs, every byte counts, and another seed is another function. */
    char bytes[64] = {0};
    for (size_t len = 0; len < sizeof bytes; len++) {
        assert_true(hash_bytes(bytes, len, 1) != hash_bytes(bytes, len ^ 1, 1));
        assert_true(hash_bytes(bytes, len, 1) != hash_bytes(bytes, len, 2));
        for (size_t i = 0; i < len; i++) {
            uint64_t before = hash_bytes(bytes, len, 7);
            bytes[i] ^= 1;
            assert_true(hash_bytes(bytes, len, 7) != before);
            bytes[i] ^= 1;
        }
    }
    unsigned counts[256] = {0};
    char name[100];
    for (unsigned i = 0; i < 256 * 200; i++)
        counts[hash_bytes(name, make_name(name, sizeof name, i), 3) >> 56]++;
    for (size_t i = 0; i < 256; i++)
        assert_in_range(counts[i], 120, 290);
    assert_true(hash_seed() != hash_seed());
}

struct shared {
    struct strtab *t;
    _Atomic uint32_t last_id; /* published by the owner */
    _Atomic int done;
    _Atomic int n_wrong;
};

static void *read_and_find(void *arg)
{
    struct shared *s = arg;
    char name[100];
    unsigned i = 0;
    while (!atomic_load(&s->done)) {
        uint32_t id = atomic_load_explicit(&s->last_id, memory_order_acquire);
        if (id == 0)
            continue;
        size_t len;
        const char *text = strtab_get(s->t, id, &len);
        if (strlen(text) != len || strtab_find(s->t, text, len) != id)
            atomic_fetch_add(&s->n_wrong, 1);
        /* What may not be there yet must be there whole or not at all. */
        len = make_name(name, sizeof name, i++ % 60000);
        id = strtab_find(s->t, name, len);
        if (id != 0 && strcmp(strtab_get(s->t, id, NULL), name) != 0)
            atomic_fetch_add(&s->n_wrong, 1);
    }
    return NULL;
}

static void test_threads(void **state)
{
    (void)state;
    struct shared s = {.t = strtab_new()};
    pthread_t threads[2];
    char name[100];
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, read_and_find, &s), 0);
    for (unsigned i = 0; i < 60000; i++) {
        uint32_t id = strtab_add(s.t, name, make_name(name, sizeof name, i));
        atomic_store_explicit(&s.last_id, id, memory_order_release);
    }
    atomic_store(&s.done, 1);
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_int_equal(atomic_load(&s.n_wrong), 0);
    assert_int_equal(strtab_count(s.t), 60000);
    strtab_free(s.t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_none_and_empty), cmocka_unit_test(test_bytes_are_kept),
        cmocka_unit_test(test_many),           cmocka_unit_test(test_long_strings),
        cmocka_unit_test(test_hash_spreads),   cmocka_unit_test(test_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
