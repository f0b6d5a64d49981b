#!/usr/bin/env python3
"""docs/reference/metrics.md names the same metrics and decisions as the server: check_metrics.py DOCUMENT; FLAME_OPERATOR is the
program. A row that begins with a name, a type and labels describes a metric; one that begins with two names a decision."""
import pathlib
import re
import sys

METRIC = re.compile(r"^\| `([a-z_]+)` \| (counter|gauge|histogram) \| ?([^|]*)\|", re.M)
DECISION = re.compile(r"^\| `([a-z]+)` \| `([A-Za-z]+)` \|", re.M)
NAME = re.compile(r"`([a-z]+)`")
SERIES = re.compile(r"^([a-z_]+?)(_bucket|_sum|_count)?(?:\{(.*)\})? \S+$")


def documented(text):
    """{metric: (type, labels)} and {(action, reason)} of the document."""
    metrics = {name: (kind, frozenset(NAME.findall(labels))) for name, kind, labels in METRIC.findall(text)}
    return metrics, set(DECISION.findall(text))


def served(text):
    """The same of what a server says."""
    types = dict(re.findall(r"^# TYPE (\S+) (\S+)$", text, re.M))
    metrics, decisions = {}, set()
    for line in text.splitlines():
        if line.startswith("#"):
            continue
        base, suffix, labels = SERIES.match(line).groups()
        name = base if types.get(base) == "histogram" else base + (suffix or "")
        pairs = dict(re.findall(r'([a-z]+)="([^"]*)"', labels or ""))
        metrics[name] = types[name], frozenset(pairs.keys() - {"le"})
        if name == "hook_decisions_total":
            decisions.add((pairs["action"], pairs["reason"]))
    return metrics, decisions


def breaches(program, document):
    for here, there, what in zip(program, document, ("metric", "decision")):
        for one in sorted(here ^ there if what == "decision" else here.keys() ^ there.keys()):
            yield f"{what} {one}: {'not documented' if one in here else 'not of the program'}"
    for name in sorted(program[0].keys() & document[0].keys()):
        if program[0][name] != document[0][name]:
            yield f"metric {name}: is {program[0][name]}, documented as {document[0][name]}"


def main():
    sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "http"))
    from server import Server  # pylint: disable=import-outside-toplevel
    server = Server()
    try:
        program = served(server.call("GET", "/metrics", port=server.admin).body.decode())
    finally:
        server.stop()
    with open(sys.argv[1], encoding="utf-8") as file:
        found = list(breaches(program, documented(file.read())))
    if not program[0] or not program[1]:
        sys.exit("the server tells of no metrics or no decisions")
    print("\n".join(found) or f"{len(program[0])} metrics, {len(program[1])} decisions")
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
