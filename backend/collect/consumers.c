#include "backend/collect/feed.h"

#include "backend/aws/tree.h"

#include <string.h>

/* ---- what every kind of backend/estate/consumers.def has ----------------------------------------- */

/* From its first attribute on; the last one only where the kind has it. */
enum { CONSUMER_NAME, CONSUMER_KEY, CONSUMER_ENCRYPTION, CONSUMER_OTHER_KEYS };

static enum attr attr_of(const struct sheet *s, int which)
{
    return (enum attr)((int)kind_row(s->kind)->first_attr + which);
}

static const struct {
    const char *service, *resource;
} arns[KIND_COUNT] = {
#define CONSUMER(id, name, plural, service, resource, ...) [KIND_##id] = {service, resource},
#include "backend/estate/consumers.def"
};

/* A list of names, or of what has nothing but a name: the ARN is made of it. */
enum err_code consumer_identify(struct sheet *s, const cJSON *item, const char **arn, struct err *err)
{
    const char *name = cJSON_IsString(item) ? item->valuestring : NULL;
    const char *member = attr_row(attr_of(s, CONSUMER_NAME))->member;
    enum err_code code = name ? ERR_OK : need_text(item, member, &name, err);
    if (code != ERR_OK)
        return code;
    if (name[0] == '\0')
        return err_set(err, ERR_PARSE, "the answer has an empty name");
    sheet_text(s, attr_of(s, CONSUMER_NAME), name);
    const char *service = arns[s->kind].service;
    *arn = strcmp(service, "keyfall") == 0
               ? place_id(s, kind_row(s->kind)->name, name)
               : place_arn(s, service, "%s/%s", arns[s->kind].resource, name);
    return ERR_OK;
}

/* Where AWS names no key: what its page says that means. */
enum err_code consumer_finish(struct sheet *s, const cJSON *item, struct err *err)
{
    (void)item;
    (void)err;
    const char *without = s->feed->without;
    if (!without || sheet_has(s, attr_of(s, CONSUMER_KEY)))
        return ERR_OK;
    if (strncmp(without, "alias/", 6) == 0)
        sheet_text(s, attr_of(s, CONSUMER_KEY), key_arn(s, without));
    else if (!sheet_has(s, attr_of(s, CONSUMER_ENCRYPTION)))
        sheet_text(s, attr_of(s, CONSUMER_ENCRYPTION), without);
    return ERR_OK;
}

/* ---- those with several keys ---------------------------------------------------------------------- */

/* What AWS calls a key where it stands deep in an answer. */
static const char *const key_members[] = {
    "KMSKeyArn",                /* Lambda's DurableConfig */
    "AWSKMSKeyARN",             /* Firehose's destinations */
    "keyArn",                   /* EKS's provider */
    "KmsKeyId", "ServerSideEncryptionKmsKeyId", /* DMS's settings, SageMaker's endpoint configurations */
    "S3KmsKeyId", "HomeEfsFileSystemKmsKeyId",  /* SageMaker's domains */
    "KmsKeyArn", "SseAwsKmsKeyId", "AwsKmsKeyId", /* Glue */
    "KmsKey",                   /* Athena */
    "AwsKmsKey",                /* EMR */
    "encryptionKey",            /* CodeBuild */
    "kmsKeyId",                 /* EC2's launch templates */
    NULL};

static bool is_key_member(const char *name)
{
    for (const char *const *at = key_members; name && *at; at++)
        if (strcmp(*at, name) == 0)
            return true;
    return false;
}

static bool has_line(const struct buf *lines, const char *text)
{
    for (size_t at = 0; at < lines->len; at += strlen(lines->data + at) + 1)
        if (strcmp(lines->data + at, text) == 0)
            return true;
    return false;
}

/* The first is the key, unless there is one; each of the others is told once. */
static void take_key(struct sheet *s, const char *reference)
{
    const struct field *key = &s->fields[CONSUMER_KEY];
    const char *arn = arena_strdup(s->scratch, key_arn(s, reference));
    if (!sheet_has(s, attr_of(s, CONSUMER_KEY)))
        sheet_text(s, attr_of(s, CONSUMER_KEY), arn);
    else if (strcmp(key->text, arn) != 0 && !has_line(&s->line, arn))
        buf_add(&s->line, arn, strlen(arn) + 1);
}

static enum err_code gather_keys(struct sheet *s, const cJSON *tree, struct err *err)
{
    enum err_code code = ERR_OK;
    for (const cJSON *at = tree->child; code == ERR_OK && at; at = at->next) {
        bool is_key = is_key_member(at->string) && !cJSON_IsNull(at);
        if (is_key && !cJSON_IsString(at))
            code = err_set(err, ERR_PARSE, "the answer's %s is not text", at->string);
        else if (is_key && at->valuestring[0])
            take_key(s, at->valuestring);
        else
            code = gather_keys(s, at, err);
    }
    return code;
}

static bool has_other_keys(const struct sheet *s)
{
    enum attr attr = attr_of(s, CONSUMER_OTHER_KEYS);
    return attr < kind_row(s->kind)->end_attr && attr_row(attr)->type == TYPE_REFS;
}

enum err_code consumer_keys_finish(struct sheet *s, const cJSON *item, struct err *err)
{
    enum err_code code = gather_keys(s, item, err);
    if (has_other_keys(s))
        sheet_line(s, attr_of(s, CONSUMER_OTHER_KEYS));
    buf_clear(&s->line);
    return code == ERR_OK ? consumer_finish(s, item, err) : code;
}
