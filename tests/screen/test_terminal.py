#!/usr/bin/env python3
"""The terminal itself: started, resized, suspended, stalled, killed, crashed; bytes and keys.

Runs gallery (gallery.c), the widgets without the program around them, in a pty and in tmux.
"""

import os
import signal
import subprocess
import sys
import termios
import time
import traceback

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import ansi2svg  # noqa: E402
import gallery  # noqa: E402
from ptycount import Pty  # noqa: E402
from screen import HANG_S, Screen  # noqa: E402

GALLERY = os.environ.get("GALLERY") or gallery.build()
TESTS = []

LEAVE = [b"\x1b[?1049l", b"\x1b[?2004l", b"\x1b[?25h"]


def test(function):
    TESTS.append(function)
    return function


def pty(*args, width=80, height=24, **kw):
    return Pty([GALLERY, *args], width, height, **kw)


def drawn(p):
    """The first picture, whole."""
    return p.until(b"FINDINGS") + p.rest()


def check_left(out):
    for sequence in LEAVE:
        assert sequence in out, "%r is missing at the end of %r" % (sequence, out[-300:])


# ---- bytes -------------------------------------------------------------------------------------


@test
def idle_sends_nothing():
    with pty("1000") as p:
        drawn(p)
        out, _ = p.read(2.0)
        assert out == b"", out


@test
def cursor_moves_stay_in_their_budget():
    for width, height, limit in ((80, 24, 200), (200, 60, 400)):
        for term in ("xterm-256color", "tmux-256color", "linux"):
            with pty("100000", width=width, height=height, term=term) as p:
                drawn(p)
                for page in b"123":
                    p.answer(bytes([page]) + b"\x0c")
                    for key in b"jjjkj":
                        out = p.answer(bytes([key]))
                        assert 0 < len(out) < limit, (width, term, chr(page), len(out), out)


