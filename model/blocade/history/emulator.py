"""Emulators of the patterns' statistics: what a parameter set would give, without running it.

A quadratic ridge regression for each pattern, fitted to runs: all parameters and their squares, and the products of
those that move the pattern most. Those of a first wave find where runs are worth their time; those of the second weigh
the many parameter sets that a posterior is taken from, and try the calibration on synthetic worlds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import rankdata

from blocade.equations.arrays import Array
from blocade.history import ridge
from blocade.parameters import Parameters

LEAST_RUNS = 40
"""Runs with a figure below which there is nothing to fit: such an emulator says that luck is everything."""
PRODUCTS = 10
"""Parameters of each pattern whose products enter."""


@dataclass(frozen=True)
class Emulator:
    """The emulator of one pattern. top : parameters whose products enter. rest : variance that it leaves (luck, and
    what is not quadratic)."""

    names: tuple[str, ...]
    top: npt.NDArray[np.intp]
    fitted: ridge.Fitted
    rest: float

    def __call__(self, parameters: Parameters) -> Array:
        """What the statistic is on average: [draw]."""
        return ridge.predict(self.fitted, _features(matrix(parameters, self.names), self.top))


def fit(parameters: Parameters, statistic: Array, names: Sequence[str], seed: int) -> Emulator:
    """Fit an emulator to a statistic of a wave of runs: [draw], NaN where a run cannot say."""
    known = np.isfinite(statistic)
    x, y = matrix(parameters, names), statistic
    if known.sum() < LEAST_RUNS:
        nothing = _features(x, np.arange(0))
        width = nothing.shape[1]
        blank = ridge.Fitted(np.zeros(width + 1), np.zeros(width), np.ones(width), 0.0)
        return Emulator(tuple(names), np.arange(0), blank, np.inf)
    ranks = rankdata(x[known], axis=0)
    relation = np.nan_to_num(np.abs(_correlations(ranks, rankdata(y[known]))))
    top = np.sort(np.argsort(-relation)[:PRODUCTS])
    features = _features(x, top)
    fitted = ridge.fit(features, y, seed)
    gap = y[known] - ridge.predict(fitted, features)[known]
    return Emulator(tuple(names), top, fitted, float((gap * gap).sum() / (known.sum() - fitted.worth)))


def matrix(parameters: Parameters, names: Sequence[str]) -> Array:
    """Parameter sets as a table: [draw, parameter]."""
    return np.column_stack([parameters[name] for name in names])


def _features(x: Array, top: npt.NDArray[np.intp]) -> Array:
    rows, columns = np.triu_indices(len(top), k=1)
    return np.concatenate([x, x * x, x[:, top[rows]] * x[:, top[columns]]], axis=1)


def _correlations(x: Array, y: Array) -> Array:
    x, y = x - x.mean(axis=0), y - y.mean()
    scale = np.sqrt((x * x).sum(axis=0) * (y * y).sum())
    return np.asarray(np.divide(y @ x, scale, out=np.zeros(x.shape[1]), where=scale > 0.0))
