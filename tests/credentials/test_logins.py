#!/usr/bin/env python3
"""Logins with the real program: codes typed on a terminal, device codes, the dashboard's page, and the sentence
that says what to type."""

import hashlib
import json
import os
import re
import subprocess
import sys
import time
import urllib.parse

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.dirname(HERE) + "/screen"]
import servers  # noqa: E402
from pieces import KEYS, LEGACY, LOGIN, SESSION, SSO, login_token, sso_token  # noqa: E402
from place import ALL_THREE, CODE, EXPORT, KEYFALL, MFA, PROMPT, Terminal, place  # noqa: E402
from screen import Screen  # noqa: E402
from servers import SECRET  # noqa: E402
from world import check, close  # noqa: E402


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
        check("and the call is named", "profile p: sts:GetCallerIdentity in eu-west-1: " in err, err)


def test_hang_names_the_address():
    with place("[profile p]\n" + KEYS % "P") as w:
        silent = servers.Server(servers.silent)
        w.servers.append(silent)
        status, _, err = w.run(*EXPORT, "p", "--endpoint-url", silent.url, "--timeout", "2")
        check("one sentence with the address", status == 3 and err.count("\n") == 1 and silent.url in err and
              "nothing had answered after 2 s" in err and "--timeout waits longer" in err, err)


# --- a code typed on a terminal -----------------------------------------------------------------


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
        check("slow_down slows down", 7 < time.time() - began < 150, time.time() - began)
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


# --- the dashboard's page ------------------------------------------------------------------------

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
    s.wait("; 2 more  L logs in")
    s.keys("L")
    s.wait("enter shows a page to open")
    text = s.text()
    check(where + "all three", all(row_of(text, p) for p in ("acme", "prod", "alice")), text)
    check(where + "what to type elsewhere", "aws sso login --profile acme" in text, text)
    s.keys("Enter")
    s.wait("WXYZ-1234")
    check(where + "the page to open", "https://device.example/?user_code=WXYZ-1234" in s.text(), s.text())
    s.keys("?")  # nothing waits for the person
    s.wait("type to search")
    s.keys("Escape")
    s.wait(lambda text: not row_of(text, "acme"))
    s.keys("Enter")
    s.wait("_ _ _ _ _ _")
    s.type("12x34")
    s.wait("* * * * _ _")
    s.keys("BSpace", "Enter")
    s.wait("the code has six digits")
    s.type("123")
    s.keys("Enter")
    s.wait("MultiFactorAuthentication failed")
    s.keys("Enter")
    s.type(CODE)
    s.keys("Enter")
    s.wait(lambda text: not row_of(text, "prod"))
    s.wait("aws login --profile alice  in another terminal")
    s.keys("Enter")
    s.wait("type  aws login --profile alice")
    s.keys("Escape")
    s.wait(lambda text: "log in" not in text.split("\n")[0])
    name, token = login_token(3600)
    os.makedirs(os.path.dirname(os.path.join(w.home, name)))
    w.write(name, token)
    s.wait(lambda text: "L logs in" not in text)
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
            s.wait("L logs in")
            s.keys("L")
            s.wait("aws sso login --profile acme")
            check("not here", "enter shows a page" not in s.text(), s.text())
            s.keys("Enter")
            s.wait("type  aws sso login --profile acme")
            check("nothing was begun", not w.oidc.asked, w.oidc.asked)
            name, token = sso_token("my-sso", 3600)
            os.makedirs(os.path.dirname(os.path.join(w.home, name)))
            w.write(name, token)
            s.wait(lambda text: "L logs in" not in text)


close(globals())
