"""Parameters: the one table in ``seeds/parameters.csv``, and sets drawn from its ranges or from a posterior."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from blocade import resources
from blocade._tables import WorldError, read_table
from blocade.equations.arrays import Array
from blocade.randomness import identity

Setting = float | tuple[float, float]
"""A parameter's value, or the range from which it is drawn uniformly."""
PRIOR = "prior"
"""What a scenario names for no posterior: the ranges of the table."""
JUDGE = "until-2013"
"""The posterior by which the model is judged: none of its figures is later than the base year of the backcast."""
LEAST_ROWS = 10
"""Parameter sets below which a table is no posterior but a slip (assumption)."""


@dataclass(frozen=True)
class Entry:
    """One row of the table. ``low``-``high`` is the prior range, ``minimum``-``maximum`` what the equations allow."""

    name: str
    symbol: str
    unit: str
    low: float
    central: float
    high: float
    minimum: float
    maximum: float
    equation: str
    meaning: str
    source: str

    @property
    def assumed(self) -> bool:
        """Whether the value rests on an assumption."""
        return "assumption" in self.source

    def span(self, settings: Mapping[str, Setting]) -> tuple[float, float]:
        """Low and high end of what it may be: of the setting for it, a single value being both, or of the table."""
        setting = settings.get(self.name, (self.low, self.high))
        return setting if isinstance(setting, tuple) else (setting, setting)

    def middle(self, low: float, high: float) -> float:
        """The central value, or as near to it as a range goes."""
        return min(max(self.central, low), high)


@cache
def table() -> Mapping[str, Entry]:
    """The parameter table, in its own order."""
    entries = {}
    with (resources.seeds() / "parameters.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            entry = Entry(
                name=row["name"],
                symbol=row["symbol"],
                unit=row["unit"],
                low=float(row["low"]),
                central=float(row["central"]),
                high=float(row["high"]),
                minimum=float(row["min"]),
                maximum=float(row["max"]),
                equation=row["equation"],
                meaning=row["meaning"],
                source=row["source"],
            )
            if not entry.minimum <= entry.low <= entry.central <= entry.high <= entry.maximum:
                raise ValueError(f"seeds/parameters.csv: {entry.name}: min ≤ low ≤ central ≤ high ≤ max does not hold")
            entries[entry.name] = entry
    return MappingProxyType(entries)


def entry_of(name: str, unit: str = "1") -> Entry:
    """The row of the table for a name; a lever of a scenario has none, and stands for itself.

    Parameters
    ----------
    unit : of a lever.
    """
    found = table().get(name)
    low, high = float("-inf"), float("inf")
    meaning = "a lever of the scenario"
    return found or Entry(name, name, unit, low, float("nan"), high, low, high, "lever", meaning, "the scenario")


def bounds() -> dict[str, tuple[float, float]]:
    """What the equations allow for each parameter: name -> (minimum, maximum)."""
    return {entry.name: (entry.minimum, entry.maximum) for entry in table().values()}


class Parameters(Mapping[str, Array]):
    """Values of every parameter: each [run], or [] for a single set."""

    def __init__(self, values: Mapping[str, npt.ArrayLike]) -> None:
        absent = set(table()) - set(values)
        unknown = set(values) - set(table())
        if absent or unknown:
            raise ValueError(f"parameters: absent {sorted(absent)}, unknown {sorted(unknown)}")
        self._values = {name: np.asarray(values[name], dtype=float) for name in table()}

    def __getitem__(self, name: str) -> Array:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def state(self, name: str) -> Array:
        """Value with an axis for ``[state]``: [run, 1]."""
        return self._values[name][..., None]

    def pair(self, name: str) -> Array:
        """Value with axes for ``[state, partner]``: [run, 1, 1]."""
        return self._values[name][..., None, None]

    def take(self, runs: npt.NDArray[np.int64]) -> Parameters:
        """The sets of some runs."""
        return Parameters({name: value[runs] for name, value in self._values.items()})

    def replaced(self, settings: Mapping[str, float]) -> Parameters:
        """The same sets with some parameters fixed."""
        fixed = {name: np.full_like(self._values[name], value) for name, value in settings.items()}
        return Parameters({**self._values, **fixed})


