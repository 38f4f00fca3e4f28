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

static void add_lines(struct sheet *s, const cJSON *lines)
{
    const cJSON *line;
    cJSON_ArrayForEach(line, lines) sheet_add(s, 4, "", ROLE_NORMAL, line->valuestring);
}

static bool are_texts(const cJSON *list)
{
    const cJSON *one;
    cJSON_ArrayForEach(one, list) if (!cJSON_IsString(one)) return false;
    return list->child;
}

/* A member of a statement, and those in it: "Action: kms:Encrypt, kms:Decrypt", "Principal AWS: arn:...". */
static void add_member(struct sheet *s, const char *sign, enum role role, const char *path, const cJSON *member)
{
    struct buf text = {0};
    const cJSON *one;
    buf_printf(&text, "%s%s", path, member->string);
    if (cJSON_IsObject(member) && member->child) {
        buf_adds(&text, " ");
        cJSON_ArrayForEach(one, member) add_member(s, sign, role, text.data, one);
        buf_free(&text);
        return;
    }
    buf_adds(&text, ": ");
    if (cJSON_IsString(member)) {
        buf_adds(&text, member->valuestring);
    } else if (cJSON_IsArray(member) && are_texts(member)) {
        cJSON_ArrayForEach(one, member) buf_printf(&text, "%s%s", one == member->child ? "" : ", ", one->valuestring);
    } else {
        char *json = cJSON_PrintUnformatted(member);
        buf_adds(&text, json);
        cJSON_free(json);
    }
    sheet_add(s, 12, sign, role, text.data);
    buf_free(&text);
}

/* "+ {a statement}": its members, a line each; as it is if it is none, or would not be printed the same. */
static void add_statement(struct sheet *s, const char *line)
{
    static const struct {
        const char *sign;
        enum role role;
    } signs[] = {{"+", ROLE_OK}, {"-", ROLE_WARNING}, {" ", ROLE_DIM}};
    size_t at = line[0] == '+' ? 0 : line[0] == '-' ? 1 : 2;
    cJSON *statement = line[0] ? cJSON_Parse(line + 1) : NULL;
    char *printed = statement ? cJSON_PrintUnformatted(statement) : NULL;
    const cJSON *member;
    if (cJSON_IsObject(statement) && printed && strcmp(printed, line + 1 + strspn(line + 1, " ")) == 0) {
        cJSON_ArrayForEach(member, statement)
            add_member(s, signs[at].sign, signs[at].role, member == statement->child ? "" : "  ", member);
    } else {
        sheet_add(s, 12, NULL, signs[at].role, line);
    }
    cJSON_free(printed);
    cJSON_Delete(statement);
}

static void add_policy(struct sheet *s, const cJSON *diff)
{
    const cJSON *line;
    if (diff)
        sheet_add(s, 4, "policy", ROLE_NORMAL, "its statements: + is added, - is taken away");
    cJSON_ArrayForEach(line, diff) add_statement(s, line->valuestring);
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
    add_lines(s, step.lines);
    add_if(s, "then", ROLE_NORMAL, step.question);
    add_if(s, "cost", ROLE_NORMAL, step.cost);
    add_if(s, "time", ROLE_NORMAL, step.time);
    if (step.gives[0])
        sheet_add(s, 4, "gives", ROLE_NORMAL, arena_printf(frame, "what is called ${keyfall:%s} elsewhere", step.gives));
    add_policy(s, step.diff);
    for (size_t k = 0; k < 2; k++) {
        struct buf text = {0};
        told[k](plan, i, &text);
        add_told(s, labels[k], &text);
        buf_free(&text);
    }
}

/* What a plan comes to, the caller's texts. */
struct summary {
    size_t n_calls, n_yours;
    const char *account, *region; /* of all its calls; NULL: of several */
    size_t no_way_back;           /* from which step on there is none, from 1; 0: there is */
};

static struct summary summary_of(const struct plan *plan)
{
    struct summary sum = {0};
    for (size_t i = 0; i < plan_steps(plan); i++) {
        struct step_view step = plan_step(plan, i);
        if (step.has_no_way_back && !sum.no_way_back)
            sum.no_way_back = i + 1;
        sum.n_yours += step.kind == STEP_HUMAN;
        if (step.kind != STEP_CALL)
            continue;
        bool is_same = sum.n_calls++ == 0 || (sum.account && strcmp(sum.account, step.account) == 0 &&
                                              strcmp(sum.region, step.region) == 0);
        sum.account = is_same ? step.account : NULL;
        sum.region = step.region;
    }
    return sum;
}

