#!/usr/bin/env python3
"""What a viewer is apart from its keys: where its credentials come from, what it says of its guards, its log and its
configuration. Against the strict endpoint, which holds a session to the policy that went along."""
import concurrent.futures
import json
import os
import stat
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(os.path.dirname(HERE), d) for d in ("screen", "live")]

from program import ROOT, Tally  # noqa: E402
from screen import HANG_S, Screen  # noqa: E402
from endpoint.harness import Endpoint  # noqa: E402

WORLD = ["--seed", "11", "--accounts", "1", "--regions", "1", "--keys", "4", "--points", "4", "--plain"]
KEYFALL = os.environ.get("KEYFALL") or ROOT + "/keyfall"


class Place:
    def __init__(self, folder, endpoint):
        self.folder, self.endpoint = folder, endpoint
        endpoint.write_config(folder)
        world = endpoint.ctl("world")
        self.account = next(a for a, v in world["accounts"].items() if v["record"].get("State", "ACTIVE") == "ACTIVE")
        self.user = world["users"][0]
        self.home = folder + "/home"
        os.mkdir(self.home)
        self.env = {"PATH": os.environ["PATH"], "HOME": self.home, "AWS_EC2_METADATA_DISABLED": "true", "LC_ALL": "C.UTF-8",
                    "AWS_CONFIG_FILE": folder + "/config", "AWS_SHARED_CREDENTIALS_FILE": folder + "/credentials"}

    def add(self, name, lines):
        with open(self.folder + "/config", "a", encoding="utf-8") as out:
            out.write("\n[profile %s]\nregion = us-east-1\nendpoint_url = %s\n%s\n" % (name, self.endpoint.url, lines))

    def run(self, *words):
        return subprocess.run([KEYFALL, *words], env=self.env, cwd=self.home, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=HANG_S, check=False)

    def export(self, *words):
        return self.run("export", "--view", "accounts", "--columns", "id", "--region", "us-east-1", "--no-store", *words)


def program_of(place, seconds):
    """A credential_process that counts how often it ran; its keys last so long."""
    path, runs = place.folder + "/program", place.folder + "/runs"
    keys = {"Version": 1, "AccessKeyId": place.user["access_key_id"], "SecretAccessKey": place.user["secret_access_key"]}
    with open(path, "w", encoding="utf-8") as out:
        out.write("#!%s\nimport json, time\nopen(%r, 'a').write('x')\nkeys = %r\n"
                  "keys['Expiration'] = time.strftime('%%Y-%%m-%%dT%%H:%%M:%%SZ', time.gmtime(time.time() + %d))\n"
                  "print(json.dumps(keys))\n" % (sys.executable, runs, keys, seconds))
    os.chmod(path, 0o700)
    return path, runs


def size(path):
    return os.path.getsize(path) if os.path.exists(path) else 0


def programs(t, place):
    path, runs = program_of(place, 3600)
    place.add("printed", "credential_process = " + path)
    place.add("through", "role_arn = arn:aws:iam::%s:role/KeyfallRead\nsource_profile = printed" % place.account)
    for n, profiles in enumerate((["printed"], ["through"], ["printed", "through"]), 1):
        done = place.export("--viewer", *(x for p in profiles for x in ("--profile", p)))
        t.check("%s: read with what a program printed" % profiles, done.returncode in (0, 4) and done.stdout.count(b"\n") > 1,
                done.stderr)
        t.check("%s: it ran once" % profiles, size(runs) == n, size(runs))
    done = place.export("--profile", "through")
    t.check("who is no viewer runs it too", done.returncode in (0, 4) and size(runs) == 4, done.stderr)
    place.run("--viewer", "check", "--rules", "--profile", "printed")
    t.check("what asks nobody runs nothing", size(runs) == 4, size(runs))
    program_of(place, 3)
    with Screen([KEYFALL, "--viewer", "--profile", "printed", "--region", "us-east-1"], 120, 36, env=place.env) as s:
        s.wait("1 account current")
        before = size(runs)
        end = time.monotonic() + HANG_S
        while "and its keys have ended" not in s.text() and time.monotonic() < end:
            s.keys("!", "R")
            time.sleep(0.3)
        t.check("when its keys end it is not run again", "start keyfall" in " ".join(s.text().split())
                and size(runs) == before == 5, (s.text(), before))
        s.keys("q")


