#include "backend/collect/feed.h"

#include <string.h>

/* What every kind of backend/estate/consumers.def has, wherever its first attribute stands. */
enum { CONSUMER_NAME, CONSUMER_KEY, CONSUMER_ENCRYPTION, CONSUMER_STATUS };

static enum attr attr_of(const struct sheet *s, int which)
{
    return (enum attr)((int)kind_row(s->kind)->first_attr + which);
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