@test
def keys_are_drawn_within_a_frame():
    with pty("1000000", width=200, height=60) as p:
        drawn(p)
        p.answer(b"2")
        times = sorted(p.press(key, quiet=0.05)[1] for key in [b"j", b"\x04", b"G", b"g"] * 10)
        assert times[len(times) // 2] < 0.016, times


@test
def repaint_sends_the_whole_screen():
    with pty() as p:
        drawn(p)
        out = p.answer(b"\x0c")
        assert len(out) > 1500 and b"\x1b[H\x1b[2J" in out, len(out)


@test
def typed_ahead_keys_are_one_frame():
    with pty("100000") as p:
        drawn(p)
        p.answer(b"2")
        one = len(p.answer(b"j"))
        many = len(p.answer(b"j" * 200))
        assert many < 20 * one, (one, many)  # far fewer frames than keys


# ---- endings -----------------------------------------------------------------------------------


@test
def quitting_leaves_the_terminal_as_it_was():
    with pty() as p:
        before = p.fresh
        drawn(p)
        assert p.modes()[:4] != before[:4]
        os.write(p.fd, b"q")
        out = p.to_end()
        assert p.wait() == 0
        check_left(out)
        assert p.modes()[:4] == before[:4]


@test
def signals_leave_the_terminal_as_it_was():
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        with pty() as p:
            before = p.fresh
            drawn(p)
            p.kill(number)
            out = p.to_end()
            assert p.wait() == 0, (number, p.status)
            check_left(out)
            assert p.modes()[:4] == before[:4], number


@test
def crashes_leave_the_terminal_as_it_was():
    for number in (signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS):
        with pty() as p:
            before = p.fresh
            drawn(p)
            p.kill(number)
            out = p.to_end()
            assert p.wait() == -number, (number, p.status)
            check_left(out)
            assert b"keyfall crashed" in out and b"the log is nowhere" in out, out
            assert p.modes()[:4] == before[:4], number


@test
def a_terminal_that_went_away_ends_the_program():
    with pty() as p:
        drawn(p)
        p.hang_up()
        assert p.wait() == 0, p.status


@test
def suspending_gives_the_terminal_back():
    with pty() as p:
        before = p.fresh
        drawn(p)
        raw = p.modes()
        # an orphaned group is not stopped: here the signal comes from outside, as SIGSTOP
        p.kill(signal.SIGSTOP)
        termios.tcsetattr(p.fd, termios.TCSANOW, before)
        p.kill(signal.SIGCONT)
        p.until(b"FINDINGS")  # painted anew
        p.rest()
        assert p.modes()[:4] == raw[:4]


@test
def suspended_from_a_shell_and_back():
    with Screen(["sh"], 80, 24) as s:
        prompt = "$" if os.getuid() else "#"
        s.wait(prompt)
        s.type("set -m; %s; echo back $?\n" % GALLERY)
        s.wait("WORST FINDING")
        s.keys("C-z")
        s.wait(lambda text: "Stopped" in text and text.rstrip().endswith(prompt))
        assert "WORST FINDING" not in s.text()
        s.type("fg\n")
        s.wait("WORST FINDING")
        s.keys("q")
        s.wait(lambda text: "WORST FINDING" not in text and text.rstrip().endswith(prompt))


# ---- starting ----------------------------------------------------------------------------------


@test
def no_terminal_is_a_sentence():
    for args in ({"stdin": subprocess.DEVNULL}, {"stdout": subprocess.PIPE}):
        done = subprocess.run([GALLERY], stderr=subprocess.PIPE, timeout=HANG_S, check=False,
                              **{"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, **args})
        assert done.returncode == 3
        assert b"needs a terminal" in done.stderr and done.stderr.count(b"\n") == 1, done.stderr
        assert not done.stdout


@test
def dumb_terminals_are_refused_in_a_sentence():
    with pty(term="dumb") as p:
        before = p.fresh
        out = p.to_end()
        assert p.wait() == 3
        assert b"dumb cannot place a cursor" in out and b"\x1b" not in out, out
        assert p.modes() == before


@test
def unknown_terminals_are_told_and_work():
    for term in ("xterm-nonsense", ""):
        with pty(term=term) as p:
            p.until(b"is unknown here: using xterm-256color")


@test
def no_color_means_none():
    with pty(env={"NO_COLOR": "1"}) as p:
        out = drawn(p) + p.answer(b"2")
        for sequence in (b"38;5;", b"\x1b[3", b";3"):
            for code in range(1, 8):
                assert sequence + b"%dm" % code not in out, (sequence, code)
    with pty(env={"NO_COLOR": ""}) as p:  # set but empty: colours
        assert b"38;5;" in drawn(p)


@test
def without_utf8_everything_is_ascii():
    with pty(env={"LC_ALL": "C"}) as p:
        out = drawn(p) + p.answer(b"2") + p.answer(b"3") + p.answer(b"?")
        assert all(byte < 0x80 for byte in out)


# ---- sizes -------------------------------------------------------------------------------------


@test
def every_size_is_drawn():
    with Screen([GALLERY, "214"], 80, 24) as s:
        s.wait("WORST FINDING")
        for width, height in ((60, 16), (120, 36), (200, 60), (300, 100), (20, 5), (80, 24)):
            s.resize(width, height)
            s.wait(lambda screen: "q quit" in screen.rstrip("\n").split("\n")[-1])
            s.wait_still()
            assert "q quit" in s.lines()[height - 1]


@test
def resizing_to_the_same_size_repaints():
    with pty() as p:
        drawn(p)
        p.kill(signal.SIGWINCH)
        p.until(b"FINDINGS")


# ---- keys --------------------------------------------------------------------------------------


@test
def arrows_work_in_both_forms_and_esc_is_quick():
    with pty("50") as p:
        drawn(p)
        p.answer(b"2")
        for down in (b"\x1b[B", b"\x1bOB"):
            assert b">" in p.press(down)[0], down
        p.answer(b"?")
        out, seconds = p.press(b"\x1b")
        assert out and seconds < 0.15, (seconds, out)  # the overlay is gone
        out, _ = p.press(b"\x1b[>0;276;0c")  # an answer of the terminal
        assert out == b"", out


@test
def esc_with_a_key_behind_it_is_two_keys():
    with Screen([GALLERY, "50"], 80, 24) as s:
        s.wait("WORST FINDING")
        s.keys("2", "?")
        s.wait("type to search")
        s.type("\x1b3")  # one write: esc closes, 3 chooses the page
        s.wait("DEPENDENT")


@test
def pastes_go_to_inputs_only():
    with Screen([GALLERY, "50"], 80, 24) as s:
        s.wait("WORST FINDING")
        s.keys("2")
        s.wait("ALIAS")
        s.paste("3qq")  # outside an input: nothing runs
        s.keys("/")
        s.wait("/ ")
        s.paste("arn:aws:kms\nqq")
        s.wait("/ arn:aws:kms qq")
        s.keys("Escape", "j")
        s.wait(">H  orders-db")


@test
def mouse_is_off_until_asked():
    with pty() as p:
        assert b"\x1b[?1000h" not in drawn(p)
        assert b"\x1b[?1000h" in p.answer(b"m")
        assert b"mouse 0 at 4,2" in p.answer(b"\x1b[<0;5;3M")
        os.write(p.fd, b"q")
        assert b"\x1b[?1000l" in p.to_end()


@test
def copying_is_osc_52():
    with pty() as p:
        drawn(p)
        p.answer(b"2")
        out = p.answer(b"y")
        assert b"\x1b]52;c;cHJvZC1iYWNrdXAg" in out, out  # prod-backup ...
        assert b"sent to the terminal's clipboard" in out


@test
def copying_reaches_tmux():
    with Screen([GALLERY], 80, 24) as s:
        s.wait("WORST FINDING")
        s.keys("2", "y")
        s.wait("sent to the terminal's clipboard")
        end = time.monotonic() + HANG_S
        while "prod-backup" not in s._tmux("show-buffer", check=False):
            assert time.monotonic() < end, "tmux did not get the text"
            time.sleep(0.05)


@test
def title_is_set_and_put_back():
    with pty() as p:
        out = drawn(p)
        assert b"\x1b]2;keyfall gallery\x07" in out and b"\x1b[22;2t" in out
        os.write(p.fd, b"q")
        assert b"\x1b[23;2t" in p.to_end()
    with pty(term="linux") as p:
        assert b"\x1b]2;" not in drawn(p)


# ---- a terminal that does not read -------------------------------------------------------------


@test
def a_stalled_terminal_never_blocks_the_program():
    with pty("100000", width=300, height=100) as p:
        drawn(p)
        p.answer(b"2")
        for _ in range(60):  # more than the pty holds, and nobody reads
            os.write(p.fd, b"\x0c\x04")
            time.sleep(0.01)
        os.write(p.fd, b"g")
        time.sleep(0.1)
        out, _ = p.read(0.5)
        assert len(out) < 200000, len(out)  # frames were skipped
        assert b"1 of 100000" in out[-40000:], "the newest frame came last"


@test
def a_stalled_terminal_can_be_left():
    with pty("100000", width=300, height=100) as p:
        drawn(p)
        for _ in range(40):
            os.write(p.fd, b"\x0c")
            time.sleep(0.01)
        os.write(p.fd, b"q")
        start = time.monotonic()
        while time.monotonic() - start < 3:
            done, status = os.waitpid(p.pid, os.WNOHANG)
            if done:
                p.status = os.waitstatus_to_exitcode(status)
                break
            time.sleep(0.02)
        assert p.status == 0, "still there after %.1f s" % (time.monotonic() - start)


# ---- looks -------------------------------------------------------------------------------------


@test
def every_theme_and_page_draws_the_same_text():
    with Screen([GALLERY, "214"], 120, 36) as s:
        s.wait("Posture")
        for page in "123":
            s.keys(page)
            s.wait_still()
            body = s.lines()[2:-2]
            for _ in ansi2svg.names():  # round the built-in themes
                s.keys("T")
                s.wait_still()
                assert s.lines()[2:-2] == body
        svg = ansi2svg.to_svg(s.ansi(), 120, 36)
        assert svg.startswith("<svg") and "prod-backup" in svg


def main():
    passed = failed = 0
    for function in TESTS:
        if len(sys.argv) > 1 and function.__name__ not in sys.argv[1:]:
            continue
        start = time.monotonic()
        try:
            function()
            passed += 1
            print("ok %s (%.1f s)" % (function.__name__, time.monotonic() - start), flush=True)
        except Exception:  # pylint: disable=broad-except
            failed += 1
            print("not ok %s\n%s" % (function.__name__, traceback.format_exc()), flush=True)
    print("%d passed, %d failed" % (passed, failed))
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
