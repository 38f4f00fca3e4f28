#!/usr/bin/env python3
"""What every plan can count on: nothing is sent without its phrase, by a viewer, beside another run, or when the journal
was altered; a line that a crash cut short is no obstacle; the journal is private and its chain holds when somebody else
computes it; a principal that is made late ends in a clear sentence and in a second try."""
import hashlib
import json
import os
import re
import signal
import stat
import sys
import time

from bench import APP, MAIN, SAAS, VAULT, Bench, Tally, calls_of, load
from test_wizards import CASES, agrees, made_key, make, run


def key_to_rescue(b):
    return b.key(MAIN, "us-east-1", "alias/saas-ekm-old")


def planned(b):
    b.fresh()
    path, done = b.plan("rescue", key=key_to_rescue(b))
    assert done.status == 0, done
    return path, load(path)["phrase"]


def journal_path(b):
    return b.env["XDG_STATE_HOME"] + "/keyfall/journal.jsonl"


def mended(tally, b):
    b.fresh()
    key = key_to_rescue(b)
    for pasted in (" %s\n   %s\r\n" % (key[:40], key[40:]), "\ufeff<%s>\u200b" % key, '\u00a0"%s" ' % key):
        path, done = b.plan("rescue", key=pasted)
        tally.check("a pasted ARN is mended", done.status == 0 and load(path)["inputs"]["key"] == key, done)
    done = b.run("wizard", "rescue", "--set", "key=" + key.replace(MAIN, SAAS), *b.live())
    tally.check("an account without a way in is named", done.status == 3 and "no way into account " + SAAS in done.err, done)


def elsewhere(tally, b):
    """A key of another partition, and a Region that AWS does not have: nothing is asked there."""
    key = "arn:aws-cn:kms:cn-north-1:%s:key/11111111-2222-3333-4444-555555555555" % MAIN
    for name, inputs, status, word in (
            ("rescue", {"key": key}, 2, "lives in another AWS partition, aws-cn and not aws"),
            ("autobackup", {"setup": "web", "role": "arn:aws:iam::%s:role/KeyfallRead" % VAULT, "protected": APP,
                            "alias": "alias/web", "regions": "eu-west-1,us-mars-1"}, 1,
             "the Region us-mars-1 is not known in account " + VAULT),
            ("druva-credentials", {"parameter": "arn:aws:ssm:us-east-1:%s:parameter/Druva-ClientCredential-gone" % MAIN,
                                   "regions": "us-mars-1"}, 1, "the Region us-mars-1 is not known in account " + MAIN),
            ("rescue", {"key": key_to_rescue(b), "nonce": "0" * 32}, 2, 'rescue takes no "nonce", only key')):
        b.fresh()
        _, done = b.plan(name, **inputs)
        took = {a for a in b.endpoint.ctl("stats")["actions"] if a.startswith("kms:")}
        tally.check(name + " elsewhere asks no key", not took, took)
        tally.check(name + " elsewhere is refused", done.status == status and word in done.err, done)


