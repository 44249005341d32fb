"""What a file may name, as tables in Markdown: parameters, and the catalogues of ``blocade list``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from blocade import catalogue
from blocade import parameters as known
from blocade_reference.equations import places


def table(heading: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in Markdown."""
    lines = [heading, ["---"] * len(heading), *([cell.replace("|", r"\|") for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def parameters() -> str:
    """Every parameter: range, the equation it stands in, and what its range rests on."""
    where = places()
    rows = []
    for entry in known.table().values():
        equation = "–".join(
            f"[{part}](equations.md#{where[part]})" if part in where else part for part in entry.equation.split("-")
        )
        span = [f"{value:g}".replace("-", "−") for value in (entry.low, entry.central, entry.high)]
        symbol = "" if entry.symbol == entry.name else f" {entry.symbol}".replace("_", r"\_")
        meaning = f"{entry.meaning}. *Equation:* {equation}. *Source:* {entry.source}"
        rows.append([f"`{entry.name}`{symbol}", *span, entry.unit, meaning])
    return table(["Name, symbol", "Low", "Central", "High", "Unit", "Meaning, equation and source"], rows)


def scenarios() -> str:
    """The packaged scenarios."""
    return table(["Name", "Question"], [[f"`{row['name']}`", str(row["title"])] for row in catalogue.scenarios()])


def worlds() -> str:
    """The packaged worlds, each with the file that names every source."""
    rows = []
    for row in catalogue.worlds():
        name = str(row["name"])
        sources = f"[sources](../../seeds/worlds/{name}/SOURCES.md)"
        rows.append([f"`{name}`", str(row["states"]), str(row["date"]), sources])
    return table(["Name", "States", "Stands at", "Where each figure is from"], rows)


def theories() -> str:
    """Theories and null models."""
    rows = [[f"`{row['name']}`", str(row["kind"]), str(row["meaning"])] for row in catalogue.theories()]
    return table(["Name", "Kind", "What is at work"], rows)


def measures() -> str:
    """The measures."""
    rows = [[f"`{row['name']}`", str(row["unit"]), str(row["meaning"])] for row in catalogue.measures()]
    return table(["Name", "Unit", "Meaning"], rows)


def charts() -> str:
    """The charts, with the command that draws each."""
    rows = [[f"`{row['name']}`", f"`blocade {row['command']}`", str(row["shows"])] for row in catalogue.charts()]
    return table(["Name", "Drawn by", "What to see"], rows)
