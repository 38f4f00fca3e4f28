/* term: the terminal: start and stop, events in, frames out.
 *
 * A turn of the program: term_wait; take every event with term_next_event; draw one grid; term_flush.
 * Nothing here waits but term_wait. Frames that the terminal has no room for are skipped, the newest
 * is sent when there is room. Whatever ends the program (exit, a signal, a crash, no memory) leaves
 * the terminal as it was found. One terminal a process, one thread. */
#ifndef KEYFALL_TUI_TERM_H
#define KEYFALL_TUI_TERM_H

#include "backend/base/err.h"
#include "tui/term/event.h"
#include "tui/term/grid.h"
#include "tui/term/theme.h"

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct term_options {
    bool no_color;                /* beside $NO_COLOR */
    bool no_title, no_osc52;
    bool no_programs; /* none may be started: tmux is not told of what is copied */
    bool (*is_alt_key)(int key);  /* input.h; may be NULL */
    const char *crash_hint;       /* printed after a crash ("the log is in ..."); may be NULL; must
                                     outlive the terminal */
};

/* Fails with a sentence when there is no terminal, or one that cannot place a cursor; then nothing
 * was changed. $TERM unknown: another type is taken, term_notice says so. */
NODISCARD enum err_code term_start(const struct term_options *options, struct err *err);
/* Idempotent; also by atexit. */
void term_stop(void);

const char *term_notice(void); /* one line to show once, "" if there is none */
bool term_is_utf8(void);       /* false: draw in ASCII */
int term_colors(void);         /* 0: attributes only (no colours, or NO_COLOR) */
void term_size(int *w, int *h);

/* Takes effect with the next flush. Without colours the mono theme is used whatever is set. */
void term_set_theme(const struct theme *theme);
/* Sends what differs from the frame before; the grid is copied. */
void term_flush(const struct grid *g);
void term_repaint(void); /* the next flush sends everything */

/* Waits until there is an event, one of fds is ready (revents as by poll), or timeout_ms passed
 * (-1: for ever). fds may be NULL; at most 8. Returns how many of fds are ready. */
int term_wait(struct pollfd *fds, size_t n, int timeout_ms);
bool term_next_event(struct event *ev);

/* As ^Z: gives the terminal back, stops, and comes back with EV_REPAINT. */
void term_suspend(void);
/* Off at the start: it takes the terminal's own way of selecting text. */
void term_set_mouse(bool is_on);
bool term_has_mouse(void);
/* Only on terminals that can put the old one back; cleaned and cut. */
void term_set_title(const char *title);

enum term_copied { TERM_COPIED, TERM_COPY_TOO_LONG, TERM_COPY_OFF };
/* To the clipboard of the terminal (clipboard.h). Not TERM_COPIED: write a file and show its path. */
enum term_copied term_copy(const char *bytes, size_t len);

uint64_t term_bytes_sent(void); /* since the start */

#endif
