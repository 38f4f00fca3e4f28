#!/usr/bin/env python3
"""Logins with the real program: codes typed on a terminal, device codes, expiry while it runs, the sentence
that says what to type, and no secret where none belongs."""

import concurrent.futures
import glob
import hashlib
import json
import os
import pty
import re
import resource
import select
import shutil
import signal
import subprocess
import sys
import threading
import time
import urllib.parse

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.dirname(HERE) + "/screen"]
import servers  # noqa: E402
from pieces import KEYS, LEGACY, LOGIN, ROLE, SESSION, SSO, login_token, sso_token  # noqa: E402
from screen import Screen  # noqa: E402
from servers import SECRET  # noqa: E402
from world import ROOT, World, check, close  # noqa: E402

KEYFALL = os.environ.get("KEYFALL", ROOT + "/keyfall")
EXPORT = ["export", "--view", "accounts", "--region", "eu-west-1", "--profile"]
MFA = "[profile m]\n" + ROLE % "ro" + "source_profile = s\nmfa_serial = arn:aws:iam::111122223333:mfa/ann\n" \
      "region = eu-west-1\n[profile s]\n" + KEYS % "S"
CODE = "123456"


class Place(World):
    """A home, and all of AWS beside it."""

    def __init__(self, config, *there, env=None, **stands):
        super().__init__(config, env=env)
        self.oidc = self.serve(stands.get("oidc") or servers.Oidc(), "AWS_ENDPOINT_URL_SSO_OIDC")
        self.portal = self.serve(stands.get("portal") or servers.Portal(), "AWS_ENDPOINT_URL_SSO")
        self.signin = self.serve(servers.Signin(), "AWS_ENDPOINT_URL_SIGNIN")
        self.aws = self.serve(servers.everything_else, "AWS_ENDPOINT_URL")
        for name, text in there:
            os.makedirs(os.path.dirname(os.path.join(self.home, name)), exist_ok=True)
            self.write(name, text)

    def run(self, *args, timeout=60):
        """Without a terminal: (status, standard output, standard error)."""
        done = subprocess.run([KEYFALL, *args], env=self.env, cwd=self.home, text=True, timeout=timeout,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              start_new_session=True)
        check("no secret is told", SECRET not in done.stdout + done.stderr, done)
        return done.returncode, done.stdout, done.stderr


def place(*args, **more):
    return Place(*args, **more)


# --- the sentence that says what to type --------------------------------------------------------


def test_sentences():
    rows = [
        (SESSION + "[profile p]\nsso_session = my-sso\n" + SSO, "p", [],
         "nobody is logged in to IAM Identity Center my-sso; run `aws sso login --profile p` or `keyfall login "
         "--profile p`"),
        ("[profile p]\n" + LEGACY + SSO, "p", [sso_token("https://example.awsapps.com/start", -60)],
         "ended at 20"),
        ("[profile p]\nregion = eu-west-1\n" + LOGIN, "p", [],
         "nobody is logged in with aws login; run `aws login --profile p`"),
        (MFA, "m", [], 'profile "m" wants the code of the MFA device arn:aws:iam::111122223333:mfa/ann; give it '
         "on a terminal, or run `aws sts get-caller-identity --profile m` first, whose session is taken over"),
        ("[profile prod]\n" + KEYS % "P", "prdo", [], 'profile "prdo" is not in ~/.aws/config or '
         "~/.aws/credentials; profiles there: prod; try --profile prod"),
    ]
    for config, profile, there, sentence in rows:
        with place(config, *there) as w:
            status, out, err = w.run(*EXPORT, profile)
            check("status of " + sentence, status == 3 and not out, (status, out))
            check(sentence, sentence in err and err.count("\n") == 1 and err.count("; run `") <= 1, err)


def test_tls_sentences():
    with place("[profile p]\n" + KEYS % "P", env={"AWS_CA_BUNDLE": "/no/such/bundle.pem"}) as w:
        _, _, err = w.run(*EXPORT, "p", "--endpoint-url", "https://127.0.0.1:%d" % w.aws.http.server_address[1])
        check("an unreadable bundle is named, with what to do", err.count("\n") == 1 and
              "the CA bundle /no/such/bundle.pem (AWS_CA_BUNDLE) cannot be read" in err and
              "name a file of certificates there that can be read, or none" in err and
              "authority" not in err, err)
    with place("[profile p]\n" + KEYS % "P") as w:
        certificate = w.home + "/cert.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj",
                        "/CN=localhost", "-keyout", w.home + "/key.pem", "-out", certificate], check=True,
                       stderr=subprocess.DEVNULL)
        server = servers.Server(servers.everything_else, tls=(certificate, w.home + "/key.pem"))
        w.servers.append(server)
        _, _, err = w.run(*EXPORT, "p", "--endpoint-url", server.url.replace("127.0.0.1", "localhost"))
        check("a self-signed certificate: the remedy is said once", err.count("AWS_CA_BUNDLE") == 1 and
              err.count("\n") == 1 and "did not prove who it is" in err, err)


