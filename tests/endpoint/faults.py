"""Trouble on order: rules that make the endpoint misbehave as networks and AWS do.

A rule is {"match": {service, operation, account, region, resource}, "kind", and optionally "skip" (so
many calls are let pass first), "count" (so many times), "duration_s" (for so long), "probability", and per
kind "delay_s", "bytes_per_s", "seconds". A rule that has run out is dropped.

"hold" never acts and never answers, "hang" acts and never answers: a client that is killed meanwhile leaves
the world as it was, or changed. "meddle" is somebody else: "before" and "after" hold changes (World.mutate)
that are made just before and after the call is served. "then" is a rule that begins once this one struck.
"""
import random
import time

KINDS = ("throttle", "e500", "e503html", "expired", "denied", "truncate", "wrong_length",
         "malformed", "nulls", "exponent", "drip", "delay", "hang", "reset", "clock_skew",
         "close", "hold", "meddle")


class Fault:
    def __init__(self, text, now):
        unknown = set(text) - {"match", "kind", "count", "duration_s", "probability", "delay_s",
                               "bytes_per_s", "seconds", "extra", "skip", "before", "after",
                               "then"}
        if unknown:
            raise ValueError("unknown members in a fault: %s" % sorted(unknown))
        if text.get("kind") not in KINDS:
            raise ValueError("kind must be one of %s" % ", ".join(KINDS))
        self.match = text.get("match", {})
        bad = set(self.match) - {"service", "operation", "account", "region", "resource"}
        if bad:
            raise ValueError("unknown members in match: %s" % sorted(bad))
        self.kind = text["kind"]
        self.count = text.get("count")
        self.until = now + text["duration_s"] if "duration_s" in text else None
        self.probability = text.get("probability", 1.0)
        self.delay_s = text.get("delay_s", 1.0)
        self.bytes_per_s = text.get("bytes_per_s", 64)
        self.seconds = text.get("seconds", 1200)
        self.extra = text.get("extra", 64)
        self.skip = text.get("skip", 0)
        self.before, self.after = text.get("before", []), text.get("after", [])
        self.then = text.get("then")
        self.hits = 0

    def over(self, now):
        return (self.count is not None and self.hits >= self.count) or \
            (self.until is not None and now >= self.until)

    def fits(self, call):
        for name, want in self.match.items():
            have = call.get(name) or ""
            if (want not in have) if name == "resource" else (want != have):
                return False
        return True


class Faults:
    def __init__(self, seed=0):
        self.rules, self.random, self.fired = [], random.Random(seed), {}

    def add(self, text):
        self.rules.append(Fault(text, time.monotonic()))

    def reset(self):
        self.rules = []

    def skew(self):
        """Seconds the endpoint's clock is off by, as told by clock_skew rules."""
        if not self.rules:
            return 0
        now = time.monotonic()
        return sum(r.seconds for r in self.rules if r.kind == "clock_skew" and not r.over(now))

    def pick(self, call):
        """The first rule that strikes this call, counted; None for most calls."""
        if not self.rules:
            return None
        now = time.monotonic()
        self.rules = [r for r in self.rules if not r.over(now)]
        for rule in self.rules:
            if rule.kind != "clock_skew" and rule.fits(call) and \
                    self.random.random() < rule.probability:
                if rule.skip > 0:
                    rule.skip -= 1
                    continue
                rule.hits += 1
                if rule.then:
                    self.add(rule.then)
                self.fired[rule.kind] = self.fired.get(rule.kind, 0) + 1
                return rule
        return None
