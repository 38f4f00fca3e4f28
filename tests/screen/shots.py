#!/usr/bin/env python3
"""Makes the pictures of screenshots/ from the real program on its demo estate: tests/screen/shots.py [NAME ...]

A name is that of a page (in the default theme) or theme-NAME (the keys in it). Each is 120x36, through tmux, at the
time that the golden screens have; SHOTS names another folder. Standard library only."""

import concurrent.futures
import os
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


def shoot(page, theme):
    with Screen(dash.demo("--theme", theme), *SIZE) as s:
        dash.ready(s)
        dash.open_page(s, page, quiet=0.4)
        if page in KEYS:
            s.keys(*KEYS[page])
            s.wait_still(quiet=0.4)
        return ansi2svg.to_svg(s.ansi(), *SIZE, theme=theme)


def save(folder, name, shot):
    svg = shoot(*shot)
    size = len(svg.encode("utf-8"))
    if size > MOST_BYTES:
        raise SystemExit("%s.svg has %d bytes" % (name, size))
    with open("%s/%s.svg" % (folder, name), "w", encoding="utf-8") as out:
        out.write(svg)
    return "%s.svg: %d bytes" % (name, size)


def main():
    folder = os.environ.get("SHOTS") or dash.ROOT + "/screenshots"
    os.makedirs(folder, exist_ok=True)
    shots = {name: shot for name, shot in wanted().items() if len(sys.argv) < 2 or name in sys.argv[1:]}
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for line in pool.map(lambda item: save(folder, *item), shots.items()):
            print(line, flush=True)


if __name__ == "__main__":
    main()
