#!/usr/bin/env python3
"""The store under a real dashboard that reads the strict endpoint: killed at any moment it holds what was committed;
a full disk is told and loses nothing; several at once; who reads something else, or only looks, leaves it alone.
LONG=1 kills 200 times. SEED=n repeats a run."""

import collections
import concurrent.futures
import contextlib
import csv
import glob
import hashlib
import io
import os
import random
import shutil
import signal
import sqlite3
import stat
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE + "/../screen", HERE + "/../live", HERE + "/.."]

from program import Tally, environment, run as ask, small_disk  # noqa: E402
from ptycount import Pty  # noqa: E402
from screen import HANG_S, Screen  # noqa: E402
from test_live_screen import world  # noqa: E402

KILLS = 200 if os.environ.get("LONG") else 6
LONGEST_S = 3 # until one is killed
READY = " current"


def files(state):
    return sorted(glob.glob(state + "/keyfall/posture-*.db"))


def kept(path):
    """What is committed: the digest of each list, by its place. Reads beside whoever writes."""
    with contextlib.closing(sqlite3.connect("file:%s?mode=ro" % path, uri=True, timeout=HANG_S)) as db:
        return {row[0:4]: hashlib.sha256(row[4]).hexdigest()
                for row in db.execute("SELECT account, region, list, parent, content FROM slot")}


def sound(path):
    with contextlib.closing(sqlite3.connect(path, timeout=HANG_S)) as db:
        return db.execute("PRAGMA integrity_check").fetchone()[0]


def troubles(log):
    """What the store said, apart from the bytes of the first screen."""
    with open(log, encoding="utf-8", errors="replace") as src:
        return [line for line in src if " store: " in line and "bytes were read" not in line]


def run(args, env, until=READY):
    """A run until that is shown, by default the end of the first read; and its quitting."""
    with Screen(args, 120, 36, env=env) as s:
        s.wait(until)
        s.keys("q")
        return s.wait_ended()


# ---- killed --------------------------------------------------------------------------------------------


def killed(tally, args, env, state, seed):
    rnd = random.Random(seed)
    log = state + "/log"
    args = args + ["--log", log]
    before = {}
    for n in range(KILLS):
        label = "killed, seed %d, %d" % (seed, n + 1)
        with Pty(args, 120, 36, env=env) as p:
            until = time.monotonic() + rnd.uniform(0.02, LONGEST_S)
            while time.monotonic() < until:
                p.read(0.01)
            committed = kept(files(state)[0]) if files(state) else {}
            os.kill(p.pid, signal.SIGKILL)
            os.waitpid(p.pid, 0)
            p.status = -9
        now = kept(files(state)[0]) if files(state) else {}
        lost = [place for place in {**before, **committed} if place not in now]
        tally.check(label + ": nothing of what was committed is lost", not lost, lost[:3])
        if files(state):
            tally.check(label + ": the file is sound", sound(files(state)[0]) == "ok")
        before = now
    tally.check("killed: it had committed something", bool(before))
    tally.check("killed: the next start reads it all", run(args, env) == 0)
    tally.check("killed: no list was damaged", not troubles(log), troubles(log))


# ---- a full disk ---------------------------------------------------------------------------------------


def full_disk(tally, args, env, folder):
    with small_disk(folder + "/disk", 300) as disk:
        if not disk:
            print("SKIP full disk: no file system may be mounted here")
            return 1
        with Screen(args, 160, 36, env={**env, "XDG_STATE_HOME": disk}) as s:
            s.wait("the disk is full")
            tally.check("full disk: told in a sentence", "the store " in s.text(), s.text())
            s.wait(READY)
            s.keys("q")
            tally.check("full disk: all else goes on", s.wait_ended() == 0)
        tally.check("full disk: what was committed is sound", sound(files(disk)[0]) == "ok")
    return 0


def limited(tally, args, env, state):
    """Files may grow no more: what was kept before stands, and the dashboard reads on."""
    path = files(state)[0]
    before = kept(path)
    limit = ["prlimit", "--fsize=16384", *args]
    tally.check("files that may not grow: all else goes on", run(limit, {**env, "XDG_STATE_HOME": state}) == 0)
    tally.check("files that may not grow: what was kept stands", set(before) <= set(kept(path)))
    tally.check("files that may not grow: the file is sound", sound(path) == "ok")


# ---- several, and others -------------------------------------------------------------------------------


def together(tally, args, env, folder):
    state = folder + "/together"
    env = {**env, "XDG_STATE_HOME": state}
    logs = ["%s/log%d" % (folder, n) for n in range(3)]
    with contextlib.ExitStack() as stack:
        screens = [stack.enter_context(Screen(args + ["--log", log], 80, 24, env=env)) for log in logs]
        for s in screens:
            s.wait(READY)
        for s in screens:
            s.keys("q")
        tally.check("three at once: all end well", all([s.wait_ended() == 0 for s in screens]))
    tally.check("three at once: one store, sound", [sound(f) for f in files(state)] == ["ok"], files(state))
    tally.check("three at once: none is in the way of another", not any(troubles(log) for log in logs))
    modes = {stat.S_IMODE(os.stat(f).st_mode) for f in glob.glob(state + "/keyfall/*")}
    tally.check("its files are the user's alone", modes == {0o600}, modes)
    tally.check("its folder too", stat.S_IMODE(os.stat(state + "/keyfall").st_mode) == 0o700)
    return state


