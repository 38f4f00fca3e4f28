/* confirm: a question over the screen that is answered by typing a phrase, never by one key.
 * One thread per object. */
#ifndef KEYFALL_TUI_CONFIRM_H
#define KEYFALL_TUI_CONFIRM_H

#include "tui/widgets/prompt.h"

struct confirm {
    const char *title, *text; /* not owned */
    const char *care;         /* a warning below the text; NULL: none */
    const char *ask;          /* "Type the vault's name to go on:" */
    const char *phrase;       /* what must be typed, byte by byte; NULL: enter is enough */
    bool shows_phrase;        /* below what is asked, on lines of its own */
    struct prompt prompt;
    bool is_wrong; /* enter was pressed with something else typed */
};

enum confirm_result { CONFIRM_OPEN, CONFIRM_YES, CONFIRM_NO };

enum confirm_result confirm_event(struct confirm *c, const struct event *ev);
void confirm_draw(struct grid *g, struct rect outer, struct confirm *c);
void confirm_free(struct confirm *c);

#endif
