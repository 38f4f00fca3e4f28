"""Counts the bytes that a program sends to its terminal, and how long it takes to answer a key.

    with Pty(["./keyfall", "--demo"], 80, 24) as p:
        p.until(b"FINDINGS")
        sent = p.answer(b"j")               # all that it causes
        sent, seconds = p.press(b"j")       # and how soon the last byte of it came
        took = p.time(b"j")                 # the same time, and how much of it was the program's own

There is no screen here: see screen.py. Standard library only.
"""

import collections
import fcntl
import os
import pty
import select
import signal
import struct
import termios
import time

from screen import HANG_S, OwnConfig, is_at_rest


Took = collections.namedtuple("Took", "passed_ms own_ms key")


def turns(pid):
    """Milliseconds that the first thread of a process was on a processor, and that it stood ready while others were."""
    try:
        with open("/proc/%d/task/%d/schedstat" % (pid, pid)) as src:
            on, ready, _ = src.read().split()
    except OSError:  # not Linux, or built without: then all time is the program's own
        return 0.0, 0.0
    return int(on) / 1e6, int(ready) / 1e6


class Pty:
    def __init__(self, argv, width=80, height=24, term="xterm-256color", env=None):
        self.argv, self.width, self.height = list(argv), width, height
        self._config = OwnConfig(env)
        self.env = {**os.environ, "TERM": term, "LC_ALL": "C.UTF-8", **self._config.env}
        for name in ("TMUX", "NO_COLOR", "LINES", "COLUMNS"):
            if name not in (env or {}):
                self.env.pop(name, None)
        self.pid, self.fd, self.status, self.total = 0, -1, None, 0

    def __enter__(self):
        ends = pty.openpty()
        self.fresh = termios.tcgetattr(ends[0])  # as any terminal is before a program has it
        for end in ends:
            os.close(end)
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            # the size must be there before the program looks
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", self.height, self.width, 0, 0))
            try:
                os.execvpe(self.argv[0], self.argv, self.env)
            finally:
                os._exit(127)
        return self

    def __exit__(self, *_):
        if self.status is None:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os.close(self.fd)
        self._config.remove()

    def resize(self, width, height):
        self.width, self.height = width, height
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))

    def read(self, seconds):
        """What comes until nothing has come for so long. Returns bytes, seconds to the last of them."""
        out, start, last = b"", time.monotonic(), 0.0
        while select.select([self.fd], [], [], seconds)[0]:
            try:
                data = os.read(self.fd, 65536)
            except OSError:  # the program ended
                break
            if not data:
                break
            out += data
            last = time.monotonic() - start
        self.total += len(out)
        return out, last

    def settle(self, quiet=0.3):
        return self.read(quiet)[0]

    def press(self, data, quiet=0.25):
        os.write(self.fd, data)
        return self.read(quiet)

    def time(self, data, quiet=0.03, patience=None):
        """From a key to the last byte of what it causes; None if nothing came. Own is what remains without the
        time that program and watcher stood in line for a processor: work, locks, files and sleep."""
        before, watcher = turns(self.pid), turns(os.getpid())
        start = time.monotonic()
        os.write(self.fd, data)
        if not select.select([self.fd], [], [], patience or quiet)[0]:
            return None
        first = time.monotonic() - start
        passed = (first + self.read(quiet)[1]) * 1000
        after = turns(self.pid)
        in_line = after[1] - before[1] + turns(os.getpid())[1] - watcher[1]
        return Took(passed, max(after[0] - before[0], passed - in_line), data)

    def until(self, wanted, seconds=HANG_S):
        """What comes until that was among it."""
        out, end = b"", time.monotonic() + seconds
        while wanted not in out:
            assert time.monotonic() < end, "waited %d s for %r behind %r" % (seconds, wanted, out[-2000:])
            out += self.read(0.02)[0]
        return out

    def rest(self, seconds=HANG_S):
        """What comes until the program has done all that it was asked to."""
        out, end, calm = self.read(0)[0], time.monotonic() + seconds, 0
        while calm < 2 and time.monotonic() < end:
            calm = calm + 1 if is_at_rest(self.pid) else 0
            if more := self.read(0.002)[0]:
                out, calm = out + more, 0
        return out

    def answer(self, data, seconds=30):
        """What keys cause, however long it takes; nothing, if nothing begins to come."""
        os.write(self.fd, data)
        return self.rest() if select.select([self.fd], [], [], seconds)[0] else b""

    def modes(self):
        """The terminal's modes: what a program must put back."""
        return termios.tcgetattr(self.fd)

    def kill(self, number):
        os.kill(self.pid, number)

    def hang_up(self):
        """The terminal goes away."""
        os.close(self.fd)
        self.fd = os.open("/dev/null", os.O_RDWR)

    def to_end(self, seconds=HANG_S):
        """What comes until the program has ended, if it does."""
        out, end = b"", time.monotonic() + seconds
        while self.status is None:
            done, status = os.waitpid(self.pid, os.WNOHANG)
            if done:
                self.status = os.waitstatus_to_exitcode(status)
            elif time.monotonic() > end:
                break
            out += self.read(0.01)[0]
        return out

    def wait(self, seconds=HANG_S):
        """The exit status as by os.waitstatus_to_exitcode; None if it is still running."""
        self.to_end(seconds)
        return self.status
