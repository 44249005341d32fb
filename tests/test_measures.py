"""What is seen of a moment: the situation that equations 1-5 make of it, and the measures, worked out by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from helpers import DT, Array, box, close, history, of, plain, press, seeds, sets, some_events, worlds
from hypothesis import given
from worlds import make_world

from blocade.equations.exchange import gate
from blocade.forces import FORCES
from blocade.measures import MEASURES, alignment, applicable, columns, mean_tie, record
from blocade.policy.calendar import at_rest, calendar
from blocade.policy.events import IsolationEvent, OfferEvent, SanctionsEvent, WarEvent
from blocade.policy.orders import orders
from blocade.policy.rules import Seen
from blocade.roles import Roles, roles
from blocade.situation import assess, forces, levels, pairs, special_levels
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
    order = orders(at_rest(world), 0.0, parameters, replace(Seen.nothing(1, 3), compliance=compliance))
    tie = np.zeros((1, 3, 3))
    # a tenth of the trade of state 0 with 1 is gone
    trade = np.array(world.trade)[None].copy()
    trade[0, 0, 1] = 0.3
    now, of_pairs = assess(world, parameters, order, trade, world.rest_of_world[None]), pairs(order, parameters, trade)
    close(of_pairs.hand[0, [0, 1], 2], [0.3, 0.2])
    close(now.pressure[0], [0.15, 0.1, 0.0])
    close(of_pairs.cut[0, [0, 2], [2, 0]], [0.15, 0.15])
    close(now.pain[0], [0.1, 0.0, 0.0])
    # 1 stands to lose to 2 (hand of .3 on 0) as far as its own punishment of .2 lets it fear; 0 likewise for 1
    close(of_pairs.risk[0, 1, 0], 0.1 * 0.3 * (1 - 0.5 * 0.2) * 0.1)
    close(of_pairs.risk[0, 0, 1], 0.1 * 0.2 * (1 - 0.5 * 0.3) * 0.2)
    every = levels(now, of_pairs, trade) | special_levels(world, order, now.pressure, tie, compliance, np.arange(3))
    close(every["match"][0, 0, 1], 0.5 * (0.2 * 0.6 + 0.5 * 0.4 * 0.95))
    close(every["trade"][0, 0, 1], 0.3)
    close(every["sanction"][..., 0, 2], 0.25)
    close(every["isolation"][..., 1, 2], 0.1)
    close(every["regime"][0, 1], 0.8)


def test_match_counts_its_change_only_as_far_as_the_pair_is_open() -> None:
    world, parameters = three_states(), sets(b_match=2.0, mu=0.0, nu=0.0, e_inf=1.0)
    tie = np.zeros((1, 3, 3))
    tie[0, 0, 1] = tie[0, 1, 0] = 0.05
    none, unseen = np.zeros((1, 3)), Seen.nothing(1, 3)
    trade, quiet = world.trade[None], orders(at_rest(world), 0, parameters, unseen)
    codes = world.codes
    war = (WarEvent(codes[:1], 2022.0, 2030.0, need=0.5), SanctionsEvent(2022.0, codes[:1], codes[1:2], 0.25))
    order = orders(calendar(world, war, 2022.0, DT, 1)[0], 0.0, parameters, unseen)
    only_match = parameters.replaced({f"b_{force}": 0.0 for force in FORCES if force != "match"})
    now, start = (
        levels(assess(world, parameters, x, trade, none), pairs(x, parameters, trade), trade) for x in (order, quiet)
    )
    match_force = sum(forces(now, start, gate(tie), only_match), np.zeros((1, 3, 3)))
    was, is_ = 0.5 * (0.2 * 0.6 + 0.5 * 0.4), 0.5 * (0.7 * 0.6 + 0.5 * 0.4) * 0.75
    close(match_force[0, 0, 1], 2.0 * (is_ - was) * 0.25)
    close(match_force[0, 0, 2], 0.0)


def test_offer_counts_only_while_under_pressure() -> None:
    world, parameters = three_states(), sets(q=0.5)
    codes = world.codes
    offer = (OfferEvent(2022.0, codes[2:], codes[:2], 0.8), OfferEvent(2022.0, codes[:1], codes[2:], 0.8))
    order = orders(calendar(world, offer, 2022.0, DT, 1)[0], 0.0, parameters, Seen.nothing(1, 3))
    now = assess(world, parameters, order, world.trade[None], np.zeros((1, 3)))
    offered = special_levels(world, order, now.pressure, np.zeros((1, 3, 3)), np.zeros((1, 3)), np.arange(3))["offer"]
    close(offered[0, 0, 2], 0.5 * 0.8 * 0.5)  # 2 is offered something too, but nobody presses it


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

# A, B are the bloc, C its patron, D and E the senders, F a bystander; C and D are permanent members, E and F watched
CAPABILITY = np.array([0.1, 0.05, 0.25, 0.4, 0.1, 0.1])
TIES = {(0, 1): 0.4, (0, 2): 0.6, (1, 2): 0.2, (0, 3): -0.8, (0, 4): -0.4, (1, 3): -0.6, (1, 4): 0.2,
        (3, 4): 0.9, (2, 3): -0.5, (2, 5): 0.3, (5, 3): 0.5, (5, 0): -0.1}  # fmt: skip
PACTS = {(0, 1): 1.0, (1, 2): 0.6, (3, 4): 1.0, (2, 5): 0.5, (0, 5): 0.4}


def symmetric(n: int, values: dict[tuple[int, int], float]) -> Array:
    x = np.zeros((n, n))
    for (i, j), value in values.items():
        x[i, j] = x[j, i] = value
    return x


@pytest.fixture(scope="module")
def world() -> World:
    made = plain(6, capability=CAPABILITY, defence=symmetric(6, PACTS), votes=symmetric(6, {(0, 1): 0.5, (0, 2): 0.9}))
    return replace(made, groups={"P5": made.codes[2:4]})


@pytest.fixture(scope="module")
def who(world: World) -> Roles:
    a, b, c, d, e, f = world.codes
    return roles(world, (a, b), c, (d, e), (e, f))


@pytest.fixture(scope="module")
def tie() -> Array:
    """Two runs; the second is the first at half the strength."""
    x = symmetric(6, TIES)
    return np.stack([x, x / 2])


def goods(**values: dict[int, float]) -> Array:
    """Need or surplus of two runs, [run, state, good]: nothing in the second, and plenty outside bloc and patron."""
    x = np.zeros((2, 6, len(GOODS)))
    x[0, 3:] = 1.0
    for good, states in values.items():
        x[0, list(states), GOODS.index(good)] = list(states.values())
    return x


@pytest.fixture(scope="module")
def moment(world: World, tie: Array) -> Moment:
    """A made-up moment: the numbers of every variable are set, not run."""
    before = history(solve_start(world, sets(2)), sets(2), steps=1)[0]
    trade = np.zeros((2, 6, 6))
    trade[0, 0, [1, 2, 3, 4, 5]] = 0.01, 0.3, 0.2, 0.1, 0.05
    trade[0, 1, [0, 2, 3, 5]] = 0.03, 0.5, 0.04, 0.01
    state = replace(
        before.state, tie=tie, trade=trade,
        capability=np.array([[0.08, 0.04, 0.25, 0.4, 0.1, 0.1], CAPABILITY]),
        compliance=np.array([[1.0, 0.5, 0, 0, 0, 0], np.zeros(6)]),
        insulation=np.array([[0.2, 0.4, 0.9, 0, 0, 0], np.zeros(6)]),
        armament=np.array([[3.0, 1.0, 9, 7, 5, 8], np.ones(6)]),
    )  # fmt: skip
    now = replace(
        before.situation,
        pain=np.array([[0.3, 0.1, 0, 0.05, 0.15, 0.9], np.zeros(6)]),
        pressure=np.array([[0.4, 0.2, 0.9, 0, 0, 0], np.zeros(6)]),
        need=goods(arms={0: 0.5, 2: 0.2}, technology={1: 1.0}, energy_food={2: 0.4}, cash_labour={0: 0.1},
                   cover={0: 0.9}),
        surplus=goods(arms={1: 0.6, 2: 0.4}, technology={0: 0.3}, energy_food={1: 0.5}, cash_labour={1: 1.0},
                      cover={2: 1.0}),
    )  # fmt: skip
    isolation = np.zeros((6, 6))
    isolation[0, 1] = 0.2
    order = replace(
        before.orders,
        war=np.array([[0.5, 0, 0.5, 0, 0, 0], [0.5, 0.2, 0, 0, 0, 0]]),
        enforced=np.zeros((2, 6, 6)),
        isolation=isolation,
    )
    begun = np.stack([symmetric(6, {(0, 1): 0.1, (0, 2): -1.0}), tie[1]])
    return replace(before, state=state, situation=now, orders=order, tie_start=begun)


def triads_out_of_balance(tie: Array, share: Array) -> float:
    """Frustration, triad by triad."""
    weigh = [
        (share[i] * share[j] * share[k] * abs(product), product < 0)
        for i, j, k in combinations(range(len(share)), 3)
        if (product := tie[i, j] * tie[j, k] * tie[k, i]) != 0
    ]
    return sum(weight for weight, bad in weigh if bad) / sum(weight for weight, _ in weigh)


BOTH_WAYS = 2 * sum(CAPABILITY[i] * CAPABILITY[j] * value for (i, j), value in TIES.items())
ALONE = 0.01 + 0.0025 + 0.0625 + 0.16 + 0.01 + 0.01
BYSTANDER = 0.5 * ((0.4 * 0.5 + 0.1 * 0.0) / 0.5 - (0.1 * -0.1 + 0.05 * 0.0) / 0.15)
HOSTILITY = 2 * (0.1 * 0.4 * 0.8 + 0.1 * 0.1 * 0.4 + 0.05 * 0.4 * 0.6 + 0.25 * 0.4 * 0.5 + 0.1 * 0.1 * 0.1)
FRUSTRATION = triads_out_of_balance(symmetric(6, TIES), CAPABILITY)
EXPECTED = {
    "cohesion": (0.4, 0.2),
    "embrace": ((0.6 + 0.2) / 2, 0.2),
    "distance": ((0.8 + 0.4 + 0.6 - 0.2) / 4, 0.2),
    "sender_cohesion": (0.9, 0.45),
    "old_alliances": ((0.9 + 0.3) / 2, 0.3),
    "swing_alignment": (BYSTANDER, BYSTANDER / 2),
    "tension": (HOSTILITY, HOSTILITY / 2),
    "poles": (2 / (1 + BOTH_WAYS + ALONE), 2 / (1 + BOTH_WAYS / 2 + ALONE)),
    "frustration": (FRUSTRATION, FRUSTRATION),
    "compliance": (0.75, 0.0),
    "pain": (0.2, 0.0),
    "pressure": (0.3, 0.0),
    "insulation": (0.3, 0.0),
    "sender_cost": ((0.4 * 0.05 + 0.1 * 0.15) / 0.5, 0.0),
    "capability": (0.12, 0.15),
    "power": ((0.08 + 0.04) * 0.4, 0.15 * 0.2),
    "armament": (2.0, 1.0),
    "armament_watched": ((5 + 8) / 2, 1.0),
    "armament_senders": ((0.4 * 7 + 0.1 * 5) / 0.5, 1.0),
    "war": (1, 2),
    "trade_within": ((0.01 + 0.03) / 2, 0.0),
    "trade_patron": ((0.3 + 0.5) / 2, 0.0),
    "trade_senders": ((0.2 + 0.1 + 0.04) / 2, 0.0),
    "trade_others": ((0.05 + 0.01) / 2, 0.0),
    "sphere": ((0.31 / 0.7 + 0.53 / 0.9) / 2, 0.0),
    "exchange_energy_food": (0.5 * 0.4 * 0.5 / 3, 0.0),
    "exchange_technology": (0.8 * 0.5 * 1.0 * 0.3 / 3, 0.0),
    "exchange_arms": ((0.8 * 0.5 * 0.5 * 0.6 + 0.5 * 0.5 * 0.4 + 0.5 * 0.2 * 0.6) / 3, 0.0),
    "exchange_cash_labour": (0.8 * 0.5 * 0.1 * 1.0 / 3, 0.0),
    "exchange_cover": (1.0 * 0.5 * 0.9 * 1.0 / 3, 0.0),
    "un_agreement": ((1 + 0.5 + 0.3 / 1.15) / 2, 0.75),
    "gridlock": ((0.6 + 0.2) / 2, 0.2),
}


@pytest.mark.parametrize("name", MEASURES)
def test_measure(name: str, moment: Moment, who: Roles) -> None:
    np.testing.assert_allclose(MEASURES[name].of(moment, who), EXPECTED[name], rtol=0, atol=2e-15)


def test_exchange_counts_as_far_as_the_gate_is_open(moment: Moment, who: Roles) -> None:
    """Ties of .1, .15 and .05 open the gate by a half, three quarters and a quarter."""
    cool = replace(moment, state=replace(moment.state, tie=moment.state.tie / 4))
    arms = 0.5 * 0.8 * 0.5 * 0.5 * 0.6 + 0.75 * 0.5 * 0.5 * 0.4 + 0.25 * 0.5 * 0.2 * 0.6
    close(MEASURES["exchange_arms"].of(cool, who), [arms / 3, 0.0])


def test_every_measure_applies_in_a_scenario_that_has_all_roles(who: Roles) -> None:
    assert applicable(who) == tuple(MEASURES)


NO_PAIR = {"cohesion", "power", "trade_within", "un_agreement"}
NO_SPHERE = {"sphere", *(f"exchange_{good}" for good in GOODS)}


@pytest.mark.parametrize(
    ("bloc", "patron", "senders", "watched", "permanent", "pacts", "absent"),
    [
        ("AB", "", "DE", "", "", PACTS, {"embrace", "trade_patron", "armament_watched", "gridlock"}),
        ("A", "C", "D", "F", "C", PACTS, {*NO_PAIR, "sender_cohesion"}),
        ("A", "", "DE", "F", "C", PACTS, {"embrace", "trade_patron", *NO_PAIR, *NO_SPHERE}),
        ("ABF", "C", "DE", "F", "C", {(0, 1): 1.0, (2, 5): 1.0, (3, 4): 0.4},
         {"swing_alignment", "trade_others", "old_alliances"}),
    ],
)  # fmt: skip
def test_what_has_no_meaning_is_left_out(
    world: World,
    bloc: str,
    patron: str,
    senders: str,
    watched: str,
    permanent: str,
    pacts: dict[tuple[int, int], float],
    absent: set[str],
) -> None:
    code = dict(zip("ABCDEF", world.codes, strict=True))
    place = replace(world, defence=symmetric(6, pacts), groups={"P5": tuple(code[x] for x in permanent)})
    cast = ([code[x] for x in group] for group in (bloc, senders, watched))
    who = roles(place, next(cast), code.get(patron), *cast)
    assert set(MEASURES) - set(applicable(who)) == absent


# --- poles, frustration: closed forms and properties --------------------------------------------------------------


def with_ties(tie: Array, capability: Array | None = None, votes: Array | None = None) -> tuple[Moment, Roles]:
    """A moment of states with these ties: [state, partner]; the first two are the bloc, the third sends."""
    n = len(tie)
    size, alike = np.full(n, 1 / n) if capability is None else capability, np.zeros((n, n)) if votes is None else votes
    place = plain(n, capability=size, votes=alike)
    before = history(solve_start(place, sets()), sets(), steps=1)[0]
    now = replace(before, state=replace(before.state, tie=tie[None]), tie_start=np.zeros((1, n, n)))
    return now, roles(place, place.codes[:2], None, place.codes[2:3])


def measured(name: str, tie: Array, capability: Array | None = None) -> float:
    return float(MEASURES[name].of(*with_ties(tie, capability))[0])


def everyone(n: int, value: float) -> Array:
    return np.full((n, n), value) - value * np.eye(n)


def camps(signs: Sequence[int]) -> Array:
    """Allies inside two camps, enemies across."""
    return np.outer(signs, signs) - np.eye(len(signs))


def test_poles_in_its_limits() -> None:
    assert measured("poles", everyone(4, 1.0), of(0.1, 0.2, 0.3, 0.4)) == pytest.approx(1.0, abs=1e-14)
    for n in (3, 5):
        assert measured("poles", everyone(n, -1.0)) == pytest.approx(n, abs=1e-13)
    assert measured("poles", camps([1, 1, -1, -1])) == pytest.approx(2.0, abs=1e-14)
    # two camps of .3 and .7 of the capability, however many states they are made of
    assert measured("poles", camps([1, 1, -1]), of(0.1, 0.2, 0.7)) == pytest.approx(1 / (0.3**2 + 0.7**2), abs=1e-14)
    # four strangers of equal size: each is itself in a quarter of all meetings, and half alike in the others
    assert measured("poles", everyone(4, 0.0)) == pytest.approx(1 / (1 / 4 + 3 / 4 * 0.5), abs=1e-14)


def test_frustration_in_its_limits() -> None:
    assert measured("frustration", everyone(4, 0.0)) == 0.0
    assert measured("frustration", everyone(5, 1.0)) == 0.0
    assert measured("frustration", 0.3 * camps([1, -1, 1, -1]), of(0.1, 0.2, 0.3, 0.4)) == pytest.approx(0.0, abs=1e-14)
    assert measured("frustration", everyone(4, -0.5)) == pytest.approx(1.0, abs=1e-14)


def test_frustration_weighs_triads_by_capabilities_and_ties() -> None:
    """Of four states A-D that are all friends but for A and B, the triads ABC and ABD are out of balance."""
    tie, size = everyone(4, 1.0), of(0.1, 0.2, 0.3, 0.4)
    tie[0, 1] = tie[1, 0] = -0.5
    abc, abd, acd, bcd = 0.1 * 0.2 * 0.3 * 0.5, 0.1 * 0.2 * 0.4 * 0.5, 0.1 * 0.3 * 0.4, 0.2 * 0.3 * 0.4
    expected = (abc + abd) / (abc + abd + acd + bcd)
    assert measured("frustration", tie, size) == pytest.approx(expected, abs=1e-14)


@given(seeds)
def test_frustration_sees_only_triads(seed: int) -> None:
    """Turning all ties of one state leaves every triad as it was; turning all ties turns every triad."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(3, 8))
    size, tie = rng.dirichlet(np.ones(n)), np.triu(rng.uniform(-1, 1, (n, n)), 1)
    tie += tie.T
    turned = np.ones(n)
    turned[rng.integers(n)] = -1.0
    frustration = measured("frustration", tie, size)
    assert frustration == pytest.approx(triads_out_of_balance(tie, size), abs=1e-12)
    assert measured("frustration", tie * np.outer(turned, turned), size) == pytest.approx(frustration, abs=1e-12)
    assert measured("frustration", -tie, size) == pytest.approx(1 - frustration, abs=1e-12)


