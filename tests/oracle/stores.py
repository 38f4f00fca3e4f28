"""The independent reader of what holds data at rest, beside RDS and EBS: rows of the view `resources`.

Each function reads one service of a place and calls place_row(ARN, type, name, key reference), where the
reference is '' for what is not under a key that could be named, and None for what is under one that was not
told."""

NOT, UNTOLD = "", None
#: what services write where a key of their own is at work
OWNED = ("AWS_OWNED_KMS_KEY", "AWS_OWNED_KEY", "auto")


def named(tags, name="Name"):
    return next((t["Value"] for t in tags if t["Key"] == name), "")


def key_of(row, member, encrypted=None, otherwise=UNTOLD):
    """The reference; `encrypted`: the member that says whether it is; `otherwise`: without a name."""
    if row.get(member):
        return NOT if row[member] in OWNED else row[member]
    if encrypted is not None and row.get(encrypted) is False:
        return NOT
    return UNTOLD if encrypted is not None and encrypted not in row else otherwise


def efs(read, place, add):
    for f in read("efs", "describe_file_systems", "FileSystems"):
        add("arn:aws:elasticfilesystem:%s:%s:file-system/%s" % (
            place.region, place.account, f["FileSystemId"]), "efs-file-system", f.get("Name", ""),
            key_of(f, "KmsKeyId", "Encrypted"))


def fsx(read, place, add):
    for f in read("fsx", "describe_file_systems", "FileSystems"):
        scratch = f.get("LustreConfiguration", {}).get("DeploymentType", "").startswith("SCRATCH")
        add(f["ResourceARN"], "fsx-file-system", named(f.get("Tags", [])),
            key_of(f, "KmsKeyId", otherwise=NOT if scratch else UNTOLD))
    for b in read("fsx", "describe_backups", "Backups"):
        add(b["ResourceARN"], "fsx-backup", named(b.get("Tags", [])), key_of(b, "KmsKeyId"))
    for c in read("fsx", "describe_file_caches", "FileCaches"):
        add(c["ResourceARN"], "fsx-file-cache", c["FileCacheId"],
            key_of(c, "KmsKeyId", otherwise=NOT))


def dynamodb(read, place, add):
    for name in read("dynamodb", "list_tables", "TableNames"):
        table = place.call("dynamodb", "describe_table", TableName=name)["Table"]
        sse = table.get("SSEDescription", {})
        add(table["TableArn"], "dynamodb-table", name, key_of(sse, "KMSMasterKeyArn", otherwise=NOT))
    for b in read("dynamodb", "list_backups", "BackupSummaries", BackupType="ALL"):
        if b["BackupType"] == "AWS_BACKUP":
            continue
        told = place.call("dynamodb", "describe_backup", BackupArn=b["BackupArn"])["BackupDescription"]
        sse = told["SourceTableFeatureDetails"].get("SSEDescription", {})
        add(b["BackupArn"], "dynamodb-backup", b["BackupName"],
            key_of(sse, "KMSMasterKeyArn", otherwise=NOT))


def secrets(read, place, add):
    for s in read("secretsmanager", "list_secrets", "SecretList", IncludePlannedDeletion=True):
        add(s["ARN"], "secret", s["Name"],
            key_of(s, "KmsKeyId", otherwise="alias/aws/secretsmanager"))


def redshift(read, place, add):
    for c in read("redshift", "describe_clusters", "Clusters"):
        arn = "arn:aws:redshift:%s:%s:cluster:%s" % (place.region, place.account, c["ClusterIdentifier"])
        add(arn, "redshift-cluster", c["ClusterIdentifier"], key_of(c, "KmsKeyId", "Encrypted"))
    for s in read("redshift", "describe_cluster_snapshots", "Snapshots"):
        add(s["SnapshotArn"], "redshift-snapshot", s["SnapshotIdentifier"],
            key_of(s, "KmsKeyId", "Encrypted"))
    for g in read("redshift", "describe_snapshot_copy_grants", "SnapshotCopyGrants"):
        arn = "arn:aws:redshift:%s:%s:snapshotcopygrant:%s" % (place.region, place.account,
                                                               g["SnapshotCopyGrantName"])
        add(arn, "redshift-copy-grant", g["SnapshotCopyGrantName"],
            key_of(g, "KmsKeyId", otherwise="alias/aws/redshift"))


def s3(read, place, add):
    """One list for the account: those of the place are picked by hand."""
    for b in read("s3", "list_buckets", "Buckets", size=1000):
        if b["BucketRegion"] != place.region:
            continue
        told = place.call("s3", "get_bucket_encryption", Bucket=b["Name"],
                          absent=("ServerSideEncryptionConfigurationNotFoundError",))
        rules = told["ServerSideEncryptionConfiguration"]["Rules"] if told else []
        default = rules[0]["ApplyServerSideEncryptionByDefault"] if rules else {"SSEAlgorithm": "AES256"}
        kms = default["SSEAlgorithm"].startswith("aws:kms")
        add("arn:aws:s3:::" + b["Name"], "s3-bucket", b["Name"],
            key_of(default, "KMSMasterKeyID", otherwise="alias/aws/s3" if kms else NOT))


