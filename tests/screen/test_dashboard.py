#!/usr/bin/env python3
"""The dashboard and its terminal: resized, suspended, ended from outside, on terminals of all kinds and on
none, typed ahead, pasted into. What the terminal layer does by itself is in test_terminal.py."""

import os
import re
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import dash  # noqa: E402
from program import environment  # noqa: E402
from ptycount import Pty  # noqa: E402
from screen import HANG_S, Screen  # noqa: E402

TESTS = []
LEAVE = (b"\x1b[?1049l", b"\x1b[?2004l", b"\x1b[?25h")
TERMINALS = ("xterm-256color", "xterm", "screen-256color", "tmux-256color", "linux", "vt100", "unknown-term")


def test(function):
    TESTS.append(function)
    return function


def at(text, name):
    """Whether line 1 says so; where there is no room for all of it, its end does."""
    line, place = text.split("\n", 1)[0], dash.PAGES[name][1]
    return place in line or ("…" in line and place.rsplit(" ", 1)[1] in line.split("…", 1)[1])


# ---- sizes -------------------------------------------------------------------------------------------


@test
def resized_while_it_runs():
    with Screen(dash.demo(), 80, 24) as s:
        dash.ready(s)
        for page in ("overview", "keys", "detail", "impact", "errors", "help"):
            dash.open_page(s, page)
            for size in ((60, 16), (300, 100), (60, 16), (120, 36)):
                s.resize(*size)
                s.wait(lambda text: "q quit" in text.rstrip("\n").split("\n")[-1]
                       and len(text.rstrip("\n").split("\n")) == size[1])
                text = s.wait_still()
                wrong = dash.faults(s.lines(), *size)
                assert not wrong, (page, size, wrong, text)
                assert at(text, page), (page, size, text)
            s.resize(40, 10)
            s.wait("needed")
            text = s.wait_still().rstrip("\n")
            assert re.fullmatch(r"keyfall C \d+ H \d+ \?\d+ \(60x16 needed\) q", text), (page, text)
            s.resize(80, 24)
            s.wait(lambda text: "q quit" in text and at(text, page))
        s.keys("Escape", "q")
        assert s.wait_ended() == 0


@test
def no_size_is_too_small():
    with Screen(dash.demo(), 80, 24) as s:
        dash.ready(s)
        for size in ((59, 24), (80, 15), (20, 5), (5, 2), (2, 1), (80, 24)):
            s.resize(*size)
            s.wait_still()
        s.wait("q quit")
        s.resize(10, 2)
        s.wait_still()
        s.keys("q")
        assert s.wait_gone("keyfall C") is not None


@test
def a_small_screen_still_quits():
    with Screen(dash.demo(), 40, 10) as s:
        s.wait("60x16 needed")
        s.keys("j", "4", "Escape", "q")
        assert s.wait_ended() == 0


# ---- suspended, and ended from outside ---------------------------------------------------------------


@test
def suspended_and_back_in_a_shell():
    with Screen(["sh"], 80, 24) as s:
        prompt = "$" if os.getuid() else "#"
        s.wait(prompt)
        s.type("set -m; %s\n" % " ".join(dash.demo()))
        dash.ready(s)
        dash.open_page(s, "vaults")
        before = s.text()
        for n in range(2):
            s.keys("C-z")
            s.wait(lambda text: text.count("Stopped") == n + 1 and text.rstrip().endswith(prompt))
            assert "prod-vault" not in s.text()
            s.type("fg\n")
            s.wait("prod-vault")
            s.wait(lambda text: text == before)
        s.keys("q")
        s.wait_gone("prod-vault")
        s.type("echo back $?\n")
        s.wait("back 0")
        assert "prod-vault" not in s.text()


@test
def signals_end_it_and_leave_a_sane_terminal():
    for number in (signal.SIGTERM, signal.SIGHUP):
        with Pty(dash.demo()) as p:
            before = p.fresh
            dash.started(p)
            p.answer(b"4")
            p.kill(number)
            out = p.to_end()
            assert p.wait() == 0, (number, p.status)
            for sequence in LEAVE:
                assert sequence in out, (number, sequence, out[-300:])
            assert p.modes()[:4] == before[:4], number


