#!/usr/bin/env python3
"""What the dashboard sends, and how soon: bytes of a cursor move, silence while idle, one paint for a new page,
and the time from a key to the last byte of its answer."""

import concurrent.futures
import multiprocessing
import os
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import dash  # noqa: E402
from program import Tally  # noqa: E402
from ptycount import Pty  # noqa: E402
from test_live_screen import busy  # noqa: E402

PAGES = {"overview": b"1", "accounts": b"2", "regions": b"3", "keys": b"4", "parameters": b"5", "vaults": b"6",
         "recovery-points": b":recovery-points\r", "resources": b":resources\r", "findings": b":findings\r",
         "blind-spots": b":blind-spots\r", "impact": b"4|i", "detail": b"4|\r", "errors": b"!"}
SIZES = ((80, 24, 200), (200, 60, 400))
IDLE_S = 10


def ready(p):
    out = p.settle(0.8)
    assert b"FINDINGS" in out, out[-1000:]


def go(p, page):
    """From wherever: the list is let come before the next key."""
    p.press(b"1", quiet=0.08)
    out = b""
    for keys in PAGES[page].split(b"|"):
        out = p.press(keys, quiet=0.06)[0]
    return out


def moves(tally, size, limit):
    """A cursor move on every page, down and up; G and g turn the page and are not counted."""
    with Pty(dash.demo(), *size) as p:
        ready(p)
        for page in PAGES:
            go(p, page)
            p.press(b"j", quiet=0.04)
            sent = [len(p.press(key, quiet=0.02)[0]) for key in (b"j", b"k") * 4]
            tally.check("%s %dx%d: a move costs less than %d bytes" % (page, *size, limit), max(sent) < limit, sent)
            tally.check("%s %dx%d: a move is seen" % (page, *size), min(sent) > 0 or page == "detail", sent)


def paints(tally, size):
    """Opening a page costs little more than painting it anew: what stood there is erased, which blank cells need not."""
    with Pty(dash.demo(), *size) as p:
        ready(p)
        for page in PAGES:
            for _ in range(2):  # what comes late on a busy machine is counted for the next page
                opened = len(go(p, page))
                whole = len(p.press(b"\x0c", quiet=0.08)[0])
                if opened <= whole * 1.1:
                    break
            tally.check("%s %dx%d: opened with at most one paint" % (page, *size), opened <= whole * 1.1,
                        "%d bytes, a whole paint has %d" % (opened, whole))


def idle(tally):
    with Pty(dash.demo()) as p:
        ready(p)
        for keys in (b"", b"4"):
            if keys:
                p.press(keys)
            out, _ = p.read(IDLE_S / 2)
            tally.check("idle for %g s after %r: nothing" % (IDLE_S / 2, keys), out == b"", out[:400])


def count(n):
    rows = dash.Rows()
    size = SIZES[n // 2 % len(SIZES)]
    if n == 2 * len(SIZES):
        idle(rows)
    elif n % 2:
        paints(rows, size[:2])
    else:
        moves(rows, size[:2], size[2])
    return rows.rows


def soon(tally, size):
    """The time from a key to the last byte it causes."""
    work = {
        "j and k": ("keys", [b"j", b"k"] * 50),
        "page down and up": ("resources", [b"\x06", b"\x06", b"\x02"] * 34),
        "first and last": ("recovery-points", [b"G", b"g"] * 50),
        "sort": ("resources", [b"s"] * 75 + [b"S"] * 25),
        "filter": ("resources", [b"/", *[bytes([c]) for c in b"vol-0f type:ebs"], *[b"\x7f"] * 15, b"\x1b[D",
                                 *[bytes([c]) for c in b"orders"], b"\r"] * 3),
        "tabs": ("overview", [b"2", b"3", b"4", b"5", b"6", b"1"] * 17),
        "impact, open and back": ("keys", [b"i", b"\x7f"] * 50),
    }
    with Pty(dash.demo(), *size) as p:
        ready(p)
        for what, (page, keys) in work.items():
            def take():
                go(p, page)  # pylint: disable=cell-var-from-loop
                return [took for took in map(p.time, keys) if took]  # pylint: disable=cell-var-from-loop
            dash.soon_enough(tally, "%s %dx%d" % (what, *size), take)


def main():
    tally = Tally()
    start = time.monotonic()
    # bytes do not mind what runs beside; times do
    with concurrent.futures.ProcessPoolExecutor(3, multiprocessing.get_context("fork")) as pool:
        for name, is_good, detail in [row for rows in pool.map(count, range(2 * len(SIZES) + 1)) for row in rows]:
            tally.check(name, is_good, detail)
    soon(tally, (200, 60))
    busy(tally)
    print("%.0f s" % (time.monotonic() - start))
    return tally.close()


if __name__ == "__main__":
    sys.exit(main())
