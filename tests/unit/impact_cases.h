/* impact_cases: what falls in small estates, for tests that ask in several ways. */
#ifndef KEYFALL_TESTS_IMPACT_CASES_H
#define KEYFALL_TESTS_IMPACT_CASES_H

#include "small_estate.h"

#define HOME "at 111122223333 eu-west-1\n"
#define KMS "arn:aws:kms:eu-west-1:111122223333:"
#define KEY_A KMS "key/a"
#define SNAP "arn:aws:ec2:eu-west-1::snapshot/s"
#define AMI "arn:aws:ec2:eu-west-1::image/ami-1"
#define DLM "arn:aws:dlm:us-east-1:111122223333:policy/p"
#define FN "arn:aws:lambda:eu-west-1:111122223333:function:f"
#define EVENT "arn:aws:events:eu-west-1:111122223333:rule/e"
#define TEST "arn:aws:backup:eu-west-1:111122223333:restore-testing-plan:t"
#define HOLD "arn:aws:backup:eu-west-1:111122223333:legal-hold:h"
#define ROLE_R "arn:aws:iam::111122223333:role/r"
#define SELECTION "keyfall:backup-selection/arn:aws:backup:eu-west-1:111122223333:backup-plan:p/s"
#define ROLED "at 111122223333 us-east-1\nprincipal " ROLE_R " name=r type=role\n" HOME "backup-plan $Bp plan_id=p\n"              \
              "backup-selection " SELECTION " plan_arn=$Bp role_arn=" ROLE_R "\nbackup-selection " SELECTION "2 plan_arn=$Bp "   \
              "role_arn=arn:aws:iam::111122223333:role/other\n"
#define VAULT_V "arn:aws:backup:eu-west-1:111122223333:backup-vault:v"
#define DAY 86400

/* One consequence, as "effects severity": LOST, then what came first. */
struct want {
    const char *arn; /* NULL: something that was not read */
    enum impact_effect effects[2];
    enum impact_when when[2];
    int n_phases;
    enum severity severity;
    int depth;
};

