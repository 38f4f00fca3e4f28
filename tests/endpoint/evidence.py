"""Records that tell who used a key and what copies, tests or holds backups, made for generated worlds."""
import json
import random

from .build import T0

OPERATIONS = ["Decrypt", "GenerateDataKey", "ReEncrypt", "GenerateDataKeyWithoutPlaintext", "Encrypt"]
#: What CloudTrail also tells of a key, which no use by KMS's own count is.
OTHERS = ["DescribeKey", "EnableKeyRotation", "PutKeyPolicy", "CreateGrant"]


def _uuid(rnd):
    text = "%032x" % rnd.getrandbits(128)
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


def _identity(rnd, account):
    """(userIdentity, Username) of one who calls."""
    kind = rnd.randrange(4)
    if kind == 0:
        return {"type": "IAMUser", "principalId": "AIDA4EXAMPLE", "accountId": account, "userName": "anna",
                "arn": "arn:aws:iam::%s:user/anna" % account}, "anna"
    if kind == 1:
        return {"type": "AssumedRole", "principalId": "AROA4EXAMPLE:nightly", "accountId": account,
                "arn": "arn:aws:sts::%s:assumed-role/etl/nightly" % account}, "nightly"
    if kind == 2:
        return {"type": "AWSService", "invokedBy": "backup.amazonaws.com"}, None
    return {"type": "AWSAccount", "principalId": "AIDA5EXAMPLE", "accountId": "999988887777"}, None


def _event(rnd, account, region, arn, name, at):
    identity, user = _identity(rnd, account)
    error = rnd.choice([None, None, None, "KMSInvalidStateException", "AccessDenied"])
    detail = {"eventVersion": "1.11", "userIdentity": identity, "eventSource": "kms.amazonaws.com",
              "eventName": name, "awsRegion": region, "eventType": "AwsApiCall", "eventID": _uuid(rnd),
              "requestParameters": {"keyId": arn, "encryptionContext": {"PARAMETER_ARN": "of no concern"}}}
    if error:
        detail["errorCode"] = error
    out = {"EventId": detail["eventID"], "EventName": name, "EventTime": at, "ReadOnly": "true",
           "EventSource": "kms.amazonaws.com", "CloudTrailEvent": json.dumps(detail),
           "Resources": [{"ResourceType": "AWS::KMS::Key", "ResourceName": arn}]}
    if user:
        out.update(Username=user, AccessKeyId="ASIA" + "%016X" % rnd.getrandbits(64))
    return out


def events(rnd, place):
    """The uses of each key of a place: of some more than a page, of some none, of some before CloudTrail's window."""
    rows = place.data["events"]
    for key in place.data["keys"].values():
        arn, at, newest = key["metadata"]["Arn"], T0 - rnd.randrange(86400), None
        for _ in range(rnd.choice([0, 0, 1, 3, 60])):
            event = _event(rnd, place.account, place.name, arn, rnd.choice(OPERATIONS + OTHERS), at)
            rows.append(event)
            is_use = event["EventName"] in OPERATIONS and "errorCode" not in event["CloudTrailEvent"]
            newest = newest or (event if is_use else None)
            at -= rnd.randrange(1, 86400)
        if newest or rnd.random() < 0.2:
            key["last_usage"] = {
                "Operation": newest["EventName"] if newest else "Decrypt", "KmsRequestId": _uuid(rnd),
                "Timestamp": newest["EventTime"] if newest else T0 - 86400 * 200,
                "CloudTrailEventId": newest["EventId"] if newest else _uuid(rnd)}


