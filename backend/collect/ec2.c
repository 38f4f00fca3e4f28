#include "backend/collect/feed.h"

#include "backend/aws/tree.h"

#include <string.h>

/* What stands for the volume of a snapshot that has none (a copy, an import):
 * https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CopySnapshot.html */
#define NO_VOLUME "vol-ffffffff"

static const char *volume_arn(const struct sheet *s, const char *id)
{
    return place_arn(s, "ec2", "volume/%s", id);
}

enum err_code volume_identify(struct sheet *s, const cJSON *item, const char **arn, struct err *err)
{
    const char *id = NULL;
    enum err_code code = need_text(item, "volumeId", &id, err);
    if (code == ERR_OK)
        *arn = volume_arn(s, id);
    return code;
}

/* ARNs of snapshots and images have no account, whoever owns them. */
static const char *public_arn(const struct sheet *s, const char *type, const char *id)
{
    return arena_printf(s->scratch, "arn:%s:ec2:%s::%s/%s", s->place->partition, s->place->region, type, id);
}

enum err_code ebs_snapshot_identify(struct sheet *s, const cJSON *item, const char **arn, struct err *err)
{
    const char *id = NULL;
    enum err_code code = need_text(item, "snapshotId", &id, err);
    if (code == ERR_OK)
        *arn = public_arn(s, "snapshot", id);
    return code;
}

static enum err_code name_of(struct sheet *s, enum attr attr, const cJSON *item, struct err *err)
{
    const char *name = NULL;
    enum err_code code = tag_text(item, "tagSet", "item", "Name", &name, err);
    if (code == ERR_OK && name)
        sheet_text(s, attr, name);
    return code;
}

static enum err_code attached_to(struct sheet *s, const cJSON *item, struct err *err)
{
    struct tree_list attachments;
    enum err_code code = tree_list(item, "attachmentSet", "item", &attachments, err);
    const cJSON *first = code == ERR_OK ? tree_next(&attachments) : NULL;
    const char *instance = NULL;
    if (first)
        code = maybe_text(first, "instanceId", &instance, err);
    if (code == ERR_OK && instance)
        sheet_text(s, ATTR_VOLUME_ATTACHED_TO, instance);
    return code;
}

enum err_code volume_finish(struct sheet *s, const cJSON *item, struct err *err)
{
    enum err_code code = sheet_key(s, ATTR_VOLUME_KEY, item, "kmsKeyId", err);
    if (code == ERR_OK)
        code = name_of(s, ATTR_VOLUME_NAME, item, err);
    if (code == ERR_OK)
        code = attached_to(s, item, err);
    return code;
}

/* The tag of Data Lifecycle Manager's: https://docs.aws.amazon.com/ebs/latest/userguide/snapshot-lifecycle.html */
static enum err_code made_by(struct sheet *s, const cJSON *item, struct err *err)
{
    const char *policy = NULL;
    enum err_code code = tag_text(item, "tagSet", "item", "aws:dlm:lifecycle-policy-id", &policy, err);
    if (code == ERR_OK && policy)
        sheet_text(s, ATTR_EBS_SNAPSHOT_POLICY, place_arn(s, "dlm", "policy/%s", policy));
    return code;
}

enum err_code ebs_snapshot_finish(struct sheet *s, const cJSON *item, struct err *err)
{
    const char *volume = NULL;
    enum err_code code = sheet_key(s, ATTR_EBS_SNAPSHOT_KEY, item, "kmsKeyId", err);
    if (code == ERR_OK)
        code = name_of(s, ATTR_EBS_SNAPSHOT_NAME, item, err);
    if (code == ERR_OK)
        code = made_by(s, item, err);
    if (code == ERR_OK)
        code = maybe_text(item, "volumeId", &volume, err);
    if (code == ERR_OK && volume && strcmp(volume, NO_VOLUME) != 0)
        sheet_text(s, ATTR_EBS_SNAPSHOT_SOURCE, volume_arn(s, volume));
    return code;
}

/* ---- https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Image.html ------------------------- */

enum err_code image_identify(struct sheet *s, const cJSON *item, const char **arn, struct err *err)
{
    const char *id = NULL;
    enum err_code code = need_text(item, "imageId", &id, err);
    if (code == ERR_OK)
        *arn = public_arn(s, "image", id);
    return code;
}

enum err_code image_finish(struct sheet *s, const cJSON *item, struct err *err)
{
    struct tree_list devices;
    enum err_code code = tree_list(item, "blockDeviceMapping", "item", &devices, err);
    for (const cJSON *device; code == ERR_OK && (device = tree_next(&devices));) {
        const char *id = NULL; /* none: an instance's own disk, or one that is left out */
        code = maybe_text(device, "ebs.snapshotId", &id, err);
        const char *arn = code == ERR_OK && id ? public_arn(s, "snapshot", id) : NULL;
        if (arn)
            buf_add(&s->line, arn, strlen(arn) + 1);
    }
    sheet_line(s, ATTR_IMAGE_SNAPSHOTS);
    return code;
}
