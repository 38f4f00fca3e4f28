#include "tui/panels/panel.h"
#include "tui/panels/show.h"

static const struct panel_column columns[] = {
    {{"region", "REGION", 14, 16, 0, TABLE_NAME}, NULL},
    {{"account", "ACCOUNT", 12, 16, 1, 0}, show_account},
    {{"opt_in", "STATUS", 8, 10, 4, 0}, show_opt_in},
    {{"keys", "KEYS", 5, 7, 1, TABLE_RIGHT}, NULL},
    {{"vaults", "VAULTS", 6, 7, 1, TABLE_RIGHT}, NULL},
    {{"findings", "FINDINGS", 15, 26, 1, 0}, show_findings},
    {{"blind", "NOT SEEN", 12, 40, 5, 0}, NULL},
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
