/* key_access: what the estate knows that decides who may use a key, in the shape that the policy evaluator
 * takes. Pure; any thread; everything lives in the arena and in the generation. */
#ifndef KEYFALL_JUDGE_KEY_ACCESS_H
#define KEYFALL_JUDGE_KEY_ACCESS_H

#include "backend/judge/judge.h"
#include "backend/policy/access.h"

/* Key policy, grants, state, manager. What was not read, is stale, or cannot be parsed, is unknown in *out. */
void key_access_facts(const struct judgement *j, struct arena *arena, uint32_t key,
                      struct access_input *out);

/* Whether those facts tell them, without reading texts anew. */
bool key_policy_is_known(const struct judgement *j, const struct record *key);
bool key_grants_are_known(const struct record *key);
bool key_state_is_known(const struct record *key);

/* The text of an attribute that is a policy; NULL: not known, or stale. An absent one is a policy without statements,
 * which allows nothing. */
const struct policy *record_policy(struct arena *arena, const struct record *r, enum attr attr);

#endif
