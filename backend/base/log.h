/* log: lines for the person who debugs, never on the screen that draws.
 *
 * Off until log_open; then one line a message to a file of mode 0600. Credentials are never passed.
 * Any thread (one lock). */
#ifndef KEYFALL_BASE_LOG_H
#define KEYFALL_BASE_LOG_H

#include "backend/base/err.h"

/* folder: where a relative path begins, an open folder or AT_FDCWD. */
NODISCARD enum err_code log_open(int folder, const char *path, struct err *err);
void log_close(void);
void log_line(const char *module, const char *fmt, ...) PRINTF_LIKE(2, 3);

#endif
