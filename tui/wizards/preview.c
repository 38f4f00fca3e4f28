/* preview: the plan, step by step, before anything is sent; then its name is asked for. */
#include "tui/wizards/pages.h"

#include "backend/export/export.h"

#include <string.h>

/* ---- the sheets ------------------------------------------------------------------------------------------ */

static void add_if(struct sheet *s, const char *label, enum role role, const char *text)
{
    if (text[0])
        sheet_add(s, 4, label, role, text);
}

/* "    undo: ...", a line each: what a plan says of a step as text, with its word in the column of labels. */
static void add_told(struct sheet *s, const char *label, const struct buf *told)
{
    struct buf lines = {0};
    for (const char *at = told->data, *end; at && *at; at = end + (*end == '\n')) {
        end = at + strcspn(at, "\n");
        at += strspn(at, " ");
        if (strncmp(at, label, strlen(label)) == 0 && at[strlen(label)] == ':')
            at += strlen(label) + 2;
        buf_printf(&lines, "%.*s\n", (int)(end - at), at);
    }
    if (lines.data)
        sheet_add_lines(s, 4, label, ROLE_NORMAL, lines.data);
    buf_free(&lines);
}

static void add_json_lines(struct sheet *s, const char *label, const cJSON *lines)
{
    const cJSON *line;
    cJSON_ArrayForEach(line, lines)
    {
        const char *text = line->valuestring;
        sheet_add(s, 4, line == lines->child ? label : "",
                  !label[0] || *text == ' ' ? ROLE_NORMAL : *text == '+' ? ROLE_OK : *text == '-' ? ROLE_WARNING
                                                                                                 : ROLE_NORMAL, text);
    }
}

static void add_step(struct wizarding *w, struct sheet *s, const struct plan *plan, size_t i)
{
    static void (*const told[])(const struct plan *, size_t, struct buf *) = {plan_step_proof, plan_step_undo};
    static const char *const labels[] = {"proof", "undo"};
    struct step_view step = plan_step(plan, i);
    struct arena *frame = w->app->frame;
    sheet_add(s, 0, NULL, ROLE_NORMAL, "");
    sheet_add(s, 0, NULL, ROLE_STRONG, arena_printf(frame, "%2zu  %s", i + 1, step.title));
    if (step.kind == STEP_CALL)
        sheet_add(s, 4, "sends", ROLE_NORMAL, arena_printf(frame, "%s in account %s, %s", step.call, step.account,
                                                         step.region));
    add_if(s, "you", ROLE_NORMAL, step.where);
    add_if(s, "target", ROLE_NORMAL, step.target);
    add_json_lines(s, "", step.lines);
    add_if(s, "then", ROLE_NORMAL, step.question);
    add_if(s, "cost", ROLE_NORMAL, step.cost);
    add_if(s, "time", ROLE_NORMAL, step.time);
    if (step.gives[0])
        sheet_add(s, 4, "gives", ROLE_NORMAL, arena_printf(frame, "what is called ${keyfall:%s} elsewhere", step.gives));
    add_json_lines(s, "policy", step.diff);
    for (size_t k = 0; k < 2; k++) {
        struct buf text = {0};
        told[k](plan, i, &text);
        add_told(s, labels[k], &text);
        buf_free(&text);
    }
}

static const char promise[] =
    "Each thing is read right before it is changed, and again after it. Between the reading and the change lies one "
    "round trip: what somebody else changes in that moment is not noticed.";

void preview_begin(struct wizarding *w)
{
    const struct plan *plan = clerk_read(w->clerk)->plan;
    struct sheet *s = &w->preview;
    struct buf cli = {0};
    clerk_read_end(w->clerk);
    sheet_free(s);
    sheet_free(&w->cli);
    w->is_cli = false;
    w->wizard = plan_wizard(plan);
    sheet_add(s, 0, NULL, ROLE_STRONG, plan_title(plan));
    for (size_t i = 0; i < plan_warnings(plan); i++)
        sheet_add(s, 0, NULL, ROLE_WARNING, arena_printf(w->app->frame, "! %s", plan_warning(plan, i)));
    for (size_t i = 0; i < plan_steps(plan); i++)
        add_step(w, s, plan, i);
    sheet_add(s, 0, NULL, ROLE_NORMAL, "");
    sheet_add(s, 0, NULL, ROLE_NORMAL, plan_steps(plan) > 0 ? promise : "Nothing is left to do.");
    sheet_add(s, 0, NULL, ROLE_DIM, arena_printf(w->app->frame, "plan %s", plan_id(plan)));
    plan_cli(plan, &cli);
    sheet_add_lines(&w->cli, 0, NULL, ROLE_NORMAL, cli.data);
    buf_free(&cli);
}

/* ---- the page -------------------------------------------------------------------------------------------- */

