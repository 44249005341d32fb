"""What charts of a run share: its arms, what stands for the bond, panels over time and their marks."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from blocade.charts.style import ARM_LOOKS, BASELINE_LOOK, BLACK, GREY, PALE, Chart, Described, where
from blocade.equations.arrays import Array
from blocade.experiment.finished import Finished
from blocade.text import listed

SMALL: Mapping[str, Any] = MappingProxyType({"size": 8, "color": PALE})


class Bond(NamedTuple):
    """What stands for the bond of a bloc: a measure, how a sentence calls it, how an axis does."""

    measure: str
    thing: str
    axis: str


def bond(result: Described) -> Bond:
    """Cohesion, or for a bloc of one its tie to its patron, or else its distance from the senders."""
    scenario, scale = result.scenario, "(1 = allied, −1 = hostile)"
    names = [result.state(code) for code in scenario["bloc"]]
    if len(names) == 2:
        return Bond("cohesion", f"the {names[0]}–{names[1]} tie", f"Tie {scale}")
    if len(names) > 2:
        return Bond("cohesion", f"the mean tie among {listed(names)}", f"Mean tie {scale}")
    if scenario["patron"]:
        return Bond("embrace", f"the {names[0]}–{result.state(scenario['patron'])} tie", f"Tie {scale}")
    thing = f"the distance of {names[0]} from the senders"
    return Bond("distance", thing, "Minus the mean tie to the senders (1 = hostile)")


def arms(result: Described) -> list[str]:
    """Names of the arms, the baseline first."""
    return [arm["name"] for arm in result.scenario["arms"]]


def per_draw(result: Finished, measure: str, arm: str, start: str = "real") -> Array:
    """Mean of a measure over the window in every draw, replicates averaged: [draw]."""
    rows = where(result.outcomes, start=start, arm=arm, measure=measure)
    return np.asarray(rows.groupby("draw", observed=True)["value"].mean().sort_index(), dtype=np.float64)


def band_rows(result: Finished, measure: str, arm: str, versus: str = "", start: str = "real") -> pd.DataFrame:
    """Rows of the bands table for one measure and arm, by time."""
    return where(result.bands, start=start, arm=arm, versus=versus, measure=measure).sort_values("time")


def wars(result: Described, arm: str) -> list[tuple[float, float, str]]:
    """Wars of an arm: from, until (at most the end of the run), on whom."""
    events = next(item["events"] for item in result.scenario["arms"] if item["name"] == arm)
    last = float(result.scenario["end"])
    found = [event for event in events if event["kind"] == "war"]
    names = [listed([result.state(code) for code in event["on"]]) for event in found]
    return [
        (float(event["at"]), min(float(event["until"]), last), whom)
        for event, whom in zip(found, names, strict=True)
    ]


def mark_time(axes: Axes, result: Described, arm: str, named: bool, war_named: bool = True) -> None:
    """War shaded, first event as a dotted line, the window in which effects are read as a bar."""
    foot: Any = axes.get_xaxis_transform()
    for first, last, whom in wars(result, arm):
        axes.axvspan(first, last, color="#F2F2F2", zorder=0, lw=0, gid="war")
        if war_named:
            box = {"facecolor": "#F2F2F2", "edgecolor": "none", "pad": 0.6}
            axes.text(first + 0.12, 0.98, f"war: {whom}", va="top", bbox=box, **SMALL, transform=foot)
    first_event = result.scenario["first_event"]
    if first_event is not None:
        axes.axvline(first_event, color=GREY, lw=1.0, ls=":", gid="first event")
    low, high = result.manifest["window"]
    bar: Any = {"color": BLACK, "lw": 4, "solid_capstyle": "butt", "gid": "window"}
    axes.plot([low, high], [0.012, 0.012], **bar, transform=foot)
    if named:
        axes.text((low + high) / 2, 0.04, "effect read here", ha="center", **SMALL, transform=foot)


def subplots(figure: Chart, count: int, columns: int, sharex: bool, sharey: bool) -> list[Axes]:
    """That many panels row by row; places left over stay empty."""
    panels = figure.subplots(-(-count // columns), columns, sharex=sharex, sharey=sharey, squeeze=False).ravel()
    for spare in panels[count:]:
        spare.set_axis_off()
    for panel in panels[max(0, count - columns) : count]:
        panel.xaxis.set_tick_params(labelbottom=True)
    return list(panels[:count])


def grid(figure: Chart, count: int) -> list[Axes]:
    """That many panels over time in up to three columns, on shared axes."""
    columns = columns_for(count)
    panels = subplots(figure, count, columns, sharex=True, sharey=True)
    for panel in panels[max(0, count - columns) :]:
        panel.set_xlabel("Year")
        panel.xaxis.set_major_locator(MaxNLocator(nbins=4, integer=True))
    return panels


def columns_for(count: int) -> int:
    """Columns of a grid of panels."""
    return 2 if count == 4 else min(count, 3)


def time_notes(result: Described) -> str:
    """What the marks of `mark_time` mean."""
    read = "Bar at the foot: where effects are read."
    if result.scenario["first_event"] is None:
        return read
    return f"Dotted vertical line: first event that is not background. {read}"


def look(index: int) -> tuple[str, Any]:
    """Colour and line of an arm by its place; the first is the baseline."""
    return BASELINE_LOOK if index == 0 else ARM_LOOKS[(index - 1) % len(ARM_LOOKS)]
