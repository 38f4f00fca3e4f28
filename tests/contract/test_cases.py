#!/usr/bin/env python3
"""The cases under tests/cases beside AWS's own models, as botocore carries them: a full answer holds only what
AWS answers, one with nulls holds some, and an unknown one holds a member and, where the answer has
enumerations, a value that AWS has not invented yet. And the actions of the operations beside those that AWS's
managed policies name, as moto carries them. Reads files, runs nothing.

Closes with `N passed, N failed`."""

import json
import pathlib
import re
import sys
import xml.etree.ElementTree as ElementTree

import botocore.loaders
import botocore.model
from moto.iam.aws_managed_policies import aws_managed_policies_data

AWS = pathlib.Path(__file__).resolve().parents[2] / "backend" / "aws"
# Where the action has another name than its operation
# (docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html)
RENAMED = {"s3:ListBuckets": "s3:ListAllMyBuckets", "s3:GetBucketEncryption": "s3:GetEncryptionConfiguration",
           "sts:GetCallerIdentity": ""}
# No managed policy names them (docs.aws.amazon.com/service-authorization/latest/reference/list_awskeymanagementservice.html)
# and list_awsbackup.html
IN_NO_POLICY = {"kms:CancelKeyDeletion", "kms:EnableKey", "kms:GetKeyLastUsage", "kms:DisableKey", "kms:EnableKeyRotation",
                "backup:UpdateBackupPlan", "backup:UpdateGlobalSettings"}

CASES = pathlib.Path(__file__).resolve().parents[1] / "cases"
LOADER = botocore.loaders.Loader()

# IAM's prefix -> botocore's services, where they differ
SERVICES = {"states": ["stepfunctions"], "elasticmapreduce": ["emr"], "aps": ["amp"], "elasticfilesystem": ["efs"],
            "bedrock": ["bedrock", "bedrock-agent"], "es": ["opensearch"], "aoss": ["opensearchserverless"],
            "memorydb": ["memorydb"], "timestream": ["timestream-write"], "cassandra": ["keyspaces"], "airflow": ["mwaa"]}
# Values that AWS answers and its own model lacks
# (docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountAuthorizationDetails.html, the example)
BESIDE_THE_MODEL = {("PermissionsBoundaryType", "Policy")}

passed = failed = 0


def check(name, is_good, detail=""):
    global passed, failed
    if is_good:
        passed += 1
    else:
        failed += 1
        print("FAIL %s %s" % (name, detail))


def operation_of(folder):
    prefix, name = folder.split(".", 1)
    for service in SERVICES.get(prefix, [prefix]):
        model = botocore.model.ServiceModel(LOADER.load_service_model(service, "service-2"), service)
        if name in model.operation_names:
            return model, model.operation_model(name)
    raise LookupError("botocore knows no %s" % folder)


class Told:
    """What was met in an answer."""

    def __init__(self):
        self.known, self.nulls = 0, 0
        self.strangers, self.new_values = [], []


def leaf(shape, value, path, told):
    told.known += 1
    words = getattr(shape, "enum", None)
    is_answered = (path.rsplit(".", 1)[-1], value) in BESIDE_THE_MODEL
    if words and isinstance(value, str) and value not in words and not is_answered:
        told.new_values.append("%s=%s" % (path, value))


def read_json(shape, value, path, told):
    if value is None:
        told.nulls += 1
    elif shape.type_name == "structure" and isinstance(value, dict):
        members = {m.serialization.get("name", n): m for n, m in shape.members.items()
                   if m.serialization.get("location") not in ("header", "headers", "statusCode")}
        for name, inner in value.items():
            if name in members:
                read_json(members[name], inner, path + "." + name, told)
            else:
                told.strangers.append(path + "." + name)
    elif shape.type_name == "list" and isinstance(value, list):
        for inner in value:
            read_json(shape.member, inner, path + "[]", told)
    elif shape.type_name == "map" and isinstance(value, dict):
        for name, inner in value.items():
            leaf(shape.key, name, path, told)
            read_json(shape.value, inner, path + "." + name, told)
    else:
        leaf(shape, value, path, told)


def bare(element):
    return element.tag.rsplit("}", 1)[-1]


def read_xml_list(shape, elements, path, told):
    for element in elements:
        read_xml(shape.member, element, path + "[]", told)


