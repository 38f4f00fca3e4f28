#!/usr/bin/env python3
"""Every page in each state that does not last: first read, read in part, kept from an earlier run, empty, denied,
throttled, stale, without a network. The strict endpoint makes the moment hold: what it does not answer does not end,
so a picture is the same however slow the machine is.

The text at 80x24 is that of tests/golden/STATE/PAGE.txt; UPDATE=1 writes those files anew. Names of states as
arguments look at those alone."""

import concurrent.futures
import os
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import dash  # noqa: E402
from program import Tally  # noqa: E402
from endpoint.harness import Endpoint  # noqa: E402
from screen import Screen, ScreenError  # noqa: E402
from test_live_screen import LISTS, world  # noqa: E402
from test_screens import check_golden, golden  # noqa: E402

SIZE = (80, 24)
SLOWLY_S = 60
EARLIER = "2026-08-23T13:58:00Z"
REGIONS = ("ap-south-1", "ap-south-2", "us-east-1")
EMPTY = ("us-east-2",)  # where nobody has anything
PAGES = {
    "overview": (["1"], "us-east-"),
    **{view: ([":", "=" + view, "Enter"], "> " + view) for view in LISTS},
    "products": (["7"], "> products"),
    "errors": (["!"], "> errors"),
}
EVERY_DAY = ("overview", "accounts", "keys", "resources", "findings", "blind-spots", "products", "errors")
# those of a row: what is typed on it; what is asked only when somebody looks changes the pages before, so the last
OF_A_ROW = {"impact": (["i"], "> impact"), "policy": (["p"], "> policy"), "detail": (["Enter"], "> ")}


def rule(kind, **match):
    """A rule of the endpoint for the calls that match, or for all."""
    return {"kind": kind, "match": match}


class State:
    """mark: what the status line says once it is reached, and how many calls are left then. before: what goes wrong
    from the start on; after: once all was read, when the keys are read again. row: the key of the list whose first
    row is opened."""

    def __init__(self, mark, before=(), after=(), row="4", n_left=None, regions=REGIONS, is_kept=False):
        self.mark, self.before, self.after, self.row, self.n_left = mark, before, after, row, n_left
        self.regions, self.is_kept = regions, is_kept

    def is_in(self, line):
        calls = re.search(r"(\d+) of (\d+) calls", line)
        return re.search(self.mark, line) and \
            (self.n_left is None or calls and int(calls[2]) - int(calls[1]) == self.n_left)


STATES = {
    "first-run": State(r"reading \.\.\.", before=[rule("hold")], row=None),
    "loading": State(r"reading 3 of 3 accounts, \d{3}", n_left=12,
                     before=[rule("hold", operation="GetKeyPolicy", region="us-east-1"),
                             rule("hold", operation="DescribeParameters", region="us-east-1"),
                             rule("hold", operation="DescribeDBSnapshots", region="ap-south-1")]),
    "cached": State(r"as of 13:58Z", before=[rule("hold")], is_kept=True),
    "empty": State(r"3 accounts current", row=None, regions=EMPTY),
    "denied": State(r"27 blind spots", before=[rule("denied", service="kms")], row="6"),
    "throttled": State(r"slowed", after=[{**rule("throttle", service="kms"), "count": 1}, rule("hold", service="kms")]),
    "stale": State(r"kms:ListKeys \+23 .* 24 blind spots", after=[rule("e500", service="kms")]),
    "offline": State(r"no network .* 26 blind spots", after=None),  # the endpoint ends
}


def without_denials(text):
    """No denials but those of a state."""
    text["denied"] = []
    for account in text["accounts"].values():
        account["regions"]["ap-south-2"] = "opted-in"


# how much was asked, and of errors how often and the ids
CHANCE = re.compile(r"(?<=, )request\s+\S+\s*?$|(?<= asked ).*|port\s+\d+|\d+ after \d+ ms", re.M)
OFTEN = re.compile(r"(?:once|\d+ times)(?=, request)")  # one word or two
TIMES = re.compile(r" *\d+(?=  \d\d:\d\dZ$)", re.M)


def without_chance(page, text):
    """A picture without what differs from run to run, nor the keys in its last line: test_screens has those."""
    text = text[:text.rstrip("\n").rindex("\n") + 1]
    text = re.sub(r"\d+ of \d+(?= calls)", lambda m: re.sub(r"\d", "N", m[0]), text)
    if page == "errors":
        text = OFTEN.sub("N", text)
        text = TIMES.sub(" N", CHANCE.sub(lambda m: re.sub(r"\S+", "N", m[0]), text))
    return text


