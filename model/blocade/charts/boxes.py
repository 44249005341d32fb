"""Boxes: what a smaller box of parameters gains in density and loses in coverage, and the one that is told."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.colors import BoundaryNorm
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from blocade.analysis.conditions import limits
from blocade.analysis.discovery import Found, Half
from blocade.analysis.prim import dense_enough
from blocade.charts import style
from blocade.charts.style import BLACK, GREY, ORANGE, line_key
from blocade.experiment.finished import Finished
from blocade.text import listed, percent

COLOURS = "cividis"
"""For the number of parameters: told apart by the colour-blind, and in grey (Nuñez, Anderton and Renslow 2018)."""
CHOSEN, BOX = "s", "D"
HALVES = ("^", "v")
"""Markers of the boxes that were learned on the even and the odd draws."""


def source(result: Finished, found: Found) -> str:
    """World and parameter sets, and which effect; it need not be read at the time that the usual line names."""
    row = found.row
    when = f"read {row['read']:g} years after the first event, or at the end of the run"
    return f"{style.world_line(result)}. “{row['label']}”, from the {row['start']} start, {when}."


def short(found: Found) -> str:
    """The limits of the box in symbols."""
    box = found.box
    entries = [(k, found.cases.entries[k]) for k in found.columns]
    return listed([f"{entry.symbol} {limits(box.low[k], box.high[k], entry.unit)}" for k, entry in entries])


def _title(found: Found) -> str:
    box, cases = found.box, found.cases
    base = percent(float(cases.y.mean()))
    said = f"“{found.row['label']}”: {cases.interest} in {base} of draws"
    if not found.columns:
        return f"{said}, and no limit on a parameter sets them apart better than chance"
    lie = f"{percent(box.coverage)} of them lie there"
    return f"{said}, and in {percent(box.density)} where all of this holds: {short(found)}; {lie}"


def _path(figure: Figure, axes: Axes, found: Found) -> None:
    """The trajectory, coloured by the number of parameters that are limited."""
    path = found.learned.path
    count = [len(box.restricted) for box in path]
    steps = np.arange(max(count) + 2) - 0.5
    norm = BoundaryNorm(steps, colormaps[COLOURS].N)
    x, y = [box.coverage for box in path], [box.density for box in path]
    axes.plot(x, y, color=GREY, lw=0.8, zorder=1, gid="path")
    dots = axes.scatter(x, y, c=count, cmap=COLOURS, norm=norm, s=26, zorder=2, lw=0, gid="boxes", clip_on=False)
    bar = figure.colorbar(dots, ax=axes, ticks=range(max(count) + 1), pad=0.02, fraction=0.05)
    bar.set_label("Parameters with a limit")
    bar.ax.tick_params(length=0)


def _marks(axes: Axes, found: Found) -> None:
    chosen = found.learned.path[found.learned.step]
    look: Any = {"ls": "", "mfc": "none", "zorder": 3, "clip_on": False}
    axes.plot([chosen.coverage], [chosen.density], CHOSEN, ms=11, mec=BLACK, mew=1.4, gid="chosen", **look)
    if found.columns:
        axes.plot([found.box.coverage], [found.box.density], BOX, ms=15, mec=style.RED, mew=1.8, gid="box", **look)
    look |= {"ms": 8, "mfc": "white", "mec": style.RED, "mew": 1.2}
    for marker, half in _halves(found):
        at = [half.held_out.coverage], [half.held_out.density]
        axes.plot(*at, marker, gid=f"half {half.learned_on}", **look)


def _halves(found: Found) -> list[tuple[str, Half]]:
    """The halves that gave limits within which there is something to measure, with their markers."""
    both = zip(HALVES, found.halves, strict=True)
    return [(marker, half) for marker, half in both if half.fit.restricted and half.held_out.inside]


def _keys(found: Found) -> list[Any]:
    mark: dict[str, Any] = {"line": "", "fill": "none"}
    keys = [line_key("a box on the way", "-", GREY, 0.8, "o")]
    if found.columns:
        keys.append(line_key("chosen", marker=CHOSEN, **mark))
        keys.append(line_key("told: pasted, without what chance explains", marker=BOX, colour=style.RED, **mark))
    else:
        keys.append(line_key("chosen, but no better than chance", marker=CHOSEN, **mark))
    keys += [
        line_key(f"learned on {half.learned_on} draws, measured on the rest", "", style.RED, 1.2, marker, "white")
        for marker, half in _halves(found)
    ]
    return [*keys, line_key("dense enough", "--", ORANGE, 1.2), line_key("share among all draws", ":", BLACK, 1.0)]


def draw(result: Finished, found: Found) -> Figure:
    """Density against coverage of every box of the trajectory, with the box that is told.

    Parameters
    ----------
    result : where the discovery was made.
    """
    base = float(found.cases.y.mean())
    peeled = "the parameters whose limits are more than chance" if found.columns else "the ten that differ most"
    notes = (
        f"Of interest: {found.cases.interest}. {found.cases.note + '. ' if found.cases.note else ''}"
        f"From the whole (right) the box is peeled by a twentieth at a time, of {peeled}. Chosen: among boxes that are "
        "dense enough, if any, the one with most coverage beyond its support. A box looks better on the draws from "
        f"which it was learned than on others{': see the triangles' if _halves(found) else ''}. Shares of parameter "
        "draws, not odds that the claim is true."
    )
    with style.styled():
        figure = style.sheet(source(result, found), _title(found), notes, 8.0, 4.2, _keys(found))
        axes = figure.subplots()
        axes.axhline(dense_enough(base), color=ORANGE, lw=1.2, ls="--", zorder=0.5, gid="dense enough")
        axes.axhline(base, color=BLACK, lw=1.0, ls=":", zorder=0.5, gid="base")
        _path(figure, axes, found)
        _marks(axes, found)
        axes.set(xlim=(0.0, 1.0), ylim=(0.0, 1.0))
        axes.set_xlabel("Coverage (share of all draws of interest that lie inside)")
        axes.set_ylabel("Density (share of the draws inside that are of interest)")
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_formatter(PercentFormatter(1.0, symbol=" %"))
        return style.finish(figure)
