/* Asks the synthetic estate what people ask: all findings, what falls with the largest key, the first screenful
 * of a sorted and of a filtered list. Each figure is the best of a few rounds: others on the machine only ever
 * add to it. Usage: bench_judge [points] */
#include "backend/judge/ranking.h"
#include "backend/view/view.h"
#include "tests/bench/bench.h"

#define ROUNDS 5
#define SCREENFUL 60
#define FIRST_ROWS 200

struct bench {
    const struct generation *g;
    struct judgement *j;
    struct view_context context;
    uint32_t hub;
    struct selection selection;
    uint64_t count;
};

/* What nothing that looks at every record can be faster than: each once, and the first value of it. */
static void walk_all(struct bench *b)
{
    struct record r;
    b->count = 0;
    for (int kind = KIND_NONE + 1; kind < KIND_COUNT; kind++)
        for (struct walk w = walk_kind(b->g, (enum kind)kind); walk_next(&w, &r);)
            b->count += record_value(&r, kind_row((enum kind)kind)->first_attr).is != VALUE_UNKNOWN;
}

static void judge_all(struct bench *b)
{
    judgement_free(b->j);
    b->j = judge(b->g, 1787443200);
    size_t n;
    judgement_findings(b->j, &n);
    b->count = n;
}

static void impact_of_hub(struct bench *b)
{
    struct impact *i = judge_impact(b->j, &b->hub, 1, NULL, FIRST_ROWS);
    b->count = i->n_all;
    impact_free(i);
}

static void rank_all(struct bench *b)
{
    struct ranking *r = judge_rank_keys(b->j, NULL);
    b->count = r->n;
    ranking_free(r);
}

static void select_rows(struct bench *b, const char *view, const char *column, const char *filter, size_t first)
{
    const struct view *v = view_by_name(view);
    struct filter *f = NULL;
    struct err err;
    if (filter && filter_parse(v, filter, &f, &err) != ERR_OK)
        abort();
    selection_free(&b->selection);
    arena_reset(b->context.scratch);
    b->context.judgement = b->j;
    struct sort_key sort = {column ? view_column(v, column) : -1, true};
    if (view_select(&b->context, v, f, sort, first, NULL, &b->selection) != ERR_OK)
        abort();
    b->count = b->selection.n;
    filter_free(f);
}

#define SELECT(name, ...)                                                                          \
    static void name(struct bench *b)                                                              \
    {                                                                                              \
        select_rows(b, "recovery-points", __VA_ARGS__);                                            \
    }
SELECT(first_by_place, NULL, NULL, SCREENFUL)
SELECT(first_by_severity, "severity", NULL, SCREENFUL)
SELECT(first_by_date, "created", NULL, SCREENFUL)
SELECT(first_by_text, "status", NULL, SCREENFUL)
SELECT(all_by_severity, "severity", NULL, 0)
SELECT(one_word, NULL, "backup-7", SCREENFUL)
SELECT(one_column, NULL, "status:completed", SCREENFUL)

static void first_of_keys(struct bench *b)
{
    select_rows(b, "keys", "severity", NULL, SCREENFUL);
}

static const struct {
    const char *what;
    void (*ask)(struct bench *b);
    double limit_ms;
} asks[] = {
    {"a walk over every record", walk_all, 0},
    {"all findings", judge_all, 1000},
    {"impact of the largest hub, first 200", impact_of_hub, 50},
    {"every key by what it takes down", rank_all, 1000},
    {"first screenful by place", first_by_place, 16},
    {"first screenful by severity", first_by_severity, 16},
    {"first screenful by date", first_by_date, 16},
    {"first screenful by text", first_by_text, 16},
    {"first screenful of keys by severity", first_of_keys, 16},
    {"all rows in order of severity", all_by_severity, 1000},
    {"exact count of a one-word filter", one_word, 150},
    {"exact count of a one-column filter", one_column, 150},
};

int main(int argc, char **argv)
{
    model_init();
    struct synthetic_settings settings = bench_settings(argc, argv);
    struct estate *e = estate_new();
    struct bench b = {.context.scratch = arena_new(), .context.now_utc = settings.now_utc};
    const char *only = argc > 2 ? argv[2] : NULL;
    synthetic_fill(e, &settings, &b.hub);
    b.g = b.context.generation = estate_acquire(e);
    b.j = judge(b.g, settings.now_utc);
    for (size_t i = 0; i < sizeof asks / sizeof *asks; i++) {
        double best = 1e9, best_cpu = 1e9;
        if (only && !strstr(asks[i].what, only))
            continue;
        for (int round = 0; round < (only ? 1 : ROUNDS); round++) {
            double start = seconds(), start_cpu = cpu_seconds();
            asks[i].ask(&b);
            double took = (seconds() - start) * 1000, cpu = (cpu_seconds() - start_cpu) * 1000;
            best = took < best ? took : best;
            best_cpu = cpu < best_cpu ? cpu : best_cpu;
        }
        figure(asks[i].what, best, "ms", asks[i].limit_ms);
        printf("  %.3f ms of CPU, %llu rows\n", best_cpu, (unsigned long long)b.count);
    }
    selection_free(&b.selection);
    judgement_free(b.j);
    arena_free(b.context.scratch);
    generation_release(b.g);
    estate_free(e);
    return bench_is_over;
}
