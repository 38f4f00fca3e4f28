/* impact: what falls if targets go. A part of judge.h, which includes it. */
#ifndef KEYFALL_JUDGE_IMPACT_H
#define KEYFALL_JUDGE_IMPACT_H

#include "backend/judge/judge.h"

/* The tag differs from op.h's enum effect (READ or WRITE). */
enum impact_effect { EFFECT_SAFE, EFFECT_UNKNOWN, EFFECT_DEGRADED, EFFECT_DOWN, EFFECT_LOST, EFFECT_COUNT };
const char *effect_word(enum impact_effect e);

enum impact_when { WHEN_ALREADY, WHEN_DONE, WHEN_DATE }; /* so already; once it is done; at from_utc */
struct impact_phase {
    enum impact_effect effect;
    enum impact_when when;
    int64_t from_utc;      /* of WHEN_DATE; else TIME_NONE */
};
struct consequence {
    uint32_t node;         /* what it happens to; 0: something that could not be read (see text) */
    uint32_t because;      /* index of the consequence it follows from; UINT32_MAX: a target itself */
    enum edge edge;        /* how it hangs there; EDGE_NONE: it is the target, in it, or not read */
    struct impact_phase phases[2];
    int n_phases;          /* 1 or 2, in order of time */
    enum severity severity;
    const char *text;      /* what happens, a few words */
    const char *evidence;  /* the field that proves it: "EncryptionKeyArn"; "" if none */
    uint32_t evidence_of;  /* the record whose field that is; 0 */
    int64_t read_at;       /* when it was read; TIME_NONE */
    const char *remedy, *source;
    int depth;             /* hops from the target, from 1; 0: the target itself */
    enum list list;        /* of node 0: the list that was not read; LIST_NONE: not a list */
    const char *label;     /* of node 0, without its place: "volumes"; "rules elsewhere"; else "" */
    const char *name;      /* a principal that loses rights, a flow that stops (label: which of these): what may have
                              no record; NULL */
    const char *account, *region; /* where */
};
struct impact {
    const uint32_t *targets;
    size_t n_targets;
    const char *action;          /* of the first target */
    const char *const *actions;  /* of each */
    const char *const *names;    /* of each: targets are statements of these keys' policies; NULL: they are nodes */
    struct consequence *items; /* the worst if there are more than max: by depth, so that children come after
                                  parents, cause, severity, effect, kind and ARN */
    size_t n, n_all;
    uint64_t counts[EFFECT_COUNT];     /* of all, by worst phase, each record once */
    uint64_t now_counts[EFFECT_COUNT]; /* of what is so already */
    uint64_t dependents;               /* of n_all: what judge_dependents counts for the targets */
    uint64_t others[KIND_COUNT];       /* the rest by kind: what names a target, lets others use it, or fails with
                                          what depends on it; KIND_NONE: more that happens to one counted before */
    uint64_t n_unread;                 /* and lists that were not read, one `unknown` each */
    uint64_t n_named;                  /* principals and flows */
    bool is_complete;                  /* no list that could hold more is unseen */
    enum severity severity;
    int64_t point_of_no_return;        /* TIME_NONE */
    const char *caveats[12];
    int n_caveats;
    struct arena *arena;
};
/* What falls if the targets go, together. action NULL: the default of the first target's kind. At most max
 * consequences are listed. NULL if the action is not one of judge_actions. The caller's (impact_free). */
struct impact *judge_impact(const struct judgement *j, const uint32_t *targets, size_t n_targets,
                            const char *action, size_t max);
/* The same with an action for each target; items of NULL: the default of the target's kind. waiting_days: 7 to 30, of
 * keys that are scheduled for deletion; 0, and all if it is NULL: what AWS takes if nobody says. */
struct impact *judge_impact_of(const struct judgement *j, const uint32_t *targets, const char *const *actions,
                               const int *waiting_days, size_t n_targets, size_t max);
/* The same of statements of a key's policy, from 0 on: who loses rights, which flows stop, and what of that which is under
 * the key needs them. NULL: the policy was not read, or has no such statement. */
struct impact *judge_impact_statements(const struct judgement *j, uint32_t key, const size_t *statements, size_t n,
                                       size_t max);
/* "keyfall:statement/KEY-ARN/SID#n", n from 1 on; SID or #n alone if it is one. False, and why, if there is none. */
#define STATEMENT_PREFIX "keyfall:statement/"
bool judge_statement_find(const struct judgement *j, const char *id, uint32_t *key, size_t *index, struct buf *why);
void impact_free(struct impact *i);
/* "483 dependents, 3 aliases, 14 grants, 2 lists not read": what the counts are of; they add up to n_all. */
void impact_sum(const struct impact *i, struct buf *out);
/* "recovery-point a1b2: EncryptionKeyArn, read 2026-08-29T14:02:00Z"; nothing if nothing proves it. */
void consequence_proof(const struct judgement *j, const struct consequence *c, struct buf *out);
enum impact_effect consequence_worst(const struct consequence *c);
int consequence_order_phases(const struct consequence *a, const struct consequence *b); /* as qsort's; what is worse first */
/* NULL-ended, the default first; empty for kinds of which nothing can be asked. */
const char *const *judge_actions(enum kind kind);

#endif
