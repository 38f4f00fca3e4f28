#!/usr/bin/env python3
"""Every key of tui/keys/keys.def on every page, as a viewer and not, on the sanitized build: nothing crashes, only
the keys that quit end it, and esc always leads back. Then a robot presses keys at random; SEED=n repeats it."""

import concurrent.futures
import multiprocessing
import os
import random
import re
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import dash  # noqa: E402
from program import Tally, attempt  # noqa: E402
from ptycount import Pty  # noqa: E402
from screen import HANG_S  # noqa: E402

NAMED = {"up": b"\x1b[A", "down": b"\x1b[B", "right": b"\x1b[C", "left": b"\x1b[D", "pgup": b"\x1b[5~",
         "pgdn": b"\x1b[6~", "home": b"\x1b[H", "end": b"\x1b[F", "tab": b"\t", "S-tab": b"\x1b[Z", "esc": b"\x1b",
         "backspace": b"\x7f", "enter": b"\r", "space": b" ", "f1": b"\x1bOP", "f5": b"\x1b[15~",
         "f10": b"\x1b[21~"}
QUIT = {"q", "^c", "f10"}
# where text is typed: left by esc alone
INPUTS = {"/", ":", "?", "f1"}
OPENS = ["enter", "i", "p", "c", "!", "/", ":", "?", "J", "x", "7"]
IS_LONG = bool(os.environ.get("LONG"))
ROBOT_KEYS = 2000

PAGES = {"overview": b"1", "accounts": b"2", "regions": b"3", "keys": b"4", "parameters": b"5", "vaults": b"6",
         "recovery-points": b":recovery-points\r", "resources": b":resources\r", "findings": b":findings\r",
         "blind-spots": b":blind-spots\r", "aliases": b":aliases\r", "grants": b":grants\r", "detail": b"4|\r",
         "impact": b"4|i", "errors": b"!", "policy": b"4|p", "help": b"4|?"}
VIEWED = ("overview", "keys", "vaults", "findings", "detail", "impact", "errors")


def key_bytes(name):
    if name in NAMED:
        return NAMED[name]
    if len(name) == 2 and name[0] == "^":
        return bytes([ord(name[1]) & 0x1f])
    assert len(name) == 1, name
    return name.encode()


def all_keys():
    """The keys of keys.def, each once."""
    with open(dash.ROOT + "/tui/keys/keys.def", encoding="utf-8") as src:
        rows = re.findall(r'^KEY\(ACTION_\w+, "[^"]*", "([^"]*)"', src.read(), re.M)
    return sorted({key for row in rows for key in row.split()})


class Driver:
    """The sanitized dashboard in a folder of its own; all it says is kept."""

    def __init__(self, *args, folder=None, width=80, height=24):
        argv = dash.demo(*args, binary=dash.program(is_sanitized=True))
        self.pty = Pty(["env", "-C", folder, *argv], width, height, env={"ASAN_OPTIONS": "detect_leaks=1"})
        self.said = b""

    def __enter__(self):
        self.pty.__enter__()
        return self

    def __exit__(self, *exception):
        self.pty.__exit__(*exception)

    def press(self, data):
        """Presses keys and lets the program do all that they ask for."""
        os.write(self.pty.fd, data)
        return self.listen()

    def listen(self):
        out = self.pty.rest()
        self.said += out
        return out

    def esc(self):
        """As terminals tell it that leave nothing to guess: a lone byte is an esc only when nothing follows."""
        return self.press(b"\x1b[27u")

    def go(self, page):
        self.press(b"1")
        for keys in PAGES[page].split(b"|"):
            self.press(keys)

    def started(self):
        """Lets the demo estate be read."""
        self.said += dash.started(self.pty)

    def is_alive(self):
        return self.pty.wait(0) is None

    def whole(self):
        """The screen as it is painted anew; what the kernel has not passed on yet is waited for."""
        text, end = self.press(b"\x0c"), time.monotonic() + HANG_S
        while b"> all accounts > all regions" not in text and time.monotonic() < end:
            text += self.listen()
        return text.decode("utf-8", "replace")

    def complaint(self):
        """What a sanitizer or a crash said."""
        at = min((i for i in (self.said.find(w) for w in (b"Sanitizer", b"runtime error", b"keyfall crashed"))
                  if i >= 0), default=-1)
        return self.said[max(0, at - 200):at + 3000].decode("utf-8", "replace") if at >= 0 else ""

    def quit(self):
        """The exit status after esc, esc, q."""
        self.esc()
        self.esc()
        os.write(self.pty.fd, b"q")
        return self.pty.wait()


def on_pages(rows, pages, is_viewer):
    """Checks of some pages in one program: every key that does not quit, then the way back from what opens
    something."""
    label = " (viewer): " if is_viewer else ": "
    # which guards a viewer has, and lacks on this machine, takes room on line 1
    with tempfile.TemporaryDirectory() as folder, \
            Driver(*(["--viewer"] if is_viewer else []), folder=folder, width=120 if is_viewer else 80) as d:
        d.started()
        for page in pages:
            if not on_page(rows, d, page, page + label):
                return
        status = d.quit()
        rows.check("%s%sq ends it" % (pages, label), status == 0, status)
        rows.check("%s%sno complaint" % (pages, label), not d.complaint(), d.complaint())
        if is_viewer:
            rows.check("%s%sno file was written" % (pages, label), not os.listdir(folder), os.listdir(folder))


