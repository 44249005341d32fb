"""What follows from the state and the orders at the start of a step, for a batch: reach, risk, pain, match,
forces."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from blocade.equations.arrays import Array, back, mean_of_pair
from blocade.equations.diversion import pain as pain_of
from blocade.equations.drift import FORCES, SIGNS, likeness, offer_standing
from blocade.equations.exchange import gate, match, need, surplus
from blocade.equations.pressure import closed, hand, pressure
from blocade.equations.reach import reach
from blocade.equations.risk import association_risk
from blocade.equations.threat import threat
from blocade.parameters import Parameters
from blocade.policy.orders import Orders
from blocade.world import GOODS, World

PAINED = np.array([good in ("technology", "cash_labour") for good in GOODS], dtype=float)
"""Goods whose need and surplus answer to pain (M7)."""
ARMS = GOODS.index("arms")
TECHNOLOGY = GOODS.index("technology")
NOTHING = np.zeros((1, 1))
"""A matrix of nothing, whatever the number of states."""


@dataclass(frozen=True)
class Situation:
    """Everything that equations 1-5 say of a moment: [run, state, partner], [run, state, good] or [run, state].

    risk, pair_risk : association risk of the row's state, and its mean over the pair.
    levels : what each force of equation 7 depends on, [run, state, partner] or, where all runs agree, [state,
    partner].
    """

    hand: Array
    pressure: Array
    closed: Array
    cut: Array
    risk: Array
    pair_risk: Array
    pain: Array
    need: Array
    surplus: Array
    gate: Array
    levels: dict[str, Array]


def reach_of(order: Orders, parameters: Parameters) -> Array:
    """Share of trade cut by the sanctions in force and by support withdrawn: [run, state, partner]."""
    return reach(parameters.pair("delta"), order.enforced, back(order.enforced), order.withdrawn)


def risks(hands: Array, trade: Array, order: Orders, parameters: Parameters) -> tuple[Array, Array]:
    """Association risk of every state by every partner, and its mean over the pair: [run, state, partner] each.

    Who shields a partner fears no punishment for it, as far as the shield goes.
    """
    risk = np.zeros_like(trade)
    targets = np.flatnonzero(hands.any(axis=(0, 2)))  # nobody runs a risk by a partner whom nobody punishes
    risk[..., targets] = association_risk(
        hands, hands[:, targets], trade, order.secondary[..., None, :], parameters.pair("g")
    )
    if order.shield.any():
        risk *= 1.0 - back(order.shield)
    return risk, mean_of_pair(risk, back(risk))


def threats(tie: Array, fights: Array) -> Array:
    """Threat to every state by every partner: [run, state, partner]."""
    feared = np.zeros_like(tie)
    foes = np.flatnonzero(fights.any(axis=tuple(range(fights.ndim - 1))))  # nobody else threatens
    feared[..., foes] = threat(tie, fights[..., foes], fights[..., foes])
    return feared


def assess(
    world: World,
    parameters: Parameters,
    order: Orders,
    tie: Array,
    trade: Array,
    rest_of_world: Array,
    compliance: Array,
) -> Situation:
    """Work out the situation of every state.

    Parameters
    ----------
    tie, trade : [run, state, partner].
    rest_of_world, compliance : [run, state].
    """
    share = world.share
    hands = hand(order.enforced, order.isolation)
    shut = closed(hands, back(hands))
    pressed = pressure(hands, share)
    trades = (world.trade.sum(axis=-1) + world.rest_of_world > 0.0).astype(float)
    pained = pain_of(trade, rest_of_world, trades)
    wants = need(world.need, parameters.pair("nu") * PAINED, pained[..., None], 0.0)
    wants[..., ARMS] += order.war
    spare = surplus(world.surplus, parameters.pair("mu") * PAINED, pained[..., None])
    risk, pair_risk = risks(hands, trade, order, parameters)
    given = compliance[..., None] * hands if compliance.any() else NOTHING
    offered = offer_standing(order.offer, pressed[..., None], compliance[..., None]) if order.offer.any() else NOTHING
    feared = threats(tie, order.fights) if order.fights.any() else NOTHING
    levels = {
        "trade": mean_of_pair(trade, back(trade)),
        "match": match(wants, spare, wants, spare) * (1.0 - shut),
        "sanction": mean_of_pair(order.sanctions, back(order.sanctions)),
        "isolation": mean_of_pair(order.isolation, back(order.isolation)),
        "offer": mean_of_pair(offered, back(offered)),
        "risk": pair_risk,
        "comply": mean_of_pair(given, back(given)),
        "regime": likeness(order.regime[:, None], order.regime),
        "threat": mean_of_pair(feared, back(feared)),
    }
    return Situation(
        hand=hands,
        pressure=pressed,
        closed=shut,
        cut=reach_of(order, parameters),
        risk=risk,
        pair_risk=pair_risk,
        pain=pained,
        need=wants,
        surplus=spare,
        gate=gate(tie),
        levels=levels,
    )


def forces(now: Situation, start: Mapping[str, Array], parameters: Parameters) -> Iterator[Array]:
    """What acts on the ties, 1/year: each force's change since the start; that of the match only as far as the gate is
    open.

    Forces that do not act at all are left out. Each array is fresh, for the caller to keep or to change.
    """
    for force in FORCES:
        change = now.levels[force] - start[force]
        strength = SIGNS[force] * parameters.pair(f"b_{force}")
        if change.ndim == strength.ndim:
            change *= strength
        elif change.any():
            change = change * strength
        else:
            continue
        if force == "match":
            change *= now.gate
        yield change
