#include "backend/judge/holdings.h"

#include <string.h>

/* docs.aws.amazon.com/aws-backup/latest/devguide/API_RecoveryPointByBackupVault.html: EXPIRED
 * points are past their retention but still there; STOPPED ones no longer grow. */
static const char *const whole_points[] = {"COMPLETED", "AVAILABLE", "EXPIRED", "STOPPED", NULL};
static const char *const whole_rds[] = {"available", NULL};
static const char *const whole_ebs[] = {"completed", NULL};
/* Each service has a word of its own for a backup that can be restored. */
static const char *const whole_stores[] = {"AVAILABLE", "available",   "ACTIVE",      "active",
                                           "retained",  "replicating", "final snapshot", NULL};

#define DATA(id, ...) [KIND_##id] = {.kind = KIND_##id, .key = ATTR_##id##_KEY, __VA_ARGS__}
#define RDS_HOW(id) .how = ATTR_##id##_ENCRYPTION_TYPE, .owned = "sse-rds"
#define STORE_HOW(id)                                                                              \
    .how = ATTR_##id##_ENCRYPTION, .owned = ENCRYPTION_AWS_OWNED, .is_store = true,                \
    .name = ATTR_##id##_NAME

static const struct holding holdings[KIND_COUNT] = {
    DATA(PARAMETER, .name = ATTR_PARAMETER_NAME, .has_no_backups = true),
    DATA(VAULT, .name = ATTR_VAULT_NAME),
    DATA(POINT, .encrypted = ATTR_POINT_ENCRYPTED, .source = ATTR_POINT_RESOURCE,
         .name = ATTR_POINT_NAME, .status = ATTR_POINT_STATUS,
         .whole = whole_points),
    DATA(DB_INSTANCE, RDS_HOW(DB_INSTANCE), .encrypted = ATTR_DB_INSTANCE_ENCRYPTED, .name = ATTR_DB_INSTANCE_NAME,
         .status = ATTR_DB_INSTANCE_STATUS),
    DATA(DB_CLUSTER, RDS_HOW(DB_CLUSTER), .encrypted = ATTR_DB_CLUSTER_ENCRYPTED, .name = ATTR_DB_CLUSTER_NAME,
         .status = ATTR_DB_CLUSTER_STATUS),
    DATA(DB_SNAPSHOT, RDS_HOW(DB_SNAPSHOT), .encrypted = ATTR_DB_SNAPSHOT_ENCRYPTED, .source = ATTR_DB_SNAPSHOT_SOURCE,
         .name = ATTR_DB_SNAPSHOT_NAME, .status = ATTR_DB_SNAPSHOT_STATUS, .whole = whole_rds),
    DATA(DB_CLUSTER_SNAPSHOT, RDS_HOW(DB_CLUSTER_SNAPSHOT),
         .encrypted = ATTR_DB_CLUSTER_SNAPSHOT_ENCRYPTED,
         .source = ATTR_DB_CLUSTER_SNAPSHOT_SOURCE, .name = ATTR_DB_CLUSTER_SNAPSHOT_NAME,
         .status = ATTR_DB_CLUSTER_SNAPSHOT_STATUS, .whole = whole_rds),
    DATA(VOLUME, .encrypted = ATTR_VOLUME_ENCRYPTED, .status = ATTR_VOLUME_STATUS),
    DATA(EBS_SNAPSHOT, .encrypted = ATTR_EBS_SNAPSHOT_ENCRYPTED, .source = ATTR_EBS_SNAPSHOT_SOURCE,
         .status = ATTR_EBS_SNAPSHOT_STATUS, .whole = whole_ebs),
#define CONSUMER(id, ...)                                                                          \
    DATA(id, .name = ATTR_##id##_NAME, .has_no_backups = true),
#include "backend/estate/consumers.def"
#define STORE(id, ...) DATA(id, STORE_HOW(id)),
#define STORE_BACKUP(id, ...)                                                                      \
    DATA(id, STORE_HOW(id), .source = ATTR_##id##_SOURCE, .status = ATTR_##id##_STATUS,            \
         .whole = whole_stores),
#include "backend/estate/stores.def"
};

const struct holding *holding_of(enum kind kind)
{
    return holdings[kind].kind == kind && kind != KIND_NONE ? &holdings[kind] : NULL;
}

struct value holding_key(const struct record *r)
{
    const struct holding *h = holding_of(r->kind);
    return h ? record_value(r, h->key) : (struct value){.is = VALUE_ABSENT, .text = ""};
}

struct value holding_encrypted(const struct record *r)
{
    const struct holding *h = holding_of(r->kind);
    struct value v = {.is = VALUE_UNKNOWN, .type = TYPE_BOOL, .text = ""};
    if (h && h->encrypted != ATTR_NONE)
        v = record_value(r, h->encrypted);
    if (v.is == VALUE_KNOWN || !h)
        return v;
    if (h->is_store) {
        struct value how = record_value(r, h->how);
        enum facet facet = attr_row(h->how)->facet;
        bool has_none = facet != FACET_LIST_ && record_facet(r, facet).truth == TRUTH_ABSENT;
        v.is = how.is == VALUE_KNOWN || has_none ? VALUE_KNOWN : VALUE_UNKNOWN;
        v.number = how.is == VALUE_KNOWN && strcmp(how.text, ENCRYPTION_NONE) != 0;
        return v;
    }
    struct value key = record_value(r, h->key);
    if (key.is == VALUE_KNOWN) {
        v.is = VALUE_KNOWN;
        v.number = 1;
    } else {
        v.is = VALUE_UNKNOWN;
    }
    return v;
}

bool holding_is_aws_owned(const struct record *r)
{
    const struct holding *h = holding_of(r->kind);
    if (!h || h->how == ATTR_NONE)
        return false;
    struct value how = record_value(r, h->how);
    return how.is == VALUE_KNOWN && strcmp(how.text, h->owned) == 0;
}

/* Whether silence says nothing: where a service tells of each whether it is encrypted, or collect sets what it
 * means that no key is named (.without), an answer without it has not told. */
static bool is_always_told(const struct record *r)
{
    const struct holding *h = holding_of(r->kind);
    enum attr how = kind_row(r->kind)->encryption;
    if (!h) /* only AWS Backup tells of it, which names no key */
        return true;
    return h->is_store || h->encrypted != ATTR_NONE ||
           (how != ATTR_NONE && record_value(r, how).is == VALUE_ABSENT);
}

bool holding_key_is_unnamed(const struct record *r)
{
    if (holding_key(r).is == VALUE_KNOWN || holding_is_aws_owned(r))
        return false;
    if (r->kind == KIND_PARAMETER) {
        struct value type = record_value(r, ATTR_PARAMETER_TYPE);
        return type.is != VALUE_KNOWN || strcmp(type.text, "SecureString") == 0;
    }
    struct value encrypted = holding_encrypted(r);
    return encrypted.is == VALUE_KNOWN ? encrypted.number : is_always_told(r);
}

uint32_t holding_twin(const struct record *r)
{
    const struct holding *h = holding_of(r->kind);
    enum attr attr = kind_row(r->kind)->same_as;
    if (!h || attr == ATTR_NONE)
        return 0;
    struct value same = record_value(r, attr);
    struct record twin;
    bool is_there = same.is == VALUE_KNOWN && generation_record(r->generation, same.node, &twin);
    return is_there && holding_of(twin.kind) ? same.node : 0; /* an image is what its snapshots are */
}

uint32_t holding_resolve(const struct generation *g, uint32_t key_or_alias)
{
    struct record r;
    enum kind kind = key_or_alias ? node_kind(generation_estate(g), key_or_alias) : KIND_NONE;
    if (kind == KIND_KEY)
        return key_or_alias;
    if (kind != KIND_ALIAS || !generation_record(g, key_or_alias, &r))
        return 0;
    struct value key = record_value(&r, ATTR_ALIAS_KEY);
    return key.is == VALUE_KNOWN ? key.node : 0;
}

uint32_t holding_identity(const struct record *r)
{
    const struct holding *h = holding_of(r->kind);
    enum attr attr = kind_row(r->kind)->same_as;
    if (!h || attr == ATTR_NONE)
        return r->node;
    struct value same = record_value(r, attr);
    bool is_data = same.is == VALUE_KNOWN && holding_of(node_kind(generation_estate(r->generation), same.node));
    return is_data ? same.node : r->node;
}

bool holding_is_whole(const struct record *r)
{
    const struct holding *h = holding_of(r->kind);
    if (!h || !h->whole)
        return false;
    struct value status = record_value(r, h->status);
    for (int i = 0; status.is == VALUE_KNOWN && h->whole[i]; i++)
        if (strcmp(status.text, h->whole[i]) == 0)
            return true;
    return false;
}
