#!/usr/bin/env python3
"""The wizards' pages in a terminal, on the strict endpoint: from x on a row to the end, with wrong inputs, a wrong
phrase, a wrong answer, a stop and a run that is taken up again. Nothing is sent before the phrase; afterwards boto3
finds what the plan named and nothing else. With LONG=1 every wizard to its end, at three sizes. Arguments are wizards
to walk alone."""
import functools
import importlib.util
import json
import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
CHANGE = os.path.dirname(HERE) + "/change"
sys.path[:0] = [CHANGE, HERE]

import dash  # noqa: E402
from bench import Bench, Tally, load  # noqa: E402
from screen import Screen  # noqa: E402

spec = importlib.util.spec_from_file_location("change_cases", CHANGE + "/test_wizards.py")
cases = importlib.util.module_from_spec(spec)
spec.loader.exec_module(cases)

LONG = bool(os.environ.get("LONG"))
FOREIGN = {
    "Azure": "https://corp.vault.azure.net/keys/backup/0123456789abcdef0123456789abcdef",
    "Google": "projects/p/locations/eu/keyRings/r/cryptoKeys/k",
    "alias": "alias/orders-db",
}


def case_of(name, nth=0):
    return [c for c in cases.CASES if c.wizard == name][nth]


def dashboard(b, *args, size=(80, 24)):
    env = {k: v for k, v in b.env.items() if k.startswith(("AWS_", "XDG_", "HOME"))}
    return Screen([dash.program(True), *args], *size, env=env, cwd=b.path)


def live(b, *args, size=(80, 24)):
    return dashboard(b, *b.live(), "--region", "us-east-1", "--region", "ap-south-1", "--no-store", *args, size=size)


def command(s, line):
    s.keys(":")
    s.type(line)
    s.keys("Enter")


def squeezed(text):
    return "".join(text.split())


def body(s):
    """The page's own lines: below its head, above what keys do."""
    return s.lines()[5:-4]


def lines_of(text):
    """Which of its lines the page says that it shows: first, last and all; None: it shows all of them."""
    found = re.search(r"\b(\d+)-(\d+) of (\d+)\b", text)
    return found and tuple(map(int, found.groups()))


def pages(s, mark):
    """All that a page shows once it is scrolled to its end, and whether a line was too wide or cut."""
    s.keys("Home")
    s.wait(lambda text: mark in text and (not lines_of(text) or lines_of(text)[0] == 1))
    seen, is_cut = [], False
    while True:
        at = lines_of(s.text())
        is_cut |= any(dash.columns_of(x) > s.width for x in s.lines()) or any("…" in x for x in body(s))
        seen += body(s)[len(seen) + 1 - at[0]:at[1] + 1 - at[0]] if at else body(s)    # pages share lines
        if not at or at[1] == at[2]:
            return squeezed("".join(seen)), is_cut
        s.keys("PageDown")
        s.wait(lambda text, at=at: lines_of(text) and lines_of(text) != at)


def what_is_told(plan):
    """Every text of a plan that a preview has to show."""
    for step in plan["steps"]:
        for name in ("title", "call", "cost", "time", "where", "question"):
            yield step.get(name, "")
        yield from step.get("lines", [])
    yield from plan["warnings"]


def previewed(tally, name, s, b):
    """The plan as it was saved; the preview and the CLI text show it whole."""
    s.keys("s")
    s.wait("the plan is in ")
    path = b.path + "/" + s.text().split("the plan is in ")[1].split()[0]
    plan = load(path)
    text, is_cut = pages(s, " to AWS")
    missing = [t for t in what_is_told(plan) if squeezed(t) not in text]
    tally.check(name + " the preview shows all of the plan", not missing, missing)
    tally.check(name + " the preview cuts nothing", not is_cut, s.text())
    s.keys("c")
    text, is_cut = pages(s, "# plan ")
    shown = squeezed(b.run("plan", "cli", path).out)
    tally.check(name + " the CLI text is that of keyfall plan cli", shown.startswith(text[:200]) and text[-80:] in shown,
                text)
    tally.check(name + " the CLI text is not cut", not is_cut, s.text())
    s.keys("c")
    return plan


def confirmed(tally, name, s, plan):
    s.keys("Enter")
    s.wait("To run it, type")
    s.type("y")
    s.keys("Enter")
    s.wait("that is not the same; nothing was done")
    tally.check(name + " y is no phrase", "[confirm]" in s.text())
    s.keys("C-u")
    s.paste(plan["phrase"])


def agrees(tally, name, case, b, plan):
    cases.agrees(tally, name, case, b, plan, b.looked, case.places)
    tally.check(name + " is what AWS takes", not b.violations(), b.violations()[:3])