def read_xml(shape, element, path, told):
    children = list(element)
    if not children and not (element.text or "").strip():
        told.nulls += 1
    elif shape.type_name == "structure":
        members = {m.serialization.get("name", n): m for n, m in shape.members.items()}
        flat = {m.member.serialization.get("name", m.serialization.get("name", n)): m
                for n, m in shape.members.items()
                if m.type_name == "list" and m.serialization.get("flattened")}
        for child in children:
            name = bare(child)
            if name in flat:
                read_xml(flat[name].member, child, path + "." + name, told)
            elif name in members:
                read_xml(members[name], child, path + "." + name, told)
            else:
                told.strangers.append(path + "." + name)
    elif shape.type_name == "list":
        read_xml_list(shape, children, path, told)
    elif shape.type_name == "map":
        for entry in children:
            parts = {bare(c): c for c in entry}
            if "key" in parts:
                leaf(shape.key, parts["key"].text, path, told)
            if "value" in parts:
                read_xml(shape.value, parts["value"], path + ".value", told)
    else:
        leaf(shape, element.text, path, told)


def inside(model, operation, root):
    """The element that holds the members, and those beside it that are the protocol's."""
    wrapper = operation.output_shape.serialization.get("resultWrapper")
    if wrapper:
        return next((c for c in root if bare(c) == wrapper), root)
    for child in list(root):
        if bare(child) in ("requestId", "ResponseMetadata"):
            root.remove(child)
    return root


def read(path, model, operation):
    told = Told()
    shape = operation.output_shape
    # a member that is the whole body (rest-xml)
    shape = shape.members.get(shape.serialization.get("payload"), shape)
    if path.suffix == ".json":
        read_json(shape, json.loads(path.read_text(encoding="utf-8")), "", told)
    else:
        root = ElementTree.fromstring(path.read_text(encoding="utf-8"))
        read_xml(shape, inside(model, operation, root), "", told)
    return told


def has_enumerations(shape, seen=()):
    if shape.name in seen:
        return False
    seen += (shape.name,)
    if shape.type_name == "structure":
        return any(has_enumerations(m, seen) for m in shape.members.values())
    if shape.type_name == "list":
        return has_enumerations(shape.member, seen)
    if shape.type_name == "map":
        return has_enumerations(shape.key, seen) or has_enumerations(shape.value, seen)
    return bool(getattr(shape, "enum", None))


def one(folder):
    model, operation = operation_of(folder.name)
    for path in sorted(folder.iterdir()):
        if path.suffix not in (".json", ".xml"):
            continue
        name, shape = "%s/%s" % (folder.name, path.name), path.stem
        if shape not in ("full", "nulls", "unknown", "wrong-nulls"):
            continue
        told = read(path, model, operation)
        if shape == "full":
            check(name + " is AWS's own", told.known > 0 and not told.strangers and not told.new_values,
                  told.strangers + told.new_values)
        elif shape == "unknown":
            check(name + " has a new member", told.strangers)
            if has_enumerations(operation.output_shape):
                check(name + " has a new value", told.new_values)
        else:
            check(name + " has nulls", told.nulls > 0)


def managed_actions():
    found = set()
    for policy in json.loads(aws_managed_policies_data).values():
        rows = policy["Document"]["Statement"]
        for row in rows if isinstance(rows, list) else [rows]:
            actions = row.get("Action", [])
            found.update([actions] if isinstance(actions, str) else actions)
    return {action.lower() for action in found}


def operations():
    """(operation, action) of each row of ops.def; without .iam_action a row's action is its name."""
    for path in sorted(AWS.glob("ops*.def")):
        for row in re.split(r"^OP\(", path.read_text(encoding="utf-8"), flags=re.M)[1:]:
            ident = re.search(r'\.id = "([^"]+)"', row).group(1)
            action = re.search(r'\.iam_action = "([^"]*)"', row)
            yield ident, action.group(1) if action else ident


def the_actions():
    known, rows = managed_actions() | {a.lower() for a in IN_NO_POLICY | {""}}, list(operations())
    check("there are many managed actions", len(known) > 5000, len(known))
    check("there are many rows", len(rows) > 100, len(rows))
    for ident, action in rows:
        check("%s is an action of IAM" % ident, action.lower() in known, action)
        check("%s needs the action of its own" % ident, action == RENAMED.get(ident, ident), action)


def main():
    the_actions()
    folders = sorted(f for f in CASES.iterdir() if f.is_dir())
    for folder in folders:
        one(folder)
    check("there are many operations", len(folders) > 60, len(folders))
    print("%d passed, %d failed" % (passed, failed))
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
