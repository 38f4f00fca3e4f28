#include "tui/panels/panel.h"
#include "tui/panels/show.h"

static const struct panel_column columns[] = {
    {{"aliases", "ALIAS / ID", 15, 24, 0, TABLE_NAME}, show_name},
    {{"account", "ACCOUNT", 12, 16, 2, 0}, show_account},
    {{"region", "RGN", 5, 5, 3, 0}, show_region},
    {{"state", "STATE", 11, 12, 1, 0}, show_key_state},
    {{"rotation", "ROT", 4, 5, 4, 0}, show_rotation},
    {{"dependents", "USED", 6, 8, 1, TABLE_RIGHT}, NULL},
    {{"grants", "GRANTS", 6, 6, 6, TABLE_RIGHT}, NULL},
    {{"external_accounts", "FOREIGN", 12, 16, 7, 0}, show_foreign},
    {{"blind", "NOT SEEN", 12, 30, 8, 0}, NULL},
    {{"origin", "ORIGIN", 16, 18, 9, 0}, NULL},
    {{"manager", "MANAGER", 8, 8, 10, 0}, NULL},
    {{"seen_at", "READ", 7, 7, 5, 0}, show_seen},
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
