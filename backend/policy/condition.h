/* condition: the operators of a policy's conditions.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
 *
 * Pure; any thread. */
#ifndef KEYFALL_POLICY_CONDITION_H
#define KEYFALL_POLICY_CONDITION_H

#include "backend/policy/document.h"
#include "backend/policy/request.h"
#include "backend/base/tri.h"

/* Takes apart c->written: quantifier, operator, IfExists. An operator that keyfall does not know stays NULL
 * and makes every condition with it unknown. */
void condition_read_operator(struct policy_condition *c);

/* Of a condition whose operator is known; false else. Negated: holds when the key is absent. Compares: looks
 * at the key's value, which Null does not. */
bool condition_is_negated(const struct policy_condition *c);
bool condition_compares(const struct policy_condition *c);

/* Does one condition hold? hangs_on: if unknown, the key that is not known (or the operator); else NULL. */
enum tri condition_holds(struct arena *arena, const struct policy_condition *c, bool has_variables,
                         const struct request *request, const char **hangs_on);

#endif
