"""Scores, naive forecasts, ridge regression and emulators against numbers worked out by hand or planted."""

from __future__ import annotations

from math import erf, exp, inf, nan, pi, sqrt

import numpy as np
import pytest
from helpers import Array, close, of, seeds
from hypothesis import given
from hypothesis import strategies as st

from blocade.history import emulator, ridge
from blocade.history.naive import (
    NAIVE,
    QUANTILES,
    ar1,
    best_weight,
    filtered,
    half,
    last,
    mean_of,
    past_errors,
    persistence,
    trend,
)
from blocade.history.panel import PER_YEAR, PERIODS, decrees_of, world_of
from blocade.history.ridge import PENALTIES
from blocade.history.scores import (
    INTERVAL,
    RESAMPLES,
    crps,
    mean,
    ratio,
    resampled_weights,
    score,
    score_chance,
)
from blocade.parameters import Parameters, sample, table

# --- the CRPS -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("observed", [-1.0, 2.0, 2.7, 6.0])
def test_crps_of_a_sample_from_a_normal_is_its_closed_form(observed: float) -> None:
    """σ (z (2Φ(z) − 1) + 2φ(z) − 1/√π), z = (y − μ)/σ, μ = 2, σ = 1.5 (Gneiting and Raftery 2007)."""
    draws = np.random.default_rng(1).normal(2.0, 1.5, size=200_000)
    z = (observed - 2.0) / 1.5
    exact = 1.5 * (z * erf(z / sqrt(2)) + 2 * exp(-z * z / 2) / sqrt(2 * pi) - 1 / sqrt(pi))
    assert float(crps(draws, np.float64(observed))) == pytest.approx(exact, abs=0.015)


def test_crps_by_hand() -> None:
    """Of {0, 1, 4} at 2: (2 + 1 + 2)/3 − ½ · 2 (1 + 4 + 3)/9."""
    assert float(crps(of(4.0, 0.0, 1.0), np.float64(2.0))) == pytest.approx(5 / 3 - 8 / 9)


@given(seed=seeds)
def test_crps_is_the_mean_distance_less_half_the_mean_spread(seed: int) -> None:
    rng = np.random.default_rng(seed)
    samples, observed = rng.normal(size=(7, 3, 4)), rng.normal(size=(3, 4))
    spread = np.abs(samples[:, None] - samples[None]).mean(axis=(0, 1))
    expected = np.abs(samples - observed).mean(axis=0) - 0.5 * spread
    close(crps(samples, observed), expected, 1e-12)
    assert (expected > -1e-12).all()


@given(seed=seeds)
def test_crps_of_a_single_forecast_is_its_absolute_error(seed: int) -> None:
    rng = np.random.default_rng(seed)
    sample_, observed = rng.normal(size=(1, 2, 5)), rng.normal(size=(2, 5))
    close(crps(sample_, observed), np.abs(sample_[0] - observed))
    close(crps(np.repeat(sample_, 6, axis=0), observed), np.abs(sample_[0] - observed), 1e-14)


@pytest.mark.parametrize("chance", [0.0, 0.3, 0.5, 0.9])
def test_honesty_scores_best(chance: float) -> None:
    """Of an event of that chance, told as an ensemble of ten of which k say yes, the best k is ten times the chance."""
    expected = []
    for k in range(11):
        told = np.repeat(of(1.0, 0.0), (k, 10 - k))
        yes, no = (float(crps(told, np.float64(y))) for y in (1.0, 0.0))
        expected.append(chance * yes + (1 - chance) * no)
    assert int(np.argmin(expected)) == round(10 * chance)


# --- scores of a forecast -------------------------------------------------------------------------------------------


