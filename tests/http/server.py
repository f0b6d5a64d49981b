"""The real server in a process of its own, and HTTP over raw sockets, so that a test sends exactly what it means to."""
import json
import os
import queue
import signal
import socket
import subprocess
import threading
import time
import unittest

PROGRAM = os.environ["FLAME_OPERATOR"]
PATIENCE = 60  # seconds until a test gives up waiting for a condition
SYNC = "/flamecluster/sync"
PARENT = {
    "apiVersion": "flame.xflops.io/v1alpha1",
    "kind": "FlameCluster",
    "metadata": {"name": "my-flame", "namespace": "default", "generation": 1, "uid": "1"},
    "spec": {"sessionManager": {"image": "sm:1"}, "executorManager": {"image": "em:1", "replicas": 1},
             "objectCache": {}},
}
BODY = json.dumps({"controller": {}, "parent": PARENT, "children": {}, "finalizing": False}).encode()


def wait_until(condition, what):
    """Poll a condition of another process; there is nothing to block on."""
    end = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > end:
            raise AssertionError("waited in vain until " + what)
        time.sleep(0.01)


class Server:
    def __init__(self, *flags, delay="0s"):
        argv = [PROGRAM, "serve", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0", "--drain-delay", delay]
        self.process = subprocess.Popen([*argv, *flags], stderr=subprocess.PIPE, stdout=subprocess.DEVNULL)
        self.pid = self.process.pid
        self.lines = queue.Queue()
        self.log = []
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()
        start = self.wait_log("listening")
        self.port = int(start["listen"].rsplit(":", 1)[1])
        self.admin = int(start["adminListen"].rsplit(":", 1)[1])

    def _read(self):
        for line in self.process.stderr:
            self.lines.put(line)
        self.process.stderr.close()
        self.lines.put(None)

    def wait_log(self, message, **fields):
        """The next line of the log with this message and these fields; every line must be JSON."""
        while True:
            try:
                line = self.lines.get(timeout=PATIENCE)
            except queue.Empty:
                raise AssertionError(f"waited in vain for {message!r} {fields} in the log: {self.log[-20:]}") from None
            if line is None:
                raise AssertionError(f"the log ended without {message!r}: {self.log}")
            if not line.startswith(b"{"):
                raise AssertionError(f"the server says {line.decode()}{self._rest()}")
            entry = json.loads(line)
            self.log.append(entry)
            if entry["msg"] == message and all(entry.get(k) == v for k, v in fields.items()):
                return entry

    def _rest(self):
        """All that it says until it ends: a sanitizer's report, or why it did not start."""
        self.reader.join(PATIENCE)
        return b"".join(line for line in iter(lambda: self.lines.get() if self.lines.qsize() else None, None)).decode()

    def has_logged(self, message):
        """Did this message come since the last look? Does not wait."""
        found = False
        while not self.lines.empty():
            line = self.lines.get()
            if line is not None:
                self.log.append(json.loads(line))
                found |= self.log[-1]["msg"] == message
        return found

    def signal(self, number=signal.SIGTERM):
        os.kill(self.pid, number)

    def wait(self):
        return self.process.wait(timeout=PATIENCE)

    def stop(self):
        """End it and insist on a good end."""
        if self.process.poll() is None:
            self.signal(signal.SIGINT)
        code = self.wait()
        if code != 0:
            raise AssertionError(f"the server ended with {code}: {self.log}\n{self._rest()}")

    def connect(self, port=None):
        return Client(port or self.port)

    def call(self, *args, port=None, **kwargs):
        with self.connect(port) as client:
            return client.call(*args, **kwargs)

    def settled(self):
        """A request that is answered with the same bytes at any time: without a status, as in BODY, the conditions
        that are new in the answer hold the time of the call."""
        status = self.call("POST", SYNC, BODY).json()["status"]
        return json.dumps({**json.loads(BODY), "parent": {**PARENT, "status": status}}).encode()

    def metric(self, name):
        """The value of a series in /metrics, 0 when it is not there."""
        text = self.call("GET", "/metrics", port=self.admin).body.decode()
        for line in text.splitlines():
            if line.startswith(name + " "):
                return float(line.rsplit(" ", 1)[1])
        return 0.0


class Answer:
    def __init__(self, status, reason, headers, body):
        self.status, self.reason, self.headers, self.body = status, reason, headers, body

    def json(self):
        return json.loads(self.body)


class Client:
    """One connection. Answers are read to their end and not a byte further."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.rest = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)

    def _more(self):
        data = self.socket.recv(65536)
        self.rest += data
        return bool(data)

    def answer(self, has_body=True):
        while b"\r\n\r\n" not in self.rest:
            if not self._more():
                raise ConnectionError(f"closed after {self.rest!r}")
        head, self.rest = self.rest.split(b"\r\n\r\n", 1)
        lines = head.decode().split("\r\n")
        version, status, reason = lines[0].split(" ", 2)
        assert version == "HTTP/1.1", lines[0]
        headers = {}
        for line in lines[1:]:
            name, value = line.split(": ", 1)
            assert name.lower() not in headers, f"{name} stands twice"
            headers[name.lower()] = value
        length = int(headers.get("content-length", 0)) if has_body else 0
        while len(self.rest) < length:
            if not self._more():
                raise ConnectionError(f"closed after {len(self.rest)} of {length} bytes")
        body, self.rest = self.rest[:length], self.rest[length:]
        return Answer(int(status), reason, headers, body)

    def call(self, method, path, body=None, headers=None):
        self.send(request(method, path, body, headers))
        return self.answer(has_body=method != "HEAD")

    def is_closed(self):
        """Blocks until the server closes; a byte that it sends instead is a failure."""
        try:
            data = self.rest + self.socket.recv(1)
        except ConnectionResetError:
            return True
        assert data == b"", f"the server sent {data!r}"
        return True


def request(method, path, body=None, headers=None):
    """A request's bytes. Headers that are given take the place of the usual ones; None leaves one out."""
    all_headers = {"Host": "127.0.0.1"}
    if body is not None:
        all_headers.update({"Content-Type": "application/json", "Content-Length": str(len(body))})
    all_headers.update(headers or {})
    lines = [f"{method} {path} HTTP/1.1"] + [f"{k}: {v}" for k, v in all_headers.items() if v is not None]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + (body or b"")


def chunked(*chunks):
    return b"".join(b"%x\r\n%s\r\n" % (len(c), c) for c in chunks) + b"0\r\n\r\n"


class Case(unittest.TestCase):
    """A class of tests on one server, started with FLAGS."""
    FLAGS = ()

    @classmethod
    def setUpClass(cls):
        cls.server = Server(*cls.FLAGS)

    @classmethod
    def tearDownClass(cls):
        cls.server.stop()

    def assert_refused(self, answer, status, kind, path=""):
        """The refusal itself: status, JSON body, kind and path."""
        self.assertEqual(answer.status, status, answer.body)
        self.assertEqual(answer.headers["content-type"], "application/json")
        error = answer.json()["error"]
        self.assertEqual(sorted(error), ["kind", "message", "path"])
        self.assertEqual((error["kind"], error["path"]), (kind, path), error)
        self.assertNotEqual(error["message"], "")
        return error["message"]

    def assert_synced(self, answer):
        self.assertEqual(answer.status, 200, answer.body)
        self.assertIn("children", answer.json())
