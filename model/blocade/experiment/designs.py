"""Designs: which points of the unit cube an experiment looks at, a column for each factor; Morris's effects of them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Any

import numpy as np
from SALib.analyze import morris as morris_analysis
from SALib.sample import morris
from scipy.stats import qmc

from blocade.equations.arrays import Array
from blocade.parameters import column
from blocade.randomness import identity, mix
from blocade.scenario.model import METHODS

LEAST_TRAJECTORIES = 2
"""Trajectories of a Morris design below which effects have no spread."""
CONFIDENCE = 0.9
"""Of the intervals, as of all intervals here: an index ± its ``_conf`` is its 90 % interval."""
RESAMPLES = 1000
"""Bootstrap resamples behind an interval (assumption: they move its ends by about 2 %)."""


def points(
    method: str, names: Sequence[str], draws: int, seed: int, levels: int = 4, rounds: int = 1
) -> Array:
    """Points of a design: [draw, factor], from 0 to 1.

    latin-hypercube: one point in each of n equal slices of every factor, the very points that `sample` draws for a
    parameter of that name. Each column is keyed by its name, so no other column moves where a factor is added, left
    out, renamed or moved. sobol: a scrambled Sobol' sequence; columns are keyed by their place alone. grid: every
    combination of equally spaced levels, ends included, the last factor fastest; no luck. morris: trajectories of
    Morris 1991, each of one point more than there are factors, in which one factor after the other moves once.

    Parameters
    ----------
    method : one of `METHODS`.
    names : of the factors.
    draws : points; where levels and factors decide how many there are (grid, morris), the most there may be.
    levels : of each factor, for grid and morris.
    rounds : of that many draws, one after the other, for latin-hypercube (each a hypercube of its own) and sobol (the
        next points of the sequence); the first of them do not depend on how many follow.

    Raises
    ------
    ValueError
        In one line, where there is no such design.
    """
    if not names or len(set(names)) < len(names):
        raise ValueError(f"a design needs factors with names of their own, not {list(names)}")
    match method:
        case "latin-hypercube":
            return np.stack([column(name, draws, seed, rounds) for name in names], axis=-1)
        case "sobol":
            return _sobol(len(names), draws, seed, rounds)
        case "grid":
            return _grid(len(names), draws, levels)
        case "morris":
            return _morris(names, draws, seed, levels)
        case _:
            raise ValueError(f"unknown design {method!r}; known: {', '.join(METHODS)}")


def key(seed: int, purpose: str) -> int:
    """A seed of its own for a purpose; never 0, which SALib's `sobol.analyze` takes for none at all."""
    return int(mix(np.asarray(seed, dtype=np.uint64), identity(purpose))) | 1


def problem(names: Sequence[str]) -> dict[str, Any]:
    """Factors as SALib wants them; a new one for each call, because SALib writes into it."""
    return {"num_vars": len(names), "names": list(names), "bounds": [[0.0, 1.0]] * len(names)}


def power_of_two(n: int) -> bool:
    """Whether a Sobol' sequence of n points is balanced."""
    return n > 0 and n & (n - 1) == 0


def _sobol(factors: int, draws: int, seed: int, rounds: int) -> Array:
    if not power_of_two(draws):
        raise ValueError(f"sobol: {draws} draws are no power of two, so points would not be balanced; {near(draws)}")
    sequence = qmc.Sobol(factors, scramble=True, seed=key(seed, "sobol"))
    return np.concatenate([sequence.random(draws) for _ in range(rounds)])


def near(draws: int) -> str:
    """The powers of two around a number, as what to take instead."""
    above = 1 << max(0, draws - 1).bit_length()
    return f"take {above // 2} or {above}" if above > 1 else "take 1"


def _grid(factors: int, draws: int, levels: int) -> Array:
    if levels < 2:
        raise ValueError(f"grid: {levels} levels; take 2 or more")
    if levels**factors > draws:
        raise ValueError(
            f"grid: {levels} levels of {factors} factors are {levels**factors:,} points, more than {draws:,} draws; "
            "take fewer levels or factors"
        )
    return np.array(list(product(np.linspace(0.0, 1.0, levels), repeat=factors)))


def _morris(names: Sequence[str], draws: int, seed: int, levels: int) -> Array:
    if levels < 2 or levels % 2:
        raise ValueError(f"morris: {levels} levels; take an even number")
    size = len(names) + 1
    if draws < LEAST_TRAJECTORIES * size:
        raise ValueError(
            f"morris: {draws} draws; {LEAST_TRAJECTORIES} trajectories of {len(names)} factors need "
            f"{LEAST_TRAJECTORIES * size}"
        )
    found = morris.sample(problem(names), draws // size, num_levels=levels, seed=key(seed, "morris"))
    return np.asarray(found, dtype=np.float64)


def elementary(names: Sequence[str], unit: Array, y: Array, seed: int, levels: int) -> tuple[Array, Array, Array]:
    """μ*, its interval and σ of every factor of a Morris design; NaN where a point has no number."""
    if not np.isfinite(y).all():
        return (np.full(len(names), np.nan),) * 3
    bootstrap: Any = {"num_resamples": RESAMPLES, "conf_level": CONFIDENCE, "seed": key(seed, "morris interval")}
    found = morris_analysis.analyze(problem(names), unit, y, num_levels=levels, **bootstrap)
    mu, conf, sigma = (np.asarray(found[name], dtype=np.float64) for name in ("mu_star", "mu_star_conf", "sigma"))
    return mu, conf, sigma
