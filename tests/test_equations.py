"""Each equation against numbers worked out by hand, its limits, and the whole step against the model in plain loops."""

from __future__ import annotations

from math import exp, tanh

import numpy as np
import pytest
from by_hand import by_hand, by_hand_step
from fuzz import examples
from helpers import BEGIN, DT, FIELDS, Array, box, close, history, of, seeds, some_events, worlds
from hypothesis import given, settings

from blocade import agents
from blocade.equations.armament import armament_growth, armament_step, hostile
from blocade.equations.arrays import back, mean_of_pair
from blocade.equations.balance import common_ties, fold, leading_eigenvalue, structural_balance
from blocade.equations.capability import capability_step
from blocade.equations.concession import accumulate, compliance_step, friendly, friendship, hazard
from blocade.equations.diversion import (
    diversion,
    missing_trade,
    pain,
    residual_in_force,
    trade_step,
    trade_target,
    within,
)
from blocade.equations.drift import likeness, offer_standing, split, tie_drift, tie_step
from blocade.equations.effort import effort
from blocade.equations.exchange import gate, match, need, surplus
from blocade.equations.insulation import insulation_at_rest, insulation_step
from blocade.equations.partners import capacity, willing_partners
from blocade.equations.pressure import closed, hand, pressure
from blocade.equations.reach import reach
from blocade.equations.risk import association_risk
from blocade.equations.threat import threat
from blocade.forces import FORCES, SIGNS
from blocade.policy.calendar import at_rest, calendar
from blocade.randomness import Luck
from blocade.start import solve_start
from blocade.state import Moment
from blocade.world import World

# --- 1 reach, hands and pressure, 2 risk ----------------------------------------------------------------------------


def test_reach_takes_the_harder_of_the_two_sides() -> None:
    close(reach(0.5, of(0.0, 0.48, 0.2), of(0.0, 0.1, 0.6)), [0.0, 0.24, 0.3])
    close(reach(0.0, of(1.0), of(1.0)), [0.0])


def test_hand_is_the_harder_of_enforced_sanctions_and_isolation() -> None:
    close(hand(of(0.48, 0.0, 0.3), of(0.2, 0.4, 0.3)), [0.48, 0.4, 0.3])
    close(closed(of(0.48, 0.0), of(0.5, 0.1)), [0.5, 0.1])
    close(pressure(of(0.48, 0.0, 0.3), of(0.5, 0.3, 0.2)), 0.24 + 0.06)


def risk_case(g: float) -> Array:
    # state 0 sells .4 to state 2 and .1 to state 1; state 2 has a hand of .8 on 1, and one of .5 on 0 itself
    hands = np.array([[0, 0, 0.5], [0, 0, 0.8], [0.25, 0, 0]])
    return association_risk(hands[0], hands, of(0.0, 0.1, 0.4), of(0.05, 0.0, 0.5), g)


def test_risk_is_what_the_punishers_of_the_partner_could_take() -> None:
    close(risk_case(0.0), [0.5 * 0.5 * 0.4, 0.5 * 0.8 * 0.4, 0.0])


def test_risk_fades_for_one_already_punished_as_far_as_g_says() -> None:
    close(risk_case(0.5)[1], 0.5 * 0.8 * (1 - 0.5 * 0.5) * 0.4)
    close(risk_case(1.0)[1], 0.5 * 0.8 * 0.5 * 0.4)


def test_no_enforcement_no_risk() -> None:
    close(association_risk(np.ones(3), np.ones((3, 3)), np.full(3, 0.3), np.zeros(3), 0.5), np.zeros(3))


# --- 3 partners, 4 trade --------------------------------------------------------------------------------------------


def test_willing_partners() -> None:
    w = willing_partners(
        capacity=capacity(share=of(0.2, 0.5, 0.3), relative=of(1.0, 0.8, 1.0), pain=of(0.1, 0.2, 0.0)),
        tie=of(0.0, 0.5, -1.0),
        closed=of(0.0, 0.25, 0.0),
        risk_back=of(0.0, 0.1, 0.0),
    )
    close(w, [0.2 * 0.5 * 0.9, 0.5 * 0.8 * 0.75 * 0.75 * 0.9 * 0.8, 0.0])


@pytest.mark.parametrize(("shut", "risk", "pained"), [(1.0, 0.0, 0.0), (0.0, 1.5, 0.0), (0.0, 0.0, 1.0)])
def test_nobody_willing_behind_a_closed_door_with_all_at_stake_or_in_full_pain(
    shut: float, risk: float, pained: float
) -> None:
    one = np.ones(1)
    close(willing_partners(capacity(one, one, of(pained)), one, of(shut), of(risk)), [0.0])


