#!/usr/bin/env python3
"""What the endpoint changes, and when it refuses to: by AWS's rules, by its faults, and beside moto for what both
have. Prints N passed, N failed.

    python tests/endpoint/test_writes.py [words of test names...]
"""
import http.client
import json
import os
import sys
import traceback

if __package__ in (None, ""):
    sys.path[0] = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

import boto3
import botocore.config
import botocore.exceptions

from endpoint import moto_world, ops, stories
from endpoint.build import grants_statement, root_policy, use_statement
from endpoint.harness import Endpoint
from endpoint.stories import APP, MAIN, SAAS, VAULT

ClientError = botocore.exceptions.ClientError
TESTS = []


def test(function):
    TESTS.append(function)
    return function


def code(call, **args):
    """The error code a call ends with, "" if it succeeds."""
    try:
        call(**args)
        return ""
    except ClientError as err:
        return err.response["Error"]["Code"]


class Bench:
    """An endpoint with the small world, made anew for each test."""

    def __init__(self):
        self.e = Endpoint("--seeds")
        self.text = stories.world()
        self.base = self.e.base_session()
        self.sessions = {MAIN: self.base, APP: self.e.role_session(self.base, APP),
                         VAULT: self.e.role_session(self.base, VAULT, "vault-door-7")}

    def client(self, service, account=MAIN, region="us-east-1", **more):
        return self.e.client(self.sessions[account], service, region, **more)

    def clean(self):
        for what, value in (("world", self.text), ("reset_faults", {}), ("reset_log", {}),
                            ("settings", {"unseen": {}, "lag": 0, "copy_polls": 2})):
            self.e.ctl(what, value)

    def data(self, account=MAIN, region="us-east-1"):
        return self.e.ctl("world")["accounts"][account]["data"][region]

    def key(self, label, account=MAIN, region="us-east-1"):
        return next(k["metadata"]["Arn"] for k in self.data(account, region)["keys"].values()
                    if label in json.dumps(k["tags"]) + k["metadata"]["Description"] or
                    any(a["AliasName"] == label and a.get("TargetKeyId") == k["metadata"]["KeyId"]
                        for a in self.data(account, region)["aliases"]))

    def set_key(self, arn, **more):
        _, _, _, region, account, name = arn.split(":")
        self.e.ctl("mutate", {"path": ["accounts", account, "data", region, "keys", name[4:], "metadata"],
                              "merge": more})


# ------------------------------------------------------------------ KMS

@test
def a_key_is_made(b):
    kms = b.client("kms")
    policy = root_policy(MAIN, [use_statement("arn:aws:iam::%s:root" % SAAS)])
    meta = kms.create_key(Policy=policy, Description="d", Tags=[{"TagKey": "k", "TagValue": "v"}])["KeyMetadata"]
    assert meta["KeyState"] == "Enabled" and meta["KeyManager"] == "CUSTOMER"
    assert kms.get_key_policy(KeyId=meta["Arn"])["Policy"] == policy
    assert kms.list_resource_tags(KeyId=meta["Arn"])["Tags"] == [{"TagKey": "k", "TagValue": "v"}]
    assert kms.describe_key(KeyId=meta["Arn"])["KeyMetadata"] == meta
    assert code(kms.create_key, Tags=[{"TagKey": "aws:k", "TagValue": "v"}]) == "TagException"
    assert code(kms.create_key, KeyUsage="SIGN_VERIFY") == "ValidationException"
    assert [w["operation"] for w in b.e.ctl("writes")] == ["kms:CreateKey"]


BAD_POLICIES = [
    ("not JSON", "{", "MalformedPolicyDocumentException"),
    ("a comment", root_policy(MAIN).replace("{", "{ // no\n", 1), "MalformedPolicyDocumentException"),
    ("a member twice", root_policy(MAIN).replace('"Version"', '"Id": "a", "Version"'), "MalformedPolicyDocumentException"),
    ("no statement", '{"Version": "2012-10-17"}', "MalformedPolicyDocumentException"),
    ("no resource", root_policy(MAIN).replace(', "Resource": "*"', ""), "MalformedPolicyDocumentException"),
    ("no such principal", root_policy(MAIN, [use_statement("arn:aws:iam::%s:role/Nobody" % MAIN)]),
     "MalformedPolicyDocumentException"),
    ("no principal at all", root_policy(MAIN, [use_statement("arn:aws:s3:::bucket")]), "MalformedPolicyDocumentException"),
    ("locks out", root_policy(SAAS), "MalformedPolicyDocumentException"),
    ("denies itself", root_policy(MAIN, [{"Effect": "Deny", "Principal": "*", "Action": "kms:Put*", "Resource": "*"}]),
     "MalformedPolicyDocumentException"),
    ("a character too far", root_policy(MAIN).replace("key-default-1", "k\u4e00"), "MalformedPolicyDocumentException"),
    ("too long", root_policy(MAIN) + " " * 32768, "LimitExceededException"),
]


