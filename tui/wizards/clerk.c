#include "tui/wizards/clerk.h"

#include "backend/base/timefmt.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

struct clerk {
    const struct cli_options *options;
    pthread_t thread;
    int pipe[2];
    _Atomic bool is_stopped; /* what it is about */
    struct plan *plan;       /* news.plan; the clerk's while it is busy */
    pthread_mutex_t lock;    /* of all below */
    pthread_cond_t turn;     /* of whoever waits */
    bool is_over;
    void (*wanted)(struct clerk *clerk); /* NULL: nothing */
    const struct wizard *wizard; /* of the plan that is wanted; NULL: that of an unfinished run */
    cJSON *inputs;
    char *id, *phrase, *answer;
    bool may_resume;
    struct clerk_news news;
};

/* ---- news ------------------------------------------------------------------------------------------------ */

static void ring(struct clerk *c)
{
    char byte = 0;
    if (write(c->pipe[1], &byte, 1) < 0) {
        /* the pipe is full, so its reader will look anyway */
    }
}

static void set_state(struct clerk *c, enum clerk_state state)
{
    c->news.state = state;
    c->news.since_ms = time_mono_ms();
    ring(c);
}

static void forget_steps(struct clerk_news *n)
{
    for (size_t i = 0; i < n->steps.n; i++)
        mem_free(n->steps.items[i].text);
    VEC_FREE(n->steps);
    buf_clear(&n->says);
    buf_clear(&n->left);
    n->err = (struct err){0};
}

static bool is_cancelled(void *ctx)
{
    return ((struct clerk *)ctx)->is_stopped;
}

/* ---- planning -------------------------------------------------------------------------------------------- */

static void make_plan(struct clerk *c)
{
    struct desk *desk = NULL;
    struct plan *plan = NULL;
    struct buf others = {0};
    struct err err = {0};
    enum err_code code = c->wizard ? wizard_check(c->wizard, c->inputs, &err) : plan_unfinished(c->id, &plan, &others, &err);
    if (code == ERR_OK && c->wizard)
        code = session_desk(c->options, false, is_cancelled, c, &desk, &err);
    if (code == ERR_OK && c->wizard)
        code = plan_make(desk, c->wizard, c->inputs, &plan, &err);
    desk_close(desk);
    if (code != ERR_OK) {
        plan_free(plan);
        plan = NULL;
    }
    pthread_mutex_lock(&c->lock);
    c->news.plan = c->plan = plan;
    c->news.err = err;
    buf_adds(&c->news.says, others.data ? others.data : "");
    set_state(c, plan ? CLERK_PLANNED : CLERK_REFUSED);
    pthread_mutex_unlock(&c->lock);
    buf_free(&others);
}

/* ---- running --------------------------------------------------------------------------------------------- */

static void add_line(char **text, const char *line)
{
    char *old = *text;
    *text = mem_printf("%s%s%s", old ? old : "", old ? "\n" : "", line);
    mem_free(old);
}

bool clerk_step_is_over(const struct clerk_step *step)
{
    return step->is_begun && (step->last == RUN_PROVED || step->last == RUN_CONFIRMED || step->last == RUN_SKIPPED);
}

static void take_event(struct clerk_step *step, const struct run_event *e)
{
    if (!step->is_begun || step->last != e->kind)
        step->since_ms = time_mono_ms();
    step->is_begun = true;
    step->last = e->kind;
    if (e->kind == RUN_ASKS) {
        add_line(&step->text, e->text);
        return;
    }
    mem_free(step->text);
    step->text = e->kind == RUN_WAITING ? mem_strdup(e->text) : NULL;
}

static void tell(void *ctx, const struct run_event *e)
{
    struct clerk *c = ctx;
    pthread_mutex_lock(&c->lock);
    if (e->kind == RUN_SAYS)
        buf_printf(&c->news.says, "%s\n", e->text);
    else if (e->step < c->news.steps.n)
        take_event(&c->news.steps.items[c->news.step = e->step], e);
    ring(c);
    pthread_mutex_unlock(&c->lock);
}

/* With the lock held. */
static bool wait_for_answer(struct clerk *c, const char *question, char *answer, size_t size)
{
    buf_clear(&c->news.question);
    buf_adds(&c->news.question, question);
    set_state(c, CLERK_ASKS);
    while (!c->answer && !c->is_stopped)
        pthread_cond_wait(&c->turn, &c->lock);
    set_state(c, CLERK_RUNS);
    if (!c->answer)
        return false;
    (void)snprintf(answer, size, "%s", c->answer);
    mem_free(c->answer);
    c->answer = NULL;
    return true;
}

static bool ask(void *ctx, int step, const char *question, char *answer, size_t size)
{
    struct clerk *c = ctx;
    bool is_answered = true;
    pthread_mutex_lock(&c->lock);
    if (step < 0)
        (void)snprintf(answer, size, "%s", c->phrase);
    else
        is_answered = wait_for_answer(c, question, answer, size);
    pthread_mutex_unlock(&c->lock);
    return is_answered;
}

static void run_plan(struct clerk *c)
{
    struct desk *desk = NULL;
    struct err err = {0};
    struct buf left = {0};
    struct run_hooks hooks = {.ctx = c, .tell = tell, .ask = ask};
    enum run_end end = RUN_REFUSED;
    if (session_desk(c->options, true, is_cancelled, c, &desk, &err) == ERR_OK)
        end = plan_run(desk, c->plan, c->may_resume, &hooks, &err);
    if (end == RUN_STOPPED || end == RUN_WAITS)
        plan_run_left(c->plan, &left);
    desk_close(desk);
    pthread_mutex_lock(&c->lock);
    c->news.end = end;
    c->news.err = err;
    buf_free(&c->news.left);
    c->news.left = left;
    set_state(c, CLERK_ENDED);
    pthread_mutex_unlock(&c->lock);
}

