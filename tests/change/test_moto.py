#!/usr/bin/env python3
"""The KMS, SSM and IAM part of the wizards on moto, which none of us wrote: each to its end, and boto3 finds changed
what the plan's calls name and nothing else; run again it changes nothing. moto takes no key ARN where AWS does: that
alone is mended in it. With LONG=1 all of them, else some."""
import json
import os
import sys

from bench import HANG_S, Bench, Tally, calls_of, eye, load
from endpoint import moto_world
from endpoint.build import root_policy

ACCOUNT, PROTECTED = moto_world.ACCOUNTS[:2]
SAAS, HOME = "777788889999", (ACCOUNT, "us-east-1")
#: docs.aws.amazon.com/kms/latest/APIReference/API_EnableKey.html: "Specify the key ID or key ARN"
MENDED = """
from moto.kms.models import KmsBackend
def bare(name):
    inner = getattr(KmsBackend, name)
    setattr(KmsBackend, name, lambda self, key_id, *rest: inner(self, key_id.rpartition('/')[2], *rest))
for name in ('enable_key', 'disable_key', 'cancel_key_deletion'):
    bare(name)
"""


class MotoBench(Bench):
    def __init__(self):
        port = moto_world.free_port()
        self.process = moto_world.start(port, MENDED)
        self.setup("http://127.0.0.1:%d" % port, moto_world.text())
        self.sessions = dict(moto_world.sessions(self.url))
        for account, session in self.sessions.items():
            session.client("iam", endpoint_url=self.url).create_role(
                RoleName="Keeper", AssumeRolePolicyDocument=root_policy(account))
        self.kms = self.client("kms", *HOME)

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(HANG_S)
        self.folder.cleanup()

    def fresh(self):
        self.n += 1
        self.env["XDG_STATE_HOME"] = "%s/state%d" % (self.path, self.n)

    def client(self, service, account, region):
        return self.sessions[account].client(service, region_name=region, endpoint_url=self.url)

    def profiles(self):
        return ["--profile", "base", "--profile", "acct-" + PROTECTED]

    def look(self, places=None):
        return eye.look(self.client, [HOME, (ACCOUNT, "eu-west-1"), (PROTECTED, "us-east-1")], ("kms", "ssm"))

    # ---------------------------------------------------------------- what is there

    def make(self, alias, account=ACCOUNT, region="us-east-1", **more):
        """A key's ARN."""
        kms = self.client("kms", account, region)
        meta = kms.create_key(KeyUsage="ENCRYPT_DECRYPT", MultiRegion=False, Policy=root_policy(account), **more)["KeyMetadata"]
        kms.create_alias(AliasName=alias, TargetKeyId=meta["KeyId"])
        return meta["Arn"]

    def doomed(self):
        arn = self.make("alias/doomed")
        self.kms.schedule_key_deletion(KeyId=arn.rsplit("/", 1)[1], PendingWindowInDays=9)
        return arn

    def parameter(self):
        arn = self.make("alias/credentials")
        self.client("ssm", *HOME).put_parameter(Name="Druva-ClientCredential-1", Value="v", Type="SecureString", KeyId=arn)
        self.kms.disable_key(KeyId=arn)
        return "arn:aws:ssm:us-east-1:%s:parameter/Druva-ClientCredential-1" % ACCOUNT


def role(account):
    return "arn:aws:iam::%s:role/Keeper" % account


def its_key(b, plan):
    """The ARN of the key that the plan takes, or has made."""
    if plan["inputs"].get("key"):
        return plan["inputs"]["key"]
    made = [e["value"] for e in b.journal() if e["event"] == "made"]
    return made[0] if made else None


