/* run: the inside of a run of a plan. Private to change/. The thread of the desk.
 *
 * What begins with run_ and gives an error code fills r->err. Steps are the run's own copies, with what was made by then
 * filled in. */
#ifndef KEYFALL_CHANGE_RUN_H
#define KEYFALL_CHANGE_RUN_H

#include "backend/change/change.h"
#include "backend/change/journal.h"

#define RUN_ANSWER_SIZE 1024

struct run {
    struct desk *desk;
    const struct plan *plan;
    const struct run_hooks *hooks;
    struct journal *journal;
    cJSON *past;  /* what the journal knows of this plan */
    cJSON *made;  /* name: value, of ${keyfall:name} */
    cJSON *so;    /* what must be so by now: proved.h */
    struct buf on_word; /* numbers of the steps that nothing but a person's word stands for */
    size_t step;
    struct err *err;
};

/* ---- run_note.c: who looks on, and the journal ---- */

void run_tell(const struct run *r, enum run_event_kind kind, const char *text);
cJSON *run_entry(const struct run *r, const char *event); /* of this step; the caller's */
NODISCARD enum err_code run_note_entry(struct run *r, cJSON *entry); /* takes it */
enum err_code run_note(struct run *r, const char *event, const char *name, const char *value);
/* What a step gives, once it is made, now or before; "". */
const char *run_made_by(const struct run *r, const cJSON *step);
NODISCARD enum err_code run_note_made(struct run *r, const cJSON *gives, const char *value);

/* ---- run_facts.c: what is read before and after ---- */

/* What `wanted` is about. *read: an array in its order, the caller's. */
NODISCARD enum err_code run_read(struct run *r, const cJSON *wanted, cJSON **read);
NODISCARD enum err_code run_unreadable(struct run *r, const cJSON *unknown);
/* How policies that were read differ from those that are wanted, a line a statement. */
void run_tell_diffs(const struct run *r, const cJSON *read, const cJSON *wanted);
/* Whether all is so already; what is denied is an error. */
NODISCARD enum err_code run_is_so(struct run *r, const cJSON *wanted, bool *is_so);
/* What earlier steps proved, and what the plan counts on, must be so whenever something follows from it; what the step
 * changes it looks at itself. NULL: nothing follows, the plan is at its end. */
NODISCARD enum err_code run_check_still(struct run *r, const cJSON *step);
/* Refuses to go on unless all is as it was planned. *before: what was read; the caller's. */
NODISCARD enum err_code run_check_before(struct run *r, const cJSON *step, cJSON **before);
/* Reads what proves a step again until it is so. */
NODISCARD enum err_code run_await(struct run *r, const cJSON *step);

/* ---- run_call.c, run_human.c: a step of that kind, from its beginning to its proof ---- */

NODISCARD enum err_code run_call(struct run *r, cJSON *step);
NODISCARD enum err_code run_human(struct run *r, cJSON *step);
/* By a person, who gave the step's other answer. */
bool run_is_left_out(const cJSON *step, const char *answer);

#endif
