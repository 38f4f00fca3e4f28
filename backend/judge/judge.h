/* judge: pure questions over one generation. No I/O, no clock, no globals; any thread, one judgement by one
 * thread at a time. What is unseen is unknown, never safe. */
#ifndef KEYFALL_JUDGE_JUDGE_H
#define KEYFALL_JUDGE_JUDGE_H

#include "backend/base/mem.h"
#include "backend/estate/estate.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum severity { SEVERITY_NONE, SEVERITY_INFO, SEVERITY_LOW, SEVERITY_MEDIUM, SEVERITY_HIGH, SEVERITY_CRITICAL };
char severity_letter(enum severity s);          /* C H M L I . */
const char *severity_word(enum severity s);     /* "critical"; "none" */

/* ---- blind spots: what could not be seen, one for each (place, operation, error) ---------------------- */
struct blind_spot {
    uint32_t scope;       /* account and region */
    uint32_t parent;      /* node the call was about; 0: the scope as a whole */
    const char *service, *operation, *error, *text, *request_id; /* owned by the judgement or estate */
    enum truth truth;     /* DENIED, FAILED, STALE, LOADING, NOT_ASKED */
    int64_t since;        /* when it was first missed, or last seen for STALE; TIME_NONE */
    uint32_t records;     /* how many records it concerns; 0: a whole list */
    const char *hides;    /* "keys", "policy of 3 keys": in words */
};

/* ---- findings ----------------------------------------------------------------------------------------- */
enum finding_state { FINDING_OPEN, FINDING_UNKNOWN };
struct finding {
    const struct finding_row *rule;
    uint32_t node;
    enum severity severity;
    enum finding_state state;
    char reason[160];
};
struct finding_row {
    const char *id, *slug;     /* "F-KEY-01", "key-pending-deletion" */
    const char *title, *why, *remedy, *page;
    enum kind kind;
    enum severity severity;
    enum facet needs[4];       /* facets that must be sure; otherwise the finding is unknown */
    /* True if the record breaks the rule; may raise the severity and give the reason. */
    bool (*breaks)(const struct generation *g, const struct record *r, int64_t now_utc,
                   struct finding *out);
};
const struct finding_row *finding_rows(size_t *n);

/* ---- a judgement of one generation -------------------------------------------------------------------- */
struct judgement;
struct judgement *judge(const struct generation *g, int64_t now_utc); /* holds the generation */
void judgement_free(struct judgement *j);                             /* NULL is fine */
const struct blind_spot *judgement_blind_spots(const struct judgement *j, size_t *n);
const struct finding *judgement_findings(const struct judgement *j, size_t *n); /* worst first */
/* Findings of one node: *n of them, contiguous. */
const struct finding *judgement_of(const struct judgement *j, uint32_t node, size_t *n);
enum severity judgement_worst(const struct judgement *j, uint32_t node, bool *is_unknown);

/* ---- dependents and impact ---------------------------------------------------------------------------- */

/* How many records hang on a node, over all hops that matter; is_at_least if a list that could hold more
 * was not seen. */
struct dependents {
    uint64_t direct, all;
    bool is_at_least;
};
struct dependents judge_dependents(const struct generation *g, uint32_t node, bool all_hops);

enum effect { EFFECT_SAFE, EFFECT_UNKNOWN, EFFECT_DEGRADED, EFFECT_DOWN, EFFECT_LOST };
const char *effect_word(enum effect e);

struct impact_phase {
    enum effect effect;
    int64_t from_utc;      /* TIME_NONE: now */
};
struct consequence {
    uint32_t node;         /* what it happens to; 0: a kind that could not be read (see text) */
    uint32_t because;      /* index of the consequence it follows from; UINT32_MAX: the target itself */
    enum edge edge;
    struct impact_phase phases[2];
    int n_phases;
    enum severity severity;
    const char *text;      /* what happens, a few words */
    const char *evidence;  /* field and record */
    const char *remedy, *source;
    int depth;
};
struct impact {
    uint32_t target;
    const char *action;
    struct consequence *items; /* breadth first; children follow parents */
    size_t n;
    uint64_t counts[5];    /* by enum effect, worst phase, each record once */
    bool is_complete;
    enum severity severity;
    int64_t point_of_no_return; /* TIME_NONE */
    const char *caveats[8];
    int n_caveats;
    struct arena *arena;
};
/* What falls if target goes ("delete", the default for its kind when action is NULL). max: at most so many
 * consequences are listed; counts are of all. The caller's (impact_free). */
struct impact *judge_impact(const struct generation *g, uint32_t target, const char *action,
                            int64_t now_utc, size_t max);
void impact_free(struct impact *i);

#endif