def test_trade_target() -> None:
    # .3 of trade is missing and .6 of it can be rerouted; willing capacity .3, half of it at κ = .1
    target = trade_target(
        normal=of(0.5, 0.2),
        cut=of(0.4, 0.0),
        risk=of(0.0, 0.1),
        partners=of(0.1, 0.2),
        diverted=diversion(of(0.3), of(0.3), phi=0.6, kappa=0.1),
        residual=of(0.0, 0.01),
    )
    close(target, [0.5 * 0.6 + 0.6 * 0.3 * 0.1 / 0.4, 0.2 * 0.9 + 0.6 * 0.3 * 0.2 / 0.4 + 0.01])
    close(missing_trade(of(0.5, 0.2, 0.1), of(0.3, 0.4, 0.0)), [0.2, 0.0, 0.1])


def test_the_residual_fades_with_the_sanctions_of_the_start_and_grows_with_no_others() -> None:
    constant, erased, before = of(0.01, 0.0, 0.0, 0.0), of(0.0, -0.2, -0.2, -0.2), of(0.0, 0.4, 0.4, 0.4)
    now = of(0.3, 0.4, 0.1, 0.7)  # a new one, the same, eased, harder
    close(residual_in_force(constant, erased, now, before), [0.01, -0.08, -0.02, -0.08])


def test_risk_beyond_all_trade_takes_all_of_it_and_no_more() -> None:
    close(trade_target(of(0.5), of(0.0), of(1.7), of(0.0), of(0.0), 0.0), [0.0])


def test_trade_falls_returns_grows_and_goes_back_each_at_its_own_speed() -> None:
    trade, target, normal = of(0.30, 0.10, 0.20, 0.30), of(0.20, 0.20, 0.30, 0.25), of(0.30, 0.20, 0.20, 0.20)
    stepped = trade_step(trade, target, normal, rho_cut=2.0, rho_recover=0.4, rho_divert=1.0, dt=0.25)
    close(stepped, [0.30 - 0.5 * 0.1, 0.10 + 0.1 * 0.1, 0.20 + 0.25 * 0.1, 0.30 - 0.1 * 0.05])


def test_trade_that_crosses_its_normal_share_moves_at_the_speed_of_each_side() -> None:
    stepped = trade_step(of(0.10, 0.30), of(0.30, 0.10), of(0.20, 0.20), 2.0, 0.4, 1.0, 0.25)
    close(stepped, [0.10 + 0.1 * 0.1 + 0.25 * 0.1, 0.30 - 0.1 * 0.1 - 0.5 * 0.1])


def test_the_last_bit_of_trade_does_not_decide_its_speed() -> None:
    a, b = (trade_step(of(0.2 + e), of(0.4), of(0.2), 2.0, 0.2, 1.0, 0.25) for e in (1e-16, -1e-16))
    close(a, b)


def test_trade_neither_returns_nor_grows_faster_than_it_falls() -> None:
    stepped = trade_step(of(0.1, 0.2), of(0.2, 0.3), of(0.2, 0.2), 1.0, 3.0, 4.0, 0.25)
    close(stepped, [0.1 + 0.25 * 0.1, 0.2 + 0.25 * 0.1])


def test_a_row_above_its_room_is_scaled_down_to_it_and_none_falls_below_zero() -> None:
    close(within(of(1.2, 0.5, 0.0, 0.0, 0.3), of(0.9, 0.9, 0.9, 0.0, 0.0)), [0.75, 1.0, 1.0, 0.0, 0.0])
    assert within(of(0.3), of(0.7))[0] == 1.0
    close(trade_step(of(0.1), of(-0.2), of(0.1), 4.0, 1.0, 1.0, 0.25), [0.0])


def test_pain_is_the_share_of_trade_that_is_lacking() -> None:
    trade = np.array([[0.0, 0.3], [0.2, 0.0], [0.0, 0.0]])
    close(pain(trade.sum(axis=-1), of(0.4, 0.9, 0.0), of(1.0, 1.0, 0.0)), [0.3, 0.0, 0.0])


# --- 5 exchange, 6 balance ------------------------------------------------------------------------------------------


