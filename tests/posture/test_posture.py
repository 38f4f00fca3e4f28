#!/usr/bin/env python3
"""What a posture file answers is what was answered when it was taken: every view, impact, check, access, byte for
byte, in an empty environment. Damaged, hostile and strange files are refused with a sentence and no harm. A snapshot
that cannot be written leaves the old file alone. Closes with `N passed, N failed`."""
import collections
import concurrent.futures
import csv
import hashlib
import json
import os
import random
import re
import resource
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time
import zlib

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "live"))
sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "screen"))
sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "oracle"))
from compare import CONTROL, unguard  # noqa: E402
from screen import HANG_S, Screen  # noqa: E402
from program import ROOT, Tally, program, run, small_disk  # noqa: E402
from endpoint.generate import REGIONS  # noqa: E402
from endpoint.harness import Endpoint  # noqa: E402

NOW = ["--now", "2026-08-23T14:02:00Z"]
EMPTY = {"PATH": "/nonexistent"}
MAGIC = b"keyfall posture 2\n"
MIB = 1 << 20
BREAK = re.compile("\r\n?")
REQUEST_ID = re.compile(rb'"request_id":"[^"]*"')


def plain():
    """The program without a sanitizer, whose memory is its own."""
    return os.environ.get("KEYFALL") or ROOT + "/keyfall"


def live_run(*args, **more):
    """What a posture's answers are held against: other tests look at the live side under a sanitizer."""
    return run(*args, **more, by=None if os.environ.get("LONG") else plain())


def files(folder):
    out = {}
    for name in sorted(os.listdir(folder)):
        with open("%s/%s" % (folder, name), "rb") as f:
            out[name] = f.read()
    return out


def source(text):
    """Without what must differ: where it came from."""
    return re.sub(rb'"source":"(live|demo|posture)"', b'"source":"-"', text)


def same(tally, name, live, kept):
    at = next((i for i, (a, b) in enumerate(zip(live, kept)) if a != b), min(len(live), len(kept)))
    return tally.check(name, live == kept and len(live) > 0, (live[max(0, at - 200):at + 200],
                                                              kept[max(0, at - 200):at + 200]))


# ---- the same answers ----------------------------------------------------------------------------------------


def same_views(tally, name, folder, live, path, now, unlike=None):
    """Every view as CSV; every manifest line but the digests of what differs is compared too."""
    unlike = unlike or (lambda text: text)
    one, two = folder + "/live", folder + "/kept"
    a = live_run("export", "--view", "all", "-o", one, *live[0], *now, config=live[1])
    b = run("export", "--view", "all", "-o", two, "--posture", path, env=EMPTY)
    tally.check(name + ": statuses", a.status == b.status and a.status in (0, 4), (a.status, b.status, b.err))
    was, is_ = files(one), files(two)
    tally.check(name + ": files", was.keys() == is_.keys() and len(was) > 20, (was.keys() ^ is_.keys()))
    for view in was:
        same(tally, "%s: %s" % (name, view), unlike(source(was[view])), unlike(source(is_.get(view, b""))))


def same_verbs(tally, name, live, path, now, verbs):
    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        pairs = list(pool.map(lambda verb: (live_run(*verb, *live[0], *now, config=live[1]),
                                            run(*verb, "--posture", path, env=EMPTY)), verbs))
    for verb, (a, b) in zip(verbs, pairs):
        what = "%s: %s" % (name, " ".join(verb)[:60])
        tally.check(what + ": status", a.status == b.status, (a.status, b.status, a.err, b.err))
        same(tally, what, source(a.out), source(b.out))


def demo(tally, folder):
    path = folder + "/demo.posture"
    live = (["--demo"], None)
    answer = run("snapshot", "--demo", *NOW, "-o", path)
    tally.check("snapshot of the demo", answer.status == 4, answer.err)
    os.makedirs(folder + "/d")
    same_views(tally, "demo", folder + "/d", live, path, NOW)
    keys = run("export", "--view", "keys", "--posture", path, "--columns", "id", env=EMPTY).rows()
    tally.check("keys", len(keys) > 50, len(keys))
    same_verbs(tally, "demo", live, path, NOW, [
        ["impact", "--all"], ["impact", keys[0]["id"], "--format", "json"], ["check", "--format", "json"],
        ["access", "--key", keys[1]["id"], "--flows"],
        ["export", "--view", "blind-spots", "--format", "json"],
    ])
    again = folder + "/again.posture"
    run("snapshot", "--posture", path, "-o", again, env=EMPTY)
    with open(path, "rb") as a, open(again, "rb") as b:
        parts = [frames(f.read()) for f in (a, b)]
    summaries = [json.loads(p[0][1]) for p in parts]
    for s in summaries:
        s["scope"].pop("source")
        s["read_as"].sort()
    unlike = {k: [s[k] for s in summaries] for k in summaries[0] if summaries[0][k] != summaries[1][k]}
    tally.check("a snapshot of a posture says the same of itself", not unlike, unlike)
    tally.check("and holds the same", sorted(p[1] for p in parts[0][1:-1]) and
                sum(len(p[1]) for p in parts[0][1:-1]) == sum(len(p[1]) for p in parts[1][1:-1]),
                [[(p[0], len(p[1])) for p in q] for q in parts])
    said = summaries[0]
    tally.check("who, when, what was not seen", said["taken_at"] == NOW[1] and said["counts"]["keys"] == len(keys)
                and said["blind_spots"] > 50 and said["not_seen"] and said["read_as"], said)
    return path