/* ---- the thread ------------------------------------------------------------------------------------------ */

static void *work(void *arg)
{
    struct clerk *c = arg;
    pthread_mutex_lock(&c->lock);
    while (!c->is_over) {
        void (*wanted)(struct clerk *) = c->wanted;
        if (!wanted) {
            pthread_cond_wait(&c->turn, &c->lock);
            continue;
        }
        c->wanted = NULL;
        pthread_mutex_unlock(&c->lock);
        wanted(c);
        pthread_mutex_lock(&c->lock);
    }
    pthread_mutex_unlock(&c->lock);
    return NULL;
}

struct clerk *clerk_new(const struct cli_options *options)
{
    struct clerk *c = mem_alloc(sizeof *c);
    c->options = options;
    pthread_mutex_init(&c->lock, NULL);
    pthread_cond_init(&c->turn, NULL);
    if (pipe2(c->pipe, O_CLOEXEC | O_NONBLOCK) != 0)
        goto no_pipe;
    if (pthread_create(&c->thread, NULL, work, c) != 0)
        goto no_thread;
    return c;
no_thread:
    close(c->pipe[0]);
    close(c->pipe[1]);
no_pipe:
    pthread_cond_destroy(&c->turn);
    pthread_mutex_destroy(&c->lock);
    mem_free(c);
    return NULL;
}

void clerk_free(struct clerk *c)
{
    if (!c)
        return;
    pthread_mutex_lock(&c->lock);
    c->is_over = true;
    c->is_stopped = true;
    pthread_cond_signal(&c->turn);
    pthread_mutex_unlock(&c->lock);
    pthread_join(c->thread, NULL);
    forget_steps(&c->news);
    buf_free(&c->news.question);
    buf_free(&c->news.says);
    buf_free(&c->news.left);
    plan_free(c->plan);
    cJSON_Delete(c->inputs);
    mem_free(c->id);
    mem_free(c->phrase);
    mem_free(c->answer);
    close(c->pipe[0]);
    close(c->pipe[1]);
    pthread_cond_destroy(&c->turn);
    pthread_mutex_destroy(&c->lock);
    mem_free(c);
}

int clerk_fd(const struct clerk *c)
{
    return c->pipe[0];
}

void clerk_drain(struct clerk *c)
{
    char bytes[64];
    while (read(c->pipe[0], bytes, sizeof bytes) > 0)
        ;
}

/* ---- what the screen wants of it ------------------------------------------------------------------------- */

/* With the lock held, and not busy. */
static void want(struct clerk *c, void (*wanted)(struct clerk *), enum clerk_state state)
{
    forget_steps(&c->news);
    c->is_stopped = false;
    c->wanted = wanted;
    set_state(c, state);
    pthread_cond_signal(&c->turn);
}

void clerk_plan(struct clerk *c, const struct wizard *wizard, cJSON *inputs)
{
    pthread_mutex_lock(&c->lock);
    plan_free(c->plan);
    c->news.plan = c->plan = NULL;
    cJSON_Delete(c->inputs);
    c->inputs = inputs;
    c->wizard = wizard;
    want(c, make_plan, CLERK_PLANS);
    pthread_mutex_unlock(&c->lock);
}

void clerk_find(struct clerk *c, const char *id)
{
    mem_free(c->id);
    c->id = mem_strdup(id);
    clerk_plan(c, NULL, NULL);
}

void clerk_run(struct clerk *c, const char *phrase, bool may_resume)
{
    pthread_mutex_lock(&c->lock);
    mem_free(c->phrase);
    c->phrase = mem_strdup(phrase);
    c->may_resume = may_resume;
    want(c, run_plan, CLERK_RUNS);
    for (size_t i = 0; i < plan_steps(c->plan); i++)
        VEC_PUSH(c->news.steps, (struct clerk_step){0});
    pthread_mutex_unlock(&c->lock);
}

void clerk_answer(struct clerk *c, const char *answer)
{
    pthread_mutex_lock(&c->lock);
    mem_free(c->answer);
    c->answer = mem_strdup(answer);
    pthread_cond_signal(&c->turn);
    pthread_mutex_unlock(&c->lock);
}

void clerk_stop(struct clerk *c)
{
    pthread_mutex_lock(&c->lock);
    c->is_stopped = true;
    pthread_cond_signal(&c->turn);
    pthread_mutex_unlock(&c->lock);
}

static enum clerk_state state_of(struct clerk *c)
{
    enum clerk_state state = clerk_read(c)->state;
    clerk_read_end(c);
    return state;
}

bool clerk_is_running(struct clerk *c)
{
    enum clerk_state state = state_of(c);
    return state == CLERK_RUNS || state == CLERK_ASKS;
}

bool clerk_is_busy(struct clerk *c)
{
    return state_of(c) == CLERK_PLANS || clerk_is_running(c);
}

const struct clerk_news *clerk_read(struct clerk *c)
{
    pthread_mutex_lock(&c->lock);
    return &c->news;
}

void clerk_read_end(struct clerk *c)
{
    pthread_mutex_unlock(&c->lock);
}
