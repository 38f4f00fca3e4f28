"""AWS Backup writes, with what it asks before it takes one: docs.aws.amazon.com/aws-backup/latest/devguide/."""
import json
import uuid

from .. import copies, policies
from ..build import RegionBuilder
from ..copies import invalid, key_of, parts
from ..errors import ApiError
from . import op
from .backup import _plan, _vault, _vault_arn


def _again(data, kind, token, params):
    """What was made before with this token, if it was; the same token for something else is refused."""
    before = data.setdefault("served", {}).get("%s %s" % (kind, token)) if token else None
    if before and before["asked"] != json.loads(json.dumps(params)):
        raise ApiError("AlreadyExistsException", "The token %s was used for another request" % token, 400)
    return before and before["answer"]


def _served(data, kind, token, params, answer):
    if token:
        data.setdefault("served", {})["%s %s" % (kind, token)] = {"asked": params, "answer": answer}
    return answer


# ---------------------------------------------------------------- vaults

def _vault_key(world, account, region, params):
    """(ARN, type) of the key of a new vault."""
    arn = params.get("EncryptionKeyArn")
    if not arn:
        return RegionBuilder({region: world.own_region(account, region)}, account, region).managed_key("backup"), None
    if ":key/" not in arn:
        raise invalid("EncryptionKeyArn must be the ARN of a key: %s" % arn)
    where, owner, _ = parts(arn, "kms")
    key = key_of(world, arn)
    if where != region or key is None or key["metadata"]["KeySpec"] != "SYMMETRIC_DEFAULT" or \
            key["metadata"]["KeyState"] != "Enabled":
        raise invalid("The key %s is not a usable symmetric key of %s" % (arn, region))
    if owner != account and not policies.names_account(policies.parse(key["policy"]), account, "kms:CreateGrant"):
        raise ApiError("AccessDeniedException", "%s may not use %s" % (account, arn), 403)
    return arn, "CUSTOMER_MANAGED_KMS_KEY" if key["metadata"]["KeyManager"] == "CUSTOMER" else None


@op("backup", "CreateBackupVault", resource=_vault_arn, write=True)
def create_backup_vault(world, account, region, params):
    name, data, token = params["BackupVaultName"], world.own_region(account, region), params.get("CreatorRequestId")
    before = _again(data, "vault", token, params)
    if before:
        return before
    if name in data["vaults"]:
        raise ApiError("AlreadyExistsException", "Backup vault with the same name already exists", 400)
    key, kind = _vault_key(world, account, region, params)
    record = {"BackupVaultName": name, "BackupVaultArn": _vault_arn(world, account, region, params),
              "VaultType": "BACKUP_VAULT", "VaultState": "AVAILABLE", "CreationDate": round(world.now(), 3),
              "EncryptionKeyArn": key, "Locked": False}
    if token:
        record["CreatorRequestId"] = token
    if kind:
        record["EncryptionKeyType"] = kind
    data["vaults"][name] = {"record": record, "policy": None, "points": [], "notifications": None,
                            "tags": params.get("BackupVaultTags", {})}
    return _served(data, "vault", token, params,
                   {k: record[k] for k in ("BackupVaultName", "BackupVaultArn", "CreationDate")})


@op("backup", "PutBackupVaultAccessPolicy", resource=_vault_arn, write=True)
def put_backup_vault_access_policy(world, account, region, params):
    vault = _vault(world, account, region, params)
    if not params.get("Policy"):
        raise ApiError("MissingParameterValueException", "Policy is missing", 400)
    try:
        statements = policies.parse(params["Policy"])
        policies.check_principals(world, statements)
    except ApiError as err:
        raise invalid(err.message) from err
    actions = [a for s in statements for a in policies.listed(s.get("Action", []))]
    if any("*" in a or not a.startswith("backup:") for a in actions):
        raise invalid("The specified policy cannot be added to the vault: an action is not valid")
    vault["policy"] = params["Policy"]
    return {}


