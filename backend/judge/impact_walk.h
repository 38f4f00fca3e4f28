/* impact_walk: what the walk gathers before it is told. Private to judge/impact*.c. */
#ifndef KEYFALL_JUDGE_IMPACT_WALK_H
#define KEYFALL_JUDGE_IMPACT_WALK_H

#include "backend/judge/impact_rules.h"
#include "backend/judge/internal.h"

#define NO_STEP UINT32_MAX

/* When things under one key or in one place become unusable, and when they are lost. */
struct timeline {
    bool has_first, has_last;
    enum impact_when first_when, last_when;
    int64_t first_at, last_at;  /* of WHEN_DATE */
    enum impact_effect cap;     /* the worst that can come of it: DOWN if a relative can mend it; SAFE if it
                                   cannot happen; UNKNOWN instead of LOST if a relative was not seen */
};

/* One thing that is hit. 32 bytes: there may be 300,000 of them. */
struct step {
    uint32_t node;              /* 0: see unread */
    uint32_t parent;            /* step; NO_STEP: a target */
    const struct impact_rule *rule;
    uint16_t timeline, depth;
    uint8_t edge, fall, effect; /* how it hangs there; how it goes itself; worst effect */
    uint8_t severity;
    uint32_t unread;            /* index, of node 0 */
};

struct unread {
    const char *account, *region, *text;
    enum list list;
};

struct walker {
    const struct judgement *j;
    struct impact *impact;
    VEC(struct step) steps;     /* breadth first */
    VEC(struct timeline) timelines;
    VEC(struct unread) unread;
    uint8_t *seen;              /* a bit by node */
    struct nodemap unread_seen; /* hash of place and list */
    struct nodemap falling;     /* keys that go */
};

struct timeline timeline_blank(void);
uint16_t timeline_add(struct walker *w, struct timeline t); /* its index */
struct timeline timeline_of(struct walker *w, uint32_t target, const struct impact_action *action);
void phases_of(const struct walker *w, const struct step *s, struct impact_phase phases[2], int *n);
/* Fills items, counts and severity from the steps. */
void impact_report(struct walker *w, size_t max);
void impact_caveat(struct impact *impact, const char *text);

#endif
