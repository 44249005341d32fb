"""One section for every file of equations, in the order of their numbers."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from blocade import equations

NUMBERED = re.compile(r'"""Equation (\d+)')


@cache
def files() -> dict[str, str]:
    """Module -> the number of its equation, or "" where it has none; those come last."""
    found = {}
    for path in sorted(Path(equations.__path__[0]).glob("[!_]*.py")):
        number = NUMBERED.match(path.read_text(encoding="utf-8"))
        found[path.stem] = number[1] if number else ""
    return dict(sorted(found.items(), key=lambda item: (item[1] == "", int(item[1] or 0))))


def places() -> dict[str, str]:
    """What the table of parameters calls an equation -> the anchor of its section."""
    return {number or name: _anchor(name, number) for name, number in files().items()}


def written() -> str:
    """All sections; what they say is in the docstrings."""
    return "\n\n".join(_section(name, number) for name, number in files().items())


def _anchor(name: str, number: str) -> str:
    return f"equation-{number}-{name}" if number else name


def _section(name: str, number: str) -> str:
    heading = f"Equation {number}: {name}" if number else name.capitalize()
    return f"## {heading}\n\n```{{eval-rst}}\n.. automodule:: blocade.equations.{name}\n   :members:\n```"
