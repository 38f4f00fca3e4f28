/* ranking: every key by what it would take down, and what it is the only key of. Pure; any thread. */
#ifndef KEYFALL_JUDGE_RANKING_H
#define KEYFALL_JUDGE_RANKING_H

#include "backend/judge/judge.h"

struct key_rank {
    uint32_t key;
    enum severity severity;
    uint64_t counts[EFFECT_COUNT];
    int64_t point_of_no_return;  /* TIME_NONE */
    bool is_complete;            /* no list that could hold more is unseen */
    uint32_t first_sole, n_sole; /* in ranking.sole */
};

struct ranking {
    const char *action;
    struct key_rank *items; /* worst first; then by id */
    size_t n;
    uint32_t *sole;         /* resources, and what deleted ones left: whatever of them can be read, itself and its
                               complete backups, is under that one key */
    bool sole_is_sure;      /* every list that could hold another backup was seen */
    bool is_complete;       /* of all keys, and no key can stand where nobody could look */
};

/* Keys that were seen, and those that something hangs on or an alias means. action NULL: the default of keys. NULL if
 * keys know no such action. The caller's (ranking_free). */
struct ranking *judge_rank_keys(const struct judgement *j, const char *action);
void ranking_free(struct ranking *r); /* NULL is fine */

#endif
