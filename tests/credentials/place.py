"""The real program with all of AWS beside it, and a terminal to run it on."""

import os
import pty
import select
import subprocess
import time

import servers
from pieces import KEYS, LOGIN, ROLE, SESSION, SSO
from servers import SECRET
from world import HANG_S, ROOT, World, check

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

    def run(self, *args, timeout=HANG_S):
        """Without a terminal: (status, standard output, standard error)."""
        done = subprocess.run([KEYFALL, *args], env=self.env, cwd=self.home, text=True, timeout=timeout,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              start_new_session=True)
        check("no secret is told", SECRET not in done.stdout + done.stderr, done)
        return done.returncode, done.stdout, done.stderr


def place(*args, **more):
    return Place(*args, **more)


ALL_THREE = SESSION + "[profile acme]\nsso_session = my-sso\n" + SSO + MFA.replace("profile m", "profile prod") + \
    "[profile alice]\n" + LOGIN


class Terminal:
    """A program on a terminal of its own, read with a deadline."""

    def __init__(self, argv, env, cwd):
        self.text = ""
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.chdir(cwd)
            os.execvpe(argv[0], argv, env)

    def wait(self, what, seconds=HANG_S, times=1):
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
