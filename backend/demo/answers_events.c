/* What CloudTrail has of keys: the last use that KMS tells of, and what the entry of the key lists ("Events").
 * https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html */
#include "backend/demo/answers.h"

#include "backend/demo/entries.h"
#include "backend/demo/ids.h"

#include <stdio.h>
#include <string.h>

enum { BY_RESOURCE, BY_EVENT };

struct lookup {
    const struct call *call;
    int by;
    const char *wanted;
    cJSON *out;
};

static const char *id_of(const struct scope *key, long n, struct buf *out)
{
    char word[32];
    (void)snprintf(word, sizeof word, "event/%ld", n);
    buf_clear(out);
    ids_uuid(expand_hash(key->place, key->salt, word), out);
    return out->data;
}

/* AWS answers the newest first. */
static bool insert(cJSON *list, cJSON *item)
{
    double time = cJSON_GetObjectItemCaseSensitive(item, "EventTime")->valuedouble;
    int at = 0;
    const cJSON *other;
    cJSON_ArrayForEach(other, list)
    {
        if (cJSON_GetObjectItemCaseSensitive(other, "EventTime")->valuedouble < time)
            break;
        at++;
    }
    return cJSON_InsertItemInArray(list, at, item);
}

/* CloudTrail's own record of an event, as text. */
static enum err_code add_record(const struct scope *s, cJSON *item, struct err *err)
{
    cJSON *holder = cJSON_CreateObject();
    enum err_code code = expand_into(s, holder, "Record", book_shape(s->place->book, "EventRecord"), NULL, err);
    char *text = code == ERR_OK
                     ? cJSON_PrintUnformatted(cJSON_GetObjectItemCaseSensitive(holder, "Record"))
                     : NULL;
    if (code == ERR_OK && (!text || !cJSON_AddStringToObject(item, "CloudTrailEvent", text)))
        code = err_set(err, ERR_LIMIT, "memory ran out");
    cJSON_free(text);
    cJSON_Delete(holder);
    return code;
}

/* One event of a key, n-th of its own from 0. */
static enum err_code add_event(const struct lookup *l, const struct scope *key, const char *key_arn,
                               const cJSON *entry, long n, struct err *err)
{
    struct buf id = {0};
    const struct var vars[] = {{"key_arn", key_arn}, {"event_id", id_of(key, n, &id)}};
    struct scope s = *key;
    s.entry = entry;
    s.vars = vars;
    s.n_vars = sizeof vars / sizeof *vars;
    enum err_code code = ERR_OK;
    if (l->by == BY_RESOURCE || strcmp(vars[1].value, l->wanted) == 0) {
        cJSON *holder = cJSON_CreateObject();
        code = expand_into(&s, holder, "Event", book_shape(l->call->book, "Event"), NULL, err);
        cJSON *item = cJSON_DetachItemFromObjectCaseSensitive(holder, "Event");
        if (code == ERR_OK)
            code = add_record(&s, item, err);
        if (code != ERR_OK || !insert(l->out, item))
            cJSON_Delete(item);
        cJSON_Delete(holder);
    }
    buf_free(&id);
    return code;
}

static enum err_code events_of(void *ctx, const struct scope *s, struct err *err)
{
    const struct lookup *l = ctx;
    struct buf arn = {0};
    enum err_code code = expand_key_arn(s->place, s->name, &arn, err);
    bool is_meant = code == ERR_OK && (l->by == BY_EVENT || strcmp(arn.data, l->wanted) == 0);
    long n = 0;
    if (is_meant && book_text(s->entry, "used", NULL))
        code = add_event(l, s, arn.data, s->entry, n, err);
    const cJSON *entry;
    cJSON_ArrayForEach(entry, cJSON_GetObjectItemCaseSensitive(s->entry, "Events"))
    {
        if (is_meant && code == ERR_OK)
            code = add_event(l, s, arn.data, entry, ++n, err);
    }
    buf_free(&arn);
    return code;
}

enum err_code answer_events(const struct call *c, cJSON *out, struct err *err)
{
    cJSON *asked = cJSON_Parse(call_param(c, "LookupAttributes", "[]"));
    const cJSON *attribute = cJSON_GetArrayItem(asked, 0);
    bool is_event = strcmp(book_text(attribute, "AttributeKey", ""), "EventId") == 0;
    struct lookup l = {c, is_event ? BY_EVENT : BY_RESOURCE, book_text(attribute, "AttributeValue", ""), out};
    enum err_code code = entries_each(&c->place, book_list(&c->place, "Keys"), "key", events_of, &l, err);
    cJSON_Delete(asked);
    return code;
}

/* The id of the event that was the last use of a key. */
void events_last_use(const struct scope *key, struct buf *out)
{
    (void)id_of(key, 0, out);
}
