#!/usr/bin/env python3
"""The dashboard against the strict endpoint: a world of hostile texts on every page, a service that fails while
it runs, and (for test_bytes.py) keys that are answered while thousands of calls are on their way. SEED=n repeats a world."""

import concurrent.futures
import contextlib
import glob
import json
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
from endpoint.generate import HOSTILE, HOSTILE_XML  # noqa: E402
from endpoint.harness import Endpoint, write_world  # noqa: E402
from ptycount import Pty  # noqa: E402
from screen import Screen  # noqa: E402

LISTS = tuple(sorted(re.findall(r'\.view = "([a-z-]+)"', "".join(
    open(path, encoding="utf-8").read() for path in glob.glob(dash.ROOT + "/tui/panels/*.c")))))
RECOVERY_S = 30  # or six times what the first read took, where that is more: a machine that has much else to do

# ---- worlds ------------------------------------------------------------------------------------------

# Members that AWS's users write, or could: the endpoint is told not to check its answers.
POISONED = {"AliasName", "Description", "CustomKeyStoreName", "ResourceName", "StatusMessage", "BackupPlanName",
            "RuleName", "SelectionName", "Value", "ConnectionErrorCode", "DataType"}
POISONED_XML = {"Engine", "EngineVersion", "DBInstanceStatus", "VolumeType", "AvailabilityZone"}
# more marks than a cell can hold, and directions that never end
FLOODS = ["e" + "\u0301\u0316" * 400, "\u202e\u2066\u200f" * 200 + "end", "\u200b\u200d\ufe0f" * 300]
XML_LISTS = ("volumes", "snapshots", "db_instances", "db_clusters", "db_snapshots", "db_cluster_snapshots",
             "db_automated_backups")


