#include "backend/change/change.h"

#include "backend/change/journal.h"
#include "backend/change/plan.h"

#include <string.h>

/* Whether a later entry of the same plan says that it is done. */
static bool is_done(const cJSON *begun)
{
    for (const cJSON *e = begun->next; e; e = e->next)
        if (strcmp(json_text(e, "event"), "done") == 0 && strcmp(json_text(e, "plan"), json_text(begun, "plan")) == 0)
            return true;
    return false;
}

/* Those that did not end, the newest last: their "begin" entries, which stay the list's. */
static cJSON *begun_and_left(const cJSON *entries)
{
    cJSON *left = cJSON_CreateArray();
    const cJSON *e;
    cJSON_ArrayForEach(e, entries)
        if (strcmp(json_text(e, "event"), "begin") == 0 && cJSON_HasObjectItem(e, "file") && !is_done(e))
            cJSON_AddItemReferenceToArray(left, (cJSON *)e);
    return left;
}

static bool is_wanted(const cJSON *begun, const char *id)
{
    return strncmp(json_text(begun, "plan"), id, strlen(id)) == 0;
}

static void add_other(struct buf *others, const cJSON *begun)
{
    buf_printf(others, "%s%s %.8s", others->len ? ", " : "", json_text(begun, "wizard"), json_text(begun, "plan"));
}

enum err_code plan_unfinished(const char *id, struct plan **out, struct buf *others, struct err *err)
{
    cJSON *entries = NULL;
    const cJSON *e, *wanted = NULL;
    enum err_code code = journal_of(NULL, &entries, err);
    cJSON *left = begun_and_left(entries);
    *out = NULL;
    cJSON_ArrayForEach(e, left) if (is_wanted(e, id)) wanted = e;
    cJSON_ArrayForEach(e, left) if (!wanted || strcmp(json_text(e, "plan"), json_text(wanted, "plan")) != 0)
        add_other(others, e);
    if (code == ERR_OK && !left->child) {
        code = err_set(err, ERR_NOT_FOUND, "no run is unfinished: each that began was done");
    } else if (code == ERR_OK && !wanted) {
        code = err_set(err, ERR_NOT_FOUND, "no run of a plan %.64s is unfinished; these are: %.300s", id, others->data);
    } else if (code == ERR_OK) {
        char *text = cJSON_PrintUnformatted(cJSON_GetObjectItemCaseSensitive(wanted, "file"));
        code = plan_read(text, strlen(text), out, err);
        cJSON_free(text);
    }
    cJSON_Delete(left);
    cJSON_Delete(entries);
    return code;
}