def stopped(s):
    s.wait("it waits for your answer")
    s.keys("Escape")
    s.wait("The plan runs")
    s.keys("j", "j", "Enter")
    return s.wait("STOPPED, it waits for you")


def rescue(tally, b):
    """From x on the key's row; left while it runs, stopped, taken up again; the program ended, and taken up again."""
    name, case = "rescue:", case_of("rescue")
    b.fresh()
    b.looked, b.was, digest = b.look(case.places), b.endpoint.ctl("world"), b.endpoint.ctl("state_digest")
    with live(b) as s:
        dash.ready(s)
        command(s, "keys saas-ekm-old")
        s.wait("1-1 of 1 shown")
        s.wait_still()
        s.keys("x")
        s.wait("[choose]")
        while ">   Rescue" not in s.wait_still(quiet=0.06):
            s.keys("j")
        s.keys("Enter")
        text = s.wait("[inputs]")
        tally.check(name + " the row's ARN is filled in", case.inputs(b)["key"] in text, text)
        s.keys("Enter")
        s.wait("nothing has been sent to AWS yet")
        plan = previewed(tally, name, s, b)
        confirmed(tally, name, s, plan)
        tally.check(name + " until now nothing was changed", digest == b.endpoint.ctl("state_digest"))
        s.keys("Enter")
        s.wait("it waits for your answer")
        text = s.text()
        tally.check(name + " it says CHANGES, and asks", "CHANGES" in text and "you      3" in text and
                    plan["steps"][2]["question"] in text, text)
        s.keys("Escape")
        s.wait("The plan runs")
        s.keys("j", "Enter")
        s.wait("> keys ")
        s.keys("q")
        s.wait("2 of 3 steps done")
        s.keys("Escape", "x")
        text = stopped(s)
        tally.check(name + " what is done and what is not is told, with the undo", "1  done" in text and "3  not done" in text
                    and "undo: aws kms disable-key" in text, text)
        s.keys("r")
        stopped(s)
        s.keys("Escape")
        s.wait_gone("STOPPED")
        s.keys("x")
        s.wait(":wizard resume takes it up again")
        s.keys("Escape")
        s.wait_gone("[choose]")
        s.keys("q")
        s.wait_ended()
    with live(b) as s:
        dash.ready(s)
        command(s, "wizard resume")
        s.wait("a run of it did not end: enter takes it up again")
        text, is_cut = pages(s, " to AWS")
        tally.check(name + " what is taken up again is shown whole", not is_cut, s.text())
        s.keys("Enter")
        s.wait("To run it, type")
        s.paste(plan["phrase"])
        s.keys("Enter")
        s.wait("it waits for your answer")
        s.type("done")
        s.keys("Enter")
        s.wait("DONE")
        agrees(tally, name, case, b, plan)
        command(s, "wizard resume")
        s.wait("no run is unfinished")


def move_vault(tally, b):
    """From the command line, with what people paste."""
    name, case = "move-vault:", case_of("move-vault")
    b.fresh()
    b.looked, b.was, digest = b.look(case.places), b.endpoint.ctl("world"), b.endpoint.ctl("state_digest")
    given = case.inputs(b)
    with live(b) as s:
        dash.ready(s)
        command(s, "wizard move-vault")
        s.wait("> Vault")
        s.keys("Enter")
        s.wait("! this is missing")
        s.keys("BTab")
        arn = given["vault"]
        s.paste(" %s\r\n  %s " % (arn[:20], arn[20:]))
        s.wait(arn)
        tally.check(name + " blanks and line breaks of a paste are mended", arn in s.wait_still())
        s.keys("Enter")
        s.wait("> New key")
        for word, foreign in FOREIGN.items():
            s.keys("C-u")
            s.paste(foreign)
            text = s.wait_still()
            wrong = [x for x in text.split("\n") if "! this " in x]
            tally.check("%s a key of another kind is refused by name: %s" % (name, word), any(word in x for x in wrong), text)
        s.keys("C-u")
        s.paste(given["key"])
        for field, value in (("New vault", given["new"]), ("Role", given["role"])):
            s.keys("Tab")
            s.wait("> " + field)
            s.paste(value)
        s.keys("Enter", "Enter")
        s.wait("nothing has been sent to AWS yet")
        plan = previewed(tally, name, s, b)
        confirmed(tally, name, s, plan)
        tally.check(name + " until now nothing was changed", digest == b.endpoint.ctl("state_digest"))
        s.keys("Enter")
        s.wait("DONE")
        agrees(tally, name, case, b, plan)


