/* statements: key policies and vault policies, edited by statement. Private to change/. Pure.
 * https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-modifying-external-accounts.html */
#ifndef KEYFALL_CHANGE_STATEMENTS_H
#define KEYFALL_CHANGE_STATEMENTS_H

#include "backend/change/make.h"

/* Each is the caller's. principals: an array of texts. */
cJSON *statement_root(struct making *m, struct place at);
cJSON *statement_admins(const cJSON *principals);
cJSON *statement_use(const char *sid, const cJSON *principals);
cJSON *statement_grants(const char *sid, const cJSON *principals);
cJSON *statement_deny_deletion(const char *break_glass); /* "": nobody may */
cJSON *statement_copy_into(const char *sid, const cJSON *principals);

/* "aws" of a Region: arn:aws:iam::ACCOUNT:root in its partition. */
const char *partition_of(const char *region);
const char *root_of(struct making *m, const char *region, const char *account);
cJSON *roots_of(struct making *m, const char *region, const cJSON *accounts);

/* A document without statements. */
cJSON *policy_new(void);
/* Puts a statement behind the others, which stay as they are, or nowhere if one that differs in its Sid alone is there
 * already. A Sid that is another's gets a number. Takes it. */
void policy_put(cJSON *policy, cJSON *statement);
cJSON *policy_copy(const cJSON *policy); /* its Statement an array */

/* Refuses what KMS would not take or what would lock the account out. key: its ARN; NULL: it is made. */
void policy_check(struct making *m, struct place at, const char *key, const cJSON *policy);
/* Refuses what a Deny of the policy (of a key or a vault, by its ARN) keeps one of the principals from, and warns of what
 * one may keep it from. are_outside: their accounts are none of the organization. */
void policy_check_denials(struct making *m, const char *resource, const cJSON *policy, const cJSON *principals,
                          const char *const *actions, bool are_outside);
/* What statements are for, each call by its name; ended by NULL. */
extern const char *const use_of_keys[], *const use_and_grants_of_keys[], *const care_of_keys[], *const end_of_keys[],
    *const copies_into_vaults[];

const char *policy_text(struct making *m, const cJSON *policy); /* compact */
/* How one becomes the other, a line a statement, begun with "+", "-" or " "; the caller's. was NULL: there was none. */
cJSON *policy_diff(const cJSON *was, const cJSON *is);
/* The same in short: -"Sid of what went" +"Sid of what came". */
void policy_add_changes(struct buf *out, const cJSON *was, const cJSON *is);
cJSON *policy_is(const cJSON *policy); /* as a fact: {"Policy": ...}; the caller's */
/* The policy that proves a step, and how it changes what was read (NULL: there was none). */
void step_proves_policy(cJSON *step, enum fact_id fact, struct place at, const char *of, const cJSON *was,
                        const cJSON *policy);
/* A step that puts the key's policy, or a vault's: from what was read (NULL: there was none) to what it shall be. */
cJSON *step_put_key_policy(struct making *m, struct place at, const char *key, const char *target, const cJSON *was,
                           const cJSON *policy, const char *title);
cJSON *step_put_vault_policy(struct making *m, struct place at, const char *vault, const cJSON *was,
                             const cJSON *policy, const char *title);

#endif