def test_pain_raises_need_and_destroys_surplus_and_war_adds_need() -> None:
    close(need(of(0.4, 0.5), of(0.5, 0.0), of(0.2), of(0.0, 0.3)), [0.4 * 1.1, 0.8])
    close(surplus(of(0.4, 0.5), of(0.5, 0.0), of(0.2)), [0.4 * 0.9, 0.5])


def test_match_is_the_mean_of_what_each_needs_and_the_other_spares() -> None:
    needs, spare = np.array([[0.6, 0.0], [0.2, 0.5]]), np.array([[0.1, 0.4], [0.3, 0.0]])
    both = 0.5 * (0.6 * 0.3 + 0.0 * 0.0 + 0.2 * 0.1 + 0.5 * 0.4)
    close(match(needs, spare, needs, spare)[[0, 1], [1, 0]], [both, both])


def test_gate_opens_between_indifference_and_a_fifth() -> None:
    close(gate(of(-0.5, 0.0, 0.05, 0.2, 0.9)), [0.0, 0.0, 0.25, 1.0, 1.0])


TRIAD = np.array([[0.0, 0.5, -0.4], [0.5, 0.0, 0.0], [-0.4, 0.0, 0.0]])


def test_balance_of_a_triad() -> None:
    # 1 and 2 share one acquaintance, state 0: its friend 1 and its enemy 2 are drawn apart
    share = of(0.5, 0.3, 0.2)
    pull = structural_balance(common_ties(TRIAD, TRIAD, share), 0.8, 0.1)
    close(pull[1, 2], 0.1 * tanh(0.8 * 0.5 * 0.5 * -0.4 / 0.1))
    close(pull[0, 1], 0.0)


def test_balance_without_limit_is_the_plain_product_and_with_limit_zero_nothing() -> None:
    share = of(0.5, 0.3, 0.2)
    close(structural_balance(common_ties(TRIAD, TRIAD, share), 0.8, np.inf)[1, 2], 0.8 * 0.5 * 0.5 * -0.4)
    close(structural_balance(common_ties(TRIAD, TRIAD, share), 0.8, 0.0), np.zeros((3, 3)))
    thrice, limits = np.stack([TRIAD] * 3), of(0.1, np.inf, 0.0)[:, None, None]
    mixed = structural_balance(common_ties(thrice, thrice, share), np.full((3, 1, 1), 0.8), limits)
    close(mixed[:, 1, 2], [0.1 * tanh(-0.8), -0.08, 0.0])


def test_leading_eigenvalue_and_fold() -> None:
    # W^½ A W^½ = [[0, .4], [.4, 0]] · √(.5·.5)
    close(leading_eigenvalue(np.array([[0.0, 0.4], [0.4, 0.0]]), of(0.5, 0.5)), 0.2)
    close(leading_eigenvalue(np.array([[0.0, -0.4], [-0.4, 0.0]]), of(0.8, 0.2)), 0.4 * 0.4)
    close(fold(0.5, 1.6), 0.078125)


# --- 7 ties ---------------------------------------------------------------------------------------------------------


def test_signs_of_the_forces() -> None:
    plus = {"trade", "match", "offer", "comply", "regime"}
    assert {force for force in FORCES if SIGNS[force] == 1} == plus
    assert {force for force in FORCES if SIGNS[force] == -1} == {"sanction", "isolation", "risk", "threat"}


def test_forces_are_split_by_sign_before_they_are_summed() -> None:
    plus, minus = split([of(0.3, -0.1), of(-0.2, -0.1), of(0.1, 0.0)], (2,))
    close(plus, [0.4, 0.0])
    close(minus, [0.2, 0.2])
    none = split([], (2,))
    close(none, np.zeros((2, 2)))


def test_tie_drift_and_step() -> None:
    rate = tie_drift(of(0.5), of(0.2), of(0.4), of(0.1), of(0.03), 0.2)
    close(rate, [0.2 * -0.3 + 0.4 * 0.5 - 0.1 * 1.5 + 0.03])
    close(tie_step(of(0.5, 0.99, -0.99), of(0.4, 0.4, -0.4), 0.25, of(0.02, 0.0, 0.0)), [0.62, 1.0, -1.0])
    close(tie_step(of(0.9, -0.95), of(0.0, 0.0), 0.25, of(0.02, 0.02)), [0.91, -0.945])
    close(tie_step(of(1.0, -1.0), of(0.0, 0.0), 0.25, of(-0.3, 0.3)), [1.0, -1.0])  # luck makes no friend of an enemy


