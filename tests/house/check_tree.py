#!/usr/bin/env python3
"""The dependency rules and sizes of the tree: check_tree.py ROOT. Prints every breach; exit 1 if there is any."""
import pathlib
import re
import sys

INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]', re.M)
# Third parties' headers and the only modules that may see them.
ONLY = {
    "civetweb.h": re.compile(r"lib/hk_http\.c$"),
    "yaml.h": re.compile(r"lib/hk_yaml[a-z_]*\.[ch]$"),
    "xxhash.h": re.compile(r"lib/hk_hash\.c$"),
}
# A layer and the layers above it, none of whose headers it may include.
ABOVE = {"lib": ("lib/sim", "hooks", "cli"), "lib/sim": ("hooks", "cli"), "hooks": ("lib/sim", "cli")}
# Headers that bring I/O, clock, environment or randomness; a hook has none of it.
IMPURE = re.compile(
    r"^(time|unistd|fcntl|signal|pthread|dirent|poll|netdb|locale|threads"
    r"|sys/(time|stat|socket|random|mman|types|wait|select)|arpa/.*|netinet/.*|hk_(http|log|metrics).*)\.h$")
MAX_LINES = 600


def layer(path):
    return "lib/sim" if path.startswith("lib/sim/") else path.split("/")[0]


def includes_of(files):
    return [(path, name) for path, text in files.items() for name in INCLUDE.findall(text)]


def breaches(files):
    """files: {path relative to the root: text} of every .c and .h file."""
    headers = {}
    for path in files:
        if path.endswith(".h"):
            headers.setdefault(path.rsplit("/", 1)[-1], set()).add(layer(path))
    found = []
    for path, name in includes_of(files):
        base, here = name.rsplit("/", 1)[-1], layer(path)
        if base in ONLY and not ONLY[base].search(path) and here != "tests":
            found.append(f"{path}: includes {name}, which only {ONLY[base].pattern} may")
        reached = headers.get(base, set()) & set(ABOVE.get(here, ()))
        if reached and here not in headers[base]:
            found.append(f"{path}: includes {name} of {', '.join(sorted(reached))}, the layer above")
        if here == "hooks" and IMPURE.match(name):
            found.append(f"{path}: includes {name}; hooks have no I/O, clock, environment or randomness")
    for path, text in files.items():
        lines = text.count("\n")
        if lines > MAX_LINES:
            found.append(f"{path}: {lines} lines, at most {MAX_LINES}")
    return found


def read_tree(root):
    folders = ("lib", "hooks", "cli", "tests")
    paths = [p for f in folders for p in (root / f).rglob("*.[ch]")]
    return {str(p.relative_to(root)): p.read_text(encoding="utf-8") for p in sorted(paths)}


def main():
    files = read_tree(pathlib.Path(sys.argv[1]))
    if len(files) < 10:
        sys.exit(f"only {len(files)} sources found: wrong root?")
    found = breaches(files)
    print("\n".join(found) or f"{len(files)} sources, no breach")
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
