"""What computes, carries messages or is analysed under a key: lists, and a call for each.

A region keeps them in `things`: {kind: [record]}, a record being what the fullest call answers. A list
answers the members of it that the model's list items have.
"""
from ..errors import ApiError
from . import op

#: kind -> how it is listed: (service, operation, key of the items, what an item is of a record)
LISTS = {
    "function": ("lambda", "ListFunctions", "Functions", dict),
}

#: kind -> how one is described: (service, operation, parameter, what it names of a record, answer, error)
DETAILS = {}


def _things(world, account, region, kind):
    return world.region(account, region)["things"].get(kind, [])


def _list(kind, service, operation, key, item):
    @op(service, operation)
    def listed(world, account, region, params):
        return {key: [item(r) for r in _things(world, account, region, kind)]}


def _detail(kind, service, operation, parameter, names, answer, error):
    @op(service, operation, resource=lambda world, account, region, params: str(params[parameter]))
    def described(world, account, region, params):
        for record in _things(world, account, region, kind):
            if names(record) == params[parameter]:
                return answer(record)
        raise ApiError(error, "%s does not exist." % params[parameter], 400)


for _kind, _row in LISTS.items():
    _list(_kind, *_row)
for _kind, _row in DETAILS.items():
    _detail(_kind, *_row)
