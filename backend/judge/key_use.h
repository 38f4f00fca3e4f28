/* key_use: may somebody use a key as a service's own user does: encrypt, decrypt, and make grants for AWS's
 * services? By the key's policy, its grants and the resource control policies over its account: whom the key's
 * owner lets in. What IAM of another account says (a vendor's never can be read) is taken to allow it; what IAM of
 * the key's own account says counts where the key leaves it to IAM. Pure; any thread. */
#ifndef KEYFALL_JUDGE_KEY_USE_H
#define KEYFALL_JUDGE_KEY_USE_H

#include "backend/judge/judge.h"
#include "backend/policy/document.h"

struct key_use {
    enum tri may;               /* all of it */
    const char *reason;         /* of NO and UNKNOWN; "" */
    const struct policy_statement *denied_by; /* of NO: the Deny that decides; NULL if none does */
    bool is_delegated;          /* of UNKNOWN: the key leaves it to IAM policies, which do not plainly allow it */
    bool is_limit;              /* of UNKNOWN: see key_flow */
    bool is_rcps_alone;         /* of UNKNOWN: resource control policies that are not read, and nothing else */
};

/* principal: an ARN, or an account's 12 digits: some principal of it. The five actions of use and CreateGrant, as
 * the KMS console gives them to an external account:
 * https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-modifying-external-accounts.html
 * Texts live in the arena. */
struct key_use judge_key_use(const struct judgement *j, struct arena *arena, uint32_t key, const char *principal);
/* The same with another policy in the place of the key's; NULL: its own. */
struct key_use judge_key_use_with(const struct judgement *j, struct arena *arena, uint32_t key, const char *principal,
                                  const struct policy *instead);

#endif
