"""Deliveries of arms and defence pacts: forecasts of whether they come, as chances."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from scipy.optimize import minimize

from blocade.equations.arrays import Array
from blocade.equations.observation import event_chance
from blocade.history import ridge
from blocade.history.channels import Indices
from blocade.history.forecasts import Moved
from blocade.history.panel import Period, central_ties, world_of
from blocade.history.record import Record, at

PENALTY = 1e-2
"""Of the squared weights of a logistic regression, the constant left alone: keeps a perfect separation finite."""


@dataclass(frozen=True)
class Kind:
    """A kind of event.

    horizons : years ahead at which it is forecast, and for each the earlier spans (base, later) it is learnt from.
    """

    name: str
    words: str
    horizons: Mapping[int, tuple[tuple[int, int], ...]]

    def figures(self, record: Record, year: int) -> Array:
        """What is on record in a year: [state, state], 0 or 1."""
        return record.delivered[year] if self.name == "arms" else record.pacts[at(year)]


KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "arms": Kind(
            "arms", "arms delivered within five years", {5: ((2002, 2007),), 8: ((2002, 2010),)}
        ),
        "pacts": Kind("pacts", "defence pact in force", {h: ((2002, 2002 + h),) for h in range(1, 6)}),
    }
)
"""Of arms there are windows of five years ending in 2002, 2007, 2010, 2013, 2018 and 2021."""


def naive(
    kind: Kind, record: Record, base: int, period: Period, earlier: Period, seed: int
) -> Iterator[tuple[str, Array]]:
    """Naive chances: name, [horizon, pair]. Rates and weights are learnt from the earlier spans."""
    rows, columns = np.triu_indices(len(record.codes), k=1)

    def on_record(year: int) -> Array:
        return kind.figures(record, year)[rows, columns]

    before = on_record(base)
    stays = np.array([before for _ in kind.horizons])
    yield "persistence", stays
    begins = {first for spans in kind.horizons.values() for first, _ in spans}
    yield "half persistence, half mean", 0.5 * stays + 0.5 * np.mean([on_record(y) for y in (*begins, base)], axis=0)
    chances, regression = [], []
    for horizon, spans in kind.horizons.items():
        first, later = (np.concatenate([on_record(span[k]) for span in spans]) for k in (0, 1))
        rates = [later[first == k].mean() for k in (0.0, 1.0)]
        chances.append(np.where(before > 0.0, rates[1], rates[0]))
        known = [ridge.inputs(earlier, on_record(a)[None], rows, columns, horizon) for a, _ in spans]
        learnt = ridge.fit(np.concatenate(known), later - first, seed)
        said = before + ridge.predict(learnt, ridge.inputs(period, before[None], rows, columns, horizon))
        regression.append(np.clip(said, 0.0, 1.0))
    yield "AR(1)", np.array(chances)
    yield ridge.NAME, np.array(regression)


def ours(kind: Kind, record: Record, base: int, moved: Moved, earlier: Period) -> Array:
    """The model's chances, means over its runs: [horizon, pair].

    The observation model is fitted to the earlier spans, at the ties of the world they began from, and then reads the
    ties that the model has moved.
    """
    rows, columns = np.triu_indices(len(record.codes), k=1)
    world, old = world_of(moved.period.world), world_of(earlier.world)
    tie, was = central_ties(world)[rows, columns], central_ties(old.select(world.codes))[rows, columns]
    found = []
    for horizon, spans in kind.horizons.items():
        x = np.concatenate([_features(kind, record, a, was, rows, columns) for a, _ in spans])
        y = np.concatenate([kind.figures(record, b)[rows, columns] for _, b in spans])
        weights = logistic(x, y)
        ties = tie + moved.tie[:, horizon - 1, rows, columns]
        now = _features(kind, record, base, ties, rows, columns)
        found.append(event_chance(now, weights).mean(axis=0))
    return np.array(found)


def _features(kind: Kind, record: Record, base: int, tie: Array, rows: Indices, columns: Indices) -> Array:
    """1, the record at the base, the size of deliveries where there are any, and the tie: [..., pair, feature]."""
    before = kind.figures(record, base)[rows, columns]
    size = record.arms[base][rows, columns] if kind.name == "arms" else np.zeros_like(before)
    parts = [np.ones_like(before), before, size, tie]
    return np.stack([np.broadcast_to(part, tie.shape) for part in parts], axis=-1)


def logistic(x: Array, y: Array) -> Array:
    """Weights of a logistic regression, [pair, feature] and [pair] -> [feature]."""

    def loss(w: Array) -> tuple[float, Array]:
        z = x @ w
        gap = event_chance(x, w) - y
        penalised = np.concatenate([[0.0], w[1:]])
        value = np.logaddexp(0.0, z).sum() - y @ z + 0.5 * PENALTY * penalised @ penalised
        return float(value), x.T @ gap + PENALTY * penalised

    return np.asarray(minimize(loss, np.zeros(x.shape[1]), jac=True, method="L-BFGS-B").x)
