/* store: what keyfall knew when it ended: the last posture for the first screen, and what changed when.
 *
 * One SQLite file for each scope (which accounts, how reached: two that differ never mix), private to the user.
 * Several keyfalls may use one at once. Each list of a place is committed as a whole when a refresh has published
 * it, by a thread of the store's own: nobody waits for the disk, and what was committed survives being killed, a
 * full disk and a crash. In viewer mode nothing is written. Nothing secret is in an estate, so nothing is here.
 *
 * Who calls what: the program's first thread opens, takes the summary, closes; the refresh thread restores; then
 * the store's thread has the file to itself. The rest may be called from any thread and does not wait.
 * Times are UTC seconds. A store that cannot be used is told once in a sentence; keyfall goes on without. */
#ifndef KEYFALL_STORE_STORE_H
#define KEYFALL_STORE_STORE_H

#include "backend/base/err.h"
#include "backend/base/mem.h"
#include "backend/estate/estate.h"
#include "backend/judge/judge.h"

#include <stdbool.h>
#include <stddef.h>

struct store;

#define STORE_SUMMARY_MOST (256u << 10)

/* scope: any text that says what is read. read_only: nothing is written; without a file ERR_NOT_FOUND.
 * ERR_UNSUPPORTED: a newer keyfall's. *out: the caller's (store_close), NULL if it fails. */
NODISCARD enum err_code store_open(const char *scope, bool read_only, struct store **out, struct err *err);
/* Commits what is published by then, for a moment at most; NULL is fine. The refresh has ended. */
void store_close(struct store *s);
const char *store_path(const struct store *s);

/* ---- the first screen --------------------------------------------------------------------------- */

/* Appends what store_keep_summary was given last, by whatever run; false: nothing, or unreadable. Before the
 * refresh begins. *bytes_read: what that took of the file since it was opened. */
bool store_summary(struct store *s, struct buf *out, size_t *bytes_read);
/* Takes the bytes: at most STORE_SUMMARY_MOST, else they are not kept. */
void store_keep_summary(struct store *s, struct buf *bytes);

/* ---- the last posture: the refresh thread, before it asks anything -------------------------------- */

/* Puts what an earlier run saw into the estate, some slices a call: stale, of then. False: that was all. What
 * cannot be read of a damaged store is left out, and told by store_trouble. */
bool store_restore(struct store *s, struct estate *e);

/* ---- history ------------------------------------------------------------------------------------- */

/* Since when findings and records are known: in memory, before other threads ask. store_restore does it too. */
void store_recall(struct store *s);
/* For judgement_remember: any thread, while the store is open. */
struct past store_past(struct store *s);
/* What is found now, by a judgement of an estate that was read whole: what is new is noted, and what is over, where
 * that was seen. Any thread. */
void store_keep_findings(struct store *s, const struct judgement *j);
/* Fills an empty estate with what was known at a time, as it stood then, and publishes it: for comparing. Lists of
 * more than STORE_SMALL_LIST bytes are remembered as they were once a day. ERR_NOT_FOUND: nothing was known yet. A
 * store that nothing else uses meanwhile. */
#define STORE_SMALL_LIST (64u << 10)
NODISCARD enum err_code store_at(struct store *s, int64_t at_utc, struct estate *e, struct err *err);

/* How the posture drifts: an entry an hour in which keyfall ran, oldest first, the newest of them at most. */
enum { DRIFT_CRITICAL, DRIFT_HIGH, DRIFT_MEDIUM, DRIFT_LOW, DRIFT_INFO, DRIFT_UNPROVED, DRIFT_BLIND, DRIFT_RECORDS,
       DRIFT_COUNTS };
struct store_drift {
    int64_t at_utc;
    uint32_t counts[DRIFT_COUNTS];
};
size_t store_drift(struct store *s, struct store_drift *out, size_t most);

/* ---- keeping up ---------------------------------------------------------------------------------- */

/* From now on what is published is committed. The estate outlives the store. */
NODISCARD enum err_code store_follow(struct store *s, struct estate *e, struct err *err);
/* Why nothing is kept just now: true once for each new reason. */
bool store_trouble(struct store *s, struct err *out);

#endif
