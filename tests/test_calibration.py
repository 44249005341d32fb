"""Learning from history: chances and weights by hand, a posterior that is known, synthetic worlds, what is on file.

The toy has two parameters that matter, ``beta`` and ``mu``, as shares u of their ranges, and two statistics that are
linear in them: u_beta + ½·u_mu and u_mu − ½·u_beta, both with luck.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from helpers import close, of
from scipy.optimize import brentq
from threadpoolctl import threadpool_limits

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "scripts"))

import calibrate

from blocade import resources
from blocade.equations.arrays import Array
from blocade.experiment.pool import RUNS_ABREAST
from blocade.history import calibration, posteriors
from blocade.history.calibration import (
    ERRORS_PER_TOLERANCE,
    IMPLAUSIBLE,
    LEVELS,
    SEEN,
    Bank,
    Guide,
    Recovery,
    effective,
    errors,
    interval,
    learnable,
    log_evidence,
    log_weights,
    misses,
    recover,
    resampled,
    run_through,
    weights,
)
from blocade.history.emulator import Emulator, fit
from blocade.history.panel import simulate_all, world_of
from blocade.history.patterns import Pattern, learnt, measure, patterns
from blocade.history.posteriors import about, reweighted
from blocade.history.ridge import Fitted
from blocade.parameters import Parameters, posterior, sample, table
from blocade.start import WEIGHTS
from blocade.theories import theories

SEED = 11
LUCK = 0.1
FEW = ("beta", "b_trade", "sigma", "phi", "g", "mu", "k", "tau")
"""What the toy is calibrated on: two parameters that matter, six that do not."""
TRUTH = (0.6, 0.4)


def pattern(name: str = "a", observed: float = 1.0, tolerance: float = 0.4) -> Pattern:
    """A pattern that is about nothing; its error is half its tolerance."""
    return Pattern(name, name, "ties", "tie", "2000s", "tie-spread", observed, tolerance, 2010, "invented")


def toy_patterns(tolerance: float) -> tuple[Pattern, Pattern]:
    """What the toy gives at the truth, without luck."""
    first, second = TRUTH[0] + 0.5 * TRUTH[1], TRUTH[1] - 0.5 * TRUTH[0]
    return pattern("first", first, tolerance), pattern("second", second, tolerance)


def toy(u: Array, v: Array, rng: np.random.Generator) -> Array:
    """The toy simulator: [draw, pattern]."""
    return np.column_stack([u + 0.5 * v, v - 0.5 * u]) + LUCK * rng.standard_normal((len(u), 2))


def share(values: Array, name: str) -> Array:
    """Where values lie in the range of a parameter: 0 at its low end, 1 at its high one."""
    entry = table()[name]
    return (values - entry.low) / (entry.high - entry.low)


def toy_bank(sets: Parameters, chosen: tuple[Pattern, ...], seed: int, cases: tuple[str, ...] = ()) -> Bank:
    """Sets run through the toy. Without the first case the second statistic is .3 more; other cases change nothing."""
    found = toy(share(sets["beta"], "beta"), share(sets["mu"], "mu"), np.random.default_rng(seed))
    statistics = np.array([found] * (1 + len(cases)))
    if cases:
        statistics[1, :, 1] += 0.3
    return Bank(sets, chosen, cases, statistics)


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    """Tests may run side by side: threads of linear algebra that wait for each other would take longer."""
    with threadpool_limits(1):
        yield


@contextmanager
def few() -> Iterator[pytest.MonkeyPatch]:
    """Calibration that looks at a few parameters only, which is quicker."""
    with pytest.MonkeyPatch.context() as patch:
        for module in (calibration, calibrate):
            patch.setattr(module, "learnable", lambda: FEW)
        yield patch


# --- misses and weights by hand --------------------------------------------------------------------------------------


def test_a_miss_is_counted_in_halves_of_the_tolerance_and_an_unknown_says_nothing() -> None:
    """(1.5 − 1)/.2 = 2.5 and (−.1 − .5)/.3 = −2."""
    chosen = (pattern("a", 1.0, 0.4), pattern("b", 0.5, 0.6))
    close(errors(chosen), [0.2, 0.3])
    found = misses(np.array([[1.5, -0.1], [1.5, np.nan], [1.0, 0.5]]), chosen)
    close(found, [[2.5, -2.0], [2.5, 0.0], [0.0, 0.0]])
    assert (np.abs(misses(np.array([[np.inf, -np.inf]]), chosen)) >= 100.0).all()


def test_misses_are_in_errors_where_a_pattern_counts_in_tolerances() -> None:
    one = pattern("a", 1.0, 0.4)
    values = of(0.7, 1.0, 1.9)
    close(misses(values[:, None], (one,))[:, 0], ERRORS_PER_TOLERANCE * one.misses(values))


def test_weights_are_shares_of_the_chance_however_small_it_is() -> None:
    """1 : 3 is .25 and .75 at any height; the effective number is 1/(.25² + .75²) = 1.6."""
    logs = np.array([[0.0, np.log(3.0)], [-1e5, -1e5 + np.log(3.0)], [700.0, 700.0]])
    close(weights(logs), [[0.25, 0.75], [0.25, 0.75], [0.5, 0.5]], 1e-9)
    close(effective(logs), [1.6, 1.6, 2.0], 1e-9)
    close(weights(of(-np.inf, 0.0, 0.0)), [0.0, 0.5, 0.5])
    assert effective(of(0.0, -1e4, -np.inf)) == pytest.approx(1.0)
    assert effective(np.zeros(17)) == pytest.approx(17.0)


def test_evidence_is_the_log_of_the_mean_chance() -> None:
    """The mean of .2 and .4 is .3; a chance twice as high everywhere adds ln 2."""
    logs = np.log([0.2, 0.4])
    assert log_evidence(logs) == pytest.approx(np.log(0.3))
    assert log_evidence(logs + np.log(2.0)) == pytest.approx(np.log(0.6))


def test_a_weighted_interval_is_that_of_values_repeated_as_often_as_they_weigh() -> None:
    rng = np.random.default_rng(SEED)
    values = rng.permutation(np.linspace(-3.0, 3.0, 23) ** 3)
    counts = rng.integers(0, 9, size=(5, len(values)))
    counts[:, 0] += 151 - counts.sum(axis=1)  # a prime number, so that no share falls on an edge
    for level in LEVELS:
        low, high = interval(values, counts / counts.sum(axis=1, keepdims=True), level)
        for k, count in enumerate(counts):
            repeated = np.sort(np.repeat(values, count))
            edges = ((1.0 - level) / 2.0 * 151, (1.0 + level) / 2.0 * 151)
            expected = [repeated[int(np.ceil(edge)) - 1] for edge in edges]
            assert [low[k], high[k]] == expected, (level, k)


def test_an_interval_of_one_weighting_is_two_numbers() -> None:
    """Of 1, 2, 3, 4 with weights .04, .5, .42, .04 the 5th percentile is 2 and the 95th is 3."""
    low, high = interval(of(4.0, 2.0, 1.0, 3.0), of(0.04, 0.5, 0.04, 0.42), 0.9)
    assert (float(low), float(high)) == (2.0, 3.0)


def test_rows_are_drawn_as_often_as_they_weigh() -> None:
    assert resampled(of(0.5, 0.25, 0.25), 4).tolist() == [0, 0, 1, 2]
    assert resampled(of(0.0, 1.0, 0.0), 3).tolist() == [1, 1, 1]
    w = np.random.default_rng(SEED).dirichlet(np.full(50, 0.3))
    copies = np.bincount(resampled(w, 200), minlength=50)
    assert copies.sum() == 200
    assert (np.abs(copies - 200 * w) < 1.0).all()
    assert resampled(of(0.5, 0.5) * (1.0 - 1e-3), 4000).max() == 1  # weights that fall short of 1


def test_only_the_weights_of_the_ties_are_held() -> None:
    assert set(table()) - set(learnable()) == set(WEIGHTS)
    assert list(learnable()) == [name for name in table() if name in learnable()]


# --- emulators and the guide ------------------------------------------------------------------------------------------


def test_an_emulator_gives_back_what_is_quadratic_and_its_rest_is_the_luck() -> None:
    names = ("beta", "mu", "phi", "g")
    sets, others = sample(600, SEED), sample(300, SEED + 1)

    def truth(x: Parameters) -> Array:
        u, v, w = (share(x[name], name) for name in names[:3])
        return 1.0 + 2.0 * u - v * v + 3.0 * u * w

    exact = fit(sets, truth(sets), names, SEED)
    close(exact(others), truth(others), 0.01)
    assert exact.rest < 1e-5
    luck = 0.3 * np.random.default_rng(SEED).standard_normal(600)
    noisy = fit(sets, truth(sets) + luck, names, SEED)
    assert noisy.rest == pytest.approx(0.09, rel=0.2)
    assert np.abs(noisy(others) - truth(others)).max() < 0.2


def test_an_emulator_learns_from_the_runs_that_can_say() -> None:
    sets = sample(200, SEED)
    x = toy(share(sets["beta"], "beta"), share(sets["mu"], "mu"), np.random.default_rng(SEED))[:, 0]
    known = np.arange(200) % 3 > 0
    names = ("beta", "mu", "phi")
    holes = fit(sets, np.where(known, x, np.nan), names, SEED)
    alone = fit(sets.take(np.flatnonzero(known)), x[known], names, SEED)
    close(holes(sets), alone(sets), 1e-12)
    assert holes.rest == pytest.approx(alone.rest)


def line(constant: float, slope: float, rest: float) -> Emulator:
    """An emulator by hand: constant + slope·beta."""
    return Emulator(("beta",), np.array([0]), Fitted(of(constant, slope, 0.0), np.zeros(2), np.ones(2), 2.0), rest)


@pytest.fixture(scope="module")
def by_hand() -> Guide:
    """Errors .2 and .3; the luck of the second statistic has a variance of .07."""
    return Guide((pattern("a", 1.0, 0.4), pattern("b", 0.5, 0.6)), (line(0.0, 2.0, 0.0), line(1.0, -1.0, 0.07)))


def betas(*values: float) -> Parameters:
    centre = {name: np.full(len(values), entry.central) for name, entry in table().items()}
    return Parameters({**centre, "beta": of(*values)})


def test_the_guide_gives_the_chance_that_error_and_luck_leave(by_hand: Guide) -> None:
    """At β = .2 the means are .4 and .8. The first has its error alone, .2: −½·(.6/.2)² = −4.5. The second has error
    and luck, √(.09 + .07) = .4 for .3: −½·(.3/.4)² − ln(.4/.3). At β = .5 both are met."""
    close(by_hand.log_chance(betas(0.2, 0.5)), [-4.5 - 0.28125 - np.log(4 / 3), -np.log(4 / 3)], 1e-9)


def test_the_guide_reads_other_worlds_and_what_they_cannot_say_is_left_out(by_hand: Guide) -> None:
    worlds = np.array([[1.0, 0.5], [1.0, np.nan], [0.4, 1.2], [np.nan, np.nan]])
    found = by_hand.log_chance(betas(0.2, 0.5), worlds)
    close(found[0], by_hand.log_chance(betas(0.2, 0.5)), 1e-9)
    close(found[1], [-4.5, 0.0], 1e-9)
    # β = .2: (.8 − 1.2)²/.16 = 1; β = .5: (1 − .4)²/.04 = 9 and (.5 − 1.2)²/.16 = 3.0625
    close(found[2] + np.log(4 / 3), [-0.5, -0.5 * 12.0625], 1e-9)
    close(found[3], [0.0, 0.0], 1e-9)
    assert by_hand.log_chance(betas(0.2), worlds[:1]).shape == (1, 1)


def test_sets_are_emulated_in_pieces_that_do_not_show(by_hand: Guide, monkeypatch: pytest.MonkeyPatch) -> None:
    candidates = sample(50, SEED)
    expected = by_hand.log_chance(candidates)
    monkeypatch.setattr(calibration, "PIECE", 7)
    close(by_hand.log_chance(candidates), expected)


def test_the_guide_picks_as_many_as_were_asked_for_and_the_good_ones_sooner(by_hand: Guide) -> None:
    """With the chance min(1, c·p^½); c is such that the chances of all add up to the number."""
    candidates, expected = sample(20_000, SEED), 900
    picked = by_hand.propose(candidates, expected, SEED)
    assert len(picked["beta"]) == pytest.approx(expected, abs=4 * np.sqrt(expected))
    root = 0.5 * by_hand.log_chance(candidates)
    c = brentq(lambda c: np.exp(np.minimum(0.0, root + c)).sum() - expected, -50.0, 50.0)
    chance = np.exp(np.minimum(0.0, root + c))
    taken = np.isin(candidates["beta"], picked["beta"])
    assert taken.sum() == len(picked["beta"])
    for k, some in enumerate(np.array_split(np.argsort(chance), 10)):
        mean, spread = chance[some].sum(), np.sqrt((chance * (1.0 - chance))[some].sum())
        assert taken[some].sum() == pytest.approx(mean, abs=4 * spread + 1), k
    assert chance.max() > 20 * chance.min()
    for name in ("mu", "phi"):  # whole sets are picked
        np.testing.assert_array_equal(picked[name], candidates[name][taken])


def test_the_guide_takes_all_where_more_are_asked_for_than_there_are(by_hand: Guide) -> None:
    candidates = sample(50, SEED)
    np.testing.assert_array_equal(by_hand.propose(candidates, 80, SEED)["beta"], candidates["beta"])


def test_what_the_first_wave_calls_implausible_has_no_weight(by_hand: Guide) -> None:
    """The first wave's emulators fall by 12 at β = .5 ± .47 (and the second pattern's share), so of .01, .2, .5 the
    first is out, whatever the second wave's say."""
    flat_ = Guide((pattern("a", 1.0, 0.4),), (line(1.0, 0.0, 0.0),))
    close(log_weights(flat_, by_hand, betas(0.01, 0.2, 0.5)), by_hand.log_chance(betas(0.01, 0.2, 0.5)))
    found = log_weights(by_hand, flat_, betas(0.01, 0.2, 0.5))
    rough = by_hand.log_chance(betas(0.01, 0.2, 0.5))
    assert rough[0] < rough[2] - IMPLAUSIBLE < rough[1]
    assert found.tolist() == [-np.inf, 0.0, 0.0]


