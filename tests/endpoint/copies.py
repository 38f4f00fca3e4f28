"""A copy job of AWS Backup from its start to its end, and what it needs to end well:
docs.aws.amazon.com/aws-backup/latest/devguide/create-cross-account-backup.html and encryption.html there."""
import hashlib

from . import policies
from .errors import ApiError

#: Types whose recovery points are under the vault's key, whatever the source uses.
FULLY_MANAGED = {"S3", "EFS", "DynamoDB", "Timestream", "VirtualMachine", "SAP HANA on Amazon EC2", "Aurora DSQL"}
#: What AWS Backup keeps under its own names for each account and Region, and cannot share.
DEFAULT_VAULTS = {"Default", "aws/efs/automatic-backup-vault"}


def invalid(why):
    return ApiError("InvalidParameterValueException", why, 400)


def parts(arn, service):
    """(region, account, name) of an ARN of the service."""
    bits = arn.split(":", 5)
    if len(bits) != 6 or bits[0] != "arn" or bits[2] != service:
        raise invalid("Invalid ARN: %s" % arn)
    return bits[3], bits[4], bits[5]


def key_of(world, arn):
    """The key that an ARN names, or None."""
    region, account, name = parts(arn, "kms")
    if not world.account(account):
        return None
    return world.region(account, region)["keys"].get(name.rpartition("key/")[2])


def _at_home(place, key, point):
    """What keeps a copy from ending well wherever it goes, or None."""
    if key is None or key["metadata"]["KeyState"] != "Enabled":
        return "The key of the destination vault cannot be used"
    if point["ResourceType"] not in FULLY_MANAGED and any(
            a["AliasName"] == "alias/aws/backup" and a.get("TargetKeyId") == key["metadata"]["KeyId"]
            for a in place["aliases"]):
        return "The destination vault is encrypted with aws/backup, which this type cannot use"
    return None


def _across(world, vault, home, account, source):
    """What keeps a copy from leaving its account, or None. source: the key it is under, unless the vault's is."""
    management = world.account(world.text["management_account"])
    settings = (management.get("global_settings") or {}).get("GlobalSettings", {})
    if settings.get("isCrossAccountBackupEnabled") != "true":
        return "Cross-account backup is not enabled in the organization"
    if vault["record"]["BackupVaultName"] in DEFAULT_VAULTS:
        return "The destination is a default vault"
    if not vault["policy"] or not policies.names_account(policies.parse(vault["policy"]), home,
                                                         "backup:CopyIntoBackupVault"):
        return "Access Denied trying to call AWS Backup service"
    if source and source["metadata"]["KeyManager"] == "AWS":
        return "The source snapshot KMS key is AWS managed and cannot be shared"
    if source and not policies.names_account(policies.parse(source["policy"]), account, "kms:CreateGrant"):
        return "The source snapshot KMS key does not exist, is not enabled or you do not have permissions to access it"
    return None


def _why_not(world, job, point):
    """The first thing that keeps a copy from ending well, or None."""
    region, account, name = parts(job["DestinationBackupVaultArn"], "backup")
    place = world.region(account, region) if world.account(account) else {"vaults": {}}
    vault = place["vaults"].get(name.split(":", 1)[1])
    if vault is None:
        return "The destination vault does not exist"
    source = key_of(world, point["EncryptionKeyArn"]) if point.get("EncryptionKeyArn") else None
    if source and source["metadata"]["KeyState"] != "Enabled":
        return "The key of the recovery point cannot be used"
    key = key_of(world, vault["record"]["EncryptionKeyArn"]) if "EncryptionKeyArn" in vault["record"] else None
    if point["ResourceType"] in FULLY_MANAGED:
        source = None
    return _at_home(place, key, point) or \
        (_across(world, vault, job["AccountId"], account, source) if account != job["AccountId"] else None)


def _copied_arn(world, job, region, account):
    """The ARN of a copy: the service's own where AWS Backup does not manage the type in full."""
    number = hashlib.sha256(job["CopyJobId"].encode()).hexdigest()
    forms = {"RDS": ("rds", account, "snapshot:awsbackup:copyjob-" + job["CopyJobId"].lower()),
             "Aurora": ("rds", account, "cluster-snapshot:awsbackup:copyjob-" + job["CopyJobId"].lower()),
             "EBS": ("ec2", "", "snapshot/snap-" + number[:17]), "EC2": ("ec2", "", "image/ami-" + number[:17])}
    service, owner, rest = forms.get(job["ResourceType"], ("backup", account, "recovery-point:" + job["CopyJobId"]))
    return world.arn(service, region, owner, rest)


def _finish(world, job, lifecycle):
    region, account, home = job["SourceBackupVaultArn"].split(":")[3], job["AccountId"], \
        job["SourceBackupVaultArn"].split(":", 6)[6]
    point = next(p for p in world.region(account, region)["vaults"][home]["points"]
                 if p["RecoveryPointArn"] == job["SourceRecoveryPointArn"])
    why = _why_not(world, job, point)
    now = round(world.now(), 3)
    job["CompletionDate"] = now
    if why:
        job.update(State="FAILED", StatusMessage=why, MessageCategory="FAILURE")
        return
    there, owner, name = parts(job["DestinationBackupVaultArn"], "backup")
    vault = world.own_region(owner, there)["vaults"][name.split(":", 1)[1]]
    copy = {k: point[k] for k in ("ResourceArn", "ResourceType", "IamRoleArn", "BackupSizeInBytes") if k in point}
    copy.update(RecoveryPointArn=_copied_arn(world, job, there, owner), IsEncrypted=True, IsParent=False,
                BackupVaultName=vault["record"]["BackupVaultName"], Status="COMPLETED", CreationDate=now,
                BackupVaultArn=vault["record"]["BackupVaultArn"], CompletionDate=now, VaultType="BACKUP_VAULT",
                SourceBackupVaultArn=job["SourceBackupVaultArn"], EncryptionKeyArn=vault["record"]["EncryptionKeyArn"])
    days = (lifecycle or {}).get("DeleteAfterDays", 0)
    if days > 0:
        copy.update(Lifecycle={"DeleteAfterDays": days}, CalculatedLifecycle={"DeleteAt": now + days * 86400})
    vault["points"].append(copy)
    job.update(State="COMPLETED", DestinationRecoveryPointArn=copy["RecoveryPointArn"],
               DestinationEncryptionKeyArn=copy["EncryptionKeyArn"])


def look(world, job):
    """A look at a running job: the last one it takes ends it."""
    left = world.running.get(job["CopyJobId"])
    if left is None:
        return
    left[0] -= 1
    if left[0] > 0:
        job["State"] = "RUNNING"
    else:
        del world.running[job["CopyJobId"]]
        _finish(world, job, left[1])