@test
def signals_while_it_still_reads():
    for delay in (0.0, 0.02, 0.1):
        with Pty(dash.demo()) as p:
            out, _ = p.read(delay)
            p.kill(signal.SIGTERM)
            out += p.to_end()
            # before the terminal is taken the signal ends it as any program
            assert p.wait() in (0, -signal.SIGTERM), (delay, p.status)
            assert out.count(b"\x1b[?1049h") == out.count(b"\x1b[?1049l"), (delay, out[-300:])


def is_alive(pid):
    try:
        with open("/proc/%d/stat" % pid, encoding="ascii", errors="replace") as f:
            return f.read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


@test
def a_killed_terminal_leaves_no_process():
    """tmux is killed with SIGKILL: the kernel hangs up."""
    s = Screen(dash.demo(), 80, 24)
    with s:
        dash.ready(s)
        pid = s.pid()
        os.kill(s.server, signal.SIGKILL)
        end = time.monotonic() + HANG_S
        while is_alive(pid) and time.monotonic() < end:
            time.sleep(0.02)
        assert not is_alive(pid)


@test
def a_closed_pty_leaves_no_process():
    with Pty(dash.demo()) as p:
        dash.started(p)
        p.hang_up()
        assert p.wait() == 0, p.status


# ---- terminals of all kinds, and none ----------------------------------------------------------------


@test
def every_terminal_gets_the_dashboard():
    for term in TERMINALS:
        with Pty(dash.demo(), term=term) as p:
            out = dash.started(p)
            if term == "unknown-term":
                assert b"terminal type unknown-term is unknown here" in out
            if term == "vt100":
                assert not dash.colours(out.decode("utf-8", "replace")), term
            out = p.answer(b"4")
            assert b"ALIAS" in out, (term, out)
            os.write(p.fd, b"q")
            assert p.wait() == 0, (term, p.status)


@test
def a_dumb_terminal_is_told_in_a_sentence():
    with Pty(dash.demo(), term="dumb") as p:
        before = p.fresh
        out = p.to_end()
        assert p.wait() in (2, 3), p.status
        assert out.count(b"\n") == 1 and b"dumb" in out and b"\x1b" not in out, out
        assert p.modes() == before


