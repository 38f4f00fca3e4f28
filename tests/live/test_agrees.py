#!/usr/bin/env python3
"""What keyfall exports equals what botocore's paginators read, cell by cell and both ways: against worlds of
the strict endpoint at page sizes 1, 7 and 1000, and against moto. Afterwards the endpoint's state is
byte-identical and it has seen nothing that AWS would refuse."""
import contextlib
import hashlib
import io
import json
import os
import random
import subprocess
import sys
import tempfile

from program import HANG_S, TESTS, VIEWS, Tally, attempt, environment, run
from endpoint.harness import Endpoint
from oracle import compare

# Cells on which the two are not asked to agree, and why:
IGNORED = {
    # the caller's ARN holds a session name of each program's own
    "accounts": ["role"],
    # AWS does not let these change for its own keys; keyfall does not ask
    "keys": [],
}


def oracle(url, config, profiles, regions, folder):
    args = [sys.executable, TESTS + "/oracle/oracle.py", "-o", folder, "--endpoint-url", url]
    for p in profiles:
        args += ["--profile", p]
    for r in regions:
        args += ["--region", r]
    subprocess.run(args, env=environment(config), check=True, timeout=HANG_S, stdout=subprocess.DEVNULL)


def agree(tally, label, url, config, profiles, regions, folder, options=()):
    """One reading, every view a file: what the manifest says of them, and every cell."""
    args = ["--endpoint-url", url, *options] + [x for p in profiles for x in ("--profile", p)] \
        + [x for r in regions for x in ("--region", r)]
    ours = folder + "/ours"
    answer = run("export", "--view", "all", "-o", ours, *args, config=config)
    if not tally.check(label + " answered", answer.status in (0, 4),
                       "status %d: %s" % (answer.status, answer.err.decode()[-2000:])):
        return
    with open(ours + "/manifest.json", encoding="utf-8") as src:
        manifest = json.load(src)
    listed = {f["name"]: f for f in manifest["files"]}
    tally.check(label + " the manifest lists what is there",
                set(listed) | {"manifest.json"} == set(os.listdir(ours)), sorted(listed))
    for name, told in listed.items():
        with open(ours + "/" + name, "rb") as src:
            text = src.read()
        tally.check("%s %s is what the manifest says" % (label, name),
                    (len(text), hashlib.sha256(text).hexdigest()) == (told["bytes"], told["sha256"]), told)
    for view in VIEWS:
        agree_on(tally, "%s %s" % (label, view), view, folder, ours)


def agree_on(tally, label, view, folder, ours):
    told = io.StringIO()
    with contextlib.redirect_stdout(told):
        wrong = compare.tell("%s/%s.csv" % (folder, view), "%s/%s.csv" % (ours, view), IGNORED.get(view, []))
    tally.check(label + " agrees", wrong == 0, told.getvalue())


def strict(tally, seed, size, page_sizes):
    """A world, read by boto3 once and by keyfall with pages of each size."""
    world = ["--seed", str(seed), *size]
    with tempfile.TemporaryDirectory() as folder, Endpoint(*world) as endpoint:
        endpoint.write_config(folder)
        told = endpoint.ctl("world")
        profiles = ["acct-%s" % a for a, v in told["accounts"].items()
                    if v["record"].get("State", "ACTIVE") == "ACTIVE"]
        regions = sorted({r for v in told["accounts"].values() for r in v["data"]})
        before = endpoint.ctl("state_digest")
        oracle(endpoint.url, folder, profiles, regions, folder)
        for page_size in page_sizes:
            endpoint.ctl("settings", {"page_size": page_size})
            endpoint.ctl("reset_log", {})
            label = "seed %d pages of %d:" % (seed, page_size)
            agree(tally, label, endpoint.url, folder, profiles, regions, folder)
            violations = endpoint.ctl("violations")
            tally.check(label + " nothing refused", violations == [], violations[:3])
            tally.check(label + " state untouched", endpoint.ctl("state_digest") == before)


def moto(tally):
    with tempfile.TemporaryDirectory() as folder, \
            Endpoint("--write-aws-config", folder, module="endpoint.moto_world") as endpoint:
        with open(folder + "/config") as config:
            profiles = [line[9:-2] for line in config if line.startswith("[profile acct-")]
        regions = endpoint.info["regions"]
        oracle(endpoint.url, folder, profiles, regions, folder)
        patient = folder + "/keyfall.conf"      # it answers one call at a time, some after many seconds
        with open(patient, "w") as config:
            config.write("[refresh]\nread_timeout = 3m\n")
        agree(tally, "moto:", endpoint.url, folder, profiles, regions, folder, ["--config", patient])


def main():
    tally = Tally()
    seed = int(os.environ.get("SEED", random.randrange(1, 1 << 20)))
    print("seed %d (SEED=%d repeats it)" % (seed, seed))
    attempt(tally, strict, seed, ["--accounts", "3", "--regions", "3"], [1000])
    # a page for each row is slow at AWS's rates, which keyfall keeps to here too
    attempt(tally, strict, seed + 1, ["--accounts", "2", "--regions", "2", "--keys", "8", "--points", "8"], [7, 1])
    attempt(tally, moto)
    return tally.close()


if __name__ == "__main__":
    sys.exit(main())
