"""Ridge regression on the same inputs as the model: the worlds' tables, the acts and wars that happened, past figures.

It learns how a figure changed in an earlier period and says how it changes in a later one.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from blocade.equations.arrays import Array
from blocade.history.naive import FIVE, TEN, last, mean_of, trend
from blocade.history.panel import PER_YEAR, Period, decrees_of, world_of

NAME = "ridge regression"
PENALTIES = tuple(10.0**power for power in range(-1, 5))
FOLDS = 5

Indices = npt.NDArray[np.intp]


def inputs(period: Period, past: Array, rows: Indices, columns: Indices, ahead: int) -> Array:
    """What is known of each pair for a forecast of the year `ahead` of a period: [pair, input].

    Of the world: the four channels of the tie, trade, likeness of regime, capabilities. Of what happened (which the
    model is told, too): severity of sanctions and of isolation between the two and on each, and wars, as means to the
    year that is forecast. Of the record: last figure, means, trend.
    """
    world, steps = world_of(period.world), decrees_of(period)[: PER_YEAR * ahead]
    pair = (rows, columns)
    law, apart = (np.mean([getattr(step, name) for step in steps], axis=0) for name in ("sanctions", "isolation"))
    war = np.mean([step.war for step in steps], axis=0)
    clash = np.mean([step.clash for step in steps], axis=0)
    both = (np.maximum(x, x.T)[pair] for x in (law, law - world.sanctions, apart))
    size = np.log(world.capability)
    likeness = 1.0 - np.abs(world.regime[rows] - world.regime[columns])
    newest = last(past)
    found = [
        *(channel[pair] for channel in (world.votes, world.defence, world.arms, world.enmity)),
        *(world.trade[pair], world.trade.T[pair], likeness, size[rows] + size[columns]),
        *both,
        *(clash[pair], war[rows] + war[columns], (law @ world.share)[rows] * (law @ world.share)[columns]),
        *(newest, mean_of(past, FIVE) - newest, mean_of(past, TEN) - newest, trend(past, 1)[0] - newest),
    ]
    return np.asarray(np.nan_to_num(np.column_stack(found)))


class Fitted(NamedTuple):
    """A ridge regression: weights, mean and scale of its inputs, and how many inputs it is worth (its degrees of
    freedom, the constant included)."""

    weights: Array
    mean: Array
    scale: Array
    worth: float


def fit(x: Array, y: Array, seed: int) -> Fitted:
    """Fit a ridge regression; the penalty is the best of `PENALTIES` in cross-validation.

    Parameters
    ----------
    x : [pair, input]. y : [pair], NaN where it is not known.
    """
    known = np.isfinite(y)
    x, y = x[known], y[known]
    mean, scale = x.mean(axis=0), x.std(axis=0)
    z = np.column_stack([np.ones(len(x)), (x - mean) / np.where(scale > 0.0, scale, 1.0)])
    fold = np.random.default_rng([seed, len(y)]).integers(FOLDS, size=len(y))

    def missed(penalty: float) -> float:
        parts = [y[fold == k] - z[fold == k] @ _solve(z[fold != k], y[fold != k], penalty) for k in range(FOLDS)]
        return float(np.abs(np.concatenate(parts)).mean())

    best = min(PENALTIES, key=missed)
    worth = float(np.trace(np.linalg.solve(_penalised(z, best), z.T @ z)))
    return Fitted(_solve(z, y, best), mean, scale, worth)


def predict(fitted: Fitted, x: Array) -> Array:
    """What a fitted regression says: [pair]."""
    z = (x - fitted.mean) / np.where(fitted.scale > 0.0, fitted.scale, 1.0)
    return np.asarray(fitted.weights[0] + z @ fitted.weights[1:])


def _penalised(z: Array, penalty: float) -> Array:
    free = np.full(z.shape[1], penalty)
    free[0] = 0.0  # the constant is not shrunk
    return np.asarray(z.T @ z + np.diag(free))


def _solve(z: Array, y: Array, penalty: float) -> Array:
    return np.asarray(np.linalg.solve(_penalised(z, penalty), z.T @ y))
