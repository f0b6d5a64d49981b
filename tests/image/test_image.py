"""The image, unpacked and run: what is in it, that it answers as the native program does, and that a second build gives the same bytes.

IMAGE_DIR: what ./dev image wrote; IMAGE_AGAIN: the same from another source folder; FLAME_OPERATOR: the native program. Needs root."""
import hashlib
import http.client
import json
import os
import pathlib
import re
import select
import shutil
import signal
import stat
import subprocess
import tarfile
import tempfile
import time
import unittest

SOURCE = pathlib.Path(__file__).resolve().parents[2]
IMAGE, AGAIN = pathlib.Path(os.environ["IMAGE_DIR"]), pathlib.Path(os.environ["IMAGE_AGAIN"])
NATIVE = os.environ["FLAME_OPERATOR"]
VERSION = re.search(r"flame-operator VERSION ([0-9.]+)", (SOURCE / "CMakeLists.txt").read_text()).group(1)
ARCHITECTURES = {"amd64": "x86_64", "arm64": "aarch64"}
LARGEST = 12_000_000
PATIENCE = 600  # seconds; what is emulated takes its time
REQUEST = (SOURCE / "tests/fixtures/sync/first/request.json").read_bytes()
NOW = "2026-11-21T05:49:46Z"
MACHINE = os.uname().machine


def archive(arch=None):
    return IMAGE / (f"flame-operator-{VERSION}-{arch}.tar" if arch else f"flame-operator-{VERSION}.tar")


def run(*argv, **kwargs):
    done = subprocess.run([str(a) for a in argv], capture_output=True, timeout=PATIENCE, **kwargs)
    if done.returncode:
        raise AssertionError(f"{argv}: {done.returncode}\n{done.stdout.decode()}{done.stderr.decode()}")
    return done.stdout


def blobs(path):
    """{digest: bytes} and the index of a layout in a tar."""
    with tarfile.open(path) as tar:
        files = {member.name: tar.extractfile(member).read() for member in tar if member.isfile()}
    return {name.removeprefix("blobs/sha256/"): data for name, data in files.items() if "/" in name}, files


