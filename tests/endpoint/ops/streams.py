"""What computes, carries messages or is analysed under a key: lists, and a call for each.

A region keeps them in `things`: {kind: [record]}, a record being what the fullest call answers. A list
answers the members of it that the model's list items have.
"""
from ..errors import ApiError
from . import op


def _some(*names):
    """The item of a list: these members of the record."""
    return lambda record: {n: record[n] for n in names if n in record}


#: kind -> how it is listed: (service, operation, key of the items, what an item is of a record)
LISTS = {
    "function": ("lambda", "ListFunctions", "Functions", dict),
    "log-group": ("logs", "DescribeLogGroups", "logGroups", dict),
    "topic": ("sns", "ListTopics", "Topics", lambda r: {"TopicArn": r["TopicArn"]}),
    "queue": ("sqs", "ListQueues", "QueueUrls", lambda r: r["url"]),
    "msk": ("kafka", "ListClustersV2", "ClusterInfoList", dict),
    "repository": ("ecr", "DescribeRepositories", "repositories", dict),
    "eks": ("eks", "ListClusters", "clusters", lambda r: r["name"]),
    "machine": ("stepfunctions", "ListStateMachines", "stateMachines", _some(
        "stateMachineArn", "name", "type", "creationDate")),
    "broker": ("mq", "ListBrokers", "BrokerSummaries", _some(
        "BrokerArn", "BrokerId", "BrokerName", "BrokerState", "Created", "DeploymentMode",
        "EngineType", "HostInstanceType")),
    "replication": ("dms", "DescribeReplicationInstances", "ReplicationInstances", dict),
    "dms-endpoint": ("dms", "DescribeEndpoints", "Endpoints", dict),
    "trail": ("cloudtrail", "DescribeTrails", "trailList", dict),
    "event-store": ("cloudtrail", "ListEventDataStores", "EventDataStores", _some(
        "EventDataStoreArn", "Name")),
    "glue": ("glue", "GetSecurityConfigurations", "SecurityConfigurations", dict),
    "workgroup": ("athena", "ListWorkGroups", "WorkGroups", _some("Name", "State", "CreationTime")),
    "emr": ("emr", "ListSecurityConfigurations", "SecurityConfigurations", _some(
        "Name", "CreationDateTime")),
    "project": ("codebuild", "ListProjects", "projects", lambda r: r["name"]),
    "domain": ("codeartifact", "ListDomains", "domains", dict),
    "prometheus": ("amp", "ListWorkspaces", "workspaces", dict),
    "lake": ("securitylake", "ListDataLakes", "dataLakes", dict),
    "drs": ("drs", "DescribeReplicationConfigurationTemplates", "items", dict),
    "model": ("bedrock", "ListCustomModels", "modelSummaries", lambda r: dict(
        {n: r[n] for n in ("modelArn", "modelName", "creationTime", "baseModelArn")},
        baseModelName="base")),
    "guardrail": ("bedrock", "ListGuardrails", "guardrails", lambda r: dict(
        {n: r[n] for n in ("name", "version", "status", "createdAt", "updatedAt")},
        id=r["guardrailId"], arn=r["guardrailArn"])),
    "agent": ("bedrock-agent", "ListAgents", "agentSummaries", _some(
        "agentId", "agentName", "agentStatus", "updatedAt")),
    "notebook": ("sagemaker", "ListNotebookInstances", "NotebookInstances", _some(
        "NotebookInstanceName", "NotebookInstanceArn", "NotebookInstanceStatus")),
    "studio": ("sagemaker", "ListDomains", "Domains", _some(
        "DomainArn", "DomainId", "DomainName", "Status")),
    "inference": ("sagemaker", "ListEndpointConfigs", "EndpointConfigs", _some(
        "EndpointConfigName", "EndpointConfigArn", "CreationTime")),
    "template": ("ec2", "DescribeLaunchTemplateVersions", "LaunchTemplateVersions", dict),
    "recovery-server": ("drs", "DescribeSourceServers", "items", _some(
        "sourceServerID", "arn", "dataReplicationInfo", "sourceProperties")),
    "airflow": ("mwaa", "ListEnvironments", "Environments", lambda r: r["Name"]),
    "gateway-volume": ("storagegateway", "ListVolumes", "VolumeInfos", _some(
        "VolumeARN", "VolumeId", "VolumeType", "VolumeAttachmentStatus")),
    "file-share": ("storagegateway", "ListFileShares", "FileShareInfoList", _some(
        "FileShareType", "FileShareARN", "FileShareId", "FileShareStatus")),
    "workspace": ("workspaces", "DescribeWorkspaces", "Workspaces", dict),
    "hypervisor": ("backup-gateway", "ListHypervisors", "Hypervisors", dict),
}

