#!/usr/bin/env python3
"""What others wrote stays as they wrote it, and what stands against a plan is told before anything is sent: statements
that look like keyfall's own, what denies what a plan is to allow."""
import json
import sys

from bench import MAIN, SAAS, VAULT, Bench, Tally, load

ROLE = "arn:aws:iam::%s:role/KeyfallRead" % MAIN
ROOT = "arn:aws:iam::%s:root"
EVERYTHING = {"Sid": "root", "Effect": "Allow", "Principal": {"AWS": ROOT % MAIN}, "Resource": "*",
              "Action": ["kms:Put*", "kms:*"]}
INTO = "backup:CopyIntoBackupVault"


def theirs(sid, who, actions, effect="Allow", **condition):
    out = {"Sid": sid, "Effect": effect, "Principal": {"AWS": who} if who != "*" else "*", "Action": actions, "Resource": "*"}
    return dict(out, Condition=condition) if condition else out


#: wizard, its inputs beside the key, somebody's statement that looks like what it would put
LOOK_ALIKES = [
    ("key-statement", {"right": "use", "who": ROLE}, theirs(
        "Allow use of the key", ROLE, ["kms:Decrypt", "kms:Sign"], StringEquals={"kms:EncryptionContext:app": "x"})),
    ("key-statement", {"right": "administer", "who": ROLE}, theirs(
        "Allow access for Key Administrators", ROLE, ["kms:Create*", "kms:ScheduleKeyDeletion", "kms:Put*"])),
    ("key-statement", {"right": "account"}, theirs(
        "Enable IAM User Permissions", ROOT % MAIN, "kms:*", StringEquals={"aws:PrincipalOrgID": "o-x"})),
    ("prevent-deletion", {}, theirs(
        "Deny deletion except break glass", "*", ["kms:ScheduleKeyDeletion", "kms:DisableKey", "kms:DeleteAlias"], "Deny",
        ArnNotEquals={"aws:PrincipalArn": [ROLE, ROLE + "2"]})),
]
#: wizard, its inputs beside the key, somebody's Deny against it, the call that it denies
DENIALS = [
    ("key-statement", {"right": "use", "who": ROLE}, theirs("Allow use of the key", ROLE, "kms:Decrypt", "Deny"), "kms:Decrypt"),
    ("key-statement", {"right": "administer", "who": ROLE}, theirs("d", ROLE, "kms:CancelKeyDeletion", "Deny"),
     "kms:CancelKeyDeletion"),
    ("ekm-entra-id", {"druva_account": SAAS}, theirs("Allow use of the Key for Druva inSync", ROOT % SAAS, "kms:*", "Deny"),
     "kms:Encrypt"),
    ("ekm-entra-id", {"druva_account": SAAS}, theirs("d", "*", "kms:CreateGrant", "Deny"), "kms:CreateGrant"),
    ("prevent-deletion", {"break_glass": ROLE}, theirs(
        "theirs", "*", ["kms:ScheduleKeyDeletion", "kms:DisableKey"], "Deny", ArnNotEquals={"aws:PrincipalArn": ROLE + "2"}),
     "kms:ScheduleKeyDeletion"),
]


class Key:
    """The bench's plain key under its policy with more statements."""

    def __init__(self, b):
        self.b, self.kms = b, b.client("kms", MAIN, "us-east-1")
        self.arn = b.key(MAIN, "us-east-1", "alias/plain")

    def put(self, *statements):
        self.b.fresh()
        self.kms.put_key_policy(KeyId=self.arn, PolicyName="default", Policy=json.dumps(
            {"Version": "2012-10-17", "Statement": [EVERYTHING, *statements]}))

    def statements(self):
        return json.loads(self.kms.get_key_policy(KeyId=self.arn, PolicyName="default")["Policy"])["Statement"]


def refused(tally, b, name, words, wizard, **inputs):
    """By a sentence with these words, and nothing is written."""
    digest = b.endpoint.ctl("state_digest")
    _, done = b.plan(wizard, **inputs)
    tally.check(name + " is refused", done.status != 0 and all(w in done.err for w in words), done)
    tally.check(name + " writes nothing", digest == b.endpoint.ctl("state_digest"))


def done_plan(tally, b, name, wizard, *answers, **inputs):
    path, done = b.plan(wizard, **inputs)
    if not tally.check(name + " is planned", done.status == 0, done):
        return None
    done = b.apply(path, load(path)["phrase"], *answers)
    tally.check(name + " is done", done.status == 0, done)
    return load(path)


def look_alikes(tally, b, key):
    for wizard, inputs, statement in LOOK_ALIKES:
        key.put(statement)
        name = "%s beside another's \"%s\"" % (wizard, statement["Sid"])
        if done_plan(tally, b, name, wizard, key=key.arn, **inputs):
            now = key.statements()
            tally.check(name + " leaves it", now[:-1] == [EVERYTHING, statement], now)
            tally.check(name + " has a Sid of its own", now[-1]["Sid"] == statement["Sid"] + " 2", now[-1])


def denials(tally, b, key):
    for wizard, inputs, statement, call in DENIALS:
        key.put(statement)
        refused(tally, b, "%s against a Deny of %s" % (wizard, call), ['"%s"' % statement["Sid"], call, "denies"], wizard,
                key=key.arn, **inputs)


def vaults(tally, b):
    """The vault's own access policy, by the same rules."""
    arn = "arn:aws:backup:ap-south-2:%s:backup-vault:central" % VAULT
    backup = b.client("backup", VAULT, "ap-south-2")
    sid = "Allow copies into the vault"
    for name, statement in (("allows more", theirs(sid, ROOT % MAIN, [INTO, "backup:StartRestoreJob"],
                                                   StringEquals={"aws:PrincipalOrgID": "o-x"})),
                            ("denies it", theirs("d", ROOT % MAIN, INTO, "Deny"))):
        b.fresh()
        backup.put_backup_vault_access_policy(BackupVaultName="central", Policy=json.dumps(
            {"Version": "2012-10-17", "Statement": [statement]}))
        if statement["Effect"] == "Deny":
            refused(tally, b, "a vault that " + name, ['"d"', INTO], "vault-access", vault=arn, accounts=MAIN)
        elif done_plan(tally, b, "a vault that " + name, "vault-access", vault=arn, accounts=MAIN):
            now = json.loads(backup.get_backup_vault_access_policy(BackupVaultName="central")["Policy"])["Statement"]
            tally.check("a vault's statement stays", now[0] == statement and now[1]["Sid"] == sid + " 2", now)


def numbers(tally, b, key):
    """A number that a double does not hold is not put back as another."""
    key.put(theirs("n", ROLE, "kms:List*", NumericLessThan={"aws:MultiFactorAuthAge": 12345678901234567890}))
    refused(tally, b, "a number of twenty digits", ["last digit"], "key-statement", key=key.arn, who=VAULT)


def main():
    tally = Tally()
    with Bench() as b:
        b.plain_key()
        key = Key(b)
        look_alikes(tally, b, key)
        denials(tally, b, key)
        vaults(tally, b)
        numbers(tally, b, key)
    return tally.close()


if __name__ == "__main__":
    sys.exit(main())
