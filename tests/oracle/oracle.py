#!/usr/bin/env python3
"""The independent reader: what an export must contain, read with boto3 and botocore's paginators.

    oracle.py --endpoint-url URL --profile P... [--region R...] -o DIR [--org] [--shared]

Profiles come from AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE as usual. Writes DIR/VIEW.csv for
accounts, regions, keys, aliases, grants, parameters, vaults, recovery-points and resources: only
columns that are raw facts, in the words and rules of the export. It shares no code with keyfall and
is written for plainness, not speed. What AWS refused is told on standard error, one line each.

Cells: lists joined with ';' sorted, times ISO 8601 UTC without fractions, unknown '?', absent ''.
"""
import argparse
import collections
import concurrent.futures
import csv
import json
import os
import re
import sys
import time

import boto3
import botocore.config
import botocore.exceptions
import botocore.parsers
import botocore.session

if __package__ in (None, ""):
    sys.path[0] = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
from oracle import consumers, evidence, people, stores

DENIED = {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation"}
FAULTS = (botocore.exceptions.ClientError, botocore.parsers.ResponseParserError)
UNKNOWN = "?"

COLUMNS = {
    "accounts": "id account region name state role reached keys vaults",
    "regions": "id account region opt_in keys vaults",
    "keys": "id account region key_id aliases state manager origin spec usage multi_region rotation "
            "deletion_date external_accounts grants",
    "aliases": "id account region name key_arn",
    "grants": "id account region grant_id key_arn grantee operations retiring_principal",
    "parameters": "id account region name type tier key_arn key_state last_modified",
    "vaults": "id account region name type key_arn key_state locked lock_date points copy_sources "
              "legal_holds source_vault_arn",
    "recovery-points": "id account region vault resource_arn resource_type status key_arn key_state "
                       "created delete_at",
    "resources": "id account region type name key_arn key_state",
    "principals": "id account region name type unique_id attached_policies inline_policies "
                  "permissions_boundary groups trust_policy created last_used",
    "iam-policies": "id account region name type principal document",
    "organizational-units": "id account region unit_id name parent policy_types",
    "organization-accounts": "id account region account_id name state unit",
    "organization-policies": "id account region policy_id name type aws_managed targets document",
    **evidence.COLUMNS,
}


class Refused(Exception):
    """AWS said no: the fact is unknown, not absent."""


def when(value):
    if value is None:
        return ""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(int(value.timestamp() // 1)))


def flag(value):
    return "" if value is None else "true" if value else "false"


def joined(values):
    return ";".join(sorted(values))


class Place:
    """One account and region: boto3 clients, and reads that tell refusals from faults."""

    def __init__(self, session, account, region, url):
        self.session, self.account, self.region, self.url = session, account, region, url
        self.clients = {}

    def client(self, service):
        if service not in self.clients:
            if service in ("codebuild", "memorydb", "workspaces", "backup-gateway"):      # of its protocols the one that all others speak too
                loader = self.session._session.get_component("data_loader")
                loader.load_service_model(service, "service-2", api_version=None)["metadata"].update(
                    protocol="json", protocols=["json"])
            self.clients[service] = self.session.client(
                service, region_name=self.region, endpoint_url=self.url,
                config=botocore.config.Config(retries={"total_max_attempts": 2, "mode": "standard"},
                                              inject_host_prefix=False,
                                              max_pool_connections=16))
        return self.clients[service]

    def call(self, service, operation, absent=(), **args):
        """The answer; None if the error is one of `absent`; Refused if AWS says no."""
        try:
            return getattr(self.client(service), operation)(**args)
        except FAULTS as err:
            self.judge(err, service, operation, absent)

    def pages(self, service, operation, key, absent=(), size=None, **args):
        config = {"PageSize": size} if size else {}
        try:
            rows, client, more = [], self.client(service), {}
            if client.can_paginate(operation):
                for page in client.get_paginator(operation).paginate(PaginationConfig=config, **args):
                    rows += page.get(key, [])
                return rows
            while more is not None:
                page = getattr(client, operation)(**args, **more)
                rows += page.get(key, [])
                token = next((k for k in ("NextToken", "nextToken") if page.get(k)), None)
                more = {token: page[token]} if token else None
            return rows
        except FAULTS as err:
            self.judge(err, service, operation, absent)

    def judge(self, err, service, operation, absent):
        # a number, or what cannot be read, is no error of AWS's: moto has no such operation
        code = err.response["Error"]["Code"] if hasattr(err, "response") else "500"
        if code in absent:
            return
        if code in DENIED or code.isdigit():
            print("denied: %s %s %s:%s" % (self.account, self.region, service, operation),
                  file=sys.stderr)
            raise Refused(code)
        raise err


def external_accounts(policy, owner):
    """Account ids that Allow statements of a key policy name as AWS principals; * for everybody."""
    found = set()
    statements = json.loads(policy)["Statement"]
    for statement in statements if isinstance(statements, list) else [statements]:
        principal = statement.get("Principal")
        if principal == "*":
            principal = {"AWS": "*"}
        if statement.get("Effect") != "Allow" or not isinstance(principal, dict):
            continue
        names = principal.get("AWS", [])
        if "*" in names:                # everybody from these accounts, if it says so
            equals = statement.get("Condition", {}).get("StringEquals", {})
            names = equals.get("kms:CallerAccount", equals.get("aws:PrincipalAccount", names))
        for name in [names] if isinstance(names, str) else names:
            if name == "*" or re.fullmatch(r"\d{12}", name):
                found.add(name)
            elif name.startswith("arn:"):
                found.add(name.split(":")[4])
    return found - {owner, ""}


class Reader:
    def __init__(self):
        self.rows = collections.defaultdict(list)
        self.key_state = {}             # key ARN -> state, of the whole estate

    # ---------------------------------------------------------------- KMS

    def kms(self, place):
        """Keys, aliases and grants; fills place.alias: alias name -> key ARN or ''."""
        account, region = place.account, place.region
        listed = place.pages("kms", "list_keys", "Keys", size=1000)
        arns = {k["KeyId"]: k["KeyArn"] for k in listed}
        place.alias, names = None, collections.defaultdict(list)
        try:
            place.alias = {}
            for row in place.pages("kms", "list_aliases", "Aliases", size=100):
                target = row.get("TargetKeyId")
                arn = "" if not target else arns.get(target) or \
                    re.sub(r"alias/.*", "key/" + target, row["AliasArn"], flags=re.S)
                place.alias[row["AliasName"]] = arn
                names[target].append(row["AliasName"])
                self.rows["aliases"].append([row["AliasArn"], account, region, row["AliasName"],
                                             arn])
        except Refused:
            place.alias = None
        with concurrent.futures.ThreadPoolExecutor(12) as pool:
            for row in pool.map(lambda k: self.key(place, k, names), listed):
                self.rows["keys"].append(row)
        return len(listed)

    def key(self, place, listed, names):
        arn, key_id = listed["KeyArn"], listed["KeyId"]
        aliases = UNKNOWN if place.alias is None else joined(names.get(key_id, []))
        try:
            meta = place.call("kms", "describe_key", KeyId=arn)["KeyMetadata"]
        except Refused:
            meta = None
        head = [arn, place.account, place.region, key_id, aliases]
        if meta is None:
            facts = [UNKNOWN] * 6
            deletion = UNKNOWN
        else:
            self.key_state[arn] = meta["KeyState"]
            facts = [meta["KeyState"], meta.get("KeyManager", ""), meta.get("Origin", ""),
                     meta.get("KeySpec") or meta.get("CustomerMasterKeySpec", ""),
                     meta.get("KeyUsage", ""), flag(meta.get("MultiRegion"))]
            deletion = when(meta.get("DeletionDate"))
        try:
            answer = place.call("kms", "get_key_rotation_status", KeyId=arn, absent=(
                "UnsupportedOperationException", "KMSInvalidStateException"))
            rotation = "" if answer is None else flag(answer["KeyRotationEnabled"])
        except Refused:
            rotation = UNKNOWN
        try:
            policy = place.call("kms", "get_key_policy", KeyId=arn, PolicyName="default")["Policy"]
            external = joined(external_accounts(policy, place.account))
        except Refused:
            external = UNKNOWN
        if meta is not None and meta.get("KeyManager") == "AWS":
            grants = ""                     # AWS's own affair: an export leaves it out
        else:
            try:
                grants = self.grants(place, arn)
            except Refused:
                grants = UNKNOWN
        return head + facts + [rotation, deletion, external, grants]

    def grants(self, place, key_arn):
        found = place.pages("kms", "list_grants", "Grants", KeyId=key_arn, size=100)
        for g in found:
            self.rows["grants"].append([
                "keyfall:grant/%s/%s" % (key_arn, g["GrantId"]), place.account, place.region,
                g["GrantId"], key_arn,
                g.get("GranteePrincipal") or g.get("GranteeServicePrincipal", ""),
                joined(g.get("Operations", [])),
                g.get("RetiringPrincipal") or g.get("RetiringServicePrincipal", "")])
        return len(found)

    # ---------------------------------------------------------------- key references

    def resolve(self, place, reference, encrypted=True):
        """A key reference as written (ARN, id, alias name or ARN) as the key's ARN."""
        if not reference:
            return UNKNOWN if encrypted else ""
        prefix = "arn:aws:kms:%s:%s:" % (place.region, place.account)
        if reference.startswith(prefix + "alias/"):
            reference = reference[len(prefix):]
        if reference.startswith("alias/"):
            return (place.alias or {}).get(reference) or UNKNOWN
        if reference.startswith("arn:"):
            return reference if ":key/" in reference else UNKNOWN
        return prefix + "key/" + reference

    def state(self, key_arn):
        return "" if key_arn == "" else self.key_state.get(key_arn, UNKNOWN)

    def add_keyed(self, view, place, head, key_arn, tail=()):
        """A row whose key_state is filled in when the whole estate has been read."""
        self.rows[view].append((list(head), key_arn, list(tail)))

    # ---------------------------------------------------------------- the rest

    def parameters(self, place):
        for p in place.pages("ssm", "describe_parameters", "Parameters", size=50):
            arn = p.get("ARN") or "arn:aws:ssm:%s:%s:parameter/%s" % (
                place.region, place.account, p["Name"].lstrip("/"))
            key = self.resolve(place, p.get("KeyId"), p["Type"] == "SecureString")
            self.add_keyed("parameters", place, [
                arn, place.account, place.region, p["Name"], p["Type"], p.get("Tier", "")], key,
                [when(p.get("LastModifiedDate"))])

    def evidence(self, place):
        return evidence.Evidence(self.rows, place, lambda *a, **k: self.some(place, *a, **k), when, Refused)

    @staticmethod
    def source_vault(place, vault):
        if vault.get("VaultType", "BACKUP_VAULT") == "BACKUP_VAULT":
            return ""
        try:
            return place.call("backup", "describe_backup_vault", BackupVaultName=vault["BackupVaultName"]).get(
                "SourceBackupVaultArn", "")
        except Refused:
            return UNKNOWN

    def vaults(self, place):
        holds = self.evidence(place).legal_holds()
        listed = place.pages("backup", "list_backup_vaults", "BackupVaultList", size=1000)
        for v in listed:
            sources, count = set(), UNKNOWN
            try:
                points = place.pages("backup", "list_recovery_points_by_backup_vault",
                                     "RecoveryPoints", BackupVaultName=v["BackupVaultName"],
                                     size=1000)
                count = len(points)
                for p in points:
                    if p.get("SourceBackupVaultArn"):
                        sources.add(p["SourceBackupVaultArn"].split(":")[4])
                    self.point(place, v, p)
                sources = joined(sources)
            except (Refused, botocore.exceptions.ClientError) as err:
                if not isinstance(err, Refused) and \
                        err.response["ResponseMetadata"]["HTTPStatusCode"] not in (404, 501):
                    raise
                sources = UNKNOWN
            key = v.get("EncryptionKeyArn", "")
            self.add_keyed("vaults", place, [
                v["BackupVaultArn"], place.account, place.region, v["BackupVaultName"],
                v.get("VaultType", "")], key,
                [flag(v.get("Locked")), when(v.get("LockDate")), count, sources,
                 UNKNOWN if holds is None else joined(holds.get(v["BackupVaultArn"], [])),
                 self.source_vault(place, v)])
        return len(listed)

    def point(self, place, vault, p):
        key = p.get("EncryptionKeyArn", "")
        if not key and p.get("IsEncrypted") and p.get("EncryptionKeyType") != "AWS_OWNED_KMS_KEY":
            key = UNKNOWN
        self.add_keyed("recovery-points", place, [
            p["RecoveryPointArn"], place.account, place.region, p["BackupVaultName"],
            p.get("ResourceArn", ""), p.get("ResourceType", ""), p.get("Status", "")], key,
            [when(p.get("CreationDate")), when(p.get("CalculatedLifecycle", {}).get("DeleteAt"))])

    def rds(self, place, shared):
        kinds = [{}, {"SnapshotType": "awsbackup"}] + ([{"SnapshotType": "shared"}] if shared else [])
        sweeps = [("describe_db_instances", "DBInstances", "DBInstance", "rds-instance", {}),
                  ("describe_db_clusters", "DBClusters", "DBCluster", "rds-cluster", {})]
        sweeps += [("describe_db_snapshots", "DBSnapshots", "DBSnapshot", "rds-snapshot", k)
                   for k in kinds]
        sweeps += [("describe_db_cluster_snapshots", "DBClusterSnapshots", "DBClusterSnapshot",
                    "rds-cluster-snapshot", k) for k in kinds]
        seen = set()
        for operation, key, word, kind, args in sweeps:
            for r in self.some(place, "rds", operation, key, size=100, **args):
                if r[word + "Arn"] in seen:         # a server may answer all for any type
                    continue
                seen.add(r[word + "Arn"])
                encrypted = r.get("StorageEncrypted", r.get("Encrypted", False)) and \
                    r.get("StorageEncryptionType") != "sse-rds"
                self.resource(place, r[word + "Arn"], kind, r[word + "Identifier"],
                              r.get("KmsKeyId"), encrypted)

    def ebs(self, place):
        for v in self.some(place, "ec2", "describe_volumes", "Volumes", size=1000):
            arn = "arn:aws:ec2:%s:%s:volume/%s" % (place.region, place.account, v["VolumeId"])
            self.resource(place, arn, "ebs-volume", v["VolumeId"], v.get("KmsKeyId"),
                          v["Encrypted"])
        for s in self.some(place, "ec2", "describe_snapshots", "Snapshots", size=1000,
                           OwnerIds=["self"]):
            arn = "arn:aws:ec2:%s::snapshot/%s" % (place.region, s["SnapshotId"])
            self.resource(place, arn, "ebs-snapshot", s["SnapshotId"], s.get("KmsKeyId"),
                          s["Encrypted"])

    def consumers(self, place):
        for read in consumers.ALL:
            try:
                for arn, kind, name, key in read(place, lambda *a, **k: self.some(place, *a, **k)):
                    self.resource(place, arn, kind, name, key, False)
            except Refused:
                pass

    def stores(self, place):
        for service in stores.SERVICES:
            def read(*args, **options):
                return self.some(place, *args, **options)

            def add(arn, kind, name, reference):
                self.resource(place, arn, kind, name, reference, reference != stores.NOT)
            service(read, place, add)

    def protected(self, place):
        """What AWS Backup protects and no list of ours holds: its key is not told."""
        listed = {head[0] for head, _, _ in self.rows["resources"]}
        for r in self.some(place, "backup", "list_protected_resources", "Results", size=1000):
            if r["ResourceArn"] not in listed:
                self.add_keyed("resources", place, [
                    r["ResourceArn"], place.account, place.region, r["ResourceType"],
                    r.get("ResourceName", "")], UNKNOWN)

    def resource(self, place, arn, kind, name, reference, encrypted):
        key = self.resolve(place, reference, encrypted)
        self.add_keyed("resources", place, [arn, place.account, place.region, kind, name], key)

    @staticmethod
    def some(place, service, operation, key, **args):
        try:
            return place.pages(service, operation, key, **args)
        except Refused:
            return []

    # ---------------------------------------------------------------- one place, the whole

    def place(self, place, opt_in, shared):
        counts = []
        for read in (self.kms, self.vaults):
            try:
                counts.append(read(place))
            except Refused:
                counts.append(UNKNOWN)
                if read == self.kms:
                    place.alias = None
        for read in (self.parameters, lambda p: self.rds(p, shared), self.ebs,
                     self.stores, self.consumers):
            try:
                read(place)
            except Refused:
                pass
        self.evidence(place).all()
        self.protected(place)
        self.rows["regions"].append([
            "keyfall:region/%s/%s" % (place.account, place.region), place.account, place.region,
            opt_in] + counts)
        return counts

    def finish(self):
        """key_state, now that every key has been read."""
        for view in ("parameters", "vaults", "recovery-points", "resources"):
            self.rows[view] = [head + [key, self.state(key)] + tail
                               for head, key, tail in self.rows[view]]


def total(counts):
    known = [c for c in counts if c != UNKNOWN]
    return sum(known)


#: botocore's models, read once for all profiles: parsing them is most of what a session costs.
_models = botocore.session.Session().get_component("data_loader")


def session_of(profile):
    session = botocore.session.Session(profile=profile)
    session.register_component("data_loader", _models)
    return boto3.Session(botocore_session=session)


def read_estate(args):
    reader, seen, organization = Reader(), set(), {}
    for profile in args.profile:
        session = session_of(profile)
        url = args.endpoint_url or os.environ.get("AWS_ENDPOINT_URL")
        first = (args.region or [session.region_name or "us-east-1"])[0]
        home = Place(session, None, first, url)
        who = home.call("sts", "get_caller_identity")
        account = home.account = who["Account"]
        if account in seen:
            continue
        seen.add(account)
        if args.org and not organization:
            try:
                org = Place(session, account, "us-east-1", url)
                organization = {a["Id"]: a for a in org.pages(
                    "organizations", "list_accounts", "Accounts", size=20)}
            except (Refused, botocore.exceptions.ClientError):
                organization = {}
        statuses = {r["RegionName"]: r["OptInStatus"] for r in home.call(
            "ec2", "describe_regions", AllRegions=True)["Regions"]}
        regions = args.region or [r for r, s in sorted(statuses.items()) if s != "not-opted-in"]
        counts = []
        for region in regions:
            if statuses.get(region) == "not-opted-in":
                print("not enabled: %s %s" % (account, region), file=sys.stderr)
                continue
            counts.append(reader.place(Place(session, account, region, url),
                                       statuses.get(region, ""), args.shared))
        world_wide = Place(session, account, "us-east-1", url)  # where global services are signed for
        people.principals(reader.rows, world_wide, when)
        people.organization(reader.rows, world_wide)
        record = organization.get(account, {})
        reader.rows["accounts"].append([
            "arn:aws:iam::%s:root" % account, account, "", record.get("Name", ""),
            record.get("State") or record.get("Status", ""), who["Arn"], "true",
            total(c[0] for c in counts), total(c[1] for c in counts)])
    reader.finish()
    return reader.rows


def main(argv=None):
    p = argparse.ArgumentParser(prog="oracle")
    p.add_argument("--endpoint-url")
    p.add_argument("--profile", action="append", required=True)
    p.add_argument("--region", action="append")
    p.add_argument("--org", action="store_true", help="names and states from Organizations")
    p.add_argument("--shared", action="store_true", help="RDS snapshots shared in by others, too")
    p.add_argument("-o", "--output", required=True, help="folder for the CSV files")
    args = p.parse_args(argv)
    write(read_estate(args), args.output)
    return 0


def write(rows, folder):
    os.makedirs(folder, exist_ok=True)
    for view, columns in COLUMNS.items():
        path = os.path.join(folder, view + ".csv")
        with open(path, "w", newline="", encoding="utf-8") as out:
            writer = csv.writer(out)
            writer.writerow(columns.split())
            writer.writerows(sorted(rows[view], key=lambda r: [str(c) for c in r[:3]]))
        print("%s %d" % (view, len(rows[view])))


if __name__ == "__main__":
    sys.exit(main())