def test_a_pattern_that_no_run_can_say_without_a_case_is_left_out() -> None:
    """As Iran's trade without Iran: what is learnt then is what the other patterns say."""
    bank = toy_bank(sample(200, SEED), toy_patterns(0.3), SEED, ("IRN",))
    statistics = bank.statistics.copy()
    statistics[1, :, 1] = np.nan
    first = replace(bank, patterns=bank.patterns[:1], statistics=bank.statistics[:, :, :1])
    others = sample(100, SEED + 1)
    with few():
        found = Guide.to(replace(bank, statistics=statistics), SEED, 1).log_chance(others)
        expected = Guide.to(first, SEED).log_chance(others)
    close(found - found[0], expected - expected[0], 1e-9)


# --- a posterior that is known ----------------------------------------------------------------------------------------

WAVE, CANDIDATES, SECOND = 1000, 25_000, 2500
TOY_CASES = ("IRN", "CUB")


class Plain:
    """The posterior of the toy by plain rejection: shares of the range of `beta` and `mu` that are kept, [draw, 2]."""

    def __init__(self, chosen: tuple[Pattern, ...]) -> None:
        rng = np.random.default_rng(SEED + 5)
        u = rng.uniform(size=(400_000, 2))
        missed = misses(toy(u[:, 0], u[:, 1], rng), chosen)
        self.kept = u[rng.uniform(size=len(u)) < np.exp(-0.5 * (missed**2).sum(axis=1))]