def told(tally, b):
    """What a plan changes nothing of is told all the same; the journal knows who did it, and AWS's name for the call."""
    b.fresh()
    b.plain_key()
    plain, role = b.key(MAIN, "us-east-1", "alias/plain"), "arn:aws:iam::%s:role/KeyfallRead"
    for name, inputs, word in (
            ("prevent-deletion", {"key": plain, "break_glass": role % VAULT}, "is of account %s, not of the key's" % VAULT),
            ("key-statement", {"key": key_to_rescue(b), "who": VAULT}, "The key is in the state PendingDeletion")):
        path, done = b.plan(name, **inputs)
        warnings = load(path)["warnings"] if done.status == 0 else []
        tally.check(name + " is planned with a warning", [w for w in warnings if word in w], (done, warnings))
    path, done = b.plan("rotation", key=plain)
    done = b.apply(path, load(path)["phrase"])
    who = [e["who"] for e in b.journal() if e["event"] == "intent"]
    asked = b.client("sts", MAIN, "us-east-1").get_caller_identity()["Arn"]
    tally.check("the journal says who it was", done.status == 0 and who == [asked], (done, who))
    tally.check("and which request", [e for e in b.journal() if e["event"] == "answer" and e.get("request_id")], b.journal())
    unread = b.client("kms", MAIN, "us-east-1").create_key()["KeyMetadata"]["KeyId"]
    path, done = b.plan(CASES[0].wizard, **CASES[0].inputs(b))
    b.endpoint.ctl("fault", {"match": {"service": "kms", "operation": "ListResourceTags", "resource": unread}, "kind": "denied"})
    b.endpoint.ctl("reset_log", {})
    done = b.apply(path, load(path)["phrase"], *[a for a in CASES[0].answers if not callable(a)])
    tally.check("no key is made beside one that may be it, in the first run either", done.status == 1 and unread in done.err and
                "kms:ListResourceTags" in done.err and not b.endpoint.ctl("writes"), done)


def phrases(tally, b):
    path, phrase = planned(b)
    digest = b.endpoint.ctl("state_digest")
    for given in ([], ["yes"], [phrase + "x"], ["done", phrase]):
        done = b.apply(path, *given)
        tally.check("%s is not its phrase" % given, done.status == 2 and phrase in done.err, done)
    b.env["ASAN_OPTIONS"] = "detect_leaks=0"    # a viewer may start no process, which the search for leaks is
    viewer = b.run("apply", path, "--viewer", "--yes", phrase, *b.live())
    tally.check("a viewer applies nothing", viewer.status not in (0, 3) and "viewer" in viewer.err, viewer)
    shown = b.run("wizard", "rescue", "--viewer", "--set", "key=" + key_to_rescue(b), *b.live())
    tally.check("a viewer may plan", shown.status == 0 and json.loads(shown.out)["phrase"] == phrase, shown)
    del b.env["ASAN_OPTIONS"]
    tally.check("none of it changes anything", digest == b.endpoint.ctl("state_digest"))
    tally.check("nor is it journalled", not os.path.exists(journal_path(b)) or not b.journal())


def chain_holds(lines):
    last = "0" * 64
    for line in lines:
        entry = json.loads(line)
        body = line[:line.rindex(',"hash":')] + "}"
        if entry["before"] != last or hashlib.sha256(body.encode()).hexdigest() != entry["hash"]:
            return False
        last = entry["hash"]
    return True


def journals(tally, b):
    path, phrase = planned(b)
    tally.check("it waits for a person", "waits for you" in b.apply(path, phrase).err)
    with open(journal_path(b)) as src:
        lines = src.read().splitlines()
    modes = [stat.S_IMODE(os.stat(p).st_mode) for p in (journal_path(b), os.path.dirname(journal_path(b)))]
    tally.check("the journal is private", modes == [0o600, 0o700], [oct(m) for m in modes])
    tally.check("its chain holds", chain_holds(lines), lines)
    events = [json.loads(line)["event"] for line in lines]
    tally.check("an intent stands before each answer", events == [
        "begin", "intent", "answer", "proved", "intent", "answer", "proved", "waits"], events)
    changed = lines[3].replace('"proved"', '"proven"')
    for name, altered in (("a word", lines[:3] + [changed] + lines[4:]), ("a line gone", lines[:3] + lines[4:]),
                          ("lines swapped", lines[:2] + lines[3:1:-1] + lines[4:])):
        with open(journal_path(b), "w") as out:
            out.write("\n".join(altered) + "\n")
        done = b.apply(path, phrase, "done", resume=True)
        tally.check("altered, %s: refused" % name, done.status == 1 and "was altered" in done.err, done)
    cut_short(tally, b, path, phrase, lines)
    with open(journal_path(b), "w") as out:
        out.write("\n".join(lines) + "\n" + lines[-1][:40])
    done = b.apply(path, phrase, "done", resume=True)
    with open(journal_path(b)) as src:
        lines = src.read().splitlines()
    tally.check("a line cut short is no obstacle", done.status == 0 and chain_holds(lines), done)


