#!/usr/bin/env python3
"""What others wrote stays as they wrote it, and what stands against a plan is told before anything is sent: statements
that look like keyfall's own, what denies what a plan is to allow, registrations of other products, accounts and
setups, and keys that nobody knows or can use."""
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

    def tag(self, **tags):
        self.b.fresh()
        self.set_tags(**tags)

    def set_tags(self, **tags):
        self.kms.tag_resource(KeyId=self.arn, Tags=[
            {"TagKey": "keyfall:" + k.replace("_", "-"), "TagValue": v} for k, v in tags.items()])

    def tags(self):
        return {t["TagKey"].replace("keyfall:", "").replace("-", "_"): t["TagValue"]
                for t in self.kms.list_resource_tags(KeyId=self.arn)["Tags"]}

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
    key.put(theirs("n", ROLE, "kms:List*", NumericLessThan={"aws:MultiFactorAuthAge": 2 ** 53 + 1}))
    refused(tally, b, "the first number that is not kept", ["last digit"], "key-statement", key=key.arn, who=VAULT)


# ---------------------------------------------------------------- registrations

def merged(tally, b, key):
    """A second product on a key joins the first; the undo gives back what was there and takes away what was not."""
    key.tag(ekm="salesforce")
    plan = done_plan(tally, b, "a second product", "ekm-entra-id", "visible", SAAS, key.arn, "unseen", key=key.arn,
                     druva_account=SAAS)
    tally.check("a second product joins the first", key.tags() == {
        "ekm": "salesforce entra-id", "phase": "current", "druva_account": SAAS}, key.tags())
    undo = next(s["undo"] for s in plan["steps"] if s.get("call") == "kms:TagResource") if plan else []
    tally.check("a second product's undo is whole", [(u["call"], u["params"].get("Tags", u["params"].get("TagKeys"))) for u in undo]
                == [("kms:TagResource", [{"TagKey": "keyfall:ekm", "TagValue": "salesforce"}]),
                    ("kms:UntagResource", ["keyfall:phase", "keyfall:druva-account"])], undo)


def registered_first(tally, b, key):
    """Before the step without a way back; and what somebody registers meanwhile is not written over."""
    b.fresh()
    path, done = b.plan("ekm-entra-id", key=key.arn, druva_account=SAAS)
    done = b.apply(path, load(path)["phrase"], "visible", SAAS)
    tally.check("a key waits for its hand-over in transition", "waits for you" in done.err and key.tags() == {
        "ekm": "entra-id", "phase": "in-transition", "druva_account": SAAS}, (done, key.tags()))
    key.set_tags(ekm="entra-id salesforce")
    done = b.apply(path, load(path)["phrase"], key.arn, "works", resume=True)
    tally.check("a product of meanwhile stops the run", done.status == 1 and "entra-id salesforce" in done.err, done)
    tally.check("a product of meanwhile stays", key.tags()["ekm"] == "entra-id salesforce", key.tags())


def contradicted(tally, b, key):
    """What tags say otherwise refuses the plan."""
    saas = b.key(MAIN, "us-east-1", "alias/saas-ekm")
    for name, words, tags in (
            ("another Druva account", ["999900001111", SAAS], {"ekm": "entra-id", "druva_account": "999900001111"}),
            ("another product's switch", ["salesforce", "in-transition"], {"ekm": "salesforce", "phase": "in-transition"})):
        key.tag(**tags)
        refused(tally, b, name, words, "ekm-entra-id", key=key.arn, druva_account=SAAS)
    b.fresh()
    refused(tally, b, "one of two products switched", ["salesforce", 'product="entra-id salesforce"'], "ekm-switch", old_key=saas,
            druva_account=SAAS)
    key.tag(ekm="entra-id", phase="former")
    refused(tally, b, "a former key switched from", ["former"], "ekm-switch", old_key=key.arn, druva_account=SAAS)
    key.tag(autobackup="other", role="protected")
    key.kms.create_alias(AliasName="alias/replica", TargetKeyId=key.arn)
    refused(tally, b, "a key of another role", ["protected", "other"], "autobackup", setup="web", role=ROLE, protected=VAULT,
            alias="alias/replica", regions="us-east-1")


def source_is_vault_key(tally, b, key):
    """One key that is both is put once, for both."""
    b.fresh()
    key.kms.create_alias(AliasName="alias/replica", TargetKeyId=key.arn)
    plan = done_plan(tally, b, "a source key that is a VAULT key", "autobackup", "done", "replica", setup="web", role=ROLE,
                     protected=VAULT, alias="alias/replica", regions="us-east-1", sources=key.arn)
    calls = [s["call"] for s in plan["steps"] if s["kind"] == "call"] if plan else []
    tally.check("a source key that is a VAULT key is put once", calls == ["kms:PutKeyPolicy", "kms:TagResource"], calls)
    tally.check("a source key that is a VAULT key lets both in", key.statements()[-1]["Principal"]["AWS"] == [ROLE, ROOT % VAULT],
                key.statements()[-1])


