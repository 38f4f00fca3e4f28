#include "backend/judge/impact_rules.h"

#include "backend/judge/drivers.h"
#include "backend/judge/holds.h"
#include "backend/judge/impact_products.h"
#include "backend/judge/rules.h"

#include <string.h>

#define KMS "docs.aws.amazon.com/kms/latest/developerguide/"
#define BACKUP "docs.aws.amazon.com/aws-backup/latest/devguide/"
#define RDS "docs.aws.amazon.com/AmazonRDS/latest/UserGuide/"
#define EBS "docs.aws.amazon.com/ebs/latest/userguide/"
#define SSM "docs.aws.amazon.com/systems-manager/latest/userguide/"
#define GLOBAL_TABLES "docs.aws.amazon.com/amazondynamodb/latest/developerguide/globaltables-security.html"
#define BILLING "docs.aws.amazon.com/accounts/latest/reference/"

#define USE_THE_KEY_FIRST "While the key works: copy it under another key."

/* ---- conditions ------------------------------------------------------------------------------ */

static bool is_attached(const struct record *r)
{
    return value_is(r, ATTR_VOLUME_STATUS, "in-use");
}

static bool is_automated(const struct record *r)
{
    return value_is(r, r->kind == KIND_DB_SNAPSHOT ? ATTR_DB_SNAPSHOT_TYPE : ATTR_DB_CLUSTER_SNAPSHOT_TYPE,
                    "automated");
}

static bool is_active(const struct record *r)
{
    return value_is(r, r->kind == KIND_DB_AUTO_BACKUP ? ATTR_DB_AUTO_BACKUP_STATUS : ATTR_DB_CLUSTER_AUTO_BACKUP_STATUS,
                    "active");
}

static bool has_value(const struct record *r, enum attr attr)
{
    struct value v = record_value(r, attr);
    return v.is == VALUE_KNOWN && v.len > 0;
}

/* Only RDS and Aurora wait for a key, and only where nothing is replicated. */
static bool is_instance_without_grace(const struct record *r)
{
    return value_is(r, ATTR_DB_INSTANCE_ENGINE, "docdb") || value_is(r, ATTR_DB_INSTANCE_ENGINE, "neptune") ||
           has_value(r, ATTR_DB_INSTANCE_REPLICA_OF) || has_value(r, ATTR_DB_INSTANCE_REPLICAS);
}

static bool is_cluster_without_grace(const struct record *r)
{
    return value_is(r, ATTR_DB_CLUSTER_ENGINE, "docdb") || value_is(r, ATTR_DB_CLUSTER_ENGINE, "neptune") ||
           has_value(r, ATTR_DB_CLUSTER_GLOBAL) || has_value(r, ATTR_DB_CLUSTER_REPLICA_OF) ||
           has_value(r, ATTR_DB_CLUSTER_REPLICAS);
}

static bool is_instance_without_backups(const struct record *r)
{
    int64_t days;
    return value_number(r, ATTR_DB_INSTANCE_RETENTION, &days) && days == 0 &&
           !has_value(r, ATTR_DB_INSTANCE_CLUSTER);
}

/* A global table of eventual consistency goes on without a replica after 20 hours; a strong one waits as a table does.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/globaltables-security.html */
static bool is_strong(const struct record *r)
{
    return value_is(r, ATTR_TABLE_CONSISTENCY, "STRONG");
}

static bool has_loose_replicas(const struct record *r)
{
    return has_value(r, ATTR_TABLE_REPLICAS) && !is_strong(r);
}

/* ---- rows ------------------------------------------------------------------------------------ */

#define WEEK (7 * 24)
#define CLOCK(hours, effect) .clock_hours = hours, .clock_effect = EFFECT_##effect

#define DOWN_THEN_LOST(down, lost)                                                                 \
    .first = EFFECT_DOWN, .last = EFFECT_LOST, .first_severity = SEVERITY_##down,                  \
    .last_severity = SEVERITY_##lost

#define BACKUP_UNDER_KEY(kind_, ...)                                                               \
    {.of = KIND_KEY, .fall = FALL_KEY, .edge = EDGE_ENCRYPTED_UNDER, .kind = kind_,                \
     DOWN_THEN_LOST(HIGH, CRITICAL), .first_text = "cannot be restored or copied",                 \
     .last_text = "lost: no lock or hold protects it from the loss of its key",                    \
     .remedy = USE_THE_KEY_FIRST, .page = __VA_ARGS__}

/* https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Overview.Encryption.html: two hours, seven days */
#define DATABASE_UNDER_KEY(kind_)                                                                  \
    {.of = KIND_KEY, .fall = FALL_KEY, .edge = EDGE_ENCRYPTED_UNDER, .kind = kind_,                \
     DOWN_THEN_LOST(CRITICAL, CRITICAL), CLOCK(WEEK, LOST),                                        \
     .first_text = "stopped within hours; after seven days only a restore helps",                  \
     .last_text = "lost, and its snapshots under the key with it",                                 \
     .remedy = "Then start the database; later only a restore helps, and that needs the key.",                  \
     .page = RDS "Overview.Encryption.html"}

