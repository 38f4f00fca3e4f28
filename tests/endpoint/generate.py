"""Worlds made anew from a seed: every state, odd shape and hostile text that AWS could show."""
import json
import random

from . import evidence, stores
from .build import T0, WorldBuilder, grants_statement, root_policy, use_statement
from .people import People, tree
from .streams import Streams

FOREIGN = "999988887777"        # an account nobody here reads
REGIONS = ["us-east-1", "eu-west-1", "eu-central-1", "us-west-2", "ap-southeast-1", "us-east-2",
           "ap-northeast-1", "eu-north-1", "ca-central-1", "sa-east-1"]

#: Text for JSON services: AWS has no pattern on these members.
HOSTILE = ["\x1b[2J\x1b]0;owned\x07", "a\u202egnp.exe", "=cmd|'/c calc'!A1", "+1+1", "@SUM(A1)",
           "-2+3", "say \"hi\", they said", "two\nlines\r\nand three", "tab\there", "'quoted",
           "\u30d0\u30c3\u30af\u30a2\u30c3\u30d7\u9375", "e\u0301\u0323 zalgo\u0336\u0337",
           "\U0001f512\U0001f468\u200d\U0001f469\u200d\U0001f467", "null", "?", "a;b;c", "\u009b31m",
           "\u2066isolate\u2069", "<b>&amp;</b>", "%s%n%n", "\ufeffbom"]
#: The same for XML, where AWS can send no C0 control.
HOSTILE_XML = [t for t in HOSTILE if not any(ord(c) < 32 and c not in "\t\n\r" for c in t)]

STATES = ["Enabled"] * 8 + ["Disabled", "PendingDeletion", "PendingImport", "Unavailable",
                            "PendingReplicaDeletion", "Updating", "Creating"]


