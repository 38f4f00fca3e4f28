"""What happens to a request: who is asked, who asks, may they, what is the answer.

`App.handle` is plain and synchronous; the wire (wire.py) does bytes, time and trouble.
"""
import collections
import secrets
import time

from . import errors, ops, protocol, sigv4, validate
from .errors import ApiError
from .faults import Faults
from .models import Registry
from .paging import Pager
from .rates import Rates

#: Known although no operation is answered yet: a call is a clear 501, not a riddle.
ALSO_KNOWN = ("iam", "events", "lambda", "dynamodb", "secretsmanager")


class Request:
    __slots__ = ("method", "path", "query", "headers", "raw_headers", "body", "duplicates")

    def __init__(self, method, target, raw_headers, body):
        self.method, self.raw_headers, self.body = method, raw_headers, body
        self.path, _, self.query = target.partition("?")
        self.headers, self.duplicates = {}, []
        for name, value in raw_headers:
            name = name.lower()
            if name in self.headers:
                self.duplicates.append(name)
                value = self.headers[name] + "," + value
            self.headers[name] = value


class Answer:
    __slots__ = ("status", "headers", "body", "fault")

    def __init__(self, status, headers, body, fault=None):
        self.status, self.headers, self.body, self.fault = status, headers, body, fault


class Log:
    """Counts for assertions: calls, errors, flight, connections, IAM actions, violations."""

    def __init__(self):
        self.reset()
        self.open = 0
        self.flight = 0

    def reset(self):
        self.calls = collections.Counter()
        self.by_place = collections.Counter()
        self.errors = collections.Counter()
        self.throttled = collections.Counter()      # by AWS's published rates
        self.denied = set()                         # "account region action"
        self.actions = set()
        self.violations = []
        self.writes = []                            # what was changed, in order; refused ones are none
        self.warnings = collections.Counter()
        self.peak_flight = self.peak_open = self.connections = self.requests = 0
        self.bytes_in = self.bytes_out = 0

    def violation(self, kind, where, reasons, request, canonical=""):
        if len(self.violations) < 1000:
            self.violations.append({
                "kind": kind, "where": where, "reasons": reasons, "method": request.method,
                "path": request.path, "query": request.query, "headers": [
                    [n, v if n.lower() != "x-amz-security-token" else v[:12] + "..."]
                    for n, v in request.raw_headers],
                "body": request.body[:2000].decode("utf-8", "replace"), "canonical": canonical})


class Stop(Exception):
    """Ends a request with a trouble of errors.TABLE."""

    def __init__(self, kind, message):
        super().__init__(message)
        self.kind = kind


