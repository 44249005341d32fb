"""Dose and response: what the bond and compliance do as the level of pressure rises."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy.optimize import isotonic_regression

from blocade.charts import style
from blocade.charts.difference import CLEAN_LINE
from blocade.charts.findings import finding, spread
from blocade.charts.panels import bond, per_draw
from blocade.charts.style import signed, size
from blocade.claims import SMALLEST
from blocade.equations.arrays import Array
from blocade.experiment.finished import Finished
from blocade.experiment.runner import QUANTILES
from blocade.text import listed

PRESSING = ("sanctions", "isolation")
"""Kinds of events whose level is the dose."""


class Series(NamedTuple):
    """Arms that differ in their dose alone, by rising dose; what they are compared with; arms that differ in more."""

    arms: list[str]
    doses: Array
    reference: str
    left_out: list[str]


def series(result: Finished) -> Series:
    """The arms with the baseline's other events, and of their ways to press the commonest."""
    baseline, *treated = plans = {arm["name"]: arm["events"] for arm in result.scenario["arms"]}
    shared = [event for event in plans[baseline] if all(event in plans[arm] for arm in treated)]
    pressing = {arm: [e for e in plan if e["kind"] in PRESSING and e not in shared] for arm, plan in plans.items()}
    others = {arm: _form([e for e in plan if e["kind"] not in PRESSING]) for arm, plan in plans.items()}
    dose = {arm: max((float(event["level"]) for event in found), default=0.0) for arm, found in pressing.items()}
    alike = [arm for arm in plans if others[arm] == others[baseline]]
    ways = Counter(_form(pressing[arm]) for arm in alike if dose[arm] > 0.0).most_common(1)
    kept: dict[float, str] = {}
    for arm in alike:
        if dose[arm] == 0.0 or _form(pressing[arm]) == ways[0][0]:
            kept.setdefault(dose[arm], arm)
    names = [kept[level] for level in sorted(kept)]
    return Series(names, np.array(sorted(kept)), kept.get(0.0, baseline), [arm for arm in plans if arm not in names])


def _form(events: list[dict[str, Any]]) -> tuple[str, ...]:
    """Events but for their level, as something to compare."""
    return tuple(sorted(json.dumps({**event, "level": None}, sort_keys=True) for event in events))


def changes(result: Finished, measure: str, found: Series, start: str = "real") -> Array:
    """Change of a measure against the reference in every draw: [draw, dose]."""
    reference = per_draw(result, measure, found.reference, start)
    return np.stack([per_draw(result, measure, arm, start) - reference for arm in found.arms], axis=-1)


def off_monotone(median: Array) -> tuple[float, str]:
    """How far a curve, [dose], lies from the nearest that only rises or only falls, and what that one does."""
    fits = {"rises": isotonic_regression(median), "falls": isotonic_regression(median, increasing=False)}
    return min((float(np.abs(median - fit.x).max()), does) for does, fit in fits.items())


def _number(dose: float) -> str:
    return f"{dose:g}".removeprefix("0") or "0"


def _title(thing: str, doses: Array, change: Array) -> str:
    median = np.median(change, axis=0)
    said = finding(f"The highest dose ({_number(doses[-1])})", thing, spread(change[:, -1], SMALLEST), SMALLEST)
    (off, does), farthest = off_monotone(median), int(np.abs(median).argmax())
    if off < 0.005:
        return f"{said}; the median only {does} with the dose" if np.ptp(median) >= 0.005 else said
    far = f", and is farthest from 0 at dose {_number(doses[farthest])} ({signed(median[farthest])})"
    turns = f"; the median turns on the way (up to {size(off)} off the nearest curve that only rises or only falls)"
    return f"{said}{turns}{far if farthest < len(doses) - 1 else ''}"


def _response(axes: Axes, doses: Array, values: Array, colour: str) -> None:
    quantiles = np.quantile(values, list(QUANTILES.values()), axis=0)
    # bands are drawn over the column "time"; here it is the dose
    rows = pd.DataFrame({"time": doses, **dict(zip(QUANTILES, quantiles, strict=True))})
    style.draw_bands(axes, rows, colour, "-")
    axes.plot(doses, rows["median"], "o", ms=4, color=colour, clip_on=False, zorder=3, gid="dose")


