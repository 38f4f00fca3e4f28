#!/usr/bin/env python3
"""Under each fault on the wire: the right rows, or the last good ones with a blind spot; never a row missing
without one, never a hang beyond the timeouts, never a crash; whole again within 30 s of the fault's end."""
import concurrent.futures
import contextlib
import json
import os
import select
import subprocess
import sys
import tempfile
import time

from program import HANG_S, ROOT, TESTS, Tally, attempt, environment, run
from endpoint.harness import Endpoint, write_world

KINDS = ("throttle", "e500", "e503html", "expired", "truncate", "wrong_length", "malformed", "nulls",
         "exponent", "drip", "delay", "hang", "reset", "close")
WORLD = ["--seed", "11", "--accounts", "2", "--regions", "2" if os.environ.get("LONG") else "1", "--keys", "6", "--points",
         "8", "--plain"]
RECOVERY_S = 30         # or six times what the first read took, where that is more: a machine that has much else to do
LANES = 3


def quiet_world(folder):
    """A generated world in which nothing is denied: what is not seen then is the fault's work."""
    path = folder + "/world.json"
    write_world(path, *WORLD, change=lambda world: world.update(denied=[]))
    return ["--world", path]


def ids(answer):
    return {(r["id"], r["account"], r["region"]) for r in answer.rows()}


def one_fault(tally, endpoint, args, config, whole, kind, match, count, label):
    """Once with a few bad answers (retries mend it), once with nothing but bad ones (blind spots tell)."""
    endpoint.ctl("reset_faults", {})
    fault = {"match": match, "kind": kind, "delay_s": 2, "bytes_per_s": 20, "seconds": 60}
    fault.update({"count": count} if count else {"duration_s": 600})
    endpoint.ctl("fault", fault)
    began = time.time()
    try:
        answer = run("export", "--view", "keys", *args, config=config)
    except subprocess.TimeoutExpired:
        tally.check(label + " ends", False)
        return
    took = time.time() - began
    tally.check(label + " no crash", answer.status in (0, 3, 4),
                "status %d %s" % (answer.status, answer.err.decode()[-1500:]))
    if answer.status == 3:
        tally.check(label + " says why", len(answer.err.strip()) > 0)
        return
    got = ids(answer)
    tally.check(label + " no row made up", got <= whole, sorted(got - whole)[:3])
    tally.check(label + " no silent loss", got == whole or answer.status == 4,
                "%d of %d rows, status %d in %.0f s" % (len(got), len(whole), answer.status, took))


def faults_of_a_verb():
    """kind, operation or None for all of the service, how often or 0 for always."""
    for kind in KINDS:
        yield kind, None, 1 if kind in ("hang", "drip") else 3  # each of these takes a whole timeout
    for kind in ("throttle", "e503html", "truncate"):
        for operation in ("ListKeys", "DescribeKey", "ListGrants"):
            yield kind, operation, 0


def faults_in_a_verb(tally, place, faults):
    place.endpoint.ctl("reset_faults", {})
    first = run("export", "--view", "keys", *place.args, config=place.config)
    whole = ids(first)
    tally.check("no fault: whole", first.status == 0 and whole, first.err.decode()[-500:])
    for kind, operation, count in faults:
        match = {"service": "kms", **({"operation": operation} if operation else {})}
        label = "%s %d times" % (kind, count) if count else "%s always at %s" % (kind, operation)
        one_fault(tally, place.endpoint, place.args, place.config, whole, kind, match, count, label)