def test_hang_names_the_address():
    with place("[profile p]\n" + KEYS % "P") as w:
        silent = servers.Server(servers.silent)
        w.servers.append(silent)
        status, _, err = w.run(*EXPORT, "p", "--endpoint-url", silent.url, "--timeout", "2")
        check("one sentence with the address", status == 3 and err.count("\n") == 1 and silent.url in err and
              "nothing had answered after 2 s" in err and "--timeout waits longer" in err, err)


# --- a code typed on a terminal -----------------------------------------------------------------


class Terminal:
    """A program on a terminal of its own, read with a deadline."""

    def __init__(self, argv, env, cwd):
        self.text = ""
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.chdir(cwd)
            os.execvpe(argv[0], argv, env)

    def wait(self, what, seconds=20, times=1):
        until = time.time() + seconds
        while self.text.count(what) < times and time.time() < until:
            if select.select([self.fd], [], [], 0.1)[0]:
                try:
                    self.text += os.read(self.fd, 4096).decode(errors="replace")
                except OSError:
                    break
        check("the terminal shows " + what, self.text.count(what) >= times, self.text)
        return self.text.count(what) >= times

    def type(self, text):
        os.write(self.fd, text.encode())

    def end(self):
        try:
            while data := os.read(self.fd, 4096):
                self.text += data.decode(errors="replace")
        except OSError:
            pass
        os.close(self.fd)
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


PROMPT = "Enter MFA code for arn:aws:iam::111122223333:mfa/ann: "


def test_code_on_a_terminal():
    with place(MFA) as w:
        log = w.home + "/log"
        t = Terminal([KEYFALL, *EXPORT, "m", "--log", log, "-o", w.home + "/out.csv"], w.env, w.home)
        if t.wait(PROMPT):
            t.type("000000\r")
            t.wait("MultiFactorAuthentication failed")
            t.wait("time pass code; type the next code that it shows")
            t.wait(PROMPT, times=2)
            t.type("9\x7f" + CODE + "\r")
        status = t.end()
        with open(w.home + "/out.csv") as file:
            rows = file.read()
        check("read with the code", status == 4 and "111122223333" in rows, (status, rows, t.text))
        check("the code does not show", CODE not in t.text and "000000" not in t.text, t.text)
        sent = [a[3] for a in w.aws.asked if "TokenCode" in a[3]]
        check("each code is sent once", [re.search("TokenCode=([0-9]*)", s).group(1) for s in sent] ==
              ["000000", CODE], sent)
        with open(log) as file:
            text = file.read()
        check("the log has no code", CODE not in text and "000000" not in text and SECRET not in text and
              "logged in" in text, text)
    with place(MFA) as w:
        t = Terminal([KEYFALL, *EXPORT, "m"], w.env, w.home)
        if t.wait(PROMPT):
            t.type("\x1b")
        status = t.end()
        check("declined", status == 3 and "wants the code of the MFA device" in t.text, (status, t.text))
    with place(MFA) as w:
        t = Terminal([KEYFALL, *EXPORT, "m", "--timeout", "2"], w.env, w.home)
        t.wait(PROMPT)
        began = time.time()
        status = t.end()
        check("nobody types: the time is up", status == 3 and time.time() - began < 10, (status, t.text))


def test_target_of_the_configuration():
    """Two roles, one external id, one device: reading never asks for the role that changes."""
    with place("[profile s]\n" + KEYS % "S") as w:
        w.write("keyfall.conf", "[target prod]\nprofile = s\naccount = 111122223333\nread_role = ro\n"
                "change_role = changer\nexternal_id = keyfall-1234\nmfa = arn:aws:iam::111122223333:mfa/ann\n")
        t = Terminal([KEYFALL, *EXPORT[:-1], "--config", w.home + "/keyfall.conf", "--target", "prod"], w.env,
                     w.home)
        if t.wait(PROMPT):
            t.type(CODE + "\r")
        status = t.end()
        asked = [dict(urllib.parse.parse_qsl(a[3])) for a in w.aws.asked if "AssumeRole" in a[3]]
        check("one role is assumed", status == 4 and [(a["RoleArn"], a["ExternalId"], a["SerialNumber"])
                                                      for a in asked] ==
              [("arn:aws:iam::111122223333:role/ro", "keyfall-1234", "arn:aws:iam::111122223333:mfa/ann")],
              (status, asked, t.text))