/* https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Overview.Encryption.html,
 * https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/Overview.Encryption.html,
 * https://docs.aws.amazon.com/documentdb/latest/developerguide/encryption-at-rest.html,
 * https://docs.aws.amazon.com/neptune/latest/userguide/encrypt.html */
#define DATABASE_WITHOUT_GRACE(kind_, when_)                                                       \
    {.of = KIND_KEY, .fall = FALL_KEY, .edge = EDGE_ENCRYPTED_UNDER, .kind = kind_, .when = when_, \
     .first = EFFECT_LOST, .last = EFFECT_LOST, .first_severity = SEVERITY_CRITICAL,               \
     .last_severity = SEVERITY_CRITICAL,                                                           \
     .first_text = "fails for good, with no time to mend it: only a restore helps, and that needs " \
                   "the key",                                                                      \
     .last_text = "lost, and its snapshots under the key with it",                                 \
     .remedy = "Then restore it from a backup.",                              \
     .page = RDS "Overview.Encryption.html"}

#define PARAMETER_UNDER_KEY                                                                        \
    .kind = KIND_PARAMETER, DOWN_THEN_LOST(HIGH, HIGH), .first_text = "cannot be decrypted",       \
    .last_text = "can never be decrypted again",                                                   \
    .remedy = "While the key works, or if you know the value: put it again under another key.",    \
    .page = SSM "secure-string-parameter-kms-encryption.html"

#define NEW_VOLUMES(of_, fall_)                                                                    \
    {.of = of_, .fall = fall_, .edge = EDGE_NEW_DATA_UNDER, .kind = KIND_REGION,                   \
     .first = EFFECT_DEGRADED, .last = EFFECT_DEGRADED, .first_severity = SEVERITY_HIGH,           \
     .last_severity = SEVERITY_HIGH,                                                               \
     .first_text = "new volumes and snapshots that name no key fail",                              \
     .remedy = "ModifyEbsDefaultKmsKeyId to a key that works.", .page = EBS "ebs-encryption.html"}

/* What uses a key, by itself or through an alias. */
#define USES(kind_, edge_, first_, last_, severity, text, last_text_, remedy_, page_)              \
    {.of = KIND_KEY, .fall = FALL_KEY, .edge = edge_, .kind = kind_, .first = EFFECT_##first_,     \
     .last = EFFECT_##last_, .first_severity = SEVERITY_##severity,                                \
     .last_severity = SEVERITY_##severity, .then = FALL_KEY, .first_text = text,                   \
     .last_text = last_text_, .remedy = remedy_, .page = page_}
#define CONSUMER(id, ...) USES(KIND_##id, EDGE_ENCRYPTED_UNDER, __VA_ARGS__),

/* What is in an account: https://docs.aws.amazon.com/kms/latest/developerguide/deleting-keys.html and
 * https://docs.aws.amazon.com/aws-backup/latest/devguide/vault-lock.html: deleted 90 days after closure */
#define WITHIN(kind_, severity, then_)                                                             \
    {.of = KIND_ACCOUNT, .fall = FALL_PLACE, .is_within = true, .kind = kind_,                     \
     DOWN_THEN_LOST(severity, CRITICAL), .then = then_, .first_text = "unusable with its account", \
     .last_text = "deleted 90 days after the account is closed, locked or not",                    \
     .remedy = "Keep keys and copies in another one.",                         \
     .page = BILLING "manage-acct-closing.html"},                                                  \
    {.of = KIND_REGION, .fall = FALL_PLACE, .is_within = true, .kind = kind_,                      \
     .first = EFFECT_DOWN, .last = EFFECT_DOWN, .first_severity = SEVERITY_##severity,             \
     .last_severity = SEVERITY_##severity, .then = then_,                                          \
     .first_text = "out of reach while the Region is off", .remedy = "",\
     .page = BILLING "manage-acct-regions.html"}

#define BACKUP_STAYS(of_, kind_)                                                                   \
    {.of = of_, .fall = FALL_DELETED, .edge = EDGE_BACKUP_OF, .kind = kind_, .when = is_automated, \
     .first = EFFECT_LOST, .last = EFFECT_LOST, .first_severity = SEVERITY_MEDIUM,                 \
     .last_severity = SEVERITY_MEDIUM, .first_text = "automated: goes with what it is a backup of",\
     .remedy = "Copy it to a manual snapshot first.",                                              \
     .page = RDS "USER_WorkingWithAutomatedBackups.html"}

#define UNTOLD                                                                                     \
    .first = EFFECT_UNKNOWN, .last = EFFECT_UNKNOWN, .first_severity = SEVERITY_HIGH,              \
    .last_severity = SEVERITY_HIGH, .first_text = "what becomes of it is not known",               \
    .remedy = USE_THE_KEY_FIRST, .page = KMS "unusable-kms-keys.html"

