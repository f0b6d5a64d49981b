#!/usr/bin/env python3
"""The rules of the spec stand in the CRD and in the hook; this table holds the two equal.

check_rules.py program PROGRAM   `flame-operator validate` accepts each row without a path, and names the path of the others
check_rules.py kubectl KUBECTL   the same of an API server with the CRD applied (a server-side dry run)

A row sets fields of a small good FlameCluster; {"repeat","times"} stands for a long string. The server names a rule over two fields at the object that holds them."""
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


def run(argv, text):
    done = subprocess.run(argv, input=text, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def judged_by_program(program, row):
    code, text = run([program, "validate", "-"], build(row))
    if "path" not in row:
        return code == 0, text
    return code == 1 and f": {row['path']}: " in text, text


def judged_by_server(kubectl, row):
    code, text = run([kubectl, "apply", "--dry-run=server", "-f", "-"], build(row))
    if "path" not in row:
        return code == 0, text
    holder = row["path"].split(".requests[")[0].split(".limits[")[0]
    return code != 0 and holder in text, text


def main():
    mode, tool = sys.argv[1:3]
    judge = {"program": judged_by_program, "kubectl": judged_by_server}[mode]
    rows = json.loads(pathlib.Path(__file__).with_name("rules.json").read_text(encoding="utf-8"))
    wrong = 0
    for row in rows:
        ok, text = judge(tool, row)
        if not ok:
            wrong += 1
            print(f"{json.dumps(row)}\n  answered: {text.strip() or 'accepted'}")
    print(f"{len(rows)} rows, {wrong} answered otherwise than the table says")
    sys.exit(bool(wrong) or not rows)


if __name__ == "__main__":
    main()