def test_an_offer_pulls_as_far_as_it_is_still_to_be_had() -> None:
    offers = np.array([[0.0, 0.8, 0.2], [0.5, 0.0, 0.1], [0.4, 0.4, 0.0]])
    standing = offer_standing(offers, of(0.3, 0.0, 1.0)[:, None], of(0.25, 0.0, 1.0)[:, None])
    close(standing, [[0.0, 0.6, 0.15], [0.0, 0.0, 0.0], [0.0, 0.0, 0.0]])


def test_threat_is_felt_by_friends_of_whoever_is_struck() -> None:
    """1 is at war with 2; 0 is half a friend of 1 and an enemy of 2; 3 is a friend of both, 4 of nobody."""
    tie, fights = np.zeros((5, 5)), np.zeros((5, 5))
    for i, j, a in ((0, 1, 0.5), (0, 2, -0.9), (1, 2, -0.2), (1, 3, 0.3), (2, 3, 0.4)):
        tie[i, j] = tie[j, i] = a
    fights[1, 2] = fights[2, 1] = 1.0
    feared = threat(tie, fights, fights)
    expected = np.zeros((5, 5))
    expected[0, 2], expected[1, 2], expected[2, 1], expected[3, 1], expected[3, 2] = 0.5, 1.0, 1.0, 0.4, 0.3
    close(feared, expected)
    close(threat(tie[0], fights[0], fights), expected[0])


def test_full_ties_are_pushed_no_further() -> None:
    close(tie_drift(of(1.0, -1.0), of(1.0, -1.0), of(9.0, 0.0), of(0.0, 9.0), of(0.0, 0.0), 0.2), [0.0, 0.0])


def test_likeness() -> None:
    close(likeness(0.9, of(0.9, 0.2, 1.0)), [1.0, 0.3, 0.9])


# --- 8 concession, 9 insulation, 10 effort, 11 capability, 12 armament ----------------------------------------------


def test_friendship_with_those_who_press() -> None:
    # ĉH weighs .1 and .3; the enemy counts as no friend, and who does not press does not count
    share, hands = of(0.2, 0.3, 0.5), of(0.5, 1.0, 0.0)
    friends = friendly(of(0.6, -0.9, 1.0), hands)
    close(friends, [0.5 * 0.6, 0.0, 0.0])
    close(friendship(friends @ share, pressure(hands, share)), 0.1 * 0.6 / 0.4)
    close(friendship(of(0.0), of(0.0)), [0.0])


def test_hazard() -> None:
    rate = hazard(of(0.3), of(0.4), of(0.2), of(0.5), of(0.6), h0=0.05, k=2.0, kappa_f=1.0, k_o=-0.5)
    close(rate, [0.05 * exp(2.0 * (0.4 * 1.5 - 0.2) - 0.3)])
    close(hazard(of(0.0), of(0.4), of(0.2), of(0.5), of(0.6), 0.05, 2.0, 1.0, 1.0), [0.0])
    close(hazard(of(0.1), of(0.2), of(0.2), of(0.0), of(0.0), 0.05, 2.0, 1.0, 1.0), [0.05])


def test_exposure_grows_by_what_is_left_to_concede() -> None:
    close(accumulate(of(0.5, 0.5, 0.5), of(0.2, 0.2, 0.2), of(0.0, 0.25, 1.0), 0.25), [0.55, 0.5375, 0.5])


def test_compliance_is_whole_on_a_concession_and_decays_unless_relieved() -> None:
    stepped = compliance_step(of(0.3, 0.8, 0.8, 0.8), of(1, 0, 0, 0), of(0.0, 0.0, 0.5, 1.0), 0.4, 0.25)
    close(stepped, [1.0, 0.8 * exp(-0.1), 0.8 * exp(-0.05), 0.8])


def test_insulation() -> None:
    close(insulation_at_rest(0.3, of(0.0, 0.5, 1.0)), [0.3, 0.15, 0.0])
    stepped = insulation_step(of(0.4, 0.4), of(0.3, 0.3), of(0.6, 0.1), of(0.2, 0.2), of(0.25, 0.25), 0.5, 0.1, 0.25)
    close(stepped, [0.4 + (0.5 * 0.4 * 0.75 * 0.6 - 0.1 * 0.1) * 0.25, 0.4 - 0.1 * 0.1 * 0.25])
    # a democracy builds none
    close(insulation_step(of(0.99), of(0.3), of(1.0), of(0.0), of(1.0), 2.0, 0.0, 4.0), [0.99])


