#include "backend/change/change.h"

#include "backend/base/timefmt.h"
#include "backend/change/calls.h"
#include "backend/change/desk.h"
#include "backend/change/input.h"
#include "backend/change/journal.h"
#include "backend/change/make.h"
#include "backend/change/past.h"
#include "backend/change/plan.h"
#include "backend/change/proved.h"
#include "backend/change/statements.h"

#include <stdio.h>
#include <string.h>

#define POLL_FIRST_MS 100
#define POLL_MAX_MS 5000
#define ANSWER_SIZE 1024
#define ANSWER_WAIT_S 3 /* for what a person typed to show: it may be a typo, and is asked again then */

struct run {
    struct desk *desk;
    const struct plan *plan;
    const struct run_hooks *hooks;
    struct journal *journal;
    cJSON *past;  /* what the journal knows of this plan */
    cJSON *made;  /* name: value, of ${keyfall:name} */
    cJSON *so;    /* what must be so by now: proved.h */
    size_t step;
    struct err *err;
};

/* ---- telling -------------------------------------------------------------------------------------------------------- */

static void tell(const struct run *r, enum run_event_kind kind, const char *text)
{
    if (r->hooks->tell)
        r->hooks->tell(r->hooks->ctx, &(struct run_event){.kind = kind, .step = r->step, .text = text});
}

/* An entry of this step; the caller's. */
static cJSON *new_entry(const struct run *r, const char *event)
{
    cJSON *entry = cJSON_CreateObject();
    cJSON_AddStringToObject(entry, "plan", plan_id(r->plan));
    cJSON_AddStringToObject(entry, "wizard", plan_wizard(r->plan)->name);
    cJSON_AddStringToObject(entry, "event", event);
    cJSON_AddNumberToObject(entry, "step", (double)r->step);
    return entry;
}

/* Takes the entry. */
static enum err_code note_entry(struct run *r, cJSON *entry)
{
    enum err_code code = journal_append(r->journal, entry, r->err);
    cJSON_Delete(entry);
    return code;
}

static enum err_code note(struct run *r, const char *event, const char *name, const char *value)
{
    cJSON *entry = new_entry(r, event);
    if (name)
        cJSON_AddStringToObject(entry, name, value);
    return note_entry(r, entry);
}

/* ---- facts ----------------------------------------------------------------------------------------------------------- */

/* Reads what `wanted` is about. *read: an array in its order, the caller's. */
static enum err_code read_facts(struct run *r, const cJSON *wanted, cJSON **read)
{
    *read = cJSON_CreateArray();
    const cJSON *w;
    cJSON_ArrayForEach(w, wanted)
    {
        cJSON *f = cJSON_CreateObject();
        static const char *const names[] = {"fact", "account", "region", "of"};
        for (size_t i = 0; i < sizeof names / sizeof *names; i++)
            cJSON_AddStringToObject(f, names[i], json_text(w, names[i]));
        cJSON_AddItemToArray(*read, f);
    }
    return desk_read(r->desk, *read, r->err);
}

/* Whether all are as wanted; why: what the first is instead. */
static bool all_fit(const cJSON *read, const cJSON *wanted, struct buf *why)
{
    const cJSON *w;
    int i = 0;
    cJSON_ArrayForEach(w, wanted) if (!fact_fits(cJSON_GetArrayItem(read, i++), w, why)) return false;
    return true;
}

/* How policies that were read differ from those that are wanted, a line a statement. */
static void tell_diffs(const struct run *r, const cJSON *read, const cJSON *wanted)
{
    for (read = read->child, wanted = wanted->child; read && wanted; read = read->next, wanted = wanted->next) {
        const cJSON *is = fact_item(read, "Policy"), *was = fact_item(wanted, "Policy"), *line;
        cJSON *diff = is && was && !json_same(is, was) ? policy_diff(was, is) : NULL;
        cJSON_ArrayForEach(line, diff) tell(r, RUN_SAYS, line->valuestring);
        cJSON_Delete(diff);
    }
}

/* What cannot be read has not changed for that: it is said, and nothing is sent. */
static enum err_code unreadable(struct run *r, const cJSON *unknown)
{
    struct buf why = {0};
    (void)fact_fits(unknown, unknown, &why);
    (void)err_set(r->err, ERR_DENIED, "%.350s, so whether it still is as planned is not known: try again once it can be read",
                  why.data);
    buf_free(&why);
    return ERR_DENIED;
}

