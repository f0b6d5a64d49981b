#!/usr/bin/env python3
"""docs/pictures/simulate.svg is what the program prints on a terminal: terminal.py ROOT PROGRAM [--update].

The program runs on a pseudo-terminal, and its lines and colours become a window in SVG, line after line where animation is
wanted, all at once elsewhere."""
import html
import os
import pathlib
import pty
import re
import subprocess
import sys

COMMAND = ["simulate", "examples/minimal.yaml"]
PICTURE = "docs/pictures/simulate.svg"
COLORS = {"1": "b", "2": "m", "31": "r", "32": "g", "33": "y", "36": "c", "1;31": "b r", "1;32": "b g"}
WIDTH, CHARACTER, LINE, LEFT, TOP = 880, 7.22, 18, 20, 66
STEP_S = .35

HEAD = """\
<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" role="img" \
aria-labelledby="title desc">
<title id="title">flame-operator {command}</title>
<desc id="desc">A terminal shows the life of a cluster, step by step.
{plain}</desc>
<style>
text{{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono","Liberation Mono",monospace;font-size:12px;\
white-space:pre;fill:#1f2328}}
.b{{font-weight:600}}.m{{fill:#59636e}}.r{{fill:#b3330b}}.g{{fill:#116b45}}.y{{fill:#7d5a00}}.c{{fill:#0b5cad}}
.bg{{fill:#fbfcfd;stroke:#c3cad1}}.bar{{fill:#e9edf1}}.k{{fill:#b6bec6}}
@media (prefers-color-scheme:dark){{
text{{fill:#e6edf3}}.m{{fill:#9aa4af}}.r{{fill:#ff8a63}}.g{{fill:#62d9b1}}.y{{fill:#e3bb4f}}.c{{fill:#62aef5}}
.bg{{fill:#0d1117;stroke:#3d444d}}.bar{{fill:#1c2128}}.k{{fill:#4b535d}}
}}
@media (prefers-reduced-motion:no-preference){{
.l{{animation:in .1s both}}
@keyframes in{{from{{opacity:0}}to{{opacity:1}}}}
}}
</style>
<rect class="bg" x=".5" y=".5" width="{inner}" height="{inner_height}" rx="8"/>
<path class="bar" d="M1 32V9Q1 1 9 1H{bar}Q{edge} 1 {edge} 9V32Z"/>
<circle class="k" cx="20" cy="16.5" r="5.5"/><circle class="k" cx="38" cy="16.5" r="5.5"/><circle class="k" cx="56" cy="16.5" r="5.5"/>
<text class="m" x="440" y="21" text-anchor="middle">flame-operator</text>
"""


def printed(program, root):
    """What it writes to a terminal, colours and all."""
    main, terminal = pty.openpty()
    environment = {**os.environ, "TERM": "xterm-256color", "LC_ALL": "C.UTF-8"}
    environment.pop("NO_COLOR", None)
    with subprocess.Popen([program, *COMMAND], cwd=root, stdin=subprocess.DEVNULL, stdout=terminal, stderr=terminal,
                          env=environment) as child:
        os.close(terminal)
        output = b""
        while True:
            try:
                chunk = os.read(main, 65536)
            except OSError:  # EIO: the other end is closed
                break
            if not chunk:
                break
            output += chunk
    os.close(main)
    if child.returncode != 0:
        sys.exit(output.decode())
    return output.decode().replace("\r\n", "\n").splitlines()


def runs(line):
    """[(class, text)] of a line."""
    found, style = [], ""
    for code, text in re.findall(r"(?:\033\[([\d;]*)m)?([^\033]*)", line):
        if code:
            style = "" if code == "0" else COLORS[code]
        if text:
            found.append((style, text))
    return found


def text_line(number, line, delay):
    """Each run has its place, so that no font can shift what stands below each other."""
    column, spans = 0, ""
    for style, text in runs(line):
        for part in re.finditer(r"\S+(?: \S+)*", text):  # several blanks are a gap
            x = round(LEFT + (column + part.start()) * CHARACTER, 1)
            spans += f'<tspan x="{x:g}"{f" class={chr(34)}{style}{chr(34)}" if style else ""}>{html.escape(part[0])}</tspan>'
        column += len(text)
    y = TOP + number * LINE
    assert LEFT + column * CHARACTER <= WIDTH - 8, f"too long: {line}"
    return f'<text class="l" y="{y}" style="animation-delay:{delay:g}s">{spans}</text>\n' if spans else ""


def picture(lines):
    plain = [re.sub(r"\033\[[\d;]*m", "", line) for line in lines]
    command = " ".join(COMMAND)
    height = TOP + len(lines) * LINE + 14
    out = HEAD.format(width=WIDTH, height=height, inner=WIDTH - 1, inner_height=height - 1, bar=WIDTH - 9, edge=WIDTH - 1,
                      command=command, plain=html.escape("\n".join(plain)))
    out += f'<text x="{LEFT}" y="{TOP - 8}"><tspan class="m">$</tspan>'
    out += f'<tspan class="b" x="{LEFT + 2 * CHARACTER:g}">flame-operator {command}</tspan></text>\n'
    summary = plain.index("")  # the steps come one after another, what follows them at once
    for number, line in enumerate(lines):
        out += text_line(number + 1, line, round(.6 + min(number, summary) * STEP_S, 2))
    return out + "</svg>\n"


def main():
    root, program = pathlib.Path(sys.argv[1]), sys.argv[2]
    drawn = picture(printed(program, root))
    path = root / PICTURE
    if "--update" in sys.argv:
        path.write_text(drawn, encoding="utf-8")
    if not path.is_file() or path.read_text(encoding="utf-8") != drawn:
        sys.exit(f"{PICTURE} is not what the program prints; drawn anew by: {sys.argv[0]} ROOT PROGRAM --update")
    print(f"{PICTURE}: as it is printed")


if __name__ == "__main__":
    main()
