#!/usr/bin/env python3
"""The eye that judges the wizards: one change of each kind of thing is planted in the endpoint, and it sees that one and
no other. What it would miss, no test of a wizard could find."""
import sys

from bench import APP, MAIN, Bench, Tally, eye

HOME, BACKUPS = (MAIN, "us-east-1"), (APP, "ap-south-1")


def world_of(b, place):
    return b.endpoint.ctl("world")["accounts"][place[0]]["data"][place[1]]


def planted(b):
    """what is planted: (its place, the change there, how the line begins that the eye must see)"""
    kms, backup = world_of(b, HOME), world_of(b, BACKUPS)
    key = next(k for k, v in kms["keys"].items() if v["rotation"] and v["metadata"]["KeyManager"] == "CUSTOMER")
    alias = next(a for a in kms["aliases"] if "aws/" not in a["AliasName"] and a["TargetKeyId"] != key)
    vault, plan = next(v for v in sorted(backup["vaults"]) if backup["vaults"][v]["points"]), next(iter(backup["plans"]))
    at, policy = "key %s " % key, '{"Version": "2012-10-17", "Statement": []}'
    whole, rules = ["plans", plan, "plan", "BackupPlan"], backup["plans"][plan]["plan"]["BackupPlan"]["Rules"]
    grant = {"KeyId": kms["keys"][key]["metadata"]["Arn"], "GrantId": 64 * "a", "GranteePrincipal": APP,
             "Operations": ["Decrypt"], "IssuingAccount": MAIN, "CreationDate": 1790000000}
    name = kms["parameters"][0]["Name"]
    rule = {"Name": "more", "Arn": "arn:aws:events:us-east-1:%s:rule/more" % MAIN, "State": "ENABLED",
            "EventBusName": "default", "ScheduleExpression": "rate(1 day)"}
    return {
        "a key's state": (HOME, {"path": ["keys", key, "metadata"], "merge": {"KeyState": "Disabled"}}, at + "KeyState"),
        "a key's description": (HOME, {"path": ["keys", key, "metadata"], "merge": {"Description": "x"}}, at + "Desc"),
        "a key": (HOME, {"path": ["keys", key], "delete": True}, at),
        "a key's policy": (HOME, {"path": ["keys", key, "policy"], "set": policy}, at + "policy"),
        "a key's tag": (HOME, {"path": ["keys", key, "tags"], "append": {"TagKey": "a", "TagValue": "b"}}, at + "tag a"),
        "a key's rotation": (HOME, {"path": ["keys", key, "rotation"], "merge": {"RotationPeriodInDays": 90}}, at + "every"),
        "a rotation's end": (HOME, {"path": ["keys", key, "rotation"], "set": None}, at),
        "a grant": (HOME, {"path": ["keys", key, "grants"], "append": grant}, at + "grants"),
        "an alias": (HOME, {"path": ["aliases"], "append": dict(alias, AliasName="alias/more")}, "alias/more"),
        "an alias's key": (HOME, {"path": ["aliases", {"AliasName": alias["AliasName"]}], "merge": {"TargetKeyId": key}},
                           alias["AliasName"]),
        "a parameter": (HOME, {"path": ["parameters", {"Name": name}], "merge": {"Version": 99}}, "parameter " + name),
        "a parameter's tag": (HOME, {"path": ["parameter_tags"], "merge": {name: [{"Key": "a", "Value": "b"}]}},
                              "parameter %s tag" % name),
        "a rule of EventBridge": (HOME, {"path": ["evidence", "event_rules"], "append": {"rule": rule, "targets": []}},
                                  "rule more"),
        "a vault": (BACKUPS, {"path": ["vaults", vault], "delete": True}, "vault " + vault),
        "a vault's key": (BACKUPS, {"path": ["vaults", vault, "record"], "merge": {"EncryptionKeyArn": "arn"}},
                          "vault %s EncryptionKeyArn" % vault),
        "a vault's policy": (BACKUPS, {"path": ["vaults", vault], "merge": {"policy": policy}}, "vault %s policy" % vault),
        "a vault's tag": (BACKUPS, {"path": ["vaults", vault], "merge": {"tags": {"a": "b"}}}, "vault %s tag a" % vault),
        "a backup": (BACKUPS, {"path": ["vaults", vault, "points", 0], "merge": {"Status": "DELETING"}},
                     "vault %s point" % vault),
        "a plan's rule": (BACKUPS, {"path": whole + ["Rules", 0], "merge": {"TargetBackupVaultName": "x"}},
                          "plan %s rule " % plan),
        "a plan's new rule": (BACKUPS, {"path": whole + ["Rules"], "append": dict(rules[0], RuleName="more", RuleId="2")},
                              "plan %s rule more" % plan),
        "a plan's name": (BACKUPS, {"path": whole, "merge": {"BackupPlanName": "x"}}, "plan %s BackupPlanName" % plan),
        "a plan's tag": (BACKUPS, {"path": ["backup_tags"], "merge": {
            backup["plans"][plan]["plan"]["BackupPlanArn"]: {"a": "b"}}}, "plan %s tag a" % plan),
        "a copy": (BACKUPS, {"path": ["copy_jobs"], "append": dict(backup["copy_jobs"][0], CopyJobId="more")}, "copy more"),
    }


def main():
    tally = Tally()
    with Bench() as b:
        was = b.look([HOME, BACKUPS])
        tally.check("twice it sees the same", b.look([HOME, BACKUPS]) == was)
        for what, (place, change, begins) in planted(b).items():
            b.fresh()
            change["path"] = ["accounts", place[0], "data", place[1]] + change["path"]
            b.endpoint.ctl("mutate", change)
            changes = eye.changes({k: v for k, v in was.items() if k.startswith("%s %s " % place)}, b.look([place]))
            tally.check("it sees %s and nothing else" % what, changes and all(
                k.startswith("%s %s %s" % (*place, begins)) for k in changes), changes)
        b.fresh()
        b.endpoint.ctl("mutate", {"path": ["accounts", APP], "merge": {"global_settings": {
            "GlobalSettings": {"isCrossAccountBackupEnabled": "x"}, "LastUpdateTime": 0}}})
        changes = eye.changes(was, b.look([HOME, BACKUPS]))
        tally.check("it sees the settings and nothing else", changes and all(
            k.startswith("%s %s settings " % BACKUPS) for k in changes), changes)
    return tally.close()


if __name__ == "__main__":
    sys.exit(main())
