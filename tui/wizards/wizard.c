#include "tui/wizards/pages.h"

#include <string.h>

static const struct stage_ops *const stages[STAGE_COUNT] = {
    [STAGE_CHOOSE] = &choose_ops,   [STAGE_INPUTS] = &inputs_ops, [STAGE_PREVIEW] = &preview_ops,
    [STAGE_CONFIRM] = &confirm_ops, [STAGE_RUN] = &run_ops,
};

void stage_go(struct wizarding *w, enum stage stage)
{
    w->stage = stage;
    w->app->is_dirty = true;
}

void stage_hint(struct grid *g, struct rect *body, enum role role, const char *text)
{
    body->h--;
    grid_put_fit(g, body->x + 1, body->y + body->h, body->w - 2, role, text, 0);
}

/* ---- the page -------------------------------------------------------------------------------------------- */

#define HEAD_ROWS 2

/* "rescue    choose  inputs  [preview]  confirm  run" */
static void draw_head(const struct wizarding *w, struct grid *g, struct rect body)
{
    bool is_chosen = w->stage > STAGE_CHOOSE && w->wizard;
    struct span name[] = {{ROLE_TITLE, " "}, {ROLE_TITLE, is_chosen ? w->wizard->name : "wizards"}};
    struct span words[STAGE_COUNT + 1] = {[STAGE_COUNT] = {ROLE_TAB, " "}};
    for (int i = 0; i < STAGE_COUNT; i++) {
        bool is_here = i == (int)w->stage;
        words[i] = (struct span){is_here ? ROLE_TAB_ACTIVE : ROLE_TAB,
                                 arena_printf(w->app->frame, is_here ? "[%s]" : " %s ", stages[i]->word)};
    }
    spans_draw_ends(g, body.x, body.y, body.w, name, 2, words, STAGE_COUNT + 1);
    grid_hline(g, body.x, body.y + 1, body.w, ROLE_BORDER, GLYPH_H);
}

static void wizard_draw(struct page *p, struct grid *g, struct rect body)
{
    struct wizarding *w = p->app->wizard;
    draw_head(w, g, body);
    stages[w->stage]->draw(w, g, (struct rect){body.x, body.y + HEAD_ROWS, body.w, body.h - HEAD_ROWS});
}

static bool wizard_act(struct page *p, enum action action)
{
    return stages[p->app->wizard->stage]->act(p->app->wizard, action);
}

static bool wizard_take(struct page *p, const struct event *ev)
{
    struct wizarding *w = p->app->wizard;
    return stages[w->stage]->take && stages[w->stage]->take(w, ev);
}

static const struct key_hint *wizard_typing(struct page *p, size_t *n)
{
    struct wizarding *w = p->app->wizard;
    return stages[w->stage]->typing ? stages[w->stage]->typing(w, n) : NULL;
}

static void wizard_place(struct page *p, struct buf *out)
{
    (void)p;
    buf_adds(out, "wizard");
}

/* The ARN that a person is told, else the commands. */
static void wizard_copied(struct page *p, struct buf *out)
{
    struct wizarding *w = p->app->wizard;
    const struct clerk_news *news = clerk_read(w->clerk);
    const char *arn = told_arn(news);
    if (arn)
        buf_add(out, arn, strcspn(arn, " \n,;"));
    else if (news->plan)
        plan_cli(news->plan, out);
    clerk_read_end(w->clerk);
}

static uint32_t wizard_node(struct page *p)
{
    (void)p;
    return 0;
}

static void wizard_page_free(struct page *p)
{
    mem_free(p);
}

static const struct page_ops wizard_ops = {
    .context = KEYS_WIZARD,
    .draw = wizard_draw,
    .act = wizard_act,
    .take = wizard_take,
    .typing = wizard_typing,
    .place = wizard_place,
    .copied = wizard_copied,
    .node = wizard_node,
    .free = wizard_page_free,
};

bool wizard_shows_plan(const struct app *app)
{
    return app->top->ops == &wizard_ops && app->wizard->stage == STAGE_PREVIEW;
}

static void show(struct app *app)
{
    if (app->top->ops == &wizard_ops)
        return;
    struct page *page = mem_alloc(sizeof *page);
    *page = (struct page){.ops = &wizard_ops, .app = app};
    app_push(app, page);
}

/* ---- opening --------------------------------------------------------------------------------------------- */

static void forget(struct wizarding *w)
{
    clerk_free(w->clerk);
    VEC_FREE(w->offered);
    form_free(&w->form);
    sheet_free(&w->preview);
    sheet_free(&w->cli);
    sheet_free(&w->run);
    confirm_free(&w->confirm);
    mem_free(w->confirm_text);
    mem_free(w->confirm_care);
    mem_free(w->phrase);
    prompt_free(&w->answer);
}

/* Whether the run that was here last did not come to its end. */
static bool is_unfinished(struct app *app)
{
    if (!app->wizard)
        return false;
    const struct clerk_news *news = clerk_read(app->wizard->clerk);
    bool is = news->state == CLERK_ENDED && (news->end == RUN_STOPPED || news->end == RUN_WAITS);
    clerk_read_end(app->wizard->clerk);
    return is;
}

