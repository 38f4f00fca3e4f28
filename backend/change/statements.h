/* statements: a key's policy changed by statement. What stands there stays, whoever put it; what is added is shown as a
 * diff; the step puts the policy only if it still is what was planned on. Private to change/. Pure; one thread a making.
 * https://docs.aws.amazon.com/kms/latest/APIReference/API_PutKeyPolicy.html */
#ifndef KEYFALL_CHANGE_STATEMENTS_H
#define KEYFALL_CHANGE_STATEMENTS_H

#include "backend/change/make.h"

/* An Allow for principals (an array of texts, taken), of actions that NULL ends. The caller's. */
cJSON *statement_allow(const char *sid, cJSON *principals, const char *const *actions);
/* What AWS's console adds for another account: the use of the key, and grants for services to use it.
 * https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-modifying-external-accounts.html */
cJSON *statement_use(const char *sid, cJSON *principals);
cJSON *statement_grants(const char *sid, cJSON *principals);
/* Both, added. */
void policy_add_pair(cJSON *policy, cJSON *principals);
/* The account itself, which lets its IAM policies allow anything: what every key begins with. */
cJSON *statement_root(struct making *m, const char *partition, const char *account);

/* A policy with no statement; the caller's. */
cJSON *policy_new(const char *id);
/* Adds a statement, which it takes, unless one that differs in its Sid alone is there. A Sid that is taken gets a
 * number, so nothing that is there is replaced. */
void policy_add(cJSON *policy, cJSON *statement);

/* The policy as KMS gets it, in the arena. Refuses what KMS does not take: too long, characters, principals that are no
 * more. Warns if the account's root may not change it by it: AWS then asks who puts it, and keyfall never bypasses that. */
const char *policy_text(struct making *m, const char *key_arn, const cJSON *policy);
/* The policy of a key as it is, to be added to: the caller's; NULL: not read yet, or there is none. */
cJSON *policy_seen(struct making *m, struct place at, const char *key_arn);
/* The step from that to `policy`, which it takes (NULL is fine). No step if they are the same. */
void step_put_policy(struct making *m, struct place at, const char *key_arn, const char *title, cJSON *policy);

/* ---- a key that is made ---------------------------------------------------------------------------------------------- */

struct new_key {
    const char *name;        /* of ${keyfall:NAME}, which stands for its ARN in later steps */
    const char *title, *description, *alias, *partition;
    cJSON *policy;           /* taken */
    cJSON *tags;             /* an object of texts, taken; NULL: none */
};
/* Two steps: the key, symmetric, of AWS's own material, known again by the plan's nonce, which must be an input; and its
 * alias, which must not be there. The reference "${keyfall:NAME}", in the arena. */
const char *steps_new_key(struct making *m, struct place at, const struct new_key *key);

#endif
