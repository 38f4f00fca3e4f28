#!/usr/bin/env python3
"""What the dashboard remembers, by the keys that people press: themes, columns, saved views, other keys; and that
viewer mode writes none of it."""

import collections
import csv
import glob
import json
import os
import re
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import ansi2svg  # noqa: E402
import dash  # noqa: E402
from screen import Screen  # noqa: E402

TESTS = []


def test(function):
    TESTS.append(function)
    return function


def started(folder, *args, size=(100, 30), **kw):
    return Screen(dash.demo(*args), *size, env={"XDG_CONFIG_HOME": folder}, **kw)


def remembered(folder):
    try:
        with open(folder + "/keyfall/screen.conf", encoding="utf-8") as src:
            return src.read()
    except FileNotFoundError:
        return ""


def look(s):
    """Text and colours, whatever way they were painted."""
    style = ansi2svg.Style("ink", "ground")
    return [[(text.rstrip(), colours) for _, _, text, _, colours, _ in ansi2svg.runs(line, style) if text.strip()]
            for line in s.ansi().split("\n")]


def still(s):
    """The screen once it is read, with the name of the row that comes after a rest."""
    dash.ready(s).wait_still(quiet=0.4)
    return look(s)


def command(s, text):
    """After ':', and enter."""
    s.keys(":")
    s.wait(lambda screen: screen.split("\n")[s.height - 2].startswith(" :"))
    s.type(text)
    s.keys("Enter")


@test
def a_theme_is_looked_at_then_kept():
    with tempfile.TemporaryDirectory() as folder:
        with started(folder) as s:
            before = still(s)
            command(s, "theme")
            s.wait("THEME")
            s.keys("j")  # the next one is shown behind the box
            s.wait("theme deuteranopia")
            assert look(s) != before
            s.keys("Escape")
            s.wait_gone("THEME")
            s.wait(lambda _: look(s) == before)
            assert "theme" not in remembered(folder)
            command(s, "theme")
            s.wait("THEME")
            s.keys("G", "Enter")
            s.wait("theme tritanopia")
            assert "theme = tritanopia" in remembered(folder)
            kept = dash.colours(s.ansi())
            s.keys("q")
            s.wait_ended()
        with started(folder) as s:  # the next session has it
            dash.ready(s)
            assert dash.colours(s.ansi()) == kept
        with started(folder, "--theme", "mono") as s:  # what is typed wins
            dash.ready(s)
            assert not dash.colours(s.ansi())


@test
def a_theme_is_shown_while_its_name_is_typed():
    with tempfile.TemporaryDirectory() as folder, started(folder) as s:
        before = still(s)
        s.keys(":")
        s.type("theme nig")
        s.keys("Tab")
        s.wait("theme night")
        assert look(s) != before
        s.keys("Escape")
        s.wait(lambda _: look(s) == before)
        assert not remembered(folder)
        command(s, "theme nothing")
        s.wait("there is no theme nothing: there are 16-colour, dark")


@test
def a_wrong_theme_of_the_users_is_told_by_its_place():
    with tempfile.TemporaryDirectory() as folder, started(folder, size=(120, 36)) as s:
        os.makedirs(folder + "/keyfall/themes")
        with open(folder + "/keyfall/themes/mine.theme", "w", encoding="utf-8") as out:
            out.write("[theme]\nname = mine\nfor = me\n[roles]\nerror = redd\n")
        dash.ready(s)
        command(s, "theme mine")
        s.wait("mine.theme:5:9: redd is no colour")