#: kind -> how one is described: (service, operation, parameter, what it names of a record, answer, error)
DETAILS = {
    "topic": ("sns", "GetTopicAttributes", "TopicArn", lambda r: r["TopicArn"],
              lambda r: {"Attributes": r}, "NotFound"),
    "queue": ("sqs", "GetQueueAttributes", "QueueUrl", lambda r: r["url"],
              lambda r: {"Attributes": {k: v for k, v in r.items() if k != "url"}},
              "QueueDoesNotExist"),
    "stream": ("kinesis", "DescribeStreamSummary", "StreamARN", lambda r: r["StreamARN"],
               lambda r: {"StreamDescriptionSummary": r}, "ResourceNotFoundException"),
    "delivery": ("firehose", "DescribeDeliveryStream", "DeliveryStreamName",
                 lambda r: r["DeliveryStreamName"],
                 lambda r: {"DeliveryStreamDescription": r}, "ResourceNotFoundException"),
    "eks": ("eks", "DescribeCluster", "name", lambda r: r["name"], lambda r: {"cluster": r},
            "ResourceNotFoundException"),
    "machine": ("stepfunctions", "DescribeStateMachine", "stateMachineArn",
                lambda r: r["stateMachineArn"], dict, "StateMachineDoesNotExist"),
    "broker": ("mq", "DescribeBroker", "BrokerId", lambda r: r["BrokerId"], dict,
               "NotFoundException"),
    "event-store": ("cloudtrail", "GetEventDataStore", "EventDataStore",
                    lambda r: r["EventDataStoreArn"], dict, "EventDataStoreNotFoundException"),
    "workgroup": ("athena", "GetWorkGroup", "WorkGroup", lambda r: r["Name"],
                  lambda r: {"WorkGroup": r}, "InvalidRequestException"),
    "emr": ("emr", "DescribeSecurityConfiguration", "Name", lambda r: r["Name"], dict,
            "InvalidRequestException"),
    "model": ("bedrock", "GetCustomModel", "modelIdentifier", lambda r: r["modelArn"], dict,
              "ResourceNotFoundException"),
    "guardrail": ("bedrock", "GetGuardrail", "guardrailIdentifier", lambda r: r["guardrailArn"], dict,
                  "ResourceNotFoundException"),
    "agent": ("bedrock-agent", "GetAgent", "agentId", lambda r: r["agentId"],
              lambda r: {"agent": r}, "ResourceNotFoundException"),
    "notebook": ("sagemaker", "DescribeNotebookInstance", "NotebookInstanceName",
                 lambda r: r["NotebookInstanceName"], dict, "ValidationException"),
    "studio": ("sagemaker", "DescribeDomain", "DomainId", lambda r: r["DomainId"], dict,
               "ResourceNotFound"),
    "inference": ("sagemaker", "DescribeEndpointConfig", "EndpointConfigName",
                  lambda r: r["EndpointConfigName"], dict, "ValidationException"),
    "recovery-server": ("drs", "GetReplicationConfiguration", "sourceServerID",
                        lambda r: r["sourceServerID"],
                        _some("sourceServerID", "ebsEncryption", "ebsEncryptionKeyArn"),
                        "ResourceNotFoundException"),
    "airflow": ("mwaa", "GetEnvironment", "Name", lambda r: r["Name"], lambda r: {"Environment": r},
                "ResourceNotFoundException"),
    "emr-cluster": ("emr", "DescribeCluster", "ClusterId", lambda r: r["Id"], lambda r: {"Cluster": r},
                    "InvalidRequestException"),
}

#: Where IAM calls the service by another name.
ACTIONS = {"stepfunctions": "states", "emr": "elasticmapreduce", "amp": "aps", "bedrock-agent": "bedrock",
           "mwaa": "airflow"}


def _action(service, operation):
    return "%s:%s" % (ACTIONS.get(service, service), operation)


def _things(world, account, region, kind):
    return world.region(account, region)["things"].get(kind, [])


def _list(kind, service, operation, key, item):
    @op(service, operation, action=_action(service, operation))
    def listed(world, account, region, params):
        return {key: [item(r) for r in _things(world, account, region, kind)]}


