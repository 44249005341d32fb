"""Cohesion of the bloc over time, a panel for each arm."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from blocade.charts.style import (
    ARM_LOOKS,
    BANDS_NOTE,
    BASELINE_LOOK,
    BLACK,
    GREY,
    PALE,
    Chart,
    Described,
    band_keys,
    draw_bands,
    finish,
    line_key,
    panel_title,
    sheet,
    styled,
    where,
)
from blocade.charts.verdicts import finding, spread
from blocade.claims import SMALLEST
from blocade.equations.arrays import Array
from blocade.experiment.finished import Finished
from blocade.text import listed

KNOWN_PAIRS = (
    ("GBR", "USA"), ("BLR", "RUS"), ("CHN", "RUS"), ("PRK", "RUS"), ("IND", "USA"), ("CHN", "IND"),
    ("CHN", "USA"),
)
"""Pairs whose ties at the start make a scale, best known first; a world need not hold them."""


HEADROOM = 0.12
"""Share of a panel above and below what is drawn, so that the name of a war stands on no band."""
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


def grid(figure: Chart, count: int) -> list[Axes]:
    """That many panels in up to three columns, on shared axes; places left over stay empty."""
    columns = columns_for(count)
    rows = -(-count // columns)
    panels = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False).ravel()
    for spare in panels[count:]:
        spare.set_axis_off()
    for panel in panels[max(0, count - columns) : count]:
        panel.xaxis.set_tick_params(labelbottom=True)
        panel.set_xlabel("Year")
        panel.xaxis.set_major_locator(MaxNLocator(nbins=4, integer=True))
    return list(panels[:count])


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


def _title(result: Finished, what: Bond) -> str:
    baseline, *treated = arms(result)
    if not treated:
        return f"One arm, “{result.label(baseline)}”: {_path(result, what, baseline)}"
    effect = per_draw(result, what.measure, treated[0]) - per_draw(result, what.measure, baseline)
    said = finding(f"“{result.label(treated[0])}”", what.thing, spread(effect, SMALLEST), SMALLEST)
    return f"{said}, against “{result.label(baseline)}”"


def _path(result: Finished, what: Bond, arm: str) -> str:
    rows = band_rows(result, what.measure, arm)
    first, last = float(rows["median"].iloc[0]), float(np.median(per_draw(result, what.measure, arm)))
    verb = "rises" if last - first > 0.005 else "falls" if last - first < -0.005 else "stays as it is"
    change = f" from {first:.2f} to {last:.2f}".replace("-", "−") if verb != "stays as it is" else ""
    return f"{what.thing} {verb}{change} in the median draw"


def _scale(axes: Axes, result: Finished) -> None:
    """Ties of known pairs at the start, as a scale on the right."""
    table = where(result.ties, start="real", arm=arms(result)[0])
    known = {
        tuple(sorted((str(a), str(b)))): float(tie)
        for a, b, tie in zip(table["iso3_a"], table["iso3_b"], table["before"], strict=True)
    }
    low, high = axes.get_ylim()
    taken: list[float] = []
    for pair in KNOWN_PAIRS:
        tie = known.get(pair, np.nan)
        if not low <= tie <= high or any(abs(tie - other) < 0.07 * (high - low) for other in taken):
            continue
        taken.append(tie)
        text = f"{result.state(pair[1])}–{result.state(pair[0])}".replace("United States", "US")
        axes.annotate(
            text.replace("United Kingdom", "UK"), (1.0, tie), xycoords=axes.get_yaxis_transform(),
            xytext=(10, 0), textcoords="offset points", va="center", gid="scale", annotation_clip=False,
            arrowprops={"arrowstyle": "-", "color": GREY, "shrinkA": 0, "shrinkB": 0}, **SMALL,
        )


def draw(result: Finished) -> Figure:
    """Medians and bands of the bloc's cohesion in every arm, from the real start.

    A bloc of one has no cohesion: see `bond`.
    """
    what, names = bond(result), arms(result)
    scale_note = "" if what.measure == "distance" else " Right: ties at the start."
    notes = f"{BANDS_NOTE} {time_notes(result)}{scale_note}"
    with styled():
        columns = columns_for(len(names))
        width, height = 10.0 if len(names) > 1 else 8.0, 2.6 * -(-len(names) // columns) + 0.6
        key = band_keys()
        if len(names) > 1:
            key.append(line_key("median of the baseline", BASELINE_LOOK[1], width=1.0))
        figure = sheet(result, _title(result, what), notes, width, height, key)
        panels = grid(figure, len(names))
        reference = band_rows(result, what.measure, names[0])
        for index, (panel, arm) in enumerate(zip(panels, names, strict=True)):
            colour, line = look(index)
            draw_bands(panel, band_rows(result, what.measure, arm), colour, line)
            if index:
                dashed: Any = {"color": BLACK, "ls": BASELINE_LOOK[1], "lw": 1.0, "gid": "reference"}
                panel.plot(reference["time"], reference["median"], **dashed)
            text = result.label(arm) + (" (baseline)" if not index and len(names) > 1 else "")
            panel_title(panel, text, (width - 2.2) / columns)
            mark_time(panel, result, arm, named=not index)
            panel.margins(y=HEADROOM)
        for panel in panels[::columns]:
            panel.set_ylabel(what.axis)
        for panel in panels[columns - 1 :: columns] if what.measure != "distance" else ():
            _scale(panel, result)
        return finish(figure)
