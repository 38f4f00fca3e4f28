"""IAM's one sweep, and the organization's tree with what governs it."""
import urllib.parse

from ..errors import ApiError
from . import op
from .identity import _management

LISTS = ("UserDetailList", "GroupDetailList", "RoleDetailList", "Policies")
#: Members that hold a document, which IAM percent-encodes.
DOCUMENTS = ("PolicyDocument", "AssumeRolePolicyDocument", "Document")


def _encoded(value):
    if isinstance(value, list):
        return [_encoded(v) for v in value]
    if isinstance(value, dict):
        return {k: urllib.parse.quote(v, safe="") if k in DOCUMENTS else _encoded(v)
                for k, v in value.items()}
    return value


@op("iam", "GetAccountAuthorizationDetails")
def get_account_authorization_details(world, account, region, params):
    people = world.text["accounts"][account].get("iam", {})
    return {name: _encoded(people.get(name, [])) for name in LISTS}


def _principal(world, account, kind, name):
    """A role or user as GetRole and GetUser tell it; one that the world only lets sign in has little to tell."""
    people = world.text["accounts"][account].get("iam", {})
    rows = [p for p in people.get(kind + "DetailList", []) if p[kind + "Name"] == name]
    arns = list(world.roles) if kind == "Role" else [u.arn for u in world.users.values()]
    rows += [{"Path": "/", kind + "Name": name, kind + "Id": "AROAEXAMPLEEXAMPLE000", "Arn": a, "CreateDate": 0}
             for a in arns if a.split(":")[4] == account and a.rsplit("/", 1)[1] == name]
    if not rows:
        raise ApiError("NoSuchEntity", "The %s with name %s cannot be found." % (kind.lower(), name), 404)
    return _encoded({k: v for k, v in rows[0].items()
                     if k in ("Path", kind + "Name", kind + "Id", "Arn", "CreateDate", "AssumeRolePolicyDocument")})


@op("iam", "GetRole")
def get_role(world, account, region, params):
    return {"Role": _principal(world, account, "Role", params["RoleName"])}


@op("iam", "GetUser", caller=True)
def get_user(world, account, region, params, caller):
    return {"User": _principal(world, account, "User", params.get("UserName", caller.arn.rsplit("/", 1)[1]))}


def _tree(world, account):
    _management(world, account)
    return world.text.get("tree") or {"roots": [], "units": {}, "members": {}, "policies": []}


def _children(world, account, params, what):
    tree = _tree(world, account)
    if params["ParentId"] not in tree[what]:
        raise ApiError("ParentNotFoundException", "You specified parent that doesn't exist.", 400)
    return tree[what][params["ParentId"]]


def _policy(world, account, params):
    for policy in _tree(world, account)["policies"]:
        if policy["summary"]["Id"] == params["PolicyId"]:
            return policy
    raise ApiError("PolicyNotFoundException", "You specified a policy that doesn't exist.", 400)


@op("organizations", "ListRoots")
def list_roots(world, account, region, params):
    return {"Roots": _tree(world, account)["roots"]}


@op("organizations", "ListOrganizationalUnitsForParent")
def list_organizational_units_for_parent(world, account, region, params):
    return {"OrganizationalUnits": _children(world, account, params, "units")}


@op("organizations", "ListAccountsForParent")
def list_accounts_for_parent(world, account, region, params):
    return {"Accounts": [world.account(a)["record"]
                         for a in _children(world, account, params, "members")]}


@op("organizations", "ListPolicies")
def list_policies(world, account, region, params):
    return {"Policies": [p["summary"] for p in _tree(world, account)["policies"]
                         if p["summary"]["Type"] == params["Filter"]]}


@op("organizations", "DescribePolicy")
def describe_policy(world, account, region, params):
    policy = _policy(world, account, params)
    return {"Policy": {"PolicySummary": policy["summary"], "Content": policy["content"]}}


@op("organizations", "ListTargetsForPolicy")
def list_targets_for_policy(world, account, region, params):
    tree, out = _tree(world, account), []
    names = {r["Id"]: ("ROOT", r) for r in tree["roots"]}
    names.update({u["Id"]: ("ORGANIZATIONAL_UNIT", u) for rows in tree["units"].values() for u in rows})
    names.update({a: ("ACCOUNT", v["record"]) for a, v in world.text["accounts"].items()})
    for target in _policy(world, account, params)["targets"]:
        kind, row = names[target]
        out.append({"TargetId": target, "Arn": row["Arn"], "Name": row["Name"], "Type": kind})
    return {"Targets": out}
