"""What /metrics counts."""
import json
import os
import re
import unittest

from server import BODY, PARENT, SYNC, Case, Server, wait_until

HISTOGRAMS = {"hook_request_duration_seconds": 4, "hook_request_size_bytes": 4, "hook_response_size_bytes": 4,
              "hook_observed_children": 2, "hook_desired_children": 2}  # and how many series: the hooks, and what matched none


def labels(**pairs):
    return "{" + ",".join(f'{key}="{value}"' for key, value in pairs.items()) + "}"


def decision(action, reason):
    return "hook_decisions_total" + labels(controller="flamecluster", action=action, reason=reason)


def of_sync(name, **more):
    return name + labels(controller="flamecluster", hook="sync", **more)


def body(parent, children=None):
    return json.dumps({"controller": {}, "parent": parent, "children": children or {}, "finalizing": False}).encode()


def invalid():
    return {**PARENT, "spec": {**PARENT["spec"], "executorManager": {"image": "em:1", "replicas": -1}}}


class Counting(Case):
    def setUp(self):
        self.before = self.values()

    def values(self):
        return {line.rsplit(" ", 1)[0]: float(line.rsplit(" ", 1)[1]) for line in self.text().splitlines() if line[0] != "#"}

    def since(self, name):
        """By how much a series rose in this test; it must be there from the start."""
        return self.values()[name] - self.before[name]

    def text(self):
        """A request is counted when its answer is out, one number after another: all of them once nothing is in flight."""
        found = []

        def is_idle():
            found[:] = [self.server.call("GET", "/metrics", port=self.server.admin).body.decode()]
            return "\nhook_requests_in_flight 0\n" in found[0]
        wait_until(is_idle, "nothing is in flight")
        return found[0]

    def assert_rose(self, name, value):
        self.assertEqual(self.since(name), value, name)


class Requests(Counting):
    def test_requests_and_bytes(self):
        settled = self.server.settled()
        first = self.server.call("POST", SYNC, settled)
        self.server.call("POST", SYNC, settled, {"If-None-Match": first.headers["etag"]})
        self.server.call("POST", SYNC, b"{")
        for name, value in ((of_sync("hook_requests_total", code=200), 2), (of_sync("hook_requests_total", code=304), 1),
                            (of_sync("hook_requests_total", code=400), 1), (of_sync("hook_request_duration_seconds_count"), 4),
                            (of_sync("hook_request_size_bytes_sum"), len(BODY) + 2 * len(settled) + 1),
                            (of_sync("hook_request_size_bytes_bucket", le=1024), 2), ('hook_requests_refused_total{kind="malformed"}', 1)):
            self.assert_rose(name, value)
        self.assertGreater(self.since(of_sync("hook_response_size_bytes_sum")), len(first.body))

    def test_what_matches_no_hook(self):
        self.server.call("GET", "/nothing")
        self.assert_rose("hook_requests_total" + labels(controller="", hook="", code=404), 1)

    def test_the_process(self):
        for name in ("process_resident_memory_bytes", "process_virtual_memory_bytes", "process_open_fds", "process_max_fds",
                     "process_cpu_seconds_total", "process_start_time_seconds", "hook_ready"):
            self.assertGreater(self.server.metric(name), 0, name)
        start = self.server.metric("process_start_time_seconds")
        with open("/proc/stat") as file:
            boot = next(int(line.split()[1]) for line in file if line.startswith("btime "))
        with open(f"/proc/{self.server.pid}/stat") as file:
            ticks = int(file.read().rsplit(")", 1)[1].split()[19])
        self.assertLess(abs(start - boot - ticks / os.sysconf("SC_CLK_TCK")), 20)
        self.assertEqual(start, self.server.metric("process_start_time_seconds"))

    def test_the_limits(self):
        server = Server("--max-inflight", "7", "--max-inflight-bytes", "256Mi")
        self.addCleanup(server.stop)
        self.assertEqual(server.metric("hook_requests_in_flight_limit"), 7)
        self.assertEqual(server.metric("hook_request_bytes_in_flight_limit"), 256 << 20)

    def test_the_form(self):
        self.server.call("POST", SYNC, BODY)
        self.server.call("POST", SYNC, body(invalid()))
        self.server.call("POST", SYNC, b"{")
        self.assert_rose(of_sync("hook_requests_total", code=400), 1)
        answer = self.server.call("GET", "/metrics", port=self.server.admin)
        self.assertEqual(answer.headers["content-type"], "text/plain; version=0.0.4; charset=utf-8")
        for line in answer.body.decode().splitlines():
            self.assertRegex(line, r'^(# (HELP|TYPE) [a-z_]+ .+|[a-z_]+(\{([a-z]+="[^"]*",?)+\})? [0-9.e+-]+)$')

    def test_every_series_is_there_from_the_start(self):
        server = Server()
        self.addCleanup(server.stop)
        text = server.call("GET", "/metrics", port=server.admin).body.decode()
        self.assertEqual({line.rsplit(" ", 1)[0] for line in text.splitlines() if line[0] != "#"}, set(self.values()))

    def test_buckets(self):
        self.server.call("POST", SYNC, BODY)
        self.assert_rose(of_sync("hook_requests_total", code=200), 1)
        text = self.text()
        for name, count in HISTOGRAMS.items():
            hooks = re.findall(rf'^{name}_count\{{(.*)\}} (\d+)$', text, re.M)
            self.assertEqual(len(hooks), count, name)
            for hook, total in hooks:
                buckets = re.findall(rf'^{name}_bucket\{{{re.escape(hook)},le="([^"]+)"\}} (\d+)$', text, re.M)
                bounds = [float(bound) for bound, _ in buckets]
                counts = [int(n) for _, n in buckets]
                self.assertEqual(bounds, sorted(set(bounds)))
                self.assertEqual(bounds[-1], float("inf"))
                self.assertEqual(counts, sorted(counts))
                self.assertEqual(counts[-1], int(total))