# --- others: what one number cannot show --------------------------------------------------------------------------


def test_swing_alignment_counts_states_by_size() -> None:
    """D (.3) is the senders' ally, E (.1) hostile to them; the sender and the bloc do not count."""
    tie = symmetric(5, {(0, 2): -1.0, (1, 2): -1.0, (3, 2): 1.0, (4, 2): -0.6, (4, 0): 0.2, (4, 1): 0.2})
    expected = (0.3 * 0.5 + 0.1 * 0.5 * (-0.6 - 0.2)) / 0.4
    assert measured("swing_alignment", tie, of(0.1, 0.2, 0.3, 0.3, 0.1)) == pytest.approx(expected, abs=1e-15)


def test_agreement_ends_at_none_and_all() -> None:
    for change, votes, expected in ((-1.0, -0.9, 0.0), (1.0, 0.9, 1.0)):
        tie, alike = everyone(3, change), everyone(3, votes)
        assert MEASURES["un_agreement"].of(*with_ties(tie, votes=alike)).item() == expected


def test_a_permanent_member_shields_itself_and_enmity_shields_nobody(world: World, moment: Moment) -> None:
    a, b, c, d, *_ = world.codes
    own = replace(world, groups={"P5": (a, d)})
    shields = MEASURES["gridlock"].of(moment, roles(own, (a, b), c, (d,)))
    np.testing.assert_allclose(shields, [(1 + 0.4) / 2, (1 + 0.2) / 2], rtol=0, atol=1e-15)
    hostile = replace(world, groups={"P5": (d,)})
    assert MEASURES["gridlock"].of(moment, roles(hostile, (a, b), c, (d,))).tolist() == [0.0, 0.0]