@test
def policies_are_looked_at(b):
    kms, arn = b.client("kms"), b.key("alias/saas-ekm")
    b.e.ctl("mutate", {"path": ["accounts", MAIN], "merge": {"iam": {"RoleDetailList": []}}})
    before = b.e.ctl("state_digest")
    for name, policy, want in BAD_POLICIES:
        assert code(kms.put_key_policy, KeyId=arn, Policy=policy) == want, name
        assert code(kms.create_key, Policy=policy) == want, name
    assert b.e.ctl("state_digest") == before and not b.e.ctl("writes")
    good = root_policy(MAIN, [grants_statement("arn:aws:iam::%s:root" % SAAS)])
    kms.put_key_policy(KeyId=arn, Policy=good)
    assert kms.get_key_policy(KeyId=arn)["Policy"] == good
    assert code(b.client("kms", APP).put_key_policy, KeyId=arn, Policy=good) == "AccessDeniedException"


@test
def a_role_made_seconds_ago(b):
    kms, arn, role = b.client("kms"), b.key("alias/saas-ekm"), "arn:aws:iam::%s:role/KeyfallRead" % MAIN
    b.e.ctl("settings", {"unseen": {role: 2}})
    policy = root_policy(MAIN, [use_statement(role)])
    assert [code(kms.put_key_policy, KeyId=arn, Policy=policy) for _ in range(3)] == \
        ["MalformedPolicyDocumentException"] * 2 + [""]


@test
def a_key_made_seconds_ago(b):
    kms = b.client("kms")
    b.e.ctl("settings", {"lag": 2})
    arn = kms.create_key()["KeyMetadata"]["Arn"]
    assert [code(kms.describe_key, KeyId=arn) for _ in range(3)] == ["NotFoundException"] * 2 + [""]


@test
def states_refuse(b):
    kms, arn = b.client("kms"), b.key("alias/saas-ekm")
    calls = {"enable_key": {}, "disable_key": {}, "cancel_key_deletion": {}, "enable_key_rotation": {},
             "create_alias": {"AliasName": "alias/state"}, "tag_resource": {"Tags": [{"TagKey": "a", "TagValue": ""}]}}
    wrong, off = "KMSInvalidStateException", "DisabledException"
    for state, want in (("Enabled", ["", "", wrong, "", "", ""]), ("Disabled", ["", "", wrong, off, "", ""]),
                        ("PendingDeletion", [wrong, wrong, "", wrong, wrong, wrong]),
                        ("PendingImport", [wrong, wrong, wrong, "", "", ""])):
        for (name, more), expected in zip(calls.items(), want):
            b.set_key(arn, KeyState=state, Enabled=state == "Enabled")
            target = {"TargetKeyId": arn} if name == "create_alias" else {"KeyId": arn}
            found = code(getattr(kms, name), **target, **more)
            assert found == expected, (state, name, found)
            if name == "create_alias" and not found:
                b.e.ctl("mutate", {"path": ["accounts", MAIN, "data", "us-east-1", "aliases",
                                            {"AliasName": "alias/state"}], "delete": True})


@test
def a_cancelled_deletion_leaves_it_disabled(b):
    kms, arn = b.client("kms"), b.key("alias/saas-ekm-old")
    assert kms.cancel_key_deletion(KeyId=arn)["KeyId"] == arn
    meta = kms.describe_key(KeyId=arn)["KeyMetadata"]
    assert meta["KeyState"] == "Disabled" and "DeletionDate" not in meta
    kms.enable_key(KeyId=arn)
    assert kms.describe_key(KeyId=arn)["KeyMetadata"]["Enabled"]


