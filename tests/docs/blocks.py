"""The fenced blocks of a Markdown text, with the markers above them.

A marker is a comment on a line of its own right above the fence (an empty line between them is nothing), `<!-- WORD: VALUE -->`:
  file: PATH       the block is that file, whole
  part of: PATH    its lines stand in that file, one after another
  save as: NAME    (yaml) the commands of this document find it in that file
  values: CHART    (yaml) values of that Helm chart
  example: WHAT    (yaml) an object of somebody else's, which no test here can judge: its kind, or what it is
  not run: WHY     (sh) tests/e2e leaves it out when it runs the commands of this document
At the top of a document, `<!-- begin with: FILE -->` is what is applied, and Ready, before its first command is run."""
import re
from typing import NamedTuple

BLOCK = re.compile(r"^((?: *<!-- [a-z ]+: [^\n]* -->\n\n?)*)( *)```(\w*)\n(.*?)^\2```$", re.M | re.S)
MARKER = re.compile(r"<!-- ([a-z ]+): ([^\n]*) -->")
WORDS = {"file", "part of", "save as", "values", "example", "not run"}


class Block(NamedTuple):
    line: int  # of its first line
    language: str
    body: str
    markers: dict


def blocks(text):
    found = []
    for match in BLOCK.finditer(text):
        line = text.count("\n", 0, match.start(4)) + 1
        body = re.sub(f"^{match[2]}", "", match[4], flags=re.M)  # a block in a list stands as deep as its item
        found.append(Block(line, match[3], body, dict(MARKER.findall(match[1]))))
    return found