EKM = {"druva_account": SAAS, "account": ACCOUNT, "region": "us-east-1", "admins": role(ACCOUNT)}
LONG = bool(os.environ.get("LONG"))
SHORT = ("rescue", "ekm-entra-id", "druva-credentials", "autobackup")
#: wizard, inputs of the bench, answers
CASES = [
    ("rescue", lambda b: {"key": b.doomed()}, ["done"]),
    ("rotation", lambda b: {"key": b.make("alias/rotated"), "days": "180"}, []),
    ("key-statement", lambda b: {"key": b.make("alias/shared"), "who": SAAS}, []),
    ("prevent-deletion", lambda b: {"key": b.make("alias/kept"), "break_glass": role(ACCOUNT)}, []),
    ("ekm-entra-id", lambda b: dict(EKM, alias="alias/druva"), ["visible", SAAS, its_key, "unseen"]),
    ("ekm-salesforce", lambda b: {"druva_account": SAAS, "key": b.make("alias/taken"), "rotation": "no"},
     ["visible", SAAS, its_key, "unseen"]),
    ("ekm-switch", lambda b: dict(EKM, alias="alias/druva-2", old_key=b.make(
        "alias/old", Tags=[{"TagKey": "keyfall:ekm", "TagValue": "entra-id"}])),
     [SAAS, its_key, "unseen"]),     # moto tells no key's last use
    ("druva-credentials", lambda b: {"parameter": b.parameter()}, ["unseen"]),
    ("autobackup", lambda b: {"setup": "web", "role": role(ACCOUNT), "protected": PROTECTED, "source_role": "Keeper",
                              "alias": "alias/replicas", "regions": "us-east-1,eu-west-1",
                              "sources": b.make("alias/source", PROTECTED)}, ["done", "replicas"]),
]


def run(b, path, plan, answers):
    resume = False
    while True:
        left = answers[sum(e["event"] == "human" for e in b.journal()):]
        given = [plan["phrase"]]
        for answer in left:
            answer = answer(b, plan) if callable(answer) else answer
            if answer is None:
                break
            given.append(answer)
        done = b.apply(path, *given, resume=resume, settle=5)
        if "waits for you" not in done.err:
            return done
        resume = True


def named(b, plan):
    """What the calls of a plan name: "ACCOUNT REGION key ID " and "ACCOUNT REGION alias/NAME"."""
    made = {e["name"]: e["value"] for e in b.journal() if e["event"] == "made"}
    out = set()
    for step in plan["steps"]:
        if step["kind"] != "call":
            continue
        place, params = "%s %s " % (step["account"], step["region"]), step["params"]
        out.update(place + "key %s " % made[g["name"]].rsplit("/", 1)[1] for g in [step.get("gives")] if g)
        if "AliasName" in params:
            out.add(place + params["AliasName"])
        if params.get("KeyId", "").startswith("arn:"):
            out.add(place + "key %s " % params["KeyId"].rsplit("/", 1)[1])
    return out


def one(tally, b, wizard, inputs, answers):
    b.fresh()
    path, done = b.plan(wizard, **inputs(b))
    if not tally.check(wizard + " is planned on moto", done.status == 0, done):
        return
    plan, before = load(path), b.look()
    done = run(b, path, plan, answers)
    tally.check(wizard + " comes to its end on moto", done.status == 0, done)
    after = b.look()
    changed, objects = eye.changes(before, after), named(b, plan)
    strangers = {k: v for k, v in changed.items() if not k.startswith(tuple(objects))}
    untouched = [o for o in objects if not any(k.startswith(o) for k in changed)]
    tally.check(wizard + " changes what it names and nothing else", calls_of(path) and not strangers and not untouched,
                (strangers, untouched))
    again = b.apply(path, plan["phrase"])
    tally.check(wizard + " again changes nothing", again.status == 0 and b.look() == after, again)
    for step in plan["steps"]:
        key = step.get("params", {}).get("KeyId", "")
        if step.get("call") == "kms:PutKeyPolicy":
            tally.check(wizard + " puts its policy", after["%s %s key %s policy" % (
                step["account"], step["region"], key.rsplit("/", 1)[1])] == json.loads(step["params"]["Policy"]))


def main():
    tally = Tally()
    with MotoBench() as b:
        for case in CASES:
            if case[0] in (sys.argv[1:] or SHORT) or LONG:
                one(tally, b, *case)
    return tally.close()


if __name__ == "__main__":
    sys.exit(main())
