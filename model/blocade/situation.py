"""What follows from the state and the orders at the start of a step, for a batch: reach, risk, pain, match,
forces."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from blocade.compiled import look_at_pairs
from blocade.equations.arrays import Array, back, mean_of_pair
from blocade.equations.diversion import pain as pain_of
from blocade.equations.drift import SIGNS, likeness, offer_standing
from blocade.equations.exchange import match, need, surplus
from blocade.equations.pressure import pressure
from blocade.equations.threat import threat
from blocade.parameters import Parameters
from blocade.policy.orders import Orders
from blocade.world import GOODS, World

PAINED = np.array([good in ("technology", "cash_labour") for good in GOODS], dtype=float)
"""Goods whose need and surplus answer to pain (M7)."""
ARMS = GOODS.index("arms")
TECHNOLOGY = GOODS.index("technology")
EVERYWHERE = ("trade", "match", "risk", "comply")
"""Forces that act on nearly every pair; the others act on the few that an event, an offer or a war reaches."""
Rows = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Situation:
    """Everything that equations 1-5 say of a moment: [run, state, partner], [run, state, good] or [run, state].

    risk, pair_risk : association risk of the row's state, and its mean over the pair. match : as if the pair were open.
    complied : compliance with the other's hand, mean over the pair.
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
    match: Array
    complied: Array


def assess(
    world: World, parameters: Parameters, order: Orders, trade: Array, rest_of_world: Array, compliance: Array
) -> Situation:
    """Work out the situation of every state.

    Parameters
    ----------
    trade : [run, state, partner]. rest_of_world, compliance : [run, state].
    """
    hands, closed, cut, risk, complied = pairs(order, parameters, trade, compliance)
    trades = (world.trade.sum(axis=-1) + world.rest_of_world > 0.0).astype(float)
    pained = pain_of(trade.sum(axis=-1), rest_of_world, trades)
    wants = need(world.need, parameters.pair("nu") * PAINED, pained[..., None], 0.0)
    wants[..., ARMS] += order.war
    spare = surplus(world.surplus, parameters.pair("mu") * PAINED, pained[..., None])
    return Situation(
        hand=hands,
        pressure=pressure(hands, world.share),
        closed=closed,
        cut=cut,
        risk=risk,
        pair_risk=mean_of_pair(risk, back(risk)),
        pain=pained,
        need=wants,
        surplus=spare,
        match=match(wants, spare, wants, spare),
        complied=complied,
    )


def pairs(order: Orders, parameters: Parameters, trade: Array, compliance: Array) -> tuple[Array, ...]:
    """Hands, closure, reach, risk and compliance with the other's hand, of every pair: [run, state, partner] each."""
    runs, n, _ = trade.shape
    hands, closed, cut, risk_back, complied = results = tuple(np.empty((5, runs, n, n)))
    look_at_pairs(
        np.ascontiguousarray(back(trade)),
        of_runs(order.enforced),
        of_runs(order.isolation),
        of_runs(order.withdrawn),
        of_runs(order.shield),
        np.ascontiguousarray(np.broadcast_to(order.secondary, (runs, n))),
        compliance,
        parameters["delta"],
        parameters["g"],
        results,
    )
    return hands, closed, cut, back(risk_back), complied


def of_runs(x: Array) -> Array:
    """A matrix with an axis for runs, of length 1 if all agree: [state, partner] -> [1, state, partner]."""
    return np.ascontiguousarray(x if x.ndim == 3 else x[None])


def levels(now: Situation, trade: Array) -> dict[str, Array]:
    """What the forces that act on nearly every pair depend on (`EVERYWHERE`): [run, state, partner]."""
    return {
        "trade": mean_of_pair(trade, back(trade)),
        "match": now.match * (1.0 - now.closed),
        "risk": now.pair_risk,
        "comply": now.complied,
    }


def special_levels(now: Situation, order: Orders, tie: Array, compliance: Array, rows: Rows) -> dict[str, Array]:
    """What the other forces depend on, for the pairs of some states: [run, row, partner], or [row, partner] where all
    runs agree. What is 0 for all pairs is left out.

    Parameters
    ----------
    tie : [run, state, partner]. compliance : [run, state]. rows : of the states.
    """

    def sides(x: Array) -> tuple[Array, Array]:
        return x[..., rows, :], x[..., rows]

    alike = likeness(order.regime[rows, None], order.regime)
    found = {
        "sanction": sides(order.sanctions),
        "isolation": sides(order.isolation),
        "regime": (alike, back(alike)),
    }
    complied, pressed = compliance[..., None], now.pressure[..., None]
    if order.offer.any():
        own, theirs = sides(order.offer)
        found["offer"] = (
            offer_standing(own, pressed[:, rows], complied[:, rows]),
            offer_standing(theirs, pressed, complied),
        )
    if order.fights.any():
        own, theirs = sides(order.fights)
        found["threat"] = threat(tie[:, rows], own, order.fights), threat(tie, theirs, theirs)
    return {force: mean_of_pair(own, back(theirs)) for force, (own, theirs) in found.items()}


def reached(world: World, order: Orders) -> Rows:
    """States whose pairs the other forces may move: what is in force on them differs from the world's own acts, they
    are offered something, have another regime, or threaten somebody."""
    changed = (order.sanctions != world.sanctions) | (order.isolation != world.isolation) | (order.offer != 0.0)
    states: npt.NDArray[np.bool_] = changed.any(axis=-1).reshape(-1, world.size).any(axis=0)
    states |= order.regime != world.regime
    return np.flatnonzero(states | order.fights.any(axis=-2).reshape(-1, world.size).any(axis=0))


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
