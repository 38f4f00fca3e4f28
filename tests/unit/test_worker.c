/* The background thread of the screen: jobs of one tag replace each other, a running one hears of it, and a
 * machine that gives no thread costs nothing. */
#include "tui/views/worker.h"

#include <dlfcn.h>
#include <errno.h>
#include <glob.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

static bool has_no_thread;

/* Stands before the C library's. */
int pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*start)(void *), void *arg)
{
    int (*own)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *) = NULL;
    *(void **)&own = dlsym(RTLD_NEXT, "pthread_create");
    return has_no_thread ? EAGAIN : own(thread, attr, start, arg);
}

static size_t open_files(void)
{
    glob_t found;
    assert_int_equal(glob("/proc/self/fd/*", 0, NULL, &found), 0);
    size_t n = found.gl_pathc;
    globfree(&found);
    return n;
}

static void test_no_thread(void **state)
{
    (void)state;
    size_t before = open_files();
    has_no_thread = true;
    struct worker *w = worker_new();
    has_no_thread = false;
    assert_null(w);
    assert_int_equal(open_files(), before);
}

/* A job that runs until it is cancelled, or ends at once. */
struct waiting {
    struct job job;
    bool is_endless;
    _Atomic bool *has_begun;
    int *done, *dropped;
};

static void run(struct job *job)
{
    struct waiting *w = (struct waiting *)job;
    atomic_store(w->has_begun, true);
    while (w->is_endless && !job->cancel)
        usleep(200);
}

static void done(struct job *job)
{
    ++*((struct waiting *)job)->done;
}

static void drop(struct job *job)
{
    ++*((struct waiting *)job)->dropped;
}

static void wait_for(const _Atomic bool *flag)
{
    for (int i = 0; i < 20000 && !*flag; i++)
        usleep(500);
    assert_true(*flag);
}

static void test_newer_jobs_replace_older(void **state)
{
    (void)state;
    int done_first = 0, done_second = 0, dropped = 0;
    _Atomic bool first_began = false, second_began = false;
    struct waiting first = {.job = {.tag = &first_began, .run = run, .done = done, .drop = drop},
                            .is_endless = true,
                            .has_begun = &first_began,
                            .done = &done_first,
                            .dropped = &dropped};
    struct waiting second = first;
    second.is_endless = false;
    second.has_begun = &second_began;
    second.done = &done_second;
    struct worker *w = worker_new();
    assert_non_null(w);
    worker_post(w, &first.job);
    wait_for(&first_began);
    worker_post(w, &second.job);
    wait_for(&second_began);
    for (int i = 0; i < 20000 && !done_second; i++) {
        worker_collect(w);
        usleep(500);
    }
    assert_int_equal(done_first, 0);
    assert_int_equal(done_second, 1);
    worker_free(w);
    assert_int_equal(dropped, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_thread),
        cmocka_unit_test(test_newer_jobs_replace_older),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