def test_the_interval_holds_the_middle_nine_tenths_ends_included() -> None:
    """0 to 100: the median is 50 and the interval 5 to 95."""
    samples = np.broadcast_to(np.arange(101.0)[:, None, None], (101, 1, 6))
    observed = np.array([[4.9, 5.0, 50.0, 95.0, 95.1, nan]])
    found = score(samples, observed)
    assert INTERVAL == (0.05, 0.95)
    close(found.inside, [[0, 1, 1, 1, 0, nan]])
    close(found.error, [[45.1, 45, 0, 45, 45.1, nan]], 1e-12)
    close(found.crps, crps(samples, observed))
    assert np.isnan(found.crps[0, 5])


def test_the_error_is_that_of_the_median() -> None:
    found = score(of(0.0, 1.0, 50.0)[:, None, None], np.array([[3.0]]))
    assert found.error[0, 0] == 2.0


def test_coverage_of_honest_forecasts_is_nine_tenths_and_that_of_bold_ones_less() -> None:
    """Forecasts from the law of the truth; and at half its spread, P(|z| < .8224) = .589."""
    rng = np.random.default_rng(5)
    observed, samples = rng.normal(size=(8, 2000)), rng.normal(size=(400, 8, 2000))
    assert mean(score(samples, observed).inside) == pytest.approx(0.9, abs=0.01)
    assert mean(score(0.5 * samples, observed).inside) == pytest.approx(0.589, abs=0.02)


def test_the_score_of_a_chance_is_brier_s() -> None:
    chance, came = np.array([[0.3, 0.3, 1.0, 0.0]]), np.array([[1.0, 0.0, 1.0, nan]])
    found = score_chance(chance, came)
    close(found.crps, [[0.49, 0.09, 0.0, nan]])
    close(found.error, [[0.7, 0.3, 0.0, nan]])
    assert np.isnan(found.inside).all() and found.inside.shape == (1, 4)


@given(yes=st.integers(0, 20), came=st.sampled_from([0.0, 1.0]))
def test_brier_s_score_is_the_crps_of_an_event(yes: int, came: float) -> None:
    told = np.repeat(of(1.0, 0.0), (yes, 20 - yes))[:, None, None]
    close(crps(told, np.array([[came]])), score_chance(np.array([[yes / 20]]), np.array([[came]])).crps, 1e-12)


def test_the_mean_is_of_what_is_known() -> None:
    assert mean(np.array([[1.0, nan], [nan, 4.0]])) == 2.5
    assert np.isnan(mean(np.full((2, 2), nan)))


# --- ratios of scores -----------------------------------------------------------------------------------------------

PAIRS = np.triu_indices(12, k=1)
DRAWN = resampled_weights(12, 3)


def scored(seed: int, states: int = 12) -> Array:
    """Scores of all pairs of some states in three years, alike where they share a state."""
    rng = np.random.default_rng(seed)
    rows, columns = np.triu_indices(states, k=1)
    state = rng.gamma(4.0, 0.25, size=states)
    return np.asarray(state[rows] * state[columns] * rng.gamma(4.0, 0.25, size=(3, len(rows))))


def test_states_are_drawn_as_often_as_there_are_states() -> None:
    assert DRAWN.shape == (RESAMPLES, 12)
    assert (DRAWN.sum(axis=1) == 12.0).all() and (DRAWN.round() == DRAWN).all() and (DRAWN >= 0.0).all()
    close(DRAWN.mean(axis=0), 1.0, 0.25)
    assert DRAWN.var() == pytest.approx(11 / 12, abs=0.1)  # each a binomial number, 12 of 1/12
    np.testing.assert_array_equal(DRAWN, resampled_weights(12, 3))
    assert (resampled_weights(12, 4) != DRAWN).any()


@given(seed=seeds, factor=st.floats(0.1, 10.0))
def test_the_ratio_of_equal_scores_is_one_and_of_proportional_ones_their_factor(seed: int, factor: float) -> None:
    scores = scored(seed)
    assert ratio(scores, scores, *PAIRS, DRAWN) == (1.0, 1.0, 1.0)
    close(ratio(factor * scores, scores, *PAIRS, DRAWN), factor, 1e-12 * factor)


