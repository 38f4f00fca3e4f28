/* make: what a wizard's function makes a plan with. Private to change/. Pure; one thread a making.
 *
 * make() is called again and again until every fact that it looks at was read: see() gives NULL for one that was not,
 * which every fact_...() takes, and what is made then is thrown away. So it is written as if all were known, without
 * a state and without a call, and the same facts and inputs give the same plan. */
#ifndef KEYFALL_CHANGE_MAKE_H
#define KEYFALL_CHANGE_MAKE_H

#include "backend/change/change.h"
#include "backend/change/facts.h"

struct making {
    const struct wizard *wizard;
    struct arena *arena;
    const cJSON *inputs; /* checked and mended, every name is there; "" if it was left out */
    const cJSON *facts;  /* what was read so far */
    cJSON *wanted;       /* what is to be read before it can go on */
    cJSON *observed;     /* what it looked at */
    cJSON *warnings, *steps;
    const char *phrase;
    struct err refusal;  /* code ERR_OK: none */
};

struct place {
    const char *account, *region;
};

const char *input_text(const struct making *m, const char *name);
bool input_is(const struct making *m, const char *name, const char *value);
const cJSON *input_list(const struct making *m, const char *name); /* array of texts */
/* Of a key's or a vault's ARN that was checked. */
struct place arn_place(struct making *m, const char *arn);

/* A fact that the plan cannot do without: denied is a refusal. */
const cJSON *see(struct making *m, enum fact_id fact, struct place at, const char *of);
/* One that may stay unknown: fact_unknown. */
const cJSON *see_if_may(struct making *m, enum fact_id fact, struct place at, const char *of);
/* The plan cannot be made. The first refusal counts. */
void refuse(struct making *m, const char *fmt, ...) PRINTF_LIKE(2, 3);
void warn(struct making *m, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* A step is JSON; these fill it in. Objects that are handed over belong to the step. */
cJSON *step_call(struct making *m, enum op_id op, struct place at, const char *target, const char *title);
/* where: the console; question: what is asked when it is done; answer: what must be typed then, "" for anything. */
cJSON *step_human(struct making *m, const char *title, const char *where, const char *question, const char *answer);
cJSON *step_wait(struct making *m, const char *title, int within_s);
void step_param(cJSON *step, const char *name, const char *value);
void step_param_json(cJSON *step, const char *name, cJSON *value);
/* What must be so before it is sent or asked, and what proves it. is: an object; NULL: there is none of it. */
void step_before(cJSON *step, enum fact_id fact, struct place at, const char *of, cJSON *is);
void step_after(cJSON *step, enum fact_id fact, struct place at, const char *of, cJSON *is);
/* What the person who does it moves: read before it is asked for, it proves the step once it is another then. */
void step_moves(cJSON *step, enum fact_id fact, struct place at, const char *of);
/* What says that it will never be so: it is not waited for any longer. */
void step_fails(cJSON *step, enum fact_id fact, struct place at, const char *of, cJSON *is);
void step_within(cJSON *step, int seconds);
/* Its answer's member at a dotted path is ${keyfall:name} of later steps. */
void step_gives(cJSON *step, const char *name, const char *path);
void step_begins(cJSON *step, const char *prefix); /* what is typed must begin with it */
/* Another answer that is taken: it is left out, and nothing has to show for it. */
void step_or(cJSON *step, const char *answer);
/* What is said of a wrong answer where the right one is not to be told, because it must be read elsewhere. */
void step_wrong(cJSON *step, const char *why);
void step_line(cJSON *step, const char *fmt, ...) PRINTF_LIKE(2, 3); /* of what a human does */
/* The inverse: an operation ("kms:DisableKey") and its parameters, or a sentence; more than one stand in order. */
void step_undo(cJSON *step, const char *call, cJSON *params);
void step_undo_by_hand(cJSON *step, const char *text);
/* From here on something relies on what the steps before made: undoing those breaks it. */
void step_no_way_back(cJSON *step, const char *why);

/* {"NAME": VALUE, ...} of pairs of texts, ended by NULL. */
cJSON *object_of(const char *name, ...) __attribute__((sentinel));
cJSON *array_of(const char *value, ...) __attribute__((sentinel));

#endif
