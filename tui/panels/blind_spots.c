#include "tui/panels/panel.h"
#include "tui/panels/show.h"

static const struct panel_column columns[] = {
    {{"hides", "NOT SEEN", 18, 26, 0, TABLE_NAME}, NULL},
    {{"account", "ACCOUNT", 12, 16, 2, 0}, show_account},
    {{"region", "RGN", 5, 5, 3, 0}, show_region},
    {{"operation", "CALL", 16, 40, 1, 0}, NULL},
    {{"error", "ERROR", 12, 24, 1, 0}, show_error},
    {{"since", "SINCE", 6, 7, 4, 0}, show_since},
};

const struct panel panel_blind_spots = {
    .view = "blind-spots",
    .title = "Blind spots",
    .brief = "Blind",
    .digit = 0,
    .columns = columns,
    .n_columns = sizeof columns / sizeof *columns,
    .sort = "account",
    .empty = "Nothing that was asked for was denied or failed.",
};
