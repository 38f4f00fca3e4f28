"""Reads of what holds data at rest, beside RDS and EBS.

Most of them answer a list as it stands: a row of LISTS each. A place keeps them in its "stores", under
"SERVICE.RESULT KEY"."""
from ..errors import ApiError
from . import op

#: service, operation, member of the answer, IAM action where it is not SERVICE:OPERATION
LISTS = [
    ("efs", "DescribeFileSystems", "FileSystems", "elasticfilesystem:DescribeFileSystems"),
    ("fsx", "DescribeFileSystems", "FileSystems", None),
    ("fsx", "DescribeBackups", "Backups", None),
    ("fsx", "DescribeFileCaches", "FileCaches", None),
    ("secretsmanager", "ListSecrets", "SecretList", None),
    ("redshift", "DescribeClusters", "Clusters", None),
    ("redshift", "DescribeClusterSnapshots", "Snapshots", None),
    ("redshift", "DescribeSnapshotCopyGrants", "SnapshotCopyGrants", None),
    ("elasticache", "DescribeReplicationGroups", "ReplicationGroups", None),
    ("elasticache", "DescribeServerlessCaches", "ServerlessCaches", None),
    ("elasticache", "DescribeSnapshots", "Snapshots", None),
    ("elasticache", "DescribeServerlessCacheSnapshots", "ServerlessCacheSnapshots", None),
    ("memorydb", "DescribeClusters", "Clusters", None),
    ("memorydb", "DescribeSnapshots", "Snapshots", None),
    ("redshift-serverless", "ListNamespaces", "namespaces", None),
    ("redshift-serverless", "ListSnapshots", "snapshots", None),
    ("neptune-graph", "ListGraphs", "graphs", None),
    ("neptune-graph", "ListGraphSnapshots", "graphSnapshots", None),
    ("opensearchserverless", "ListCollections", "collectionSummaries", "aoss:ListCollections"),
    ("rds", "DescribeExportTasks", "ExportTasks", None),
    ("rds", "DescribeTenantDatabases", "TenantDatabases", None),
    ("rds", "DescribeDBClusterAutomatedBackups", "DBClusterAutomatedBackups", None),
]


def rows(world, account, region, name):
    return world.region(account, region)["stores"].get(name, [])


def _register(service, name, key, action):
    @op(service, name, action=action)
    def answer(world, account, region, params):
        return {key: rows(world, account, region, "%s.%s" % (service, key))}


for _row in LISTS:
    _register(*_row)


# ------------------------------------------------------------------ DynamoDB

def _table_arn(world, account, region, params):
    return world.arn("dynamodb", region, account, "table/" + params["TableName"])


@op("dynamodb", "ListTables")
def list_tables(world, account, region, params):
    return {"TableNames": [t["TableName"] for t in rows(world, account, region, "dynamodb.Tables")]}


@op("dynamodb", "DescribeTable", resource=_table_arn)
def describe_table(world, account, region, params):
    for table in rows(world, account, region, "dynamodb.Tables"):
        if table["TableName"] == params["TableName"]:
            return {"Table": table}
    raise ApiError("ResourceNotFoundException", "Requested resource not found: Table: %s not found"
                   % params["TableName"], 400)


@op("dynamodb", "ListBackups")
def list_backups(world, account, region, params):
    wanted = params.get("BackupType", "USER")
    return {"BackupSummaries": [b["BackupSummary"]
                                for b in rows(world, account, region, "dynamodb.Backups")
                                if wanted in ("ALL", b["BackupSummary"]["BackupType"])]}


@op("dynamodb", "DescribeBackup", resource=lambda w, a, r, params: params["BackupArn"])
def describe_backup(world, account, region, params):
    for backup in rows(world, account, region, "dynamodb.Backups"):
        if backup["BackupSummary"]["BackupArn"] == params["BackupArn"]:
            return {"BackupDescription": backup["BackupDescription"]}
    raise ApiError("BackupNotFoundException", "Backup not found: " + params["BackupArn"], 400)


# ------------------------------------------------------------------ S3

def _bucket(world, account, params):
    """The bucket and the Region that it is in."""
    for region in sorted(world.account(account)["data"]):
        for bucket in rows(world, account, region, "s3.Buckets"):
            if bucket["Name"] == params["Bucket"]:
                return bucket, region
    raise ApiError("NoSuchBucket", "The specified bucket does not exist", 404)


@op("s3", "ListBuckets", action="s3:ListAllMyBuckets")
def list_buckets(world, account, region, params):
    wanted = params.get("BucketRegion")
    if wanted not in (None, region):
        raise ApiError("InvalidArgument", "Argument value %s is not of the endpoint's Region" % wanted, 400)
    told = []
    for place in sorted(world.account(account)["data"]) if wanted is None else [wanted]:
        for bucket in rows(world, account, place, "s3.Buckets"):
            row = {"Name": bucket["Name"], "CreationDate": bucket["CreationDate"]}
            told.append(dict(row, BucketRegion=place) if params else row)
    return {"Buckets": sorted(told, key=lambda b: b["Name"]), "Owner": {"ID": "75aa57f09aa0c8caeab4f8c2"}}


@op("s3", "GetBucketEncryption", action="s3:GetEncryptionConfiguration",
    resource=lambda w, a, r, params: "arn:aws:s3:::" + params["Bucket"])
def get_bucket_encryption(world, account, region, params):
    bucket, home = _bucket(world, account, params)
    if home != region:
        raise ApiError("PermanentRedirect", "The bucket you are attempting to access must be addressed "
                       "using the specified endpoint.", 301, {"x-amz-bucket-region": home})
    if bucket["Encryption"] is None:
        raise ApiError("ServerSideEncryptionConfigurationNotFoundError",
                       "The server side encryption configuration was not found", 404)
    return {"ServerSideEncryptionConfiguration": {"Rules": [bucket["Encryption"]]}}


# ------------------------------------------------------------------ DocumentDB's elastic clusters

def _elastic(operation, kind, items, arn):
    """The list tells some members, the operation for each one all of them."""
    listed = {"cluster": ("clusterArn", "clusterName", "status"),
              "snapshot": ("clusterArn", "snapshotArn", "snapshotName", "snapshotCreationTime", "status")}[kind]

    @op("docdb-elastic", "List%ss" % operation)
    def several(world, account, region, params):
        return {items: [{k: row[k] for k in listed}
                        for row in rows(world, account, region, "docdb-elastic." + items)]}

    @op("docdb-elastic", "Get" + operation, resource=lambda w, a, r, params: params[arn])
    def one(world, account, region, params):
        for row in rows(world, account, region, "docdb-elastic." + items):
            if row[arn] == params[arn]:
                return {kind: row}
        raise ApiError("ResourceNotFoundException", "Not found: " + params[arn], 404)


_elastic("Cluster", "cluster", "clusters", "clusterArn")
_elastic("ClusterSnapshot", "snapshot", "snapshots", "snapshotArn")


# ------------------------------------------------------------------ OpenSearch

@op("opensearch", "ListDomainNames", action="es:ListDomainNames")
def list_domain_names(world, account, region, params):
    return {"DomainNames": [{"DomainName": d["DomainName"], "EngineType": "OpenSearch"}
                            for d in rows(world, account, region, "opensearch.Domains")]}


@op("opensearch", "DescribeDomains", action="es:DescribeDomains")
def describe_domains(world, account, region, params):
    """Who is asked about a name that is not there says nothing about it."""
    return {"DomainStatusList": [d for d in rows(world, account, region, "opensearch.Domains")
                                 if d["DomainName"] in params["DomainNames"]]}
