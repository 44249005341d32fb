"""What each force on a tie can do: signs alone and left out, and no leak from sanctions on both to their tie."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from helpers import BEGIN, DT, NO_FORCES, Array, box, history, plain, press, seeds, sets, some_events, worlds
from hypothesis import given
from hypothesis import strategies as st

from blocade.equations.arrays import back, mean_of_pair
from blocade.equations.exchange import gate
from blocade.forces import FORCES
from blocade.parameters import Parameters, table
from blocade.policy.calendar import calendar
from blocade.policy.events import OffRampEvent
from blocade.policy.orders import orders
from blocade.policy.rules import Seen
from blocade.situation import assess, forces, levels, pairs, special_levels
from blocade.start import solve_start
from blocade.state import Moment
from blocade.world import World


@given(world=worlds(), seed=seeds)
def test_without_forces_and_balance_isolation_has_no_effect_on_ties(world: World, seed: int) -> None:
    rng = np.random.default_rng(seed)
    parameters = box(rng, 3, **NO_FORCES)
    start = solve_start(world, parameters)
    a = history(start, parameters, (), 32)
    b = history(start, parameters, some_events(world, rng, without=("alliance", "clash", "exit")), 32)
    assert all((x.state.tie == y.state.tie).all() for x, y in zip(a, b, strict=True))


def four_states() -> World:
    """Two targets A and B, their sender S, and a neutral N that trades with all and spares what the targets need.

    All are friendly enough to trade strategic goods, and S trades most with everybody.
    """
    trade = np.array([[0, 0.1, 0.4, 0.1], [0.1, 0, 0.4, 0.1], [0.1, 0.1, 0, 0.2], [0.1, 0.1, 0.4, 0]])
    votes = np.array([[0, 0.6, 0.5, 0.5], [0.6, 0, 0.5, 0.5], [0.5, 0.5, 0, 0.5], [0.5, 0.5, 0.5, 0]])
    need, spare = np.full((4, 5), 0.2), np.full((4, 5), 0.3)
    return plain(
        4, trade=trade, votes=votes, need=need, surplus=spare, capability=np.array([0.15, 0.1, 0.5, 0.25]),
        regime=np.array([0.1, 0.2, 0.9, 0.5]), armament=np.ones(4),
    )  # fmt: skip


A, B, S, N = range(4)
PAIRS = {"target-sender": (A, S), "target-target": (A, B), "target-neutral": (A, N), "sender-neutral": (S, N)}


@cache
def effect_of(values: tuple[tuple[str, float], ...], off_ramp: bool = False) -> Array:
    """Isolation of both targets against nothing, after ten years: change of every tie. Nothing else is switched on."""
    world = four_states()
    a, b, s, _ = world.codes
    parameters = sets(**{**NO_FORCES, "sigma": 0.0, "h0": 0.0, "w_votes": 0.6, "chi": 0.1, "g": 0.0, **dict(values)})
    start = solve_start(world, parameters)
    events = press((s,), (a, b))
    if off_ramp:
        events = (*events, OffRampEvent(BEGIN + 1, (s,), (a, b), 0.0, 0.8))
    tie = [history(start, parameters, arm, 44)[-1].state.tie[0] for arm in ((), events)]
    return np.asarray(tie[1] - tie[0])


# Sign of isolation's effect on a tie where a force acts alone, with a coefficient of 1 (0: exactly none). From the
# specification: the law and isolation push apart the two concerned and nobody else; trade goes from the sender to those
# who remain; a closed pair matches less, and where pain destroys more supply than it creates need (μ > ν) so does every
# other pair; association with the punished costs those who have something to lose, and the punisher has not; offers and
# concessions draw target and sender together; regimes do not change; balance has nothing to work on.
SIGN_TABLE = {
    "sanction": (-1, 0, 0, 0),
    "isolation": (-1, 0, 0, 0),
    "trade": (-1, 1, 1, 1),
    "match": (-1, -1, -1, -1),
    "risk": (0, -1, -1, 0),
    "offer": (1, 0, 0, 0),
    "comply": (1, 0, 0, 0),
    "regime": (0, 0, 0, 0),
    "balance": (0, 0, 0, 0),
}


@pytest.mark.parametrize("force", SIGN_TABLE)
def test_sign_of_isolation_where_a_force_acts_alone(force: str) -> None:
    values: dict[str, float] = {"balance" if force == "balance" else f"b_{force}": 1.0, "mu": 0.9, "nu": 0.1}
    if force == "comply":
        values |= {"h0": 5.0, "k": 0.0, "p_decay": 0.05}
    effect = effect_of(tuple(sorted(values.items())), off_ramp=force == "offer")
    for pair, sign in zip(PAIRS.values(), SIGN_TABLE[force], strict=True):
        assert effect[pair] == 0.0 if sign == 0 else effect[pair] * sign > 1e-4, (force, pair, effect[pair])


def test_the_sign_of_a_force_follows_the_sign_of_its_coefficient() -> None:
    for name in ("b_sanction", "b_isolation", "b_offer"):
        up, down = (effect_of(((name, value),), off_ramp=name == "b_offer") for value in (0.3, -0.3))
        assert up[A, S] * down[A, S] < 0.0


def test_balance_turns_a_common_quarrel_into_a_bond() -> None:
    """Balance is silent alone; once isolation has made an enemy of the sender, the two targets share one."""
    quarrel = effect_of((("b_isolation", 1.0),))
    with_balance = effect_of((("b_isolation", 1.0), ("balance", 1.0), ("balance_limit", 2.0)))
    assert quarrel[A, B] == 0.0
    assert with_balance[A, B] > 0.05
    assert with_balance[A, N] < -0.05  # the friend of the sender


@pytest.mark.parametrize(("force", "sign"), [("trade", 1), ("match", -1), ("risk", -1), ("regime", 0)])
def test_a_force_left_out_takes_its_own_sign_with_it(force: str, sign: int) -> None:
    """Among all others at central values, isolation's effect on the tie of its targets loses what the force gave."""
    central = {f"b_{name}": table()[f"b_{name}"].central for name in SIGN_TABLE if name != "balance"}
    full = central | {"balance": 0.5, "mu": 0.9, "nu": 0.1}
    lost = (effect_of(tuple(full.items())) - effect_of(tuple((full | {f"b_{force}": 0.0}).items())))[A, B]
    assert lost == 0.0 if sign == 0 else lost * sign > 1e-3


