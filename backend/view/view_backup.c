/* Parameters, vaults, recovery points, plans and copy jobs. */
#include "backend/judge/holds.h"
#include "backend/view/cells.h"

#include <string.h>

#define KEY_COLUMNS                                                                                \
    KEY_COLUMN("the key that it is under; ? if that was not said"), KEY_STATE_COLUMN

/* ---- parameters ------------------------------------------------------------------------------ */

static CELL(product)
{
    (void)c;
    struct value name = record_value(&row->record, ATTR_PARAMETER_NAME);
    if (name.is == VALUE_KNOWN
        && strncmp(name.text + (name.text[0] == '/'), "Druva-ClientCredential-", 23) == 0)
        say_text(out, "Druva");
}

static const struct column parameter_columns[] = {
    HEAD,
    ATTRIBUTE("name", "PARAMETER", TEXT, PARAMETER_NAME, "Name"),
    ATTRIBUTE("type", "TYPE", TEXT, PARAMETER_TYPE, "Type"),
    ATTRIBUTE("tier", "TIER", TEXT, PARAMETER_TIER, "Tier"),
    KEY_COLUMNS,
    ATTRIBUTE("last_modified", "CHANGED", TIME, PARAMETER_MODIFIED, "LastModifiedDate"),
    COMPUTED("product", "PRODUCT", TEXT, cell_product, "the product whose credentials it holds"),
    TAIL,
};

const struct view view_parameters = {
    .name = "parameters",
    .title = "Parameters",
    .what = "a parameter of Parameter Store",
    .columns = parameter_columns,
    .n_columns = sizeof parameter_columns / sizeof *parameter_columns,
    .kinds = KINDS(KIND_PARAMETER),
};

/* ---- vaults ---------------------------------------------------------------------------------- */

static CELL(points)
{
    (void)c;
    say_children(&row->record, FACET_VAULT_POINTS, out);
}

static CELL(copy_sources)
{
    const struct slice *s = record_children(&row->record, FACET_VAULT_POINTS);
    struct buf items = {0};
    struct record point;
    for (uint32_t i = 0; slice_record(c->generation, s, i, &point); i++) {
        char account[16], region[40];
        struct value from = record_value(&point, ATTR_POINT_SOURCE_VAULT);
        if (from.is != VALUE_KNOWN)
            continue;
        node_place(generation_estate(c->generation), from.node, account, region);
        list_item(&items, account);
    }
    if (items.len == 0 && !slice_is_complete(s) && !truth_is_sure(slice_truth(s)))
        say_unknown(out, slice_truth(s));
    else
        say_list(c, out, &items);
    out->is_stale = slice_truth(s) == TRUTH_STALE;
    buf_free(&items);
}

/* Of its own account and Region: a hold names vaults by name. */
static CELL(legal_holds)
{
    const struct slice *holds = neighbour(&row->record, LIST_LEGAL_HOLDS);
    enum truth truth = holds ? slice_truth(holds) : TRUTH_NOT_ASKED;
    struct buf items = {0};
    struct record hold;
    for (uint32_t i = 0; holds && slice_record(c->generation, holds, i, &hold); i++) {
        enum hold_names names = hold_is_in_force(&hold) ? hold_names(&hold, row->record.node) : HOLD_NO;
        struct value id = record_value(&hold, ATTR_LEGAL_HOLD_ID);
        if (names == HOLD_YES && id.is == VALUE_KNOWN)
            list_item(&items, id.text);
        if (names == HOLD_UNKNOWN)
            truth = record_facet(&hold, FACET_LEGAL_HOLD_DETAIL).truth;
    }
    if (truth_is_sure(truth) || items.len > 0)
        say_list(c, out, &items);
    else
        say_unknown(out, truth);
    buf_free(&items);
}

static const struct column vault_columns[] = {
    HEAD,
    ATTRIBUTE("name", "VAULT", TEXT, VAULT_NAME, "BackupVaultName"),
    ATTRIBUTE("type", "TYPE", TEXT, VAULT_TYPE, "VaultType"),
    KEY_COLUMNS,
    ATTRIBUTE("locked", "LOCK", BOOL, VAULT_LOCKED, "Locked"),
    ATTRIBUTE("lock_date", "LOCKED ON", TIME, VAULT_LOCK_DATE, "when its lock becomes final"),
    COMPUTED("points", "POINTS", NUMBER, cell_points, "recovery points in it, as listed"),
    COMPUTED("copy_sources", "COPIES FROM", LIST, cell_copy_sources,
             "accounts whose vaults its points were copied from"),
    COMPUTED("legal_holds", "HOLDS", LIST, cell_legal_holds, "ids of the legal holds in force that name it"),
    ATTRIBUTE("source_vault_arn", "RESTORES FROM", TEXT, VAULT_SOURCE_VAULT,
              "of a restore access vault: the air-gapped vault that it opens"),
    TAIL,
};

const struct view view_vaults = {
    .name = "vaults",
    .title = "Vaults",
    .what = "a backup vault",
    .columns = vault_columns,
    .n_columns = sizeof vault_columns / sizeof *vault_columns,
    .kinds = KINDS(KIND_VAULT),
};

/* ---- recovery points ------------------------------------------------------------------------- */

