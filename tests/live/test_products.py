#!/usr/bin/env python3
"""keyfall.conf against the strict endpoint: its targets lead to the same rows as profiles do, its Regions hold, and
the views ekm, credentials and autobackup are what an independent reading of tags, names and aliases says. Wrong lines
are told with their places, and the rest counts."""
import os
import random
import re
import sys
import tempfile

import boto3
import botocore.exceptions

from program import Tally, environment, program, run
from endpoint.harness import Endpoint

FOREIGN_KEY = "arn:aws:kms:us-east-1:999999999999:key/1234abcd-12ab-34cd-56ef-1234567890ab"
DRUVA = "888899990000"
PHASES = {"current": "current", "in transition": "in-transition", "in-transition": "in-transition",
          "former": "former"}
USABLE = ("Enabled", "Updating")


def plain(text):
    """What no file has to change."""
    return re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9 ._-]*", text) is not None


def listed(client, operation, member, **args):
    """All of a list; None if AWS refused."""
    try:
        return [x for page in client.get_paginator(operation).paginate(**args) for x in page[member]]
    except botocore.exceptions.ClientError as err:
        if err.response["ResponseMetadata"]["HTTPStatusCode"] not in (400, 403):
            raise
        return None


class Reading:
    """All that products follow from, read with boto3."""

    def __init__(self, url, accounts, regions):
        self.keys, self.aliases, self.parameters, self.has_aliases = [], {}, [], set()
        for account in accounts:
            for region in regions:
                session = boto3.Session(profile_name="acct-" + account)
                kms, ssm = (session.client(s, region_name=region, endpoint_url=url) for s in ("kms", "ssm"))
                for key in listed(kms, "list_keys", "Keys") or []:
                    self.key(kms, account, region, key["KeyArn"])
                aliases = listed(kms, "list_aliases", "Aliases")
                if aliases is not None:
                    self.has_aliases.add((account, region))
                for alias in aliases or []:
                    self.aliases[alias["AliasArn"]] = alias.get("TargetKeyId")
                for p in listed(ssm, "describe_parameters", "Parameters") or []:
                    self.parameters.append((account, region, p["Name"]))

    def key(self, kms, account, region, arn):
        try:
            meta = kms.describe_key(KeyId=arn)["KeyMetadata"]
        except botocore.exceptions.ClientError:
            meta = {"KeyManager": "CUSTOMER", "KeyState": "?"}
        tags = listed(kms, "list_resource_tags", "Tags", KeyId=arn) if meta["KeyManager"] == "CUSTOMER" else None
        self.keys.append({"arn": arn, "id": arn.rsplit("/", 1)[1], "account": account, "region": region,
                          "state": meta["KeyState"], "tags": {t["TagKey"]: t["TagValue"] for t in tags or []}})

    def words(self, key, tag):
        return [w for w in re.split("[, \t\n]+", key["tags"].get(tag, "")) if w]


def expected_ekm(reading):
    """(product, key ARN) -> phase, Druva's account, who says so."""
    out = {}
    for key in reading.keys:
        for product in reading.words(key, "keyfall:ekm"):
            out[product, key["arn"]] = (PHASES.get(key["tags"].get("keyfall:phase"), "current"),
                                        key["tags"].get("keyfall:druva-account", "?"), "tags")
    out["salesforce", FOREIGN_KEY] = ("former", DRUVA, "configuration")
    return {k: v for k, v in out.items() if plain(k[0])}


def check_ekm(tally, reading, rows):
    got = {(r["product"], r["key_arn"]): (r["phase"], r["druva_account"], r["said_by"]) for r in rows
           if plain(r["product"])}
    tally.check("ekm: rows", got == expected_ekm(reading), (got, expected_ekm(reading)))
    states = {k["arn"]: k["state"] for k in reading.keys}
    wrong = [r for r in rows if r["key_state"] != states.get(r["key_arn"], "?")]
    tally.check("ekm: states", not wrong, wrong[:2])
    ids = [r["id"] for r in rows]
    tally.check("ekm: ids", len(ids) == len(set(ids)), ids)
    for product in {r["product"] for r in rows if plain(r["product"])}:
        current = [r for r in rows if r["product"] == product and r["phase"] == "current"]
        named = [r for r in current if r["id"] == "keyfall:ekm/" + product]
        tally.check("ekm: %s has one plain id" % product, len(named) == (1 if current else 0), named)


