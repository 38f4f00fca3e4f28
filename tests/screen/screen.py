"""Drives a program in a terminal of its own (tmux), and reads what the terminal shows.

    with Screen(["./keyfall", "--demo"], 80, 24) as s:
        s.wait("4 Keys")
        s.keys("4", "j", "Enter")
        s.wait("alias/")
        print(s.text())

Waiting is by polling for a text, never by sleeping a guessed time. Standard library only.
"""

import itertools
import os
import shlex
import shutil
import subprocess
import tempfile
import time

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


class ScreenError(AssertionError):
    """What was waited for did not come; the message holds the screen."""


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
        done = subprocess.run(["tmux", "-L", self.name, "-f", "/dev/null", *args],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=20, check=False)
        if check and done.returncode != 0:
            raise ScreenError("tmux %s: %s" % (args[0], done.stderr.decode("utf-8", "replace")))
        return done.stdout.decode("utf-8", "replace")

    def __enter__(self):
        self._tmux("new-session", "-d", "-x", str(self.width), "-y", str(self.height),
                   *(["-c", self._cwd] if self._cwd else []), self._command,
                   ";", "set", "-g", "status", "off")
        # without a client the size of a new session is not kept
        self._tmux("resize-window", "-x", str(self.width), "-y", str(self.height))
        return self

    def __exit__(self, *_):
        self._tmux("kill-server", check=False)
        self._config.remove()

    def pid(self):
        """The program's process id (the child of the pane's shell)."""
        shell = self._tmux("list-panes", "-F", "#{pane_pid}").strip()
        with open("/proc/%s/task/%s/children" % (shell, shell), encoding="ascii") as f:
            return int(f.read().split()[0])

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
        return self._tmux("capture-pane", "-p")

    def ansi(self):
        """The screen with its colours and trailing blanks (for ansi2svg)."""
        return self._tmux("capture-pane", "-p", "-e", "-N")

    def lines(self):
        lines = self.text().split("\n")[: self.height]
        return lines + [""] * (self.height - len(lines))

    def wait(self, text, seconds=10):
        """Returns the screen once it holds text (a string, or a function of the screen)."""
        found = text if callable(text) else lambda screen: text in screen
        end = time.monotonic() + seconds
        while True:
            screen = self.text()
            if found(screen):
                return screen
            if time.monotonic() > end:
                raise ScreenError("waited %s s for %r; the screen:\n%s" % (seconds, text, screen))
            time.sleep(0.02)

    def wait_gone(self, text, seconds=10):
        return self.wait(lambda screen: text not in screen, seconds)

    def wait_still(self, seconds=10, quiet=0.15):
        """Returns the screen once it has not changed for a moment."""
        end = time.monotonic() + seconds
        before, since = self.ansi(), time.monotonic()
        while time.monotonic() - since < quiet:
            if time.monotonic() > end:
                raise ScreenError("the screen does not come to rest:\n" + self.text())
            time.sleep(0.02)
            now = self.ansi()
            if now != before:
                before, since = now, time.monotonic()
        return self.text()

    def wait_ended(self, seconds=10):
        """The exit status of the program; the terminal is the shell's again."""
        screen = self.wait("ended with ", seconds)
        return int(screen.split("ended with ", 1)[1].split()[0])
