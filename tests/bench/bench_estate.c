/* Builds the synthetic estate of 1,000,000 records and prints what it costs: memory a record with two
 * generations alive, build, publish, look-up and walk times. Usage: bench_estate [points] */
#include "backend/demo/synthetic.h"
#include "tests/bench/bench.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static double resident_mb(void)
{
    FILE *f = fopen("/proc/self/statm", "r");
    long total = 0, resident = 0;
    if (f) {
        if (fscanf(f, "%ld %ld", &total, &resident) != 2)
            resident = 0;
        fclose(f);
    }
    return (double)resident * 4096 / 1e6;
}

/* Publishes anew with one slice of a thousand changed, so that two generations differ and live. */
static double republish(struct estate *e, int64_t now)
{
    uint32_t slot = kind_slot(e, KIND_EBS_SNAPSHOT, 0);
    double start = seconds();
    estate_failed(e, slot, NULL, TRUTH_FAILED, 0, now);
    if (!estate_publish(e))
        abort();
    return seconds() - start;
}

int main(int argc, char **argv)
{
    model_init();
    struct synthetic_settings s = bench_settings(argc, argv);
    double before = resident_mb(), start = seconds();
    struct estate *e = estate_new();
    uint32_t hub;
    synthetic_fill(e, &s, &hub);
    double built = seconds() - start;
    const struct generation *first = estate_acquire(e);
    double publish = republish(e, s.now_utc);
    const struct generation *second = estate_acquire(e);
    malloc_trim(0);
    struct estate_size size;
    estate_measure(e, &size);
    double records = size.n_records;
    size_t policies = 0;
    struct record r;
    for (struct walk w = walk_kind(second, KIND_KEY); walk_next(&w, &r);) {
        struct value v = record_value(&r, ATTR_KEY_POLICY);
        static uint32_t last;
        if (v.string != last)
            policies += v.len + 8;
        last = v.string;
    }
    printf("records %u, nodes %u, slots %u, policies apart %.1f MB\n", size.n_records, size.n_nodes,
           size.n_slots, (double)policies / 1e6);
    figure("memory a record, two generations (counted)",
           (double)(size.total - policies) / records, "bytes", 200);
    figure("memory a record, resident less policies",
           ((resident_mb() - before) * 1e6 - (double)policies) / records, "bytes", 0);
    printf("  nodes %.1f  strings %.1f  slices %.1f  graph %.1f  slots %.1f bytes a record\n",
           (double)size.nodes / records, (double)(size.strings - policies) / records,
           (double)size.slices / records, (double)size.graph / records, (double)size.slots / records);
    figure("build and first publish", built, "s", 0);
    figure("publish with one slice changed", publish * 1000, "ms", 0);

    start = seconds();
    uint64_t found = 0;
    for (uint32_t n = 1; n <= size.n_nodes; n++)
        found += generation_record(second, n, &r);
    figure("look-up of a record by node", (seconds() - start) / size.n_nodes * 1e9, "ns", 0);
    start = seconds();
    uint64_t walked = 0;
    for (struct walk w = walk_kind(second, KIND_POINT); walk_next(&w, &r); walked++)
        ;
    figure("walk of all recovery points", (seconds() - start) * 1000, "ms", 0);
    start = seconds();
    uint64_t hanging = 0;
    enum edge edge;
    for (struct hang h = hang_on(second, hub); hang_next(&h, &r, &edge); hanging++)
        ;
    figure("walk of what hangs on the largest hub", (seconds() - start) * 1000, "ms", 50);
    start = seconds();
    uint64_t edges = 0;
    for (struct walk w = walk_kind(second, KIND_KEY); walk_next(&w, &r);)
        for (struct hang h = hang_on(second, r.node); hang_next(&h, &(struct record){0}, &edge); edges++)
            ;
    figure("walk of what hangs on every key", (seconds() - start) * 1000, "ms", 1000);
    printf("found %llu, points %llu, on the hub %llu, edges to keys %llu\n", (unsigned long long)found,
           (unsigned long long)walked, (unsigned long long)hanging, (unsigned long long)edges);
    generation_release(first);
    generation_release(second);
    estate_free(e);
    return bench_is_over;
}
