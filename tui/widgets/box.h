/* box: a frame with a title and a footer; and where to put one. One thread per grid. */
#ifndef KEYFALL_TUI_BOX_H
#define KEYFALL_TUI_BOX_H

#include "tui/term/grid.h"

#include <stdbool.h>

/* Draws the frame; title at the top left, footer at the bottom right; either may be NULL. The inside
 * stays as it is. Returns the inside: a blank column is kept at both sides. */
struct rect box_draw(struct grid *g, struct rect r, const char *title, const char *footer,
                     bool is_focused);
/* As box_draw, blanked, in the middle of outer, at most w by h. */
struct rect box_draw_over(struct grid *g, struct rect outer, int w, int h, const char *title,
                          const char *footer);

#endif
