#!/usr/bin/env python3
"""Credentials through the real wire, against stand-ins on loopback, and beside botocore.

Builds probe.c with the sanitizers (and once without, to look into its heap)."""

import os
import random
import re
import shlex
import signal
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import pieces  # noqa: E402
import servers  # noqa: E402
from servers import SECRET  # noqa: E402
from world import World, build, check, close  # noqa: E402


def shape(access_key):
    """Without the stand-ins' counters."""
    return re.sub(r"\d", "", access_key)


PROCESS = """#!/bin/sh
echo "$@" >> $HOME/runs
echo '{"Version":1,"AccessKeyId":"ASIAPROCESS","SecretAccessKey":"%s","SessionToken":"t"%s}'
""" % (SECRET, ',"Expiration":"\'$(date -u -d "+${LIFE:-3600} seconds" +%Y-%m-%dT%H:%M:%SZ)\'"')

KEYS = "aws_access_key_id = %s\naws_secret_access_key = " + SECRET + "\n"
FILES = {
    "config": "[default]\nregion = eu-west-1\n" + KEYS % "AKIACONFIG" +
              "[profile keys]\n" + KEYS % "AKIAKEYS" + "aws_session_token = abc\n"
              "[profile process]\ncredential_process = \"$HOME/get keys\" 'a b' \"\" c\\ d\n"
              "[profile role]\nrole_arn = arn:aws:iam::111122223333:role/one\nsource_profile = keys\n"
              "region = eu-central-1\nexternal_id = x=1&y\nduration_seconds = 1800\n"
              "role_session_name = me@there\n"
              "[profile chain]\nrole_arn = arn:aws:iam::111122223333:role/two\nsource_profile = role\n"
              "region = sa-east-1\n"
              "[profile self]\nrole_arn = arn:aws:iam::111122223333:role/self\n"
              "source_profile = self\n" + KEYS % "AKIASELF" +
              "[profile processrole]\nrole_arn = arn:aws:iam::111122223333:role/three\n"
              "source_profile = process\n"
              "[profile environment]\nrole_arn = arn:aws:iam::111122223333:role/four\n"
              "credential_source = Environment\n"
              "[profile instance]\nrole_arn = arn:aws:iam::111122223333:role/five\n"
              "credential_source = Ec2InstanceMetadata\n"
              "[profile denied]\nrole_arn = arn:aws:iam::111122223333:role/denied\n"
              "source_profile = keys\n"
              "[profile short]\nrole_arn = arn:aws:iam::111122223333:role/short\n"
              "source_profile = keys\n"
              "[profile \"two words\"]\n" + KEYS % "AKIATWO" +
              "[profile merged]\nregion = x\n" + KEYS % "AKIANO",
    "credentials": "[merged]\n" + KEYS % "AKIAMERGED",
}


def world(**env):
    w = World(FILES["config"], FILES["credentials"], env)
    w.write("get keys", PROCESS, 0o700)
    return w


# --- beside botocore --------------------------------------------------------------------------


def test_as_botocore():
    env_keys = {"AWS_ACCESS_KEY_ID": "AKIAENV", "AWS_SECRET_ACCESS_KEY": SECRET,
                "AWS_SESSION_TOKEN": "12345"}
    rows = [
        (None, {}), (None, env_keys), ("keys", env_keys), (None, {**env_keys, "AWS_PROFILE": "keys"}),
        (None, {"AWS_PROFILE": "keys"}), ("process", {}), ("role", {}), ("chain", {}), ("self", {}),
        ("processrole", {}), ("environment", env_keys), ("instance", {}), ("two words", {}),
        ("merged", {}),
    ]
    for profile, env in rows:
        with world(AWS_DEFAULT_REGION="eu-north-1", **env) as w:  # botocore wants one
            w.sts(), w.imds()
            theirs = w.botocore(profile)
            lines = w.probe(*(["--profile", profile] if profile else []))
            ours = (lines[-1].get("access_key", ""), lines[-1].get("token_bytes"))
            check("as botocore: %s %s" % (profile, sorted(env)),
                  (shape(ours[0]), ours[1]) == (shape(theirs[0]), theirs[1]), (lines, theirs))


