"""Hysteresis: the path of pressure and bond while pressure comes and goes, and what is left when it is gone."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from blocade.charts import style
from blocade.charts.dose import PRESSING
from blocade.charts.panels import arms, band_rows, bond, per_draw, wars
from blocade.charts.style import BLACK, RED, signed, size
from blocade.claims import SMALLEST
from blocade.equations.arrays import Array
from blocade.experiment.finished import Finished
from blocade.experiment.runner import QUANTILES
from blocade.text import listed

OTHER, DASHED, BASE_END = "#AAAAAA", style.BASELINE_LOOK[1], "D"
MARKS = MappingProxyType(
    {"start": ("o", 10, "white"), "pressed": ("P", 14, RED), "lifted": ("X", 9, RED), "end": ("s", 6, RED)}
)
"""Marker, size and fill of the points of a path; an end at the start stands inside it, and so does a lifting where
it was pressed."""
JUMPS = MappingProxyType({"start": 0, "pressed": -1, "lifted": 1, "end": 0})
"""Step at the other end of the jump on which a point stands, from it."""


class Loop(NamedTuple):
    """An arm that lifts: first pressure (None without) and liftings, decimal years; what is left, and when."""

    arm: str
    pressed: float | None
    dates: list[float]
    gap: Mapping[str, float]
    read: tuple[float, float]

    @property
    def closes(self) -> bool | None:
        """Whether 5–95 % of draws lie within the smallest effect, or (False) beyond it on one side; None: neither."""
        if max(-self.gap["low"], self.gap["high"]) <= SMALLEST:
            return True
        return False if max(self.gap["low"], -self.gap["high"]) > SMALLEST else None


def loops(result: Finished) -> list[Loop]:
    """The arms that lift what the baseline does not have: by a lifting, or as sanctions or isolation run out."""
    baseline, *treated = result.scenario["arms"]
    found = []
    for arm in treated:
        own = [event for event in arm["events"] if event not in baseline["events"]]
        pressing = [event for event in own if event["kind"] in PRESSING]
        ends = {event["until"] for event in pressing if event.get("until") is not None}
        dates = sorted({float(event["at"]) for event in own if event["kind"] == "lift"} | ends)
        dates = [date for date in dates if date < float(result.scenario["end"])]
        if dates:
            pressed = min((float(event["at"]) for event in pressing), default=None)
            found.append(Loop(arm["name"], pressed, dates, *gap(result, arm["name"], dates[-1])))
    return found


def gap(result: Finished, arm: str, since: float) -> tuple[dict[str, float], tuple[float, float]]:
    """Paired gap to the baseline, quantiles over draws, over the window; at the end of the run where that begins
    before a date."""
    measure, baseline, (first, last) = bond(result).measure, arms(result)[0], result.manifest["window"]
    if first >= since:
        effect = per_draw(result, measure, arm) - per_draw(result, measure, baseline)
        return {name: float(np.quantile(effect, level)) for name, level in QUANTILES.items()}, (first, last)
    row = band_rows(result, measure, arm, baseline).iloc[-1]
    return {name: float(row[name]) for name in QUANTILES}, (float(row["time"]), float(row["time"]))


def path(result: Finished, arm: str) -> tuple[Array, Array, Array]:
    """Times, and at each the median pressure and the median bond."""
    pressure, tie = (band_rows(result, measure, arm) for measure in ("pressure", bond(result).measure))
    return pressure["time"].to_numpy(), pressure["median"].to_numpy(), tie["median"].to_numpy()


def _title(result: Finished, found: list[Loop]) -> str:
    loop, left, thing = found[0], found[0].gap, bond(result).thing
    years = loop.read[1] - loop.dates[-1]
    when = f"{years:g} year{'s' if years != 1 else ''} after lifting"
    mine, its = (float(path(result, arm)[1][-1]) for arm in (loop.arm, arms(result)[0]))
    versus = f"“{result.label(arms(result)[0])}”"
    versus += f" (pressure {size(mine)} against {size(its)})" if abs(mine - its) > 0.02 else ""
    if loop.closes:
        said = f"The loop closes: {when}, {thing} is within {size(SMALLEST)} of {versus}"
    elif loop.closes is None:
        draws = f"{signed(left['median'])} in the median draw ({signed(left['low'])} … {signed(left['high'])})"
        said = f"Whether the loop closes hangs on the draw: {when}, {thing} differs from {versus} by {draws}"
    else:
        side = f"{size(left['median'])} {'above' if left['median'] > 0 else 'below'}"
        said = f"The loop stays open: {when}, {thing} is still {side} {versus} in the median draw"
    if len(found) == 1:
        return said
    count = sum(one.closes is False for one in found)
    return f"“{result.label(loop.arm)}”: {said[0].lower()}{said[1:]}. Loops that stay open: {count} of {len(found)}"


def _points(loop: Loop, times: Array) -> list[tuple[str, float, int]]:
    """Kind, date and step of: the start, the first under pressure, the last before each lifting, the end."""
    found = [("start", float(times[0]), 0)]
    if loop.pressed is not None:
        found.append(("pressed", loop.pressed, int(np.searchsorted(times, loop.pressed - 1e-6))))
    found += [("lifted", at, max(0, int(np.searchsorted(times, at - 1e-6)) - 1)) for at in loop.dates]
    return [*found, ("end", float(times[-1]), len(times) - 1)]


def _arrows(axes: Axes, loop: Loop, times: Array, x: Array, y: Array) -> None:
    """An arrow head on every leg of a path, along the whole leg, as the path itself wavers with the luck."""
    corners = sorted({max(0, step + beside) for kind, _, step in _points(loop, times) for beside in (0, JUMPS[kind])})
    scale = np.array([np.ptp(axes.get_xlim()), np.ptp(axes.get_ylim())])
    at = np.column_stack([x, y]) / scale
    for first, last in pairwise(corners):
        # a leg that goes and comes back, as in a war, is two
        off = np.hypot(*(at[first : last + 1] - np.linspace(at[first], at[last], last - first + 1)).T)
        turn = [first + int(off.argmax())] if off.max() > 0.1 else []
        for begin, end in pairwise([first, *turn, last]):
            leg, steps = at[end] - at[begin], np.linspace(begin, end, 200)
            if np.hypot(*leg) > 0.05:
                fine = np.column_stack([np.interp(steps, np.arange(len(x)), at[:, i]) for i in (0, 1)])
                head = fine[np.hypot(*(fine - at[begin] - 0.6 * leg).T).argmin()]
                look = {"arrowstyle": "-|>", "color": RED, "lw": 0, "mutation_scale": 16, "shrinkA": 0, "shrinkB": 0}
                tail = head - 0.02 * leg / np.hypot(*leg)
                axes.annotate("", head * scale, tail * scale, arrowprops=look, gid="arrow")


def _loop(axes: Axes, result: Finished, loop: Loop) -> None:
    baseline, *treated = arms(result)
    for other in (arm for arm in treated if arm != loop.arm):
        axes.plot(*path(result, other)[1:], color=OTHER, lw=1.0, gid="other")
    times, x, y = path(result, loop.arm)
    axes.plot(x, y, color=RED, lw=2.0, gid="path")
    keys = []
    for kind, date, step in _points(loop, times):
        marker, ms, fill = MARKS[kind]
        look: Any = {"marker": marker, "ms": ms, "mfc": fill, "mec": RED if kind == "start" else "white", "ls": ""}
        keys += axes.plot(x[step], y[step], **look, zorder=4, label=f"{date:g} {kind}", gid=kind)
    _, x, y = path(result, baseline)
    axes.plot(x, y, color=BLACK, ls=DASHED, lw=1.2, gid="baseline")
    axes.plot(x[-1:], y[-1:], BASE_END, color=BLACK, ms=4, zorder=5, gid="baseline end")
    axes.legend(handles=keys, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    axes.margins(0.06)


def _left(axes: Axes, loop: Loop) -> None:
    """What is left, as an interval."""
    style.smallest_strip(axes, SMALLEST)
    axes.axhline(0.0, color=BLACK, lw=0.8)
    left, (first, last) = loop.gap, loop.read
    for low, high, width, name in (("low", "high", 1.6, "5–95"), ("lower", "upper", 5.0, "25–75")):
        axes.plot([0, 0], [left[low], left[high]], color=RED, lw=width, solid_capstyle="butt", gid=name)
    axes.plot([0], [left["median"]], "o", mfc="white", mec=RED, mew=1.5, ms=7, gid="median")
    numbers = f"{signed(left['median'])}\n({signed(left['low'])} … {signed(left['high'])})"
    axes.set_xticks([0], [f"{first:g}–{last:g}\n{numbers}" if first < last else f"{last:g}\n{numbers}"])
    axes.set(xlim=(-1, 1), ylabel="Gap to the baseline")


def _notes(result: Finished, found: list[Loop]) -> str:
    compared = [arms(result)[0], *(loop.arm for loop in found)]
    ends = [f"{size(path(result, arm)[1][-1])} in “{result.label(arm)}”" for arm in compared]
    return (
        "Path: medians over draws of pressure and of the bond, each at its time; it jumps with policy. Points stand at "
        "the first step under pressure and the last before a lifting. What is left: arm minus "
        f"“{result.label(compared[0])}”, same parameter set and luck, at the time named below it; thin line 5–95 %, "
        "thick 25–75 % of parameter draws — not odds that the claim is true. Lifting may also end what was in force at "
        f"the start: pressure at the end of the run is {listed(ends)}."
        + (" Wars move the path as well." if any(wars(result, loop.arm) for loop in found) else "")
    )


def draw(result: Finished) -> Figure:
    """Loops of pressure and bond of every arm that lifts, and the gap to the baseline that is left."""
    found = loops(result)
    with style.styled():
        if not found:
            text = "Add an arm that ends its sanctions or isolation: `until:`, or an event of `kind: lift`."
            return style.message(result, "Nothing is lifted: there is no loop to draw", text)
        if style.where(result.bands, measure="pressure").empty:
            return style.message(result, "Pressure was not recorded", "Add `pressure` to `measures:` in the scenario.")
        key = [
            style.line_key("median path of the arm that lifts", colour=RED, width=2.0),
            style.line_key("baseline and its end", DASHED, width=1.2, marker=BASE_END),
            style.line_key("other arms", colour=OTHER, width=1.0),
            style.strip_key(SMALLEST),
        ]
        # what is left is not always read over the window that the usual line names
        source = f"{style.world_line(result)}."
        figure = style.sheet(source, _title(result, found), _notes(result, found), 9.0, 3.4 * len(found), key)
        panels = figure.subplots(len(found), 2, squeeze=False, sharey="col", width_ratios=(3.2, 1))
        for (panel, side), loop in zip(panels, found, strict=True):
            if panel is not panels[0, 0]:
                panel.sharex(panels[0, 0])
            _loop(panel, result, loop)
            _left(side, loop)
            other = " (its wars differ too)" if wars(result, loop.arm) != wars(result, arms(result)[0]) else ""
            style.panel_title(panel, f"{result.label(loop.arm)}{other}", 5.0)
            style.panel_title(side, "What is left", 1.8)
            panel.set(xlabel="Pressure on the bloc (share of world capability)", ylabel=bond(result).axis)
        for (panel, _), loop in zip(panels, found, strict=True):  # limits are shared, so known when all is drawn
            _arrows(panel, loop, *path(result, loop.arm))
        return style.finish(figure)
