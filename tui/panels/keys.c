#include "tui/panels/panel.h"
#include "tui/panels/show.h"

static const struct panel_column columns[] = {
    {{"aliases", "ALIAS / ID", 16, 32, 0, TABLE_NAME}, show_name},
    {{"account", "ACCOUNT", 12, 16, 2, 0}, show_account},
    {{"region", "RGN", 5, 5, 3, 0}, show_region},
    {{"state", "STATE", 11, 12, 1, 0}, show_key_state},
    {{"rotation", "ROT", 4, 5, 6, 0}, show_rotation},
    {{"dependents", "USED BY", 7, 8, 1, TABLE_RIGHT}, NULL},
    {{"grants", "GRANTS", 6, 6, 7, TABLE_RIGHT}, NULL},
    {{"external_accounts", "FOREIGN", 7, 26, 8, 0}, NULL},
    {{"manager", "MANAGER", 7, 8, 9, 0}, NULL},
    {{"origin", "ORIGIN", 7, 18, 10, 0}, NULL},
    {{"blind", "NOT SEEN", 8, 30, 9, 0}, NULL},
    {{"seen_at", "READ", 6, 10, 5, 0}, show_seen},
};

const struct panel panel_keys = {
    .view = "keys",
    .title = "Keys",
    .brief = "Keys",
    .digit = '4',
    .columns = columns,
    .n_columns = sizeof columns / sizeof *columns,
    .sort = "severity",
    .empty = "No KMS keys in the regions that were read.",
    .hidden = "!manager=AWS",
};