@test
def columns_are_chosen_and_stay():
    with tempfile.TemporaryDirectory() as folder:
        with started(folder) as s:
            dash.open_page(dash.ready(s), "keys")
            assert "ROT" in s.lines()[3]
            s.keys("#")
            s.wait("COLUMNS")
            s.keys("j", "Space")  # the account goes
            s.wait(lambda screen: "ACCOUNT" not in screen.split("\n")[3])
            s.keys("Escape")
            s.wait(lambda screen: "ACCOUNT" in screen.split("\n")[3] and "COLUMNS" not in screen)
            s.keys("#", "Space", "j", "Space", "k", ">", ">", "Enter")  # the name does not go
            s.wait(lambda screen: "ACCOUNT" not in screen.split("\n")[3] and "COLUMNS" not in screen)
            s.keys("1", "4")
            s.wait(lambda screen: "ALIAS / ID" in screen and "ACCOUNT" not in screen.split("\n")[3])
            assert "[columns keys]\nshow = aliases:26 region state" in remembered(folder)
            command(s, "columns spec state:30")
            s.wait(lambda screen: "SPEC" in screen.split("\n")[3] and "ROT" not in screen.split("\n")[3])
            command(s, "columns spec nothing")
            s.wait("column 6: there is no column nothing here")
            s.keys("#", "d", "Enter")
            s.wait(lambda screen: "ACCOUNT" in screen.split("\n")[3])
            s.wait("its own")
            assert "columns" not in remembered(folder).split("\n", 1)[1]


@test
def a_list_is_saved_and_found_again():
    with tempfile.TemporaryDirectory() as folder:
        with started(folder) as s:
            dash.open_page(dash.ready(s), "vaults")
            command(s, "vaults locked:false")
            s.wait("filter: locked:false")
            s.keys("s")
            s.wait("sort: name")
            command(s, "save no lock")
            s.wait("save it under a name of letters")
            command(s, "save no-lock")
            s.wait("saved as no-lock")
            text = s.lines()[3:20]
            s.keys("1", "V")
            s.wait("SAVED VIEWS")
            assert "no-lock" in s.text() and "vaults" in s.text()
            s.keys("Enter")
            s.wait("> no-lock > vaults")
            s.wait("filter: locked:false")
            assert s.lines()[3:20] == text
            s.keys("q")
            s.wait_ended()
        with started(folder) as s:
            dash.ready(s)
            s.keys(":")
            s.type("view n")
            s.keys("Tab", "Enter")
            s.wait("> no-lock > vaults")
            assert s.lines()[3:20] == text
            command(s, "forget no-lock")
            s.wait("no-lock is forgotten")
            assert "no-lock" not in remembered(folder)
            command(s, "view no-lock")
            s.wait('nothing is saved as "no-lock"')


@test
def viewer_mode_remembers_nothing():
    with tempfile.TemporaryDirectory() as folder, started(folder, "--viewer") as s:
        dash.open_page(dash.ready(s), "keys")
        s.keys("T")
        s.wait("theme deuteranopia")
        command(s, "save x")
        s.wait("viewer mode writes no settings")
        s.keys("#", "j", "Space", "Enter")
        s.wait(lambda screen: "ACCOUNT" not in screen.split("\n")[3])
        s.keys("q")
        s.wait_ended()
        assert os.listdir(folder) == [], os.listdir(folder)


@test
def a_wrong_line_stays_and_is_listed():
    with tempfile.TemporaryDirectory() as folder:
        os.makedirs(folder + "/keyfall")
        with open(folder + "/keyfall/screen.conf", "w", encoding="utf-8") as out:
            out.write("[screen]\ntheme = light\nsize = 3\n")
        with started(folder, size=(120, 36)) as s:
            s.wait("screen.conf:3:1: size is nothing that stands here")
            dash.ready(s)
            s.keys("!")
            s.wait("screen.conf:3:1")
            s.keys("T")
            s.wait("the file is to be mended first")
        assert "size = 3" in remembered(folder)


@test
def other_keys_are_in_the_help_and_work():
    with tempfile.TemporaryDirectory() as folder:
        conf = folder + "/keyfall.conf"
        with open(conf, "w", encoding="utf-8") as out:
            out.write("[keys]\nimpact = f4 f6\ncopy = i\nwho = i\nfly = f7\n")
        with started(folder, "--config", conf, size=(120, 36)) as s:
            s.wait("2 lines do not count")
            dash.open_page(dash.ready(s), "keys")
            assert "F4 impact" in s.lines()[-1] and "i copy ARN" in s.lines()[-1], s.text()
            s.keys("F6")
            s.wait("> legacy-backup > impact")
            s.keys("!")
            s.wait("keyfall.conf:4:7")  # a key has one meaning
            s.wait("keyfall.conf:5:7")  # and an action is one that there is
            s.keys("Escape", "?")
            s.wait("F4 F6")


