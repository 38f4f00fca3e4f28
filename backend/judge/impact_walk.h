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
    const char *mend, *after;   /* the call that undoes it, and what is left once it is lost; NULL: nothing, or each
                                   row has its own */
    bool waits;                 /* a deletion that can be cancelled first */
    bool stands_still;          /* services go with their keys: none of them waits for one */
    const char *never;          /* of a cap of SAFE: why, a sentence for what depends on it */
    enum impact_effect cap;     /* the worst that can come of it: DOWN if a relative or the Region's return can mend
                                   it; SAFE if it cannot happen; UNKNOWN instead of LOST if a relative was not seen */
};

/* One thing that is hit. 32 bytes: there may be 300,000 of them. */
struct step {
    uint32_t node;              /* 0: see unread */
    uint32_t parent;            /* step; NO_STEP: a target */
    const struct impact_rule *rule;
    uint16_t timeline, depth;
    uint8_t edge, fall, effect; /* how it hangs there; how it goes itself; worst effect */
    uint8_t severity;
    union {
        uint32_t unread;        /* of node 0: index */
        uint32_t resource;      /* what it is a backup of; 0 */
    };
    bool is_dependent;          /* judge_dependents counts it */
    bool hands_on;              /* so it does what hangs on this */
};

struct unread {
    const char *account, *region, *text; /* not its own; text NULL: the list, and where it stands */
    enum list list;
    enum truth truth;
};

/* What hits a record, by which rule. */
struct hit {
    uint32_t identity;          /* of what is hit (holding_identity) */
    uint32_t parent;            /* step; NO_STEP: a target */
    uint32_t node, from;        /* who is hit and what falls; needed where hits are gathered */
    const struct impact_rule *rule;
    enum edge edge;
    uint16_t timeline;
};

/* From where the walk goes on once more. */
struct visit {
    uint32_t node, step;        /* NO_STEP: a target */
    uint16_t timeline;
    uint8_t fall;
};
typedef VEC(struct visit) visit_vec;

/* By identity the index of its step, and one; then by area and list who was told of; and which are set: 100,000 walks
 * wipe what they set and no more. What rules there are they look up together. */
struct hit_marks {
    uint32_t *at;
    VEC(uint32_t) set;
    struct impact_choice choice;
};

struct walker {
    const struct judgement *j;
    struct impact *impact;
    const uint32_t *targets;    /* the impact's, by ARN */
    VEC(struct step) steps;     /* mostly breadth first */
    visit_vec again;            /* from where more follows than was walked */
    struct nodemap again_from;  /* of targets: how bad what was walked from there once more was */
    struct nodemap also;        /* who has a second consequence: its step */
    bool has_moved;             /* a step has another parent than it began with */
    VEC(struct timeline) timelines;
    VEC(struct unread) unread;
    struct hit_marks *hit;      /* who was hit */
    struct nodemap unread_seen; /* hash of place and list, where nothing is known of the place */
    uint32_t told_of;           /* slot: what was not read where its records stand was told last */
    uint16_t unread_timeline;   /* of all of unread */
    struct nodemap falling;     /* keys that go: how many days they wait; 0 */
    struct step last;           /* what was added last: the next is mostly like it */
};

/* judge_impact_of for who asks often: marks are clean before and after. */
struct hit_marks hit_marks_new(const struct judgement *j);
void hit_marks_free(struct hit_marks *m);
void hit_marks_wipe(struct hit_marks *m);
struct impact *impact_with_marks(const struct judgement *j, struct hit_marks *marks, const uint32_t *targets,
                                 const char *const *actions, const int *waiting_days, size_t n_targets, size_t max);

struct timeline timeline_blank(void);
uint16_t timeline_add(struct walker *w, struct timeline t); /* its index */
struct timeline timeline_of(struct walker *w, uint32_t target, const struct impact_action *action);
/* impact_steps.c. A record is hit once, by the worst that reaches it, and so is a recovery point with the snapshot
 * that it is. */
void step_hit(struct walker *w, const struct record *r, const struct hit *hit);
bool hit_matters(struct walker *w, const struct record *r, const struct hit *hit); /* it would change something */
/* The row of a target itself. */
void step_of_target(struct walker *w, const struct record *r, const struct impact_rule *rule, uint16_t timeline);
void mark_target(struct walker *w, uint32_t identity);
bool was_hit(const struct walker *w, uint32_t identity);
enum impact_effect effect_on(const struct walker *w, uint32_t identity); /* the worst so far; of a target LOST; of others SAFE */
void settle_depths(struct walker *w);
bool is_new_list(struct walker *w, const struct area *a, enum list list); /* that could not be read */
/* Since when a service is without its key, where it says so (DynamoDB does); else TIME_NONE. */
int64_t clock_since(const struct walker *w, const struct step *s);
void phases_of(const struct walker *w, const struct step *s, struct impact_phase phases[2], int *n);
/* impact_drivers.c: roles that may use a key, of functions that rules about backups drive. */
void hit_drivers(struct walker *w, uint32_t key, uint32_t parent, uint16_t timeline);
/* impact_remedy.c: what can be done about a key, by its state and the action; about one consequence: static, or of the
 * impact's arena. */
void remedy_of_key(const struct walker *w, uint32_t key, const struct impact_action *action, struct timeline *t);
const char *remedy_of(const struct walker *w, const struct step *s, const struct consequence *c);
/* impact_roles.c: what runs as a role or was given to it; the attribute that says so, or ATTR_NONE. */
void hit_bearers(struct walker *w, uint32_t role, uint16_t timeline);
enum attr role_attr(enum kind kind);
/* impact_unread.c: what could hang on a node, or be in a place, and was not read; a target that was not. */
void unread_of(struct walker *w, uint32_t node);
void unread_here(struct walker *w, const struct area *a, enum list list, enum truth truth);
void unread_target(struct walker *w, uint32_t target);
void unread_within(struct walker *w, const char *account, const char *region);
void unread_tell(const struct walker *w, const struct unread *u, struct consequence *out);
/* impact_survive.c: copies in other vaults; what is deleted and has backups. After the walk. */
void find_copies(struct walker *w);
void soften_sources(struct walker *w);
/* Fills items, counts and severity from the steps. */
void impact_report(struct walker *w, size_t max);
void impact_caveat(struct impact *impact, const char *text);

#endif
