"""Naive forecasts of a yearly figure of pairs: what the model has to beat.

All are worked out from figures up to a base year, [year, pair] with the base last, and give [year ahead, pair]. Each
gets its spread from its own past errors at the same horizon, so that all are judged as distributions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np

from blocade.equations.arrays import Array

Rule = Callable[[Array, int], Array]
FIVE, TEN = 5, 10
QUANTILES = (np.arange(41) + 0.5) / 41
LEAST_PAST = 4
"""Years that an origin of a past forecast must have behind it."""


def _known_mean(figures: Array) -> Array:
    known = np.isfinite(figures)
    count = known.sum(axis=0)
    total = np.where(known, figures, 0.0).sum(axis=0)
    return np.asarray(np.divide(total, count, out=np.full(count.shape, np.nan), where=count > 0))


def last(past: Array) -> Array:
    """The last figure of three years: [pair]."""
    found = np.full(past.shape[1], np.nan)
    for figures in past[-3:]:
        found = np.where(np.isfinite(figures), figures, found)
    return found


def mean_of(past: Array, years: int) -> Array:
    """Mean of the figures of the last years: [pair]."""
    return _known_mean(past[-years:])


def _flat(level: Array, horizon: int) -> Array:
    return np.broadcast_to(level, (horizon, *level.shape)).copy()


def persistence(past: Array, horizon: int) -> Array:
    """As it was last."""
    return _flat(last(past), horizon)


def half(past: Array, horizon: int) -> Array:
    """Half as it was last, half the mean of five years."""
    return _flat(0.5 * last(past) + 0.5 * mean_of(past, FIVE), horizon)


def trend(past: Array, horizon: int) -> Array:
    """On along the straight line through the last five years."""
    years = np.arange(len(past[-FIVE:]), dtype=float)
    figures = past[-FIVE:]
    known = np.isfinite(figures)
    count = np.maximum(known.sum(axis=0), 1)
    x = np.where(known, years[:, None], 0.0)
    x = np.where(known, years[:, None] - x.sum(axis=0) / count, 0.0)
    y = np.where(known, figures - _known_mean(figures), 0.0)
    scale = (x * x).sum(axis=0)
    slope = np.divide((x * y).sum(axis=0), scale, out=np.zeros_like(scale), where=scale > 0.0)
    return np.asarray(last(past) + slope * np.arange(1, horizon + 1)[:, None])


def ar1(past: Array, horizon: int) -> Array:
    """Back to the mean of ten years at the pace that all pairs kept so far.

    The pace is that from each past year to the next, gaps being counted from the mean that was known then: from the
    mean of the same years it would come out too low.
    """
    first = int(np.argmax(np.isfinite(past).any(axis=1)))
    product = square = 0.0
    for year in range(first + LEAST_PAST, len(past) - 1):
        middle = mean_of(past[first : year + 1], TEN)
        before, after = past[year] - middle, past[year + 1] - middle
        known = np.isfinite(before) & np.isfinite(after)
        product += float((before[known] * after[known]).sum())
        square += float((before[known] ** 2).sum())
    phi = min(max(product / square, 0.0), 1.0) if square > 0.0 else 0.0
    middle = mean_of(past, TEN)
    return middle + phi ** np.arange(1, horizon + 1)[:, None] * (last(past) - middle)


NAIVE: Mapping[str, Rule] = MappingProxyType(
    {"persistence": persistence, "trend": trend, "AR(1)": ar1, "half persistence, half five-year mean": half}
)


def filtered(weight: float) -> Rule:
    """The level of a figure: so much of the last, the rest of the mean of five years."""

    def rule(past: Array, horizon: int) -> Array:
        return _flat(weight * last(past) + (1.0 - weight) * mean_of(past, FIVE), horizon)

    return rule


def past_errors(rule: Rule, past: Array, horizon: int) -> list[Array]:
    """Errors that a rule made at each horizon in the past, all origins and pairs together: a list of [error].

    Parameters
    ----------
    past : on the scale on which errors are alike.
    """
    errors: list[list[Array]] = [[] for _ in range(horizon)]
    first = int(np.argmax(np.isfinite(past).any(axis=1)))
    for origin in range(first + LEAST_PAST, len(past) - 1):
        ahead = min(horizon, len(past) - 1 - origin)
        forecast = rule(past[first : origin + 1], ahead)
        for h in range(ahead):
            error = past[origin + 1 + h] - forecast[h]
            errors[h].append(error[np.isfinite(error)])
    joined = [np.concatenate(found) if found else np.zeros(0) for found in errors]
    for h in range(1, horizon):  # where the series is too short, the longest horizon it has, widened as a random walk
        if not joined[h].size:
            joined[h] = joined[h - 1] * np.sqrt((h + 1) / h)
    return joined


def best_weight(past: Array, horizon: int) -> float:
    """The weight of the last figure with which the level was nearest to what followed, by past absolute errors."""
    weights = np.linspace(0.0, 1.0, 11)
    sizes = [
        np.mean([np.abs(error).mean() for error in past_errors(filtered(w), past, horizon) if error.size])
        for w in weights
    ]
    return float(weights[int(np.argmin(sizes))])
