/* traits: what is remarkable about a key policy as a text, whoever asks. Pure; any thread.
 * https://docs.aws.amazon.com/kms/latest/developerguide/key-policies.html */
#ifndef KEYFALL_POLICY_TRAITS_H
#define KEYFALL_POLICY_TRAITS_H

#include "backend/policy/document.h"

#include <stdint.h>

enum policy_trait {
    TRAIT_PUBLIC,             /* everybody may use the key, without condition */
    TRAIT_PUBLIC_UNBOUND,     /* everybody, under conditions that do not say whose callers */
    TRAIT_FOREIGN_ADMIN,      /* management actions for another account, where they have no effect */
    TRAIT_FOREIGN_GRANTS,     /* another account may make grants for anybody */
    TRAIT_HALF_SHARED,        /* another account may decrypt, but not re-encrypt */
    TRAIT_EVERYBODY_OF_ONE,   /* everybody, bound to one account by a condition */
    TRAIT_DEAD_PRINCIPAL,     /* the id that is left of a deleted user or role */
    TRAIT_WITHOUT_EFFECT,     /* a statement that lacks Action or Resource, or names another resource */
    TRAIT_NOT_PRINCIPAL,      /* NotPrincipal with Deny */
    TRAIT_ALL_BUT,            /* NotPrincipal with Allow */
    TRAIT_DENIES_SERVICES,    /* a Deny for everybody but some users, which services hit too */
    TRAIT_DENIES_OUTSIDERS,   /* a Deny for all who are outside an organization or network */
    TRAIT_VIA_BACKUP_ONLY,    /* rights that count only through AWS Backup itself */
    TRAIT_NETWORK_BOUND,      /* rights that count only from a network, where no service calls from */
    TRAIT_ROOT_MANAGES,       /* the owner's account may put another policy: as it should be */
    TRAIT_SOMEBODY_MANAGES,   /* somebody of the owner's account may */
    TRAIT_COUNT
};

const char *policy_trait_name(enum policy_trait trait); /* "foreign-grants" */

/* In place of traits: a text that is no policy as this program knows them. */
#define POLICY_UNREADABLE "unreadable"

/* For each trait the first statement that has it, counted from 1; 0: none has. */
struct policy_traits {
    uint16_t at[TRAIT_COUNT];
};

/* owner: the key's account, 12 digits. */
void policy_traits(const struct policy *policy, const char *owner, const char *key_arn,
                   struct policy_traits *out);

#endif