def judged_by(tally, folder, path):
    """As when it was kept, unless a file is named to judge it by: then by that alone. Products are part of what was read."""
    config = folder + "/judges.conf"
    with open(config, "w") as out:
        out.write("[suppress tapes]\nfindings = F-KEY-09\nrecords = arn:*\nreason = r\nowner = o\nuntil = 2030-01-01\n"
                  "[autobackup apps]\nvault_account = 333344445555\naliases = another\nregions = eu-west-1\n")

    def told(*named):
        answer = run("check", "--posture", path, "--format", "json", *named, env=EMPTY)
        said = json.loads(answer.out)
        return ({s["name"] for s in said["suppressions"]},
                {(f["finding"], f["id"]) for f in said["findings"] if f["state"] == "suppressed"}, answer.err)

    kept, by_kept, quiet = told()
    named, by_named, said = told("--config", config)
    tally.check("a posture is judged as it was kept", kept == {"sandbox", "migration"} and b"--config" not in quiet, kept)
    tally.check("or by the file that is named", named == {"tapes"} and by_named > by_kept, (named, by_named, by_kept))
    tally.check("which says what of it does not count", said.count(b"--config") == 1 and b"autobackup" in said, said)
    setups = [run("export", "--view", "autobackup", "--posture", path, *more, env=EMPTY).out
              for more in ([], ["--config", config])]
    tally.check("and does not", setups[0] == setups[1] and b"autobackup-replica" in setups[0], setups)
    answer = run("diff", path, path, "--config", config, "--format", "json", env=EMPTY)
    tally.check("both of two are judged by it", json.loads(answer.out)["rows"] == [], answer.out[:600])


def same_diffs(tally, name, olds, live, path, now):
    """What is held against an earlier posture may be live or kept."""
    def told(text):
        return re.sub(rb'("is":{"name":)"[^"]*"', rb'\1"-"', text)

    for old in olds:
        a = live_run("diff", old, "--format", "json", *live[0], *now, config=live[1])
        b = run("diff", old, path, "--format", "json", env=EMPTY)
        what = "%s: what is new is live or kept, against %s" % (name, os.path.basename(old))
        tally.check(what + ": status", a.status == b.status in (1, 4), (a.status, b.status, a.err, b.err))
        tally.check(what + ": rows", len(json.loads(b.out)["rows"]) > 10, len(b.out))
        same(tally, what, told(a.out), told(b.out))


def clock():
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def of_then(tally, path, began, ended):
    """Whenever a posture is opened, it is judged as of when it was taken, and each row was seen when it was read."""
    said = json.loads(run("check", "--format", "json", "--posture", path, env=EMPTY).out)
    with open(path, "rb") as f:
        taken = json.loads(frames(f.read())[0][1])["taken_at"]
    seen = {r["seen_at"] for r in run("export", "--view", "keys", "--posture", path, env=EMPTY).rows()} - {"", "?"}
    tally.check("judged as of when it was taken", said["generated_at"] == taken and began <= taken <= ended,
                (began, taken, said["generated_at"], ended))
    tally.check("each key was seen then", seen and all(began <= at <= ended for at in seen), (began, seen, ended))


def differ(tally, folder, path):
    """What did not change is not told; what is not read any more is not seen, and never gone."""
    def diff(*args, run=run):
        answer = run("diff", *args, "--format", "json", env=EMPTY)
        return answer, json.loads(answer.out or b"{}")

    run("export", "--view", "posture", "--posture", path, "-o", folder + "/posture.csv", env=EMPTY)
    for name, args, how in (("itself", [path, path], run), ("its sheet", [folder + "/posture.csv", path], run),
                            ("the live estate", [path, "--demo", *NOW], live_run)):
        answer, said = diff(*args, run=how)
        tally.check("nothing changed against " + name, answer.status == 4 and said.get("rows") == [] and
                    not said["worse"] and not said["complete"], (answer.status, answer.err, str(said)[:600]))
    narrow = folder + "/narrow"
    live_run("snapshot", "--demo", "--region", "eu-west-1", *NOW, "-o", narrow, env=EMPTY)
    run("export", "--view", "posture", "--posture", narrow, "-o", narrow + ".csv", env=EMPTY)
    same_diffs(tally, "demo", [narrow, folder + "/narrow.csv"], (["--demo"], None), path, NOW)
    answer, said = diff(path, narrow)
    kinds = {(r["view"], r["change"]) for r in said["rows"] if r["region"] not in (None, "eu-west-1")}
    tally.check("less read is worse", answer.status == 1 and said["worse"], (answer.status, answer.err))
    tally.check("keys that are not read are not seen", ("keys", "not-seen") in kinds and ("keys", "gone") not in kinds
                and ("findings", "closed") not in kinds, sorted(kinds))
    _, back = diff(narrow, path)
    kinds = {(r["view"], r["change"]) for r in back["rows"] if r["region"] not in (None, "eu-west-1")}
    tally.check("nor do they appear", ("keys", "seen-now") in kinds and ("keys", "appeared") not in kinds, sorted(kinds))
    sheet = run("diff", path, narrow, "--format", "csv", env=EMPTY).rows()
    tally.check("CSV and JSON agree", [(r["change"], r["view"], r["id"], r["column"]) for r in sheet] ==
                [(r["change"], r["view"], r["id"], r["column"] or "") for r in said["rows"]], len(sheet))
    told = run("diff", path, narrow, "--max", "2", env=EMPTY)
    tally.check("as text", told.status == 1 and b"! not-seen: " in told.out and b" more: " in told.out, told.out[:500])
    for args, status, word in (([folder + "/none", path], 3, b"No such file"), ([folder + "/none"], 3, b"No such file"),
                               (["2026-01-01T00:00:00Z"], 3, b"nothing is remembered"),
                               ([path, folder + "/none"], 3, b"No such"),
                               ([], 2, b"which postures"), ([path, path, path], 2, b"which postures"),
                               ([__file__, path], 3, b"CSV"), ([path, folder + "/posture.csv"], 3, b"no posture file"),
                               ([path, path, "--demo"], 2, b"NEW is given")):
        answer = run("diff", *args, env=EMPTY)
        tally.check("diff %s" % [os.path.basename(a) for a in args], answer.status == status and word in answer.err,
                    (answer.status, answer.err))


