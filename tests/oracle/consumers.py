"""What runs, carries or stores under a key, read with boto3: (ARN, type, name, key as AWS says it)."""
import json


def functions(place, some):
    for f in some("lambda", "list_functions", "Functions"):
        yield f["FunctionArn"], "lambda-function", f["FunctionName"], f.get("KMSKeyArn")


def log_groups(place, some):
    for g in some("logs", "describe_log_groups", "logGroups"):
        yield g["arn"][:-2], "log-group", g["logGroupName"], g.get("kmsKeyId")


def topics(place, some):
    for t in some("sns", "list_topics", "Topics"):
        told = place.call("sns", "get_topic_attributes", TopicArn=t["TopicArn"])["Attributes"]
        yield t["TopicArn"], "sns-topic", t["TopicArn"].split(":")[5], told.get("KmsMasterKeyId")


def queues(place, some):
    for url in some("sqs", "list_queues", "QueueUrls", size=1000):
        told = place.call("sqs", "get_queue_attributes", QueueUrl=url,
                          AttributeNames=["All"])["Attributes"]
        yield told["QueueArn"], "sqs-queue", url.split("/")[-1], told.get("KmsMasterKeyId")


def streams(place, some):
    for s in some("kinesis", "list_streams", "StreamSummaries"):
        told = place.call("kinesis", "describe_stream_summary",
                          StreamARN=s["StreamARN"])["StreamDescriptionSummary"]
        yield s["StreamARN"], "kinesis-stream", s["StreamName"], told.get("KeyId")


def deliveries(place, some):
    after = {}
    while True:
        page = place.call("firehose", "list_delivery_streams", **after)
        for name in page["DeliveryStreamNames"]:
            told = place.call("firehose", "describe_delivery_stream",
                              DeliveryStreamName=name)["DeliveryStreamDescription"]
            encryption = told.get("DeliveryStreamEncryptionConfiguration", {})
            s3 = told["Destinations"][0].get("ExtendedS3DestinationDescription", {})
            behind = s3.get("EncryptionConfiguration", {}).get("KMSEncryptionConfig", {})
            yield (told["DeliveryStreamARN"], "firehose-stream", name,
                   encryption.get("KeyARN") or behind.get("AWSKMSKeyARN"))
        if not page["HasMoreDeliveryStreams"]:
            return
        after = {"ExclusiveStartDeliveryStreamName": page["DeliveryStreamNames"][-1]}


def kafka(place, some):
    for c in some("kafka", "list_clusters_v2", "ClusterInfoList"):
        encryption = c.get("Provisioned", {}).get("EncryptionInfo", {})
        yield (c["ClusterArn"], "msk-cluster", c["ClusterName"],
               encryption.get("EncryptionAtRest", {}).get("DataVolumeKMSKeyId"))


def repositories(place, some):
    for r in some("ecr", "describe_repositories", "repositories"):
        yield (r["repositoryArn"], "ecr-repository", r["repositoryName"],
               r.get("encryptionConfiguration", {}).get("kmsKey"))


def eks(place, some):
    for name in some("eks", "list_clusters", "clusters"):
        told = place.call("eks", "describe_cluster", name=name)["cluster"]
        keys = [c["provider"]["keyArn"] for c in told.get("encryptionConfig", [])]
        yield told["arn"], "eks-cluster", name, keys[0] if keys else None


def machines(place, some):
    for m in some("stepfunctions", "list_state_machines", "stateMachines"):
        told = place.call("stepfunctions", "describe_state_machine",
                          stateMachineArn=m["stateMachineArn"])
        yield (m["stateMachineArn"], "state-machine", m["name"],
               told.get("encryptionConfiguration", {}).get("kmsKeyId"))


def brokers(place, some):
    for b in some("mq", "list_brokers", "BrokerSummaries"):
        options = place.call("mq", "describe_broker", BrokerId=b["BrokerId"]).get("EncryptionOptions", {})
        key = options.get("KmsKeyId")
        if not key and options.get("UseAwsOwnedKey") is False:
            key = "alias/aws/mq"
        yield b["BrokerArn"], "mq-broker", b["BrokerName"], key


def dms_instances(place, some):
    for r in some("dms", "describe_replication_instances", "ReplicationInstances"):
        yield (r["ReplicationInstanceArn"], "dms-instance", r["ReplicationInstanceIdentifier"],
               r.get("KmsKeyId") or "alias/aws/dms")


def dms_endpoints(place, some):
    for e in some("dms", "describe_endpoints", "Endpoints"):
        yield (e["EndpointArn"], "dms-endpoint", e["EndpointIdentifier"],
               e.get("KmsKeyId") or "alias/aws/dms")


def trails(place, some):
    for t in place.call("cloudtrail", "describe_trails", includeShadowTrails=False)["trailList"]:
        yield t["TrailARN"], "cloudtrail-trail", t["Name"], t.get("KmsKeyId")


