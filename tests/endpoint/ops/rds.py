"""RDS reads. Aurora, DocumentDB and Neptune come through the same door."""
from ..errors import ApiError
from . import op


def _select(rows, params, names, fault):
    """Rows whose members equal the parameters given; an id that names nothing is a fault."""
    for name, is_id in names:
        if name in params:
            rows = [r for r in rows if r.get(name) == params[name]]
            if not rows and is_id:
                raise ApiError(fault, "%s %s not found." % (name, params[name]), 404)
    if params.get("Filters"):
        raise ApiError("InvalidParameterValue", "Unrecognized filter name: %s"
                       % params["Filters"][0]["Name"], 400)
    return rows


@op("rds", "DescribeDBInstances")
def describe_db_instances(world, account, region, params):
    return {"DBInstances": _select(world.region(account, region)["db_instances"], params,
                                   [("DBInstanceIdentifier", True)], "DBInstanceNotFound")}


@op("rds", "DescribeDBClusters")
def describe_db_clusters(world, account, region, params):
    return {"DBClusters": _select(world.region(account, region)["db_clusters"], params,
                                  [("DBClusterIdentifier", True)], "DBClusterNotFoundFault")}


def _by_type(rows, params):
    """Without a type: manual and automated ones. Backup's and shared ones must be asked for."""
    wanted = params.get("SnapshotType")
    if wanted not in (None, "manual", "automated", "awsbackup", "shared", "public"):
        raise ApiError("InvalidParameterValue", "Invalid snapshot type: %s" % wanted, 400)
    kinds = [wanted] if wanted else ["manual", "automated"]
    if params.get("IncludeShared"):
        kinds.append("shared")
    out = []
    for row in rows:
        kind = row["SnapshotType"]
        if kind in kinds:
            out.append(row)
    return out


@op("rds", "DescribeDBSnapshots")
def describe_db_snapshots(world, account, region, params):
    rows = _by_type(world.region(account, region)["db_snapshots"], params)
    return {"DBSnapshots": _select(rows, params, [
        ("DBInstanceIdentifier", False), ("DBSnapshotIdentifier", True),
        ("DbiResourceId", False)], "DBSnapshotNotFound")}


@op("rds", "DescribeDBClusterSnapshots")
def describe_db_cluster_snapshots(world, account, region, params):
    rows = _by_type(world.region(account, region)["db_cluster_snapshots"], params)
    return {"DBClusterSnapshots": _select(rows, params, [
        ("DBClusterIdentifier", False), ("DBClusterSnapshotIdentifier", True),
        ("DbClusterResourceId", False)], "DBClusterSnapshotNotFoundFault")}


@op("rds", "DescribeDBInstanceAutomatedBackups")
def describe_db_instance_automated_backups(world, account, region, params):
    return {"DBInstanceAutomatedBackups": _select(
        world.region(account, region)["db_automated_backups"], params,
        [("DbiResourceId", False), ("DBInstanceIdentifier", False),
         ("DBInstanceAutomatedBackupsArn", True)], "DBInstanceAutomatedBackupNotFound")}