def test_the_ratio_by_hand() -> None:
    """Means over what both know: (1 + 2 + 6)/(2 + 4 + 3). With states weighed 2, 1, 0 only the first pair counts, ½;
    with 1, 1, 1 all do, 1; with 0, 1, 2 only the last, 2."""
    ours, theirs = np.array([[1.0, 2.0, nan], [nan, 5.0, 6.0]]), np.array([[2.0, 4.0, 9.0], [1.0, nan, 3.0]])
    rows, columns = np.array([0, 0, 1]), np.array([1, 2, 2])
    weights = np.array([[2.0, 1.0, 0.0], [1.0, 1.0, 1.0], [0.0, 1.0, 2.0]])
    middle, low, high = ratio(ours, theirs, rows, columns, weights)
    assert middle == 1.0
    close([low, high], np.quantile([0.5, 1.0, 2.0], [0.05, 0.95]))
    one = ratio(ours, theirs, rows, columns, weights[:1])
    close(one, [1.0, 0.5, 0.5])


def test_the_ratio_is_infinite_where_theirs_is_perfect_and_one_where_both_are() -> None:
    scores = scored(1)
    assert ratio(scores, np.zeros_like(scores), *PAIRS, DRAWN) == (inf, inf, inf)
    assert ratio(np.zeros_like(scores), np.zeros_like(scores), *PAIRS, DRAWN) == (1.0, 1.0, 1.0)
    assert ratio(np.zeros_like(scores), scores, *PAIRS, DRAWN) == (0.0, 0.0, 0.0)
    assert np.isnan(ratio(np.full_like(scores, nan), scores, *PAIRS, DRAWN)).all()


def test_the_interval_of_the_ratio_covers_the_truth_about_as_often_as_it_says() -> None:
    """Two forecasts with errors of one kind, so that the true ratio is 1, and states on whose pairs each of them errs
    more. A bootstrap that drew pairs as if they were independent would cover it half as often."""
    pairs, drawn, covered = np.triu_indices(30, k=1), resampled_weights(30, 3), []
    for seed in range(300):
        middle, low, high = ratio(scored(2 * seed, 30), scored(2 * seed + 1, 30), *pairs, drawn)
        assert low < middle < high
        covered.append(low <= 1.0 <= high)
    assert 0.82 <= np.mean(covered) <= 0.95


# --- naive forecasts by hand ----------------------------------------------------------------------------------------


def series(*pairs: list[float]) -> Array:
    """Figures of pairs as lists: [year, pair]."""
    return np.array(pairs, dtype=float).T


PAST = series(
    [9, 9, 1, 2, 3, 4, 5],
    [0, 0, 4, 4, 4, 4, nan],
    [0, 0, 1, nan, 3, 6, nan],
    [5, 5, 5, 5, nan, nan, nan],
    [nan] * 7,
)


def test_the_last_figure_is_at_most_two_years_old() -> None:
    close(last(PAST), [5, 4, 6, nan, nan])
    close(persistence(PAST, 2), [[5, 4, 6, nan, nan]] * 2)


def test_means_are_of_what_is_known_of_the_last_years() -> None:
    close(mean_of(PAST, 5), [3, 4, 10 / 3, 5, nan], 1e-15)
    close(mean_of(PAST, 10), [33 / 7, 16 / 6, 2, 5, nan], 1e-15)


def test_half_persistence_half_mean_of_five_years() -> None:
    close(half(PAST, 3), [[4, 4, 14 / 3, nan, nan]] * 3, 1e-14)
    close(filtered(0.5)(PAST, 1), half(PAST, 1), 1e-14)
    close(filtered(1.0)(PAST, 1), persistence(PAST, 1))
    close(filtered(0.2)(PAST, 2)[1], [3.4, 4, 0.2 * 6 + 0.8 * 10 / 3, nan, nan], 1e-14)