def check_credentials(tally, reading, rows, account, regions):
    druva = {(a, r, n.lstrip("/")) for a, r, n in reading.parameters
             if n.lstrip("/").startswith("Druva-ClientCredential-")}
    got = {(r["account"], r["region"], r["name"]) for r in rows if r["parameter"]}
    tally.check("credentials: parameters", got == druva, got ^ druva)
    here = {(a, r) for a, r, n in druva}
    missing = {(account, r) for r in regions if (account, r) not in here}
    got = {(r["account"], r["region"]) for r in rows if not r["parameter"]}
    tally.check("credentials: those that are missing", got == missing, (got, missing))
    said = {r["e_key"] for r in rows if r["account"] == account}
    tally.check("credentials: E-Key", said <= {"no"}, said)


def check_autobackup(tally, reading, rows, setup, vault, alias, regions):
    """The setup of the configuration: its Regions and those of VAULT keys in its account."""
    tagged = {k["region"] for k in reading.keys if setup in reading.words(k, "keyfall:autobackup")
              and k["tags"].get("keyfall:role") == "vault" and k["account"] == vault}
    mine = [r for r in rows if r["setup"] == setup]
    tally.check("autobackup: Regions", {r["region"] for r in mine} == tagged | set(regions),
                ([r["region"] for r in mine], tagged, regions))
    states = {k["id"]: k for k in reading.keys}
    for r in mine:
        target = reading.aliases.get("arn:aws:kms:%s:%s:%s" % (r["region"], vault, alias))
        key = states.get(target)
        if (vault, r["region"]) not in reading.has_aliases:
            tally.check("autobackup: %s is not known" % r["region"], r["ready"] == "?" and r["reason"], r)
            continue
        tally.check("autobackup: %s key" % r["region"], r["key_arn"] == (key["arn"] if key else ""), r)
        if not key or key["state"] not in (*USABLE, "?"):
            tally.check("autobackup: %s is not ready" % r["region"], r["ready"] == "false" and r["reason"], r)
    setups = {w for k in reading.keys for w in reading.words(k, "keyfall:autobackup")
              if k["tags"].get("keyfall:role") in ("vault", "protected")}
    got = {r["setup"] for r in rows}
    tally.check("autobackup: setups", got == setups | {setup}, (got, setups))


def write_conf(path, world, accounts, regions, vault, alias):
    roles = {r["arn"].split(":")[4]: r for r in world["roles"]}
    with open(path, "w") as out:
        for account in accounts:
            role = roles[account]
            out.write("[target t%s]\nprofile = base\nread_role = %s\nregions = %s\n" % (
                account, role["arn"], ", ".join(regions)))
            if role.get("external_id"):
                out.write("external_id = %s\n" % role["external_id"])
        out.write("[ekm salesforce]\nkey = %s\nphase = former\ndruva_account = %s\n" % (FOREIGN_KEY, DRUVA))
        out.write("[credentials druva]\naccount = %s\nregions = %s, eu-north-1\nekey = no\n" % (
            accounts[0], " ".join(regions)))
        out.write("[autobackup conf]\nvault_account = %s\naliases = %s\nregions = %s\n" % (
            vault, alias, ", ".join(regions)))


def products(tally, seed):
    with tempfile.TemporaryDirectory() as folder, \
            Endpoint("--seed", str(seed), "--accounts", "3", "--regions", "2", "--keys", "20", "--points",
                     "2") as endpoint:
        endpoint.write_config(folder)
        world = endpoint.ctl("world")
        regions = sorted({r for v in world["accounts"].values() for r in v["data"]})
        roles = {r["arn"].split(":")[4] for r in world["roles"]}
        accounts = sorted(a for a, v in world["accounts"].items()
                          if a in roles and v["record"].get("State", "ACTIVE") == "ACTIVE")
        os.environ.update(AWS_CONFIG_FILE=folder + "/config", AWS_SHARED_CREDENTIALS_FILE=folder + "/credentials",
                          AWS_EC2_METADATA_DISABLED="true")
        reading = Reading(endpoint.url, accounts, regions)
        vault = accounts[-1]
        alias = sorted(a.rsplit(":", 1)[1] for a in reading.aliases
                       if ":%s:" % vault in a and ":alias/aws/" not in a)[0]
        conf = folder + "/keyfall.conf"
        write_conf(conf, world, accounts, regions, vault, alias)
        args = ["--endpoint-url", endpoint.url, "--config", conf]
        rows = {}
        for view in ("ekm", "credentials", "autobackup", "keys"):
            answer = run("export", "--view", view, *args, config=folder)
            tally.check(view + " answered", answer.status in (0, 4) and b"keyfall.conf" not in answer.err,
                        answer.err.decode()[-2000:])
            rows[view] = answer.rows()
        check_ekm(tally, reading, rows["ekm"])
        check_credentials(tally, reading, rows["credentials"], accounts[0], regions + ["eu-north-1"])
        check_autobackup(tally, reading, rows["autobackup"], "conf", vault, alias, regions)
        same_by_profiles(tally, endpoint, folder, accounts, regions, rows["keys"])
        violations = endpoint.ctl("violations")
        tally.check("nothing refused", violations == [], violations[:3])


