/* Posture: what an auditor asks of each thing that is protected or encrypted, in one row. */
#include "backend/view/cells.h"

#include <string.h>

/* Snapshots are copies, counted with what they are copies of. */
static bool includes(const struct generation *g, const struct record *r)
{
    const struct holding *h = holding_of(r->kind);
    struct record own;
    if (h && h->source != ATTR_NONE)
        return false;
    if (r->kind != KIND_PROTECTED)
        return true;
    struct value resource = record_value(r, ATTR_PROTECTED_RESOURCE);
    return resource.is != VALUE_KNOWN || !generation_record(g, resource.node, &own);
}

/* The key that a row's data is under; false: there is none, or cell already says why it is not known. */
static bool key_of(const struct view_context *c, const struct view_row *row, struct record *out,
                   uint32_t *node, struct cell *cell)
{
    struct value key = holding_key(&row->record);
    *node = key.is == VALUE_KNOWN ? holding_resolve(c->generation, key.node) : 0;
    if (key.is == VALUE_ABSENT) {
        if (holding_key_is_unnamed(&row->record))
            say_unknown(cell, TRUTH_KNOWN);
        return false;
    }
    if (!*node || !generation_record(c->generation, *node, out)) {
        say_unknown(cell, TRUTH_KNOWN);
        return false;
    }
    return true;
}

/* The account that a key's ARN names; AWS where the key is AWS's own to manage. */
static CELL(key_owner)
{
    struct record key;
    uint32_t node;
    char account[16], region[40];
    if (!key_of(c, row, &key, &node, out) && !node)
        return;
    node_place(generation_estate(c->generation), node, account, region);
    if (account[0])
        say_text(out, arena_strdup(c->scratch, account));
}

/* Which other accounts the key's policy and grants name. */
static CELL(who_else)
{
    struct record key, grant;
    uint32_t node;
    struct buf items = {0};
    if (!key_of(c, row, &key, &node, out))
        return;
    struct value accounts = record_value(&key, ATTR_KEY_EXTERNAL_ACCOUNTS);
    const struct slice *grants = record_children(&key, FACET_KEY_GRANTS);
    enum truth policy = record_facet(&key, FACET_KEY_POLICY).truth, list = slice_truth(grants);
    for (const char *a = value_next(&accounts, NULL); a; a = value_next(&accounts, a))
        list_item(&items, a);
    for (uint32_t i = 0; grants && i < slice_rows(grants); i++) {
        struct value grantee;
        if (!slice_record(c->generation, grants, i, &grant))
            continue;
        grantee = record_value(&grant, ATTR_GRANT_GRANTEE);
        const char *id = grantee.is == VALUE_KNOWN ? strstr(grantee.text, "::") : NULL;
        if (id && strspn(id + 2, "0123456789") == 12 && strncmp(id + 2, record_account(&key), 12) != 0)
            list_item(&items, arena_strndup(c->scratch, id + 2, 12));
    }
    bool is_sure = truth_is_sure(policy) && truth_is_sure(list);
    if (items.len == 0 && !is_sure)
        say_unknown(out, truth_is_sure(policy) ? list : policy);
    else
        say_list(c, out, &items);
    out->is_at_least = !is_sure;
    buf_free(&items);
}

/* The vaults that hold recovery points of it. */
static CELL(vaults)
{
    struct record point;
    enum edge edge;
    struct buf items = {0};
    for (struct hang h = hang_on(c->generation, view_row_node(row)); hang_next(&h, &point, &edge);) {
        struct value vault = record_value(&point, ATTR_POINT_VAULT);
        if (point.kind != KIND_POINT || edge != EDGE_BACKUP_OF || vault.is != VALUE_KNOWN)
            continue;
        struct buf arn = {0};
        node_arn(generation_estate(c->generation), vault.node, &arn);
        list_item(&items, arn.data);
        buf_free(&arn);
    }
    say_list(c, out, &items);
    buf_free(&items);
}

/* The controls that its findings fail. That somebody answers for one does not pass it. */
static CELL(posture_controls)
{
    struct buf items = {0};
    size_t n = 0;
    if (!c->judgement) {
        say_unknown(out, TRUTH_LOADING);
        return;
    }
    const struct finding *f = judgement_of(c->judgement, view_row_node(row), &n);
    for (size_t i = 0; i < n; i++)
        for (const char *p = f[i].is_unproved ? "" : f[i].rule->controls; *p;) {
            size_t len = strcspn(p, ";");
            const char *mark = f[i].state == FINDING_SUPPRESSED ? " (suppressed)" : "";
            list_item(&items, arena_printf(c->scratch, "%.*s%s", (int)len, p, mark));
            p += len + (p[len] == ';');
        }
    say_list(c, out, &items);
    buf_free(&items);
}

/* One generation alone has no history. */
static CELL(record_since)
{
    say_since(out, c->judgement && row->has_record ? judgement_record_since(c->judgement, &row->record) : TIME_NONE);
}

static const struct column columns[] = {
    HEAD,
    COMPUTED("type", "TYPE", TEXT, cell_resource_type, "what it is"),
    COMPUTED("name", "NAME", TEXT, cell_resource_name, "name or id"),
    COMPUTED("owner", "OWNER", TEXT, cell_owner, "who owns it, by its tag owner or keyfall.conf"),
    COMPUTED("key_arn", "KEY", TEXT, cell_key, "the key that it is under"),
    COMPUTED("key_state", "KEY STATE", TEXT, cell_key_state, "KeyState of that key"),
    COMPUTED("key_owner", "KEY OWNER", TEXT, cell_key_owner, "account of that key"),
    COMPUTED("who_else", "WHO ELSE", LIST, cell_who_else,
             "other accounts that the key's policy and grants name; * is everybody"),
    COMPUTED("vaults", "VAULTS", LIST, cell_vaults, "vaults that hold recovery points of it"),
    COMPUTED("copies", "COPIES", NUMBER, cell_resource_copies, "recovery points and snapshots of it"),
    COMPUTED("independent_copies", "INDEP.", NUMBER, cell_resource_independent_copies,
             "families of usable keys that can decrypt a complete copy"),
    COMPUTED("restorable", "RESTORE", BOOL, cell_resource_restorable,
             "whether a copy of it can be decrypted now"),
    COMPUTED("controls", "CONTROLS", LIST, cell_posture_controls, "controls that its findings fail"),
    COMPUTED("first_seen", "SINCE", TIME, cell_record_since, "when it was first seen"),
    TAIL,
};

const struct view view_posture = {
    .name = "posture",
    .title = "Posture",
    .what = "a protected resource or encrypted dependency: its key, who else may use that, its copies",
    VIEW(.kinds = resource_kinds, .includes = includes),
};
