#!/usr/bin/env python3
"""What falls in the demo estate: every key ranked, several targets together, and a plan of Terraform's before it is
applied. Closes with `N passed, N failed`."""

import csv
import io
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
EFFECTS = ("lost", "down", "degraded", "unknown")
passed = failed = 0


def check(what, holds, seen=""):
    global passed, failed
    passed, failed = passed + bool(holds), failed + (not holds)
    if not holds:
        print("FAIL %s\n%s" % (what, str(seen)[:2000]))


def impact(*args):
    run = subprocess.run([KEYFALL, "impact", *DEMO, *args], capture_output=True, text=True, timeout=300)
    return run.returncode, run.stdout, run.stderr


def told(*args):
    return json.loads(impact(*args, "--format", "json")[1])


# ---- every key ----
status, out, err = impact("--all", "--format", "json")
ranking = json.loads(out)
rows = ranking["rows"]
SEVERITIES = ["none", "info", "low", "medium", "high", "critical"]
check("what is not seen is told", status == 4 and not ranking["complete"] and "more may fall" in err, (status, err))
check("every key once", len(rows) == ranking["n_keys"] == len({r["id"] for r in rows}) > 90, len(rows))
order = [(-SEVERITIES.index(r["severity"]), *(-r["counts"][e] for e in EFFECTS)) for r in rows]
check("worst first", order == sorted(order), order[:5])
for row in rows[:6] + rows[-3:]:
    alone = told(row["id"])
    check("%s as when asked alone" % row["id"], alone["counts"] == row["counts"] and
          alone["severity"] == row["severity"] and alone["point_of_no_return"] == row["point_of_no_return"],
          (alone["counts"], row["counts"]))
    lost = {c["id"] for c in alone["consequences"]}
    check("what it is the only key of falls with it",
          all(i in lost or i in json.dumps(alone["consequences"]) for i in row["sole_key_of"]), row["sole_key_of"])
volumes = [r for r in rows if any(":volume/" in i for i in r["sole_key_of"])]
check("keys are named that are the only key of a volume", len(volumes) > 3)
owners = [i for r in rows for i in r["sole_key_of"]]
check("nothing has two only keys", len(owners) == len(set(owners)))
check("what is copied under another key has none", not any(":db:orders-db" in i for i in owners), owners)

status, out, _ = impact("--all", "--format", "csv")
table = list(csv.DictReader(io.StringIO(out)))
check("CSV says the same", [(r["id"], int(r["lost"]), r["sole_key_of"].split(";") if r["sole_key_of"] else [])
                            for r in table] == [(r["id"], r["counts"]["lost"], r["sole_key_of"]) for r in rows])
_, out, _ = impact("--all", "--max", "3")
check("text names what is lost", re.match(r"\d+ keys by what each takes down, as far as was seen: delete\nC  \d+\+ lost", out), out)
check("--max", "and %d more" % (len(rows) - 3) in out, out)
disabled = told("--all", "--action", "disable")
check("by another action", disabled["action"] == "disable" and
      not any(r["counts"]["lost"] > 1000 for r in disabled["rows"]), disabled["rows"][0])
for args, says in [(("--all", "alias/prod-backup"), "name no targets"), ((), "or --all"),
                   (("--all", "--action", "repoint"), "does not fit keys")]:
    status, _, err = impact(*args)
    check("%s is wrong usage" % (args,), status == 2 and says in err, (status, err))

# ---- a key that AWS manages ----
managed = [r["id"] for r in rows if r["severity"] == "none" and r["counts"]["safe"] > 0]
for action in ("delete", "disable", "expire-material"):
    status, out, _ = impact(managed[0], "--action", action)
    check("what AWS manages stays (%s), and it is said why" % action, "cannot happen to it: AWS manages the key" in out and
          "remedy" not in out and "7 to 30 days" not in out and not re.search(r"\d (lost|down)", out), out)

