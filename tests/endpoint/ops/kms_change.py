"""KMS writes, with what KMS asks before it takes one: docs.aws.amazon.com/kms/latest/APIReference/ and, for which
state allows what, docs.aws.amazon.com/kms/latest/developerguide/key-state.html."""
import re
import uuid

from .. import build, policies
from ..errors import ApiError
from . import op
from .kms import find, key_arn

#: docs.aws.amazon.com/kms/latest/developerguide/resource-limits.html
MOST_ALIASES_OF_A_KEY, MOST_TAGS, MOST_KEYS, MOST_ROTATIONS = 50, 50, 100000, 25

PENDING = ("PendingDeletion", "PendingReplicaDeletion")
#: operation -> the states that refuse it
REFUSED = {
    "CreateAlias": PENDING, "UpdateAlias": PENDING, "TagResource": PENDING, "UntagResource": PENDING,
    "EnableKey": PENDING + ("PendingImport", "Creating", "Updating"),
    "DisableKey": PENDING + ("PendingImport", "Creating", "Updating"),
    "EnableKeyRotation": PENDING + ("Creating",), "DisableKeyRotation": PENDING + ("Creating",),
    "RotateKeyOnDemand": PENDING + ("Creating", "PendingImport", "Unavailable", "Updating"),
}


def _writable(world, account, region, ident, operation):
    """The caller's own key in a state that takes the operation; AWS's own keys take none."""
    _, key = find(world, account, region, ident, aliases=False)
    meta = key["metadata"]
    if meta["KeyManager"] == "AWS":
        raise ApiError("AccessDeniedException", "%s is managed by AWS" % meta["Arn"], 400)
    if meta["KeyState"] in REFUSED.get(operation, ()):
        raise ApiError("KMSInvalidStateException", "%s is %s." % (meta["Arn"], meta["KeyState"]), 400)
    return key


# ---------------------------------------------------------------- keys

def _check_tags(tags, present=()):
    names = [t["TagKey"] for t in tags]
    if len(names) != len(set(names)):
        raise ApiError("TagException", "Duplicate tag keys", 400)
    for name in names:
        if name.lower().startswith("aws:"):
            raise ApiError("TagException", "Tag keys must not begin with aws:", 400)
    if len(set(names) | {t["TagKey"] for t in present}) > MOST_TAGS:
        raise ApiError("LimitExceededException", "Too many tags", 400)


def _about(params):
    """What a new key says of itself, from what was asked for."""
    spec = params.get("KeySpec", params.get("CustomerMasterKeySpec", "SYMMETRIC_DEFAULT"))
    usage = params.get("KeyUsage", "ENCRYPT_DECRYPT" if spec == "SYMMETRIC_DEFAULT" else None)
    if usage is None or (spec == "SYMMETRIC_DEFAULT") and usage != "ENCRYPT_DECRYPT":
        raise ApiError("ValidationException", "KeyUsage %s does not go with KeySpec %s" % (usage, spec), 400)
    if params.get("Origin", "AWS_KMS") != "AWS_KMS":
        raise ApiError("UnsupportedOperationException", "This endpoint makes keys of AWS_KMS only", 400)
    out = {"KeySpec": spec, "CustomerMasterKeySpec": spec, "KeyUsage": usage}
    if usage == "ENCRYPT_DECRYPT":
        out["EncryptionAlgorithms"] = ["SYMMETRIC_DEFAULT"] if spec == "SYMMETRIC_DEFAULT" else [
            "RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256"]
    return out


