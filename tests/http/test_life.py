"""Starting, serving beside others, and ending."""
import os
import signal
import subprocess
import tempfile
import unittest

from server import BODY, PATIENCE, PROGRAM, SYNC, Case, Server, request, wait_until


def half(body):
    return request("POST", SYNC, b"", {"Content-Length": str(len(body))}) + body[:10]


def open_files(pid):
    """What a process has open; a connection that ends while its number is looked up is not."""
    found = []
    for fd in os.listdir(f"/proc/{pid}/fd"):
        try:
            found.append(os.readlink(f"/proc/{pid}/fd/{fd}"))
        except FileNotFoundError:
            pass
    return found


class Admin(Case):
    def test_probes(self):
        for path in ("/healthz", "/readyz"):
            answer = self.server.call("GET", path, port=self.server.admin)
            self.assertEqual((answer.status, answer.body), (200, b"ok\n"))
            self.assertEqual(answer.headers["content-type"], "text/plain")

    def test_nothing_else(self):
        for method, path, status, kind in (
                ("GET", "/", 404, "notFound"), ("POST", SYNC, 404, "notFound"), ("GET", "/etc/passwd", 404, "notFound"),
                ("POST", "/metrics", 405, "methodNotAllowed"), ("PUT", "/healthz", 405, "methodNotAllowed")):
            with self.subTest(method=method, path=path):
                answer = self.server.call(method, path, b"{}" if method != "GET" else None, port=self.server.admin)
                self.assert_refused(answer, status, kind)

    def test_a_body_is_thrown_away(self):
        with self.server.connect(self.server.admin) as client:
            for body in (b"", b"x" * 1000, b"x" * 20000):
                self.assertEqual(client.call("GET", "/healthz", body).status, 200)


class Two(unittest.TestCase):
    def test_two_servers(self):
        one, two = Server(), Server()
        self.addCleanup(two.stop)
        self.addCleanup(one.stop)
        self.assertEqual(len({one.port, one.admin, two.port, two.admin}), 4)
        body = one.settled()
        first, second = one.call("POST", SYNC, body), two.call("POST", SYNC, body)
        self.assertEqual((first.status, first.body, first.headers["etag"]),
                         (second.status, second.body, second.headers["etag"]))

    def test_an_address_that_is_taken(self):
        one = Server()
        self.addCleanup(one.stop)
        for flag, other in (("--listen", "--admin-listen"), ("--admin-listen", "--listen")):
            with self.subTest(flag=flag):
                done = subprocess.run([PROGRAM, "serve", flag, f"127.0.0.1:{one.port}", other, "127.0.0.1:0"],
                                      capture_output=True, text=True, timeout=PATIENCE, check=False)
                self.assertEqual(done.returncode, 5)
                self.assertRegex(done.stderr, rf"cannot listen on 127\.0\.0\.1:{one.port}: .*Address already in use")


class Flags(unittest.TestCase):
    def serve(self, *flags):
        return subprocess.run([PROGRAM, "serve", *flags], capture_output=True, text=True, timeout=PATIENCE, check=False)

    def test_mistakes_are_one_line_and_exit_2(self):
        for flags, word in (
                (["--listen", "nonsense"], "--listen"), (["--listen", "127.0.0.1:99999"], "--listen"),
                (["--listen", "127.0.0.1:80s"], "--listen"), (["--admin-listen", "x"], "--admin-listen"),
                (["--threads", "0"], "--threads"), (["--threads", "x"], "--threads"),
                (["--max-body", "1KB"], "--max-body"), (["--max-body", "-1"], "--max-body"),
                (["--max-inflight", "0"], "--max-inflight"), (["--max-inflight-bytes", "64Mi"], "--max-body, is \"64Mi\""),
                (["--max-body", "0"], "from 1Ki to 2047Mi"), (["--request-timeout", "0s"], "from 10ms to 10m"),
                (["--admin-listen", "127.0.0.1:65536"], "a port from 0 to 65535"),
                (["--request-timeout", "10"], "--request-timeout"), (["--drain-delay", "x"], "--drain-delay"),
                (["--log-level", "loud"], "--log-level"), (["--log-format", "xml"], "--log-format"),
                (["--auth-token-file", ""], "--auth-token-file"), (["--nonsense"], "--nonsense"), (["operand"], "operand")):
            with self.subTest(flags=flags):
                done = self.serve(*flags)
                self.assertEqual(done.returncode, 2)
                self.assertEqual(done.stdout, "")
                self.assertRegex(done.stderr, r"^flame-operator: serve: .*\n\Z")
                self.assertIn(word, done.stderr)

    def test_bad_token_files(self):
        with tempfile.NamedTemporaryFile() as file:
            for content in (b"", b" \n", b"two words", b"x" * 5000, b"caf\xc3\xa9", b"\0"):
                with self.subTest(content=content[:10]):
                    file.seek(0)
                    file.truncate()
                    file.write(content)
                    file.flush()
                    done = self.serve("--auth-token-file", file.name, "--listen", "127.0.0.1:0")
                    self.assertEqual(done.returncode, 3)
                    self.assertIn(file.name, done.stderr)
        done = self.serve("--auth-token-file", "/nonexistent/token", "--listen", "127.0.0.1:0")
        self.assertEqual(done.returncode, 3)
        self.assertIn("/nonexistent/token: the token cannot be read: No such file or directory", done.stderr)

    def test_help(self):
        done = self.serve("--help")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        for flag in ("--listen", "--admin-listen", "--threads", "--max-body", "--max-inflight", "--max-inflight-bytes",
                     "--request-timeout", "--drain-delay", "--auth-token-file", "--log-level", "--log-format"):
            self.assertIn(flag, done.stdout)

    def first_line(self, address):
        argv = [PROGRAM, "serve", "--listen", address, "--admin-listen", address, "--log-format", "text"]
        with subprocess.Popen(argv, stderr=subprocess.PIPE, text=True) as process:
            line = process.stderr.readline()
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=PATIENCE)
        return process.returncode, line

    def test_text_log(self):
        code, line = self.first_line("127.0.0.1:0")
        self.assertEqual(code, 0)
        self.assertRegex(line, r"Z info  listening .*listen=127\.0\.0\.1:[1-9]\d* adminListen=127\.0\.0\.1:[1-9]\d* ")

    def test_ipv6(self):
        """Served, or refused with the reason: it depends on how civetweb was built."""
        code, line = self.first_line("[::1]:0")
        if code == 5:
            self.assertRegex(line, r"cannot listen on \[::1\]:0: (this civetweb was built without IPv6|.*address)")
        else:
            self.assertEqual(code, 0)
            self.assertRegex(line, r"listen=\[::1\]:[1-9]\d* adminListen=\[::1\]:[1-9]\d* ")


