#!/usr/bin/env python3
"""The demo's book against AWS's own models: every member that it answers exists, where it stands and of that
type, and every word of an enumeration is one of AWS's. Reads the data files, runs nothing.

Closes with `N passed, N failed`."""

import json
import pathlib
import re
import sys

import botocore.session

DATA = pathlib.Path(__file__).resolve().parents[2] / "backend" / "demo" / "data"
ACCOUNTS = ["prod-data", "prod-apps", "shared-backup", "legacy", "sandbox", "audit"]

# shape of the book: service, operation, where it stands in the answer
WHERE = {
    "Identity": ("sts", "GetCallerIdentity", ""),
    "Account": ("organizations", "ListAccounts", "Accounts."),
    "Organization": ("organizations", "DescribeOrganization", "Organization"),
    "Root": ("organizations", "ListRoots", "Roots."),
    "Unit": ("organizations", "ListOrganizationalUnitsForParent", "OrganizationalUnits."),
    "OrganizationPolicy": ("organizations", "ListPolicies", "Policies."),
    "PolicyTarget": ("organizations", "ListTargetsForPolicy", "Targets."),
    "Event": ("cloudtrail", "LookupEvents", "Events."),
    "User": ("iam", "GetAccountAuthorizationDetails", "UserDetailList.member"),
    "Group": ("iam", "GetAccountAuthorizationDetails", "GroupDetailList.member"),
    "Role": ("iam", "GetAccountAuthorizationDetails", "RoleDetailList.member"),
    "ManagedPolicy": ("iam", "GetAccountAuthorizationDetails", "Policies.member"),
    "Region": ("ec2", "DescribeRegions", "regionInfo.item"),
    "RegionStatus": ("account", "ListRegions", "Regions."),
    "Key": ("kms", "ListKeys", "Keys."),
    "KeyMetadata": ("kms", "DescribeKey", "KeyMetadata"),
    "Alias": ("kms", "ListAliases", "Aliases."),
    "KeyStore": ("kms", "DescribeCustomKeyStores", "CustomKeyStores."),
    "Grant": ("kms", "ListGrants", "Grants."),
    "VolumeGrant": ("kms", "ListGrants", "Grants."),
    "DBInstanceGrant": ("kms", "ListGrants", "Grants."),
    "VaultGrant": ("kms", "ListGrants", "Grants."),
    "Function": ("lambda", "ListFunctions", "Functions."),
    "LogGroup": ("logs", "DescribeLogGroups", "logGroups."),
    "Topic": ("sns", "ListTopics", "Topics.member"),
    "TopicAttributes": ("sns", "GetTopicAttributes", ""),
    "QueueUrl": ("sqs", "ListQueues", "QueueUrls."),
    "QueueAttributes": ("sqs", "GetQueueAttributes", ""),
    "Stream": ("kinesis", "ListStreams", "StreamSummaries."),
    "StreamDescription": ("kinesis", "DescribeStreamSummary", ""),
    "DeliveryStreamName": ("firehose", "ListDeliveryStreams", "DeliveryStreamNames."),
    "DeliveryStream": ("firehose", "DescribeDeliveryStream", ""),
    "KafkaCluster": ("kafka", "ListClustersV2", "clusterInfoList."),
    "Repository": ("ecr", "DescribeRepositories", "repositories."),
    "EksClusterName": ("eks", "ListClusters", "clusters."),
    "EksCluster": ("eks", "DescribeCluster", ""),
    "StateMachine": ("stepfunctions", "ListStateMachines", "stateMachines."),
    "StateMachineDescription": ("stepfunctions", "DescribeStateMachine", ""),
    "Broker": ("mq", "ListBrokers", "brokerSummaries."),
    "BrokerDescription": ("mq", "DescribeBroker", ""),
    "ReplicationInstance": ("dms", "DescribeReplicationInstances", "ReplicationInstances."),
    "DmsEndpoint": ("dms", "DescribeEndpoints", "Endpoints."),
    "Trail": ("cloudtrail", "DescribeTrails", "trailList."),
    "EventStore": ("cloudtrail", "ListEventDataStores", "EventDataStores."),
    "EventStoreDescription": ("cloudtrail", "GetEventDataStore", ""),
    "GlueConfiguration": ("glue", "GetSecurityConfigurations", "SecurityConfigurations."),
    "WorkGroup": ("athena", "ListWorkGroups", "WorkGroups."),
    "WorkGroupDescription": ("athena", "GetWorkGroup", ""),
    "EmrConfiguration": ("emr", "ListSecurityConfigurations", "SecurityConfigurations."),
    "EmrConfigurationDescription": ("emr", "DescribeSecurityConfiguration", ""),
    "BuildProjectName": ("codebuild", "ListProjects", "projects."),
    "BuildProject": ("codebuild", "BatchGetProjects", ""),
    "CodeDomain": ("codeartifact", "ListDomains", "domains."),
    "PrometheusWorkspace": ("amp", "ListWorkspaces", "workspaces."),
    "DataLake": ("securitylake", "ListDataLakes", "dataLakes."),
    "RecoveryTemplate": ("drs", "DescribeReplicationConfigurationTemplates", "items."),
    "Workspace": ("workspaces", "DescribeWorkspaces", "Workspaces."),
    "Hypervisor": ("backup-gateway", "ListHypervisors", "Hypervisors."),
    "RecoveryServer": ("drs", "DescribeSourceServers", "items."),
    "ReplicationConfiguration": ("drs", "GetReplicationConfiguration", ""),
    "AirflowName": ("mwaa", "ListEnvironments", "Environments."),
    "Airflow": ("mwaa", "GetEnvironment", ""),
    "GatewayVolume": ("storagegateway", "ListVolumes", "VolumeInfos."),
    "CachedVolume": ("storagegateway", "DescribeCachediSCSIVolumes", ""),
    "StoredVolume": ("storagegateway", "DescribeStorediSCSIVolumes", ""),
    "SmbShare": ("storagegateway", "DescribeSMBFileShares", ""),
    "FileShare": ("storagegateway", "ListFileShares", "FileShareInfoList."),
    "NfsShare": ("storagegateway", "DescribeNFSFileShares", ""),
    "EmrCluster": ("emr", "ListClusters", "Clusters."),
    "EmrClusterDescription": ("emr", "DescribeCluster", ""),
    "CustomModel": ("bedrock", "ListCustomModels", "modelSummaries."),
    "CustomModelDescription": ("bedrock", "GetCustomModel", ""),
    "Guardrail": ("bedrock", "ListGuardrails", "guardrails."),
    "GuardrailDescription": ("bedrock", "GetGuardrail", ""),
    "BedrockAgent": ("bedrock-agent", "ListAgents", "agentSummaries."),
    "BedrockAgentDescription": ("bedrock-agent", "GetAgent", ""),
    "Notebook": ("sagemaker", "ListNotebookInstances", "NotebookInstances."),
    "NotebookDescription": ("sagemaker", "DescribeNotebookInstance", ""),
    "MlDomain": ("sagemaker", "ListDomains", "Domains."),
    "MlDomainDescription": ("sagemaker", "DescribeDomain", ""),
    "EndpointConfig": ("sagemaker", "ListEndpointConfigs", "EndpointConfigs."),
    "EndpointConfigDescription": ("sagemaker", "DescribeEndpointConfig", ""),
    "LaunchTemplate": ("ec2", "DescribeLaunchTemplateVersions", "launchTemplateVersionSet.item"),
    "Parameter": ("ssm", "DescribeParameters", "Parameters."),
    "BackupVault": ("backup", "ListBackupVaults", "BackupVaultList."),
    "RecoveryPoint": ("backup", "ListRecoveryPointsByBackupVault", "RecoveryPoints."),
    "CreatedBy": ("backup", "ListRecoveryPointsByBackupVault", "RecoveryPoints..CreatedBy"),
    "BackupPlanSummary": ("backup", "ListBackupPlans", "BackupPlansList."),
    "BackupPlan": ("backup", "GetBackupPlan", ""),
    "BackupRule": ("backup", "GetBackupPlan", "BackupPlan.Rules."),
    "BackupSelectionSummary": ("backup", "ListBackupSelections", "BackupSelectionsList."),
    "BackupSelection": ("backup", "GetBackupSelection", "BackupSelection"),
    "CopyJob": ("backup", "ListCopyJobs", "CopyJobs."),
    "FailedCopyJob": ("backup", "ListCopyJobs", "CopyJobs."),
    "FailedBackup": ("backup", "ListBackupJobs", "BackupJobs."),
    "FailedRestore": ("backup", "ListRestoreJobs", "RestoreJobs."),
    "Image": ("ec2", "DescribeImages", "imagesSet.item"),
    "LifecyclePolicySummary": ("dlm", "GetLifecyclePolicies", "Policies."),
    "LifecyclePolicy": ("dlm", "GetLifecyclePolicy", ""),
    "EventRule": ("events", "ListRules", "Rules."),
    "EventTargets": ("events", "ListTargetsByRule", ""),
    "RestoreTest": ("backup", "ListRestoreTestingPlans", "RestoreTestingPlans."),
    "RestoreTestDetail": ("backup", "GetRestoreTestingPlan", ""),
    "RestoreTestSelections": ("backup", "ListRestoreTestingSelections", ""),
    "RestoreTestSelection": ("backup", "GetRestoreTestingSelection", ""),
    "LegalHold": ("backup", "ListLegalHolds", "LegalHolds."),
    "LegalHoldDetail": ("backup", "GetLegalHold", ""),
    "ProtectedResource": ("backup", "ListProtectedResources", "Results."),
    "DataCatalogSettings": ("glue", "GetDataCatalogEncryptionSettings", ""),
    "TraceSettings": ("xray", "GetEncryptionConfig", ""),
    "BackupRegionSettings": ("backup", "DescribeRegionSettings", ""),
    "BackupGlobalSettings": ("backup", "DescribeGlobalSettings", ""),
    "DBInstance": ("rds", "DescribeDBInstances", "DBInstances.DBInstance"),
    "DBCluster": ("rds", "DescribeDBClusters", "DBClusters.DBCluster"),
    "DBSnapshot": ("rds", "DescribeDBSnapshots", "DBSnapshots.DBSnapshot"),
    "BackupDBSnapshot": ("rds", "DescribeDBSnapshots", "DBSnapshots.DBSnapshot"),
    "DBClusterSnapshot": ("rds", "DescribeDBClusterSnapshots", "DBClusterSnapshots.DBClusterSnapshot"),
    "BackupDBClusterSnapshot": (
        "rds", "DescribeDBClusterSnapshots", "DBClusterSnapshots.DBClusterSnapshot"),
    "AutomatedBackup": (
        "rds", "DescribeDBInstanceAutomatedBackups", "DBInstanceAutomatedBackups.DBInstanceAutomatedBackup"),
    "Volume": ("ec2", "DescribeVolumes", "volumeSet.item"),
    "Snapshot": ("ec2", "DescribeSnapshots", "snapshotSet.item"),
    "BackupSnapshot": ("ec2", "DescribeSnapshots", "snapshotSet.item"),
    "EfsFileSystem": ("efs", "DescribeFileSystems", "FileSystems."),
    "FsxFileSystem": ("fsx", "DescribeFileSystems", "FileSystems."),
    "FsxBackup": ("fsx", "DescribeBackups", "Backups."),
    "BackupFsxBackup": ("fsx", "DescribeBackups", "Backups."),
    "FsxCache": ("fsx", "DescribeFileCaches", "FileCaches."),
    "ClusterAutomatedBackup": ("rds", "DescribeDBClusterAutomatedBackups",
                               "DBClusterAutomatedBackups.DBClusterAutomatedBackup"),
    "RetainedBackup": ("rds", "DescribeDBInstanceAutomatedBackups",
                       "DBInstanceAutomatedBackups.DBInstanceAutomatedBackup"),
    "TableName": ("dynamodb", "ListTables", "TableNames."),
    "Table": ("dynamodb", "DescribeTable", ""),
    "EncryptedTable": ("dynamodb", "DescribeTable", ""),
    "GlobalTable": ("dynamodb", "DescribeTable", ""),
    "TableBackup": ("dynamodb", "ListBackups", "BackupSummaries."),
    "TableBackupDetail": ("dynamodb", "DescribeBackup", ""),
    "Secret": ("secretsmanager", "ListSecrets", "SecretList."),
    "RedshiftCluster": ("redshift", "DescribeClusters", "Clusters.Cluster"),
    "RedshiftSnapshot": ("redshift", "DescribeClusterSnapshots", "Snapshots.Snapshot"),
    "Bucket": ("s3", "ListBuckets", "Buckets.Bucket"),
    "BucketEncryption": ("s3", "GetBucketEncryption", "ServerSideEncryptionConfiguration"),
    "CacheGroup": ("elasticache", "DescribeReplicationGroups", "ReplicationGroups.ReplicationGroup"),
    "ServerlessCache": ("elasticache", "DescribeServerlessCaches", "ServerlessCaches.member"),
    "CacheSnapshot": ("elasticache", "DescribeSnapshots", "Snapshots.Snapshot"),
    "ServerlessCacheSnapshot": ("elasticache", "DescribeServerlessCacheSnapshots",
                                "ServerlessCacheSnapshots.ServerlessCacheSnapshot"),
    "MemoryDbCluster": ("memorydb", "DescribeClusters", "Clusters."),
    "MemoryDbSnapshot": ("memorydb", "DescribeSnapshots", "Snapshots."),
    "Namespace": ("redshift-serverless", "ListNamespaces", "namespaces."),
    "NamespaceSnapshot": ("redshift-serverless", "ListSnapshots", "snapshots."),
    "Graph": ("neptune-graph", "ListGraphs", "graphs."),
    "GraphSnapshot": ("neptune-graph", "ListGraphSnapshots", "graphSnapshots."),
    "ElasticListed": ("docdb-elastic", "ListClusters", "clusters."),
    "ElasticCluster": ("docdb-elastic", "GetCluster", ""),
    "ElasticSnapshotListed": ("docdb-elastic", "ListClusterSnapshots", "snapshots."),
    "ElasticSnapshot": ("docdb-elastic", "GetClusterSnapshot", ""),
    "SearchDomainName": ("opensearch", "ListDomainNames", "DomainNames."),
    "SearchDomain": ("opensearch", "DescribeDomains", ""),
    "Collection": ("opensearchserverless", "ListCollections", "collectionSummaries."),
    "ExportTask": ("rds", "DescribeExportTasks", "ExportTasks.ExportTask"),
    "TenantDatabase": ("rds", "DescribeTenantDatabases", "TenantDatabases.TenantDatabase"),
    "SnapshotCopyGrant": ("redshift", "DescribeSnapshotCopyGrants",
                          "SnapshotCopyGrants.SnapshotCopyGrant"),
}
# of the book's own: no shapes of answers
OWN = {"about", "EventRecord", "Resources", "AwsManagedKeys", "Failures"}
TIME = re.compile(r"^(now|at)([+-](\d+d)?(\d+h)?(\d+m)?)?$")