@test
def a_scope_holds_for_every_list():
    with tempfile.TemporaryDirectory() as folder, started(folder) as s:
        dash.ready(s)
        command(s, "scope nowhere")
        s.wait('no account and no Region that is read is called "nowhere"')
        s.keys(":")
        s.type("scope prod-d")
        s.keys("Tab")
        s.wait(": scope prod-data")
        s.type(" euw1")
        s.keys("Enter")
        s.wait("demo > prod-data euw1 ")  # the overview stays, of that place alone
        s.keys("4")
        s.wait("> prod-data euw1 > keys")
        s.wait("legacy-backup")
        assert "old-db" not in s.text() and "ACCOUNT" not in s.lines()[3]  # that of another account; one for all
        s.keys("6")
        s.wait("> prod-data euw1 > vaults")
        s.wait("prod-vault")
        s.keys("2")  # an account is in no Region
        s.wait("> prod-data euw1 > accounts")
        s.wait("1-1 of 1 shown")
        command(s, "scope us-east-2")
        s.wait("> accounts")
        s.wait("1-7 of 7 shown")
        s.keys("4")
        s.wait("> use2 > keys")
        s.wait("old-db")
        command(s, "scope all")
        s.wait("every account and Region again")
        s.wait("> keys")
        s.wait(lambda text: "use2 >" not in text.split("\n")[0])


def rows_of(path):
    with open(path, encoding="utf-8", newline="") as src:
        return list(csv.DictReader(src))


@test
def what_a_scope_leaves_is_counted_and_exported():
    """The counts on the screen are those of the files, and no file has a row of elsewhere."""
    with tempfile.TemporaryDirectory() as folder, started(folder, cwd=folder) as s:
        dash.ready(s)
        command(s, "scope prod-data euw1")
        text = s.wait(lambda text: " demo > prod-data euw1 " in text.split("\n")[0])
        counts = {mark: int(n) for mark, n in re.findall(r" ([CHML]) (\d+)\+?  ", text.split("\n")[3])}
        n_keys = int(re.search(r"4 Keys (\d+)", text)[1])
        s.keys("E")
        s.wait("every view and manifest.json written")
        (inside,) = glob.glob(folder + "/**/keyfall-all-*", recursive=True)
        with open(inside + "/manifest.json", encoding="utf-8") as src:
            assert json.load(src)["filter"] == "account=111122223333 region=eu-west-1"
        for path in glob.glob(inside + "/*.csv"):
            places = {(row["account"], row["region"]) for row in rows_of(path)}
            assert places <= {("111122223333", "eu-west-1"), ("111122223333", "")}, (path, places)
        assert len(rows_of(inside + "/keys.csv")) == n_keys
        found = collections.Counter(row["severity"] for row in rows_of(inside + "/findings.csv")
                                    if row["state"] == "open" and row["folded"] == "false")
        assert counts == {mark: found[word] for mark, word in
                          zip("CHML", ("critical", "high", "medium", "low"))}, (counts, found)
        s.keys("4", "i")  # what falls is told of everything, and says so
        s.wait("beyond the scope too")


@test
def tab_completes_what_follows():
    with tempfile.TemporaryDirectory() as folder, started(folder) as s:
        dash.ready(s)
        s.keys(":")
        s.type("keys st")
        s.keys("Tab")
        s.wait(": keys state")
        s.type(":pending")
        s.keys("Enter")
        s.wait("filter: state:pending")
        s.keys(":")
        s.type("re")
        s.keys("Tab")
        s.wait("regions recovery-points")  # what else there is
        s.keys("Tab", "Tab", "Escape")


if __name__ == "__main__":
    sys.exit(dash.run(TESTS))