def test_a_trend_goes_on_along_the_line_of_five_years() -> None:
    """1 a year; 0; and through (0, 1), (2, 3), (3, 6): x less 5/3, y less 10/3, Σxy/Σx² = (22/3)/(14/3) = 11/7."""
    found = trend(PAST, 3)
    close(found[:, 0], [6, 7, 8], 1e-12)
    close(found[:, 1], 4, 1e-12)
    close(found[:, 2], 6 + 11 / 7 * np.arange(1, 4), 1e-12)
    assert np.isnan(found[:, 3:]).all()
    lone = series([nan, nan, nan, nan, 7.0])
    close(trend(lone, 2), 7.0)  # a single figure has no trend


def test_ar1_goes_back_to_the_mean_of_ten_years_at_the_common_pace() -> None:
    """One origin, the fifth year: gaps from the mean of five years go from 4 to 2 and from −4 to −2, so the pace is ½;
    the mean of all six is 4/3. With gaps from 2 to −1 of another pair: (8 + 8 − 2)/(16 + 16 + 4). Older figures than
    ten years do not count as a mean."""
    past = series([0, 0, 0, 0, 5, 3], [10, 10, 10, 10, 5, 7])
    pace = 0.5 ** np.arange(1, 4)
    middle = np.array([8 / 6, 52 / 6])
    close(ar1(past, 3), middle + pace[:, None] * ([3, 7] - middle), 1e-12)
    third = np.column_stack([past, [0, 0, 0, 0, 2.5, -0.5]])
    close(ar1(third, 1)[0, 2], 2 / 6 + 14 / 36 * (-0.5 - 2 / 6), 1e-12)


def test_ar1_of_figures_that_never_moved_or_jump_back_and_forth_stays_within_bounds() -> None:
    close(ar1(series([4] * 8), 2), 4.0)
    close(ar1(series([5, 3, 5, 3, 5, 3, 5, 3]), 2), 4.0)  # the pace would be negative: it is 0
    known = ar1(series([0, 0, 0, 0, 5, 3], [nan, nan, nan, nan, 4, nan], [nan] * 6), 2)
    close(known[:, 0], 8 / 6 + (3 - 8 / 6) * of(0.5, 0.25), 1e-12)
    close(known[:, 1], 4.0)
    assert np.isnan(known[:, 2]).all()


def ar_process(phi: float, years: int, pairs: int, seed: int = 4) -> Array:
    """Stationary AR(1) of variance 1, each pair about a level of its own: [year, pair]."""
    rng = np.random.default_rng(seed)
    x = np.empty((years, pairs))
    x[0] = rng.normal(size=pairs)
    for t in range(1, years):
        x[t] = phi * x[t - 1] + sqrt(1 - phi**2) * rng.normal(size=pairs)
    return np.asarray(x + 5.0 * rng.normal(size=pairs))


@pytest.mark.parametrize("phi", [0.0, 0.5, 0.8])
def test_the_pace_of_ar1_is_that_of_the_process(phi: float) -> None:
    """Gaps are counted from a mean known before, so that short records do not bend the pace down (Nickell 1981)."""
    past = ar_process(phi, 25, 40_000)
    found, middle = ar1(past, 2), mean_of(past, 10)
    pace = (found[0] - middle) / (last(past) - middle)
    close(pace, pace[0], 1e-6)
    assert pace[0] == pytest.approx(phi, abs=0.06)


def test_naive_rules_have_no_eye_for_other_pairs_but_for_the_common_pace() -> None:
    past = ar_process(0.7, 12, 6)
    moved = past.copy()
    moved[:, 3:] += np.arange(12.0)[:, None] ** 2
    for name, rule in NAIVE.items():
        found, other = rule(past, 4), rule(moved, 4)
        assert found.shape == (4, 6)
        assert np.allclose(found[:, :3], other[:, :3], rtol=0, atol=1e-12) == (name != "AR(1)"), name
        assert not np.allclose(found[:, 3:], other[:, 3:])


