"""Forecasts of a channel from a base year: the model's, through the observation model, and the naive ones."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt

from blocade.equations.arrays import Array
from blocade.equations.observation import shown, vote_distance
from blocade.experiment.pool import by_runs
from blocade.experiment.runner import Progress
from blocade.history.channels import Channel
from blocade.history.naive import NAIVE, QUANTILES, Rule, best_weight, filtered, mean_of, past_errors
from blocade.history.panel import Period, simulate
from blocade.history.record import Record, at
from blocade.parameters import Parameters
from blocade.randomness import identity

OURS = "blocade"
AGREEMENT_YEARS = 5


@dataclass(frozen=True, eq=False)
class Moved:
    """What the model moves in a period.

    tie : [run, year, state, state], change since the start. trade : [run, year, state, partner], recorded shares, the
    start first. loading : λ, [run]. Single precision: forecasts need no more.
    """

    period: Period
    tie: Array
    trade: Array
    loading: Array

    def take(self, runs: Array) -> Moved:
        """Some of the runs, in any order and with repeats."""
        return Moved(self.period, self.tie[runs], self.trade[runs], self.loading[runs])


@dataclass(frozen=True, eq=False)
class Forecast:
    """Forecasts of one channel. samples : [sample, year, pair]; kind : "model" or "naive"."""

    name: str
    kind: str
    samples: Array


def move(
    period: Period, parameters: Parameters, seed: int, workers: int = 1, progress: Progress = lambda _d, _t: None
) -> Moved:
    """Run parameter sets through a period, with what happened in it."""
    work = partial(_moved, period, parameters, seed)
    found = by_runs(work, len(parameters["beta"]), workers, progress)
    tie, trade = (np.concatenate([piece[k] for piece in found]) for k in (0, 1))
    return Moved(period, tie, trade, parameters["o_votes"].astype(np.float32))


def _moved(period: Period, parameters: Parameters, seed: int, runs: range) -> tuple[Array, Array]:
    panel = simulate(period, parameters.take(np.arange(runs.start, runs.stop)), seed, runs.start)
    change = panel.tie[:, 1:] - panel.tie[:, :1]
    return change.astype(np.float32), panel.trade.astype(np.float32)


def past_of(channel: Channel, record: Record) -> Array:
    """Figures up to the last year of a record, on the channel's even scale: [year, pair], the last year last."""
    return channel.even(channel.table(record)[: at(record.until) + 1])


def naive(channel: Channel, record: Record, horizon: int) -> Iterator[Forecast]:
    """All naive forecasts of a channel from the end of a record, each with the spread of its own past errors."""
    past = past_of(channel, record)
    for name, rule in NAIVE.items():
        yield forecast_with(channel, name, rule(past, horizon), past_errors(rule, past, horizon))


def forecast_with(channel: Channel, name: str, forecast: Array, errors: Sequence[Array]) -> Forecast:
    """A naive forecast, spread by quantiles of its past errors.

    Parameters
    ----------
    forecast : [year, pair], on the channel's even scale. errors : [error] of each year ahead.
    """
    quantiles = np.stack([centred(error) for error in errors], axis=1)
    return Forecast(name, "naive", channel.back((forecast + quantiles[:, :, None]).astype(np.float32)))


def ours(channel: Channel, record: Record, moved: Moved, seed: int) -> Forecast:
    """The model's forecast of a channel.

    The level is a weighted mean of the last figure and of five years, the weight being that with which past levels were
    nearest to what followed (as a naive forecast would). What the model moves is put on it by the observation model;
    what past levels missed is put around it, less what the model's own spread covers.
    """
    past = past_of(channel, record)
    horizon = moved.tie.shape[1]
    level = filtered(best_weight(past, horizon))
    base = channel.back(level(past, 1)[0])
    centre = channel.even(_moved_to(channel, record, moved, base))
    return Forecast(OURS, "model", channel.back(centre + _noise(level, past, centre, seed)))


def centred(errors: Array) -> Array:
    """Quantiles of errors about their median, so that a forecast spread by them keeps its own median."""
    grid = np.quantile(errors, QUANTILES)
    return np.asarray(grid - np.median(grid))


def _noise(level: Rule, past: Array, centre: Array, seed: int) -> Array:
    """What past levels missed, less the spread that the runs have: [run, year, pair].

    Every pair meets every quantile of the errors, each in another run, so that the noise does not move its median.
    """
    runs, horizon, pairs = centre.shape
    rng = np.random.default_rng([seed, int(identity("observation"))])
    own = np.nanmean(centre.var(axis=0), axis=1)
    noise: Array = np.empty(centre.shape, dtype=np.float32)
    for h, errors in enumerate(past_errors(level, past, horizon)):
        grid = centred(errors).astype(np.float32)
        left = np.sqrt(max(0.0, 1.0 - float(own[h]) / max(float(grid.var()), 1e-12)))
        ranks = (rng.permutation(runs)[:, None] + rng.integers(runs, size=pairs)) % runs
        noise[:, h] = left * grid[(2 * ranks + 1) * len(grid) // (2 * runs)]
    return noise


def _moved_to(channel: Channel, record: Record, moved: Moved, base: Array) -> Array:
    """Where the model has the figures, before noise: [run, year, pair]."""
    rows, columns = channel.pairs(len(record.codes))
    if channel.name == "trade":
        start, now = moved.trade[:, :1, rows, columns], moved.trade[:, 1:, rows, columns]
        return shown(base.astype(np.float32), start, now)
    loading = moved.loading[:, None, None]
    change = moved.tie[:, :, rows, columns]
    if channel.name == "agreement":
        points = record.distance("final")[:, rows, columns][: at(record.until) + 1]
        distance = mean_of(points, AGREEMENT_YEARS)
        moves = vote_distance(distance, change, loading, _spread(distance, len(record.codes))) - distance
        return base.astype(np.float32) + agreement_slope(record) * np.nan_to_num(moves)
    return vote_distance(base.astype(np.float32), change, loading, _spread(base, len(record.codes)))


def _spread(distance: Array, states: int) -> float:
    """D̄, the mean distance of all pairs, each state's with itself (0) included, as in the worlds."""
    return float(np.nanmean(distance)) * (states - 1) / states


def agreement_slope(record: Record) -> float:
    """Change of agreement per unit of distance, over all pairs and all spans of five years up to the record's end."""
    rows, columns = np.triu_indices(len(record.codes), k=1)
    agreement, points = (
        x[: at(record.until) + 1, rows, columns] for x in (record.agreement, record.distance("final"))
    )
    y, x = (z[AGREEMENT_YEARS:] - z[:-AGREEMENT_YEARS] for z in (agreement, points))
    x, y = (z - np.nanmean(z, axis=1, keepdims=True) for z in (x[_some(x, y)], y[_some(x, y)]))
    known = np.isfinite(x) & np.isfinite(y)
    return float((x[known] * y[known]).sum() / (x[known] ** 2).sum())


def _some(x: Array, y: Array) -> npt.NDArray[np.bool_]:
    """Years in which both have figures."""
    return np.asarray((np.isfinite(x) & np.isfinite(y)).any(axis=1))
