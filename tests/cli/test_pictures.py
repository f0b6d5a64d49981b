"""--svg: the life of a cluster as a picture. UPDATE=1 writes docs/pictures and tests/cli/pictures anew."""
import os
import pathlib
import re
import stat
import subprocess
import unittest

from case import PATIENCE, PROGRAM, SOURCE, Case, cluster
from svg import Picture

HERE = pathlib.Path(__file__).parent
OLD, NEW = "docs/guide/plan/old.yaml", "docs/guide/plan/new.yaml"
EXECUTOR = "xflops/flame-executor-manager:"

# file: the command that made it, in the root of the tree
PINNED = {
    "docs/pictures/rollout.svg": ["plan", OLD, NEW],
    "docs/pictures/rollout-blocked.svg": ["plan", "--fail-image", EXECUTOR + "v0.6.1", OLD, NEW],
    "docs/pictures/life.svg": ["simulate", "examples/complete.yaml", "--evict", "executor-manager-3", "--delete"],
    "tests/cli/pictures/minimal.svg": ["simulate", "examples/minimal.yaml"],
    "tests/cli/pictures/two.svg": ["simulate", "examples/minimal.yaml", "examples/production.yaml", "--fail-image",
                                   EXECUTOR + "v0.6.0", "--lag", "2m"],
}


def executors(n, name="my-flame", more=""):
    text = cluster(name).replace("image: executor:1", f"image: executor:1\n    replicas: {n}")
    return text + more


def check(case, text):
    """What is true of every picture."""
    picture = Picture(text)
    case.assertEqual(picture.outside(), [])
    case.assertEqual(picture.overlaps(), [])
    case.assertEqual(picture.unresolved(), [])
    case.assertEqual((picture.root.get("role"), picture.root.get("aria-labelledby")), ("img", "title desc"))
    case.assertNotRegex(text, rb"<script|<foreignObject|@import|href")
    case.assertIn(b"prefers-color-scheme:dark", text)
    case.assertLess(len(text), 100000)
    return picture


