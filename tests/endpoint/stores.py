"""What holds data at rest, beside RDS and EBS: some of each kind for every place of a generated world.

Keys are named in every form that the service takes: an ARN, an id, an alias, the ARN of an alias; or not at
all. Some kinds have rows in a few places only, as in life."""
from .build import T0, hexid


class Filler:
    def __init__(self, world, account, region):
        self.world, self.rnd, self.account, self.region = world, world.rnd, account, region
        self.place = world.build.region(account, region)
        self.stores = self.place.data["stores"]

    def put(self, name, row):
        self.stores.setdefault(name, []).append(row)

    def hexid(self, size, *parts):
        return hexid(size, self.account, self.region, *parts)

    def key(self, odds=0.8):
        """A key's ARN, or nothing."""
        return self.world.some_key(self.account, self.region) if self.rnd.random() < odds else None

    def reference(self, odds=0.8):
        """The same in any form that a reference may have."""
        arn, kind = self.key(odds), self.rnd.random()
        if arn is None or ":%s:%s:" % (self.region, self.account) not in arn or kind < 0.4:
            return arn
        if kind < 0.6:
            return arn.rsplit("/", 1)[1]
        alias = self.rnd.choice(self.place.data["aliases"])["AliasName"]
        return alias if kind < 0.85 else self.place.arn("kms", alias)

    def text(self, plain):
        return self.world.text(plain)

    # ---------------------------------------------------------------- file systems

    def efs(self):
        for n in range(4):
            fid, key = "fs-" + self.hexid(17, "efs", n), self.key()
            row = {"OwnerId": self.account, "CreationToken": "t%d" % n, "FileSystemId": fid,
                   "CreationTime": T0 - 4000000.5, "LifeCycleState": "available",
                   "NumberOfMountTargets": 2, "SizeInBytes": {"Value": 6144 << n, "Timestamp": T0},
                   "PerformanceMode": "generalPurpose", "Encrypted": key is not None, "Tags": []}
            if n != 1:
                row["FileSystemArn"] = self.place.arn("elasticfilesystem", "file-system/" + fid)
            if n != 2:
                row["Name"] = "share %d" % n
            if key:
                row["KmsKeyId"] = key
            self.put("efs.FileSystems", row)

    def fsx(self):
        for n, kind in enumerate(["WINDOWS", "LUSTRE", "ONTAP", "OPENZFS", "LUSTRE"]):
            fid, key = "fs-" + self.hexid(17, "fsx", n), self.key(1)
            row = {"OwnerId": self.account, "CreationTime": T0 - 3000000, "FileSystemId": fid,
                   "FileSystemType": kind, "Lifecycle": "AVAILABLE", "StorageCapacity": 1200,
                   "ResourceARN": self.place.arn("fsx", "file-system/" + fid),
                   "Tags": [{"Key": "Name", "Value": self.text("files %d" % n)}] if n % 2 else []}
            if n == 4:
                row["LustreConfiguration"] = {"DeploymentType": "SCRATCH_2"}
            else:
                row["KmsKeyId"] = key
            self.put("fsx.FileSystems", row)
            backup = {"BackupId": "backup-" + self.hexid(17, "fsxb", n), "Lifecycle": "AVAILABLE",
                      "Type": self.rnd.choice(["AUTOMATIC", "USER_INITIATED", "AWS_BACKUP"]),
                      "CreationTime": T0 - 86400, "ResourceType": "FILE_SYSTEM", "FileSystem": row}
            backup["ResourceARN"] = self.place.arn("fsx", "backup/" + backup["BackupId"])
            if kind in ("ONTAP", "OPENZFS"):
                backup.update(ResourceType="VOLUME", Volume={"VolumeType": kind, "ResourceARN":
                              self.place.arn("fsx", "volume/%s/fsvol-%s" % (fid, fid[3:]))})
            if n != 4:
                backup["KmsKeyId"] = key
            self.put("fsx.Backups", backup)
        self.put("fsx.FileCaches", {
            "OwnerId": self.account, "CreationTime": T0 - 900000, "FileCacheType": "LUSTRE",
            "FileCacheId": "fc-" + self.hexid(17, "fc"), "Lifecycle": "AVAILABLE",
            "ResourceARN": self.place.arn("fsx", "file-cache/fc-" + self.hexid(17, "fc")),
            **({"KmsKeyId": key} if self.rnd.random() < 0.5 else {})})


    # ---------------------------------------------------------------- tables

    def dynamodb(self):
        for n in range(6):
            name, key = "t%d" % n if n < 5 else "orders.2026-x_y", self.key(0.6)
            arn = self.place.arn("dynamodb", "table/" + name)
            table = {"TableName": name, "TableArn": arn, "TableStatus": self.rnd.choice(
                ["ACTIVE", "ACTIVE", "UPDATING", "INACCESSIBLE_ENCRYPTION_CREDENTIALS", "ARCHIVED"]),
                "CreationDateTime": T0 - 7000000.25, "TableSizeBytes": 4096 << n}
            sse = {"SSEDescription": {"Status": "ENABLED", "SSEType": "KMS", "KMSMasterKeyArn": key}}
            if key:
                table.update(sse)
            if n == 3:
                table["Replicas"] = [{"RegionName": r, "ReplicaStatus": "ACTIVE",
                                      **({"KMSMasterKeyId": key} if key else {})}
                                     for r in self.world.regions if r != self.region]
            self.put("dynamodb.Tables", table)
            for i, kind in enumerate(["USER", "SYSTEM", "AWS_BACKUP"][:n % 4]):
                backup = {"BackupArn": "%s/backup/%014d-%s" % (arn, i, self.hexid(8, name, i)),
                          "BackupName": "%s-%d" % (name, i), "BackupStatus": "AVAILABLE",
                          "BackupType": kind, "BackupCreationDateTime": T0 - 86400.5,
                          "BackupSizeBytes": 4096}
                self.put("dynamodb.Backups", {
                    "BackupSummary": dict(backup, TableName=name, TableArn=arn),
                    "BackupDescription": {"BackupDetails": backup,
                                          "SourceTableFeatureDetails": sse if key else {}}})

    # ---------------------------------------------------------------- secrets

    def secrets(self):
        for n in range(7):
            name, reference = "prod/secret-%d" % n, self.reference(0.7)
            row = {"ARN": self.place.arn("secretsmanager", "secret:%s-AbCdEf" % name),
                   "Name": name, "Description": self.text("s%d" % n), "CreatedDate": T0 - 900000,
                   "LastChangedDate": T0 - 800000.125, "RotationEnabled": n % 2 == 0, "Tags": []}
            if reference:
                row["KmsKeyId"] = reference
            if n == 5:
                row["DeletedDate"] = T0 + 600000
            if n == 6:
                row["PrimaryRegion"] = self.world.regions[0]
            self.put("secretsmanager.SecretList", row)

    # ---------------------------------------------------------------- warehouses

    def redshift(self):
        for n in range(3):
            key = self.key(0.7)
            row = {"ClusterIdentifier": "dw-%d" % n, "ClusterStatus": self.rnd.choice(
                ["available", "paused", "inaccessible-kms-key"]), "Encrypted": key is not None,
                "ClusterCreateTime": T0 - 5000000, "MasterUsername": "admin", "DBName": "dev",
                "ClusterNamespaceArn": self.place.arn("redshift", "namespace:u%d" % n)}
            if key:
                row["KmsKeyId"] = key
            if n == 2:
                row["MasterPasswordSecretKmsKeyId"] = self.key(1)
            self.put("redshift.Clusters", row)
            for i in range(3):
                snapshot = {"SnapshotIdentifier": "s%d" % i, "ClusterIdentifier": "dw-%d" % n,
                            "Status": "available", "SnapshotType": "manual", "Encrypted": key is not None,
                            "SnapshotCreateTime": T0 - 86400 * i, "OwnerAccount": self.account,
                            "SnapshotArn": self.place.arn("redshift", "snapshot:dw-%d/s%d" % (n, i))}
                if key:
                    snapshot["KmsKeyId"] = key
                if i == 2:
                    snapshot["SourceRegion"] = self.world.regions[0]
                self.put("redshift.Snapshots", snapshot)
        for n, key in enumerate([self.key(1), None]):
            self.put("redshift.SnapshotCopyGrants", dict({"SnapshotCopyGrantName": "grant-%d" % n},
                                                         **({"KmsKeyId": key} if key else {})))

    # ---------------------------------------------------------------- buckets

    def s3(self):
        for n in range(6):
            name = "bucket-%s-%s-%d" % (self.account, self.region, n)
            algorithm = self.rnd.choice(["AES256", "aws:kms", "aws:kms", "aws:kms:dsse"])
            default = {"SSEAlgorithm": algorithm}
            reference = self.reference(0.7) if algorithm != "AES256" else None
            if reference:
                default["KMSMasterKeyID"] = reference
            rule = {"ApplyServerSideEncryptionByDefault": default, "BucketKeyEnabled": n % 2 == 0}
            self.put("s3.Buckets", {"Name": name.replace("-", ".") if n == 4 else name,
                                    "CreationDate": T0 - 9000000 + n,
                                    "Encryption": None if n == 5 else rule})

    # ---------------------------------------------------------------- caches

    def elasticache(self):
        ways = [("sse-kms", True), ("sse-elasticache", False), ("none", False), (None, True), (None, False)]
        for n, (how, at_rest) in enumerate(ways):
            name, key = "cache-%d" % n, self.key(1) if how == "sse-kms" or n == 3 and self.rnd.random() < 0.5 else None
            row = {"ReplicationGroupId": name, "ARN": self.place.arn("elasticache", "replicationgroup:" + name),
                   "Status": "available", "AtRestEncryptionEnabled": at_rest, "Engine": "valkey",
                   "SnapshotRetentionLimit": n, "ReplicationGroupCreateTime": T0 - 4000000}
            row.update({"StorageEncryptionType": how} if how else {}, **({"KmsKeyId": key} if key else {}))
            self.put("elasticache.ReplicationGroups", row)
            if n not in (0, 4):
                continue
            self.put("elasticache.Snapshots", {
                "SnapshotName": "automatic." + name, "ReplicationGroupId": name, "SnapshotSource": "automated",
                "ARN": self.place.arn("elasticache", "snapshot:automatic." + name),
                "SnapshotStatus": "available", **({"KmsKeyId": key} if key else {})})
        for n, key in enumerate([self.key(1), None]):
            name = "serverless-%d" % n
            named = {"KmsKeyId": key} if key else {}
            self.put("elasticache.ServerlessCaches", {
                "ServerlessCacheName": name, "Status": "available", "Engine": "valkey", **named,
                "ARN": self.place.arn("elasticache", "serverlesscache:" + name), "CreateTime": T0 - 4000000,
                **({"StorageEncryptionType": "sse-kms"} if key else {})})
            self.put("elasticache.ServerlessCacheSnapshots", {
                "ServerlessCacheSnapshotName": name + "-s", "SnapshotType": "manual", "Status": "available",
                "ARN": self.place.arn("elasticache", "serverlesscachesnapshot:%s-s" % name), **named,
                "ServerlessCacheConfiguration": {"ServerlessCacheName": name, "Engine": "valkey"}})

    def memorydb(self):
        for n, reference in enumerate([self.reference(1), None]):
            named = {"KmsKeyId": reference} if reference else {}
            self.put("memorydb.Clusters", {"Name": "mem-%d" % n, "Status": "available", **named,
                                           "ARN": self.place.arn("memorydb", "cluster/mem-%d" % n)})
            self.put("memorydb.Snapshots", {"Name": "mem-s%d" % n, "Status": "available", "Source": "manual",
                                            "ARN": self.place.arn("memorydb", "snapshot/mem-s%d" % n), **named,
                                            "ClusterConfiguration": {"Name": "mem-%d" % n}})

    # ---------------------------------------------------------------- databases without instances, searches

    def serverless(self):
        for n, key in enumerate([self.key(1), "AWS_OWNED_KMS_KEY"]):
            arn = self.place.arn("redshift-serverless", "namespace/" + self.hexid(8, "rss", n))
            self.put("redshift-serverless.namespaces", {
                "namespaceArn": arn, "namespaceName": "ns-%d" % n, "status": "AVAILABLE", "kmsKeyId": key,
                "creationDate": T0 - 4000000,
                **({"adminPasswordSecretKmsKeyId": self.key(1)} if n else {})})
            self.put("redshift-serverless.snapshots", {
                "snapshotArn": arn.replace("namespace/", "snapshot/"), "snapshotName": "ns-s%d" % n,
                "namespaceArn": arn, "kmsKeyId": key, "status": "AVAILABLE", "ownerAccount": self.account,
                "snapshotCreateTime": T0 - 86400})
        for n, key in enumerate([self.key(1), "AWS_OWNED_KEY", None]):
            graph, named = "g-" + self.hexid(10, "graph", n), {"kmsKeyIdentifier": key} if key else {}
            self.put("neptune-graph.graphs", {"id": graph, "name": "graph-%d" % n, "status": "AVAILABLE",
                                              "arn": self.place.arn("neptune-graph", "graph/" + graph), **named})
            snapshot = "gs-" + self.hexid(10, "graph", n)
            self.put("neptune-graph.graphSnapshots", {
                "id": snapshot, "name": "graph-s%d" % n, "sourceGraphId": graph, "status": "AVAILABLE",
                "arn": self.place.arn("neptune-graph", "graph-snapshot/" + snapshot), **named})

    def elastic(self):
        for n, key in enumerate([self.key(1), "AWS_OWNED_KMS_KEY"]):
            arn = self.place.arn("docdb-elastic", "cluster/" + self.hexid(12, "elastic", n))
            common = {"adminUserName": "admin", "clusterArn": arn, "kmsKeyId": key, "status": "ACTIVE",
                      "subnetIds": [], "vpcSecurityGroupIds": []}
            self.put("docdb-elastic.clusters", dict(
                common, clusterName="elastic-%d" % n, authType="SECRET_ARN", createTime="2026-01-02T03:04:05Z",
                clusterEndpoint="e", preferredMaintenanceWindow="w", shardCapacity=2, shardCount=2))
            self.put("docdb-elastic.snapshots", dict(
                common, snapshotArn=arn.replace("cluster/", "cluster-snapshot/"), snapshotName="elastic-s%d" % n,
                clusterCreationTime="2026-01-02T03:04:05Z", snapshotCreationTime="2026-01-03T03:04:05Z"))

    def opensearch(self):
        ways = [{"Enabled": True, "KmsKeyId": self.reference(1)}, {"Enabled": False}, {"Enabled": True}, None]
        for n, how in enumerate(ways):
            self.put("opensearch.Domains", {
                "DomainId": "%s/search-%d" % (self.account, n), "DomainName": "search-%d" % n, "ClusterConfig": {},
                "ARN": self.place.arn("es", "domain/search-%d" % n), "DomainProcessingStatus": "Active",
                **({"EncryptionAtRestOptions": how} if how else {})})
        for n, key in enumerate([self.key(1), "auto"]):
            name = self.hexid(12, "aoss", n)
            self.put("opensearchserverless.collectionSummaries", {
                "id": name, "name": "vectors-%d" % n, "status": "ACTIVE", "kmsKeyArn": key,
                "arn": self.place.arn("aoss", "collection/" + name)})

    # ---------------------------------------------------------------- automated backups of clusters

    def clusters(self):
        for cluster in self.place.data["db_clusters"][:2]:
            row = {"DBClusterArn": cluster["DBClusterArn"], "Region": self.region, "Status": "active",
                   "DBClusterIdentifier": cluster["DBClusterIdentifier"], "Engine": cluster["Engine"],
                   "StorageEncrypted": cluster["StorageEncrypted"], "BackupRetentionPeriod": 7,
                   "DBClusterAutomatedBackupsArn": self.place.arn(
                       "rds", "cluster-auto-backup:ab-" + self.hexid(
                           20, cluster["DBClusterIdentifier"]))}
            if "KmsKeyId" in cluster:
                row["KmsKeyId"] = cluster["KmsKeyId"]
            elif self.rnd.random() < 0.5:
                row.update(StorageEncrypted=True, StorageEncryptionType="sse-rds")
            self.put("rds.DBClusterAutomatedBackups", row)

    # ---------------------------------------------------------------- what hangs on databases

    def databases(self):
        for n, reference in enumerate([self.reference(1), self.reference(1)]):
            self.put("rds.ExportTasks", {
                "ExportTaskIdentifier": "export-%d" % n, "S3Bucket": "exports", "KmsKeyId": reference,
                "SourceArn": self.place.arn("rds", "snapshot:s%d" % n), "TaskEndTime": T0 - 86400,
                "Status": ["COMPLETE", "IN_PROGRESS"][n]})
        for n, key in enumerate([self.key(1), None]):
            secret = {"SecretArn": self.place.arn("secretsmanager", "secret:rds!t%d" % n), "KmsKeyId": key}
            self.put("rds.TenantDatabases", {
                "TenantDBName": "TENANT%d" % n, "DBInstanceIdentifier": "db-0", "Status": "available",
                "TenantDatabaseARN": self.place.arn("rds", "tenant-database:tdb-%d" % n),
                **({"MasterUserSecret": secret} if key else {})})


FILLS = [Filler.efs, Filler.fsx, Filler.dynamodb, Filler.secrets, Filler.redshift, Filler.s3,
         Filler.clusters, Filler.elasticache, Filler.memorydb, Filler.serverless, Filler.elastic,
         Filler.opensearch, Filler.databases]


def fill(world, account, region):
    filler = Filler(world, account, region)
    for one in FILLS:
        one(filler)
