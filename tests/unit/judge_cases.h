/* judge_cases: findings that small estates have, for tests that ask in several ways: a row of judge_cases.def each. */
#ifndef KEYFALL_TESTS_JUDGE_CASES_H
#define KEYFALL_TESTS_JUDGE_CASES_H

#include "small_estate.h"

#define HOME "at 111122223333 eu-west-1\n"
#define CMK "manager=CUSTOMER origin=AWS_KMS spec=SYMMETRIC_DEFAULT "

static const struct {
    const char *id, *lines;
    enum finding_state state;
    enum severity severity; /* of OPEN and UNKNOWN */
} findings[] = {
#include "judge_cases.def"
};

/* The finding of a rule; NULL: there is none. */
static inline const struct finding *find(const struct small *s, const char *id)
{
    size_t n;
    const struct finding *all = judgement_findings(s->j, &n);
    for (size_t i = 0; i < n; i++)
        if (strcmp(all[i].rule->id, id) == 0)
            return &all[i];
    return NULL;
}

#endif
