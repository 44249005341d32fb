"""Learning parameters from history: Bayesian calibration with emulators, and what history can see.

A parameter set counts by the chance of what was observed: each pattern is observed with an error (half its tolerance),
and a run of the model gives it with its luck. A first wave of sets is drawn from the prior and run. Emulators fitted to
it say where in the prior sets are plausible; a second wave is drawn there and run, and emulators fitted to that one
weigh a large sample of the prior. An emulator says what a pattern is on average and how far luck moves it, so luck is
averaged out, which single runs cannot do.

Synthetic worlds, runs of the first wave taken for the truth, show whether the truth comes back. A parameter that they
show to be out of sight keeps its full prior: it has no column in the table of a posterior.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt
from scipy.special import logsumexp
from scipy.stats import spearmanr

from blocade.equations.arrays import Array
from blocade.experiment.pool import by_runs
from blocade.experiment.runner import Progress
from blocade.history.emulator import Emulator, fit
from blocade.history.panel import simulate_all
from blocade.history.patterns import Pattern, measure, periods_of
from blocade.parameters import Parameters, table
from blocade.start import WEIGHTS

ERRORS_PER_TOLERANCE = 2.0
"""A tolerance is two errors of a pattern, so that a model that meets it is inside 95 % of its error."""
REJECTED = 3.0
"""Errors beyond which a pattern rejects a parameter set outright (three-sigma rule of history matching)."""
SEEN = 0.2
"""Rank correlation of truth and posterior mean over synthetic worlds from which a parameter counts as seen."""
IMPLAUSIBLE = 12.0
"""Log chance density behind the best set's below which a set is not worth a look."""
PIECE = 20_000
"""Sets that are emulated at once, to keep memory small."""
LEVELS = (0.5, 0.9)
"""Intervals whose coverage is checked."""


@dataclass(frozen=True)
class Bank:
    """Parameter sets run through history.

    parameters : [draw] values. statistics : [case, draw, pattern]; the first case has all states, each further one
    leaves out the state of ``cases``.
    """

    parameters: Parameters
    patterns: tuple[Pattern, ...]
    cases: tuple[str, ...]
    statistics: Array


def run_through(
    parameters: Parameters,
    chosen: Sequence[Pattern],
    seed: int,
    *,
    cases: Sequence[str] = (),
    workers: int = 1,
    progress: Progress = lambda _done, _total: None,
) -> Bank:
    """Run parameter sets through the periods of some patterns.

    Parameters
    ----------
    parameters : [draw]. cases : states left out one at a time.
    """
    work = partial(_statistics, parameters, tuple(chosen), seed, tuple(cases))
    statistics = np.concatenate(by_runs(work, len(parameters["beta"]), workers, progress), axis=1)
    return Bank(parameters, tuple(chosen), tuple(cases), statistics)


def _statistics(
    parameters: Parameters, chosen: tuple[Pattern, ...], seed: int, cases: tuple[str, ...], draws: range
) -> Array:
    sets = parameters.take(np.arange(draws.start, draws.stop))
    panels = simulate_all(periods_of(chosen), sets, seed, draws.start)
    found = [measure(panels, chosen)]
    for case in cases:
        without = {name: panel.without(case) if case in panel.codes else panel for name, panel in panels.items()}
        found.append(measure(without, chosen))
    return np.array(found)


def misses(statistics: Array, chosen: Sequence[Pattern]) -> Array:
    """How far each set misses each pattern, in errors: [..., draw, pattern]; 0 where the panel cannot say."""
    targets = np.array([pattern.observed for pattern in chosen])
    return np.asarray(np.nan_to_num((statistics - targets) / errors(chosen), nan=0.0, posinf=1e3, neginf=-1e3))


@dataclass(frozen=True)
class Guide:
    """Emulators of some patterns: where in the prior it is worth running sets."""

    patterns: tuple[Pattern, ...]
    emulators: tuple[Emulator, ...]

    @classmethod
    def to(cls, bank: Bank, seed: int, case: int = 0) -> Guide:
        """Fit the emulators to a wave, of all states or without a case."""
        found = [fit(bank.parameters, x, learnable(), seed) for x in bank.statistics[case].T]
        return cls(bank.patterns, tuple(found))

    def log_chance(self, parameters: Parameters, observed: Array | None = None) -> Array:
        """Logarithm of the chance density of what was observed, relative to that of a model without luck that meets
        it: [..., draw].

        Parameters
        ----------
        observed : [world, pattern], instead of what was observed; NaN where a world says nothing.
        """
        error, rest = errors(self.patterns), np.array([emulator.rest for emulator in self.emulators])
        usable = np.isfinite(rest)
        spread = np.where(usable, np.sqrt(error**2 + np.where(usable, rest, 0.0)), error)
        told = np.array([pattern.observed for pattern in self.patterns]) if observed is None else observed
        known = (np.isfinite(np.atleast_2d(told)) & usable).astype(float)
        aims = np.nan_to_num(np.atleast_2d(told) / spread) * known
        pieces = []
        for first in range(0, len(parameters["beta"]), PIECE):
            some = parameters.take(np.arange(first, min(first + PIECE, len(parameters["beta"]))))
            scaled = np.column_stack([emulator(some) for emulator in self.emulators]) / spread
            # Σ (m − o)²/s² without an array [world, draw, pattern]
            pieces.append(known @ (scaled**2).T - 2.0 * aims @ scaled.T + (aims**2).sum(axis=1)[:, None])
        logs = -0.5 * np.concatenate(pieces, axis=1) - (known @ np.log(spread / error))[:, None]
        return np.asarray(logs[0] if observed is None else logs)

    def propose(self, candidates: Parameters, expected: int, seed: int) -> Parameters:
        """Pick the candidates that are worth running, each with the chance ``min(1, c·p^½)``, p its chance density.

        The root keeps sets that the emulators misjudge in play.

        Parameters
        ----------
        expected : number of sets to be picked on average; it settles c.
        """
        logs = 0.5 * self.log_chance(candidates)
        low, high = -logs.max() - 60.0, -logs.min()
        for _ in range(100):  # bisection: the number grows with c
            middle = 0.5 * (low + high)
            if np.exp(np.minimum(0.0, logs + middle)).sum() < expected:
                low = middle
            else:
                high = middle
        u = np.random.default_rng([seed, expected]).random(len(logs))
        return candidates.take(np.flatnonzero(np.log(u) < np.minimum(0.0, logs + high)))


