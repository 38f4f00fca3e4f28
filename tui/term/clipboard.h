/* clipboard: text for the clipboard of the machine where the terminal is, over any number of hops:
 * OSC 52, wrapped for tmux and screen. There is no answer to it: say "sent to the terminal's
 * clipboard", never "copied". Pure but for the environment that is handed in. */
#ifndef KEYFALL_TUI_CLIPBOARD_H
#define KEYFALL_TUI_CLIPBOARD_H

#include "backend/base/mem.h"

#include <stdbool.h>
#include <stddef.h>

#define CLIPBOARD_MAX_BYTES 56244 /* 74,994 bytes of base64: more is cut by terminals */

enum clipboard_wrap { CLIPBOARD_PLAIN, CLIPBOARD_TMUX, CLIPBOARD_SCREEN };

/* How the terminal must be spoken to; term and tmux are $TERM and $TMUX, or NULL. */
enum clipboard_wrap clipboard_wrap_for(const char *term, const char *tmux);
/* Appends the sequence; false (and nothing appended) if the text is too long or empty. */
bool clipboard_sequence(struct buf *out, enum clipboard_wrap wrap, const char *bytes, size_t len);

/* Hands the text to tmux as well (`tmux load-buffer -w -`), which passes it on where its settings
 * refuse OSC 52. Does not wait. False if it could not be started. */
bool clipboard_tell_tmux(const char *bytes, size_t len);
void clipboard_reap(void); /* now and then: collects the child */

#endif
