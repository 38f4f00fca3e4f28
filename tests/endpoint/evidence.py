"""Records that tell who used a key and what copies, tests or holds backups, made for generated worlds."""
import json
import random

from .build import T0

OPERATIONS = ["Decrypt", "GenerateDataKey", "ReEncrypt", "GenerateDataKeyWithoutPlaintext", "Encrypt"]
#: What CloudTrail also tells of a key, which no use by KMS's own count is.
OTHERS = ["DescribeKey", "EnableKeyRotation", "PutKeyPolicy", "CreateGrant"]


def _uuid(rnd):
    text = "%032x" % rnd.getrandbits(128)
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


def _identity(rnd, account):
    """(userIdentity, Username) of one who calls."""
    kind = rnd.randrange(4)
    if kind == 0:
        return {"type": "IAMUser", "principalId": "AIDA4EXAMPLE", "accountId": account, "userName": "anna",
                "arn": "arn:aws:iam::%s:user/anna" % account}, "anna"
    if kind == 1:
        return {"type": "AssumedRole", "principalId": "AROA4EXAMPLE:nightly", "accountId": account,
                "arn": "arn:aws:sts::%s:assumed-role/etl/nightly" % account}, "nightly"
    if kind == 2:
        return {"type": "AWSService", "invokedBy": "backup.amazonaws.com"}, None
    return {"type": "AWSAccount", "principalId": "AIDA5EXAMPLE", "accountId": "999988887777"}, None


def _event(rnd, account, region, arn, name, at):
    identity, user = _identity(rnd, account)
    error = rnd.choice([None, None, None, "KMSInvalidStateException", "AccessDenied"])
    detail = {"eventVersion": "1.11", "userIdentity": identity, "eventSource": "kms.amazonaws.com",
              "eventName": name, "awsRegion": region, "eventType": "AwsApiCall", "eventID": _uuid(rnd),
              "requestParameters": {"keyId": arn, "encryptionContext": {"PARAMETER_ARN": "of no concern"}}}
    if error:
        detail["errorCode"] = error
    out = {"EventId": detail["eventID"], "EventName": name, "EventTime": at, "ReadOnly": "true",
           "EventSource": "kms.amazonaws.com", "CloudTrailEvent": json.dumps(detail),
           "Resources": [{"ResourceType": "AWS::KMS::Key", "ResourceName": arn}]}
    if user:
        out.update(Username=user, AccessKeyId="ASIA" + "%016X" % rnd.getrandbits(64))
    return out


def events(rnd, place):
    """The uses of each key of a place: of some more than a page, of some none, of some before CloudTrail's window."""
    rows = place.data["events"]
    for key in place.data["keys"].values():
        arn, at, newest = key["metadata"]["Arn"], T0 - rnd.randrange(86400), None
        for _ in range(rnd.choice([0, 0, 1, 3, 60])):
            event = _event(rnd, place.account, place.name, arn, rnd.choice(OPERATIONS + OTHERS), at)
            rows.append(event)
            is_use = event["EventName"] in OPERATIONS and "errorCode" not in event["CloudTrailEvent"]
            newest = newest or (event if is_use else None)
            at -= rnd.randrange(1, 86400)
        if newest or rnd.random() < 0.2:
            key["last_usage"] = {
                "Operation": newest["EventName"] if newest else "Decrypt", "KmsRequestId": _uuid(rnd),
                "Timestamp": newest["EventTime"] if newest else T0 - 86400 * 200,
                "CloudTrailEventId": newest["EventId"] if newest else _uuid(rnd)}


def fill(seed, place):
    """By numbers of its own: what was made without it stays as it was."""
    rnd = random.Random("%s %s %s" % (seed, place.account, place.name))
    events(rnd, place)
