/* desk: calls that are waited for. Private to change/. The thread of the desk. */
#ifndef KEYFALL_CHANGE_DESK_H
#define KEYFALL_CHANGE_DESK_H

#include "backend/change/change.h"
#include "backend/change/facts.h"

/* Reads each of `wanted` (objects with fact, account, region, of), several at a time, and adds what it is. What is
 * denied or not to be had there is unknown; anything else that goes wrong is an error of all. */
NODISCARD enum err_code desk_read(struct desk *desk, cJSON *wanted, struct err *err);

/* Sends one operation by its change role if `changes`, else by whoever reads. *pages: an array of answers, the caller's
 * (cJSON_Delete); NULL if it failed. region "": the account's own. err->http_status 0: it is not known whether AWS
 * served it. */
NODISCARD enum err_code desk_call(struct desk *desk, const char *account, const char *region, enum op_id op,
                                  const cJSON *params, bool changes, cJSON **pages, struct err *err);

/* The key in that place that a plan made with the nonce, and one whose tags cannot be read, so that it may be it: ARNs, ""
 * if there is none; the caller's. */
NODISCARD enum err_code desk_find_key(struct desk *desk, const char *account, const char *region, const char *nonce,
                                      char **arn, char **unread, struct err *err);

/* Whether somebody answers for the account; the sentence says who does. */
NODISCARD enum err_code desk_knows(const struct desk *desk, const char *account, struct err *err);
const char *desk_partition(const struct desk *desk);
int desk_settle_s(const struct desk *desk);
/* Waits; false: cancelled. */
bool desk_sleep(struct desk *desk, int ms);
/* Who changes things in the account, for the journal: the ARN that AWS knows them by. Asked once; the desk's. */
const char *desk_who(struct desk *desk, const char *account);

#endif
