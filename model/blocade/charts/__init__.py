"""Charts of a result: one file for each figure family; each returns a Figure and never shows it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from blocade.result import Result

USUAL = ("cohesion", "difference", "alignment", "network", "verdicts")
"""Charts that are drawn where a scenario names none."""
CHARTS = (*USUAL, "forces", "dose", "hysteresis", "square", "poles", "arms-race", "trade")
"""Names of the charts; each is a module of this package with a function ``draw``."""
READS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "dose": ("compliance",),
        "hysteresis": ("pressure",),
        "poles": ("poles", "tension"),
        "arms-race": ("armament", "armament_watched", "armament_senders"),
    }
)
"""Measures that a chart reads besides the tie measures."""


def chart(name: str) -> Callable[[Result], Figure]:
    """The function that draws a chart. Loaded when asked for, because matplotlib is slow to import."""
    draw: Callable[[Result], Figure] = import_module(f"blocade.charts.{name.replace('-', '_')}").draw
    return draw
