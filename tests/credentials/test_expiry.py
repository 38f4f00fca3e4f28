#!/usr/bin/env python3
"""Keys and logins that end while the real program runs, and no secret where none belongs."""

import concurrent.futures
import glob
import json
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.dirname(HERE) + "/screen"]
import servers  # noqa: E402
from pieces import KEYS, ROLE, SESSION, SSO, login_token, sso_token  # noqa: E402
from place import ALL_THREE, EXPORT, KEYFALL, place  # noqa: E402
from screen import HANG_S, Screen  # noqa: E402
from servers import SECRET  # noqa: E402
from world import check, close  # noqa: E402


# --- expiry while it runs -----------------------------------------------------------------------


def again(place_, profile, n):
    """(access key or error) for n seconds, once a second."""
    lines = place_.probe("--profile", profile, "--again", str(n))
    return [line.get("access_key") or line.get("error") for line in lines[1:]]


def test_expiry():
    """Keys of four seconds: they are renewed before anybody is refused, from each source."""
    session = SESSION + "[profile p]\nsso_session = my-sso\n" + SSO
    cases = {
        "sso": lambda: place(session, sso_token("my-sso", 3600), portal=servers.Portal(seconds=4)),
        "sso, its token too": lambda: place(session, sso_token("my-sso", 5), portal=servers.Portal(seconds=4)),
        "web identity": lambda: place("[profile p]\n" + ROLE % "short" + "web_identity_token_file = $HOME/t\n",
                                      ("t", "token")),
        "role from sso": lambda: place(session.replace("profile p", "profile s") + "[profile p]\n" + ROLE %
                                       "short" + "source_profile = s\n", sso_token("my-sso", 3600)),
    }

    def run(case):
        with cases[case]() as w:
            return again(w, "p", 7)

    with concurrent.futures.ThreadPoolExecutor(len(cases)) as pool:
        for case, keys in zip(cases, pool.map(run, cases)):
            check("renewed: " + case, len(set(keys)) >= 2 and all(k.startswith("ASIA") for k in keys), keys)


def test_token_file_is_read_again():
    with place("[profile p]\n" + ROLE % "short" + "web_identity_token_file = $HOME/t\n", ("t", "one")) as w:
        child, keys = w.start("--profile", "p", "--again", str(HANG_S)), []

        def comes(word):
            """Whether a line of the probe tells it, once a second."""
            for text in child.stdout:
                line = json.loads(text)
                keys.append(line.get("access_key") or line.get("error") or "")
                if word in keys[-1]:
                    return True
            return False

        is_first = comes("WEBONE")
        w.write("t", "two")
        check("both tokens were used", is_first and comes("WEBTWO"), keys)
        w.write("t", "expired")
        check("then it is told", comes("Token expired") and "have the token's file written anew" in keys[-1], keys)
        child.terminate()
        child.communicate()


def test_many_profiles_renew_once():
    """Twenty profiles of one session whose token is nearly over: its refresh token is good for once."""
    profiles = "".join("[profile p%d]\nsso_session = my-sso\nsso_account_id = 1111222233%02d\nsso_role_name = "
                       "R\n" % (i, i) for i in range(20))
    with place(SESSION + profiles, sso_token("my-sso", 60)) as w:
        args = [a for i in range(20) for a in ("--profile", "p%d" % i)]
        status, out, err = w.run("export", "--view", "accounts", "--region", "eu-west-1", *args)
        renewals = [a for a in w.oidc.asked if "refresh_token" in a[3]]
        check("one renewal", len(renewals) == 1 and w.portal.count == 20, (len(renewals), w.portal.count, err))


def test_expires_under_the_dashboard():
    """The login ends, what was read stays, the line says so; a login elsewhere is noticed."""
    config = SESSION + "[profile p]\nsso_session = my-sso\n" + SSO
    name, token = sso_token("my-sso", 3600)
    portal = servers.Portal(seconds=8)
    with place(config, (name, token), portal=portal) as w:
        with Screen([KEYFALL, "--profile", "p", "--region", "eu-west-1"], 120, 36, env=w.env) as s:
            s.wait("1 account")
            portal.tokens = set()  # the session is ended at AWS
            os.remove(w.home + "/" + name)
            until = time.time() + HANG_S
            while "L logs in" not in s.text() and time.time() < until:
                s.keys("R")
                time.sleep(0.5)
            text = s.text()
            check("the line says so", "p is not logged in to IAM Identity Center" in text, text)
            check("what was read stays", "2 Accounts 1" in text, text)
            s.keys("!")
            s.wait("said")
            wanted = "fix run `aws sso login --profile p` or `keyfall login --profile p`"
            until = time.time() + HANG_S  # the keys are used to their end
            while wanted not in " ".join(s.text().split()) and time.time() < until:
                s.keys("R", "g")
                time.sleep(0.7)
            check("the error log says what to type", wanted in " ".join(s.text().split()), s.text())
            portal.tokens = None
            w.write(name, token)  # aws sso login, in another terminal
            try:
                s.wait(lambda text: "L logs in" not in text)
                check("a login elsewhere is noticed", True)
            except AssertionError as error:
                check("a login elsewhere is noticed", False, error)


# --- secrets ------------------------------------------------------------------------------------


def children_of(pid):
    found = []
    for path in glob.glob("/proc/[0-9]*/stat"):
        try:
            with open(path) as file:
                if int(file.read().rsplit(")", 1)[1].split()[1]) == pid:
                    found.append(int(path.split("/")[2]))
        except (OSError, IndexError):
            pass
    return found


def read_proc(pid, name):
    try:
        with open("/proc/%d/%s" % (pid, name), "rb") as file:
            return file.read().decode(errors="replace")
    except OSError:
        return ""


