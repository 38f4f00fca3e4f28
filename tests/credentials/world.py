"""What the scripts here share: counting, the probe, and a home of its own for each test."""

import contextlib
import functools
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from unittest import mock

import botocore.credentials
import botocore.session
import botocore.tokens

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.append(ROOT + "/tests/screen")

import servers  # noqa: E402
from screen import HANG_S  # noqa: E402
from servers import SECRET  # noqa: E402
BUILD = os.environ.get("BUILD", "build")  # as make knows it: what depends on what goes by these names

passed = failed = skipped = 0


def check(what, good, detail=""):
    global passed, failed
    if good:
        passed += 1
    else:
        failed += 1
        print("FAILED %s: %s" % (what, detail))


def skip(what, reason):
    global skipped
    skipped += 1
    print("SKIP %s: %s" % (what, reason))


# --- building ---------------------------------------------------------------------------------


BUILDING = threading.Lock()


def build(flavour):
    """The probe linked with the library of that flavour ("" or "asan"), made once."""
    with BUILDING:
        return build_once(flavour)


@functools.cache
def build_once(flavour):
    folder = os.path.join(BUILD, flavour).rstrip("/")
    script = os.path.splitext(os.path.basename(sys.argv[0]))[0]  # scripts run at the same time
    library, program = folder + "/libbackend.a", folder + "/probe-of-" + script
    env = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")}
    inside = os.path.relpath(folder, ROOT)  # the same names as in the Makefile, or what hangs on what is lost
    make = ["make", "--no-print-directory", "BUILD=" + inside, inside + "/libbackend.a"]
    subprocess.run(make + (["FLAVOUR=" + flavour] if flavour else []), cwd=ROOT, env=env, check=True,
                   stdout=subprocess.DEVNULL)
    names = ["libcurl", "libcjson", "libcrypto", "expat"]
    flags = subprocess.run(["pkg-config", "--cflags", "--libs"] + names, check=True, text=True,
                           stdout=subprocess.PIPE).stdout.split()
    sanitize = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"] if flavour else []
    subprocess.run(["gcc", "-std=c17", "-D_GNU_SOURCE", "-pthread", "-I.", "-O1", "-g", "-Wall",
                    "-Wextra", *sanitize, HERE + "/probe.c", library, "-o", program, *flags, "-lcsv",
                    "-lm"], cwd=ROOT, check=True)
    return os.path.join(ROOT, program)


# --- a world of its own -----------------------------------------------------------------------


class World:
    def __init__(self, config="", credentials="", env=None):
        self.home = tempfile.mkdtemp(prefix="keyfall-credentials-")
        os.mkdir(self.home + "/.aws")
        self.write(".aws/config", config)
        self.write(".aws/credentials", credentials)
        self.env = {"PATH": os.environ["PATH"], "HOME": self.home, "USER": "ann", "LC_ALL": "C.UTF-8",
                    "AWS_EC2_METADATA_DISABLED": "true", **(env or {})}
        self.servers = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for server in self.servers:
            server.close()
        shutil.rmtree(self.home)

    def write(self, name, text, mode=0o600):
        path = os.path.join(self.home, name)
        with open(path, "w") as file:
            file.write(text.replace("$HOME", self.home))
        os.chmod(path, mode)
        return path

    def serve(self, answer, variable, path=""):
        server = servers.Server(answer)
        self.servers.append(server)
        self.env[variable] = server.url + path
        return server

    def imds(self, answer=servers.imds):
        self.env.pop("AWS_EC2_METADATA_DISABLED")
        return self.serve(answer, "AWS_EC2_METADATA_SERVICE_ENDPOINT")

    def sts(self):
        return self.serve(servers.sts, "AWS_ENDPOINT_URL_STS")

    def start(self, *args, program=None):
        return subprocess.Popen([program or build("asan"), *args], env=self.env, cwd=self.home, text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def probe(self, *args, program=None):
        """The lines of the probe, as objects; no line may tell a secret."""
        child = self.start(*args, program=program)
        out, err = child.communicate(timeout=HANG_S)
        check("the probe ends well", child.returncode == 0 and not err, (args, child.returncode, err))
        check("no secret is told", SECRET not in out + err, out + err)
        return [json.loads(line) for line in out.splitlines()]

    @contextlib.contextmanager
    def as_botocore(self):
        """With this world's environment, and its home where botocore has looked at the real one already."""
        cache = self.home + "/.aws/sso/cache"
        with mock.patch.dict(os.environ, self.env, clear=True), \
                mock.patch.object(botocore.tokens.SSOTokenProvider, "_SSO_TOKEN_CACHE_DIR", cache), \
                mock.patch.object(botocore.credentials.SSOProvider, "_SSO_TOKEN_CACHE_DIR", cache):
            yield

    def botocore(self, profile=None):
        """What botocore makes of the same world: (access key, bytes of the token)."""
        with self.as_botocore():
            got = botocore.session.Session(profile=profile).get_credentials()
            if got is None:
                return None
            got = got.get_frozen_credentials()
            return got.access_key, len(got.token or "")


def close(tests):
    """Runs the tests and ends the program with the closing line."""
    with contextlib.suppress(KeyboardInterrupt):
        for name, test in list(tests.items()):
            if name.startswith("test_"):
                began = time.time()
                test()
                print("%-32s %.1f s" % (name, time.time() - began))
    print("%d passed, %d failed, %d skipped" % (passed, failed, skipped))
    sys.exit(1 if failed or not passed else 0)