def automated_backups(read, place, add):
    """Of databases: also of those that are gone, and of other Regions."""
    for operation, word, encrypted in (("instance", "DBInstance", "Encrypted"),
                                       ("cluster", "DBCluster", "StorageEncrypted")):
        for b in read("rds", "describe_db_%s_automated_backups" % operation, word + "AutomatedBackups"):
            owned = b.get("StorageEncryptionType") == "sse-rds"
            if word + "AutomatedBackupsArn" not in b:       # moto leaves out what names it
                continue
            add(b[word + "AutomatedBackupsArn"], "rds-%sautomated-backup" % (
                "cluster-" if operation == "cluster" else ""), b[word + "Identifier"],
                NOT if owned else key_of(b, "KmsKeyId", encrypted))


def elasticache(read, place, add):
    for g in read("elasticache", "describe_replication_groups", "ReplicationGroups"):
        how = g.get("StorageEncryptionType")
        clear = how in ("none", "sse-elasticache") or how is None and g.get("AtRestEncryptionEnabled")
        add(g["ARN"], "elasticache-group", g["ReplicationGroupId"],
            key_of(g, "KmsKeyId", otherwise=NOT if clear else UNTOLD))
    for s in read("elasticache", "describe_snapshots", "Snapshots"):
        add(s["ARN"], "elasticache-snapshot", s["SnapshotName"], key_of(s, "KmsKeyId"))
    for c in read("elasticache", "describe_serverless_caches", "ServerlessCaches"):
        add(c["ARN"], "elasticache-serverless", c["ServerlessCacheName"],
            key_of(c, "KmsKeyId", otherwise=NOT))
    for s in read("elasticache", "describe_serverless_cache_snapshots", "ServerlessCacheSnapshots"):
        add(s["ARN"], "elasticache-serverless-snapshot", s["ServerlessCacheSnapshotName"],
            key_of(s, "KmsKeyId", otherwise=NOT))


def memorydb(read, place, add):
    for c in read("memorydb", "describe_clusters", "Clusters"):
        add(c["ARN"], "memorydb-cluster", c["Name"], key_of(c, "KmsKeyId", otherwise=NOT))
    for s in read("memorydb", "describe_snapshots", "Snapshots"):
        add(s["ARN"], "memorydb-snapshot", s["Name"], key_of(s, "KmsKeyId", otherwise=NOT))


def serverless(read, place, add):
    for n in read("redshift-serverless", "list_namespaces", "namespaces"):
        add(n["namespaceArn"], "redshift-serverless-namespace", n["namespaceName"], key_of(n, "kmsKeyId"))
    for s in read("redshift-serverless", "list_snapshots", "snapshots"):
        add(s["snapshotArn"], "redshift-serverless-snapshot", s["snapshotName"], key_of(s, "kmsKeyId"))
    for g in read("neptune-graph", "list_graphs", "graphs"):
        add(g["arn"], "neptune-graph", g["name"], key_of(g, "kmsKeyIdentifier"))
    for s in read("neptune-graph", "list_graph_snapshots", "graphSnapshots"):
        add(s["arn"], "neptune-graph-snapshot", s["name"], key_of(s, "kmsKeyIdentifier"))


def elastic(read, place, add):
    for c in read("docdb-elastic", "list_clusters", "clusters"):
        told = place.call("docdb-elastic", "get_cluster", clusterArn=c["clusterArn"])["cluster"]
        add(c["clusterArn"], "docdb-elastic-cluster", c["clusterName"], key_of(told, "kmsKeyId"))
    for s in read("docdb-elastic", "list_cluster_snapshots", "snapshots"):
        told = place.call("docdb-elastic", "get_cluster_snapshot", snapshotArn=s["snapshotArn"])["snapshot"]
        add(s["snapshotArn"], "docdb-elastic-snapshot", s["snapshotName"], key_of(told, "kmsKeyId"))


def opensearch(read, place, add):
    for d in read("opensearch", "list_domain_names", "DomainNames"):
        for told in place.call("opensearch", "describe_domains", DomainNames=[d["DomainName"]])["DomainStatusList"]:
            how = told.get("EncryptionAtRestOptions", {})
            add(told["ARN"], "opensearch-domain", d["DomainName"], key_of(how, "KmsKeyId", "Enabled"))
    for c in read("opensearchserverless", "list_collections", "collectionSummaries"):
        add(c["arn"], "opensearch-collection", c["name"], key_of(c, "kmsKeyArn"))


SERVICES = [efs, fsx, dynamodb, secrets, redshift, s3, automated_backups, elasticache, memorydb,
            serverless, elastic, opensearch]
