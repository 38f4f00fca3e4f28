"""Records of what computes, carries messages or is analysed, made for generated worlds."""
import json

from .build import T0, hexid


class Streams:
    """One place's records. `keys`: references to a key as AWS gives them back; None: no key."""

    def __init__(self, rnd, place, text, key_arns, aliases):
        self.rnd, self.place, self.text = rnd, place, text
        self.arns, self.aliases = key_arns, aliases

    def arn_or_none(self):
        return self.rnd.choice([None, self.rnd.choice(self.arns), self.rnd.choice(self.arns)])

    def reference(self):
        """As people wrote it: a key's id or ARN, an alias's name or ARN, or an alias that is gone."""
        arn, alias = self.rnd.choice(self.arns), self.rnd.choice(self.aliases)
        return self.rnd.choice([None, arn, arn.rsplit("/", 1)[1], alias, self.place.arn("kms", alias),
                                "alias/no-longer-there"])

    def fill(self, count=3):
        things = self.place.data.setdefault("things", {})
        for kind in sorted(MAKERS):
            things[kind] = [MAKERS[kind](self, n) for n in range(FEW.get(kind, count))]

    def function(self, n):
        name = "fn-%d" % n
        out = {"FunctionName": name, "FunctionArn": self.place.arn("lambda", "function:" + name),
               "Runtime": "python3.13", "Handler": "index.handler", "Version": "$LATEST",
               "Role": "arn:aws:iam::%s:role/fn" % self.place.account, "PackageType": "Zip",
               "LastModified": "2026-01-02T03:04:05.000+0000", "State": "Active",
               "Description": self.text("a function"), "CodeSha256": hexid(40, "code", n),
               "Environment": {"Variables": {"TOKEN": self.text("s3cr3t")}}}
        if n == 2:
            out.update(State="Inactive", StateReasonCode="DisabledKMSKey")
        return self.keyed(out, "KMSKeyArn", self.arn_or_none())


    def log_group(self, n):
        name = ["/aws/lambda/fn-0", "audit", "/ecs/a.b_c#d"][n % 3] + ("-%d" % n if n > 2 else "")
        out = {"logGroupName": name, "creationTime": T0 * 1000, "metricFilterCount": 0,
               "arn": self.place.arn("logs", "log-group:%s:*" % name), "storedBytes": 1 << (n + 33),
               "logGroupArn": self.place.arn("logs", "log-group:" + name),
               "logGroupClass": "STANDARD"}
        if n == 1:
            out["retentionInDays"] = 90
        return self.keyed(out, "kmsKeyId", self.arn_or_none())

    def topic(self, n):
        arn = self.place.arn("sns", "topic-%d%s" % (n, ".fifo" if n == 1 else ""))
        out = {"TopicArn": arn, "Owner": self.place.account, "DisplayName": self.text("alerts", True),
               "SubscriptionsConfirmed": "1", "Policy": "{}"}
        return self.keyed(out, "KmsMasterKeyId", self.reference())

    def queue(self, n):
        name = "queue-%d" % n
        out = {"url": "https://sqs.%s.amazonaws.com/%s/%s" % (
                   self.place.name, self.place.account, name),
               "QueueArn": self.place.arn("sqs", name), "SqsManagedSseEnabled": "false"}
        key = self.reference()
        if key:
            out["KmsDataKeyReusePeriodSeconds"] = "300"
        elif n % 2:
            out["SqsManagedSseEnabled"] = "true"
        return self.keyed(out, "KmsMasterKeyId", key)

    def stream(self, n):
        name, key = "stream-%d" % n, self.reference()
        out = {"StreamName": name, "StreamARN": self.place.arn("kinesis", "stream/" + name),
               "StreamStatus": "ACTIVE", "RetentionPeriodHours": 24, "OpenShardCount": 1,
               "StreamModeDetails": {"StreamMode": "ON_DEMAND"}, "EnhancedMonitoring": [],
               "StreamCreationTimestamp": T0 - n - 0.5, "EncryptionType": "KMS" if key else "NONE"}
        return self.keyed(out, "KeyId", key)

    def delivery(self, n):
        name, key = "delivery-%d" % n, self.arn_or_none()
        s3 = {"RoleARN": "arn:aws:iam::%s:role/x" % self.place.account, "BucketARN": "arn:aws:s3:::lake",
              "BufferingHints": {"SizeInMBs": 5}, "CompressionFormat": "GZIP",
              "EncryptionConfiguration": {"NoEncryptionConfig": "NoEncryption"}}
        if n == 1:
            s3["EncryptionConfiguration"] = {"KMSEncryptionConfig": {"AWSKMSKeyARN": self.arns[0]}}
        out = {"DeliveryStreamName": name, "DeliveryStreamStatus": "ACTIVE", "VersionId": "1",
               "DeliveryStreamARN": self.place.arn("firehose", "deliverystream/" + name),
               "DeliveryStreamType": "DirectPut", "HasMoreDestinations": False,
               "Destinations": [{"DestinationId": "d-1", "ExtendedS3DestinationDescription": s3}]}
        if key:
            out["DeliveryStreamEncryptionConfiguration"] = {
                "KeyARN": key, "KeyType": "CUSTOMER_MANAGED_CMK", "Status": "ENABLED"}
        return out

    def msk(self, n):
        name = "msk-%d" % n
        out = {"ClusterArn": self.place.arn("kafka", "cluster/%s/%s" % (name, hexid(20, name))),
               "ClusterName": name, "ClusterType": "PROVISIONED", "State": "ACTIVE",
               "CreationTime": T0 - n}
        if n == 2:
            out.update(ClusterType="SERVERLESS", Serverless={"VpcConfigs": [{"SubnetIds": ["subnet-1"]}]})
        else:
            out["Provisioned"] = {
                "BrokerNodeGroupInfo": {"ClientSubnets": ["subnet-1"], "InstanceType": "kafka.m5.large"},
                "NumberOfBrokerNodes": 3, "EncryptionInfo": {"EncryptionAtRest": {
                    "DataVolumeKMSKeyId": self.rnd.choice(self.arns)}}}
        return out

    def repository(self, n):
        name, key = "team/repo-%d" % n, self.arn_or_none()
        return {"repositoryArn": self.place.arn("ecr", "repository/" + name), "repositoryName": name,
                "registryId": self.place.account, "createdAt": T0 - n, "encryptionConfiguration":
                {"encryptionType": "KMS", "kmsKey": key} if key else {"encryptionType": "AES256"}}

    def eks(self, n):
        name, key = "eks-%d" % n, self.arn_or_none()
        return self.keyed({"name": name, "arn": self.place.arn("eks", "cluster/" + name),
                           "status": "ACTIVE", "certificateAuthority": {"data": "c2VjcmV0"}},
                          "encryptionConfig", key and [{"resources": ["secrets"], "provider": {"keyArn": key}}])

    def machine(self, n):
        name, key = "machine-%d" % n, self.arn_or_none()
        return {"stateMachineArn": self.place.arn("states", "stateMachine:" + name), "name": name,
                "type": "STANDARD", "creationDate": T0 - n, "status": "ACTIVE", "definition": "{}",
                "roleArn": "arn:aws:iam::%s:role/x" % self.place.account, "encryptionConfiguration":
                {"kmsKeyId": key, "type": "CUSTOMER_MANAGED_KMS_KEY"} if key else {"type": "AWS_OWNED_KEY"}}

    def broker(self, n):
        name, ident = "broker-%d" % n, "b-%s" % hexid(16, self.place.account, self.place.name, n)
        options = [{"UseAwsOwnedKey": True}, {"UseAwsOwnedKey": False},
                   {"UseAwsOwnedKey": False, "KmsKeyId": self.arns[0]}][n % 3]
        return {"BrokerArn": self.place.arn("mq", "broker:%s:%s" % (name, ident)), "BrokerId": ident,
                "BrokerName": name, "BrokerState": "RUNNING", "Created": T0 - n,
                "DeploymentMode": "SINGLE_INSTANCE", "EngineType": "RABBITMQ",
                "HostInstanceType": "mq.t3.micro", "EncryptionOptions": options,
                "Users": [{"Username": "admin"}]}

    def replication(self, n):
        return self.keyed({"ReplicationInstanceIdentifier": "rep-%d" % n,
                           "ReplicationInstanceArn": self.place.arn("dms", "rep:R%d" % n),
                           "ReplicationInstanceStatus": "available"}, "KmsKeyId", self.arn_or_none())

    def dms_endpoint(self, n):
        out = {"EndpointIdentifier": "end-%d" % n, "EndpointArn": self.place.arn("dms", "endpoint:E%d" % n),
               "EndpointType": "source", "EngineName": "mysql", "Status": "active",
               "Username": self.text("app"), "MySQLSettings": {"Password": "s3cr3t"}}
        return self.keyed(out, "KmsKeyId", self.arn_or_none())

    def trail(self, n):
        name = "trail-%d" % n
        return self.keyed({"Name": name, "TrailARN": self.place.arn("cloudtrail", "trail/" + name),
                           "S3BucketName": "logs", "IsOrganizationTrail": n == 0,
                           "HomeRegion": self.place.name}, "KmsKeyId", self.arn_or_none())

    def event_store(self, n):
        ident = "%08x-0000-4000-8000-000000000001" % n
        return self.keyed({"EventDataStoreArn": self.place.arn("cloudtrail", "eventdatastore/" + ident),
                           "Name": self.text("events-%d" % n), "Status": "ENABLED",
                           "CreatedTimestamp": T0 - n}, "KmsKeyId", self.arn_or_none())

    def glue(self, n):
        key = self.arn_or_none()
        return {"Name": "glue-%d" % n, "CreatedTimeStamp": T0 - n, "EncryptionConfiguration": {
            "S3Encryption": [{"S3EncryptionMode": "SSE-KMS", "KmsKeyArn": key}] if key else
            [{"S3EncryptionMode": "SSE-S3"}]}}

    def workgroup(self, n):
        key = self.reference()
        encryption = {"EncryptionOption": "SSE_KMS", "KmsKey": key} if key else {"EncryptionOption": "SSE_S3"}
        return {"Name": "work-%d" % n, "State": "ENABLED", "CreationTime": T0 - n, "Configuration": {
            "ResultConfiguration": {"EncryptionConfiguration": encryption},
            "EngineConfiguration": {"SparkProperties": {"token": "s3cr3t"}}}}

    def emr(self, n):
        key, inside = self.reference(), {}
        if key:
            inside = {"AtRestEncryptionConfiguration": {"S3EncryptionConfiguration": {
                "EncryptionMode": "SSE-KMS", "AwsKmsKey": key}}}
        return {"Name": "emr-%d" % n, "CreationDateTime": T0 - n,
                "SecurityConfiguration": json.dumps({"EncryptionConfiguration": inside})}

    def project(self, n):
        name = "project-%d" % n
        return self.keyed({"name": name, "arn": self.place.arn("codebuild", "project/" + name),
                           "environment": {"type": "LINUX_CONTAINER", "image": "x", "computeType":
                                           "BUILD_GENERAL1_SMALL", "environmentVariables": [
                                               {"name": "TOKEN", "value": "s3cr3t"}]}},
                          "encryptionKey", self.reference())

    def domain(self, n):
        name = "domain-%d" % n
        return {"name": name, "arn": self.place.arn("codeartifact", "domain/" + name),
                "owner": self.place.account, "status": "Active", "createdTime": T0 - n,
                "encryptionKey": self.rnd.choice(self.arns)}

    def prometheus(self, n):
        ident = "ws-%08x" % n
        out = {"workspaceId": ident, "arn": self.place.arn("aps", "workspace/" + ident),
               "status": {"statusCode": "ACTIVE"}, "createdAt": T0 - n}
        return self.keyed(self.keyed(out, "alias", n and self.text("metrics")), "kmsKeyArn",
                          self.arn_or_none())

    def lake(self, n):
        region = self.place.name if n == 0 else "ap-south-%d" % n
        return {"dataLakeArn": "arn:aws:securitylake:%s:%s:data-lake/default" % (
                    region, self.place.account), "region": region, "encryptionConfiguration":
                {"kmsKeyId": self.rnd.choice(["S3_MANAGED_KEY", self.arns[0]])}}

    def drs(self, n):
        ident, key = "rct-%017x" % n, self.arn_or_none()
        out = {"replicationConfigurationTemplateID": ident, "ebsEncryption": "CUSTOM" if key else "NONE",
               "arn": self.place.arn("drs", "replication-configuration-template/" + ident)}
        return self.keyed(out, "ebsEncryptionKeyArn", key)

    def model(self, n):
        return self.keyed({"modelArn": self.place.arn("bedrock", "custom-model/base.model-v1:0:8k/%012d" % n),
                           "modelName": "model-%d" % n, "creationTime": T0 - n, "jobArn": "arn:x",
                           "baseModelArn": "arn:aws:bedrock:us-east-1::foundation-model/base",
                           "hyperParameters": {"token": "s3cr3t"}, "trainingDataConfig": {},
                           "outputDataConfig": {"s3Uri": "s3://x/"}}, "modelKmsKeyArn",
                          self.arn_or_none())

    def guardrail(self, n):
        ident = "guard%d" % n
        return self.keyed({"name": self.text("guard-%d" % n), "guardrailId": ident, "version": "DRAFT",
                           "guardrailArn": self.place.arn("bedrock", "guardrail/" + ident),
                           "status": "READY", "createdAt": T0, "updatedAt": T0 + n,
                           "blockedInputMessaging": "no", "blockedOutputsMessaging": "no"},
                          "kmsKeyArn", self.arn_or_none())

    def agent(self, n):
        ident = "AGENT%05d" % n
        return self.keyed({"agentId": ident, "agentName": "agent-%d" % n, "agentStatus": "PREPARED",
                           "agentArn": self.place.arn("bedrock", "agent/" + ident),
                           "agentVersion": "DRAFT", "idleSessionTTLInSeconds": 600,
                           "agentResourceRoleArn": "arn:aws:iam::%s:role/x" % self.place.account,
                           "createdAt": T0, "updatedAt": T0 + n, "instruction": "s3cr3t"},
                          "customerEncryptionKeyArn", self.arn_or_none())

    def notebook(self, n):
        name = "notebook-%d" % n
        return self.keyed({"NotebookInstanceName": name, "NotebookInstanceStatus": "InService",
                           "NotebookInstanceArn": self.place.arn("sagemaker", "notebook-instance/" + name)},
                          "KmsKeyId", self.reference())

    def studio(self, n):
        ident = "d-%012x" % n
        return self.keyed({"DomainArn": self.place.arn("sagemaker", "domain/" + ident), "DomainId": ident,
                           "DomainName": "studio-%d" % n, "Status": "InService"}, "KmsKeyId",
                          self.arn_or_none())

    def inference(self, n):
        name = "serve-%d" % n
        return self.keyed({"EndpointConfigName": name, "CreationTime": T0 - n, "ProductionVariants": [
            {"VariantName": "a", "ModelName": "m"}], "EndpointConfigArn": self.place.arn(
                "sagemaker", "endpoint-config/" + name)}, "KmsKeyId", self.reference())

    def template(self, n):
        key = self.reference()
        data = {"UserData": "czNjcjN0", "InstanceType": "m6i.large"}
        if key:
            data["BlockDeviceMappings"] = [{"DeviceName": "/dev/xvda", "Ebs": {
                "Encrypted": True, "KmsKeyId": key}}]
        return {"LaunchTemplateId": "lt-%017x" % n, "LaunchTemplateName": "template-%d" % n,
                "VersionNumber": n + 1, "CreateTime": T0 - n, "DefaultVersion": True,
                "LaunchTemplateData": data}

    def recovery_server(self, n):
        ident, key = "s-%017x" % n, self.arn_or_none()
        out = {"sourceServerID": ident, "arn": self.place.arn("drs", "source-server/" + ident),
               "ebsEncryption": "CUSTOM" if key else "DEFAULT",
               "dataReplicationInfo": {"dataReplicationState": "CONTINUOUS"},
               "sourceProperties": {"identificationHints": {"hostname": self.text("host-%d" % n)}}}
        return self.keyed(out, "ebsEncryptionKeyArn", key)

    def airflow(self, n):
        name = "flows-%d" % n
        return self.keyed({"Name": name, "Arn": self.place.arn("airflow", "environment/" + name),
                           "Status": "AVAILABLE", "AirflowConfigurationOptions": {"smtp.password": "s3cr3t"}},
                          "KmsKey", self.reference())

    def gateway_volume(self, n):
        ident = "vol-%08X" % n
        out = {"VolumeARN": self.place.arn("storagegateway", "gateway/sgw-12A3456B/volume/" + ident),
               "VolumeId": ident, "VolumeType": ["CACHED", "STORED"][n % 2],
               "VolumeAttachmentStatus": "ATTACHED"}
        return self.keyed(out, "KMSKey", self.arn_or_none())

    def file_share(self, n):
        ident, key = "share-%08X" % n, self.reference()
        out = {"FileShareARN": self.place.arn("storagegateway", "share/" + ident), "FileShareId": ident,
               "FileShareType": ["NFS", "SMB"][n % 2], "FileShareStatus": "AVAILABLE",
               "KMSEncrypted": key is not None, "EncryptionType": "SseKms" if key else "SseS3"}
        return self.keyed(out, "KMSKey", key)

    def emr_cluster(self, n):
        ident = "j-%013X" % n
        out = {"Id": ident, "Name": self.text("nightly"), "ClusterArn": self.place.arn(
                   "elasticmapreduce", "cluster/" + ident),
               "Status": {"State": "WAITING" if n == 0 else "TERMINATED"}, "Configurations": [
                   {"Classification": "hive-site", "Properties": {"password": "s3cr3t"}}]}
        return self.keyed(self.keyed(out, "LogEncryptionKmsKeyId", self.reference()),
                          "SecurityConfiguration", self.rnd.choice([None, "emr-0"]))

    def workspace(self, n):
        return self.keyed({"WorkspaceId": "ws-%09x" % n, "UserName": self.text("ann"), "State": "AVAILABLE",
                           "DirectoryId": "d-0123456789"}, "VolumeEncryptionKey", self.reference())

    def hypervisor(self, n):
        return self.keyed({"HypervisorArn": self.place.arn("backup-gateway", "hypervisor/hype-%08d" % n),
                           "Name": "vcenter-%d" % n, "Host": "10.0.0.1", "State": "ONLINE"}, "KmsKeyArn",
                          self.arn_or_none())

    def catalog(self, n):
        key, passwords = self.arn_or_none(), self.reference()
        return {"EncryptionAtRest": self.keyed({"CatalogEncryptionMode": "SSE-KMS" if key else "DISABLED"},
                                               "SseAwsKmsKeyId", key),
                "ConnectionPasswordEncryption": self.keyed(
                    {"ReturnConnectionPasswordEncrypted": passwords is not None}, "AwsKmsKeyId", passwords)}

    def traces(self, n):
        key = self.reference()
        return self.keyed({"Type": "KMS" if key else "NONE", "Status": "ACTIVE"}, "KeyId", key)

    @staticmethod
    def keyed(out, member, key):
        if key:
            out[member] = key
        return out


MAKERS = {name.replace("_", "-"): getattr(Streams, name) for name in (
    "function log_group topic queue stream delivery msk repository eks machine broker replication "
    "dms_endpoint trail event_store glue workgroup emr project domain prometheus lake drs model guardrail "
    "agent notebook studio inference template recovery_server airflow gateway_volume file_share "
    "emr_cluster workspace hypervisor catalog traces").split()}

#: How many of a kind, where that is another number: each costs a call.
FEW = {"recovery-server": 1, "airflow": 1, "gateway-volume": 2, "file-share": 2, "emr-cluster": 2,
       "workspace": 2, "hypervisor": 2, "catalog": 1, "traces": 1}