# --- past errors ----------------------------------------------------------------------------------------------------


def test_past_errors_by_hand() -> None:
    """Figures 1, 2, 4, 7, 11, 16, 22 as they were last, with four years behind each origin: from 11 and from 16."""
    found = past_errors(persistence, series([1, 2, 4, 7, 11, 16, 22]), 3)
    close(found[0], [5, 6])
    close(found[1], [11])
    close(found[2], [11 * sqrt(3 / 2)])  # no origin is three years back: widened as a random walk


def test_past_errors_leave_out_what_is_not_known_and_years_before_the_first_figure() -> None:
    gone, far = [nan, nan], [1.0, 2, 4, 7, 11, 16, 22]
    past = series([*gone, *far], [*gone, 1, 1, 1, 1, 1, nan, 3], [nan] * 9)
    found = past_errors(persistence, past, 2)
    close(np.sort(found[0]), [2, 5, 6])
    close(np.sort(found[1]), [2, 11])


def test_a_rule_is_shown_its_past_alone() -> None:
    seen: list[tuple[float, int]] = []

    def rule(past: Array, horizon: int) -> Array:
        seen.append((float(past[-1, 0]), horizon))
        assert past[0, 0] == 10.0
        return np.zeros((horizon, 1))

    found = past_errors(rule, series([nan, *range(10, 18)]), 2)
    assert seen == [(14.0, 2), (15.0, 2), (16.0, 1)]
    close(found[0], [15, 16, 17])
    close(found[1], [16, 17])


def test_errors_of_a_random_walk_widen_with_the_root_of_the_horizon() -> None:
    walk = np.cumsum(np.random.default_rng(2).normal(size=(30, 3000)), axis=0)
    for h, error in enumerate(past_errors(persistence, walk, 5), start=1):
        assert error.std() == pytest.approx(sqrt(h), rel=0.03)
        assert len(error) == 3000 * (30 - 4 - h)


def test_quantiles_are_even_and_symmetric() -> None:
    close(QUANTILES + QUANTILES[::-1], 1.0, 1e-15)
    close(np.diff(QUANTILES), 1 / 41, 1e-15)


def test_the_best_weight_is_all_on_the_last_figure_of_a_random_walk() -> None:
    rng = np.random.default_rng(6)
    walk = np.cumsum(rng.normal(size=(24, 400)), axis=0)
    noise = rng.normal(size=(24, 400))
    assert best_weight(walk, 8) == 1.0
    assert best_weight(noise, 8) == 0.0
    assert 0.0 < best_weight(walk + 2.0 * noise, 8) < 1.0


# --- ridge regression -----------------------------------------------------------------------------------------------


def planted(seed: int, n: int = 400) -> tuple[Array, Array, Array]:
    """Inputs of unlike scales, one of them constant, and what they give without noise."""
    rng = np.random.default_rng(seed)
    x = np.column_stack([rng.normal(3, 2, n), rng.normal(0, 0.01, n), rng.uniform(0, 100, n), np.full(n, 7.0)])
    weights = of(0.5, 40.0, -0.03, 0.0)
    return x, weights, 2.0 + x @ weights


def test_ridge_recovers_planted_weights_through_noise() -> None:
    x, weights, y = planted(1, 4000)
    fitted = ridge.fit(x, y + 0.1 * np.random.default_rng(2).normal(size=4000), 7)
    base, steps = ridge.predict(fitted, np.zeros((1, 4))), np.diag([1.0, 0.01, 10.0, 1.0])
    close(ridge.predict(fitted, steps) - base, steps @ weights, 0.01)
    new, _, expected = planted(3)
    close(ridge.predict(fitted, new), expected, 0.03)