static enum err_code check_known(struct run *r, const cJSON *read)
{
    const cJSON *f;
    cJSON_ArrayForEach(f, read) if (fact_unknown(f)) return unreadable(r, f);
    return ERR_OK;
}

/* ERR_OK and *fits, or why they cannot be read. must_know: what is denied is an error, too. */
static enum err_code look(struct run *r, const cJSON *wanted, bool must_know, bool *fits, struct buf *why)
{
    cJSON *read;
    enum err_code code = read_facts(r, wanted, &read);
    if (code == ERR_OK && must_know)
        code = check_known(r, read);
    *fits = code == ERR_OK && all_fit(read, wanted, why);
    cJSON_Delete(read);
    return code;
}

/* What earlier steps proved, and what the plan counts on, must be so whenever something follows from it; what the step
 * changes it looks at itself. NULL: nothing follows, the plan is at its end. */
static enum err_code check_still(struct run *r, const cJSON *step)
{
    cJSON *wanted = proved_but(r->so, cJSON_GetObjectItemCaseSensitive(step, "after")), *read;
    struct buf why = {0};
    enum err_code code = read_facts(r, wanted, &read);
    if (code == ERR_OK)
        code = check_known(r, read);
    if (code == ERR_OK && !all_fit(read, wanted, &why)) {
        tell_diffs(r, read, wanted);
        code = err_set(r->err, ERR_REJECTED, "what this plan counts on is not so any more: %.300s; put it right and take this "
                                             "up again, or make a new plan", why.data);
    }
    buf_free(&why);
    cJSON_Delete(read);
    cJSON_Delete(wanted);
    return code;
}

/* Whether it is so that it will never be as it should. */
static enum err_code check_failed(struct run *r, const cJSON *step)
{
    const cJSON *fails = cJSON_GetObjectItemCaseSensitive(step, "fails");
    struct buf unused = {0};
    cJSON *read = NULL;
    enum err_code code = fails ? read_facts(r, fails, &read) : ERR_OK;
    if (code == ERR_OK && fails && all_fit(read, fails, &unused)) {
        char *is = cJSON_PrintUnformatted(cJSON_GetObjectItemCaseSensitive(read->child, "is"));
        code = err_set(r->err, ERR_REJECTED, "it failed: %.300s", is);
        cJSON_free(is);
    }
    buf_free(&unused);
    cJSON_Delete(read);
    return code;
}

/* Reads again until it is so. */
static enum err_code await(struct run *r, const cJSON *step, struct buf *why)
{
    const cJSON *after = cJSON_GetObjectItemCaseSensitive(step, "after");
    const cJSON *within = cJSON_GetObjectItemCaseSensitive(step, "within_s");
    int64_t limit_ms = (within ? (int64_t)within->valuedouble : desk_settle_s(r->desk)) * 1000;
    int64_t until_ms = time_mono_ms() + limit_ms;
    bool fits = false;
    for (int wait_ms = POLL_FIRST_MS;; wait_ms = wait_ms < POLL_MAX_MS / 2 ? wait_ms * 2 : POLL_MAX_MS) {
        buf_clear(why);
        enum err_code code = look(r, after, false, &fits, why);
        if (code == ERR_OK && !fits)
            code = check_failed(r, step);
        if (code != ERR_OK || fits)
            return code;
        if (time_mono_ms() >= until_ms)
            return err_set(r->err, ERR_TIMEOUT, "it does not show after %lld s: %.300s", (long long)limit_ms / 1000,
                           why->data);
        tell(r, RUN_WAITING, why->data);
        if (!desk_sleep(r->desk, wait_ms))
            return err_set(r->err, ERR_CANCELLED, "ended while it was waited for");
    }
}

/* ---- a step ----------------------------------------------------------------------------------------------------------- */

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

/* What a step gives, once it is made, now or before; "". */
static const char *made_by(const struct run *r, const cJSON *step)
{
    return json_text(r->made, json_text(cJSON_GetObjectItemCaseSensitive(step, "gives"), "name"));
}

static enum err_code note_made(struct run *r, const cJSON *gives, const char *value)
{
    const char *name = json_text(gives, "name");
    if (!value[0])
        return err_set(r->err, ERR_PARSE, "the answer has no %s", json_text(gives, "path"));
    cJSON *entry = new_entry(r, "made");
    cJSON_AddStringToObject(entry, "name", name);
    cJSON_AddStringToObject(entry, "value", value);
    cJSON_AddStringToObject(r->made, name, value);
    return note_entry(r, entry);
}

