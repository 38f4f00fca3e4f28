#!/usr/bin/env python3
"""What single pages must do: causes before their effects, columns that say something, a cursor that hides nothing,
filters and inputs that take only what is meant for them."""

import csv
import os
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import ansi2svg  # noqa: E402
import dash  # noqa: E402
from screen import Screen  # noqa: E402

TESTS = []
MARK = re.compile(r"^[> ]([CHMLI.?][?~ ]|\.\.)")


def test(function):
    TESTS.append(function)
    return function


def rows(screen):
    """The lines of a list."""
    return [line for line in screen.lines()[4:-4] if line.strip()]


def column(screen, title, height=None):
    """The texts under a column's title, to where the next one begins."""
    head = screen.lines()[3]
    at = head.index(title)
    rest = re.search(r"\s{2,}\S", head[at + len(title):])
    end = at + len(title) + rest.end() - 1 if rest else len(head) + 20
    start = at
    while start > 0 and head[start - 1] == " " and head[start - 2] == " ":
        start -= 1
    return [line[at:end].strip() for line in rows(screen)[:height]]


def command(screen, text, place=None):
    screen.keys(":")
    screen.type(text)
    screen.keys("Enter")
    screen.wait("> " + (place or text.split()[0]))
    return screen.wait_still()


def styles(ansi):
    """(character, (ink, ground), attributes) of each cell of each line; a style goes on to the next line."""
    style = ansi2svg.Style(*ansi2svg.paper("dark"))
    return [[(c, colours, flags) for _, _, text, _, colours, flags in ansi2svg.runs(line, style) for c in text]
            for line in ansi.split("\n")]


# ---- causes and effects ------------------------------------------------------------------------------


@test
def causes_stand_before_their_effects():
    with Screen(dash.demo(), 120, 60) as s:
        dash.ready(s)
        counts = dict(re.findall(r"\b([CHML]) (\d+)\+", s.lines()[3]))
        command(s, "findings")
        marks = [MARK.match(line)[1].strip() for line in rows(s)]
        assert marks.count("C") == int(counts["C"]), (counts, s.text())
        assert "legacy-backup" in rows(s)[0] and "Key awaits deletion" in rows(s)[0], s.text()
        shown, whole = re.search(r"of (\d+) shown, (\d+) in all", s.text()).groups()
        assert int(shown) < int(whole), s.text()
        effects = int(re.search(r"(\d+) are effects", s.text())[1])
        assert effects == int(whole) - int(shown)
        hits = int(re.search(r"legacy-backup +(\d+)", s.text())[1])
        for open_key, shut_key in (("Right", "Left"), ("Enter", "h"), ("l", "Left")):
            s.keys("g", open_key)
            s.wait("of %d shown" % (int(shown) + hits))
            assert "├" in rows(s)[1], s.text()
            s.keys("j", "j", shut_key)
            s.wait("of %s shown" % shown)
            assert rows(s)[0].startswith(">C"), s.text()
        s.keys("Right", "Enter")  # what is open already is opened as a record
        s.wait("> findings > legacy-backup")
        s.keys("Escape")
        s.wait("of %d shown" % (int(shown) + hits))


@test
def a_cell_opens_what_it_counts():
    with Screen(dash.demo(), 120, 36) as s:
        dash.ready(s)
        s.keys("Tab")
        cells = 0
        for _ in range(7):
            line = re.search("^ > .*", s.wait(lambda text: re.search("^ > ", text, re.M)), re.M)[0]
            counted = re.match(r" > (\S+) +([CHMLI]) (\d+)(\??)", line)
            if counted:
                cells += 1
                s.keys("Enter")
                s.wait(lambda text: "> findings" in text)
                s.wait_still()
                marks = [MARK.match(row)[1] for row in rows(s)]
                assert marks.count(counted[2] + " ") == int(counted[3]), (line, s.text())
                is_first = marks[0] == counted[2] + " " or (marks[0][1] == "?" and counted[4])
                assert is_first, (line, s.text())
                assert counted[1] in s.lines()[0], s.text()
                s.keys("Escape")
                s.wait("FINDINGS")
            s.keys("j")
            s.wait_still()
        assert cells >= 4, cells


