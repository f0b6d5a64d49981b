"""What the log tells of decisions: what changes something once, the rest for debugging, and nothing that a request could forge."""
import json
import os
import subprocess
import unittest

from server import BODY, PARENT, PATIENCE, PROGRAM, SYNC, Case, Server, wait_until

FINALIZE = "/flamecluster/finalize"


def body(parent, children=None, **more):
    return json.dumps({"controller": {}, "parent": parent, "children": children or {}, "finalizing": False, **more}).encode()


def invalid(replicas=-1):
    return {**PARENT, "spec": {**PARENT["spec"], "executorManager": {"image": "em:1", "replicas": replicas}}}


def pod(name):
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": "default"}, "status": {"phase": "Running"}}


class Log(Case):
    def post(self, path, data, headers=None):
        """Its lines are written once it is counted, and that is when its answer is out."""
        def counted():
            return sum(self.server.metric('hook_request_duration_seconds_count{controller="flamecluster",hook="%s"}' % hook)
                       for hook in ("sync", "finalize"))
        before = counted()
        answer = self.server.call("POST", path, data, headers)
        wait_until(lambda: counted() > before, "the request is counted")
        return answer

    def lines(self):
        """All lines about clusters since the last look: a request that is refused marks their end."""
        mark = self.server.call("GET", "/mark").headers["x-request-id"]
        start = len(self.server.log)
        self.server.wait_log("request refused", request=int(mark))
        return [line for line in self.server.log[start:] if "flamecluster" in line]

    def settled(self):
        settled = self.server.settled()
        tag = self.post(SYNC, settled).headers["etag"]
        self.lines()
        return settled, {"If-None-Match": tag}

    def told(self):
        lines = self.lines()
        for line in lines:
            self.assertEqual(line["flamecluster"], "default/my-flame")
            self.assertIsInstance(line["request"], int)
        return [(line["level"], line["msg"], line.get("action"), line.get("reason"), line.get("count"), line.get("objects"))
                for line in lines if line["msg"] == "decision"]


class Info(Log):
    def test_a_change_is_one_line(self):
        self.post(SYNC, BODY)
        first, second = self.lines()
        del first["time"], second["time"]
        self.assertEqual(first["request"], second["request"])
        self.assertGreater(first.pop("request"), 0)
        self.assertEqual(first, {"level": "info", "msg": "decision", "flamecluster": "default/my-flame", "hook": "sync",
                                 "action": "create", "objects": "ConfigMap config, Service session-manager, Service object-cache",
                                 "count": 3, "reason": "Missing", "words": "it is wanted and not there"})
        second.pop("request")
        self.assertEqual(second, {"level": "info", "msg": "state changed", "flamecluster": "default/my-flame", "hook": "sync",
                                  "state": "Pending"})

    def test_no_news_is_no_line(self):
        settled, tag = self.settled()
        self.assertEqual(self.post(SYNC, settled, tag).status, 304)
        self.assertEqual(self.lines(), [])

    def test_states(self):
        status = self.post(SYNC, BODY).json()["status"]
        self.lines()
        self.post(FINALIZE, body({**PARENT, "status": status}, {"Pod.v1": {
            "default/my-flame-session-manager": pod("my-flame-session-manager"),
            **{f"default/my-flame-executor-manager-{i}": pod(f"my-flame-executor-manager-{i}") for i in (0, 1, 2, 4)}}}, finalizing=True))
        decision, state = self.lines()
        self.assertEqual((decision["hook"], decision["action"], decision["reason"], decision["count"], decision["objects"]),
                         ("finalize", "remove", "Finalizing", 4, "Pods executor-manager-0..2, Pod executor-manager-4"))
        self.assertEqual((state["from"], state["state"]), ("Pending", "Terminating"))

    def test_an_invalid_spec_is_told_once(self):
        status = self.post(SYNC, body(invalid())).json()["status"]
        line = next(line for line in self.lines() if line["level"] == "warn")
        self.assertEqual((line["msg"], line["fields"]),
                         ("the spec is not valid and changes nothing", "spec.executorManager.replicas"))
        self.post(SYNC, body({**invalid(), "status": status}))
        self.assertEqual(self.lines(), [])
        self.post(SYNC, body({**invalid(-2), "status": status}))  # invalid in another way
        self.assertEqual([line["level"] for line in self.lines()], ["warn"])
        self.post(SYNC, body({**PARENT, "status": status}))
        self.assertIn(("info", "the spec is valid again"), [(line["level"], line["msg"]) for line in self.lines()])

    def test_many_objects_are_counted(self):
        names = [f"my-flame-executor-manager-{i}" for i in range(0, 40, 2)] + ["x"]
        self.post(FINALIZE, body(PARENT, {"Pod.v1": {"default/" + name: pod(name) for name in names}}, finalizing=True))
        count, objects = self.told()[0][4:]
        self.assertEqual(count, 21)
        self.assertRegex(objects, r"^(Pod executor-manager-\d+, ){5}Pod executor-manager-10 and 15 more$")

    def test_a_refusal_names_its_line(self):
        answer = self.post(SYNC, b"{")
        line = self.server.wait_log("request refused")
        self.assertEqual(answer.headers["x-request-id"], str(line["request"]))
        self.assertNotIn("x-request-id", self.post(SYNC, BODY).headers)
        self.lines()


