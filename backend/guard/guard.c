#include "backend/guard/guard_internal.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

void guard_say(struct guard_state *out, bool is_active, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    out->is_active = is_active;
    if (vsnprintf(out->how, sizeof out->how, fmt, args) < 0)
        out->how[0] = '\0';
    va_end(args);
}

void guard_memory(struct guard_state *out)
{
    struct rlimit none = {0, 0};
    if (setrlimit(RLIMIT_CORE, &none) != 0) {
        guard_say(out, false, "the limit for core files cannot be set: %s", strerror(errno));
        return;
    }
#ifdef __linux__
    bool is_kept = prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0;
    guard_say(out, is_kept, is_kept ? "RLIMIT_CORE 0, PR_SET_DUMPABLE 0" : "RLIMIT_CORE 0 alone");
#else
    guard_say(out, false, "RLIMIT_CORE 0 alone: this system has no more");
#endif
}

static void memory(const char *export_dir, struct guard_state *out)
{
    (void)export_dir;
    guard_memory(out);
}

static void rights(const char *export_dir, struct guard_state *out)
{
    (void)export_dir;
#ifdef __linux__
    bool is_set = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
    guard_say(out, is_set, "PR_SET_NO_NEW_PRIVS%s%s", is_set ? "" : ": ", is_set ? "" : strerror(errno));
#else
    guard_say(out, false, "this system has no such promise");
#endif
}

static void writes(const char *export_dir, struct guard_state *out)
{
    (void)export_dir;
    guard_say(out, true, "the one sender, before it signs");
}

/* In the order in which they are engaged. */
static const struct {
    struct guard guard;
    void (*engage)(const char *export_dir, struct guard_state *out); /* NULL: elsewhere */
} rows[GUARD_COUNT] = {
    [GUARD_MEMORY] = {{"core", "no core file is written, and no other process reads its memory"}, memory},
    [GUARD_RIGHTS] = {{"rights", "no program and no file mode gives it more rights than it began with"}, rights},
    [GUARD_FILES] = {{"files", "no file is written, made, renamed or removed outside the export folder"},
                     guard_files},
    [GUARD_EXEC] = {{"exec", "no program or process is started, and no other one is touched"},
                    guard_exec},
    [GUARD_WRITES] = {{"writes", "no request that changes something is signed"}, writes},
    [GUARD_AWS] = {{"aws", "AWS refuses changes and secrets, whoever holds the session's keys"}, NULL},
};

const struct guard *guard_row(enum guard_id id)
{
    return &rows[id].guard;
}

#ifdef __SANITIZE_ADDRESS__
/* The sanitizer looks for leaks from a process of its own, at exit: a viewer cannot start it, and would fail. */
int __lsan_is_turned_off(void);
static bool is_engaged;

int __lsan_is_turned_off(void)
{
    return is_engaged;
}
#define ENGAGED() (is_engaged = true)
#else
#define ENGAGED() ((void)0)
#endif

void guards_engage(const char *export_dir, struct guards *out)
{
    ENGAGED();
    *out = (struct guards){0};
    for (int i = 0; i < GUARD_COUNT; i++)
        if (rows[i].engage)
            rows[i].engage(export_dir, &out->of[i]);
}
