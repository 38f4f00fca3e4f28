"""Parameter Store, without values: the world holds none."""
from ..errors import ApiError
from . import op

FIELD = {"Name": "Name", "Type": "Type", "KeyId": "KeyId", "Tier": "Tier", "DataType": "DataType"}


def _keep(row, flt, world_tags):
    key, option, values = flt["Key"], flt.get("Option", "Equals"), flt.get("Values", [])
    if key.startswith("tag:"):
        have = [t["Value"] for t in world_tags.get(row["Name"], []) if t["Key"] == key[4:]]
        return bool(have) if not values else any(v in have for v in values)
    if key == "Path":
        return any(row["Name"].startswith(v.rstrip("/") + "/") for v in values)
    have = row.get(FIELD[key], "")
    if option == "BeginsWith":
        return any(have.startswith(v) for v in values)
    if option == "Contains":
        return any(v in have for v in values)
    return have in values


@op("ssm", "DescribeParameters")
def describe_parameters(world, account, region, params):
    data = world.region(account, region)
    if "Filters" in params and "ParameterFilters" in params:
        raise ApiError("ValidationException", "You can use either Filters or ParameterFilters in "
                       "a single request.", 400)
    filters = params.get("ParameterFilters", [])
    for flt in filters:
        if flt["Key"] not in FIELD and flt["Key"] != "Path" and not flt["Key"].startswith("tag:"):
            raise ApiError("InvalidFilterKey", "The filter key is not valid: %s" % flt["Key"], 400)
        if flt.get("Option", "Equals") not in ("Equals", "BeginsWith", "Contains", "Recursive",
                                               "OneLevel"):
            raise ApiError("InvalidFilterOption", "The filter option is not valid", 400)
    filters = filters + [{"Key": f["Key"], "Option": "BeginsWith" if f["Key"] == "Name" else
                          "Equals", "Values": f["Values"]} for f in params.get("Filters", [])]
    rows = data["parameters"]
    for flt in filters:
        rows = [r for r in rows if _keep(r, flt, data["parameter_tags"])]
    return {"Parameters": rows}


@op("ssm", "ListTagsForResource")
def list_tags_for_resource(world, account, region, params):
    if params["ResourceType"] != "Parameter":
        raise ApiError("InvalidResourceType", "Only parameters are kept here", 400)
    data, name = world.region(account, region), params["ResourceId"]
    if not any(r["Name"] == name for r in data["parameters"]):
        raise ApiError("InvalidResourceId", "The resource ID is not valid.", 400)
    return {"TagList": data["parameter_tags"].get(name, [])}
