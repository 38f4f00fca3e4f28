#include "backend/collect/feed.h"

#include "backend/aws/tree.h"

#include <string.h>

/* https://docs.aws.amazon.com/redshift/latest/APIReference/API_Cluster.html */

enum err_code redshift_identify(struct sheet *s, const cJSON *item, const char **arn, struct err *err)
{
    const char *id = NULL;
    enum err_code code = need_text(item, "ClusterIdentifier", &id, err);
    if (code == ERR_OK)
        *arn = place_arn(s, "redshift", "cluster:%s", id);
    return code;
}

enum err_code redshift_finish(struct sheet *s, const cJSON *item, struct err *err)
{
    static const char *const members[] = {"MasterPasswordSecretKmsKeyId", NULL};
    return sheet_other_keys(s, ATTR_REDSHIFT_OTHER_KEYS, item, members, err);
}

/* A copy from another Region is of a cluster there. */
enum err_code redshift_snapshot_finish(struct sheet *s, const cJSON *item, struct err *err)
{
    const char *id = NULL, *region = NULL;
    enum err_code code = maybe_text(item, "ClusterIdentifier", &id, err);
    if (code == ERR_OK)
        code = maybe_text(item, "SourceRegion", &region, err);
    if (code == ERR_OK && id)
        sheet_text(s, ATTR_REDSHIFT_SNAPSHOT_SOURCE,
                   arena_printf(s->scratch, "arn:%s:redshift:%s:%s:cluster:%s", s->place->partition,
                                region ? region : s->place->region, s->place->account, id));
    return code;
}

/* ---- https://docs.aws.amazon.com/redshift/latest/APIReference/API_SnapshotCopyGrant.html --------- */

enum err_code redshift_grant_identify(struct sheet *s, const cJSON *item, const char **arn, struct err *err)
{
    const char *name = NULL;
    enum err_code code = need_text(item, "SnapshotCopyGrantName", &name, err);
    if (code == ERR_OK)
        *arn = place_arn(s, "redshift", "snapshotcopygrant:%s", name);
    return code;
}

/* Without a key of its own it grants aws/redshift. */
enum err_code redshift_grant_finish(struct sheet *s, const cJSON *item, struct err *err)
{
    (void)item;
    (void)err;
    if (sheet_has(s, ATTR_REDSHIFT_COPY_GRANT_KEY))
        return ERR_OK;
    sheet_text(s, ATTR_REDSHIFT_COPY_GRANT_KEY, key_arn(s, "alias/aws/redshift"));
    sheet_text(s, ATTR_REDSHIFT_COPY_GRANT_ENCRYPTION, "the key of AWS for Redshift");
    return ERR_OK;
}
