#include "backend/refresh/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#define LONGEST_WAIT_MS 60000
#define GOODBYE_MS 1000 /* for cancelled calls to come back */
#define PROGRESS_EVERY_MS 500
#define DELETIONS_EVERY_S 180
#define CYCLE_EVERY_S 600
#define INVENTORY_EVERY_S 1800
#define RETRY_FIRST_MS 10000

/* ---- the loop ----------------------------------------------------------------------------------- */

static int64_t sooner(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int wait_ms(const struct refresh *r, int64_t now_ms)
{
    int64_t due = now_ms + LONGEST_WAIT_MS;
    if (r->is_dirty || (r->once && !r->first_read_over))
        due = sooner(due, r->publish_due_ms);
    if (!r->frozen) {
        const struct heap_node *top = heap_top(&r->due);
        due = sooner(due, courtesy_not_before_ms(r, top ? top->key : NEVER_MS));
        due = sooner(due, r->entrances_due_ms);
        due = sooner(due, r->logins_due_ms);
        due = sooner(due, courtesy_not_before_ms(r, r->once ? NEVER_MS : r->deletions_due_ms));
    }
    return due > now_ms ? (int)(due - now_ms) : 0;
}

/* The first read is over when nothing waits for the first time, whatever came of it. */
static void check_settled(struct refresh *r)
{
    if (r->first_read_over || r->n_calls + r->n_waiting + r->n_entering > 0 || !entrances_are_settled(r)
        || logins_are_awaited(r))
        return;
    r->first_read_over = true;
    restored_settle(r);
    status_settle(r);
}

static void step(struct refresh *r)
{
    requests_take(r);
    int64_t now_ms = time_mono_ms();
    logins_step(r, now_ms);
    bool was_idle = r->n_calls + r->n_waiting + r->n_entering == 0;
    courtesy_step(r, now_ms);
    if (!r->frozen) {
        entrances_step(r, now_ms);
        if (courtesy_not_before_ms(r, now_ms) == now_ms) {
            lanes_step(r, now_ms);
            deletions_step(r, now_ms);
        }
        if (was_idle && r->n_waiting > 0)
            r->n_done = 0;
        calls_send(r);
    }
    check_settled(r);
    status_tick(r, now_ms);
    wire_step(r->wire, wait_ms(r, time_mono_ms()));
    calls_after_step(r);
}

static void say_goodbye(struct refresh *r)
{
    int64_t until_ms = time_mono_ms() + GOODBYE_MS;
    calls_cancel(r, NULL);
    entrances_cancel(r);
    while (r->n_calls + r->n_entering > 0 && time_mono_ms() < until_ms)
        wire_step(r->wire, 10);
}

static void wait_until_let_go(struct refresh *r)
{
    pthread_mutex_lock(&r->lock);
    while (r->is_held)
        (void)pthread_cond_wait(&r->settled, &r->lock);
    pthread_mutex_unlock(&r->lock);
}

static void *run(void *arg)
{
    struct refresh *r = arg;
    restored_take(r);
    wait_until_let_go(r);
    while (!atomic_load(&r->stop))
        step(r);
    say_goodbye(r);
    return NULL;
}

/* ---- starting and stopping ---------------------------------------------------------------------- */

static char *copy(const char *s)
{
    return s ? mem_strdup(s) : NULL;
}

static char **copy_list(const char *const *list)
{
    size_t n = 0;
    while (list && list[n])
        n++;
    if (n == 0)
        return NULL;
    char **out = mem_alloc_array(n + 1, sizeof *out);
    for (size_t i = 0; i < n; i++)
        out[i] = mem_strdup(list[i]);
    return out;
}

static int64_t period(int seconds, int otherwise)
{
    return (int64_t)(seconds > 0 ? seconds : otherwise) * 1000;
}

static void take_settings(struct refresh *r, const struct refresh_settings *settings)
{
    r->wire = settings->wire;
    r->estate = settings->estate;
    r->org_role = copy(settings->org_role);
    r->org_change_role = copy(settings->org_change_role);
    r->org_external_id = copy(settings->org_external_id);
    r->has_person = settings->has_person && settings->once;
    r->logins_due_ms = NEVER_MS;
    r->first_region = copy(settings->first_region);
    r->regions = copy_list(settings->regions);
    r->once = settings->once;
    r->anonymous = settings->anonymous;
    r->deletions_ms = period(settings->deletions_every_s, DELETIONS_EVERY_S);
    r->period_ms[TIER_CYCLE] = period(settings->cycle_every_s, CYCLE_EVERY_S);
    r->period_ms[TIER_INVENTORY] = period(settings->inventory_every_s, INVENTORY_EVERY_S);
    r->retry_first_ms = settings->retry_first_ms > 0 ? settings->retry_first_ms : RETRY_FIRST_MS;
    r->fixed_now = settings->fixed_now;
    r->budget = settings->budget;
    r->restore = settings->restore;
    r->restore_ctx = settings->restore_ctx;
    r->is_held = settings->is_held;
    r->began_ms = time_mono_ms();
    r->entrances_due_ms = NEVER_MS;
    r->deletions_due_ms = time_mono_ms() + r->deletions_ms;
    r->random = (uint64_t)time_mono_ms() * 2654435761u + (uint64_t)getpid() + 1;
    for (size_t i = 0; i < settings->n_targets; i++) {
        const struct target *t = &settings->targets[i];
        struct entrance *en = entrance_new(r, t->profile, t->role_arn, t->external_id);
        en->change_role_arn = copy(t->change_role_arn);
        en->mfa_serial = copy(t->mfa_serial);
        en->regions = copy_list(t->regions);
    }
}

static void free_sites(struct refresh *r, struct account *a)
{
    for (int f = 0; f < FEED_COUNT; f++) {
        lane_free(r, a->home.lanes[f]);
        for (size_t i = 0; i < a->sites.n; i++)
            lane_free(r, a->sites.items[i]->lanes[f]);
    }
}

static void refresh_delete(struct refresh *r)
{
    /* identities before their wire; the contexts of calls after it */
    for (size_t i = 0; i < r->entrances.n; i++)
        entrance_forget(r->entrances.items[i]);
    if (r->wire)
        wire_free(r->wire);
    for (size_t i = 0; i < r->entrances.n; i++)
        entrance_free(r->entrances.items[i]);
    VEC_FREE(r->entrances);
    for (size_t i = 0; i < r->accounts.n; i++) {
        free_sites(r, r->accounts.items[i]);
        account_free(r->accounts.items[i]);
    }
    VEC_FREE(r->accounts);
    heap_free(&r->due);
    mem_free(r->busy.keys);
    products_free(r->products);
    collector_free(r->collector);
    for (size_t i = 0; i < r->requests.n; i++)
        mem_free_secret(r->requests.items[i].code);
    VEC_FREE(r->requests);
    VEC_FREE(r->errors);
    for (size_t i = 0; r->regions && r->regions[i]; i++)
        mem_free(r->regions[i]);
    mem_free(r->regions);
    mem_free(r->org_role);
    mem_free(r->org_external_id);
    mem_free(r->org_change_role);
    VEC_FREE(r->logins);
    mem_free(r->first_region);
    for (int i = 0; i < 2; i++)
        if (r->fds[i] >= 0)
            close(r->fds[i]);
    pthread_cond_destroy(&r->settled);
    pthread_mutex_destroy(&r->lock);
    mem_free(r);
}

static void init_locks(struct refresh *r)
{
    pthread_condattr_t monotonic;
    pthread_mutex_init(&r->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&r->settled, &monotonic);
    pthread_condattr_destroy(&monotonic);
}

static enum err_code open_pipe(struct refresh *r, struct err *err)
{
    r->fds[0] = r->fds[1] = -1;
    if (pipe2(r->fds, O_NONBLOCK | O_CLOEXEC) != 0)
        return err_set(err, ERR_IO, "no pipe could be made: %s", strerror(errno));
    return ERR_OK;
}

/* Signals are for the thread that owns the terminal. */
static enum err_code start_thread(struct refresh *r, struct err *err)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failed = pthread_create(&r->thread, NULL, run, r);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failed)
        return err_set(err, ERR_IO, "no thread could be started: %s", strerror(failed));
    return ERR_OK;
}

