/* clerk: the thread that has the desk. It makes a plan or runs one, while the screen goes on; what it is about
 * stands in its news, which the screen reads under a lock that is never held while something is waited for.
 *
 * One owner thread calls everything here. It does one thing at a time: clerk_is_busy. */
#ifndef KEYFALL_TUI_WIZARDS_CLERK_H
#define KEYFALL_TUI_WIZARDS_CLERK_H

#include "backend/change/change.h"
#include "backend/cli/cli.h"

enum clerk_state {
    CLERK_IDLE,
    CLERK_PLANS,
    CLERK_PLANNED,  /* plan */
    CLERK_REFUSED,  /* no plan: err */
    CLERK_RUNS,
    CLERK_ASKS,     /* a step of somebody else's: step, question */
    CLERK_ENDED     /* end, err, left */
};

/* What a step of the run came to. */
struct clerk_step {
    bool is_begun;
    enum run_event_kind last; /* once it is begun */
    int64_t since_ms;         /* monotonic: when that came first */
    char *text;               /* what it waits for; what a person does, lines; NULL */
};
bool clerk_step_is_over(const struct clerk_step *step);
struct clerk_news {
    enum clerk_state state;
    int64_t since_ms;         /* monotonic */
    const struct plan *plan;  /* from CLERK_PLANNED on, until the next is asked for; never changed */
    struct err err;
    enum run_end end;
    size_t step;
    VEC(struct clerk_step) steps; /* of the plan */
    struct buf question, says, left; /* data may be NULL */
};

struct clerk;
struct clerk *clerk_new(const struct cli_options *options); /* NULL: no thread */
/* Stops what goes on, as clerk_stop, and waits for that. NULL is fine. */
void clerk_free(struct clerk *clerk);
int clerk_fd(const struct clerk *clerk); /* readable when there is news */
void clerk_drain(struct clerk *clerk);

/* Takes inputs (plan_make). */
void clerk_plan(struct clerk *clerk, const struct wizard *wizard, cJSON *inputs);
/* As clerk_plan, for the plan of the run that began last and did not end, of those whose id begins so; the news say which
 * others did not. */
void clerk_find(struct clerk *clerk, const char *id);
/* Runs its plan, or takes it up again; phrase: what was typed. */
void clerk_run(struct clerk *clerk, const char *phrase, bool may_resume);
void clerk_answer(struct clerk *clerk, const char *answer);
/* At the next place where it can be taken up again; the news tell when. */
void clerk_stop(struct clerk *clerk);
bool clerk_is_busy(struct clerk *clerk);
bool clerk_is_running(struct clerk *clerk); /* CLERK_RUNS, CLERK_ASKS */

const struct clerk_news *clerk_read(struct clerk *clerk);
void clerk_read_end(struct clerk *clerk);

#endif
