"""Rules that answer, woo and relieve, against numbers worked out by hand: what they order and what comes of it."""

from __future__ import annotations

import numpy as np
import pytest
from four_states import IN_FORCE, A, B, S, T, decrees, ordered, pairs, path, ran, whole
from helpers import BEGIN, DT, NO_FORCES, Array, close, history, plain, seen, sets

from blocade.policy.calendar import calendar
from blocade.policy.events import (
    CoerciveWedgeEvent,
    CounterSanctionsEvent,
    EngagementEvent,
    EscalationEvent,
    Event,
    IsolationEvent,
    OfferEvent,
    OffRampEvent,
    SanctionsEvent,
    ShieldEvent,
    WedgeEvent,
)
from blocade.policy.orders import orders
from blocade.start import solve_start

# --- escalation -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("gain", "level", "tie", "expected"),
    [(0.5, 1.0, -0.1, 0.45), (0.5, 0.4, -0.1, 0.4), (0.5, 0.25, -0.1, 0.3), (0.5, 1.0, 0.2, 0.3), (0.5, 1.0, 0.9, 0.3)],
    ids=["answers", "up to its level", "never below what is in force", "no fall", "a rise"],
)
def test_escalation_answers_a_fallen_tie(gain: float, level: float, tie: float, expected: float) -> None:
    """.3 + .5·(.2 − tie)⁺, between .3 and the level."""
    rule = EscalationEvent(BEGIN + 1, (S,), (A,), gain, level=level, until=BEGIN + 2)
    sees = seen(4, tie=pairs(AS=tie, BS=-0.9), tie_start=pairs(AS=0.2, BS=0.2))
    for year, on_a in ((0.75, 0.3), (1.0, expected), (1.75, expected), (2.0, 0.3)):
        found = whole(ordered((*IN_FORCE, rule), year, sees).sanctions)
        close(found[[0, 1, 2], [2, 2, 0]], [on_a, 0.3, 0.0])


@pytest.mark.parametrize(("armament", "expected"), [(1.75, 0.6), (1.0, 0.3), (0.5, 0.3)])
def test_escalation_answers_the_armament_of_the_target(armament: float, expected: float) -> None:
    rule = EscalationEvent(BEGIN, (S, T), (A,), 0.4, answers="armament")
    sees = seen(4, armament=[armament, 9, 9, 9], armament_start=[1, 1, 1, 1], tie=pairs(AS=-1))
    found = whole(ordered((*IN_FORCE, rule), sees=sees).sanctions)
    close(found[0, [2, 3]], [expected, expected - 0.3])
    close(found[1], [0, 0, 0.3, 0])


def spiral(gain: float, level: float, years: int) -> Array:
    """How far the tie of two that escalate against each other has fallen from .5, after a first act of half a year."""
    world = plain(2, votes=np.array([[0.0, 1.0], [1.0, 0.0]]))
    a, b = world.codes
    events = (
        SanctionsEvent(BEGIN, (b,), (a,), 0.05, until=BEGIN + 0.5),
        EscalationEvent(BEGIN, (a,), (b,), gain, level=level),
        EscalationEvent(BEGIN, (b,), (a,), gain, level=level),
    )
    return 0.5 - path(ran(events, world, 4 * years, beta=0.22, b_sanction=0.4, w_votes=0.5), 0, 1)


THRESHOLD = 0.22 / (0.4 * 1.5)
"""β / (b (1 + A⁰)): with both sides answering a fall x by gain·x, dx = (−β + b·gain·(1 + A⁰ − x)) x dt."""


@pytest.mark.parametrize("part", [0.5, 0.9])
def test_a_spiral_below_its_threshold_settles(part: float) -> None:
    fall = spiral(part * THRESHOLD, 1.0, 200)
    assert fall[2] > 0.005
    exact = fall[2]
    for found in fall[3:]:
        exact += DT * (-0.22 + 0.4 * part * THRESHOLD * (1.5 - exact)) * exact
        assert found == pytest.approx(exact, abs=1e-12)
    assert fall[-1] < 0.1 * fall[2]


