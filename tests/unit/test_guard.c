/* What a process can still do once the guards are engaged: each try happens in a child of its own. */
#include "backend/base/mem.h"
#include "backend/guard/guard.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

extern char **environ;

static char outside[] = "/tmp/keyfall-guard-XXXXXX";
static char *inside, *old_file;

/* ---- what is tried: 0, or an errno --------------------------------------------------------------------- */

static int said(long result)
{
    return result >= 0 ? 0 : errno;
}

static char *beside(const char *folder, const char *name, char out[256])
{
    (void)snprintf(out, 256, "%s/%s", folder, name);
    return out;
}

static int make_file(const char *folder, int flags)
{
    char path[256];
    int fd = open(beside(folder, "new", path), flags, 0600);
    int code = said(fd);
    if (fd >= 0)
        close(fd);
    return code;
}

static int start_program(void)
{
    char *argv[] = {(char *)"true", NULL};
    pid_t pid;
    return posix_spawnp(&pid, "true", NULL, NULL, argv, environ);
}

static int replace_self(void)
{
    char *argv[] = {(char *)"true", NULL};
    return said(execvp("true", argv));
}

static int start_process(void)
{
    pid_t pid = fork();
    if (pid == 0)
        _exit(0);
    return said(pid);
}

static void *nothing(void *ctx)
{
    return ctx;
}

static int start_thread(void)
{
    pthread_t thread;
    int code = pthread_create(&thread, NULL, nothing, NULL);
    if (code == 0)
        (void)pthread_join(thread, NULL);
    return code;
}

static int type_into_terminal(void)
{
    return said(ioctl(STDIN_FILENO, TIOCSTI, "x"));
}

/* The same with garbage above the int that the kernel looks at. */
static int type_into_terminal_widely(void)
{
    return said(syscall(SYS_ioctl, STDIN_FILENO, TIOCSTI | 1ul << 40, "x"));
}

static int end_parent(void)
{
    return said(kill(getppid(), SIGWINCH));
}

static int look_at_parent(void)
{
    static char there[8];
    char here[8];
    const struct iovec to = {here, sizeof here}, from = {there, sizeof there};
    return said(process_vm_readv(getppid(), &to, 1, &from, 1, 0));
}

static int let_in(void)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0), code = said(listen(fd, 1));
    close(fd);
    return code;
}

static int go_round(void)
{
    char params[256] = {0};
    return said(syscall(SYS_io_uring_setup, 4, params));
}

static int make_outside(void)
{
    return make_file(outside, O_RDWR | O_CREAT | O_EXCL);
}

static int make_nameless(void)
{
    int fd = open(outside, O_TMPFILE | O_RDWR, 0600), code = said(fd);
    close(fd);
    return code;
}

static int empty_old(void)
{
    int fd = open(old_file, O_RDWR | O_TRUNC), code = said(fd);
    close(fd);
    return code;
}

static int write_old(void)
{
    int fd = open(old_file, O_WRONLY | O_APPEND), code = said(fd);
    close(fd);
    return code;
}

static int update_old(void)
{
    int fd = open(old_file, O_RDWR), code = said(fd);
    close(fd);
    return code;
}

static int read_old(void)
{
    int fd = open(old_file, O_RDONLY), code = said(fd);
    close(fd);
    return code;
}

static int remove_old(void)
{
    return said(unlink(old_file));
}

static int rename_old(void)
{
    char path[256];
    return said(rename(old_file, beside(outside, "other", path)));
}

static int open_up_old(void)
{
    return said(chmod(old_file, 0777));
}

static int mark_old(void)
{
    return said(utimensat(AT_FDCWD, old_file, NULL, 0));
}

static int link_old(void)
{
    char path[256];
    return said(link(old_file, beside(inside, "linked", path)));
}

static int make_folder(void)
{
    char path[256];
    return said(mkdir(beside(outside, "folder", path), 0700));
}

