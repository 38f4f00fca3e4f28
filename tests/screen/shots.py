#!/usr/bin/env python3
"""Makes the pictures of screenshots/ from the real program on its demo estate: tests/screen/shots.py [NAME ...]

Each is 120x36, through tmux, at the time that the golden screens have. Standard library only."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import ansi2svg  # noqa: E402
import dash  # noqa: E402
from screen import Screen  # noqa: E402

SIZE = (120, 36)
MOST_BYTES = 60 * 1024
# file: page, theme, keys pressed there
SHOTS = {
    "overview": ("overview", "dark", []),
    "keys": ("keys", "dark", []),
    "findings": ("findings", "dark", ["Right", "j"]),
    "impact": ("impact", "dark", []),
    "detail": ("detail", "dark", []),
    "errors": ("errors", "dark", []),
    "vaults": ("vaults", "dark", []),
    "overview-light": ("overview", "light", []),
}


def shoot(name):
    page, theme, keys = SHOTS[name]
    with Screen(dash.demo("--theme", theme), *SIZE) as s:
        dash.ready(s)
        dash.open_page(s, page, quiet=0.4)
        if keys:
            s.keys(*keys)
            s.wait_still(quiet=0.4)
        return ansi2svg.to_svg(s.ansi(), *SIZE, is_light=theme == "light")


def main():
    folder = dash.ROOT + "/screenshots"
    os.makedirs(folder, exist_ok=True)
    for name in sys.argv[1:] or SHOTS:
        svg = shoot(name)
        size = len(svg.encode("utf-8"))
        if size > MOST_BYTES:
            raise SystemExit("%s.svg has %d bytes" % (name, size))
        with open("%s/%s.svg" % (folder, name), "w", encoding="utf-8") as out:
            out.write(svg)
        print("%s.svg: %d bytes" % (name, size))


if __name__ == "__main__":
    main()
