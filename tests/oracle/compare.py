#!/usr/bin/env python3
"""Compare two exports of a view, row by row and column by column.

    compare.py A.csv B.csv [--ignore COLUMN]... [--only COLUMN]...

Rows are matched by id, account and region; cells are compared in the columns both have, after the
guard that keeps spreadsheets from running a cell (a leading ' before = + - @ tab or return) has been
taken off; a file shows control characters as U+FFFD, so both sides do. Prints each difference and the row counts both ways; exits 1 if there is any.
"""
import argparse
import csv
import re
import sys

IDENTITY = ("id", "account", "region")
GUARD = re.compile(r"'(?=['=+\-@\t\r])", re.S)


CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")


def unguard(cell):
    return CONTROL.sub("\ufffd", cell[1:] if GUARD.match(cell) else cell)


def read(path):
    """(columns, {identity: [row, ...]}) of a CSV file."""
    csv.field_size_limit(1 << 24)
    with open(path, newline="", encoding="utf-8") as src:
        table = list(csv.reader(src, strict=True))
    if not table:
        raise SystemExit("%s: no header row" % path)
    columns, rows = table[0], {}
    missing = [c for c in IDENTITY if c not in columns]
    if missing:
        raise SystemExit("%s: no column %s" % (path, ", ".join(missing)))
    for n, cells in enumerate(table[1:], 2):
        if len(cells) != len(columns):
            raise SystemExit("%s: record %d has %d cells, the header %d" % (
                path, n, len(cells), len(columns)))
        row = {c: unguard(v) for c, v in zip(columns, cells)}
        rows.setdefault(tuple(row[c] for c in IDENTITY), []).append(row)
    return columns, rows


def differences(a, b, columns):
    """Each way in which two tables of rows differ, as a line."""
    for key in sorted(set(a) | set(b)):
        label = " ".join(k.encode("unicode_escape").decode() for k in key if k)
        mine, theirs = a.get(key, []), b.get(key, [])
        if len(mine) != len(theirs):
            yield "- only in the first: %s" % label if not theirs else \
                "+ only in the second: %s" % label if not mine else \
                "# %d rows against %d: %s" % (len(mine), len(theirs), label)
            continue
        order = lambda row: [row[c] for c in columns]       # noqa: E731
        for one, two in zip(sorted(mine, key=order), sorted(theirs, key=order)):
            for column in columns:
                if one[column] != two[column]:
                    yield "~ %s: %s: %r against %r" % (label, column, one[column], two[column])


def main(argv=None):
    p = argparse.ArgumentParser(prog="compare")
    p.add_argument("first")
    p.add_argument("second")
    p.add_argument("--ignore", action="append", default=[])
    p.add_argument("--only", action="append", default=[])
    p.add_argument("--most", type=int, default=200, help="differences to print")
    args = p.parse_args(argv)
    return tell(args.first, args.second, args.ignore, args.only, args.most)


def tell(first, second, ignore=(), only=(), most=200):
    """Prints what differs; 1 if anything does."""
    columns_a, a = read(first)
    columns_b, b = read(second)
    columns = [c for c in columns_a if c in columns_b and c not in ignore and
               (not only or c in only or c in IDENTITY)]
    found = list(differences(a, b, columns))
    for line in found[:most]:
        print(line)
    if len(found) > most:
        print("... and %d more" % (len(found) - most))
    print("%d rows against %d; %d columns compared: %s; %d differences" % (
        sum(map(len, a.values())), sum(map(len, b.values())), len(columns), " ".join(columns),
        len(found)))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
