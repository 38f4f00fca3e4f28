/* Waiting for sockets, and telling libcurl which of them moved.
 *
 * libcurl's own loop (curl_multi_perform) asks the kernel about every transfer each time, one
 * system call and two looks at the clock for each; at a few hundred transfers in flight that is a
 * third of all CPU. Here one poll asks about all of them, and libcurl only hears of those that
 * moved (https://curl.se/libcurl/c/libcurl-multi.html, "multi_socket"). */
#include "backend/aws/aws_internal.h"

#include "backend/base/timefmt.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/* loop.fds: the wake-up pipe, then libcurl's sockets; each socket knows its place through
 * curl_multi_assign. Watched descriptors are added for the time of a wait. */
#define FIRST_SOCKET 1

static short wanted(int what)
{
    int events = (what & CURL_POLL_IN ? POLLIN : 0) | (what & CURL_POLL_OUT ? POLLOUT : 0);
    return (short)events;
}

static void remember(struct aws *aws, curl_socket_t fd, size_t at)
{
    (void)curl_multi_assign(aws->multi, fd, (void *)(uintptr_t)at);
}

static void forget_socket(struct aws *aws, size_t at)
{
    struct pollfd last = aws->loop.fds.items[--aws->loop.fds.n];
    if (at == aws->loop.fds.n)
        return;
    aws->loop.fds.items[at] = last;
    remember(aws, last.fd, at);
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *ctx, void *place)
{
    struct aws *aws = ctx;
    size_t at = (size_t)(uintptr_t)place;
    (void)easy;
    if (what == CURL_POLL_REMOVE) {
        if (at >= FIRST_SOCKET)
            forget_socket(aws, at);
    } else if (at >= FIRST_SOCKET) {
        aws->loop.fds.items[at].events = wanted(what);
    } else {
        remember(aws, fd, aws->loop.fds.n);
        VEC_PUSH(aws->loop.fds, ((struct pollfd){.fd = fd, .events = wanted(what)}));
    }
    return 0;
}

static int on_timer(CURLM *multi, long timeout_ms, void *ctx)
{
    struct aws *aws = ctx;
    (void)multi;
    aws->loop.due_ms = timeout_ms < 0 ? INT64_MAX : time_mono_ms() + timeout_ms;
    return 0;
}

static void run_timers(struct aws *aws)
{
    int running;
    if (time_mono_ms() < aws->loop.due_ms)
        return;
    aws->loop.due_ms = INT64_MAX;
    (void)curl_multi_socket_action(aws->multi, CURL_SOCKET_TIMEOUT, 0, &running);
}

static void drain_wakeups(const struct aws *aws)
{
    char bytes[64];
    while (read(aws->loop.wake[0], bytes, sizeof bytes) > 0)
        continue;
}

static void move_socket(struct aws *aws, struct pollfd p)
{
    int running;
    int mask = (p.revents & POLLIN ? CURL_CSELECT_IN : 0) |
               (p.revents & POLLOUT ? CURL_CSELECT_OUT : 0) |
               (p.revents & (POLLERR | POLLHUP | POLLNVAL) ? CURL_CSELECT_ERR : 0);
    (void)curl_multi_socket_action(aws->multi, p.fd, mask, &running);
}

static const struct watch *find_watch(const struct aws *aws, int fd)
{
    for (size_t i = 0; i < aws->watches.n; i++)
        if (aws->watches.items[i].fd == fd)
            return &aws->watches.items[i];
    return NULL;
}

/* Those that moved are copied first: handling one may take others out of the array. */
static void collect(struct aws *aws, size_t n_sockets)
{
    struct loop *loop = &aws->loop;
    loop->moved.n = 0;
    for (size_t i = 0; i < loop->fds.n; i++)
        if (loop->fds.items[i].revents != 0)
            VEC_PUSH(loop->moved, loop->fds.items[i]);
    loop->n_moved_sockets = 0;
    for (size_t i = 0; i < n_sockets; i++)
        loop->n_moved_sockets += loop->fds.items[i].revents != 0;
}

static void dispatch(struct aws *aws)
{
    struct loop *loop = &aws->loop;
    for (size_t i = 0; i < loop->moved.n; i++) {
        struct pollfd p = loop->moved.items[i];
        if (p.fd == loop->wake[0]) {
            drain_wakeups(aws);
        } else if (i < loop->n_moved_sockets) {
            move_socket(aws, p);
        } else {
            const struct watch *watch = find_watch(aws, p.fd);
            if (watch)
                watch->ready(watch->ctx);
        }
    }
}

void aws_loop_turn(struct aws *aws, int timeout_ms)
{
    struct loop *loop = &aws->loop;
    run_timers(aws);
    int64_t now = time_mono_ms();
    if (loop->due_ms - now < timeout_ms)
        timeout_ms = loop->due_ms > now ? (int)(loop->due_ms - now) : 0;
    size_t n_sockets = loop->fds.n;
    for (size_t i = 0; i < aws->watches.n; i++)
        VEC_PUSH(loop->fds, ((struct pollfd){.fd = aws->watches.items[i].fd, .events = POLLIN}));
    int n = poll(loop->fds.items, (nfds_t)loop->fds.n, timeout_ms);
    loop->moved.n = 0;
    if (n > 0)
        collect(aws, n_sockets);
    loop->fds.n = n_sockets;
    dispatch(aws);
    run_timers(aws);
}

/* Any thread, and signal handlers: one byte, and a full pipe wakes as well. */
void aws_loop_wake(struct aws *aws)
{
    int kept = errno;
    ssize_t ignored = write(aws->loop.wake[1], "", 1);
    (void)ignored;
    errno = kept;
}

static bool set_flags(int fd)
{
    return fcntl(fd, F_SETFD, FD_CLOEXEC) == 0 && fcntl(fd, F_SETFL, O_NONBLOCK) == 0;
}

enum err_code aws_loop_open(struct aws *aws, struct err *err)
{
    struct loop *loop = &aws->loop;
    loop->due_ms = INT64_MAX;
    if (pipe(loop->wake) != 0) {
        loop->wake[0] = loop->wake[1] = -1;
        return err_set(err, ERR_IO, "no pipe for waking the network thread up");
    }
    if (!set_flags(loop->wake[0]) || !set_flags(loop->wake[1]))
        return err_set(err, ERR_IO, "no pipe for waking the network thread up");
    VEC_PUSH(loop->fds, ((struct pollfd){.fd = loop->wake[0], .events = POLLIN}));
    (void)curl_multi_setopt(aws->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    (void)curl_multi_setopt(aws->multi, CURLMOPT_SOCKETDATA, aws);
    (void)curl_multi_setopt(aws->multi, CURLMOPT_TIMERFUNCTION, on_timer);
    (void)curl_multi_setopt(aws->multi, CURLMOPT_TIMERDATA, aws);
    return ERR_OK;
}

void aws_loop_free(struct aws *aws)
{
    struct loop *loop = &aws->loop;
    for (int i = 0; i < 2; i++)
        if (loop->wake[i] > 0)
            close(loop->wake[i]);
    VEC_FREE(loop->fds);
    VEC_FREE(loop->moved);
}
