/* run: each step as it goes, what a person is asked, and how it ended. */
#include "tui/wizards/pages.h"

#include "tui/widgets/paragraph.h"

#include <string.h>

static const struct {
    const char *word;
    enum role role;
} marks[] = {
    [RUN_STEP] = {"begins", ROLE_STRONG},  [RUN_SKIPPED] = {"earlier", ROLE_OK},  [RUN_SENT] = {"sent", ROLE_STRONG},
    [RUN_WAITING] = {"waits", ROLE_WARNING}, [RUN_ASKS] = {"you", ROLE_WARNING}, [RUN_PROVED] = {"done", ROLE_OK},
    [RUN_CONFIRMED] = {"by you", ROLE_NORMAL},
    [RUN_SAYS] = {"", ROLE_NORMAL},
};

static const struct {
    const char *word;
    enum role role;
} ends[] = {
    [RUN_DONE] = {"DONE", ROLE_OK},
    [RUN_STOPPED] = {"STOPPED", ROLE_ERROR},
    [RUN_WAITS] = {"STOPPED, it waits for you", ROLE_WARNING},
    [RUN_REFUSED] = {"NOTHING WAS SENT", ROLE_WARNING},
};

void run_begin(struct wizarding *w, bool may_resume)
{
    clerk_run(w->clerk, w->phrase, may_resume);
    w->is_collected = false;
    w->showing = SIZE_MAX;
    prompt_set(&w->answer, "");
    stage_go(w, STAGE_RUN);
}

/* ---- drawing --------------------------------------------------------------------------------------------- */

/* Where what is told of a step begins: below its title, but at the edge of a narrow page, so that an ARN to be copied by
 * hand stands in one line. */
#define WIDE_COLS 100
#define TOLD_INDENT 12

static bool is_going(const struct clerk_news *news)
{
    return news->state == CLERK_RUNS || news->state == CLERK_ASKS;
}

/* What a person does begins with the place where it is done. */
static void add_told(struct sheet *s, int indent, const struct clerk_step *step)
{
    size_t len = step->last == RUN_ASKS ? strcspn(step->text, "\n") : 0;
    char *place = mem_strndup(step->text, len);
    if (len > 0)
        sheet_add(s, indent, NULL, ROLE_SECTION, place);
    sheet_add_lines(s, indent, NULL, ROLE_NORMAL, step->text + len + (len > 0 && step->text[len]));
    mem_free(place);
}

static void add_step(struct wizarding *w, const struct clerk_news *news, size_t i)
{
    const struct clerk_step *step = &news->steps.items[i];
    bool is_now = is_going(news) && i == news->step && step->is_begun;
    struct arena *frame = w->app->frame;
    char since[32] = "";
    if (is_now && step->last != RUN_ASKS)
        snprintf(since, sizeof since, "   %lld s", (long long)(time_mono_ms() - step->since_ms) / 1000);
    sheet_add(&w->run, 0, step->is_begun ? marks[step->last].word : "", is_now ? ROLE_STRONG
              : step->is_begun ? marks[step->last].role : ROLE_DIM,
              arena_printf(frame, "%2zu  %s%s", i + 1, plan_step(news->plan, i).title, since));
    if (step->text && (is_now || step->last == RUN_ASKS))
        add_told(&w->run, w->app->grid.w < WIDE_COLS ? 0 : TOLD_INDENT, step);
}

/* at: the one that is brought into view. */
static void add_steps(struct wizarding *w, const struct clerk_news *news, size_t at)
{
    for (size_t i = 0; i < news->steps.n; i++) {
        if (i == at)
            sheet_show(&w->run);
        add_step(w, news, i);
    }
}

/* " 3  not done  Name the key" and what follows: what is not done is what to look at. */
static void add_left(struct sheet *s, const char *left)
{
    for (const char *end; *left; left = end + (*end == '\n')) {
        end = left + strcspn(left, "\n");
        const char *state = left + strspn(left, " 0123456789");
        enum role role = strncmp(state, "done ", 5) == 0 ? ROLE_OK : strncmp(state, "unsure ", 7) == 0 ? ROLE_ERROR
                                                                                                   : ROLE_NORMAL;
        char *line = mem_strndup(left, (size_t)(end - left));
        bool is_heading = end > left && end[-1] == ':';
        if (is_heading)
            sheet_add(s, 0, NULL, ROLE_NORMAL, "");
        sheet_add(s, 0, NULL, is_heading ? ROLE_SECTION : role, line);
        mem_free(line);
    }
}

