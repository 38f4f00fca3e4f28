/* guard: what the process of a viewer gives up, by itself and for good.
 *
 * Engaged once, on the main thread while there is no other: threads inherit what it gave up, and nobody can take
 * it back. None needs root. A guard that this machine lacks is told as absent, never taken for granted; keyfall
 * runs on. What is open before stays open: terminal, standard files, the log. Reading files stays possible. */
#ifndef KEYFALL_GUARD_GUARD_H
#define KEYFALL_GUARD_GUARD_H

#include <stdbool.h>

enum guard_id {
    GUARD_MEMORY, /* no core file, no other process reads it */
    GUARD_RIGHTS, /* no program gives it more rights */
    GUARD_FILES,  /* Landlock: writes in the export folder alone */
    GUARD_EXEC,   /* seccomp: no program, no process, and what leads out of one */
    GUARD_WRITES, /* the sender refuses what changes something (aws_call.c); always there */
    GUARD_AWS,    /* AWS refuses it too, where a session policy goes along; who reads AWS knows whether */
    GUARD_COUNT
};

struct guard {
    const char *name;  /* a word for line 1 */
    const char *stops; /* a sentence without its period */
};
const struct guard *guard_row(enum guard_id id);

struct guard_state {
    bool is_active;
    char how[120]; /* by what, or why it is not there */
};
struct guards {
    struct guard_state of[GUARD_COUNT];
};

/* export_dir NULL: nothing is written anywhere. GUARD_AWS is left inactive. */
void guards_engage(const char *export_dir, struct guards *out);

/* The first guard alone, for everybody who has credentials in memory. */
void guard_memory(struct guard_state *out);

#endif
