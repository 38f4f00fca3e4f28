#!/usr/bin/env python3
"""Makes the pictures of screenshots/ from the real program on its demo estate: tests/screen/shots.py [NAME ...]

A name is that of a page (in the default theme), theme-NAME (the keys in it), or wizard: the pages of a guided change on
the strict endpoint of the tests, which needs what tests/bootstrap.sh installs; the others take the standard library
alone. Each is 120x36, through tmux, at the time that the golden screens have; SHOTS names another folder. --sheet FILE
puts all pictures of that folder into one, to be looked at beside each other."""

import argparse
import concurrent.futures
import glob
import os
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import ansi2svg  # noqa: E402
import dash  # noqa: E402
from screen import Screen  # noqa: E402

SIZE = (120, 36)
MOST_BYTES = 60 * 1024
# a page shows what matters in it after these keys
KEYS = {"findings": ["Right", "j"]}


def wanted():
    """file: page, theme"""
    shots = {page: (page, "dark") for page in dash.PAGES}
    shots.update({"theme-" + theme: ("keys", theme) for theme in ansi2svg.names() if theme != "dark"})
    return shots


def picture(screen, theme="dark"):
    screen.wait_still(quiet=0.4)
    return ansi2svg.to_svg(screen.ansi(), *SIZE, theme=theme)


def shoot(page, theme):
    with Screen(dash.demo("--theme", theme), *SIZE) as s:
        dash.ready(s)
        dash.open_page(s, page, quiet=0.4)
        s.keys(*KEYS.get(page, []))
        return picture(s, theme)


def wizard_shots():
    """Name and picture of each page, as far as the step that a person takes: a key that is there is given to Druva, for
    what is made anew has another name each time."""
    import test_wizards as walk  # pylint: disable=import-outside-toplevel
    with walk.Bench() as b, walk.live(b, "--now", dash.NOW, "--theme", "dark", size=SIZE) as s:
        given = {"Druva's account": walk.cases.SAAS, "Existing key": b.key(walk.cases.APP, "ap-south-1", "alias/orders-db")}
        dash.ready(s)
        walk.command(s, "wizard ekm-salesforce")
        for label, _ in walk.FIELDS["ekm-salesforce"]:
            s.wait("> " + label)
            if label in given:
                s.paste(given[label])
            if label == "Existing key":
                yield "wizard-inputs", picture(s)
            s.keys("Enter")
        s.wait("nothing has been sent to AWS yet")
        yield "wizard-preview", picture(s)
        s.keys("Enter")
        s.wait("[confirm]")
        yield "wizard-confirm", picture(s)
        s.paste("alias/orders-db")
        s.keys("Enter")
        for answer in ("visible", walk.cases.SAAS):
            s.wait("it waits for your answer")
            s.paste(answer)
            s.keys("Enter")
            s.wait_gone(answer + "\n")
        s.wait(lambda text: "Yes, I Agree" in text and "it waits for your answer" in text)
        yield "wizard-run", picture(s)


def save(folder, name, svg):
    size = len(svg.encode("utf-8"))
    if size > MOST_BYTES:
        raise SystemExit("%s.svg has %d bytes" % (name, size))
    with open("%s/%s.svg" % (folder, name), "w", encoding="utf-8") as out:
        out.write(svg)
    print("%s.svg: %d bytes" % (name, size), flush=True)


def write_sheet(path, folder, columns=4):
    """All pictures of the folder beside each other, in the order of their names."""
    svgs = [open(name, encoding="utf-8").read() for name in sorted(glob.glob(folder + "/*.svg"))]
    sizes = [tuple(map(int, re.search(r'width="(\d+)" height="(\d+)"', svg).groups())) for svg in svgs]
    width, height = (max(size[i] for size in sizes) + 8 for i in (0, 1))
    with open(path, "w", encoding="utf-8") as out:
        out.write('<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d"><rect width="100%%" height="100%%" '
                  'fill="#777"/>\n' % (width * columns, -(-len(svgs) // columns) * height))
        for n, svg in enumerate(svgs):
            out.write('<g transform="translate(%d,%d)">%s</g>\n' % (n % columns * width + 4, n // columns * height + 4, svg))
        out.write("</svg>\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--sheet", metavar="FILE", help="one picture of all that are there, instead of making them")
    parser.add_argument("names", nargs="*", metavar="NAME")
    args = parser.parse_args()
    folder = os.environ.get("SHOTS") or dash.ROOT + "/screenshots"
    if args.sheet:
        write_sheet(args.sheet, folder)
        return
    os.makedirs(folder, exist_ok=True)
    shots = {name: shot for name, shot in wanted().items() if not args.names or name in args.names}
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for name, svg in zip(shots, pool.map(lambda shot: shoot(*shot), shots.values())):
            save(folder, name, svg)
    if not args.names or "wizard" in args.names:
        for name, svg in wizard_shots():
            save(folder, name, svg)


if __name__ == "__main__":
    main()
