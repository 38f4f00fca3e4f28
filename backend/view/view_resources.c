/* What holds data, is backed up or could be; its native snapshots; and what else is under a key. */
#include "backend/view/cells.h"

/* There is nothing to be told of backups of it. */
static bool has_no_backups(const struct record *r)
{
    const struct holding *h = holding_of(r->kind);
    return h && h->has_no_backups;
}

static bool is_snapshot(const struct record *r)
{
    const struct holding *h = holding_of(r->kind);
    return h && h->source != ATTR_NONE;
}

/* The thing itself: a protected resource is only AWS Backup's word for it. */
static uint32_t resource_of(const struct record *r)
{
    if (r->kind != KIND_PROTECTED)
        return r->node;
    struct value resource = record_value(r, ATTR_PROTECTED_RESOURCE);
    return resource.is == VALUE_KNOWN ? resource.node : 0;
}

/* A protected resource is a row of its own only while nothing else tells of it. */
static bool includes(const struct generation *g, const struct record *r)
{
    struct record own;
    if (r->kind == KIND_PARAMETER)
        return false; /* it has a view of its own */
    return r->kind != KIND_PROTECTED || !generation_record(g, resource_of(r), &own);
}

CELL(resource_type)
{
    (void)c;
    if (row->record.kind == KIND_PROTECTED)
        say_attr(&row->record, ATTR_PROTECTED_RESOURCE_TYPE, out);
    else
        say_text(out, kind_row(row->record.kind)->word);
}

CELL(resource_name)
{
    const struct record *r = &row->record;
    const struct holding *h = holding_of(r->kind);
    if (r->kind == KIND_PROTECTED)
        say_attr(r, ATTR_PROTECTED_NAME, out);
    else if (h && h->name != ATTR_NONE)
        say_attr(r, h->name, out);
    else
        say_text(out, node_tail(generation_estate(c->generation), r->node));
}

static CELL(protected)
{
    const struct record *r = &row->record;
    struct record by;
    enum edge edge;
    if (has_no_backups(r))
        return;
    if (r->kind == KIND_PROTECTED) {
        say_bool(out, true);
        return;
    }
    for (struct hang h = hang_on(c->generation, r->node); hang_next(&h, &by, &edge);)
        if (by.kind == KIND_PROTECTED || (by.kind == KIND_POINT && edge == EDGE_BACKUP_OF)) {
            say_bool(out, true);
            return;
        }
    enum truth truth = slice_truth(neighbour(r, LIST_PROTECTED));
    say_tri(out, truth_is_sure(truth) ? TRI_NO : TRI_UNKNOWN, truth);
}

static bool copies_of(const struct view_context *c, const struct view_row *row, struct copies *copies,
                      struct cell *out)
{
    if (is_snapshot(&row->record) || has_no_backups(&row->record))
        return false;
    if (!c->judgement) {
        say_unknown(out, TRUTH_LOADING);
        return false;
    }
    *copies = judge_copies(c->judgement, resource_of(&row->record));
    return true;
}

CELL(resource_copies)
{
    struct copies copies;
    if (copies_of(c, row, &copies, out))
        say_at_least(out, copies.n, !copies.is_sure, copies.truth);
}

CELL(resource_independent_copies)
{
    struct copies copies;
    if (!copies_of(c, row, &copies, out))
        return;
    if (copies.independent_is_known)
        say_at_least(out, copies.independent, !copies.is_sure, copies.truth);
    else
        say_unknown(out, TRUTH_KNOWN);
}

CELL(resource_restorable)
{
    struct copies copies;
    if (is_snapshot(&row->record) && c->judgement)
        say_tri(out, judge_restorable(c->judgement, &row->record), TRUTH_KNOWN);
    else if (is_snapshot(&row->record))
        say_unknown(out, TRUTH_LOADING);
    else if (copies_of(c, row, &copies, out))
        say_tri(out, copies.restorable, TRUTH_KNOWN);
}

static const struct column columns[] = {
    HEAD,
    COMPUTED("type", "TYPE", TEXT, cell_resource_type, "what it is; AWS Backup's word where keyfall has no list"),
    COMPUTED("name", "RESOURCE", TEXT, cell_resource_name, "name or id"),
    KEY_COLUMN("the key that it is under; ? if that is not read"),
    KEY_STATE_COLUMN,
    COMPUTED("protected", "BACKED UP", BOOL, cell_protected, "whether AWS Backup knows it"),
    COMPUTED("copies", "COPIES", NUMBER, cell_resource_copies,
             "recovery points and snapshots of it; empty for snapshots"),
    COMPUTED("independent_copies", "INDEP.", NUMBER, cell_resource_independent_copies,
             "families of usable keys that can decrypt a complete copy"),
    COMPUTED("restorable", "RESTORE", BOOL, cell_resource_restorable,
             "whether a copy of it (or the snapshot itself) can be decrypted now"),
    TAIL,
};

const enum kind resource_kinds[] = {
    KIND_DB_INSTANCE, KIND_DB_CLUSTER,  KIND_DB_SNAPSHOT, KIND_DB_CLUSTER_SNAPSHOT,
    KIND_VOLUME,      KIND_EBS_SNAPSHOT,
#define CONSUMER(id, ...) KIND_##id,
#include "backend/estate/consumers.def"
#define STORE(id, ...) KIND_##id,
#include "backend/estate/stores.def"
    KIND_PROTECTED,   KIND_PARAMETER,   KIND_NONE,
};

const struct view view_resources = {
    .name = "resources",
    .title = "Resources",
    .what = "what is under a key or backed up: databases, volumes, snapshots, functions, queues ...",
    VIEW(.kinds = resource_kinds, .includes = includes),
};
