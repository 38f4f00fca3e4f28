#include "backend/collect/feed.h"

#include "backend/aws/tree.h"

#include <string.h>

/* https://docs.aws.amazon.com/fsx/latest/APIReference/API_FileSystem.html */

static enum err_code name_of(struct sheet *s, enum attr attr, const cJSON *item, struct err *err)
{
    const char *name = NULL;
    enum err_code code = tag_text(item, "Tags", NULL, "Name", &name, err);
    if (code == ERR_OK && name)
        sheet_text(s, attr, name);
    return code;
}

/* A scratch file system has a key of FSx's own that dies with it. */
enum err_code fsx_finish(struct sheet *s, const cJSON *item, struct err *err)
{
    const char *deployment = NULL;
    enum err_code code = name_of(s, ATTR_FSX_NAME, item, err);
    if (code == ERR_OK)
        code = maybe_text(item, "LustreConfiguration.DeploymentType", &deployment, err);
    if (code == ERR_OK && deployment && strncmp(deployment, "SCRATCH", 7) == 0
        && !sheet_has(s, ATTR_FSX_KEY))
        sheet_text(s, ATTR_FSX_ENCRYPTION, ENCRYPTION_AWS_OWNED);
    return code;
}

/* ONTAP and OpenZFS are backed up by the volume. */
enum err_code fsx_backup_finish(struct sheet *s, const cJSON *item, struct err *err)
{
    enum err_code code = name_of(s, ATTR_FSX_BACKUP_NAME, item, err);
    if (code == ERR_OK)
        code = sheet_first_text(s, ATTR_FSX_BACKUP_SOURCE, item, "Volume.ResourceARN",
                                "FileSystem.ResourceARN", err);
    return code;
}
