"""What each kind of event writes into the decree of a step, and what is ordered by it, in awkward numbers."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from typing import Any

import numpy as np
import pytest
from four_states import A, B, S, T, decrees, pairs, whole
from helpers import BEGIN, DT, Array, close, of, plain, seen, sets

from blocade.policy import calendar, events, mixed, orders, rules
from blocade.policy.calendar import Decree, at_rest
from blocade.policy.events import (
    EVENTS,
    AllianceEvent,
    ClashEvent,
    CoerciveWedgeEvent,
    CounterSanctionsEvent,
    DeterrenceEvent,
    EngagementEvent,
    EscalationEvent,
    ExitEvent,
    InstitutionEvent,
    IsolationEvent,
    LeaderChangeEvent,
    OfferEvent,
    OffRampEvent,
    SanctionsEvent,
    ShieldEvent,
    VetoEvent,
    WarEvent,
    WedgeEvent,
)

BOUND = plain(4, defence=pairs(AB=0.4, AS=0.4), arms=pairs(AS=0.6, AT=0.2), enmity=pairs(AS=0.3, BT=0.5))


def only(**values: float) -> Array:
    """A matrix of four states with a few numbers, AS=.4 being that of A by S alone."""
    matrix = np.zeros((4, 4))
    for pair, value in values.items():
        matrix["ABST".index(pair[0]), "ABST".index(pair[1])] = value
    return matrix


def first(*made: events.Event) -> Decree:
    """The decree of the first step."""
    return decrees(*made, world=BOUND)[0]


# --- events as they are declared ------------------------------------------------------------------------------------


@pytest.mark.parametrize("module", [calendar, events, mixed, orders, rules])
def test_nothing_that_policy_says_can_be_changed_afterwards(module: Any) -> None:
    every = [x for x in vars(module).values() if isinstance(x, type) and x.__module__ == module.__name__]
    assert every and all(is_dataclass(kind) and kind.__dataclass_params__.frozen for kind in every)  # type: ignore[attr-defined]


def test_every_kind_of_event_has_the_fields_that_it_declares_and_the_defaults_of_its_text() -> None:
    for kind in EVENTS.values():
        assert {field.name for field in fields(kind)} >= set(vars(kind)["__annotations__"]) - {"kind"}, kind
    whole_ones = {
        (kind.kind, field.name): field.default
        for kind in EVENTS.values()
        for field in fields(kind)
        if isinstance(field.default, bool | float)
    }
    assert whole_ones == {
        ("lift", "share"): 1.0,
        ("offer", "value"): 1.0,
        ("off-ramp", "snap_back"): True,
        ("escalation", "level"): 1.0,
        ("counter-sanctions", "share"): 1.0,
        ("shield", "share"): 1.0,
        ("alliance", "level"): 1.0,
        ("exit", "share"): 1.0,
        ("clash", "level"): 1.0,
        ("war", "limited"): False,
    }


# --- pacts, support, clashes ----------------------------------------------------------------------------------------


def test_a_pact_raises_defence_to_its_level_and_the_higher_of_two_counts() -> None:
    close(first(AllianceEvent(BEGIN, (A, B, S), 0.9)).pact, pairs(AB=0.5, AS=0.5, BS=0.9))
    close(
        first(AllianceEvent(BEGIN, (A, B), 0.7), AllianceEvent(BEGIN, (A, B, T), 0.5)).pact,
        pairs(AB=0.3, AT=0.5, BT=0.5),
    )
    assert not first(AllianceEvent(BEGIN, (A, B), 0.3)).pact.any()


def test_a_clash_raises_enmity_to_its_level() -> None:
    close(first(ClashEvent(BEGIN, (S, T), (A,), 0.7)).clash, pairs(AS=0.4, AT=0.7))
    close(first(ClashEvent(BEGIN, (S,), (A,), 0.7), ClashEvent(BEGIN, (A,), (S,), 0.6)).clash, pairs(AS=0.4))
    assert not first(ClashEvent(BEGIN, (S,), (A,), 0.2)).clash.any()


def test_an_exit_takes_a_share_of_what_is_left_of_pact_and_arms() -> None:
    one = first(ExitEvent(BEGIN, (S,), (A,), 0.25))
    close([one.pact, one.deliveries, one.withdrawn], [pairs(AS=-0.1), pairs(AS=-0.15), pairs(AS=0.25)])
    two = first(ExitEvent(BEGIN, (S,), (A,), 0.25), ExitEvent(BEGIN, (S, T), (A,), 0.2))
    close(two.pact, pairs(AS=-0.1 - 0.2 * 0.3))
    close(two.deliveries, pairs(AS=-0.15 - 0.2 * 0.45, AT=-0.04))
    close(two.withdrawn, pairs(AS=0.25, AT=0.2))
    signed = first(AllianceEvent(BEGIN, (A, S), 0.9), ExitEvent(BEGIN, (S,), (A,), 0.25))
    close(signed.pact, pairs(AS=0.5 - 0.25 * 0.9))


def test_pacts_arms_and_clashes_weigh_as_their_parameters_say() -> None:
    signed = first(
        AllianceEvent(BEGIN, (A, B), 0.9), ExitEvent(BEGIN, (S,), (A,), 0.5), ClashEvent(BEGIN, (T,), (A,), 0.3)
    )
    weights = sets(w_defence=0.7, w_arms=0.3, w_enmity=0.6)
    expected = pairs(AB=0.7 * 0.5, AS=-0.7 * 0.2 - 0.3 * 0.3, AT=-0.6 * 0.3)
    close(whole(orders.orders(signed, 0.0, weights, seen(4)).pact), expected)
    for one, alone in (
        (AllianceEvent(BEGIN, (A, B), 0.9), pairs(AB=0.35)),
        (ExitEvent(BEGIN, (T,), (A,), 0.5), pairs(AT=-0.03)),
        (ClashEvent(BEGIN, (S,), (A,), 0.5), pairs(AS=-0.12)),
    ):
        close(whole(orders.orders(first(one), 0.0, weights, seen(4)).pact), alone)


# --- other kinds ----------------------------------------------------------------------------------------------------


def test_deterrence_adds_up_and_the_larger_shield_counts() -> None:
    arming = first(DeterrenceEvent(BEGIN, (S, T), 0.3), DeterrenceEvent(BEGIN, (T,), 0.2)).arming
    close(arming, [0.0, 0.0, 0.3, 0.5])
    close(
        first(ShieldEvent(BEGIN, (T, S), (A,), 0.3), ShieldEvent(BEGIN, (T,), (A,), 0.2)).shield, only(AT=0.3, AS=0.3)
    )


def test_a_veto_lifts_what_institutions_watch_of_its_target_alone() -> None:
    found = first(VetoEvent(BEGIN, (T,), (A,)), InstitutionEvent(BEGIN, (S, T), (A, B)))
    np.testing.assert_array_equal(found.watched, only(BS=1, BT=1).astype(bool))


def test_relief_offers_and_what_is_suspended() -> None:
    imposed = (SanctionsEvent(BEGIN, (S,), (A, B), 0.8), IsolationEvent(BEGIN, (S,), (A,), 0.5))
    ramp = OffRampEvent(BEGIN, (S,), (A,), 0.7, 0.6, snap_back=False)
    found = first(*imposed, ramp, OffRampEvent(BEGIN, (S,), (B,), 0.4), OfferEvent(BEGIN, (T,), (A,), 0.3, 0.2))
    close([found.relief, found.kept, found.offer], [only(AS=0.7, BS=0.4), only(AS=1), only(AS=1, BS=1, AT=0.3)])
    close(found.credibility, np.where(only(AS=1, AT=1) > 0, only(AS=0.6, AT=0.2), np.nan))
    eased = first(*imposed, EngagementEvent(BEGIN, (S,), (A,), 0.3, 0.9))
    close([eased.sanctions, eased.isolation], [only(AS=0.8 * 0.7, BS=0.8), only(AS=0.5 * 0.7)])
    close([eased.offer, np.nan_to_num(eased.credibility)], [only(AS=1), only(AS=0.9)])


def test_a_leader_takes_office_in_one_step_and_rules_from_then() -> None:
    made = decrees(LeaderChangeEvent(BEGIN + 1, (A, B), 0.9), LeaderChangeEvent(BEGIN + 2, (A,)), world=BOUND)
    took = np.array([decree.turnover for decree in made])
    assert np.argwhere(took).tolist() == [[4, 0], [4, 1], [8, 0]]
    close([decree.regime for decree in made[3:10]], [[0.5] * 4, *[[0.9, 0.9, 0.5, 0.5]] * 6])


def test_a_war_has_its_need_suppliers_and_enemies() -> None:
    war = WarEvent((A,), BEGIN, BEGIN + 1, 0.3, against=(S,), limited=True, by=(B, T))
    found = first(war, WarEvent((B,), BEGIN, BEGIN + 1))
    assert found.war.tolist() == [True, True, False, False] and found.limited.tolist() == [True, False, False, False]
    close(found.war_need, [0.3, np.nan, np.nan, np.nan])
    np.testing.assert_array_equal(found.suppliers, only(AB=1, AT=1).astype(bool))
    np.testing.assert_array_equal(found.fights, only(AS=1).astype(bool))


def test_a_limited_war_is_fought_while_there_are_munitions() -> None:
    decree = first(
        WarEvent((A,), BEGIN, BEGIN + 1, 0.3, against=(S,), limited=True),
        WarEvent((B,), BEGIN, BEGIN + 1, 0.2, against=(T,)),
    )
    for left, fought in ((1.0, True), (1e-9, True), (0.0, False)):
        found = orders.orders(decree, 0.0, sets(), seen(4, munitions=[left, left, left, left]))
        close(found.war, [[0.3 * fought, 0.2, 0.0, 0.0]])
        assert found.limited.tolist() == [[fought, False, False, False]]
        close(whole(found.fights), pairs(AS=float(fought), BT=1))


# --- relief and rules -----------------------------------------------------------------------------------------------


def test_relief_of_a_state_is_weighted_by_size_and_by_the_harder_measure() -> None:
    """S, of .1, sanctions by .8 and lifts .6·½; T, of .4, isolates by .5: .3·.08 of .08 + .2."""
    world = plain(4, capability=of(0.3, 0.2, 0.1, 0.4))
    made = (
        SanctionsEvent(BEGIN, (S,), (A,), 0.8),
        IsolationEvent(BEGIN, (S,), (A,), 0.3),
        IsolationEvent(BEGIN, (T,), (A,), 0.5),
        SanctionsEvent(BEGIN, (T,), (B,), 0.5),
        OffRampEvent(BEGIN, (S,), (A,), 0.6),
    )
    found = orders.orders(decrees(*made, world=world)[0], 0.0, sets(), seen(4, compliance=[0.5, 1, 1, 1]))
    close(found.relief, [[0.3 * 0.08 / 0.28, 0.0, 0.0, 0.0]])
    close([whole(found.sanctions), whole(found.isolation)], [only(AS=0.56, BT=0.5), only(AS=0.21, AT=0.5)])


@pytest.mark.parametrize(("kept", "conceded", "left"), [(True, True, 0.2), (True, False, 0.5), (False, True, 0.5)])
def test_relief_is_kept_where_that_was_promised_by_who_has_conceded(kept: bool, conceded: bool, left: float) -> None:
    made = (SanctionsEvent(BEGIN, (S,), (A, B), 0.8), OffRampEvent(BEGIN, (S,), (A,), 0.75, snap_back=not kept))
    sees = replace(seen(4, compliance=[0.5, 0, 0, 0]), conceded=np.array([[conceded, True, False, False]]))
    close(whole(orders.orders(first(*made), 0.0, sets(), sees).sanctions), only(AS=left, BS=0.8))


def test_a_rule_counts_from_the_step_in_which_it_came_into_force() -> None:
    made = (CounterSanctionsEvent(BEGIN + 1.1, (A,), (S,)), EscalationEvent(BEGIN - 3, (S,), (A, B), 0.4))
    late, early = sorted(decrees(*made, world=BOUND)[6].rules, key=lambda rule: -rule.since)
    assert (late.since, late.on.tolist(), late.by.tolist()) == (1.25, [2], [0])
    assert (early.since, early.on.tolist(), early.by.tolist()) == (0.0, [0, 1], [2])
    assert [len(decree.rules) for decree in decrees(*made, world=BOUND)[4:6]] == [1, 2]


def test_a_wedge_between_two_as_near_woos_the_first() -> None:
    wedge = WedgeEvent(BEGIN, (S, T), (A, B), 0.5, 0.4)
    found = orders.orders(
        first(SanctionsEvent(BEGIN, (S,), (A, B), 0.6), wedge), 0.0, sets(), seen(4, tie=pairs(AS=0.2, BT=0.2))
    )
    close([whole(found.sanctions), whole(found.offer)], [only(AS=0.3, BS=0.6), only(AS=0.4, AT=0.4)])


def test_effort_and_relief_are_worked_out_in_each_run_of_a_rule() -> None:
    """T strikes A in two runs and B in the one between, and lifts .6·½ of it from A, which S isolates by .4."""
    made = (
        CoerciveWedgeEvent(BEGIN, (T,), (A, B), 0.5),
        IsolationEvent(BEGIN, (S,), (A,), 0.4),
        OffRampEvent(BEGIN, (T,), (A,), 0.6),
        InstitutionEvent(BEGIN, (T,), (B,)),
    )
    ties = np.stack([-pairs(AT=1), -pairs(BT=1), -pairs(AT=1)])
    sees = replace(rules.Seen.nothing(3, 4), compliance=np.full((3, 4), 0.5), tie=ties)
    found = orders.orders(first(*made), 2.0, sets(3, e_inf=0.6, institution=0.5, rho_e=0.2), sees)
    close(found.sanctions, [only(AT=0.35), only(BT=0.5), only(AT=0.35)])
    on_a, on_b = 0.35 * (0.6 + 0.4 * np.exp(-0.4)), 0.5 * (0.8 + 0.2 * np.exp(-0.4))
    close(found.enforced, [only(AT=on_a), only(BT=on_b), only(AT=on_a)])
    eased = [0.3 * 0.5 / 0.9, 0.0, 0.0, 0.0]
    close(found.relief, [eased, [0.0] * 4, eased])


@pytest.mark.parametrize(("imposed", "answered"), [(1.0, 2.0), (2.0, 1.0)])
def test_effort_counts_from_the_later_of_a_measure_and_the_rule_that_raises_it(imposed: float, answered: float) -> None:
    made = (
        SanctionsEvent(BEGIN + imposed, (S,), (A,), 0.3),
        CoerciveWedgeEvent(BEGIN + answered, (S,), (A,), 0.5),
    )
    decree = decrees(*made, world=BOUND)[12]
    found = orders.orders(decree, 3.0, sets(e_inf=0.6, rho_e=0.2), seen(4))
    close(whole(found.enforced), only(AS=0.5 * (0.6 + 0.4 * np.exp(-0.2))))


def test_effort_of_the_one_measure_in_a_world_of_two() -> None:
    world = plain(2)
    a, b = world.codes
    made = (SanctionsEvent(BEGIN, (a,), (b,), 0.5), InstitutionEvent(BEGIN, (a,), (b,)))
    decree = calendar.calendar(world, made, BEGIN, DT, 1)[0]
    found = orders.orders(decree, 2.0, sets(1, e_inf=0.6, institution=0.5, rho_e=0.2), seen(2))
    close(found.enforced, [[[0.0, 0.0], [0.5 * (0.8 + 0.2 * np.exp(-0.4)), 0.0]]])


# --- calendars ------------------------------------------------------------------------------------------------------


def test_where_nothing_changes_the_decree_is_the_very_same() -> None:
    made = decrees(SanctionsEvent(BEGIN + 1, (S,), (A,), 0.5), world=BOUND)
    assert made[0] is made[3] is not made[4] and made[4] is made[47]


def test_tightening_counts_from_what_was_in_force_the_day_before() -> None:
    event, before = SanctionsEvent(BEGIN, (S, T), (A,), 0.5), only(AS=0.5, AT=0.4)
    made = calendar.calendar(BOUND, [event], BEGIN, DT, 2, before)[1]
    close(made.tightened, np.where(only(AT=1) > 0, 0.0, np.nan))
    assert np.isnan(at_rest(plain(4, sanctions=before)).tightened).all()


def test_a_ramp_reaches_its_level_on_its_last_day() -> None:
    ramp = SanctionsEvent(BEGIN + 0.5, (S,), (A,), 0.8, ramp_until=BEGIN + 1.5)
    close([decree.sanctions[0, 2] for decree in decrees(ramp)[1:8]], [0, 0, 0.2, 0.4, 0.6, 0.8, 0.8], 1e-12)


def test_dates_count_from_the_start_whatever_the_year_and_however_late() -> None:
    ramp = SanctionsEvent(0.5, (S,), (A,), 0.7, ramp_until=2.25)
    made = calendar.calendar(BOUND, [ramp], 0.0, DT, 12)
    close([decree.sanctions[0, 2] for decree in made[2:12]], 0.7 * np.minimum(np.arange(10) / 7, 1.0))
    late = calendar.calendar(BOUND, [LeaderChangeEvent(75.0, (A,))], 0.0, DT, 302)
    assert [step for step, decree in enumerate(late) if decree.turnover.any()] == [300]


def three_runs() -> tuple[mixed.Mixed, tuple[Decree, ...]]:
    """Three runs, the second under a calendar of its own."""
    one = decrees(SanctionsEvent(BEGIN, (S,), (A,), 0.8), OffRampEvent(BEGIN, (S,), (A,), 0.5), world=BOUND)
    two = decrees(SanctionsEvent(BEGIN, (S,), (A,), 0.4), WarEvent((B,), BEGIN, BEGIN + 1, 0.3), world=BOUND)
    found = mixed.together([one[:2], two[:2]], np.array([0, 1, 0]))
    assert len(found) == 2 and isinstance(found[0], mixed.Mixed)
    return found[0], (one[0], two[0])


def ordered_together(together: mixed.Mixed, sees: rules.Seen) -> orders.Orders:
    """The orders of all runs, and that each has those of its own calendar."""
    runs = len(together.of)
    parameters = sets(runs, e_inf=0.5)
    found = orders.orders(together, 0.5, parameters, sees)
    for run, decree in enumerate(mixed.own([together], run)[0] for run in range(runs)):
        alone = orders.orders(decree, 0.5, parameters.take(np.array([run])), sees.take(np.array([run])))
        for field in fields(orders.Orders):
            both, mine = getattr(found, field.name), getattr(alone, field.name)
            size = (4,) if field.name in orders.OF_STATES else (4, 4)
            whole_one = np.broadcast_to(both, (runs, *size))[run]
            np.testing.assert_array_equal(whole_one, np.broadcast_to(mine, (1, *size))[0], err_msg=field.name)
            assert whole_one.dtype == mine.dtype
    return found


def test_runs_under_several_calendars_have_each_its_own_orders() -> None:
    together, _ = three_runs()
    sees = replace(rules.Seen.nothing(3, 4), compliance=of(0.2, 0.4, 0.6)[:, None] * np.ones(4), armament=np.eye(3, 4))
    found = ordered_together(together, sees)
    assert found.sanctions.shape == (3, 4, 4) and found.war.shape == (3, 4)
    assert found.shield.shape == found.withdrawn.shape == (4, 4) and found.regime.shape == (4,)  # the same in all


def test_what_runs_of_one_calendar_share_differs_where_the_calendars_do() -> None:
    """Two runs under each of three: the last differs in what is not said run by run, and all agree in what is."""
    made = (SanctionsEvent(BEGIN, (S,), (A,), 0.8), OffRampEvent(BEGIN, (S,), (A,), 0.5))
    other = (*made, ShieldEvent(BEGIN, (T,), (A,), 0.4), LeaderChangeEvent(BEGIN, (B,), 0.9))
    together = mixed.Mixed((first(*made), first(*made), first(*other)), np.array([0, 2, 1, 1, 0, 2]))
    found = ordered_together(together, replace(rules.Seen.nothing(6, 4), compliance=np.full((6, 4), 0.5)))
    assert found.sanctions.shape == found.shield.shape == (6, 4, 4) and found.withdrawn.shape == (4, 4)
    close(found.shield[:, 0, 3], [0.0, 0.4, 0.0, 0.0, 0.0, 0.4])
    close(found.regime[:, 1], [0.5, 0.9, 0.5, 0.5, 0.5, 0.9])
    two = mixed.Mixed((first(*made), first(*other)), np.array([0, 1]))
    close(ordered_together(two, rules.Seen.nothing(2, 4)).shield[:, 0, 3], [0.0, 0.4])


def test_calendars_that_go_together() -> None:
    together, (one, two) = three_runs()
    assert [(decree, runs.tolist()) for decree, runs in together.groups()] == [(one, [0, 2]), (two, [1])]
    assert mixed.own([together, one], 1) == [two, one] and mixed.own([together], 2) == [one]
    assert mixed.together([[one, two]], np.array([0, 0])) == (one, two)
    with pytest.raises(ValueError, match="shorter"):
        mixed.together([[one, two], [one]], np.array([0, 1]))


def test_what_there_is_to_see_of_some_runs() -> None:
    nothing = rules.Seen.nothing(3, 4)
    assert nothing.tie.shape == (3, 4, 4) and nothing.compliance.shape == (3, 4) and nothing.conceded.dtype == bool
    ties, numbers = np.arange(48.0).reshape(3, 4, 4), np.arange(12.0).reshape(3, 4)
    sees = rules.Seen(ties, ties + 1, numbers, np.ones(4), numbers + 2, numbers > 5, numbers + 3)
    taken = sees.take(np.array([2, 0]))
    for name, value in vars(taken).items():
        before = getattr(sees, name)
        np.testing.assert_array_equal(value, before if name == "armament_start" else before[[2, 0]])
