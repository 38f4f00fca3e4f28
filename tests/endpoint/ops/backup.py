"""AWS Backup reads. Copy jobs that run go on with each look at them."""
from .. import copies
from ..errors import ApiError
from . import op


def _vault_arn(world, account, region, params):
    return world.arn("backup", region, account, "backup-vault:" + params["BackupVaultName"])


def _vault(world, account, region, params):
    vault = world.region(account, region)["vaults"].get(params["BackupVaultName"])
    if vault is None:
        raise ApiError("ResourceNotFoundException", "Cannot find Backup vault with name %s"
                       % params["BackupVaultName"])
    return vault


def _plan(world, account, region, params):
    plan = world.region(account, region)["plans"].get(params["BackupPlanId"])
    if plan is None:
        raise ApiError("ResourceNotFoundException", "Cannot find Backup plan with ID %s"
                       % params["BackupPlanId"])
    return plan


def _record(vault):
    """A vault's record with the count of its points filled in."""
    return dict(vault["record"], NumberOfRecoveryPoints=vault["record"].get(
        "NumberOfRecoveryPoints", len(vault["points"])))


@op("backup", "ListBackupVaults")
def list_backup_vaults(world, account, region, params):
    rows = [_record(v) for v in world.region(account, region)["vaults"].values()]
    if "ByVaultType" in params:
        rows = [r for r in rows if r.get("VaultType", "BACKUP_VAULT") == params["ByVaultType"]]
    return {"BackupVaultList": rows}


@op("backup", "DescribeBackupVault", resource=_vault_arn)
def describe_backup_vault(world, account, region, params):
    vault = _vault(world, account, region, params)
    return dict(_record(vault), **vault.get("detail", {}))


@op("backup", "GetBackupVaultAccessPolicy", resource=_vault_arn)
def get_backup_vault_access_policy(world, account, region, params):
    vault = _vault(world, account, region, params)
    if not vault.get("policy"):
        raise ApiError("ResourceNotFoundException", "Access Policy does not exist for Backup "
                       "vault with name %s" % params["BackupVaultName"])
    return {"BackupVaultName": params["BackupVaultName"],
            "BackupVaultArn": vault["record"]["BackupVaultArn"], "Policy": vault["policy"]}


@op("backup", "GetBackupVaultNotifications", resource=_vault_arn)
def get_backup_vault_notifications(world, account, region, params):
    vault = _vault(world, account, region, params)
    if not vault.get("notifications"):
        raise ApiError("ResourceNotFoundException", "No notifications set for Backup vault with "
                       "name %s" % params["BackupVaultName"])
    return dict(vault["notifications"], BackupVaultName=params["BackupVaultName"],
                BackupVaultArn=vault["record"]["BackupVaultArn"])


POINT_FILTERS = {
    "ByResourceArn": lambda p, v: p.get("ResourceArn") == v,
    "ByResourceType": lambda p, v: p.get("ResourceType") == v,
    "ByBackupPlanId": lambda p, v: p.get("CreatedBy", {}).get("BackupPlanId") == v,
    "ByCreatedBefore": lambda p, v: p["CreationDate"] < v,
    "ByCreatedAfter": lambda p, v: p["CreationDate"] > v,
    "ByParentRecoveryPointArn": lambda p, v: p.get("ParentRecoveryPointArn") == v,
}


@op("backup", "ListRecoveryPointsByBackupVault", resource=_vault_arn)
def list_recovery_points_by_backup_vault(world, account, region, params):
    rows = _vault(world, account, region, params)["points"]
    for name, keep in POINT_FILTERS.items():
        if name in params:
            rows = [p for p in rows if keep(p, params[name])]
    return {"RecoveryPoints": rows}


@op("backup", "ListProtectedResources")
def list_protected_resources(world, account, region, params):
    return {"Results": world.region(account, region)["protected_resources"]}


