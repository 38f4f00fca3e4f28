"""Run keyfall as its users do, and read what it wrote."""
import contextlib
import csv
import io
import os
import subprocess
import sys
import threading
import traceback

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
ROOT = os.path.dirname(TESTS)
sys.path.insert(0, TESTS)
sys.path.append(TESTS + "/screen")      # behind the caller's own folder: both have a test_wizards

from screen import HANG_S  # noqa: E402

VIEWS = ("accounts", "regions", "keys", "aliases", "grants", "parameters", "vaults",
         "recovery-points", "resources", "principals", "iam-policies", "organizational-units",
         "organization-accounts", "organization-policies", "amis", "dlm-policies", "event-rules",
         "restore-testing-plans", "restore-testing-selections", "legal-holds", "failed-jobs")


def program():
    """The sanitized build if there is one: a leak or an overflow fails the test that met it."""
    for path in (os.environ.get("KEYFALL_ASAN"), ROOT + "/build/asan/keyfall",
                 os.environ.get("KEYFALL"), ROOT + "/keyfall"):
        if path and os.access(path, os.X_OK):
            return path
    raise SystemExit("build keyfall first")


def environment(config=None, **more):
    """Nothing of the caller's AWS settings reaches the program."""
    env = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "KEYFALL"))}
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTPS_PROXY", "ALL_PROXY"):
        env.pop(name, None)
    env["AWS_EC2_METADATA_DISABLED"] = "true"
    env["XDG_CONFIG_HOME"] = "/nonexistent"
    if config:
        env["AWS_CONFIG_FILE"] = config + "/config"
        env["AWS_SHARED_CREDENTIALS_FILE"] = config + "/credentials"
    env.update(more)
    return env


class Answer:
    def __init__(self, done):
        self.status, self.out, self.err = done.returncode, done.stdout, done.stderr

    def rows(self):
        csv.field_size_limit(1 << 24)
        return list(csv.DictReader(io.StringIO(self.out.decode("utf-8"), newline=""), strict=True))


def run(*args, config=None, timeout=HANG_S, env=None, by=None):
    """by: another build than program()'s."""
    done = subprocess.run([by or program(), *args], env=env or environment(config), timeout=timeout,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    return Answer(done)


def attempt(tally, function, *args):
    """A part of a script: what it raises is one check that failed, and the next part begins."""
    try:
        return function(tally, *args)
    except Exception:  # pylint: disable=broad-except
        return tally.check("%s%r comes to its end" % (function.__name__, args), False, traceback.format_exc())


class Tally:
    """Counts checks; the closing line is what tests/run.sh adds up."""

    def __init__(self):
        self.passed = self.failed = 0
        self.lock = threading.Lock()

    def check(self, name, is_good, detail=""):
        with self.lock:
            if is_good:
                self.passed += 1
            else:
                self.failed += 1
                print("FAIL %s %s" % (name, str(detail)[:4000]))
        return is_good

    def close(self):
        print("%d passed, %d failed" % (self.passed, self.failed))
        return 1 if self.failed or not self.passed else 0


@contextlib.contextmanager
def small_disk(at, kilobytes):
    """A file system of that size; None where mounting is not allowed."""
    os.makedirs(at, exist_ok=True)
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=%dk" % kilobytes, "tmpfs", at],
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    try:
        yield at if done.returncode == 0 else None
    finally:
        if done.returncode == 0:
            subprocess.run(["umount", "-l", at], check=False)