def cut_short(tally, b, path, phrase, lines):
    """Lines that are gone from the journal's end are missed; who takes its head away goes on by what AWS says."""
    head = os.path.dirname(journal_path(b)) + "/journal.head"
    with open(head) as src:
        whole = src.read()
    tally.check("the head is private", stat.S_IMODE(os.stat(head).st_mode) == 0o600)
    digest = b.endpoint.ctl("state_digest")
    for gone in (1, 2, len(lines)):
        with open(journal_path(b), "w") as out:
            out.writelines(line + "\n" for line in lines[:-gone])
        done = b.apply(path, phrase, "done", resume=True)
        word = "was cut short: %d of its %d lines are there" % (len(lines) - gone, len(lines))
        tally.check("%d lines gone from its end: refused" % gone, done.status == 1 and word in done.err and head in done.err,
                    done)
    for name, text in (("another", whole.replace(whole.split()[1][:8], "00000000")), ("half of it", whole[:40])):
        with open(journal_path(b), "w") as out:
            out.writelines(line + "\n" for line in lines)
        with open(head, "w") as out:
            out.write(text)
        done = b.apply(path, phrase, "done", resume=True)
        tally.check("a head that is %s: refused" % name, done.status == 1 and "was altered" in done.err, done)
    tally.check("and nothing is changed by it", digest == b.endpoint.ctl("state_digest"))
    os.unlink(head)
    with open(journal_path(b), "w") as out:
        out.writelines(line + "\n" for line in lines[:3])
    b.endpoint.ctl("reset_log", {})
    done = b.apply(path, phrase, resume=True)
    sent = [a for a in b.endpoint.ctl("stats")["actions"] if a in calls_of(path)]
    tally.check("without its head it goes on, and sends nothing again", "waits for you" in done.err and not sent, (done, sent))
    with open(head, "w") as out:
        out.write(whole)


def asked_again(tally, b):
    """A wrong answer is told with the right one and asked again; of answers that were given beforehand none is skipped."""
    path, phrase = planned(b)
    done = b.apply(path, phrase, "dnoe", "done")
    tally.check("a wrong answer waits for the right one", done.status == 1 and
                'waits for you: "dnoe" is not the answer, "done" is: ' in done.err and "--resume" in done.err, done)
    read_elsewhere(tally, b)
    left_out(tally, b)
    b.fresh()
    case = next(c for c in CASES if c.wizard == "druva-credentials" and len(c.answers) == 3)
    _, path, plan = make(tally, "too early", case, b, case.places)
    done = b.apply(path, plan["phrase"], "no-e-key", "Druva-ClientCredential-typo", settle=1)
    tally.check("a parameter that is not there is asked for again", done.status == 1 and
                "waits for you: it does not show after 1 s" in done.err, done)
    done = run(b, case, path, plan, b.apply, resume=True)
    tally.check("the right one ends it", done.status == 0, done)


def read_elsewhere(tally, b):
    """An account id that is to be read in another console is told neither by the question nor by who mistypes it."""
    _, path, plan = make(tally, "account", CASES[0], b, CASES[0].places)
    done = b.apply(path, plan["phrase"], "visible", SAAS[:-1] + "0")
    said = re.sub(r"\D", "", done.out.split("Read Druva's account id back")[1] + done.err)
    tally.check("the account id is not told", done.status == 1 and "is not the account id of this plan" in done.err and
                SAAS not in said, done)
    done = b.apply(path, plan["phrase"], " %s %s %s" % (SAAS[:4], SAAS[4:8], SAAS[8:]), resume=True)
    tally.check("its groups are taken", "waits for you: paste the ARN" in done.err, done)


