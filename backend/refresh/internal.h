/* internal: what the files of refresh/ do for each other. Nobody else includes this. Everything here belongs
 * to the refresh thread.
 *
 *   refresh.c       starting, stopping, the loop, and what other threads may call
 *   request.c       what the user asks for
 *   status.c        what other threads may see: status, error log, the descriptor
 *   kept.c          what there is to tell of an estate that is not read
 *   courtesy.c      what reading takes of AWS, and its budget
 *   explain.c       what to type about an error
 *   entrance.c      targets: who they are, which account they lead to
 *   login.c         what a person must do before an entrance leads anywhere
 *   organization.c  the accounts of the organization that a target is in
 *   account.c       accounts and their regions: what there is to read
 *   lane.c          what waits to be asked, in which order and when again
 *   deletions.c     keys in use, more often than the rest
 *   call.c          calls: sent, answered, written into the estate
 *   restored.c      what an earlier run saw, and what becomes of it */
#ifndef KEYFALL_REFRESH_INTERNAL_H
#define KEYFALL_REFRESH_INTERNAL_H

#include "backend/refresh/state.h"

int64_t refresh_now_utc(const struct refresh *r);

/* ---- entrance.c ---- */
struct entrance *entrance_new(struct refresh *r, const char *profile, const char *role_arn,
                              const char *external_id);
void entrance_forget(struct entrance *en); /* its identities; before the wire is freed */
void entrance_free(struct entrance *en);
void entrances_retry(struct refresh *r);   /* what failed, and the organization, now */
void entrances_step(struct refresh *r, int64_t now_ms); /* starts and starts again what is due */
void entrances_cancel(struct refresh *r);
bool entrances_are_settled(const struct refresh *r);
/* Why nothing can be read through any; ERR_OK if something can. */
enum err_code entrances_problem(const struct refresh *r, struct err *err);
void entrance_retry(struct entrance *en); /* now, and all that failed through it */
/* Who may change what the entrance leads to; NULL: nobody. Nothing is asked of AWS before a call needs it. */
struct identity *entrance_changes(struct entrance *en);
void entrances_step_at(struct refresh *r, int64_t ms); /* something is due then */

/* ---- login.c ---- */
void logins_step(struct refresh *r, int64_t now_ms);
void login_begin(struct refresh *r, unsigned id, const char *code);
void login_decline(struct refresh *r, unsigned id);
/* Whether the first read should wait for somebody who types a code. */
bool logins_are_awaited(const struct refresh *r);

/* ---- organization.c ---- */
void organization_ask(struct entrance *en);
void organization_due(struct entrance *en, int64_t ms);

/* ---- account.c ---- */
struct account *account_find(struct refresh *r, const char *id);
struct account *account_get(struct refresh *r, const char *id, const char *partition);
void account_free(struct account *a);
void accounts_write(struct refresh *r);
void account_opened(struct refresh *r, struct account *a, struct entrance *en);
void account_closed(struct refresh *r, struct account *a);
/* Whether this is a feed of accounts that is asked of this one. */
bool account_is_asked(const struct account *a, const struct feed *feed);
void account_list_regions(struct refresh *r, struct account *a, const struct reading *reading);
void account_guess_regions(struct refresh *r, struct account *a, const struct feed *feed,
                           const struct err *err, int64_t at);
void account_identity_failed(struct refresh *r, struct account *a, const struct err *err, int64_t at);
struct site *site_find(const struct refresh *r, const char *account, const char *region);

/* ---- deletions.c ---- */
void deletions_step(struct refresh *r, int64_t now_ms);

