"""EC2 and EBS reads."""
import fnmatch

from ..errors import ApiError
from . import op

#: filter name -> how a row's value for it is found
VOLUME = {"encrypted": lambda r: r["Encrypted"], "status": lambda r: r["State"],
          "volume-id": lambda r: r["VolumeId"], "snapshot-id": lambda r: r.get("SnapshotId")}
SNAPSHOT = {"encrypted": lambda r: r["Encrypted"], "status": lambda r: r["State"],
            "volume-id": lambda r: r["VolumeId"], "owner-id": lambda r: r["OwnerId"],
            "snapshot-id": lambda r: r["SnapshotId"]}
INSTANCE = {"instance-id": lambda r: r["InstanceId"],
            "instance-state-name": lambda r: r["State"]["Name"]}
REGION = {"opt-in-status": lambda r: r["OptInStatus"], "region-name": lambda r: r["RegionName"]}


def _text(value):
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


def _filtered(rows, params, known):
    for flt in params.get("Filters", []):
        name, values = flt.get("Name"), flt.get("Values", [])
        if name and name.startswith("tag:"):
            rows = [r for r in rows if any(t["Key"] == name[4:] and t["Value"] in values
                                           for t in r.get("Tags", []))]
            continue
        if name not in known:
            raise ApiError("InvalidParameterValue", "The filter '%s' is invalid" % name, 400)
        rows = [r for r in rows if any(fnmatch.fnmatchcase(_text(known[name](r)), v)
                                       for v in values)]
    return rows


def _named(rows, params, param, member, code):
    wanted = params.get(param)
    if not wanted:
        return rows
    if "MaxResults" in params:
        raise ApiError("InvalidParameterCombination",
                       "The parameter %s cannot be used with the parameter maxResults" % param, 400)
    have = {r[member]: r for r in rows}
    missing = [w for w in wanted if w not in have]
    if missing:
        raise ApiError(code, "The ID '%s' does not exist." % missing[0], 400)
    return [have[w] for w in wanted]


@op("ec2", "DescribeRegions")
def describe_regions(world, account, region, params):
    statuses = world.account(account)["regions"]
    named = params.get("RegionNames", [])
    unknown = [n for n in named if n not in statuses]
    if unknown:
        raise ApiError("InvalidParameterValue", "Invalid region names provided: %s"
                       % unknown[0], 400)
    rows = [{"RegionName": name, "Endpoint": "ec2.%s.amazonaws.com" % name, "OptInStatus": status}
            for name, status in sorted(statuses.items())
            if (params.get("AllRegions") or status != "not-opted-in")
            and (not named or name in named)]
    return {"Regions": _filtered(rows, params, REGION)}


@op("ec2", "DescribeVolumes")
def describe_volumes(world, account, region, params):
    rows = _named(world.region(account, region)["volumes"], params, "VolumeIds", "VolumeId",
                  "InvalidVolume.NotFound")
    return {"Volumes": _filtered(rows, params, VOLUME)}


@op("ec2", "DescribeSnapshots")
def describe_snapshots(world, account, region, params):
    rows = world.region(account, region)["snapshots"]
    owners = params.get("OwnerIds")
    if owners:
        ids = [account if o == "self" else o for o in owners]
        rows = [r for r in rows if r["OwnerId"] in ids]
    else:           # as AWS: without an owner one sees the public's snapshots too
        rows = rows + [{"SnapshotId": "snap-%017x" % n, "VolumeId": "vol-ffffffff",
                        "State": "completed", "StartTime": 1577836800, "Progress": "100%",
                        "OwnerId": "679593333241", "OwnerAlias": "aws-marketplace",
                        "Description": "public", "VolumeSize": 8, "Encrypted": False,
                        "StorageTier": "standard"} for n in range(3)]
    if "all" in params.get("RestorableByUserIds", []):
        rows = [r for r in rows if r.get("OwnerAlias") or r.get("public")]
    rows = _named(rows, params, "SnapshotIds", "SnapshotId", "InvalidSnapshot.NotFound")
    return {"Snapshots": _filtered(rows, params, SNAPSHOT)}


@op("ec2", "DescribeInstances")
def describe_instances(world, account, region, params):
    rows = []
    for reservation in world.region(account, region)["reservations"]:
        found = _filtered(reservation["Instances"], params, INSTANCE)
        ids = params.get("InstanceIds")
        found = [i for i in found if not ids or i["InstanceId"] in ids]
        if found:
            rows.append(dict(reservation, Instances=found))
    return {"Reservations": rows}


@op("ec2", "GetEbsEncryptionByDefault")
def get_ebs_encryption_by_default(world, account, region, params):
    return {"EbsEncryptionByDefault": world.region(account, region)["ebs_encryption_by_default"]}


@op("ec2", "GetAllowedImagesSettings")
def get_allowed_images_settings(world, account, region, params):
    return {"State": "disabled", "ManagedBy": "account"}


@op("ec2", "GetEbsDefaultKmsKeyId")
def get_ebs_default_kms_key_id(world, account, region, params):
    return {"KmsKeyId": world.region(account, region)["ebs_default_key"]}