/* A key that cannot be seen may be the one whose making was not answered: no other is made as long as it may be. */
static enum err_code unseen(struct run *r, const char *key)
{
    return err_set(r->err, ERR_DENIED, "%.150s may be the key that was made before the answer was lost, and its tags cannot "
                                       "be read: allow %s and %s on it and take this up again", key,
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
            code = note_made(r, cJSON_GetObjectItemCaseSensitive(step, "gives"), arn);
        else if (code == ERR_OK && may_be_made && unread[0])
            code = unseen(r, unread);
        mem_free(arn);
        mem_free(unread);
        if (code != ERR_OK || is_found || time_mono_ms() >= until_ms)
            break;
        tell(r, RUN_WAITING, "looking for what may have been made before the answer was lost");
        if (!desk_sleep(r->desk, 1000))
            code = err_set(r->err, ERR_CANCELLED, "ended while it was looked for");
    }
    return code;
}

static enum err_code send_call(struct run *r, const cJSON *step, cJSON *before)
{
    const struct change_call *call = change_call_by_id(json_text(step, "call"));
    if (!call)
        return err_set(r->err, ERR_REJECTED, "%.80s is nothing that keyfall sends", json_text(step, "call"));
    const cJSON *params = cJSON_GetObjectItemCaseSensitive(step, "params");
    const char *account = json_text(step, "account"), *region = json_text(step, "region");
    cJSON *entry = new_entry(r, "intent"), *pages = NULL;
    cJSON_AddStringToObject(entry, "who", desk_who(r->desk, account));
    cJSON_AddStringToObject(entry, "call", json_text(step, "call"));
    cJSON_AddStringToObject(entry, "account", account);
    cJSON_AddStringToObject(entry, "region", region);
    cJSON_AddItemToObject(entry, "params", cJSON_Duplicate(params, true));
    cJSON_AddItemToObject(entry, "was", cJSON_Duplicate(before, true));
    const cJSON *diff = cJSON_GetObjectItemCaseSensitive(step, "diff");
    if (diff)
        cJSON_AddItemToObject(entry, "diff", cJSON_Duplicate(diff, true));
    enum err_code code = note_entry(r, entry);
    if (code != ERR_OK)
        return code;
    tell(r, RUN_SENT, json_text(step, "call"));
    struct err sent = {0};
    code = desk_call(r->desk, account, region, call->op, params, true, &pages, &sent);
    entry = new_entry(r, "answer");
    cJSON_AddStringToObject(entry, "is", err_word(code));
    if (code != ERR_OK) {
        cJSON_AddStringToObject(entry, "aws_code", sent.aws_code);
        cJSON_AddStringToObject(entry, "text", sent.text);
    }
    enum err_code noted = note_entry(r, entry);
    const cJSON *gives = cJSON_GetObjectItemCaseSensitive(step, "gives");
    if (code == ERR_OK && noted == ERR_OK && gives)
        noted = note_made(r, gives, at_path(cJSON_GetArrayItem(pages, 0), json_text(gives, "path")));
    cJSON_Delete(pages);
    if (code != ERR_OK) {
        size_t len = strlen(sent.text);
        (void)snprintf(sent.text + len, sizeof sent.text - len, "%s", change_hint(sent.aws_code));
        *r->err = sent;
        err_prefix(r->err, "%s", json_text(step, "call"));
        return code;
    }
    return noted;
}

/* Refuses to go on unless all is as it was planned. *before: what was read; the caller's. */
static enum err_code check_before(struct run *r, const cJSON *step, cJSON **before)
{
    const cJSON *wanted = cJSON_GetObjectItemCaseSensitive(step, "before");
    struct buf why = {0};
    enum err_code code = read_facts(r, wanted, before);
    if (code == ERR_OK)
        code = check_known(r, *before);
    if (code == ERR_OK && !all_fit(*before, wanted, &why)) {
        tell_diffs(r, *before, wanted);
        code = err_set(r->err, ERR_REJECTED, "somebody changed it since it was planned: %.300s", why.data);
    }
    buf_free(&why);
    return code;
}

