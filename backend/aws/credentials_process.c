/* Credentials that a program prints:
 * https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html
 *
 * It runs without a shell, in a session of its own: it has no terminal to ask or scribble on.
 *
 * Its standard error is not read at all. Such programs print tokens and keys there when they fail, and what is
 * read would end on the terminal and in the log; no pattern finds every secret, so nothing is masked but all
 * of it left out. Who wants to see it runs the program: the message says so. */
#include "backend/aws/credentials_source.h"

#include "backend/aws/credentials_words.h"
#include "backend/base/timefmt.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define TIME_LIMIT_MS (60 * 1000)
#define MAX_OUT_BYTES (64u << 10)

extern char **environ;

struct pipe_end {
    int fd; /* -1: closed */
    char *data;
    size_t len, cap; /* never grows: what it holds is wiped in place */
};

struct process {
    char *profile;
    char **words;
    char *command; /* as the profile has it */
    pid_t pid;   /* 0: none runs */
    int poll_ms; /* until the next look whether it has ended */
    struct pipe_end out;
};

/* --- the child --- */

static void shut(struct identity *id, struct pipe_end *end)
{
    if (end->fd < 0)
        return;
    aws_unwatch(id->aws, end->fd);
    close(end->fd);
    end->fd = -1;
}

/* One piece; called again while there is more and room. */
static void take(struct identity *id, struct pipe_end *end)
{
    ssize_t n = read(end->fd, end->data + end->len, end->cap - end->len);
    if (n > 0)
        end->len += (size_t)n;
    if (n == 0 || (n < 0 && errno != EINTR && errno != EAGAIN))
        shut(id, end);
}

static void open_pipe_end(struct pipe_end *end, int fd, size_t cap)
{
    *end = (struct pipe_end){.fd = fd, .data = mem_alloc(cap + 1), .cap = cap};
}

static void forget(struct pipe_end *end)
{
    if (end->data)
        mem_wipe(end->data, end->len);
    mem_free(end->data);
    end->data = NULL;
    end->len = 0;
}

/* Ends whatever still runs, and what it started in its session's first group. */
static void clear(struct identity *id)
{
    struct process *process = id->state;
    shut(id, &process->out);
    if (process->pid) {
        (void)kill(-process->pid, SIGKILL); /* it may be gone already */
        while (waitpid(process->pid, NULL, 0) < 0 && errno == EINTR)
            continue;
    }
    process->pid = 0;
    forget(&process->out);
}

static void describe(const struct process *process, char out[2 * WORD_SIZE + 48])
{
    char profile[WORD_SIZE], program[WORD_SIZE];
    credentials_chain_word(process->profile, profile);
    credentials_chain_word(process->words[0], program);
    (void)snprintf(out, 2 * WORD_SIZE + 48, "credential_process of profile \"%s\" (%s)", profile,
                   program);
}

static void fail(struct identity *id, enum err_code code, const char *what)
{
    struct process *process = id->state;
    char name[2 * WORD_SIZE + 48];
    describe(process, name);
    clear(id);
    identity_fail(id, code, "%s %s; run it in a shell to see why, or correct it", name, what);
}

static void read_answer(struct identity *id)
{
    struct process *process = id->state;
    struct credentials_keys keys = {0};
    struct err err;
    char what[sizeof err.text + 64];
    enum err_code rc = credentials_keys_from_json(process->out.data, process->out.len,
                                                  &credentials_keys_process_form, &keys, &err);
    if (rc != ERR_OK) {
        (void)snprintf(what, sizeof what, "printed no usable credentials (%s)", err.text);
        fail(id, ERR_CREDENTIALS, what);
        return;
    }
    clear(id);
    identity_finish(id, &keys);
}

static void ended(struct identity *id, int status)
{
    char what[64];
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
        read_answer(id);
        return;
    }
    if (WIFEXITED(status))
        (void)snprintf(what, sizeof what, "ended with status %d", WEXITSTATUS(status));
    else
        (void)snprintf(what, sizeof what, "was ended by signal %d", WTERMSIG(status));
    fail(id, ERR_CREDENTIALS, what);
}

/* Output may be closed a moment before the end, or be held open by what the program left behind. */
static void look(struct identity *id)
{
    struct process *process = id->state;
    int status = 0;
    if (process->out.fd >= 0)
        return;
    pid_t pid = waitpid(process->pid, &status, WNOHANG);
    if (pid == 0 || (pid < 0 && errno == EINTR)) {
        identity_after(id, process->poll_ms, look);
        if (process->poll_ms < 200)
            process->poll_ms *= 2;
        return;
    }
    process->pid = 0;
    ended(id, pid < 0 ? 0 : status); /* < 0: SIGCHLD is ignored; what it printed must do */
}

static void out_ready(void *ctx)
{
    struct identity *id = ctx;
    struct process *process = id->state;
    take(id, &process->out);
    if (process->out.len == process->out.cap)
        fail(id, ERR_LIMIT, "printed more than 64 KiB");
    else if (process->out.fd < 0)
        look(id);
}

static void time_is_up(struct identity *id)
{
    fail(id, ERR_TIMEOUT, "did not end within 60 s");
}

/* --- starting it --- */

