#!/usr/bin/env python3
"""The checks themselves: each must see the drift that it is there for."""
import pathlib
import tempfile
import unittest

import check_docs
import check_flags
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

    def test_links_and_commands(self):
        self.assertEqual(list(check_docs.link_breaches(self.root, "x.md", "[a](a.yaml#b) [h](https://x.example/y)")), [])
        self.assertEqual(len(list(check_docs.link_breaches(self.root, "x.md", "[a](b.yaml)"))), 1)
        self.assertEqual(list(check_docs.dev_breaches(self.root, "x.md", "./dev run")), [])
        self.assertEqual(len(list(check_docs.dev_breaches(self.root, "x.md", "./dev fly"))), 1)

    def test_reasons_of_conditions(self):
        hook = self.root / "hooks" / "flamecluster"
        pages = self.root / "docs" / "reference"
        hook.mkdir(parents=True)
        pages.mkdir(parents=True)
        (hook / "fc_status.c").write_text('static struct hk_cond condition(x)\nset("Ready", "Up", HK_STR("Words"));\n'
                                          'static void write_executors(\n"Later"')
        for row, breaches in (("| `Ready` | `words` | `Up` |", 0), ("| `Ready` | | `Up`, `Gone` |", 1),
                              ("| `Ready` | | |", 1)):
            (pages / "flamecluster.md").write_text(f"| `Other` | | `X` |\n### Conditions\n\n{row}\n")
            self.assertEqual(len(list(check_docs.reason_breaches(self.root))), breaches, row)

    def test_fields_of_a_schema(self):
        schema = {"properties": {"a": {"type": "object", "properties": {"b": {"type": "string", "default": ""}}}}}
        self.assertEqual(check_docs.schema_fields(schema, "spec"), {"spec.a.b": ""})


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


if __name__ == "__main__":
    unittest.main()