/* Whether nothing is to be sent: it is so already. What a step makes is made once, whatever has become of it since. */
static enum err_code check_need(struct run *r, cJSON *step, bool *is_so, struct buf *why)
{
    enum err_code code = ERR_OK;
    if (!cJSON_HasObjectItem(step, "gives"))
        return look(r, cJSON_GetObjectItemCaseSensitive(step, "after"), true, is_so, why);
    if (!made_by(r, step)[0])
        code = find_made(r, step);
    *is_so = made_by(r, step)[0];
    return code;
}

/* Sends it unless it is so already; nothing is sent unless all is as it was planned. */
static enum err_code do_call(struct run *r, cJSON *step, struct buf *why)
{
    bool is_so = false;
    enum err_code code = check_need(r, step, &is_so, why);
    if (code != ERR_OK || is_so)
        return code;
    cJSON *before;
    code = check_before(r, step, &before);
    if (code == ERR_OK)
        code = send_call(r, step, before);
    cJSON_Delete(before);
    return code;
}

/* With what earlier steps made filled in. */
static void tell_lines(const struct run *r, const cJSON *step)
{
    const cJSON *line;
    tell(r, RUN_ASKS, json_text(step, "where"));
    cJSON_ArrayForEach(line, cJSON_GetObjectItemCaseSensitive(step, "lines")) tell(r, RUN_ASKS, line->valuestring);
}

/* By a person, who gave the step's other answer. */
static bool is_left_out(const cJSON *step, const char *answer)
{
    const char *other = json_text(step, "or");
    return other[0] && strcmp(answer, other) == 0;
}

static enum err_code wrong_answer(struct run *r, const cJSON *step, const char *answer)
{
    const char *why = json_text(step, "wrong"), *other = json_text(step, "or");
    if (why[0])
        return err_set(r->err, ERR_REJECTED, "\"%.100s\" %.300s", answer, why);
    return err_set(r->err, ERR_REJECTED, "\"%.100s\" is not the answer, \"%.150s\"%s%s%s is", answer,
                   json_text(step, "answer"), other[0] ? " or \"" : "", other, other[0] ? "\"" : "");
}

/* What is wrong with the answer: it is not the one that is wanted, or what it says does not show. ERR_OK: nothing. */
static enum err_code check_answer(struct run *r, const cJSON *step, const char *answer)
{
    const char *wanted = json_text(step, "answer");
    if (!answer[0])
        return err_set(r->err, ERR_REJECTED, "an answer is needed");
    if (is_left_out(step, answer))
        return ERR_OK;
    if (wanted[0] && strcmp(answer, wanted) != 0)
        return wrong_answer(r, step, answer);
    const char *begins = json_text(step, "begins");
    if (strncmp(answer, begins, strlen(begins)) != 0)
        return err_set(r->err, ERR_REJECTED, "\"%.100s\" does not begin with %.150s", answer, begins);
    const char *name = json_text(cJSON_GetObjectItemCaseSensitive(step, "gives"), "name");
    cJSON *given = object_of(name, answer, NULL), *tried = cJSON_Duplicate(step, true);
    struct buf why = {0};
    past_fill(given, tried);
    if (desk_settle_s(r->desk) > ANSWER_WAIT_S)
        cJSON_AddNumberToObject(tried, "within_s", ANSWER_WAIT_S);
    enum err_code code = await(r, tried, &why);
    buf_free(&why);
    cJSON_Delete(tried);
    cJSON_Delete(given);
    return code;
}

/* Asks until the answer is right: who mistypes it or is too early has lost nothing. ERR_CANCELLED: nobody answers. */
static enum err_code ask_until_right(struct run *r, const cJSON *step, char answer[ANSWER_SIZE])
{
    struct buf question = {0};
    enum err_code code = ERR_OK;
    for (;;) {
        tell_lines(r, step);
        buf_adds(&question, json_text(step, "question"));
        if (!r->hooks->ask || !r->hooks->ask(r->hooks->ctx, (int)r->step, question.data, answer, ANSWER_SIZE)) {
            code = err_set(r->err, ERR_CANCELLED, "waits for you: %.450s", question.data);
            break;
        }
        input_take_blanks_out(answer);
        code = check_answer(r, step, answer);
        if (code != ERR_REJECTED && code != ERR_TIMEOUT)
            break;
        buf_clear(&question);
        buf_printf(&question, "%s: ", r->err->text);
        tell(r, RUN_STEP, json_text(step, "title"));
    }
    buf_free(&question);
    return code;
}

