#!/usr/bin/env python3
"""What keys bring at 1,000,000 records, through a pty, while a refresh publishes: bytes, and how soon: the 99th of a
hundred keys. What program and watcher stood in line for a processor is left out. Usage: keys.py BENCH_SCREEN [points].
Standard library only."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)) + "/../screen")

from ptycount import Pty  # noqa: E402

LIMIT_MS, WHOLE_MS = 16, 1000
SIZES = (((80, 24), 200), ((200, 60), 400))
IDLE_S = 3
FIRST_S, WHOLE_S = 0.03, 1.2   # so long nothing comes behind what a key brings; behind all of it

# What, on which page, keys, in which order they are pressed.
WORK = [
    ("a move", "recovery-points", [b"j", b"j", b"k"] * 34),
    ("a page", "recovery-points", [b"\x06", b"\x06", b"\x02"] * 34),
    ("to the end and back", "recovery-points", [b"G", b"g"] * 50),
    ("another order", "recovery-points", [b"s", b"S"] * 50),
    ("another order of resources", "resources", [b"s", b"S"] * 50),
    ("a letter of a filter", "recovery-points", [b"/", *[b"completed"[i:i + 1] for i in range(9)], *[b"\x7f"] * 9, b"\r"] * 5),
    ("impact, open and back", "keys", [b"i", b"\x7f"] * 50),
]


def row(what, value, limit, unit="ms"):
    is_over = value > limit
    print("%-44s %12.3f %-6s limit %8.1f %s" % (what, value, unit, limit, "OVER" if is_over else "ok"), flush=True)
    return is_over


def go(p, page):
    p.press(b"\x1b", quiet=0.3)
    p.press(b":" + page.encode() + b"\r", quiet=WHOLE_S)
    p.press(b"g", quiet=0.1)


def count_bytes(size, limit):
    """Of a cursor move; and of six generations that change nothing that is seen."""
    with Pty(sys.argv[1:], *size) as p:
        p.until(b"accounts current")
        go(p, "recovery-points")
        p.settle(WHOLE_S)
        p.press(b"j")
        idle = len(p.read(IDLE_S)[0])
        moves = [len(p.press(key, quiet=0.02)[0]) for key in (b"j", b"k") * 10]
        os.write(p.fd, b"q")
        p.wait(30)
    is_over = row("%dx%d: idle while it is published" % size, idle, 0, "bytes")
    return row("%dx%d: a cursor move, most" % size, max(moves), limit, "bytes") or is_over


def main():
    is_over, whole = False, []
    for size, limit in SIZES:
        is_over |= count_bytes(size, limit)
    with Pty(sys.argv[1:], 120, 36) as p:
        p.until(b"accounts current")
        p.settle(WHOLE_S)
        for what, page, keys in WORK:
            go(p, page)
            times = [took for took in (p.time(key, quiet=FIRST_S, patience=0.3) for key in keys) if took]
            own = sorted(t.own_ms for t in times)
            slowest = max(times, key=lambda t: t.own_ms)
            print("  %s: %d keys, p50 %.1f ms; slowest %.1f ms, by %r" % (what, len(times), own[len(own) // 2],
                                                                     slowest.own_ms, slowest.key))
            is_over |= row("key to screen, p99: %s" % what, own[int(len(own) * 0.99)], LIMIT_MS)
        go(p, "recovery-points")
        for key in b"ssssss":
            p.press(b"g", quiet=0.1)
            took = p.time(bytes([key]), quiet=WHOLE_S)
            whole += [took.own_ms] if took else []
        is_over |= row("all rows in another order, slowest", max(whole), WHOLE_MS)
        os.write(p.fd, b"q")
        p.wait(30)
    return 1 if is_over else 0


if __name__ == "__main__":
    sys.exit(main())