def central(**settings: float) -> Parameters:
    """The central set, with some parameters replaced."""
    return Parameters({entry.name: entry.central for entry in table().values()} | settings)


def posteriors() -> tuple[str, ...]:
    """Names of the committed posteriors, sorted."""
    return tuple(sorted(path.stem for path in resources.posteriors().glob("*.csv")))


def posterior_file(name: str) -> Path:
    """Where the table of a posterior lies."""
    return resources.posteriors() / f"{name}.csv"


@cache
def posterior(name: str) -> Mapping[str, Array]:
    """A committed posterior: the values of each parameter it has a column for, [row], in the units of the table.

    A row is a parameter set; all weigh the same. `PRIOR` has no columns.

    Raises
    ------
    WorldError
        Where there is none of that name, with those there are; else with a line for each mistake in its table.
    """
    if name == PRIOR:
        return MappingProxyType({})
    if name not in posteriors():
        raise WorldError([f"unknown posterior {name!r}; known: {', '.join((PRIOR, *posteriors()))}"])
    path, mistakes = posterior_file(name), list[str]()
    read = read_table(path, tuple(table()), mistakes, some=True)
    columns = {}
    for parameter in read.rows[0][1] if read.rows else ():
        entry = table()[parameter]
        columns[parameter] = read.numbers(parameter, mistakes, low=entry.minimum, high=entry.maximum)
        columns[parameter].setflags(write=False)  # every plan of the process shares it
    if not mistakes and len(read.rows) < LEAST_ROWS:
        mistakes.append(f"{path}:1: {len(read.rows)} parameter sets; a posterior needs at least {LEAST_ROWS} rows")
    if mistakes:
        raise WorldError(mistakes)
    return MappingProxyType(columns)


def sets_told(draws: int, name: str) -> str:
    """How many parameter sets, and from which posterior if any, as texts say it."""
    source = f" from the posterior {name}" if name != PRIOR else ""
    return f"{draws} parameter set{'s' if draws != 1 else ''}{source}"


def column(name: str, n: int, seed: int, rounds: int = 1) -> Array:
    """A column of the Latin hypercube, keyed by a name: [n × rounds], from 0 to 1, one in each of n equal slices; every
    round is a hypercube of its own, and does not depend on how many follow."""
    drawn = []
    for number in range(rounds):
        rng = np.random.default_rng([seed, int(identity(name)), *([number] if number else [])])
        drawn.append((rng.permutation(n) + rng.random(n)) / n)
    return np.concatenate(drawn)


def sample(
    n: int,
    seed: int,
    settings: Mapping[str, Setting] | None = None,
    learned: Mapping[str, Array] | None = None,
    rounds: int = 1,
) -> Parameters:
    """Draw n sets in each of some rounds: by Latin hypercube from independent uniform ranges, and rows of a posterior.

    Every parameter has its own column of the hypercube, keyed by its name, so that adding, changing, fixing or
    learning one never changes the draws of another.

    Parameters
    ----------
    settings : values or ranges that replace the table's, and win over what is learned.
    learned : values of some parameters, [row], as of `posterior`. Every draw takes one row for all of them, so that
        what goes together stays together: all rows once in a keyed order, then all again in another.
    rounds : one after the other, see `column`.
    """
    given = settings or {}
    taken = {name: values for name, values in (learned or {}).items() if name not in given}
    order = _order(n * rounds, seed, len(next(iter(taken.values())))) if taken else None
    values: dict[str, Array] = {}
    for entry in table().values():
        if entry.name in taken:
            values[entry.name] = taken[entry.name][order]
            continue
        u = column(entry.name, n, seed, rounds)
        low, high = entry.span(given)
        values[entry.name] = low + (high - low) * u
    return Parameters(values)


def _order(n: int, seed: int, rows: int) -> npt.NDArray[np.int64]:
    """The row of each of n draws: permutations of all rows, one after the other."""
    rng = np.random.default_rng([seed, int(identity("posterior"))])
    return np.concatenate([rng.permutation(rows) for _ in range(-(-n // rows))])[:n]
