/* panel: a list on screen: which view it shows, under which columns, how wide each may be.
 *
 * One file a panel, one row a column. A column either shows a column of its view as the view formats it, or
 * has a function of its own (show.h) where a screen wants another word than a file: "DEL 6d04h" for
 * PendingDeletion. Constants; drawn by the one thread that owns the terminal. */
#ifndef KEYFALL_TUI_PANEL_H
#define KEYFALL_TUI_PANEL_H

#include "backend/view/view.h"
#include "tui/widgets/table.h"

struct panel_column {
    struct table_column look; /* id is the view's column, also when show says it otherwise: sorting and
                                 filtering go by it */
    void (*show)(const struct view_context *c, const struct view_row *row, struct table_cell *out);
};

struct panel {
    const char *view;          /* name in view_by_name */
    const char *title, *brief; /* on the tab; brief when there is little room */
    int digit;                 /* its key; 0: reached by name or from another panel */
    const struct panel_column *columns;
    size_t n_columns;
    const char *sort;          /* column it is sorted by at first; descending */
    const char *empty;         /* when it is complete and has nothing */
    const char *hidden;        /* a filter that is on at first (key 0 shows all); NULL: none */
    const char *opens;         /* view that enter opens, filtered to this row; NULL: the detail */
    const char *opens_filter;  /* "vault_arn" ...: the column of that view that must equal this row's id */
};

const struct panel *const *panel_all(size_t *n);
const struct panel *panel_by_view(const char *view);  /* NULL */
const struct panel *panel_by_digit(int digit);        /* NULL */

extern const struct panel panel_accounts, panel_regions, panel_keys, panel_parameters, panel_vaults,
    panel_points, panel_resources, panel_aliases, panel_grants, panel_plans, panel_copy_jobs, panel_paths, panel_findings,
    panel_blind_spots, panel_ekm, panel_credentials, panel_autobackup;

#endif