@op("backup", "ListBackupPlans")
def list_backup_plans(world, account, region, params):
    rows = []
    for plan in world.region(account, region)["plans"].values():
        full = plan["plan"]
        row = {k: full[k] for k in ("BackupPlanId", "BackupPlanArn", "VersionId", "CreationDate",
                                    "LastExecutionDate", "DeletionDate") if k in full}
        row["BackupPlanName"] = full["BackupPlan"]["BackupPlanName"]
        if "DeletionDate" not in row or params.get("IncludeDeleted"):
            rows.append(row)
    return {"BackupPlansList": rows}


@op("backup", "GetBackupPlan")
def get_backup_plan(world, account, region, params):
    return _plan(world, account, region, params)["plan"]


@op("backup", "ListBackupSelections")
def list_backup_selections(world, account, region, params):
    plan = _plan(world, account, region, params)
    return {"BackupSelectionsList": [
        {"SelectionId": s["SelectionId"], "SelectionName": s["BackupSelection"]["SelectionName"],
         "BackupPlanId": s["BackupPlanId"], "CreationDate": s["CreationDate"],
         "IamRoleArn": s["BackupSelection"]["IamRoleArn"]} for s in plan["selections"].values()]}


@op("backup", "GetBackupSelection")
def get_backup_selection(world, account, region, params):
    found = _plan(world, account, region, params)["selections"].get(params["SelectionId"])
    if found is None:
        raise ApiError("ResourceNotFoundException", "Cannot find Backup selection with ID %s"
                       % params["SelectionId"])
    return found


JOB_FILTERS = {
    "ByResourceArn": lambda j, v: j.get("ResourceArn") == v,
    "ByState": lambda j, v: j.get("State") == v,
    "ByCreatedBefore": lambda j, v: j["CreationDate"] < v,
    "ByCreatedAfter": lambda j, v: j["CreationDate"] > v,
    "ByResourceType": lambda j, v: j.get("ResourceType") == v,
    "ByDestinationVaultArn": lambda j, v: j.get("DestinationBackupVaultArn") == v,
    "ByAccountId": lambda j, v: v == "*" or j.get("AccountId") == v,
    "ByCompleteBefore": lambda j, v: j.get("CompletionDate", v) < v,
    "ByCompleteAfter": lambda j, v: j.get("CompletionDate", v) > v,
    "ByParentJobId": lambda j, v: j.get("ParentJobId") == v,
    "ByMessageCategory": lambda j, v: v == "*" or j.get("MessageCategory") == v,
    "BySourceRecoveryPointArn": lambda j, v: j.get("SourceRecoveryPointArn") == v,
}


@op("backup", "ListCopyJobs")
def list_copy_jobs(world, account, region, params):
    rows = world.region(account, region)["copy_jobs"]
    for job in rows:
        copies.look(world, job)
    for name, keep in JOB_FILTERS.items():
        if name in params:
            rows = [j for j in rows if keep(j, params[name])]
    return {"CopyJobs": rows}


@op("backup", "DescribeRegionSettings")
def describe_region_settings(world, account, region, params):
    return world.region(account, region)["region_settings"] or {
        "ResourceTypeOptInPreference": {}, "ResourceTypeManagementPreference": {}}


@op("backup", "DescribeGlobalSettings")
def describe_global_settings(world, account, region, params):
    settings = world.account(account).get("global_settings")
    if settings is None:
        raise ApiError("AccessDeniedException", "Insufficient privileges to perform this action.",
                       403)
    return settings


@op("backup", "ListTags", resource=lambda w, a, r, p: p["ResourceArn"])
def list_tags(world, account, region, params):
    data, arn = world.region(account, region), params["ResourceArn"]
    if not arn.startswith("arn:"):
        raise ApiError("InvalidParameterValueException", "Invalid ARN: %s" % arn)
    for vault in data["vaults"].values():
        if vault["record"]["BackupVaultArn"] == arn:
            return {"Tags": vault.get("tags", {})}
        if any(p["RecoveryPointArn"] == arn for p in vault["points"]):
            return {"Tags": data["backup_tags"].get(arn, {})}
    if any(p["plan"]["BackupPlanArn"] == arn for p in data["plans"].values()):
        return {"Tags": data["backup_tags"].get(arn, {})}
    raise ApiError("ResourceNotFoundException", "Resource not found: %s" % arn)
