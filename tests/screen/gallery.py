"""Builds gallery (gallery.c): the widgets without the program around them. Standard library only."""

import os
import subprocess

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def build():
    """The path of the program, made anew when something changed."""
    out = os.environ.get("BUILD") or "build"
    needs = [os.path.join(out, name) for name in ("obj/tests/screen/gallery.o", "libtui.a", "libbackend.a")]
    env = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")}
    subprocess.run(["make", "-s", "BUILD=" + out, *needs], cwd=ROOT, env=env, check=True)
    out = os.path.join(ROOT, out)
    with open(os.path.join(out, "libraries.mk"), encoding="utf-8") as f:
        libs = next(line for line in f if line.startswith("LIBS := ")).split()[2:]
    path = os.path.join(out, "gallery")
    subprocess.run([os.environ.get("CC") or "gcc", "-pthread", *needs, "-o", path, *libs], cwd=ROOT,
                   check=True)
    return path