# ---- a plan of Terraform's ----
def aliases():
    out = subprocess.run([KEYFALL, "export", *DEMO, "--view", "aliases", "--format", "json"], capture_output=True,
                         text=True, timeout=300).stdout
    found = {}
    for r in json.loads(out)["rows"]:
        found.setdefault(r["name"], (r["id"], r["key_arn"]))
    return found


ALIASES = aliases()

# ---- what services give up before a key that is disabled is gone ----
def clock(name, action, *args):
    """The consequence of a resource that ends in name, as JSON and as CSV has it."""
    out = told(*args, "--action", action)
    table = csv.DictReader(io.StringIO(impact(*args, "--action", action, "--format", "csv")[1]))
    return (out, next(c for c in out["consequences"] if (c["id"] or "").endswith(name)),
            next(r for r in table if r["id"].endswith(name)))


PAYMENTS = ALIASES["alias/payments-db"][1]
out, row, line = clock(":db:payments-db", "disable", PAYMENTS)
check("a database waits seven days for its key", row["phases"][0]["effect"] == "down" and row["phases"][1:] == [
    {"effect": "lost", "from": "2026-08-30T14:02:00Z"}] and row["severity"] == "critical", row)
check("and that is where there is no way back", out["point_of_no_return"] == "2026-08-30T14:02:00Z", out["point_of_no_return"])
check("CSV has both", (line["effect"], line["later_effect"], line["later_from"]) ==
      ("down", "lost", "2026-08-30T14:02:00Z"), line)
_, row, _ = clock(":db:payments-db", "delete", PAYMENTS)
check("nothing waits for a key that is deleted", [p["effect"] for p in row["phases"]] == ["lost"], row)