#define AUTOMATED_GOES(of_, kind_)                                                                 \
    {.of = of_, .fall = FALL_DELETED, .edge = EDGE_BACKUP_OF, .kind = kind_, .when = is_active,    \
     .first = EFFECT_LOST, .last = EFFECT_LOST, .first_severity = SEVERITY_MEDIUM,                 \
     .last_severity = SEVERITY_MEDIUM,                                                             \
     .first_text = "goes with what it is a backup of, unless told to be retained",                 \
     .remedy = "Retain automated backups, or make a manual snapshot first.",                       \
     .page = RDS "USER_WorkingWithAutomatedBackups.html"}

/* What is lost with the time is the replica, not what the table holds. */
#define REPLICA_UNDER_KEY(when_, hours, text, remedy_)                                             \
    {.of = KIND_KEY, .fall = FALL_KEY, .edge = EDGE_REPLICA_UNDER, .when = when_,                  \
     .first = EFFECT_DEGRADED, .last = EFFECT_DEGRADED, .first_severity = SEVERITY_HIGH,           \
     .last_severity = SEVERITY_HIGH, CLOCK(hours, DEGRADED), .first_text = text, .remedy = remedy_, \
     .page = GLOBAL_TABLES}

#define STORE_UNDER_KEY(kind_, first_, first_severity_, last_, last_severity_, hours, text, last_text_, remedy_,    \
                        page_, ...)                                                                \
    {.of = KIND_KEY, .fall = FALL_KEY, .edge = EDGE_ENCRYPTED_UNDER, .kind = KIND_##kind_,         \
     .first = EFFECT_##first_, .last = EFFECT_##last_, .first_severity = SEVERITY_##first_severity_, \
     .last_severity = SEVERITY_##last_severity_, CLOCK(hours, LOST),         \
     .first_text = text, .last_text = last_text_, .remedy = remedy_, .page = page_},

