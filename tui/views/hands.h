/* hands: what the dashboard remembers of the hands that use it: the theme, the columns of each panel, saved views.
 *
 * $XDG_CONFIG_HOME/keyfall/screen.conf (else below ~/.config), an INI file that keyfall writes and people may:
 *     [screen]
 *     theme = night
 *     [columns keys]
 *     show = aliases:30 account state:12      a column's name, and its width if it is another than its own
 *     [view no-lock]
 *     panel = vaults
 *     filter = locked:false
 *     sort = -points                          from the largest to the smallest
 *     show = name account points
 *     scope = account=111122223333
 * A wrong line is told with file, line and column and does not count; then the file is not written over until it
 * is mended. In viewer mode nothing is written. One thread. */
#ifndef KEYFALL_TUI_HANDS_H
#define KEYFALL_TUI_HANDS_H

#include "backend/base/err.h"
#include "backend/base/mem.h"

#include <stdbool.h>

/* Texts of struct hands are its own; NULL: not said. */
struct saved_view {
    const char *name, *panel, *filter, *sort, *show, *scope;
};
struct shown_columns {
    const char *panel, *show;
};

struct hands {
    char *path; /* NULL: the environment names no place */
    const char *theme;
    VEC(struct shown_columns) columns;
    VEC(struct saved_view) views;
    VEC(char *) complaints; /* "FILE:LINE:COLUMN: ..." */
};

void hands_read(struct hands *h); /* zero-initialise it; a file that is not there is no complaint */
void hands_free(struct hands *h);
/* Whole or not at all; folders that are missing are made, private. Fails while there are complaints. */
NODISCARD enum err_code hands_write(const struct hands *h, struct err *err);

void hands_set_theme(struct hands *h, const char *theme);
const char *hands_columns(const struct hands *h, const char *panel); /* NULL */
void hands_set_columns(struct hands *h, const char *panel, const char *show); /* NULL: the panel's own again */
const struct saved_view *hands_view(const struct hands *h, const char *name); /* NULL */
void hands_save_view(struct hands *h, const struct saved_view *view); /* copied; one of that name is replaced */
bool hands_forget_view(struct hands *h, const char *name);
/* Letters, digits and -_. : what a view may be called. */
bool hands_is_name(const char *name);

#endif