def test_the_supply_that_pain_destroys_decides_the_sign_of_match_between_targets() -> None:
    needy, spoilt = (effect_of((("b_match", 1.0), ("mu", mu), ("nu", nu)))[A, B] for mu, nu in ((0.0, 1.0), (1.0, 0.0)))
    assert needy > 1e-4
    assert spoilt < -1e-4


def mixed_difference(world: World, parameters: Parameters, state: Moment, on: tuple[str, str]) -> dict[str, Array]:
    """Force on the tie of two targets under sanctions on both, less on either alone, plus on neither: {force: [run]}.

    All else is held as it is in a state that a run has reached.
    """
    i, j = (world.index(code) for code in on)
    senders = tuple(code for code in world.codes if code not in on)
    total: dict[str, Array] = {}
    for targets, weight in ((on, 1.0), (on[:1], -1.0), (on[1:], -1.0), ((), 1.0)):
        events = press(senders, targets, 0.0) if targets else ()
        policy_sees = replace(Seen.nothing(*state.state.compliance.shape), compliance=state.state.compliance)
        order = orders(calendar(world, events, BEGIN, DT, 1)[0], 0.0, parameters, policy_sees)
        s, none = state.state, np.zeros_like(state.state.compliance)
        now, of_pairs = assess(world, parameters, order, s.trade, none), pairs(order, parameters, s.trade)
        every = levels(now, of_pairs, s.trade)
        every |= special_levels(world, order, now.pressure, s.tie, s.compliance, np.arange(world.size))
        given = s.compliance[..., None] * of_pairs.hand
        every["comply"] = mean_of_pair(given, back(given))
        for force in FORCES:
            only = parameters.replaced({**NO_FORCES, f"b_{force}": 1.0})
            acting = sum(forces(every, {}, gate(s.tie), only), np.zeros_like(s.tie))
            total[force] = total.get(force, 0.0) + weight * acting[:, i, j]
    return total


@given(world=worlds(least=3), seed=seeds, g=st.sampled_from([0.0, 1.0]))
def test_only_g_lets_sanctions_on_two_states_meet_in_a_force(world: World, seed: int, g: float) -> None:
    """With g = 0 no product of the sanctions on i and on j enters a force between them with a positive sign.

    At given trade; what trade makes of it later is another matter (see the documentation of risk).
    """
    rng = np.random.default_rng(seed)
    parameters = box(rng, 3, sigma=0.0, g=g, chi=0.1)
    moment = history(solve_start(world, parameters), parameters, some_events(world, rng), 16)[-1]
    meeting = mixed_difference(world, parameters, moment, (world.codes[0], world.codes[1]))
    assert max(float(x.max()) for force, x in meeting.items() if force != "risk") < 1e-12
    if g == 0.0:
        assert meeting["risk"].max() < 1e-12
    else:
        assert meeting["risk"].min() > -1e-12 and meeting["risk"].max() > 1e-6  # the leak that g is
