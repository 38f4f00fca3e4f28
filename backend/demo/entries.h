/* entries: going through a list of the book. An entry may stand for many: a name with a range
 * ("orders-{1..3}") is three, and one with "Each": 7 is the newest seven of a schedule ("Daily":
 * "03:10" a day, "Every" so many days, none later than "Until"). */
#ifndef KEYFALL_DEMO_ENTRIES_H
#define KEYFALL_DEMO_ENTRIES_H

#include "backend/demo/expand.h"

typedef enum err_code (*entry_fn)(void *ctx, const struct scope *s, struct err *err);

/* Calls fn for each thing, until it fails. kind: what ids are made from besides the name
 * ("volume"). The scope has place, entry, name, salt, n and at_utc; it is valid during the call. */
NODISCARD enum err_code entries_each(const struct book_place *place, const cJSON *list,
                                     const char *kind, entry_fn fn, void *ctx, struct err *err);

/* The names that a text with at most one {a..b} stands for: n of them; the i-th, from 0, is
 * appended. */
long entries_count(const char *text);
void entries_name(const char *text, long i, struct buf *out);

/* When the i-th newest of a schedule was: from 0. salt makes a jitter of minutes. */
int64_t entries_schedule(const struct book_place *place, const cJSON *spec, long i,
                         const char *salt);

#endif
