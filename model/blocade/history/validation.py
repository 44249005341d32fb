"""Patterns of history against a posterior: which the model meets, and which claims hold in two channels."""

from __future__ import annotations

import numpy as np
import pandas as pd

from blocade.experiment.runner import Progress
from blocade.history.calibration import run_through
from blocade.history.patterns import Pattern, historical_claims, patterns
from blocade.history.posteriors import about
from blocade.parameters import PRIOR, posterior, sample

DRAWS, SEED = 200, 7
CHANCE = "probability"
"""Unit of patterns whose statistic is 0 or 1 in every run: their mean is what counts, not the median."""
CHANNELS_NEEDED = 2
"""Channels in which a claim about history must hold."""


def scorecard(name: str, workers: int = 1, progress: Progress = lambda _done, _total: None) -> pd.DataFrame:
    """Every pattern against the parameter sets of a posterior (or the prior).

    Returns
    -------
    Columns pattern, label, channel, unit, observed, tolerance, median, low, high (5th and 95th percentile of draws),
    passed, seen (the posterior was fitted to it), until, source; in the order of the file. ``median`` is a mean where
    the unit is a probability.
    """
    chosen = tuple(patterns().values())
    fitted = -1 if name == PRIOR else about(name)["until"]
    bank = run_through(sample(DRAWS, SEED, learned=posterior(name)), chosen, SEED, workers=workers, progress=progress)
    values = bank.statistics[0].T
    return pd.DataFrame(
        [_row(one, x, one.fitted and one.until <= fitted) for one, x in zip(chosen, values, strict=True)]
    )


def _row(pattern: Pattern, values: np.ndarray, seen: bool) -> dict[str, object]:
    known = values[np.isfinite(values)]
    middle = float("nan")
    if len(known):
        middle = float(known.mean() if pattern.unit == CHANCE else np.median(known))
    low, high = np.quantile(known, [0.05, 0.95]) if len(known) else (float("nan"),) * 2
    return {
        "pattern": pattern.name,
        "label": pattern.label,
        "channel": pattern.channel,
        "unit": pattern.unit,
        "observed": pattern.observed,
        "tolerance": pattern.tolerance,
        "median": middle,
        "low": float(low),
        "high": float(high),
        "passed": bool(abs(middle - pattern.observed) <= pattern.tolerance),
        "seen": seen,
        "until": pattern.until,
        "source": pattern.source,
    }


def claim_table(scores: pd.DataFrame) -> pd.DataFrame:
    """Claims about history: the channels whose patterns are met and missed, and whether two hold."""
    by_name = scores.set_index("pattern")
    rows = []
    for claim in historical_claims():
        about_it = by_name.loc[list(claim.patterns)]
        met = tuple(dict.fromkeys(about_it[about_it["passed"]]["channel"]))
        missed = tuple(dict.fromkeys(about_it[~about_it["passed"]]["channel"]))
        met = tuple(channel for channel in met if channel not in missed)
        rows.append(
            {
                "claim": claim.name,
                "words": claim.words,
                "met": met,
                "missed": missed,
                "holds": len(met) >= CHANNELS_NEEDED,
            }
        )
    return pd.DataFrame(rows)
