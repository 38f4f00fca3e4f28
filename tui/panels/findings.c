#include "tui/panels/panel.h"
#include "tui/panels/show.h"

static const struct panel_column columns[] = {
    {{"finding", "FINDING", 8, 10, 1, 0}, NULL},
    {{"id", "RESOURCE", 18, 36, 0, TABLE_NAME}, show_name},
    {{"title", "WHAT", 20, 52, 1, 0}, NULL},
    {{"account", "ACCOUNT", 12, 16, 3, 0}, show_account},
    {{"region", "RGN", 5, 5, 4, 0}, show_region},
    {{"state", "SURE", 7, 8, 5, 0}, NULL},
    {{"remedy", "REMEDY", 14, 48, 6, 0}, NULL},
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
