"""Patterns of history, from ``seeds/history/patterns.yaml``: what the model is held to, fixed before it is run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from types import MappingProxyType
from typing import Any

import numpy as np
from ruamel.yaml import YAML

from blocade.equations.arrays import Array
from blocade.history.panel import PERIODS, Panel
from blocade.history.statistics import compute
from blocade.resources import seeds


@dataclass(frozen=True)
class Pattern:
    """One pattern.

    observed, tolerance : a model is within the pattern if what it gives on average lies no further from ``observed``
    than ``tolerance``. until : last year of the figures behind it. computed : ``observed`` is the same statistic of the
    records in ``seeds/history``; else it is from the source alone. fitted : calibration may learn from it; a pattern
    that no mechanism of the model is about is only judged.
    """

    name: str
    label: str
    channel: str
    unit: str
    period: str
    statistic: str
    observed: float
    tolerance: float
    until: int
    source: str
    computed: bool = True
    fitted: bool = True
    given: Mapping[str, Any] = field(default_factory=dict)

    def of(self, panel: Panel) -> Array:
        """The pattern's statistic of a panel: [run]."""
        return compute(panel, self.statistic, self.given)

    def misses(self, values: Array) -> Array:
        """Distance from what was observed, in tolerances; NaN where the panel cannot say."""
        return (values - self.observed) / self.tolerance


@dataclass(frozen=True)
class HistoricalClaim:
    """A claim about history, and the patterns that must show it: it holds where those of two channels do."""

    name: str
    words: str
    patterns: tuple[str, ...]


@cache
def _file() -> Mapping[str, Any]:
    raw: dict[str, Any] = YAML(typ="safe", pure=True).load(
        (seeds() / "history" / "patterns.yaml").read_text(encoding="utf-8")
    )
    return MappingProxyType(raw)


@cache
def patterns() -> Mapping[str, Pattern]:
    """All patterns, in the order of the file."""
    return MappingProxyType({name: Pattern(name=name, **about) for name, about in _file()["patterns"].items()})


@cache
def historical_claims() -> tuple[HistoricalClaim, ...]:
    """Claims about history that must hold in two channels."""
    return tuple(
        HistoricalClaim(name, about["words"], tuple(about["patterns"])) for name, about in _file()["claims"].items()
    )


def learnt(until: int) -> tuple[Pattern, ...]:
    """The patterns whose figures end by a year: what a posterior of that year may see."""
    return tuple(pattern for pattern in patterns().values() if pattern.fitted and pattern.until <= until)


def periods_of(chosen: Iterable[Pattern]) -> tuple[str, ...]:
    """Names of the periods that patterns are about, in their order."""
    named = {pattern.period for pattern in chosen}
    return tuple(name for name in PERIODS if name in named)


def measure(panels: Mapping[str, Panel], chosen: Iterable[Pattern]) -> Array:
    """The statistics of simulated panels: [run, pattern]."""
    return np.column_stack([pattern.of(panels[pattern.period]) for pattern in chosen])
