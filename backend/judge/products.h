/* products: what is to be told of a product's tie to the estate (collect/products.h makes the records): may Druva
 * use its key, is AutoBackup ready in a Region, which key are credentials under. Pure; any thread; texts live in
 * the arena, in the generation or in the program. */
#ifndef KEYFALL_JUDGE_PRODUCTS_H
#define KEYFALL_JUDGE_PRODUCTS_H

#include "backend/judge/key_use.h"

/* What an EKM key is to its product now. */
bool ekm_is_former(const struct record *ekm);
bool ekm_is_current(const struct record *ekm);
/* Does the key let Druva's account use it? UNKNOWN, too, if nobody said which account that is. */
struct key_use judge_ekm_access(const struct judgement *j, struct arena *arena, const struct record *ekm);
/* May Druva use it, by this policy in the place of the key's (NULL: its own)? That the key lets it in is half of it:
 * what its own account allows nobody sees from here, so that YES is only told where that account was read. */
struct key_use judge_ekm_use(const struct judgement *j, struct arena *arena, const struct record *ekm,
                             const struct policy *instead);

/* Whether encrypted snapshots can be replicated to the Region of an AutoBackup record: its alias is there, means
 * a usable key of the VAULT account, and that key lets in whom AutoBackup's page names. */
struct readiness {
    enum tri ready;
    const char *reason;  /* of NO and UNKNOWN: the first thing that is in the way; "" */
    uint32_t key;        /* that the alias means; 0: not known */
    uint32_t cause;      /* the record that is in the way; 0: none */
};
struct readiness judge_autobackup(const struct judgement *j, struct arena *arena, const struct record *autobackup);
/* The part of it that the alias and its key decide: F-AB-01; and that the key's policy decides: F-AB-02. */
struct readiness judge_autobackup_alias(const struct judgement *j, struct arena *arena, const struct record *r);
struct readiness judge_autobackup_sharing(const struct judgement *j, struct arena *arena, const struct record *r);
/* Whether it replicates so: "plain", "protected-key", "vault-key". */
bool autobackup_has_mode(const struct record *autobackup, const char *mode);

/* The key that the parameter of credentials is under; 0: not known, or there is no parameter. */
uint32_t judge_credential_key(const struct judgement *j, const struct record *credential);

/* Whether a parameter is one that Druva signs in with, and what is said of it. */
bool is_druva_credential(const struct record *r);
enum e_key { E_KEY_UNKNOWN, E_KEY_YES, E_KEY_NO };
enum e_key e_key_of(const struct record *parameter);

#endif
