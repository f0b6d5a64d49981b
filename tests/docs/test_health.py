#!/usr/bin/env python3
"""docs/guide/gitops/health.lua judges FlameClusters as Argo CD would run it: test_health.py ROOT LUA."""
import json
import pathlib
import subprocess
import sys
import unittest

ROOT, LUA = pathlib.Path(sys.argv[1]), sys.argv[2]
SCRIPT = ROOT / "docs" / "guide" / "gitops" / "health.lua"
# What the hook answered in fixtures of these names, and what Argo CD is to show.
EXPECTED = {
    "settled": "Healthy",
    "first": "Progressing",
    "rolling-within-a-quarter": "Progressing",
    "rolling-blocked": "Degraded",
    "invalid-negative-replicas": "Degraded",
    "suspended": "Suspended",
    "paused-keeps-old-pods": "Suspended",
    "paused-in-trouble": "Degraded",
}


def to_lua(value):
    if isinstance(value, dict):
        return "{" + ",".join(f"[{json.dumps(k)}]={to_lua(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "{" + ",".join(map(to_lua, value)) + "}"
    return "nil" if value is None else json.dumps(value)


def judge(cluster):
    program = f'obj = {to_lua(cluster)}\nlocal health = dofile("{SCRIPT}")\nio.write(health.status, "\\n", tostring(health.message))'
    done = subprocess.run([LUA, "-"], input=program, capture_output=True, text=True, check=True)
    return done.stdout.partition("\n")


def answered(name):
    folder = ROOT / "tests" / "fixtures" / "sync" / name
    parent = json.loads((folder / "request.json").read_text())["parent"]
    status = json.loads((folder / "response.json").read_text())["status"]
    return {"metadata": {"generation": 2} | parent["metadata"], "status": status | {"observedGeneration": parent["metadata"].get("generation", 2)}}


class Health(unittest.TestCase):
    def test_what_the_hook_answers(self):
        for name, expected in EXPECTED.items():
            cluster = answered(name)
            status, _, message = judge(cluster)
            self.assertEqual((status, message), (expected, cluster["status"]["message"]), name)

    def test_before_the_operator_has_seen_it(self):
        self.assertEqual(judge({"metadata": {"generation": 1}})[0], "Progressing")
        cluster = answered("settled")
        cluster["metadata"]["generation"] += 1
        self.assertEqual(judge(cluster)[0], "Progressing")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
