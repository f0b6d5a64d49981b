#!/usr/bin/env python3
"""What the documents show of the program is what it prints: check_transcripts.py ROOT PROGRAM.

In every ```text block that begins with `$ flame-operator ...`, each such command is run in ROOT, and what it prints must be
what follows it."""
import os
import pathlib
import re
import shlex
import subprocess
import sys

from blocks import blocks
from check_docs import documents

COMMAND = re.compile(r"^\$ flame-operator (.*)\n((?:(?!\$ ).*\n)*)", re.M)
# What they are shown on: signs and width depend on it.
TERMINAL = {"LC_ALL": "C.UTF-8", "COLUMNS": "100"}


def transcripts(text):
    """[(arguments, output)] of a document."""
    shown = [b.body for b in blocks(text) if b.language == "text" and b.body.startswith("$ flame-operator ")]
    return [(shlex.split(m[1]), m[2]) for body in shown for m in COMMAND.finditer(body)]


def main():
    root, program = pathlib.Path(sys.argv[1]), sys.argv[2]
    checked = 0
    wrong = []
    for name in documents(root):
        for arguments, shown in transcripts((root / name).read_text(encoding="utf-8")):
            done = subprocess.run([program, *arguments], cwd=root, env={**os.environ, **TERMINAL}, capture_output=True, text=True, check=False)
            printed = done.stdout + done.stderr
            checked += 1
            if printed != shown:
                wrong.append(f"{name}: flame-operator {shlex.join(arguments)} prints\n{printed}")
    print("\n".join(wrong) or f"{checked} transcripts, each as it is printed")
    sys.exit(bool(wrong) or not checked)


if __name__ == "__main__":
    main()
