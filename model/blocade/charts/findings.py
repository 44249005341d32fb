"""How charts word an effect."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from blocade.charts.style import signed, size
from blocade.equations.arrays import Array
from blocade.text import percent
from blocade.verdicts import word


class Spread(NamedTuple):
    """An effect over draws, judged as the verdicts are."""

    median: float
    low: float
    high: float
    up: float
    down: float
    verdict: str


def spread(effect: Array, smallest: float) -> Spread:
    """Median, 5th and 95th percentile, shares above and below the smallest effect: of [draw]."""
    low, median, high = np.quantile(effect, [0.05, 0.5, 0.95])
    up, down = float(np.mean(effect > smallest)), float(np.mean(effect < -smallest))
    return Spread(float(median), float(low), float(high), up, down, word(up, down, len(effect)))


def finding(subject: str, thing: str, effect: Spread, smallest: float) -> str:
    """An effect as a sentence without its full stop: direction, size, and how far the draws agree."""
    if not np.isfinite(effect.median):
        return f"What {subject} does to {thing} is no number in some draws, so there is no finding"
    if effect.verdict == "negligible":
        return f"{subject} hardly moves {thing} (median {signed(effect.median)})"
    if effect.up >= 0.05 and effect.down >= 0.05:
        verb = "moves" if abs(effect.median) < 0.005 else "raises" if effect.median > 0 else "lowers"
        by = "" if verb == "moves" else f" by {size(effect.median)} in the median draw"
        return (
            f"{subject} {verb} {thing}{by}, but draws disagree in sign: "
            f"{percent(effect.up)} rise by over {size(smallest)}, {percent(effect.down)} fall by as much"
        )
    rises = effect.up > effect.down
    verb, share = ("raises", effect.up) if rises else ("lowers", effect.down)
    if abs(effect.median) < 0.005 or (effect.median > 0) != rises:
        rare = f"{verb} it by over {size(smallest)} in {percent(share)} of draws"
        return f"{subject} hardly moves {thing} in the median draw, but {rare}"
    said = f"{subject} {verb} {thing} by {size(effect.median)}"
    if effect.verdict in ("supported", "reversed"):
        return said
    return f"{said} in the median draw, and by over {size(smallest)} in {percent(share)} of draws"
