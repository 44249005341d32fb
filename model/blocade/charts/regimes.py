"""Regimes: the effect over two parameters, smoothed, and the line on which it changes sign."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.colors import LinearSegmentedColormap, Normalize
from matplotlib.figure import Figure
from scipy.spatial import Delaunay

from blocade.analysis.conditions import explained
from blocade.analysis.discovery import DATE, Found
from blocade.charts import style
from blocade.charts.boxes import source
from blocade.charts.style import BLACK, BLUE, RED, line_key
from blocade.equations.arrays import Array
from blocade.experiment.finished import Finished
from blocade.parameters import Entry
from blocade.scenario.dates import month
from blocade.text import listed, percent

SPAN = 0.5
"""Share of the draws that a fit takes in (assumption; Cleveland and Devlin 1988 take a third to all of them)."""
GRID = 81
"""Points along either axis."""
INNER = (0.05, 0.95)
"""Quantiles to which effects are held before they are smoothed, so that a few do not bend the surface (assumption)."""
CELLS = 1_000_000
"""Places times draws that are fitted together, to hold the arrays below some hundred megabytes."""
SIGNS = LinearSegmentedColormap.from_list("signs", [RED, "#F7F7F7", BLUE])
"""Falls, 0, rises: red and blue of Okabe and Ito (2008), told apart by the colour-blind."""


class Surface(NamedTuple):
    """A smoothed effect: two axes, [column] and [row], its value, [row, column], NaN beyond the draws; and how much of
    the variance of the draws it tells, each draw from the others."""

    across: Array
    up: Array
    effect: Array
    told: float


def smooth(at: Array, points: Array, effect: Array, without_own: bool = False) -> Array:
    """Local-linear fit with tricube weights over the nearest `SPAN` of the draws: [place].

    Cleveland and Devlin 1988, "Locally weighted regression", Journal of the American Statistical Association 83.

    Parameters
    ----------
    at : where, [place, axis]. points : of the draws, [draw, axis], in the same units. effect : [draw].
    without_own : whether the places are the draws themselves, and each is left out of its own fit.
    """
    step = max(1, CELLS // len(points))
    fitted = []
    for first in range(0, len(at), step):
        away = points[None, :, :] - at[first : first + step, None, :]
        distance = np.hypot(away[..., 0], away[..., 1])
        if without_own:
            np.fill_diagonal(distance[:, first:], np.inf)
        fitted.append(_fit(away, distance, effect))
    return np.concatenate(fitted)


def _fit(away: Array, distance: Array, effect: Array) -> Array:
    """The height of a weighted plane over each place: from [place, draw, axis] and [place, draw]."""
    nearest = max(4, int(np.ceil(SPAN * len(effect))))  # a plane through three, and one to be off it
    reach = np.partition(distance, nearest - 1, axis=1)[:, nearest - 1 : nearest]
    reach = np.maximum(reach, np.finfo(float).tiny)  # where half of the draws lie on one spot
    weight = (1.0 - (np.minimum(distance, reach) / reach) ** 3) ** 3
    terms = np.concatenate([np.ones_like(away[..., :1]), away], axis=-1)
    weighted = (terms * weight[..., None]).swapaxes(1, 2)
    # the generalised inverse: where all near draws lie on a line, the plane is level across it
    inverse = np.linalg.pinv(weighted @ terms, hermitian=True)
    return np.asarray((inverse[:, :1, :] @ (weighted @ effect)[..., None])[:, 0, 0])


def surface(x: Array, effect: Array) -> Surface:
    """The effect over two parameters, from draws [draw, 2] and their effect [draw]."""
    low, span = x.min(axis=0), np.ptp(x, axis=0)
    points = (x - low) / span
    held = np.clip(effect, *np.quantile(effect, INNER))
    line = np.linspace(0.0, 1.0, GRID)
    at = np.stack(np.meshgrid(line, line), axis=-1).reshape(-1, 2)
    fitted = smooth(at, points, held)
    fitted[Delaunay(points).find_simplex(at) < 0] = np.nan
    left = held - smooth(points, points, held, without_own=True)
    told = 1.0 - float(np.sum(left**2) / np.sum((held - held.mean()) ** 2)) if np.ptp(held) > 0.0 else 0.0
    axes = low[:, None] + span[:, None] * line
    return Surface(axes[0], axes[1], fitted.reshape(GRID, GRID), told)


def _title(found: Found, across: str, up: str, drawn: Surface) -> str:
    known = drawn.effect[np.isfinite(drawn.effect)]
    share, label = float(np.mean(known > 0.0)), found.row["label"]
    symbols = listed([entry.symbol for entry in _entries(found, across, up)])
    some = "under 1 %" if share < 0.005 else "over 99 %" if share > 0.995 else percent(share)
    where = {0.0: "nowhere above 0 in", 1.0: "above 0 in all of"}.get(share, f"above 0 in {some} of")
    tell = f"these two tell {percent(max(0.0, drawn.told))} of the differences between draws"
    return f"“{label}”: the smoothed effect is {where} the plane of {symbols}; {tell}"


def _entries(found: Found, *names: str) -> list[Entry]:
    return [found.cases.entries[found.cases.names.index(name)] for name in names]


def _axis(entry: Entry) -> str:
    return f"{explained(entry)}, {'no unit' if entry.unit == '1' else entry.unit}"


def draw(result: Finished, found: Found, across: str, up: str) -> Figure:
    """The effect of every draw over two parameters, on a smoothed surface with the line where it is 0.

    Parameters
    ----------
    result : where the discovery was made.
    across, up : two parameters that varied; `Found.pair` has two that count.

    Raises
    ------
    ValueError
        If one of them did not vary, or both are the same.
    """
    cases = found.cases
    for name in (across, up):
        if name not in cases.names:
            raise ValueError(f"{name!r} did not vary; there are {', '.join(cases.names)}")
    if across == up:
        raise ValueError(f"a plane has two sides, and both are {across!r}; name another")
    x = cases.x[:, [cases.names.index(name) for name in (across, up)]]
    drawn = surface(x, cases.effect)
    most = float(np.quantile(np.abs(cases.effect), INNER[1])) or float(np.abs(cases.effect).max())
    norm = Normalize(-most, most)
    notes = (
        f"Dots: the {len(cases.effect)} draws, by their own effect; beyond the ends of the scale they have its last "
        "colour. Surface: local-linear fit over the nearest half of the draws, effects held to their 5–95 % range; "
        "what else varies is averaged over, so dots of the other colour on it are no mistake. Told: share of variance, "
        "each draw from the others. Shares of parameter draws, not odds that the claim is true."
    )
    crosses = bool(np.nanmin(drawn.effect) < 0.0 < np.nanmax(drawn.effect))
    key = [line_key("a draw", "", BLACK, marker="o", fill="white")]
    key += [line_key("smoothed effect 0", "-", BLACK, 1.8)] if crosses else []
    with style.styled():
        figure = style.sheet(source(result, found), _title(found, across, up, drawn), notes, 8.0, 5.0, key)
        axes = figure.subplots()
        look: Any = {"cmap": SIGNS, "norm": norm}
        mesh = axes.pcolormesh(drawn.across, drawn.up, drawn.effect, shading="nearest", gid="surface", **look)
        if crosses:
            line = axes.contour(drawn.across, drawn.up, drawn.effect, levels=[0.0], colors=BLACK, linewidths=1.8)
            line.set_gid("zero")
        axes.scatter(x[:, 0], x[:, 1], c=cases.effect, s=20, ec=BLACK, lw=0.5, zorder=3, gid="draws", **look)
        bar = figure.colorbar(mesh, ax=axes, pad=0.02, fraction=0.05, extend="both")
        bar.set_label(f"Effect ({found.row['unit']})")
        _frame(axes, _entries(found, across, up), x)
        return style.finish(figure)


def _frame(axes: Axes, entries: Sequence[Entry], x: Array) -> None:
    margin = 0.02 * np.ptp(x, axis=0)
    (left, low), (right, high) = x.min(axis=0) - margin, x.max(axis=0) + margin
    axes.set(xlim=(left, right), ylim=(low, high))
    sides: list[tuple[float, Any, Axis]] = [(6.0, axes.set_xlabel, axes.xaxis), (4.4, axes.set_ylabel, axes.yaxis)]
    for entry, (width, put, axis) in zip(entries, sides, strict=True):
        put("\n".join(style.wrapped(axes.figure.canvas, _axis(entry), 9.0, "normal", width)))
        if entry.unit == DATE:
            axis.set_major_formatter(lambda date, _place: month(date))