@pytest.mark.parametrize(
    ("part", "level", "expected"),
    [(1.1, 1.0, 1.5 - 0.22 / (0.4 * 1.1 * THRESHOLD)), (2.0, 1.0, 0.75), (2.0, 0.3, 0.4 * 0.3 * 1.5 / (0.22 + 0.12))],
    ids=["just above", "far above", "up to its cap"],
)
def test_a_spiral_above_its_threshold_runs_away(part: float, level: float, expected: float) -> None:
    """To 1 + A⁰ − β/(b·gain), where the other force balances it, or to the rest under full sanctions of the cap."""
    fall = spiral(part * THRESHOLD, level, 800)
    assert fall[2] < 0.01
    assert (np.diff(fall[2:]) > -1e-12).all()
    assert fall[-1] == pytest.approx(expected, abs=1e-6)


# --- counter-sanctions ----------------------------------------------------------------------------------------------


def test_counter_sanctions_mirror_a_share_of_what_is_in_force_and_end_with_it() -> None:
    events = (
        SanctionsEvent(BEGIN, (S, T), (A,), 0.8, until=BEGIN + 3),
        SanctionsEvent(BEGIN, (A,), (T,), 0.7),
        CounterSanctionsEvent(BEGIN + 1, (A,), (S, T), 0.5, until=BEGIN + 5),
    )
    on_s, on_t = ([whole(ordered(events, year).sanctions)[k, 0] for year in (0.75, 1, 2.75, 3)] for k in (2, 3))
    close(on_s, [0.0, 0.4, 0.4, 0.0])
    close(on_t, [0.7, 0.7, 0.7, 0.7])


# --- wedges ---------------------------------------------------------------------------------------------------------


def test_a_wedge_woos_the_member_nearest_to_the_senders_and_no_other() -> None:
    """A is nearer in the mean of both, .2 against .15, though B is nearer to T; only what S and T impose is lifted."""
    events = (*IN_FORCE, SanctionsEvent(BEGIN, (B,), (A,), 0.2), WedgeEvent(BEGIN, (S, T), (A, B), 0.75, 0.6))
    found = ordered(events, sees=seen(4, tie=pairs(AS=0.4, BS=0.0, BT=0.3)))
    close(whole(found.sanctions)[:2], [[0.0, 0.2, 0.3 * 0.25, 0.0], [0.0, 0.0, 0.3, 0.0]])
    close(whole(found.isolation)[:2, 2], [0.6 * 0.25, 0.6])
    close(whole(found.offer)[:2], [[0.0, 0.0, 0.6, 0.6], [0.0] * 4])
    assert not found.relief.any()  # without condition, so it is no relief for compliance
    better = OfferEvent(BEGIN, (S,), (A, B), 0.4, 1.0)
    drawn = ordered([better, WedgeEvent(BEGIN, (S, T), (A, B), 0.75)], sees=seen(4, tie=pairs(BS=0.1)), q=0.3)
    close(whole(drawn.offer)[:2, 2:], [[0.4, 0.0], [0.4, 0.3]])


def test_a_coercive_wedge_strikes_the_member_farthest_from_the_senders() -> None:
    wedge = CoerciveWedgeEvent(BEGIN, (S, T), (A, B), 0.5)
    sees = seen(4, tie=pairs(AS=0.4, BS=0.0, BT=0.3))
    close(whole(ordered((*IN_FORCE, wedge), sees=sees).sanctions)[:2, 2:], [[0.3, 0.0], [0.5, 0.5]])
    harder = SanctionsEvent(BEGIN, (T,), (B,), 0.9)
    close(whole(ordered((harder, wedge), sees=sees).sanctions)[1, 2:], [0.5, 0.9])