/* ---- lane.c ---- */
struct lane *lane_get(struct refresh *r, struct site *site, const struct feed *feed);
void lane_free(struct refresh *r, struct lane *lane);
/* Asks about a record (0: the site as a whole) unless that is under way. first: before the others. */
void lane_ask(struct refresh *r, struct lane *lane, uint32_t node, bool first);
/* The same unless what is known is young enough; then what follows from it is asked. */
void lane_ask_if_old(struct refresh *r, struct lane *lane, uint32_t node, bool first);
bool lane_was_asked(struct refresh *r, const struct lane *lane, const struct record *record);
/* The next record to ask about; false if none waits. */
bool lane_take(struct refresh *r, struct lane *lane, uint32_t *node);
void lane_done(struct refresh *r, struct lane *lane, uint32_t node);
void lane_failed(struct refresh *r, struct lane *lane, uint32_t node, enum truth truth);
void lane_forgive(struct refresh *r, struct lane *lane); /* what failed is not asked again */
void lane_retry(struct refresh *r, struct lane *lane);   /* what failed is asked again now */
void lane_clear(struct refresh *r, struct lane *lane);   /* nothing waits any more */
void lane_set_cycle(struct refresh *r, struct lane *lane, int64_t in_ms);
void lane_make_ready(struct refresh *r, struct lane *lane);
struct lane *lane_pop_ready(struct refresh *r);
void lanes_step(struct refresh *r, int64_t now_ms);
void lanes_reorder(struct refresh *r);
/* What comes after a list or a facet of a record. */
void follow_list(struct refresh *r, struct site *site, enum list list, const uint32_t *nodes, size_t n);
void follow_facet(struct refresh *r, struct site *site, enum facet facet, uint32_t node);
int64_t with_jitter(struct refresh *r, int64_t ms); /* 0.9 to 1.1 times */
int64_t retry_in_ms(struct refresh *r, int tries, bool is_denied);

/* ---- call.c ---- */
void calls_send(struct refresh *r);
void calls_after_step(struct refresh *r); /* cancels what asked for it */
void calls_cancel(struct refresh *r, const struct site *site); /* NULL: all */
void calls_reprioritize(struct refresh *r);
int lane_order(const struct refresh *r, const struct lane *lane);

/* ---- restored.c ---- */
void restored_take(struct refresh *r);   /* before anything is asked */
void restored_settle(struct refresh *r); /* the first read is over: what nobody asks for any more goes */

/* ---- status.c ---- */
/* Publishes at once and tells whoever waits that the first read is over. */
void status_settle(struct refresh *r);
void status_note_error(struct refresh *r, enum op_id op, const struct account *a, const char *region,
                       const char *who, const struct err *err);
void status_note_answer(struct refresh *r, const struct err *err);
void status_tick(struct refresh *r, int64_t now_ms); /* publishes and tells */
void status_notify(struct refresh *r);
int64_t status_oldest(const struct refresh *r); /* when the oldest list was read; TIME_NONE */
/* Counts an error that is complete as it is. Before other threads know of r. */
void status_add_error(struct refresh *r, const struct refresh_error *error);

/* ---- kept.c ---- */
void kept_tell(struct refresh *r); /* fills status and error log of an estate that is not read */

/* ---- courtesy.c ---- */
void courtesy_refused(struct refresh *r); /* the wire says that the budget is used up */
void courtesy_step(struct refresh *r, int64_t now_ms);
int64_t courtesy_not_before_ms(const struct refresh *r, int64_t ms); /* later, if the budget asks for it */
int64_t courtesy_renews_utc(const struct refresh *r, const struct wire_stats *w, int64_t now_ms); /* TIME_NONE */
void courtesy_update(struct refresh *r, const struct wire_stats *w, int64_t now_ms); /* under the lock */

/* ---- request.c ---- */
void requests_take(struct refresh *r);

/* ---- explain.c ---- */
struct explain {
    const char *action, *principal, *account, *region, *who;
};
/* Writes what went wrong, and what to do about it: "" if there is nothing to type. */
void explain_said(const struct err *err, char *out, size_t size);
void explain_fix(const struct err *err, const struct explain *about, char *out, size_t size);
/* The role behind the ARN of a session, else the ARN itself. */
void explain_principal(const char *arn, char *out, size_t size);

#endif
