"""Statistics of a panel: what patterns are worked out with, on records and on simulations alike.

Each takes a `Panel` and gives one number for each run, NaN where the panel cannot say. Regressions mimic what the
literature runs on the records; they are compared with the same regression on the model, never read as causes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from blocade.equations.arrays import Array
from blocade.history.panel import BASE_YEARS, Panel

Statistic = Callable[..., Array]
LEAST_SHARE = 0.002
"""Share of trade below which a pair's change in per cent is mostly rounding."""
UNDER = 0.2
"""Severity from which a state counts as sanctioned: the lowest step of the rule."""
SECTORAL = 0.5
"""Severity from which sanctions reach trade or finance."""
PRESSED = 0.02
"""Share of the world's capability whose hand counts as pressure; about a listing by the United States alone."""


def _end(figures: Array, panel: Panel, years: Sequence[int] | None) -> Array:
    """Mean over the years that end a comparison; by default the last three: [run, year, ...] -> [run, ...]."""
    if years is not None:
        return np.asarray(figures[:, [panel.at(year) for year in years]].mean(axis=1))
    return np.asarray(figures[:, -BASE_YEARS:].mean(axis=1))


def _pairs(panel: Panel, pairs: Sequence[str]) -> tuple[list[int], list[int]]:
    rows, columns = zip(*(pair.split("-") for pair in pairs), strict=True)
    return [panel.codes.index(code) for code in rows], [panel.codes.index(code) for code in columns]


def tie_change(panel: Panel, pairs: Sequence[str], year: int | None = None) -> Array:
    """Mean change of the tie of some pairs, by default to the end of the period."""
    i, j = _pairs(panel, pairs)
    last = -1 if year is None else panel.at(year)
    return np.asarray((panel.tie[:, last, i, j] - panel.tie[:, 0, i, j]).mean(axis=-1))


def tie_spread(panel: Panel) -> Array:
    """Standard deviation over all pairs of the change of the tie."""
    change = _upper(panel.tie[:, -1] - panel.tie[:, 0])
    return np.asarray(change.std(axis=-1))


def tie_memory(panel: Panel) -> Array:
    """Slope of the tie at the end on the tie at the start, over all pairs: 1 if nothing is forgotten."""
    before, after = _upper(panel.tie[:, 0]), _upper(panel.tie[:, -1])
    return _slope(before, after)


def vote_change(panel: Panel, pairs: Sequence[str], years: Sequence[int] | None = None) -> Array:
    """Mean change of the distance in UN votes of some pairs."""
    i, j = _pairs(panel, pairs)
    change = _end(panel.votes, panel, years) - panel.votes[:, 0]
    return np.asarray(change[:, i, j].mean(axis=-1))


def persistence(panel: Panel) -> Array:
    """Autocorrelation of alignment that measurement error leaves alone, c₂/c₁ of the autocovariances within states,
    years demeaned (C9). Short panels bias it downwards, records and simulations alike."""
    x = panel.alignment[:, 1:]
    x = x[..., np.isfinite(x).all(axis=(0, 1))]
    x = x - x.mean(axis=2, keepdims=True)
    x = x - x.mean(axis=1, keepdims=True)
    one, two = ((x[:, lag:] * x[:, :-lag]).mean(axis=(1, 2)) for lag in (1, 2))
    return np.asarray(two / one)


def trade_slope(panel: Panel, years: Sequence[int] | None = None) -> Array:
    """Change of log trade per unit of legal severity between the two, either way round; each state's mean removed."""
    before, after = panel.trade[:, 0], _end(panel.trade, panel, years)
    severity = _change_of_severity(panel, years)
    counted = (before > LEAST_SHARE) & (after > 0.0)
    change = np.log(np.where(counted, after, 1.0) / np.where(counted, before, 1.0))
    return _slope_within(severity[None], change, counted)


def _change_of_severity(panel: Panel, years: Sequence[int] | None) -> Array:
    worse = np.maximum(panel.sanctions, np.swapaxes(panel.sanctions, -1, -2))
    return np.asarray(_end(worse[None], panel, years)[0] - worse[0])


def trade_share_change(panel: Panel, state: str, partner: str, years: Sequence[int] | None = None) -> Array:
    """Change of the partner's share of the state's trade."""
    i, j = panel.codes.index(state), panel.codes.index(partner)
    return np.asarray(_end(panel.trade, panel, years)[:, i, j] - panel.trade[:, 0, i, j])


def diversion(panel: Panel, state: str, partner: str, years: Sequence[int] | None = None) -> Array:
    """Change of the partner's share of the state's trade, less the median change with all other states."""
    change = _end(panel.trade, panel, years) - panel.trade[:, 0]
    i, j = panel.codes.index(state), panel.codes.index(partner)
    others = [k for k in range(len(panel.codes)) if k not in (i, j)]
    return np.asarray(change[:, i, j] - np.nanmedian(change[:, others, j], axis=-1))


def trade_growth(panel: Panel, state: str, partner: str, years: Sequence[int]) -> Array:
    """Share of the state's trade that is with the partner, over what it was."""
    i, j = panel.codes.index(state), panel.codes.index(partner)
    return np.asarray(_end(panel.trade, panel, years)[:, i, j] / panel.trade[:, 0, i, j])


def group_trade_growth(panel: Panel, state: str, partners: Sequence[str], years: Sequence[int]) -> Array:
    """Share of the state's trade that is with some partners together, over what it was."""
    i, j = panel.codes.index(state), [panel.codes.index(code) for code in partners if code in panel.codes]
    after = _end(panel.trade, panel, years)[:, i, j].sum(axis=-1)
    return np.asarray(after / panel.trade[:, 0, i, j].sum(axis=-1))


