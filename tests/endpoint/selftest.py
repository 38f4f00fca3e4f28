#!/usr/bin/env python3
"""boto3 against the endpoint: every operation, page size, fault and refusal. Prints N passed, N failed.

    python tests/endpoint/selftest.py [words of test names...]
"""
import json
import os
import socket
import sys
import time
import traceback

if __package__ in (None, ""):
    sys.path[0] = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

import botocore.auth
import botocore.awsrequest
import botocore.credentials
import botocore.exceptions

from endpoint import ops, validate
from endpoint.harness import Endpoint

ClientError = botocore.exceptions.ClientError
TESTS = []


def test(function):
    TESTS.append(function)
    return function


class Bench:
    """An endpoint with a generated world, and sessions for its accounts, shared by the tests."""

    def __init__(self, *args):
        self.e = Endpoint("--seed", "11", "--keys", "20", "--points", "12", *args)
        self.world = self.e.ctl("world")
        self.base = self.e.base_session()
        self.accounts = [a for a, v in self.world["accounts"].items()
                         if v["record"]["State"] == "ACTIVE"]
        self.management = self.world["management_account"]
        self.sessions = {}
        for role in self.world["roles"]:
            account = role["arn"].split(":")[4]
            if account in self.accounts:
                self.sessions[account] = self.base if account == self.management else \
                    self.e.role_session(self.base, account, role.get("external_id"))

    def client(self, service, account=None, region="us-east-1", **more):
        return self.e.client(self.sessions[account or self.management], service, region, **more)

    def data(self, account=None, region="us-east-1"):
        return self.world["accounts"][account or self.management]["data"][region]

    def clean(self):
        """Back to a quiet server with an empty log."""
        self.e.ctl("reset_faults", {})
        self.e.ctl("reset_log", {})
        self.e.ctl("settings", {"page_size": 1000, "latency_ms": 0, "rate": {},
                                "session_lifetime": None})


def code(call):
    """The error code a call ends with, '' if it succeeds."""
    try:
        call()
        return ""
    except ClientError as err:
        return err.response["Error"]["Code"]


def everything(client, operation, key, **args):
    return [x for page in client.get_paginator(operation).paginate(**args) for x in page[key]]


# ------------------------------------------------------------------ operations and pages

def pages(service, operation, key, source, **args):
    """(service, operation, result key, where the world keeps it, parameters)"""
    return service, operation, key, source, args


LISTS = [
    pages("kms", "list_keys", "Keys", lambda d: list(d["keys"])),
    pages("kms", "list_aliases", "Aliases", lambda d: d["aliases"]),
    pages("kms", "describe_custom_key_stores", "CustomKeyStores",
          lambda d: d["custom_key_stores"]),
    pages("ssm", "describe_parameters", "Parameters", lambda d: d["parameters"]),
    pages("backup", "list_backup_vaults", "BackupVaultList", lambda d: list(d["vaults"])),
    pages("backup", "list_backup_plans", "BackupPlansList", lambda d: list(d["plans"])),
    pages("backup", "list_copy_jobs", "CopyJobs", lambda d: d["copy_jobs"]),
    pages("backup", "list_protected_resources", "Results", lambda d: d["protected_resources"]),
    pages("rds", "describe_db_instances", "DBInstances", lambda d: d["db_instances"]),
    pages("rds", "describe_db_clusters", "DBClusters", lambda d: d["db_clusters"]),
    pages("rds", "describe_db_instance_automated_backups", "DBInstanceAutomatedBackups",
          lambda d: d["db_automated_backups"]),
    pages("ec2", "describe_volumes", "Volumes", lambda d: d["volumes"],
          PaginationConfig={"PageSize": 50}),
    pages("ec2", "describe_instances", "Reservations", lambda d: d["reservations"],
          PaginationConfig={"PageSize": 50}),
] + [pages("rds", "describe_db_%ssnapshots" % w, "DB%sSnapshots" % w.title().rstrip("_"),
           lambda d, w=w, k=k: [s for s in d["db_%ssnapshots" % w] if s["SnapshotType"] == k],
           SnapshotType=k) for w in ("", "cluster_")
     for k in ("manual", "automated", "awsbackup", "shared")]