class Watch:
    """A refresh that goes on: one JSON line whenever something that can be seen changed."""

    def __init__(self, url, profiles, config):
        build = ROOT + "/build/asan"
        self.binary = tempfile.mktemp(prefix="keyfall-watch-")
        flags = subprocess.run(["pkg-config", "--cflags", "--libs", "libcurl", "libcjson", "libcrypto",
                                "expat"], check=True, stdout=subprocess.PIPE, text=True).stdout.split()
        subprocess.run([os.environ.get("CC", "gcc"), "-std=c17", "-D_GNU_SOURCE", "-g", "-pthread",
                        "-fsanitize=address,undefined", "-I" + ROOT, TESTS + "/live/watch.c",
                        build + "/libbackend.a", "-o", self.binary, *flags, "-lcsv", "-lm"], check=True)
        self.process = subprocess.Popen([self.binary, url, *profiles], stdout=subprocess.PIPE, bufsize=0,
                                        env=environment(config))
        self.unread, self.last = b"", None

    def line(self, timeout):
        """The next one; None if none comes. What was read stays here: no buffer of Python's hides it from select."""
        until = time.monotonic() + timeout
        while b"\n" not in self.unread:
            if not select.select([self.process.stdout], [], [], max(0, until - time.monotonic()))[0]:
                return None
            data = self.process.stdout.read(1 << 16)
            if not data:
                return None
            self.unread += data
        line, self.unread = self.unread.split(b"\n", 1)
        return line

    def wait(self, is_it, timeout=HANG_S):
        """The first line for which is_it; None when the time is over."""
        until = time.monotonic() + timeout
        while (line := self.line(until - time.monotonic())) is not None:
            self.last = json.loads(line)
            if is_it(self.last):
                return self.last
        return None

    def close(self):
        self.process.terminate()
        status = self.process.wait(HANG_S)
        self.process.stdout.close()
        os.unlink(self.binary)
        return status


def recovery(tally, place):
    endpoint = place.endpoint
    endpoint.ctl("reset_faults", {})
    began = time.monotonic()
    watch = Watch(endpoint.url, place.profiles, place.config)
    whole = watch.wait(lambda t: t["done"] and t["unsure"] == 0)
    if not tally.check("watch: whole", whole is not None, watch.last):
        watch.close()
        return
    most_s = max(RECOVERY_S, 6 * (time.monotonic() - began))
    for kind in ("e500", "throttle", "truncate", "reset", "hang", "malformed"):
        endpoint.ctl("fault", {"match": {"service": "kms"}, "kind": kind, "duration_s": 600, "seconds": 60})
        bad = watch.wait(lambda t: t["unsure"] > 0)
        tally.check("watch %s: it is told" % kind, bad is not None)
        if bad:
            tally.check("watch %s: last good rows stay" % kind, bad["keys"] == whole["keys"], bad)
        endpoint.ctl("reset_faults", {})
        began = time.time()
        good = watch.wait(lambda t: t["unsure"] == 0, most_s)
        took_s = time.time() - began
        print("%s: whole again after %.1f s, of %d" % (kind, took_s, most_s))
        tally.check("watch %s: whole again within %d s" % (kind, most_s),
                    good is not None and good["keys"] == whole["keys"], "%.1f s %s" % (took_s, good))
    tally.check("watch: ends cleanly", watch.close() == 0)


class Place:
    """An endpoint of one's own, all with the same world: faults at one don't reach what is read from others."""

    def __init__(self, stack, world):
        self.config = stack.enter_context(tempfile.TemporaryDirectory())
        self.endpoint = stack.enter_context(Endpoint(*world))
        self.endpoint.write_config(self.config)
        told = self.endpoint.ctl("world")
        self.profiles = ["acct-%s" % a for a, v in told["accounts"].items()
                         if v["record"].get("State", "ACTIVE") == "ACTIVE"]
        regions = sorted({r for v in told["accounts"].values() for r in v["data"]})
        self.args = ["--endpoint-url", self.endpoint.url] + [x for p in self.profiles for x in ("--profile", p)] \
            + [x for r in regions for x in ("--region", r)]


def main():
    """Nearly all of it is waiting, for rates and timeouts: so side by side."""
    tally = Tally()
    faults = list(faults_of_a_verb())
    with contextlib.ExitStack() as stack, concurrent.futures.ThreadPoolExecutor(LANES + 1) as pool:
        world = quiet_world(stack.enter_context(tempfile.TemporaryDirectory()))
        places = [Place(stack, world) for _ in range(LANES + 1)]
        for i, place in enumerate(places[:LANES]):
            pool.submit(attempt, tally, faults_in_a_verb, place, faults[i::LANES])
        pool.submit(attempt, tally, recovery, places[LANES])
    return tally.close()


if __name__ == "__main__":
    sys.exit(main())