def test_machines_as_botocore():
    rows = [
        (servers.imds, "ASIAIMDS"), (servers.imds_v1, "ASIAIMDSV"),
    ]
    for answer, key in rows:
        with World() as w:
            w.imds(answer)
            theirs, lines = w.botocore(), w.probe()
            check("instance as botocore", shape(lines[-1]["access_key"]) == key == shape(theirs[0]) and
                  lines[-1]["token_bytes"] == theirs[1], (lines, theirs))
            check("it says so", lines[0]["describe"] == "instance metadata", lines[0])
    for answer, key in (servers.container, "ASIACONTAINER"), (servers.container_shaky, "ASIASHAKY"):
        with World() as w:
            w.serve(answer, "AWS_CONTAINER_CREDENTIALS_FULL_URI", "/creds?x=1")
            w.env["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"] = w.write("token", "container-token")
            w.env["AWS_CONTAINER_AUTHORIZATION_TOKEN"] = "wrong"
            theirs, lines = w.botocore(), w.probe()
            check("container as botocore", shape(lines[-1]["access_key"]) == key == shape(theirs[0]),
                  (lines, theirs))


# --- roles ------------------------------------------------------------------------------------


def test_role_chain():
    with world() as w:
        server = w.sts()
        lines = w.probe("--profile", "chain")
        check("the chain's end", lines[-1]["access_key"].startswith("ASIATWOBYASIAONEBYAKIAKEYS"), lines)
        check("two calls", [servers.signer_of(a[2])[1] for a in server.asked] ==
              ["sa-east-1", "sa-east-1"], server.asked)
        body = server.asked[0][3]
        for part in ("Action=AssumeRole", "Version=2011-06-15", "ExternalId=x%3D1%26y",
                     "DurationSeconds=1800", "RoleSessionName=me%40there"):
            check("the body has " + part, part in body, body)
        check("the default name", "RoleSessionName=keyfall-ann" in server.asked[1][3],
              server.asked[1][3])
        check("the token travels", "X-Amz-Security-Token" in
              {k.title() for k in server.asked[1][2]}, server.asked[1][2])


def test_role_denied():
    with world() as w:
        w.sts()
        line = w.probe("--profile", "denied")[-1]
        check("denied", line["state"] == "failed" and line["code"] == "denied", line)
        for part in ("role arn:aws:iam::111122223333:role/denied cannot be assumed", "AccessDenied",
                     "user/AKIAKEYS is not authorized to perform: sts:AssumeRole", "trust policy"):
            check("denied says " + part, part in line["error"], line)
        check("said once", line["error"].count("AccessDenied") == 1, line)


def test_role_unreachable():
    with world(AWS_ENDPOINT_URL_STS="http://127.0.0.1:9") as w:
        line = w.probe("--profile", "role")[-1]
        check("unreachable", line["code"] == "unreachable" and
              "role/one cannot be assumed" in line["error"] and "127.0.0.1" in line["error"], line)


def test_assume():
    with world() as w:
        server = w.sts()
        lines = w.probe("--profile", "keys", "--assume", "arn:aws:iam::444455556666:role/read",
                        "--external-id", "e", "--region", "ap-south-1")
        check("assumed", lines[-1]["access_key"].startswith("ASIAREADBYAKIAKEYS"), lines)
        check("its region", lines[0]["region"] == "ap-south-1" ==
              servers.signer_of(server.asked[0][2])[1], lines)


# --- renewal ----------------------------------------------------------------------------------


def test_renewal():
    with world() as w:
        server = w.sts()
        lines = w.probe("--profile", "short", "--again", "6")
        keys = [line.get("access_key") for line in lines[1:]]
        check("always ready", all(line["state"] == "ready" for line in lines[1:]), lines)
        check("renewed in time", 2 <= len(set(keys)) <= 6, keys)
        check("no more calls than keys", len(server.asked) - len(set(keys)) in (0, 1), keys)
    with world(LIFE="4") as w:
        lines = w.probe("--profile", "process", "--again", "5")
        with open(w.home + "/runs") as file:
            runs = file.read().splitlines()
        check("the process runs again", 2 <= len(runs) <= 6 and
              all(line["state"] == "ready" for line in lines[1:]), (runs, lines))
        check("its arguments", runs[0] == "a b  c d", runs)