def left_out(tally, b):
    """A step that may be left out takes done, once it shows, or no; nothing else."""
    case = next(c for c in CASES if c.wizard == "share-rds" and c.answers)
    _, path, plan = make(tally, "second hop", case, b, case.places)
    done = b.apply(path, plan["phrase"], "maybe")
    tally.check("any text is no answer", done.status == 1 and 'waits for you: "maybe" is not the answer, "done" or "no" is: '
                in done.err, done)
    done = b.apply(path, plan["phrase"], "done", resume=True)
    tally.check("done is no answer before it shows", done.status == 1 and "waits for you: it does not show after" in done.err,
                done)
    done = b.apply(path, plan["phrase"], "no", resume=True)
    tally.check("no leaves it out", done.status == 0, done)


def only_a_new_one(tally, b):
    """A parameter proves that it was recreated if its name fits and it was not there, or not like that, at planning."""
    b.fresh()
    case = next(c for c in CASES if c.wizard == "druva-credentials" and len(c.answers) == 3)
    path = ["accounts", MAIN, "data", "us-east-1", "parameters"]
    old = {"Name": "Druva-ClientCredential-0ld", "Type": "SecureString", "KeyId": "alias/aws/ssm", "Version": 1,
           "LastModifiedDate": 1780000000.5, "Tier": "Standard", "Policies": [], "DataType": "text",
           "ARN": "arn:aws:ssm:us-east-1:%s:parameter/Druva-ClientCredential-0ld" % MAIN}
    other = dict(old, Name="otherthing", ARN=old["ARN"].replace("Druva-ClientCredential-0ld", "otherthing"))
    b.endpoint.ctl("mutate", {"path": path, "append": old})
    file, done = b.plan(case.wizard, **case.inputs(b))
    tally.check("an old parameter is no obstacle", done.status == 0, done)
    phrase = load(file)["phrase"]
    b.endpoint.ctl("mutate", {"path": path, "append": other})
    began = time.monotonic()
    done = b.apply(file, phrase, "no-e-key", "otherthing", "works")
    tally.check("a name without the prefix is asked again at once", done.status == 1 and time.monotonic() - began < 30 and
                'waits for you: "otherthing" does not begin with Druva-ClientCredential-: ' in done.err, done)
    done = b.apply(file, phrase, "Druva-ClientCredential-0ld", "works", resume=True)
    tally.check("one that was there is asked again soon", done.status == 1 and
                "waits for you: it does not show after 3 s" in done.err and "still is as it was" in done.err, done)
    b.endpoint.ctl("mutate", {"path": path + [{"Name": old["Name"]}],
                              "merge": {"Version": 2, "LastModifiedDate": 1790000000.5}})
    done = b.apply(file, phrase, "Druva-ClientCredential-0ld", "works", resume=True)
    tally.check("made anew under its name it is new", done.status == 0, done)


def undone_by_hand(tally, b):
    """A run that stops names the key that it made: its undo can be typed as it stands, the last first. Once the key is
    given to Druva, what that breaks is told."""
    case = CASES[0]
    _, path, plan = make(tally, "undo", case, b, case.places)
    done = b.apply(path, plan["phrase"], *case.answers[:2])
    undo = "undo: aws kms disable-key --region us-east-1 --key-id '%s'" % case.answers[2](b, plan)
    left = done.out[done.out.find("to undo it, the last first:"):]
    tally.check("what was made is in the undo", done.status == 1 and undo in left, done)
    tally.check("the last is undone first", 0 < left.find("delete-alias") < left.find(undo), left)
    tally.check("nothing relies on it yet", "no way back" not in left, left)
    done = b.apply(path, plan["phrase"], case.answers[2](b, plan), resume=True)
    left = done.out[done.out.find("to undo it, the last first:"):].splitlines()
    given = next(n for n, s in enumerate(plan["steps"], 1) if s["title"].startswith("Give the key's ARN"))
    warned = [x.split()[0] for x, then in zip(left, left[1:]) if "step %d has no way back: undoing this breaks" % given in then]
    undone = [x.split()[0] for x in left[1:] if " undo: " in x]
    tally.check("all that Druva relies on is warned of", done.status == 1 and len(warned) > 2 and
                warned == [n for n in undone if int(n) < given] and undone == sorted(undone, key=int, reverse=True), left)