def test_session_of_the_cli():
    key = '{"RoleArn": "arn:aws:iam::111122223333:role/ro", "SerialNumber": "arn:aws:iam::111122223333:mfa/ann"}'
    session = ".aws/cli/cache/%s.json" % hashlib.sha1(key.encode()).hexdigest(), json.dumps({
        "Credentials": {"AccessKeyId": "ASIACLI", "SecretAccessKey": SECRET, "SessionToken": "t",
                        "Expiration": servers.iso(3000)}})
    with place(MFA, session) as w:
        status, out, err = w.run(*EXPORT, "m")
        check("the session that the AWS CLI left", status == 4 and "111122223333" in out, (status, out, err))
        check("is what signs", servers.signer_of(w.aws.asked[0][2])[0] == "ASIACLI", w.aws.asked[0])


# --- the login by device code -------------------------------------------------------------------


def test_device_code():
    config = SESSION + "[profile p]\nsso_session = my-sso\n" + SSO
    with place(config, oidc=servers.Oidc(pending=2, slow=1)) as w:
        began = time.time()
        status, out, err = w.run("login", "--profile", "p", "--log", w.home + "/log")
        check("logged in", status == 0 and out.startswith("profile p: keys until 20"), (status, out, err))
        check("page and code are shown", "open https://device.example/?user_code=WXYZ-1234\n" in err and
              "the code WXYZ-1234" in err, err)
        check("slow_down slows down", 7 < time.time() - began < 40, time.time() - began)
        check("nothing wrong was asked", not w.oidc.wrong + w.portal.wrong, w.oidc.wrong + w.portal.wrong)
        name, _ = sso_token("my-sso", 0)
        check("its file", oct(os.stat(w.home + "/" + name).st_mode) == "0o100600")
        check("botocore goes on with it", w.botocore("p")[0].startswith("ASIASSOREADONLY"))
        status, out, err = w.run("login", "--profile", "p")
        check("who is logged in is not asked again", status == 0 and "open" not in err and
              w.oidc.answer.polls == 3, (status, err, w.oidc.answer.polls))
    with place(config, oidc=servers.Oidc(refuse="AccessDeniedException")) as w:
        status, out, err = w.run("login", "--profile", "p")
        check("declined on the page", status == 3 and "the request was declined on the page" in err, err)
    with place(config, oidc=servers.Oidc(pending=1000)) as w:
        status, out, err = w.run("login", "--profile", "p", "--timeout", "3")
        check("nobody confirms", status == 3 and "not logged in after 3 s; --timeout waits longer" in err, err)


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
        child = w.start("--profile", "p", "--again", "7")
        time.sleep(2)
        w.write("t", "two")
        time.sleep(3)
        w.write("t", "expired")
        out, _ = child.communicate(timeout=60)
        keys = [line.get("access_key") or line.get("error") for line in map(json.loads, out.splitlines()[1:])]
        check("both tokens were used", any("WEBONE" in k for k in keys) and any("WEBTWO" in k for k in keys),
              keys)
        check("then it is told", any("Token expired" in k and "have the token's file written anew" in k
                                     for k in keys), keys)


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
            s.wait("1 account", 20)
            portal.tokens = set()  # the session is ended at AWS
            os.remove(w.home + "/" + name)
            until = time.time() + 40
            while "L logs in" not in s.text() and time.time() < until:
                s.keys("R")
                time.sleep(0.5)
            text = s.text()
            check("the line says so", "p is not logged in to IAM Identity Center" in text, text)
            check("what was read stays", "2 Accounts 1" in text, text)
            s.keys("!")
            s.wait("said")
            wanted = "fix run `aws sso login --profile p` or `keyfall login --profile p`"
            until = time.time() + 30  # the keys are used to their end
            while wanted not in " ".join(s.text().split()) and time.time() < until:
                s.keys("R", "g")
                time.sleep(0.7)
            check("the error log says what to type", wanted in " ".join(s.text().split()), s.text())
            portal.tokens = None
            w.write(name, token)  # aws sso login, in another terminal
            try:
                s.wait(lambda text: "L logs in" not in text, 15)
                check("a login elsewhere is noticed", True)
            except AssertionError as error:
                check("a login elsewhere is noticed", False, error)