def onset(panel: Panel, sender: str) -> Array:
    """Distance in votes to a sender while its trade or finance is under sanctions: difference in differences over the
    states, effects of state and year removed (C7)."""
    k = panel.codes.index(sender)
    others = [i for i in range(len(panel.codes)) if i != k]
    under, distance = (panel.sanctions[1:, others, k] >= SECTORAL).astype(float), panel.votes[:, 1:, others, k]
    return _slope_within(under[None], distance, _known(distance), both_sides=True)


def co_sanctioned(panel: Panel, sender: str) -> Array:
    """Distance in votes of two states while both are under a sender's sanctions: difference in differences over the
    pairs, effects of pair and year removed (C7)."""
    k = panel.codes.index(sender)
    under = (panel.sanctions[1:, :, k] >= UNDER).astype(float)
    rows, columns = np.triu_indices(len(panel.codes), k=1)
    both, distance = under[:, rows] * under[:, columns], panel.votes[:, 1:, rows, columns]
    return _slope_within(both[None], distance, _known(distance), both_sides=True)


def concession_rate(panel: Panel) -> Array:
    """Concessions per year under pressure, over all states pressed."""
    new = np.diff(panel.conceded, axis=1)
    pressed = panel.pressed[1:] >= PRESSED
    years = pressed.sum()
    return np.asarray((new * pressed).sum(axis=(1, 2)) / years) if years else np.full(len(new), np.nan)


def early_concessions(panel: Panel, within: int) -> Array:
    """Of the first concessions of states that came under pressure in the period, the share within some years of it."""
    pressed = panel.pressed >= PRESSED
    new = ~pressed[0] & pressed.any(axis=0)
    onset_year = pressed[:, new].argmax(axis=0)
    first = panel.conceded[:, :, new] > 0
    when = first.argmax(axis=1)
    ever = first[:, -1] & (when >= onset_year)  # a concession to what pressed before is none to this
    early = ever & (when - onset_year < within)
    share = np.full(len(first), np.nan)
    return np.asarray(np.divide(early.sum(axis=-1), ever.sum(axis=-1), out=share, where=ever.any(axis=-1)))


def concedes(panel: Panel, state: str, year: int) -> Array:
    """Whether a state concedes by the end of a year, 0 or 1."""
    return np.asarray(panel.conceded[:, panel.at(year), panel.codes.index(state)] > 0, dtype=float)


def _known(figures: Array) -> npt.NDArray[np.bool_]:
    """Cells with a figure in every run: [1, ...]."""
    return np.asarray(np.isfinite(figures).all(axis=0, keepdims=True))


def _upper(matrix: Array) -> Array:
    rows, columns = np.triu_indices(matrix.shape[-1], k=1)
    return np.asarray(matrix[..., rows, columns])


def _slope(x: Array, y: Array) -> Array:
    """Slope of a regression with a constant, over the last axis."""
    x = x - x.mean(axis=-1, keepdims=True)
    scale = (x * x).sum(axis=-1)
    product = (x * (y - y.mean(axis=-1, keepdims=True))).sum(axis=-1)
    return np.asarray(np.divide(product, scale, out=np.full(product.shape, np.nan), where=scale > LEAST_SQUARES))


def _slope_within(x: Array, y: Array, counted: npt.NDArray[np.bool_], both_sides: bool = False) -> Array:
    """Slope over the counted cells, with the mean of every row (and, for both sides, of every column) removed.

    The means of an incomplete table are removed in turns until they are gone; from the regressor alone, because what is
    left of it does not see those of the other (Frisch and Waugh). x, counted : as y, or [1, ...] for all runs.
    """
    weight = counted.astype(float)
    x = x * weight
    for _ in range(SWEEPS if both_sides else 1):
        for axis in (-1, -2) if both_sides else (-1,):
            number = np.maximum(weight.sum(axis=axis, keepdims=True), 1.0)
            x = (x - x.sum(axis=axis, keepdims=True) / number) * weight
    scale, product = (x * x).sum(axis=(-2, -1)), (x * np.where(counted, y, 0.0)).sum(axis=(-2, -1))
    scale = np.broadcast_to(scale, product.shape)
    return np.asarray(np.divide(product, scale, out=np.full(product.shape, np.nan), where=scale > LEAST_SQUARES))


LEAST_SQUARES = 1e-12
"""Squares of the regressor below which it does not vary, but for rounding."""
SWEEPS = 20
"""Turns in which the means of rows and columns are removed: for complete tables one is enough, the rest is for gaps."""

STATISTICS: Mapping[str, Statistic] = MappingProxyType(
    {
        statistic.__name__.replace("_", "-"): statistic
        for statistic in (
            tie_change,
            tie_spread,
            tie_memory,
            vote_change,
            persistence,
            trade_slope,
            trade_share_change,
            diversion,
            trade_growth,
            group_trade_growth,
            onset,
            co_sanctioned,
            concession_rate,
            early_concessions,
            concedes,
        )
    }
)
"""Names as ``patterns.yaml`` writes them."""


def compute(panel: Panel, name: str, given: Mapping[str, Any]) -> Array:
    """A statistic by its name: [run]; NaN where a state that it names is not in the panel."""
    named = [*given.get("pairs", ()), *(given[key] for key in ("state", "partner", "sender") if key in given)]
    if any(code not in panel.codes for text in named for code in str(text).split("-")):
        return np.full(len(panel.tie), np.nan)
    return np.asarray(STATISTICS[name](panel, **given))
