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
}


def _things(world, account, region, kind):
    return world.region(account, region)["things"].get(kind, [])


def _list(kind, service, operation, key, item):
    @op(service, operation)
    def listed(world, account, region, params):
        return {key: [item(r) for r in _things(world, account, region, kind)]}


def _detail(kind, service, operation, parameter, names, answer, error):
    @op(service, operation, resource=lambda world, account, region, params: str(params.get(parameter)))
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