/* What a person left out has nothing to show. */
static enum err_code do_human(struct run *r, cJSON *step)
{
    char answer[ANSWER_SIZE] = "";
    const cJSON *past = past_event(r->past, "human", (int)r->step);
    const cJSON *gives = cJSON_GetObjectItemCaseSensitive(step, "gives");
    cJSON *before = NULL;
    enum err_code code = past ? ERR_OK : check_before(r, step, &before);
    cJSON_Delete(before);
    if (code == ERR_OK && !past)
        code = ask_until_right(r, step, answer);
    if (code == ERR_OK && !past && gives)
        code = note_made(r, gives, answer);
    if (code == ERR_OK && !past)
        code = note(r, "human", "answer", answer);
    if (is_left_out(step, answer))
        cJSON_DeleteItemFromObjectCaseSensitive(step, "after");
    return code;
}

/* What a step that waits gives is a member of the first thing that it waited for. */
static enum err_code note_seen(struct run *r, const cJSON *step)
{
    const cJSON *gives = cJSON_GetObjectItemCaseSensitive(step, "gives");
    cJSON *read = NULL;
    if (!gives)
        return ERR_OK;
    enum err_code code = read_facts(r, cJSON_GetObjectItemCaseSensitive(step, "after"), &read);
    if (code == ERR_OK)
        code = note_made(r, gives, json_text(cJSON_GetObjectItemCaseSensitive(read->child, "is"), json_text(gives, "path")));
    cJSON_Delete(read);
    return code;
}

/* What a call made is there and not as it should be: it is named, for nothing of it is made again. */
static enum err_code await_call(struct run *r, const cJSON *step, struct buf *why)
{
    const char *made = made_by(r, step);
    enum err_code code = await(r, step, why);
    if (code == ERR_TIMEOUT && made[0])
        err_prefix(r->err, "%s made %.120s and is not sent again; put it right and take this up again", json_text(step, "call"),
                   made);
    return code;
}

/* The step with all that was made until now; what a person left out before has nothing to show. The caller's. */
static cJSON *step_now(const struct run *r)
{
    cJSON *step = cJSON_Duplicate(plan_step_json(r->plan, r->step), true);
    past_fill(r->made, step);
    if (is_left_out(step, json_text(past_event(r->past, "human", (int)r->step), "answer")))
        cJSON_DeleteItemFromObjectCaseSensitive(step, "after");
    return step;
}

static enum err_code run_step(struct run *r, cJSON *step)
{
    enum step_kind kind = plan_step(r->plan, r->step).kind;
    struct buf why = {0};
    tell(r, RUN_STEP, json_text(step, "title"));
    enum err_code code = kind == STEP_WAIT ? ERR_OK : check_still(r, step);
    if (code == ERR_OK && kind != STEP_WAIT)
        code = kind == STEP_CALL ? do_call(r, step, &why) : do_human(r, step);
    past_fill(r->made, step); /* what a person or a call just gave */
    if (code == ERR_OK)
        code = kind == STEP_CALL ? await_call(r, step, &why) : await(r, step, &why);
    if (code == ERR_OK && kind == STEP_WAIT)
        code = note_seen(r, step);
    if (code == ERR_OK)
        code = note(r, "proved", NULL, NULL);
    if (code == ERR_OK)
        tell(r, RUN_PROVED, json_text(step, "title"));
    buf_free(&why);
    return code;
}

/* ---- the run ----------------------------------------------------------------------------------------------------------- */

/* ERR_OK if a fact still is as it was; what was not known then was planned without. */
static enum err_code check_same(struct run *r, const cJSON *is, const cJSON *was)
{
    struct buf why = {0};
    if (cJSON_Compare(is, was, true) || (fact_unknown(is) && fact_unknown(was)))
        return ERR_OK;
    if (fact_unknown(is))
        return unreadable(r, is);
    if (fact_fits(is, was, &why))
        buf_printf(&why, "%s of %s", json_text(was, "fact"), json_text(was, "of"));
    (void)err_set(r->err, ERR_REJECTED, "it is not as it was when this was planned: %.300s; make a new plan", why.data);
    buf_free(&why);
    return ERR_REJECTED;
}

