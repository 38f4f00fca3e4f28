#include "backend/collect/feed.h"

#include "backend/aws/tree.h"

#include <string.h>

/* What RDS, Aurora, DocumentDB and Neptune answer alike:
 * https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DBInstance.html */

/* Documented for instances only; where clusters do not know the type, there are none of it. */
const struct special snapshot_type_specials[] = {
    {"InvalidParameterValue", NULL, TRUTH_UNSUPPORTED},
    {NULL, NULL, TRUTH_FAILED},
};

/* What is not the storage has keys of its own. */
static const char *const other_keys[] = {"PerformanceInsightsKMSKeyId", "ActivityStreamKmsKeyId",
                                         "MasterUserSecret.KmsKeyId", NULL};

static enum err_code texts_of(struct sheet *s, enum attr attr, const cJSON *item, const char *path,
                              const char *element, struct err *err)
{
    enum err_code code = add_texts(item, path, element, NULL, &s->line, err);
    sheet_line(s, attr);
    return code;
}

enum err_code db_instance_finish(struct sheet *s, const cJSON *item, struct err *err)
{
    enum err_code code = sheet_key(s, ATTR_DB_INSTANCE_KEY, item, "KmsKeyId", err);
    if (code == ERR_OK)
        code = texts_of(s, ATTR_DB_INSTANCE_REPLICAS, item, "ReadReplicaDBInstanceIdentifiers",
                        "ReadReplicaDBInstanceIdentifier", err);
    return code == ERR_OK ? sheet_other_keys(s, ATTR_DB_INSTANCE_OTHER_KEYS, item, other_keys, err) : code;
}

enum err_code db_cluster_finish(struct sheet *s, const cJSON *item, struct err *err)
{
    enum err_code code = sheet_key(s, ATTR_DB_CLUSTER_KEY, item, "KmsKeyId", err);
    if (code == ERR_OK)
        code = texts_of(s, ATTR_DB_CLUSTER_REPLICAS, item, "ReadReplicaIdentifiers",
                        "ReadReplicaIdentifier", err);
    return code == ERR_OK ? sheet_other_keys(s, ATTR_DB_CLUSTER_OTHER_KEYS, item, other_keys, err) : code;
}

/* ---- https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DBInstanceAutomatedBackup.html - */

/* Its source may stand in another Region, or be gone. */
static enum err_code auto_backup(struct sheet *s, enum attr encryption, enum attr source, const char *member,
                                 const cJSON *item, struct err *err)
{
    const char *type = NULL, *arn = NULL;
    enum err_code code = maybe_text(item, "StorageEncryptionType", &type, err);
    if (code == ERR_OK && type && strcmp(type, "sse-rds") == 0)
        sheet_text(s, encryption, ENCRYPTION_AWS_OWNED);
    if (code == ERR_OK)
        code = maybe_text(item, member, &arn, err);
    if (code == ERR_OK && arn)
        sheet_text(s, source, arn);
    return code;
}

enum err_code db_auto_backup_finish(struct sheet *s, const cJSON *item, struct err *err)
{
    return auto_backup(s, ATTR_DB_AUTO_BACKUP_ENCRYPTION, ATTR_DB_AUTO_BACKUP_SOURCE, "DBInstanceArn", item,
                       err);
}

enum err_code db_cluster_auto_backup_finish(struct sheet *s, const cJSON *item, struct err *err)
{
    return auto_backup(s, ATTR_DB_CLUSTER_AUTO_BACKUP_ENCRYPTION, ATTR_DB_CLUSTER_AUTO_BACKUP_SOURCE,
                       "DBClusterArn", item, err);
}

/* Snapshots name their source by its identifier, in their own account and Region. */
static enum err_code source_by(struct sheet *s, enum attr attr, const cJSON *item, const char *member,
                               const char *type, struct err *err)
{
    const char *id = NULL;
    enum err_code code = maybe_text(item, member, &id, err);
    if (code == ERR_OK && id)
        sheet_text(s, attr, place_arn(s, "rds", "%s:%s", type, id));
    return code;
}

enum err_code db_snapshot_finish(struct sheet *s, const cJSON *item, struct err *err)
{
    enum err_code code = sheet_key(s, ATTR_DB_SNAPSHOT_KEY, item, "KmsKeyId", err);
    if (code == ERR_OK)
        code = source_by(s, ATTR_DB_SNAPSHOT_SOURCE, item, "DBInstanceIdentifier", "db", err);
    return code;
}

enum err_code db_cluster_snapshot_finish(struct sheet *s, const cJSON *item, struct err *err)
{
    enum err_code code = sheet_key(s, ATTR_DB_CLUSTER_SNAPSHOT_KEY, item, "KmsKeyId", err);
    if (code == ERR_OK)
        code = source_by(s, ATTR_DB_CLUSTER_SNAPSHOT_SOURCE, item, "DBClusterIdentifier", "cluster", err);
    return code;
}
