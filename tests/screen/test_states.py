#!/usr/bin/env python3
"""What the dashboard says when nothing could be read, when little was read yet, and when reading fails on the way:
never a zero that is not known, the trouble on every page, and one sentence with what to type."""

import os
import re
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import dash  # noqa: E402
from ptycount import Pty  # noqa: E402
from screen import Screen  # noqa: E402
from test_live_screen import no_denials, world  # noqa: E402
from endpoint.ops import load  # noqa: E402

TESTS = []
SIZES = ((60, 16), (80, 24), (120, 36), (200, 60))
# what stands there as if something had been read
ZEROS = re.compile(r"\b[CHML] 0\b|Nothing found|none that was seen|none seen|there are none|\d [A-Z]\w+ 0\b|\b0-0 of 0")


def test(function):
    TESTS.append(function)
    return function


def services():
    """Every service that the endpoint knows, but the one that says who we are."""
    return {service for service, _ in load()} - {"sts"}


def one_line(text):
    """The screen as one line, so that a sentence may stand on several."""
    return " ".join(line.strip() for line in text.split("\n"))


def status(screen):
    return screen.lines()[-3]


# ---- nothing could be read ---------------------------------------------------------------------------


@test
def a_region_that_is_not_there():
    for size in SIZES:
        for args in (("--region", "mars-1"), ("--region", "mars-1", "--ascii")):
            with Screen(dash.demo(*args), *size) as s:
                text = s.wait("Nothing could be read")
                text = s.wait_still()
                said = one_line(text)
                assert re.search(r"Nothing could be read: account \d{12} has no region mars-1: name another with --region",
                                 said), text
                assert "FINDINGS" not in text and not ZEROS.search(text), text
                assert "nothing could be read" in status(s), text
                assert not dash.faults(s.lines(), *size, is_ascii="--ascii" in args), (dash.faults(s.lines(), *size), text)
                assert "demo > all accounts > mars-1" in s.lines()[0], text
                s.keys("4")
                text = s.wait("> keys")
                assert "mars-1: name another" in one_line(s.wait_still()), text
                assert not ZEROS.search(s.text()), s.text()
                s.keys("1", "j", "Enter", "i", "Tab", "q")
                assert s.wait_ended() == 0


@test
def too_small_for_it():
    with Screen(dash.demo("--region", "mars-1"), 40, 10) as s:
        s.wait("keyfall: nothing could be read")
        s.resize(80, 24)
        s.wait(lambda text: "mars-1: name another" in one_line(text))