# --- the dashboard's page ------------------------------------------------------------------------

ALL_THREE = SESSION + "[profile acme]\nsso_session = my-sso\n" + SSO + MFA.replace("profile m", "profile prod") + \
    "[profile alice]\n" + LOGIN


def test_page():
    for size, theme in (((80, 24), "dark"), ((120, 36), "light"), ((200, 60), "mono")):
        with place(ALL_THREE, oidc=servers.Oidc(pending=1)) as w:
            profiles = [a for p in ("acme", "prod", "alice") for a in ("--profile", p)]
            with Screen([KEYFALL, *profiles, "--region", "eu-west-1", "--theme", theme, "--log",
                         w.home + "/log"], *size, env=w.env) as s:
                visit_page(s, w, "page at %dx%d: " % size)


def row_of(text, word):
    rows = [line for line in text.split("WANTS")[-1].split("\n") if " %s " % word in line]
    return rows[0] if rows else ""


def visit_page(s, w, where):
    s.wait("; 2 more  L logs in", 20)
    s.keys("L")
    s.wait("enter shows a page to open", 10)
    text = s.text()
    check(where + "all three", all(row_of(text, p) for p in ("acme", "prod", "alice")), text)
    check(where + "what to type elsewhere", "aws sso login --profile acme" in text, text)
    s.keys("Enter")
    s.wait("WXYZ-1234", 10)
    check(where + "the page to open", "https://device.example/?user_code=WXYZ-1234" in s.text(), s.text())
    s.keys("?")  # nothing waits for the person
    s.wait("type to search", 5)
    s.keys("Escape")
    s.wait(lambda text: not row_of(text, "acme"), 20)
    s.keys("Enter")
    s.wait("_ _ _ _ _ _", 5)
    s.type("12x34")
    s.wait("* * * * _ _", 5)
    s.keys("BSpace", "Enter")
    s.wait("the code has six digits", 5)
    s.type("123")
    s.keys("Enter")
    s.wait("MultiFactorAuthentication failed", 10)
    s.keys("Enter")
    s.type(CODE)
    s.keys("Enter")
    s.wait(lambda text: not row_of(text, "prod"), 10)
    s.wait("aws login --profile alice  in another terminal", 5)
    s.keys("Enter")
    s.wait("type  aws login --profile alice", 5)
    s.keys("Escape")
    s.wait(lambda text: "log in" not in text.split("\n")[0], 5)
    name, token = login_token(3600)
    os.makedirs(os.path.dirname(os.path.join(w.home, name)))
    w.write(name, token)
    s.wait(lambda text: "L logs in" not in text, 10)
    with open(w.home + "/log") as file:
        log = file.read()
    check(where + "no secret and no code in the log", SECRET not in log and CODE not in log and "123123" not in log,
          log)
    check(where + "one code each", [re.search("TokenCode=([0-9]*)", a[3]).group(1) for a in w.aws.asked
                                    if "TokenCode" in a[3]] == ["123123", CODE])


def test_viewer():
    """The viewer logs nobody in; it says what to type, and notices."""
    with place(SESSION + "[profile acme]\nsso_session = my-sso\n" + SSO) as w:
        with Screen([KEYFALL, "--viewer", "--profile", "acme", "--region", "eu-west-1"], 100, 30, env=w.env) as s:
            s.wait("L logs in", 20)
            s.keys("L")
            s.wait("aws sso login --profile acme", 10)
            check("not here", "enter shows a page" not in s.text(), s.text())
            s.keys("Enter")
            s.wait("type  aws sso login --profile acme", 5)
            check("nothing was begun", not w.oidc.asked, w.oidc.asked)
            name, token = sso_token("my-sso", 3600)
            os.makedirs(os.path.dirname(os.path.join(w.home, name)))
            w.write(name, token)
            s.wait(lambda text: "L logs in" not in text, 10)


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
        out, err = child.communicate(timeout=60)
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
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=60)
        os.chmod(folder, 0o700)
        with open(w.home + "/log") as file:
            log = file.read()
        check("used, and told", done.returncode == 4 and "cannot be written: Permission denied" in log and
              "profile p: ready" in log and SECRET not in log, (done, log))


close(globals())
