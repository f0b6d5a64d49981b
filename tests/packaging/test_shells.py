"""`completion` in the shells themselves: what is typed, with its tabs, is run, and the program's stand-in says what it was given.

A shell that is not installed is skipped; with ALL_SHELLS=1 it is a failure."""
import os
import pathlib
import pty
import re
import select
import shutil
import subprocess
import tempfile
import time
import unittest

PROGRAM = os.environ["FLAME_OPERATOR"]
NAMES = ("flame-operator", "kubectl-flame")

# Completes by the program, and shows the words of any other call.
STAND_IN = f"""#!/bin/sh
case $1 in __complete | completion) exec {PROGRAM} "$@" ;; esac
printf 'GIVEN'; printf ' <%s>' "$@"; echo .
"""

LINES = [
    ("ser\t--adm\t127.0.0.1:1", ["serve", "--admin-listen", "127.0.0.1:1"]),
    ("serve --log-level wa\t", ["serve", "--log-level", "warn"]),
    ("serve --log-level=wa\t", ["serve", "--log-level=warn"]),
    ("render -o js\texam\tmin\t", ["render", "-o", "json", "examples/minimal.yaml"]),
    ("render --filename=exam\tmin\t", ["render", "--filename=examples/minimal.yaml"]),
    ("plan examples/mi\t exam\tper\t", ["plan", "examples/minimal.yaml", "examples/persistent.yaml"]),
    ("help val\t", ["help", "validate"]),
    ("serve exam\t", ["serve", "exam"]),
]


def said(words):
    return "GIVEN" + "".join(f" <{w}>" for w in words) + "."


class Terminal:
    """A shell on a terminal of its own."""

    def __init__(self, argv, folder, environment):
        self.text = ""
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.chdir(folder)
            os.execvpe(argv[0], argv, environment)

    def read_until(self, pattern, seconds=120):
        end = time.monotonic() + seconds
        while not (found := re.search(pattern, self.text)):
            left = end - time.monotonic()
            if left <= 0 or not select.select([self.fd], [], [], left)[0]:
                raise AssertionError(f"{pattern!r} is not in {self.text!r}")
            self.text += os.read(self.fd, 65536).decode(errors="replace")
            if "\x1b[c" in self.text:  # fish asks what terminal this is
                self.write("\x1b[?6c")
                self.text = self.text.replace("\x1b[c", "")
        self.text = self.text[found.end():]
        return found.group()

    def write(self, text):
        os.write(self.fd, text.encode())

    def close(self):
        os.close(self.fd)  # hangs up
        os.waitpid(self.pid, 0)


class Shells(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        (self.folder / "bin").mkdir()
        for name in NAMES:
            path = self.folder / "bin" / name
            path.write_text(STAND_IN)
            path.chmod(0o755)
        (self.folder / "examples").mkdir()
        for name in "minimal", "persistent", "two words":
            (self.folder / "examples" / f"{name}.yaml").touch()
        self.environment = {"PATH": f"{self.folder}/bin:/usr/bin:/bin", "HOME": str(self.folder), "TERM": "xterm", "LC_ALL": "C.UTF-8"}

    def need(self, shell):
        if not shutil.which(shell):
            (self.fail if os.environ.get("ALL_SHELLS") else self.skipTest)(f"{shell} is not installed")

    def terminal(self, *argv):
        self.need(argv[0])
        terminal = Terminal(argv, self.folder, self.environment)
        self.addCleanup(terminal.close)
        return terminal

    def play(self, terminal):
        for name in NAMES:
            for typed, want in LINES:
                with self.subTest(name, typed=typed):
                    terminal.read_until("READY ")
                    terminal.write(f"{name} {typed}\r")  # a shell takes what waits for it only when it is done with a tab
                    self.assertEqual(terminal.read_until(r"GIVEN[^\r\n]*\.(?=\r?\n)"), said(want))

    def test_bash(self):
        (self.folder / "start").write_text("PS1='READY '\nsource <(flame-operator completion bash)\n")
        terminal = self.terminal("bash", "--noprofile", "--rcfile", str(self.folder / "start"), "-i")
        self.play(terminal)

    def test_zsh(self):
        (self.folder / ".zshrc").write_text("PS1='READY '\nautoload -U compinit\ncompinit -u -D\nsource <(flame-operator completion zsh)\n")
        terminal = self.terminal("zsh", "-i")
        self.play(terminal)

    def test_zsh_from_fpath(self):
        functions = self.folder / "functions"
        functions.mkdir()
        script = subprocess.run([PROGRAM, "completion", "zsh"], check=True, capture_output=True).stdout
        (functions / "_flame-operator").write_bytes(script)
        (self.folder / ".zshrc").write_text(f"PS1='READY '\nfpath=({functions} $fpath)\nautoload -U compinit\ncompinit -u -D\n")
        terminal = self.terminal("zsh", "-i")
        self.play(terminal)

    def test_fish(self):
        config = self.folder / ".config" / "fish"
        config.mkdir(parents=True)
        (config / "config.fish").write_text("function fish_prompt\n echo -n 'READY '\nend\nflame-operator completion fish | source\n")
        self.need("fish")
        # fish completes a line that it is given, as a tab on the terminal would
        rows = [("ser", {"serve"}), ("serve --log-level ", {"debug", "info", "warn", "error"}), ("serve --log-level=wa", {"--log-level=warn"}),
                ("render -o js", {"json"}), ("render examples/m", {"examples/minimal.yaml"}),
                ("render --filename=examples/m", {"--filename=examples/minimal.yaml"}),
                ("render examples/two", {"examples/two words.yaml"}), ("serve exam", set()), ("completion f", {"fish"})]
        for name in NAMES:
            for typed, want in rows:
                with self.subTest(name, typed=typed):
                    done = subprocess.run(["fish", "-c", f"complete -C '{name} {typed}'"], cwd=self.folder, env=self.environment,
                                          capture_output=True, text=True, check=True)
                    self.assertEqual({line.split("\t")[0] for line in done.stdout.splitlines()}, want)


if __name__ == "__main__":
    unittest.main()
