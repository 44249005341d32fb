"""The start as a rest point, and the clean start: what is solved, against cases that can be solved on paper."""

from __future__ import annotations

from dataclasses import replace
from math import tanh

import numpy as np
import pytest
from helpers import BEGIN, STILL, Array, box, embargoed, furthest, history, plain, seeds, sets, worlds
from hypothesis import given
from worlds import make_world

from blocade.parameters import Parameters, sample
from blocade.policy.events import LiftEvent
from blocade.start import Start, clean_start, same_trade, solve_start
from blocade.world import World, load_world


@given(world=worlds(least=4), seed=seeds)
def test_normal_trade_fills_its_row_and_actual_trade_is_the_observed_less_pain(world: World, seed: int) -> None:
    start = solve_start(world, box(np.random.default_rng(seed), 4))
    assert start.normal.min() >= 0.0
    np.testing.assert_allclose(start.normal.sum(axis=-1) + start.rest_of_world, 1.0, rtol=0, atol=1e-9)
    left = 1.0 - start.pain
    np.testing.assert_allclose(start.trade, left[..., None] * world.trade, rtol=0, atol=1e-11)
    np.testing.assert_allclose(start.rest_of_world, left * world.rest_of_world, rtol=0, atol=1e-11)
    erased = np.isfinite(world.expected)
    assert (start.normal[:, erased] == world.expected[erased]).all()


def two_states(cut: float = 0.5) -> World:
    """State 0 has half of its observed trade with state 1, which sanctions it."""
    sanctions = np.zeros((2, 2))
    sanctions[0, 1] = cut
    return plain(2, trade=np.array([[0.0, 0.5], [0.2, 0.0]]), sanctions=sanctions)


def test_normal_trade_under_sanctions_by_hand() -> None:
    """No diversion: T⁰ = (1 − p)·.5/(1 − cut), and T⁰ + (1 − p)·.5 = 1."""
    parameters = sets(phi=0.0, delta=0.6, e_inf=0.8, chi=0.0)
    start = solve_start(two_states(), parameters)
    for state, observed in ((0, 0.5), (1, 0.2)):  # the sender's own trade is cut as far
        before = observed / (1 - 0.6 * 0.8 * 0.5)
        pain = 1 - 1 / (before + 1 - observed)
        assert start.pain[0, state] == pytest.approx(pain, abs=1e-12)
        assert start.normal[0, state, 1 - state] == pytest.approx((1 - pain) * before, abs=1e-12)
    assert start.pressure[0].tolist() == pytest.approx([0.5 * 0.8 * 0.5, 0.0], abs=1e-15)


def test_a_world_without_acts_starts_from_its_normal_trade() -> None:
    world = replace(make_world(5, np.random.default_rng(4)), sanctions=np.zeros((5, 5)), isolation=np.zeros((5, 5)))
    start = solve_start(world, sets(3))
    np.testing.assert_allclose(start.normal, np.broadcast_to(world.trade, (3, 5, 5)), rtol=0, atol=1e-12)
    assert np.abs(start.pain).max() < 1e-12
    assert np.abs(residual(start)).max() < 1e-12


def residual(start: Start) -> Array:
    """T − T* at the start, however it is kept: constant, or per unit of reach."""
    return np.asarray(start.residual + start.erased * start.cut)


@given(world=worlds(least=4), seed=seeds)
def test_only_erased_or_wholly_diverted_trade_is_left_unexplained(world: World, seed: int) -> None:
    """Else T⁰ and pain are solved to 1e-9."""
    start = solve_start(world, box(np.random.default_rng(seed), 4))
    unexplained = residual(start)
    solved = (start.normal > 1e-9) & ~np.isfinite(world.expected)
    assert np.abs(unexplained[solved]).max(initial=0.0) < 1e-9
    diverted_too_much = ~solved & ~np.isfinite(world.expected)
    assert unexplained[diverted_too_much].max(initial=0.0) < 1e-8