/* A wizard from its beginning; false: something goes on already, and is shown. */
static bool begin(struct app *app, uint32_t node)
{
    if (wizard_is_running(app)) {
        app_say(app, ROLE_MESSAGE, "a plan runs already: this is it");
        show(app);
        return false;
    }
    struct clerk *clerk = clerk_new(app->options->cli);
    if (!clerk) {
        app_say(app, ROLE_ERROR, "no thread could be started");
        return false;
    }
    if (is_unfinished(app))
        app_say(app, ROLE_WARNING, "a plan stopped before its end: :wizard resume takes it up again");
    wizard_free(app);
    app->wizard = mem_alloc(sizeof *app->wizard);
    *app->wizard = (struct wizarding){.app = app, .clerk = clerk, .node = node};
    return true;
}

static bool fits(const struct app *app, const struct wizard *wizard, uint32_t node)
{
    cJSON *presets = app->snapshot ? wizard_presets(wizard, app->snapshot->generation, node) : NULL;
    bool is_fit = presets;
    cJSON_Delete(presets);
    return is_fit;
}

void wizard_open(struct app *app, uint32_t node)
{
    if (!begin(app, node))
        return;
    struct wizarding *w = app->wizard;
    for (size_t i = 0; wizard_at(i); i++)
        if (!node || fits(app, wizard_at(i), node))
            VEC_PUSH(w->offered, wizard_at(i));
    show(app);
    if (w->offered.n == 1)
        inputs_begin(w, w->offered.items[0]);
}

#define RESUME "resume"

/* The run that began last and did not end, in this program or in an earlier one, of those whose plan's id begins so. */
static void take_up(struct app *app, const char *id)
{
    if (!begin(app, 0))
        return;
    app->wizard->may_resume = true;
    clerk_find(app->wizard->clerk, id);
    stage_go(app->wizard, STAGE_INPUTS);
    show(app);
}

void wizard_open_named(struct app *app, const char *name)
{
    const struct wizard *wizard = wizard_by_name(name);
    const char *reason = action_reason(ACTION_WIZARD, app_have(app) | NEED_ROW | NEED_RECORD);
    if (reason)
        app_say(app, ROLE_WARNING, "%s is %s", action_label(ACTION_WIZARD), reason);
    else if (strncmp(name, RESUME, strlen(RESUME)) == 0)
        take_up(app, name + strlen(RESUME) + strspn(name + strlen(RESUME), " "));
    else if (name[0] && !wizard)
        app_say(app, ROLE_WARNING, "there is no wizard \"%.40s\"; :wizard shows them", name);
    else if (!wizard)
        wizard_open(app, 0);
    else if (begin(app, 0)) {
        VEC_PUSH(app->wizard->offered, wizard);
        show(app);
        inputs_begin(app->wizard, wizard);
    }
}

void wizard_offer(struct app *app, const char *begin, void (*offer)(struct app *app, const char *begin, const char *word))
{
    for (size_t i = 0; wizard_at(i); i++)
        offer(app, begin, wizard_at(i)->name);
    offer(app, begin, RESUME);
}

/* ---- the app's turns ------------------------------------------------------------------------------------- */

int wizard_fd(const struct app *app)
{
    return app->wizard ? clerk_fd(app->wizard->clerk) : -1;
}

void wizard_collect(struct app *app)
{
    struct wizarding *w = app->wizard;
    if (!w)
        return;
    clerk_drain(w->clerk);
    if (stages[w->stage]->news)
        stages[w->stage]->news(w);
    app->is_dirty = true;
}

bool wizard_is_running(const struct app *app)
{
    return app->wizard && clerk_is_running(app->wizard->clerk);
}

static void choose_quitting(struct app *app, const char *name)
{
    app->is_quitting = strcmp(name, "stop and quit") == 0;
}

bool wizard_may_quit(struct app *app)
{
    static const struct choice choice = {.title = "A plan runs", .choose = choose_quitting};
    if (!wizard_is_running(app))
        return true;
    const struct clerk_news *news = clerk_read(app->wizard->clerk);
    size_t n_done = 0;
    for (size_t i = 0; i < news->steps.n; i++)
        n_done += clerk_step_is_over(&news->steps.items[i]);
    struct choice_item *items = mem_alloc_array(2, sizeof *items);
    items[0] = (struct choice_item){mem_strdup("stay"), mem_strdup("until it is done")};
    items[1] = (struct choice_item){mem_strdup("stop and quit"),
                                    mem_printf("%zu of %zu steps done; the rest is left", n_done, news->steps.n)};
    clerk_read_end(app->wizard->clerk);
    app_choose(app, &choice, items, 2, 0);
    return false;
}

void wizard_free(struct app *app)
{
    if (!app->wizard)
        return;
    forget(app->wizard);
    mem_free(app->wizard);
    app->wizard = NULL;
}