def test_a_state_that_has_lost_all_trade_has_no_sphere(moment: Moment, who: Roles) -> None:
    pain = np.array(moment.situation.pain)
    trade = np.array(moment.state.trade)
    pain[0, 0], trade[0, 0] = 1.0, 0.0
    now = replace(moment, situation=replace(moment.situation, pain=pain), state=replace(moment.state, trade=trade))
    np.testing.assert_allclose(MEASURES["sphere"].of(now, who), [0.53 / 0.9 / 2, 0.0], rtol=0, atol=1e-15)


def test_a_war_is_counted_as_long_as_it_lasts(world: World) -> None:
    a, b, c, d, *_ = world.codes
    war = (WarEvent((a, d), 2022.5, 2023.0),)
    moments = history(solve_start(world, sets()), sets(), war, 6)
    who = roles(world, (a, b), c, (d,))
    assert [MEASURES["war"].of(now, who).item() for now in moments] == [0, 0, 1, 1, 0, 0, 0]


# --- all measures at once -----------------------------------------------------------------------------------------

BOUNDS = {"cohesion": (-1, 1), "embrace": (-1, 1), "distance": (-1, 1), "sender_cohesion": (-1, 1), "war": (0, 2),
          "old_alliances": (-1, 1), "swing_alignment": (-1, 1), "tension": (0, 1), "frustration": (0, 1),
          "compliance": (0, 1), "pain": (0, 1), "insulation": (0, 1), "sender_cost": (0, 1), "trade_others": (0, 1),
          "sphere": (0, 1), "un_agreement": (0, 1), "gridlock": (0, 1), "capability": (0, 1)}  # fmt: skip


