#!/usr/bin/env python3
"""Plans that somebody or something comes in between of: a call denied, throttled or failing in the middle, and what a
plan saw changed before it runs. Each ends in a clear state, nothing is overwritten, and what can go on does, to the
same end. With LONG=1 each call of each wizard, else one thing done to each wizard."""
import json
import os
import sys

from bench import Bench, Tally
from test_wizards import CASES, agrees, make, run

LONG = bool(os.environ.get("LONG"))

#: kind of fault, how often it strikes (None: until it is taken away), whether the same run gets over it, what it says
TROUBLES = [("denied", None, False, "denied"), ("throttle", 1, True, ""), ("throttle", None, False, "throttled"),
            ("e500", None, False, "")]


def settling(b):
    """keyfall apply that does not wait long for what it may have made."""
    return lambda *args, **more: b.apply(*args, settle=1, **more)


def troubled(tally, name, case, b, step, trouble):
    kind, count, gets_over, word = trouble
    before, path, plan = make(tally, name, case, b, case.places)
    if not plan:
        return
    call = plan["steps"][step]
    service, operation = call["call"].split(":")
    name = "%s, %s at %s (step %d)," % (name, kind, operation, step + 1)
    skip = sum(s.get("call") == call["call"] for s in plan["steps"][:step])
    fault = {"match": {"service": service, "operation": operation}, "kind": kind, "skip": skip}
    b.endpoint.ctl("fault", dict(fault, count=count) if count else fault)
    done = run(b, case, path, plan, b.apply)
    if gets_over:
        tally.check(name + " gets over it", done.status == 0, done)
    else:
        made = len([w for w in b.endpoint.ctl("writes")])
        tally.check(name + " stops and says so", done.status == 1 and word in done.err.lower() and
                    "--resume" in done.err and "not done" in done.out + done.err or "unsure" in done.out, done)
        tally.check(name + " stops there", made <= step, b.endpoint.ctl("writes"))
        b.endpoint.ctl("reset_faults", {})
        done = run(b, case, path, plan, settling(b), resume=True)
        tally.check(name + " goes on", done.status == 0, done)
    agrees(tally, name, case, b, plan, before, case.places)


def path_of(fact):
    """Where the endpoint keeps what a fact is about, and what somebody else would make of it; None: not told here."""
    place = ["accounts", fact["account"], "data", fact["region"]]
    if fact["of"].startswith("$"):
        return None
    if fact["fact"] == "tags" and fact.get("is"):
        return {"path": place + ["keys", fact["of"].rsplit("/", 1)[1]], "merge": {
            "tags": [{"TagKey": name, "TagValue": "theirs"} for name in fact["is"]]}}
    if fact["fact"] == "key" and "is" in fact:
        return {"path": place + ["keys", fact["of"].rsplit("/", 1)[1], "metadata"],
                "merge": {"KeyState": "PendingImport", "Enabled": False}}
    if fact["fact"] == "key-policy" and "is" in fact:
        return {"path": place + ["keys", fact["of"].rsplit("/", 1)[1]], "merge": {"policy": (
            '{"Version":"2012-10-17","Statement":[{"Sid":"theirs","Effect":"Allow","Principal":{"AWS":'
            '"arn:aws:iam::%s:root"},"Action":"kms:*","Resource":"*"}]}' % fact["account"])}}
    if fact["fact"] == "vault" and "absent" in fact:
        return {"path": place + ["vaults", fact["of"]], "set": {
            "record": {"BackupVaultName": fact["of"], "VaultType": "BACKUP_VAULT", "Locked": False,
                       "BackupVaultArn": "arn:aws:backup:%s:%s:backup-vault:%s" % (
                           fact["region"], fact["account"], fact["of"])},
            "policy": None, "points": [], "notifications": None, "tags": {}}}
    if fact["fact"] == "alias" and "absent" in fact:
        return {"path": place + ["aliases"], "append": {
            "AliasName": fact["of"], "AliasArn": "arn:aws:kms:%s:%s:%s" % (fact["region"], fact["account"], fact["of"]),
            "TargetKeyId": "00000000-0000-4000-8000-000000000000", "CreationDate": 0, "LastUpdatedDate": 0}}
    if fact["fact"] == "backup-plan" and "is" in fact:
        return {"path": place + ["plans", fact["of"], "plan", "BackupPlan"], "merge": {"BackupPlanName": "theirs"}}
    return None