# What each filter of README means, said a second time.
ANSWERS = {
    "!blind:": lambda r, owner: r["blind"] != "",
    "restorable:?": lambda r, owner: r["restorable"] == "?",
    "restorable=false": lambda r, owner: r["restorable"] == "false",
    "key_owner=111122223333 !copies:": lambda r, owner: r["key_owner"] == owner and r["copies"] not in ("", "?"),
    "!who_else:": lambda r, owner: r["who_else"] not in ("", "?"),
    "key_state=PendingDeletion": lambda r, owner: r["key_state"] == "PendingDeletion",
    "!key_state=Enabled !key_state:": lambda r, owner: r["key_state"] not in ("Enabled", "", "?"),
    "key_arn:": lambda r, owner: r["key_arn"] == "",
    "vaults:": lambda r, owner: r["vaults"] == "",
    "owner=platform sev>=H": lambda r, owner: r["owner"] == "platform" and r["severity"] in ("high", "critical"),
}


def questions(tally, name, path):
    """The ten questions of README, each answered by its filter, asked of the account that owns most; how many have an
    answer at all."""
    with open(ROOT + "/README.md") as f:
        text = f.read().split("## Ten questions an auditor asks")[1].split("\n## ")[0]
    asked = re.findall(r"^\| [^|]*\? \| `([^`]+)` \|$", text, re.M)
    tally.check("ten questions", sorted(asked) == sorted(ANSWERS) and len(asked) == 10, asked)

    def sheet(*args):
        return run("export", "--view", "posture", "--posture", path, *args, env=EMPTY, by=plain()).rows()

    whole = sheet()
    owner = collections.Counter(r["key_owner"] for r in whole if r["key_owner"].isdigit()).most_common(1)[0][0]
    n_answered = 0
    for filter in asked:
        rows = sheet("--filter", filter.replace("111122223333", owner))
        expected = [r for r in whole if ANSWERS.get(filter, lambda r, owner: False)(r, owner)]
        tally.check("%s: question %s" % (name, filter), rows == expected and len(rows) < len(whole),
                    (len(rows), len(expected)))
        n_answered += len(rows) > 0
    return n_answered


def diff_on_screen(tally, folder, s, path):
    """:diff shows what the verb tells, what got worse first; what it cannot read it says."""
    told = run("diff", folder + "/narrow", path, "--format", "csv", env=EMPTY).rows()
    n_worse = sum(r["worse"] == "true" for r in told)
    s.keys(":")
    s.type("diff " + folder + "/narrow")
    s.keys("Enter")
    s.wait("%d changes, %d for the worse (!)" % (len(told), n_worse))
    first = next(r for kind in ("opened", "worsened") for r in told if r["change"] == kind)
    tally.check("what got worse stands first", re.search(r"(?m)^> +!opened +%s" % first["finding"], s.wait_still())
                and first["id"] in s.text(), s.text())
    s.keys("Enter")
    s.wait(" > diff > ")
    s.keys("Escape", ":")
    s.type("diff " + folder + "/none")
    s.keys("Enter")
    s.wait("/none: No such file or directory")
    s.keys("Escape", "Escape")


def on_screen(tally, folder, path):
    """The dashboard on a posture, in an empty environment: e writes the rows that are seen, E every view, and both
    are what the verb writes. :diff shows what the verb tells."""
    place = folder + "/screen"
    os.makedirs(place)
    verb = run("export", "--view", "all", "-o", folder + "/by-verb", "--posture", path, env=EMPTY)
    rows = run("export", "--view", "keys", "--posture", path, "--filter", "state=Disabled", env=EMPTY).rows()
    with Screen([plain(), "--posture", path, "--export-dir", place, "--no-color"], 120, 36) as s:
        s.wait("VIEWER")
        s.wait("accounts current")
        s.keys("E")
        s.wait("every view and manifest.json written to")
        s.keys("4", "/")
        s.type("state=Disabled")
        s.keys("Enter", "e")
        s.wait(" rows written to")
        diff_on_screen(tally, folder, s, path)
        s.keys("q")
    folders = [n for n in os.listdir(place) if os.path.isdir(place + "/" + n)]
    sheets = [n for n in os.listdir(place) if n.startswith("keyfall-keys-")]
    tally.check("a folder and a file", verb.status == 4 and len(folders) == 1 and len(sheets) == 1, os.listdir(place))
    tally.check("E writes what the verb writes", files(place + "/" + folders[0]) == files(folder + "/by-verb"))
    with open(place + "/" + sheets[0], newline="", encoding="utf-8") as f:
        told = list(csv.DictReader(f, strict=True))
    tally.check("e writes the rows of the filter", sorted(r["id"] for r in told) == sorted(r["id"] for r in rows)
                and len(rows) > 1, (len(told), len(rows)))


