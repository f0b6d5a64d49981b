"""Bounded everything: bodies, requests and bytes in flight, time, heads, connections; and the token."""
import json
import os
import pathlib
import socket
import tempfile
import unittest

from server import BODY, PATIENCE, SYNC, Case, Server, chunked, request, wait_until

FIXTURES = pathlib.Path(__file__).parents[1] / "fixtures"
CHUNKED = {"Transfer-Encoding": "chunked", "Content-Length": None}
IN_FLIGHT = "hook_requests_in_flight"


def half(size=1000):
    """A request whose body does not come."""
    return request("POST", SYNC, b"", {"Content-Length": str(size)}) + b"{"


class BodySize(Case):
    MAX = 100000
    FLAGS = ("--max-body", str(MAX), "--max-inflight-bytes", "1Mi")

    def padded(self, size):
        return BODY + b" " * (size - len(BODY))

    def test_up_to_the_limit(self):
        self.assert_synced(self.server.call("POST", SYNC, self.padded(self.MAX)))
        self.assert_refused(self.server.call("POST", SYNC, self.padded(self.MAX + 1)), 413, "tooLarge")

    def test_chunked_up_to_the_limit(self):
        for size, status in ((self.MAX, 200), (self.MAX + 1, 413), (10 * self.MAX, 413)):
            with self.subTest(size=size), self.server.connect() as client:
                client.send(request("POST", SYNC, b"", CHUNKED) + chunked(self.padded(size)))
                answer = client.answer()
                self.assertEqual(answer.status, status)
                self.assertEqual(answer.headers["connection"], "close")

    def test_judged_by_its_length_before_it_comes(self):
        for size in (self.MAX + 1, 10**12, 10**17):
            with self.subTest(size=size), self.server.connect() as client:
                client.send(request("POST", SYNC, b"", {"Content-Length": str(size)}))
                message = self.assert_refused(client.answer(), 413, "tooLarge")
                self.assertIn(str(size), message)
        self.assert_synced(self.server.call("POST", SYNC, BODY))

    def test_a_length_beyond_all_numbers(self):
        with self.server.connect() as client:
            client.send(request("POST", SYNC, b"", {"Content-Length": "9" * 30}))
            self.assert_refused(client.answer(), 400, "malformed")

    def test_the_answer_survives_a_body_that_comes_anyway(self):
        """Closing on unread data resets the connection, and with it the answer: so some is read."""
        with self.server.connect() as client:
            client.send(request("POST", SYNC, self.padded(20 * self.MAX)))
            self.assert_refused(client.answer(), 413, "tooLarge")
            self.assertTrue(client.is_closed())

    def test_refused_before_100_continue(self):
        with self.server.connect() as client:
            client.send(request("POST", SYNC, b"", {"Expect": "100-continue", "Content-Length": str(self.MAX + 1)}))
            answer = client.answer()
            self.assert_refused(answer, 413, "tooLarge")
            self.assertEqual(answer.headers["connection"], "close")


class InFlight(Case):
    FLAGS = ("--max-inflight", "2", "--threads", "8")

    def test_too_many(self):
        with self.server.connect() as one, self.server.connect() as two, self.server.connect() as three:
            one.send(half(len(BODY)))
            two.send(half(len(BODY)))
            wait_until(lambda: self.server.metric(IN_FLIGHT) == 2, "two are in flight")
            answer = three.call("POST", SYNC, BODY)
            self.assert_refused(answer, 429, "overloaded")
            self.assertEqual(answer.headers["retry-after"], "1")
            one.send(BODY[1:])
            self.assert_synced(one.answer())
            wait_until(lambda: self.server.metric(IN_FLIGHT) == 1, "one is in flight")
            self.assert_synced(three.call("POST", SYNC, BODY))  # on the same connection
        wait_until(lambda: self.server.metric(IN_FLIGHT) == 0, "none is in flight")

    def test_a_limit_that_no_thread_is_left_to_refuse_by(self):
        server = Server("--max-inflight", "8", "--threads", "8")
        self.addCleanup(server.stop)
        self.assertEqual(server.wait_log("the limit of requests in flight is not below the threads: "
                                         "one over it waits instead of being refused")["level"], "warn")

    def test_the_admin_port_does_not_count(self):
        with self.server.connect() as one, self.server.connect() as two:
            one.send(half())
            two.send(half())
            wait_until(lambda: self.server.metric(IN_FLIGHT) == 2, "two are in flight")
            self.assertEqual(self.server.call("GET", "/healthz", port=self.server.admin).status, 200)
        wait_until(lambda: self.server.metric(IN_FLIGHT) == 0, "none is in flight")