static CELL(vault_name)
{
    struct value vault = record_value(&row->record, ATTR_POINT_VAULT);
    struct record r;
    if (vault.is != VALUE_KNOWN)
        return;
    if (generation_record(c->generation, vault.node, &r))
        say_attr(&r, ATTR_VAULT_NAME, out);
    if (out->is == CELL_KNOWN)
        return;
    struct buf arn = {0}; /* a name may hold slashes: aws/efs/automatic-backup-vault */
    node_arn(generation_estate(c->generation), vault.node, &arn);
    const char *name = strstr(arn.data, ":backup-vault:");
    say_text(out, arena_strdup(c->scratch, name ? name + strlen(":backup-vault:") : arn.data));
    buf_free(&arn);
}

static uint32_t by_vault(const struct record *r)
{
    return record_value(r, ATTR_POINT_VAULT).node;
}

static CELL(point_restorable)
{
    if (!c->judgement)
        say_unknown(out, TRUTH_LOADING);
    else
        say_tri(out, judge_restorable(c->judgement, &row->record), TRUTH_KNOWN);
}

static const struct column point_columns[] = {
    HEAD,
    COMPUTED_BY(by_vault, "vault", "VAULT", TEXT, cell_vault_name, "the vault that holds it"),
    ATTRIBUTE("resource_arn", "BACKUP OF", TEXT, POINT_RESOURCE, "ResourceArn"),
    ATTRIBUTE("resource_type", "TYPE", TEXT, POINT_RESOURCE_TYPE, "ResourceType"),
    ATTRIBUTE("status", "STATUS", TEXT, POINT_STATUS, "Status"),
    KEY_COLUMNS,
    ATTRIBUTE("created", "CREATED", TIME, POINT_CREATED, "CreationDate"),
    ATTRIBUTE("delete_at", "EXPIRES", TIME, POINT_DELETE_AT, "when its retention ends"),
    COMPUTED("restorable", "RESTORE", BOOL, cell_point_restorable,
             "whether its key works now, or it needs none"),
    ATTRIBUTE("source_vault_arn", "COPIED FROM", TEXT, POINT_SOURCE_VAULT, "SourceBackupVaultArn"),
    TAIL,
};

const struct view view_points = {
    .name = "recovery-points",
    .title = "Recovery points",
    .what = "a recovery point in a vault",
    .columns = point_columns,
    .n_columns = sizeof point_columns / sizeof *point_columns,
    .kinds = KINDS(KIND_POINT),
};

/* ---- plans and copy jobs --------------------------------------------------------------------- */

static CELL(rules)
{
    (void)c;
    say_children(&row->record, FACET_PLAN_RULES, out);
}

static CELL(selections)
{
    (void)c;
    say_children(&row->record, FACET_PLAN_SELECTIONS, out);
}

static const struct column plan_columns[] = {
    HEAD,
    ATTRIBUTE("name", "PLAN", TEXT, PLAN_NAME, "BackupPlanName"),
    COMPUTED("rules", "RULES", NUMBER, cell_rules, "its rules"),
    COMPUTED("selections", "SELECTIONS", NUMBER, cell_selections, "its resource assignments"),
    ATTRIBUTE("created", "CREATED", TIME, PLAN_CREATED, "CreationDate"),
    ATTRIBUTE("last_execution", "LAST RUN", TIME, PLAN_LAST_RUN, "LastExecutionDate"),
    TAIL,
};

const struct view view_plans = {
    .name = "backup-plans",
    .title = "Backup plans",
    .what = "a backup plan",
    .columns = plan_columns,
    .n_columns = sizeof plan_columns / sizeof *plan_columns,
    .kinds = KINDS(KIND_PLAN),
};

static const struct column copy_columns[] = {
    HEAD,
    ATTRIBUTE("state", "STATE", TEXT, COPY_JOB_STATE, "State"),
    ATTRIBUTE("status_message", "MESSAGE", TEXT, COPY_JOB_MESSAGE, "StatusMessage"),
    ATTRIBUTE("resource_arn", "RESOURCE", TEXT, COPY_JOB_RESOURCE, "ResourceArn"),
    ATTRIBUTE("resource_type", "TYPE", TEXT, COPY_JOB_RESOURCE_TYPE, "ResourceType"),
    ATTRIBUTE("source_vault_arn", "FROM", TEXT, COPY_JOB_SOURCE_VAULT, "SourceBackupVaultArn"),
    ATTRIBUTE("destination_vault_arn", "TO", TEXT, COPY_JOB_DESTINATION_VAULT, "DestinationBackupVaultArn"),
    ATTRIBUTE("destination_key_arn", "KEY", TEXT, COPY_JOB_DESTINATION_KEY, "DestinationEncryptionKeyArn"),
    ATTRIBUTE("created", "STARTED", TIME, COPY_JOB_CREATED, "CreationDate"),
    ATTRIBUTE("completed", "ENDED", TIME, COPY_JOB_COMPLETED, "CompletionDate"),
    TAIL,
};

const struct view view_copy_jobs = {
    .name = "copy-jobs",
    .title = "Copy jobs",
    .what = "a copy job of the last 30 days",
    .columns = copy_columns,
    .n_columns = sizeof copy_columns / sizeof *copy_columns,
    .kinds = KINDS(KIND_COPY_JOB),
};
