/* Volumes and file shares of Storage Gateway: a list tells their types, each type has a call that describes it.
 * https://docs.aws.amazon.com/storagegateway/latest/APIReference/API_VolumeInfo.html */
#include "backend/collect/feed.h"

#include "backend/aws/tree.h"

#include <string.h>

/* ---- which call ------------------------------------------------------------------------------------ */

static bool begins_with(const struct record *r, enum attr attr, const char *word)
{
    struct value v = record_value(r, attr);
    return v.is == VALUE_KNOWN && strncmp(v.text, word, strlen(word)) == 0;
}

/* A type that is not known yet is asked about too: what fails is seen, what is not asked is not. */
static enum applies asked_if(bool is_so)
{
    return is_so ? APPLIES_YES : APPLIES_LATER; /* never "no": the other call tells */
}

enum applies volume_is_stored(const struct record *r)
{
    return asked_if(begins_with(r, ATTR_GATEWAY_VOLUME_TYPE, "STORED"));
}

enum applies volume_is_cached(const struct record *r)
{
    return asked_if(!begins_with(r, ATTR_GATEWAY_VOLUME_TYPE, "STORED"));
}

enum applies share_is_smb(const struct record *r)
{
    return asked_if(begins_with(r, ATTR_FILE_SHARE_TYPE, "SMB"));
}

enum applies share_is_nfs(const struct record *r)
{
    return asked_if(!begins_with(r, ATTR_FILE_SHARE_TYPE, "SMB"));
}

/* ---- what it says ---------------------------------------------------------------------------------- */

/* One was asked about: it stands alone in the list. */
static enum err_code read_only_one(struct sheet *s, const cJSON *item, const char *list, enum attr key,
                                   const cJSON **out, struct err *err)
{
    struct tree_list found;
    enum err_code code = tree_list(item, list, NULL, &found, err);
    *out = code == ERR_OK ? tree_next(&found) : NULL;
    if (code == ERR_OK && !cJSON_IsObject(*out))
        code = err_set(err, ERR_PARSE, "the answer's %s does not tell what was asked", list);
    return code == ERR_OK ? sheet_key(s, key, *out, "KMSKey", err) : code;
}

static enum err_code volume_finish_of(struct sheet *s, const cJSON *item, const char *list, struct err *err)
{
    const cJSON *volume;
    enum err_code code = read_only_one(s, item, list, ATTR_GATEWAY_VOLUME_KEY, &volume, err);
    return code == ERR_OK ? consumer_finish(s, volume, err) : code;
}

enum err_code cached_volume_finish(struct sheet *s, const cJSON *item, struct err *err)
{
    return volume_finish_of(s, item, "CachediSCSIVolumes", err);
}

enum err_code stored_volume_finish(struct sheet *s, const cJSON *item, struct err *err)
{
    return volume_finish_of(s, item, "StorediSCSIVolumes", err);
}

static enum err_code share_finish_of(struct sheet *s, const cJSON *item, const char *list, struct err *err)
{
    const cJSON *share;
    const char *type = NULL;
    enum err_code code = read_only_one(s, item, list, ATTR_FILE_SHARE_KEY, &share, err);
    if (code == ERR_OK)
        code = maybe_text(share, "EncryptionType", &type, err);
    if (code == ERR_OK && type)
        sheet_text(s, ATTR_FILE_SHARE_ENCRYPTION, type);
    return code == ERR_OK ? consumer_finish(s, share, err) : code;
}

enum err_code nfs_share_finish(struct sheet *s, const cJSON *item, struct err *err)
{
    return share_finish_of(s, item, "NFSFileShareInfoList", err);
}

enum err_code smb_share_finish(struct sheet *s, const cJSON *item, struct err *err)
{
    return share_finish_of(s, item, "SMBFileShareInfoList", err);
}
