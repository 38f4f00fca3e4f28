#!/usr/bin/env python3
"""What the products' own pages say happens, or has to be done, and what keyfall says of it in the demo estate: a row a
sentence. Closes with `N passed, N failed`."""

import concurrent.futures
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
KEYFALL = os.environ.get("KEYFALL", str(ROOT / "keyfall"))
DEMO = ["--demo", "--now", "2026-08-23T14:02:00Z"]
DATA, APPS, BACKUP = "111122223333", "222233334444", "333344445555"
passed = failed = 0


OF_VERB = {"wizard": DEMO[:1], "plan": []}  # a plan is of the day that it was made


def run(*args):
    """What is said, blanks and line ends as one blank; a refusal too."""
    done = subprocess.run([KEYFALL, *args[:1], *OF_VERB.get(args[0], DEMO), *args[1:]], capture_output=True, text=True,
                          timeout=300)
    return " ".join((done.stdout or done.stderr).split())


def view(name, *args):
    return json.loads(run("export", "--view", name, "--format", "json", *args))["rows"]


def keys():
    """"alias in account" to key."""
    return {"%s in %s %s" % (r["name"][6:], r["account"], r["region"]): r["key_arn"] for r in view("aliases")}


KEYS = keys()
EKM = KEYS["druva-ekm in %s eu-central-1" % BACKUP]
EKM_OLD = KEYS["druva-ekm-old in %s eu-central-1" % BACKUP]
AWS_SSM = KEYS["aws/ssm in %s eu-west-1" % DATA]
AWS_RDS = KEYS["aws/rds in %s eu-west-1" % DATA]
PAYMENTS = KEYS["payments-params in %s eu-west-1" % APPS]
LEGACY = KEYS["legacy-backup in %s eu-west-1" % DATA]
REPLICA = KEYS["autobackup-replica in %s eu-west-1" % BACKUP]
CREDENTIAL = next(r["parameter"] for r in view("credentials") if r["account"] == DATA and r["region"] == "eu-west-1")
OTHER_ROLE = "arn:aws:iam::%s:role/BreakGlass" % BACKUP


def plan(key, *statements):
    """A plan of Terraform's that puts such a policy at a key."""
    file = tempfile.NamedTemporaryFile("w", suffix=".json", delete=False)
    policy = json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::%s:root" % key.split(":")[4]}, "Action": "kms:*",
         "Resource": "*"}, *statements]})
    json.dump({"format_version": "1.2", "resource_changes": [
        {"address": "aws_kms_key_policy.p", "mode": "managed", "type": "aws_kms_key_policy", "name": "p",
         "change": {"actions": ["update"], "before": {"key_id": key, "policy": "{}"},
                    "after": {"key_id": key, "policy": policy}, "after_unknown": {}}}]}, file)
    file.close()
    return file.name


def use_by(*principals):
    return {"Effect": "Allow", "Principal": {"AWS": list(principals)}, "Resource": "*", "Action": [
        "kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"]}


def wizard(name, **inputs):
    """A plan of a wizard's."""
    file = tempfile.NamedTemporaryFile("w", suffix=".json", delete=False)
    file.write(subprocess.run([KEYFALL, "wizard", *DEMO[:1], name, *("--set=%s=%s" % i for i in inputs.items())],
                              capture_output=True, text=True, timeout=300).stdout)
    file.close()
    return file.name


GONE = "arn:aws:ssm:eu-west-1:%s:parameter/Druva-ClientCredential-gone" % DATA
PLAN_OF = {product: wizard("ekm-" + product, druva_account="888899990000", account=BACKUP, region="eu-central-1",
                           alias="alias/new-ekm", break_glass=OTHER_ROLE) for product in ("entra-id", "salesforce")}
NEW_CREDENTIALS = wizard("druva-credentials", parameter=GONE)
UNDER_AWS = dict(database="arn:aws:rds:eu-west-1:%s:db:wiki-db" % APPS, source_vault="wiki-vault", account=BACKUP,
                 role="arn:aws:iam::%s:role/service-role/AWSBackupDefaultServiceRole" % APPS, region="eu-west-1",
                 vault="copies-of-wiki", alias="alias/copies-of-wiki")
SHARE = wizard("share-rds", via="between-wiki", via_alias="alias/between-wiki", **UNDER_AWS)
EKM_WITHOUT_DRUVA, REPLICA_WITHOUT_APPS = plan(EKM), plan(REPLICA)
PAYMENTS_DB = KEYS["payments-db in %s eu-west-1" % DATA]
COPIER = "arn:aws:iam::%s:role/CopySecondHop" % DATA
SOURCE_ROLE = "arn:aws:iam::%s:role/SourceIAMRole" % APPS
NOT_SYMMETRIC = KEYS["invoice-signing in %s eu-west-1" % APPS]

