/* operation: what KMS itself says about its operations, whatever the policies say. Constant; any thread.
 *
 * States: https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html
 * Across accounts: https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-modifying-external-accounts.html */
#ifndef KEYFALL_POLICY_OPERATION_H
#define KEYFALL_POLICY_OPERATION_H

#include "backend/base/tri.h"

/* Does it work on a key in this state, as AWS names states? A state or operation of KMS that keyfall does
 * not know: UNKNOWN. Another service's action: YES. */
enum tri operation_works(const char *action, const char *key_state);

/* May it work on a key of another account at all? */
bool operation_crosses_accounts(const char *action);

/* A grant's encryption context constraint does not apply to these, they have no context. */
bool operation_has_context(const char *action);

/* RCPs do not apply to it: https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps.html */
bool operation_is_beyond_rcps(const char *action);

#endif