/* As export/file.c does it. */
static int export_file(void)
{
    int folder = open(inside, O_PATH | O_DIRECTORY | O_CLOEXEC);
    int fd = openat(folder, "t", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644);
    int code = said(fd);
    if (code == 0 && (fchmod(fd, 0600) != 0 || write(fd, "x", 1) != 1 || renameat(folder, "t", folder, "f") != 0
                      || unlinkat(folder, "f", 0) != 0))
        code = errno;
    close(fd);
    close(folder);
    return code;
}

/* An open folder does not lead out of it. */
static int climb_out(void)
{
    int folder = open(inside, O_PATH | O_DIRECTORY | O_CLOEXEC);
    int fd = openat(folder, "../climbed", O_RDWR | O_CREAT | O_EXCL, 0600), code = said(fd);
    close(fd);
    close(folder);
    return code;
}

static int write_memory_file(void)
{
    int fd = memfd_create("t", MFD_CLOEXEC);
    FILE *f = fdopen(fd, "w");
    return f && fputs("x", f) >= 0 && fclose(f) == 0 ? 0 : errno;
}

static int dump_core(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_CORE, &limit) != 0)
        return errno;
    return limit.rlim_max == 0 && prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0 ? EPERM : 0;
}

static int gain_rights(void)
{
    return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 ? EPERM : 0;
}

/* A thread is bound by what its process gave up. */
static void *try_in_thread(void *ctx)
{
    *(int *)ctx = make_outside() ? start_process() : 0;
    return NULL;
}

static int from_thread(void)
{
    pthread_t thread;
    int code = 0;
    if (pthread_create(&thread, NULL, try_in_thread, &code) != 0)
        return 0;
    (void)pthread_join(thread, NULL);
    return code;
}

/* ---- who must stop it ---------------------------------------------------------------------------------- */

/* MAYBE: the machine may forbid it without any guard. */
enum { MAYBE = 1 << 16, FILES = 1 << GUARD_FILES, EXEC = 1 << GUARD_EXEC, MEMORY = 1 << GUARD_MEMORY, RIGHTS = 1 << GUARD_RIGHTS };

static const struct {
    const char *name;
    int (*try)(void);
    unsigned stops[2]; /* without and with an export folder: any of these guards; 0: it is possible */
} rows[] = {
    {"a program", start_program, {FILES | EXEC, FILES | EXEC}},
    {"another program in its place", replace_self, {FILES | EXEC, FILES | EXEC}},
    {"a process", start_process, {EXEC, EXEC}},
    {"a thread", start_thread, {0, 0}},
    {"from a thread", from_thread, {EXEC, EXEC}},
    {"typing into the terminal", type_into_terminal, {EXEC | MAYBE, EXEC}},
    {"typing into the terminal, widely", type_into_terminal_widely, {EXEC | MAYBE, EXEC}},
    {"a signal to the parent", end_parent, {EXEC, EXEC}},
    {"reading the parent", look_at_parent, {EXEC | MAYBE, EXEC}},
    {"being reached", let_in, {EXEC, EXEC}},
    {"io_uring", go_round, {EXEC | MAYBE, EXEC}},
    {"a file outside", make_outside, {FILES | EXEC, FILES | EXEC}},
    {"a file without a name", make_nameless, {FILES | EXEC, FILES | EXEC}},
    {"emptying a file", empty_old, {FILES | EXEC, FILES | EXEC}},
    {"writing a file", write_old, {FILES | EXEC, FILES | EXEC}},
    {"updating a file", update_old, {FILES, FILES}},
    {"reading a file", read_old, {0, 0}},
    {"removing a file", remove_old, {FILES | EXEC, FILES | EXEC}},
    {"renaming a file", rename_old, {FILES | EXEC, FILES | EXEC}},
    {"a file's mode", open_up_old, {EXEC, EXEC}},
    {"a file's time", mark_old, {EXEC, EXEC}},
    {"a link", link_old, {FILES | EXEC, FILES | EXEC}},
    {"a folder", make_folder, {FILES | EXEC, FILES | EXEC}},
    {"an export", export_file, {FILES | EXEC, 0}},
    {"out of the export folder", climb_out, {FILES | EXEC, FILES}},
    {"a file in memory", write_memory_file, {0, 0}},
    {"a core file", dump_core, {MEMORY, MEMORY}},
    {"more rights", gain_rights, {RIGHTS, RIGHTS}},
};