@op("kms", "CreateKey", caller=True, write=True)
def create_key(world, account, region, params, caller):
    policy = params.get("Policy")
    if policy is not None and not params.get("BypassPolicyLockoutSafetyCheck"):
        policies.check_key_policy(world, policy, caller)
    _check_tags(params.get("Tags", []))
    if params.get("Tags") and not caller.may("kms:TagResource"):
        raise ApiError("AccessDeniedException", "%s may not kms:TagResource" % caller.arn, 400)
    about, data = _about(params), world.own_region(account, region)
    if len(data["keys"]) >= MOST_KEYS:
        raise ApiError("LimitExceededException", "Too many keys", 400)
    many = params.get("MultiRegion", False)
    key_id = "mrk-" + uuid.uuid4().hex if many else str(uuid.uuid4())
    meta = dict({"AWSAccountId": account, "KeyId": key_id, "CreationDate": round(world.now(), 3), "Enabled": True,
                 "Arn": world.arn("kms", region, account, "key/" + key_id), "KeyState": "Enabled",
                 "Description": params.get("Description", ""), "Origin": "AWS_KMS", "KeyManager": "CUSTOMER",
                 "MultiRegion": many}, **about)
    if many:
        meta["MultiRegionConfiguration"] = {"MultiRegionKeyType": "PRIMARY", "ReplicaKeys": [],
                                            "PrimaryKey": {"Arn": meta["Arn"], "Region": region}}
    data["keys"][key_id] = {"metadata": meta, "policy": policy or build.root_policy(account), "rotation": None,
                            "tags": list(params.get("Tags", [])), "grants": [], "last_usage": None}
    world.made(key_id)
    return {"KeyMetadata": meta}


@op("kms", "PutKeyPolicy", resource=key_arn, caller=True, write=True)
def put_key_policy(world, account, region, params, caller):
    if params.get("PolicyName", "default") != "default":
        raise ApiError("NotFoundException", "No such policy exists", 400)
    key = _writable(world, account, region, params["KeyId"], "PutKeyPolicy")
    if not params.get("BypassPolicyLockoutSafetyCheck"):
        policies.check_key_policy(world, params["Policy"], caller)
    key["policy"] = params["Policy"]
    return {}


def _set_state(key, state):
    if key["metadata"]["KeyState"] != "Unavailable":
        key["metadata"].update(KeyState=state, Enabled=state == "Enabled")
    return {}


@op("kms", "EnableKey", resource=key_arn, write=True)
def enable_key(world, account, region, params):
    return _set_state(_writable(world, account, region, params["KeyId"], "EnableKey"), "Enabled")


@op("kms", "DisableKey", resource=key_arn, write=True)
def disable_key(world, account, region, params):
    return _set_state(_writable(world, account, region, params["KeyId"], "DisableKey"), "Disabled")


@op("kms", "CancelKeyDeletion", resource=key_arn, write=True)
def cancel_key_deletion(world, account, region, params):
    key = _writable(world, account, region, params["KeyId"], "CancelKeyDeletion")
    meta = key["metadata"]
    if meta["KeyState"] not in PENDING:
        raise ApiError("KMSInvalidStateException", "%s is not pending deletion." % meta["Arn"], 400)
    _set_state(key, "Disabled")
    for name in ("DeletionDate", "PendingDeletionWindowInDays"):
        meta.pop(name, None)
    return {"KeyId": meta["Arn"]}


# ---------------------------------------------------------------- rotation

def _rotatable(world, account, region, params, operation):
    key = _writable(world, account, region, params["KeyId"], operation)
    meta = key["metadata"]
    if meta["KeySpec"] != "SYMMETRIC_DEFAULT" or meta["Origin"] != "AWS_KMS" or \
            meta.get("MultiRegionConfiguration", {}).get("MultiRegionKeyType") == "REPLICA":
        raise ApiError("UnsupportedOperationException", "%s cannot be rotated." % meta["Arn"], 400)
    if meta["KeyState"] == "Disabled":
        raise ApiError("DisabledException", "%s is disabled." % meta["Arn"], 400)
    return key


@op("kms", "EnableKeyRotation", resource=key_arn, write=True)
def enable_key_rotation(world, account, region, params):
    key, days = _rotatable(world, account, region, params, "EnableKeyRotation"), params.get("RotationPeriodInDays", 365)
    if not 90 <= days <= 2560:
        raise ApiError("ValidationException", "RotationPeriodInDays must be between 90 and 2560", 400)
    key["rotation"] = {"KeyRotationEnabled": True, "RotationPeriodInDays": days,
                       "NextRotationDate": round(world.now()) + days * 86400}
    return {}


@op("kms", "DisableKeyRotation", resource=key_arn, write=True)
def disable_key_rotation(world, account, region, params):
    _rotatable(world, account, region, params, "DisableKeyRotation")["rotation"] = None
    return {}


