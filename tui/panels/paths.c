#include "backend/base/mem.h"
#include "tui/panels/panel.h"
#include "tui/panels/show.h"

#include <stdio.h>

/* ---- the ends of a path, as people name them ------------------------------------------------------- */

static void show_node(const struct view_context *c, uint32_t node, const char *none,
                      struct table_cell *out)
{
    struct buf name = {0};
    if (node)
        show_node_name(c->generation, node, &name);
    else
        buf_adds(&name, none);
    out->text = arena_strdup(c->scratch, name.data ? name.data : "");
    buf_free(&name);
}

static void show_source(const struct view_context *c, const struct view_row *row, struct table_cell *out)
{
    const struct copy_path *p = row->path;
    if (!p->source && p->by != PATH_BY_BACKUP) { /* of all that it copies */
        struct buf name = {0};
        buf_printf(&name, "%s ", path_by_word(p->by));
        show_node_name(c->generation, p->rule, &name);
        out->text = arena_strdup(c->scratch, name.data);
        buf_free(&name);
        out->role = p->source_is == VALUE_UNKNOWN ? ROLE_UNKNOWN : ROLE_DIM;
        return;
    }
    show_node(c, p->source, p->source_is == VALUE_UNKNOWN ? "? points not read" : "(nothing yet)", out);
    if (!p->source)
        out->role = p->source_is == VALUE_UNKNOWN ? ROLE_UNKNOWN : ROLE_DIM;
}

static void show_source_key(const struct view_context *c, const struct view_row *row,
                            struct table_cell *out)
{
    const struct copy_path *p = row->path;
    if (p->source_key || p->key_is == VALUE_KNOWN || p->source_is != VALUE_KNOWN)
        show_node(c, p->source_key, p->source_is == VALUE_ABSENT ? "" : "?", out);
    else
        out->text = p->key_is == VALUE_ABSENT ? "none" : "?";
}

static void show_from(const struct view_context *c, const struct view_row *row, struct table_cell *out)
{
    enum path_by by = row->path->by;
    show_node(c, row->path->source_vault, by == PATH_BY_BACKUP ? "?" : path_by_word(by), out);
}

static void show_vault(const struct view_context *c, const struct view_row *row, struct table_cell *out)
{
    show_node(c, row->path->destination_vault, row->path->by == PATH_BY_BACKUP ? "?" : "", out);
}

static void show_to_key(const struct view_context *c, const struct view_row *row, struct table_cell *out)
{
    const struct copy_path *p = row->path;
    bool is_aws = p->by != PATH_BY_BACKUP && p->destination_key_is == VALUE_ABSENT;
    show_node(c, p->destination_key, is_aws ? "AWS's" : "?", out);
}

static void show_to_account(const struct view_context *c, const struct view_row *row,
                            struct table_cell *out)
{
    out->text = show_account_name(c->generation, row->path->destination_account);
}

static void show_to_region(const struct view_context *c, const struct view_row *row,
                           struct table_cell *out)
{
    (void)c;
    show_region_short(row->path->destination_region, out->own);
    out->text = out->own;
}

static void show_ready(const struct view_context *c, const struct view_row *row, struct table_cell *out)
{
    (void)c;
    switch (row->path->ready) {
    case TRI_YES:
        out->text = "ready";
        out->role = ROLE_OK;
        break;
    case TRI_NO:
        out->text = "BROKEN";
        out->role = ROLE_SEV_HIGH;
        break;
    case TRI_UNKNOWN:
        out->text = "?";
        out->role = ROLE_UNKNOWN;
    }
}

static const struct panel_column columns[] = {
    {{"source_arn", "SOURCE", 14, 30, 0, TABLE_NAME}, show_source},
    {{"ready", "READY", 6, 6, 1, 0}, show_ready},
    {{"source_key", "KEY", 10, 18, 6, 0}, show_source_key},
    {{"source_vault", "FROM", 10, 18, 7, 0}, show_from},
    {{"destination_account", "TO ACCOUNT", 12, 16, 4, 0}, show_to_account},
    {{"destination_region", "RGN", 5, 5, 5, 0}, show_to_region},
    {{"destination_vault", "TO VAULT", 12, 22, 3, 0}, show_vault},
    {{"destination_key", "ITS KEY", 10, 18, 8, 0}, show_to_key},
    {{"reason", "WHAT IS WRONG", 38, 90, 2, 0}, NULL},
};

const struct panel panel_paths = {
    .view = "copy-paths",
    .title = "Copy paths",
    .brief = "Paths",
    .digit = 0,
    .columns = columns,
    .n_columns = sizeof columns / sizeof *columns,
    .sort = "severity",
    .empty = "Nothing that was read copies anything, and no copy was found.",
};
