"""How ties and trade show in the records: known answers, bounds and limits."""

from __future__ import annotations

import numpy as np
import pytest
from helpers import Array, close, of, seeds
from hypothesis import given

from blocade.equations.observation import event_chance, recorded_share, shown, vote_distance


def drawn(seed: int, *shape: int) -> Array:
    return np.random.default_rng(seed).normal(size=shape)


# --- votes ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("base", "change", "distance"),
    [
        (1.0, 0.5, 0.7),  # 1 − .4·1.5·.5
        (1.0, -0.5, 1.3),
        (0.0, 0.5, 0.0),  # nobody comes nearer than the same point
        (0.2, 0.5, 0.0),
        (0.3, 0.5, 0.0),
        (2.0, 0.0, 2.0),
    ],
)
def test_distance_in_votes_falls_with_the_tie_down_to_zero(base: float, change: float, distance: float) -> None:
    close(vote_distance(of(base), of(change), 0.4, 1.5), [distance], 1e-15)


@given(seed=seeds)
def test_distance_is_never_negative_and_moves_against_the_tie(seed: int) -> None:
    base, change = np.abs(drawn(seed, 5, 4, 4)), drawn(seed + 1, 5, 4, 4)
    loading = np.random.default_rng(seed).uniform(0.1, 3.0, size=(5, 1, 1))
    found = vote_distance(base, change, loading, 1.2)
    assert (found >= 0.0).all()
    assert (found[change > 0.0] < base[change > 0.0]).all()
    assert (found[change < 0.0] > base[change < 0.0]).all()


@given(seed=seeds)
def test_votes_with_a_loading_of_zero_see_nothing_of_a_tie(seed: int) -> None:
    base = np.abs(drawn(seed, 4, 4))
    np.testing.assert_array_equal(vote_distance(base, drawn(seed + 1, 3, 4, 4), 0.0, 1.3), np.stack([base] * 3))


def test_the_change_of_the_distance_is_proportional_to_loading_spread_and_change() -> None:
    """4 − λ·D̄·ΔA: each of the three doubled doubles the fall of .3."""
    for loading, spread, change in ((0.5, 1.2, 0.5), (1.0, 1.2, 0.5), (0.5, 2.4, 0.5), (0.5, 1.2, 1.0)):
        doubled = (loading, spread, change) != (0.5, 1.2, 0.5)
        close(vote_distance(of(4.0), of(change), loading, spread), [3.4 if doubled else 3.7], 1e-15)


def test_each_run_has_its_own_loading_and_an_unknown_distance_stays_unknown() -> None:
    base = np.array([[0.0, 1.0], [np.nan, 0.0]])
    change = np.full((3, 2, 2, 2), 0.25)  # [run, year, state, partner]
    change[:, 1] = 0.5
    found = vote_distance(base, change, of(0.0, 1.0, 2.0)[:, None, None, None], 0.8)
    assert found.shape == (3, 2, 2, 2)
    close(found[:, :, 0, 1], [[1.0, 1.0], [0.8, 0.6], [0.6, 0.2]], 1e-15)
    assert np.isnan(found[:, :, 1, 0]).all()


# --- trade ----------------------------------------------------------------------------------------------------------


def test_recorded_shares_are_of_the_trade_that_is_left() -> None:
    """.2, .1 and a rest of .5 out of .8; and .3 alone."""
    trade = np.array([[0.0, 0.2, 0.1], [0.0, 0.0, 0.3], [0.0, 0.0, 0.0]])
    close(recorded_share(trade, of(0.5, 0.0, 0.0)), [[0, 0.25, 0.125], [0, 0, 1.0], [0, 0, 0]], 1e-15)
    close(recorded_share(trade, of(0.5, 0.0, 0.4))[2], [0, 0, 0])


@given(seed=seeds)
def test_recorded_shares_sum_to_one_with_the_rest_where_something_is_left(seed: int) -> None:
    rng = np.random.default_rng(seed)
    trade = rng.uniform(size=(3, 2, 5, 5)) * (rng.uniform(size=(3, 2, 5, 5)) < 0.4)
    rest = rng.uniform(size=5) * (rng.uniform(size=5) < 0.5)  # [state], for all runs and years
    found = recorded_share(trade, rest)
    left = trade.sum(axis=-1) + rest
    some = left > 0.0
    sums = found.sum(axis=-1)
    close((sums + np.divide(rest, left, out=np.zeros_like(left), where=some))[some], 1.0, 1e-12)
    assert (sums[~some] == 0.0).all()
    assert (found >= 0.0).all() and (found <= 1.0 + 1e-12).all()
    close(found[1, 0], recorded_share(trade[1, 0], rest))


def test_a_figure_grows_in_proportion_to_what_the_model_has() -> None:
    """.12 recorded where the model begins with .2 and has .3 now: .18; nothing now: nothing."""
    close(shown(of(0.12, 0.12, 0.12), of(0.2, 0.2, 0.2), of(0.3, 0.0, 0.2)), [0.18, 0.0, 0.12], 1e-15)


def test_what_the_model_gains_from_nothing_is_added_to_the_record() -> None:
    close(shown(of(0.1, 0.1, 0.0), of(0.0, 0.0, 0.0), of(0.05, 0.0, 0.2)), [0.15, 0.1, 0.2], 1e-15)


def test_a_figure_is_shown_for_every_run_and_year() -> None:
    base, start = of(0.1, 0.4), np.array([[[0.2, 0.0]], [[0.4, 0.8]]])  # [pair], [run, 1, pair]
    now = np.array([[[0.2, 0.1], [0.4, 0.0]], [[0.2, 0.8], [0.0, 0.4]]])
    expected = [[[0.1, 0.5], [0.2, 0.4]], [[0.05, 0.4], [0.0, 0.2]]]
    close(shown(base, start, now), expected, 1e-15)


# --- events ---------------------------------------------------------------------------------------------------------


def test_the_chance_of_an_event_is_logistic_in_its_features() -> None:
    """x·w = log 3 gives 3 to 1; 1·w₀ + 2·w₁ = 0 gives evens."""
    features = np.array([[1.0, 0.0], [1.0, 1.0], [1.0, 2.0]])
    weights = of(-np.log(9.0), 0.5 * np.log(9.0))
    close(event_chance(features, weights), [0.1, 0.25, 0.5], 1e-15)


@pytest.mark.parametrize(("push", "chance"), [(0.0, 0.5), (800.0, 1.0), (-800.0, 0.0)])
def test_the_chance_of_an_event_in_the_limits(push: float, chance: float) -> None:
    close(event_chance(of(1.0, 1.0), of(push, 0.0)), chance)


@given(seed=seeds)
def test_chances_are_of_each_pair_and_turn_over_with_the_weights(seed: int) -> None:
    features, weights = drawn(seed, 2, 3, 4), drawn(seed + 1, 4)
    found = event_chance(features, weights)
    assert found.shape == (2, 3)
    assert ((found > 0.0) & (found < 1.0)).all()
    close(found + event_chance(features, -weights), 1.0, 1e-15)
    close(np.log(found / (1.0 - found))[1, 2], features[1, 2] @ weights, 1e-9)
