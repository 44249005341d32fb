"""Observed figures of ``seeds/history``: votes, agreement, trade, arms, alliances, cut off at a year.

Whoever judges or learns asks for a `Record` up to a year, and nothing later reaches them.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from blocade.equations.arrays import Array
from blocade.resources import seeds

FIRST, LAST = 1990, 2025
YEARS = range(FIRST, LAST + 1)
SERIES = ("final", "all")
"""Ideal points from final-passage votes, and from all votes."""
SHARE_UNIT, AGREEMENT_UNIT = 1e4, 100.0

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Record:
    """What is on record of some states up to a year; NaN where there is no figure.

    codes : the states, in the order of every axis. until : last year.
    points : [series, year, state], UN ideal points. agreement : [year, state, state], share of roll calls.
    trade : [year, state, partner], the partner's share of the state's trade with all; a pair without a figure in a year
        in which the state has others counts as 0.
    delivered, arms : window end -> [state, state]: whether arms were delivered in the five years, and their index.
    pacts : [year, state, state], defence pacts, as 0 and 1.
    """

    codes: tuple[str, ...]
    until: int
    points: Array
    agreement: Array
    trade: Array
    delivered: MappingProxyType[int, Array]
    arms: MappingProxyType[int, Array]
    pacts: Array

    def distance(self, series: str) -> Array:
        """Distance of ideal points: [year, state, state]."""
        x = self.points[SERIES.index(series)]
        return np.asarray(np.abs(x[:, :, None] - x[:, None, :]))


def at(year: int) -> int:
    """Position of a year on the axis of a record."""
    return year - FIRST


def read_record(codes: Sequence[str], until: int) -> Record:
    """The record of some states up to and including a year."""
    place = {code: k for k, code in enumerate(codes)}
    n, years = len(codes), len(YEARS)

    def table(name: str, *keys: str) -> Iterator[tuple[tuple[int, ...], dict[str, str]]]:
        for row in rows(name):
            if all(row[key] in place for key in keys):
                yield tuple(place[row[key]] for key in keys), row

    points = np.full((len(SERIES), years, n), np.nan)
    for (i,), row in table("ideal_points", "iso3"):
        if int(row["year"]) <= until:
            points[:, at(int(row["year"])), i] = [_number(row[name]) for name in SERIES]
    agreement = np.full((years, n, n), np.nan)
    for (i, j), row in table("agreement", "iso3_a", "iso3_b"):
        for year, value in _yearly(row, until):
            agreement[at(year), i, j] = agreement[at(year), j, i] = value / AGREEMENT_UNIT
    trade = np.full((years, n, n), np.nan)
    for (i, j), row in table("trade", "iso3", "partner"):
        for year, value in _yearly(row, until):
            trade[at(year), i, j] = value / SHARE_UNIT
    known = np.isfinite(trade).any(axis=2)
    trade[known[:, :, None] & ~np.isfinite(trade)] = 0.0
    ends = [end for end in _ends() if end <= until]
    delivered, arms = ({end: np.zeros((n, n)) for end in ends} for _ in range(2))
    for (i, j), row in table("arms", "iso3_a", "iso3_b"):
        end = int(row["end"])
        if end <= until:
            delivered[end][i, j] = delivered[end][j, i] = float(row["delivered"])
            arms[end][i, j] = arms[end][j, i] = float(row["index"])
    pacts = np.full((years, n, n), np.nan)
    pacts[: at(min(until, _last_pact())) + 1] = 0.0
    for (i, j), row in table("alliances", "iso3_a", "iso3_b"):
        span = slice(at(int(row["from"])), at(min(int(row["to"]), until)) + 1)
        pacts[span, i, j] = pacts[span, j, i] = 1.0
    return Record(
        tuple(codes), until, points, agreement, trade, MappingProxyType(delivered), MappingProxyType(arms), pacts
    )


@cache
def rows(name: str) -> tuple[dict[str, str], ...]:
    """Rows of a table of ``seeds/history``, read once."""
    with (seeds() / "history" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file))


@cache
def _ends() -> tuple[int, ...]:
    return tuple(sorted({int(row["end"]) for row in rows("arms")}))


@cache
def _last_pact() -> int:
    return max(int(row["to"]) for row in rows("alliances"))


def _yearly(row: dict[str, str], until: int) -> Iterator[tuple[int, float]]:
    return ((int(key), float(value)) for key, value in row.items() if key.isdigit() and value and int(key) <= until)


def _number(text: str) -> float:
    return float(text) if text else float("nan")