def look(screen, name, page, keys, place, unlike):
    """The picture of a page once it is the one that is wanted; else what stands there instead."""
    for key in keys:
        if key.startswith("="):
            screen.type(key[1:])
        else:
            screen.keys(key)
    screen.wait(lambda text: place in text.split("\n", 1)[0], SLOWLY_S)
    if os.environ.get("UPDATE"):
        return screen.wait_still(SLOWLY_S, quiet=0.5)
    wanted = golden("%s/%s" % (name, page))
    try:
        return screen.wait(lambda text: without_chance(page, text) == wanted, 2 if unlike else SLOWLY_S / 2)
    except ScreenError:
        unlike.append(page)  # it has failed: the others need not be waited for as long
        return screen.text()


def arguments(args, endpoint, state, at):
    """Who is read in a state, at a fixed time, with an answer waited for as long as a test may take."""
    with open(at + "/keyfall.conf", "w", encoding="ascii") as out:
        out.write("[refresh]\nread_timeout = 600s\n")
    profiles = [word for word in args if word.startswith("acct-")]
    out = [args[0], "--endpoint-url", endpoint.url, *(w for p in profiles for w in ("--profile", p)),
           *(w for r in state.regions for w in ("--region", r))]
    return [*out, "--now", dash.NOW, "--config", at + "/keyfall.conf", *([] if state.is_kept else ["--no-store"])]


def reach(screen, endpoint, state):
    if state.after != ():
        screen.wait(dash.READY, SLOWLY_S)
        screen.keys("4")
        screen.wait(" shown, ", SLOWLY_S)
        for fault in state.after or ():
            endpoint.ctl("fault", fault)
        if state.after is None:
            endpoint.stop()
        screen.keys("R")
    screen.wait(lambda text: state.is_in(text.split("\n")[-4]), SLOWLY_S)


def pictures(endpoint, args, env, at, name):
    """{page: text} of a state."""
    state, out, unlike = STATES[name], {}, []
    args, env = arguments(args, endpoint, state, at), {**env, "XDG_STATE_HOME": at + "/state"}
    if state.is_kept:
        with Screen([w.replace(dash.NOW, EARLIER) for w in args], *SIZE, env=env, cwd=at) as s:
            s.wait(dash.READY, SLOWLY_S)
            s.keys("q")
            s.wait_ended(SLOWLY_S)
    for fault in state.before:
        endpoint.ctl("fault", fault)
    with Screen(args, *SIZE, env=env, cwd=at) as s:
        reach(s, endpoint, state)
        for page, (keys, place) in PAGES.items():
            if os.environ.get("LONG") or page in EVERY_DAY:
                s.keys("Escape", "1")
                out[page] = look(s, name, page, keys, place, unlike)
        for page, (keys, place) in OF_A_ROW.items() if state.row else ():
            s.keys("Escape", "1", state.row)
            s.wait(" shown, ", SLOWLY_S)
            out[page] = look(s, name, page, keys, place, unlike)
        s.keys("Escape", "q")
        s.wait_ended(SLOWLY_S)
    return out


def lane(args, env, at, names):
    """Some states, one after the other, of an endpoint that nobody else asks."""
    out = {}
    with Endpoint("--world", at + "/world.json") as endpoint:
        for name in names:
            out[name] = pictures(endpoint, args, env, at, name)
            if STATES[name].after is not None:
                endpoint.ctl("reset_faults", {})
    return out


def main():
    tally = Tally()
    chosen = [name for name in STATES if len(sys.argv) < 2 or name in sys.argv[1:]]
    with world("--seeds", change=without_denials, is_sanitized=False) as (_, args, env, at), \
            concurrent.futures.ThreadPoolExecutor(2) as pool:
        lanes = list(pool.map(lambda names: lane(args, env, at, names), (chosen[::2], chosen[1::2])))
    for name, page, text in ((n, p, t) for states in lanes for n, pages in states.items() for p, t in pages.items()):
        wrong = dash.faults(text.split("\n")[:SIZE[1]], *SIZE)
        tally.check("%s %s: the frame" % (name, page), not wrong, "; ".join(wrong))
        check_golden(tally, "%s/%s" % (name, page), without_chance(page, text)[:-1])
    return tally.close()


if __name__ == "__main__":
    sys.exit(main())
