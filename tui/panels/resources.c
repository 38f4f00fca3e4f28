#include "tui/panels/panel.h"
#include "tui/panels/show.h"

static const struct panel_column columns[] = {
    {{"name", "RESOURCE", 18, 26, 0, TABLE_NAME | TABLE_MIDDLE}, show_name},
    {{"type", "TYPE", 12, 16, 5, 0}, show_type},
    {{"account", "ACCOUNT", 12, 16, 3, 0}, show_account},
    {{"region", "RGN", 5, 5, 4, 0}, show_region},
    {{"key_arn", "KEY", 14, 24, 5, TABLE_MIDDLE}, show_key},
    {{"key_state", "KEY STATE", 11, 12, 1, 0}, show_key_state},
    {{"protected", "BACKED UP", 9, 9, 7, 0}, NULL},
    {{"copies", "COPIES", 6, 6, 2, TABLE_RIGHT}, NULL},
    {{"independent_copies", "INDEP.", 6, 6, 8, TABLE_RIGHT}, NULL},
    {{"restorable", "RESTORE", 7, 7, 1, 0}, NULL},
};

const struct panel panel_resources = {
    .view = "resources",
    .title = "Resources",
    .brief = "Rsrcs",
    .digit = 0,
    .columns = columns,
    .n_columns = sizeof columns / sizeof *columns,
    .sort = "severity",
    .empty = "No databases, volumes or snapshots in the regions that were read.",
};