@pytest.fixture(scope="module")
def plain() -> Plain:
    return Plain(toy_patterns(0.3))


@pytest.fixture(scope="module")
def wave() -> Bank:
    """The first wave of the toy."""
    return toy_bank(sample(WAVE, SEED), toy_patterns(0.3), SEED)


def off(found: Sequence[float], kept: Array) -> float:
    """How far mean, 5th and 95th percentile are at most from those of plain rejection, in its standard deviations."""
    expected = (kept.mean(), *np.quantile(kept, [0.05, 0.95]))
    return float((np.abs(of(*found) - expected) / kept.std()).max())


def test_the_second_wave_weighs_the_prior_as_plain_rejection_does(wave: Bank, plain: Plain) -> None:
    """The error of a share is √((.15² + .1²)/1.25) = .16. Over 2,000 effective sets that of a percentile is .05
    standard deviations, and emulators are a little off themselves. Were luck left out of the weights, the posterior
    would be .13 wide, and its ends .25 standard deviations off."""
    candidates = sample(CANDIDATES, SEED + 1)
    with few():
        rough = Guide.to(wave, SEED)
        picked = rough.propose(candidates, SECOND, SEED)
        fine = Guide.to(toy_bank(picked, wave.patterns, SEED + 2), SEED)
        logs = log_weights(rough, fine, candidates)
        lucky = Guide(fine.patterns, tuple(replace(emulator, rest=0.0) for emulator in fine.emulators))
    assert float(effective(logs)) > 2000
    for k, name in enumerate(("beta", "mu")):
        u, kept = share(candidates[name], name), plain.kept[:, k]
        assert kept.std() == pytest.approx(0.16, abs=0.01)
        w, without = weights(logs), weights(lucky.log_chance(candidates))
        assert off((float(w @ u), *map(float, interval(u, w, 0.9))), kept) < 0.12, name
        assert off((float(without @ u), *map(float, interval(u, without, 0.9))), kept) > 0.2, name
    other = share(candidates["phi"], "phi")  # without influence: uniform, as its prior
    assert off((float(w @ other), *map(float, interval(other, w, 0.9))), np.linspace(0.0, 1.0, 9999)) < 0.12


