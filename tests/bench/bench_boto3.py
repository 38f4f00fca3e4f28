"""The peer of bench_wire: the same calls by boto3 with 32 threads.

usage: bench_boto3.py URL [threads]      prints "calls N seconds S cpu_us U"
"""
import concurrent.futures
import resource
import sys
import time

import boto3
import botocore.config

ACCOUNTS = ["111122223333", "444455556666"]
REGIONS = ["us-east-1", "eu-central-1"]
SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"


def make_client(url, account, region, threads):
    session = boto3.session.Session(
        aws_access_key_id="AKIA" + account, aws_secret_access_key=SECRET, region_name=region)
    config = botocore.config.Config(max_pool_connections=threads)
    return session.client("kms", endpoint_url=url, config=config)


def list_keys(client):
    pages = client.get_paginator("list_keys").paginate(PaginationConfig={"PageSize": 1000})
    return [key["KeyId"] for page in pages for key in page["Keys"]]


def cpu_seconds():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def main():
    url = sys.argv[1]
    threads = int(sys.argv[2]) if len(sys.argv) > 2 else 32
    clients = [make_client(url, a, r, threads) for a in ACCOUNTS for r in REGIONS]
    # Clients are made before the clock starts: loading the models is no part of a refresh.
    cpu, start = cpu_seconds(), time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(threads) as pool:
        listed = list(pool.map(list_keys, clients))
        calls = len(clients)
        waiting = []
        for client, ids in zip(clients, listed):
            for key in ids:
                for call in (client.describe_key, client.get_key_policy, client.list_grants,
                             client.get_key_rotation_status):
                    waiting.append(pool.submit(call, KeyId=key))
        for done in waiting:
            done.result()
        calls += len(waiting)
    seconds, cpu = time.monotonic() - start, cpu_seconds() - cpu
    print(f"calls {calls} seconds {seconds:.3f} cpu_us {cpu * 1e6 / calls:.1f}")


if __name__ == "__main__":
    main()
