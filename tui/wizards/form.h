/* form: a wizard's inputs, a field each: what is typed or pasted is looked at at once. One thread. */
#ifndef KEYFALL_TUI_WIZARDS_FORM_H
#define KEYFALL_TUI_WIZARDS_FORM_H

#include "backend/change/change.h"
#include "tui/widgets/prompt.h"

struct field {
    const struct input *input;
    struct prompt prompt;
    char *wrong;     /* why it does not do; NULL: it does; owned */
    bool is_left;    /* once: from then on being empty is told too */
};
struct form {
    VEC(struct field) fields;
    size_t at;
    int top, rows, shown; /* rows: of them all */
};

/* What is given stands in its field (name to text; may be NULL), else the input's own preset. */
void form_begin(struct form *f, const struct wizard *wizard, const cJSON *given);
void form_free(struct form *f);
/* Keys of a line, and pastes; what is pasted is mended there. False: not for a field. */
bool form_take(struct form *f, const struct event *ev);
/* To another field; false: there is none that way. */
bool form_move(struct form *f, int by);
/* Whether all do; else the cursor goes to the first that does not. */
bool form_is_good(struct form *f);
/* The cursor goes to the field of that name, if there is one. */
void form_go(struct form *f, const char *name, size_t len);
cJSON *form_inputs(const struct form *f); /* what was given, name to text; the caller's */
void form_draw(struct form *f, struct grid *g, struct rect r);
void form_where(const struct form *f, struct buf *out); /* "1-14 of 19" of the rows last drawn, if not all are seen */

/* What stands in a line to type in, over as many rows as it takes; is_at: the terminal's cursor goes there. */
int value_rows(const struct prompt *p, int width);
int value_draw(const struct prompt *p, struct grid *g, struct rect r, bool is_at);

#endif