@pytest.mark.parametrize("name", ["1991", "2002", "2011", "2013", "2021"])
def test_the_real_worlds_leave_little_unexplained(name: str) -> None:
    """Where nothing is erased; measured: at most .034 of a state's trade, .001 in all but a hundredth of pairs."""
    world = load_world(name)
    start = solve_start(world, sample(12, 5))
    unexplained = np.abs(residual(start))[:, ~np.isfinite(world.expected)]
    assert unexplained.max() < 0.05
    assert np.quantile(unexplained, 0.99) < 0.001


def test_resting_ties_answer_balance() -> None:
    """B = A⁰ − L tanh(α (A W A)_ij / L)/β, with α relative to the fold β/(4λ₀); three states and their one triad."""
    votes = np.array([[0.0, 0.8, -0.6], [0.8, 0.0, 0.0], [-0.6, 0.0, 0.0]])
    capability = np.array([0.5, 0.3, 0.2])
    world = plain(3, votes=votes, capability=capability)
    parameters = sets(w_votes=1.0, balance=0.8, balance_limit=0.25, beta=0.2)
    start = solve_start(world, parameters)
    top = np.sqrt(0.5 * 0.3 * 0.8**2 + 0.5 * 0.2 * 0.6**2)  # the one positive eigenvalue of a star
    alpha, limit = 0.8 * 0.2 / (4 * top), 0.25 * 0.2
    assert start.alpha[0] == pytest.approx(alpha, abs=1e-14)
    assert start.limit[0] == pytest.approx(limit, abs=1e-15)
    pull = limit * tanh(alpha * 0.5 * 0.8 * -0.6 / limit)
    assert start.resting[0, 1, 2] == pytest.approx(-pull / 0.2, abs=1e-14)
    assert start.resting[0, 0, 1] == pytest.approx(0.8, abs=1e-14)
    assert not np.diag(start.resting[0]).any()


def test_resting_ties_are_not_clipped() -> None:
    camp = np.outer([1.0, 1.0, -1.0, -1.0], [1.0, 1.0, -1.0, -1.0]) - np.eye(4)
    start = solve_start(plain(4, votes=-camp), sets(w_votes=1.0, balance=4.0, balance_limit=2.0))
    assert np.abs(start.resting).max() > 1.2
    assert np.abs(start.tie).max() == 1.0


def test_without_a_positive_eigenvalue_or_reversion_balance_is_silent() -> None:
    assert solve_start(plain(3), sets(balance=1.0)).alpha.tolist() == [0.0]
    votes = np.array([[0.0, 0.8], [0.8, 0.0]])
    still = solve_start(plain(2, votes=votes), sets(beta=0.0))
    np.testing.assert_array_equal(still.resting, still.tie)


@given(world=worlds(), seed=seeds)
def test_the_clean_start_has_the_ties_and_the_normal_trade_of_the_real_one_and_no_acts(world: World, seed: int) -> None:
    parameters = box(np.random.default_rng(seed), 3)
    real = solve_start(world, parameters)
    clean = clean_start(real, parameters)
    assert not clean.world.sanctions.any() and not clean.world.isolation.any()
    for name in ("tie", "normal", "resting", "alpha", "limit", "insulation"):
        np.testing.assert_array_equal(getattr(clean, name), getattr(real, name))
    np.testing.assert_array_equal(clean.trade, real.normal)
    assert not clean.pressure.any() and not clean.cut.any()
    assert np.abs(clean.pain).max() < 1e-9
    assert np.abs(residual(clean)).max() < 1e-9
    assert not any(np.any(clean.levels.get(force, 0.0)) for force in ("sanction", "isolation", "risk"))


def test_an_embargo_keeps_trade_erased_while_it_lasts_and_gives_the_expected_share_back() -> None:
    rng = np.random.default_rng(7)
    world = make_world(5, rng)
    acts = np.zeros((5, 5))
    acts[1, 3] = 0.8
    world = embargoed(replace(world, sanctions=acts, isolation=np.zeros((5, 5))), rng)
    start = solve_start(world, sets())
    assert start.normal[0, 1, 3] == start.normal[0, 3, 1] == 0.05
    assert start.trade[0, 1, 3] == start.trade[0, 3, 1] == 0.0
    assert residual(start)[0, 1, 3] < -0.01
    assert start.residual[0, 1, 3] == 0.0  # all of it fades with the reach of the sanctions
    parameters = sets(**STILL, phi=0.0)
    begin = solve_start(world, parameters)
    lifted = LiftEvent(BEGIN, world.codes[3:4], world.codes[1:2])
    kept, returned = (history(begin, parameters, events, 400)[-1].state.trade[0] for events in ((), (lifted,)))
    assert kept[1, 3] == kept[3, 1] == 0.0
    assert returned[[1, 3], [3, 1]] == pytest.approx([0.05, 0.05], abs=1e-9)