static const struct impact_rule rules[] = {
    /* a key */
#define HIT(...) {__VA_ARGS__},
#include "backend/judge/impact_products.def"
    {.of = KIND_KEY, .fall = FALL_KEY, .edge = EDGE_ENCRYPTED_UNDER, PARAMETER_UNDER_KEY},
    BACKUP_UNDER_KEY(KIND_POINT, BACKUP "encryption.html"),
    BACKUP_UNDER_KEY(KIND_DB_SNAPSHOT, RDS "Overview.Encryption.html"),
    BACKUP_UNDER_KEY(KIND_DB_CLUSTER_SNAPSHOT, RDS "Overview.Encryption.html"),
    BACKUP_UNDER_KEY(KIND_EBS_SNAPSHOT, EBS "ebs-encryption.html", .then = FALL_KEY),
    DATABASE_WITHOUT_GRACE(KIND_DB_INSTANCE, is_instance_without_grace),
    DATABASE_WITHOUT_GRACE(KIND_DB_CLUSTER, is_cluster_without_grace),
    {.of = KIND_KEY, .fall = FALL_KEY, .edge = EDGE_ENCRYPTED_UNDER, .kind = KIND_DB_INSTANCE,
     .when = is_instance_without_backups, .first = EFFECT_DEGRADED, .last = EFFECT_LOST,
     .first_severity = SEVERITY_CRITICAL, .last_severity = SEVERITY_CRITICAL,
     .first_text = "works until its volumes are detached by a change or a recovery; has no backups",
     .last_text = "lost once its volumes are detached: it has no backups",
     .remedy = "Change nothing on it before; then turn automated backups on.",
     .page = RDS "Overview.Encryption.html"},
    DATABASE_UNDER_KEY(KIND_DB_INSTANCE),
    DATABASE_UNDER_KEY(KIND_DB_CLUSTER),
    {.of = KIND_KEY, .fall = FALL_KEY, .edge = EDGE_ENCRYPTED_UNDER, .kind = KIND_VOLUME,
     .when = is_attached, .first = EFFECT_DEGRADED, .last = EFFECT_LOST,
     .first_severity = SEVERITY_HIGH, .last_severity = SEVERITY_CRITICAL,
     .first_text = "works until it is detached or its instance stops",
     .last_text = "lost once it is detached or its instance stops",
     .remedy = "Do not stop the instance; copy the data to another volume.",
     .page = KMS "unusable-kms-keys.html"},
    {.of = KIND_KEY, .fall = FALL_KEY, .edge = EDGE_ENCRYPTED_UNDER, .kind = KIND_VOLUME,
     DOWN_THEN_LOST(HIGH, CRITICAL), .first_text = "cannot be attached", .last_text = "lost",
     .remedy = USE_THE_KEY_FIRST, .page = KMS "unusable-kms-keys.html"},
    {.of = KIND_KEY, .fall = FALL_KEY, .edge = EDGE_VAULT_KEY, .kind = KIND_VAULT,
     DOWN_THEN_LOST(HIGH, CRITICAL), .then = FALL_KEY,
     .first_text = "no backup, copy into it or restore of the types that it encrypts",
     .last_text = "useless: the key of a vault can never be changed",
     .remedy = "Make a new vault under another key; copy while the key works.",
     .page = BACKUP "encryption.html"},
    {.of = KIND_KEY, .fall = FALL_KEY, .edge = EDGE_ALSO_UNDER, .first = EFFECT_DEGRADED,
     .last = EFFECT_DEGRADED, .first_severity = SEVERITY_HIGH, .last_severity = SEVERITY_HIGH,
     .first_text = "goes on; its insights, activity stream or administrator's secret cannot be read",
     .remedy = "Or name another key for them.",
     .page = RDS "USER_PerfInsights.access-control.html"},
    REPLICA_UNDER_KEY(is_strong, WEEK, "reads and writes of strong consistency fail; after seven days its replica is archived",
                      ""),
    REPLICA_UNDER_KEY(NULL, 20, "its replica in the key's Region stops; after 20 hours that is a table of its own",
                      ""),
    {.of = KIND_KEY, .fall = FALL_KEY, .edge = EDGE_ENCRYPTED_UNDER, .kind = KIND_TABLE, .when = has_loose_replicas,
     DOWN_THEN_LOST(CRITICAL, CRITICAL), CLOCK(20, LOST),
     .first_text = "neither read nor written; after 20 hours no replica any more, after seven days archived",
     .last_text = "lost; replicas in other Regions stay, under keys of their own",
     .remedy = "",
     .page = GLOBAL_TABLES},
#define FALL STORE_UNDER_KEY
#include "backend/judge/impact_stores.def"
    NEW_VOLUMES(KIND_KEY, FALL_KEY),
    {.of = KIND_KEY, .fall = FALL_KEY, .edge = EDGE_ALIAS_OF, .kind = KIND_ALIAS,
     DOWN_THEN_LOST(MEDIUM, MEDIUM), .then = FALL_KEY, .first_text = "what names the alias fails",
     .last_text = "deleted with its key", .remedy = "UpdateAlias to another key, for new data only.",
     .page = KMS "deleting-keys.html"},
    {.of = KIND_KEY, .fall = FALL_KEY, .edge = EDGE_GRANT_ON, .kind = KIND_GRANT,
     DOWN_THEN_LOST(MEDIUM, MEDIUM), .first_text = "its grantee cannot use the key",
     .last_text = "ends with the key", .remedy = "See what its grantee does with the key.",
     .page = KMS "grants.html"},
    {.of = KIND_KEY, .fall = FALL_KEY, .edge = EDGE_RELATIVE_OF, .kind = KIND_KEY,
     .first = EFFECT_SAFE, .last = EFFECT_SAFE, .by_health = true, .last_severity = SEVERITY_HIGH,
     .first_text = "multi-Region relative: goes on working in its Region",
     .remedy = "ReplicateKey makes the lost member again, with its id; policy, alias and grants are not "
               "copied.",
     .page = KMS "multi-region-keys-overview.html"},
#include "backend/judge/impact_consumers.def"
    /* an alias alone; with its key it is the key: see impact_rule_find */
    NEW_VOLUMES(KIND_ALIAS, FALL_DELETED),
    {.of = KIND_ALIAS, .fall = FALL_DELETED, .edge = EDGE_ENCRYPTED_UNDER, .kind = KIND_PARAMETER,
     .first = EFFECT_DEGRADED, .last = EFFECT_DEGRADED, .first_severity = SEVERITY_HIGH,
     .last_severity = SEVERITY_HIGH,
     .first_text = "what is stored stays readable; new values cannot be put",
     .remedy = "", .page = KMS "kms-alias.html"},
    {.of = KIND_ALIAS, .fall = FALL_MOVED, .edge = EDGE_ENCRYPTED_UNDER, .kind = KIND_PARAMETER,
     .first = EFFECT_DEGRADED, .last = EFFECT_DEGRADED, .first_severity = SEVERITY_MEDIUM,
     .last_severity = SEVERITY_MEDIUM,
     .first_text = "what is stored still needs the former key; new values go to the other one",
     .remedy = "Keep the former key; put the value again.", .page = KMS "kms-alias.html"},
    {.of = KIND_ALIAS, .fall = FALL_DELETED, .edge = EDGE_ENCRYPTED_UNDER, .kind = KIND_NONE,
     .first = EFFECT_DEGRADED, .last = EFFECT_DEGRADED, .first_severity = SEVERITY_HIGH,
     .last_severity = SEVERITY_HIGH,
     .first_text = "names the alias: what is stored stays readable, nothing new can be encrypted",
     .remedy = "Or name a key instead.",
     .page = KMS "kms-alias.html"},
    {.of = KIND_ALIAS, .fall = FALL_MOVED, .edge = EDGE_ENCRYPTED_UNDER, .kind = KIND_NONE,
     .first = EFFECT_DEGRADED, .last = EFFECT_DEGRADED, .first_severity = SEVERITY_MEDIUM,
     .last_severity = SEVERITY_MEDIUM,
     .first_text = "what is stored still needs the former key; what is new goes to the other one",
     .remedy = "Keep the former key.", .page = KMS "kms-alias.html"},
    /* a vault, with its key and alone */
    {.of = KIND_VAULT, .fall = FALL_KEY, .edge = EDGE_WRITES_TO, .kind = KIND_RULE,
     .first = EFFECT_DEGRADED, .last = EFFECT_DEGRADED, .first_severity = SEVERITY_HIGH,
     .last_severity = SEVERITY_HIGH,
     .first_text = "its backups of types that the vault encrypts, and copies into the vault, fail",
     .remedy = "Point the rule at a vault whose key works.", .page = BACKUP "encryption.html"},
    {.of = KIND_VAULT, .fall = FALL_DELETED, .edge = EDGE_WRITES_TO, .kind = KIND_RULE,
     .first = EFFECT_DEGRADED, .last = EFFECT_DEGRADED, .first_severity = SEVERITY_HIGH,
     .last_severity = SEVERITY_HIGH, .first_text = "its jobs into the vault fail",
     .remedy = "Point the rule at another vault first.", .page = BACKUP "create-a-vault.html"},
    {.of = KIND_VAULT, .fall = FALL_DELETED, .edge = EDGE_IN_VAULT, .kind = KIND_POINT,
     .first = EFFECT_LOST, .last = EFFECT_LOST, .first_severity = SEVERITY_CRITICAL,
     .last_severity = SEVERITY_CRITICAL,
     .first_text = "must be deleted before its vault can be, and nothing brings it back",
     .remedy = "Copy it to another vault first.", .page = BACKUP "deleting-backups.html"},
    /* a vault's key can never be changed: another vault in its place */
    {.of = KIND_VAULT, .fall = FALL_MOVED, .edge = EDGE_WRITES_TO, .kind = KIND_RULE,
     .first = EFFECT_DEGRADED, .last = EFFECT_DEGRADED, .first_severity = SEVERITY_MEDIUM,
     .last_severity = SEVERITY_MEDIUM,
     .first_text = "goes on writing here, under the old key, until it names the new vault",
     .remedy = "Point the rule at the new vault, and see a job end there.", .page = BACKUP "create-a-vault.html"},
    {.of = KIND_VAULT, .fall = FALL_MOVED, .edge = EDGE_TESTS, .kind = KIND_RESTORE_TEST,
     .first = EFFECT_DEGRADED, .last = EFFECT_DEGRADED, .first_severity = SEVERITY_MEDIUM,
     .last_severity = SEVERITY_MEDIUM, .first_text = "goes on testing what is here, nothing of the new vault",
     .remedy = "Let it test the new vault too.", .page = BACKUP "restore-testing.html"},
    {.of = KIND_VAULT, .fall = FALL_MOVED, .edge = EDGE_IN_VAULT, .kind = KIND_POINT,
     .first = EFFECT_SAFE, .last = EFFECT_SAFE, .by_health = true, .last_severity = SEVERITY_HIGH,
     .first_text = "stays here under the key that it has: a new vault takes nothing over",
     .remedy = "Copy it to the new vault while its key works; keep both keys until it has expired.",
     .page = BACKUP "recov-point-create-a-copy.html"},
    /* backups and what they are of */
    {.of = KIND_POINT, .fall = FALL_DELETED, .edge = EDGE_PART_OF, .kind = KIND_POINT,
     .first = EFFECT_LOST, .last = EFFECT_LOST, .first_severity = SEVERITY_CRITICAL,
     .last_severity = SEVERITY_CRITICAL, .then = FALL_DELETED,
     .first_text = "goes with the composite that it is part of",
     .remedy = "Copy it to another vault first.", .page = BACKUP "deleting-backups.html"},
    BACKUP_STAYS(KIND_DB_INSTANCE, KIND_DB_SNAPSHOT),
    BACKUP_STAYS(KIND_DB_CLUSTER, KIND_DB_CLUSTER_SNAPSHOT),
    AUTOMATED_GOES(KIND_DB_INSTANCE, KIND_DB_AUTO_BACKUP),
    AUTOMATED_GOES(KIND_DB_CLUSTER, KIND_DB_CLUSTER_AUTO_BACKUP),
    {.of = KIND_NONE, .fall = FALL_DELETED, .edge = EDGE_BACKUP_OF, .first = EFFECT_SAFE,
     .last = EFFECT_SAFE, .by_health = true, .last_severity = SEVERITY_HIGH,
     .first_text = "stays; a restore needs its key", .remedy = "Keep it and its key.",
     .page = BACKUP "restoring-a-backup.html"},
    /* plans */
    {.of = KIND_PLAN, .fall = FALL_DELETED, .edge = EDGE_PART_OF, .kind = KIND_RULE,
     .first = EFFECT_DEGRADED, .last = EFFECT_DEGRADED, .first_severity = SEVERITY_HIGH,
     .last_severity = SEVERITY_HIGH, .first_text = "makes no more backups",
     .remedy = "Assign its resources to another plan first.",
     .page = BACKUP "about-backup-plans.html"},
    {.of = KIND_PLAN, .fall = FALL_DELETED, .edge = EDGE_PART_OF, .kind = KIND_SELECTION,
     .first = EFFECT_DEGRADED, .last = EFFECT_DEGRADED, .first_severity = SEVERITY_HIGH,
     .last_severity = SEVERITY_HIGH, .first_text = "what it selects is no longer backed up",
     .remedy = "Assign its resources to another plan first.",
     .page = BACKUP "assigning-resources.html"},
    /* a custom key store */
    {.of = KIND_KEY_STORE, .fall = FALL_KEY, .edge = EDGE_STORED_IN, .kind = KIND_KEY,
     .first = EFFECT_DOWN, .last = EFFECT_DOWN, .first_severity = SEVERITY_HIGH,
     .last_severity = SEVERITY_HIGH, .then = FALL_KEY,
     .first_text = "Unavailable until its store is connected", .remedy = "",
     .page = KMS "xks-connect-disconnect.html"},
    /* what is in an account or a Region */
    WITHIN(KIND_KEY, CRITICAL, FALL_KEY),
    WITHIN(KIND_VAULT, HIGH, FALL_KEY),
    WITHIN(KIND_POINT, HIGH, FALL_NONE),
    WITHIN(KIND_PARAMETER, HIGH, FALL_NONE),
    WITHIN(KIND_DB_INSTANCE, HIGH, FALL_NONE),
    WITHIN(KIND_DB_CLUSTER, HIGH, FALL_NONE),
    WITHIN(KIND_DB_SNAPSHOT, HIGH, FALL_NONE),
    WITHIN(KIND_DB_CLUSTER_SNAPSHOT, HIGH, FALL_NONE),
    WITHIN(KIND_VOLUME, HIGH, FALL_NONE),
    WITHIN(KIND_EBS_SNAPSHOT, HIGH, FALL_NONE),
    WITHIN(KIND_PLAN, HIGH, FALL_NONE),
#define CONSUMER(id, ...) WITHIN(KIND_##id, HIGH, FALL_NONE),
#include "backend/estate/consumers.def"
#define STORE(id, ...) WITHIN(KIND_##id, HIGH, FALL_NONE),
#include "backend/estate/stores.def"
    WITHIN(KIND_IMAGE, HIGH, FALL_NONE),
    WITHIN(KIND_LIFECYCLE, HIGH, FALL_NONE),
#define HIT(...) {__VA_ARGS__},
#include "backend/judge/impact_evidence.def"
#define HIT(...) {__VA_ARGS__},
#include "backend/judge/impact_roles.def"
    /* nothing that hangs on a key is left without a word */
    {.of = KIND_KEY, .fall = FALL_KEY, .edge = EDGE_ENCRYPTED_UNDER, .kind = KIND_NONE, UNTOLD},
};

