"""A strict endpoint (or moto) with the world of the five stories, a state folder, and keyfall's verbs of change."""
import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [TESTS, TESTS + "/live"]

import eye  # noqa: E402
from endpoint import moto_world, stories  # noqa: E402
from endpoint.harness import Endpoint  # noqa: E402
from program import HANG_S, Tally, environment, program  # noqa: E402,F401

MAIN, VAULT, APP, OLD, SAAS = stories.MAIN, stories.VAULT, stories.APP, stories.OLD, stories.SAAS
PLACES = [(MAIN, "us-east-1"), (APP, "ap-south-1"), (APP, "eu-west-1"), (VAULT, "ap-south-2"), (VAULT, "eu-west-1"),
          (VAULT, "eu-central-1")]


class Done:
    def __init__(self, process):
        out, err = process.communicate(timeout=HANG_S)
        self.status, self.out, self.err = process.returncode, out.decode(), err.decode()

    def __repr__(self):
        return "status %d\n%s\n%s" % (self.status, self.out, self.err)


class Bench:
    def __init__(self, world="--seeds"):
        self.endpoint = Endpoint(world)
        self.setup(self.endpoint.url, self.endpoint.ctl("world"))
        self.world = self.endpoint.ctl("world")
        self.base = self.endpoint.base_session()
        self.sessions = {MAIN: self.base}
        for role in self.world["roles"]:
            account = role["arn"].split(":")[4]
            if account != MAIN and self.world["accounts"][account]["record"].get("State", "ACTIVE") == "ACTIVE":
                self.sessions[account] = self.endpoint.role_session(self.base, account, role.get("external_id"))

    def setup(self, url, text):
        from endpoint.world import write_aws_config
        self.url, self.n, self.clients = url, 0, {}
        self.folder = tempfile.TemporaryDirectory()
        self.path = self.folder.name
        write_aws_config(text, self.path, url)
        self.env = environment(self.path, XDG_STATE_HOME=self.path + "/state0", HOME=self.path)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.endpoint.stop()
        self.folder.cleanup()

    def fresh(self):
        """The world as it was, no journal, no faults."""
        self.n += 1
        self.env["XDG_STATE_HOME"] = "%s/state%d" % (self.path, self.n)
        self.endpoint.ctl("reset_faults", {})
        self.endpoint.ctl("reset_log", {})
        self.endpoint.ctl("world", self.world)

    def client(self, service, account, region):
        at = (service, account, region)
        if at not in self.clients:
            self.clients[at] = self.endpoint.client(self.sessions[account], service, region)
        return self.clients[at]

    def look(self, places=None):
        return eye.look(self.client, places or PLACES)

    def key(self, account, region, alias):
        data = self.endpoint.ctl("world")["accounts"][account]["data"][region]
        ident = next(a["TargetKeyId"] for a in data["aliases"] if a["AliasName"] == alias)
        return data["keys"][ident]["metadata"]["Arn"]

    def plain_key(self):
        """A key that nobody else may use, as alias/plain; the world keeps it."""
        if any(a["AliasName"] == "alias/plain" for a in self.world["accounts"][MAIN]["data"]["us-east-1"]["aliases"]):
            return
        kms = self.client("kms", MAIN, "us-east-1")
        kms.create_alias(AliasName="alias/plain", TargetKeyId=kms.create_key()["KeyMetadata"]["KeyId"])
        self.world = self.endpoint.ctl("world")

    # ---------------------------------------------------------------- keyfall

    def profiles(self):
        return ["--profile", "base"] + [x for a in (VAULT, APP) for x in ("--profile", "acct-" + a)]

    def start(self, *args):
        return subprocess.Popen([program(), *args], env=self.env, stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def run(self, *args):
        return Done(self.start(*args))

    def live(self):
        return ["--endpoint-url", self.url, *self.profiles()]

    def plan(self, name, **inputs):
        """(the plan's file, what the verb answered)"""
        path = "%s/plan-%d-%s.json" % (self.path, self.n, name)
        args = [x for k, v in inputs.items() for x in ("--set", "%s=%s" % (k, v))]
        done = self.run("wizard", name, *args, "-o", path, *self.live())
        return path, done

    def apply(self, path, *answers, resume=False, settle=None):
        args = [x for a in answers for x in ("--yes", a)] + (["--resume"] if resume else [])
        return self.run("apply", path, *args, *self.settle(settle), *self.live())

    @staticmethod
    def settle(seconds):
        return ["--settle", str(seconds)] if seconds else []

    def journal(self):
        path = self.env["XDG_STATE_HOME"] + "/keyfall/journal.jsonl"
        if not os.path.exists(path):
            return []
        with open(path) as src:
            return [json.loads(line) for line in src]

    @contextlib.contextmanager
    def killing(self, operation, how, nth=0):
        """An apply that dies at the operation, "hold": before the endpoint acts, "hang": after it has, "answered": when
        the answer is journalled and nothing was looked at since. It gives None then, else what it said."""
        service, name = operation.split(":")
        rule = {"match": {"service": service, "operation": name}, "kind": how, "count": 1, "skip": nth}
        if how == "answered":
            rule, how = dict(rule, kind="meddle", then={"kind": "hold"}), "hold"
        self.endpoint.ctl("reset_faults", {})
        self.endpoint.ctl("fault", rule)
        fired = self.endpoint.ctl("stats")["faults_fired"].get(how, 0)

        def apply(path, *answers, resume=False):
            process = self.start("apply", path, *[x for a in answers for x in ("--yes", a)],
                                 *(["--resume"] if resume else []), *self.live())
            while process.poll() is None:
                if self.endpoint.ctl("stats")["faults_fired"].get(how, 0) > fired:
                    process.send_signal(signal.SIGKILL)
                    Done(process)
                    return None
                time.sleep(0.01)
            return Done(process)
        yield apply
        self.endpoint.ctl("reset_faults", {})

    def violations(self):
        return self.endpoint.ctl("violations")


def load(path):
    with open(path) as src:
        return json.load(src)


def calls_of(path):
    return [s["call"] for s in load(path)["steps"] if s["kind"] == "call"]
