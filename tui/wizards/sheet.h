/* sheet: lines to read, broken where they are too wide, that scroll. Texts may be hostile. One thread. */
#ifndef KEYFALL_TUI_WIZARDS_SHEET_H
#define KEYFALL_TUI_WIZARDS_SHEET_H

#include "tui/term/grid.h"
#include "tui/widgets/scroll.h"

struct sheet_line {
    int indent;
    const char *label; /* in a column of its own; "!": a narrow one, as bright as the text; NULL: no such column */
    enum role role;
    char *text;        /* owned */
};
struct sheet {
    VEC(struct sheet_line) lines;
    size_t show; /* the line that is brought into view when it is drawn next, and 1; 0: none */
    int top, rows, shown; /* rows: of all lines as they were drawn last; shown: those there is room for */
};

void sheet_clear(struct sheet *s); /* the place stays */
void sheet_free(struct sheet *s);
/* label: a constant, or NULL. */
void sheet_add(struct sheet *s, int indent, const char *label, enum role role, const char *text);
/* Each line of a text. */
void sheet_add_lines(struct sheet *s, int indent, const char *label, enum role role, const char *text);
/* The line that comes next is brought into view. */
void sheet_show(struct sheet *s);
void sheet_draw(struct sheet *s, struct grid *g, struct rect r);
void sheet_scroll(struct sheet *s, enum scroll_motion motion);
/* "12-28 of 60", "" if all is seen. */
void sheet_where(const struct sheet *s, struct buf *out);
void rows_where(int top, int shown, int rows, struct buf *out); /* the same of anything; top from 0 */

#endif
