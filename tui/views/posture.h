/* posture: what the overview tells, gathered once a snapshot by the thread that judges. Immutable
 * then. */
#ifndef KEYFALL_TUI_POSTURE_H
#define KEYFALL_TUI_POSTURE_H

#include "backend/view/view.h"

struct deletion {
    uint32_t key;
    int64_t at_utc;
    struct dependents dependents;
    struct worst worst;
};
struct coverage {
    const char *what;
    enum kind kind; /* of what is counted */
    uint64_t part, unknown, whole;
};
struct scope_row { /* an account, or a region of all accounts */
    const char *id, *name;
    struct place place;
};

#define COVERAGES 3

struct posture {
    struct place all;
    VEC(struct deletion) deletions;
    struct coverage coverages[COVERAGES];
    VEC(struct scope_row)
    accounts, regions;                 /* worst first; regions where anything is, or could be */
    VEC(const struct finding *) first; /* that have a line, worst first */
    VEC(struct finding) told; /* in a scope those are of these, alike with what is in it; else the judgement's */
};

/* Of what is in the scope. */
struct posture *posture_new(const struct generation *g, const struct judgement *j, const struct view_scope *scope);
/* What its coverages are of, without any counts. */
void posture_name_coverages(struct posture *p);
void posture_free(struct posture *p); /* NULL is fine */

#endif
