"""Drives a program in a terminal of its own (tmux), and reads what the terminal shows.

    with Screen(["./keyfall", "--demo"], 80, 24) as s:
        s.wait("4 Keys")
        s.keys("4", "j", "Enter")
        s.wait("alias/")
        print(s.text())

Waiting is for a text or for rest, never a guessed time: tmux tells when the pane changes. A picture is a whole one,
taken when nobody was writing. Standard library only.
"""

import fcntl
import itertools
import os
import select
import shlex
import shutil
import subprocess
import tempfile
import termios
import time

#: How long anything is waited for: only what hangs takes so long, on whatever machine.
HANG_S = 300
#: What the kernel may take to carry bytes from one end of a terminal to the other.
CARRIED_S = 0.004

_numbers = itertools.count()


class OwnConfig:
    """A folder for what the program remembers, so that it neither finds nor touches the user's."""

    def __init__(self, env):
        self.env = env or {}
        self.path = None if "XDG_CONFIG_HOME" in self.env else tempfile.mkdtemp(prefix="keyfall-config-")
        if self.path:
            self.env = {**self.env, "XDG_CONFIG_HOME": self.path}

    def remove(self):
        if self.path:
            shutil.rmtree(self.path, ignore_errors=True)


def is_asleep(pid, thread):
    """What has ended is."""
    try:
        with open("/proc/%s/task/%s/stat" % (pid, thread), "rb") as stat:
            return stat.read().rsplit(b")", 1)[1].split()[0] not in (b"R", b"D")
    except OSError:
        return True


def is_at_rest(pid):
    """Whether a program has read every key and all its threads sleep: only time or news can move it then. What has
    ended rests."""
    try:
        terminal = os.open("/proc/%d/fd/0" % pid, os.O_RDWR | os.O_NOCTTY)
        try:
            if any(fcntl.ioctl(terminal, termios.FIONREAD, bytes(4))):
                return False
        finally:
            os.close(terminal)
        return all(is_asleep(pid, thread) for thread in os.listdir("/proc/%d/task" % pid))
    except OSError:  # it, or a thread of it, has just ended
        return not os.path.exists("/proc/%d/fd/0" % pid)


class ScreenError(AssertionError):
    """What was waited for did not come; the message holds the screen."""


def _quoted(word):
    """A word of a command line of tmux, where much of what is not a letter would mean something."""
    return '"%s"' % "".join("\\%03o" % ord(c) if c.isascii() and not c.isalnum() else c for c in word)


class Control:
    """A client that stays: in its control mode tmux takes a command a line, and tells what happens meanwhile."""

    def __init__(self, *args):
        self.process = subprocess.Popen(["tmux", *args], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT)
        self.unread, self.changes = b"", 0

    def _line(self, seconds):
        """The next line; None if none comes."""
        end = time.monotonic() + seconds
        while b"\n" not in self.unread:
            if not select.select([self.process.stdout], [], [], max(0, end - time.monotonic()))[0]:
                return None
            data = os.read(self.process.stdout.fileno(), 1 << 16)
            if not data:
                return None
            self.unread += data
        line, self.unread = self.unread.split(b"\n", 1)
        self.changes += line.startswith(b"%output")
        return line

    def changed(self, seconds):
        """Whether the pane changes within that time, or did since it was last looked at."""
        before, end = self.changes, time.monotonic() + seconds
        while self.changes == before and self._line(max(0, end - time.monotonic())) is not None:
            pass
        while self._line(0) is not None:
            pass
        return self.changes > before

    def run(self, *args, seconds=HANG_S):
        """What a command says, and whether it could be done."""
        self.process.stdin.write((" ".join(map(_quoted, args)) + "\n").encode())
        self.process.stdin.flush()
        said, mark, end = [], None, time.monotonic() + seconds
        while (line := self._line(max(0, end - time.monotonic()))) is not None:
            words = line.split(b" ")
            if mark and words[1:] == mark and words[0] in (b"%end", b"%error"):
                return b"".join(said).decode("utf-8", "replace"), words[0] == b"%end"
            if mark:
                said.append(line + b"\n")
            elif words[0] == b"%begin" and words[-1] == b"1":  # 1: this client asked
                mark = words[1:]
        raise ScreenError("tmux does not answer %s" % args[0])

    def end(self):
        self.process.kill()
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait()


