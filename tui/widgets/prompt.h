/* prompt: one line being typed: UTF-8, a cursor, a history. Pasted text only ever lands here.
 * The text is clean at all times (backend/base/text.h); control characters of a paste are dropped. One thread per object. */
#ifndef KEYFALL_TUI_PROMPT_H
#define KEYFALL_TUI_PROMPT_H

#include "backend/base/mem.h"
#include "tui/term/event.h"
#include "tui/term/grid.h"

#include <stdbool.h>
#include <stddef.h>

#define PROMPT_MAX_BYTES 2048
#define PROMPT_HISTORY_MAX 100

struct prompt {
    struct buf text;    /* text.data may be NULL: use prompt_text */
    size_t at;          /* the cursor, in bytes */
    VEC(char *) history; /* oldest first; owned */
    size_t history_at;  /* history.n: not in the history */
    char *unsent;       /* what was typed before the history was entered; owned */
};

enum prompt_result {
    PROMPT_IGNORED,  /* not a key of a line: the caller may use it */
    PROMPT_MOVED,    /* draw again */
    PROMPT_CHANGED,  /* the text is another: filter again */
    PROMPT_COMPLETE, /* tab */
    PROMPT_ACCEPTED, /* enter; the text went into the history */
    PROMPT_CANCELLED /* esc, ^c */
};

void prompt_free(struct prompt *p); /* zero-initialise to start */
const char *prompt_text(const struct prompt *p);
void prompt_set(struct prompt *p, const char *text); /* the cursor goes to the end */
/* Keys and pastes; everything else is PROMPT_IGNORED. */
enum prompt_result prompt_event(struct prompt *p, const struct event *ev);

/* The label, then the text, scrolled so that the cursor is seen; sets the grid's cursor. */
void prompt_draw(struct grid *g, struct rect r, const char *label, const struct prompt *p);

#endif
