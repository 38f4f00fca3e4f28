/* columns: which columns a list shows, in which order and how wide. As a text, in a file and after `:columns`:
 * "aliases:30 account state", a width only where it is another than the column's own. One thread. */
#ifndef KEYFALL_TUI_COLUMNS_H
#define KEYFALL_TUI_COLUMNS_H

#include "backend/base/err.h"
#include "tui/panels/panel.h"

struct columns {
    struct panel_column items[TABLE_COLUMNS_MAX];
    int n;
};

/* What a panel shows when nobody chose. */
void columns_of_panel(const struct panel *panel, struct columns *out);
/* Those, then every other column of its view. */
void columns_there_are(const struct panel *panel, const struct view *view, struct columns *out);
/* Fails with the column of the text where it is wrong. The panel's name column stands first if it is left out. */
NODISCARD enum err_code columns_parse(const struct panel *panel, const struct view *view, const char *text,
                                      struct columns *out, struct err *err);
void columns_print(const struct columns *columns, const struct columns *there_are, struct buf *out);
/* The place of a column; columns->n: it is not among them. */
int columns_find(const struct columns *columns, const char *id, size_t len);
/* Gives one another width, as far as a column may be narrow or wide. */
void columns_resize(struct panel_column *column, int by);

#endif