def poison(value, rnd, is_xml=False):
    """Hostile text into every third member that may hold any, and sometimes 32 KB of it."""
    if isinstance(value, list):
        for item in value:
            poison(item, rnd, is_xml)
    if not isinstance(value, dict):
        return
    for name, text in value.items():
        if not isinstance(text, str):
            poison(text, rnd, is_xml or name in XML_LISTS)
        elif (name in POISONED or is_xml and name in POISONED_XML) and rnd.random() < 0.4:
            bad = rnd.choice((HOSTILE_XML if is_xml else HOSTILE) + FLOODS)
            if rnd.random() < 0.05:
                bad = (bad + "x") * (32768 // (len(bad) + 1))
            value[name] = text[:6] + bad + text[6:]


@contextlib.contextmanager
def world(*options, change=None, serve=(), is_sanitized=True):
    """A running endpoint and what keyfall needs to see it: (endpoint, arguments, environment, folder)."""
    with tempfile.TemporaryDirectory() as folder:
        path = folder + "/world.json"
        text = write_world(path, *options, change=change)
        with Endpoint("--world", path, *serve) as endpoint:
            endpoint.write_config(folder)
            args = [dash.program(is_sanitized), "--endpoint-url", endpoint.url]
            for account, value in text["accounts"].items():
                if value["record"].get("State", "ACTIVE") == "ACTIVE":
                    args += ["--profile", "acct-" + account]
            for region in sorted({r for v in text["accounts"].values() for r in v["data"]}):
                args += ["--region", region]
            env = {"AWS_CONFIG_FILE": folder + "/config", "AWS_EC2_METADATA_DISABLED": "true",
                   "AWS_SHARED_CREDENTIALS_FILE": folder + "/credentials"}
            yield endpoint, args, env, folder


# ---- hostile texts -----------------------------------------------------------------------------------


def broken(screen):
    """What is wrong with a picture of hostile text; U+FFFD stands for what was taken out."""
    lines = screen.lines()
    wrong = [w for w in dash.faults(lines, screen.width, screen.height) if w != "characters: U+FFFD"]
    return "; ".join(w.replace("U+FFFD", "") for w in wrong)


def hostile(tally, seed, size):
    rnd = random.Random(seed)
    with world("--seed", str(seed), "--accounts", "3", "--regions", "2",
               change=lambda text: poison(text["accounts"], rnd), serve=("--no-check-answers",)) as (_, args, env, at):
        with Screen(args, *size, env=env, cwd=at) as s:
            dash.ready(s)
            for view in LISTS:
                label = "hostile world, seed %d, %s" % (seed, view)
                s.keys(":")
                s.type(view)
                s.keys("Enter")
                s.wait(lambda text: "> " + view in text.split("\n", 1)[0] and " shown, " in text)
                for turn in range(4):
                    text = s.wait_still(quiet=0.05)
                    if not tally.check("%s, page %d" % (label, turn + 1), not broken(s), broken(s) + "\n" + text):
                        break
                    shown = re.search(r"(\d+)-(\d+) of (\d+) shown", text)
                    if turn == 0:
                        inside(tally, s, label, view)
                    if not shown or shown[2] == shown[3]:
                        break
                    s.keys("PageDown")
                s.keys("w")
                s.wait_still(quiet=0.05)
                tally.check(label + ", wide", not broken(s), broken(s) + "\n" + s.text())
            for page in ("7", "!", "1"):
                s.keys("Escape", page)
                text = s.wait_still(quiet=0.05)
                tally.check("hostile world, seed %d, key %s" % (seed, page), not broken(s), broken(s) + "\n" + text)
            s.keys("Escape", "q")
            tally.check("hostile world, seed %d: q ends it" % seed, s.wait_ended() == 0)


def inside(tally, screen, label, view):
    """A few rows opened, what falls with them, who they let in, and the box of their columns."""
    for n in range(2):
        for key in ("Enter", "i", "p", "W") if n else ("Enter", "i", "p", "W", "#"):
            screen.keys(key)
            screen.wait_still(quiet=0.05)
            tally.check("%s, %s on row %d" % (label, key, n + 1), not broken(screen),
                        broken(screen) + "\n" + screen.text())
            if key == "#":
                screen.keys("Escape")
                screen.wait_still(quiet=0.05)
            if "> " + view != screen.lines()[0][9:].split("  ")[0].strip()[-len(view) - 2:]:
                screen.keys("BSpace")
                screen.wait_still(quiet=0.05)
        screen.keys("j")
    screen.keys("g")


# ---- a service that fails ----------------------------------------------------------------------------


def no_denials(text):
    text["denied"] = []


def without_times(text):
    return re.sub(r"\d\d:\d\dZ", "", "\n".join(text.split("\n")[4:-4]))


def rows_of(text):
    """The identity of each row of the keys panel: name, account, region."""
    return [tuple(line[3:].split()[:3]) for line in text.split("\n")[4:-4] if line.strip()]


def trouble(tally, kind):
    with world("--seed", "11", "--accounts", "2", "--regions", "1", "--keys", "6", "--points", "4", "--plain",
               change=no_denials) as (endpoint, args, env, at):
        begun = time.monotonic()
        with Screen(args, 120, 50, env=env, cwd=at) as s:
            dash.ready(s)
            most_s = max(RECOVERY_S, 6 * (time.monotonic() - begun))
            s.keys("4")
            s.wait(" shown, ")
            before = s.wait_still()
            rows, total = sorted(rows_of(before)), re.search(r"of \d+ shown, \d+ in all", before)[0]
            tally.check("%s: nothing is in doubt before" % kind, "~" not in before, before)
            endpoint.ctl("fault", {"match": {"service": "kms"}, "kind": kind, "duration_s": 600})
            s.keys("R")
            text = s.wait(lambda text: text.count("~") > len(rows) / 2)
            tally.check("%s: every row stays" % kind, sorted(rows_of(text)) == rows and total in text, text)
            s.keys("1")
            s.wait("FINDINGS")
            tally.check("%s: the status line tells" % kind,
                        re.search(r"\d+ blind spot", s.wait_still().split("\n")[-4]), s.text())
            s.keys("!")
            text = s.wait("kms:")
            tally.check("%s: the error log says which call" % kind, "kms:ListKeys" in text, text)
            endpoint.ctl("reset_faults", {})
            start = time.monotonic()
            s.keys("4")
            try:
                text = s.wait(lambda text: without_times(text) == without_times(before),
                              most_s)
                print("%s: whole again after %.1f s" % (kind, time.monotonic() - start))
                good = True
            except AssertionError as err:
                good, text = False, str(err)
            tally.check("%s: whole again within %d s" % (kind, RECOVERY_S), good, text)
            s.keys("q")
            tally.check("%s: q ends it" % kind, s.wait_ended() == 0)


# ---- evidence on demand ------------------------------------------------------------------------------


def newest_events(data, arn):
    rows = [e for e in data["events"] if any(r["ResourceName"] == arn for r in e["Resources"])]
    return sorted(rows, key=lambda e: -e["EventTime"])[:50]


def who(event):
    """Of the account's own, what is behind its number; of others, all of it."""
    user = json.loads(event["CloudTrailEvent"])["userIdentity"]
    return user.get("arn", "").rsplit(":", 1)[-1] or user.get("invokedBy") or user["accountId"]


def stamp(utc):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(utc))


