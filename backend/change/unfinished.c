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

enum err_code plan_unfinished(struct plan **out, struct err *err)
{
    cJSON *entries = NULL;
    const cJSON *e, *left = NULL;
    enum err_code code = journal_of(NULL, &entries, err);
    *out = NULL;
    cJSON_ArrayForEach(e, entries)
    {
        const cJSON *file = cJSON_GetObjectItemCaseSensitive(e, "file");
        if (strcmp(json_text(e, "event"), "begin") == 0 && file && !is_done(e))
            left = file;
    }
    if (code == ERR_OK && !left) {
        code = err_set(err, ERR_NOT_FOUND, "no run is unfinished: each that began was done");
    } else if (code == ERR_OK) {
        char *text = cJSON_PrintUnformatted(left);
        code = plan_read(text, strlen(text), out, err);
        cJSON_free(text);
    }
    cJSON_Delete(entries);
    return code;
}