def two_at_once(tally, b):
    path, phrase = planned(b)
    b.endpoint.ctl("fault", {"match": {"service": "kms", "operation": "EnableKey"}, "kind": "hold", "count": 1})
    patient = b.path + "/patient.conf"      # it must outlast the second's start, however slow the machine is
    with open(patient, "w", encoding="utf-8") as config:
        config.write("[refresh]\nread_timeout = 5m\n")
    first = b.start("apply", path, "--yes", phrase, "--config", patient, *b.live())
    while not b.endpoint.ctl("stats")["faults_fired"].get("hold") and first.poll() is None:
        time.sleep(0.01)
    second = b.apply(path, phrase, "done", resume=True)
    tally.check("a second run at once is refused", second.status == 1 and "another run is going on" in second.err, second)
    first.send_signal(signal.SIGKILL)
    first.communicate()
    b.endpoint.ctl("reset_faults", {})
    done = b.apply(path, phrase, "done", resume=True)
    tally.check("who died holds no lock", done.status == 0, done)


def late_principal(tally, b):
    """A role of another account, which only KMS can look for: it is not there yet when the policy is put."""
    b.fresh()
    role = "arn:aws:iam::%s:role/late" % APP
    path, done = b.plan("key-statement", key=b.key(MAIN, "us-east-1", "alias/saas-ekm"), who=role)
    tally.check("a role that is not there is told", done.status == 1 and "does not exist" in done.err, done)
    b.endpoint.ctl("fault", {"match": {"service": "iam", "operation": "GetRole"}, "kind": "denied"})
    path, done = b.plan("key-statement", key=b.key(MAIN, "us-east-1", "alias/saas-ekm"), who=role)
    tally.check("what cannot be looked for is a warning", done.status == 0 and any(
        role in w for w in load(path)["warnings"]), done)
    phrase, digest = load(path)["phrase"], b.endpoint.ctl("state_digest")
    b.endpoint.ctl("settings", {"unseen": {role: 1}})
    done = b.apply(path, phrase)
    tally.check("KMS misses it", done.status == 1 and "made seconds ago" in done.err, done)
    tally.check("and nothing changed", digest == b.endpoint.ctl("state_digest"))
    done = b.apply(path, phrase, resume=True)
    tally.check("once it is there the plan goes on", done.status == 0, done)


def late_key(tally, b):
    """A key whose making was never answered, and which AWS does not list yet when it is looked for."""
    case = CASES[0]
    before, path, plan = make(tally, "late", case, b, case.places)
    b.endpoint.ctl("settings", {"lag": 3})
    with b.killing("kms:CreateKey", "hang") as apply:
        tally.check("the key's making is not answered", run(b, case, path, plan, apply) is None)
    done = run(b, case, path, plan, lambda *a, **more: b.apply(*a, settle=20, **more), resume=True)
    b.endpoint.ctl("settings", {"lag": 0})
    tally.check("the key is found late", done.status == 0, done)
    agrees(tally, "late", case, b, plan, before, case.places)