static const struct {
    const char *lines, *action;
    enum kind kind;
    const char *target;
    struct want want;
    bool is_complete;
} falls[] = {
#define POINT "vault $Vv\nrecovery-point $Rp vault_arn=$Vv key_arn=$Ka\n"
#define P "arn:aws:backup:eu-west-1:111122223333:recovery-point:p"
    {HOME "key $Ka state=Enabled\n" POINT, NULL, KIND_KEY, KEY_A,
     {P, {EFFECT_LOST}, {WHEN_DONE}, 1, SEVERITY_CRITICAL, 1}, true},
    {HOME "key $Ka state=Disabled\n" POINT, NULL, KIND_KEY, KEY_A,
     {P, {EFFECT_DOWN, EFFECT_LOST}, {WHEN_ALREADY, WHEN_DONE}, 2, SEVERITY_CRITICAL, 1}, true},
    {HOME "key $Ka state=PendingDeletion deletion_date=+6d\n" POINT, NULL, KIND_KEY, KEY_A,
     {P, {EFFECT_DOWN, EFFECT_LOST}, {WHEN_ALREADY, WHEN_DATE}, 2, SEVERITY_CRITICAL, 1}, true},
    {HOME "key $Ka state=PendingDeletion deletion_date=+6d\n" POINT, "disable", KIND_KEY, KEY_A,
     {P, {EFFECT_DOWN}, {WHEN_ALREADY}, 1, SEVERITY_HIGH, 1}, true},
    /* it stops at once, and is lost when it has waited */
    {HOME "key $Ka state=Enabled\n" POINT, "schedule-deletion", KIND_KEY, KEY_A,
     {P, {EFFECT_DOWN, EFFECT_LOST}, {WHEN_DONE, WHEN_DATE}, 2, SEVERITY_CRITICAL, 1}, true},
    {HOME "key $Ka state=Disabled\n" POINT, "schedule-deletion", KIND_KEY, KEY_A,
     {P, {EFFECT_DOWN, EFFECT_LOST}, {WHEN_ALREADY, WHEN_DATE}, 2, SEVERITY_CRITICAL, 1}, true},
    {HOME "key $Ka state=Enabled\n" POINT, "disable", KIND_KEY, KEY_A,
     {P, {EFFECT_DOWN}, {WHEN_DONE}, 1, SEVERITY_HIGH, 1}, true},
    {HOME "key $Ka state=Enabled origin=EXTERNAL valid_to=+9d\n" POINT, "expire-material", KIND_KEY, KEY_A,
     {P, {EFFECT_DOWN}, {WHEN_DATE}, 1, SEVERITY_HIGH, 1}, true},
    {HOME "key $Ka state=Enabled origin=AWS_KMS\n" POINT, "expire-material", KIND_KEY, KEY_A,
     {P, {EFFECT_SAFE}, {WHEN_DONE}, 1, SEVERITY_NONE, 1}, true},
    {HOME "key $Ka state=Enabled manager=AWS\n" POINT, NULL, KIND_KEY, KEY_A,
     {P, {EFFECT_SAFE}, {WHEN_DONE}, 1, SEVERITY_NONE, 1}, true},
    /* what hangs there by each edge and kind */
    {HOME "key $Ka state=Enabled\nvault $Vv key_arn=$Ka\n", NULL, KIND_KEY, KEY_A,
     {"arn:aws:backup:eu-west-1:111122223333:backup-vault:v", {EFFECT_LOST}, {WHEN_DONE}, 1, SEVERITY_CRITICAL, 1}, true},
    {HOME "key $Ka state=Enabled\ndb-instance $Dx key_arn=$Ka\n", "disable", KIND_KEY, KEY_A,
     {"arn:aws:rds:eu-west-1:111122223333:db:x", {EFFECT_DOWN, EFFECT_LOST}, {WHEN_DONE, WHEN_DATE}, 2, SEVERITY_CRITICAL, 1},
     true},
    {HOME "key $Ka state=Enabled\nvolume $Lv status=in-use key_arn=$Ka\n", "disable", KIND_KEY, KEY_A,
     {"arn:aws:ec2:eu-west-1:111122223333:volume/v", {EFFECT_DEGRADED}, {WHEN_DONE}, 1, SEVERITY_HIGH, 1}, true},
    {HOME "key $Ka state=Enabled\nvolume $Lv status=available key_arn=$Ka\n", "disable", KIND_KEY, KEY_A,
     {"arn:aws:ec2:eu-west-1:111122223333:volume/v", {EFFECT_DOWN}, {WHEN_DONE}, 1, SEVERITY_HIGH, 1}, true},
    {HOME "key $Ka state=Enabled\nparameter $Pp key_arn=$Ka\n", NULL, KIND_KEY, KEY_A,
     {"arn:aws:ssm:eu-west-1:111122223333:parameter/p", {EFFECT_LOST}, {WHEN_DONE}, 1, SEVERITY_HIGH, 1}, true},
    {HOME "key $Ka state=Enabled\nalias $Ax key_arn=$Ka\nparameter $Pp key_arn=$Ax\n", NULL, KIND_KEY, KEY_A,
     {"arn:aws:ssm:eu-west-1:111122223333:parameter/p", {EFFECT_LOST}, {WHEN_DONE}, 1, SEVERITY_HIGH, 2}, true},
    {HOME "key $Ka state=Enabled\nvault $Vv key_arn=$Ka\nbackup-plan $Bp plan_id=p\nbackup-rule keyfall:backup-rule/r "
          "plan_arn=$Bp vault_arn=$Vv\n", NULL, KIND_KEY, KEY_A,
     {"keyfall:backup-rule/r", {EFFECT_DEGRADED}, {WHEN_DONE}, 1, SEVERITY_HIGH, 2}, true},
    {HOME "key $Ka state=Enabled\ngrant keyfall:grant/k/g key_arn=$Ka\n", NULL, KIND_KEY, KEY_A,
     {"keyfall:grant/k/g", {EFFECT_LOST}, {WHEN_DONE}, 1, SEVERITY_MEDIUM, 1}, true},
    {HOME "key $Ka state=PendingDeletion deletion_date=+6d\nebs-snapshot " SNAP " key_arn=$Ka\n", NULL, KIND_KEY, KEY_A,
     {SNAP, {EFFECT_DOWN, EFFECT_LOST}, {WHEN_ALREADY, WHEN_DATE}, 2, SEVERITY_CRITICAL, 1}, true},
    /* Druva's storage credentials: authentication only */
    {HOME "key $Ka state=Enabled\nparameter $PDruva-ClientCredential-7 name=Druva-ClientCredential-7 key_arn=$Ka\n", NULL,
     KIND_KEY, KEY_A, {"arn:aws:ssm:eu-west-1:111122223333:parameter/Druva-ClientCredential-7", {EFFECT_DEGRADED},
                       {WHEN_DONE}, 1, SEVERITY_HIGH, 1}, true},
    {HOME "parameter $PDruva-ClientCredential-7 name=Druva-ClientCredential-7\n", NULL, KIND_PARAMETER,
     "arn:aws:ssm:eu-west-1:111122223333:parameter/Druva-ClientCredential-7",
     {"arn:aws:ssm:eu-west-1:111122223333:parameter/Druva-ClientCredential-7", {EFFECT_DEGRADED}, {WHEN_DONE}, 1,
      SEVERITY_HIGH, 0}, true},
    /* an alias alone: what is stored stays */
    {HOME "key $Ka state=Enabled\nalias $Ax key_arn=$Ka\nparameter $Pp key_arn=$Ax\n", NULL, KIND_ALIAS, KMS "alias/x",
     {"arn:aws:ssm:eu-west-1:111122223333:parameter/p", {EFFECT_DEGRADED}, {WHEN_DONE}, 1, SEVERITY_HIGH, 1}, true},
    {HOME "key $Ka state=Enabled\nalias $Ax key_arn=$Ka\nparameter $Pp key_arn=$Ax\n", "repoint", KIND_ALIAS, KMS "alias/x",
     {"arn:aws:ssm:eu-west-1:111122223333:parameter/p", {EFFECT_DEGRADED}, {WHEN_DONE}, 1, SEVERITY_MEDIUM, 1}, true},
    {HOME "vault $Vv\nrecovery-point $Rp vault_arn=$Vv\n", NULL, KIND_VAULT,
     "arn:aws:backup:eu-west-1:111122223333:backup-vault:v", {P, {EFFECT_LOST}, {WHEN_DONE}, 1, SEVERITY_CRITICAL, 1}, true},
    {HOME "vault $Vv\nrecovery-point $Rp vault_arn=$Vv\n", NULL, KIND_POINT, P,
     {P, {EFFECT_LOST}, {WHEN_DONE}, 1, SEVERITY_HIGH, 0}, true},
    {HOME "vault $Vv\nrecovery-point $Rq vault_arn=$Vv\nrecovery-point $Rp vault_arn=$Vv parent_arn=$Rq\n", NULL, KIND_POINT,
     "arn:aws:backup:eu-west-1:111122223333:recovery-point:q", {P, {EFFECT_LOST}, {WHEN_DONE}, 1, SEVERITY_CRITICAL, 1}, true},
    {HOME "key $Ka state=Enabled\ngrant keyfall:grant/k/g key_arn=$Ka\n", "revoke", KIND_GRANT, "keyfall:grant/k/g",
     {"keyfall:grant/k/g", {EFFECT_DOWN}, {WHEN_DONE}, 1, SEVERITY_HIGH, 0}, true},
    {HOME "key-store keyfall:key-store/111122223333/eu-west-1/c connection_state=CONNECTED\n"
          "key $Ka state=Enabled key_store=keyfall:key-store/111122223333/eu-west-1/c\n" POINT, NULL, KIND_KEY_STORE, "keyfall:key-store/111122223333/eu-west-1/c",
     {P, {EFFECT_DOWN}, {WHEN_DONE}, 1, SEVERITY_HIGH, 2}, true},
    /* a source is only down while a copy can bring it back */
    {HOME "db-instance $Dx\n", NULL, KIND_DB_INSTANCE, "arn:aws:rds:eu-west-1:111122223333:db:x",
     {"arn:aws:rds:eu-west-1:111122223333:db:x", {EFFECT_LOST}, {WHEN_DONE}, 1, SEVERITY_CRITICAL, 0}, true},
    {HOME "db-instance $Dx\ndb-snapshot $Ss source_arn=$Dx status=available encrypted=false snapshot_type=manual\n", NULL,
     KIND_DB_INSTANCE, "arn:aws:rds:eu-west-1:111122223333:db:x",
     {"arn:aws:rds:eu-west-1:111122223333:db:x", {EFFECT_DOWN}, {WHEN_DONE}, 1, SEVERITY_HIGH, 0}, true},
    {HOME "db-instance $Dx\ndb-snapshot $Ss source_arn=$Dx status=available encrypted=false snapshot_type=manual\n", NULL,
     KIND_DB_INSTANCE, "arn:aws:rds:eu-west-1:111122223333:db:x",
     {"arn:aws:rds:eu-west-1:111122223333:snapshot:s", {EFFECT_SAFE}, {WHEN_DONE}, 1, SEVERITY_NONE, 1}, true},
    {HOME "db-instance $Dx\ndb-snapshot $Ss source_arn=$Dx status=available encrypted=false snapshot_type=automated\n", NULL,
     KIND_DB_INSTANCE, "arn:aws:rds:eu-west-1:111122223333:db:x",
     {"arn:aws:rds:eu-west-1:111122223333:snapshot:s", {EFFECT_LOST}, {WHEN_DONE}, 1, SEVERITY_MEDIUM, 1}, true},
    {HOME "db-instance $Dx\ndb-snapshot $Ss source_arn=$Dx status=available key_arn=arn:aws:kms:eu-west-1:999999999999:key/x "
          "snapshot_type=manual\n", NULL, KIND_DB_INSTANCE, "arn:aws:rds:eu-west-1:111122223333:db:x",
     {"arn:aws:rds:eu-west-1:111122223333:snapshot:s", {EFFECT_UNKNOWN}, {WHEN_DONE}, 1, SEVERITY_HIGH, 1}, true},
    /* what is made of snapshots, copies, tests and holds */
    {HOME "key $Ka state=Enabled\nebs-snapshot " SNAP " key_arn=$Ka\nami " AMI " snapshots=" SNAP "\n", "disable", KIND_KEY, KEY_A,
     {AMI, {EFFECT_DOWN}, {WHEN_DONE}, 1, SEVERITY_HIGH, 2}, true},
    {HOME "key $Ka state=Enabled\nvault $Vv\nebs-snapshot " SNAP " key_arn=$Ka\nami " AMI " snapshots=" SNAP "\n"
          "recovery-point " AMI " vault_arn=$Vv snapshot_arn=" AMI "\n", NULL, KIND_KEY, KEY_A,
     {AMI, {EFFECT_LOST}, {WHEN_DONE}, 1, SEVERITY_CRITICAL, 2}, true},
    {HOME "ebs-snapshot " SNAP "\nami " AMI " snapshots=" SNAP "\n", NULL, KIND_EBS_SNAPSHOT, SNAP,
     {AMI, {EFFECT_SAFE}, {WHEN_DONE}, 1, SEVERITY_NONE, 1}, true},
    {HOME "ami " AMI "\n", NULL, KIND_IMAGE, AMI, {AMI, {EFFECT_DOWN}, {WHEN_DONE}, 1, SEVERITY_HIGH, 0}, true},
    {HOME "key $Ka state=Enabled\nat 111122223333 us-east-1\ndlm-policy " DLM " copy_keys=" KEY_A "\n", NULL, KIND_KEY, KEY_A,
     {DLM, {EFFECT_DEGRADED}, {WHEN_DONE}, 1, SEVERITY_HIGH, 1}, true},
    {HOME "key $Ka state=Enabled\nlambda-function " FN " key_arn=$Ka\nevent-rule " EVENT " targets=" FN "\n", NULL, KIND_KEY, KEY_A,
     {EVENT, {EFFECT_DEGRADED}, {WHEN_DONE}, 1, SEVERITY_HIGH, 2}, true},
    {HOME "lambda-function " FN "\nevent-rule " EVENT " targets=" FN "\n", NULL, KIND_FUNCTION, FN,
     {EVENT, {EFFECT_DEGRADED}, {WHEN_DONE}, 1, SEVERITY_HIGH, 1}, true},
    {HOME "key $Ka state=Enabled\nvault $Vv key_arn=$Ka\nrestore-testing-plan " TEST " vaults=$Vv\n"
          "restore-testing-selection keyfall:restore-testing-selection/s plan_arn=" TEST "\n", NULL, KIND_KEY, KEY_A,
     {"keyfall:restore-testing-selection/s", {EFFECT_DEGRADED}, {WHEN_DONE}, 1, SEVERITY_MEDIUM, 3}, true},
    {HOME "key $Ka state=Enabled\nvault $Vv key_arn=$Ka\nlegal-hold " HOLD " status=ACTIVE vaults=$Vv\n", NULL, KIND_KEY, KEY_A,
     {HOLD, {EFFECT_DEGRADED}, {WHEN_DONE}, 1, SEVERITY_HIGH, 2}, true},
    {HOME "vault $Vv\nlegal-hold " HOLD " status=ACTIVE vaults=$Vv\n", NULL, KIND_VAULT,
     "arn:aws:backup:eu-west-1:111122223333:backup-vault:v", {HOLD, {EFFECT_SAFE}, {WHEN_DONE}, 1, SEVERITY_NONE, 1}, true},
    {HOME "vault $Vv\nrecovery-point $Rp vault_arn=$Vv created=-9d\nlegal-hold " HOLD " status=ACTIVE vaults=$Vv from=-10d to=-8d\n",
     NULL, KIND_POINT, P, {P, {EFFECT_SAFE}, {WHEN_DONE}, 1, SEVERITY_NONE, 0}, true},
    {HOME "vault $Vv\nrecovery-point $Rp vault_arn=$Vv created=-9d\nlegal-hold " HOLD " status=ACTIVE vaults=$Vv from=-8d\n",
     NULL, KIND_POINT, P, {P, {EFFECT_LOST}, {WHEN_DONE}, 1, SEVERITY_HIGH, 0}, true},
    {HOME "vault $Vv\nrecovery-point $Rp vault_arn=$Vv\nlegal-hold " HOLD " status=ACTIVE vaults=$Vv from=-8d\n",
     NULL, KIND_POINT, P, {P, {EFFECT_LOST}, {WHEN_DONE}, 1, SEVERITY_HIGH, 0}, true},
    {HOME "vault $Vv\ndb-instance $Dx\nrecovery-point $Rp vault_arn=$Vv resource_arn=$Dx\nlegal-hold " HOLD
          " status=CANCELED resources=$Dx\n", NULL, KIND_POINT, P, {P, {EFFECT_LOST}, {WHEN_DONE}, 1, SEVERITY_HIGH, 0}, true},
    {HOME "vault $Vv\ndb-instance $Dx\nrecovery-point $Rp vault_arn=$Vv resource_arn=$Dx\nlegal-hold " HOLD
          " status=ACTIVE resources=$Dx\n", NULL, KIND_POINT, P, {P, {EFFECT_SAFE}, {WHEN_DONE}, 1, SEVERITY_NONE, 0}, true},
    {HOME "ebs-snapshot " SNAP "\nhide amis denied\n", NULL, KIND_EBS_SNAPSHOT, SNAP,
     {NULL, {EFFECT_UNKNOWN}, {WHEN_DONE}, 1, SEVERITY_HIGH, 1}, false},
    /* a role: what runs as it, or was given to it */
    {ROLED, NULL, KIND_PRINCIPAL, ROLE_R, {ROLE_R, {EFFECT_DOWN}, {WHEN_DONE}, 1, SEVERITY_HIGH, 0}, true},
    {ROLED, NULL, KIND_PRINCIPAL, ROLE_R, {SELECTION, {EFFECT_DEGRADED}, {WHEN_DONE}, 1, SEVERITY_HIGH, 1}, true},
    {ROLED "dlm-policy " DLM " copy_keys=" KEY_A " role_arn=" ROLE_R "\n", "lose-role", KIND_PRINCIPAL, ROLE_R,
     {DLM, {EFFECT_DEGRADED}, {WHEN_DONE}, 1, SEVERITY_HIGH, 1}, true},
    {ROLED "restore-testing-plan " TEST "\nrestore-testing-selection keyfall:restore-testing-selection/s plan_arn=" TEST
           " role_arn=" ROLE_R "\n", NULL, KIND_PRINCIPAL, ROLE_R,
     {"keyfall:restore-testing-selection/s", {EFFECT_DEGRADED}, {WHEN_DONE}, 1, SEVERITY_MEDIUM, 1}, true},
    {ROLED "key $Ka\ngrant keyfall:grant/" KEY_A "/g key_arn=$Ka grantee=" ROLE_R "\n", NULL, KIND_PRINCIPAL, ROLE_R,
     {"keyfall:grant/" KEY_A "/g", {EFFECT_DEGRADED}, {WHEN_DONE}, 1, SEVERITY_MEDIUM, 1}, true},
    {ROLED "lambda-function " FN " role=" ROLE_R "\n", NULL, KIND_PRINCIPAL, ROLE_R,
     {FN, {EFFECT_DOWN}, {WHEN_DONE}, 1, SEVERITY_HIGH, 1}, true},
    {ROLED "lambda-function " FN " role=" ROLE_R "\nevent-rule " EVENT " targets=" FN "\n", NULL, KIND_PRINCIPAL, ROLE_R,
     {EVENT, {EFFECT_DEGRADED}, {WHEN_DONE}, 1, SEVERITY_HIGH, 2}, true},
    {ROLED "hide dlm-policies denied\n", NULL, KIND_PRINCIPAL, ROLE_R,
     {NULL, {EFFECT_UNKNOWN}, {WHEN_DONE}, 1, SEVERITY_HIGH, 1}, false},
    /* another vault in the place of one: what is in it stays */
    {HOME "key $Ka state=Enabled\n" POINT, "replace", KIND_VAULT, VAULT_V,
     {VAULT_V, {EFFECT_DEGRADED}, {WHEN_DONE}, 1, SEVERITY_MEDIUM, 0}, true},
    {HOME "key $Ka state=Enabled\nvault $Vv\nrecovery-point $Rp vault_arn=$Vv key_arn=$Ka status=COMPLETED\n", "replace",
     KIND_VAULT, VAULT_V, {P, {EFFECT_SAFE}, {WHEN_DONE}, 1, SEVERITY_NONE, 1}, true},
    {HOME "vault $Vv\nrecovery-point $Rp vault_arn=$Vv status=COMPLETED key_arn=" KMS "key/unseen\n", "replace", KIND_VAULT, VAULT_V,
     {P, {EFFECT_UNKNOWN}, {WHEN_DONE}, 1, SEVERITY_HIGH, 1}, true},
    {HOME "vault $Vv\nbackup-plan $Bp plan_id=p\nbackup-rule keyfall:backup-rule/r plan_arn=$Bp vault_arn=$Vv\n", "replace",
     KIND_VAULT, VAULT_V, {"keyfall:backup-rule/r", {EFFECT_DEGRADED}, {WHEN_DONE}, 1, SEVERITY_MEDIUM, 1}, true},
    {HOME "vault $Vv\nrestore-testing-plan " TEST " vaults=$Vv\n", "replace", KIND_VAULT, VAULT_V,
     {TEST, {EFFECT_DEGRADED}, {WHEN_DONE}, 1, SEVERITY_MEDIUM, 1}, true},
    {HOME "vault $Vv\nhide recovery-points $Vv denied\n", "replace", KIND_VAULT, VAULT_V,
     {NULL, {EFFECT_UNKNOWN}, {WHEN_DONE}, 1, SEVERITY_CRITICAL, 1}, false},
    /* an account or a Region takes what is in it */
    {HOME "key $Ka state=Enabled\nat 444455556666 eu-west-1\nparameter $Pp key_arn=" KEY_A "\n", NULL, KIND_ACCOUNT,
     "arn:aws:iam::111122223333:root",
     {"arn:aws:ssm:eu-west-1:444455556666:parameter/p", {EFFECT_DOWN, EFFECT_LOST}, {WHEN_DONE, WHEN_DATE}, 2, SEVERITY_HIGH, 2},
     true},
    {HOME "vault $Vv\n", NULL, KIND_REGION, "keyfall:region/111122223333/eu-west-1",
     {"arn:aws:backup:eu-west-1:111122223333:backup-vault:v", {EFFECT_DOWN}, {WHEN_DONE}, 1, SEVERITY_HIGH, 1}, true},
    /* what was not read is a consequence */
    {HOME "key $Ka state=Enabled\nhide volumes denied\n", NULL, KIND_KEY, KEY_A,
     {NULL, {EFFECT_UNKNOWN}, {WHEN_DONE}, 1, SEVERITY_CRITICAL, 1}, false},
    {HOME "key $Ka state=Enabled\nhide parameters stale\n", NULL, KIND_KEY, KEY_A,
     {NULL, {EFFECT_UNKNOWN}, {WHEN_DONE}, 1, SEVERITY_HIGH, 1}, false},
    {HOME "vault $Vv\nhide recovery-points $Vv denied\n", NULL, KIND_VAULT,
     "arn:aws:backup:eu-west-1:111122223333:backup-vault:v",
     {NULL, {EFFECT_UNKNOWN}, {WHEN_DONE}, 1, SEVERITY_CRITICAL, 1}, false},
    {"at 444455556666 eu-west-1\nparameter $Pp key_arn=" KEY_A "\n", NULL, KIND_KEY, KEY_A,
     {NULL, {EFFECT_UNKNOWN}, {WHEN_DONE}, 1, SEVERITY_CRITICAL, 1}, false},
    {"account 777788889999 ACTIVE\n" HOME, NULL, KIND_ACCOUNT, "arn:aws:iam::777788889999:root",
     {NULL, {EFFECT_UNKNOWN}, {WHEN_DONE}, 1, SEVERITY_CRITICAL, 1}, false},
};

/* The nth consequence for a record; NULL: something that was not read. */
static inline const struct consequence *hit(const struct small *s, const struct impact *i, const char *arn, size_t nth)
{
    for (size_t c = 0; c < i->n; c++) {
        struct buf own = {0};
        if (i->items[c].node)
            node_arn(s->e, i->items[c].node, &own);
        bool is = arn ? own.data && strcmp(own.data, arn) == 0 : i->items[c].node == 0;
        buf_free(&own);
        if (is && nth-- == 0)
            return &i->items[c];
    }
    return NULL;
}

static inline struct impact *ask(const struct small *s, enum kind kind, const char *arn, const char *action)
{
    uint32_t target = small_node(s, kind, arn);
    assert_int_not_equal(target, 0);
    return judge_impact(s->j, &target, 1, action, 1000);
}

static inline bool has_caveat(const struct impact *i, const char *words)
{
    for (int c = 0; c < i->n_caveats; c++)
        if (strstr(i->caveats[c], words))
            return true;
    return false;
}

#endif