def same_by_profiles(tally, endpoint, folder, accounts, regions, by_targets):
    args = ["--config", "/dev/null", "--endpoint-url", endpoint.url]
    for a in accounts:
        args += ["--profile", "acct-" + a]
    for r in regions:
        args += ["--region", r]
    by_profiles = run("export", "--view", "keys", *args, config=folder).rows()
    # what hangs on a key is more by what the configuration says; times are those of each reading
    told = [[{k: v for k, v in r.items() if k not in ("seen_at", "dependents", "severity", "findings", "blind")}
             for r in rows] for rows in (by_targets, by_profiles)]
    tally.check("targets lead where profiles do", told[0] == told[1] and len(told[0]) > 10, len(told[0]))


def wrong_lines(tally):
    with tempfile.TemporaryDirectory() as home:
        os.makedirs(home + "/keyfall")
        path = home + "/keyfall/keyfall.conf"
        env = environment(XDG_CONFIG_HOME=home)
        cases = {
            "[general]\nthem = x\n": ":2:1: there is no setting them in [general]; did you mean theme",
            "[targt a]\n": ":1:1: there is no section [targt a]; did you mean target",
            "[target a]\nregions = moon\n": ":2:11: regions \"moon\" is no Region",
            "\x1b]0;owned\x07 = 1\n": ":1:1: ",
            "[general]\ntheme = \x1b[31m\n": ":2:9: theme ",
        }
        for text, told in cases.items():
            with open(path, "w") as out:
                out.write(text + "[allow]\nvendors = 888899990000\n")
            answer = run("--print-config", env=env)
            err = answer.err.decode()
            tally.check("told: %r" % text, "keyfall: %s%s" % (path, told) in err, err)
            tally.check("clean: %r" % text, "\x1b" not in err and "\x07" not in err)
            tally.check("the rest counts: %r" % text, answer.status == 0 and
                        b"\nvendors = 888899990000\n" in answer.out, answer.status)
            with open(home + "/again", "wb") as out:
                out.write(answer.out)
            again = run("--print-config", "--config", home + "/again", env=env)
            tally.check("printed again: %r" % text, again.out == answer.out and not again.err, again.err)
        files(tally, path, env)
    answer = run("--print-config", "--demo")
    tally.check("the demo has its own", b"\n[production PROD]\n" in answer.out and not answer.err)


def files(tally, path, env):
    """Files that cannot be read: the one that is looked for is told, the one that was asked for ends the program."""
    with open(path, "wb") as out:
        out.write(b"[general]\0\n")
    answer = run("--print-config", env=env)
    tally.check("a NUL", answer.status == 0 and b"NUL byte" in answer.err, answer.err)
    with open(path, "w") as out:
        out.write("# x\n" * 400000)
    answer = run("--print-config", env=env)
    tally.check("too large", answer.status == 0 and b"more than 1048576 bytes" in answer.err, answer.err)
    os.remove(path)
    os.mkdir(path)
    answer = run("--print-config", env=env)
    tally.check("a folder", answer.status == 0 and b"irectory" in answer.err, answer.err)
    os.rmdir(path)
    answer = run("--print-config", env=env)
    tally.check("none", answer.status == 0 and not answer.err, answer.err)
    answer = run("--print-config", "--config", path, env=env)
    tally.check("asked for and not there", answer.status == 2 and b"No such file" in answer.err, answer.err)


def main():
    tally = Tally()
    seed = int(os.environ.get("SEED", random.randrange(1, 1 << 20)))
    print("seed %d (SEED=%d repeats it); %s" % (seed, seed, program()))
    wrong_lines(tally)
    products(tally, seed)
    return tally.close()


if __name__ == "__main__":
    sys.exit(main())
