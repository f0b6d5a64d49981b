"""The chart's HAProxy for real: its configuration is taken out of the rendered chart, and runs in front of the real server, which
runs with the rendered flags. Ports and paths are replaced, each where it must stand. The certificates are made by the commands of
docs/guide/tls.md."""
import functools
import os
import signal
import socket
import ssl
import subprocess
import sys
import threading
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests" / "docs"), str(ROOT / "tests" / "http")]
from blocks import blocks  # noqa: E402
from server import PATIENCE, Client, wait_until  # noqa: E402

HOST = "flame-operator.flame-system.svc"
HAPROXY = os.environ.get("HAPROXY", "haproxy")
TLS = ("tls.enabled=true", "tls.secretName=flame-operator-tls")
MUTUAL = (*TLS, "tls.clientAuth.enabled=true", "tls.clientAuth.secretName=metacontroller-tls")
GUIDE = ROOT / "docs" / "guide" / "tls.md"


@functools.cache
def run_helm(*settings):
    argv = [os.environ["HELM"], "template", "flame-operator", str(ROOT / "charts" / "flame-operator"), "--namespace", "flame-system",
            "--kube-version", "1.33.0"]
    for setting in settings:
        argv += ["--set-json" if setting.endswith("=[]") else "--set", setting]
    return subprocess.run(argv, capture_output=True, text=True, check=False)


def render(*settings):
    """The chart's objects with these values."""
    done = run_helm(*settings)
    if done.returncode != 0:
        raise AssertionError(done.stderr)
    return [one for one in yaml.safe_load_all(done.stdout) if one]


def find(objects, kind, name):
    [found] = [one for one in objects if one["kind"] == kind and one["metadata"]["name"] == name]
    return found


def config_of(objects):
    return find(objects, "ConfigMap", "flame-operator-haproxy")["data"]["haproxy.cfg"]


def containers(objects):
    return {one["name"]: one for one in find(objects, "Deployment", "flame-operator")["spec"]["template"]["spec"]["containers"]}


def replace(text, old, new, count=1):
    if text.count(old) != count:
        raise AssertionError(f"{old!r} stands {text.count(old)} times, not {count}, in:\n{text}")
    return text.replace(old, new)


def guide_commands():
    """The commands of the guide that make certificates."""
    [block] = [one for one in blocks(GUIDE.read_text()) if one.language == "sh" and "openssl req -x509" in one.body]
    return block.body


class Certificates:
    """A folder as the guide's reader has it, and strangers beside it."""

    def __init__(self, path):
        self.path = Path(path)
        self.openssl(guide_commands())
        self.openssl('openssl req -new -key client.key -subj "/CN=metacontroller-2" -out s.csr; cp client.key stranger.key;'
                     "openssl x509 -req -in s.csr -CA ca.crt -CAkey ca.key -days 1 -out stranger.crt")
        (self.path / "other").mkdir()
        self.openssl(guide_commands(), "other")

    def openssl(self, commands, folder="."):
        subprocess.run(["bash", "-euo", "pipefail", "-c", commands], cwd=self.path / folder, check=True, capture_output=True)

    def mount(self, folder="."):
        """The volumes of the Pod, by the paths that the chart gives the keys of Secrets."""
        base, source = self.path / "volumes", self.path / folder
        for name in ("tls", "clients"):
            (base / name).mkdir(parents=True, exist_ok=True)
        secret = {"tls.crt": source / "server.crt", "tls.key": source / "server.key", "ca.crt": source / "ca.crt"}
        spec = find(render(*MUTUAL), "Deployment", "flame-operator")["spec"]["template"]["spec"]
        for volume, mount in (("tls", "tls"), ("tls-clients", "clients")):
            [items] = [one["secret"]["items"] for one in spec["volumes"] if one["name"] == volume]
            for item in items:
                (base / mount / item["path"]).write_bytes(secret[item["key"]].read_bytes())
        return base

    def client(self, name="client", folder="."):
        """What a client needs to call the server; None as name: no certificate of its own."""
        context = ssl.create_default_context(cafile=self.path / "ca.crt")
        if name is not None:
            context.load_cert_chain(self.path / folder / f"{name}.crt", self.path / folder / f"{name}.key")
        return context


class TlsClient(Client):
    def __init__(self, port, context):
        super().__init__(port)
        self.socket = context.wrap_socket(self.socket, server_hostname=HOST)


class Haproxy:
    """The proxy in front of a server, with what the chart renders for these values. It is given its sockets: a port that is only known to
    be free may be anybody's when HAProxy asks for it."""

    def __init__(self, certificates, server_port, *settings):
        sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
        self.port, self.health = (one.getsockname()[1] for one in sockets)
        text = config_of(render(*settings))
        text = replace(text, "bind :8443 ", f"bind fd@{sockets[0].fileno()} ")
        text = replace(text, "bind :8444", f"bind fd@{sockets[1].fileno()}")
        text = replace(text, "127.0.0.1:8080", f"127.0.0.1:{server_port}")
        text = text.replace("/etc/haproxy/", f"{certificates.mount()}/")
        self.file = certificates.path / f"haproxy-{self.port}.cfg"
        self.file.write_text(text)
        command = containers(render(*settings))["haproxy"]["command"]
        self.process = subprocess.Popen([HAPROXY, *command[1:-1], str(self.file)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                        pass_fds=[one.fileno() for one in sockets])
        for one in sockets:
            one.close()
        self.lines = []
        self.reader = threading.Thread(target=lambda: self.lines.extend(self.process.stdout), daemon=True)
        self.reader.start()
        wait_until(self.is_healthy, "HAProxy runs")

    def is_healthy(self):
        if self.process.poll() is not None:
            self.reader.join(timeout=PATIENCE)
            raise AssertionError("HAProxy ended: " + "".join(self.lines))
        try:
            with Client(self.health) as client:
                return client.call("GET", "/healthz").status == 200
        except ConnectionError:
            return False

    def connections(self, server_port):
        """How many connections it holds to the server. The kernel's list is no picture of one moment: one that is closed while it is read may
        stand beside the one that came after it. Those of two lists were there together between the two."""
        remote = f"0100007F:{server_port:04X}"

        def listed():
            rows = [line.split() for line in Path(f"/proc/{self.process.pid}/net/tcp").read_text().splitlines()[1:]]
            return {(row[1], row[9]) for row in rows if row[2] == remote and row[3] == "01"}
        return len(listed() & listed())

    def signal(self, number):
        os.kill(self.process.pid, number)

    def end(self):
        code = self.process.wait(timeout=PATIENCE)
        self.reader.join(timeout=PATIENCE)
        return code

    def stop(self):
        if self.process.poll() is None:
            self.signal(signal.SIGTERM)
            self.end()
        self.process.stdout.close()
