#!/usr/bin/env python3
"""A plan file altered in each of its fields, as it is and with its id made right again, is refused before anything
changes. With LONG=1 each field of each plan in each way, else each kind of field once."""
import copy
import hashlib
import json
import os
import re
import sys

from bench import Bench, Tally, load
from test_wizards import CASES

LONG = bool(os.environ.get("LONG"))


def paths(value, path=()):
    """Every member and item of a plan, at any depth."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, item in items:
        yield path + (name,)
        yield from paths(item, path + (name,))


def other(value):
    """Something else of the same form, so that nothing but its meaning can give it away."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, (int, float)):
        return value + 1
    if isinstance(value, str):
        digit = re.search("[0-9]", value)
        return value[:digit.start()] + str((int(digit[0]) + 1) % 10) + value[digit.end():] if digit else value + "x"
    if isinstance(value, list):
        return value + (value[-1:] or ["x"])
    return dict(value, x="y") if isinstance(value, dict) else "x"


def altered(plan, path, how):
    out = copy.deepcopy(plan)
    node = out
    for step in path[:-1]:
        node = node[step]
    if how == "gone":
        del node[path[-1]]
    else:
        node[path[-1]] = other(node[path[-1]]) if how == "other" else None
    return out


def with_right_id(plan):
    body = {k: v for k, v in plan.items() if k != "id"}
    text = json.dumps(body, separators=(",", ":"), ensure_ascii=False)
    return dict(body, id=hashlib.sha256(text.encode()).hexdigest())


def new_kinds(plan, seen):
    """A path for each kind of field that no plan before had: the numbers of items make no difference."""
    for path in paths(plan):
        kind = tuple("#" if isinstance(p, int) else p for p in path)
        if kind not in seen:
            seen.add(kind)
            yield path


def is_another(b, plan):
    """Whether it is what its own inputs make: one of them was altered that nothing of the plan hangs on."""
    given = {k: ",".join(v) if isinstance(v, list) else v for k, v in plan["inputs"].items()}
    nonce = given.pop("nonce", None)
    path, done = b.plan(plan["wizard"], **given)
    if done.status or not isinstance(nonce, str):
        return False
    made = load(path)
    same = json.loads(json.dumps(made).replace(made["inputs"]["nonce"], nonce))
    return with_right_id(same) == plan


def refused(tally, name, case, b, plan, answers):
    path = b.path + "/altered.json"
    with open(path, "w") as out:
        json.dump(plan, out)
    done = b.apply(path, *answers, settle=1)
    is_refused = done.status not in (0, -6, -11) and done.err.strip() and "waits for you" not in done.err
    if not b.endpoint.ctl("writes") and is_refused:
        tally.check(name + " is refused", True)
        return
    b.fresh()
    case.prepare(b)
    b.endpoint.ctl("reset_log", {})         # of what prepared the case
    tally.check(name + " is refused, or is another plan", is_another(b, plan), done)


def one(tally, name, case, b, seen):
    b.fresh()
    case.prepare(b)
    path, done = b.plan(case.wizard, **case.inputs(b))
    if not tally.check(name + " is planned", done.status == 0, done):
        return
    plan, digest = load(path), b.endpoint.ctl("state_digest")
    b.endpoint.ctl("reset_log", {})         # of what prepared the case
    answers = [plan["phrase"]] + [a for a in case.answers if not callable(a)]
    tally.check(name + ": its id is that of all the rest", with_right_id(plan)["id"] == plan["id"])
    for path in paths(plan) if LONG else new_kinds(plan, seen):
        for how in ("other", "gone", "null") if LONG else ("other",):
            what, text = "%s: %s, %s" % (name, "/".join(map(str, path)), how), altered(plan, path, how)
            if LONG or path in (("id",), ("inputs", "nonce")):
                refused(tally, what, case, b, text, answers)
            # another nonce is another plan, which does the same: as if it had been planned once more
            if path not in (("id",), ("inputs", "nonce")):
                refused(tally, what + ", id made right", case, b, with_right_id(text), answers)
    tally.check(name + ": nothing has changed", b.endpoint.ctl("state_digest") == digest)


def main():
    tally, seen = Tally(), set()
    with Bench() as b:
        for n, case in enumerate(CASES):
            one(tally, "%d %s" % (n, case.wizard), case, b, seen)
    return tally.close()


if __name__ == "__main__":
    sys.exit(main())