def _detail(kind, service, operation, parameter, names, answer, error):
    @op(service, operation, action=_action(service, operation),
        resource=lambda world, account, region, params: str(params.get(parameter)))
    def described(world, account, region, params):
        for record in _things(world, account, region, kind):
            if names(record) == params.get(parameter):
                return answer(record)
        raise ApiError(error, "%s does not exist." % params.get(parameter), 400)


for _kind, _row in LISTS.items():
    _list(_kind, *_row)
for _kind, _row in DETAILS.items():
    _detail(_kind, *_row)


#: Few on a page of those that cut their pages themselves, so that there always is another one.
FEW = 2


def _after(names, start):
    """Those that follow a name."""
    if start is None:
        return names
    if start not in names:
        raise ApiError("InvalidArgumentException", "%s does not exist." % start, 400)
    return names[names.index(start) + 1:]


@op("kinesis", "ListStreams")
def list_streams(world, account, region, params):
    records = {r["StreamName"]: r for r in _things(world, account, region, "stream")}
    names = _after(list(records), params.get("NextToken"))
    size = min(params.get("Limit", 100), FEW)
    item = _some("StreamName", "StreamARN", "StreamStatus", "StreamModeDetails",
                 "StreamCreationTimestamp")
    out = {"StreamNames": names[:size], "StreamSummaries": [item(records[n]) for n in names[:size]],
           "HasMoreStreams": len(names) > size}
    if out["HasMoreStreams"]:
        out["NextToken"] = names[size - 1]
    return out


@op("firehose", "ListDeliveryStreams")
def list_delivery_streams(world, account, region, params):
    names = [r["DeliveryStreamName"] for r in _things(world, account, region, "delivery")]
    names = _after(names, params.get("ExclusiveStartDeliveryStreamName"))
    size = min(params.get("Limit", 10), FEW)
    return {"DeliveryStreamNames": names[:size], "HasMoreDeliveryStreams": len(names) > size}


@op("codebuild", "BatchGetProjects")
def batch_get_projects(world, account, region, params):
    records = {r["name"]: r for r in _things(world, account, region, "project")}
    return {"projects": [records[n] for n in params.get("names", []) if n in records],
            "projectsNotFound": [n for n in params.get("names", []) if n not in records]}


@op("emr", "ListClusters", action="elasticmapreduce:ListClusters")
def list_clusters(world, account, region, params):
    states = params.get("ClusterStates")
    return {"Clusters": [_some("Id", "Name", "Status", "ClusterArn")(r)
                         for r in _things(world, account, region, "emr-cluster")
                         if not states or r["Status"]["State"] in states]}


def _described_by_type(operation, kind, parameter, name, word, key, members):
    """A call that knows only one type of what a list tells, by their ARNs."""
    @op("storagegateway", operation,
        resource=lambda world, account, region, params: str(params.get(parameter, [""])[0]))
    def described(world, account, region, params):
        records = {r[name]: r for r in _things(world, account, region, kind)}
        for arn in params.get(parameter, []):
            if records.get(arn, {}).get(key) != word:
                raise ApiError("InvalidGatewayRequestException", "The specified %s was not found." % kind, 400)
        return {members[0]: [_some(*members[1:])(records[a]) for a in params[parameter]]}


_VOLUME = ("VolumeARN", "VolumeId", "KMSKey")
_SHARE = ("FileShareARN", "FileShareId", "FileShareStatus", "EncryptionType", "KMSEncrypted", "KMSKey")
for _word in ("CACHED", "STORED"):
    _name = _word.capitalize() + "iSCSIVolumes"
    _described_by_type("Describe" + _name, "gateway-volume", "VolumeARNs", "VolumeARN", _word, "VolumeType",
                       (_name,) + _VOLUME)
for _word in ("NFS", "SMB"):
    _described_by_type("Describe%sFileShares" % _word, "file-share", "FileShareARNList", "FileShareARN", _word,
                       "FileShareType", (_word + "FileShareInfoList",) + _SHARE)


@op("glue", "GetDataCatalogEncryptionSettings")
def get_data_catalog_encryption_settings(world, account, region, params):
    settings = _things(world, account, region, "catalog") or [
        {"EncryptionAtRest": {"CatalogEncryptionMode": "DISABLED"}}]
    return {"DataCatalogEncryptionSettings": settings[0]}


@op("xray", "GetEncryptionConfig")
def get_encryption_config(world, account, region, params):
    return {"EncryptionConfig": (_things(world, account, region, "traces") or [
        {"Type": "NONE", "Status": "ACTIVE"}])[0]}
