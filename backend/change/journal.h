/* journal: what plans did, a line an entry, appended and never changed: each line holds the SHA-256 of the line before
 * it. A plain file, because it has to outlive everything else: it can be read with tail and grep when the program
 * cannot start, and no line that was synced is ever written again. journal.head beside it says how many lines there are
 * and the last one's hash, so that lines which are gone from its end are missed; it is written after the line, so the
 * journal may be ahead of it, never behind. Whoever takes it away accepts the journal as it is.
 *
 * $STATE/journal.jsonl, 0600. Whoever has it open to write has the lock: one run at a time. A line that a crash cut
 * short was never synced, so nothing was sent after it: it is taken away. Any thread, one a journal. */
#ifndef KEYFALL_CHANGE_JOURNAL_H
#define KEYFALL_CHANGE_JOURNAL_H

#include "backend/base/err.h"

#include <cJSON.h>

struct journal;
/* Makes the folder and the files, takes the lock, checks the chain to its end. ERR_REJECTED: somebody else runs a plan,
 * or the journal was altered. *out: journal_close. */
NODISCARD enum err_code journal_open(struct journal **out, struct err *err);
void journal_close(struct journal *journal); /* NULL is fine */
/* Adds "n", "at", "before" and "hash" to the entry (which stays the caller's), writes it and syncs: once this returns
 * ERR_OK it is there whatever happens. */
NODISCARD enum err_code journal_append(struct journal *journal, cJSON *entry, struct err *err);
/* The entries of a plan (NULL: of all), oldest first, as they stand in the file; without the lock. *out: an array, the
 * caller's. */
NODISCARD enum err_code journal_of(const char *plan_id, cJSON **out, struct err *err);

#endif
