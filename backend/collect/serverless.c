#include "backend/collect/feed.h"

/* Databases that have no instances, and their snapshots. */

static enum err_code source_is(struct sheet *s, enum attr attr, const cJSON *item, const char *member,
                               struct err *err)
{
    const char *arn = NULL;
    enum err_code code = maybe_text(item, member, &arn, err);
    if (code == ERR_OK && arn)
        sheet_text(s, attr, arn);
    return code;
}

/* https://docs.aws.amazon.com/redshift-serverless/latest/APIReference/API_Namespace.html */
enum err_code namespace_finish(struct sheet *s, const cJSON *item, struct err *err)
{
    static const char *const members[] = {"adminPasswordSecretKmsKeyId", NULL};
    return sheet_other_keys(s, ATTR_NAMESPACE_OTHER_KEYS, item, members, err);
}

enum err_code namespace_snapshot_finish(struct sheet *s, const cJSON *item, struct err *err)
{
    return source_is(s, ATTR_NAMESPACE_SNAPSHOT_SOURCE, item, "namespaceArn", err);
}

/* https://docs.aws.amazon.com/neptune-analytics/latest/apiref/API_GraphSnapshotSummary.html */
enum err_code graph_snapshot_finish(struct sheet *s, const cJSON *item, struct err *err)
{
    const char *id = NULL;
    enum err_code code = maybe_text(item, "sourceGraphId", &id, err);
    if (code == ERR_OK && id)
        sheet_text(s, ATTR_GRAPH_SNAPSHOT_SOURCE, place_arn(s, "neptune-graph", "graph/%s", id));
    return code;
}

/* https://docs.aws.amazon.com/documentdb/latest/developerguide/API_elastic_ClusterSnapshotInList.html */
enum err_code elastic_snapshot_finish(struct sheet *s, const cJSON *item, struct err *err)
{
    return source_is(s, ATTR_ELASTIC_SNAPSHOT_SOURCE, item, "clusterArn", err);
}
