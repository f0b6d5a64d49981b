#!/usr/bin/env python3
"""Hold the documents to the tree: check_docs.py ROOT VERSION. Prints every breach; exit 1 if there is any.

A fenced block is what its marker says (blocks.py); every other YAML or JSON block must parse. A block of commands is run by
tests/e2e, or says why it is not."""
import json
import pathlib
import re
import sys

import yaml

from blocks import WORDS, blocks

LANGUAGES = {"sh", "yaml", "json", "text", "c", "dockerfile", "lua", "cmake"}
LINK = re.compile(r"\]\(([^)#\s]*)(?:#([^)\s]*))?\)")
TITLE = re.compile(r"^#+ (.*)$", re.M)
HEADING = re.compile(r"^## (.*)$", re.M)


def parse(language, text):
    if language == "json":
        json.loads(text)
    elif language == "yaml":
        list(yaml.safe_load_all(text))


def quote_breaches(root, block):
    for marker in ("file", "part of"):
        if marker not in block.markers:
            continue
        path = root / block.markers[marker]
        source = path.read_text() if path.is_file() else ""
        if block.body != source if marker == "file" else block.body not in source:
            yield f"the block of {block.markers[marker]} is not what the file says"


def block_breaches(root, name, text):
    for block in blocks(text):
        at = f"{name}:{block.line}"
        for marker in block.markers.keys() - WORDS:
            yield f"{at}: no such marker: {marker}"
        if block.language not in LANGUAGES:
            yield f"{at}: the language of a block must be one of {', '.join(sorted(LANGUAGES))}, is {block.language or 'not said'}"
        for breach in quote_breaches(root, block):
            yield f"{at}: {breach}"
        try:
            parse(block.language, block.body)
        except (ValueError, yaml.YAMLError) as error:
            yield f"{at}: a {block.language} block does not parse: {error}"


def anchors(path):
    """What a link into a Markdown file may point at, as GitHub names its headings."""
    prose = re.sub(r"^```.*?^```$", "", path.read_text(), flags=re.M | re.S)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in TITLE.findall(prose)}


def link_breaches(root, name, text):
    for target, anchor in LINK.findall(text):
        if "://" in target:
            continue
        path = (root / name).parent / target if target else root / name
        if not path.exists():
            yield f"{name}: link to {target}, which is not there"
        elif anchor and path.suffix == ".md" and anchor not in anchors(path):
            yield f"{name}: link to {target}#{anchor}: there is no such heading"


def dev_breaches(root, name, text):
    """`./dev X` and `flame-operator X` name commands that exist."""
    dev = (root / "dev").read_text()
    for command in set(re.findall(r"\./dev ([a-z0-9]+)", text)):
        if f"cmd_{command}()" not in dev and command != "help":
            yield f"{name}: ./dev {command} does not exist"


def command_breaches(name, text):
    """tests/e2e runs the commands of README.md and of docs/*/*.md; others say why they are not run, or are what .ci/run does."""
    if name == "README.md" or re.fullmatch(r"docs/\w+/[^/]+", name):
        return
    for block in blocks(text):
        if block.language == "sh" and "not run" not in block.markers and not block.body.startswith(("./dev ", "cmake ", "git ")):
            yield f"{name}:{block.line}: nobody runs these commands, and it does not say why"


def version_breaches(root, version):
    heading = HEADING.search((root / "CHANGELOG.md").read_text())
    if not heading or version not in heading.group(1):
        yield f"CHANGELOG.md: the first heading is not of version {version}"


def reason_breaches(root):
    """The table of conditions in docs/reference/flamecluster.md has each type and reason of the hook, and no other: the words
    of fc_status_conditions.c, and the reasons of warnings."""
    hook = root / "hooks" / "flamecluster"
    source = re.sub(r'HK_STR\("[^"]*"\)', "", (hook / "fc_status_conditions.c").read_text())
    written = set(re.findall(r'"([A-Z][A-Za-z]+)"', source))
    for path in hook.glob("*.c"):
        written |= set(re.findall(r'fc_warning_add\(\s*[^,]+,[^,]+,\s*"([A-Z]\w+)"', path.read_text()))
    written.discard("UnknownField")  # of files alone
    name = "docs/reference/flamecluster.md"
    table = (root / name).read_text().partition("### Conditions\n")[2]
    rows = re.findall(r"^\| `(\w+)` \|[^|]*\|(.*)\|$", table, re.M)
    described = {row[0] for row in rows} | {reason for row in rows for reason in re.findall(r"`(\w+)`", row[1])}
    for word in sorted(written ^ described):
        yield f"{name}: {word} is {'not described' if word in written else 'no condition type or reason of the hook'}"


def documents(root):
    top = [p for p in root.glob("*.md")]
    return sorted(str(p.relative_to(root)) for p in [*top, *(root / "docs").rglob("*.md"), *(root / "charts").rglob("*.md")])


def main():
    root, version = pathlib.Path(sys.argv[1]), sys.argv[2]
    names = documents(root)
    found = [*version_breaches(root, version), *reason_breaches(root)]
    for name in names:
        text = (root / name).read_text()
        for check in (block_breaches, link_breaches, dev_breaches):
            found += check(root, name, text)
        found += command_breaches(name, text)
    print("\n".join(found) or f"{len(names)} documents, no breach")
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