def table(path):
    csv.field_size_limit(1 << 24)
    with open(path, newline="", encoding="utf-8") as f:
        return list(csv.reader(f, strict=True))


def of_model(value):
    """What a sheet says of a value of the JSON, which has no guards and no quotes."""
    text = {None: "", True: "true", False: "false"}.get(value) if value is None or isinstance(value, bool) else \
        ";".join(value) if isinstance(value, list) else str(value)
    return CONTROL.sub("\ufffd", text)


def sheets(tally, sheet_folder, path, folder):
    """Every view's CSV, read by Python's csv module, is its JSON once the guards are off; how many cells were hostile."""
    done = run("export", "--view", "all", "--format", "json", "-o", folder + "/model", "--posture", path, env=EMPTY,
               by=plain())
    names = [n[:-4] for n in files(sheet_folder) if n.endswith(".csv")]
    tally.check("the model of every view", done.status in (0, 4) and len(names) > 20, (done.err, names))
    kinds = dict.fromkeys(("guard", "quote", "comma", "newline", "beyond ASCII"), 0)
    for name in names:
        head, *rows = table("%s/%s.csv" % (sheet_folder, name))
        with open("%s/model/%s.json" % (folder, name), encoding="utf-8") as f:
            model = [[of_model(r[c]) for c in head] for r in json.load(f)["rows"]]
        wrong = [(a, b) for a, b in zip(([unguard(c) for c in r] for r in rows), model) if a != b]
        tally.check("sheet %s is the model" % name, not wrong and len(rows) == len(model), wrong[:1])
        for cell in (c for r in rows for c in r):
            for kind, is_there in zip(kinds, (unguard(cell) != cell, '"' in cell, "," in cell, "\n" in cell,
                                              not cell.isascii())):
                kinds[kind] += is_there
    if os.environ.get("LONG"):
        spreadsheet(tally, sheet_folder, names, folder)
    return kinds


# Of a CSV: comma, quote, UTF-8. One who imports with care says: what is quoted is text, dates are not guessed.
CARELESS = "44,34,76"
CAREFUL = CARELESS + ",1,,0,true,false,false"


def through_office(tally, office, how, paths, folder):
    """What LibreOffice has in its cells after reading, written back."""
    back = folder + "/office-" + how
    done = subprocess.run([office, "-env:UserInstallation=file://%s/profile" % folder, "--headless",
                           "--infilter=CSV:" + how, "--convert-to", "csv:Text - txt - csv (StarCalc):" + CAREFUL,
                           "--outdir", back, *paths], timeout=HANG_S, stdin=subprocess.DEVNULL, capture_output=True)
    tally.check("LibreOffice reads the sheets", done.returncode == 0, done.stderr)
    return back


def spreadsheet(tally, sheet_folder, names, folder):
    """LibreOffice reads each sheet cell by cell as Python does; who asks for no care sees no cell run either."""
    office = shutil.which("soffice") or shutil.which("libreoffice")
    if not office:
        print("SKIP spreadsheet: LibreOffice Calc is not installed")
        return
    for how, is_seen in ((CAREFUL, lambda c: True), (CARELESS, lambda c: unguard(c) != CONTROL.sub("\ufffd", c))):
        back = through_office(tally, office, how, ["%s/%s.csv" % (sheet_folder, n) for n in names], folder)
        for name in names:
            mine, its = (table("%s/%s.csv" % (f, name)) for f in (sheet_folder, back))
            wrong = [(a, b) for one, two in zip(mine, its) for a, b in zip(one, two)
                     if is_seen(a) and BREAK.sub("\n", a) != BREAK.sub("\n", b)]
            tally.check("LibreOffice (%s) has in %s what Python has" % (how, name), not wrong and len(mine) == len(its)
                        and all(len(a) == len(b) for a, b in zip(mine, its)), (len(mine), len(its), wrong[:3]))
    with open(folder + "/run.csv", "w", encoding="utf-8") as out:
        out.write('id,cell\n1,"=1+1"\n')
    its = table(through_office(tally, office, CARELESS, [folder + "/run.csv"], folder) + "/run.csv")
    tally.check("and one without its guard would have run", its == [["id", "cell"], ["1", "2"]], its)


