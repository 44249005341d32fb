"""A Sphinx extension: the reference from the code, docstrings as this project writes them, links out of docs/.

A page of docs/reference/ is written by hand but for one line, ``<!-- from the code: NAME -->``. When the site is
built, what the code says takes its place, so nothing that the code knows stands in a second place.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from sphinx.application import Sphinx

from blocade_reference import commands, docstrings, equations, scenario_keys, tables
from blocade_reference.links import LinksOutside

MARK = re.compile(r"^<!-- from the code: ([\w-]+) -->$", re.M)
PARTS: Mapping[str, Callable[[], str]] = MappingProxyType(
    {
        "commands": commands.written,
        "scenario-keys": scenario_keys.written,
        "parameters": tables.parameters,
        "scenarios": tables.scenarios,
        "worlds": tables.worlds,
        "theories": tables.theories,
        "measures": tables.measures,
        "charts": tables.charts,
        "equations": equations.written,
    }
)
"""What a page can ask for; each gives Markdown."""


def fill(_app: Sphinx, _page: str, source: list[str]) -> None:
    """Put what the code says in the place of each mark of a page."""
    source[0] = MARK.sub(lambda mark: PARTS[mark[1]](), source[0])


def some_pages(record: logging.LogRecord) -> bool:
    """Let a folder be empty: Sphinx 9.0 gives this warning no type by which ``suppress_warnings`` could name it."""
    return getattr(record, "subtype", None) != "empty_glob"


def setup(app: Sphinx) -> dict[str, Any]:
    """Join the build."""
    app.connect("source-read", fill)
    app.connect("autodoc-process-docstring", docstrings.sections_as_fields)
    app.connect("autodoc-process-signature", docstrings.short_signature)
    app.add_transform(LinksOutside)
    logging.getLogger("sphinx.sphinx.directives.other").addFilter(some_pages)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