enum err_code refresh_new(const struct refresh_settings *settings, struct refresh **out, struct err *err)
{
    struct refresh *r = mem_alloc(sizeof *r);
    *out = NULL;
    init_locks(r);
    take_settings(r, settings);
    r->collector = collector_new(r->estate);
    r->products = products_new(r->estate, settings->products, refresh_now_utc(r));
    r->status = (struct refresh_status){.oldest_utc = TIME_NONE,
                                        .next_cycle_utc = TIME_NONE,
                                        .is_first_read = true,
                                        .is_reading = true};
    enum err_code code = open_pipe(r, err);
    if (code == ERR_OK)
        code = start_thread(r, err);
    if (code != ERR_OK)
        refresh_delete(r);
    else
        *out = r;
    return code;
}

void refresh_begin(struct refresh *r)
{
    pthread_mutex_lock(&r->lock);
    r->is_held = false;
    pthread_cond_broadcast(&r->settled);
    pthread_mutex_unlock(&r->lock);
}

/* Nothing is read, so there is no thread, no wire, and nothing that changes. */
enum err_code refresh_kept(struct estate *estate, int64_t kept_utc, struct refresh **out, struct err *err)
{
    struct refresh *r = mem_alloc(sizeof *r);
    *out = NULL;
    init_locks(r);
    r->estate = estate;
    r->fixed_now = kept_utc;
    r->is_settled = r->first_read_over = r->has_read = r->once = true;
    enum err_code code = open_pipe(r, err);
    if (code == ERR_OK)
        kept_tell(r);
    if (code != ERR_OK)
        refresh_delete(r);
    else
        *out = r;
    return code;
}

