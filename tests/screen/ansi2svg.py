#!/usr/bin/env python3
"""Makes a picture of a captured screen: tmux capture-pane -p -e -N | ansi2svg.py --theme light > screen.svg

With a file name that ends in .png as argument, and rsvg-convert or ImageMagick there, a PNG.
Colours of runs, bold, dim, italic, underline and reverse are kept; every run is stretched to its
cells, so columns stand under each other in every font. Standard library only.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unicodedata
from html import escape

CELL_W, CELL_H, PAD = 9, 19, 12
THEMES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "themes")
NAMED = ["#2b323a", "#e5686b", "#8bc891", "#e0c46c", "#6ca4e0", "#c490d9", "#66c2cd", "#c9d1d9",
         "#66717d", "#ff7b7e", "#a5e3ab", "#f5dc8b", "#8ec0f5", "#ddb1ef", "#8be0ea", "#ffffff"]
SGR = re.compile("\x1b\\[([0-9;:]*)m")


def names():
    """The built-in themes."""
    return sorted(name[:-6] for name in os.listdir(THEMES) if name.endswith(".theme"))


def paper(theme):
    """Ink and ground of the terminal that a theme is made for, as its file says; mono fits any."""
    with open(os.path.join(THEMES, theme + ".theme"), encoding="utf-8") as src:
        said = dict(re.findall(r"^(ground|ink) *= *(#[0-9a-f]{6})$", src.read(), re.M))
    return (said["ink"], said["ground"]) if said else paper("dark")


def palette(n):
    if n < 16:
        return NAMED[n]
    if n < 232:
        n -= 16
        level = [0, 95, 135, 175, 215, 255]
        return "#%02x%02x%02x" % (level[n // 36], level[n // 6 % 6], level[n % 6])
    return "#%02x%02x%02x" % ((8 + 10 * (n - 232),) * 3)


class Style:
    def __init__(self, ink, ground):
        self.ink, self.ground = ink, ground
        self.reset()

    def reset(self):
        self.fg = self.bg = None
        self.flags = set()

    def key(self):
        return self.fg, self.bg, tuple(sorted(self.flags))

    def colours(self):
        fg, bg = self.fg or self.ink, self.bg or self.ground
        return (bg, fg) if "reverse" in self.flags else (fg, bg)

    def apply(self, text):
        codes = [int(c) if c else 0 for c in text.replace(":", ";").split(";")] or [0]
        flags = {1: "bold", 2: "dim", 3: "italic", 4: "underline", 7: "reverse"}
        off = {22: {"bold", "dim"}, 23: {"italic"}, 24: {"underline"}, 27: {"reverse"}}
        while codes:
            c = codes.pop(0)
            if c == 0:
                self.reset()
            elif c in flags:
                self.flags.add(flags[c])
            elif c in off:
                self.flags -= off[c]
            elif c in (38, 48) and codes:
                kind = codes.pop(0)
                colour = None
                if kind == 5 and codes:
                    colour = palette(codes.pop(0))
                elif kind == 2 and len(codes) >= 3:
                    colour = "#%02x%02x%02x" % tuple(codes[:3])
                    del codes[:3]
                setattr(self, "fg" if c == 38 else "bg", colour)
            elif 30 <= c <= 37 or 90 <= c <= 97:
                self.fg = palette(c - 30 if c < 90 else c - 82)
            elif 40 <= c <= 47 or 100 <= c <= 107:
                self.bg = palette(c - 40 if c < 100 else c - 92)
            elif c == 39:
                self.fg = None
            elif c == 49:
                self.bg = None


def width(char):
    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def runs(line, style):
    """(column, cells, text, style) of one line; the style goes on to the next line."""
    column, out, at = 0, [], 0
    for piece in SGR.split(line):
        at += 1
        if at % 2 == 0:
            style.apply(piece)
            continue
        # what is not ASCII stands alone or beside its like, so that stretching cannot move it
        for part in (m.group() for m in re.finditer(r"[\x20-\x7e]+|(.)\1*", piece)):
            cells = sum(width(c) for c in part)
            if out and not cells:
                out[-1][2] += part
                continue
            out.append([column, cells, part, style.key(), style.colours(), set(style.flags)])
            column += cells
    return out


def svg_line(y, line, style, out):
    top = PAD + y * CELL_H
    for column, cells, text, _, (fg, bg), flags in runs(line, style):
        x, w = PAD + column * CELL_W, cells * CELL_W
        if bg != style.ground:
            out.append('<rect x="%d" y="%d" width="%d" height="%d" fill="%s"/>' % (x, top, w, CELL_H, bg))
        if not text.strip():
            continue
        attrs = ' fill="%s"' % fg
        attrs += ' font-weight="bold"' if "bold" in flags else ""
        attrs += ' font-style="italic"' if "italic" in flags else ""
        attrs += ' opacity="0.6"' if "dim" in flags else ""
        attrs += ' text-decoration="underline"' if "underline" in flags else ""
        shape = block(text[0], x, top, fg, cells) if text == text[0] * cells else None
        out.append(shape or '<text x="%d" y="%d" textLength="%d" lengthAdjust="spacingAndGlyphs"%s>%s</text>'
                   % (x, top + 14, w, attrs, escape(text)))


def block(char, x, y, fg, n):
    """Lines, bars and sparks as shapes, n beside each other: fonts leave gaps between cells."""
    rect = '<rect x="%g" y="%g" width="%g" height="%g" fill="%s"%s/>'
    if "▁" <= char <= "█" and len(char) == 1:
        h = CELL_H * (ord(char) - 0x2580) / 8
        return rect % (x, y + CELL_H - h, CELL_W * n, h, fg, "")
    if char == "░":
        return rect % (x, y, CELL_W * n, CELL_H, fg, ' opacity="0.35"')
    arms = {"─": "lr", "│": "ud", "┌": "rd", "┐": "ld", "└": "ru", "┘": "lu", "├": "udr", "┤": "udl",
            "┬": "lrd", "┴": "lru", "┼": "lrud"}.get(char)
    if not arms or n > 1 and arms != "lr":
        return None
    if n > 1:
        return '<path d="M%g %gh%g" stroke="%s" stroke-width="1"/>' % (x, y + CELL_H / 2, CELL_W * n, fg)
    cx, cy = x + CELL_W / 2, y + CELL_H / 2
    ends = {"l": (x, cy), "r": (x + CELL_W, cy), "u": (cx, y), "d": (cx, y + CELL_H)}
    path = "".join("M%g %gL%g %g" % (cx, cy, *ends[a]) for a in arms)
    return '<path d="%s" stroke="%s" stroke-width="1" fill="none"/>' % (path, fg)


def to_svg(ansi, columns=None, rows=None, theme="dark"):
    lines = ansi.rstrip("\n").split("\n")
    rows = rows or len(lines)
    columns = columns or max(sum(width(c) for c in SGR.sub("", line)) for line in lines)
    style = Style(*paper(theme))
    first = next(iter(runs(lines[0], Style(style.ink, style.ground))), None)
    if first:
        style.ground = first[4][1]  # a theme that brings its ground paints it everywhere
    w, h = columns * CELL_W + 2 * PAD, rows * CELL_H + 2 * PAD
    out = ['<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" font-size="14.95" '
           'font-family="DejaVu Sans Mono, Menlo, Consolas, monospace" xml:space="preserve">' % (w, h),
           '<rect width="100%%" height="100%%" rx="8" fill="%s"/>' % style.ground]
    for y, line in enumerate(lines[:rows]):
        svg_line(y, line, style, out)
    return "\n".join(out + ["</svg>", ""])


def to_png(svg, path):
    tools = [["rsvg-convert", "-o", path], ["magick", "-", path], ["convert", "svg:-", path]]
    for tool in tools:
        if shutil.which(tool[0]):
            with tempfile.NamedTemporaryFile("w", suffix=".svg", encoding="utf-8") as f:
                f.write(svg)
                f.flush()
                args = [f.name if a in ("-", "svg:-") else a for a in tool]
                if tool[0] == "rsvg-convert":
                    args.append(f.name)
                subprocess.run(args, check=True)
            return
    raise SystemExit("ansi2svg: neither rsvg-convert nor ImageMagick is here: take the SVG")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--theme", default="dark", help="whose ground it stands on")
    parser.add_argument("output", nargs="?", help="file to write (.svg or .png); standard output else")
    args = parser.parse_args()
    svg = to_svg(sys.stdin.read(), theme=args.theme)
    if not args.output:
        sys.stdout.write(svg)
    elif os.path.splitext(args.output)[1] == ".png":
        to_png(svg, args.output)
    else:
        with open(args.output, "w", encoding="utf-8") as f:
            f.write(svg)


if __name__ == "__main__":
    main()