def strict(tally, folder):
    """A generated world behind the strict endpoint, which draws its own request ids."""
    # one in which what was met first once told; any other with LONG=1
    seed = random.randrange(1, 1 << 31) if os.environ.get("LONG") else 1181086061
    print("seed %d" % seed)
    world = ["--seed", str(seed), "--accounts", "2", "--regions", "2", "--keys", "12", "--points", "3"]
    with tempfile.TemporaryDirectory() as config, Endpoint(*world) as endpoint:
        endpoint.write_config(config)
        told = endpoint.ctl("world")
        # the two that hold something; the empty ones with LONG=1
        regions = [] if os.environ.get("LONG") else [w for r in REGIONS[:2] for w in ("--region", r)]
        profiles = [w for a in sorted(told["accounts"]) if any(":%s:" % a in r["arn"] for r in told["roles"])
                    for w in ("--profile", "acct-" + a)]
        args = ["--endpoint-url", endpoint.url, "--config", "/dev/null", "--no-store", *profiles, *regions]
        path = folder + "/strict.posture"
        now = ["--now", "2026-08-23T14:02:00Z"]
        answer = run("snapshot", "-o", path, *args, *now, config=config)
        tally.check("snapshot of a world", answer.status in (0, 4), answer.err)
        os.makedirs(folder + "/s")

        def unlike(text):
            """Request ids are each answer's own, and with them a file's bytes."""
            text = REQUEST_ID.sub(b'"request_id":"-"', text)
            text = re.sub(rb'"sha256":"[0-9a-f]+"', b'"sha256":"-"', text)
            return re.sub(rb'"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",,', b'"-",,', text)

        same_views(tally, "strict", folder + "/s", (args, config), path, now, unlike)
        kinds = sheets(tally, folder + "/s/kept", path, folder + "/s")
        tally.check("what is hostile to sheets was there", all(kinds.values()), kinds)
        same_verbs(tally, "strict", (args, config), path, now, [["impact", "--all"], ["check"]])
        answer = live_run("diff", path, "--format", "json", *args, *now, config=config)
        tally.check("strict: nothing changed against what is live", answer.status in (0, 4) and
                    json.loads(answer.out)["rows"] == [], (answer.status, answer.err, answer.out[:600]))
        narrow = folder + "/strict-narrow"
        began = clock()
        run("snapshot", "-o", narrow, *args[:-2], config=config)
        of_then(tally, narrow, began, clock())
        same_diffs(tally, "strict", [narrow], (args, config), path, now)
        redacted(tally, "strict", path, folder)
        n_answered = questions(tally, "strict", path)
        tally.check("questions have answers in a world", n_answered >= 5, n_answered)
        with open(path, "rb") as f:
            held = b"".join(bytes for _, bytes in frames(f.read()))
        secrets = [u["secret_access_key"].encode() for u in told["users"]]
        tally.check("no secret is in it", secrets and not any(s in held for s in secrets))


# ---- without names -------------------------------------------------------------------------------------------


# Columns that name nobody, and those that name much.
WORDS = set("""region state finding severity findings blind seen_at since first_seen facts_at controls source folded
    manager origin spec usage multi_region rotation deletion_date dependents type tier opt_in locked lock_date status
    key_state created delete_at restorable independent_copies mechanism ready broken_at phase access e_key service operation
    error operations last_modified lost down degraded safe unknown point_of_no_return""".split())
NAMES = set("""id account name owner aliases description title principal grantee role_arn unique_id groups target_tags key_arn
    key_id resource_arn vault vaults external_accounts who_else""".split())
SORTS = str.maketrans({**dict.fromkeys("0123456789", "0"), **dict.fromkeys("abcdef", "a"), **dict.fromkeys("ABCDEF", "A"),
                       **dict.fromkeys("ghijklmnopqrstuvwxyz", "g"), **dict.fromkeys("GHIJKLMNOPQRSTUVWXYZ", "G")})
BEYOND = re.compile(r"\\u[dD][89abAB]..\\u....|\\u....|[^\x00-\x7f]")
# What AWS calls things, for which the sources have no row.
AWS_NAMES = re.compile(r"[a-z]{2}(-[a-z]+)+-\d|AdministratorAccess|SecurityAudit|.*\.amazonaws\.com|AWSServiceRoleFor\w+"
                       r"|postgresql")  # an engine's log group ends as the engine is called


def shape(column, cell):
    """A cell but for its names: of those only which sort of character stands where, which renaming leaves alone. In
    lists, and in sentences that tell the first of several, their order hangs on names, too."""
    if column in WORDS:
        return cell
    if column in ("reason", "remedy"):
        return re.sub(r"[\w./:-]+", "x", BEYOND.sub("g", cell))
    items = (BEYOND.sub("gggg", unguard(item)).translate(SORTS) for item in cell.split(";"))
    return ";".join(sorted(items))


def shapes(rows):
    """What AWS said of a failure is left out; of several things that are not known any may be told as the reason, and
    count as its effect."""
    def silent(r):
        said = {"message", "request_id", "effects"}
        return said | {"reason", "cause"} if r.get("state") == "unknown" or r.get("finding") == "F-ORG-11" else said
    return collections.Counter(tuple(shape(c, r[c]) for c in r if c not in silent(r)) for r in rows)


def our_words():
    """What stands in the program's own tables and sentences: no name of anybody's."""
    out = set()
    for folder, _, names in os.walk(ROOT + "/backend"):
        for name in names if not folder.endswith(("/demo", "/data")) else []:
            with open(folder + "/" + name, encoding="utf-8") as f:
                out.update(re.findall(r"[\w.-]{9,}", f.read()))
    return out


def sheets_of(path, folder):
    """The rows of every view of a posture, and those of impact --all."""
    run("export", "--view", "all", "-o", folder, "--posture", path, env=EMPTY, by=plain())
    views = {}
    for name in (n for n in os.listdir(folder) if n.endswith(".csv")):
        with open(folder + "/" + name, newline="", encoding="utf-8") as f:
            views[name[:-4]] = list(csv.DictReader(f, strict=True))
    views["impact"] = run("impact", "--all", "--posture", path, "--format", "csv", env=EMPTY, by=plain()).rows()
    return views