def by_word(tally, b):
    """What a person confirms is told from what is proved: by a use of the key that came once he was asked."""
    case = CASES[2]
    _, path, plan = make(tally, "on word", case, b, case.places)
    ask = next(a for a in case.answers if callable(a))
    b.apply(path, plan["phrase"], SAAS)
    done = b.apply(path, plan["phrase"], ask(b, plan), "integrated", resume=True)
    tally.check("no use of the key is no proof", done.status == 1 and "key-last-use" in done.err and "is not there" in done.err and
                "waits for you" in done.err, done)
    b.endpoint.ctl("fault", {"match": {"service": "kms", "operation": "GetKeyLastUsage"}, "kind": "denied", "count": 99})
    done = b.apply(path, plan["phrase"], "integrated", resume=True)
    tally.check("nor is one that cannot be read", done.status == 1 and "kms:GetKeyLastUsage: AccessDenied" in done.err, done)
    b.endpoint.ctl("reset_faults", {})
    done = b.apply(path, plan["phrase"], "unseen", "alias/saas-ekm", resume=True)
    tally.check("the old key stays until a use of the new one shows", done.status == 1 and "key-last-use" in done.err and not [
        w for w in b.endpoint.ctl("writes") if w["operation"] == "kms:DisableKey"], done)
    tally.check("a person's word is told as one", "by you" in done.out and "proved   Wait until" not in done.out, done)
    case.answers[2](b, plan)
    done = b.apply(path, plan["phrase"], "alias/saas-ekm", resume=True)
    steps = {n: s for n, s in enumerate(plan["steps"], 1) if s["kind"] == "human" and not s["after"]}
    tally.check("what stands on his word alone is named at the end", done.status == 0 and
                "confirmed by you, not by AWS: %s; all others are proved\n" % ", ".join(map(str, steps)) in done.out, done)
    tally.check("the journal tells them apart", {e["step"] + 1 for e in b.journal() if e["event"] == "confirmed"} == set(steps))


def dead_key(tally, b):
    """The key that Druva is given died meanwhile: it is not given out, and the old one is not disabled for it."""
    for nth in (0, 2):
        case = CASES[nth]
        _, path, plan = make(tally, "dead", case, b, case.places)
        b.apply(path, plan["phrase"], *(a for a in case.answers[:2] if not callable(a)))
        key = made_key(b, plan)[1]
        if nth:
            b.apply(path, plan["phrase"], case.answers[1](b, plan), resume=True)
        b.endpoint.ctl("mutate", {"path": ["accounts", MAIN, "data", "us-east-1", "keys", key, "metadata"],
                                  "merge": {"KeyState": "Disabled", "Enabled": False}})
        done = b.apply(path, plan["phrase"], *(["integrated", "alias/saas-ekm"] if nth else []), resume=True, settle=1)
        tally.check("%s: a dead key ends it" % case.wizard, done.status == 1 and "Disabled" in done.err and not [
            w for w in b.endpoint.ctl("writes") if w["operation"] == "kms:DisableKey"], done)


def tags_keep(tally, b):
    """What a key is registered for stays, and a tag that somebody else sets stops the run."""
    b.fresh() # plain_key keeps the world as it finds it
    b.plain_key()
    key = b.key(MAIN, "us-east-1", "alias/plain")
    place = ["accounts", MAIN, "data", "us-east-1", "keys", key.rsplit("/", 1)[1]]
    b.endpoint.ctl("mutate", {"path": place + ["tags"], "set": [{"TagKey": "keyfall:ekm", "TagValue": "entra-id"}, {
        "TagKey": "keyfall:phase", "TagValue": "current"}]})
    path, done = b.plan("ekm-salesforce", key=key, druva_account=SAAS)
    tags = [s["params"]["Tags"] for s in load(path)["steps"] if s.get("call") == "kms:TagResource"]
    tally.check("what the key serves already stays", len(tags) == 1 and tags[0][0]["TagValue"] == "entra-id salesforce", tags)
    phrase = load(path)["phrase"]
    b.apply(path, phrase)
    b.endpoint.ctl("mutate", {"path": place + ["tags", 0], "merge": {"TagValue": "m365"}})
    done = b.apply(path, phrase, "visible", SAAS, key, resume=True)
    tally.check("a tag that somebody set stops it", done.status == 1 and "somebody changed it" in done.err and not any(
        w["operation"] == "kms:TagResource" for w in b.endpoint.ctl("writes")), done)
    path, done = b.plan("ekm-switch", old_key=b.key(MAIN, "us-east-1", "alias/saas-ekm"), druva_account=SAAS, key=key)
    tally.check("an old key that serves two is switched for both", done.status == 1 and
                "the old key is registered for salesforce, too" in done.err, done)
    path, done = b.plan("ekm-salesforce", key=key, druva_account=SAAS, break_glass="arn:aws:iam::%s:role/KeyfallRead" % MAIN)
    tally.check("what is for a new key alone is not dropped", done.status == 2 and
                "break_glass does not go with key" in done.err, done)


