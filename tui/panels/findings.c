#include "tui/panels/panel.h"
#include "tui/panels/show.h"

static const struct panel_column columns[] = {
    {{"id", "RESOURCE", 16, 18, 0, TABLE_NAME}, show_name},
    {{"effects", "HITS", 4, 5, 2, TABLE_RIGHT}, show_effects},
    {{"title", "WHAT", 27, 56, 1, 0}, NULL},
    {{"account", "ACCOUNT", 12, 16, 3, 0}, show_account},
    {{"region", "RGN", 5, 5, 4, 0}, show_region},
    {{"finding", "FINDING", 9, 9, 5, 0}, NULL},
    {{"remedy", "REMEDY", 40, 60, 6, 0}, NULL},
    {{"state", "SURE", 7, 8, 7, 0}, NULL},
};

const struct panel panel_findings = {
    .view = "findings",
    .title = "Findings",
    .brief = "Finds",
    .digit = 0,
    .columns = columns,
    .n_columns = sizeof columns / sizeof *columns,
    .sort = "severity",
    .empty = "Nothing found in what was read.",
};