@test
def likes_are_one_line():
    """Of one rule and one cause, wherever: counted, and unfolded by Enter; the overview tells them in one line too, and
    Enter there shows all of them."""
    with Screen(dash.demo(), 200, 60) as s:
        dash.ready(s)
        first = s.text().split("WHAT TO DO FIRST", 1)[1].split("\n")[1:]
        at, n = next((i, int(m[1])) for i, m in enumerate(
            re.match(r" \w\?? +(\d+) keys .* \d accounts ", line) for line in first) if m)
        s.keys("Tab", "Tab", *["j"] * at, "Enter")
        s.wait("> findings")
        s.wait(lambda text: n >= 3 and shown(text) == n and "├" in rows(s)[1])
        s.keys("Escape")
        s.wait("WHAT TO DO FIRST")
        command(s, "findings")
        before = shown(s.wait_still())
        at, n = next((i, int(m[1])) for i, m in enumerate(
            re.match(r" \w\?? *▸(\d+) keys .* \d accounts ", row) for row in rows(s)) if m)
        s.keys(*["j"] * at, "Enter")
        s.wait(lambda text: shown(text) == before + n - 1 and "├" in rows(s)[at + 1])
        s.keys("j", "Left")
        s.wait(lambda text: shown(text) == before)


def shown(text):
    found = re.search(r"of (\d+) shown", text)
    return found and int(found[1])


@test
def an_effect_without_its_cause_stands_alone():
    with Screen(dash.demo(), 80, 24) as s:
        dash.ready(s)
        command(s, "findings")
        s.keys("/")
        s.type("F-RP-02")
        s.wait("filter: F-RP-02")
        text = s.wait_still()
        assert "are effects" not in text and len(rows(s)) > 5, text


# ---- columns -----------------------------------------------------------------------------------------


@test
def columns_say_something_at_80():
    with Screen(dash.demo(), 80, 24) as s:
        dash.ready(s)
        dash.open_page(s, "keys")
        for title in ("ROT", "READ", "STATE"):
            assert not [c for c in column(s, title) if "…" in c], (title, s.text())
        dash.open_page(s, "regions")
        assert not [c for c in column(s, "STATUS") if "…" in c] and "default" in column(s, "STATUS"), s.text()
        dash.open_page(s, "accounts")
        assert all(re.match(r"[CHMLI] \d+|$", c) for c in column(s, "FINDINGS")), s.text()
        assert "SUSPENDED" in s.text()
        dash.open_page(s, "recovery-points")
        assert all(re.match(r"snap-\S+", c) for c in column(s, "RECOVERY POINT")), s.text()
        assert all(re.fullmatch(r"\d+[dhms]", c) for c in column(s, "CREATED")), s.text()
        assert "VAULT " not in s.lines()[3] and "ACCOUNT" not in s.lines()[3], s.text()  # the same in all rows
        dash.open_page(s, "aliases")
        assert all(re.match(r"[0-9a-f]{8}-|-$|mrk-", c) for c in column(s, "KEY")), s.text()
        dash.open_page(s, "blind-spots")
        assert not re.search(r"AccessDen…|Throttlin…", s.text()), s.text()
    with Screen(dash.demo(), 120, 36) as s:
        dash.ready(s)
        dash.open_page(s, "blind-spots")
        assert "in 0s" not in s.text() and all(re.fullmatch(r"\d\d:\d\dZ|\d+d", c) for c in column(s, "SINCE")), s.text()
        dash.open_page(s, "keys")
        assert "CUSTOM…" not in s.text() and "444455…" not in s.text(), s.text()


@test
def the_overview_cuts_no_place():
    for width in (100, 120):
        with Screen(dash.demo(), width, 36) as s:
            dash.ready(s)
            first = s.text().split("WHAT TO DO FIRST", 1)[1]
            for place in ("prod-data euw1", "legacy use2", "sandbox usw2"):
                assert place in first, (width, place, s.text())
            assert "CancelKeyDeletion" in first, s.text()


# ---- the cursor --------------------------------------------------------------------------------------


@test
def the_cursor_hides_no_severity():
    for args, env in ((["--theme", "dark"], {}), (["--theme", "light"], {}), (["--theme", "high-contrast"], {}),
                      ([], {"NO_COLOR": "1"})):
        with Screen(dash.demo(*args), 80, 24, env=env) as s:
            dash.ready(s)
            dash.open_page(s, "keys")
            here, below = styles(s.ansi())[4:6]
            assert here[0][0] == ">" and here[4][1][1] != below[4][1][1], (args, here[:6])
            assert here[1] == below[1], (args, here[1], below[1])  # C and C look the same
            if not env:
                assert here[1][1] != below[20][1], here[1]