def _lists(b, size):
    b.e.ctl("settings", {"page_size": size})
    for account in b.accounts:
        region = "eu-west-1" if size == 7 else "us-east-1"
        for service, operation, key, source, args in LISTS:
            have = code(lambda: everything(b.client(service, account, region), operation, key,
                                           **args))
            if have:
                assert have.startswith("AccessDenied"), (operation, have)
                continue
            rows = everything(b.client(service, account, region), operation, key, **args)
            want = source(b.data(account, region))
            assert len(rows) == len(want), (size, operation, len(rows), len(want))
            assert len({json.dumps(r, default=str, sort_keys=True) for r in rows}) == len(rows)


@test
def pages_of_1(b):
    _lists(b, 1)


@test
def pages_of_7(b):
    _lists(b, 7)


@test
def pages_of_1000(b):
    _lists(b, 1000)


@test
def short_pages(b):
    b.e.ctl("settings", {"page_size": 7, "short_pages": True})
    _lists(b, 7)
    b.e.ctl("settings", {"short_pages": False})


@test
def empty_pages_carry_tokens(b):
    b.e.ctl("settings", {"page_size": 1})
    sizes = [len(p["Parameters"]) for a in b.accounts for p in b.client("ssm", a).get_paginator(
        "describe_parameters").paginate()]
    assert 0 in sizes, sizes


@test
def every_key(b):
    data, kms = b.data(), b.client("kms")
    for key_id, key in data["keys"].items():
        meta = kms.describe_key(KeyId=key_id)["KeyMetadata"]
        assert meta["KeyState"] == key["metadata"]["KeyState"]
        assert meta["Description"] == key["metadata"]["Description"]
        assert kms.get_key_policy(KeyId=key["metadata"]["Arn"])["Policy"] == key["policy"]
        grants = everything(kms, "list_grants", "Grants", KeyId=key_id)
        assert len(grants) == len(key["grants"])
        kms.get_key_last_usage(KeyId=key_id)
        if meta["KeyManager"] == "CUSTOMER":
            assert everything(kms, "list_resource_tags", "Tags", KeyId=key_id) == key["tags"]
        rotation = code(lambda: kms.get_key_rotation_status(KeyId=key_id))
        assert rotation in ("", "UnsupportedOperationException", "KMSInvalidStateException")


@test
def keys_by_alias_and_arn(b):
    kms, data = b.client("kms"), b.data()
    alias = next(a for a in data["aliases"] if "TargetKeyId" in a)
    for ident in (alias["AliasName"], alias["AliasArn"]):
        assert kms.describe_key(KeyId=ident)["KeyMetadata"]["KeyId"] == alias["TargetKeyId"]
    bare = next(a for a in data["aliases"] if "TargetKeyId" not in a)
    assert code(lambda: kms.describe_key(KeyId=bare["AliasName"])) == "NotFoundException"
    assert code(lambda: kms.describe_key(KeyId="0" * 36)) == "NotFoundException"
    rows = kms.list_aliases(KeyId=alias["TargetKeyId"])["Aliases"]
    assert alias["AliasName"] in [a["AliasName"] for a in rows]


