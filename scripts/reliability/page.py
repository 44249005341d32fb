"""Where the checks of this folder write what they found: each into its own section of docs/reliability.md."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "reliability.md"


def made(command: str) -> str:
    """The line that heads a section: by which command, when and on what it was made."""
    on = f"Python {platform.python_version()}, NumPy {numpy.__version__}, {os.cpu_count()} cores"
    return f"Made by `{command}` on {datetime.now(UTC):%Y-%m-%d} ({on}); do not edit."


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> list[str]:
    """Lines of a Markdown table."""
    written = [[str(cell).replace("|", "\\|") for cell in row] for row in (head, ["---"] * len(head), *rows)]
    return ["| " + " | ".join(row) + " |" for row in written]


def write(section: str, command: str, lines: Iterable[str]) -> None:
    """Put lines in place of what a section holds, under the line that says how they were made.

    Raises
    ------
    ValueError
        If the page has no such section.
    """
    text = PAGE.read_text(encoding="utf-8")
    body = "\n".join([made(command), "", *lines])
    marked = re.compile(rf"(<!-- {section} -->\n).*?(<!-- end of {section} -->)", flags=re.S)
    found, times = marked.subn(lambda marks: f"{marks[1]}{body}\n{marks[2]}", text)
    if times != 1:
        raise ValueError(f"{PAGE}: {times} sections {section!r}; there must be one")
    PAGE.write_text(found, encoding="utf-8")