@dataclass(frozen=True)
class Learned:
    """What `scripts/calibrate.py` makes of the toy. bank : the runs of the second wave."""

    columns: list[str]
    rows: Array
    told: dict[str, Any]
    bank: Bank


@pytest.fixture(scope="module")
def learned(wave: Bank) -> Learned:
    banks = []

    def run(sets: Parameters, chosen: tuple[Pattern, ...], _workers: int, _label: str, cases: tuple[str, ...]) -> Bank:
        banks.append(toy_bank(sets, chosen, SEED + 3, cases))
        return banks[-1]

    with few() as patch:
        patch.setattr(calibrate, "run", run)
        for name, value in (("CANDIDATES", CANDIDATES), ("SYNTHETIC", 200), ("SYNTHETIC_SETS", 1500)):
            patch.setattr(calibrate, name, value)
        patch.setattr(calibrate, "CASES", TOY_CASES)
        text, told = calibrate.posterior_of(wave, 2010, SECOND, 1)
    head, *lines = text.splitlines()
    return Learned(head.split(","), np.array([line.split(",") for line in lines], dtype=float), told, banks[0])


def test_the_script_writes_the_posterior_of_plain_rejection(learned: Learned, plain: Plain) -> None:
    """The error of a percentile of 400 rows is .1 standard deviations."""
    told = learned.told
    assert learned.columns == ["beta", "mu"]
    assert len(learned.rows) == told["rows"] == calibrate.ROWS == 400
    assert told["second_wave"] == len(learned.bank.parameters["beta"]) == pytest.approx(SECOND, abs=200)
    assert told["effective"] > 2000
    for k, name in enumerate(("beta", "mu")):
        said = told["parameters"][name]
        shares = [float(share(of(said[key]), name)[0]) for key in ("mean", "low", "high")]
        assert off(shares, plain.kept[:, k]) < 0.12, name
        u = share(learned.rows[:, k], name)
        assert off((float(u.mean()), *np.quantile(u, [0.05, 0.95])), plain.kept[:, k]) < 0.3, name
        assert said["shrinkage"] == pytest.approx(1.0 - (shares[2] - shares[1]) / 0.9, abs=0.002)
        assert said["seen"]
    assert [name for name, said in told["parameters"].items() if said["seen"]] == learned.columns


