#include "backend/collect/feed.h"

#include "backend/aws/tree.h"

#include <string.h>

/* https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_ParameterMetadata.html */

/* A name with a path begins with the slash that the ARN has anyway. */
enum err_code parameter_identify(struct sheet *s, const cJSON *item, const char **arn, struct err *err)
{
    const char *name = NULL;
    enum err_code code = need_text(item, "Name", &name, err);
    if (code == ERR_OK)
        code = maybe_text(item, "ARN", arn, err);
    if (code == ERR_OK && !*arn)
        *arn = place_arn(s, "ssm", "parameter%s%s", name[0] == '/' ? "" : "/", name);
    return code;
}

/* Only a SecureString is encrypted; without a key of its own it is under alias/aws/ssm. */
enum err_code parameter_finish(struct sheet *s, const cJSON *item, struct err *err)
{
    const char *type = NULL, *key = NULL;
    enum err_code code = maybe_text(item, "Type", &type, err);
    if (code == ERR_OK)
        code = maybe_text(item, "KeyId", &key, err);
    if (code == ERR_OK && type && strcmp(type, "SecureString") == 0)
        sheet_text(s, ATTR_PARAMETER_KEY, key_arn(s, key ? key : "alias/aws/ssm"));
    return code;
}

/* https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_Tag.html */
enum err_code parameter_tag_finish(struct sheet *s, const cJSON *item, struct err *err)
{
    const char *key = NULL, *value = NULL;
    enum err_code code = need_text(item, "Key", &key, err);
    if (code == ERR_OK)
        code = maybe_text(item, "Value", &value, err);
    if (code != ERR_OK)
        return code;
    buf_add(s->gathered, key, strlen(key) + 1);
    buf_add(s->gathered, value ? value : "", value ? strlen(value) + 1 : 1);
    return ERR_OK;
}
