"""Cut a whole answer into pages by botocore's paginator models.

Operations answer in full and know nothing of pages. A token is an offset bound by a digest to the
request that earned it, so a token replayed with other parameters, in another account or region, or
after `expire` is refused with the service's own stale-token code.
"""
import base64
import hashlib
import json
import re

from .errors import STALE_TOKEN, ApiError

#: (default, most) where the documentation says more than the model; else 100 and 1000.
SIZES = {
    ("kms", "ListKeys"): (100, 1000), ("kms", "ListAliases"): (50, 100),
    ("kms", "ListGrants"): (50, 100), ("kms", "ListResourceTags"): (50, 50),
    ("ssm", "DescribeParameters"): (50, 50), ("organizations", "ListAccounts"): (20, 20),
    ("account", "ListRegions"): (50, 50), ("organizations", "ListRoots"): (20, 20),
    ("organizations", "ListOrganizationalUnitsForParent"): (20, 20),
    ("organizations", "ListAccountsForParent"): (20, 20), ("organizations", "ListPolicies"): (20, 20),
    ("organizations", "ListTargetsForPolicy"): (20, 20), ("cloudtrail", "LookupEvents"): (50, 50),
    ("elasticache", "DescribeSnapshots"): (50, 50), ("elasticache", "DescribeServerlessCaches"): (50, 50),
    ("elasticache", "DescribeServerlessCacheSnapshots"): (50, 50), ("elasticache", "DescribeReplicationGroups"): (100, 100),
}

#: The model has no paginator for these, the operation pages all the same.
EXTRA = {("fsx", "DescribeFileCaches"): {"input_token": "NextToken", "output_token": "NextToken",
                                         "limit_key": "MaxResults", "result_key": "FileCaches"},
         ("backup", "ListTags"): {"input_token": "NextToken", "output_token": "NextToken",
                                  "limit_key": "MaxResults", "result_key": "Tags"},
         ("opensearchserverless", "ListCollections"): {
             "input_token": "nextToken", "output_token": "nextToken", "limit_key": "maxResults",
             "result_key": "collectionSummaries"},
         # two lists side by side: the operation cuts its pages itself
         ("kinesis", "ListStreams"): {"output_token": None}}

#: Lists whose pages may be empty and still carry a token.
EMPTY = {("ssm", "DescribeParameters"), ("organizations", "ListAccounts")}


class Pager:
    def __init__(self):
        self.page_size = 1000       # a cap on every page, whatever the client asks
        self.empty_pages = True
        self.short_pages = False
        self.epoch = 0              # moving it makes every token given out stale

    def expire(self):
        self.epoch += 1

    def _digest(self, where, params, left_out):
        rest = {k: v for k, v in params.items() if k not in left_out}
        text = json.dumps([where, rest, self.epoch], sort_keys=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()[:24]

    def cut(self, service, operation, account, region, params, result):
        """`result` with only its page, and a token if more is left."""
        rule = EXTRA.get((service.name, operation)) or service.pagers.get(operation)
        if not rule or not isinstance(rule["output_token"], str):
            return result
        key = rule["result_key"]
        if isinstance(key, list) and len(key) > 1:
            return self._cut_lists(service, operation, account, region, params, result, rule, key)
        if isinstance(key, list):
            key = key[0]
        token_in, limit_key = rule["input_token"], rule.get("limit_key")
        items = result.get(key)
        if items is None:
            return result
        asked = params.get(limit_key) if limit_key else None
        default, most = SIZES.get((service.name, operation), (100, 1000))
        if service.name == "elasticache" and limit_key == "MaxRecords" and asked is not None:
            if not 20 <= asked <= most:
                raise ApiError("InvalidParameterValue", "MaxRecords must be between 20 and %d" % most, 400)
        if service.name == "rds":
            most = 100
            if asked is not None and not 20 <= asked <= 100:
                raise ApiError("InvalidParameterValue", "Invalid value %s for MaxRecords. Must be "
                               "between 20 and 100" % asked, 400)
        if service.protocol == "ec2":
            if asked is None:
                if params.get(token_in) is None:
                    return result           # EC2 pages only those who ask for pages
                default = 1000
            elif not 5 <= asked:
                raise ApiError("InvalidParameterValue", "Value (%s) for parameter maxResults is "
                               "invalid. Expecting a value greater than 5." % asked, 400)
        size = max(1, min(asked or default, most, self.page_size))
        where = "%s/%s/%s/%s" % (service.name, operation, account, region)
        digest = self._digest(where, params, (token_in, limit_key))
        offset, empty = 0, (service.name, operation) in EMPTY and self.empty_pages \
            and len(items) > size and int(digest, 16) % 2 == 0
        if params.get(token_in) is not None:
            offset, empty = self._read(service, params[token_in], digest, len(items))
        if empty:
            return self._page(rule, key, result, items, offset, offset, digest, False)
        if self.short_pages and size > 3:
            size -= offset % 3
        end = offset + size
        turn = (service.name, operation) in EMPTY and self.empty_pages and (end // size) % 3 == 1
        return self._page(rule, key, result, items, offset, end, digest, turn)

    def _cut_lists(self, service, operation, account, region, params, result, rule, keys):
        """Several lists under one token: a page holds so many items of all of them together."""
        token_in, limit_key = rule["input_token"], rule.get("limit_key")
        digest = self._digest("%s/%s/%s/%s" % (service.name, operation, account, region), params,
                              (token_in, limit_key))
        items = [(k, item) for k in keys for item in result.get(k, [])]
        offset = 0
        if params.get(token_in) is not None:
            offset, _ = self._read(service, params[token_in], digest, len(items))
        size = max(1, min(params.get(limit_key) or 100, 1000, self.page_size))
        out = self._page(rule, "", dict(result, **{"": items}), items, offset, offset + size, digest, False)
        page = out.pop("")
        out.update({k: [item for of, item in page if of == k] for k in keys})
        return out

    def _page(self, rule, key, result, items, offset, end, digest, empty_next):
        out = dict(result)
        more = end < len(items)
        if isinstance(items, dict):
            out[key] = dict(list(items.items())[offset:end])
        elif offset or more:
            out[key] = items[offset:end]
        if more:
            raw = "%d.%d.%s" % (end, int(empty_next), digest)
            # whole groups of three bytes: some models want padded Base64, others no padding
            raw = raw.rjust(-(-len(raw) // 3) * 3, "0")
            token = base64.b64encode(raw.encode()).decode()
            out[rule["output_token"].split(" ")[0]] = token
        if rule.get("more_results"):
            out[rule["more_results"]] = more
        return out

    def _read(self, service, token, digest, total):
        try:
            raw = base64.b64decode(token, validate=True).decode()
            hit = re.fullmatch(r"(\d+)\.([01])\.([0-9a-f]+)", raw)
        except ValueError:
            hit = None
        if not hit or hit.group(3) != digest or int(hit.group(1)) > total:
            raise ApiError(STALE_TOKEN.get(service.name, "InvalidNextTokenException"),
                           "The page token is not valid or has expired", 400)
        return int(hit.group(1)), hit.group(2) == "1"