class Generator:
    def __init__(self, seed, accounts, regions, keys, points, hostile):
        self.seed, self.rnd = seed, random.Random(seed)
        self.n_keys, self.n_points, self.hostile = keys, points, hostile
        self.accounts = ["%012d" % (100000000000 + 111111111111 * n % 899999999999)
                         for n in range(1, accounts + 1)]
        self.regions = REGIONS[:regions]
        self.build = WorldBuilder(self.accounts[0], "management")
        self.keys = {}          # (account, region) -> customer key ARNs that can encrypt
        self.vaults = {}        # (account, region) -> vault ARNs

    def text(self, plain, xml=False):
        if self.hostile and self.rnd.random() < 0.3:
            return self.rnd.choice(HOSTILE_XML if xml else HOSTILE)
        return plain

    # ---------------------------------------------------------------- the estate

    def world(self):
        rnd = self.rnd
        for n, account in enumerate(self.accounts[1:], 1):
            self.build.account(account, "workload-%d" % (n % 7), opted_in=["eu-south-1"] if n == 1
                               else [], external_id="ext-%s" % account[:4] if n % 3 == 2 else None)
        self.build.account("555566667777", "closed long ago", state="SUSPENDED")
        places = [(a, r) for a in self.accounts for r in self.regions]
        for place in places:
            self.kms(*place)
        self.multi_region()
        for place in places:
            self.parameters(*place)
            self.backup(*place)
        for place in places:
            self.resources(*place)
            self.streams(*place)
            stores.fill(self, *place)
        self.copies()
        for place in places:
            evidence.fill(self, *place)
        self.people()
        self.denials(places)
        rnd.shuffle(self.build.text["denied"])
        return self.build.text

    def policy(self, account):
        rnd, extra = self.rnd, []
        kind = rnd.random()
        others = [a for a in self.accounts if a != account] + [FOREIGN]
        if kind < 0.25:
            who = ["arn:aws:iam::%s:root" % rnd.choice(others), "arn:aws:iam::%s:role/Backup" % account]
            extra = [use_statement(who), grants_statement(who)]
        elif kind < 0.35:
            extra = [use_statement(rnd.choice(others), "bare account id")]
        elif kind < 0.42:
            extra = [dict(use_statement({"": ""}), Principal="*", Condition={
                "StringEquals": {"kms:CallerAccount": rnd.choice(others)}})]
        elif kind < 0.5:
            extra = [dict(use_statement("arn:aws:iam::%s:root" % FOREIGN, "no"), Effect="Deny")]
        elif kind < 0.55:
            extra = [use_statement("arn:aws:iam::%s:role/r%03d" % (rnd.choice(others), i),
                                   "s%d" % i) for i in range(110)]        # about 30 KB
        return root_policy(account, extra)

    def product_tags(self):
        """What says that a product relies on a key: mostly nothing, sometimes nonsense."""
        rnd, kind = self.rnd, self.rnd.random()
        if kind < 0.1:
            tags = [("keyfall:ekm", rnd.choice(["entra-id", "salesforce", "entra-id salesforce",
                                                "salesforce,entra-id", self.text("microsoft-365")]))]
            phase = rnd.choice([None, "current", "in transition", "in-transition", "former", "soon"])
            druva = rnd.choice([None, FOREIGN, FOREIGN, "123"])
            return tags + [(k, v) for k, v in (("keyfall:phase", phase),
                                               ("keyfall:druva-account", druva)) if v]
        if kind < 0.2:
            role = rnd.choice(["vault", "vault", "protected", "owner", None])
            return [("keyfall:autobackup", rnd.choice(["apps", "web", "apps web"]))] + (
                [("keyfall:role", role)] if role else [])
        return [("keyfall:product", "druva-credentials")] if kind < 0.22 else []

    def kms(self, account, region):
        rnd, place = self.rnd, self.build.region(account, region)
        for service in ("ebs", "rds", "ssm", "backup"):
            place.managed_key(service)
        for name in ("dynamodb", "s3", "lambda"):
            place.alias("alias/aws/" + name)            # predefined, bound to no key yet
        place.data["custom_key_stores"] = [
            {"CustomKeyStoreId": "cks-" + "%016x" % rnd.getrandbits(64), "CustomKeyStoreName":
             "hsm-" + region, "CustomKeyStoreType": "AWS_CLOUDHSM", "CloudHsmClusterId":
             "cluster-1a23b4cdefg", "ConnectionState": "FAILED", "ConnectionErrorCode":
             "INVALID_CREDENTIALS", "CreationDate": T0 - 9000000}]
        store = place.data["custom_key_stores"][0]["CustomKeyStoreId"]
        usable = []
        for n in range(self.n_keys):
            label, state, extra = "k%d" % n, rnd.choice(STATES), {}
            if state == "PendingDeletion":
                extra["DeletionDate"] = T0 + rnd.randrange(7, 30) * 86400 + 0.5
            if state == "PendingReplicaDeletion":
                extra["PendingDeletionWindowInDays"] = rnd.randrange(7, 31)
            kind = rnd.random()
            if state == "PendingImport" or kind < 0.08:
                extra.update(origin="EXTERNAL")
                if state != "PendingImport":
                    extra.update({"ExpirationModel": "KEY_MATERIAL_EXPIRES",
                                  "ValidTo": T0 + 86400 * rnd.randrange(1, 400)})
            elif state == "Unavailable" or kind < 0.12:
                extra.update(origin="AWS_CLOUDHSM", CustomKeyStoreId=store,
                             CloudHsmClusterId="cluster-1a23b4cdefg")
            elif kind < 0.16:
                extra.update(spec="RSA_2048")
            elif kind < 0.2:
                extra.update(spec="ECC_NIST_P256", usage="SIGN_VERIFY")
            elif kind < 0.22:
                extra.update(spec="HMAC_256", usage="GENERATE_VERIFY_MAC")
            rotation = rnd.choice([None, {"KeyRotationEnabled": True, "RotationPeriodInDays": 365,
                                          "NextRotationDate": T0 + 5000000.5}])
            tags = [("team", self.text("storage")), ("n", str(n))] if rnd.random() < 0.5 else []
            tags += self.product_tags()
            long_text = "x" * 8192 if self.hostile and n == 3 else self.text("key %d" % n)
            arn = place.key(label, state=state, policy=self.policy(account), tags=tags,
                            description=long_text, rotation=rotation, **extra)
            for i in range(rnd.choice([0, 1, 1, 1, 3])):
                place.alias("alias/%s-%d-%d" % (rnd.choice(["prod", "backup", "db"]), n, i), arn)
            for i in range(rnd.choice([0, 0, 1, 2, 4]) if n else 60):
                if rnd.random() < 0.4:
                    place.grant(arn, i, "backup.amazonaws.com", service=True, constraints={
                        "EncryptionContextSubset": {"aws:backup:backup-vault": "Default"}})
                else:
                    place.grant(arn, i, "arn:aws:iam::%s:role/%s" % (
                        rnd.choice([account, FOREIGN]), self.text("R", True).replace("\n", "")[:40]
                        if rnd.random() < 0.2 else "Restore"), retiring=None if rnd.random() < 0.5
                        else "arn:aws:iam::%s:root" % account, name="g%d" % i)
            if extra.get("spec", "SYMMETRIC_DEFAULT") == "SYMMETRIC_DEFAULT":
                usable.append(arn)
        place.alias("alias/shared-name", usable[0] if usable else None)
        self.keys[account, region] = usable or [place.managed_key("backup")]

    def multi_region(self):
        """A primary in the first region, replicas in the others, one pair an account."""
        if len(self.regions) < 2:
            return
        for account in self.accounts:
            key_id = "mrk-" + "%032x" % self.rnd.getrandbits(128)
            arns = ["arn:aws:kms:%s:%s:key/%s" % (r, account, key_id) for r in self.regions[:3]]
            for n, region in enumerate(self.regions[:3]):
                arn = self.build.region(account, region).key(
                    "mrk", key_id=key_id, alias="alias/everywhere", MultiRegion=True,
                    MultiRegionConfiguration={
                        "MultiRegionKeyType": "REPLICA" if n else "PRIMARY",
                        "PrimaryKey": {"Arn": arns[0], "Region": self.regions[0]},
                        "ReplicaKeys": [{"Arn": a, "Region": r} for a, r in
                                        list(zip(arns, self.regions))[1:]]})
                self.keys[account, region].append(arn)

    def some_key(self, account, region):
        """A key ARN for a dependent: one hub takes a third, some are foreign, some are gone."""
        rnd, own = self.rnd, self.keys[account, region]
        kind = rnd.random()
        if kind < 0.33:
            return own[0]
        if kind < 0.4:
            return "arn:aws:kms:%s:%s:key/0f0f0f0f-0000-4000-8000-%012x" % (
                region, FOREIGN, rnd.randrange(5))
        if kind < 0.45:
            return rnd.choice(self.keys[rnd.choice(self.accounts), region])
        if kind < 0.48:         # deleted for good: nothing lists it any more
            return "arn:aws:kms:%s:%s:key/dead0000-0000-4000-8000-000000000000" % (region, account)
        return rnd.choice(own)

    def parameters(self, account, region):
        rnd, place = self.rnd, self.build.region(account, region)
        aliases = [a["AliasName"] for a in place.data["aliases"]]
        for n in range(14):
            kind = rnd.choice(["String", "StringList", "SecureString", "SecureString"])
            key = rnd.choice([None, rnd.choice(aliases), self.some_key(account, region),
                              rnd.choice(self.keys[account, region]).rsplit("/", 1)[1],
                              "alias/no-longer-there",
                              place.arn("kms", rnd.choice(aliases))])
            place.parameter("/%s/param-%d" % (rnd.choice(["app", "db", "shared"]), n), kind,
                            key=key, description=self.text("p%d" % n) or None,
                            tier=rnd.choice(["Standard", "Advanced"]),
                            tags=[("owner", self.text("ops"))] if n % 4 == 0 else ())
        place.parameter("Druva-ClientCredential-%s-%d" % (region, rnd.randrange(1000)),
                        key=rnd.choice([None, "alias/shared-name"]))

    # ---------------------------------------------------------------- backup

    def backup(self, account, region):
        rnd, place = self.rnd, self.build.region(account, region)
        other = rnd.choice(self.accounts)
        allow = json.dumps({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::%s:root" % other},
             "Action": "backup:CopyIntoBackupVault", "Resource": "*"}]})
        deny = json.dumps({"Version": "2012-10-17", "Statement": [
            {"Effect": "Deny", "Principal": "*", "Action": "backup:DeleteRecoveryPoint",
             "Resource": "*"}]})
        arns = [place.vault("Default"), place.vault("prod", self.some_key(account, region), allow,
                                                    notify=True, tags={"tier": self.text("gold")}),
                place.vault("aws/efs/automatic-backup-vault", place.managed_key("backup"), deny),
                place.vault("gov-locked", self.some_key(account, region), lock="governance"),
                place.vault("comp_locked", self.some_key(account, region), allow,
                            lock="compliance"),
                place.vault("foreign-key", "arn:aws:kms:%s:%s:key/0f0f0f0f-0000-4000-8000-"
                            "000000000001" % (region, FOREIGN)),
                place.vault("airgap", kind="LOGICALLY_AIR_GAPPED_BACKUP_VAULT"),
                place.vault("empty-one", self.keys[account, region][-1])]
        self.vaults[account, region] = arns
        elsewhere = "arn:aws:backup:%s:%s:backup-vault:prod" % (rnd.choice(self.regions), other)
        place.plan("daily", [("daily", "prod", [elsewhere]), ("monthly", "comp_locked", [])], [
            {"Resources": ["*"], "NotResources": ["arn:aws:rds:*:*:db:scratch*"],
             "ListOfTags": [], "Conditions": {}},
            {"Resources": [], "ListOfTags": [{"ConditionType": "STRINGEQUALS", "ConditionKey":
                                              "backup", "ConditionValue": "yes"}]}])
        place.plan("copies only", [("to the vault account", "Default", [
            elsewhere, "arn:aws:backup:%s:%s:backup-vault:not-ours" % (region, FOREIGN)])])
        place.data["region_settings"] = {
            "ResourceTypeOptInPreference": {"EBS": True, "RDS": True, "Aurora": True, "EFS":
                                            rnd.random() < 0.5, "DynamoDB": False},
            "ResourceTypeManagementPreference": {"DynamoDB": True, "EFS": True}}

    def resources(self, account, region):
        rnd, place = self.rnd, self.build.region(account, region)
        place.data["ebs_encryption_by_default"] = rnd.random() < 0.5
        if rnd.random() < 0.5:
            place.data["ebs_default_key"] = rnd.choice(self.keys[account, region])
        names = list(place.data["vaults"])

        def maybe_key(odds=0.85):
            return self.some_key(account, region) if rnd.random() < odds else None

        def point(arn, resource, kind, key, **more):
            vault = rnd.choice(names[:6])
            if rnd.random() < 0.3:
                more["source_vault"] = rnd.choice(self.vaults[
                    rnd.choice(self.accounts), rnd.choice(self.regions)])
            if rnd.random() < 0.2:
                more["days"] = 0
            place.point(vault, arn, resource, kind, key, encrypted=key is not None,
                        created=T0 - rnd.randrange(86400 * 30) - 0.5 * rnd.randrange(2), **more)
            return place.data["vaults"][vault]["record"]["BackupVaultArn"]

        for n in range(8):
            key = maybe_key()
            volume = place.volume(n, key, tags=[("Name", self.text("disk %d" % n, True))])
            snap = place.snapshot(n, volume, key, description=self.text("nightly", True),
                                  tags=[("Name", self.text("s", True))])
            if n % 2 == 0:
                vault = point(snap, volume, "EBS", key)
                place.protect(volume, "EBS", self.text("disk %d" % n), vault, snap)
        place.snapshot("shared-in", key="arn:aws:kms:%s:%s:key/0f0f0f0f-0000-4000-8000-"
                       "000000000002" % (region, FOREIGN), owner=FOREIGN)
        place.snapshot("failed-copy", state="error", key=maybe_key(1),
                       message="Given key ID is not accessible")
        for n in range(5):
            key, name = maybe_key(), "db-%d" % n if n else "same-name"
            db = place.db(name, key, status="inaccessible-encryption-credentials-recoverable"
                          if n == 4 else "available", tags=[("Name", self.text("db", True))])
            place.db_automated(name, key, "active" if n else "retained")
            for i, kind in enumerate(["manual", "automated", "awsbackup"]):
                snap = "%s-%s-%d" % (name, kind, i)
                snap = {"automated": "rds:" + snap, "awsbackup": "awsbackup:job-" + snap}.get(kind, snap)
                arn = place.db_snapshot(snap, name, key, kind)
                if kind == "awsbackup":
                    vault = point(arn, db, "RDS", key)
                    place.protect(db, "RDS", name, vault, arn)
        place.db_snapshot("theirs", "elsewhere", "arn:aws:kms:%s:%s:key/0f0f0f0f-0000-4000-8000-"
                          "000000000003" % (region, FOREIGN), "shared", owner=FOREIGN)
        for n in range(3):
            key, name = maybe_key(), "aurora-%d" % n
            cluster = place.db_cluster(name, key, "docdb" if n == 2 else "aurora-postgresql")
            place.db("%s-writer" % name, key, "docdb" if n == 2 else "aurora-postgresql",
                     cluster=name)
            place.db_cluster_snapshot("%s-manual" % name, name, key)
            arn = place.db_cluster_snapshot("awsbackup:job-%s" % name, name, key, "awsbackup")
            point(arn, cluster, "Aurora", key)
        for n in range(self.n_points):
            kind = rnd.choice(["EFS", "DynamoDB", "S3", "VirtualMachine"])
            resource = {"EFS": place.arn("elasticfilesystem", "file-system/fs-%08x" % (n % 9)),
                        "DynamoDB": place.arn("dynamodb", "table/t%d" % (n % 5)),
                        "S3": "arn:aws:s3:::bucket-%s-%s-%d" % (account, region, n % 4),
                        "VirtualMachine": place.arn("backup-gateway", "vm/vm-%d" % n)}[kind]
            more = {"status": rnd.choice(["COMPLETED"] * 6 + ["PARTIAL", "EXPIRED", "DELETING"])}
            if rnd.random() < 0.3:
                more["ResourceName"] = self.text("thing %d" % n)
            point(place.arn("backup", "recovery-point:%08x-0000-4000-8000-%012x" % (
                rnd.getrandbits(32), n)), resource, kind, maybe_key(), **more)
        place.data["reservations"] = [{
            "ReservationId": "r-%017x" % rnd.getrandbits(64), "OwnerId": account, "Groups": [],
            "Instances": [{"InstanceId": "i-%017x" % rnd.getrandbits(64), "InstanceType":
                           "m6i.large", "State": {"Code": 16, "Name": "running"}, "LaunchTime":
                           T0 - 700000, "BlockDeviceMappings": [{"DeviceName": "/dev/xvda", "Ebs": {
                               "VolumeId": place.data["volumes"][0]["VolumeId"], "Status":
                               "attached", "DeleteOnTermination": True}}],
                           "Tags": [{"Key": "Name", "Value": self.text("host", True)}]}]}]

    def streams(self, account, region):
        place = self.build.region(account, region)
        names = [a["AliasName"] for a in place.data["aliases"]]
        Streams(self.rnd, place, self.text, self.keys[account, region], names).fill()

    def people(self):
        """Who may use keys: in each account, and by the organization."""
        accounts = self.build.text["accounts"]
        for account in self.accounts:
            accounts[account]["iam"] = People(self.rnd, account, self.text).all()
        self.build.text["tree"] = tree(self.rnd, self.build.text["organization"], sorted(accounts),
                                       self.text)

    def copies(self):
        """Jobs as evidence of paths between places, some failed for want of a key."""
        rnd = self.rnd
        for (account, region), vaults in self.vaults.items():
            place = self.build.region(account, region)
            points = [p for v in place.data["vaults"].values() for p in v["points"]]
            for n, point in enumerate(rnd.sample(points, min(12, len(points)))):
                target = rnd.choice(self.vaults[rnd.choice(self.accounts), rnd.choice(self.regions)])
                bad = rnd.random() < 0.25
                place.copy_job(point["RecoveryPointArn"], point["BackupVaultArn"], target,
                               point["ResourceArn"], point["ResourceType"], n=n,
                               state="FAILED" if bad else "COMPLETED",
                               key=None if bad else self.some_key(account, region),
                               message="Access denied trying to call AWS KMS" if bad else None)

    def denials(self, places):
        """One key's policy, one vault's points, one place's parameters, a whole service by SCP."""
        account, region = places[-1]
        key = self.keys[account, region][0]
        self.build.deny(account=account, region=region, operation="kms:GetKeyPolicy", resource=key)
        self.build.deny(account=account, region=region, operation="kms:DescribeKey",
                        resource=self.keys[account, region][-1], why="resource")
        if len(places) > 1:
            account, region = places[1]
            self.build.deny(account=account, region=region, operation="ssm:DescribeParameters")
            self.build.deny(account=account, region=region, resource="*:backup-vault:gov-locked",
                            operation="backup:ListRecoveryPointsByBackupVault")
        if len(places) > 3:
            account, region = places[3]
            self.build.deny(account=account, region=region, operation="rds:*", why="scp")
            self.build.deny(account=account, region=region, operation="kms:ListGrants")


def world(seed=1, accounts=3, regions=3, keys=24, points=40, hostile=True):
    """The world of a seed; the same seed gives the same world."""
    return Generator(seed, accounts, regions, keys, points, hostile).world()
