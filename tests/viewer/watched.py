"""A program and all that it does to files and processes, told by strace from outside."""
import os
import re
import shutil
import subprocess

CALLS = ("execve,execveat,fork,vfork,clone,clone3,open,openat,openat2,creat,rename,renameat,renameat2,unlink,unlinkat,"
         "mkdir,mkdirat,rmdir,link,linkat,symlink,symlinkat,mknod,mknodat,truncate,chmod,fchmodat,chown,lchown,fchownat,"
         "utimensat,setxattr,lsetxattr")
WRITES = re.compile(r"O_(WRONLY|RDWR|CREAT|TRUNC|TMPFILE)")
LINE = re.compile(r"^(?:\d+ +)?(\w+)\((.*)\) += (-?\d+|\?)")
DEVICES = re.compile(r"^/dev/(null|tty|pts/\d+)$")


def can_watch():
    """Some containers let nobody trace."""
    return shutil.which("strace") is not None and \
        subprocess.run(["strace", "-o", "/dev/null", "true"], stderr=subprocess.DEVNULL, check=False).returncode == 0


def argv(trace, words):
    # -y: descriptors with their paths; nothing is cut
    return ["strace", "-f", "-qq", "-y", "-s", "4096", "-e", "trace=" + CALLS, "-e", "signal=none", "-o", trace, *words]


def _paths(arguments):
    """The paths that a call names, from the folder that it names them in."""
    folder, found = "", []
    for at in re.finditer(r'(?:AT_FDCWD|\d+)<([^>]*)>|"((?:[^"\\]|\\.)*)"', arguments):
        if at.group(1) is not None:
            folder = at.group(1)
        else:
            found.append(os.path.normpath(os.path.join(folder or "/", at.group(2))))
    return found


def _fault(name, arguments, allowed, is_first):
    if name in ("execve", "execveat"):
        return None if is_first else "a program"
    if name in ("fork", "vfork", "clone", "clone3"):
        return None if "CLONE_THREAD" in arguments else "a process"
    if name in ("open", "openat", "openat2") and not WRITES.search(arguments):
        return None
    outside = [p for p in _paths(arguments) if not DEVICES.match(p) and not (allowed and p.startswith(allowed + "/"))]
    return "outside: %s" % outside if outside else None


def faults(trace, allowed=None):
    """What went well and must not have: starting something, or touching a file that is not below allowed. How many
    lines were read, too."""
    found, n = [], 0
    with open(trace, encoding="utf-8", errors="replace") as src:
        for line in src:
            line = re.sub(r"<unfinished \.\.\.>$", ") = 0", line.rstrip())  # that it was asked for is enough
            at = LINE.match(line)
            if not at or at.group(3).startswith("-"):
                continue
            fault = _fault(at.group(1), at.group(2), allowed, n == 0)
            n += 1
            if fault:
                found.append("%s: %s" % (fault, line[:200]))
    return found, n
