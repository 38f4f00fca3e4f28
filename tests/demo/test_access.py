#!/usr/bin/env python3
"""Who may use a key of the demo estate: by the verb, as text and as JSON, by another policy, and as questions in
lines. Closes with `N passed, N failed`."""

import json
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
KEYFALL = os.environ.get("KEYFALL", str(ROOT / "keyfall"))
DEMO = ["--demo", "--now", "2026-08-23T14:02:00Z"]
passed = failed = 0


def check(what, holds, seen=""):
    global passed, failed
    passed, failed = passed + bool(holds), failed + (not holds)
    if not holds:
        print("FAIL %s\n%s" % (what, seen))


def access(*args, stdin=None):
    run = subprocess.run([KEYFALL, "access", *args], input=stdin, capture_output=True, text=True, timeout=300)
    return run.returncode, run.stdout, run.stderr


def rows(*args):
    status, out, err = access(*DEMO, "--format", "json", *args)
    return status, {(r["principal"], r["action"]): r for r in json.loads(out)["rows"]}


ROLE = "arn:aws:iam::111122223333:role/%s"
told_key = json.loads(access(*DEMO, "--format", "json", "--key", "alias/crm-rekey", "--principal", ROLE % "x")[1])["key"]
status, found = rows("--key", "alias/crm-rekey")
check("everybody is asked about three actions", len(found) > 20 and len(found) % 3 == 0, len(found))
check("break-glass may decrypt", found[ROLE % "BreakGlass", "kms:Decrypt"]["verdict"] == "allowed")
check("the auditor may not", found[ROLE % "AuditReadOnly", "kms:Decrypt"]["verdict"] == "implicitly_denied")
other = "arn:aws:iam::333344445555:role/BreakGlass"
check("another account's role by the blog's statement", found[other, "kms:Decrypt"]["verdict"] == "allowed")
check("and says which", "statement 3" in " ".join(found[other, "kms:Decrypt"]["decided_by"]),
      found[other, "kms:Decrypt"])

status, out, _ = access(*DEMO, "--key", "alias/crm-rekey", "--principal", ROLE % "AuditReadOnly",
                        "--action", "kms:Decrypt")
check("a denial of the one asked about is status 1", status == 1, status)
check("it explains each statement", "does not apply, Condition kms:CallerAccount" in out, out)
status, out, _ = access(*DEMO, "--key", "alias/crm-rekey", "--principal", ROLE % "BreakGlass",
                        "--action", "kms:Decrypt")
check("a yes is status 0", status == 0 and "  allowed" in out, out)
status, out, _ = access(*DEMO, "--key", "alias/crm-rekey", "--principal",
                        "arn:aws:iam::999900001111:role/Nobody", "--action", "kms:Decrypt")
check("a stranger is denied although his policies are not known", status == 1, out)

with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
    file.write('{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":'
               '{"AWS":"arn:aws:iam::111122223333:root"},"Action":"kms:*","Resource":"*"}]}')
    file.flush()
    status, changed = rows("--key", "alias/crm-rekey", "--policy-file", file.name, "--diff")
    check("who loses by another policy", changed[other, "kms:Decrypt"]["with_policy_file"] == "implicitly_denied",
          changed)
    check("nobody of the account is in the difference",
          not any(p.startswith("arn:aws:iam::111122223333:role/BreakGlass") for p, _ in changed), changed.keys())
    file.write("x")
    file.flush()
    status, _, err = access(*DEMO, "--key", "alias/crm-rekey", "--policy-file", file.name)
    check("a policy that is none is told with its line", status == 2 and "line 1, column" in err, err)

# ---- a key's policy has at most 32,768 bytes, others have limits of their own ----
ALLOWS = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"kms:*","Resource":"*"}]%s}'
for size in (32768, 32769, 135640):
    long = ALLOWS % (" " * (size - len(ALLOWS) + 2))
    with tempfile.TemporaryDirectory() as folder:
        file, plan = pathlib.Path(folder, "policy.json"), pathlib.Path(folder, "plan.json")
        file.write_text(long)
        plan.write_text(json.dumps({"format_version": "1.2", "resource_changes": [{
            "address": "aws_kms_key_policy.long", "type": "aws_kms_key_policy", "change": {
                "actions": ["create"], "after": {"key_id": told_key, "policy": long}}}]}))
        status, _, err = access(*DEMO, "--key", "alias/crm-rekey", "--policy-file", str(file))
        planned = subprocess.run([KEYFALL, "impact", *DEMO, "--terraform-plan", str(plan)], capture_output=True, text=True,
                                 timeout=300).stdout
    says = "the policy has %d bytes; KMS takes 32768 of a key's" % size
    check("--policy-file of %d bytes" % size, (status == 2 and says in err) == (size > 32768), "%d %s" % (status, err))
    check("a planned policy of %d bytes" % size, (says in planned) == (size > 32768), planned[:600])
    _, out, _ = access("--batch", stdin=json.dumps({"principal": ROLE % "x", "action": "kms:Decrypt", "resource": told_key,
                                                    "keyPolicy": long}) + "\n")
    check("a question with one of %d bytes" % size, (says in out) == (size > 32768), out)

# ---- everybody, every flow, every statement ----
status, out, _ = access(*DEMO, "--key", "alias/crm-rekey", "--flows")
check("flows fail at a named call", "fails    AWS Backup: copy an EBS backup" in out and
      "kms:ReEncryptFrom: no statement or grant allows it" in out, out)
