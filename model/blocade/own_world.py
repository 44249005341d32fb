"""A world of one's own: a folder of tables to change, cut out of a world that is there."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from blocade._tables import WorldError, read_table
from blocade._world_tables import COLUMNS, REST
from blocade.library import put
from blocade.world import find_world, load_world

SOURCES = "SOURCES.md"
LEAST = 2
Rows = list[dict[str, str]]


def new_world(folder: Path, source: str, states: Sequence[str] = ()) -> tuple[Path, int]:
    """Write the tables of a world, or of some states of it, into a new folder.

    What those states trade with the others becomes trade with the rest of the world, and acts keep the senders that
    are left. Figures are otherwise those of the source.

    Parameters
    ----------
    folder : its name begins with the year of the source, as in ``2021-mine``; it must not exist or be empty.
    source : name or folder of a world. states : names or codes; all of them by default.

    Returns
    -------
    The folder, and how many states are in it.

    Raises
    ------
    WorldError
        One line for each mistake.
    StoreError
        If the folder cannot be written.
    """
    world, origin = load_world(source), find_world(source)
    year = origin.resolve().name[:4]
    if not re.match(year, folder.name):
        raise WorldError([f"{folder}: the name must begin with the year of {source}; call it {year}-{folder.name}"])
    if folder.exists() and not folder.is_dir():
        raise WorldError([f"{folder}: is a file; name a new folder"])
    if folder.is_dir() and any(folder.iterdir()):
        raise WorldError([f"{folder}: is not empty; name a new folder"])
    found = {name: world.resolve(name) for name in states}
    strangers = [name for name, code in found.items() if code is None]
    if strangers:
        raise WorldError([f"'{name}' is no state of {source}; use a name or code of its states" for name in strangers])
    kept = {code for code in found.values() if code is not None} or {*world.codes}
    if len(kept) < LEAST:
        raise WorldError([f"a world needs at least {LEAST} states; name another"])
    mistakes: list[str] = []
    tables = {name: read_table(origin / f"{name}.csv", columns, mistakes) for name, columns in COLUMNS.items()}
    if mistakes:
        raise WorldError(mistakes)
    rows = {name: [row for _, row in table.rows] for name, table in tables.items()}
    cut = {
        "states": [row for row in rows["states"] if row["iso3"] in kept],
        "ties": [row for row in rows["ties"] if {row["iso3_a"], row["iso3_b"]} <= kept],
        "trade": _trade(rows["trade"], kept),
        "goods": [row for row in rows["goods"] if row["iso3"] in kept],
        "acts": _acts(rows["acts"], kept, world.groups),
    }
    texts = {f"{name}.csv": _text(COLUMNS[name], cut[name]) for name in COLUMNS}
    put(folder, {**texts, SOURCES: _sources(origin, sorted(kept), len(kept) == world.size)})
    return folder, len(kept)


def _trade(rows: Iterable[Mapping[str, str]], kept: set[str]) -> Rows:
    """Trade among the kept; with the others it goes to the rest of the world."""
    inside: Rows = []
    rest: dict[str, float] = {}
    for row in rows:
        if row["iso3"] not in kept:
            continue
        if row["partner"] in kept:
            inside.append(dict(row))
        else:
            rest[row["iso3"]] = rest.get(row["iso3"], 0.0) + float(row["share"])
    return inside + [
        {"iso3": code, "partner": REST, "share": f"{min(share, 1.0):.4f}", "expected": ""}
        for code, share in rest.items()
    ]


def _acts(rows: Iterable[Mapping[str, str]], kept: set[str], groups: Mapping[str, tuple[str, ...]]) -> Rows:
    """Acts against the kept, by those of their senders that are kept and by groups."""
    found = []
    for row in rows:
        senders = [name.strip() for name in row["senders"].split(";")]
        left = [name for name in senders if name in kept or name in groups]
        if row["target"] in kept and left:
            found.append({**row, "senders": ";".join(left)})
    return found


def _text(columns: Sequence[str], rows: Rows) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _sources(origin: Path, kept: Sequence[str], whole: bool) -> str:
    """Where the figures come from: the source's own account, and what was done to it."""
    path = origin / SOURCES
    account = path.read_text(encoding="utf-8") if path.is_file() else "The source gives no account of its figures.\n"
    said = "all its states" if whole else f"{len(kept)} of its states ({', '.join(kept)}); trade with the others is ROW"
    return (
        f"# A world of my own\n\nBegun from the world {origin.resolve().name}: {said}. Say here what you change and "
        f"where it comes from.\n\n---\n\n{account}"
    )
