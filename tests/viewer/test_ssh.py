#!/usr/bin/env python3
"""keyfall as a forced command: a real sshd on loopback with the configuration of docs/ssh.md, names and paths put in.
The dashboard and the verbs work; whoever wants more, by whatever way, gets nothing."""
import concurrent.futures
import contextlib
import csv
import grp
import io
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(os.path.dirname(HERE), d) for d in ("screen", "live")]

from program import ROOT, Tally  # noqa: E402
from ptycount import Pty  # noqa: E402
from screen import HANG_S, Screen  # noqa: E402
from endpoint.harness import Endpoint  # noqa: E402

WORLD = ["--seed", "11", "--accounts", "1", "--regions", "1", "--keys", "5", "--points", "6", "--plain"]
# What an administrator should not accept; what acts before any program runs (LD_*, BASH_ENV) nobody can mend.
CARELESS = "AcceptEnv LANG LC_* TERM* AWS_* KEYFALL* XDG_* *_PROXY *_proxy SSL_* OPENSSL_* CURL_* HOME SSH_ORIGINAL_COMMAND"
PLACE = "1 Overview]"


def documented():
    """The block of docs/ssh.md."""
    with open(ROOT + "/docs/ssh.md", encoding="utf-8") as src:
        block = re.search(r"```sshd_config\n(.*?)```", src.read(), re.S).group(1)
    return re.sub(r"(?m)^   ", "", block)


