#include "backend/cli/ask.h"
#include "backend/cli/plans.h"

#include "backend/base/text.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum err_code apply_verb_check(const struct cli_options *o, struct err *err)
{
    if (!o->operands || o->operands[1])
        return err_set(err, ERR_USAGE, "apply which plan? keyfall apply plan.json");
    if (o->is_viewer)
        return err_set(err, ERR_VIEWER, "the viewer changes nothing; keyfall plan show shows what a plan would do");
    return ERR_OK;
}

struct applying {
    const struct cli_options *options;
    size_t n_answered;
    int asked; /* the step that was asked last, and 2: a given answer that was wrong is not followed by the next one */
};

static void write_line(const char *mark, size_t step, const char *text)
{
    struct buf line = {0};
    text_clean(&line, text, strlen(text), 2000, false);
    (void)fprintf(stdout, "%2zu  %-8s %s\n", step + 1, mark, line.data ? line.data : "");
    (void)fflush(stdout);
    buf_free(&line);
}

static void tell(void *ctx, const struct run_event *e)
{
    static const char *const marks[] = {[RUN_STEP] = "",         [RUN_SKIPPED] = "before", [RUN_SENT] = "sent",
                                        [RUN_WAITING] = "waits", [RUN_ASKS] = "you",       [RUN_PROVED] = "proved",
                                        [RUN_CONFIRMED] = "by you",
                                        [RUN_SAYS] = ""};
    (void)ctx;
    if (e->kind == RUN_SAYS)
        (void)fprintf(stdout, "%s\n", e->text);
    else
        write_line(marks[e->kind], e->step, e->text);
}

static bool ask(void *ctx, int step, const char *question, char *answer, size_t size)
{
    struct applying *a = ctx;
    const char *const *given = a->options->answers;
    bool is_again = a->asked == step + 2;
    a->asked = step + 2;
    if (given && given[a->n_answered] && !is_again) {
        (void)snprintf(answer, size, "%s", given[a->n_answered++]);
        return true;
    }
    if (given || !isatty(STDIN_FILENO))
        return false;
    write_line("?", step >= 0 ? (size_t)step : 0, question);
    if (!fgets(answer, (int)size, stdin))
        return false;
    answer[strcspn(answer, "\n")] = '\0';
    return answer[0] != '\0';
}

static void write_left(const struct plan *plan)
{
    struct buf left = {0}, line = {0};
    plan_run_left(plan, &left);
    for (const char *at = left.data, *end; at && *at; at = end + (*end == '\n')) {
        end = at + strcspn(at, "\n");
        buf_clear(&line);
        text_clean(&line, at, (size_t)(end - at), SIZE_MAX, false);
        (void)fprintf(stdout, "%s\n", line.data ? line.data : "");
    }
    buf_free(&left);
    buf_free(&line);
}

static int run_plan(const struct cli_options *o, struct desk *desk, const struct plan *plan)
{
    struct applying a = {.options = o};
    struct run_hooks hooks = {.ctx = &a, .tell = tell, .ask = ask};
    struct err err = {0};
    switch (plan_run(desk, plan, o->may_resume, &hooks, &err)) {
    case RUN_DONE:
        (void)printf("done\n");
        return fflush(stdout) == 0 ? CLI_DONE : CLI_BAD;
    case RUN_REFUSED:
        say("%s", err.text);
        return err.code == ERR_USAGE ? CLI_USAGE : CLI_BAD;
    case RUN_WAITS:
    case RUN_STOPPED:
        break;
    }
    say("%s", err.text);
    write_left(plan);
    say("to go on: keyfall apply %s --resume", o->operands[0]);
    return CLI_BAD;
}

int apply_verb_run(const struct cli_options *o)
{
    struct desk *desk = NULL;
    struct plan *plan = NULL;
    struct err err = {0};
    int status = CLI_BAD;
    if (plans_read(o->operands[0], &plan, &err) != ERR_OK) {
        say("%s", err.text);
    } else if (session_desk(o, true, NULL, NULL, &desk, &err) != ERR_OK) {
        say("%s", err.text);
        status = CLI_NOTHING;
    } else {
        status = run_plan(o, desk, plan);
    }
    plan_free(plan);
    desk_close(desk);
    return status;
}
