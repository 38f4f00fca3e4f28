#include "tui/panels/panel.h"
#include "tui/panels/show.h"

static const struct panel_column columns[] = {
    {{"name", "VAULT", 16, 24, 0, TABLE_NAME}, NULL},
    {{"account", "ACCOUNT", 12, 16, 2, 0}, show_account},
    {{"region", "RGN", 5, 5, 3, 0}, show_region},
    {{"key_arn", "KEY", 14, 24, 5, TABLE_MIDDLE}, show_key},
    {{"key_state", "KEY STATE", 11, 12, 1, 0}, show_key_state},
    {{"locked", "LOCK", 7, 7, 1, 0}, show_lock},
    {{"points", "POINTS", 6, 8, 1, TABLE_RIGHT}, NULL},
    {{"type", "TYPE", 7, 8, 7, 0}, show_type},
    {{"copy_sources", "COPIES FROM", 12, 28, 8, 0}, NULL},
    {{"seen_at", "READ", 7, 7, 5, 0}, show_seen},
};

const struct panel panel_vaults = {
    .view = "vaults",
    .title = "Vaults",
    .brief = "Vaults",
    .digit = '6',
    .columns = columns,
    .n_columns = sizeof columns / sizeof *columns,
    .sort = "severity",
    .empty = "No backup vaults in the regions that were read.",
    .opens = "recovery-points",
    .opens_filter = "vault",
};