def checked(path):
    """What check says of a posture: its figures, and its findings but for their names."""
    answer = run("check", "--format", "json", "--posture", path, env=EMPTY, by=plain())
    said = json.loads(answer.out)
    figures = {k: v for k, v in said.items() if k not in ("scope", "suppressions", "blind_spots", "findings")}
    return answer.status, figures, shapes([{k: of_model(v) for k, v in f.items()} for f in said["findings"]])


def redacted(tally, name, path, folder):
    """Nobody is named any more, and everything else is as it was: each row of each view, what falls, what is found."""
    bare = "%s/%s.redacted" % (folder, name)
    answer = run("snapshot", "--redact", "--posture", path, "-o", bare, env=EMPTY)
    tally.check("snapshot --redact of " + name, answer.status in (0, 4), answer.err)
    named, told = set(), set()
    csv.field_size_limit(1 << 24)
    was, is_ = (sheets_of(p, folder + "/sheets-" + os.path.basename(p)) for p in (path, bare))
    for view, rows in was.items():
        one, two = shapes(rows), shapes(is_[view])
        tally.check("%s redacted: %s" % (name, view), one == two, (len(rows), len(is_[view]), list((one - two))[:1],
                                                                  list((two - one))[:1]))
        for of, texts in ((rows, named), (is_[view], told)):
            texts.update(t for r in of for c in NAMES & r.keys() for t in re.split("[:/;\n ,']", r[c]))
    one, two = checked(path), checked(bare)
    tally.check("%s redacted: check" % name, one == two and sum(one[2].values()) > 20,
                (one[:2], two[:2], list(one[2] - two[2])[:1], list(two[2] - one[2])[:1]))
    answer = run("diff", bare, bare, "--format", "json", env=EMPTY, by=plain())
    tally.check("%s redacted: diff" % name, json.loads(answer.out)["rows"] == [], answer.out[:600])
    ours = "\n".join(our_words())
    named = {t for t in named if len(t) > 8 and not AWS_NAMES.fullmatch(t) and t not in ours}
    with open(path, "rb") as f, open(bare, "rb") as g:
        scope = json.loads(frames(f.read())[0][1])["scope"]
        held = b"".join(b for k, b in frames(g.read()) if k != b"M")
    way = [w for w in (*(scope.get("profiles") or []), scope.get("endpoint_url")) if w and w.encode() in held]
    tally.check("%s redacted: nor how it was read" % name, not way, way)
    alone = run("export", "--view", "keys", "--redact", "--format", "json", "--posture", path, env=EMPTY, by=plain())
    tally.check("%s: export --redact" % name, len(json.loads(alone.out)["rows"]) == len(was["keys"]) and not
                [r["id"] for r in was["keys"] if r["id"].encode() in alone.out], alone.err)
    answer = run("export", "--view", "keys", "--redact", "--filter", "account=1", "--posture", path, env=EMPTY, by=plain())
    tally.check("%s: no filter may name anybody" % name, answer.status == 2 and b"--filter" in answer.err, answer.err)
    tally.check("%s redacted: no name is told" % name, not named & told and len(named) > 300,
                (len(named), sorted(named & told)[:9]))
    still = [t for t in sorted(named) if t.encode() in held]
    tally.check("%s redacted: nor held" % name, not still, still)


# ---- damaged and hostile files -------------------------------------------------------------------------------


def frames(data):
    """[(kind, bytes)] by the words of posture.h."""
    at, out = len(MAGIC), []
    assert data[:at] == MAGIC
    while at < len(data):
        kind, size, packed = data[at:at + 1], *struct.unpack("<II", data[at + 1:at + 9])
        digest, body = data[at + 9:at + 41], data[at + 41:at + 41 + packed]
        at += 41 + packed
        plain_bytes = body if kind in b"SE" else zlib.decompress(body)
        assert len(plain_bytes) == size and hashlib.sha256(plain_bytes).digest() == digest
        out.append((kind, plain_bytes))
    return out


def written(parts):
    """The file of some frames, with digests and chain as they must be; a size may be given as a third."""
    out, chain = MAGIC, bytes(32)
    for kind, body, *size in parts:
        body = chain if kind == b"E" and body is None else body
        packed = body if kind in b"SE" else zlib.compress(body, 1 if len(body) > MIB else 6)
        head = kind + struct.pack("<II", size[0] if size else len(body), len(packed)) + hashlib.sha256(body).digest()
        chain = hashlib.sha256(chain + head).digest()
        out += head + packed
    return out


def refused(tally, name, path):
    """Status 3 and one sentence, soon, and nothing on standard output."""
    args = [plain(), "export", "--view", "keys", "--posture", path]
    done = subprocess.run(args, env=EMPTY, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CPU, (20, 20)),
                          timeout=HANG_S, stdin=subprocess.DEVNULL, capture_output=True)
    lines = done.stderr.decode().splitlines()
    tally.check("refused: " + name, done.returncode == 3 and len(lines) == 1 and lines[0].startswith("keyfall: ")
                and not done.stdout, (done.returncode, done.stderr[-600:], done.stdout[:100]))