def changed_before(tally, name, case, b, nth, change):
    """Somebody changed it after the plan was made: nothing is sent."""
    _, path, plan = make(tally, name, case, b, case.places)
    b.endpoint.ctl("mutate", change)
    writes, done = b.endpoint.ctl("writes"), run(b, case, path, plan, b.apply)
    name = "%s, its %s %s changed by somebody else," % (name, plan["observed"][nth]["fact"], plan["observed"][nth]["of"])
    # a key in another state refuses to be looked at, too
    tally.check(name + " is refused", done.status == 1 and ("make a new plan" in done.err or "InvalidState" in done.err),
                done)
    tally.check(name + " overwrites nothing", b.endpoint.ctl("writes") == writes)    # answers may be made there


def before_of(plan):
    """(step, what it wants to be so before) of each call that wants something that can be spoiled."""
    for n, step in enumerate(plan["steps"]):
        for fact in step.get("before", []):
            if path_of(fact):
                yield n, fact
                break


def changed_meanwhile(tally, name, case, b, step, fact):
    """Somebody changes it while the plan runs: right after what was sent before, or after the plan was read again."""
    _, path, plan = make(tally, name, case, b, case.places)
    name = "%s, its %s %s changed while it runs," % (name, fact["fact"], fact["of"])
    calls = [s for s in plan["steps"][:step] if s["kind"] == "call"]
    service, operation = (calls[-1]["call"] if calls else "sts:GetCallerIdentity").split(":")
    skip = sum(s["call"] == calls[-1]["call"] for s in calls[:-1]) if calls else 0
    b.endpoint.ctl("fault", {"match": {"service": service, "operation": operation}, "kind": "meddle", "count": 1,
                             "skip": skip, "after": [path_of(fact)]})
    done = run(b, case, path, plan, settling(b))
    sent = [w["operation"] for w in b.endpoint.ctl("writes")]
    words = ("somebody changed it", "make a new plan", "it does not show")
    tally.check(name + " stops", done.status == 1 and any(w in done.err for w in words), done)
    tally.check(name + " overwrites nothing", plan["steps"][step].get("call") not in sent[len(calls):], sent)


def changed_policy(tally, b):
    """A policy that somebody changed is told by its statements: which went and came, and each of them whole."""
    case = next(c for c in CASES if c.wizard == "key-statement")
    for name, word in (("before it runs", "when this was planned"), ("while it runs", "somebody changed it")):
        _, path, plan = make(tally, "a policy changed", case, b, case.places)
        was = next(f for f in plan["observed"] if f["fact"] == "key-policy")
        change = path_of(was)
        if word.startswith("when"):
            b.endpoint.ctl("mutate", change)
        else:
            b.endpoint.ctl("fault", {"match": {"service": "kms", "operation": "GetKeyPolicy"}, "kind": "meddle", "count": 1,
                                     "after": [change]})
        done = run(b, case, path, plan, settling(b))
        sids = [s["Sid"] for s in was["is"]["Policy"]["Statement"]]
        told = [(x[0], json.loads(x[2:])) for x in done.out.splitlines() if x.startswith(("- {", "+ {"))]
        tally.check("a policy changed %s is told by its statements" % name, done.status == 1 and word in done.err and
                    all(' -"%s"' % s in done.err for s in sids) and ' +"theirs"' in done.err and "{" not in done.err, done)
        tally.check("a policy changed %s: each statement whole" % name, told == [
            ("-", s) for s in was["is"]["Policy"]["Statement"]] + [
            ("+", json.loads(change["merge"]["policy"])["Statement"][0])], told)


