#include "backend/change/run.h"

#include "backend/change/plan.h"

void run_tell(const struct run *r, enum run_event_kind kind, const char *text)
{
    if (r->hooks->tell)
        r->hooks->tell(r->hooks->ctx, &(struct run_event){.kind = kind, .step = r->step, .text = text});
}

/* An entry of this step; the caller's. */
cJSON *run_entry(const struct run *r, const char *event)
{
    cJSON *entry = cJSON_CreateObject();
    cJSON_AddStringToObject(entry, "plan", plan_id(r->plan));
    cJSON_AddStringToObject(entry, "wizard", plan_wizard(r->plan)->name);
    cJSON_AddStringToObject(entry, "event", event);
    cJSON_AddNumberToObject(entry, "step", (double)r->step);
    return entry;
}

/* Takes the entry. */
enum err_code run_note_entry(struct run *r, cJSON *entry)
{
    enum err_code code = journal_append(r->journal, entry, r->err);
    cJSON_Delete(entry);
    return code;
}

enum err_code run_note(struct run *r, const char *event, const char *name, const char *value)
{
    cJSON *entry = run_entry(r, event);
    if (name)
        cJSON_AddStringToObject(entry, name, value);
    return run_note_entry(r, entry);
}

/* What a step gives, once it is made, now or before; "". */
const char *run_made_by(const struct run *r, const cJSON *step)
{
    return json_text(r->made, json_text(cJSON_GetObjectItemCaseSensitive(step, "gives"), "name"));
}

enum err_code run_note_made(struct run *r, const cJSON *gives, const char *value)
{
    const char *name = json_text(gives, "name");
    if (!value[0])
        return err_set(r->err, ERR_PARSE, "the answer has no %s", json_text(gives, "path"));
    cJSON *entry = run_entry(r, "made");
    cJSON_AddStringToObject(entry, "name", name);
    cJSON_AddStringToObject(entry, "value", value);
    cJSON_AddStringToObject(r->made, name, value);
    return run_note_entry(r, entry);
}
