"""Learning parameters from history: approximate Bayesian computation in two waves, and what history can see.

A parameter set counts by the kernel ``exp(−½ Σ_p m_p²)``, m_p being how far it misses the pattern p in units of the
pattern's error (half its tolerance). As the kernel is the density of the error, that is the posterior of a model whose
patterns are observed with that error.

A first wave is drawn from the prior. Emulators fitted to it say where in the prior sets are worth running; a second
wave is drawn there and run, and each of its sets is weighed by its own kernel over the chance with which it was picked.
So emulators decide what is run, never what is learnt. A parameter that synthetic worlds show to be out of sight keeps
its full prior: it has no column in the table of a posterior.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt
from scipy.stats import spearmanr

from blocade.equations.arrays import Array
from blocade.experiment.pool import in_processes
from blocade.experiment.runner import Progress
from blocade.history.emulator import Emulator, fit
from blocade.history.panel import RUNS_ABREAST, simulate_all
from blocade.history.patterns import Pattern, measure, periods_of
from blocade.parameters import Parameters, table
from blocade.start import WEIGHTS

ERRORS_PER_TOLERANCE = 2.0
"""A tolerance is two errors of a pattern, so that a model that meets it is inside 95 % of its error."""
REJECTED = 3.0
"""Errors beyond which a pattern rejects a parameter set outright (three-sigma rule of history matching)."""
SEEN = 0.2
"""Rank correlation of truth and posterior mean over synthetic worlds from which a parameter counts as seen."""
LEVELS = (0.5, 0.9)
"""Intervals whose coverage is checked."""

Flags = npt.NDArray[np.bool_]


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
    draws = len(parameters["beta"])
    pieces = [range(first, min(first + RUNS_ABREAST, draws)) for first in range(0, draws, RUNS_ABREAST)]
    work = partial(_statistics, parameters, tuple(chosen), seed, tuple(cases))
    found: dict[int, Array] = {}
    progress(0, draws)
    with in_processes(work, pieces, workers) as finished:
        for index, piece in finished:
            found[index] = piece
            progress(sum(part.shape[1] for part in found.values()), draws)
    statistics = np.concatenate([found[index] for index in range(len(pieces))], axis=1)
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


def log_kernel(missed: Array) -> Array:
    """Logarithm of the chance that a set is kept, up to a constant: [..., draw]."""
    return np.asarray(-0.5 * (missed * missed).sum(axis=-1))


@dataclass(frozen=True)
class Guide:
    """Emulators of some patterns: where in the prior it is worth running sets."""

    patterns: tuple[Pattern, ...]
    emulators: tuple[Emulator, ...]

    @classmethod
    def to(cls, bank: Bank, seed: int) -> Guide:
        """Fit the emulators to a wave drawn from the prior."""
        found = [fit(bank.parameters, x, learnable(), seed) for x in bank.statistics[0].T]
        return cls(bank.patterns, tuple(found))

    def log_kernel(self, parameters: Parameters, observed: Array | None = None) -> Array:
        """Logarithm of the expected kernel, luck included, up to a constant: [..., draw].

        Parameters
        ----------
        observed : [world, pattern], instead of what was observed.
        """
        means = np.column_stack([emulator(parameters) for emulator in self.emulators])
        rest = np.array([emulator.rest for emulator in self.emulators])
        targets = np.array([pattern.observed for pattern in self.patterns]) if observed is None else observed
        spread = np.sqrt(errors(self.patterns) ** 2 + rest)
        # (m − o)²/s² summed over patterns, without an array [world, draw, pattern]
        scaled, aims = means / spread, np.nan_to_num(np.atleast_2d(targets) / spread)
        known = np.isfinite(np.atleast_2d(targets)).astype(float)
        total = known @ (scaled**2).T - 2.0 * (aims * known) @ scaled.T + ((aims * known) ** 2).sum(axis=1)[:, None]
        logs = np.asarray(-0.5 * total)
        return logs[0] if np.ndim(targets) == 1 else logs

    def propose(self, candidates: Parameters, expected: int, seed: int) -> tuple[Parameters, Array]:
        """Pick the candidates that are worth running, each with the chance ``min(1, c·kernel^½)``.

        The root keeps sets that the emulators misjudge in play.

        Parameters
        ----------
        expected : number of sets to be picked on average; it settles c.

        Returns
        -------
        The sets, and the logarithm of the chance of each.
        """
        logs = 0.5 * self.log_kernel(candidates)
        low, high = -logs.max() - 60.0, -logs.min()
        for _ in range(100):  # bisection: the number grows with c
            middle = 0.5 * (low + high)
            if np.exp(np.minimum(0.0, logs + middle)).sum() < expected:
                low = middle
            else:
                high = middle
        chance = np.minimum(0.0, logs + high)
        picked = np.flatnonzero(np.log(np.random.default_rng([seed, expected]).random(len(logs))) < chance)
        return candidates.take(picked), chance[picked]


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
    """Logarithm of the mean kernel over the prior: what the patterns say for a theory, against another on the same
    patterns."""
    return float(np.log(np.mean(np.exp(logs))))


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
    w = weights(guide.log_kernel(candidates, statistics[truths] + noise))
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
