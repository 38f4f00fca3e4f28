"""Records in AWS's member names, made from few words: the generator and the stories share this."""
import hashlib
import json
import uuid

from .world import EMPTY_REGION, region_statuses

T0 = 1787000000             # 2026-08-17: worlds do not move with the clock of the machine


def ident(*parts):
    """A stable UUID for what the parts name."""
    return str(uuid.UUID(hashlib.md5("/".join(map(str, parts)).encode()).hexdigest(), version=4))


def hexid(size, *parts):
    return hashlib.sha256("/".join(map(str, parts)).encode()).hexdigest()[:size]


def root_policy(account, extra=()):
    """The policy KMS gives a key by default, and more statements."""
    return json.dumps({"Version": "2012-10-17", "Id": "key-default-1", "Statement": [
        {"Sid": "Enable IAM User Permissions", "Effect": "Allow",
         "Principal": {"AWS": "arn:aws:iam::%s:root" % account}, "Action": "kms:*",
         "Resource": "*"}] + list(extra)})


def use_statement(principals, sid="Allow use of the key"):
    return {"Sid": sid, "Effect": "Allow", "Principal": {"AWS": principals}, "Action": [
        "kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*",
        "kms:DescribeKey"], "Resource": "*"}


def grants_statement(principals):
    return {"Sid": "Allow attachment of persistent resources", "Effect": "Allow",
            "Principal": {"AWS": principals},
            "Action": ["kms:CreateGrant", "kms:ListGrants", "kms:RevokeGrant"], "Resource": "*",
            "Condition": {"Bool": {"kms:GrantIsForAWSResource": "true"}}}


def managed_policy(account, region, service):
    return json.dumps({"Version": "2012-10-17", "Id": "auto-%s-2" % service, "Statement": [
        {"Sid": "Allow access through %s" % service, "Effect": "Allow", "Principal": {"AWS": "*"},
         "Action": ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*",
                    "kms:CreateGrant", "kms:DescribeKey"], "Resource": "*",
         "Condition": {"StringEquals": {"kms:CallerAccount": account, "kms:ViaService":
                                        "%s.%s.amazonaws.com" % (service, region)}}}]})


class WorldBuilder:
    def __init__(self, management, name="Management"):
        self.text = {"partition": "aws", "management_account": management, "users": [
            {"access_key_id": "AKIA" + hexid(16, "user", management).upper(),
             "secret_access_key": hexid(40, "secret", management), "account": management,
             "name": "operator"}],
            "organization": {
                "Id": "o-" + hexid(10, "org", management), "FeatureSet": "ALL",
                "Arn": "arn:aws:organizations::%s:organization/o-%s" % (
                    management, hexid(10, "org", management)),
                "MasterAccountId": management, "MasterAccountEmail": "aws@example.com",
                "MasterAccountArn": "arn:aws:organizations::%s:account/o-%s/%s" % (
                    management, hexid(10, "org", management), management)},
            "roles": [], "denied": [], "accounts": {}}
        self.management = management
        self.account(management, name)

    def account(self, account, name, state="ACTIVE", opted_in=(), role="KeyfallRead",
                external_id=None):
        org = self.text["organization"]
        self.text["accounts"][account] = {
            "record": {"Id": account, "Arn": "%s/%s" % (
                org["MasterAccountArn"].rsplit("/", 1)[0], account), "Name": name,
                "Email": "aws+%s@example.com" % account, "State": state,
                "Status": {"ACTIVE": "ACTIVE", "SUSPENDED": "SUSPENDED"}.get(
                    state, "PENDING_CLOSURE"), "JoinedMethod": "CREATED",
                "JoinedTimestamp": T0 - 90000000 + int(account) % 1000},
            "regions": region_statuses(opted_in), "data": {},
            "global_settings": {"GlobalSettings": {"isCrossAccountBackupEnabled": "true"},
                                "LastUpdateTime": T0} if account == self.management else None}
        if self.text["accounts"][account]["global_settings"] is None:
            del self.text["accounts"][account]["global_settings"]
        row = {"arn": "arn:aws:iam::%s:role/%s" % (account, role), "trusts": [self.management]}
        if external_id:
            row["external_id"] = external_id
        self.text["roles"].append(row)

    def region(self, account, region):
        return RegionBuilder(self.text["accounts"][account]["data"], account, region)

    def deny(self, **rule):
        self.text["denied"].append(rule)