@test
def every_vault_and_plan(b):
    data, backup = b.data(), b.client("backup")
    for name, vault in data["vaults"].items():
        if not name.startswith("aws/"):
            row = backup.describe_backup_vault(BackupVaultName=name)
            assert row["NumberOfRecoveryPoints"] == len(vault["points"])
        points = everything(backup, "list_recovery_points_by_backup_vault", "RecoveryPoints",
                            BackupVaultName=name)
        assert len(points) == len(vault["points"]), name
        for method, have in (("get_backup_vault_access_policy", vault["policy"]),
                             ("get_backup_vault_notifications", vault["notifications"])):
            got = code(lambda: getattr(backup, method)(BackupVaultName=name))
            assert got == ("" if have else "ResourceNotFoundException"), (name, method, got)
        tags = backup.list_tags(ResourceArn=vault["record"]["BackupVaultArn"])["Tags"]
        assert tags == vault["tags"]
    for plan_id, plan in data["plans"].items():
        assert backup.get_backup_plan(BackupPlanId=plan_id)["BackupPlan"]["Rules"]
        for row in everything(backup, "list_backup_selections", "BackupSelectionsList",
                              BackupPlanId=plan_id):
            backup.get_backup_selection(BackupPlanId=plan_id, SelectionId=row["SelectionId"])
        assert len(plan["selections"]) in (0, 2)
    assert backup.describe_region_settings()["ResourceTypeOptInPreference"]["EBS"]
    assert backup.describe_global_settings()["GlobalSettings"]
    assert code(lambda: b.client("backup", b.accounts[1]).describe_global_settings()) == \
        "AccessDeniedException"


@test
def the_rest(b):
    ec2, ssm = b.client("ec2"), b.client("ssm")
    own = everything(ec2, "describe_snapshots", "Snapshots", OwnerIds=["self"])
    assert len(own) == sum(s["OwnerId"] == b.management for s in b.data()["snapshots"])
    assert len(ec2.describe_snapshots()["Snapshots"]) > len(own)
    assert len(ec2.describe_regions()["Regions"]) < len(
        ec2.describe_regions(AllRegions=True)["Regions"])
    ec2.get_ebs_encryption_by_default()
    assert ec2.get_ebs_default_kms_key_id()["KmsKeyId"]
    assert len(everything(b.client("account"), "list_regions", "Regions")) == 24
    assert len(everything(b.client("organizations"), "list_accounts", "Accounts")) == 4
    assert b.client("organizations").describe_organization()["Organization"]["Id"]
    assert code(lambda: b.client("organizations", b.accounts[1]).list_accounts()) == \
        "AccessDeniedException"
    name = next(iter(b.data()["parameter_tags"]))
    assert ssm.list_tags_for_resource(ResourceType="Parameter", ResourceId=name)["TagList"]
    some = everything(ssm, "describe_parameters", "Parameters", ParameterFilters=[
        {"Key": "Name", "Option": "BeginsWith", "Values": ["Druva-ClientCredential-"]}])
    assert len(some) == 1
    assert b.client("sts").get_caller_identity()["Account"] == b.management
    encrypted = ec2.describe_volumes(Filters=[{"Name": "encrypted", "Values": ["true"]}])
    assert all(v["Encrypted"] for v in encrypted["Volumes"])
    called = set(b.e.ctl("stats")["calls"])
    assert "ec2:DescribeVolumes" in called


@test
def stale_tokens(b):
    b.e.ctl("settings", {"page_size": 2, "empty_pages": False})
    try:
        for service, operation, key, token, want in (
                ("kms", "list_keys", "NextMarker", "Marker", "InvalidMarkerException"),
                ("ssm", "describe_parameters", "NextToken", "NextToken", "InvalidNextToken"),
                ("backup", "list_backup_vaults", "NextToken", "NextToken",
                 "InvalidParameterValueException"),
                ("rds", "describe_db_instances", "Marker", "Marker", "InvalidParameterValue")):
            call = getattr(b.client(service), operation)
            good = call()[key]
            b.e.ctl("expire_tokens", {})
            assert code(lambda: call(**{token: good})) == want, service
            good = call()[key]
            other = getattr(b.client(service, b.accounts[2]), operation)
            assert code(lambda: other(**{token: good})) == want, service
            call(**{token: good})
    finally:
        b.e.ctl("settings", {"empty_pages": True})


@test
def page_sizes_aws_refuses(b):
    assert code(lambda: b.client("rds").describe_db_instances(MaxRecords=5)) == \
        "InvalidParameterValue"
    assert code(lambda: b.client("ec2").describe_volumes(MaxResults=2)) == "InvalidParameterValue"


