/* overview: what the files of the first page share. Nobody else includes this.
 *
 *   overview_boxes.c  what each box draws
 *   overview.c        the page: where the boxes stand, keys */
#ifndef KEYFALL_TUI_OVERVIEW_H
#define KEYFALL_TUI_OVERVIEW_H

#include "tui/views/app.h"
#include "tui/views/first_screen.h"
#include "tui/views/posture.h"
#include "tui/widgets/matrix.h"
#include "tui/widgets/table.h"

enum box { BOX_DELETIONS, BOX_MATRIX, BOX_FIRST, BOX_COUNT };

/* Between the line of findings and what to do first, from above. */
enum band { BAND_DELETIONS, BAND_BARS, BAND_MATRIX, BAND_COUNT };

struct overview {
    struct page page;
    enum box focus;
    bool has_moved; /* until then the focus is the first box that is drawn */
    struct scroll deletions;
    struct matrix_state matrix;
    struct table_state first;
    size_t pages[BOX_COUNT]; /* rows seen of each; 0: the box is not drawn */
    bool is_drawn;           /* keys may come before the first picture */
    struct {
        struct finding finding; /* its texts are not looked at: they were another judgement's */
        uint32_t key;
        char account[16], region[40];
    } at; /* under the cursors */
};

/* Each draws into a rectangle, as much as it has rows for, and says in o->pages how many rows are seen. */
void overview_draw_findings(struct app *app, struct grid *g, struct rect r);
void overview_draw_deletions(struct overview *o, struct grid *g, struct rect r);
void overview_draw_coverage(struct overview *o, struct grid *g, struct rect r);
void overview_draw_matrix(struct overview *o, struct grid *g, struct rect r);
void overview_draw_first(struct overview *o, struct grid *g, struct rect r);

/* How many rows each band has on a page of h rows (0: it is left out), with an empty one below it. Of any estate
 * what to do first keeps its head and three rows. Pure. */
void overview_fit(const struct posture *p, int h, int rows[BAND_COUNT]);
/* In words, the cell of the matrix that has the cursor. */
void overview_matrix_text(struct overview *o, struct buf *out);
/* Of the snapshot, else of earlier; there is one, for else the overview has nothing. */
const struct posture *overview_posture(const struct app *app);
/* The i-th thing to do; NULL: there are not so many, or it is known of earlier only. */
const struct finding *overview_finding(struct app *app, size_t i);

#endif