def is_one(tally, name, b, done, *words):
    """It stopped and says why, and of all keys that this plan ever had made there is one."""
    made = [w for w in b.endpoint.ctl("writes") if w["operation"] == "kms:CreateKey"]
    tally.check(name, done.status == 1 and len(made) == 1 and all(w in done.err for w in words), (len(made), done))


def made_once(tally, b):
    """A key that was made and does not prove itself is waited for and named; another is never made."""
    case = CASES[0]
    before, path, plan = make(tally, "answered", case, b, case.places)
    b.endpoint.ctl("settings", {"lag": 12})
    with b.killing("kms:CreateKey", "answered") as apply:
        tally.check("it dies before the key is proved", run(b, case, path, plan, apply) is None)
    done = run(b, case, path, plan, b.apply, resume=True)
    tally.check("a key that shows late is proved late", done.status == 0, done)
    agrees(tally, "a key that shows late", case, b, plan, before, case.places)

    before, path, plan = make(tally, "never shown", case, b, case.places)
    b.endpoint.ctl("settings", {"lag": 1000})
    answers = case.answers[:2]
    for resume in (False, True, True):
        done = b.apply(path, plan["phrase"], *answers, resume=resume, settle=1)
        answers = []
        is_one(tally, "a key that does not show is named", b, done, "kms:CreateKey made arn:", "is not sent again",
               "does not show after")
    b.endpoint.ctl("settings", {"lag": 0, "unseen": {}})
    key = made_key(b, plan)[1]
    state = {"path": ["accounts", MAIN, "data", "us-east-1", "keys", key, "metadata"]}
    b.endpoint.ctl("mutate", dict(state, merge={"KeyState": "Disabled", "Enabled": False}))
    done = b.apply(path, plan["phrase"], resume=True, settle=1)
    is_one(tally, "what differs is told", b, done, key, 'KeyState is "Disabled", not "Enabled"')
    b.endpoint.ctl("mutate", dict(state, merge={"KeyState": "Enabled", "Enabled": True}))
    done = run(b, case, path, plan, b.apply, resume=True)
    tally.check("put right it goes on", done.status == 0, done)
    agrees(tally, "put right", case, b, plan, before, case.places)


def found_by_tag(tally, b):
    """What was made before the answer was lost is known by its tag alone; a key that cannot be seen may be it."""
    case = CASES[0]
    before, path, plan = make(tally, "lost", case, b, case.places)
    with b.killing("kms:CreateKey", "hang") as apply:
        tally.check("the key's making is not answered", run(b, case, path, plan, apply) is None)
    step, key = made_key(b, plan)
    b.endpoint.ctl("fault", {"match": {"service": "kms", "operation": "ListResourceTags", "resource": key}, "kind": "denied"})
    done = b.apply(path, plan["phrase"], resume=True, settle=1)
    is_one(tally, "a key that cannot be seen may be it", b, done, key, "may be the key that an earlier run of this plan made", "kms:ListResourceTags")
    b.endpoint.ctl("reset_faults", {})
    quoting = b.client("kms", MAIN, "us-east-1").create_key(Description=step["params"]["Description"])["KeyMetadata"]["KeyId"]
    keys = ["accounts", MAIN, "data", "us-east-1", "keys"]
    b.endpoint.ctl("mutate", {"path": keys + [key, "metadata"], "merge": {"Description": "renamed"}})
    b.endpoint.ctl("reset_log", {})
    done = b.apply(path, plan["phrase"], resume=True, settle=1)
    made = [w["operation"] for w in b.endpoint.ctl("writes")]
    tally.check("one that was renamed is it, one that quotes it is not", done.status == 1 and not made and key in done.err and
                'Description is "renamed"' in done.err and quoting not in done.err, (made, done))
    b.endpoint.ctl("mutate", {"path": keys + [quoting], "delete": True})
    b.endpoint.ctl("mutate", {"path": keys + [key, "metadata"], "merge": {"Description": step["params"]["Description"]}})
    done = run(b, case, path, plan, b.apply, resume=True)
    tally.check("named again it goes on", done.status == 0, done)
    agrees(tally, "named again", case, b, plan, before, case.places)