/* How it ended comes first; then every step. */
static void add_end(struct wizarding *w, const struct clerk_news *news)
{
    struct sheet *s = &w->run;
    bool may_resume = news->end == RUN_WAITS || news->end == RUN_STOPPED;
    sheet_add(s, 0, NULL, ends[news->end].role, ends[news->end].word);
    if (news->end != RUN_DONE)
        sheet_add(s, 0, NULL, ROLE_STRONG, news->err.text);
    if (news->says.data)
        sheet_add_lines(s, 0, NULL, ROLE_NORMAL, news->says.data);
    if (may_resume)
        sheet_add(s, 0, NULL, ROLE_NORMAL, "What is done stays done: r goes on from here, and so does :wizard resume, also "
                                           "on another day.");
    sheet_add(s, 0, NULL, ROLE_NORMAL, "");
    if (news->left.data)
        add_left(s, news->left.data);
    else
        add_steps(w, news, SIZE_MAX);
}

/* The step that it is at is brought into view once, and once more when all that is asked there is told; then the page
 * stays where it is scrolled to. */
static void make_sheet(struct wizarding *w, const struct clerk_news *news)
{
    size_t at = news->state == CLERK_ENDED ? news->steps.n : news->step;
    size_t showing = 2 * at + (news->state == CLERK_ASKS);
    bool is_new = w->showing != showing;
    w->showing = showing;
    sheet_clear(&w->run);
    if (news->state != CLERK_ENDED) {
        add_steps(w, news, is_new ? at : SIZE_MAX);
        return;
    }
    if (is_new)
        sheet_show(&w->run);
    add_end(w, news);
}

const char *told_arn(const struct clerk_news *news)
{
    const char *told = news->step < news->steps.n ? news->steps.items[news->step].text : NULL;
    return told ? strstr(told, "arn:aws") : NULL;
}

static const char *hint_of(const struct clerk_news *news)
{
    if (news->state == CLERK_ASKS)
        return "it waits for your answer";
    if (is_going(news))
        return "it runs: esc leaves or stops";
    return news->end == RUN_DONE ? "esc leaves" : "r takes it up again   esc leaves";
}

/* Below a line, at the bottom of r: the question, and room for its answer. */
static void draw_question(struct wizarding *w, const char *question, struct grid *g, struct rect *r)
{
    int asked = paragraph_lines(g, r->w, question), rows = value_rows(&w->answer, r->w - 2);
    r->h -= asked + rows + 1;
    int y = r->y + r->h;
    grid_hline(g, r->x, y++, r->w, ROLE_BORDER, GLYPH_H);
    y += paragraph_draw(g, (struct rect){r->x, y, r->w, asked}, ROLE_WARNING, question, 0);
    grid_put(g, r->x, y, 2, ROLE_KEY, "> ");
    (void)value_draw(&w->answer, g, (struct rect){r->x + 2, y, r->w - 2, rows}, true);
}

static void run_draw(struct wizarding *w, struct grid *g, struct rect body)
{
    const struct clerk_news *news = clerk_read(w->clerk);
    struct buf where = {0};
    make_sheet(w, news);
    struct rect r = {body.x + 1, body.y, body.w - 2, body.h - 1};
    if (news->state == CLERK_ASKS)
        draw_question(w, news->question.data, g, &r);
    bool is_timed = news->state == CLERK_RUNS;
    const char *hint = hint_of(news);
    clerk_read_end(w->clerk);
    sheet_draw(&w->run, g, r);
    sheet_where(&w->run, &where);
    stage_hint(g, &body, ROLE_MESSAGE, arena_printf(w->app->frame, "%s   %s", hint, where.data ? where.data : ""));
    buf_free(&where);
    if (is_timed)
        w->app->redraw_at_ms = time_mono_ms() + 1000;
}

