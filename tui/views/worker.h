/* worker: one background thread for heavy questions (judging, sorting), so that drawing never waits.
 *
 * A job is a function and its data. A newer job with the same tag replaces an older one: waiting, it is
 * dropped; running, its cancel flag is set and its result is thrown away. Finished jobs are handed back to
 * the owner's thread by worker_collect; worker_fd is readable when there are some. One owner thread. */
#ifndef KEYFALL_TUI_WORKER_H
#define KEYFALL_TUI_WORKER_H

#include <stdbool.h>

struct worker;
struct job {
    const void *tag;                               /* what it is for: jobs of one tag replace each other */
    void (*run)(struct job *job);                  /* worker's thread; looks at job->cancel now and then */
    void (*done)(struct job *job);                 /* owner's thread, from worker_collect; then freed */
    void (*drop)(struct job *job);                 /* owner's thread: frees a job, done or not */
    bool is_unhurried;                             /* what it brings is not the answer to a key */
    _Atomic bool cancel;
    struct job *next;                              /* the worker's */
};

struct worker *worker_new(void);
void worker_free(struct worker *w); /* cancels, joins, drops; NULL is fine */
int worker_fd(const struct worker *w);
void worker_post(struct worker *w, struct job *job); /* takes the job */
void worker_forget(struct worker *w, const void *tag); /* jobs of this tag are dropped, never done */
void worker_collect(struct worker *w);
bool worker_is_busy(struct worker *w);
bool worker_is_awaited(struct worker *w); /* busy with the answer to a key */

#endif
