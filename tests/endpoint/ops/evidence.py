"""Who used a key, and what copies, tests or holds backups: records as the fullest call answers them."""
from ..errors import ApiError
from . import op

#: What CloudTrail can be asked by: the member of an event, or how to find it.
LOOKUP = {"EventId": "EventId", "EventName": "EventName", "ReadOnly": "ReadOnly", "Username": "Username",
          "EventSource": "EventSource", "AccessKeyId": "AccessKeyId"}
WINDOW_S = 90 * 86400
MOST_EVENTS = 50


def _fits(event, attribute):
    key, value = attribute["AttributeKey"], attribute["AttributeValue"]
    if key in ("ResourceName", "ResourceType"):
        return any(r.get(key) == value for r in event["Resources"])
    return event.get(LOOKUP[key]) == value


@op("cloudtrail", "LookupEvents")
def lookup_events(world, account, region, params):
    attributes = params.get("LookupAttributes", [])
    if len(attributes) > 1:
        raise ApiError("InvalidLookupAttributesException", "You can only specify one attribute.", 400)
    if not 1 <= params.get("MaxResults", MOST_EVENTS) <= MOST_EVENTS:
        raise ApiError("InvalidMaxResultsException", "MaxResults must be between 1 and 50.", 400)
    rows = [e for e in world.region(account, region)["events"] if all(_fits(e, a) for a in attributes)]
    newest = max([e["EventTime"] for e in rows], default=0)
    start = max(params.get("StartTime", 0), newest - WINDOW_S)
    return {"Events": sorted((e for e in rows if start <= e["EventTime"] <= params.get("EndTime", newest)),
                             key=lambda e: -e["EventTime"])}


def _kept(world, account, region, kind):
    return world.region(account, region)["evidence"][kind]


def _some(record, shape):
    """A list's item: those of a record's members that it has."""
    return {k: record[k] for k in shape if k in record}


def _find(rows, member, wanted, error="ResourceNotFoundException"):
    for row in rows:
        if row[member] == wanted:
            return row
    raise ApiError(error, "%s does not exist." % wanted)


@op("ec2", "DescribeImages")
def describe_images(world, account, region, params):
    """Of others there are none here; disabled ones come when they are asked for."""
    rows = _kept(world, account, region, "images")
    if not set(params.get("Owners", ["self"])) & {"self", account}:
        rows = []
    return {"Images": [r for r in rows if r["State"] != "disabled" or params.get("IncludeDisabled")]}


@op("dlm", "GetLifecyclePolicies")
def get_lifecycle_policies(world, account, region, params):
    return {"Policies": [dict(_some(p, ("PolicyId", "Description", "State", "DefaultPolicy")),
                              PolicyType=p["PolicyDetails"].get("PolicyType", "EBS_SNAPSHOT_MANAGEMENT"))
                         for p in _kept(world, account, region, "lifecycles")]}


@op("dlm", "GetLifecyclePolicy")
def get_lifecycle_policy(world, account, region, params):
    return {"Policy": _find(_kept(world, account, region, "lifecycles"), "PolicyId", params["PolicyId"])}


@op("events", "ListRules")
def list_rules(world, account, region, params):
    return {"Rules": [r["rule"] for r in _kept(world, account, region, "event_rules")]}


@op("events", "ListTargetsByRule")
def list_targets_by_rule(world, account, region, params):
    for row in _kept(world, account, region, "event_rules"):
        if row["rule"]["Name"] == params["Rule"]:
            return {"Targets": row["targets"]}
    raise ApiError("ResourceNotFoundException", "Rule %s does not exist on EventBus default." % params["Rule"], 400)


def _test(world, account, region, params):
    for row in _kept(world, account, region, "restore_tests"):
        if row["plan"]["RestoreTestingPlanName"] == params["RestoreTestingPlanName"]:
            return row
    raise ApiError("ResourceNotFoundException", "Cannot find restore testing plan.")


@op("backup", "ListRestoreTestingPlans")
def list_restore_testing_plans(world, account, region, params):
    shape = ("CreationTime", "LastExecutionTime", "LastUpdateTime", "RestoreTestingPlanArn", "RestoreTestingPlanName",
             "ScheduleExpression", "ScheduleExpressionTimezone", "StartWindowHours")
    return {"RestoreTestingPlans": [_some(t["plan"], shape) for t in _kept(world, account, region, "restore_tests")]}


@op("backup", "GetRestoreTestingPlan")
def get_restore_testing_plan(world, account, region, params):
    return {"RestoreTestingPlan": _test(world, account, region, params)["plan"]}


@op("backup", "ListRestoreTestingSelections")
def list_restore_testing_selections(world, account, region, params):
    shape = ("CreationTime", "IamRoleArn", "ProtectedResourceType", "RestoreTestingPlanName",
             "RestoreTestingSelectionName", "ValidationWindowHours")
    return {"RestoreTestingSelections": [_some(s, shape)
                                         for s in _test(world, account, region, params)["selections"]]}


@op("backup", "GetRestoreTestingSelection")
def get_restore_testing_selection(world, account, region, params):
    return {"RestoreTestingSelection": _find(_test(world, account, region, params)["selections"],
                                             "RestoreTestingSelectionName", params["RestoreTestingSelectionName"])}


@op("backup", "ListLegalHolds")
def list_legal_holds(world, account, region, params):
    return {"LegalHolds": [{k: v for k, v in h.items() if k != "RecoveryPointSelection"}
                           for h in _kept(world, account, region, "legal_holds")]}


@op("backup", "GetLegalHold")
def get_legal_hold(world, account, region, params):
    return _find(_kept(world, account, region, "legal_holds"), "LegalHoldId", params["LegalHoldId"])


@op("backup", "ListBackupJobs")
def list_backup_jobs(world, account, region, params):
    return {"BackupJobs": [j for j in _kept(world, account, region, "backup_jobs")
                           if j["State"] == params.get("ByState", j["State"])]}


@op("backup", "ListRestoreJobs")
def list_restore_jobs(world, account, region, params):
    return {"RestoreJobs": [j for j in _kept(world, account, region, "restore_jobs")
                            if j["Status"] == params.get("ByStatus", j["Status"])]}
