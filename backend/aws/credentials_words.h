/* credentials_words: a command line cut into words as a POSIX shell quotes them, without anything
 * else a shell does (no variables, no globs, no comments): of credential_process, and of who comes over SSH. Pure. */
#ifndef KEYFALL_AWS_CREDENTIALS_WORDS_H
#define KEYFALL_AWS_CREDENTIALS_WORDS_H

#include "backend/base/err.h"

/* *out: a NULL-ended list of at least one word (credentials_words_free). An open quote, a backslash
 * at the end or no word at all is an error. */
NODISCARD enum err_code credentials_words_split(const char *command, char ***out, struct err *err);
void credentials_words_free(char **words); /* overwrites them; NULL is fine */

#endif