# ------------------------------------------------------------------ who asks, and may they

@test
def roles(b):
    suspended = next(a for a, v in b.world["accounts"].items()
                     if v["record"]["State"] == "SUSPENDED")
    assert code(lambda: b.e.role_session(b.base, suspended)) == "AccessDenied"
    assert code(lambda: b.e.role_session(b.base, "000000000001")) == "AccessDenied"
    locked = next(r for r in b.world["roles"] if r.get("external_id"))
    account = locked["arn"].split(":")[4]
    assert code(lambda: b.e.role_session(b.base, account)) == "AccessDenied"
    assert code(lambda: b.e.role_session(b.base, account, "wrong-one")) == "AccessDenied"
    session = b.e.role_session(b.base, account, locked["external_id"])
    who = b.e.client(session, "sts").get_caller_identity()
    assert who["Account"] == account and ":assumed-role/KeyfallRead/selftest" in who["Arn"]
    assert code(lambda: b.e.role_session(session, account, locked["external_id"], 7200)) != ""


@test
def sessions_expire(b):
    b.e.client(b.e.role_session(b.base, b.accounts[1]), "kms").list_keys()
    b.e.ctl("settings", {"session_lifetime": 1})
    session = b.e.role_session(b.base, b.accounts[1])
    time.sleep(1.3)
    for service, call, want in (("kms", "list_keys", "ExpiredTokenException"),
                                ("backup", "list_backup_vaults", "ExpiredTokenException"),
                                ("rds", "describe_db_instances", "ExpiredToken"),
                                ("ec2", "describe_volumes", "RequestExpired")):
        assert code(getattr(b.e.client(session, service), call)) == want, service


@test
def accounts_are_apart(b):
    one, two = (
        {k["KeyId"] for k in everything(b.client("kms", a), "list_keys", "Keys")}
        for a in b.accounts[:2])
    assert one and two and not one & two


@test
def denied(b):
    for rule in b.world["denied"]:
        if rule["operation"] == "kms:GetKeyPolicy":
            kms = b.client("kms", rule["account"], rule["region"])
            try:
                kms.get_key_policy(KeyId=rule["resource"])
                raise AssertionError("allowed")
            except ClientError as err:
                assert err.response["Error"]["Code"] == "AccessDeniedException"
                assert "kms:GetKeyPolicy on resource: " + rule["resource"] in str(err)
                assert err.response["ResponseMetadata"]["HTTPStatusCode"] == 400
        if rule["operation"] == "rds:*":
            rds = b.client("rds", rule["account"], rule["region"])
            try:
                rds.describe_db_instances()
                raise AssertionError("allowed")
            except ClientError as err:
                assert err.response["Error"]["Code"] == "AccessDenied"
                assert "explicit deny in a service control policy" in str(err)
        if rule["operation"].startswith("backup:List"):
            backup = b.client("backup", rule["account"], rule["region"])
            assert code(lambda: backup.list_recovery_points_by_backup_vault(
                BackupVaultName="gov-locked")) == "AccessDeniedException"
            backup.list_recovery_points_by_backup_vault(BackupVaultName="prod")


@test
def region_not_enabled(b):
    for service, call, want, status in (
            ("kms", "list_keys", "UnrecognizedClientException", 400),
            ("backup", "list_backup_vaults", "UnrecognizedClientException", 403),
            ("rds", "describe_db_instances", "InvalidClientTokenId", 403),
            ("sts", "get_caller_identity", "InvalidClientTokenId", 403),
            ("ec2", "describe_volumes", "AuthFailure", 401)):
        try:
            getattr(b.client(service, region="af-south-1"), call)()
            raise AssertionError("answered")
        except ClientError as err:
            assert err.response["Error"]["Code"] == want, err
            assert err.response["ResponseMetadata"]["HTTPStatusCode"] == status, err


# ------------------------------------------------------------------ strictness, byte by byte

