"""The keys of scenario files as Markdown, from the JSON Schema that editors get.

A description without a title beside it is one of a value, not of the key that has it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from blocade.scenario import json_schema
from blocade.scenario.schema import EVENT_FILES

FILE = re.compile(r"\b(?:docs|seeds)/[\w/.-]+\w|\bREADME\.md")
"""A file of the repository, as texts name it."""
Schema = Mapping[str, Any]
PARTS = {"ArmFile": "an arm", "DesignFile": "design", "UntilFile": "until"}
"""Parts of a file that are mappings with keys of their own, and what their headings are."""


def written() -> str:
    """Every key of a file and of its parts, then every kind of event with its fields."""
    schema = json_schema()
    parts = schema["$defs"]
    lines = ["## Keys of a file", _keys(schema, set(schema["anyOf"][0]["required"]))]
    for name, heading in PARTS.items():
        lines += [f"## Keys of {heading}", _told(parts[name]), _keys(parts[name])]
    lines.append("## Kinds of events")
    fields: dict[str, Any] = {}
    for kind, model in EVENT_FILES.items():
        part = parts[model.__name__]
        fields = part["properties"] | fields
        lines += [f"### {kind}", _told(part), _fields(part)]
    del fields["kind"]
    lines += ["## Fields of events", "\n\n".join(_entry(key, told) for key, told in sorted(fields.items()))]
    return "\n\n".join(lines)


def _told(part: Schema) -> str:
    """What the schema says of a part; double backticks of docstrings are single ones here."""
    return re.sub(r"``([^`]+)``", r"`\1`", str(part["description"]))


def _keys(part: Schema, needed: set[str] | None = None) -> str:
    """Keys as a list of definitions: what each means, what it may be, and its default."""
    required = set(part.get("required", ())) if needed is None else needed
    entries = []
    for key, told in part["properties"].items():
        default = told.get("default")
        usual = " Needed." if key in required else f" Default: {_value(default)}." if default else ""
        entries.append(_entry(key, told) + usual)
    return "\n\n".join(entries)


def _entry(key: str, told: Schema) -> str:
    meaning = FILE.sub(r"[\g<0>](../../\g<0>)", _sentence(" ".join(told["description"].split())))
    return f"`{key}`\n: {meaning} *{_sentence(kind_of(told))}*"


def _fields(part: Schema) -> str:
    """Which fields an event of a kind needs, and which it may have."""
    required = [key for key in part["required"] if key != "kind"]
    told = f"Needs {', '.join(f'`{key}`' for key in required)}."
    others = {key: of.get("default") for key, of in part["properties"].items() if key not in ("kind", *required)}
    may = [f"`{key}`" + ("" if usual is None else f" (else {_value(usual)})") for key, usual in others.items()]
    return told + (f" May have {', '.join(may)}." if may else "")


def _value(default: object) -> str:
    """A default as a file would have it: 1, not 1.0."""
    if isinstance(default, float) and default.is_integer():
        default = int(default)
    return f"`{default if isinstance(default, str) else json.dumps(default)}`"


def kind_of(told: Schema) -> str:
    """What a value may be, in words."""
    if "$ref" in told:
        name = told["$ref"].removeprefix("#/$defs/")
        return f"[keys of its own](#keys-of-{PARTS[name].replace(' ', '-')})"
    if "oneOf" in told:
        return "[an event](#kinds-of-events)"
    if "anyOf" in told:
        first, *others = [one for one in told["anyOf"] if one.get("type") != "null"]
        if [one.get("items") for one in others if "description" not in one] == [first]:
            return f"{kind_of(first)}, or a list of them"
        return " or ".join(dict.fromkeys(map(kind_of, (first, *others))))
    if "description" in told and "title" not in told:
        return str(told["description"])
    return _of_type(told)


def _of_type(told: Schema) -> str:
    if "enum" in told:
        return " or ".join(f"`{word}`" for word in told["enum"])
    kind = told.get("type")
    if isinstance(kind, list):
        return " or ".join(_of_type({"type": one}) for one in kind)
    if kind == "array":
        item = kind_of(told["items"]).replace("text", "a name")
        return f"a list, each {item}"
    if kind == "object":
        return f"names, each with {kind_of(told['additionalProperties'])}"
    words = {"string": "text", "boolean": "true or false", "integer": "a whole number", "number": "a number"}
    return words[str(kind)] + _bounds(told)


def _bounds(told: Schema) -> str:
    low, high = told.get("minimum"), told.get("maximum")
    if low is not None and high is not None:
        return f" from {low} to {high}"
    if low is not None:
        return f" from {low} up"
    return f" above {told['exclusiveMinimum']}" if "exclusiveMinimum" in told else ""


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:].rstrip('.')}."
