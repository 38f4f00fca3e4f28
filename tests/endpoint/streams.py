"""Records of what computes, carries messages or is analysed, made for generated worlds."""
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
            things[kind] = [MAKERS[kind](self, n) for n in range(count)]

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

    @staticmethod
    def keyed(out, member, key):
        if key:
            out[member] = key
        return out


MAKERS = {"function": Streams.function, "log-group": Streams.log_group, "topic": Streams.topic,
          "queue": Streams.queue, "stream": Streams.stream, "delivery": Streams.delivery}
