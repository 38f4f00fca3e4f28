"""The table of operations: (service, operation) -> how to answer it.

An operation is one small function `op(world, account, region, params) -> result`; it answers in
full, in AWS's member names, and knows nothing of protocols, pages, permissions or faults.
"""
TABLE = {}


class Row:
    def __init__(self, function, resource, action, caller, write):
        self.function, self.resource, self.action = function, resource, action
        self.caller, self.write = caller, write


def op(service, name, resource=None, action=None, caller=False, write=False):
    """Register an operation. `resource(world, account, region, params)` gives the ARN that
    permissions are asked for, `action` an IAM action that is not service:Operation; `caller`:
    the function also wants who asks; `write`: it changes the world."""
    def put(function):
        TABLE[service, name] = Row(function, resource, action or "%s:%s" % (service, name),
                                   caller, write)
        return function
    return put


def load():
    """Import every module of operations."""
    from . import backup, ec2, evidence, identity, kms, people, rds  # noqa: F401  (they register)
    from . import backup_change, kms_change, ssm, stores, streams  # noqa: F401
    return TABLE
