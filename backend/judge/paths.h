/* paths: the ways on which backups are copied: what is backed up → its key → the vault it is copied from →
 * the vault it is copied to → that vault's key. A path is ready, or broken at a named link, or unknown at one.
 *
 * A path comes from a rule of a backup plan that has copy actions (one for each resource that its plan
 * has backed up into the rule's vault; one without a resource while there is none), or from a copy that is there although no
 * rule that was read makes it.
 * https://docs.aws.amazon.com/aws-backup/latest/devguide/create-cross-account-backup.html
 * https://docs.aws.amazon.com/aws-backup/latest/devguide/encryption.html */
#ifndef KEYFALL_JUDGE_PATHS_H
#define KEYFALL_JUDGE_PATHS_H

#include "backend/judge/judge.h"

enum path_link {
    LINK_NONE,
    LINK_SOURCE,
    LINK_SOURCE_KEY,
    LINK_ORGANIZATION,
    LINK_DESTINATION_REGION,
    LINK_DESTINATION_VAULT,
    LINK_DESTINATION_KEY,
    LINK_COUNT
};
const char *path_link_word(enum path_link link); /* "source-key"; "" */

struct copy_path {
    uint32_t rule;              /* the rule's record; 0: no rule that was read makes it */
    uint32_t source;            /* what is backed up; 0: see source_is */
    enum value_is source_is;    /* ABSENT: nothing was backed up yet; UNKNOWN: the points were not read */
    const char *source_type;    /* AWS Backup's word: "RDS"; "" */
    uint32_t source_vault;      /* that the copy is made from */
    uint32_t source_key;        /* of the recovery point there, an alias resolved; 0: see key_is */
    enum value_is key_is;       /* ABSENT: not encrypted, or under a key that AWS owns */
    bool is_fully_managed;      /* AWS Backup encrypts its points under their vault's key */
    uint32_t destination_vault;
    uint32_t destination_key;   /* 0: none or not known */
    const char *destination_account, *destination_region;
    enum tri ready;
    enum path_link broken_at;   /* the first link that fails, else the first that is not known */
    const char *reason, *remedy, *page; /* "" when ready */
};

/* The paths of a judgement, sorted by source, vault, destination. Made when first asked for; any thread. */
const struct copy_path *judge_paths(const struct judgement *j, size_t *n);

#endif