session = botocore.session.get_session()
models = {}
problems = []


def model(service):
    if service not in models:
        models[service] = session.get_service_model(service)
    return models[service]


def is_xml(service):
    return model(service).metadata["protocol"] in ("query", "ec2", "rest-xml")


def member_of(shape, name):
    """The member of a structure that is called so on the wire."""
    for python_name, member in shape.members.items():
        if member.serialization.get("name", python_name) == name:
            return member
    return None


def shape_at(service, operation, path):
    shape = model(service).operation_model(operation).output_shape
    for part in path.split(".") if path else []:
        if shape.type_name == "list":
            shape = shape.member
            if part in ("", "item", "member", shape.serialization.get("name", "")):
                continue
        shape = member_of(shape, part)
        if shape is None:
            raise LookupError(f"{service}:{operation} has no {path}")
    return shape


def scalar_fits(value, shape, xml):
    kind = shape.type_name
    if isinstance(value, bool):
        return kind == "boolean" or xml and kind == "string"
    if isinstance(value, (int, float)):
        return kind in ("integer", "long", "double", "float")
    if value.startswith("?${"):
        return kind == "boolean"
    if value.startswith("#${"):
        return kind in ("integer", "long", "double")
    if TIME.match(value):
        return kind == "timestamp" or xml and kind == "string"
    if "${" in value:
        # may come out as a time, and in XML as anything
        return kind in ("string", "timestamp") or xml and kind in ("integer", "boolean", "long")
    if xml and kind == "boolean":
        return value in ("true", "false")
    if xml and kind in ("integer", "long"):
        return value.isdigit()
    return kind == "string"


