#!/usr/bin/env python3
"""The same profile files give the same identity as botocore with the AWS CLI's caches, and as the AWS CLI
itself where it is installed: sources, their order, chains, halves, circles; and leave the same files."""

import concurrent.futures
import json
import os
import re
import shutil
import subprocess
import sys
import urllib.parse
from unittest import mock

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import servers  # noqa: E402
from pieces import (ENV, KEYS, LEGACY, LOGIN, PROCESS, ROLE, SESSION, SSO, START, WEB, login_token,  # noqa: E402
                    sso_token)
from servers import SECRET  # noqa: E402
from world import HANG_S, World, check, close, skip  # noqa: E402

import botocore.credentials  # noqa: E402
import botocore.session  # noqa: E402
import botocore.utils  # noqa: E402
from cryptography.hazmat.primitives import hashes, serialization  # noqa: E402
from cryptography.hazmat.primitives.asymmetric import ec, utils  # noqa: E402

# name: config, credentials, environment, --profile, what is there besides
ROWS = {
    # the environment and the files
    "environment alone": ("", "", ENV, None),
    "environment before default": ("[default]\n" + KEYS % "DEFAULT", "", ENV, None),
    "--profile before environment": ("[profile p]\n" + KEYS % "P", "", ENV, "p"),
    "environment before AWS_PROFILE": ("[profile p]\n" + KEYS % "P", "", {**ENV, "AWS_PROFILE": "p"}, None),
    "AWS_PROFILE": ("[default]\n" + KEYS % "DEFAULT" + "[profile p]\n" + KEYS % "P", "",
                    {"AWS_PROFILE": "p"}, None),
    "AWS_DEFAULT_PROFILE": ("[profile p]\n" + KEYS % "P", "", {"AWS_DEFAULT_PROFILE": "p"}, None),
    "environment's security token first": ("", "", {**ENV, "AWS_SECURITY_TOKEN": "123"}, None),
    "half an environment": ("", "", {"AWS_ACCESS_KEY_ID": "A"}, None),
    "credentials before config": ("[profile p]\n" + KEYS % "CONFIG", "[p]\n" + KEYS % "SHARED", {}, "p"),
    "region there, keys here": ("[profile p]\nregion = sa-east-1\n", "[p]\n" + KEYS % "SHARED", {}, "p"),
    "two words": ("[profile \"two words\"]\n" + KEYS % "TWO", "", {}, "two words"),
    "its token": ("", "[p]\n" + KEYS % "T" + "aws_session_token = one\naws_security_token = three\n", {}, "p"),
    "half a profile": ("", "[p]\naws_access_key_id = A\n", {}, "p"),
    "no such profile": ("[profile p]\n" + KEYS % "P", "", {}, "q"),
    "a line that is none": ("[profile p]\nregion\n" + KEYS % "P", "", {}, "p"),
    # roles
    "role": ("[profile p]\n" + ROLE % "one" + "source_profile = s\nexternal_id = x=1&y\nduration_seconds = "
             "1800\nrole_session_name = me@there\nregion = eu-central-1\n[profile s]\n" + KEYS % "S", "", {}, "p"),
    "role, odd duration": ("[profile p]\n" + ROLE % "one" + "source_profile = s\nduration_seconds = long\n",
                           "[s]\n" + KEYS % "S", {}, "p"),
    "three roles": ("[profile a]\n" + ROLE % "a" + "source_profile = b\n[profile b]\n" + ROLE % "b" +
                    "source_profile = c\n[profile c]\n" + ROLE % "c" + "source_profile = s\n[profile s]\n" +
                    KEYS % "S", "", {}, "a"),
    "role of itself": ("[profile p]\n" + ROLE % "p" + "source_profile = p\n" + KEYS % "P", "", {}, "p"),
    "role through keys that have a role": ("[profile a]\n" + ROLE % "a" + "source_profile = b\n[profile b]\n" +
                                           ROLE % "b" + "source_profile = s\n" + KEYS % "B", "", {}, "a"),
    "role and environment": ("[profile p]\n" + ROLE % "p" + "source_profile = s\n[profile s]\n" + KEYS % "S",
                             "", ENV, "p"),
    "role from a process": ("[profile p]\n" + ROLE % "p" + "source_profile = s\n[profile s]\n" + PROCESS, "",
                            {}, "p"),
    "role from the environment": ("[profile p]\n" + ROLE % "p" + "credential_source = Environment\n", "", ENV,
                                  "p"),
    "role from the instance": ("[profile p]\n" + ROLE % "p" + "credential_source = Ec2InstanceMetadata\n", "",
                               {}, "p", "imds"),
    "role from the container": ("[profile p]\n" + ROLE % "p" + "credential_source = EcsContainer\n", "", {},
                                "p", "container"),
    "role from no environment": ("[profile p]\n" + ROLE % "p" + "credential_source = Environment\n", "", {},
                                 "p"),
    "role from nowhere": ("[profile p]\n" + ROLE % "p" + "credential_source = Elsewhere\n", "", ENV, "p"),
    "role from both": ("[profile p]\n" + ROLE % "p" + "credential_source = Environment\nsource_profile = s\n"
                       "[profile s]\n" + KEYS % "S", "", ENV, "p"),
    "role from neither": ("[profile p]\n" + ROLE % "p", "", {}, "p"),
    "role from a profile without keys": ("[profile p]\n" + ROLE % "p" + "source_profile = s\n[profile s]\n"
                                         "region = us-east-1\n", "", ENV, "p"),
    "role from a profile that is not there": ("[profile p]\n" + ROLE % "p" + "source_profile = s\n", "", {},
                                              "p"),
    "a circle of two": ("[profile a]\n" + ROLE % "a" + "source_profile = b\n[profile b]\n" + ROLE % "b" +
                        "source_profile = a\n", "", {}, "a"),
    "a circle further on": ("[profile a]\n" + ROLE % "a" + "source_profile = b\n[profile b]\n" + ROLE % "b" +
                            "source_profile = c\n[profile c]\n" + ROLE % "c" + "source_profile = b\n", "", {},
                            "a"),
    "a circle of one": ("[profile p]\n" + ROLE % "p" + "source_profile = p\n", "", {}, "p"),
    "denied": ("[profile p]\n" + ROLE % "denied" + "source_profile = s\n[profile s]\n" + KEYS % "S", "", {},
               "p"),
    "MFA": ("[profile p]\n" + ROLE % "p" + "source_profile = s\nmfa_serial = arn:aws:iam::111122223333:mfa/"
            "ann\n[profile s]\n" + KEYS % "S", "", {}, "p"),
    # processes
    "process": ("[profile p]\n" + PROCESS, "", {}, "p"),
    "process before config's keys": ("[profile p]\n" + PROCESS + KEYS % "P", "", {}, "p"),
    "credentials' keys before process": ("[profile p]\n" + PROCESS, "[p]\n" + KEYS % "P", {}, "p"),
    "process of another version": ("[profile p]\ncredential_process = echo '{\"Version\": 2}'\n", "", {}, "p"),
    "process that fails": ("[profile p]\ncredential_process = false\n", "", {}, "p"),
    # IAM Identity Center
    "sso session": (SESSION + "[profile p]\nsso_session = my-sso\n" + SSO, "", {}, "p",
                    lambda: sso_token("my-sso", 3600)),
    "sso session, renewed": (SESSION + "[profile p]\nsso_session = my-sso\n" + SSO, "", {}, "p",
                             lambda: sso_token("my-sso", 60)),
    "sso session, ended, renewed": (SESSION + "[profile p]\nsso_session = my-sso\n" + SSO, "", {}, "p",
                                    lambda: sso_token("my-sso", -60)),
    "sso session, ended for good": (SESSION + "[profile p]\nsso_session = my-sso\n" + SSO, "", {}, "p",
                                    lambda: sso_token("my-sso", -60, -30)),
    "sso session, nobody logged in": (SESSION + "[profile p]\nsso_session = my-sso\n" + SSO, "", {}, "p"),
    "sso legacy": ("[profile p]\n" + LEGACY + SSO, "", {}, "p", lambda: sso_token(START, 60)),
    "sso legacy, ended": ("[profile p]\n" + LEGACY + SSO, "", {}, "p", lambda: sso_token(START, -60)),
    "sso before keys": (SESSION + "[profile p]\nsso_session = my-sso\n" + SSO, "[p]\n" + KEYS % "P", {}, "p",
                        lambda: sso_token("my-sso", 3600)),
    "sso in two minds": (SESSION + "[profile p]\nsso_session = my-sso\nsso_region = eu-west-2\n" + SSO, "", {},
                         "p", lambda: sso_token("my-sso", 3600)),
    "sso without a role": (SESSION + "[profile p]\nsso_session = my-sso\nsso_account_id = 1\n" + KEYS % "P",
                           "", {}, "p", lambda: sso_token("my-sso", 3600)),
    "sso session alone": (SESSION + "[profile p]\nsso_session = my-sso\n" + KEYS % "P", "", {}, "p"),
    "sso session that is not there": ("[profile p]\nsso_session = my-sso\n" + SSO, "", {}, "p"),
    "role from sso": (SESSION + "[profile p]\n" + ROLE % "p" + "source_profile = s\n[profile s]\n"
                      "sso_session = my-sso\n" + SSO, "", {}, "p", lambda: sso_token("my-sso", 3600)),
    # web identity
    "web identity": ("[profile p]\n" + ROLE % "w" + WEB + "role_session_name = me\n", "", {}, "p"),
    "web identity before source_profile": ("[profile p]\n" + ROLE % "w" + WEB + "source_profile = s\n"
                                           "[profile s]\n" + KEYS % "S", "", {}, "p"),
    "web identity of the environment": ("[default]\n" + KEYS % "D", "", {
        "AWS_WEB_IDENTITY_TOKEN_FILE": "$HOME/token", "AWS_ROLE_ARN": "arn:aws:iam::111122223333:role/e",
        "AWS_ROLE_SESSION_NAME": "session"}, None),
    "web identity, role from the environment": ("[profile p]\n" + ROLE % "w" + WEB, "", {
        "AWS_PROFILE": "p", "AWS_ROLE_ARN": "arn:aws:iam::111122223333:role/e"}, None),
    "web identity of a named profile": ("[profile p]\n" + ROLE % "w" + WEB, "", {
        "AWS_ROLE_ARN": "arn:aws:iam::111122223333:role/e", "AWS_WEB_IDENTITY_TOKEN_FILE": "/none"}, "p"),
    "web identity without a role": ("", "", {"AWS_WEB_IDENTITY_TOKEN_FILE": "$HOME/token"}, None),
    "web identity without a file": ("[profile p]\n" + ROLE % "w" + "web_identity_token_file = /none\n", "", {},
                                    "p"),
    "role from web identity": ("[profile p]\n" + ROLE % "p" + "source_profile = s\n[profile s]\n" + ROLE % "w" +
                               WEB, "", {"AWS_ROLE_ARN": "arn:aws:iam::111122223333:role/e"}, "p"),
    # aws login
    "aws login": ("[profile p]\nregion = eu-west-1\n" + LOGIN, "", {}, "p", lambda: login_token(600)),
    "aws login, renewed": ("[profile p]\nregion = eu-west-1\n" + LOGIN, "", {}, "p", lambda: login_token(60)),
    "aws login, nobody": ("[profile p]\nregion = eu-west-1\n" + LOGIN, "", {}, "p"),
    "aws login before process": ("[profile p]\nregion = eu-west-1\n" + LOGIN + PROCESS, "", {}, "p",
                                 lambda: login_token(600)),
    "credentials' keys before aws login": ("[profile p]\nregion = eu-west-1\n" + LOGIN, "[p]\n" + KEYS % "P",
                                           {}, "p", lambda: login_token(600)),
    # machines
    "container": ("", "", {}, None, "container"),
    "container after profile": ("[profile p]\n" + KEYS % "P", "", {"AWS_PROFILE": "p"}, None, "container"),
    "instance": ("", "", {}, None, "imds"),
    "nothing": ("", "", {}, None),
}