def test_the_script_weighs_its_rows_for_a_case_left_out(learned: Learned) -> None:
    """Without the first case the second statistic is .3 more, so the weights are the chance of meeting it from there
    over that of meeting it from where it was; without another case nothing changes."""
    u, v = (share(learned.rows[:, k], name) for k, name in enumerate(("beta", "mu")))
    gap = v - 0.5 * u - toy_patterns(0.3)[1].observed
    logs = -0.5 * ((gap + 0.3) ** 2 - gap**2) / (0.15**2 + LUCK**2)
    found = learned.told["cases"]
    assert tuple(found) == TOY_CASES
    assert np.corrcoef(np.log(found["IRN"]), logs)[0, 1] > 0.99
    means = [np.average(gap, weights=w) for w in (weights(logs), found["IRN"])]
    assert means[0] < gap.mean() - 0.1
    assert means[1] == pytest.approx(means[0], abs=0.03)
    np.testing.assert_allclose(found["CUB"], 1.0 / len(gap), rtol=1e-3)


def test_the_script_counts_what_the_patterns_reject(wave: Bank, learned: Learned) -> None:
    """A set is out where any pattern is missed by more than three errors, here .45."""
    gap = np.abs(wave.statistics[0] - [one.observed for one in wave.patterns]) > 0.45
    told = learned.told
    assert told["survive"] == pytest.approx((~gap.any(axis=1)).mean(), abs=1e-5)
    for k, name in enumerate(("first", "second")):
        said = told["patterns"][name]
        assert said["rejects"] == pytest.approx(gap[:, k].mean(), abs=1e-4)
        assert said["alone"] == pytest.approx((gap[:, k] & ~gap[:, 1 - k]).mean(), abs=1e-4)
        assert said["luck"] == pytest.approx(LUCK, rel=0.15)
        # what the posterior gives is nearer to what was observed than what the prior gives
        assert said["posterior"][0] == pytest.approx(wave.patterns[k].observed, abs=0.05)
        assert said["prior"][2] - said["prior"][1] > said["posterior"][2] - said["posterior"][1]
    assert 0.0 < told["patterns"]["first"]["alone"] < told["patterns"]["first"]["rejects"]


