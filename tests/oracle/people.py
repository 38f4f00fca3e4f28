"""Who may use keys, read with boto3: principals and policies of an account, and the organization."""
import urllib.parse

import botocore.handlers

LISTS = ("UserDetailList", "GroupDetailList", "RoleDetailList", "Policies")


def joined(values):
    return ";".join(sorted(values))


def text(document):
    """IAM percent-encodes documents; botocore would parse them, so its handler is taken off."""
    return urllib.parse.unquote(document)


def details(place):
    client = place.client("iam")
    client.meta.events.unregister("after-call.iam", botocore.handlers.json_decode_policies)
    lists = {name: [] for name in LISTS}
    for page in client.get_paginator("get_account_authorization_details").paginate():
        for name in LISTS:
            lists[name] += page.get(name, [])
    return lists


def principals(rows, place, when):
    lists = details(place)
    for name, word in zip(LISTS, ("User", "Group", "Role")):
        for p in lists[name]:
            inline = p.get(word + "PolicyList", [])
            trust = p.get("AssumeRolePolicyDocument")
            rows["principals"].append([
                p["Arn"], place.account, "", p[word + "Name"], word.lower(), p[word + "Id"],
                joined(a["PolicyArn"] for a in p.get("AttachedManagedPolicies", [])),
                joined(i["PolicyName"] for i in inline),
                p.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn", ""),
                joined(p.get("GroupList", [])), text(trust) if trust else "",
                when(p.get("CreateDate")), when(p.get("RoleLastUsed", {}).get("LastUsedDate"))])
            for i in inline:
                rows["iam-policies"].append([
                    "keyfall:inline-policy/%s/%s" % (p["Arn"], i["PolicyName"]), place.account, "",
                    i["PolicyName"], "inline", p["Arn"], text(i["PolicyDocument"])])
    for p in lists["Policies"]:
        if ":iam::aws:" in p["Arn"]:
            continue
        default = [v for v in p["PolicyVersionList"] if v["IsDefaultVersion"]][0]
        rows["iam-policies"].append([p["Arn"], place.account, "", p.get("PolicyName", ""), "managed", "",
                                     text(default["Document"])])


def organization(rows, place):
    """Nothing if this account may not see it."""
    try:
        roots = place.pages("organizations", "list_roots", "Roots", size=20)
    except Exception as err:
        if "AccessDenied" not in repr(err) and "NotInUse" not in repr(err):
            raise
        return
    waiting = [(r, "") for r in roots]
    while waiting:
        unit, parent = waiting.pop()
        types = [t["Type"] for t in unit.get("PolicyTypes", []) if t["Status"] == "ENABLED"]
        rows["organizational-units"].append([unit["Arn"], place.account, "", unit["Id"], unit["Name"],
                                             parent, joined(types)])
        waiting += [(u, unit["Arn"]) for u in place.pages(
            "organizations", "list_organizational_units_for_parent", "OrganizationalUnits",
            ParentId=unit["Id"], size=20)]
        for a in place.pages("organizations", "list_accounts_for_parent", "Accounts",
                             ParentId=unit["Id"], size=20):
            rows["organization-accounts"].append([a["Arn"], place.account, "", a["Id"], a["Name"],
                                                  a.get("State") or a["Status"], unit["Arn"]])
    for kind in ("SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY"):
        policies(rows, place, kind)


def policies(rows, place, kind):
    for p in place.pages("organizations", "list_policies", "Policies", Filter=kind, size=20):
        content = place.call("organizations", "describe_policy", PolicyId=p["Id"])["Policy"]["Content"]
        targets = place.pages("organizations", "list_targets_for_policy", "Targets",
                              PolicyId=p["Id"], size=20)
        names = ["arn:aws:iam::%s:root" % t["TargetId"] if t["Type"] == "ACCOUNT" else t["Arn"]
                 for t in targets]
        own = "keyfall:organization-policy/%s/%s" % (place.account, p["Id"])
        rows["organization-policies"].append([
            own if ":organizations::aws:" in p["Arn"] else p["Arn"], place.account, "", p["Id"],
            p["Name"], p["Type"], "true" if p["AwsManaged"] else "false", joined(names), content])