/* What a try may have left; a name that is not there is fine. */
static void clear(void)
{
    static const char *const names[] = {"inside/linked", "inside/t", "inside/f", "inside", "new",
                                        "old",           "other",    "climbed",  "folder"};
    char path[256];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        (void)remove(beside(outside, names[i], path));
}

static int put_back(void)
{
    clear();
    FILE *f = fopen(old_file, "w");
    return f && fclose(f) == 0 ? mkdir(inside, 0700) : -1;
}

enum behind { NOTHING, VIEWER, EXPORTER };

struct answer {
    unsigned active;
    int code;
};

static struct answer try_behind(size_t row, enum behind behind)
{
    struct answer answer = {0, -1};
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t pid = fork();
    if (pid == 0) {
        struct guards guards = {0};
        if (behind != NOTHING)
            guards_engage(behind == EXPORTER ? inside : NULL, &guards);
        for (int i = 0; i < GUARD_COUNT; i++)
            answer.active |= guards.of[i].is_active ? 1u << i : 0;
        answer.code = rows[row].try();
        _exit(write(ends[1], &answer, sizeof answer) == (ssize_t)sizeof answer ? 0 : 1);
    }
    close(ends[1]);
    (void)!read(ends[0], &answer, sizeof answer);
    close(ends[0]);
    (void)waitpid(pid, NULL, 0);
    return answer;
}

static bool is_refusal(int code)
{
    return code == EPERM || code == EACCES || code == EXDEV || code == ENOSYS;
}

/* Without guards everything is possible; one that replaces itself by a program gives no answer then. */
static void test_tries(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(put_back(), 0);
        struct answer a = try_behind(i, NOTHING);
        if (!(rows[i].stops[0] & MAYBE) && a.code != (rows[i].try == replace_self ? -1 : 0))
            fail_msg("%s, without guards: %s", rows[i].name, strerror(a.code));
        for (enum behind behind = VIEWER; behind <= EXPORTER; behind++) {
            assert_int_equal(put_back(), 0);
            a = try_behind(i, behind);
            unsigned stops = rows[i].stops[behind - VIEWER];
            if (stops & a.active ? !is_refusal(a.code) : stops == 0 && a.code != 0)
                fail_msg("%s%s: %s (guards %x)", rows[i].name, behind == EXPORTER ? ", exporting" : "",
                         a.code < 0 ? "no answer" : a.code ? strerror(a.code) : "went well", a.active);
        }
    }
}

/* What this system has must be engaged, and each row says something. */
static void test_rows(void **state)
{
    (void)state;
    for (int i = 0; i < GUARD_COUNT; i++) {
        assert_true(guard_row((enum guard_id)i)->name[0]);
        assert_true(guard_row((enum guard_id)i)->stops[0]);
    }
    unsigned active = try_behind(0, VIEWER).active;
    assert_int_equal(active & (MEMORY | RIGHTS), MEMORY | RIGHTS);
#ifdef KEYFALL_SECCOMP
    assert_true(active & EXEC);
#endif
    assert_int_equal(!!(active & FILES), syscall(444, NULL, 0, 1) > 0);
}

static int set_up(void **state)
{
    (void)state;
    if (!mkdtemp(outside))
        return -1;
    inside = mem_printf("%s/inside", outside);
    old_file = mem_printf("%s/old", outside);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    clear();
    mem_free(inside);
    mem_free(old_file);
    return rmdir(outside);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_tries),
    };
    return cmocka_run_group_tests_name("guard", tests, set_up, tear_down);
}