def raw(b, method="POST", path="/", body=b"{}", headers=None, service="kms", region="us-east-1",
        secret=None, change=None, token=None, clock=None):
    """One hand-made signed request; `change(request)` alters it after signing. Its (status, body)."""
    user = b.world["users"][0]
    given = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target":
             "TrentService.ListKeys"} if headers is None else dict(headers)
    request = botocore.awsrequest.AWSRequest(method, b.e.url + path, data=body, headers=given)
    credentials = botocore.credentials.Credentials(user["access_key_id"], secret or
                                                   user["secret_access_key"], token)
    botocore.auth.SigV4Auth(credentials, service, region).add_auth(request)
    parts = {"method": method, "path": path, "body": body, "headers": dict(request.headers)}
    if change:
        change(parts)
    lines = ["%s %s HTTP/1.1" % (parts["method"], parts["path"])]
    have = {k.lower() for k in parts["headers"]}
    if "host" not in have:
        lines.append("Host: 127.0.0.1:%d" % b.e.port)
    lines += ["%s: %s" % kv for kv in parts["headers"].items() if kv[0].lower() != "content-length"]
    lines.append("Content-Length: %d" % len(parts["body"]))
    lines.append("Connection: close")
    with socket.create_connection(("127.0.0.1", b.e.port), 5) as s:
        s.sendall("\r\n".join(lines).encode() + b"\r\n\r\n" + parts["body"])
        data = b""
        while True:
            piece = s.recv(65536)
            if not piece:
                break
            data += piece
    head, _, text = data.partition(b"\r\n\r\n")
    b.last = int(head.partition(b"Content-Length: ")[2].split()[0])
    return int(head.split()[1]), text


def refuses(b, want, kind="signature", **args):
    b.e.ctl("reset_log", {})
    status, text = raw(b, **args)
    assert status >= 400 and want in text.decode(), (status, text)
    found = b.e.ctl("violations")
    assert [v["kind"] for v in found] == [kind], found
    return found[0]


@test
def signatures(b):
    assert raw(b)[0] == 200

    def edit(**headers):
        return lambda parts: parts["headers"].update(headers)

    found = refuses(b, "InvalidSignatureException", secret="wrong" * 8)
    assert "x-amz-target" in found["canonical"]
    refuses(b, "InvalidSignatureException", change=lambda p: p.update(body=b'{"Limit":1}'))
    refuses(b, "InvalidSignatureException", change=edit(**{"x-amz-extra": "unsigned"}))
    refuses(b, "InvalidSignatureException", change=edit(
        **{"X-Amz-Target": "TrentService.ListAliases"}))
    refuses(b, "InvalidSignatureException", change=edit(**{"X-Amz-Content-Sha256": "0" * 64}))
    refuses(b, "InvalidSignatureException", service="ssm")
    refuses(b, "MissingAuthenticationToken", change=lambda p: p["headers"].pop("Authorization"))
    refuses(b, "IncompleteSignature", change=lambda p: p["headers"].update(
        Authorization=p["headers"]["Authorization"].replace("aws4_request", "aws5_request")))
    refuses(b, "InvalidSignatureException", change=lambda p: p["headers"].update(
        Authorization=p["headers"]["Authorization"].replace("content-type;host", "host;content-type")))
    refuses(b, "UnrecognizedClientException", token="not-a-token")
    orgs = {"Content-Type": "application/x-amz-json-1.1",
            "X-Amz-Target": "AWSOrganizationsV20161128.ListAccounts"}
    refuses(b, "valid region", headers=orgs, service="organizations", region="eu-west-1")
    arn = b.data()["vaults"]["prod"]["record"]["BackupVaultArn"].replace(":", "%3A")
    rest = {"method": "GET", "body": b"", "headers": {}, "service": "backup"}
    assert raw(b, path="/tags/%s/" % arn, **rest)[0] == 200
    refuses(b, "InvalidSignatureException", path="/tags/%s/" % arn, change=lambda p: p.update(
        path="/tags/%s/?maxResults=5" % arn), **rest)
    assert raw(b, path="/backup-vaults/?maxResults=5&nextToken=", **rest)[0] >= 400