class InFlightBytes(Case):
    FLAGS = ("--max-body", "100000", "--max-inflight-bytes", "150000", "--threads", "8")
    BYTES = "hook_request_bytes_in_flight"

    def test_too_many(self):
        with self.server.connect() as one, self.server.connect() as two:
            one.send(half(100000))
            wait_until(lambda: self.server.metric(self.BYTES) == 100000, "a body is in flight")
            self.assert_refused(two.call("POST", SYNC, BODY + b" " * 60000), 429, "overloaded")
            self.assert_synced(two.call("POST", SYNC, BODY))
        wait_until(lambda: self.server.metric(self.BYTES) == 0, "none is in flight")
        self.assert_synced(self.server.call("POST", SYNC, BODY + b" " * 60000))

    def test_too_many_in_chunks(self):
        with self.server.connect() as one, self.server.connect() as two:
            one.send(half(100000))
            wait_until(lambda: self.server.metric(self.BYTES) == 100000, "a body is in flight")
            two.send(request("POST", SYNC, b"", CHUNKED) + chunked(BODY + b" " * 60000))
            self.assert_refused(two.answer(), 429, "overloaded")
        wait_until(lambda: self.server.metric(self.BYTES) == 0, "none is in flight")


class SlowClients(Case):
    # Short, but longer than a loaded machine holds the test up before it sends what it means to.
    FLAGS = ("--request-timeout", "2s", "--threads", "8")

    def drip(self, client, data):
        """Byte by byte, far more often than the time-out, until the server has had enough."""
        client.socket.settimeout(0.05)
        for byte in data:
            try:
                client.send(bytes([byte]))
                if client.socket.recv(65536, socket.MSG_PEEK) is not None:
                    break
            except TimeoutError:
                pass
            except (ConnectionResetError, BrokenPipeError):
                break
        else:
            self.fail("the server waits for ever")
        client.socket.settimeout(PATIENCE)

    def test_slow_head(self):
        with self.server.connect() as client:
            client.send(b"POST /flamecluster/sync HTTP/1.1\r\nHost: x\r\n")
            self.assert_refused(client.answer(), 400, "malformed")
            self.assertTrue(client.is_closed())

    def test_dripping_head(self):
        with self.server.connect() as client:
            self.drip(client, b"POST /flamecluster/sync HTTP/1.1\r\nX-Drip: " + b"x" * 1000)
            self.assert_refused(client.answer(), 400, "malformed")

    def test_slow_body(self):
        with self.server.connect() as client:
            client.send(half())
            try:
                self.assert_refused(client.answer(), 400, "malformed")
            except ConnectionError:
                pass  # cut off
            self.assertTrue(client.is_closed())
        self.server.wait_log("request refused", errorPath="", error="malformed", path=SYNC)

    def test_dripping_body(self):
        with self.server.connect() as client:
            client.send(half())
            self.drip(client, b" " * 999)
            self.assertTrue(client.is_closed())

    def test_dripping_chunks(self):
        with self.server.connect() as client:
            client.send(request("POST", SYNC, b"", CHUNKED))
            self.drip(client, b"1\r\n \r\n" * 200)
            self.assertTrue(client.is_closed())

    def test_dripping_after_a_refusal(self):
        with self.server.connect() as client:
            client.send(request("POST", "/nothing", b"", {"Content-Length": "30000"}))
            self.assert_refused(client.answer(), 404, "notFound")
            self.drip(client, b" " * 1000)

    def test_a_client_that_does_not_take_its_answer(self):
        """An answer that is larger than all buffers on its way is left lying."""
        body = json.loads((FIXTURES / "recorded/dynamic-apply/sync/session-manager-ready/request.json").read_text())
        body["parent"]["spec"]["executorManager"]["replicas"] = 10000
        with self.server.connect() as client:
            client.send(request("POST", SYNC, json.dumps(body).encode()))
            self.server.wait_log("the client was gone before it had the answer", path=SYNC)
        wait_until(lambda: self.server.metric(IN_FLIGHT) == 0, "none is in flight")

    def test_others_are_served_meanwhile(self):
        slow = [self.server.connect() for _ in range(6)]
        for client in slow:
            client.send(half())
        self.assert_synced(self.server.call("POST", SYNC, BODY))
        for client in slow:
            client.socket.close()