static void preview_draw(struct wizarding *w, struct grid *g, struct rect body)
{
    struct sheet *s = w->is_cli ? &w->cli : &w->preview;
    struct buf where = {0};
    struct rect r = {body.x + 1, body.y, body.w - 2, body.h - 1};
    sheet_draw(s, g, r);
    sheet_where(s, &where);
    stage_hint(g, &body, ROLE_MESSAGE, arena_printf(w->app->frame, "%s   %s", w->may_resume
                                                   ? "a run of it did not end: enter takes it up again"
                                                   : "nothing has been sent to AWS yet", where.data ? where.data : ""));
    buf_free(&where);
}

/* Beside the exports, under a name of its own. */
static void save(struct wizarding *w, const struct plan *plan)
{
    struct app *app = w->app;
    const char *inside = app->options->export_dir;
    char *name = mem_printf("keyfall-%s-%.8s.json", w->wizard->name, plan_id(plan));
    struct export_file file;
    struct buf text = {0};
    struct err err;
    plan_write(plan, &text);
    enum err_code code = export_open(&file, inside, name, &err);
    if (code == ERR_OK) {
        (void)fwrite(text.data, 1, text.len, file.file);
        code = export_close(&file, &err);
        export_abandon(&file);
    }
    if (code == ERR_OK)
        app_say(app, ROLE_MESSAGE, "the plan is in %s%s%s", inside ? inside : "", inside ? "/" : "", name);
    else
        app_say(app, ROLE_ERROR, "%s", err.text);
    buf_free(&text);
    mem_free(name);
}

static void go_on(struct wizarding *w, const struct plan *plan)
{
    if (w->app->options->cli->is_demo)
        app_say(w->app, ROLE_WARNING, "the demo plans, and runs nothing: there is nothing that it could change");
    else if (plan_steps(plan) == 0)
        app_say(w->app, ROLE_MESSAGE, "nothing is left to do");
    else
        confirm_begin(w);
}

static bool preview_act(struct wizarding *w, enum action action)
{
    const struct plan *plan = clerk_read(w->clerk)->plan;
    enum scroll_motion motion;
    clerk_read_end(w->clerk);
    if (action_motion(action, &motion))
        sheet_scroll(w->is_cli ? &w->cli : &w->preview, motion);
    else if (action == ACTION_GO_ON)
        go_on(w, plan);
    else if (action == ACTION_PLAN_CLI)
        w->is_cli = !w->is_cli;
    else if (action == ACTION_PLAN_SAVE)
        save(w, plan);
    else if (action == ACTION_BACK && w->is_cli)
        w->is_cli = false;
    else if (action == ACTION_BACK && w->may_resume)
        app_back(w->app);
    else if (action == ACTION_BACK)
        stage_go(w, STAGE_INPUTS);
    else
        return false;
    return true;
}

const struct stage_ops preview_ops = {.word = "preview", .draw = preview_draw, .act = preview_act};

/* ---- confirm: over the preview --------------------------------------------------------------------------- */

void confirm_begin(struct wizarding *w)
{
    const struct plan *plan = clerk_read(w->clerk)->plan;
    size_t n_calls = 0, n_yours = 0;
    clerk_read_end(w->clerk);
    for (size_t i = 0; i < plan_steps(plan); i++) {
        n_calls += plan_step(plan, i).kind == STEP_CALL;
        n_yours += plan_step(plan, i).kind == STEP_HUMAN;
    }
    mem_free(w->confirm_text);
    w->confirm_text = mem_printf("%zu call%s %s sent to AWS, %zu step%s yours. If it stops, what is done stays done, is "
                                 "told, and can be taken up again.\n\nTo run it, type\n%s", n_calls,
                                 n_calls == 1 ? "" : "s", n_calls == 1 ? "is" : "are", n_yours,
                                 n_yours == 1 ? " is" : "s are", plan_phrase(plan));
    confirm_free(&w->confirm);
    w->confirm = (struct confirm){.title = plan_title(plan), .text = w->confirm_text, .ask = ">",
                                  .phrase = plan_phrase(plan)};
    stage_go(w, STAGE_CONFIRM);
}

static void confirm_draw_page(struct wizarding *w, struct grid *g, struct rect body)
{
    preview_draw(w, g, body);
    confirm_draw(g, body, &w->confirm);
}

static bool confirm_take(struct wizarding *w, const struct event *ev)
{
    enum confirm_result result = confirm_event(&w->confirm, ev);
    if (result == CONFIRM_NO) {
        stage_go(w, STAGE_PREVIEW);
    } else if (result == CONFIRM_YES) {
        mem_free(w->phrase);
        w->phrase = mem_strdup(w->confirm.phrase);
        run_begin(w, w->may_resume);
    }
    return ev->kind == EV_KEY || ev->kind == EV_PASTE;
}

static bool confirm_act(struct wizarding *w, enum action action)
{
    (void)w;
    (void)action;
    return true; /* all keys are the phrase's */
}

const struct stage_ops confirm_ops = {.word = "confirm", .draw = confirm_draw_page, .act = confirm_act,
                                      .take = confirm_take};