@op("backup", "UpdateGlobalSettings", write=True)
def update_global_settings(world, account, region, params):
    if account != world.text["management_account"]:
        raise ApiError("InvalidRequestException", "Only the management account may change global settings", 400)
    settings = params.get("GlobalSettings", {})
    if any(v not in ("true", "false") for v in settings.values()):
        raise invalid("A global setting is true or false")
    have = world.account(account).setdefault("global_settings", {"GlobalSettings": {}})
    have["GlobalSettings"] = dict(have["GlobalSettings"], **settings)
    have["LastUpdateTime"] = round(world.now(), 3)
    return {}


# ---------------------------------------------------------------- plans

def _rules(world, account, region, plan, before=()):
    """Rules as AWS keeps them: each has an id, which a rule of the same name keeps."""
    ids, out = {r["RuleName"]: r["RuleId"] for r in before}, []
    vaults = world.region(account, region)["vaults"]
    if len({r["RuleName"] for r in plan["Rules"]}) < len(plan["Rules"]):
        raise invalid("Rule names must be unique")
    for rule in plan["Rules"]:
        if rule["TargetBackupVaultName"] not in vaults:
            raise invalid("Backup vault %s does not exist" % rule["TargetBackupVaultName"])
        for copy in rule.get("CopyActions", []):
            if not parts(copy["DestinationBackupVaultArn"], "backup")[2].startswith("backup-vault:"):
                raise invalid("Invalid ARN: %s" % copy["DestinationBackupVaultArn"])
        for part in [rule] + rule.get("CopyActions", []):
            days = part.get("Lifecycle", {})
            cold = days.get("MoveToColdStorageAfterDays", 0)
            if cold > 0 and 0 < days.get("DeleteAfterDays", 0) < cold + 90:
                raise invalid("DeleteAfterDays must be at least 90 days after MoveToColdStorageAfterDays")
        out.append(dict({"RuleId": ids.get(rule["RuleName"], str(uuid.uuid4())), "StartWindowMinutes": 480,
                         "CompletionWindowMinutes": 10080, "ScheduleExpressionTimezone": "Etc/UTC",
                         "ScheduleExpression": "cron(0 5 ? * * *)", "EnableContinuousBackup": False}, **rule))
    return out


@op("backup", "CreateBackupPlan", write=True)
def create_backup_plan(world, account, region, params):
    data, token, plan = world.own_region(account, region), params.get("CreatorRequestId"), params["BackupPlan"]
    before = _again(data, "plan", token, params)
    if before:
        return before
    body = dict(plan, Rules=_rules(world, account, region, plan))
    plan_id = str(uuid.uuid4())
    full = {"BackupPlan": body, "BackupPlanId": plan_id, "CreationDate": round(world.now(), 3),
            "BackupPlanArn": world.arn("backup", region, account, "backup-plan:" + plan_id),
            "VersionId": uuid.uuid4().hex}
    if token:
        full["CreatorRequestId"] = token
    data["plans"][plan_id] = {"plan": full, "selections": {}}
    data["backup_tags"][full["BackupPlanArn"]] = params.get("BackupPlanTags", {})
    return _served(data, "plan", token, params,
                   {k: full[k] for k in ("BackupPlanId", "BackupPlanArn", "CreationDate", "VersionId")})


@op("backup", "UpdateBackupPlan", write=True)
def update_backup_plan(world, account, region, params):
    full = _plan(world, account, region, params)["plan"]
    rules = _rules(world, account, region, params["BackupPlan"], full["BackupPlan"]["Rules"])
    full.update(BackupPlan=dict(params["BackupPlan"], Rules=rules), VersionId=uuid.uuid4().hex)
    return {"BackupPlanId": full["BackupPlanId"], "BackupPlanArn": full["BackupPlanArn"],
            "CreationDate": full["CreationDate"], "VersionId": full["VersionId"]}


