/* change: guided changes. A wizard makes a plan from inputs and from what AWS says now; a plan can be saved, shown,
 * printed as CLI text, run by another, taken up again. The only caller of WRITE operations.
 *
 * A plan is a pure function of its inputs and of the facts it observed: what is read from a file is made anew from
 * both and refused on any difference, and its facts are asked of AWS again before the first call and refused on any
 * drift. keyfall schedules no deletion, deletes, locks and puts no parameter: no such operation has a row.
 *
 * Threads: a desk, its plans and its runs belong to one thread, which waits for the network in here; the screen
 * gives them one of their own. Hooks are called from that thread. Rows and forms are constant, any thread.
 * Texts may hold what AWS said: clean them on the way to a screen or a file. */
#ifndef KEYFALL_CHANGE_CHANGE_H
#define KEYFALL_CHANGE_CHANGE_H

#include "backend/aws/aws.h"
#include "backend/base/err.h"
#include "backend/base/mem.h"
#include "backend/estate/estate.h"

#include <cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- wizards: what there is -------------------------------------------------------------------------------------- */

/* Mends in place what pasting breaks (blanks and line breaks in an ARN), which never makes it longer, and says in one
 * sentence what is wrong; NULL: nothing. The sentence lives in the arena. Pure. */
typedef const char *form_fn(struct arena *arena, char *value);

struct input {
    const char *name;     /* of --set NAME=VALUE */
    const char *label;    /* of the page's field */
    const char *help;     /* one line: what it is and where to find it */
    form_fn *form;
    const char *preset;   /* NULL: it must be given */
    const char *not_with; /* the input beside which it would do nothing; NULL */
    bool is_optional;     /* may be left out or empty */
    bool is_made;         /* keyfall makes it: no page asks for it */
    bool is_list;         /* values joined with commas */
    enum kind from;       /* the ARN (a Region, account or parameter: the name) of such a record fills it in */
    enum edge by;         /* and of one that hangs so on another's, if it is the only one; EDGE_NONE */
};

struct making;
struct wizard {
    const char *name;     /* of `keyfall wizard NAME` */
    const char *title, *what;
    const struct input *inputs;
    size_t n_inputs;
    bool (*fits)(const struct record *record); /* of the kind of an input's `from`; NULL: each of them */
    const enum op_id *ops; /* what it may send, reads too; ended by OP_COUNT */
    void (*make)(struct making *making);
    const void *about;    /* what differs between wizards that share a make */
};
const struct wizard *wizard_at(size_t i); /* NULL at the end */
const struct wizard *wizard_by_name(const char *name); /* NULL */
/* What a row says of a wizard's inputs: an object, name to text, the caller's. NULL: the wizard does not fit it. */
cJSON *wizard_presets(const struct wizard *wizard, const struct generation *g, uint32_t node);

/* One input: what is wrong with it, NULL nothing, mended in place. Empty is wrong unless it is optional. For a list
 * the values are checked one by one. */
const char *input_check(const struct input *input, struct arena *arena, char *value);
#define INPUT_NO_ITEM "has nothing between its commas" /* what is wrong with a list then */

/* All of a wizard's inputs (an object, name to text), each and together, without asking anybody: ERR_USAGE names the
 * first that is wrong. */
NODISCARD enum err_code wizard_check(const struct wizard *wizard, const cJSON *inputs, struct err *err);

/* ---- the desk: who asks AWS ---------------------------------------------------------------------------------------- */

/* A way into an account: as struct target of refresh.h. */
struct door {
    const char *profile, *role_arn, *change_role_arn, *external_id, *mfa_serial; /* NULL */
};
struct desk_settings {
    const struct aws_settings *aws; /* read by desk_open alone */
    struct wire *wire;           /* who answers instead of AWS (the demo), owned from now on; NULL: AWS */
    bool changes;                /* a plan is to run: WRITE operations may be sent, unless aws->viewer */
    const struct door *doors;    /* at least one; read by desk_open alone */
    size_t n_doors;
    const char *org_role, *org_change_role, *org_external_id; /* names, for accounts without a door; NULL */
    const char *first_region;    /* NULL: the profile's, else us-east-1 */
    bool anonymous;              /* the demo */
    int settle_s;                /* how long AWS may take to show what was done; 0: 60 */
    bool (*is_cancelled)(void *ctx); /* asked about ten times a second while something is waited for; NULL: never */
    void *ctx;
};
struct desk;
/* Asks who every door leads to. *out: desk_close in any case. ERR_CREDENTIALS ...: none can be used. */
NODISCARD enum err_code desk_open(const struct desk_settings *settings, struct desk **out, struct err *err);
void desk_close(struct desk *desk); /* NULL is fine */

/* ---- plans --------------------------------------------------------------------------------------------------------- */

struct plan;
/* inputs: an object, name to text. What is missing gets its preset. ERR_USAGE: the sentence names the input; what the
 * wizard refuses for what it observed is ERR_REJECTED. *out: plan_free. */
