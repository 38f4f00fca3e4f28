#include "backend/collect/feed.h"

#include "backend/aws/tree.h"

#include <string.h>

/* https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/at-rest-encryption.html */

/* is_surely_encrypted: what counts where AWS does not say how, as it did not always. */
static enum err_code cache_key(struct sheet *s, const cJSON *item, bool is_surely_encrypted, struct err *err)
{
    const char *how = NULL, *reference = NULL;
    struct feed_key key = {.member = "KmsKeyId"};
    enum err_code code = maybe_text(item, "StorageEncryptionType", &how, err);
    if (code == ERR_OK)
        code = maybe_text(item, key.member, &reference, err);
    if (code != ERR_OK)
        return code;
    bool is_owned = how ? strcmp(how, "sse-elasticache") == 0 : is_surely_encrypted;
    if (is_owned)
        key.otherwise = ENCRYPTION_AWS_OWNED;
    if (reference || is_owned || (how && strcmp(how, "sse-kms") == 0))
        return sheet_store_key(s, &key, item, err);
    if (how && strcmp(how, "none") == 0)
        sheet_text(s, kind_row(s->kind)->encryption, ENCRYPTION_NONE);
    return ERR_OK;
}

/* A group without AtRestEncryptionEnabled may be encrypted all the same:
 * https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_ReplicationGroup.html */
enum err_code cache_group_finish(struct sheet *s, const cJSON *item, struct err *err)
{
    bool is_encrypted = false, is_told = false;
    enum err_code code = tree_bool(item, "AtRestEncryptionEnabled", &is_encrypted, &is_told, err);
    return code == ERR_OK ? cache_key(s, item, is_told && is_encrypted, err) : code;
}

enum err_code serverless_cache_finish(struct sheet *s, const cJSON *item, struct err *err)
{
    return cache_key(s, item, true, err);
}

static enum err_code source_of(struct sheet *s, enum attr attr, const cJSON *item, const char *member,
                               const char *service, const char *resource, struct err *err)
{
    const char *id = NULL;
    enum err_code code = maybe_text(item, member, &id, err);
    if (code == ERR_OK && id)
        sheet_text(s, attr, place_arn(s, service, "%s%s", resource, id));
    return code;
}

/* No key: of a group under the service's own, or of one that is not encrypted. Nothing says which. */
enum err_code cache_snapshot_finish(struct sheet *s, const cJSON *item, struct err *err)
{
    enum err_code code = cache_key(s, item, false, err);
    if (code == ERR_OK)
        code = source_of(s, ATTR_CACHE_SNAPSHOT_SOURCE, item, "ReplicationGroupId", "elasticache",
                         "replicationgroup:", err);
    if (code == ERR_OK && !sheet_has(s, ATTR_CACHE_SNAPSHOT_SOURCE))
        code = source_of(s, ATTR_CACHE_SNAPSHOT_SOURCE, item, "CacheClusterId", "elasticache", "cluster:",
                         err);
    return code;
}

enum err_code serverless_cache_snapshot_finish(struct sheet *s, const cJSON *item, struct err *err)
{
    return source_of(s, ATTR_SERVERLESS_CACHE_SNAPSHOT_SOURCE, item,
                     "ServerlessCacheConfiguration.ServerlessCacheName", "elasticache", "serverlesscache:",
                     err);
}

enum err_code memorydb_snapshot_finish(struct sheet *s, const cJSON *item, struct err *err)
{
    return source_of(s, ATTR_MEMORYDB_SNAPSHOT_SOURCE, item, "ClusterConfiguration.Name", "memorydb",
                     "cluster/", err);
}
