#include "tui/term/signals.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

static const struct {
    int signal;
    enum signal_news news;
} rows[] = {
    {SIGWINCH, SIGNAL_RESIZED}, {SIGTSTP, SIGNAL_SUSPEND}, {SIGCONT, SIGNAL_RESUMED},
    {SIGTERM, SIGNAL_QUIT},     {SIGHUP, SIGNAL_QUIT},     {SIGINT, SIGNAL_QUIT},
};
static const int crashes[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};

#define N_ROWS (sizeof rows / sizeof rows[0])
#define N_CRASHES (sizeof crashes / sizeof crashes[0])

static struct {
    int pipe[2];
    bool is_on;
    atomic_bool came[SIGNAL_COUNT]; /* the handler runs in whichever thread */
    void (*crashed)(int signal);
    struct sigaction old[N_ROWS], old_crash[N_CRASHES], old_pipe;
    char stack[64 * 1024]; /* a handler runs even when the stack ran out */
} state = {.pipe = {-1, -1}};

static void on_news(int signal)
{
    int saved = errno;

    for (size_t i = 0; i < N_ROWS; i++) {
        if (rows[i].signal == signal)
            state.came[rows[i].news] = true;
    }
    if (state.pipe[1] >= 0 && write(state.pipe[1], "", 1) < 0)
        errno = 0; /* a full pipe wakes just as well */
    errno = saved;
}

static void on_crash(int signal)
{
    for (size_t i = 0; i < N_CRASHES; i++)
        (void)sigaction(crashes[i], &state.old_crash[i], NULL);
    if (state.crashed)
        state.crashed(signal);
    (void)raise(signal);
}

static bool open_pipe(void)
{
    if (pipe(state.pipe) != 0)
        return false;
    for (int i = 0; i < 2; i++) {
        if (fcntl(state.pipe[i], F_SETFD, FD_CLOEXEC) != 0 ||
            fcntl(state.pipe[i], F_SETFL, O_NONBLOCK) != 0)
            return false;
    }
    return true;
}

enum err_code signals_start(void (*crashed)(int signal), struct err *err)
{
    struct sigaction action = {.sa_handler = on_news, .sa_flags = SA_RESTART};
    struct sigaction crash = {.sa_handler = on_crash, .sa_flags = SA_ONSTACK};
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    stack_t stack = {.ss_sp = state.stack, .ss_size = sizeof state.stack};

    if (!open_pipe())
        return err_set(err, ERR_IO, "no pipe for signals: %s", strerror(errno));
    state.crashed = crashed;
    memset((void *)state.came, 0, sizeof state.came);
    (void)sigaltstack(&stack, NULL);
    for (size_t i = 0; i < N_ROWS; i++)
        (void)sigaction(rows[i].signal, &action, &state.old[i]);
    for (size_t i = 0; i < N_CRASHES; i++)
        (void)sigaction(crashes[i], &crash, &state.old_crash[i]);
    (void)sigaction(SIGPIPE, &ignore, &state.old_pipe);
    state.is_on = true;
    return ERR_OK;
}

void signals_stop(void)
{
    if (!state.is_on)
        return;
    state.is_on = false;
    for (size_t i = 0; i < N_ROWS; i++)
        (void)sigaction(rows[i].signal, &state.old[i], NULL);
    for (size_t i = 0; i < N_CRASHES; i++)
        (void)sigaction(crashes[i], &state.old_crash[i], NULL);
    (void)sigaction(SIGPIPE, &state.old_pipe, NULL);
    for (int i = 0; i < 2; i++) {
        close(state.pipe[i]);
        state.pipe[i] = -1;
    }
}

int signals_fd(void)
{
    return state.pipe[0];
}

void signals_drain(void)
{
    char bytes[64];

    while (state.pipe[0] >= 0 && read(state.pipe[0], bytes, sizeof bytes) > 0)
        ;
}

bool signals_take(enum signal_news news)
{
    return atomic_exchange(&state.came[news], false);
}

void signals_stop_here(void)
{
    struct sigaction normal = {.sa_handler = SIG_DFL}, ours;

    /* the whole group, as the terminal would do: make, or sh, waits for us otherwise. A group that
     * nobody could wake (an orphan) is not stopped by the kernel, and we go on at once */
    if (sigaction(SIGTSTP, &normal, &ours) != 0)
        return;
    (void)kill(0, SIGTSTP);
    (void)sigaction(SIGTSTP, &ours, NULL);
}