NEW_KEY = (("Druva's account", "druva_account"), ("Account", "account"), ("Region", "region"), ("Existing key", "key"),
           ("Alias", "alias"), ("Description", "description"), ("Administrators", "admins"), ("Break glass", "break_glass"),
           ("Rotation", "rotation"))
#: The fields of each wizard's page, in order, and the inputs that they are.
FIELDS = {
    "ekm-entra-id": NEW_KEY,
    "ekm-salesforce": NEW_KEY,
    "ekm-switch": (("Old key", "old_key"), ("Product", "product"), *NEW_KEY, ("Disable the old key", "disable_old")),
    "autobackup": (("Setup", "setup"), ("VAULT role", "role"), ("PROTECTED", "protected"), ("Source role", "source_role"),
                   ("Alias", "alias"), ("Regions", "regions"), ("Administrators", "admins"), ("Source keys", "sources")),
    "move-vault": (("Vault", "vault"), ("New key", "key"), ("New vault", "new"), ("Role", "role"), ("Copies", "copy")),
    "share-rds": (("Database", "database"), ("Source vault", "source_vault"), ("Role", "role"), ("To account", "account"),
                  ("To Region", "region"), ("To vault", "vault"), ("Its key", "alias"), ("By way of", "via"),
                  ("Its key", "via_alias"), ("Backup plan", "plan")),
    "rescue": (("Key", "key"),),
    "druva-credentials": (("Parameter", "parameter"), ("Begins with", "prefix"), ("Other Regions", "regions"),
                          ("Its key", "key")),
    "rotation": (("Key", "key"), ("Every", "days")),
    "key-statement": (("Key", "key"), ("Right", "right"), ("Who", "who")),
    "prevent-deletion": (("Key", "key"), ("Break glass", "break_glass")),
    "vault-access": (("Vault", "vault"), ("Accounts", "accounts")),
}
WALKED = ("ekm-entra-id",)      # without LONG: the wizard that makes a key, hands it over, and proves it
SIZES = ((80, 24), (120, 36), (200, 60)) if LONG else ((80, 24),)


def filled(b, text):
    """With what the run made put in, as the journal has it."""
    for made in (e for e in b.journal() if e["event"] == "made"):
        text = text.replace("${keyfall:%s}" % made["name"], made["value"])
    return text


def answered(tally, name, s, b, plan, n, step, answer):
    """A person's step: all that is to be done can be read; a wrong answer is told with the right one and asked again."""
    asks = re.compile(r"you +%d " % n)
    s.wait(lambda text: asks.search(text) and "it waits for your answer" in text)
    told, is_cut = pages(s, "it waits for your answer")
    missing = [x for x in map(functools.partial(filled, b), step["lines"]) if squeezed(x) not in told]
    tally.check("%s step %d is told whole" % (name, n), not missing and not is_cut, (missing, told))
    if step["answer"]:
        s.paste("nonsense")
        s.keys("Enter")
        right = '"%s"' % filled(b, step["answer"]) + (' or "%s"' % step["or"] if "or" in step else "")
        wrong = '"nonsense" ' + step.get("wrong", "is not the answer, %s is:" % right)
        s.wait(lambda text: squeezed(wrong) in squeezed(text))
    given = answer(b, plan) if callable(answer) else answer
    if given.startswith("arn:"):
        tally.check(name + " the key's ARN is shown whole", given in squeezed(s.text()), s.text())
        s.keys("C-y")
        s.wait("clipboard")
    s.paste(given)
    s.keys("Enter")


def walk(tally, b, name, case, size):
    """From the command line to the end, with every page on the way."""
    b.fresh()
    case.prepare(b)
    b.looked, b.was, given = b.look(case.places), b.endpoint.ctl("world"), case.inputs(b)
    digest = b.endpoint.ctl("state_digest")
    with live(b, size=size) as s:
        dash.ready(s)
        command(s, "wizard " + case.wizard)
        for label, word in FIELDS[case.wizard]:
            s.wait("> " + label)
            if word in given:
                s.keys("C-u")
                s.paste(given[word])
            s.keys("Enter")
        s.wait("nothing has been sent to AWS yet")
        plan = previewed(tally, name, s, b)
        tally.check(name + " is the plan of what was typed", all(
            plan["inputs"][k] in (v, v.split(",")) for k, v in given.items()), plan["inputs"])
        tally.check(name + " there is no way back, it says", "No way back" in "".join(plan["warnings"])
                    or not case.wizard.startswith("ekm-") or case.wizard == "ekm-switch", plan["warnings"])
        confirmed(tally, name, s, plan)
        tally.check(name + " until now nothing was changed", digest == b.endpoint.ctl("state_digest"))
        s.keys("Enter")
        yours = [(i + 1, step) for i, step in enumerate(plan["steps"]) if step["kind"] == "human"]
        for (n, step), answer in zip(yours, case.answers):
            answered(tally, name, s, b, plan, n, step, answer)
        s.wait("DONE")
        agrees(tally, name, case, b, plan)


