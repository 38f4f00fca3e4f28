#!/usr/bin/env python3
"""`keyfall iam-policy --read` is exactly what a whole refresh asks for: compared both ways with the actions that the
strict endpoint recorded, and with those that it grants when they are all that its roles may. AWS knows each of them
(its managed policies name it), none of them reads a secret or changes anything, and they fit one managed policy."""
import fnmatch
import json
import os
import random
import re
import subprocess
import sys
import tempfile

from program import ROOT, TESTS, Tally, environment, program, run
from endpoint import models, validate
from endpoint.harness import Endpoint, write_world
from endpoint.world import write_aws_config

WORLD = ["--seed", "5", "--accounts", "2", "--regions", "1", "--keys", "6", "--points", "6", "--plain"]
MOST_CHARACTERS = 6144      # docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
FREE = {"sts:GetCallerIdentity"}        # needs no permission
NEWER = {"kms:GetKeyLastUsage"}        # than the managed policies; an operation's name alone is no action (S3's are not)
SECRET = ("ssm:GetParameter*", "secretsmanager:GetSecretValue", "secretsmanager:BatchGet*", "kms:Decrypt",
          "kms:ReEncrypt*", "kms:GenerateDataKey*", "lambda:InvokeFunction", "s3:GetObject*", "sts:Get*Token")
READ = re.compile(r"[a-z0-9-]+:(List|Get|Describe|Lookup|BatchGet|Search)|sts:AssumeRole\Z")


def statements(*args):
    answer = run("iam-policy", "--read", *args)
    assert answer.status == 0, answer.err.decode()
    text = answer.out.decode()
    return text, {s["Sid"]: s for s in json.loads(text)["Statement"]}


def managed_actions():
    """Every action that AWS's own managed policies name in full, as moto has them."""
    from moto.iam.aws_managed_policies import aws_managed_policies_data
    found = set()
    for policy in json.loads(aws_managed_policies_data).values():
        rows = policy["Document"]["Statement"]
        for row in rows if isinstance(rows, list) else [rows]:
            actions = row.get("Action", []) if row["Effect"] == "Allow" else []
            found.update([actions] if isinstance(actions, str) else actions)
    return {a.lower() for a in found}


def the_text(tally):
    known = managed_actions()
    text, policy = statements("--org-role", "KeyfallRead")
    actions = [a for s in policy.values() for a in s["Action"]]
    size = len(re.sub(r"\s", "", text))
    tally.check("fits one managed policy", size <= MOST_CHARACTERS, size)
    tally.check("each action once", len(actions) == len(set(actions)))
    unknown = [a for a in actions if a.lower() not in known and a not in NEWER]
    tally.check("AWS knows them", unknown == [], unknown)
    tally.check("they read", [a for a in actions if not READ.match(a)] == [])
    tally.check("no secret", [a for a in actions for s in SECRET if fnmatch.fnmatchcase(a, s)] == [])
    tally.check("roles of that name alone",
                policy["KeyfallEnter"]["Resource"] == "arn:*:iam::*:role/KeyfallRead")
    _, alone = statements()
    tally.check("one account needs no other",
                "KeyfallEnter" not in alone and "organizations:ListAccounts" not in alone["KeyfallRead"]["Action"])
    return policy


def quiet_world(folder):
    """A generated world in which nothing is denied: then nothing is asked a second way."""
    path = folder + "/world.json"

    def quiet(world):
        world["denied"] = []
        for role in world["roles"]:
            role.pop("external_id", None)   # --org-role has none to give

    write_aws_config(write_world(path, *WORLD, change=quiet), folder)
    return path


def refresh(endpoint, folder, *args):
    endpoint.ctl("reset_log", {})
    answer = run("export", "--view", "blind-spots", "--profile", "base", "--endpoint-url", endpoint.url, *args,
                 config=folder)
    return answer, set(endpoint.ctl("stats")["actions"]) - FREE


def what_is_asked(tally, policy):
    read = set(policy["KeyfallRead"]["Action"])
    with tempfile.TemporaryDirectory() as folder, Endpoint("--world", quiet_world(folder)) as endpoint:
        answer, asked = refresh(endpoint, folder, "--org-role", "KeyfallRead")
        blind = [r for r in answer.rows() if "SUSPENDED" not in r["message"]]
        tally.check("read to the end", answer.status in (0, 4) and blind == [], answer.err.decode()[-800:] + str(blind[:3]))
        wanted = read | set(policy["KeyfallEnter"]["Action"])
        tally.check("nothing asked that is not in it", asked - wanted == set(), sorted(asked - wanted))
        tally.check("nothing in it that is not asked", wanted - asked == set(), sorted(wanted - asked))
        answer, asked = refresh(endpoint, folder)
        _, alone = statements()
        tally.check("one account: exactly", asked == set(alone["KeyfallRead"]["Action"]),
                    sorted(asked ^ set(alone["KeyfallRead"]["Action"])))