def damage(tally, folder, path):
    with open(path, "rb") as f:
        good = f.read()
    bad = folder + "/bad"

    def put(name, data):
        with open(bad, "wb") as out:
            out.write(data)
        refused(tally, name, bad)

    for i in range(12):
        at = random.randrange(len(good))
        put("bit %d of byte %d" % (i % 8, at), good[:at] + bytes([good[at] ^ 1 << i % 8]) + good[at + 1:])
    for at in [0, 5, len(MAGIC), len(MAGIC) + 20, len(good) // 2, len(good) - 1, len(good) - 73]:
        put("cut at %d" % at, good[:at])
    put("a byte more", good + b"x")
    put("a newer version", b"keyfall posture 9\n" + good[len(MAGIC):])
    put("something else", b"id,account\r\n" * 100)
    parts = frames(good)
    with open(bad, "wb") as out:
        out.write(written(parts[:-1] + [(b"E", None)]))
    tally.check("the frames as they are", run("export", "--view", "keys", "--posture", bad, env=EMPTY).status == 4)
    with open(bad, "wb") as out:
        out.write(b"keyfall posture 1\n" + good[len(MAGIC):])
    tally.check("the version before", run("export", "--view", "keys", "--posture", bad, env=EMPTY).status == 4)
    put("a part left out", written(parts[:3] + parts[4:]))
    put("a part twice", written(parts[:2] + parts[1:-1] + [(b"E", None)]))
    put("no model", written(parts[:1] + parts[2:-1] + [(b"E", None)]))
    put("no summary", written(parts[1:-1] + [(b"E", None)]))
    put("an empty summary", written([(b"S", b"")] + parts[1:-1] + [(b"E", None)]))
    put("another's summary", written([(b"S", b'{"schema":"x"}')] + parts[1:-1] + [(b"E", None)]))
    put("texts without end", written(parts[:2] + [(b"D", b"\xff\xff\xff\xff\x0f")] + [(b"E", None)]))
    put("a list without end", written(parts[:2] + [(b"L", b"\xff\xff\xff\xff\x0fx")] + [(b"E", None)]))
    put("noise", written(parts[:2] + [(b"L", b"\x40" + random.randbytes(64) + b"\x04abcd")] + [(b"E", None)]))
    put("more than it says", written(parts[:2] + [(b"D", parts[2][1], 3)] + [(b"E", None)]))
    put("less than it says", written(parts[:2] + [(b"D", parts[2][1], len(parts[2][1]) + 1)] + [(b"E", None)]))
    put("a summary too large", written([(b"S", b" " * MIB)] + parts[1:]))


def confined(*args):
    """With as much memory as any of these files may want, all that is mapped counted, and an end to hangs."""
    def limit():
        resource.setrlimit(resource.RLIMIT_AS, (512 * MIB, 512 * MIB))
        resource.setrlimit(resource.RLIMIT_CPU, (60, 60))
    done = subprocess.run([plain(), *args], env=EMPTY, preexec_fn=limit, timeout=HANG_S, stdin=subprocess.DEVNULL,
                          stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    return done.returncode, done.stderr[-600:]


def bombs(tally, folder, path):
    """Little that wants to be much: refused, or opened without what the estate does not have, and never large."""
    with open(path, "rb") as f:
        parts = frames(f.read())
    head, lists, end = parts[:2], parts[2:-1], [(b"E", None)]
    found = b"\x08F-KEY-01\x03key\x01x\x02"
    cases = {
        "one frame beyond the limit": (3, head + [(b"D", b"\0" * (129 * MIB))]),
        "a size that zlib cannot make": (3, head + [(b"D", b"x", 128 * MIB)]),
        "100 MiB of a text": (3, head + [(b"D", b"\x80\x80\x80\x30" + b"\0" * (96 * MIB))] + end),
        "empty texts": (3, head + [(b"D", b"\0" * (16 * MIB))] + [(b"L", b"\0" * 8)] + end),
        "empty slices": (3, head + [(b"L", b"\0" * (16 * MIB))] + end),
        "times of lists that are not there": (4, head + lists + [(b"H", b"\0" * (6 * MIB))] + end),
        "more of them than there can be": (3, head + lists + [(b"H", b"\0" * (54 * MIB))] + end),
        "times of findings of nothing": (4, head + lists + [(b"F", found * (MIB >> 2))] + end),
        "JSON that goes down": (3, [(b"S", b"[" * 200000)] + head[1:] + end),
        "JSON that goes down by names": (3, [(b"S", b'{"a":' * 50000)] + head[1:] + end),
        "a model of one line": (3, [head[0], (b"M", b"key " + b" a:t" * (8 * MIB))] + end),
    }
    bad = folder + "/bomb"
    for name, (expected, body) in cases.items():
        with open(bad, "wb") as out:
            out.write(written(body))
        status, said = confined("export", "--view", "keys", "--posture", bad)
        tally.check("bomb: " + name, status == expected and said.startswith(b"keyfall: "),
                    (status, said, os.path.getsize(bad)))
    for name, line in (("rows", b"a,b\n" * 4100000), ("commas", b"," * (8 * MIB)), ("a quote", b'"' + b"a" * (16 * MIB))):
        with open(bad, "wb") as out:
            out.write(b"id,account\r\n" + line)
        status, said = confined("diff", bad, path)
        tally.check("a sheet of " + name, status == 3 and said.startswith(b"keyfall: "), (status, said))


def strange(tally, folder):
    fifo = folder + "/fifo"
    os.mkfifo(fifo)
    os.symlink("loop", folder + "/loop")
    for name in (fifo, folder, folder + "/loop", folder + "/none", "/dev/zero", "/dev/null"):
        refused(tally, name, name)
    for args, word in ((["--demo"], b"--demo"), (["--profile", "p"], b"--profile"), (["--region", "eu-west-1"],
                                                                                    b"--filter")):
        answer = run("export", "--view", "keys", "--posture", "x", *args, env=EMPTY)
        tally.check("not with %s" % args[0], answer.status == 2 and word in answer.err, answer.err)


# ---- writing ---------------------------------------------------------------------------------------------------


def full(tally, folder, kept):
    """A file that may not grow, as on a full disk: the old one stays, nothing is left beside it."""
    place = folder + "/full"
    os.makedirs(place)
    path = place + "/p"
    with open(path, "w") as out:
        out.write("old")

    def limit():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100000, 100000))

    for args in (["snapshot", "-o", path], ["export", "--view", "all", "-o", place + "/x"]):
        done = subprocess.run([program(), *args, "--posture", kept], env=EMPTY, preexec_fn=limit, timeout=HANG_S,
                              stdin=subprocess.DEVNULL, capture_output=True)
        tally.check("%s onto a full disk" % args[0], done.returncode == 1 and b"File too large" in done.stderr,
                    (done.returncode, done.stderr))
    with open(path) as f:
        tally.check("the old file is as it was", f.read() == "old")
    left = sorted(n for _, _, names in os.walk(place) for n in names if n.endswith(".tmp"))
    tally.check("nothing is left beside it", not left, left)
    done = subprocess.run([program(), "snapshot", "--posture", kept, "-o", "/dev/full"], env=EMPTY, timeout=HANG_S,
                          stdin=subprocess.DEVNULL, capture_output=True)
    tally.check("snapshot to a full device", done.returncode == 1 and b"No space left" in done.stderr, done.stderr)
    first = subprocess.run("%s snapshot --posture %s -o - | head -c 17" % (program(), kept), shell=True, env={
        "PATH": os.environ["PATH"]}, timeout=HANG_S, stdin=subprocess.DEVNULL, capture_output=True)
    tally.check("a pipe that closes early", first.stdout == MAGIC[:17] and not first.stderr, first)
    answer = run("snapshot", "--posture", kept, "--viewer", "-o", place + "/v")
    tally.check("a viewer writes where it may", answer.status == 2 and b"--export-dir" in answer.err, answer.err)
    answer = run("snapshot", "--posture", kept, "--viewer", "--export-dir", place, "-o", "v")
    tally.check("and there it does", answer.status == 4 and os.path.getsize(place + "/v") > 100000, answer.err)


