"""What events make of sanctions, isolation, offers and enforcement, step by step."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pytest
from helpers import BEGIN, DT, NO_FORCES, Array, history, plain, seen, sets

from blocade.policy.calendar import Decree, at_rest, calendar, first_step
from blocade.policy.events import (
    LEVELS,
    Event,
    IsolationEvent,
    LiftEvent,
    OfferEvent,
    OffRampEvent,
    SanctionsEvent,
    SecondarySanctionsEvent,
    WarEvent,
)
from blocade.policy.orders import Orders, orders
from blocade.start import solve_start

WORLD = plain(4)
A, B, S, T = WORLD.codes
STEPS = 48
INDEX = {code: k for k, code in enumerate(WORLD.codes)}


def decrees(*events: Event) -> tuple[Decree, ...]:
    return calendar(WORLD, events, BEGIN, DT, STEPS)


def path(field: str, on: str, by: str, *events: Event) -> Array:
    """A value of the calendar for a pair over time."""
    return np.array([getattr(decree, field)[INDEX[on], INDEX[by]] for decree in decrees(*events)])


def ordered(decree: Decree, compliance: Sequence[float] = (0, 0, 0, 0), now: float = 0.0, **values: float) -> Orders:
    return orders(decree, now, sets(**values), seen(4, compliance=compliance))


def years(*parts: tuple[float, float]) -> Array:
    """A path in steps: (value, years) after (value, years)."""
    return np.concatenate([np.full(round(length / DT), value) for value, length in parts])


# --- dates ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("date", "step"),
    [(2022.0, 0), (2022.25, 1), (2022.26, 2), (2022.2499, 1), (2021.5, -2), (2022.0 + 1 / 12, 1), (2022.5 + 1e-12, 2)],
)
def test_an_event_acts_from_the_first_step_that_begins_at_or_after_its_date(date: float, step: int) -> None:
    assert first_step(date, 2022.0, 0.25) == step


def test_schedule_with_and_without_an_end() -> None:
    event = SanctionsEvent(BEGIN + 1.1, (S,), (A,), 0.5, until=BEGIN + 3.1)
    np.testing.assert_array_equal(path("sanctions", A, S, event), years((0, 1.25), (0.5, 2), (0, 8.75)))
    forever = replace(event, until=None)
    np.testing.assert_array_equal(path("sanctions", A, S, forever), years((0, 1.25), (0.5, 10.75)))


def test_an_event_of_the_past_acts_from_the_start_and_one_of_no_length_never() -> None:
    assert path("sanctions", A, S, SanctionsEvent(BEGIN - 3, (S,), (A,), 0.5))[0] == 0.5
    assert not path("sanctions", A, S, SanctionsEvent(BEGIN + 1.01, (S,), (A,), 0.5, until=BEGIN + 1.24)).any()


def test_only_the_named_pairs_are_touched_and_nobody_sanctions_itself() -> None:
    decree = decrees(SanctionsEvent(BEGIN, (S, T, A), (A, B), 0.8), IsolationEvent(BEGIN, (S,), (A, S), 0.3))[0]
    expected = np.zeros((4, 4))
    expected[0, [2, 3]] = expected[1, [0, 2, 3]] = 0.8
    np.testing.assert_array_equal(decree.sanctions, expected)
    isolated = np.zeros((4, 4))
    isolated[0, 2] = 0.3
    np.testing.assert_array_equal(decree.isolation, isolated)


@pytest.mark.parametrize("kind", [SanctionsEvent, IsolationEvent])
def test_a_ramp_grows_linearly_and_stays(kind: Callable[..., Event]) -> None:
    event = kind(BEGIN + 0.9, (S,), (A,), 0.8, ramp_until=BEGIN + 2.9)
    ramp = path("sanctions" if kind is SanctionsEvent else "isolation", A, S, event)
    assert not ramp[:4].any()
    np.testing.assert_allclose(ramp[[4, 6, 11]], [0.8 * 0.1 / 2, 0.8 * 0.6 / 2, 0.8 * 1.85 / 2], rtol=0, atol=1e-9)
    assert (ramp[12:] == 0.8).all()


# --- composition ----------------------------------------------------------------------------------------------------


def test_overlapping_events_leave_the_severest_in_force() -> None:
    un = SanctionsEvent(BEGIN + 1, (S, T, B), (A,), 0.2)
    own = SanctionsEvent(BEGIN + 2, (S,), (A,), 0.5, until=BEGIN + 4)
    np.testing.assert_array_equal(path("sanctions", A, S, own, un), years((0, 1), (0.2, 1), (0.5, 2), (0.2, 8)))
    np.testing.assert_array_equal(path("sanctions", A, T, own, un), years((0, 1), (0.2, 11)))


def test_events_raise_what_the_world_has_in_force_to_at_least_their_level() -> None:
    acts = np.zeros((4, 4))
    acts[0, 2] = 0.5
    world = plain(4, sanctions=acts)
    for level, expected in ((0.2, 0.5), (0.8, 0.8)):
        decree = calendar(world, [SanctionsEvent(BEGIN, (S,), (A,), level)], BEGIN, DT, 1)[0]
        assert decree.sanctions[0, 2] == expected


def test_lifting_takes_a_share_of_all_that_was_in_force_by_then_and_leaves_later_acts_alone() -> None:
    first = SanctionsEvent(BEGIN + 1, (S,), (A,), 0.8)
    lift = LiftEvent(BEGIN + 3, (S,), (A,), 0.75)
    again = SanctionsEvent(BEGIN + 5, (S,), (A,), 0.5)
    isolation = IsolationEvent(BEGIN + 1, (S,), (A,), 0.4)
    for order in ((first, lift, again, isolation), (again, isolation, lift, first)):
        found = path("sanctions", A, S, *order)
        np.testing.assert_allclose(found, years((0, 1), (0.8, 2), (0.2, 2), (0.5, 7)), rtol=0, atol=1e-15)
        found = path("isolation", A, S, *order)
        np.testing.assert_allclose(found, years((0, 1), (0.4, 2), (0.1, 9)), rtol=0, atol=1e-15)


def test_on_one_date_the_order_of_the_file_decides() -> None:
    raise_, lift = SanctionsEvent(BEGIN, (S,), (A,), 0.8), LiftEvent(BEGIN, (S,), (A,))
    assert path("sanctions", A, S, raise_, lift)[0] == 0.0
    assert path("sanctions", A, S, lift, raise_)[0] == 0.8


def test_lifting_frees_only_the_named_target_from_the_named_sender() -> None:
    both = SanctionsEvent(BEGIN, (S, T), (A, B), 0.8)
    decree = decrees(both, LiftEvent(BEGIN + 1, (S,), (A,)))[-1]
    assert [decree.sanctions[i, j] for i in (0, 1) for j in (2, 3)] == [0.0, 0.8, 0.8, 0.8]


# --- tightening and effort ------------------------------------------------------------------------------------------


def test_tightening_is_dated_by_every_rise_and_by_no_fall() -> None:
    events = (
        SanctionsEvent(BEGIN + 1.1, (S,), (A,), 0.5),
        SanctionsEvent(BEGIN + 3, (S,), (A,), 0.8, until=BEGIN + 4),
        LiftEvent(BEGIN + 6, (S,), (A,)),
        SanctionsEvent(BEGIN + 8, (S,), (A,), 0.2),
    )
    np.testing.assert_array_equal(
        path("tightened", A, S, *events), years((np.nan, 1.25), (1.25, 1.75), (3, 5), (8, 4))
    )
    assert np.isnan(path("tightened", B, S, *events)).all()
    assert np.isnan(path("tightened", S, A, *events)).all()


def test_a_ramp_tightens_until_it_is_done_and_isolation_does_not_tighten_sanctions() -> None:
    ramp = SanctionsEvent(BEGIN, (S,), (A,), 0.8, ramp_until=BEGIN + 1)
    found = path("tightened", A, S, ramp)
    np.testing.assert_array_equal(found[:6], [np.nan, 0.25, 0.5, 0.75, 1.0, 1.0])
    assert np.isnan(path("tightened", A, S, IsolationEvent(BEGIN, (S,), (A,), 1.0))).all()


def test_what_is_in_force_at_the_start_or_is_no_rise_stays_at_the_long_run_effort() -> None:
    acts = np.zeros((4, 4))
    acts[0, 2] = 0.5
    world = plain(4, sanctions=acts)
    for events in ((), (SanctionsEvent(BEGIN, (S,), (A,), 0.4),)):
        decree = calendar(world, events, BEGIN, DT, 8)[-1]
        assert np.isnan(decree.tightened).all()
        assert ordered(decree, now=1.75, e_inf=0.6).enforced[0, 0, 2] == pytest.approx(0.3, abs=1e-15)


def test_each_sender_has_its_own_effort_for_a_common_act() -> None:
    un = SanctionsEvent(BEGIN, (S, T), (A,), 0.5)
    own = SanctionsEvent(BEGIN + 4, (T,), (A,), 0.8)
    found = ordered(decrees(un, own)[-1], now=6.0, e_inf=0.5, rho_e=0.1).enforced[0, 0]
    assert found[2] == pytest.approx(0.5 * (0.5 + 0.5 * np.exp(-0.6)), abs=1e-15)
    assert found[3] == pytest.approx(0.8 * (0.5 + 0.5 * np.exp(-0.2)), abs=1e-15)


# --- secondary sanctions, offers, war: given and drawn values -------------------------------------------------------


@pytest.mark.parametrize(("level", "expected"), [(None, 0.4), (0.9, 0.9), (0.0, 0.0)])
def test_secondary_sanctions_are_drawn_unless_given_and_weak_unless_declared(
    level: float | None, expected: float
) -> None:
    event = SecondarySanctionsEvent(BEGIN + 1, (S,), level, until=BEGIN + 2)
    before, during, after = (
        ordered(decree, chi=0.05, chi_declared=0.4).secondary[0].tolist() for decree in decrees(event)[2:12:4]
    )
    assert before == after == [0.05] * 4
    assert during == [0.05, 0.05, expected, 0.05]


@pytest.mark.parametrize(("credibility", "expected"), [(None, 0.7 * 0.3), (0.9, 0.7 * 0.9), (0.0, 0.0)])
def test_an_offer_counts_with_its_credibility(credibility: float | None, expected: float) -> None:
    event = OfferEvent(BEGIN + 1, (S,), (A,), 0.7, credibility, until=BEGIN + 3)
    made = decrees(event)
    offered = [ordered(decree, q=0.3).offer[..., 0, 2].item() for decree in (made[3], made[4], made[11], made[12])]
    np.testing.assert_allclose(offered, [0, expected, expected, 0], rtol=0, atol=1e-15)
    assert not ordered(made[4], q=0.3).relief.any()


@pytest.mark.parametrize(("need", "expected"), [(None, 0.6), (0.2, 0.2)])
def test_war_adds_a_need_while_it_lasts(need: float | None, expected: float) -> None:
    event = WarEvent((A,), BEGIN + 0.25, BEGIN + 4.0, need)
    found = [ordered(decree, war_need=0.6).war[..., 0].item() for decree in decrees(event)]
    np.testing.assert_array_equal(found, years((0, 0.25), (expected, 3.75), (0, 8)))
    assert ordered(decrees(event)[4], war_need=0.6).war[..., 1:].max() == 0.0


# --- off-ramp -------------------------------------------------------------------------------------------------------

PRESSED = (SanctionsEvent(BEGIN, (S, T), (A, B), 0.8), IsolationEvent(BEGIN, (S,), (A,), 0.5))


def test_an_off_ramp_lifts_in_proportion_to_compliance() -> None:
    ramp = OffRampEvent(BEGIN + 1, (S,), (A,), relief=0.75, credibility=0.6)
    decree = decrees(*PRESSED, ramp)[8]
    for compliance in (0.0, 0.4, 1.0):
        found = ordered(decree, (compliance, 1, 0, 0))
        assert found.sanctions[..., 0, 2].item() == pytest.approx(0.8 * (1 - 0.75 * compliance), abs=1e-15)
        assert found.isolation[..., 0, 2].item() == pytest.approx(0.5 * (1 - 0.75 * compliance), abs=1e-15)
        # of the two that press as hard and are as large, one lifts
        assert found.relief[0].tolist() == pytest.approx([0.75 * compliance / 2, 0, 0, 0], abs=1e-15)
        assert found.sanctions[..., 0, 3].item() == found.sanctions[..., 1, 2].item() == 0.8
        assert found.offer[..., 0, 2].item() == pytest.approx(0.6, abs=1e-15)


def test_relief_snaps_back_as_compliance_decays_and_when_the_off_ramp_ends() -> None:
    ramp = OffRampEvent(BEGIN, (S, T), (A,), relief=0.5, until=BEGIN + 8)
    start = solve_start(WORLD, sets())
    parameters = sets(**NO_FORCES, sigma=0.0, h0=4.0, k=0.0, k_o=0.0, p_decay=0.8)
    moments = history(start, parameters, (*PRESSED, ramp), STEPS)
    compliance = np.array([moment.state.compliance[0, 0] for moment in moments])
    in_force = np.array([np.broadcast_to(moment.orders.sanctions, (1, 4, 4))[0, 0, 2] for moment in moments])
    np.testing.assert_allclose(in_force[:32], 0.8 * (1 - 0.5 * compliance[:32]), rtol=0, atol=1e-14)
    fallen = np.flatnonzero(np.diff(compliance[:32]) < 0)
    assert len(fallen) > 3 and (np.diff(in_force[:32])[fallen] > 0).all()
    assert (in_force[32:] == 0.8).all()
    decay = compliance[fallen + 1] / compliance[fallen]
    np.testing.assert_allclose(decay, np.exp(-0.8 * DT * (1 - 0.5 * compliance[fallen])), rtol=0, atol=1e-12)


def test_relief_and_snap_back_leave_the_date_of_tightening_alone() -> None:
    ramp = OffRampEvent(BEGIN + 1, (S,), (A,), relief=1.0)
    assert (path("tightened", A, S, *PRESSED, ramp) == 0.0).all()


def test_at_rest_is_a_calendar_without_events() -> None:
    acts = np.zeros((4, 4))
    acts[1, 3] = 0.2
    decree = at_rest(plain(4, sanctions=acts, isolation=2 * acts))
    assert decree.sanctions[1, 3] == 0.2 and decree.isolation[1, 3] == 0.4
    assert decree.sanctions.sum() + decree.isolation.sum() == pytest.approx(0.6)
    assert np.isnan(decree.tightened).all()
    assert not (decree.relief.any() or decree.offer.any() or decree.declared.any() or decree.war.any())


def test_named_levels() -> None:
    assert dict(LEVELS) == {"targeted": 0.2, "sectoral": 0.5, "comprehensive": 0.8, "embargo": 1.0}
