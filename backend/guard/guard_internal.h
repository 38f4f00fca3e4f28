/* guard_internal: the guards that have files of their own. Private to guard/. Each fills out. */
#ifndef KEYFALL_GUARD_GUARD_INTERNAL_H
#define KEYFALL_GUARD_GUARD_INTERNAL_H

#include "backend/base/err.h"
#include "backend/guard/guard.h"

void guard_files(const char *export_dir, struct guard_state *out); /* files.c; needs GUARD_RIGHTS */
void guard_exec(const char *export_dir, struct guard_state *out);  /* calls.c; needs GUARD_RIGHTS */

void guard_say(struct guard_state *out, bool is_active, const char *fmt, ...) PRINTF_LIKE(3, 4);

#endif