static int set_up_actions(posix_spawn_file_actions_t *actions, int out)
{
    int rc = posix_spawn_file_actions_addopen(actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    if (rc == 0)
        rc = posix_spawn_file_actions_adddup2(actions, out, STDOUT_FILENO);
    if (rc == 0)
        rc = posix_spawn_file_actions_addopen(actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
#if defined __GLIBC__ && __GLIBC_PREREQ(2, 34)
    if (rc == 0) /* connections to AWS are none of its business */
        rc = posix_spawn_file_actions_addclosefrom_np(actions, STDERR_FILENO + 1);
#endif
    return rc;
}

static int set_up_attributes(posix_spawnattr_t *attributes)
{
    sigset_t none, usual;
    sigemptyset(&none);
    sigemptyset(&usual);
    sigaddset(&usual, SIGPIPE);
    sigaddset(&usual, SIGINT);
    sigaddset(&usual, SIGTERM);
    sigaddset(&usual, SIGHUP);
    sigaddset(&usual, SIGCHLD);
    int rc = posix_spawnattr_setsigmask(attributes, &none);
    if (rc == 0)
        rc = posix_spawnattr_setsigdefault(attributes, &usual);
    if (rc == 0)
        rc = posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK |
                                                      POSIX_SPAWN_SETSIGDEF);
    return rc;
}

/* 0 or an errno. */
static int spawn(struct process *process, int out)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    int rc = posix_spawn_file_actions_init(&actions);
    if (rc != 0)
        return rc;
    rc = posix_spawnattr_init(&attributes);
    if (rc != 0)
        goto free_actions;
    rc = set_up_actions(&actions, out);
    if (rc == 0)
        rc = set_up_attributes(&attributes);
    if (rc == 0)
        rc = posix_spawnp(&process->pid, process->words[0], &actions, &attributes, process->words,
                          environ);
    if (rc != 0)
        process->pid = 0;
    posix_spawnattr_destroy(&attributes);
free_actions:
    posix_spawn_file_actions_destroy(&actions);
    return rc;
}

/* 0 or an errno. The pipe is read without waiting; the child's end is closed here. */
static int start_child(struct process *process)
{
    int out[2];
    if (pipe2(out, O_CLOEXEC) != 0)
        return errno;
    int rc = fcntl(out[0], F_SETFL, O_NONBLOCK) != 0 ? errno : spawn(process, out[1]);
    close(out[1]);
    if (rc != 0)
        close(out[0]);
    else
        open_pipe_end(&process->out, out[0], MAX_OUT_BYTES);
    return rc;
}

struct identity *credentials_process_of(struct identity *id)
{
    while (id && id->source->through)
        id = id->source->through(id);
    return id && id->source == &credentials_process_source ? id : NULL;
}

const char *credentials_process_name(const struct identity *id)
{
    return ((const struct process *)id->state)->command;
}

/* A viewer starts no program: it has what was printed before it began, once. */
static void take_printed(struct identity *id)
{
    const struct credentials_ahead *ahead = aws_settings(id->aws)->ahead;
    const struct process *process = id->state;
    struct credentials_keys keys = {0};
    struct err err;
    for (size_t i = 0; ahead && i < ahead->items.n; i++) {
        const struct printed *p = &ahead->items.items[i];
        if (strcmp(p->name, process->command) != 0)
            continue;
        if (p->err.code != ERR_OK)
            identity_fail_as(id, &p->err);
        else if (p->keys.expires_utc != TIME_NONE && p->keys.expires_utc <= identity_now(id))
            break;
        else if (credentials_keys_set(&keys, p->keys.access_key, p->keys.secret_key, p->keys.session_token,
                                      p->keys.expires_utc, &err) == ERR_OK)
            identity_finish(id, &keys);
        else
            identity_fail_as(id, &err);
        return;
    }
    char name[2 * WORD_SIZE + 48];
    describe(process, name);
    identity_fail(id, ERR_EXPIRED, "%s is run once by a viewer, when it starts, and its keys have ended; start keyfall "
                  "anew", name);
}

static void start(struct identity *id)
{
    struct process *process = id->state;
    if (aws_settings(id->aws)->viewer) {
        take_printed(id);
        return;
    }
    process->poll_ms = 5;
    int rc = start_child(process);
    if (rc != 0) {
        char what[128];
        (void)snprintf(what, sizeof what, "cannot be started: %s", strerror(rc));
        fail(id, ERR_CREDENTIALS, what);
        return;
    }
    aws_watch(id->aws, process->out.fd, out_ready, id);
    identity_after(id, TIME_LIMIT_MS, time_is_up);
}

/* --- the row --- */

static const char *command_of(const struct asked *asked)
{
    return credentials_config_get(asked->config, asked->profile, "credential_process");
}

static bool is_asked(const struct asked *asked)
{
    return command_of(asked) != NULL;
}

static enum err_code make(struct identity *id, const struct asked *asked, struct err *err)
{
    char profile[WORD_SIZE];
    char **words = NULL;
    enum err_code rc = credentials_words_split(command_of(asked), &words, err);
    credentials_chain_word(asked->profile, profile);
    if (rc != ERR_OK) {
        char why[sizeof err->text];
        (void)snprintf(why, sizeof why, "%s", err->text);
        return err_set(err, ERR_CREDENTIALS,
                       "credential_process of profile \"%s\" is no command: %s; correct it",
                       profile, why);
    }
    struct process *process = mem_alloc(sizeof *process);
    process->profile = mem_strdup(asked->profile);
    process->words = words;
    process->command = mem_strdup(command_of(asked));
    process->out.fd = -1;
    id->state = process;
    identity_set_description(id, mem_printf("profile %s", profile));
    return ERR_OK;
}

static void stop(struct identity *id)
{
    struct process *process = id->state;
    if (!process)
        return;
    clear(id);
    credentials_words_free(process->words);
    mem_free_secret(process->command); /* people put secrets there */
    mem_free(process->profile);
    mem_free(process);
}

const struct source credentials_process_source = {
    .name = "credential_process",
    .from = FROM_PROFILE,
    .is_asked = is_asked,
    .make = make,
    .start = start,
    .stop = stop,
};
