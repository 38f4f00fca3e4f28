/* ask_access: may a principal do something with a key, by all that the estate knows: the key's policy, grants and
 * state, the principal's own policies and boundary, what both organizations lay over them. Pure; any thread. */
#ifndef KEYFALL_JUDGE_ASK_ACCESS_H
#define KEYFALL_JUDGE_ASK_ACCESS_H

#include "backend/judge/judge.h"
#include "backend/policy/access.h"

struct access_question {
    uint32_t key;
    const char *principal, *action;
    const char *const *context;    /* "name=value" or "name=?" for what is not known; NULL-ended; NULL: none */
    const struct policy *instead;  /* of the key's policy; NULL: as it is */
};

/* ERR_USAGE if the principal or action is none. *out is the caller's (access_result_free); what it points to lives
 * in the arena. Whether the caller belongs to the key's organization is told by the estate, where it knows. */
NODISCARD enum err_code judge_access(const struct judgement *j, struct arena *arena,
                                     const struct access_question *question, struct access_result *out,
                                     struct err *err);

/* Who might use a key: the users and roles that were read of the key's account and of those that its policy lets
 * in, whom the policy names, and the grantees of its grants. Sorted; *n of them, in the arena. */
const char **judge_possible_users(const struct judgement *j, struct arena *arena, uint32_t key, size_t *n);

#endif
