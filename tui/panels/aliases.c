#include "tui/panels/panel.h"
#include "tui/panels/show.h"

static const struct panel_column columns[] = {
    {{"name", "ALIAS", 24, 48, 0, TABLE_NAME}, NULL},
    {{"account", "ACCOUNT", 12, 16, 2, 0}, show_account},
    {{"region", "RGN", 5, 5, 3, 0}, show_region},
    {{"key_arn", "KEY", 13, 36, 1, 0}, show_key_id},
    {{"seen_at", "READ", 7, 7, 4, 0}, show_seen},
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
    .hidden = "!name:alias/aws/",
};
