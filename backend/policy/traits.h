/* traits: what is remarkable about a policy as a text, whoever asks. Pure; any thread.
 * https://docs.aws.amazon.com/kms/latest/developerguide/key-policies.html
 * https://docs.aws.amazon.com/aws-backup/latest/devguide/create-a-vault-access-policy.html */
#ifndef KEYFALL_POLICY_TRAITS_H
#define KEYFALL_POLICY_TRAITS_H

#include "backend/policy/document.h"

#include <stdint.h>

/* What the document is of: each has traits of its own. */
enum policy_of { POLICY_OF_KEY, POLICY_OF_VAULT, POLICY_OF_IDENTITY };

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
    TRAIT_GUARDS_DELETION,    /* denies that its deletion is scheduled, to all but who is spared */
    TRAIT_NAMES_ENDERS,       /* lets a user or role that it names end the key, whatever IAM says */
    /* of a vault's access policy */
    TRAIT_OPEN_VAULT,         /* everybody may copy into it */
    TRAIT_KEEPS_POINTS,       /* denies deleting points, shortening their life and changing this policy */
    TRAIT_DENIES_RESTORE,     /* denies everybody to restore, to copy or to look at points */
    /* of what is attached to a user, group or role */
    TRAIT_DECRYPTS_ALL,       /* decrypts under every key */
    TRAIT_ASKS_ALIASES,       /* a condition on kms:ResourceAliases */
    TRAIT_ENDS_KEYS,          /* allows to end some key: delete, disable, take its material or change its policy */
    TRAIT_COUNT
};

enum policy_trait policy_trait_by_name(const char *name, size_t len); /* "foreign-grants"; TRAIT_COUNT: none has it */

/* In place of traits: a text that is no policy as this program knows them. */
#define POLICY_UNREADABLE "unreadable"
/* Before a number, among traits: they are those that were looked for up to then. What was kept before a trait came
 * does not say that a policy lacks it; what has no such word is of before the second time. */
#define POLICY_TRAITS_OF "traits-of:"
#define POLICY_TRAITS_NOW 2
int policy_trait_since(enum policy_trait trait);

/* For each trait the first statement that has it, counted from 1; 0: none has. */
struct policy_traits {
    uint16_t at[TRAIT_COUNT];
};

/* owner: the account that it stands in, 12 digits. arn: the key's, if it is of one. */
void policy_traits(enum policy_of of, const struct policy *policy, const char *owner, const char *arn,
                   struct policy_traits *out);
/* The same of a text, in words: "foreign-grants:3", which is the statement's number, and POLICY_TRAITS_OF, a NUL after
 * each; or POLICY_UNREADABLE. */
void policy_traits_say(enum policy_of of, const char *text, size_t len, const char *owner, const char *arn,
                       struct buf *out);

/* Does it allow to schedule a key's deletion, to disable it, to delete its material or to put another policy? */
bool policy_statement_ends_keys(const struct policy_statement *statement);
/* Of a service control policy, which names no principal: does it deny that deletions are scheduled? */
bool policy_guards_deletion(const struct policy *policy);
/* And that this parameter is deleted or overwritten? */
bool policy_guards_parameter(const struct policy *policy, const char *arn);
/* Of what is attached to a principal: does it allow to copy snapshots or images, or to let AWS Backup copy recovery
 * points, for which that uses keys itself? What a Deny takes away is not asked. */
bool policy_allows_copies(const struct policy *policy);
bool policy_allows_copy_jobs(const struct policy *policy);

#endif