def test_evidence_is_the_mean_chance_over_the_prior_of_each_theory(wave: Bank) -> None:
    """Of the toy it is known: the mean over the prior of Π (e/s)·exp(−½ z²), s² = e² + luck². In the theory that holds
    mu high it is over beta alone; the posterior of the earlier year has the first pattern only."""
    told = {"all": {}, "held": {"mu": table()["mu"].low + 0.8 * (table()["mu"].high - table()["mu"].low)}}
    first, both = wave.patterns[:1], wave.patterns
    ran = []

    def run(sets: Parameters, chosen: tuple[Pattern, ...], _workers: int, label: str) -> Bank:
        ran.append(label)
        assert len(sets["beta"]) == WAVE and (np.ptp(sets["mu"]) == 0.0) == (label == "held")
        return toy_bank(sets, chosen, SEED + 4)

    with few() as patch:
        patch.setattr(calibrate, "run", run)
        patch.setattr(calibrate, "theories", lambda: told)
        patch.setattr(calibrate, "learnt", lambda until: first if until == 2013 else both)
        patch.setattr(calibrate, "SYNTHETIC_SETS", 20_000)
        found = calibrate.evidence(WAVE, 1)
    assert ran == ["all", "held"]
    u = np.random.default_rng(SEED).uniform(size=(200_000, 2))
    spread = np.hypot(0.15, LUCK)
    for theory, v in (("all", u[:, 1]), ("held", np.full(len(u), 0.8))):
        means = np.column_stack([u[:, 0] + 0.5 * v, v - 0.5 * u[:, 0]])
        z = (means - [one.observed for one in both]) / spread
        for name, chosen in (("until-2013", z[:, :1]), ("until-2021", z)):
            expected = np.log(np.mean(np.exp(-0.5 * (chosen**2).sum(axis=1)) * (0.15 / spread) ** chosen.shape[1]))
            assert found[name][theory] == pytest.approx(expected, abs=0.1), (name, theory)
    assert found["until-2021"]["held"] < found["until-2021"]["all"] - 0.3


# --- synthetic worlds -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Found:
    """What `recover` brings back of each of the few, by name."""

    seen: tuple[str, ...]
    correlation: dict[str, float]
    coverage: dict[str, Array]
    shrinkage: dict[str, float]
    effective: float


def recovered(bank: Bank, candidates: int, worlds: int, blind: Bank | None = None) -> Found:
    """Synthetic worlds of a first wave; `blind` in its place when it comes to what the worlds can say."""
    with few():
        got = recover(Guide.to(bank, SEED), blind or bank, sample(candidates, SEED + 8), worlds, SEED)
        values = (dict(zip(FEW, x, strict=True)) for x in (got.correlation, got.coverage, got.shrinkage))
        return Found(got.seen, *values, got.effective)


@pytest.fixture(scope="module")
def recovery() -> Found:
    """600 synthetic worlds of the toy."""
    return recovered(toy_bank(sample(600, SEED + 7), toy_patterns(0.5), SEED + 7), 3000, 600)


def test_what_has_an_influence_is_seen_and_nothing_else(recovery: Found) -> None:
    assert recovery.seen == ("beta", "mu")
    assert min(recovery.correlation[name] for name in recovery.seen) > 0.6
    assert max(abs(rho) for name, rho in recovery.correlation.items() if name not in recovery.seen) < SEEN


def test_intervals_cover_the_truth_as_often_as_they_say(recovery: Found) -> None:
    """600 worlds: the standard error is .012 at 90 % and .02 at 50 %."""
    for name, (half, most) in recovery.coverage.items():
        assert most == pytest.approx(0.9, abs=0.05), name
        assert half == pytest.approx(0.5, abs=0.08), name


