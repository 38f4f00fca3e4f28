#!/usr/bin/env python3
"""Worlds and the independent reader: every world answers within the models, the reader sees the same
rows through pages of 1, 7 and 1000, nothing changes by reading, and TLS serves. Prints N passed, N failed.
"""
import contextlib
import io
import os
import ssl
import subprocess
import sys
import tempfile
import traceback
import urllib.request

if __package__ in (None, ""):
    sys.path[0] = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

from endpoint import generate, stories
from endpoint.harness import Endpoint
from endpoint.world import write_aws_config
from oracle import compare, oracle

WORLDS = [("stories", ["--seeds"], stories.world, ["us-east-1", "ap-south-1", "ap-south-2",
                                                   "eu-west-1", "eu-central-1"])] + [
    ("seed %d" % n, ["--seed", str(n), "--keys", "16", "--points", "12"],
     lambda n=n: generate.world(n, 3, 3, 16, 12), ["us-east-1", "eu-west-1", "eu-central-1"])
    for n in (1, 2, 3)]


def read(endpoint, text, regions, folder):
    """The oracle's CSV files of an endpoint, in `folder`."""
    names = write_aws_config(text, os.path.join(folder, "aws"), endpoint.url)
    os.environ["AWS_CONFIG_FILE"] = os.path.join(folder, "aws", "config")
    os.environ["AWS_SHARED_CREDENTIALS_FILE"] = os.path.join(folder, "aws", "credentials")
    suspended = [a for a, v in text["accounts"].items() if v["record"]["State"] != "ACTIVE"]
    args = ["--org", "-o", os.path.join(folder, "csv")]
    for name in names:
        if not any(name.endswith(a) for a in suspended):
            args += ["--profile", name]
    for region in regions:
        args += ["--region", region]
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        oracle.main(args)
    return os.path.join(folder, "csv")


def one_world(options, make, regions):
    text = make()
    assert text == make(), "the same seed gives another world"
    with tempfile.TemporaryDirectory() as top, Endpoint(*options) as e:
        before, first = e.ctl("state_digest"), None
        for size in (1000, 7, 1):
            e.ctl("settings", {"page_size": size})
            folder = read(e, text, regions, os.path.join(top, str(size)))
            for view in oracle.COLUMNS:
                path = os.path.join(folder, view + ".csv")
                if first is None:
                    continue
                out = io.StringIO()
                with contextlib.redirect_stdout(out):
                    status = compare.main([os.path.join(first, view + ".csv"), path])
                assert status == 0, (size, view, out.getvalue()[:800])
            first = first or folder
        assert e.ctl("violations") == [], e.ctl("violations")[:1]
        assert e.ctl("state_digest") == before


def compare_tells():
    """compare.py sees a changed cell, a missing row, and forgives the spreadsheet guard."""
    head = "id,account,region,name\r\n"
    with tempfile.TemporaryDirectory() as top:
        def file(name, rows):
            path = os.path.join(top, name)
            with open(path, "w", newline="") as out:
                out.write(head + rows)
            return path
        a = file("a", "x,1,r,=1+1\r\ny,1,r,b\r\n")
        for rows, want in (("y,1,r,b\r\nx,1,r,'=1+1\r\n", 0), ("x,1,r,=1+1\r\n", 1),
                           ("x,1,r,=1+1\r\ny,1,r,c\r\n", 1),
                           ("x,1,r,=1+1\r\ny,1,r,b\r\ny,1,r,b\r\n", 1)):
            with contextlib.redirect_stdout(io.StringIO()):
                assert compare.main([a, file("b", rows)]) == want, rows


def tls():
    with tempfile.TemporaryDirectory() as top:
        cert, key = os.path.join(top, "c.pem"), os.path.join(top, "k.pem")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
                        "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1",
                        "-keyout", key, "-out", cert], check=True, capture_output=True)
        with Endpoint("--seeds", "--cert", cert, "--key", key) as e:
            assert e.url.startswith("https://")
            context = ssl.create_default_context(cafile=cert)
            with urllib.request.urlopen(e.url + "/_ctl/stats", context=context) as answer:
                assert answer.status == 200


def main():
    os.environ.pop("AWS_PROFILE", None)
    tests = [(w[0], lambda w=w: one_world(*w[1:])) for w in WORLDS]
    tests += [("compare", compare_tells), ("tls", tls)]
    passed = failed = 0
    for name, run in tests:
        try:
            run()
            passed += 1
        except Exception:
            failed += 1
            print("FAILED %s\n%s" % (name, traceback.format_exc()))
    print("%d passed, %d failed" % (passed, failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
