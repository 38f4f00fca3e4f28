#include "backend/change/past.h"

#include "backend/base/mem.h"
#include "backend/change/plan.h"

#include <string.h>

const cJSON *past_event(const cJSON *past, const char *event, int step)
{
    const cJSON *e;
    cJSON_ArrayForEach(e, past)
    {
        double of = cJSON_GetNumberValue(cJSON_GetObjectItemCaseSensitive(e, "step"));
        if (strcmp(json_text(e, "event"), event) == 0 && (step == ANY_STEP || of == step))
            return e;
    }
    return NULL;
}

bool past_is_over(const cJSON *past, int step)
{
    return past_event(past, "proved", step) || past_event(past, "confirmed", step);
}

cJSON *past_made(const cJSON *past)
{
    cJSON *made = cJSON_CreateObject();
    const cJSON *e;
    cJSON_ArrayForEach(e, past)
        if (strcmp(json_text(e, "event"), "made") == 0 && !cJSON_HasObjectItem(made, json_text(e, "name")))
            cJSON_AddStringToObject(made, json_text(e, "name"), json_text(e, "value"));
    return made;
}

#define BEGIN "${keyfall:"

char *past_filled(const cJSON *made, const char *text)
{
    struct buf out = {0};
    const char *at;
    while ((at = strstr(text, BEGIN))) {
        size_t len = strcspn(at + strlen(BEGIN), "}");
        char *name = mem_strndup(at + strlen(BEGIN), len);
        const cJSON *value = cJSON_GetObjectItemCaseSensitive(made, name);
        const char *end = at + strlen(BEGIN) + len;
        buf_add(&out, text, (size_t)(at - text));
        if (value)
            buf_adds(&out, value->valuestring);
        else
            buf_add(&out, at, (size_t)(end - at) + (*end == '}'));
        text = end + (*end == '}');
        mem_free(name);
    }
    buf_adds(&out, text);
    return buf_take(&out);
}

void past_fill(const cJSON *made, cJSON *value)
{
    if (cJSON_IsString(value)) {
        char *text = past_filled(made, value->valuestring);
        (void)cJSON_SetValuestring(value, text);
        mem_free(text);
    }
    for (cJSON *child = value->child; child; child = child->next)
        past_fill(made, child);
}
