"""What runs, carries or stores under a key, read with boto3: (ARN, type, name, key as AWS says it)."""


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


ALL = (functions, log_groups, topics, queues, streams, deliveries)