def denied_reads(tally, b):
    """What cannot be read is told as that and by its action, never as somebody's change; nothing is sent blindly."""
    case = next(c for c in CASES if c.wizard == "ekm-entra-id")
    before, path, plan = make(tally, "denied reads", case, b, case.places)
    reads = sum(f["fact"] in ("alias", "aliases") for f in plan["observed"])
    for name, skip in (("before it begins", 0), ("in the middle", reads)):
        b.endpoint.ctl("fault", {"match": {"service": "kms", "operation": "ListAliases"}, "kind": "denied", "skip": skip})
        done = run(b, case, path, plan, settling(b), resume=skip > 0)
        tally.check("aliases unread %s are told so" % name, done.status == 1 and
                    "cannot be read (kms:ListAliases: AccessDeniedException)" in done.err and "try again" in done.err and
                    not any(w in done.err for w in ("not as it was", "somebody", "new plan")), done)
        sent = [w["operation"] for w in b.endpoint.ctl("writes")]
        tally.check("aliases unread %s: none is made" % name, "kms:CreateAlias" not in sent and (skip or not sent), sent)
        b.endpoint.ctl("reset_faults", {})
    done = run(b, case, path, plan, settling(b), resume=True)
    tally.check("once they can be read it goes on", done.status == 0, done)
    agrees(tally, "denied reads", case, b, plan, before, case.places)


def fresh_role(tally, b):
    """A role that IAM has and KMS does not see yet: KMS refuses the policy that names it, and takes it later."""
    case = next(c for c in CASES if c.wizard == "ekm-entra-id")
    before, path, plan = make(tally, "a role made seconds ago", case, b, case.places)
    b.endpoint.ctl("settings", {"unseen": {plan["inputs"]["admins"][0]: 1}})
    done = run(b, case, path, plan, b.apply)
    tally.check("a role made seconds ago is refused by KMS, in its words", done.status == 1 and
                "MalformedPolicyDocument" in done.err + done.out and "--resume" in done.err, done)
    tally.check("a role made seconds ago makes nothing", not b.endpoint.ctl("writes"), b.endpoint.ctl("writes"))
    done = run(b, case, path, plan, settling(b), resume=True)
    tally.check("a role made seconds ago is taken when it is there", done.status == 0, done)
    agrees(tally, "a role made seconds ago", case, b, plan, before, case.places)


def main():
    tally = Tally()
    with Bench() as b:
        fresh_role(tally, b)
        denied_reads(tally, b)
        changed_policy(tally, b)
        for n, case in enumerate(CASES):
            name = "%d %s" % (n, case.wizard)
            _, _, plan = make(tally, name, case, b, case.places)
            turn_of = n % 3                 # what is done to this one, unless all is
            calls = [i for i, s in enumerate(plan["steps"]) if s["kind"] == "call"] if plan else []
            for turn, step in enumerate(calls):
                for i, trouble in enumerate(TROUBLES):
                    if LONG or turn_of == 0 and turn == n % len(calls) and i == n // 3 % len(TROUBLES):
                        troubled(tally, name, case, b, step, trouble)
            spoils = [(i, path_of(f)) for i, f in enumerate(plan["observed"] if plan else []) if path_of(f)]
            for i, (nth, change) in enumerate(spoils):
                if LONG or turn_of == 1 and i == n % len(spoils):
                    changed_before(tally, name, case, b, nth, change)
            wants = list(before_of(plan)) if plan else []
            for i, (step, fact) in enumerate(wants):
                if LONG or turn_of == 2 and i == n % len(wants):
                    changed_meanwhile(tally, name, case, b, step, fact)
    return tally.close()


if __name__ == "__main__":
    sys.exit(main())