def on_small_disk(tally, folder, kept):
    """A disk that is full: a sentence, the old file as it was, nothing beside it."""
    with small_disk(folder + "/disk", 64) as disk:
        if not disk:
            print("SKIP small disk: no file system may be mounted here")
            return
        for args in (["snapshot", "-o", disk + "/p"], ["export", "--view", "recovery-points", "-o", disk + "/p"]):
            with open(disk + "/p", "w") as out:
                out.write("old")
            answer = run(*args, "--posture", kept, env=EMPTY)
            with open(disk + "/p") as f:
                tally.check("%s onto a small disk" % args[0], answer.status == 1 and b"No space left" in answer.err and
                            f.read() == "old" and os.listdir(disk) == ["p"], (answer.status, answer.err, os.listdir(disk)))


def killed(tally, folder, kept):
    """A snapshot that is killed at any moment: the old file stands, or the new one, whole."""
    place = folder + "/killed"
    os.makedirs(place)
    path, args = place + "/p", [plain(), "snapshot", "-o", place + "/p", "--posture", kept]
    began = time.monotonic()
    run(*args[1:], env=EMPTY, by=plain())
    longest_s, n_new = (time.monotonic() - began) * 2.5, 0
    for n in range(200 if os.environ.get("LONG") else 10):
        with open(path, "w") as out:
            out.write("old")
        with subprocess.Popen(args, env=EMPTY, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as one:
            time.sleep(random.uniform(0, longest_s))
            one.kill()
        with open(path, "rb") as f:
            data = f.read()
        is_new = data != b"old"
        tally.check("killed %d: old or new, whole" % n, not is_new or frames(data)[-1][0] == b"E", data[:60])
        n_new += is_new
    answer = run(*args[1:], env=EMPTY, by=plain())
    with open(path, "rb") as f:
        tally.check("killed: the next one is written", answer.status == 4 and len(frames(f.read())) > 3, answer.err)
    print("killed: %d were written by then" % n_new)


def main():
    random.seed(os.environ.get("SEED"))
    tally = Tally()
    with tempfile.TemporaryDirectory() as folder:
        path = demo(tally, folder)
        judged_by(tally, folder, path)
        differ(tally, folder, path)
        tally.check("most questions have an answer in the demo", questions(tally, "demo", path) >= 8)
        on_screen(tally, folder, path)
        redacted(tally, "demo", path, folder)
        if os.environ.get("LONG"):
            sheets(tally, folder + "/d/kept", path, folder + "/d")
        damage(tally, folder, path)
        bombs(tally, folder, path)
        strange(tally, folder)
        full(tally, folder, path)
        on_small_disk(tally, folder, path)
        killed(tally, folder, path)
        strict(tally, folder)
    return tally.close()


if __name__ == "__main__":
    sys.exit(main())
