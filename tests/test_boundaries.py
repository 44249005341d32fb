"""Equations in awkward numbers, and at and beyond their boundaries: what a wrong sign or limit would show in."""

from __future__ import annotations

from math import exp, tanh

import numpy as np
import numpy.typing as npt
import pytest

from blocade.equations.armament import armament_step
from blocade.equations.arrays import matched, without_self
from blocade.equations.balance import leading_eigenvalue, structural_balance
from blocade.equations.capability import capability_step
from blocade.equations.concession import compliance_step, friendship, hazard
from blocade.equations.diversion import pain, residual_in_force, trade_step, within
from blocade.equations.drift import downward, offer_standing, split, tie_step, upward
from blocade.equations.effort import effort, watched
from blocade.equations.exchange import gate, need, surplus
from blocade.equations.insulation import insulation_step
from blocade.equations.munitions import munitions_received, munitions_step
from blocade.equations.partners import willing_partners
from blocade.equations.reach import reach


def of(*numbers: float) -> npt.NDArray[np.float64]:
    """An array of numbers. This file loads the equations alone, so that thousands of mutants of them can be tried."""
    return np.array(numbers, dtype=float)


def close(actual: npt.ArrayLike, expected: npt.ArrayLike, tolerance: float = 1e-14) -> None:
    """Assert equality to a tolerance."""
    np.testing.assert_allclose(np.asarray(actual), np.asarray(expected), rtol=0, atol=tolerance)


# --- trade and partners ---------------------------------------------------------------------------------------------


def test_withdrawal_takes_its_share_of_what_sanctions_have_left() -> None:
    """.5·.6 = .3 is cut; of the other .7 a fifth, none and all is withdrawn."""
    close(reach(0.5, of(0.6, 0.6, 0.6), of(0.2, 0.1, 0.0), of(0.2, 0.0, 1.0)), [0.3 + 0.2 * 0.7, 0.3, 1.0])


def test_a_shield_takes_its_share_of_the_reserve() -> None:
    """Openness .75·.6·.9 = .405; a shield of .2 adds a fifth of the rest, a whole one all of it."""
    three = of(0.5, 0.5, 0.5)
    willing = willing_partners(of(0.3, 0.3, 0.3), three, of(0.4, 0.4, 0.4), of(0.1, 0.1, 0.1), of(0.0, 0.2, 1.0))
    close(willing, [0.3 * 0.405, 0.3 * (0.405 + 0.2 * 0.595), 0.3])


def test_ties_beyond_their_range_make_nobody_more_than_willing_or_less_than_unwilling() -> None:
    close(
        willing_partners(of(0.4, 0.4, 0.4), of(1.6, 1.0, -1.6), of(0.0, 0.0, 0.0), of(0.0, 0.0, 0.0)), [0.4, 0.4, 0.0]
    )


def test_the_room_of_a_row_is_exact_and_trade_stops_at_zero() -> None:
    close(within(of(0.8, 0.80001, 0.4), of(0.8, 0.8, 0.8)), [1.0, 0.8 / 0.80001, 1.0], 1e-15)
    close(within(of(0.0), of(-0.1)), [-0.1 / 1e-300])
    close(trade_step(of(0.01), of(-1.0), of(0.2), 2.0, 0.4, 1.0, 0.25), [0.0])
    close(pain(of(-0.3, 0.5, 0.9), of(0.0, 0.1, 0.4), of(1.0, 1.0, 1.0)), [1.0, 0.4, 0.0])
    close(residual_in_force(of(0.02), of(-0.3), of(0.1), of(0.4)), [0.02 - 0.03])


# --- ties -----------------------------------------------------------------------------------------------------------


def test_notation_of_sums_and_of_the_diagonal() -> None:
    x, weight = np.array([[1.0, 2.0], [3.0, 4.0]]), of(0.5, 0.25)
    close(matched(x, weight), [1.0, 2.5])
    close(matched(x[0], weight), 1.0)
    batch = np.stack([x, 2 * x])
    found = without_self(batch)
    assert found is batch
    close(found, [[[0.0, 2.0], [3.0, 0.0]], [[0.0, 4.0], [6.0, 0.0]]])


def test_ups_and_downs_of_forces() -> None:
    close(upward(of(0.3, -0.3), of(0.5, 0.5)), [0.4, 0.1])
    close(downward(of(0.3, -0.3), of(0.5, 0.5)), [0.1, 0.4])
    plus, minus = split([of(0.3), of(-0.2), of(0.4)], (1,))
    close([plus, minus], [[0.7], [0.2]])


def test_luck_fades_within_a_fifth_of_either_end_of_the_range() -> None:
    ties, still = of(0.79, 0.81, -0.79, -0.81, 0.0, -0.9), np.zeros(6)
    close(tie_step(ties, still, 0.25, 0.1), ties + 0.1 * of(1.0, 0.95, 1.0, 0.95, 1.0, 0.5))


def test_need_and_surplus_move_with_pain() -> None:
    close(need(of(0.4), of(0.7), of(0.3), of(0.05)), [0.4 * 1.21 + 0.05])
    close(surplus(of(0.4), of(0.7), of(0.3)), [0.4 * 0.79])


def test_a_gate_is_shut_at_no_tie_and_open_at_a_fifth() -> None:
    close(gate(of(-1.0, 0.0, 0.1, 0.199, 0.2, 1.0)), [0.0, 0.0, 0.5, 0.995, 1.0, 1.0])