class App:
    def __init__(self, world, seed=0, check_answers=True):
        self.table = ops.load()
        names = sorted({s for s, _ in self.table} | set(ALSO_KNOWN))
        self.registry = Registry(names)
        self.world, self.pager, self.faults, self.log = world, Pager(), Faults(seed), Log()
        self.check_answers = check_answers
        self.latency_ms = 0
        self.rates = Rates()        # AWS's own, once they are on
        self.rate = {}              # operation -> (per second, burst) once set
        self._buckets = {}

    # ---------------------------------------------------------------- what is asked

    def _target(self, request, scope_service):
        """(service, operation name, raw labels, form) or Stop/Malformed. None operation: the
        request names none that the model has."""
        headers = request.headers
        ctype = headers.get("content-type", "")
        target = headers.get("x-amz-target")
        if target is not None:
            prefix, _, name = target.rpartition(".")
            service = self.registry.by_target.get(prefix)
            if service is None:
                raise Stop("unknown", "Unknown target prefix %r" % prefix)
            reasons = []
            if request.method != "POST" or request.path != "/" or request.query:
                reasons.append("JSON requests are POST / without a query")
            if ctype != protocol.JSON_TYPE % service.json_version:
                reasons.append("Content-Type %r where %r is due" % (
                    ctype, protocol.JSON_TYPE % service.json_version))
            return service, name, None, reasons
        if ctype.startswith("application/x-www-form-urlencoded"):
            tree = protocol.form_tree(request.body)
            version = tree.get("Version", {}).get("")
            service = self.registry.by_version.get(version)
            if service is None:
                raise Stop("unknown", "No service has Version %r" % version)
            reasons = []
            if request.method != "POST" or request.path != "/" or request.query:
                reasons.append("query requests are POST / without a query")
            if ctype != "application/x-www-form-urlencoded; charset=utf-8":
                reasons.append("Content-Type %r" % ctype)
            return service, tree.get("Action", {}).get(""), tree, reasons
        services = [s for s in self.registry.by_signing.get(scope_service, [])
                    if s.protocol in ("rest-json", "rest-xml")]
        if not services:
            raise Stop("unknown", "Neither X-Amz-Target, nor a form, nor a REST service: %s %s, "
                       "scope %r" % (request.method, request.path, scope_service))
        # several may share a signing name: the path tells which is meant
        routes = [(s, *s.route(request.method, request.path, request.query)) for s in services]
        service, name, labels = next((r for r in routes if r[1]), routes[0])
        reasons = []
        if request.body and service.protocol == "rest-xml":
            reasons.append("only reads without a body are taken")
        elif request.body and ctype != "application/json":
            reasons.append("Content-Type %r where application/json is due" % ctype)
        return service, name, labels, reasons

    # ---------------------------------------------------------------- who asks

    def _authenticate(self, request, auth, service, now):
        access, date, region, scope_service = auth[:4]
        caller = self.world.caller(access)
        if caller is None:
            raise Stop("token", "The security token included in the request is invalid.")
        token = request.headers.get("x-amz-security-token")
        if caller.session is None and token is not None or \
                caller.session is not None and token != caller.session.token:
            raise sigv4.Refused("token", "The security token included in the request is invalid.")
        sigv4.verify(request.method, request.path, request.query, request.headers, request.body,
                     auth, caller.secret, now)
        if scope_service != service.signing_name:
            raise sigv4.Refused("signature", "Credential should be scoped to correct service: "
                                "'%s'." % service.signing_name)
        if service.global_region and region != service.global_region:
            raise sigv4.Refused("signature", "Credential should be scoped to a valid region, "
                                "not '%s'." % region)
        host = request.headers["host"].split(":")[0]
        if host.endswith(".amazonaws.com") and region not in host and \
                host.count(".") > 2:
            raise sigv4.Refused("signature", "Credential is scoped to %s, the host is %s"
                                % (region, host))
        if caller.session is not None and now >= caller.session.expires:
            raise Stop("expired", "The security token included in the request is expired")
        if not self.world.enabled(caller.account, region):
            raise Stop("token", "The security token included in the request is invalid.")
        return caller

    # ---------------------------------------------------------------- the answer

    def handle(self, request):
        """An Answer for a Request; never raises."""
        request_id = "%s-%s-%s-%s-%s" % tuple(secrets.token_hex(n) for n in (4, 2, 2, 2, 6))
        service, name, where = None, None, "?"
        log = self.log
        try:
            if request.duplicates:
                log.violation("http", "?", ["header sent twice: %s" % request.duplicates], request)
                raise Stop("malformed", "A header was sent twice")
            try:
                auth = sigv4.read_authorization(request.headers)
            except sigv4.Refused as err:
                auth, refused = None, err
            service, name, extra, reasons = self._target(request, auth[3] if auth else None)
            where = "%s:%s" % (service.name, name)
            if auth is None:
                raise refused
            now = time.time() + self.world.clock_offset + self.faults.skew()
            caller = self._authenticate(request, auth, service, now)
            if name not in service.operations:
                log.violation("unknown", where, ["no such operation"], request)
                raise Stop("unknown", "Unknown operation %r" % name)
            return self._answer(request, request_id, service, name, extra, reasons, caller,
                                auth[2], where)
        except sigv4.Refused as err:
            if not (err.kind == "skew" and self.faults.skew()):
                log.violation("signature", where, [str(err)], request, err.canonical)
            kind, message = err.kind, str(err)
        except protocol.Malformed as err:
            log.violation("model", where, err.reasons, request)
            kind, message = "malformed", str(err)
        except Stop as err:
            if err.kind == "unknown" and service is None:
                log.violation("unknown", where, [str(err)], request)
            kind, message = err.kind, str(err)
        except ApiError as err:
            log.errors["%s %s" % (where, err.code)] += 1
            status = err.status or service.error_status.get(err.code, 400)
            answer = Answer(*protocol.error(service, err.code, err.message, status, request_id))
            answer.headers.update(err.headers)
            return answer
        except Exception as err:            # a fault of the endpoint: loud, and told as such
            import traceback
            log.violation("endpoint", where, traceback.format_exc().splitlines()[-6:], request)
            kind, message = "internal", repr(err)
        code, status = errors.of(kind, service)
        log.errors["%s %s" % (where, code)] += 1
        return Answer(*protocol.error(service, code, message, status, request_id))

    def _answer(self, request, request_id, service, name, extra, reasons, caller, region, where):
        log, world, account = self.log, self.world, caller.account
        log.calls[where] += 1
        log.by_place["%s %s %s" % (account, region, where)] += 1
        operation = service.operation(name)
        row = self.table.get((service.name, name))
        if row is None:
            log.violation("unimplemented", where, ["modelled, not answered here"], request)
            raise Stop("unimplemented", "%s is not implemented by this endpoint" % where)
        shape = operation.input_shape
        if service.protocol == "json":
            params = protocol.parse_json(shape, request.body)
        elif service.protocol in ("rest-json", "rest-xml"):
            params = protocol.parse_rest(operation, extra, request.query, request.headers,
                                         request.body)
        else:
            params = protocol.parse_form(shape, extra, service.protocol == "ec2")
        breaks = validate.check(shape, params) if shape is not None else []
        if reasons or breaks:
            log.violation("model", where, reasons + breaks, request)
            raise Stop("malformed" if reasons else "invalid", "; ".join(reasons + breaks))
        log.actions.add(row.action)
        resource = row.resource(world, account, region, params) if row.resource else "*"
        fault = self.faults.pick({"service": service.name, "operation": name, "account": account,
                                  "region": region, "resource": "%s %s" % (resource, params)}) \
            if self.faults.rules else None
        if fault is not None and fault.kind in ("throttle", "expired", "denied"):
            raise Stop(fault.kind, {"throttle": "Rate exceeded", "denied": "Denied by a fault",
                                    "expired": "The security token included in the request is "
                                    "expired"}[fault.kind])
        if fault is not None and fault.kind == "e500":
            raise Stop("internal", "We encountered an internal error. Please try again.")
        if fault is not None and fault.kind == "e503html":
            return Answer(503, {"Content-Type": "text/html"}, b"<html><body><h1>503 Service "
                          b"Unavailable</h1>No server is available.</body></html>")
        if self.rates.refuses(account, region, service.name, name):
            log.throttled[where] += 1
            raise Stop("throttle", "Rate exceeded")
        if self._over_rate(account, region, service.name, name):
            raise Stop("throttle", "Rate exceeded")
        if where != "sts:GetCallerIdentity":
            why = world.refused(account, region, row.action, resource) or \
                (None if caller.may(row.action) else "identity")
            if why:
                log.denied.add("%s %s %s" % (account, region, row.action))
                message = errors.resource_not_allowed(row.action, caller.arn, resource, why)
                raise Stop("denied", message)
        if fault is not None and fault.kind == "hold":
            return Answer(200, {}, b"", fault=fault)
        world.change(fault.before if fault is not None else [])
        try:
            result = row.function(world, account, region, params, *([caller] if row.caller else []))
        finally:
            world.looks_away()
        if row.write:
            log.writes.append({"operation": where, "account": account, "region": region, "params": params})
        world.change(fault.after if fault is not None else [])
        result = self.pager.cut(service, name, account, region, params, result)
        if self.check_answers and operation.output_shape is not None:
            breaks = validate.check(operation.output_shape, result, answer=True)
            if breaks:
                log.violation("answer", where, breaks[:20], request)
        form = fault.kind if fault is not None and fault.kind in ("nulls", "exponent") else None
        return Answer(*protocol.serialize(service, operation, result, request_id, form),
                      fault=fault)

    def _over_rate(self, account, region, service, name):
        """A real token bucket, once `rate` holds the service or the operation."""
        if not self.rate:
            return False
        limit = self.rate.get("%s:%s" % (service, name)) or self.rate.get(service)
        if not limit:
            return False
        key, now = (account, region, service, name), time.monotonic()
        tokens, then = self._buckets.get(key, (float(limit[1]), now))
        tokens = min(float(limit[1]), tokens + (now - then) * limit[0])
        self._buckets[key] = (tokens - 1 if tokens >= 1 else tokens, now)
        return tokens < 1