def header(t, place):
    """Keys of a user: AWS does not guard. A role: it does, and admits all that is read."""
    for profile, word in (("base", "not aws"), ("acct-" + place.account, "writes aws")):
        with Screen([KEYFALL, "--viewer", "--profile", profile, "--region", "us-east-1"], 160, 36, env=place.env) as s:
            s.wait("1 account current")
            t.check("%s: line 1 says %s" % (profile, word), word in s.lines()[0], s.lines()[0])
            s.keys("K")
            s.wait("> guards")
            t.check("%s: so does the page" % profile, "1 accounts are read through" in s.text(), s.text())
            s.keys("q")
            s.wait_ended()


def refused(place):
    return {d for d in place.endpoint.ctl("stats")["denied"] if d.startswith(place.account)}


def policies(t, place):
    """The same is read with the session policy and without it."""
    profile = "acct-" + place.account
    plain = place.run("export", "--view", "keys", "--region", "us-east-1", "--no-store", "--profile", profile, "--columns",
                      "id,state,rotation,grants")
    denied = refused(place)
    narrow = place.run("--viewer", "export", "--view", "keys", "--region", "us-east-1", "--no-store", "--profile", profile,
                       "--columns", "id,state,rotation,grants")
    sessions = place.endpoint.ctl("stats")["session_policies"]
    t.check("a viewer reads as much", narrow.stdout == plain.stdout and plain.stdout.count(b"\n") > 3, narrow.stderr)
    t.check("AWS refused it no more", refused(place) == denied, refused(place))
    policy = next((json.loads(p) for p in sessions if p), None)
    t.check("a policy went along", policy and policy["Statement"][0]["Effect"] == "Allow", policy)


def log_and_settings(t, place):
    out = place.folder + "/out"
    os.mkdir(out)
    demo = ("export", "--demo", "--view", "keys", "--columns", "id")
    for words in (["--log", "l"], ["--log", place.home + "/l", "--export-dir", out], ["--log", "../l", "--export-dir", out],
                  ["--export-dir", out + "/none"], ["-o", "f"], ["--export-dir", out, "-o", "../f"]):
        done = place.run("--viewer", *demo, *words)
        t.check("a viewer refuses %s" % words, done.returncode in (1, 2) and done.stderr and not done.stdout, done)
    done = place.run("--viewer", *demo, "--log", "l", "-o", "f", "--export-dir", out)
    t.check("both go to the export folder", done.returncode in (0, 4) and sorted(os.listdir(out)) == ["f", "l"], done.stderr)
    t.check("the log is private", stat.S_IMODE(os.stat(out + "/l").st_mode) == 0o600)
    for said, is_viewer in (("yes", True), ("no", False), ("ja", True)):
        with open(place.folder + "/conf", "w", encoding="utf-8") as file:
            file.write("[general]\nviewer = %s\n" % said)
        done = place.run(*demo, "--config", place.folder + "/conf", "-o", "f")
        t.check("viewer = %s" % said, (done.returncode == 2) == is_viewer, done.stderr)
    os.unlink(place.home + "/f")
    t.check("nothing else was left", os.listdir(place.home) == [], os.listdir(place.home))


def main():
    t, begun = Tally(), time.monotonic()
    with tempfile.TemporaryDirectory(prefix="keyfall-viewer-") as folder, Endpoint(*WORLD) as endpoint:
        place, digest = Place(folder, endpoint), endpoint.ctl("state_digest")
        log_and_settings(t, place)
        place.env["XDG_STATE_HOME"] = folder + "/state"
        with concurrent.futures.ThreadPoolExecutor() as pool: # they wait for the rates of AWS
            for one in [pool.submit(f, t, place) for f in (programs, header, policies)]:
                one.result()
        t.check("nothing changed", endpoint.ctl("state_digest") == digest and not endpoint.ctl("writes"))
    print("%.0f s" % (time.monotonic() - begun))
    return t.close()


if __name__ == "__main__":
    sys.exit(main())