check("and are counted", "flows: 25 work, 3 fail, 0 unknown" in out, out)
check("who loses without a statement", other + ": loses decrypt, encrypt, grant\n" in out, out)
check("nothing unseen is told as seen", status == 0, status)
status, out, _ = access(*DEMO, "--key", "alias/crm-rekey", "--flows", "--format", "json")
told = json.loads(out)
check("JSON says the same", told["schema"] == "keyfall.key-access/1" and
      [f["works"] for f in told["flows"]].count("fails") == 3 and len(told["statements"]) == 3, out[:500])
for user in told["users"]:
    for right, action in (("decrypt", "kms:Decrypt"), ("encrypt", "kms:GenerateDataKey")):
        if user["rights"][right] != "unknown":
            check("%s %s as when asked alone" % (user["principal"], right),
                  user["rights"][right] == found[user["principal"], action]["verdict"], user)
check("whoever is left out may do nothing", all(
    r["verdict"] != "allowed" or p in {u["principal"] for u in told["users"]} for (p, _), r in found.items()))
status, out, _ = access(*DEMO, "--key", "alias/legacy-backup", "--flows")
check("a key that is to be deleted fails them all", "flows: 0 work, 28 fail, 0 unknown: the key is PendingDeletion" in out and
      "kms:CreateGrant: the key is PendingDeletion" in out, out)
status, out, _ = access(*DEMO, "--key", "alias/druva-ekm", "--flows")
HALF = "hangs on what account 888899990000 itself allows, which cannot be seen from here"
check("Druva's flow stands by its product", "unknown  Druva EKM, entra-id: backup and restore  account 888899990000" in out
      and "the key lets it in; it " + HALF in out, out)
check("and is a limit, no blind spot", "limit: 2 of them hang on accounts of others" in out and status == 0, (status, out))
status, out, _ = access(*DEMO, "--key", "alias/druva-ekm", "--principal", "arn:aws:iam::888899990000:root", "--action",
                        "kms:Decrypt")
check("the same is answered to a question", "unknown: " + HALF in out and status == 4, out)
ekm = subprocess.run([KEYFALL, "export", *DEMO, "--view", "ekm", "--format", "json", "--columns", "access,reason"],
                     capture_output=True, text=True, timeout=300).stdout
check("and in the view", all(r["access"] in (None, "?") and HALF in r["reason"] for r in json.loads(ekm)["rows"]), ekm)

# ---- what would stop a deletion ----
status, out, _ = access(*DEMO, "--key", "alias/crm-rekey", "--prevent", "--format", "json")
told = json.loads(out)
for which in ("key_policy", "service_control_policy"):
    check(which + " takes nothing but the right to delete", {b["right"] for b in told[which]["breaks"]} == {"delete"} and
          all(b["then"] == "explicitly_denied" for b in told[which]["breaks"]) and told[which]["flows_changed"] == 0,
          told[which])
    check(which + ": who could", ROLE % "BreakGlass" in {b["principal"] for b in told[which]["breaks"]}, told[which])
check("the statement is one", told["key_policy"]["statement"]["Effect"] == "Deny" and told["key_policy"]["fits"], told)
check("the rule names the key", told["key"] in told["event_rule"]["pattern"]["detail"]["requestParameters"]["keyId"], told)
check("and how much depends on it", told["dependents"] > 30 and status == 0, told["dependents"])
status, out, _ = access(*DEMO, "--key", "alias/crm-rekey", "--prevent")
check("a rule that warns already is named", "there is one already: key-alarms" in out, out[-400:])
check("who may lift it is told", "may take it off again: " in out and ROLE % "KeyAdmin" in out.split("off again")[1], out)
_, out, _ = access(*DEMO, "--key", "alias/evidence", "--prevent", "--format", "json")
told = json.loads(out)
check("the management account is bound by no service control policy",
      told["service_control_policy"]["breaks"] == [] and told["key_policy"]["breaks"], told)

for args, says in [((), "access to which key?"), (("--key", "nope"), '"nope"'),
                   (("--key", "alias/crm-rekey", "--diff"), "--policy-file"),
                   (("--key", "alias/crm-rekey", "--principal", "me"), "is no ARN"),
                   (("--key", "alias/crm-rekey", "--context", "x"), "NAME=VALUE"),
                   (("--key", "alias/crm-rekey", "--context", "a=1", "--context", "A=2"), "A is given twice"),
                   (("--key", "dr-vault"), "no key"),
                   (("--key", "alias/crm-rekey", "--flows", "--principal", "x"), "--key alone"),
                   (("--batch", "--key", "x"), "standard input")]:
    status, _, err = access(*DEMO, *args)
    check("%s is wrong usage" % (args,), status == 2 and says in err, "%d %s" % (status, err))

vectors = "".join(json.dumps({k: v for k, v in json.loads(line).items() if k != "expect"}) + "\n"
                  for line in (ROOT / "tests" / "policy" / "vectors.jsonl").read_text().splitlines())
status, out, _ = access("--batch", stdin=vectors)
answers = [json.loads(line) for line in out.splitlines()]
check("an answer a line, in order", status == 0 and [a["id"] for a in answers] ==
      [json.loads(line)["id"] for line in vectors.splitlines()])
status, out, err = access("--batch", stdin='{"id":1}\nnonsense\n' + vectors.splitlines()[0] + "\n")
check("wrong lines keep their place", status == 2 and len(out.splitlines()) == 3 and "line 2" in err, out)

print("%d passed, %d failed" % (passed, failed))
sys.exit(failed > 0)