def parts(
    world: World, rng: np.random.Generator
) -> tuple[tuple[str, ...], str | None, tuple[str, ...], tuple[str, ...]]:
    """Bloc, patron, senders and watched by chance."""
    codes = [str(code) for code in rng.permutation(world.codes)]
    bloc = tuple(codes[: 1 + int(rng.integers(2))])
    patron = codes[2] if rng.uniform() < 0.5 and len(codes) > 3 else None
    senders = tuple(codes[3 if patron else 2 :][: 1 + int(rng.integers(2))])
    return bloc, patron, senders, tuple(codes[-1:] if rng.uniform() < 0.5 else ())


@given(worlds(least=3), seeds)
def test_measures_are_finite_bounded_and_blind_to_the_order_of_states(world: World, seed: int) -> None:
    rng = np.random.default_rng(seed)
    place = replace(world, groups={**world.groups, "P5": tuple(world.codes[k] for k in range(int(rng.integers(3))))})
    cast, events, parameters = parts(place, rng), some_events(place, rng), box(rng, 2)
    moments = history(solve_start(place, parameters), parameters, events, 16)
    who = roles(place, *cast)
    names = applicable(who)
    table = np.array([record(now, who, names, by_partner=True) for now in moments])
    assert np.isfinite(table).all()
    found = dict(zip(columns(who, names, by_partner=True), np.moveaxis(table, -1, 0), strict=True))
    for name, (low, high) in BOUNDS.items():
        values = found.get(name, np.array([low]))
        assert low - 1e-12 <= values.min() <= values.max() <= high + 1e-12, name
    assert 1 - 1e-12 <= found["poles"].min() <= found["poles"].max() <= 1 / (who.share**2).sum() + 1e-9
    for name in ("trade_within", "exchange_arms", "armament_senders"):
        assert found.get(name, np.zeros(1)).min() >= 0.0, name

    mixed = place.select(place.codes[k] for k in rng.permutation(place.size))
    again = history(solve_start(mixed, parameters), parameters, events, 16)[-1]
    np.testing.assert_allclose(
        [MEASURES[name].of(again, roles(mixed, *cast)) for name in names],
        [found[name][-1] for name in names],
        rtol=0, atol=1e-9,
    )  # fmt: skip


