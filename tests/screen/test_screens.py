#!/usr/bin/env python3
"""Every page of the dashboard as a picture, on the demo estate at a fixed time.

At 80x24 in UTF-8 the text is that of tests/golden/PAGE.txt; UPDATE=1 writes those files anew. At every size
and in every mode (ASCII, no colour, the themes) the frame stands where it belongs and nothing is there that
must not be. A name of a page as argument looks at that page alone.
"""

import concurrent.futures
import difflib
import os
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import dash  # noqa: E402
from program import Tally  # noqa: E402
from screen import Screen  # noqa: E402

GOLDEN = dash.TESTS + "/golden"
SIZES = ((80, 24), (120, 36), (200, 60))
# label: arguments, environment
MODES = {
    "dark": (["--theme", "dark"], {}),
    "light": (["--theme", "light"], {}),
    "ascii": (["--ascii"], {}),
    "no-color": (["--no-color"], {}),
    "NO_COLOR": ([], {"NO_COLOR": "1"}),
    "LANG=C": ([], {"LANG": "C"}),
}
# rows stand in the order in which calls failed, and some are tried again while we look; which guards hold a viewer
# is the kernel's to say
NOT_GOLDEN = ("errors", "state-nothing-read", "state-viewer-off")
# modes that say the same as another one are looked at once
ONLY_AT = {"NO_COLOR": (80, 24), "LANG=C": (80, 24)}


# What a page looks like in another state than read and at rest, at 80x24 alone: arguments, keys (as dash.PAGES),
# what stands there then.
STATES = {
    "state-frozen": ([], ["4", "z"], "FROZEN"),
    "state-no-match": ([], [":", "=keys nothing-like-it", "Enter"], "Nothing matches"),
    "state-wrong-filter": ([], ["4", "/", "=nothing:x"], "filter:"),
    "state-no-saved-views": ([], ["V"], "no view is saved yet"),
    "state-marked": ([], ["4", "Space", "Space"], "2 marked"),
    "state-viewer-off": (["--viewer"], ["4", "e"], "viewer mode"),
    "state-columns": ([], ["4", "#"], "COLUMNS"),
    "state-theme": ([], [":", "=theme", "Enter"], "THEME"),
    "state-completion": ([], [":", "=re", "Tab"], "recovery-points"),
    "state-nothing-read": (["--region", "mars-1"], ["4"], "Nothing could be read"),
    "state-scoped": ([], [":", "=scope prod-data euw1", "Enter"], "> prod-data euw1 "),
    "state-scoped-region": ([], [":", "=scope use2", "Enter", "4"], "> use2 > keys"),
    "state-scoped-impact": ([], [":", "=scope use2", "Enter", "4", "i"], "beyond the scope too"),
    "state-wide": ([], ["4", "w"], "ALIAS"),
    "state-mouse": ([], ["m"], "mouse on"),
}


def glyphs():
    """A pattern of ASCII for each glyph in UTF-8, as glyph.h has them."""
    with open(dash.ROOT + "/tui/term/glyph.h", encoding="utf-8") as src:
        pairs = re.findall(r'X\(GLYPH_\w+, +"(.)", "(.)"\)', src.read())
    return {u: "[%s]" % re.escape("".join(a for v, a in pairs if v == u)) for u, _ in pairs if not u.isascii()}


def diff_of(wanted, got, *names):
    return "\n" + "\n".join(difflib.unified_diff(wanted.split("\n"), got.split("\n"), *names, lineterm="", n=0))


def picture(screen):
    return "\n".join(screen.lines()), screen.ansi()


def press(screen, keys):
    """Types what changes the picture."""
    before = screen.ansi()
    screen.type(keys)
    screen.wait(lambda _: screen.ansi() != before)
    screen.wait_still(quiet=0.06)


def walk(size, mode):
    """Every page in one session: {page: {"": (text, text with colours)}}. In the first mode also with the next
    theme and in ASCII, by the keys for that: the same session has the same rows in the same order."""
    args, env = MODES[mode]
    only = sys.argv[1:]
    out = {}
    with Screen(dash.demo(*args), *size, env=env) as s:
        dash.ready(s)
        for page in (p for p in dash.PAGES if not only or p in only):
            dash.open_page(s, page)
            out[page] = {"": picture(s)}
            if mode == "dark" and page not in ("help", *NOT_GOLDEN):  # in the help a letter is looked for
                for key, back in (("T", ":theme dark\n"), ("~", "~")):
                    press(s, key)
                    out[page][key] = picture(s)
                    press(s, back)
        s.keys("Escape", "q")
        out["ended"] = s.wait_ended()
    return out