def counted_on(tally, b):
    """What a step proved must be so whenever another follows: else nothing is sent or asked, and it is told what is so."""
    case = next(c for c in CASES if c.wizard == "autobackup")
    before, path, plan = make(tally, "counted on", case, b, case.places)
    done = b.apply(path, plan["phrase"])
    tally.check("the keys are prepared", "waits for you" in done.err, done)
    at = "eu-central-1"
    key = made_key(b, plan, "key-" + at)[1]
    place = ["accounts", VAULT, "data", at, "keys", key]
    whole, calls = b.endpoint.ctl("world")["accounts"][VAULT]["data"][at]["keys"][key], b.endpoint.ctl("writes")
    for name, change, words in (
            ("its state", {"path": place + ["metadata"], "merge": {"KeyState": "PendingDeletion", "Enabled": False}},
             ['KeyState is "PendingDeletion", not "Enabled"']),
            ("its policy", {"path": place, "merge": {"policy": json.dumps(
                {"Version": "2012-10-17", "Statement": json.loads(whole["policy"])["Statement"][:1]})}},
             ["of its statements", "Allow use of the key"]),
            ("a tag", {"path": place, "merge": {"tags": [{"TagKey": "keyfall:role", "TagValue": "theirs"}]}},
             ["keyfall:autobackup is absent"])):
        b.endpoint.ctl("mutate", change)
        done = b.apply(path, plan["phrase"], *case.answers, resume=True, settle=1)
        tally.check(name + " is looked at again", done.status == 1 and "is not so any more" in done.err and key in done.err and
                    all(w in done.err for w in words) and b.endpoint.ctl("writes") == calls and "type done" not in done.out, done)
        b.endpoint.ctl("mutate", {"path": place, "set": whole})
    b.endpoint.ctl("fault", {"match": {"service": "kms", "operation": "DescribeKey", "resource": key}, "kind": "denied"})
    done = b.apply(path, plan["phrase"], *case.answers, resume=True, settle=1)
    tally.check("what cannot be read is not so", done.status == 1 and "cannot be read (kms:DescribeKey" in done.err, done)
    b.endpoint.ctl("reset_faults", {})
    done = run(b, case, path, plan, b.apply, resume=True)
    tally.check("all as it was, the run ends", done.status == 0, done)
    agrees(tally, "counted on", case, b, plan, before, case.places)


def demo(tally, b):
    listed = b.run("export", "--demo", "--view", "keys", "--filter", "state:pending", "--columns", "id")
    keys = re.findall("arn:aws:kms:[a-z0-9-]+:[0-9]+:key/[a-z0-9-]+", listed.out)
    for key in keys[:2]:
        done = b.run("wizard", "rescue", "--demo", "--set", "key=" + key)
        tally.check("the demo plans", done.status == 0 and "kms:CancelKeyDeletion" in done.out, done)
    tally.check("the demo has a key to rescue", keys, listed)


def main():
    tally = Tally()
    with Bench() as b:
        for test in (mended, elsewhere, told, phrases, journals, asked_again, only_a_new_one, undone_by_hand, two_at_once, late_principal,
                     late_key, made_once, found_by_tag, counted_on, by_word, dead_key, tags_keep, demo):
            test(tally, b)
    return tally.close()


if __name__ == "__main__":
    sys.exit(main())
