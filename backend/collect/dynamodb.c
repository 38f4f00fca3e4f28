#include "backend/collect/feed.h"

#include "backend/aws/tree.h"

#include <string.h>

/* https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TableDescription.html */

enum err_code table_identify(struct sheet *s, const cJSON *item, const char **arn, struct err *err)
{
    const char *name = item->valuestring;
    if (name[0] == '\0')
        return err_set(err, ERR_PARSE, "the answer has an empty name");
    sheet_text(s, ATTR_TABLE_NAME, name);
    *arn = place_arn(s, "dynamodb", "table/%s", name);
    return ERR_OK;
}

/* Without a key it is under AWS's own, unless AWS says that there is one. */
static enum err_code check_type(struct sheet *s, const cJSON *item, const char *member, struct err *err)
{
    const struct kind_row *kind = kind_row(s->kind);
    const char *type = NULL;
    enum err_code code = maybe_text(item, member, &type, err);
    if (code == ERR_OK && type && strcmp(type, "AES256") != 0 && !sheet_has(s, kind->key))
        sheet_text(s, kind->encryption, ENCRYPTION_KMS);
    return code;
}

/* Each replica has a key of its Region: an id there, or a whole ARN. */
static enum err_code replica(struct sheet *s, const cJSON *item, struct buf *keys, struct err *err)
{
    const char *region = NULL, *key = NULL;
    enum err_code code = need_text(item, "RegionName", &region, err);
    if (code == ERR_OK)
        code = maybe_text(item, "KMSMasterKeyId", &key, err);
    if (code != ERR_OK)
        return code;
    buf_add(&s->line, region, strlen(region) + 1);
    if (key) {
        const char *arn = key_arn_in(s, region, key);
        buf_add(keys, arn, strlen(arn) + 1);
    }
    return ERR_OK;
}

static enum err_code replicas(struct sheet *s, const cJSON *item, struct err *err)
{
    struct tree_list list;
    struct buf keys = {0};
    enum err_code code = tree_list(item, "Table.Replicas", NULL, &list, err);
    for (const cJSON *at; code == ERR_OK && (at = tree_next(&list));)
        code = replica(s, at, &keys, err);
    sheet_line(s, ATTR_TABLE_REPLICAS);
    if (keys.len > 0)
        sheet_bytes(s, ATTR_TABLE_REPLICA_KEYS, arena_strndup(s->scratch, keys.data, keys.len), keys.len);
    buf_free(&keys);
    return code;
}

enum err_code table_detail_finish(struct sheet *s, const cJSON *item, struct err *err)
{
    enum err_code code = check_type(s, item, "Table.SSEDescription.SSEType", err);
    return code == ERR_OK ? replicas(s, item, err) : code;
}

/* ---- https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BackupSummary.html ------- */

enum err_code table_backup_identify(struct sheet *s, const cJSON *item, const char **arn, struct err *err)
{
    const char *type = NULL;
    (void)s;
    enum err_code code = need_text(item, "BackupArn", arn, err);
    if (code == ERR_OK)
        code = maybe_text(item, "BackupType", &type, err);
    if (type && strcmp(type, "AWS_BACKUP") == 0)
        *arn = NULL; /* it is a recovery point of a vault */
    return code;
}

enum err_code table_backup_finish(struct sheet *s, const cJSON *item, struct err *err)
{
    const char *table = NULL;
    enum err_code code = maybe_text(item, "TableArn", &table, err);
    if (code == ERR_OK && table)
        sheet_text(s, ATTR_TABLE_BACKUP_SOURCE, table);
    return code;
}

enum err_code table_backup_detail_finish(struct sheet *s, const cJSON *item, struct err *err)
{
    return check_type(s, item, "BackupDescription.SourceTableFeatureDetails.SSEDescription.SSEType", err);
}