# product; place: sentence; command; what must be said, what must not
STORAGE, ENTRA, SALESFORCE = "Druva storage credentials", "EKM for Microsoft Entra ID", "EKM for Salesforce"
RDS, AUTOBACKUP = "AWS RDS backups", "AutoBackup: encryption of resources"
SENTENCES = [
    (STORAGE, "Location: SecureString parameters, typically Druva-ClientCredential-",
     ["export", "--view", "credentials"],
     [r"Druva-ClientCredential-6f1c2b7e", r"bdce73c7"], []),
    (STORAGE, "Type: SecureString parameters", ["export", "--view", "parameters", "--filter", "Druva-ClientCredential"],
     [r"Druva-ClientCredential-6f1c2b7e[^,]*,\"SecureString\""], [r",\"String\""]),
    (STORAGE, "The parameter's value is encrypted under a KMS key", ["impact", PAYMENTS],
     [r"can never be decrypted again why encrypted under: "], []),
    (STORAGE, "The keys that encrypt backups are the customer's, not Druva's",
     ["export", "--view", "keys", "--filter", "legacy-backup"], [r"alias/legacy-backup[^\n]*,\"CUSTOMER\","], []),
    (STORAGE, "Purpose: authentication for CloudRanger operations", ["impact", CREDENTIAL],
     [r"loses its sign-in to this account \(authentication only\)"], []),
    (STORAGE, "Encryption keys are separate from the authentication credentials", ["impact", CREDENTIAL],
     [r"existing backups stay intact"], [r"recovery.point", r"snapshot", r"[1-9]\d* lost"]),
    (STORAGE, "Scenario 1: new backup operations may fail", ["impact", CREDENTIAL], [r"new jobs may fail"], []),
    (STORAGE, "Scenario 1: existing backups remain intact, no data loss occurs", ["impact", CREDENTIAL],
     [r"1 degraded, 1 unknown"], [r"lost once done"]),
    (STORAGE, "Scenario 1, resolution: create new storage credentials in the CloudRanger console",
     ["impact", CREDENTIAL],
     [r"Create new storage credentials in the CloudRanger console"], []),
    (STORAGE, "Scenario 1, resolution: new parameters are created automatically", ["plan", "show", NEW_CREDENTIALS],
     [r"Create new storage credentials there", r"The parameter appears by itself: nobody puts it by hand"], []),
    (STORAGE, "Scenario 1, resolution: operations resume normally", ["plan", "show", NEW_CREDENTIALS],
     [r"Run one backup job and one restore", r"Existing backups stay"], []),
    (STORAGE, "Scenario 2: SecureString parameters become unrecoverable", ["impact", PAYMENTS],
     [r"20 parameters in 222233334444 eu-west-1 .{0,600}can never be decrypted again"], []),
    (STORAGE, "Scenario 2: authentication to AWS services fails", ["impact", PAYMENTS],
     [r"Druva-ClientCredential-b20d7c35\S* what Druva loses its sign-in to this account"], []),
    (STORAGE, "Scenario 2, resolution: recreate storage credentials", ["impact", PAYMENTS],
     [r"Create new storage credentials in the CloudRanger console"], []),
    (STORAGE, "Scenario 2, resolution: new credentials use available keys", ["plan", "show", NEW_CREDENTIALS],
     [r"\"KeyId\":\[\"alias/aws/ssm\"\]"], []),
    (STORAGE, "The default key is AWS-managed (aws/ssm): nobody can delete it", ["impact", AWS_SSM],
     [r"2 safe", r"this cannot happen to it"], [r"\d lost"]),
    (STORAGE, "Parameter Store uses the same key to decrypt; it must be accessible",
     ["access", "--key", AWS_SSM, "--flows"],
     [r"works Parameter Store: read a SecureString"], []),
    (STORAGE, "The same key is required to decrypt the data during restores", ["access", "--key", LEGACY, "--flows"],
     [r"fails AWS Backup: back up and restore EBS .{0,120}the key is PendingDeletion"], []),
    (STORAGE, "If you delete the key, the encrypted backups cannot be decrypted", ["impact", LEGACY],
     [r"critical \d{3,} lost", r"point of no return is 2026-08-29"], []),
    (STORAGE, "Under no circumstances delete keys that were used to encrypt a backup", ["check"],
     [r"(?i)F-KEY-01.{0,200}", r"legacy-backup"], []),
    (ENTRA, "EKM is available upon request: Druva Support activates it", ["plan", "show", PLAN_OF["entra-id"]],
     [r"Druva Support must activate it: fields that you cannot see are not activated"], []),
    (ENTRA, "Keys hosted in Azure or Google Cloud are not supported; those of integrated key managers are",
     ["wizard", "ekm-entra-id", "--set", "druva_account=888899990000", "--set", "key=https://v.vault.azure.net/keys/k/1"],
     [r"keys hosted outside AWS are not supported", r"integrated through an AWS external key store is"], []),
    (ENTRA, "Step 1: the Druva AWS account ID has 12 digits", ["wizard", "ekm-entra-id", "--set", "druva_account=1234"],
     [r"an AWS account id has 12 digits"], []),
    (ENTRA, "Step 2: create a symmetric key, with an alias", ["plan", "show", PLAN_OF["entra-id"]],
     [r"--key-spec SYMMETRIC_DEFAULT", r"kms:CreateAlias in account 333344445555, eu-central-1: alias/new-ekm"], []),
    (ENTRA, "Step 2: the page displays what the Druva account may do", ["plan", "show", PLAN_OF["entra-id"]],
     [r"Allow attachment of persistent resources\",\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"arn:aws:iam::888899990000:root\"}"], []),
    (ENTRA, "Step 2: type Allow under Allow use of the Key for Druva inSync", ["plan", "show", PLAN_OF["entra-id"]],
     [r"\"Sid\":\"Allow use of the Key for Druva inSync\",\"Effect\":\"Allow\""], []),
    (ENTRA, "Step 3: paste the ARN into Update KMS key ARN; it is validated", ["plan", "show", PLAN_OF["entra-id"]],
     [r"Paste it into Update KMS key ARN\. 3\. Next: Druva validates it"], []),
    (ENTRA, "Step 3: Yes, I Agree", ["plan", "show", PLAN_OF["entra-id"]],
     [r"after \"Yes, I Agree\" you cannot return to Druva's own key management"], []),
    (ENTRA, "Benefits: rotate the key in your account", ["plan", "show", PLAN_OF["entra-id"]],
     [r"kms:EnableKeyRotation .{0,300}--rotation-period-in-days 365"], []),
    (ENTRA, "No turning back: you cannot return to the default key management", ["impact", EKM],
     [r"There is no way back to Druva's own key management"], []),
    (ENTRA, "Do not deactivate the old key until the new one is fully integrated",
     ["impact", EKM_OLD, "--action", "disable"],
     [r"a switch of keys is under way: Druva's access to the backups is interrupted"], [r"[1-9]\d* lost"]),
    (ENTRA, "Supported: symmetric keys of AWS KMS", ["access", "--key", NOT_SYMMETRIC, "--flows"],
     [r"no service encrypts with a key of this kind"], [r"works Druva"]),
    (ENTRA, "Supported workflows: backups, in-place restores, downloads", ["impact", EKM, "--action", "disable"],
     [r"Druva's backups, in-place restores and downloads of Entra ID fail"], []),
    (ENTRA, "If you revoke a key's access, backups, restores or downloads fail",
     ["impact", "keyfall:ekm/entra-id", "--action", "revoke"],
     [r"down once done", r"the product's backups, restores and downloads fail", r"Give Druva's two statements back"], []),
    (ENTRA, "Add another AWS account: it defines who may use the key", ["access", "--key", EKM, "--flows"],
     [r"account arn:aws:iam::888899990000:root decrypt, encrypt, grant",
      r"unknown Druva EKM, entra-id: backup and restore account 888899990000.*the key lets it in"], []),
    (ENTRA, "Without that account in the policy nothing works", ["impact", "--terraform-plan", EKM_WITHOUT_DRUVA],
     [r"unknown -> fails: Druva EKM, entra-id", r"888899990000:root: loses decrypt, encrypt, grant"], []),
    (ENTRA, "Allow key administrators to delete this key: who can", ["access", "--key", EKM, "--flows"],
     [r"role arn:aws:iam::333344445555:role/BreakGlass [^.]*delete"], []),
    (ENTRA, "Destroying the key takes the backups with it", ["impact", EKM],
     [r"every Druva backup of Entra ID under it is lost"], []),
    (ENTRA, "Update: keep old and new key active until the new ARN is configured",
     ["impact", "keyfall:ekm/entra-id", "--action", "replace"],
     [r"goes on if both keys stay enabled until Druva's console shows the new one"], []),
    (SALESFORCE, "EKM is available on request: Druva Support activates it", ["plan", "show", PLAN_OF["salesforce"]],
     [r"Druva Support must activate it: fields that you cannot see are not activated"], []),
    (SALESFORCE, "Keys hosted outside AWS are not supported",
     ["wizard", "ekm-salesforce", "--set", "druva_account=888899990000", "--set",
      "key=projects/p/locations/l/keyRings/r/cryptoKeys/k"], [r"keys hosted outside AWS are not supported"], []),
    (SALESFORCE, "Step A: copy the 12-digit account ID", ["wizard", "ekm-salesforce", "--set", "druva_account=12345678901x"],
     [r"an AWS account id has 12 digits"], []),
    (SALESFORCE, "Step B: type Allow under Allow use of the Key for Druva inSync", ["plan", "show", PLAN_OF["salesforce"]],
     [r"--key-spec SYMMETRIC_DEFAULT", r"\"Sid\":\"Allow use of the Key for Druva inSync\",\"Effect\":\"Allow\""], []),
    (SALESFORCE, "Step C: paste the ARN; it is validated; Yes, I Agree", ["plan", "show", PLAN_OF["salesforce"]],
     [r"Druva validates it", r"after \"Yes, I Agree\" you cannot return"], []),
    (SALESFORCE, "Add another AWS account: without it nothing works", ["impact", "--terraform-plan", EKM_WITHOUT_DRUVA],
     [r"unknown -> fails: Druva EKM, salesforce"], []),
    (SALESFORCE, "Note: if the key is disabled in AWS KMS, backup and restore will fail",
     ["impact", EKM, "--action", "disable"],
     [r"Druva's backup and restore of Salesforce fail"], [r"[1-9]\d* lost"]),
    (SALESFORCE, "Note: or if the AWS account is disabled", ["impact", BACKUP],
     [r"is suspended", r"Druva Salesforce what (every Druva backup of|Druva's backup and restore of) Salesforce"], []),
    (SALESFORCE, "Once enabled you cannot revert to the default key management", ["impact", EKM, "--action", "disable"],
     [r"There is no way back to Druva's own key management"], []),
    (SALESFORCE, "Keep old and new keys active until the new ARN is configured", ["impact", EKM_OLD],
     [r"a switch (of keys is|was) under way"], []),
    (RDS, "The key of the database determines the encryption of its snapshots", ["impact", PAYMENTS_DB],
     [r"\d+ db snapshots in 111122223333 eu-west-1 .{0,700}why encrypted under: the target"], []),
    (RDS, "Scenario 1: update the key's policy to let the backup account in",
     ["access", "--key", "alias/crm-rekey", "--principal", OTHER_ROLE, "--action", "kms:Decrypt"],
     [r"allowed", r"keyPolicy statement 3 \(Allow access from Backup account to copy backups\): Allow applies"], []),
    (RDS, "Scenario 1: kms:CallerAccount binds it to the destination account",
     ["access", "--key", "alias/crm-rekey", "--principal", "arn:aws:iam::999900001111:role/x", "--action", "kms:Decrypt"],
     [r"implicitly_denied", r"Condition kms:CallerAccount"], []),
    (RDS, "Scenario 1: AWS Backup can copy RDS to the destination account",
     ["access", "--key", "alias/crm-rekey", "--flows"],
     [r"works AWS Backup: copy an RDS backup arn:aws:iam::333344445555"], []),
    (RDS, "Scenario 2: an AWS-managed key cannot be used by other accounts",
     ["access", "--key", AWS_RDS, "--principal", OTHER_ROLE, "--action", "kms:Decrypt", "--context",
      "kms:ViaService=rds.eu-west-1.amazonaws.com"], [r"implicitly_denied"], [r" allowed"]),
    (RDS, "Scenario 2: nobody can update the policy of an AWS-managed key", ["impact", AWS_RDS],
     [r"AWS manages th(e|is) key"], [r"[1-9]\d* lost"]),
    (RDS, "Execution: EventBridge triggers a Lambda function that copies from the intermediate vault on",
     ["impact", "alias/crm-rekey:key", "--action", "disable"],
     [r"backup-copy-on what its copies under the key fail", r"crm-second-hop what what it drives fails"], []),
    (RDS, "Execution: the role that copies on is part of it", ["impact", COPIER],
     [r"backup-copy-on what cannot run", r"crm-second-hop what drives nothing any more"], []),
    (RDS, "Scenario 2: copy first into a vault under a custom-managed key",
     ["export", "--view", "copy-paths", "--filter", "crm-rekey"],
     [r"backup-vault:crm-rekey"], []),
    (RDS, "Scenario 1: the destination vault must grant the source account: backup:CopyIntoBackupVault",
     ["plan", "show", SHARE],
     [r"--backup-vault-name copies-of-wiki --policy .{0,120}\"AWS\":\"arn:aws:iam::222233334444:root\"},\"Action\":"
      r"\"backup:CopyIntoBackupVault\""], []),
    (RDS, "Scenario 1: an additional snapshot under the vault's key is what can be shared",
     ["wizard", "share-rds", *("--set=%s=%s" % i for i in UNDER_AWS.items())],
     [r"AWS managed keys cannot be shared.{0,60}A copy under a key of yours comes first"], []),
    (RDS, "Execution: destination vaults need custom-managed keys",
     ["export", "--view", "copy-paths", "--filter", "ready:false"],
     [r"the destination vault is under an AWS managed key, which such copies cannot use"], []),
    (RDS, "Execution: ap-south-2 as destination: the Region must be enabled",
     ["export", "--view", "copy-paths", "--filter", "ready:false"],
     [r"ap-south-2 is not enabled in account 333344445555"], []),
    (RDS, "The key of an intermediate vault falls with what is copied through it", ["impact", "alias/crm-rekey:key"],
     [r"useless: the key of a vault can never be changed", r"db snapshots in 111122223333"], []),
    (AUTOBACKUP, "Create keys in each Region, all with the same alias", ["export", "--view", "autobackup"],
     [r"us-east-2\S*,\S*alias/autobackup-replica\S*,,false,\"alias/autobackup-replica is not there\""], []),
    (AUTOBACKUP, "The alias is what the setup names: without it nothing is replicated",
     ["impact", "arn:aws:kms:eu-west-1:%s:alias/autobackup-replica" % BACKUP],
     [r"AutoBackup finds no key in this Region: no more encrypted replicas; those that are there stay"], [r"[1-9]\d* lost"]),
    (AUTOBACKUP, "Replicas are re-encrypted under the VAULT account's key", ["impact", REPLICA],
     [r"\d+ ebs snapshots in 333344445555 eu-west-1", r"AutoBackup makes no encrypted replicas in this Region any more"], []),
    (AUTOBACKUP, "Allow the key for the roles of the VAULT and the PROTECTED account",
     ["access", "--key", REPLICA, "--flows"],
     [r"works Druva AutoBackup, apps: replicate encrypted snapshots"], []),
    (AUTOBACKUP, "The PROTECTED account may make grants, for AWS's services alone",
     ["access", "--key", REPLICA, "--principal", SOURCE_ROLE, "--action", "kms:CreateGrant", "--context",
      "kms:GrantIsForAWSResource=true"], [r"\(Allow attachment of persistent resources\): Allow applies"], []),
    (AUTOBACKUP, "And no others",
     ["access", "--key", REPLICA, "--principal", SOURCE_ROLE, "--action", "kms:CreateGrant", "--context",
      "kms:GrantIsForAWSResource=false"], [r"implicitly_denied", r"\(Allow attachment of persistent resources\): Allow does not apply"], []),
    (AUTOBACKUP, "Add the PROTECTED account as external account: without it it fails",
     ["impact", "--terraform-plan", REPLICA_WITHOUT_APPS],
     [r"works -> (fails|unknown): Druva AutoBackup, apps"], []),
    (AUTOBACKUP, "Three modes: plain, PROTECTED key, VAULT key",
     ["export", "--view", "autobackup"], [r"plain;protected-key"], []),
    (AUTOBACKUP, "Other keys in both accounts: the VAULT role must be allowed the PROTECTED key",
     ["check"], [r"F-AB-04"], []),
]


def check(row, said):
    global passed, failed
    product, sentence, command, must, must_not = row
    missing = [m for m in must if not re.search(m, said)]
    wrong = [m for m in must_not if re.search(m, said)]
    passed, failed = passed + (not missing and not wrong), failed + bool(missing or wrong)
    if missing or wrong:
        print("FAIL %s: %s\n  keyfall %s\n  missing %s, must not be there %s\n  %s" % (
            product, sentence, " ".join(command), missing, wrong, said[:1500]))


def main():
    rows = [(p, s, [KEYS["crm-rekey in %s eu-west-1" % DATA] if w == "alias/crm-rekey:key" else w for w in c], m, n)
            for p, s, c, m, n in SENTENCES]
    commands = {tuple(row[2]): None for row in rows}
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for command, said in zip(commands, pool.map(lambda c: run(*c), commands)):
            commands[command] = said
    for row in rows:
        check(row, commands[tuple(row[2])])
    for path in (EKM_WITHOUT_DRUVA, REPLICA_WITHOUT_APPS, NEW_CREDENTIALS, SHARE, *PLAN_OF.values()):
        os.unlink(path)
    print("%d passed, %d failed" % (passed, failed))
    return failed > 0


sys.exit(main())
