"""KMS reads. Keys are found by id, ARN, alias name and alias ARN, as each operation allows."""
import hashlib

from ..errors import ApiError
from . import op


def _gone(text):
    return ApiError("NotFoundException", text, 400)


def _split(world, account, region, ident):
    """(account, region, bare id or alias name) that a KeyId parameter names."""
    if not ident.startswith("arn:"):
        return account, region, ident
    parts = ident.split(":", 5)
    if len(parts) != 6 or parts[2] != "kms":
        raise ApiError("InvalidArnException", "Invalid arn " + ident, 400)
    if parts[3] != region:
        raise _gone("Invalid arn " + parts[3])
    rest = parts[5]
    return parts[4], parts[3], rest[4:] if rest.startswith("key/") else rest


def find(world, account, region, ident, caller_action=None, aliases=True):
    """(owner account, key) for a KeyId, across accounts only where the operation may."""
    owner, _, name = _split(world, account, region, ident)
    if owner != account and not caller_action:
        raise ApiError("AccessDeniedException", "The ciphertext refers to a customer master key "
                       "that does not exist, does not exist in this region, or you are not "
                       "allowed to access.", 400)
    keys = world.region(owner, region) if world.account(owner) else {"keys": {}, "aliases": []}
    if name.startswith("alias/"):
        if not aliases:
            raise _gone("Invalid keyId '%s'" % ident)
        hit = next((a for a in keys["aliases"] if a["AliasName"] == name), None)
        if hit is None or "TargetKeyId" not in hit:
            raise _gone("Alias arn:aws:kms:%s:%s:%s is not found." % (region, owner, name))
        name = hit["TargetKeyId"]
    key = None if world.is_unseen(name) else keys["keys"].get(name)
    if owner != account and (key is None or account not in key.get("policy", "")):
        raise ApiError("AccessDeniedException", "User is not authorized to perform: %s on "
                       "resource: %s because the resource does not exist in this Region, no "
                       "resource-based policies allow access, or a resource-based policy "
                       "explicitly denies access" % (caller_action, ident), 400)
    if key is None:
        raise _gone("Key '%s' does not exist" % world.arn("kms", region, owner, "key/" + name))
    return owner, key


def key_arn(world, account, region, params):
    """The ARN that a permission for params['KeyId'] is asked on."""
    ident = params.get("KeyId")
    if not ident:
        return "*"
    try:
        return find(world, account, region, ident, "kms:DescribeKey")[1]["metadata"]["Arn"]
    except ApiError:
        if ident.startswith("arn:"):
            return ident
        return world.arn("kms", region, account, "key/" + ident)


@op("kms", "ListKeys")
def list_keys(world, account, region, params):
    return {"Keys": [{"KeyId": k["metadata"]["KeyId"], "KeyArn": k["metadata"]["Arn"]}
                     for k in world.region(account, region)["keys"].values()]}


@op("kms", "ListAliases")
def list_aliases(world, account, region, params):
    rows = world.region(account, region)["aliases"]
    if "KeyId" in params:
        _, key = find(world, account, region, params["KeyId"], aliases=False)
        rows = [a for a in rows if a.get("TargetKeyId") == key["metadata"]["KeyId"]]
    return {"Aliases": rows}


@op("kms", "DescribeKey", resource=key_arn)
def describe_key(world, account, region, params):
    return {"KeyMetadata": find(world, account, region, params["KeyId"],
                                "kms:DescribeKey")[1]["metadata"]}


@op("kms", "GetKeyPolicy", resource=key_arn)
def get_key_policy(world, account, region, params):
    if params.get("PolicyName", "default") != "default":
        raise _gone("No such policy exists")
    _, key = find(world, account, region, params["KeyId"], aliases=False)
    return {"Policy": key["policy"], "PolicyName": "default"}


@op("kms", "ListGrants", resource=key_arn)
def list_grants(world, account, region, params):
    _, key = find(world, account, region, params["KeyId"], "kms:ListGrants", aliases=False)
    rows = key.get("grants", [])
    for name in ("GrantId", "GranteePrincipal", "GranteeServicePrincipal"):
        if name in params:
            rows = [g for g in rows if g.get(name) == params[name]]
    return {"Grants": rows}


@op("kms", "GetKeyRotationStatus", resource=key_arn)
def get_key_rotation_status(world, account, region, params):
    _, key = find(world, account, region, params["KeyId"], "kms:GetKeyRotationStatus",
                  aliases=False)
    meta = key["metadata"]
    if meta.get("KeySpec") != "SYMMETRIC_DEFAULT" or "CustomKeyStoreId" in meta:
        raise ApiError("UnsupportedOperationException", "%s key spec is not supported for this "
                       "operation" % meta.get("KeySpec"), 400)
    if meta["KeyState"] in ("PendingImport", "Creating"):
        raise ApiError("KMSInvalidStateException", "%s is pending import." % meta["Arn"], 400)
    answer = dict(key.get("rotation") or {"KeyRotationEnabled": False})
    if meta["KeyState"] in ("PendingDeletion", "PendingReplicaDeletion"):
        answer = {"KeyRotationEnabled": False}
    answer["KeyId"] = meta["Arn"]
    return answer


@op("kms", "ListKeyRotations", resource=key_arn)
def list_key_rotations(world, account, region, params):
    _, key = find(world, account, region, params["KeyId"], "kms:ListKeyRotations", aliases=False)
    meta = key["metadata"]
    if meta.get("KeySpec") != "SYMMETRIC_DEFAULT" or "CustomKeyStoreId" in meta:
        raise ApiError("UnsupportedOperationException", "%s key spec is not supported for this "
                       "operation" % meta.get("KeySpec"), 400)
    if params.get("IncludeKeyMaterial") != "ALL_KEY_MATERIAL":
        return {"Rotations": []}
    material = {"KeyId": meta["Arn"], "KeyMaterialId": hashlib.sha256(meta["Arn"].encode()).hexdigest(),
                "KeyMaterialState": "CURRENT"}
    if meta.get("Origin") == "EXTERNAL":
        material["ImportState"] = "PENDING_IMPORT" if meta["KeyState"] == "PendingImport" else "IMPORTED"
    return {"Rotations": key.get("materials", [material])}


@op("kms", "ListResourceTags", resource=key_arn)
def list_resource_tags(world, account, region, params):
    _, key = find(world, account, region, params["KeyId"], aliases=False)
    if key["metadata"]["KeyManager"] == "AWS":
        raise ApiError("AccessDeniedException", "AWS managed keys cannot be tagged", 400)
    return {"Tags": key.get("tags", [])}


@op("kms", "GetKeyLastUsage", resource=key_arn)
def get_key_last_usage(world, account, region, params):
    _, key = find(world, account, region, params["KeyId"], aliases=False)
    meta = key["metadata"]
    out = {"KeyId": meta["Arn"], "KeyCreationDate": meta["CreationDate"],
           "TrackingStartDate": max(meta["CreationDate"], 1775001600)}
    if key.get("last_usage"):
        out["KeyLastUsage"] = key["last_usage"]
    return out


@op("kms", "DescribeCustomKeyStores")
def describe_custom_key_stores(world, account, region, params):
    rows = world.region(account, region)["custom_key_stores"]
    for name in ("CustomKeyStoreId", "CustomKeyStoreName"):
        if name in params:
            rows = [s for s in rows if s[name] == params[name]]
            if not rows:
                raise ApiError("CustomKeyStoreNotFoundException", params[name], 400)
    return {"CustomKeyStores": rows}
