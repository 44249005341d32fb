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
SHOWS: Mapping[str, str] = MappingProxyType(
    {
        "verdicts": "whether a line clears the grey strip of effects too small to count; a line on both sides of it "
        "means that the answer depends on parameters.",
        "cohesion": "a panel for each arm, the dashed line being the baseline: do arms part after the dotted line of "
        "the first event, and by more than their bands are wide?",
        "difference": "what an arm changes, set by set with the same luck: is the band clear of the hatched strip at "
        "the black bar, where effects are read?",
        "alignment": "a panel for each key state: up means towards the senders, down towards the bloc, against the "
        "dashed baseline.",
        "network": "the same states in the same places: which lines thicken, thin or change colour from the start to "
        "each arm's end.",
        "forces": "how the effect changes when one force is left out: the longest bars name what carries it.",
        "dose": "whether more pressure means more of the effect, or whether it turns at some level.",
        "hysteresis": "whether the bond goes back the way it came when pressure ends; a gap at zero pressure is what "
        "is left.",
        "square": "war and isolation alone and together: how much of the change is due to each.",
        "poles": "whether the world splits into more or fewer camps, and grows more hostile, under each arm.",
        "arms-race": "who arms, and whether the senders and neighbours answer the bloc.",
        "trade": "who takes the trade that the senders leave, and how much is lost for good.",
    }
)
"""What to see in each chart, for whoever has not seen one before."""
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
