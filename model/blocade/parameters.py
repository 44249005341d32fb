"""Parameters: the one table in ``seeds/parameters.csv``, and sets drawn from its ranges."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from blocade.equations.arrays import Array
from blocade.equations.drift import FORCES
from blocade.randomness import identity
from blocade.resources import seeds

Setting = float | tuple[float, float]
"""A parameter's value, or the range from which it is drawn uniformly."""


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


@cache
def table() -> Mapping[str, Entry]:
    """The parameter table, in its own order."""
    entries = {}
    with (seeds() / "parameters.csv").open(encoding="utf-8", newline="") as file:
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


def bounds() -> dict[str, tuple[float, float]]:
    """What the equations allow for each parameter: name -> (minimum, maximum)."""
    return {entry.name: (entry.minimum, entry.maximum) for entry in table().values()}


MECHANISMS: Mapping[str, str] = MappingProxyType({**{force: f"b_{force}" for force in FORCES}, "balance": "balance"})
"""Each force, and structural balance, with the parameter that switches it off when it is 0."""
_OFF: Mapping[str, Setting] = dict.fromkeys(MECHANISMS.values(), 0.0)


def _only(**kept: Setting) -> Mapping[str, Setting]:
    return {name: value for name, value in _OFF.items() if name not in kept} | kept


def _prior(name: str) -> Setting:
    entry = table()[name]
    return (entry.low, entry.high)


NULLS = ("homophily", "war-need", "dyad")
"""Theories that are null models: what an explanation has to beat."""


@cache
def theories() -> Mapping[str, Mapping[str, Setting]]:
    """Theories as presets: each sets some parameters; the rest keep their prior range.

    coercion: cost, concession and compliance (M1, M15). rally: resentment, so pressure pushes away from the sender
    and builds insulation (M4, M5). balance: structural balance, with isolation and sanctions to give it something to
    work on (M9). exchange: needs and surpluses alone (M8). trade: interdependence and fear of punishment (M12, M17).
    full: everything. Null models (`NULLS`): homophily: resting ties only (M11). war-need: exchange that pain leaves
    alone, so that a war's need is all that can move a bond (M8). dyad: what two states do to each other, without
    balance, without fear of punishment by third states and without diversion to them (M1, M4, M15).
    """
    return MappingProxyType(
        {
            "full": {},
            "coercion": {**_only(b_comply=_prior("b_comply"), b_offer=_prior("b_offer")), "rho_u": 0.0},
            "rally": {**_only(b_sanction=(0.0, 1.0), b_isolation=(0.0, 1.0)), "rho_u": (0.0, 0.2)},
            "balance": _only(
                balance=_prior("balance"), b_sanction=_prior("b_sanction"), b_isolation=_prior("b_isolation")
            ),
            "exchange": _only(b_match=_prior("b_match")),
            "trade": _only(b_trade=_prior("b_trade"), b_risk=_prior("b_risk")),
            "homophily": _only(),
            "war-need": {**_only(b_match=_prior("b_match")), "mu": 0.0, "nu": 0.0},
            "dyad": {
                **_only(**{name: _prior(name) for name in ("b_sanction", "b_isolation", "b_offer", "b_comply")}),
                **dict.fromkeys(("phi", "chi", "chi_declared"), 0.0),
            },
        }
    )


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


def sample(n: int, seed: int, settings: Mapping[str, Setting] | None = None) -> Parameters:
    """Draw n sets by Latin hypercube from independent uniform ranges.

    Every parameter has its own column of the hypercube, keyed by its name, so that adding, changing or fixing one
    never changes the draws of another.

    Parameters
    ----------
    settings : values or ranges that replace the table's.
    """
    entries = list(table().values())
    values: dict[str, Array] = {}
    for entry in entries:
        rng = np.random.default_rng([seed, int(identity(entry.name))])
        u = (rng.permutation(n) + rng.random(n)) / n
        setting = (settings or {}).get(entry.name, (entry.low, entry.high))
        low, high = setting if isinstance(setting, tuple) else (setting, setting)
        values[entry.name] = low + (high - low) * u
    return Parameters(values)