/* ---- keys ------------------------------------------------------------------------------------------------ */

static void choose_leaving(struct app *app, const char *name)
{
    if (strcmp(name, "stop") == 0)
        clerk_stop(app->wizard->clerk);
    if (strcmp(name, "leave") == 0)
        app_back(app);
}

static void ask_leaving(struct wizarding *w)
{
    static const struct choice choice = {.title = "The plan runs", .choose = choose_leaving};
    static const char *const items[][2] = {{"stay", "go on looking"},
                                           {"leave", "it goes on; x or :wizard comes back to it"},
                                           {"stop", "at the next place where it can be taken up again"}};
    struct choice_item *given = mem_alloc_array(3, sizeof *given);
    for (size_t i = 0; i < 3; i++)
        given[i] = (struct choice_item){mem_strdup(items[i][0]), mem_strdup(items[i][1])};
    app_choose(w->app, &choice, given, 3, 0);
}

static void answer(struct wizarding *w)
{
    if (!prompt_text(&w->answer)[0]) {
        app_say(w->app, ROLE_WARNING, "type the answer, or esc");
        return;
    }
    clerk_answer(w->clerk, prompt_text(&w->answer));
    prompt_set(&w->answer, "");
    w->showing = SIZE_MAX; /* if it is asked again, its step is read again from its first line */
}

static bool run_take(struct wizarding *w, const struct event *ev)
{
    bool asks = clerk_read(w->clerk)->state == CLERK_ASKS;
    clerk_read_end(w->clerk);
    enum scroll_motion motion;
    if (!asks || (ev->kind == EV_KEY && action_motion(keymap_find(&w->app->keys, KEYS_WIZARD, ev->key), &motion) &&
                  (ev->key & ~KEY_MODS) >= TKEY_FIRST && ev->key != TKEY_LEFT && ev->key != TKEY_RIGHT))
        return false;
    switch (prompt_event(&w->answer, ev)) {
    case PROMPT_ACCEPTED:
        answer(w);
        return true;
    case PROMPT_CANCELLED:
        ask_leaving(w);
        return true;
    default:
        return true;
    case PROMPT_IGNORED:
        return false;
    }
}

static const struct key_hint *run_typing(struct wizarding *w, size_t *n)
{
    static const struct key_hint hints[] = {
        {.key = "enter", .label = "answer"}, {.key = "^u", .label = "clear"},    {.key = "pgup pgdn", .label = "read on"},
        {.key = "esc", .label = "leave or stop"}, {.key = "^y", .label = "copy the ARN"}};
    const struct clerk_news *news = clerk_read(w->clerk);
    bool asks = news->state == CLERK_ASKS, has_arn = asks && told_arn(news);
    clerk_read_end(w->clerk);
    *n = sizeof hints / sizeof *hints - !has_arn;
    return asks ? hints : NULL;
}

static bool run_act(struct wizarding *w, enum action action)
{
    const struct clerk_news *news = clerk_read(w->clerk);
    bool is_now = is_going(news), may_resume = !is_now && news->end != RUN_DONE;
    enum scroll_motion motion;
    clerk_read_end(w->clerk);
    if (action_motion(action, &motion))
        sheet_scroll(&w->run, motion);
    else if (action == ACTION_BACK && is_now)
        ask_leaving(w);
    else if (action == ACTION_RESUME && may_resume)
        run_begin(w, true);
    else
        return action == ACTION_GO_ON;
    return true;
}

/* What it changed is read again. */
static void run_news(struct wizarding *w)
{
    bool is_ended = clerk_read(w->clerk)->state == CLERK_ENDED;
    clerk_read_end(w->clerk);
    if (!is_ended || w->is_collected)
        return;
    w->is_collected = true;
    if (w->node)
        refresh_node(w->app->refresh, w->node);
}

const struct stage_ops run_ops = {.word = "run", .draw = run_draw, .act = run_act, .take = run_take,
                                  .typing = run_typing, .news = run_news};
