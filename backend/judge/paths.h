/* paths: the ways on which backups are copied: what is backed up → its key → the vault it is copied from →
 * the vault it is copied to → that vault's key. A path is ready, or broken at a named link, or unknown at one.
 *
 * A path comes from a rule of a backup plan that has copy actions (one for each resource that its plan
 * has backed up into the rule's vault; one without a resource while there is none), or from a copy that is there although no
 * rule that was read makes it; or, without vaults, from a policy of Data Lifecycle Manager that copies to other Regions, from
 * automated backups of databases that are replicated to another Region, or from an AutoBackup setup.
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

/* What is asked of a path, in the order in which a copy meets it. */
enum path_check {
    CHECK_SOURCE_SEEN,
    CHECK_TYPE_COPIED,
    CHECK_SOURCE_KEY_WORKS,
    CHECK_SOURCE_KEY_SHARABLE,  /* no AWS managed key across accounts */
    CHECK_SOURCE_KEY_LETS,
    CHECK_ONE_ORGANIZATION,
    CHECK_COPYING_ON,
    CHECK_REGION_ON,
    CHECK_VAULT_THERE,
    CHECK_VAULT_RECEIVES,
    CHECK_AIR_GAP_TAKES_KEY,    /* nothing under an AWS managed key goes into an air-gapped vault */
    CHECK_VAULT_LETS,
    CHECK_DESTINATION_KEY_WORKS,
    CHECK_DESTINATION_KEY_LETS,
    CHECK_COUNT
};
enum path_link path_check_link(enum path_check check); /* the link that it is asked of */
struct path_answer {
    enum tri holds;
    const char *reason; /* of NO and UNKNOWN; "" */
};

enum path_by { PATH_BY_BACKUP, PATH_BY_LIFECYCLE, PATH_BY_REPLICATION, PATH_BY_AUTOBACKUP, PATH_BY_COUNT };
const char *path_by_word(enum path_by by); /* "aws-backup", "dlm", "rds-replication", "autobackup" */

struct copy_path {
    enum path_by by;
    uint32_t rule;              /* the rule's record, or what else makes it; 0: no rule that was read does */
    uint32_t source;            /* what is backed up; 0: see source_is */
    enum value_is source_is;    /* ABSENT: nothing was backed up yet; UNKNOWN: the points were not read */
    const char *source_type;    /* AWS Backup's word: "RDS"; "" */
    uint32_t source_vault;      /* that the copy is made from; 0: not AWS Backup's */
    const char *source_account, *source_region; /* where it begins; "" if not known */
    uint32_t source_key;        /* of the recovery point there, an alias resolved; 0: see key_is */
    enum value_is key_is;       /* ABSENT: not encrypted, or under a key that AWS owns */
    bool is_fully_managed;      /* AWS Backup encrypts its points under their vault's key */
    uint32_t destination_vault; /* 0: not AWS Backup's */
    uint32_t destination_key;   /* 0: none or not known */
    enum value_is destination_key_is; /* of one that is not AWS Backup's; ABSENT: AWS's own */
    const char *destination_account, *destination_region;
    enum tri ready;
    enum path_link broken_at;   /* the first link that fails, else the first that is not known */
    const char *reason, *remedy, *page; /* "" when ready */
    const char *statement;      /* that mends it, put into the policy of that link: JSON; "" if none does */
    const struct path_answer *answers;  /* by enum path_check, whatever comes before; alike paths share them;
                                           NULL: not AWS Backup's */
};

/* The paths of a judgement, sorted by source, vault, destination. Made when first asked for; any thread. */
const struct copy_path *judge_paths(const struct judgement *j, size_t *n);

#endif
