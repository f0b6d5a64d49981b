"""What a release is made with: the changelog's section, the check of its tag, krew's manifest; and the workflows that call it."""
import hashlib
import os
import pathlib
import re
import stat
import subprocess
import tempfile
import unittest

import yaml

ROOT = pathlib.Path(os.environ["SOURCE_DIR"])
RELEASE = ROOT / "packaging" / "release"
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))

CHANGES = """# Changes

## 1.1.0 (unreleased)

- new

## 1.0.1 (2026-11-21)

### Fixed

- a ## in a line, and `## 9.9.9 (2026-01-01)`

## 1.0.0 (2026-10-01)

## 0.9.0

- no date
"""


class ReleaseCase(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def run_it(self, *args, **env):
        done = subprocess.run([str(a) for a in args], capture_output=True, text=True, check=False, cwd=self.folder, env={**os.environ, **env})
        return done.returncode, done.stdout, done.stderr

    def file(self, name, text):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path


class Notes(ReleaseCase):
    def notes(self, version):
        return self.run_it(RELEASE / "notes", version, self.file("CHANGELOG.md", CHANGES))

    def test_a_section(self):
        self.assertEqual(self.notes("1.0.1"), (0, "### Fixed\n\n- a ## in a line, and `## 9.9.9 (2026-01-01)`\n", ""))

    def test_refused(self):
        for version, words in {"1.1.0": "must have a date such as (2026-11-21), has (unreleased)", "1.0.0": "the section of 1.0.0 is empty",
                               "0.9.0": "must have a date such as (2026-11-21), has ()", "2.0.0": 'has no section "## 2.0.0 (DATE)"',
                               "1.0": "has no section", "9.9.9": "has no section"}.items():
            code, out, err = self.notes(version)
            self.assertEqual((code, out), (1, ""), version)
            self.assertIn(words, err)

    def test_ours_is_there(self):
        version = re.search(r"VERSION ([\d.]+)", (ROOT / "CMakeLists.txt").read_text().split("project(")[1])[1]
        _, _, err = self.run_it(RELEASE / "notes", version)
        self.assertNotIn("has no section", err)


class Tag(ReleaseCase):
    """In a copy of what names a version."""

    def check(self, tag, cmake="1.0.1", chart="1.0.1", app='"1.0.1"'):
        self.file("CMakeLists.txt", f"project(flame-operator VERSION {cmake} LANGUAGES C\n")
        self.file("charts/flame-operator/Chart.yaml", f"version: {chart}\nappVersion: {app}\n")
        self.file("CHANGELOG.md", CHANGES)
        for name in ("check", "notes"):
            copy = self.file(f"packaging/release/{name}", (RELEASE / name).read_text())
            copy.chmod(0o755)
        return self.run_it(self.folder / "packaging" / "release" / "check", tag)

    def test_all_agree(self):
        self.assertEqual(self.check("v1.0.1"), (0, "v1.0.1 can be released\n", ""))

    def test_refused(self):
        for args, words in (
            (dict(tag="1.0.1"), 'a tag is v and three numbers, such as v0.1.0, is "1.0.1"'), (dict(tag="v1.0.1-rc"), "a tag is v and three numbers"),
            (dict(tag="v1.0.1", cmake="1.0.0"), 'CMakeLists.txt: the project\'s version is "1.0.0", the tag says 1.0.1'),
            (dict(tag="v1.0.1", chart="1.0.2"), 'Chart.yaml: version is "1.0.2"'), (dict(tag="v1.0.1", app="1.0"), 'Chart.yaml: appVersion is "1.0"'),
            (dict(tag="v1.1.0", cmake="1.1.0", chart="1.1.0", app="1.1.0"), "has (unreleased)"),
        ):
            code, out, err = self.check(**args)
            self.assertEqual((code, out), (1, ""), args)
            self.assertIn(words, err)

    def test_ours_agree(self):
        version = re.search(r"project\(flame-operator VERSION (\S+)", (ROOT / "CMakeLists.txt").read_text())[1]
        _, _, err = self.run_it(RELEASE / "check", "v" + version)
        self.assertNotIn("the tag says", err)


class Krew(ReleaseCase):
    def fill(self, *archives, homepage="https://flame.example", downloads="https://flame.example/v1"):
        for name in archives:
            self.file(f"archives/{name}", name)
        return self.run_it(ROOT / "packaging" / "krew" / "fill", self.folder / "archives", homepage, downloads)

    NAMES = ("flame-operator-1.0.1-linux-amd64.tar.gz", "flame-operator-1.0.1-linux-arm64.tar.gz")

    def test_filled(self):
        code, out, err = self.fill(*self.NAMES)
        self.assertEqual((code, err), (0, ""))
        spec = yaml.safe_load(out)["spec"]
        self.assertEqual(spec["version"], "v1.0.1")
        self.assertEqual([(p["uri"], p["sha256"]) for p in spec["platforms"]],
                         [(f"https://flame.example/v1/{n}", hashlib.sha256(n.encode()).hexdigest()) for n in self.NAMES])
        self.assertNotIn("@", out)

    def test_refused(self):
        self.assertIn("holds no flame-operator-VERSION-linux-amd64.tar.gz", self.fill()[2])
        self.assertIn("holds no flame-operator-VERSION-linux-arm64.tar.gz", self.fill(self.NAMES[0])[2])
        self.assertIn("the archives are of two versions, 1.0.1 and 1.0.2", self.fill("flame-operator-1.0.2-linux-arm64.tar.gz")[2])
        self.assertIn("holds several archives for arm64", self.fill(self.NAMES[1])[2])
        for url in ("http://a", "https://a/", "https://a b", ""):
            self.assertIn("must be an https URL without a slash at its end", self.fill(downloads=url)[2])


class Push(ReleaseCase):
    """With stand-ins for skopeo, helm and cosign that note what they are asked for."""

    def push(self, helm_says="Pushed: x\nDigest: sha256:chart", **env):
        log = self.folder / "log"
        for name, more in {"skopeo": 'for a; do [ "$last" != --digestfile ] || printf sha256:image >"$a"; last=$a; done', "cosign": "",
                           "helm": f'[ "$1" != push ] || printf "{helm_says}\\n" >&2'}.items():
            self.file(f"bin/{name}", f'#!/bin/sh\necho "{name} $*" | sed "s|--digestfile [^ ]*|--digestfile TMP|" >>{log}\n{more}\nexit 0\n').chmod(0o755)
        done = self.run_it(RELEASE / "push", "dist", "1.0.1", "host.example/flame", PATH=f"{self.folder / 'bin'}:{os.environ['PATH']}", **env)
        return done, log.read_text().splitlines()

    def test_what_arrived_is_signed(self):
        done, log = self.push()
        self.assertEqual(done[0], 0, done[2])
        self.assertEqual(log, [
            "skopeo copy --all --digestfile TMP oci-archive:dist/flame-operator-1.0.1.tar docker://host.example/flame/flame-operator:1.0.1",
            "cosign sign --yes host.example/flame/flame-operator@sha256:image",
            "helm push dist/flame-operator-1.0.1.tgz oci://host.example/flame/charts",
            "cosign sign --yes host.example/flame/charts/flame-operator@sha256:chart"])

    def test_with_a_user(self):
        done, log = self.push(REGISTRY_USER="me", REGISTRY_PASSWORD="secret")
        self.assertEqual(done[0], 0, done[2])
        self.assertEqual([line.split()[0] for line in log[:3]], ["skopeo", "helm", "cosign"])
        self.assertNotIn("secret", " ".join(log))  # a process' arguments are seen by all

    def test_no_digest(self):
        done, _ = self.push(helm_says="Pushed")
        self.assertEqual((done[0], done[2]), (1, "release: helm told no digest of the chart\n"))


def jobs():
    for path in WORKFLOWS:
        for name, job in yaml.safe_load(path.read_text())["jobs"].items():
            yield f"{path.name}: {name}", job


def commands():
    """(where, text) of all that workflows run."""
    for where, job in jobs():
        for step in job["steps"]:
            if "run" in step:
                yield where, step["run"]
        for row in job.get("strategy", {}).get("matrix", {}).get("check", []):
            yield where, row["run"]


class Workflows(unittest.TestCase):
    def test_there_are_some(self):
        self.assertEqual([p.name for p in WORKFLOWS], ["ci.yml", "codeql.yml", "release.yml"])
        self.assertGreater(len(list(commands())), 20)

    def test_what_they_call_is_there(self):
        known = set(re.findall(r"^cmd_(\w+)\(\)", (ROOT / "dev").read_text(), re.M))
        presets = (ROOT / "CMakePresets.json").read_text()
        for where, text in commands():
            for name in re.findall(r"\./dev (\w+)", text):
                self.assertIn(name, known, where)
            for preset in re.findall(r"--preset (\w+)|\./dev build (\w+)", text):
                self.assertIn(f'"name": "{"".join(preset)}"', presets, where)
            for path in re.findall(r"(?<![\w/$}-])((?:packaging|tests|charts|\.ci)/[\w./-]+)", text):
                self.assertTrue((ROOT / path).exists(), f"{where}: {path}")
            for path in re.findall(r"^\s*((?:packaging|\.ci)/[\w./-]+)", text, re.M):
                self.assertTrue((ROOT / path).stat().st_mode & stat.S_IXUSR, f"{where}: {path} cannot be executed")

    def test_they_do_all_that_the_local_check_does(self):
        local = set(re.findall(r"^step (\w+) ", (ROOT / ".ci" / "run").read_text(), re.M))
        ci = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text())["jobs"]
        checks = {row["name"] for row in ci["check"]["strategy"]["matrix"]["check"]}
        self.assertEqual(local - {"test", "clang"}, checks - {"examples"})
        self.assertEqual(set(ci["test"]["strategy"]["matrix"]["compiler"]), {"gcc", "clang"})

    def test_no_more_rights_than_needed(self):
        for path in WORKFLOWS:
            self.assertEqual(yaml.safe_load(path.read_text())["permissions"], {"contents": "read"}, path.name)
        writes = {where: {k for k, v in job["permissions"].items() if v == "write"} for where, job in jobs() if "permissions" in job}
        self.assertEqual(writes, {"codeql.yml: analyze": {"security-events"},
                                  "release.yml: publish": {"attestations", "contents", "id-token", "packages"}})

    def test_each_job_ends(self):
        for where, job in jobs():
            self.assertIn("timeout-minutes", job, where)

    def test_actions_are_pinned(self):
        pins = {}
        for path in WORKFLOWS:
            for action, version in re.findall(r"uses: (\S+)(.*)", path.read_text()):
                name, _, commit = action.partition("@")
                self.assertRegex(commit, r"^[0-9a-f]{40}$", action)
                self.assertRegex(version, r"^ # v\d+\.\d+\.\d+$", action)
                repository = "/".join(name.split("/")[:2])
                self.assertEqual(pins.setdefault(repository, (commit, version)), (commit, version), name)
        self.assertGreater(len(pins), 5)

    def test_nothing_of_an_event_is_put_into_a_script(self):
        """A branch or a title may hold anything; only a matrix, which stands in the file, is put in."""
        for where, text in commands():
            self.assertEqual([e for e in re.findall(r"\$\{\{\s*([\w.]+)", text) if not e.startswith("matrix.")], [], where)

    def test_dependabot_knows_every_module(self):
        updates = yaml.safe_load((ROOT / ".github" / "dependabot.yml").read_text())["updates"]
        go = next(u for u in updates if u["package-ecosystem"] == "gomod")
        modules = {"/" + str(p.parent.relative_to(ROOT)) for p in (ROOT / "tests").rglob("go.mod")}
        self.assertEqual(set(go["directories"]), modules)
        self.assertEqual({u["package-ecosystem"] for u in updates}, {"gomod", "github-actions"})

    def test_issue_forms(self):
        for path in (ROOT / ".github" / "ISSUE_TEMPLATE").glob("*_*.yml"):
            form = yaml.safe_load(path.read_text())
            self.assertLessEqual({"name", "description", "body"}, set(form), path.name)
            ids = [part["id"] for part in form["body"] if part["type"] != "markdown"]
            self.assertEqual(len(ids), len(set(ids)))


if __name__ == "__main__":
    unittest.main()
