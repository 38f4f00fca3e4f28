#!/usr/bin/env python3
"""From exec to the first picture, out of a store that a dashboard left: milliseconds, bytes read of the store, and
that nothing was asked before. Usage: first_paint.py BENCH_STORE, with XDG_STATE_HOME set. Standard library only."""

import os
import re
import select
import socket
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)) + "/../screen")

from ptycount import Pty  # noqa: E402

ROUNDS = 5
LIMIT_MS, LIMIT_BYTES = 50, 256 << 10
# What stands in the last box of the overview, and tells that it comes of the store.
PICTURE = (b"WHAT TO DO FIRST", b"as of ")


def environment():
    env = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")}
    return {**env, "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": "none",
            "AWS_EC2_METADATA_DISABLED": "true"}


def paint(args, env, listener):
    """Milliseconds until the picture stands; whether somebody connected before."""
    start = time.monotonic()
    with Pty(args, 120, 36, env=env) as p:
        seen = b""
        while not all(text in seen for text in PICTURE):
            if not select.select([p.fd], [], [], 10)[0]:
                raise SystemExit("no picture came:\n%s" % seen.decode("utf-8", "replace"))
            seen += os.read(p.fd, 65536)
        took_ms = (time.monotonic() - start) * 1000
        is_asked = bool(select.select([listener], [], [], 0)[0])
        os.write(p.fd, b"q")
        p.wait(10)
    return took_ms, is_asked


def row(what, value, unit, limit):
    is_over = value > limit
    print("%-44s %12.3f %-6s limit %8.1f %s" % (what, value, unit, limit, "OVER" if is_over else "ok"))
    return is_over


def main():
    program = os.environ.get("KEYFALL", os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../keyfall"))
    log = os.environ["XDG_STATE_HOME"] + "/log"
    env, took, is_over = environment(), [], False
    # who connects is never answered: nothing but the store can be on the screen
    with socket.create_server(("127.0.0.1", 0)) as listener:
        args = ["--endpoint-url", "http://127.0.0.1:%d" % listener.getsockname()[1], "--region", "eu-west-1",
                "--config", "/dev/null"]
        subprocess.run([sys.argv[1], *args], env=env, check=True)
        for _ in range(ROUNDS):
            took_ms, is_asked = paint([program, *args, "--log", log], env, listener)
            took.append(took_ms)
            is_over |= is_asked
            while select.select([listener], [], [], 0)[0]: # of after the picture
                listener.accept()[0].close()
    print("%-44s %12s" % ("asked before the picture", "yes OVER" if is_over else "nothing"))
    with open(log, encoding="utf-8", errors="replace") as src:
        n_bytes = [int(n) for n in re.findall(r"(\d+) bytes were read for the first screen", src.read())]
    is_over |= row("exec to the first picture, median", sorted(took)[ROUNDS // 2], "ms", LIMIT_MS)
    is_over |= row("exec to the first picture, slowest", max(took), "ms", 2 * LIMIT_MS)
    is_over |= row("bytes of the store read for it", max(n_bytes) / 1024, "KiB", LIMIT_BYTES / 1024 + 16)
    return 1 if is_over else 0


if __name__ == "__main__":
    sys.exit(main())
