#include "backend/collect/feed.h"

#include <string.h>

/* Of the many rules of a bus those that wait for backups, snapshots or keys: the sources and event types of
 * https://docs.aws.amazon.com/aws-backup/latest/devguide/eventbridge.html,
 * https://docs.aws.amazon.com/ebs/latest/userguide/ebs-cloud-watch-events.html and
 * https://docs.aws.amazon.com/kms/latest/developerguide/kms-events.html */
static bool is_about_backups(const char *pattern)
{
    static const char *const words[] = {"aws.backup", "backup.amazonaws.com", "aws.kms", "kms.amazonaws.com",
                                        "aws.dlm",    "napshot"};
    for (size_t i = 0; pattern && i < sizeof words / sizeof *words; i++)
        if (strstr(pattern, words[i]))
            return true;
    return false;
}

enum err_code event_rule_identify(struct sheet *s, const cJSON *item, const char **arn, struct err *err)
{
    const char *pattern = NULL;
    (void)s;
    enum err_code code = maybe_text(item, "EventPattern", &pattern, err);
    return code == ERR_OK && is_about_backups(pattern) ? need_text(item, "Arn", arn, err) : code;
}

/* A function's version or alias is the function. */
static const char *target_of(const struct sheet *s, const char *arn)
{
    static const char word[] = ":function:";
    const char *name = strstr(arn, word), *qualifier = name ? strchr(name + sizeof word - 1, ':') : NULL;
    return qualifier ? arena_strndup(s->scratch, arn, (size_t)(qualifier - arn)) : arn;
}

enum err_code event_target_finish(struct sheet *s, const cJSON *item, struct err *err)
{
    const char *arn = NULL;
    enum err_code code = need_text(item, "Arn", &arn, err);
    if (code == ERR_OK)
        add_item_once(s->gathered, target_of(s, arn));
    return code;
}
