#include "tui/panels/panel.h"
#include "tui/panels/show.h"

static const struct panel_column columns[] = {
    {{"name", "ALIAS", 20, 48, 0, TABLE_NAME}, NULL},
    {{"account", "ACCOUNT", 12, 16, 2, 0}, show_account},
    {{"region", "RGN", 5, 5, 3, 0}, show_region},
    {{"key_arn", "KEY", 20, 76, 1, TABLE_MIDDLE}, NULL},
    {{"seen_at", "READ", 6, 10, 6, 0}, show_seen},
};

const struct panel panel_aliases = {
    .view = "aliases",
    .title = "Aliases",
    .brief = "Aliases",
    .digit = 0,
    .columns = columns,
    .n_columns = sizeof columns / sizeof *columns,
    .sort = "severity",
    .empty = "No aliases in the regions that were read.",
};
