#include "backend/change/run.h"

#include "backend/change/desk.h"
#include "backend/change/input.h"
#include "backend/change/make.h"
#include "backend/change/past.h"
#include "backend/change/plan.h"

#include <string.h>

#define ANSWER_WAIT_S 3 /* for what a person typed to show: it may be a typo, and is asked again then */

/* With what earlier steps made filled in. */
static void tell_lines(const struct run *r, const cJSON *step)
{
    const cJSON *line;
    run_tell(r, RUN_ASKS, json_text(step, "where"));
    cJSON_ArrayForEach(line, cJSON_GetObjectItemCaseSensitive(step, "lines")) run_tell(r, RUN_ASKS, line->valuestring);
}

bool run_is_left_out(const cJSON *step, const char *answer)
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
    if (run_is_left_out(step, answer))
        return ERR_OK;
    if (wanted[0] && strcmp(answer, wanted) != 0)
        return wrong_answer(r, step, answer);
    const char *begins = json_text(step, "begins");
    if (strncmp(answer, begins, strlen(begins)) != 0)
        return err_set(r->err, ERR_REJECTED, "\"%.100s\" does not begin with %.150s", answer, begins);
    const char *name = json_text(cJSON_GetObjectItemCaseSensitive(step, "gives"), "name");
    cJSON *given = object_of(name, answer, NULL), *tried = cJSON_Duplicate(step, true);
    past_fill(given, tried);
    if (desk_settle_s(r->desk) > ANSWER_WAIT_S)
        cJSON_AddNumberToObject(tried, "within_s", ANSWER_WAIT_S);
    enum err_code code = run_await(r, tried);
    cJSON_Delete(tried);
    cJSON_Delete(given);
    return code;
}

/* Asks until the answer is right: who mistypes it or is too early has lost nothing. ERR_CANCELLED: nobody answers. */
static enum err_code ask_until_right(struct run *r, const cJSON *step, char answer[RUN_ANSWER_SIZE])
{
    struct buf question = {0};
    enum err_code code = ERR_OK;
    for (;;) {
        tell_lines(r, step);
        buf_adds(&question, json_text(step, "question"));
        if (!r->hooks->ask || !r->hooks->ask(r->hooks->ctx, (int)r->step, question.data, answer, RUN_ANSWER_SIZE)) {
            code = err_set(r->err, ERR_CANCELLED, "waits for you: %.450s", question.data);
            break;
        }
        input_take_blanks_out(answer);
        code = check_answer(r, step, answer);
        if (code != ERR_REJECTED && code != ERR_TIMEOUT)
            break;
        buf_clear(&question);
        buf_printf(&question, "%s: ", r->err->text);
        run_tell(r, RUN_STEP, json_text(step, "title"));
    }
    buf_free(&question);
    return code;
}

/* What a person left out has nothing to show. */
static enum err_code ask(struct run *r, cJSON *step)
{
    char answer[RUN_ANSWER_SIZE] = "";
    const cJSON *gives = cJSON_GetObjectItemCaseSensitive(step, "gives");
    cJSON *before = NULL;
    enum err_code code = run_check_before(r, step, &before);
    cJSON_Delete(before);
    if (code == ERR_OK)
        code = ask_until_right(r, step, answer);
    if (code == ERR_OK && gives)
        code = run_note_made(r, gives, answer);
    if (run_is_left_out(step, answer))
        cJSON_DeleteItemFromObjectCaseSensitive(step, "after");
    return code == ERR_OK ? run_note(r, "human", "answer", answer) : code;
}

/* What the person has to move, as it was before he was asked first: only what came since proves anything. */
static enum err_code read_what_moves(struct run *r, const cJSON *moves, cJSON **was)
{
    const cJSON *asked = past_event(r->past, "asked", (int)r->step);
    if (asked) {
        *was = cJSON_Duplicate(cJSON_GetObjectItemCaseSensitive(asked, "was"), true);
        return ERR_OK;
    }
    enum err_code code = run_read(r, moves, was);
    if (code != ERR_OK)
        return code;
    cJSON *entry = run_entry(r, "asked");
    cJSON_AddItemToObject(entry, "was", cJSON_Duplicate(*was, true));
    return run_note_entry(r, entry);
}

static enum err_code want_moves(struct run *r, cJSON *step)
{
    const cJSON *moves = cJSON_GetObjectItemCaseSensitive(step, "moves"), *f;
    cJSON *after = cJSON_GetObjectItemCaseSensitive(step, "after"), *was = NULL;
    enum err_code code = moves && after ? read_what_moves(r, moves, &was) : ERR_OK;
    cJSON_ArrayForEach(f, was) cJSON_AddItemToArray(after, fact_moved(f));
    cJSON_Delete(was);
    return code;
}

enum err_code run_human(struct run *r, cJSON *step)
{
    enum err_code code = want_moves(r, step);
    if (code == ERR_OK && !past_event(r->past, "human", (int)r->step))
        code = ask(r, step);
    past_fill(r->made, step);
    return code == ERR_OK ? run_await(r, step) : code;
}
