#include "backend/collect/feed.h"

#include "backend/aws/tree.h"

/* What RDS, Aurora, DocumentDB and Neptune answer alike:
 * https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DBInstance.html */

/* Documented for instances only; where clusters do not know the type, there are none of it. */
const struct special snapshot_type_specials[] = {
    {"InvalidParameterValue", NULL, TRUTH_UNSUPPORTED},
    {NULL, NULL, TRUTH_FAILED},
};

enum err_code db_instance_finish(struct sheet *s, const cJSON *item, struct err *err)
{
    return sheet_key(s, ATTR_DB_INSTANCE_KEY, item, "KmsKeyId", err);
}

enum err_code db_cluster_finish(struct sheet *s, const cJSON *item, struct err *err)
{
    return sheet_key(s, ATTR_DB_CLUSTER_KEY, item, "KmsKeyId", err);
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