class RegionBuilder:
    def __init__(self, data, account, region):
        self.account, self.name = account, region
        self.data = data.setdefault(region, {
            k: (v.copy() if isinstance(v, (dict, list)) else v) for k, v in EMPTY_REGION.items()})

    def arn(self, service, rest, account=True):
        return "arn:aws:%s:%s:%s:%s" % (service, self.name, self.account if account else "", rest)

    # ---------------------------------------------------------------- KMS

    def key(self, label, state="Enabled", manager="CUSTOMER", origin="AWS_KMS",
            spec="SYMMETRIC_DEFAULT", usage="ENCRYPT_DECRYPT", policy=None, description="",
            created=T0 - 40000000, rotation=None, tags=(), alias=None, key_id=None, **extra):
        """A key and, if named, its alias; returns the key's ARN."""
        key_id = key_id or ident("key", self.account, self.name, label)
        meta = {"AWSAccountId": self.account, "KeyId": key_id, "Arn": self.arn("kms", "key/" + key_id),
                "CreationDate": created, "Enabled": state == "Enabled", "Description": description,
                "KeyUsage": usage, "KeyState": state, "Origin": origin, "KeyManager": manager,
                "CustomerMasterKeySpec": spec, "KeySpec": spec, "MultiRegion": False}
        if usage == "ENCRYPT_DECRYPT":
            meta["EncryptionAlgorithms"] = ["SYMMETRIC_DEFAULT"] if spec == "SYMMETRIC_DEFAULT" \
                else ["RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256"]
        elif usage == "SIGN_VERIFY":
            meta["SigningAlgorithms"] = ["ECDSA_SHA_256"]
        elif usage == "GENERATE_VERIFY_MAC":
            meta["MacAlgorithms"] = ["HMAC_SHA_256"]
        if spec in ("ML_DSA_44",):
            del meta["CustomerMasterKeySpec"]
        meta.update(extra)
        self.data["keys"][key_id] = {
            "metadata": meta, "policy": policy or root_policy(self.account),
            "rotation": rotation, "tags": [{"TagKey": k, "TagValue": v} for k, v in tags],
            "grants": [], "last_usage": None}
        if alias:
            self.alias(alias, key_id)
        return meta["Arn"]

    def managed_key(self, service):
        """The AWS managed key of a service, made once, with its alias."""
        key_id = ident("managed", self.account, self.name, service)
        if key_id in self.data["keys"]:
            return self.data["keys"][key_id]["metadata"]["Arn"]
        return self.key("managed", manager="AWS", key_id=key_id, alias="alias/aws/" + service,
                        policy=managed_policy(self.account, self.name, service),
                        rotation={"KeyRotationEnabled": True, "RotationPeriodInDays": 365,
                                  "NextRotationDate": T0 + 9000000},
                        description="Default key that protects my %s data when no other key is "
                                    "defined" % service)

    def alias(self, name, key_id=None, created=T0 - 40000000):
        row = {"AliasName": name, "AliasArn": self.arn("kms", name)}
        if key_id:
            row.update({"TargetKeyId": key_id.rsplit("/", 1)[-1], "CreationDate": created,
                        "LastUpdatedDate": created})
        self.data["aliases"].append(row)

    def grant(self, key_arn, n, grantee, operations=("Decrypt", "GenerateDataKey", "CreateGrant"),
              constraints=None, service=False, retiring=None, name=None):
        row = {"KeyId": key_arn, "GrantId": hexid(64, "grant", key_arn, n),
               "CreationDate": T0 - 1000000 - n, "GranteePrincipal": grantee,
               "IssuingAccount": "arn:aws:iam::%s:root" % self.account,
               "Operations": list(operations)}
        if service:
            row["GranteeServicePrincipal"] = grantee
        if retiring:
            row["RetiringPrincipal"] = retiring
        if name:
            row["Name"] = name
        if constraints:
            row["Constraints"] = constraints
        self.data["keys"][key_arn.rsplit("/", 1)[1]]["grants"].append(row)

    # ---------------------------------------------------------------- Parameter Store

    def parameter(self, name, kind="SecureString", key=None, description=None, tier="Standard",
                  tags=(), modified=T0 - 500000.25):
        row = {"Name": name, "ARN": self.arn("ssm", "parameter/" + name.lstrip("/")),
               "Type": kind, "LastModifiedDate": modified, "Version": 1, "Tier": tier,
               "LastModifiedUser": "arn:aws:iam::%s:user/operator" % self.account,
               "Policies": [], "DataType": "text"}
        if kind == "SecureString":
            row["KeyId"] = key or "alias/aws/ssm"
        if description is not None:
            row["Description"] = description
        self.data["parameters"].append(row)
        if tags:
            self.data["parameter_tags"][name] = [{"Key": k, "Value": v} for k, v in tags]
        return row["ARN"]

    # ---------------------------------------------------------------- AWS Backup

    def vault(self, name, key=None, policy=None, lock=None, kind="BACKUP_VAULT", tags=None,
              notify=False, created=T0 - 30000000):
        """`lock`: None, 'governance' or 'compliance'."""
        record = {"BackupVaultName": name, "BackupVaultArn": self.arn("backup", "backup-vault:" + name),
                  "VaultType": kind, "VaultState": "AVAILABLE", "CreationDate": created,
                  "Locked": lock is not None or kind != "BACKUP_VAULT"}
        if key:
            record["EncryptionKeyArn"] = key
            record["EncryptionKeyType"] = "CUSTOMER_MANAGED_KMS_KEY"
        elif kind != "BACKUP_VAULT":
            record["EncryptionKeyType"] = "AWS_OWNED_KMS_KEY"
        else:
            record["EncryptionKeyArn"] = self.managed_key("backup")
        if record["Locked"]:
            record.update({"MinRetentionDays": 7, "MaxRetentionDays": 365})
        if lock == "compliance":
            record["LockDate"] = T0 + 864000
        self.data["vaults"][name] = {
            "record": record, "policy": policy, "points": [], "tags": tags or {},
            "notifications": {"SNSTopicArn": self.arn("sns", "backup-events"), "BackupVaultEvents":
                              ["BACKUP_JOB_COMPLETED", "COPY_JOB_FAILED"]} if notify else None}
        return record["BackupVaultArn"]

    def point(self, vault, arn, resource, kind, key=None, encrypted=True, status="COMPLETED",
              created=T0 - 86400, days=35, source_vault=None, plan=None, **extra):
        record = self.data["vaults"][vault]["record"]
        row = {"RecoveryPointArn": arn, "BackupVaultName": vault,
               "BackupVaultArn": record["BackupVaultArn"], "ResourceArn": resource,
               "ResourceType": kind, "Status": status, "CreationDate": created,
               "IamRoleArn": "arn:aws:iam::%s:role/service-role/AWSBackupDefaultServiceRole"
                             % self.account, "IsEncrypted": encrypted, "IsParent": False,
               "BackupSizeInBytes": 1 << 30, "VaultType": record["VaultType"]}
        if status in ("COMPLETED", "EXPIRED"):
            row["CompletionDate"] = created + 1800.5
        if key:
            row["EncryptionKeyArn"] = key
        if days:
            row["Lifecycle"] = {"DeleteAfterDays": days}
            row["CalculatedLifecycle"] = {"DeleteAt": created + days * 86400}
        if source_vault:
            row["SourceBackupVaultArn"] = source_vault
        if plan:
            row["CreatedBy"] = plan
        row.update(extra)
        self.data["vaults"][vault]["points"].append(row)
        return arn

    def plan(self, name, rules, selections=()):
        """`rules`: (rule name, vault name, [copy destination ARNs]); `selections`: bodies."""
        plan_id = ident("plan", self.account, self.name, name)
        arn = self.arn("backup", "backup-plan:" + plan_id)
        body = {"BackupPlanName": name, "Rules": [
            {"RuleName": rule, "TargetBackupVaultName": vault, "RuleId": ident("rule", plan_id, rule),
             "ScheduleExpression": "cron(0 5 ? * * *)", "ScheduleExpressionTimezone": "Etc/UTC",
             "StartWindowMinutes": 480, "CompletionWindowMinutes": 10080,
             "Lifecycle": {"DeleteAfterDays": 35}, "EnableContinuousBackup": False,
             "CopyActions": [{"DestinationBackupVaultArn": d, "Lifecycle": {"DeleteAfterDays": 90}}
                             for d in copies]} for rule, vault, copies in rules]}
        out = {}
        for n, selection in enumerate(selections):
            sid = ident("selection", plan_id, n)
            out[sid] = {"SelectionId": sid, "BackupPlanId": plan_id, "CreationDate": T0 - 20000000,
                        "BackupSelection": dict({
                            "SelectionName": "selection-%d" % n,
                            "IamRoleArn": "arn:aws:iam::%s:role/service-role/"
                                          "AWSBackupDefaultServiceRole" % self.account}, **selection)}
        self.data["plans"][plan_id] = {"selections": out, "plan": {
            "BackupPlan": body, "BackupPlanId": plan_id, "BackupPlanArn": arn,
            "VersionId": hexid(24, plan_id), "CreationDate": T0 - 20000000,
            "LastExecutionDate": T0 - 3600.75}}
        return plan_id

    def copy_job(self, source_point, source_vault, destination_vault, resource, kind,
                 state="COMPLETED", destination_point=None, key=None, message=None, n=0):
        row = {"AccountId": self.account, "CopyJobId": ident("copy", source_point,
                                                            destination_vault, n).upper(),
               "SourceBackupVaultArn": source_vault, "SourceRecoveryPointArn": source_point,
               "DestinationBackupVaultArn": destination_vault, "ResourceArn": resource,
               "CreationDate": T0 - 80000, "CompletionDate": T0 - 79000.125, "State": state,
               "BackupSizeInBytes": 1 << 30, "ResourceType": kind, "IsParent": False,
               "IamRoleArn": "arn:aws:iam::%s:role/service-role/AWSBackupDefaultServiceRole"
                             % self.account}
        if destination_point:
            row["DestinationRecoveryPointArn"] = destination_point
        if key:
            row["DestinationEncryptionKeyArn"] = key
        if message:
            row.update({"StatusMessage": message, "MessageCategory": "AccessDenied"})
        self.data["copy_jobs"].append(row)

    def protect(self, resource, kind, name, vault, point):
        self.data["protected_resources"].append({
            "ResourceArn": resource, "ResourceType": kind, "LastBackupTime": T0 - 86400,
            "ResourceName": name, "LastBackupVaultArn": vault, "LastRecoveryPointArn": point})

    # ---------------------------------------------------------------- EBS and RDS

    def volume(self, label, key=None, tags=(), instance=None):
        vid = "vol-" + hexid(17, "vol", self.account, self.name, label)
        row = {"VolumeId": vid, "State": "in-use" if instance else "available", "Size": 100,
               "VolumeType": "gp3", "Encrypted": key is not None, "CreateTime": T0 - 9000000,
               "AvailabilityZone": self.name + "a", "SnapshotId": "", "MultiAttachEnabled": False}
        if key:
            row["KmsKeyId"] = key
        if tags:
            row["Tags"] = [{"Key": k, "Value": v} for k, v in tags]
        if instance:
            row["Attachments"] = [{"InstanceId": instance, "VolumeId": vid, "Device": "/dev/xvda",
                                   "State": "attached", "DeleteOnTermination": True,
                                   "AttachTime": T0 - 9000000}]
        self.data["volumes"].append(row)
        return self.arn("ec2", "volume/" + vid)

    def snapshot(self, label, volume=None, key=None, owner=None, state="completed", tags=(),
                 description="", message=None):
        sid = "snap-" + hexid(17, "snap", self.account, self.name, label)
        row = {"SnapshotId": sid, "VolumeId": volume.rsplit("/", 1)[1] if volume else "vol-ffffffff",
               "State": state, "StartTime": T0 - 86400, "Progress": "100%",
               "OwnerId": owner or self.account, "Description": description, "VolumeSize": 100,
               "Encrypted": key is not None, "StorageTier": "standard"}
        if message:
            row["StateMessage"] = message
        if key:
            row["KmsKeyId"] = key
            row["DataEncryptionKeyId"] = "key-" + hexid(16, volume or sid)
        if tags:
            row["Tags"] = [{"Key": k, "Value": v} for k, v in tags]
        self.data["snapshots"].append(row)
        return self.arn("ec2", "snapshot/" + sid, account=False)

    def db(self, name, key=None, engine="postgres", status="available", cluster=None, tags=()):
        row = {"DBInstanceIdentifier": name, "DBInstanceArn": self.arn("rds", "db:" + name),
               "DbiResourceId": "db-" + hexid(26, "db", self.account, self.name, name).upper(),
               "Engine": engine, "EngineVersion": "16.4", "DBInstanceStatus": status,
               "DBInstanceClass": "db.r6g.large", "MultiAZ": False, "AllocatedStorage": 100,
               "StorageEncrypted": key is not None, "BackupRetentionPeriod": 7,
               "DeletionProtection": True, "InstanceCreateTime": T0 - 50000000.5}
        if key:
            row["KmsKeyId"] = key
        if cluster:
            row["DBClusterIdentifier"] = cluster
        if tags:
            row["TagList"] = [{"Key": k, "Value": v} for k, v in tags]
        self.data["db_instances"].append(row)
        return row["DBInstanceArn"]

    def db_cluster(self, name, key=None, engine="aurora-postgresql", status="available"):
        row = {"DBClusterIdentifier": name, "DBClusterArn": self.arn("rds", "cluster:" + name),
               "DbClusterResourceId": "cluster-" + hexid(26, "c", self.account, name).upper(),
               "Engine": engine, "EngineVersion": "16.4", "Status": status,
               "StorageEncrypted": key is not None, "BackupRetentionPeriod": 7,
               "DeletionProtection": False, "ClusterCreateTime": T0 - 50000000}
        if key:
            row["KmsKeyId"] = key
        self.data["db_clusters"].append(row)
        return row["DBClusterArn"]

    def db_snapshot(self, name, instance, key=None, kind="manual", owner=None, source=None):
        arn = "arn:aws:rds:%s:%s:snapshot:%s" % (self.name, owner or self.account, name)
        row = {"DBSnapshotIdentifier": arn if kind == "shared" else name, "DBSnapshotArn": arn,
               "DBInstanceIdentifier": instance, "Engine": "postgres", "Status": "available",
               "SnapshotType": kind, "SnapshotCreateTime": T0 - 86400.125, "AllocatedStorage": 100,
               "DbiResourceId": "db-" + hexid(26, "db", self.account, self.name, instance).upper(),
               "Encrypted": key is not None, "PercentProgress": 100}
        if key:
            row["KmsKeyId"] = key
        if source:
            row["SourceDBSnapshotIdentifier"] = source
        self.data["db_snapshots"].append(row)
        return arn

    def db_cluster_snapshot(self, name, cluster, key=None, kind="manual", owner=None):
        arn = "arn:aws:rds:%s:%s:cluster-snapshot:%s" % (self.name, owner or self.account, name)
        row = {"DBClusterSnapshotIdentifier": name, "DBClusterSnapshotArn": arn,
               "DBClusterIdentifier": cluster, "Engine": "aurora-postgresql", "Status": "available",
               "SnapshotType": kind, "SnapshotCreateTime": T0 - 86400, "AllocatedStorage": 1,
               "StorageEncrypted": key is not None, "PercentProgress": 100}
        if key:
            row["KmsKeyId"] = key
        self.data["db_cluster_snapshots"].append(row)
        return arn

    def db_automated(self, instance, key=None, status="active"):
        self.data["db_automated_backups"].append(dict({
            "DBInstanceArn": self.arn("rds", "db:" + instance), "DBInstanceIdentifier": instance,
            "DbiResourceId": "db-" + hexid(26, "db", self.account, self.name, instance).upper(),
            "Region": self.name, "Status": status, "Encrypted": key is not None,
            "DBInstanceAutomatedBackupsArn": self.arn("rds", "auto-backup:ab-" + hexid(
                20, "ab", self.account, self.name, instance)), "Engine": "postgres",
            "BackupRetentionPeriod": 7,
            "RestoreWindow": {"EarliestTime": T0 - 604800, "LatestTime": T0 - 300}},
            **({"KmsKeyId": key} if key else {})))
