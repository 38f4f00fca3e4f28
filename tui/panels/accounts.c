#include "tui/panels/panel.h"
#include "tui/panels/show.h"

static const struct panel_column columns[] = {
    {{"name", "ACCOUNT", 14, 28, 0, TABLE_NAME}, show_name},
    {{"account", "NUMBER", 12, 12, 4, 0}, NULL},
    {{"state", "STATE", 9, 9, 3, 0}, NULL},
    {{"reached", "READ", 4, 5, 5, 0}, NULL},
    {{"keys", "KEYS", 5, 7, 1, TABLE_RIGHT}, NULL},
    {{"vaults", "VAULTS", 6, 7, 1, TABLE_RIGHT}, NULL},
    {{"findings", "FINDINGS", 15, 26, 1, 0}, show_findings},
    {{"role", "ROLE", 20, 60, 8, TABLE_MIDDLE}, NULL},
};

const struct panel panel_accounts = {
    .view = "accounts",
    .title = "Accounts",
    .brief = "Accts",
    .digit = '2',
    .columns = columns,
    .n_columns = sizeof columns / sizeof *columns,
    .sort = "severity",
    .empty = "No accounts.",
    .opens = "keys",
    .opens_filter = "account",
};
