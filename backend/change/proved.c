#include "backend/change/proved.h"

#include "backend/change/facts.h"
#include "backend/change/plan.h"

static cJSON *about_the_same(const cJSON *facts, const cJSON *fact)
{
    cJSON *f;
    cJSON_ArrayForEach(f, facts)
        if (fact_is_about(f, json_text(fact, "fact"), json_text(fact, "account"), json_text(fact, "region"),
                          json_text(fact, "of")))
            return f;
    return NULL;
}

static void put(cJSON *object, const char *name, const cJSON *value)
{
    cJSON_DeleteItemFromObjectCaseSensitive(object, name);
    cJSON_AddItemToObject(object, name, cJSON_Duplicate(value, true));
}

cJSON *proved_begin(const cJSON *observed)
{
    cJSON *proved = cJSON_CreateArray();
    const cJSON *o;
    cJSON_ArrayForEach(o, observed)
    {
        const struct fact *fact = fact_by_name(json_text(o, "fact"));
        const cJSON *value = fact && fact->stays ? fact_item(o, fact->stays) : NULL;
        if (!value)
            continue;
        cJSON *one = cJSON_Duplicate(o, true), *is = cJSON_CreateObject();
        put(is, fact->stays, value);
        cJSON_ReplaceItemInObjectCaseSensitive(one, "is", is);
        cJSON_AddItemToArray(proved, one);
    }
    return proved;
}

void proved_add(cJSON *proved, const cJSON *after)
{
    const cJSON *a, *member;
    cJSON_ArrayForEach(a, after)
    {
        const struct fact *fact = fact_by_name(json_text(a, "fact"));
        cJSON *old = about_the_same(proved, a), *is = cJSON_GetObjectItemCaseSensitive(old, "is");
        const cJSON *now = cJSON_GetObjectItemCaseSensitive(a, "is");
        if (!fact || fact->is_passing)
            continue;
        if (!is || !now) {
            if (old)
                cJSON_Delete(cJSON_DetachItemViaPointer(proved, old));
            cJSON_AddItemToArray(proved, cJSON_Duplicate(a, true));
            continue;
        }
        cJSON_ArrayForEach(member, now) put(is, member->string, member);
    }
}

cJSON *proved_but(const cJSON *proved, const cJSON *after)
{
    cJSON *rest = cJSON_CreateArray();
    const cJSON *p;
    cJSON_ArrayForEach(p, proved) if (!about_the_same(after, p)) cJSON_AddItemToArray(rest, cJSON_Duplicate(p, true));
    return rest;
}
