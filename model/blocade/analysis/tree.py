"""A shallow tree of parameters: splits that part the cases of interest from the rest, each checked against chance.

Splits as in Breiman, Friedman, Olshen and Stone 1984, "Classification and regression trees": the least variance of the
0/1 case, which is half the Gini impurity. That a split is made only where it beats shuffles is after Hothorn, Hornik
and Zeileis 2006, "Unbiased recursive partitioning", Journal of Computational and Graphical Statistics 15.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from blocade.analysis.prim import SHUFFLES, Box, Mask, between, least_inside, moved, whole
from blocade.equations.arrays import Array
from blocade.randomness import identity

DEPTH = 3
"""Splits from the root to a leaf at most (assumption): more than three conditions are no answer in words."""


def leaves(x: Array, y: Mask, seed: int) -> tuple[Box, ...]:
    """Boxes that share out all draws, from a tree of at most `DEPTH` splits one below the other; one, the whole, where
    chance splits as well.

    A leaf holds at least as many draws as the least box of `prim.peel`.

    Parameters
    ----------
    x : parameters, [draw, parameter]. y : cases of interest, [draw]. seed : of the shuffles.
    """
    rng = np.random.default_rng([seed, int(identity("tree"))])
    return _grown(x, y, whole(x, y), DEPTH, rng)


def _grown(x: Array, y: Mask, box: Box, depth: int, rng: np.random.Generator) -> tuple[Box, ...]:
    inside, least = box.holds(x), least_inside(len(y))
    if not depth or box.inside < 2 * least or not 0 < box.hits < box.inside:
        return (box,)
    here, cases = x[inside], y[inside]
    order = np.argsort(here, axis=0, kind="stable")
    found = gains(here, order, cases, least)
    best = float(found.max())
    # none of the shuffles, and not one of twenty: a tree of seven splits tries seven times
    if not best or any(gains(here, order, rng.permutation(cases), least).max() >= best for _ in range(SHUFFLES)):
        return (box,)
    column, after = divmod(int(found.T.argmax()), len(found))
    values = here[order[:, column], column]
    cut = between(values[after], values[after + 1])
    # bounds are inside, so the lower side ends just before the cut
    below, above = (moved(x, y, box, (column, 1), np.nextafter(cut, -np.inf)), moved(x, y, box, (column, 0), cut))
    return (*_grown(x, y, below, depth - 1, rng), *_grown(x, y, above, depth - 1, rng))


def gains(x: Array, order: npt.NDArray[np.int_], y: Mask, least: int) -> Array:
    """What a split after each draw takes off the sum of squares: [draw − 1, parameter]; 0 where none may be.

    Parameters
    ----------
    order : the draws by each parameter, [draw, parameter]. least : draws on either side at least.
    """
    n, hit = len(y), y[order].cumsum(axis=0)[:-1]
    left = np.arange(1, n)[:, None]
    right = n - left
    gain = left * right / n * (hit / left - (y.sum() - hit) / right) ** 2
    may = (np.diff(np.take_along_axis(x, order, axis=0), axis=0) > 0.0) & (left >= least) & (right >= least)
    return np.where(may, gain, 0.0)