/* "5 calls go to AWS, in account 111122223333, us-east-1; 4 steps are yours." */
static const char *told_calls(struct arena *arena, const struct summary *sum)
{
    const char *calls = sum->n_calls == 1 ? "call goes" : "calls go";
    const char *place = sum->account ? arena_printf(arena, "account %s, %s", sum->account, sum->region)
                                     : "several accounts or Regions";
    const char *yours = sum->n_yours == 0 ? ""
                                          : arena_printf(arena, "; %zu step%s yours", sum->n_yours,
                                                         sum->n_yours == 1 ? " is" : "s are");
    return sum->n_calls == 0 ? arena_printf(arena, "No call goes to AWS%s.", yours)
                             : arena_printf(arena, "%zu %s to AWS, in %s%s.", sum->n_calls, calls, place, yours);
}

/* NULL: there is one. */
static const char *told_no_way_back(struct arena *arena, const struct plan *plan, const struct summary *sum)
{
    return sum->no_way_back ? arena_printf(arena, "No way back from step %zu on: %s.", sum->no_way_back,
                                           plan_step(plan, sum->no_way_back - 1).title) : NULL;
}

static void add_section(struct sheet *s, const char *word)
{
    sheet_add(s, 0, NULL, ROLE_NORMAL, "");
    sheet_add(s, 0, NULL, ROLE_SECTION, word);
}

/* What the plan is, what to beware of, its steps in a line each. */
static void add_summary(struct wizarding *w, struct sheet *s, const struct plan *plan)
{
    struct arena *frame = w->app->frame;
    struct summary sum = summary_of(plan);
    const char *no_way_back = told_no_way_back(frame, plan, &sum);
    sheet_add(s, 0, NULL, ROLE_STRONG, plan_title(plan));
    sheet_add(s, 0, NULL, ROLE_NORMAL, told_calls(frame, &sum));
    if (no_way_back)
        sheet_add(s, 0, "!", ROLE_WARNING, no_way_back);
    for (size_t i = 0; i < plan_warnings(plan); i++)
        sheet_add(s, 0, "!", ROLE_WARNING, plan_warning(plan, i));
    add_section(s, "IN SHORT");
    for (size_t i = 0; i < plan_steps(plan); i++) {
        struct step_view step = plan_step(plan, i);
        sheet_add(s, 0, step.kind == STEP_HUMAN ? "you" : step.kind == STEP_CALL ? "AWS" : "", ROLE_NORMAL,
                  arena_printf(frame, "%2zu  %s", i + 1, step.title));
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
    add_summary(w, s, plan);
    add_section(s, "STEP BY STEP");
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

static const char *told_state(const struct wizarding *w)
{
    return w->may_resume ? "a run of it did not end: enter takes it up again" : "nothing has been sent to AWS yet";
}

static void preview_draw(struct wizarding *w, struct grid *g, struct rect body)
{
    struct sheet *s = w->is_cli ? &w->cli : &w->preview;
    struct buf where = {0};
    struct rect r = {body.x + 1, body.y, body.w - 2, body.h - 1};
    sheet_draw(s, g, r);
    sheet_where(s, &where);
    stage_hint(g, &body, ROLE_MESSAGE, arena_printf(w->app->frame, "%s   %s", told_state(w), where.data ? where.data : ""));
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

/* ---- confirm: a page of its own --------------------------------------------------------------------------- */

void confirm_begin(struct wizarding *w)
{
    const struct plan *plan = clerk_read(w->clerk)->plan;
    struct arena *frame = w->app->frame;
    clerk_read_end(w->clerk);
    struct summary sum = summary_of(plan);
    const char *no_way_back = told_no_way_back(frame, plan, &sum);
    mem_free(w->confirm_text);
    mem_free(w->confirm_care);
    w->confirm_text = mem_printf("%s If it stops, what is done stays done, is told, and can be taken up again.",
                                 told_calls(frame, &sum));
    w->confirm_care = no_way_back ? mem_printf("! %s", no_way_back) : NULL;
    confirm_free(&w->confirm);
    w->confirm = (struct confirm){.title = plan_title(plan), .text = w->confirm_text, .care = w->confirm_care,
                                  .ask = "To run it, type", .phrase = plan_phrase(plan), .shows_phrase = true};
    stage_go(w, STAGE_CONFIRM);
}

static void confirm_draw_page(struct wizarding *w, struct grid *g, struct rect body)
{
    stage_hint(g, &body, ROLE_MESSAGE, told_state(w));
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

static const struct key_hint *confirm_typing(struct wizarding *w, size_t *n)
{
    static const struct key_hint hints[] = {{.key = "enter", .label = "run"}, {.key = "^u", .label = "clear"},
                                            {.key = "esc", .label = "back"}};
    (void)w;
    *n = sizeof hints / sizeof *hints;
    return hints;
}

static bool confirm_act(struct wizarding *w, enum action action)
{
    (void)w;
    (void)action;
    return true; /* all keys are the phrase's */
}

const struct stage_ops confirm_ops = {.word = "confirm", .draw = confirm_draw_page, .act = confirm_act,
                                      .take = confirm_take, .typing = confirm_typing};