def check_words(where, value, shape):
    words = getattr(shape, "enum", None)
    if not words or not isinstance(value, str) or "${" in value and "|" not in value:
        return
    word = re.sub(r"^\$\{[^|]*\|(.*)\}$", r"\1", value)
    if word and "${" not in word and word not in words:
        problems.append(f"{where}: {word!r} is none of {', '.join(words)}")


def check(where, value, shape, xml):
    if value is None:
        return
    if isinstance(value, dict) and shape.type_name == "structure":
        for name, inner in value.items():
            member = member_of(shape, name)
            if member is None:
                problems.append(f"{where}: AWS has no member {name}")
            else:
                check(f"{where}.{name}", inner, member, xml)
    elif isinstance(value, dict) and shape.type_name == "map" and not xml:
        for name, inner in value.items():
            check(f"{where}.{name}", inner, shape.value, xml)
    elif isinstance(value, dict) and xml and shape.serialization.get("flattened"):
        check(where, value, shape.member, xml)
    elif isinstance(value, dict) and xml and shape.type_name == "list":
        element = shape.member.serialization.get("name", "item" if shape.serialization else "member")
        for name, inner in value.items():
            if name not in (element, "item"):
                problems.append(f"{where}: its elements are called {element}, not {name}")
            for item in inner if isinstance(inner, list) else [inner]:
                check(f"{where}.{name}", item, shape.member, xml)
    elif isinstance(value, list) and shape.type_name == "list":
        for item in value:
            check(f"{where}[]", item, shape.member, xml)
    elif isinstance(value, dict) and xml and shape.type_name == "map" and list(value) == ["entry"]:
        for entry in value["entry"]:
            check(f"{where}.{entry['key']}", entry["value"], shape.value, xml)
    elif isinstance(value, (dict, list)):
        problems.append(f"{where}: AWS has a {shape.type_name} there")
    elif not scalar_fits(value, shape, xml):
        problems.append(f"{where}: {value!r} is no {shape.type_name}")
    else:
        check_words(where, value, shape)