class Debug(Log):
    FLAGS = ("--log-level", "debug")

    def test_what_is_held_back(self):
        self.post(SYNC, BODY)
        self.assertIn(("debug", "decision", "wait", "ConfigNotReady", 2, "Pod session-manager, Pod executor-manager-0"), self.told())

    def test_no_news(self):
        settled, tag = self.settled()
        self.post(SYNC, settled, tag)
        lines = self.lines()
        self.assertEqual({line["level"] for line in lines}, {"debug"})
        self.assertIn("create", [line.get("action") for line in lines])


class Forged(Log):
    FLAGS = ("--log-level", "debug")
    NAME = 'a\nb","level":"error\x1b[2J\u009b2J\u202e'

    def requests(self):
        parent = {**PARENT, "metadata": {"name": self.NAME, "namespace": self.NAME}}
        yield SYNC, body(parent)
        yield FINALIZE, body(parent, {"Pod.v1": {"default/" + self.NAME: pod(self.NAME)}}, finalizing=True)
        yield SYNC, body({**PARENT, "status": {"state": self.NAME}}, {"Pod.v1": {"default/x\n": pod("x\n")}})
        yield SYNC, body({**PARENT, "spec": {**PARENT["spec"], "sessionManager": {"resources": {"limits": {self.NAME: "1"}}}}})

    def test_as_json(self):
        for path, data in self.requests():
            self.assertEqual(self.post(path, data).status, 200)
        lines = self.lines()  # every line is JSON, or the server's reader would have failed
        names = {line["flamecluster"] for line in lines}
        self.assertEqual(names, {f"{self.NAME}/{self.NAME}", "default/my-flame"})
        self.assertNotIn("error", {line["level"] for line in lines})

    def test_as_text(self):
        log = self.text_log()
        self.assertIn(b'decision flamecluster="a\\nb', log)
        self.assertIn(b"\\u001b[2J\\u009b2J", log)
        for line in log.decode().splitlines():
            self.assertRegex(line, r"^\d{4}-\d\d-\d\dT[\d:.]+Z (debug|info |warn |error) ")
        self.assertNotRegex(log.decode(), "[\x00-\x09\x0b-\x1f\x7f-\x9f]")

    def text_log(self):
        """The log of a server in text form."""
        read, write = os.pipe()
        process = subprocess.Popen([PROGRAM, "serve", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0", "--drain-delay", "0s",
                                    "--log-level", "debug", "--log-format", "text"], stderr=write, stdin=subprocess.DEVNULL)
        os.close(write)
        with os.fdopen(read, "rb") as log:
            first = log.readline()
            server = Server.__new__(Server)
            server.port = int(first.split(b" listen=")[1].split()[0].rsplit(b":", 1)[1])
            for path, data in self.requests():
                self.assertEqual(server.call("POST", path, data).status, 200)
            process.terminate()
            rest = log.read()
        self.assertEqual(process.wait(timeout=PATIENCE), 0)
        return first + rest


if __name__ == "__main__":
    unittest.main()
