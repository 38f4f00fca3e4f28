#include "tui/panels/panel.h"
#include "tui/panels/show.h"

static const struct panel_column columns[] = {
    {{"region", "REGION", 14, 16, 0, TABLE_NAME}, NULL},
    {{"account", "ACCOUNT", 12, 16, 1, 0}, show_account},
    {{"opt_in", "STATUS", 10, 20, 3, 0}, NULL},
    {{"keys", "KEYS", 5, 7, 1, TABLE_RIGHT}, NULL},
    {{"vaults", "VAULTS", 6, 7, 1, TABLE_RIGHT}, NULL},
    {{"blind", "NOT SEEN", 8, 40, 5, 0}, NULL},
};

const struct panel panel_regions = {
    .view = "regions",
    .title = "Regions",
    .brief = "Rgns",
    .digit = '3',
    .columns = columns,
    .n_columns = sizeof columns / sizeof *columns,
    .sort = "severity",
    .empty = "No regions.",
    .hidden = "!opt_in=not-opted-in",
    .opens = "keys",
    .opens_filter = "region",
};
