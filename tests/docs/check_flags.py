#!/usr/bin/env python3
"""docs/reference/command-line.md names the same commands and flags as the program: check_flags.py DOCUMENT PROGRAM.

The document has one `## COMMAND` section for each command; a row that begins with a flag in backquotes describes it."""
import re
import subprocess
import sys

FLAG = re.compile(r"--[a-z][a-z0-9-]*")


def helped_flags(text):
    """Flags that a --help describes: the lines that begin with one, after its letter or not."""
    return set(re.findall(r"^\s+(?:-\w, )?(--[a-z][a-z0-9-]*)", text, re.M)) - {"--help"}


def helped_commands(text):
    return re.findall(r"^  ([a-z]+)  ", text, re.M)


def documented(text):
    """{command: flags} of the document."""
    sections = re.split(r"^## ", text, flags=re.M)[1:]
    found = {}
    for section in sections:
        heading = re.match(r"`?([a-z]+)`?\n", section)
        if heading:
            found[heading.group(1)] = {f for row in re.findall(r"^\| `([^`]*)`", section, re.M) for f in FLAG.findall(row)}
    return found


def breaches(commands, document):
    for command in sorted(commands.keys() ^ document.keys()):
        yield f"{command}: {'not documented' if command in commands else 'not a command of the program'}"
    for command in sorted(commands.keys() & document.keys()):
        for flag in sorted(commands[command] ^ document[command]):
            yield f"{command} {flag}: {'not documented' if flag in commands[command] else 'not a flag of the program'}"


def run(*argv):
    return subprocess.run(argv, check=True, capture_output=True, text=True).stdout


def main():
    document, program = sys.argv[1:3]
    names = helped_commands(run(program, "--help"))
    commands = {name: helped_flags(run(program, name, "--help")) for name in names if name != "help"}
    if not commands:
        sys.exit("the program's --help lists no command")
    with open(document, encoding="utf-8") as file:
        found = list(breaches(commands, documented(file.read())))
    print("\n".join(found) or f"{len(commands)} commands, {sum(map(len, commands.values()))} flags")
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
