#include "tui/panels/panel.h"
#include "tui/panels/show.h"

static const struct panel_column columns[] = {
    {{"resource_arn", "BACKUP OF", 20, 48, 0, TABLE_NAME | TABLE_MIDDLE}, NULL},
    {{"vault", "VAULT", 12, 24, 2, 0}, NULL},
    {{"account", "ACCOUNT", 12, 16, 4, 0}, show_account},
    {{"region", "RGN", 5, 5, 5, 0}, show_region},
    {{"resource_type", "TYPE", 5, 12, 3, 0}, NULL},
    {{"status", "STATUS", 9, 10, 3, 0}, NULL},
    {{"key_arn", "KEY", 12, 24, 1, TABLE_MIDDLE}, show_key},
    {{"key_state", "KEY STATE", 11, 12, 2, 0}, show_key_state},
    {{"restorable", "RESTORE", 7, 7, 1, 0}, NULL},
    {{"created", "CREATED", 10, 20, 6, 0}, NULL},
    {{"delete_at", "EXPIRES", 10, 20, 7, 0}, NULL},
};

const struct panel panel_points = {
    .view = "recovery-points",
    .title = "Recovery points",
    .brief = "Points",
    .digit = 0,
    .columns = columns,
    .n_columns = sizeof columns / sizeof *columns,
    .sort = "severity",
    .empty = "No recovery points in the vaults that were read.",
};