@unittest.skipIf(os.environ.get("HK_SANITIZE"), "a sanitizer's memory is not the program's")
class Memory(unittest.TestCase):
    """What is promised: idle about 4 MB, at most the body and 6 MB at the peak, and all given back. Strict is what is said of the memory of
    its own. The rest are pages of programs and libraries, which all processes share: the kernel maps as many around those in use as it likes."""
    SHARED = 4096

    def kib(self, server, file, key):
        with open(f"/proc/{server.pid}/{file}") as lines:
            return next(int(line.split()[1]) for line in lines if line.startswith(key + ":"))

    def own(self, server):
        return self.kib(server, "smaps_rollup", "Anonymous")  # counted page by page; status is only about right

    def test_memory(self):
        server = Server()
        self.addCleanup(server.stop)
        self.assertEqual(server.call("POST", SYNC, BODY).status, 200)
        idle = self.own(server)
        self.assertLess(idle, 2048)
        self.assertLess(self.kib(server, "smaps_rollup", "Rss"), 2048 + self.SHARED)
        body = BODY + b" " * 9400000
        with server.connect() as client:  # on two connections, two bodies could be there for a moment
            for _ in range(10):
                self.assertEqual(client.call("POST", SYNC, body).status, 200)
        self.assertLess(self.kib(server, "status", "VmHWM"), (len(body) >> 10) + 2048 + self.SHARED)
        wait_until(lambda: self.own(server) < idle + 512, "the memory is given back")


class Ending(unittest.TestCase):
    def test_drain_with_a_request_in_flight(self):
        server = Server(delay="0s")
        self.addCleanup(server.stop)
        with server.connect() as busy:
            busy.send(half(BODY))
            wait_until(lambda: server.metric("hook_requests_in_flight") == 1, "it is in flight")
            server.signal(signal.SIGTERM)
            self.assertEqual(server.wait_log("draining")["inFlight"], 1)
            ready = server.call("GET", "/readyz", port=server.admin)
            self.assertEqual((ready.status, ready.body), (503, b"shutting down\n"))
            self.assertEqual(server.call("GET", "/healthz", port=server.admin).status, 200)
            busy.send(BODY[10:])
            answer = busy.answer()
            self.assertEqual(answer.status, 200)
            self.assertIn("children", answer.json())
            self.assertEqual(answer.headers["connection"], "close")
        self.assertEqual(server.wait(), 0)
        server.wait_log("stopped")

    def test_served_on_during_the_delay(self):
        server = Server(delay="10m")
        self.addCleanup(server.stop)
        with server.connect() as old:
            self.assertEqual(old.call("POST", SYNC, BODY).status, 200)
            server.signal(signal.SIGTERM)
            self.assertEqual(server.wait_log("draining")["delayMs"], 600000)
            answer = old.call("POST", SYNC, BODY)
            self.assertEqual((answer.status, answer.headers["connection"]), (200, "close"))
        self.assertEqual(server.call("POST", SYNC, BODY).status, 200)
        self.assertEqual(server.call("GET", "/readyz", port=server.admin).status, 503)
        self.assertEqual(server.metric("hook_ready"), 0)
        server.signal(signal.SIGTERM)  # the second one skips the rest of the delay
        self.assertEqual(server.wait(), 0)

    def test_interrupt_does_not_wait(self):
        server = Server(delay="10m")
        self.addCleanup(server.stop)
        server.signal(signal.SIGINT)
        self.assertEqual(server.wait_log("draining")["delayMs"], 0)
        self.assertEqual(server.wait(), 0)

    def test_a_stuck_client_does_not_hold_the_end_up(self):
        # as long as a loaded machine takes to get from the first byte to the signal
        server = Server("--request-timeout", "5s", delay="0s")
        self.addCleanup(server.stop)
        with server.connect() as stuck, server.connect():
            stuck.send(half(BODY))
            wait_until(lambda: server.metric("hook_requests_in_flight") == 1, "it is in flight")
            server.signal(signal.SIGTERM)
            self.assertEqual(server.wait(), 0)

    def test_it_holds_few_files(self):
        server = Server()
        self.addCleanup(server.stop)
        self.assertEqual(server.call("POST", SYNC, BODY).status, 200)
        files = [k for k in open_files(server.pid) if k.startswith("/") and not k.startswith("/dev/")]
        self.assertEqual(files, [])


if __name__ == "__main__":
    unittest.main()
