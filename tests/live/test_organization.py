#!/usr/bin/env python3
"""An organization of 50 accounts in 17 regions and more, some denied, some suspended, some regions off, read to its
end through a role within the rates that AWS publishes. Every denial that the endpoint spoke is a blind spot that
names the IAM action to allow; rows equal those of an independent reader with boto3.

    test_organization.py [--large]

As part of the tests the whole is read once and the independent reader looks at three regions; --large (make
organization) compares every view of the whole."""
import os
import random
import subprocess
import sys
import tempfile
import time

from program import TESTS, VIEWS, Tally, environment, run
from endpoint.harness import Endpoint
from oracle import compare

ACCOUNTS, REGIONS = 50, 17
FEW = ["us-east-1", "us-east-2", "af-south-1"]      # the last must be opted in to
LARGE = "--large" in sys.argv[1:]
# what AWS answers a second way; what was denied hides nothing then
ANSWERED_OTHERWISE = {"ec2:DescribeRegions"}


def keyfall(endpoint, folder, profile, *args, timeout=230):
    return run(*args, "--profile", profile, "--org-role", "KeyfallRead", "--endpoint-url", endpoint.url,
               "--timeout", str(timeout), config=folder, timeout=timeout + 30)


def rows_agree(tally, endpoint, folder, profile, regions, label):
    """Every view against the independent reader's, column by column and both ways."""
    where = [x for r in regions for x in ("--region", r)]
    endpoint.ctl("settings", {"published_rates": False})
    done = subprocess.run([sys.executable, TESTS + "/oracle/organization.py", "--endpoint-url", endpoint.url,
                           "--profile", profile, "--role", "KeyfallRead", "-o", folder, *where],
                          env=environment(folder), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    if not tally.check(label + " read by boto3", done.returncode == 0, done.stderr.decode()[-1500:]):
        return
    endpoint.ctl("settings", {"published_rates": True})
    for view in VIEWS:
        ours = "%s/ours-%s.csv" % (folder, view)
        answer = keyfall(endpoint, folder, profile, "export", "--view", view, "-o", ours, *where)
        tally.check("%s %s: answered" % (label, view), answer.status == 4, answer.err.decode()[-800:])
        told = subprocess.run([sys.executable, compare.__file__, "%s/%s.csv" % (folder, view), ours, "--ignore",
                               "role"], stdout=subprocess.PIPE, text=True)
        tally.check("%s %s: agrees" % (label, view), told.returncode == 0, told.stdout)


def whole(tally, endpoint, folder, world):
    """One reading of everything: within the rates, and no denial forgotten."""
    endpoint.ctl("settings", {"published_rates": True})
    endpoint.ctl("reset_log", {})
    before, began = endpoint.ctl("state_digest"), time.time()
    answer = keyfall(endpoint, folder, "base", "export", "--view", "blind-spots", "--summary")
    print("%d calls in %.1f s" % (endpoint.ctl("stats")["requests"], time.time() - began))
    tally.check("whole: answered with blind spots", answer.status == 4, answer.err.decode()[-1500:])
    tally.check("whole: not cut short", b"stopped reading" not in answer.err, answer.err.decode()[-500:])
    stats = endpoint.ctl("stats")
    tally.check("within AWS's rates", stats["throttled"] == {}, stats["throttled"])
    violations = endpoint.ctl("violations")
    tally.check("nothing that AWS would refuse", violations == [], violations[:2])
    tally.check("state untouched", endpoint.ctl("state_digest") == before)
    every_denial(tally, answer.rows(), stats["denied"])
    every_account(tally, answer.rows(), world)


def every_denial(tally, spots, denied):
    """What the endpoint refused, by account and action, and where: each a blind spot, and none besides."""
    spoken = {tuple(d.split(" ")) for d in denied}
    spoken = {(a, r, act) for a, r, act in spoken if act not in ANSWERED_OTHERWISE}
    shown = {(s["account"], s["region"], s["action"]) for s in spots if s["action"]}
    entered = {s["account"] for s in spots if s["action"] == "sts:AssumeRole"}
    missing = [d for d in spoken if d not in shown and (d[0], "", d[2]) not in shown]
    spoken_of = {(a, act) for a, _, act in spoken}
    invented = [s for s in shown if (s[0], s[2]) not in spoken_of and s[0] not in entered]
    tally.check("every denial is a blind spot", missing == [], sorted(missing)[:5])
    tally.check("no other is", [i for i in invented if i[2] != "backup:DescribeGlobalSettings"] == [], invented[:5])
    tally.check("there are some of each kind", len({act for _, _, act in spoken}) > 15, len(spoken))


def every_account(tally, spots, world):
    """Those that are not ACTIVE, and those whose role does not let us in, are blind spots of their own."""
    closed = {a for a, v in world["accounts"].items() if v["record"]["State"] != "ACTIVE"}
    shown = {s["account"] for s in spots if "not entered" in s["message"]}
    tally.check("accounts that are not ACTIVE are told, and not entered", shown == closed and closed, shown ^ closed)
    refused = {s["account"] for s in spots if s["action"] == "sts:AssumeRole"}
    wanted = {a for a, v in world["accounts"].items()
              if v["record"]["Name"].startswith(("not-trusted", "no-external-id"))}
    tally.check("accounts that do not let us in are told", refused == wanted and wanted, refused ^ wanted)


def delegated(tally, endpoint, folder):
    """The organization can be listed from a delegated administrator's account, not from any member's."""
    with open(folder + "/config", "a") as out:
        out.write("\n[profile delegate]\nregion = us-east-1\n")
    where = ["--region", "us-east-1"]
    answer = keyfall(endpoint, folder, "delegate", "export", "--view", "accounts", *where)
    rows = answer.rows()
    tally.check("delegated administrator: all accounts", len(rows) == ACCOUNTS, len(rows))
    member = endpoint.ctl("world")["accounts"]
    member = [a for a, v in member.items() if v["record"]["Name"].startswith("plain")][0]
    answer = keyfall(endpoint, folder, "acct-" + member, "export", "--view", "blind-spots", *where)
    told = [r for r in answer.rows() if r["action"] == "organizations:ListAccounts"]
    tally.check("a member may not: a blind spot", answer.status == 4 and len(told) == 1, told)


def budget(tally, endpoint, folder):
    """A budget is kept to the request, and what it left unread is told."""
    endpoint.ctl("reset_log", {})
    answer = keyfall(endpoint, folder, "base", "export", "--view", "blind-spots", "--budget", "700", "--summary")
    tally.check("budget: kept", endpoint.ctl("stats")["requests"] == 700, endpoint.ctl("stats")["requests"])
    spots = [s for s in answer.rows() if s["error"] == "budget"]
    tally.check("budget: told", answer.status == 4 and len(spots) > 100, len(spots))
    tally.check("budget: summed up", b"so the rest was not read" in answer.err, answer.err.decode()[-300:])


def main():
    tally = Tally()
    seed = int(os.environ.get("SEED", random.randrange(1, 1 << 20)))
    print("seed %d (SEED=%d repeats it)" % (seed, seed))
    options = ["--organization", "--seed", str(seed), "--accounts", str(ACCOUNTS), "--regions", str(REGIONS),
               "--keys", "2"]
    with tempfile.TemporaryDirectory() as folder, Endpoint(*options) as endpoint:
        endpoint.write_config(folder)
        whole(tally, endpoint, folder, endpoint.ctl("world"))
        delegated(tally, endpoint, folder)
        budget(tally, endpoint, folder)
        rows_agree(tally, endpoint, folder, "base", [] if LARGE else FEW, "whole" if LARGE else "few regions")
    return tally.close()


if __name__ == "__main__":
    sys.exit(main())
