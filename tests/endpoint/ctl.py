"""The control API, `/_ctl/...`: what a test sets and reads. Unsigned, loopback only, not AWS."""
import json

from . import validate


def _stats(app):
    log = app.log
    return {"requests": log.requests, "calls": dict(log.calls), "by_place": dict(log.by_place),
            "errors": dict(log.errors), "throttled": dict(log.throttled), "actions": sorted(log.actions), "denied": sorted(log.denied),
            "in_flight": log.flight, "peak_in_flight": log.peak_flight,
            "open_connections": log.open, "peak_open_connections": log.peak_open,
            "connections": log.connections, "bytes_in": log.bytes_in, "bytes_out": log.bytes_out,
            "violations": len(log.violations), "faults_fired": dict(app.faults.fired),
            "sessions": len(app.world.sessions),
            "session_policies": sorted({s.policy or "" for s in app.world.sessions.values()}),
            "untranslated_patterns": sorted(validate.UNTRANSLATED)}


def _settings(app, given):
    """Set what is named; answer what now holds."""
    for name in ("page_size", "empty_pages", "short_pages"):
        if name in given:
            setattr(app.pager, name, given.pop(name))
    for name in ("latency_ms", "check_answers", "rate"):
        if name in given:
            setattr(app, name, given.pop(name))
    if "published_rates" in given:
        app.rates.is_on = given.pop("published_rates")
        app.rates.reset()
    for name in ("session_lifetime", "clock_offset", "unseen", "lag", "copy_polls"):
        if name in given:
            setattr(app.world, name, given.pop(name))
    if given:
        raise ValueError("unknown settings: %s" % sorted(given))
    return {"page_size": app.pager.page_size, "empty_pages": app.pager.empty_pages,
            "short_pages": app.pager.short_pages, "latency_ms": app.latency_ms,
            "check_answers": app.check_answers, "rate": app.rate,
            "published_rates": app.rates.is_on,
            "session_lifetime": app.world.session_lifetime, "unseen": app.world.unseen, "lag": app.world.lag,
            "copy_polls": app.world.copy_polls,
            "clock_offset": app.world.clock_offset}


def control(app, request):
    """(status, JSON value) of a control request."""
    what = request.method + " " + request.path[len("/_ctl/"):]
    try:
        given = json.loads(request.body or b"{}")
        if what == "GET writes":
            return 200, app.log.writes
        if what == "GET violations":
            return 200, app.log.violations
        if what == "GET stats":
            return 200, _stats(app)
        if what == "GET state_digest":
            return 200, {"sha256": app.world.digest()}
        if what == "GET world":
            return 200, app.world.text
        if what == "GET settings":
            return 200, _settings(app, {})
        if what == "POST settings":
            return 200, _settings(app, given)
        if what == "POST fault":
            for one in given if isinstance(given, list) else [given]:
                app.faults.add(one)
            return 200, {"rules": len(app.faults.rules)}
        if what == "POST reset_faults":
            app.faults.reset()
        elif what == "POST reset_log":
            app.log.reset()
        elif what == "POST world":
            app.world.load(given)
        elif what == "POST mutate":
            for one in given if isinstance(given, list) else [given]:
                app.world.mutate(one)
        elif what == "POST expire_tokens":
            app.pager.expire()
        elif what == "POST expire_sessions":
            for session in app.world.sessions.values():
                session.expires = 0
        else:
            return 404, {"error": "no such control: " + what}
        return 200, {"ok": True}
    except (ValueError, KeyError, TypeError, StopIteration, IndexError) as err:
        return 400, {"error": repr(err)}
