"""What follows from the state and the orders at the start of a step, for a batch of runs: pressure, pain, needs and
surpluses of every state; for the start and for reading, reach, risk and forces of every pair."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from blocade.equations.arrays import Array, back, mean_of_pair
from blocade.equations.diversion import pain as pain_of
from blocade.equations.exchange import match, need, surplus
from blocade.equations.pressure import closed, hand, pressure
from blocade.equations.reach import reach
from blocade.equations.risk import association_risk
from blocade.forces import EVERYONE, SIGNS, SPECIAL, Force, Sight
from blocade.parameters import Parameters
from blocade.policy.orders import Orders
from blocade.world import GOODS, World

PAINED = np.array([good in ("technology", "cash_labour") for good in GOODS], dtype=float)
"""Goods whose need and surplus answer to pain (M7)."""
ARMS = GOODS.index("arms")
TECHNOLOGY = GOODS.index("technology")
Rows = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Situation:
    """What equations 1-5 say of every state in a moment: [run, state], goods [run, state, good]."""

    pressure: Array
    pain: Array
    need: Array
    surplus: Array


@dataclass(frozen=True)
class Pairs:
    """What they say of every pair: [run, state, partner].

    risk, pair_risk : association risk of the row's state, and its mean over the pair.
    """

    hand: Array
    closed: Array
    cut: Array
    risk: Array
    pair_risk: Array


def assess(world: World, parameters: Parameters, order: Orders, trade: Array, rest_of_world: Array) -> Situation:
    """Work out the situation of every state.

    Parameters
    ----------
    trade : [run, state, partner]. rest_of_world : [run, state].
    """
    trades = (world.trade.sum(axis=-1) + world.rest_of_world > 0.0).astype(float)
    pained = pain_of(trade.sum(axis=-1), rest_of_world, trades)
    wants = need(world.need, parameters.pair("nu") * PAINED, pained[..., None], 0.0)
    wants[..., ARMS] += order.war
    spare = surplus(world.surplus, parameters.pair("mu") * PAINED, pained[..., None])
    return Situation(pressure(hand(order.enforced, order.isolation), world.share), pained, wants, spare)


def pairs(order: Orders, parameters: Parameters, trade: Array) -> Pairs:
    """Work out the situation of every pair.

    Who shields a partner fears no punishment for it, as far as the shield goes.
    """
    hands = hand(order.enforced, order.isolation)
    cut = reach(parameters.pair("delta"), order.enforced, back(order.enforced), order.withdrawn)
    risk = association_risk(hands, hands, trade, order.secondary[..., None, :], parameters.pair("g"))
    risk = np.ascontiguousarray(risk * (1.0 - back(order.shield)))
    return Pairs(hands, closed(hands, back(hands)), cut, risk, mean_of_pair(risk, back(risk)))


def levels(now: Situation, of_pairs: Pairs, trade: Array) -> dict[str, Array]:
    """What the forces depend on that act on nearly every pair: [run, state, partner]. (A fourth, b_comply, is 0 before
    anybody has conceded.)"""
    wanted = match(now.need, now.surplus, now.need, now.surplus)
    return {
        "trade": mean_of_pair(trade, back(trade)),
        "match": wanted * (1.0 - of_pairs.closed),
        "risk": of_pairs.pair_risk,
    }


def special_levels(
    world: World,
    order: Orders,
    pressed: Array,
    tie: Array,
    compliance: Array,
    rows: Rows,
    chosen: Sequence[Force] = SPECIAL,
) -> dict[str, Array]:
    """What the other forces depend on, for the pairs of some states: [run, row, partner], or [row, partner] where all
    runs agree.

    Parameters
    ----------
    tie : [run, state, partner]. pressed, compliance : [run, state], pressure and compliance. rows : of the states.
    chosen : forces to look at.
    """
    own = Sight(order, world.share, tie, pressed, compliance, rows, EVERYONE)
    theirs = replace(own, states=EVERYONE, partners=rows)
    return {force.name: mean_of_pair(force.side(own), back(force.side(theirs))) for force in chosen if force.side}


def acts(order: Orders) -> Rows:
    """Pairs of which one is under an act of the other in some run, either way round: [act, 2], row by row."""
    under = (order.sanctions > 0.0) | (order.isolation > 0.0) | (order.withdrawn > 0.0)
    some = under.reshape(-1, *under.shape[-2:]).any(axis=0)
    return np.ascontiguousarray(np.argwhere(some | some.T))


def stirred(world: World, order: Orders, parameters: Parameters) -> tuple[tuple[Force, ...], Rows]:
    """Those of the other forces that may now differ from the start where they count at all, and the states whose pairs
    they may move."""
    chosen, states = [], np.zeros(world.size, dtype=bool)
    for force in SPECIAL:
        if not parameters[f"b_{force.name}"].any():
            continue
        here = force.moved(order, world).reshape(-1, world.size).any(axis=0) if force.moved else ~np.zeros_like(states)
        if here.any():
            chosen.append(force)
            states |= here
    return tuple(chosen), np.flatnonzero(states)


def forces(now: Mapping[str, Array], start: Mapping[str, Array], gates: Array, parameters: Parameters) -> list[Array]:
    """What acts on the ties, 1/year, of each force that is named now: its change since the start, that of the match
    only as far as the gate is open.

    Parameters
    ----------
    now, start : levels, [run, row, partner] or [row, partner]; a force that the start does not name was 0.
    gates : [run, row, partner].
    """
    changes = []
    for force, level in now.items():
        change = (level - start.get(force, 0.0)) * (SIGNS[force] * parameters.pair(f"b_{force}"))
        changes.append(change * gates if force == "match" else change)
    return changes