def test_only_what_is_seen_shrinks(recovery: Found) -> None:
    """The error of a share is √((.25² + .1²)/1.25) = .24; its 90 % interval, cut by the box, is well below .9."""
    assert min(recovery.shrinkage[name] for name in recovery.seen) > 0.2
    assert max(abs(value) for name, value in recovery.shrinkage.items() if name not in recovery.seen) < 0.06
    assert 200 < recovery.effective < 3000


def test_a_world_that_cannot_say_a_pattern_learns_from_the_others() -> None:
    """Of mu the first pattern, u_beta + ½·u_mu, says less than both, and the second alone, u_mu − ½·u_beta, more."""
    bank = toy_bank(sample(300, SEED), toy_patterns(0.5), SEED)
    both, first, second = (
        recovered(bank, 800, 300, replace(bank, statistics=bank.statistics * of(*known))).correlation
        for known in ((1.0, 1.0), (1.0, np.nan), (np.nan, 1.0))
    )
    assert SEEN < first["mu"] < second["mu"] - 0.2 < both["mu"]
    assert first["beta"] > second["beta"] + 0.2


def test_a_parameter_whose_correlation_is_unknown_is_not_seen() -> None:
    rho = np.full(len(learnable()), np.nan)
    rho[[0, 1, 2]] = SEEN, SEEN - 1e-9, -0.9
    none = np.zeros(len(rho))
    assert Recovery(rho, np.zeros((len(rho), 2)), none, 1.0).seen == learnable()[:1]


# --- runs through history ---------------------------------------------------------------------------------------------

RUN = ("diversion-iran-2000s", "trade-cut-2000s", "tie-spread-2000s")
CASES = ("IRN", "BLR")
TOGETHER = 1e-4
"""The start is solved until all sets that are stepped together are near enough, so they touch each other a little."""


@pytest.fixture(scope="module")
def sets() -> Parameters:
    """One set more than are stepped together."""
    return sample(RUNS_ABREAST + 1, SEED)


@pytest.fixture(scope="module")
def chosen() -> tuple[Pattern, ...]:
    return tuple(patterns()[name] for name in RUN)


@pytest.fixture(scope="module")
def run(sets: Parameters, chosen: tuple[Pattern, ...]) -> tuple[Bank, list[tuple[int, int]]]:
    """One worker's runs, and the progress that it told."""
    told: list[tuple[int, int]] = []
    bank = run_through(sets, chosen, SEED, cases=CASES, progress=lambda *done: told.append(done))
    return bank, told


def test_runs_do_not_depend_on_the_number_of_workers(
    sets: Parameters, chosen: tuple[Pattern, ...], run: tuple[Bank, list[tuple[int, int]]]
) -> None:
    bank, told = run
    assert bank.statistics.shape == (3, len(sets["beta"]), 3)
    assert told == [(0, RUNS_ABREAST + 1), (RUNS_ABREAST, RUNS_ABREAST + 1), (RUNS_ABREAST + 1, RUNS_ABREAST + 1)]
    two = run_through(sets, chosen, SEED, cases=CASES, workers=2)
    np.testing.assert_array_equal(two.statistics, bank.statistics)


def test_a_case_left_out_is_measured_on_panels_without_that_state(
    sets: Parameters, chosen: tuple[Pattern, ...], run: tuple[Bank, list[tuple[int, int]]]
) -> None:
    found = run[0].statistics
    panels = simulate_all(("2000s",), sets, SEED)
    close(found[0], measure(panels, chosen), TOGETHER)
    for k, case in enumerate(CASES):
        without = {name: panel.without(case) for name, panel in panels.items()}
        np.testing.assert_allclose(found[k + 1], measure(without, chosen), rtol=0, atol=TOGETHER)
    assert np.isnan(found[1, :, 0]).all()  # Iran's trade, without Iran
    assert np.isfinite(found[2]).all() and (found[2] != found[0]).all()
    missed = misses(found, chosen)
    close(missed[1, :, 0], np.zeros(len(sets["beta"])))


# --- what is on file --------------------------------------------------------------------------------------------------

COMMITTED = tuple(sorted(path.stem for path in resources.posteriors().glob("*.csv")))


