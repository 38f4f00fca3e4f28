"""Reads of what holds data at rest, beside RDS and EBS.

Most of them answer a list as it stands: a row of LISTS each. A place keeps them in its "stores", under
"SERVICE.RESULT KEY"."""
from . import op

#: service, operation, member of the answer, IAM action where it is not SERVICE:OPERATION
LISTS = [
    ("efs", "DescribeFileSystems", "FileSystems", "elasticfilesystem:DescribeFileSystems"),
    ("fsx", "DescribeFileSystems", "FileSystems", None),
    ("fsx", "DescribeBackups", "Backups", None),
    ("fsx", "DescribeFileCaches", "FileCaches", None),
]


def rows(world, account, region, name):
    return world.region(account, region)["stores"].get(name, [])


def _register(service, name, key, action):
    @op(service, name, action=action)
    def answer(world, account, region, params):
        return {key: rows(world, account, region, "%s.%s" % (service, key))}


for _row in LISTS:
    _register(*_row)