@test
def one_cursor_a_screen():
    for size in ((80, 24), (120, 36), (200, 60)):
        with Screen(dash.demo(), *size) as s:
            dash.ready(s)
            for _ in range(4):
                text = s.wait_still()
                body = "\n".join(s.lines()[3:-3])
                assert len(re.findall(r"^ ?>", body, re.M)) == 1, text
                s.keys("Tab")


@test
def the_overview_begins_where_it_is_worst():
    with Screen(dash.demo(), 120, 36) as s:  # whatever came first while it was read
        dash.ready(s)
        assert re.search("^>C  legacy-backup", s.text(), re.M), s.text()
        s.keys("Tab")
        first = re.search("WORST FINDING.*\n( > .*)", s.wait("\n > "))
        assert first and re.match(" > [\\w-]+ +C ", first[1]), s.text()
        s.type("1\t")  # at once: before it is drawn
        s.wait(lambda text: re.search("WORST FINDING.*\n > ", text))


@test
def a_cursor_that_was_not_moved_stays_at_the_top():
    with Screen(dash.demo(), 80, 24) as s:
        dash.ready(s)
        dash.open_page(s, "keys")
        for key in ("s", "s", "S", "s", "0", "0"):
            s.keys(key)
            s.wait_still()
            assert rows(s)[0].startswith(">"), (key, s.text())
            assert re.search(r"^ 1-", s.lines()[-4]), s.text()
        s.keys("j", "j")
        s.wait_still()
        name = next(line for line in rows(s) if line.startswith(">"))[4:20]
        s.keys("S")
        s.wait_still()
        assert next(line for line in rows(s) if line.startswith(">"))[4:20] == name, s.text()


# ---- going back --------------------------------------------------------------------------------------


@test
def esc_clears_what_was_typed_then_goes_back():
    with Screen(dash.demo(), 80, 24) as s:
        dash.ready(s)
        dash.open_page(s, "recovery-points")
        assert "of 400 shown, 400 in all" in s.text(), s.text()
        s.keys("/")
        s.type("snap-00")
        s.keys("Enter")
        s.wait("filter: snap-00")
        assert "400 in all" in s.text(), s.text()
        s.keys("Escape")
        s.wait("of 400 shown, 400 in all")
        s.keys("Escape")
        s.wait(lambda text: text.split("\n", 1)[0].startswith(" keyfall demo > vaults "))
        command(s, "keys sev>=H")
        s.keys("Escape")
        s.wait_gone("filter: sev>=H")
        assert "> keys" in s.lines()[0]


# ---- impact ------------------------------------------------------------------------------------------


@test
def impact_uses_the_room_there_is():
    with Screen(dash.demo(), 200, 60) as s:
        dash.ready(s)
        dash.open_page(s, "impact")
        tree = [line for line in s.lines()[6:-12] if line.strip()]
        assert len(tree) > 25, s.text()
        assert "db-instance orders-db" in s.text() and re.search("volume vol-", s.text()), s.text()
        assert "lambda-function" in s.text()
        before = s.text()
        s.keys("Left")  # what the user folds stays folded
        s.wait_gone("db-instance orders-db")
        s.keys("Right")
        s.wait(lambda text: text == before)


@test
def marked_rows_fall_together():
    with Screen(dash.demo(), 120, 36) as s:
        dash.ready(s)
        dash.open_page(s, "keys")
        s.keys("Space", "Space")
        text = s.wait("2 marked, i: all together")
        marked = [line for line in rows(s) if re.match(r"^[> ]..\S", line)]
        assert len(marked) == 2, text
        s.keys("Space", "k", "Space")  # the third, and off again
        s.wait("2 marked, i: all together")
        s.keys("i")
        text = s.wait(lambda t: "2 marked > impact" in t and "THEN ..." in t)
        assert re.search(r"IF all 2: key legacy-backup delete, key \S+ delete, THEN", text), text
        alone = int(re.search(r"lost (\d+)", text)[1])
        s.keys("Escape", "u")
        s.wait_gone("marked")
        s.keys("g", "i")
        text = s.wait(lambda t: "IF key legacy-backup: delete, THEN" in t)
        assert int(re.search(r"lost (\d+)", text)[1]) < alone, text


