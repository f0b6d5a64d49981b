"""What is answered to which request, good and bad."""
import json
import socket
import unittest

from server import BODY, SYNC, Case, chunked, request, wait_until


class Answers(Case):
    def test_sync(self):
        answer = self.server.call("POST", SYNC, BODY)
        self.assert_synced(answer)
        self.assertEqual(sorted(set(answer.json()) - {"resyncAfterSeconds"}), ["children", "status"])
        self.assertEqual(answer.headers["content-type"], "application/json")
        self.assertEqual(answer.headers["x-content-type-options"], "nosniff")
        self.assertRegex(answer.headers["etag"], '^"[0-9a-f]{32}"$')
        self.assertRegex(answer.headers["date"], r"^[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT$")
        self.assertNotIn("connection", answer.headers)

    def test_finalize(self):
        answer = self.server.call("POST", "/flamecluster/finalize", BODY.replace(b"false", b"true"))
        self.assertEqual(answer.status, 200)
        self.assertIs(answer.json()["finalized"], True)

    def test_not_modified(self):
        body = self.server.settled()
        first = self.server.call("POST", SYNC, body)
        etag = first.headers["etag"]
        for value in (etag, "W/" + etag, f'"other", {etag}', "*"):
            with self.server.connect() as client:
                again = client.call("POST", SYNC, body, {"If-None-Match": value})
                self.assertEqual((again.status, again.reason), (304, "Not Modified"))
                self.assertEqual(again.headers["etag"], etag)
                self.assertNotIn("content-length", again.headers)
                # Not a byte of a body follows: the next answer on this connection is whole.
                self.assertEqual(client.call("POST", SYNC, body).body, first.body)
        for value in ('"other"', etag.strip('"'), ""):
            self.assertEqual(self.server.call("POST", SYNC, body, {"If-None-Match": value}).body, first.body)

    def test_another_answer_has_another_tag(self):
        first = self.server.call("POST", SYNC, BODY)
        changed = BODY.replace(b'"replicas": 1', b'"replicas": 2')
        second = self.server.call("POST", SYNC, changed, {"If-None-Match": first.headers["etag"]})
        self.assertEqual(second.status, 200)
        self.assertNotEqual(second.headers["etag"], first.headers["etag"])

    def test_keep_alive(self):
        body = self.server.settled()
        with self.server.connect() as client:
            bodies = {client.call("POST", SYNC, body).body for _ in range(200)}
        self.assertEqual(len(bodies), 1)

    def test_pipelining(self):
        good, bad = request("POST", SYNC, BODY), request("POST", SYNC, b"{")
        with self.server.connect() as client:
            client.send((good + bad + request("GET", "/nothing")) * 5)
            statuses = [client.answer().status for _ in range(15)]
        self.assertEqual(statuses, [200, 400, 404] * 5)

    def test_connection_close_is_obeyed(self):
        with self.server.connect() as client:
            answer = client.call("POST", SYNC, BODY, {"Connection": "close"})
            self.assert_synced(answer)
            self.assertEqual(answer.headers["connection"], "close")
            self.assertTrue(client.is_closed())

    def test_http_1_0(self):
        with self.server.connect() as client:
            client.send(request("POST", SYNC, BODY).replace(b"HTTP/1.1", b"HTTP/1.0"))
            answer = client.answer()
            self.assert_synced(answer)
            self.assertEqual(answer.headers["connection"], "close")
            self.assertTrue(client.is_closed())
        with self.server.connect() as client:
            for _ in range(2):
                client.send(request("POST", SYNC, BODY, {"Connection": "Keep-Alive"}).replace(b"HTTP/1.1", b"HTTP/1.0"))
                answer = client.answer()
                self.assert_synced(answer)
                self.assertEqual(answer.headers["connection"], "keep-alive")

    def test_chunked(self):
        headers = {"Transfer-Encoding": "chunked", "Content-Length": None}
        body = self.server.settled()
        want = self.server.call("POST", SYNC, body).body
        for pieces in ((body,), (body[:1], body[1:7], body[7:]), tuple(body[i:i + 1] for i in range(len(body)))):
            with self.server.connect() as client:
                client.send(request("POST", SYNC, b"", headers) + chunked(*pieces))
                answer = client.answer()
                self.assertEqual(answer.body, want)
                self.assertEqual(answer.headers["connection"], "close")
                self.assertTrue(client.is_closed())

    def test_chunked_of_many_sizes(self):
        """Through every growth of the buffer: white space of a known length before a good body."""
        headers = {"Transfer-Encoding": "chunked", "Content-Length": None}
        body = self.server.settled()
        want = self.server.call("POST", SYNC, body).body
        for size in (65535, 65536, 65537, 131072, 1000000):
            with self.server.connect() as client:
                long = b" " * (size - len(body)) + body
                pieces = [piece for piece in (long[:70000], long[70000:]) if piece]
                client.send(request("POST", SYNC, b"", headers) + chunked(*pieces))
                self.assertEqual(client.answer().body, want)

    def test_expect_100_continue(self):
        with self.server.connect() as client:
            client.send(request("POST", SYNC, b"", {"Expect": "100-continue", "Content-Length": str(len(BODY))}))
            go_on = client.answer()
            self.assertEqual((go_on.status, go_on.reason, go_on.headers), (100, "Continue", {}))
            client.send(BODY)
            self.assert_synced(client.answer())

    def test_a_charset_is_no_trouble(self):
        for value in ("application/json; charset=utf-8", "Application/JSON;charset=UTF-8"):
            self.assert_synced(self.server.call("POST", SYNC, BODY, {"Content-Type": value}))

    def test_a_query_is_no_part_of_the_path(self):
        self.assert_synced(self.server.call("POST", SYNC + "?timeout=10s&x=%00", BODY))

    def test_ipv4_host_header_does_not_matter(self):
        for host in ("flame-operator.flame-system.svc:8080", "", "x" * 255):
            self.assert_synced(self.server.call("POST", SYNC, BODY, {"Host": host}))