def test_refused():
    with world() as w:
        server = w.sts()
        lines = w.probe("--profile", "role", "--again", "3", "--refuse")
        keys = [line.get("access_key") for line in lines[1:]]
        check("a refusal renews once", len(server.asked) == 2 and len(set(keys)) == 2, keys)


# --- command lines ----------------------------------------------------------------------------


def words(text):
    try:
        return shlex.split(text) or None
    except ValueError:
        return None


def test_words_as_shlex():
    seed = int(os.environ.get("SEED", time.time_ns() % 1000000))
    print("seed", seed)
    dice = random.Random(seed)
    pieces = ["a", "b c", " ", "  ", "\t", "'", '"', "\\", "$x", "`", ";", "#", "*", "\u00e9", "=", "\n"]
    texts = ["".join(dice.choices(pieces, k=dice.randrange(12))) for _ in range(2000)]
    with World() as w:
        ours = w.probe("--split", *texts)
    wrong = [(t, o, words(t)) for t, o in zip(texts, ours) if o != words(t)]
    check("words as shlex splits them, seed %d" % seed, len(ours) == 2000 and not wrong, wrong[:3])


# --- what goes wrong --------------------------------------------------------------------------


def test_nothing_there():
    with World() as w:
        server = w.imds(servers.silent)
        lines = w.probe()
        line = lines[-1]
        check("made at once", lines[0]["made_ms"] < 800, lines)
        check("no hang", 900 <= line["ms"] < 9000, line)
        host = server.url[7:]
        check("the whole sentence", line["error"] ==
              "no AWS credentials: tried environment (AWS_ACCESS_KEY_ID not set), profile default (not in "
              "~/.aws/config or ~/.aws/credentials), container (AWS_CONTAINER_CREDENTIALS_* not set), "
              "instance metadata (no answer from %s in 1 s); run `aws configure` or pass --profile"
              % host, line)
    with World() as w:
        w.imds().close()
        line = w.probe()[-1]
        check("nothing listens", line["code"] == "credentials" and line["ms"] < 1900 and
              "instance metadata (no answer from 127.0.0.1" in line["error"], line)
    with World() as w:
        w.imds(servers.imds_without_role)
        line = w.probe()[-1]
        check("no role", "instance metadata (this instance has no role); run" in line["error"], line)
        check("tried is told", line["tried"].endswith("(this instance has no role)"), line)
    with World(env={"AWS_EC2_METADATA_V1_DISABLED": "true"}) as w:
        w.imds(servers.imds_v1)
        line = w.probe()[-1]
        check("version 1 is not used", "status 405 for the token" in line["error"], line)


def test_container_fails():
    with World() as w:
        w.serve(servers.container, "AWS_CONTAINER_CREDENTIALS_FULL_URI", "/c")
        line = w.probe()[-1]
        check("container refuses", "answered with status 401" in line["error"] and line["ms"] < 5000,
              line)
    with World() as w:
        w.serve(servers.silent, "AWS_CONTAINER_CREDENTIALS_FULL_URI", "/c")
        line = w.probe()[-1]
        check("container hangs", line["code"] == "timeout" and 7000 < line["ms"] < 30000, line)


def test_process_fails():
    with world() as w:
        w.write("get keys", "#!/bin/sh\necho %s\necho 'please log in with %s' >&2\nexit 255\n" % (SECRET, SECRET), 0o700)
        line = w.probe("--profile", "process", "--log", w.home + "/log")[-1]
        check("process fails", "ended with status 255; run it" in line["error"]
              and SECRET not in str(line), line)
        with open(w.home + "/log") as file:
            log = file.read()
        check("the log has it, without what the process said", "ended with status 255" in log
              and "please log in" not in log and SECRET not in log, log)


def test_source_fails():
    """The role passes on what its source said, and adds nothing."""
    with world() as w:
        w.sts()
        w.write("get keys", "#!/bin/sh\nexit 7\n", 0o700)
        alone, role = w.probe("--profile", "process")[-1], w.probe("--profile", "processrole")[-1]
        check("the source's own sentence", "ended with status 7" in role["error"] and
              role["error"] == alone["error"], (alone, role))