@test
def no_terminal_is_told_in_a_sentence():
    for streams in ({"stdin": subprocess.DEVNULL}, {"stdin": subprocess.PIPE}):
        done = subprocess.run(dash.demo(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=HANG_S,
                              check=False, env=environment(), **streams)
        assert done.returncode in (2, 3), done
        assert done.stderr.count(b"\n") == 1 and b"terminal" in done.stderr, done.stderr
        assert not done.stdout


@test
def without_utf8_all_is_ascii():
    for env in ({"LC_ALL": "C"}, {"LC_ALL": "", "LANG": "C", "LC_CTYPE": ""}, {"LC_ALL": "POSIX"}):
        with Pty(dash.demo(), env=env) as p:
            out = dash.started(p)
            for key in (b"4", b"i", b"\x1b", b"\r", b"!", b"?"):
                out += p.answer(key)
            bad = sorted({byte for byte in out if byte >= 0x80})
            assert not bad, (env, bad)


# ---- keys --------------------------------------------------------------------------------------------


@test
def keys_typed_ahead_are_not_lost():
    """As one write: a page that has only just been asked for takes the next key."""
    for keys, place in (("6\r", "> vaults > prod-vault > recovery-points"), ("4i", "> legacy-backup > impact"),
                        ("4\r", "> keys > legacy-backup"), ("4jj\r", "> keys > "),
                        (":keys\r/disabled\rp", "> keys > policy"), ("4/old-db\ri", "> old-db > impact")):
        with Screen(dash.demo(), 80, 24) as s:
            dash.ready(s)
            s.type(keys)
            s.wait(lambda text: place in text.split("\n", 1)[0])


@test
def keys_typed_before_the_first_picture_arrive():
    with Pty(dash.demo()) as p:
        os.write(p.fd, b"4")
        p.until(b"ALIAS")


@test
def pastes_go_into_inputs_only():
    with tempfile.TemporaryDirectory() as folder, Screen(dash.demo(), 80, 24, cwd=folder) as s:
        dash.ready(s)
        for page in dash.PAGES:
            if page == "help":
                continue
            dash.open_page(s, page)
            before = s.lines()
            s.paste("q\n6e:quit\n\x1b")
            s.wait("text is pasted into")
            # what fails is asked again meanwhile, and counted
            then, now = ([re.sub(r" *(\d+( times)?|once\b)", " n", line) for line in lines[:-2]] for lines in (before, s.lines()))
            assert now == then, (page, before, s.lines())
        dash.open_page(s, "keys")
        s.keys("/")
        s.paste("old-db\nq")
        s.wait("/ old-db q")
        s.keys("Escape", ":")
        s.paste("findings\n")
        s.wait(": findings")
        s.keys("Enter")
        s.wait(lambda text: at(text, "findings"))
        s.keys("?")
        s.wait("type to search")
        s.paste("refr")
        s.wait("search: refr")
        assert not os.listdir(folder)


@test
def esc_never_quits():
    with Screen(dash.demo(), 80, 24) as s:
        dash.ready(s)
        for page in dash.PAGES:
            dash.open_page(s, page)
            for key in ("Escape", "BSpace") * 4:
                s.keys(key)
            s.wait(lambda text: at(text, "overview"))
        s.keys(":")
        s.wait(lambda text: text.split("\n")[-3].startswith(" :"))
        s.keys("Escape", "Escape", "BSpace")
        s.wait("this is the first screen")
        s.keys("q")
        assert s.wait_ended() == 0


@test
def q_quits_from_every_page_with_0():
    for n, page in enumerate(p for p in dash.PAGES if p != "help"):
        with Screen(dash.demo(), 80, 24) as s:
            dash.ready(s)
            dash.open_page(s, page, quiet=0.02)
            s.keys(("q", "C-c", "F10")[n % 3])
            assert s.wait_ended() == 0, page


@test
def ctrl_c_in_an_input_cancels_it():
    with Screen(dash.demo(), 80, 24) as s:
        dash.ready(s)
        s.keys("4")
        s.wait(" shown, ")
        before = s.wait_still()
        for key in ("/", ":"):
            s.keys(key)
            s.type("zzqq")
            s.wait(key + " zzqq")
            s.keys("C-c")
            s.wait_gone("zzqq")
            s.wait(lambda text: text == before)
        s.keys("q")
        assert s.wait_ended() == 0


@test
def the_name_makes_a_viewer():
    with tempfile.TemporaryDirectory() as folder:
        name = folder + "/keyfall-viewer"
        os.symlink(dash.program(), name)
        for argv in (dash.demo(binary=name), dash.demo("--viewer")):
            with Screen(argv, 80, 24, cwd=folder) as s:
                dash.ready(s)
                dash.open_page(s, "keys")
                assert " VIEWER " in s.lines()[0]
                s.keys("e")
                s.wait("export is off")
        assert os.listdir(folder) == ["keyfall-viewer"]


@test
def a_viewer_writes_in_its_folder_alone():
    with tempfile.TemporaryDirectory() as folder:
        inside = folder + "/inside"
        os.mkdir(inside)
        argv = dash.demo("--viewer", "--export-dir", inside)
        for told in ("rows written to " + inside[:20], "is a link"):
            with Screen(argv, 200, 60, cwd=folder) as s:
                dash.ready(s)
                dash.open_page(s, "keys")
                s.keys("e")
                s.wait(told)
            (name,) = os.listdir(inside)
            if told == "is a link":
                assert os.path.islink(inside + "/" + name)
            else:
                assert os.path.getsize(inside + "/" + name) > 100
                os.unlink(inside + "/" + name)
                os.symlink("../out.csv", inside + "/" + name)
        assert os.listdir(folder) == ["inside"]


if __name__ == "__main__":
    sys.exit(dash.run(TESTS))