@test
def models_are_enforced(b):
    def json_body(value, target="TrentService.ListKeys", ctype="application/x-amz-json-1.1"):
        return {"body": value if isinstance(value, bytes) else json.dumps(value).encode(),
                "headers": {"Content-Type": ctype, "X-Amz-Target": target}}

    for body, want in (({"Limit": "5"}, "ValidationException"), ({"Limit": 0}, "Validation"),
                       ({"Limit": 1001}, "Validation"), ({"Limit": True}, "Validation"),
                       ({"Limit": None}, "Validation"), ({"Lmit": 5}, "unknown member"),
                       ({"Limit": 5.0}, "Validation"), ({"Marker": ""}, "Validation"),
                       (b"[]", "Serialization"), (b"", "Serialization"),
                       (b'{"Limit":1,"Limit":2}', "duplicate"), (b"{", "Serialization")):
        refuses(b, want, kind="model", **json_body(body))
    refuses(b, "required", kind="model", **json_body({}, "TrentService.DescribeKey"))
    refuses(b, "Content-Type", kind="model", **json_body({}, ctype="application/json"))
    refuses(b, "UnknownOperation", kind="unknown", **json_body({}, "TrentService.ListKees"))
    refuses(b, "NotImplemented", kind="unimplemented", **json_body(
        {"KeyId": "x"}, "TrentService.ScheduleKeyDeletion"))
    form = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}

    def rds(text, **more):
        return dict({"body": text.encode(), "headers": form, "service": "rds"}, **more)

    base = "Action=DescribeDBInstances&Version=2014-10-31"
    assert raw(b, **rds(base))[0] == 200
    refuses(b, "unknown parameter", kind="model", **rds(base + "&Foo=1"))
    refuses(b, "integer wanted", kind="model", **rds(base + "&MaxRecords=020"))
    refuses(b, "twice", kind="model", **rds(base + "&MaxRecords=20&MaxRecords=20"))
    refuses(b, "unknown parameter", kind="model", **rds(
        base + "&Filters.member.1.Name=x&Filters.member.1.Values.Value.1=y"))
    refuses(b, "InvalidAction", kind="unknown", **rds("Action=DescribeAll&Version=2014-10-31"))
    rest = {"method": "GET", "body": b"", "headers": {}, "service": "backup"}
    refuses(b, "integer wanted", kind="model", path="/backup-vaults/?maxResults=x", **rest)
    refuses(b, "unknown query", kind="model", path="/backup-vaults/?MaxResults=5", **rest)
    refuses(b, "below", kind="model", path="/backup-vaults/?maxResults=0", **rest)
    refuses(b, "UnknownOperation", kind="unknown", path="/backup-vault/", **rest)


# ------------------------------------------------------------------ faults

def fault(b, kind, service="kms", **more):
    b.e.ctl("fault", dict({"match": {"service": service}, "kind": kind, "count": 1}, **more))


@test
def fault_throttle(b):
    for service, call, want, status in (
            ("kms", "list_keys", "ThrottlingException", 400),
            ("backup", "list_backup_vaults", "ThrottlingException", 429),
            ("rds", "describe_db_instances", "Throttling", 400),
            ("ec2", "describe_volumes", "RequestLimitExceeded", 503),
            ("organizations", "list_accounts", "TooManyRequestsException", 400)):
        fault(b, "throttle", service)
        try:
            getattr(b.client(service), call)()
            raise AssertionError("answered")
        except ClientError as err:
            assert err.response["Error"]["Code"] == want
            assert err.response["ResponseMetadata"]["HTTPStatusCode"] == status
        fault(b, "throttle", service)
        getattr(b.client(service, retries=3), call)()
    b.e.ctl("settings", {"rate": {"kms:ListKeys": [1, 3]}})
    assert "ThrottlingException" in [code(b.client("kms").list_keys) for _ in range(6)]


