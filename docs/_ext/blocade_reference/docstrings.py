"""Docstrings as this project writes them, for autodoc.

NumPy style with a short form: ``name : what it is`` on one line, where napoleon would take the words for a type.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence

from sphinx.application import Sphinx

SECTIONS = ("Parameters", "Attributes", "Returns", "Raises", "Notes", "Examples")
ENTRY = re.compile(r"([*\w]+(?:, [*\w]+)*) : (.+)")
NAMES = re.compile(r"[*\w]+(?:, [*\w]+)*")
NEXT = re.compile(r"(?<=\.) (?=\w+(?:, \w+)* : )")
"""Where one line goes on with another entry."""
TYPES = (
    (re.compile(r"TypeAliasForwardRef\('(\w+)'\)"), r"\1"),
    (re.compile(r"[~\w.]*ndarray\[[~\w.]*tuple\[[~\w.]*Any, \.\.\.\], [~\w.]*dtype\[[~\w.]*float64\]\]"), "Array"),
    (re.compile(r"[~\w.]*ndarray\[[~\w.]*tuple\[[~\w.]*Any, \.\.\.\], [~\w.]*dtype\[([~\w.]*)\]\]"), r"NDArray[\1]"),
    (re.compile(r"[~\w.]*_Buffer \|.*\| [~\w.]*_NestedSequence\[[^\[\]]*\]"), "ArrayLike"),
)
"""How autodoc spells types, and how the code does."""
NUMBER = re.compile(r"^Equation \d+: (.)")


def sections_as_fields(
    _app: Sphinx, what: str, _name: str, _obj: object, _options: object, lines: list[str]
) -> None:
    """Turn the sections of a docstring into fields, in place."""
    if what == "module" and lines:  # its heading has the number
        lines[0] = NUMBER.sub(lambda first: first[1].upper(), lines[0])
    made: list[str] = []
    section: str | None = None
    body: list[str] = []
    index = 0
    while index < len(lines):
        heading = lines[index].strip()
        if heading in SECTIONS and index + 1 < len(lines) and set(lines[index + 1].strip()) == {"-"}:
            made += _written(section, body)
            section, body = heading, []
            index += 2
            continue
        body.append(lines[index])
        index += 1
    lines[:] = [*made, *_written(section, body)]


def _written(section: str | None, body: Sequence[str]) -> list[str]:
    """One section in reStructuredText; None is what stands before the first."""
    if section is None:
        return list(body)
    if section in ("Notes", "Examples"):
        return ["", f".. rubric:: {section}", "", *body, ""]
    text = [line for line in body if line.strip()]
    entries = _entries([part for line in text for part in NEXT.split(line)])
    if entries:
        items = [f"   * **{names}** – {meaning}" for names, meaning in entries]
        return ["", f":{section}:", *items, ""]
    return ["", f":{section}: {' '.join(line.strip() for line in text)}", ""]


def _entries(text: Sequence[str]) -> list[tuple[str, str]]:
    """The names of a list and what each is; a line that begins no entry goes on with the last one."""
    found: list[tuple[str, str]] = []
    for line, following in zip(text, [*text[1:], ""], strict=True):
        short = ENTRY.fullmatch(line)
        if short is not None:
            found.append((short[1], short[2]))
        elif NAMES.fullmatch(line) and following.startswith(" "):
            found.append((line, ""))
        elif found:
            names, meaning = found[-1]
            found[-1] = names, f"{meaning} {line.strip()}".strip()
    return found


def short_signature(
    _app: Sphinx, _what: str, _name: str, obj: object, _options: object, signature: str | None, returns: str | None
) -> tuple[str, str | None] | None:
    """Tell types by the names of the code; leave out the arguments of a data class that explains its attributes."""
    if dataclasses.is_dataclass(obj) and "Attributes\n" in (obj.__doc__ or ""):
        return "", None
    if signature is None:
        return None
    for spelt, short in TYPES:
        signature, returns = spelt.sub(short, signature), returns and spelt.sub(short, returns)
    return signature, returns