def event_stores(place, some):
    for s in some("cloudtrail", "list_event_data_stores", "EventDataStores"):
        told = place.call("cloudtrail", "get_event_data_store", EventDataStore=s["EventDataStoreArn"])
        yield s["EventDataStoreArn"], "event-data-store", s["Name"], told.get("KmsKeyId")


def glue(place, some):
    for c in some("glue", "get_security_configurations", "SecurityConfigurations"):
        keys = [s3.get("KmsKeyArn") for s3 in c["EncryptionConfiguration"].get("S3Encryption", [])]
        yield (ours(place, "glue-security-configuration", c["Name"]), "glue-security-configuration",
               c["Name"], keys[0] if keys else None)


def workgroups(place, some):
    for w in some("athena", "list_work_groups", "WorkGroups"):
        told = place.call("athena", "get_work_group", WorkGroup=w["Name"])["WorkGroup"]
        result = told.get("Configuration", {}).get("ResultConfiguration", {})
        yield ("arn:aws:athena:%s:%s:workgroup/%s" % (place.region, place.account, w["Name"]),
               "athena-workgroup", w["Name"], result.get("EncryptionConfiguration", {}).get("KmsKey"))


def emr(place, some):
    for c in some("emr", "list_security_configurations", "SecurityConfigurations"):
        told = json.loads(place.call("emr", "describe_security_configuration",
                                     Name=c["Name"])["SecurityConfiguration"])
        rest = told.get("EncryptionConfiguration", {}).get("AtRestEncryptionConfiguration", {})
        yield (ours(place, "emr-security-configuration", c["Name"]), "emr-security-configuration",
               c["Name"], rest.get("S3EncryptionConfiguration", {}).get("AwsKmsKey"))


def projects(place, some):
    for name in some("codebuild", "list_projects", "projects"):
        for told in place.call("codebuild", "batch_get_projects", names=[name])["projects"]:
            yield (told["arn"], "codebuild-project", name, told.get("encryptionKey") or "alias/aws/s3")


def domains(place, some):
    for d in some("codeartifact", "list_domains", "domains"):
        yield d["arn"], "codeartifact-domain", d["name"], d["encryptionKey"]


def prometheus(place, some):
    for w in some("amp", "list_workspaces", "workspaces"):
        yield w["arn"], "prometheus-workspace", w.get("alias") or w["workspaceId"], w.get("kmsKeyArn")


def lakes(place, some):
    for k in place.call("securitylake", "list_data_lakes").get("dataLakes", []):
        if k["region"] == place.region:
            key = k.get("encryptionConfiguration", {}).get("kmsKeyId")
            yield k["dataLakeArn"], "security-lake", k["region"], None if key == "S3_MANAGED_KEY" else key


def recovery(place, some):
    for t in some("drs", "describe_replication_configuration_templates", "items"):
        yield t["arn"], "drs-template", t["replicationConfigurationTemplateID"], t.get("ebsEncryptionKeyArn")


def models(place, some):
    for m in some("bedrock", "list_custom_models", "modelSummaries"):
        told = place.call("bedrock", "get_custom_model", modelIdentifier=m["modelArn"])
        yield m["modelArn"], "bedrock-model", m["modelName"], told.get("modelKmsKeyArn")


def guardrails(place, some):
    for g in some("bedrock", "list_guardrails", "guardrails"):
        told = place.call("bedrock", "get_guardrail", guardrailIdentifier=g["arn"])
        yield g["arn"], "bedrock-guardrail", g["name"], told.get("kmsKeyArn")


def agents(place, some):
    for a in some("bedrock-agent", "list_agents", "agentSummaries"):
        told = place.call("bedrock-agent", "get_agent", agentId=a["agentId"])["agent"]
        yield told["agentArn"], "bedrock-agent", a["agentName"], told.get("customerEncryptionKeyArn")


def notebooks(place, some):
    for n in some("sagemaker", "list_notebook_instances", "NotebookInstances"):
        told = place.call("sagemaker", "describe_notebook_instance",
                          NotebookInstanceName=n["NotebookInstanceName"])
        yield (n["NotebookInstanceArn"], "sagemaker-notebook", n["NotebookInstanceName"],
               told.get("KmsKeyId"))


def studios(place, some):
    for d in some("sagemaker", "list_domains", "Domains"):
        told = place.call("sagemaker", "describe_domain", DomainId=d["DomainId"])
        yield d["DomainArn"], "sagemaker-domain", d["DomainName"], told.get("KmsKeyId")


def endpoint_configs(place, some):
    for c in some("sagemaker", "list_endpoint_configs", "EndpointConfigs"):
        told = place.call("sagemaker", "describe_endpoint_config",
                          EndpointConfigName=c["EndpointConfigName"])
        yield (c["EndpointConfigArn"], "sagemaker-endpoint-config", c["EndpointConfigName"],
               told.get("KmsKeyId"))


