/* What products keep in the estate: EKM keys, Druva's storage credentials, AutoBackup's replications. */
#include "backend/view/cells.h"

#include "backend/judge/products.h"

#include <string.h>

static void say_words(struct cell *out, const char *text)
{
    if (text[0])
        say_text(out, text);
}

/* What somebody may, by both sides. */
static void say_may(struct cell *out, enum tri may)
{
    if (may == TRI_UNKNOWN)
        say_unknown(out, TRUTH_KNOWN);
    else
        say_text(out, may == TRI_YES ? "allowed" : "denied");
}

static void say_tag(struct cell *out, const struct record *r, enum attr attr)
{
    struct value v = record_value(r, attr);
    if (v.is == VALUE_KNOWN)
        say_text(out, v.text);
    else
        say_unknown(out, TRUTH_KNOWN);
}

/* ---- EKM --------------------------------------------------------------------------------------- */

static CELL(ekm_key_state)
{
    struct value key = record_value(&row->record, ATTR_EKM_KEY);
    say_key_state(c, key.node, out);
}

static CELL(ekm_druva_account)
{
    (void)c;
    say_tag(out, &row->record, ATTR_EKM_DRUVA_ACCOUNT);
}

static CELL(ekm_access)
{
    if (!c->judgement)
        say_unknown(out, TRUTH_LOADING);
    else
        say_may(out, judge_ekm_use(c->judgement, c->scratch, &row->record, NULL).may);
}

static CELL(ekm_access_reason)
{
    if (!c->judgement)
        say_unknown(out, TRUTH_LOADING);
    else
        say_words(out, judge_ekm_use(c->judgement, c->scratch, &row->record, NULL).reason);
}

#undef VIEW
#define VIEW(of, ...) .columns = of, .n_columns = sizeof of / sizeof *of, __VA_ARGS__

static const struct column ekm_columns[] = {
    HEAD,
    ATTRIBUTE("product", "PRODUCT", TEXT, EKM_PRODUCT, "entra-id, salesforce or another"),
    ATTRIBUTE("key_arn", "KEY", TEXT, EKM_KEY, "the key that its backups at Druva are under"),
    COMPUTED("key_state", "KEY STATE", TEXT, cell_ekm_key_state, "KeyState"),
    COMPUTED("druva_account", "DRUVA ACCOUNT", TEXT, cell_ekm_druva_account, "Druva's AWS account"),
    ATTRIBUTE("phase", "PHASE", TEXT, EKM_PHASE, "current, in-transition or former"),
    COMPUTED("access", "ACCESS", TEXT, cell_ekm_access,
             "whether Druva may use it: denied, allowed, or ? as its own account cannot be seen"),
    COMPUTED("reason", "WHY", TEXT, cell_ekm_access_reason, "why not, or why that is not known"),
    ATTRIBUTE("said_by", "SAID BY", TEXT, EKM_SOURCE, "tags, configuration or both"),
    ATTRIBUTE("conflict", "CONFLICT", TEXT, EKM_CONFLICT, "where these differ"),
    TAIL,
};

const struct view view_ekm = {.name = "ekm",
                              .title = "EKM keys",
                              .what = "a key that a product's backups at Druva are under",
                              VIEW(ekm_columns, .kinds = KINDS(KIND_EKM))};

/* ---- credentials ------------------------------------------------------------------------------- */

/* The parameter of credentials; false: they are missing, or it was not read. */
static bool parameter_of(const struct view_row *row, struct record *out)
{
    struct value v = record_value(&row->record, ATTR_CREDENTIAL_PARAMETER);
    return v.is == VALUE_KNOWN && generation_record(row->record.generation, v.node, out);
}

static CELL(credential_key)
{
    struct record parameter;
    (void)c;
    if (parameter_of(row, &parameter))
        say_key_of(&parameter, out);
}

static CELL(credential_key_state)
{
    struct record parameter;
    struct cell key = {.is = CELL_ABSENT, .text = ""};
    if (parameter_of(row, &parameter))
        say_key_of(&parameter, &key);
    if (key.is == CELL_KNOWN)
        say_key_state(c, key.node, out);
    else if (key.is == CELL_UNKNOWN)
        say_unknown(out, key.truth);
}