def what_is_granted(tally, policy):
    """Roles and users that may do just this read everything; without any one action something is not seen, and
    that action is what keyfall says is missing."""
    allowed = sorted(set(policy["KeyfallRead"]["Action"]) | {"sts:AssumeRole"})
    needless = {"sts:AssumeRole", "organizations:ListAccounts"}     # without these there are no other accounts
    with tempfile.TemporaryDirectory() as folder, Endpoint("--world", quiet_world(folder)) as endpoint:
        world = endpoint.ctl("world")
        for missing in [None] + random.sample([a for a in allowed if a not in needless], 4):
            for who in world["roles"] + world["users"]:
                who["allows"] = [a for a in allowed if a != missing]
            endpoint.ctl("world", world)
            answer, _ = refresh(endpoint, folder, "--org-role", "KeyfallRead")
            told = {r["action"] for r in answer.rows() if "SUSPENDED" not in r["message"]}
            refused = {d.split(" ")[2] for d in endpoint.ctl("stats")["denied"]}
            if missing == "ec2:DescribeRegions":    # there is another way to ask
                told, refused = told - {"account:ListRegions"} | {missing}, refused - {"account:ListRegions"}
            if missing == "kms:DescribeKey":        # whose key it is is not known then: AWS's own tell no tags
                told, refused = told - {"kms:ListResourceTags"}, refused - {"kms:ListResourceTags"}
            label = "without %s" % missing if missing else "with all of it"
            tally.check(label + ": refused", refused == ({missing} if missing else set()), refused)
            tally.check(label + ": told", told == ({missing} if missing else set()), told)


def build_ask(folder):
    """tests/live/ask.c, linked with what the program under test is made of."""
    library = next(p for p in (os.path.dirname(program()) + "/libbackend.a", ROOT + "/build/libbackend.a")
                   if os.path.exists(p))
    flags = subprocess.run(["pkg-config", "--cflags", "--libs", "libcurl", "libcjson", "libcrypto", "expat"],
                           check=True, stdout=subprocess.PIPE, text=True).stdout.split()
    sanitize = ["-fsanitize=address,undefined"] if "/asan/" in library else []
    subprocess.run([os.environ.get("CC", "gcc"), "-std=c17", "-D_GNU_SOURCE", "-g", "-pthread", *sanitize,
                    "-I" + ROOT, TESTS + "/live/ask.c", library, "-o", folder + "/ask", *flags, "-lcsv", "-lm"],
                   check=True)
    return folder + "/ask"


def sample(shape):
    """A value that AWS would take, of a member that must be there."""
    if getattr(shape, "enum", None):
        return shape.enum[0]
    for text in ("keyfall", "1", "123456789012", "arn:aws:x:us-east-1:111122223333:y/z",
                 "00000000-0000-4000-8000-000000000000", "o-0123456789"):
        if validate.check(shape, text) == []:
            return text
    raise AssertionError("no value for %s" % shape.name)


def on_demand(tally, policy):
    """What is asked for the row in hand is asked here, of the same wire."""
    with tempfile.TemporaryDirectory() as folder, Endpoint("--world", quiet_world(folder)) as endpoint:
        ask = build_ask(folder)
        told = subprocess.run([ask], check=True, stdout=subprocess.PIPE, text=True).stdout.split()
        lines = ""
        for op in told:
            service, _, name = op.partition(":")
            shape = models.Service(service).operation(name).input_shape
            lines += op
            for member in shape.required_members if shape else []:
                inner = shape.members[member]
                wire = inner.serialization.get("name", member)
                lines += "\t%s=%s" % (wire, sample(inner))
            lines += "\n"
        done = subprocess.run([ask, endpoint.url], input=lines, check=True, stdout=subprocess.PIPE, text=True,
                              env=environment(folder))
        asked, wanted = set(endpoint.ctl("stats")["actions"]), set(policy["KeyfallOnDemand"]["Action"])
        tally.check("on demand: exactly", asked == wanted, "%s %s" % (sorted(asked ^ wanted), done.stdout))
        tally.check("on demand: nothing refused by the models", endpoint.ctl("violations") == [],
                    endpoint.ctl("violations")[:2])


def main():
    random.seed(os.environ.get("SEED"))
    tally = Tally()
    policy = the_text(tally)
    what_is_asked(tally, policy)
    what_is_granted(tally, policy)
    on_demand(tally, policy)
    return tally.close()


if __name__ == "__main__":
    sys.exit(main())
