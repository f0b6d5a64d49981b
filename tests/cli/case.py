"""What the command line's tests share: running the program, and files for it to read."""
import os
import pathlib
import subprocess
import tempfile
import unittest

PROGRAM = os.environ["FLAME_OPERATOR"]
SOURCE = pathlib.Path(os.environ["SOURCE_DIR"])

PATIENCE = 600  # seconds; what takes one alone takes minutes with sanitizers on a loaded machine

# What every place of an error says first.
NAME = "flame-operator: "

MINIMAL = """\
apiVersion: flame.xflops.io/v1alpha1
kind: FlameCluster
metadata:
  name: NAME
spec:
  sessionManager:
    image: session:1
  executorManager:
    image: executor:1
"""


def cluster(name="my-flame"):
    return MINIMAL.replace("NAME", name)


class Case(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def file(self, name, text):
        path = self.folder / name
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return str(path)

    def run_program(self, *args, stdin=b"", program=PROGRAM, **kwargs):
        if "stdin_file" not in kwargs:
            kwargs["input"] = stdin.encode() if isinstance(stdin, str) else stdin
        kwargs.pop("stdin_file", None)
        kwargs.setdefault("stdout", subprocess.PIPE)
        done = subprocess.run([program, *args], stderr=subprocess.PIPE, timeout=PATIENCE, **kwargs)
        done.out = (done.stdout or b"").decode()
        done.err = done.stderr.decode()
        self.assertGreaterEqual(done.returncode, 0, "killed by a signal: " + done.err)
        return done

    def good(self, *args, **kwargs):
        """Run it and expect exit code 0 and nothing but warnings on stderr; stdout."""
        done = self.run_program(*args, **kwargs)
        errors = [line for line in done.err.splitlines() if ": warning: " not in line]
        self.assertEqual((done.returncode, errors), (0, []))
        return done.out

    def bad(self, code, errors, *args, **kwargs):
        """Run it and expect the exit code and exactly these lines on stderr; stdout."""
        done = self.run_program(*args, **kwargs)
        self.assertEqual((done.err.splitlines(), done.returncode), ([NAME + e for e in errors], code))
        return done.out
