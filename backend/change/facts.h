/* facts: what plans hang on, each read by one READ operation and cut down to the members that matter, so that a plan
 * is refused for a drift of these and of nothing else. Private to change/. Pure; any thread.
 *
 * A fact that was read: {"fact","account","region","of"} and one of "is" (an object), "absent": true, "unknown": AWS's
 * error code. */
#ifndef KEYFALL_CHANGE_FACTS_H
#define KEYFALL_CHANGE_FACTS_H

#include "backend/aws/op.h"
#include "backend/base/err.h"

#include <cJSON.h>
#include <stdbool.h>

enum fact_id {
#define FACT(id, ...) FACT_##id,
#include "backend/change/facts.def"
#undef FACT
    FACT_COUNT
};

struct fact {
    const char *name;
    enum op_id op;
    const char *subject;            /* the parameter that is what the fact is of; NULL: the answer is searched for it */
    const char *second;             /* a second one: what it is of is "first second"; NULL */
    const char *params;             /* more parameters, a JSON object; NULL */
    const char *within;             /* the member of the answer that `keep` is found in; NULL: the answer */
    const char *const *keep;        /* its members that are kept; NULL: reduce says */
    /* Adds a page to what it is; false: it cannot be read. An object that stays empty says that there is none. */
    bool (*reduce)(cJSON *is, const cJSON *page, const char *of);
    const char *gone[3];            /* error codes that say there is none */
    bool is_global;                 /* of the account, not of a Region */
    const char *stays;              /* the member that a plan which saw it counts on until its end; NULL */
    bool is_passing;                /* it passes by itself, or its record does: what was proved of it is not looked at again */
    bool is_evidence;               /* whatever keeps it from being read leaves it unknown: nothing is planned on it */
    bool is_extra;                  /* where no way leads into the account it is unknown, and no reason to stop */
};
#define PLAN_TAG "keyfall:plan" /* of a key that a plan made: its nonce */

const struct fact *fact_get(enum fact_id id);
const struct fact *fact_by_name(const char *name); /* NULL */

/* A page of its answer into `is`. */
NODISCARD enum err_code fact_add_page(const struct fact *fact, const char *of, cJSON *is, const cJSON *page,
                                      struct err *err);

/* Of a fact; NULL is one that was not read yet: "", NULL, false. */
const cJSON *fact_item(const cJSON *read, const char *member);
const char *fact_text(const cJSON *read, const char *member);
bool fact_is_true(const cJSON *read, const char *member);
bool fact_is_absent(const cJSON *read);
const char *fact_unknown(const cJSON *read); /* AWS's code; NULL: it is known */
bool fact_is_about(const cJSON *read, const char *name, const char *account, const char *region, const char *of);

/* Whether two values mean the same: AWS gives the texts of a list back in an order of its own, and a list of one as its
 * text alone. */
bool json_same(const cJSON *a, const cJSON *b);

/* What is wanted of a fact that was read, once it has moved: that it is there, and is not as it was. The caller's. */
cJSON *fact_moved(const cJSON *was);

/* Whether a fact is as a step wants it: {"is": each member equal, or one of an array where the fact has no array, or null
 * where it has none, "not": no member so} or {"absent": true}. why: a line on what differs, appended. */
struct buf;
bool fact_fits(const cJSON *read, const cJSON *wanted, struct buf *why);

#endif
