"""`cmake --install`: all that belongs there is there, links lead somewhere, and what is installed works."""
import gzip
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

BUILD, SOURCE = pathlib.Path(os.environ["BUILD_DIR"]), pathlib.Path(os.environ["SOURCE_DIR"])
PREFIX = os.environ["PREFIX"]

WANTED = [
    "bin/flame-operator",
    "bin/kubectl-flame",
    "bin/kubectl_complete-flame",
    "lib/systemd/system/flame-operator.service",
    "share/bash-completion/completions/flame-operator",
    "share/bash-completion/completions/kubectl-flame",
    "share/doc/flame-operator/README.md",
    "share/doc/flame-operator/copyright",
    "share/doc/flame-operator/crd/flameclusters.yaml",
    "share/doc/flame-operator/docs/reference/flamecluster.md",
    "share/doc/flame-operator/examples/minimal.yaml",
    "share/doc/flame-operator/metacontroller/deployment.yaml",
    "share/fish/vendor_completions.d/flame-operator.fish",
    "share/fish/vendor_completions.d/kubectl-flame.fish",
    "share/flame-operator/crd/flameclusters.yaml",
    "share/flame-operator/metacontroller/kustomization.yaml",
    "share/man/man1/flame-operator.1.gz",
    "share/man/man1/kubectl-flame.1.gz",
    "share/zsh/site-functions/_flame-operator",
]


class Install(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        subprocess.run(["cmake", "--install", BUILD], check=True, stdout=subprocess.DEVNULL,
                       env=os.environ | {"DESTDIR": cls.folder.name})
        cls.root = pathlib.Path(cls.folder.name + PREFIX)

    def run_program(self, *words):
        return subprocess.run([self.root / "bin" / words[0], *words[1:]], check=True, capture_output=True, text=True).stdout

    def test_all_is_there(self):
        self.assertEqual([name for name in WANTED if not (self.root / name).is_file()], [])

    def test_links_lead_to_what_is_installed(self):
        links = [path for path in self.root.rglob("*") if path.is_symlink()]
        self.assertGreater(len(links), 6)
        for path in links:
            with self.subTest(path):
                self.assertFalse(os.readlink(path).startswith("/"))
                self.assertTrue(path.resolve(strict=True).is_relative_to(self.root.resolve()))

    def test_nothing_is_writable_by_others(self):
        for path in self.root.rglob("*"):
            if not path.is_symlink():
                self.assertFalse(path.stat().st_mode & 0o6002, path)

    def test_the_programs(self):
        self.assertTrue(self.run_program("flame-operator", "version").startswith("flame-operator "))
        self.assertTrue(self.run_program("kubectl-flame", "help").startswith("Usage: kubectl flame "))
        self.assertIn("serve\t", self.run_program("kubectl_complete-flame", "se"))
        example = self.root / "share/doc/flame-operator/examples/minimal.yaml"
        self.assertIn("1 FlameCluster valid", self.run_program("flame-operator", "validate", example))

    def test_the_manual_page(self):
        page = gzip.decompress((self.root / "share/man/man1/kubectl-flame.1.gz").read_bytes())
        self.assertEqual(page, (SOURCE / "packaging/man/flame-operator.1").read_bytes())
        if not shutil.which("mandoc"):
            self.skipTest("mandoc is not installed")
        timeless = re.sub(r"^\.Dd .*", ".Dd January 1, 2020", page.decode(), flags=re.M)  # mandoc warns of a day that a machine's clock has not reached
        done = subprocess.run(["mandoc", "-Tlint", "-Wwarning"], input=timeless, capture_output=True, text=True)
        self.assertEqual((done.stdout, done.returncode), ("", 0))

    def test_the_service(self):
        unit = self.root / "lib/systemd/system/flame-operator.service"
        program = re.search(r"^ExecStart=(\S+) serve \$FLAGS$", unit.read_text(), re.M).group(1)
        self.assertEqual(program, PREFIX + "/bin/flame-operator")
        if not shutil.which("systemd-analyze"):
            self.skipTest("systemd-analyze is not installed")
        # 0 is the safest; 15 of 100 is what is left for a server that listens
        done = subprocess.run(["systemd-analyze", "security", "--no-pager", "--offline=yes", "--threshold=15", unit],
                              capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        done = subprocess.run(["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", unit], capture_output=True, text=True)
        complaints = [line for line in done.stderr.splitlines()
                      if "flame-operator.service" in line and "is not executable" not in line]
        self.assertEqual(complaints, [])