def policy(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def root(account):
    return {"Sid": "Enable IAM User Permissions", "Effect": "Allow", "Action": "kms:*", "Resource": "*",
            "Principal": {"AWS": "arn:aws:iam::%s:root" % account}}


def key(this, **more):
    """What the provider's schema of aws_kms_key holds."""
    return {"arn": this, "bypass_policy_lockout_safety_check": False, "custom_key_store_id": "",
            "customer_master_key_spec": "SYMMETRIC_DEFAULT", "deletion_window_in_days": 30, "description": "",
            "enable_key_rotation": True, "id": this.split("/")[-1], "is_enabled": True, "key_id": this.split("/")[-1],
            "key_usage": "ENCRYPT_DECRYPT", "multi_region": False, "policy": policy(root(this.split(":")[4])),
            "rotation_period_in_days": 365, "tags": {}, "tags_all": {}, "timeouts": None, "xks_key_id": "", **more}


def alias(name, **more):
    arn, target = ALIASES[name]
    return {"arn": arn, "id": name, "name": name, "name_prefix": "", "target_key_arn": target,
            "target_key_id": target.split("/")[-1], **more}


def change(address, actions, before, after, unknown=None):
    kind, name = address.split(".")[-2:]
    return {"address": address, "mode": "managed", "type": kind, "name": name,
            "provider_name": "registry.terraform.io/hashicorp/aws",
            "change": {"actions": actions, "before": before, "after": after, "after_unknown": unknown or {},
                       "before_sensitive": {}, "after_sensitive": {}}}


def plan(*changes, **more):
    return json.dumps({"format_version": "1.2", "terraform_version": "1.11.4", "planned_values": {"root_module": {}},
                       "resource_changes": list(changes), "configuration": {}, "applyable": True, "complete": True,
                       "errored": False, **more})


def planned(text, *args):
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        file.write(text)
        file.flush()
        return impact("--terraform-plan", file.name, *args)


def judged(*changes, **more):
    return json.loads(planned(plan(*changes, **more), "--format", "json")[1])


BACKUP, EKM, CRM = (ALIASES["alias/" + n][1] for n in ("legacy-backup", "druva-ekm", "crm-rekey"))
gone = change("module.backup.aws_kms_key.main", ["delete"], key(CRM), None)
moved = change("aws_kms_alias.prod", ["update"], alias("alias/payments-params"),
               alias("alias/payments-params", target_key_id=CRM.split("/")[-1]), {"target_key_arn": True})
status, out, err = planned(plan(gone, moved))
check("a plan's deletions and moves", "a plan of 2 changes; 2 concern keys" in out and
      "C  module.backup.aws_kms_key.main  destroys key alias/crm-rekey" in out and
      "aws_kms_alias.prod  moves alias/payments-params to " in out and "all that goes, together:" in out, out)
check("are not seen whole", status == 4 and "more may fall" in err, (status, err))
away, near = ("arn:aws:kms:%s:111122223333:key/0000" % region for region in ("us-east-1", "eu-west-1"))
for key_arn, words in ((away, "destroys alias/payments-params"), (near, "moves alias/payments-params to " + near)):
    out = planned(plan(change("aws_kms_alias.prod", ["delete", "create"], alias("alias/payments-params"),
                              {"name": "alias/payments-params", "target_key_id": key_arn})))[1]
    check("an alias that is made anew under a key of its own Region or another: " + words, words in out, out)
doc = judged(gone, moved)
single = told(CRM, "--action", "schedule-deletion")
check("a key that goes falls as when asked", doc["changes"][0]["severity"] == single["severity"] and
      doc["changes"][0]["target"] == CRM, doc["changes"][0])
soon = judged(change("aws_kms_key.x", ["delete"], key(CRM, deletion_window_in_days=7), None))
check("it goes when it has waited as the plan says", soon["together"]["point_of_no_return"] == "2026-08-30T14:02:00Z" and
      single["point_of_no_return"] == "2026-09-22T14:02:00Z", (soon["together"], single["point_of_no_return"]))
check("both together", len(doc["together"]["targets"]) == 2 and
      doc["together"]["counts"]["lost"] >= single["counts"]["lost"] > 0, doc["together"]["counts"])
check("--fail-on", planned(plan(gone), "--fail-on", "critical")[0] == 1 and
      impact(CRM, "--fail-on", "critical")[0] == 1 and impact("--all", "--fail-on", "high")[0] == 1)
check("replacing is destroying", judged(change("aws_kms_key.x", ["create", "delete"], key(CRM), key(CRM, arn=None)))
      ["changes"][0]["does"] == "replaces")
off = judged(change("aws_kms_key.x", ["update"], key(CRM), key(CRM, is_enabled=False)))
check("disabling", off["changes"][0]["action"] == "disable" and off["together"]["counts"]["down"] > 0, off["changes"])
check("a tag is nothing", judged(change("aws_kms_key.x", ["update"], key(CRM), key(CRM, tags={"a": "b"})))["changes"] == [])
check("what is only made is nothing", judged(change("aws_kms_key.x", ["create"], None, key(CRM)))["changes"] == [])
check("what is forgotten stays", judged(change("aws_kms_key.x", ["forget"], key(CRM), None))["changes"] == [])

# the policy of Druva's key without Druva
edit = change("aws_kms_key_policy.ekm", ["update"], {"id": "x", "key_id": EKM, "policy": "{}"},
              {"id": "x", "key_id": EKM, "policy": policy(root("333344445555"))})
doc = judged(edit)
flows = {f["title"]: f for f in doc["changes"][0]["flows"]}
check("without Druva's statements its backups fail", doc["severity"] == "critical" and
      flows["Druva EKM, entra-id: backup and restore"]["then"] == "fails", doc["changes"])
users = {(u["principal"], u["right"]): u["then"] for u in doc["changes"][0]["users"]}
check("and Druva may not decrypt", users["arn:aws:iam::888899990000:root", "decrypt"] == "implicitly_denied", users)
status, out, _ = planned(plan(edit))
check("in words", "edits the policy of key alias/druva-ekm" in out and
      "unknown -> fails: Druva EKM, entra-id: backup and restore, account 888899990000" in out and
      "arn:aws:iam::888899990000:root: loses decrypt, encrypt, grant" in out, out)
shut = policy({"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::333344445555:role/Nobody"},
               "Action": "kms:Decrypt", "Resource": "*"})