/* Whether everything still is as it was when the plan was made. */
static enum err_code check_drift(struct run *r)
{
    const cJSON *observed = cJSON_GetObjectItemCaseSensitive(r->plan->json, "observed"), *was;
    cJSON *read;
    int i = 0;
    enum err_code code = read_facts(r, observed, &read);
    cJSON_ArrayForEach(was, observed)
    {
        const cJSON *is = cJSON_GetArrayItem(read, i++);
        if (code == ERR_OK)
            code = check_same(r, is, was);
    }
    if (code == ERR_REJECTED)
        tell_diffs(r, read, observed);
    cJSON_Delete(read);
    return code;
}

static enum err_code ask_phrase(struct run *r)
{
    char answer[ANSWER_SIZE] = "";
    char *question = mem_printf("type %s to go on", plan_phrase(r->plan));
    bool is_answered = r->hooks->ask && r->hooks->ask(r->hooks->ctx, -1, question, answer, sizeof answer);
    mem_free(question);
    input_take_blanks_out(answer);
    if (!is_answered || strcmp(answer, plan_phrase(r->plan)) != 0)
        return err_set(r->err, ERR_USAGE, "nothing was sent: to run this plan, its phrase must be given: %.200s",
                       plan_phrase(r->plan));
    return ERR_OK;
}

/* With the plan itself, so that whoever finds the run unfinished needs no file (plan_unfinished). */
static enum err_code note_begin(struct run *r)
{
    cJSON *entry = new_entry(r, "begin");
    cJSON_AddStringToObject(entry, "title", plan_title(r->plan));
    cJSON_AddItemToObject(entry, "file", cJSON_Duplicate(r->plan->json, true));
    return note_entry(r, entry);
}

/* Everything that can be wrong before anything is sent. */
static enum err_code prepare(struct run *r, bool may_resume)
{
    const cJSON *begun = r->past->child;
    if (begun && !may_resume)
        return err_set(r->err, ERR_REJECTED, "a run of this plan began at %s and did not end; --resume takes it up again",
                       json_text(begun, "at"));
    enum err_code code = begun ? ERR_OK : check_drift(r);
    if (code == ERR_OK)
        code = ask_phrase(r);
    return code == ERR_OK && !begun ? note_begin(r) : code;
}

static enum run_end end_early(struct run *r, enum err_code code)
{
    struct err why = *r->err;
    bool is_waiting = code == ERR_CANCELLED && plan_step(r->plan, r->step).kind == STEP_HUMAN;
    (void)note(r, is_waiting ? "waits" : "stopped", "why", why.text); /* the first error is told */
    *r->err = why;
    return is_waiting ? RUN_WAITS : RUN_STOPPED;
}

static enum run_end run_steps(struct run *r)
{
    enum err_code code = ERR_OK;
    r->so = proved_begin(cJSON_GetObjectItemCaseSensitive(r->plan->json, "observed"));
    for (r->step = 0; r->step < plan_steps(r->plan); r->step++) {
        cJSON *step = step_now(r);
        if (past_event(r->past, "proved", (int)r->step))
            tell(r, RUN_SKIPPED, json_text(step, "title"));
        else
            code = run_step(r, step);
        proved_add(r->so, cJSON_GetObjectItemCaseSensitive(step, "after"));
        cJSON_Delete(step);
        if (code != ERR_OK)
            return end_early(r, code);
    }
    r->step = 0;
    code = check_still(r, NULL);
    if (code != ERR_OK)
        return end_early(r, code);
    return note(r, "done", NULL, NULL) == ERR_OK ? RUN_DONE : RUN_STOPPED;
}

enum run_end plan_run(struct desk *desk, const struct plan *plan, bool may_resume, const struct run_hooks *hooks,
                      struct err *err)
{
    struct run r = {.desk = desk, .plan = plan, .hooks = hooks, .err = err};
    enum run_end end = RUN_REFUSED;
    if (journal_open(&r.journal, err) == ERR_OK &&
        journal_of(plan_id(plan), &r.past, err) == ERR_OK) {
        const cJSON *done = past_event(r.past, "done", ANY_STEP);
        r.made = past_made(r.past);
        if (done) {
            char *text = mem_printf("this plan was done at %s: nothing is sent", json_text(done, "at"));
            tell(&r, RUN_SAYS, text);
            mem_free(text);
            end = RUN_DONE;
        } else if (prepare(&r, may_resume) == ERR_OK) {
            end = run_steps(&r);
        }
    }
    journal_close(r.journal);
    cJSON_Delete(r.past);
    cJSON_Delete(r.made);
    cJSON_Delete(r.so);
    return end;
}