def test_wedges_follow_when_the_nearest_changes() -> None:
    """A is the nearer to S until S isolates it; where their ties cross, the wooed and the coerced change places."""
    world = plain(4, votes=pairs(AS=1.0, BS=0.6))
    events = (
        IsolationEvent(BEGIN + 2, (S,), (A,), 1.0),
        WedgeEvent(BEGIN + 1, (S,), (A, B), 0.5, 0.8),
        CoerciveWedgeEvent(BEGIN + 1, (S,), (A, B), 0.4),
    )
    moments = ran(events, world, b_isolation=0.5, w_votes=0.5)[4:]
    nearer = path(moments, 0, 2) > path(moments, 1, 2)
    assert nearer[:5].all() and not nearer[-1]
    for moment, a_is_nearer in zip(moments, nearer, strict=True):
        wooed, struck = (whole(x)[:2, 2] for x in (moment.orders.offer, moment.orders.sanctions))
        a = float(a_is_nearer)
        close(wooed, [0.8 * a, 0.8 * (1 - a)])
        close(struck, [0.4 * (1 - a), 0.4 * a])


# --- engagement and off-ramp ----------------------------------------------------------------------------------------


def test_engagement_suspends_what_is_in_force_by_then_and_returns_it() -> None:
    """Later acts are not suspended. Its return is a tightening like any other act; suspending is none."""
    events = (
        *IN_FORCE,
        EngagementEvent(BEGIN + 1, (S,), (A,), 0.25, 0.7, until=BEGIN + 3),
        SanctionsEvent(BEGIN + 2, (T,), (A,), 0.5),
    )
    made = decrees(*events)
    for year, share, offered, since in ((0.75, 1, 0, 0), (1, 0.75, 0.7, 0), (2.75, 0.75, 0.7, 0), (3, 1, 0, 3)):
        found = ordered(events, year)
        close([whole(x)[0, 2] for x in (found.sanctions, found.isolation)], [0.3 * share, 0.6 * share])
        assert whole(found.offer)[0, 2] == offered
        assert whole(found.sanctions)[0, 3] == (0.5 if year >= 2 else 0.0)
        assert made[round(year / DT)].tightened[0, 2] == since
        assert not found.relief.any()


def test_an_off_ramp_without_snap_back_keeps_its_relief_after_compliance_has_decayed() -> None:
    world = plain(4)
    parameters = sets(**NO_FORCES, sigma=0.0, h0=4.0, k=0.0, k_o=0.0, p_decay=0.8)
    in_force, compliance = [], []
    for snap_back in (True, False):
        ramp = OffRampEvent(BEGIN, (S,), (A,), 0.5, until=BEGIN + 8, snap_back=snap_back)
        moments = history(solve_start(world, parameters), parameters, (*IN_FORCE, ramp), 40)
        in_force.append(np.array([whole(moment.orders.sanctions)[0, 2] for moment in moments]))
        compliance.append(path(moments, 0, field="compliance"))
    conceded = int(np.flatnonzero(compliance[0] == 1.0)[0])
    again = conceded + int(np.flatnonzero(np.diff(compliance[1][conceded:]) > 0)[0])
    assert 0 < conceded < again - 2 < 30
    close(in_force[1][:conceded], 0.3)
    close(in_force[1][conceded:32], 0.15)
    close(in_force[1][32:], 0.3)  # the off-ramp has ended
    decayed = np.exp(-0.8 * 0.5 * DT * np.arange(again - conceded + 1))
    close(compliance[1][conceded : again + 1], decayed, 1e-12)
    close(in_force[0][:32], 0.3 * (1 - 0.5 * compliance[0][:32]))
    assert in_force[0][conceded + 1] > 0.16


# --- composition ----------------------------------------------------------------------------------------------------


def test_rules_apply_in_the_order_of_their_dates() -> None:
    """A mirror of a blow sees it only if it came first; relief of .5 halves an answer of .2 that came before it."""
    sees = seen(4, tie=pairs(AS=-0.5))
    for early, late in ((BEGIN, BEGIN + 0.25), (BEGIN + 0.25, BEGIN)):
        blow, mirror = CoerciveWedgeEvent(early, (S,), (A,), 0.5), CounterSanctionsEvent(late, (A,), (S,), 0.8)
        wedge, answer = WedgeEvent(early, (S,), (A,), 0.5), EscalationEvent(late, (S,), (A,), 0.4)
        for events in ((blow, mirror), (mirror, blow)):
            close(whole(ordered(events, 0.25, sees).sanctions)[2, 0], 0.4 if early < late else 0.0)
        for rules in ((wedge, answer), (answer, wedge)):
            expected = 0.3 * 0.5 + 0.2 if early < late else (0.3 + 0.2) * 0.5
            close(whole(ordered((*IN_FORCE, *rules), 0.25, sees).sanctions)[0, 2], expected)