def test_effort_decays_from_full_to_its_long_run() -> None:
    hours = effort(of(np.nan, 1.0, 3.0), 3.0, 0.6, 0.2)
    close(hours, [0.6, 0.6 + 0.4 * exp(-0.4), 1.0])
    close(effort(of(np.nan, np.nan), 3.0, 0.6, 0.2), [0.6, 0.6])
    close(effort(of(0.0), 500.0, 0.6, 0.2), [0.6])


def test_capability_falls_with_pain_above_that_of_the_start_and_recovers() -> None:
    normal, now, before = of(0.2, 0.2, 0.2), of(0.5, 0.1, 0.3), of(0.3, 0.3, 0.3)
    stepped = capability_step(of(0.2, 0.2, 0.1), normal, now, before, 0.4, 0.1, 0.25)
    close(stepped, [0.2 - 0.4 * 0.2 * 0.2 * 0.25, 0.2, 0.1 + 0.1 * 0.1 * 0.25])


def test_armament() -> None:
    close(hostile(of(-0.5, 0.9, -1.0)), [0.5, 0.0, 1.0])
    close(armament_growth(of(0.6), of(0.1), 0.15, 0.05), [0.095])
    stepped = armament_step(of(2.0, 0.01), of(0.1, 0.0), of(0.5, -0.1), 0.4, 0.25)
    close(stepped, [2.0 + (0.1 - 0.8 + 0.5) * 0.25, 0.0])


def test_notation() -> None:
    x = np.array([[0.0, 1.0], [4.0, 0.0]])
    close(back(x), [[0.0, 4.0], [1.0, 0.0]])
    close(mean_of_pair(x, back(x)), [[0.0, 2.5], [2.5, 0.0]])


def test_a_row_gives_what_the_batch_gives() -> None:
    """One state calls an equation on its own row, the batch on [run, state, partner]."""
    rng = np.random.default_rng(3)
    one, two = rng.uniform(size=(2, 2, 4, 4))
    tie, share, goods = rng.uniform(-1, 1, size=(2, 4, 4)), rng.dirichlet(np.ones(4)), rng.uniform(size=(4, 2, 4, 5))
    risk, common = association_risk(one, one, two, share, 0.5), common_ties(tie, tie, share)
    for r in range(2):
        for i in range(4):
            mine = (r, i)
            close(association_risk(one[mine], one[r], two[mine], share, 0.5), risk[mine])
            close(common_ties(tie[mine], tie[r], share), common[mine])
            close(match(*goods[:2, r, i], *goods[2:, r]), match(goods[0], goods[1], goods[2], goods[3])[mine])
            close(pressure(one[mine], share), pressure(one, share)[mine])


# --- how they are put together --------------------------------------------------------------------------------------


@settings(max_examples=examples(24))
@given(world=worlds(2, 5), seed=seeds)
def test_both_engines_equal_the_model_in_plain_loops(world: World, seed: int) -> None:
    """Every variable of a noisy run with a random mix of events of all kinds, against `by_hand_step`.

    To 1e-10 for six years and 1e-6 for nine: at the corners of the box a steep gate doubles a rounding in half a year.
    """
    rng = np.random.default_rng(seed)
    parameters = box(rng, 2, h0=1.0)
    events, steps = some_events(world, rng), 36
    start = solve_start(world, parameters)
    luck = Luck(5, [0, 1], [0, 0], world.codes)
    batch = history(start, parameters, events, steps, luck)
    by_agents: list[Moment] = []
    decrees = calendar(world, events, BEGIN, DT, steps)
    agents.run(start, parameters, decrees, luck, lambda step, moment: by_agents.append(moment), DT)
    for run in range(2):
        hand_ = by_hand(start, parameters, run, at_rest(world))
        for step, decree in enumerate(decrees):
            threshold = luck.thresholds(np.tile(hand_.state["spell"].astype(np.int64), (2, 1)))[run]
            by_hand_step(hand_, decree, step * DT, luck.shocks(step)[run], threshold, DT)
            for engine, moments in (("batch", batch), ("agents", by_agents)):
                state = moments[step + 1].state
                for name in (*FIELDS, "spell"):
                    scale = 1.0 + np.abs(hand_.state[name]).max()
                    worst = np.abs(getattr(state, name)[run] - hand_.state[name]).max() / scale
                    limit = 1e-10 if step < 24 else 1e-6
                    assert worst < limit, f"{engine}: {name} differs by {worst} in step {step}"