class Decisions(Counting):
    def test_children_and_decisions(self):
        self.server.call("POST", SYNC, BODY)
        for name, value in ((of_sync("hook_observed_children_sum"), 0), (of_sync("hook_desired_children_sum"), 3),
                            (of_sync("hook_desired_children_count"), 1), (decision("create", "Missing"), 3),
                            (decision("wait", "ConfigNotReady"), 2), (decision("create", "ScaledUp"), 0)):
            self.assert_rose(name, value)
        answer = self.server.call("POST", SYNC, BODY).json()
        children = {}
        for child in answer["children"]:
            children.setdefault(child["kind"] + ".v1", {})["default/" + child["metadata"]["name"]] = child
        self.server.call("POST", SYNC, body(PARENT, children))
        for name, value in ((of_sync("hook_observed_children_sum"), 3), (of_sync("hook_desired_children_sum"), 10),
                            (decision("create", "Missing"), 7), (decision("wait", "ConfigNotReady"), 4),
                            (decision("wait", "SessionManagerNotReady"), 1)):
            self.assert_rose(name, value)

    def test_an_answer_that_the_client_has_is_no_news(self):
        settled = self.server.settled()  # in its status; its children are still wanted
        tag = self.server.call("POST", SYNC, settled).headers["etag"]
        self.assert_rose(decision("create", "Missing"), 6)
        self.assertEqual(self.server.call("POST", SYNC, settled, {"If-None-Match": tag}).status, 304)
        self.assert_rose(of_sync("hook_requests_total", code=304), 1)
        self.assert_rose(decision("create", "Missing"), 6)
        self.assert_rose(of_sync("hook_desired_children_count"), 3)

    def test_a_refused_request_decides_nothing(self):
        self.server.call("POST", SYNC, b'{"parent":{"apiVersion":"flame.xflops.io/v1alpha1"')
        self.assert_rose(of_sync("hook_requests_total", code=400), 1)
        self.assert_rose(of_sync("hook_observed_children_count"), 0)
        self.assertEqual([k for k in self.before if k.startswith("hook_decisions_total") and self.since(k)], [])

    def test_invalid_parents(self):
        count = 'hook_invalid_parents_total{controller="flamecluster"}'
        status = self.server.call("POST", SYNC, body(invalid())).json()["status"]
        self.assert_rose(count, 1)
        self.assert_rose(decision("block", "InvalidSpec"), 1)
        again = body({**invalid(), "status": status})
        tag = self.server.call("POST", SYNC, again).headers["etag"]
        self.server.call("POST", SYNC, again, {"If-None-Match": tag})
        self.assert_rose(count, 3)  # as long as it is invalid it rises
        self.assert_rose(decision("block", "InvalidSpec"), 2)
        self.server.call("POST", "/flamecluster/finalize", again.replace(b'"finalizing": false', b'"finalizing": true'))
        self.assert_rose("hook_requests_total" + labels(controller="flamecluster", hook="finalize", code=200), 1)
        self.assert_rose(count, 3)


if __name__ == "__main__":
    unittest.main()
