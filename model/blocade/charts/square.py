"""Whose doing: the four arms of war × isolation, and the Shapley parts of both in the whole change."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from blocade.charts import style
from blocade.charts.findings import spread
from blocade.charts.panels import bond, per_draw
from blocade.charts.rows import strip
from blocade.charts.style import BLACK, BLUE, GREY, RED, signed, size
from blocade.claims import thresholds
from blocade.equations.arrays import Array
from blocade.experiment.finished import Finished
from blocade.measures import MEASURES
from blocade.text import percent

LOOKS = MappingProxyType({"isolation": (BLUE, ""), "war": (RED, "///"), "both": (GREY, "")})
"""Colour and hatch of the bars."""
NAMES = MappingProxyType({
    "isolation": ("Isolation alone", "Isolation’s part"), "war": ("War alone", "The war’s part"),
    "both": ("Both", "The whole"),
})  # fmt: skip
"""Rows at the left and at the right."""
ROWS = (2, 1, 0)


class Square(NamedTuple):
    """The verdicts on the two parts, and the arms {both, isolation, war, neither: arm}."""

    parts: Mapping[str, Any]
    arms: Mapping[str, str]


def square(result: Finished) -> Square | None:
    """The first two verdicts that split a change between isolation and the war; None where there are none."""
    rows = [row for row in result.verdicts.to_dict("records") if row["start"] == "real" and _halves(row)]
    for claim in dict.fromkeys((row["claim"], row["measure"]) for row in rows):
        own = [row for row in rows if (row["claim"], row["measure"]) == claim]
        named = {name: [row for row in own if row["estimand"].startswith(name)] for name in ("isolation", "war")}
        for isolation, war in zip(*named.values(), strict=False):
            up, also = ({arm for arm, weight in row["contrast"].items() if weight > 0} for row in (isolation, war))
            cells = {"both": up & also, "isolation": up - also, "war": also - up}
            cells["neither"] = {*isolation["contrast"]} - up - also
            if {*isolation["contrast"]} == {*war["contrast"]} and all(len(cell) == 1 for cell in cells.values()):
                return Square({"isolation": isolation, "war": war}, {name: min(cell) for name, cell in cells.items()})
    return None


def _halves(row: Mapping[Any, Any]) -> bool:
    """Whether a verdict weighs four arms by halves, is no share of a total, and is read when outcomes are."""
    weights, usual = [abs(weight) for weight in row["contrast"].values()], thresholds()
    read = (row["read"], row["over"]) == (usual.read, usual.over)
    return weights == [0.5] * 4 and not isinstance(row["share_of"], Mapping) and read


def _title(found: Square, thing: str, parts: Mapping[str, Array]) -> str:
    """Whose doing the change is, from the verdicts and from the parts in every draw."""
    s = float(found.parts["war"]["s"])
    part = {"isolation": found.parts["isolation"]["estimate"], "the war": found.parts["war"]["estimate"]}
    one, two = sorted(part, key=lambda name: -abs(part[name]))
    if abs(part[one]) <= s:
        both = f"{one} ({signed(part[one])}) nor {two} ({signed(part[two])})"
        some = float(np.mean(np.maximum(*map(np.abs, parts.values())) > s))
        said = f"Neither {both} moves {thing} by over {size(s)} in the median draw"
        return f"{said}; at least one does in {percent(some)} of draws"
    verb = {name: "raises" if value > 0 else "lowers" for name, value in part.items()}
    wars = float(np.mean(np.abs(parts["war"]) > np.abs(parts["isolation"])))
    agree = f"the part of {one} is the larger in {percent(wars if one == 'the war' else 1.0 - wars)} of draws"
    if abs(part[two]) <= s:
        said = f"{one} {verb[one]} {thing} by {size(part[one])}, while {two} hardly moves it ({signed(part[two])}),"
    elif verb[one] == verb[two]:
        sizes = f"{one} by {size(part[one])}, {two} by {size(part[two])}"
        said = f"both {verb[one].removesuffix('s')} {thing}: {sizes}"
    else:
        said = f"{one} {verb[one]} {thing} by {size(part[one])}, but {two} {verb[two]} it by {size(part[two])}"
    return f"{said[0].upper()}{said[1:]} in the median draw; {agree}"


def _bars(axes: Axes, rows: Mapping[str, tuple[str, float, float, float]], s: float) -> None:
    """Median and 5–95 % of each row, {name: (words, low, median, high)}, the first on top."""
    strip(axes, s)
    axes.axvline(0.0, color=BLACK, lw=1.0)
    for y, (name, (_, low, median, high)) in zip(ROWS, rows.items(), strict=True):
        colour, hatch = LOOKS[name]
        axes.barh(y, median, 0.5, color=colour, hatch=hatch, edgecolor="white", gid=f"bar {name}")
        axes.plot([low, high], [y, y], color=BLACK, lw=1.4, gid=f"interval {name}")
        axes.plot([median], [y], "o", color=BLACK, ms=4.5)
        axes.annotate(
            f"{signed(median)} ({signed(low)} … {signed(high)})", (1.0, y + 0.38), size=8, ha="right", va="center",
            xycoords=axes.get_yaxis_transform(), gid="numbers",
        )  # fmt: skip
    axes.set_yticks(ROWS, [words for words, *_ in rows.values()])
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(-0.5, 2.6)
    axes.margins(x=0.05)


def _notes(neither: str, s: float) -> str:
    return (
        f"Neither: “{neither}”, same parameter set and luck. Bar and dot: median, line: 5–95 % of parameter draws — "
        "not odds that the claim is true. Part (Shapley): mean of the effect without the other and beside it; in every "
        "draw the two parts add up to the change in both, but medians need not. "
        f"Grey: within ±{size(s)}, too small to count."
    )


def draw(result: Finished) -> Figure:
    """The change in the three arms against neither, and its Shapley parts, with the whole: median and 5–95 %."""
    found = square(result)
    with style.styled():
        if found is None:
            text = "A claim is needed that splits the change of four arms in halves, as `war-or-isolation` does."
            return style.message(result, "No claim splits a change between war and isolation", text)
        measure, s, what = found.parts["war"]["measure"], float(found.parts["war"]["s"]), bond(result)
        thing = what.thing if measure == what.measure else f"the {MEASURES[measure].meaning}"
        cell = {name: per_draw(result, measure, arm) for name, arm in found.arms.items()}
        drawn = {
            name: 0.5 * (cell["both"] - cell[other] + cell[name] - cell["neither"])
            for name, other in (("isolation", "war"), ("war", "isolation"))
        }
        clean = "clean" in set(result.verdicts["start"])
        key = [style.line_key("part from a clean start, median", "", GREY, marker="D", fill="white")] if clean else []
        notes = _notes(result.label(found.arms["neither"]), s)
        notes += " Clean start: without the acts in force at the start." if clean else ""
        figure = style.sheet(result, _title(found, thing, drawn), notes, 10.0, 3.1, key)
        left, right = figure.subplots(1, 2, sharex=True)
        changes, parts = {}, {}
        for name, (alone, part) in NAMES.items():
            change = spread(cell[name] - cell["neither"], s)
            words = style.wrapped(figure.canvas, f"{alone}: “{result.label(found.arms[name])}”", 8.0, "normal", 1.7)
            changes[name] = ("\n".join(words), change.low, change.median, change.high)
            row = found.parts.get(name, {"low": change.low, "estimate": change.median, "high": change.high})
            parts[name] = (part, row["low"], row["estimate"], row["high"])
        _bars(left, changes, s)
        _bars(right, parts, s)
        for y, row in zip(ROWS, found.parts.values(), strict=False) if clean else ():
            other = style.where(result.verdicts, start="clean", claim=row["claim"], estimand=row["estimand"])
            look: Any = {"mfc": "white", "mec": GREY, "ms": 6, "zorder": 3, "gid": f"clean {row['estimand']}"}
            right.plot(other["estimate"], [y - 0.35] * len(other), "D", **look)
        style.panel_title(left, "Change against neither", 3.0)
        style.panel_title(right, "Whose doing: parts of the whole", 3.5)
        for axes in (left, right):
            axes.set_xlabel(f"Change in {MEASURES[measure].unit}")
        return style.finish(figure)