def committed(name: str) -> pd.DataFrame:
    return pd.read_csv(resources.posteriors() / f"{name}.csv")


def test_every_posterior_has_its_table_and_how_it_was_learnt() -> None:
    assert {"until-2013", "until-2021"} <= set(COMMITTED)
    assert set(COMMITTED) == {path.stem for path in resources.posteriors().glob("*.json")}


@pytest.mark.parametrize("name", COMMITTED)
def test_a_table_holds_what_its_json_says_is_seen(name: str) -> None:
    rows, told = committed(name), about(name)
    said = told["parameters"]
    assert list(said) == list(learnable())
    assert list(rows) == [one for one in learnable() if said[one]["seen"]]
    assert len(rows) == told["rows"]
    for one, values in said.items():
        if abs(values["recovery"] - SEEN) > 1e-3:  # three digits
            assert values["seen"] == (values["recovery"] > SEEN), one
    for one in rows:
        width = table()[one].high - table()[one].low
        low, high = said[one]["low"] - 1e-3 * width, said[one]["high"] + 1e-3 * width  # four digits
        # rows are of equal weight, so nine tenths of them lie in the weighted 90 % interval; four standard errors of
        # that are .06 for 400 rows, and of a mean as much of the range
        assert rows[one].between(low, high).mean() >= 0.83, one
        assert rows[one].mean() == pytest.approx(said[one]["mean"], abs=0.06 * width), one


@pytest.mark.parametrize("name", COMMITTED)
def test_a_table_stays_within_the_published_ranges(name: str) -> None:
    rows = committed(name)
    assert 0 < rows.shape[1] < len(learnable())
    for one in rows:
        entry = table()[one]
        slack = 1e-4 * (entry.high - entry.low)  # five digits
        assert rows[one].between(entry.low - slack, entry.high + slack).all(), one


@pytest.mark.parametrize("name", COMMITTED)
def test_what_is_out_of_sight_has_no_column(name: str) -> None:
    """A war's need is hardly met in these years, and the weights of a world's ties are held."""
    assert not {"war_need", *WEIGHTS} & set(committed(name))
    assert not about(name)["parameters"]["war_need"]["seen"]


@pytest.mark.parametrize("name", COMMITTED)
def test_a_posterior_has_learnt_from_all_patterns_to_its_year_and_from_none_after(name: str) -> None:
    told = about(name)
    assert name == f"until-{told['until']}"
    assert all(patterns()[one].until <= told["until"] and patterns()[one].fitted for one in told["patterns"])
    assert list(told["patterns"]) == [one.name for one in learnt(told["until"])]


@pytest.mark.parametrize("name", COMMITTED)
def test_the_weights_without_a_case_are_one_for_each_row(name: str) -> None:
    told = about(name)
    assert set(told["cases"]) == set(calibrate.CASES) <= set(world_of("2013").codes)
    for case, values in told["cases"].items():
        assert len(values) == told["rows"], case
        assert min(values) >= 0.0 and sum(values) == pytest.approx(1.0, abs=2e-3), case


def test_the_judge_has_evidence_on_every_theory() -> None:
    found = about("until-2013")["theories"]
    assert set(found) == set(theories())
    assert all(np.isfinite(value) for value in found.values())


def test_a_posterior_without_a_case_has_its_rows_as_often_as_they_weigh_then(monkeypatch: pytest.MonkeyPatch) -> None:
    rows: dict[str, npt.NDArray[np.float64]] = {"beta": of(0.1, 0.2, 0.3, 0.4), "mu": of(1.0, 2.0, 3.0, 4.0)}
    told = {"cases": {"IRN": [0.2, 0.0, 0.2, 0.2]}}  # on whatever scale: thirds
    monkeypatch.setattr(posteriors, "about", lambda name: told if name == "mine" else {})
    monkeypatch.setattr(posteriors, "posterior", lambda name: rows if name == "mine" else {})
    found = reweighted("mine", "IRN")
    assert {name: values.tolist() for name, values in found.items()} == {
        "beta": [0.1, 0.3, 0.3, 0.4],
        "mu": [1.0, 3.0, 3.0, 4.0],
    }


def test_what_is_told_of_a_posterior_is_its_file() -> None:
    for name in COMMITTED:
        assert about(name) == json.loads((resources.posteriors() / f"{name}.json").read_text(encoding="utf-8"))
        assert set(reweighted(name, calibrate.CASES[0])) == set(posterior(name))
