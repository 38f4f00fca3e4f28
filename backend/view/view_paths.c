/* Copy paths: on which ways backups get to other places, and whether they can. */
#include "backend/view/cells.h"

#include <string.h>

/* ---- which, and where from ------------------------------------------------------------------- */

static const char *arn_of(const struct view_context *c, uint32_t node)
{
    struct buf arn = {0};
    if (!node)
        return "";
    node_arn(generation_estate(c->generation), node, &arn);
    const char *kept = arena_strdup(c->scratch, arn.data ? arn.data : "");
    buf_free(&arn);
    return kept;
}

static CELL(path_id)
{
    const struct copy_path *p = row->path;
    const char *what = p->source ? arn_of(c, p->source) : arn_of(c, p->rule);
    if (p->by != PATH_BY_BACKUP) {
        say_text(out, arena_printf(c->scratch, "keyfall:copy-path/%s/%s/%s/%s/%s", what, arn_of(c, p->rule),
                                   p->destination_account, p->destination_region, arn_of(c, p->source_key)));
        return;
    }
    say_text(out, arena_printf(c->scratch, "keyfall:copy-path/%s/%s/%s", what, arn_of(c, p->source_vault),
                               arn_of(c, p->destination_vault)));
}

static CELL(path_account)
{
    (void)c;
    if (row->path->source_account[0])
        say_text(out, row->path->source_account);
}

static CELL(path_region)
{
    (void)c;
    if (row->path->source_region[0])
        say_text(out, row->path->source_region);
}

/* ---- its links ------------------------------------------------------------------------------- */

static CELL(mechanism)
{
    (void)c;
    say_text(out, path_by_word(row->path->by));
}

static CELL(rule)
{
    (void)c;
    if (row->path->rule)
        say_node(out, row->path->rule);
}

static CELL(source_arn)
{
    (void)c;
    if (row->path->source)
        say_node(out, row->path->source);
    else if (row->path->source_is == VALUE_UNKNOWN)
        say_unknown(out, TRUTH_KNOWN);
}

static CELL(source_type)
{
    (void)c;
    if (row->path->source_type[0])
        say_text(out, row->path->source_type);
}

static CELL(source_key)
{
    (void)c;
    const struct copy_path *p = row->path;
    if (p->source_key)
        say_node(out, p->source_key);
    else if (p->source_is == VALUE_UNKNOWN || (p->source_is == VALUE_KNOWN && p->key_is != VALUE_ABSENT))
        say_unknown(out, TRUTH_KNOWN);
}

static CELL(source_vault)
{
    (void)c;
    if (row->path->source_vault)
        say_node(out, row->path->source_vault);
    else if (row->path->by == PATH_BY_BACKUP)
        say_unknown(out, TRUTH_KNOWN);
}

static CELL(destination_vault)
{
    (void)c;
    if (row->path->destination_vault)
        say_node(out, row->path->destination_vault);
}

static CELL(destination_account)
{
    (void)c;
    if (row->path->destination_account[0])
        say_text(out, row->path->destination_account);
}

static CELL(destination_region)
{
    (void)c;
    if (row->path->destination_region[0])
        say_text(out, row->path->destination_region);
}

/* A vault that was read and names no key is under one that AWS owns. */
static CELL(destination_key)
{
    struct record vault;
    const struct copy_path *p = row->path;
    if (p->destination_key)
        say_node(out, p->destination_key);
    else if (p->by != PATH_BY_BACKUP && p->destination_key_is != VALUE_UNKNOWN)
        return;
    else if (!generation_record(c->generation, p->destination_vault, &vault) ||
             record_value(&vault, ATTR_VAULT_KEY).is != VALUE_ABSENT)
        say_unknown(out, TRUTH_KNOWN);
}

/* ---- whether it works ------------------------------------------------------------------------ */

static CELL(ready)
{
    (void)c;
    say_tri(out, row->path->ready, TRUTH_KNOWN);
}

static CELL(broken_at)
{
    (void)c;
    if (row->path->broken_at != LINK_NONE)
        say_text(out, path_link_word(row->path->broken_at));
}