def _slopes(axes: Axes, doses: Array, change: Array) -> None:
    """Slopes by the doses next to the lowest, a middle and the highest; the numbers stand with the names."""
    last, middle, labels = len(doses) - 1, len(doses) // 2, []
    places = {"low": (0, 1), "middle": (middle - 1, middle + 1), "high": (last - 1, last)}
    for y, (name, (a, b)) in enumerate(places.items()):
        found = spread((change[:, b] - change[:, a]) / (doses[b] - doses[a]), 0.0)
        line: Any = {"color": style.BLUE, "lw": 2.2, "solid_capstyle": "butt", "gid": f"interval {name}"}
        axes.plot([found.low, found.high], [y, y], **line)
        axes.plot([found.median], [y], "o", color=style.BLUE, ms=6, gid=f"slope {name}")
        text = f"{signed(found.median)} ({signed(found.low)} … {signed(found.high)})"
        labels.append(f"{name} ({_number(doses[a])} to {_number(doses[b])})\n{text}")
    axes.axvline(0.0, color=style.BLACK, lw=0.8, zorder=0.5)
    axes.set_yticks(range(3), labels)
    axes.set(ylim=(-0.5, 2.5), xlabel="Change per 1 of dose")
    axes.tick_params(axis="y", length=0)
    axes.margins(x=0.08)


def _notes(result: Finished, found: Series) -> str:
    left = listed([f"“{result.label(arm)}”" for arm in found.left_out[:4]])
    left = left if len(found.left_out) < 4 else f"{len(found.left_out)} arms"
    return (
        "Dose: highest level of an arm's sanctions and isolation, without what all arms share (targeted .2, "
        "sectoral .5, comprehensive .8, embargo 1). Change: arm minus "
        f"“{result.label(found.reference)}”, same parameter set and luck. Steepness: change between the doses named, "
        "median and 5–95 %. What is in force at the start stays (none is, from the clean start): no dose below it "
        f"changes anything. {style.BANDS_NOTE}"
        + (f" Left out, as they differ in more than the dose: {left}." if found.left_out else "")
    )


def draw(result: Finished) -> Figure:
    """Change of the bond, and compliance where it is recorded, against the dose, with three local slopes."""
    what, found = bond(result), series(result)
    with style.styled():
        if len(found.doses) < 3:
            text = "Three arms at least are needed that differ in the level of sanctions or isolation alone."
            return style.message(result, "Too few doses of pressure to draw a response", text)
        doses, change = found.doses, changes(result, what.measure, found)
        rows = 1 if style.where(result.bands, measure="compliance").empty else 2
        clean = not style.where(result.outcomes, start="clean").empty
        dashed = [style.line_key("median, clean start", CLEAN_LINE, width=1.2)] if clean else []
        key = [*style.band_keys(), *dashed, style.strip_key(SMALLEST)]
        title, notes = _title(what.thing, doses, change), _notes(result, found)
        figure = style.sheet(result, title, notes, 10.0, 1.4 + 2.0 * rows, key)
        grid = figure.add_gridspec(rows, 2, width_ratios=(2.4, 1), height_ratios=(1.7, 1)[:rows])
        panel, side = (figure.add_subplot(grid[0, column]) for column in (0, 1))
        style.smallest_strip(panel, SMALLEST)
        _response(panel, doses, change, style.BLUE)
        if clean:
            median = np.median(changes(result, what.measure, found, "clean"), axis=0)
            panel.plot(doses, median, color=style.BLACK, lw=1.2, ls=CLEAN_LINE, gid="clean")
        panel.axhline(0.0, color=style.BLACK, lw=0.8, gid="zero")
        panel.set_ylabel("Change in tie" if what.measure != "distance" else "Change in distance (tie units)")
        style.panel_title(panel, f"Change against “{result.label(found.reference)}”", 6.0)
        style.panel_title(side, "How steep, at three doses", 2.5)
        _slopes(side, doses, change)
        if rows == 2:
            panel = figure.add_subplot(grid[1, 0], sharex=panel)
            levels = np.stack([per_draw(result, "compliance", arm) for arm in found.arms], axis=-1)
            _response(panel, doses, levels, style.GREEN)
            panel.set(ylim=(0.0, 1.0), ylabel="Share of the bloc")
            style.panel_title(panel, "Compliance: mean of the bloc (1 = all have conceded)", 6.0)
        panel.set_xlabel("Dose (highest level of sanctions or isolation)")
        return style.finish(figure)