NODISCARD enum err_code plan_make(struct desk *desk, const struct wizard *wizard, const cJSON *inputs,
                                  struct plan **out, struct err *err);
/* Reads a saved plan and makes it anew from its inputs and facts: any difference is ERR_REJECTED and named. */
NODISCARD enum err_code plan_read(const char *text, size_t len, struct plan **out, struct err *err);
/* The plan of the run that began last and did not end, as the journal has it, of those whose id begins so ("": of all).
 * others: appended, what others did not end, "WIZARD ID, ...". ERR_NOT_FOUND: there is none. *out: plan_free. */
NODISCARD enum err_code plan_unfinished(const char *id, struct plan **out, struct buf *others, struct err *err);
void plan_write(const struct plan *plan, struct buf *out); /* what plan_read takes */
void plan_free(struct plan *plan);                         /* NULL is fine */

const struct wizard *plan_wizard(const struct plan *plan);
const char *plan_id(const struct plan *plan);     /* SHA-256 of all that it holds, in hex */
const char *plan_phrase(const struct plan *plan); /* the name of what it changes: to be typed before it runs */
const char *plan_title(const struct plan *plan);
const cJSON *plan_inputs(const struct plan *plan);   /* mended */
size_t plan_warnings(const struct plan *plan);
const char *plan_warning(const struct plan *plan, size_t i);

enum step_kind {
    STEP_CALL,  /* keyfall sends it */
    STEP_HUMAN, /* somebody does it in another console and says so */
    STEP_WAIT   /* nothing is sent: it is read until it is so */
};
/* A step as a page shows it. Texts live as long as the plan; "" if there is none. */
struct step_view {
    enum step_kind kind;
    const char *title, *account, *region;
    const char *call;           /* "kms:EnableKey" */
    const char *target;         /* what it changes */
    const char *params;         /* JSON; ${keyfall:NAME} is what an earlier step makes */
    const char *cost, *time;
    const char *gives;          /* NAME of the ${keyfall:NAME} that it makes */
    const char *where;          /* STEP_HUMAN: the console */
    const char *question;       /* STEP_HUMAN: what to type when it is done */
    const cJSON *lines;         /* STEP_HUMAN: array of texts, what to do there */
    bool has_no_way_back;       /* undoing what is before it breaks what relies on that once it is done */
    const cJSON *diff;          /* array of texts that begin with "+", "-" or " ": how a policy changes; NULL */
};
size_t plan_steps(const struct plan *plan);
struct step_view plan_step(const struct plan *plan, size_t i);
/* What proves a step, how to undo it, and the command line that does it. Append lines; nothing if there is none. */
void plan_step_proof(const struct plan *plan, size_t i, struct buf *out);
void plan_step_undo(const struct plan *plan, size_t i, struct buf *out);
void plan_step_cli(const struct plan *plan, size_t i, struct buf *out);

void plan_show(const struct plan *plan, struct buf *out); /* the preview, as text */
void plan_cli(const struct plan *plan, struct buf *out);  /* a shell script that does the same by hand */

/* ---- running ------------------------------------------------------------------------------------------------------- */

enum run_event_kind {
    RUN_STEP,    /* begins */
    RUN_SKIPPED, /* was done before, or is so already */
    RUN_SENT,
    RUN_WAITING, /* for AWS to show it */
    RUN_ASKS,    /* what a person does in another console: where, then a line each; ask comes next */
    RUN_PROVED,
    RUN_CONFIRMED, /* a person says so: nothing of it can be read */
    RUN_SAYS     /* a line about the run */
};
struct run_event {
    enum run_event_kind kind;
    size_t step;       /* from 0 */
    const char *text;  /* one line, during the callback only */
};
struct run_hooks {
    void *ctx;
    void (*tell)(void *ctx, const struct run_event *event);
    /* The phrase (step -1) or the answer to a human's step, which is asked again, with what was wrong, until it is
     * right. False: nobody answers, the run stops there and can be taken up again. */
    bool (*ask)(void *ctx, int step, const char *question, char *answer, size_t size);
};
enum run_end {
    RUN_DONE,      /* every step proved or confirmed, now or before; RUN_SAYS told which */
    RUN_STOPPED,   /* err says why; what is done is journalled, and it can be taken up again */
    RUN_WAITS,     /* for a human's answer */
    RUN_REFUSED    /* nothing was sent */
};
/* Runs, or takes up again. may_resume: a run that the journal knows as begun goes on, else that is refused.
 * A plan that is done is told so and changes nothing. */
enum run_end plan_run(struct desk *desk, const struct plan *plan, bool may_resume, const struct run_hooks *hooks,
                      struct err *err);
/* After RUN_STOPPED or RUN_WAITS: what is done, what is not, and how the done is undone. Lines. */
void plan_run_left(const struct plan *plan, struct buf *out);

#endif
