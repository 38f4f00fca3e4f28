"""What holds data at rest, beside RDS and EBS: some of each kind for every place of a generated world.

Keys are named in every form that the service takes: an ARN, an id, an alias, the ARN of an alias; or not at
all. Some kinds have rows in a few places only, as in life."""
from .build import T0, hexid


class Filler:
    def __init__(self, world, account, region):
        self.world, self.rnd, self.account, self.region = world, world.rnd, account, region
        self.place = world.build.region(account, region)
        self.stores = self.place.data["stores"]

    def put(self, name, row):
        self.stores.setdefault(name, []).append(row)

    def hexid(self, size, *parts):
        return hexid(size, self.account, self.region, *parts)

    def key(self, odds=0.8):
        """A key's ARN, or nothing."""
        return self.world.some_key(self.account, self.region) if self.rnd.random() < odds else None

    def reference(self, odds=0.8):
        """The same in any form that a reference may have."""
        arn, kind = self.key(odds), self.rnd.random()
        if arn is None or ":%s:%s:" % (self.region, self.account) not in arn or kind < 0.4:
            return arn
        if kind < 0.6:
            return arn.rsplit("/", 1)[1]
        alias = self.rnd.choice(self.place.data["aliases"])["AliasName"]
        return alias if kind < 0.85 else self.place.arn("kms", alias)

    def text(self, plain):
        return self.world.text(plain)

    # ---------------------------------------------------------------- file systems

    def efs(self):
        for n in range(4):
            fid, key = "fs-" + self.hexid(17, "efs", n), self.key()
            row = {"OwnerId": self.account, "CreationToken": "t%d" % n, "FileSystemId": fid,
                   "CreationTime": T0 - 4000000.5, "LifeCycleState": "available",
                   "NumberOfMountTargets": 2, "SizeInBytes": {"Value": 6144 << n, "Timestamp": T0},
                   "PerformanceMode": "generalPurpose", "Encrypted": key is not None, "Tags": []}
            if n != 1:
                row["FileSystemArn"] = self.place.arn("elasticfilesystem", "file-system/" + fid)
            if n != 2:
                row["Name"] = "share %d" % n
            if key:
                row["KmsKeyId"] = key
            self.put("efs.FileSystems", row)

    def fsx(self):
        for n, kind in enumerate(["WINDOWS", "LUSTRE", "ONTAP", "OPENZFS", "LUSTRE"]):
            fid, key = "fs-" + self.hexid(17, "fsx", n), self.key(1)
            row = {"OwnerId": self.account, "CreationTime": T0 - 3000000, "FileSystemId": fid,
                   "FileSystemType": kind, "Lifecycle": "AVAILABLE", "StorageCapacity": 1200,
                   "ResourceARN": self.place.arn("fsx", "file-system/" + fid),
                   "Tags": [{"Key": "Name", "Value": self.text("files %d" % n)}] if n % 2 else []}
            if n == 4:
                row["LustreConfiguration"] = {"DeploymentType": "SCRATCH_2"}
            else:
                row["KmsKeyId"] = key
            self.put("fsx.FileSystems", row)
            backup = {"BackupId": "backup-" + self.hexid(17, "fsxb", n), "Lifecycle": "AVAILABLE",
                      "Type": self.rnd.choice(["AUTOMATIC", "USER_INITIATED", "AWS_BACKUP"]),
                      "CreationTime": T0 - 86400, "ResourceType": "FILE_SYSTEM", "FileSystem": row}
            backup["ResourceARN"] = self.place.arn("fsx", "backup/" + backup["BackupId"])
            if kind in ("ONTAP", "OPENZFS"):
                backup.update(ResourceType="VOLUME", Volume={"VolumeType": kind, "ResourceARN":
                              self.place.arn("fsx", "volume/%s/fsvol-%s" % (fid, fid[3:]))})
            if n != 4:
                backup["KmsKeyId"] = key
            self.put("fsx.Backups", backup)
        self.put("fsx.FileCaches", {
            "OwnerId": self.account, "CreationTime": T0 - 900000, "FileCacheType": "LUSTRE",
            "FileCacheId": "fc-" + self.hexid(17, "fc"), "Lifecycle": "AVAILABLE",
            "ResourceARN": self.place.arn("fsx", "file-cache/fc-" + self.hexid(17, "fc")),
            **({"KmsKeyId": key} if self.rnd.random() < 0.5 else {})})


FILLS = [Filler.efs, Filler.fsx]


def fill(world, account, region):
    filler = Filler(world, account, region)
    for one in FILLS:
        one(filler)
