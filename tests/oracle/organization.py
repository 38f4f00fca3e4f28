#!/usr/bin/env python3
"""The independent reader of a whole organization: boto3 lists its accounts, assumes the role in each that is
ACTIVE, and reads every region that is on there.

    organization.py --endpoint-url URL --profile P --role NAME [--region R...] [--jobs N] -o DIR

Writes the files of oracle.py, in its words. An account costs a process its credentials, not its clients: one set
of clients serves all accounts, as making a client takes boto3 longer than many calls.
"""
import argparse
import concurrent.futures
import os
import sys

import boto3
import botocore.exceptions

if __package__ in (None, ""):
    sys.path[0] = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

from oracle import oracle

HOME = "us-east-1"
#: In a region that is off good keys are refused as if they were bad; it is read where none told that it is off.
#: "InvalidAccessKeyId" is how S3 says it (docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html).
oracle.DENIED |= {"UnrecognizedClientException", "InvalidClientTokenId", "AuthFailure", "InvalidAccessKeyId"}
REFUSED = (oracle.Refused, botocore.exceptions.ClientError)
_session = boto3.Session("none", "none", "none", region_name=HOME)      # of this process
_places = {}        # region -> Place


def place(account, region, url, keys):
    """The place of an account, with the clients that the last account had."""
    who = _session.get_credentials()
    who.access_key, who.secret_key, who.token = keys
    if region not in _places:
        _places[region] = oracle.Place(_session, account, region, url)
    _places[region].account = account
    return _places[region]


def listed_regions(home, wanted):
    """(name, status) of the regions; guessed if nobody tells."""
    try:
        rows = home.call("ec2", "describe_regions", AllRegions=True)["Regions"]
        statuses = {r["RegionName"]: r["OptInStatus"] for r in rows}
    except oracle.Refused:
        try:
            rows = home.pages("account", "list_regions", "Regions", size=50)
            words = {"ENABLED_BY_DEFAULT": "opt-in-not-required", "ENABLED": "opted-in",
                     "DISABLED": "not-opted-in"}
            statuses = {r["RegionName"]: words[r["RegionOptStatus"]] for r in rows}
        except oracle.Refused:
            return [(r, oracle.UNKNOWN) for r in wanted or [HOME]]
    return [(r, statuses[r]) for r in wanted or sorted(statuses) if r in statuses]


def at_least(counts):
    """None of them all is only sure if all were counted."""
    return oracle.UNKNOWN if not oracle.total(counts) and oracle.UNKNOWN in counts else oracle.total(counts)


def read_account(job):
    """Rows and key states of one account; its own row last."""
    account, name, state, keys, url, wanted = job
    reader, counts = oracle.Reader(), []
    home = place(account, HOME, url, keys)
    who = home.call("sts", "get_caller_identity")["Arn"]
    for region, status in listed_regions(home, wanted):
        if status == "not-opted-in":        # what is there nobody can see
            reader.rows["regions"].append(["keyfall:region/%s/%s" % (account, region), account, region,
                                           status, oracle.UNKNOWN, oracle.UNKNOWN])
        else:
            counts.append(reader.place(place(account, region, url, keys), status, False))
    reader.rows["accounts"].append(["arn:aws:iam::%s:root" % account, account, "", name, state, who, "true",
                                    at_least([c[0] for c in counts]), at_least([c[1] for c in counts])])
    return reader.rows, reader.key_state


def jobs_of(args, merged):
    """One for each account that can be entered; a row for each that cannot."""
    session = boto3.Session(profile_name=args.profile)
    home = oracle.Place(session, None, HOME, args.endpoint_url)
    own = home.call("sts", "get_caller_identity")["Account"]
    accounts = home.pages("organizations", "list_accounts", "Accounts", size=20)
    for a in accounts:
        keys, state = None, a.get("State") or a["Status"]
        if a["Id"] == own:
            c = session.get_credentials().get_frozen_credentials()
            keys = (c.access_key, c.secret_key, c.token)
        elif state == "ACTIVE":
            try:
                c = home.call("sts", "assume_role", RoleSessionName="oracle", RoleArn="arn:aws:iam::%s:role/%s"
                              % (a["Id"], args.role))["Credentials"]
                keys = (c["AccessKeyId"], c["SecretAccessKey"], c["SessionToken"])
            except REFUSED:
                pass
        if keys:
            yield (a["Id"], a["Name"], state, keys, args.endpoint_url, args.region)
        else:
            merged.rows["accounts"].append(["arn:aws:iam::%s:root" % a["Id"], a["Id"], "", a["Name"], state,
                                            oracle.UNKNOWN, "false", oracle.UNKNOWN, oracle.UNKNOWN])


def main(argv=None):
    p = argparse.ArgumentParser(prog="organization")
    p.add_argument("--endpoint-url", required=True)
    p.add_argument("--profile", required=True)
    p.add_argument("--role", required=True)
    p.add_argument("--region", action="append")
    p.add_argument("--jobs", type=int, default=os.cpu_count())
    p.add_argument("-o", "--output", required=True)
    args = p.parse_args(argv)
    merged = oracle.Reader()
    with concurrent.futures.ProcessPoolExecutor(args.jobs) as pool:
        for rows, states in pool.map(read_account, list(jobs_of(args, merged))):
            merged.key_state.update(states)
            for view, found in rows.items():
                merged.rows[view] += found
    merged.finish()
    oracle.write(merged.rows, args.output)
    return 0


if __name__ == "__main__":
    sys.exit(main())
