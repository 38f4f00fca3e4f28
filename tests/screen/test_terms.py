#!/usr/bin/env python3
"""Every kind of terminal gets a picture or a sentence, and the mouse does what it points at."""

import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import dash  # noqa: E402
from screen import HANG_S, Screen  # noqa: E402

TESTS = []
# TERM: how many colours it may show at most. An unknown one, and none, are taken for xterm-256color.
TERMS = {"xterm-256color": 256, "xterm": 8, "screen-256color": 256, "tmux-256color": 256, "linux": 8, "vt100": 0,
         "no-such-terminal": 256, "": 256}


def test(function):
    TESTS.append(function)
    return function


@test
def every_terminal_has_its_picture():
    for term, colours in TERMS.items():
        with Screen(dash.demo(), 80, 24, term=term) as s:
            dash.open_page(dash.ready(s), "keys")
            wrong = dash.faults(s.lines(), 80, 24)
            assert not wrong, (term, wrong)
            found = dash.colours(s.ansi())
            assert bool(found) == bool(colours), (term, found)
            assert colours > 8 or not found & {38, 48}, (term, found)  # no numbered colour where there are 8
            assert "legacy-backup" in s.text()
            s.keys("j", "q")
            assert s.wait_ended() == 0, term


@test
def every_theme_fits_eight_colours():
    with Screen(dash.demo(), 80, 24, term="linux") as s:
        dash.ready(s)
        for _ in range(11):
            s.type("T")
            s.wait_still(quiet=0.05)
            assert not dash.colours(s.ansi()) & {38, 48}, s.text()
            assert not dash.faults(s.lines(), 80, 24)


@test
def an_unknown_terminal_is_told():
    with Screen(dash.demo(), 80, 24, term="no-such-terminal") as s:
        s.wait("terminal type no-such-terminal is unknown here: using xterm-256color")


@test
def what_cannot_place_a_cursor_gets_a_sentence():
    with Screen(dash.demo(), 80, 24, term="dumb") as s:
        assert s.wait_ended() == 3
        assert "the terminal type dumb cannot place a cursor; the verbs (keyfall export" in s.text()


@test
def without_a_terminal_there_is_a_sentence():
    for stdin, stdout in ((subprocess.DEVNULL, subprocess.PIPE), (subprocess.PIPE, subprocess.PIPE)):
        done = subprocess.run(dash.demo(), stdin=stdin, stdout=stdout, stderr=subprocess.PIPE, timeout=HANG_S, check=False)
        assert done.returncode == 3 and not done.stdout
        assert b"needs a terminal" in done.stderr and done.stderr.count(b"\n") == 1, done.stderr


@test
def a_locale_without_utf8_is_ascii():
    with Screen(dash.demo(), 80, 24, env={"LANG": "C"}) as s:
        dash.open_page(dash.ready(s), "keys")
        assert not dash.faults(s.lines(), 80, 24, is_ascii=True)


@test
def small_is_one_line_and_grows_again():
    with Screen(dash.demo(), 40, 10) as s:
        s.wait(lambda text: re.search(r"^keyfall C 4 H \d+ \?\d+ \(60x16 needed\) q$", text, re.M))
        assert [line for line in s.lines() if line.strip()] == [s.lines()[0]]
        s.resize(60, 16)
        s.wait(lambda text: "1 Over" in text and "q quit" in text)
        s.resize(80, 24)
        dash.ready(s)
        assert not dash.faults(s.lines(), 80, 24)
        s.resize(20, 3)
        s.wait("keyfall C 4")
        s.keys("q")
        s.wait(lambda text: "nded with 0" in text.replace("\n", ""))


# ---- the mouse ---------------------------------------------------------------------------------------


def click(s, x, y, button=0):
    """Presses and lets go at a cell, counted from 0."""
    for end in "Mm":
        s.type("\x1b[<%d;%d;%d%s" % (button, x + 1, y + 1, end))


def cursor_row(s):
    return next((line for line in s.lines()[4:] if line.startswith(">")), "").split()[1:2]


@test
def the_mouse_does_what_it_points_at():
    with Screen(dash.demo(), 100, 30) as s:
        dash.open_page(dash.ready(s), "keys")
        click(s, 40, 8)
        s.wait_still()
        assert cursor_row(s) == ["legacy-backup"], s.text()  # off until asked for
        s.keys("m")
        s.wait("mouse on")
        click(s, 10, 7)
        s.wait(lambda _: s.lines()[7].startswith(">"))
        title = s.lines()[3].index("STATE")
        click(s, title + 1, 3)
        s.wait("sort: state")
        first = s.lines()[4]
        click(s, title + 1, 3)
        s.wait(lambda _: s.lines()[4] != first)
        click(s, 10, 10, button=65)  # the wheel
        before = s.wait_still()
        click(s, 10, 10, button=64)
        s.wait(lambda text: text != before)
        s.keys("?")
        s.wait("type to search")
        over = s.wait_still()
        click(s, 10, 7)  # what is over the page hides it
        assert s.wait_still() == over
        s.keys("Escape")
        s.wait_gone("type to search")
        click(s, s.lines()[1].index("6 Vaults") + 2, 1)
        s.wait("> vaults")
        s.keys("m")
        s.wait("mouse off")


if __name__ == "__main__":
    sys.exit(dash.run(TESTS))
