#include "tui/panels/panel.h"
#include "tui/panels/show.h"

static const struct panel_column columns[] = {
    {{"grantee", "GRANTEE", 24, 56, 0, TABLE_NAME | TABLE_MIDDLE}, NULL},
    {{"key_arn", "KEY", 12, 28, 1, TABLE_MIDDLE}, show_key},
    {{"account", "ACCOUNT", 12, 16, 3, 0}, show_account},
    {{"region", "RGN", 5, 5, 4, 0}, show_region},
    {{"operations", "OPERATIONS", 12, 48, 2, 0}, NULL},
    {{"retiring_principal", "MAY RETIRE", 12, 40, 7, TABLE_MIDDLE}, NULL},
    {{"grant_id", "GRANT", 10, 20, 8, TABLE_MIDDLE}, NULL},
};

const struct panel panel_grants = {
    .view = "grants",
    .title = "Grants",
    .brief = "Grants",
    .digit = 0,
    .columns = columns,
    .n_columns = sizeof columns / sizeof *columns,
    .sort = "severity",
    .empty = "No grants on the keys that were read.",
};