@test
def the_chain_tells_each_hop_and_its_fact():
    with Screen(dash.demo(), 120, 36) as s:
        dash.ready(s)
        dash.open_page(s, "chain")
        text = s.wait(lambda t: "CHAIN of key legacy-backup" in t and "HANGS BY" in t)
        assert re.search(r"vault prod-vault +vault key +EncryptionKeyArn +\d\d:\d\dZ", text), text
        s.keys(*"jjjjj")
        text = s.wait(lambda t: re.search(r"HOP 2 +legal-hold", t))
        assert re.search(r"FROM +key legacy-backup\n +HOP 1 +vault prod-vault +vault key \(EncryptionKeyArn, read \d", text), text
        s.keys("Left", "Left")  # up to its parent, which folds
        s.wait_gone("legal-hold")
        s.keys("c")  # the same tree, told by what happens
        s.wait(lambda t: "> impact" in t and "WHAT HAPPENS" in t)
        dash.open_page(s, "recovery-points")
        s.keys("c")  # of what is under a key the chain of that key, the cursor at it
        s.wait(lambda t: "> chain" in t and re.search(r"^>C +[│├└─ ]+(ebs|db)-snapshot \S+", t, re.M))


@test
def a_row_that_was_not_read_says_why():
    with Screen(dash.demo(), 120, 36) as s:
        dash.ready(s)
        dash.open_page(s, "impact")
        for _ in range(30):
            if re.search(r"^>\? ", s.text(), re.M):
                break
            s.keys("j")
            s.wait_still(quiet=0.03)
        text = s.wait_still(quiet=0.3)
        assert re.search(r"WHY +\S+:\S+ in \S+", text) and "REMEDY" in text, text
        s.keys("Enter")
        text = s.wait(lambda text: " said " in text or "NOT SEEN" in text)
        assert "no row" not in text and "off:" not in text, text
        assert " fix " in text, text


@test
def far_keys_on_products_that_are_not_read_yet():
    with Screen(dash.demo(), 80, 24) as s:
        s.wait("> all accounts")
        s.keys("7", "G", "PageDown", "C-d", "g", "q")
        assert s.wait_ended() == 0


# ---- who may use a key ---------------------------------------------------------------------------------


@test
def who_may_use_a_key():
    with Screen(dash.demo(), 120, 36) as s:
        dash.ready(s)
        dash.open_page(s, "who")
        text = s.text()
        assert re.search(r"fails +kms:ReEncryptFrom: no stat", text), text
        assert "without it:" in text and re.search(r"who may use it \d+ of \d+ known", text), text
        s.keys("n")  # to the first flow that fails
        text = s.wait(lambda t: " fails at  kms:" in t)
        assert "EBS: use or copy a shared snapshot" in text and "whom IAM of 333344445555 lets" in text, text
        s.keys("G", *["k"] * 4, "Enter")  # above what would prevent its deletion
        s.wait("role/DataPlatformAdmin")
        s.keys("j")
        text = s.wait(lambda t: "allowed   decrypt, encrypt, grant, manage, delete: keyPolicy statement 1" in t)
        s.keys("k", "Enter")
        s.wait_gone("role/DataPlatformAdmin")
        s.keys("k", "Enter")  # the last statement: who loses what without it
        text = s.wait("loses decrypt, encrypt, grant")
        assert "shared-backup role/BreakGlass" in text, text
        s.keys("Escape")
        s.wait("> aliases")


@test
def a_path_opens_its_links():
    with Screen(dash.demo(), 80, 24) as s:
        dash.ready(s)
        command(s, "copy-paths")
        s.keys("Enter")
        text = s.wait("LINKS")
        assert re.search(r"copy path +BROKEN\n +mechanism +aws-backup\n +made by +weekly\n", text), text
        assert re.search(r"remedy +make the key usable again\n +AWS's page +docs\.aws", text), text
        assert re.search(r"H +source-key +BROKEN +legacy-backup\n H +the source key is PendingDeletion\n", text), text
        for link in ("source", "organization", "destination-region", "destination-vault"):  # the last is below
            assert re.search(r"\n +%s +ready " % link, text), (link, text)
        lines = text.split("\n")
        head = next(i for i, line in enumerate(lines) if "copy path  " in line)
        s.keys(*["j"] * (next(i for i, line in enumerate(lines) if "source-key" in line) - head), "Enter")
        s.wait("Key awaits deletion")
        s.keys("Escape")
        s.wait("LINKS")
    with Screen(dash.demo(), 200, 60) as s:  # beside the list, too; another path of the same resource is another
        dash.ready(s)
        command(s, "copy-paths")
        s.wait("LINKS")
        s.keys("G", *["k"] * 2)
        s.wait(lambda t: "copy path         ready" in t)


