/* Products' ties to the estate, as lists: EKM keys, Druva's storage credentials, AutoBackup's replications. */
#include "backend/judge/products.h"
#include "tui/panels/panel.h"
#include "tui/panels/show.h"

#include <stdio.h>
#include <string.h>

static void say(struct table_cell *out, enum role role, const char *text)
{
    out->text = text;
    out->role = role;
}

static void say_node(const struct view_context *c, uint32_t node, struct table_cell *out)
{
    struct buf name = {0};
    if (!node) {
        say(out, ROLE_UNKNOWN, "?");
        return;
    }
    show_node_name(c->generation, node, &name);
    out->text = arena_strdup(c->scratch, name.data ? name.data : "");
    buf_free(&name);
}

/* ---- EKM ------------------------------------------------------------------------------------------ */

static void show_access(const struct view_context *c, const struct view_row *row, struct table_cell *out)
{
    enum tri may = c->judgement ? judge_ekm_use(c->judgement, c->scratch, &row->record, NULL).may : TRI_UNKNOWN;
    say(out, may == TRI_YES ? ROLE_OK : may == TRI_NO ? ROLE_SEV_HIGH : ROLE_UNKNOWN,
        may == TRI_YES  ? "allowed"
        : may == TRI_NO ? "DENIED"
                        : "?");
}

static void show_ekm_state(const struct view_context *c, const struct view_row *row, struct table_cell *out)
{
    struct view_row key = {.has_record = true};
    struct value v = record_value(&row->record, ATTR_EKM_KEY);
    if (generation_record(c->generation, v.node, &key.record))
        show_key_state(c, &key, out);
    else if (c->judgement && judge_key(c->judgement, v.node) == KEY_GONE)
        say(out, ROLE_SEV_CRITICAL, "GONE");
    else
        say(out, ROLE_UNKNOWN, "?");
}

static const struct panel_column ekm_columns[] = {
    {{"product", "EKM KEY OF", 12, 20, 0, TABLE_NAME}, NULL},
    {{"phase", "PHASE", 13, 13, 1, 0}, NULL},
    {{"key_arn", "KEY", 12, 22, 3, TABLE_MIDDLE}, show_key},
    {{"key_state", "KEY STATE", 11, 12, 2, 0}, show_ekm_state},
    {{"access", "ACCESS", 7, 7, 1, 0}, show_access},
    {{"account", "ACCOUNT", 12, 16, 5, 0}, show_account},
    {{"region", "RGN", 5, 5, 6, 0}, show_region},
    {{"druva_account", "DRUVA", 12, 12, 7, 0}, NULL},
    {{"reason", "WHY", 20, 60, 4, 0}, NULL},
    {{"conflict", "CONFLICT", 20, 60, 8, 0}, NULL},
};

const struct panel panel_ekm = {
    .view = "ekm",
    .title = "EKM keys",
    .brief = "EKM",
    .columns = ekm_columns,
    .n_columns = sizeof ekm_columns / sizeof *ekm_columns,
    .sort = "severity",
    .empty = "No key is tagged keyfall:ekm, and keyfall.conf has no [ekm NAME].",
};

/* ---- credentials ---------------------------------------------------------------------------------- */

static bool parameter_row(const struct view_row *row, struct view_row *out)
{
    struct value v = record_value(&row->record, ATTR_CREDENTIAL_PARAMETER);
    *out = (struct view_row){.has_record = true};
    return v.is == VALUE_KNOWN && generation_record(row->record.generation, v.node, &out->record);
}

static void show_credential_key(const struct view_context *c, const struct view_row *row, struct table_cell *out)
{
    struct view_row parameter;
    if (parameter_row(row, &parameter))
        show_key(c, &parameter, out);
    else
        say(out, ROLE_ABSENT, "-");
}

static void show_credential_state(const struct view_context *c, const struct view_row *row, struct table_cell *out)
{
    struct view_row parameter;
    if (parameter_row(row, &parameter))
        show_key_state(c, &parameter, out);
    else
        say(out, ROLE_SEV_HIGH, "not there");
}

static const struct panel_column credential_columns[] = {
    {{"name", "STORAGE CREDENTIALS", 19, 48, 0, TABLE_NAME | TABLE_MIDDLE}, NULL},
    {{"account", "ACCOUNT", 12, 16, 3, 0}, show_account},
    {{"region", "RGN", 5, 5, 4, 0}, show_region},
    {{"key_arn", "KEY", 12, 22, 5, TABLE_MIDDLE}, show_credential_key},
    {{"key_state", "KEY STATE", 11, 12, 1, 0}, show_credential_state},
    {{"e_key", "E-KEY", 5, 5, 2, 0}, NULL},
    {{"conflict", "CONFLICT", 20, 60, 6, 0}, NULL},
};

const struct panel panel_credentials = {
    .view = "credentials",
    .title = "Storage credentials",
    .brief = "Credentials",
    .columns = credential_columns,
    .n_columns = sizeof credential_columns / sizeof *credential_columns,
    .sort = "severity",
    .empty = "No parameter Druva-ClientCredential-*, and keyfall.conf has no [credentials NAME].",
};

/* ---- AutoBackup ----------------------------------------------------------------------------------- */

static void show_autobackup_key(const struct view_context *c, const struct view_row *row, struct table_cell *out)
{
    if (c->judgement)
        say_node(c, judge_autobackup_alias(c->judgement, c->scratch, &row->record).key, out);
}

static void show_ready(const struct view_context *c, const struct view_row *row, struct table_cell *out)
{
    enum tri ready = c->judgement ? judge_autobackup(c->judgement, c->scratch, &row->record).ready : TRI_UNKNOWN;
    say(out, ready == TRI_YES ? ROLE_OK : ready == TRI_NO ? ROLE_SEV_HIGH : ROLE_UNKNOWN,
        ready == TRI_YES  ? "ready"
        : ready == TRI_NO ? "! no"
                          : "?");
}

static const struct panel_column autobackup_columns[] = {
    {{"setup", "SETUP", 8, 20, 0, TABLE_NAME}, NULL},
    {{"region", "RGN", 5, 5, 1, 0}, show_region},
    {{"ready", "READY", 5, 5, 1, 0}, show_ready},
    {{"alias", "ALIAS", 14, 28, 3, TABLE_MIDDLE}, NULL},
    {{"vault_account", "VAULT ACCOUNT", 13, 16, 5, 0}, show_account},
    {{"key_arn", "KEY", 12, 22, 4, TABLE_MIDDLE}, show_autobackup_key},
    {{"reason", "WHY", 20, 90, 2, 0}, NULL},
    {{"conflict", "CONFLICT", 20, 60, 6, 0}, NULL},
};

const struct panel panel_autobackup = {
    .view = "autobackup",
    .title = "AutoBackup",
    .brief = "AutoBackup",
    .columns = autobackup_columns,
    .n_columns = sizeof autobackup_columns / sizeof *autobackup_columns,
    .sort = "severity",
    .empty = "No key is tagged keyfall:autobackup, and keyfall.conf has no [autobackup NAME].",
};
