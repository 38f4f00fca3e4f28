/* Findings about what services do when a key fails them, or would. */
#include "backend/judge/rules.h"

#include <string.h>

#define HOUR 3600
#define DAY 86400

/* ---- clocks ------------------------------------------------------------------------------------ */

/* https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.howitworks.html and
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/globaltables-security.html */
static int64_t grace_of_table(const struct record *table)
{
    bool is_replicated = value_text(table, ATTR_TABLE_REPLICAS)[0];
    return is_replicated && !value_is(table, ATTR_TABLE_CONSISTENCY, "STRONG") ? 20 * HOUR : 7 * DAY;
}

RULE_TEST(table_locked_out)
{
    static const char *const bad[] = {"INACCESSIBLE_ENCRYPTION_CREDENTIALS", "ARCHIVING", "ARCHIVED"};
    const char *status = value_text(r, ATTR_TABLE_STATUS);
    int64_t since;
    size_t i = 0;
    while (i < sizeof bad / sizeof *bad && strcmp(status, bad[i]) != 0)
        i++;
    if (i == sizeof bad / sizeof *bad)
        return FINDING_NONE;
    out->cause = judge_resolve_key(j, holding_key(r).node);
    out->reason = status;
    if (i == 0 && value_number(r, ATTR_TABLE_INACCESSIBLE, &since)) {
        int64_t until = since + grace_of_table(r);
        out->reason = arena_printf(j->arena, until > j->now_utc ? "%s, time until %s" : "%s, its time was over at %s",
                                   status, told_time(j, until));
    }
    return FINDING_OPEN;
}

RULE_TEST(warehouse_locked_out)
{
    const char *status = value_text(r, ATTR_REDSHIFT_STATUS);
    if (strcmp(status, "inaccessible-kms-key") != 0)
        return FINDING_NONE;
    out->cause = judge_resolve_key(j, holding_key(r).node);
    out->reason = arena_printf(j->arena, "%s: 14 days from when it began", status);
    return FINDING_OPEN;
}

/* https://docs.aws.amazon.com/documentdb/latest/developerguide/API_elastic_Cluster.html: one status while it can
 * be recovered, another for good. */
RULE_TEST(elastic_locked_out)
{
    const char *status = value_text(r, ATTR_ELASTIC_CLUSTER_STATUS);
    if (strncmp(status, "INACCESSIBLE_ENCRYPTION_CRED", 28) != 0)
        return FINDING_NONE;
    out->cause = judge_resolve_key(j, holding_key(r).node);
    out->reason = status;
    return FINDING_OPEN;
}

/* What cannot be stopped has no recoverable stage:
 * https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Overview.Encryption.html */
struct ties {
    enum attr engine, replica_of, replicas, global;
};

static const struct ties ties_of_instance = {ATTR_DB_INSTANCE_ENGINE, ATTR_DB_INSTANCE_REPLICA_OF,
                                             ATTR_DB_INSTANCE_REPLICAS, ATTR_NONE};
static const struct ties ties_of_cluster = {ATTR_DB_CLUSTER_ENGINE, ATTR_DB_CLUSTER_REPLICA_OF,
                                            ATTR_DB_CLUSTER_REPLICAS, ATTR_DB_CLUSTER_GLOBAL};

static const char *why_no_grace(const struct record *r)
{
    const struct ties *ties = r->kind == KIND_DB_CLUSTER ? &ties_of_cluster : &ties_of_instance;
    if (value_is(r, ties->engine, "docdb"))
        return "it is of DocumentDB";
    if (value_is(r, ties->engine, "neptune"))
        return "it is of Neptune";
    if (ties->global != ATTR_NONE && value_text(r, ties->global)[0])
        return "it is of a global database";
    if (value_text(r, ties->replica_of)[0])
        return "it is a replica";
    return value_text(r, ties->replicas)[0] ? "it has replicas" : NULL;
}

RULE_TEST(database_without_grace)
{
    /* a member of a cluster goes with the cluster */
    const char *why = r->kind == KIND_DB_INSTANCE && value_text(r, ATTR_DB_INSTANCE_CLUSTER)[0] ? NULL
                                                                                             : why_no_grace(r);
    enum finding_state state = why ? if_under_customer_key(j, r, out) : FINDING_NONE;
    if (state == FINDING_OPEN) {
        out->reason = why;
        out->cause = judge_resolve_key(j, holding_key(r).node);
    }
    return state;
}

/* ---- keys that fail ---------------------------------------------------------------------------- */

/* The row's severity, whatever the key's state. */
static enum finding_state if_its_key_fails(const struct judgement *j, const struct record *r, struct finding *out)
{
    enum severity severity = out->severity;
    struct value key = holding_key(r);
    enum finding_state state = key.is == VALUE_KNOWN ? if_key_fails(j, key.node, out) : FINDING_NONE;
    out->severity = severity;
    return state;
}

RULE_TEST(consumer_key_fails)
{
    return if_its_key_fails(j, r, out);
}

RULE_TEST(replication_key_fails)
{
    enum attr region = r->kind == KIND_DB_AUTO_BACKUP ? ATTR_DB_AUTO_BACKUP_REGION
                                                      : ATTR_DB_CLUSTER_AUTO_BACKUP_REGION;
    const char *from = value_text(r, region);
    return from[0] && strcmp(from, record_region(r)) != 0 ? if_its_key_fails(j, r, out) : FINDING_NONE;
}

/* ---- trails ------------------------------------------------------------------------------------ */

RULE_TEST(trail_lacking)
{
    if (r->kind == KIND_TRAIL) {
        bool is_under_key = record_value(r, ATTR_TRAIL_KEY).is == VALUE_KNOWN;
        out->reason = "it is under no key of yours";
        return is_under_key ? FINDING_NONE : FINDING_OPEN;
    }
    const struct area *a = area_of_record(j, r);
    const struct slice *keys = area_slice(j, a, LIST_KEYS), *trails = area_slice(j, a, LIST_TRAIL);
    bool has_keys = slice_rows(keys) > 0, has_trail = slice_rows(trails) > 0;
    bool is_sure = has_keys && !has_trail && slice_is_complete(trails);
    if ((has_trail && truth_is_sure(slice_truth(trails))) || (!has_keys && truth_is_sure(slice_truth(keys))))
        return FINDING_NONE;
    out->reason = is_sure    ? "it has keys, and no trail records it"
                  : has_keys ? "its trails were not read" /* or not again */
                             : "its keys were not read";
    if (is_sure)
        rests_on_slice(trails, out);
    return is_sure ? FINDING_OPEN : FINDING_UNKNOWN;
}
