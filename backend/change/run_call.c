#include "backend/change/run.h"

#include "backend/base/timefmt.h"
#include "backend/change/calls.h"
#include "backend/change/desk.h"
#include "backend/change/past.h"
#include "backend/change/plan.h"

#include <stdio.h>
#include <string.h>

/* A key that cannot be seen may be the one whose making was not answered, here or to who ran the plan elsewhere: no other
 * is made as long as it may be. */
static enum err_code unseen(struct run *r, const char *key)
{
    return err_set(r->err, ERR_DENIED, "%.150s may be the key that an earlier run of this plan made, and its tags cannot be "
                                       "read: allow %s and %s on it and take this up again", key,
                   op_iam_action(op_get(fact_get(FACT_TAGS)->op)), op_iam_action(op_get(fact_get(FACT_KEY)->op)));
}

/* A key that was made before the answer was lost bears the plan's nonce. After such a loss AWS may take a while to list
 * it, so it is looked for again. */
static enum err_code find_made(struct run *r, const cJSON *step)
{
    const char *nonce = json_text(step, "nonce");
    bool may_be_made = past_event(r->past, "intent", (int)r->step), is_found = false;
    int64_t until_ms = time_mono_ms() + (may_be_made ? desk_settle_s(r->desk) * 1000 : 0);
    enum err_code code = ERR_OK;
    while (nonce[0]) {
        char *arn, *unread;
        code = desk_find_key(r->desk, json_text(step, "account"), json_text(step, "region"), nonce, &arn, &unread, r->err);
        is_found = code == ERR_OK && arn[0];
        if (is_found)
            code = run_note_made(r, cJSON_GetObjectItemCaseSensitive(step, "gives"), arn);
        else if (code == ERR_OK && unread[0])
            code = unseen(r, unread);
        mem_free(arn);
        mem_free(unread);
        if (code != ERR_OK || is_found || time_mono_ms() >= until_ms)
            break;
        run_tell(r, RUN_WAITING, "looking for what may have been made before the answer was lost");
        if (!desk_sleep(r->desk, 1000))
            return err_set(r->err, ERR_CANCELLED, "ended while it was looked for");
    }
    return code;
}

/* The member of an answer at a dotted path. */
static const char *at_path(const cJSON *tree, const char *path)
{
    while (tree && *path) {
        size_t len = strcspn(path, ".");
        char *name = mem_strndup(path, len);
        tree = cJSON_GetObjectItemCaseSensitive(tree, name);
        mem_free(name);
        path += len + (path[len] == '.');
    }
    const char *text = cJSON_GetStringValue(tree);
    return text ? text : "";
}

/* What is about to be sent, by whom, and what was there before. */
static enum err_code note_intent(struct run *r, const cJSON *step, const cJSON *before)
{
    cJSON *entry = run_entry(r, "intent");
    static const char *const copied[] = {"call", "account", "region", "params", "diff"};
    cJSON_AddStringToObject(entry, "who", desk_who(r->desk, json_text(step, "account")));
    for (size_t i = 0; i < sizeof copied / sizeof *copied; i++)
        if (cJSON_HasObjectItem(step, copied[i]))
            cJSON_AddItemToObject(entry, copied[i],
                                  cJSON_Duplicate(cJSON_GetObjectItemCaseSensitive(step, copied[i]), true));
    cJSON_AddItemToObject(entry, "was", cJSON_Duplicate(before, true));
    return run_note_entry(r, entry);
}

static enum err_code note_answer(struct run *r, const struct err *sent)
{
    cJSON *entry = run_entry(r, "answer");
    cJSON_AddStringToObject(entry, "is", err_word(sent->code));
    if (sent->request_id[0])
        cJSON_AddStringToObject(entry, "request_id", sent->request_id);
    if (sent->code != ERR_OK) {
        cJSON_AddStringToObject(entry, "aws_code", sent->aws_code);
        cJSON_AddStringToObject(entry, "text", sent->text);
    }
    return run_note_entry(r, entry);
}

/* AWS refused it: what that means is added where it is known. */
static enum err_code not_taken(struct run *r, const cJSON *step, const struct err *sent)
{
    size_t len = strlen(sent->text);
    *r->err = *sent;
    (void)snprintf(r->err->text + len, sizeof r->err->text - len, "%s", change_hint(sent->aws_code));
    err_prefix(r->err, "%s", json_text(step, "call"));
    return sent->code;
}

static enum err_code send_call(struct run *r, const cJSON *step, const cJSON *before)
{
    const struct change_call *call = change_call_by_id(json_text(step, "call"));
    const cJSON *params = cJSON_GetObjectItemCaseSensitive(step, "params");
    const cJSON *gives = cJSON_GetObjectItemCaseSensitive(step, "gives");
    struct err sent = {0};
    cJSON *pages = NULL;
    if (!call)
        return err_set(r->err, ERR_REJECTED, "%.80s is nothing that keyfall sends", json_text(step, "call"));
    enum err_code code = note_intent(r, step, before);
    if (code != ERR_OK)
        return code;
    run_tell(r, RUN_SENT, json_text(step, "call"));
    code = desk_call(r->desk, json_text(step, "account"), json_text(step, "region"), call->op, params, true, &pages, &sent);
    enum err_code noted = note_answer(r, &sent);
    if (code == ERR_OK && noted == ERR_OK && gives)
        noted = run_note_made(r, gives, at_path(cJSON_GetArrayItem(pages, 0), json_text(gives, "path")));
    cJSON_Delete(pages);
    return code == ERR_OK ? noted : not_taken(r, step, &sent);
}

/* Whether nothing is to be sent: it is so already. What a step makes is made once, whatever has become of it since. */
static enum err_code check_need(struct run *r, const cJSON *step, bool *is_so)
{
    enum err_code code = ERR_OK;
    if (!cJSON_HasObjectItem(step, "gives"))
        return run_is_so(r, cJSON_GetObjectItemCaseSensitive(step, "after"), is_so);
    if (!run_made_by(r, step)[0])
        code = find_made(r, step);
    *is_so = run_made_by(r, step)[0];
    return code;
}

/* Sends it unless it is so already; nothing is sent unless all is as it was planned. */
static enum err_code send_if_needed(struct run *r, const cJSON *step)
{
    bool is_so = false;
    enum err_code code = check_need(r, step, &is_so);
    if (code != ERR_OK || is_so)
        return code;
    cJSON *before;
    code = run_check_before(r, step, &before);
    if (code == ERR_OK)
        code = send_call(r, step, before);
    cJSON_Delete(before);
    return code;
}

/* What it made is there and not as it should be: it is named, for nothing of it is made again. */
enum err_code run_call(struct run *r, cJSON *step)
{
    enum err_code code = send_if_needed(r, step);
    if (code != ERR_OK)
        return code;
    past_fill(r->made, step);
    code = run_await(r, step);
    if (code == ERR_TIMEOUT && run_made_by(r, step)[0])
        err_prefix(r->err, "%s made %.120s and is not sent again; put it right and take this up again", json_text(step, "call"),
                   run_made_by(r, step));
    return code;
}