@test
def fault_500_503(b):
    for service, call in (("kms", "list_keys"), ("backup", "list_backup_vaults"),
                          ("rds", "describe_db_instances"), ("ec2", "describe_volumes")):
        for kind, status in (("e500", 500), ("e503html", 503)):
            fault(b, kind, service)
            try:
                getattr(b.client(service), call)()
                raise AssertionError("answered")
            except ClientError as err:
                assert err.response["ResponseMetadata"]["HTTPStatusCode"] == status
            except botocore.parsers.ResponseParserError:
                assert kind == "e503html"
            getattr(b.client(service), call)()


@test
def fault_broken_answers(b):
    for kind, more in (("truncate", {}), ("reset", {}), ("malformed", {}), ("hang", {}),
                       ("drip", {"bytes_per_s": 8000})):
        fault(b, kind, "rds", **more)
        try:
            b.client("rds", timeout=1).describe_db_instances()
            assert kind == "drip", kind
        except (botocore.exceptions.BotoCoreError, botocore.parsers.ResponseParserError,
                ClientError):
            pass
        b.client("rds").describe_db_instances()
    whole = len(raw(b)[1])
    for kind, extra, said, sent in (("wrong_length", 64, whole + 64, whole),
                                    ("wrong_length", -3, whole - 3, whole),
                                    ("truncate", 0, whole, whole // 2)):
        fault(b, kind, extra=extra)         # botocore takes these without a word: look at the bytes
        b.last = None
        assert len(raw(b)[1]) == sent and b.last == said, (kind, extra, b.last)
    fired = b.e.ctl("stats")["faults_fired"]
    assert {"truncate", "wrong_length", "reset", "malformed", "hang", "drip"} <= set(fired)
    b.e.ctl("reset_faults", {})


@test
def fault_odd_answers(b):
    quiet = b.client("kms").describe_key(KeyId=next(iter(b.data()["keys"])))
    for kind in ("nulls", "exponent"):
        fault(b, kind)
        odd = b.client("kms").describe_key(KeyId=next(iter(b.data()["keys"])))
        assert odd["KeyMetadata"] == quiet["KeyMetadata"], kind
    fault(b, "exponent")
    text = raw(b, body=json.dumps({}).encode(), headers={
        "Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": "TrentService.ListAliases"})
    assert b"E9" in text[1] and json.loads(text[1])["Aliases"]
    fault(b, "nulls", "backup")
    text = raw(b, "GET", "/backup-vaults/", b"", {}, "backup")[1]
    assert b":null" in text and json.loads(text)


@test
def fault_delay_and_expired(b):
    fault(b, "delay", delay_s=0.5)
    start = time.time()
    b.client("kms").list_keys()
    assert time.time() - start > 0.45
    fault(b, "expired")
    assert code(b.client("kms").list_keys) == "ExpiredTokenException"
    b.e.ctl("fault", {"match": {"service": "kms", "region": "eu-west-1"}, "kind": "e500",
                      "duration_s": 0.5})
    b.client("kms").list_keys()
    assert code(b.client("kms", region="eu-west-1").list_keys) == "KMSInternalException"
    time.sleep(0.6)
    b.client("kms", region="eu-west-1").list_keys()


@test
def fault_clock_skew(b):
    b.e.ctl("fault", {"kind": "clock_skew", "seconds": 1200})
    for service, call, want in (("kms", "list_keys", "InvalidSignatureException"),
                                ("rds", "describe_db_instances", "SignatureDoesNotMatch"),
                                ("ec2", "describe_volumes", "RequestExpired")):
        assert code(getattr(b.client(service), call)) == want
    assert not b.e.ctl("violations")
    b.e.ctl("reset_faults", {})
    b.client("kms").list_keys()


# ------------------------------------------------------------------ state and control

@test
def reading_changes_nothing(b):
    before = b.e.ctl("state_digest")
    _lists(b, 1000)
    assert b.e.ctl("state_digest") == before
    key = next(iter(b.data()["keys"]))
    path = ["accounts", b.management, "data", "us-east-1", "keys", key, "metadata"]
    b.e.ctl("mutate", {"path": path, "merge": {"KeyState": "Disabled", "Enabled": False}})
    assert b.e.ctl("state_digest") != before
    assert b.client("kms").describe_key(KeyId=key)["KeyMetadata"]["KeyState"] == "Disabled"
    b.e.ctl("world", b.world)
    assert b.e.ctl("state_digest") == before


@test
def flight_and_latency(b):
    import concurrent.futures
    b.e.ctl("settings", {"latency_ms": 50})
    kms = b.client("kms")
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda _: kms.list_keys(), range(48)))
    stats = b.e.ctl("stats")
    assert 8 <= stats["peak_in_flight"] <= 16, stats["peak_in_flight"]
    assert stats["calls"]["kms:ListKeys"] == 48
    assert stats["actions"] == ["kms:ListKeys"]
    assert stats["connections"] <= 20, "keep-alive is not kept"


