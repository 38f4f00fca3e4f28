#!/usr/bin/env python3
"""The dashboard under ThreadSanitizer (make tsan): the screen's thread, the backend's, those that judge and sort, while
every list is opened, sorted and filtered, rows are exported, and calls are on their way. The keys are always the
same. A report ends the program with status 66."""

import os
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import dash  # noqa: E402
from program import Tally  # noqa: E402
from ptycount import Pty  # noqa: E402
from test_live_screen import no_denials, world  # noqa: E402

BUILD = os.path.dirname(os.path.dirname(os.environ.get("KEYFALL_ASAN", dash.ROOT + "/build/asan/keyfall")))
PROGRAM = BUILD + "/tsan/keyfall"
OPTIONS = {"TSAN_OPTIONS": "halt_on_error=1 exitcode=66"}
LISTS = ("accounts", "regions", "keys", "parameters", "vaults", "recovery-points", "resources", "findings", "blind-spots",
         "aliases", "grants", "copy-jobs")
# in a list: sort, turn round, filter letter by letter while it is sorted, open, back, unfold, what falls, export
IN_A_LIST = [b"s", b"s", b"S", b"/", b"p", b"r", b"o", b"\x7f", b"\r", b"j", b"j", b"\r", b"\x1b", b"\x1b", b"\x1b[C",
             b"i", b"j", b"\x1b", b"e", b"G", b"g"]


def press(p, key, said, quiet=0.02):
    os.write(p.fd, key)
    said.append(p.read(0.07 if key == b"\x1b" else quiet)[0])


def walk(p, said, again):
    for view in LISTS:
        press(p, b":" + view.encode() + b"\r", said, 0.05)
        for key in IN_A_LIST:
            press(p, key, said)
        if again:
            press(p, b"R", said)
    for key in (b"1", b"\t", b"l", b"\r", b"\x1b", b"!", b"j", b"\r", b"\x1b", b"z", b"4", b"z", b"T", b"~"):
        press(p, key, said)


def checked(tally, label, argv, env=None, cwd=None, again=False):
    said = []
    with Pty(["env", "-C", cwd, *argv], 160, 50, env={**OPTIONS, **(env or {})}) as p:
        said.append(p.read(0.05)[0])
        walk(p, said, again)  # from before the first row is there
        said.append(p.settle(1.0))
        if again:
            walk(p, said, again)
        status = p.wait(0.01)
        if tally.check(label + ": still runs", status is None, (status, b"".join(said)[-3000:].decode("utf-8", "replace"))):
            os.write(p.fd, b"\x1b")
            said.append(p.read(0.1)[0])
            os.write(p.fd, b"q")
            said.append(p.read(2.0)[0])
            tally.check(label + ": q ends it with 0", p.wait(20) == 0, p.status)
    text = b"".join(said).decode("utf-8", "replace")
    tally.check(label + ": rows were exported", "rows written to" in text)
    at = text.find("ThreadSanitizer")
    tally.check(label + ": no report", at < 0, text[max(0, at - 200):at + 4000])


def main():
    tally = Tally()
    if not os.access(PROGRAM, os.X_OK):
        raise SystemExit("build it first: make tsan")
    with tempfile.TemporaryDirectory() as folder:
        checked(tally, "demo", dash.demo(binary=PROGRAM), cwd=folder)
    with world("--seed", "17", "--accounts", "2", "--regions", "2", "--keys", "12", "--points", "6", "--plain",
               change=no_denials, serve=("--latency-ms", "5")) as (_, args, env, folder):
        checked(tally, "an endpoint, read again and again", [PROGRAM, *args[1:]], env, folder, again=True)
    return tally.close()


if __name__ == "__main__":
    sys.exit(main())
