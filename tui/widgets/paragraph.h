/* paragraph: text broken into lines at blanks, or where long names may be broken. Text may be
 * hostile; a newline in it begins a line. One thread per grid. */
#ifndef KEYFALL_TUI_PARAGRAPH_H
#define KEYFALL_TUI_PARAGRAPH_H

#include "tui/term/grid.h"

/* Draws lines from top on. Returns how many lines the text has in all. */
int paragraph_draw(struct grid *g, struct rect r, enum role role, const char *text, int top);
/* From the top, in r alone; what does not fit is told by a mark at the end. Returns the lines drawn. */
int paragraph_draw_cut(struct grid *g, struct rect r, enum role role, const char *text);
int paragraph_lines(struct grid *g, int width, const char *text);

#endif
