"""The hashes that decide whether a Pod is replaced are pinned: an upgrade of the operator must restart nothing."""
import json
import os
import pathlib
import unittest

from case import SOURCE, Case

PINNED = SOURCE / "tests" / "fixtures" / "pinned-hashes.json"
TEMPLATE, CONFIG = "flame.xflops.io/template-hash", "flame.xflops.io/config-hash"

WARNING = """
The hashes of an example's Pods or configuration are no longer the pinned ones. An operator upgrade with this change restarts
every Pod of every FlameCluster. It must be meant, and CHANGELOG.md must say it. Only then: UPDATE=1 with this same test,
which rewrites tests/fixtures/pinned-hashes.json."""


class Pinned(Case):
    def hashes(self, path):
        """{configHash, templateHashes{component}} of one example."""
        items = json.loads(self.good("render", "-o", "json", str(path)))["items"]
        found = {"templateHashes": {}}
        for item in items:
            annotations = item["metadata"].get("annotations", {})
            if CONFIG in annotations:
                self.assertNotIn("configHash", found)
                found["configHash"] = annotations[CONFIG]
            if item["kind"] == "Pod":
                component = item["metadata"]["labels"]["app"]
                # All Pods of a component share one hash.
                self.assertEqual(found["templateHashes"].setdefault(component, annotations[TEMPLATE]), annotations[TEMPLATE])
        return found

    def test_hashes_are_the_pinned_ones(self):
        examples = sorted((SOURCE / "examples").glob("*.yaml"))
        self.assertGreaterEqual(len(examples), 3)
        found = {path.name: self.hashes(path) for path in examples}
        for name, hashes in found.items():
            components = set(hashes["templateHashes"]) - {"flame-object-cache"}  # which not each has
            self.assertEqual(components, {"flame-executor-manager", "flame-session-manager"}, name)
            for value in [hashes["configHash"], *hashes["templateHashes"].values()]:
                self.assertRegex(value, r"\A[0-9a-f]{16}\Z")
        if os.environ.get("UPDATE") == "1":
            pathlib.Path(PINNED).write_text(json.dumps(found, indent=2, sort_keys=True) + "\n")
        self.assertEqual(found, json.loads(PINNED.read_text()), WARNING)


if __name__ == "__main__":
    unittest.main()