class Refusals(Case):
    def refused(self, status, kind, method="POST", path=SYNC, body=BODY, headers=None, where=""):
        """Refused, and the connection is good for another request."""
        with self.server.connect() as client:
            answer = client.call(method, path, body, headers)
            message = self.assert_refused(answer, status, kind, where)
            self.assert_synced(client.call("POST", SYNC, BODY))
        return answer, message

    def closed(self, data, status, kind):
        """Refused, and the connection is closed: where the next request begins is not known."""
        with self.server.connect() as client:
            client.send(data)
            answer = client.answer()
            self.assert_refused(answer, status, kind)
            self.assertEqual(answer.headers["connection"], "close")
            self.assertTrue(client.is_closed())

    def test_unknown_paths(self):
        for path in ("/", "/sync", "/flamecluster", "/flamecluster/", "/flamecluster/sync/", "/Flamecluster/sync",
                     "//flamecluster/sync", "/flamecluster//sync", "/flamecluster/nothing", "/healthz", "/metrics",
                     "/flamecluster/../flamecluster/sync", "/./flamecluster/sync", "/flamecluster%2Fsync",
                     "/%66lamecluster/sync", "/../../../../etc/passwd", "/..%2f..%2f..%2fetc/passwd", "/etc/passwd",
                     "/%2e%2e/%2e%2e/etc/passwd", "/..\\..\\etc\\passwd", "/index.html", "/.htpasswd",
                     "/cgi-bin/x.cgi", "/x.lua", "/x.shtml", "/" + "a" * 8000):
            with self.subTest(path=path[:60]):
                answer, _ = self.refused(404, "notFound", path=path)
                self.assertNotIn(b"root:", answer.body)

    def test_wrong_methods(self):
        for method in ("GET", "PUT", "DELETE", "PATCH", "OPTIONS"):
            with self.subTest(method=method):
                answer, _ = self.refused(405, "methodNotAllowed", method=method)
                self.assertEqual(answer.headers["allow"], "POST")

    def test_head_has_no_body(self):
        with self.server.connect() as client:
            answer = client.call("HEAD", SYNC)
            self.assertEqual(answer.status, 405)
            self.assertGreater(int(answer.headers["content-length"]), 0)
            self.assert_synced(client.call("POST", SYNC, BODY))

    def test_civetwebs_own_methods_reach_nothing(self):
        """PUT stores files, PROPFIND lists, forms are parsed, OPTIONS is CORS: in civetweb, not here."""
        form = b"--x\r\nContent-Disposition: form-data; name=\"f\"; filename=\"/tmp/flame-test\"\r\n\r\ny\r\n--x--\r\n"
        multipart = {"Content-Type": "multipart/form-data; boundary=x"}
        cors = {"Origin": "http://x", "Access-Control-Request-Method": "POST"}
        for method, path, body, headers in (
                ("GET", "/", None, None), ("PUT", "/x", b"y", None), ("DELETE", "/", None, None),
                ("PROPFIND", "/", None, {"Depth": "1"}), ("MKCOL", "/x", None, None), ("OPTIONS", "/", None, cors),
                ("POST", "/", form, multipart), ("POST", "/upload", form, multipart),
                ("GET", "/?" + "a=b&" * 2000, None, None), ("GET", "/" + "%2e%2e/" * 500, None, None)):
            with self.subTest(method=method, path=path[:20]):
                answer, _ = self.refused(404, "notFound", method, path, body, headers)
                self.assertNotIn("location", answer.headers)
                self.assertNotIn("access-control-allow-origin", answer.headers)

    def test_forms_are_no_hooks(self):
        """CVE-2025-9648: civetweb's form parser loops on a body without an end; it is never called."""
        for kind in ("multipart/form-data; boundary=x", "multipart/form-data", "application/x-www-form-urlencoded"):
            for body in (b"--x\r\nContent-Disposition: form-data; name=\"f\"\r\n\r\nno end", b"a=b&c", b"\0" * 100):
                with self.subTest(kind=kind, body=body[:10]):
                    message = self.refused(415, "unsupportedMediaType", body=body, headers={"Content-Type": kind})[1]
                    self.assertIn(kind, message)

    def test_no_redirect(self):
        """CVE-2025-55763: civetweb builds the address of a redirect to a folder in a buffer that is too small."""
        for size in (1, 100, 4000, 8000, 15000):
            for path in ("/" + "a" * size, "/?" + "a" * size, "/" + "a/" * (size // 2), "/" + "%2F" * (size // 3)):
                with self.subTest(path=path[:10], size=len(path)):
                    answer = self.server.call("GET", path)
                    self.assert_refused(answer, 404, "notFound")
                    self.assertNotIn("location", answer.headers)

    def test_media_type(self):
        for value in ("text/plain", "application/yaml", "application/jsonx", "", None):
            with self.subTest(value=value):
                self.refused(415, "unsupportedMediaType", headers={"Content-Type": value})

    def test_length_required(self):
        message = self.refused(411, "lengthRequired", body=b"", headers={"Content-Length": None})[1]
        self.assertIn("Content-Length", message)

    def test_ambiguous_framing(self):
        """What two readers could split in two ways is refused: request smuggling."""
        head = b"POST /flamecluster/sync HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        for lines in (b"Content-Length: 5\r\nContent-Length: 6\r\n", b"Content-Length: 5\r\nContent-Length: 5\r\n",
                      b"Content-Length: 5x\r\n", b"Content-Length: +5\r\n", b"Content-Length: 5,5\r\n",
                      b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
                      b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
                      b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
                      b"Transfer-Encoding: identity\r\nContent-Length: 5\r\n",
                      b"Transfer-Encoding: identity\r\n"):
            with self.subTest(lines=lines):
                self.closed(head + lines + b"\r\n0\r\n\r\n", 400, "malformed")

    def test_truncated_body(self):
        with self.server.connect() as client:
            client.send(request("POST", SYNC, BODY)[:-5])
            client.socket.shutdown(socket.SHUT_WR)
            message = self.assert_refused(client.answer(), 400, "malformed")
            self.assertIn(f"{len(BODY) - 5} bytes", message)
            self.assertTrue(client.is_closed())

    def test_broken_chunks(self):
        head = request("POST", SYNC, b"", {"Transfer-Encoding": "chunked", "Content-Length": None})
        for tail in (b"5\r\nab", b"x\r\n", b"5\r\nabcdeXX0\r\n\r\n", b"-5\r\nabcde\r\n", b"\r\n\r\n",
                     b"ffffffffffffffff\r\nabc", b"7fffffffffffffff\r\nabc", b"fffffffffffffffffffffffffff\r\nabc"):
            with self.subTest(tail=tail), self.server.connect() as client:
                client.send(head + tail)
                client.socket.shutdown(socket.SHUT_WR)
                answer = client.answer()
                self.assert_refused(answer, 400, "malformed")
                self.assertEqual(answer.headers["connection"], "close")

    def test_malformed_json(self):
        parent = b'{"parent":{"metadata":{"name":"a"},"spec":{"sessionManager":'
        for body, kind, path in (
                (b"", "malformed", ""), (b"{", "malformed", ""), (b"\xef\xbb\xbf{}", "malformed", ""),
                (b"{}", "invalid", "parent"), (b"[]", "invalid", ""), (b"null", "invalid", ""),
                (b'{"parent":7}', "invalid", "parent"), (b'{"parent":{},"parent":{}}', "invalid", "parent"),
                (b'{"children":[],"parent":{}}', "invalid", "children"),
                (b'{"children":{"Pod.v1":7},"parent":{}}', "invalid", "children[Pod.v1]"),
                (parent + b"\xff}}}", "malformed", "parent.spec.sessionManager"),
                (parent + b"01}}}", "malformed", "parent.spec.sessionManager"),
                (b"[" * 100000, "malformed", None), (b'{"x":' + b"[" * 100000 + b"}", "malformed", None),
                (BODY + b"x", "malformed", ""), (BODY[:-1], "malformed", None), (b"\0" * 1000, "malformed", "")):
            with self.subTest(body=body[:40]):
                with self.server.connect() as client:
                    answer = client.call("POST", SYNC, body)
                    self.assertEqual(answer.status, 400, answer.body)
                    error = answer.json()["error"]
                    if path is not None:
                        self.assertEqual((error["kind"], error["path"]), (kind, path), error)
                    self.assert_synced(client.call("POST", SYNC, BODY))

    def test_malformed_heads(self):
        for head in (b"nonsense\r\n\r\n", b"POST\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
                     b"POST /flamecluster/sync HTTP/1.1\r\nContent-Length: -5\r\n\r\n",
                     b"POST http://[ HTTP/1.1\r\n\r\n", b"POST x HTTP/1.1\r\n\r\n"):
            with self.subTest(head=head), self.server.connect() as client:
                client.send(head)
                answer = client.answer()
                self.assertIn(answer.status, (400, 411))
                self.assertEqual(answer.json()["error"]["kind"], "malformed")
                self.assertEqual(answer.headers["connection"], "close")
                self.assertTrue(client.is_closed())

    def test_other_versions(self):
        for version in (b"HTTP/2.0", b"HTTP/0.9", b"HTTP/1.2"):
            with self.subTest(version=version), self.server.connect() as client:
                client.send(request("POST", SYNC, BODY).replace(b"HTTP/1.1", version))
                self.assertEqual(client.answer().status, 505)
                self.assertTrue(client.is_closed())

    def test_requests_that_name_no_path_get_nothing(self):
        for line in (b"OPTIONS * HTTP/1.1", b"GET http://example.org/ HTTP/1.1", b"CONNECT example.org:443 HTTP/1.1"):
            with self.subTest(line=line), self.server.connect() as client:
                client.send(line + b"\r\nHost: x\r\n\r\n")
                data = client.socket.recv(65536)
                self.assertNotIn(b" 200 ", data)

    def test_upgrades_are_passed_over(self):
        for headers in ({"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
                         "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="},
                        {"Connection": "Upgrade, HTTP2-Settings", "Upgrade": "h2c", "HTTP2-Settings": "AAMAAABkAAQ"}):
            with self.subTest(upgrade=headers["Upgrade"]):
                self.assert_synced(self.server.call("POST", SYNC, BODY, headers))
                self.assert_refused(self.server.call("GET", "/", headers=headers), 404, "notFound")

    def test_a_refusal_is_logged_and_counted(self):
        secret = json.dumps({"children": "a-secret", "parent": {}}).encode()
        name = 'hook_requests_refused_total{kind="invalid"}'
        before = self.server.metric(name)
        self.refused(400, "invalid", body=secret, where="children")
        entry = self.server.wait_log("request refused", errorPath="children", error="invalid")
        self.assertEqual((entry["level"], entry["status"], entry["method"], entry["path"], entry["bytesIn"]),
                         ("warn", 400, "POST", SYNC, len(secret)))
        self.assertGreater(entry["request"], 0)
        wait_until(lambda: self.server.metric(name) > before, "it is counted")


if __name__ == "__main__":
    unittest.main()