@test
def no_account_can_be_reached():
    with tempfile.TemporaryDirectory() as folder:
        none = {"AWS_CONFIG_FILE": folder + "/none", "AWS_SHARED_CREDENTIALS_FILE": folder + "/none",
                "AWS_EC2_METADATA_DISABLED": "true"}
        keys = {**none, "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "x"}
        binary = dash.program()
        for argv, env, wanted in (
                ([binary], none, "no AWS credentials: tried environment .* run `aws configure` or pass --profile"),
                ([binary, "--profile", "nosuch"], none, 'profile "nosuch" is not in .* choose one with --profile'),
                ([binary, "--endpoint-url", "http://127.0.0.1:9", "--region", "us-east-1"], keys,
                 "cannot reach 127.0.0.1 port 9.* check the network, HTTPS_PROXY, and --region or --endpoint-url")):
            for size in SIZES[:2]:
                with Screen(argv, *size, env=env) as s:
                    s.wait("Nothing could be read")
                    text = s.wait_still()
                    assert re.search("Nothing could be read: .*" + wanted, one_line(text)), (wanted, text)
                    assert "FINDINGS" not in text and not ZEROS.search(text), text
                    assert "read before" not in text, text
                    s.keys("q")
                    assert s.wait_ended() == 0


@test
def everything_is_denied():
    """The regions are known and no list of theirs is read: no overview of zeros either."""
    with world("--seed", "14", "--accounts", "1", "--regions", "1", "--keys", "3", "--points", "2", "--plain",
               change=no_denials) as (endpoint, args, env, folder):
        for service in services():
            endpoint.ctl("fault", {"match": {"service": service}, "kind": "denied", "duration_s": 600})
        for size in SIZES[:3]:
            with Screen(args, *size, env=env, cwd=folder) as s:
                s.wait("Nothing could be read")
                text = s.wait_still()
                assert re.search(r"Nothing could be read: [\w-]+:\w+ in \d+ \w+: .* allow [\w-]+:\w+ for arn:\S+", one_line(text)), text
                assert "FINDINGS" not in text and not ZEROS.search(text), text
                s.keys("q")
                assert s.wait_ended() == 0


# ---- not yet read ------------------------------------------------------------------------------------


@test
def no_zero_before_it_was_read():
    """40 ms an answer: every picture until all is read is looked at."""
    with world("--seed", "5", "--accounts", "2", "--regions", "2", "--keys", "20", "--points", "10", "--plain",
               change=no_denials, serve=("--latency-ms", "40")) as (_, args, env, folder):
        for size in ((80, 24), (120, 36)):
            with Screen(args, *size, env=env, cwd=folder) as s:
                seen = set()
                while dash.READY not in (text := s.text()):
                    if not text.startswith(" keyfall"):
                        continue
                    seen.add("FINDINGS" in text)
                    assert not ZEROS.search(text), (ZEROS.search(text)[0], text)
                    assert "reading" in text.split("\n")[-4], text
                assert True in seen, "it was read at once"
                assert "FINDINGS" in s.text()
            with Screen(args, *size, env=env, cwd=folder) as s:
                s.wait("keyfall")
                s.keys("4")
                s.wait("> keys")
                while dash.READY not in (text := s.text()):
                    assert not ZEROS.search(text), text


@test
def the_first_picture_of_the_demo():
    with Pty(dash.demo()) as p:
        out = (p.until(b"FINDINGS") + p.rest()).decode("utf-8", "replace")
        first = out.split("FINDINGS", 1)[0] + out.split("FINDINGS", 1)[1][:400]
        text = re.sub("\x1b\\[[0-9;]*[A-Za-z]", " ", first)
        assert not re.search(r"\b[CH] 0\b|Nothing found|none that was seen", text), text


# ---- trouble on the way ------------------------------------------------------------------------------


@test
def trouble_is_told_on_every_page():
    with world("--seed", "12", "--accounts", "2", "--regions", "1", "--keys", "6", "--points", "4", "--plain",
               change=no_denials) as (endpoint, args, env, folder):
        with Screen(args, 80, 24, env=env, cwd=folder) as s:
            dash.ready(s)
            s.keys("4")
            s.wait(" shown, ")
            endpoint.ctl("fault", {"match": {"service": "kms"}, "kind": "e500", "duration_s": 600})
            s.keys("R")
            s.wait("reading keys again")
            s.wait_gone("reading keys again")
            trouble = re.compile(r"kms.* fails? since \d\d:\d\dZ .* \d+ blind spots? \(!\) .* not all current ")
            s.wait(lambda text: trouble.search(text.split("\n")[-4]))
            for page in ("keys", "accounts", "vaults", "detail", "impact", "findings", "overview", "errors"):
                keys = {"detail": ["4", "Enter"], "impact": ["4", "i"], "findings": [":", "=findings", "Enter"],
                        "overview": ["1"], "errors": ["!"], "keys": ["4"], "accounts": ["2"], "vaults": ["6"]}[page]
                s.keys("Escape", "1")
                for key in keys:
                    s.type(key[1:]) if key.startswith("=") else s.keys(key)
                    s.wait_still(quiet=0.05)
                assert trouble.search(status(s)), (page, s.text())
            # the newest row is not "current"
            assert "accounts current" not in status(s), status(s)
            endpoint.ctl("reset_faults", {})
            s.wait(lambda text: dash.READY in text.split("\n")[-4] and "since" not in text.split("\n")[-4])
            s.keys("q")
            assert s.wait_ended() == 0


@test
def without_a_network_it_says_since_when():
    with world("--seed", "13", "--accounts", "1", "--regions", "1", "--keys", "3", "--points", "2", "--plain",
               change=no_denials) as (endpoint, args, env, folder):
        with Screen(args, 120, 36, env=env, cwd=folder) as s:
            s.wait("account current")
            s.keys("4")
            s.wait(" shown, ")
            endpoint.stop()
            s.keys("R")
            s.wait(lambda text: re.search(r"no network since \d\d:\d\dZ, shown as it was read before", text.split("\n")[-4]))
            s.keys("q")
            assert s.wait_ended() == 0


# ---- wrong usage -------------------------------------------------------------------------------------


@test
def every_wrong_line_of_the_configuration_is_listed():
    with tempfile.TemporaryDirectory() as folder:
        path = folder + "/wrong.conf"
        with open(path, "w", encoding="utf-8") as out:
            out.write("[general]\ntheem = dark\n[refresh]\ncycle = 10\n[tagret prod]\nprofile = x\n[keys]\nimpact = f99\n")
        for size in SIZES[1:3]:
            with Screen(dash.demo("--config", path), *size) as s:
                s.wait(dash.READY)
                assert "4 lines do not count (! lists them)" in s.text(), s.text()
                s.keys("!")
                text = s.wait_still()
                places = re.findall(r"wrong\.conf:\d+:\d+ ", text)
                assert [p.strip() for p in places] == ["wrong.conf:%s" % p for p in ("2:1", "4:9", "5:1", "8:10")], text
                s.keys("j", "j")
                text = one_line(s.wait_still())
                assert "there is no section [tagret prod]; did you mean" in text, text
                s.keys("Enter")
                s.wait("keyfall.conf is read once")


@test
def a_line_of_the_configuration_that_is_none_ends_it():
    with tempfile.TemporaryDirectory() as folder:
        path = folder + "/wrong.conf"
        with open(path, "w", encoding="utf-8") as out:
            out.write("[target prod\nprofile = x\n")
        with Screen(dash.demo("--config", path), 80, 24) as s:
            assert s.wait_ended() == 3
            text = one_line(s.text())
            assert "closing bracket: [target prod] and the lines under it are ignored" in text, text
            assert "nothing is read with settings that cannot be read whole" in text, text


@test
def what_was_said_is_whole_or_marked():
    """On the page of errors; where there is no room for all rows of the overview, it says so."""
    with Screen(dash.demo(), 80, 24) as s:
        s.wait(dash.READY)
        s.keys("!")
        s.wait_still()
        for _ in range(12):
            text = one_line(s.wait_still(quiet=0.3))
            said = re.search(r" said (.*?) fix ", text)
            assert said and (said[1].rstrip().endswith("\u2026") or "\u2026" not in said[1]), text
            assert "because no identity-based policy allows" not in said[1] or re.search("action$|\u2026$", said[1].strip()), text
            s.keys("j")
    with Screen(dash.demo(), 60, 16) as s:
        s.wait("+7 accounts: 2 lists them")


@test
def a_theme_that_is_not_there_is_wrong_usage():
    for name in ("nope", "a/b", "\x1b[31m"):
        with Pty(dash.demo("--theme", name)) as p:
            before = p.fresh
            out = p.to_end()
            assert p.wait() == 2, (name, p.status, out)
            assert b"\x1b" not in out and out.count(b"\n") == 1, out
            assert p.modes() == before
            if "/" not in name:
                for theme in (b"dark", b"high-contrast", b"light", b"mono"):
                    assert theme in out, (theme, out)


if __name__ == "__main__":
    sys.exit(dash.run(TESTS))