def log_weights(first: Guide, second: Guide, candidates: Parameters) -> Array:
    """Logarithm of the weight of candidates from the prior, up to a constant: [draw].

    The second wave's emulators weigh; where the first wave's call a set implausible they have seen no run, and it has
    no weight.
    """
    rough = first.log_chance(candidates)
    return np.where(rough >= rough.max() - IMPLAUSIBLE, second.log_chance(candidates), -np.inf)


def errors(chosen: Sequence[Pattern]) -> Array:
    """Error of each pattern: [pattern]."""
    return np.array([pattern.tolerance for pattern in chosen]) / ERRORS_PER_TOLERANCE


def resampled(w: Array, rows: int) -> npt.NDArray[np.int64]:
    """Rows drawn by weights that sum to 1: systematic resampling, so that a weight of w has ``rows·w`` copies, rounded
    up or down."""
    return np.searchsorted(np.cumsum(w), (np.arange(rows) + 0.5) / rows).clip(max=len(w) - 1)


def effective(logs: Array) -> Array:
    """Effective number of sets of a weighting, ``(Σw)²/Σw²``: [..., draw] -> [...]."""
    w = weights(logs)
    return np.asarray(1.0 / (w * w).sum(axis=-1))


def weights(logs: Array) -> Array:
    """Weights that sum to 1: [..., draw]."""
    w = np.exp(logs - logs.max(axis=-1, keepdims=True))
    return np.asarray(w / w.sum(axis=-1, keepdims=True))


def log_evidence(logs: Array) -> float:
    """Logarithm of the mean chance density over the prior: what the patterns say for a theory, against another on the
    same patterns."""
    return float(logsumexp(logs) - np.log(len(logs)))


def learnable() -> tuple[str, ...]:
    """Parameters that calibration may touch: all but the weights of a world's ties, which are held at their centre."""
    return tuple(name for name in table() if name not in WEIGHTS)


@dataclass(frozen=True)
class Recovery:
    """What calibration on synthetic worlds brings back, for each parameter of `learnable`.

    correlation : rank correlation of truth and posterior mean. coverage : share of worlds whose truth lies in the
    central interval, [parameter, level]. shrinkage : 1 less the mean width of the 90 % interval over the prior's.
    effective : median effective number of sets.
    """

    correlation: Array
    coverage: Array
    shrinkage: Array
    effective: float

    @property
    def seen(self) -> tuple[str, ...]:
        """Parameters whose truth comes back."""
        return tuple(name for name, rho in zip(learnable(), self.correlation, strict=True) if rho >= SEEN)


def recover(guide: Guide, bank: Bank, candidates: Parameters, worlds: int, seed: int) -> Recovery:
    """Take sets of the first wave for the truth, add the patterns' errors, calibrate by the emulators, and compare.

    Parameters
    ----------
    bank : the first wave; its runs, luck and all, are the synthetic worlds. candidates : sets from the prior.
    worlds : number of synthetic worlds.
    """
    rng = np.random.default_rng([seed, worlds])
    statistics = bank.statistics[0]
    truths = rng.choice(len(statistics), size=min(worlds, len(statistics)), replace=False)
    noise = errors(bank.patterns) * rng.standard_normal((len(truths), len(bank.patterns)))
    w = weights(guide.log_chance(candidates, statistics[truths] + noise))
    correlation, coverage, shrinkage = [], [], []
    for name in learnable():
        values, truth = candidates[name], bank.parameters[name][truths]
        width = LEVELS[-1] * float(np.ptp(values))
        bounds = [interval(values, w, level) for level in LEVELS]
        coverage.append([float(np.mean((truth >= a) & (truth <= b))) for a, b in bounds])
        correlation.append(float(spearmanr(w @ values, truth).statistic))
        shrinkage.append(1.0 - float(np.mean(bounds[-1][1] - bounds[-1][0])) / width)
    size = float(np.median(1.0 / (w * w).sum(axis=-1)))
    return Recovery(np.array(correlation), np.array(coverage), np.array(shrinkage), size)


def interval(values: Array, w: Array, level: float) -> tuple[Array, Array]:
    """Central interval of weighted values: [draw] and [..., draw] -> low [...], high [...]."""
    order = np.argsort(values)
    share = np.cumsum(w[..., order], axis=-1)
    low, high = (
        values[order][np.minimum((share < edge).sum(axis=-1), len(values) - 1)]
        for edge in ((1.0 - level) / 2.0, (1.0 + level) / 2.0)
    )
    return low, high
