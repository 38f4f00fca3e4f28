/* Landlock: https://docs.kernel.org/userspace-api/landlock.html. The system calls are made directly, with
 * numbers and layouts that do not change, so that it does not matter how old the headers are that keyfall was
 * built with: what the kernel knows is asked at run time. */
#include "backend/guard/guard_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#ifdef __linux__
#include <sys/syscall.h>

#ifndef SYS_landlock_create_ruleset /* the same on every architecture */
#define SYS_landlock_create_ruleset 444
#define SYS_landlock_add_rule 445
#define SYS_landlock_restrict_self 446
#endif
#define CREATE_RULESET_VERSION 1u
#define RULE_PATH_BENEATH 1

enum {
    EXECUTE = 1 << 0,
    WRITE_FILE = 1 << 1,
    REMOVE_DIR = 1 << 4,
    REMOVE_FILE = 1 << 5,
    MAKE_CHAR = 1 << 6,
    MAKE_DIR = 1 << 7,
    MAKE_REG = 1 << 8,
    MAKE_SOCK = 1 << 9,
    MAKE_FIFO = 1 << 10,
    MAKE_BLOCK = 1 << 11,
    MAKE_SYM = 1 << 12,
    REFER = 1 << 13,
    TRUNCATE = 1 << 14,
    IOCTL_DEV = 1 << 15,
    TO_DEVICE = WRITE_FILE | IOCTL_DEV, /* the terminal is opened anew when the dashboard starts */
    TO_EXPORTS = WRITE_FILE | REMOVE_DIR | REMOVE_FILE | MAKE_DIR | MAKE_REG | REFER | TRUNCATE,
};
enum { BIND_TCP = 1 << 0 };                           /* network */
enum { ABSTRACT_UNIX_SOCKET = 1 << 0, SIGNAL = 1 << 1 }; /* scope: to processes outside */

struct ruleset {
    uint64_t files, network, scoped;
};
struct path_beneath {
    uint64_t allowed;
    int32_t parent;
} __attribute__((packed));

/* What an ABI can refuse, all that it knows before it included. Reading is not among it. */
static const struct {
    int abi;
    size_t size; /* of struct ruleset, as that ABI knows it */
    struct ruleset adds;
} abis[] = {
    {1, 8,
     {EXECUTE | WRITE_FILE | REMOVE_DIR | REMOVE_FILE | MAKE_CHAR | MAKE_DIR | MAKE_REG | MAKE_SOCK | MAKE_FIFO
          | MAKE_BLOCK | MAKE_SYM,
      0, 0}},
    {2, 8, {REFER, 0, 0}},
    {3, 8, {TRUNCATE, 0, 0}},
    {4, 16, {0, BIND_TCP, 0}},
    {5, 16, {IOCTL_DEV, 0, 0}},
    {6, 24, {0, 0, ABSTRACT_UNIX_SOCKET | SIGNAL}},
};

static size_t known_rules(int abi, struct ruleset *rules)
{
    size_t size = 0;
    *rules = (struct ruleset){0};
    for (size_t i = 0; i < sizeof abis / sizeof *abis && abis[i].abi <= abi; i++) {
        rules->files |= abis[i].adds.files;
        rules->network |= abis[i].adds.network;
        rules->scoped |= abis[i].adds.scoped;
        size = abis[i].size;
    }
    return size;
}

/* A place that is not there needs no permission. */
static bool allow(int set, const char *path, uint64_t access)
{
    int fd = path ? open(path, O_PATH | O_CLOEXEC) : -1;
    if (fd < 0)
        return true;
    struct path_beneath rule = {.allowed = access, .parent = fd};
    bool is_added = syscall(SYS_landlock_add_rule, set, RULE_PATH_BENEATH, &rule, 0) == 0;
    (void)close(fd);
    return is_added;
}

static bool allow_all(int set, const char *export_dir, uint64_t handled)
{
    bool is_good = allow(set, export_dir, TO_EXPORTS & handled) && allow(set, "/dev/null", TO_DEVICE & handled)
                   && allow(set, "/dev/tty", TO_DEVICE & handled);
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO && is_good; fd++)
        is_good = allow(set, isatty(fd) ? ttyname(fd) : NULL, TO_DEVICE & handled);
    return is_good;
}

void guard_files(const char *export_dir, struct guard_state *out)
{
    struct ruleset rules;
    int abi = (int)syscall(SYS_landlock_create_ruleset, NULL, 0, CREATE_RULESET_VERSION);
    if (abi < 1) {
        guard_say(out, false, "this kernel has no Landlock, or it is off: %s", strerror(errno));
        return;
    }
    size_t size = known_rules(abi, &rules);
    int set = (int)syscall(SYS_landlock_create_ruleset, &rules, size, 0);
    bool is_on = set >= 0 && allow_all(set, export_dir, rules.files)
                 && syscall(SYS_landlock_restrict_self, set, 0) == 0;
    if (is_on)
        guard_say(out, true, "Landlock, ABI %d: it can write %s", abi,
                  export_dir ? "to the export folder alone" : "nowhere");
    else
        guard_say(out, false, "Landlock refuses: %s", strerror(errno));
    if (set >= 0)
        (void)close(set);
}
#else
void guard_files(const char *export_dir, struct guard_state *out)
{
    (void)export_dir;
    guard_say(out, false, "this system has no Landlock");
}
#endif