void refresh_free(struct refresh *r)
{
    if (!r)
        return;
    if (r->wire) {
        atomic_store(&r->stop, true);
        refresh_begin(r);
        wire_wakeup(r->wire);
        pthread_join(r->thread, NULL);
    }
    refresh_delete(r);
}

/* ---- for the screen and the verbs --------------------------------------------------------------- */

int refresh_fd(const struct refresh *r)
{
    return r->fds[0];
}

void refresh_drain(struct refresh *r)
{
    char bytes[64];
    while (read(r->fds[0], bytes, sizeof bytes) > 0)
        ;
}

/* Waits for a slice of time; true when the first read is over. Holds the lock. */
static bool wait_slice(struct refresh *r, int64_t until_ms)
{
    int64_t now_ms = time_mono_ms();
    int64_t slice = sooner(now_ms + PROGRESS_EVERY_MS, until_ms);
    struct timespec at = {.tv_sec = slice / 1000, .tv_nsec = slice % 1000 * 1000000};
    while (!r->is_settled && time_mono_ms() < slice)
        (void)pthread_cond_timedwait(&r->settled, &r->lock, &at);
    return r->is_settled;
}

enum refresh_result refresh_wait(struct refresh *r, int timeout_s,
                                 void (*progress)(void *ctx, struct refresh *r), void *ctx,
                                 struct err *err)
{
    int64_t until_ms = timeout_s < 0 ? NEVER_MS : time_mono_ms() + (int64_t)timeout_s * 1000;
    bool is_settled = false;
    *err = (struct err){0};
    while (!is_settled) {
        pthread_mutex_lock(&r->lock);
        is_settled = wait_slice(r, until_ms);
        if (is_settled)
            *err = r->nothing;
        pthread_mutex_unlock(&r->lock);
        if (progress && !is_settled)
            progress(ctx, r);
        if (!is_settled && time_mono_ms() >= until_ms)
            return REFRESH_TIMED_OUT;
    }
    return err->code == ERR_OK ? REFRESH_DONE : REFRESH_NOTHING;
}
