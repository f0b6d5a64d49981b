#!/usr/bin/env python3
"""What a static library exports and calls.
check_symbols.py exports NM PREFIX LIB   every global symbol begins with PREFIX
check_symbols.py pure NM PREFIX LIB      every undefined symbol is on the list of functions without side effects"""
import re
import subprocess
import sys

# No I/O, clock, environment, randomness, global state: of stdio only what formats into memory. jansson's file functions are left out on purpose.
PURE = re.compile("|".join((
    r"(mem(cpy|move|set|cmp|chr|rchr|mem)|str(n?len|n?casecmp|n?cmp|chr|rchr|n?cpy|spn|cspn|str|toll|toull|tol|toul))(_chk)?",
    r"__(mem(cpy|move|set)|v?snprintf|str(n?cpy|n?cat))_chk",
    r"v?snprintf", r"qsort|bsearch", r"__isoc23_strto(l|ll|ul|ull)",
    r"__stack_chk_fail|__assert_fail|_GLOBAL_OFFSET_TABLE_",
    r"json_(?!load|dump|object_seed|set_alloc)\w+|jsonp_\w+|json_(loadb|loads|dumpb|dumps|dump_callback)",
    r"hk_(?!http|log|metrics|mem_set)\w+",
)))


def symbols(nm, library, option):
    """Names by nm -g with --defined-only or --undefined-only."""
    text = subprocess.run([nm, "-g", option, "-P", library], check=True, capture_output=True, text=True).stdout
    return {line.split()[0] for line in text.splitlines() if line and not line.rstrip().endswith(":")}


def foreign(names, prefix):
    return sorted(n for n in names if not n.startswith(prefix))


def impure(names, prefix):
    return sorted(n for n in names if not n.startswith(prefix) and not PURE.fullmatch(n))


def main():
    mode, nm, prefix, library = sys.argv[1:5]
    option = {"exports": "--defined-only", "pure": "--undefined-only"}[mode]
    names = symbols(nm, library, option)
    bad = {"exports": foreign, "pure": impure}[mode](names, prefix)
    for name in bad:
        print(f"{library}: {mode}: {name}")
    if not names and mode == "exports":
        sys.exit(f"{library}: no symbol at all")
    print(f"{len(names)} symbols, {len(bad)} of them not allowed")
    sys.exit(bool(bad))


if __name__ == "__main__":
    main()
