/* seccomp: https://docs.kernel.org/userspace-api/seccomp_filter.html, built by libseccomp. What is refused fails
 * with EPERM, so that the place that asked for it says so. Calls of another architecture's table end the
 * process: libseccomp's own default. */
#include "backend/guard/guard_internal.h"

#ifdef KEYFALL_SECCOMP
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#ifdef __s390__
#define CLONE_FLAGS_AT 1
#else
#define CLONE_FLAGS_AT 0
#endif
#define NAMELESS (O_TMPFILE & ~O_DIRECTORY)
#define INT_BITS 0xffffffffu
#define OWN_ID UINT64_MAX /* in the table: this process's, once it is known */

struct call {
    int number;
    bool is_absent, unless_exporting, is_from_here;
    unsigned n; /* comparisons */
    struct scmp_arg_cmp with;
};

#define CALL(name) {.number = SCMP_SYS(name)},
#define ABSENT(name) {.number = SCMP_SYS(name), .is_absent = true},
#define UNLESS_EXPORTING(name) {.number = SCMP_SYS(name), .unless_exporting = true},
#define WHEN(name, ...) {.number = SCMP_SYS(name), .n = 1, .with = {__VA_ARGS__}},
#define FROM_HERE(name) {.number = SCMP_SYS(name), .is_from_here = true},
#define WHEN_FROM_HERE(name, ...) {.number = SCMP_SYS(name), .is_from_here = true, .n = 1, .with = {__VA_ARGS__}},

static const struct call calls[] = {
#include "backend/guard/calls.def"
};

/* 0 or a negative errno. A call that this architecture does not have needs no rule. */
static int refuse(scmp_filter_ctx filter, const struct call *call, bool is_exporting)
{
    struct scmp_arg_cmp with[2] = {call->with};
    unsigned n = call->n;
    if (call->unless_exporting && is_exporting)
        return 0;
    if (n > 0 && with[0].datum_a == OWN_ID)
        with[0].datum_a = (scmp_datum_t)getpid();
    if (call->is_from_here && is_exporting)
        with[n++] = (struct scmp_arg_cmp){0, SCMP_CMP_MASKED_EQ, INT_BITS, (uint32_t)AT_FDCWD};
    int code = seccomp_rule_add_array(filter, SCMP_ACT_ERRNO(call->is_absent ? ENOSYS : EPERM), call->number, n, with);
    return call->number < 0 || code == -EEXIST ? 0 : code;
}

void guard_exec(const char *export_dir, struct guard_state *out)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    int code = filter ? seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1) : -ENOMEM;
    for (size_t i = 0; i < sizeof calls / sizeof *calls && code == 0; i++)
        code = refuse(filter, &calls[i], export_dir != NULL);
    if (code == 0)
        code = seccomp_load(filter);
    if (code == 0)
        guard_say(out, true, "seccomp, %zu rules", sizeof calls / sizeof *calls);
    else
        guard_say(out, false, "seccomp refuses: %s", strerror(-code));
    if (filter)
        seccomp_release(filter);
}
#else
void guard_exec(const char *export_dir, struct guard_state *out)
{
    (void)export_dir;
    guard_say(out, false, "keyfall was built without libseccomp");
}
#endif