#define SELF(kind_, effect, severity, text, remedy_, page_)                                        \
    {.of = kind_, .fall = FALL_DELETED, .kind = kind_, .first = EFFECT_##effect,                   \
     .last = EFFECT_##effect, .first_severity = SEVERITY_##severity,                               \
     .last_severity = SEVERITY_##severity, .first_text = text, .remedy = remedy_, .page = page_}

/* A backup cannot come from anywhere else. */
#define STORE_DELETED(kind_, first_, first_severity_, last_, last_severity_, hours, text, last_text_, remedy_,      \
                      page_, gone, gone_page)                                                      \
    {.of = KIND_##kind_, .fall = FALL_DELETED, .kind = KIND_##kind_, .first = EFFECT_LOST,         \
     .last = EFFECT_LOST, .first_severity = SEVERITY_##last_severity_,                             \
     .last_severity = SEVERITY_##last_severity_, .first_text = gone,                               \
     .remedy = "Restore it from a copy whose key works; make one first.", .page = gone_page},

/* Targets that are themselves what is lost. */
static const struct impact_rule selves[] = {
#define SELF_HIT(...) {__VA_ARGS__},
#include "backend/judge/impact_evidence.def"
#define SELF_HIT(...) {__VA_ARGS__},
#include "backend/judge/impact_roles.def"
#define SELF_HIT(...) {__VA_ARGS__},
#include "backend/judge/impact_products.def"
    SELF(KIND_PARAMETER, LOST, HIGH, "its value is gone", "Put it again, if somebody knows the value.",
         SSM "sysman-paramstore-working.html"),
    SELF(KIND_POINT, LOST, HIGH, "this restore point is gone; later copies become full ones",
         "None: copy it elsewhere first.", BACKUP "deleting-backups.html"),
    SELF(KIND_DB_SNAPSHOT, LOST, HIGH, "this restore point is gone", "None: copy it elsewhere first.",
         RDS "USER_DeleteSnapshot.html"),
    SELF(KIND_DB_CLUSTER_SNAPSHOT, LOST, HIGH, "this restore point is gone",
         "None: copy it elsewhere first.", RDS "USER_DeleteSnapshot.html"),
    SELF(KIND_EBS_SNAPSHOT, LOST, HIGH, "this restore point is gone", "None: copy it elsewhere first.",
         EBS "ebs-deleting-snapshot.html"),
    SELF(KIND_DB_INSTANCE, LOST, CRITICAL, "gone with its automated backups",
         "Restore it from a copy whose key works.", RDS "USER_DeleteInstance.html"),
    SELF(KIND_DB_CLUSTER, LOST, CRITICAL, "gone with its automated backups",
         "Restore it from a copy whose key works.", RDS "USER_DeleteInstance.html"),
    SELF(KIND_VOLUME, LOST, CRITICAL, "gone", "Create it again from a snapshot whose key works.",
         EBS "ebs-deleting-volume.html"),
#define CONSUMER(id, ...)                                                                          \
    SELF(KIND_##id, LOST, HIGH, "gone with what it holds", "Make it again, under a key that works.",\
         KMS "service-integration.html"),
#include "backend/estate/consumers.def"
#define FALL STORE_DELETED
#include "backend/judge/impact_stores.def"
    SELF(KIND_GRANT, DOWN, HIGH,
         "its grantee loses the key; an attached volume or running database goes on until it is opened "
         "again",
         "Let the service make a new one: attach, start or restore again.", KMS "grant-delete.html"),
    {.of = KIND_VAULT, .fall = FALL_MOVED, .kind = KIND_VAULT, .first = EFFECT_DEGRADED,
     .last = EFFECT_DEGRADED, .first_severity = SEVERITY_MEDIUM, .last_severity = SEVERITY_MEDIUM,
     .first_text = "its key can never be changed: only a new vault takes its place",
     .remedy = "CreateBackupVault under the new key, with this one's access policy, lock and notifications.",
     .page = BACKUP "encryption.html"},
    SELF(KIND_RULE, DEGRADED, HIGH, "makes no more backups or copies", "Put the rule back into its plan.",
         BACKUP "about-backup-plans.html"),
    SELF(KIND_SELECTION, DEGRADED, HIGH, "what it selects is no longer backed up",
         "Assign its resources again.", BACKUP "assigning-resources.html"),
};

