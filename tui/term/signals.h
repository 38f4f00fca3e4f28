/* signals: what the outside tells the terminal's program, brought to a descriptor that can be
 * waited for; and the promise that a crash leaves a sane terminal. One thread, one process. */
#ifndef KEYFALL_TUI_SIGNALS_H
#define KEYFALL_TUI_SIGNALS_H

#include "backend/base/err.h"

#include <stdbool.h>

enum signal_news {
    SIGNAL_RESIZED, /* SIGWINCH */
    SIGNAL_SUSPEND, /* SIGTSTP from outside */
    SIGNAL_RESUMED, /* SIGCONT */
    SIGNAL_QUIT,    /* SIGTERM, SIGHUP, SIGINT */
    SIGNAL_COUNT
};

/* crashed is called in a handler (SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT), then the signal goes
 * where it would have gone without us. */
NODISCARD enum err_code signals_start(void (*crashed)(int signal), struct err *err);
void signals_stop(void);
int signals_fd(void); /* readable when there is news */
/* True once for each kind that came since it was asked last. */
bool signals_take(enum signal_news news);
void signals_drain(void); /* empties the descriptor; ask signals_take after it */
/* Stops the process group as the terminal's own ^Z would, and returns when it goes on. */
void signals_stop_here(void);

#endif