def watch_processes(pid, seen, stop):
    """Gathers the arguments of the program and of its children, and the children's environments."""
    while not stop.is_set():
        for child in [pid, *children_of(pid)]:
            seen.add(read_proc(child, "cmdline"))
            if child != pid:
                seen.add(read_proc(child, "environ"))
        time.sleep(0.01)


def test_no_secret_outside():
    config = ALL_THREE + "[profile process]\ncredential_process = $HOME/process\n" + "[profile web]\n" + \
        ROLE % "w" + "web_identity_token_file = $HOME/t\n"
    process = "#!/bin/sh\nsleep 0.5\necho '%s'\n" % json.dumps({
        "Version": 1, "AccessKeyId": "ASIAPROCESS", "SecretAccessKey": SECRET, "SessionToken": "t" + SECRET})
    with place(config, sso_token("my-sso", 60), login_token(60), ("t", "token-" + SECRET)) as w:
        w.write("process", process, 0o700)
        log = w.home + "/log"
        args = [a for p in ("acme", "alice", "process", "web", "s") for a in ("--profile", p)]
        child = subprocess.Popen([KEYFALL, "export", "--view", "accounts", "--region", "eu-west-1", *args,
                                  "--log", log, "-o", w.home + "/out.csv"], env=w.env, cwd=w.home,
                                 start_new_session=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        seen, stop = set(), threading.Event()
        watcher = threading.Thread(target=watch_processes, args=(child.pid, seen, stop))
        watcher.start()
        out, err = child.communicate(timeout=HANG_S)
        stop.set()
        watcher.join()
        check("it read", child.returncode == 4, (child.returncode, err))
        check("children were seen", any(w.home + "/process" in s for s in seen), seen)
        check("no secret in arguments and children's environments", not any(SECRET in s for s in seen), seen)
        check("no secret on its outputs", SECRET not in out + err, (out, err))
        check("nothing wrong was asked", not w.oidc.wrong + w.portal.wrong + w.signin.wrong,
              w.oidc.wrong + w.portal.wrong + w.signin.wrong)
        # each file by its name: only what held secrets before may hold some now
        may = {".aws/config", ".aws/credentials", "process", "t", sso_token("my-sso", 0)[0], login_token(0)[0]}
        holding = set()
        for folder, _, names in os.walk(w.home):
            for name in names:
                path = os.path.join(folder, name)
                with open(path, errors="replace") as file:
                    if SECRET in file.read():
                        holding.add(os.path.relpath(path, w.home))
        check("no secret in other files", holding <= may, holding - may)
        for name in sso_token("my-sso", 0)[0], login_token(0)[0]:
            check("mode of " + name, oct(os.stat(w.home + "/" + name).st_mode) == "0o100600")
        check("nothing temporary stays", not glob.glob(w.home + "/.aws/**/*.tmp", recursive=True))


def give_away(folder, user):
    for path, folders, names in os.walk(folder):
        for name in (".", *folders, *names):
            os.chown(os.path.join(path, name), user, user)


def test_no_core():
    """Killed in the middle: no core file, and not even the same user looks into its memory."""
    user = 65534 if os.getuid() == 0 else None  # root may look everywhere
    with place("[profile p]\n" + KEYS % "P") as w:
        silent = servers.Server(servers.silent)
        w.servers.append(silent)
        program = shutil.copy(KEYFALL, w.home + "/keyfall")
        if user:
            give_away(w.home, user)

        def allow_cores():
            resource.setrlimit(resource.RLIMIT_CORE, (resource.getrlimit(resource.RLIMIT_CORE)[1],) * 2)

        child = subprocess.Popen([program, *EXPORT, "p", "--endpoint-url", silent.url], env=w.env, cwd=w.home,
                                 user=user, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                 preexec_fn=allow_cores)
        while not silent.asked and child.poll() is None:
            time.sleep(0.02)
        limits = read_proc(child.pid, "limits")
        check("no core is allowed", re.search(r"Max core file size +0 +0 ", limits), limits)
        for name, open_it in ("mem", True), ("environ", True), ("cmdline", False):
            done = subprocess.run(["/bin/sh", "-c", "exec 3</proc/%d/%s" % (child.pid, name)], user=user,
                                  cwd="/", stderr=subprocess.DEVNULL)
            check("its %s is %s" % (name, "shut" if open_it else "open"), (done.returncode != 0) == open_it,
                  done.returncode)
        if gdb := shutil.which("gcore"):
            done = subprocess.run([gdb, "-o", w.home + "/core", str(child.pid)], user=user, cwd="/",
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            check("gcore is refused", done.returncode != 0 and not glob.glob(w.home + "/core*"))
        child.send_signal(signal.SIGABRT)
        check("it is ended", child.wait(20) == -signal.SIGABRT)
        check("no core file", not [n for n in os.listdir(w.home) if "core" in n], os.listdir(w.home))


def test_cannot_be_saved():
    """A token that was renewed and cannot be written down is used, and the log tells."""
    config = SESSION + "[profile p]\nsso_session = my-sso\n" + SSO
    name, token = sso_token("my-sso", 60)
    user = 65534 if os.getuid() == 0 else None
    with place(config, (name, token)) as w:
        folder = os.path.dirname(w.home + "/" + name)
        program = shutil.copy(KEYFALL, w.home + "/keyfall")
        if user:
            give_away(w.home, user)
        os.chmod(folder, 0o500)
        done = subprocess.run([program, *EXPORT, "p", "--log", w.home + "/log"], env=w.env, cwd=w.home, user=user,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=HANG_S)
        os.chmod(folder, 0o700)
        with open(w.home + "/log") as file:
            log = file.read()
        check("used, and told", done.returncode == 4 and "cannot be written: Permission denied" in log and
              "profile p: ready" in log and SECRET not in log, (done, log))


close(globals())
