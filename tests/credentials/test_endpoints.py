#!/usr/bin/env python3
"""Hosts and signing regions of every service in every Region, FIPS and dual-stack, beside AWS's own rules
(the endpoint rule sets that botocore carries). A service that follows another rule than the usual one needs
a row in backend/aws/endpoints.def; the failure names what is wanted."""

import os
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from world import build, check, close  # noqa: E402

from botocore.endpoint_provider import EndpointProvider  # noqa: E402
from botocore.exceptions import BotoCoreError  # noqa: E402
from botocore.loaders import Loader  # noqa: E402

LOADER = Loader()
# Where every operation that is read has the same label before the host, our host has it too: an operation
# of each, whose model tells the label.
LABELLED = {"MWAA": "ListEnvironments"}
PARTITIONS = LOADER.load_data("partitions")


def rules_of_services():
    """AWS_ENDPOINT_URL_<id> -> rule set, for all services that botocore knows."""
    found = {}
    for name in LOADER.list_available_services("endpoint-rule-set-1"):
        service_id = LOADER.load_service_model(name, "service-2")["metadata"]["serviceId"]
        found[service_id.upper().replace(" ", "_")] = name
    return found


def regions():
    return [region for partition in PARTITIONS["partitions"] for region in partition["regions"]
            if not region.endswith("-global")]


def label_of(service, name):
    """The label that botocore puts before the host when it sends what is read of the service."""
    if service not in LABELLED:
        return ""
    operations = LOADER.load_service_model(name, "service-2")["operations"]
    return operations[LABELLED[service]]["endpoint"]["hostPrefix"]


def theirs(rules, provider, label, query):
    _, region, fips, dual, legacy = query
    wanted = {"Region": region, "UseFIPS": bool(fips), "UseDualStack": bool(dual),
              "UseGlobalEndpoint": bool(legacy), "ApiType": "ControlPlane"}
    try:
        got = provider.resolve_endpoint(**{k: v for k, v in wanted.items() if k in rules["parameters"]})
    except BotoCoreError:
        return "none"
    schemes = got.properties.get("authSchemes", [{}])
    return "%s %s" % (got.url.replace("://", "://" + label, 1), schemes[0].get("signingRegion", region))


def ours(queries):
    text = "".join("%s %s %d %d %d\n" % q for q in queries)
    lines = subprocess.run([build("asan"), "--hosts"], input=text, text=True, check=True,
                           stdout=subprocess.PIPE).stdout.splitlines()
    return dict(zip(queries, lines, strict=True))


def test_every_service_everywhere():
    services = subprocess.run([build("asan"), "--services"], text=True, check=True,
                              stdout=subprocess.PIPE).stdout.split()
    known = rules_of_services()
    check("services are told", {"KMS", "STS", "SSO", "SIGNIN"} <= set(services), services)
    for service in services:
        check("botocore knows " + service, service in known)
        rules = LOADER.load_service_model(known[service], "endpoint-rule-set-1")
        label = label_of(service, known[service])
        provider = EndpointProvider(rules, PARTITIONS)
        queries = [(service, region, fips, dual, legacy) for region in regions()
                   for fips in (0, 1) for dual in (0, 1)
                   for legacy in ((0, 1) if service == "STS" else (0,))]
        wrong = [(q, mine, want) for q, mine in ours(queries).items()
                 if mine != (want := theirs(rules, provider, label, q))]
        check("hosts of %s (service, region, FIPS, dual-stack, legacy)" % service, not wrong,
              "%d of %d, first %s" % (len(wrong), len(queries), wrong[:2]))


close(globals())
