#!/usr/bin/env python3
"""A robot at a viewer: every row of tui/keys/keys.def on every page, commands and pastes at random, begun anew when it
quits, on an estate of the strict endpoint. Afterwards the estate is what it was, byte by byte, all that was asked
reads by botocore's names, and as strace saw it from outside no program and no process was started and no file was
touched outside the export folder. Every second page once; ROBOT_PASSES=20 (or `make test-long`) every page twenty
times. SEED=n repeats one."""
import concurrent.futures
import multiprocessing
import os
import random
import re
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE] + [os.path.join(os.path.dirname(HERE), d) for d in ("screen", "live", "contract")]

from botocore.exceptions import DataNotFoundError  # noqa: E402

import watched  # noqa: E402
from program import HANG_S, ROOT, Tally  # noqa: E402
from test_cases import operation_of  # noqa: E402
from ptycount import Pty  # noqa: E402
from test_keys import key_bytes  # noqa: E402
from endpoint.harness import Endpoint  # noqa: E402

WORLD = ["--seed", "7", "--accounts", "1", "--regions", "1", "--keys", "5", "--points", "6"]
READS = re.compile(r"^\w[\w-]*:(Describe|List|Get|BatchGet|Lookup)[A-Z]|^sts:AssumeRole$")
LANES = 3
# What opens a page that is no list: from the keys.
PAGES = {"overview": b"1", "detail": b"4\r", "impact": b"4i", "errors": b"!", "policy": b"4p", "who": b"4W",
         "products": b"7",
         "guards": b"K", "wizards": b"4x", "a wizard": b"4x\r", "logins": b"L", "help": b"4?"}


def rows():
    """Of each row of keys.def: its name and its keys."""
    with open(ROOT + "/tui/keys/keys.def", encoding="utf-8") as src:
        found = re.findall(r'^KEY\((ACTION_\w+), "[^"]*", "([^"]*)"', src.read(), re.M)
    return [(name, keys.split()) for name, keys in found if keys]


def views():
    """The names of all lists that the screen has."""
    found = set()
    for name in os.listdir(ROOT + "/tui/panels"):
        with open(ROOT + "/tui/panels/" + name, encoding="utf-8") as src:
            found |= set(re.findall(r'\.view = "([a-z-]+)"', src.read()))
    return sorted(found)


class Robot:
    """A viewer that is begun anew whenever it ended."""

    def __init__(self, lane, folder, words, env, is_watched):
        self.lane, self.folder, self.words, self.env, self.is_watched = lane, folder, words, env, is_watched
        self.traces, self.pty, self.said, self.begun, self.bad = [], None, b"", 0, []

    def start(self):
        self.stop()
        argv = self.words
        if self.is_watched:
            self.traces.append("%s/trace-%d-%d" % (self.folder, self.lane, len(self.traces)))
            argv = watched.argv(self.traces[-1], argv)
        self.pty = Pty(argv, 100, 30, env=self.env).__enter__()
        end = time.monotonic() + HANG_S
        while b"VIEWER" not in self.said and time.monotonic() < end and not self.has_ended():
            self.said += self.pty.read(0.02)[0]

    def stop(self):
        if self.pty is not None:
            self.pty.__exit__(None, None, None)
        self.pty, self.said = None, b""

    def has_ended(self):
        if self.pty.status is None:
            pid, status = os.waitpid(self.pty.pid, os.WNOHANG)
            self.pty.status = os.waitstatus_to_exitcode(status) if pid else None
        return self.pty.status is not None

    def press(self, data, quiet=0.002):
        if self.pty is None or self.has_ended():
            self.begun += 1
            self.bad += [self.pty.status] if self.pty and self.pty.status != 0 else []
            self.start()
        os.write(self.pty.fd, data)
        self.said = (self.said + self.pty.read(quiet)[0])[-20000:]

    def esc(self):
        self.press(b"\x1b", 0.03)

    def quits(self, data):
        """Presses what ends it; its status."""
        for _ in range(20):
            self.esc()
            self.press(data, 0.05)
            if self.pty.wait(1) is not None:
                break
        return self.pty.status


def nonsense(rnd):
    """What may be typed after / and :, or pasted."""
    words = ["keys", "vaults", "theme light", "x", "!", "sh", "quit", "q", "export", "save a", "view a", "posture /etc/passwd",
             "changes on", "arn:aws:kms:us-east-1:1:key/x", "sev>=H", "state:?", "\xe9\u20ac", "$(id)", "`id`", "'", '"', "../..",
             "wizard", "wizard resume", "resume",
             "a" * 300]
    return " ".join(rnd.choice(words) for _ in range(rnd.randrange(1, 4))).encode()


def press_row(robot, rnd, keys):
    robot.press(key_bytes(rnd.choice(keys)))
    if rnd.random() < 0.3 or set(keys) & {"/", ":", "?"}:
        text = nonsense(rnd)
        robot.press(rnd.choice([text, text + b"\r", b"\x1b[200~" + text + b"\n:q\r\x1b[201~"]))


def on_page(robot, rnd, go, rows_here):
    """All rows there in some order; the one that quits last."""
    order = [r for r in rows_here if r[0] not in ("ACTION_QUIT", "ACTION_SUSPEND")]
    rnd.shuffle(order)
    for _, keys in order:
        robot.esc()
        robot.press(go)
        press_row(robot, rnd, keys)
    robot.esc()
    robot.esc()
    robot.press(go)
    return robot.quits(key_bytes(rnd.choice(dict(rows_here)["ACTION_QUIT"])))


