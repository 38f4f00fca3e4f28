"""STS, Organizations and Account Management."""
from ..errors import ApiError
from . import op

OPT = {"opt-in-not-required": "ENABLED_BY_DEFAULT", "opted-in": "ENABLED",
       "not-opted-in": "DISABLED"}


@op("sts", "GetCallerIdentity", caller=True)
def get_caller_identity(world, account, region, params, caller):
    return {"UserId": caller.user_id, "Account": caller.account, "Arn": caller.arn}


@op("sts", "AssumeRole", caller=True, resource=lambda w, a, r, p: p.get("RoleArn", "*"))
def assume_role(world, account, region, params, caller):
    s = world.assume(caller, params["RoleArn"], params["RoleSessionName"],
                     params.get("DurationSeconds", 3600), params.get("ExternalId"))
    s.policy = params.get("Policy")
    return {"Credentials": {"AccessKeyId": s.access_key, "SecretAccessKey": s.secret,
                            "SessionToken": s.token, "Expiration": s.expires},
            "AssumedRoleUser": {"AssumedRoleId": s.user_id, "Arn": s.arn}, "PackedPolicySize": 6}


def _management(world, account):
    if not world.text.get("organization"):
        raise ApiError("AWSOrganizationsNotInUseException",
                       "Your account is not a member of an organization.", 400)
    if account not in [world.text["management_account"]] + \
            world.text.get("delegated_administrators", []):
        raise ApiError("AccessDeniedException",
                       "You don't have permissions to access this resource.", 400)


@op("organizations", "DescribeOrganization")
def describe_organization(world, account, region, params):
    if not world.text.get("organization"):
        _management(world, account)
    return {"Organization": world.text["organization"]}


@op("organizations", "ListAccounts")
def list_accounts(world, account, region, params):
    _management(world, account)
    return {"Accounts": [a["record"] for a in world.text["accounts"].values() if "record" in a]}


@op("account", "ListRegions")
def list_regions(world, account, region, params):
    target = params.get("AccountId", account)
    if target != account:
        _management(world, account)
    rows = [{"RegionName": name, "RegionOptStatus": OPT[status]}
            for name, status in sorted(world.account(target)["regions"].items())]
    wanted = params.get("RegionOptStatusContains")
    return {"Regions": [r for r in rows if not wanted or r["RegionOptStatus"] in wanted]}
