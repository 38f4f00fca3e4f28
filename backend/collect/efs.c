#include "backend/collect/feed.h"

/* https://docs.aws.amazon.com/efs/latest/ug/API_FileSystemDescription.html */

enum err_code efs_identify(struct sheet *s, const cJSON *item, const char **arn, struct err *err)
{
    const char *id = NULL;
    enum err_code code = maybe_text(item, "FileSystemArn", arn, err);
    if (code == ERR_OK && !*arn)
        code = need_text(item, "FileSystemId", &id, err);
    if (id)
        *arn = place_arn(s, "elasticfilesystem", "file-system/%s", id);
    return code;
}
