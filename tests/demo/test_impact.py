#!/usr/bin/env python3
"""What falls in the demo estate: every key ranked, several targets together, and a plan of Terraform's before it is
applied. Closes with `N passed, N failed`."""

import csv
import io
import json
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
KEYFALL = os.environ.get("KEYFALL", str(ROOT / "keyfall"))
DEMO = ["--demo", "--now", "2026-08-23T14:02:00Z"]
EFFECTS = ("lost", "down", "degraded", "unknown")
passed = failed = 0


def check(what, holds, seen=""):
    global passed, failed
    passed, failed = passed + bool(holds), failed + (not holds)
    if not holds:
        print("FAIL %s\n%s" % (what, str(seen)[:2000]))


def impact(*args):
    run = subprocess.run([KEYFALL, "impact", *DEMO, *args], capture_output=True, text=True, timeout=60)
    return run.returncode, run.stdout, run.stderr


def told(*args):
    return json.loads(impact(*args, "--format", "json")[1])


# ---- every key ----
status, out, err = impact("--all", "--format", "json")
ranking = json.loads(out)
rows = ranking["rows"]
SEVERITIES = ["none", "info", "low", "medium", "high", "critical"]
check("what is not seen is told", status == 4 and not ranking["complete"] and "more may fall" in err, (status, err))
check("every key once", len(rows) == ranking["n_keys"] == len({r["id"] for r in rows}) > 90, len(rows))
order = [(-SEVERITIES.index(r["severity"]), *(-r["counts"][e] for e in EFFECTS)) for r in rows]
check("worst first", order == sorted(order), order[:5])
for row in rows[:6] + rows[-3:]:
    alone = told(row["id"])
    check("%s as when asked alone" % row["id"], alone["counts"] == row["counts"] and
          alone["severity"] == row["severity"] and alone["point_of_no_return"] == row["point_of_no_return"],
          (alone["counts"], row["counts"]))
    lost = {c["id"] for c in alone["consequences"]}
    check("what it is the only key of falls with it",
          all(i in lost or i in json.dumps(alone["consequences"]) for i in row["sole_key_of"]), row["sole_key_of"])
volumes = [r for r in rows if any(":volume/" in i for i in r["sole_key_of"])]
check("keys are named that are the only key of a volume", len(volumes) > 3)
owners = [i for r in rows for i in r["sole_key_of"]]
check("nothing has two only keys", len(owners) == len(set(owners)))
check("what is copied under another key has none", not any(":db:orders-db" in i for i in owners), owners)

status, out, _ = impact("--all", "--format", "csv")
table = list(csv.DictReader(io.StringIO(out)))
check("CSV says the same", [(r["id"], int(r["lost"]), r["sole_key_of"].split(";") if r["sole_key_of"] else [])
                            for r in table] == [(r["id"], r["counts"]["lost"], r["sole_key_of"]) for r in rows])
_, out, _ = impact("--all", "--max", "3")
check("text names what is lost", re.match(r"\d+ keys by what each takes down: delete\nC  \d+\+ lost", out), out)
check("--max", "and %d more" % (len(rows) - 3) in out, out)
disabled = told("--all", "--action", "disable")
check("by another action", disabled["action"] == "disable" and
      not any(r["counts"]["lost"] > 1000 for r in disabled["rows"]), disabled["rows"][0])
for args, says in [(("--all", "alias/prod-backup"), "name no targets"), ((), "or --all"),
                   (("--all", "--action", "repoint"), "does not fit keys")]:
    status, _, err = impact(*args)
    check("%s is wrong usage" % (args,), status == 2 and says in err, (status, err))

print("%d passed, %d failed" % (passed, failed))
sys.exit(failed > 0)