def check_shape(where, name, value):
    service, operation, path = WHERE[name]
    check(where, value, shape_at(service, operation, path), is_xml(service))


def overrides(value, where):
    """What entries put over a shape: members that are called like one."""
    if isinstance(value, list):
        for i, item in enumerate(value):
            yield from overrides(item, f"{where}[{item.get('name', i) if isinstance(item, dict) else i}]")
    elif isinstance(value, dict):
        for name, inner in value.items():
            if name in WHERE and isinstance(inner, dict):
                yield f"{where}.{name}", name, inner
            else:
                yield from overrides(inner, f"{where}.{name}")


def closing(what, passed):
    for problem in problems:
        print(f"{what}: {problem}")
    failed = bool(problems)
    problems.clear()
    return (passed, 1) if failed else (passed + 1, 0)


def read(name):
    return json.loads((DATA / f"{name}.json").read_text(encoding="utf-8"))


def main():
    passed = failed = 0

    def done(what):
        nonlocal passed, failed
        passed, bad = closing(what, passed)
        failed += bad

    shapes = {**read("shapes"), **read("stores")}
    for name, value in shapes.items():
        if name in OWN:
            continue
        if name not in WHERE:
            problems.append(f"no operation is known for the shape {name}")
        else:
            check_shape(name, name, value)
        done(f"shape {name}")
    organization = read("organization")
    for name in ("Organization", "DataCatalogSettings", "TraceSettings", "BackupRegionSettings", "BackupGlobalSettings"):
        check_shape(name, name, organization[name])
        done(f"organization {name}")
    for account in ACCOUNTS:
        n = 0
        for where, name, value in overrides(read(account)["Regions"], account):
            check_shape(where, name, value)
            n += 1
        if n == 0:
            problems.append("nothing was checked")
        done(f"account {account}")
    # the check itself must see what is wrong
    for name, wrong in (("Key", {"KeyArm": "x"}), ("BackupVault", {"Locked": "yes"}),
                        ("KeyMetadata", {"KeyState": "Sleepy"}), ("Volume", {"tagSet": {"Tag": []}}),
                        ("DBInstance", {"AllocatedStorage": "much"})):
        check_shape("wrong", name, wrong)
        seen = bool(problems)
        problems.clear()
        if not seen:
            problems.append(f"{wrong} went unseen")
        done(f"check of {name}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