def evidence(tally):
    """A key's page asks who used it: what it says is what the world holds, and nothing is asked before."""
    held = {}
    with world("--seed", "11", "--accounts", "2", "--regions", "1", "--keys", "6", "--points", "4", "--plain",
               change=lambda text: (no_denials(text), held.update(text))) as (endpoint, args, env, at):
        data = next(iter(held["accounts"].values()))["data"]["us-east-1"]
        keys = [k for k in data["keys"].values() if k.get("last_usage") and newest_events(data, k["metadata"]["Arn"])]
        denied = keys[-1]["metadata"]["Arn"]
        with Screen(args, 200, 100, env=env, cwd=at) as s:
            dash.ready(s)
            asked = {"kms:GetKeyLastUsage", "cloudtrail:LookupEvents"} & set(endpoint.ctl("stats")["actions"])
            tally.check("evidence: a refresh asks for none", not asked, asked)
            for key in keys:
                arn, usage = key["metadata"]["Arn"], key["last_usage"]
                events = newest_events(data, arn)
                if arn == denied:
                    endpoint.ctl("mutate", {"path": ["denied"], "set": [{"operation": "cloudtrail:LookupEvents"}]})
                s.keys("4")
                s.wait("0 shows all")
                s.keys("0")  # also AWS's own
                s.wait(lambda text: "0 shows all" not in text)
                s.keys("/")
                s.type("key_id:" + arn.rsplit("/", 1)[1])
                s.keys("Enter")
                s.wait("1-1 of 1 shown")
                s.keys("Enter")
                s.wait("last_used ")
                s.keys("G")
                s.wait(lambda text: "newest-events" in text and " loading" not in text)
                s.keys("g", "G")  # to the end of what has come since
                text = s.wait_still()
                label = "evidence of %s" % arn[-12:]
                tally.check(label + ": its last use", "last_used               %s" % stamp(usage["Timestamp"]) in text,
                            text)
                if arn == denied:
                    tally.check(label + ": what was denied", "cloudtrail:LookupEvents" in text and "DENIED" in text.upper(), text)
                    continue
                rows = re.findall(r"(\S+Z)  (\w+)  (\S+)", re.split(r"newest-events \(", text)[1])
                wanted = [(stamp(e["EventTime"]), e["EventName"], who(e)) for e in events[:40]]
                tally.check(label + ": %d events, newest first" % len(wanted), rows == wanted,
                            "%s\n%s" % (rows, wanted))
                last = next((e for e in events if e["EventId"] == usage["CloudTrailEventId"]), None)
                if last and "arn" in json.loads(last["CloudTrailEvent"])["userIdentity"]:
                    tally.check(label + ": who it was", "last_used_by            arn:aws:" in text and who(last) in text, text)
            s.keys("!")
            s.wait("cloudtrail:LookupEvents")
            s.keys("q")
            tally.check("evidence: nothing refused by the models", endpoint.ctl("violations") == [],
                        endpoint.ctl("violations")[:2])


# ---- keys while it reads -----------------------------------------------------------------------------


def busy(tally):
    dash.soon_enough(tally, "while it reads", lambda: keys_while_it_reads(tally))


def keys_while_it_reads(tally):
    """2 accounts x 2 regions x 250 keys, every answer after 20 ms: keys while the first read goes on."""
    keys = [b"j", b"j", b"k", b"\x06", b"j", b"\x02", b"G", b"k", b"g", b"s", b"/", b"e", b"n", b"a", b"\x7f", b"b",
            b"\x03", b"1", b"j", b"4", b"j", b"5", b"4"]
    with world("--seed", "3", "--accounts", "2", "--regions", "2", "--keys", "250", "--points", "20", "--plain",
               change=no_denials, serve=("--latency-ms", "20", "--no-check-answers"), is_sanitized=False) as (endpoint, args, env, _):
        with Pty(args, 200, 60, env=env) as p:
            while not p.read(0.02)[0]:  # the first picture
                pass
            p.press(b"4", quiet=0.02)
            drawn = p.total
            while p.total < drawn + 60 * 50:  # a list without rows does not answer
                p.read(0.02)
            calls, times, silent = endpoint.ctl("stats")["requests"], [], 0
            end = time.monotonic() + 4
            while time.monotonic() < end or len(times) < 100:
                for key in keys:
                    p.read(0)
                    took = p.time(key, quiet=0.004, patience=0.3)  # what the refresh tells later is not the key's
                    times += [took] if took else []
                    silent += not took
            more = endpoint.ctl("stats")["requests"] - calls
            tally.check("while it reads: calls were made", more > 500, more)
            tally.check("while it reads: keys are answered", silent * 5 < len(times), silent)
            out = p.press(b"\x03")
            tally.check("while it reads: ^c ends it", p.wait() == 0, (p.status, out))
    return times


def part(work):
    rows, start = dash.Rows(), time.monotonic()
    attempt(rows, *work)
    print("%s%s: %.0f s" % (work[0].__name__, work[1:], time.monotonic() - start), flush=True)
    return rows.rows


def main():
    tally = Tally()
    seed = int(os.environ.get("SEED", random.randrange(1, 1 << 20)))
    print("seed %d (SEED=%d repeats it)" % (seed, seed), flush=True)
    together = [(hostile, seed + 1, (200, 60)), (hostile, seed, (80, 24)), (evidence,), (trouble, "e500"),
                (trouble, "malformed")]
    with concurrent.futures.ProcessPoolExecutor(4, multiprocessing.get_context("fork")) as pool:
        rows = [row for some in pool.map(part, together) for row in some]
    for name, is_good, detail in rows:
        tally.check(name, is_good, detail)
    return tally.close()


if __name__ == "__main__":
    sys.exit(main())
