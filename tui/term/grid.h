/* grid: the screen as cells of ours, so that drawing needs no terminal and can be tested.
 *
 * A cell holds one character (with at most two combining marks), its width and its role; the right
 * half of a wide character is a cell of width 0. Whatever is put is cleaned (backend/base/text.h):
 * hostile text is fine. Nothing outside the clip rectangle is touched, and a wide character is
 * shown whole or as a blank. Coordinates and widths are cells, from 0; x grows right, y down.
 * One thread per grid. */
#ifndef KEYFALL_TUI_GRID_H
#define KEYFALL_TUI_GRID_H

#include "backend/base/err.h"
#include "backend/base/mem.h"
#include "tui/term/glyph.h"
#include "tui/term/role.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rect {
    int x, y, w, h;
};

#define CELL_TEXT_BYTES 14 /* 4 for the base, 4 for each of two marks, NUL */

struct grid_cell {
    char text[CELL_TEXT_BYTES]; /* UTF-8; "" in the right half of a wide character */
    uint8_t width;              /* 1, 2, or 0 */
    uint8_t role;               /* enum role */
};

struct grid {
    int w, h;
    struct grid_cell *cells; /* h rows of w; owned */
    struct rect clip;
    bool is_ascii;          /* glyphs and text in ASCII only */
    int cursor_x, cursor_y; /* of the terminal's own cursor; -1: hidden */
    struct buf clean, fit;  /* scratch, owned */
};

#define GRID_SIDE_MAX 1000

/* Blank, unclipped. Sizes are brought between 1 and GRID_SIDE_MAX. */
void grid_init(struct grid *g, int w, int h, bool is_ascii);
void grid_free(struct grid *g);
/* Blanks all and changes the size; no memory is asked for when the size stays. */
void grid_reset(struct grid *g, int w, int h);

/* Narrows the clip rectangle to what it shares with r. Returns the old one for grid_unclip. */
struct rect grid_clip(struct grid *g, struct rect r);
void grid_unclip(struct grid *g, struct rect old);
struct rect rect_inset(struct rect r, int dx, int dy); /* never negative */

/* Puts at most width cells of s. Returns the cells it took, clipped ones too. */
int grid_put(struct grid *g, int x, int y, int width, enum role role, const char *s);
int grid_printf(struct grid *g, int x, int y, int width, enum role role, const char *fmt, ...)
    PRINTF_LIKE(6, 7);

#define FIT_RIGHT 1u  /* to the right edge, else to the left */
#define FIT_MIDDLE 2u /* too long: an ellipsis in the middle (ARNs), else at the end */
#define FIT_CENTRE 4u
/* As grid_put, shortened with an ellipsis when it does not fit. The rest of width stays as it is. */
int grid_put_fit(struct grid *g, int x, int y, int width, enum role role, const char *s,
                 unsigned flags);
/* Cells that s takes once it is clean. */
int grid_text_width(struct grid *g, const char *s);

void grid_glyph(struct grid *g, int x, int y, enum role role, enum glyph glyph);
void grid_hline(struct grid *g, int x, int y, int w, enum role role, enum glyph glyph);
void grid_vline(struct grid *g, int x, int y, int h, enum role role, enum glyph glyph);
void grid_box(struct grid *g, struct rect r, enum role role);
void grid_blank(struct grid *g, struct rect r, enum role role);
void grid_role(struct grid *g, struct rect r, enum role role); /* keeps the text */

/* NULL outside the grid. */
const struct grid_cell *grid_at(const struct grid *g, int x, int y);
/* Appends the rows as text, without trailing blanks, a newline after each. */
void grid_dump(const struct grid *g, struct buf *out);

#endif
