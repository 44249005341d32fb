"""Boxes of parameters that hold many cases of interest: the patient rule induction method, PRIM.

Friedman and Fisher 1999, "Bump hunting in high-dimensional data", Statistics and Computing 9; coverage, density and
quasi-p-values after Bryant and Lempert 2010, "Thinking inside the box", Technological Forecasting and Social Change 77.
Where candidates are equally good the first column wins, so whoever wants the same box from columns in another order
sorts them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.stats import binom

from blocade.equations.arrays import Array
from blocade.randomness import identity
from blocade.verdicts import LEAST_DRAWS

Mask: TypeAlias = npt.NDArray[np.bool_]
End: TypeAlias = tuple[int, int]
"""Column of a parameter, and side: 0 for its lower end, 1 for its upper."""

ALPHA = 0.05
"""Share of the draws inside that one peel takes away or one paste gives back (assumption; Friedman and Fisher advise
.05 to .1, and less is more patient)."""
LEAST_SUPPORT = 0.05
"""Share of all draws below which no box is peeled (assumption); nor below `LEAST_DRAWS`."""
DENSE = 0.8
"""Density that makes a box one to rely on (assumption)."""
SCREENED = 10
"""Parameters that are peeled at most (assumption): with two hundred draws and more parameters, those without a part
take so many draws away by chance that those with a part are lost."""
SHUFFLES = 99
"""Shuffles that show what chance reaches (assumption): with 99, five are the twentieth part."""
LEVEL = 0.05
"""Quasi-p-value, and share of shuffles, that passes for more than chance (assumption, the usual one)."""


@dataclass(frozen=True, eq=False)
class Box:
    """An interval of each parameter, and what lies in all of them.

    low, high : bounds, both inside, [parameter]; infinite where the box is open. draws, cases : of all, and of
    interest among them. inside, hits : of the draws inside the box, and of interest among those.
    """

    low: Array
    high: Array
    draws: int
    cases: int
    inside: int
    hits: int

    @property
    def coverage(self) -> float:
        """Share of all cases of interest that lie inside; NaN where there are none."""
        return self.hits / self.cases if self.cases else float("nan")

    @property
    def density(self) -> float:
        """Share of the draws inside that are of interest; NaN in an empty box."""
        return self.hits / self.inside if self.inside else float("nan")

    @property
    def support(self) -> float:
        """Share of all draws that lie inside."""
        return self.inside / self.draws

    @property
    def ends(self) -> tuple[End, ...]:
        """Where the box has a limit."""
        columns, sides = np.nonzero(np.isfinite(np.stack([self.low, self.high], axis=1)))
        return tuple(zip(columns.tolist(), sides.tolist(), strict=True))

    @property
    def restricted(self) -> tuple[int, ...]:
        """Columns of the parameters that the box limits, at one end or both."""
        return tuple(dict.fromkeys(column for column, _ in self.ends))

    def holds(self, x: Array) -> Mask:
        """Which rows of [draw, parameter] lie inside: [draw]."""
        return np.asarray(((x >= self.low) & (x <= self.high)).all(axis=1))


@dataclass(frozen=True)
class Learned:
    """What the draws say: a box, and how it came about.

    path : the trajectory, the whole first. step : of the path, the box that was chosen. box : that one, pasted, without
    limits that chance explains. tested : quasi-p-value of each of its limits. dropped : of the limits that chance
    explains. bar : quasi-p-value below which a limit is more than chance.
    """

    path: tuple[Box, ...]
    step: int
    box: Box
    tested: Mapping[End, float]
    dropped: Mapping[End, float]
    bar: float


def counted(x: Array, y: Mask, low: Array, high: Array) -> Box:
    """The box between two bounds, [parameter], counted on draws x, [draw, parameter], and cases y, [draw]."""
    box = Box(low, high, len(y), int(y.sum()), 0, 0)
    inside = box.holds(x)
    return replace(box, inside=int(inside.sum()), hits=int(y[inside].sum()))


def whole(x: Array, y: Mask) -> Box:
    """The box without limits."""
    open_ = np.full(x.shape[1], np.inf)
    return counted(x, y, -open_, open_)


def moved(x: Array, y: Mask, box: Box, end: End, bound: float) -> Box:
    """The same box with another bound at one end."""
    (column, side), bounds = end, (box.low.copy(), box.high.copy())
    bounds[side][column] = bound
    return counted(x, y, *bounds)


def freed(x: Array, y: Mask, box: Box, end: End) -> Box:
    """The same box, open at one end."""
    return moved(x, y, box, end, (-np.inf, np.inf)[end[1]])


def least_inside(draws: int) -> int:
    """Draws that a box, or a leaf of a tree, holds at least."""
    return max(LEAST_DRAWS, int(np.ceil(LEAST_SUPPORT * draws)))


def between(out: float, into: float) -> float:
    """A bound between a value that is out and the next that is in, and never at the former."""
    middle = out + 0.5 * (into - out)
    return float(into if middle == out else middle)


def peel(x: Array, y: Mask) -> list[Box]:
    """Peel a box from the whole: each step takes the end of one parameter away that leaves the densest box.

    A step takes `ALPHA` of the draws inside, at least one, and where values are equal none or all of them. Among
    equally dense boxes the largest wins, then the first parameter, then the lower end. It ends where the box is pure or
    the next would be too small.

    Parameters
    ----------
    x : parameters, [draw, parameter]. y : cases of interest, [draw].

    Returns
    -------
    Every box on the way, the whole first.
    """
    box, least = whole(x, y), least_inside(len(y))
    path, inside = [box], np.ones(len(y), dtype=bool)
    while 0 < box.hits < box.inside and box.inside > least:
        ends = np.stack([x[inside], -x[inside]])  # [side, draw, parameter]; what is least is taken away
        gone = _outermost(ends, max(1, int(ALPHA * box.inside)))
        kept = box.inside - gone.sum(axis=1)
        density = (box.hits - y[inside] @ gone.astype(float)) / np.maximum(kept, 1)
        density[kept < least] = -1.0
        side, column = _densest(density, kept)
        if density[side, column] < 0.0:
            break
        values, lost, sign = ends[side, :, column], gone[side, :, column], (1.0, -1.0)[side]
        box = moved(x, y, box, (column, side), sign * between(values[lost].max(), values[~lost].min()))
        inside = box.holds(x)
        path.append(box)
    return path


def _outermost(values: Array, count: int) -> Mask:
    """The least values of each column, that many or less where some are equal, or all that are equal to the least."""
    first, following = values.min(axis=1, keepdims=True), np.partition(values, count, axis=1)[:, count : count + 1]
    found: Mask = np.where(following > first, values < following, values == first)
    return found


def _densest(density: Array, size: npt.NDArray[np.int_]) -> tuple[int, int]:
    """Side and column of the densest candidate, [side, parameter]."""
    order = np.lexsort((-size.T.ravel(), -density.T.ravel()))
    column, side = divmod(int(order[0]), len(density))
    return side, column


def paste(x: Array, y: Mask, box: Box) -> Box:
    """Give a box back what it lost, end by end, for as long as it grows no less dense.

    A step gives `ALPHA` of the draws inside, at least one, at that end of a parameter which leaves the densest box,
    the largest of equals.
    """
    while True:
        step = max(1, int(ALPHA * box.inside))
        grown = [_given_back(x, y, box, end, step) for end in box.ends]
        grown = [one for one in grown if one.density >= box.density]
        if not grown:
            return box
        box = max(grown, key=lambda one: (one.density, one.inside))


def _given_back(x: Array, y: Mask, box: Box, end: End, step: int) -> Box:
    """The box with its nearest draws beyond one end."""
    (column, side), free = end, freed(x, y, box, end)
    sign = (1.0, -1.0)[side]
    values = sign * x[free.holds(x), column]
    beyond = np.sort(values[values < sign * (box.low, box.high)[side][column]])[::-1]
    further = beyond[beyond < beyond[step - 1]] if len(beyond) >= step else beyond[:0]
    return moved(x, y, box, end, sign * between(further[0], beyond[step - 1])) if len(further) else free


def choose(path: Sequence[Box]) -> int:
    """The step of a trajectory whose box is told: the greatest coverage beyond the support, among dense boxes if any.

    Dense is `DENSE`, or halfway from the share of cases among all draws to 1 where that is more. Coverage beyond
    support is, but for a factor, the weighted relative accuracy of Lavrač, Flach and Zupan 1999. Unlike the product or
    the F-measure of coverage and density it is 0, not high, for the whole where cases are many; unlike the highest
    coverage among dense boxes it goes on to the edge of a box that is pure. The rule is an assumption.
    """
    needed = dense_enough(path[0].density)
    dense = [step for step, box in enumerate(path) if box.density >= needed]
    return max(dense or range(len(path)), key=lambda step: (path[step].coverage - path[step].support, -step))


def dense_enough(base: float) -> float:
    """The density of a dense box, where this is the share of cases among all draws."""
    return max(DENSE, 0.5 * (1.0 + base))


def quasi_p(x: Array, y: Mask, box: Box) -> dict[End, float]:
    """For each limit of a box, how likely so many cases inside would be if it did nothing.

    The binomial chance of as many hits among the draws inside, at the density of the box without that limit (Bryant and
    Lempert 2010). Limits were chosen for their hits, so by itself it is too small: see `chance`.
    """
    out = np.stack([x < box.low, x > box.high], axis=-1)  # [draw, parameter, side]
    alone = out & (out.sum(axis=(1, 2), keepdims=True) == 1)  # draws that one limit alone keeps out
    inside, hits = box.inside + alone.sum(axis=0), box.hits + alone[y].sum(axis=0)
    density = np.array([hits[end] / inside[end] for end in box.ends])
    values = np.asarray(binom.sf(box.hits - 1, box.inside, density))
    return dict(zip(box.ends, values.tolist(), strict=True))


def eliminated(x: Array, y: Mask, box: Box) -> list[tuple[Box, dict[End, float]]]:
    """The box, then without its weakest limit, and so on to the whole; each with its quasi-p-values."""
    stages = [(box, quasi_p(x, y, box))]
    while values := stages[-1][1]:
        box = freed(x, y, box, _weakest(values))
        stages.append((box, quasi_p(x, y, box)))
    return stages


def _weakest(values: Mapping[End, float]) -> End:
    return max(values, key=lambda end: (values[end], end))


def screened(x: Array, y: Mask) -> list[int]:
    """The `SCREENED` columns whose values differ most between cases and others, in their order.

    By the distance of Kolmogorov and Smirnov. What acts only together with something else, and alone leaves no trace,
    is lost where there are more columns than that.
    """
    order = np.argsort(x, axis=0, kind="stable")
    values, hit = np.take_along_axis(x, order, axis=0), y[order]
    apart = np.abs(hit.cumsum(axis=0) / y.sum() - (~hit).cumsum(axis=0) / (~y).sum())[:-1]
    distance = np.where(np.diff(values, axis=0) > 0.0, apart, 0.0).max(axis=0)
    return sorted(np.argsort(-distance, kind="stable")[:SCREENED].tolist())


def _first(x: Array, y: Mask) -> tuple[list[int], list[Box]]:
    """The columns worth peeling, and the trajectory over all columns with limits on those alone."""
    columns = screened(x, y)
    return columns, [_spread(box, columns, x.shape[1]) for box in peel(x[:, columns], y)]


def _spread(box: Box, columns: Sequence[int], parameters: int) -> Box:
    """A box over some columns as a box over all."""
    low, high = np.full(parameters, -np.inf), np.full(parameters, np.inf)
    low[columns], high[columns] = box.low, box.high
    return replace(box, low=low, high=high)


def chance(x: Array, y: Mask, seed: int) -> float:
    """The quasi-p-value below which a limit is more than chance: `LEVEL`, or less where chance reaches less.

    The cases are shuffled over the draws, a box is screened, peeled and chosen, and its weakest limits are taken away
    in turn; the smallest bar under which any would be left is what chance reaches. In fewer than `LEVEL` of the
    shuffles it lies below what is returned, so where nothing hangs on anything nineteen of twenty boxes lose all
    limits.
    """
    rng = np.random.default_rng([seed, int(identity("discovery"))])
    reached = []
    for _ in range(SHUFFLES):
        shuffled = rng.permutation(y)
        path = _first(x, shuffled)[1]
        stages = eliminated(x, shuffled, path[choose(path)])
        reached.append(min((max(values.values()) for _, values in stages if values), default=1.0))
    return min(LEVEL, float(np.sort(reached)[round(LEVEL * (SHUFFLES + 1)) - 1]))


def learn(x: Array, y: Mask, seed: int) -> Learned:
    """The box of interest of some draws, freed of chance.

    Peeled from the parameters that differ most between cases and others; limits that chance explains are dropped; then
    peeled again from the parameters that are left, so that no draw is lost to the others, pasted, and tested again. If
    none is left the box is the whole, and the trajectory is the first.

    Parameters
    ----------
    x : parameters, [draw, parameter]. y : cases of interest, [draw]. seed : of the shuffles.
    """
    if not 0 < y.sum() < len(y):
        return Learned((whole(x, y),), 0, whole(x, y), {}, {}, LEVEL)
    bar = chance(x, y, seed)
    path = _first(x, y)[1]
    box, tested, dropped = _kept(x, y, path[choose(path)], bar)
    if tested:
        columns = list(box.restricted)
        path = [_spread(one, columns, x.shape[1]) for one in peel(x[:, columns], y)]
        box, tested, also = _kept(x, y, paste(x, y, path[choose(path)]), bar)
        dropped = {end: value for end, value in (dropped | also).items() if end not in tested}
    return Learned(tuple(path), choose(path), box, tested, dropped, bar)


def _kept(x: Array, y: Mask, box: Box, bar: float) -> tuple[Box, dict[End, float], dict[End, float]]:
    """The box without the limits that chance explains, the quasi-p-values of the rest, and of the dropped."""
    stages, dropped = eliminated(x, y, box), dict[End, float]()
    while any(value >= bar for value in stages[0][1].values()):
        values = stages.pop(0)[1]
        dropped[_weakest(values)] = max(values.values())
    return *stages[0], dropped
