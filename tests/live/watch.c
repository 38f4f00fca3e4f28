/* watch URL PROFILE...: keeps an estate fresh with short cycles and prints one JSON line whenever a reader could
 * see a change, until it is told to stop. For tests/live/test_faults.py. */
#include "backend/aws/aws.h"
#include "backend/refresh/refresh.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>

static volatile sig_atomic_t is_over;

static void stop(int signal)
{
    (void)signal;
    is_over = 1;
}

/* What a fault may hide. Denied is an answer: an account that is a mere member may not list its organization. */
static bool is_unsure(enum truth t)
{
    return !truth_is_sure(t) && t != TRUTH_DENIED;
}

/* first: the list, or the facet, that is the first of the unsure ones. */
static void count(const struct generation *g, unsigned *keys, unsigned *unsure, const char **first)
{
    struct estate *e = generation_estate(g);
    struct record r;
    *keys = *unsure = 0;
    *first = "";
    for (uint32_t s = 1; s <= estate_slot_count(e); s++)
        if (is_unsure(slice_truth(generation_slice(g, s))) && (*unsure)++ == 0)
            *first = list_row(slot_list(e, s))->name;
    for (struct walk w = walk_kind(g, KIND_KEY); walk_next(&w, &r); (*keys)++)
        for (int f = kind_row(KIND_KEY)->first_facet; f < (int)kind_row(KIND_KEY)->end_facet; f++)
            if (!facet_row((enum facet)f)->on_demand && /* asked only when somebody looks */
                is_unsure(record_facet(&r, (enum facet)f).truth) && (*unsure)++ == 0)
                *first = facet_row((enum facet)f)->name;
}

static void tell(struct estate *e, struct refresh *r)
{
    struct refresh_status status;
    unsigned keys, unsure;
    const char *first;
    refresh_status(r, &status);
    const struct generation *g = estate_acquire(e);
    count(g, &keys, &unsure, &first);
    printf("{\"done\":%s,\"keys\":%u,\"unsure\":%u,\"first\":\"%s\",\"generation\":%llu}\n",
           status.is_first_read ? "false" : "true", keys, unsure, first,
           (unsigned long long)generation_number(g));
    fflush(stdout);
    generation_release(g);
}

int main(int argc, char **argv)
{
    struct err err = {0};
    struct wire *wire;
    struct target targets[16] = {0};
    size_t n = 0;
    for (int i = 2; i < argc && n < 16; i++)
        targets[n++].profile = argv[i];
    model_init();
    signal(SIGTERM, stop);
    if (argc < 3 || aws_new(&(struct aws_settings){.endpoint_url = argv[1], .total_timeout_ms = 4000}, &wire, &err) != ERR_OK)
        return 2;
    struct estate *estate = estate_new();
    struct refresh *refresh;
    struct refresh_settings settings = {.wire = wire,
                                        .estate = estate,
                                        .targets = targets,
                                        .n_targets = n,
                                        .deletions_every_s = 3,
                                        .cycle_every_s = 4,
                                        .inventory_every_s = 8};
    if (refresh_new(&settings, &refresh, &err) != ERR_OK) {
        fprintf(stderr, "%s\n", err.text);
        return 3;
    }
    while (!is_over) {
        struct pollfd fd = {refresh_fd(refresh), POLLIN, 0};
        if (poll(&fd, 1, 500) > 0)
            refresh_drain(refresh);
        tell(estate, refresh);
    }
    refresh_free(refresh);
    estate_free(estate);
    return 0;
}