def golden(page):
    """What a page's picture must be; "" if there is none."""
    try:
        with open("%s/%s.txt" % (GOLDEN, page), encoding="utf-8") as src:
            return src.read()
    except FileNotFoundError:
        return ""


def check_golden(tally, page, text):
    path = "%s/%s.txt" % (GOLDEN, page)
    if os.environ.get("UPDATE"):
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as out:
            out.write(text + "\n")
    wanted = golden(page)
    tally.check("golden %s (UPDATE=1 tests/screen/test_screens.py accepts what is shown)" % page,
                wanted == text + "\n", diff_of(wanted, text + "\n", path, "the screen"))


def check_frame(tally, label, size, mode, text, ansi):
    is_ascii = mode in ("ascii", "LANG=C")
    wrong = dash.faults(text.split("\n"), *size, is_ascii)
    tally.check(label + ": the frame", not wrong, "; ".join(wrong))
    found = dash.colours(ansi)
    if mode in ("no-color", "NO_COLOR"):
        tally.check(label + ": no colour", not found, sorted(found))
    else:
        tally.check(label + ": colours", found)


def without_message(text):
    """All but the line above the keys, which says what a key did, and how often a call that is asked again
    and again was refused meanwhile."""
    lines = re.sub(r"\d(?=  \d\d:\d\dZ)|\d(?= times)", "N", text).split("\n")
    return lines[:-2] + lines[-1:]


def check_keys(tally, label, pictures):
    """What T and ~ change, and nothing else."""
    table = glyphs()
    text, ansi = pictures[""]
    other, other_ansi = pictures["T"]
    tally.check(label + ": a theme changes no text", without_message(other) == without_message(text),
                diff_of(text, other))
    tally.check(label + ": a theme changes colours", other_ansi != ansi)
    # a text that is shortened ends elsewhere: ".." takes two cells
    odd = [(a, u) for a, u in zip(without_message(pictures["~"][0]), without_message(text))
           if "…" not in u and not re.fullmatch("".join(table.get(c) or re.escape(c) for c in u), a)]
    tally.check(label + ": ASCII stands where UTF-8 does", not odd, odd[:2])


def state(name):
    """The picture of a state: a session of its own, which it may spoil."""
    args, keys, mark = STATES[name]
    with Screen(dash.demo(*args), *SIZES[0]) as s:
        if "--region" in args:
            s.wait(mark)
        else:
            dash.ready(s)
        for key in keys:
            if key.startswith("="):
                s.type(key[1:])
            else:
                s.keys(key)
            s.wait_still(quiet=0.22)
        s.wait(mark)
        s.wait_still(quiet=0.3)
        return picture(s)


def check_states(tally, pool):
    only = sys.argv[1:]
    names = [name for name in STATES if not only or name in only]
    for name, (text, ansi) in zip(names, pool.map(state, names)):
        check_frame(tally, name, SIZES[0], "dark", text, ansi)
        if name not in NOT_GOLDEN:
            check_golden(tally, name, text)


def main():
    tally = Tally()
    wanted = [(size, mode) for size in SIZES for mode in MODES if ONLY_AT.get(mode, size) == size]
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        walks = dict(zip(wanted, pool.map(lambda w: walk(*w), wanted)))
        check_states(tally, pool)
    for (size, mode), pages in walks.items():
        label = "%dx%d %s" % (*size, mode)
        tally.check(label + ": q ends it with 0", pages["ended"] == 0, pages["ended"])
        for page, pictures in ((p, v) for p, v in pages.items() if p != "ended"):
            check_frame(tally, "%s %s" % (page, label), size, mode, *pictures[""])
            if len(pictures) > 1:
                check_keys(tally, "%s %dx%d" % (page, *size), pictures)
            if size == SIZES[0] and mode == "dark" and page not in NOT_GOLDEN:
                check_golden(tally, page, pictures[""][0])
    return tally.close()


if __name__ == "__main__":
    sys.exit(main())
