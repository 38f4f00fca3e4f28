/* What was sent is counted against the budget; once that is used up nothing more goes. */
#include "backend/aws/aws_internal.h"

#include "backend/base/timefmt.h"

static void note_spent(struct aws *aws)
{
    if (!aws_budget_is_spent(aws))
        aws->stats.budget_renews_ms = aws->settings.budget_every_ms
                                          ? aws->budget_began_ms + aws->settings.budget_every_ms
                                          : INT64_MAX;
}

bool aws_budget_allows(struct aws *aws, const struct op *row)
{
    const struct budget *b = &aws->settings.budget;
    if (!aws_budget_is_spent(aws) && b->nanousd && aws->stats.budget_nanousd + cost_of(row) > b->nanousd) {
        if (aws->budget_began_ms == 0)
            aws->budget_began_ms = aws->now_ms; /* not even one request fits */
        note_spent(aws);
    }
    return !aws_budget_is_spent(aws);
}

void aws_budget_count(struct aws *aws, const struct op *row)
{
    struct wire_stats *stats = &aws->stats;
    struct wire_use *use = &stats->by_service[row->service];
    int64_t nanousd = cost_of(row);
    use->requests++;
    use->nanousd += nanousd;
    stats->budget_requests++;
    stats->budget_nanousd += nanousd;
    if (aws->budget_began_ms == 0)
        aws->budget_began_ms = aws->now_ms;
    const struct budget *b = &aws->settings.budget;
    bool is_spent = (b->requests && stats->budget_requests >= b->requests)
                    || (b->nanousd && stats->budget_nanousd >= b->nanousd);
    if (is_spent)
        note_spent(aws);
}

bool aws_budget_is_spent(const struct aws *aws)
{
    return aws->stats.budget_renews_ms != 0;
}

static void begin_anew(struct aws *aws)
{
    aws->stats.budget_requests = 0;
    aws->stats.budget_nanousd = 0;
    aws->stats.budget_renews_ms = 0;
    aws->budget_began_ms = 0;
}

/* What flies may land; what waits for its credentials is refused when these are. */
static void refuse_waiting(struct aws *aws)
{
    struct err err;
    char words[BUDGET_WORDS_SIZE];
    budget_words(&aws->settings.budget, words);
    (void)err_set(&err, ERR_BUDGET, "the budget of %s%s is used up", words,
                  aws->settings.budget_every_ms ? " an hour" : "");
    for (size_t i = 0; i < aws->slots.n; i++) {
        struct call *call = aws->slots.items[i].call;
        if (call && (call->state == CALL_QUEUED || call->state == CALL_DELAYED))
            aws_call_finish(aws, call, &err);
    }
}

void aws_budget_step(struct aws *aws)
{
    int64_t every_ms = aws->settings.budget_every_ms;
    if (every_ms && aws->budget_began_ms && aws->now_ms >= aws->budget_began_ms + every_ms)
        begin_anew(aws);
    if (aws_budget_is_spent(aws))
        refuse_waiting(aws);
}