class Key:
    """As awscrt.crypto.EC, which botocore wants for aws login."""

    def __init__(self, der):
        self.key = serialization.load_der_private_key(der, None)

    new_key_from_der_data = classmethod(lambda cls, der: cls(der))

    def get_public_coords(self):
        numbers = self.key.public_key().public_numbers()
        return numbers.x.to_bytes(32, "big"), numbers.y.to_bytes(32, "big")

    def sign(self, digest):
        return self.key.sign(digest, ec.ECDSA(utils.Prehashed(hashes.SHA256())))

    @staticmethod
    def decode_der_signature_to_padded_pair(signature, pad_to):
        r, s = utils.decode_dss_signature(signature)
        return r.to_bytes(pad_to, "big") + s.to_bytes(pad_to, "big")


class Scene(World):
    def __init__(self, config, credentials, env, profile, *there):
        super().__init__(config, credentials, {"AWS_DEFAULT_REGION": "eu-north-1"})  # botocore wants one
        for name, value in env.items():
            self.env[name] = value.replace("$HOME", self.home)
        self.profile, self.config_home = profile, self.home
        self.write(".aws/config", config)
        self.write("process", "#!/bin/sh\necho '%s'\n" % json.dumps({
            "Version": 1, "AccessKeyId": "ASIAPROCESS", "SecretAccessKey": SECRET, "SessionToken": "t"}), 0o700)
        self.write("token", "webtoken")
        self.asked_sts = self.sts()
        self.serve(servers.Oidc(), "AWS_ENDPOINT_URL_SSO_OIDC")
        self.serve(servers.Portal(), "AWS_ENDPOINT_URL_SSO")
        self.serve(servers.Signin(), "AWS_ENDPOINT_URL_SIGNIN")
        for thing in there:
            if thing == "imds":
                self.imds()
            elif thing == "container":
                self.serve(servers.container, "AWS_CONTAINER_CREDENTIALS_FULL_URI", "/c")
                self.env["AWS_CONTAINER_AUTHORIZATION_TOKEN"] = "container-token"
            else:
                name, text = thing()
                os.makedirs(os.path.dirname(os.path.join(self.home, name)), exist_ok=True)
                self.write(name, text)

    def files(self):
        """What stands below ~/.aws: names, modes and contents, times aside."""
        found = {}
        for folder, _, names in os.walk(self.home + "/.aws"):
            for name in names:
                path = os.path.join(folder, name)
                with open(path) as file:
                    text = re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[A-Z+:0-9]*", "TIME",
                                  file.read().replace(self.home, "$HOME"))
                found[os.path.relpath(path, self.home)] = oct(os.stat(path).st_mode & 0o777), text
        return found

    def requests(self):
        """What STS was asked, names that are made up aside."""
        found = []
        for _, _, _, body in self.asked_sts.asked:
            asked = dict(urllib.parse.parse_qsl(body))
            if asked.get("RoleSessionName", "").startswith(("keyfall-", "botocore-session-")):
                del asked["RoleSessionName"]
            found.append(asked)
        return found


