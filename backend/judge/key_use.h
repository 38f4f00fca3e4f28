/* key_use: may somebody use a key as a service's own user does: encrypt, decrypt, and make grants for AWS's
 * services? By the key's policy and its grants; what IAM of another account says can never be read from here and
 * is taken to allow it. Pure; any thread. */
#ifndef KEYFALL_JUDGE_KEY_USE_H
#define KEYFALL_JUDGE_KEY_USE_H

#include "backend/judge/judge.h"

struct key_use {
    enum tri may;               /* all of it */
    const char *reason;         /* of NO and UNKNOWN; "" */
    const char *condition;      /* of NO: the condition key of the Deny that decides; "" if none does */
    bool is_delegated;          /* of UNKNOWN: the key's account leaves it to IAM policies that are not read */
};

/* principal: an ARN, or an account's 12 digits: some principal of it. The five actions of use and CreateGrant, as
 * the KMS console gives them to an external account:
 * https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-modifying-external-accounts.html
 * Texts live in the arena. */
struct key_use judge_key_use(const struct judgement *j, struct arena *arena, uint32_t key, const char *principal);

#endif