@test
def i_on_a_statement_tells_who_loses_what():
    with Screen(dash.demo(), 120, 36) as s:
        dash.ready(s)
        dash.open_page(s, "who")
        s.wait("statements of its policy")
        for _ in range(60):  # down to the last of them
            if re.search(r"\n> .*3 Allow access from Backup", s.text()):
                break
            s.keys("j")
            s.wait_still(quiet=0.05)
        s.keys("i")
        text = s.wait("IF statement 3 of key crm-rekey: revoke")
        assert "> crm-rekey > statement 3 > impact" in text and "loses decrypt, encrypt" in text, text
        assert re.search(r"AWS Backup: copy an RDS backup +1? *down", text), text
        assert re.search(r"30 +degraded +AWS Backup cannot copy it: asked by", text), text
        assert "REMEDY  PutKeyPolicy with the statement in it again." in text, text


@test
def the_copy_matrix_opens_the_paths_of_a_cell():
    with Screen(dash.demo(), 80, 24) as s:
        dash.ready(s)
        s.keys("M")
        text = s.wait("source-key: the source key is PendingDeletion")
        assert re.search(r"broken \d+ +not known \d+ +ready \d+ +1 of \d+\n", text), text
        assert re.search(r"FROM, TO +use1 +euw1 +use1", text), text
        row = re.search(r"> prod-data euw1 +H (\d+) +\. 1 ", text)
        assert row and f"{row[1]} broken, 0 not known, 0 ready" in text, text
        assert re.search(r"sandbox usw2 +\? +\? ", text), text  # nothing was seen there, so nothing is none
        s.keys("Enter")
        text = s.wait(lambda t: f"of {row[1]} shown, {row[1]} in all" in t)
        assert text.count("BROKEN") == int(row[1]), text
        s.keys("Escape")
        s.wait("> copy-matrix")
        s.keys("n")  # the next that is broken
        s.wait("destination-region: ap-south-2 is not enabled")
        s.keys("N", "l")
        s.wait("0 broken, 0 not known, 1 ready")
        s.keys("n", "n", "n")
        text = s.wait('STATEMENT {"Effect":"Allow"')
        assert "MEND      add the VAULT role" in text, text
        s.keys("j")
        s.wait("nothing is copied on this way")


@test
def n_goes_to_the_worst_rows_of_a_list():
    with Screen(dash.demo(), 80, 24) as s:
        dash.ready(s)
        command(s, "copy-paths")
        s.keys("s")  # by another column: what is broken stands anywhere
        s.wait("sort: source_arn")
        for _ in range(2):
            before = s.wait(lambda t: "\n>" in t).index("\n>")
            s.keys("n")
            s.wait(lambda t: "\n>H " in t and t.index("\n>") > before)


@test
def who_follows_what_is_under_a_key():
    with Screen(dash.demo(), 120, 36) as s:
        dash.ready(s)
        dash.open_page(s, "vaults")
        s.keys("W")
        s.wait("> who")
        s.wait("who may use it")
        dash.open_page(s, "accounts")
        s.keys("W")
        s.wait("this is no key")


# ---- inputs ------------------------------------------------------------------------------------------


@test
def a_filter_where_there_is_none_swallows_what_follows():
    with Screen(dash.demo(), 80, 24) as s:
        dash.ready(s)
        for page in ("overview", "detail", "impact", "errors", "policy"):
            dash.open_page(s, page)
            place = s.lines()[0]
            s.type("/4q6i")
            s.wait("there is nothing to filter on this page")
            assert s.lines()[0] == place, s.text()
            s.keys("Enter")
            s.wait_gone("nothing to filter")
            s.type("/q")
            s.keys("Escape")
            s.wait_gone("nothing to filter")
            assert s.lines()[0] == place, s.text()


@test
def control_characters_are_no_part_of_a_command():
    with Screen(dash.demo(), 80, 24) as s:
        dash.ready(s)
        s.keys(":")
        s.paste("find\x07in\x1bgs\x01")
        s.wait(": findings")
        s.keys("Enter")
        s.wait("> findings")


