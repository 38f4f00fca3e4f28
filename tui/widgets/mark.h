/* mark: the few marks that mean the same in every cell, and the roles they are drawn in.
 *
 * C H M L I: how bad; C? not proved, or perhaps worse; C~ by old facts; . none; ? not seen; .. being
 * read; - does not apply; ~ in front: older than the refresh time; + behind: at least. Pure, any
 * thread. */
#ifndef KEYFALL_TUI_MARK_H
#define KEYFALL_TUI_MARK_H

#include "tui/term/role.h"

#include <stdbool.h>
#include <stdint.h>

/* The role of a text that begins with a mark that stands alone ("C", "H 4", "?", "..", "~9m");
 * otherwise that is returned for anything else. */
enum role mark_role(const char *text, enum role otherwise);

#define COUNT_SIZE 24
/* How many were seen, when more may be (is_at_least) or more may come (is_loading): "9", "9+"; of none
 * "0", "?", ".." : a zero is a fact. */
void count_text(uint64_t n, bool is_loading, bool is_at_least, char out[COUNT_SIZE]);

#define COUNTDOWN_SIZE 24
/* "6d 04h", "04h 10m", "10m", "now"; the same width for the same order of size. */
void countdown_text(int64_t seconds, char out[COUNTDOWN_SIZE]);
/* Under a week, under two, more. */
enum role countdown_role(int64_t seconds);

#endif
