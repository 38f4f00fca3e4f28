#include "tui/panels/panel.h"
#include "tui/panels/show.h"

static const struct panel_column columns[] = {
    {{"id", "RECOVERY POINT", 20, 22, 0, TABLE_NAME}, show_name},
    {{"resource_arn", "BACKUP OF", 14, 40, 2, 0}, show_backup_of},
    {{"vault", "VAULT", 12, 24, 6, 0}, NULL},
    {{"account", "ACCOUNT", 12, 16, 7, 0}, show_account},
    {{"region", "RGN", 5, 5, 8, 0}, show_region},
    {{"resource_type", "TYPE", 5, 12, 4, 0}, NULL},
    {{"status", "STATUS", 9, 10, 9, 0}, NULL},
    {{"key_arn", "KEY", 14, 24, 3, TABLE_MIDDLE}, show_key},
    {{"key_state", "KEY STATE", 11, 12, 1, 0}, show_key_state},
    {{"restorable", "RESTORE", 7, 7, 1, 0}, NULL},
    {{"created", "CREATED", 7, 10, 1, 0}, NULL},
    {{"delete_at", "EXPIRES", 10, 10, 5, 0}, NULL},
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