@test
def aliases(b):
    kms, arn = b.client("kms"), b.key("alias/saas-ekm")
    for name, want in (("alias/saas-ekm", "AlreadyExistsException"), ("alias/aws/mine", "NotAuthorizedException"),
                       ("alias/a b", "ValidationException"), ("plain", "InvalidAliasNameException")):
        assert code(kms.create_alias, AliasName=name, TargetKeyId=arn) == want, name
    assert code(kms.create_alias, AliasName="alias/x", TargetKeyId="alias/saas-ekm") == "ValidationException"
    for n in range(49):
        kms.create_alias(AliasName="alias/many/%d" % n, TargetKeyId=arn)
    assert code(kms.create_alias, AliasName="alias/many/50", TargetKeyId=arn) == "LimitExceededException"
    other = b.key("alias/backup-credentials")
    kms.update_alias(AliasName="alias/many/1", TargetKeyId=other)
    assert kms.describe_key(KeyId="alias/many/1")["KeyMetadata"]["Arn"] == other
    assert code(kms.update_alias, AliasName="alias/none", TargetKeyId=arn) == "NotFoundException"
    assert code(kms.update_alias, AliasName="alias/many/1", TargetKeyId=b.key("alias/saas-ekm-old")) == \
        "KMSInvalidStateException"
    mac = kms.create_key(KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")["KeyMetadata"]["Arn"]
    assert code(kms.update_alias, AliasName="alias/many/1", TargetKeyId=mac) == "ValidationException"


@test
def tags_and_rotation(b):
    kms, arn = b.client("kms"), b.key("alias/saas-ekm")
    kms.tag_resource(KeyId=arn, Tags=[{"TagKey": "keyfall:phase", "TagValue": "former"}, {"TagKey": "n", "TagValue": "1"}])
    tags = {t["TagKey"]: t["TagValue"] for t in kms.list_resource_tags(KeyId=arn)["Tags"]}
    assert tags["keyfall:phase"] == "former" and tags["n"] == "1" and len(tags) == 4
    kms.untag_resource(KeyId=arn, TagKeys=["n"])
    assert len(kms.list_resource_tags(KeyId=arn)["Tags"]) == 3
    many = [{"TagKey": "t%d" % n, "TagValue": ""} for n in range(50)]
    assert code(kms.tag_resource, KeyId=arn, Tags=many) == "LimitExceededException"
    kms.disable_key_rotation(KeyId=arn)
    assert not kms.get_key_rotation_status(KeyId=arn)["KeyRotationEnabled"]
    kms.enable_key_rotation(KeyId=arn, RotationPeriodInDays=180)
    assert kms.get_key_rotation_status(KeyId=arn)["RotationPeriodInDays"] == 180
    kms.rotate_key_on_demand(KeyId=arn)
    assert "OnDemandRotationStartDate" in kms.get_key_rotation_status(KeyId=arn)
    managed = b.key("alias/aws/ebs")
    for name, more in (("enable_key", {}), ("put_key_policy", {"Policy": root_policy(MAIN)}),
                       ("tag_resource", {"Tags": []}), ("disable_key", {})):
        assert code(getattr(kms, name), KeyId=managed, **more) == "AccessDeniedException", name


# ------------------------------------------------------------------ AWS Backup

@test
def a_vault_is_made_once(b):
    backup, key = b.client("backup"), b.key("alias/saas-ekm")
    asked = dict(BackupVaultName="new", EncryptionKeyArn=key, CreatorRequestId="once", BackupVaultTags={"a": "b"})
    first = backup.create_backup_vault(**asked)
    again = backup.create_backup_vault(**asked)
    assert first["BackupVaultArn"] == again["BackupVaultArn"] and first["CreationDate"] == again["CreationDate"]
    seen = backup.describe_backup_vault(BackupVaultName="new")
    assert (seen["EncryptionKeyArn"], seen["CreatorRequestId"]) == (key, "once")
    assert backup.list_tags(ResourceArn=first["BackupVaultArn"])["Tags"] == {"a": "b"}
    for more in ({"CreatorRequestId": "other"}, {"EncryptionKeyArn": b.key("alias/aws/ebs")}):
        assert code(backup.create_backup_vault, **dict(asked, **more)) == "AlreadyExistsException"
    for more in ({"EncryptionKeyArn": b.key("alias/backup-credentials")}, {"EncryptionKeyArn": key[:-1] + "0"},
                 {"EncryptionKeyArn": key.replace("us-east-1", "eu-west-1")}):
        assert code(backup.create_backup_vault, **dict(asked, BackupVaultName="bad", CreatorRequestId="x", **more)) == \
            "InvalidParameterValueException", more


@test
def a_vault_policy(b):
    backup = b.client("backup", VAULT, "ap-south-2")
    good = backup.get_backup_vault_access_policy(BackupVaultName="central")["Policy"]
    for bad in ("{", good.replace("backup:CopyIntoBackupVault", "backup:*"), good.replace(APP, "12")):
        assert code(backup.put_backup_vault_access_policy, BackupVaultName="central", Policy=bad) == \
            "InvalidParameterValueException", bad
    backup.put_backup_vault_access_policy(BackupVaultName="central", Policy=good + " ")
    assert backup.get_backup_vault_access_policy(BackupVaultName="central")["Policy"] == good + " "
    assert code(backup.put_backup_vault_access_policy, BackupVaultName="none", Policy=good) == "ResourceNotFoundException"


@test
def plans(b):
    backup = b.client("backup", APP, "ap-south-1")
    plan = {"BackupPlanName": "p", "Rules": [{"RuleName": "r", "TargetBackupVaultName": "local", "CopyActions": [
        {"DestinationBackupVaultArn": "arn:aws:backup:ap-south-2:%s:backup-vault:central" % VAULT}]}]}
    made = [backup.create_backup_plan(BackupPlan=plan, CreatorRequestId="once")["BackupPlanId"] for _ in range(2)]
    assert made[0] == made[1]
    rule = backup.get_backup_plan(BackupPlanId=made[0])["BackupPlan"]["Rules"][0]
    plan["Rules"].append({"RuleName": "s", "TargetBackupVaultName": "local"})
    backup.update_backup_plan(BackupPlanId=made[0], BackupPlan=plan)
    rules = backup.get_backup_plan(BackupPlanId=made[0])["BackupPlan"]["Rules"]
    assert len(rules) == 2 and rules[0]["RuleId"] == rule["RuleId"]
    plan["Rules"][1]["TargetBackupVaultName"] = "none"
    assert code(backup.update_backup_plan, BackupPlanId=made[0], BackupPlan=plan) == "InvalidParameterValueException"
    choice = {"SelectionName": "s", "IamRoleArn": "arn:aws:iam::%s:role/Backup" % APP, "Resources": ["*"]}
    chosen = [backup.create_backup_selection(BackupPlanId=made[0], BackupSelection=choice, CreatorRequestId="s")
              ["SelectionId"] for _ in range(2)]
    assert chosen[0] == chosen[1]
    assert code(backup.create_backup_selection, BackupPlanId=made[0], BackupSelection=choice) == "AlreadyExistsException"


@test
def global_settings(b):
    backup = b.client("backup")
    backup.update_global_settings(GlobalSettings={"isCrossAccountBackupEnabled": "false"})
    assert backup.describe_global_settings()["GlobalSettings"] == {"isCrossAccountBackupEnabled": "false"}
    assert code(b.client("backup", APP).update_global_settings, GlobalSettings={}) == "InvalidRequestException"


def copy(b, point="job-0001", vault="central", region="ap-south-2", token="t"):
    """A copy job of a database's backup, followed to its end."""
    backup = b.client("backup", APP, "ap-south-1")
    job = backup.start_copy_job(
        RecoveryPointArn="arn:aws:rds:ap-south-1:%s:snapshot:awsbackup:%s" % (APP, point), IdempotencyToken=token,
        SourceBackupVaultName="local", IamRoleArn="arn:aws:iam::%s:role/Backup" % APP,
        DestinationBackupVaultArn="arn:aws:backup:%s:%s:backup-vault:%s" % (region, VAULT, vault))["CopyJobId"]
    states = []
    while not states or states[-1] in ("CREATED", "RUNNING"):
        states.append(backup.describe_copy_job(CopyJobId=job)["CopyJob"]["State"])
    return backup.describe_copy_job(CopyJobId=job)["CopyJob"], states


@test
def a_copy_comes_to_its_end(b):
    before = len(b.data(VAULT, "ap-south-2")["vaults"]["central"]["points"])
    job, states = copy(b)
    assert states == ["RUNNING", "COMPLETED"], (states, job)
    assert copy(b)[0]["CopyJobId"] == job["CopyJobId"]
    vault = b.data(VAULT, "ap-south-2")["vaults"]["central"]
    assert len(vault["points"]) == before + 1
    point = b.client("backup", VAULT, "ap-south-2").describe_recovery_point(
        BackupVaultName="central", RecoveryPointArn=job["DestinationRecoveryPointArn"])
    assert point["EncryptionKeyArn"] == vault["record"]["EncryptionKeyArn"] == job["DestinationEncryptionKeyArn"]


@test
def what_a_copy_needs(b):
    def merge(path, **more):
        b.e.ctl("mutate", {"path": path, "merge": more})
    central = ["accounts", VAULT, "data", "ap-south-2", "vaults", "central"]
    orders = ["accounts", APP, "data", "ap-south-1", "keys", b.key("alias/orders-db", APP, "ap-south-1")[-36:]]
    vault_key = ["accounts", VAULT, "data", "ap-south-2", "keys", b.key("alias/central-vault", VAULT, "ap-south-2")[-36:]]
    for word, spoil, more in (
            ("not enabled", lambda: merge(["accounts", MAIN, "global_settings"], GlobalSettings={}), {}),
            ("Access Denied", lambda: merge(central, policy=None), {}),
            ("have permissions", lambda: merge(orders, policy=root_policy(APP)), {}),
            ("recovery point", lambda: merge(orders + ["metadata"], KeyState="Disabled"), {}),
            ("destination vault", lambda: merge(vault_key + ["metadata"], KeyState="Disabled"), {}),
            ("cannot be shared", lambda: None, {"point": "job-0002"}),
            ("does not exist", lambda: None, {"vault": "nowhere"})):
        b.clean()
        spoil()
        job, _ = copy(b, **more)
        assert job["State"] == "FAILED" and word in job["StatusMessage"], (word, job)


# ------------------------------------------------------------------ people

@test
def principals(b):
    iam = b.client("iam")
    assert iam.get_role(RoleName="KeyfallRead")["Role"]["Arn"] == "arn:aws:iam::%s:role/KeyfallRead" % MAIN
    assert code(iam.get_role, RoleName="Nobody") == "NoSuchEntity"
    assert iam.get_user(UserName="operator")["User"]["UserName"] == "operator"
    assert code(iam.get_user, UserName="nobody") == "NoSuchEntity"


# ------------------------------------------------------------------ faults

def ends_without_answer(call, **args):
    try:
        call(**args)
        return False
    except botocore.exceptions.ReadTimeoutError:
        return True


@test
def held_before_and_after(b):
    kms = b.client("kms", timeout=0.5)
    for kind, n_made in (("hold", 0), ("hang", 1)):
        b.e.ctl("fault", {"match": {"operation": "CreateKey"}, "kind": kind, "count": 1, "skip": 1})
        before = len(b.data()["keys"])
        kms.create_key()
        assert ends_without_answer(kms.create_key)
        assert len(b.data()["keys"]) - before == 1 + n_made, kind
        b.e.ctl("reset_faults", {})


@test
def somebody_else(b):
    kms, arn = b.client("kms"), b.key("alias/saas-ekm")
    path = ["accounts", MAIN, "data", "us-east-1", "keys", arn[-36:]]
    theirs = root_policy(MAIN, [use_statement("arn:aws:iam::%s:root" % VAULT)])
    mine = kms.get_key_policy(KeyId=arn)["Policy"]
    b.e.ctl("fault", {"match": {"operation": "GetKeyPolicy"}, "kind": "meddle", "count": 1,
                      "after": [{"path": path, "merge": {"policy": theirs}}]})
    assert kms.get_key_policy(KeyId=arn)["Policy"] == mine
    assert kms.get_key_policy(KeyId=arn)["Policy"] == theirs


@test
def refused_writes_change_nothing(b):
    kms, arn = b.client("kms"), b.key("alias/saas-ekm")
    before = b.e.ctl("state_digest")
    for kind, want in (("denied", "AccessDeniedException"), ("throttle", "ThrottlingException")):
        b.e.ctl("fault", {"match": {"operation": "DisableKey"}, "kind": kind, "count": 1})
        assert code(kms.disable_key, KeyId=arn) == want
    assert b.e.ctl("state_digest") == before and not b.e.ctl("writes")


# ------------------------------------------------------------------ beside moto

def doings(kms, account):
    """The same writes to any KMS; what each answers, and what is there afterwards, without ids and times."""
    def said(call, **args):
        try:
            return call(**args)
        except ClientError as err:
            return err.response["Error"]["Code"]
    policy = root_policy(account, [use_statement("arn:aws:iam::%s:root" % SAAS)])
    key = kms.create_key(Description="d", Policy=policy, KeyUsage="ENCRYPT_DECRYPT", MultiRegion=False,
                         Tags=[{"TagKey": "a", "TagValue": "1"}])["KeyMetadata"]
    other = kms.create_key(KeyUsage="ENCRYPT_DECRYPT", MultiRegion=False)["KeyMetadata"]
    ident, seen = key["KeyId"], [sorted(set(key) - {"CurrentKeyMaterialId"}), key["KeyState"], key["KeySpec"]]

    def state():
        meta = kms.describe_key(KeyId=ident)["KeyMetadata"]
        rotation = kms.get_key_rotation_status(KeyId=ident)
        return {"state": meta["KeyState"], "enabled": meta["Enabled"], "description": meta["Description"],
                "rotation": rotation["KeyRotationEnabled"],
                "policy": json.loads(kms.get_key_policy(KeyId=ident, PolicyName="default")["Policy"]),
                "tags": sorted((t["TagKey"], t["TagValue"]) for t in kms.list_resource_tags(KeyId=ident)["Tags"]),
                "aliases": sorted((a["AliasName"], a["TargetKeyId"] == ident) for a in kms.list_aliases()["Aliases"]
                                  if a.get("TargetKeyId") in (ident, other["KeyId"]))}
    for name, args in (
            ("create_alias", {"AliasName": "alias/one", "TargetKeyId": ident}),
            ("create_alias", {"AliasName": "alias/one", "TargetKeyId": ident}),
            ("create_alias", {"AliasName": "alias/aws/ebs", "TargetKeyId": ident}),
            ("create_alias", {"AliasName": "alias/two", "TargetKeyId": "alias/one"}),
            ("update_alias", {"AliasName": "alias/one", "TargetKeyId": other["KeyId"]}),
            ("update_alias", {"AliasName": "alias/none", "TargetKeyId": ident}),
            ("tag_resource", {"KeyId": ident, "Tags": [{"TagKey": "a", "TagValue": "2"}, {"TagKey": "b", "TagValue": ""}]}),
            ("untag_resource", {"KeyId": ident, "TagKeys": ["b", "not there"]}),
            ("put_key_policy", {"KeyId": ident, "PolicyName": "default", "Policy": root_policy(account)}),
            ("enable_key_rotation", {"KeyId": ident}), ("disable_key_rotation", {"KeyId": ident}),
            ("enable_key_rotation", {"KeyId": ident, "RotationPeriodInDays": 200}),
            ("disable_key", {"KeyId": ident}), ("disable_key", {"KeyId": ident}), ("enable_key", {"KeyId": ident}),
            ("rotate_key_on_demand", {"KeyId": ident})):
        answer = said(getattr(kms, name), **args)
        if isinstance(answer, dict):
            answer = sorted(set(answer) - {"ResponseMetadata"})
        seen.append((name, answer, state()))
    return seen


@test
def moto_does_the_same(b):
    process = moto_world.start(port := moto_world.free_port())
    try:
        user = moto_world.text()["users"][0]
        session = boto3.Session(user["access_key_id"], user["secret_access_key"], region_name="us-east-1")
        theirs = session.client("kms", endpoint_url="http://127.0.0.1:%d" % port,
                                config=botocore.config.Config(retries={"total_max_attempts": 1}))
        want = doings(theirs, user["account"])
    finally:
        process.terminate()
        process.wait(10)
    text = json.dumps(doings(b.client("kms"), MAIN)).replace(MAIN, user["account"])
    for ours, other in zip(json.loads(text), json.loads(json.dumps(want)), strict=True):
        assert ours == other, "\nours   %s\nmoto's %s" % (ours, other)


# ------------------------------------------------------------------

@test
def every_write_was_called(b):
    missing = {"%s:%s" % k for k, row in ops.load().items() if row.write} - CALLED
    assert not missing, missing


CALLED = set()


def main():
    wanted, passed, failed, bench = sys.argv[1:], 0, 0, Bench()
    try:
        for function in TESTS:
            name = function.__name__
            if wanted and not any(w in name for w in wanted):
                continue
            bench.clean()
            try:
                function(bench)
                found = bench.e.ctl("violations")
                assert not [v for v in found if v["kind"] != "model"], json.dumps(found[0])[:1500]
                passed += 1
            except Exception:
                failed += 1
                print("FAILED %s\n%s" % (name, traceback.format_exc()))
            CALLED.update(bench.e.ctl("stats")["calls"])
    except (OSError, http.client.HTTPException):
        failed += 1
        traceback.print_exc()
    finally:
        bench.e.stop()
    print("%d passed, %d failed" % (passed, failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
