#!/usr/bin/env python3
"""The dashboard as lines (--linear): what a listener hears, typed as lines through a pipe, where there is no terminal."""

import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import dash  # noqa: E402
from screen import HANG_S, OwnConfig  # noqa: E402

TESTS = []


def test(function):
    TESTS.append(function)
    return function


def heard(*lines, args=(), status=0):
    """What is said after each line; after the first also what is said before any."""
    marked = "".join("%s\n:no-such-thing-%d\n" % (line, n) for n, line in enumerate(lines))
    config = OwnConfig({})
    env = {**os.environ, **config.env, "TERM": "dumb", "LC_ALL": "C.UTF-8"}
    done = subprocess.run(dash.demo("--linear", *args), input=marked.encode(), stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=HANG_S, check=False, env=env)
    config.remove()
    text = done.stdout.decode("utf-8")
    assert done.returncode == status, (done.returncode, done.stderr)
    assert "\x1b" not in text and not re.search("[\u2500-\u25ff\u00b7]", text), "a drawing"
    ornaments = re.search(r".*(  |([-=#|+])\2\2).*", text)
    assert not ornaments, ornaments
    parts = re.split(r'.*"no-such-thing-\d+"; tab completes\n', text)
    assert len(parts) == len(lines) + 1, text
    return [part.strip("\n") for part in parts[:-1]]


@test
def a_session():
    """Many lines, one start."""
    script = ["", "keys", "j", "k", "down", "/state:pending", "/nothing-like-it", "esc", "first", "i", "esc",
              "alias/legacy-backup", "keys", "?", "help", "f1", ":", "theme", "j", "enter", "S-tab"]
    (first, keys, down, again, word, pending, none, whole, _, impact, back,
     key, _, *helps, colon, theme, next_one, chosen, tab) = heard(*script)
    # pages are told row by row
    assert first.count("KEYS BEING DELETED") == 2, first  # enter alone tells all again
    assert "C, legacy-backup, prod-data, euw1, 6d 04h, breaks 496" in first
    rows = keys.split("\n")
    assert rows[0].startswith("keyfall demo > keys, PROD, READ"), rows[0]
    assert rows[1].startswith("ALIAS / ID, ACCOUNT, RGN, STATE")
    assert rows[2].startswith("> C, legacy-backup, prod-data, euw1, DEL 6d04h")
    # a move tells one row, and its name
    for text in (down, word):
        assert text.startswith("> C, old-db, legacy") and text.count("\n") == 1, text
        assert "arn:aws:kms:us-east-2" in text, text
    assert again.startswith("> C, legacy-backup")
    # a filter tells all that is left
    assert "1-4 of 4 shown" in pending and pending.count("legacy-backup") == 1 and "old-db" in pending, pending
    assert "Nothing matches" in none
    assert re.search("1-[0-9]+ of 4[0-9] shown", whole), whole
    # what falls, and back; a record by its name
    assert "IF key legacy-backup" in impact and "REMEDY" in impact
    assert back.startswith("keyfall demo > keys")
    assert "keyfall demo > keys > legacy-backup" in key and "REMEDY" not in key, key
    # keys are listed, each with its word and why it is off
    for text in helps:
        assert "Type a key's name" in text and "i, or impact: what falls if this goes" in text, text
        assert "refresh: read this row again, off: nothing is asked of AWS here" in text, text
    assert "type /TEXT to filter" in colon, colon
    # a choice lies over nothing
    assert "deuteranopia, who sees red and green alike" in theme and "legacy-backup" not in theme, theme
    assert next_one.startswith("> deuteranopia"), next_one
    assert "theme deuteranopia" in chosen, chosen
    assert tab.startswith("keyfall demo > regions"), tab


@test
def it_ends_with_q_and_with_the_input():
    done = subprocess.run(dash.demo("--linear"), input=b"keys\nq\nvaults\n", stdout=subprocess.PIPE, timeout=HANG_S,
                          check=True, env={**os.environ, "XDG_CONFIG_HOME": "/nonexistent"})
    assert b"> keys" in done.stdout and b"> vaults" not in done.stdout


@test
def the_viewer_says_why_a_key_is_off():
    assert "export is off: viewer mode writes files only with --export-dir" in heard("keys", "e", args=("--viewer",))[1]


if __name__ == "__main__":
    sys.exit(dash.run(TESTS))
