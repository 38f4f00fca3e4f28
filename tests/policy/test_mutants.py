#!/usr/bin/env python3
"""Do the tests of the policy evaluator find a fault? Each row of mutants.py is put into a copy of its file, that copy
is compiled, and the unit tests (with the vectors) or the random comparison with the slow evaluator must fail. One of
each file, or with LONG=1 all of them. The default build has to be there. Closes with `N passed, N failed`."""

import concurrent.futures
import json
import os
import pathlib
import random
import shlex
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(HERE))
import mutants
import slow
import test_policy

BUILD = pathlib.Path(os.environ.get("BUILD", "build"))
WORK = BUILD / "mutants"
CC = shlex.split(os.environ.get("CC", "gcc"))
SEED, COUNT = 20261122, 3000
UNITS = ("test_policy_access", "test_policy_document")
passed = failed = 0


def check(what, holds, seen=""):
    global passed, failed
    passed, failed = passed + bool(holds), failed + (not holds)
    if not holds:
        print("FAIL %s\n%s" % (what, seen))


def made(name):
    """What the Makefile compiles or links with."""
    return shlex.split(subprocess.run(["make", "-s", "--no-print-directory", "mutant-" + name], cwd=ROOT, text=True,
                                      capture_output=True, check=True, timeout=300).stdout)


def run(command, **more):
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, **more)


def questions():
    """What the random comparison asks, and what the slow evaluator says: told once for all mutants."""
    r = random.Random(SEED)
    asked = [test_policy.request(r, i) for i in range(COUNT)]
    forgotten = [test_policy.forget(r, q) for q in asked[:COUNT // 6]]
    return [(q, slow.evaluate(q)) for q in asked + forgotten]


def agrees(asked, program):
    """Does the program answer as the slow evaluator does, or more cautiously where something is not known?"""
    told = run([str(program), "access", "--batch"], input="".join(json.dumps(q) + "\n" for q, _ in asked))
    answers = told.stdout.splitlines()
    if len(answers) != len(asked):
        return "%d answers to %d questions, status %d" % (len(answers), len(asked), told.returncode)
    for (q, wanted), line in zip(asked, answers):
        is_known = "identityPolicies" in q and None not in q["context"].values()
        verdict = json.loads(line)["verdict"]
        if verdict != wanted and (is_known or not (verdict == "unknown" or (
                test_policy.is_denied(wanted) and test_policy.is_denied(verdict)))):
            return "question %s: the slow one says %s, keyfall %s" % (q["id"], wanted, verdict)
    return ""


class Tests:
    """The unit tests compiled once; each mutant is linked before the library, whose member is then left out."""

    def __init__(self, asked):
        self.asked, self.cflags, self.libs = asked, made("cflags"), made("libs")
        WORK.mkdir(parents=True, exist_ok=True)
        for unit in UNITS:
            self.compile("tests/unit/%s.c" % unit, WORK / (unit + ".o"))

    def compile(self, source, to):
        done = run(CC + self.cflags + ["-w", "-O0", "-fPIE", "-c", "-o", str(to), str(source)])
        if done.returncode:
            raise RuntimeError("does not compile:\n" + done.stderr[:2000])

    def link(self, to, objects, libraries):
        done = run(CC + ["-pie", "-pthread", "-o", str(to)] + [str(o) for o in objects] + libraries + self.libs)
        if done.returncode:
            raise RuntimeError("does not link:\n" + done.stderr[:2000])

    def failure(self, place, objects):
        """The first test that fails with these objects in the place of the library's; "": none does."""
        backend = [str(BUILD / "libbackend.a")]
        for unit in UNITS:
            self.link(place / unit, [WORK / (unit + ".o")] + objects, backend + ["-lcmocka"])
            done = run([str((place / unit).resolve())], env={**os.environ, "CMOCKA_MESSAGE_OUTPUT": "TAP"})
            if done.returncode:
                bad = [line for line in done.stdout.splitlines() if line.startswith("not ok")]
                return "%s: %s" % (unit, bad[0] if bad else "status %d" % done.returncode)
        program = place / "keyfall"
        self.link(program, [BUILD / "obj/tui/main.o"] + objects, [str(BUILD / "libtui.a")] + backend)
        return agrees(self.asked, program.resolve())


def seeded(mutant):
    """The file's text with the fault in it."""
    name, file, old, new = mutant
    text = (ROOT / "backend/policy" / file).read_text()
    if text.count(old) != 1:
        raise RuntimeError("%s: its text is %d times in %s" % (name, text.count(old), file))
    return text.replace(old, new)


def is_found(tests, number, mutant):
    place = WORK / ("%03d" % number)
    place.mkdir(exist_ok=True)
    try:
        (place / mutant[1]).write_text(seeded(mutant))
        tests.compile(place / mutant[1], place / "mutant.o")
        found = tests.failure(place, [place / "mutant.o"])
    except (RuntimeError, subprocess.TimeoutExpired) as e:
        return False, str(e)
    for left in place.iterdir():
        left.unlink()
    place.rmdir()
    return bool(found), found or "no test fails"


def main():
    chosen = [m for m in mutants.MUTANTS if os.environ.get("LONG") or m[0] in mutants.EVERY_DAY]
    check("names are told apart", len({m[0] for m in mutants.MUTANTS}) == len(mutants.MUTANTS))
    check("those of every day are there", {m[0] for m in mutants.MUTANTS} >= set(mutants.EVERY_DAY))
    check("40 or more", len(mutants.MUTANTS) >= 40, len(mutants.MUTANTS))
    tests = Tests(questions())
    sound = tests.failure(WORK, [])
    check("without a fault nothing fails", not sound, sound)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 2) as pool:
        for mutant, (found, seen) in zip(chosen, pool.map(lambda a: is_found(tests, *a), enumerate(chosen))):
            check("%s (%s)" % (mutant[0], mutant[1]), found, seen)
            if found:
                print("found: %-58s %s" % (mutant[0], seen))
    print("%d passed, %d failed" % (passed, failed))
    return failed > 0


sys.exit(main())
