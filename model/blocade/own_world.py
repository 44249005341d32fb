"""A world of one's own: a folder of tables to change, cut out of a world that is there."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from blocade._tables import Table, WorldError, cut, read_table
from blocade._world_tables import COLUMNS, REST, read_acts
from blocade.experiment.store import WRITING
from blocade.files import FileError, contents
from blocade.world import World, find_world, load_world
from blocade.writing import put, unfinished

SOURCES = "SOURCES.md"
LEAST = 2
HISTORY = ("id", "date", "senders", "target", "kind", "severity")
"""Columns that a history of sanctions needs."""
ENDED = "until"
"""The column in which it may say when an act ended."""
Rows = list[dict[str, str]]


class Made(NamedTuple):
    """A world that was written: where, and how many states and acts in force are in it."""

    folder: Path
    states: int
    acts: int


def new_world(folder: Path, source: str, states: Sequence[str] = (), acts: Path | None = None) -> Made:
    """Write the tables of a world, or of some states of it, into a new folder.

    What those states trade with the others becomes trade with the rest of the world, and acts keep the senders that
    are left. Figures are otherwise those of the source.

    Parameters
    ----------
    folder : its name begins with the year of the source, as in ``2021-mine``; it must not exist or be empty.
    source : name or folder of a world. states : names or codes; all of them by default.
    acts : a history of sanctions in place of the source's acts, a table with the columns `HISTORY` and any others of
        ``acts.csv``; what was in force at the end of the world's year is taken.

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
    there = {path.name for path in folder.iterdir()} - {WRITING} if folder.is_dir() else set()
    if there and not unfinished(folder, f"{next(iter(COLUMNS))}.csv"):
        raise WorldError([f"{folder}: is not empty; name a new folder"])
    found = {name: world.resolve(name) for name in states}
    strangers = [cut(name) for name, code in found.items() if code is None]
    if strangers:
        raise WorldError([f"'{name}' is no state of {source}; use a name or code of its states" for name in strangers])
    kept = {code for code in found.values() if code is not None} or {*world.codes}
    if len(kept) < LEAST:
        raise WorldError([f"a world needs at least {LEAST} states; name another"])
    mistakes: list[str] = []
    tables = {
        name: read_table(origin / f"{name}.csv", columns, mistakes, folder=origin) for name, columns in COLUMNS.items()
    }
    if acts is not None:
        tables["acts"] = _history(acts, world, int(year), mistakes)
    if mistakes:
        raise WorldError(mistakes)
    rows = {name: [row for _, row in table.rows] for name, table in tables.items()}
    taken = {
        "states": [row for row in rows["states"] if row["iso3"] in kept],
        "ties": [row for row in rows["ties"] if {row["iso3_a"], row["iso3_b"]} <= kept],
        "trade": _trade(rows["trade"], kept),
        "goods": [row for row in rows["goods"] if row["iso3"] in kept],
        "acts": _acts(rows["acts"], kept, world),
    }
    texts = {f"{name}.csv": _text(COLUMNS[name], taken[name]) for name in COLUMNS}
    put(folder, {**texts, SOURCES: _sources(origin, sorted(kept), len(kept) == world.size, acts)})
    return Made(folder, len(kept), len(taken["acts"]))


def _history(path: Path, world: World, year: int, mistakes: list[str]) -> Table:
    """The acts of a history that were in force at the end of a year, as rows of ``acts.csv``."""
    columns = (*COLUMNS["acts"], ENDED)
    found = read_table(path, columns, mistakes, some=True)
    header = found.rows[0][1] if found.rows else dict.fromkeys(columns)
    mistakes += [f"{path}:1: no column {name}; add it" for name in HISTORY if name not in header]
    if mistakes:
        return found
    rows = []
    for line, row in found.rows:
        ended, date = row.get(ENDED, ""), re.match(r"\d{4}", row["date"])
        if ended and re.fullmatch(r"\d{4}(-\d\d){0,2}", ended) is None:
            mistakes.append(f"{path}:{line}: {ENDED} '{cut(ended)}' is no date; write YYYY-MM-DD, YYYY-MM or YYYY")
        elif not (ended and int(ended[:4]) <= year) and not (date and int(date[0]) > year):
            rows.append((line, {name: row.get(name, "") for name in COLUMNS["acts"]}))
    held = Table(path, rows)
    read_acts(held, world.codes, world.aliases, world.groups, year, mistakes)
    return held


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


def _acts(rows: Iterable[Mapping[str, str]], kept: set[str], world: World) -> Rows:
    """Acts against the kept, by those of their senders that are kept and by groups; states by their codes."""
    found = []
    for row in rows:
        senders = [name.strip() for name in row["senders"].split(";")]
        coded = [name if name in world.groups else world.resolve(name) for name in senders]
        left = [name for name in coded if name in kept or name in world.groups]
        target = world.resolve(row["target"])
        if target in kept and left:
            found.append({**row, "target": str(target), "senders": ";".join(map(str, left))})
    return found


def _text(columns: Sequence[str], rows: Rows) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _sources(origin: Path, kept: Sequence[str], whole: bool, acts: Path | None) -> str:
    """Where the figures come from: the source's own account, and what was done to it."""
    try:
        account = contents(origin / SOURCES, origin).decode("utf-8", errors="replace")
    except FileNotFoundError:
        account = "The source gives no account of its figures.\n"
    except FileError as error:
        raise WorldError([f"{origin / SOURCES}: {error}; mend it, or take it away"]) from None
    said = "all its states" if whole else f"{len(kept)} of its states ({', '.join(kept)}); trade with the others is ROW"
    said += f". The acts are those of {acts.name} that were in force" if acts is not None else ""
    return (
        f"# A world of my own\n\nBegun from the world {origin.resolve().name}: {said}. Say here what you change and "
        f"where it comes from.\n\n---\n\n{account}"
    )
