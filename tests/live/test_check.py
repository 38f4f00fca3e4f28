#!/usr/bin/env python3
"""`keyfall check` on the demo estate: its counts are those of the exported findings, its exit status is the first
that applies, and what it says in SARIF has the members that the standard asks for and no others."""
import collections
import json
import re
import sys

from program import Tally, run

SEVERITIES = ("critical", "high", "medium", "low", "info")
NOW = ["--demo", "--now", "2026-08-23T14:02:00Z"]

# docs.oasis-open.org/sarif/sarif/v2.1.0: for each object that we write (required members, members with what they
# hold). A list has what its items are; a set the words that may stand there.
TEXT, NUMBER, BOOL = str, int, bool
URI = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*:[-._~:/?#\[\]@!$&'()*+,;=%a-zA-Z0-9]*\Z")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\Z")
LEVEL = {"none", "note", "warning", "error"}
SHAPES = {
    "log": ({"version", "runs"}, {"$schema": URI, "version": {"2.1.0"}, "runs": ["run"]}),
    "run": ({"tool"}, {"tool": "tool", "invocations": ["invocation"], "results": ["result"]}),
    "tool": ({"driver"}, {"driver": "component"}),
    "component": ({"name"}, {"name": TEXT, "version": TEXT, "rules": ["rule"]}),
    "rule": ({"id"}, {"id": TEXT, "name": TEXT, "shortDescription": "text", "fullDescription": "text", "help": "text",
                      "helpUri": URI, "defaultConfiguration": "configuration", "properties": "bag"}),
    "text": ({"text"}, {"text": TEXT}),
    "configuration": (set(), {"level": LEVEL}),
    "invocation": ({"executionSuccessful"}, {
        "executionSuccessful": BOOL, "exitCode": NUMBER, "endTimeUtc": TIME,
        "toolExecutionNotifications": ["notification"]}),
    "notification": ({"message"}, {"message": "text", "level": LEVEL, "descriptor": "reference"}),
    "reference": ({"id"}, {"id": TEXT}),
    "result": ({"message"}, {
        "message": "text", "ruleId": TEXT, "ruleIndex": NUMBER, "level": LEVEL, "locations": ["location"],
        "kind": {"notApplicable", "pass", "fail", "review", "open", "informational"},
        "partialFingerprints": "bag", "properties": "bag", "suppressions": ["suppression"]}),
    "suppression": ({"kind"}, {"kind": {"inSource", "external"}, "status": {"accepted", "underReview", "rejected"},
                               "justification": TEXT, "properties": "bag"}),
    "location": (set(), {"physicalLocation": "physical", "logicalLocations": ["logical"]}),
    "physical": ({"artifactLocation"}, {"artifactLocation": "artifact"}),
    "artifact": ({"uri"}, {"uri": URI}),
    "logical": (set(), {"kind": TEXT, "fullyQualifiedName": TEXT}),
}


def breaks(shape, value, path="$"):
    """The ways in which a value is not what the standard says."""
    if isinstance(shape, list):
        if not isinstance(value, list):
            return [path + ": no list"]
        return [b for n, v in enumerate(value) for b in breaks(shape[0], v, "%s[%d]" % (path, n))]
    if isinstance(shape, set):
        return [] if value in shape else ["%s: %r" % (path, value)]
    if isinstance(shape, re.Pattern):
        return [] if isinstance(value, str) and shape.match(value) else ["%s: %r" % (path, value)]
    if shape in (TEXT, NUMBER, BOOL):
        return [] if type(value) is shape else ["%s: %r" % (path, value)]
    if not isinstance(value, dict):
        return [path + ": no object"]
    if shape == "bag":
        return []
    required, members = SHAPES[shape]
    out = ["%s: %s is missing" % (path, m) for m in required - set(value)]
    for name, item in value.items():
        if name in members:
            out += breaks(members[name], item, path + "." + name)
        else:
            out.append("%s: there is no %s" % (path, name))
    return out


def causes():
    """Findings that follow from no other, as the view has them."""
    rows = run("export", "--view", "findings", *NOW).rows()
    return [r for r in rows if r["effects"] != ""], [r for r in rows if r["effects"] == ""]


def check_json(tally, found, effects):
    answer = run("check", "--format", "json", *NOW)
    told = json.loads(answer.out)
    want = collections.Counter((r["state"], r["severity"]) for r in found)
    tally.check("counts of what is open", told["counts"] == {s: want["open", s] for s in SEVERITIES}, told["counts"])
    tally.check("counts of what is not proved", told["unknown"] == {s: want["unknown", s] for s in SEVERITIES})
    tally.check("effects are counted apart", told["effects"] == len(effects), told["effects"])
    key = ("id", "finding", "severity", "state", "account", "region")
    mine = sorted(tuple(f[k] or "" for k in key) for f in told["findings"])
    tally.check("each cause once", mine == sorted(tuple(r[k] for k in key) for r in found))
    tally.check("suppressed ones are counted apart", told["suppressed"] == sum(want["suppressed", s] for s in SEVERITIES) > 0)
    rank = [(f["state"] == "suppressed", SEVERITIES.index(f["severity"]), f["state"] == "unknown")
            for f in told["findings"]]
    tally.check("worst first", rank == sorted(rank))
    tally.check("blind spots are told", told["complete"] is False and told["blind_spots"] != [])


def check_sarif(tally, found):
    log = json.loads(run("check", "--format", "sarif", *NOW).out)
    tally.check("SARIF as the standard has it", breaks("log", log) == [], breaks("log", log)[:5])
    driven, results = log["runs"][0]["tool"]["driver"]["rules"], log["runs"][0]["results"]
    tally.check("SARIF: every cause", len(results) == len(found))
    tally.check("SARIF: rules are found", all(driven[r["ruleIndex"]]["id"] == r["ruleId"] for r in results))
    tally.check("SARIF: what is open is not proved", {(r["kind"], r["level"] == "none") for r in results} ==
                {("fail", False), ("open", True)})
    prints = [r["partialFingerprints"]["finding/v1"] for r in results]
    tally.check("SARIF: fingerprints differ", len(set(prints)) == len(prints))
    told = log["runs"][0]["invocations"][0]
    tally.check("SARIF: blind spots are notifications", told["toolExecutionNotifications"] and told["exitCode"] == 1)


def check_suppressions(tally, found):
    """What the demo's keyfall.conf says somebody answers for is told so everywhere, and no more than that."""
    told = json.loads(run("check", "--format", "json", *NOW).out)
    by_name = {s["name"]: s for s in told["suppressions"]}
    mine = [f for f in told["findings"] if f["state"] == "suppressed"]
    tally.check("who answers, why, until when", by_name["sandbox"]["owner"] == "platform" and by_name["sandbox"]["reason"]
                and by_name["sandbox"]["until"] == "2030-12-31" and by_name["sandbox"]["state"] == "holds")
    tally.check("an ended one says what counts again", by_name["migration"]["state"] == "ended"
                and by_name["migration"]["count"] > 0, by_name["migration"])
    tally.check("only what it covers", {(f["finding"], f["account"], f["suppressed_by"]) for f in mine}
                == {("F-KEY-09", "666677778888", "sandbox")} and len(mine) == by_name["sandbox"]["count"])
    rows = [r for r in found if r["state"] == "suppressed"]
    tally.check("the view says why", {r["suppression"] for r in rows}
                == {"the sandbox is emptied every Friday (platform, until 2030-12-31)"})
    results = json.loads(run("check", "--format", "sarif", *NOW).out)["runs"][0]["results"]
    covered = [r for r in results if r["suppressions"]]
    tally.check("SARIF has them", len(covered) == len(mine) and all("suppressions" in r for r in results)
                and covered[0]["suppressions"][0]["properties"]["until"] == "2030-12-31")
    text = run("check", *NOW).out.decode()
    tally.check("text has them", all(w in text for w in ("suppressed: %d" % len(mine), "[suppress sandbox] holds",
                                                        "[suppress migration] ended on 2026-06-30")))
    later = json.loads(run("check", "--format", "json", "--demo", "--now", "2031-01-01T00:00:00Z").out)
    tally.check("not a second longer", later["suppressed"] == 0)
    tally.check("owners", {r["owner"] for r in found if r["account"] == "333344445555"} >= {"platform"})


def check_status(tally, found):
    """1 as soon as something is as bad as --fail-on says; else 4, as the demo has blind spots."""
    worst = min(SEVERITIES.index(r["severity"]) for r in found if r["state"] == "open")
    for n, severity in enumerate(SEVERITIES):
        answer = run("check", "--fail-on", severity, "-o", "/dev/null", *NOW)
        tally.check("--fail-on " + severity, answer.status == (1 if worst <= n else 4), answer.status)
    tally.check("the default is high", run("check", *NOW).status == 1)
    tally.check("no such severity", run("check", "--fail-on", "awful", "--demo").status == 2)
    tally.check("no such format", run("check", "--format", "xml", "--demo").status == 2)
    dead = run("check", "--endpoint-url", "http://127.0.0.1:9", "--profile", "nobody")
    tally.check("nothing to read", dead.status == 3, dead.err.decode()[-300:])


def check_text(tally, found):
    text = run("check", *NOW).out.decode()
    ids = {r["finding"] for r in found}
    tally.check("text names every rule", all("[%s," % i in text for i in ids))
    tally.check("text fits 80 columns", all(len(line) <= 80 or " " not in line.strip() for line in
                                            text.splitlines() if "export --view" not in line))


# What the demo's stories come to: rule, state, a part of the record's id or of the reason.
STORIES = (
    ("F-VLT-04", "open", "backup-vault:shared-open"),
    ("F-VLT-13", "open", "aws/efs/automatic-backup-vault"),
    ("F-VLT-08", "open", "111122223333:backup-vault:"),
    ("F-ORG-06", "open", "ap-south-2 is not enabled in account 333344445555"),
    ("F-POL-13", "open", "kms:CreateGrant"),
    ("F-CPY-03", "open", "under an AWS managed key"),
    ("F-KEY-15", "open", "recovery points"),
    ("F-GRT-03", "open", "keyfall:grant/"),
    ("F-POL-19", "open", "iam::"),
    ("F-RP-07", "open", "its plan makes one every"),
    ("F-ORG-04", "open", "keyfall:region/111122223333/"),
    ("F-KEY-11", "unknown", "read when somebody looks"),
)


def check_stories(tally):
    rows = run("export", "--view", "findings", *NOW).rows()
    for finding, state, part in STORIES:
        tally.check("%s in the demo" % finding, any(r["finding"] == finding and r["state"] == state and
                                                    part in r["id"] + " " + r["reason"] for r in rows))


def check_rules(tally, found):
    """What is looked for, without an estate: every rule that finds something is among them, and none twice."""
    told = json.loads(run("check", "--rules", "--format", "json").out)
    ids = [r["finding"] for r in told["rules"]]
    tally.check("--rules: each once, in order", ids == sorted(set(ids)), ids)
    tally.check("--rules: all that find something", {r["finding"] for r in found} <= set(ids))
    tally.check("--rules: severity, page, remedy", all(r["severity"] in SEVERITIES and r["remedy"] and r["why"] and
                                                       r["source"].startswith("docs.aws.amazon.com/")
                                                       for r in told["rules"]))
    left = [r["finding"] for r in told["not_judged"]]
    tally.check("--rules: what is not judged, and why", left and not set(left) & set(ids) and
                all(r["reason"] for r in told["not_judged"] + told["in_part"]))
    text = run("check", "--rules")
    lines = text.out.decode().splitlines()
    tally.check("--rules: text", text.status == 0 and all(any(line.startswith(i) for line in lines) for i in ids + left))
    tally.check("--rules fails nothing", run("check", "--rules", "--fail-on", "high").status == 2)


def main():
    tally = Tally()
    found, effects = causes()
    check_json(tally, found, effects)
    check_sarif(tally, found)
    check_suppressions(tally, found)
    check_status(tally, found)
    check_text(tally, found)
    check_rules(tally, found)
    check_stories(tally)
    return tally.close()


if __name__ == "__main__":
    sys.exit(main())