class Pictures(Case):
    def draw(self, *args, codes=(0,)):
        """The picture, held to what is true of each."""
        target = self.folder / "picture.svg"
        target.unlink(missing_ok=True)
        done = self.run_program(*args, "--svg", str(target), cwd=SOURCE)
        self.assertIn(done.returncode, codes, done.err)
        self.text = target.read_bytes()
        self.out = done.out
        return check(self, self.text)

    def test_pinned(self):
        for name, args in PINNED.items():
            with self.subTest(name):
                self.draw(*args, codes=(0, 1))
                if os.environ.get("UPDATE"):
                    (SOURCE / name).parent.mkdir(exist_ok=True)
                    (SOURCE / name).write_bytes(self.text)
                self.assertEqual(self.text.decode(), (SOURCE / name).read_text(encoding="utf-8"),
                                 "drawn anew by UPDATE=1")

    def test_the_pinned_are_all(self):
        kept = {str(p.relative_to(SOURCE)) for p in HERE.glob("pictures/*")}
        self.assertEqual(kept, {name for name in PINNED if name.startswith("tests/")})

    def test_every_example(self):
        for path in sorted((SOURCE / "examples").glob("*.yaml")):
            with self.subTest(path.name):
                picture = self.draw("simulate", str(path), "--delete")
                self.assertIn("you create", " ".join(picture.texts()))
                self.assertRegex(picture.lanes()["session-manager"], r"0 s pending, .* ready, .* terminating$")

    def test_says_what_the_text_says(self):
        picture = self.draw("plan", OLD, NEW)
        fewest = re.search(r"8 ready, fewest on the way (\d), at (\S+ s)", self.out)
        self.assertIn(f"fewest: {fewest[1]} of 8 at {fewest[2]}", picture.texts())
        end = re.search(r"^Comes through: .*?, after \d+\.\d s", self.out, re.M)
        self.assertIn(end[0], picture.texts())
        picture = self.draw("simulate", OLD, NEW)
        fewest = re.search(r"fewest    (\d) of 8 executor managers ready, at (\S+ s)", self.out)
        self.assertIn(f"fewest: {fewest[1]} of 8 at {fewest[2]}", picture.texts())
        self.assertIn(re.search(r"default/my-flame: (.*)", self.out)[1], picture.texts())

    def test_lanes_of_a_roll_out(self):
        lanes = self.draw("plan", OLD, NEW).lanes()
        self.assertEqual(list(lanes), ["session-manager"] + [f"executor-manager-{i}" for i in range(8)])
        self.assertEqual(lanes["session-manager"], "0 s ready, 0 s terminating, 1.5 s pending, 4.8 s ready")
        self.assertEqual(lanes["executor-manager-7"], "0 s ready, 4.8 s terminating, 6.3 s pending, 9.6 s ready")

    def test_nothing_changes(self):
        picture = self.draw("plan", OLD, OLD)
        self.assertEqual(set(picture.lanes().values()), {"0 s ready"})
        self.assertNotIn("fewest", " ".join(picture.texts()))

    def test_faults_and_reasons(self):
        picture = self.draw("simulate", "examples/minimal.yaml", "--fail-image", EXECUTOR + "v0.6.0", codes=(1,))
        self.assertIn("ErrImagePull", picture.texts())
        self.assertIn(f"image {EXECUTOR}v0.6.0 cannot be pulled", picture.texts())
        self.assertIn("a fault", picture.texts())
        name = "a-rather-long-name-of-a-cluster"
        picture = self.draw("simulate", self.file("a.yaml", cluster(name)), "--evict", "executor-manager-0", "--delete")
        self.assertIn("executor-manager-0 is evicted", picture.texts())
        self.assertIn("you delete " + name, picture.texts())  # in one line: left of its moment, where there is room

    def test_each_cluster_is_there(self):
        files = [self.file("a.yaml", executors(2, "a")), self.file("b.yaml", executors(1, "a-b"))]
        texts = self.draw("simulate", *files).texts()
        self.assertIn("default/a", texts)
        self.assertIn("default/a-b", texts)
        self.assertEqual(texts.count("session-manager"), 2)
        self.assertEqual(texts.count("executor-manager-0"), 2)
        self.assertEqual(texts.count("executor-manager-1"), 1)

    def test_up_and_down_suspended_and_resumed(self):
        files = [self.file("1.yaml", executors(3)), self.file("2.yaml", executors(6)), self.file("3.yaml", executors(1)),
                 self.file("4.yaml", executors(1, more="  suspend: true\n")), self.file("5.yaml", executors(1))]
        picture = self.draw("simulate", *files, "--delete")
        texts = " ".join(picture.root.itertext())
        for words in ("executorManager.replicas 3", "suspend unset \u2192 true", "you delete my-flame", "Suspended"):
            self.assertIn(words, texts)

    def test_many(self):
        for n, lanes in ((40, 41), (80, 1), (132, 1)):  # the session manager's is always told by itself
            with self.subTest(n):
                old = executors(n)
                new = old.replace("executor:1", "executor:2")
                picture = self.draw("simulate", self.file("old.yaml", old), self.file("new.yaml", new))
                self.assertEqual(len(picture.lanes()), lanes)
                self.assertLess(picture.view[3], 900)
                picture = self.draw("plan", self.file("old.yaml", old), self.file("new.yaml", new))
                self.assertIn(f"executor-manager-0..{n // 4 - 1}", picture.texts())

    def test_a_stateful_set(self):
        text = executors(3).replace("replicas: 3", "replicas: 3\n    workload: StatefulSet")
        lanes = self.draw("simulate", self.file("a.yaml", text)).lanes()
        self.assertRegex(lanes["executor-manager-2"], r" pending, \S+ s ready$")

    def test_whatever_names_hold(self):
        image = "<a&b>\"'\u00e9\u4e2d-" + "x" * 300
        old = executors(1)
        new = old.replace("executor:1", f"'{image.replace(chr(39), chr(39) * 2)}'")
        picture = self.draw("simulate", self.file("a.yaml", old + "---\n" + new), "--fail-image", image, "--fail-image",
                            "\033[1m\x01]]>", codes=(0, 1))
        self.assertIn("<a&b>\"'\u00e9\u4e2d-xxx", " ".join(picture.texts()))
        self.assertIn("image \ufffd[1m\ufffd]]> cannot", "".join(picture.root.itertext()))
        self.assertNotIn(b"\033", self.text)

    def test_long_names(self):
        name, namespace = "n" * 40, "a-namespace" + "-word" * 10
        text = executors(2, name).replace("metadata:\n", f"metadata:\n  namespace: {namespace}\n")
        texts = self.draw("simulate", self.file("a.yaml", text), "--lose", "40").texts()
        self.assertIn(name, texts)
        self.assertIn(namespace, "".join(texts))

    def test_the_same_bytes(self):
        self.draw("simulate", OLD, NEW, "--lag", "5s", "--lose", "20", "--seed", "7", codes=(0, 1))
        first = self.text
        self.draw("simulate", OLD, NEW, "--lag", "5s", "--lose", "20", "--seed", "7", codes=(0, 1))
        self.assertEqual(self.text, first)

    def test_standard_output(self):
        for args in (["simulate", OLD], ["plan", OLD, NEW], ["simulate", "-o", "json", OLD]):
            done = self.run_program(*args, "--svg", "-", cwd=SOURCE)
            self.assertEqual((done.returncode, done.err), (0, ""))
            check(self, done.stdout)

    def test_a_verdict_draws_too(self):
        self.draw("plan", OLD, NEW, "--exit-code", codes=(1,))
        self.assertIn("Comes through", self.out)

    def test_no_picture_of_what_did_not_play(self):
        target = self.folder / "no.svg"
        self.run_program("simulate", "--evict", "nobody", OLD, "--svg", str(target), cwd=SOURCE)
        self.assertFalse(target.exists())