#define OF_PATH(member)                                                                            \
    static CELL(path_##member)                                                                     \
    {                                                                                              \
        (void)c;                                                                                   \
        if (row->path->member[0])                                                                  \
            say_text(out, row->path->member);                                                      \
    }

OF_PATH(reason)
OF_PATH(remedy)
OF_PATH(statement)
OF_PATH(page)

/* A copy that cannot be made is missing when it is needed. */
static CELL(path_severity)
{
    (void)c;
    if (row->path->ready == TRI_UNKNOWN)
        say_unknown(out, TRUTH_KNOWN);
    else
        say_number(out, row->path->ready == TRI_NO ? SEVERITY_HIGH : SEVERITY_NONE);
    out->order = (row->path->ready == TRI_NO ? SEVERITY_HIGH * 4 + 2 : 0) +
                 (row->path->ready == TRI_UNKNOWN ? SEVERITY_HIGH * 4 : 0);
}

static CELL(path_findings)
{
    (void)c, (void)row, (void)out; /* findings are of the records that it goes through */
}

static CELL(path_blind)
{
    struct buf items = {0};
    if (row->path->ready == TRI_UNKNOWN)
        list_item(&items, path_link_word(row->path->broken_at));
    say_list(c, out, &items);
    buf_free(&items);
}

static const struct column columns[] = {
    COMPUTED("id", "ID", TEXT, cell_path_id, "an id of keyfall's own"),
    COMPUTED("account", "ACCOUNT", TEXT, cell_path_account, "account that it starts in"),
    COMPUTED("region", "REGION", TEXT, cell_path_region, "Region that it starts in"),
    COMPUTED("mechanism", "BY", TEXT, cell_mechanism, "what copies"),
    COMPUTED("source_arn", "SOURCE", TEXT, cell_source_arn,
             "what is backed up; empty while nothing was, ? if that was not read"),
    COMPUTED("source_type", "TYPE", TEXT, cell_source_type, "AWS Backup's word for it"),
    COMPUTED("source_key", "SOURCE KEY", TEXT, cell_source_key, "key of the recovery points"),
    COMPUTED("source_vault", "FROM VAULT", TEXT, cell_source_vault, "vault that is copied from, of AWS Backup"),
    COMPUTED("destination_vault", "TO VAULT", TEXT, cell_destination_vault, "vault that is copied to, of AWS Backup"),
    COMPUTED("destination_account", "TO ACCOUNT", TEXT, cell_destination_account, "account that it goes to"),
    COMPUTED("destination_region", "TO REGION", TEXT, cell_destination_region, "Region that it goes to"),
    COMPUTED("destination_key", "TO KEY", TEXT, cell_destination_key, "key of that vault, or that the copy is under"),
    COMPUTED("ready", "READY", BOOL, cell_ready, "whether every link of it works"),
    COMPUTED("broken_at", "BROKEN AT", TEXT, cell_broken_at, "the first link that fails, or is not known"),
    COMPUTED("reason", "WHY", TEXT, cell_path_reason, "what is wrong with that link"),
    COMPUTED("remedy", "REMEDY", TEXT, cell_path_remedy, "what mends it"),
    COMPUTED("statement", "STATEMENT", TEXT, cell_path_statement, "a statement for the policy at that link that mends it"),
    COMPUTED("rule", "RULE", TEXT, cell_rule, "the backup rule, or what else makes the copies; empty: none that was read"),
    COMPUTED("source", "SOURCE PAGE", TEXT, cell_path_page, "AWS's page"),
    COMPUTED("severity", "SEV", SEVERITY, cell_path_severity, "high if it is broken"),
    COMPUTED("findings", "FINDINGS", LIST, cell_path_findings, "none: they are of its records"),
    COMPUTED("blind", "NOT SEEN", LIST, cell_path_blind, "the link of which something was not seen"),
    {.name = "seen_at", .title = "READ", .type = CELL_TIME, .help = "when its list was last read whole",
     .cell = cell_seen_at},
};

const struct view view_paths = {
    .name = "copy-paths",
    .title = "Copy paths",
    .what = "a way on which backups are copied",
    VIEW(.rows = ROWS_COPY_PATHS),
};