def test_relief_for_compliance_comes_last() -> None:
    """(.3 + .4·.5) (1 − .8·.5), whenever the off-ramp was announced; two answers add up."""
    sees = seen(4, tie=pairs(AS=-0.5), compliance=[0.5, 0, 0, 0])
    ramp, answer = OffRampEvent(BEGIN, (S,), (A,), 0.8), EscalationEvent(BEGIN + 1, (S,), (A,), 0.4)
    close(whole(ordered((*IN_FORCE, ramp, answer), 2.0, sees).sanctions)[0, 2], 0.5 * 0.6)
    close(whole(ordered((*IN_FORCE, ramp, answer, answer), 2.0, sees).sanctions)[0, 2], 0.7 * 0.6)


@pytest.mark.parametrize("kind", [CounterSanctionsEvent, EscalationEvent, CoerciveWedgeEvent])
def test_effort_is_fresh_only_where_a_rule_imposes_more(kind: type[Event]) -> None:
    """From its first step, or from the start if it is older; a rule that finds nothing to impose leaves effort alone.

    A sanctions S and S answers A; B gives nothing to answer. All that S imposes on A then comes from the rule.
    """
    sizes = {"gain": 1.0} if kind is EscalationEvent else {"level": 0.5} if kind is CoerciveWedgeEvent else {}
    sees = seen(4, tie=pairs(AS=-0.5))
    imposed = SanctionsEvent(BEGIN, (A,), (S,), 0.5)
    for at, since in ((1.1, 1.25), (-2.0, 0.0)):
        rule = kind(at=BEGIN + at, by=(S,), on=(A, B), **sizes)  # type: ignore[call-arg, arg-type]
        found = ordered((imposed, rule), 4.0, sees, e_inf=0.6, rho_e=0.2)
        close(whole(found.sanctions)[[0, 1], 2], [0.5, 0.0])
        close(whole(found.enforced)[0, 2], 0.5 * (0.6 + 0.4 * np.exp(-0.2 * (4.0 - since))))
    # what is in force anyway, and is not raised, keeps the effort it had
    world = plain(4, sanctions=_matrix(0, 2, 0.7))
    sizes |= {"gain": 0.0} if kind is EscalationEvent else {}
    rule = kind(at=BEGIN, by=(S,), on=(A,), **sizes)  # type: ignore[call-arg, arg-type]
    decree = calendar(world, (rule,), BEGIN, DT, 1)[0]
    close(whole(orders(decree, 4.0, sets(e_inf=0.6, rho_e=0.2), sees).enforced)[0, 2], 0.7 * 0.6)


def _matrix(i: int, j: int, value: float) -> Array:
    matrix = np.zeros((4, 4))
    matrix[i, j] = value
    return matrix


def test_nobody_acts_on_itself() -> None:
    """Where a state is on both sides of an event, which scenario files do not let through."""
    both = (A, S)
    events = (
        EscalationEvent(BEGIN, both, both, 1.0, "armament"),
        CoerciveWedgeEvent(BEGIN, both, both, 0.5),
        WedgeEvent(BEGIN, both, both, 0.5, 1.0),
        OffRampEvent(BEGIN, both, both, 0.5),
        ShieldEvent(BEGIN, both, both),
    )
    found = ordered(events, sees=seen(4, armament=[1, 1, 1, 1], compliance=[1, 1, 1, 1]))
    for x in (found.sanctions, found.offer, found.shield):
        assert whole(x).any() and not np.diagonal(whole(x)).any()
