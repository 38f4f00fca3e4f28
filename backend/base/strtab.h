/* strtab: an append-only table of distinct byte strings, each known by a 32-bit id.
 *
 * One thread adds; any thread may read an id that reached it through a lock or an atomic publish:
 * strings never move and never go away before strtab_free. strtab_find may be called from any
 * thread. Id 0 means "no string"; the empty string has an id of its own. Lengths are bytes; a
 * string of more than 16 MiB is not taken (0). */
#ifndef KEYFALL_BASE_STRTAB_H
#define KEYFALL_BASE_STRTAB_H

#include <stddef.h>
#include <stdint.h>

struct strtab;

struct strtab *strtab_new(void);
void strtab_free(struct strtab *t);

uint32_t strtab_add(struct strtab *t, const char *bytes, size_t len); /* owner thread */
uint32_t strtab_adds(struct strtab *t, const char *s); /* owner thread; NULL gives 0 */
uint32_t strtab_find(const struct strtab *t, const char *bytes, size_t len); /* 0: not there */

/* NUL-terminated; id 0 gives "". Valid as long as the table. *len may be NULL. */
const char *strtab_get(const struct strtab *t, uint32_t id, size_t *len);

size_t strtab_count(const struct strtab *t);
size_t strtab_bytes(const struct strtab *t); /* all memory held, index included */

#endif
