"""Scores of forecasts: mean absolute error, continuous ranked probability score, coverage, and their differences."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from blocade.equations.arrays import Array

INTERVAL = (0.05, 0.95)
RESAMPLES = 400
"""Bootstrap samples of the states."""

Indices = npt.NDArray[np.intp]


def crps(samples: Array, observed: Array) -> Array:
    """Continuous ranked probability score of an ensemble, ``mean|x − y| − ½ mean|x − x′|``: [sample, ...] and [...] ->
    [...].

    Notes
    -----
    Of a single forecast it is the absolute error; lower is better (Gneiting and Raftery 2007).
    """
    m = len(samples)
    rank = (2.0 * np.arange(1, m + 1) - m - 1.0).reshape(-1, *(1,) * (samples.ndim - 1))
    spread = (rank * np.sort(samples, axis=0)).sum(axis=0) / m**2
    return np.asarray(np.abs(samples - observed).mean(axis=0) - spread)


@dataclass(frozen=True)
class Scores:
    """Scores of each year and pair: [year, pair], NaN where nothing was observed. inside : whether the observation lies
    in the 90 % interval, as 0 and 1; NaN for chances."""

    error: Array
    crps: Array
    inside: Array


def score(samples: Array, observed: Array) -> Scores:
    """Scores of an ensemble: [sample, year, pair] and [year, pair]."""
    low, middle, high = np.quantile(samples, [INTERVAL[0], 0.5, INTERVAL[1]], axis=0)
    inside = np.where(np.isfinite(observed) & np.isfinite(middle), (observed >= low) & (observed <= high), np.nan)
    return Scores(np.abs(middle - observed), crps(samples, observed), inside)


def score_chance(chance: Array, observed: Array) -> Scores:
    """Scores of the chance of an event that came (1) or not (0): absolute error, and the Brier score, which is the CRPS
    of a forecast of a single event."""
    return Scores(np.abs(chance - observed), (chance - observed) ** 2, np.full(observed.shape, np.nan))


def mean(figures: Array) -> float:
    """Mean of the known figures; NaN if there is none."""
    known = np.isfinite(figures)
    return float(figures[known].mean()) if known.any() else float("nan")


def resampled_weights(states: int, seed: int) -> Array:
    """How often each state is drawn in each bootstrap sample: [sample, state].

    Pairs share states, so they are not independent: states are resampled, and a pair counts as often as both its
    states together.
    """
    rng = np.random.default_rng([seed, states])
    return rng.multinomial(states, np.full(states, 1.0 / states), size=RESAMPLES).astype(float)


def ratio(ours: Array, theirs: Array, rows: Indices, columns: Indices, drawn: Array) -> tuple[float, float, float]:
    """Our mean score over theirs, on the same pairs, with the 90 % interval of the paired bootstrap; infinite where
    theirs is perfect and ours is not.

    Parameters
    ----------
    ours, theirs : [year, pair]. rows, columns : states of each pair. drawn : as of `resampled_weights`.
    """
    known = np.isfinite(ours) & np.isfinite(theirs)
    if not known.any():
        return (float("nan"),) * 3
    a, b = (np.where(known, x, 0.0).sum(axis=0) for x in (ours, theirs))
    weight = drawn[:, rows] * drawn[:, columns]
    if not b.any():
        return (float("inf") if a.any() else 1.0,) * 3
    below = weight @ b
    sampled = (weight @ a)[below > 0.0] / below[below > 0.0]
    low, high = np.quantile(sampled, INTERVAL)
    return float(a.sum() / b.sum()), float(low), float(high)