class Sshd:
    """A server of the test's own user, with keys of its own."""

    def __init__(self, folder, words):
        self.folder, self.process = folder, None
        for name in ("host", "guest"):
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder + "/" + name], check=True)
        os.mkdir(folder + "/keys")
        self.user = subprocess.run(["id", "-un"], check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
        shutil.copy(folder + "/guest.pub", folder + "/keys/" + self.user)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.write(words)

    def write(self, words):
        block = documented()
        ours = "exec %s/keyfall-viewer --forced-command %s" % (self.folder, words)
        block, n = re.subn(r"exec /usr/local/bin/keyfall-viewer --forced-command .*", lambda _: ours, block)
        assert n == 1
        block = block.replace("keyfall-audit", grp.getgrgid(os.getgid()).gr_name)
        block = block.replace("/etc/keyfall/keys/%u", self.folder + "/keys/%u")
        with open(self.folder + "/sshd_config", "w", encoding="utf-8") as out:
            # the folder is below /tmp, which StrictModes would not have
            out.write("Port %d\nListenAddress 127.0.0.1\nHostKey %s/host\nPidFile none\nUsePAM no\nStrictModes no\n"
                      "PermitRootLogin prohibit-password\nPasswordAuthentication no\nSubsystem sftp internal-sftp\n"
                      "AllowTcpForwarding yes\nPermitTunnel yes\nLogLevel VERBOSE\n%s\n%s"
                      % (self.port, self.folder, CARELESS, block))

    def __enter__(self):
        if os.getuid() == 0:
            os.makedirs("/run/sshd", mode=0o755, exist_ok=True)  # where its unprivileged half lives
        sshd = shutil.which("sshd", path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")
        subprocess.run([sshd, "-t", "-f", self.folder + "/sshd_config"], check=True)
        log = open(self.folder + "/log", "ab")
        self.process = subprocess.Popen([sshd, "-D", "-e", "-f", self.folder + "/sshd_config"], stderr=log)
        end = time.monotonic() + HANG_S
        while time.monotonic() < end:
            with socket.socket() as s:
                if s.connect_ex(("127.0.0.1", self.port)) == 0:
                    break
            time.sleep(0.02)
        self.master = subprocess.Popen(self.argv(options=["-M", "-N", "-S", self.folder + "/master"]))
        while not os.path.exists(self.folder + "/master"):
            if self.master.poll() is not None or time.monotonic() > end:
                with open(self.folder + "/log", encoding="utf-8", errors="replace") as src:
                    raise SystemExit("no login: " + src.read()[-3000:])
            time.sleep(0.02)
        return self

    def __exit__(self, *_):
        for process in (self.master, self.process):
            process.terminate()
            process.wait(HANG_S)

    def options(self, *more):
        return ["-F", "none", "-i", self.folder + "/guest", "-o", "IdentitiesOnly=yes", "-o", "BatchMode=yes",
                "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR",
                "-o", "ConnectTimeout=10", *more]

    def argv(self, *command, options=()):
        return ["ssh", *self.options(*options), "-p", str(self.port), self.user + "@127.0.0.1", *command]

    def run(self, *command, options=(), env=None, stdin=b"", is_shared=True):
        """One session, of the connection that is there already unless it is to be of its own."""
        shared = ["-S", self.folder + "/master"] if is_shared else []
        return subprocess.run(self.argv("--", *command, options=[*shared, *options]), input=stdin, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, timeout=HANG_S, env={**os.environ, **(env or {})}, check=False)

    def programs(self):
        """The ids of the keyfalls that run for guests of this server."""
        found = []
        for pid in filter(str.isdigit, os.listdir("/proc")):
            with contextlib.suppress(OSError):
                with open("/proc/%s/cmdline" % pid, "rb") as src:
                    words = src.read().split(b"\0")
                if words[0] == (self.folder + "/keyfall-viewer").encode():
                    found.append(int(pid))
        return found


class Trap:
    """Listens, and counts who comes."""

    def __init__(self):
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port, self.n = self.socket.getsockname()[1], 0
        threading.Thread(target=self._count, daemon=True).start()

    def _count(self):
        with contextlib.suppress(OSError):
            while True:
                self.socket.accept()[0].close()
                self.n += 1


def rows_of(done):
    return list(csv.DictReader(io.StringIO(done.stdout.decode(), newline="")))


def verbs(t, s):
    keys = s.run("export", "--view", "keys")
    t.check("export", keys.returncode in (0, 4) and len(rows_of(keys)) > 3, (keys.returncode, keys.stderr))
    for words in (["check"], ["impact", "--all"], ["iam-policy", "--read"], ["export", "--help"], ["--version"],
                  ["check", "--rules"]):
        done = s.run(*words)
        t.check(" ".join(words), done.returncode in (0, 1, 4) and done.stdout, (done.returncode, done.stderr))
    kept = s.run("snapshot", "-o", "-")
    t.check("snapshot", kept.returncode in (0, 4) and b"keyfall.snapshot/" in kept.stdout[:4096], kept.stderr)
    quoted = s.run("""export --view keys --columns "id" --filter 'state:Enabled'""")
    t.check("quotes", quoted.returncode in (0, 4) and list(rows_of(quoted)[0]) == ["id"], quoted.stderr)
    t.check("a filter's > is a letter", s.run("export --view findings --filter sev>=C").returncode in (0, 4))


def metacharacters(s, mark):
    touch = "touch " + mark
    for command in ("export --view keys; " + touch, "export --view keys ; " + touch, "export --view keys | tee " + mark,
                    "export --view keys > " + mark, "export --view keys && " + touch, "$(%s)" % touch,
                    "export --view $(%s)" % touch, "export --view `%s`" % touch, "export --view keys\n" + touch,
                    "export --view keys\r" + touch, "export --view keys & " + touch, "sh -c '%s'" % touch,
                    "/bin/sh", "bash -i", "-c " + touch, "export --view keys <(%s)" % touch, "'", '"', "\\", "",
                    "export --view keys --filter ${IFS}" + touch, "!%s" % touch, "a" * 9000, "export --view \x1b[2J",
                    "--", "-- " + touch, "keyfall-viewer; " + touch, "~/x", "export " + "x " * 3000):
        yield (lambda c=command: s.run(c) if c else s.run(stdin=b"touch " + mark.encode() + b"\n")), \
            "nothing comes of %r" % command[:60], lambda done: done.returncode not in (0, 4)


def options(s, mark):
    for words in (["--config", mark], ["--config=/dev/null"], ["--profile", "base"], ["--log", mark],
                  ["--export-dir", os.path.dirname(mark)], ["--endpoint-url", "http://127.0.0.1:1"],
                  ["--org-role", "x"], ["--target", "x"], ["--region", "eu-west-1"], ["--demo"], ["--theme", "/etc/passwd"],
                  ["--env", "A=b"], ["--forced-command"], ["--budget", "1"], ["--print-config"], ["--no-such"]):
        yield (lambda w=words: s.run("export", "--view", "keys", *w)), "%s is refused" % words[0], \
            lambda done: done.returncode == 2 and not done.stdout
    for command in ("export --view keys -o " + mark, "export --view all -o " + mark, "check --format sarif -o " + mark,
                    "iam-policy --read -o " + mark, "login", "apply " + mark, "plan show /etc/passwd",
                    "wizard x -o " + mark, "access --key x --policy-file /etc/passwd",
                    "impact --terraform-plan /etc/passwd", "snapshot -o " + mark, "diff /etc/passwd /etc/group",
                    "--posture /etc/passwd", "export --view keys --posture=/etc/passwd"):
        yield (lambda c=command: s.run(c)), "%s is refused" % command[:40], \
            lambda done: done.returncode == 2 and b"root:" not in done.stdout + done.stderr


def all_refused(t, tries, mark):
    """A try: how to ask, what is checked, of what was answered. As many at once as MaxSessions lets."""
    tries = list(tries)
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for (_, name, is_good), done in zip(tries, pool.map(lambda one: one[0](), tries)):
            t.check(name, is_good(done), (done.returncode, done.stdout[:200], done.stderr[:200]))
    t.check("nothing was written by %d tries" % len(tries), not os.path.exists(mark))


def ways_round(t, s, mark):
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as inner:
        port = inner.getsockname()[1]
        inner.settimeout(0.1)
        done = s.run(options=["-W", "127.0.0.1:%d" % port], is_shared=False)
        reached = True
        try:
            inner.accept()
        except TimeoutError:
            reached = False
        t.check("no forwarding from here", done.returncode != 0 and not reached, done.stderr)
    for what in (["-R", "0:127.0.0.1:22"], ["-R", mark + ":127.0.0.1:22"]):
        done = s.run(options=["-N", "-o", "ExitOnForwardFailure=yes", *what], is_shared=False)
        t.check("no forwarding to here: " + what[1][:6], done.returncode == 255, done.stderr)
    flags = s.options("-P", str(s.port))
    for argv in (["scp", *flags, s.folder + "/guest.pub", "%s@127.0.0.1:%s" % (s.user, mark)],
                 ["scp", "-O", *flags, s.folder + "/guest.pub", "%s@127.0.0.1:%s" % (s.user, mark)],
                 ["scp", *flags, "%s@127.0.0.1:/etc/passwd" % s.user, mark],
                 ["scp", "-O", *flags, "%s@127.0.0.1:/etc/passwd" % s.user, mark],
                 ["sftp", *flags, "-b", "/dev/null", "%s@127.0.0.1" % s.user]):
        done = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              timeout=HANG_S, check=False)
        t.check("no " + " ".join(argv[:2]), done.returncode != 0 and not os.path.exists(mark), done.stderr)
    t.check("no other subsystem", s.run("sftp", options=["-s"]).returncode != 0)


def environment(t, s, mark, plain):
    trap, evil = Trap(), s.folder + "/evil"
    os.makedirs(evil + "/keyfall/themes")
    os.makedirs(evil + "/.aws")
    for name in ("keyfall/keyfall.conf", ".aws/config", "config"):
        with open(evil + "/" + name, "w", encoding="utf-8") as out:
            out.write("[general]\ntheme = /nowhere\n" if name.endswith("conf") else
                      "[default]\ncredential_process = /bin/sh -c 'touch %s'\n" % mark)
    url = "http://127.0.0.1:%d" % trap.port
    sent = {"AWS_CONFIG_FILE": evil + "/config", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null", "AWS_PROFILE": "default",
            "AWS_ENDPOINT_URL": url, "AWS_ENDPOINT_URL_KMS": url, "AWS_ACCESS_KEY_ID": "AKIAX", "AWS_CA_BUNDLE": mark,
            "AWS_SECRET_ACCESS_KEY": "x", "AWS_CONTAINER_CREDENTIALS_FULL_URI": url, "HTTPS_PROXY": url,
            "https_proxy": url, "http_proxy": url, "HTTP_PROXY": url, "ALL_PROXY": url, "XDG_CONFIG_HOME": evil,
            "XDG_CACHE_HOME": evil, "SSL_CERT_FILE": "/dev/null", "OPENSSL_CONF": evil + "/config", "TERMINFO": evil,
            "KEYFALL_CONFIG": evil + "/config", "LC_ALL": "../../" + evil, "HOME": evil,
            "SSH_ORIGINAL_COMMAND": "--version"}
    flags = [x for name in sent for x in ("-o", "SendEnv=" + name)]
    done = s.run("export", "--view", "keys", "--columns", "id,state", options=flags, env=sent)
    t.check("a foreign environment changes nothing", rows_of(done) == plain, (done.returncode, done.stderr))
    t.check("nobody asks a foreign server", trap.n == 0, trap.n)
    t.check("no foreign program ran", not os.path.exists(mark))


def guest(s, term="xterm-256color"):
    return Pty(s.argv(options=["-tt"]), 100, 30, term=term)


def wait_for(p, text, seconds=HANG_S):
    seen, end = b"", time.monotonic() + seconds
    while text not in seen and time.monotonic() < end and p.status is None:
        seen += p.read(0.1)[0]
    return text in seen, seen


def screen_of(p):
    """What it paints anew."""
    os.write(p.fd, b"\x1b\x1b")
    p.read(0.2)
    os.write(p.fd, b"1\x0c")
    return wait_for(p, PLACE.encode())


def ends(s, seconds=HANG_S):
    end = time.monotonic() + seconds
    while s.programs() and time.monotonic() < end:
        time.sleep(0.05)
    return not s.programs()


def dashboard(t, s, mark):
    touch = b"touch " + mark.encode()
    with guest(s) as p:
        there, seen = wait_for(p, b"guarded")
        t.check("the dashboard", there, seen[-500:])
        pids = s.programs()
        t.check("one program", len(pids) == 1, pids)
        for what in (b"\x1a", b"!" + touch + b"\r", b":!" + touch + b"\r", b":shell\r", b"v", b"|" + touch + b"\r", b"x", b"E",
                     b":export " + mark.encode() + b"\r", b":theme /etc/passwd\r", b":posture /etc/passwd\r", b":diff /etc/passwd\r", b"e", b"y", b"Y",
                     # what a terminal might answer, with a command in it
                     b"\x1b[?62;22c", b"\x1b[24;80R", b"\x1b]52;c;dG91Y2ggL3RtcC94\x07", b"\x1bP1+r544e=" + touch + b"\x1b\\",
                     b"\x1b]0;" + touch + b"\r\x07", b"\x1b[200~" + touch + b"\r:q\r\x1b[201~", b"\x1b[200~\x1a\x03\x04\x1b[201~",
                     b"\x1c", b"\x04", b"\x13", b"\x11"):
            os.write(p.fd, what)
            p.read(0.03)
        there, seen = screen_of(p)
        t.check("still there after all that", there and s.programs() == pids, (s.programs(), seen[-500:]))
        os.write(p.fd, b":diff /etc/passwd\r")
        there, seen = wait_for(p, b"no file can be named")
        t.check("no file of the machine is compared", there, seen[-500:])
        children = [open("/proc/%d/task/%s/children" % (pids[0], tid)).read() for tid in os.listdir("/proc/%d/task" % pids[0])]
        t.check("it has no children", not any(children), children)
        status = open("/proc/%d/status" % pids[0]).read()
        t.check("it gained nothing new", "NoNewPrivs:\t1" in status, status)
        os.write(p.fd, b"\x1b\x1bq")
        p.wait(2)
        os.write(p.fd, b"q")
        t.check("q ends it, and the login", p.wait() == 0 and ends(s), p.status)
    t.check("nothing was written", not os.path.exists(mark))


def lost_line(t, s):
    with guest(s) as p:
        t.check("a dashboard to lose", wait_for(p, b"guarded")[0])
        p.kill(9)
    t.check("it ends with the line", ends(s), s.programs())


def multiplexers(t, s):
    with Screen(s.argv(options=["-tt"]), 100, 30) as inside:
        inside.wait(PLACE)
        inside.keys("4")
        inside.wait("> keys")
        inside.keys("q")
        t.check("inside tmux", inside.wait_ended() == 0)
    picture = s.folder + "/picture"
    name = "keyfall-%d" % os.getpid()
    env = {**os.environ, "SCREENDIR": s.folder + "/screens", "TERM": "xterm"}
    os.mkdir(s.folder + "/screens", 0o700)
    with open(s.folder + "/screenrc", "w", encoding="utf-8") as out:
        out.write("startup_message off\nhardcopydir %s\n" % s.folder)
    argv = ["screen", "-c", s.folder + "/screenrc", "-S", name]
    subprocess.run([*argv, "-U", "-dm", *s.argv(options=["-tt"])], env=env, check=True)
    end, seen = time.monotonic() + HANG_S, b""
    while b"guarded" not in seen and time.monotonic() < end:
        subprocess.run([*argv, "-X", "hardcopy", picture], env=env, stdout=subprocess.DEVNULL, check=False)
        time.sleep(0.1)
        with contextlib.suppress(OSError), open(picture, "rb") as src:
            seen = src.read()
    t.check("inside screen", b"guarded" in seen and b"1 Overview" in seen, seen[:300])
    subprocess.run([*argv, "-X", "stuff", "q"], env=env, check=False)
    gone = ends(s)
    subprocess.run([*argv, "-X", "quit"], env=env, stdout=subprocess.DEVNULL, check=False)
    t.check("and ends there", gone and ends(s))


def live(folder, url, profile):
    """The forced command's words for an estate at the strict endpoint, read through a role."""
    return "--env AWS_CONFIG_FILE=%s/config --env AWS_SHARED_CREDENTIALS_FILE=%s/credentials " \
        "--env AWS_EC2_METADATA_DISABLED=true --region us-east-1 --config /dev/null --no-store --profile %s" \
        % (folder, folder, profile)


def main():
    t, begun = Tally(), time.monotonic()
    with tempfile.TemporaryDirectory(prefix="keyfall-ssh-") as folder, Endpoint(*WORLD) as endpoint:
        os.symlink(os.environ.get("KEYFALL") or ROOT + "/keyfall", folder + "/keyfall-viewer")
        endpoint.write_config(folder)
        account = next(a for a, v in endpoint.ctl("world")["accounts"].items()
                       if v["record"].get("State", "ACTIVE") == "ACTIVE")
        mark, digest = folder + "/mark", endpoint.ctl("state_digest")
        with Sshd(folder, "--demo --config /dev/null") as s:
            verbs(t, s)
            all_refused(t, [*metacharacters(s, mark), *options(s, mark)], mark)
            ways_round(t, s, mark)
            dashboard(t, s, mark)
            lost_line(t, s)
            multiplexers(t, s)
        s.write(live(folder, endpoint.url, "acct-" + account))
        with s:
            plain = s.run("export", "--view", "keys", "--columns", "id,state")
            t.check("a live estate", plain.returncode in (0, 4) and len(rows_of(plain)) > 3, plain.stderr)
            environment(t, s, mark, rows_of(plain))
            actions = endpoint.ctl("stats")["actions"]
            t.check("nothing changed at AWS", endpoint.ctl("state_digest") == digest and not endpoint.ctl("writes")
                    and actions, actions)
        t.check("no guest left a file", not os.path.exists(mark))
    print("%.0f s" % (time.monotonic() - begun))
    return t.close()


if __name__ == "__main__":
    sys.exit(main())