const struct impact_rule *impact_rules(size_t *n)
{
    *n = sizeof rules / sizeof *rules;
    return rules;
}

const struct impact_rule *impact_rules_self(size_t *n)
{
    *n = sizeof selves / sizeof *selves;
    return selves;
}

static bool fits(const struct impact_rule *rule, const struct record *r)
{
    return (rule->kind == KIND_NONE || rule->kind == r->kind) && (!rule->when || rule->when(r));
}

/* The first row from `at` on for this edge and kind, whatever its condition; the end if there is none. */
static const struct impact_rule *next_row(const struct impact_rule *at, enum kind of, enum fall fall,
                                          enum edge edge, enum kind kind)
{
    const struct impact_rule *end = rules + sizeof rules / sizeof *rules;
    while (at < end && !((at->of == of || at->of == KIND_NONE) && at->fall == fall && at->edge == edge &&
                         !at->is_within && (at->kind == KIND_NONE || at->kind == kind)))
        at++;
    return at;
}

const struct impact_rule *impact_choose(struct impact_choice *c, enum kind of, enum fall fall, enum edge edge,
                                        const struct record *r)
{
    const struct impact_rule *end = rules + sizeof rules / sizeof *rules;
    if (of == KIND_ALIAS && fall == FALL_KEY) /* with its key goes what names the alias */
        of = KIND_KEY;
    size_t at = ((size_t)of * 5 + (size_t)fall * 7 + (size_t)edge * 3 + (size_t)r->kind) % CHOICES_KEPT;
    if (!c->known[at].first || c->known[at].of != of || c->known[at].fall != fall || c->known[at].edge != edge ||
        c->known[at].kind != r->kind) {
        c->known[at].of = of;
        c->known[at].fall = fall;
        c->known[at].edge = edge;
        c->known[at].kind = r->kind;
        c->known[at].first = next_row(rules, of, fall, edge, r->kind);
    }
    const struct impact_rule *rule = c->known[at].first;
    while (rule < end && rule->when && !rule->when(r))
        rule = next_row(rule + 1, of, fall, edge, r->kind);
    return rule < end ? rule : NULL;
}