def left_alone(tally, args, env, state):
    """What reads nothing live, or only looks, or was told not to: nothing changes."""
    env = {**env, "XDG_STATE_HOME": state}
    before = {f: (os.stat(f).st_mtime_ns, kept(f)) for f in files(state)}
    for label, more, shown in (("--demo", ["--demo"], READY), ("--no-store", args[1:] + ["--no-store"], "reading"),
                               ("--viewer", args[1:] + ["--viewer"], "as of ")):
        tally.check(label + " ends well", run(args[:1] + more, env, shown) == 0)
        after = {f: (os.stat(f).st_mtime_ns, kept(f)) for f in files(state)}
        tally.check(label + " leaves the store as it was", after == before, sorted(os.listdir(state + "/keyfall")))
    other = [a for i, a in enumerate(args) if a != "--profile" and args[i - 1] != "--profile"]
    first = args[args.index("--profile") + 1]
    run(other + ["--profile", first], env)
    tally.check("other accounts have a store of their own", len(files(state)) == len(before) + 1)
    mine = [f for f in files(state) if f not in before][0]
    accounts = {place[0] for place in kept(mine) if place[0]}
    tally.check("and nothing of the others is in it", accounts == {first.removeprefix("acct-")}, accounts)


def rows_of(path):
    with open(path, newline="", encoding="utf-8") as src:
        return list(csv.DictReader(src, strict=True))


def since_of(rows):
    """When what each row tells of was first seen."""
    return {(r["id"], r.get("finding")): r["first_seen"] for r in rows}


def times(rows):
    """The same without names."""
    return collections.Counter((r.get("finding"), r["severity"], r["first_seen"]) for r in rows)


def first_seen(tally, args, env, folder):
    """A verb notes findings, and tells since when the next time. A snapshot takes that along, to where nothing is
    remembered, with other names too; one of who remembers nothing says so, wherever it is opened."""
    here = environment(**env, XDG_STATE_HOME=folder + "/verbs")
    days = ["2026-08-%02dT00:00:00Z" % day for day in (20, 21, 22)]

    def read(*words, day):
        return ask(*words, *args[1:], "--now", day, env=here, by=args[0])

    def sheets(name, *words, env={}):
        """Two views, of all that were written at once."""
        ask("export", "--view", "all", "-o", folder + "/of-" + name, *words, env=env, by=args[0])
        return [rows_of("%s/of-%s/%s.csv" % (folder, name, view)) for view in ("findings", "posture")]

    read("export", "--view", "findings", "--budget", "60", day=days[0])  # a part of them
    first = since_of(read("export", "--view", "findings", day=days[1]).rows())
    tally.check("first_seen is told of every finding", set(first.values()) == set(days[:2]), set(first.values()))
    live = sheets("live", *args[1:], "--now", days[2], env=here)
    then = since_of(live[0])
    tally.check("and stays what it was", then and all(first.get(of, at) == at for of, at in then.items()))
    tally.check("of every row of the posture too", live[1] and all(r["first_seen"][:2] == "20" for r in live[1]))
    read("snapshot", "-o", folder + "/file", day=days[2])
    kept = sheets("kept", "--posture", folder + "/file")
    tally.check("a snapshot takes along what is known", list(map(since_of, live)) == list(map(since_of, kept)),
                list(map(times, kept)))
    ask("snapshot", "--redact", "--posture", folder + "/file", "-o", folder + "/bare", env={}, by=args[0])
    bare = sheets("bare", "--posture", folder + "/bare")
    tally.check("with other names too", list(map(times, bare)) == list(map(times, kept)), list(map(times, bare)))
    ask("snapshot", "--demo", "-o", folder + "/unkept", env={}, by=args[0])
    unkept = sheets("unkept", "--posture", folder + "/unkept")
    tally.check("what was not known is not known there", all(unkept) and
                {r["first_seen"] for rows in unkept for r in rows} == {"?"}, list(map(times, unkept)))


def remembered(tally, args, env, state):
    """What the dashboard saw is compared with what is read now; of before nothing is known."""
    def diff(when):
        return subprocess.run([args[0], "diff", when, "--format", "csv", *args[1:]], timeout=HANG_S,
                              env=environment(**env, XDG_STATE_HOME=state), stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)

    done = diff(time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()))
    rows = list(csv.DictReader(io.StringIO(done.stdout.decode(), newline="")))
    tally.check("diff with the newest that is remembered: nothing changed", done.returncode in (0, 4) and not rows,
                (done.returncode, done.stderr, rows[:5]))
    done = diff("2001-01-01T00:00:00Z")
    tally.check("diff with a time before all that: told", done.returncode == 3
                and b"knows nothing of that time" in done.stderr, (done.returncode, done.stderr))


def at_once(*parts):
    """They wait for the rates of AWS more than they work; what each gives."""
    with concurrent.futures.ThreadPoolExecutor(len(parts)) as pool:
        return [f.result() for f in [pool.submit(*part) for part in parts]]


def one_store(tally, args, env, folder):
    """What is kept by the first is looked at by all others."""
    state = together(tally, args, env, folder)
    remembered(tally, args, env, state)
    left_alone(tally, args, env, state)
    limited(tally, args, env, state)


def main():
    tally = Tally()
    seed = int(os.environ.get("SEED", random.randrange(1, 10**6)))
    print("seed %d" % seed)
    folder = tempfile.mkdtemp(prefix="keyfall-store-")
    state = folder + "/killed"
    os.makedirs(state)
    try:
        with world("--seed", str(seed), "--accounts", "2", "--regions", "1", is_sanitized=False) as (_, args, env, _at):
            *_, skipped = at_once((one_store, tally, args, env, folder), (first_seen, tally, args, env, folder),
                                  (killed, tally, args, {**env, "XDG_STATE_HOME": state}, state, seed),
                                  (full_disk, tally, args, env, folder))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print("%d passed, %d failed, %d skipped" % (tally.passed, tally.failed, skipped))
    return 1 if tally.failed or not tally.passed else 0


if __name__ == "__main__":
    sys.exit(main())
