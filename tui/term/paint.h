/* paint: the one user of curses. It knows what the terminal shows and finds the fewest bytes that
 * turn it into a new grid. It never touches the terminal: curses writes into a file in memory, and
 * the bytes are handed to the caller, who sends them when the terminal has room (tty.h).
 *
 * There is one screen a process (curses' own limit). The terminal's thread only. */
#ifndef KEYFALL_TUI_PAINT_H
#define KEYFALL_TUI_PAINT_H

#include "backend/base/err.h"
#include "backend/base/mem.h"
#include "tui/term/grid.h"
#include "tui/term/theme.h"

#include <stdbool.h>

/* term_name may be NULL or unknown: then xterm-256color, xterm and vt100 are tried; used says which
 * it became. Fails when the terminal cannot place a cursor. */
NODISCARD enum err_code paint_open(const char *term_name, int w, int h, char used[32],
                                   struct err *err);
void paint_close(void);

int paint_colors(void); /* 0 if the terminal has none */
/* mono: attributes only, whatever the theme says. Takes effect with the next frame. */
void paint_theme(const struct theme *theme, bool is_mono);
void paint_size(int w, int h);
/* The next frame is painted whole. */
void paint_all(void);

/* Appends what turns the screen into g. Rows equal to those of shown are not looked at; shown may
 * be NULL. Nothing is appended when nothing changed. */
void paint_frame(const struct grid *g, const struct grid *shown, struct buf *out);
/* Appends what leaves the screen as it was before the first frame; the next frame enters again. */
void paint_leave(struct buf *out);
/* The least that puts a terminal right, for signal handlers; made once. */
void paint_restore_bytes(struct buf *out);

/* Calls back with each key sequence that terminfo has. */
void paint_each_key(void (*add)(void *ctx, const char *bytes, int key), void *ctx);

#endif