def shape(access_key):
    """Without the stand-ins' counters."""
    return re.sub(r"N\d+", "N", access_key or "")


def ours(scene):
    args = ["--profile", scene.profile] if scene.profile else []
    line = scene.probe(*args, *(["--code", "123456"] if "mfa_serial" in open(
        scene.home + "/.aws/config").read() else []))[-1]
    return (shape(line.get("access_key")), line.get("token_bytes")) if line.get("state") == "ready" else None


def theirs(scene):
    with scene.as_botocore(), mock.patch.object(botocore.credentials, "EC", Key):
        try:
            session = botocore.session.Session(profile=scene.profile)
            chain = session.get_component("credential_provider")
            for name in "assume-role", "assume-role-with-web-identity":  # as the AWS CLI does
                chain.get_provider(name).cache = botocore.utils.JSONFileCache(scene.home + "/.aws/cli/cache")
            chain.get_provider("assume-role")._prompter = lambda text: "123456"
            got = session.get_credentials().get_frozen_credentials()
            return shape(got.access_key), len(got.token or "")
        except Exception:  # whatever it is, it is no identity
            return None


def seen(name, who):
    """The identity, what STS was asked, the files that are left, and what no model allows."""
    with Scene(*ROWS[name]) as scene:
        return who(scene), scene.requests(), scene.files(), [s for x in scene.servers for s in x.wrong]


