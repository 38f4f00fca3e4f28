/* Keys and what names them or lets others use them. */
#include "backend/view/cells.h"

#include <string.h>

static CELL(aliases)
{
    const struct slice *s = neighbour(&row->record, LIST_ALIASES);
    struct buf items = {0};
    struct record r;
    enum edge edge;
    for (struct hang h = hang_on(c->generation, row->record.node); hang_next(&h, &r, &edge);) {
        if (edge != EDGE_ALIAS_OF)
            continue;
        struct value name = record_value(&r, ATTR_ALIAS_NAME);
        if (name.is == VALUE_KNOWN)
            list_item(&items, name.text);
    }
    if (items.len == 0 && !slice_is_complete(s))
        say_unknown(out, slice_truth(s));
    else
        say_list(c, out, &items);
    out->is_stale = slice_truth(s) == TRUTH_STALE;
    buf_free(&items);
}

static CELL(grants)
{
    (void)c;
    say_children(&row->record, FACET_KEY_GRANTS, out);
}

static void note_worst(void *ctx, const struct area *area, const char *account, const char *region, enum list list,
                       enum truth truth)
{
    (void)area, (void)account, (void)region, (void)list;
    enum truth *worst = ctx;
    if (*worst == TRUTH_KNOWN || truth == TRUTH_DENIED)
        *worst = truth;
}

static CELL(dependents)
{
    if (!c->judgement) {
        say_unknown(out, TRUTH_LOADING);
        return;
    }
    struct dependents d = judge_dependents(c->judgement, row->record.node);
    enum truth worst = TRUTH_KNOWN;
    if (d.is_at_least && d.all == 0)
        judge_unsure_lists(c->judgement, row->record.node, note_worst, &worst);
    say_at_least(out, d.all, d.is_at_least, worst);
}

/* AWS rotates the keys that it manages every year, and nobody can change that:
 * docs.aws.amazon.com/kms/latest/developerguide/rotate-keys.html */
static CELL(rotation)
{
    (void)c;
    struct value manager = record_value(&row->record, ATTR_KEY_MANAGER);
    if (manager.is == VALUE_KNOWN && strcmp(manager.text, "AWS") == 0)
        say_bool(out, true);
    else
        say_attr(&row->record, ATTR_KEY_ROTATION, out);
}

static const struct column columns[] = {
    HEAD,
    ATTRIBUTE("key_id", "KEY ID", TEXT, KEY_KEY_ID, "KeyId"),
    COMPUTED("aliases", "ALIASES", LIST, cell_aliases, "its aliases"),
    ATTRIBUTE("state", "STATE", TEXT, KEY_STATE, "KeyState"),
    ATTRIBUTE("manager", "MANAGER", TEXT, KEY_MANAGER, "KeyManager: AWS or CUSTOMER"),
    ATTRIBUTE("origin", "ORIGIN", TEXT, KEY_ORIGIN, "where its material comes from"),
    ATTRIBUTE("spec", "SPEC", TEXT, KEY_SPEC, "KeySpec"),
    ATTRIBUTE("usage", "USAGE", TEXT, KEY_USAGE, "KeyUsage"),
    ATTRIBUTE("multi_region", "MULTI", BOOL, KEY_MULTI_REGION, "whether it has, or can have, relatives"),
    COMPUTED("rotation", "ROT", BOOL, cell_rotation, "whether AWS rotates it; empty if it cannot"),
    ATTRIBUTE("deletion_date", "DELETED", TIME, KEY_DELETION_DATE, "when AWS deletes it"),
    ATTRIBUTE("external_accounts", "FOREIGN", LIST, KEY_EXTERNAL_ACCOUNTS,
              "other accounts that its policy names"),
    COMPUTED("grants", "GRANTS", NUMBER, cell_grants, "grants on it"),
    COMPUTED("dependents", "USED BY", NUMBER, cell_dependents,
             "what is encrypted under it, directly or through an alias, and vaults whose key it is"),
    TAIL,
};

const struct view view_keys = {
    .name = "keys", .title = "Keys", .what = "a KMS key", VIEW(.kinds = KINDS(KIND_KEY))};

#undef VIEW
#define VIEW(of, ...) .columns = of, .n_columns = sizeof of / sizeof *of, __VA_ARGS__

static const struct column alias_columns[] = {
    HEAD,
    ATTRIBUTE("name", "ALIAS", TEXT, ALIAS_NAME, "AliasName"),
    ATTRIBUTE("key_arn", "KEY", TEXT, ALIAS_KEY, "the key that it names"),
    TAIL,
};

const struct view view_aliases = {
    .name = "aliases", .title = "Aliases", .what = "an alias of a key",
    VIEW(alias_columns, .kinds = KINDS(KIND_ALIAS))};

static const struct column grant_columns[] = {
    HEAD,
    ATTRIBUTE("grant_id", "GRANT", TEXT, GRANT_GRANT_ID, "GrantId"),
    ATTRIBUTE("key_arn", "KEY", TEXT, GRANT_KEY, "the key that it is on"),
    ATTRIBUTE("grantee", "GRANTEE", TEXT, GRANT_GRANTEE, "who may use the key"),
    ATTRIBUTE("operations", "OPERATIONS", LIST, GRANT_OPERATIONS, "for what"),
    ATTRIBUTE("retiring_principal", "MAY RETIRE", TEXT, GRANT_RETIRING_PRINCIPAL, "who may end it"),
    TAIL,
};

const struct view view_grants = {
    .name = "grants", .title = "Grants", .what = "a grant on a key",
    VIEW(grant_columns, .kinds = KINDS(KIND_GRANT))};
