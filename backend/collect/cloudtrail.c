#include "backend/collect/feed.h"

#include "backend/aws/tree.h"

#include <string.h>

/* https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_Event.html */

/* Who did it, as the event's own record has it: the record holds the parameters of the request too, and goes no
 * further than this. https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html */
struct actor {
    const char *who, *via, *error; /* in scratch; NULL: not told */
};

static const char *kept(const struct sheet *s, const cJSON *tree, const char *path)
{
    const cJSON *at = tree_at(tree, path);
    return cJSON_IsString(at) && at->valuestring[0] ? arena_strdup(s->scratch, at->valuestring) : NULL;
}

static void read_record(const struct sheet *s, const char *text, struct actor *out)
{
    cJSON *tree = NULL;
    struct err err;
    if (tree_read_json(text, strlen(text), &tree, &err) != ERR_OK)
        return; /* the name that CloudTrail made of it is left */
    out->via = kept(s, tree, "userIdentity.invokedBy");
    out->who = kept(s, tree, "userIdentity.arn");
    if (!out->who)
        out->who = out->via ? out->via : kept(s, tree, "userIdentity.accountId");
    out->error = kept(s, tree, "errorCode");
    cJSON_Delete(tree);
}

static enum err_code actor_of(const struct sheet *s, const cJSON *item, struct actor *out, struct err *err)
{
    const char *record = NULL, *name = NULL;
    *out = (struct actor){0};
    enum err_code code = maybe_text(item, "CloudTrailEvent", &record, err);
    if (code == ERR_OK)
        code = maybe_text(item, "Username", &name, err);
    if (code == ERR_OK && record)
        read_record(s, record, out);
    if (!out->who)
        out->who = name;
    return code;
}

enum err_code key_event_identify(struct sheet *s, const cJSON *item, const char **arn, struct err *err)
{
    const char *id = NULL;
    enum err_code code = need_text(item, "EventId", &id, err);
    if (code == ERR_OK)
        *arn = arena_printf(s->scratch, "keyfall:key-event/%s/%s", parent_arn(s), id);
    return code;
}

enum err_code key_event_finish(struct sheet *s, const cJSON *item, struct err *err)
{
    struct actor actor;
    enum err_code code = actor_of(s, item, &actor, err);
    sheet_node(s, ATTR_KEY_EVENT_KEY, s->parent);
    if (actor.who)
        sheet_text(s, ATTR_KEY_EVENT_WHO, actor.who);
    if (actor.via && actor.via != actor.who)
        sheet_text(s, ATTR_KEY_EVENT_VIA, actor.via);
    if (actor.error)
        sheet_text(s, ATTR_KEY_EVENT_ERROR, actor.error);
    return code;
}

/* ---- the event that KMS says was the last use -------------------------------------------------- */

enum applies key_has_event(const struct record *r)
{
    struct value event = record_value(r, ATTR_KEY_LAST_EVENT);
    if (event.is == VALUE_UNKNOWN)
        return APPLIES_LATER;
    return event.is == VALUE_KNOWN ? APPLIES_YES : APPLIES_NO;
}

enum err_code last_user_finish(struct sheet *s, const cJSON *item, struct err *err)
{
    struct actor actor;
    enum err_code code = actor_of(s, item, &actor, err);
    if (code == ERR_OK && actor.who && s->gathered->len == 0)
        buf_adds(s->gathered, actor.who);
    return code;
}