@pytest.mark.parametrize("pressure", [0.0, -0.5])
def test_without_pressure_no_offer_pulls_nobody_concedes_and_no_friendship_counts(pressure: float) -> None:
    half = of(0.5)
    close(offer_standing(half, of(pressure), half), [0.0])
    close(friendship(half, of(pressure)), [0.0])
    close(hazard(of(pressure), half, half, half, half, 0.5, 1.0, 1.0, 1.0), [0.0])


def test_the_least_pressure_is_pressure() -> None:
    close(offer_standing(of(0.5), of(1e-9), of(0.5)), [0.25])
    close(friendship(of(0.5e-9), of(1e-9)), [0.5])
    close(hazard(of(1e-9), of(0.5), of(0.2), of(0.4), of(0.3), 0.5, 2.0, 3.0, -1.0), [0.5 * exp(2 * 0.9 - 0.3)], 1e-12)


def test_balance_is_bounded_by_its_limit_at_any_strength() -> None:
    common = of(0.4, -2.5)
    close(structural_balance(common, 0.7, 0.3), [0.3 * tanh(0.28 / 0.3), -0.3 * tanh(1.75 / 0.3)])
    close(structural_balance(common, 0.7, of(0.3, np.inf)), [0.3 * tanh(0.28 / 0.3), -1.75])


def test_the_leading_eigenvalue_is_the_top_one_of_all() -> None:
    """Three friends of a third each: 2/3 of .9, and two of −.3; a block of two beside one alone."""
    top = leading_eigenvalue(0.9 * (1 - np.eye(3)), np.full(3, 1 / 3))
    assert top.shape == ()
    close(top, 0.6, 1e-12)
    pair = np.zeros((4, 4))
    pair[0, 1] = pair[1, 0] = 0.5
    close(leading_eigenvalue(pair, of(0.4, 0.1, 0.2, 0.3)), 0.5 * 0.2, 1e-12)


# --- states ---------------------------------------------------------------------------------------------------------


def test_compliance_decays_by_what_is_not_relieved() -> None:
    found = compliance_step(of(0.6, 0.6, 0.6), of(0.0, 0.0, 1.0), of(0.25, 0.75, 0.25), 0.8, 0.5)
    close(found, [0.6 * exp(-0.3), 0.6 * exp(-0.1), 1.0])


def test_insulation_stays_between_nothing_and_all() -> None:
    """.9 + 9·.5·.75·.1·4 − .5·.7·4 would be .85; without decay it is beyond 1, and with a fast one below 0."""
    u, rest, pressed, calm, r = of(0.9), of(0.2), of(0.8), of(0.3), of(0.25)
    close(insulation_step(u, rest, pressed, calm, r, 9.0, 0.5, 4.0), [0.9 + (9 * 0.5 * 0.75 * 0.1 - 0.35) * 4])
    close(insulation_step(u, rest, pressed, calm, r, 9.0, 0.0, 4.0), [1.0])
    close(insulation_step(u, rest, pressed, calm, r, 0.0, 0.5, 4.0), [0.0])


def test_capability_and_armament_stop_at_zero() -> None:
    close(capability_step(of(0.2), of(0.3), of(0.9), of(0.1), 9.0, 0.4, 0.5), [0.0])
    close(capability_step(of(0.2), of(0.3), of(0.9), of(0.1), 1.5, 0.4, 0.5), [0.2 + (0.04 - 1.5 * 0.8 * 0.2) * 0.5])
    close(armament_step(of(0.5), of(0.1), of(0.2), 0.8, 0.5), [0.5 + (0.1 - 0.4 + 0.2) * 0.5])
    close(armament_step(of(0.5), of(0.1), of(0.2), 8.0, 0.5), [0.0])


def test_effort_under_an_institution_and_by_row() -> None:
    under = np.array([[False, True], [True, False]])
    close(watched(0.6, 0.25, under), [[0.6, 0.7], [0.7, 0.6]])
    close(watched(0.6, 0.25, np.zeros((2, 2), dtype=bool)), 0.6)
    since = np.array([[np.nan, 2.0], [0.5, np.nan]])
    lasting = np.array([[0.6, 0.7], [0.7, 0.6]])
    fresh = [[0.6, 0.7 + 0.3 * exp(-0.5)], [0.7 + 0.3 * exp(-0.8), 0.6]]
    close(effort(since, 4.5, lasting, 0.2), fresh)
    close(watched(0.3, 0.25, np.array([True])), [0.3 + 0.25 * 0.7])
    close(effort(of(2.0), 4.5, 0.3, 0.2), [0.3 + 0.7 * exp(-0.5)])
    nobody = effort(np.full((2, 2), np.nan), 4.5, 0.6, 0.2)
    assert nobody.shape == (2, 2) and nobody.dtype == float
    close(nobody, 0.6)


def test_munitions_are_received_up_to_a_full_delivery_and_used_by_who_is_in_such_a_war() -> None:
    suppliers = np.array([[True, True, False], [True, True, True], [False, False, False]])
    opening, surplus = np.array([[0.5, 0.4, 1.0], [1.0, 1.0, 1.0], [1.0, 1.0, 1.0]]), of(0.6, 0.5, 0.9)
    close(munitions_received(suppliers, opening, surplus), [0.5, 1.0, 0.0])
    limited = np.array([True, True, True, True, False])
    left, got = of(0.8, 0.8, 0.1, 0.95, 0.4), of(0.5, 0.0, 0.0, 1.0, 0.0)
    close(munitions_step(left, limited, got, 0.3, 0.6, 2.0, 0.5), [0.7, 0.625, 0.0, 0.925, 0.4])
    close(munitions_step(of(0.95), limited[:1], of(1.0), 0.9, 0.6, 2.0, 0.5), [1.0])