const struct impact_rule *impact_rule_find(enum kind of, enum fall fall, enum edge edge,
                                           const struct record *r)
{
    return impact_choose(&(struct impact_choice){0}, of, fall, edge, r);
}

const struct impact_rule *impact_rule_self(enum kind kind, enum fall fall, const struct record *r)
{
    for (size_t i = 0; i < sizeof selves / sizeof *selves; i++)
        if (selves[i].of == kind && selves[i].fall == fall && fits(&selves[i], r))
            return &selves[i];
    return NULL;
}

const struct impact_rule *impact_rule_within(enum kind of, size_t i)
{
    for (size_t r = 0; r < sizeof rules / sizeof *rules; r++)
        if (rules[r].is_within && rules[r].of == of && i-- == 0)
            return &rules[r];
    return NULL;
}

enum severity impact_rule_severity(enum kind kind)
{
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        if (rules[i].of == KIND_KEY && rules[i].kind == kind && !rules[i].when)
            return rules[i].last_severity;
    return SEVERITY_HIGH;
}

/* ---- actions --------------------------------------------------------------------------------- */

/* A kind's first row is its default. */
static const struct impact_action actions[] = {
    {KIND_KEY, "delete", FALL_KEY, true, "EnableKey"},
    {KIND_KEY, "schedule-deletion", FALL_KEY, true, "EnableKey"},
    {KIND_KEY, "disable", FALL_KEY, false, "EnableKey"},
    {KIND_KEY, "expire-material", FALL_KEY, false, "ImportKeyMaterial of the same material"},
    {KIND_KEY_STORE, "disconnect-store", FALL_KEY, false, "ConnectCustomKeyStore"},
    {KIND_ALIAS, "delete", FALL_DELETED, true, "CreateAlias again for the same key"},
    {KIND_ALIAS, "repoint", FALL_MOVED, true, "UpdateAlias back to the former key"},
    {KIND_GRANT, "revoke", FALL_DELETED, true, NULL},
    {KIND_PARAMETER, "delete", FALL_DELETED, true, NULL},
    {KIND_VAULT, "delete", FALL_DELETED, true, NULL},
    {KIND_VAULT, "replace", FALL_MOVED, true, NULL},
    {KIND_POINT, "delete", FALL_DELETED, true, NULL},
    {KIND_PLAN, "delete", FALL_DELETED, true, NULL},
    {KIND_RULE, "delete", FALL_DELETED, true, NULL},
    {KIND_SELECTION, "delete", FALL_DELETED, true, NULL},
    {KIND_DB_INSTANCE, "delete", FALL_DELETED, true, NULL},
    {KIND_DB_CLUSTER, "delete", FALL_DELETED, true, NULL},
    {KIND_DB_SNAPSHOT, "delete", FALL_DELETED, true, NULL},
    {KIND_DB_CLUSTER_SNAPSHOT, "delete", FALL_DELETED, true, NULL},
    {KIND_VOLUME, "delete", FALL_DELETED, true, NULL},
    {KIND_EBS_SNAPSHOT, "delete", FALL_DELETED, true, NULL},
    {KIND_IMAGE, "deregister", FALL_DELETED, true, NULL},
    {KIND_LIFECYCLE, "delete", FALL_DELETED, true, NULL},
    {KIND_EVENT_RULE, "delete", FALL_DELETED, true, NULL},
    {KIND_RESTORE_TEST, "delete", FALL_DELETED, true, NULL},
#define CONSUMER(id, ...) {KIND_##id, "delete", FALL_DELETED, true, NULL},
#include "backend/estate/consumers.def"
#define STORE(id, ...) {KIND_##id, "delete", FALL_DELETED, true, NULL},
#include "backend/estate/stores.def"
    {KIND_OTHER, "delete", FALL_DELETED, true, NULL},
    {KIND_EKM, "revoke", FALL_DELETED, true, "Give Druva's two statements back"},
    {KIND_EKM, "replace", FALL_MOVED, true, NULL},
    {KIND_PRINCIPAL, "lose-role", FALL_DELETED, true, NULL},
    {KIND_AUTOBACKUP, "delete", FALL_DELETED, true, NULL},
    {KIND_ACCOUNT, "suspend-account", FALL_PLACE, true, "Reopen the account"},
    {KIND_REGION, "disable", FALL_PLACE, false, "Opt in to the Region again"},
};