def lane(work):
    number, seed, pages, passes, folder, words, env, is_watched = work
    rnd, robot, told, pressed = random.Random(seed), Robot(number, folder, words, env, is_watched), [], 0
    here = rows()
    for n in range(passes):
        for page, go in pages:
            status = on_page(robot, rnd, go, here)
            pressed += len(here)
            told.append(("%s, pass %d: alive to its end" % (page, n + 1), status == 0,
                         "%s %r" % (status, robot.said[-1500:])))
    robot.stop()
    is_good = robot.begun >= len(pages) * passes and not robot.bad
    told.append(("it was begun anew, and never ended badly", is_good, robot.bad))
    for trace in robot.traces:
        faults, lines = watched.faults(trace, folder + "/out")
        told.append(("%s: started and wrote nothing" % os.path.basename(trace), not faults and lines > 10,
                     (lines, faults[:5])))
        os.unlink(trace)
    return told, pressed


def tree(folder):
    """All files but the export folder's and the robot's own notes."""
    found = {}
    for path, folders, names in os.walk(folder):
        if path == folder:
            folders[:] = [f for f in folders if f != "out"]
        for name in names:
            if not name.startswith("trace-"):
                with open(os.path.join(path, name), "rb") as src:
                    found[os.path.join(path, name)] = src.read()
    return found


def robots(t, endpoint, folder, profile, passes, seed):
    home = folder + "/home"
    os.makedirs(home)
    os.makedirs(folder + "/out")
    env = {"HOME": home, "XDG_CONFIG_HOME": home + "/config", "XDG_STATE_HOME": home + "/state",
           "XDG_CACHE_HOME": home + "/cache", "XDG_DATA_HOME": home + "/data", "ESCDELAY": "10",
           "AWS_CONFIG_FILE": folder + "/config", "AWS_EC2_METADATA_DISABLED": "true",
           "AWS_SHARED_CREDENTIALS_FILE": folder + "/credentials", "TMUX": "/nowhere,1,0"}
    words = [os.environ.get("KEYFALL") or ROOT + "/keyfall", "--viewer", "--export-dir", folder + "/out", "--region", "us-east-1",
             "--profile", profile]
    with open(folder + "/was.csv", "w", encoding="utf-8") as out:
        out.write("id,account,region,opt_in\r\n" + "".join("r%d,1,here,\r\n" % n for n in range(60)))
    pages = [*PAGES.items(), ("diff", b":diff " + folder.encode() + b"/was.csv\r"),
             *((v, b":" + v.encode() + b"\r") for v in views())]
    if passes == 0:
        passes, pages = 1, pages[seed % 2::2]
    before, digest, is_watched = tree(folder), endpoint.ctl("state_digest"), watched.can_watch()
    if not is_watched:
        print("nobody may trace here: only files and the estate are looked at")
    work = [(n, seed + n, pages[n::LANES], passes, folder, words, env, is_watched) for n in range(LANES)]
    pressed = 0
    with concurrent.futures.ProcessPoolExecutor(LANES, multiprocessing.get_context("fork")) as pool:
        for told, n in pool.map(lane, work):
            pressed += n
            for name, is_good, detail in told:
                t.check(name, is_good, detail)
    print("%d rows x %d pages x %d passes: %d keys" % (len(rows()), len(pages), passes, pressed))
    t.check("no file but in the export folder", tree(folder) == before, sorted(set(tree(folder)) ^ set(before)))
    t.check("something was exported", os.listdir(folder + "/out"))
    t.check("the estate is what it was", endpoint.ctl("state_digest") == digest and endpoint.ctl("writes") == [])
    calls = endpoint.ctl("stats")["calls"]
    t.check("all that was asked reads", calls and all(READS.match(c) for c in calls),
            [c for c in calls if not READS.match(c)])


def not_reading(operations):
    """By botocore: those that it does not know, or whose names do not say that they read."""
    wrong = []
    for operation in operations:
        try:
            operation_of(operation.replace(":", "."))
        except (LookupError, DataNotFoundError):
            wrong.append(operation)
    return wrong + [o for o in operations if not READS.match(o)]


def marks():
    """The ids of the rows of ops*.def that say READ."""
    found = []
    for name in sorted(os.listdir(ROOT + "/backend/aws")):
        if name.startswith("ops") and name.endswith(".def"):
            with open(ROOT + "/backend/aws/" + name, encoding="utf-8") as src:
                text = re.sub(r"/\*.*?\*/", "", src.read(), flags=re.S)
            for row in re.split(r"(?m)^OP\(", text)[1:]:
                at = re.search(r'\.id = "([^"]+)"', row)
                if at and "EFFECT_READ" in row:
                    found.append(at.group(1))
    return found


def main():
    t, begun = Tally(), time.monotonic()
    passes = int(os.environ.get("ROBOT_PASSES", 20 if os.environ.get("LONG") else 0))
    seed = int(os.environ.get("SEED", random.randrange(1 << 20)))
    print("seed %d" % seed, flush=True)
    with tempfile.TemporaryDirectory(prefix="keyfall-robot-") as folder, Endpoint(*WORLD) as endpoint:
        endpoint.write_config(folder)
        account = next(a for a, v in endpoint.ctl("world")["accounts"].items()
                       if v["record"].get("State", "ACTIVE") == "ACTIVE")
        robots(t, endpoint, folder, "acct-" + account, passes, seed)
        (policy,) = endpoint.ctl("stats")["session_policies"]
        t.check("a session policy went along", 0 < len(policy) < 2048, len(policy))
    reading = marks()
    wrong = not_reading(reading)
    t.check("what says READ reads, by botocore's names", len(reading) > 100 and not wrong, wrong)
    print("%.0f s" % (time.monotonic() - begun))
    return t.close()


if __name__ == "__main__":
    sys.exit(main())