class Heads(Case):
    def test_long_heads(self):
        """Up to 16 KiB; beyond it is not clear where the next request begins, so it is closed."""
        self.assert_synced(self.server.call("POST", SYNC, BODY, {"X-Long": "x" * 15000}))
        for size in (16384, 100000, 5000000):
            with self.subTest(size=size), self.server.connect() as client:
                try:
                    client.send(request("POST", SYNC, BODY, {"X-Long": "x" * size}))
                    answer = client.answer()
                except ConnectionError:
                    continue  # the answer was lost with what it did not read
                self.assert_refused(answer, 400, "malformed")
                self.assertTrue(client.is_closed())
        self.assert_synced(self.server.call("POST", SYNC, BODY))

    def test_many_headers(self):
        """civetweb passes over what comes after the 64th, which may be the length of the body."""
        few = {f"X-{i}": "x" for i in range(55)}
        self.assert_synced(self.server.call("POST", SYNC, BODY, few))
        for extra in (60, 61, 64, 1000):
            with self.subTest(extra=extra), self.server.connect() as client:
                lines = {"Content-Type": None, "Content-Length": None} | {f"X-{i}": "x" for i in range(extra)}
                lines |= {"Content-type": "application/json", "Content-length": str(len(BODY))}
                client.send(request("POST", SYNC, BODY, lines))
                answer = client.answer()
                if extra == 60:
                    self.assert_synced(answer)
                else:
                    self.assert_refused(answer, 400, "malformed")
                    self.assertTrue(client.is_closed())


class Connections(Case):
    FLAGS = ("--threads", "64")

    def test_idle_connections_do_not_starve_probes(self):
        """Each idle connection holds a thread of the hook server; the admin port has its own."""
        clients = [self.server.connect() for _ in range(80)]
        for client in clients[:64]:
            self.assert_synced(client.call("POST", SYNC, BODY))
        for path in ("/healthz", "/readyz", "/metrics"):
            self.assertEqual(self.server.call("GET", path, port=self.server.admin).status, 200)
        late = clients[64]
        late.send(request("POST", SYNC, BODY))
        clients[0].socket.close()
        self.assert_synced(late.answer())
        for client in clients:
            client.socket.close()


class Token(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = os.path.join(folder.name, "token")

    def write(self, text):
        """As Kubernetes does: another file takes the old one's place."""
        with open(self.path + ".new", "w") as file:
            file.write(text)
        os.replace(self.path + ".new", self.path)

    def test_token(self):
        self.write("first-token\n")
        server = Server("--auth-token-file", self.path)
        self.addCleanup(server.stop)

        def status(token, path=SYNC):
            headers = {} if token is None else {"Authorization": token}
            return server.call("POST", path, BODY, headers).status

        self.assertEqual(status("Bearer first-token"), 200)
        self.assertEqual(status("bearer  first-token"), 200)
        for wrong in (None, "", "Bearer", "Bearer ", "first-token", "Basic first-token", "Bearer first-toke",
                      "Bearer first-tokens", "Bearer First-token", "Bearer first-token,", "Bearer x",
                      "Bearer " + "first-token" * 500):
            self.assertEqual(status(wrong), 401, wrong)
        self.assertEqual(status(None, "/nothing"), 401)  # paths are nobody's business either
        answer = server.call("POST", SYNC, BODY)
        self.assertEqual(answer.json()["error"]["kind"], "unauthorized")
        self.assertEqual(answer.headers["www-authenticate"], "Bearer")
        self.assertEqual(server.call("GET", "/healthz", port=server.admin).status, 200)

        self.write("second-token")
        wait_until(lambda: status("Bearer second-token") == 200, "the new token is taken")
        self.assertEqual(status("Bearer first-token"), 401)
        with open(self.path, "w") as file:  # in place, and of the same length
            file.write("second-tokeN")
        wait_until(lambda: status("Bearer second-tokeN") == 200, "the token written in place is taken")
        unreadable = "the token file is not readable, the last token stays"
        os.remove(self.path)
        wait_until(lambda: status("Bearer second-tokeN") == 200 and server.has_logged(unreadable), "it is missed")
        self.write("")
        wait_until(lambda: status("Bearer second-tokeN") == 200 and server.has_logged(unreadable), "it is empty")
        self.assertEqual(status("Bearer "), 401)
        for entry in server.log:
            self.assertNotRegex(str(entry), "(first|second)-token")


if __name__ == "__main__":
    unittest.main()
