#!/usr/bin/env python3
"""The YAML in the documents is good: check_manifests.py ROOT PROGRAM.

Every FlameCluster, and every part of one (a block whose keys are fields of its spec), is judged by the program, and has no field that there is not.
Kubernetes' own kinds are judged by tests/conformance, values of the chart by tests/chart, and what is saved to a file by the commands that read
it (tests/e2e); an object of any other kind must say so (blocks.py). Blocks that quote a file are that file's business."""
import pathlib
import subprocess
import sys

import yaml

from blocks import blocks
from check_docs import documents

# The groups that tests/conformance knows, besides the one without a name.
KUBERNETES = {"apps", "autoscaling", "batch", "networking.k8s.io", "policy", "rbac.authorization.k8s.io", "storage.k8s.io", "scheduling.k8s.io"}


def whole(part):
    """A FlameCluster with this part of its spec."""
    spec = {"sessionManager": {"image": "x:1"}, "executorManager": {"image": "x:1"}}
    for name, value in part.items():
        spec[name] = spec.get(name, {}) | value if isinstance(value, dict) else value
    return {"apiVersion": "flame.xflops.io/v1alpha1", "kind": "FlameCluster", "metadata": {"name": "x"}, "spec": spec}


def group(document):
    version = str(document["apiVersion"])
    return version.partition("/")[0] if "/" in version else ""


def judged(document, block, spec_fields):
    """The FlameCluster to judge, None where another test does, or a text: why it cannot be judged."""
    if not isinstance(document, dict):
        return "is no object"
    if document.get("kind") == "FlameCluster":
        return document
    if block.markers.get("example", "") == document.get("kind", block.markers.get("example")):
        return None
    if "apiVersion" in document and (group(document) in KUBERNETES | {""} or "save as" in block.markers):
        return None
    if document.keys() <= spec_fields:
        return whole(document)
    return f"is no FlameCluster, no part of its spec and no kind of Kubernetes' own: {sorted(document)}"


def verdict(program, cluster):
    done = subprocess.run([program, "validate", "-q", "-"], input=yaml.safe_dump(cluster), capture_output=True, text=True, check=False)
    wrong = [line for line in done.stderr.splitlines() if done.returncode != 0 or "is no field of" in line]
    return "\n".join(wrong)


def breaches(program, name, text, spec_fields):
    for block in blocks(text):
        if block.language != "yaml" or block.markers.keys() & {"file", "part of", "values"}:
            continue
        for document in yaml.safe_load_all(block.body):
            cluster = judged(document, block, spec_fields)
            wrong = verdict(program, cluster) if isinstance(cluster, dict) else cluster
            if wrong:
                yield f"{name}:{block.line}: {wrong}"


def main():
    root, program = pathlib.Path(sys.argv[1]), sys.argv[2]
    crd = yaml.safe_load((root / "crd" / "flameclusters.yaml").read_text())
    spec = crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]
    found = []
    for name in documents(root):
        found += breaches(program, name, (root / name).read_text(encoding="utf-8"), spec["properties"].keys())
    print("\n".join(found) or "every manifest is good")
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
