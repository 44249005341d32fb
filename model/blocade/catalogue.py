"""What there is to run, and what a scenario file may name: the rows of ``blocade list``, and their table."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

Cell = str | int | list[float]
Row = dict[str, Cell]

STOOD = re.compile(r"\d+ states, as they stood on (\d{4}-\d{2}-\d{2})")
"""How the sources of a world give its date, as ``scripts/build_worlds.py`` writes them."""


def scenarios() -> list[Row]:
    """The packaged scenarios; those that others extend are no scenarios of their own."""
    from blocade import resources  # noqa: PLC0415
    from blocade.scenario.inherit import list_scenarios, read_whole  # noqa: PLC0415

    rows: list[Row] = []
    for path in list_scenarios(resources.scenarios()):
        title = read_whole(path)[0].get("title")
        rows.append({"name": path.stem, "title": "" if title is None else " ".join(title.text.split())})
    return rows


def worlds() -> list[Row]:
    """The worlds of the seeds, with their size, their date and the file that names every source."""
    from blocade.world import find_world, load_world, world_names  # noqa: PLC0415

    rows: list[Row] = []
    for name in world_names():
        sources = find_world(name) / "SOURCES.md"
        stood = STOOD.search(sources.read_text(encoding="utf-8"))
        date = "" if stood is None else stood[1]
        rows.append({"name": name, "states": load_world(name).size, "date": date, "sources": str(sources)})
    return rows


def theories() -> list[Row]:
    """The theories and null models."""
    from blocade import theories as presets  # noqa: PLC0415

    kinds = {True: "null model", False: "theory"}
    return [
        {"name": name, "kind": kinds[name in presets.NULLS], "meaning": presets.WORDS[name]}
        for name in presets.theories()
    ]


def measures() -> list[Row]:
    """The measures, with their units."""
    from blocade.measures import MEASURES  # noqa: PLC0415

    return [{"name": name, "unit": unit, "meaning": meaning} for name, (unit, meaning, _) in MEASURES.items()]


def parameters() -> list[Row]:
    """The parameters, with the range they are drawn from."""
    from blocade.parameters import table as entries  # noqa: PLC0415

    return [
        {
            "name": entry.name,
            "symbol": entry.symbol,
            "unit": entry.unit,
            "range": [entry.low, entry.high],
            "meaning": entry.meaning,
        }
        for entry in entries().values()
    ]


def charts() -> list[Row]:
    """The charts of single runs, which a scenario may name under ``charts:``, then those of several runs, and of other
    commands."""
    from blocade.charts import BEYOND, CHARTS, SHOWS  # noqa: PLC0415

    named: list[Row] = [{"name": name, "command": "run", "shows": SHOWS[name]} for name in CHARTS]
    return named + [{"name": name, "command": command, "shows": shows} for name, (command, shows) in BEYOND.items()]


CATALOGUES: Mapping[str, Callable[[], list[Row]]] = MappingProxyType(
    {
        "scenarios": scenarios,
        "worlds": worlds,
        "theories": theories,
        "measures": measures,
        "parameters": parameters,
        "charts": charts,
    }
)
"""What can be listed: the rows of each kind, all of a kind with the same keys."""


def table(rows: Sequence[Row]) -> list[str]:
    """Rows as aligned lines, their keys as the heading."""
    from blocade.text import aligned  # noqa: PLC0415

    cells = [[_told(value) for value in row.values()] for row in rows]
    heading, *lines = aligned([[key.capitalize() for key in rows[0]], *cells])
    return [bold(heading), *lines]


def _told(value: Cell) -> str:
    return " … ".join(f"{number:g}" for number in value) if isinstance(value, list) else str(value)


def bold(text: str) -> str:
    """Text in bold on a terminal, where the user does not forbid it (https://no-color.org)."""
    plain = not sys.stdout.isatty() or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    return text if plain else f"\033[1m{text}\033[0m"
