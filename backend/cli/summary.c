#include "backend/cli/summary.h"

#include "backend/aws/aws.h"
#include "backend/config/config.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct line {
    const char *name;
    const struct wire_use *use;
};

static int most_first(const void *a, const void *b)
{
    const struct line *x = a, *y = b;
    if (x->use->requests != y->use->requests)
        return x->use->requests < y->use->requests ? 1 : -1;
    return strcmp(x->name, y->name);
}

static void write_line(FILE *out, const char *name, const struct wire_use *use)
{
    char cost[COST_WORDS_SIZE];
    cost_words(use->nanousd, cost);
    (void)fprintf(out, "  %-18s %9" PRIu64 " %9" PRIu64 " %9" PRIu64 " %9" PRIu64 " %8.1f s %10s\n", name,
                  use->requests, use->pages, use->throttles, use->retries,
                  (double)use->held_ms / 1000, cost);
}

static void write_budget(FILE *out, const struct refresh_courtesy *c)
{
    char words[BUDGET_WORDS_SIZE], taken[BUDGET_WORDS_SIZE];
    if (!c->budget.requests && !c->budget.nanousd)
        return;
    budget_words(&c->budget, words);
    budget_taken_words(c->budget_requests, c->budget_nanousd, taken);
    (void)fprintf(out, "  budget: %s; %s were taken%s\n", words, taken,
                  c->is_budget_spent ? ", so the rest was not read" : "");
}

/* HELD is the longest that an operation has waited in one place: what the rates, not the network, took. */
void summary_write(const struct cli_options *options, struct refresh *r, FILE *out)
{
    const struct settings *s = options->settings;
    struct refresh_courtesy c;
    struct line lines[SERVICE_COUNT];
    size_t n = 0;
    refresh_courtesy(r, &c);
    for (int i = 0; i < SERVICE_COUNT; i++)
        if (c.by_service[i].requests > 0)
            lines[n++] = (struct line){service_get((enum service_id)i)->name, &c.by_service[i]};
    qsort(lines, n, sizeof *lines, most_first);
    (void)fprintf(out, "keyfall: %" PRIu64 " calls in %.1f s\n", c.calls, (double)c.took_ms / 1000);
    (void)fprintf(out, "  %-18s %9s %9s %9s %9s %10s %10s\n", "service", "requests", "pages", "throttled",
                  "retried", "held back", "cost");
    for (size_t i = 0; i < n; i++)
        write_line(out, lines[i].name, lines[i].use);
    write_line(out, "all", &c.all);
    (void)fprintf(out,
                  "  cost: at most, at list prices, free tiers not taken off\n"
                  "  rates: %d %% of what AWS publishes for an account and Region, %d %% for EC2 and RDS; where it\n"
                  "         publishes none, 5 a second to begin with\n",
                  s->refresh.share ? s->refresh.share : RATE_SHARE,
                  s->refresh.share_cautious ? s->refresh.share_cautious : RATE_SHARE_CAUTIOUS);
    write_budget(out, &c);
}