# ---------------------------------------------------------------- Druva's storage credentials

PARAMETER = "Druva-ClientCredential-9a8b7c"


def parameter_like(b, **members):
    """The parameter that the stories have, with other members."""
    b.fresh()
    path = ["accounts", MAIN, "data", "us-east-1", "parameters"]
    rows = b.endpoint.ctl("world")["accounts"][MAIN]["data"]["us-east-1"]["parameters"]
    at = next(i for i, p in enumerate(rows) if p["Name"] == PARAMETER)
    b.endpoint.ctl("mutate", {"path": path + [at], "merge": members})


def unknown_keys(tally, b, key):
    """Nobody knows which key the value is under: that is said, and not that all is well."""
    arn = "arn:aws:ssm:us-east-1:%s:parameter/%s" % (MAIN, PARAMETER)
    for name, words, members in (
            ("an alias that is gone", ["not known", "alias/gone", "DeleteAlias"], {"KeyId": "alias/gone"}),
            ("an alias that was moved", ["not known", "alias/plain", "UpdateAlias"],
             {"KeyId": "alias/plain", "LastModifiedDate": 1000000000}),
            ("a text that is none", ["SecureString"], {"Type": "String"}),
            ("a key that AWS does not name", ["does not say"], {"KeyId": ""})):
        parameter_like(b, **members)
        refused(tally, b, "a parameter under " + name, words, "druva-credentials", parameter=arn)
        _, done = b.plan("druva-credentials", parameter=arn)
        tally.check(name + " is not called well", "nothing is wrong" not in done.err, done)


def intended_key(tally, b, key):
    """The key for a new parameter is one that can be used for it, and the parameter may name it in each of KMS's ways."""
    gone = "arn:aws:ssm:us-east-1:%s:parameter/Druva-ClientCredential-gone" % MAIN
    b.fresh()
    for name, words, given in (
            ("nobody has", ["no key"], key.arn[:-12] + 12 * "0"),
            ("is of another Region", ["must be of one"], key.arn.replace("us-east-1", "eu-west-1")),
            ("is of another account", ["must be of one"], key.arn.replace(MAIN, VAULT)),
            ("is disabled", ["Disabled", "rescue"], b.key(MAIN, "us-east-1", "alias/backup-credentials"))):
        refused(tally, b, "a key that " + name, words, "druva-credentials", parameter=gone, key=given)
    there = "arn:aws:ssm:us-east-1:%s:parameter/%s" % (MAIN, PARAMETER)
    refused(tally, b, "a key where one is rescued", ["leave key out"], "druva-credentials", parameter=there, key=key.arn)
    path, done = b.plan("druva-credentials", parameter=there)
    tally.check("the rescue is confirmed by the key's name", load(path)["phrase"] == "alias/backup-credentials", done)
    path, done = b.plan("druva-credentials", parameter=gone, key=key.arn)
    name, phrase = "Druva-ClientCredential-new", load(path)["phrase"]
    b.apply(path, phrase, "no-e-key")
    b.endpoint.ctl("mutate", {"path": ["accounts", MAIN, "data", "us-east-1", "parameters"], "append": {
        "Name": name, "ARN": there.replace(PARAMETER, name), "Type": "SecureString", "KeyId": "alias/aws/ssm", "Version": 1,
        "LastModifiedDate": 1790000000.5, "Tier": "Standard", "Policies": [], "DataType": "text",
        "LastModifiedUser": ROLE}})
    done = b.apply(path, phrase, name, resume=True)
    tally.check("under AWS's own key it is not what was meant", "alias/aws/ssm" in done.err + done.out and
                "waits for you" in done.err, done)
    parameters = b.endpoint.ctl("world")["accounts"][MAIN]["data"]["us-east-1"]["parameters"]
    b.endpoint.ctl("mutate", {"path": ["accounts", MAIN, "data", "us-east-1", "parameters", len(parameters) - 1],
                              "merge": {"KeyId": "alias/plain"}})
    done = b.apply(path, phrase, name, "unseen", resume=True)
    tally.check("by the key's alias it is", done.status == 0, done)


def main():
    tally = Tally()
    with Bench() as b:
        b.plain_key()
        key = Key(b)
        look_alikes(tally, b, key)
        denials(tally, b, key)
        vaults(tally, b)
        numbers(tally, b, key)
        for check in (merged, registered_first, contradicted, source_is_vault_key, unknown_keys, intended_key):
            check(tally, b, key)
    return tally.close()


if __name__ == "__main__":
    sys.exit(main())
