#!/usr/bin/env python3
"""docs/reference/flamecluster.md says of each field what the CRD says: check_fields.py ROOT. Prints every breach.

A field of the spec has a row `| path | type | default | rule | example | a change |`, one of the status `| path | type | meaning |`.
The fields of a list's entries are rows of their own (`spec.a[].b`), unless the list's row names them: list of `a`, `b`.
Held to the CRD: the path, the type, whether it is required, the default, each word of an enum, each bound, and the example."""
import json
import pathlib
import re
import sys

import yaml

DOCUMENT = "docs/reference/flamecluster.md"
ROW = re.compile(r"^\| `((?:spec|status)\.[\w.\[\]]+)` \|(.*)\|$", re.M)
CELLS = {"spec": ["type", "default", "rule", "example", "a change"], "status": ["type", "meaning"]}
# Kubernetes' own types, which are described there.
KUBERNETES = {"resources": "requests, limits", "podSelector": "label selector", "namespaceSelector": "label selector"}
PLURALS = {"string": "strings", "integer": "integers"}


def is_container(name, schema):
    is_open = schema.get("x-kubernetes-preserve-unknown-fields")  # described by its row alone
    return schema.get("type") == "object" and "properties" in schema and name not in KUBERNETES and not is_open


def fields(schema, prefix):
    """{path: (name, schema, is it required)} of what is to be described: all but objects whose own fields are."""
    found = {}
    for name, child in schema.get("properties", {}).items():
        path = f"{prefix}.{name}"
        if is_container(name, child):
            found |= fields(child, path)
            continue
        found[path] = (name, child, name in schema.get("required", []))
        if child.get("type") == "array" and is_container(name, child["items"]):
            found |= fields(child["items"], f"{path}[]")
    return found


def types(name, schema):
    """What the type may be called; a list of objects is called after what is in them, or as the writer likes."""
    kind = schema.get("type")
    if name in KUBERNETES:
        return [KUBERNETES[name]]
    if schema.get("x-kubernetes-int-or-string"):
        return ["integer or string", "quantity"]
    if schema.get("x-kubernetes-preserve-unknown-fields"):
        return ["object"]
    if kind == "array":
        item = schema["items"].get("type")
        return [f"list of {PLURALS[item]}"] if item in PLURALS else None
    if kind == "object":
        value = schema.get("additionalProperties", {}).get("type")
        return [f"map of {PLURALS[value]}"] if value in PLURALS else ["map of quantities"]
    return [kind]


def named_entries(cell):
    return set(re.findall(r"`(\w+)`", cell)) if cell.startswith("list of `") else set()


def type_breaches(name, schema, required, cell):
    wanted = types(name, schema)
    cell, comma, rest = cell.partition(", required")
    if bool(comma) != required:
        yield f"the type {'does not say' if required else 'says'} that it is required"
    if rest or wanted is not None and cell not in wanted:
        yield f'the type is "{cell}{comma}{rest}", of the CRD "{wanted[0] if wanted else "list of ..."}"'
    if wanted is None and not cell.startswith("list of "):
        yield f'the type is "{cell}", of the CRD "list of ..."'
    entries = named_entries(cell)
    if entries and entries != set(schema.get("items", {}).get("properties", {})):
        yield f"its entries are not those of the CRD: {cell}"


def rule_breaches(schema, cell):
    for word in schema.get("enum", []):
        if f"`{word}`" not in cell:
            yield f"{word}, which it may be, is not in its rule"
    for bound in ("minimum", "maximum", "maxItems"):
        if bound in schema and not re.search(rf"(?<!\w){schema[bound]}(?!\w)", cell):
            yield f"{bound} {schema[bound]} is not in its rule"


def is_of_type(schema, value):
    if schema.get("x-kubernetes-int-or-string"):
        return isinstance(value, (int, str)) and not isinstance(value, bool)
    python = {"string": str, "integer": int, "boolean": bool, "array": list, "object": dict}.get(schema.get("type"), object)
    return isinstance(value, python) and not (python is int and isinstance(value, bool))


def is_good(schema, value):
    """As far as types, bounds, words and names of fields go; CEL and patterns are the business of tests/rules."""
    if not is_of_type(schema, value) or ("enum" in schema and value not in schema["enum"]):
        return False
    if isinstance(value, int) and not schema.get("minimum", value) <= value <= schema.get("maximum", value):
        return False
    if isinstance(value, list):
        return all(is_good(schema["items"], v) for v in value)
    if isinstance(value, dict) and "properties" in schema:
        known = schema["properties"]
        return all(k in known and is_good(known[k], v) for k, v in value.items()) and set(schema.get("required", [])) <= set(value)
    return True


def example_breaches(schema, cell):
    quoted = re.fullmatch(r"`(.+)`", cell)
    try:
        value = yaml.safe_load(quoted.group(1)) if quoted else None
    except yaml.YAMLError:
        value = None
    if schema.get("type") == "string" and quoted and not isinstance(value, str):
        value = None
    if value is None or not is_good(schema, value):
        yield f"the example {cell or '(none)'} is no value of it"


def row_breaches(path, field, cells):
    name, schema, required = field
    if "description" not in schema:
        yield "it has no description in the CRD"
    yield from type_breaches(name, schema, required, cells["type"])
    for column, cell in cells.items():
        if not cell and column in ("meaning", "a change"):
            yield f'the cell "{column}" is empty'
    if not path.startswith("spec."):
        return
    default = f"`{json.dumps(schema['default'])}`" if "default" in schema else ""
    if cells["default"] != default:
        yield f"the default is {cells['default'] or 'not given'}, of the CRD {default or 'none'}"
    yield from rule_breaches(schema, cells["rule"])
    yield from example_breaches(schema, cells["example"])


def breaches(properties, text):
    wanted = fields(properties["spec"], "spec") | fields(properties["status"], "status")
    rows = {path: [c.strip().replace(r"\|", "|") for c in re.split(r"(?<!\\)\|", rest)] for path, rest in ROW.findall(text)}
    for path, cells in rows.items():
        if cells[0].startswith("list of `"):
            wanted = {k: v for k, v in wanted.items() if not k.startswith(f"{path}[].")}
    for path in sorted(wanted.keys() | rows.keys()):
        if path not in rows or path not in wanted:
            yield f"{path} is {'not described' if path in wanted else 'no field of the CRD'}"
            continue
        columns = CELLS[path.partition(".")[0]]
        if len(columns) != len(rows[path]):
            yield f"{path}: its row has {len(rows[path])} cells after the path, not {len(columns)}"
            continue
        for breach in row_breaches(path, wanted[path], dict(zip(columns, rows[path]))):
            yield f"{path}: {breach}"


def main():
    root = pathlib.Path(sys.argv[1])
    crd = yaml.safe_load((root / "crd" / "flameclusters.yaml").read_text())
    properties = crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]
    found = list(breaches(properties, (root / DOCUMENT).read_text()))
    print("\n".join(f"{DOCUMENT}: {text}" for text in found) or "each field is described as the CRD has it")
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