@op("kms", "RotateKeyOnDemand", resource=key_arn, write=True)
def rotate_key_on_demand(world, account, region, params):
    key = _rotatable(world, account, region, params, "RotateKeyOnDemand")
    if key.setdefault("rotated_on_demand", 0) >= MOST_ROTATIONS:
        raise ApiError("LimitExceededException", "The key was rotated on demand %d times" % MOST_ROTATIONS, 400)
    key["rotated_on_demand"] += 1
    key["rotation"] = dict(key["rotation"] or {"KeyRotationEnabled": False},
                           OnDemandRotationStartDate=round(world.now()))
    return {"KeyId": key["metadata"]["Arn"]}


# ---------------------------------------------------------------- tags

@op("kms", "TagResource", resource=key_arn, write=True)
def tag_resource(world, account, region, params):
    key = _writable(world, account, region, params["KeyId"], "TagResource")
    new = {t["TagKey"]: t for t in params["Tags"]}
    _check_tags(params["Tags"], key["tags"])
    key["tags"] = [new.pop(t["TagKey"], t) for t in key["tags"]] + list(new.values())
    return {}


@op("kms", "UntagResource", resource=key_arn, write=True)
def untag_resource(world, account, region, params):
    key = _writable(world, account, region, params["KeyId"], "UntagResource")
    key["tags"] = [t for t in key["tags"] if t["TagKey"] not in params["TagKeys"]]
    return {}


# ---------------------------------------------------------------- aliases

def _check_alias(name):
    if not re.match(r"alias/[A-Za-z0-9/_-]+\Z", name):
        raise ApiError("InvalidAliasNameException", "Invalid alias name %s" % name, 400)
    if name.startswith("alias/aws/"):
        raise ApiError("NotAuthorizedException", "%s is AWS's own" % name, 400)


def _alias_arn(world, account, region, params):
    return world.arn("kms", region, account, params["AliasName"])


def _target(world, account, region, params, operation):
    """The key that an alias is to name: AWS takes no alias for it."""
    if "alias/" in params["TargetKeyId"]:
        raise ApiError("ValidationException", "Aliases must refer to keys. Not aliases", 400)
    return _writable(world, account, region, params["TargetKeyId"], operation)


def _row(data, name):
    return next((a for a in data["aliases"] if a["AliasName"] == name), None)


@op("kms", "CreateAlias", resource=_alias_arn, write=True)
def create_alias(world, account, region, params):
    name, data = params["AliasName"], world.own_region(account, region)
    _check_alias(name)
    if _row(data, name):
        raise ApiError("AlreadyExistsException", "An alias with the name %s already exists"
                       % _alias_arn(world, account, region, params), 400)
    key_id = _target(world, account, region, params, "CreateAlias")["metadata"]["KeyId"]
    if len([a for a in data["aliases"] if a.get("TargetKeyId") == key_id]) >= MOST_ALIASES_OF_A_KEY:
        raise ApiError("LimitExceededException", "The key has %d aliases" % MOST_ALIASES_OF_A_KEY, 400)
    now = round(world.now(), 3)
    data["aliases"].append({"AliasName": name, "AliasArn": _alias_arn(world, account, region, params),
                            "TargetKeyId": key_id, "CreationDate": now, "LastUpdatedDate": now})
    return {}


@op("kms", "UpdateAlias", resource=_alias_arn, write=True)
def update_alias(world, account, region, params):
    name, data = params["AliasName"], world.own_region(account, region)
    _check_alias(name)
    row = _row(data, name)
    if row is None or "TargetKeyId" not in row:
        raise ApiError("NotFoundException", "Alias %s is not found." % _alias_arn(world, account, region, params), 400)
    new = _target(world, account, region, params, "UpdateAlias")["metadata"]
    old = data["keys"].get(row["TargetKeyId"], {"metadata": new})["metadata"]
    if old["KeyUsage"] != new["KeyUsage"] or \
            (old["KeySpec"] == "SYMMETRIC_DEFAULT") != (new["KeySpec"] == "SYMMETRIC_DEFAULT"):
        raise ApiError("ValidationException", "Alias must be changed to a key of the same type and usage", 400)
    row.update(TargetKeyId=new["KeyId"], LastUpdatedDate=round(world.now(), 3))
    return {}
