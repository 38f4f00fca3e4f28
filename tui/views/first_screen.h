/* first_screen: what the overview tells before anything is read: what an earlier run saw last, in at most
 * FIRST_SCREEN_MOST bytes that stand by themselves. Every mark in it is of old facts.
 *
 * Made by the thread that judges, of a snapshot; unpacked and drawn by the terminal's. Immutable then. */
#ifndef KEYFALL_TUI_FIRST_SCREEN_H
#define KEYFALL_TUI_FIRST_SCREEN_H

#include "backend/store/store.h"
#include "tui/views/app.h"
#include "tui/views/posture.h"

#define FIRST_SCREEN_MOST STORE_SUMMARY_MOST

/* A line of what to do first. */
struct told_finding {
    const char *mark, *name, *title, *where, *remedy;
};
/* The names of a key that is being deleted, and of where it is. */
struct told_key {
    const char *name, *account, *region;
};
void tell_finding(const struct snapshot *s, size_t i, struct arena *arena, struct told_finding *out);
void tell_key(const struct snapshot *s, size_t i, struct arena *arena, struct told_key *out);

struct first_screen {
    struct arena *arena;      /* of its texts */
    int64_t now_utc;          /* of then */
    struct tally tally;
    struct posture posture;   /* without nodes and findings: these are */
    VEC(struct told_key) keys;          /* told here, one for each of its deletions */
    VEC(struct told_finding) findings;  /* and for each of its lines */
    VEC(struct place) places; /* its accounts x its regions: what the matrix shows of them */
};
void first_screen_free(struct first_screen *f); /* NULL is fine */

/* Appends the bytes. */
void first_screen_pack(const struct snapshot *s, struct buf *out);
/* NULL: they are of another version, or damaged. */
struct first_screen *first_screen_unpack(const char *bytes, size_t len);

#endif
