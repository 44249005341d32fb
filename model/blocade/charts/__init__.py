"""Charts of a result: one file for each figure family; each returns a Figure and never shows it."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from blocade.result import Result

CHARTS = ("cohesion", "difference", "alignment", "network", "forces", "verdicts")
"""Names of the charts, in the order of a report; each is a module of this package with a function ``draw``."""


def chart(name: str) -> Callable[[Result], Figure]:
    """The function that draws a chart. Loaded when asked for, because matplotlib is slow to import."""
    draw: Callable[[Result], Figure] = import_module(f"blocade.charts.{name}").draw
    return draw
