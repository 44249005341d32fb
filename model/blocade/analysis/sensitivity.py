"""Global sensitivity in two stages: which parameters matter at all (Morris), and for how much (Sobol').

Morris moves one factor at a time, from many places, and so screens all of them; Sobol' indices divide the variance of
an effect among the few that are kept. Both look at an effect through an evaluator and know nothing of runs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import pandas as pd
from SALib.analyze import sobol as sobol_analysis
from SALib.sample import sobol as sobol_sample
from scipy.stats import norm

from blocade.equations.arrays import Array
from blocade.experiment.designs import CONFIDENCE, RESAMPLES, elementary, key, near, points, power_of_two, problem
from blocade.parameters import Parameters, Setting, entry_of, table
from blocade.scenario.model import Lever

Evaluator: TypeAlias = Callable[[Array], Array]
"""Unit points [n, factor] -> effects [n, estimand], replicates averaged.

Every point must meet the same luck: luck of its own would add to the variance of an effect, and so to the total index
of every factor. Whatever the evaluator does with several workers, it gives the effects in the order of the points.
"""

LEVELS = 4
"""Levels of the screening grid (assumption, customary: Saltelli et al. 2004, Sensitivity Analysis in Practice)."""
MOST_KEPT = 8
"""Factors that indices are computed for (assumption: more would leave too few points for each)."""
LEAST_R, MOST_R = 10, 40
"""Trajectories: at least (customary, there too), and beyond which the ranking gains little (assumption)."""
LEAST_N = 64
"""Base points below which intervals of indices are as wide as the indices (assumption)."""
ROUNDING = 1e-9
"""Share of an effect, or of the smallest that counts, below which a difference is rounding (assumption)."""

SCREEN_COLUMNS = ("estimand", "factor", "mu_star", "mu_star_conf", "sigma", "kept")
INDEX_COLUMNS = ("estimand", "factor", "S1", "S1_conf", "ST", "ST_conf", "N", "warning")
BETWEEN = "; "
"""Between the warnings of a row."""
HARDLY = "the effect hardly varies"
"""How the warning begins where shares of the variance are shares of little."""


@dataclass(frozen=True)
class Factor:
    """A parameter or lever that is drawn uniformly from low to high.

    held : its value while others are looked at, the central one, or as near to it as the range goes; of a lever the
    middle.
    """

    name: str
    low: float
    high: float
    held: float
    symbol: str
    meaning: str

    @property
    def called(self) -> str:
        """Symbol and name."""
        return self.name if self.symbol == self.name else f"{self.symbol} ({self.name})"


@dataclass(frozen=True)
class Screening:
    """What the first stage found.

    table : a row for each estimand and factor, `SCREEN_COLUMNS`. kept : names, in the order of the factors. reach :
    [factor, estimand], the most that each factor could matter: the upper end of its μ* interval as a share of the
    largest μ* of the estimand, or of the smallest effect that counts, if that is more. lost : estimands without a
    number at that many points; they had no say and have no reach. r : trajectories.
    """

    table: pd.DataFrame
    factors: tuple[Factor, ...]
    kept: tuple[str, ...]
    reach: pd.DataFrame
    lost: Mapping[str, int]
    r: int

    @property
    def left(self) -> pd.DataFrame:
        """The reach of the factors that were not kept."""
        return self.reach.drop(index=list(self.kept))


class Budget(NamedTuple):
    """Trajectories of the screening, and base points of the indices."""

    r: int
    n: int


def factors(settings: Mapping[str, Setting], levers: Mapping[str, Lever] | None = None) -> tuple[Factor, ...]:
    """Every parameter that has a range, in the order of the table, then every lever.

    Parameters
    ----------
    levers : of the scenario.
    settings : what the theory and the scenario say instead of the table's ranges, as of `parameters.sample`; a number
        is no range. Parameters that cannot act are best given as numbers here: each costs points.
    """
    found = [
        Factor(entry.name, low, high, entry.middle(low, high), entry.symbol, entry.meaning)
        for entry in table().values()
        for low, high in [entry.span(settings)]
        if low < high
    ]
    for name, lever in (levers or {}).items():
        if lever.low < lever.high:
            found.append(Factor(name, lever.low, lever.high, lever.middle, name, entry_of(name).meaning))
    return tuple(found)


def parameter_sets(settings: Mapping[str, Setting], unit: Array) -> Parameters:
    """The parameter set of every unit point, [n, factor] of `factors(settings)`, more columns behind them or not; the
    rest as the settings fix them."""
    places = {factor.name: unit[:, k] for k, factor in enumerate(factors(settings))}
    fixed, values = np.zeros(len(unit)), {}
    for entry in table().values():
        low, high = entry.span(settings)
        values[entry.name] = low + (high - low) * places.get(entry.name, fixed)
    return Parameters(values)


def lever_values(settings: Mapping[str, Setting], levers: Mapping[str, Lever], unit: Array) -> dict[str, Array]:
    """The value of every lever at unit points, [n, factor] of `factors(settings, levers)`."""
    places = {factor.name: unit[:, k] for k, factor in enumerate(factors(settings, levers))}
    fixed = np.zeros(len(unit))
    return {
        name: lever.low + (lever.high - lever.low) * places.get(name, fixed) for name, lever in levers.items()
    }


def budget(runs: int, count: int, per_point: int) -> Budget:
    """The most base points that a number of runs allows, and trajectories from what is left.

    Parameters
    ----------
    runs : of one arm, that may be made in all.
    count : of factors.
    per_point : runs of one arm that a point takes: arms times replicates.

    Raises
    ------
    ValueError
        Where they are too few for anything worth reading.
    """
    affordable, kept = runs // per_point, min(MOST_KEPT, count)
    least = LEAST_R * (count + 1)
    if affordable < least + LEAST_N * (kept + 2):
        needed = (least + LEAST_N * (kept + 2)) * per_point
        raise ValueError(f"sensitivity: {runs:,} runs are too few for {count} factors; {needed:,} are the least")
    n = 1 << ((affordable - least) // (kept + 2)).bit_length() - 1
    return Budget(min(MOST_R, (affordable - n * (kept + 2)) // (count + 1)), n)


def screen(
    evaluate: Evaluator, factors: Sequence[Factor], estimands: Mapping[str, float], r: int, seed: int
) -> Screening:
    """Morris screening: the mean size of the change of an effect as one factor crosses its range.

    Kept are at most `MOST_KEPT` factors, by μ* as a share of the largest μ* of an estimand, for the estimand where
    that is most. An estimand that nothing moves by the smallest effect that counts has less of a say: its μ* are
    shares of that effect.

    Parameters
    ----------
    evaluate : called once.
    estimands : name -> smallest effect that counts (above 0), in the order of the evaluator's columns.
    r : trajectories; each takes one point more than there are factors.

    Raises
    ------
    ValueError
        Where there is no factor, or less than two trajectories.
    """
    names = [factor.name for factor in factors]
    if not names:
        raise ValueError("sensitivity: no parameter has a range")
    unit = points("morris", names, r * (len(names) + 1), seed, LEVELS)
    effects = _evaluated(evaluate, unit, len(estimands))
    rows: list[tuple[Any, ...]] = []
    share, reach, lost = np.zeros(len(names)), {}, {}
    for (estimand, smallest), y in zip(estimands.items(), effects.T, strict=True):
        mu, conf, sigma = elementary(names, unit, y, seed, LEVELS)
        rows += [(estimand, *row) for row in zip(names, mu, conf, sigma, strict=True)]
        if np.isfinite(y).all():
            largest = max(float(mu.max()), smallest)
            share, reach[estimand] = np.maximum(share, mu / largest), (mu + conf) / largest
        else:
            lost[estimand] = int((~np.isfinite(y)).sum())
    order = [k for k in np.argsort(-share, kind="stable") if share[k] > ROUNDING][:MOST_KEPT]
    kept = tuple(name for k, name in enumerate(names) if k in order)
    screened = pd.DataFrame([(*row, row[1] in kept) for row in rows], columns=list(SCREEN_COLUMNS))
    return Screening(screened, tuple(factors), kept, pd.DataFrame(reach, index=names), lost, r)


def indices(
    evaluate: Evaluator,
    factors: Sequence[Factor],
    kept: Sequence[str],
    estimands: Mapping[str, float],
    n: int,
    seed: int,
) -> pd.DataFrame:
    """First-order and total Sobol' indices of the kept factors, the others held: a row for each estimand and factor.

    Points are Saltelli's; first-order indices are estimated as in Saltelli et al. 2010, total ones after Jansen 1999.
    ``S1_conf`` and ``ST_conf`` are half the width of the 90 % interval, from the bootstrap; it is wide rather than
    narrow, because resampling loses the balance of the points. No kept factor, no row.

    Parameters
    ----------
    evaluate : called once, with n (kept + 2) points; it gets the columns of all factors.
    kept : names of some factors.
    estimands : name -> smallest effect that counts (above 0), in the order of the evaluator's columns.
    n : base points, a power of two.
    """
    if not power_of_two(n):
        raise ValueError(f"sensitivity: {n} base points are no power of two; {near(n)}")
    names = [factor.name for factor in factors if factor.name in kept]
    if not names:
        return pd.DataFrame(columns=list(INDEX_COLUMNS))
    drawn = sobol_sample.sample(problem(names), n, calc_second_order=False, seed=key(seed, "saltelli"))
    held = [(factor.held - factor.low) / (factor.high - factor.low) for factor in factors]
    unit = np.tile(held, (len(drawn), 1))
    unit[:, [k for k, factor in enumerate(factors) if factor.name in names]] = drawn
    effects = _evaluated(evaluate, unit, len(estimands))
    rows = [
        (estimand, *row)
        for (estimand, smallest), y in zip(estimands.items(), effects.T, strict=True)
        for row in _divided(names, y, smallest, n, seed)
    ]
    return pd.DataFrame(rows, columns=list(INDEX_COLUMNS))


def _divided(names: list[str], y: Array, smallest: float, n: int, seed: int) -> list[tuple[Any, ...]]:
    """The indices of one effect: (factor, S1, its interval, ST, its interval, N, warning)."""
    lost = int((~np.isfinite(y)).sum())
    if lost or np.ptp(y) <= ROUNDING * max(float(np.abs(y).max()), smallest):
        why = f"no number at {lost} of {len(y)} points: no indices" if lost else "the effect does not vary: no indices"
        return [(name, *[np.nan] * 4, n, why) for name in names]
    bootstrap: Any = {"num_resamples": RESAMPLES, "conf_level": CONFIDENCE, "seed": key(seed, "sobol interval")}
    found = sobol_analysis.analyze(problem(names), y, calc_second_order=False, keep_resamples=True, **bootstrap)
    shared = []
    spread, total = float(np.std(y)), float(found["S1"].sum())
    if spread < smallest:
        shared.append(f"{HARDLY} (standard deviation {spread:.2g}, smallest that counts {smallest:g})")
    # the indices of one resample go together, so the interval of their sum is not the sum of theirs
    total_conf = float(norm.ppf(0.5 + CONFIDENCE / 2) * found["S1_conf_all"].sum(axis=1).std(ddof=1))
    if total > 1.0 + total_conf:
        shared.append(f"S1 add up to {total:.2f} ± {total_conf:.2f}, over 1: too few points")
    rows = []
    for k, name in enumerate(names):
        both = [float(found[column][k]) for column in ("S1", "S1_conf", "ST", "ST_conf")]
        zero = [f"{column} may be 0" for column in ("S1", "ST") if abs(found[column][k]) <= found[f"{column}_conf"][k]]
        rows.append((name, *both, n, BETWEEN.join([*zero, *shared])))
    return rows


def shared_warnings(rows: pd.DataFrame) -> list[str]:
    """The warnings that every row of one estimand has."""
    first, *others = [warning.split(BETWEEN) for warning in rows["warning"]]
    return [part for part in first if part and all(part in other for other in others)]


def _evaluated(evaluate: Evaluator, unit: Array, count: int) -> Array:
    effects = evaluate(unit)
    if effects.shape != (len(unit), count):
        raise ValueError(f"sensitivity: the evaluator gave {effects.shape}, not {(len(unit), count)}")
    return effects
