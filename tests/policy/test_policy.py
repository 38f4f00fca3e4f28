#!/usr/bin/env python3
"""keyfall's policy evaluator against a slow one (slow.py) and against itself, on random requests.

Where everything is known both must say the same. Where something is not, keyfall may say "unknown" for more, but what
it says must hold in every world. Adding a Deny never allows, adding an Allow never denies, forgetting a fact only moves
towards unknown. COUNT requests (4000), SEED (random, printed). Closes with `N passed, N failed`."""

import copy
import json
import os
import pathlib
import random
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import slow

KEYFALL = os.environ.get("KEYFALL", str(HERE.parents[1] / "keyfall"))
SEED = int(os.environ.get("SEED", random.randrange(1 << 32)))
COUNT = int(os.environ.get("COUNT", 4000))
A, B, C = "111111111111", "222222222222", "333333333333"
KEY = "arn:aws:kms:eu-west-1:%s:key/1234abcd-12ab-34cd-56ef-1234567890ab" % A
PRINCIPALS = (["arn:aws:iam::%s:role/%s" % (a, n) for a in (A, B, C) for n in ("Backup", "path/Copy")] +
              ["arn:aws:sts::%s:assumed-role/Copy/s1" % a for a in (A, B)] +
              ["arn:aws:iam::%s:user/ann" % a for a in (A, B)] + ["arn:aws:iam::%s:root" % A] +
              ["arn:aws:iam::%s:role/aws-service-role/backup.amazonaws.com/AWSServiceRoleForBackup" % B,
               "logs.eu-west-1.amazonaws.com"])
ACTIONS = ["kms:Decrypt", "kms:Encrypt", "kms:CreateGrant", "kms:DescribeKey", "kms:ReEncryptFrom", "kms:RetireGrant",
           "kms:GenerateDataKey", "kms:ScheduleKeyDeletion", "kms:PutKeyPolicy"]
WORDS = ["kms:*", "*", "kms:Decrypt", "KMS:decrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*", "kms:?ecrypt",
         "kms:CreateGrant", "kms:Describe*", "s3:*", "kms:ScheduleKeyDeletion", "kms:RetireGrant", "kms:Encrypt"]
VALUES = {"kms:ViaService": ["rds.eu-west-1.amazonaws.com", "ec2.eu-west-1.amazonaws.com"],
          "kms:CallerAccount": [A, B, C], "aws:PrincipalOrgID": ["o-one", "o-two"],
          "kms:GrantIsForAWSResource": ["true", "false"], "aws:SourceIp": ["10.1.2.3", "203.0.113.9"],
          "aws:PrincipalTag/team": ["backup", "web*"], "aws:MultiFactorAuthAge": ["10", "1000"],
          "kms:GrantOperations": [["Encrypt"], ["Encrypt", "Decrypt"], []],
          "aws:PrincipalArn": ["arn:aws:iam::%s:role/Backup" % B],
          "aws:SourceArn": ["arn:aws:rds:eu-west-1:%s:db:one" % A],
          "kms:EncryptionContext:vault": ["one", "two"]}
OPERANDS = {"kms:ViaService": ["rds.*.amazonaws.com", "ec2.eu-west-1.amazonaws.com", "rds.eu-west-1.amazonaws.com"],
            "aws:PrincipalTag/team": ["backup", "web?", "${aws:PrincipalTag/team}", "${kms:ViaService, 'backup'}"],
            "aws:PrincipalArn": ["arn:aws:iam::*:role/B*", "arn:aws:iam::%s:role/Copy" % A],
            "kms:GrantOperations": ["Encrypt", "Decrypt"], "kms:EncryptionContext:vault": ["one"]}
STRINGS = ["StringEquals", "StringNotEquals", "StringLike", "StringNotLike", "StringEqualsIgnoreCase"]
passed = failed = 0


def check(what, holds, seen=""):
    global passed, failed
    passed, failed = passed + bool(holds), failed + (not holds)
    if not holds and failed < 6:
        print("FAIL %s\n%s" % (what, seen))


def condition(r):
    key = r.choice(list(VALUES))
    operands = OPERANDS.get(key, VALUES[key])
    if key == "aws:SourceIp":
        op, operands = r.choice(["IpAddress", "NotIpAddress"]), ["10.0.0.0/8", "203.0.113.9"]
    elif key == "aws:MultiFactorAuthAge":
        op, operands = r.choice(["NumericLessThan", "NumericGreaterThanEquals", "NumericNotEquals"]), ["100", "10"]
    elif key == "kms:GrantOperations":
        op = r.choice(["ForAllValues:", "ForAnyValue:"]) + r.choice(STRINGS)
    elif key in ("aws:PrincipalArn", "aws:SourceArn"):
        op = r.choice(["ArnLike", "ArnNotLike", "ArnEquals", "StringLike"])
    elif key == "kms:GrantIsForAWSResource":
        op = "Bool"
    else:
        op = r.choice(STRINGS)
    if r.random() < .2:
        op += "IfExists"
    if r.random() < .12:
        op, operands = "Null", ["true", "false"]
    return {op: {key if r.random() < .8 else key.upper(): r.choice([r.choice(operands), r.sample(operands, 1)])}}