def on_page(rows, d, page, label):
    for name in [k for k in all_keys() if k not in QUIT]:
        d.go(page)
        d.press(key_bytes(name))
        if name in INPUTS or page == "help":
            d.esc()
        if not rows.check(label + name, d.is_alive(), "ended with %s\n%s" % (d.pty.status, d.complaint())):
            return False
    for name in OPENS:
        d.go(page)
        d.press(key_bytes(name))
        for _ in range(5):
            d.esc()
        text = d.whole()
        if not rows.check(label + "esc leads back from " + name,
                          d.is_alive() and "> all accounts > all regions" in text, text[-1500:]):
            return False
    return True


def quits(rows, name, pages):
    for page in pages:
        with tempfile.TemporaryDirectory() as folder, Driver(folder=folder) as d:
            d.started()
            d.go(page)
            os.write(d.pty.fd, key_bytes(name))
            rows.check("%s: %s quits" % (page, name), d.pty.wait() == 0, (d.pty.status, d.complaint()))


def robot(rows, seed, is_viewer):
    """Keys, texts, pastes, clicks, sizes and signals at random, from before the first picture on."""
    rnd = random.Random(seed)
    keys = [key_bytes(k) for k in all_keys() if k not in QUIT and k != "^z"]
    label = "robot, seed %d%s" % (seed, ", viewer" if is_viewer else "")
    with tempfile.TemporaryDirectory() as folder, \
            Driver(*(["--viewer"] if is_viewer else []), folder=folder) as d:
        pressed = []
        for n in range(ROBOT_KEYS):
            luck = rnd.random()
            if luck < 0.90:
                data = rnd.choice(keys)
            elif luck < 0.94:
                data = rnd.choice([b"/prod", b"/state:?", b"/sev>=H !a", b":keys sev>=H\r", b":findings\r", b":zz\r",
                                   b":vaults lock:none\r", b"/\xc3\xa9\xe2\x82\xac\xf0\x9f\x94\x92", b"/\xff\xfe("])
            elif luck < 0.96:
                data = b"\x1b[200~" + bytes(rnd.choice(b"arn:q\n\x1b:/\x07\xe2") for _ in range(40)) + b"\x1b[201~"
            elif luck < 0.98:
                data = b"\x1b[<%d;%d;%d%s" % (rnd.choice((0, 64, 65)), rnd.randrange(1, 200), rnd.randrange(1, 60),
                                              rnd.choice((b"M", b"m")))
            else:
                d.pty.resize(rnd.choice((20, 60, 80, 120, 200, 300)), rnd.choice((5, 16, 24, 36, 60, 100)))
                data = b""
            # a lone esc and what follows at once are one key with alt
            pressed.append(data)
            os.write(d.pty.fd, data)
            d.said += d.pty.read(rnd.choice((0, 0, 0.001, 0.005)))[0]
            if n % 50 == 0 and not d.is_alive():
                break
        is_good = rows.check(label + ": alive after %d keys" % len(pressed), d.is_alive(),
                             "ended with %s after %r\n%s" % (d.pty.status, pressed[-60:], d.complaint()))
        if is_good:
            status = d.quit()
            rows.check(label + ": q ends it", status == 0, "%s\n%s" % (status, d.complaint()))
        rows.check(label + ": no complaint", not d.complaint(), d.complaint())
        if is_viewer:
            rows.check(label + ": no file was written", not os.listdir(folder), os.listdir(folder))


def part(work):
    rows = dash.Rows()
    attempt(rows, *work)
    return rows.rows


def main():
    tally = Tally()
    start = time.monotonic()
    seed = int(os.environ.get("SEED", random.randrange(1, 1 << 20)))
    print("seed %d (SEED=%d repeats it); %s" % (seed, seed, dash.program(is_sanitized=True)), flush=True)
    work = [(robot, seed, False), (robot, seed + 1, True)]
    # every page with the program that people run: test_dashboard.py
    work += [(quits, name, ("overview", "keys", "impact", "errors")[n::1 if IS_LONG else 3])
             for n, name in enumerate(sorted(QUIT))]
    work += [(on_pages, list(PAGES)[n::4], False) for n in range(4)]
    work += [(on_pages, some, True) for some in (VIEWED[::2], VIEWED[1::2])]
    with concurrent.futures.ProcessPoolExecutor(6, multiprocessing.get_context("fork")) as pool:
        for rows in pool.map(part, work):
            for name, is_good, detail in rows:
                tally.check(name, is_good, detail)
    print("%d keys, %.0f s" % (len(all_keys()), time.monotonic() - start))
    return tally.close()


if __name__ == "__main__":
    sys.exit(main())
