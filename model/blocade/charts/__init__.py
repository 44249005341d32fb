"""Charts of a result: one file for each figure family; each returns a Figure and never shows it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from blocade.experiment.finished import Finished

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
BEYOND: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "claims": (
            "run",
            "every claim of several scenarios, each effect measured in the smallest that counts: is its line clear of "
            "the grey strip, and on which side?",
        ),
        "signmap": (
            "theories",
            "a row for each theory and a column for each expectation: do columns keep their sign down the rows, or "
            "does the answer depend on which mechanisms are believed?",
        ),
        "tornado": (
            "sensitivity",
            "the parameters that an effect hangs on, longest first: a bar for each alone and one with its "
            "interactions, pale where it may be 0.",
        ),
        "boxes": (
            "discover",
            "conditions on parameters, from none at the lower right to many: density gained is coverage lost; "
            "triangles say what is left of it on draws that were held out.",
        ),
        "regimes": (
            "discover",
            "the effect over the two parameters that tell most: dots are draws, and along the black line the smoothed "
            "effect changes its sign.",
        ),
        "scorecard": (
            "validate",
            "the patterns of history, misses first, in units of their tolerance: is the dot inside the strip, and is "
            "the line of what is simulated short enough to say anything?",
        ),
        "posterior": (
            "validate",
            "what history has taught of each parameter, on its published range: a curve as wide as the range has "
            "learnt nothing.",
        ),
        "backcast": (
            "backcast",
            "what came of pairs of states against the forecast of it: do points lie in the band as often as it says, "
            "and nearer to the median than to the naive line?",
        ),
        "skill": (
            "backcast",
            "errors by how far ahead the forecast looks: is blocade's line below those of the naive forecasts?",
        ),
        "theory-scores": (
            "backcast",
            "which theories forecast better than the best naive forecast (left of the line), and which the patterns of "
            "history keep.",
        ),
    }
)
"""Charts of more than one result, and of other commands: the command that draws each, and what to see in it."""
READS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "dose": ("compliance",),
        "hysteresis": ("pressure",),
        "poles": ("poles", "tension"),
        "arms-race": ("armament", "armament_watched", "armament_senders"),
    }
)
"""Measures that a chart reads besides the tie measures."""


def chart(name: str) -> Callable[[Finished], Figure]:
    """The function that draws a chart. Loaded when asked for, because matplotlib is slow to import."""
    draw: Callable[[Finished], Figure] = import_module(f"blocade.charts.{name.replace('-', '_')}").draw
    return draw
