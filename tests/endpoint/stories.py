"""A small fixed world: the five situations keyfall is made for, each with its right and wrong side.

External keys for two SaaS products (one in transition), storage credentials in Parameter Store,
an RDS copy chain under a customer key and one under aws/rds, and replicas that a backup tool
re-encrypts under one alias in each region of a vault account (one region lacks it).
"""
import json

from .build import T0, WorldBuilder, grants_statement, root_policy, use_statement

MAIN, VAULT, APP, OLD, SAAS = ("111122223333", "222233334444", "333344445555", "444455556666",
                               "777788889999")


def world():
    b = WorldBuilder(MAIN, "security")
    b.account(VAULT, "backup-vault", opted_in=["ap-south-2"], external_id="vault-door-7")
    b.account(APP, "applications", opted_in=["ap-south-2"])
    b.account(OLD, "merged company", state="SUSPENDED")
    saas = "arn:aws:iam::%s:root" % SAAS
    home = b.region(MAIN, "us-east-1")
    for service in ("ebs", "rds", "ssm", "backup"):
        home.managed_key(service)

    # External keys: both products lean on the new one; the old one is still needed.
    new = home.key("ekm-2026", alias="alias/saas-ekm", description="External key for SaaS backups",
                   policy=root_policy(MAIN, [use_statement(saas, "Allow use of the Key for the "
                                                           "backup provider"),
                                             grants_statement(saas)]),
                   rotation={"KeyRotationEnabled": True, "RotationPeriodInDays": 365,
                             "NextRotationDate": T0 + 8000000},
                   tags=[("keyfall:ekm", "entra-id salesforce"), ("keyfall:phase", "current"),
                         ("keyfall:druva-account", SAAS)])
    home.key("ekm-2023", alias="alias/saas-ekm-old", state="PendingDeletion",
             DeletionDate=T0 + 12 * 86400, description="Former external key",
             policy=root_policy(MAIN, [use_statement(saas)]),
             tags=[("keyfall:ekm", "salesforce"), ("keyfall:phase", "in transition")])

    # Storage credentials: one under aws/ssm, one under a customer key that is disabled.
    cred_key = home.key("credentials", alias="alias/backup-credentials", state="Disabled")
    home.parameter("Druva-ClientCredential-1f2e3d", description="storage credentials")
    home.parameter("Druva-ClientCredential-9a8b7c", key="alias/backup-credentials")
    home.parameter("/app/feature-flags", "String")
    home.parameter("/app/db-password", key=cred_key, tier="Advanced")
    home.parameter("/app/token", key="alias/renamed-away")

    # Copies of RDS, customer key: source, vault, destination vault in the other account.
    src = b.region(APP, "ap-south-1")
    dst = b.region(VAULT, "ap-south-2")
    vault_key = dst.key("vault", alias="alias/central-vault", policy=root_policy(
        VAULT, [use_statement("arn:aws:iam::%s:root" % APP)]))
    into = json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::%s:root" % APP},
         "Action": "backup:CopyIntoBackupVault", "Resource": "*"}]})
    central = dst.vault("central", vault_key, into, lock="compliance", notify=True)
    db_key = src.key("orders-db", alias="alias/orders-db", policy=root_policy(APP, [
        use_statement("arn:aws:iam::%s:root" % VAULT), {
            "Sid": "Allow access from Backup account to copy backups", "Effect": "Allow",
            "Principal": {"AWS": "*"}, "Action": ["kms:CreateGrant", "kms:Decrypt",
                                                  "kms:GenerateDataKey*", "kms:DescribeKey"],
            "Resource": "*", "Condition": {"StringEquals": {"kms:CallerAccount": VAULT}}}]))
    local_key = src.key("local-vault", alias="alias/local-vault", policy=root_policy(APP, [
        use_statement("arn:aws:iam::%s:root" % VAULT)]))
    local = src.vault("local", local_key)
    orders = src.db("orders", db_key, tags=[("backup", "yes")])
    snap = src.db_snapshot("awsbackup:job-0001", "orders", db_key, "awsbackup")
    src.point("local", snap, orders, "RDS", db_key)
    src.protect(orders, "RDS", "orders", local, snap)
    away = dst.db_snapshot("awsbackup:copyjob-0001", "orders", vault_key, "awsbackup")
    dst.point("central", away, orders, "RDS", vault_key, source_vault=local)
    src.copy_job(snap, local, central, orders, "RDS", destination_point=away, key=vault_key)
    src.plan("databases", [("daily", "local", [central])], [
        {"Resources": [], "ListOfTags": [{"ConditionType": "STRINGEQUALS", "ConditionKey":
                                          "backup", "ConditionValue": "yes"}]}])
    # The other scenario: aws/rds cannot be shared, so its copy fails.
    rds_key = src.managed_key("rds")
    ledger = src.db("ledger", rds_key)
    bad = src.db_snapshot("awsbackup:job-0002", "ledger", rds_key, "awsbackup")
    src.point("local", bad, ledger, "RDS", rds_key)
    src.protect(ledger, "RDS", "ledger", local, bad)
    src.copy_job(bad, local, central, ledger, "RDS", state="FAILED", message="Access Denied: the "
                 "source snapshot KMS key is AWS managed and cannot be shared")
    src.db_snapshot("ledger-reencrypted", "ledger", local_key)

    # Replicas under one alias a region: eu-west-1 has it, eu-central-1 has not.
    both = ["arn:aws:iam::%s:role/BackupIAMRole" % VAULT, "arn:aws:iam::%s:root" % APP]
    ireland, frankfurt = b.region(VAULT, "eu-west-1"), b.region(VAULT, "eu-central-1")
    vault_tags = [("keyfall:autobackup", "web"), ("keyfall:role", "vault")]
    replica = ireland.key("replica", alias="alias/very_secret_key", policy=root_policy(
        VAULT, [use_statement(both), grants_statement(both)]), tags=vault_tags)
    frankfurt.key("other", alias="alias/very_secret_kee", tags=vault_tags)
    app_eu = b.region(APP, "eu-west-1")
    ebs_key = app_eu.key("volumes", alias="alias/app-volumes", policy=root_policy(
        APP, [use_statement("arn:aws:iam::%s:role/BackupIAMRole" % VAULT)]),
        tags=[("keyfall:autobackup", "web"), ("keyfall:role", "protected")])
    one, two = app_eu.volume("one", ebs_key, instance="i-0123456789abcdef0"), app_eu.volume("two")
    app_eu.snapshot("one", one, ebs_key, description="nightly")
    app_eu.snapshot("two", two)
    ireland.snapshot("one", key=replica, description="replica of %s" % one)
    app_eu.grant(ebs_key, 0, "arn:aws:iam::%s:role/BackupIAMRole" % VAULT, constraints={
        "EncryptionContextSubset": {"aws:ebs:id": one.rsplit("/", 1)[1]}})
    home.vault("aws/efs/automatic-backup-vault")
    home.grant(new, 0, saas, name="provider")
    home.data["region_settings"] = {"ResourceTypeOptInPreference": {"RDS": True, "EBS": True}}

    b.deny(account=APP, region="eu-west-1", operation="kms:GetKeyPolicy",
           resource=ebs_key)
    b.deny(account=VAULT, region="us-west-2", operation="*", why="scp")
    return b.text