def test_other_goods_or_forces_share_the_trade_and_ties_of_the_real_start_and_rest_all_the_same() -> None:
    world, parameters = make_world(5, np.random.default_rng(3)), sample(3, 1, STILL)
    real = solve_start(world, parameters)
    without = parameters.replaced({"b_match": 0.0, "balance": 0.0})
    for other, values in ((world.by_rule(), parameters), (world, without)):
        start, solved = same_trade(real, other, values), solve_start(other, values)
        for name in ("tie", "trade", "normal", "rest_of_world", "resting", "armament_constant", "alpha", "residual"):
            np.testing.assert_allclose(getattr(start, name), getattr(solved, name), rtol=0, atol=1e-11)
        moments = history(start, values, steps=20)
        assert furthest(moments[-1], moments[0]) < 1e-12
    assert not np.array_equal(same_trade(real, world.by_rule(), parameters).levels["match"], real.levels["match"])


def test_a_start_that_cycles_at_full_steps_settles_at_smaller_ones() -> None:
    """Two states, nearly all trade under sanctions of one who could take it up himself: a corner of the box."""
    sanctions = np.zeros((2, 2))
    sanctions[0, 1] = 0.8
    votes = np.array([[0.0, 0.65], [0.65, 0.0]])
    world = plain(2, trade=np.array([[0.0, 0.837], [0.749, 0.0]]), sanctions=sanctions, votes=votes)
    world = replace(world, capability=np.array([0.115, 0.885]))
    start = solve_start(world, sets(phi=0.95, kappa=0.02, delta=0.7, e_inf=0.9, w_votes=0.4))
    np.testing.assert_allclose(start.normal.sum(axis=-1) + start.rest_of_world, 1.0, rtol=0, atol=1e-9)
    assert np.abs(residual(start)).max() < 1e-9


def test_ties_are_weighed_by_the_parameters() -> None:
    world = make_world(4, np.random.default_rng(2))
    weights = {"w_votes": 0.3, "w_defence": 0.6, "w_arms": 0.2, "w_enmity": 0.7}
    start = solve_start(world, sets(2, **weights))
    expected = np.clip(0.3 * world.votes + 0.6 * world.defence + 0.2 * world.arms - 0.7 * world.enmity, -1, 1)
    np.testing.assert_allclose(start.tie, np.stack([expected] * 2), rtol=0, atol=1e-15)


def test_runs_are_solved_apart_and_taken_in_any_order() -> None:
    world = make_world(5, np.random.default_rng(3))
    parameters = sample(4, 1)
    together = solve_start(world, parameters).take(np.array([2, 0, 2]))
    for place, run in enumerate((2, 0, 2)):
        alone = solve_start(world, parameters.take(np.array([run])))
        for name in ("tie", "trade", "normal", "resting", "pain", "armament_constant", "alpha"):
            np.testing.assert_allclose(getattr(together, name)[place], getattr(alone, name)[0], rtol=0, atol=1e-11)
        for force, level in together.levels.items():
            one = alone.levels[force]
            mine, its = (x[k] if x.ndim == 3 else x for x, k in ((level, place), (one, 0)))
            np.testing.assert_allclose(mine, its, rtol=0, atol=1e-11)


def test_starting_from_other_parameters_moves_the_start() -> None:
    """A start that ignored the draws would pass every test of rest."""
    world = make_world(5, np.random.default_rng(3))
    parameters: Parameters = sample(6, 1)
    start = solve_start(world, parameters)
    for name in ("tie", "normal", "resting", "insulation", "armament_constant"):
        assert np.ptp(getattr(start, name), axis=0).max() > 1e-3, name