class Screen:
    def __init__(self, argv, width=80, height=24, term="tmux-256color", env=None, cwd=None):
        self.name = "keyfall-%d-%d" % (os.getpid(), next(_numbers))
        self.width, self.height = width, height
        words = ["env", "TERM=" + term]
        self._config = OwnConfig(env)
        for key, value in {"LANG": "C.UTF-8", "LC_ALL": "", **self._config.env}.items():
            words.append(key + "=" + value)
        # the shell stays to tell how the program ended, and so that the pane does
        self._command = "%s; status=$?; echo; echo ended with $status; exec sleep 600" % shlex.join(words + list(argv))
        self._cwd = cwd

    # ---- life ----------------------------------------------------------------------------------

    def _tmux(self, *args, check=True):
        said, is_done = self._control.run(*args)
        if check and not is_done:
            raise ScreenError("tmux %s: %s" % (args[0], said))
        return said if is_done else ""

    def __enter__(self):
        size = ["-x", str(self.width), "-y", str(self.height)]
        # a window that was given a size keeps it, whoever looks
        self._control = Control("-L", self.name, "-f", "/dev/null", "-C", "new-session", "-d", *size,
                                *(["-c", self._cwd] if self._cwd else []), self._command, ";", "set", "-g", "status",
                                "off", ";", "resize-window", *size, ";", "attach")
        end = time.monotonic() + HANG_S  # on a busy machine it answers before it is attached
        while not self._control.run("refresh-client")[1]:
            if time.monotonic() > end:
                raise ScreenError("tmux does not attach")
            time.sleep(0.01)
        self.server, self._shell = map(int, self._tmux("display-message", "-p", "#{pid} #{pane_pid}").split())
        return self

    def __exit__(self, *_):
        subprocess.run(["tmux", "-L", self.name, "kill-server"], stderr=subprocess.DEVNULL, timeout=HANG_S, check=False)
        self._control.end()
        self._config.remove()

    def pid(self):
        """The program's process id (the child of the pane's shell); 0 if it has ended."""
        with open("/proc/%d/task/%d/children" % (self._shell, self._shell), encoding="ascii") as f:
            return int((f.read().split() or [0])[0])

    # ---- doing ---------------------------------------------------------------------------------

    def keys(self, *names):
        """tmux's names: "j", "Enter", "Escape", "C-d", "Up", "PageDown", "F1"."""
        self._tmux("send-keys", *names)
        return self

    def type(self, text):
        self._tmux("send-keys", "-l", text)
        return self

    def paste(self, text):
        """As the terminal's own paste does: bracketed if the program asked for it."""
        self._tmux("set-buffer", text)
        self._tmux("paste-buffer", "-p")
        return self

    def resize(self, width, height):
        self.width, self.height = width, height
        self._tmux("resize-window", "-x", str(width), "-y", str(height))
        return self

    # ---- seeing --------------------------------------------------------------------------------

    def text(self):
        """The screen as lines without trailing blanks."""
        return self._picture()

    def ansi(self):
        """The screen with its colours and trailing blanks (for ansi2svg)."""
        return self._picture("-e", "-N")

    def _picture(self, *how):
        """A whole one: who writes it and who reads it slept after it was taken, and nothing more came. Of who never
        stops writing, what there is after a while."""
        end = time.monotonic() + 5
        while True:
            picture, pid = self._tmux("capture-pane", "-p", *how), self.pid()
            is_written = is_asleep(pid, pid) and is_asleep(self.server, self.server)
            if is_written and not self._control.changed(CARRIED_S) or time.monotonic() > end:
                return picture

    def lines(self):
        lines = self.text().split("\n")[: self.height]
        return lines + [""] * (self.height - len(lines))

    def wait(self, text, seconds=HANG_S):
        """Returns the screen once it holds text (a string, or a function of the screen)."""
        found = text if callable(text) else lambda screen: text in screen
        end = time.monotonic() + seconds
        while not found(screen := self.text()):
            if time.monotonic() > end:
                raise ScreenError("waited %s s for %r; the screen:\n%s" % (seconds, text, screen))
            self._control.changed(0.1)
        return screen

    def wait_gone(self, text, seconds=HANG_S):
        return self.wait(lambda screen: text not in screen, seconds)

    def wait_still(self, seconds=HANG_S, quiet=0.15):
        """Returns the screen once nothing was written to it for a moment, and the program has nothing to do."""
        end = time.monotonic() + seconds
        while self._control.changed(quiet) or not (is_asleep(self.server, self.server) and is_at_rest(self.pid())):
            if time.monotonic() > end:
                raise ScreenError("the screen does not come to rest:\n" + self.text())
        return self.text()

    def wait_ended(self, seconds=HANG_S):
        """The exit status of the program; the terminal is the shell's again."""
        screen = self.wait("ended with ", seconds)
        return int(screen.split("ended with ", 1)[1].split()[0])
