#include "tui/panels/panel.h"
#include "tui/panels/show.h"

static const struct panel_column columns[] = {
    {{"name", "PARAMETER", 22, 34, 0, TABLE_NAME | TABLE_MIDDLE}, NULL},
    {{"account", "ACCOUNT", 12, 16, 2, 0}, show_account},
    {{"region", "RGN", 5, 5, 3, 0}, show_region},
    {{"type", "TYPE", 6, 10, 4, 0}, show_type},
    {{"key_arn", "KEY", 14, 24, 1, TABLE_MIDDLE}, show_key},
    {{"key_state", "KEY STATE", 11, 12, 1, 0}, show_key_state},
    {{"last_modified", "CHANGED", 7, 10, 7, 0}, NULL},
    {{"tier", "TIER", 8, 20, 9, 0}, NULL},
    {{"product", "PRODUCT", 10, 16, 6, 0}, NULL},
    {{"seen_at", "READ", 7, 7, 5, 0}, show_seen},
};

const struct panel panel_parameters = {
    .view = "parameters",
    .title = "Params",
    .brief = "Params",
    .digit = '5',
    .columns = columns,
    .n_columns = sizeof columns / sizeof *columns,
    .sort = "severity",
    .empty = "No parameters in the regions that were read.",
};
