"""The independent reader of what holds data at rest, beside RDS and EBS: rows of the view `resources`.

Each function reads one service of a place and calls place_row(ARN, type, name, key reference), where the
reference is '' for what is not under a key that could be named, and None for what is under one that was not
told."""

NOT, UNTOLD = "", None
#: what services write where a key of their own is at work
OWNED = ("AWS_OWNED_KMS_KEY", "AWS_OWNED_KEY", "auto")


def named(tags, name="Name"):
    return next((t["Value"] for t in tags if t["Key"] == name), "")


def key_of(row, member, encrypted=None, otherwise=UNTOLD):
    """The reference; `encrypted`: the member that says whether it is; `otherwise`: without a name."""
    if row.get(member):
        return NOT if row[member] in OWNED else row[member]
    if encrypted is not None and row.get(encrypted) is False:
        return NOT
    return UNTOLD if encrypted is not None and encrypted not in row else otherwise


def efs(read, place, add):
    for f in read("efs", "describe_file_systems", "FileSystems"):
        add("arn:aws:elasticfilesystem:%s:%s:file-system/%s" % (
            place.region, place.account, f["FileSystemId"]), "efs-file-system", f.get("Name", ""),
            key_of(f, "KmsKeyId", "Encrypted"))


def fsx(read, place, add):
    for f in read("fsx", "describe_file_systems", "FileSystems"):
        scratch = f.get("LustreConfiguration", {}).get("DeploymentType", "").startswith("SCRATCH")
        add(f["ResourceARN"], "fsx-file-system", named(f.get("Tags", [])),
            key_of(f, "KmsKeyId", otherwise=NOT if scratch else UNTOLD))
    for b in read("fsx", "describe_backups", "Backups"):
        add(b["ResourceARN"], "fsx-backup", named(b.get("Tags", [])), key_of(b, "KmsKeyId"))
    for c in read("fsx", "describe_file_caches", "FileCaches"):
        add(c["ResourceARN"], "fsx-file-cache", c["FileCacheId"],
            key_of(c, "KmsKeyId", otherwise=NOT))


SERVICES = [efs, fsx]
