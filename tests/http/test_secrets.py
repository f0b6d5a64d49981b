"""What a Secret holds is for one child of its cluster. The fixtures with Secrets are put to a server that logs all it can;
then their values are looked for in everything that comes out of it."""
import base64
import json
import pathlib
import subprocess
import unittest

from server import PATIENCE, PROGRAM, Case

FIXTURES = pathlib.Path(__file__).parents[1] / "fixtures"
VALUE = "s3cr3t-pa55"


def disguises(value):
    """The value itself, and the part of its base64 that is the same whatever stands before and behind it."""
    yield value
    for shift in range(3):
        text = base64.b64encode(b"." * shift + value.encode() + b"." * 3).decode()
        begin = (0, 2, 3)[shift]
        yield text[begin:begin + len(value) * 4 // 3 - 3]


def requests():
    """(name, hook, request) of each fixture that holds the value."""
    for path in sorted(FIXTURES.glob("*/*/request.json")):
        request = json.loads(path.read_text().replace("@wanted", "00000000000000aa"))
        if holds(json.dumps(request)):
            yield f"{path.parts[-3]}/{path.parts[-2]}", path.parts[-3], request


def holds(text):
    return any(form in text for form in disguises(VALUE))


def without_config(answer):
    """The answer but for the one place where the value belongs."""
    answer["children"] = [c for c in answer["children"] if (c["kind"], c["metadata"]["name"]) != ("Secret", "my-flame-config")]
    return answer


class Secrets(Case):
    FLAGS = ("--log-level", "debug")

    def test_the_search_finds_it(self):
        for before in ("", ".", "..", "cluster:\n  storage: sqlite:///"):
            text = base64.b64encode((before + VALUE + ".db\n").encode()).decode()
            self.assertTrue(holds(text), before)
        self.assertFalse(holds(base64.b64encode(b"sqlite://flame.db").decode()))

    def test_it_is_in_the_config_and_nowhere_else(self):
        asked, written = 0, 0
        for name, hook, request in requests():
            for path in {hook, "sync", "finalize", "customize"}:
                with self.subTest(name, hook=path):
                    answer = self.server.call("POST", "/flamecluster/" + path, json.dumps(request).encode())
                    asked += 1
                    self.assertFalse(holds(str(answer.headers)))
                    if answer.status == 200 and path != "customize":
                        written += holds(answer.body.decode())
                        self.assertFalse(holds(json.dumps(without_config(answer.json()))))
                    else:
                        self.assertFalse(holds(answer.body.decode()))
        self.assertGreater(asked, 60)
        self.assertGreater(written, 10)
        self.assertFalse(holds(self.server.call("GET", "/metrics", port=self.server.admin).body.decode()))
        self.server.has_logged("")
        self.assertGreaterEqual(len(self.server.log), asked)
        self.assertLessEqual({"decision", "state changed", "request"}, {line["msg"] for line in self.server.log})
        self.assertFalse(holds(json.dumps(self.server.log)))

    def test_nor_what_an_invalid_spec_holds(self):
        spec = {"sessionManager": {"image": VALUE + " x", "storage": f"postgres://admin:{VALUE}@db", "slot": VALUE},
                "executorManager": {"image": "em:1", "replicas": -1}}
        parent = {"apiVersion": "flame.xflops.io/v1alpha1", "kind": "FlameCluster", "metadata": {"name": "a", "namespace": "b"}, "spec": spec}
        for path in ("sync", "finalize", "customize"):
            self.server.call("POST", "/flamecluster/" + path, json.dumps({"parent": parent, "children": {}}).encode())
        line = self.server.wait_log("the spec is not valid and changes nothing")
        self.assertIn("spec.sessionManager.image", line["fields"])
        self.server.has_logged("")
        self.assertFalse(holds(json.dumps(self.server.log)))

    def test_a_broken_request_does_not_show_it(self):
        for _, _, request in requests():
            text = json.dumps(request)
            at = text.index("flame-storage" if "flame-storage" in text else "flame-tls", text.index('"related"'))
            for broken in (text[:-40], text[:at] + '"' + text[at:], text.replace('"data": {', '"data": {"a": 01, ', 1),
                           text.replace('"resourceVersion": "', '"resourceVersion": 7, "x": "')):
                answer = self.server.call("POST", "/flamecluster/sync", broken.encode())
                if answer.status != 200:
                    self.assertFalse(holds(answer.body.decode()), answer.body)
        self.server.has_logged("")
        self.assertFalse(holds(json.dumps(self.server.log)))

    def test_the_command_line_does_not_show_it(self):
        for name, hook, request in requests():
            with self.subTest(name):
                done = subprocess.run([PROGRAM, hook, "-"], input=json.dumps(request).encode(), capture_output=True, timeout=PATIENCE, check=False)
                self.assertFalse(holds(done.stderr.decode()), done.stderr)


if __name__ == "__main__":
    unittest.main()