static CELL(e_key)
{
    (void)c;
    say_tag(out, &row->record, ATTR_CREDENTIAL_E_KEY);
}

static const struct column credential_columns[] = {
    HEAD,
    ATTRIBUTE("product", "PRODUCT", TEXT, CREDENTIAL_PRODUCT, "druva"),
    ATTRIBUTE("parameter", "PARAMETER", TEXT, CREDENTIAL_PARAMETER,
              "the parameter that keeps them; empty: there should be one"),
    COMPUTED("key_arn", "KEY", TEXT, cell_credential_key, "the key that it is under"),
    COMPUTED("key_state", "KEY STATE", TEXT, cell_credential_key_state, "KeyState"),
    COMPUTED("e_key", "E-KEY", TEXT, cell_e_key, "whether the string is half of Druva's E-Key: yes or no"),
    ATTRIBUTE("name", "NAME", TEXT, CREDENTIAL_NAME, "the parameter's name, or who asks for it"),
    ATTRIBUTE("said_by", "SAID BY", TEXT, CREDENTIAL_SOURCE, "name, configuration or both"),
    ATTRIBUTE("conflict", "CONFLICT", TEXT, CREDENTIAL_CONFLICT, "where these differ"),
    TAIL,
};

const struct view view_credentials = {.name = "credentials",
                                      .title = "Storage credentials",
                                      .what = "what Druva signs in to its storage with",
                                      VIEW(credential_columns, .kinds = KINDS(KIND_CREDENTIAL))};

/* ---- AutoBackup -------------------------------------------------------------------------------- */

static CELL(autobackup_key)
{
    struct readiness ready;
    if (!c->judgement) {
        say_unknown(out, TRUTH_LOADING);
        return;
    }
    ready = judge_autobackup_alias(c->judgement, c->scratch, &row->record);
    if (ready.key)
        say_node(out, ready.key);
    else if (ready.ready == TRI_UNKNOWN)
        say_unknown(out, TRUTH_KNOWN);
}

static CELL(autobackup_ready)
{
    if (!c->judgement)
        say_unknown(out, TRUTH_LOADING);
    else
        say_tri(out, judge_autobackup(c->judgement, c->scratch, &row->record).ready, TRUTH_KNOWN);
}

static CELL(autobackup_reason)
{
    if (!c->judgement)
        say_unknown(out, TRUTH_LOADING);
    else
        say_words(out, judge_autobackup(c->judgement, c->scratch, &row->record).reason);
}

static const struct column autobackup_columns[] = {
    HEAD,
    ATTRIBUTE("setup", "SETUP", TEXT, AUTOBACKUP_SETUP, "the setup's name"),
    ATTRIBUTE("vault_account", "VAULT ACCOUNT", TEXT, AUTOBACKUP_VAULT_ACCOUNT, "where replicas go"),
    ATTRIBUTE("alias", "ALIAS", TEXT, AUTOBACKUP_ALIAS_NAME, "of the same name in every Region"),
    COMPUTED("key_arn", "KEY", TEXT, cell_autobackup_key, "what the alias means in this Region"),
    COMPUTED("ready", "READY", BOOL, cell_autobackup_ready,
             "whether encrypted snapshots can be replicated to this Region"),
    COMPUTED("reason", "WHY", TEXT, cell_autobackup_reason, "the first thing that is in the way, or not known"),
    ATTRIBUTE("protected_accounts", "PROTECTED", LIST, AUTOBACKUP_PROTECTED_ACCOUNTS, "the PROTECTED accounts"),
    ATTRIBUTE("modes", "MODES", LIST, AUTOBACKUP_MODES,
              "what is replicated: unencrypted (plain), under PROTECTED keys, under VAULT keys"),
    ATTRIBUTE("said_by", "SAID BY", TEXT, AUTOBACKUP_SOURCE, "tags, configuration or both"),
    ATTRIBUTE("conflict", "CONFLICT", TEXT, AUTOBACKUP_CONFLICT, "where these differ"),
    TAIL,
};

const struct view view_autobackup = {.name = "autobackup",
                                     .title = "AutoBackup",
                                     .what = "a Region that an AutoBackup setup replicates to",
                                     VIEW(autobackup_columns, .kinds = KINDS(KIND_AUTOBACKUP))};
