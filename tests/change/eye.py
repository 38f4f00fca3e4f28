"""What boto3 sees of keys, aliases, policies, grants, tags, rotation, parameters, vaults, plans and jobs, as one flat
dictionary: two of them differ in exactly what was changed. It knows nothing of keyfall."""
import json

import botocore.exceptions


def pages(client, operation, key, **args):
    for page in client.get_paginator(operation).paginate(**args):
        yield from page[key]


def quiet(call, *codes, **args):
    """The answer, or the code of the error."""
    try:
        answer = call(**args)
    except botocore.exceptions.ClientError as err:
        return "!" + err.response["Error"]["Code"]
    answer.pop("ResponseMetadata", None)
    return answer


def see_kms(client, at, out):
    for key in pages(client, "list_keys", "Keys"):
        ident = key["KeyId"]
        where = "%s key %s " % (at, ident)
        meta = client.describe_key(KeyId=ident)["KeyMetadata"]
        for name, value in meta.items():
            out[where + name] = value
        policy = quiet(client.get_key_policy, KeyId=ident, PolicyName="default")
        out[where + "policy"] = policy if isinstance(policy, str) else json.loads(policy["Policy"])
        rotation = quiet(client.get_key_rotation_status, KeyId=ident)
        out[where + "rotation"] = rotation if isinstance(rotation, str) else rotation.get("KeyRotationEnabled")
        tags = quiet(client.list_resource_tags, KeyId=ident)
        for tag in [] if isinstance(tags, str) else tags["Tags"]:
            out[where + "tag " + tag["TagKey"]] = tag["TagValue"]
        grants = quiet(client.list_grants, KeyId=ident)
        out[where + "grants"] = grants if isinstance(grants, str) else sorted(g["GrantId"] for g in grants["Grants"])
    for alias in pages(client, "list_aliases", "Aliases"):
        if "TargetKeyId" in alias and not alias["AliasName"].startswith("alias/aws/"):
            out["%s %s" % (at, alias["AliasName"])] = alias["TargetKeyId"]


def see_backup(client, at, out):
    for vault in pages(client, "list_backup_vaults", "BackupVaultList"):
        name = vault["BackupVaultName"]
        for member, value in vault.items():
            out["%s vault %s %s" % (at, name, member)] = value
        policy = quiet(client.get_backup_vault_access_policy, BackupVaultName=name)
        out["%s vault %s policy" % (at, name)] = policy if isinstance(policy, str) else json.loads(policy["Policy"])
        for point in pages(client, "list_recovery_points_by_backup_vault", "RecoveryPoints", BackupVaultName=name):
            out["%s vault %s point %s" % (at, name, point["RecoveryPointArn"])] = point["Status"]
    for plan in pages(client, "list_backup_plans", "BackupPlansList"):
        whole = client.get_backup_plan(BackupPlanId=plan["BackupPlanId"])
        for rule in whole["BackupPlan"]["Rules"]:
            out["%s plan %s rule %s" % (at, plan["BackupPlanId"], rule["RuleName"])] = rule
    for job in pages(client, "list_copy_jobs", "CopyJobs"):
        out["%s copy %s" % (at, job["CopyJobId"])] = job["DestinationBackupVaultArn"]


def see_ssm(client, at, out):
    for parameter in pages(client, "describe_parameters", "Parameters"):
        out["%s parameter %s" % (at, parameter["Name"])] = (parameter["Version"], parameter.get("KeyId"))


SEERS = {"kms": see_kms, "backup": see_backup, "ssm": see_ssm}


def look(client_of, places, services=("kms", "backup", "ssm")):
    """client_of(service, account, region) makes a boto3 client."""
    out = {}
    for account, region in places:
        for service in services:
            SEERS[service](client_of(service, account, region), "%s %s" % (account, region), out)
    return out


def changes(before, after):
    """{what: (was, is)}, None for what is not there."""
    return {k: (before.get(k), after.get(k)) for k in sorted(set(before) | set(after))
            if before.get(k) != after.get(k)}
