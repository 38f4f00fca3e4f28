#include "tui/panels/panel.h"
#include "tui/panels/show.h"

static const struct panel_column columns[] = {
    {{"resource_arn", "RESOURCE", 20, 48, 0, TABLE_NAME | TABLE_MIDDLE}, NULL},
    {{"state", "STATE", 9, 10, 1, 0}, NULL},
    {{"account", "ACCOUNT", 12, 16, 3, 0}, show_account},
    {{"region", "RGN", 5, 5, 4, 0}, show_region},
    {{"destination_vault_arn", "TO", 16, 40, 2, TABLE_MIDDLE}, NULL},
    {{"created", "STARTED", 10, 20, 3, 0}, NULL},
    {{"status_message", "MESSAGE", 12, 60, 5, 0}, NULL},
};

const struct panel panel_copy_jobs = {
    .view = "copy-jobs",
    .title = "Copy jobs",
    .brief = "Copies",
    .digit = 0,
    .columns = columns,
    .n_columns = sizeof columns / sizeof *columns,
    .sort = "created",
    .empty = "No copy jobs in the last 30 days.",
};