def untimed(answer):
    return re.sub(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", b"TIME", answer)


class Unpacked:
    """An image as a container engine unpacks it."""

    def __init__(self, arch, folder):
        self.arch, self.folder = arch, pathlib.Path(folder)
        layout = self.folder / "layout"
        layout.mkdir()
        run("tar", "-C", layout, "-xf", archive(arch))
        run("umoci", "unpack", "--image", f"{layout}:{VERSION}", self.folder / "bundle")
        self.root = self.folder / "bundle/rootfs"
        self.config = json.loads((self.folder / "bundle/config.json").read_text())["process"]
        self.emulator = []

    def emulate(self):
        """Where the machine is another one, a static emulator is laid beside the image's files, and called by name."""
        if MACHINE != ARCHITECTURES[self.arch]:
            name = f"qemu-{ARCHITECTURES[self.arch]}-static"
            shutil.copy(shutil.which(name), self.root / name)
            self.emulator = ["/" + name]

    def argv(self, *words):
        """In the image alone, as its user, and nothing can be written: a mount namespace of its own makes the root read-only."""
        inside = ["chroot", "--userspec=65532:65532", "--groups=", str(self.root), *self.emulator, "/usr/bin/flame-operator", *words]
        mount = 'mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" && exec "$@"'
        return ["unshare", "--mount", "sh", "-c", mount, str(self.root), *inside]

    def run(self, *words, **kwargs):
        return run(*self.argv(*words), **kwargs)


class Server:
    def __init__(self, argv):
        flags = ["serve", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0", "--drain-delay", "200ms", "--log-format", "json"]
        self.started = time.monotonic()
        self.process = subprocess.Popen([*argv, *flags], stderr=subprocess.PIPE, env={})
        if not select.select([self.process.stderr], [], [], PATIENCE)[0]:
            raise AssertionError("it says nothing")
        line = self.process.stderr.readline()
        if not line.startswith(b"{"):
            raise AssertionError(line.decode() + self.process.stderr.read().decode())
        self.seconds = time.monotonic() - self.started
        said = json.loads(line)
        self.hooks, self.admin = said["listen"], said["adminListen"]

    def ask(self, address, method, path, body=None):
        connection = http.client.HTTPConnection(address, timeout=PATIENCE)
        try:
            connection.request(method, path, body, {"Content-Type": "application/json"} if body else {})
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(PATIENCE)
        finally:
            self.process.stderr.close()


class Archives(unittest.TestCase):
    def test_a_second_build_gives_the_same_bytes(self):
        self.assertNotEqual(IMAGE.resolve(), AGAIN.resolve())
        sums = (IMAGE / "SHA256SUMS").read_text()
        self.assertEqual(sums, (AGAIN / "SHA256SUMS").read_text())
        for line in sums.splitlines():
            digest, name = line.split("  ")
            self.assertEqual(hashlib.sha256((IMAGE / name).read_bytes()).hexdigest(), digest, name)
        self.assertEqual(len(sums.splitlines()), 1 + 2 * len(ARCHITECTURES))

    def test_blobs_are_what_their_names_say(self):
        for arch in [None, *ARCHITECTURES]:
            found, _ = blobs(archive(arch))
            self.assertGreaterEqual(len(found), 3)
            for name, data in found.items():
                self.assertEqual(hashlib.sha256(data).hexdigest(), name)

    def test_small(self):
        for arch in ARCHITECTURES:
            self.assertLess(archive(arch).stat().st_size, LARGEST)

    def test_skopeo_reads_each(self):
        for arch in ARCHITECTURES:
            for name in f"oci-archive:{archive(arch)}:{VERSION}", f"oci-archive:{archive()}:{VERSION}", f"docker-archive:{archive(arch)}":
                with self.subTest(name):
                    said = json.loads(run("skopeo", "inspect", "--override-arch", arch, "--override-os", "linux", name))
                    self.assertEqual((said["Architecture"], said["Os"], len(said["Layers"])), (arch, "linux", 1))
                    self.assertEqual(said["Labels"]["org.opencontainers.image.version"], VERSION)

    def test_skopeo_copies_all_architectures(self):
        with tempfile.TemporaryDirectory() as folder:
            run("skopeo", "copy", "--all", f"oci-archive:{archive()}:{VERSION}", f"oci:{folder}/copy:{VERSION}")
            raw = json.loads(run("skopeo", "inspect", "--raw", f"oci:{folder}/copy:{VERSION}"))
            self.assertEqual([m["platform"]["architecture"] for m in raw["manifests"]], list(ARCHITECTURES))

    def test_the_containerfile_says_the_same(self):
        text = re.sub(r"\\\n\s*", "", (SOURCE / "packaging/image/Containerfile").read_text()).split("FROM scratch")[1]
        config = json.loads(run("skopeo", "inspect", "--config", f"oci-archive:{archive('amd64')}:{VERSION}"))["config"]
        for name, value in re.findall(r'(org\.opencontainers\.[a-z.]+)=("[^"]*"|\S+)', text):
            if value != "$COMMIT":
                self.assertEqual(config["Labels"][name], value.strip('"'), name)
        for line in (f"USER {config['User']}", f"EXPOSE {' '.join(p.split('/')[0] for p in config['ExposedPorts'])}",
                     f"STOPSIGNAL {config['StopSignal']}", f"ENTRYPOINT {json.dumps(config['Entrypoint'])}",
                     f"CMD {json.dumps(config['Cmd'])}", f"ENV {config['Env'][0]}"):
            self.assertIn(line + "\n", text)

    def test_config(self):
        commit = run("git", "-C", SOURCE, "rev-parse", "HEAD").decode().strip()
        for arch in ARCHITECTURES:
            config = json.loads(run("skopeo", "inspect", "--config", f"oci-archive:{archive(arch)}:{VERSION}"))
            self.assertEqual(config["architecture"], arch)
            inner = config["config"]
            self.assertEqual((inner["User"], inner["Entrypoint"], inner["Cmd"], inner["StopSignal"]),
                             ("65532:65532", ["/usr/bin/flame-operator"], ["serve"], "SIGTERM"))
            self.assertEqual(list(inner["ExposedPorts"]), ["8080/tcp", "8081/tcp"])
            self.assertEqual(inner["Labels"]["org.opencontainers.image.revision"], commit)


class Bills(unittest.TestCase):
    """The SBOM names each file and package of the image, and no other."""

    def test_files_and_packages(self):
        for arch in ARCHITECTURES:
            with self.subTest(arch), tempfile.TemporaryDirectory() as folder:
                root = Unpacked(arch, folder).root
                bill = json.loads((IMAGE / f"flame-operator-{VERSION}-{arch}.spdx.json").read_text())
                listed = {entry["fileName"]: {c["algorithm"]: c["checksumValue"] for c in entry["checksums"]} for entry in bill["files"]}
                there = {"./" + str(p.relative_to(root)): p for p in root.rglob("*") if p.is_file() and not p.is_symlink()}
                self.assertEqual(listed.keys(), there.keys())
                for name, path in there.items():
                    self.assertEqual(listed[name]["SHA256"], hashlib.sha256(path.read_bytes()).hexdigest())
                packages = {p["name"]: p for p in bill["packages"]}
                for status in (root / "var/lib/dpkg/status.d").iterdir():
                    version = re.search(r"^Version: (\S+)$", status.read_text(), re.M).group(1)
                    self.assertEqual(packages[status.name]["versionInfo"], version)
                    self.assertNotEqual(packages[status.name]["licenseDeclared"], "NOASSERTION")
                    self.assertIn(f"arch={arch}", packages[status.name]["externalRefs"][0]["referenceLocator"])
                self.assertLessEqual({"libc6", "libcivetweb1", "flame-operator", "libcivetweb-dev", "cmake"}, packages.keys())

    def test_a_validator_finds_nothing(self):
        validator = os.environ.get("SPDX_VALIDATOR")
        if not validator:
            self.skipTest("SKIPPED: spdx-tools could not be installed")
        for arch in ARCHITECTURES:
            run(validator, "-i", IMAGE / f"flame-operator-{VERSION}-{arch}.spdx.json", "--version", "SPDX-2.3")


class Contents(unittest.TestCase):
    """The files that an image consists of."""

    ALLOWED = re.compile(r"etc/(passwd|group|os-release)|usr/bin/flame-operator|(usr/)?lib(64)?/([a-z0-9_-]+-linux-gnu/)?[a-z0-9._-]+\.so\.[0-9]"
                         r"|usr/share/doc/[a-z0-9-]+/copyright|usr/share/common-licenses/[A-Z0-9.a-z-]+|var/lib/dpkg/status\.d/[a-z0-9-]+")

    def test_each(self):
        for arch in ARCHITECTURES:
            with self.subTest(arch), tempfile.TemporaryDirectory() as folder:
                self.check(Unpacked(arch, folder).root)

    def check(self, root):
        programs, libraries = [], []
        for path in root.rglob("*"):
            name, state = str(path.relative_to(root)), path.lstat()
            self.assertFalse(path.is_symlink(), name)
            self.assertEqual((state.st_uid, state.st_gid), (0, 0), name)
            self.assertFalse(state.st_mode & (stat.S_ISUID | stat.S_ISGID | 0o022), name)
            if path.is_dir():
                self.assertTrue(any(path.iterdir()), f"{name} is empty")
                continue
            self.assertRegex(name, rf"\A(?:{self.ALLOWED.pattern})\Z")
            if state.st_mode & 0o111:
                programs.append(path.name)
            if ".so." in name:
                libraries.append(path.name)
        self.assertEqual(len(programs), 2, programs)  # the program and the loader
        self.assertEqual(set(libraries) - set(programs), self.needed(root))
        self.assertNotIn(b"/source/", (root / "usr/bin/flame-operator").read_bytes())

    def needed(self, root):
        """What the program and its libraries name, and no more."""
        files = [root / "usr/bin/flame-operator", *root.rglob("*.so.*")]
        names = re.findall(r"\(NEEDED\).*\[(.*)\]", "".join(run("readelf", "-d", file).decode() for file in files))
        return {name for name in names if not name.startswith("ld-linux")}


class Life(unittest.TestCase):
    def test_each(self):
        for arch in ARCHITECTURES:
            with self.subTest(arch), tempfile.TemporaryDirectory() as folder:
                image = Unpacked(arch, folder)
                image.emulate()
                self.live(image)

    def live(self, image):
        said = image.run("version").decode()
        commit = run("git", "-C", SOURCE, "rev-parse", "--short=12", "HEAD").decode().strip()
        self.assertTrue(said.startswith(f"flame-operator {VERSION}\ncommit: {commit}\n"), said)
        self.assertIn("civetweb: 1.16\n", said)
        native = run(NATIVE, "sync", "--now", NOW, "-", input=REQUEST)
        self.assertEqual(image.run("sync", "--now", NOW, "-", input=REQUEST), native)
        self.assertIn(b": Running, ", image.run("simulate", "-", input=(SOURCE / "examples/minimal.yaml").read_bytes()))
        server = Server(image.argv())
        try:
            self.assertEqual(server.ask(server.admin, "GET", "/healthz")[0], 200)
            self.assertEqual(server.ask(server.admin, "GET", "/readyz")[0], 200)
            status, answer = server.ask(server.hooks, "POST", "/flamecluster/sync", REQUEST)
            self.assertEqual((status, untimed(answer)), (200, untimed(native.rstrip(b"\n"))))
            status, metrics = server.ask(server.admin, "GET", "/metrics")
            self.assertEqual(status, 200)
            self.assertIn(b"hook_requests_total", metrics)
            ids = re.search(r"^Uid:\s+(\d+)\s+(\d+)", pathlib.Path(f"/proc/{server.process.pid}/status").read_text(), re.M).groups()
            self.assertEqual(ids, ("65532", "65532"))
        finally:
            code = server.stop()
        self.assertEqual(code, 0)
        print(f"{image.arch}: the first log line after {server.seconds * 1000:.0f} ms"
              f"{', emulated' if image.emulator else ''}")

    def test_the_root_is_read_only(self):
        arch = next(a for a, machine in ARCHITECTURES.items() if machine == MACHINE)
        with tempfile.TemporaryDirectory() as folder:
            image = Unpacked(arch, folder)
            argv = image.argv()
            done = subprocess.run([*argv[:6], "touch", str(image.root / "x")], capture_output=True, text=True)
            self.assertIn("Read-only file system", done.stderr)


if __name__ == "__main__":
    unittest.main()