class Filler:
    """What copies, tests and holds the backups of one place, in records of AWS's."""

    def __init__(self, world, place):
        self.rnd = random.Random("%s %s %s" % (world.seed, place.account, place.name))
        self.world, self.place = world, place
        self.data = place.data["evidence"] = {kind: [] for kind in place.data["evidence"]}
        self.vaults = [v["record"]["BackupVaultArn"] for v in place.data["vaults"].values()]
        self.keys = world.keys[place.account, place.name]

    def id(self, size=17):
        return "%0*x" % (size, self.rnd.getrandbits(4 * size))

    def some_key(self):
        """A key's ARN, of here, of another Region, or of a stranger."""
        region = self.rnd.choice(self.world.regions)
        return self.rnd.choice([*self.world.keys[self.place.account, region], None,
                                "arn:aws:kms:%s:999988887777:key/0f0f0f0f-0000-4000-8000-%s" % (region, self.id(12))])

    def images(self):
        snapshots = [s["SnapshotId"] for s in self.place.data["snapshots"]]
        for n in range(4):
            devices = [{"DeviceName": "/dev/sd" + "abc"[i], "Ebs": {
                "SnapshotId": s, "VolumeSize": 8, "Encrypted": True, "DeleteOnTermination": True}}
                for i, s in enumerate(self.rnd.sample(snapshots, n % 3))]
            devices.append({"DeviceName": "/dev/sdz", "VirtualName": "ephemeral0"})
            image = {"ImageId": "ami-" + self.id(), "OwnerId": self.place.account, "BlockDeviceMappings": devices,
                     "State": self.rnd.choice(["available", "disabled", "failed"]), "Public": n == 3,
                     "CreationDate": "2026-0%d-02T03:04:05.000Z" % (n + 1), "ImageType": "machine"}
            if n != 1:
                image.update(Name=self.world.text("image %d" % n, True), SourceImageId="ami-" + self.id())
            self.data["images"].append(image)

    def lifecycle(self, n):
        copy = {"Target": self.rnd.choice(self.world.regions), "CopyTags": True}
        key = self.some_key()
        encryption = {"Encrypted": key is not None or n % 2 == 0}
        if key:
            encryption["CmkArn"] = key
        if n % 3 == 0:
            details = {"PolicyType": "EBS_SNAPSHOT_MANAGEMENT", "ResourceTypes": ["VOLUME"], "Schedules": [
                {"Name": "daily", "CrossRegionCopyRules": [dict(copy, **encryption)], "ShareRules": [
                    {"TargetAccounts": [self.rnd.choice(self.world.accounts)]}]}],
                "TargetTags": [{"Key": "backup", "Value": self.rnd.choice(["", "daily"])}]}
        elif n % 3 == 1:
            details = {"PolicyType": "EVENT_BASED_POLICY", "EventSource": {
                "Type": "MANAGED_CWE", "Parameters": {"EventType": "shareSnapshot", "DescriptionRegex": ".*",
                                                      "SnapshotOwner": self.world.accounts[:2]}},
                "Actions": [{"Name": "copy", "CrossRegionCopy": [
                    {"Target": copy["Target"], "EncryptionConfiguration": encryption}]}]}
        else:
            details = {"PolicyLanguage": "SIMPLIFIED", "ResourceType": "VOLUME", "CrossRegionCopyTargets": [
                {"TargetRegion": copy["Target"]}]}
        ident = "policy-" + self.id()
        return {"PolicyId": ident, "Description": "policy %d" % n, "State": self.rnd.choice(["ENABLED", "ERROR"]),
                "StatusMessage": self.world.text("state"), "DateCreated": T0, "DateModified": T0,
                "ExecutionRoleArn": "arn:aws:iam::%s:role/dlm" % self.place.account, "DefaultPolicy": n % 3 == 2,
                "PolicyArn": self.place.arn("dlm", "policy/" + ident), "PolicyDetails": details}

    def event_rules(self):
        patterns = [None, {"source": ["aws.backup"], "detail-type": ["Copy Job State Change"]},
                    {"source": ["aws.ec2"], "detail-type": ["EBS Snapshot Notification"]},
                    {"source": ["aws.codedeploy"]}, {"detail": {"eventSource": ["kms.amazonaws.com"]}}]
        for n, pattern in enumerate(patterns):
            name = "rule-%d" % n
            rule = {"Name": name, "Arn": self.place.arn("events", "rule/" + name), "EventBusName": "default",
                    "State": self.rnd.choice(["ENABLED", "DISABLED"]), "Description": self.world.text("rule")}
            rule.update({"EventPattern": json.dumps(pattern)} if pattern else {"ScheduleExpression": "rate(1 day)"})
            if n == 2:
                rule["ManagedBy"] = "dlm.amazonaws.com"
            function = self.place.arn("lambda", "function:fn-%d" % (n % 3))
            targets = [{"Id": str(i), "Arn": arn, "Input": self.world.text("s3cr3t")} for i, arn in enumerate(
                [function, function + ":live", self.place.arn("sns", "topic-0")][:n])]
            self.data["event_rules"].append({"rule": rule, "targets": targets})

    def restore_tests(self):
        for n in range(3):
            name = "test_%d" % n
            vaults = [["*"], self.rnd.sample(self.vaults, 2), [self.vaults[0], self.vaults[0][:-2] + "*"]][n]
            plan = {"RestoreTestingPlanName": name, "CreationTime": T0 - 86400.5, "LastUpdateTime": T0 - 3600,
                    "RestoreTestingPlanArn": self.place.arn("backup", "restore-testing-plan:%s-%s" % (name, self.id(8))),
                    "ScheduleExpression": "cron(0 5 1 * ? *)", "ScheduleExpressionTimezone": "UTC",
                    "StartWindowHours": 8, "RecoveryPointSelection": {
                        "Algorithm": self.rnd.choice(["LATEST_WITHIN_WINDOW", "RANDOM_WITHIN_WINDOW"]),
                        "IncludeVaults": vaults, "ExcludeVaults": self.vaults[-n:] if n else [],
                        "RecoveryPointTypes": ["SNAPSHOT"], "SelectionWindowDays": 10 * n + 1}}
            if n:
                plan["LastExecutionTime"] = T0 - 86400.25 * n
            selections = [{"RestoreTestingPlanName": name, "RestoreTestingSelectionName": "selection_%d" % i,
                           "CreationTime": T0 - 3600, "ValidationWindowHours": 4, "ProtectedResourceType": "RDS",
                           "IamRoleArn": "arn:aws:iam::%s:role/restore" % self.place.account,
                           "ProtectedResourceArns": ["*"] if i else [self.place.arn("rds", "db:db-1")],
                           "ProtectedResourceConditions": {"StringEquals": [
                               {"Key": "aws:ResourceTag/tier", "Value": self.world.text("gold")}]} if i else {},
                           "RestoreMetadataOverrides": {"masterUserPassword": "s3cr3t"}} for i in range(n)]
            self.data["restore_tests"].append({"plan": plan, "selections": selections})

    def legal_holds(self):
        for n in range(3):
            ident = self.id(32)
            hold = {"Title": self.world.text("matter %d" % n), "LegalHoldId": ident,
                    "Status": ["ACTIVE", "CANCELED", "CREATING"][n], "Description": self.world.text("why"),
                    "LegalHoldArn": self.place.arn("backup", "legal-hold:" + ident), "CreationDate": T0 - 86400.75 * n,
                    "RecoveryPointSelection": {}}
            if n == 1:
                hold["CancellationDate"] = T0 - 100
            if n != 2:
                hold["RecoveryPointSelection"] = {
                    "VaultNames": [v.rsplit(":", 1)[1] for v in self.rnd.sample(self.vaults, n + 1)],
                    "ResourceIdentifiers": [self.place.arn("rds", "db:db-1")] if n else [],
                    "DateRange": {"FromDate": T0 - 86400 * 90, "ToDate": T0}}
            self.data["legal_holds"].append(hold)

    def jobs(self):
        messages = ["KMS key %s is disabled." % self.some_key(), "Access denied trying to call AWS KMS", "Given key ID is not accessible", "No space is left",
                    self.world.text("unencrypted copies are not supported"), None]
        for n in range(10):
            state = ["FAILED", "COMPLETED", "FAILED", "EXPIRED"][n % 4]
            vault = self.rnd.choice(self.vaults)
            job = {"AccountId": self.place.account, "BackupVaultArn": vault, "ResourceType": "RDS",
                   "IamRoleArn": "arn:aws:iam::%s:role/backup" % self.place.account,
                   "CreationDate": T0 - 86400.5 * n, "CompletionDate": T0 - 86400.5 * n + 60}
            message = self.rnd.choice(messages)
            if message:
                job["StatusMessage"] = message
            key = self.some_key()
            self.data["backup_jobs"].append(dict(
                job, BackupJobId=_uuid(self.rnd), State=state, BackupVaultName=vault.rsplit(":", 1)[1],
                ResourceArn=self.place.arn("rds", "db:db-1"), **({"EncryptionKeyArn": key} if key else {})))
            self.data["restore_jobs"].append(dict(
                job, RestoreJobId=_uuid(self.rnd), Status="COMPLETED" if state == "EXPIRED" else state,
                SourceResourceArn=self.place.arn("rds", "db:db-2")))

    def vault_details(self):
        for name, vault in self.place.data["vaults"].items():
            if vault["record"].get("VaultType", "BACKUP_VAULT") != "BACKUP_VAULT":
                vault["detail"] = {"SourceBackupVaultArn": "arn:aws:backup:%s:%s:backup-vault:theirs" % (
                    self.place.name, self.world.accounts[0]), "MpaApprovalTeamArn":
                    "arn:aws:mpa:us-east-1:%s:approval-team/ops/%s" % (self.world.accounts[0], name)}

    def fill(self):
        events(self.rnd, self.place)
        self.images()
        self.data["lifecycles"] = [self.lifecycle(n) for n in range(6)]
        self.event_rules()
        self.restore_tests()
        self.legal_holds()
        self.jobs()
        self.vault_details()


def fill(world, account, region):
    """By numbers of its own: what was made without it stays as it was."""
    shared, filler = world.rnd, Filler(world, world.build.region(account, region))
    world.rnd = filler.rnd
    filler.fill()
    world.rnd = shared