@test
def a_wrong_filter_says_only_that():
    with Screen(dash.demo(), 80, 24) as s:
        dash.ready(s)
        dash.open_page(s, "keys")
        s.keys("/")
        s.type("sev>=Q")
        text = s.wait("filter: column 6")
        assert "Nothing matches" not in text, text
        s.keys("C-u")
        s.type("zzqq")
        s.wait("Nothing matches; esc clears the filter.")
        s.keys("Escape")
        command(s, "keys sev>=Q")
        text = s.wait("filter: column 6")
        assert "Nothing matches" not in text and "Reading" not in text, text


@test
def a_search_without_an_answer_says_so():
    with Screen(dash.demo(), 80, 24) as s:
        dash.ready(s)
        dash.open_page(s, "help")
        s.type("zzqq")
        s.wait("No key here matches")
        s.keys("C-u")
        s.wait_gone("No key here matches")


@test
def tab_goes_through_what_fits():
    with Screen(dash.demo(), 80, 24) as s:
        dash.ready(s)
        s.keys(":")
        s.type("re")
        seen = []
        for _ in range(12):
            s.keys("Tab")
            seen.append(s.wait_still(quiet=0.05).split("\n")[-3].strip(" :").split("  ")[0])
        assert len(set(seen)) > 3 and seen[0] == "regions" and "recovery-points" in seen, seen
        assert seen.count("regions") >= 2, seen  # and round again
        assert all(word.startswith("re") for word in seen), seen
        s.keys("C-u")
        s.type("zz")
        s.keys("Tab")
        s.wait('nothing begins with "zz"')
        s.type("q")
        s.wait_gone("nothing begins")


@test
def what_one_refusal_hides_is_one_row():
    """Blind spots of one place and one error, and what cannot be proved for want of a key's policy; a file has all."""
    with tempfile.TemporaryDirectory() as folder:
        for view in ("blind-spots", "findings"):
            subprocess.run([*dash.demo()[:1], "export", *dash.demo()[1:], "--view", view, "-o", folder + "/" + view + ".csv"],
                           stderr=subprocess.DEVNULL, check=False)
        files = {}
        for view in ("blind-spots", "findings"):
            with open(folder + "/" + view + ".csv", newline="", encoding="utf-8") as src:
                files[view] = list(csv.DictReader(src))
    closed = [r for r in files["blind-spots"] if r["region"] == "us-west-2" and r["state"] == "denied"]
    assert len(closed) > 30
    with Screen(dash.demo(), 120, 36) as s:
        dash.ready(s)
        dash.open_page(s, "blind-spots")
        text = s.text()
        assert re.search(r"\?\s+▸keys \+%d .* %d calls " % (len(closed) - 1, len(closed)), text), text
        folded = int(re.search(r"(\d+) are folded, enter unfolds", text)[1])
        assert "%d in all" % len(files["blind-spots"]) in text and len(rows(s)) + folded == len(files["blind-spots"]), text
        s.keys("j", "j", "Right")
        s.wait("├─ key-stores")
        s.keys("Left")
        s.wait_gone("├─")
        key = [r["id"] for r in files["findings"] if r["finding"] == "F-POL-17"][0]
        unproved = [r for r in files["findings"] if r["id"] == key and r["state"] == "unknown"]
        command(s, 'findings id="%s"' % key)
        s.wait("> findings")
        text = s.wait_still()
        # as bad as the worst that may be behind it
        assert re.search(r"C\?▸\S+ +%d  Key policy may not be read" % len(unproved), text), (len(unproved), text)
        s.keys("g")
        while "Key policy may not be read" not in next(line for line in s.lines() if line.startswith(">")):
            s.keys("j")
            s.wait_still(quiet=0.05)
        s.keys("Enter")
        text = s.wait("├─")
        assert re.search(r">M ▾", text), text


@test
def enter_on_a_blind_spot_says_what_to_do():
    with Screen(dash.demo(), 80, 24) as s:
        dash.ready(s)
        dash.open_page(s, "blind-spots")
        s.keys("j", "j", "Enter")  # what folds is opened first
        s.wait("key-stores")
        call = re.search(r"^>\? .*(\w+:\w+)", s.text(), re.M)[1]
        s.keys("Enter")
        text = s.wait("> errors")
        text = s.wait_still(quiet=0.3)
        assert call in next(line for line in s.lines() if line.startswith(">")), (call, text)
        assert " fix " in text, text


if __name__ == "__main__":
    sys.exit(dash.run(TESTS))
