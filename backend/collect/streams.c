#include "backend/collect/feed.h"

#include "backend/aws/tree.h"

#include <string.h>

/* ---- https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_LogGroup.html -------- */

/* The older of its two ARNs ends with ":*", which is no part of its name. */
enum err_code log_group_identify(struct sheet *s, const cJSON *item, const char **arn, struct err *err)
{
    enum err_code code = maybe_text(item, "logGroupArn", arn, err);
    if (code != ERR_OK || *arn)
        return code;
    code = need_text(item, "arn", arn, err);
    size_t len = code == ERR_OK ? strlen(*arn) : 0;
    if (len > 2 && strcmp(*arn + len - 2, ":*") == 0)
        *arn = arena_strndup(s->scratch, *arn, len - 2);
    return code;
}

/* ---- https://docs.aws.amazon.com/sns/latest/api/API_GetTopicAttributes.html ------------------------ */

enum err_code topic_finish(struct sheet *s, const cJSON *item, struct err *err)
{
    const char *arn = NULL;
    enum err_code code = need_text(item, "TopicArn", &arn, err);
    const char *name = code == ERR_OK ? strrchr(arn, ':') : NULL;
    if (name)
        sheet_text(s, ATTR_TOPIC_NAME, name + 1);
    return code;
}

/* A map comes as entries of a key and a value. */
enum err_code topic_detail_finish(struct sheet *s, const cJSON *item, struct err *err)
{
    struct tree_list entries;
    enum err_code code = tree_list(item, "Attributes", "entry", &entries, err);
    for (const cJSON *entry; code == ERR_OK && (entry = tree_next(&entries));) {
        const char *key = NULL;
        code = need_text(entry, "key", &key, err);
        if (code == ERR_OK && strcmp(key, "KmsMasterKeyId") == 0)
            code = sheet_key(s, ATTR_TOPIC_KEY, entry, "value", err);
    }
    return code == ERR_OK ? consumer_finish(s, item, err) : code;
}

/* ---- https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_GetQueueAttributes.html */

/* Its URL ends with the account and the name, and is what the other calls want:
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-queue-message-identifiers.html */
enum err_code queue_identify(struct sheet *s, const cJSON *item, const char **arn, struct err *err)
{
    const char *url = item->valuestring, *name = strrchr(url, '/');
    if (!name || name[1] == '\0')
        return err_set(err, ERR_PARSE, "the answer's QueueUrls has no URL of a queue");
    sheet_text(s, ATTR_QUEUE_URL, url);
    sheet_text(s, ATTR_QUEUE_NAME, name + 1);
    *arn = place_arn(s, "sqs", "%s", name + 1);
    return ERR_OK;
}

enum err_code queue_detail_finish(struct sheet *s, const cJSON *item, struct err *err)
{
    const char *managed = NULL;
    enum err_code code = maybe_text(item, "Attributes.SqsManagedSseEnabled", &managed, err);
    if (code == ERR_OK && managed && strcmp(managed, "true") == 0)
        sheet_text(s, ATTR_QUEUE_ENCRYPTION, "SSE-SQS");
    return code == ERR_OK ? consumer_finish(s, item, err) : code;
}
