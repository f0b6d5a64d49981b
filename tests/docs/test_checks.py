#!/usr/bin/env python3
"""The checks themselves: each must see the drift that it is there for."""
import pathlib
import tempfile
import unittest

import check_docs
import check_fields
import check_flags
import check_manifests
import check_metrics
import check_transcripts


class Documents(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        (self.root / "a.yaml").write_text("a: 1\nb: 2\n")
        (self.root / "dev").write_text("cmd_run() {\n")

    def blocks(self, text):
        return list(check_docs.block_breaches(self.root, "x.md", text))

    def test_quoted_files(self):
        self.assertEqual(self.blocks("<!-- file: a.yaml -->\n```yaml\na: 1\nb: 2\n```\n"), [])
        self.assertEqual(self.blocks("<!-- part of: a.yaml -->\n```yaml\nb: 2\n```\n"), [])
        self.assertEqual(len(self.blocks("<!-- file: a.yaml -->\n```yaml\nb: 2\n```\n")), 1)
        self.assertEqual(len(self.blocks("<!-- part of: a.yaml -->\n```yaml\nb: 3\n```\n")), 1)
        self.assertEqual(len(self.blocks("<!-- file: gone.yaml -->\n```yaml\nb: 3\n```\n")), 1)

    def test_blocks_parse(self):
        self.assertEqual(self.blocks('```json\n{"a":1}\n```\n'), [])
        self.assertEqual(len(self.blocks('```json\n{"a":}\n```\n')), 1)
        self.assertEqual(len(self.blocks("```yaml\na: b: c\n```\n")), 1)

    def test_languages_and_markers(self):
        self.assertEqual(len(self.blocks("```\nx\n```\n")), 1)
        self.assertEqual(len(self.blocks("<!-- fille: a.yaml -->\n```yaml\na: 1\n```\n")), 1)
        self.assertEqual(self.blocks("- a\n\n  <!-- part of: a.yaml -->\n  ```yaml\n  b: 2\n  ```\n"), [])

    def test_manifests(self):
        def judged(text):
            return list(check_manifests.breaches("false", "x.md", text, {"suspend", "executorManager"}))

        self.assertEqual(judged("```yaml\napiVersion: v1\nkind: Secret\n```\n"), [])
        self.assertEqual(len(judged("```yaml\napiVersion: x.example/v1\nkind: X\n```\n")), 1)
        self.assertEqual(judged("<!-- example: X -->\n```yaml\napiVersion: x.example/v1\nkind: X\n```\n"), [])
        self.assertEqual(len(judged("```yaml\nsuspended: true\n```\n")), 1)
        self.assertEqual(check_manifests.whole({"executorManager": {"replicas": 2}})["spec"]["executorManager"], {"image": "x:1", "replicas": 2})

    def test_commands_that_nobody_runs(self):
        block = "```sh\nkubectl get pods\n```\n"
        for name, text, breaches in (("SECURITY.md", block, 1), ("README.md", block, 0), ("docs/guide/x.md", block, 0), ("docs/README.md", block, 1),
                                     ("SECURITY.md", "<!-- not run: no cluster -->\n" + block, 0), ("X.md", "```sh\n./dev run\n```\n", 0)):
            self.assertEqual(len(list(check_docs.command_breaches(name, text))), breaches, name)

    def test_links_and_commands(self):
        self.assertEqual(list(check_docs.link_breaches(self.root, "x.md", "[a](a.yaml#b) [h](https://x.example/y)")), [])
        self.assertEqual(len(list(check_docs.link_breaches(self.root, "x.md", "[a](b.yaml)"))), 1)
        (self.root / "y.md").write_text("# One\n\n```sh\n# Two\n```\n\n## It's `three`, or 4\n")
        for target, breaches in (("y.md#one", 0), ("y.md#its-three-or-4", 0), ("y.md#two", 1), ("#one", 0)):
            self.assertEqual(len(list(check_docs.link_breaches(self.root, "y.md", f"[a]({target})"))), breaches, target)
        self.assertEqual(list(check_docs.dev_breaches(self.root, "x.md", "./dev run")), [])
        self.assertEqual(len(list(check_docs.dev_breaches(self.root, "x.md", "./dev fly"))), 1)

    def test_reasons_of_conditions(self):
        hook = self.root / "hooks" / "flamecluster"
        pages = self.root / "docs" / "reference"
        hook.mkdir(parents=True)
        pages.mkdir(parents=True)
        (hook / "fc_status_conditions.c").write_text('set("Ready", "Up", HK_STR("Words"));\n')
        (hook / "fc_x.c").write_text('fc_warning_add(a, b, "Odd", path, "Words");\nfc_warning_add(a, b, "UnknownField", path);')
        for row, breaches in (("| `Ready` | `words` | `Up`, `Odd` |", 0), ("| `Ready` | | `Up`, `Gone`, `Odd` |", 1),
                              ("| `Ready` | | `Up` |", 1)):
            (pages / "flamecluster.md").write_text(f"| `Other` | | `X` |\n### Conditions\n\n{row}\n")
            self.assertEqual(len(list(check_docs.reason_breaches(self.root))), breaches, row)


class Fields(unittest.TestCase):
    SPEC = {"type": "object", "properties": {
        "kind": {"description": "x", "type": "string", "enum": ["A", "B"], "default": "A"},
        "part": {"type": "object", "required": ["count"], "properties": {
            "count": {"description": "x", "type": "integer", "minimum": 1, "maximum": 9},
            "share": {"description": "x", "x-kubernetes-int-or-string": True},
        }},
        "peers": {"description": "x", "type": "array", "maxItems": 4, "items": {"type": "object", "properties": {
            "name": {"description": "x", "type": "string"},
            "podSelector": {"description": "x", "type": "object", "properties": {"matchLabels": {"type": "object"}}},
        }}},
    }}
    STATUS = {"type": "object", "properties": {"ready": {"description": "x", "type": "integer"}}}
    ROWS = {
        "spec.kind": "string | `\"A\"` | `A` or `B` | `B` | nothing",
        "spec.part.count": "integer, required | | 1 to 9 | `3` | nothing",
        "spec.part.share": "integer or string | | a percentage | `5%` | nothing",
        "spec.peers": "list of peers | | at most 4 | `[{name: a}]` | nothing",
        "spec.peers[].name": "string | | | `a\\|b` | nothing",
        "spec.peers[].podSelector": "label selector | | | `{matchLabels: {a: b}}` | nothing",
        "status.ready": "integer | how many",
    }

    def breaches(self, changes):
        rows = self.ROWS | changes
        text = "".join(f"| `{path}` | {cells} |\n" for path, cells in rows.items() if cells)
        return list(check_fields.breaches({"spec": self.SPEC, "status": self.STATUS}, text))

    def test_rows_as_the_crd_has_it(self):
        self.assertEqual(self.breaches({}), [])
        self.assertEqual(self.breaches({"spec.peers": "list of `name`, `podSelector` | | at most 4 | `[{name: a}]` | nothing",
                                        "spec.peers[].name": None, "spec.peers[].podSelector": None}), [])

    def test_drift(self):
        for path, cells, why in (
                ("spec.kind", None, "not described"),
                ("spec.peers[].name", None, "not described"),
                ("spec.other", "string | | | `a` | nothing", "no field"),
                ("spec.kind", "integer | `\"A\"` | `A` or `B` | `B` | nothing", "the type is"),
                ("spec.kind", "string, required | `\"A\"` | `A` or `B` | `B` | nothing", "says that it is required"),
                ("spec.part.count", "integer | | 1 to 9 | `3` | nothing", "does not say"),
                ("spec.kind", "string | | `A` or `B` | `B` | nothing", "the default is not given"),
                ("spec.kind", "string | `\"B\"` | `A` or `B` | `B` | nothing", "the default is"),
                ("spec.part.count", "integer, required | `1` | 1 to 9 | `3` | nothing", "of the CRD none"),
                ("spec.kind", "string | `\"A\"` | `A` | `A` | nothing", "B, which it may be"),
                ("spec.part.count", "integer, required | | 1 to 99 | `3` | nothing", "maximum 9"),
                ("spec.peers", "list of peers | | | `[{name: a}]` | nothing", "maxItems 4"),
                ("spec.kind", "string | `\"A\"` | `A` or `B` | `C` | nothing", "no value"),
                ("spec.kind", "string | `\"A\"` | `A` or `B` | | nothing", "no value"),
                ("spec.part.count", "integer, required | | 1 to 9 | `10` | nothing", "no value"),
                ("spec.peers", "list of peers | | at most 4 | `[{names: a}]` | nothing", "no value"),
                ("spec.part.share", "integer or string | | a percentage | `5%` | ", "is empty"),
                ("status.ready", "integer | | how many", "cells")):
            found = self.breaches({path: cells})
            self.assertEqual([why in text for text in found], [True], f"{path}: {cells}: {found}")


class Transcripts(unittest.TestCase):
    def test_commands_and_what_follows_them(self):
        text = "```text\n$ flame-operator a 'b c'\none\n$ flame-operator d\ntwo\nthree\n```\n```text\nother\n```\n"
        self.assertEqual(check_transcripts.transcripts(text), [(["a", "b c"], "one\n"), (["d"], "two\nthree\n")])


class Flags(unittest.TestCase):
    def test_help_and_document_are_compared_both_ways(self):
        help_text = "  -o, --output FORMAT  what\n      --now TIME  when, see --later\n  -h, --help  this\n"
        self.assertEqual(check_flags.helped_flags(help_text), {"--output", "--now"})
        document = check_flags.documented("## `sync`\n\n| `--now TIME` | when |\n\n## Exit codes\n\n| `--no` | x |\n")
        self.assertEqual(document, {"sync": {"--now"}})
        drift = check_flags.breaches({"sync": {"--output"}, "serve": set()}, {"sync": {"--now"}})
        self.assertEqual(len(list(drift)), 3)


class Metrics(unittest.TestCase):
    def test_drift(self):
        text = ('# TYPE a_total counter\na_total{x="1"} 0\n# TYPE h histogram\nh_bucket{y="",le="1"} 0\nh_sum{y=""} 0\n'
                '# TYPE hook_decisions_total counter\nhook_decisions_total{action="wait",reason="Why"} 0\n')
        rows = ("| `a_total` | counter | `x` | |\n| `h` | histogram | `y` | |\n| `hook_decisions_total` | counter | `action`, `reason` | |\n"
                "| `wait` | `Why` | |\n")
        program = check_metrics.served(text)
        self.assertEqual(list(check_metrics.breaches(program, check_metrics.documented(rows))), [])
        for old, new in (("a_total", "b_total"), ("counter | `x`", "gauge | `x`"), ("`y`", "`z`"), ("`Why`", "`Not`"), ("`wait`", "`block`")):
            self.assertGreater(len(list(check_metrics.breaches(program, check_metrics.documented(rows.replace(old, new))))), 0, new)


if __name__ == "__main__":
    unittest.main()