def test_alignment_is_half_the_tie_to_the_senders_less_that_to_the_bloc(tie: Array, who: Roles) -> None:
    index = alignment(tie, who)
    member = 0.5 * ((0.4 * -0.8 + 0.1 * -0.4) / 0.5 - 0.4)  # its own group is the other member alone
    sender = 0.5 * (0.9 - (0.1 * -0.8 + 0.05 * -0.6) / 0.15)
    np.testing.assert_allclose(index[0, [5, 0, 3]], [BYSTANDER, member, sender], rtol=0, atol=1e-15)
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


def test_key_states_are_the_bloc_its_patron_the_largest_of_the_rest_and_the_watched(world: World) -> None:
    a, b, c, d, e, f = world.codes
    assert [world.codes[i] for i in roles(world, (b, a), c, (d,)).key] == [b, a, c, e, f]  # equal size: by code
    assert [world.codes[i] for i in roles(world, (a,), None, (d, e)).key] == [a, c, f, b]
    assert [world.codes[i] for i in roles(world, (a,), None, (d, e), (e, f)).key] == [a, c, f, b, e]
    large = plain(14)
    who = roles(large, large.codes[:2], large.codes[2], large.codes[3:5], large.codes[12:])
    assert [*who.key, *who.rest] == [0, 1, 2, 5, 6, 7, 8, 9, 10, 11, 12, 13, 3, 4]


