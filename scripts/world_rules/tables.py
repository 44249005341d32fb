"""Read the raw series and the hand-made tables, cut off at the world's year."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

Floats = npt.NDArray[np.float64]
Row = dict[str, str]

SOURCES = Path(__file__).resolve().parents[2] / "seeds" / "sources"
GROUPS = SOURCES.parent / "groups.csv"


class BuildError(ValueError):
    """A figure or a table from which no world can be made; the message says which and what would mend it."""


@dataclass(frozen=True)
class Spec:
    """Which years of each series enter a world (both ends of a window included), and the day it stands for.

    ``levels`` is the year of capability, regime and armament where it is not the world's own; ``flows`` names the
    series the trade of the window comes from. ``modelled`` names the states without any flow in it, whose
    shares are those the gravity equation of this world expects; ``voteless`` those without any vote in its
    window, whose last ideal point within ten years stands in.
    """

    year: int
    votes: tuple[int, int]
    trade: tuple[int, int]
    arms: tuple[int, int]
    alliances: int
    gdp: int
    day: str = "12-31"
    levels: int | None = None
    flows: str = "BACI"
    modelled: tuple[str, ...] = ()
    voteless: tuple[str, ...] = ()

    @property
    def date(self) -> str:
        """The day the world stands for."""
        return f"{self.year}-{self.day}"

    @property
    def level_year(self) -> int:
        """Year of capability, regime and armament."""
        return self.year if self.levels is None else self.levels


SPECS = {
    2021: Spec(2021, votes=(2019, 2021), trade=(2017, 2019), arms=(2017, 2021), alliances=2018, gdp=2019),
    2013: Spec(2013, votes=(2011, 2013), trade=(2011, 2013), arms=(2009, 2013), alliances=2013, gdp=2013),
    2011: Spec(2011, votes=(2009, 2011), trade=(2009, 2011), arms=(2007, 2011), alliances=2011, gdp=2011),
    2002: Spec(
        2002,
        votes=(2000, 2002),
        trade=(2000, 2002),
        arms=(1998, 2002),
        alliances=2002,
        gdp=2002,
        modelled=("SRB",),
        voteless=("IRQ",),
    ),
    1991: Spec(
        1991,
        votes=(1990, 1991),
        trade=(1990, 1990),
        arms=(1990, 1990),
        alliances=1990,
        gdp=1990,
        day="01-01",
        levels=1990,
        flows="COW",
    ),
}


def read_hand(name: str) -> list[Row]:
    """Rows of a hand-made table in ``seeds/sources``."""
    with (SOURCES / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def every_code() -> set[str]:
    """Codes of the states of any world: hand-made tables may name them, whatever the world's date."""
    return {row["iso3"] for row in read_hand("states.csv")}


def in_force(begin: str, end: str, date: str) -> bool:
    """Whether something that begins and ends on these ISO dates (year or month alone allowed) holds on `date`.

    A blank end means: still in force. What ends on a day no longer holds on it; ISO dates sort as text, and a
    year alone counts as its first day.
    """
    return begin <= date and (end == "" or date < end)


def in_years(row: Row, year: int) -> bool:
    """Whether `year` lies in a row's from_year (included) and to_year (excluded); blank means unbounded."""
    return (row["from_year"] == "" or int(row["from_year"]) <= year) and (
        row["to_year"] == "" or year < int(row["to_year"])
    )


def members(year: int) -> dict[str, set[str]]:
    """ISO codes in each group of ``seeds/groups.csv`` at the end of `year`."""
    groups: dict[str, set[str]] = {}
    with GROUPS.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            groups.setdefault(row["group"], set())
            if in_years(row, year):
                groups[row["group"]].add(row["iso3"])
    return groups


@dataclass(frozen=True)
class Raw:
    """The raw series, none of them with a row after the world's year."""

    ideal_points: pd.DataFrame
    alliances: pd.DataFrame
    arms: pd.DataFrame
    trade: pd.DataFrame
    trade_totals: pd.DataFrame
    capabilities: pd.DataFrame
    regime: pd.DataFrame


def read_raw(folder: Path, year: int) -> Raw:
    """Read the raw folder and drop every row after `year`, so that no later figure can enter."""
    frames: dict[str, pd.DataFrame] = {}
    for name in Raw.__dataclass_fields__:
        path = folder / f"{name}.csv"
        if not path.exists():
            raise BuildError(f"{path}: no such file; --raw must name the folder of the raw series")
        frame = pd.read_csv(path)
        frames[name] = frame[frame["year"] <= year].reset_index(drop=True)
    return Raw(**frames)


def column(frame: pd.DataFrame, year: int, name: str, codes: list[str]) -> Floats:
    """Values of one column in one year, in the order of `codes`; NaN where the source has none."""
    rows = frame[frame["year"] == year].set_index("iso3")[name]
    return np.array(rows.reindex(codes), dtype=np.float64)


def required(frame: pd.DataFrame, year: int, name: str, codes: list[str]) -> Floats:
    """Like `column`, for a figure every state must have."""
    values = column(frame, year, name, codes)
    missing = [code for code, value in zip(codes, values, strict=True) if np.isnan(value)]
    if missing:
        raise BuildError(
            f"{name} {year}: no value for {', '.join(missing)}; leave the state out or state a rule"
        )
    return values


def percentile(values: Floats) -> Floats:
    """Rank from 0 (lowest) to 1 (highest); equal values share their mean rank."""
    ranks = np.asarray(pd.Series(values).rank(method="average"), dtype=np.float64)
    return (ranks - 1) / (len(values) - 1)


def round_to(values: Floats, step: float) -> Floats:
    """Round to a multiple of `step` (used where only an index may be passed on)."""
    return np.asarray(np.round(np.asarray(values) / step) * step, dtype=np.float64)
