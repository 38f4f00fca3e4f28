"""Service models: what botocore knows of each AWS service, in the form the endpoint asks for it.

The models come from AWS, so a request that breaks one would be refused by AWS too. Nothing here
is shared with any client under test.
"""
import functools
import re

import botocore.loaders
import botocore.model

LOADER = botocore.loaders.Loader()

#: Services that answer in one place only, and the region a client must sign for there.
GLOBAL = {"organizations": "us-east-1", "account": "us-east-1", "iam": "us-east-1"}


class Service:
    """One service: its protocol, how requests name it, its operations, routes and pagers."""

    def __init__(self, name):
        self.name = name
        self.model = botocore.model.ServiceModel(LOADER.load_service_model(name, "service-2"), name)
        meta = self.model.metadata
        protocols = [meta["protocol"]] + list(meta.get("protocols", []))
        known = [p for p in protocols if p in ("json", "rest-json", "query", "ec2", "rest-xml")]
        self.protocol = known[0]
        self.signing_name = meta.get("signingName") or meta["endpointPrefix"]
        self.version = meta["apiVersion"]
        self.target_prefix = meta.get("targetPrefix", "")
        self.json_version = meta.get("jsonVersion", "1.1")
        self.namespace = meta.get("xmlNamespace") or \
            "http://%s.amazonaws.com/doc/%s/" % (meta["endpointPrefix"], self.version)
        self.global_region = GLOBAL.get(name)
        self.operations = set(self.model.operation_names)
        try:
            self.pagers = LOADER.load_service_model(name, "paginators-1")["pagination"]
        except Exception:                           # a service without a paginator file
            self.pagers = {}

    @functools.lru_cache(maxsize=None)
    def operation(self, name):
        return self.model.operation_model(name)

    @functools.cached_property
    def error_status(self):
        """Error code -> HTTP status, as far as the model tells."""
        out = {}
        for shape in self.model.error_shapes:
            err = shape.metadata.get("error", {})
            status = err.get("httpStatusCode") or (500 if shape.metadata.get("fault") else 400)
            out[err.get("code") or shape.name] = status
        return out

    @functools.cached_property
    def routes(self):
        """REST routes, the most literal first: (method, regex, label names, fixed query, op)."""
        rows = []
        for name in self.model.operation_names:
            http = self.operation(name).http
            path, _, query = http["requestUri"].partition("?")
            labels, pattern = [], ""
            for part in re.split(r"(\{[^}]+\})", path):
                if part.startswith("{"):
                    labels.append(part[1:-1].rstrip("+"))
                    pattern += "(.+)" if part.endswith("+}") else "([^/]+)"
                else:
                    pattern += re.escape(part)
            literal = len(re.sub(r"\{[^}]+\}", "", path))
            rows.append((literal, http["method"], re.compile(pattern + r"\Z"), labels, query, name))
        rows.sort(key=lambda r: (-r[0], r[5]))
        return rows

    def route(self, method, path, query):
        """The operation a method and *raw* (still encoded) path mean, with its raw labels. Where the
        query decides, as "?encryption" does, one that wants words of it comes before one that does not."""
        given = {part.partition("=")[0] for part in query.split("&")}
        hits = []
        for literal, want, regex, labels, fixed, name in self.routes:
            words = {part.partition("=")[0] for part in fixed.split("&") if part}
            hit = regex.match(path) if want == method and words <= given else None
            if hit:
                hits.append((literal, len(words), name, dict(zip(labels, hit.groups()))))
        return max(hits, key=lambda hit: hit[:2])[2:] if hits else (None, {})


class Registry:
    """All services the endpoint knows, found the three ways a request can name one."""

    def __init__(self, names):
        self.services = {n: Service(n) for n in names}
        self.by_target = {s.target_prefix: s for s in self.services.values() if s.target_prefix}
        self.by_version = {s.version: s for s in self.services.values()
                           if s.protocol in ("query", "ec2")}
        self.by_signing = {}
        for s in self.services.values():
            self.by_signing.setdefault(s.signing_name, []).append(s)

    def __getitem__(self, name):
        return self.services[name]
