#include "tui/panels/panel.h"
#include "tui/panels/show.h"

static const struct panel_column columns[] = {
    {{"name", "PLAN", 20, 40, 0, TABLE_NAME}, NULL},
    {{"account", "ACCOUNT", 12, 16, 2, 0}, show_account},
    {{"region", "RGN", 5, 5, 3, 0}, show_region},
    {{"rules", "RULES", 5, 6, 1, TABLE_RIGHT}, NULL},
    {{"selections", "SELECTIONS", 10, 10, 1, TABLE_RIGHT}, NULL},
    {{"last_execution", "LAST RUN", 10, 20, 4, 0}, NULL},
};

const struct panel panel_plans = {
    .view = "backup-plans",
    .title = "Backup plans",
    .brief = "Plans",
    .digit = 0,
    .columns = columns,
    .n_columns = sizeof columns / sizeof *columns,
    .sort = "severity",
    .empty = "No backup plans in the regions that were read.",
};