def test_ridge_of_inputs_that_say_nothing_is_the_mean_unshrunk() -> None:
    """The constant is the mean of y whatever the penalty, and the rest is shrunk far below least squares."""
    rng = np.random.default_rng(4)
    x, y = rng.normal(5.0, 1.0, size=(60, 20)), 100.0 + rng.normal(size=60)
    weights, *_ = ridge.fit(x, y, 7)
    assert weights[0] == pytest.approx(y.mean(), abs=1e-9)
    plain = np.linalg.lstsq(np.column_stack([np.ones(60), (x - x.mean(axis=0)) / x.std(axis=0)]), y, rcond=None)[0]
    assert np.abs(weights[1:]).max() < 0.3 * np.abs(plain[1:]).max()


@pytest.mark.parametrize("noise", [0.0, 0.5, 1000.0])
def test_ridge_solves_its_equation_with_one_of_the_penalties(noise: float) -> None:
    """(Z′Z + λ diag(0, 1, …)) w = Z′y; the smallest λ where there is no noise, a larger one where there is nothing
    else."""
    x, _, y = planted(5)
    x = x[:, :3]
    y = y + noise * np.random.default_rng(6).normal(size=len(y))
    weights, centre, scale, _ = ridge.fit(x, y, 7)
    close(centre, x.mean(axis=0), 1e-12)
    close(scale, x.std(axis=0), 1e-12)
    z = np.column_stack([np.ones(len(x)), (x - centre) / scale])
    gap = z.T @ (y - z @ weights)
    assert gap[0] == pytest.approx(0.0, abs=1e-6 * max(1.0, noise))
    penalties = gap[1:] / weights[1:]
    assert min(abs(np.log10(penalties[0]) - np.log10(penalty)) for penalty in PENALTIES) < 1e-3
    close(penalties / penalties[0], 1.0, 1e-3)
    assert (penalties[0] < 0.11) if noise == 0.0 else (penalties[0] > 0.5 or noise == 0.5)
    assert penalties[0] > 100.0 or noise < 1000.0


def test_ridge_learns_from_what_is_known_and_the_same_each_time() -> None:
    x, _, y = planted(8)
    y = y + np.random.default_rng(9).normal(size=len(y))
    x, y = np.concatenate([x, 1e3 * x[:50]]), np.concatenate([y, np.full(50, nan)])
    for found, alone, again in zip(
        ridge.fit(x, y, 7), ridge.fit(x[:400], y[:400], 7), ridge.fit(x, y, 7), strict=True
    ):
        np.testing.assert_array_equal(found, alone)
        np.testing.assert_array_equal(found, again)


@pytest.mark.parametrize(("one", "other"), [("RUS", "UKR"), ("USA", "RUS"), ("IRN", "USA")])
def test_inputs_of_the_regression_are_the_worlds_and_what_happened_to_the_year(one: str, other: str) -> None:
    """Two years into the 2010s: the world of 2013, eight steps of decrees, a record by hand."""
    period, world = PERIODS["2010s"], world_of("2013")
    i, j = world.index(one), world.index(other)
    pair = (np.array([i, world.index("DEU")]), np.array([j, world.index("FRA")]))
    past = series([0, 1, 2, 3, 4, 6], [nan] * 6)
    found = ridge.inputs(period, past, *pair, 2)
    steps = decrees_of(period)[: 2 * PER_YEAR]
    law, apart, clash = (
        np.mean([getattr(step, name) for step in steps], axis=0) for name in ("sanctions", "isolation", "clash")
    )
    war = np.mean([step.war for step in steps], axis=0)
    on_each = law @ world.share
    rise = law - world.sanctions
    expected = [
        *(channel[i, j] for channel in (world.votes, world.defence, world.arms, world.enmity)),
        *(world.trade[i, j], world.trade[j, i], 1 - abs(world.regime[i] - world.regime[j])),
        np.log(world.capability[i]) + np.log(world.capability[j]),
        *(max(law[i, j], law[j, i]), max(rise[i, j], rise[j, i]), max(apart[i, j], apart[j, i])),
        *(clash[i, j], war[i] + war[j], on_each[i] * on_each[j]),
        *(6.0, 16 / 5 - 6.0, 16 / 6 - 6.0, 1.2),  # of 1, 2, 3, 4, 6: 12/10 a year
    ]
    close(found[0], expected, 1e-12)
    assert found[0, 8] > 0.0 and (found[0, 13] > 0.0) == (other != "UKR")
    assert (found[0, 11] > 0.0) == (found[0, 12] > 0.0) == (other == "UKR")
    close(found[1, -4:], 0.0)  # a pair without figures
    assert (ridge.inputs(period, past, *pair, 1)[0, 8:14] != found[0, 8:14]).any() or one == "IRN"