class Harvest:
    """What answers told, by the names of their members, as parameters of the next calls."""

    def __init__(self):
        self.told = {}

    def take(self, value, name=None):
        if isinstance(value, dict):
            for key, item in value.items():
                self.take(item, key)
        elif isinstance(value, list):
            for item in value:
                self.take(item, name[:-1] if name and name.endswith("s") else name)
        elif isinstance(value, str) and name:
            self.told.setdefault(name.lower(), []).append(value)

    def value(self, name, shape):
        """The first of what was told that the member's shape allows; None if nothing was."""
        if shape.type_name == "list":
            item = self.value(name.removesuffix("List").removesuffix("s"), shape.member)
            return None if item is None else [item]
        if getattr(shape, "enum", None):
            return shape.enum[0]
        if shape.type_name in ("integer", "long"):
            return int(shape.metadata.get("min", 1))
        exact = self.told.get(name.lower(), [])
        alike = [v for n, values in self.told.items() for v in values
                 if n and name.lower().endswith(n) or n.endswith(name.lower())]
        last = self.told.get("arn" if name.lower().endswith("arn") else "id", [])
        return next((v for v in exact + alike + last if validate.check(shape, v) == []), None)


@test
def the_rest_by_what_others_told(b):
    """Operations that no test calls by name: asked with what the answers before them named, until none is left."""
    harvest, left = Harvest(), {k for k, row in ops.load().items() if k[0] != "sts" and not row.write}
    for _ in range(4):
        for service, name in sorted(left):
            client = b.client(service)
            model = client.meta.service_model.operation_model(name)
            shape = model.input_shape
            wanted = {} if shape is None else {m: shape.members[m] for m in shape.required_members}
            given = {m: harvest.value(m, s) for m, s in wanted.items()}
            if None in given.values():
                continue
            left = left - {(service, name)}
            try:
                harvest.take(getattr(client, botocore.xform_name(name))(**given))
            except ClientError as err:
                assert err.response["ResponseMetadata"]["HTTPStatusCode"] < 500, (service, name, err)
    assert not left, left


@test
def every_operation_was_called(b):
    missing = {"%s:%s" % k for k, row in ops.load().items() if not row.write} - CALLED
    assert not missing, missing


CALLED = set()


def main():
    wanted = sys.argv[1:]
    passed = failed = 0
    bench = Bench()
    quiet = ("signatures", "models_are_enforced")       # these make violations on purpose
    try:
        for function in TESTS:
            name = function.__name__
            if wanted and not any(w in name for w in wanted):
                continue
            bench.clean()
            try:
                function(bench)
                stats = bench.e.ctl("stats")
                CALLED.update(stats["calls"])
                found = [] if name in quiet else bench.e.ctl("violations")
                assert not found, json.dumps(found[0])[:1500]
                assert not stats["untranslated_patterns"], stats["untranslated_patterns"]
                passed += 1
            except Exception:
                CALLED.update(bench.e.ctl("stats")["calls"])
                failed += 1
                print("FAILED %s\n%s" % (name, traceback.format_exc()))
    finally:
        bench.e.stop()
    print("%d passed, %d failed" % (passed, failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
