#!/usr/bin/env python3
"""Every wizard to its end on the strict endpoint: afterwards boto3 finds exactly what the plan named and nothing else
changed; killed at every call, before and after the endpoint acted, and taken up again it ends the same, with nothing
made twice; a plan that is done changes nothing. With LONG=1 each call of each wizard is killed both ways, else each
operation once."""
import os
import sys

from bench import MAIN, PLACES, Bench, Tally, calls_of, eye, load

LONG = bool(os.environ.get("LONG"))


class Case:
    """inputs: of the bench, what --set gets; answers: to the plan's questions, in order, after the phrase; expected: of
    the bench and the plan, {pattern of what may have changed: what it is now}."""

    def __init__(self, wizard, places, inputs, answers, expected, prepare=None):
        self.wizard, self.inputs, self.answers, self.expected = wizard, inputs, answers, expected
        self.places = places        # where it changes something
        self.prepare = prepare or (lambda b: None)


def id_of(arn):
    return arn.rsplit("/", 1)[1]


def rescued(b, plan):
    key = "%s us-east-1 key %s " % (MAIN, id_of(plan["inputs"]["key"]))
    return {key + "KeyState": "Enabled", key + "Enabled": True, key + "DeletionDate": None}


HOME = [(MAIN, "us-east-1")]

CASES = [
    Case("rescue", HOME, lambda b: {"key": b.key(MAIN, "us-east-1", "alias/saas-ekm-old")}, lambda plan: ["done"], rescued),
    Case("rescue", HOME, lambda b: {"key": b.key(MAIN, "us-east-1", "alias/backup-credentials")}, lambda plan: ["done"],
         rescued),
]


def agrees(tally, name, case, b, plan, before, places):
    """Every change is expected, every expectation is met; what a plan makes anew has names of AWS's own."""
    changes = {k: v[1] for k, v in eye.changes(before, b.look(places)).items()}
    expected = {k: v for k, v in case.expected(b, plan).items() if before.get(k) != v}
    tally.check(name + " changes what it named and nothing else", changes == expected,
                "\n%s\n%s" % ({k: v for k, v in changes.items() if expected.get(k, ()) != v},
                              {k: v for k, v in expected.items() if changes.get(k, ()) != v}))


def make(tally, name, case, b, places):
    b.fresh()
    case.prepare(b)
    before, digest = b.look(places), b.endpoint.ctl("state_digest")
    path, done = b.plan(case.wizard, **case.inputs(b))
    if not tally.check(name + " is planned", done.status == 0, done):
        return before, None, None, []
    for form in ("show", "cli"):
        shown = b.run("plan", form, path)
        tally.check("%s is shown: %s" % (name, form), shown.status == 0 and not shown.err, shown)
    tally.check(name + " planning changes nothing", digest == b.endpoint.ctl("state_digest"))
    plan = load(path)
    return before, path, plan, [plan["phrase"]] + case.answers(plan)


def to_the_end(tally, name, case, b):
    before, path, plan, answers = make(tally, name, case, b, PLACES)
    if not plan:
        return []
    done = b.apply(path, *answers)
    tally.check(name + " is done", done.status == 0, done)
    agrees(tally, name, case, b, plan, before, PLACES)
    digest = b.endpoint.ctl("state_digest")
    for resume in (False, True):
        again = b.apply(path, *answers, resume=resume)
        tally.check(name + " again is nothing", again.status == 0 and "nothing is sent" in again.out, again)
    tally.check(name + " again changes nothing", digest == b.endpoint.ctl("state_digest"))
    tally.check(name + " is what AWS takes", not b.violations(), b.violations()[:3])
    return calls_of(path)


def killed(tally, name, case, b, operation, nth, how):
    name = "%s, killed at %s %d (%s)," % (name, operation, nth + 1, how)
    before, path, plan, answers = make(tally, name, case, b, case.places)
    if not plan:
        return
    b.apply_killed(path, operation, how, *answers, skip=nth)
    done = b.apply(path, *answers, settle=1)
    tally.check(name + " wants --resume", done.status == 1 and "--resume" in done.err, done)
    done = b.apply(path, *answers, resume=True, settle=1)
    tally.check(name + " is taken up again", done.status == 0, done)
    agrees(tally, name, case, b, plan, before, case.places)


def main():
    tally, killed_at = Tally(), set()
    with Bench() as b:
        for n, case in enumerate(CASES):
            name = "%d %s" % (n, case.wizard)
            calls = to_the_end(tally, name, case, b)
            for i, operation in enumerate(calls):
                if not LONG and operation in killed_at:
                    continue
                killed_at.add(operation)
                for how in ("hold", "hang"):
                    killed(tally, name, case, b, operation, calls[:i].count(operation), how)
    return tally.close()


if __name__ == "__main__":
    sys.exit(main())
