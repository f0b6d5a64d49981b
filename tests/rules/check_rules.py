#!/usr/bin/env python3
"""The rules of the spec stand in the CRD and in the hook; the table rules.json holds the two equal. check_rules.py PROGRAM:
`flame-operator validate` accepts each row without a path, and names the path of the others. tests/conformance runs the same table
through the API server's own code.

A row sets fields of a small good FlameCluster; {"repeat","times"} stands for a long string."""
import copy
import json
import pathlib
import subprocess
import sys

BASE = {
    "apiVersion": "flame.xflops.io/v1alpha1", "kind": "FlameCluster", "metadata": {"name": "a", "namespace": "default"},
    "spec": {"sessionManager": {"image": "s:1"}, "executorManager": {"image": "e:1"}},
}


def build(row):
    cluster = copy.deepcopy(BASE)
    for path, value in row["set"].items():
        if isinstance(value, dict) and "repeat" in value:
            value = value["repeat"] * value["times"]
        *parents, last = path.split(".")
        place = cluster
        for name in parents:
            place = place.setdefault(name, {})
        place[last] = value
    return json.dumps(cluster)


def is_judged_right(program, row):
    done = subprocess.run([program, "validate", "-"], input=build(row), capture_output=True, text=True, check=False)
    text = done.stdout + done.stderr
    if "path" not in row:
        return done.returncode == 0, text
    return done.returncode == 1 and f": {row['path']}: " in text, text


def main():
    rows = json.loads(pathlib.Path(__file__).with_name("rules.json").read_text(encoding="utf-8"))
    wrong = 0
    for row in rows:
        ok, text = is_judged_right(sys.argv[1], row)
        if not ok:
            wrong += 1
            print(f"{json.dumps(row)}\n  answered: {text.strip() or 'accepted'}")
    print(f"{len(rows)} rows, {wrong} answered otherwise than the table says")
    sys.exit(bool(wrong) or not rows)


if __name__ == "__main__":
    main()