def statement(r, with_principal):
    s = {"Effect": "Allow" if r.random() < .75 else "Deny"}
    if with_principal:
        s["Principal"] = r.choice(
            ["*", {"AWS": "*"}, {"AWS": "arn:aws:iam::%s:root" % A}, {"AWS": "arn:aws:iam::%s:root" % A},
             {"AWS": [B, "arn:aws:iam::%s:root" % C]}, {"AWS": r.sample([p for p in PRINCIPALS if p[:4] == "arn:"], 2)},
             {"Service": "logs.eu-west-1.amazonaws.com"}, {"AWS": "AROAEXAMPLE"}])
    s[r.choice(["Action"] * 9 + ["NotAction"])] = r.choice([r.choice(WORDS[:2]), r.sample(WORDS, 3)])
    if r.random() < .97:
        s["Resource"] = r.choice(["*", "*", "*", KEY, "arn:aws:kms:*:*:key/*"] +
                                 ([] if with_principal else ["arn:aws:kms:eu-west-1:%s:key/other" % A,
                                                             "arn:aws:kms:*:${aws:PrincipalAccount}:key/*"]))
    for _ in range(r.choice([0, 0, 0, 1, 1, 2])):
        for op, block in condition(r).items():
            s.setdefault("Condition", {}).setdefault(op, {}).update(block)
    return s


def policy(r, with_principal=False):
    p = {"Statement": [statement(r, with_principal) for _ in range(r.choice([1, 1, 2, 3]))]}
    if r.random() < .9:
        p["Version"] = "2012-10-17"
    return p


FULL = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}


def request(r, i):
    q = {"id": i, "principal": r.choice(PRINCIPALS), "action": r.choice(ACTIONS), "resource": KEY, "context": {},
         "keyPolicy": policy(r, True)}
    for key, values in VALUES.items():
        if r.random() < .35 and key not in ("kms:CallerAccount", "aws:PrincipalArn"):
            q["context"][key] = r.choice(values)
    if r.random() < .9:
        q["identityPolicies"] = [r.choice([FULL, policy(r)]) for _ in range(r.choice([0, 1, 1, 2]))]
    for name, p, principal in [("permissionsBoundaries", .12, False), ("sessionPolicies", .08, False),
                               ("vpcEndpointPolicies", .05, True)]:
        if r.random() < p:
            q[name] = [policy(r, principal)]
    if r.random() < .2:
        q["serviceControlPolicies"] = [[FULL] + [policy(r)] * (r.random() < .5) for _ in range(2)]
    if r.random() < .15:
        q["resourceControlPolicies"] = [[policy(r, True)]]
    if r.random() < .2:
        q["grants"] = [{"GrantId": "g", "GranteePrincipal": r.choice(PRINCIPALS),
                        "Operations": r.sample(["Decrypt", "Encrypt", "CreateGrant", "GenerateDataKey"], 2),
                        "Constraints": r.choice([{}, {}, {"EncryptionContextEquals": {"Vault": "one"}},
                                                 {"EncryptionContextSubset": {"vault": "two"}}])}]
    if r.random() < .15:
        q["keyState"] = r.choice(["Disabled", "PendingDeletion", "Unavailable", "PendingImport"])
    q["ownerIsManagementAccount"] = r.random() < .1
    return q


def ask(questions):
    run = subprocess.run([KEYFALL, "access", "--batch"], input="".join(json.dumps(q) + "\n" for q in questions),
                         capture_output=True, text=True, timeout=500)
    answers = [json.loads(line)["verdict"] for line in run.stdout.splitlines()]
    check("as many answers as questions", len(answers) == len(questions) and run.returncode == 0, run.stderr[:500])
    return answers


def forget(r, q):
    """The same request with one fact less."""
    q = copy.deepcopy(q)
    if q["context"] and r.random() < .8:
        q["context"][r.choice(list(q["context"]))] = None
    else:
        q.pop("identityPolicies", None)
    return q


def is_denied(verdict):
    return verdict.endswith("_denied")


def main():
    r = random.Random(SEED)
    questions = [request(r, i) for i in range(COUNT)]
    answers = ask(questions)
    spread = {v: answers.count(v) for v in set(answers)}
    print("seed %d, verdicts %s" % (SEED, spread))
    check("every verdict comes up", len(spread) == 4 and min(spread.values()) > COUNT // 200, spread)
    for q, answer in zip(questions, answers):
        wanted = slow.evaluate(q)
        is_known = "identityPolicies" in q
        check("the slow one says %s, keyfall %s" % (wanted, answer),
              answer == wanted or (not is_known and answer == "unknown"), json.dumps(q))

    forgetful = [forget(r, q) for q in questions]
    for q, before, after in zip(forgetful, answers, ask(forgetful)):
        check("forgetting moved from %s to %s" % (before, after),
              after in (before, "unknown") or (is_denied(before) and is_denied(after)), json.dumps(q))
    for q, after in list(zip(forgetful, ask(forgetful)))[:COUNT // 10]:
        wanted = slow.evaluate(q)
        check("in every world %s, keyfall says %s" % (wanted, after),
              after in (wanted, "unknown") or (is_denied(wanted) and is_denied(after)), json.dumps(q))

    for effect, wrong in (("Deny", lambda b, a: is_denied(b) and a == "allowed"),
                          ("Allow", lambda b, a: b == "allowed" and a != "allowed")):
        more = copy.deepcopy(questions)
        for q in more:
            extra = statement(r, True)
            extra["Effect"] = effect
            q["keyPolicy"]["Statement"].append(extra)
        for q, before, after in zip(more, answers, ask(more)):
            check("adding %s moved from %s to %s" % (effect, before, after), not wrong(before, after), json.dumps(q))

    print("%d passed, %d failed" % (passed, failed))
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