def templates(place, some):
    for t in some("ec2", "describe_launch_template_versions", "LaunchTemplateVersions",
                  Versions=["$Latest"]):
        keys = [b.get("Ebs", {}).get("KmsKeyId")
                for b in t["LaunchTemplateData"].get("BlockDeviceMappings", [])]
        yield ("arn:aws:ec2:%s:%s:launch-template/%s" % (place.region, place.account, t["LaunchTemplateId"]),
               "launch-template", t["LaunchTemplateName"], keys[0] if keys else None)


def recovery_servers(place, some):
    for s in some("drs", "describe_source_servers", "items"):
        told = place.call("drs", "get_replication_configuration", sourceServerID=s["sourceServerID"])
        yield s["arn"], "drs-server", s["sourceServerID"], told.get("ebsEncryptionKeyArn")


def airflows(place, some):
    for name in some("mwaa", "list_environments", "Environments"):
        told = place.call("mwaa", "get_environment", Name=name)["Environment"]
        yield told["Arn"], "mwaa-environment", name, told.get("KmsKey")


def gateway_volumes(place, some):
    for v in some("storagegateway", "list_volumes", "VolumeInfos"):
        word = "cached" if v["VolumeType"] == "CACHED" else "stored"
        told = place.call("storagegateway", "describe_%s_iscsi_volumes" % word, VolumeARNs=[v["VolumeARN"]])
        yield (v["VolumeARN"], "sgw-volume", v["VolumeId"],
               told[word.capitalize() + "iSCSIVolumes"][0].get("KMSKey"))


def file_shares(place, some):
    for s in some("storagegateway", "list_file_shares", "FileShareInfoList"):
        word = s["FileShareType"]
        told = place.call("storagegateway", "describe_%s_file_shares" % word.lower(),
                          FileShareARNList=[s["FileShareARN"]])
        yield s["FileShareARN"], "sgw-file-share", s["FileShareId"], told[word + "FileShareInfoList"][0].get("KMSKey")


def emr_clusters(place, some):
    for c in some("emr", "list_clusters", "Clusters",
                  ClusterStates=["STARTING", "BOOTSTRAPPING", "RUNNING", "WAITING"]):
        told = place.call("emr", "describe_cluster", ClusterId=c["Id"])["Cluster"]
        yield c["ClusterArn"], "emr-cluster", c["Name"], told.get("LogEncryptionKmsKeyId")


def workspaces(place, some):
    for w in some("workspaces", "describe_workspaces", "Workspaces"):
        yield ("arn:aws:workspaces:%s:%s:workspace/%s" % (place.region, place.account, w["WorkspaceId"]),
               "workspace", w["WorkspaceId"], w.get("VolumeEncryptionKey"))


def hypervisors(place, some):
    for h in some("backup-gateway", "list_hypervisors", "Hypervisors"):
        yield h["HypervisorArn"], "hypervisor", h["Name"], h.get("KmsKeyArn")


def catalogs(place, some):
    told = place.call("glue", "get_data_catalog_encryption_settings")["DataCatalogEncryptionSettings"]
    key = told["EncryptionAtRest"].get("SseAwsKmsKeyId")
    passwords = told.get("ConnectionPasswordEncryption", {}).get("AwsKmsKeyId")
    if key or passwords:
        yield ("arn:aws:glue:%s:%s:catalog" % (place.region, place.account), "glue-data-catalog", "catalog",
               key or passwords)


def traces(place, some):
    told = place.call("xray", "get_encryption_config")["EncryptionConfig"]
    if told["Type"] != "NONE":
        yield ours(place, "xray-trace-store", "default"), "xray-trace-store", "X-Ray", told["KeyId"]


def ours(place, kind, name):
    """The id of what has no ARN."""
    return "keyfall:%s/%s/%s/%s" % (kind, place.account, place.region, name)


def exports(place, some):
    for t in some("rds", "describe_export_tasks", "ExportTasks"):
        yield (ours(place, "rds-export-task", t["ExportTaskIdentifier"]), "rds-export-task",
               t["ExportTaskIdentifier"], t["KmsKeyId"])


def tenants(place, some):
    for t in some("rds", "describe_tenant_databases", "TenantDatabases"):
        yield (t["TenantDatabaseARN"], "rds-tenant-database", t["TenantDBName"],
               t.get("MasterUserSecret", {}).get("KmsKeyId"))


ALL = (functions, log_groups, topics, queues, streams, deliveries, kafka, repositories, eks, machines, brokers,
       dms_instances, dms_endpoints, trails, event_stores, glue, workgroups, emr, projects, domains,
       prometheus, lakes, recovery, models, guardrails, agents, notebooks, studios, endpoint_configs,
       templates, exports, tenants, recovery_servers, airflows, gateway_volumes, file_shares, emr_clusters,
       workspaces, hypervisors, catalogs, traces)