def small(tally, b):
    """At 80x24: names are whole, what is longer than the page says so, and no line is left over from another page."""
    with dashboard(b, "--demo") as s:
        dash.ready(s)
        s.wait_still()
        command(s, "wizard")
        text = s.wait("[choose]")
        tally.check("nothing of the page before stands on the wizards'", "arn:" not in text, text)
        at = lines_of(text)
        tally.check("the list says that more wizards follow", "druva-credentials" in text and at and at[0] == 1 and
                    at[1] < at[2] == len(FIELDS), text)
        s.keys("End")
        text = s.wait(lambda text: lines_of(text) and lines_of(text)[1] == at[2])
        tally.check("and shows the last", "vault-access" in text, text)
        command(s, "wizard ekm-switch")
        s.wait("> Old key")
        at = lines_of(s.text())
        tally.check("the inputs say that more fields follow", at and at[0] == 1 and at[1] < at[2], s.text())
        for label, _ in FIELDS["ekm-switch"][1:]:
            s.keys("Tab")
            s.wait("> " + label)
        at = lines_of(s.text())
        tally.check("at the last field they say that it is the end", at and at[1] == at[2], s.text())


def off(tally, b):
    """A viewer has no wizard; the demo plans, and runs nothing."""
    with dashboard(b, "--demo", "--viewer") as s:
        dash.ready(s)
        s.keys("4")
        s.wait(" shown, ")
        s.keys("x")
        s.wait("wizard is off: a viewer changes nothing")
        command(s, "theme dark")
        command(s, "wizard rescue")
        s.wait("wizard is off: a viewer changes nothing")
    with dashboard(b, "--demo", size=(200, 60)) as s:
        dash.ready(s)
        command(s, "wizard rescue")
        s.wait("> Key")
        done = b.run("export", "--demo", "--view", "keys", "--format", "json")
        s.paste(next(r["id"] for r in json.loads(done.out)["rows"] if r["state"] == "PendingDeletion"))
        s.keys("Enter")
        s.wait("nothing has been sent to AWS yet")
        s.keys("Enter")
        tally.check("the demo plans, and runs nothing", "the demo plans, and runs nothing" in s.wait_still())
        command(s, "wizard nonsense")
        s.wait('there is no wizard "nonsense"')


OFFERED = {
    "keys": ("legacy-backup", "rescue ekm-entra-id ekm-salesforce ekm-switch autobackup move-vault rotation key-statement prevent-deletion"),
    "aliases": ("alias/", "ekm-entra-id ekm-salesforce ekm-switch autobackup rotation key-statement prevent-deletion"),
    "ekm": ("entra-id", "ekm-entra-id ekm-salesforce ekm-switch autobackup rotation key-statement prevent-deletion"),
    "credentials": ("Druva-Client", "druva-credentials"),
    "vaults": ("prod-vault", "move-vault vault-access"),
}


def offered(tally, _bench):
    """x on a row offers what fits what the row stands for: an alias and an EKM row their key, what has a clock first."""
    known = {case.wizard for case in cases.CASES}
    for page, (row, names) in OFFERED.items():
        with Screen(dash.demo(), 100, 30) as s:
            dash.ready(s)
            dash.open_page(s, page)
            s.wait(lambda text: any(line.startswith(">") and row in line for line in text.split("\n")))
            s.keys("x")
            text = s.wait(lambda text: "choose" in text and "preview" in text)
            told = [line.split()[-1] for line in text.split("\n") if line.split() and line.split()[-1] in known]
            if not told:    # one alone is opened at once
                told = [line.split()[0] for line in text.split("\n") if line.split() and line.split()[0] in known]
            tally.check("x on a row of %s" % page, told == names.split(), text)


def main():
    tally, words = Tally(), sys.argv[1:]
    with Bench() as b:
        for test in () if words else (rescue, move_vault, small, off, offered):
            test(tally, b)
        for n, case in enumerate(cases.CASES):
            if case.wizard in words or not words and (LONG or case.wizard in WALKED):
                for size in SIZES:
                    walk(tally, b, "%d %s, %d columns:" % (n, case.wizard, size[0]), case, size)
    return tally.close()


if __name__ == "__main__":
    sys.exit(main())
