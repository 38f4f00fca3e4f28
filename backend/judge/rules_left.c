/* What the catalogue of findings has and keyfall does not judge, or not all of it. A row goes when its rule comes. */
#include "backend/judge/judge.h"

#include <string.h>

#define NO_HISTORY "keyfall keeps no history: one reading does not tell what was before"

static const struct rule_left rows[] = {
    {"F-POL-13", "flows that a key's policy stops", "copies of backup rules only; of the others access --key K --flows "
     "tells, F-EKM-02, F-AB-02, F-AB-03 and F-SSM-05 of products", true},
    {"F-POL-18", "key policy changed since the last reading", NO_HISTORY, false},
    {"F-GRT-05", "running database cluster without a grant", "AWS does not say by which id a grant names a cluster", true},
    {"F-GRT-08", "grant is gone since the last reading", NO_HISTORY, false},
    {"F-ALI-01", "AutoBackup's alias is missing", "it is F-AB-01, told of each Region of the setup", false},
    {"F-ALI-02", "alias was moved to another key", NO_HISTORY "; F-ALI-03 tells of parameters that an alias left behind",
     false},
    {"F-RP-09", "backup of a bucket lacks what could not be decrypted", "sizes and objects of buckets are not read", false},
    {"F-CPY-10", "rule moves to cold storage before its copy", "a rule copies when its backup is made; a copy from cold "
     "storage that fails is F-CPY-01", false},
    {"F-SVC-08", "public snapshots of databases", "images and EBS snapshots only: whom one of RDS is shared with takes a call "
     "for each", true},
    {"F-SVC-09", "snapshots shared with a foreign account", "what DLM shares only: whom a snapshot is shared with takes a call for each", true},
};

const struct rule_left *rules_left(size_t *n)
{
    *n = sizeof rows / sizeof *rows;
    return rows;
}
