"""Who used a key, and what copies, tests or holds backups."""
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