# --- emulators ------------------------------------------------------------------------------------------------------

NAMES = tuple(name for name, entry in table().items() if entry.low < entry.high)[:16]
ONE, TWO = NAMES[3], NAMES[11]


def unit(parameters: Parameters, name: str) -> Array:
    """A parameter's place in its range, 0 to 1."""
    entry = table()[name]
    return np.asarray((parameters[name] - entry.low) / (entry.high - entry.low))


def quadratic(parameters: Parameters) -> Array:
    a, b = unit(parameters, ONE), unit(parameters, TWO)
    return np.asarray(1.0 + 2.0 * a - 3.0 * b + 1.5 * a * a - b * b + 4.0 * a * b)


def test_an_emulator_reproduces_a_quadratic_function_of_two_parameters() -> None:
    wave, new = sample(600, 1), sample(500, 2)
    found = emulator.fit(wave, quadratic(wave), NAMES, 7)
    assert {NAMES.index(ONE), NAMES.index(TWO)} <= set(found.top.tolist()) and len(found.top) == emulator.PRODUCTS
    exact = quadratic(new)
    assert np.abs(found(new) - exact).max() < 0.02 * exact.std()
    assert found.rest < 1e-4 * exact.var()


def test_an_emulator_says_how_much_luck_it_leaves() -> None:
    """Noise of variance .09, and a sixth of the runs that cannot say; what it says is the mean, without noise."""
    rng = np.random.default_rng(3)
    wave, new = sample(1500, 1), sample(500, 2)
    statistic = quadratic(wave) + 0.3 * rng.normal(size=1500)
    statistic[rng.uniform(size=1500) < 1 / 6] = nan
    found = emulator.fit(wave, statistic, NAMES, 7)
    assert found.rest == pytest.approx(0.09, rel=0.15)
    assert np.std(found(new) - quadratic(new)) < 0.1


def test_what_is_not_quadratic_is_left_over() -> None:
    """The sign of a cycle within a range: the emulator has the mean, and leaves a variance of nearly 1."""
    wave = sample(800, 1)
    found = emulator.fit(wave, np.sign(np.sin(40.0 * unit(wave, ONE))), NAMES, 7)
    assert found.rest == pytest.approx(1.0, abs=0.1)


def test_an_emulator_of_too_few_runs_says_that_luck_is_everything() -> None:
    wave = sample(200, 1)
    for known, enough in ((emulator.LEAST_RUNS - 1, False), (emulator.LEAST_RUNS, True)):
        statistic = np.where(np.arange(200) < known, quadratic(wave), nan)
        found = emulator.fit(wave, statistic, NAMES, 7)
        assert np.isfinite(found.rest) == enough
        assert np.isfinite(found(wave)).all() and found(wave).any() == enough


def test_sets_stand_as_rows_in_the_order_of_their_names() -> None:
    wave = sample(5, 1)
    found = emulator.matrix(wave, (TWO, ONE))
    np.testing.assert_array_equal(found, np.stack([wave[TWO], wave[ONE]], axis=1))