const struct impact_action *impact_action_find(enum kind kind, const char *name)
{
    for (size_t i = 0; i < sizeof actions / sizeof *actions; i++)
        if (actions[i].kind == kind && (!name || strcmp(actions[i].name, name) == 0))
            return &actions[i];
    return NULL;
}

const char *const *judge_actions(enum kind kind)
{
    static const char *const of_key[] = {"delete", "schedule-deletion", "disable", "expire-material", NULL};
    static const char *const of_store[] = {"disconnect-store", NULL};
    static const char *const of_alias[] = {"delete", "repoint", NULL};
    static const char *const of_grant[] = {"revoke", NULL};
    static const char *const of_vault[] = {"delete", "replace", NULL};
    static const char *const of_principal[] = {"lose-role", NULL};
    static const char *const of_image[] = {"deregister", NULL};
    static const char *const of_ekm[] = {"revoke", "replace", NULL};
    static const char *const of_account[] = {"suspend-account", NULL};
    static const char *const of_region[] = {"disable", NULL};
    static const char *const of_others[] = {"delete", NULL};
    static const char *const none[] = {NULL};
    static const char *const *const special[KIND_COUNT] = {
        [KIND_KEY] = of_key,     [KIND_KEY_STORE] = of_store, [KIND_ALIAS] = of_alias,
        [KIND_GRANT] = of_grant, [KIND_ACCOUNT] = of_account, [KIND_REGION] = of_region,
        [KIND_EKM] = of_ekm,     [KIND_IMAGE] = of_image,
        [KIND_VAULT] = of_vault, [KIND_PRINCIPAL] = of_principal,
    };
    if (special[kind])
        return special[kind];
    return impact_action_find(kind, NULL) ? of_others : none;
}
