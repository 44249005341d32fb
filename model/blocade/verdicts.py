"""Verdicts: which share of parameter draws moves beyond the smallest effect of interest, and what it hangs on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace

import numpy as np
from scipy.stats import binom, norm, spearmanr

from blocade.claims import Estimand, thresholds
from blocade.equations.arrays import Array

MEANING = (
    "Supported: at least 90 % of draws rise by more than the smallest effect; reversed: they fall by more; negligible: "
    "they do neither; else conditional. These are shares of parameter draws, not odds that the claim is true."
)
"""What the words of a verdict mean, for a reader."""
LEAST_DRAWS = 10
"""Draws below which no driver is looked for."""
FEW_DRAWS = 50
"""Parameter sets below which verdicts mean little, and conditions are not looked for (assumption)."""
ROUNDING = 1e-12
"""Weights of a contrast below this are what is left of others by rounding."""
ALWAYS_REPORTED = ("g",)
"""Parameters that are reported even when weak: no evidence fixes them, and the specification names them."""


@dataclass(frozen=True)
class Driver:
    """Spearman rank correlation of a parameter with the effect, over the draws.

    weak : chance alone may make it; it is told because the parameter is always reported.
    """

    parameter: str
    rho: float
    weak: bool = False


@dataclass(frozen=True)
class Verdict:
    """The answer to one estimand.

    estimate is the median over the n draws, low and high the 5th and 95th percentile; share (of draws) lies above s,
    down below −s, flat between. They are shares of parameter draws, not odds that the claim is true.
    """

    claim: str
    estimand: str
    label: str
    start: str
    measure: str
    unit: str
    words: str
    hypothesis: str
    settled: str
    read: float
    over: float
    arms: tuple[str, ...]
    contrast: Mapping[str, float]
    share_of: Mapping[str, float] | None
    n: int
    estimate: float
    low: float
    high: float
    share: float
    down: float
    flat: float
    s: float
    verdict: str
    drivers: tuple[Driver, ...]

    def as_dict(self) -> dict[str, object]:
        """JSON-ready; numbers to six decimals, the same on every machine."""
        return {key: _rounded(value) for key, value in asdict(self).items()}


def contrast(values: Mapping[str, Array], weights: Mapping[str, float]) -> Array:
    """Weighted sum over arms: {arm: [draw]} -> [draw].

    Arms are summed in pairs of opposite weight, so that two equal arms differ by exactly 0.
    """
    left = {arm: weight for arm, weight in weights.items() if weight > 0.0}
    right = [(arm, -weight) for arm, weight in weights.items() if weight < 0.0]
    total = np.zeros_like(next(iter(values.values())))
    for arm, weight in left.items():
        rest = weight
        while rest > ROUNDING and right:
            other, available = right.pop(0)
            taken = min(rest, available)
            total = total + taken * (values[arm] - values[other])
            rest -= taken
            if available - taken > ROUNDING:
                right.insert(0, (other, available - taken))
        if rest > ROUNDING:
            total = total + rest * values[arm]
    for other, available in right:
        total = total - available * values[other]
    return total


def effects(estimand: Estimand, values: Mapping[str, Array]) -> Array:
    """The effect in every draw: [draw]; NaN where a share has no total to be a share of."""
    effect = contrast(values, estimand.contrast)
    if estimand.share_of is None:
        return effect
    total = contrast(values, estimand.share_of)
    large = np.abs(total) > estimand.total_above
    return np.divide(effect, total, out=np.full_like(effect, np.nan), where=large)


def judge(estimand: Estimand, start: str, effect: Array, parameters: Mapping[str, Array]) -> Verdict:
    """The verdict on an estimand.

    Parameters
    ----------
    effect : [draw], replicates averaged; NaN where the draw does not count.
    parameters : drawn values, {name: [draw]}.
    """
    counted = np.isfinite(effect)
    x = effect[counted]
    s = estimand.smallest
    up, down = (float(np.mean(side)) if len(x) else float("nan") for side in (x > s, x < -s))
    middle, low, high = np.quantile(x, [0.5, 0.05, 0.95]) if len(x) else (float("nan"),) * 3
    return Verdict(
        claim=estimand.claim,
        estimand=estimand.name,
        label=estimand.label,
        start=start,
        measure=estimand.measure,
        unit=estimand.unit,
        words=estimand.words,
        hypothesis=estimand.hypothesis,
        settled=estimand.settled,
        read=estimand.read,
        over=estimand.over,
        arms=estimand.arms,
        contrast=dict(estimand.contrast),
        share_of=None if estimand.share_of is None else dict(estimand.share_of),
        n=len(x),
        estimate=float(middle),
        low=float(low),
        high=float(high),
        share=up,
        down=down,
        flat=1.0 - up - down,
        s=s,
        verdict=word(up, down, len(x)),
        drivers=drivers(x, {name: value[counted] for name, value in parameters.items()}),
    )


def median_interval(effect: Array) -> tuple[float, float] | None:
    """The 95 % interval of the median of what the draws are drawn from, whatever its distribution; None of less than
    six draws that count.

    The ends are order statistics: between the k-th lowest and the k-th highest of n independent draws the median lies
    with the chance that n tosses of a coin give at least k heads and k tails. Draws of a hypercube or a sequence are
    spread more evenly than independent ones, so that the interval is wide rather than narrow.

    Parameters
    ----------
    effect : [draw]; NaN where the draw does not count.
    """
    x = np.sort(effect[np.isfinite(effect)])
    k = int(binom.ppf(0.025, len(x), 0.5))  # the least k of which at most k heads are no longer so unlikely
    return (float(x[k - 1]), float(x[len(x) - k])) if k > 0 else None


def word(up: float, down: float, n: int) -> str:
    """supported, reversed, negligible or conditional; not answered where no draw counts."""
    if n == 0:
        return "not answered"
    shares = {"supported": up, "reversed": down, "negligible": 1.0 - up - down}
    return next((name for name, share in shares.items() if share >= thresholds().needed - 1e-12), "conditional")


def drivers(effect: Array, parameters: Mapping[str, Array], most: int = 3) -> tuple[Driver, ...]:
    """Parameters that go with the effect, strongest first, then those that are always reported."""
    if len(effect) < LEAST_DRAWS or np.ptp(effect) == 0.0:
        return ()
    found = [
        Driver(name, float(spearmanr(value, effect).statistic))
        for name, value in parameters.items()
        if np.ptp(value) > 0.0
    ]
    if not found:
        return ()
    found.sort(key=lambda driver: -abs(driver.rho))
    least = max(thresholds().driver, chance(len(found), len(effect)))
    named = [driver for driver in found[:most] if abs(driver.rho) >= least]
    also = [driver for driver in found if driver.parameter in ALWAYS_REPORTED and driver not in named]
    return (*named, *(replace(driver, weak=abs(driver.rho) < least) for driver in also))


def chance(candidates: int, draws: int) -> float:
    """Rank correlation that the strongest of that many candidates reaches by chance in one of twenty estimands."""
    return float(norm.isf(0.025 / candidates) / np.sqrt(draws))


def _rounded(value: object) -> object:
    if isinstance(value, float):
        return round(value, 6) if np.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(item) for item in value]
    return value