doc = judged(change("aws_kms_key.ekm", ["update"], key(EKM), key(EKM, policy=shut)))
check("a policy that locks everybody out", doc["changes"][0]["locks_out"] and doc["severity"] == "critical", doc["changes"])
doc = judged(change("aws_kms_key.ekm", ["update"], key(EKM), key(EKM, policy=None), {"policy": True}))
check("a policy that is not known yet is not fine", not doc["complete"] and not doc["changes"][0]["known"] and
      "only once the plan is applied" in doc["changes"][0]["reason"], doc["changes"])
doc = judged(change("aws_kms_key.ekm", ["update"], key(EKM), key(EKM, policy='{"Statement":\n 7}')))
check("a policy that AWS will not take", "AWS will not take it: policy, line" in doc["changes"][0]["reason"], doc["changes"])
doc = judged(change("aws_kms_key_policy.ekm", ["delete"], {"id": "x", "key_id": EKM, "policy": "{}"}, None))
check("a policy that goes leaves the one of KMS", doc["changes"][0]["flows"] and doc["severity"] == "critical",
      doc["changes"])
doc = judged(change("aws_kms_key.far", ["delete"], key("arn:aws:kms:eu-west-1:999999999999:key/x"), None))
check("a key that was not seen is not fine", not doc["complete"] and
      doc["changes"][0]["reason"] == "nothing that was read has this id" and doc["together"] is None, doc["changes"])
vault = change("aws_backup_vault.v", ["delete"],
               {"arn": "arn:aws:backup:eu-west-1:111122223333:backup-vault:prod-vault", "name": "prod-vault"}, None)
check("a vault", judged(vault)["changes"][0]["severity"] != "none")

# what a plan leaves open
dead = ALIASES["alias/analytics"][1]
obliterated = change("aws_kms_key.x", ["obliterate"], key(dead), None)
nameless = change("aws_kms_key.x", [], key(dead), None)
later = {"reason": "deferred_prereq", "resource_change": change("aws_kms_key.x", ["delete"], key(dead), None)}
for what, text, row, says in [
        ("an action that is not known", plan(obliterated), '?  aws_kms_key.x  may change key alias/analytics: ',
         'action "obliterate" is not known here'),
        ("no action", plan(nameless), "?  aws_kms_key.x  may change key alias/analytics: ", "the plan names no action"),
        ("a new action of what is no key", plan(change("aws_instance.x", ["obliterate"], {}, None)),
         "a plan of 1 change; 0 concern keys", "?  1 change without an action that is known"),
        ("a plan that is not complete", plan(complete=False), "a plan of 0 changes",
         "?  Terraform does not call the plan complete"),
        ("something deferred", plan(deferred_changes=[dict(later, resource_change=change(
            "aws_instance.x", ["create"], None, {}))]), "a plan of 1 change; 0 concern keys", "?  1 change deferred"),
        ("a deletion that is deferred", plan(deferred_changes=[later]),
         "C  aws_kms_key.x  destroys key alias/analytics: ", "defers it (deferred_prereq)")]:
    status, out, err = planned(text)
    check("%s is told" % what, status == 4 and row in out and says in out and "more may fall" in err, (status, out, err))
    status = planned(text, "--fail-on", "high")[0]
    check("%s never passes" % what, status == (1 if row.startswith("C") else 4), status)
    doc = json.loads(planned(text, "--format", "json")[1])
    check("%s in JSON" % what, not doc["complete"] and doc["gaps"] and not any(c["known"] for c in doc["changes"])
          and "none" not in {c["severity"] for c in doc["changes"]}, doc)
sure, unsure = judged(later["resource_change"]), judged(deferred_changes=[later])
check("what is deferred is judged as if it came", unsure["severity"] == sure["severity"] == "critical" and
      unsure["together"]["counts"] == sure["together"]["counts"] and sure["changes"][0]["known"] and not sure["gaps"],
      unsure["changes"])
