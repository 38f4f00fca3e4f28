/* One writer, three readers: every generation that a reader takes is whole. Each snapshot hangs on one of two
 * keys, all of a slot on the same one, so a torn generation would show both. */
#include "backend/estate/estate.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#define SLOTS 600
#define ROUNDS 400
#define READERS 3

struct shared {
    struct estate *estate;
    uint32_t keys[2];
    atomic_bool is_done;
    atomic_int torn, reads;
};

static void write_slot(struct shared *s, int slot, int round)
{
    struct estate *e = s->estate;
    struct buf text = {0};
    buf_printf(&text, "%012d", slot);
    uint32_t id = estate_slot(e, estate_scope(e, text.data, "r"), LIST_EBS_SNAPSHOTS, 0);
    struct draft *d = draft_new(e, id);
    for (int i = 0; i < 4; i++) {
        buf_clear(&text);
        buf_printf(&text, "arn:aws:ec2:r::snapshot/snap-%d-%d-%d", slot, i, round % 7);
        uint32_t *row = draft_row(d, estate_node(e, KIND_EBS_SNAPSHOT, text.data, text.len));
        row_node(row, ATTR_EBS_SNAPSHOT_KEY, s->keys[round & 1]);
        row_text(e, row, ATTR_EBS_SNAPSHOT_STATUS, text.data, text.len);
    }
    estate_complete(d, round + 1);
    buf_free(&text);
}

static void read_slot(struct shared *s, const struct generation *g, uint32_t slot)
{
    const struct slice *slice = generation_slice(g, slot);
    struct record r;
    uint32_t first = 0;
    for (uint32_t i = 0; slice_record(g, slice, i, &r); i++) {
        struct value key = record_value(&r, ATTR_EBS_SNAPSHOT_KEY);
        struct value status = record_value(&r, ATTR_EBS_SNAPSHOT_STATUS);
        if ((first && key.node != first) || strlen(status.text) != status.len)
            atomic_fetch_add(&s->torn, 1);
        first = key.node;
    }
}

static void *reader(void *arg)
{
    struct shared *s = arg;
    uint64_t last = 0;
    while (!atomic_load(&s->is_done)) {
        const struct generation *g = estate_acquire(s->estate);
        if (generation_number(g) < last)
            atomic_fetch_add(&s->torn, 1);
        last = generation_number(g);
        for (uint32_t i = 0, slot; (slot = kind_slot(s->estate, KIND_EBS_SNAPSHOT, i)); i++)
            read_slot(s, g, slot);
        struct record r;
        enum edge edge;
        for (int k = 0; k < 2; k++)
            for (struct hang h = hang_on(g, s->keys[k]); hang_next(&h, &r, &edge);)
                if (record_value(&r, ATTR_EBS_SNAPSHOT_KEY).node != s->keys[k])
                    atomic_fetch_add(&s->torn, 1);
        (void)estate_find_node(s->estate, KIND_KEY, "k", 1);
        atomic_fetch_add(&s->reads, 1);
        generation_release(g);
    }
    return NULL;
}

static void test_readers_see_whole_generations(void **state)
{
    (void)state;
    struct shared s = {.estate = estate_new()};
    s.keys[0] = estate_node(s.estate, KIND_KEY, "arn:aws:kms:r:1:key/a", 21);
    s.keys[1] = estate_node(s.estate, KIND_KEY, "arn:aws:kms:r:1:key/b", 21);
    pthread_t threads[READERS];
    for (int i = 0; i < READERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, reader, &s), 0);
    for (int round = 0; round < ROUNDS; round++) {
        for (int slot = round % 5; slot < SLOTS; slot += 5)
            write_slot(&s, slot, round);
        estate_publish(s.estate);
    }
    atomic_store(&s.is_done, true);
    for (int i = 0; i < READERS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(atomic_load(&s.torn), 0);
    assert_true(atomic_load(&s.reads) > 0);
    estate_free(s.estate);
}

int main(void)
{
    model_init();
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_readers_see_whole_generations)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
