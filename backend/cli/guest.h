/* guest: who comes over SSH and gets keyfall as a forced command, whatever he asks for
 * (man.openbsd.org/sshd_config#ForceCommand). What the administrator wrote there is trusted; what the guest says
 * is not: his words come in SSH_ORIGINAL_COMMAND, and only options and verbs whose rows say by_guest are his;
 * of his environment only what keeps a terminal going is left. Before there are threads. */
#ifndef KEYFALL_CLI_GUEST_H
#define KEYFALL_CLI_GUEST_H

#include "backend/base/err.h"

/* Empties the environment but for what sshd itself sets and plain values of the terminal's; then sets given, a
 * NULL-ended list of NAME=VALUE or NULL. *command: what the guest asked for, NULL: the dashboard; the caller's. */
NODISCARD enum err_code guest_environment(const char *const *given, char **command, struct err *err);

/* The words of a command, cut without a shell: quotes and backslashes as in one, nothing else. A sign that only a
 * shell would understand is refused when it stands alone. *words: NULL-ended, the caller's
 * (credentials_words_free). */
NODISCARD enum err_code guest_words(const char *command, char ***words, struct err *err);

#endif