maybe = judged(change("aws_kms_key.x", ["update"], key(dead), {k: v for k, v in key(dead).items() if k != "is_enabled"},
                      {"is_enabled": True}))
check("a key that may be disabled", maybe["changes"][0]["does"] == "may disable" and not maybe["complete"] and
      maybe["together"]["counts"]["down"] > 0, maybe["changes"])
absent = key(EKM)
del absent["policy"]
doc = judged(change("aws_kms_key.ekm", ["update"], key(EKM), absent))
check("a policy that the plan does not hold", not doc["complete"] and
      doc["changes"][0]["reason"] == "the plan does not hold the new policy", doc["changes"])
forgotten = plan(change("aws_kms_key.x", ["forget"], key(dead), None))
check("what is forgotten is whole", planned(forgotten, "--fail-on", "high")[0] == 0 and
      json.loads(planned(forgotten, "--format", "json")[1])["complete"])
check("a plan that failed is not whole", not judged(errored=True)["complete"])
real = str(ROOT / "tests" / "demo" / "plans" / "terraform-1.11.json")
status, out, _ = impact("--terraform-plan", real)
check("a file that Terraform wrote", status == 0 and out.startswith("a plan of 4 changes; 0 concern keys"), out)
run = subprocess.run([KEYFALL, "impact", *DEMO, "--terraform-plan", "-", "--format", "json"], input=plan(gone),
                     capture_output=True, text=True, timeout=300)
check("from a pipe", json.loads(run.stdout)["changes"][0]["target"] == CRM, run.stderr)
secret = dict(key(CRM), description="hunter2-in-the-clear")
check("nothing else of the plan is told", "hunter2" not in "".join(
    planned(plan(change("aws_kms_key.x", ["delete"], secret, None)), "--format", "json")[1:]))

for text, says in [("", "line 1, column 1"), ("{\n\"format_version\": 01}", "line 2, column"),
                   ('{"format_version":"1.2","format_version":"1.2"}', "line 1, column"),
                   ("[" * 100, "line 1, column"), ("{}", "format_version"), ("[]", "format_version"),
                   ('{"format_version":"2.0","planned_values":{}}', "format_version"),
                   ('{"format_version":"1.0","values":{}}', "a state has none"),
                   ('{"format_version":"1.2","resource_changes":{}}', "no list"),
                   ('{"format_version":"1.2","resource_changes":[7]}', "no address"),
                   (plan({"address": "aws_kms_key.a", "type": "aws_kms_key"}), "aws_kms_key.a: it has no change"),
                   (plan(deferred_changes={}), "deferred_changes are no list"),
                   (plan(deferred_changes=[7]), "no address"),
                   (plan(change("aws_kms_key.a", "delete", {}, None)), "aws_kms_key.a: its change has no list"),
                   (plan(change("aws_kms_key.a", [7], {}, None)), "an action is no text"),
                   (plan(change("aws_kms_key.a", ["delete"], None, None)), "what it destroys is not told"),
                   ('{"format_version":"1.2","planned_values":"\xff"}', "line 1, column")]:
    with tempfile.NamedTemporaryFile("wb", suffix=".json") as file:
        file.write(text.encode("latin-1"))
        file.flush()
        status, out, err = impact("--terraform-plan", file.name)
        check("%.60r is refused" % text, status == 2 and says in err and not out, (status, err))
for args, says in [(("--terraform-plan", "/nonexistent"), "cannot be read"),
                   (("--terraform-plan", real, "alias/x"), "name no targets"),
                   (("--terraform-plan", real, "--format", "csv"), "text or json")]:
    status, _, err = impact(*args)
    check("%s is wrong usage" % (args,), status == 2 and says in err, (status, err))

print("%d passed, %d failed" % (passed, failed))
sys.exit(failed > 0)
