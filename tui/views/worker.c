#include "tui/views/worker.h"

#include "backend/base/mem.h"

#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

struct worker {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wanted;
    struct job *waiting, **waiting_end; /* oldest first */
    struct job *running;
    bool is_running_void;               /* the running job was replaced: drop it when it ends */
    struct job *finished;
    struct job *void_jobs;              /* to be dropped by the owner */
    bool is_stopping;
    int pipe[2];
};

static void put_back(struct worker *w, struct job *job)
{
    struct job **list = w->is_running_void ? &w->void_jobs : &w->finished;
    w->is_running_void = false;
    job->next = *list;
    *list = job;
    char byte = 0;
    if (write(w->pipe[1], &byte, 1) < 0) {
        /* the pipe is full, so its reader will look anyway */
    }
}

static void *work(void *arg)
{
    struct worker *w = arg;
    pthread_mutex_lock(&w->lock);
    while (!w->is_stopping) {
        if (!w->waiting) {
            pthread_cond_wait(&w->wanted, &w->lock);
            continue;
        }
        struct job *job = w->running = w->waiting;
        w->waiting = job->next;
        if (!w->waiting)
            w->waiting_end = &w->waiting;
        pthread_mutex_unlock(&w->lock);
        job->run(job);
        pthread_mutex_lock(&w->lock);
        w->running = NULL;
        put_back(w, job);
    }
    pthread_mutex_unlock(&w->lock);
    return NULL;
}

struct worker *worker_new(void)
{
    struct worker *w = mem_alloc(sizeof *w);
    w->waiting_end = &w->waiting;
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->wanted, NULL);
    if (pipe2(w->pipe, O_CLOEXEC | O_NONBLOCK) != 0)
        goto no_pipe;
    if (pthread_create(&w->thread, NULL, work, w) != 0)
        goto no_thread;
    return w;
no_thread:
    close(w->pipe[0]);
    close(w->pipe[1]);
no_pipe:
    pthread_cond_destroy(&w->wanted);
    pthread_mutex_destroy(&w->lock);
    mem_free(w);
    return NULL;
}

static void drop_all(struct job *job)
{
    while (job) {
        struct job *next = job->next;
        job->drop(job);
        job = next;
    }
}

/* With the lock held: unlinks the waiting jobs of a tag and voids the running one. */
static void take_tag(struct worker *w, const void *tag)
{
    struct job **at = &w->waiting;
    while (*at) {
        struct job *job = *at;
        if (job->tag == tag) {
            *at = job->next;
            job->next = w->void_jobs;
            w->void_jobs = job;
        } else {
            at = &job->next;
        }
    }
    w->waiting_end = at;
    if (w->running && w->running->tag == tag) {
        w->running->cancel = true;
        w->is_running_void = true;
    }
    for (at = &w->finished; *at;) {
        struct job *job = *at;
        if (job->tag == tag) {
            *at = job->next;
            job->next = w->void_jobs;
            w->void_jobs = job;
        } else {
            at = &job->next;
        }
    }
}

void worker_post(struct worker *w, struct job *job)
{
    pthread_mutex_lock(&w->lock);
    take_tag(w, job->tag);
    job->next = NULL;
    *w->waiting_end = job;
    w->waiting_end = &job->next;
    pthread_cond_signal(&w->wanted);
    struct job *old = w->void_jobs;
    w->void_jobs = NULL;
    pthread_mutex_unlock(&w->lock);
    drop_all(old);
}

void worker_forget(struct worker *w, const void *tag)
{
    pthread_mutex_lock(&w->lock);
    take_tag(w, tag);
    struct job *old = w->void_jobs;
    w->void_jobs = NULL;
    pthread_mutex_unlock(&w->lock);
    drop_all(old);
}

void worker_collect(struct worker *w)
{
    char bytes[64];
    while (read(w->pipe[0], bytes, sizeof bytes) > 0)
        ;
    pthread_mutex_lock(&w->lock);
    struct job *finished = w->finished, *old = w->void_jobs;
    w->finished = w->void_jobs = NULL;
    pthread_mutex_unlock(&w->lock);
    drop_all(old);
    while (finished) {
        struct job *next = finished->next;
        finished->done(finished);
        finished->drop(finished);
        finished = next;
    }
}

int worker_fd(const struct worker *w)
{
    return w->pipe[0];
}

bool worker_is_busy(struct worker *w)
{
    pthread_mutex_lock(&w->lock);
    bool is_busy = w->running || w->waiting || w->finished;
    pthread_mutex_unlock(&w->lock);
    return is_busy;
}

static bool has_hurried(const struct job *job)
{
    while (job && job->is_unhurried)
        job = job->next;
    return job != NULL;
}

bool worker_is_awaited(struct worker *w)
{
    pthread_mutex_lock(&w->lock);
    bool is_awaited = (w->running && !w->running->is_unhurried) || has_hurried(w->waiting) || has_hurried(w->finished);
    pthread_mutex_unlock(&w->lock);
    return is_awaited;
}

void worker_free(struct worker *w)
{
    if (!w)
        return;
    pthread_mutex_lock(&w->lock);
    w->is_stopping = true;
    if (w->running)
        w->running->cancel = true;
    pthread_cond_signal(&w->wanted);
    pthread_mutex_unlock(&w->lock);
    pthread_join(w->thread, NULL);
    drop_all(w->waiting);
    drop_all(w->finished);
    drop_all(w->void_jobs);
    close(w->pipe[0]);
    close(w->pipe[1]);
    pthread_cond_destroy(&w->wanted);
    pthread_mutex_destroy(&w->lock);
    mem_free(w);
}