def test_record_gives_measures_then_alignment_of_the_key_states_then_of_the_rest(
    moment: Moment, who: Roles, tie: Array
) -> None:
    names = ("tension", "cohesion")
    found, order = record(moment, who, names), [*who.key, *who.rest]
    assert columns(who, names) == ("tension", "cohesion", *(f"alignment:{who.codes[i]}" for i in order))
    assert sorted(order) == list(range(6))
    np.testing.assert_allclose(found[:, 1], EXPECTED["cohesion"], rtol=0, atol=1e-15)
    np.testing.assert_allclose(found[:, 0], EXPECTED["tension"], rtol=0, atol=1e-15)
    np.testing.assert_array_equal(found[:, 2:], alignment(tie, who)[:, order])


def test_trade_by_partner_adds_up_to_the_normal_trade() -> None:
    """Partners, senders, all others, what is missing and the rest of the world make 1."""
    world = make_world(16, np.random.default_rng(4))
    code, parameters = world.codes, sets(2)
    bloc, patron, senders, watched = (code[3], code[0], code[1]), code[2], (code[5], code[6]), (code[5], code[13])
    who, start = roles(world, bloc, patron, senders, watched), solve_start(world, parameters)
    now = history(start, parameters, press(senders, bloc), 20)[-1]
    names = columns(who, ("pain",), by_partner=True)
    found = dict(zip(names, record(now, who, ("pain",), by_partner=True).T, strict=True))
    first, last = len(who.key) + 1, len(names) - len(who.rest)
    assert all(name.startswith("trade:") for name in names[first:last])
    assert not any(name.startswith("trade:") for name in (*names[:first], *names[last:]))
    for member in bloc[:2]:
        mine = {name.split(":")[2]: x for name, x in found.items() if name.startswith(f"trade:{member}:")}
        i = world.index(member)
        single = [k for k in who.key if k not in (i, 5, 6)]
        assert list(mine) == [*(code[k] for k in single), "senders", "others", "missing"]
        for k in single:
            np.testing.assert_allclose(mine[code[k]], now.state.trade[:, i, k], rtol=0, atol=1e-15)
        np.testing.assert_allclose(mine["senders"], now.state.trade[:, i, 5] + now.state.trade[:, i, 6], atol=1e-15)
        np.testing.assert_allclose(sum(mine.values()) + start.rest_of_world[:, i], 1.0, rtol=0, atol=1e-12)
        assert mine["others"].min() > 0.0
        assert mine["missing"].min() > 0.0
    assert not any(name.startswith(f"trade:{bloc[2]}:") for name in names)