class Diagrams(Case):
    """Those of docs/pictures that are drawn by hand."""

    def test_each(self):
        paths = {str(p.relative_to(SOURCE)) for p in (SOURCE / "docs/pictures").glob("*.svg")}
        by_hand = paths - set(PINNED) - {"docs/pictures/simulate.svg"}
        self.assertEqual(by_hand, {"docs/pictures/data-flow.svg", "docs/pictures/flame-cluster.svg"})
        for path in by_hand:
            with self.subTest(path):
                picture = check(self, (SOURCE / path).read_bytes())
                self.assertEqual(list(picture.bursting()), [])


class Files(Case):
    """Where a picture goes, and what is said when it cannot."""

    def write(self, target, **kwargs):
        return self.run_program("simulate", str(SOURCE / OLD), "--svg", str(target), **kwargs)

    def test_no_such_folder(self):
        done = self.write(self.folder / "none" / "a.svg")
        self.assertEqual((done.returncode, done.err),
                         (5, f"flame-operator: {self.folder}/none/a.svg: cannot write: No such file or directory\n"))
        self.assertIn("Running", done.out)  # the text is there

    def test_a_folder(self):
        done = self.write(self.folder)
        self.assertEqual((done.returncode, done.err), (5, f"flame-operator: {self.folder}: cannot write: Is a directory\n"))

    def test_a_full_device(self):
        if not pathlib.Path("/dev/full").is_char_device():
            self.skipTest("no /dev/full")
        done = self.write("/dev/full")
        self.assertEqual((done.returncode, done.err),
                         (5, "flame-operator: /dev/full: cannot write: No space left on device\n"))
        self.assertTrue(pathlib.Path("/dev/full").is_char_device())
        with open("/dev/full", "wb") as full:
            done = self.run_program("plan", str(SOURCE / OLD), str(SOURCE / NEW), "--svg", "-", stdout=full)
        self.assertEqual((done.returncode, done.err),
                         (5, "flame-operator: cannot write to standard output: No space left on device\n"))

    def test_a_disk_that_fills_leaves_the_old_file(self):
        target = self.folder / "a.svg"
        target.write_text("old")
        done = subprocess.run(["sh", "-c", 'trap "" XFSZ; ulimit -f 4; exec "$@"', "sh", PROGRAM, "simulate", str(SOURCE / OLD),
                               str(SOURCE / NEW), "--svg", str(target)], capture_output=True, text=True, timeout=PATIENCE)
        self.assertEqual((done.returncode, done.stderr), (5, f"flame-operator: {target}: cannot write: File too large\n"))
        self.assertEqual(target.read_text(), "old")
        self.assertEqual(os.listdir(self.folder), ["a.svg"])

    def test_a_file_keeps_its_mode_and_a_link_stays_one(self):
        target, link = self.folder / "a.svg", self.folder / "link.svg"
        target.write_text("old")
        target.chmod(0o640)
        link.symlink_to("a.svg")
        self.assertEqual(self.write(link).returncode, 0)
        self.assertTrue(link.is_symlink())
        self.assertIn("<svg", target.read_text())
        self.assertEqual(stat.S_IMODE(target.stat().st_mode), 0o640)
        self.assertEqual(sorted(os.listdir(self.folder)), ["a.svg", "link.svg"])

    def test_a_new_file_has_the_usual_mode(self):
        target = self.folder / "a.svg"
        old = os.umask(0o027)
        try:
            self.assertEqual(self.write(target).returncode, 0)
        finally:
            os.umask(old)
        self.assertEqual(stat.S_IMODE(target.stat().st_mode), 0o640)

    def test_a_pipe(self):
        pipe = self.folder / "pipe"
        os.mkfifo(pipe)
        with subprocess.Popen(["cat", str(pipe)], stdout=subprocess.PIPE) as cat:
            self.assertEqual(self.write(pipe).returncode, 0)
            self.assertIn(b"</svg>", cat.stdout.read())
        self.assertTrue(stat.S_ISFIFO(pipe.stat().st_mode))


if __name__ == "__main__":
    unittest.main()
