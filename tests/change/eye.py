"""What boto3 sees of keys, aliases, policies, grants, tags, rotation, parameters, vaults, plans, jobs, settings and
rules, as one flat dictionary: two of them differ in exactly what was changed. It knows nothing of keyfall."""
import json

import botocore.exceptions


def pages(client, operation, key, **args):
    for page in client.get_paginator(operation).paginate(**args):
        yield from page[key]


def quiet(call, member, **args):
    """A member of the answer, or the code of the error."""
    try:
        return call(**args).get(member)
    except botocore.exceptions.ClientError as err:
        return "!" + err.response["Error"]["Code"]


def document(text):
    return json.loads(text) if text and text[0] != "!" else text


def tags_of(pairs):
    return pairs if isinstance(pairs, str) else {t.get("TagKey", t.get("Key")): t.get("TagValue", t.get("Value"))
                                                 for t in pairs}


def put(out, where, members):
    """The members of a thing one by one; what says why there are none is one of them."""
    for name, value in members.items() if isinstance(members, dict) else [("", members)]:
        out[where + name] = value


def see_kms(client, at, out):
    for key in pages(client, "list_keys", "Keys"):
        ident = key["KeyId"]
        where = "%s key %s " % (at, ident)
        put(out, where, client.describe_key(KeyId=ident)["KeyMetadata"])
        out[where + "policy"] = document(quiet(client.get_key_policy, "Policy", KeyId=ident, PolicyName="default"))
        out[where + "rotation"] = quiet(client.get_key_rotation_status, "KeyRotationEnabled", KeyId=ident)
        if out[where + "rotation"] is True:
            out[where + "every"] = client.get_key_rotation_status(KeyId=ident).get("RotationPeriodInDays")
        put(out, where + "tag ", tags_of(quiet(client.list_resource_tags, "Tags", KeyId=ident)))
        grants = quiet(client.list_grants, "Grants", KeyId=ident)
        out[where + "grants"] = grants if isinstance(grants, str) else sorted(
            (g["GrantId"], g["GranteePrincipal"], sorted(g["Operations"])) for g in grants)
    for alias in pages(client, "list_aliases", "Aliases"):
        if "TargetKeyId" in alias and not alias["AliasName"].startswith("alias/aws/"):
            out["%s %s" % (at, alias["AliasName"])] = alias["TargetKeyId"]


def see_vault(client, where, name, out):
    out[where + "policy"] = document(quiet(client.get_backup_vault_access_policy, "Policy", BackupVaultName=name))
    out[where + "notifications"] = quiet(client.get_backup_vault_notifications, "SNSTopicArn", BackupVaultName=name)
    for point in pages(client, "list_recovery_points_by_backup_vault", "RecoveryPoints", BackupVaultName=name):
        out[where + "point " + point["RecoveryPointArn"]] = point["Status"]


def see_backup(client, at, out):
    for vault in pages(client, "list_backup_vaults", "BackupVaultList"):
        name = vault["BackupVaultName"]
        where = "%s vault %s " % (at, name)
        put(out, where, vault)
        put(out, where + "tag ", quiet(client.list_tags, "Tags", ResourceArn=vault["BackupVaultArn"]))
        see_vault(client, where, name, out)
    for plan in pages(client, "list_backup_plans", "BackupPlansList"):
        ident = plan["BackupPlanId"]
        where, body = "%s plan %s " % (at, ident), client.get_backup_plan(BackupPlanId=ident)["BackupPlan"]
        out.update({where + "rule " + rule["RuleName"]: rule for rule in body.pop("Rules")})
        put(out, where, body)
        put(out, where + "tag ", quiet(client.list_tags, "Tags", ResourceArn=plan["BackupPlanArn"]))
        for selection in pages(client, "list_backup_selections", "BackupSelectionsList", BackupPlanId=ident):
            out[where + "selection " + selection["SelectionId"]] = selection["SelectionName"], selection["IamRoleArn"]
    for job in pages(client, "list_copy_jobs", "CopyJobs"):
        out["%s copy %s" % (at, job["CopyJobId"])] = job["DestinationBackupVaultArn"]
    put(out, at + " settings ", quiet(client.describe_global_settings, "GlobalSettings"))


def see_ssm(client, at, out):
    for parameter in pages(client, "describe_parameters", "Parameters"):
        name = parameter["Name"]
        where = "%s parameter %s" % (at, name)
        out[where] = (parameter["Version"], parameter.get("KeyId"))
        put(out, where + " tag ", tags_of(quiet(client.list_tags_for_resource, "TagList", ResourceType="Parameter",
                                                ResourceId=name)))


def see_events(client, at, out):
    for rule in pages(client, "list_rules", "Rules"):
        out["%s rule %s" % (at, rule["Name"])] = rule


SEERS = {"kms": see_kms, "backup": see_backup, "ssm": see_ssm, "events": see_events}


def look(client_of, places, services=tuple(SEERS)):
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
