"""What is seen of a moment: the situation that equations 1-5 make of it, and the measures, worked out by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from helpers import DT, Array, close, history, of, plain, sets

from blocade.equations.drift import FORCES
from blocade.measures import MEASURES, Roles, alignment, columns, mean_tie, record, roles
from blocade.policy.calendar import at_rest, calendar
from blocade.policy.events import IsolationEvent, OfferEvent, SanctionsEvent, WarEvent
from blocade.policy.orders import orders
from blocade.situation import assess, forces
from blocade.start import solve_start
from blocade.state import Moment
from blocade.world import GOODS, World

# --- the situation ------------------------------------------------------------------------------------------------


def three_states() -> World:
    """State 0 trades .4 with 1 and .2 with 2, which sanctions 0 at .5 and isolates 1 at .2."""
    trade = np.array([[0.0, 0.4, 0.2], [0.3, 0.0, 0.1], [0.1, 0.1, 0.0]])
    sanctions, isolation = np.zeros((3, 3)), np.zeros((3, 3))
    sanctions[0, 2], isolation[1, 2] = 0.5, 0.2
    need, spare = np.zeros((3, len(GOODS))), np.zeros((3, len(GOODS)))
    need[0, GOODS.index("arms")], spare[1, GOODS.index("arms")] = 0.2, 0.6
    need[1, GOODS.index("technology")], spare[0, GOODS.index("technology")] = 0.5, 0.4
    return plain(
        3, capability=of(0.2, 0.3, 0.5), regime=of(0.1, 0.3, 0.9), trade=trade, need=need, surplus=spare,
        sanctions=sanctions, isolation=isolation,
    )  # fmt: skip


def test_situation_of_three_states() -> None:
    world, parameters = three_states(), sets(e_inf=0.6, delta=0.5, chi=0.1, g=0.5, nu=0.5, mu=0.5, q=0.5)
    compliance = of(0.5, 0.0, 0.0)[None]
    order = orders(at_rest(world), 0.0, parameters, compliance)
    tie = np.zeros((1, 3, 3))
    # a tenth of the trade of state 0 with 1 is gone
    trade = np.array(world.trade)[None].copy()
    trade[0, 0, 1] = 0.3
    now = assess(world, parameters, order, tie, trade, world.rest_of_world[None], compliance)
    close(now.hand[0, [0, 1], 2], [0.3, 0.2])
    close(now.pressure[0], [0.15, 0.1, 0.0])
    close(now.cut[0, [0, 2], [2, 0]], [0.15, 0.15])
    close(now.pain[0], [0.1, 0.0, 0.0])
    # 1 stands to lose to 2 (hand of .3 on 0) as far as its own punishment of .2 lets it fear; 0 likewise for 1
    close(now.risk[0, 1, 0], 0.1 * 0.3 * (1 - 0.5 * 0.2) * 0.1)
    close(now.risk[0, 0, 1], 0.1 * 0.2 * (1 - 0.5 * 0.3) * 0.2)
    close(now.levels["match"][0, 0, 1], 0.5 * (0.2 * 0.6 + 0.5 * 0.4 * 0.95))
    close(now.levels["trade"][0, 0, 1], 0.3)
    close(now.levels["sanction"][..., 0, 2], 0.25)
    close(now.levels["isolation"][..., 1, 2], 0.1)
    close(now.levels["comply"][0, 2, 0], 0.5 * 0.5 * 0.3)
    close(now.levels["regime"][0, 1], 0.8)


def test_match_counts_its_change_only_as_far_as_the_pair_is_open() -> None:
    world, parameters = three_states(), sets(b_match=2.0, mu=0.0, nu=0.0, e_inf=1.0)
    tie = np.zeros((1, 3, 3))
    tie[0, 0, 1] = tie[0, 1, 0] = 0.05
    none = np.zeros((1, 3))
    before = assess(world, parameters, orders(at_rest(world), 0, parameters, none), tie, world.trade[None], none, none)
    codes = world.codes
    war = (WarEvent(codes[:1], 2022.0, 2030.0, need=0.5), SanctionsEvent(2022.0, codes[:1], codes[1:2], 0.25))
    order = orders(calendar(world, war, 2022.0, DT, 1)[0], 0.0, parameters, none)
    after = assess(world, parameters, order, tie, world.trade[None], none, none)
    only_match = parameters.replaced({f"b_{force}": 0.0 for force in FORCES if force != "match"})
    match_force = sum(forces(after, before.levels, only_match), np.zeros((1, 3, 3)))
    was, is_ = 0.5 * (0.2 * 0.6 + 0.5 * 0.4), 0.5 * (0.7 * 0.6 + 0.5 * 0.4) * 0.75
    close(match_force[0, 0, 1], 2.0 * (is_ - was) * 0.25)
    close(match_force[0, 0, 2], 0.0)


def test_offer_counts_only_while_under_pressure() -> None:
    world, parameters = three_states(), sets(q=0.5)
    codes = world.codes
    offer = (OfferEvent(2022.0, codes[2:], codes[:2], 0.8), OfferEvent(2022.0, codes[:1], codes[2:], 0.8))
    order = orders(calendar(world, offer, 2022.0, DT, 1)[0], 0.0, parameters, np.zeros((1, 3)))
    now = assess(world, parameters, order, np.zeros((1, 3, 3)), world.trade[None], np.zeros((1, 3)), np.zeros((1, 3)))
    close(now.levels["offer"][0, 0, 2], 0.5 * 0.8 * 0.5)  # 2 is offered something too, but nobody presses it


def test_isolation_bites_in_the_world_of_three_states() -> None:
    """Pain, hostility and insulation follow: a world in which nothing moves would prove little."""
    world = three_states()
    codes, parameters = world.codes, sets(sigma=0.0, h0=0.0)
    events = (IsolationEvent(2022.0, codes[2:], codes[:1], 0.8), SanctionsEvent(2022.0, codes[2:], codes[:1], 1.0))
    moved = history(solve_start(world, parameters), parameters, events, 20)[-1]
    assert moved.situation.pain[0, 0] > 0.05
    assert moved.state.tie[0, 0, 2] < -0.1
    assert moved.state.insulation[0, 0] > 0.3 * 0.9


# --- the measures -------------------------------------------------------------------------------------------------

# A, B are the bloc, C its patron, D and E the senders, F a bystander
CAPABILITY = np.array([0.1, 0.05, 0.25, 0.4, 0.1, 0.1])


@pytest.fixture(scope="module")
def world() -> World:
    return plain(6, capability=CAPABILITY)


@pytest.fixture(scope="module")
def who(world: World) -> Roles:
    a, b, c, d, e, _ = world.codes
    return roles(world, (a, b), c, (d, e))


@pytest.fixture(scope="module")
def tie() -> Array:
    """Two runs; the second is the first at half the strength."""
    x = np.zeros((6, 6))
    for (i, j), value in {(0, 1): 0.4, (0, 2): 0.6, (1, 2): 0.2, (0, 3): -0.8, (0, 4): -0.4, (1, 3): -0.6, (1, 4): 0.2,
                          (3, 4): 0.9, (2, 3): -0.5, (2, 5): 0.3, (5, 3): 0.5, (5, 0): -0.1}.items():  # fmt: skip
        x[i, j] = x[j, i] = value
    return np.stack([x, x / 2])


@pytest.fixture(scope="module")
def moment(world: World, tie: Array) -> Moment:
    """A made-up moment: the numbers of every variable are set, not run."""
    before = history(solve_start(world, sets(2)), sets(2), steps=1)[0]
    trade = np.zeros((2, 6, 6))
    trade[0, 0, [1, 2, 3, 4]] = 0.01, 0.3, 0.2, 0.1
    trade[0, 1, [0, 2, 3]] = 0.03, 0.5, 0.04
    state = replace(
        before.state, tie=tie, trade=trade,
        capability=np.array([[0.08, 0.04, 0.25, 0.4, 0.1, 0.1], CAPABILITY]),
        compliance=np.array([[1.0, 0.5, 0, 0, 0, 0], np.zeros(6)]),
        insulation=np.array([[0.2, 0.4, 0.9, 0, 0, 0], np.zeros(6)]),
        armament=np.array([[3.0, 1.0, 9, 9, 9, 9], np.ones(6)]),
    )  # fmt: skip
    now = replace(
        before.situation,
        pain=np.array([[0.3, 0.1, 0, 0.05, 0.15, 0.9], np.zeros(6)]),
        pressure=np.array([[0.4, 0.2, 0.9, 0, 0, 0], np.zeros(6)]),
    )
    return replace(before, state=state, situation=now)


EXPECTED = {
    "cohesion": (0.4, 0.2),
    "embrace": ((0.6 + 0.2) / 2, 0.2),
    "distance": ((0.8 + 0.4 + 0.6 - 0.2) / 4, 0.2),
    "compliance": (0.75, 0.0),
    "pain": (0.2, 0.0),
    "pressure": (0.3, 0.0),
    "insulation": (0.3, 0.0),
    "sender_cost": ((0.4 * 0.05 + 0.1 * 0.15) / 0.5, 0.0),
    "sender_cohesion": (0.9, 0.45),
    "power": ((0.08 + 0.04) * 0.4, 0.15 * 0.2),
    "tension": (
        2 * (0.1 * 0.4 * 0.8 + 0.1 * 0.1 * 0.4 + 0.05 * 0.4 * 0.6 + 0.25 * 0.4 * 0.5 + 0.1 * 0.1 * 0.1),
        0.1 * 0.4 * 0.8 + 0.1 * 0.1 * 0.4 + 0.05 * 0.4 * 0.6 + 0.25 * 0.4 * 0.5 + 0.1 * 0.1 * 0.1,
    ),
    "armament": (2.0, 1.0),
    "trade_within": ((0.01 + 0.03) / 2, 0.0),
    "trade_patron": ((0.3 + 0.5) / 2, 0.0),
    "trade_senders": ((0.2 + 0.1 + 0.04) / 2, 0.0),
}


@pytest.mark.parametrize("name", MEASURES)
def test_measure(name: str, moment: Moment, who: Roles) -> None:
    np.testing.assert_allclose(MEASURES[name][2](moment, who), EXPECTED[name], rtol=0, atol=1e-15)


def test_alignment_is_half_the_tie_to_the_senders_less_that_to_the_bloc(tie: Array, who: Roles) -> None:
    index = alignment(tie, who)
    bystander = 0.5 * ((0.4 * 0.5 + 0.1 * 0.0) / 0.5 - (0.1 * -0.1 + 0.05 * 0.0) / 0.15)
    member = 0.5 * ((0.4 * -0.8 + 0.1 * -0.4) / 0.5 - 0.4)  # its own group is the other member alone
    sender = 0.5 * (0.9 - (0.1 * -0.8 + 0.05 * -0.6) / 0.15)
    np.testing.assert_allclose(index[0, [5, 0, 3]], [bystander, member, sender], rtol=0, atol=1e-15)
    np.testing.assert_allclose(index[1], index[0] / 2, rtol=0, atol=1e-15)


def test_alignment_reaches_its_ends_and_no_further(world: World, who: Roles) -> None:
    tie = np.zeros((1, 6, 6))
    tie[0, 5, [3, 4]], tie[0, 5, [0, 1]] = 1.0, -1.0
    tie[0, 2, [3, 4]], tie[0, 2, [0, 1]] = -1.0, 1.0
    assert alignment(tie, who)[0, [5, 2]].tolist() == [1.0, -1.0]


def test_a_group_of_one_has_no_tie_inside_and_no_alignment_with_itself(world: World, tie: Array) -> None:
    a, _, _, d, *_ = world.codes
    lone = roles(world, (a,), None, (d,))
    assert np.isnan(mean_tie(tie, lone.bloc, lone.bloc)).all()
    assert alignment(tie, lone)[0, 0] == pytest.approx(0.5 * -0.8)


def test_key_states_are_the_bloc_its_patron_and_the_largest_of_the_rest(world: World) -> None:
    a, b, c, d, e, f = world.codes
    assert [world.codes[i] for i in roles(world, (b, a), c, (d,)).key] == [b, a, c, e, f]  # equal size: by code
    assert [world.codes[i] for i in roles(world, (a,), None, (d, e)).key] == [a, c, f, b]
    large = plain(14)
    assert len(roles(large, large.codes[:2], large.codes[2], large.codes[3:5]).key) == 2 + 1 + 8


def test_record_gives_the_named_measures_in_order_then_alignment(moment: Moment, who: Roles, tie: Array) -> None:
    names = ("tension", "cohesion")
    found = record(moment, who, names)
    assert columns(who, names) == ("tension", "cohesion", *(f"alignment:{who.codes[i]}" for i in who.key))
    np.testing.assert_allclose(found[:, 1], EXPECTED["cohesion"], rtol=0, atol=1e-15)
    np.testing.assert_allclose(found[:, 0], EXPECTED["tension"], rtol=0, atol=1e-15)
    np.testing.assert_array_equal(found[:, 2:], alignment(tie, who)[:, who.key])