def test_log_has_no_secrets():
    for profile in "keys", "process", "chain", "instance":
        with world() as w:
            w.sts(), w.imds()
            w.probe("--profile", profile, "--log", w.home + "/log")
            with open(w.home + "/log") as file:
                log = file.read()
            check("log of " + profile, "ready" in log and SECRET not in log and "token-of" not in log,
                  log)


def is_alive(pid):
    try:
        with open("/proc/%d/stat" % pid) as file:
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_leaving():
    """Freed in the middle of everything: no leak (the sanitizer looks), no child stays."""
    with world() as w:
        w.write("get keys", "#!/bin/sh\nsleep 100 & echo $! > $HOME/pid; wait\n", 0o700)
        begun = time.time()
        lines = w.probe("--profile", "process", "--leave", "700")
        check("left a process", lines[-1]["state"] == "pending" and time.time() - begun < 10, lines)
        with open(w.home + "/pid") as file:
            pid = int(file.read())
        for _ in range(600):
            if not is_alive(pid):
                break
            time.sleep(0.05)
        check("it was ended", not is_alive(pid), pid)
        if is_alive(pid):
            os.kill(pid, signal.SIGKILL)
    for profile, variable in (None, "AWS_EC2_METADATA_SERVICE_ENDPOINT"), (
            "chain", "AWS_ENDPOINT_URL_STS"), (None, "AWS_CONTAINER_CREDENTIALS_FULL_URI"):
        with World(FILES["config"].replace("[default]", "[profile other]")) as w:
            del w.env["AWS_EC2_METADATA_DISABLED"]
            w.serve(servers.silent, variable, "/")
            lines = w.probe("--leave", "300", *(["--profile", profile] if profile else []))
            check("left %s" % variable, lines[-1]["state"] == "pending", lines)


def test_nothing_left_in_memory():
    """Secrets must be gone from the heap, whichever way they came and whatever library they passed."""
    plain = build("")
    marker = SECRET[4:-4]  # the allocator writes over the ends
    rows = [
        ("keys", "[profile keys]\n" + KEYS % "AKIA", ""),
        ("keys", "[profile keys]\n" + KEYS % "AKIA" + "\n\n[profile other]\n\n" + KEYS % "AKIA", ""),
        ("keys", "", "# " + SECRET + "\n[keys]\n" + KEYS % "AKIA" + "aws_session_token=" + SECRET),
        ("process", "[profile process]\ncredential_process = '$HOME/get keys' " + SECRET, ""),
        ("role", "[profile role]\n" + pieces.ROLE % "r" + "source_profile = s\n[profile s]\n" + KEYS % "S", ""),
        ("web", "[profile web]\n" + pieces.ROLE % "w" + "web_identity_token_file = $HOME/token\n", ""),
        ("sso", pieces.SESSION + "[profile sso]\nsso_session = my-sso\n" + pieces.SSO, ""),
        ("login", "[profile login]\nregion = eu-west-1\n" + pieces.LOGIN, ""),
        ("mfa", "[profile mfa]\n" + pieces.ROLE % "r" + "source_profile = s\nmfa_serial = arn:mfa\n"
         "[profile s]\n" + KEYS % "S", ""),
    ]
    for profile, config, credentials in rows:
        with World(config, credentials) as w:
            w.write("get keys", PROCESS, 0o700)
            w.write("token", "token-" + SECRET)
            for name, text in pieces.sso_token("my-sso", 60), pieces.login_token(60):
                os.makedirs(os.path.dirname(os.path.join(w.home, name)))
                w.write(name, text)
            w.serve(servers.Oidc(), "AWS_ENDPOINT_URL_SSO_OIDC")
            w.serve(servers.Portal(), "AWS_ENDPOINT_URL_SSO")
            w.serve(servers.Signin(), "AWS_ENDPOINT_URL_SIGNIN")
            w.sts()
            args = ["--profile", profile, "--code", "123456", "--scan", marker]
            lines = w.probe(*args, program=plain)
            check("nothing left of " + profile, lines[-2].get("secret_bytes") == len(SECRET) and
                  lines[-1] == {"found": 0}, (config, credentials, lines))
    with World(rows[0][1]) as w:
        left = w.probe("--profile", "keys", "--scan", marker, "--keep", program=plain)
        check("the scan sees what is left", left[-1]["found"] > 0, left)


close(globals())
