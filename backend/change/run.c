#include "backend/change/run.h"

#include "backend/change/input.h"
#include "backend/change/journal.h"
#include "backend/change/make.h"
#include "backend/change/past.h"
#include "backend/change/plan.h"
#include "backend/change/proved.h"

#include <string.h>

/* ---- a step ---------------------------------------------------------------------------------------------------------- */

/* What a step that waits gives is a member of the first thing that it waited for. */
static enum err_code note_seen(struct run *r, const cJSON *step)
{
    const cJSON *gives = cJSON_GetObjectItemCaseSensitive(step, "gives");
    cJSON *read = NULL;
    if (!gives)
        return ERR_OK;
    enum err_code code = run_read(r, cJSON_GetObjectItemCaseSensitive(step, "after"), &read);
    if (code == ERR_OK)
        code = run_note_made(r, gives, json_text(cJSON_GetObjectItemCaseSensitive(read->child, "is"), json_text(gives, "path")));
    cJSON_Delete(read);
    return code;
}

static enum err_code run_wait(struct run *r, cJSON *step)
{
    enum err_code code = run_await(r, step);
    return code == ERR_OK ? note_seen(r, step) : code;
}

/* The step with all that was made until now; what a person left out before has nothing to show. The caller's. */
static cJSON *step_now(const struct run *r)
{
    cJSON *step = cJSON_Duplicate(plan_step_json(r->plan, r->step), true);
    past_fill(r->made, step);
    if (run_is_left_out(step, json_text(past_event(r->past, "human", (int)r->step), "answer")))
        cJSON_DeleteItemFromObjectCaseSensitive(step, "after");
    return step;
}

static bool has_proof(const cJSON *step)
{
    const cJSON *after = cJSON_GetObjectItemCaseSensitive(step, "after");
    return after && after->child;
}

static void add_on_word(struct run *r)
{
    buf_printf(&r->on_word, "%s%zu", r->on_word.len ? ", " : "", r->step + 1);
}

static void skip_step(struct run *r, const cJSON *step)
{
    run_tell(r, RUN_SKIPPED, json_text(step, "title"));
    if (past_event(r->past, "confirmed", (int)r->step))
        add_on_word(r);
}

static enum err_code run_step(struct run *r, cJSON *step)
{
    static enum err_code (*const kinds[])(struct run *, cJSON *) = {
        [STEP_CALL] = run_call, [STEP_HUMAN] = run_human, [STEP_WAIT] = run_wait};
    enum step_kind kind = plan_step(r->plan, r->step).kind;
    run_tell(r, RUN_STEP, json_text(step, "title"));
    enum err_code code = kind == STEP_WAIT ? ERR_OK : run_check_still(r, step);
    if (code == ERR_OK)
        code = kinds[kind](r, step);
    bool is_on_word = kind == STEP_HUMAN && !has_proof(step);
    if (code == ERR_OK)
        code = run_note(r, is_on_word ? "confirmed" : "proved", NULL, NULL);
    if (code == ERR_OK)
        run_tell(r, is_on_word ? RUN_CONFIRMED : RUN_PROVED, json_text(step, "title"));
    if (code == ERR_OK && is_on_word)
        add_on_word(r);
    return code;
}

/* ---- the run --------------------------------------------------------------------------------------------------------- */

/* ERR_OK if a fact still is as it was; what was not known then was planned without. */
static enum err_code check_same(struct run *r, const cJSON *is, const cJSON *was)
{
    struct buf why = {0};
    if (cJSON_Compare(is, was, true) || (fact_unknown(is) && fact_unknown(was)))
        return ERR_OK;
    if (fact_unknown(is))
        return run_unreadable(r, is);
    if (fact_unknown(was) || fact_fits(is, was, &why))
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
    enum err_code code = run_read(r, observed, &read);
    cJSON_ArrayForEach(was, observed)
    {
        const cJSON *is = cJSON_GetArrayItem(read, i++);
        if (code == ERR_OK)
            code = check_same(r, is, was);
    }
    if (code == ERR_REJECTED)
        run_tell_diffs(r, read, observed);
    cJSON_Delete(read);
    return code;
}

static enum err_code ask_phrase(struct run *r)
{
    char answer[RUN_ANSWER_SIZE] = "";
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
    cJSON *entry = run_entry(r, "begin");
    cJSON_AddStringToObject(entry, "title", plan_title(r->plan));
    cJSON_AddItemToObject(entry, "file", cJSON_Duplicate(r->plan->json, true));
    return run_note_entry(r, entry);
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
    (void)run_note(r, is_waiting ? "waits" : "stopped", "why", why.text); /* the first error is told */
    *r->err = why;
    return is_waiting ? RUN_WAITS : RUN_STOPPED;
}

static void tell_what_stands(const struct run *r)
{
    char *text = r->on_word.len == 0 ? mem_strdup("every step is proved")
                                     : mem_printf("confirmed by you, not by AWS: %s; all others are proved",
                                                  r->on_word.data);
    run_tell(r, RUN_SAYS, text);
    mem_free(text);
}

static enum run_end run_steps(struct run *r)
{
    enum err_code code = ERR_OK;
    r->so = proved_begin(cJSON_GetObjectItemCaseSensitive(r->plan->json, "observed"));
    for (r->step = 0; r->step < plan_steps(r->plan); r->step++) {
        cJSON *step = step_now(r);
        if (past_is_over(r->past, (int)r->step))
            skip_step(r, step);
        else
            code = run_step(r, step);
        proved_add(r->so, cJSON_GetObjectItemCaseSensitive(step, "after"));
        cJSON_Delete(step);
        if (code != ERR_OK)
            return end_early(r, code);
    }
    r->step = 0;
    code = run_check_still(r, NULL);
    if (code != ERR_OK)
        return end_early(r, code);
    tell_what_stands(r);
    return run_note(r, "done", NULL, NULL) == ERR_OK ? RUN_DONE : RUN_STOPPED;
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
            run_tell(&r, RUN_SAYS, text);
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
    buf_free(&r.on_word);
    return end;
}
