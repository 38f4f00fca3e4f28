/* small_story: a small estate that has something of everything, for tests that change it and ask again. */
#ifndef KEYFALL_TESTS_SMALL_STORY_H
#define KEYFALL_TESTS_SMALL_STORY_H

#include "small_estate.h"

#define HOME "111122223333 eu-west-1"
#define FAR "111122223333 us-east-1"
#define OTHER "444455556666 eu-west-1"

/* Lines begin with the place they stand in, so that hiding can be told apart. */
static const char small_story[] =
    "org\n"
    "at " HOME "\n"
    "key $Kdying state=PendingDeletion manager=CUSTOMER origin=AWS_KMS deletion_date=+6d external_accounts=444455556666\n"
    "key $Koff state=Disabled manager=CUSTOMER origin=AWS_KMS policy={}\n"
    "key $Kgood state=Enabled manager=CUSTOMER origin=AWS_KMS spec=SYMMETRIC_DEFAULT rotation=false policy={}\n"
    "key $Kaws state=Enabled manager=AWS origin=AWS_KMS policy={}\n"
    "key $Kmrk-x state=Enabled manager=CUSTOMER origin=AWS_KMS multi_region=true primary_key=$Kmrk-x "
    "replica_keys=$Kmrk-x,arn:aws:kms:us-east-1:111122223333:key/mrk-x policy={}\n"
    "alias $Aapp key_arn=$Kdying updated=-1d\n"
    "grant keyfall:grant/d/1 key_arn=$Kdying grantee=arn:aws:iam::999999999999:role/x operations=Decrypt,CreateGrant\n"
    "parameter $Pone name=one type=SecureString key_arn=$Aapp last_modified=-9d\n"
    "parameter $PDruva-ClientCredential-1 name=Druva-ClientCredential-1 type=SecureString key_arn=$Koff\n"
    "vault $Vmain name=main key_arn=$Kdying locked=false\n"
    "vault $VDefault name=Default key_arn=$Kaws locked=true access_policy={}\n"
    "recovery-point $Rone vault_arn=$Vmain key_arn=$Kdying resource_arn=$Ddb status=COMPLETED\n"
    "recovery-point $Rtwo vault_arn=$VDefault key_arn=$Kaws resource_arn=$Dsafe status=COMPLETED\n"
    "recovery-point $Rgone vault_arn=$Vmain key_arn=$Kvanished resource_arn=$Ddb status=EXPIRED created=-9d\n"
    "backup-plan $Bnightly plan_id=p\n"
    "backup-rule keyfall:backup-rule/1 plan_arn=$Bnightly vault_arn=$Vmain "
    "copies_to=arn:aws:backup:eu-west-1:444455556666:backup-vault:copies\n"
    "db-instance $Ddb key_arn=$Kdying encrypted=true backup_retention_days=0 status=available\n"
    "db-instance $Dsafe key_arn=$Kgood encrypted=true backup_retention_days=7 status=available\n"
    "db-snapshot $Sman key_arn=$Koff encrypted=true source_arn=$Dsafe status=available snapshot_type=manual\n"
    "volume $Lvol-1 key_arn=$Koff encrypted=true status=in-use\n"
    "volume $Lvol-2 encrypted=false status=in-use\n"
    "protected-resource keyfall:protected/1 resource_arn=$Lvol-2 resource_type=EBS\n"
    "ebs-snapshot arn:aws:ec2:eu-west-1::snapshot/s1 key_arn=$Kmrk-x encrypted=true source_arn=$Lvol-1 status=completed\n"
    "copy-job keyfall:copy-job/1 state=FAILED\n"
    "at " FAR "\n"
    "key $Kmrk-x state=Enabled manager=CUSTOMER origin=AWS_KMS multi_region=true "
    "primary_key=arn:aws:kms:eu-west-1:111122223333:key/mrk-x policy={}\n"
    "vault $Vfar name=far key_arn=$Kmrk-x locked=true\n"
    "recovery-point $Rcopy vault_arn=$Vfar key_arn=$Kmrk-x status=COMPLETED "
    "resource_arn=arn:aws:rds:eu-west-1:111122223333:db:db "
    "source_vault_arn=arn:aws:backup:eu-west-1:111122223333:backup-vault:main\n"
    "at " OTHER "\n"
    "key $Kb state=Enabled manager=CUSTOMER origin=AWS_KMS policy={}\n"
    "vault $Vcopies name=copies key_arn=$Kb locked=true\n"
    "parameter $Pfar type=SecureString key_arn=arn:aws:kms:eu-west-1:111122223333:key/dying\n";

#endif