def test_as_botocore():
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        all_mine = dict(zip(ROWS, pool.map(lambda name: seen(name, ours), ROWS)))
    for name, (mine, asked, files, wrong) in all_mine.items():
        want, their_asked, their_files, _ = seen(name, theirs)
        check("identity: " + name, mine == want, (mine, want))
        check("nothing wrong was asked: " + name, not wrong, wrong)
        if want:
            check("STS was asked the same: " + name, asked == their_asked, (asked, their_asked))
            left = {n: f for n, f in their_files.items() if "/cli/cache/" not in n}  # that is the CLI's alone
            check("files are left as by botocore: " + name, same_files(files, left), (files, left))


def same_files(one, other):
    return set(one) == set(other) and all(
        one[name][0] == other[name][0] and same_text(name, one[name][1], other[name][1]) for name in one)


def same_text(name, one, other):
    """Letter by letter; but each scene has a private key of its own."""
    return one == other or "/login/" in name and without_key(one) == without_key(other)


def without_key(text):
    return {**json.loads(text), "dpopKey": None}


AWS = shutil.which("aws")
AWS_ENV = {name: os.environ[name] for name in ("PYENV_ROOT",) if name in os.environ}
# It is slow to start, and the one of PyPI has no awscrt, which aws login needs.
FOR_THE_CLI = ["environment alone", "--profile before environment", "environment before AWS_PROFILE",
               "credentials before config", "half a profile", "role", "three roles", "role of itself",
               "role from a process", "role from the instance", "role from both", "a circle of two",
               "credentials' keys before process", "sso session, renewed", "sso legacy", "sso before keys",
               "sso in two minds", "web identity", "web identity of the environment", "container"]


def cli(name):
    """Who the AWS CLI signs as, or None."""
    with Scene(*ROWS[name]) as scene:
        command = [AWS, "sts", "get-caller-identity", "--output", "json"]
        command += ["--profile", scene.profile] if scene.profile else []
        done = subprocess.run(command, env={**scene.env, **AWS_ENV}, cwd=scene.home, text=True, timeout=HANG_S,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        return shape(json.loads(done.stdout)["Arn"].rsplit("/", 1)[-1]) if done.returncode == 0 else None


def test_as_the_aws_cli():
    if not AWS or subprocess.run([AWS, "--version"], env={"PATH": os.environ["PATH"], **AWS_ENV},
                                 stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode != 0:
        skip("as the AWS CLI", "the AWS CLI is not installed")
        return
    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        for name, want in zip(FOR_THE_CLI, pool.map(cli, FOR_THE_CLI)):
            mine = seen(name, ours)[0]
            check("as the AWS CLI: " + name, (mine and mine[0]) == want, (mine, want))


close(globals())
