"""The request rates that AWS publishes, enforced as AWS does: a bucket for each account, Region and class.

Read from AWS's pages, not from any client's table:
  KMS            docs.aws.amazon.com/kms/latest/developerguide/requests-per-second.html
  Backup         docs.aws.amazon.com/general/latest/gr/bk.html
  RDS            docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-api-throttling.html
  EC2            docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html
  Organizations  docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html
  Account        docs.aws.amazon.com/accounts/latest/reference/quotas.html
  STS            docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
A quota without a burst holds one second's worth.
"""
import time

#: service -> operation -> (per second, burst); "*": each other operation of the service.
OPERATIONS = {
    "kms": {"DescribeKey": 2000, "GetKeyPolicy": 1000, "GetKeyRotationStatus": 1000,
            "ListResourceTags": 2000, "ListAliases": 500, "ListKeys": 500, "ListGrants": 100,
            "ListRetirableGrants": 100, "ListKeyPolicies": 100, "ListKeyRotations": 100,
            "GetPublicKey": 2000, "GetKeyLastUsage": 5, "DescribeCustomKeyStores": 5, "CreateKey": 5,
            "CreateAlias": 5, "UpdateAlias": 5, "PutKeyPolicy": 15, "EnableKey": 5, "DisableKey": 5,
            "CancelKeyDeletion": 5, "EnableKeyRotation": 15, "DisableKeyRotation": 5, "RotateKeyOnDemand": 5,
            "TagResource": 10, "UntagResource": 5},
    "backup": dict([(n, 5) for n in ("DescribeBackupVault", "CreateBackupPlan", "CreateBackupSelection",
                                     "UpdateBackupPlan")] + [
        (n, 15) for n in ("DescribeBackupJob", "DescribeRecoveryPoint", "DescribeRestoreJob",
                          "GetBackupPlan", "GetBackupSelection", "GetBackupVaultAccessPolicy",
                          "GetBackupVaultNotifications", "GetRecoveryPointRestoreMetadata",
                          "GetSupportedResourceTypes")] + [
        (n, 20) for n in ("ListBackupJobs", "ListBackupPlans", "ListBackupSelections",
                          "ListBackupVaults", "ListProtectedResources",
                          "ListRecoveryPointsByBackupVault", "ListRecoveryPointsByResource",
                          "ListRestoreJobs", "ListTags")]),
    "ec2": {"*": (20, 100)},
    "organizations": {"ListAccounts": (8, 12), "DescribeAccount": (20, 30), "ListChildren": (6, 10),
                      "ListParents": (5, 8), "ListAccountsForParent": (5, 8),
                      "ListOrganizationalUnitsForParent": (5, 8), "ListRoots": (1, 2),
                      "DescribeOrganization": (1, 2), "DescribeOrganizationalUnit": (2, 2),
                      "DescribePolicy": (2, 2), "ListTagsForResource": (10, 15),
                      "ListPolicies": (5, 8), "ListPoliciesForTarget": (5, 8),
                      "ListTargetsForPolicy": (5, 8), "ListDelegatedAdministrators": (5, 8)},
    "account": {"ListRegions": 5, "GetRegionOptStatus": 5, "GetAccountInformation": 3},
    "cloudtrail": {"LookupEvents": 2},
    "sns": {"ListTopics": 30},
}

#: service -> (per second, burst) over all its operations.
SERVICES = {"backup": 50, "rds": (12, 300), "sts": 600}


def _pair(limit):
    return limit if isinstance(limit, tuple) else (limit, limit)


class Bucket:
    __slots__ = ("rate", "burst", "tokens", "then")

    def __init__(self, limit, now):
        self.rate, self.burst = _pair(limit)
        self.tokens, self.then = float(self.burst), now

    def refill(self, now):
        self.tokens = min(float(self.burst), self.tokens + (now - self.then) * self.rate)
        self.then = now
        return self.tokens >= 1


class Rates:
    """`refuses` takes a token of every quota that a call counts against, or says that one is used up."""

    def __init__(self):
        self.is_on = False
        self.buckets = {}

    def reset(self):
        self.buckets = {}

    def _buckets(self, account, region, service, name, now):
        key = (account, region, service, name)
        found = self.buckets.get(key)
        if found is None:
            rows = OPERATIONS.get(service, {})
            limit, found = rows.get(name) or rows.get("*"), []
            if limit:
                found.append(Bucket(limit, now))
            if service in SERVICES:
                shared = (account, region, service, None)
                if shared not in self.buckets:
                    self.buckets[shared] = Bucket(SERVICES[service], now)
                found.append(self.buckets[shared])
            self.buckets[key] = found
        return found

    def refuses(self, account, region, service, name):
        if not self.is_on:
            return False
        now = time.monotonic()
        buckets = self._buckets(account, region, service, name, now)
        if not all([b.refill(now) for b in buckets]):
            return True
        for b in buckets:
            b.tokens -= 1
        return False