@op("backup", "CreateBackupSelection", write=True)
def create_backup_selection(world, account, region, params):
    data, token, body = world.own_region(account, region), params.get("CreatorRequestId"), params["BackupSelection"]
    before = _again(data, "selection", token, params)
    if before:
        return before
    plan = _plan(world, account, region, params)
    if not world.exists(body["IamRoleArn"]):
        raise invalid("The role %s does not exist" % body["IamRoleArn"])
    if any(s["BackupSelection"]["SelectionName"] == body["SelectionName"] for s in plan["selections"].values()):
        raise ApiError("AlreadyExistsException", "A selection of that name exists", 400)
    one = {"SelectionId": str(uuid.uuid4()), "BackupPlanId": params["BackupPlanId"], "BackupSelection": body,
           "CreationDate": round(world.now(), 3)}
    if token:
        one["CreatorRequestId"] = token
    plan["selections"][one["SelectionId"]] = one
    return _served(data, "selection", token, params,
                   {k: one[k] for k in ("SelectionId", "BackupPlanId", "CreationDate")})


# ---------------------------------------------------------------- copies

@op("backup", "StartCopyJob", write=True, resource=lambda w, a, r, p: p["RecoveryPointArn"])
def start_copy_job(world, account, region, params):
    data, token = world.own_region(account, region), params.get("IdempotencyToken")
    before = _again(data, "copy", token, params)
    if before:
        return before
    vault = _vault(world, account, region, {"BackupVaultName": params["SourceBackupVaultName"]})
    point = next((p for p in vault["points"] if p["RecoveryPointArn"] == params["RecoveryPointArn"]), None)
    if point is None:
        raise ApiError("ResourceNotFoundException", "No such recovery point in the vault")
    if point["Status"] != "COMPLETED" or point.get("StorageClass") == "COLD":
        raise ApiError("InvalidRequestException", "The recovery point cannot be copied", 400)
    _, _, name = parts(params["DestinationBackupVaultArn"], "backup")
    if not name.startswith("backup-vault:"):
        raise invalid("Invalid ARN: %s" % params["DestinationBackupVaultArn"])
    if not world.exists(params["IamRoleArn"]):
        raise invalid("The role %s does not exist" % params["IamRoleArn"])
    job = {"AccountId": account, "CopyJobId": str(uuid.uuid4()).upper(), "State": "CREATED", "IsParent": False,
           "SourceBackupVaultArn": vault["record"]["BackupVaultArn"], "IamRoleArn": params["IamRoleArn"],
           "SourceRecoveryPointArn": point["RecoveryPointArn"], "ResourceType": point["ResourceType"],
           "DestinationBackupVaultArn": params["DestinationBackupVaultArn"], "ResourceArn": point["ResourceArn"],
           "CreationDate": round(world.now(), 3), "BackupSizeInBytes": point.get("BackupSizeInBytes", 0)}
    data["copy_jobs"].append(job)
    world.running[job["CopyJobId"]] = [world.copy_polls, params.get("Lifecycle")]
    return _served(data, "copy", token, params,
                   {k: job[k] for k in ("CopyJobId", "CreationDate", "IsParent")})


@op("backup", "DescribeCopyJob")
def describe_copy_job(world, account, region, params):
    job = next((j for j in world.region(account, region)["copy_jobs"]
                if j["CopyJobId"] == params["CopyJobId"]), None)
    if job is None:
        raise ApiError("ResourceNotFoundException", "Cannot find copy job %s" % params["CopyJobId"])
    copies.look(world, job)
    return {"CopyJob": job}


@op("backup", "DescribeRecoveryPoint", resource=lambda w, a, r, p: p["RecoveryPointArn"])
def describe_recovery_point(world, account, region, params):
    vault = _vault(world, account, region, params)
    for point in vault["points"]:
        if point["RecoveryPointArn"] == params["RecoveryPointArn"]:
            return point
    raise ApiError("ResourceNotFoundException", "Cannot find recovery point %s" % params["RecoveryPointArn"])
