/* access_batch: questions to the policy evaluator as JSON lines, an answer a line, in order. */
#ifndef KEYFALL_CLI_ACCESS_BATCH_H
#define KEYFALL_CLI_ACCESS_BATCH_H

#include "backend/base/err.h"
#include "backend/base/mem.h"

/* Appends the answer, with its newline. A line that cannot be read has an answer too, "unknown"; err and the
 * result then say what is wrong with it. A policy that cannot be read is one that is not known. */
NODISCARD enum err_code access_batch_line(const char *text, size_t len, struct buf *out, struct err *err);

#endif
